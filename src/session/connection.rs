// SPDX-License-Identifier: Apache-2.0
//! A connection from its creation to its end: what its parts are, options, sleeping, and what it says of
//! itself. The way to the server is in `connecting`, the turn of I/O in `turn`, queries are in `query`.
//!
//! ```text
//!             ┌───────────────── next host ─────────┐
//! Unused ─connect─► Lookup ─► Dial ─► Open ─────────┘ (before its greeting)
//!   │         └──numeric, path──►      │ ▲
//!   └────► Given ────────connect───────┼─┘
//!                   any error ───────► Failed
//! ```

use std::io;
use std::time::{Duration, Instant};

use crate::buf::{RecvBuf, SendBuf};
use crate::error::{Error, IoCause, Misuse, Result};
use crate::limits;
use crate::net::dial::Dial;
use crate::net::reactor::{Interest, Reactor, Woken};
use crate::net::resolve::Lookup;
use crate::net::socket::Stream;
use crate::proto::bounds::Limits;
use crate::proto::machine::{Expected, Look, Machine};
use crate::session::clock::Clock;
use crate::session::config::{Choice, Config};
use crate::session::embed::Stable;
use crate::session::extras::Extras;
use crate::session::oversight::Oversight;
use crate::session::pending::Queue;
use crate::session::pipeline::Slot;
use crate::session::pool::Member;
use crate::session::query::Gate;
use crate::session::tls_options::TlsChoice;
use crate::session::trace::Trace;
use crate::transport::{Layers, TlsContext, TlsInfo};
use crate::wire::command::COM_QUIT;
use crate::wire::zframe::Algorithm;

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
    /// A socket that the program has connected.
    Given(Stream),
    Lookup(Box<Lookup>),
    Dial(Box<Dial>),
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
    /// Somebody has asked for descriptors.
    pub(super) watching: bool,
    /// Sockets out of use, which the next poll closes.
    pub(super) retired: Vec<Stream>,
    pub(super) reactor: Option<Box<Reactor>>,
    pub(super) semi_blocking: bool,
    /// Whether a poll is not simply a turn: in semi-blocking mode, while the program owes an answer, in a
    /// pool, and where commands are watched over.
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
    pub(super) pipeline: Slot,
    /// The error of the last command, until the next one.
    pub(super) outcome: Option<Box<Error>>,
    pub(super) gate: Gate,
    pub(super) buffered: bool,
    /// The pool it is part of.
    pub(super) member: Option<Box<Member>>,
    pub(super) stable: Option<Box<Stable>>,
    /// Who is told what it does.
    pub(super) trace: Option<Box<Trace>>,
    pub(super) extras: Option<Box<Extras>>,
    /// What watches over commands, if anything does.
    pub(super) oversight: Option<Box<Oversight>>,
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
            watching: false,
            retired: Vec::new(),
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
            pipeline: None,
            outcome: None,
            gate: Gate::default(),
            buffered: false,
            member: None,
            stable: None,
            trace: None,
            extras: None,
            oversight: None,
        }
    }

    /// A new connection with the same settings, those of the connect and those of the options. An error if
    /// this one has begun to connect, or could not.
    pub fn like(&self) -> Result<Self> {
        let refuse = |problem: &str| {
            let problem = problem.to_owned();
            Err(Misuse::Argument { name: "con", problem }.into())
        };
        match &self.link {
            Link::Unused => {}
            Link::Given(_) => return refuse("has a socket, which is good for one connection only"),
            _ => return refuse("has begun to connect: settings are taken from a new connection"),
        }
        if let Some(refusal) = &self.tls_refusal {
            return Err(refusal.clone());
        }
        let mut new = Self::new(self.config.clone());
        new.clock = self.clock.clone();
        new.max_packet = self.max_packet;
        new.machine.set_max_packet(self.max_packet);
        new.machine.set_bounds(self.machine.bounds());
        new.buffered = self.buffered;
        if let Some(extras) = &self.extras {
            // Made where attributes are asked for, too: where queries look for them.
            new.extras.get_or_insert_default().cache.size = extras.cache.size;
        }
        new.limit_memory(u32::try_from(self.machine.memory_bound()).unwrap_or(u32::MAX));
        new.copy_pipeline_limit(self);
        new.copy_oversight(self);
        new.copy_functions(self)?;
        Ok(new)
    }

    /// Begins to connect, if nothing was begun yet. `false` while a command is under way.
    pub fn connect(&mut self) -> Result<bool> {
        match &self.link {
            Link::Unused | Link::Given(_) => {
                let begun = self.start();
                self.tell_pool();
                begun.map(|()| true)
            }
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
            Choice::CommandTimeout(limit) => self.limit_commands(limit),
            Choice::CancelTimeout(limit) => self.oversight().cancel_limit = limit,
            Choice::Cancel(value @ 0..=1) if self.is_unused() => {
                self.oversight().enabled = value == 1;
            }
            Choice::MaxPacket(bytes) => {
                let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
                if !(limits::MIN_MAX_PACKET..=limits::MAX_PACKET).contains(&bytes) {
                    return false;
                }
                self.max_packet = bytes;
                self.machine.set_max_packet(bytes);
            }
            Choice::QueryAttributes(_) => {
                let taken = self.is_unused() && self.config.choose(choice);
                if taken {
                    // Where queries look.
                    self.extras.get_or_insert_default();
                }
                return taken;
            }
            Choice::MaxRow(bytes) => {
                let row = usize::try_from(bytes).unwrap_or(usize::MAX);
                self.machine.set_bounds(Limits { row, ..self.machine.bounds() });
            }
            Choice::MaxResult(bytes) => {
                let result = usize::try_from(bytes).unwrap_or(usize::MAX);
                self.machine.set_bounds(Limits { result, ..self.machine.bounds() });
            }
            Choice::MaxMemory(bytes) => return self.limit_memory(bytes),
            Choice::StatementCache(size) => self.size_cache(size),
            Choice::PipelineBytes(bytes) => return self.limit_pipeline(bytes),
            // Passwords of further factors are for a change of user too.
            Choice::Tls(TlsChoice::NoVerify) | Choice::Password(..) => {
                return self.config.choose(choice);
            }
            other => return self.is_unused() && self.config.choose(other),
        }
        self.clock.sum_up();
        self.tell_pool(); // of a limit
        true
    }

    /// Which sort of row is awaited, if one is. A machine has rows only while the link is open.
    #[inline(always)]
    pub fn expects_row(&self) -> Option<Expected> {
        self.machine.expects_row()
    }

    /// The usual poll, where a row of a query is awaited: takes it, if it is here.
    #[inline(always)]
    pub fn take_row(&mut self) -> Look {
        self.machine.take_row(&mut self.recv)
    }

    /// The usual poll, where a row of a statement is awaited.
    #[inline(always)]
    pub fn take_binary_row(&mut self) -> Look {
        self.machine.take_binary_row(&mut self.recv)
    }

    /// The statement's row behind those that were taken, if the whole of it has arrived.
    #[inline]
    pub fn take_next_fields(&mut self) -> bool {
        self.machine.take_next_fields(&mut self.recv).is_some()
    }

    /// The rest of a poll that has found an unusual row.
    pub fn poll_row(&mut self) -> Result<Polled> {
        if self.machine.read_row(&mut self.recv) { Ok(Polled::RowReady) } else { self.poll_on() }
    }

    /// Does what can be done without waiting, and says how things stand. In semi-blocking mode it
    /// waits for one thing to happen if there is nothing to do at once. What C calls does the same, in one
    /// function for each sort of row.
    pub fn poll(&mut self) -> Result<Polled> {
        if self.machine.look(&mut self.recv) { Ok(Polled::RowReady) } else { self.poll_on() }
    }

    /// The rest of a poll that has found no row.
    #[inline]
    pub fn poll_on(&mut self) -> Result<Polled> {
        // Looked at before the turn, so that its result is returned as it is.
        if self.detour { self.poll_detour() } else { self.turn() }
    }

    /// Sleeps until `poll` would have something to do, at most for `limit`. `false` if the time ran
    /// out. May return early.
    #[inline(always)]
    pub fn wait(&mut self, limit: Option<Duration>) -> Result<bool> {
        let Some(output) = self.idle() else {
            return self.wait_at_rest(limit);
        };
        if self.clock.has_limit() {
            self.wait_within(limit, output)
        } else {
            self.sleep(limit, output)
        }
    }

    /// As `wait`, where the connection itself has nothing to wait for; a cancel may have.
    #[cold]
    #[inline(never)]
    fn wait_at_rest(&mut self, limit: Option<Duration>) -> Result<bool> {
        if self.is_cancelling() && self.machine.is_ready() {
            return self.wait_within(limit, false);
        }
        Ok(true)
    }

    /// As `wait`, with deadlines of its own.
    #[inline(never)]
    fn wait_within(&mut self, limit: Option<Duration>, output: bool) -> Result<bool> {
        let (answer_due, cancelling) = (self.machine.owes_answer(), self.is_cancelling());
        if cancelling && self.has_more() {
            return Ok(true);
        }
        // A limit that is reached is for poll to report.
        let Ok(deadline) = self.clock.check(answer_due, output) else {
            return Ok(true);
        };
        let others = self.way_deadline().into_iter().chain(self.oversight_deadline());
        let deadline = deadline.into_iter().chain(others).min();
        let ours = deadline.map(|end| end.saturating_duration_since(Instant::now()));
        let sleep = match (limit, ours) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        let slept =
            if cancelling { self.sleep_cancelling(sleep)? } else { self.sleep(sleep, output)? };
        Ok(slept || (ours.is_some() && sleep == ours))
    }

    /// Whether nothing was begun yet.
    pub fn is_unused(&self) -> bool {
        matches!(self.link, Link::Unused | Link::Given(_))
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
        self.gate.has_query()
    }

    /// Whether rows are buffered.
    #[inline]
    pub fn is_buffered(&self) -> bool {
        self.buffered
    }

    /// Ends the connection for good.
    pub(super) fn fail(&mut self, error: impl Into<Box<Error>>) -> Box<Error> {
        let error = error.into();
        let told = match &self.pipeline {
            None => error.clone(),
            Some(_) => self.lose_pipeline(error.clone()),
        };
        self.retire();
        self.drop_cancel();
        self.machine.stop();
        self.machine.forget_kept();
        self.clock.end_connect();
        self.out.clear();
        self.layers = None;
        self.pending = None;
        self.config.hosts = None;
        self.link = Link::Failed(error);
        told
    }

    /// Marks the connection dead after a defect of the library.
    pub fn poison(&mut self, what: &str) -> Box<Error> {
        self.fail(Error::Internal(what.to_owned()))
    }

    /// Lets go of the server without a word: for a fork, whose parent goes on with the connection. Only this
    /// process's descriptors are closed; nothing is sent, shut down, or taken out of an event queue.
    pub fn let_go(&mut self) {
        // The other parts go as they do in any case, and none of them says anything.
        self.link = Link::Unused;
        if let Some(second) = self.second() {
            second.let_go();
        }
    }

    /// Whether something is still to be sent.
    pub(super) fn has_output(&self) -> bool {
        !self.out.is_empty() || self.layers.as_ref().is_some_and(|layers| layers.has_output())
    }

    /// Nothing happened in this poll: looks at the limits.
    pub(super) fn still(&mut self, polled: Polled) -> Result<Polled> {
        if !self.clock.has_limit() {
            return Ok(polled);
        }
        self.note_question();
        let (answer_due, stuck) = (self.machine.owes_answer(), self.output_is_due());
        match self.clock.check(answer_due, stuck) {
            Ok(_) => Ok(polled),
            Err(error) => self.give_up(error),
        }
    }

    /// Whether something is still to be sent, where a poll could only find that nothing has come.
    #[inline(always)]
    pub(super) fn idle(&self) -> Option<bool> {
        match &self.link {
            Link::Unused | Link::Given(_) | Link::Failed(_) => None,
            Link::Lookup(_) => Some(false),
            Link::Dial(dial) => (!dial.has_more()).then_some(false),
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
        self.machine.is_ready() && self.has_output() && !self.writable && !self.pipeline_runs()
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

    #[inline]
    pub(super) fn make_reactor(&mut self) -> Result<()> {
        if self.reactor.is_none() { self.new_reactor() } else { Ok(()) }
    }

    #[cold]
    #[inline(never)]
    fn new_reactor(&mut self) -> Result<()> {
        if self.is_pooled() {
            return Err(Misuse::Pooled.into());
        }
        self.reactor = Some(Box::new(Reactor::new().map_err(no_events)?));
        Ok(())
    }
}

#[cold]
pub(super) fn no_events(error: io::Error) -> Box<Error> {
    Box::new(Error::Reactor(error.into()))
}

impl Connection {
    /// Says goodbye if that can be done at once and does not cut a command in two.
    pub(super) fn take_leave(&mut self) {
        if let Link::Open(stream) = &self.link
            && self.machine.is_logged_in()
            && !self.machine.is_changing_user()
            && !self.machine.is_uploading()
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

impl Drop for Connection {
    fn drop(&mut self) {
        self.take_leave();
    }
}
