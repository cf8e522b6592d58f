// SPDX-License-Identifier: Apache-2.0
//! Sleeping until a socket has something to do. One event queue, made when a connection first waits.
//!
//! What mio promises and what it does not decides the shape: an edge comes once, so the interest is
//! renewed before a sleep whenever it changed or, on Windows, always (there a registration looks at the
//! level, and a short read does not bring the next edge); a sleep may end early with nothing.

use std::io;
use std::time::{Duration, Instant};

pub use mio::Interest;
use mio::event::Source;
use mio::{Events, Poll, Token};

use crate::net::socket::Stream;

const TOKEN: Token = Token(0);

/// An event queue for one stream.
#[derive(Debug)]
pub struct Reactor {
    poll: Poll,
    events: Events,
    registered: Option<Interest>,
}

/// Why a sleep ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Woken {
    /// The stream may have something to do.
    Ready {
        /// There may be bytes, or the end.
        readable: bool,
        /// The peer has closed its side: the end follows whatever can be read.
        closed: bool,
    },
    /// The time is over.
    TimedOut,
    /// A signal came.
    Interrupted,
}

impl Reactor {
    /// An event queue; takes a descriptor.
    pub fn new() -> io::Result<Self> {
        Ok(Self { poll: Poll::new()?, events: Events::with_capacity(4), registered: None })
    }

    /// Forgets the stream, which is going away.
    pub fn forget(&mut self, stream: &mut Stream) {
        if self.registered.take().is_some() {
            let _ = stream.deregister(self.poll.registry());
        }
    }

    /// Forgets a stream that is closed already; the system has dropped it from the queue.
    pub fn forget_closed(&mut self) {
        self.registered = None;
    }

    /// Sleeps until `stream` is ready for one of `want`, at most for `limit`.
    #[inline(always)]
    pub fn wait(
        &mut self,
        stream: &mut Stream,
        want: Interest,
        limit: Option<Duration>,
    ) -> io::Result<Woken> {
        self.watch(stream, want)?;
        self.sleep(limit)
    }

    /// Sleeps until one of `streams` has ended connecting, at most for `limit`.
    pub fn wait_connecting(
        &mut self,
        streams: &mut [&mut Stream],
        limit: Option<Duration>,
    ) -> io::Result<Woken> {
        let registry = self.poll.registry();
        let mut result = Ok(());
        for stream in &mut *streams {
            result = result.and(stream.register(registry, TOKEN, Interest::WRITABLE));
        }
        let woken = result.and_then(|()| self.sleep(limit));
        // The next sleep may be for others.
        for stream in streams {
            let _ = stream.deregister(self.poll.registry());
        }
        woken
    }

    /// Adds a stream to those that the next `sleep` is for, unless it waits for nothing.
    pub fn add(&self, stream: &mut Stream, read: bool, write: bool) -> io::Result<()> {
        let want = match (read, write) {
            (false, false) => return Ok(()),
            (true, true) => Interest::READABLE | Interest::WRITABLE,
            (true, false) => Interest::READABLE,
            (false, true) => Interest::WRITABLE,
        };
        stream.register(self.poll.registry(), TOKEN, want)
    }

    /// Takes it back, if it was added.
    pub fn remove(&self, stream: &mut Stream) {
        let _ = stream.deregister(self.poll.registry());
    }

    /// Sleeps until one of the streams is ready, at most for `limit`.
    #[inline(always)]
    pub fn sleep(&mut self, limit: Option<Duration>) -> io::Result<Woken> {
        let end = limit.map(|limit| Instant::now() + limit);
        let mut looked = false;
        loop {
            let left = end.map(|end| end.saturating_duration_since(Instant::now()));
            match self.poll.poll(&mut self.events, left) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                    return Ok(Woken::Interrupted);
                }
                Err(error) => return Err(error),
            }
            let (mut readable, mut closed) = (false, false);
            for event in &self.events {
                readable |= event.is_readable() | event.is_error();
                closed |= event.is_read_closed();
            }
            if !self.events.is_empty() {
                return Ok(Woken::Ready { readable, closed });
            }
            // On Windows the first look after a registration may come back empty-handed too soon.
            if left.is_some_and(|left| left.is_zero()) && (looked || !cfg!(windows)) {
                return Ok(Woken::TimedOut);
            }
            looked = true;
        }
    }

    #[inline(always)]
    fn watch(&mut self, stream: &mut Stream, want: Interest) -> io::Result<()> {
        let registry = self.poll.registry();
        match self.registered {
            None => stream.register(registry, TOKEN, want)?,
            Some(now) if now != want || cfg!(windows) => {
                stream.reregister(registry, TOKEN, want)?;
            }
            Some(_) => {}
        }
        self.registered = Some(want);
        Ok(())
    }
}
