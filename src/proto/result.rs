// SPDX-License-Identifier: Apache-2.0
//! What is known of the current result: its columns, and the numbers that end an answer. Filled by the
//! machine, read by the session.

use crate::error::{Error, ProtocolError, Result};
use crate::limits::MAX_COLUMN_NAMES;
use crate::wire::column::Column;
use crate::wire::reply::OkPacket;

/// Memory of one result's columns that is kept for the next result.
const KEEP_NAMES: usize = 1024;
const KEEP_COLUMNS: usize = 16;

/// The columns of a result.
#[derive(Debug, Default)]
pub struct Columns {
    all: Vec<Column>,
    /// The packets of all columns, one after the other; the names are spans of this.
    packets: Vec<u8>,
}

impl Columns {
    /// Takes one more column definition packet.
    pub fn push(&mut self, body: &[u8]) -> Result<()> {
        let start = self.packets.len();
        let size = start + body.len();
        let (Ok(start), true) = (u32::try_from(start), size <= MAX_COLUMN_NAMES) else {
            let (size, limit) = (size as u64, MAX_COLUMN_NAMES as u64);
            return Err(Error::TooLarge { what: "the columns of a result", size, limit }.into());
        };
        let mut column = Column::parse(body)?;
        for name in &mut column.names {
            name.offset += start;
        }
        self.packets.extend_from_slice(body);
        self.all.push(column);
        Ok(())
    }

    /// Every column.
    pub fn all(&self) -> &[Column] {
        &self.all
    }

    /// The bytes that the names' spans are of, with a NUL behind every name.
    pub fn with_nuls(&mut self) -> &mut [u8] {
        // What follows a name is the next field's length, which nobody needs any more.
        for name in self.all.iter().flat_map(|column| column.names) {
            if let Some(byte) = self.packets.get_mut((name.offset + name.len) as usize) {
                *byte = 0;
            }
        }
        &mut self.packets
    }

    fn clear(&mut self) {
        self.all.clear();
        self.packets.clear();
        if self.packets.capacity() > KEEP_NAMES {
            self.packets.shrink_to(KEEP_NAMES);
        }
        if self.all.capacity() > KEEP_COLUMNS {
            self.all.shrink_to(KEEP_COLUMNS);
        }
    }
}

/// A result, or what an answer without one said.
#[derive(Debug, Default)]
pub struct ResultSet {
    /// Its columns; none for an answer without rows.
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
    /// Counts the changes of `columns`.
    generation: u64,
}

impl ResultSet {
    /// Forgets everything, for the next command or result.
    pub fn reset(&mut self) {
        self.forget_columns();
        self.info.clear();
        if self.info.capacity() > KEEP_NAMES {
            self.info.shrink_to(KEEP_NAMES);
        }
        (self.affected_rows, self.last_insert_id, self.warnings) = (0, 0, 0);
    }

    /// Forgets the columns, when a query is closed; the numbers stay.
    pub fn forget_columns(&mut self) {
        self.columns.clear();
        self.column_count = 0;
        self.generation += 1;
    }

    /// A number that differs from result to result; above 0 once there was one.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// All columns are here. Their number.
    pub fn end_columns(&mut self) -> usize {
        let count = self.columns.all().len();
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
        self.info.clear();
        if !ok.info.is_empty() {
            // A NUL inside would hide the rest from C; no server sends one.
            self.info.extend(ok.info.iter().filter(|&&byte| byte != 0));
            self.info.push(0);
        }
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
