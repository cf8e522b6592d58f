// SPDX-License-Identifier: Apache-2.0
//! Queries: when one is sent, remembered or refused, when it ends, and its buffered rows.

use crate::buf::Cell;
use crate::error::{Error, Misuse, Result};
use crate::proto::escape::{self, Param};
use crate::session::connection::{Connection, Link, Polled};

/// A query that waits until the connection is ready for it.
#[derive(Debug)]
pub(super) struct Pending {
    text: Vec<u8>,
    params: Vec<Param<'static>>,
}

impl Connection {
    /// Sends a query, or remembers it until the connection is ready; begins to connect if need be.
    /// With parameters, each `?` in `text` is replaced by the next one.
    #[inline]
    pub fn query(&mut self, text: &[u8], params: Vec<Param<'_>>) -> Result<()> {
        if self.in_query {
            return Err(Misuse::QueryOpen.into());
        }
        if matches!(self.link, Link::Open(_)) && self.machine.is_ready() {
            if !params.is_empty() {
                check_count(text, params.len())?;
            }
            self.outcome = None;
            self.in_query = true;
            return self.send_now(text, &params);
        }
        self.query_later(text, params)
    }

    /// A query that cannot be sent at once.
    #[inline(never)]
    fn query_later(&mut self, text: &[u8], params: Vec<Param<'_>>) -> Result<()> {
        if let Some(cause) = self.failure() {
            return Err(Error::Gone(cause.to_string()).into());
        }
        if !params.is_empty() {
            check_count(text, params.len())?;
        }
        let unused = matches!(self.link, Link::Unused);
        if unused {
            self.connect()?;
        }
        self.outcome = None;
        self.in_query = true;
        // An empty first query only connects.
        if !(unused && text.is_empty()) {
            let params = params.into_iter().map(Param::into_owned).collect();
            self.pending = Some(Pending { text: text.to_vec(), params });
        }
        Ok(())
    }

    /// Ends a query: what is left of its answer is dropped, what was kept of it is freed. It stays open
    /// while another result of it is announced.
    #[inline]
    pub fn close_query(&mut self) {
        self.in_query = self.machine.has_next_result();
        if self.pending.is_some() {
            self.pending = None;
        }
        self.machine.discard(&mut self.recv);
        // Buffered rows have kept it long; otherwise the end of the answer has made it short.
        if self.buffered {
            self.recv.shrink();
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
        if self.in_query {
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

    /// Sends the remembered query, if there is one. Whether there was.
    #[inline]
    pub(super) fn submit_pending(&mut self) -> bool {
        self.pending.is_some() && self.submit_remembered()
    }

    #[cold]
    #[inline(never)]
    fn submit_remembered(&mut self) -> bool {
        let Some(Pending { text, params }) = self.pending.take() else {
            return false;
        };
        match self.submit(&text, &params) {
            Ok(()) => true,
            Err(error) => {
                self.outcome = Some(error);
                false
            }
        }
    }

    /// Sends at once. If the socket does not take it, the server may have said why.
    #[inline]
    fn send_now(&mut self, text: &[u8], params: &[Param<'_>]) -> Result<()> {
        if let Err(error) = self.submit(text, params) {
            self.in_query = false;
            return Err(error);
        }
        if self.write_error.is_none() {
            return Ok(());
        }
        match self.turn_again() {
            Err(error) => match *error {
                Error::Lost { cause, .. } => Err(Error::Gone(cause.to_string()).into()),
                _ => Err(error),
            },
            Ok(_) => Ok(()),
        }
    }

    #[inline(always)]
    fn submit(&mut self, text: &[u8], params: &[Param<'_>]) -> Result<()> {
        let no_backslash = self.machine.no_backslash_escapes();
        self.machine.submit_query(&mut self.out, self.buffered, |out| {
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
fn check_count(text: &[u8], params: usize) -> Result<()> {
    let marks = escape::placeholders(text);
    if marks <= params {
        return Ok(());
    }
    let name = "parameter_count";
    let problem = format!("is {params}, but the statement has {marks} question marks");
    Err(Misuse::Argument { name, problem }.into())
}
