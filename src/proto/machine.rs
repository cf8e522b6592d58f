// SPDX-License-Identifier: Apache-2.0
//! The machine: which packet is awaited, and what its arrival means. Owns the phase, the current result
//! and its rows; never touches a socket or a clock, and copies no row.
//!
//! ```text
//! Greeting ─► (Tls) ─► Login ─► Ready ◄───────────────────────────────────────┐
//!                        │ submit                                    │ OK, ERR, end of rows
//!                        ▼                                           │
//!        ┌────────────► Header ─columns─► Columns ─► (ColumnsEnd) ─► Rows ◄─► RowLent
//!        │ next_result    │                                          │
//!        └── Between ◄────┴───── another result is announced ────────┘
//! ```
//! A prepare has a phase of its own (`Prepare`, in `stmt`), and so have commands that one packet answers
//! (`Short`, in `commands`), a change of user (`ChangeUser`, in `login::change_user`) and a file that the server
//! takes (`Upload`, in `local_file`); a statement's rows are lent in `BinaryLent`.

use crate::buf::{Cell, RecvBuf, SendBuf};
use crate::error::{Error, Misuse, Result};
use crate::limits;
use crate::proto::bounds::Bounds;
use crate::proto::commands::Answer;
use crate::proto::counts::Counts;
use crate::proto::local_file::LocalFiles;
use crate::proto::login::{Kept, Login, LoginConfig};
use crate::proto::result::ResultSet;
use crate::proto::rows::RowStore;
use crate::proto::statements::Statements;
use crate::proto::tally::Tally;
use crate::wire::bin_row::{self, Field};
use crate::wire::caps::Caps;
use crate::wire::frame::{Framer, HEADER};
use crate::wire::reply;
use crate::wire::status::Status;
use crate::wire::text_row;

/// What is awaited. Those in which the server must speak come first, and those in which a row is held
/// last: questions that every poll asks are one comparison then.
#[derive(Debug, Clone, Copy)]
pub(super) enum Phase {
    /// The server's first packet.
    Greeting,
    /// The TLS handshake, which is not the machine's.
    Tls,
    /// The rest of the login.
    Login,
    /// The first packet of an answer.
    Header,
    /// Column definitions.
    Columns {
        /// How many.
        left: u16,
    },
    /// The EOF after the columns, from servers without DEPRECATE_EOF.
    ColumnsEnd,
    /// The rest of the answer to a prepare.
    Prepare,
    /// The one packet that answers a command.
    Short(Answer),
    /// What a login says, in a change of user.
    ChangeUser,
    /// Rows, or their end.
    Rows,
    /// The program's file, or the server to give up.
    Upload,
    /// The program to ask for the next result.
    Between,
    /// A command.
    Ready,
    /// Nothing: not connected, or not any more.
    Off,
    /// The program to be done with a row.
    RowLent,
    /// The same, with the rows of a statement that it has taken together.
    BinaryBatch,
    /// The same, with a row of a statement.
    BinaryLent,
    /// The same, after the program has taken it to read its values.
    BinaryTaken,
    /// The same, for a statement handle.
    BinaryTakenByHandle,
}

/// Where rows go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sink {
    /// To the program, one at a time, in place.
    Lend,
    /// As `Lend`, rows of a statement.
    Binary,
    /// Into the row store.
    Buffer,
    /// Nowhere: the program has closed the query.
    Discard,
}

/// Which sort of row is awaited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expected {
    /// A query's.
    Text,
    /// A statement's.
    Binary,
}

/// What a look for a row has found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// A row, which is lent.
    Row,
    /// The same, but what is in it is left for `Machine::read_row`.
    Unusual,
    /// Nothing yet, or something else, which `Machine::advance` finds out: everything is as it was.
    Other,
}

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// The request for TLS is in the output: the handshake is due, then `Machine::on_tls`.
    StartTls,
    /// The login is done.
    LoggedIn,
    /// A row is held.
    Row,
    /// The answer, or one of its results, has ended.
    Done,
    /// The command ended with an error; the connection is fine.
    Failed(Box<Error>),
    /// The server takes a file: `Machine::upload` is due.
    FileWanted,
}

/// What becomes of a packet's bytes, and what it meant.
pub(super) enum Step {
    /// Read and done with.
    Taken,
    /// As `Taken`; what follows is kept.
    RowsBegin,
    /// A buffered row.
    Kept,
    /// A row for the program.
    Lent,
    /// As `Taken`, and something happened.
    Event(Event),
}

/// The protocol machine of one connection.
#[derive(Debug)]
pub struct Machine {
    pub(super) phase: Phase,
    /// What the login needs, while it is under way.
    pub(super) login: Option<Box<Login>>,
    /// What another login needs of the last one.
    pub(super) kept: Option<Box<Kept>>,
    pub(super) framer: Framer,
    pub(super) caps: Caps,
    pub(super) status: Status,
    pub(super) sink: Sink,
    /// Largest packet taken once the login is done.
    pub(super) max_packet: usize,
    /// What rows and results may take, if the program has set bounds.
    pub(super) bounds: Option<Box<Bounds>>,
    /// The most bytes of cells that a buffered result had, of those that are gone.
    pub(super) cells_peak: usize,
    pub(super) cells: Vec<Cell>,
    /// The values of a statement's row.
    pub(super) fields: Vec<Field>,
    /// What is known of local files, if the program gives any or the server has asked for one.
    pub(super) files: Option<Box<LocalFiles>>,
    /// What is counted, if somebody wants to know.
    pub(super) counts: Option<Box<Counts>>,
    /// The server takes an execute of a statement whose prepare it has not answered yet.
    pub(super) knows_last_prepared: bool,
    /// Further commands may have been sent already: nothing can be said within the current one any more.
    pub(super) piped: bool,
    /// The current command has failed, and the answer is being dropped.
    pub(super) failed_unseen: bool,
    /// What dropped answers have told, if that counts.
    pub(super) tally: Option<Box<Tally>>,
    /// The server's version text with a NUL behind it; empty before the greeting.
    pub(super) version: Vec<u8>,
    pub(super) thread_id: u32,
    /// The number of the last error that ended a command, told or not.
    pub(super) last_error: u16,
    /// That of the last statement that was added.
    pub(super) statement_serial: u32,
    /// Prepared statements, while there are any.
    pub(super) statements: Option<Box<Statements>>,
    /// The current result.
    pub result: ResultSet,
    /// The rows of a buffered result.
    pub store: RowStore,
}

impl Default for Machine {
    fn default() -> Self {
        Self {
            phase: Phase::Off,
            login: None,
            kept: None,
            framer: Framer::default(),
            caps: Caps::default(),
            status: Status::default(),
            sink: Sink::Lend,
            max_packet: limits::MAX_PACKET,
            bounds: None,
            cells_peak: 0,
            cells: Vec::new(),
            fields: Vec::new(),
            files: None,
            counts: None,
            knows_last_prepared: false,
            piped: false,
            failed_unseen: false,
            tally: None,
            version: Vec::new(),
            thread_id: 0,
            last_error: 0,
            statement_serial: 0,
            statements: None,
            result: ResultSet::default(),
            store: RowStore::default(),
        }
    }
}

impl Machine {
    /// Begins: a greeting is awaited, to log in as `config` says.
    pub fn start_login(&mut self, config: LoginConfig) {
        self.login = Some(Box::new(Login::new(config)));
        self.set_phase(Phase::Greeting);
    }

    /// Takes `start_login` back while the greeting is awaited, whatever part of it has come.
    pub fn restart(&mut self) -> Option<LoginConfig> {
        self.framer = Framer::default();
        self.set_phase(Phase::Off);
        self.login.take().map(|login| login.into_config())
    }

    /// Ends: nothing is awaited any more. What is known of the last result stays.
    pub fn stop(&mut self) {
        self.login = None;
        self.set_phase(Phase::Off);
    }

    /// Looks for the next row, if one is awaited. Whether there was one, which is lent now; if not, `advance`
    /// finds out what there is instead.
    pub fn look(&mut self, recv: &mut RecvBuf) -> bool {
        let look = match self.expects_row() {
            Some(Expected::Text) => self.take_row(recv),
            Some(Expected::Binary) => self.take_binary_row(recv),
            None => Look::Other,
        };
        match look {
            Look::Row => true,
            Look::Unusual => self.read_row(recv),
            Look::Other => false,
        }
    }

    /// Looks for the next row, where the program awaits one of a query.
    #[inline(always)]
    pub fn take_row(&mut self, recv: &mut RecvBuf) -> Look {
        let Some(row) = self.lend_row(recv, Phase::RowLent, |first| first < reply::EOF) else {
            return Look::Other;
        };
        if text_row::parse_usual(row, &mut self.cells) { Look::Row } else { Look::Unusual }
    }

    /// Lends the packet that lies in `recv`, if it is a row by its first byte. What it says is not known yet:
    /// in this order, less must be kept in mind meanwhile, in scarce registers.
    #[inline(always)]
    pub(super) fn lend_row<'a>(
        &mut self,
        recv: &'a mut RecvBuf,
        phase: Phase,
        is_row: impl FnOnce(u8) -> bool,
    ) -> Option<&'a mut [u8]> {
        let size = self.framer.size_of(recv.unparsed(), is_row)?;
        let body = recv.lend(size)?.get_mut(HEADER..)?;
        self.framer.accept();
        self.set_phase(phase);
        Some(body)
    }

    /// Reads the row that was lent, but is unusual. `false` leaves everything as it was before it was lent, for
    /// `advance` to find out what it is.
    #[inline(never)]
    pub fn read_row(&mut self, recv: &mut RecvBuf) -> bool {
        let row = recv.lent_mut().get_mut(HEADER..).unwrap_or_default();
        let is_read = match self.phase {
            Phase::RowLent => text_row::parse(row, &mut self.cells).is_ok(),
            Phase::BinaryLent => bin_row::parse(row, &mut self.fields).is_ok(),
            _ => return false,
        };
        if !is_read {
            recv.unlend();
            self.framer.refuse();
            self.set_phase(Phase::Rows);
        }
        is_read
    }

    /// Which sort of row the program awaits, if it does.
    #[inline(always)]
    pub fn expects_row(&self) -> Option<Expected> {
        match self.sink {
            Sink::Lend if matches!(self.phase, Phase::Rows) => Some(Expected::Text),
            Sink::Binary if matches!(self.phase, Phase::Rows) => Some(Expected::Binary),
            _ => None,
        }
    }

    /// Takes packets from `recv` until something happens that the program must know, or nothing
    /// complete is left. Answers that the protocol demands are put into `out`. An error is the end
    /// of the connection.
    pub fn advance(&mut self, recv: &mut RecvBuf, out: &mut SendBuf) -> Result<Option<Event>> {
        while self.wants_packet() {
            let (body, raw) = match self.framer.whole(recv.unparsed_mut()) {
                Some(body) => {
                    self.framer.accept();
                    let raw = HEADER + body.len();
                    (body, raw)
                }
                None => match self.next_slow(recv)? {
                    Some(packet) => {
                        self.count(&packet, recv);
                        (packet.body_mut(recv), packet.raw)
                    }
                    None => break,
                },
            };
            let step = self.on_packet(body, out)?;
            match step {
                Step::Taken => recv.consume(raw),
                Step::Kept => recv.consume_lent(raw),
                Step::RowsBegin => {
                    recv.consume(raw);
                    recv.hold();
                }
                Step::Lent => {
                    recv.consume_lent(raw);
                    return Ok(Some(Event::Row));
                }
                Step::Event(event) => {
                    recv.consume(raw);
                    return Ok(Some(event));
                }
            }
        }
        Ok(None)
    }

    /// Puts a query, whose statement `text` writes, into `out`. Only for a machine that `is_ready`.
    #[inline(always)]
    pub fn submit_query(
        &mut self,
        out: &mut SendBuf,
        buffered: bool,
        text: impl FnOnce(&mut Vec<u8>),
    ) -> Result<()> {
        if !self.is_ready() {
            return Err(Misuse::QueryOpen.into());
        }
        let next = self.put_query(out, text)?;
        self.framer.expect(next);
        self.sink = if buffered { Sink::Buffer } else { Sink::Lend };
        self.result.reset();
        self.set_phase(Phase::Header);
        Ok(())
    }

    /// Goes on to the next result of the command, if one is announced.
    pub fn next_result(&mut self, recv: &mut RecvBuf) -> bool {
        let announced = self.has_next_result();
        if announced {
            self.result.reset();
            self.drop_rows(recv);
            self.set_phase(Phase::Header);
        }
        announced
    }

    /// Ends the loan of the current row.
    #[inline]
    pub fn release_row(&mut self, recv: &mut RecvBuf) {
        if self.has_row() {
            recv.release();
            self.set_phase(Phase::Rows);
        }
    }

    /// Gives up what is left of the current answer: it will be read and dropped. Between results, and
    /// with nothing left, only what was kept is dropped. A prepare goes on.
    #[inline(always)]
    pub fn discard(&mut self, recv: &mut RecvBuf) {
        self.release_row(recv);
        self.drop_rows(recv);
        self.result.forget_columns();
        if self.is_busy() && !matches!(self.phase, Phase::Prepare) {
            self.drop_answer();
        }
    }

    /// Gives up whatever the current command has still to say, for the next command: further results, and
    /// how a prepare ends, too.
    #[cold]
    #[inline(never)]
    pub fn abandon(&mut self, recv: &mut RecvBuf) {
        if self.has_next_result() {
            self.set_phase(Phase::Header);
        }
        self.discard(recv);
        if self.is_busy() {
            self.drop_answer();
        }
    }

    /// The largest packet to take, in bytes.
    pub fn set_max_packet(&mut self, bytes: usize) {
        self.max_packet = bytes;
        self.allow();
    }

    /// Whether the server must speak next.
    #[inline]
    pub fn wants_packet(&self) -> bool {
        !matches!(
            self.phase,
            Phase::Off
                | Phase::Ready
                | Phase::Between
                | Phase::RowLent
                | Phase::BinaryBatch
                | Phase::BinaryLent
                | Phase::BinaryTaken
                | Phase::BinaryTakenByHandle
        )
    }

    /// Whether a command can be submitted.
    pub fn is_ready(&self) -> bool {
        matches!(self.phase, Phase::Ready)
    }

    /// Whether a row is held.
    #[inline]
    pub fn has_row(&self) -> bool {
        matches!(self.phase, Phase::RowLent | Phase::BinaryBatch) || self.lends_binary()
    }

    /// Whether another result of the command is announced and not yet asked for.
    pub fn has_next_result(&self) -> bool {
        matches!(self.phase, Phase::Between)
    }

    /// Whether it is the program's turn in the midst of a command: another result is announced, or the server
    /// takes a file.
    #[inline]
    pub fn is_halfway(&self) -> bool {
        matches!(self.phase, Phase::Upload | Phase::Between)
    }

    /// Whether the answer to a command is still arriving.
    pub fn is_busy(&self) -> bool {
        self.is_logged_in() && self.wants_packet()
    }

    /// Whether the server has to speak next, and not the program.
    pub fn owes_answer(&self) -> bool {
        self.is_busy() && !self.is_uploading()
    }

    /// Whether the current answer is being dropped, and nobody hears of its end.
    pub fn is_discarding(&self) -> bool {
        let told = self.owes_error() || self.drops_only_rows();
        self.sink == Sink::Discard && self.is_busy() && !told
    }

    /// Whether login is done.
    pub fn is_logged_in(&self) -> bool {
        !matches!(self.phase, Phase::Off | Phase::Greeting | Phase::Tls | Phase::Login)
    }

    /// Whether what is sent now would be taken for a part of a change of user.
    pub fn is_changing_user(&self) -> bool {
        matches!(self.phase, Phase::ChangeUser)
    }

    /// Whether the greeting is still awaited.
    pub fn awaits_greeting(&self) -> bool {
        matches!(self.phase, Phase::Greeting)
    }

    /// The cells of the row that is held, if it is a query's.
    #[inline]
    pub fn row(&mut self) -> Option<&mut [Cell]> {
        if matches!(self.phase, Phase::RowLent) { Some(&mut self.cells) } else { None }
    }

    /// Bytes that must have arrived before `advance` gets on.
    pub fn need(&self) -> usize {
        self.framer.need()
    }

    /// Whether `recv` holds a packet that `advance` could take.
    pub fn has_packet(&self, recv: &RecvBuf) -> bool {
        self.framer.has_piece(recv)
    }

    /// The only place where the phase changes.
    #[inline]
    pub(super) fn set_phase(&mut self, phase: Phase) {
        self.phase = phase;
    }

    /// Login is over: longer packets may come now.
    pub(super) fn end_login(&mut self) {
        self.login = None;
        self.set_phase(Phase::Ready);
        self.allow();
        if self.compression().is_some() {
            self.framer.ignore_numbers();
        }
    }

    /// Largest packet taken now.
    pub(super) fn limit(&self) -> usize {
        if self.is_logged_in() { self.max_packet } else { limits::MAX_LOGIN_PACKET }
    }

    fn drop_rows(&mut self, recv: &mut RecvBuf) {
        if self.store.in_use() {
            self.cells_peak = self.cells_peak.max(self.store.cell_bytes());
            self.store.start(0);
            recv.end_hold();
        }
    }
}
