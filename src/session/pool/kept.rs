// SPDX-License-Identifier: Apache-2.0
//! A connection that its pool has made, between one query and the next: whether it is free, what a query has
//! left on it, and whether it is still there.

use std::io;
use std::time::Duration;

use crate::error::{Error, IoCause, Result};
use crate::session::connection::{Connection, Link, Polled};
use crate::session::query::check_count;
use crate::session::turn::Moved;
use crate::wire::frame::HEADER;
use crate::wire::reply;

/// Errors with which servers say goodbye, whatever they are asked: ER_SERVER_SHUTDOWN, MariaDB's
/// ER_CONNECTION_KILLED, MySQL's ER_SESSION_WAS_KILLED and ER_CLIENT_INTERACTION_TIMEOUT.
const GOODBYES: [i32; 4] = [1053, 1927, 3169, 4031];

impl Connection {
    /// Its pool has made it.
    pub fn set_kept(&mut self) {
        if let Some(member) = &mut self.member {
            member.kept = true;
        }
    }

    /// Whether its pool has made it, also after it has failed.
    pub fn is_kept(&self) -> bool {
        self.member.as_ref().is_some_and(|member| member.kept)
    }

    /// Whether it is free for a command, and nothing is left to be sent or read. A cancel that is not settled is
    /// in the way of both.
    pub fn is_free(&self) -> bool {
        matches!(self.link, Link::Open(_))
            && self.machine.is_ready()
            && self.pending.is_none()
            && !self.is_cancelling()
    }

    /// Whether whoever has it is at something: an answer is awaited, or a row is held.
    pub fn is_occupied(&self) -> bool {
        self.machine.has_row() || self.awaits_answer()
    }

    /// Whether the last command has left what the next user must not find: a transaction, or a server
    /// that has said goodbye.
    pub fn is_spoilt(&self, resets: bool) -> bool {
        let last = self.outcome.as_ref().map_or(0, |error| error.code());
        (!resets && self.machine.in_transaction()) || GOODBYES.contains(&last)
    }

    /// Puts away what a query has left: the rest of its answer, its rows and its error. `is_free` then says
    /// whether that is done.
    pub fn tidy(&mut self, buffered: bool) {
        self.tell_pool();
        self.close_query();
        self.machine.abandon(&mut self.recv);
        self.gate.close_query();
        self.outcome = None;
        self.buffered = buffered;
    }

    /// Whether a query can be sent on it: it is free, and the server is not seen to have left. `certain`
    /// has the socket asked even if no event has told of anything.
    pub fn is_there(&mut self, certain: bool) -> bool {
        if self.is_free() && (certain || self.readable) && self.probe().is_err() {
            self.tell_pool();
        }
        self.is_free()
    }

    /// After a turn in which nothing was awaited: sees whether what has come is the end.
    pub(super) fn check_idle(&mut self, polled: Result<Polled>) -> Result<Polled> {
        if !(self.is_kept() && self.readable && polled.is_ok() && self.is_free()) {
            return polled;
        }
        let polled = self.probe().and(polled);
        if self.trace.is_some() {
            // The turn is over that would have told.
            self.trace_turn(&polled);
        }
        polled
    }

    /// Reads what has come unasked. The end, and whatever is not of a layer's own making, ends the
    /// connection.
    fn probe(&mut self) -> Result<()> {
        match self.exchange_again() {
            Ok(Moved::Received(_)) if self.recv.has_unparsed() => {
                // A server that leaves says why: number 0 after a packet's header.
                let body = self.recv.unparsed().get(HEADER..).unwrap_or_default();
                let said =
                    reply::parse_err(body).ok().filter(|_| body.first() == Some(&reply::ERR));
                let error = match said {
                    Some(error) => Error::Server(Box::new(error)),
                    None => unasked(),
                };
                Err(self.fail(error))
            }
            Ok(_) => Ok(()),
            Err(error) => Err(self.fail(error)),
        }
    }

    /// It has not answered the pool within `limit`.
    pub fn give_up_on(&mut self, limit: Duration) {
        let cause = format!("no answer for {} ms", limit.as_millis());
        let cause = io::Error::new(io::ErrorKind::TimedOut, cause).into();
        self.fail(Error::Lost { during: "answering the ping of its pool", cause });
        self.tell_pool();
    }

    /// Refuses what `query` would refuse at once.
    pub fn check_query(text: &[u8], params: usize) -> Result<()> {
        if params == 0 { Ok(()) } else { check_count(text, params) }
    }
}

fn unasked() -> Error {
    let cause =
        std::io::Error::new(std::io::ErrorKind::InvalidData, "it sent what nobody asked for");
    Error::Lost { during: "idle", cause: IoCause::from(cause) }
}
