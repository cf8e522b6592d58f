// SPDX-License-Identifier: Apache-2.0
//! Broken networks, over real sockets: connections cut and reset at every byte, both sides stuck in
//! writing, last words before the end, time limits, addresses and hosts that do not answer, lookups that take for ever,
//! and descriptors as an event loop sees them.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests end that way")]

mod support;

#[path = "driver_faults/addresses.rs"]
mod addresses;
#[path = "driver_faults/cuts.rs"]
mod cuts;
#[path = "driver_faults/deadlines.rs"]
mod deadlines;
#[path = "driver_faults/hosts.rs"]
mod hosts;
#[path = "driver_faults/last_words.rs"]
mod last_words;
#[path = "driver_faults/limits.rs"]
mod limits;
#[path = "driver_faults/lookups.rs"]
mod lookups;
#[path = "driver_faults/pressure.rs"]
mod pressure;
#[path = "driver_faults/watching.rs"]
mod watching;
