// SPDX-License-Identifier: Apache-2.0
//! The commands of a pipeline: which is the current one, and how far each is. Knows neither connection nor
//! machine.

use std::collections::VecDeque;

use crate::error::{Error, PipelineError};
use crate::limits::PIPELINE_MAX;
use crate::proto::escape::Param;
use crate::proto::statements::StatementKey;
use crate::session::bulk::BulkState;
use crate::wire::execute::Attribute;

/// What a command has in the output besides its text and values.
const PIPELINE_HEADER: usize = 16;

/// Commands that were collected, and those that are under way.
#[derive(Debug)]
pub(in crate::session) struct Pipeline {
    /// Bytes that its commands may have.
    pub(super) limit: usize,
    pub(super) bytes: usize,
    /// Bytes of the texts and values that are here, not having been written, and the most that a command had.
    pub(super) texts: usize,
    pub(super) longest: usize,
    /// Collected for the next send.
    pub(super) added: Vec<Entry>,
    /// Sent; the first one is the current command.
    pub(super) queue: VecDeque<Entry>,
    /// How many of `queue` were put into the output, or have failed before.
    pub(super) written: usize,
    /// The program has sent it and has not come to its end.
    pub(super) runs: bool,
    /// Its turn has come: the first command may be written.
    pub(super) begun: bool,
    /// The first error ends it.
    pub(super) stops: bool,
    /// Number of the current command.
    pub(super) index: u64,
    /// The current command is over without ever having been sent, and a pool has not told so yet.
    pub(super) untold: bool,
    /// The output was full at the last look.
    pub(super) stuck: bool,
    /// Bytes that were put into the output, and how many of them had gone when writing failed.
    pub(super) output: u64,
    pub(super) gone: Option<u64>,
    /// It is a bulk execute: the program does not hear of its commands, but of all together.
    pub(in crate::session) bulk: Option<BulkState>,
    /// Statements that were closed meanwhile; see `closing`.
    pub(in crate::session) closing: Vec<StatementKey>,
}

/// A command.
#[derive(Debug)]
pub(super) struct Entry {
    /// The program's.
    pub(super) context: usize,
    /// What it counts for.
    pub(super) size: usize,
    pub(super) state: State,
}

/// What is to be sent.
#[derive(Debug)]
pub(in crate::session) enum Unsent {
    /// A query, whose parameters are filled in when it goes.
    Query { text: Vec<u8>, params: Vec<Param<'static>>, attributes: Vec<Attribute> },
    /// An execute, with its values.
    Execute { key: StatementKey, payload: Vec<u8>, params: usize, attributes: Vec<Attribute> },
}

/// An answer that is to come.
#[derive(Debug, Clone, Copy)]
pub(in crate::session) struct Due {
    /// The number of its first packet.
    pub(in crate::session) next: u8,
    /// Whose it is, if it is that of an execute.
    pub(in crate::session) key: Option<StatementKey>,
    /// The command's number in the protocol, and its bytes.
    pub(in crate::session) code: u8,
    pub(in crate::session) size: usize,
}

/// How far a command is.
#[derive(Debug)]
pub(super) enum State {
    /// Not written yet.
    Waiting(Unsent),
    /// Written. `end` is where it ends in the output.
    Sent { due: Due, end: u64 },
    /// It will have no answer.
    Failed(Box<Error>),
}

impl Default for Pipeline {
    fn default() -> Self {
        Self {
            limit: PIPELINE_MAX,
            bytes: 0,
            texts: 0,
            longest: 0,
            added: Vec::new(),
            queue: VecDeque::new(),
            written: 0,
            runs: false,
            begun: false,
            stops: false,
            index: 0,
            untold: false,
            stuck: false,
            output: 0,
            gone: None,
            bulk: None,
            closing: Vec::new(),
        }
    }
}

impl Unsent {
    /// Bytes of its text and values.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Query { text, params, .. } => {
                text.capacity() + params.iter().map(Param::bytes).sum::<usize>()
            }
            Self::Execute { payload, .. } => payload.capacity(),
        }
    }

    /// The most bytes that it has when it is written.
    fn written(&self) -> usize {
        let values = match self {
            Self::Query { params, .. } => params.iter().map(Param::escaped).sum(),
            Self::Execute { .. } => 0,
        };
        self.bytes() + values
    }
}

impl State {
    fn bytes(&self) -> usize {
        if let Self::Waiting(unsent) = self { unsent.bytes() } else { 0 }
    }
}

impl Pipeline {
    /// Bytes that it takes: those of its commands, and of the texts that they have.
    pub(in crate::session) fn memory(&self) -> usize {
        let entries = self.added.capacity() + self.queue.capacity();
        let rows = self.bulk.as_ref().map_or(0, BulkState::memory);
        size_of::<Self>() + entries * size_of::<Entry>() + self.texts + rows
    }

    /// Bytes that a queue of so many commands may have, which grows by doubling.
    pub(in crate::session) fn entries(count: usize) -> usize {
        2 * count * size_of::<Entry>()
    }

    /// Bytes that the next `push` to `added` takes, and the move of all of them to `queue`.
    pub(super) fn next_entries(&self) -> usize {
        let (now, room) = (self.added.len(), self.added.capacity());
        let grown = if now == room { room.max(4) } else { 0 };
        (grown + now + 1) * size_of::<Entry>()
    }

    /// A command with `unsent` is added.
    pub(super) fn count_text(&mut self, unsent: &Unsent) {
        self.texts += unsent.bytes();
        self.longest = self.longest.max(unsent.written());
    }

    /// Commands have gone without being written: what is left of texts.
    pub(super) fn recount_texts(&mut self) {
        let all = self.added.iter().chain(&self.queue);
        self.texts = all.map(|entry| entry.state.bytes()).sum();
    }

    /// Bytes of the next commands to be written, up to the one that fills a step.
    pub(super) fn step_bytes(&self, step: usize) -> usize {
        let mut bytes = 0;
        for entry in self.queue.iter().skip(self.written) {
            if bytes >= step {
                break;
            }
            if let State::Waiting(unsent) = &entry.state {
                bytes += unsent.written() + PIPELINE_HEADER;
            }
        }
        bytes
    }

    /// The command at `written` was written, or never will be; it had so many bytes.
    pub(super) fn uncount_text(&mut self, bytes: usize) {
        self.texts = self.texts.saturating_sub(bytes);
    }

    /// The current command, and those behind it, end with the connection. The error of the current one.
    pub(super) fn lose(&mut self, cause: &Error) -> Box<Error> {
        let gone = self.gone.unwrap_or(self.output);
        for entry in &mut self.queue {
            let sent = match entry.state {
                State::Failed(_) => continue,
                State::Waiting(_) => false,
                State::Sent { end, .. } => end <= gone,
            };
            let cause = Box::new(cause.clone());
            let error =
                if sent { PipelineError::Unanswered(cause) } else { PipelineError::Unsent(cause) };
            entry.state = State::Failed(error.into());
        }
        self.recount_texts();
        if !self.begun
            && let Some(entry) = self.queue.front_mut()
        {
            // The connection was never made: that is what there is to know.
            entry.state = State::Failed(cause.clone().into());
        }
        self.failure().unwrap_or_else(|| cause.clone().into())
    }

    /// Why the current command has no answer.
    pub(super) fn failure(&self) -> Option<Box<Error>> {
        match self.queue.front().map(|entry| &entry.state) {
            Some(State::Failed(error)) => Some(error.clone()),
            _ => None,
        }
    }

    /// Whether it is under way.
    pub(in crate::session) fn runs(&self) -> bool {
        self.runs
    }

    /// Whether there are commands that may be written.
    pub(super) fn has_unwritten(&self) -> bool {
        if let Some(bulk) = &self.bulk {
            return self.begun && bulk.rows() > 0 && self.has_room(bulk.window());
        }
        let written = self.written;
        self.begun && written < if self.stops { self.queue.len().min(1) } else { self.queue.len() }
    }

    /// What the commands that wait for the next send count for.
    pub(super) fn added_bytes(&self) -> usize {
        self.added.iter().map(|entry| entry.size).sum()
    }

    /// Begins a bulk execute.
    pub(in crate::session) fn begin_bulk(&mut self, bulk: BulkState) {
        (self.runs, self.bulk) = (true, Some(bulk));
    }

    /// One more command of a bulk execute, with so many rows, was put into the output, or has failed before.
    pub(in crate::session) fn push_bulk(&mut self, rows: u64, put: Result<Due, Box<Error>>) {
        let state = match put {
            Ok(due) => {
                self.output += due.size as u64;
                State::Sent { due, end: self.output }
            }
            Err(error) => State::Failed(error),
        };
        let size = usize::try_from(rows).unwrap_or(usize::MAX);
        self.queue.push_back(Entry { context: 0, size, state });
        self.written += 1;
    }

    /// Whether another command of a bulk execute may be under way.
    pub(in crate::session) fn has_room(&self, window: usize) -> bool {
        self.queue.len() < window
    }

    /// Whether more commands of a bulk execute should be written before an answer is read: the output is empty
    /// then, and half of those that may be under way are over.
    pub(in crate::session) fn bulk_runs_dry(&self, output: bool) -> bool {
        let window = self.bulk.as_ref().map_or(0, BulkState::window);
        self.queue.is_empty() || !output && self.queue.len() <= window / 2
    }

    /// The rows of the current command of a bulk execute.
    pub(in crate::session) fn current_rows(&self) -> u64 {
        self.queue.front().map_or(0, |entry| entry.size as u64)
    }

    /// The rows of all commands that are not over.
    pub(in crate::session) fn rows_left(&self) -> u64 {
        let waiting = self.bulk.as_ref().map_or(0, BulkState::rows);
        self.queue.iter().map(|entry| entry.size as u64).sum::<u64>() + waiting
    }

    /// The answer to the current command, or why there is none.
    pub(in crate::session) fn current(&self) -> Option<Result<Due, Box<Error>>> {
        match &self.queue.front()?.state {
            State::Sent { due, .. } => Some(Ok(*due)),
            State::Failed(error) => Some(Err(error.clone())),
            State::Waiting(_) => None,
        }
    }

    /// Goes on to the next command. Whether there is one.
    pub(in crate::session) fn step(&mut self) -> bool {
        if let Some(over) = self.queue.pop_front() {
            self.bytes = self.bytes.saturating_sub(over.size);
        }
        self.written = self.written.saturating_sub(1);
        self.index += 1;
        !self.queue.is_empty()
    }

    /// The current command has failed with `error`, and those behind it are not to be run.
    pub(super) fn skip(&mut self, error: Option<&Error>) {
        let failed = match error {
            Some(Error::Pipeline(PipelineError::Skipped(first))) => *first,
            _ => self.index,
        };
        for entry in self.queue.iter_mut().skip(1) {
            entry.state = State::Failed(PipelineError::Skipped(failed).into());
        }
        self.written = self.queue.len();
        self.recount_texts();
    }
}

/// Whether a statement is LOAD DATA LOCAL, as most write it: what others get is the end of the connection.
pub(super) fn loads_local(text: &[u8]) -> bool {
    let text = text.trim_ascii_start();
    let word = |at: &[u8], word: &[u8]| {
        at.get(..word.len()).is_some_and(|at| at.eq_ignore_ascii_case(word))
    };
    word(text, b"load") && text.windows(7).any(|at| word(at, b" local "))
}
