// SPDX-License-Identifier: Apache-2.0
//! The event queue of a pool: many streams, each under a number of its owner's. Knows no connection.
//!
//! Events are edges, as in `reactor`: what was told once is not told again, so whoever gets an event keeps
//! it until a call on the stream would block. A registration looks at the level: what is there already
//! is told.

use std::io;
use std::time::Duration;

use mio::event::Source;
#[cfg(unix)]
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};

use crate::net::socket::Stream;

/// An event queue for any number of streams.
#[derive(Debug)]
pub struct EventQueue {
    poll: Poll,
    events: Events,
}

/// What an event said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ready {
    /// There may be bytes, or the end, or an error.
    pub readable: bool,
    /// The socket may take bytes.
    pub writable: bool,
    /// The peer has closed its side.
    pub closed: bool,
}

impl Ready {
    /// Both together.
    pub fn and(self, other: Self) -> Self {
        Self {
            readable: self.readable | other.readable,
            writable: self.writable | other.writable,
            closed: self.closed | other.closed,
        }
    }
}

impl EventQueue {
    /// An event queue that gives out so many events at once; takes a descriptor.
    pub fn new(at_once: usize) -> io::Result<Self> {
        Ok(Self { poll: Poll::new()?, events: Events::with_capacity(at_once) })
    }

    /// Sleeps until something happens, at most for `limit`, and gives out what did. The number of
    /// events; may be 0 before the time is over.
    pub fn fetch(
        &mut self,
        limit: Option<Duration>,
        mut each: impl FnMut(usize, Ready),
    ) -> io::Result<usize> {
        match self.poll.poll(&mut self.events, limit) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => return Ok(0),
            Err(error) => return Err(error),
        }
        let mut count = 0;
        for event in &self.events {
            let ready = Ready {
                readable: event.is_readable() | event.is_error(),
                writable: event.is_writable() | event.is_error(),
                closed: event.is_read_closed(),
            };
            each(event.token().0, ready);
            count += 1;
        }
        Ok(count)
    }

    /// Waits for bytes of `stream`, for space, or for both, under `number`. May be said again.
    pub fn watch(
        &self,
        stream: &mut Stream,
        number: usize,
        read: bool,
        write: bool,
    ) -> io::Result<()> {
        self.watch_source(stream, number, read, write)
    }

    /// The same for a socket that another queue may be watching too.
    #[cfg(unix)]
    pub fn watch_descriptor(&self, descriptor: isize, read: bool, write: bool) -> io::Result<()> {
        let number = raw(descriptor)?;
        self.watch_source(&mut SourceFd(&number), 0, read, write)
    }

    /// Not here: there is no descriptor for the queue either.
    #[cfg(not(unix))]
    pub fn watch_descriptor(&self, _: isize, _: bool, _: bool) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    /// Not here.
    #[cfg(not(unix))]
    pub fn forget_descriptor(&self, _: isize) {}

    /// Forgets it, if it is still there.
    #[cfg(unix)]
    pub fn forget_descriptor(&self, descriptor: isize) {
        if let Ok(number) = raw(descriptor) {
            let _ = self.poll.registry().deregister(&mut SourceFd(&number));
        }
    }

    fn watch_source(
        &self,
        source: &mut impl Source,
        number: usize,
        read: bool,
        write: bool,
    ) -> io::Result<()> {
        let want = match (read, write) {
            (true, true) => Interest::READABLE | Interest::WRITABLE,
            (false, true) => Interest::WRITABLE,
            _ => Interest::READABLE,
        };
        let registry = self.poll.registry();
        match source.register(registry, Token(number), want) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                source.reregister(registry, Token(number), want)
            }
            done => done,
        }
    }

    /// Forgets `stream`. One that was closed needs no forgetting.
    pub fn forget(&self, stream: &mut Stream) {
        let _ = stream.deregister(self.poll.registry());
    }

    /// The descriptor that an event loop can watch for the queue, where the system has such a thing: it
    /// can be read from while there are events.
    #[cfg(unix)]
    pub fn descriptor(&self) -> Option<isize> {
        use std::os::fd::AsRawFd;
        isize::try_from(self.poll.as_raw_fd()).ok()
    }

    /// See above; not here.
    #[cfg(not(unix))]
    pub fn descriptor(&self) -> Option<isize> {
        None
    }
}

/// What the system calls a descriptor.
#[cfg(unix)]
fn raw(descriptor: isize) -> io::Result<std::os::fd::RawFd> {
    descriptor.try_into().map_err(|_| io::ErrorKind::InvalidInput.into())
}
