// SPDX-License-Identifier: Apache-2.0
//! Connections: creating, options, connecting, polling, waiting, destroying.

use std::ffi::{c_char, c_int, c_void};
use std::time::Duration;

use crate::capi::choice::choice;
use crate::capi::descriptor;
use crate::capi::guard;
use crate::capi::handle::{attachsql_connect_t, attachsql_error_t};
use crate::capi::pool;
use crate::capi::strings;
use crate::capi::types::{attachsql_options_t, attachsql_return_t, attachsql_socket_t, in_port_t};
use crate::error::Result;
use crate::proto::machine::{Expected, Look};
use crate::session::{Config, Connection, Polled, SslFiles};
use crate::wire::zframe::Algorithm;

/// Creates a connection. Nothing is sent, looked up or opened yet.
///
/// With `port` 0, `host` is the path of a unix socket; otherwise it is a host name, or an IPv4 or IPv6
/// address, for TCP ("localhost" too). Names are looked up on a helper thread when the connect begins;
/// their addresses race, IPv4 first. All strings are copied.
///
/// Returns: the connection, to be freed with `attachsql_connect_destroy`; or NULL and an error.
///
/// NULL: `host` NULL is this machine; `pass` NULL is no password; `user` and `schema` NULL fail with
/// 3000/22023 (use "" for no default schema); `error` may be NULL.
///
/// Errors: 3000/22023 `user` has more than 255 bytes, or `schema` more than 64.
///
/// Since 2.0.
///
/// # Safety
///
/// Strings are NULL or NUL-terminated; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_connect_create(
    host: *const c_char,
    port: in_port_t,
    user: *const c_char,
    pass: *const c_char,
    schema: *const c_char,
    error: *mut *mut attachsql_error_t,
) -> *mut attachsql_connect_t {
    let create = || -> Result<_> {
        // SAFETY: NULL or NUL-terminated, as the caller says; copied before this returns.
        let (host, user, pass, schema) = unsafe {
            (
                strings::optional(host),
                strings::required(user, "user")?,
                strings::optional(pass).unwrap_or_default(),
                strings::required(schema, "schema")?,
            )
        };
        let config = Config::new(host, port, user, pass, schema)?;
        Ok(attachsql_connect_t::into_raw(Connection::new(config)))
    };
    // SAFETY: as the caller says.
    unsafe { guard::create(error, std::ptr::null_mut(), create) }
}

/// Closes a connection, in any state, and frees it with everything it lent: rows, columns, texts. Says
/// goodbye to the server if that can be done at once; never waits. A lookup under way is abandoned.
///
/// NULL: no effect.
///
/// Lifetime: error objects stay valid.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a connection that was not destroyed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_connect_destroy(con: *mut attachsql_connect_t) {
    if con.is_null() {
        return;
    }
    // Nothing panics when it is dropped; were it to, the panic would end here.
    let free = || {
        // SAFETY: a live handle, as the caller says.
        unsafe { pool::free_connection(con) };
        Ok(())
    };
    // SAFETY: NULL may always be given.
    unsafe { guard::create(std::ptr::null_mut(), (), free) };
}

/// Frees a connection as `attachsql_connect_destroy` does, but without a word to the server, so that another process
/// can go on with it: for a fork that has inherited it. Only this process's descriptors are closed. Nothing is sent, not
/// even over TLS; nothing is shut down; what the other process waits for stays as it is.
///
/// A fork must not use an inherited connection in any other way, except `attachsql_connect_destroy` if it is the
/// only one that still has it. A connection of a pool is taken out of it.
///
/// NULL: no effect.
///
/// Lifetime: as `attachsql_connect_destroy`.
///
/// Callback: as `attachsql_connect_destroy`.
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a connection that was not destroyed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_connect_forget(con: *mut attachsql_connect_t) {
    if con.is_null() {
        return;
    }
    let free = || {
        // SAFETY: a live handle, as the caller says.
        unsafe {
            pool::forget(con);
            pool::free_connection(con);
        }
        Ok(())
    };
    // SAFETY: NULL may always be given.
    unsafe { guard::create(std::ptr::null_mut(), (), free) };
}

/// Begins to connect. The rest happens in `attachsql_connect_poll`, which also reports what goes wrong.
/// A first query connects by itself.
///
/// Returns: true if the connect was begun, is under way, or is done; false while an answer is awaited
/// (`*error` is left alone then) or with an error.
///
/// NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
///
/// Errors: that of the poll, after the connect or the connection failed; 3000/22023 `host` is NULL and
/// `port` 0; 3003/22023 TLS cannot be set up as asked; 2005/08000 no thread for the lookup.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_connect(
    con: *mut attachsql_connect_t,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe { guard::call(con, error, false, |handle| handle.connection.connect()) }
}

/// Does what can be done for the connection without waiting, and says how things stand. Call it until it
/// says what you wait for; between calls, do other work or sleep in `attachsql_connect_wait`.
///
/// ROW_READY, EOF and ERROR stay until the program goes on: with `attachsql_query_row_next`, or with
/// the next command. One call reads and sends at most about 1 MiB each. With ATTACHSQL_OPTION_SEMI_BLOCKING it sleeps
/// until something happens, if there is nothing to do at once.
///
/// Returns: NOT_CONNECTED before any connect; CONNECTING; PROCESSING while an answer is awaited;
/// ROW_READY when a row is held (never in buffered mode); EOF when nothing is awaited (login done,
/// answer ended); ERROR.
///
/// NULL: `con` NULL is ERROR with 3000/22023; `error` may be NULL.
///
/// Lifetime: ends no loan, except that a new row needs `attachsql_query_row_next` first.
///
/// Errors: a server's own; 2002/08000 cannot connect, the connect timeout, or a server without the TLS
/// that was asked for; 2005/08000 host not found;
/// 2007/08004 and 2012/08004 a greeting that cannot be used; 2013/08006 the connection broke, or a
/// read or write timeout; 2020/08S01 a packet over the limit; 2027/08S01 a malformed packet; 2059/28000
/// and 2061/28000 a login method that is unknown, not accepted or not safe here; 2068/HY000 LOAD DATA
/// LOCAL was refused; 3003/08000 TLS failed, or the server's certificate is refused; 2008/82100 no
/// memory; 2000/HY000 a defect of the library.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_connect_poll(
    con: *mut attachsql_connect_t,
    error: *mut *mut attachsql_error_t,
) -> attachsql_return_t {
    // SAFETY: as the caller says.
    unsafe {
        // The usual poll finds a row. Each sort is read by a function that calls none and ends this one.
        match guard::peek(con, |handle| handle.connection.expects_row()) {
            Some(Expected::Text) => {}
            Some(Expected::Binary) => return poll_binary_row(&*con, error),
            None => return poll_on(con, error),
        }
        match guard::poke(con, |handle| Some(handle.connection.take_row())) {
            Some(Look::Row) => attachsql_return_t::ROW_READY,
            Some(Look::Unusual) => poll_row(con, error),
            Some(Look::Other) | None => poll_on(con, error),
        }
    }
}

/// As `attachsql_connect_poll`, where a row of a statement is awaited.
///
/// # Safety
/// As there.
#[inline(never)]
unsafe extern "C" fn poll_binary_row(
    con: &attachsql_connect_t,
    error: *mut *mut attachsql_error_t,
) -> attachsql_return_t {
    let con = std::ptr::from_ref(con).cast_mut();
    // SAFETY: as the caller says.
    unsafe {
        match guard::poke(con, |handle| Some(handle.connection.take_binary_row())) {
            Some(Look::Row) => attachsql_return_t::ROW_READY,
            Some(Look::Unusual) => poll_row(con, error),
            Some(Look::Other) | None => poll_on(con, error),
        }
    }
}

/// As `attachsql_connect_poll`, after `Look::Unusual`.
///
/// # Safety
/// As there.
#[inline(never)]
unsafe extern "C" fn poll_row(
    con: *mut attachsql_connect_t,
    error: *mut *mut attachsql_error_t,
) -> attachsql_return_t {
    // SAFETY: as the caller says.
    unsafe {
        guard::call(con, error, attachsql_return_t::ERROR, |handle| {
            handle.connection.poll_row().map(attachsql_return_t::from)
        })
    }
}

/// As `attachsql_connect_poll`, after `Look::Other`.
///
/// # Safety
/// As there.
#[inline(never)]
unsafe extern "C" fn poll_on(
    con: *mut attachsql_connect_t,
    error: *mut *mut attachsql_error_t,
) -> attachsql_return_t {
    // SAFETY: as the caller says.
    unsafe {
        guard::call(con, error, attachsql_return_t::ERROR, |handle| {
            handle.connection.poll_on().map(attachsql_return_t::from)
        })
    }
}

/// Sets an option. Options marked "before connecting" are refused once the connect has begun; 1 to 7 are
/// accepted then, without effect. See `attachsql_options_t` for each option's value and states.
///
/// Options 1 to 9 take no value: `arg` is ignored. Those from 100 up read it as the type named there,
/// during the call.
///
/// Returns: true if the option is set; false for an unknown option, a value out of range, or a state that
/// does not allow it. Nothing has changed then.
///
/// NULL: `con` NULL gives false; so does `arg` NULL for an option from 100 up.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection; `arg` points at what the option says, or is NULL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_connect_set_option(
    con: *mut attachsql_connect_t,
    option: attachsql_options_t,
    arg: *const c_void,
) -> bool {
    // SAFETY: as the caller says.
    let choice = unsafe { choice(option, arg) };
    let choose = |choice| {
        // SAFETY: as the caller says.
        unsafe { guard::quiet(con, false, |handle| handle.connection.choose(choice)) }
    };
    choice.is_some_and(choose)
}

/// Requires TLS 1.2 or 1.3 for a connection that does not connect yet. A server that offers no TLS is
/// refused with 2002/08000, before anything of the login is sent.
///
/// `ca` is a PEM file and `capath` a folder (of files named by hash) with certificates of authorities to
/// trust; one of the two is needed. With `verify` the server's certificate must come from one of them; its
/// host name is checked only if ATTACHSQL_OPTION_TLS_VERIFY asks for that. `cert` and `key` are PEM files
/// with the client's certificate and key; `key` NULL takes the key from `cert`'s file, and without `cert`
/// it is not used. `cipher` is a list of TLS 1.2 ciphers as OpenSSL writes them. What TLS options have set
/// stays, where these arguments say nothing else.
///
/// The files are read during the call, so that a mistake shows at once, and again when the connect begins.
///
/// Returns: true; false with an error. Connecting fails with the same error then, unless another call
/// succeeds before: a connection that was to be safe is never made without TLS.
///
/// NULL: `con` NULL fails with 3000/22023; the strings may be NULL, and "" means the same; `error` may be
/// NULL.
///
/// Errors: 3000/22023 the connect has begun; 3003/22023 neither `ca` nor `capath`, a file that cannot be
/// read or used, a key that does not belong to the certificate, a bad list of ciphers.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection; strings are NULL or NUL-terminated; `error` is NULL or may be
/// written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_connect_set_ssl(
    con: *mut attachsql_connect_t,
    key: *const c_char,
    cert: *const c_char,
    ca: *const c_char,
    capath: *const c_char,
    cipher: *const c_char,
    verify: bool,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says; the strings are copied before this returns.
    unsafe {
        guard::call(con, error, false, |handle| {
            let text = |text| {
                let text = strings::optional(text).unwrap_or_default();
                (!text.is_empty()).then_some(text)
            };
            let files = SslFiles {
                key: text(key),
                cert: text(cert),
                ca: text(ca),
                ca_path: text(capath),
                ciphers: text(cipher),
            };
            handle.connection.set_ssl(&files, verify).map(|()| true)
        })
    }
}

/// Gives a connection that does not connect yet a socket to use, in place of looking for the host: one that
/// the program has connected itself, through a tunnel or as its rules want it. Host and port of
/// `attachsql_connect_create` then only matter for the check of a TLS certificate, and
/// ATTACHSQL_OPTION_HOSTS not at all.
///
/// `fd` is a stream socket, connected, of TCP or a unix socket. Nothing may have been read from it. It is made
/// non-blocking and close-on-exec. The library owns it from then on and closes it; another call before the connect
/// replaces it.
///
/// Returns: true; false with an error. The socket is still the program's then.
///
/// NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
///
/// Errors: 3000/22023 the connect has begun, or `fd` is no socket, no stream socket, of another family, or
/// not connected.
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a live connection; nobody else uses `fd` once this has succeeded, or closes it before;
/// `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_connect_set_fd(
    con: *mut attachsql_connect_t,
    fd: attachsql_socket_t,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        guard::call(con, error, false, |handle| {
            // First, so that the socket stays the program's.
            handle.connection.may_adopt()?;
            let stream = descriptor::stream(fd)?;
            handle.connection.adopt(stream).map(|()| true)
        })
    }
}

/// The server's version text.
///
/// Returns: a NUL-terminated text; "" before the server's greeting has come.
///
/// NULL: `con` NULL gives NULL.
///
/// Lifetime: until `attachsql_connect_destroy`; ask again after the greeting.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_connect_get_server_version(
    con: *mut attachsql_connect_t,
) -> *const c_char {
    // SAFETY: as the caller says.
    unsafe {
        guard::quiet(con, std::ptr::null(), |handle| {
            let version = handle.connection.machine().version();
            if version.is_empty() { c"".as_ptr() } else { version.as_ptr().cast() }
        })
    }
}

/// The server's number for this connection, as KILL and the process list use it.
///
/// Returns: the number; 0 before the server's greeting has come.
///
/// NULL: `con` NULL gives 0.
///
/// Since 2.0.
///
/// # Safety
///
/// `con` is NULL or a live connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_connect_get_connection_id(con: *mut attachsql_connect_t) -> u32 {
    // SAFETY: as the caller says.
    unsafe { guard::quiet(con, 0, |handle| handle.connection.machine().thread_id()) }
}

/// The compression that was agreed on with the server.
///
/// Returns: "zlib", "zstd", or "" for none and before the login is done. A static text.
///
/// NULL: `con` NULL gives NULL.
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a live connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_connect_get_compression(
    con: *mut attachsql_connect_t,
) -> *const c_char {
    // SAFETY: as the caller says.
    unsafe {
        guard::quiet(con, std::ptr::null(), |handle| {
            let name = match handle.connection.machine().compression() {
                Some(Algorithm::Zlib) => c"zlib",
                Some(Algorithm::Zstd) => c"zstd",
                None => c"",
            };
            name.as_ptr()
        })
    }
}

/// Sleeps until `attachsql_connect_poll` would have something to do, so that a program need not spin.
/// Returns at once where a poll never waits: before the connect, with a row held, at EOF, after an
/// error. May return early, for instance when a signal comes; poll then finds nothing new.
///
/// `timeout_ms` is the longest time to sleep in milliseconds: negative for no limit, 0 only to look. A
/// connect, read or write timeout ends the sleep too.
///
/// Returns: true when it is time to poll; false when `timeout_ms` ran out (`*error` is left alone), or
/// with an error.
///
/// NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
///
/// Errors: 2002/08000 the system gives no event queue, usually for want of descriptors.
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a live connection; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_connect_wait(
    con: *mut attachsql_connect_t,
    timeout_ms: c_int,
    error: *mut *mut attachsql_error_t,
) -> bool {
    let limit = u64::try_from(timeout_ms).ok().map(Duration::from_millis);
    // SAFETY: as the caller says.
    unsafe { guard::call(con, error, false, |handle| handle.connection.wait(limit)) }
}

impl From<Polled> for attachsql_return_t {
    #[inline]
    fn from(polled: Polled) -> Self {
        match polled {
            Polled::NotConnected => Self::NOT_CONNECTED,
            Polled::Connecting => Self::CONNECTING,
            Polled::Processing => Self::PROCESSING,
            Polled::RowReady => Self::ROW_READY,
            Polled::End => Self::EOF,
        }
    }
}
