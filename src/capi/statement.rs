// SPDX-License-Identifier: Apache-2.0
//! The life of a connection's prepared statement: prepare, execute, reset, long data, close. Parameters
//! are in `parameters`, rows in `statement_row`.

use std::ffi::c_char;

use crate::capi::guard;
use crate::capi::handle::{Bound, Handle, Prepared, attachsql_connect_t, attachsql_error_t};
use crate::capi::strings;
use crate::error::{Error, Misuse, Result};
use crate::session::Connection;
use crate::wire::value::Param;

/// Prepares a statement: the server reads it once, and it can then be executed any number of times, each
/// time with other values for its `?`. A connection has one such statement; the one before it is closed.
///
/// Poll until EOF, or ERROR if the server refuses the text. On a new connection it begins to connect;
/// while connecting, and while the rest of an older answer is read, the statement is remembered and sent
/// then. What is left of the answer to an older statement is dropped.
///
/// Returns: true if the text was sent or remembered.
///
/// NULL: `con`, and `statement` with a `length`, fail with 3000/22023; `error` may be NULL.
///
/// Lifetime: `statement` is no longer needed when the function returns. Ends that of everything that the
/// statement before it has lent.
///
/// Errors: 2014/08002 a query is open whose answer has not ended, a pipeline or a bulk execute is under way (it goes on
/// undisturbed), or 64 commands wait to be sent already; 2006/08006 the connection is gone or does not take the text;
/// 2020/08S01 the text is longer than the largest packet; those of `attachsql_connect`.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection; `statement` has `length` bytes, or is NULL; `error` is NULL or may
/// be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_statement_prepare(
    con: *mut attachsql_connect_t,
    length: usize,
    statement: *const c_char,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says; the text is copied before this returns.
    unsafe {
        guard::call(con, error, false, |handle| {
            let text = strings::counted(statement.cast(), length, "statement")?;
            let old = handle.statement.as_ref().map(|statement| statement.key);
            let prepared = handle.connection.prepare(text, old);
            if old.is_some_and(|old| !handle.connection.has_statement(old)) {
                handle.statement = None;
            }
            handle.statement = Some(Box::new(Prepared::new(prepared?)));
            Ok(true)
        })
    }
}

/// Executes the prepared statement with the values that its parameters have now; those that were never
/// set are NULL. Then poll as after a query: ROW_READY for each row, EOF, or ERROR.
///
/// The values stay set for the next time. What is left of the answer to an earlier command is dropped.
/// `attachsql_query_next_result`, `attachsql_query_affected_rows` and the like tell of statements too;
/// `attachsql_query_close` is not needed.
///
/// Returns: true if it was sent or remembered.
///
/// NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
///
/// Lifetime: strings given to `attachsql_statement_set_string` and `_set_binary` are read in this call.
/// Ends that of everything that the last row has lent.
///
/// Errors: 3000/22023 no statement is prepared (poll until EOF first), or the server refused it;
/// 2006/08006 the connection is gone or does not take it; 2020/08S01 the values are longer than the
/// largest packet; 2014/08002 a pipeline or a bulk execute is under way, or too many commands wait to be sent.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection; `error` is NULL or may be written; strings that were set are as they
/// were described then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_statement_execute(
    con: *mut attachsql_connect_t,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        guard::call(con, error, false, |handle| {
            let (connection, statement) = prepared(handle)?;
            let count = usize::from(connection.param_count(statement.key));
            let value =
                |i| statement.params.get(i).map_or(Param::Null, |bound: &Bound| bound.value());
            connection.execute(statement.key, (0..count).map(value)).map(|()| true)
        })
    }
}

/// Makes the server forget the long data of the prepared statement. Its values stay set. Poll until EOF.
/// What is left of the answer to an earlier command is dropped.
///
/// Returns: true if it was sent or remembered.
///
/// NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
///
/// Lifetime: ends that of everything that the last row has lent.
///
/// Errors: as for `attachsql_statement_execute`.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_statement_reset(
    con: *mut attachsql_connect_t,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        guard::call(con, error, false, |handle| {
            let (connection, statement) = prepared(handle)?;
            connection.reset_statement(statement.key).map(|()| true)
        })
    }
}

/// Appends bytes to the value of parameter `param`, from 0, at the server. May be called any number of
/// times, with pieces of any length; the next execute uses what was sent as the parameter's value, of type
/// BLOB, whatever else it was set to. Execute and reset end it: the value set before counts again.
///
/// There is no answer: poll says EOF as soon as the bytes have gone, and PROCESSING before. It is not
/// necessary to poll between pieces, but without it they are kept in memory as long as the server is slow
/// to take them. What is left of the answer to an earlier command is dropped.
///
/// Returns: true if the bytes were sent or remembered.
///
/// NULL: `con`, and `data` with a `length`, fail with 3000/22023; `error` may be NULL.
///
/// Lifetime: `data` is no longer needed when the function returns. Ends that of everything that the last
/// row has lent.
///
/// Errors: 3000/22023 no statement is prepared, or it has no such parameter; 2006/08006 the connection is
/// gone or does not take the bytes.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection; `data` has `length` bytes, or is NULL; `error` is NULL or may be
/// written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_statement_send_long_data(
    con: *mut attachsql_connect_t,
    param: u16,
    length: usize,
    data: *mut c_char,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says; the bytes are copied before this returns.
    unsafe {
        guard::call(con, error, false, |handle| {
            let (connection, statement) = prepared(handle)?;
            let bytes = strings::counted(data.cast(), length, "data")?;
            connection.send_long_data(statement.key, param, bytes).map(|()| true)
        })
    }
}

/// Closes the prepared statement: frees it and what it lent, and tells the server, which does not answer.
/// What is left of its answer is read and dropped by later polls. Another statement may be prepared at
/// once. What was executed, reset or sent before and still waits is sent all the same, and its answer, an
/// error too, is dropped. No effect without a statement.
///
/// NULL: no effect.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_statement_close(con: *mut attachsql_connect_t) {
    // SAFETY: as the caller says.
    unsafe {
        guard::quiet(con, (), |handle| {
            if let Some(statement) = handle.statement.take() {
                handle.connection.close_statement(statement.key);
            }
        });
    }
}

/// The number of parameters of the prepared statement: its `?`.
///
/// Returns: the number; 0 without a statement, before its prepare has ended (EOF), and after the server
/// refused it.
///
/// NULL: `con` NULL gives 0.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_statement_get_param_count(con: *mut attachsql_connect_t) -> u16 {
    // SAFETY: as the caller says.
    unsafe {
        guard::quiet(con, 0, |handle| match &handle.statement {
            Some(statement) => handle.connection.param_count(statement.key),
            None => 0,
        })
    }
}

/// The connection, and the statement that it has.
#[inline]
pub(super) fn prepared(handle: &mut Handle) -> Result<(&mut Connection, &mut Prepared)> {
    match &mut handle.statement {
        Some(statement) => Ok((&mut handle.connection, statement)),
        None => Err(none_prepared()),
    }
}

#[cold]
#[inline(never)]
fn none_prepared() -> Box<Error> {
    Misuse::NotPrepared("call attachsql_statement_prepare first".to_owned()).into()
}
