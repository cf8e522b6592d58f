// SPDX-License-Identifier: Apache-2.0
//! The policy of a pool that makes its own connections: when one is made, used, asked for a sign of life and
//! closed, and which query waits. Knows connections by their keys alone, queries by whom to tell (`W`), and
//! the time as an argument. Does nothing by itself: it is told what has happened, and says what to do.
//!
//! ```text
//!            Open                       Send
//! (nothing) ─────► Connecting ─► Lent ◄────── Idle ──Ping──► Pinging
//!                     │            │           ▲ ▲              │
//!                     ▼            ├─released──┘ └──answered────┤
//!                    gone          └─clearing─► Clearing ───────┘
//! ```
//!
//! A query is in one place at any time: in the queue, with the connection it is lent to, or among those that
//! have ended without one. So it ends once.

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, HashMap, VecDeque};
use std::time::{Duration, Instant};

use crate::error::{Error, Result, Unserved};
use crate::limits::{POOL_ANSWER, POOL_PAUSE, POOL_PAUSE_MOST, POOL_TRIES};
use crate::proto::escape::Param;
use crate::session::pool::rules::{PoolChoice, Rules};
use crate::session::pool::slots::Key;

/// A query that waits.
#[derive(Debug)]
pub struct Order<W> {
    /// The statement.
    pub text: Vec<u8>,
    /// What its `?` are replaced by.
    pub params: Vec<Param<'static>>,
    /// Whom to tell.
    pub who: W,
    /// Since when it waits.
    since: Instant,
    /// Connections that were lost before it was sent.
    tries: u8,
}

/// What to do.
#[derive(Debug)]
pub enum Task<W> {
    /// Make a connection, and tell `opened`.
    Open,
    /// Close this one, of which the keeper knows nothing any more.
    Close(Key),
    /// Ask it for a sign of life.
    Ping(Key),
    /// It has not answered in time: end it.
    GiveUp(Key),
    /// Send the query on this one, which was idle for so long, and tell `lent`, `unsent` or `refused`.
    Send(Key, Order<W>, Duration),
}

/// What a connection is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase<W> {
    /// On its way.
    Connecting,
    /// With a query, or with the pool's function.
    Lent(Option<W>),
    /// What a query has left is put away, until then.
    Clearing(Instant),
    /// Asked for a sign of life, which must come by then.
    Pinging(Instant),
    /// To be had.
    Idle,
}

/// What is known of a connection.
#[derive(Debug)]
struct Kept<W> {
    phase: Phase<W>,
    /// When it has had its time.
    end: Option<Instant>,
    /// When it was used last.
    used: Instant,
    /// When it gave a sign of life last.
    heard: Instant,
    /// Time of its entry among the alarms; others of its key are forgotten ones.
    alarm: Option<Instant>,
}

/// When there is something to do, for who sleeps in between.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Agenda {
    /// At once.
    pub now: bool,
    /// At the latest.
    pub at: Option<Instant>,
    /// The program waits for that moment, too.
    pub awaited: bool,
}

/// The connections that a pool has made, and the queries that wait for one.
#[derive(Debug)]
pub struct Keeper<W> {
    rules: Rules,
    /// There is a template to make them from.
    open: bool,
    kept: HashMap<Key, Kept<W>>,
    /// The idle ones by when they were used last: the latest is the next to be used, so that the others can
    /// get old.
    idle: BTreeSet<(Instant, Key)>,
    queue: VecDeque<Order<W>>,
    ended: VecDeque<(W, Box<Error>)>,
    alarms: BinaryHeap<Reverse<(Instant, Key)>>,
    connecting: usize,
    /// Connects that have failed since one did well, and why the last one did.
    failures: u32,
    last_failure: Option<Box<Error>>,
    /// No connect before that.
    pause: Option<Instant>,
    retries: u64,
}

impl<W> Default for Keeper<W> {
    fn default() -> Self {
        Self {
            rules: Rules::default(),
            open: false,
            kept: HashMap::new(),
            idle: BTreeSet::new(),
            queue: VecDeque::new(),
            ended: VecDeque::new(),
            alarms: BinaryHeap::new(),
            connecting: 0,
            failures: 0,
            last_failure: None,
            pause: None,
            retries: 0,
        }
    }
}

/// Queries.
impl<W: Copy> Keeper<W> {
    /// An idle connection for a query that need not be remembered, and how long it was idle. It is lent then.
    pub fn take_idle(&mut self, now: Instant) -> Option<(Key, Duration)> {
        if self.queue.is_empty() { self.pick(now) } else { None }
    }

    /// A query is to wait. Refused if too many do.
    pub fn push(
        &mut self,
        text: &[u8],
        params: Vec<Param<'_>>,
        who: W,
        now: Instant,
    ) -> Result<()> {
        if self.queue.len() >= self.rules.queue {
            return Err(Unserved::Full(self.queue.len()).into());
        }
        let (text, params) = (text.to_vec(), params.into_iter().map(Param::into_owned).collect());
        self.queue.push_back(Order { text, params, who, since: now, tries: 0 });
        Ok(())
    }

    /// The query of `who` was sent on `key`, or goes on there.
    pub fn lent(&mut self, key: Key, who: W) {
        if let Some(kept) = self.kept.get_mut(&key) {
            kept.phase = Phase::Lent(Some(who));
        }
    }

    /// The connection was lost before the query was sent: another one gets it.
    pub fn unsent(&mut self, mut order: Order<W>, cause: Box<Error>) {
        order.tries = order.tries.saturating_add(1);
        if order.tries >= POOL_TRIES {
            return self.refused(order.who, cause);
        }
        self.retries += 1;
        // Who waits longest stays first.
        let at = self.queue.iter().take_while(|other| other.since < order.since).count();
        self.queue.insert(at, order);
    }

    /// A query has ended without a connection.
    pub fn refused(&mut self, who: W, cause: Box<Error>) {
        self.ended.push_back((who, cause));
    }

    /// One that has, and is to be told.
    pub fn take_ended(&mut self) -> Option<(W, Box<Error>)> {
        self.ended.pop_front()
    }

    /// Takes whom to tell from the connection, for what may be the last time.
    pub fn take_who(&mut self, key: Key) -> Option<W> {
        match &mut self.kept.get_mut(&key)?.phase {
            Phase::Lent(who) => who.take(),
            _ => None,
        }
    }

    /// The pool ends: all whom something is still to be told, and what; with the connection that is theirs.
    pub fn end(&mut self, sent: &Error) -> Vec<(Option<Key>, W, Box<Error>)> {
        let mut all: Vec<_> = self.ended.drain(..).map(|(who, error)| (None, who, error)).collect();
        for (key, kept) in &mut self.kept {
            if let Phase::Lent(who) = &mut kept.phase
                && let Some(who) = who.take()
            {
                all.push((Some(*key), who, sent.clone().into()));
            }
        }
        // In order of adding.
        all.sort_by_key(|(key, ..)| *key);
        all.extend(self.queue.drain(..).map(|order| (None, order.who, Unserved::Destroyed.into())));
        all
    }
}

/// Connections.
impl<W: Copy> Keeper<W> {
    /// A connection was made and begins to connect.
    pub fn opened(&mut self, key: Key, now: Instant) {
        let phase = Phase::Connecting;
        self.kept.insert(key, Kept { phase, end: None, used: now, heard: now, alarm: None });
        self.connecting += 1;
    }

    /// It is logged in, and the pool's function has it. Its time begins: however long the way was, it is
    /// of use.
    pub fn logged_in(&mut self, key: Key, now: Instant) {
        if let Some(kept) = self.kept.get_mut(&key)
            && matches!(kept.phase, Phase::Connecting)
        {
            kept.phase = Phase::Lent(None);
            kept.end = self.rules.life.map(|life| now + spread(life, key.id()));
            self.connecting -= 1;
            (self.failures, self.pause, self.last_failure) = (0, None, None);
        }
    }

    /// Whoever had it has no more use for it, but something is to be put away first.
    pub fn clearing(&mut self, key: Key, now: Instant) {
        self.enter(key, Phase::Clearing(now + POOL_ANSWER));
    }

    /// It is free again. Whether it is still wanted; if not, it is to be closed, and not known any more.
    pub fn released(&mut self, key: Key, now: Instant) -> bool {
        let count = self.kept.len();
        let Some(kept) = self.kept.get_mut(&key) else {
            return true;
        };
        if kept.end.is_some_and(|end| end <= now) || count > self.rules.max {
            self.forget(key);
            return false;
        }
        kept.heard = now;
        // A sign of life is no use.
        if !matches!(kept.phase, Phase::Pinging(_)) {
            kept.used = now;
        }
        let used = kept.used;
        self.enter(key, Phase::Idle);
        self.idle.insert((used, key));
        true
    }

    /// It is gone, or is not the keeper's any more. Whom to tell, if a query had it.
    pub fn gone(&mut self, key: Key, cause: &Error, now: Instant) -> Option<W> {
        match self.forget(key)? {
            Phase::Connecting => {
                self.connect_failed(cause, now);
                None
            }
            Phase::Lent(who) => who,
            _ => None,
        }
    }

    /// A connect has failed.
    pub fn connect_failed(&mut self, cause: &Error, now: Instant) {
        self.last_failure = Some(cause.clone().into());
        if self.pause.is_none() {
            let pause = POOL_PAUSE * (1 << self.failures.min(16));
            self.pause = Some(now + pause.min(POOL_PAUSE_MOST));
            self.failures = self.failures.saturating_add(1);
        }
        if self.kept.is_empty() {
            // Nobody is left to serve those who wait.
            let all = self.queue.drain(..);
            self.ended.extend(all.map(|order| (order.who, cause.clone().into())));
        }
    }

    /// What it is at; `None` if it is none of the keeper's.
    pub fn phase(&self, key: Key) -> Option<Phase<W>> {
        self.kept.get(&key).map(|kept| kept.phase)
    }
}

/// Time.
impl<W: Copy> Keeper<W> {
    /// The next thing to do by `now`.
    pub fn next_task(&mut self, now: Instant) -> Option<Task<W>> {
        self.expire(now);
        if !self.queue.is_empty()
            && let Some((key, idle)) = self.pick(now)
            && let Some(order) = self.queue.pop_front()
        {
            return Some(Task::Send(key, order, idle));
        }
        if let Some(task) = self.next_due(now) {
            return Some(task);
        }
        if self.pause.is_some_and(|end| end <= now) {
            self.pause = None;
        }
        (self.pause.is_none() && self.lacks()).then_some(Task::Open)
    }

    /// When there will be something to do.
    pub fn agenda(&self) -> Agenda {
        let lacks = self.lacks();
        let served = !self.queue.is_empty() && !self.idle.is_empty();
        let now = !self.ended.is_empty() || served || (lacks && self.pause.is_none());
        let patience = self.rules.patience;
        let waited =
            self.queue.front().zip(patience).map(|(order, patience)| order.since + patience);
        let pause = self.pause.filter(|_| lacks);
        let alarm = self.alarms.peek().map(|Reverse((time, _))| *time);
        let at = [waited, pause, alarm].into_iter().flatten().min();
        let awaited = !self.queue.is_empty() && (waited.is_some() || pause.is_some());
        Agenda { now, at, awaited }
    }

    /// Ends the queries that have waited too long.
    fn expire(&mut self, now: Instant) {
        let Some(patience) = self.rules.patience else {
            return;
        };
        while let Some(order) = self.queue.pop_front_if(|order| order.since + patience <= now) {
            let (waited, limit) = (millis(now - order.since), millis(patience));
            let last = self.last_failure.as_ref();
            let last =
                last.map_or(String::new(), |error| format!("; the last connect failed: {error}"));
            self.refused(order.who, Unserved::Late { waited, limit, last }.into());
        }
    }

    /// Whether one more connection is wanted.
    fn lacks(&self) -> bool {
        let count = self.kept.len();
        let wanted = count < self.rules.least() || self.queue.len() > self.connecting;
        self.open && wanted && count < self.rules.max && self.connecting < self.rules.connects
    }

    fn pick(&mut self, now: Instant) -> Option<(Key, Duration)> {
        let (used, key) = self.idle.pop_last()?;
        let heard = self.enter(key, Phase::Lent(None)).unwrap_or(used);
        Some((key, now.saturating_duration_since(heard)))
    }

    /// What is due for a connection.
    fn next_due(&mut self, now: Instant) -> Option<Task<W>> {
        while let Some(&Reverse((time, key))) = self.alarms.peek() {
            if time > now {
                return None;
            }
            self.alarms.pop();
            let Some(kept) = self.kept.get_mut(&key).filter(|kept| kept.alarm == Some(time)) else {
                continue;
            };
            kept.alarm = None;
            if self.rules.due(kept).is_none_or(|due| due > now) {
                self.arm(key);
            } else if let Some(task) = self.act(key, now) {
                return Some(task);
            }
        }
        None
    }

    /// Its time has come for something.
    fn act(&mut self, key: Key, now: Instant) -> Option<Task<W>> {
        let surplus = self.kept.len() > self.rules.least();
        let idle = self.rules.idle;
        let kept = self.kept.get_mut(&key)?;
        match kept.phase {
            Phase::Clearing(_) | Phase::Pinging(_) => {
                self.enter(key, Phase::Lent(None));
                return Some(Task::GiveUp(key));
            }
            Phase::Connecting | Phase::Lent(_) => return None,
            Phase::Idle => {}
        }
        let unused = idle.is_some_and(|idle| kept.used + idle <= now);
        if kept.end.is_some_and(|end| end <= now) || (unused && surplus) {
            self.forget(key);
            return Some(Task::Close(key));
        }
        self.idle.remove(&(kept.used, key));
        if unused {
            // One of those that are to be there in any case: its time begins anew.
            kept.used = now;
            self.idle.insert((now, key));
            self.arm(key);
            return None;
        }
        self.enter(key, Phase::Pinging(now + POOL_ANSWER));
        Some(Task::Ping(key))
    }

    /// When it was heard last.
    fn enter(&mut self, key: Key, phase: Phase<W>) -> Option<Instant> {
        let kept = self.kept.get_mut(&key)?;
        kept.phase = phase;
        let heard = kept.heard;
        self.arm(key);
        Some(heard)
    }

    /// Sees to it that its next moment is not missed. A later one than before costs nothing: the entry
    /// there is comes up, and is put back.
    fn arm(&mut self, key: Key) {
        let Some(kept) = self.kept.get_mut(&key) else {
            return;
        };
        if let Some(due) = self.rules.due(kept)
            && kept.alarm.is_none_or(|alarm| due < alarm)
        {
            kept.alarm = Some(due);
            self.alarms.push(Reverse((due, key)));
        }
    }

    fn forget(&mut self, key: Key) -> Option<Phase<W>> {
        let kept = self.kept.remove(&key)?;
        self.idle.remove(&(kept.used, key));
        if matches!(kept.phase, Phase::Connecting) {
            self.connecting -= 1;
        }
        Some(kept.phase)
    }
}

/// Settings and numbers.
impl<W: Copy> Keeper<W> {
    /// There is a template from now on.
    pub fn open(&mut self) {
        self.open = true;
    }

    /// Whether there is one.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// Takes an option. Whether it was taken; if not, nothing has changed.
    pub fn choose(&mut self, choice: PoolChoice) -> bool {
        let taken = self.rules.choose(choice);
        let idle: Vec<Key> = self.idle.iter().map(|(_, key)| *key).collect();
        idle.into_iter().for_each(|key| self.arm(key));
        taken
    }

    /// Whether a session is made new before another query gets it.
    pub fn resets(&self) -> bool {
        self.rules.reset
    }

    /// Connections, queries that wait, and how often one was given to another connection.
    pub fn counts(&self) -> (usize, usize, u64) {
        (self.kept.len(), self.queue.len(), self.retries)
    }
}

impl Rules {
    /// When something is to be done with a connection.
    fn due<W>(&self, kept: &Kept<W>) -> Option<Instant> {
        match kept.phase {
            Phase::Connecting | Phase::Lent(_) => None,
            Phase::Clearing(end) | Phase::Pinging(end) => Some(end),
            Phase::Idle => {
                let unused = self.idle.map(|idle| kept.used + idle);
                let unheard = self.ping.map(|ping| kept.heard + ping);
                [kept.end, unused, unheard].into_iter().flatten().min()
            }
        }
    }
}

/// Up to a tenth less than `life`, so that connections that were made together do not end together.
fn spread(life: Duration, id: u32) -> Duration {
    // The golden ratio's multiples are spread evenly.
    let part = id.wrapping_mul(0x9e37_79b9) >> 16;
    life - life / 10 * part / (1 << 16)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
