// SPDX-License-Identifier: Apache-2.0
//! One connection as safe Rust: the machine, its buffers and its socket put together, with the rules of
//! the C API. The C layer is a skin over this.

mod attributes;
pub mod bulk;
mod callbacks;
mod cancel;
mod clock;
mod commands;
mod compression;
mod config;
mod connecting;
mod connection;
pub mod convert;
mod embed;
mod extras;
mod hosts;
mod layers_turn;
mod memory;
mod one_trip;
mod oversight;
mod pending;
mod pipeline;
pub mod pool;
mod query;
mod statement;
mod statement_cache;
mod tls_options;
mod trace;
mod turn;
mod upload;
mod watch;

pub use cancel::CancelOutcome;
pub use config::{Choice, Config};
pub use connection::{Connection, Polled};
pub use memory::Memory;
pub use tls_options::{SslFiles, TlsChoice};
pub use trace::{State, TraceEvent, Traced, Tracer};
pub use watch::Watch;
