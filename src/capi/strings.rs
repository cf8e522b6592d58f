// SPDX-License-Identifier: Apache-2.0
//! Strings and arrays from C. A length of 0 is an empty slice whatever the pointer.

use std::ffi::{CStr, c_char, c_void};

use crate::error::{Error, Misuse, Result};

/// A NUL-terminated string; `None` for NULL.
///
/// # Safety
/// `text` is NULL or points at a NUL-terminated string that stays as it is for `'a`.
pub(super) unsafe fn optional<'a>(text: *const c_char) -> Option<&'a [u8]> {
    if text.is_null() {
        return None;
    }
    // SAFETY: as the caller says.
    Some(unsafe { CStr::from_ptr(text) }.to_bytes())
}

/// A NUL-terminated string that must be there; `name` is for the error.
///
/// # Safety
/// As for `optional`.
pub(super) unsafe fn required<'a>(text: *const c_char, name: &'static str) -> Result<&'a [u8]> {
    // SAFETY: as the caller says.
    unsafe { optional(text) }.ok_or_else(|| Misuse::Null(name).into())
}

/// `length` bytes; `name` is for the error.
///
/// # Safety
/// `data` points at `length` bytes that stay as they are for `'a`, or is NULL, or `length` is 0.
#[inline]
pub(super) unsafe fn counted<'a>(
    data: *const c_void,
    length: usize,
    name: &'static str,
) -> Result<&'a [u8]> {
    if length == 0 {
        return Ok(&[]);
    }
    if data.is_null() {
        return Err(null(name));
    }
    if isize::try_from(length).is_err() {
        return Err(too_long(name, length));
    }
    // SAFETY: not NULL, not longer than an object can be, and valid as the caller says.
    Ok(unsafe { std::slice::from_raw_parts(data.cast(), length) })
}

#[cold]
#[inline(never)]
fn null(name: &'static str) -> Box<Error> {
    Misuse::Null(name).into()
}

#[cold]
#[inline(never)]
fn too_long(name: &'static str, length: usize) -> Box<Error> {
    let problem = format!("has a length of {length} bytes, more than memory can hold");
    Misuse::Argument { name, problem }.into()
}
