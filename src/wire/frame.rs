// SPDX-License-Identifier: Apache-2.0
//! Packet framing on the way in: finds the next packet in the receive buffer, checks sequence ids, and
//! slides the pieces of a payload of 2^24-1 bytes and more together in place.
//!
//! ```text
//! | len 3 | seq 1 | payload ................ |          one piece
//! | ff ff ff | 0 | 2^24-1 bytes | 5 0 0 | 1 | 5 bytes | joined: the second header is overwritten
//! ```
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_packets.html>

use crate::buf::RecvBuf;
use crate::error::{Error, ProtocolError, Result};
use crate::limits::MAX_FRAME;

/// Bytes of a packet's header.
pub const HEADER: usize = 4;

/// Where the next packet's payload lies, counted from the first unparsed byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packet {
    /// Payload offset.
    pub start: usize,
    /// Payload length.
    pub len: usize,
    /// Bytes to consume when the packet is done with: headers, payload and gaps.
    pub raw: usize,
}

impl Packet {
    /// The payload.
    #[inline]
    pub fn body<'a>(&self, buf: &'a RecvBuf) -> &'a [u8] {
        buf.unparsed().get(self.start..self.start + self.len).unwrap_or_default()
    }

    /// The payload, for cells that C may write to.
    #[inline]
    pub fn body_mut<'a>(&self, buf: &'a mut RecvBuf) -> &'a mut [u8] {
        buf.unparsed_mut().get_mut(self.start..self.start + self.len).unwrap_or_default()
    }
}

/// A payload that is not wanted, of which so much has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Skip {
    /// Bytes of the pieces whose headers were here.
    pub size: usize,
    /// Bytes of the last of them that are still to come.
    left: usize,
    /// Another piece follows.
    more: bool,
}

/// Finds packets. Keeps what is known of one that is still arriving.
#[derive(Debug, Default)]
pub struct Framer {
    /// Sequence id that is due next.
    seq: u8,
    /// The next packet is the first answer to what was sent.
    first: bool,
    /// Numbers mean nothing: in a compressed stream the servers set them by those of the outer packets
    /// now and then, and those are checked.
    unnumbered: bool,
    /// `whole` takes payloads shorter than this: none while pieces are being joined, and none before
    /// `allow` was called.
    below: usize,
    /// `whole` takes nothing: every packet is to come from `next`.
    no_short_way: bool,
    /// Payload bytes of the current packet that are already joined, and where the header after them
    /// is, both counted from the first unparsed byte; 0 and 0 before the first piece is complete.
    joined: usize,
    next_header: usize,
    /// Bytes, counted from the first unparsed one, that must be here before there is progress.
    need: usize,
}

impl Framer {
    /// The packet at the front of the unparsed bytes, if it is complete. The caller consumes
    /// `Packet::raw` bytes when it is done. `limit` is the largest payload accepted.
    #[inline]
    pub fn next(&mut self, buf: &mut RecvBuf, limit: usize) -> Result<Option<Packet>> {
        let bytes = buf.unparsed_mut();
        if bytes.len() < HEADER && self.joined == 0 {
            return Ok(None);
        }
        let len = self.whole(bytes).map(|body| body.len());
        if let Some(len) = len {
            self.accept();
            return Ok(Some(Packet { start: HEADER, len, raw: HEADER + len }));
        }
        self.next_slow(buf, limit)
    }

    /// The payload of the packet at the front of `bytes`, in the usual case: it is here as a whole, in
    /// one piece and in sequence. `accept` takes it; until then nothing has changed.
    #[inline]
    pub fn whole<'a>(&self, bytes: &'a mut [u8]) -> Option<&'a mut [u8]> {
        let (&mut header, rest) = bytes.split_first_chunk_mut()?;
        let len = self.usual(header)?;
        rest.get_mut(..len)
    }

    /// As `whole`, for payloads whose first byte is such that `is_it`: how many bytes they have, with their
    /// header. Whether all are here is not looked at.
    #[inline(always)]
    pub fn size_of(&self, bytes: &[u8], is_it: impl FnOnce(u8) -> bool) -> Option<usize> {
        // Whether there are five bytes is the one question.
        let &first = bytes.get(HEADER)?;
        let len = self.usual(*bytes.first_chunk()?)?;
        if is_it(first) { Some(HEADER + len) } else { None }
    }

    /// The length of a payload with this header, in the usual case.
    #[inline(always)]
    fn usual(&self, header: [u8; HEADER]) -> Option<usize> {
        // One number, because a byte costs as much.
        let len = usize::try_from(u32::from_le_bytes(header) & 0xff_ffff).ok()?;
        let [.., seq] = header;
        if seq == self.seq && len < self.below { Some(len) } else { None }
    }

    /// Payloads of up to `limit` bytes are welcome from here on.
    pub fn allow(&mut self, limit: usize) {
        // One piece of `MAX_FRAME` bytes is never all.
        let below = MAX_FRAME.min(limit.saturating_add(1));
        self.below = if self.joined == 0 && !self.no_short_way { below } else { 0 };
    }

    /// Whether `whole` may take packets; `allow` comes after it.
    pub fn set_short_way(&mut self, is_open: bool) {
        self.no_short_way = !is_open;
    }

    /// Takes what `whole` gave.
    #[inline]
    pub fn accept(&mut self) {
        self.seq = self.seq.wrapping_add(1);
        self.need = 0;
        self.first = false;
    }

    /// Takes `accept` back.
    pub fn refuse(&mut self) {
        self.seq = self.seq.wrapping_sub(1);
    }

    /// Whether `next` could get on with what is in `buf`.
    pub fn has_piece(&self, buf: &RecvBuf) -> bool {
        let rest = buf.unparsed().get(self.next_header..).unwrap_or_default();
        match rest.split_first_chunk::<HEADER>() {
            Some((&[a, b, c, _], rest)) => rest.len() >= length(a, b, c),
            None => false,
        }
    }

    /// Says that the next packet in begins a new exchange: it must bear `seq`.
    pub fn expect(&mut self, seq: u8) {
        self.seq = seq;
        self.first = true;
    }

    /// The stream is compressed from here on.
    pub fn ignore_numbers(&mut self) {
        self.unnumbered = true;
    }

    /// The sequence id for the packet that answers the last one received.
    pub fn reply_seq(&self) -> u8 {
        self.seq
    }

    /// Bytes that must be unparsed in the buffer before `next` can get on.
    pub fn need(&self) -> usize {
        self.need.max(HEADER)
    }

    /// As `next`, in any case: whole, in pieces, out of sequence.
    #[cold]
    #[inline(never)]
    pub fn next_slow(&mut self, buf: &mut RecvBuf, limit: usize) -> Result<Option<Packet>> {
        while let Some(piece) = self.piece(buf.unparsed(), limit)? {
            if let Some(packet) = self.join(buf, piece) {
                self.allow(limit);
                return Ok(Some(packet));
            }
        }
        Ok(None)
    }

    /// The length of the next piece, if it is complete.
    fn piece(&mut self, bytes: &[u8], limit: usize) -> Result<Option<usize>> {
        self.need = self.next_header + HEADER;
        let header = bytes.get(self.next_header..).and_then(<[u8]>::first_chunk::<HEADER>);
        let Some(&[a, b, c, seq]) = header else {
            return Ok(None);
        };
        let len = length(a, b, c);
        let total = self.joined + len;
        if total > limit {
            let (size, limit) = (total as u64, limit as u64);
            return Err(Error::TooLarge { what: "a packet from the server", size, limit }.into());
        }
        self.need += len;
        if bytes.len() < self.need {
            return Ok(None);
        }
        // A server that gives up on a session says so with an ERR packet numbered 0, whatever was
        // due (MySQL error 4031, MariaDB error 1927); one that refuses a command of several packets
        // in its midst answers the piece it has read.
        let is_error = self.joined == 0 && bytes.get(HEADER) == Some(&0xff);
        if seq != self.seq && !self.unnumbered && !(is_error && (seq == 0 || self.first)) {
            return Err(ProtocolError::Sequence { expected: self.seq, got: seq }.into());
        }
        self.seq = seq.wrapping_add(1);
        self.first = false;
        Ok(Some(len))
    }

    /// What the headers at hand say of the payload at the front: its size so far, and its first byte, if that
    /// is here.
    pub fn announced(&self, buf: &RecvBuf) -> Option<(usize, Option<u8>)> {
        let bytes = buf.unparsed();
        let &[a, b, c, _] = bytes.get(self.next_header..)?.first_chunk::<HEADER>()?;
        Some((self.joined + length(a, b, c), bytes.get(HEADER).copied()))
    }

    /// Gives up the payload at the front: `skip` takes its bytes as they come. The short way is closed until
    /// `allow` is called after that.
    pub fn start_skip(&mut self, buf: &mut RecvBuf) -> Skip {
        let skip = Skip { size: self.joined, left: 0, more: true };
        buf.consume(self.next_header);
        (self.joined, self.next_header, self.need, self.below) = (0, 0, 0, 0);
        skip
    }

    /// Takes what is here of a payload that is not wanted. Whether that was the rest of it.
    pub fn skip(&mut self, buf: &mut RecvBuf, skip: &mut Skip) -> Result<bool> {
        loop {
            let here = skip.left.min(buf.unparsed().len());
            buf.consume(here);
            skip.left -= here;
            if skip.left > 0 {
                return Ok(false);
            }
            if !skip.more {
                return Ok(true);
            }
            let Some(&[a, b, c, seq]) = buf.unparsed().first_chunk::<HEADER>() else {
                return Ok(false);
            };
            if seq != self.seq && !self.unnumbered {
                return Err(ProtocolError::Sequence { expected: self.seq, got: seq }.into());
            }
            self.seq = seq.wrapping_add(1);
            self.first = false;
            skip.left = length(a, b, c);
            skip.size += skip.left;
            skip.more = skip.left == MAX_FRAME;
            buf.consume(HEADER);
        }
    }

    /// Slides a piece to those before it. `None` says that more pieces must come.
    fn join(&mut self, buf: &mut RecvBuf, piece: usize) -> Option<Packet> {
        let from = self.next_header + HEADER;
        let target = HEADER + self.joined;
        if from != target {
            buf.unparsed_mut().copy_within(from..from + piece, target);
        }
        self.joined += piece;
        self.next_header = from + piece;
        if piece == MAX_FRAME {
            self.below = 0;
            return None;
        }
        let whole = Packet { start: HEADER, len: self.joined, raw: self.next_header };
        (self.joined, self.next_header, self.need) = (0, 0, 0);
        Some(whole)
    }
}

fn length(a: u8, b: u8, c: u8) -> usize {
    usize::from(a) | usize::from(b) << 8 | usize::from(c) << 16
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "patterns wrap on purpose")]
mod tests {
    use super::*;
    use crate::buf::SendBuf;

    fn drain(framer: &mut Framer, buf: &mut RecvBuf, limit: usize) -> Result<Vec<Vec<u8>>> {
        let mut out = Vec::new();
        while let Some(packet) = framer.next(buf, limit)? {
            out.push(packet.body(buf).to_vec());
            buf.consume(packet.raw);
        }
        Ok(out)
    }

    fn feed(bytes: &[u8], step: usize, limit: usize) -> Result<Vec<Vec<u8>>> {
        let (mut buf, mut framer, mut out) = (RecvBuf::default(), Framer::default(), Vec::new());
        for piece in bytes.chunks(step) {
            let mut piece = piece;
            while !piece.is_empty() {
                buf.make_room(framer.need()).unwrap();
                let n = buf.spare().len().min(piece.len());
                buf.spare()[..n].copy_from_slice(&piece[..n]);
                buf.commit(n);
                piece = &piece[n..];
                out.extend(drain(&mut framer, &mut buf, limit)?);
            }
        }
        Ok(out)
    }

    fn sent(payloads: &[Vec<u8>]) -> Vec<u8> {
        let (mut buf, mut seq) = (SendBuf::default(), 0);
        for payload in payloads {
            seq = buf.packet(seq, |out| out.extend_from_slice(payload));
        }
        buf.pending().to_vec()
    }

    #[test]
    fn small_packets_at_every_step() {
        let payloads: Vec<Vec<u8>> = (0..600usize).map(|i| vec![i as u8; i % 7]).collect();
        let bytes = sent(&payloads);
        for step in [1, 2, 3, 5, 4096, bytes.len()] {
            assert_eq!(feed(&bytes, step, 1 << 20).unwrap(), payloads, "step {step}");
        }
    }

    #[test]
    fn long_payloads_are_joined() {
        let pattern =
            |len: usize| -> Vec<u8> { (0..len).map(|i| (i / 251 + i) as u8).collect::<Vec<u8>>() };
        for len in [MAX_FRAME - 1, MAX_FRAME, MAX_FRAME + 1, 2 * MAX_FRAME, 2 * MAX_FRAME + 5] {
            let payloads = [pattern(3), pattern(len), pattern(9)];
            let bytes = sent(&payloads);
            for step in [1 << 16, 999_983, bytes.len()] {
                assert!(feed(&bytes, step, 1 << 30).unwrap() == payloads, "len {len} step {step}");
            }
        }
    }

    #[test]
    fn wrong_sequence_is_an_error_but_a_farewell_is_not() {
        let mut buf = SendBuf::default();
        buf.packet(3, |out| out.push(b'x'));
        let got = feed(buf.pending(), 100, 100);
        assert_eq!(got, Err(ProtocolError::Sequence { expected: 0, got: 3 }.into()));
        let (mut recv, mut framer) = (RecvBuf::default(), Framer::default());
        framer.expect(1);
        recv.make_room(1).unwrap();
        recv.spare()[..8].copy_from_slice(b"\x04\0\0\0\xff\xbf\x0fx");
        recv.commit(8);
        assert_eq!(drain(&mut framer, &mut recv, 100).unwrap(), [b"\xff\xbf\x0fx"]);
    }

    #[test]
    fn over_the_limit_is_refused_at_the_header() {
        let got = feed(b"\xff\xff\xff\x00", 1, 1000);
        assert!(matches!(*got.unwrap_err(), Error::TooLarge { size: 0xff_ffff, limit: 1000, .. }));
        let mut bytes = sent(&[vec![1; MAX_FRAME + 10]]);
        bytes.truncate(MAX_FRAME + 8);
        let got = feed(&bytes, 1 << 20, MAX_FRAME + 9);
        assert!(matches!(*got.unwrap_err(), Error::TooLarge { .. }));
    }
}
