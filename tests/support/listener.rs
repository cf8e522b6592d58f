// SPDX-License-Identifier: Apache-2.0
//! Runs a script on a loopback socket: on a thread of its own, or a turn at a time in the thread of
//! the client.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use socket2::{Domain, SockRef, Socket, Type};

use super::script::{Script, Turn};

/// Nothing here takes as long, unless something hangs.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Where a server listens: a host and a port, or a path and 0.
#[derive(Debug, Clone)]
pub struct Address {
    pub host: String,
    pub port: u16,
}

/// A socket that clients can connect to.
#[derive(Debug)]
pub enum Listener {
    Tcp(TcpListener),
    Unix(UnixListener, PathBuf),
}

/// A connected client.
#[derive(Debug)]
pub enum Peer {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// A server running on a thread.
#[derive(Debug)]
pub struct Running {
    thread: JoinHandle<Script>,
}

impl Listener {
    pub fn tcp() -> Self {
        Self::Tcp(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    pub fn unix() -> Self {
        let path = socket_path();
        Self::Unix(UnixListener::bind(&path).unwrap(), path)
    }

    pub fn address(&self) -> Address {
        match self {
            Self::Tcp(listener) => {
                let address = listener.local_addr().unwrap();
                Address { host: address.ip().to_string(), port: address.port() }
            }
            Self::Unix(_, path) => Address { host: path.to_str().unwrap().to_owned(), port: 0 },
        }
    }

    pub fn accept(&self) -> Peer {
        match self {
            Self::Tcp(listener) => {
                let peer = listener.accept().unwrap().0;
                peer.set_nodelay(true).unwrap();
                Peer::Tcp(peer)
            }
            Self::Unix(listener, _) => Peer::Unix(listener.accept().unwrap().0),
        }
    }

    /// Whether somebody has connected, or just does.
    pub fn has_caller(&self) -> bool {
        match self {
            Self::Tcp(listener) => listener.set_nonblocking(true).unwrap(),
            Self::Unix(listener, _) => listener.set_nonblocking(true).unwrap(),
        }
        accept_now(self).is_some()
    }

    /// Waits for the next client, and serves it with `script` on a thread.
    pub fn serve_next(&self, script: Script) -> Running {
        let mut peer = self.accept();
        peer.set_timeouts();
        Running { thread: std::thread::spawn(move || run(&mut peer, script)) }
    }

    /// Serves the next client with `script` on a thread.
    pub fn serve(self, script: Script) -> Running {
        let thread = std::thread::spawn(move || {
            let mut peer = self.accept();
            peer.set_timeouts();
            run(&mut peer, script)
        });
        Running { thread }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Self::Unix(_, path) = self {
            let _ = std::fs::remove_file(path);
        }
    }
}

impl Running {
    /// Waits for the script to end, which it does when the client has gone; the script, with what the
    /// client sent. Panics if the script did.
    pub fn finish(self) -> Script {
        match self.thread.join() {
            Ok(script) => script,
            Err(panic) => std::panic::resume_unwind(panic),
        }
    }
}

impl Peer {
    /// Makes every call return at once.
    pub fn set_nonblocking(&self) {
        match self {
            Self::Tcp(stream) => stream.set_nonblocking(true).unwrap(),
            Self::Unix(stream) => stream.set_nonblocking(true).unwrap(),
        }
    }

    pub fn set_timeouts(&self) {
        let (socket, limit) = (self.socket(), Some(PATIENCE));
        socket.set_read_timeout(limit).unwrap();
        socket.set_write_timeout(limit).unwrap();
    }

    pub fn socket(&self) -> SockRef<'_> {
        match self {
            Self::Tcp(stream) => SockRef::from(stream),
            Self::Unix(stream) => SockRef::from(stream),
        }
    }

    /// Closes so that a TCP client sees a reset, not the end of the stream.
    pub fn reset(self) {
        let _ = self.socket().set_linger(Some(Duration::ZERO));
    }

    pub fn shutdown_write(&self) {
        let _ = self.socket().shutdown(Shutdown::Write);
    }

    pub fn read(&mut self, space: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(space),
            Self::Unix(stream) => stream.read(space),
        }
    }

    pub fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(bytes),
            Self::Unix(stream) => stream.write(bytes),
        }
    }

    /// Writes all of it; `false` if the client has gone.
    pub fn send(&mut self, bytes: &[u8]) -> bool {
        let written = match self {
            Self::Tcp(stream) => stream.write_all(bytes),
            Self::Unix(stream) => stream.write_all(bytes),
        };
        match written {
            Ok(()) => true,
            Err(error) if gone(&error) => false,
            Err(error) => panic!("the scripted server cannot write: {error}"),
        }
    }

    /// What has come; `None` if the client has gone.
    pub fn receive(&mut self) -> Option<Vec<u8>> {
        let mut space = vec![0; 64 * 1024];
        match self.read(&mut space) {
            Ok(0) => None,
            Ok(n) => Some(space[..n].to_vec()),
            Err(error) if gone(&error) => None,
            Err(error) => panic!("the scripted server has nothing to read: {error}"),
        }
    }
}

fn gone(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::ConnectionReset | ErrorKind::BrokenPipe)
}

fn run(peer: &mut Peer, mut script: Script) -> Script {
    loop {
        match script.turn() {
            Turn::Send(bytes) => {
                if !peer.send(&bytes) {
                    return script;
                }
            }
            Turn::Receive | Turn::Over => match peer.receive() {
                Some(bytes) => script.feed(&bytes),
                None => return script,
            },
            Turn::Stall(time) => std::thread::sleep(time),
            Turn::Close => return script,
            Turn::Reset => {
                let _ = peer.socket().set_linger(Some(Duration::ZERO));
                return script;
            }
        }
    }
}

/// A server run in the thread of its client, one turn at a time.
#[derive(Debug)]
pub struct Inline {
    listener: Listener,
    peer: Option<Peer>,
    pub script: Script,
    left: Vec<u8>,
    gone: bool,
    stalled_until: Option<Instant>,
}

impl Inline {
    pub fn new(listener: Listener, script: Script) -> Self {
        match &listener {
            Listener::Tcp(listener) => listener.set_nonblocking(true).unwrap(),
            Listener::Unix(listener, _) => listener.set_nonblocking(true).unwrap(),
        }
        let (peer, left) = (None, Vec::new());
        Self { listener, peer, script, left, gone: false, stalled_until: None }
    }

    pub fn address(&self) -> Address {
        self.listener.address()
    }

    /// Does one thing, if there is one to do.
    pub fn turn(&mut self) {
        if self.gone || self.stalled_until.is_some_and(|end| Instant::now() < end) {
            return;
        }
        let Some(peer) = &mut self.peer else {
            self.peer = accept_now(&self.listener);
            return;
        };
        let mut space = [0; 4096];
        match peer.read(&mut space) {
            Ok(n) if n > 0 => self.script.feed(&space[..n]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Ok(_) | Err(_) => return self.gone = true,
        }
        if self.left.is_empty() {
            match self.script.turn() {
                Turn::Send(bytes) => self.left = bytes,
                Turn::Receive | Turn::Over => {}
                Turn::Stall(time) => self.stalled_until = Some(Instant::now() + time),
                Turn::Close => drop(self.peer.take()),
                Turn::Reset => self.peer.take().unwrap().reset(),
            }
            self.gone = self.peer.is_none();
        }
        if let (Some(peer), false) = (&mut self.peer, self.left.is_empty()) {
            match peer.write(&self.left) {
                Ok(n) => drop(self.left.drain(..n)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(_) => self.gone = true,
            }
        }
    }

    /// Does everything that is left to do, before the client looks again.
    pub fn run_ahead(&mut self) {
        let end = Instant::now() + PATIENCE;
        while !(self.gone || self.script.is_over() && self.left.is_empty()) {
            assert!(Instant::now() < end, "the script waits for the client");
            self.turn();
        }
    }

    /// Reads what the client still sends, until it has gone.
    pub fn finish(mut self) -> Script {
        let end = Instant::now() + PATIENCE;
        while !self.gone && self.peer.is_some() {
            assert!(Instant::now() < end, "the client does not go");
            self.turn();
        }
        self.script
    }
}

fn accept_now(listener: &Listener) -> Option<Peer> {
    let peer = match listener {
        Listener::Tcp(listener) => listener.accept().map(|(peer, _)| Peer::Tcp(peer)),
        Listener::Unix(listener, _) => listener.accept().map(|(peer, _)| Peer::Unix(peer)),
    };
    match peer {
        Ok(peer) => {
            if let Peer::Tcp(stream) = &peer {
                stream.set_nodelay(true).unwrap();
            }
            peer.set_nonblocking();
            Some(peer)
        }
        Err(error) if error.kind() == ErrorKind::WouldBlock => None,
        Err(error) => panic!("accept: {error}"),
    }
}

/// A TCP address that does not answer while what is returned with it lives: its queue is full.
pub fn deaf(address: &str) -> (Address, (Socket, Vec<TcpStream>)) {
    let address: SocketAddr = address.parse().unwrap();
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).unwrap();
    socket.bind(&address.into()).unwrap();
    socket.listen(0).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    let mut waiting = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
        waiting.push(stream);
        assert!(waiting.len() < 100, "the queue does not fill");
    }
    (Address { host: address.ip().to_string(), port: address.port() }, (socket, waiting))
}

/// A path for a unix socket that nobody else uses.
pub fn socket_path() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("attachsql-{}-{number}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    path
}
