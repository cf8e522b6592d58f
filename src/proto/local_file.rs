// SPDX-License-Identifier: Apache-2.0
//! The machine's part in LOAD DATA LOCAL: the server asks for a file by its name, the program gives its bytes
//! piece by piece, an empty packet ends them. Whoever the server is, it gets the file that the running command
//! names, once, or nothing. Opens no file, and holds one piece at most.
//!
//! ```text
//! Header ─the file that is named─► Upload ─its end, or the program fails─► Header
//!    └────another one──► empty packet, and the command ends with an error
//! ```
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_local_infile_request.html>

use std::sync::Arc;

use crate::buf::SendBuf;
use crate::error::{Error, ProtocolError, Result};
use crate::limits::UPLOAD_PIECE;
use crate::proto::machine::{Event, Machine, Phase, Sink, Step};
use crate::wire::reply;

/// What the program gives of a file.
#[derive(Debug)]
pub enum Given {
    /// So many bytes; none at the end of the file.
    Bytes(usize),
    /// Nothing yet: ask again.
    Later,
    /// Nothing until the program says so.
    Suspend,
    /// Nothing: it has failed, for this reason.
    Failed(String),
}

/// The program's function: the file's name with a NUL behind it, how many bytes of it were given, and the
/// space for more.
type Read = dyn Fn(&[u8], u64, &mut [u8]) -> Given + Send + Sync;

/// Where local files come from. Connections that a pool makes share it: it may be called for one while it is called
/// for another, and has no lock that would keep one of them waiting.
#[derive(Clone)]
pub struct FileSource(Arc<Read>);

impl FileSource {
    /// `read` gives them.
    pub fn new(read: impl Fn(&[u8], u64, &mut [u8]) -> Given + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }
}

impl std::fmt::Debug for FileSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FileSource(..)")
    }
}

/// What became of one step of an upload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Uploaded {
    /// So many bytes of the file are in the output.
    Piece(usize),
    /// Its end is, or there is nothing to upload.
    Ended,
    /// The program has nothing now.
    Waits,
}

/// What is known of local files.
#[derive(Debug, Default)]
pub(super) struct LocalFiles {
    /// Without one, no file is ever sent.
    source: Option<FileSource>,
    /// The file that the running command names, until the server has asked for one.
    named: Option<Vec<u8>>,
    /// The server has asked: one statement reads one file.
    asked: bool,
    /// The file that is being sent, with a NUL, and how much of it was given.
    name: Vec<u8>,
    given: u64,
    waits: Waits,
    /// What the end of the command will say.
    error: Option<Box<Error>>,
}

/// Whom an upload waits for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Waits {
    #[default]
    No,
    /// The program, which is asked again.
    Later,
    /// The program, which says when.
    Suspended,
}

impl LocalFiles {
    /// Why the file that the server asks for is not sent.
    fn refusal(&self, asked: &[u8]) -> Option<Error> {
        if self.source.is_none() {
            return Some(Error::LocalFile(shown(asked, 128)));
        }
        match self.named.as_deref() {
            // A program would take a name with a NUL for a shorter one.
            Some(named) if named == asked && !asked.contains(&0) => None,
            named => {
                // Both fit into a message of C.
                let named = named.map(|name| shown(name, 72));
                Some(Error::OtherFile { asked: shown(asked, 72), named })
            }
        }
    }

    /// The command, or one of its results, has ended. What is to be said of it.
    fn end(&mut self) -> Option<Box<Error>> {
        (self.named, self.name) = (None, Vec::new());
        self.asked = false;
        self.error.take()
    }
}

impl Machine {
    /// Where local files come from.
    pub fn set_file_source(&mut self, source: Option<FileSource>) {
        self.files =
            source.map(|source| LocalFiles { source: Some(source), ..Default::default() }.into());
    }

    /// The same, for another connection.
    pub fn file_source(&self) -> Option<FileSource> {
        self.files.as_ref()?.source.clone()
    }

    /// What file the command names that was just put into the output.
    pub fn name_file(&mut self, name: Option<Vec<u8>>) {
        if let Some(files) = &mut self.files {
            files.named = name;
        }
    }

    /// Whether the server takes a file.
    pub fn is_uploading(&self) -> bool {
        matches!(self.phase, Phase::Upload)
    }

    /// Whether the program has no more of a file for now.
    pub fn upload_waits(&self) -> bool {
        self.waits_in_upload() != Waits::No
    }

    /// Whether the program has to say when an upload goes on.
    pub fn is_suspended(&self) -> bool {
        self.waits_in_upload() == Waits::Suspended
    }

    /// Whether the program is to be asked again.
    pub(super) fn asks_for_file(&self) -> bool {
        self.waits_in_upload() == Waits::Later
    }

    fn waits_in_upload(&self) -> Waits {
        match &self.files {
            Some(files) if self.is_uploading() => files.waits,
            _ => Waits::No,
        }
    }

    /// The program has more of the file.
    pub fn resume_upload(&mut self) {
        if let Some(files) = &mut self.files {
            files.waits = Waits::No;
        }
    }

    /// Asks the program for one more piece of the file, and puts it into `out`.
    pub fn upload(&mut self, out: &mut SendBuf) -> Uploaded {
        let (true, Some(files)) = (self.is_uploading(), &mut self.files) else {
            return Uploaded::Ended;
        };
        let discarded = self.sink == Sink::Discard;
        if files.waits == Waits::Suspended && !discarded {
            return Uploaded::Waits;
        }
        files.waits = Waits::No;
        let (mark, mut given) = (out.mark(), Given::Bytes(0));
        let size = UPLOAD_PIECE.min(self.max_packet);
        let next = out.packet(self.framer.reply_seq(), |payload| {
            let start = payload.len();
            if let (Some(source), false) = (&files.source, discarded) {
                payload.resize(start + size, 0);
                let space = payload.get_mut(start..).unwrap_or_default();
                given = (source.0)(&files.name, files.given, space);
            }
            if let Given::Bytes(count) = given
                && count > size
            {
                let problem =
                    format!("its function says {count} bytes where there is room for {size}");
                given = Given::Failed(problem);
            }
            payload.truncate(start + if let Given::Bytes(count) = given { count } else { 0 });
        });
        let error = match given {
            Given::Bytes(count @ 1..) => {
                files.given += count as u64;
                self.framer.expect(next);
                return Uploaded::Piece(count);
            }
            Given::Later | Given::Suspend => {
                let later = matches!(given, Given::Later);
                files.waits = if later { Waits::Later } else { Waits::Suspended };
                out.truncate(mark);
                return Uploaded::Waits;
            }
            Given::Bytes(_) => None,
            Given::Failed(cause) => {
                let name = files.name.strip_suffix(b"\0").unwrap_or_default();
                Some(Error::Upload { name: shown(name, 72), cause }.into())
            }
        };
        // The packet is empty: it ends the file.
        files.error = error;
        self.framer.expect(next);
        self.set_phase(Phase::Header);
        Uploaded::Ended
    }

    /// The server asks for a file.
    #[cold]
    pub(super) fn on_file_request(&mut self, body: &[u8], out: &mut SendBuf) -> Result<Step> {
        let asked = body.get(1..).unwrap_or_default();
        let files = self.files.get_or_insert_default();
        if std::mem::replace(&mut files.asked, true) {
            // One statement reads one file; more requests could go on for ever.
            let expected = "the end of LOAD DATA";
            return Err(ProtocolError::Unexpected { expected, got: reply::LOCAL_FILE }.into());
        }
        if self.sink != Sink::Discard {
            let Some(refusal) = files.refusal(asked) else {
                files.name = [asked, b"\0"].concat();
                (files.named, files.given, files.waits) = (None, 0, Waits::No);
                self.set_phase(Phase::Upload);
                return Ok(Step::Event(Event::FileWanted));
            };
            files.error = Some(refusal.into());
        }
        self.end_file(out);
        Ok(Step::Taken)
    }

    /// The server speaks while it should listen: it can only give up.
    #[cold]
    pub(super) fn on_upload_packet(&mut self, body: &[u8], out: &mut SendBuf) -> Result<Step> {
        if body.first() != Some(&reply::ERR) {
            let expected = "nothing before the end of a local file";
            let got = body.first().copied().unwrap_or_default();
            return Err(ProtocolError::Unexpected { expected, got }.into());
        }
        // Servers skip what else is sent, up to this.
        self.end_file(out);
        self.on_error(body)
    }

    /// What a result's end means for files, when there may be something to say of them.
    #[cold]
    #[inline(never)]
    pub(super) fn end_files(&mut self) -> Option<Box<Error>> {
        let files = self.files.as_mut()?;
        let error = files.end();
        if files.source.is_none() {
            self.files = None;
        }
        error
    }

    /// An empty packet: the file's end.
    fn end_file(&mut self, out: &mut SendBuf) {
        let next = out.packet(self.framer.reply_seq(), |_| ());
        self.framer.expect(next);
    }
}

/// The beginning of a name, for a message: without what a terminal, or C, would understand otherwise.
fn shown(name: &[u8], most: usize) -> String {
    let plain =
        |letter: char| if letter.is_control() { char::REPLACEMENT_CHARACTER } else { letter };
    String::from_utf8_lossy(name).chars().map(plain).take(most).collect()
}
