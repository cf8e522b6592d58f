// SPDX-License-Identifier: Apache-2.0
//! Types of the statement handles.

use super::c_bool;
use super::mirror::{BindType, CellType, Value};
use core::ffi::{c_char, c_uint, c_void};
use core::mem::{offset_of, size_of};

/// An integer in place of the C enum of the same name; see [`super::mirror::Value`].
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct attachsql_value_t(pub c_uint);

names! {
    attachsql_value_t from Value {
        OK = ATTACHSQL_VALUE_OK,
        NULL = ATTACHSQL_VALUE_NULL,
        OUT_OF_RANGE = ATTACHSQL_VALUE_OUT_OF_RANGE,
        WRONG_TYPE = ATTACHSQL_VALUE_WRONG_TYPE,
        NONE = ATTACHSQL_VALUE_NONE,
    }
}

/// An integer in place of the C enum of the same name; see [`super::mirror::CellType`].
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct attachsql_cell_type_t(pub c_uint);

names! {
    attachsql_cell_type_t from CellType {
        NULL = ATTACHSQL_CELL_TYPE_NULL,
        INTEGER = ATTACHSQL_CELL_TYPE_INTEGER,
        UNSIGNED_INTEGER = ATTACHSQL_CELL_TYPE_UNSIGNED_INTEGER,
        FLOAT = ATTACHSQL_CELL_TYPE_FLOAT,
        DOUBLE = ATTACHSQL_CELL_TYPE_DOUBLE,
        DATE = ATTACHSQL_CELL_TYPE_DATE,
        DATETIME = ATTACHSQL_CELL_TYPE_DATETIME,
        TIME = ATTACHSQL_CELL_TYPE_TIME,
        TEXT = ATTACHSQL_CELL_TYPE_TEXT,
        BINARY = ATTACHSQL_CELL_TYPE_BINARY,
    }
}

/// An integer in place of the C enum of the same name; see [`super::mirror::BindType`].
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct attachsql_bind_type_t(pub c_uint);

names! {
    attachsql_bind_type_t from BindType {
        NULL = ATTACHSQL_BIND_TYPE_NULL,
        BOOL = ATTACHSQL_BIND_TYPE_BOOL,
        INT = ATTACHSQL_BIND_TYPE_INT,
        UNSIGNED_INT = ATTACHSQL_BIND_TYPE_UNSIGNED_INT,
        BIGINT = ATTACHSQL_BIND_TYPE_BIGINT,
        UNSIGNED_BIGINT = ATTACHSQL_BIND_TYPE_UNSIGNED_BIGINT,
        FLOAT = ATTACHSQL_BIND_TYPE_FLOAT,
        DOUBLE = ATTACHSQL_BIND_TYPE_DOUBLE,
        DECIMAL = ATTACHSQL_BIND_TYPE_DECIMAL,
        STRING = ATTACHSQL_BIND_TYPE_STRING,
        BINARY = ATTACHSQL_BIND_TYPE_BINARY,
        JSON = ATTACHSQL_BIND_TYPE_JSON,
        DATE = ATTACHSQL_BIND_TYPE_DATE,
        DATETIME = ATTACHSQL_BIND_TYPE_DATETIME,
        TIME = ATTACHSQL_BIND_TYPE_TIME,
    }
}

/// A date, a date with a time of day, or a time span. Since 2.1.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct attachsql_time_st {
    /// Year; 0 of a time span.
    pub year: u16,
    /// Month, from 1; 0 of a time span and of dates that are incomplete.
    pub month: u8,
    /// Day of the month, from 1; 0 of a time span and of dates that are incomplete.
    pub day: u8,
    /// Hour; of a time span as many as there are, days included.
    pub hour: u32,
    /// Minute.
    pub minute: u8,
    /// Second.
    pub second: u8,
    /// Whether a time span is below zero.
    pub is_negative: c_bool,
    /// Millionths of a second.
    pub microsecond: u32,
}

/// The value of a cell that is a number or a time; its type says which. Since 2.1.
#[repr(C)]
#[derive(Clone, Copy)]
#[allow(missing_debug_implementations)] // Which field has the value stands beside it.
pub union attachsql_cell_value_t {
    /// An integer.
    pub integer: i64,
    /// An integer without sign.
    pub unsigned_integer: u64,
    /// A FLOAT or DOUBLE.
    pub real: f64,
    /// A date or a time.
    pub time: attachsql_time_st,
}

/// One value of a row of a statement handle, as `attachsql_stmt_row_cells` fills it in. Since 2.1.
#[repr(C)]
#[allow(missing_debug_implementations)]
pub struct attachsql_cell_st {
    /// What it is.
    pub r#type: attachsql_cell_type_t,
    /// Numbers and times.
    pub value: attachsql_cell_value_t,
    /// Texts and bytes: not to be taken for a C string, no NUL need follow. NULL for all other types.
    pub data: *const c_char,
    /// Bytes at `data`.
    pub length: usize,
}

/// A buffer that a parameter is bound to with `attachsql_stmt_bind`. Since 2.1.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct attachsql_stmt_bind_st {
    /// What `data` points at.
    pub r#type: attachsql_bind_type_t,
    /// The value. May be NULL if `is_null` is not, and means SQL NULL then.
    pub data: *const c_void,
    /// Bytes at `data`, for the types whose description names `*length`; not read for others.
    pub length: *const usize,
    /// Whether the parameter is NULL; NULL for "never".
    pub is_null: *const c_bool,
}

/// What a connection's statement cache has and has done: see `attachsql_stmt_cache_get_stats`. Since 2.1.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct attachsql_stmt_cache_stats_st {
    /// Set by the program before the call: sizeof of this struct, as it was compiled.
    pub size: usize,
    /// The most statements that are kept: what ATTACHSQL_OPTION_STMT_CACHE was set to.
    pub limit: u32,
    /// Statements that are kept now.
    pub kept: u32,
    /// Prepares that found their statement kept.
    pub hits: u64,
    /// Prepares that did not, since there is a cache.
    pub misses: u64,
    /// Statements that were closed to make room for others.
    pub evicted: u64,
}

/// What a connection has in memory, in bytes: see `attachsql_connect_get_memory`. Since 2.1.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct attachsql_memory_st {
    /// Set by the program before the call: sizeof of this struct, as it was compiled.
    pub size: usize,
    /// All that it has now: the parts below, and the connection itself.
    pub current: usize,
    /// The most that there can have been at once so far: of received bytes, rows and bytes to send the most that
    /// each has had, and the other parts as they are now.
    pub peak: usize,
    /// The receive buffer.
    pub receive: usize,
    /// Bytes to send, and commands that wait to be sent.
    pub send: usize,
    /// Rows of a buffered result that are no longer in the receive buffer, and their cells.
    pub rows: usize,
    /// Columns of the result.
    pub columns: usize,
    /// Prepared statements and their columns.
    pub statements: usize,
    /// Buffers of TLS and compression, as far as they are the library's own.
    pub layers: usize,
}

#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(size_of::<attachsql_time_st>() == 16);
    assert!(offset_of!(attachsql_time_st, hour) == 4);
    assert!(offset_of!(attachsql_time_st, is_negative) == 10);
    assert!(offset_of!(attachsql_time_st, microsecond) == 12);

    assert!(size_of::<attachsql_cell_st>() == 40);
    assert!(offset_of!(attachsql_cell_st, value) == 8);
    assert!(offset_of!(attachsql_cell_st, data) == 24);
    assert!(offset_of!(attachsql_cell_st, length) == 32);

    assert!(size_of::<attachsql_stmt_bind_st>() == 32);
    assert!(offset_of!(attachsql_stmt_bind_st, data) == 8);
    assert!(offset_of!(attachsql_stmt_bind_st, length) == 16);
    assert!(offset_of!(attachsql_stmt_bind_st, is_null) == 24);
};
