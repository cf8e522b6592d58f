// SPDX-License-Identifier: Apache-2.0
//! A pool: many connections behind one event queue, and which of them to look at next. Knows its
//! connections by a key and a handle of the caller's; the caller brings the connection itself to each
//! look, so that no borrow of one lasts from call to call. Calls nobody.
//!
//! A run, as the caller does it:
//!
//! ```text
//! begin ─► take_next ─► Connection::look ─► (the program's callback) ─► settle ─┐
//!            ▲                                                              │
//!            └──────────────────────────────────────────────────────────────┘
//! ```
//!
//! A run costs what the connections with something to do cost. The list of those to look at has: those
//! with an event or a deadline, those that a call was made on, those a turn would get on with at once,
//! and those where the program has something in its hands (a row, a further result) that it may
//! give back by a call the pool does not hear of. An idle connection is in none of them.

mod keeper;
mod kept;
mod member;
mod rules;
mod slots;
mod timers;

use std::time::{Duration, Instant};

use crate::error::{Error, Misuse, Result};
use crate::limits::{EVENTS_AT_ONCE, RUNS_UNASKED};
use crate::net::queue::{EventQueue, Ready};
use crate::session::connection::Connection;

pub use keeper::{Agenda, Keeper, Order, Phase, Task};
pub(in crate::session) use member::Member;
pub use member::{Happening, Occupation, Standing};
pub use rules::PoolChoice;
pub use slots::Key;

use member::Calls;
use slots::Slots;
use timers::Timers;

/// Connections that are run together. `T` is how the caller finds each one.
#[derive(Debug)]
pub struct Pool<T> {
    queue: EventQueue,
    slots: Slots<T>,
    timers: Timers,
    calls: Calls,
    /// To be looked at in the next run.
    list: Vec<Key>,
    /// To be looked at in this run, the next one last.
    run: Vec<Key>,
    /// Events for the next run are here already.
    fetched: bool,
    counts: Counts,
    /// Runs since the system was asked for events.
    unasked: u32,
    /// How often the sockets of a connection have changed.
    changes: u64,
    done: Done,
    /// What the caller has to do beside the connections.
    agenda: Agenda,
    /// The process that has made it. In a fork the queue and the sockets are still those of that one.
    process: u32,
    /// It was seen in this run that this is that process.
    ours: bool,
}

/// How many connections stand how.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    working: usize,
    held: usize,
    waiting: usize,
}

impl Counts {
    fn of(&mut self, standing: Standing) -> Option<&mut usize> {
        match standing {
            Standing::Working => Some(&mut self.working),
            Standing::Held => Some(&mut self.held),
            Standing::Waiting => Some(&mut self.waiting),
            Standing::Resting => None,
        }
    }

    fn change(&mut self, from: Standing, to: Standing) {
        if let Some(count) = self.of(from) {
            *count = count.saturating_sub(1);
        }
        if let Some(count) = self.of(to) {
            *count += 1;
        }
    }
}

/// What a pool has done since it was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Done {
    /// Runs.
    pub runs: u64,
    /// Connections looked at in them.
    pub looks: u64,
    /// Events told, those of errors too.
    pub events: u64,
    /// Errors told.
    pub errors: u64,
}

/// A connection to look at.
#[derive(Debug, Clone, Copy)]
pub struct Next<T> {
    /// Which.
    pub key: Key,
    /// The caller's.
    pub handle: T,
    /// For [`Connection::look`].
    pub timed: bool,
    ready: Ready,
}

impl<T> Next<T> {
    /// Hands the events on.
    pub fn tell(&self, connection: &mut Connection) {
        connection.on_ready(self.ready.readable, self.ready.closed);
        connection.writable |= self.ready.writable;
    }
}

/// What a wait comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Waited {
    /// A run has something to do, or may have.
    Run,
    /// The time is over.
    TimedOut,
    /// Nothing is awaited, so that the wait would never end.
    Nothing,
}

impl<T: Copy> Pool<T> {
    /// An empty pool. Takes a descriptor.
    pub fn new() -> Result<Self> {
        Ok(Self {
            queue: EventQueue::new(EVENTS_AT_ONCE).map_err(|error| Error::Reactor(error.into()))?,
            slots: Slots::default(),
            timers: Timers::default(),
            calls: Calls::default(),
            list: Vec::new(),
            run: Vec::new(),
            fetched: false,
            counts: Counts::default(),
            unasked: 0,
            changes: 1,
            done: Done::default(),
            agenda: Agenda::default(),
            process: std::process::id(),
            ours: false,
        })
    }

    /// Takes a connection that was never used.
    pub fn add(&mut self, connection: &mut Connection, handle: T) -> Result<Key> {
        self.check_process()?;
        connection.may_join()?;
        let Some(key) = self.slots.insert(handle) else {
            let problem = "has had as many connections as it can number".to_owned();
            return Err(Misuse::Argument { name: "pool", problem }.into());
        };
        connection.join_pool(key, self.calls.clone());
        Ok(key)
    }

    /// Whether it has this connection.
    pub fn has(&mut self, key: Key) -> bool {
        self.slots.get(key).is_some()
    }

    /// Lets a connection go, which goes on alone.
    pub fn remove(&mut self, key: Key, connection: &mut Connection) {
        if self.check_process().is_ok() {
            let queue = &self.queue;
            connection.each_stream(&mut |stream, _| queue.forget(stream));
        }
        connection.leave_pool();
        self.drop_key(key);
    }

    /// Forgets a connection that goes away.
    pub fn drop_key(&mut self, key: Key) {
        if let Some(slot) = self.slots.remove(key) {
            self.counts.change(slot.standing, Standing::Resting);
            self.changes += 1;
        }
    }

    /// Whether this is the process that has made the pool. Asked before anything is done to the queue or to a
    /// socket, at most once in a run: it is a system call.
    pub fn is_ours(&mut self) -> bool {
        self.ours = self.ours || std::process::id() == self.process;
        self.ours
    }

    /// Whether it still is; an error if not.
    pub fn check_process(&mut self) -> Result<()> {
        self.ours = false;
        if self.is_ours() { Ok(()) } else { Err(Misuse::ForeignPool.into()) }
    }

    /// Begins a run: finds out who is to be looked at. `false` in a fork, unless nothing is asked of the queue.
    pub fn begin(&mut self) -> bool {
        self.ours = false;
        self.done.runs += 1;
        // While some connection gets on without events, those of the others may wait for a few runs: a row
        // that is here already costs no system call.
        let busy = self.counts.working > 0 && self.unasked < RUNS_UNASKED;
        if std::mem::take(&mut self.fetched) || busy {
            self.unasked += 1;
        } else {
            self.unasked = 0;
            if !self.is_ours() {
                return false;
            }
            // A queue that fails has no events; the deadlines are still kept.
            let _ = self.fetch(Some(Duration::ZERO));
        }
        let (slots, list) = (&mut self.slots, &mut self.list);
        self.calls.drain(|key| put_on(list, slots.get(key)));
        if !self.timers.is_empty() {
            let now = Instant::now();
            while let Some(key) = self.timers.take_due(now, slots) {
                if let Some(slot) = slots.get(key) {
                    slot.timed = true;
                    put_on(list, Some(slot));
                }
            }
        }
        std::mem::swap(&mut self.list, &mut self.run);
        self.list.clear();
        self.run.sort_unstable_by(|a, b| b.cmp(a));
        true
    }

    /// The next one to look at.
    pub fn take_next(&mut self) -> Option<Next<T>> {
        loop {
            let key = self.run.pop()?;
            if let Some(slot) = self.slots.get(key) {
                slot.listed = false;
                self.done.looks += 1;
                let (ready, timed) =
                    (std::mem::take(&mut slot.ready), std::mem::take(&mut slot.timed));
                return Some(Next { key, handle: slot.handle, timed, ready });
            }
        }
    }

    /// After a look, and after what the program did: sees what the connection waits for.
    pub fn settle(&mut self, key: Key, connection: &mut Connection) {
        if self.slots.get(key).is_none() {
            return;
        }
        let standing = self.arm(key, connection);
        let Some(slot) = self.slots.get(key) else {
            return;
        };
        self.counts.change(slot.standing, standing);
        slot.standing = standing;
        if matches!(standing, Standing::Working | Standing::Held) {
            put_on(&mut self.list, Some(slot));
        }
    }

    /// Has the event queue and the clock watch the connection.
    fn arm(&mut self, key: Key, connection: &mut Connection) -> Standing {
        connection.settled();
        if self.queue.descriptor().is_some() {
            // Nobody but this queue has watched them.
            connection.retired.clear();
        }
        let mut standing = connection.standing();
        let Some(slot) = self.slots.get(key) else {
            return standing;
        };
        let deadline = match standing {
            Standing::Waiting => connection.next_deadline(),
            Standing::Held => connection.oversight_deadline(),
            _ => None,
        };
        self.timers.set(key, &mut slot.deadline, deadline);
        if std::mem::replace(&mut slot.generation, connection.generation())
            != connection.generation()
        {
            self.changes += 1;
        }
        let cancelling = connection.is_cancelling();
        if standing == Standing::Waiting || cancelling {
            let (queue, generation) = (&self.queue, connection.generation());
            let (mut watched, mut failed) = (slot.watched, None);
            connection.each_stream(&mut |stream, watch| {
                let wanted = Some((generation, watch.read, watch.write));
                // While there are two sockets, `watched` does not say of which.
                let known = wanted == slot.watched && !cfg!(windows) && !cancelling;
                if known || (cancelling && !watch.read && !watch.write) {
                    return;
                }
                watched = wanted;
                if let Err(error) = queue.watch(stream, key.token(), watch.read, watch.write) {
                    failed = Some(error);
                }
            });
            slot.watched = watched;
            if let Some(error) = failed {
                connection.fail(Error::Reactor(error.into()));
                standing = connection.standing();
            }
        }
        if cfg!(windows) && standing == Standing::Held && connection.is_at_rest() {
            standing = rest(&self.queue, slot, connection);
        }
        standing
    }

    /// Sleeps until a run has something to do, at most for `limit`. `held` says whether the program
    /// still has what the connection of a handle lent.
    pub fn wait(&mut self, limit: Option<Duration>, held: impl FnMut(T) -> bool) -> Result<Waited> {
        self.check_process()?;
        if self.has_more(held) {
            return Ok(Waited::Run);
        }
        if limit.is_none() && self.counts.waiting == 0 && !self.agenda.awaited {
            return Ok(Waited::Nothing);
        }
        let start = Instant::now();
        let due = self.next_deadline();
        let end = limit.and_then(|limit| start.checked_add(limit));
        let next = due.into_iter().chain(end).min();
        let left = next.map(|next| next.saturating_duration_since(start));
        let count = self.fetch(left).map_err(|error| Error::Reactor(error.into()))?;
        self.fetched = count > 0;
        // With neither event nor deadline it was a signal, which the program may want to see to.
        let timed_out =
            !self.fetched && end == next && end.is_some_and(|end| end <= Instant::now());
        Ok(if timed_out { Waited::TimedOut } else { Waited::Run })
    }

    /// Whether a run has something to do, without any event.
    pub fn has_more(&mut self, mut held: impl FnMut(T) -> bool) -> bool {
        if self.list.len() > self.counts.held || !self.calls.is_empty() || self.agenda.now {
            return true;
        }
        let slots = &mut self.slots;
        let mut released = |key: &Key| slots.get(*key).is_some_and(|slot| !held(slot.handle));
        self.list.iter().any(&mut released)
    }

    /// How long until the next run is due: no time if there is something to do; `None` if an event must
    /// come.
    pub fn due_in(&mut self, held: impl FnMut(T) -> bool) -> Option<Duration> {
        if self.has_more(held) {
            return Some(Duration::ZERO);
        }
        let next = self.next_deadline()?;
        Some(next.saturating_duration_since(Instant::now()))
    }

    /// When the caller has something to do beside what the connections want.
    pub fn plan(&mut self, agenda: Agenda) {
        self.agenda = agenda;
    }

    /// The time, for a keeper.
    pub fn now() -> Instant {
        Instant::now()
    }

    fn next_deadline(&mut self) -> Option<Instant> {
        self.timers.next(&mut self.slots).into_iter().chain(self.agenda.at).min()
    }

    /// The caller's handle of a connection.
    pub fn handle(&mut self, key: Key) -> Option<T> {
        self.slots.get(key).map(|slot| slot.handle)
    }

    /// One descriptor for all, where the system has such a thing.
    pub fn descriptor(&self) -> Option<isize> {
        self.queue.descriptor()
    }

    /// Counts what is told to the program.
    pub fn count(&mut self, happening: &Happening) {
        self.done.events += 1;
        self.done.errors += u64::from(matches!(happening, Happening::Failed(_)));
    }

    /// What was done so far.
    pub fn done(&self) -> Done {
        self.done
    }

    /// A number that changes whenever a descriptor joins or leaves what is to be watched for the pool.
    pub fn generation(&self) -> u64 {
        if self.descriptor().is_some() { 1 } else { self.changes }
    }

    /// All connections, in no order.
    pub fn handles(&self) -> impl Iterator<Item = T> {
        self.slots.iter().map(|slot| slot.handle)
    }

    /// How many connections there are.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn fetch(&mut self, limit: Option<Duration>) -> std::io::Result<usize> {
        let (slots, list) = (&mut self.slots, &mut self.list);
        self.queue.fetch(limit, |token, ready| {
            if let Some(slot) = slots.by_token(token) {
                slot.ready = slot.ready.and(ready);
                put_on(list, Some(slot));
            }
        })
    }
}

/// Windows only: there no read has shown that the socket of a connection at rest is empty, so the queue is
/// asked to tell of what is left, once for each rest.
fn rest<T>(queue: &EventQueue, slot: &mut slots::Slot<T>, connection: &mut Connection) -> Standing {
    let resting = Some((connection.generation(), false, false));
    if slot.watched == resting {
        return Standing::Held;
    }
    let mut failed = false;
    connection.each_stream(&mut |stream, _| {
        failed |= queue.watch(stream, slot.key.token(), true, false).is_err();
    });
    if failed {
        return Standing::Held;
    }
    slot.watched = resting;
    connection.readable = false;
    Standing::Resting
}

fn put_on<T>(list: &mut Vec<Key>, slot: Option<&mut slots::Slot<T>>) {
    if let Some(slot) = slot
        && !slot.listed
    {
        slot.listed = true;
        list.push(slot.key);
    }
}
