// SPDX-License-Identifier: Apache-2.0
//! Bulk executes of statement handles: many rows of parameters with one end.

use crate::capi::handle::{Bound, Prepared, attachsql_error_t};
use crate::capi::stmt::{attachsql_stmt_t, quiet, with};
use crate::error::{Misuse, Result};
use crate::session::Connection;
use crate::session::bulk::Bulk;
use crate::wire::execute::Slot;
use crate::wire::value::Param;

/// Keeps the values that the statement's parameters have now as one row, for `attachsql_stmt_bulk_execute`.
///
/// `indicators` may give for each parameter an `attachsql_indicator_t`, which counts in place of the value:
/// the column's default, or that the column is left as it is. MariaDB from 10.2 on has these two, for plain INSERT,
/// REPLACE, UPDATE and DELETE.
///
/// Returns: true if the row was kept.
///
/// NULL: `stmt` NULL fails with 3000/22023; `indicators` NULL for none; `error` may be NULL.
///
/// Lifetime: values are copied; buffers given to `attachsql_stmt_bind` are read in this call. Rows are kept until
/// they are executed, `attachsql_stmt_bulk_clear`, and until the statement is closed or prepared anew.
///
/// Errors: 3000/22023 the statement is not prepared, has rows (of RETURNING MariaDB does not say so: its rows are
/// dropped), a fetch size or long data that was sent; an indicator is none of 0 to 3, or the server does not have it;
/// 2020/08S01 the rows would have more bytes than ATTACHSQL_OPTION_PIPELINE_MAX_BYTES allows: execute those that were
/// added; 2006/08006 the connection is gone or was destroyed.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `indicators` has one element for each parameter, or is NULL; `error` is NULL
/// or may be written; buffers that were bound are as they were described then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_bulk_add(
    stmt: *mut attachsql_stmt_t,
    indicators: *const u8,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        with(stmt, error, false, |connection, prepared| {
            let mut bulk = match prepared.bulk.take() {
                Some(bulk) => bulk,
                None => Box::new(Bulk::new(prepared.key)),
            };
            let added = add(connection, prepared, &mut bulk, indicators);
            if bulk.rows() > 0 {
                prepared.bulk = Some(bulk);
            }
            added.map(|()| true)
        })
    }
}

/// Executes the statement once for each row that was added, with one end: poll the connection until EOF or ERROR.
/// `attachsql_query_affected_rows` is then the sum, and `attachsql_connection_last_insert_id` the first one that was
/// generated.
///
/// MariaDB takes many rows in one command, up to 512 KiB each (`COM_STMT_BULK_EXECUTE`), for plain INSERT, REPLACE,
/// UPDATE and DELETE. Of other statements, and with other servers, each row is an execute, all of them written
/// together. Rows behind one that fails may have been executed or not, with
/// each server in its own way: use a transaction.
///
/// All rows are executed, and the end is told, also if the handle is closed or destroyed meanwhile.
/// Until poll has said EOF or ERROR the connection takes no other command: each fails with 2014/08002, and the rows go
/// on undisturbed. Nor can they be cancelled; ATTACHSQL_OPTION_COMMAND_TIMEOUT is the limit of all of them together.
///
/// Returns: true if the rows were sent or remembered; they are not kept any more then.
///
/// NULL: `stmt` NULL fails with 3000/22023; `error` may be NULL.
///
/// Lifetime: ends that of everything that the answer before it has lent.
///
/// Errors: 3000/22023 no row was added, or the statement is not prepared any more; 2014/08002 a query is open, a
/// pipeline or another bulk execute is under way, or too many commands wait to be sent; 2006/08006 the connection is
/// gone or was destroyed.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_bulk_execute(
    stmt: *mut attachsql_stmt_t,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        with(stmt, error, false, |connection, prepared| {
            let Some(mut bulk) = prepared.bulk.take() else {
                return connection.bulk_execute(&mut Bulk::new(prepared.key)).map(|()| true);
            };
            let sent = connection.bulk_execute(&mut bulk);
            if bulk.rows() > 0 {
                prepared.bulk = Some(bulk);
            }
            sent.map(|()| true)
        })
    }
}

/// Which rows the error of the connection's last bulk execute is about. Of rows that MariaDB got in
/// one command it is one of these, otherwise exactly one. If the connection was lost, all that had no answer.
///
/// Returns: true, and the first and the last of these rows, counted from 0; false if there was no error.
///
/// NULL: `stmt` NULL gives false; `first` and `last` may be NULL.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `first` and `last` are NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_bulk_get_failed(
    stmt: *mut attachsql_stmt_t,
    first: *mut u64,
    last: *mut u64,
) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        let Some(rows) = quiet(stmt, None, |connection, _| connection.failed_rows()) else {
            return false;
        };
        if !first.is_null() {
            first.write_unaligned(rows.0);
        }
        if !last.is_null() {
            last.write_unaligned(rows.1);
        }
        true
    }
}

/// Forgets the rows that were added.
///
/// NULL: no effect.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_bulk_clear(stmt: *mut attachsql_stmt_t) {
    // SAFETY: as the caller says.
    unsafe {
        quiet(stmt, (), |_, own| {
            if let Some(prepared) = &mut own.prepared {
                prepared.bulk = None;
            }
        });
    }
}

/// The number of rows that were added and not executed yet.
///
/// Returns: the number.
///
/// NULL: `stmt` NULL gives 0.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_bulk_get_count(stmt: *mut attachsql_stmt_t) -> u64 {
    // SAFETY: as the caller says.
    unsafe {
        quiet(stmt, 0, |_, own| {
            let bulk = own.prepared.as_ref().and_then(|prepared| prepared.bulk.as_ref());
            bulk.map_or(0, |bulk| bulk.rows())
        })
    }
}

/// Adds a row.
///
/// # Safety
/// `indicators` has an element for each parameter, or is NULL; what was bound is as it was described.
unsafe fn add(
    connection: &Connection,
    prepared: &Prepared,
    bulk: &mut Bulk,
    indicators: *const u8,
) -> Result<()> {
    let count = usize::from(connection.param_count(prepared.key));
    let mut row = Vec::with_capacity(count);
    for i in 0..count {
        // SAFETY: `i` is below the number of parameters.
        let indicator = if indicators.is_null() { 0 } else { unsafe { indicators.add(i).read() } };
        row.push(match indicator {
            // SAFETY: as the caller says.
            0 => Slot::Value(
                prepared
                    .params
                    .get(i)
                    .map_or(Param::Null, |bound: &Bound| unsafe { bound.value() }),
            ),
            1 => Slot::Value(Param::Null),
            2 => Slot::Default,
            3 => Slot::Ignore,
            other => {
                let problem = format!("of parameter {i} is {other}; they are 0 to 3");
                return Err(Misuse::Argument { name: "the indicator", problem }.into());
            }
        });
    }
    connection.bulk_add(bulk, &row)
}
