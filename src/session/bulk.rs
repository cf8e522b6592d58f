// SPDX-License-Identifier: Apache-2.0
//! Bulk executes: a statement that is run for many rows of parameters, with one end. MariaDB takes arrays of
//! rows; to other servers each row is an execute of a pipeline. Owns the rows that are collected, and the sum of
//! the answers; writing and reading is the pipeline's.

use crate::error::{Error, Misuse, PipelineError, Result};
use crate::limits::BULK_PACKET;
use crate::proto::statements::StatementKey;
use crate::session::connection::Connection;
use crate::session::pending::Command;
use crate::session::pipeline::{Pipeline, Unsent};
use crate::wire::command::CURSOR_NONE;
use crate::wire::execute::{Slot, change_type, put_bulk, put_bulk_row, put_execute};
use crate::wire::value::Param;

/// Rows of parameters.
#[derive(Debug)]
pub struct Bulk {
    key: StatementKey,
    packets: Vec<Packet>,
    rows: u64,
}

/// One command.
#[derive(Debug)]
struct Packet {
    payload: Vec<u8>,
    rows: u64,
    /// Of an array: the type of each column of parameters, and whether a value has told it.
    types: Option<Vec<(u16, bool)>>,
}

/// Rows of which one has failed: the first and the last that it may be.
pub type FailedRows = (u64, u64);

/// What is known of a bulk execute that is under way.
#[derive(Debug, Default)]
pub(super) struct BulkState {
    /// The first row of the current command, counted from 0.
    row: u64,
    error: Option<Box<Error>>,
}

impl Bulk {
    /// No rows, for the statement `key`.
    pub fn new(key: StatementKey) -> Self {
        Self { key, packets: Vec::new(), rows: 0 }
    }

    /// How many rows there are.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Whose they are.
    pub fn key(&self) -> StatementKey {
        self.key
    }

    fn add_to_array(&mut self, id: u32, row: &[Slot<'_>]) -> Result<()> {
        if let Some(packet) = self.packets.last_mut()
            && packet.add(row, BULK_PACKET)?
        {
            return Ok(());
        }
        let types: Vec<(u16, bool)> = row.iter().map(type_of).collect();
        let (mut payload, kinds) = (Vec::new(), types.iter().map(|kind| kind.0));
        put_bulk(&mut payload, id, 0, &kinds.collect::<Vec<_>>());
        let mut packet = Packet { payload, rows: 0, types: Some(types) };
        packet.add(row, usize::MAX)?;
        self.packets.push(packet);
        Ok(())
    }

    fn add_execute(&mut self, id: u32, row: &[Slot<'_>]) -> Result<()> {
        let mut values = Vec::with_capacity(row.len());
        for slot in row {
            match slot {
                Slot::Value(value) => values.push(*value),
                Slot::Default | Slot::Ignore => return Err(PipelineError::NoIndicators.into()),
            }
        }
        let mut payload = Vec::new();
        put_execute(&mut payload, id, CURSOR_NONE, values.into_iter());
        self.packets.push(Packet { payload, rows: 1, types: None });
        Ok(())
    }
}

impl Packet {
    /// Adds a row to an array. `false` if it does not fit in.
    fn add(&mut self, row: &[Slot<'_>], limit: usize) -> Result<bool> {
        let Some(types) = &mut self.types else {
            return Ok(false);
        };
        for (i, slot) in row.iter().enumerate() {
            let (Some(known), (kind, told)) = (types.get_mut(i), type_of(slot)) else {
                continue;
            };
            match *known {
                // NULL so far: the first value tells the type.
                (_, false) if told => {
                    *known = (kind, true);
                    change_type(&mut self.payload, i, kind);
                }
                (other, true) if told && other != kind => return Ok(false),
                _ => {}
            }
        }
        let (kinds, before) =
            (types.iter().map(|kind| kind.0).collect::<Vec<_>>(), self.payload.len());
        let fits = put_bulk_row(&mut self.payload, &kinds, row.iter().copied()).is_ok();
        if fits && (self.payload.len() <= limit || self.rows == 0) {
            self.rows += 1;
            return Ok(true);
        }
        self.payload.truncate(before);
        if fits { Ok(false) } else { Err(Error::Internal("a row that does not fit".into()).into()) }
    }
}

/// The type of a value, and whether it has one of its own.
fn type_of(slot: &Slot<'_>) -> (u16, bool) {
    match slot {
        Slot::Value(value) => (value.wire_type(), !value.is_null()),
        Slot::Default | Slot::Ignore => (Param::Null.wire_type(), false),
    }
}

impl Connection {
    /// Adds a row of parameters to `bulk`.
    pub fn bulk_add(&self, bulk: &mut Bulk, row: &[Slot<'_>]) -> Result<()> {
        self.check_connection()?;
        let id = self.prepared(bulk.key)?;
        self.check_simple(bulk.key)?;
        if self.machine.statement(bulk.key).is_some_and(|statement| statement.selects()) {
            return Err(PipelineError::BulkRows.into());
        }
        if self.machine.takes_arrays(bulk.key) && !row.is_empty() {
            bulk.add_to_array(id, row)?;
        } else {
            bulk.add_execute(id, row)?;
        }
        bulk.rows += 1;
        Ok(())
    }

    /// Executes the statement for all rows of `bulk`, which are gone then. There is one end for all.
    pub fn bulk_execute(&mut self, bulk: &mut Bulk) -> Result<()> {
        self.tell_pool();
        self.check_alive()?;
        self.prepared(bulk.key)?;
        if self.gate.has_query() {
            return Err(Misuse::QueryOpen.into());
        }
        if bulk.rows == 0 {
            return Err(PipelineError::NoRows.into());
        }
        let attributes = self.take_attributes()?;
        if !self.can_send() {
            self.send_later(Command::Pipeline)?;
        }
        self.begin_command();
        self.note_failed_rows(None);
        let starts = self.can_send();
        let (key, params) = (bulk.key, self.param_count(bulk.key).into());
        let packets = std::mem::take(&mut bulk.packets);
        bulk.rows = 0;
        let commands = packets.into_iter().map(|packet| {
            let (payload, attributes) = (packet.payload, attributes.clone());
            let unsent = match packet.types {
                Some(_) => Unsent::Bulk { key, payload },
                None => Unsent::Execute { key, payload, params, attributes },
            };
            (packet.rows, unsent)
        });
        self.pipeline.get_or_insert_default().take_bulk(commands);
        self.gate.open_pipeline();
        self.machine.begin_tally();
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

    /// The current command of a bulk execute begins, or all of them are over. Whether an answer is awaited.
    pub(super) fn begin_in_bulk(&mut self) -> bool {
        loop {
            self.outcome = None;
            let Some(pipeline) = &mut self.pipeline else {
                return false;
            };
            match pipeline.current() {
                Some(Ok(due)) => {
                    self.machine.begin_dropped(due.next, due.key);
                    self.clock.on_read();
                    self.trace_due(due);
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
        let more = pipeline.step();
        if more {
            self.refill();
        }
        more
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

    /// The connection is lost, and with it all rows from the current command on.
    pub(super) fn lose_rows(&mut self) {
        let Some(pipeline) = &self.pipeline else {
            return;
        };
        if let Some(bulk) = &pipeline.bulk {
            let (first, rows) = (bulk.row, pipeline.rows_left());
            self.note_failed_rows(Some((first, first + rows.saturating_sub(1))));
        }
    }

    fn end_bulk(&mut self) -> bool {
        self.machine.end_tally();
        let bulk = self.pipeline.as_mut().and_then(|pipeline| pipeline.bulk.take());
        self.outcome = bulk.and_then(|bulk| bulk.error);
        self.end_pipeline();
        false
    }
}

impl Pipeline {
    /// Begins a bulk execute.
    fn take_bulk(&mut self, commands: impl Iterator<Item = (u64, Unsent)>) {
        commands.for_each(|(rows, unsent)| self.push_bulk(rows, unsent));
        self.bulk = Some(BulkState::default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::machine::Machine;

    fn bulk() -> Bulk {
        Bulk::new(Machine::default().add_statement())
    }

    fn array(rows: &[&[Slot<'_>]]) -> Vec<(u64, Vec<u8>)> {
        let mut bulk = bulk();
        for row in rows {
            bulk.add_to_array(7, row).unwrap();
        }
        bulk.packets.into_iter().map(|packet| (packet.rows, packet.payload)).collect()
    }

    const HEAD: &[u8] = b"\x07\0\0\0\x80\0";

    #[test]
    fn the_first_value_tells_the_type() {
        let (null, one) = (Slot::Value(Param::Null), Slot::Value(Param::Int(1)));
        let got = array(&[&[null], &[Slot::Default], &[one], &[null]]);
        assert_eq!(got, [(4, [HEAD, b"\x03\0\x01\x02\0\x01\0\0\0\x01"].concat())]);
    }

    #[test]
    fn another_type_is_another_packet() {
        let (one, big) = (Slot::Value(Param::Int(1)), Slot::Value(Param::UInt(2)));
        let got = array(&[&[one], &[Slot::Ignore], &[big], &[big]]);
        assert_eq!(
            got,
            [
                (2, [HEAD, b"\x03\0\0\x01\0\0\0\x03"].concat()),
                (2, [HEAD, b"\x03\x80\0\x02\0\0\0\0\x02\0\0\0"].concat()),
            ]
        );
    }

    #[test]
    fn packets_have_a_size() {
        let (short, long) = (vec![b'x'; BULK_PACKET / 2 - 20], vec![b'x'; 3 * BULK_PACKET]);
        let (short, long) = ([Slot::Value(Param::Text(&short))], [Slot::Value(Param::Text(&long))]);
        let got = array(&[&short, &short, &short, &long, &long, &short]);
        assert_eq!(got.iter().map(|packet| packet.0).collect::<Vec<_>>(), [2, 1, 1, 1, 1]);
        assert!(got[0].1.len() <= BULK_PACKET);
        assert_eq!(got[0].1.iter().filter(|&&byte| byte == b'x').count(), BULK_PACKET - 40);
    }

    #[test]
    fn a_row_is_an_execute() {
        let mut bulk = bulk();
        bulk.add_execute(7, &[Slot::Value(Param::Int(1))]).unwrap();
        assert_eq!(bulk.add_execute(7, &[Slot::Default]).unwrap_err().code(), 3000);
        assert_eq!(bulk.packets.len(), 1);
        assert_eq!(bulk.packets[0].payload, b"\x07\0\0\0\0\x01\0\0\0\0\x01\x03\0\x01\0\0\0");
    }
}
