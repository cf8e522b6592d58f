// SPDX-License-Identifier: Apache-2.0
//! The library's version, and the call that once had to come first.

use std::ffi::c_char;

/// The version as bytes and a NUL. One test of an old client wants five characters exactly: keep every
/// number a single digit.
static VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "\0");

/// The version of the library at run time, for instance "2.1.0".
///
/// Returns: a NUL-terminated text of five characters.
///
/// Lifetime: for ever.
///
/// Since 2.0.
#[unsafe(no_mangle)]
pub extern "C" fn attachsql_get_library_version() -> *const c_char {
    VERSION.as_ptr().cast()
}

/// The first number of the version.
///
/// Since 2.0.
#[unsafe(no_mangle)]
pub extern "C" fn attachsql_get_library_version_major() -> u8 {
    part(0)
}

/// The second number of the version.
///
/// Since 2.0.
#[unsafe(no_mangle)]
pub extern "C" fn attachsql_get_library_version_minor() -> u8 {
    part(1)
}

/// The third number of the version.
///
/// Since 2.0.
#[unsafe(no_mangle)]
pub extern "C" fn attachsql_get_library_version_patch() -> u8 {
    part(2)
}

/// Nothing, any more: it initialised the TLS library, which now does so by itself. May be called at any
/// time, any number of times, or never.
///
/// Since 2.0.
#[unsafe(no_mangle)]
pub extern "C" fn attachsql_library_init() {}

fn part(number: usize) -> u8 {
    VERSION.trim_end_matches('\0').split('.').nth(number).and_then(|n| n.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_text_agree() {
        let numbers = (0..3).map(part).map(|n| n.to_string()).collect::<Vec<_>>().join(".");
        assert_eq!(format!("{numbers}\0"), VERSION);
        assert_eq!(VERSION.len(), 6);
    }
}
