// SPDX-License-Identifier: Apache-2.0
//! Cursors of statement handles, and results that are OUT parameters.

use crate::capi::handle::attachsql_error_t;
use crate::capi::stmt::{attachsql_stmt_t, quiet, with};

/// Chooses how many rows come at a time. With a number above 0, the next execute opens a cursor: it ends with
/// EOF and no row, and `attachsql_stmt_fetch` brings so many rows each time it is called. In between other
/// commands may be run on the connection, and other cursors read. With 0, which is where a prepare begins,
/// all rows come with the execute. Once it is above 0 it can be another number, but not 0 until the next
/// prepare: servers do not go back.
///
/// The server keeps the rows meanwhile. For statements that it has no cursor for, rows come with the execute
/// all the same.
///
/// Returns: true.
///
/// NULL: `stmt` NULL fails with 3000/22023; `error` may be NULL.
///
/// Errors: 3000/22023 no text was given to prepare, or `rows` is 0 after another number; 2006/08006 the connection was
/// destroyed.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_set_fetch_size(
    stmt: *mut attachsql_stmt_t,
    rows: u32,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        with(stmt, error, false, |connection, prepared| {
            connection.set_fetch_size(prepared.key, rows).map(|()| true)
        })
    }
}

/// Fetches the next rows from the statement's cursor. Poll the connection: ROW_READY for each row, then EOF;
/// `attachsql_stmt_has_more` tells whether there may be more.
///
/// Returns: true if it was sent or remembered.
///
/// NULL: `stmt` NULL fails with 3000/22023; `error` may be NULL.
///
/// Lifetime: ends that of everything the last row has lent.
///
/// Errors: 2051/02000 there is no cursor, or its last row was fetched; 3000/22023 the statement is not
/// prepared; 2006/08006 the connection is gone, was destroyed, or does not take it; 2014/08002 a pipeline or a bulk
/// execute is under way, or too many commands wait to be sent.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_fetch(
    stmt: *mut attachsql_stmt_t,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        with(stmt, error, false, |connection, prepared| {
            connection.fetch(prepared.key).map(|()| true)
        })
    }
}

/// Whether rows are left in the statement's cursor; asked when poll has said EOF. Servers find out that there
/// are none when they look for the next one, so that a last fetch may bring no row.
///
/// Returns: true while a cursor is open that the server has not come to the end of.
///
/// NULL: `stmt` NULL gives false.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_has_more(stmt: *mut attachsql_stmt_t) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        quiet(stmt, false, |connection, own| {
            let key = own.prepared.as_ref().map(|prepared| prepared.key);
            let statement = key.and_then(|key| connection.machine().statement(key));
            statement.is_some_and(|statement| statement.has_more())
        })
    }
}

/// Whether the result that has just ended was the row of a procedure's OUT and INOUT parameters, which
/// comes last of a CALL's results. Ask when poll has said EOF, before `attachsql_query_next_result`.
///
/// Returns: true if it was.
///
/// NULL: `stmt` NULL gives false.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_is_out_params(stmt: *mut attachsql_stmt_t) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        quiet(stmt, false, |connection, own| {
            let key = own.prepared.as_ref().map(|prepared| prepared.key);
            key.is_some_and(|key| connection.machine().has_out_params(key))
        })
    }
}
