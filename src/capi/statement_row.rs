// SPDX-License-Identifier: Apache-2.0
//! The rows of a connection's prepared statement.

use std::ffi::{c_char, c_uint};

use crate::buf::Cell;
use crate::capi::guard;
use crate::capi::handle::{attachsql_connect_t, attachsql_error_t};
use crate::capi::statement::prepared;
use crate::capi::types::attachsql_column_type_t;
use crate::error::Misuse;
use crate::session::convert::{self, NotANumber, Place};
use crate::wire::bin_row::Field;

/// Takes the row that is held, so that its values can be read with `attachsql_statement_get_int` and the
/// like. Call it for each row, after ROW_READY.
///
/// Returns: true; false with an error. May be called again for the same row.
///
/// NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
///
/// Errors: 2051/02000 no row of a statement is held.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_statement_row_get(
    con: *mut attachsql_connect_t,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    let taken = unsafe {
        guard::poke(con, |handle| {
            let key = handle.statement.as_ref()?.key;
            handle.connection.take_statement_row(key).then_some(true)
        })
    };
    // SAFETY: as the caller says.
    taken.unwrap_or_else(|| unsafe { no_row(con, error) })
}

/// Gives the row that is held back, so that the next poll can bring another. Never waits. No effect if no
/// row is held. The same as `attachsql_query_row_next`.
///
/// NULL: no effect.
///
/// Lifetime: ends that of the row's values.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_statement_row_next(con: *mut attachsql_connect_t) {
    // SAFETY: as the caller says.
    unsafe { guard::quiet(con, (), |handle| handle.connection.next_row()) };
}

/// The number of columns of the current result. The same as `attachsql_query_column_count`, which see; what
/// `attachsql_query_column_get` tells of them is good for statements too.
///
/// Returns: the number; 0 before the result is there, also after a prepare.
///
/// NULL: `con` NULL gives 0.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_statement_get_column_count(
    con: *mut attachsql_connect_t,
) -> u16 {
    // SAFETY: as the caller says.
    unsafe { guard::quiet(con, 0, |handle| handle.connection.machine().result.column_count) }
}

/// The type of a column of the current result, counted from 0: that of the column, also where a value is
/// NULL. It may be a number that the enum does not name (245, JSON).
///
/// Returns: the type; ATTACHSQL_COLUMN_TYPE_ERROR if there is no such column.
///
/// NULL: `con` NULL gives ATTACHSQL_COLUMN_TYPE_ERROR.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_statement_get_column_type(
    con: *mut attachsql_connect_t,
    column: u16,
) -> attachsql_column_type_t {
    // SAFETY: as the caller says.
    unsafe {
        guard::quiet(con, attachsql_column_type_t::ERROR, |handle| {
            match handle.connection.column_kind(column) {
                Some(kind) => attachsql_column_type_t(c_uint::from(kind)),
                None => attachsql_column_type_t::ERROR,
            }
        })
    }
}

/// A value as a signed integer. Columns count from 0.
///
/// The getter decides about the sign: the value's bytes are taken as signed, whatever the column is. A
/// TINYINT UNSIGNED of 200 gives -56; `attachsql_statement_get_int_unsigned` gives 200. Of a BIGINT it is
/// the low 32 bits. A FLOAT or DOUBLE loses its fraction, and beyond the limits the nearest one counts.
/// Texts and decimals are not read as numbers.
///
/// Returns: the value; 0 for NULL, without an error.
///
/// NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
///
/// Errors: 3000/22023 no row was got, there is no such column, or its type is not one of numbers; 0 is
/// returned then, and `*error` tells it from a 0 in the row.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_statement_get_int(
    con: *mut attachsql_connect_t,
    column: u16,
    error: *mut *mut attachsql_error_t,
) -> i32 {
    // SAFETY: as the caller says.
    unsafe {
        number(con, column, error, |field| match field.whole() {
            Some(value) => Ok(convert::low_half(value.cast_unsigned()).cast_signed()),
            None => convert::int(field.kind(), field.bits()),
        })
    }
}

/// A value as an unsigned integer. Columns count from 0.
///
/// As `attachsql_statement_get_int`, but the bytes are taken as unsigned: a TINYINT of -1 gives 255.
///
/// Returns: the value; 0 for NULL, without an error.
///
/// NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
///
/// Errors: 3000/22023 no row was got, there is no such column, or its type is not one of numbers; 0 is
/// returned then, and `*error` tells it from a 0 in the row.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_statement_get_int_unsigned(
    con: *mut attachsql_connect_t,
    column: u16,
    error: *mut *mut attachsql_error_t,
) -> u32 {
    // SAFETY: as the caller says.
    unsafe { number(con, column, error, |field| convert::int_unsigned(field.kind(), field.bits())) }
}

/// A value as a signed integer of 64 bits. Columns count from 0.
///
/// As `attachsql_statement_get_int` otherwise: the bytes are taken as signed.
///
/// Returns: the value; 0 for NULL, without an error.
///
/// NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
///
/// Errors: 3000/22023 no row was got, there is no such column, or its type is not one of numbers; 0 is
/// returned then, and `*error` tells it from a 0 in the row.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_statement_get_bigint(
    con: *mut attachsql_connect_t,
    column: u16,
    error: *mut *mut attachsql_error_t,
) -> i64 {
    // SAFETY: as the caller says.
    unsafe {
        number(con, column, error, |field| match field.whole() {
            Some(value) => Ok(value),
            None => convert::bigint(field.kind(), field.bits()),
        })
    }
}

/// A value as an unsigned integer of 64 bits. Columns count from 0.
///
/// As `attachsql_statement_get_int` otherwise, but the bytes are taken as unsigned.
///
/// Returns: the value; 0 for NULL, without an error.
///
/// NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
///
/// Errors: 3000/22023 no row was got, there is no such column, or its type is not one of numbers; 0 is
/// returned then, and `*error` tells it from a 0 in the row.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_statement_get_bigint_unsigned(
    con: *mut attachsql_connect_t,
    column: u16,
    error: *mut *mut attachsql_error_t,
) -> u64 {
    // SAFETY: as the caller says.
    unsafe {
        number(con, column, error, |field| convert::bigint_unsigned(field.kind(), field.bits()))
    }
}

/// A value as a double. Columns count from 0. Whether an integer has a sign is the column's affair here.
///
/// Returns: the value; 0 for NULL, without an error.
///
/// NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
///
/// Errors: 3000/22023 no row was got, there is no such column, or its type is not one of numbers; 0 is
/// returned then, and `*error` tells it from a 0 in the row.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_statement_get_double(
    con: *mut attachsql_connect_t,
    column: u16,
    error: *mut *mut attachsql_error_t,
) -> f64 {
    // SAFETY: as the caller says.
    unsafe {
        number(con, column, error, |field| match field.double() {
            Some(value) => Ok(value),
            None => convert::double(field.kind(), field.is_unsigned(), field.bits()),
        })
    }
}

/// A value as text, or as the bytes it has. Columns count from 0.
///
/// Integers are written in decimal, signed if the column is. FLOAT and DOUBLE have six digits after the
/// point. DATE is 2001-02-03, DATETIME and TIMESTAMP 2001-02-03 04:05:06, TIME -12:34:56 with as many hours
/// as there are; a fraction of six digits follows if there is one. These have a NUL behind them. Everything
/// else is given as the server sent it, without a NUL: decimals, strings, BLOB, BIT, GEOMETRY, JSON.
///
/// Returns: the value, and its length in `*length`; NULL for NULL, without an error, and `*length` is left
/// alone then; NULL with an error. An empty string is not NULL and has length 0.
///
/// NULL: `con` and `length` NULL fail with 3000/22023; `error` may be NULL.
///
/// Lifetime: until `attachsql_statement_row_next`, `attachsql_statement_execute`, `_prepare`, `_reset`,
/// `_send_long_data` or `_close`, `attachsql_query`, `attachsql_query_close`, or
/// `attachsql_connect_destroy`.
///
/// Errors: 3000/22023 no row was got, or there is no such column.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection; `length` and `error` are NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_statement_get_char(
    con: *mut attachsql_connect_t,
    column: u16,
    length: *mut usize,
    error: *mut *mut attachsql_error_t,
) -> *mut c_char {
    enum Found {
        Null,
        Here(Cell),
        /// A date with a time of day; its bytes, and where its text goes.
        Date(*const [u8; 8], *const Place),
    }
    // SAFETY: as the caller says.
    let found = unsafe {
        guard::peek(con, |handle| {
            let field = if length.is_null() { None } else { handle.connection.field(column) }?;
            Some(match field.string() {
                Some(None) => Found::Null,
                Some(Some(cell)) => Found::Here(cell),
                None => {
                    let texts = &handle.statement.as_ref()?.texts;
                    Found::Date(field.date_time()?, texts.get(usize::from(column))?)
                }
            })
        })
    };
    match found {
        Some(Found::Here(cell)) => {
            // SAFETY: not NULL, and may be written, as the caller says.
            unsafe { length.write(cell.length) };
            cell.data.cast()
        }
        Some(Found::Null) => std::ptr::null_mut(),
        // SAFETY: as the caller says; nothing has changed since the place was found.
        Some(Found::Date(value, place)) => unsafe {
            date(con, column, length, error, value, place)
        },
        // SAFETY: as the caller says.
        None => unsafe { formatted(con, column, length, error) },
    }
}

/// As `attachsql_statement_get_char`, for the usual date with a time of day.
///
/// # Safety
/// As there; `length` is not NULL; `value` and `place` are the connection's.
#[inline(never)]
unsafe extern "C" fn date(
    con: *mut attachsql_connect_t,
    column: u16,
    length: *mut usize,
    error: *mut *mut attachsql_error_t,
    value: *const [u8; 8],
    place: *const Place,
) -> *mut c_char {
    // SAFETY: as the caller says.
    match unsafe { convert::date_time(&*value, &*place) } {
        Some((text, size)) => {
            // SAFETY: as the caller says.
            unsafe { length.write(size) };
            text.cast()
        }
        // SAFETY: as the caller says.
        None => unsafe { formatted(con, column, length, error) },
    }
}

/// As `attachsql_statement_get_char`, for what is not given as it is.
///
/// # Safety
/// As there.
#[inline(never)]
unsafe extern "C" fn formatted(
    con: *mut attachsql_connect_t,
    column: u16,
    length: *mut usize,
    error: *mut *mut attachsql_error_t,
) -> *mut c_char {
    // SAFETY: as the caller says.
    unsafe {
        guard::call(con, error, std::ptr::null_mut(), |handle| {
            if length.is_null() {
                return Err(Misuse::Null("length").into());
            }
            let (connection, statement) = prepared(handle)?;
            let Some(text) = connection.text(column, &mut statement.texts)? else {
                return Ok(std::ptr::null_mut());
            };
            length.write(text.length);
            Ok(text.data.cast())
        })
    }
}

/// A value as a number; 0 for NULL.
///
/// # Safety
/// `con` is NULL or a live connection; `error` is NULL or may be written.
#[inline(always)]
unsafe fn number<T: Default>(
    con: *mut attachsql_connect_t,
    column: u16,
    error: *mut *mut attachsql_error_t,
    read: impl FnOnce(&Field) -> Result<T, NotANumber>,
) -> T {
    // SAFETY: as the caller says.
    let value = unsafe {
        guard::peek(con, |handle| {
            let field = handle.connection.field(column)?;
            match read(field) {
                // Of NULL in a column of numbers: 0.
                Ok(value) => Some(value),
                Err(NotANumber) => field.is_null().then(T::default),
            }
        })
    };
    // SAFETY: as the caller says.
    value.unwrap_or_else(|| unsafe { no_value(con, column, error) })
}

/// # Safety
/// `con` is NULL or a live connection; `error` is NULL or may be written.
#[cold]
#[inline(never)]
unsafe extern "C" fn no_value<T: Default>(
    con: *mut attachsql_connect_t,
    column: u16,
    error: *mut *mut attachsql_error_t,
) -> T {
    // SAFETY: as the caller says.
    unsafe {
        guard::call(con, error, T::default(), |handle| {
            let (connection, _) = prepared(handle)?;
            Err(connection.explain(column))
        })
    }
}

/// # Safety
/// `con` is NULL or a live connection; `error` is NULL or may be written.
#[cold]
#[inline(never)]
unsafe extern "C" fn no_row(
    con: *mut attachsql_connect_t,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe { guard::call(con, error, false, |_| Err(Misuse::NoRow.into())) }
}
