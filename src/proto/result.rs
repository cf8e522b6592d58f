// SPDX-License-Identifier: Apache-2.0
//! What is known of the current result: its columns, and the numbers that end an answer. Filled by the
//! machine, read by the session.

use crate::buf::Span;
use crate::error::{Error, ProtocolError};
use crate::limits::MAX_COLUMN_NAMES;
use crate::wire::column::ColumnPacket;
use crate::wire::reply::OkPacket;

/// Memory of one result's columns that is kept for the next result.
const KEEP_NAMES: usize = 1024;
const KEEP_COLUMNS: usize = 16;

/// One column; its names are spans of `Columns::names`.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Schema, table (alias), table, column (alias), column.
    pub names: [Span; 5],
    /// Collation id.
    pub charset: u16,
    /// Display length.
    pub length: u32,
    /// Wire type.
    pub kind: u8,
    /// Column flags.
    pub flags: u16,
    /// Digits after the point.
    pub decimals: u8,
}

/// The columns of a result.
#[derive(Debug, Default)]
pub struct Columns {
    all: Vec<Column>,
    /// Every name, each with a NUL behind it.
    names: Vec<u8>,
}

impl Columns {
    /// Takes one more column.
    pub fn push(&mut self, packet: &ColumnPacket<'_>) -> Result<(), Error> {
        let mut names = [Span::default(); 5];
        for (span, name) in names.iter_mut().zip(packet.names) {
            let size = self.names.len() + name.len();
            let place = Span::new(self.names.len(), name.len());
            let (Some(place), true) = (place, size < MAX_COLUMN_NAMES) else {
                let (size, limit) = (size as u64, MAX_COLUMN_NAMES as u64);
                return Err(Error::TooLarge { what: "the column names of a result", size, limit });
            };
            *span = place;
            self.names.extend_from_slice(name);
            self.names.push(0);
        }
        let &ColumnPacket { charset, length, kind, flags, decimals, .. } = packet;
        self.all.push(Column { names, charset, length, kind, flags, decimals });
        Ok(())
    }

    /// Every column.
    pub fn all(&self) -> &[Column] {
        &self.all
    }

    /// The bytes that the names' spans are of.
    pub fn names(&mut self) -> &mut [u8] {
        &mut self.names
    }

    fn clear(&mut self) {
        self.all.clear();
        self.names.clear();
        self.all.shrink_to(KEEP_COLUMNS);
        self.names.shrink_to(KEEP_NAMES);
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
        self.info.shrink_to(KEEP_NAMES);
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
