// SPDX-License-Identifier: Apache-2.0
//! The rows of a statement that the program holds: one, which the old functions or a handle have taken, or many
//! that a handle has taken together. They lie in the receive buffer until they are given back. Reads no value.

use crate::buf::RecvBuf;
use crate::proto::machine::{Machine, Phase};
use crate::proto::statements::StatementKey;
use crate::wire::bin_row::{self, Field};
use crate::wire::frame::HEADER;

impl Machine {
    /// Whether one row of a statement is held.
    #[inline]
    pub(super) fn lends_binary(&self) -> bool {
        matches!(self.phase, Phase::BinaryLent | Phase::BinaryTaken | Phase::BinaryTakenByHandle)
    }

    /// Takes the row that is held, if it is one of `key`. Whether it is.
    #[inline]
    pub fn take_fields(&mut self, key: StatementKey) -> bool {
        let is_there = self.lends_binary() && self.is_current(key);
        if is_there {
            self.set_phase(Phase::BinaryTaken);
        }
        is_there
    }

    /// As `take_fields`, for a handle, whose values only `field_of` gives.
    #[inline]
    pub fn take_fields_of(&mut self, key: StatementKey) -> Option<&[Field]> {
        self.take_as(key, Phase::BinaryTakenByHandle)
    }

    /// As `take_fields_of`, for the first of several rows, which are read here and now: later nothing gives their
    /// values.
    #[inline]
    pub fn take_first_fields(&mut self, key: StatementKey) -> Option<&[Field]> {
        self.take_as(key, Phase::BinaryBatch)
    }

    /// The row behind those that were taken, if the whole of it is here; those stay where they are. What is wrong
    /// with it, and what else comes, is for `advance` to find out.
    #[inline]
    pub fn take_next_fields(&mut self, recv: &mut RecvBuf) -> Option<&[Field]> {
        if !matches!(self.phase, Phase::BinaryBatch) {
            return None;
        }
        let row = self.lend_row(recv, Phase::BinaryBatch, |first| first == 0)?;
        let size = HEADER + row.len();
        if bin_row::parse_usual(row, &mut self.fields)
            || bin_row::parse(row, &mut self.fields).is_ok()
        {
            return Some(&self.fields);
        }
        recv.unlend_last(size);
        self.framer.refuse();
        None
    }

    #[inline]
    fn take_as(&mut self, key: StatementKey, phase: Phase) -> Option<&[Field]> {
        if !self.lends_binary() || !self.is_current(key) {
            return None;
        }
        self.set_phase(phase);
        Some(&self.fields)
    }

    #[inline]
    pub(super) fn is_current(&self, key: StatementKey) -> bool {
        self.statements.as_ref().is_some_and(|all| all.current == Some(key))
    }

    /// A value of the row that was taken for the handle of `key`.
    #[inline]
    pub fn field_of(&self, key: StatementKey, column: u16) -> Option<&Field> {
        let taken = matches!(self.phase, Phase::BinaryTakenByHandle) && self.is_current(key);
        if taken { self.fields.get(usize::from(column)) } else { None }
    }

    /// The values of the row that was taken.
    #[inline]
    pub fn taken(&self) -> &[Field] {
        if matches!(self.phase, Phase::BinaryTaken) { &self.fields } else { &[] }
    }
}
