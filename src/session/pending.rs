// SPDX-License-Identifier: Apache-2.0
//! Commands that cannot go at once: before the login, and while the answer to another one is still being
//! read. They wait in a queue. A new command makes those before it silent: they are sent, because the
//! program was told so, and their answers are read and dropped.

use std::collections::VecDeque;

use crate::error::{Error, Misuse, Result};
use crate::limits::MAX_PENDING;
use crate::proto::commands::Short;
use crate::proto::escape::Param;
use crate::proto::statements::StatementKey;
use crate::session::commands::NewUser;
use crate::session::connection::{Connection, Link};
use crate::session::one_trip::First;
use crate::session::pipeline::Due;
use crate::wire::command::{COM_STMT_EXECUTE, COM_STMT_PREPARE};
use crate::wire::execute::Attribute;

/// The queue; `None` when nothing waits.
pub(super) type Queue = Option<Box<VecDeque<Pending>>>;

/// A command that waits.
#[derive(Debug)]
pub(super) struct Pending {
    command: Command,
    silent: bool,
}

/// What is to be sent.
#[derive(Debug)]
pub(super) enum Command {
    /// A query, whose parameters are filled in when it goes.
    Query { text: Vec<u8>, params: Vec<Param<'static>>, attributes: Vec<Attribute> },
    /// Prepare, execute or reset.
    Statement { code: u8, key: StatementKey, payload: Vec<u8> },
    /// More of a parameter's value.
    LongData { key: StatementKey, param: u16, bytes: Vec<u8> },
    /// The close of a statement, whose number may not be known yet.
    Close(StatementKey),
    /// An execute whose prepare is before it.
    First(First),
    /// Nothing: a prepare whose statement was kept.
    Kept(StatementKey),
    /// A command without rows.
    Short(Short),
    /// Another login.
    ChangeUser(NewUser),
    /// The first command of the pipeline.
    Pipeline,
    /// The next one.
    NextInPipeline,
    /// Nothing: answers that are still to come of a pipeline that was closed.
    Answers(VecDeque<Due>),
}

impl Command {
    /// The statement that it is of.
    fn key(&self) -> Option<StatementKey> {
        match self {
            Self::Statement { key, .. } | Self::LongData { key, .. } => Some(*key),
            Self::Close(key) | Self::Kept(key) => Some(*key),
            Self::First(first) => Some(first.key),
            _ => None,
        }
    }
}

impl Pending {
    /// Bytes of its text and values, as far as they may be many.
    pub(super) fn bytes(&self) -> usize {
        match &self.command {
            Command::Query { text, params, .. } => {
                text.capacity() + params.iter().map(Param::bytes).sum::<usize>()
            }
            Command::Statement { payload: bytes, .. } | Command::LongData { bytes, .. } => {
                bytes.capacity()
            }
            Command::First(first) => first.bytes(),
            _ => 0,
        }
    }

    pub(super) fn first(&self) -> Option<&First> {
        if let Command::First(first) = &self.command { Some(first) } else { None }
    }

    pub(super) fn into_first(self) -> Option<First> {
        if let Command::First(first) = self.command { Some(first) } else { None }
    }

    /// Whether it is the prepare of `key`, whose end the program is told.
    pub(super) fn is_prepare_of(&self, key: StatementKey) -> bool {
        matches!(self, Self {
            command: Command::Statement { code: COM_STMT_PREPARE, key: of, .. },
            silent: false,
        } if *of == key)
    }
}

impl Connection {
    /// Whether a command can be sent at once. Nothing waits then: on a connection of a pool something may, though
    /// the login is done, until CONNECTED was told.
    #[inline]
    pub(super) fn can_send(&self) -> bool {
        matches!(self.link, Link::Open(_))
            && self.machine.is_ready()
            && self.pending.is_none()
            && !self.pipeline_runs()
            && !self.is_cancelling()
    }

    /// Refuses a command on a connection that is gone, and while a pipeline is under way.
    #[inline]
    pub(super) fn check_alive(&self) -> Result<()> {
        if self.pipeline_runs() {
            return Err(self.what_is_open());
        }
        self.check_connection()
    }

    /// Refuses a command on a connection that is gone.
    #[inline]
    pub(super) fn check_connection(&self) -> Result<()> {
        match self.failure() {
            Some(cause) => Err(gone(cause)),
            None => Ok(()),
        }
    }

    /// Remembers a command that cannot be sent now, and gives up what is left of those before it.
    pub(super) fn send_later(&mut self, command: Command) -> Result<()> {
        let queue = self.queue_with_room()?;
        queue.iter_mut().for_each(|pending| pending.silent = true);
        queue.push_back(Pending { command, silent: false });
        self.machine.abandon(&mut self.recv);
        Ok(())
    }

    /// Remembers a command that is part of the last one.
    pub(super) fn send_after(&mut self, command: Command) -> Result<()> {
        let queue = self.queue_with_room()?;
        queue.push_back(Pending { command, silent: false });
        Ok(())
    }

    /// The queue, unless it is full.
    fn queue_with_room(&mut self) -> Result<&mut VecDeque<Pending>> {
        let queue = self.pending.get_or_insert_default();
        // Of closes there are no more than there are statements.
        let counts = |pending: &&Pending| !matches!(pending.command, Command::Close(_));
        if queue.len() >= MAX_PENDING && queue.iter().filter(counts).count() >= MAX_PENDING {
            return Err(Misuse::TooManyWaiting(MAX_PENDING).into());
        }
        Ok(queue)
    }

    /// Remembers a close. It disturbs nothing that is under way.
    pub(super) fn close_later(&mut self, key: StatementKey) {
        let queue = self.pending.get_or_insert_default();
        queue.push_back(Pending { command: Command::Close(key), silent: false });
    }

    /// Remembers what a pipeline has to do when the answer under way is over. Nothing else waits then.
    pub(super) fn put_off(&mut self, command: Command) {
        let silent = matches!(command, Command::Answers(_));
        self.pending.get_or_insert_default().push_front(Pending { command, silent });
    }

    /// Whether a pipeline waits for its first command, or the next one, to begin.
    pub(super) fn awaits_turn(&self) -> bool {
        self.has_pending(|command| matches!(command, Command::Pipeline | Command::NextInPipeline))
    }

    /// Whether a pipeline is under way, or answers to one that was closed are still to be read.
    pub(super) fn is_piped(&self) -> bool {
        self.pipeline_runs() || self.has_pending(|command| matches!(command, Command::Answers(_)))
    }

    /// The pipeline is closed, and waits no more.
    pub(super) fn forget_turn(&mut self) {
        self.forget(|command| matches!(command, Command::Pipeline | Command::NextInPipeline));
    }

    fn has_pending(&self, is: impl Fn(&Command) -> bool) -> bool {
        self.pending.as_ref().is_some_and(|queue| queue.iter().any(|pending| is(&pending.command)))
    }

    /// Remembers more of a parameter's value, behind what is remembered of it.
    pub(super) fn long_data_later(
        &mut self,
        key: StatementKey,
        param: u16,
        bytes: &[u8],
    ) -> Result<()> {
        let last = self.pending.as_mut().and_then(|queue| queue.back_mut());
        if let Some(Pending { command: Command::LongData { key: k, param: p, bytes: all }, .. }) =
            last
            && (*k, *p) == (key, param)
        {
            all.extend_from_slice(bytes);
            return Ok(());
        }
        self.send_later(Command::LongData { key, param, bytes: bytes.to_vec() })
    }

    /// Takes the query back that waits, if it does.
    #[cold]
    #[inline(never)]
    pub(super) fn forget_query(&mut self) {
        self.forget(|command| matches!(command, Command::Query { .. }));
    }

    /// Takes the prepare of `key` back, if it waits and no execute waits behind it. Whether it did.
    pub(super) fn forget_prepare(&mut self, key: StatementKey) -> bool {
        let is_used =
            |command: &Command| matches!(command, Command::First(first) if first.key == key);
        if self.has_pending(is_used) {
            return false;
        }
        self.forget(|command| {
            matches!(command, Command::Statement { code: COM_STMT_PREPARE, key: of, .. } if *of == key)
        })
    }

    /// The program has closed `key`: what waits of it is sent all the same, because the program was told so, and
    /// the answers are dropped.
    pub(super) fn silence(&mut self, key: StatementKey) {
        for pending in self.pending.iter_mut().flat_map(|queue| queue.iter_mut()) {
            pending.silent |= pending.command.key() == Some(key);
        }
    }

    fn forget(&mut self, is: impl Fn(&Command) -> bool) -> bool {
        let Some(queue) = &mut self.pending else {
            return false;
        };
        let before = queue.len();
        queue.retain(|pending| !is(&pending.command));
        let found = queue.len() < before;
        if queue.is_empty() {
            self.pending = None;
        }
        found
    }

    /// Takes back what the program waits for. What it does not wait for it was told is sent.
    pub(super) fn withdraw(&mut self) {
        let mut kept = VecDeque::new();
        for pending in self.pending.take().into_iter().flat_map(|queue| *queue) {
            if pending.silent || !is_answered(&pending.command) {
                kept.push_back(pending);
            } else if let Command::Statement { code, key, .. } = pending.command {
                if code == COM_STMT_PREPARE {
                    self.machine.forget_statement(key);
                } else if code == COM_STMT_EXECUTE
                    && let Some(command) = self.undo_execute(key)
                {
                    kept.push_back(Pending { command, silent: true });
                }
            }
        }
        self.pending = (!kept.is_empty()).then(|| Box::new(kept));
    }

    /// Sends what waits, up to the next command with an answer. Whether there was one.
    #[inline]
    pub(super) fn submit_pending(&mut self) -> bool {
        self.pending.is_some() && self.submit_remembered()
    }

    #[cold]
    #[inline(never)]
    fn submit_remembered(&mut self) -> bool {
        if self.holds_back() || self.is_cancelling() {
            return false;
        }
        while let Some(Pending { command, silent }) = self.next_pending() {
            match self.submit_one(command, silent) {
                Ok(true) => {
                    self.follow_prepare();
                    return true;
                }
                Err(error) if !silent => self.outcome = Some(error),
                Ok(false) | Err(_) => {}
            }
        }
        self.flush();
        false
    }

    pub(super) fn next_pending(&mut self) -> Option<Pending> {
        let queue = self.pending.as_mut()?;
        let next = queue.pop_front();
        if queue.is_empty() {
            self.pending = None;
        }
        next
    }

    /// Whether the program waits for the answer to something that is not sent yet.
    pub(super) fn awaits_pending(&self) -> bool {
        let awaited = |pending: &Pending| !pending.silent && is_answered(&pending.command);
        self.pending.as_ref().is_some_and(|queue| queue.iter().any(awaited))
    }

    /// Whether an answer is awaited then.
    fn submit_one(&mut self, command: Command, silent: bool) -> Result<bool> {
        match command {
            Command::Query { text, params, attributes } => {
                self.submit_remembered_query(&text, &params, attributes)?;
                if silent {
                    self.machine.abandon(&mut self.recv);
                }
            }
            Command::Statement { code, key, payload } => {
                if code != COM_STMT_PREPARE && self.machine.is_lost(key) {
                    return self.drop_lost(key);
                }
                let put = |out: &mut Vec<u8>| out.extend_from_slice(&payload);
                self.submit_statement(code, key, silent, |_, out| put(out))?;
            }
            Command::LongData { key, param, bytes } => {
                if self.machine.is_lost(key) {
                    return self.drop_lost(key);
                }
                self.submit_long_data(key, param, &bytes);
                return Ok(false);
            }
            Command::Close(key) => {
                self.submit_close(key);
                return Ok(false);
            }
            Command::First(first) => return self.submit_first(first, silent),
            Command::Kept(key) => {
                self.machine.begin_kept(key);
                return Ok(false);
            }
            Command::Short(short) => self.submit_short(&short, silent)?,
            Command::ChangeUser(new) => self.submit_change_user(new, silent)?,
            Command::Pipeline => return Ok(self.begin_piped()),
            Command::NextInPipeline => return Ok(self.next_piped()),
            Command::Answers(answers) => return Ok(self.drop_answer(answers)),
        }
        Ok(true)
    }

    /// A command for a statement that was there when it was remembered: a reset or a change of user went
    /// before it. An error, if the program still has the statement.
    fn drop_lost(&self, key: StatementKey) -> Result<bool> {
        if self.has_statement(key) { self.check_prepared(key).map(|_| false) } else { Ok(false) }
    }
}

/// Whether a poll tells how it went.
fn is_answered(command: &Command) -> bool {
    !matches!(command, Command::LongData { .. } | Command::Close(_) | Command::Answers(_))
}

#[cold]
#[inline(never)]
fn gone(cause: &Error) -> Box<Error> {
    Error::Gone(cause.to_string()).into()
}
