// SPDX-License-Identifier: Apache-2.0
//! The compressed stream of one connection: packs what goes out, unpacks what comes in, and counts the
//! packets. Knows where a command begins, because the count begins anew there; knows nothing else of what
//! is inside.
//!
//! A packet is unpacked as far as there is space for it, so no length that the server declares makes the
//! library take memory. Unpacking begins when the packet is here or the staging is full: until then its
//! header is not believed.

use std::collections::VecDeque;

use crate::buf::SendBuf;
use crate::error::{ProtocolError, Result};
use crate::limits::{COMPRESS_LEAST, COMPRESS_STEP, MAX_FAREWELL};
use crate::transport::codec::{Packer, Unpacker, can_be};
use crate::transport::staging::{STAGING, Staging};
use crate::transport::tls::Fed;
use crate::wire::zframe::{Algorithm, HEADER, Header};

/// A packet that is being taken in.
#[derive(Debug)]
struct Body {
    /// Bytes of it that are still to be taken.
    left: usize,
    /// Bytes that they stand for and were not given yet.
    size: usize,
    packed: bool,
    begun: bool,
    /// The last step has filled its space: more may come without further bytes.
    full: bool,
}

/// A compressed stream, both ways.
#[derive(Debug)]
pub(super) struct Zip {
    algorithm: Algorithm,
    level: u8,
    packer: Option<Packer>,
    unpacker: Option<Unpacker>,
    /// What is to be packed; its bytes are counted over the whole life of the connection.
    plain: SendBuf,
    queued: u64,
    taken: u64,
    /// Where, in that count, commands begin whose first byte is not packed yet, and whether answers to
    /// others are awaited then.
    commands: VecDeque<(u64, bool)>,
    /// Several commands may have been packed whose answers are to come. Both sides count for themselves then.
    piped: bool,
    /// The most packets that one of those has had.
    most: u32,
    /// The next packet's number, in either direction.
    seq: u8,
    /// Packets sent since the command began.
    sent: u32,
    /// The next packet in is the first one after what was sent.
    first: bool,
    pub(super) incoming: Staging,
    body: Option<Body>,
    /// A read may give something without further bytes from the socket.
    more: bool,
    /// Where a packet is packed.
    space: Vec<u8>,
}

impl Zip {
    /// Bytes of its buffers.
    pub(super) fn bytes(&self) -> usize {
        self.plain.capacity() + self.incoming.capacity() + self.space.capacity()
    }

    /// Those of what is still to be packed.
    pub(super) fn waiting(&self) -> usize {
        self.plain.capacity()
    }

    pub(super) fn new(algorithm: Algorithm, level: u8) -> Self {
        Self {
            algorithm,
            level,
            packer: None,
            unpacker: None,
            plain: SendBuf::default(),
            queued: 0,
            taken: 0,
            commands: VecDeque::new(),
            piped: false,
            most: 0,
            seq: 0,
            sent: 0,
            first: false,
            incoming: Staging::default(),
            body: None,
            more: false,
            space: Vec::new(),
        }
    }

    /// Takes all of `out`, which is one command if `command` says so, and the further words of one
    /// otherwise.
    pub(super) fn queue(&mut self, out: &mut SendBuf, command: bool) {
        if out.is_empty() {
            return;
        }
        if command {
            self.commands.push_back((self.queued, false));
        }
        self.take(out);
    }

    /// Takes all of `out`, which is one command of several that are sent at once.
    pub(super) fn queue_piped(&mut self, out: &mut SendBuf) {
        if !out.is_empty() {
            self.commands.push_back((self.queued, true));
            self.take(out);
        }
    }

    fn take(&mut self, out: &mut SendBuf) {
        self.queued += out.pending().len() as u64;
        self.plain.take_all(out);
    }

    /// Whether something is still to be packed.
    pub(super) fn has_queued(&self) -> bool {
        !self.plain.is_empty()
    }

    /// How much that is.
    pub(super) fn queued(&self) -> usize {
        self.plain.pending().len()
    }

    /// Forgets what was not packed.
    pub(super) fn forget_queued(&mut self) {
        self.plain.clear();
        self.commands.clear();
        self.taken = self.queued;
    }

    /// Packs the next piece and puts it behind `wire`. A packet belongs to one command.
    pub(super) fn pack(&mut self, wire: &mut SendBuf) -> Result<()> {
        if let Some((_, piped)) = self.commands.pop_front_if(|next| next.0 == self.taken) {
            self.begin_count(piped);
        }
        let seq = if self.piped { self.sent.to_le_bytes()[0] } else { self.seq };
        let most = self.commands.front().map_or(u64::MAX, |next| next.0 - self.taken);
        let most = usize::try_from(most).unwrap_or(usize::MAX).min(COMPRESS_STEP);
        let bytes = self.plain.pending();
        let bytes = bytes.get(..most).unwrap_or(bytes);
        let size = bytes.len();
        let mut packed = None;
        if size > COMPRESS_LEAST {
            if self.packer.is_none() {
                self.packer = Some(Packer::new(self.algorithm, self.level)?);
            }
            self.space.resize(size - 1, 0);
            packed = self.packer.as_mut().and_then(|packer| packer.pack(bytes, &mut self.space));
        }
        match packed {
            Some(len) => {
                wire.append(&Header { len, seq, size }.bytes());
                wire.append(self.space.get(..len).unwrap_or_default());
            }
            None => {
                wire.append(&Header { len: size, seq, size: 0 }.bytes());
                wire.append(bytes);
            }
        }
        self.plain.advance(size);
        self.taken += size as u64;
        if !self.piped {
            self.seq = seq.wrapping_add(1);
        }
        self.sent = self.sent.saturating_add(1);
        self.most = self.most.max(self.sent);
        self.first = true;
        Ok(())
    }

    /// A command begins.
    fn begin_count(&mut self, piped: bool) {
        if !piped {
            self.seq = 0;
        }
        if !(piped && self.piped) {
            self.most = 0;
        }
        (self.sent, self.piped) = (0, piped);
    }

    /// Takes bytes as received that came before the stream was compressed, as it seemed.
    pub(super) fn received_before(&mut self, bytes: &[u8]) {
        self.incoming.append(bytes);
        self.more = true;
    }

    /// Takes the first `n` bytes of `incoming.space` as received.
    pub(super) fn received(&mut self, n: usize) {
        self.incoming.received(n);
        self.more = true;
    }

    /// Whether a read may give something without further bytes.
    pub(super) fn has_more(&self) -> bool {
        self.more
    }

    /// Unpacks what is here into `space`.
    pub(super) fn read(&mut self, space: &mut [u8]) -> Result<Fed> {
        let mut given = 0;
        loop {
            let rest = space.get_mut(given..).unwrap_or_default();
            if rest.is_empty() {
                self.more = true;
                return Ok(Fed::Bytes(given));
            }
            let before = (given, self.body.is_some());
            given += match self.body.take() {
                Some(body) => self.unpack(body, rest)?,
                None => {
                    self.body = self.begin()?;
                    0
                }
            };
            if before == (given, self.body.is_some()) {
                self.more = false;
                return Ok(if given > 0 { Fed::Bytes(given) } else { Fed::Starved });
            }
        }
    }

    /// Gives memory back while the connection is idle.
    pub(super) fn shrink(&mut self) {
        self.incoming.shrink();
        (self.space, self.packer) = (Vec::new(), None);
        // Between two results, the rest of a packet may still be to come.
        self.unpacker = self.unpacker.take().filter(|_| self.body.is_some());
    }

    /// Reads the next header.
    fn begin(&mut self) -> Result<Option<Body>> {
        let Some(header) = Header::parse(self.incoming.waiting()) else {
            return Ok(None);
        };
        self.incoming.take(HEADER);
        self.count(header)?;
        let packed = header.size > 0;
        if packed && !can_be(self.algorithm, header.len, header.size) {
            return Err(invalid("length: so few bytes cannot stand for so many"));
        }
        let size = if packed { header.size } else { header.len };
        Ok(Some(Body { left: header.len, size, packed, begun: false, full: false }))
    }

    /// Checks a packet's number. The first one after a command may come in its midst, when the server
    /// has read enough of it to refuse it. With several under way, each answer begins with such a number, and
    /// nothing here tells when that is due.
    fn count(&mut self, header: Header) -> Result<()> {
        let (first, most) = if self.piped { (true, self.most) } else { (self.first, self.sent) };
        let early = first && (u32::from(header.seq) <= most || most > 255);
        // The last words of a server that gives up on a session are numbered 0, as in the plain
        // protocol, and are short.
        let farewell = header.seq == 0 && header.len.max(header.size) <= MAX_FAREWELL;
        if header.seq != self.seq && !early && !farewell {
            let (expected, got) = (self.seq, header.seq);
            return Err(ProtocolError::Sequence { expected, got }.into());
        }
        self.seq = header.seq.wrapping_add(1);
        self.first = false;
        Ok(())
    }

    /// Goes on with a packet, and keeps it unless it is done with. How many bytes it gave.
    fn unpack(&mut self, mut body: Body, space: &mut [u8]) -> Result<usize> {
        let waiting = self.incoming.waiting();
        let waiting = waiting.get(..body.left).unwrap_or(waiting);
        if !body.packed {
            let n = waiting.len().min(space.len());
            for (to, from) in space.iter_mut().zip(waiting) {
                *to = *from;
            }
            self.incoming.take(n);
            body.left -= n;
            self.body = (body.left > 0).then_some(body);
            return Ok(n);
        }
        let whole = waiting.len() == body.left;
        let idle =
            if body.begun { waiting.is_empty() && !body.full } else { waiting.len() < STAGING / 2 };
        if idle && !whole {
            self.body = Some(body);
            return Ok(0);
        }
        let unpacker = match &mut self.unpacker {
            Some(unpacker) => unpacker,
            None => self.unpacker.insert(Unpacker::new(self.algorithm)?),
        };
        if !body.begun {
            unpacker.reset();
            body.begun = true;
        }
        // Once all is given, a byte more shows whether the stream agrees.
        let mut excess = [0];
        let space = match body.size {
            0 => &mut excess[..],
            size if size < space.len() => space.get_mut(..size).unwrap_or_default(),
            _ => space,
        };
        let Some(step) = unpacker.step(waiting, space) else {
            return Err(invalid("content: it cannot be unpacked"));
        };
        if step.given > body.size
            || (step.ended && (step.taken, step.given) != (body.left, body.size))
        {
            return Err(invalid("length: it stands for more or fewer bytes than it says"));
        }
        if !step.ended && whole && step.given < space.len() {
            return Err(invalid("content: it ends inside a stream"));
        }
        self.incoming.take(step.taken);
        body.left -= step.taken;
        body.size -= step.given;
        body.full = step.given == space.len();
        self.body = (!step.ended).then_some(body);
        Ok(step.given)
    }
}

fn invalid(field: &'static str) -> Box<crate::error::Error> {
    ProtocolError::Invalid { packet: "compressed", field }.into()
}

#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "patterns wrap on purpose")]
mod tests {
    use super::*;
    use crate::error::Error;

    const BOTH: [Algorithm; 2] = [Algorithm::Zlib, Algorithm::Zstd];

    fn zip(algorithm: Algorithm) -> Zip {
        Zip::new(algorithm, 3)
    }

    fn queued(zip: &mut Zip, bytes: &[u8], command: bool) {
        let mut out = SendBuf::default();
        out.append(bytes);
        zip.queue(&mut out, command);
        assert!(out.is_empty());
    }

    fn packed(zip: &mut Zip) -> Vec<u8> {
        let mut wire = SendBuf::default();
        while zip.has_queued() {
            zip.pack(&mut wire).unwrap();
        }
        wire.pending().to_vec()
    }

    fn headers(mut wire: &[u8]) -> Vec<Header> {
        let mut all = Vec::new();
        while let Some(header) = Header::parse(wire) {
            wire = &wire[HEADER + header.len..];
            all.push(header);
        }
        assert!(wire.is_empty());
        all
    }

    /// What comes out when `wire` arrives in pieces of `step` bytes and is read `room` bytes at a time.
    fn unpacked(zip: &mut Zip, wire: &[u8], step: usize, room: usize) -> Result<Vec<u8>> {
        let mut out = Vec::new();
        let mut rest = wire;
        loop {
            let mut space = vec![0; room];
            match zip.read(&mut space)? {
                Fed::Bytes(n) => out.extend_from_slice(&space[..n]),
                Fed::Closed => panic!("closed"),
                Fed::Starved if rest.is_empty() => return Ok(out),
                Fed::Starved => {
                    assert!(!zip.has_more());
                    let to = zip.incoming.space();
                    let n = to.len().min(step).min(rest.len());
                    assert!(n > 0, "no room and nothing to read");
                    to[..n].copy_from_slice(&rest[..n]);
                    zip.received(n);
                    rest = &rest[n..];
                }
            }
        }
    }

    fn packet(algorithm: Algorithm, seq: u8, text: &[u8]) -> Vec<u8> {
        let mut space = vec![0; text.len() + 100];
        let len = Packer::new(algorithm, 3).unwrap().pack(text, &mut space).unwrap();
        let mut out = Header { len, seq, size: text.len() }.bytes().to_vec();
        out.extend_from_slice(&space[..len]);
        out
    }

    fn text(len: usize) -> Vec<u8> {
        (0..len).map(|i| (i / 91 + i % 7) as u8).collect()
    }

    #[test]
    fn short_pieces_and_noise_go_as_they_are() {
        for algorithm in BOTH {
            let mut zip = zip(algorithm);
            queued(&mut zip, &[7; 50], true);
            assert_eq!(headers(&packed(&mut zip)), [Header { len: 50, seq: 0, size: 0 }]);
            queued(&mut zip, &[7; 51], true);
            let wire = packed(&mut zip);
            assert!(matches!(headers(&wire)[..], [Header { seq: 0, size: 51, len: 1..50 }]));
            let noise: Vec<u8> = (0..255u8).map(|i| i.wrapping_mul(167) ^ 0x5a).collect();
            queued(&mut zip, &noise, true);
            assert_eq!(headers(&packed(&mut zip)), [Header { len: 255, seq: 0, size: 0 }]);
        }
    }

    /// Answers to commands that were sent together begin with the number behind their command's last one; those
    /// to a command by itself are counted strictly again.
    #[test]
    fn commands_that_are_sent_at_once() {
        let mut zip = zip(Algorithm::Zlib);
        for bytes in [&b"one"[..], &text(COMPRESS_STEP + 10), b"three"] {
            let mut out = SendBuf::default();
            out.append(bytes);
            zip.queue_piped(&mut out);
        }
        let numbers: Vec<u8> = headers(&packed(&mut zip)).iter().map(|header| header.seq).collect();
        assert_eq!(numbers, [0, 0, 1, 0]);
        let answer = |seq, size| {
            let mut bytes = Header { len: size, seq, size: 0 }.bytes().to_vec();
            bytes.extend(vec![b'a'; size]);
            bytes
        };
        let long = MAX_FAREWELL + 1;
        let wire =
            [answer(1, long), answer(2, long), answer(2, long), answer(3, long), answer(1, 5)];
        assert_eq!(unpacked(&mut zip, &wire.concat(), 7, 100).unwrap().len(), 4 * long + 5);
        assert!(unpacked(&mut zip, &answer(7, long), 100, 100).is_err(), "no answer begins so");
        let mut zip = self::zip(Algorithm::Zlib);
        let mut out = SendBuf::default();
        out.append(b"one");
        zip.queue_piped(&mut out);
        queued(&mut zip, b"alone", true);
        assert_eq!(headers(&packed(&mut zip)).len(), 2);
        assert!(unpacked(&mut zip, &answer(1, long), 100, 100).is_ok());
        assert!(unpacked(&mut zip, &answer(1, long), 100, 100).is_err(), "only once");
    }

    #[test]
    fn a_command_begins_a_packet_and_the_count() {
        let mut zip = zip(Algorithm::Zlib);
        queued(&mut zip, &text(COMPRESS_STEP + 10), true);
        queued(&mut zip, b"close", true);
        queued(&mut zip, b"more", false);
        queued(&mut zip, &text(100), true);
        let got: Vec<_> =
            headers(&packed(&mut zip)).iter().map(|h| (h.seq, h.size.max(h.len))).collect();
        let first = (1, 10);
        assert_eq!(got, [(0, COMPRESS_STEP), first, (0, 9), (0, 100)]);
    }

    #[test]
    fn what_comes_in_pieces_is_whole() {
        let text = text(300_000);
        for algorithm in BOTH {
            let mut wire = packet(algorithm, 0, &text);
            wire.extend_from_slice(&Header { len: 5, seq: 1, size: 0 }.bytes());
            wire.extend_from_slice(b"plain");
            wire.extend_from_slice(&packet(algorithm, 2, &text[..70]));
            let want = [&text[..], b"plain", &text[..70]].concat();
            for (step, room) in [(1, 100_000), (13, 1), (4096, 977), (1 << 20, 1 << 20)] {
                let got = unpacked(&mut zip(algorithm), &wire, step, room).unwrap();
                assert!(got == want, "{algorithm:?} {step} {room}");
            }
        }
    }

    /// The end of a result may come in the midst of a packet.
    #[test]
    fn memory_is_given_back_in_the_midst_of_a_packet() {
        let text = text(40_000);
        for algorithm in BOTH {
            let (mut zip, mut half) = (zip(algorithm), vec![0; 20_000]);
            zip.received_before(&packet(algorithm, 0, &text));
            assert_eq!(zip.read(&mut half).unwrap(), Fed::Bytes(20_000));
            zip.shrink();
            assert!([half, unpacked(&mut zip, &[], 1, 5000).unwrap()].concat() == text);
            zip.shrink();
            assert!(zip.unpacker.is_none());
        }
    }

    #[test]
    fn lengths_that_lie_are_refused() {
        let text = text(40_000);
        for algorithm in BOTH {
            for (size, len) in [(39_999, 0), (40_001, 0), (40_000, -1), (40_000, 1), (0xff_ffff, 0)]
            {
                let mut wire = packet(algorithm, 0, &text);
                let header = Header::parse(&wire).unwrap();
                let len = header.len.checked_add_signed(len).unwrap();
                wire.splice(..HEADER, Header { len, seq: 0, size }.bytes());
                wire.push(0);
                let got = unpacked(&mut zip(algorithm), &wire, 1000, 5000);
                let error = *got.expect_err("a lie");
                assert!(matches!(error, Error::Protocol(_)), "{algorithm:?} {size} {len}: {error}");
            }
        }
    }

    #[test]
    fn a_length_alone_makes_nothing_grow() {
        for algorithm in BOTH {
            let mut zip = zip(algorithm);
            let mut wire = Header { len: 0xff_ffff, seq: 0, size: 0xff_ffff }.bytes().to_vec();
            wire.extend_from_slice(&packet(algorithm, 0, &text(1000))[HEADER..]);
            wire.truncate(17);
            assert_eq!(unpacked(&mut zip, &wire, 100, 1 << 16).unwrap(), b"");
            assert!(zip.unpacker.is_none());
            let impossible = Header { len: 10, seq: 0, size: 0xff_ffff }.bytes();
            assert!(unpacked(&mut self::zip(algorithm), &impossible, 7, 100).is_err());
        }
    }

    #[test]
    fn numbers_count_up_but_for_an_early_answer_and_last_words() {
        let plain = |seq, len| {
            let mut wire = Header { len, seq, size: 0 }.bytes().to_vec();
            wire.resize(HEADER + len, 1);
            wire
        };
        let mut zip = zip(Algorithm::Zlib);
        queued(&mut zip, &text(COMPRESS_STEP + 1), true);
        packed(&mut zip);
        // The whole command would be answered with 2; 1 refuses it in its midst.
        assert!(unpacked(&mut zip, &plain(1, 3), 99, 99).is_ok());
        assert!(unpacked(&mut zip, &plain(2, 3), 99, 99).is_ok());
        let jump = unpacked(&mut zip, &plain(4, 3), 99, 99).unwrap_err();
        assert_eq!(*jump, ProtocolError::Sequence { expected: 3, got: 4 }.into());
        let mut zip = self::zip(Algorithm::Zlib);
        queued(&mut zip, b"next", true);
        packed(&mut zip);
        assert!(unpacked(&mut zip, &plain(1, 3), 99, 99).is_ok());
        assert!(unpacked(&mut zip, &plain(0, MAX_FAREWELL), 99, 99).is_ok());
        assert!(unpacked(&mut zip, &plain(0, MAX_FAREWELL + 1), 99, 99).is_err());
    }
}
