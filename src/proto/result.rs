// SPDX-License-Identifier: Apache-2.0
//! What is known of the current result: its columns, and the numbers that end an answer. Filled by the
//! machine, read by the session.

use crate::error::{Error, ProtocolError, Result};
use crate::limits::{MAX_CHANGE_BYTES, MAX_CHANGES};
use crate::proto::columns::Columns;
use crate::wire::changes::{self, Change};
use crate::wire::cursor::Cursor;
use crate::wire::reply::OkPacket;

/// Memory of the info text that is kept for the next one.
const KEEP_INFO: usize = 512;

/// A result, or what an answer without one said.
#[derive(Debug, Default)]
pub struct ResultSet {
    /// Its columns, unless they are a statement's; none for an answer without rows.
    pub columns: Columns,
    /// Number of columns, once all of them are known.
    pub column_count: u16,
    /// Rows changed or matched, of the last OK answer.
    pub affected_rows: u64,
    /// AUTO_INCREMENT value, of the last OK answer.
    pub last_insert_id: u64,
    /// Warnings.
    pub warnings: u16,
    /// Text of the last OK answer, with a NUL behind it; may be empty altogether.
    info: Vec<u8>,
    /// What the last answer says has changed in the session, and its texts.
    changes: Vec<Change>,
    texts: Vec<u8>,
    /// Counts the changes of `columns`.
    generation: u64,
}

impl ResultSet {
    /// Forgets everything, for the next command or result.
    pub fn reset(&mut self) {
        self.forget_columns();
        self.changes.clear();
        self.info.clear();
        if self.info.capacity() > KEEP_INFO {
            self.info.shrink_to(KEEP_INFO);
        }
        (self.affected_rows, self.last_insert_id, self.warnings) = (0, 0, 0);
    }

    /// Forgets the columns, when a query is closed; the numbers stay.
    #[inline]
    pub fn forget_columns(&mut self) {
        self.generation += 1;
        self.column_count = 0;
        if !self.columns.is_empty() {
            self.columns.clear();
        }
    }

    /// A number that differs from result to result; above 0 once there was one.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// All columns are here. Their number.
    pub fn end_columns(&mut self) -> usize {
        let count = self.columns.len();
        self.column_count = u16::try_from(count).unwrap_or(u16::MAX);
        count
    }

    /// The command ended with an error. What C was given of the columns stays until the query is closed.
    pub fn on_error(&mut self) {
        self.column_count = 0;
        self.info.clear();
        (self.affected_rows, self.last_insert_id, self.warnings) = (0, 0, 0);
    }

    /// Takes the numbers of an OK packet.
    pub fn on_ok(&mut self, ok: &OkPacket<'_>) {
        self.affected_rows = ok.affected_rows;
        self.last_insert_id = ok.last_insert_id;
        self.warnings = ok.warnings;
        self.set_info(ok.info);
    }

    /// Takes the text of an answer.
    pub fn set_info(&mut self, text: &[u8]) {
        self.info.clear();
        if !text.is_empty() {
            // A NUL inside would hide the rest from C; no server sends one.
            self.info.extend(text.iter().filter(|&&byte| byte != 0));
            self.info.push(0);
        }
    }

    /// Takes what an OK packet says has changed in the session: its bytes behind the info text.
    #[cold]
    #[inline(never)]
    pub fn on_changes(&mut self, rest: &[u8]) -> Result<()> {
        (self.changes, self.texts) = (Vec::new(), Vec::new());
        if rest.is_empty() {
            return Ok(());
        }
        let bytes = Cursor::new("OK", rest).lenenc_bytes()?;
        let size = bytes.len();
        if size > MAX_CHANGE_BYTES
            || !changes::read(bytes, &mut self.changes, &mut self.texts, MAX_CHANGES)?
        {
            self.changes.clear();
            let (size, limit) = (size as u64, MAX_CHANGE_BYTES as u64);
            let what = "what has changed in the session (or more than 4096 changes)";
            return Err(Error::TooLarge { what, size, limit }.into());
        }
        Ok(())
    }

    /// The `number`-th change of a kind, from 0, and the bytes that its spans are of.
    pub fn change(&self, kind: u32, number: u32) -> Option<(&Change, &[u8])> {
        let mut of_kind = self.changes.iter().filter(|change| u32::from(change.kind) == kind);
        let change = of_kind.nth(usize::try_from(number).ok()?)?;
        Some((change, &self.texts))
    }

    /// The info text and its NUL; empty if there is none.
    pub fn info(&self) -> &[u8] {
        &self.info
    }
}

/// The number of columns, as a result announces it.
pub fn column_count(count: u64) -> Result<u16, ProtocolError> {
    let invalid = ProtocolError::Invalid { packet: "result header", field: "number of columns" };
    match u16::try_from(count) {
        Ok(count) if count > 0 => Ok(count),
        _ => Err(invalid),
    }
}
