// SPDX-License-Identifier: Apache-2.0
//! LOAD DATA LOCAL on a connection: which query may name a file, and the polls in which a file is sent. Each
//! piece goes before the next one is asked for, so that a slow network holds the program's function up and not
//! the memory; a poll sends about 1 MiB.
//!
//! What makes the next poll due is told as always: bytes that are stuck wait for the socket; a poll that leaves
//! none, and could ask for more of the file, leaves `readable` set; a function that said "later" is asked again after a while; one that
//! suspended itself is asked when the program says so. The server may speak at any time, and is heard.

use std::borrow::Cow;

use crate::error::Result;
use crate::limits::FLUSH_BUDGET;
use crate::proto::escape::{self, Param};
use crate::proto::infile;
use crate::proto::local_file::{FileSource, Uploaded};
use crate::session::connection::{Connection, Polled};
use crate::wire::caps::Caps;
use crate::wire::command::COM_QUERY;

impl Connection {
    /// Where local files come from. Without a source, the server is told that there are none.
    pub fn set_file_source(&mut self, source: Option<FileSource>) -> Result<()> {
        self.must_be_unused("a function for local files")?;
        let others = Caps(self.config.wanted.0 & !Caps::LOCAL_FILES.0);
        let wanted = if source.is_some() { Caps::LOCAL_FILES } else { Caps::default() };
        self.config.wanted = others.with(wanted);
        self.gate.set_files(source.is_some());
        self.machine.set_file_source(source);
        Ok(())
    }

    /// The program has more of the file, or has failed: its function is to be called. Whether a file is being
    /// sent.
    pub fn resume_upload(&mut self) -> bool {
        let uploading = self.machine.is_uploading();
        if uploading {
            self.machine.resume_upload();
            self.poll_soon();
        }
        uploading
    }

    /// The program has closed the query whose file is being sent: the server must hear of the file's end.
    pub(super) fn stop_upload(&mut self) {
        self.machine.resume_upload();
        self.poll_soon();
    }

    /// The server has asked for the file: the next poll begins.
    #[cold]
    #[inline(never)]
    pub(super) fn begin_upload(&mut self) -> Result<Polled> {
        self.detour = true;
        self.poll_soon();
        Ok(Polled::Processing)
    }

    /// A poll while the server takes a file.
    #[cold]
    pub(super) fn upload(&mut self) -> Result<Polled> {
        let mut budget = FLUSH_BUDGET;
        while self.machine.is_uploading() && self.write_error.is_none() && budget > 0 {
            if self.has_output() {
                self.flush();
                if self.has_output() {
                    break;
                }
            }
            match self.machine.upload(&mut self.out) {
                Uploaded::Piece(size) => budget = budget.saturating_sub(size),
                Uploaded::Ended | Uploaded::Waits => break,
            }
        }
        let polled = self.turn_again();
        // The server may have given up, and is told the file's end all the same.
        if !self.machine.is_uploading() && polled.is_err() && self.has_output() {
            self.flush();
        }
        self.note_question();
        // The socket may have taken in the turn what it did not take before: no event will tell of it then.
        if self.machine.is_uploading() && !self.machine.upload_waits() && !self.has_output() {
            self.poll_soon();
        }
        polled
    }

    /// A poll has something to do without any event.
    fn poll_soon(&mut self) {
        self.readable = true;
        self.tell_pool();
    }

    /// Sends a query, looked at if need be.
    pub(super) fn submit_any(&mut self, text: &[u8], params: &[Param<'_>]) -> Result<()> {
        if self.gate.looks_at_queries() {
            return self.submit_looked_at(text, params);
        }
        self.submit(text, params)
    }

    /// Sends a query that may name a file, or that is traced.
    #[cold]
    pub(super) fn submit_looked_at(&mut self, text: &[u8], params: &[Param<'_>]) -> Result<()> {
        let no_backslash = self.machine.no_backslash_escapes();
        let text = if params.is_empty() {
            Cow::Borrowed(text)
        } else {
            let mut filled = Vec::new();
            escape::fill(&mut filled, text, params, no_backslash);
            Cow::Owned(filled)
        };
        let name = infile::local_file(&text, no_backslash);
        self.submit(&text, &[])?;
        self.machine.name_file(name);
        if self.trace.is_some() {
            self.trace_command(COM_QUERY, text.len() + 5);
        }
        Ok(())
    }
}
