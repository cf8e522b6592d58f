// SPDX-License-Identifier: Apache-2.0
//! The promise that no call waits: servers that stall for a second or two before and in the midst of everything
//! they send, a name server that does not answer, an address that does not. Each row of the table that this
//! prints is the longest single call of some sessions, which is to stay under 20 ms. The table is
//!
//! ```text
//! cargo test --test stalls -- --nocapture | grep 'longest call' | sort -rn -k 3
//! ```
//!
//! On a busy machine any call may take long because its thread does not get the processor, and in a virtual one
//! even its processor time may be somebody else's. So the figures are for reading. What decides is whether a call
//! went to sleep of its own will and then took a good part of a stall, or worked for as long.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests end that way")]

use std::time::{Duration, Instant};

use support::packets;
use support::raw;
use support::say;

mod support;

#[path = "stalls/bulk.rs"]
mod bulk;
#[path = "stalls/cancel.rs"]
mod cancel;
#[path = "stalls/commands.rs"]
mod commands;
#[path = "stalls/connecting.rs"]
mod connecting;
#[path = "stalls/pools.rs"]
mod pools;
#[path = "stalls/sending.rs"]
mod sending;
#[path = "stalls/sessions.rs"]
mod sessions;
#[path = "stalls/statements.rs"]
mod statements;
#[path = "stalls/tls.rs"]
mod tls;
#[path = "stalls/waits.rs"]
mod waits;

pub(crate) const STALL: Duration = Duration::from_secs(1);

/// A call of so long has waited for the other side, whatever the machine does: a quarter of the shortest stall.
pub(crate) const MOST: Duration = Duration::from_millis(250);

/// Measures calls.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    pub(crate) count: u32,
    longest: Duration,
    most_cpu: Duration,
    /// The longest of those that went to sleep, be it for a moment inside the kernel.
    pub(crate) longest_asleep: Duration,
}

impl Calls {
    pub(crate) fn measure<T>(&mut self, call: impl FnOnce() -> T) -> T {
        let (start, before) = (Instant::now(), raw::thread_use());
        let result = call();
        let (after, took) = (raw::thread_use(), start.elapsed());
        self.count += 1;
        self.longest = self.longest.max(took);
        self.most_cpu = self.most_cpu.max(after.cpu - before.cpu);
        if after.sleeps > before.sleeps {
            self.longest_asleep = self.longest_asleep.max(took);
        }
        result
    }

    /// Adds what another one has measured.
    pub(crate) fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.longest = self.longest.max(other.longest);
        self.most_cpu = self.most_cpu.max(other.most_cpu);
        self.longest_asleep = self.longest_asleep.max(other.longest_asleep);
    }

    /// Prints the longest call, and fails if one waited.
    pub(crate) fn report(&self, where_it_stalls: &str) {
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        let line = format!(
            "longest call: {:.3} ms, {:.3} ms of processor time, in {} calls: {where_it_stalls}",
            ms(self.longest),
            ms(self.most_cpu),
            self.count
        );
        if !where_it_stalls.starts_with("nowhere") {
            say(&line);
        }
        assert!(self.longest_asleep < MOST, "a call waited: {:?}, {line}", self.longest_asleep);
        assert!(self.most_cpu < MOST, "a call worked for too long: {line}");
    }
}

/// The answer to "q": two rows.
pub(crate) fn rows() -> Vec<Vec<u8>> {
    let row = |text: &str| vec![Some(text.as_bytes().to_vec())];
    packets::result(packets::MARIADB_CAPS, &["a"], &[row("one"), row("two")], packets::AUTOCOMMIT)
}

#[test]
#[should_panic(expected = "a call waited")]
fn a_call_that_waits_is_found() {
    let mut calls = Calls::default();
    calls.measure(|| ());
    calls.measure(|| std::thread::sleep(MOST));
    calls.report("nowhere: this one is to fail");
}

#[test]
#[should_panic(expected = "a call worked for too long")]
fn a_call_that_works_too_long_is_found() {
    let mut calls = Calls::default();
    let end = raw::thread_use().cpu + MOST * 2;
    calls.measure(|| while raw::thread_use().cpu < end {});
    calls.report("nowhere: this one is to fail");
}
