// SPDX-License-Identifier: Apache-2.0
//! Pipelines: commands that are collected, written together, and answered one after the other. Owns which
//! command's turn it is, and what is known of those behind it; the turn of I/O is that of a single command,
//! so that what comes is read while the rest is still being written, and neither side waits for the other.
//!
//! ```text
//! add ─► added ──send──► queue: Waiting ─written─► Sent ─┐   front of the queue = the current command
//!                                  └──too large──► Failed ┤
//!            next: the front goes, and the command behind it begins ◄┘
//! ```
//! Between two commands the connection is at rest, with the outcome of the one before to be asked for.
//!
//! That the first error ends it is something that no server offers: then each command is written when the one
//! before it is known to have succeeded.

mod closing;
mod commands;
mod limits;
mod refusals;

use std::collections::VecDeque;

use crate::error::{Error, Misuse, PipelineError, Result};
use crate::limits::{
    FLUSH_BUDGET, PIPELINE_COMMAND, PIPELINE_MAX, PIPELINE_SHORT_STEP, PIPELINE_STEP,
};
use crate::proto::escape::{self, Param};
use crate::proto::statements::StatementKey;
use crate::session::connection::{Connection, Polled};
use crate::session::pending::Command;
use crate::session::query::check_count;
use crate::wire::command::{COM_QUERY, COM_STMT_EXECUTE};
use crate::wire::execute::put_query_attributes;
use crate::wire::value::Param as Value;

pub(super) use commands::{Due, Pipeline, Unsent};
use commands::{Entry, State, loads_local};

/// A connection's pipeline; `None` while nothing is collected or under way.
pub(super) type Slot = Option<Box<Pipeline>>;

/// For the program.
impl Connection {
    /// Adds a query to those that the next `pipeline_send` sends.
    pub fn pipeline_add(
        &mut self,
        text: &[u8],
        params: Vec<Param<'_>>,
        context: usize,
    ) -> Result<()> {
        self.check_connection()?;
        if !params.is_empty() {
            check_count(text, params.len())?;
        }
        if loads_local(text) {
            return Err(PipelineError::LoadLocal.into());
        }
        let values: usize = params.iter().map(Param::size).sum();
        let escaped: usize = params.iter().map(Param::escaped).sum();
        self.check_piped(text.len().saturating_add(values), escaped)?;
        let params = params.into_iter().map(Param::into_owned).collect();
        let attributes = self.take_attributes()?;
        let unsent = Unsent::Query { text: text.to_vec(), params, attributes };
        self.collect(context, text.len().saturating_add(values), unsent)
    }

    /// Adds an execute of `key` with `params`.
    pub fn pipeline_add_execute<'a>(
        &mut self,
        key: StatementKey,
        params: impl ExactSizeIterator<Item = Value<'a>>,
        context: usize,
    ) -> Result<()> {
        self.check_connection()?;
        self.prepared(key)?;
        self.check_simple(key)?;
        let (mut payload, count) = (Vec::new(), params.len());
        self.machine.put_execute(&mut payload, key, params);
        self.check_piped(payload.capacity(), 0)?;
        let (size, attributes) = (payload.len(), self.take_attributes()?);
        let unsent = Unsent::Execute { key, payload, params: count, attributes };
        self.collect(context, size, unsent)
    }

    /// Sends what was added, or remembers to until the connection is ready; begins to connect if need be. With
    /// `stops`, nothing is sent behind a command that fails. A pipeline that is under way gets longer.
    pub fn pipeline_send(&mut self, stops: bool) -> Result<()> {
        self.tell_pool();
        self.check_connection()?;
        if self.pipeline.as_ref().is_some_and(|pipeline| pipeline.bulk.is_some()) {
            return Err(self.what_is_open());
        }
        let (runs, same) = match &self.pipeline {
            Some(pipeline) if !pipeline.added.is_empty() => {
                (pipeline.runs, pipeline.stops == stops)
            }
            _ => return Err(PipelineError::Empty.into()),
        };
        if runs {
            if !same {
                return Err(PipelineError::OtherMode.into());
            }
            self.take_added(stops);
            if !self.awaits_turn() {
                self.write_pipeline();
            }
            return Ok(());
        }
        if self.gate.has_query() {
            return Err(Misuse::QueryOpen.into());
        }
        if self.is_unused() {
            self.connect()?;
        }
        if !self.can_send() {
            self.send_later(Command::Pipeline)?;
        }
        self.begin_command();
        let starts = self.can_send();
        self.take_added(stops);
        self.gate.open_pipeline();
        if starts {
            self.begin_piped();
        }
        // What the socket does not take is for poll to tell, of each command.
        Ok(())
    }

    /// Goes on to the next command; what is left of the answer to the one before is dropped. `End` if there is
    /// none: the pipeline is over then.
    pub fn pipeline_next(&mut self) -> Polled {
        self.tell_pool();
        if !self.pipeline_runs() {
            return Polled::End;
        }
        if self.failure().is_some() {
            return self.step_failed();
        }
        if self.awaits_turn() {
            return Polled::Processing;
        }
        let behind = self.pipeline.as_ref().is_some_and(|pipeline| pipeline.queue.len() > 1);
        if !behind {
            self.machine.abandon(&mut self.recv);
            self.end_pipeline();
            return Polled::End;
        }
        self.machine.abandon(&mut self.recv);
        if self.machine.is_ready() {
            self.next_piped();
        } else {
            self.outcome = None;
            self.put_off(Command::NextInPipeline);
        }
        Polled::Processing
    }

    /// Ends the pipeline, and forgets what was added. What was written before is run all the same; the answers
    /// are read and dropped.
    pub fn pipeline_close(&mut self) {
        self.tell_pool();
        let runs = self.pipeline_runs();
        if let Some(pipeline) = &mut self.pipeline {
            pipeline.bytes = pipeline.queue.iter().map(|entry| entry.size).sum();
            pipeline.added = Vec::new();
            pipeline.recount_texts();
        }
        if !runs {
            self.close_put_off();
            self.free_pipeline();
            return;
        }
        self.forget_turn();
        self.machine.abandon(&mut self.recv);
        self.outcome = None;
        let queue = self.pipeline.as_mut().map(|pipeline| std::mem::take(&mut pipeline.queue));
        let mut answers: VecDeque<Due> = queue
            .unwrap_or_default()
            .iter()
            .skip(1)
            .filter_map(|entry| match entry.state {
                State::Sent { due, .. } => Some(due),
                _ => None,
            })
            .collect();
        if self.machine.is_ready()
            && let Some(due) = answers.pop_front()
        {
            self.begin_dropped(due);
        }
        if !answers.is_empty() {
            self.put_off(Command::Answers(answers));
            self.end_pipeline_with(false);
        } else {
            self.end_pipeline();
        }
    }

    /// The number of the current command, from 0, and what the program has given with it.
    pub fn pipeline_current(&self) -> Option<(u64, usize)> {
        let pipeline = self.pipeline.as_ref().filter(|pipeline| pipeline.runs)?;
        Some((pipeline.index, pipeline.queue.front()?.context))
    }
}

/// For the rest of the session.
impl Connection {
    /// Whether a pipeline is under way, so that nothing else may be sent.
    #[inline]
    pub(super) fn pipeline_runs(&self) -> bool {
        self.pipeline.as_ref().is_some_and(|pipeline| pipeline.runs)
    }

    /// Whether the current command is over without having been sent, and a pool has to tell so.
    pub(super) fn pipeline_untold(&self) -> bool {
        self.pipeline.as_ref().is_some_and(|pipeline| pipeline.untold)
    }

    /// A pool has told what there was to tell.
    pub(super) fn pipeline_told(&mut self) {
        if let Some(pipeline) = &mut self.pipeline {
            pipeline.untold = false;
        }
    }

    /// The pipeline's turn has come: its first command begins. Whether an answer is awaited.
    pub(super) fn begin_piped(&mut self) -> bool {
        if let Some(pipeline) = &mut self.pipeline {
            pipeline.begun = true;
        }
        if self.pipeline.as_ref().is_some_and(|pipeline| pipeline.bulk.is_some()) {
            // Not before: what was dropped until now was of others.
            self.machine.begin_tally();
            self.write_pipeline();
            return self.begin_in_bulk();
        }
        self.write_pipeline();
        self.begin_current()
    }

    /// What was left of the answer before is dropped: the next command begins. Whether an answer is awaited.
    pub(super) fn next_piped(&mut self) -> bool {
        if self.pipeline.as_ref().is_some_and(|pipeline| pipeline.bulk.is_some()) {
            return self.next_in_bulk();
        }
        let failed = self.outcome.is_some() || self.machine.has_failed_unseen();
        let Some(pipeline) = &mut self.pipeline else {
            return false;
        };
        if pipeline.stops && failed {
            pipeline.skip(self.outcome.as_deref());
        }
        if !pipeline.step() {
            self.end_pipeline();
            return false;
        }
        if self.oversight.is_some() {
            self.time_command();
        }
        self.write_pipeline();
        self.begin_current()
    }

    /// The answer to a command of a closed pipeline is due.
    pub(super) fn drop_answer(&mut self, mut answers: VecDeque<Due>) -> bool {
        let Some(due) = answers.pop_front() else {
            return false;
        };
        self.begin_dropped(due);
        if answers.is_empty() {
            self.machine.end_pipe();
        } else {
            self.put_off(Command::Answers(answers));
        }
        true
    }

    /// The answer to a command that nobody wants to hear begins.
    pub(super) fn begin_dropped(&mut self, due: Due) {
        self.trace_end();
        self.machine.begin_dropped(due.next, due.key);
        self.trace_due(due);
    }

    /// The connection is lost with `cause`: what that means for the current command.
    #[cold]
    #[inline(never)]
    pub(super) fn lose_pipeline(&mut self, cause: Box<Error>) -> Box<Error> {
        self.note_unsent();
        if self.lose_bulk() {
            return cause;
        }
        match &mut self.pipeline {
            Some(pipeline) if pipeline.runs => pipeline.lose(&cause),
            _ => cause,
        }
    }

    /// What a poll says of a connection that was lost with `cause`.
    #[cold]
    #[inline(never)]
    pub(super) fn lost_command(&self, cause: &Error) -> Box<Error> {
        let pipeline = self.pipeline.as_ref().filter(|pipeline| pipeline.runs);
        pipeline.and_then(|all| all.failure()).unwrap_or_else(|| cause.clone().into())
    }

    /// The output is about to be forgotten: whoever asks later must know what of it has not gone.
    #[cold]
    #[inline(never)]
    pub(super) fn note_unsent(&mut self) {
        let layers = self.layers.as_ref().map_or(0, |layers| layers.untaken());
        let unsent = (self.out.pending().len() + layers) as u64;
        if let Some(pipeline) = &mut self.pipeline {
            let gone = pipeline.output.saturating_sub(unsent);
            pipeline.gone.get_or_insert(gone);
        }
    }

    /// Whether output that does not go counts as a fault of the server's: not while the program has to act
    /// first. What comes shows that the server is at work as much as what goes.
    pub(super) fn output_is_due(&mut self) -> bool {
        let (output, reads) = (self.has_output(), self.machine.wants_packet());
        let Some(pipeline) = self.pipeline.as_mut().filter(|pipeline| pipeline.runs) else {
            return output;
        };
        let was_stuck = std::mem::replace(&mut pipeline.stuck, output && reads);
        self.clock.on_both_ways(pipeline.stuck, was_stuck);
        pipeline.stuck
    }

    fn collect(&mut self, context: usize, size: usize, unsent: Unsent) -> Result<()> {
        let pipeline = self.pipeline.get_or_insert_default();
        let size = size.saturating_add(PIPELINE_COMMAND);
        let all = pipeline.bytes.saturating_add(size);
        if all > pipeline.limit {
            let (size, limit) = (all as u64, pipeline.limit as u64);
            self.free_pipeline();
            return Err(PipelineError::Full { size, limit }.into());
        }
        pipeline.bytes = all;
        pipeline.count_text(&unsent);
        pipeline.added.push(Entry { context, size, state: State::Waiting(unsent) });
        Ok(())
    }

    /// Refuses an execute that is more than a command and its answer.
    pub(super) fn check_simple(&self, key: StatementKey) -> Result<()> {
        match self.machine.statement_in_use(key) {
            Some(statement) if statement.fetch_size() > 0 => Err(PipelineError::Cursor.into()),
            Some(statement) if statement.has_long_data() => Err(PipelineError::LongData.into()),
            _ => Ok(()),
        }
    }

    fn take_added(&mut self, stops: bool) {
        let bounded = self.is_memory_bounded();
        if let Some(pipeline) = &mut self.pipeline {
            if bounded {
                pipeline.queue.reserve_exact(pipeline.added.len());
            }
            pipeline.queue.extend(pipeline.added.drain(..));
            pipeline.added = Vec::new();
            (pipeline.runs, pipeline.stops) = (true, stops);
        }
    }

    /// Output has gone: more of the pipeline may follow.
    pub(super) fn refill(&mut self) {
        if self.pipeline.as_ref().is_some_and(|pipeline| pipeline.has_unwritten()) {
            self.write_pipeline();
        }
    }

    /// Sends what may go, a step at a time, as far as the socket takes it and the budget goes. While anything is
    /// left, something of it is in the output, so that the output's going is what calls for more.
    fn write_pipeline(&mut self) {
        let mut budget = FLUSH_BUDGET;
        let begun = self.pipeline.as_ref().is_some_and(|pipeline| pipeline.written > 0);
        if begun && self.has_output() {
            self.flush();
            if self.has_output() {
                return;
            }
        }
        while let Some(size) = self.put_step() {
            if budget == 0 {
                return;
            }
            self.flush();
            if self.has_output() {
                return;
            }
            budget = budget.saturating_sub(size);
        }
    }

    /// Puts the next commands into the output. How many bytes they have; `None` if there are none.
    fn put_step(&mut self) -> Option<usize> {
        let mut pipeline = self.pipeline.take()?;
        self.out.drop_sent();
        if pipeline.bulk.is_some() {
            let put = self.put_rows(&mut pipeline);
            self.pipeline = Some(pipeline);
            return put;
        }
        let (mut put, mut some, mut step) = (0, false, PIPELINE_STEP);
        if self.is_memory_bounded() && pipeline.has_unwritten() {
            step = PIPELINE_SHORT_STEP;
            self.out.reserve(pipeline.step_bytes(step));
        }
        while put < step
            && pipeline.has_unwritten()
            && let Some(entry) = pipeline.queue.get_mut(pipeline.written)
        {
            if let State::Waiting(unsent) = &mut entry.state {
                let bytes = unsent.bytes();
                entry.state = match self.put_piped(unsent) {
                    Ok(due) => {
                        put += due.size;
                        pipeline.output += due.size as u64;
                        State::Sent { due, end: pipeline.output }
                    }
                    Err(error) => State::Failed(error),
                };
                pipeline.uncount_text(bytes);
            }
            pipeline.written += 1;
            some = true;
        }
        self.pipeline = Some(pipeline);
        some.then_some(put)
    }

    /// Puts one command into the output.
    fn put_piped(&mut self, unsent: &mut Unsent) -> Result<Due> {
        let start = self.out.pending().len();
        let (next, key, code) = match unsent {
            Unsent::Query { text, params, attributes } => {
                self.check_attributes(attributes)?;
                let no_backslash = self.machine.no_backslash_escapes();
                let named = self.machine.has_attributes();
                let next = self.machine.put_query(&mut self.out, |out| {
                    if named {
                        put_query_attributes(out, attributes);
                    }
                    if params.is_empty() {
                        out.extend_from_slice(text);
                    } else {
                        escape::fill(out, text, params, no_backslash);
                    }
                })?;
                (next, None, COM_QUERY)
            }
            Unsent::Execute { key, payload, params, attributes } => {
                // It may have been lost, or given long data, since the execute was added.
                let (key, plain) = (*key, std::mem::take(payload));
                self.check_in_use(key)?;
                self.check_simple(key)?;
                self.check_attributes(attributes)?;
                let payload = self.with_names(plain, *params, attributes);
                let next =
                    self.machine.put_piped_execute(&mut self.out, COM_STMT_EXECUTE, &payload)?;
                (next, Some(key), COM_STMT_EXECUTE)
            }
        };
        Ok(self.end_piped(start, next, key, code))
    }

    /// A command was put into the output behind `start` bytes.
    pub(super) fn end_piped(
        &mut self,
        start: usize,
        next: u8,
        key: Option<StatementKey>,
        code: u8,
    ) -> Due {
        let size = self.out.pending().len().saturating_sub(start);
        if let Some(layers) = &mut self.layers {
            layers.begin_piped_command(&mut self.out);
        }
        Due { next, key, code, size }
    }

    /// The current command's answer is due, or its error. Whether an answer is awaited.
    fn begin_current(&mut self) -> bool {
        self.outcome = None;
        self.trace_end();
        let Some(pipeline) = &mut self.pipeline else {
            return false;
        };
        match pipeline.queue.front().map(|entry| &entry.state) {
            Some(State::Sent { due, .. }) => {
                let due = *due;
                self.machine.begin_piped(due.next, due.key, self.buffered);
                self.clock.on_read();
                self.trace_due(due);
                true
            }
            Some(State::Failed(error)) => {
                (self.outcome, pipeline.untold) = (Some(error.clone()), true);
                self.machine.begin_nothing();
                false
            }
            Some(State::Waiting(_)) | None => false,
        }
    }

    /// `pipeline_next` on a connection that is gone.
    fn step_failed(&mut self) -> Polled {
        if self.pipeline.as_mut().is_some_and(|pipeline| pipeline.step()) {
            self.tell_end_again();
            return Polled::Processing;
        }
        self.end_pipeline();
        Polled::End
    }

    pub(super) fn end_pipeline(&mut self) {
        self.end_pipeline_with(true);
    }

    /// The pipeline is over for the program. `drained` says that at most the current answer is still to come.
    fn end_pipeline_with(&mut self, drained: bool) {
        if drained {
            self.machine.end_pipe();
        }
        self.gate.close_pipeline();
        self.machine.drop_tally();
        let Some(pipeline) = &mut self.pipeline else {
            return;
        };
        let (limit, bytes) = (pipeline.limit, pipeline.added_bytes());
        let (added, closing) =
            (std::mem::take(&mut pipeline.added), std::mem::take(&mut pipeline.closing));
        **pipeline = Pipeline { limit, added, bytes, closing, ..Pipeline::default() };
        pipeline.recount_texts();
        self.close_put_off();
        self.free_pipeline();
    }

    /// Gives the memory back, if nothing is in it that must be known.
    pub(super) fn free_pipeline(&mut self) {
        let idle = |pipeline: &Pipeline| {
            !pipeline.runs && pipeline.added.is_empty() && pipeline.limit == PIPELINE_MAX
        };
        self.pipeline.take_if(|pipeline| idle(pipeline));
    }
}
