// SPDX-License-Identifier: Apache-2.0
//! What is known of the current result: its columns, and the numbers that end an answer. Filled by the
//! machine, read by the session.

use crate::error::{Error, ProtocolError, Result};
use crate::limits::{MAX_CHANGE_BYTES, MAX_CHANGES, MAX_COLUMN_NAMES};
use crate::wire::changes::{self, Change};
use crate::wire::column::{self, Column};
use crate::wire::cursor::Cursor;
use crate::wire::reply::OkPacket;

/// Memory of one result's columns that is kept for the next result.
const KEEP_NAMES: usize = 512;
const KEEP_COLUMNS: usize = 8;

/// The columns of a result. Most programs know them and never ask: a packet is checked and kept when it
/// comes, and taken apart when somebody does.
#[derive(Debug, Default)]
pub struct Columns {
    /// The packets of all columns, one after the other.
    packets: Vec<u8>,
    /// Where each ends.
    ends: Vec<u32>,
    /// What was asked for; the names are spans of `packets`.
    all: Vec<Column>,
    /// How many of them have come again, while they are those of the result before, and where the next
    /// one begins. Short, because every connection has it.
    again: Option<(u16, u32)>,
}

impl Columns {
    /// Takes one more column definition packet.
    #[inline(always)]
    pub fn push(&mut self, body: &[u8]) -> Result<()> {
        if !column::is_sound(body) {
            return Err(column::unsound(body).into());
        }
        let size = self.packets.len() + body.len();
        let (Ok(end), true) = (u32::try_from(size), size <= MAX_COLUMN_NAMES) else {
            return Err(too_large(size));
        };
        self.packets.extend_from_slice(body);
        self.ends.push(end);
        Ok(())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Every column, and the bytes that the names' spans are of, with a NUL behind every name.
    pub fn describe(&mut self) -> (&[Column], &mut [u8]) {
        if self.all.is_empty() {
            let mut start = 0;
            for &end in &self.ends {
                let packet = self.packets.get(start as usize..end as usize).unwrap_or_default();
                // Checked when it came.
                if let Ok(mut column) = Column::parse(packet) {
                    for name in &mut column.names {
                        name.offset += start;
                    }
                    self.all.push(column);
                }
                start = end;
            }
        }
        // What follows a name is the next field's length, which nobody needs any more.
        for name in self.all.iter().flat_map(|column| column.names) {
            if let Some(byte) = self.packets.get_mut(name.end()) {
                *byte = 0;
            }
        }
        (&self.all, &mut self.packets)
    }

    /// The packet of each column.
    pub fn packets(&self) -> impl Iterator<Item = &[u8]> {
        let mut start = 0;
        self.ends.iter().map(move |&end| {
            let packet = self.packets.get(start as usize..end as usize).unwrap_or_default();
            start = end;
            packet
        })
    }

    /// As `push`, for columns that are probably the same as before `rewind`.
    #[inline(never)]
    pub fn push_again(&mut self, body: &[u8]) -> Result<()> {
        if let Some((count, start)) = self.again {
            let range = start as usize..start as usize + body.len();
            if let Some(&end) = self.ends.get(usize::from(count))
                && end as usize == range.end
                && self.packets.get(range) == Some(body)
            {
                self.again = Some((count.saturating_add(1), end));
                return Ok(());
            }
            self.cut(count, start);
        }
        self.push(body)
    }

    /// All columns have come. Whether they are those of before `rewind`.
    fn end(&mut self) -> bool {
        match self.again.take() {
            Some((count, _)) if usize::from(count) == self.ends.len() => true,
            Some((count, end)) => {
                // There were more.
                self.cut(count, end);
                false
            }
            None => false,
        }
    }

    /// Keeps the first so many columns, up to the byte `end`.
    #[cold]
    fn cut(&mut self, count: u16, end: u32) {
        self.ends.truncate(count.into());
        self.packets.truncate(end as usize);
        self.all.clear();
        self.again = None;
    }

    #[inline]
    fn clear(&mut self) {
        self.packets.clear();
        self.ends.clear();
        self.all.clear();
        self.again = None;
        if self.packets.capacity() > KEEP_NAMES
            || self.ends.capacity() > KEEP_COLUMNS
            || self.all.capacity() > KEEP_COLUMNS
        {
            self.shrink();
        }
    }

    #[cold]
    #[inline(never)]
    fn shrink(&mut self) {
        self.packets.shrink_to(KEEP_NAMES);
        self.ends.shrink_to(KEEP_COLUMNS);
        self.all.shrink_to(KEEP_COLUMNS);
    }
}

#[cold]
#[inline(never)]
fn too_large(size: usize) -> Box<Error> {
    let (size, limit) = (size as u64, MAX_COLUMN_NAMES as u64);
    Error::TooLarge { what: "the columns of a result", size, limit }.into()
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
        if self.info.capacity() > KEEP_NAMES {
            self.info.shrink_to(KEEP_NAMES);
        }
        (self.affected_rows, self.last_insert_id, self.warnings) = (0, 0, 0);
    }

    /// Forgets the columns, when a query is closed; the numbers stay.
    #[inline]
    pub fn forget_columns(&mut self) {
        self.generation += 1;
        if !self.columns.is_empty() {
            self.columns.clear();
            self.column_count = 0;
        }
    }

    /// As `reset`, when the next result will probably have the same columns.
    pub fn rewind(&mut self) {
        let columns = std::mem::take(&mut self.columns);
        self.reset();
        self.columns = Columns { again: Some((0, 0)), ..columns };
        self.column_count = 0;
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

    /// As `end_columns`, after `rewind`. Whether they are the same as before.
    pub fn end_columns_again(&mut self) -> bool {
        let same = self.columns.end();
        self.end_columns();
        same
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
