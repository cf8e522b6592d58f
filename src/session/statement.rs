// SPDX-License-Identifier: Apache-2.0
//! Prepared statements: when their commands are sent, remembered or refused, and the values of their rows.
//! A connection may have any number of them, each under its key.

use crate::buf::Cell;
use crate::error::{Error, Misuse, Result};
use crate::limits::LONG_DATA_PIECE;
use crate::proto::machine::Machine;
use crate::proto::statements::{State, Statement, StatementKey};
use crate::session::connection::Connection;
use crate::session::convert::{self, Place, Text};
use crate::session::pending::Command;
use crate::wire::bin_row::Field;
use crate::wire::command::{
    COM_STMT_EXECUTE, COM_STMT_FETCH, COM_STMT_PREPARE, COM_STMT_RESET, put_fetch, put_statement,
};
use crate::wire::kind;
use crate::wire::value::Param;

/// Commands.
impl Connection {
    /// Prepares `text`: sends it, or remembers it until the connection is ready; begins to connect if
    /// need be. The statement `instead_of` is closed then, if there is one.
    pub fn prepare(
        &mut self,
        text: &[u8],
        instead_of: Option<StatementKey>,
    ) -> Result<StatementKey> {
        self.tell_pool();
        self.check_alive()?;
        if self.gate.has_query() && !self.can_send() {
            return Err(Misuse::QueryOpen.into());
        }
        self.check_sent_room(text.len())?;
        if self.is_unused() {
            self.connect()?;
        }
        self.begin_command();
        if self.has_cache()
            && let Some(key) = self.prepare_from_cache(text, instead_of)?
        {
            return Ok(key);
        }
        if let Some(old) = instead_of {
            self.end_statement(old);
        }
        let key = self.machine.add_statement();
        self.machine.read_text(key, text);
        self.remember_text(key, text);
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
        self.tell_pool();
        if self.extras.is_some() && self.needs_care() {
            return self.execute_with_attributes(key, params);
        }
        self.check_prepared(key)?;
        self.begin_command();
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
        self.tell_pool();
        let id = self.check_prepared(key)?;
        self.begin_command();
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

    /// Chooses how many rows of `key` come at a time. MySQL 9.7 answers an execute without a cursor after one
    /// with a cursor as if there were no rows, so that there is no way back.
    pub fn set_fetch_size(&mut self, key: StatementKey, rows: u32) -> Result<()> {
        let now = self.machine.statement(key).map_or(0, |statement| statement.fetch_size());
        if rows == 0 && now > 0 {
            let problem =
                "0 after another number: prepare the statement again for all rows at once";
            return Err(Misuse::Argument { name: "rows", problem: problem.into() }.into());
        }
        self.machine.set_fetch_size(key, rows);
        Ok(())
    }

    /// Fetches the next rows from the cursor of `key`.
    pub fn fetch(&mut self, key: StatementKey) -> Result<()> {
        self.tell_pool();
        let id = self.check_prepared(key)?;
        let rows = match self.machine.statement(key) {
            Some(statement) if statement.has_more() => statement.fetch_size(),
            _ => return Err(Misuse::NoCursor.into()),
        };
        self.begin_command();
        if self.can_send() {
            return self.send_statement(COM_STMT_FETCH, key, |_, out| put_fetch(out, id, rows));
        }
        let mut payload = Vec::new();
        put_fetch(&mut payload, id, rows);
        self.send_later(Command::Statement { code: COM_STMT_FETCH, key, payload })
    }

    /// Appends `bytes` to the value of parameter `param` at the server.
    pub fn send_long_data(&mut self, key: StatementKey, param: u16, bytes: &[u8]) -> Result<()> {
        self.tell_pool();
        self.check_prepared(key)?;
        let params = self.machine.statement(key).map_or(0, |statement| statement.params());
        if param >= params {
            return Err(no_param(param, params));
        }
        self.check_sent_room(bytes.len() + bytes.len() / LONG_DATA_PIECE * 16)?;
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
        self.tell_pool();
        self.end_statement(key);
        self.flush();
    }

    /// Whether there is a statement `key`.
    pub fn has_statement(&self, key: StatementKey) -> bool {
        self.machine.statement(key).is_some()
    }

    /// A statement that was closed while a pipeline had need of it.
    pub(super) fn close_after_pipeline(&mut self, key: StatementKey) {
        if self.failure().is_some() {
            self.machine.forget_statement(key);
        } else {
            self.give_back(key);
            self.flush();
        }
    }

    /// The program has no more to do with `key`. What it was told is sent goes before the close.
    pub(super) fn end_statement(&mut self, key: StatementKey) {
        if !self.machine.close_statement(key) {
            return;
        }
        self.drop_answer_of(key);
        if self.failure().is_some() || self.forget_prepare(key) {
            return self.machine.forget_statement(key);
        }
        self.silence(key);
        if !self.close_with_pipeline(key) {
            self.give_back(key);
        }
    }

    /// `key` was closed: nobody reads what is left of its answer.
    fn drop_answer_of(&mut self, key: StatementKey) {
        if !self.machine.is_answer_of(key) {
            return;
        }
        if !self.pipeline_runs() {
            self.outcome = None;
            self.machine.abandon(&mut self.recv);
        } else if self.machine.has_row() || self.machine.expects_row().is_some() {
            // How a command of a pipeline ends is told, whatever becomes of its statement: only rows are nobody's.
            self.machine.drop_only_rows(&mut self.recv);
        }
    }

    /// Keeps `key`, which nothing but commands that wait has need of, or has the server forget it.
    fn give_back(&mut self, key: StatementKey) {
        if !self.keep_statement(key) {
            self.tell_server_of_close(key);
        }
    }

    /// Has the server forget `key`, which the program has closed, behind what waits.
    pub(super) fn tell_server_of_close(&mut self, key: StatementKey) {
        if self.pipeline_runs() && self.close_with_pipeline(key) {
            return;
        }
        if self.can_send() {
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
        if param < count {
            return Ok(());
        }
        // One that was lost has none, which is not what is wrong.
        self.check_prepared(key)?;
        Err(no_param(param, count))
    }

    /// Refuses a parameter that `key` does not have; before it is prepared, any may be there.
    pub fn check_settable(&self, key: StatementKey, param: u16) -> Result<()> {
        match self.machine.statement(key).map(|statement| statement.state()) {
            Some(State::Waiting) if param < u16::MAX => Ok(()),
            _ => self.check_param(key, param),
        }
    }

    /// How many columns are known of `key`, and a number that changes with them.
    pub fn known_columns(&self, key: StatementKey) -> (u16, u64) {
        let statement = self.machine.statement(key);
        // While the answer to the prepare comes, some may be there.
        let known = |one: &&Statement| !matches!(one.state(), State::Waiting | State::Failed(_));
        let count = statement.filter(known).map_or(0, |statement| statement.columns().len());
        (u16::try_from(count).unwrap_or(u16::MAX), self.machine.columns_version(key))
    }

    /// The server's number for `key`, if it can be executed.
    #[inline]
    pub(super) fn check_prepared(&self, key: StatementKey) -> Result<u32> {
        self.check_alive()?;
        self.prepared(key)
    }

    /// The same, whatever is under way.
    #[inline]
    pub(super) fn prepared(&self, key: StatementKey) -> Result<u32> {
        match self.machine.statement(key).map(|statement| statement.state()) {
            Some(State::Prepared(id)) => Ok(*id),
            other => Err(not_prepared(other)),
        }
    }

    /// Whether a command of `key` that was taken before can be sent, be it closed since or not.
    pub(super) fn check_in_use(&self, key: StatementKey) -> Result<()> {
        match self.machine.statement_in_use(key).map(Statement::state) {
            Some(State::Prepared(_)) => Ok(()),
            other => Err(not_prepared(other)),
        }
    }

    /// What an execute of `key` that is not sent leaves to do: long data that went before it is not for the
    /// next one.
    pub(super) fn undo_execute(&self, key: StatementKey) -> Option<Command> {
        let id = self.check_prepared(key).ok()?;
        let mut payload = Vec::new();
        put_statement(&mut payload, id);
        Some(Command::Statement { code: COM_STMT_RESET, key, payload })
    }

    /// Sends a command with an answer, at once.
    #[inline]
    pub(super) fn send_statement(
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
        let before = self.out.mark();
        self.machine.submit_statement(&mut self.out, code, key, silent, fill)?;
        if self.trace.is_some() {
            self.trace_command(code, self.out.mark() - before);
        }
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

/// Rows. Values are read in two steps: `field` and a conversion, which is all there is to do in the usual
/// case and says nothing of what went wrong; then, if there was no value, `explain`.
impl Connection {
    /// Takes the row that is held, so that its values can be read. Whether there is one.
    #[inline]
    pub fn take_statement_row(&mut self, key: StatementKey) -> bool {
        self.machine.take_fields(key)
    }

    /// A value of the row that was taken.
    #[inline]
    pub fn field(&self, column: u16) -> Option<&Field> {
        self.machine.taken().get(usize::from(column))
    }

    /// Runs `read` on the bytes of a value; `None` for NULL.
    #[inline]
    pub fn with_raw<T>(&self, field: &Field, read: impl FnOnce(Option<&[u8]>) -> T) -> T {
        if field.is_null() {
            return read(None);
        }
        match &field.cell() {
            Some(cell) => read(Some(self.recv.lent(cell).unwrap_or_default())),
            None => read(Some(&field.bits().to_le_bytes())),
        }
    }

    /// Why `column` has no value of the kind that was asked for.
    #[cold]
    pub fn explain(&self, column: u16) -> Box<Error> {
        let fields = self.machine.taken();
        match (fields.get(usize::from(column)), fields.len()) {
            (_, 0) => Misuse::NotTaken.into(),
            (None, count) => no_column(column, count),
            (Some(field), _) => not_a_number(column, field.kind()),
        }
    }

    /// A value as text: the bytes of the row, or a text with a NUL behind it in the column's place in
    /// `texts`. `None` for NULL.
    #[inline]
    pub fn text(&self, column: u16, texts: &mut Vec<Place>) -> Result<Option<Cell>> {
        match self.field(column) {
            Some(field) => Ok(self.text_of(field, column, texts)),
            None => Err(self.explain(column)),
        }
    }

    /// As `text`, for a value that is at hand.
    #[inline]
    pub fn text_of(&self, field: &Field, column: u16, texts: &mut Vec<Place>) -> Option<Cell> {
        match field.string() {
            Some(string) => string,
            None => Some(self.formatted(field, column, texts)),
        }
    }

    #[inline]
    fn formatted(&self, field: &Field, column: u16, texts: &mut Vec<Place>) -> Cell {
        let at = usize::from(column);
        if at >= texts.len() {
            make_places(texts, self.machine.fields().map_or(0, <[_]>::len));
        }
        let nothing = Cell { data: std::ptr::null_mut(), length: 0 };
        let Some(place) = texts.get_mut(at) else {
            return nothing;
        };
        let (kind, unsigned, number) =
            (field.kind(), field.is_unsigned(), field.bits().to_le_bytes());
        let raw = match &field.cell() {
            Some(cell) => self.recv.lent(cell).unwrap_or_default(),
            None => &number,
        };
        match convert::text(kind, unsigned, raw, place) {
            Text::Formatted(length) => Cell { data: place.bytes().as_mut_ptr(), length },
            Text::Raw => nothing,
        }
    }

    /// The wire type of column `column`, from 0, of the current result.
    #[inline]
    pub fn column_kind(&mut self, column: u16) -> Option<u8> {
        let machine = &mut self.machine;
        if column >= machine.result.column_count {
            return None;
        }
        let column = usize::from(column);
        if let Some(fields) = machine.fields() {
            return fields.get(column).map(Field::kind);
        }
        machine.columns().describe().0.get(column).map(|column| column.kind)
    }
}

/// Places for all columns at once: what was given of those that are there must not move.
#[cold]
#[inline(never)]
fn make_places(texts: &mut Vec<Place>, columns: usize) {
    texts.resize_with(columns, Place::default);
}

#[cold]
#[inline(never)]
fn not_prepared(state: Option<&State>) -> Box<Error> {
    let why = match state {
        Some(State::Failed(error)) => format!("the server refused it ({error})"),
        Some(State::Lost(by)) => format!("{by} has closed it at the server: prepare it again"),
        Some(_) => "its prepare has not been answered yet: poll until EOF".to_owned(),
        None => "none was prepared, or it was closed".to_owned(),
    };
    Misuse::NotPrepared(why).into()
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
