// SPDX-License-Identifier: Apache-2.0
//! The stream that OpenSSL sees: two buffers in memory. A read of nothing would block, and is never the
//! end of the stream; a write always fits.

use std::io::{self, Read, Write};

/// Bytes of one read from the socket: two TLS records and their headers.
const STAGING: usize = 34 * 1024;

/// Staging that is kept while nothing is in it.
const IDLE: usize = 0;

/// Ciphertext from the socket, and ciphertext for it.
#[derive(Debug, Default)]
pub(super) struct Pipe {
    incoming: Vec<u8>,
    /// `incoming[taken..filled]` waits for OpenSSL.
    taken: usize,
    filled: usize,
    /// Ciphertext to send; the front is taken by the session.
    pub(super) outgoing: Vec<u8>,
}

impl Pipe {
    /// Space for bytes from the socket.
    pub(super) fn space(&mut self) -> &mut [u8] {
        if self.taken == self.filled {
            (self.taken, self.filled) = (0, 0);
        } else if self.filled == self.incoming.len() {
            self.incoming.copy_within(self.taken..self.filled, 0);
            (self.taken, self.filled) = (0, self.filled - self.taken);
        }
        if self.incoming.len() < STAGING {
            self.incoming.resize(STAGING, 0);
        }
        self.incoming.get_mut(self.filled..).unwrap_or_default()
    }

    /// Takes the first `n` bytes of `space` as received.
    pub(super) fn received(&mut self, n: usize) {
        self.filled = self.incoming.len().min(self.filled + n);
    }

    /// Whether ciphertext waits for OpenSSL.
    pub(super) fn has_incoming(&self) -> bool {
        self.taken < self.filled
    }

    /// Gives memory back while nothing is in it.
    pub(super) fn shrink(&mut self) {
        if !self.has_incoming() {
            (self.taken, self.filled) = (0, 0);
            self.incoming.truncate(IDLE);
            self.incoming.shrink_to_fit();
        }
    }
}

impl Read for Pipe {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let waiting = self.incoming.get(self.taken..self.filled).unwrap_or_default();
        if waiting.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let n = waiting.len().min(space.len());
        for (to, from) in space.iter_mut().zip(waiting) {
            *to = *from;
        }
        self.taken += n;
        Ok(n)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.outgoing.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_would_block_and_everything_fits() {
        let mut pipe = Pipe::default();
        let mut got = [0; 4];
        assert_eq!(pipe.read(&mut got).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        pipe.space()[..6].copy_from_slice(b"abcdef");
        pipe.received(6);
        assert_eq!(pipe.read(&mut got).unwrap(), 4);
        assert_eq!(&got, b"abcd");
        assert!(pipe.has_incoming());
        assert_eq!(pipe.read(&mut got).unwrap(), 2);
        assert!(!pipe.has_incoming());
        assert_eq!(pipe.write(&[7; 100_000]).unwrap(), 100_000);
        assert_eq!(pipe.outgoing.len(), 100_000);
        pipe.shrink();
        assert_eq!(pipe.incoming.capacity(), 0);
    }

    #[test]
    fn half_a_record_is_kept() {
        let mut pipe = Pipe::default();
        let n = pipe.space().len();
        pipe.space()[n - 1] = 9;
        pipe.received(n);
        let mut got = vec![0; n - 1];
        assert_eq!(pipe.read(&mut got).unwrap(), n - 1);
        assert_eq!(pipe.space().len(), n - 1);
        assert_eq!(pipe.read(&mut got).unwrap(), 1);
        assert_eq!(got[0], 9);
    }
}
