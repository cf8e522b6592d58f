// SPDX-License-Identifier: Apache-2.0
//! What the tests share: the server's half of the protocol as a script, and three ways to drive the
//! client's half against it.
//!
//! * [`packets`] builds what a server sends, [`login_packet`] reads what a client sends; neither uses
//!   the library's own codec, so that a misunderstanding cannot hide on both sides.
//! * [`script`] is a server as a list of steps, without I/O; [`listener`] runs one on a socket.
//! * [`tls_server`] is such a server behind TLS, with [`certificates`] of the test's own.
//! * [`subject`] is the client under test: the machine in memory, a session, or the C API.
//! * [`crowd`] is a server for thousands of clients, [`pools`] a pool with a closure for its callback.
//! * [`desk`] is a pool that makes its own connections, and a record of what its queries were told.
//! * [`tear`] is a network that tears and cuts, in front of a real server.
//! * [`rough`] is one for any number of connections, which it cuts or lets go silent.
//! * [`golden`] holds sessions recorded from real servers.
//! * [`embed`] is an event loop as C programs have one.
//! * [`dice`] draws numbers for tests that are random, the same for the same seed.
//! * [`networks`] is a network of the test's own, with addresses of every bad kind.
//! * [`files`] gives the files of LOAD DATA LOCAL.
//! * [`raw`], [`embed`], [`pools`], [`desk`], [`statements`], [`handles`], [`commands`], [`files`], [`pipelines`] and
//!   [`counting`] hold all the unsafe code.

#![allow(dead_code, unreachable_pub, reason = "each test uses a part of it")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests end that way")]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "patterns wrap")]

pub mod certificates;
pub mod commands;
pub mod counting;
pub mod crowd;
pub mod desk;
pub mod dice;
pub mod embed;
pub mod files;
pub mod golden;
pub mod handles;
pub mod in_memory;
pub mod listener;
pub mod login_packet;
pub mod names;
pub mod networks;
pub mod packets;
pub mod pipelines;
pub mod pools;
pub mod raw;
pub mod rough;
pub mod script;
pub mod servers;
pub mod statements;
pub mod subject;
pub mod tear;
pub mod tls_server;

/// Prints a line past the test harness, which shows only what failing tests print.
pub fn say(line: &str) {
    use std::io::Write;
    std::io::stdout().write_all(format!("{line}\n").as_bytes()).unwrap();
}
