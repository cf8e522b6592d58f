// SPDX-License-Identifier: Apache-2.0
//! A connection from its creation to its end: what its parts are, how it connects, options, sleeping,
//! and what it says of itself. The turn of I/O is in `turn`, queries are in `query`.
//!
//! ```text
//! Unused ─connect─► Lookup ─► Dial ─► Open
//!             └──numeric, path──►      │
//!                   any error ───────► Failed
//! ```

use std::io;
use std::time::{Duration, Instant};

use crate::auth::Channel;
use crate::buf::{RecvBuf, SendBuf};
use crate::error::{ConnectPhase, Error, IoCause, Misuse, Result};
use crate::limits;
use crate::net::dial::{Dial, Dialed};
use crate::net::reactor::{Interest, Reactor, Woken};
use crate::net::resolve::{self, Lookup};
use crate::net::socket::Stream;
use crate::proto::machine::Machine;
use crate::session::clock::Clock;
use crate::session::config::{Choice, Config};
use crate::session::pending::Queue;
use crate::session::tls_options::TlsChoice;
use crate::transport::{Layers, TlsContext, TlsInfo};
use crate::wire::caps::Caps;
use crate::wire::command::COM_QUIT;
use crate::wire::zframe::Algorithm;

/// How long to sleep before trying a unix socket again whose queue is full: there is no event for it.
const RETRY_PAUSE: Duration = Duration::from_millis(1);

/// What a poll found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Polled {
    /// Nothing was ever begun.
    NotConnected,
    /// Lookup, connect or login is under way.
    Connecting,
    /// An answer is awaited.
    Processing,
    /// A row is held.
    RowReady,
    /// Nothing is awaited.
    End,
}

/// The way to the server.
#[derive(Debug)]
pub(super) enum Link {
    Unused,
    Lookup(Lookup),
    Dial(Dial),
    Open(Stream),
    Failed(Box<Error>),
}

/// A connection.
#[derive(Debug)]
pub struct Connection {
    pub(super) config: Config,
    pub(super) link: Link,
    pub(super) machine: Machine,
    pub(super) recv: RecvBuf,
    pub(super) out: SendBuf,
    pub(super) clock: Clock,
    pub(super) max_packet: usize,
    /// See `watch`.
    pub(super) generation: u64,
    reactor: Option<Box<Reactor>>,
    semi_blocking: bool,
    /// Whether a poll is more than a turn: in semi-blocking mode, and while the program owes an answer.
    pub(super) detour: bool,
    /// What is between the buffers and the socket, if anything is.
    pub(super) layers: Option<Box<Layers>>,
    /// Why TLS cannot be had as the program asked: the connection is never made without.
    pub(super) tls_refusal: Option<Box<Error>>,
    pub(super) tls_context: Option<TlsContext>,
    /// What became of it.
    pub(super) tls_info: Option<Box<TlsInfo>>,
    /// The socket may have bytes: nothing has shown yet that it has none.
    pub(super) readable: bool,
    /// The socket took what it was last given: more of what is left to send may go at once.
    pub(super) writable: bool,
    /// The peer was seen to close its side.
    pub(super) peer_closed: bool,
    /// The first failed write. The server's last words are read before it counts.
    pub(super) write_error: Option<IoCause>,
    /// Commands to send when the connection is ready for them.
    pub(super) pending: Queue,
    /// The error of the last command, until the next one.
    pub(super) outcome: Option<Box<Error>>,
    pub(super) in_query: bool,
    pub(super) buffered: bool,
}

impl Connection {
    /// A connection that has not begun to connect.
    pub fn new(config: Config) -> Self {
        Self {
            config,
            link: Link::Unused,
            machine: Machine::default(),
            recv: RecvBuf::default(),
            out: SendBuf::default(),
            clock: Clock::default(),
            max_packet: limits::MAX_PACKET,
            generation: 0,
            reactor: None,
            semi_blocking: false,
            detour: false,
            layers: None,
            tls_refusal: None,
            tls_context: None,
            tls_info: None,
            readable: false,
            writable: false,
            peer_closed: false,
            write_error: None,
            pending: None,
            outcome: None,
            in_query: false,
            buffered: false,
        }
    }

    /// Begins to connect, if nothing was begun yet. `false` while a command is under way.
    pub fn connect(&mut self) -> Result<bool> {
        match &self.link {
            Link::Unused => self.start().map(|()| true),
            Link::Failed(error) => Err(error.clone()),
            Link::Open(_) => Ok(!self.machine.is_busy()),
            Link::Lookup(_) | Link::Dial(_) => Ok(true),
        }
    }

    /// Takes an option. Whether it was taken; if not, nothing has changed.
    pub fn choose(&mut self, choice: Choice<'_>) -> bool {
        match choice {
            Choice::Capability(caps) => self.config.wanted = self.config.wanted.with(caps),
            Choice::Compress => self.config.compression.add(Algorithm::Zlib),
            Choice::LocalFiles => {}
            Choice::SemiBlocking => (self.semi_blocking, self.detour) = (true, true),
            Choice::ConnectTimeout(limit) => self.clock.connect_limit = limit,
            Choice::ReadTimeout(limit) => self.clock.read_limit = limit,
            Choice::WriteTimeout(limit) => self.clock.write_limit = limit,
            Choice::MaxPacket(bytes) => {
                let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
                if !(limits::MIN_MAX_PACKET..=limits::MAX_PACKET).contains(&bytes) {
                    return false;
                }
                self.max_packet = bytes;
                self.machine.set_max_packet(bytes);
            }
            Choice::Tls(TlsChoice::NoVerify) => return self.config.choose(choice),
            other => return self.is_unused() && self.config.choose(other),
        }
        true
    }

    /// Does what can be done without waiting, and says how things stand. In semi-blocking mode it
    /// waits for one thing to happen if there is nothing to do at once.
    #[inline]
    pub fn poll(&mut self) -> Result<Polled> {
        // A machine has rows only while the link is open.
        if self.machine.take_row(&mut self.recv) {
            return Ok(Polled::RowReady);
        }
        self.poll_on()
    }

    #[inline(never)]
    fn poll_on(&mut self) -> Result<Polled> {
        // Looked at before the turn, so that its result is returned as it is.
        if self.detour { self.poll_detour() } else { self.turn() }
    }

    #[cold]
    fn poll_detour(&mut self) -> Result<Polled> {
        let polled = if self.clock.asking { self.poll_asking() } else { self.turn_again() };
        self.detour = self.semi_blocking || self.clock.asking;
        if self.semi_blocking && matches!(polled, Ok(Polled::Connecting | Polled::Processing)) {
            self.wait(None)?;
            return self.turn_again();
        }
        polled
    }

    /// Sleeps until `poll` would have something to do, at most for `limit`. `false` if the time ran
    /// out. May return early.
    #[inline(always)]
    pub fn wait(&mut self, limit: Option<Duration>) -> Result<bool> {
        let Some(output) = self.idle() else {
            return Ok(true);
        };
        if self.clock.has_limit() {
            self.wait_within(limit, output)
        } else {
            self.sleep(limit, output)
        }
    }

    /// As `wait`, with deadlines of its own.
    #[inline(never)]
    fn wait_within(&mut self, limit: Option<Duration>, output: bool) -> Result<bool> {
        let answer_due = self.machine.is_busy();
        // A limit that is reached is for poll to report.
        let Ok(deadline) = self.clock.check(answer_due, output) else {
            return Ok(true);
        };
        let ours = deadline.map(|end| end.saturating_duration_since(Instant::now()));
        let sleep = match (limit, ours) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        let slept = self.sleep(sleep, output)?;
        Ok(slept || (ours.is_some() && sleep == ours))
    }

    /// Whether nothing was begun yet.
    pub fn is_unused(&self) -> bool {
        matches!(self.link, Link::Unused)
    }

    /// The error that ended the connection.
    pub fn failure(&self) -> Option<&Error> {
        match &self.link {
            Link::Failed(error) => Some(error),
            _ => None,
        }
    }

    /// The protocol machine, for what it knows of results and the server.
    #[inline]
    pub fn machine(&self) -> &Machine {
        &self.machine
    }

    /// The protocol machine, for rows.
    #[inline]
    pub fn machine_mut(&mut self) -> &mut Machine {
        &mut self.machine
    }

    /// Whether a query is open.
    pub fn in_query(&self) -> bool {
        self.in_query
    }

    /// Whether rows are buffered.
    #[inline]
    pub fn is_buffered(&self) -> bool {
        self.buffered
    }

    /// Ends the connection for good.
    pub(super) fn fail(&mut self, error: impl Into<Box<Error>>) -> Box<Error> {
        let error = error.into();
        if let (Link::Open(stream), Some(reactor)) = (&mut self.link, &mut self.reactor) {
            reactor.forget(stream);
        }
        self.machine.stop();
        self.clock.end_connect();
        self.out.clear();
        self.layers = None;
        self.pending = None;
        self.generation += 1;
        self.link = Link::Failed(error.clone());
        error
    }

    /// Marks the connection dead after a defect of the library.
    pub fn poison(&mut self, what: &str) -> Box<Error> {
        self.fail(Error::Internal(what.to_owned()))
    }

    /// Whether something is still to be sent.
    pub(super) fn has_output(&self) -> bool {
        !self.out.is_empty() || self.layers.as_ref().is_some_and(|layers| layers.has_output())
    }

    /// Where the connection goes, for messages.
    fn target(&self) -> String {
        let host = String::from_utf8_lossy(self.config.host.as_deref().unwrap_or(b"localhost"));
        match self.config.port {
            0 => host.into_owned(),
            port => format!("{host} port {port}"),
        }
    }

    fn start(&mut self) -> Result<()> {
        if let Some(error) = self.tls_refusal.take() {
            return Err(self.fail(error));
        }
        if self.config.tls_required {
            // Options may have come after `set_ssl`, and files may have changed.
            match self.config.tls.get_or_insert_default().context() {
                Ok(context) => self.tls_context = Some(context),
                Err(error) => return Err(self.fail(error)),
            }
        }
        if self.config.port == 0 && self.config.host.is_none() {
            let problem = "is NULL and port is 0: give a host and a port, or the path of a socket";
            let problem = problem.to_owned();
            return Err(Misuse::Argument { name: "host", problem }.into());
        }
        self.clock.start_connect();
        if self.config.port == 0 {
            return self.start_unix();
        }
        let host = self.config.host.as_deref().map(String::from_utf8_lossy);
        if let Some(address) = resolve::numeric(host.as_deref(), self.config.port) {
            self.start_dial(Dial::tcp([address]));
            return Ok(());
        }
        let host = host.unwrap_or_default();
        match Lookup::start(&host, self.config.port) {
            Ok(lookup) => {
                self.link = Link::Lookup(lookup);
                self.clock.enter(ConnectPhase::Lookup, 1);
                Ok(())
            }
            Err(error) => {
                let (host, cause) = (host.into_owned(), format!("no thread for it: {error}"));
                Err(self.fail(Error::Resolve { host, cause }))
            }
        }
    }

    #[cfg(unix)]
    fn start_unix(&mut self) -> Result<()> {
        use std::os::unix::ffi::OsStringExt;
        let path = self.config.host.clone().unwrap_or_default();
        self.start_dial(Dial::unix(std::ffi::OsString::from_vec(path)));
        Ok(())
    }

    #[cfg(not(unix))]
    fn start_unix(&mut self) -> Result<()> {
        let cause = "port is 0, which means a unix socket, and this system has none".to_owned();
        let target = self.target();
        Err(self.fail(Error::Connect { target, cause }))
    }

    fn start_dial(&mut self, dial: Dial) {
        self.clock.enter(ConnectPhase::Dial, dial.left());
        self.generation += 1;
        self.link = Link::Dial(dial);
    }

    /// Gets on with the way to the server. `None` when it is open.
    #[cold]
    pub(super) fn advance_link(&mut self) -> Result<Option<Polled>> {
        if let Link::Lookup(lookup) = &self.link {
            match lookup.take() {
                Some(Ok(addresses)) => self.start_dial(Dial::tcp(addresses)),
                Some(Err(cause)) => {
                    let host = self.config.host.as_deref().unwrap_or_default();
                    let host = String::from_utf8_lossy(host).into_owned();
                    return Err(self.fail(Error::Resolve { host, cause }));
                }
                None => return self.still(Polled::Connecting).map(Some),
            }
        }
        while let Link::Dial(dial) = &mut self.link {
            let left = dial.left();
            match dial.advance() {
                Dialed::Done(stream) => {
                    self.open(stream);
                    return Ok(None);
                }
                Dialed::Failed(cause) => {
                    let target = self.target();
                    return Err(self.fail(Error::Connect { target, cause }));
                }
                Dialed::Pending if self.clock.address_is_over() => {
                    dial.skip("no answer in its share of the connect timeout");
                    let left = dial.left();
                    self.clock.enter(ConnectPhase::Dial, left);
                }
                Dialed::Pending => {
                    if dial.left() < left {
                        let addresses = dial.left() + 1;
                        self.clock.enter(ConnectPhase::Dial, addresses);
                    }
                    return self.still(Polled::Connecting).map(Some);
                }
            }
        }
        match &self.link {
            Link::Failed(error) => Err(error.clone()),
            _ => Ok(Some(Polled::NotConnected)),
        }
    }

    fn open(&mut self, stream: Stream) {
        let trusted = self.config.trust_fetched_key || stream.is_loopback();
        let channel = match &stream {
            #[cfg(unix)]
            Stream::Unix(_) => Channel::Socket,
            Stream::Tcp(_) if trusted => Channel::KeyTrusted,
            Stream::Tcp(_) => Channel::Open,
        };
        stream.tune(self.config.keep_alive);
        self.machine.start_login(self.config.login(channel));
        self.clock.enter(ConnectPhase::Greeting, 1);
        self.link = Link::Open(stream);
        self.readable = true;
    }

    /// Nothing happened in this poll: looks at the limits.
    pub(super) fn still(&mut self, polled: Polled) -> Result<Polled> {
        if !self.clock.has_limit() {
            return Ok(polled);
        }
        self.note_question();
        let (answer_due, stuck) = (self.machine.is_busy(), self.has_output());
        match self.clock.check(answer_due, stuck) {
            Ok(_) => Ok(polled),
            Err(error) => Err(self.fail(error)),
        }
    }

    /// Whether something is still to be sent, where a poll could only find that nothing has come.
    #[inline(always)]
    pub(super) fn idle(&self) -> Option<bool> {
        match &self.link {
            Link::Unused | Link::Failed(_) => None,
            Link::Lookup(_) | Link::Dial(_) => Some(false),
            Link::Open(_) => {
                if !self.machine.wants_packet() {
                    return self.is_stuck().then_some(true);
                }
                let (output, pending) = match &self.layers {
                    None => (!self.out.is_empty(), false),
                    Some(layers) => (self.has_output(), layers.has_pending()),
                };
                let busy = self.readable
                    || pending
                    || (output && self.writable)
                    || (self.recv.has_unparsed() && self.machine.has_packet(&self.recv));
                (!busy).then_some(output)
            }
        }
    }

    /// Whether what is left of a command without an answer waits for the socket to take it.
    #[cold]
    #[inline(never)]
    pub(super) fn is_stuck(&self) -> bool {
        self.machine.is_ready() && self.has_output() && !self.writable
    }

    /// Sleeps until the socket of an open connection has something to do.
    #[inline(always)]
    fn sleep(&mut self, limit: Option<Duration>, output: bool) -> Result<bool> {
        let stuck = output && self.write_error.is_none();
        let want = if stuck { Interest::READABLE | Interest::WRITABLE } else { Interest::READABLE };
        self.make_reactor()?;
        let (Link::Open(stream), Some(reactor)) = (&mut self.link, &mut self.reactor) else {
            return self.sleep_connecting(limit);
        };
        match reactor.wait(stream, want, limit).map_err(no_events)? {
            Woken::Ready { readable, closed } => {
                self.readable |= readable || closed;
                self.peer_closed |= closed;
                Ok(true)
            }
            Woken::Interrupted => Ok(true),
            Woken::TimedOut => Ok(false),
        }
    }

    /// Sleeps until the lookup or the connect has got on.
    #[cold]
    fn sleep_connecting(&mut self, limit: Option<Duration>) -> Result<bool> {
        match (&mut self.link, &mut self.reactor) {
            (Link::Lookup(lookup), _) => Ok(lookup.wait(limit)),
            (Link::Dial(dial), Some(reactor)) => {
                let Some(stream) = dial.stream() else {
                    std::thread::sleep(limit.map_or(RETRY_PAUSE, |limit| limit.min(RETRY_PAUSE)));
                    return Ok(true);
                };
                let woken = reactor.wait(stream, Interest::WRITABLE, limit);
                // The next wait may be for another address's stream.
                reactor.forget(stream);
                Ok(woken.map_err(no_events)? != Woken::TimedOut)
            }
            _ => Ok(true),
        }
    }

    #[inline]
    fn make_reactor(&mut self) -> Result<()> {
        if self.reactor.is_none() {
            self.reactor = Some(Box::new(Reactor::new().map_err(no_events)?));
        }
        Ok(())
    }
}

#[cold]
fn no_events(error: io::Error) -> Box<Error> {
    Box::new(Error::Reactor(error.into()))
}

impl Drop for Connection {
    fn drop(&mut self) {
        // Says goodbye if that can be done at once and does not cut a command in two.
        if let Link::Open(stream) = &self.link
            && self.machine.is_logged_in()
            && !self.has_output()
        {
            let mut goodbye = SendBuf::default();
            goodbye.append(&[1, 0, 0, 0, COM_QUIT]);
            let bytes = match &mut self.layers {
                Some(layers) => {
                    layers.begin_command(&mut goodbye);
                    let _ = layers.send(&mut goodbye);
                    &layers.wire
                }
                None => &goodbye,
            };
            let _ = stream.send(bytes.pending());
        }
    }
}

/// The capability that an option of the C API stands for.
impl Choice<'_> {
    /// `interactive_timeout` applies to the session.
    pub const INTERACTIVE: Self = Self::Capability(Caps::INTERACTIVE);
    /// Several statements in one query.
    pub const MULTI_STATEMENTS: Self = Self::Capability(Caps::MULTI_STATEMENTS);
    /// `schema.table.column` is refused.
    pub const NO_SCHEMA: Self = Self::Capability(Caps::NO_SCHEMA);
    /// Without effect: affected rows always count matched rows.
    pub const FOUND_ROWS: Self = Self::Capability(Caps::FOUND_ROWS);
    /// Without effect: SIGPIPE is never raised.
    pub const IGNORE_SIGPIPE: Self = Self::Capability(Caps::IGNORE_SIGPIPE);
}
