// SPDX-License-Identifier: Apache-2.0
//! A server as a list of steps, without I/O: bytes from the client go in, turns come out. A step that
//! waits for a packet checks it and panics if it is another one.
//!
//! How its bytes are delivered is a matter of its own: whole, in pieces, split at one place, or only
//! up to a certain byte.

use std::collections::VecDeque;
use std::time::Duration;

use super::login_packet::LoginPacket;
use super::packets::{self, Greeting};

/// What a packet of the client must be.
#[derive(Debug, Clone)]
pub enum Want {
    /// Anything.
    Any,
    /// A login packet.
    Login,
    /// COM_QUERY with this text.
    Query(Vec<u8>),
    /// This payload.
    Payload(Vec<u8>),
    /// These bytes, headers and all; a login packet without its attributes, which name the process.
    Bytes(Vec<u8>),
}

/// What the server does next.
#[derive(Debug, Clone)]
pub enum Step {
    /// Waits for a packet.
    Expect(Want),
    /// Sends payloads, numbered on from the last packet received or sent.
    Send(Vec<Vec<u8>>),
    /// Sends bytes as they are.
    Raw(Vec<u8>),
    /// Sends the same bytes over and over.
    Repeat(Vec<u8>, usize),
    /// Does nothing for a while.
    Stall(Duration),
    /// Closes the connection.
    Close,
    /// Closes it so that the client sees a reset.
    Reset,
}

/// How bytes are delivered.
#[derive(Debug, Clone, Copy)]
pub enum Pieces {
    /// As the script has them.
    Whole,
    /// This many at a time.
    Every(usize),
    /// With a break after this many bytes of the whole session.
    SplitAt(usize),
}

/// What whoever runs the server has to do.
#[derive(Debug)]
pub enum Turn {
    Send(Vec<u8>),
    Receive,
    Stall(Duration),
    Close,
    Reset,
    /// The script is over.
    Over,
}

/// A server.
#[derive(Debug, Clone)]
pub struct Script {
    steps: VecDeque<Step>,
    pub pieces: Pieces,
    /// After so many bytes the connection ends, or the server stalls once, as the step says.
    pub cut: Option<(usize, Step)>,
    seq: u8,
    outbox: Vec<u8>,
    taken: usize,
    sent: usize,
    inbox: Vec<u8>,
    /// Every byte received.
    pub received: Vec<u8>,
    /// Every payload received.
    pub payloads: Vec<Vec<u8>>,
}

impl Script {
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        Self {
            steps: steps.into_iter().collect(),
            pieces: Pieces::Whole,
            cut: None,
            seq: 0,
            outbox: Vec::new(),
            taken: 0,
            sent: 0,
            inbox: Vec::new(),
            received: Vec::new(),
            payloads: Vec::new(),
        }
    }

    /// A server that greets, takes a login and says OK; `steps` follow.
    pub fn logged_in(greeting: &Greeting, steps: impl IntoIterator<Item = Step>) -> Self {
        Self::new(login(greeting).into_iter().chain(steps))
    }

    pub fn in_pieces(mut self, pieces: Pieces) -> Self {
        self.pieces = pieces;
        self
    }

    pub fn cut_after(mut self, bytes: usize, how: Step) -> Self {
        self.cut = Some((bytes, how));
        self
    }

    /// Stalls once, after so many bytes.
    pub fn stall_after(self, bytes: usize, time: Duration) -> Self {
        self.cut_after(bytes, Step::Stall(time))
    }

    /// Takes bytes from the client.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.received.extend_from_slice(bytes);
        self.inbox.extend_from_slice(bytes);
    }

    /// What to do next.
    pub fn turn(&mut self) -> Turn {
        if let Some(how) = self.cut.as_ref().filter(|cut| cut.0 == self.sent).map(|c| c.1.clone()) {
            return match how {
                Step::Stall(time) => {
                    self.cut = None;
                    Turn::Stall(time)
                }
                Step::Reset => Turn::Reset,
                _ => Turn::Close,
            };
        }
        while self.outbox.len() == self.taken {
            self.outbox.clear();
            self.taken = 0;
            let Some(step) = self.steps.pop_front() else {
                return Turn::Over;
            };
            match step {
                Step::Expect(want) => match self.packet() {
                    Some(payload) => self.check(&want, &payload),
                    None => {
                        self.steps.push_front(Step::Expect(want));
                        return Turn::Receive;
                    }
                },
                Step::Send(payloads) => {
                    for payload in payloads {
                        packets::frame(&mut self.outbox, &mut self.seq, &payload);
                    }
                }
                Step::Raw(bytes) => self.outbox = bytes,
                Step::Repeat(_, 0) => {}
                Step::Repeat(bytes, times) => {
                    self.outbox.clone_from(&bytes);
                    self.steps.push_front(Step::Repeat(bytes, times - 1));
                }
                Step::Stall(time) => return Turn::Stall(time),
                Step::Close => return Turn::Close,
                Step::Reset => return Turn::Reset,
            }
        }
        let mut size = self.outbox.len() - self.taken;
        match self.pieces {
            Pieces::Every(n) => size = size.min(n),
            Pieces::SplitAt(n) if n > self.sent => size = size.min(n - self.sent),
            Pieces::Whole | Pieces::SplitAt(_) => {}
        }
        if let Some((end, _)) = self.cut {
            size = size.min(end - self.sent);
        }
        let piece = self.outbox[self.taken..self.taken + size].to_vec();
        self.taken += size;
        self.sent += size;
        Turn::Send(piece)
    }

    /// Bytes sent so far.
    pub fn sent(&self) -> usize {
        self.sent
    }

    /// What the client sent after the last packet that a step waited for.
    pub fn left(&self) -> &[u8] {
        &self.inbox
    }

    /// Whether every step was done.
    pub fn is_over(&self) -> bool {
        self.steps.is_empty() && self.outbox.len() == self.taken
    }

    /// The next packet of the client, its pieces joined.
    fn packet(&mut self) -> Option<Vec<u8>> {
        let (mut payload, mut at) = (Vec::new(), 0);
        loop {
            let header: [u8; 4] = self.inbox.get(at..at + 4)?.try_into().unwrap();
            let [a, b, c, seq] = header;
            let size = usize::from(a) | usize::from(b) << 8 | usize::from(c) << 16;
            payload.extend_from_slice(self.inbox.get(at + 4..at + 4 + size)?);
            at += 4 + size;
            if size < packets::MAX_FRAME {
                self.seq = seq.wrapping_add(1);
                self.inbox.drain(..at);
                self.payloads.push(payload.clone());
                return Some(payload);
            }
        }
    }

    fn check(&self, want: &Want, payload: &[u8]) {
        let shown = String::from_utf8_lossy(&payload[..payload.len().min(200)]);
        match want {
            Want::Any => {}
            Want::Login => drop(LoginPacket::parse(payload)),
            Want::Query(text) => {
                let same = payload.split_first().is_some_and(|(&c, rest)| c == 3 && rest == text);
                let text = String::from_utf8_lossy(&text[..text.len().min(200)]);
                assert!(same, "expected the query {text:?}, got {shown:?}");
            }
            Want::Payload(bytes) => assert!(payload == bytes, "expected {bytes:x?}, got {shown:?}"),
            Want::Bytes(bytes) => {
                let number = self.seq.wrapping_sub(1);
                let login =
                    bytes.get(3) == Some(&1) && payload.len() > 32 && payload[9..28] == [0; 19];
                let payload =
                    if login { &payload[..LoginPacket::parse(payload).head] } else { payload };
                let got = packets::framed(number, &[payload.to_vec()]);
                assert!(&got == bytes, "expected\n{bytes:02x?}, got\n{got:02x?}");
            }
        }
    }
}

/// The steps of a login without ado.
pub fn login(greeting: &Greeting) -> Vec<Step> {
    vec![greet(greeting), Step::Expect(Want::Login), send(packets::ok())]
}

/// Sends a greeting.
pub fn greet(greeting: &Greeting) -> Step {
    Step::Send(vec![greeting.payload()])
}

/// Sends one payload.
pub fn send(payload: Vec<u8>) -> Step {
    Step::Send(vec![payload])
}

/// Waits for a query.
pub fn query(text: &str) -> Step {
    Step::Expect(Want::Query(text.as_bytes().to_vec()))
}

/// Waits for a payload.
pub fn expect(payload: &[u8]) -> Step {
    Step::Expect(Want::Payload(payload.to_vec()))
}
