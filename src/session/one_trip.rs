// SPDX-License-Identifier: Apache-2.0
//! Executes before the prepare has been answered: sent behind it if the server takes that, otherwise remembered
//! until the answer. To the program both are one command with one end.

use crate::error::{Misuse, Result};
use crate::proto::statements::{State, StatementKey};
use crate::session::connection::Connection;
use crate::session::pending::{Command, Pending};
use crate::wire::command::{COM_STMT_EXECUTE, CURSOR_NONE, LAST_PREPARED};
use crate::wire::execute::{Attribute, change_head, put_execute};
use crate::wire::value::Param;

/// The first execute of a statement, that waits for its prepare.
#[derive(Debug)]
pub(super) struct First {
    pub(super) key: StatementKey,
    params: usize,
    payload: Vec<u8>,
    attributes: Vec<Attribute>,
}

impl First {
    /// Bytes of its values.
    pub(super) fn bytes(&self) -> usize {
        self.payload.capacity()
    }
}

impl Connection {
    /// How many parameters an execute of `key` needs now, if its prepare has not been answered.
    pub fn expected_params(&self, key: StatementKey) -> Option<u16> {
        self.machine.expected_params(key)
    }

    /// As `execute`, while the prepare of `key` has not been answered.
    pub fn execute_first<'a>(
        &mut self,
        key: StatementKey,
        params: impl ExactSizeIterator<Item = Param<'a>>,
    ) -> Result<()> {
        self.tell_pool();
        self.check_alive()?;
        let (attributes, count) = (self.take_attributes()?, params.len());
        let alone = self.pending.is_none() && !self.is_cancelling();
        let follows = alone && self.machine.can_follow_prepare(key, count);
        if follows && !self.is_memory_bounded() {
            let put = |out: &mut Vec<u8>| put_execute(out, LAST_PREPARED, CURSOR_NONE, params);
            return self.send_behind(put);
        }
        let mut payload = Vec::new();
        put_execute(&mut payload, LAST_PREPARED, CURSOR_NONE, params);
        self.check_room(payload.len())?;
        if follows {
            return self.send_behind(|out| out.extend_from_slice(&payload));
        }
        self.remember_first(First { key, params: count, payload, attributes })
    }

    fn send_behind(&mut self, fill: impl FnOnce(&mut Vec<u8>)) -> Result<()> {
        let before = self.out.mark();
        self.machine.submit_behind_prepare(&mut self.out, fill)?;
        if self.trace.is_some() {
            self.trace_command(COM_STMT_EXECUTE, self.out.mark() - before);
        }
        self.clock.on_read();
        self.flush_command();
        self.check_sent()
    }

    /// The prepare that has just been sent: its execute goes with it, if it is the next thing to be sent and
    /// the server takes that.
    pub(super) fn follow_prepare(&mut self) {
        let can = |pending: &Pending| match pending.first() {
            // With attributes the server is one that takes none.
            Some(first) => {
                first.attributes.is_empty()
                    && self.machine.can_follow_prepare(first.key, first.params)
            }
            None => false,
        };
        if self.pending.as_ref().and_then(|queue| queue.front()).is_some_and(can)
            && let Some(first) = self.next_pending().and_then(Pending::into_first)
            && let Err(error) = self.send_behind(|out| out.extend_from_slice(&first.payload))
        {
            self.outcome = Some(error);
        }
    }

    /// The prepare of a first execute has been answered. Whether an answer is awaited now.
    pub(super) fn submit_first(&mut self, first: First, silent: bool) -> Result<bool> {
        let First { key, params, mut payload, attributes } = first;
        // The program may have closed it since.
        let Some(statement) = self.machine.statement_in_use(key) else {
            return Ok(false);
        };
        let expected = usize::from(statement.params());
        match statement.state() {
            State::Prepared(id) => change_head(&mut payload, *id, self.machine.cursor(key)),
            State::Failed(error) => return Err(error.clone()),
            State::Waiting | State::Lost(_) => return self.check_prepared(key).map(|_| false),
        }
        if params != expected {
            let problem = format!(
                "has {params} parameters, and the statement {expected}: poll until the prepare \
                 has ended, and execute then"
            );
            return Err(Misuse::Argument { name: "the execute", problem }.into());
        }
        self.check_attributes(&attributes)?;
        let payload = self.with_names(payload, params, &attributes);
        self.submit_statement(COM_STMT_EXECUTE, key, silent, |_, out| {
            out.extend_from_slice(&payload);
        })?;
        Ok(true)
    }

    /// Remembers an execute. If it is the next thing after its prepare, that one goes on: both are one.
    fn remember_first(&mut self, first: First) -> Result<()> {
        self.outcome = None;
        let next = match self.pending.as_ref().and_then(|queue| queue.back()) {
            Some(last) => last.is_prepare_of(first.key),
            None => self.machine.is_preparing(first.key),
        };
        if next {
            self.send_after(Command::First(first))
        } else {
            self.begin_command();
            self.send_later(Command::First(first))
        }
    }
}
