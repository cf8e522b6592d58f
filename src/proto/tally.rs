// SPDX-License-Identifier: Apache-2.0
//! What several commands have done together, whose answers nobody wants to hear one by one.

use crate::error::Error;
use crate::proto::machine::Machine;
use crate::proto::statements::StatementKey;
use crate::wire::caps::Caps;
use crate::wire::reply::OkPacket;

/// Numbers of answers that are being dropped, and the error of the last one.
#[derive(Debug, Default)]
pub(super) struct Tally {
    affected: u64,
    insert_id: u64,
    warnings: u16,
    error: Option<Box<Error>>,
}

impl Tally {
    pub(super) fn on_ok(&mut self, ok: &OkPacket<'_>) {
        self.affected = self.affected.saturating_add(ok.affected_rows);
        self.warnings = self.warnings.saturating_add(ok.warnings);
        if self.insert_id == 0 {
            self.insert_id = ok.last_insert_id;
        }
    }

    pub(super) fn on_error(&mut self, error: Box<Error>) {
        self.error = Some(error);
    }
}

impl Machine {
    /// Whether the server takes arrays of parameters for the statement `key`.
    pub fn takes_arrays(&self, key: StatementKey) -> bool {
        self.is_logged_in()
            && self.caps.has(Caps::STMT_BULK)
            && self.statement(key).is_some_and(|statement| statement.arrays)
    }

    /// Counts from now on what dropped answers tell.
    pub fn begin_tally(&mut self) {
        self.tally = Some(Box::default());
    }

    /// The error that the last answer was.
    pub fn take_tallied_error(&mut self) -> Option<Box<Error>> {
        self.tally.as_mut()?.error.take()
    }

    /// Makes what was counted the numbers of the current result.
    pub fn end_tally(&mut self) {
        if let Some(tally) = self.tally.take() {
            self.result.reset();
            self.result.affected_rows = tally.affected;
            self.result.last_insert_id = tally.insert_id;
            self.result.warnings = tally.warnings;
        }
    }

    /// Forgets what was counted.
    pub fn drop_tally(&mut self) {
        self.tally = None;
    }
}
