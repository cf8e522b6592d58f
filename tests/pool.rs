// SPDX-License-Identifier: Apache-2.0
//! Pools through the C API, against scripted servers: what is told and what is not, in which order, and
//! what a callback may do.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests end that way")]

mod support;

#[path = "pool/callbacks.rs"]
mod callbacks;
#[path = "pool/events.rs"]
mod events;
#[path = "pool/queries.rs"]
mod queries;
