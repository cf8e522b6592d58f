// SPDX-License-Identifier: Apache-2.0
//! The rows of statement handles: getters that say what is wrong, and whole rows in one call.

use std::ffi::c_char;

use crate::capi::handle::attachsql_error_t;
use crate::capi::stmt::{Own, attachsql_stmt_t, call, peek, poke, quiet};
use crate::capi::types::{attachsql_time_st, attachsql_value_t, c_bool};
use crate::error::{Error, Misuse};
use crate::session::Connection;
use crate::session::convert::checked::{self, Checked};
use crate::session::convert::quick;
use crate::wire::bin_row::Field;
use crate::wire::temporal::{DateTime, Time};

/// Takes the row that is held, so that its values can be read with `attachsql_stmt_get_int` and the like.
/// Call it for each row, after ROW_READY; `attachsql_stmt_row_cells` does it too.
///
/// Returns: true; false with an error. May be called again for the same row.
///
/// NULL: `stmt` NULL fails with 3000/22023; `error` may be NULL.
///
/// Errors: 2051/02000 no row of this statement is held; 2006/08006 the connection was destroyed.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_row_get(
    stmt: *mut attachsql_stmt_t,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        let taken = poke(stmt, |connection, prepared| {
            connection.machine_mut().take_fields_of(prepared.key).map(|_| true)
        });
        taken.unwrap_or_else(|| call(stmt, error, false, |_, _| Err(no_row())))
    }
}

/// Gives the row that is held back, if it is one of this statement, so that the next poll can bring another.
/// Never waits.
///
/// NULL: no effect.
///
/// Lifetime: ends that of the row's values.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_row_next(stmt: *mut attachsql_stmt_t) {
    // SAFETY: as the caller says.
    unsafe {
        poke(stmt, |connection, prepared| {
            connection.machine().is_answer_of(prepared.key).then(|| connection.next_row())
        });
    }
}

/// Whether a value of the row that was got is NULL. Columns count from 0.
///
/// Returns: true for NULL; false for a value, and if no row was got or there is no such column.
///
/// NULL: `stmt` NULL gives false.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_is_null(stmt: *mut attachsql_stmt_t, column: u16) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        quiet(stmt, false, |connection, own| {
            field(connection, own, column).is_some_and(Field::is_null)
        })
    }
}

/// A value as a boolean: whether a number is other than 0.
///
/// Numbers of every sort are read, texts that are one, and the words true and false. Columns count from 0.
///
/// Returns: ATTACHSQL_VALUE_OK, and the value in `*value`; otherwise nothing is written, and it says why:
/// NULL, OUT_OF_RANGE, WRONG_TYPE, or NONE if no row was got or there is no such column.
///
/// NULL: `stmt` NULL gives NONE; `value` may be NULL, to know only what it would be.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `value` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_get_bool(
    stmt: *mut attachsql_stmt_t,
    column: u16,
    value: *mut c_bool,
) -> attachsql_value_t {
    // SAFETY: as the caller says.
    unsafe {
        get(
            stmt,
            column,
            value,
            |_| None,
            |field, raw| {
                checked::boolean(field.kind(), field.is_unsigned(), raw)
                    .map(|yes| c_bool(yes.into()))
            },
        )
    }
}

/// A value as a signed integer of 32 bits.
///
/// Integers, BIT, and FLOAT, DOUBLE, decimals and texts that are a whole number are read; nothing is cut.
/// Columns count from 0.
///
/// Returns: ATTACHSQL_VALUE_OK, and the value in `*value`; otherwise nothing is written, and it says why:
/// NULL, OUT_OF_RANGE, WRONG_TYPE, or NONE if no row was got or there is no such column.
///
/// NULL: `stmt` NULL gives NONE; `value` may be NULL, to know only what it would be.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `value` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_get_int(
    stmt: *mut attachsql_stmt_t,
    column: u16,
    value: *mut i32,
) -> attachsql_value_t {
    // SAFETY: as the caller says.
    unsafe {
        get(stmt, column, value, quick::integer, |field, raw| {
            checked::integer(field.kind(), field.is_unsigned(), raw)
        })
    }
}

/// A value as an unsigned integer of 32 bits.
///
/// Integers, BIT, and FLOAT, DOUBLE, decimals and texts that are a whole number are read; nothing is cut.
/// Columns count from 0.
///
/// Returns: ATTACHSQL_VALUE_OK, and the value in `*value`; otherwise nothing is written, and it says why:
/// NULL, OUT_OF_RANGE, WRONG_TYPE, or NONE if no row was got or there is no such column.
///
/// NULL: `stmt` NULL gives NONE; `value` may be NULL, to know only what it would be.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `value` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_get_unsigned_int(
    stmt: *mut attachsql_stmt_t,
    column: u16,
    value: *mut u32,
) -> attachsql_value_t {
    // SAFETY: as the caller says.
    unsafe {
        get(stmt, column, value, quick::integer, |field, raw| {
            checked::integer(field.kind(), field.is_unsigned(), raw)
        })
    }
}

/// A value as a signed integer of 64 bits.
///
/// Integers, BIT, and FLOAT, DOUBLE, decimals and texts that are a whole number are read; nothing is cut.
/// Columns count from 0.
///
/// Returns: ATTACHSQL_VALUE_OK, and the value in `*value`; otherwise nothing is written, and it says why:
/// NULL, OUT_OF_RANGE, WRONG_TYPE, or NONE if no row was got or there is no such column.
///
/// NULL: `stmt` NULL gives NONE; `value` may be NULL, to know only what it would be.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `value` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_get_bigint(
    stmt: *mut attachsql_stmt_t,
    column: u16,
    value: *mut i64,
) -> attachsql_value_t {
    // SAFETY: as the caller says.
    unsafe {
        get(stmt, column, value, quick::integer, |field, raw| {
            checked::integer(field.kind(), field.is_unsigned(), raw)
        })
    }
}

/// A value as an unsigned integer of 64 bits.
///
/// Integers, BIT, and FLOAT, DOUBLE, decimals and texts that are a whole number are read; nothing is cut.
/// Columns count from 0.
///
/// Returns: ATTACHSQL_VALUE_OK, and the value in `*value`; otherwise nothing is written, and it says why:
/// NULL, OUT_OF_RANGE, WRONG_TYPE, or NONE if no row was got or there is no such column.
///
/// NULL: `stmt` NULL gives NONE; `value` may be NULL, to know only what it would be.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `value` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_get_unsigned_bigint(
    stmt: *mut attachsql_stmt_t,
    column: u16,
    value: *mut u64,
) -> attachsql_value_t {
    // SAFETY: as the caller says.
    unsafe {
        get(stmt, column, value, quick::integer, |field, raw| {
            checked::integer(field.kind(), field.is_unsigned(), raw)
        })
    }
}

/// A value as a float, the nearest there is.
///
/// Numbers of every sort are read, and texts that are one; a number beyond the largest float is out of range.
/// Columns count from 0.
///
/// Returns: ATTACHSQL_VALUE_OK, and the value in `*value`; otherwise nothing is written, and it says why:
/// NULL, OUT_OF_RANGE, WRONG_TYPE, or NONE if no row was got or there is no such column.
///
/// NULL: `stmt` NULL gives NONE; `value` may be NULL, to know only what it would be.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `value` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_get_float(
    stmt: *mut attachsql_stmt_t,
    column: u16,
    value: *mut f32,
) -> attachsql_value_t {
    // SAFETY: as the caller says.
    unsafe {
        get_any(stmt, column, value, |field, raw| {
            checked::float(field.kind(), field.is_unsigned(), raw)
        })
    }
}

/// A value as a double, the nearest there is.
///
/// Numbers of every sort are read, and texts that are one. Columns count from 0.
///
/// Returns: ATTACHSQL_VALUE_OK, and the value in `*value`; otherwise nothing is written, and it says why:
/// NULL, OUT_OF_RANGE, WRONG_TYPE, or NONE if no row was got or there is no such column.
///
/// NULL: `stmt` NULL gives NONE; `value` may be NULL, to know only what it would be.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `value` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_get_double(
    stmt: *mut attachsql_stmt_t,
    column: u16,
    value: *mut f64,
) -> attachsql_value_t {
    // SAFETY: as the caller says.
    unsafe {
        get(stmt, column, value, quick::double, |field, raw| {
            checked::double(field.kind(), field.is_unsigned(), raw)
        })
    }
}

/// A value as a date with a time of day.
///
/// DATE, DATETIME and TIMESTAMP are read, and texts that are such a date. Zero dates are given as they are.
/// Columns count from 0.
///
/// Returns: ATTACHSQL_VALUE_OK, and the value in `*value`; otherwise nothing is written, and it says why:
/// NULL, OUT_OF_RANGE, WRONG_TYPE, or NONE if no row was got or there is no such column.
///
/// NULL: `stmt` NULL gives NONE; `value` may be NULL, to know only what it would be.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `value` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_get_date(
    stmt: *mut attachsql_stmt_t,
    column: u16,
    value: *mut attachsql_time_st,
) -> attachsql_value_t {
    // SAFETY: as the caller says.
    unsafe {
        get(
            stmt,
            column,
            value,
            |field| quick::date_time(field).map(|date| date_time(&date)),
            |field, raw| {
                checked::date_time(field.kind(), field.is_unsigned(), raw)
                    .map(|date| date_time(&date))
            },
        )
    }
}

/// A value as a time span.
///
/// TIME is read, and texts that are such a span. Columns count from 0.
///
/// Returns: ATTACHSQL_VALUE_OK, and the value in `*value`; otherwise nothing is written, and it says why:
/// NULL, OUT_OF_RANGE, WRONG_TYPE, or NONE if no row was got or there is no such column.
///
/// NULL: `stmt` NULL gives NONE; `value` may be NULL, to know only what it would be.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `value` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_get_time(
    stmt: *mut attachsql_stmt_t,
    column: u16,
    value: *mut attachsql_time_st,
) -> attachsql_value_t {
    // SAFETY: as the caller says.
    unsafe {
        get(
            stmt,
            column,
            value,
            |_| None,
            |field, raw| {
                checked::time(field.kind(), field.is_unsigned(), raw).map(|time| span(&time))
            },
        )
    }
}

/// A value as text, or as the bytes it has: what `attachsql_statement_get_char` gives. Columns count from 0.
///
/// Returns: ATTACHSQL_VALUE_OK, and the value in `*value` and `*length`; otherwise nothing is written: NULL, or
/// NONE if no row was got or there is no such column. An empty string is OK with length 0.
///
/// NULL: `stmt` NULL gives NONE; `value` and `length` may be NULL.
///
/// Lifetime: as of what `attachsql_stmt_row_cells` gives.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `value` and `length` are NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_get_string(
    stmt: *mut attachsql_stmt_t,
    column: u16,
    value: *mut *const c_char,
    length: *mut usize,
) -> attachsql_value_t {
    // SAFETY: as the caller says.
    unsafe {
        let found = peek(stmt, |connection, prepared| {
            connection.machine().field_of(prepared.key, column)?.string()?
        });
        match found {
            Some(text) => {
                write(value, text.data.cast_const().cast());
                write(length, text.length);
                attachsql_value_t::OK
            }
            None => get_any_string(stmt, column, value, length),
        }
    }
}

/// As `attachsql_stmt_get_string`, for all values.
///
/// # Safety
/// As there.
#[inline(never)]
unsafe extern "C" fn get_any_string(
    stmt: *mut attachsql_stmt_t,
    column: u16,
    value: *mut *const c_char,
    length: *mut usize,
) -> attachsql_value_t {
    // SAFETY: as the caller says.
    unsafe {
        quiet(stmt, attachsql_value_t::NONE, |connection, own| {
            let Some(prepared) = &mut own.prepared else {
                return attachsql_value_t::NONE;
            };
            let Some(field) = connection.machine().field_of(prepared.key, column) else {
                return attachsql_value_t::NONE;
            };
            match connection.text_of(field, column, &mut prepared.texts) {
                None => attachsql_value_t::NULL,
                Some(text) => {
                    write(value, text.data.cast_const().cast());
                    write(length, text.length);
                    attachsql_value_t::OK
                }
            }
        })
    }
}

/// A value of the row that was got, if it is one of this handle's statement.
#[inline]
fn field<'a>(connection: &'a Connection, own: &Own, column: u16) -> Option<&'a Field> {
    connection.machine().field_of(own.prepared.as_ref()?.key, column)
}

/// Reads a value of the row that was got: by `quick` where it is what most values are, which must not be able to
/// panic, otherwise by `read`.
///
/// # Safety
/// `stmt` is NULL or a live handle; `value` is NULL or may be written.
#[inline(always)]
unsafe fn get<T>(
    stmt: *mut attachsql_stmt_t,
    column: u16,
    value: *mut T,
    quick: impl FnOnce(&Field) -> Option<T>,
    read: impl FnOnce(&Field, Option<&[u8]>) -> Checked<T>,
) -> attachsql_value_t {
    // SAFETY: as the caller says.
    unsafe {
        let found = peek(stmt, |connection, prepared| {
            quick(connection.machine().field_of(prepared.key, column)?)
        });
        match found {
            Some(found) => {
                write(value, found);
                attachsql_value_t::OK
            }
            None => get_any(stmt, column, value, read),
        }
    }
}

/// As `get`, for all values.
///
/// # Safety
/// As there.
#[inline(never)]
unsafe fn get_any<T>(
    stmt: *mut attachsql_stmt_t,
    column: u16,
    value: *mut T,
    read: impl FnOnce(&Field, Option<&[u8]>) -> Checked<T>,
) -> attachsql_value_t {
    // SAFETY: as the caller says.
    unsafe {
        quiet(stmt, attachsql_value_t::NONE, |connection, own| {
            let Some(field) = field(connection, own, column) else {
                return attachsql_value_t::NONE;
            };
            match connection.with_raw(field, |raw| read(field, raw)) {
                Checked::Value(found) => {
                    write(value, found);
                    attachsql_value_t::OK
                }
                Checked::Null => attachsql_value_t::NULL,
                Checked::OutOfRange => attachsql_value_t::OUT_OF_RANGE,
                Checked::WrongType => attachsql_value_t::WRONG_TYPE,
            }
        })
    }
}

/// # Safety
/// `to` is NULL or may be written.
unsafe fn write<T>(to: *mut T, value: T) {
    if !to.is_null() {
        // SAFETY: as the caller says.
        unsafe { to.write(value) };
    }
}

/// A date, with or without a time of day, as C has it.
#[inline(always)]
pub(super) fn date_time(value: &DateTime) -> attachsql_time_st {
    let &DateTime { year, month, day, hour, minute, second, microsecond } = value;
    let (is_negative, hour) = (c_bool(0), hour.into());
    attachsql_time_st { year, month, day, hour, minute, second, is_negative, microsecond }
}

/// A time span as C has it.
pub(super) fn span(value: &Time) -> attachsql_time_st {
    let &Time { negative, days, hours, minutes, seconds, microseconds } = value;
    attachsql_time_st {
        year: 0,
        month: 0,
        day: 0,
        hour: days.saturating_mul(24).saturating_add(hours.into()),
        minute: minutes,
        second: seconds,
        is_negative: c_bool(negative.into()),
        microsecond: microseconds,
    }
}

#[cold]
#[inline(never)]
pub(super) fn no_row() -> Box<Error> {
    Misuse::NoRow.into()
}
