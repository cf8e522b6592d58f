// SPDX-License-Identifier: Apache-2.0
//! The C functions for TLS and the login that need more than an option: functions of the program, and what
//! a TLS connection has come to.

use std::ffi::{c_char, c_void};

use zeroize::Zeroizing;

use crate::auth::{Dialog, Question, Reply};
use crate::capi::guard;
use crate::capi::handle::{attachsql_connect_t, attachsql_error_t};
use crate::capi::own::Own;
use crate::capi::strings;
use crate::capi::types::{
    attachsql_dialog_fn, attachsql_dialog_t, attachsql_keylog_fn, attachsql_tls_verified_t,
};
use crate::session::Connection;
use crate::transport::{KeyLog, Verify};

/// Has the keys of the TLS connection told to a function, so that tools such as Wireshark can read the
/// recorded traffic. Off by default. Whoever gets the lines can read everything on the connection, passwords
/// included, and change it while it lives: for looking for faults only, never in production.
///
/// `function` is called from `attachsql_connect_poll`, and from other functions that go on with the
/// handshake, once for each line of a file as SSLKEYLOGFILE names one; the line has no line end. `context`
/// is handed to it as it is.
///
/// Returns: true; false with an error.
///
/// NULL: `con` NULL fails with 3000/22023; `function` NULL takes an earlier one back; `error` may be NULL.
///
/// Lifetime: `context` must be usable until `attachsql_connect_destroy`; the line only during the call, and it
/// is overwritten after it.
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
pub unsafe extern "C" fn attachsql_connect_set_keylog(
    con: *mut attachsql_connect_t,
    function: attachsql_keylog_fn,
    context: *mut c_void,
    error: *mut *mut attachsql_error_t,
) -> bool {
    let own = Own(context);
    let log = function.map(|function| {
        KeyLog::new(move |line| {
            let line = with_nul(line.as_bytes());
            // SAFETY: the function is the program's, and the line ends with a NUL and lives on.
            unsafe { function(own.pointer(), line.as_ptr().cast()) }
        })
    });
    // SAFETY: as the caller says.
    unsafe {
        guard::call(con, error, false, |handle| handle.connection.set_keylog(log).map(|()| true))
    }
}

/// Has a function answer what the server asks in the login method `dialog`, which MariaDB uses with PAM. The
/// method must be accepted (ATTACHSQL_OPTION_AUTH_METHODS), and is used over TLS and unix sockets only: the
/// answers go out as they are.
///
/// If the server's first question is for a password, the one given to `attachsql_connect_create` answers it,
/// unless it is empty; the function gets all others. Without a function they end the login. It is called from
/// `attachsql_connect_poll`. `echo` says whether the answer may be shown while it is typed; `prompt` is the
/// server's text. It stores the answer in `*answer` and returns ATTACHSQL_DIALOG_ANSWER, or says that there is
/// none yet, and then each later poll calls it again with the same question; or it refuses, and the connect
/// fails. While a question is open, `attachsql_connect_wait` sleeps for some milliseconds at most.
///
/// Returns: true; false with an error.
///
/// NULL: `con` NULL fails with 3000/22023; `function` NULL takes an earlier one back; an answer NULL refuses;
/// `error` may be NULL.
///
/// Lifetime: `context` must be usable until the login is over; `prompt` only during the call. `*answer` is copied
/// as soon as the function has returned, and the copy is overwritten after use.
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
pub unsafe extern "C" fn attachsql_connect_set_dialog(
    con: *mut attachsql_connect_t,
    function: attachsql_dialog_fn,
    context: *mut c_void,
    error: *mut *mut attachsql_error_t,
) -> bool {
    let own = Own(context);
    let dialog = function.map(|function| {
        Dialog::new(move |question: &Question| {
            let (prompt, mut answer) = (with_nul(&question.prompt), std::ptr::null());
            // SAFETY: the function is the program's; the prompt ends with a NUL, and both live on.
            let said = unsafe {
                function(own.pointer(), question.echo, prompt.as_ptr().cast(), &raw mut answer)
            };
            match said {
                attachsql_dialog_t::LATER => Reply::Later,
                attachsql_dialog_t::ANSWER => {
                    // SAFETY: NULL or a NUL-terminated string, as the function says by what it returns.
                    let text = unsafe { strings::optional(answer) };
                    text.map_or(Reply::Refuse, |text| Reply::Text(Zeroizing::new(text.to_vec())))
                }
                _ => Reply::Refuse,
            }
        })
    });
    // SAFETY: as the caller says.
    unsafe {
        guard::call(con, error, false, |handle| handle.connection.set_dialog(dialog).map(|()| true))
    }
}

/// The version of TLS that the connection uses: `TLSv1.2` or `TLSv1.3`.
///
/// Returns: a NUL-terminated text; NULL without TLS, and before its handshake is done.
///
/// NULL: `con` NULL gives NULL.
///
/// Lifetime: until `attachsql_connect_destroy`.
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a live connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_connect_get_tls_version(
    con: *mut attachsql_connect_t,
) -> *const c_char {
    // SAFETY: as the caller says.
    unsafe {
        guard::quiet(con, std::ptr::null(), |handle| {
            let info = handle.connection.tls_info();
            info.map_or(std::ptr::null(), |info| info.version.as_ptr().cast())
        })
    }
}

/// The cipher that the connection uses, by OpenSSL's name.
///
/// Returns: a NUL-terminated text; NULL without TLS, and before its handshake is done.
///
/// NULL: `con` NULL gives NULL.
///
/// Lifetime: until `attachsql_connect_destroy`.
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a live connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_connect_get_tls_cipher(
    con: *mut attachsql_connect_t,
) -> *const c_char {
    // SAFETY: as the caller says.
    unsafe {
        guard::quiet(con, std::ptr::null(), |handle| {
            let info = handle.connection.tls_info();
            info.map_or(std::ptr::null(), |info| info.cipher.as_ptr().cast())
        })
    }
}

/// How the server has shown that it is the right one.
///
/// Returns: flags of `attachsql_tls_verified_t`; ATTACHSQL_TLS_VERIFIED_NONE if nothing was checked, without
/// TLS, and before its handshake is done. A resumed connection has what the first one was checked for.
///
/// NULL: `con` NULL gives ATTACHSQL_TLS_VERIFIED_NONE.
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a live connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_connect_get_tls_verified(
    con: *mut attachsql_connect_t,
) -> attachsql_tls_verified_t {
    // SAFETY: as the caller says.
    unsafe {
        guard::quiet(con, attachsql_tls_verified_t::NONE, |handle| verified(&handle.connection))
    }
}

/// Whether the connection goes on with the TLS session of an earlier one: see ATTACHSQL_OPTION_TLS_RESUME.
///
/// Returns: true if so; false after a full handshake, without TLS, and before its handshake is done.
///
/// NULL: `con` NULL gives false.
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a live connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_connect_tls_is_resumed(con: *mut attachsql_connect_t) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        guard::quiet(con, false, |handle| {
            handle.connection.tls_info().is_some_and(|info| info.resumed)
        })
    }
}

fn verified(connection: &Connection) -> attachsql_tls_verified_t {
    let Some(info) = connection.tls_info() else {
        return attachsql_tls_verified_t::NONE;
    };
    let flags = [
        (info.checked >= Some(Verify::Chain), attachsql_tls_verified_t::CHAIN),
        (info.checked >= Some(Verify::Host), attachsql_tls_verified_t::HOST),
        (info.fingerprint, attachsql_tls_verified_t::FINGERPRINT),
        (connection.is_proved(), attachsql_tls_verified_t::PASSWORD),
    ];
    let set = flags.iter().filter(|(is_so, _)| *is_so).map(|(_, flag)| flag.0);
    attachsql_tls_verified_t(set.fold(0, |all, flag| all | flag))
}

/// A copy for C, overwritten when it is dropped.
fn with_nul(text: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut copy = Zeroizing::new(Vec::with_capacity(text.len() + 1));
    copy.extend_from_slice(text);
    copy.push(0);
    copy
}
