// SPDX-License-Identifier: Apache-2.0
//! Statement handles: any number of prepared statements on a connection. Values are in `stmt_set`, rows in
//! `stmt_row`. The functions without a handle, in `statement`, mean one statement of the same sort.
//!
//! A handle knows its connection, and the connection its handles, in a ring of plain pointers: whichever of
//! the two is destroyed first takes itself out. Both are used by one thread at a time, together.

#![allow(non_camel_case_types)]

use std::ffi::c_char;
use std::ptr::null_mut;

use crate::capi::guard;
use crate::capi::handle::{Bound, Prepared, attachsql_connect_t, attachsql_error_t};
use crate::capi::query;
use crate::capi::strings;
use crate::capi::types::attachsql_query_column_st;
use crate::error::{Error, Misuse, Result};
use crate::session::Connection;
use crate::wire::value::Param;

/// A prepared statement of a connection, from `attachsql_stmt_create` to `attachsql_stmt_destroy`. Used by
/// the thread that uses its connection. Since 2.1.
#[derive(Debug)]
pub struct attachsql_stmt_t {
    /// NULL once it was destroyed.
    con: *mut attachsql_connect_t,
    previous: *mut Self,
    next: *mut Self,
    own: Own,
}

/// What a handle has of its own.
#[derive(Debug, Default)]
pub(super) struct Own {
    pub(super) prepared: Option<Prepared>,
    /// The columns as C sees them, and which result, or prepare, they are of.
    columns: Vec<attachsql_query_column_st>,
    columns_of: Option<(u32, u64)>,
}

/// Creates a handle for a prepared statement. A connection may have any number of them. Nothing is sent yet;
/// a connection that was not started is not started either.
///
/// The connection is polled, as for queries: it has one answer at a time, whichever statement it is of.
///
/// Returns: the handle, to be freed with `attachsql_stmt_destroy`, before or after the connection; or NULL and
/// an error.
///
/// NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a live connection; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_create(
    con: *mut attachsql_connect_t,
    error: *mut *mut attachsql_error_t,
) -> *mut attachsql_stmt_t {
    // SAFETY: as the caller says; the handles in the ring are alive, because each takes itself out.
    unsafe {
        guard::call(con, error, null_mut(), |handle| {
            let (next, own) = (handle.stmts, Own::default());
            let stmt =
                Box::into_raw(Box::new(attachsql_stmt_t { con, previous: null_mut(), next, own }));
            if let Some(next) = next.as_mut() {
                next.previous = stmt;
            }
            handle.stmts = stmt;
            Ok(stmt)
        })
    }
}

/// Frees a handle. Its statement is closed, as `attachsql_stmt_close` does: what it was told to execute is
/// executed. Whether the connection still exists does not matter.
///
/// NULL: no effect.
///
/// Lifetime: ends that of everything the handle has lent.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_destroy(stmt: *mut attachsql_stmt_t) {
    // SAFETY: NULL or a live handle, as the caller says; so are its neighbours.
    unsafe {
        let Some(this) = stmt.as_mut() else {
            return;
        };
        let con = this.con;
        if !con.is_null() {
            let left = guard::quiet(con, false, |handle| {
                close(&mut handle.connection, &mut this.own);
                match this.previous.as_mut() {
                    Some(previous) => previous.next = this.next,
                    None => handle.stmts = this.next,
                }
                if let Some(next) = this.next.as_mut() {
                    next.previous = this.previous;
                }
                true
            });
            if !left {
                // From inside another call on the connection, which has the ring in its hands.
                return;
            }
        }
        drop(Box::from_raw(stmt));
    }
}

/// The connection of a statement.
///
/// Returns: the connection; NULL once it was destroyed.
///
/// NULL: `stmt` NULL gives NULL.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_get_connection(
    stmt: *mut attachsql_stmt_t,
) -> *mut attachsql_connect_t {
    // SAFETY: NULL or a live handle, as the caller says.
    unsafe { stmt.as_ref() }.map_or(null_mut(), |stmt| stmt.con)
}

/// Prepares a text for this handle; what it had prepared before is closed, as by `attachsql_stmt_close`, and its values
/// are forgotten. See `attachsql_statement_prepare`, which does the same: poll the connection until EOF, or ERROR.
///
/// Returns: true if the text was sent or remembered.
///
/// NULL: `stmt`, and `text` with a `length`, fail with 3000/22023; `error` may be NULL.
///
/// Lifetime: `text` is no longer needed when the function returns. Ends that of everything the handle has
/// lent.
///
/// Errors: as for `attachsql_statement_prepare`; 2006/08006 the connection was destroyed.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `text` has `length` bytes, or is NULL; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_prepare(
    stmt: *mut attachsql_stmt_t,
    length: usize,
    text: *const c_char,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says; the text is copied before this returns.
    unsafe {
        call(stmt, error, false, |connection, own| {
            let text = strings::counted(text.cast(), length, "text")?;
            let old = own.prepared.as_ref().map(|prepared| prepared.key);
            let key = connection.prepare(text, old);
            if old.is_some_and(|old| !connection.has_statement(old)) {
                own.prepared = None;
            }
            own.prepared = Some(Prepared::new(key?));
            Ok(true)
        })
    }
}

/// Executes the statement with the values that its parameters have now; those that were never set are NULL.
/// See `attachsql_statement_execute`.
///
/// It may be called before the prepare has been answered. Both are one command then: poll says nothing of the
/// prepare but its error, and goes on with the rows. To MariaDB from 10.2 on both go in one trip, without waiting for
/// the answer in between, if it is plain how many parameters the text has and the connection is not compressed;
/// otherwise the execute is sent as soon as the prepare has been answered.
///
/// Returns: true if it was sent or remembered.
///
/// NULL: `stmt` NULL fails with 3000/22023; `error` may be NULL.
///
/// Lifetime: buffers given to `attachsql_stmt_bind` are read in this call. Ends that of everything the last
/// row has lent.
///
/// Errors: 3000/22023 the statement is not prepared, or the server refused it; 2006/08006 the connection is gone, was
/// destroyed, or does not take it; 2020/08S01 it is longer than the largest packet; 2014/08002 a pipeline or a bulk
/// execute is under way, or too many commands wait to be sent. By poll, of one that was called before the prepare had
/// been answered: the errors of the prepare, and 3000/22023 the number of parameters that were set or are in the text
/// is not that of the statement.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `error` is NULL or may be written; buffers that were bound are as they were
/// described then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_execute(
    stmt: *mut attachsql_stmt_t,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        with(stmt, error, false, |connection, prepared| {
            let count = usize::from(connection.param_count(prepared.key));
            let value =
                |i| prepared.params.get(i).map_or(Param::Null, |bound: &Bound| bound.value());
            if count == 0
                && let Some(expected) = connection.expected_params(prepared.key)
            {
                let count = usize::from(expected).max(prepared.params.len());
                return connection
                    .execute_first(prepared.key, (0..count).map(value))
                    .map(|()| true);
            }
            connection.execute(prepared.key, (0..count).map(value)).map(|()| true)
        })
    }
}

/// Makes the server forget the long data of the statement, and its cursor. Its values stay set. Poll the
/// connection until EOF.
///
/// Returns: true if it was sent or remembered.
///
/// NULL: `stmt` NULL fails with 3000/22023; `error` may be NULL.
///
/// Lifetime: ends that of everything the last row has lent.
///
/// Errors: 3000/22023 the statement is not prepared, or the server refused it; 2006/08006 the connection is
/// gone, was destroyed, or does not take it; 2020/08S01 it is longer than the largest packet; 2014/08002 too
/// many commands wait to be sent.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_reset(
    stmt: *mut attachsql_stmt_t,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        with(stmt, error, false, |connection, prepared| {
            connection.reset_statement(prepared.key).map(|()| true)
        })
    }
}

/// Appends bytes to the value of parameter `param`, from 0, at the server. See
/// `attachsql_statement_send_long_data`.
///
/// Returns: true if the bytes were sent or remembered.
///
/// NULL: `stmt`, and `data` with a `length`, fail with 3000/22023; `error` may be NULL.
///
/// Lifetime: `data` is no longer needed when the function returns. Ends that of everything the last row has
/// lent.
///
/// Errors: 3000/22023 the statement is not prepared, or has no such parameter; 2006/08006 the connection is
/// gone, was destroyed, or does not take the bytes.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `data` has `length` bytes, or is NULL; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_send_long_data(
    stmt: *mut attachsql_stmt_t,
    param: u16,
    length: usize,
    data: *const c_char,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says; the bytes are copied before this returns.
    unsafe {
        with(stmt, error, false, |connection, prepared| {
            let bytes = strings::counted(data.cast(), length, "data")?;
            connection.send_long_data(prepared.key, param, bytes).map(|()| true)
        })
    }
}

/// Closes the statement; the handle stays, and may prepare another text. What is left of the statement's
/// answer is read and dropped by later polls. No effect if nothing is prepared.
///
/// What was executed before and still waits is sent all the same, and its answer, an error too, is dropped. Only
/// a bulk execute, and executes of a pipeline, are told as ever. The server is told of the close behind all that.
///
/// NULL: no effect.
///
/// Lifetime: ends that of everything the handle has lent.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_close(stmt: *mut attachsql_stmt_t) {
    // SAFETY: as the caller says.
    unsafe {
        quiet(stmt, (), close);
    }
}

/// The number of parameters of the statement: its `?`.
///
/// Returns: the number; 0 before its prepare has ended (EOF), after the server refused it, after it was
/// closed, and without its connection.
///
/// NULL: `stmt` NULL gives 0.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_get_param_count(stmt: *mut attachsql_stmt_t) -> u16 {
    // SAFETY: as the caller says.
    unsafe {
        quiet(stmt, 0, |connection, own| match &own.prepared {
            Some(prepared) => connection.param_count(prepared.key),
            None => 0,
        })
    }
}

/// The number of columns that the statement's rows have: as soon as it is prepared, what the server expects;
/// from its first result on, those of the last one, which may be others when a table was altered.
///
/// Returns: the number; 0 if it has no rows, and where `attachsql_stmt_get_param_count` is 0 for want of a
/// statement. One that the server has forgotten, in a reset or a change of user, may still tell what it had.
///
/// NULL: `stmt` NULL gives 0.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_get_column_count(stmt: *mut attachsql_stmt_t) -> u16 {
    // SAFETY: as the caller says.
    unsafe {
        quiet(stmt, 0, |connection, own| {
            let key = own.prepared.as_ref().map(|prepared| prepared.key);
            key.map_or(0, |key| connection.known_columns(key).0)
        })
    }
}

/// What a column of the statement's rows is; see `attachsql_stmt_get_column_count`. Columns count from 0, as in
/// rows.
///
/// Returns: the column; NULL if there is no such one.
///
/// NULL: `stmt` NULL gives NULL.
///
/// Lifetime: until the next execute, `attachsql_stmt_prepare`, `_close` or `_destroy` of this handle, or
/// `attachsql_connect_destroy`. If an execute of it has not been answered yet, only until that answer comes.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_get_column(
    stmt: *mut attachsql_stmt_t,
    column: u16,
) -> *mut attachsql_query_column_st {
    // SAFETY: as the caller says.
    unsafe {
        quiet(stmt, null_mut(), |connection, own| {
            let Some(key) = own.prepared.as_ref().map(|prepared| prepared.key) else {
                return null_mut();
            };
            let (count, version) = connection.known_columns(key);
            let of = Some((key.serial(), version));
            let Some(columns) = connection.machine_mut().columns_of(key).filter(|_| column < count)
            else {
                return null_mut();
            };
            if own.columns_of != of {
                own.columns_of = of;
                query::show(columns, &mut own.columns);
            }
            own.columns.get_mut(usize::from(column)).map_or(null_mut(), |found| &raw mut *found)
        })
    }
}

/// Takes the connection away from all of its handles, when it is destroyed.
///
/// # Safety
/// The handles from `first` on are alive.
pub(super) unsafe fn orphan(first: *mut attachsql_stmt_t) {
    let mut next = first;
    // SAFETY: each takes itself out of the ring before it is freed.
    while let Some(stmt) = unsafe { next.as_mut() } {
        next = stmt.next;
        (stmt.con, stmt.previous, stmt.next) = (null_mut(), null_mut(), null_mut());
    }
}

/// Runs `body` on the connection of `stmt` and what the handle has. Whatever fails is stored in `*error`, if
/// that is not NULL, and `fallback` is returned.
///
/// # Safety
/// `stmt` is NULL or a live handle; `error` is NULL or may be written.
#[inline]
pub(super) unsafe fn call<T>(
    stmt: *mut attachsql_stmt_t,
    error: *mut *mut attachsql_error_t,
    fallback: T,
    body: impl FnOnce(&mut Connection, &mut Own) -> Result<T>,
) -> T {
    // SAFETY: as the caller says. While the connection is borrowed nobody else comes to its handles.
    unsafe {
        let con = stmt.as_ref().map_or(null_mut(), |stmt| stmt.con);
        if con.is_null() {
            return guard::create(error, fallback, || Err(no_connection(stmt.is_null())));
        }
        guard::call(con, error, fallback, |handle| body(&mut handle.connection, &mut (*stmt).own))
    }
}

/// As `call`, for a statement that was given a text.
///
/// # Safety
/// As for `call`.
#[inline]
pub(super) unsafe fn with<T>(
    stmt: *mut attachsql_stmt_t,
    error: *mut *mut attachsql_error_t,
    fallback: T,
    body: impl FnOnce(&mut Connection, &mut Prepared) -> Result<T>,
) -> T {
    // SAFETY: as the caller says.
    unsafe {
        call(stmt, error, fallback, |connection, own| match &mut own.prepared {
            Some(prepared) => body(connection, prepared),
            None => Err(none_prepared()),
        })
    }
}

/// As `call`, for functions that report no error.
///
/// # Safety
/// `stmt` is NULL or a live handle.
#[inline]
pub(super) unsafe fn quiet<T>(
    stmt: *mut attachsql_stmt_t,
    fallback: T,
    body: impl FnOnce(&mut Connection, &mut Own) -> T,
) -> T {
    // SAFETY: as the caller says.
    unsafe {
        let con = stmt.as_ref().map_or(null_mut(), |stmt| stmt.con);
        if con.is_null() {
            return fallback;
        }
        guard::quiet(con, fallback, |handle| body(&mut handle.connection, &mut (*stmt).own))
    }
}

/// A look at the connection and the statement, where there are both: see `guard::peek`.
///
/// # Safety
/// `stmt` is NULL or a live handle.
#[inline(always)]
pub(super) unsafe fn peek<T>(
    stmt: *mut attachsql_stmt_t,
    look: impl FnOnce(&Connection, &Prepared) -> Option<T>,
) -> Option<T> {
    // SAFETY: as the caller says. While the connection is borrowed nobody else comes to its handles.
    unsafe {
        let con = stmt.as_ref()?.con;
        guard::peek(con, |handle| look(&handle.connection, (*stmt).own.prepared.as_ref()?))
    }
}

/// As `peek`, for what changes something: see `guard::poke`.
///
/// # Safety
/// `stmt` is NULL or a live handle.
#[inline(always)]
pub(super) unsafe fn poke<T>(
    stmt: *mut attachsql_stmt_t,
    change: impl FnOnce(&mut Connection, &Prepared) -> Option<T>,
) -> Option<T> {
    // SAFETY: as the caller says. While the connection is borrowed nobody else comes to its handles.
    unsafe {
        let con = stmt.as_ref()?.con;
        guard::poke(con, |handle| change(&mut handle.connection, (*stmt).own.prepared.as_ref()?))
    }
}

fn close(connection: &mut Connection, own: &mut Own) {
    if let Some(prepared) = own.prepared.take() {
        connection.close_statement(prepared.key);
    }
    (own.columns, own.columns_of) = (Vec::new(), None);
}

#[cold]
#[inline(never)]
fn none_prepared() -> Box<Error> {
    Misuse::NotPrepared("call attachsql_stmt_prepare first".to_owned()).into()
}

#[cold]
#[inline(never)]
fn no_connection(no_handle: bool) -> Box<Error> {
    if no_handle {
        return Misuse::Null("stmt").into();
    }
    Error::Gone("the statement's connection was destroyed".to_owned()).into()
}
