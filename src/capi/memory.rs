// SPDX-License-Identifier: Apache-2.0
//! What a connection has in memory, in C.

use std::mem::offset_of;

use crate::capi::guard;
use crate::capi::handle::attachsql_connect_t;
use crate::capi::types::attachsql_memory_st;

/// What a connection has in memory: its buffers, the rows of a buffered result, columns, statements, and commands
/// that wait. Added up by the call, at any time; what the libraries for TLS and compression keep is not in it.
/// `ATTACHSQL_OPTION_MAX_MEMORY` bounds it, and so do `ATTACHSQL_OPTION_MAX_PACKET`, `_MAX_ROW` and `_MAX_RESULT`.
///
/// The program sets `memory->size` to sizeof(attachsql_memory_st). The library fills what fits, and sets fields
/// that it does not know to 0, so that program and library may be of different versions.
///
/// Returns: true; false if `size` has no room for `current`.
///
/// NULL: `con` or `memory` NULL gives false.
///
/// Callback: in a function that the connection calls, gives false.
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a live connection; `memory` is NULL or has as many bytes as its `size` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_connect_get_memory(
    con: *mut attachsql_connect_t,
    memory: *mut attachsql_memory_st,
) -> bool {
    if memory.is_null() {
        return false;
    }
    // SAFETY: not NULL, and has at least the size, as the caller says.
    let size = unsafe { (&raw const (*memory).size).read() };
    if size < offset_of!(attachsql_memory_st, peak) {
        return false;
    }
    // SAFETY: NULL or a live connection, as the caller says.
    let Some(found) =
        (unsafe { guard::quiet(con, None, |handle| Some(handle.connection.memory())) })
    else {
        return false;
    };
    let ours = attachsql_memory_st {
        size,
        current: found.current,
        peak: found.peak,
        receive: found.receive,
        send: found.send,
        rows: found.rows,
        columns: found.columns,
        statements: found.statements,
        layers: found.layers,
    };
    // SAFETY: `memory` has `size` bytes, as the caller says; no more than the struct's own are copied.
    unsafe {
        memory.cast::<u8>().write_bytes(0, size);
        let known = size.min(size_of::<attachsql_memory_st>());
        memory.cast::<u8>().copy_from_nonoverlapping((&raw const ours).cast(), known);
    }
    true
}
