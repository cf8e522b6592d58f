// SPDX-License-Identifier: Apache-2.0
//! Whole rows of statement handles in one call: a typed cell for each column, in the form that is natural
//! for its type. Converts nothing; the getters of `stmt_row` do.

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
            let fields = connection.machine().fields().unwrap_or_default();
            let mut to = cells;
            for field in fields.get(..count.into()).unwrap_or(fields) {
                fill(connection, field, to);
                to = to.add(1);
            }
            Ok(u16::try_from(fields.len()).unwrap_or(u16::MAX))
        })
    }
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
