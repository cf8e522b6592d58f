// SPDX-License-Identifier: Apache-2.0
//! What a connection has in memory, added up when somebody asks, and the bound of it. Allocates and frees nothing, and
//! costs nothing before: the parts know their sizes, and those that come and go the largest that they had.
//!
//! The bound is looked at where something is about to grow: before a command is taken, and when the receive buffer,
//! which asks then, needs another block. What is left is known to the rows of a buffered result, whose cells grow by
//! themselves. A connection without a bound is asked nothing; one with a bound sends its commands the long way.

use crate::buf::{Block, RoomError};
use crate::error::{Bound, Error, Result};
use crate::limits::{MAX_FRAME, MIN_MEMORY, RECV_IDLE, UPLOAD_PIECE};
use crate::proto::escape::Param;
use crate::session::connection::Connection;

/// What a command has besides its text and values, for each frame too.
const COMMAND: usize = 128;

/// Bytes of a connection's buffers and tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// All of the parts below, and the connection itself.
    pub current: usize,
    /// The most of each part that comes and goes (received, rows, send), and of the others what they have now.
    pub peak: usize,
    /// The receive buffer.
    pub receive: usize,
    /// What is to be sent, and commands that wait, those of a pipeline too.
    pub send: usize,
    /// Rows of a buffered result.
    pub rows: usize,
    /// Columns of the result.
    pub columns: usize,
    /// Prepared statements.
    pub statements: usize,
    /// Buffers between those above and the socket: TLS and compression.
    pub layers: usize,
}

impl Connection {
    /// What it has in memory.
    pub fn memory(&self) -> Memory {
        let waiting = self.pending.iter().flat_map(|queue| queue.iter());
        let waiting: usize = waiting.map(|pending| size_of_val(pending) + pending.bytes()).sum();
        let waiting = waiting
            + self.pipeline.as_ref().map_or(0, |pipeline| pipeline.memory())
            + self.extras.as_ref().map_or(0, |extras| extras.memory());
        let kept = self.machine.memory();
        let receive = self.recv.capacity();
        let rows = self.recv.frozen() + kept.cells;
        let send = self.out.capacity() + waiting;
        let layers = self.layers.as_ref().map_or(0, |all| size_of_val(&**all) + all.bytes());
        let others = size_of::<Self>() + waiting + kept.columns + kept.statements + layers;
        let current = others + receive + rows + self.out.capacity();
        let peak = others + self.recv.peak() + kept.cells_peak + self.out.peak();
        Memory {
            current,
            peak: peak.max(current),
            receive,
            send,
            rows,
            columns: kept.columns,
            statements: kept.statements,
            layers,
        }
    }

    /// Bounds what it may have in memory; 0 for no bound. Whether that is possible.
    pub(super) fn limit_memory(&mut self, bytes: u32) -> bool {
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        if bytes > 0 && bytes < MIN_MEMORY {
            return false;
        }
        self.machine.set_memory_bound(bytes);
        self.recv.ask_to_grow(bytes > 0);
        self.machine.store.bound(0);
        if bytes > 0 {
            // Where commands look whether they may go the short way.
            self.extras.get_or_insert_default();
            self.grant_cells(0);
        }
        true
    }

    /// Whether there is a bound.
    pub(super) fn is_memory_bounded(&self) -> bool {
        self.machine.memory_bound() > 0
    }

    /// Refuses a command of `bytes` for which there is no room.
    #[inline]
    pub(super) fn check_room(&mut self, bytes: usize) -> Result<()> {
        if self.is_memory_bounded() { self.check_bound(bytes, 0) } else { Ok(()) }
    }

    /// As `check_room`, for a query that is sent now. Its room is taken at once, and is as large as need be: what
    /// grows by itself takes more.
    pub(super) fn check_query_room(&mut self, text: &[u8], params: &[Param<'_>]) -> Result<()> {
        if !self.is_memory_bounded() {
            return Ok(());
        }
        let values: usize = params.iter().map(|param| param.bytes() + param.escaped()).sum();
        self.check_sent_room(text.len() + values)
    }

    /// As `check_room`, for a command that is sent now. Its room is taken.
    pub(super) fn check_sent_room(&mut self, bytes: usize) -> Result<()> {
        if !self.is_memory_bounded() {
            return Ok(());
        }
        let bytes = bytes + COMMAND + bytes / MAX_FRAME * COMMAND;
        self.check_bound(bytes, 0)?;
        if self.can_send() {
            self.out.reserve(bytes);
        }
        Ok(())
    }

    /// As `check_room`, for commands of `bytes` that stay until others have gone; `copied` are those of the
    /// longest one, which is there twice while it is written.
    pub(super) fn check_piped_room(&mut self, bytes: usize, copied: usize) -> Result<()> {
        let more = bytes.saturating_add(copied);
        if self.is_memory_bounded() { self.check_bound(more, more) } else { Ok(()) }
    }

    /// Refuses `more` bytes for which there is no room. `stay` of them are there when rows come.
    #[cold]
    #[inline(never)]
    fn check_bound(&mut self, more: usize, stay: usize) -> Result<()> {
        self.refuse_beyond(more)?;
        self.grant_cells(stay);
        Ok(())
    }

    /// As `check_room`, for what is collected elsewhere.
    pub(super) fn refuse_beyond(&self, more: usize) -> Result<()> {
        let limit = self.machine.memory_bound();
        let all = self.kept_otherwise() + self.recv.capacity() + self.recv.frozen();
        let size = all.saturating_add(more);
        if limit > 0 && size > limit { Err(over(limit, size)) } else { Ok(()) }
    }

    /// The receive buffer has said `made` when it was to have room: what that means.
    #[cold]
    #[inline(never)]
    pub(super) fn find_room(&mut self, made: Result<Option<Block>, RoomError>) -> Result<()> {
        let made = match made {
            Err(RoomError::Ask) => self.ask_for_room()?,
            Err(error) => return Err(error.into()),
            Ok(made) => made,
        };
        if let Some(full) = made {
            self.machine.store.keep(full);
        }
        Ok(())
    }

    fn ask_for_room(&mut self) -> Result<Option<Block>> {
        let (limit, others) = (self.machine.memory_bound(), self.kept_otherwise());
        // So much it takes to get what is kept of a buffered result out of the way.
        let granted = limit.saturating_sub(others + RECV_IDLE);
        let mut made = self.recv.make_room_within(self.machine.need(), granted);
        if let Err(RoomError::Over(size)) = made {
            self.machine.do_without(&mut self.recv, others + size)?;
            made = self.recv.make_room_within(self.machine.need(), granted);
        }
        self.grant_cells(0);
        made.map_err(|error| match error {
            RoomError::Over(size) => over(limit, others + size),
            error => error.into(),
        })
    }

    /// Tells the rows of a buffered result what is left for their cells, `but` so much.
    fn grant_cells(&mut self, but: usize) {
        let limit = self.machine.memory_bound();
        let others = self.kept_otherwise() - self.machine.memory().cells;
        let received = self.recv.capacity() + self.recv.frozen() + RECV_IDLE;
        let left = limit.saturating_sub(others + received + but);
        self.machine.store.bound(left.max(1));
    }

    /// All that is kept, but for what was received. Buffers whose size is fixed count as they are at work.
    fn kept_otherwise(&self) -> usize {
        let now = self.memory();
        let layers = self.layers.as_ref().map_or(0, |all| all.working());
        let upload = if self.gate.has_files() { UPLOAD_PIECE + COMMAND } else { 0 };
        now.current - self.recv.capacity() - self.recv.frozen() + layers + upload
    }
}

fn over(limit: usize, size: usize) -> Box<Error> {
    Error::OverBound { over: Bound::Memory(limit), size: size as u64 }.into()
}
