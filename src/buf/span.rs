// SPDX-License-Identifier: Apache-2.0
//! A range inside a buffer, kept instead of a reference so that the buffer stays usable.

/// `len` bytes from `offset`. 32 bits are enough: no packet is longer than 1 GiB.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    /// First byte, counted from the start of the buffer.
    pub offset: u32,
    /// Number of bytes.
    pub len: u32,
}

impl Span {
    /// The span of `len` bytes at `offset`; `None` if either needs more than 32 bits.
    #[inline]
    pub fn new(offset: usize, len: usize) -> Option<Self> {
        Some(Self { offset: u32::try_from(offset).ok()?, len: u32::try_from(len).ok()? })
    }

    /// The offset behind the last byte.
    #[inline]
    pub fn end(self) -> usize {
        (self.offset as usize).saturating_add(self.len as usize)
    }

    /// The bytes of this span in `buffer`; empty if the span is not inside it.
    pub fn of(self, buffer: &[u8]) -> &[u8] {
        buffer.get(self.offset as usize..self.end()).unwrap_or_default()
    }
}
