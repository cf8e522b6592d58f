// SPDX-License-Identifier: Apache-2.0
//! Bytes to send. Owns packet framing on the way out (placeholder header, patched when the payload is
//! complete, split at 16 MiB); never looks into a payload, never touches a socket.

use zeroize::Zeroize;

use crate::limits::{MAX_FRAME, SEND_IDLE};

const HEADER: usize = 4;

/// A queue of bytes: packets are appended at the end, the driver takes from the front.
#[derive(Debug, Default)]
pub struct SendBuf {
    bytes: Vec<u8>,
    /// Bytes at the front that are already sent.
    sent: usize,
    /// Holds a password in some form: overwritten before the memory is reused.
    secret: bool,
    /// The most bytes that were given back.
    peak: usize,
}

impl SendBuf {
    /// Appends one packet whose payload `fill` writes, with sequence id `seq`. A payload of 2^24-1
    /// bytes or more becomes several physical packets. Returns the sequence id that follows.
    #[inline]
    pub fn packet(&mut self, seq: u8, fill: impl FnOnce(&mut Vec<u8>)) -> u8 {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[0; HEADER]);
        fill(&mut self.bytes);
        let len = self.bytes.len().saturating_sub(start + HEADER);
        if len < MAX_FRAME {
            self.put_header(start, len, seq);
            return seq.wrapping_add(1);
        }
        self.split(start, len, seq)
    }

    /// Appends a packet that begins an exchange with `command`.
    #[inline(always)]
    pub fn command(&mut self, command: u8, fill: impl FnOnce(&mut Vec<u8>)) -> u8 {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(&[0, 0, 0, 0, command]);
        fill(&mut self.bytes);
        let len = self.bytes.len().saturating_sub(start + HEADER);
        if len < MAX_FRAME {
            self.put_header(start, len, 0);
            return 1;
        }
        self.split(start, len, 0)
    }

    /// As `packet`, for a payload of at most `size` bytes that holds a secret: the bytes are
    /// overwritten once they are sent, and are never moved in memory before.
    pub fn secret_packet(&mut self, seq: u8, size: usize, fill: impl FnOnce(&mut Vec<u8>)) -> u8 {
        self.bytes.reserve(size + HEADER);
        self.secret = true;
        self.packet(seq, fill)
    }

    /// The end of what was appended, for `truncate`.
    pub fn mark(&self) -> usize {
        self.bytes.len()
    }

    /// Makes room for `more` bytes, and no more than that.
    pub fn reserve(&mut self, more: usize) {
        self.bytes.reserve_exact(more);
    }

    /// Takes back what was appended since `mark`. Nothing may have been sent since.
    pub fn truncate(&mut self, mark: usize) {
        self.bytes.truncate(mark.max(self.sent));
        self.advance(0);
    }

    /// Appends bytes as they are.
    pub fn append(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Takes all that `other` has to send, and with it the duty to overwrite what is secret.
    pub fn take_all(&mut self, other: &mut Self) {
        if self.is_empty() {
            std::mem::swap(self, other);
        } else {
            self.append(other.pending());
            self.secret |= other.secret;
        }
        other.clear();
    }

    /// What is still to be sent.
    pub fn pending(&self) -> &[u8] {
        self.bytes.get(self.sent..).unwrap_or_default()
    }

    /// Bytes allocated.
    pub fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// The most bytes that were allocated.
    pub fn peak(&self) -> usize {
        self.peak.max(self.bytes.capacity())
    }

    /// Whether everything was sent.
    pub fn is_empty(&self) -> bool {
        self.sent == self.bytes.len()
    }

    /// Marks `n` bytes as sent. When nothing is left, the memory of a long text is given back.
    pub fn advance(&mut self, n: usize) {
        self.sent = self.bytes.len().min(self.sent + n);
        if self.is_empty() {
            self.clear();
        }
    }

    /// Gives the room of what was sent back, if that is most of it: for a queue that never gets empty.
    pub fn drop_sent(&mut self) {
        if self.sent > SEND_IDLE && self.sent > self.bytes.len() / 2 && !self.secret {
            self.bytes.drain(..self.sent);
            self.sent = 0;
        }
    }

    /// Forgets what was not sent.
    pub fn clear(&mut self) {
        self.sent = 0;
        if std::mem::take(&mut self.secret) {
            self.bytes.zeroize();
        }
        if self.bytes.capacity() > SEND_IDLE {
            self.peak = self.peak();
            self.bytes = Vec::new();
        } else {
            self.bytes.clear();
        }
    }

    fn put_header(&mut self, at: usize, len: usize, seq: u8) {
        let [a, b, c, ..] = len.to_le_bytes();
        if let Some(header) = self.bytes.get_mut(at..at + HEADER) {
            header.copy_from_slice(&[a, b, c, seq]);
        }
    }

    /// Makes room for the further headers of a long payload, moving the pieces from the last to the
    /// first. A payload that is an exact multiple of the frame size ends with an empty packet.
    #[cold]
    #[inline(never)]
    fn split(&mut self, start: usize, len: usize, seq: u8) -> u8 {
        let extra = len / MAX_FRAME;
        self.bytes.resize(self.bytes.len() + extra * HEADER, 0);
        for piece in (0..=extra).rev() {
            let from = start + HEADER + piece * MAX_FRAME;
            let size = if piece == extra { len % MAX_FRAME } else { MAX_FRAME };
            self.bytes.copy_within(from..from + size, from + piece * HEADER);
            let [low, ..] = piece.to_le_bytes();
            self.put_header(from + piece * HEADER - HEADER, size, seq.wrapping_add(low));
        }
        let [low, ..] = extra.to_le_bytes();
        seq.wrapping_add(low).wrapping_add(1)
    }
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "patterns wrap on purpose")]
mod tests {
    use super::*;

    fn frames(buf: &SendBuf) -> Vec<(usize, u8, u8, u8)> {
        let (mut rest, mut out) = (buf.pending(), Vec::new());
        while !rest.is_empty() {
            let len = usize::from(rest[0]) | usize::from(rest[1]) << 8 | usize::from(rest[2]) << 16;
            let body = &rest[4..4 + len];
            out.push((
                len,
                rest[3],
                body.first().copied().unwrap_or(0),
                body.last().copied().unwrap_or(0),
            ));
            rest = &rest[4 + len..];
        }
        out
    }

    #[test]
    fn small_packets_follow_each_other() {
        let mut buf = SendBuf::default();
        assert_eq!(buf.packet(0, |b| b.extend_from_slice(b"\x03SELECT 1")), 1);
        assert_eq!(buf.packet(255, |_| ()), 0);
        assert_eq!(buf.pending(), b"\x09\0\0\0\x03SELECT 1\0\0\0\xff");
        buf.advance(9);
        assert_eq!(buf.pending(), b"CT 1\0\0\0\xff");
        buf.advance(100);
        assert!(buf.is_empty());
    }

    #[test]
    fn long_payloads_are_split_at_the_frame_size() {
        for len in [MAX_FRAME - 1, MAX_FRAME, MAX_FRAME + 1, 2 * MAX_FRAME, 2 * MAX_FRAME + 5] {
            let mut buf = SendBuf::default();
            buf.packet(9, |b| b.push(b'x'));
            let next = buf.packet(254, |b| {
                let start = b.len();
                b.resize(start + len, 0);
                for (piece, byte) in b[start..].chunks_mut(MAX_FRAME).zip(1u8..) {
                    piece.fill(byte);
                }
            });
            let pieces = len / MAX_FRAME + 1;
            let got = frames(&buf);
            assert_eq!(got[0], (1, 9, b'x', b'x'));
            assert_eq!(got.len(), pieces + 1, "{len}");
            for (i, frame) in got[1..].iter().enumerate() {
                let size = if i + 1 == pieces { len % MAX_FRAME } else { MAX_FRAME };
                let mark = if size == 0 { 0 } else { i as u8 + 1 };
                assert_eq!(*frame, (size, 254u8.wrapping_add(i as u8), mark, mark), "{len}");
            }
            assert_eq!(next, 254u8.wrapping_add(pieces as u8));
        }
    }
}
