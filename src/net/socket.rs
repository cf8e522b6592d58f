// SPDX-License-Identifier: Apache-2.0
//! One non-blocking stream, TCP or unix, and what is known of its readiness.
//!
//! Readiness is an edge: it is remembered until a call would block, which is what makes the next edge
//! come. On Windows only a call that would block, or a new registration, does.

use std::io::{self, Read, Write};
use std::net::Shutdown;
pub use std::net::SocketAddr;
#[cfg(unix)]
pub use std::os::fd::{BorrowedFd as BorrowedSocket, OwnedFd as OwnedSocket};
#[cfg(windows)]
pub use std::os::windows::io::{BorrowedSocket, OwnedSocket};
use std::time::Duration;

use mio::event::Source;
use mio::net::TcpStream;
#[cfg(unix)]
use mio::net::UnixStream;
use mio::{Interest, Registry, Token};
use socket2::{Domain, SockRef, TcpKeepalive, Type};

/// A connected, or connecting, stream.
#[derive(Debug)]
pub enum Stream {
    /// TCP over IPv4 or IPv6.
    Tcp(TcpStream),
    /// A unix socket.
    #[cfg(unix)]
    Unix(UnixStream),
}

impl Stream {
    /// Begins to connect.
    pub fn tcp(address: SocketAddr) -> io::Result<Self> {
        TcpStream::connect(address).map(Self::Tcp)
    }

    /// Connects to a unix socket. `WouldBlock` says that its queue is full: try again.
    #[cfg(unix)]
    pub fn unix(path: &std::ffi::OsStr) -> io::Result<Self> {
        UnixStream::connect(path).map(Self::Unix)
    }

    /// Two streams that are connected with each other, for waking whoever watches one of them.
    #[cfg(unix)]
    pub fn pair() -> io::Result<(Self, Self)> {
        UnixStream::pair().map(|(one, other)| (Self::Unix(one), Self::Unix(other)))
    }

    /// The same where there are no unix sockets. A connect to a listener of this machine takes no time.
    #[cfg(not(unix))]
    pub fn pair() -> io::Result<(Self, Self)> {
        let listener = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0))?;
        let one = std::net::TcpStream::connect(listener.local_addr()?)?;
        let other = loop {
            // Another program may have been quicker.
            let (other, from) = listener.accept()?;
            if from == one.local_addr()? {
                break other;
            }
        };
        one.set_nonblocking(true)?;
        other.set_nonblocking(true)?;
        Ok((Self::Tcp(TcpStream::from_std(one)), Self::Tcp(TcpStream::from_std(other))))
    }

    /// Makes a stream of a socket that the program has connected, once `prepare` has said that it can be
    /// one.
    pub fn adopt(socket: OwnedSocket, family: Family) -> Self {
        match family {
            Family::Internet => Self::Tcp(TcpStream::from_std(std::net::TcpStream::from(socket))),
            #[cfg(unix)]
            Family::Unix => {
                let stream = std::os::unix::net::UnixStream::from(socket);
                Self::Unix(UnixStream::from_std(stream))
            }
        }
    }

    /// Ends the traffic in both directions; the socket itself stays.
    pub fn shut_down(&self) {
        let _ = match self {
            Self::Tcp(stream) => stream.shutdown(Shutdown::Both),
            #[cfg(unix)]
            Self::Unix(stream) => stream.shutdown(Shutdown::Both),
        };
    }

    /// Whether connecting has ended: `true` if it did well, an error if it did not. The error first:
    /// a refused socket has no peer either.
    pub fn is_connected(&self) -> io::Result<bool> {
        let (error, peer) = match self {
            Self::Tcp(stream) => (stream.take_error()?, stream.peer_addr().map(drop)),
            #[cfg(unix)]
            Self::Unix(stream) => (stream.take_error()?, stream.peer_addr().map(drop)),
        };
        if let Some(error) = error {
            return Err(error);
        }
        match peer {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotConnected => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Sets what a session wants of its socket. Failure costs speed, not correctness, and is ignored.
    pub fn tune(&self, keep_alive: Option<Duration>) {
        match self {
            Self::Tcp(stream) => {
                let _ = stream.set_nodelay(true);
                if let Some(idle) = keep_alive {
                    let probes = TcpKeepalive::new().with_time(idle);
                    let _ = SockRef::from(stream).set_tcp_keepalive(&probes);
                }
            }
            #[cfg(unix)]
            Self::Unix(_) => {}
        }
    }

    /// The system's number of the socket.
    #[cfg(unix)]
    pub fn descriptor(&self) -> isize {
        use std::os::fd::AsRawFd;
        let number = match self {
            Self::Tcp(stream) => stream.as_raw_fd(),
            Self::Unix(stream) => stream.as_raw_fd(),
        };
        // An int is never longer.
        isize::try_from(number).unwrap_or(-1)
    }

    /// The system's number of the socket.
    #[cfg(windows)]
    pub fn descriptor(&self) -> isize {
        use std::os::windows::io::AsRawSocket;
        let Self::Tcp(stream) = self;
        // As long as a pointer, in C and in truth.
        isize::try_from(stream.as_raw_socket().cast_signed()).unwrap_or(-1)
    }

    /// The address of the peer; `None` for a unix socket.
    pub fn peer(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(stream) => stream.peer_addr().ok(),
            #[cfg(unix)]
            Self::Unix(_) => None,
        }
    }

    /// Whether the peer is this machine.
    pub fn is_loopback(&self) -> bool {
        match self {
            Self::Tcp(stream) => {
                stream.peer_addr().is_ok_and(|peer| peer.ip().to_canonical().is_loopback())
            }
            #[cfg(unix)]
            Self::Unix(_) => true,
        }
    }

    /// Receives what there is.
    #[inline]
    pub fn recv(&mut self, space: &mut [u8]) -> io::Result<usize> {
        loop {
            let result = match self {
                Self::Tcp(stream) => stream.read(space),
                #[cfg(unix)]
                Self::Unix(stream) => stream.read(space),
            };
            match result {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }

    /// Sends what fits.
    #[inline]
    pub fn send(&self, bytes: &[u8]) -> io::Result<usize> {
        loop {
            let result = match self {
                Self::Tcp(stream) => (&mut &*stream).write(bytes),
                #[cfg(unix)]
                Self::Unix(stream) => (&mut &*stream).write(bytes),
            };
            match result {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => return result,
            }
        }
    }
}

/// The kinds of sockets that a stream can be made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// IPv4 and IPv6.
    Internet,
    /// Unix sockets.
    #[cfg(unix)]
    Unix,
}

/// Looks whether a stream can be made of `socket`, and makes it non-blocking; says why not.
pub fn prepare(socket: BorrowedSocket<'_>) -> Result<Family, String> {
    let socket = SockRef::from(&socket);
    let kind = socket.r#type().map_err(|error| format!("is no socket: {error}"))?;
    if kind != Type::STREAM {
        return Err("is no stream socket".to_owned());
    }
    socket.peer_addr().map_err(|error| format!("is not connected: {error}"))?;
    let family = match socket.local_addr().map(|address| address.domain()) {
        Ok(Domain::IPV4 | Domain::IPV6) => Family::Internet,
        #[cfg(unix)]
        Ok(Domain::UNIX) => Family::Unix,
        _ => return Err("is of a family that is neither TCP nor unix".to_owned()),
    };
    let prepared = socket.set_nonblocking(true);
    #[cfg(unix)]
    let prepared = prepared.and_then(|()| socket.set_cloexec(true));
    prepared.map_err(|error| format!("cannot be used: {error}"))?;
    Ok(family)
}

impl Source for Stream {
    fn register(&mut self, registry: &Registry, token: Token, want: Interest) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.register(registry, token, want),
            #[cfg(unix)]
            Self::Unix(stream) => stream.register(registry, token, want),
        }
    }

    fn reregister(&mut self, registry: &Registry, token: Token, want: Interest) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.reregister(registry, token, want),
            #[cfg(unix)]
            Self::Unix(stream) => stream.reregister(registry, token, want),
        }
    }

    fn deregister(&mut self, registry: &Registry) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.deregister(registry),
            #[cfg(unix)]
            Self::Unix(stream) => stream.deregister(registry),
        }
    }
}
