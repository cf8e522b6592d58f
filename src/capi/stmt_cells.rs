// SPDX-License-Identifier: Apache-2.0
//! Whole rows of statement handles in one call, or many: a typed cell for each column, in the form that is
//! natural for its type. Converts nothing; the getters of `stmt_row` do.

use std::ptr::null;

use crate::buf::Cell;
use crate::capi::handle::attachsql_error_t;
use crate::capi::stmt::{attachsql_stmt_t, call};
use crate::capi::stmt_row::{date_time, no_row, span};
use crate::capi::types::{attachsql_cell_st, attachsql_cell_type_t, attachsql_time_st};
use crate::error::Misuse;
use crate::session::Connection;
use crate::wire::bin_row::Field;
use crate::wire::natural::Natural;
use crate::wire::temporal::{DateTime, Time};

/// Takes the row that is held and writes its values into an array of the program's: the first `count` columns,
/// or as many as there are. One call in place of one for each value.
///
/// Returns: the number of columns of the row, which may be more than `count`; 0 with an error.
///
/// NULL: `stmt`, and `cells` with a `count`, fail with 3000/22023; `error` may be NULL.
///
/// Lifetime: what `data` of the cells points at stays until `attachsql_stmt_row_next`, the next command or long
/// data on the connection, `attachsql_query_close`, `attachsql_stmt_close` or `_destroy`, or
/// `attachsql_connect_destroy`.
///
/// Errors: 2051/02000 no row of this statement is held; 2006/08006 the connection was destroyed.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `cells` has room for `count` elements, or is NULL; `error` is NULL or may
/// be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_row_cells(
    stmt: *mut attachsql_stmt_t,
    count: u16,
    cells: *mut attachsql_cell_st,
    error: *mut *mut attachsql_error_t,
) -> u16 {
    // SAFETY: as the caller says; each element written is below `count`.
    unsafe {
        call(stmt, error, 0, |connection, own| {
            if cells.is_null() && count > 0 {
                return Err(Misuse::Null("cells").into());
            }
            let key = own.prepared.as_ref().map(|prepared| prepared.key);
            if key.and_then(|key| connection.machine_mut().take_fields_of(key)).is_none() {
                return Err(no_row());
            }
            fill_row(connection, count, cells);
            let fields = connection.machine().fields().unwrap_or_default();
            Ok(u16::try_from(fields.len()).unwrap_or(u16::MAX))
        })
    }
}

/// Takes the row that is held and those behind it that have arrived whole, `rows` of them at most, and writes their
/// values into an array of the program's: the first `columns` of each row, or as many as there are, row after row.
/// One call in place of a poll and a call for each row. Poll again after `attachsql_stmt_row_next`, which gives all
/// of them back.
///
/// The value of column `c` of row `r` is in `cells[r * width + c]`, where `width` is the smaller one of `columns` and
/// the number of columns that the result has. Only these cells tell the values: the getters of single values, and
/// `attachsql_stmt_row_cells`, have no row until the next ROW_READY.
///
/// Returns: the number of rows, 1 at least; 0 with an error.
///
/// NULL: `stmt`, and `cells` with `columns`, fail with 3000/22023; `error` may be NULL.
///
/// Lifetime: what `data` of the cells points at stays until `attachsql_stmt_row_next`, the next command or long
/// data on the connection, `attachsql_query_close`, `attachsql_stmt_close` or `_destroy`, or
/// `attachsql_connect_destroy`.
///
/// Errors: 3000/22023 `rows` is 0; 2051/02000 no row of this statement is held, or it was taken by this function
/// before; 2006/08006 the connection was destroyed. What is wrong with a later row is for the next poll to report.
///
/// Since 2.1.
///
/// # Safety
///
/// `stmt` is NULL or a live handle; `cells` has room for `rows` times `columns` elements, or is NULL; `error` is
/// NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_rows_cells(
    stmt: *mut attachsql_stmt_t,
    rows: usize,
    columns: u16,
    cells: *mut attachsql_cell_st,
    error: *mut *mut attachsql_error_t,
) -> usize {
    // SAFETY: as the caller says; what is written for a row is at most `columns`, and for at most `rows`.
    unsafe {
        call(stmt, error, 0, |connection, own| {
            if rows == 0 {
                let problem = "0, but at least one row has to be taken".to_owned();
                return Err(Misuse::Argument { name: "rows", problem }.into());
            }
            if cells.is_null() && columns > 0 {
                return Err(Misuse::Null("cells").into());
            }
            let key = own.prepared.as_ref().map(|prepared| prepared.key);
            if key.and_then(|key| connection.machine_mut().take_first_fields(key)).is_none() {
                return Err(no_row());
            }
            let (mut to, mut taken) = (cells, 0);
            loop {
                to = fill_row(connection, columns, to);
                taken += 1;
                if taken == rows || !connection.take_next_fields() {
                    return Ok(taken);
                }
            }
        })
    }
}

/// Writes the first `count` values of the current row, or as many as there are. Where the next cell is.
///
/// # Safety
/// So many cells at `to` may be written.
#[inline(always)]
unsafe fn fill_row(
    connection: &Connection,
    count: u16,
    mut to: *mut attachsql_cell_st,
) -> *mut attachsql_cell_st {
    let fields = connection.machine().fields().unwrap_or_default();
    for field in fields.get(..count.into()).unwrap_or(fields) {
        // SAFETY: as the caller says.
        unsafe {
            fill(connection, field, to);
            to = to.add(1);
        }
    }
    to
}

/// Writes a value as C's cell.
///
/// # Safety
/// `to` may be written.
#[inline(always)]
unsafe fn fill(connection: &Connection, field: &Field, to: *mut attachsql_cell_st) {
    type Type = attachsql_cell_type_t;
    let Cell { data, length } = field.place();
    let bits = field.bits();
    // SAFETY: as the caller says. Each arm writes for itself: what is brought together first, as one
    // value of the union, costs three times as much.
    unsafe {
        let value = &raw mut (*to).value;
        let signed = |integer| {
            (&raw mut (*value).integer).write(integer);
            (Type::INTEGER, null(), 0)
        };
        let real = |kind, real| {
            (&raw mut (*value).real).write(real);
            (kind, null(), 0)
        };
        let bytes = |kind| {
            (&raw mut (*value).integer).write(0);
            (kind, data.cast_const().cast(), length)
        };
        let (r#type, data, length) = if data.is_null() {
            bytes(Type::NULL)
        } else {
            match field.natural() {
                Natural::Integer => signed(bits.cast_signed()),
                Natural::Unsigned => {
                    (&raw mut (*value).unsigned_integer).write(field.unsigned());
                    (Type::UNSIGNED_INTEGER, null(), 0)
                }
                Natural::Float => real(Type::FLOAT, f32::from_le_bytes(low(bits)).into()),
                Natural::Double => real(Type::DOUBLE, f64::from_bits(bits)),
                Natural::Text => bytes(Type::TEXT),
                Natural::Bytes => bytes(Type::BINARY),
                Natural::DateTime | Natural::Date | Natural::Time => {
                    let (kind, time) = match field.date_time() {
                        // The usual length.
                        Some(raw) => (Type::DATETIME, date_time(&DateTime::read_usual(raw))),
                        None => time(connection, field),
                    };
                    (&raw mut (*value).time).write(time);
                    (kind, null(), 0)
                }
            }
        };
        (&raw mut (*to).r#type).write(r#type);
        (&raw mut (*to).data).write(data);
        (&raw mut (*to).length).write(length);
    }
}

/// The lowest bytes of a number, which they are.
#[inline(always)]
fn low<const N: usize>(bits: u64) -> [u8; N] {
    bits.to_le_bytes().first_chunk().copied().unwrap_or([0; N])
}

/// Dates and times of any length.
#[inline(never)]
fn time(connection: &Connection, field: &Field) -> (attachsql_cell_type_t, attachsql_time_st) {
    type Type = attachsql_cell_type_t;
    connection.with_raw(field, |raw| {
        let raw = raw.unwrap_or_default();
        match field.natural() {
            Natural::Time => (Type::TIME, span(&Time::read(raw))),
            Natural::Date => (Type::DATE, date_time(&DateTime::read(raw))),
            _ => (Type::DATETIME, date_time(&DateTime::read(raw))),
        }
    })
}
