// SPDX-License-Identifier: Apache-2.0
//! The stream that OpenSSL sees: two buffers in memory. A read of nothing would block, and is never the
//! end of the stream; a write always fits.

use std::io::{self, Read, Write};

use crate::transport::staging::Staging;

/// Ciphertext from the socket, and ciphertext for it.
#[derive(Debug, Default)]
pub(super) struct Pipe {
    pub(super) incoming: Staging,
    /// Ciphertext to send; the front is taken by the session.
    pub(super) outgoing: Vec<u8>,
}

impl Read for Pipe {
    fn read(&mut self, space: &mut [u8]) -> io::Result<usize> {
        let waiting = self.incoming.waiting();
        if waiting.is_empty() {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let n = waiting.len().min(space.len());
        for (to, from) in space.iter_mut().zip(waiting) {
            *to = *from;
        }
        self.incoming.take(n);
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
        pipe.incoming.space()[..6].copy_from_slice(b"abcdef");
        pipe.incoming.received(6);
        assert_eq!(pipe.read(&mut got).unwrap(), 4);
        assert_eq!(&got, b"abcd");
        assert!(!pipe.incoming.is_empty());
        assert_eq!(pipe.read(&mut got).unwrap(), 2);
        assert!(pipe.incoming.is_empty());
        assert_eq!(pipe.write(&[7; 100_000]).unwrap(), 100_000);
        assert_eq!(pipe.outgoing.len(), 100_000);
    }
}
