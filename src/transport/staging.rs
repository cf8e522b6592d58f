// SPDX-License-Identifier: Apache-2.0
//! Bytes on their way from the socket to a layer: filled at the end, taken from the front. A fixed size,
//! which no length that the server declares changes; nothing at all while it is empty and idle.

/// Bytes of one read: two TLS records and their headers.
pub(super) const STAGING: usize = 34 * 1024;

/// A queue of bytes in one place.
#[derive(Debug, Default)]
pub(super) struct Staging {
    bytes: Vec<u8>,
    /// `bytes[taken..filled]` waits to be taken.
    taken: usize,
    filled: usize,
}

impl Staging {
    /// Space for more bytes. Empty only while everything in it waits to be taken.
    pub(super) fn space(&mut self) -> &mut [u8] {
        if self.taken == self.filled {
            (self.taken, self.filled) = (0, 0);
        } else if self.taken > 0 && self.filled == self.bytes.len() {
            self.bytes.copy_within(self.taken..self.filled, 0);
            (self.taken, self.filled) = (0, self.filled - self.taken);
        }
        if self.bytes.len() < STAGING {
            self.bytes.resize(STAGING, 0);
        }
        self.bytes.get_mut(self.filled..).unwrap_or_default()
    }

    /// Takes the first `n` bytes of `space` as received.
    pub(super) fn received(&mut self, n: usize) {
        self.filled = self.bytes.len().min(self.filled + n);
    }

    /// What waits to be taken.
    pub(super) fn waiting(&self) -> &[u8] {
        self.bytes.get(self.taken..self.filled).unwrap_or_default()
    }

    /// Takes the first `n` bytes of `waiting`.
    pub(super) fn take(&mut self, n: usize) {
        self.taken = self.filled.min(self.taken + n);
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.taken == self.filled
    }

    /// Puts bytes that came before the layer was there behind what waits.
    pub(super) fn append(&mut self, bytes: &[u8]) {
        self.bytes.truncate(self.filled);
        self.bytes.extend_from_slice(bytes);
        self.filled = self.bytes.len();
    }

    /// Bytes allocated.
    pub(super) fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Gives the memory back while nothing is in it.
    pub(super) fn shrink(&mut self) {
        if self.is_empty() {
            *self = Self::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_moves_to_the_front_when_the_end_is_reached() {
        let mut staging = Staging::default();
        let n = staging.space().len();
        assert_eq!(n, STAGING);
        staging.space()[n - 1] = 9;
        staging.received(n);
        assert!(staging.space().is_empty());
        staging.take(n - 1);
        assert_eq!(staging.waiting(), [9]);
        assert_eq!(staging.space().len(), n - 1);
        assert_eq!(staging.waiting(), [9]);
        staging.take(5);
        assert!(staging.is_empty());
        staging.shrink();
        assert_eq!(staging.bytes.capacity(), 0);
    }

    #[test]
    fn bytes_from_before_come_first() {
        let mut staging = Staging::default();
        staging.append(b"abc");
        staging.space()[0] = b'd';
        staging.received(1);
        assert_eq!(staging.waiting(), b"abcd");
        staging.append(b"ef");
        assert_eq!(staging.waiting(), b"abcdef");
    }
}
