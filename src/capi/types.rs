// SPDX-License-Identifier: Apache-2.0
//! The types of the C API: integers that stand for C enums, and the structs that C sees.
//!
//! Owns their names, sizes and offsets, which are ABI. Holds no behaviour. The C enums themselves
//! are printed from [`mirror`]; here each has an integer type of the same name for signatures and
//! fields, because C may put any number there.
//!
//! The comments of this file and of [`mirror`] go into the C header, so they speak to C
//! programmers.

#![allow(non_camel_case_types)]

use crate::capi::handle::{attachsql_connect_t, attachsql_error_t};
use core::ffi::{c_char, c_int, c_uint, c_void};
use core::mem::{align_of, offset_of, size_of};

/// Constants of an integer type: short names for the values of the enum of C that it stands for.
macro_rules! names {
    ($type:ident from $enum:ident { $($name:ident = $value:ident,)* }) => {
        impl $type {
            $(
                #[doc = concat!("`", stringify!($value), "`")]
                pub const $name: Self = Self($enum::$value as core::ffi::c_uint);
            )*
        }
    };
}

pub mod mirror;
mod options;
mod statements;

pub use statements::*;

use mirror::{CancelEnd, ColumnType, Events, ParameterType, Return, Verified};

/// Bytes of an SQLSTATE: 5 characters and a NUL. Since 2.0.
pub const ATTACHSQL_SQLSTATE_SIZE: usize = 6;

/// Most bytes of an error message: 255 characters and a NUL. Since 2.0.
pub const ATTACHSQL_MESSAGE_SIZE: usize = 256;

/// A port in host byte order; the C library's own type.
pub type in_port_t = u16;

/// A socket: a file descriptor, or a SOCKET on Windows; `intptr_t`, which has room for both.
pub type attachsql_socket_t = isize;

/// An integer in place of the C enum of the same name; see [`mirror::Return`].
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct attachsql_return_t(pub c_uint);

names! {
    attachsql_return_t from Return {
        NOT_CONNECTED = ATTACHSQL_RETURN_NOT_CONNECTED,
        CONNECTING = ATTACHSQL_RETURN_CONNECTING,
        PROCESSING = ATTACHSQL_RETURN_PROCESSING,
        ROW_READY = ATTACHSQL_RETURN_ROW_READY,
        ERROR = ATTACHSQL_RETURN_ERROR,
        EOF = ATTACHSQL_RETURN_EOF,
    }
}

/// An integer in place of the C enum of the same name; see [`mirror::Events`].
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct attachsql_events_t(pub c_uint);

names! {
    attachsql_events_t from Events {
        CONNECTED = ATTACHSQL_EVENT_CONNECTED,
        ERROR = ATTACHSQL_EVENT_ERROR,
        EOF = ATTACHSQL_EVENT_EOF,
        ROW_READY = ATTACHSQL_EVENT_ROW_READY,
    }
}

/// An integer in place of the C enum of the same name; see [`mirror::Options`].
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct attachsql_options_t(pub c_uint);

/// An integer in place of the C enum of the same name; see [`mirror::Verified`].
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct attachsql_tls_verified_t(pub c_uint);

names! {
    attachsql_tls_verified_t from Verified {
        NONE = ATTACHSQL_TLS_VERIFIED_NONE,
        CHAIN = ATTACHSQL_TLS_VERIFIED_CHAIN,
        HOST = ATTACHSQL_TLS_VERIFIED_HOST,
        FINGERPRINT = ATTACHSQL_TLS_VERIFIED_FINGERPRINT,
        PASSWORD = ATTACHSQL_TLS_VERIFIED_PASSWORD,
    }
}

/// An integer in place of the C enum of the same name; see [`mirror::CancelEnd`].
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct attachsql_cancel_t(pub c_uint);

names! {
    attachsql_cancel_t from CancelEnd {
        NONE = ATTACHSQL_CANCEL_NONE,
        RUNNING = ATTACHSQL_CANCEL_RUNNING,
        FINISHED = ATTACHSQL_CANCEL_FINISHED,
        CANCELLED = ATTACHSQL_CANCEL_CANCELLED,
        UNKNOWN = ATTACHSQL_CANCEL_UNKNOWN,
    }
}

/// An integer in place of the C enum of the same name; see [`mirror::Track`].
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct attachsql_track_t(pub c_uint);

/// An integer in place of the C enum of the same name, which `cbindgen.toml` defines.
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct attachsql_dialog_t(pub c_uint);

impl attachsql_dialog_t {
    /// `ATTACHSQL_DIALOG_REFUSE`
    pub const REFUSE: Self = Self(0);
    /// `ATTACHSQL_DIALOG_ANSWER`
    pub const ANSWER: Self = Self(1);
    /// `ATTACHSQL_DIALOG_LATER`
    pub const LATER: Self = Self(2);
}

/// An integer in place of the C enum of the same name, which `cbindgen.toml` defines. Functions return it as a
/// `ptrdiff_t`.
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct attachsql_local_file_t(pub c_int);

impl attachsql_local_file_t {
    /// `ATTACHSQL_LOCAL_FILE_ERROR`
    pub const ERROR: Self = Self(-1);
    /// `ATTACHSQL_LOCAL_FILE_LATER`
    pub const LATER: Self = Self(-2);
    /// `ATTACHSQL_LOCAL_FILE_SUSPEND`
    pub const SUSPEND: Self = Self(-3);

    /// What a function has returned, unless it is far from any of these.
    pub fn from_return(said: isize) -> Option<Self> {
        c_int::try_from(said).ok().map(Self)
    }
}

/// An integer in place of the C enum of the same name, whose flags may be combined.
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct attachsql_watch_flags_t(pub c_uint);

impl attachsql_watch_flags_t {
    /// `ATTACHSQL_WATCH_READ`
    pub const READ: Self = Self(1);
    /// `ATTACHSQL_WATCH_WRITE`
    pub const WRITE: Self = Self(2);
}

/// A descriptor that an event loop is to watch. Filled by the library. Since 2.1.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct attachsql_watch_st {
    /// File descriptor; on Windows a SOCKET.
    pub fd: attachsql_socket_t,
    /// What to wait for: ATTACHSQL_WATCH_READ, ATTACHSQL_WATCH_WRITE, both, or 0 for nothing now.
    pub flags: attachsql_watch_flags_t,
}

/// What a pool is at and what it has done: see `attachsql_pool_get_stats`. Since 2.1.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct attachsql_pool_stats_st {
    /// Set by the program before the call: sizeof of this struct, as it was compiled.
    pub size: usize,
    /// Connections in the pool: the sum of the six numbers that follow.
    pub connections: u32,
    /// Not begun to connect.
    pub unused: u32,
    /// On the way to the server, or logging in.
    pub connecting: u32,
    /// Free for a command.
    pub idle: u32,
    /// An answer is awaited.
    pub busy: u32,
    /// The program holds a row, can ask for a further result, or has a query to close.
    pub held: u32,
    /// Gone.
    pub failed: u32,
    /// Calls of `attachsql_pool_run` so far.
    pub runs: u64,
    /// Connections that those have looked at; few of them for each run while most are idle.
    pub looks: u64,
    /// Events so far.
    pub events: u64,
    /// Those of them that were errors.
    pub errors: u64,
    /// Connections that the pool has made from its template, of those in it.
    pub made: u32,
    /// Queries of `attachsql_pool_query` that wait for a connection.
    pub queued: u32,
    /// Queries that it has taken so far.
    pub queries: u64,
    /// How often one of them was given to another connection, because the first was lost before it was sent.
    pub retries: u64,
}

/// A pointer to a function of the C type of the same name, which the header's text defines; NULL for none.
pub type attachsql_callback_fn = Option<
    unsafe extern "C" fn(
        con: *mut attachsql_connect_t,
        connection_id: u32,
        events: attachsql_events_t,
        context: *mut c_void,
        error: *mut attachsql_error_t,
    ),
>;

/// A pointer to a function of the C type of the same name, which `cbindgen.toml` defines; NULL for none.
pub type attachsql_keylog_fn =
    Option<unsafe extern "C" fn(context: *mut c_void, line: *const c_char)>;

/// A pointer to a function of the C type of the same name, which `cbindgen.toml` defines; NULL for none.
pub type attachsql_dialog_fn = Option<
    unsafe extern "C" fn(
        context: *mut c_void,
        echo: bool,
        prompt: *const c_char,
        answer: *mut *const c_char,
    ) -> attachsql_dialog_t,
>;

/// An integer in place of the C enum of the same name, which `cbindgen.toml` defines.
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct attachsql_trace_event_t(pub c_uint);

impl attachsql_trace_event_t {
    /// `ATTACHSQL_TRACE_CONNECTED`
    pub const CONNECTED: Self = Self(1);
    /// `ATTACHSQL_TRACE_COMMAND`
    pub const COMMAND: Self = Self(2);
    /// `ATTACHSQL_TRACE_DONE`
    pub const DONE: Self = Self(3);
    /// `ATTACHSQL_TRACE_FAILED`
    pub const FAILED: Self = Self(4);
}

/// What a connection tells of itself: see `attachsql_connect_set_trace`. Filled by the library. Times are in
/// microseconds. A field that means nothing for an event is 0. Since 2.1.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct attachsql_trace_st {
    /// sizeof of this struct in the library: a field behind it is not there.
    pub size: usize,
    /// What has happened.
    pub event: attachsql_trace_event_t,
    /// The server's number for the connection; 0 before its greeting.
    pub connection_id: u32,
    /// What the connection is at, as `attachsql_connect_state_name` names it. Never NULL.
    pub state: *const c_char,
    /// COMMAND, DONE, FAILED: the command, by its number in the protocol: 3 is a query, 0x16 a prepare, 0x17 an
    /// execute, and so on.
    pub command: u32,
    /// DONE, FAILED: code of the error; 0 for none.
    pub error_code: i32,
    /// DONE, FAILED: SQLSTATE of the error; "00000" for none.
    pub sqlstate: [c_char; ATTACHSQL_SQLSTATE_SIZE],
    /// COMMAND, DONE, FAILED: counts the commands of the connection, from 1.
    pub number: u64,
    /// COMMAND, DONE, FAILED: bytes of the command, before compression and TLS; without those of a local file.
    pub bytes_out: u64,
    /// DONE, FAILED: bytes of its answer, after compression and TLS.
    pub bytes_in: u64,
    /// DONE, FAILED: rows of its answer, in all results, those too that were dropped.
    pub rows: u64,
    /// CONNECTED, FAILED: time for looking up the host's name, of all hosts that were tried.
    pub lookup_us: u64,
    /// CONNECTED, FAILED: time for TCP, or the unix socket.
    pub connect_us: u64,
    /// CONNECTED, FAILED: time until the server's greeting.
    pub greeting_us: u64,
    /// CONNECTED, FAILED: time for the handshake of TLS.
    pub tls_us: u64,
    /// CONNECTED, FAILED: time for the login.
    pub login_us: u64,
    /// DONE, FAILED: time from the sending of the command until the first packet of its answer was read.
    pub first_us: u64,
    /// CONNECTED: time for all of it. DONE, FAILED: time from the sending of the command until its answer had ended,
    /// with that in which the program held rows.
    pub total_us: u64,
}

/// A pointer to a function of the C type of the same name, which `cbindgen.toml` defines; NULL for none.
pub type attachsql_trace_fn =
    Option<unsafe extern "C" fn(context: *mut c_void, trace: *const attachsql_trace_st)>;

/// A pointer to a function of the C type of the same name, which `cbindgen.toml` defines; NULL for none.
pub type attachsql_local_file_fn = Option<
    unsafe extern "C" fn(
        context: *mut c_void,
        name: *const c_char,
        offset: u64,
        buffer: *mut c_char,
        size: usize,
        message: *mut *const c_char,
    ) -> isize,
>;

/// An integer in place of the C enum of the same name; see [`mirror::ColumnType`].
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct attachsql_column_type_t(pub c_uint);

names! {
    attachsql_column_type_t from ColumnType {
        ERROR = ATTACHSQL_COLUMN_TYPE_ERROR,
    }
}

/// An integer in place of the C enum of the same name, which `cbindgen.toml` defines.
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct attachsql_column_flags_t(pub c_uint);

/// An integer in place of the C enum of the same name; see [`mirror::ParameterType`].
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct attachsql_query_parameter_type_t(pub c_uint);

names! {
    attachsql_query_parameter_type_t from ParameterType {
        NONE = ATTACHSQL_ESCAPE_TYPE_NONE,
        CHAR = ATTACHSQL_ESCAPE_TYPE_CHAR,
        CHAR_LIKE = ATTACHSQL_ESCAPE_TYPE_CHAR_LIKE,
        INT = ATTACHSQL_ESCAPE_TYPE_INT,
        BIGINT = ATTACHSQL_ESCAPE_TYPE_BIGINT,
        FLOAT = ATTACHSQL_ESCAPE_TYPE_FLOAT,
        DOUBLE = ATTACHSQL_ESCAPE_TYPE_DOUBLE,
    }
}

/// A C `bool` inside a struct that C fills. Programs leave it uninitialised where it has no
/// meaning, so it is a byte: read it only where it counts, non-zero is true.
#[repr(transparent)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct c_bool(pub u8);

/// One value for a `?` of a query; an array of them goes to `attachsql_query`. Since 2.0.
///
/// Filled by the program. Array and data may be reused as soon as `attachsql_query` has returned.
#[repr(C)]
#[derive(Debug)]
pub struct attachsql_query_parameter_st {
    /// What `data` points to and how it is written into the text.
    pub r#type: attachsql_query_parameter_type_t,
    /// The value.
    pub data: *mut c_void,
    /// Bytes of the value. Read for the types NONE, CHAR and CHAR_LIKE only.
    pub length: usize,
    /// Whether the integer is unsigned. Read for the types INT and BIGINT only.
    pub is_unsigned: c_bool,
}

/// Description of a column, from `attachsql_query_column_get`. Since 2.0.
///
/// Filled by the library. All strings end with a NUL, are never NULL and may be empty.
#[repr(C)]
#[derive(Debug)]
pub struct attachsql_query_column_st {
    /// Schema of the table; empty for an expression.
    pub schema: *mut c_char,
    /// Table, by its alias if it has one; empty for an expression.
    pub table: *mut c_char,
    /// Table, by its own name; empty for an expression.
    pub origin_table: *mut c_char,
    /// Column, by its alias if it has one.
    pub column: *mut c_char,
    /// Column, by its own name; empty for an expression.
    pub origin_column: *mut c_char,
    /// Number of the collation of the values; 63 for binary data and numbers.
    pub charset: u16,
    /// Largest length of a value, in bytes, as the server announces it.
    pub length: u32,
    /// Type of the column.
    pub r#type: attachsql_column_type_t,
    /// Flags of the column, combined.
    pub flags: attachsql_column_flags_t,
    /// Digits after the decimal point; 31 (0x1f) if not fixed, 0 where there are none.
    pub decimals: u8,
    /// Always empty: servers do not send default values with a result.
    pub default_value: *mut c_char,
    /// Bytes of `default_value`; 0.
    pub default_size: usize,
}

/// One value of a row; a row is an array of them, one per column. Since 2.0.
///
/// Filled by the library. SQL NULL has length 0 like an empty string;
/// `attachsql_query_cell_is_null` tells the two apart.
#[repr(C)]
#[derive(Debug)]
pub struct attachsql_query_row_st {
    /// The value as text, as the server sent it. Never NULL, and not to be taken for a C string: it
    /// may contain NUL bytes and need not end with one.
    pub data: *mut c_char,
    /// Bytes of the value.
    pub length: usize,
}

// The layout is ABI. The offsets for 64-bit targets stand here as the contract gives them; 32-bit
// ones follow from the same C rules and are compared with the C compiler's in tests/header.rs.
const _: () =
    assert!(size_of::<attachsql_return_t>() == 4 && align_of::<attachsql_return_t>() == 4);
const _: () = assert!(size_of::<c_bool>() == 1);
#[cfg(target_pointer_width = "64")]
const _: () = {
    assert!(size_of::<attachsql_query_parameter_st>() == 32);
    assert!(offset_of!(attachsql_query_parameter_st, data) == 8);
    assert!(offset_of!(attachsql_query_parameter_st, length) == 16);
    assert!(offset_of!(attachsql_query_parameter_st, is_unsigned) == 24);

    assert!(size_of::<attachsql_query_column_st>() == 80);
    assert!(offset_of!(attachsql_query_column_st, origin_column) == 32);
    assert!(offset_of!(attachsql_query_column_st, charset) == 40);
    assert!(offset_of!(attachsql_query_column_st, length) == 44);
    assert!(offset_of!(attachsql_query_column_st, r#type) == 48);
    assert!(offset_of!(attachsql_query_column_st, flags) == 52);
    assert!(offset_of!(attachsql_query_column_st, decimals) == 56);
    assert!(offset_of!(attachsql_query_column_st, default_value) == 64);
    assert!(offset_of!(attachsql_query_column_st, default_size) == 72);

    assert!(size_of::<attachsql_query_row_st>() == 16);
    assert!(offset_of!(attachsql_query_row_st, length) == 8);
};
