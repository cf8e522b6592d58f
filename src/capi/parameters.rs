// SPDX-License-Identifier: Apache-2.0
//! Values for the parameters of a connection's prepared statement. They are kept here until an execute
//! reads them; strings by their address, which is the contract.

use std::ffi::c_char;

use crate::capi::guard;
use crate::capi::handle::{Bound, attachsql_connect_t, attachsql_error_t};
use crate::capi::statement::prepared;
use crate::capi::strings;
use crate::error::Result;
use crate::wire::temporal::{DateTime, Time};
use crate::wire::value::Param;

/// Sets a parameter to a signed integer, of type INT.
///
/// Parameters count from 0. The value stays until it is set anew or the statement is closed.
///
/// Returns: true.
///
/// NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
///
/// Errors: 3000/22023 no statement, or it has no such parameter.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_statement_set_int(
    con: *mut attachsql_connect_t,
    param: u16,
    value: i32,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe { set(con, param, error, || Ok(Bound::Value(Param::Int(value)))) }
}

/// Sets a parameter to an unsigned integer, of type INT UNSIGNED.
///
/// Parameters count from 0. The value stays until it is set anew or the statement is closed.
///
/// Returns: true.
///
/// NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
///
/// Errors: 3000/22023 no statement, or it has no such parameter.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_statement_set_unsigned_int(
    con: *mut attachsql_connect_t,
    param: u16,
    value: u32,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe { set(con, param, error, || Ok(Bound::Value(Param::UInt(value)))) }
}

/// Sets a parameter to a signed integer, of type BIGINT.
///
/// Parameters count from 0. The value stays until it is set anew or the statement is closed.
///
/// Returns: true.
///
/// NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
///
/// Errors: 3000/22023 no statement, or it has no such parameter.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_statement_set_bigint(
    con: *mut attachsql_connect_t,
    param: u16,
    value: i64,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe { set(con, param, error, || Ok(Bound::Value(Param::BigInt(value)))) }
}

/// Sets a parameter to an unsigned integer, of type BIGINT UNSIGNED.
///
/// Parameters count from 0. The value stays until it is set anew or the statement is closed.
///
/// Returns: true.
///
/// NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
///
/// Errors: 3000/22023 no statement, or it has no such parameter.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_statement_set_unsigned_bigint(
    con: *mut attachsql_connect_t,
    param: u16,
    value: u64,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe { set(con, param, error, || Ok(Bound::Value(Param::UBigInt(value)))) }
}

/// Sets a parameter to a number of type DOUBLE.
///
/// Parameters count from 0. The value stays until it is set anew or the statement is closed.
///
/// Returns: true.
///
/// NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
///
/// Errors: 3000/22023 no statement, or it has no such parameter.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_statement_set_double(
    con: *mut attachsql_connect_t,
    param: u16,
    value: f64,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe { set(con, param, error, || Ok(Bound::Value(Param::Double(value)))) }
}

/// Sets a parameter to a string of `length` bytes, in the character set of the connection.
///
/// **The pointer is kept, not the bytes**: each `attachsql_statement_execute` reads what is there then, so a
/// program may change them in place. Parameters count from 0.
///
/// Returns: true.
///
/// NULL: `con`, and `value` with a `length`, fail with 3000/22023; `error` may be NULL.
///
/// Lifetime: `value` must stay valid until the parameter is set anew or the statement is closed, as
/// long as it is executed.
///
/// Errors: 3000/22023 no statement, or it has no such parameter.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection; `value` has `length` bytes whenever the statement is executed, or is
/// NULL; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_statement_set_string(
    con: *mut attachsql_connect_t,
    param: u16,
    length: usize,
    value: *const c_char,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        set(con, param, error, || {
            // Only looked at here.
            strings::counted(value.cast(), length, "value")?;
            Ok(Bound::Text { data: value, length })
        })
    }
}

/// Sets a parameter to binary data of `length` bytes, of type BLOB.
///
/// **The pointer is kept, not the bytes**: each `attachsql_statement_execute` reads what is there then, so a
/// program may change them in place. Parameters count from 0.
///
/// Returns: true.
///
/// NULL: `con`, and `value` with a `length`, fail with 3000/22023; `error` may be NULL.
///
/// Lifetime: `value` must stay valid until the parameter is set anew or the statement is closed, as
/// long as it is executed.
///
/// Errors: 3000/22023 no statement, or it has no such parameter.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection; `value` has `length` bytes whenever the statement is executed, or is
/// NULL; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_statement_set_binary(
    con: *mut attachsql_connect_t,
    param: u16,
    length: usize,
    value: *const c_char,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        set(con, param, error, || {
            // Only looked at here.
            strings::counted(value.cast(), length, "value")?;
            Ok(Bound::Blob { data: value, length })
        })
    }
}

/// Sets a parameter to NULL, which is what a parameter is before it is set.
///
/// Parameters count from 0.
///
/// Returns: true.
///
/// NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
///
/// Errors: 3000/22023 no statement, or it has no such parameter.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_statement_set_null(
    con: *mut attachsql_connect_t,
    param: u16,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe { set(con, param, error, || Ok(Bound::Value(Param::Null))) }
}

/// Sets a parameter to a date with a time of day, of type DATETIME.
///
/// Parameters count from 0. The server judges whether there is such a date. All zeros are 0000-00-00 00:00:00.
///
/// Returns: true.
///
/// NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
///
/// Errors: 3000/22023 no statement, or it has no such parameter.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_statement_set_datetime(
    con: *mut attachsql_connect_t,
    param: u16,
    year: u16,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
    microsecond: u32,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        set(con, param, error, || {
            let date = DateTime { year, month, day, hour, minute, second, microsecond };
            Ok(Bound::Value(Param::DateTime(date)))
        })
    }
}

/// Sets a parameter to a time span, of type TIME.
///
/// Parameters count from 0. Hours may go beyond 23.
///
/// Returns: true.
///
/// NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
///
/// Errors: 3000/22023 no statement, or it has no such parameter.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_statement_set_time(
    con: *mut attachsql_connect_t,
    param: u16,
    hour: u8,
    minute: u8,
    second: u8,
    microsecond: u32,
    is_negative: bool,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        set(con, param, error, || {
            let (days, hours) = (0, hour);
            let (minutes, seconds, microseconds) = (minute, second, microsecond);
            let negative = is_negative;
            let time = Time { negative, days, hours, minutes, seconds, microseconds };
            Ok(Bound::Value(Param::Time(time)))
        })
    }
}

/// Keeps the value that `bound` gives.
///
/// # Safety
/// `con` is NULL or a live connection; `error` is NULL or may be written.
#[inline]
unsafe fn set(
    con: *mut attachsql_connect_t,
    param: u16,
    error: *mut *mut attachsql_error_t,
    bound: impl FnOnce() -> Result<Bound>,
) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        guard::call(con, error, false, |handle| {
            let (connection, statement) = prepared(handle)?;
            connection.check_param(statement.key, param)?;
            statement.set(param, connection.param_count(statement.key), bound()?);
            Ok(true)
        })
    }
}
