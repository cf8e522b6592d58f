// SPDX-License-Identifier: Apache-2.0
//! attachsql: a client library for MySQL and MariaDB in which no call waits.
//!
//! Programs use the C API in [`capi`] (header `libattachsql2/attachsql.h`). The layers below it, from
//! the bottom: [`buf`] memory, [`wire`] packets to structs and back, [`auth`] login exchanges,
//! [`proto`] the protocol machine, [`transport`] TLS over memory, [`net`] sockets, [`session`] one
//! connection as safe Rust.
//!
//! Each layer uses only those below it; `tests/layering.rs` holds that. The Rust items are public so
//! that tests and fuzzers can reach them; only the C API is stable.

pub mod auth;
pub mod buf;
pub mod capi;
pub mod error;
pub mod limits;
pub mod net;
pub mod proto;
pub mod session;
pub mod transport;
pub mod wire;
