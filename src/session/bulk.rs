// SPDX-License-Identifier: Apache-2.0
//! Bulk executes: a statement that is run for many rows of parameters, with one end. MariaDB takes arrays of
//! rows, for some statements; otherwise each row is an execute. Owns which row's turn it is and which has failed;
//! the commands' way is the pipeline's, which gets them as it has room, and never all at once.

mod rows;

use crate::error::{Error, Misuse, PipelineError, Result};
use crate::limits::{
    BULK_SHORT_WINDOW, BULK_WINDOW, PIPELINE_COMMAND, PIPELINE_SHORT_STEP, PIPELINE_STEP,
};
use crate::proto::statements::StatementKey;
use crate::session::connection::Connection;
use crate::session::pending::Command;
use crate::session::pipeline::{Due, Pipeline};
use crate::wire::command::{COM_STMT_BULK_EXECUTE, COM_STMT_EXECUTE};
use crate::wire::execute::{Attribute, Slot, put_execute_named};

pub use rows::Bulk;
use rows::{Next, Rows};

/// Rows of which one has failed: the first and the last that it may be.
pub type FailedRows = (u64, u64);

/// What is known of a bulk execute that is under way.
#[derive(Debug)]
pub(super) struct BulkState {
    key: StatementKey,
    /// Number of the statement's parameters.
    params: usize,
    /// Each execute has them.
    attributes: Vec<Attribute>,
    /// Those that are not written yet.
    rows: Rows,
    /// The most commands whose answers are awaited at the same time.
    window: usize,
    /// The first row of the current command, counted from 0.
    row: u64,
    error: Option<Box<Error>>,
}

impl BulkState {
    /// How many rows are not written yet.
    pub(super) fn rows(&self) -> u64 {
        self.rows.count()
    }

    /// How many commands there may be whose answers are awaited.
    pub(super) fn window(&self) -> usize {
        self.window
    }

    /// Bytes of the rows that are not written yet.
    pub(super) fn memory(&self) -> usize {
        self.rows.memory()
    }
}

impl Connection {
    /// Adds a row of parameters to `bulk`.
    pub fn bulk_add(&self, bulk: &mut Bulk, row: &[Slot<'_>]) -> Result<()> {
        self.check_connection()?;
        let id = self.prepared(bulk.key())?;
        self.check_simple(bulk.key())?;
        if self.machine.statement(bulk.key()).is_some_and(|statement| statement.selects()) {
            return Err(PipelineError::BulkRows.into());
        }
        if self.is_memory_bounded() {
            let size: usize = row.iter().map(Slot::most).sum();
            let under_way = Pipeline::entries(BULK_SHORT_WINDOW) + PIPELINE_SHORT_STEP;
            self.refuse_beyond(bulk.next_bytes(size) + under_way)?;
        }
        let array = self.machine.takes_arrays(bulk.key()) && !row.is_empty();
        bulk.add(id, row, array, self.pipeline_limit())
    }

    /// Executes the statement for all rows of `bulk`, which are gone then. There is one end for all.
    pub fn bulk_execute(&mut self, bulk: &mut Bulk) -> Result<()> {
        self.tell_pool();
        self.check_alive()?;
        self.prepared(bulk.key())?;
        if self.gate.has_query() {
            return Err(Misuse::QueryOpen.into());
        }
        if bulk.rows() == 0 {
            return Err(PipelineError::NoRows.into());
        }
        let under_way = Pipeline::entries(BULK_SHORT_WINDOW);
        self.check_piped_room(bulk.memory() + under_way, bulk.longest() + PIPELINE_SHORT_STEP)?;
        let attributes = self.take_attributes()?;
        if !self.can_send() {
            self.send_later(Command::Pipeline)?;
        }
        self.begin_command();
        self.note_failed_rows(None);
        let starts = self.can_send();
        let (key, params) = (bulk.key(), self.param_count(bulk.key()).into());
        let window = if self.is_memory_bounded() { BULK_SHORT_WINDOW } else { BULK_WINDOW };
        let (rows, row, error) = (bulk.take(), 0, None);
        let state = BulkState { key, params, attributes, rows, window, row, error };
        self.pipeline.get_or_insert_default().begin_bulk(state);
        self.gate.open_pipeline();
        if starts {
            self.begin_piped();
            if !self.pipeline_runs() {
                // Nothing could be sent: a pool has to tell so.
                self.note_failed_call();
            }
        }
        Ok(())
    }

    /// Which rows the error of the last bulk execute is about.
    pub fn failed_rows(&self) -> Option<FailedRows> {
        self.extras.as_ref()?.failed_rows
    }

    pub(super) fn note_failed_rows(&mut self, rows: Option<FailedRows>) {
        if rows.is_some() {
            self.extras.get_or_insert_default().failed_rows = rows;
        } else if let Some(extras) = &mut self.extras {
            extras.failed_rows = None;
        }
    }

    /// Puts the next commands of a bulk execute into the output. How many bytes they have; `None` if there are none.
    pub(super) fn put_rows(&mut self, pipeline: &mut Pipeline) -> Option<usize> {
        let mut bulk = pipeline.bulk.take()?;
        let (mut put, mut some) = (0, false);
        // It may have been lost, or given long data, meanwhile: that is the end of all that are left.
        let usable = self.check_in_use(bulk.key).and_then(|()| self.check_simple(bulk.key));
        if let Err(error) = usable.and_then(|()| self.check_attributes(&bulk.attributes)) {
            let rows = std::mem::take(&mut bulk.rows).count();
            some = rows > 0;
            if some {
                pipeline.push_bulk(rows, Err(error));
            }
        }
        let bounded = self.is_memory_bounded();
        let step = if bounded { PIPELINE_SHORT_STEP } else { PIPELINE_STEP };
        while put < step
            && pipeline.has_room(bulk.window)
            && let Some(next) = bulk.rows.next()
        {
            let (rows, bytes) = next.size();
            if bounded {
                // A buffer that grows by itself takes more.
                self.out.reserve(bytes + PIPELINE_COMMAND);
            }
            let sent = self.put_row(bulk.key, bulk.params, &bulk.attributes, next);
            put += bytes;
            pipeline.push_bulk(rows, sent);
            some = true;
        }
        pipeline.bulk = Some(bulk);
        some.then_some(put)
    }

    fn put_row(
        &mut self,
        key: StatementKey,
        params: usize,
        attributes: &[Attribute],
        next: Next<'_>,
    ) -> Result<Due> {
        let start = self.out.pending().len();
        let mut named = Vec::new();
        let (code, payload) = match next {
            Next::Array(_, payload) => (COM_STMT_BULK_EXECUTE, payload),
            Next::Execute(plain) if self.machine.has_attributes() => {
                put_execute_named(&mut named, plain, params, attributes);
                (COM_STMT_EXECUTE, &*named)
            }
            Next::Execute(plain) => (COM_STMT_EXECUTE, plain),
        };
        let next = self.machine.put_piped_execute(&mut self.out, code, payload)?;
        Ok(self.end_piped(start, next, Some(key), code))
    }

    /// The current command of a bulk execute begins, or all of them are over. Whether an answer is awaited.
    pub(super) fn begin_in_bulk(&mut self) -> bool {
        loop {
            self.outcome = None;
            let Some(pipeline) = &mut self.pipeline else {
                return false;
            };
            match pipeline.current() {
                Some(Ok(due)) => {
                    self.begin_dropped(due);
                    self.clock.on_read();
                    self.put_off(Command::NextInPipeline);
                    return true;
                }
                Some(Err(error)) => {
                    self.on_failed_rows(error);
                    if !self.step_in_bulk() {
                        return self.end_bulk();
                    }
                }
                None => return self.end_bulk(),
            }
        }
    }

    /// The current command of a bulk execute is over. Whether an answer is awaited.
    pub(super) fn next_in_bulk(&mut self) -> bool {
        if let Some(error) = self.machine.take_tallied_error() {
            self.on_failed_rows(error);
        }
        if self.step_in_bulk() { self.begin_in_bulk() } else { self.end_bulk() }
    }

    fn step_in_bulk(&mut self) -> bool {
        let rows = self.current_rows();
        let Some(pipeline) = &mut self.pipeline else {
            return false;
        };
        if let Some(bulk) = &mut pipeline.bulk {
            bulk.row += rows;
        }
        pipeline.step();
        let output = self.has_output();
        if self.pipeline.as_ref().is_some_and(|pipeline| pipeline.bulk_runs_dry(output)) {
            self.refill();
        }
        self.pipeline.as_ref().is_some_and(|pipeline| pipeline.current().is_some())
    }

    /// How many rows the current command has.
    fn current_rows(&self) -> u64 {
        self.pipeline.as_ref().map_or(0, |pipeline| pipeline.current_rows())
    }

    /// One of the current command's rows has failed. The first error counts.
    pub(super) fn on_failed_rows(&mut self, error: Box<Error>) {
        let rows = self.current_rows();
        let Some(bulk) = self.pipeline.as_mut().and_then(|pipeline| pipeline.bulk.as_mut()) else {
            return;
        };
        if bulk.error.is_none() {
            bulk.error = Some(error);
            let first = bulk.row;
            self.note_failed_rows(Some((first, first + rows.saturating_sub(1))));
        }
    }

    /// The connection is lost, and with it all rows from the current command on: that is the end of a bulk execute.
    /// Whether there is one.
    pub(super) fn lose_bulk(&mut self) -> bool {
        let Some(pipeline) = &self.pipeline else {
            return false;
        };
        let Some(bulk) = &pipeline.bulk else {
            return false;
        };
        let (first, rows) = (bulk.row, pipeline.rows_left());
        self.note_failed_rows(Some((first, first + rows.saturating_sub(1))));
        self.end_pipeline();
        true
    }

    fn end_bulk(&mut self) -> bool {
        self.trace_end();
        self.machine.end_tally();
        let bulk = self.pipeline.as_mut().and_then(|pipeline| pipeline.bulk.take());
        self.outcome = bulk.and_then(|bulk| bulk.error);
        self.end_pipeline();
        false
    }
}
