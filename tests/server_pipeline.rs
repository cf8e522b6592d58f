// SPDX-License-Identifier: Apache-2.0
//! Pipelines on real servers: over TCP and unix sockets, plain, with TLS, with zlib and zstd, and both.
//!
//! `scripts/servers.sh up` starts the servers, `eval "$(scripts/servers.sh env)"` tells where they are.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests end that way")]

mod support;

#[path = "server_pipeline/bulk.rs"]
mod bulk;
#[path = "server_pipeline/channels.rs"]
mod channels;
#[path = "server_pipeline/executes.rs"]
mod executes;
#[path = "server_pipeline/meaning.rs"]
mod meaning;
