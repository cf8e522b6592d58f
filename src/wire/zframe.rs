// SPDX-License-Identifier: Apache-2.0
//! The header of a compressed packet, which frames a stretch of the stream of ordinary packets. It may
//! begin and end anywhere in them.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_compression_packet.html>

/// Bytes of the header.
pub const HEADER: usize = 7;

/// A compression method of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// zlib, which every server has.
    Zlib,
    /// zstd, of MySQL since 8.0.18.
    Zstd,
}

/// A header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// Bytes that follow.
    pub len: usize,
    /// Sequence id, counted apart from that of the packets inside.
    pub seq: u8,
    /// Bytes that those that follow stand for; 0 if they are not compressed.
    pub size: usize,
}

impl Header {
    /// The header at the front of `bytes`, if it is here as a whole.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let &[a, b, c, seq, d, e, f] = bytes.first_chunk::<HEADER>()?;
        Some(Self { len: three(a, b, c), seq, size: three(d, e, f) })
    }

    /// The header's bytes. Both lengths must fit in three.
    pub fn bytes(self) -> [u8; HEADER] {
        let [a, b, c, ..] = self.len.to_le_bytes();
        let [d, e, f, ..] = self.size.to_le_bytes();
        [a, b, c, self.seq, d, e, f]
    }
}

fn three(a: u8, b: u8, c: u8) -> usize {
    usize::from(a) | usize::from(b) << 8 | usize::from(c) << 16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back() {
        let header = Header { len: 0x0001_0203, seq: 4, size: 0x00ff_fefd };
        assert_eq!(header.bytes(), [3, 2, 1, 4, 0xfd, 0xfe, 0xff]);
        assert_eq!(Header::parse(&header.bytes()), Some(header));
        assert_eq!(Header::parse(&[0; 6]), None);
    }
}
