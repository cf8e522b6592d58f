// SPDX-License-Identifier: Apache-2.0
//! A rough network in front of a real server, for any number of connections on one thread: it hands bytes over
//! until it is told to cut a line, or to let it go silent without a word.

use std::collections::HashMap;
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use mio::net::{TcpListener, TcpStream};
use mio::{Events, Interest, Poll, Token};
use socket2::{Domain, Socket, Type};

use super::listener::Address;

/// What may befall a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blow {
    Cut,
    /// Nothing comes through any more; both ends stay open.
    Silence,
}

/// The network. Ends when it is dropped.
#[derive(Debug)]
pub struct Rough {
    address: Address,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    over: AtomicBool,
    /// What is to befall which line, counted from the oldest, modulo their number.
    blows: Mutex<Vec<(Blow, usize)>>,
    done: AtomicUsize,
    open: AtomicUsize,
}

struct Line {
    client: End,
    server: End,
    silent: bool,
}

/// One end: its socket, and what is to be sent to it.
struct End {
    stream: TcpStream,
    outbox: Vec<u8>,
}

const LISTENER: Token = Token(usize::MAX);

impl Rough {
    pub fn new(server: &Address) -> Self {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.set_nonblocking(true).unwrap();
        socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        socket.listen(4096).unwrap();
        let listener = TcpListener::from_std(socket.into());
        let port = listener.local_addr().unwrap().port();
        let server = SocketAddr::from(([127, 0, 0, 1], server.port));
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        let thread = Some(std::thread::spawn(move || serve(listener, server, &theirs)));
        Self { address: Address { host: "127.0.0.1".to_owned(), port }, shared, thread }
    }

    pub fn address(&self) -> &Address {
        &self.address
    }

    /// Strikes a line soon.
    pub fn strike(&self, blow: Blow, which: usize) {
        self.shared.blows.lock().unwrap().push((blow, which));
    }

    /// Lines that were struck.
    pub fn struck(&self) -> usize {
        self.shared.done.load(Ordering::SeqCst)
    }

    /// Lines that are open.
    pub fn open(&self) -> usize {
        self.shared.open.load(Ordering::SeqCst)
    }
}

impl Drop for Rough {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take()
            && let Err(panic) = thread.join()
            && !std::thread::panicking()
        {
            std::panic::resume_unwind(panic);
        }
    }
}

fn serve(mut listener: TcpListener, server: SocketAddr, shared: &Shared) {
    let (mut poll, mut events) = (Poll::new().unwrap(), Events::with_capacity(1024));
    let both = Interest::READABLE | Interest::WRITABLE;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE).unwrap();
    let (mut lines, mut order): (HashMap<usize, Line>, Vec<usize>) = Default::default();
    let mut last = 0;
    while !shared.over.load(Ordering::SeqCst) {
        match poll.poll(&mut events, Some(Duration::from_millis(5))) {
            Err(error) if error.kind() != ErrorKind::Interrupted => panic!("{error}"),
            _ => {}
        }
        let mut touched: Vec<usize> = Vec::new();
        for event in &events {
            if event.token() != LISTENER {
                touched.push(event.token().0 / 2);
                continue;
            }
            while let Ok((client, _)) = listener.accept() {
                last += 1;
                let mut line = Line::new(client, TcpStream::connect(server).unwrap());
                let (client, server) = (&mut line.client.stream, &mut line.server.stream);
                poll.registry().register(client, Token(2 * last), both).unwrap();
                poll.registry().register(server, Token(2 * last + 1), both).unwrap();
                lines.insert(last, line);
                order.push(last);
            }
        }
        let mut gone: Vec<usize> = Vec::new();
        for (blow, which) in shared.blows.lock().unwrap().drain(..) {
            if order.is_empty() {
                continue;
            }
            let number = order[which % order.len()];
            match blow {
                Blow::Cut => gone.push(number),
                Blow::Silence => lines.get_mut(&number).unwrap().silent = true,
            }
            shared.done.fetch_add(1, Ordering::SeqCst);
        }
        for number in touched {
            if lines.get_mut(&number).is_some_and(|line| !line.turn()) {
                gone.push(number);
            }
        }
        if !gone.is_empty() {
            gone.iter().for_each(|number| drop(lines.remove(number)));
            order.retain(|number| lines.contains_key(number));
        }
        shared.open.store(lines.len(), Ordering::SeqCst);
    }
}

impl Line {
    fn new(client: TcpStream, server: TcpStream) -> Self {
        for stream in [&client, &server] {
            // A connect that is still under way may refuse; its bytes come late then, and whole.
            let _ = stream.set_nodelay(true);
        }
        let end = |stream| End { stream, outbox: Vec::new() };
        Self { client: end(client), server: end(server), silent: false }
    }

    /// Hands over what has come. `false` at the end of either side.
    fn turn(&mut self) -> bool {
        let (mut up, mut down) = (Vec::new(), Vec::new());
        let client = self.client.take(&mut up);
        let server = self.server.take(&mut down);
        if self.silent {
            return client;
        }
        self.server.outbox.append(&mut up);
        self.client.outbox.append(&mut down);
        // What the one has said before it went is for the other.
        self.client.give() && self.server.give() && client && server
    }
}

impl End {
    /// What has come. `false` at the end.
    fn take(&mut self, bytes: &mut Vec<u8>) -> bool {
        let mut space = [0; 16 * 1024];
        loop {
            match self.stream.read(&mut space) {
                Ok(n) if n > 0 => bytes.extend_from_slice(&space[..n]),
                Err(error) if is_later(&error) => return true,
                Ok(_) | Err(_) => return false,
            }
        }
    }

    /// Sends what there is. `false` at the end.
    fn give(&mut self) -> bool {
        while !self.outbox.is_empty() {
            match self.stream.write(&self.outbox) {
                Ok(n) => drop(self.outbox.drain(..n)),
                Err(error) if is_later(&error) => return true,
                Err(_) => return false,
            }
        }
        true
    }
}

fn is_later(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::NotConnected)
}
