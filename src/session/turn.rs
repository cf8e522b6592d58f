// SPDX-License-Identifier: Apache-2.0
//! One turn of I/O of an open connection: hand over what is buffered, send, receive, until something
//! happens, nothing moves, or the budget is spent. No protocol.
//!
//! While output cannot be sent, input is still taken, or both sides could wait for each other for ever.
//! After a failed write the server's last words are read before the failure counts.

use std::io;

use crate::error::{ConnectPhase, Error, IoCause, Result};
use crate::limits::{DROPPED_ANSWER, FILL_BUDGET, FLUSH_BUDGET};
use crate::proto::machine::Event;
use crate::session::connection::{Connection, Link, Polled};

impl Connection {
    /// Does what can be done without waiting.
    #[inline(always)]
    pub(super) fn turn(&mut self) -> Result<Polled> {
        if !matches!(self.link, Link::Open(_))
            && let Some(polled) = self.advance_link()?
        {
            return Ok(polled);
        }
        // The usual turns: one read brings a row; the end of the answer lies in the buffer.
        let event = if self.recv.has_unparsed() {
            self.machine.advance(&mut self.recv, &mut self.out)
        } else if self.machine.wants_packet() {
            match self.exchange() {
                Ok(Moved::Received(_)) => self.machine.advance(&mut self.recv, &mut self.out),
                Ok(Moved::Nothing) => return self.still(self.waiting()),
                Err(error) => return self.give_up(error),
            }
        } else {
            Ok(None)
        };
        match event {
            Ok(Some(Event::Row)) => Ok(Polled::RowReady),
            Ok(Some(Event::Done)) if self.pending.is_none() => self.at_rest(),
            other => self.turn_on(other),
        }
    }

    /// The rest of a turn.
    #[inline(never)]
    fn turn_on(&mut self, mut event: Result<Option<Event>>) -> Result<Polled> {
        let mut budget = FILL_BUDGET;
        loop {
            match event {
                Ok(None) => {}
                Ok(Some(Event::Row)) => return Ok(Polled::RowReady),
                Ok(Some(Event::Done)) => {}
                Ok(Some(Event::StartTls)) => {
                    if let Err(error) = self.start_tls() {
                        return Err(self.fail(error));
                    }
                }
                Ok(Some(Event::LoggedIn)) => self.on_logged_in(),
                Ok(Some(Event::Failed(error))) => self.outcome = Some(error),
                Ok(Some(Event::FileWanted)) => return self.begin_upload(),
                Err(error) => return self.give_up(error),
            }
            if !self.machine.wants_packet() {
                if self.machine.has_row() {
                    return Ok(Polled::RowReady);
                }
                if !self.machine.is_ready() || !self.submit_pending() {
                    return self.end_turn();
                }
                // Of commands that went together, the next answer may be here.
                if self.pipeline.is_some() && self.recv.has_unparsed() {
                    budget = budget.saturating_sub(DROPPED_ANSWER);
                    if budget == 0 {
                        return Ok(self.waiting());
                    }
                    event = self.machine.advance(&mut self.recv, &mut self.out);
                    continue;
                }
            }
            let moved = match self.exchange_again() {
                Ok(moved) => moved,
                Err(error) => return self.give_up(error),
            };
            if moved == Moved::Nothing {
                return self.still(self.waiting());
            }
            event = self.machine.advance(&mut self.recv, &mut self.out);
            if let Moved::Received(n) = moved {
                budget = budget.saturating_sub(n);
            }
            if budget == 0 && matches!(event, Ok(None)) && self.machine.wants_packet() {
                return Ok(self.waiting());
            }
        }
    }

    /// As `turn`, for the rare callers.
    #[inline(never)]
    pub(super) fn turn_again(&mut self) -> Result<Polled> {
        self.turn()
    }

    /// Nothing is awaited: the answer has ended, or none was.
    #[inline(always)]
    fn at_rest(&mut self) -> Result<Polled> {
        self.recv.shrink();
        if self.layers.is_some() {
            self.shrink_layers();
        }
        match &self.outcome {
            Some(error) => Err(error.clone()),
            None => Ok(Polled::End),
        }
    }

    /// As `at_rest`, but commands without an answer must have gone before.
    fn end_turn(&mut self) -> Result<Polled> {
        let piped = self.pipeline_runs();
        if (self.outcome.is_none() || piped) && self.machine.is_ready() && self.has_output() {
            self.flush_again();
            // The server may not take the next commands of a pipeline before this answer is taken.
            if self.has_output() && !piped {
                return self.still(Polled::Processing);
            }
        }
        self.at_rest()
    }

    fn waiting(&self) -> Polled {
        if self.machine.is_logged_in() { Polled::Processing } else { Polled::Connecting }
    }

    /// Sends a command, which `out` consists of unless an earlier one is stuck.
    #[inline(always)]
    pub(super) fn flush_command(&mut self) {
        match self.layers {
            None => self.flush(),
            Some(_) => self.flush_command_through(),
        }
    }

    /// Sends what is to be sent, as far as the socket takes it and the budget goes. An error is only
    /// remembered.
    #[inline(always)]
    pub(super) fn flush(&mut self) {
        let Link::Open(stream) = &self.link else {
            return;
        };
        if self.layers.is_some() {
            self.flush_layers();
            return;
        }
        if self.out.is_empty() || self.write_error.is_some() {
            return;
        }
        // The usual command is short and goes at once.
        let bytes = self.out.pending();
        let whole = bytes.len();
        let sent = stream.send(bytes.get(..FLUSH_BUDGET).unwrap_or(bytes));
        if matches!(sent, Ok(n) if n == whole) {
            self.out.clear();
            self.clock.on_write();
            self.writable = true;
            return;
        }
        self.flush_on(sent);
    }

    /// The rest of a flush, after the first step.
    #[inline(never)]
    fn flush_on(&mut self, mut sent: io::Result<usize>) {
        let mut budget = FLUSH_BUDGET;
        loop {
            match sent {
                Ok(n) => {
                    self.out.advance(n);
                    self.clock.on_write();
                    self.writable = true;
                    budget = budget.saturating_sub(n);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.writable = false;
                    return;
                }
                Err(error) => {
                    self.write_error = Some(error.into());
                    self.note_unsent();
                    self.out.clear();
                }
            }
            let Link::Open(stream) = &self.link else {
                return;
            };
            if self.out.is_empty() || self.write_error.is_some() || budget == 0 {
                return;
            }
            let bytes = self.out.pending();
            sent = stream.send(bytes.get(..budget).unwrap_or(bytes));
        }
    }

    #[cold]
    #[inline(never)]
    fn flush_again(&mut self) {
        self.flush();
        if self.pipeline.is_some() {
            self.refill();
        }
    }

    #[inline(never)]
    pub(super) fn exchange_again(&mut self) -> Result<Moved> {
        self.exchange()
    }

    /// One step of output and one of input.
    #[inline(always)]
    fn exchange(&mut self) -> Result<Moved> {
        if !self.out.is_empty() {
            self.flush_again();
        }
        if self.layers.is_some() {
            return self.exchange_layers();
        }
        match self.recv.make_room(self.machine.need()) {
            Ok(None) => {}
            made => self.find_room(made)?,
        }
        let Link::Open(stream) = &mut self.link else {
            return Ok(Moved::Nothing);
        };
        let space = self.recv.spare();
        let size = space.len();
        let result = stream.recv(space);
        let moved = self.received(result, size)?;
        if let Moved::Received(n) = moved {
            self.recv.commit(n);
        }
        Ok(moved)
    }

    /// What a read from the socket into `size` bytes of space means.
    #[inline(always)]
    pub(super) fn received(&mut self, result: io::Result<usize>, size: usize) -> Result<Moved> {
        match result {
            Ok(0) => Err(self.lost(IoCause::closed())),
            Ok(n) => {
                self.clock.on_read();
                if self.machine.awaits_greeting() {
                    self.clock.enter(ConnectPhase::Login);
                }
                // A short read has emptied the socket, and the next byte brings an edge; not so on
                // Windows, and not when the end of the stream is already known to follow.
                self.readable = n == size || self.peer_closed || !cfg!(unix);
                Ok(Moved::Received(n))
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                self.readable = false;
                match self.write_error.take() {
                    // All that the server had to say is read.
                    Some(cause) => Err(self.lost(cause)),
                    None => Ok(Moved::Nothing),
                }
            }
            Err(error) => Err(self.lost(error.into())),
        }
    }

    /// The end of the stream. The first failed write tells more than the end that followed it.
    #[cold]
    #[inline(never)]
    pub(super) fn lost(&mut self, cause: IoCause) -> Box<Error> {
        if let Some(error) = self.layers.as_mut().and_then(|layers| layers.error.take()) {
            return error;
        }
        let cause = self.write_error.take().unwrap_or(cause);
        let during = if self.machine.awaits_greeting() {
            "waiting for its greeting"
        } else if self.machine.is_logged_in() {
            "waiting for an answer"
        } else {
            "logging in"
        };
        Box::new(Error::Lost { during, cause })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Moved {
    /// Nothing came.
    Nothing,
    /// So many bytes came, or something else got on.
    Received(usize),
}
