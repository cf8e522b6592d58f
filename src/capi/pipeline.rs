// SPDX-License-Identifier: Apache-2.0
//! Pipelines: several commands on one connection that are written together.

use std::ffi::{c_char, c_void};
use std::ptr::{null_mut, with_exposed_provenance_mut};

use crate::capi::guard;
use crate::capi::handle::{Bound, attachsql_connect_t, attachsql_error_t};
use crate::capi::query;
use crate::capi::stmt::{self, attachsql_stmt_t};
use crate::capi::strings;
use crate::capi::types::{attachsql_query_parameter_st, attachsql_return_t};
use crate::wire::value::Param;

/// Adds a query to those that the next `attachsql_pipeline_send` sends together, so that they cost one round
/// trip to the server and not one each. Sends nothing itself; other commands go on as ever until then.
///
/// Statement and parameters are as those of `attachsql_query`; values are escaped when the query is sent, by
/// the SQL mode that the session has then. A query that changes NO_BACKSLASH_ESCAPES must not have queries
/// with parameters behind it. Not for LOAD DATA LOCAL.
///
/// `context` is the program's: `attachsql_pipeline_context` gives it back.
///
/// Returns: true if the query was added.
///
/// NULL: `con`, `statement` with a `length`, `parameters` with a `parameter_count`, and the `data` of a
/// parameter that needs it fail with 3000/22023; `context` and `error` may be NULL.
///
/// Lifetime: `statement`, `parameters` and all values are copied.
///
/// Errors: 2006/08006 the connection is gone; 2020/08S01 the commands that were added, and those whose answers
/// are not over, would have more bytes than ATTACHSQL_OPTION_PIPELINE_MAX_BYTES allows; 3000/22023 more `?`
/// than parameters, a parameter's type is none of 0 to 6, or LOAD DATA LOCAL.
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a live connection; `statement` has `length` bytes, `parameters` `parameter_count`
/// elements, or they are NULL; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_pipeline_add(
    con: *mut attachsql_connect_t,
    length: usize,
    statement: *const c_char,
    parameter_count: u16,
    parameters: *mut attachsql_query_parameter_st,
    context: *mut c_void,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        guard::call(con, error, false, |handle| {
            let text = strings::counted(statement.cast(), length, "statement")?;
            let params = query::params(text, parameters, parameter_count)?;
            let context = context.expose_provenance();
            handle.connection.pipeline_add(text, params, context).map(|()| true)
        })
    }
}

/// Adds an execute of a statement, with the values that its parameters have now. As `attachsql_pipeline_add`;
/// may be done with the same statement any number of times. Rows are read with the statement's functions.
///
/// The statement must be prepared. One with a fetch size, or with long data that was sent, is refused. If it is
/// closed or destroyed later, the execute is run and told all the same, but for its rows.
///
/// Returns: true if the execute was added.
///
/// NULL: `stmt` NULL fails with 3000/22023; `context` and `error` may be NULL.
///
/// Lifetime: values are copied; buffers given to `attachsql_stmt_bind` are read in this call.
///
/// Errors: as for `attachsql_pipeline_add`; 3000/22023 the statement is not prepared, has a fetch size, or has
/// been sent long data; 2006/08006 the connection was destroyed.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `error` is NULL or may be written; buffers that were bound are as they were
/// described then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_pipeline_add_execute(
    stmt: *mut attachsql_stmt_t,
    context: *mut c_void,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        stmt::with(stmt, error, false, |connection, prepared| {
            let count = usize::from(connection.param_count(prepared.key));
            let value =
                |i| prepared.params.get(i).map_or(Param::Null, |bound: &Bound| bound.value());
            let context = context.expose_provenance();
            connection
                .pipeline_add_execute(prepared.key, (0..count).map(value), context)
                .map(|()| true)
        })
    }
}

/// Sends what was added, or remembers to until the connection is ready for it. On a new connection it begins
/// to connect.
///
/// Then poll as after a query: the answers come in order. When poll says EOF or ERROR, the current command is
/// over, and everything that tells of a query tells of this one: rows, columns, affected rows, further results.
/// `attachsql_pipeline_next` goes on to the next command. Until it says EOF, the connection takes no other
/// commands but further ones for the pipeline, which are added and sent in the same way: each fails with 2014/08002.
/// A pipeline cannot be cancelled. ATTACHSQL_OPTION_COMMAND_TIMEOUT is the limit of each of its commands, from its turn
/// on, and cuts the connection.
///
/// With `stop_on_error` false every command is run, whatever becomes of the others, and all are written at once.
/// With true, those behind one that fails are not sent; each ends with ERROR and 3010/HY008. No server can be
/// told to stop, so each command is written only when the one before it has succeeded: the round trips are not
/// saved then.
///
/// If the connection is lost, each command that was not over ends with ERROR: with 2006/08006 if the server
/// cannot have run it, and otherwise with the cause, for instance 2013/08006, and words that say so.
///
/// Returns: true if the commands were sent or remembered.
///
/// NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
///
/// Lifetime: ends that of everything that the answer before it has lent.
///
/// Errors: 2014/08002 a query is open, a bulk execute is under way (it goes on undisturbed), or a pipeline with another
/// `stop_on_error`;
/// 2006/08006 the connection is gone; 3000/22023 nothing was added; those of
/// `attachsql_connect`.
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a live connection; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_pipeline_send(
    con: *mut attachsql_connect_t,
    stop_on_error: bool,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        guard::call(con, error, false, |handle| {
            handle.connection.pipeline_send(stop_on_error).map(|()| true)
        })
    }
}

/// Goes on to the next command of the pipeline, normally after EOF or ERROR; otherwise the rest of the current
/// command's answer is read and dropped. Never waits. On a connection that was lost, too.
///
/// Returns: PROCESSING if there is another command: poll as after a query; EOF if there is none: the pipeline is
/// over then, and the connection free for other commands.
///
/// NULL: `con` NULL gives ERROR.
///
/// Lifetime: ends that of everything that the answer has lent.
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a live connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_pipeline_next(
    con: *mut attachsql_connect_t,
) -> attachsql_return_t {
    // SAFETY: as the caller says.
    unsafe {
        guard::quiet(con, attachsql_return_t::ERROR, |handle| {
            handle.connection.pipeline_next().into()
        })
    }
}

/// Which command of the pipeline the answer belongs to.
///
/// Returns: its number, counted from 0 since the pipeline began; 0 without a pipeline.
///
/// NULL: `con` NULL gives 0.
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a live connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_pipeline_index(con: *mut attachsql_connect_t) -> u64 {
    // SAFETY: as the caller says.
    unsafe {
        guard::quiet(con, 0, |handle| {
            handle.connection.pipeline_current().map_or(0, |(index, _)| index)
        })
    }
}

/// What the program has given with the command that the answer belongs to.
///
/// Returns: the `context` of `attachsql_pipeline_add`; NULL without a pipeline.
///
/// NULL: `con` NULL gives NULL.
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a live connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_pipeline_context(con: *mut attachsql_connect_t) -> *mut c_void {
    // SAFETY: as the caller says.
    unsafe {
        guard::quiet(con, null_mut(), |handle| {
            let context = handle.connection.pipeline_current().map(|(_, context)| context);
            context.map_or(null_mut(), with_exposed_provenance_mut)
        })
    }
}

/// Ends the pipeline, and forgets what was added and not written yet. What was written is run all the same; the answers
/// are read and dropped by later polls. The next command may be given at once. May be called at any time, also without
/// a pipeline.
///
/// NULL: no effect.
///
/// Lifetime: ends that of everything that the answer has lent.
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a live connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_pipeline_close(con: *mut attachsql_connect_t) {
    // SAFETY: as the caller says.
    unsafe { guard::quiet(con, (), |handle| handle.connection.pipeline_close()) };
}
