// SPDX-License-Identifier: Apache-2.0
//! A connection's side of a pool: what it has told and has still to tell the program, and how it lets
//! the pool know that a call needs its attention. The turn of I/O is the same as without a pool.
//!
//! Each event is told once, because it belongs to something that happens once:
//!
//! * CONNECTED to the login; the turn ends there, before a remembered command goes out.
//! * ROW_READY to a row, which the mark of the receive buffer behind it identifies: that mark only moves
//!   on until the next turn, and a row that was told before the turn is not told again.
//! * EOF and ERROR to a command: the turn found its end, and before the turn it was awaited. What nobody
//!   awaits, such as the rest of a query that was closed, ends in silence.
//! * ERROR to the end of the connection.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Misuse, Result};
use crate::session::connection::{Connection, Link, Polled};
use crate::session::pool::slots::Key;

/// What has happened on a connection of a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// The login is done.
    Connected,
    /// A row is held.
    RowReady,
    /// A result has ended.
    End,
    /// A command or the connection has failed.
    Failed(Box<Error>),
}

/// Who has to act next, so far as the pool must know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// A turn gets on without any event.
    Working,
    /// The program: it may go on by a call that the pool hears nothing of, so the pool looks again.
    Held,
    /// The server, or the network.
    Waiting,
    /// Nobody, until the program begins something, of which the pool hears.
    Resting,
}

/// What a connection is at, for whoever counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occupation {
    /// It has not begun to connect.
    Unused,
    /// It is on its way to the server, or logging in.
    Connecting,
    /// It is free for a command.
    Idle,
    /// An answer is awaited.
    Busy,
    /// The program has a row, a further result to ask for, or a query to close.
    Held,
    /// It is gone.
    Failed,
}

/// Connections that a call was made on, for the pool to look at. The lock is never held for long, and
/// never fought for: a pool and its connections are used by one thread at a time.
#[derive(Debug, Clone, Default)]
pub(super) struct Calls(Arc<Mutex<Vec<Key>>>);

impl Calls {
    fn lock(&self) -> MutexGuard<'_, Vec<Key>> {
        // Nothing panics while it is held, so a poisoned one holds good data.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    /// Gives out all of them.
    pub(super) fn drain(&self, take: impl FnMut(Key)) {
        self.lock().drain(..).for_each(take);
    }
}

/// What a connection knows of its pool.
#[derive(Debug)]
pub(in crate::session) struct Member {
    key: Key,
    calls: Calls,
    /// The pool will look at the connection anyway.
    called: bool,
    /// CONNECTED was told.
    connected: bool,
    /// The end of the connection was told.
    ended: bool,
    /// A command ended within a call.
    failed_in_call: bool,
    /// The pool has made it: it also looks for the end of one that is idle.
    pub(super) kept: bool,
    /// The same, and well: there was nothing to send.
    ended_in_call: bool,
    /// Where in the buffer the row ends that was told last, while it is held.
    row: Option<usize>,
}

impl Connection {
    /// Whether it may become part of a pool: only if it was never used.
    pub(super) fn may_join(&self) -> Result<()> {
        if self.member.is_some() {
            return refuse("is in a pool already");
        }
        if !self.is_unused() {
            return refuse("has begun to connect: add it to the pool before");
        }
        Ok(())
    }

    /// Becomes part of a pool, if it may.
    pub(super) fn join_pool(&mut self, key: Key, calls: Calls) {
        self.member = Some(Box::new(Member {
            key,
            calls,
            called: false,
            connected: false,
            ended: false,
            failed_in_call: false,
            kept: false,
            ended_in_call: false,
            row: None,
        }));
        self.gate.set_pooled(true);
        self.detour = true;
    }

    /// Stands alone again.
    pub(super) fn leave_pool(&mut self) {
        self.member = None;
        self.gate.set_pooled(false);
        self.reset_detour();
        // What the pool's queue has told, or would have, no other queue tells.
        self.readable = true;
    }

    /// Whether the connection is part of a pool.
    pub fn is_pooled(&self) -> bool {
        self.member.is_some()
    }

    /// A call may change what the pool must do for this connection. Before or after it does.
    #[inline]
    pub(in crate::session) fn tell_pool(&mut self) {
        if self.member.is_some() {
            self.call_pool();
        }
    }

    #[cold]
    #[inline(never)]
    fn call_pool(&mut self) {
        if let Some(member) = &mut self.member
            && !member.called
        {
            member.called = true;
            member.calls.lock().push(member.key);
        }
    }

    /// A call that could not send its command has read the server's reason: the command is over.
    pub(in crate::session) fn note_failed_call(&mut self) {
        if let Some(member) = &mut self.member {
            member.failed_in_call = self.outcome.is_some();
        }
    }

    /// A call has begun a command that is over at once.
    pub(in crate::session) fn note_ended_call(&mut self) {
        if let Some(member) = &mut self.member {
            member.ended_in_call = true;
        }
    }

    /// Whether the program must hear of the login before a remembered command is sent.
    pub(in crate::session) fn holds_back(&self) -> bool {
        self.member.as_ref().is_some_and(|member| !member.connected)
    }

    /// Does what can be done without waiting, and says what is to be told to the program, at most one
    /// thing. `timed` says that a deadline has come.
    pub fn look(&mut self, timed: bool) -> Option<Happening> {
        self.member.as_mut()?.called = true;
        let cancelling = self.is_cancelling();
        if cancelling {
            // What goes wrong is told below.
            let _ = self.pump_cancel();
        }
        if self.machine.has_row() && !self.is_overdue() {
            return self.row_to_tell();
        }
        if !self.machine.has_row() {
            self.member.as_mut()?.row = None;
        }
        let untold = self.pipeline_untold();
        let idle = matches!(self.link, Link::Open(_)) && self.idle().is_some();
        if idle && !timed && !untold && !cancelling {
            return None;
        }
        let awaited = self.awaits_answer() || untold || self.is_owed();
        let polled = self.turn_or_ask();
        let connected = self.holds_back() && self.machine.is_logged_in();
        if !connected || matches!(self.link, Link::Failed(_)) {
            self.note_owed(awaited, &polled);
        }
        let polled = if awaited { polled } else { self.check_idle(polled) };
        self.pipeline_told();
        let member = self.member.as_mut()?;
        let failed = std::mem::take(&mut member.failed_in_call);
        let ended = std::mem::take(&mut member.ended_in_call);
        match polled {
            Err(error) if matches!(self.link, Link::Failed(_)) => {
                let told = std::mem::replace(&mut member.ended, true);
                (!told).then_some(Happening::Failed(error))
            }
            _ if connected => {
                member.connected = true;
                Some(Happening::Connected)
            }
            Ok(Polled::RowReady) => self.row_to_tell(),
            Ok(Polled::End) => (awaited || ended).then_some(Happening::End),
            Ok(_) => None,
            Err(error) => (awaited || failed).then_some(Happening::Failed(error)),
        }
    }

    /// Whether a look would use the socket. A packet that is here needs none.
    pub fn needs_socket(&self) -> bool {
        !(self.recv.has_unparsed() && self.machine.has_packet(&self.recv))
    }

    /// The pool knows all calls that were made so far.
    pub(super) fn settled(&mut self) {
        if let Some(member) = &mut self.member {
            member.called = false;
        }
    }

    /// Who has to act next.
    pub fn standing(&self) -> Standing {
        match &self.link {
            _ if self.has_more() => Standing::Working,
            Link::Unused | Link::Given(_) => Standing::Resting,
            Link::Failed(_) | Link::Open(_) if self.has_untold() => Standing::Working,
            Link::Failed(_) => Standing::Resting,
            Link::Lookup(_) | Link::Dial(_) => Standing::Waiting,
            Link::Open(_) if self.machine.wants_packet() => Standing::Waiting,
            Link::Open(_) if self.machine.is_ready() && self.is_cancelling() => Standing::Waiting,
            // A command without an answer that has not quite gone.
            Link::Open(_) if self.machine.is_ready() && self.has_output() => Standing::Waiting,
            // At rest, what has come unasked shows with the next command only: no event tells of it then.
            Link::Open(_) if self.machine.is_ready() && !self.readable => Standing::Resting,
            Link::Open(_) => Standing::Held,
        }
    }

    /// How things stand, without doing anything: what a poll says of a connection in a pool.
    pub(in crate::session) fn status(&self) -> Result<Polled> {
        match &self.link {
            Link::Unused | Link::Given(_) => Ok(Polled::NotConnected),
            Link::Lookup(_) | Link::Dial(_) => Ok(Polled::Connecting),
            Link::Failed(error) => Err(self.lost_command(error)),
            Link::Open(_) if !self.machine.is_logged_in() => Ok(Polled::Connecting),
            Link::Open(_) if self.machine.has_row() => Ok(Polled::RowReady),
            Link::Open(_) if self.awaits_anything() => Ok(Polled::Processing),
            Link::Open(_) => match &self.outcome {
                Some(error) => Err(error.clone()),
                None => Ok(Polled::End),
            },
        }
    }

    /// Whether it is free for a command, so far as the server knows.
    pub(super) fn is_at_rest(&self) -> bool {
        matches!(self.link, Link::Open(_)) && self.machine.is_ready()
    }

    /// What it is at.
    pub fn occupation(&self) -> Occupation {
        match &self.link {
            Link::Failed(_) => Occupation::Failed,
            _ if self.is_unused() => Occupation::Unused,
            _ if !self.machine.is_logged_in() => Occupation::Connecting,
            _ if self.machine.has_row() || self.machine.has_next_result() => Occupation::Held,
            _ if self.awaits_anything() => Occupation::Busy,
            _ if self.in_query() => Occupation::Held,
            _ => Occupation::Idle,
        }
    }

    fn awaits_anything(&self) -> bool {
        let settling = self.machine.is_ready() && self.is_cancelling();
        // Between two results nothing waits but closes of statements, and those for the program.
        let waits = self.pending.is_some() && !self.machine.has_next_result();
        self.machine.wants_packet() || waits || settling
    }

    /// Whether the program waits for the end of a command.
    pub(super) fn awaits_answer(&self) -> bool {
        self.awaits_pending() || (self.machine.is_busy() && !self.machine.is_discarding())
    }

    /// Whether something was not told yet that no turn would find: the end of the connection, a row that a
    /// poll has taken, the end of a command within a call.
    fn has_untold(&self) -> bool {
        self.member.as_ref().is_some_and(|member| match &self.link {
            Link::Failed(_) => !member.ended,
            _ if self.machine.has_row() => member.row != Some(self.recv.taken()),
            _ => {
                member.ended_in_call
                    || (self.is_owed() && self.is_free())
                    || (member.failed_in_call && self.outcome.is_some())
                    || self.pipeline_untold()
            }
        })
    }

    /// The end of the connection is the end of each command of a pipeline, and told for each.
    pub(in crate::session) fn tell_end_again(&mut self) {
        if let Some(member) = &mut self.member {
            member.ended = false;
        }
    }

    /// The row that is held, unless it was told before.
    fn row_to_tell(&mut self) -> Option<Happening> {
        let (member, row) = (self.member.as_mut()?, Some(self.recv.taken()));
        if member.row == row {
            return None;
        }
        member.row = row;
        Some(Happening::RowReady)
    }
}

fn refuse(problem: &str) -> Result<()> {
    Err(Misuse::Argument { name: "con", problem: problem.to_owned() }.into())
}
