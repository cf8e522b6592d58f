// SPDX-License-Identifier: Apache-2.0
//! Column definitions, of a result or of a statement. Most programs know their columns and never ask: a
//! packet is checked and kept when it comes, and taken apart when somebody does. A statement's columns
//! usually come again as they were, and are then only compared.

use crate::error::{Error, ProtocolError, Result};
use crate::limits::MAX_COLUMN_NAMES;
use crate::wire::column::{self, Column};

/// Memory of one result's columns that is kept for the next result.
const KEEP_NAMES: usize = 512;
const KEEP_COLUMNS: usize = 8;

/// Columns.
#[derive(Debug, Default)]
pub struct Columns {
    /// The packets of all columns, one after the other.
    packets: Vec<u8>,
    /// Where each ends.
    ends: Vec<u32>,
    /// What was asked for.
    shown: Option<Box<Shown>>,
}

#[derive(Debug)]
struct Shown {
    all: Vec<Column>,
    /// The packets, with a NUL behind every name.
    names: Vec<u8>,
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

    /// Bytes allocated, but for what was asked for.
    pub fn bytes(&self) -> usize {
        self.packets.capacity() + self.ends.capacity() * size_of::<u32>()
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
        let shown = self.shown.take().unwrap_or_else(|| Box::new(self.take_apart()));
        let Shown { all, names } = &mut **self.shown.insert(shown);
        (all, names)
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

    fn take_apart(&self) -> Shown {
        let (mut all, mut names, mut start) = (Vec::new(), self.packets.clone(), 0);
        for packet in self.packets() {
            // Checked when it came.
            if let Ok(mut column) = Column::parse(packet) {
                for name in &mut column.names {
                    name.offset += start;
                    // What follows a name is the next field's length.
                    if let Some(byte) = names.get_mut(name.end()) {
                        *byte = 0;
                    }
                }
                all.push(column);
            }
            start += u32::try_from(packet.len()).unwrap_or_default();
        }
        Shown { all, names }
    }

    /// Keeps the first so many columns.
    fn truncate(&mut self, count: usize) {
        self.ends.truncate(count);
        let end = self.ends.last().copied().unwrap_or_default();
        self.packets.truncate(end as usize);
        self.shown = None;
    }

    #[inline]
    pub(super) fn clear(&mut self) {
        self.packets.clear();
        self.ends.clear();
        if self.shown.is_some()
            || self.packets.capacity() > KEEP_NAMES
            || self.ends.capacity() > KEEP_COLUMNS
        {
            self.shrink();
        }
    }

    #[cold]
    #[inline(never)]
    fn shrink(&mut self) {
        self.packets.shrink_to(KEEP_NAMES);
        self.ends.shrink_to(KEEP_COLUMNS);
        self.shown = None;
    }
}

#[cold]
#[inline(never)]
fn too_large(size: usize) -> Box<Error> {
    let (size, limit) = (size as u64, MAX_COLUMN_NAMES as u64);
    Error::TooLarge { what: "the columns of a result", size, limit }.into()
}

/// The columns of a statement: those of its last answer, be it to its prepare or to an execute.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) columns: Columns,
    progress: Progress,
    /// Changes with them.
    pub(super) version: u32,
}

/// How far the columns of an answer have come.
#[derive(Debug, Clone, Copy, Default)]
enum Progress {
    /// None yet, or all.
    #[default]
    Complete,
    /// So many that are as they were, and where the next one begins.
    Same(usize, usize),
    /// Others than before.
    Changed,
}

impl Known {
    /// Another answer is due; the one before may have ended in the midst of its columns.
    pub(super) fn begin(&mut self) {
        self.progress = Progress::Complete;
    }

    /// One more.
    #[inline(always)]
    pub(super) fn push(&mut self, body: &[u8]) -> Result<()> {
        let (count, start) = match self.progress {
            Progress::Complete => (0, 0),
            Progress::Same(count, start) => (count, start),
            Progress::Changed => return self.push_other(body),
        };
        let range = start..start + body.len();
        if let Some(&end) = self.columns.ends.get(count)
            && end as usize == range.end
            && self.columns.packets.get(range) == Some(body)
        {
            self.progress = Progress::Same(count + 1, end as usize);
            return Ok(());
        }
        self.change(count);
        self.push_other(body)
    }

    /// Out of line, because columns seldom change.
    #[inline(never)]
    fn push_other(&mut self, body: &[u8]) -> Result<()> {
        self.columns.push(body)
    }

    /// All have come. How many there are.
    pub(super) fn end(&mut self) -> usize {
        match self.progress {
            Progress::Same(count, _) if count < self.columns.len() => self.change(count),
            Progress::Complete => self.change(0),
            // Those that had come may have been described in the meantime.
            Progress::Changed => self.change(self.columns.len()),
            Progress::Same(..) => {}
        }
        self.progress = Progress::Complete;
        self.columns.len()
    }

    /// The server leaves them out, because they are those that were sent last. How many must be known.
    pub(super) fn same(&mut self, count: u16) -> Result<(), ProtocolError> {
        self.progress = Progress::Complete;
        if self.columns.len() == usize::from(count) {
            return Ok(());
        }
        Err(ProtocolError::Invalid { packet: "result header", field: "number of columns" })
    }

    #[cold]
    fn change(&mut self, same: usize) {
        self.columns.truncate(same);
        self.progress = Progress::Changed;
        self.version = self.version.wrapping_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(name: &str, kind: u8) -> Vec<u8> {
        let length = u8::try_from(name.len()).unwrap();
        let names = [b"\x03def\0\0\0", &[length][..], name.as_bytes(), b"\0"].concat();
        [&names[..], b"\x0c\x3f\0\x0b\0\0\0", &[kind], b"\0\0\0\0\0"].concat()
    }

    fn names(known: &mut Known) -> Vec<String> {
        let (all, names) = known.columns.describe();
        let name = |column: &Column| {
            let span = column.names[3];
            assert_eq!(names[span.end()], 0, "C can read it");
            String::from_utf8(span.of(names).to_vec()).unwrap()
        };
        all.iter().map(name).collect()
    }

    #[test]
    fn columns_come_again() {
        let mut known = Known::default();
        let mut last = (0, Vec::new());
        let results: [&[&str]; 8] = [
            &["a", "bc"],
            &["a", "bc"],
            &["a"],
            &["a"],
            &["a", "long name", "x"],
            &["b", "long name", "x"],
            &[],
            &["b"],
        ];
        for columns in results {
            for name in columns {
                known.push(&packet(name, 3)).unwrap();
            }
            assert_eq!(known.end(), columns.len());
            assert_eq!(names(&mut known), columns);
            assert_eq!(known.version == last.0, last.1 == columns, "{columns:?}");
            last = (known.version, columns.to_vec());
        }
        // An answer that breaks off does no harm to the next one.
        known.push(&packet("broken", 3)).unwrap();
        known.begin();
        known.push(&packet("b", 3)).unwrap();
        known.begin();
        known.push(&packet("b", 3)).unwrap();
        assert_eq!((known.end(), names(&mut known)), (1, vec!["b".to_owned()]));
        known.same(1).unwrap();
        assert!(known.same(2).is_err());
        assert!(known.push(b"\x05abc").is_err());
    }

    #[test]
    fn columns_that_are_asked_for_too_early_are_all_there_in_the_end() {
        let mut known = Known::default();
        known.push(&packet("a", 3)).unwrap();
        let early = known.version;
        assert_eq!(names(&mut known), ["a"]);
        known.push(&packet("b", 3)).unwrap();
        assert_eq!(known.end(), 2);
        assert_eq!(names(&mut known), ["a", "b"]);
        assert_ne!(known.version, early);
    }
}
