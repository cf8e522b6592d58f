// SPDX-License-Identifier: Apache-2.0
//! Cancels with real servers: that they come in time by every way to a server, and, at random moments and under
//! load, that no later command is ever hit and every outcome is true.
//!
//! `ATTACHSQL_TEST_CANCELS` says how many random ones there are, over all servers; 1,000 without it.
//! `scripts/servers.sh up` starts the servers, `eval "$(scripts/servers.sh env)"` tells where they are.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests end that way")]

mod support;

#[path = "server_cancel/random.rs"]
mod random;
#[path = "server_cancel/ways.rs"]
mod ways;
