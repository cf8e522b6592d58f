// SPDX-License-Identifier: Apache-2.0
//! A server for any number of clients on one thread, which does what each query's text says. What is
//! counted here and what a pool tells must agree.
//!
//! | Query | Answer |
//! |---|---|
//! | `ok` | OK |
//! | `rows n` | n rows of one column: 0, 1, 2 … |
//! | `long n` | one row of n bytes |
//! | `two` | one row, and another result of one row |
//! | `error` | error 1064 |
//! | `break n` | n rows, then error 1317 |
//! | `later n` | OK after n milliseconds |
//! | `never` | none |
//! | `half` | a column, and nothing more |
//! | `close`, `reset` | the end of the connection |
//! | `words` | error 1053, and the end |
//! | `leave` | OK, and then the end |
//! | `begin` | OK, in a transaction |
//! | `number` | one row: the client's number |
//!
//! A ping, and a session that is made new, are counted and answered.

use std::collections::{BTreeMap, HashMap};
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use mio::{Events, Interest, Poll, Token};
use socket2::{Domain, SockRef, Socket, Type};

use super::listener::{Address, socket_path};
use super::packets::{self, AUTOCOMMIT, Greeting, MORE, Value, err, framed, ok};

/// A running server. Ends when it is dropped.
#[derive(Debug)]
pub struct Crowd {
    address: Address,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    path: Option<PathBuf>,
}

#[derive(Debug, Default)]
struct Shared {
    over: AtomicBool,
    /// Nobody is greeted while it is set.
    silent: AtomicBool,
    counts: Counts,
    /// Whoever comes is refused while it is set.
    refusing: AtomicBool,
    /// Pings are not answered while it is set.
    deaf: AtomicBool,
    /// The command that makes a session new is not known.
    old: AtomicBool,
    /// Clients that are to be cut off, by their thread id, after these bytes.
    cut: Mutex<Vec<(u32, Vec<u8>)>>,
}

/// What the server has seen.
#[derive(Debug, Default)]
pub struct Counts {
    pub logins: AtomicUsize,
    pub queries: AtomicUsize,
    pub quits: AtomicUsize,
    pub open: AtomicUsize,
    /// The most of them at the same time that were not logged in.
    pub crush: AtomicUsize,
    pub pings: AtomicUsize,
    pub resets: AtomicUsize,
}

enum Listening {
    Tcp(TcpListener),
    Unix(UnixListener),
}

enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

struct Client {
    stream: Stream,
    number: u32,
    logged_in: bool,
    inbox: Vec<u8>,
    outbox: Vec<u8>,
    /// How it ends once the output is gone.
    end: Option<End>,
    /// It is at a command, and reads no other.
    busy: bool,
    gone: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Close,
    Reset,
}

const LISTENER: Token = Token(usize::MAX);

impl Crowd {
    pub fn tcp() -> Self {
        // A client that does not fit into the queue may wait for a greeting for ever: TCP has said that it
        // is connected.
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.set_nonblocking(true).unwrap();
        socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        socket.listen(4096).unwrap();
        let listener = TcpListener::from_std(socket.into());
        let address = listener.local_addr().unwrap();
        let address = Address { host: address.ip().to_string(), port: address.port() };
        Self::start(Listening::Tcp(listener), address, None)
    }

    pub fn unix() -> Self {
        let path = socket_path();
        let listener = UnixListener::bind(&path).unwrap();
        let address = Address { host: path.to_str().unwrap().to_owned(), port: 0 };
        Self::start(Listening::Unix(listener), address, Some(path))
    }

    fn start(listener: Listening, address: Address, path: Option<PathBuf>) -> Self {
        let shared = Arc::new(Shared::default());
        let for_thread = Arc::clone(&shared);
        let thread = Some(std::thread::spawn(move || serve(listener, &for_thread)));
        Self { address, shared, thread, path }
    }

    pub fn address(&self) -> &Address {
        &self.address
    }

    pub fn counts(&self) -> &Counts {
        &self.shared.counts
    }

    /// Greets nobody any more, or again.
    pub fn be_silent(&self, silent: bool) {
        self.shared.silent.store(silent, Ordering::SeqCst);
    }

    /// Refuses whoever comes, or not any more.
    pub fn refuse(&self, refusing: bool) {
        self.shared.refusing.store(refusing, Ordering::SeqCst);
    }

    /// Answers no ping any more.
    pub fn be_deaf(&self) {
        self.shared.deaf.store(true, Ordering::SeqCst);
    }

    /// Knows no command that makes a session new.
    pub fn be_old(&self) {
        self.shared.old.store(true, Ordering::SeqCst);
    }

    /// Cuts a client off, named by its thread id.
    pub fn cut(&self, number: u32) {
        self.shared.cut.lock().unwrap().push((number, Vec::new()));
    }

    /// The same, with the words of a server that kills a connection.
    pub fn kill(&self, number: u32) {
        let words = framed(0, &[err(1927, Some("70100"), b"Connection was killed")]);
        self.shared.cut.lock().unwrap().push((number, words));
    }

    /// Waits until so many clients are connected.
    pub fn wait_for_open(&self, count: usize) {
        let end = Instant::now() + super::listener::PATIENCE;
        while self.counts().open.load(Ordering::SeqCst) != count {
            assert!(Instant::now() < end, "{:?} instead of {count}", self.counts());
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take()
            && let Err(panic) = thread.join()
            && !std::thread::panicking()
        {
            std::panic::resume_unwind(panic);
        }
        if let Some(path) = &self.path {
            let _ = std::fs::remove_file(path);
        }
    }
}

/// The server's thread.
fn serve(mut listener: Listening, shared: &Shared) {
    let (mut poll, mut events) = (Poll::new().unwrap(), Events::with_capacity(1024));
    let (mut clients, mut last) = (HashMap::new(), 0);
    let mut later: BTreeMap<(Instant, u32), Vec<u8>> = BTreeMap::new();
    let registry = poll.registry();
    match &mut listener {
        Listening::Tcp(l) => registry.register(l, LISTENER, Interest::READABLE).unwrap(),
        Listening::Unix(l) => registry.register(l, LISTENER, Interest::READABLE).unwrap(),
    }
    let mut waiting: Vec<u32> = Vec::new();
    while !shared.over.load(Ordering::SeqCst) {
        let nap = if later.is_empty() && waiting.is_empty() { 5 } else { 1 };
        match poll.poll(&mut events, Some(Duration::from_millis(nap))) {
            Err(error) if error.kind() != ErrorKind::Interrupted => panic!("{error}"),
            _ => {}
        }
        let mut touched: Vec<u32> = Vec::new();
        for event in &events {
            if event.token() != LISTENER {
                touched.push(event.token().0 as u32);
                continue;
            }
            while let Some(stream) = accept(&listener) {
                last += 1;
                let mut client = Client::new(stream, last);
                client.register(&poll, last);
                shared.counts.open.fetch_add(1, Ordering::SeqCst);
                clients.insert(last, client);
                waiting.push(last);
                let crush = clients.values().filter(|client: &&Client| !client.logged_in).count();
                shared.counts.crush.fetch_max(crush, Ordering::SeqCst);
            }
        }
        if !shared.silent.load(Ordering::SeqCst) {
            for number in waiting.drain(..) {
                let client = clients.get_mut(&number).unwrap();
                if shared.refusing.load(Ordering::SeqCst) {
                    client.outbox.extend(framed(0, &[err(1040, None, b"Too many connections")]));
                    client.end = Some(End::Close);
                    touched.push(number);
                    continue;
                }
                let greeting = Greeting { thread_id: number, ..Greeting::default() };
                client.outbox.extend(framed(0, &[greeting.payload()]));
                touched.push(number);
            }
        }
        let now = Instant::now();
        while later.first_key_value().is_some_and(|((time, _), _)| *time <= now) {
            let ((_, number), bytes) = later.pop_first().unwrap();
            if let Some(client) = clients.get_mut(&number) {
                client.outbox.extend(bytes);
                client.busy = false;
                touched.push(number);
            }
        }
        for (number, words) in shared.cut.lock().unwrap().drain(..) {
            if let Some(client) = clients.get_mut(&number) {
                client.outbox.extend(words);
                client.end = Some(End::Close);
                touched.push(number);
            }
        }
        for number in touched {
            let Some(client) = clients.get_mut(&number) else { continue };
            client.turn(shared, &mut later);
            if client.gone {
                shared.counts.open.fetch_sub(1, Ordering::SeqCst);
                waiting.retain(|&other| other != number);
                clients.remove(&number);
            }
        }
    }
}

fn accept(listener: &Listening) -> Option<Stream> {
    let stream = match listener {
        Listening::Tcp(listener) => listener.accept().map(|(stream, _)| {
            stream.set_nodelay(true).unwrap();
            Stream::Tcp(stream)
        }),
        Listening::Unix(listener) => listener.accept().map(|(stream, _)| Stream::Unix(stream)),
    };
    match stream {
        Ok(stream) => Some(stream),
        Err(error) if error.kind() == ErrorKind::WouldBlock => None,
        Err(error) => panic!("accept: {error}"),
    }
}

impl Client {
    fn new(stream: Stream, number: u32) -> Self {
        let (inbox, outbox) = (Vec::new(), Vec::new());
        let (logged_in, end, busy, gone) = (false, None, false, false);
        Self { stream, number, logged_in, inbox, outbox, end, busy, gone }
    }

    fn register(&mut self, poll: &Poll, number: u32) {
        let (token, both) = (Token(number as usize), Interest::READABLE | Interest::WRITABLE);
        match &mut self.stream {
            Stream::Tcp(stream) => poll.registry().register(stream, token, both).unwrap(),
            Stream::Unix(stream) => poll.registry().register(stream, token, both).unwrap(),
        }
    }

    fn turn(&mut self, shared: &Shared, later: &mut BTreeMap<(Instant, u32), Vec<u8>>) {
        let mut space = [0; 16 * 1024];
        while !self.gone {
            let result = match &mut self.stream {
                Stream::Tcp(stream) => stream.read(&mut space),
                Stream::Unix(stream) => stream.read(&mut space),
            };
            match result {
                Ok(n) if n > 0 => self.inbox.extend_from_slice(&space[..n]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Ok(_) | Err(_) => self.gone = true,
            }
        }
        while !self.busy
            && self.end.is_none()
            && let Some(payload) = self.packet()
        {
            self.on_packet(&payload, shared, later);
        }
        while !self.outbox.is_empty() && !self.gone {
            let result = match &mut self.stream {
                Stream::Tcp(stream) => stream.write(&self.outbox),
                Stream::Unix(stream) => stream.write(&self.outbox),
            };
            match result {
                Ok(n) => drop(self.outbox.drain(..n)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => self.gone = true,
            }
        }
        if let Some(end) = self.end {
            if let (End::Reset, Stream::Tcp(stream)) = (end, &self.stream) {
                SockRef::from(stream).set_linger(Some(Duration::ZERO)).unwrap();
            }
            self.gone = true;
        }
    }

    fn packet(&mut self) -> Option<Vec<u8>> {
        let [a, b, c, _] = *self.inbox.first_chunk::<4>()?;
        let size = usize::from(a) | usize::from(b) << 8 | usize::from(c) << 16;
        let payload = self.inbox.get(4..4 + size)?.to_vec();
        self.inbox.drain(..4 + size);
        Some(payload)
    }

    fn on_packet(
        &mut self,
        payload: &[u8],
        shared: &Shared,
        later: &mut BTreeMap<(Instant, u32), Vec<u8>>,
    ) {
        if !self.logged_in {
            self.logged_in = true;
            shared.counts.logins.fetch_add(1, Ordering::SeqCst);
            return self.outbox.extend(framed(2, &[ok()]));
        }
        if payload == [1] {
            shared.counts.quits.fetch_add(1, Ordering::SeqCst);
            return self.gone = true;
        }
        match payload[0] {
            14 => {
                shared.counts.pings.fetch_add(1, Ordering::SeqCst);
                if !shared.deaf.load(Ordering::SeqCst) {
                    self.outbox.extend(framed(1, &[ok()]));
                }
                return;
            }
            31 => {
                shared.counts.resets.fetch_add(1, Ordering::SeqCst);
                let answer = if shared.old.load(Ordering::SeqCst) {
                    err(1047, Some("08S01"), b"Unknown command")
                } else {
                    ok()
                };
                return self.outbox.extend(framed(1, &[answer]));
            }
            code => assert_eq!(code, 3, "only queries come here"),
        }
        shared.counts.queries.fetch_add(1, Ordering::SeqCst);
        let text = std::str::from_utf8(&payload[1..]).unwrap();
        let (word, number) = text.split_once(' ').unwrap_or((text, "0"));
        let number: usize = number.parse().unwrap();
        let answer = match word {
            "ok" => vec![ok()],
            "begin" => {
                let status = AUTOCOMMIT | packets::IN_TRANSACTION;
                vec![packets::OkPacket { status, ..packets::OkPacket::default() }.payload()]
            }
            "number" => result(&[self.number.to_string().into_bytes()], AUTOCOMMIT),
            "rows" => rows(number, AUTOCOMMIT),
            "long" => result(&[vec![b'x'; number]], AUTOCOMMIT),
            "two" => [rows(1, AUTOCOMMIT | MORE), rows(1, AUTOCOMMIT)].concat(),
            "error" => vec![err(1064, Some("42000"), b"no")],
            "break" => broken(number),
            "later" => {
                let time = Instant::now() + Duration::from_millis(number as u64);
                later.insert((time, self.number), framed(1, &[ok()]));
                return self.busy = true;
            }
            "never" => return self.busy = true,
            "half" => {
                self.busy = true;
                rows(1, AUTOCOMMIT)[..1].to_vec()
            }
            "close" => return self.end = Some(End::Close),
            "reset" => return self.end = Some(End::Reset),
            "words" => {
                self.end = Some(End::Close);
                vec![err(1053, Some("08S01"), b"shutdown")]
            }
            "leave" => {
                self.end = Some(End::Close);
                vec![ok()]
            }
            other => panic!("what is {other:?}?"),
        };
        self.outbox.extend(framed(1, &answer));
    }
}

fn rows(count: usize, status: u16) -> Vec<Vec<u8>> {
    let values: Vec<Vec<u8>> = (0..count).map(|n| n.to_string().into_bytes()).collect();
    result(&values, status)
}

fn result(values: &[Vec<u8>], status: u16) -> Vec<Vec<u8>> {
    let rows: Vec<Vec<Value>> = values.iter().map(|value| vec![Some(value.clone())]).collect();
    packets::result(packets::MARIADB_CAPS, &["a"], &rows, status)
}

fn broken(count: usize) -> Vec<Vec<u8>> {
    let mut answer = rows(count, AUTOCOMMIT);
    answer.pop();
    answer.push(err(1317, Some("70100"), b"stopped"));
    answer
}
