// SPDX-License-Identifier: Apache-2.0
//! Queries: sending, results, rows, columns, buffered rows.

use std::borrow::Cow;
use std::ffi::{c_char, c_uint};
use std::mem::{align_of, offset_of, size_of};

use crate::buf::{Cell, Span};
use crate::capi::guard;
use crate::capi::handle::{Handle, attachsql_connect_t, attachsql_error_t};
use crate::capi::strings;
use crate::capi::types::{
    attachsql_column_flags_t, attachsql_column_type_t, attachsql_query_column_st,
    attachsql_query_parameter_st, attachsql_query_parameter_type_t, attachsql_query_row_st,
    attachsql_return_t,
};
use crate::error::{Error, Misuse, Result};
use crate::proto::columns::Columns;
use crate::proto::escape::Param;
use crate::wire::column::Column;
use crate::wire::text_row;

/// Columns whose memory is kept when a query is closed.
const IDLE_COLUMNS: usize = 8;

// A cell of the core is a cell of C.
const _: () = {
    assert!(size_of::<Cell>() == size_of::<attachsql_query_row_st>());
    assert!(align_of::<Cell>() == align_of::<attachsql_query_row_st>());
    assert!(offset_of!(Cell, data) == offset_of!(attachsql_query_row_st, data));
    assert!(offset_of!(Cell, length) == offset_of!(attachsql_query_row_st, length));
};

/// Sends a query, or remembers it until the connection is ready for it. On a new connection it begins to
/// connect.
///
/// With `parameter_count` 0 the text is sent as it is. Otherwise every `?` byte in it, inside quotes
/// too, is replaced by the next parameter; surplus parameters are ignored. Values are escaped as the
/// session's SQL mode demands (NO_BACKSLASH_ESCAPES); character sets whose second bytes can be a
/// backslash (GBK, SJIS, Big5) are not safe with it.
///
/// Returns: true if the query was sent or remembered. It stays open until `attachsql_query_close`.
///
/// NULL: `con`, `statement` with a `length`, `parameters` with a `parameter_count`, and the `data` of a
/// parameter that needs it fail with 3000/22023; `error` may be NULL.
///
/// Lifetime: `statement`, `parameters` and all values are no longer needed when the function returns.
///
/// Errors: 2014/08002 a query is open, a pipeline or a bulk execute is under way (it goes on undisturbed), or 64
/// commands wait to be sent already; 2006/08006 the connection is gone or
/// does not take the query; 2020/08S01 the query is longer than the largest packet; 3000/22023 more
/// `?` than parameters, or a parameter's type is none of 0 to 6; those of `attachsql_connect`.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection; `statement` has `length` bytes, `parameters` `parameter_count`
/// elements, or they are NULL; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_query(
    con: *mut attachsql_connect_t,
    length: usize,
    statement: *const c_char,
    parameter_count: u16,
    parameters: *mut attachsql_query_parameter_st,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        guard::call(con, error, false, |handle| {
            let text = strings::counted(statement.cast(), length, "statement")?;
            let params = params(text, parameters, parameter_count)?;
            handle.connection.query(text, params).map(|()| true)
        })
    }
}

/// Ends a query and frees what it lent: rows, columns, buffered rows. What is left of its answer is read
/// and dropped by later polls. While another result of it is announced (after EOF), it stays open, and
/// the next query fails with 2014 until `attachsql_query_next_result` has led to the last one. The last
/// insert id, affected rows, warning count and info stay. May be called at any time, also without a
/// query.
///
/// NULL: no effect.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_query_close(con: *mut attachsql_connect_t) {
    // SAFETY: as the caller says.
    unsafe {
        guard::quiet(con, (), close);
    }
}

/// Ends the query of a connection.
#[inline(always)]
pub(super) fn close(handle: &mut Handle) {
    handle.connection.close_query();
    if handle.columns.capacity() > IDLE_COLUMNS {
        (handle.columns, handle.columns_of) = (Vec::new(), 0);
    }
}

/// The AUTO_INCREMENT value of the last answer.
///
/// Returns: the value; 0 if there was none, after a SELECT, or after an error, but for the error of a bulk execute.
/// Stays until the next command or `attachsql_query_next_result`.
///
/// NULL: `con` NULL gives 0.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_connection_last_insert_id(con: *mut attachsql_connect_t) -> u64 {
    // SAFETY: as the caller says.
    unsafe { guard::quiet(con, 0, |handle| handle.connection.machine().result.last_insert_id) }
}

/// The number of rows that the last answer says were inserted, deleted, or matched by an UPDATE (also
/// those it left as they were).
///
/// Returns: the number; 0 after a SELECT or an error, but for the error of a bulk execute, whose other rows count.
/// Stays until the next command or `attachsql_query_next_result`.
///
/// NULL: `con` NULL gives 0.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_query_affected_rows(con: *mut attachsql_connect_t) -> u64 {
    // SAFETY: as the caller says.
    unsafe { guard::quiet(con, 0, |handle| handle.connection.machine().result.affected_rows) }
}

/// The number of warnings of the last answer, known when it has ended. SHOW WARNINGS gives their texts.
///
/// Returns: the number. Stays until the next command or `attachsql_query_next_result`.
///
/// NULL: `con` NULL gives 0.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_query_warning_count(con: *mut attachsql_connect_t) -> u32 {
    // SAFETY: as the caller says.
    unsafe { guard::quiet(con, 0, |handle| handle.connection.machine().result.warnings.into()) }
}

/// The line of text that came with the last answer, for instance "Rows matched: 2  Changed: 1
/// Warnings: 0".
///
/// Returns: a NUL-terminated text; "" if there was none.
///
/// NULL: `con` NULL gives NULL.
///
/// Lifetime: until the next command, `attachsql_query_next_result`, or `attachsql_connect_destroy`.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_query_info(con: *mut attachsql_connect_t) -> *const c_char {
    // SAFETY: as the caller says.
    unsafe {
        guard::quiet(con, std::ptr::null(), |handle| {
            let info = handle.connection.machine().result.info();
            if info.is_empty() { c"".as_ptr() } else { info.as_ptr().cast() }
        })
    }
}

/// Goes on to the next result of a query with several, after EOF; with or without
/// `attachsql_query_close` in between. Rows and columns of the result before are freed.
///
/// Returns: PROCESSING if there is another result: poll as after a query; EOF if there is none, or the
/// current one has not ended; nothing changes then.
///
/// NULL: `con` NULL gives ERROR.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_query_next_result(
    con: *mut attachsql_connect_t,
) -> attachsql_return_t {
    // SAFETY: as the caller says.
    unsafe {
        guard::quiet(con, attachsql_return_t::ERROR, |handle| {
            handle.connection.next_result().into()
        })
    }
}

/// The row that is held. All values are texts as the server sent them, without a NUL at their end.
///
/// Returns: an array of `attachsql_query_column_count` cells, from 0; or NULL and an error. The cell of
/// an SQL NULL has length 0 and a `data` that is not NULL, as that of an empty string:
/// `attachsql_query_cell_is_null` tells them apart. May be called again for the same row.
///
/// NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
///
/// Lifetime: array and values until `attachsql_query_row_next`, `attachsql_query_close` or
/// `attachsql_connect_destroy`. The program may overwrite them.
///
/// Errors: 2051/02000 no row is held; 3001/42000 rows are buffered.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_query_row_get(
    con: *mut attachsql_connect_t,
    error: *mut *mut attachsql_error_t,
) -> *mut attachsql_query_row_st {
    // SAFETY: as the caller says.
    unsafe {
        guard::call(con, error, std::ptr::null_mut(), |handle| {
            let buffered = handle.connection.is_buffered();
            match handle.connection.machine_mut().row() {
                Some(cells) => Ok(cells.as_mut_ptr().cast()),
                None => Err(no_row(buffered)),
            }
        })
    }
}

/// Gives the row that is held back, so that the next poll can bring another. Never waits. No effect if no
/// row is held.
///
/// NULL: no effect.
///
/// Lifetime: ends that of the row's array and values.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_query_row_next(con: *mut attachsql_connect_t) {
    // SAFETY: as the caller says.
    unsafe { guard::quiet(con, (), |handle| handle.connection.next_row()) };
}

/// The number of columns of the current result, known from its first row, or from the EOF of a result
/// without rows.
///
/// Returns: the number; 0 before that, for an answer without a result, after an error, and after
/// `attachsql_query_close`.
///
/// NULL: `con` NULL gives 0.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_query_column_count(con: *mut attachsql_connect_t) -> u16 {
    // SAFETY: as the caller says.
    unsafe { guard::quiet(con, 0, |handle| handle.connection.machine().result.column_count) }
}

/// What a column of the current result is. Columns count from 1 here, and from 0 in rows.
///
/// Returns: the column; NULL if there is no such one.
///
/// NULL: `con` NULL gives NULL.
///
/// Lifetime: until `attachsql_query_close`, `attachsql_query_next_result`, the next command, or
/// `attachsql_connect_destroy`.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_query_column_get(
    con: *mut attachsql_connect_t,
    column: u16,
) -> *mut attachsql_query_column_st {
    // SAFETY: as the caller says.
    unsafe {
        guard::quiet(con, std::ptr::null_mut(), |handle| {
            let count = handle.connection.machine().result.column_count;
            if !(1..=count).contains(&column) {
                return std::ptr::null_mut();
            }
            show_columns(handle);
            let column = usize::from(column).checked_sub(1);
            match column.and_then(|column| handle.columns.get_mut(column)) {
                Some(found) => &raw mut *found,
                None => std::ptr::null_mut(),
            }
        })
    }
}

/// Chooses whether the rows of the queries that follow are kept in memory until they are closed. In this
/// mode poll never says ROW_READY but goes on to EOF.
///
/// Returns: true; false while a query is open, also between its EOF and `attachsql_query_close`.
///
/// NULL: `con` NULL gives false.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_query_buffer_rows(
    con: *mut attachsql_connect_t,
    enable: bool,
) -> bool {
    // SAFETY: as the caller says.
    unsafe { guard::quiet(con, false, |handle| handle.connection.buffer_rows(enable)) }
}

/// The number of buffered rows, known at EOF.
///
/// Returns: the number; 0 before EOF and outside of buffered mode.
///
/// NULL: `con` NULL gives 0.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_query_row_count(con: *mut attachsql_connect_t) -> u64 {
    // SAFETY: as the caller says.
    unsafe { guard::quiet(con, 0, |handle| handle.connection.row_count()) }
}

/// The next buffered row, beginning with the first. May be used while rows still arrive.
///
/// Returns: the row, as `attachsql_query_row_get` does; NULL if there is no further one (yet).
///
/// NULL: `con` NULL gives NULL.
///
/// Lifetime: every row until `attachsql_query_close`, `attachsql_query_next_result` or
/// `attachsql_connect_destroy`.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_query_buffer_row_get(
    con: *mut attachsql_connect_t,
) -> *mut attachsql_query_row_st {
    // SAFETY: as the caller says.
    unsafe {
        guard::quiet(con, std::ptr::null_mut(), |handle| row(handle.connection.buffered_step()))
    }
}

/// One buffered row by its number, counted from 0. Does not move the place of
/// `attachsql_query_buffer_row_get`.
///
/// Returns: the row, as `attachsql_query_row_get` does; NULL if it is not there (yet).
///
/// NULL: `con` NULL gives NULL.
///
/// Lifetime: every row until `attachsql_query_close`, `attachsql_query_next_result` or
/// `attachsql_connect_destroy`.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_query_row_get_offset(
    con: *mut attachsql_connect_t,
    row_number: u64,
) -> *mut attachsql_query_row_st {
    // SAFETY: as the caller says.
    unsafe {
        guard::quiet(con, std::ptr::null_mut(), |handle| {
            row(handle.connection.buffered_row(row_number))
        })
    }
}

/// Whether a cell is an SQL NULL. Only for a cell where the library put it; a copy of the struct does.
///
/// Returns: true for NULL; false for a value, an empty string too.
///
/// NULL: `cell` NULL gives false.
///
/// Since 2.1.
///
/// # Safety
///
/// `cell` is NULL or a cell of a row that is still lent.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_query_cell_is_null(cell: *const attachsql_query_row_st) -> bool {
    // SAFETY: NULL or a live cell, as the caller says; laid out as the core's.
    unsafe { cell.cast::<Cell>().as_ref() }.is_some_and(text_row::is_null)
}

/// Apart from `attachsql_query_row_get`, which then needs no stack frame.
#[cold]
#[inline(never)]
fn no_row(buffered: bool) -> Box<Error> {
    let misuse = if buffered { Misuse::Buffered } else { Misuse::NoRow };
    misuse.into()
}

fn row(cells: Option<&mut [Cell]>) -> *mut attachsql_query_row_st {
    cells.map_or(std::ptr::null_mut(), |cells| cells.as_mut_ptr().cast())
}

/// Makes C's view of the current result's columns, all of which are here; once for each result.
fn show_columns(handle: &mut Handle) {
    let machine = handle.connection.machine_mut();
    if handle.columns_of == machine.result.generation() {
        return;
    }
    handle.columns_of = machine.result.generation();
    show(machine.columns(), &mut handle.columns);
}

/// Makes C's view of `columns`, in place of what `shown` has.
pub(super) fn show(columns: &mut Columns, shown: &mut Vec<attachsql_query_column_st>) {
    shown.clear();
    // Every name is a part of these bytes, and a NUL follows it.
    let (columns, bytes) = columns.describe();
    let base = bytes.as_mut_ptr();
    let name = |span: Span| base.wrapping_add(span.offset as usize).cast::<c_char>();
    let show = |column: &Column| attachsql_query_column_st {
        schema: name(column.names[0]),
        table: name(column.names[1]),
        origin_table: name(column.names[2]),
        column: name(column.names[3]),
        origin_column: name(column.names[4]),
        charset: column.charset,
        length: column.length,
        r#type: attachsql_column_type_t(c_uint::from(column.kind)),
        flags: attachsql_column_flags_t(c_uint::from(column.flags)),
        decimals: column.decimals,
        // The server sends no defaults with a result.
        default_value: EMPTY.as_ptr().cast(),
        default_size: 0,
    };
    shown.extend(columns.iter().map(show));
}

/// A NUL that C may read; writable memory only because the field is not const.
static EMPTY: std::sync::atomic::AtomicU8 = std::sync::atomic::AtomicU8::new(0);

/// The parameters that a query uses, one for each `?`, borrowed from the program. Those that are left over are not
/// looked at: a program may give the size of an array of which it has filled a part.
///
/// # Safety
/// `parameters` has `count` elements, or is NULL; what those that are used point at stays as it is for `'a`.
#[inline(always)]
pub(super) unsafe fn params<'a>(
    text: &[u8],
    parameters: *const attachsql_query_parameter_st,
    count: u16,
) -> Result<Vec<Param<'a>>> {
    if count == 0 {
        return Ok(Vec::new());
    }
    if parameters.is_null() {
        return Err(Misuse::Null("parameters").into());
    }
    let used = text.iter().filter(|&&byte| byte == b'?').count().min(count.into());
    // SAFETY: `i` is below the number of elements.
    (0..used).map(|i| unsafe { param(parameters.add(i)) }).collect()
}

/// One parameter. Programs leave fields that their type does not need uninitialised, so each is read
/// only where it counts.
///
/// # Safety
/// `p` points at a parameter; what it points at stays as it is for `'a`.
unsafe fn param<'a>(p: *const attachsql_query_parameter_st) -> Result<Param<'a>> {
    type Type = attachsql_query_parameter_type_t;
    const DATA: &str = "data of a parameter";
    // SAFETY: every type has these two; `length` and `is_unsigned` are read only for types with them.
    unsafe {
        let (kind, data) = ((&raw const (*p).r#type).read(), (&raw const (*p).data).read());
        let bytes = || {
            let length = (&raw const (*p).length).read();
            strings::counted(data, length, DATA).map(Cow::Borrowed)
        };
        let is_unsigned = || (&raw const (*p).is_unsigned).read().0 != 0;
        let known = matches!(kind, Type::INT | Type::BIGINT | Type::FLOAT | Type::DOUBLE);
        if known && data.is_null() {
            return Err(Misuse::Null(DATA).into());
        }
        Ok(match kind {
            Type::NONE => Param::Raw(bytes()?),
            Type::CHAR => Param::Quoted(bytes()?),
            Type::CHAR_LIKE => Param::Like(bytes()?),
            Type::INT if is_unsigned() => {
                Param::Unsigned(data.cast::<u32>().read_unaligned().into())
            }
            Type::INT => Param::Signed(data.cast::<i32>().read_unaligned().into()),
            Type::BIGINT if is_unsigned() => Param::Unsigned(data.cast::<u64>().read_unaligned()),
            Type::BIGINT => Param::Signed(data.cast::<i64>().read_unaligned()),
            Type::FLOAT => Param::Float(data.cast::<f32>().read_unaligned()),
            Type::DOUBLE => Param::Double(data.cast::<f64>().read_unaligned()),
            other => {
                let name = "type of a parameter";
                let problem = format!("is {}; types are 0 to 6", other.0);
                return Err(Misuse::Argument { name, problem }.into());
            }
        })
    }
}
