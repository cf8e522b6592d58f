// SPDX-License-Identifier: Apache-2.0
//! Attributes of queries and executes.

use std::ffi::c_char;

use crate::capi::guard;
use crate::capi::handle::{attachsql_connect_t, attachsql_error_t};
use crate::capi::strings;
use crate::error::Misuse;

/// Gives the next query or execute an attribute: a name with a text that the server keeps beside it, for logs,
/// for tracing, and for the SQL function `mysql_query_attribute_string`. It goes with the next
/// `attachsql_query`, `attachsql_statement_execute` or `attachsql_stmt_execute` of the connection that is accepted, and
/// is forgotten then. Any number of attributes may be set; a name that is set again has the new value.
///
/// `ATTACHSQL_OPTION_QUERY_ATTRIBUTES` must have been set before connecting, and the server must take them: MySQL
/// does from 8.0.23 on, MariaDB does not.
///
/// Returns: true.
///
/// NULL: `con`, `name`, and `value` with a `length`, fail with 3000/22023; `error` may be NULL.
///
/// Lifetime: `name` and `value` are copied.
///
/// Errors: 3000/22023 the option was not set; 2054/0A000 the server does not take attributes (before the login
/// that is not known yet, and the query or execute then ends with this error, unsent); 2006/08006 the
/// connection is gone.
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a live connection; `name` is NULL or ends with NUL; `value` has `length` bytes, or is NULL;
/// `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_query_set_attribute(
    con: *mut attachsql_connect_t,
    name: *const c_char,
    length: usize,
    value: *const c_char,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says; both are copied before this returns.
    unsafe {
        guard::call(con, error, false, |handle| {
            let Some(name) = strings::optional(name) else {
                return Err(Misuse::Null("name").into());
            };
            let value = strings::counted(value.cast(), length, "value")?;
            handle.connection.set_attribute(name, value).map(|()| true)
        })
    }
}
