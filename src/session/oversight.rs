// SPDX-License-Identifier: Apache-2.0
//! What watches over commands: how long each may take, from the call that submits it to the end of its last
//! result, and whether it is being cancelled, which `cancel` does. Only connections for which the program has
//! asked for one of the two have it, and only their polls look at the clock: those are detours, and a row that
//! lies in the buffer is handed over before. The time of a command that waits for the login begins with the end
//! of the login; until then the connect timeout is in charge.

use std::time::{Duration, Instant};

use crate::error::{CommandEnd, Error, Result};
use crate::limits;
use crate::session::cancel::{Cancel, CancelOutcome, Means};
use crate::session::connection::{Connection, Link, Polled};

/// Limits, the command they are for, and its cancel.
#[derive(Debug)]
pub(super) struct Oversight {
    /// Milliseconds that each of the following commands may take; 0 for no limit.
    limit: u32,
    timing: Timing,
    /// It is over, but with the first look at it came rows, which are handed over.
    late: bool,
    /// Milliseconds for each step of a cancel; 0 for no limit.
    pub(super) cancel_limit: u32,
    /// Commands can be cancelled: what that needs is kept.
    pub(super) enabled: bool,
    pub(super) means: Option<Box<Means>>,
    pub(super) cancel: Option<Box<Cancel>>,
    pub(super) outcome: CancelOutcome,
    /// The end of a command that a pool has still to tell, and whether it is a query's.
    pub(super) owed: Option<bool>,
}

impl Default for Oversight {
    fn default() -> Self {
        Self {
            limit: 0,
            timing: Timing::Off,
            late: false,
            cancel_limit: limits::CANCEL_TIMEOUT,
            enabled: false,
            means: None,
            cancel: None,
            outcome: CancelOutcome::None,
            owed: None,
        }
    }
}

/// The time of the last command, which need not be under way any more.
#[derive(Debug, Clone, Copy)]
enum Timing {
    Off,
    /// So many milliseconds from the end of the login on.
    FromLogin(u32),
    /// It began then, and may take so many milliseconds.
    Since(Instant, u32),
}

impl Timing {
    fn end(self) -> Option<Instant> {
        match self {
            Self::Since(start, limit) => start.checked_add(Duration::from_millis(limit.into())),
            Self::Off | Self::FromLogin(_) => None,
        }
    }
}

impl Connection {
    /// Chooses how long the following commands may take, in milliseconds; 0 for no limit.
    pub(super) fn limit_commands(&mut self, limit: u32) {
        if limit > 0 || self.oversight.is_some() {
            self.oversight().limit = limit;
        }
    }

    /// What watches over commands, from now on if nothing did.
    pub(super) fn oversight(&mut self) -> &mut Oversight {
        self.clock.overseen = true;
        self.gate.set_overseen();
        self.detour = true;
        self.oversight.get_or_insert_default()
    }

    /// Takes over what was asked for on another connection.
    pub(super) fn copy_oversight(&mut self, other: &Self) {
        if let Some(theirs) = &other.oversight {
            let ours = self.oversight();
            ours.limit = theirs.limit;
            ours.cancel_limit = theirs.cancel_limit;
            ours.enabled = theirs.enabled;
        }
    }

    /// The limits of a command and of a step of its cancel, and whether it can be cancelled.
    #[cfg(test)]
    pub(super) fn watched_over(&self) -> Option<(u32, u32, bool)> {
        self.oversight.as_ref().map(|this| (this.limit, this.cancel_limit, this.enabled))
    }

    /// A command begins, and the outcome of the one before it is forgotten.
    #[inline]
    pub(super) fn begin_command(&mut self) {
        self.outcome = None;
        if self.oversight.is_some() {
            self.time_command();
        }
    }

    /// The time of a command begins. Nothing is told any more of the one before it.
    #[cold]
    #[inline(never)]
    pub(super) fn time_command(&mut self) {
        let logged_in = self.machine.is_logged_in();
        if let Some(oversight) = &mut self.oversight {
            (oversight.late, oversight.owed) = (false, None);
            if let Some(cancel) = &mut oversight.cancel {
                cancel.deadline = None;
            }
            oversight.timing = match oversight.limit {
                0 => Timing::Off,
                limit if logged_in => Timing::Since(Instant::now(), limit),
                limit => Timing::FromLogin(limit),
            };
        }
    }

    /// The login is done: the time of a command that has waited for it begins.
    pub(super) fn time_waiting_command(&mut self) {
        if let Some(oversight) = &mut self.oversight
            && let Timing::FromLogin(limit) = oversight.timing
        {
            oversight.timing = Timing::Since(Instant::now(), limit);
        }
    }

    /// When the time of the command that is under way is over, or the next step of its cancel is due.
    pub(super) fn oversight_deadline(&mut self) -> Option<Instant> {
        if self.is_cancelling() { self.cancel_deadline() } else { self.command_deadline() }
    }

    fn command_deadline(&self) -> Option<Instant> {
        let end = self.oversight.as_ref()?.timing.end()?;
        self.is_in_command().then_some(end)
    }

    /// Whether the time of the command that is under way is over, and nothing was done about it.
    pub(super) fn is_overdue(&self) -> bool {
        !self.is_cancelling() && self.command_deadline().is_some_and(|end| end <= Instant::now())
    }

    /// Whether the answer to a command has not ended, or is yet to be asked for.
    fn is_in_command(&self) -> bool {
        self.machine.is_logged_in() && (!self.machine.is_ready() || self.awaits_pending())
    }

    /// A turn of a connection that is watched over.
    #[cold]
    #[inline(never)]
    pub(super) fn watched_turn(&mut self) -> Result<Polled> {
        if matches!(self.link, Link::Open(_)) {
            // Sockets of a cancel; see `watch`.
            self.retired.clear();
        }
        self.pump_cancel()?;
        let held = self.machine.has_row();
        let here = !held && self.machine.has_packet(&self.recv);
        let polled = self.plain_turn();
        if self.is_cancelling() {
            return self.settle_cancel(polled);
        }
        if self.is_overdue() { self.expire(polled, held, here) } else { polled }
    }

    /// The time of a command is over: it is cancelled if that is possible, else the connection is cut.
    /// Before the turn, the program may have `held` a row, or a packet may have been `here` already.
    fn expire(&mut self, polled: Result<Polled>, held: bool, here: bool) -> Result<Polled> {
        let can_cancel = self.can_cancel().is_ok();
        let Some(oversight) = &mut self.oversight else {
            return polled;
        };
        let Timing::Since(start, limit) = oversight.timing else {
            return polled;
        };
        if !can_cancel {
            if matches!(polled, Ok(Polled::RowReady)) && !held && (here || !oversight.late) {
                oversight.late = true;
                return polled;
            }
            return Err(self.fail(timeout((start, limit), CommandEnd::Cut)));
        }
        oversight.timing = Timing::Off;
        if self.awaits_pending() {
            // What it waits for is in the way, and goes too.
            self.take_back(timeout((start, limit), CommandEnd::NotSent));
            self.clear_the_way();
        } else {
            self.begin_cancel(Some((start, limit)));
        }
        if !self.is_cancelling() {
            return self.turn_again();
        }
        self.pump_cancel()?;
        self.settle_cancel(polled)
    }
}

/// The error of a command that began then and had so many milliseconds.
pub(super) fn timeout(command: (Instant, u32), end: CommandEnd) -> Error {
    let waited = u64::try_from(command.0.elapsed().as_millis()).unwrap_or(u64::MAX);
    Error::CommandTimeout { waited, limit: command.1, end }
}
