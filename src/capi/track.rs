// SPDX-License-Identifier: Apache-2.0
//! What has changed in the session, as the server tells it.

use std::ffi::c_char;

use crate::capi::guard;
use crate::capi::handle::attachsql_connect_t;
use crate::capi::types::attachsql_track_t;

/// What the last answer says has changed in the session; ATTACHSQL_OPTION_SESSION_TRACK must have asked for
/// it. The changes of each `type` are numbered from 0; the server's own `session_track_` variables decide
/// which types it tells.
///
/// For ATTACHSQL_TRACK_VARIABLE `*name` becomes the variable's name, otherwise "". `*length` becomes the
/// length of the value, which may hold NUL bytes. Both are left alone if there is no such change.
///
/// Returns: the value, with a NUL behind it; NULL if there are no more changes of this type. Known when the
/// answer has ended (EOF), of a query with several results for each of them. After the login it tells
/// of the session as it begins.
///
/// NULL: `con` NULL gives NULL; `name` and `length` may be NULL.
///
/// Lifetime: until the next command, `attachsql_query_next_result`, or `attachsql_connect_destroy`.
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a live connection; `name` and `length` are NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_connect_get_track(
    con: *mut attachsql_connect_t,
    r#type: attachsql_track_t,
    number: u32,
    name: *mut *const c_char,
    length: *mut usize,
) -> *const c_char {
    // SAFETY: as the caller says.
    unsafe {
        guard::quiet(con, std::ptr::null(), |handle| {
            let Some((change, texts)) = handle.connection.machine().result.change(r#type.0, number)
            else {
                return std::ptr::null();
            };
            // Inside the texts, and a NUL follows each.
            let text = |offset: u32| texts.as_ptr().wrapping_add(offset as usize).cast();
            if !name.is_null() {
                name.write(text(change.name.offset));
            }
            if !length.is_null() {
                length.write(change.value.len as usize);
            }
            text(change.value.offset)
        })
    }
}
