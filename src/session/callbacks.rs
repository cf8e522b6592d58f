// SPDX-License-Identifier: Apache-2.0
//! Functions of the program that a connection calls while it is polled, the question that waits for an
//! answer of one of them, and the other polls that are not simply a turn.

use crate::auth::Dialog;
use crate::error::{Misuse, Result};
use crate::session::connection::{Connection, Polled};
use crate::transport::KeyLog;

impl Connection {
    /// Who answers the questions of the login method `dialog`.
    pub fn set_dialog(&mut self, dialog: Option<Dialog>) -> Result<()> {
        self.must_be_unused("a function for its dialog")?;
        self.config.dialog = dialog;
        Ok(())
    }

    /// Who gets the keys of the TLS connection. Does not ask for TLS.
    pub fn set_keylog(&mut self, log: Option<KeyLog>) -> Result<()> {
        self.must_be_unused("a function for its keys")?;
        self.config.tls.get_or_insert_default().keylog = log;
        Ok(())
    }

    /// Calls the functions that `other` calls, instead of its own; those of the dialog and the keys are a part of the
    /// configuration.
    pub(super) fn copy_functions(&mut self, other: &Self) -> Result<()> {
        self.set_file_source(other.machine.file_source())?;
        self.set_tracer(other.tracer())
    }

    pub(super) fn must_be_unused(&self, what: &str) -> Result<()> {
        if self.is_unused() {
            return Ok(());
        }
        let problem = format!("has begun to connect; {what} must be set before");
        Err(Misuse::Argument { name: "con", problem }.into())
    }

    /// A poll that is not simply a turn.
    #[cold]
    pub(super) fn poll_detour(&mut self) -> Result<Polled> {
        if self.is_pooled() {
            return self.status();
        }
        let mut polled = self.turn_or_ask();
        // Only the program can go on with a file that it has suspended.
        let waits = self.semi_blocking && !self.machine.is_suspended();
        if waits && matches!(polled, Ok(Polled::Connecting | Polled::Processing)) {
            self.wait(None)?;
            polled = self.turn_or_ask();
        }
        self.reset_detour();
        polled
    }

    /// A turn, or a question to the program if one waits for an answer, or more of its file.
    pub(super) fn turn_or_ask(&mut self) -> Result<Polled> {
        let polled = if self.oversight.is_some() { self.watched_turn() } else { self.plain_turn() };
        if self.trace.is_some() {
            self.trace_turn(&polled);
        }
        polled
    }

    /// The same, for a connection that nothing watches over.
    pub(super) fn plain_turn(&mut self) -> Result<Polled> {
        if self.machine.is_uploading() {
            self.upload()
        } else if self.clock.asking {
            self.poll_asking()
        } else {
            self.turn_again()
        }
    }

    /// Sees again whether a poll is simply a turn.
    pub(super) fn reset_detour(&mut self) {
        self.detour = self.semi_blocking
            || self.clock.asking
            || self.machine.is_uploading()
            || self.trace.is_some()
            || self.oversight.is_some()
            || self.is_pooled();
    }

    /// A poll while the server's question has no answer: the program is asked again.
    #[cold]
    pub(super) fn poll_asking(&mut self) -> Result<Polled> {
        if let Err(error) = self.machine.ask_again(&mut self.out) {
            return Err(self.fail(error));
        }
        self.note_question();
        self.turn_again()
    }

    /// The next poll asks again, and no sleep is for long, if a question has no answer yet.
    pub(super) fn note_question(&mut self) {
        self.clock.asking = self.machine.is_asking();
        self.detour |= self.clock.asking;
    }
}
