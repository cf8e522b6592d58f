// SPDX-License-Identifier: Apache-2.0
//! What a machine counts for those who trace it: packets, bytes and rows of an answer. Costs nothing while it is
//! off: a machine that counts takes no packet the short way, and those that come the long way are counted.

use crate::buf::RecvBuf;
use crate::error::{ServerError, SqlState};
use crate::limits::MAX_FRAME;
use crate::proto::machine::{Machine, Phase};
use crate::wire::caps::Caps;
use crate::wire::frame::{HEADER, Packet};
use crate::wire::reply;

/// What has come of the answer to a command.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Packets.
    pub packets: u64,
    /// Their bytes, headers too, before compression and TLS.
    pub bytes: u64,
    /// Rows, those too that were dropped.
    pub rows: u64,
    /// Code and SQLSTATE of the server's error that it ended with, also if nobody was told.
    pub error: Option<(u16, SqlState)>,
}

impl Machine {
    /// Counts from now on, or not any more. Before the login.
    pub fn set_counting(&mut self, counting: bool) {
        self.counts = counting.then(Box::default);
        self.framer.set_short_way(!counting);
    }

    /// What was counted since the last time that a command began.
    pub fn counts(&self) -> Counts {
        self.counts.as_deref().copied().unwrap_or_default()
    }

    /// A command begins.
    pub fn clear_counts(&mut self) {
        if let Some(counts) = &mut self.counts {
            **counts = Counts::default();
        }
    }

    /// The answer ends with an error.
    pub(super) fn count_error(&mut self, error: &ServerError) {
        if let Some(counts) = &mut self.counts {
            counts.error = Some((error.code, error.state));
        }
    }

    /// Counts a row of so many bytes that was skipped.
    pub(super) fn count_skipped(&mut self, size: usize) {
        if let Some(counts) = &mut self.counts {
            counts.packets += 1;
            counts.rows += 1;
            counts.bytes += (size + HEADER * (1 + size / MAX_FRAME)) as u64;
        }
    }

    /// Counts a packet that came the long way.
    #[cold]
    pub(super) fn count(&mut self, packet: &Packet, recv: &RecvBuf) {
        let Some(counts) = &mut self.counts else {
            return;
        };
        counts.packets += 1;
        counts.bytes += packet.raw as u64;
        let body = packet.body(recv);
        let ends = body.first() == Some(&reply::ERR)
            || reply::ends_rows(body, self.caps.has(Caps::DEPRECATE_EOF));
        if matches!(self.phase, Phase::Rows) && !ends {
            counts.rows += 1;
        }
    }
}
