// SPDX-License-Identifier: Apache-2.0
//! Received bytes, and the lease under which C reads a row in place. One of the unsafe islands.
//!
//! A `RecvBuf` is one raw block with four marks:
//!
//! ```text
//! 0 ........ released ........ parsed ........ filled ........ capacity
//!   free       lent to C         to be parsed    spare, for recv
//! ```
//!
//! While rows are lent (`released < parsed`, or the buffer is on hold for buffered mode) bytes before
//! `parsed` stay where they are: nothing is moved, grown or reused. The block is a raw allocation and
//! not a `Vec`, because C holds pointers into it while later bytes arrive: only narrow slices are ever
//! formed, never one over what is lent. The block is allocated zeroed, so every byte of it is always
//! initialised.
//!
//! Never knows what a packet is; never reads a socket.

#![allow(unsafe_code)]

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr::NonNull;

use crate::buf::room::{Need, RoomError};
use crate::limits::{RECV_IDLE, RECV_STREAM};

/// One cell of a row: where its bytes are and how many. Laid out as C's `attachsql_query_row_st`.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct Cell {
    /// First byte; never null.
    pub data: *mut u8,
    /// Number of bytes.
    pub length: usize,
}

// SAFETY: a cell is an address and a number. Only C follows the address, under the rule that a
// connection and what it lent are used by one thread at a time.
unsafe impl Send for Cell {}

/// A raw, zeroed allocation. The address never changes.
#[derive(Debug)]
pub struct Block {
    base: NonNull<u8>,
    capacity: usize,
}

// SAFETY: a block is memory with one owner, nothing tied to a thread.
unsafe impl Send for Block {}

impl Block {
    const EMPTY: Self = Self { base: NonNull::dangling(), capacity: 0 };

    fn new(capacity: usize) -> Result<Self, RoomError> {
        let Some(layout) = Self::layout(capacity) else {
            return Err(RoomError::NoMemory(capacity));
        };
        // SAFETY: the layout has a size above 0 (`layout` gives none otherwise).
        let base = unsafe { alloc_zeroed(layout) };
        NonNull::new(base).map(|base| Self { base, capacity }).ok_or(RoomError::NoMemory(capacity))
    }

    fn layout(capacity: usize) -> Option<Layout> {
        if capacity == 0 { None } else { Layout::array::<u8>(capacity).ok() }
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        if let Some(layout) = Self::layout(self.capacity) {
            // SAFETY: `base` came from `alloc_zeroed` with this very layout, and is freed once.
            unsafe { dealloc(self.base.as_ptr(), layout) };
        }
    }
}

/// The receive buffer; see the head of this file.
#[derive(Debug)]
pub struct RecvBuf {
    block: Block,
    released: usize,
    parsed: usize,
    filled: usize,
    /// Buffered mode: what was parsed stays until the block is frozen or the hold ends.
    hold: bool,
    /// No further block without somebody's leave.
    asks: bool,
    /// Bytes of the blocks that were frozen since the hold began.
    frozen: usize,
    /// The most bytes that there were at once, those of frozen blocks too.
    peak: usize,
}

impl Default for RecvBuf {
    fn default() -> Self {
        Self {
            block: Block::EMPTY,
            released: 0,
            parsed: 0,
            filled: 0,
            hold: false,
            asks: false,
            frozen: 0,
            peak: 0,
        }
    }
}

impl RecvBuf {
    /// Space for received bytes. Empty when the buffer is full: `make_room` first.
    pub fn spare(&mut self) -> &mut [u8] {
        let len = self.block.capacity - self.filled;
        // SAFETY: filled..capacity is inside the block (filled <= capacity always), initialised (the
        // block is allocated zeroed) and lent to nobody: lent cells lie before `parsed` <= `filled`.
        unsafe { std::slice::from_raw_parts_mut(self.block.base.as_ptr().add(self.filled), len) }
    }

    /// Takes the first `n` bytes of `spare` as received.
    pub fn commit(&mut self, n: usize) {
        self.filled = self.block.capacity.min(self.filled + n);
    }

    /// Received bytes not parsed yet.
    #[inline]
    pub fn unparsed(&self) -> &[u8] {
        // SAFETY: parsed..filled is inside the block, initialised, and lent to nobody.
        unsafe {
            std::slice::from_raw_parts(
                self.block.base.as_ptr().add(self.parsed),
                self.filled - self.parsed,
            )
        }
    }

    /// As `unparsed`, for cells that C may write to, and to slide the pieces of a long packet together.
    #[inline]
    pub fn unparsed_mut(&mut self) -> &mut [u8] {
        // SAFETY: as for `unparsed`; `&mut self` makes it the only reference.
        unsafe {
            std::slice::from_raw_parts_mut(
                self.block.base.as_ptr().add(self.parsed),
                self.filled - self.parsed,
            )
        }
    }

    /// The bytes of a cell that lies in what is lent; `None` if it does not.
    #[inline]
    pub fn lent(&self, cell: &Cell) -> Option<&[u8]> {
        let start = cell.data.addr().checked_sub(self.block.base.addr().get())?;
        let end = start.checked_add(cell.length)?;
        if start < self.released || end > self.parsed {
            return None;
        }
        // SAFETY: released..parsed is inside the block and initialised, and start..end inside of it. C may
        // write there too, but not while a call on the connection, which holds the borrow, is under way.
        Some(unsafe {
            std::slice::from_raw_parts(self.block.base.as_ptr().add(start), cell.length)
        })
    }

    /// Marks the next `n` unparsed bytes as parsed and free.
    #[inline]
    pub fn consume(&mut self, n: usize) {
        self.parsed = self.filled.min(self.parsed + n);
        if !self.hold {
            self.released = self.parsed;
        }
    }

    /// Marks the next `n` unparsed bytes as parsed and lent: they stay in place until `release`.
    #[inline]
    pub fn consume_lent(&mut self, n: usize) {
        self.parsed = self.filled.min(self.parsed + n);
    }

    /// Lends the next `n` unparsed bytes, if there are so many: they stay in place until `release`, or
    /// `unlend`. Nothing on hold.
    #[inline(always)]
    pub fn lend(&mut self, n: usize) -> Option<&mut [u8]> {
        if self.hold || n > self.filled - self.parsed {
            return None;
        }
        // SAFETY: parsed..parsed + n is inside the block, because it ends at `filled` or before, initialised,
        // and lent to nobody yet.
        let bytes =
            unsafe { std::slice::from_raw_parts_mut(self.block.base.as_ptr().add(self.parsed), n) };
        self.parsed += n;
        Some(bytes)
    }

    /// What `lend` has lent, once more: for nobody else has been given a pointer into it.
    pub fn lent_mut(&mut self) -> &mut [u8] {
        if self.hold {
            return &mut [];
        }
        // SAFETY: released..parsed is inside the block, initialised; `&mut self` makes it the only reference.
        unsafe {
            std::slice::from_raw_parts_mut(
                self.block.base.as_ptr().add(self.released),
                self.parsed - self.released,
            )
        }
    }

    /// Takes back what `lend` has lent, before anybody was given a pointer into it: it is unparsed again.
    pub fn unlend(&mut self) {
        if !self.hold {
            self.parsed = self.released;
        }
    }

    /// As `unlend`, of the last `n` bytes alone: what was lent before stays so.
    pub fn unlend_last(&mut self, n: usize) {
        if !self.hold && n <= self.parsed - self.released {
            self.parsed -= n;
        }
    }

    /// Ends the loan of what was parsed.
    #[inline]
    pub fn release(&mut self) {
        if !self.hold {
            self.released = self.parsed;
        }
    }

    /// Keeps everything parsed from now on in place (buffered mode).
    pub fn hold(&mut self) {
        self.hold = true;
    }

    /// Ends the hold; the caller has dropped every pointer into the buffer.
    pub fn end_hold(&mut self) {
        self.hold = false;
        self.released = self.parsed;
        self.frozen = 0;
    }

    /// Keeps nothing more in place, but what is kept stays: the block of it is returned frozen, if there is
    /// one. `end_hold` is due when it is dropped.
    pub fn freeze(&mut self) -> Result<Option<Block>, RoomError> {
        let old = if self.hold && self.released < self.parsed {
            Some(self.replace(RECV_IDLE.max(self.filled - self.parsed + 1))?)
        } else {
            None
        };
        self.hold = false;
        Ok(old)
    }

    /// Makes spare space for a packet that needs more bytes than have arrived: `need` in all, counted
    /// from `parsed`. Grows by doubling up to `need`, as bytes arrive and not before: a
    /// declared length alone reserves nothing. A held block that is full is returned frozen; its
    /// owner keeps it as long as pointers into it are in use.
    #[inline]
    pub fn make_room(&mut self, need: usize) -> Result<Option<Block>, RoomError> {
        let capacity = self.block.capacity;
        if self.released == self.filled && self.filled < capacity && capacity <= RECV_STREAM {
            // All is parsed and given back: start over at the front.
            (self.released, self.parsed, self.filled) = (0, 0, 0);
            return Ok(None);
        }
        self.make_room_slowly(need, None)
    }

    /// Whether `make_room` refuses to take memory, with `RoomError::Ask`, for `make_room_within` to be called.
    pub fn ask_to_grow(&mut self, asks: bool) {
        self.asks = asks;
    }

    /// As `make_room`, for a buffer that asks: all blocks together, those that are frozen and the old one too, may
    /// have `granted` bytes. Makes do with less than it would like to have.
    pub fn make_room_within(
        &mut self,
        need: usize,
        granted: usize,
    ) -> Result<Option<Block>, RoomError> {
        self.make_room_slowly(need, Some(granted))
    }

    fn make_room_slowly(
        &mut self,
        need: usize,
        granted: Option<usize>,
    ) -> Result<Option<Block>, RoomError> {
        let pending = self.filled - self.parsed;
        let lent = self.released < self.parsed;
        if lent && !self.hold {
            return Err(RoomError::Lent);
        }
        let spare = self.block.capacity - self.filled;
        if spare > 0 && (lent || spare >= self.block.capacity / 2) {
            return Ok(None);
        }
        let capacity = self.block.capacity;
        let room = Need { now: capacity, full: self.filled == capacity, pending, need };
        let want = room.capacity();
        if !lent && want == capacity && pending < want {
            self.compact();
            return Ok(None);
        }
        let fresh = match granted {
            None if self.asks => return Err(RoomError::Ask),
            None => want,
            Some(granted) => {
                // Both blocks are there for a moment.
                let kept = self.frozen + capacity;
                match room.within(granted.saturating_sub(kept)) {
                    Some(fresh) if fresh == want || fresh > capacity || lent => fresh,
                    _ if !lent && pending < capacity => {
                        self.compact();
                        return Ok(None);
                    }
                    Some(fresh) => fresh,
                    None => return Err(RoomError::Over(kept + room.least())),
                }
            }
        };
        let old = self.replace(fresh)?;
        Ok(if lent { Some(old) } else { None })
    }

    /// Puts a block of `capacity` bytes, more than are unparsed, in place of this one, which is returned; as
    /// frozen, if anything in it is lent.
    fn replace(&mut self, capacity: usize) -> Result<Block, RoomError> {
        let pending = self.filled - self.parsed;
        let fresh = Block::new(capacity.max(pending))?;
        self.peak = self.peak.max(self.frozen + self.block.capacity + fresh.capacity);
        if self.released < self.parsed {
            self.frozen += self.block.capacity;
        }
        // SAFETY: source parsed..filled lies in the old block, the target is at least as long, and two
        // allocations never overlap.
        unsafe {
            std::ptr::copy_nonoverlapping(
                self.block.base.as_ptr().add(self.parsed),
                fresh.base.as_ptr(),
                pending,
            );
        }
        let old = std::mem::replace(&mut self.block, fresh);
        (self.released, self.parsed, self.filled) = (0, 0, pending);
        Ok(old)
    }

    /// Gives memory back between results: a block longer than the idle size goes if nothing unparsed
    /// or lent is in it.
    pub fn shrink(&mut self) {
        if self.released == self.filled && !self.hold {
            (self.released, self.parsed, self.filled) = (0, 0, 0);
            if self.block.capacity > RECV_IDLE {
                self.block = Block::EMPTY;
            }
        }
    }

    /// Bytes allocated, those of frozen blocks not counted.
    pub fn capacity(&self) -> usize {
        self.block.capacity
    }

    /// Bytes of the blocks that were frozen since the hold began.
    pub fn frozen(&self) -> usize {
        self.frozen
    }

    /// The most bytes that were allocated at once, those of frozen blocks too.
    pub fn peak(&self) -> usize {
        self.peak
    }

    /// Bytes that are kept in place: lent, or on hold.
    pub fn kept(&self) -> usize {
        self.frozen + (self.parsed - self.released)
    }

    /// Where what was parsed ends. Only moves on, until `make_room` or `shrink`.
    pub fn taken(&self) -> usize {
        self.parsed
    }

    /// Whether a received byte waits to be parsed.
    pub fn has_unparsed(&self) -> bool {
        self.parsed < self.filled
    }

    fn compact(&mut self) {
        let pending = self.filled - self.parsed;
        // SAFETY: both ranges lie in the block; they may overlap, which `copy` allows; nothing before
        // `parsed` is lent (checked by the caller).
        unsafe {
            let base = self.block.base.as_ptr();
            std::ptr::copy(base.add(self.parsed), base, pending);
        }
        (self.released, self.parsed, self.filled) = (0, 0, pending);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(buf: &mut RecvBuf, bytes: &[u8]) {
        buf.spare()[..bytes.len()].copy_from_slice(bytes);
        buf.commit(bytes.len());
    }

    #[test]
    fn lent_bytes_stay_while_more_arrives() {
        let mut buf = RecvBuf::default();
        assert!(buf.spare().is_empty());
        buf.make_room(1).unwrap();
        put(&mut buf, b"rowone");
        let cell = buf.unparsed_mut()[3..].as_mut_ptr();
        buf.consume_lent(6);
        put(&mut buf, b"next");
        assert!(matches!(buf.make_room(9), Err(RoomError::Lent)));
        assert_eq!(buf.lent(&Cell { data: cell, length: 3 }), Some(&b"one"[..]));
        assert_eq!(buf.lent(&Cell { data: cell, length: 4 }), None, "beyond what is lent");
        let elsewhere = (&raw mut buf).cast();
        assert_eq!(buf.lent(&Cell { data: elsewhere, length: 0 }), None, "elsewhere");
        // C may read and write what it was lent.
        // SAFETY: three bytes at `cell` are lent until `release`.
        unsafe {
            assert_eq!(std::slice::from_raw_parts(cell, 3), b"one");
            *cell = b'O';
            assert_eq!(*cell, b'O');
        }
        assert_eq!(buf.unparsed(), b"next");
        buf.release();
        buf.make_room(1).unwrap();
        assert_eq!(buf.unparsed(), b"next");
    }

    #[test]
    fn grows_with_what_arrived_only() {
        let mut buf = RecvBuf::default();
        buf.make_room(1 << 30).unwrap();
        assert_eq!(buf.capacity(), RECV_IDLE);
        let mut total = 0;
        while total < 3 << 20 {
            buf.make_room(1 << 30).unwrap();
            let n = buf.spare().len();
            assert!(n > 0);
            total += n;
            buf.commit(n);
            assert!(buf.capacity() <= (2 * total).max(4 * RECV_STREAM), "{total}");
        }
        buf.consume(total);
        buf.make_room(1).unwrap();
        assert!(buf.capacity() <= RECV_STREAM, "shrinks to the streaming size at the next read");
        buf.shrink();
        assert!(buf.capacity() <= RECV_IDLE);
    }

    #[test]
    fn never_longer_than_the_packet_needs() {
        let mut buf = RecvBuf::default();
        let need = RECV_STREAM * 5 + 7;
        loop {
            buf.make_room(need).unwrap();
            let n = buf.spare().len();
            buf.commit(n);
            if buf.unparsed().len() >= need {
                break;
            }
        }
        assert_eq!(buf.capacity(), need);
    }

    #[test]
    fn a_held_block_is_frozen_with_its_rows() {
        let mut buf = RecvBuf::default();
        buf.make_room(1).unwrap();
        buf.hold();
        let n = buf.spare().len();
        buf.spare().fill(7);
        buf.commit(n);
        let cell = buf.unparsed_mut().as_mut_ptr();
        buf.consume(n - 10);
        let frozen = buf.make_room(100).unwrap().expect("frozen");
        assert_eq!(buf.unparsed(), [7; 10]);
        // SAFETY: the frozen block is alive, so the cell still is.
        assert_eq!(unsafe { *cell }, 7);
        drop(frozen);
        buf.end_hold();
        buf.consume(10);
        buf.shrink();
        assert!(buf.capacity() <= RECV_IDLE);
    }

    #[test]
    fn what_is_kept_survives_the_end_of_keeping() {
        let mut buf = RecvBuf::default();
        buf.make_room(1).unwrap();
        buf.hold();
        buf.spare()[..30].fill(7);
        buf.commit(30);
        let cell = buf.unparsed_mut().as_mut_ptr();
        buf.consume(20);
        assert_eq!(buf.kept(), 20);
        let frozen = buf.freeze().unwrap().expect("frozen");
        assert_eq!((buf.unparsed(), buf.kept()), (&[7; 10][..], RECV_IDLE));
        buf.consume(10);
        buf.make_room(1).unwrap();
        buf.spare().fill(9);
        // SAFETY: the frozen block is alive, so the cell still is.
        assert_eq!(unsafe { *cell }, 7);
        assert!(buf.freeze().unwrap().is_none(), "nothing is on hold any more");
        assert_eq!((buf.frozen(), buf.peak()), (RECV_IDLE, 2 * RECV_IDLE));
        drop(frozen);
        buf.end_hold();
        assert_eq!((buf.frozen(), buf.kept()), (0, 0));
    }

    #[test]
    fn what_is_lent_can_be_read_twice_and_taken_back() {
        let mut buf = RecvBuf::default();
        buf.make_room(8).unwrap();
        buf.spare()[..6].copy_from_slice(b"abcdef");
        buf.commit(6);
        assert!(buf.lend(7).is_none());
        assert_eq!(buf.lend(4).unwrap(), b"abcd");
        assert_eq!(buf.lent_mut(), b"abcd");
        assert_eq!(buf.unparsed(), b"ef");
        buf.unlend();
        assert_eq!(buf.unparsed(), b"abcdef");
        buf.lend(2).unwrap();
        buf.lend(3).unwrap();
        buf.unlend_last(3);
        assert_eq!(buf.lent_mut(), b"ab");
        assert_eq!(buf.kept(), 2);
        buf.unlend_last(3);
        assert_eq!(buf.unparsed(), b"cdef", "more than is lent");
        buf.unlend();
        let cell = buf.lend(2).unwrap().as_mut_ptr();
        buf.spare()[0] = b'g';
        buf.commit(1);
        // SAFETY: what was lent stays where it is; later bytes came meanwhile.
        unsafe { *cell = b'A' };
        assert_eq!(buf.lent_mut(), b"Ab");
        buf.release();
        buf.hold();
        buf.consume_lent(1);
        assert!(buf.lend(1).is_none() && buf.lent_mut().is_empty());
        buf.unlend();
        assert_eq!(buf.unparsed(), b"defg", "kept is not lent");
    }
}
