// SPDX-License-Identifier: Apache-2.0
//! Prepared statements: when their commands are sent, remembered or refused, and the values of their rows.
//! A connection may have any number of them, each under its key.

use crate::buf::Cell;
use crate::error::{Error, Misuse, Result};
use crate::limits::LONG_DATA_PIECE;
use crate::proto::machine::Machine;
use crate::proto::statements::{State, StatementKey};
use crate::session::connection::{Connection, Link};
use crate::session::convert::{self, NotANumber, Text};
use crate::session::pending::Command;
use crate::wire::command::{COM_STMT_EXECUTE, COM_STMT_PREPARE, COM_STMT_RESET, put_statement};
use crate::wire::kind::{self, UNSIGNED_FLAG};
use crate::wire::text_row;
use crate::wire::value::Param;

/// A value of a row, with how to read it.
#[derive(Debug, Clone, Copy)]
struct Value<'a> {
    kind: u8,
    unsigned: bool,
    /// `None` for NULL.
    raw: Option<&'a [u8]>,
}

/// Commands.
impl Connection {
    /// Prepares `text`: sends it, or remembers it until the connection is ready; begins to connect if
    /// need be. The statement `instead_of` is closed then, if there is one.
    pub fn prepare(
        &mut self,
        text: &[u8],
        instead_of: Option<StatementKey>,
    ) -> Result<StatementKey> {
        self.check_alive()?;
        if self.in_query && !self.can_send() {
            return Err(Misuse::QueryOpen.into());
        }
        if matches!(self.link, Link::Unused) {
            self.connect()?;
        }
        self.outcome = None;
        if let Some(old) = instead_of {
            self.end_statement(old);
        }
        let key = self.machine.add_statement();
        let sent = if self.can_send() {
            let put = |_: &Machine, out: &mut Vec<u8>| out.extend_from_slice(text);
            self.send_statement(COM_STMT_PREPARE, key, put)
        } else {
            let payload = text.to_vec();
            self.send_later(Command::Statement { code: COM_STMT_PREPARE, key, payload })
        };
        match sent {
            Ok(()) => Ok(key),
            Err(error) => {
                self.machine.forget_statement(key);
                Err(error)
            }
        }
    }

    /// Executes `key` with `params`, which are not needed afterwards. What is left of an answer before it
    /// is dropped.
    #[inline]
    pub fn execute<'a>(
        &mut self,
        key: StatementKey,
        params: impl ExactSizeIterator<Item = Param<'a>>,
    ) -> Result<()> {
        self.check_prepared(key)?;
        self.outcome = None;
        if self.can_send() {
            let put = |machine: &Machine, out: &mut Vec<u8>| machine.put_execute(out, key, params);
            self.send_statement(COM_STMT_EXECUTE, key, put)?;
        } else {
            let mut payload = Vec::new();
            self.machine.put_execute(&mut payload, key, params);
            self.send_later(Command::Statement { code: COM_STMT_EXECUTE, key, payload })?;
        }
        self.machine.end_long_data(key);
        Ok(())
    }

    /// Makes the server forget the long data of `key`, and its cursor.
    pub fn reset_statement(&mut self, key: StatementKey) -> Result<()> {
        let id = self.check_prepared(key)?;
        self.outcome = None;
        if self.can_send() {
            let put = |_: &Machine, out: &mut Vec<u8>| put_statement(out, id);
            self.send_statement(COM_STMT_RESET, key, put)?;
        } else {
            let mut payload = Vec::new();
            put_statement(&mut payload, id);
            self.send_later(Command::Statement { code: COM_STMT_RESET, key, payload })?;
        }
        self.machine.end_long_data(key);
        Ok(())
    }

    /// Appends `bytes` to the value of parameter `param` at the server.
    pub fn send_long_data(&mut self, key: StatementKey, param: u16, bytes: &[u8]) -> Result<()> {
        self.check_prepared(key)?;
        let params = self.machine.statement(key).map_or(0, |statement| statement.params());
        if param >= params {
            return Err(no_param(param, params));
        }
        self.outcome = None;
        if !self.can_send() {
            self.long_data_later(key, param, bytes)?;
            self.machine.begin_long_data(key, param);
            return Ok(());
        }
        self.machine.begin_long_data(key, param);
        self.submit_long_data(key, param, bytes);
        self.flush();
        self.check_sent()
    }

    /// Closes `key`: what is left of its answer is dropped, and the server forgets it. Never fails, needs
    /// no poll.
    pub fn close_statement(&mut self, key: StatementKey) {
        self.end_statement(key);
        self.flush();
    }

    /// Whether there is a statement `key`.
    pub fn has_statement(&self, key: StatementKey) -> bool {
        self.machine.statement(key).is_some()
    }

    fn end_statement(&mut self, key: StatementKey) {
        let is_current = self.machine.is_answer_of(key);
        if !self.machine.close_statement(key) {
            return;
        }
        self.outcome = None;
        if is_current {
            self.machine.abandon(&mut self.recv);
        }
        if self.failure().is_some() || self.forget_prepare(key) {
            self.machine.forget_statement(key);
        } else if self.can_send() {
            self.submit_close(key);
        } else {
            self.close_later(key);
        }
    }

    /// Number of parameters of `key`; 0 before it is prepared.
    pub fn param_count(&self, key: StatementKey) -> u16 {
        self.machine.statement(key).map_or(0, |statement| statement.params())
    }

    /// Refuses a parameter that `key` does not have.
    pub fn check_param(&self, key: StatementKey, param: u16) -> Result<()> {
        let count = self.param_count(key);
        if param < count { Ok(()) } else { Err(no_param(param, count)) }
    }

    /// The server's number for `key`, if it can be executed.
    #[inline]
    fn check_prepared(&self, key: StatementKey) -> Result<u32> {
        self.check_alive()?;
        match self.machine.statement(key).map(|statement| statement.state()) {
            Some(State::Prepared(id)) => Ok(*id),
            other => Err(not_prepared(other)),
        }
    }

    /// Sends a command with an answer, at once.
    #[inline]
    fn send_statement(
        &mut self,
        code: u8,
        key: StatementKey,
        fill: impl FnOnce(&Machine, &mut Vec<u8>),
    ) -> Result<()> {
        self.submit_statement(code, key, false, fill)?;
        self.check_sent()
    }

    #[inline]
    pub(super) fn submit_statement(
        &mut self,
        code: u8,
        key: StatementKey,
        silent: bool,
        fill: impl FnOnce(&Machine, &mut Vec<u8>),
    ) -> Result<()> {
        self.machine.submit_statement(&mut self.out, code, key, silent, fill)?;
        self.clock.on_read();
        self.flush_command();
        Ok(())
    }

    /// Puts long data into the output, in pieces that servers take.
    pub(super) fn submit_long_data(&mut self, key: StatementKey, param: u16, bytes: &[u8]) {
        let mut rest = bytes;
        loop {
            let (piece, tail) = rest.split_at(rest.len().min(LONG_DATA_PIECE));
            self.machine.submit_long_data(&mut self.out, key, param, piece);
            self.end_command();
            rest = tail;
            // One piece without bytes makes the value an empty string.
            if rest.is_empty() {
                return;
            }
        }
    }

    pub(super) fn submit_close(&mut self, key: StatementKey) {
        self.machine.submit_close(&mut self.out, key);
        self.end_command();
    }
}

/// Rows.
impl Connection {
    /// Takes the row that is held, so that its values can be read.
    #[inline]
    pub fn take_statement_row(&mut self, key: StatementKey) -> Result<()> {
        match self.machine.binary_row(key) {
            Some((_, types)) => {
                types.taken = true;
                Ok(())
            }
            None => Err(no_row()),
        }
    }

    /// A value as a signed number of 64 bits; 0 for NULL.
    #[inline]
    pub fn bigint(&mut self, key: StatementKey, column: u16) -> Result<i64> {
        self.number(key, column, |value, raw| convert::bigint(value.kind, raw))
    }

    /// A value as a number of 64 bits without sign; 0 for NULL.
    #[inline]
    pub fn bigint_unsigned(&mut self, key: StatementKey, column: u16) -> Result<u64> {
        self.number(key, column, |value, raw| convert::bigint_unsigned(value.kind, raw))
    }

    /// A value as a signed number of 32 bits; 0 for NULL.
    #[inline]
    pub fn int(&mut self, key: StatementKey, column: u16) -> Result<i32> {
        self.number(key, column, |value, raw| convert::int(value.kind, raw))
    }

    /// A value as a number of 32 bits without sign; 0 for NULL.
    #[inline]
    pub fn int_unsigned(&mut self, key: StatementKey, column: u16) -> Result<u32> {
        self.number(key, column, |value, raw| convert::int_unsigned(value.kind, raw))
    }

    /// A value as a real number; 0 for NULL.
    #[inline]
    pub fn double(&mut self, key: StatementKey, column: u16) -> Result<f64> {
        self.number(key, column, |value, raw| convert::double(value.kind, value.unsigned, raw))
    }

    /// A value as text: the bytes of the row, or a text with a NUL behind it in the column's place in
    /// `texts`. `None` for NULL.
    #[inline]
    pub fn text(
        &mut self,
        key: StatementKey,
        column: u16,
        texts: &mut Vec<Vec<u8>>,
    ) -> Result<Option<Cell>> {
        let (cell, value) = self.value(key, column)?;
        let Some(raw) = value.raw else {
            return Ok(None);
        };
        let at = usize::from(column);
        if at >= texts.len() {
            texts.resize(at + 1, Vec::new());
        }
        let Some(scratch) = texts.get_mut(at) else {
            return Ok(None);
        };
        Ok(Some(match convert::text(value.kind, value.unsigned, raw, scratch) {
            Text::Raw => cell,
            Text::Formatted(length) => Cell { data: scratch.as_mut_ptr(), length },
        }))
    }

    /// The wire type of column `column`, from 0, of the current result.
    #[inline]
    pub fn column_kind(&mut self, column: u16) -> Option<u8> {
        let machine = &mut self.machine;
        if column >= machine.result.column_count {
            return None;
        }
        let column = usize::from(column);
        if let Some(kinds) = machine.kinds() {
            return kinds.get(column).copied();
        }
        machine.result.columns.describe().0.get(column).map(|column| column.kind)
    }

    #[inline]
    fn number<T: Default>(
        &mut self,
        key: StatementKey,
        column: u16,
        read: impl FnOnce(Value<'_>, &[u8]) -> Result<T, NotANumber>,
    ) -> Result<T> {
        let (_, value) = self.value(key, column)?;
        let kind = value.kind;
        match value.raw.map(|raw| read(value, raw)) {
            None => Ok(T::default()),
            Some(Ok(number)) => Ok(number),
            Some(Err(NotANumber)) => Err(not_a_number(column, kind)),
        }
    }

    /// A value of the row that was taken.
    #[inline]
    fn value(&mut self, key: StatementKey, column: u16) -> Result<(Cell, Value<'_>)> {
        let Some((cells, types)) = self.machine.binary_row(key).filter(|row| row.1.taken) else {
            return Err(Misuse::NotTaken.into());
        };
        let at = usize::from(column);
        let found = (cells.get(at), types.kinds.get(at), types.flags.get(at));
        let (Some(&cell), Some(&kind), Some(&flags)) = found else {
            return Err(no_column(column, cells.len()));
        };
        let raw = if text_row::is_null(&cell) { None } else { self.recv.lent(&cell) };
        Ok((cell, Value { kind, unsigned: flags & UNSIGNED_FLAG != 0, raw }))
    }
}

#[cold]
#[inline(never)]
fn not_prepared(state: Option<&State>) -> Box<Error> {
    let why = match state {
        Some(State::Failed(error)) => format!("the server refused it ({error})"),
        Some(_) => "its prepare has not been answered yet: poll until EOF".to_owned(),
        None => "none was prepared, or it was closed".to_owned(),
    };
    Misuse::NotPrepared(why).into()
}

#[cold]
#[inline(never)]
fn no_row() -> Box<Error> {
    Misuse::NoRow.into()
}

#[cold]
#[inline(never)]
fn no_param(param: u16, count: u16) -> Box<Error> {
    let problem = format!("is {param}; the statement has {count} parameters, counted from 0");
    Misuse::Argument { name: "param", problem }.into()
}

#[cold]
#[inline(never)]
fn no_column(column: u16, count: usize) -> Box<Error> {
    let problem = format!("is {column}; the result has {count} columns, counted from 0");
    Misuse::Argument { name: "column", problem }.into()
}

#[cold]
#[inline(never)]
fn not_a_number(column: u16, kind: u8) -> Box<Error> {
    let what = type_name(kind);
    let problem = format!(
        "is {column}, whose type {what} is no number: read it with attachsql_statement_get_char"
    );
    Misuse::Argument { name: "column", problem }.into()
}

/// What a wire type is called in SQL.
fn type_name(kind: u8) -> &'static str {
    match kind {
        kind::DECIMAL | kind::NEWDECIMAL => "DECIMAL",
        kind::DATE => "DATE",
        kind::TIME => "TIME",
        kind::DATETIME => "DATETIME",
        kind::TIMESTAMP => "TIMESTAMP",
        kind::BIT => "BIT",
        kind::VECTOR => "VECTOR",
        kind::JSON => "JSON",
        kind::ENUM => "ENUM",
        kind::SET => "SET",
        kind::TINY_BLOB | kind::MEDIUM_BLOB | kind::LONG_BLOB | kind::BLOB => "BLOB or TEXT",
        kind::VARCHAR | kind::VARSTRING => "VARCHAR or VARBINARY",
        kind::STRING => "CHAR or BINARY",
        kind::GEOMETRY => "GEOMETRY",
        _ => "unknown here",
    }
}
