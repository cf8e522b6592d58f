// SPDX-License-Identifier: Apache-2.0
//! Deadlines of a connection. The clock is read only here, and only when a poll found nothing to do
//! while a limit is set; a limit of 0 is none.

use std::time::{Duration, Instant};

use crate::error::{ConnectPhase, Error, Result};

/// How long to sleep at most while the program owes the server an answer: nothing tells when it has one.
const ASK_AGAIN: Duration = Duration::from_millis(20);

/// Limits and the moments they count from.
#[derive(Debug, Default)]
pub(super) struct Clock {
    /// Milliseconds for the whole connect.
    pub(super) connect_limit: u32,
    /// Milliseconds without a byte from the server.
    pub(super) read_limit: u32,
    /// Milliseconds without the socket taking a byte.
    pub(super) write_limit: u32,
    /// The program owes the server an answer.
    pub(super) asking: bool,
    connect_start: Option<Instant>,
    phase: Option<(ConnectPhase, Instant)>,
    address_end: Option<Instant>,
    /// Since when nothing came, or went. Set by the first fruitless poll, so that a program that was
    /// busy elsewhere is not punished.
    quiet_since: Option<Instant>,
    stuck_since: Option<Instant>,
}

impl Clock {
    /// The connect begins.
    pub(super) fn start_connect(&mut self) {
        self.connect_start = Some(Instant::now());
    }

    /// A phase of the connect begins. With `addresses` to try, each gets its share of the time left.
    pub(super) fn enter(&mut self, phase: ConnectPhase, addresses: usize) {
        let now = Instant::now();
        self.phase = Some((phase, now));
        self.address_end = self.connect_end().and_then(|end| {
            let share = u32::try_from(addresses).ok().filter(|&n| n > 1)?;
            Some(now + end.saturating_duration_since(now) / share)
        });
    }

    /// The connect is over.
    pub(super) fn end_connect(&mut self) {
        (self.connect_start, self.phase, self.address_end) = (None, None, None);
        self.asking = false;
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

    /// Whether there is a limit to look at.
    #[inline]
    pub(super) fn has_limit(&self) -> bool {
        self.read_limit > 0 || self.write_limit > 0 || self.connect_start.is_some()
    }

    /// Whether the address being tried has had its share of the time.
    pub(super) fn address_is_over(&self) -> bool {
        self.address_end.is_some_and(|end| Instant::now() >= end)
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
        let mut next = self.address_end;
        if self.asking {
            next = earlier(next, now + ASK_AGAIN);
        }
        if let Some(end) = self.connect_end() {
            let (phase, since) = self.phase.unwrap_or((ConnectPhase::Dial, now));
            if now >= end {
                let (waited, limit) = (millis(now - since), self.connect_limit);
                return Err(Error::ConnectTimeout { phase, waited, limit }.into());
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
        clock.enter(ConnectPhase::Lookup, 1);
        assert_eq!(clock.check(true, true), Ok(None));
    }

    #[test]
    fn the_phase_is_named() {
        let mut clock = Clock { connect_limit: 1, ..Clock::default() };
        clock.start_connect();
        clock.enter(ConnectPhase::Greeting, 1);
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
    fn addresses_share_the_time() {
        let mut clock = Clock { connect_limit: 60_000, ..Clock::default() };
        clock.start_connect();
        clock.enter(ConnectPhase::Dial, 1);
        assert!(clock.address_end.is_none());
        clock.enter(ConnectPhase::Dial, 3);
        let share = clock.address_end.unwrap() - Instant::now();
        assert!(share <= Duration::from_secs(20) && share > Duration::from_secs(10));
        assert!(!clock.address_is_over());
    }
}
