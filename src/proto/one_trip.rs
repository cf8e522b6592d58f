// SPDX-License-Identifier: Apache-2.0
//! Prepare and execute in one trip: an execute that is sent before the prepare has been answered. The answer to
//! the prepare then brings no event if it is good, and that to the execute follows; an error of the prepare is
//! that of both, and the server's answer to the execute, another error, is read and dropped.
//!
//! MariaDB knows the statement under a number that means the one that was prepared last
//! (<https://mariadb.com/kb/en/com_stmt_execute/>). The packet has no number of parameters: it must be the right
//! one, or the server would take values for types.

use crate::buf::SendBuf;
use crate::error::{Error, Result};
use crate::proto::arrays::takes_arrays;
use crate::proto::machine::{Event, Machine, Phase, Sink, Step};
use crate::proto::marks::Marks;
use crate::proto::statements::{State, StatementKey};
use crate::wire::command::{COM_STMT_EXECUTE, CURSOR_NONE, CURSOR_READ_ONLY};

impl Machine {
    /// Remembers what the text of `key` tells: how many parameters there seem to be, and whether they may be
    /// arrays.
    pub fn read_text(&mut self, key: StatementKey, text: &[u8]) {
        if let Some(statement) = self.statements.as_mut().and_then(|all| all.get_mut(key)) {
            statement.marks = Marks::of(text);
            statement.arrays = takes_arrays(text);
        }
    }

    /// How many parameters `key` seems to have, while the server has not said it.
    pub fn expected_params(&self, key: StatementKey) -> Option<u16> {
        let statement = self.statement(key)?;
        matches!(statement.state, State::Waiting).then_some(statement.marks.count)
    }

    /// The flag for the cursor of an execute of `key`.
    #[inline]
    pub fn cursor(&self, key: StatementKey) -> u8 {
        match self.statement_in_use(key) {
            // MySQL 9.7 refuses a cursor for what has no rows.
            Some(statement) if statement.fetch > 0 && statement.selects => CURSOR_READ_ONLY,
            _ => CURSOR_NONE,
        }
    }

    /// Whether the prepare of `key` is being answered, to a program that awaits that.
    pub fn is_preparing(&self, key: StatementKey) -> bool {
        let alone = |key| {
            let all = self.statements.as_ref();
            all.is_some_and(|all| all.current == Some(key) && all.behind.is_none())
        };
        matches!(self.phase, Phase::Prepare) && self.sink == Sink::Binary && alone(key)
    }

    /// Whether an execute of `key` with `params` parameters may be sent behind its prepare. Not with compression,
    /// whose own packet numbers begin anew with each command.
    pub fn can_follow_prepare(&self, key: StatementKey, params: usize) -> bool {
        let want = Marks { count: u16::try_from(params).unwrap_or(u16::MAX), sure: true };
        self.knows_last_prepared
            && self.compression().is_none()
            && self.is_preparing(key)
            && self.statement(key).is_some_and(|one| one.marks == want && one.fetch == 0)
    }

    /// Puts an execute of the statement that is being prepared, whose payload `fill` writes, into `out`.
    pub fn submit_behind_prepare(
        &mut self,
        out: &mut SendBuf,
        fill: impl FnOnce(&mut Vec<u8>),
    ) -> Result<()> {
        let (mark, mut size) = (out.mark(), 0);
        let next = out.command(COM_STMT_EXECUTE, |payload| {
            let start = payload.len();
            fill(payload);
            size = 1 + payload.len() - start;
        });
        if size > self.max_packet {
            out.truncate(mark);
            return Err(self.too_large(size));
        }
        if let Some(all) = &mut self.statements {
            all.behind = Some(next);
        }
        Ok(())
    }

    /// A prepare has been answered well: goes on to the answer to the execute behind it, if there is one.
    pub(super) fn begin_behind(&mut self) -> bool {
        let Some(next) = self.statements.as_mut().and_then(|all| all.behind.take()) else {
            return false;
        };
        self.framer.expect(next);
        if self.sink != Sink::Discard {
            self.result.reset();
        }
        if let Some(statement) = self.answered_mut() {
            statement.known.begin();
        }
        self.set_phase(Phase::Header);
        true
    }

    /// As `begin_behind`, for a prepare that was refused.
    pub(super) fn refuse_behind(&mut self, error: &Error) -> bool {
        let told = self.sink != Sink::Discard;
        if !self.begin_behind() {
            return false;
        }
        self.drop_answer();
        if let Some(all) = &mut self.statements
            && told
        {
            all.owed = Some(error.clone().into());
        }
        true
    }

    /// Whether the program awaits the end of an answer that is dropped.
    pub(super) fn owes_error(&self) -> bool {
        self.statements.as_ref().is_some_and(|all| all.owed.is_some())
            || self.bounds.as_ref().is_some_and(|bounds| bounds.owed.is_some())
    }

    /// An answer that is dropped has ended.
    pub(super) fn end_dropped(&mut self) -> Step {
        let of_statement = self.statements.as_mut().and_then(|all| {
            all.only_rows = false;
            all.owed.take()
        });
        let of_query = self.bounds.as_mut().and_then(|bounds| bounds.owed.take());
        match of_statement.or(of_query) {
            Some(error) => {
                self.result.on_error();
                Step::Event(Event::Failed(error))
            }
            None => Step::Taken,
        }
    }
}
