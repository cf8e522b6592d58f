// SPDX-License-Identifier: Apache-2.0
//! Statements that the program has closed and that stay prepared at the server, to be found by their text.
//! Knows which those are, in the order in which they were closed; how many there may be, and when the
//! server is told of a close, is the session's business.

use crate::proto::machine::{Machine, Sink};
use crate::proto::statements::{State, StatementKey};

impl Machine {
    /// Remembers the text of `key`, which may be kept then.
    pub fn remember_text(&mut self, key: StatementKey, text: &[u8]) {
        if let Some(statement) = self.statements.as_mut().and_then(|all| all.get_mut(key)) {
            statement.text = Some(text.into());
        }
    }

    /// Keeps `key`, which the program has closed. Whether it can be kept: it is as a new one would be.
    pub fn keep_statement(&mut self, key: StatementKey) -> bool {
        let Some(all) = &mut self.statements else {
            return false;
        };
        let Some(statement) = all.get_mut(key) else {
            return false;
        };
        // A cursor does not go away again (see `Connection::set_fetch_size`), and long data only with an
        // execute.
        let is_new = statement.fetch == 0 && statement.long.is_empty();
        let is_prepared = matches!(statement.state, State::Prepared(_));
        let keep = is_prepared && is_new && statement.text.is_some();
        if keep {
            if all.current == Some(key) {
                all.current = None;
            }
            all.kept.push_back(key);
        }
        keep
    }

    /// Gives out the statement with this text that was kept last, for the program to have.
    pub fn take_kept(&mut self, text: &[u8]) -> Option<StatementKey> {
        let all = self.statements.as_mut()?;
        let is_it = |&key: &StatementKey| {
            all.get(key).is_some_and(|statement| statement.text.as_deref() == Some(text))
        };
        let place = all.kept.iter().rposition(is_it)?;
        let key = all.kept.remove(place)?;
        all.get_mut(key)?.closed = false;
        Some(key)
    }

    /// Lets the one go that was kept first. It must be closed then.
    pub fn drop_oldest_kept(&mut self) -> Option<StatementKey> {
        self.statements.as_mut()?.kept.pop_front()
    }

    /// How many are kept.
    pub fn kept(&self) -> usize {
        self.statements.as_ref().map_or(0, |all| all.kept.len())
    }

    /// Forgets those that are kept: the server has.
    pub fn forget_kept(&mut self) {
        while let Some(key) = self.drop_oldest_kept() {
            self.forget_statement(key);
        }
    }

    /// None of the statements that there are will be kept.
    pub fn forget_texts(&mut self) {
        if let Some(all) = &mut self.statements {
            all.forget_texts();
        }
    }

    /// As a prepare of `key` that has been answered; it was kept.
    pub fn begin_kept(&mut self, key: StatementKey) {
        self.sink = Sink::Binary;
        self.result.reset();
        if let Some(all) = &mut self.statements {
            all.current = Some(key);
        }
    }
}
