// SPDX-License-Identifier: Apache-2.0
//! Cancels against scripted servers: each race between the end of the command, the answer to KILL and what the
//! program does meanwhile, one step at a time. The server's two ends are played by the test itself.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests end that way")]

use std::time::{Duration, Instant};

use attachsql::session::{Choice, Connection, Polled};

use support::listener::{Listener, PATIENCE, Peer};
use support::login_packet::LoginPacket;
use support::packets::{self, Greeting, err, ok};
use support::subject::{self, Failure, Subject};

mod support;

#[path = "cancel/deadlines.rs"]
mod deadlines;
#[path = "cancel/failures.rs"]
mod failures;
#[path = "cancel/loops.rs"]
mod loops;
#[path = "cancel/races.rs"]
mod races;

const KILL: &[u8] = b"\x03KILL QUERY 4711";
const DO: &[u8] = b"\x03DO 0";

/// The server's end of one connection.
pub(crate) struct Line {
    peer: Peer,
    inbox: Vec<u8>,
    seq: u8,
    closed: bool,
}

impl Line {
    /// The next client, greeted.
    pub(crate) fn greeted(listener: &Listener, greeting: &Greeting) -> Self {
        Self::on(listener.accept(), greeting)
    }

    /// That client, greeted.
    pub(crate) fn on(peer: Peer, greeting: &Greeting) -> Self {
        peer.set_nonblocking();
        let mut line = Self { peer, inbox: Vec::new(), seq: 0, closed: false };
        line.send(&[greeting.payload()]);
        line
    }

    /// Waits for a packet, on a thread of the server's.
    pub(crate) fn wait(&mut self) -> Vec<u8> {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(payload) = self.packet() {
                return payload;
            }
            assert!(Instant::now() < end && !self.closed, "no packet comes");
            std::thread::sleep(Duration::from_micros(200));
        }
    }

    /// Sends payloads, numbered on from the last packet received.
    pub(crate) fn send(&mut self, payloads: &[Vec<u8>]) {
        for payload in payloads {
            let mut bytes = Vec::new();
            packets::frame(&mut bytes, &mut self.seq, payload);
            assert!(self.peer.send(&bytes), "the client has gone");
        }
    }

    /// A packet of the client, if a whole one is here.
    pub(crate) fn packet(&mut self) -> Option<Vec<u8>> {
        let mut space = [0; 4096];
        match self.peer.read(&mut space) {
            Ok(0) => self.closed = true,
            Ok(n) => self.inbox.extend_from_slice(&space[..n]),
            Err(error) => self.closed |= error.kind() != std::io::ErrorKind::WouldBlock,
        }
        let head: [u8; 4] = self.inbox.get(..4)?.try_into().unwrap();
        let size = usize::from(head[0]) | usize::from(head[1]) << 8;
        let payload = self.inbox.get(4..4 + size)?.to_vec();
        self.inbox.drain(..4 + size);
        self.seq = head[3].wrapping_add(1);
        Some(payload)
    }

    /// Answers KILL, if it has come, or a goodbye; how many of KILL there were.
    pub(crate) fn answer_kill(&mut self) -> u32 {
        std::thread::sleep(Duration::from_micros(100));
        match self.packet() {
            Some(packet) if packet != [1] => {
                assert_eq!(packet, KILL);
                self.send(&[ok()]);
                1
            }
            _ => 0,
        }
    }

    /// Whether the client has closed it. A goodbye before that is no surprise.
    pub(crate) fn is_closed(&mut self) -> bool {
        while let Some(payload) = self.packet() {
            assert_eq!(payload, [1], "only a goodbye");
        }
        self.closed
    }
}

/// A client, and the server's end of its connection.
pub(crate) struct Play {
    pub(crate) client: Connection,
    pub(crate) listener: Listener,
    pub(crate) first: Line,
    /// The server's end of the second connection, once KILL was answered there; so are further ones.
    pub(crate) second: Option<Line>,
    pub(crate) kills: u32,
    /// What polls have said, beside that they found nothing.
    pub(crate) seen: Vec<Result<Polled, Failure>>,
}

impl Play {
    /// A client that can cancel, logged in.
    pub(crate) fn new(listener: Listener) -> Self {
        Self::with(listener, &[Choice::Cancel(1)])
    }

    pub(crate) fn with(listener: Listener, choices: &[Choice<'_>]) -> Self {
        let mut client = Connection::new(subject::config(&listener.address(), "secret"));
        for choice in choices {
            assert!(client.choose(*choice), "{choice:?}");
        }
        Subject::connect(&mut client).unwrap();
        let first = Line::greeted(&listener, &Greeting::default());
        let mut play = Self { client, listener, first, second: None, kills: 0, seen: Vec::new() };
        let login = play.packet(false);
        assert_eq!(LoginPacket::parse(&login).user, b"tester");
        play.first.send(&[ok()]);
        assert_eq!(play.end(), Ok(Polled::End));
        play
    }

    /// Asks `text`, which the server has then.
    pub(crate) fn ask(&mut self, text: &str) {
        Subject::query(&mut self.client, text.as_bytes()).unwrap();
        assert_eq!(self.packet(false), [b"\x03", text.as_bytes()].concat());
    }

    /// Polls once, and notes what it says.
    pub(crate) fn poll(&mut self) {
        if let Some(second) = &mut self.second {
            self.kills += second.answer_kill();
        }
        let polled = Subject::poll(&mut self.client);
        if !matches!(polled, Ok(Polled::Processing | Polled::Connecting)) {
            self.seen.push(polled);
        }
    }

    /// Polls until something comes out of `get`.
    pub(crate) fn until<T>(&mut self, mut get: impl FnMut(&mut Self) -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(got) = get(self) {
                return got;
            }
            assert!(Instant::now() < end, "nothing happens; polls said {:?}", self.seen);
            self.poll();
            std::thread::sleep(Duration::from_micros(200));
        }
    }

    /// The next packet that the client sends on its connection; with `quietly` polls must find nothing.
    pub(crate) fn packet(&mut self, quietly: bool) -> Vec<u8> {
        let got = self.until(|play| play.first.packet());
        assert!(!quietly || self.seen.is_empty(), "{:?}", self.seen);
        got
    }

    /// What the first poll says that finds something.
    pub(crate) fn end(&mut self) -> Result<Polled, Failure> {
        self.until(|play| play.seen.pop())
    }

    /// Polls for a while: neither do they find anything, nor is anything sent.
    pub(crate) fn nothing_happens(&mut self) {
        for _ in 0..30 {
            self.poll();
            std::thread::sleep(Duration::from_micros(300));
        }
        assert!(self.seen.is_empty(), "{:?}", self.seen);
        assert_eq!(self.first.packet(), None);
    }

    /// The second connection, which has just been greeted.
    pub(crate) fn second(&mut self) -> Line {
        Line::greeted(&self.listener, &Greeting::default())
    }

    /// The second connection, which has logged in and sent KILL.
    pub(crate) fn killing(&mut self) -> Line {
        let mut second = self.second();
        let login = self.until(|_| second.packet());
        let login = LoginPacket::parse(&login);
        assert_eq!((&login.user[..], login.schema.as_deref()), (&b"tester"[..], None));
        second.send(&[ok()]);
        assert_eq!(self.until(|_| second.packet()), KILL);
        second
    }

    /// KILL is answered, and so are those that follow.
    pub(crate) fn acknowledge(&mut self, mut second: Line) {
        second.send(&[ok()]);
        (self.second, self.kills) = (Some(second), 1);
    }

    /// DO comes, and is answered; the next poll tells what `end` gives.
    pub(crate) fn absorbs(&mut self, answer: Vec<u8>) {
        assert_eq!(self.packet(true), DO);
        self.nothing_happens();
        self.first.send(&[answer]);
    }

    /// The connection can be used: nothing is left of what was.
    pub(crate) fn works(&mut self) {
        self.seen.clear();
        Subject::close_query(&mut self.client);
        self.ask("works");
        self.first.send(&[ok()]);
        assert_eq!(self.end(), Ok(Polled::End));
        Subject::close_query(&mut self.client);
    }
}

/// What a killed command ends with.
pub(crate) fn interrupted() -> Vec<u8> {
    err(1317, Some("70100"), b"Query execution was interrupted")
}

/// Both kinds of sockets.
pub(crate) fn listeners() -> [Listener; 2] {
    [Listener::tcp(), Listener::unix()]
}
