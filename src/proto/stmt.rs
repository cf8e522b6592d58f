// SPDX-License-Identifier: Apache-2.0
//! The machine's part in prepared statements: the commands that concern them, the answer to a prepare,
//! and binary rows. The answer to an execute is that to a query but for its rows; that to a reset is an OK
//! packet; long data and close have none. Which command may be sent when is the session's business.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_command_phase_ps.html>

use crate::buf::{RecvBuf, SendBuf};
use crate::error::{Error, Misuse, Result};
use crate::proto::answer::eof;
use crate::proto::machine::{Event, Machine, Phase, Sink, Step};
use crate::proto::statements::{State, Statement, StatementKey};
use crate::wire::bin_row::{self, Field};
use crate::wire::caps::Caps;
use crate::wire::column;
use crate::wire::command::{self, put_long_data, put_statement};
use crate::wire::execute::put_execute;
use crate::wire::frame::HEADER;
use crate::wire::prepare_ok::PrepareOk;
use crate::wire::reply;
use crate::wire::value::Param;

/// The table.
impl Machine {
    /// A new statement, not prepared yet.
    pub fn add_statement(&mut self) -> StatementKey {
        self.statements.get_or_insert_default().add()
    }

    /// The statement `key`, unless the program has closed it.
    pub fn statement(&self, key: StatementKey) -> Option<&Statement> {
        self.statements.as_ref()?.get(key).filter(|statement| !statement.closed)
    }

    /// Whether the server has closed `key` unasked.
    pub fn is_lost(&self, key: StatementKey) -> bool {
        let statement = self.statements.as_ref().and_then(|all| all.get(key));
        matches!(statement.map(Statement::state), Some(State::Lost(_)))
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
        self.sink == Sink::Binary
            && self.statements.as_ref().is_some_and(|all| all.current == Some(key))
    }

    /// The columns of the current result, if it is a statement's.
    #[inline]
    pub fn fields(&self) -> Option<&[Field]> {
        (self.sink == Sink::Binary).then_some(&self.fields)
    }

    /// Takes the row that is held, if it is one of `key`. Whether it is.
    #[inline]
    pub fn take_fields(&mut self, key: StatementKey) -> bool {
        let held = matches!(self.phase, Phase::BinaryLent | Phase::BinaryTaken);
        let owner = self.statements.as_ref().and_then(|all| all.current);
        if !held || owner != Some(key) {
            return false;
        }
        self.set_phase(Phase::BinaryTaken);
        true
    }

    /// The values of the row that was taken.
    #[inline]
    pub fn taken(&self) -> &[Field] {
        if matches!(self.phase, Phase::BinaryTaken) { &self.fields } else { &[] }
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
        self.sink = if silent { Sink::Discard } else { Sink::Binary };
        self.local_file = None;
        let prepares = code == command::COM_STMT_PREPARE;
        let described = Some((key, self.result.generation()));
        match &mut self.statements {
            Some(all) => {
                all.current = Some(key);
                // What the last execute brought is still there, and will probably come again.
                if all.described == described && code == command::COM_STMT_EXECUTE {
                    self.result.rewind();
                } else {
                    self.result.reset();
                }
            }
            None => self.result.reset(),
        }
        self.set_phase(if prepares { Phase::Prepare } else { Phase::Header });
        Ok(())
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
        if statement.long.is_empty() {
            return put_execute(payload, id, command::CURSOR_NONE, params);
        }
        let long = &statement.long;
        let number = |i: usize| u16::try_from(i).unwrap_or(u16::MAX);
        let params = params
            .enumerate()
            .map(|(i, param)| if long.contains(&number(i)) { Param::LongData } else { param });
        put_execute(payload, id, command::CURSOR_NONE, params);
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
    fn too_large(&self, size: usize) -> Box<Error> {
        let (size, limit) = (size as u64, self.max_packet as u64);
        Error::TooLarge { what: "a statement with its values", size, limit }.into()
    }
}

/// Answers.
impl Machine {
    /// As `take_row`, for the row of a statement. "Cold" keeps it out of the way of text rows.
    #[cold]
    #[inline(never)]
    pub(super) fn take_binary_row(&mut self, recv: &mut RecvBuf) -> bool {
        if self.sink != Sink::Binary {
            return false;
        }
        let Some(body) = self.framer.whole(recv.unparsed_mut(), self.limit) else {
            return false;
        };
        let len = body.len();
        // What ends rows begins with another byte, and is for `advance`; so is every unusual row.
        if !bin_row::parse_usual(body, &mut self.fields) {
            return false;
        }
        self.framer.accept();
        recv.consume_lent(HEADER + len);
        self.set_phase(Phase::BinaryLent);
        true
    }

    /// A row of a statement, in `advance`.
    #[inline(never)]
    pub(super) fn on_binary_row(&mut self, body: &mut [u8]) -> Result<Step> {
        bin_row::parse(body, &mut self.fields)?;
        self.set_phase(Phase::BinaryLent);
        Ok(Step::Lent)
    }

    /// The columns of a statement's result are complete.
    pub(super) fn end_binary_columns(&mut self) {
        let same = self.result.end_columns_again();
        let key = self.statements.as_mut().and_then(|all| {
            all.described = all.current.map(|key| (key, self.result.generation()));
            all.current
        });
        if !same || key.is_none() {
            let field = |packet| {
                let (kind, flags) = column::kind(packet);
                Field::new(kind, flags)
            };
            self.fields.clear();
            self.fields.extend(self.result.columns.packets().map(field));
        }
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
        let columns = if ok.columns == 0 { 0 } else { u32::from(ok.columns) + 1 };
        if old_style && (*left == 1 || *left == columns + 1) {
            self.status = eof(body, "the end of a statement's definitions")?.status;
        } else if !column::is_sound(body) {
            return Err(column::unsound(body).into());
        }
        *left -= 1;
        Ok(if *left == 0 { self.end_prepare() } else { Step::Taken })
    }

    /// The answer to a prepare is complete.
    fn end_prepare(&mut self) -> Step {
        if let Some(all) = &mut self.statements
            && let Some((ok, _)) = all.preparing.take()
            && let Some(statement) = all.current.and_then(|key| all.get_mut(key))
        {
            statement.state = State::Prepared(ok.statement_id);
            statement.params = ok.params;
            if self.sink != Sink::Discard {
                self.result.warnings = ok.warnings;
            }
        }
        self.set_phase(Phase::Ready);
        if self.sink == Sink::Discard { Step::Taken } else { Step::Event(Event::Done) }
    }

    #[cold]
    fn on_prepare_error(&mut self, body: &[u8]) -> Result<Step> {
        let error: Box<Error> = Error::Server(Box::new(reply::parse_err(body)?)).into();
        if let Some(all) = &mut self.statements {
            all.preparing = None;
            if let Some(statement) = all.current.and_then(|key| all.get_mut(key)) {
                statement.state = State::Failed(error.clone());
            }
        }
        self.set_phase(Phase::Ready);
        Ok(if self.sink == Sink::Discard { Step::Taken } else { Step::Event(Event::Failed(error)) })
    }
}
