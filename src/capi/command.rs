// SPDX-License-Identifier: Apache-2.0
//! Commands that are neither queries nor statements.

use std::ffi::c_char;

use crate::capi::guard;
use crate::capi::handle::{attachsql_connect_t, attachsql_error_t};
use crate::capi::strings;
use crate::proto::commands::Short;

/// Asks the server for a sign of life. Poll says EOF when it has come.
///
/// This and the other commands are sent as queries are: on a new connection they begin to connect; while
/// connecting, and while the rest of an older answer is read, they are remembered and sent then. What is
/// left of the answer to a statement is dropped; so is the answer to a command if another one follows before
/// it has come. They need no `attachsql_query_close`.
///
/// Returns: true if the command was sent or remembered.
///
/// NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
///
/// Lifetime: ends that of everything that the answer before it has lent.
///
/// Errors: 2014/08002 a query is open whose answer has not ended, a pipeline or a bulk execute is under way (it goes on
/// undisturbed), or too many commands wait to be sent; 2006/08006 the connection is gone or does not take the command;
/// those of `attachsql_connect`.
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a live connection; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_connect_ping(
    con: *mut attachsql_connect_t,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe { command(con, error, Short::Ping) }
}

/// Makes the session as new, without another login: the server rolls back the transaction, and forgets
/// temporary tables, variables, locks and prepared statements. User and schema stay; so do the options that
/// were set on the connection.
///
/// The connection's prepared statement is of no use afterwards: its functions fail with 3000/22023 until
/// another one is prepared. MySQL before 5.7 and MariaDB before 10.2 do not know the command: poll says ERROR
/// with the server's error 1047, and the session is as before; `attachsql_connect_change_user` does the same there.
///
/// Returns: as `attachsql_connect_ping`.
///
/// NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
///
/// Lifetime: ends that of everything that the answer before it has lent.
///
/// Errors: as for `attachsql_connect_ping`.
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a live connection; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_connect_reset(
    con: *mut attachsql_connect_t,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe { command(con, error, Short::Reset) }
}

/// Logs in as another user on the same connection, or as the same one again. The session is as new, as after
/// `attachsql_connect_reset`; also for servers that do not know that command.
///
/// The login is done as the first one was: the same login methods are accepted, secrets go over the same
/// channels only, and the character set, the connection attributes, the function for `dialog` and the connect
/// timeout are those that were set. Passwords of further factors are those that
/// ATTACHSQL_OPTION_PASSWORD2 and _PASSWORD3 were set to since the last login. The connection number stays.
///
/// Poll says EOF when it is done. If the server refuses, or the login cannot be done, poll says ERROR and the
/// connection is lost: servers close it too.
///
/// Returns: as `attachsql_connect_ping`.
///
/// NULL: `con`, `user` and `schema` NULL fail with 3000/22023 (use "" for no default schema); `pass` NULL is
/// no password; `error` may be NULL.
///
/// Lifetime: the strings are copied, and the copy of the password is overwritten when the login is over. Ends
/// the lifetime of everything that the answer before it has lent.
///
/// Errors: as for `attachsql_connect_ping`; 3000/22023 `user` has more than 255 bytes, or `schema` more than
/// 64; 2059/28000 and 2061/28000 as in `attachsql_connect_poll`.
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a live connection; strings are NULL or NUL-terminated; `error` is NULL or may be
/// written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_connect_change_user(
    con: *mut attachsql_connect_t,
    user: *const c_char,
    pass: *const c_char,
    schema: *const c_char,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says; the strings are copied before this returns.
    unsafe {
        guard::call(con, error, false, |handle| {
            let user = strings::required(user, "user")?;
            let pass = strings::optional(pass).unwrap_or_default();
            let schema = strings::required(schema, "schema")?;
            handle.connection.change_user(user, pass, schema).map(|()| true)
        })
    }
}

/// Chooses the default schema, as USE does. Poll says EOF when the server has taken it, and ERROR if it has
/// not; the schema is the one of before then.
///
/// Returns: as `attachsql_connect_ping`.
///
/// NULL: `con` and `schema` NULL fail with 3000/22023; `error` may be NULL.
///
/// Lifetime: `schema` is copied. Ends the lifetime of everything that the answer before it has lent.
///
/// Errors: as for `attachsql_connect_ping`; 3000/22023 `schema` has more than 64 bytes.
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a live connection; `schema` is NULL or NUL-terminated; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_connect_change_schema(
    con: *mut attachsql_connect_t,
    schema: *const c_char,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says; the string is copied before this returns.
    unsafe {
        guard::call(con, error, false, |handle| {
            let schema = strings::required(schema, "schema")?.to_vec();
            handle.connection.command(Short::Schema(schema)).map(|()| true)
        })
    }
}

/// Asks for the server's state as a line of text: its uptime, the number of threads and the like. When poll
/// says EOF, `attachsql_query_info` gives the line, until the next command.
///
/// Returns: as `attachsql_connect_ping`.
///
/// NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
///
/// Lifetime: ends that of everything that the answer before it has lent.
///
/// Errors: as for `attachsql_connect_ping`.
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a live connection; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_connect_statistics(
    con: *mut attachsql_connect_t,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe { command(con, error, Short::Statistics) }
}

/// Allows several statements, separated by `;`, in the queries that follow, or forbids them, whatever
/// ATTACHSQL_OPTION_MULTI_STATEMENTS said at login. Poll says EOF when the server has taken it.
///
/// Returns: as `attachsql_connect_ping`.
///
/// NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
///
/// Lifetime: ends that of everything that the answer before it has lent.
///
/// Errors: as for `attachsql_connect_ping`.
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a live connection; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_connect_set_multi_statements(
    con: *mut attachsql_connect_t,
    enable: bool,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe { command(con, error, Short::MultiStatements(enable)) }
}

/// Asks the server to end another connection, or, with `query_only`, only what that connection is doing.
/// `connection_id` is its number, as `attachsql_connect_get_connection_id` gives it there. The statement KILL
/// is sent, which the account must be allowed to use.
///
/// When poll says EOF the server has noted it, which does not mean that it has happened. What the other
/// connection is doing may have ended in the meantime: with `query_only` its next command may be hit then.
///
/// Returns: as `attachsql_connect_ping`.
///
/// NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
///
/// Lifetime: ends that of everything that the answer before it has lent.
///
/// Errors: as for `attachsql_connect_ping`.
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a live connection; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_connect_kill(
    con: *mut attachsql_connect_t,
    connection_id: u64,
    query_only: bool,
    error: *mut *mut attachsql_error_t,
) -> bool {
    let kill = Short::Kill { id: connection_id, query: query_only };
    // SAFETY: as the caller says.
    unsafe { command(con, error, kill) }
}

/// # Safety
/// `con` is NULL or a live connection; `error` is NULL or may be written.
unsafe fn command(
    con: *mut attachsql_connect_t,
    error: *mut *mut attachsql_error_t,
    short: Short,
) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        guard::call(con, error, false, |handle| handle.connection.command(short).map(|()| true))
    }
}
