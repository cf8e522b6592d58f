// SPDX-License-Identifier: Apache-2.0
//! For event loops that want less than `watch` tells: one descriptor of a connection that stays the same
//! whatever its sockets do, and one answer to when the next call is due.
//!
//! The descriptor is an event queue that watches the sockets, for exactly what `watch` says. Nobody ever takes
//! its events, so it is ready for as long as one of the sockets is.

use std::io;
use std::time::{Duration, Instant};

use crate::error::{Error, Misuse, Result};
use crate::net::queue::EventQueue;
use crate::session::connection::Connection;
use crate::session::watch::Watch;

/// When to look again at sockets that the queue could not take.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// The queue, and what it watches.
#[derive(Debug)]
pub(super) struct Stable {
    queue: EventQueue,
    watched: Vec<Watch>,
    /// Of the connection, when it was asked for `watched`.
    generation: u64,
    /// For what is to be watched, so that its memory is used again.
    wanted: Vec<Watch>,
}

impl Connection {
    /// How long until the next poll is due: no time if there is more to do; `None` if an event must come.
    pub fn due_in(&mut self) -> Option<Duration> {
        if self.is_pooled() {
            return None;
        }
        if self.has_more() {
            return Some(Duration::ZERO);
        }
        let deaf = self.refresh_descriptor().is_err().then_some(LOOK_AGAIN);
        let deadline = self.next_deadline();
        let left = deadline.map(|end| end.saturating_duration_since(Instant::now()));
        left.into_iter().chain(deaf).min()
    }

    /// The descriptor, made by the first call. `None` where the system has no such thing.
    pub fn descriptor(&mut self) -> Result<Option<isize>> {
        if self.is_pooled() {
            return Err(Misuse::Pooled.into());
        }
        if self.stable.is_none() {
            let queue = EventQueue::new(4).map_err(no_events)?;
            if queue.descriptor().is_none() {
                return Ok(None);
            }
            let (watched, wanted, generation) = (Vec::new(), Vec::new(), self.generation());
            self.stable = Some(Box::new(Stable { queue, watched, generation, wanted }));
        }
        self.refresh_descriptor()?;
        Ok(self.stable.as_ref().and_then(|stable| stable.queue.descriptor()))
    }

    /// Brings what the descriptor stands for up to date, if there is one.
    fn refresh_descriptor(&mut self) -> Result<()> {
        let Some(mut stable) = self.stable.take() else {
            return Ok(());
        };
        stable.wanted.clear();
        self.watched(&mut stable.wanted);
        let done = stable.refresh(self.generation());
        self.stable = Some(stable);
        done.map_err(no_events)
    }
}

impl Stable {
    /// Watches what is wanted, and nothing else.
    fn refresh(&mut self, generation: u64) -> io::Result<()> {
        if std::mem::replace(&mut self.generation, generation) != generation {
            // Those that have left are still open, and a number that came back is another socket.
            for old in self.watched.drain(..) {
                self.queue.forget_descriptor(old.descriptor);
            }
        }
        for new in &self.wanted {
            let Some(at) = self.watched.iter().position(|old| old.descriptor == new.descriptor)
            else {
                if new.read || new.write {
                    self.queue.watch_descriptor(new.descriptor, new.read, new.write)?;
                    self.watched.push(*new);
                }
                continue;
            };
            if !(new.read || new.write) {
                // What comes unasked, such as the end of the stream, must not keep the loop awake.
                self.queue.forget_descriptor(new.descriptor);
                self.watched.swap_remove(at);
            } else if self.watched.get(at) != Some(new) {
                self.watched.swap_remove(at);
                self.queue.watch_descriptor(new.descriptor, new.read, new.write)?;
                self.watched.push(*new);
            }
        }
        Ok(())
    }
}

fn no_events(error: io::Error) -> Box<Error> {
    Error::Reactor(error.into()).into()
}
