// SPDX-License-Identifier: Apache-2.0
//! What an event loop must know of a connection that it drives: which descriptors to watch and for what,
//! whether to poll again without waiting, and when to poll at the latest. Answers questions; does no
//! input or output, and takes part in no turn.
//!
//! The rules, for whoever drives:
//!
//! * Ask after each call on the connection, and act on the answers until the next one.
//! * `generation` changes when the set of descriptors does. What each is watched for may change at any
//!   time; a descriptor that is watched for nothing is still one of the set.
//! * A descriptor that has left the set stays open until the first poll after that, so that its number
//!   cannot come back as another socket while the loop still watches it.
//! * Events may be lost or made up by the loop, except the last wait: then nothing is lost either, but
//!   late.

use std::time::{Duration, Instant};

use crate::net::socket::Stream;
use crate::session::connection::{Connection, Link};

/// When to look at a lookup again for which the system has no descriptor left.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// A descriptor, and what to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watch {
    /// The system's number of it: a file descriptor, or a SOCKET on Windows.
    pub descriptor: isize,
    /// Until there is something to read, or the end.
    pub read: bool,
    /// Until something can be written, or a connect has ended.
    pub write: bool,
}

impl Connection {
    /// Puts what must be watched behind what is in `all`. Normally one descriptor, none before the
    /// connect and after the end, several while addresses race. The first call makes the connection
    /// careful with what it closes.
    pub fn watched(&mut self, all: &mut Vec<Watch>) {
        self.each_stream(&mut |_, watch| all.push(watch));
    }

    /// As `watched`, with the sockets, for an event queue that wants to have those.
    pub fn each_stream(&mut self, visit: &mut dyn FnMut(&mut Stream, Watch)) {
        self.watching = true;
        let (read, write) = self.directions();
        let outer = visit;
        let mut visit = |stream: &mut Stream, read, write| {
            let descriptor = stream.descriptor();
            outer(stream, Watch { descriptor, read, write });
        };
        match &mut self.link {
            Link::Unused | Link::Given(_) | Link::Failed(_) => {}
            Link::Lookup(lookup) => {
                let known = lookup.existing_bell().is_some();
                if let Some(stream) = lookup.bell() {
                    self.generation += u64::from(!known);
                    visit(stream, true, false);
                }
            }
            Link::Dial(dial) => dial.streams().for_each(|stream| visit(stream, false, true)),
            Link::Open(stream) => visit(stream, read, write),
        }
        if let Some(second) = self.second() {
            second.each_stream(outer);
        }
    }

    /// A number that changes whenever a descriptor joins or leaves what is watched.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Whether a poll would get on without any event. While `false`, and in a state that ends by an
    /// event, all buffers are drained and waiting is safe. Also `false` where it is the program's turn.
    pub fn has_more(&self) -> bool {
        match &self.link {
            Link::Unused | Link::Given(_) | Link::Failed(_) => false,
            Link::Open(_) if self.is_cancelling() && self.cancel_has_more() => true,
            Link::Lookup(lookup) => lookup.is_over(),
            Link::Dial(dial) => dial.has_more(),
            Link::Open(_) if !self.machine.wants_packet() => {
                let output = self.writable && self.has_output();
                let pending = self.pending.is_some() && !self.is_cancelling();
                self.machine.is_ready() && (pending || output)
            }
            Link::Open(_) => self.idle().is_none(),
        }
    }

    /// When to poll again although nothing has happened. Limits on silence count from the first time
    /// that this is asked.
    pub fn next_deadline(&mut self) -> Option<Instant> {
        let (busy, output) = (self.machine.owes_answer(), self.output_is_due());
        let limit = match self.clock.check(busy, output) {
            Ok(limit) => limit,
            // For poll to report, now.
            Err(_) => return Some(Instant::now()),
        };
        let deaf = match &mut self.link {
            Link::Lookup(lookup) => lookup.existing_bell().is_none(),
            _ => false,
        };
        let look = deaf.then(|| Instant::now() + LOOK_AGAIN);
        let others = self.way_deadline().into_iter().chain(self.oversight_deadline());
        limit.into_iter().chain(others).chain(look).min()
    }

    /// Tells what an event queue said of the open socket, where that is more than "poll again": with
    /// edges, what was said once is not said again.
    pub fn on_ready(&mut self, readable: bool, closed: bool) {
        self.readable |= readable || closed;
        self.peer_closed |= closed;
    }

    /// What an open connection waits for.
    fn directions(&self) -> (bool, bool) {
        let reads = self.machine.wants_packet();
        (reads, self.has_output() && self.write_error.is_none())
    }
}
