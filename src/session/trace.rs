// SPDX-License-Identifier: Apache-2.0
//! What a connection tells somebody who watches it work: the login, each command with its numbers and times, the end. No
//! text of a query, no value and no name is in it. Looks at the connection after each turn, and takes part in
//! none; without a tracer, nothing is looked at.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::error::{ConnectPhase, Error, Result, SqlState};
use crate::session::connection::{Connection, Link, Polled};
use crate::session::pipeline::Due;

/// What is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TraceEvent {
    /// The login is done.
    Connected,
    /// A command was sent.
    Command,
    /// Its answer has ended, well or with an error.
    Done,
    /// The connection is gone, or was never made.
    Failed,
}

/// Everything that is told of it; 0 where it means nothing.
#[derive(Debug, Clone, Copy)]
pub struct Traced {
    /// What has happened.
    pub event: TraceEvent,
    /// What the connection is at.
    pub state: State,
    /// The command's number in the protocol.
    pub command: u8,
    /// Counts the commands.
    pub number: u64,
    /// Bytes of the command, and of its answer.
    pub bytes: (u64, u64),
    /// Rows of its answer.
    pub rows: u64,
    /// How long the parts of the connect took, in the order of `ConnectPhase`.
    pub connect: [Duration; 5],
    /// Until the first packet of the answer was here, and until now.
    pub took: (Duration, Duration),
    /// Code and SQLSTATE of the error.
    pub error: Option<(i32, SqlState)>,
}

/// The program's function.
type Tell = dyn Fn(u32, &Traced) + Send + Sync;

/// Who is told. Connections that a pool makes share it: an event of one may come while another's is told, and no lock
/// loses it.
#[derive(Clone)]
pub struct Tracer(Arc<Tell>);

impl Tracer {
    /// `tell` is, with the server's number for the connection.
    pub fn new(tell: impl Fn(u32, &Traced) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }
}

impl std::fmt::Debug for Tracer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Tracer(..)")
    }
}

/// A tracer and what it was told so far.
#[derive(Debug)]
pub(super) struct Trace {
    tracer: Tracer,
    running: Option<Running>,
    number: u64,
    connected: bool,
    failed: bool,
}

/// A command that is under way.
#[derive(Debug, Clone, Copy)]
struct Running {
    command: u8,
    bytes: u64,
    begun: Instant,
    first: Option<Duration>,
}

/// What a connection is at, for logs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nothing was begun.
    Unused,
    /// On its way to the server.
    Connecting(ConnectPhase),
    /// Free for a command.
    Ready,
    /// An answer is awaited.
    Busy,
    /// What is left of an answer is dropped.
    Dropping,
    /// A file is sent.
    Uploading,
    /// A row is held.
    Row,
    /// Another result may be asked for.
    Between,
    /// It is gone.
    Failed,
}

impl Connection {
    /// What it is at.
    pub fn state(&self) -> State {
        match &self.link {
            Link::Unused | Link::Given(_) => State::Unused,
            Link::Failed(_) => State::Failed,
            Link::Lookup(_) => State::Connecting(ConnectPhase::Lookup),
            Link::Dial(_) => State::Connecting(ConnectPhase::Dial),
            Link::Open(_) if !self.machine.is_logged_in() => {
                State::Connecting(self.clock.phase().unwrap_or(ConnectPhase::Greeting))
            }
            Link::Open(_) if self.machine.has_row() => State::Row,
            Link::Open(_) if self.machine.has_next_result() => State::Between,
            Link::Open(_) if self.machine.is_discarding() => State::Dropping,
            Link::Open(_) if self.machine.is_uploading() => State::Uploading,
            Link::Open(_) if self.machine.is_busy() => State::Busy,
            Link::Open(_) => State::Ready,
        }
    }

    /// Who is told of what the connection does.
    pub fn set_tracer(&mut self, tracer: Option<Tracer>) -> Result<()> {
        self.must_be_unused("a function that traces it")?;
        self.gate.set_traced(tracer.is_some());
        self.machine.set_counting(tracer.is_some());
        self.clock.spent = tracer.is_some().then(Box::default);
        self.trace = tracer.map(|tracer| {
            let (running, number) = (None, 0);
            Trace { tracer, running, number, connected: false, failed: false }.into()
        });
        self.reset_detour();
        Ok(())
    }

    /// Who is told, for another connection.
    pub(super) fn tracer(&self) -> Option<Tracer> {
        self.trace.as_ref().map(|trace| trace.tracer.clone())
    }

    /// The answer to the command that is under way has ended, if there is one, and no poll tells that.
    pub(super) fn trace_end(&mut self) {
        if self.trace.as_ref().is_some_and(|trace| trace.running.is_some()) {
            self.tell(TraceEvent::Done, None);
        }
    }

    /// The turn of a command of a pipeline, which was written before, has come.
    pub(super) fn trace_due(&mut self, due: Due) {
        if self.trace.is_some() {
            self.trace_command(due.code, due.size);
        }
    }

    /// A command of so many bytes was put into the output.
    #[cold]
    #[inline(never)]
    pub(super) fn trace_command(&mut self, command: u8, bytes: usize) {
        // One that nobody waits for any more has ended in silence.
        self.trace_end();
        self.machine.clear_counts();
        if let Some(trace) = &mut self.trace {
            let (bytes, begun) = (bytes as u64, Instant::now());
            trace.number += 1;
            trace.running = Some(Running { command, bytes, begun, first: None });
            self.tell(TraceEvent::Command, None);
        }
    }

    /// After a turn: tells what has come of it.
    #[cold]
    #[inline(never)]
    pub(super) fn trace_turn(&mut self, polled: &Result<Polled>) {
        let counts = self.machine.counts();
        let failed = matches!(self.link, Link::Failed(_));
        // Commands that waited for the login have a turn of their own.
        let connected = self.machine.is_logged_in();
        let over = self.machine.is_ready() && !failed;
        let Some(trace) = &mut self.trace else {
            return;
        };
        if let Some(running) = &mut trace.running
            && running.first.is_none()
            && counts.packets > 0
        {
            running.first = Some(running.begun.elapsed());
        }
        if connected && !std::mem::replace(&mut trace.connected, true) {
            self.tell(TraceEvent::Connected, None);
        }
        let Some(trace) = &mut self.trace else {
            return;
        };
        let error = polled.as_ref().err().map(|error| &**error);
        if failed && !std::mem::replace(&mut trace.failed, true) {
            self.tell(TraceEvent::Failed, error);
        } else if over && trace.running.is_some() {
            self.tell(TraceEvent::Done, error);
        }
    }

    fn tell(&mut self, event: TraceEvent, error: Option<&Error>) {
        let (state, counts, id) = (self.state(), self.machine.counts(), self.machine.thread_id());
        let connect = match event {
            TraceEvent::Connected | TraceEvent::Failed => self.clock.spent.as_deref().copied(),
            _ => None,
        };
        let Some(trace) = &mut self.trace else {
            return;
        };
        let running = trace.running;
        let connect = connect.unwrap_or_default();
        let total: Duration = connect.iter().sum();
        let traced = Traced {
            event,
            state,
            command: running.map_or(0, |running| running.command),
            number: if running.is_some() { trace.number } else { 0 },
            bytes: (running.map_or(0, |running| running.bytes), counts.bytes),
            rows: counts.rows,
            connect,
            took: running.map_or((Duration::ZERO, total), |running| {
                let now = running.begun.elapsed();
                // Several answers may come in one turn.
                let come = if counts.packets > 0 { now } else { Duration::ZERO };
                (running.first.unwrap_or(come), now)
            }),
            error: error.map(|error| (error.code(), error.sqlstate())).or_else(|| {
                // Of an answer that nobody wanted to hear.
                let (code, state) = counts.error.filter(|_| event == TraceEvent::Done)?;
                Some((code.into(), state))
            }),
        };
        if matches!(event, TraceEvent::Done | TraceEvent::Failed) {
            trace.running = None;
        }
        (trace.tracer.0)(id, &traced);
    }
}
