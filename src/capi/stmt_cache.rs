// SPDX-License-Identifier: Apache-2.0
//! What the statement cache of a connection tells of itself. Its size is an option of the connection.

use std::mem::{offset_of, size_of};

use crate::capi::guard;
use crate::capi::handle::attachsql_connect_t;
use crate::capi::types::attachsql_stmt_cache_stats_st;

/// What the statement cache of a connection has and has done. `ATTACHSQL_OPTION_STMT_CACHE` gives it a size: a
/// statement that is closed then stays prepared at the server, and a later prepare of the same text, byte by
/// byte, has it back: nothing is sent, and the next poll says EOF. The one that has not been used for longest is
/// closed for another.
///
/// Statements of handles and that of the functions without a handle share it. It is emptied, and what is
/// prepared then is not kept any more, by `attachsql_connect_reset`, `_change_user` and `_change_schema`. A query
/// that changes the schema or the SQL mode (`USE`, `SET`) does not empty it: set the option to 0 and to its
/// size again where prepared statements would mean something else then.
///
/// Not kept are statements with a fetch size, with long data that was not executed, and those whose columns the
/// server found changed, or could not prepare again (error 1615).
///
/// The program sets `stats->size` to sizeof(attachsql_stmt_cache_stats_st). The library fills what fits, and sets
/// fields that it does not know to 0, so that program and library may be of different versions.
///
/// Returns: true; false if `size` has no room for the first field after it.
///
/// NULL: `con` or `stats` NULL gives false.
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a live connection; `stats` is NULL or has as many bytes as its `size` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_stmt_cache_get_stats(
    con: *mut attachsql_connect_t,
    stats: *mut attachsql_stmt_cache_stats_st,
) -> bool {
    if stats.is_null() {
        return false;
    }
    // SAFETY: not NULL, and has at least the size, as the caller says.
    let size = unsafe { (&raw const (*stats).size).read() };
    if size < offset_of!(attachsql_stmt_cache_stats_st, kept) {
        return false;
    }
    // SAFETY: NULL or a live connection, as the caller says.
    let Some(cache) =
        (unsafe { guard::quiet(con, None, |handle| Some(handle.connection.statement_cache())) })
    else {
        return false;
    };
    let ours = attachsql_stmt_cache_stats_st {
        size,
        limit: cache.size,
        kept: cache.kept,
        hits: cache.hits,
        misses: cache.misses,
        evicted: cache.evicted,
    };
    // SAFETY: `stats` has `size` bytes, as the caller says; no more than the struct's own are copied.
    unsafe {
        stats.cast::<u8>().write_bytes(0, size);
        let known = size.min(size_of::<attachsql_stmt_cache_stats_st>());
        stats.cast::<u8>().copy_from_nonoverlapping((&raw const ours).cast(), known);
    }
    true
}
