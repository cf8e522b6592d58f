// SPDX-License-Identifier: Apache-2.0
//! The table of a connection's prepared statements: what is known of each, and of the result that one of
//! them has brought. Made with the first statement, gone with the last. Sends and reads nothing.
//!
//! ```text
//! add ─► Waiting ─PrepareOk, definitions─► Prepared ─────────────► remove
//!           │                                └─reset, change of user─► Lost ─┤
//!           └────────────ERR─────────────► Failed ───────────────────────────┘
//! ```

use std::collections::VecDeque;
use std::num::{NonZeroU32, NonZeroU64};

use crate::error::Error;
use crate::proto::columns::{Columns, Known};
use crate::proto::marks::Marks;
use crate::wire::prepare_ok::PrepareOk;

/// Which statement of the connection. A key never comes to mean another one. One number, because every row has
/// it compared: the statement's slot above its serial number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatementKey(NonZeroU64);

/// How far a statement is.
#[derive(Debug)]
pub enum State {
    /// The answer to its prepare has not come yet.
    Waiting,
    /// It can be executed, under the server's number for it.
    Prepared(u32),
    /// The server refused it.
    Failed(Box<Error>),
    /// The server has closed it, because of this function.
    Lost(&'static str),
}

/// One statement.
#[derive(Debug)]
pub struct Statement {
    pub(super) state: State,
    pub(super) params: u16,
    /// What is thought of their number before the server has said it.
    pub(super) marks: Marks,
    /// MariaDB takes arrays of its parameters.
    pub(super) arrays: bool,
    /// Parameters that were sent as long data since the last execute, or reset.
    pub(super) long: Vec<u16>,
    /// How many rows are to be fetched at a time; 0 for all at once, without a cursor.
    pub(super) fetch: u32,
    /// It has rows, as its prepare said; CALL does not know.
    pub(super) selects: bool,
    /// Rows are left in its cursor.
    pub(super) more: bool,
    /// The program has closed it, and the server has not been told yet.
    pub(super) closed: bool,
    /// Its text, if it may be kept for another prepare.
    pub(super) text: Option<Box<[u8]>>,
    /// The columns of its last answer.
    pub(super) known: Known,
    key: StatementKey,
}

/// All statements of a connection.
#[derive(Debug, Default)]
pub(super) struct Statements {
    slots: Vec<Option<Statement>>,
    /// Slots that are empty.
    free: Vec<u32>,
    /// Whose prepare is being answered, or which statement the current result is of.
    pub(super) current: Option<StatementKey>,
    /// Whose answer is being dropped, if it is a statement's.
    pub(super) dropped: Option<StatementKey>,
    /// Of that answer only rows are dropped: the program is told how it ends.
    pub(super) only_rows: bool,
    /// The answer to a prepare, and how many packets it still has.
    pub(super) preparing: Option<(PrepareOk, u32)>,
    /// An execute was sent behind the prepare that is being answered; what its answer will be numbered.
    pub(super) behind: Option<u8>,
    /// How that prepare has ended, while the answer to its execute is read.
    pub(super) owed: Option<Box<Error>>,
    /// The rows under way are OUT parameters, as the end of their columns said.
    pub(super) out_params: bool,
    /// Those that the program has closed and that are kept, the one that was closed last at the end.
    pub(super) kept: VecDeque<StatementKey>,
    /// Whose columns `Machine::fields` has, and which version of them.
    pub(super) described: Option<(StatementKey, u32)>,
}

impl StatementKey {
    fn new(slot: u32, serial: NonZeroU32) -> Self {
        Self(NonZeroU64::from(serial) | u64::from(slot) << 32)
    }

    /// The number of the statement among all that the connection has had.
    pub fn serial(self) -> u32 {
        let [a, b, c, d, ..] = self.0.get().to_le_bytes();
        u32::from_le_bytes([a, b, c, d])
    }

    #[inline]
    fn slot(self) -> usize {
        usize::try_from(self.0.get() >> 32).unwrap_or(usize::MAX)
    }
}

impl Statement {
    /// How far it is.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Number of its parameters; 0 before it is prepared.
    pub fn params(&self) -> u16 {
        self.params
    }

    /// Its columns: before it is executed those that the server expects, later those of the last result.
    pub fn columns(&self) -> &Columns {
        &self.known.columns
    }

    /// How many rows are fetched at a time; 0 for all.
    pub fn fetch_size(&self) -> u32 {
        self.fetch
    }

    /// Whether it has rows, as its prepare said.
    pub fn selects(&self) -> bool {
        self.selects
    }

    /// Whether parameters were sent as long data for its next execute.
    pub fn has_long_data(&self) -> bool {
        !self.long.is_empty()
    }

    /// Whether rows are left in its cursor.
    pub fn has_more(&self) -> bool {
        self.more
    }

    /// The server's number for it; 0, which no server gives, before it is prepared.
    #[inline]
    pub(super) fn id(&self) -> u32 {
        if let State::Prepared(id) = self.state { id } else { 0 }
    }

    /// Marks parameter `param` as sent in pieces.
    pub(super) fn mark_long(&mut self, param: u16) {
        if !self.long.contains(&param) {
            self.long.push(param);
        }
    }
}

impl Statements {
    /// Another one, with a number that no other has had.
    pub(super) fn add(&mut self, serial: NonZeroU32) -> StatementKey {
        let next = u32::try_from(self.slots.len()).unwrap_or(u32::MAX);
        let key = StatementKey::new(self.free.pop().unwrap_or(next), serial);
        let (params, long) = (0, Vec::new());
        let (state, known) = (State::Waiting, Known::default());
        let (fetch, selects, more, closed) = (0, false, false, false);
        let (marks, arrays, text) = (Marks::default(), false, None);
        let statement = Statement {
            state,
            params,
            marks,
            arrays,
            long,
            fetch,
            selects,
            more,
            closed,
            text,
            known,
            key,
        };
        match self.slots.get_mut(key.slot()) {
            Some(free) => *free = Some(statement),
            None => self.slots.push(Some(statement)),
        }
        key
    }

    pub(super) fn get(&self, key: StatementKey) -> Option<&Statement> {
        let slot = self.slots.get(key.slot())?.as_ref();
        slot.filter(|statement| statement.key == key)
    }

    #[inline]
    pub(super) fn get_mut(&mut self, key: StatementKey) -> Option<&mut Statement> {
        let slot = self.slots.get_mut(key.slot())?.as_mut();
        slot.filter(|statement| statement.key == key)
    }

    /// The answer to an execute of `key` is due.
    pub(super) fn begin_execute(&mut self, key: StatementKey) {
        self.current = Some(key);
        if let Some(statement) = self.get_mut(key) {
            statement.known.begin();
            // Until the end of the rows tells.
            statement.more = false;
        }
    }

    pub(super) fn remove(&mut self, key: StatementKey) {
        if self.get(key).is_some()
            && let Some(slot) = self.slots.get_mut(key.slot())
        {
            *slot = None;
            self.free.extend(u32::try_from(key.slot()));
        }
        if self.current == Some(key) {
            self.current = None;
        }
    }

    /// The server has closed all of them, because of the function `by`.
    pub(super) fn lose(&mut self, by: &'static str) {
        for statement in self.slots.iter_mut().flatten() {
            if matches!(statement.state, State::Prepared(_)) {
                (statement.state, statement.params) = (State::Lost(by), 0);
                statement.long.clear();
            }
        }
    }

    /// None of those that there are may be kept.
    pub(super) fn forget_texts(&mut self) {
        self.slots.iter_mut().flatten().for_each(|statement| statement.text = None);
    }

    /// Bytes that they take, with their columns and texts.
    pub(super) fn bytes(&self) -> usize {
        let all = self.slots.iter().flatten();
        let of = |one: &Statement| {
            one.known.columns.bytes() + one.text.as_ref().map_or(0, |text| text.len())
        };
        self.slots.capacity() * size_of::<Option<Statement>>() + all.map(of).sum::<usize>()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.free.len() == self.slots.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_of_one_statement() {
        let mut all = Statements::default();
        let mut serials = (1..).filter_map(NonZeroU32::new);
        let mut add = |all: &mut Statements| all.add(serials.next().unwrap());
        let (first, second) = (add(&mut all), add(&mut all));
        assert_ne!(first, second);
        all.remove(first);
        assert!(all.get(first).is_none() && all.get(second).is_some());
        let third = add(&mut all);
        assert_eq!(third.slot(), first.slot(), "the slot is used again");
        assert!(all.get(first).is_none() && all.get(third).is_some());
        all.remove(first);
        assert!(all.get(third).is_some(), "an old key does nothing");
        all.remove(second);
        assert!(!all.is_empty());
        all.remove(third);
        assert!(all.is_empty());
    }
}
