// SPDX-License-Identifier: Apache-2.0
//! The server of the mutations: knows which answer belongs to which command, and breaks some.

use std::io::ErrorKind;

use crate::support::dice::Dice;
use crate::support::listener::{Listener, Peer};
use crate::support::packets::{
    self, AUTOCOMMIT, Greeting, MORE, OkPacket, Value, binary_result, err, frame, ok, prepared,
    result, typed_column,
};

/// Bytes that mean something at the beginning of packets, values and lengths.
const SPECIAL: [u8; 14] = [0, 1, 2, 7, 11, 12, 0x7f, 0x80, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff];

/// The wire types of columns.
const KINDS: [u8; 22] =
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 16, 242, 245, 246, 252, 253, 255];

pub(crate) struct Server {
    peer: Option<Peer>,
    dice: Dice,
    caps: u32,
    inbox: Vec<u8>,
    logged_in: bool,
    /// Of the statement that was prepared last.
    columns: Vec<(u8, Vec<u8>)>,
    /// How many of so many answers are broken; 0 for none.
    rate: usize,
}

impl Server {
    /// Greets the client that has connected to `listener`.
    pub(crate) fn new(listener: &Listener, seed: u64) -> Self {
        let peer = listener.accept();
        peer.set_nonblocking();
        let mut dice = Dice::new(!seed);
        let mut greeting = Greeting::default();
        if dice.one_in(3) {
            greeting = greeting.with_eof();
        }
        if dice.one_in(2) {
            // Bulk executes, cached columns and the rest of what is MariaDB's.
            greeting.caps &= !1;
            greeting.more_caps = dice.pick(&[0x1c, 0x04, 0xff]);
        }
        let rate = dice.pick(&[0, 2, 4, 8]);
        let mut this = Self {
            peer: Some(peer),
            dice,
            caps: greeting.caps,
            inbox: Vec::new(),
            logged_in: false,
            columns: Vec::new(),
            rate,
        };
        this.send(0, vec![greeting.payload()]);
        this
    }

    /// Closes the connection.
    pub(crate) fn leave(&mut self) {
        self.peer = None;
    }

    /// Answers the next packet. Whether there was one.
    pub(crate) fn turn(&mut self) -> bool {
        let mut space = [0; 16 * 1024];
        match self.peer.as_mut().map(|peer| peer.read(&mut space)) {
            Some(Ok(n)) if n > 0 => self.inbox.extend_from_slice(&space[..n]),
            Some(Err(error)) if error.kind() == ErrorKind::WouldBlock => {}
            _ => self.peer = None,
        }
        let Some(&[a, b, c, seq]) = self.inbox.first_chunk() else {
            return false;
        };
        let size = usize::from(a) | usize::from(b) << 8 | usize::from(c) << 16;
        if self.inbox.len() < 4 + size {
            return false;
        }
        let packet: Vec<u8> = self.inbox.drain(..4 + size).skip(4).collect();
        let answer = self.answer(&packet);
        self.send(seq.wrapping_add(1), answer);
        true
    }

    fn answer(&mut self, packet: &[u8]) -> Vec<Vec<u8>> {
        if !self.logged_in {
            self.logged_in = true;
            return match self.dice.below(12) {
                0 => vec![packets::auth_switch("client_ed25519", &[7; 33])],
                1 => vec![b"\x01\x04".to_vec()],
                _ => vec![ok()],
            };
        }
        let command = match packet.first() {
            // A client that was asked for a file, or for a password.
            None => return vec![ok()],
            Some(_) if self.dice.one_in(40) => self.dice.pick(&[3, 0x16, 0x17, 0x0e, 0x09]),
            Some(&command) => command,
        };
        match command {
            0x01 | 0x18 | 0x19 => Vec::new(),
            0x03 => self.query(),
            0x09 => vec![b"Uptime: 5  Threads: 1".to_vec()],
            0x16 => self.prepare(),
            0x17 | 0x1c => self.rows(),
            0xfa if self.dice.one_in(2) => self.rows(),
            _ if self.dice.one_in(8) => vec![err(1064, Some("42000"), b"no")],
            _ => vec![self.changes()],
        }
    }

    fn query(&mut self) -> Vec<Vec<u8>> {
        let names = &["a", "b", "c"][..1 + self.dice.below(3)];
        let rows = self.values(names.len());
        match self.dice.below(8) {
            0 => vec![ok()],
            1 => vec![self.changes()],
            2 => vec![err(1317, Some("70100"), b"interrupted")],
            3 => vec![b"\xfb/etc/passwd".to_vec()],
            4 => {
                let first = result(self.caps, names, &rows, AUTOCOMMIT | MORE);
                [first, vec![self.changes()]].concat()
            }
            5 => {
                let mut cut = result(self.caps, names, &rows, AUTOCOMMIT);
                cut.pop();
                cut.push(err(1028, Some("HY000"), b"in the midst"));
                cut
            }
            _ => result(self.caps, names, &rows, AUTOCOMMIT),
        }
    }

    /// Rows of texts.
    fn values(&mut self, columns: usize) -> Vec<Vec<Value>> {
        let value = |this: &mut Self| {
            let size = this.dice.pick(&[0, 1, 5, 20, 249, 250, 251, 300, 3000]);
            (!this.dice.one_in(5)).then(|| packets::pattern(size, 1))
        };
        let count = self.dice.below(12);
        (0..count).map(|_| (0..columns).map(|_| value(self)).collect()).collect()
    }

    fn prepare(&mut self) -> Vec<Vec<u8>> {
        if self.dice.one_in(8) {
            return vec![err(1295, Some("HY000"), b"not that")];
        }
        let count = self.dice.below(7);
        self.columns = (0..count)
            .map(|_| {
                let kind = self.dice.pick(&KINDS);
                let flags = self.dice.pick(&[0, 1, 0x20, 0x21]);
                (kind, typed_column("c", kind, flags))
            })
            .collect();
        let columns: Vec<_> = self.columns.iter().map(|column| column.1.clone()).collect();
        let (id, params) = (self.dice.pick(&[1, 7, u32::MAX]), self.dice.pick(&[0, 1, 1, 2]));
        prepared(self.caps, id, params, &columns)
    }

    /// Rows of the statement that was prepared last.
    fn rows(&mut self) -> Vec<Vec<u8>> {
        if self.columns.is_empty() || self.dice.one_in(10) {
            return vec![self.changes()];
        }
        let columns: Vec<_> = self.columns.iter().map(|column| column.1.clone()).collect();
        let kinds: Vec<u8> = self.columns.iter().map(|column| column.0).collect();
        let rows: Vec<Vec<Value>> = (0..self.dice.below(14))
            .map(|_| kinds.iter().map(|&kind| self.binary(kind)).collect())
            .collect();
        let status = AUTOCOMMIT | self.dice.pick(&[0, 0, 0, MORE, 0x40, 0x80, 0x1000]);
        binary_result(self.caps, &columns, &rows, status)
    }

    /// A value as a binary row has it.
    fn binary(&mut self, kind: u8) -> Value {
        let size = match kind {
            6 => return None,
            _ if self.dice.one_in(5) => return None,
            1 => 1,
            2 | 13 => 2,
            3 | 4 | 9 => 4,
            5 | 8 => 8,
            7 | 10 | 12 => return Some(self.part(&[0, 4, 7, 11])),
            11 => return Some(self.part(&[0, 8, 12])),
            _ => {
                let texts: [&[u8]; 8] = [
                    b"",
                    b"-12.50",
                    b"1e400",
                    b"2001-02-03 04:05:06",
                    b"-838:59:59.5",
                    b"true",
                    b"99999999999999999999",
                    b"\xff\xfe\0",
                ];
                return Some(packets::text(self.dice.pick(&texts)));
            }
        };
        Some((0..size).map(|_| self.dice.pick(&SPECIAL)).collect())
    }

    /// A date or a time: a length that it may have, and so many bytes of any value.
    fn part(&mut self, lengths: &[u8]) -> Vec<u8> {
        let length = self.dice.pick(lengths);
        std::iter::once(length).chain((0..length).map(|_| self.dice.pick(&SPECIAL))).collect()
    }

    /// An OK with changes of the session.
    fn changes(&mut self) -> Vec<u8> {
        let entry = |kind: u8, data: Vec<u8>| [vec![kind], packets::text(&data)].concat();
        let entries = [
            entry(0, [packets::text(b"autocommit"), packets::text(b"ON")].concat()),
            entry(1, packets::text(b"schema")),
            entry(2, packets::text(b"1")),
            entry(5, packets::text(b"I_R_____")),
            entry(self.dice.pick(&[3, 4, 6, 200]), packets::text(b"x")),
        ];
        let status = AUTOCOMMIT | 0x4000 | self.dice.pick(&[0, MORE]);
        let mut payload = OkPacket { status, affected: 3, ..OkPacket::default() }.payload();
        payload.extend(packets::text(b"info"));
        payload.extend(packets::text(&entries.concat()));
        payload
    }

    fn send(&mut self, mut seq: u8, mut payloads: Vec<Vec<u8>>) {
        if self.rate > 0 && self.dice.one_in(self.rate) {
            for _ in 0..=self.dice.below(2) {
                self.break_one(&mut payloads);
            }
        }
        let mut bytes = Vec::new();
        payloads.iter().for_each(|payload| frame(&mut bytes, &mut seq, payload));
        if self.rate > 0 && self.dice.one_in(self.rate * 5) {
            self.change(&mut bytes);
        }
        // What does not fit in is lost: the client has stopped reading.
        if let Some(peer) = &mut self.peer {
            let _ = peer.write(&bytes);
        }
    }

    /// Does something to one of the packets.
    fn break_one(&mut self, payloads: &mut Vec<Vec<u8>>) {
        if payloads.is_empty() {
            return payloads.push(vec![self.dice.pick(&SPECIAL)]);
        }
        let at = self.dice.below(payloads.len());
        match self.dice.below(9) {
            0 => drop(payloads.remove(at)),
            1 => payloads.insert(at, payloads[at].clone()),
            2 => {
                let other = self.dice.below(payloads.len());
                payloads.swap(at, other);
            }
            3 => {
                let length = self.dice.below(payloads[at].len() + 1);
                payloads[at].truncate(length);
            }
            _ => self.change(&mut payloads[at]),
        }
    }

    /// Does something to one of the bytes.
    fn change(&mut self, bytes: &mut Vec<u8>) {
        let byte = self.dice.pick(&SPECIAL);
        if bytes.is_empty() {
            return bytes.push(byte);
        }
        // What is at the beginning matters most.
        let most = if self.dice.one_in(2) { bytes.len().min(12) } else { bytes.len() };
        let at = self.dice.below(most);
        match self.dice.below(5) {
            0 => drop(bytes.remove(at)),
            1 => bytes.insert(at, byte),
            2 => bytes[at] ^= 1 << self.dice.below(8),
            _ => bytes[at] = byte,
        }
    }
}
