// SPDX-License-Identifier: Apache-2.0
//! The machine's answers: what each packet after a command means, from the header to the end of the
//! rows. Moves the machine's phase; consumes nothing, `Machine::advance` does.

use crate::buf::SendBuf;
use crate::error::{Error, PipelineError, ProtocolError, Result};
use crate::proto::machine::{Event, Machine, Phase, Sink, Step};
use crate::proto::result::column_count;
use crate::wire::caps::Caps;
use crate::wire::cursor::Cursor;
use crate::wire::reply::{self, EofPacket, OkPacket};
use crate::wire::text_row;

/// Cells whose memory is kept between results.
const IDLE_CELLS: usize = 32;

impl Machine {
    #[inline]
    pub(super) fn on_packet(&mut self, body: &mut [u8], out: &mut SendBuf) -> Result<Step> {
        match self.phase {
            Phase::Rows => self.on_row(body),
            Phase::Header => self.on_header(body, out),
            // The server may give up while it describes the columns too.
            Phase::Columns { .. } | Phase::ColumnsEnd if body.first() == Some(&reply::ERR) => {
                self.on_error(body)
            }
            Phase::Columns { left } => self.on_column(body, left),
            Phase::Prepare => self.on_prepare(body),
            Phase::Short(answer) => self.on_short(body, answer),
            Phase::Upload => self.on_upload_packet(body, out),
            Phase::ColumnsEnd => {
                let eof = eof(body, "the end of the columns")?;
                self.status = eof.status;
                Ok(self.columns_ended(eof.warnings))
            }
            _ => Ok(self.on_login_packet(body, out)?.map_or(Step::Taken, Step::Event)),
        }
    }

    #[inline]
    fn on_row(&mut self, body: &mut [u8]) -> Result<Step> {
        if body.first().is_none_or(|&first| first >= reply::EOF) {
            if body.first() == Some(&reply::ERR) {
                return self.on_error(body);
            }
            if reply::ends_rows(body, self.caps.has(Caps::DEPRECATE_EOF)) {
                return self.on_rows_end(body);
            }
        }
        match self.sink {
            Sink::Lend => {
                text_row::parse(body, &mut self.cells)?;
                self.set_phase(Phase::RowLent);
                Ok(Step::Lent)
            }
            Sink::Binary => self.on_binary_row(body),
            Sink::Buffer => {
                let Some(cells) = self.store.next_row() else {
                    return Ok(self.no_room_for_cells());
                };
                text_row::parse(body, cells)?;
                self.store.accept();
                Ok(Step::Kept)
            }
            Sink::Discard => Ok(Step::Taken),
        }
    }

    fn on_header(&mut self, body: &[u8], out: &mut SendBuf) -> Result<Step> {
        match body.first() {
            Some(&reply::OK) => {
                let ok = OkPacket::parse(body)?;
                self.status = ok.status;
                self.take_ok(&ok)?;
                Ok(self.on_end())
            }
            Some(&reply::ERR) => self.on_error(body),
            Some(&reply::LOCAL_FILE) if self.piped => Err(file_in_pipeline(body)),
            Some(&reply::LOCAL_FILE) => self.on_file_request(body, out),
            _ => {
                let mut cursor = Cursor::new("result header", body);
                let left = column_count(cursor.lenenc()?)?;
                if self.caps.has(Caps::CACHE_METADATA) && cursor.u8()? == 0 {
                    return self.on_known_columns(left);
                }
                self.set_phase(Phase::Columns { left });
                Ok(Step::Taken)
            }
        }
    }

    fn on_column(&mut self, body: &[u8], left: u16) -> Result<Step> {
        match self.sink {
            Sink::Binary => self.push_known(body)?,
            Sink::Discard => self.push_dropped(body)?,
            _ => self.result.columns.push(body)?,
        }
        if left > 1 {
            self.set_phase(Phase::Columns { left: left - 1 });
            return Ok(Step::Taken);
        }
        Ok(self.columns_end())
    }

    /// The columns are complete.
    fn columns_end(&mut self) -> Step {
        match self.sink {
            Sink::Lend => {
                let count = self.result.end_columns();
                if self.cells.len() != count {
                    self.make_cells(count);
                }
            }
            Sink::Binary | Sink::Discard => self.end_binary_columns(),
            Sink::Buffer => self.store.start(self.result.end_columns()),
        }
        self.after_columns()
    }

    /// What follows the columns, also where they are left out.
    #[inline]
    pub(super) fn after_columns(&mut self) -> Step {
        if self.caps.has(Caps::DEPRECATE_EOF) {
            return self.rows_begin();
        }
        self.set_phase(Phase::ColumnsEnd);
        Step::Taken
    }

    #[inline(never)]
    fn make_cells(&mut self, count: usize) {
        self.cells.clear();
        self.cells.shrink_to(IDLE_CELLS);
        self.cells.resize(count, text_row::null_cell());
    }

    /// The EOF behind the columns has come. In this style a statement with a cursor sends nothing more.
    fn columns_ended(&mut self, warnings: u16) -> Step {
        self.note_out_params();
        if !self.note_cursor() {
            return self.rows_begin();
        }
        if self.sink != Sink::Discard {
            self.result.warnings = warnings;
        }
        self.on_end()
    }

    fn rows_begin(&mut self) -> Step {
        self.set_phase(Phase::Rows);
        if self.piped {
            self.drop_rows_of_closed();
        }
        if self.sink == Sink::Buffer { Step::RowsBegin } else { Step::Taken }
    }

    fn on_rows_end(&mut self, body: &[u8]) -> Result<Step> {
        let (status, warnings) = if self.caps.has(Caps::DEPRECATE_EOF) {
            reply::end_of_rows(body)?
        } else {
            let eof = EofPacket::parse(body)?;
            (eof.status, eof.warnings)
        };
        self.status = status;
        if matches!(self.sink, Sink::Binary | Sink::Discard) {
            self.end_out_params();
            self.note_cursor();
        }
        if self.sink != Sink::Discard {
            self.result.warnings = warnings;
        }
        if !status.is_plain_end() {
            self.on_special_end(body)?;
        }
        Ok(self.on_end())
    }

    /// The end of rows tells more than that.
    #[cold]
    #[inline(never)]
    fn on_special_end(&mut self, body: &[u8]) -> Result<()> {
        if self.tells_changes() && self.caps.has(Caps::DEPRECATE_EOF) {
            self.result.on_changes(OkPacket::parse(body)?.rest)?;
        }
        Ok(())
    }

    /// Takes what an OK packet says. An answer that is dropped changes nothing of what the program sees.
    pub(super) fn take_ok(&mut self, ok: &OkPacket<'_>) -> Result<()> {
        if self.sink != Sink::Discard {
            self.result.on_ok(ok);
            if self.tells_changes() {
                self.result.on_changes(ok.rest)?;
            }
        } else if let Some(tally) = &mut self.tally {
            tally.on_ok(ok);
        }
        Ok(())
    }

    /// Whether the packet whose status was just taken tells the program what has changed in the session.
    pub(super) fn tells_changes(&self) -> bool {
        self.status.session_changed()
            && self.caps.has(Caps::SESSION_TRACK)
            && self.sink != Sink::Discard
    }

    /// A result has ended, or an answer without rows has come.
    fn on_end(&mut self) -> Step {
        let discarded = self.sink == Sink::Discard;
        if self.status.more_results() {
            self.set_phase(if discarded { Phase::Header } else { Phase::Between });
        } else {
            self.set_phase(Phase::Ready);
        }
        if self.files.is_some()
            && let Some(error) = self.end_files()
            && !discarded
        {
            return Step::Event(Event::Failed(error));
        }
        match (discarded, self.is_ready()) {
            (false, _) => Step::Event(Event::Done),
            (true, true) => self.end_dropped(),
            (true, false) => Step::Taken,
        }
    }

    /// The command ends with an error. No further result follows, and the status stays as it was.
    #[cold]
    #[inline(never)]
    pub(super) fn on_error(&mut self, body: &[u8]) -> Result<Step> {
        let error = reply::parse_err(body)?;
        self.note_error(error.code);
        self.count_error(&error);
        self.end_cursor(error.code);
        self.set_phase(Phase::Ready);
        let ours = self.end_files();
        if self.sink == Sink::Discard && !self.take_only_rows() {
            self.failed_unseen = true;
            if let Some(tally) = &mut self.tally {
                tally.on_error(Error::Server(Box::new(error)).into());
            }
            return Ok(self.end_dropped());
        }
        self.result.on_error();
        // What the program must know of its file came first. A server whose request was simply not allowed
        // has something better to say.
        let ours = ours.filter(|error| !matches!(**error, Error::LocalFile(_)));
        let error = ours.unwrap_or_else(|| Error::Server(Box::new(error)).into());
        Ok(Step::Event(Event::Failed(error)))
    }
}

/// The server waits for a file where other commands are on their way to it, so that nothing can be answered.
#[cold]
fn file_in_pipeline(body: &[u8]) -> Box<Error> {
    let name = String::from_utf8_lossy(body.get(1..).unwrap_or_default());
    PipelineError::LocalFile(name.chars().take(128).collect()).into()
}

pub(super) fn eof(body: &[u8], expected: &'static str) -> Result<EofPacket, ProtocolError> {
    match body.first() {
        Some(&reply::EOF) if body.len() <= 5 => EofPacket::parse(body),
        first => {
            Err(ProtocolError::Unexpected { expected, got: first.copied().unwrap_or_default() })
        }
    }
}
