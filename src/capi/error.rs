// SPDX-License-Identifier: Apache-2.0
//! Error objects, as C reads and frees them.

use std::ffi::{c_char, c_int};

use crate::capi::handle::attachsql_error_t;

/// Frees an error object.
///
/// NULL: no effect.
///
/// Since 2.0.
///
/// # Safety
///
/// `err` is NULL or an error object that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_error_free(err: *mut attachsql_error_t) {
    if !err.is_null() {
        // SAFETY: made by `Box::into_raw` and not freed yet, as the caller says.
        drop(unsafe { Box::from_raw(err) });
    }
}

/// The number of an error.
///
/// Returns: one of `attachsql_error_codes_t`, or the server's own number. Servers have errors from 3000
/// up too, so that 3000 to 3003 can be either.
///
/// NULL: `err` NULL gives 0.
///
/// Since 2.0.
///
/// # Safety
///
/// `err` is NULL or an error object that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_error_code(err: *mut attachsql_error_t) -> c_int {
    // SAFETY: NULL or a live object, as the caller says.
    unsafe { err.as_ref() }.map_or(0, |error| error.code)
}

/// The text of an error: the library's in English, or the server's in the connection's character set.
///
/// Returns: at most 255 bytes and a NUL; a longer text is cut.
///
/// NULL: `err` NULL gives NULL.
///
/// Lifetime: until `attachsql_error_free` for this object.
///
/// Since 2.0.
///
/// # Safety
///
/// `err` is NULL or an error object that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_error_message(err: *mut attachsql_error_t) -> *mut c_char {
    if err.is_null() {
        return std::ptr::null_mut();
    }
    // SAFETY: a live object, as the caller says; only the address is taken.
    unsafe { &raw mut (*err).message }.cast()
}

/// The SQLSTATE of an error.
///
/// Returns: five characters and a NUL.
///
/// NULL: `err` NULL gives NULL.
///
/// Lifetime: until `attachsql_error_free` for this object.
///
/// Since 2.0.
///
/// # Safety
///
/// `err` is NULL or an error object that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_error_sqlstate(err: *mut attachsql_error_t) -> *mut c_char {
    if err.is_null() {
        return std::ptr::null_mut();
    }
    // SAFETY: a live object, as the caller says; only the address is taken.
    unsafe { &raw mut (*err).sqlstate }.cast()
}
