// SPDX-License-Identifier: Apache-2.0
//! Prepared statements with real servers: every setter into every column type and out of it again through
//! every getter, and how statements live beside each other and beside queries.
//!
//! `scripts/servers.sh up` starts the servers, `eval "$(scripts/servers.sh env)"` tells where they are.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests end that way")]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "what the getters do to numbers is said with casts"
)]

mod support;

#[path = "server_statement/columns.rs"]
mod columns;
#[path = "server_statement/life.rs"]
mod life;
#[path = "server_statement/limits.rs"]
mod limits;
#[path = "server_statement/matrix.rs"]
mod matrix;
#[path = "server_statement/trips.rs"]
mod trips;
