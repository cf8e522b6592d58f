// SPDX-License-Identifier: Apache-2.0
//! LOAD DATA LOCAL in C: the program's function that gives a file's bytes, and how it is woken up.

use std::ffi::{c_char, c_void};

use crate::capi::guard;
use crate::capi::handle::{attachsql_connect_t, attachsql_error_t};
use crate::capi::own::Own;
use crate::capi::strings;
use crate::capi::types::{attachsql_local_file_fn, attachsql_local_file_t};
use crate::proto::local_file::{FileSource, Given};

/// Allows LOAD DATA LOCAL, and has a function give the files. Off by default: then the library tells the server
/// that it has no files, and sends none.
///
/// Only the file that the running query names is ever given, once: its text must begin as LOAD DATA LOCAL INFILE
/// 'name' or LOAD XML LOCAL INFILE 'name' do. Whatever else a server asks for, it gets nothing, the function is
/// not called, and the query ends in 2068. The name is what the query says, not a path that was checked: what the
/// function makes of it is its own business.
///
/// `function` is called from `attachsql_connect_poll` and `attachsql_pool_run`, for one piece after the other. `name` is
/// the file's name, `offset` how many bytes of it were given so far: 0 means its beginning, whatever was given
/// before. It puts at most `size` bytes into `buffer`, without waiting, and returns how many; 0 is the end of the
/// file. Or it returns one of `attachsql_local_file_t`: LATER if it has nothing yet, and each later poll calls
/// it again, while `attachsql_connect_wait` sleeps for some milliseconds at most; SUSPEND if it has nothing and is
/// to be called only after `attachsql_connect_local_file_ready`; ERROR if it has failed, with `*message` set to why: the
/// query then ends in 2069 with that text. What the server has got until then, it has loaded: use a
/// transaction if that matters. The function is not told that a query has ended or was closed.
///
/// Returns: true; false with an error.
///
/// NULL: `con` NULL fails with 3000/22023; `function` NULL takes an earlier one back; a message NULL says that there is
/// none; `error` may be NULL.
///
/// Lifetime: `context` must be usable until `attachsql_connect_destroy`; if the connection becomes a template, until
/// `attachsql_pool_destroy`: the pool's connections call the function too. `name` and `buffer` only during the call.
/// `*message` is copied as soon as the function has returned.
///
/// Callback: may call any function on other connections; those on this one are refused with 2014/08002, and
/// `attachsql_connect_destroy` does nothing. Must return.
///
/// Errors: 3000/22023 the connect has begun.
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a live connection; `function` is NULL or a function of that type that does not unwind;
/// `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_connect_set_local_file(
    con: *mut attachsql_connect_t,
    function: attachsql_local_file_fn,
    context: *mut c_void,
    error: *mut *mut attachsql_error_t,
) -> bool {
    let own = Own(context);
    let source = function.map(|function| {
        FileSource::new(move |name, offset, space| {
            let (name, mut message) = (name.as_ptr().cast(), std::ptr::null());
            let (buffer, size) = (space.as_mut_ptr().cast(), space.len());
            // SAFETY: the function is the program's; the name ends with a NUL, the buffer has `size` bytes, and
            // everything lives on.
            let said =
                unsafe { function(own.pointer(), name, offset, buffer, size, &raw mut message) };
            // SAFETY: NULL, or a NUL-terminated string where the function says that it has failed.
            unsafe { given(said, message) }
        })
    });
    // SAFETY: as the caller says.
    unsafe {
        guard::call(con, error, false, |handle| {
            handle.connection.set_file_source(source).map(|()| true)
        })
    }
}

/// Says that a function of `attachsql_connect_set_local_file` that has suspended itself is to be called again: it has
/// more of the file, or its end, or has failed. The next poll calls it; `attachsql_connect_has_more` says true.
///
/// Returns: true; false if no file is being sent.
///
/// NULL: `con` NULL gives false.
///
/// Callback: in the function itself, gives false.
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a live connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_connect_local_file_ready(con: *mut attachsql_connect_t) -> bool {
    // SAFETY: as the caller says.
    unsafe { guard::quiet(con, false, |handle| handle.connection.resume_upload()) }
}

/// What the program's function has said.
///
/// # Safety
/// `message` is NULL, or a NUL-terminated string if `said` is ERROR.
unsafe fn given(said: isize, message: *const c_char) -> Given {
    if let Ok(count) = usize::try_from(said) {
        return Given::Bytes(count);
    }
    match attachsql_local_file_t::from_return(said) {
        Some(attachsql_local_file_t::LATER) => Given::Later,
        Some(attachsql_local_file_t::SUSPEND) => Given::Suspend,
        Some(attachsql_local_file_t::ERROR) => {
            // SAFETY: as the caller says.
            let message = unsafe { strings::optional(message) };
            let message = message.filter(|text| !text.is_empty());
            Given::Failed(message.map_or_else(
                || "its function has failed".to_owned(),
                |text| String::from_utf8_lossy(text).into_owned(),
            ))
        }
        _ => Given::Failed(format!("its function returned {said}, which means nothing")),
    }
}
