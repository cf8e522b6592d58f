// SPDX-License-Identifier: Apache-2.0
//! Bounds that the program sets for rows and for buffered results. What is over one is read and dropped, as the
//! rest of the command's answer is, without being kept; then the command ends with an error, and the connection
//! is as good as before. So is a row that is over the bound of all packets. Costs nothing per row: packets over the
//! bound of rows do not come the short way, and the size of a result is looked at when the bytes at hand end within a
//! packet, so about once per read.

use crate::buf::{Cell, RecvBuf};
use crate::error::{Bound, Error, Result};
use crate::limits::MAX_FRAME;
use crate::proto::machine::{Machine, Phase, Sink, Step};
use crate::wire::bin_row::Field;
use crate::wire::frame::{Packet, Skip};
use crate::wire::reply;

/// Bounds, and what is over one at the moment.
#[derive(Debug, Default)]
pub(super) struct Bounds {
    /// Bytes; 0 for no bound.
    limits: Limits,
    /// Bytes that the whole connection may keep, of which the session knows; 0 for no bound.
    memory: usize,
    /// The row that is being skipped.
    skipped: Option<Skipped>,
    /// The error of a query whose answer is being dropped; a statement's is with the statements.
    pub(super) owed: Option<Box<Error>>,
}

/// The largest row and the largest buffered result, in bytes; 0 for no limit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a row's packet.
    pub row: usize,
    /// Bytes of a buffered result.
    pub result: usize,
}

/// Bytes that a machine keeps.
#[derive(Debug, Clone, Copy)]
pub struct Kept {
    /// Of the cells of a buffered result.
    pub cells: usize,
    /// The most that they were.
    pub cells_peak: usize,
    /// Of the columns of a result, and of a row's cells.
    pub columns: usize,
    /// Of prepared statements.
    pub statements: usize,
}

/// A row that is read and not kept.
#[derive(Debug)]
struct Skipped {
    skip: Skip,
    /// Which bound it is over, and what was there before it.
    over: Bound,
    before: usize,
}

impl Machine {
    /// The bounds.
    pub fn bounds(&self) -> Limits {
        self.bounds.as_ref().map_or_else(Limits::default, |bounds| bounds.limits)
    }

    /// Sets them.
    pub fn set_bounds(&mut self, limits: Limits) {
        if self.bounds.is_some() || limits != Limits::default() {
            self.bounds.get_or_insert_default().limits = limits;
            self.allow();
        }
    }

    /// The bound of all that the connection keeps; 0 for none.
    pub fn memory_bound(&self) -> usize {
        self.bounds.as_ref().map_or(0, |bounds| bounds.memory)
    }

    /// Sets it.
    pub fn set_memory_bound(&mut self, bytes: usize) {
        if self.bounds.is_some() || bytes > 0 {
            self.bounds.get_or_insert_default().memory = bytes;
        }
    }

    /// Bytes that rows of a buffered result, columns and statements take; with the most that cells have taken.
    pub fn memory(&self) -> Kept {
        let cells = self.store.cell_bytes();
        let statements = self.statements.as_ref().map_or(0, |all| all.bytes());
        let fields = self.fields.capacity() * size_of::<Field>();
        Kept {
            cells,
            cells_peak: self.cells_peak.max(cells),
            columns: self.result.columns.bytes()
                + self.cells.capacity() * size_of::<Cell>()
                + fields,
            statements,
        }
    }

    /// The error for a command of `size` bytes, which is not sent.
    #[cold]
    #[inline(never)]
    pub(super) fn too_long(&self, what: &'static str, size: usize) -> Box<Error> {
        let over = Bound::Command(what, self.max_packet);
        Error::OverBound { over, size: size as u64 }.into()
    }

    /// Tells the framer what may come the short way, from the end of the login on.
    pub(super) fn allow(&mut self) {
        let row = match &self.bounds {
            Some(bounds) if bounds.skipped.is_some() => return,
            Some(bounds) if bounds.limits.row > 0 => bounds.limits.row,
            _ => usize::MAX,
        };
        if self.is_logged_in() {
            self.framer.allow(self.max_packet.min(row));
        }
    }

    /// The next packet, if it is complete, in any case; rows over a bound are skipped.
    #[cold]
    #[inline(never)]
    pub(super) fn next_slow(&mut self, recv: &mut RecvBuf) -> Result<Option<Packet>> {
        if self.bounds.is_some() && matches!(self.phase, Phase::Rows) && !self.keep_bounds(recv)? {
            return Ok(None);
        }
        match self.framer.next_slow(recv, self.limit()) {
            Err(error) => self.over_packet(recv, error),
            packet => {
                if self.bounds.is_some() {
                    self.allow();
                }
                packet
            }
        }
    }

    /// The framer has refused a packet. A row is skipped like one that is over the bound of rows; any other packet
    /// says how the answer goes on, which cannot be done without, so that it is the end of the connection.
    #[cold]
    fn over_packet(&mut self, recv: &mut RecvBuf, error: Box<Error>) -> Result<Option<Packet>> {
        let Error::TooLarge { size, .. } = *error else {
            return Err(error);
        };
        if !self.is_logged_in() {
            return Err(error);
        }
        if self.bounds.is_none() && matches!(self.phase, Phase::Rows) {
            self.bounds = Some(Box::default());
            return self.next_slow(recv);
        }
        let over = Bound::Packet("a packet from the server", self.max_packet);
        Err(Error::OverBound { over, size }.into())
    }

    /// Whether what comes next may be taken: it is not a row, or one that is not over a bound.
    fn keep_bounds(&mut self, recv: &mut RecvBuf) -> Result<bool> {
        loop {
            let Some(bounds) = &mut self.bounds else {
                return Ok(true);
            };
            if let Some(skipped) = &mut bounds.skipped {
                if !self.framer.skip(recv, &mut skipped.skip)? {
                    return Ok(false);
                }
                let (over, row) = (skipped.over, skipped.skip.size);
                let size = row + skipped.before;
                bounds.skipped = None;
                self.allow();
                self.count_skipped(row);
                self.fail_later(over, size);
                continue;
            }
            let limits = bounds.limits;
            let bounded = self.sink == Sink::Buffer && limits.result > 0;
            let kept = if bounded { recv.kept() + self.store.used_bytes() } else { 0 };
            let Some((size, first)) = self.framer.announced(recv) else {
                if bounded && kept > limits.result {
                    self.freeze(recv)?;
                    self.fail_later(Bound::Result(limits.result), kept);
                }
                return Ok(true);
            };
            let (over, before) = if limits.row > 0 && size > limits.row {
                (Bound::Row(limits.row), 0)
            } else if size > self.max_packet {
                (Bound::Packet("a row", self.max_packet), 0)
            } else if bounded && kept + size > limits.result {
                (Bound::Result(limits.result), kept)
            } else {
                return Ok(true);
            };
            match first {
                None if size > 0 => return Ok(false),
                Some(first) if is_row(first, size) => {}
                _ => return Ok(true),
            }
            self.freeze(recv)?;
            let skip = self.framer.start_skip(recv);
            if let Some(bounds) = &mut self.bounds {
                bounds.skipped = Some(Skipped { skip, over, before });
            }
        }
    }

    /// The receive buffer may not grow for the packet that is arriving: the connection would have `size` bytes
    /// then. A row is skipped, and what was kept of a buffered result goes out of the buffer's way; the command
    /// ends with an error. Anything else cannot be done without.
    pub fn do_without(&mut self, recv: &mut RecvBuf, size: usize) -> Result<()> {
        let over = Bound::Memory(self.memory_bound());
        let announced = self.framer.announced(recv);
        if !matches!(self.phase, Phase::Rows) {
            return Err(Error::OverBound { over, size: size as u64 }.into());
        }
        match announced {
            Some((row, Some(first))) if is_row(first, row) => {
                let skip = self.framer.start_skip(recv);
                let before = size.saturating_sub(row);
                let bounds = self.bounds.get_or_insert_default();
                bounds.skipped = Some(Skipped { skip, over, before });
                self.keep_bounds(recv)?;
            }
            // The end of the rows, or an error: nothing is kept behind it.
            Some((_, Some(_))) => {}
            // It may be a row.
            _ => self.fail_later(over, size),
        }
        if let Some(full) = recv.freeze()? {
            self.store.keep(full);
        }
        Ok(())
    }

    /// The row that has come is not kept, because its cells would be too much. Those before it stay where they
    /// are, and the buffer with them: it has been granted.
    #[cold]
    #[inline(never)]
    pub(super) fn no_room_for_cells(&mut self) -> Step {
        let (limit, (granted, wanted)) = (self.memory_bound(), self.store.missed());
        let size = (limit + wanted).saturating_sub(granted);
        self.fail_later(Bound::Memory(limit), size);
        Step::Taken
    }

    /// Nothing more is kept of a buffered result. Rows that the program may be reading stay where they are.
    fn freeze(&mut self, recv: &mut RecvBuf) -> Result<()> {
        if self.sink == Sink::Buffer
            && let Some(full) = recv.freeze()?
        {
            self.store.keep(full);
        }
        Ok(())
    }

    /// The command ends with an error when the rest of its answer has come, unless that is dropped anyway.
    fn fail_later(&mut self, over: Bound, size: usize) {
        if self.sink == Sink::Discard {
            return;
        }
        let of_statement = self.sink == Sink::Binary;
        self.drop_answer();
        let error = Some(Error::OverBound { over, size: size as u64 }.into());
        match (&mut self.statements, &mut self.bounds) {
            (Some(all), _) if of_statement => all.owed = error,
            (_, Some(bounds)) => bounds.owed = error,
            _ => {}
        }
    }
}

/// Whether a payload among rows is one, and neither their end nor an error. A row may begin as an end does if it
/// is long: with the length of a value.
/// <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset.html>
fn is_row(first: u8, size: usize) -> bool {
    first != reply::ERR && (first != reply::EOF || size >= MAX_FRAME)
}
