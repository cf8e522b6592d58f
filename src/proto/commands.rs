// SPDX-License-Identifier: Apache-2.0
//! The machine's part in the short commands: ping, reset, change schema, statistics, several statements on
//! and off, kill. Each is answered by one packet. Which command may be sent when is the session's business;
//! a change of user, which is a login, is in `login::change_user`.

use crate::buf::SendBuf;
use crate::error::{Misuse, ProtocolError, Result};
use crate::proto::machine::{Event, Machine, Phase, Sink, Step};
use crate::wire::command;
use crate::wire::execute::put_query_attributes;
use crate::wire::reply::{self, EofPacket, OkPacket};

/// The server's number for a command that it was told to end.
pub const INTERRUPTED: u16 = 1317;

/// A command that one packet answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Short {
    /// Whether the server is there.
    Ping,
    /// Makes the session new, as far as the login is not concerned.
    Reset,
    /// The default schema.
    Schema(Vec<u8>),
    /// The server's state as a line of text.
    Statistics,
    /// Whether a query may consist of several statements.
    MultiStatements(bool),
    /// Ends the command of a connection, or the connection.
    Kill {
        /// The server's number for it.
        id: u64,
        /// Only what it is doing.
        query: bool,
    },
}

/// What the packet that answers is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// OK, or an EOF packet.
    Ok,
    /// OK, and the session is a new one.
    Renewed,
    /// A text, without anything before it.
    Text,
    /// OK or an error, which is for nobody; where the answer before it went to.
    Absorbed(Sink),
}

impl Short {
    /// Its number in the protocol.
    pub fn code(&self) -> u8 {
        match self {
            Self::Ping => command::COM_PING,
            Self::Reset => command::COM_RESET_CONNECTION,
            Self::Schema(_) => command::COM_INIT_DB,
            Self::Statistics => command::COM_STATISTICS,
            Self::MultiStatements(_) => command::COM_SET_OPTION,
            // COM_PROCESS_KILL is gone from MySQL 8.4 on, and knows connections only.
            Self::Kill { .. } => command::COM_QUERY,
        }
    }

    fn answer(&self) -> Answer {
        match self {
            Self::Reset => Answer::Renewed,
            Self::Statistics => Answer::Text,
            _ => Answer::Ok,
        }
    }

    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Ping | Self::Reset | Self::Statistics => {}
            Self::Schema(name) => out.extend_from_slice(name),
            // 0 is on: MYSQL_OPTION_MULTI_STATEMENTS_ON.
            Self::MultiStatements(on) => out.extend_from_slice(&u16::from(!on).to_le_bytes()),
            Self::Kill { id, query } => {
                let what = if *query { "QUERY" } else { "CONNECTION" };
                out.extend_from_slice(format!("KILL {what} {id}").as_bytes());
            }
        }
    }
}

impl Machine {
    /// Puts `short` into `out`. Only for a machine that `is_ready`. With `silent`, the answer is read and
    /// nobody is told.
    pub fn submit_short(&mut self, out: &mut SendBuf, short: &Short, silent: bool) -> Result<()> {
        if !self.is_ready() {
            return Err(Misuse::QueryOpen.into());
        }
        let named = short.code() == command::COM_QUERY && self.has_attributes();
        let next = out.command(short.code(), |payload| {
            if named {
                put_query_attributes(payload, &[]);
            }
            short.put(payload);
        });
        self.begin_command(next, silent);
        self.set_phase(Phase::Short(short.answer()));
        Ok(())
    }

    /// Puts a statement into `out` that does nothing but end, for what the server may still have in store for
    /// the one before it. What is known of that one's answer stays. Only for a machine that `is_ready`.
    pub fn submit_absorber(&mut self, out: &mut SendBuf) {
        let named = self.has_attributes();
        let next = out.command(command::COM_QUERY, |payload| {
            if named {
                put_query_attributes(payload, &[]);
            }
            payload.extend_from_slice(b"DO 0");
        });
        self.framer.expect(next);
        self.set_phase(Phase::Short(Answer::Absorbed(self.sink)));
        self.sink = Sink::Discard;
    }

    /// The number of the last error that ended a command since `forget_error`; 0 if none did.
    pub fn last_error(&self) -> u16 {
        self.last_error
    }

    /// A command has ended with an error. One that was interrupted stays the last, whatever comes of it for what
    /// was sent along with the command.
    pub(super) fn note_error(&mut self, code: u16) {
        if self.last_error != INTERRUPTED {
            self.last_error = code;
        }
    }

    /// See `last_error`.
    pub fn forget_error(&mut self) {
        self.last_error = 0;
    }

    /// What every command begins with; its first answer will be numbered `next`.
    pub(super) fn begin_command(&mut self, next: u8, silent: bool) {
        self.framer.expect(next);
        self.sink = if silent { Sink::Discard } else { Sink::Lend };
        self.result.reset();
    }

    /// The packet that answers a short command.
    #[cold]
    #[inline(never)]
    pub(super) fn on_short(&mut self, body: &[u8], answer: Answer) -> Result<Step> {
        let told = self.sink != Sink::Discard;
        if let Answer::Absorbed(sink) = answer {
            return self.on_absorbed(body, sink);
        }
        match body.first() {
            Some(&reply::ERR) => return self.on_error(body),
            Some(_) if answer == Answer::Text => {
                if told {
                    self.result.set_info(body);
                }
            }
            // The answer to COM_SET_OPTION, without DEPRECATE_EOF.
            Some(&reply::EOF) if body.len() <= 5 => self.status = EofPacket::parse(body)?.status,
            Some(&(reply::OK | reply::EOF)) => {
                let ok = OkPacket::parse(body)?;
                self.status = ok.status;
                self.take_ok(&ok)?;
            }
            first => {
                let (expected, got) = ("the answer to a command", first.copied());
                let got = got.unwrap_or_default();
                return Err(ProtocolError::Unexpected { expected, got }.into());
            }
        }
        if answer == Answer::Renewed {
            self.lose_statements("attachsql_connect_reset");
        }
        self.set_phase(Phase::Ready);
        Ok(if told { Step::Event(Event::Done) } else { Step::Taken })
    }

    /// The answer to `submit_absorber`.
    fn on_absorbed(&mut self, body: &[u8], sink: Sink) -> Result<Step> {
        match body.first() {
            Some(&reply::ERR) => {}
            Some(&reply::OK) => self.status = OkPacket::parse(body)?.status,
            first => {
                let (expected, got) = ("the answer to DO", first.copied().unwrap_or_default());
                return Err(ProtocolError::Unexpected { expected, got }.into());
            }
        }
        self.sink = sink;
        self.set_phase(Phase::Ready);
        Ok(Step::Taken)
    }

    /// The server has closed all prepared statements.
    pub(super) fn lose_statements(&mut self, by: &'static str) {
        if let Some(all) = &mut self.statements {
            all.lose(by);
        }
    }
}
