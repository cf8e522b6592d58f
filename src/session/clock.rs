// SPDX-License-Identifier: Apache-2.0
//! Deadlines of a connection. Time is read in a connect, and later only when a poll found nothing to do
//! while a limit is set; a limit of 0 is none. How long a command may take is for `oversight`. The connect has one
//! deadline for all that it consists of; with several hosts, each has its share until the server speaks.

use std::time::{Duration, Instant};

use crate::error::{ConnectPhase, Error, Result};

/// How long to sleep at most while the program owes the server an answer: nothing tells when it has one.
const ASK_AGAIN: Duration = Duration::from_millis(20);

/// Limits and the moments they count from.
#[derive(Debug, Clone, Default)]
pub(super) struct Clock {
    /// Milliseconds for the whole connect.
    pub(super) connect_limit: u32,
    /// Milliseconds without a byte from the server.
    pub(super) read_limit: u32,
    /// Milliseconds without the socket taking a byte.
    pub(super) write_limit: u32,
    /// The program owes the server an answer, or more of a file.
    pub(super) asking: bool,
    /// A command's time may be limited, which is not looked at here.
    pub(super) overseen: bool,
    /// There is a limit to look at.
    limited: bool,
    connect_start: Option<Instant>,
    phase: Option<(ConnectPhase, Instant)>,
    host_end: Option<Instant>,
    /// How long each phase of the connect took, if somebody wants to know.
    pub(super) spent: Option<Box<[Duration; 5]>>,
    /// Since when nothing came, or went. Set by the first fruitless poll, so that a program that was
    /// busy elsewhere is not punished.
    quiet_since: Option<Instant>,
    stuck_since: Option<Instant>,
}

impl Clock {
    /// The connect begins.
    pub(super) fn start_connect(&mut self) {
        self.connect_start = Some(Instant::now());
        self.sum_up();
    }

    /// A host is tried; with it there are `hosts` left.
    pub(super) fn start_host(&mut self, hosts: usize) {
        self.host_end = None;
        if let (Some(end), Ok(hosts @ 2..)) = (self.connect_end(), u32::try_from(hosts)) {
            let now = Instant::now();
            self.host_end = Some(now + end.saturating_duration_since(now) / hosts);
        }
    }

    /// A phase of the connect begins.
    pub(super) fn enter(&mut self, phase: ConnectPhase) {
        let now = Instant::now();
        self.spend(now);
        self.phase = Some((phase, now));
        if matches!(phase, ConnectPhase::Tls | ConnectPhase::Login) {
            // The server has spoken, and is the one.
            self.host_end = None;
        }
    }

    /// When what is being tried must have led to a greeting.
    pub(super) fn end_of_host(&self) -> Option<Instant> {
        self.host_end.or_else(|| self.connect_end())
    }

    /// Whether the time for the whole connect is over.
    pub(super) fn is_connect_over(&self) -> bool {
        self.connect_end().is_some_and(|end| Instant::now() >= end)
    }

    fn spend(&mut self, now: Instant) {
        if let (Some(spent), Some((phase, since))) = (&mut self.spent, self.phase)
            && let Some(time) = spent.get_mut(phase as usize)
        {
            *time += now - since;
        }
    }

    /// What the connect is at.
    pub(super) fn phase(&self) -> Option<ConnectPhase> {
        self.phase.map(|(phase, _)| phase)
    }

    /// The connect is over.
    pub(super) fn end_connect(&mut self) {
        if self.spent.is_some() {
            self.spend(Instant::now());
        }
        (self.connect_start, self.phase, self.host_end) = (None, None, None);
        self.asking = false;
        self.sum_up();
    }

    /// A limit may have changed.
    pub(super) fn sum_up(&mut self) {
        let limited = self.read_limit > 0 || self.write_limit > 0 || self.overseen;
        self.limited = limited || self.connect_start.is_some();
    }

    /// Bytes came, or a new answer is awaited.
    #[inline]
    pub(super) fn on_read(&mut self) {
        self.quiet_since = None;
    }

    /// Bytes went.
    pub(super) fn on_write(&mut self) {
        self.stuck_since = None;
    }

    /// Nothing has happened in a pipeline, where bytes go and come at once. `stuck` says that some are left
    /// to go, `was_stuck` that there were at the last look. What came counts for what goes, and the limit on
    /// silence begins when all has gone.
    pub(super) fn on_both_ways(&mut self, stuck: bool, was_stuck: bool) {
        match (stuck, was_stuck) {
            (true, _) => {
                if self.quiet_since.replace(Instant::now()).is_none() {
                    self.stuck_since = None;
                }
            }
            (false, true) => self.quiet_since = None,
            (false, false) => {}
        }
    }

    /// Whether there is a limit to look at.
    #[inline]
    pub(super) fn has_limit(&self) -> bool {
        self.limited || self.asking
    }

    /// Looks at the limits, after a poll that found nothing to do: an error if one is reached, else the
    /// moment at which to look again.
    pub(super) fn check(&mut self, answer_due: bool, stuck: bool) -> Result<Option<Instant>> {
        let connecting = self.connect_start.is_some() && self.connect_limit > 0;
        let reading = answer_due && self.read_limit > 0;
        let writing = stuck && self.write_limit > 0;
        if !(connecting || reading || writing || self.asking) {
            return Ok(None);
        }
        let now = Instant::now();
        let mut next = self.asking.then(|| now + ASK_AGAIN);
        if let Some(end) = self.end_of_host() {
            let (phase, since) = self.phase.unwrap_or((ConnectPhase::Dial, now));
            if now >= end {
                let (waited, limit) = (millis(now - since), self.connect_limit);
                let tried = String::new();
                return Err(Error::ConnectTimeout { phase, waited, limit, tried }.into());
            }
            next = earlier(next, end);
        }
        if writing {
            let limit = self.write_limit;
            match passed(&mut self.stuck_since, now, limit) {
                Ok(end) => next = earlier(next, end),
                Err(waited) => return Err(Error::WriteTimeout { waited, limit }.into()),
            }
        }
        if reading && !writing {
            let limit = self.read_limit;
            match passed(&mut self.quiet_since, now, limit) {
                Ok(end) => next = earlier(next, end),
                Err(waited) => return Err(Error::ReadTimeout { waited, limit }.into()),
            }
        }
        Ok(next)
    }

    fn connect_end(&self) -> Option<Instant> {
        let start = self.connect_start.filter(|_| self.connect_limit > 0)?;
        Some(start + Duration::from_millis(u64::from(self.connect_limit)))
    }
}

fn earlier(a: Option<Instant>, b: Instant) -> Option<Instant> {
    Some(a.map_or(b, |a| a.min(b)))
}

/// When `limit` milliseconds after `since` are over; the milliseconds passed if they are.
fn passed(since: &mut Option<Instant>, now: Instant, limit: u32) -> Result<Instant, u64> {
    let since = *since.get_or_insert(now);
    let end = since + Duration::from_millis(u64::from(limit));
    if now >= end { Err(millis(now - since)) } else { Ok(end) }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_limits_there_is_nothing_to_look_at() {
        let mut clock = Clock::default();
        clock.start_connect();
        clock.enter(ConnectPhase::Lookup);
        assert_eq!(clock.check(true, true), Ok(None));
    }

    #[test]
    fn the_phase_is_named() {
        let mut clock = Clock { connect_limit: 1, ..Clock::default() };
        clock.start_connect();
        clock.enter(ConnectPhase::Greeting);
        std::thread::sleep(Duration::from_millis(3));
        let error = clock.check(false, false).unwrap_err();
        assert_eq!((error.code(), &error.sqlstate()), (2002, b"08000"));
        assert!(error.to_string().contains("greeting"), "{error}");
        clock.end_connect();
        assert_eq!(clock.check(false, false), Ok(None));
    }

    #[test]
    fn quiet_counts_from_the_first_fruitless_look() {
        let mut clock = Clock { read_limit: 20, ..Clock::default() };
        std::thread::sleep(Duration::from_millis(25));
        assert!(clock.check(true, false).unwrap().is_some());
        std::thread::sleep(Duration::from_millis(25));
        let error = clock.check(true, false).unwrap_err();
        assert_eq!((error.code(), &error.sqlstate()), (2013, b"08006"));
        clock.on_read();
        assert!(clock.check(true, false).is_ok());
    }

    #[test]
    fn hosts_share_the_time_until_one_speaks() {
        let mut clock = Clock { connect_limit: 60_000, ..Clock::default() };
        clock.start_connect();
        let whole = clock.connect_end();
        clock.start_host(1);
        assert_eq!(clock.end_of_host(), whole);
        clock.start_host(3);
        let share = clock.end_of_host().unwrap() - Instant::now();
        assert!(share <= Duration::from_secs(20) && share > Duration::from_secs(10));
        clock.enter(ConnectPhase::Greeting);
        assert_ne!(clock.end_of_host(), whole);
        clock.enter(ConnectPhase::Login);
        assert_eq!(clock.end_of_host(), whole);
        assert!(!clock.is_connect_over());
    }
}
