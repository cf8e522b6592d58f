// SPDX-License-Identifier: Apache-2.0
//! A scripted server that goes over to TLS: it greets, takes the request, shakes hands with OpenSSL's own
//! acceptor and then plays a [`Script`], encrypted. What came in clear, what came encrypted and what that
//! was are kept apart, so that a test can say what left the client and how.
//!
//! Ciphertext is held back until the server reads, and is then delivered as told: whole, a byte at a
//! time, with pauses between records, or only up to a certain byte.

use std::io::{ErrorKind, Read, Write};
use std::net::Shutdown;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use openssl::ssl::{Ssl, SslContext, SslStream};

use super::listener::{Address, Listener, PATIENCE, Peer};
use super::packets::{Greeting, framed};
use super::raw;
use super::script::{Script, Turn};

/// Bytes of the request for TLS, header and all.
pub const REQUEST: usize = 36;

/// How ciphertext is delivered.
#[derive(Debug, Clone, Copy)]
pub enum Delivery {
    Whole,
    /// A byte at a time, each when the client has read the one before. Only over a unix socket.
    Bytes,
    /// With a pause before each record.
    Stall(Duration),
    /// With one pause: before the record of this number, or after the first half of it.
    StallAt(usize, bool, Duration),
    /// The connection ends after so many bytes.
    Cut(usize),
}

/// A server to be.
pub struct TlsServer {
    /// What is sent first.
    pub opening: Vec<u8>,
    /// Sent in clear after the request, in place of a handshake.
    pub plain: Option<Vec<u8>>,
    pub context: SslContext,
    pub delivery: Delivery,
    /// What is said, encrypted. To stall for no time is to ask for another handshake, in TLS 1.2.
    pub script: Script,
    /// Whether TLS is ended in form before the script's end closes the connection.
    pub notify: bool,
    /// Sent as they are before the script's end closes the connection.
    pub epilogue: Vec<u8>,
}

/// What became of it.
#[derive(Debug)]
pub struct Outcome {
    /// Bytes that came before the handshake.
    pub clear: Vec<u8>,
    /// Bytes that came after.
    pub raw: Vec<u8>,
    /// Bytes of ciphertext that were sent.
    pub sent: usize,
    /// Bytes of ciphertext that were not, because the connection had ended.
    pub withheld: usize,
    /// Lengths of the records among them.
    pub records: Vec<usize>,
    /// How many of them were the handshake's.
    pub handshake_records: usize,
    /// What the handshake came to, if there was one.
    pub handshake: Option<Result<(), String>>,
    /// Whether it went on with the session of another connection.
    pub resumed: bool,
    /// The script, with what was decrypted.
    pub script: Script,
}

/// A server on a thread.
pub struct RunningTls(JoinHandle<Outcome>);

/// Several servers, one after the other at one address.
pub struct RunningEach(JoinHandle<Vec<JoinHandle<Outcome>>>);

impl RunningEach {
    /// Waits for all clients to come and go.
    pub fn finish(self) -> Vec<Outcome> {
        let each = self.0.join().unwrap();
        each.into_iter().map(|thread| RunningTls(thread).finish()).collect()
    }
}

impl TlsServer {
    /// A server that greets and can do TLS.
    pub fn new(context: SslContext, script: Script) -> Self {
        Self {
            opening: framed(0, &[Greeting::default().payload()]),
            plain: None,
            context,
            delivery: Delivery::Whole,
            script,
            notify: false,
            epilogue: Vec::new(),
        }
    }

    /// Serves one client on a thread.
    pub fn serve(self, listener: Listener) -> (Address, RunningTls) {
        let address = listener.address();
        let thread = std::thread::spawn(move || {
            let peer = listener.accept();
            peer.set_timeouts();
            self.run(peer)
        });
        (address, RunningTls(thread))
    }

    /// Serves as many clients as there are servers, each on a thread from when it connects.
    pub fn serve_each(servers: Vec<Self>, listener: Listener) -> (Address, RunningEach) {
        let address = listener.address();
        let thread = std::thread::spawn(move || {
            let serve = |server: Self| {
                let peer = listener.accept();
                peer.set_timeouts();
                std::thread::spawn(move || server.run(peer))
            };
            servers.into_iter().map(serve).collect()
        });
        (address, RunningEach(thread))
    }

    fn run(mut self, mut peer: Peer) -> Outcome {
        let (clear, raw, records) = (Vec::new(), Vec::new(), Vec::new());
        let script = Script::new([]);
        let mut outcome = Outcome {
            clear,
            raw,
            sent: 0,
            withheld: 0,
            records,
            handshake_records: 0,
            handshake: None,
            resumed: false,
            script,
        };
        std::mem::swap(&mut outcome.script, &mut self.script);
        if !peer.send(&self.opening) {
            return outcome;
        }
        while outcome.clear.len() < REQUEST {
            let mut space = vec![0; REQUEST - outcome.clear.len()];
            match peer.read(&mut space) {
                Ok(n) if n > 0 => outcome.clear.extend_from_slice(&space[..n]),
                _ => return outcome,
            }
        }
        if let Some(plain) = self.plain {
            let _ = peer.send(&plain);
            while let Some(bytes) = peer.receive() {
                outcome.raw.extend(bytes);
            }
            return outcome;
        }
        let tap = Tap {
            peer,
            delivery: self.delivery,
            held: Vec::new(),
            received: Vec::new(),
            sent: 0,
            withheld: 0,
            records: Vec::new(),
            cut: false,
        };
        let ssl = Ssl::new(&self.context).unwrap();
        let mut stream = SslStream::new(ssl, tap).unwrap();
        let handshake = stream.accept().map_err(|error| error.to_string());
        // What is left of it, tickets or an alert.
        let _ = stream.get_mut().flush();
        outcome.handshake_records = stream.get_ref().records.len();
        outcome.resumed = handshake.is_ok() && stream.ssl().session_reused();
        if handshake.is_ok() {
            play(&mut stream, &mut outcome.script, self.notify, &self.epilogue);
        } else {
            let tap = stream.get_mut();
            let _ = tap.peer.socket().shutdown(Shutdown::Write);
            while let Some(bytes) = tap.peer.receive() {
                tap.received.extend(bytes);
            }
        }
        outcome.handshake = Some(handshake);
        let tap = stream.get_mut();
        outcome.raw = std::mem::take(&mut tap.received);
        outcome.records = std::mem::take(&mut tap.records);
        outcome.sent = tap.sent;
        outcome.withheld = tap.withheld;
        outcome
    }
}

fn play(stream: &mut SslStream<Tap>, script: &mut Script, notify: bool, epilogue: &[u8]) {
    let mut space = vec![0; 64 * 1024];
    loop {
        match script.turn() {
            Turn::Send(bytes) => {
                if stream.write_all(&bytes).is_err() {
                    return;
                }
            }
            Turn::Receive | Turn::Over => match stream.ssl_read(&mut space) {
                Ok(n) => script.feed(&space[..n]),
                Err(_) => return,
            },
            Turn::Stall(Duration::ZERO) => raw::ask_to_renegotiate(stream.ssl()),
            Turn::Stall(time) => {
                let _ = stream.get_mut().flush();
                std::thread::sleep(time);
            }
            Turn::Close | Turn::Reset => {
                if notify {
                    let _ = stream.shutdown();
                }
                stream.get_mut().held.extend_from_slice(epilogue);
                let _ = stream.get_mut().flush();
                let tap = stream.get_mut();
                let _ = tap.peer.socket().shutdown(Shutdown::Write);
                // A reset would take what the client has not read yet with it.
                while let Some(bytes) = tap.peer.receive() {
                    tap.received.extend(bytes);
                }
                return;
            }
        }
    }
}

impl Outcome {
    /// Whether all that the script says has left.
    pub fn is_whole(&self) -> bool {
        self.script.is_over() && self.withheld == 0
    }
}

impl RunningTls {
    /// Waits for the client to go.
    pub fn finish(self) -> Outcome {
        match self.0.join() {
            Ok(outcome) => outcome,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

/// The stream below the server's TLS.
struct Tap {
    peer: Peer,
    delivery: Delivery,
    held: Vec<u8>,
    received: Vec<u8>,
    sent: usize,
    withheld: usize,
    records: Vec<usize>,
    cut: bool,
}

impl Read for Tap {
    fn read(&mut self, space: &mut [u8]) -> std::io::Result<usize> {
        self.deliver();
        if self.cut {
            return Ok(0);
        }
        let n = match self.peer.read(space) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => panic!("the client is silent"),
            other => other?,
        };
        self.received.extend_from_slice(&space[..n]);
        Ok(n)
    }
}

impl Write for Tap {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.held.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    /// OpenSSL flushes after each flight; only the server's own reads deliver.
    fn flush(&mut self) -> std::io::Result<()> {
        self.deliver();
        Ok(())
    }
}

impl Tap {
    fn deliver(&mut self) {
        let held = std::mem::take(&mut self.held);
        if held.is_empty() || self.cut {
            self.withheld += held.len();
            return;
        }
        let (records, before) = (records(&held), self.records.len());
        self.records.extend(records.iter().map(|record| record.len()));
        match self.delivery {
            Delivery::Whole => drop(self.peer.send(&held)),
            Delivery::Bytes => {
                for byte in &held {
                    let end = Instant::now() + PATIENCE;
                    while raw::unread(&self.peer) > 0 {
                        assert!(Instant::now() < end, "the client does not read");
                        std::thread::yield_now();
                    }
                    if !self.peer.send(std::slice::from_ref(byte)) {
                        return;
                    }
                }
            }
            Delivery::Stall(time) => {
                for record in records {
                    std::thread::sleep(time);
                    self.peer.send(record);
                }
            }
            Delivery::StallAt(number, midst, time) => {
                for (record, at) in records.into_iter().zip(before..) {
                    let first = match (at == number, midst) {
                        (true, true) => record.len() / 2,
                        (true, false) => 0,
                        (false, _) => record.len(),
                    };
                    let (head, tail) = record.split_at(first);
                    self.peer.send(head);
                    if at == number {
                        std::thread::sleep(time);
                        self.peer.send(tail);
                    }
                }
            }
            Delivery::Cut(end) => {
                let n = held.len().min(end - self.sent);
                self.peer.send(&held[..n]);
                self.sent += n;
                self.withheld += held.len() - n;
                if self.sent == end {
                    self.cut = true;
                    let _ = self.peer.socket().shutdown(Shutdown::Write);
                }
                return;
            }
        }
        self.sent += held.len();
    }
}

/// The kinds of the records in `bytes`: 20 a change of keys, 21 an alert, 22 a handshake, 23 data.
pub fn kinds(bytes: &[u8]) -> Vec<u8> {
    records(bytes).iter().map(|record| record[0]).collect()
}

/// TLS records one after the other; the last may be something else.
fn records(bytes: &[u8]) -> Vec<&[u8]> {
    let (mut all, mut rest) = (Vec::new(), bytes);
    while let [_, _, _, high, low, ..] = rest {
        let size = 5 + (usize::from(*high) << 8 | usize::from(*low));
        let (record, tail) = rest.split_at(rest.len().min(size));
        all.push(record);
        rest = tail;
    }
    if !rest.is_empty() {
        all.push(rest);
    }
    all
}

/// The numbers of the extensions in a client's first message, and their content.
/// <https://www.rfc-editor.org/rfc/rfc8446#section-4.1.2>
pub fn extensions(client: &[u8]) -> Vec<(u16, Vec<u8>)> {
    let message = &records(client)[0][5..];
    assert_eq!(message[0], 1, "a ClientHello");
    let number = |bytes: &[u8]| usize::from(bytes[0]) << 8 | usize::from(bytes[1]);
    // Type and length 4, version 2, random 32; then the session, suites, methods of compression.
    let mut rest = &message[38..];
    rest = &rest[1 + usize::from(rest[0])..];
    rest = &rest[2 + number(rest)..];
    rest = &rest[1 + usize::from(rest[0])..];
    let mut list = &rest[2..2 + number(rest)];
    let mut all = Vec::new();
    while let [a, b, ..] = list {
        let size = number(&list[2..]);
        all.push((u16::from_be_bytes([*a, *b]), list[4..4 + size].to_vec()));
        list = &list[4 + size..];
    }
    all
}
