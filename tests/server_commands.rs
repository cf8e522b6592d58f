// SPDX-License-Identifier: Apache-2.0
//! Commands that are neither queries nor statements, with real servers: by every way to a server, and every
//! change of user that their login methods allow.
//!
//! `scripts/servers.sh up` starts the servers, `eval "$(scripts/servers.sh env)"` tells where they are.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests end that way")]

mod support;

#[path = "server_commands/change_user.rs"]
mod change_user;
#[path = "server_commands/short.rs"]
mod short;
