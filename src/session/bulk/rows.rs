// SPDX-License-Identifier: Apache-2.0
//! Rows of parameters: those that a bulk execute collects, and those that are on their way. They are kept as they
//! will be sent, many in one piece of memory, so that a hundred thousand of them are moved and freed at once.
//! Knows neither connection nor machine.

use std::collections::VecDeque;

use crate::error::{Error, PipelineError, Result};
use crate::limits::{BULK_PACKET, PIPELINE_COMMAND};
use crate::proto::statements::StatementKey;
use crate::wire::command::CURSOR_NONE;
use crate::wire::execute::{Slot, change_type, put_bulk, put_bulk_row, put_execute};
use crate::wire::value::Param;

/// Bytes before each execute, for its length.
const LENGTH: usize = 4;

/// Rows that are being collected.
#[derive(Debug)]
pub struct Bulk {
    key: StatementKey,
    rows: Rows,
    /// What they take.
    bytes: usize,
    /// Of the longest command.
    longest: usize,
}

/// Rows, in their order.
#[derive(Debug, Default)]
pub(in crate::session) struct Rows {
    packets: VecDeque<Packet>,
    /// How many there are.
    count: u64,
    /// What of the first packet was given out.
    taken: usize,
    /// Bytes of memory that the packets have.
    kept: usize,
}

/// Rows in one piece.
#[derive(Debug)]
struct Packet {
    /// An array, or executes, each behind its length.
    bytes: Vec<u8>,
    rows: u64,
    /// Of an array: the type of each column of parameters, and whether a value has told it.
    types: Option<Vec<(u16, bool)>>,
}

/// One command.
#[derive(Debug, PartialEq)]
pub(in crate::session) enum Next<'a> {
    /// An array of so many rows.
    Array(u64, &'a [u8]),
    /// An execute.
    Execute(&'a [u8]),
}

impl Next<'_> {
    /// How many rows and bytes it has.
    pub(super) fn size(&self) -> (u64, usize) {
        match self {
            Self::Array(rows, bytes) => (*rows, bytes.len()),
            Self::Execute(bytes) => (1, bytes.len()),
        }
    }
}

impl Bulk {
    /// No rows, for the statement `key`.
    pub fn new(key: StatementKey) -> Self {
        Self { key, rows: Rows::default(), bytes: 0, longest: 0 }
    }

    /// How many rows there are.
    pub fn rows(&self) -> u64 {
        self.rows.count
    }

    /// Whose they are.
    pub fn key(&self) -> StatementKey {
        self.key
    }

    /// Adds a row for the statement that has the number `id`, to an array or as an execute. All rows may take
    /// `limit` bytes; an error leaves those before as they are.
    pub(super) fn add(
        &mut self,
        id: u32,
        row: &[Slot<'_>],
        array: bool,
        limit: usize,
    ) -> Result<()> {
        let before = self.rows.packets.len();
        let (start, room) = self.rows.last_size();
        let added =
            if array { self.rows.add_to_array(id, row) } else { self.rows.add_execute(id, row) };
        let is_new = self.rows.packets.len() > before;
        let (last, _) = self.rows.last_size();
        let more = if is_new { last + PIPELINE_COMMAND } else { last.saturating_sub(start) };
        let all = self.bytes.saturating_add(more);
        let full = added.is_ok() && all > limit;
        if full {
            self.rows.take_back(is_new, start);
        }
        let room = if self.rows.packets.len() > before { 0 } else { room };
        self.rows.kept += self.rows.last_size().1.saturating_sub(room);
        added?;
        if full {
            return Err(PipelineError::BulkFull { size: all as u64, limit: limit as u64 }.into());
        }
        self.bytes = all;
        self.longest = self.longest.max(if array { last } else { more });
        Ok(())
    }

    /// Bytes of memory that the rows have.
    pub(super) fn memory(&self) -> usize {
        self.rows.kept
    }

    /// Bytes of the longest command.
    pub(super) fn longest(&self) -> usize {
        self.longest
    }

    /// Bytes that there may be with a row of `size` bytes more, and while the longest command is written.
    pub(super) fn next_bytes(&self, size: usize) -> usize {
        let (len, room) = self.rows.last_size();
        // A buffer that is too small doubles.
        let grown = if len + size > room { room.max(2 * size) + size_of::<Packet>() } else { 0 };
        self.rows.kept + grown + self.longest.max(BULK_PACKET.min(len) + size)
    }

    /// Gives all rows out.
    pub(super) fn take(&mut self) -> Rows {
        (self.bytes, self.longest) = (0, 0);
        std::mem::take(&mut self.rows)
    }
}

impl Rows {
    /// How many there are.
    pub(in crate::session) fn count(&self) -> u64 {
        self.count
    }

    /// Bytes of memory that they have.
    pub(in crate::session) fn memory(&self) -> usize {
        self.kept
    }

    /// The bytes of the last packet, and those of memory that it has; zeros if there is none.
    fn last_size(&self) -> (usize, usize) {
        self.packets.back().map_or((0, 0), |packet| (packet.bytes.len(), packet.memory()))
    }

    /// Takes the next command out.
    pub(super) fn next(&mut self) -> Option<Next<'_>> {
        if self.packets.front().is_some_and(|packet| self.taken >= packet.bytes.len()) {
            let gone = self.packets.pop_front();
            self.kept = self.kept.saturating_sub(gone.map_or(0, |packet| packet.memory()));
            self.taken = 0;
        }
        let packet = self.packets.front()?;
        if packet.types.is_some() {
            self.taken = packet.bytes.len();
            self.count = self.count.saturating_sub(packet.rows);
            return Some(Next::Array(packet.rows, &packet.bytes));
        }
        let rest = packet.bytes.get(self.taken..)?;
        let (length, rest) = rest.split_first_chunk()?;
        let execute = rest.get(..usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
        self.taken += LENGTH + execute.len();
        self.count = self.count.saturating_sub(1);
        Some(Next::Execute(execute))
    }

    fn add_to_array(&mut self, id: u32, row: &[Slot<'_>]) -> Result<()> {
        if let Some(packet) = self.packets.back_mut()
            && packet.add(row, BULK_PACKET)?
        {
            self.count += 1;
            return Ok(());
        }
        let types: Vec<(u16, bool)> = row.iter().map(type_of).collect();
        let (mut bytes, kinds) = (Vec::new(), types.iter().map(|kind| kind.0));
        put_bulk(&mut bytes, id, 0, &kinds.collect::<Vec<_>>());
        let mut packet = Packet { bytes, rows: 0, types: Some(types) };
        packet.add(row, usize::MAX)?;
        self.packets.push_back(packet);
        self.count += 1;
        Ok(())
    }

    fn add_execute(&mut self, id: u32, row: &[Slot<'_>]) -> Result<()> {
        let mut values = Vec::with_capacity(row.len());
        for slot in row {
            match slot {
                Slot::Value(value) => values.push(*value),
                Slot::Default | Slot::Ignore => return Err(PipelineError::NoIndicators.into()),
            }
        }
        let fits =
            |packet: &&mut Packet| packet.types.is_none() && packet.bytes.len() < BULK_PACKET;
        let mut fresh = Packet { bytes: Vec::new(), rows: 0, types: None };
        let (packet, is_new) = match self.packets.back_mut().filter(fits) {
            Some(packet) => (packet, false),
            None => (&mut fresh, true),
        };
        let start = packet.bytes.len();
        packet.bytes.extend_from_slice(&[0; LENGTH]);
        put_execute(&mut packet.bytes, id, CURSOR_NONE, values.into_iter());
        let size = packet.bytes.len().saturating_sub(start + LENGTH);
        let (Ok(size), Some(place)) =
            (u32::try_from(size), packet.bytes.get_mut(start..).and_then(<[u8]>::first_chunk_mut))
        else {
            packet.bytes.truncate(start);
            let (size, limit) = (size as u64, u32::MAX.into());
            return Err(PipelineError::BulkFull { size, limit }.into());
        };
        *place = size.to_le_bytes();
        packet.rows += 1;
        if is_new {
            self.packets.push_back(fresh);
        }
        self.count += 1;
        Ok(())
    }

    /// Takes the last row back, whose packet was `start` bytes long before, or is new.
    fn take_back(&mut self, is_new: bool, start: usize) {
        self.count = self.count.saturating_sub(1);
        if is_new {
            self.packets.pop_back();
        } else if let Some(packet) = self.packets.back_mut() {
            packet.bytes.truncate(start);
            packet.rows = packet.rows.saturating_sub(1);
        }
    }
}

impl Packet {
    fn memory(&self) -> usize {
        size_of::<Self>() + self.bytes.capacity()
    }

    /// Adds a row to an array. `false` if it does not fit in.
    fn add(&mut self, row: &[Slot<'_>], limit: usize) -> Result<bool> {
        let Some(types) = &mut self.types else {
            return Ok(false);
        };
        for (i, slot) in row.iter().enumerate() {
            let (Some(known), (kind, told)) = (types.get_mut(i), type_of(slot)) else {
                continue;
            };
            match *known {
                // NULL so far: the first value tells the type.
                (_, false) if told => {
                    *known = (kind, true);
                    change_type(&mut self.bytes, i, kind);
                }
                (other, true) if told && other != kind => return Ok(false),
                _ => {}
            }
        }
        let (kinds, before) =
            (types.iter().map(|kind| kind.0).collect::<Vec<_>>(), self.bytes.len());
        let fits = put_bulk_row(&mut self.bytes, &kinds, row.iter().copied()).is_ok();
        if fits && (self.bytes.len() <= limit || self.rows == 0) {
            self.rows += 1;
            return Ok(true);
        }
        self.bytes.truncate(before);
        if fits { Ok(false) } else { Err(Error::Internal("a row that does not fit".into()).into()) }
    }
}

/// The type of a value, and whether it has one of its own.
fn type_of(slot: &Slot<'_>) -> (u16, bool) {
    match slot {
        Slot::Value(value) => (value.wire_type(), !value.is_null()),
        Slot::Default | Slot::Ignore => (Param::Null.wire_type(), false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::PIPELINE_MAX;
    use crate::proto::machine::Machine;

    fn bulk() -> Bulk {
        Bulk::new(Machine::default().add_statement())
    }

    /// The rows and the bytes of each command.
    fn commands(mut bulk: Bulk) -> Vec<(u64, Vec<u8>)> {
        let (mut rows, mut all) = (bulk.take(), Vec::new());
        let mut left = rows.count();
        while let Some(next) = rows.next() {
            let (count, bytes) = match next {
                Next::Array(count, bytes) => (count, bytes.to_vec()),
                Next::Execute(bytes) => (1, bytes.to_vec()),
            };
            left -= count;
            all.push((count, bytes));
            assert_eq!(rows.count(), left);
        }
        assert_eq!(left, 0);
        all
    }

    fn array(rows: &[&[Slot<'_>]]) -> Vec<(u64, Vec<u8>)> {
        let mut bulk = bulk();
        for row in rows {
            bulk.add(7, row, true, PIPELINE_MAX).unwrap();
        }
        commands(bulk)
    }

    const HEAD: &[u8] = b"\x07\0\0\0\x80\0";

    #[test]
    fn the_first_value_tells_the_type() {
        let (null, one) = (Slot::Value(Param::Null), Slot::Value(Param::Int(1)));
        let got = array(&[&[null], &[Slot::Default], &[one], &[null]]);
        assert_eq!(got, [(4, [HEAD, b"\x03\0\x01\x02\0\x01\0\0\0\x01"].concat())]);
    }

    #[test]
    fn another_type_is_another_packet() {
        let (one, big) = (Slot::Value(Param::Int(1)), Slot::Value(Param::UInt(2)));
        let got = array(&[&[one], &[Slot::Ignore], &[big], &[big]]);
        assert_eq!(
            got,
            [
                (2, [HEAD, b"\x03\0\0\x01\0\0\0\x03"].concat()),
                (2, [HEAD, b"\x03\x80\0\x02\0\0\0\0\x02\0\0\0"].concat()),
            ]
        );
    }

    #[test]
    fn packets_have_a_size() {
        let (short, long) = (vec![b'x'; BULK_PACKET / 2 - 20], vec![b'x'; 3 * BULK_PACKET]);
        let (short, long) = ([Slot::Value(Param::Text(&short))], [Slot::Value(Param::Text(&long))]);
        let got = array(&[&short, &short, &short, &long, &long, &short]);
        assert_eq!(got.iter().map(|packet| packet.0).collect::<Vec<_>>(), [2, 1, 1, 1, 1]);
        assert!(got[0].1.len() <= BULK_PACKET);
        assert_eq!(got[0].1.iter().filter(|&&byte| byte == b'x').count(), BULK_PACKET - 40);
    }

    #[test]
    fn a_row_is_an_execute() {
        let mut bulk = bulk();
        for n in 1..=2 {
            bulk.add(7, &[Slot::Value(Param::Int(n))], false, PIPELINE_MAX).unwrap();
            let refused = bulk.add(7, &[Slot::Default], false, PIPELINE_MAX).unwrap_err();
            assert_eq!(refused.code(), 3000);
        }
        let long = vec![b'x'; 2 * BULK_PACKET];
        for _ in 0..2 {
            bulk.add(7, &[Slot::Value(Param::Text(&long))], false, PIPELINE_MAX).unwrap();
        }
        assert_eq!(bulk.rows(), 4);
        let got = commands(bulk);
        assert_eq!(got[0], (1, b"\x07\0\0\0\0\x01\0\0\0\0\x01\x03\0\x01\0\0\0".to_vec()));
        assert_eq!(got[1], (1, b"\x07\0\0\0\0\x01\0\0\0\0\x01\x03\0\x02\0\0\0".to_vec()));
        assert!(got.len() == 4 && got[3].1.ends_with(&long));
    }

    #[test]
    fn of_both_kinds() {
        let (mut bulk, row) = (bulk(), [Slot::Value(Param::Tiny(1))]);
        for array in [false, true, true, false] {
            bulk.add(7, &row, array, PIPELINE_MAX).unwrap();
        }
        let counts: Vec<u64> = commands(bulk).iter().map(|command| command.0).collect();
        assert_eq!(counts, [1, 2, 1]);
    }

    /// What is refused leaves the rest as it was, and what was given out makes room.
    #[test]
    fn bounded() {
        for array in [false, true] {
            let (short, long) = (Slot::Value(Param::Text(b"short")), [b'x'; 1000]);
            let long = Slot::Value(Param::Text(&long));
            let mut bulk = bulk();
            for _ in 0..2 {
                assert_eq!(bulk.add(7, &[long], array, 1000).unwrap_err().code(), 2020);
                assert_eq!(bulk.rows(), 0);
                let mut count = 0;
                while bulk.add(7, &[short], array, 1000).is_ok() {
                    count += 1;
                }
                assert!(count > 30, "{count}");
                let refused = bulk.add(7, &[long], array, 1000).unwrap_err();
                assert_eq!(&refused.sqlstate(), b"08S01");
                assert_eq!(bulk.rows(), count);
                let mut same = super::tests::bulk();
                (0..count).for_each(|_| same.add(7, &[short], array, 1000).unwrap());
                let taken = std::mem::replace(&mut bulk, super::tests::bulk());
                assert_eq!(commands(taken), commands(same));
            }
        }
    }
}
