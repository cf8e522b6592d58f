// SPDX-License-Identifier: Apache-2.0
//! The machine's part in prepared statements: the commands that concern them, the answer to a prepare,
//! and binary rows. The answer to an execute is that to a query but for its rows; that to a reset is an OK
//! packet; long data and close have none. Which command may be sent when is the session's business.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_command_phase_ps.html>

use std::num::NonZeroU32;

use crate::buf::{RecvBuf, SendBuf};
use crate::error::{Error, Misuse, ProtocolError, Result};
use crate::proto::answer::eof;
use crate::proto::columns::Columns;
use crate::proto::machine::{Event, Look, Machine, Phase, Sink, Step};
use crate::proto::statements::{State, Statement, StatementKey};
use crate::wire::bin_row::{self, Field};
use crate::wire::caps::Caps;
use crate::wire::column;
use crate::wire::command::{self, put_long_data, put_statement};
use crate::wire::execute::put_execute;
use crate::wire::prepare_ok::PrepareOk;
use crate::wire::reply;
use crate::wire::value::Param;

/// The table.
impl Machine {
    /// A new statement, not prepared yet.
    pub fn add_statement(&mut self) -> StatementKey {
        // Counted here, because the table goes with the last statement: a key that somebody still has, of a statement
        // that is gone, must never be that of another one.
        self.statement_serial = self.statement_serial.checked_add(1).unwrap_or(1);
        let serial = NonZeroU32::new(self.statement_serial).unwrap_or(NonZeroU32::MIN);
        self.statements.get_or_insert_default().add(serial)
    }

    /// The statement `key`, unless the program has closed it.
    pub fn statement(&self, key: StatementKey) -> Option<&Statement> {
        self.statements.as_ref()?.get(key).filter(|statement| !statement.closed)
    }

    /// The statement `key`, also while only commands that were taken before its close need it.
    pub fn statement_in_use(&self, key: StatementKey) -> Option<&Statement> {
        self.statements.as_ref()?.get(key)
    }

    /// Whether the server has closed `key` unasked.
    pub fn is_lost(&self, key: StatementKey) -> bool {
        matches!(self.statement_in_use(key).map(Statement::state), Some(State::Lost(_)))
    }

    /// Whether the program has closed `key`, and the server has not.
    pub fn is_closing(&self, key: StatementKey) -> bool {
        self.statement_in_use(key).is_some_and(|statement| statement.closed)
    }

    /// Closes `key` for the program. `false` if it was closed already.
    pub fn close_statement(&mut self, key: StatementKey) -> bool {
        match self.statements.as_mut().and_then(|all| all.get_mut(key)) {
            Some(statement) => !std::mem::replace(&mut statement.closed, true),
            None => false,
        }
    }

    /// Forgets `key`. Nothing of it may be under way.
    pub fn forget_statement(&mut self, key: StatementKey) {
        // The columns of the result go with it: a close that had to wait for a pipeline finds it still current.
        if self.sink == Sink::Binary && self.is_current(key) {
            self.result.forget_columns();
        }
        if let Some(all) = &mut self.statements {
            all.remove(key);
            if all.is_empty() {
                self.statements = None;
                self.fields = Vec::new();
            }
        }
    }

    /// Whether the answer under way, or the current result, is that of `key`.
    pub fn is_answer_of(&self, key: StatementKey) -> bool {
        let owed = self.statements.as_ref().is_some_and(|all| all.owed.is_some());
        (self.sink == Sink::Binary || owed) && self.is_current(key)
    }

    /// The columns of the current result, as `ResultSet::column_count` counts them.
    pub fn columns(&mut self) -> &mut Columns {
        if self.sink == Sink::Binary
            && let Some(all) = &mut self.statements
            && let Some(key) = all.current
            && let Some(statement) = all.get_mut(key)
        {
            return &mut statement.known.columns;
        }
        &mut self.result.columns
    }

    /// The columns that are known of `key`.
    pub fn columns_of(&mut self, key: StatementKey) -> Option<&mut Columns> {
        let statement = self.statements.as_mut()?.get_mut(key)?;
        Some(&mut statement.known.columns)
    }

    /// A number that changes when the columns of `key` do.
    pub fn columns_version(&self, key: StatementKey) -> u64 {
        let statement = self.statements.as_ref().and_then(|all| all.get(key));
        statement.map_or(0, |statement| statement.known.version.into())
    }

    /// The types of the columns of the current result, if it is a statement's.
    #[inline]
    pub fn fields(&self) -> Option<&[Field]> {
        (self.sink == Sink::Binary).then_some(&self.fields)
    }
}

/// Commands.
impl Machine {
    /// Puts a command with an answer, whose payload `fill` writes, into `out`: the prepare, execute or
    /// reset of `key`. Only for a machine that `is_ready`. With `silent`, the answer is read and nobody
    /// is told.
    #[inline]
    pub fn submit_statement(
        &mut self,
        out: &mut SendBuf,
        code: u8,
        key: StatementKey,
        silent: bool,
        fill: impl FnOnce(&Self, &mut Vec<u8>),
    ) -> Result<()> {
        if !self.is_ready() {
            return Err(Misuse::QueryOpen.into());
        }
        let (mark, mut size) = (out.mark(), 0);
        let next = out.command(code, |payload| {
            let start = payload.len();
            fill(self, payload);
            size = 1 + payload.len() - start;
        });
        if size > self.max_packet {
            out.truncate(mark);
            return Err(self.too_large(size));
        }
        self.framer.expect(next);
        self.sink = Sink::Binary;
        self.result.reset();
        if let Some(all) = &mut self.statements {
            all.current = Some(key);
            if let Some(statement) = all.get_mut(key) {
                statement.known.begin();
                // Until the end of the rows tells.
                statement.more &= code == command::COM_STMT_FETCH;
            }
        }
        let phase = match code {
            command::COM_STMT_PREPARE => Phase::Prepare,
            command::COM_STMT_FETCH => self.begin_fetch(),
            _ => Phase::Header,
        };
        self.set_phase(phase);
        if silent {
            self.drop_answer();
        }
        Ok(())
    }

    /// Rows come at once, in the columns that are known.
    #[cold]
    fn begin_fetch(&mut self) -> Phase {
        let count = self.answered_mut().map_or(0, |statement| statement.known.columns.len());
        self.result.column_count = u16::try_from(count).unwrap_or(u16::MAX);
        self.make_fields();
        Phase::Rows
    }

    /// How many rows of `key` are to be fetched at a time, from its next execute on.
    pub fn set_fetch_size(&mut self, key: StatementKey, rows: u32) {
        if let Some(statement) = self.statements.as_mut().and_then(|all| all.get_mut(key)) {
            statement.fetch = rows;
        }
    }

    /// Whether the result that has ended is the row of the OUT parameters of `key`, a CALL.
    pub fn has_out_params(&self, key: StatementKey) -> bool {
        self.is_answer_of(key) && self.status.out_params()
    }

    /// Writes the payload of an execute of `key`. A parameter that was sent as long data has no other
    /// value: the server would not read one.
    #[inline]
    pub fn put_execute<'a>(
        &self,
        payload: &mut Vec<u8>,
        key: StatementKey,
        params: impl ExactSizeIterator<Item = Param<'a>>,
    ) {
        let Some(statement) = self.statement(key) else {
            return;
        };
        let id = statement.id();
        let cursor = self.cursor(key);
        if statement.long.is_empty() {
            return put_execute(payload, id, cursor, params);
        }
        let long = &statement.long;
        let number = |i: usize| u16::try_from(i).unwrap_or(u16::MAX);
        let params = params
            .enumerate()
            .map(|(i, param)| if long.contains(&number(i)) { Param::LongData } else { param });
        put_execute(payload, id, cursor, params);
    }

    /// Says that parameter `param` of `key` is sent as long data from now on.
    pub fn begin_long_data(&mut self, key: StatementKey, param: u16) {
        if let Some(statement) = self.statements.as_mut().and_then(|all| all.get_mut(key)) {
            statement.mark_long(param);
        }
    }

    /// Puts more bytes of parameter `param` of `key` into `out`. There is no answer.
    pub fn submit_long_data(&self, out: &mut SendBuf, key: StatementKey, param: u16, bytes: &[u8]) {
        if let Some(statement) = self.statements.as_ref().and_then(|all| all.get(key)) {
            out.command(command::COM_STMT_SEND_LONG_DATA, |payload| {
                put_long_data(payload, statement.id(), param, bytes);
            });
        }
    }

    /// The long data of `key` has gone with an execute, or was taken back by a reset.
    #[inline]
    pub fn end_long_data(&mut self, key: StatementKey) {
        if let Some(statement) = self.statements.as_mut().and_then(|all| all.get_mut(key)) {
            statement.long.clear();
        }
    }

    /// Forgets `key`, and puts what tells the server so into `out`. There is no answer.
    pub fn submit_close(&mut self, out: &mut SendBuf, key: StatementKey) {
        let statement = self.statements.as_ref().and_then(|all| all.get(key));
        if let Some(State::Prepared(id)) = statement.map(Statement::state) {
            out.command(command::COM_STMT_CLOSE, |payload| put_statement(payload, *id));
        }
        self.forget_statement(key);
    }

    #[cold]
    #[inline(never)]
    pub(super) fn too_large(&self, size: usize) -> Box<Error> {
        self.too_long("a statement with its values", size)
    }
}

/// Answers.
impl Machine {
    /// As `take_row`, where one of a statement is awaited.
    #[inline(always)]
    pub fn take_binary_row(&mut self, recv: &mut RecvBuf) -> Look {
        // What ends rows begins with another byte.
        let Some(row) = self.lend_row(recv, Phase::BinaryLent, |first| first == 0) else {
            return Look::Other;
        };
        if bin_row::parse_usual(row, &mut self.fields) { Look::Row } else { Look::Unusual }
    }

    /// A row of a statement, in `advance`.
    #[inline(never)]
    pub(super) fn on_binary_row(&mut self, body: &mut [u8]) -> Result<Step> {
        bin_row::parse(body, &mut self.fields)?;
        self.set_phase(Phase::BinaryLent);
        Ok(Step::Lent)
    }

    /// The answer that is under way is dropped from now on. Of a statement's, its columns are kept all the
    /// same: the server may not send them again.
    pub(super) fn drop_answer(&mut self) {
        if self.sink != Sink::Discard
            && let Some(all) = &mut self.statements
        {
            all.dropped = if self.sink == Sink::Binary { all.current } else { None };
        }
        if let Some(all) = &mut self.statements {
            (all.owed, all.only_rows) = (None, false);
        }
        if let Some(bounds) = &mut self.bounds {
            bounds.owed = None;
        }
        self.sink = Sink::Discard;
    }

    /// One more column of a statement's result.
    #[inline(never)]
    pub(super) fn push_known(&mut self, body: &[u8]) -> Result<()> {
        let Some(all) = &mut self.statements else {
            return Ok(());
        };
        match all.current.and_then(|key| all.get_mut(key)) {
            Some(statement) => statement.known.push(body),
            None => Ok(()),
        }
    }

    /// One more column of an answer that is dropped.
    #[cold]
    #[inline(never)]
    pub(super) fn push_dropped(&mut self, body: &[u8]) -> Result<()> {
        match self.answered_mut() {
            Some(statement) => statement.known.push(body),
            None => Ok(()),
        }
    }

    /// The columns of a statement's result, or of an answer that is dropped, are complete.
    pub(super) fn end_binary_columns(&mut self) {
        let count = self.answered_mut().map_or(0, |statement| statement.known.end());
        if self.sink == Sink::Binary {
            self.result.column_count = u16::try_from(count).unwrap_or(u16::MAX);
            self.make_fields();
        }
    }

    /// A result whose columns are those that are known: the server has left them out.
    #[inline(never)]
    pub(super) fn on_known_columns(&mut self, count: u16) -> Result<Step> {
        let dropped = self.sink == Sink::Discard;
        match self.answered_mut() {
            Some(statement) => statement.known.same(count)?,
            // The program has closed the statement.
            None if dropped => {}
            None => {
                let field = "columns: they are left out, but not known";
                return Err(ProtocolError::Invalid { packet: "result header", field }.into());
            }
        }
        if self.sink == Sink::Binary {
            self.result.column_count = count;
            self.make_fields();
        }
        Ok(self.after_columns())
    }

    /// MySQL 5.6 says at the end of the columns alone that these rows are OUT parameters, which always have
    /// an OK packet behind them.
    pub(super) fn note_out_params(&mut self) {
        if self.status.out_params()
            && let Some(all) = &mut self.statements
        {
            all.out_params = true;
        }
    }

    /// The rows have ended: what `note_out_params` was told is part of the status.
    pub(super) fn end_out_params(&mut self) {
        if let Some(all) = &mut self.statements
            && std::mem::take(&mut all.out_params)
        {
            self.status = self.status.of_out_params();
        }
    }

    /// The columns or rows of a statement have ended with a status: whether rows are left in a cursor.
    pub(super) fn note_cursor(&mut self) -> bool {
        let (more, stale) = (self.status.has_cursor(), self.status.metadata_changed());
        match self.answered_mut() {
            Some(statement) => {
                if stale {
                    statement.text = None;
                }
                statement.more = more && statement.fetch > 0;
                statement.more
            }
            None => false,
        }
    }

    /// An error has ended a command.
    #[cold]
    pub(super) fn end_cursor(&mut self, code: u16) {
        if let Some(all) = &mut self.statements {
            all.out_params = false;
        }
        if let Some(statement) = self.answered_mut() {
            statement.more = false;
            if matches!(code, reply::NEED_REPREPARE | reply::UNKNOWN_STATEMENT) {
                statement.text = None;
            }
        }
    }

    /// The statement whose answer is under way, be it dropped or not.
    pub(super) fn answered_mut(&mut self) -> Option<&mut Statement> {
        let all = self.statements.as_mut()?;
        let key = match self.sink {
            Sink::Binary => all.current,
            Sink::Discard => all.dropped,
            Sink::Lend | Sink::Buffer => None,
        };
        key.and_then(|key| all.get_mut(key))
    }

    /// Makes the fields those of the current statement's columns, if they are not.
    fn make_fields(&mut self) {
        let Some(all) = &mut self.statements else {
            return;
        };
        let Some(key) = all.current else {
            return;
        };
        let Some(known) = all.get(key).map(|statement| &statement.known) else {
            return;
        };
        let described = Some((key, known.version));
        if all.described == described && self.fields.len() == known.columns.len() {
            return;
        }
        let field = |packet| {
            let (kind, flags, charset) = column::kind(packet);
            Field::new(kind, flags, charset)
        };
        self.fields.clear();
        self.fields.extend(known.columns.packets().map(field));
        all.described = described;
    }

    /// A packet of the answer to a prepare: PrepareOk; definitions of parameters, and of columns, each
    /// group with an EOF packet behind it from servers without DEPRECATE_EOF. ERR may come instead of any.
    pub(super) fn on_prepare(&mut self, body: &[u8]) -> Result<Step> {
        if body.first() == Some(&reply::ERR) {
            return self.on_prepare_error(body);
        }
        let old_style = !self.caps.has(Caps::DEPRECATE_EOF);
        let Some(all) = &mut self.statements else {
            return Ok(self.end_prepare());
        };
        let Some((ok, left)) = &mut all.preparing else {
            let ok = PrepareOk::parse(body)?;
            let packets = |count: u16| match count {
                0 => 0,
                _ => u32::from(count) + u32::from(old_style),
            };
            let left =
                if ok.metadata_follows { packets(ok.params) + packets(ok.columns) } else { 0 };
            all.preparing = Some((ok, left));
            return Ok(if left == 0 { self.end_prepare() } else { Step::Taken });
        };
        let columns = u32::from(ok.columns);
        let behind = if old_style && columns > 0 { columns + 1 } else { columns };
        let is_end = old_style && (*left == 1 || *left == behind + 1);
        let is_column = *left <= behind;
        *left -= 1;
        let last = *left == 0;
        if is_end {
            self.status = eof(body, "the end of a statement's definitions")?.status;
        } else if is_column {
            self.push_known(body)?;
        } else if !column::is_sound(body) {
            return Err(column::unsound(body).into());
        }
        Ok(if last { self.end_prepare() } else { Step::Taken })
    }

    /// The answer to a prepare is complete.
    fn end_prepare(&mut self) -> Step {
        if let Some(all) = &mut self.statements
            && let Some((ok, _)) = all.preparing.take()
            && let Some(statement) = all.current.and_then(|key| all.get_mut(key))
        {
            statement.state = State::Prepared(ok.statement_id);
            statement.params = ok.params;
            statement.selects = ok.columns > 0;
            statement.known.end();
            if self.sink != Sink::Discard {
                self.result.warnings = ok.warnings;
            }
        }
        if self.begin_behind() {
            return Step::Taken;
        }
        self.set_phase(Phase::Ready);
        if self.sink == Sink::Discard { Step::Taken } else { Step::Event(Event::Done) }
    }

    #[cold]
    fn on_prepare_error(&mut self, body: &[u8]) -> Result<Step> {
        let error = reply::parse_err(body)?;
        self.note_error(error.code);
        let error: Box<Error> = Error::Server(Box::new(error)).into();
        if let Some(all) = &mut self.statements {
            all.preparing = None;
            if let Some(statement) = all.current.and_then(|key| all.get_mut(key)) {
                statement.state = State::Failed(error.clone());
            }
        }
        if self.refuse_behind(&error) {
            return Ok(Step::Taken);
        }
        self.set_phase(Phase::Ready);
        Ok(if self.sink == Sink::Discard { Step::Taken } else { Step::Event(Event::Failed(error)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_never_that_of_a_later_statement() {
        let mut machine = Machine::default();
        let gone = machine.add_statement();
        machine.forget_statement(gone);
        assert!(machine.statements.is_none(), "the table goes with the last one");
        let other = machine.add_statement();
        assert!(gone != other && machine.statement(gone).is_none());
    }

    #[test]
    fn the_columns_of_the_result_go_with_their_statement() {
        let mut machine = Machine { sink: Sink::Binary, ..Machine::default() };
        let (key, other) = (machine.add_statement(), machine.add_statement());
        machine.statements.as_mut().unwrap().current = Some(key);
        machine.result.column_count = 6;
        let before = machine.result.generation();
        machine.forget_statement(other);
        assert_eq!((machine.result.column_count, machine.result.generation()), (6, before));
        machine.forget_statement(key);
        assert_eq!(machine.result.column_count, 0);
        assert!(
            machine.result.generation() > before,
            "what C was shown of them is not shown again"
        );
    }
}
