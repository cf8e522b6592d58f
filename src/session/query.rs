// SPDX-License-Identifier: Apache-2.0
//! Queries: when one is sent, remembered or refused, when it ends, and its buffered rows.

use crate::buf::Cell;
use crate::error::{Error, Misuse, Result};
use crate::proto::escape::{self, Param};
use crate::session::connection::{Connection, Link, Polled};
use crate::session::pending::Command;

/// Why a query may not simply go: one is open, a pool must be told, its text may name a file, or its time is
/// limited. One byte for all, so that the usual query asks once.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Gate(u8);

impl Gate {
    const QUERY: u8 = 1;
    const POOL: u8 = 2;
    const FILES: u8 = 4;
    const TRACED: u8 = 8;
    const PIPELINE: u8 = 16;
    /// What is open until the program closes it.
    const OPEN: u8 = Self::QUERY | Self::PIPELINE;
    const OVERSEEN: u8 = 32;

    fn is_clear(self) -> bool {
        self.0 == 0
    }

    /// Whether a query, or a pipeline, is open.
    pub(super) fn has_query(self) -> bool {
        self.0 & Self::OPEN != 0
    }

    fn open_query(&mut self) {
        self.0 |= Self::QUERY;
    }

    pub(super) fn close_query(&mut self) {
        self.0 &= !Self::QUERY;
    }

    pub(super) fn open_pipeline(&mut self) {
        self.0 |= Self::PIPELINE;
    }

    /// With it, a query of its is closed too.
    pub(super) fn close_pipeline(&mut self) {
        self.0 &= !Self::OPEN;
    }

    pub(super) fn set_pooled(&mut self, pooled: bool) {
        self.0 = (self.0 & !Self::POOL) | if pooled { Self::POOL } else { 0 };
    }

    /// Whether queries are to be looked at: for the files that they name, or because they are traced.
    pub(super) fn looks_at_queries(self) -> bool {
        self.0 & (Self::FILES | Self::TRACED) != 0
    }

    pub(super) fn set_traced(&mut self, traced: bool) {
        self.0 = (self.0 & !Self::TRACED) | if traced { Self::TRACED } else { 0 };
    }

    /// Whether there is a function for local files.
    pub(super) fn has_files(self) -> bool {
        self.0 & Self::FILES != 0
    }

    pub(super) fn set_files(&mut self, files: bool) {
        self.0 = (self.0 & !Self::FILES) | if files { Self::FILES } else { 0 };
    }

    pub(super) fn set_overseen(&mut self) {
        self.0 |= Self::OVERSEEN;
    }
}

impl Connection {
    /// Sends a query, or remembers it until the connection is ready; begins to connect if need be.
    /// With parameters, each `?` in `text` is replaced by the next one.
    #[inline(always)]
    pub fn query(&mut self, text: &[u8], params: Vec<Param<'_>>) -> Result<()> {
        if !self.gate.is_clear() {
            return self.query_gated(text, params);
        }
        self.query_past_gate(text, params)
    }

    #[inline(always)]
    fn query_past_gate(&mut self, text: &[u8], params: Vec<Param<'_>>) -> Result<()> {
        if matches!(self.link, Link::Open(_)) && self.machine.is_ready() {
            if !params.is_empty() {
                check_count(text, params.len())?;
            }
            self.outcome = None;
            self.gate.open_query();
            return self.send_now(text, &params);
        }
        self.query_later(text, params)
    }

    /// A query where one is open, on a connection of a pool, where it may name a file, or with a limit to its
    /// time.
    #[inline(never)]
    fn query_gated(&mut self, text: &[u8], params: Vec<Param<'_>>) -> Result<()> {
        if self.gate.has_query() {
            return Err(self.what_is_open());
        }
        self.tell_pool();
        let sent = if self.is_cancelling() || self.pending.is_some() {
            self.query_later(text, params)
        } else if self.gate.looks_at_queries() && self.can_send() {
            check_count(text, params.len())?;
            self.outcome = None;
            self.gate.open_query();
            let sent = self.submit_looked_at(text, &params);
            self.query_sent(sent)
        } else {
            self.query_past_gate(text, params)
        };
        if sent.is_ok() && self.oversight.is_some() {
            self.time_command();
        }
        sent
    }

    /// A query that cannot be sent at once.
    #[inline(never)]
    fn query_later(&mut self, text: &[u8], params: Vec<Param<'_>>) -> Result<()> {
        self.check_alive()?;
        if !params.is_empty() {
            check_count(text, params.len())?;
        }
        self.check_room(text.len() + params.iter().map(Param::bytes).sum::<usize>())?;
        let unused = self.is_unused();
        if unused {
            self.connect()?;
        }
        // An empty first query only connects.
        if !(unused && text.is_empty()) {
            let params = params.into_iter().map(Param::into_owned).collect();
            let attributes = self.take_attributes()?;
            self.send_later(Command::Query { text: text.to_vec(), params, attributes })?;
        }
        self.outcome = None;
        self.gate.open_query();
        Ok(())
    }

    /// Ends a query: what is left of its answer is dropped, what was kept of it is freed. It stays open
    /// while another result of it is announced.
    #[inline(always)]
    pub fn close_query(&mut self) {
        if self.machine.is_halfway() {
            self.close_halfway();
        } else {
            self.gate.close_query();
        }
        if self.pending.is_some() {
            self.forget_query();
        }
        self.machine.discard(&mut self.recv);
        // Buffered rows have kept it long; otherwise the end of the answer has made it short.
        if self.buffered {
            self.recv.shrink();
        }
    }

    /// Ends a query between two results, or while its file is being sent.
    #[cold]
    #[inline(never)]
    fn close_halfway(&mut self) {
        // A query stays open then; an execute has none.
        if !self.machine.has_next_result() {
            self.gate.close_query();
            self.stop_upload();
        }
    }

    /// Goes on to the next result. `End` if there is none.
    pub fn next_result(&mut self) -> Polled {
        if !self.machine.next_result(&mut self.recv) {
            return Polled::End;
        }
        self.outcome = None;
        Polled::Processing
    }

    /// Ends the loan of the current row.
    #[inline]
    pub fn next_row(&mut self) {
        self.machine.release_row(&mut self.recv);
    }

    /// Chooses whether the rows of the following queries are buffered. `false` while one is open.
    pub fn buffer_rows(&mut self, enable: bool) -> bool {
        if self.gate.has_query() {
            return false;
        }
        self.buffered = enable;
        true
    }

    /// Number of buffered rows, once the result has ended; an error in their midst leaves no result.
    pub fn row_count(&self) -> u64 {
        if !self.buffered || self.machine.is_busy() || self.outcome.is_some() {
            return 0;
        }
        self.machine.store.len() as u64
    }

    /// The next buffered row.
    pub fn buffered_step(&mut self) -> Option<&mut [Cell]> {
        self.machine.store.step()
    }

    /// Buffered row `number`, from 0.
    pub fn buffered_row(&mut self, number: u64) -> Option<&mut [Cell]> {
        self.machine.store.row(usize::try_from(number).ok()?)
    }

    /// Sends at once.
    #[inline]
    fn send_now(&mut self, text: &[u8], params: &[Param<'_>]) -> Result<()> {
        let sent = self.submit(text, params);
        self.query_sent(sent)
    }

    /// What a query says that was sent.
    #[inline(always)]
    fn query_sent(&mut self, sent: Result<()>) -> Result<()> {
        if let Err(error) = sent {
            self.gate.close_query();
            return Err(error);
        }
        self.check_sent()
    }

    /// Whether what was sent has gone, as far as is known. If the socket did not take it, the server may
    /// have said why.
    #[inline(always)]
    pub(super) fn check_sent(&mut self) -> Result<()> {
        if self.write_error.is_none() { Ok(()) } else { self.not_sent() }
    }

    #[cold]
    #[inline(never)]
    fn not_sent(&mut self) -> Result<()> {
        let turned = self.turn_again();
        self.note_failed_call();
        match turned {
            Err(error) => match *error {
                Error::Lost { cause, .. } => Err(Error::Gone(cause.to_string()).into()),
                _ => Err(error),
            },
            Ok(_) => Ok(()),
        }
    }

    #[inline(always)]
    pub(super) fn submit(&mut self, text: &[u8], params: &[Param<'_>]) -> Result<()> {
        if self.extras.is_some() && self.needs_care() {
            return self.submit_with_attributes(text, params);
        }
        self.submit_query(text, params, |_| ())
    }

    /// Sends a query, before whose text `begin` writes.
    #[inline(always)]
    pub(super) fn submit_query(
        &mut self,
        text: &[u8],
        params: &[Param<'_>],
        begin: impl FnOnce(&mut Vec<u8>),
    ) -> Result<()> {
        let no_backslash = self.machine.no_backslash_escapes();
        self.machine.submit_query(&mut self.out, self.buffered, |out| {
            begin(out);
            if params.is_empty() {
                out.extend_from_slice(text);
            } else {
                escape::fill(out, text, params, no_backslash);
            }
        })?;
        self.clock.on_read();
        self.flush_command();
        Ok(())
    }
}

/// Refuses a text with more `?` than parameters.
pub(super) fn check_count(text: &[u8], params: usize) -> Result<()> {
    let marks = escape::placeholders(text);
    if marks <= params {
        return Ok(());
    }
    let name = "parameter_count";
    let problem = format!("is {params}, but the statement has {marks} question marks");
    Err(Misuse::Argument { name, problem }.into())
}
