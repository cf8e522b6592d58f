// SPDX-License-Identifier: Apache-2.0
//! What a pool keeps to that makes its own connections: how many, how old, how long a query waits. Plain
//! values with their defaults; the keeper acts on them.

use std::time::Duration;

use crate::limits;

/// An option of a pool with its value. Times are milliseconds, 0 for never.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PoolChoice {
    /// Connections that are made without being asked for, and kept.
    Min(u32),
    /// Most connections; not 0.
    Max(u32),
    /// How long more than these are kept without a query.
    IdleTimeout(u32),
    /// How old a connection gets.
    Lifetime(u32),
    /// After how long without a word from the server it is asked for one.
    PingInterval(u32),
    /// Whether a session is made new before another query gets it: 0 or 1.
    Reset(u32),
    /// Most connections that are on their way at the same time; not 0.
    Connects(u32),
    /// Most queries that wait; not 0.
    Queue(u32),
    /// How long one waits.
    QueueTimeout(u32),
}

/// All of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rules {
    min: usize,
    pub(super) max: usize,
    pub(super) idle: Option<Duration>,
    pub(super) life: Option<Duration>,
    pub(super) ping: Option<Duration>,
    pub(super) reset: bool,
    pub(super) connects: usize,
    pub(super) queue: usize,
    pub(super) patience: Option<Duration>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            min: 0,
            max: limits::POOL_MAX,
            idle: Some(limits::POOL_IDLE),
            life: Some(limits::POOL_LIFE),
            ping: Some(limits::POOL_PING),
            reset: false,
            connects: limits::POOL_CONNECTS,
            queue: limits::POOL_QUEUE,
            patience: None,
        }
    }
}

impl Rules {
    /// Takes an option. Whether it was taken; if not, nothing has changed.
    pub(super) fn choose(&mut self, choice: PoolChoice) -> bool {
        let time = |ms: u32| (ms > 0).then(|| Duration::from_millis(ms.into()));
        match choice {
            PoolChoice::Min(count) => self.min = count as usize,
            PoolChoice::Max(count @ 1..) => self.max = count as usize,
            PoolChoice::IdleTimeout(ms) => self.idle = time(ms),
            PoolChoice::Lifetime(ms) => self.life = time(ms),
            PoolChoice::PingInterval(ms) => self.ping = time(ms),
            PoolChoice::Reset(value @ 0..=1) => self.reset = value == 1,
            PoolChoice::Connects(count @ 1..) => self.connects = count as usize,
            PoolChoice::Queue(count @ 1..) => self.queue = count as usize,
            PoolChoice::QueueTimeout(ms) => self.patience = time(ms),
            _ => return false,
        }
        true
    }

    /// Connections that are kept in any case.
    pub(super) fn least(&self) -> usize {
        self.min.min(self.max)
    }
}
