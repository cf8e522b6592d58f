// SPDX-License-Identifier: Apache-2.0
//! Cancels the command that is under way: a second connection, to the same address and as the same user, sends
//! KILL QUERY. It is driven by the polls of the first one, which sends nothing before it is sure that no later
//! command can be hit.
//!
//! ```text
//!   ┌─ the answer ends: nothing was sent ───────────────────────────────────────► settled
//! Login ─logged in: KILL QUERY─► Kill ─OK─► Killed ─the answer ends: DO 0─► Absorb ─► settled
//!   │                              ▲ │         │ │                            │
//!   │                              └─┼─ again ─┘ │                            │
//!   └──────── fails, or takes too long ──────────┴────────────────────────────┴──► cut
//! ```
//!
//! A KILL that comes before its command has begun is lost: servers ignore it, or take the flag back when they
//! begin. It is sent again for as long as the command goes on.
//!
//! KILL QUERY sets a flag of a session. A command that looks at it ends. If the command has ended before, the
//! flag stays for the next one, always with MySQL 5.6, and with later servers, which leave an idle session alone,
//! between the last byte of an answer and the session's rest. Hence `DO 0` behind every KILL that was answered,
//! which the flag may hit, and at whose end every server takes it back (MySQL in `mysql_execute_command`, which
//! a ping does not get to). A KILL that was not answered may still come: then there is no next command.

use std::time::{Duration, Instant};

use crate::error::{CommandEnd, Error, Misuse, Result};
use crate::net::reactor::Woken;
use crate::net::socket::SocketAddr;
use crate::proto::commands::{INTERRUPTED, Short};
use crate::session::config::Config;
use crate::session::connection::{Connection, Link, Polled, no_events};
use crate::session::oversight::timeout;
use crate::transport::TlsContext;

/// The server's numbers for a command that was ended by KILL QUERY, and for a sort that was.
const ENDED: [u16; 2] = [INTERRUPTED, 1028];

/// How long a KILL has for its effect before the next one is sent, and at most.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// What became of a cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CancelOutcome {
    /// There was none, or there was nothing to cancel.
    None,
    /// It is under way.
    Running,
    /// The server ended the command as if there had been no cancel.
    Finished,
    /// The command was ended, or never sent.
    Cancelled,
    /// The connection was cut before its end.
    Unknown,
}

/// What the second connection needs.
#[derive(Debug)]
pub(super) struct Means {
    pub(super) config: Config,
    /// Where the first one is connected; `None` for a unix socket.
    pub(super) peer: Option<SocketAddr>,
    pub(super) tls_context: Option<TlsContext>,
}

/// A cancel under way.
#[derive(Debug)]
pub(super) struct Cancel {
    stage: Stage,
    /// The second connection, until nothing more is to be killed.
    second: Option<Box<Connection>>,
    /// When KILL is sent again, and how long after the last one.
    again: Option<(Instant, Duration)>,
    /// When the stage must be over.
    end: Option<Instant>,
    /// The deadline that asked for it, for the program to hear of: when the command began, and its limit.
    pub(super) deadline: Option<(Instant, u32)>,
    /// The command is a query, which may be closed meanwhile.
    query: bool,
    /// What the program waited for was not sent: it is an older command that goes.
    taken_back: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// The second connection logs in.
    Login,
    /// The answer to KILL is awaited.
    Kill,
    /// The answer to the command is awaited.
    Killed,
    /// The answer to DO is awaited.
    Absorb,
}

impl Connection {
    /// Cancels the command that is under way; how that went is for `cancel_outcome` to say when a poll has said
    /// that the command has ended. What was not sent yet is taken back.
    pub fn cancel(&mut self) -> Result<()> {
        self.tell_pool();
        self.check_connection()?;
        if self.is_cancelling() {
            return Ok(());
        }
        if self.pipeline_runs() {
            return self.can_cancel();
        }
        if self.awaits_pending() {
            self.take_back(Error::NotSent);
            return Ok(());
        }
        if !self.machine.is_logged_in() || self.machine.is_ready() {
            if let Some(oversight) = &mut self.oversight {
                oversight.outcome = CancelOutcome::None;
            }
            return Ok(());
        }
        self.can_cancel()?;
        self.begin_cancel(None);
        Ok(())
    }

    /// What became of the last cancel.
    pub fn cancel_outcome(&self) -> CancelOutcome {
        self.oversight.as_ref().map_or(CancelOutcome::None, |oversight| oversight.outcome)
    }

    /// Whether a command can be cancelled now; if not, why.
    pub(super) fn can_cancel(&self) -> Result<()> {
        let oversight = self.oversight.as_ref();
        // First: with these no option helps.
        let problem = if let Some(problem) = self.uncancellable() {
            problem
        } else if !oversight.is_some_and(|oversight| oversight.enabled) {
            "cannot cancel: set ATTACHSQL_OPTION_CANCEL to 1 before connecting"
        } else if oversight.is_none_or(|oversight| oversight.means.is_none()) {
            "cannot cancel: it uses a socket of the program's, whose address is not known"
        } else if self.machine.is_changing_user() {
            "cannot cancel a change of user"
        } else {
            return Ok(());
        };
        Err(Misuse::Argument { name: "con", problem: problem.to_owned() }.into())
    }

    /// Whether a cancel is not settled: nothing may be sent.
    #[inline]
    pub(super) fn is_cancelling(&self) -> bool {
        self.oversight.as_ref().is_some_and(|oversight| oversight.cancel.is_some())
    }

    /// Begins a cancel, for a deadline or for the program. How its connect fails is for a poll to say.
    pub(super) fn begin_cancel(&mut self, deadline: Option<(Instant, u32)>) {
        let (query, watching) = (self.gate.has_query(), self.watching);
        let deadline = deadline.filter(|_| !self.machine.is_discarding());
        self.machine.forget_error();
        let Some(oversight) = &mut self.oversight else {
            return;
        };
        let limit = oversight.cancel_limit;
        let second = oversight.means.as_ref().map(|means| {
            let mut second = Box::new(Connection::new(means.config.twin()));
            (second.watching, second.tls_context) = (watching, means.tls_context.clone());
            second.clock.connect_limit = limit;
            // What goes wrong is repeated by its poll.
            let _ = second.start_at(means.peer);
            second
        });
        let (stage, end) = (Stage::Login, deadline_in(limit));
        let taken_back = false;
        let again = None;
        let cancel = Cancel { stage, second, again, end, deadline, query, taken_back };
        oversight.cancel = Some(Box::new(cancel));
        oversight.outcome = CancelOutcome::Running;
        self.generation += 1;
    }

    /// Gets on with the second connection. An error cuts the first one.
    pub(super) fn pump_cancel(&mut self) -> Result<()> {
        if !self.is_cancelling() {
            return Ok(());
        }
        let busy = self.machine.is_busy();
        let (ended, version) = (self.machine.is_ready(), self.machine.version().to_vec());
        let kill = Short::Kill { id: self.machine.thread_id().into(), query: true };
        let Some(cancel) = self.oversight.as_mut().and_then(|of| of.cancel.as_mut()) else {
            return Ok(());
        };
        if !cancel.is_on(ended, busy) {
            return Ok(());
        }
        let Some(mut second) = cancel.second.take() else {
            return Ok(());
        };
        let before = second.generation();
        let advanced = cancel.advance(&mut second, &version, &kill);
        self.generation += second.generation() - before;
        match advanced {
            Ok(answered) => {
                if let Some(cancel) = self.oversight.as_mut().and_then(|of| of.cancel.as_mut()) {
                    cancel.second = Some(second);
                    if answered && cancel.wait_again() {
                        // The limit counts from the first one.
                        self.enter_stage(Stage::Killed);
                    }
                }
                Ok(())
            }
            Err(cause) => {
                self.drop_second(second);
                self.cut(cause)
            }
        }
    }

    /// After a turn while a cancel is under way: goes on with it if the answer has ended, and says nothing of that
    /// end before the cancel is settled.
    pub(super) fn settle_cancel(&mut self, polled: Result<Polled>) -> Result<Polled> {
        let Some(cancel) = self.oversight.as_ref().and_then(|of| of.cancel.as_ref()) else {
            return polled;
        };
        let (stage, end) = (cancel.stage, cancel.end);
        if self.machine.is_ready() {
            match stage {
                Stage::Login => {
                    self.end_cancel(CancelOutcome::Finished);
                    return self.turn_again();
                }
                Stage::Absorb => {
                    let interrupted = ENDED.contains(&self.machine.last_error());
                    self.end_cancel(match interrupted {
                        true => CancelOutcome::Cancelled,
                        false => CancelOutcome::Finished,
                    });
                    return self.turn_again();
                }
                Stage::Killed => {
                    if let Some(second) = self.take_second() {
                        self.drop_second(second);
                    }
                    self.machine.submit_absorber(&mut self.out);
                    self.clock.on_read();
                    self.flush_command();
                    self.enter_stage(Stage::Absorb);
                    return Ok(Polled::Processing);
                }
                Stage::Kill => {}
            }
        }
        if self.machine.has_row() || self.machine.has_next_result() {
            // The program's turn. Its time is not the server's.
            if stage == Stage::Killed {
                self.enter_stage(Stage::Killed);
            }
            return polled;
        }
        if end.is_some_and(|end| end <= Instant::now()) && stage != Stage::Login {
            let what = match stage {
                Stage::Kill => "the answer to KILL QUERY",
                _ => "the end of the answer after KILL QUERY",
            };
            let limit = self.oversight.as_ref().map_or(0, |oversight| oversight.cancel_limit);
            let cause =
                format!("{what} took longer than {limit} ms (ATTACHSQL_OPTION_CANCEL_TIMEOUT)");
            self.cut(cause)?;
        }
        match polled {
            // The end of the answer, or of what was awaited before it.
            Ok(_) => Ok(Polled::Processing),
            Err(error) if self.failure().is_some() => Err(error),
            Err(_) => Ok(Polled::Processing),
        }
    }

    /// When the cancel has something to do without an event.
    pub(super) fn cancel_deadline(&mut self) -> Option<Instant> {
        let busy = self.machine.is_busy();
        let cancel = self.oversight.as_mut()?.cancel.as_mut()?;
        let second = cancel.second.as_mut().and_then(|second| second.next_deadline());
        let killed = busy && cancel.stage == Stage::Killed;
        let again = cancel.again.filter(|_| killed).map(|(at, _)| at);
        cancel.end.into_iter().chain(second).chain(again).min()
    }

    /// Whether the cancel gets on without an event.
    pub(super) fn cancel_has_more(&self) -> bool {
        let ready = self.machine.is_ready();
        let cancel = self.oversight.as_ref().and_then(|of| of.cancel.as_ref());
        cancel.is_some_and(|cancel| match &cancel.second {
            Some(second) => second.has_more() || (ready && cancel.stage != Stage::Kill),
            None => ready,
        })
    }

    /// The second connection, while there is one.
    pub(super) fn second(&mut self) -> Option<&mut Connection> {
        self.oversight.as_mut()?.cancel.as_mut()?.second.as_deref_mut()
    }

    /// The connection fails, and with it a cancel.
    pub(super) fn drop_cancel(&mut self) {
        if self.is_cancelling() {
            self.end_cancel(CancelOutcome::Unknown);
        }
        if let Some(oversight) = &mut self.oversight {
            oversight.means = None;
        }
    }

    /// Whether the program has still to hear of an end that was not told because of a cancel.
    pub(super) fn is_owed(&self) -> bool {
        let owed = self.oversight.as_ref().and_then(|oversight| oversight.owed);
        owed.is_some_and(|query| !query || self.gate.has_query())
    }

    /// Takes back what the program waits for and was not sent.
    pub(super) fn take_back(&mut self, error: Error) {
        let query = self.gate.has_query();
        self.withdraw();
        self.outcome = Some(error.into());
        let oversight = self.oversight();
        (oversight.owed, oversight.outcome) = (Some(query), CancelOutcome::Cancelled);
    }

    /// Cancels an older command, which is in the way of one that was taken back.
    pub(super) fn clear_the_way(&mut self) {
        if self.machine.is_ready() {
            return;
        }
        self.begin_cancel(None);
        if let Some(cancel) = self.oversight.as_mut().and_then(|of| of.cancel.as_mut()) {
            cancel.taken_back = true;
        }
    }

    /// A pool has looked: whether the end of an `awaited` command is still to be told.
    pub(super) fn note_owed(&mut self, awaited: bool, polled: &Result<Polled>) {
        let (query, cancelling) = (self.gate.has_query(), self.is_cancelling());
        if let Some(oversight) = &mut self.oversight {
            match polled {
                Ok(Polled::Processing) if awaited && cancelling => oversight.owed = Some(query),
                Ok(Polled::End) | Err(_) => oversight.owed = None,
                Ok(_) => {}
            }
        }
    }

    /// Sleeps until one of the two connections has something to do.
    pub(super) fn sleep_cancelling(&mut self, limit: Option<Duration>) -> Result<bool> {
        self.make_reactor()?;
        let Some(mut reactor) = self.reactor.take() else {
            return Ok(true);
        };
        if let Link::Open(stream) = &mut self.link {
            reactor.forget(stream);
        }
        let (watching, mut failed) = (self.watching, None);
        self.each_stream(&mut |stream, watch| {
            failed = reactor.add(stream, watch.read, watch.write).err().or(failed.take());
        });
        let slept = match failed {
            Some(error) => Err(error),
            None => reactor.sleep(limit),
        };
        // The next sleep may be for others.
        self.each_stream(&mut |stream, _| reactor.remove(stream));
        (self.reactor, self.watching) = (Some(reactor), watching);
        self.readable = true;
        slept.map(|woken| woken != Woken::TimedOut).map_err(no_events)
    }

    fn take_second(&mut self) -> Option<Box<Connection>> {
        self.oversight.as_mut()?.cancel.as_mut()?.second.take()
    }

    fn enter_stage(&mut self, stage: Stage) {
        if let Some(oversight) = &mut self.oversight
            && let Some(cancel) = &mut oversight.cancel
        {
            cancel.stage = stage;
            cancel.end = deadline_in(oversight.cancel_limit);
        }
    }

    /// The cancel cannot be done: without it, the command, or a KILL that may still come, is cut off.
    fn cut(&mut self, cause: String) -> Result<()> {
        let oversight = self.oversight.as_ref();
        let cancel = oversight.and_then(|oversight| oversight.cancel.as_ref());
        let deadline = cancel.and_then(|cancel| cancel.deadline);
        let ended = self.machine.is_ready() || cancel.is_some_and(|c| c.stage == Stage::Absorb);
        if ended {
            self.end_cancel(CancelOutcome::Finished);
        }
        Err(self.fail(match deadline {
            Some(command) => timeout(command, CommandEnd::NotCancelled(cause)),
            None => Error::Cancel(cause),
        }))
    }

    fn end_cancel(&mut self, outcome: CancelOutcome) {
        let has_query = self.gate.has_query();
        let Some(oversight) = &mut self.oversight else {
            return;
        };
        let Some(mut cancel) = oversight.cancel.take() else {
            return;
        };
        oversight.outcome = if cancel.taken_back { CancelOutcome::Cancelled } else { outcome };
        if let Some(second) = cancel.second.take() {
            self.drop_second(second);
        }
        if let Some(command) = cancel.deadline
            && cancel.stage == Stage::Absorb
            && (has_query || !cancel.query)
        {
            let end = match outcome {
                CancelOutcome::Cancelled => CommandEnd::Cancelled,
                _ => CommandEnd::Finished,
            };
            self.outcome = Some(timeout(command, end).into());
        }
    }

    /// The second connection goes; its sockets stay open until the next poll if somebody watches them.
    fn drop_second(&mut self, mut second: Box<Connection>) {
        self.generation += 1;
        if self.watching {
            second.take_leave();
            second.watching = true;
            second.retire();
            self.retired.append(&mut second.retired);
        }
    }
}

impl Cancel {
    /// Whether there is something to do on the second connection, now that the answer has `ended` or is awaited.
    fn is_on(&self, ended: bool, busy: bool) -> bool {
        match self.stage {
            Stage::Login => !ended, // See `settle_cancel`.
            Stage::Kill => true,
            Stage::Killed => busy && self.again.is_some_and(|(at, _)| at <= Instant::now()),
            Stage::Absorb => false,
        }
    }

    /// KILL was answered: the next one is for later, and later each time. Whether it was the first one.
    fn wait_again(&mut self) -> bool {
        let before = self.again;
        let pause = before.map_or(FIRST_PAUSE, |(_, pause)| LONGEST_PAUSE.min(pause * 2));
        self.again = Some((Instant::now() + pause, pause));
        self.stage = Stage::Killed;
        before.is_none()
    }

    /// Gets on with `second`. Whether KILL was answered; an error says why it cannot be done.
    fn advance(
        &mut self,
        second: &mut Connection,
        version: &[u8],
        kill: &Short,
    ) -> Result<bool, String> {
        // Whose event it was that led here is not known.
        (second.readable, second.writable) = (true, true);
        if self.stage == Stage::Killed {
            self.stage = Stage::Kill;
            second.command(kill.clone()).map_err(|error| error.to_string())?;
        }
        loop {
            match second.poll() {
                Ok(Polled::End) if self.stage == Stage::Login => {
                    if second.machine().version() != version {
                        return Err("its address leads to another server now".to_owned());
                    }
                    self.stage = Stage::Kill;
                    second.command(kill.clone()).map_err(|error| error.to_string())?;
                }
                Ok(Polled::End) => return Ok(true),
                Ok(_) => return Ok(false),
                Err(error) => {
                    let doing = match self.stage {
                        Stage::Login => "a second connection",
                        _ => "KILL QUERY",
                    };
                    return Err(format!("{doing} failed: {error}"));
                }
            }
        }
    }
}

fn deadline_in(limit: u32) -> Option<Instant> {
    (limit > 0).then(|| Instant::now() + Duration::from_millis(limit.into()))
}
