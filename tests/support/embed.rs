// SPDX-License-Identifier: Apache-2.0
//! An event loop over poll(2), the way C programs have one, for connections and pools that answer the three
//! questions of the C API. Wakes up for what the answers say and for nothing else.

#![allow(unsafe_code, reason = "the C API is called as C does")]

use std::collections::BTreeMap;
use std::ptr::null_mut;
use std::time::{Duration, Instant};

use attachsql::capi::embed as api;
use attachsql::capi::types::{attachsql_watch_flags_t as Flags, attachsql_watch_st as Watch};
use nix::libc;

use super::listener::PATIENCE;
use super::pools::Raw;
use super::raw::CApi;

/// Which answer to "what to watch" a loop uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// The array.
    Watches,
    /// The one descriptor.
    Descriptor,
}

/// What can be put into a loop.
pub trait Source {
    fn watches(&self) -> (Vec<(i32, u32)>, u64);
    fn has_more(&self) -> bool;
    fn timeout(&self) -> i32;
    fn descriptor(&self) -> i32;
}

impl Source for CApi {
    fn watches(&self) -> (Vec<(i32, u32)>, u64) {
        // SAFETY: a live connection; everything given has the room it is said to have.
        list(|out, size, count, generation| unsafe {
            api::attachsql_connect_get_watches(self.pointer(), out, size, count, generation)
        })
    }

    fn has_more(&self) -> bool {
        // SAFETY: a live connection.
        unsafe { api::attachsql_connect_has_more(self.pointer()) }
    }

    fn timeout(&self) -> i32 {
        // SAFETY: a live connection.
        unsafe { api::attachsql_connect_get_timeout_ms(self.pointer()) }
    }

    fn descriptor(&self) -> i32 {
        // SAFETY: a live connection; NULL is allowed for the error.
        unsafe { api::attachsql_connect_get_fd(self.pointer(), null_mut()) }.try_into().unwrap()
    }
}

impl Source for Raw {
    fn watches(&self) -> (Vec<(i32, u32)>, u64) {
        // SAFETY: a live pool; everything given has the room it is said to have.
        list(|out, size, count, generation| unsafe {
            api::attachsql_pool_get_watches(self.0, out, size, count, generation)
        })
    }

    fn has_more(&self) -> bool {
        // SAFETY: a live pool.
        unsafe { api::attachsql_pool_has_more(self.0) }
    }

    fn timeout(&self) -> i32 {
        // SAFETY: a live pool.
        unsafe { api::attachsql_pool_get_timeout_ms(self.0) }
    }

    fn descriptor(&self) -> i32 {
        // SAFETY: a live pool.
        unsafe { api::attachsql_pool_get_fd(self.0) }.try_into().unwrap()
    }
}

/// The whole list, however long; asked for its length first.
fn list(get: impl Fn(*mut Watch, usize, *mut usize, *mut u64) -> bool) -> (Vec<(i32, u32)>, u64) {
    let (mut count, mut generation) = (0, 0);
    let empty = get(null_mut(), 0, &raw mut count, &raw mut generation);
    assert_eq!(empty, count == 0, "{count} do not fit into nothing");
    let mut space = vec![Watch { fd: -1, flags: Flags(99) }; count + 1];
    assert!(get(space.as_mut_ptr(), count, null_mut(), null_mut()), "there was room");
    assert_eq!(space[count].fd, -1, "no more than there was room for");
    let pairs = space[..count].iter();
    (pairs.map(|watch| (watch.fd.try_into().unwrap(), watch.flags.0)).collect(), generation)
}

/// Counts what a loop did.
#[derive(Debug, Default)]
pub struct Loop {
    pub sleeps: u32,
    /// Times that it went to sleep, nothing happened, and the time was over.
    pub timeouts: u32,
    generation: Option<u64>,
    known: BTreeMap<i32, (u64, u64)>,
    descriptor: Option<i32>,
}

impl Loop {
    /// Asks what to watch, as a loop does after each call; its next sleep may be a long way off.
    pub fn look(&mut self, source: &dyn Source) {
        let (watches, generation) = source.watches();
        self.check(&watches, generation);
    }

    /// Sleeps as long as the answers say, at most for `limit`. `false` if `limit` ran out.
    pub fn sleep(&mut self, source: &dyn Source, style: Style, limit: Duration) -> bool {
        let (watches, generation) = source.watches();
        self.check(&watches, generation);
        let timeout = source.timeout();
        if source.has_more() {
            assert_eq!(timeout, 0, "more to do, but not at once");
            return true;
        }
        let mut list: Vec<libc::pollfd> = match style {
            Style::Watches => watches.iter().map(|&(fd, flags)| pollfd(fd, flags)).collect(),
            Style::Descriptor => {
                let fd = source.descriptor();
                assert!(fd >= 0 && self.descriptor.replace(fd).is_none_or(|before| before == fd));
                vec![pollfd(fd, Flags::READ.0)]
            }
        };
        let end = Instant::now() + limit;
        let ours = limit.as_millis().try_into().unwrap();
        let (time, is_ours) =
            if timeout < 0 || timeout > ours { (ours, true) } else { (timeout, false) };
        self.sleeps += 1;
        // SAFETY: an array with its length.
        let ready = unsafe { libc::poll(list.as_mut_ptr(), list.len() as u64, time) };
        assert!(ready >= 0 || std::io::Error::last_os_error().raw_os_error() == Some(libc::EINTR));
        self.timeouts += u32::from(ready == 0);
        ready > 0 || !is_ours || Instant::now() < end
    }

    /// The generation tells of every change of the set, and nothing that is listed was closed.
    fn check(&mut self, watches: &[(i32, u32)], generation: u64) {
        let now: BTreeMap<i32, (u64, u64)> =
            watches.iter().map(|&(fd, _)| (fd, identity(fd))).collect();
        if self.generation == Some(generation) {
            assert_eq!(self.known, now, "the set has changed, the generation has not");
        } else {
            for (fd, before) in &self.known {
                assert_eq!(*before, identity(*fd), "{fd} was closed too early, or is another now");
            }
        }
        (self.generation, self.known) = (Some(generation), now);
    }

    /// Steps until `done`, sleeping in between.
    pub fn run(&mut self, source: &dyn Source, style: Style, mut done: impl FnMut() -> bool) {
        let end = Instant::now() + PATIENCE;
        while !done() {
            let woken = self.sleep(source, style, Duration::from_secs(20));
            assert!(woken && Instant::now() < end, "nothing wakes it up: {self:?}");
        }
    }
}

fn pollfd(fd: i32, flags: u32) -> libc::pollfd {
    let mut events = 0;
    for (flag, event) in [(Flags::READ, libc::POLLIN), (Flags::WRITE, libc::POLLOUT)] {
        if flags & flag.0 != 0 {
            events |= event;
        }
    }
    // Without anything to wait for, poll(2) would still tell of the end.
    libc::pollfd { fd: if events == 0 { -1 } else { fd }, events, revents: 0 }
}

/// What the descriptor is, as the system knows it.
fn identity(fd: i32) -> (u64, u64) {
    // SAFETY: `stat` is plain numbers, for which zeros are fine; the call fills what it is given.
    let (stat, done) = unsafe {
        let mut stat: libc::stat = std::mem::zeroed();
        let done = libc::fstat(fd, &raw mut stat);
        (stat, done)
    };
    assert_eq!(done, 0, "{fd} is not open");
    (stat.st_dev, stat.st_ino)
}
