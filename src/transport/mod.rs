// SPDX-License-Identifier: Apache-2.0
//! Byte layers between the machine's buffers and the socket, as transforms between memory buffers; only
//! the session touches the socket. Without a layer the session uses the machine's buffers themselves.
//!
//! ```text
//! inbound :  socket ─► [staging ─► TLS] ─► [staging ─► unzip] ─► RecvBuf ─► machine
//! outbound:  machine ─► SendBuf ─► [zip] ─► [TLS] ─► wire ─► socket
//! ```
//!
//! A layer never waits: a read that finds too little says so, and a write always fits.

#![deny(clippy::indexing_slicing)]

mod codec;
mod contexts;
mod keylog;
mod layers;
mod pipe;
mod resume;
mod staging;
mod system_store;
mod tls;
mod tls_config;
mod tls_context;
mod tls_error;
mod tls_files;
mod zip;

pub use contexts::TlsContext;
pub use keylog::KeyLog;
pub use layers::Layers;
pub use tls::{Fed, TlsInfo, TlsSession, Untrusted};
pub use tls_config::{TlsConfig, TlsVersion, Verify, fingerprint};
