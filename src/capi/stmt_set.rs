// SPDX-License-Identifier: Apache-2.0
//! Values for the parameters of statement handles. Unlike those of `parameters`, strings are copied; buffers of
//! the program's own are bound with `attachsql_stmt_bind`.

use std::ffi::c_char;

use crate::capi::handle::{Bound, Copied, attachsql_error_t};
use crate::capi::stmt::{attachsql_stmt_t, with};
use crate::capi::strings;
use crate::error::Result;
use crate::wire::temporal::{DateTime, Time};
use crate::wire::value::Param;

/// Sets a parameter to NULL, which is what a parameter is before it is set.
///
/// Parameters count from 0.
///
/// Returns: true.
///
/// NULL: `stmt` NULL fails with 3000/22023; `error` may be NULL.
///
/// Errors: 3000/22023 no text was given to prepare, or the statement has no such parameter;
/// 2006/08006 the connection was destroyed.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_set_null(
    stmt: *mut attachsql_stmt_t,
    param: u16,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe { set(stmt, param, error, || Ok(Bound::Value(Param::Null))) }
}

/// Sets a parameter to 0 or 1, of type TINYINT.
///
/// Parameters count from 0. The value stays until it is set anew, or another text is prepared.
///
/// Returns: true.
///
/// NULL: `stmt` NULL fails with 3000/22023; `error` may be NULL.
///
/// Errors: 3000/22023 no text was given to prepare, or the statement has no such parameter;
/// 2006/08006 the connection was destroyed.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_set_bool(
    stmt: *mut attachsql_stmt_t,
    param: u16,
    value: bool,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe { set(stmt, param, error, || Ok(Bound::Value(Param::Bool(value)))) }
}

/// Sets a parameter to a signed integer, of type INT.
///
/// Parameters count from 0. The value stays until it is set anew, or another text is prepared.
///
/// Returns: true.
///
/// NULL: `stmt` NULL fails with 3000/22023; `error` may be NULL.
///
/// Errors: 3000/22023 no text was given to prepare, or the statement has no such parameter;
/// 2006/08006 the connection was destroyed.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_set_int(
    stmt: *mut attachsql_stmt_t,
    param: u16,
    value: i32,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe { set(stmt, param, error, || Ok(Bound::Value(Param::Int(value)))) }
}

/// Sets a parameter to an unsigned integer, of type INT UNSIGNED.
///
/// Parameters count from 0. The value stays until it is set anew, or another text is prepared.
///
/// Returns: true.
///
/// NULL: `stmt` NULL fails with 3000/22023; `error` may be NULL.
///
/// Errors: 3000/22023 no text was given to prepare, or the statement has no such parameter;
/// 2006/08006 the connection was destroyed.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_set_unsigned_int(
    stmt: *mut attachsql_stmt_t,
    param: u16,
    value: u32,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe { set(stmt, param, error, || Ok(Bound::Value(Param::UInt(value)))) }
}

/// Sets a parameter to a signed integer, of type BIGINT.
///
/// Parameters count from 0. The value stays until it is set anew, or another text is prepared.
///
/// Returns: true.
///
/// NULL: `stmt` NULL fails with 3000/22023; `error` may be NULL.
///
/// Errors: 3000/22023 no text was given to prepare, or the statement has no such parameter;
/// 2006/08006 the connection was destroyed.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_set_bigint(
    stmt: *mut attachsql_stmt_t,
    param: u16,
    value: i64,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe { set(stmt, param, error, || Ok(Bound::Value(Param::BigInt(value)))) }
}

/// Sets a parameter to an unsigned integer, of type BIGINT UNSIGNED.
///
/// Parameters count from 0. The value stays until it is set anew, or another text is prepared.
///
/// Returns: true.
///
/// NULL: `stmt` NULL fails with 3000/22023; `error` may be NULL.
///
/// Errors: 3000/22023 no text was given to prepare, or the statement has no such parameter;
/// 2006/08006 the connection was destroyed.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_set_unsigned_bigint(
    stmt: *mut attachsql_stmt_t,
    param: u16,
    value: u64,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe { set(stmt, param, error, || Ok(Bound::Value(Param::UBigInt(value)))) }
}

/// Sets a parameter to a number of type FLOAT.
///
/// Parameters count from 0. The value stays until it is set anew, or another text is prepared.
///
/// Returns: true.
///
/// NULL: `stmt` NULL fails with 3000/22023; `error` may be NULL.
///
/// Errors: 3000/22023 no text was given to prepare, or the statement has no such parameter;
/// 2006/08006 the connection was destroyed.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_set_float(
    stmt: *mut attachsql_stmt_t,
    param: u16,
    value: f32,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe { set(stmt, param, error, || Ok(Bound::Value(Param::Float(value)))) }
}

/// Sets a parameter to a number of type DOUBLE.
///
/// Parameters count from 0. The value stays until it is set anew, or another text is prepared.
///
/// Returns: true.
///
/// NULL: `stmt` NULL fails with 3000/22023; `error` may be NULL.
///
/// Errors: 3000/22023 no text was given to prepare, or the statement has no such parameter;
/// 2006/08006 the connection was destroyed.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_set_double(
    stmt: *mut attachsql_stmt_t,
    param: u16,
    value: f64,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe { set(stmt, param, error, || Ok(Bound::Value(Param::Double(value)))) }
}

/// Sets a parameter to a decimal number, written as text: "-12.50".
///
/// The bytes are copied. The server judges whether it is one. Parameters count from 0.
///
/// Returns: true.
///
/// NULL: `stmt`, and `value` with a `length`, fail with 3000/22023; `error` may be NULL.
///
/// Errors: 3000/22023 no text was given to prepare, or the statement has no such parameter;
/// 2006/08006 the connection was destroyed.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `value` has `length` bytes, or is NULL; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_set_decimal(
    stmt: *mut attachsql_stmt_t,
    param: u16,
    length: usize,
    value: *const c_char,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        set(stmt, param, error, || {
            Ok(Bound::Copied(
                Copied::Decimal,
                strings::counted(value.cast(), length, "value")?.to_vec(),
            ))
        })
    }
}

/// Sets a parameter to a string, in the character set of the connection.
///
/// The bytes are copied. Parameters count from 0.
///
/// Returns: true.
///
/// NULL: `stmt`, and `value` with a `length`, fail with 3000/22023; `error` may be NULL.
///
/// Errors: 3000/22023 no text was given to prepare, or the statement has no such parameter;
/// 2006/08006 the connection was destroyed.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `value` has `length` bytes, or is NULL; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_set_string(
    stmt: *mut attachsql_stmt_t,
    param: u16,
    length: usize,
    value: *const c_char,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        set(stmt, param, error, || {
            Ok(Bound::Copied(
                Copied::Text,
                strings::counted(value.cast(), length, "value")?.to_vec(),
            ))
        })
    }
}

/// Sets a parameter to binary data, of type BLOB.
///
/// The bytes are copied. Parameters count from 0.
///
/// Returns: true.
///
/// NULL: `stmt`, and `value` with a `length`, fail with 3000/22023; `error` may be NULL.
///
/// Errors: 3000/22023 no text was given to prepare, or the statement has no such parameter;
/// 2006/08006 the connection was destroyed.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `value` has `length` bytes, or is NULL; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_set_binary(
    stmt: *mut attachsql_stmt_t,
    param: u16,
    length: usize,
    value: *const c_char,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        set(stmt, param, error, || {
            Ok(Bound::Copied(
                Copied::Blob,
                strings::counted(value.cast(), length, "value")?.to_vec(),
            ))
        })
    }
}

/// Sets a parameter to a JSON document, written as text.
///
/// The bytes are copied. The server judges whether it is one. MySQL 5.6 and MariaDB take a
/// text for it: use `attachsql_stmt_set_string` there. Parameters count from 0.
///
/// Returns: true.
///
/// NULL: `stmt`, and `value` with a `length`, fail with 3000/22023; `error` may be NULL.
///
/// Errors: 3000/22023 no text was given to prepare, or the statement has no such parameter;
/// 2006/08006 the connection was destroyed.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `value` has `length` bytes, or is NULL; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_set_json(
    stmt: *mut attachsql_stmt_t,
    param: u16,
    length: usize,
    value: *const c_char,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        set(stmt, param, error, || {
            Ok(Bound::Copied(
                Copied::Json,
                strings::counted(value.cast(), length, "value")?.to_vec(),
            ))
        })
    }
}

/// Sets a parameter to a date, of type DATE.
///
/// The server judges whether there is such a date. Parameters count from 0.
///
/// Returns: true.
///
/// NULL: `stmt` NULL fails with 3000/22023; `error` may be NULL.
///
/// Errors: 3000/22023 no text was given to prepare, or the statement has no such parameter;
/// 2006/08006 the connection was destroyed.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_set_date(
    stmt: *mut attachsql_stmt_t,
    param: u16,
    year: u16,
    month: u8,
    day: u8,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        set(stmt, param, error, || {
            let date = DateTime { year, month, day, ..DateTime::default() };
            Ok(Bound::Value(Param::Date(date)))
        })
    }
}

/// Sets a parameter to a date with a time of day, of type DATETIME.
///
/// The server judges whether there is such a date. Parameters count from 0.
///
/// Returns: true.
///
/// NULL: `stmt` NULL fails with 3000/22023; `error` may be NULL.
///
/// Errors: 3000/22023 no text was given to prepare, or the statement has no such parameter;
/// 2006/08006 the connection was destroyed.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_set_datetime(
    stmt: *mut attachsql_stmt_t,
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
        set(stmt, param, error, || {
            let date = DateTime { year, month, day, hour, minute, second, microsecond };
            Ok(Bound::Value(Param::DateTime(date)))
        })
    }
}

/// Sets a parameter to a time span, of type TIME.
///
/// Hours may go far beyond 23; servers store up to 838. Parameters count from 0.
///
/// Returns: true.
///
/// NULL: `stmt` NULL fails with 3000/22023; `error` may be NULL.
///
/// Errors: 3000/22023 no text was given to prepare, or the statement has no such parameter;
/// 2006/08006 the connection was destroyed.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_set_time(
    stmt: *mut attachsql_stmt_t,
    param: u16,
    is_negative: bool,
    hours: u32,
    minute: u8,
    second: u8,
    microsecond: u32,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        set(stmt, param, error, || {
            Ok(Bound::Value(Param::Time(time(is_negative, hours, minute, second, microsecond))))
        })
    }
}

/// A time span of so many hours.
pub(super) fn time(
    negative: bool,
    hours: u32,
    minutes: u8,
    seconds: u8,
    microseconds: u32,
) -> Time {
    // Below 24.
    let rest = u8::try_from(hours % 24).unwrap_or_default();
    Time { negative, days: hours / 24, hours: rest, minutes, seconds, microseconds }
}

/// Keeps the value that `bound` gives.
///
/// # Safety
/// `stmt` is NULL or a live handle; `error` is NULL or may be written.
#[inline]
unsafe fn set(
    stmt: *mut attachsql_stmt_t,
    param: u16,
    error: *mut *mut attachsql_error_t,
    bound: impl FnOnce() -> Result<Bound>,
) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        with(stmt, error, false, |connection, prepared| {
            connection.check_settable(prepared.key, param)?;
            prepared.set(param, connection.param_count(prepared.key), bound()?);
            Ok(true)
        })
    }
}
