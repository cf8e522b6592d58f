// SPDX-License-Identifier: Apache-2.0
//! The three questions of event loops: what to watch, whether anything is left to do without waiting, and when
//! the next call is due.

use std::ffi::c_int;
use std::time::Duration;

use crate::capi::guard;
use crate::capi::handle::{attachsql_connect_t, attachsql_error_t, attachsql_pool_t};
use crate::capi::pool::{is_held, some};
use crate::capi::types::{attachsql_socket_t, attachsql_watch_flags_t, attachsql_watch_st};
use crate::session::Watch;

/// What an event loop has to watch for a connection. Ask after every call on it.
///
/// Normally one descriptor; none before the connect, after the end, and in a pool; several while addresses
/// race. They are to be watched for their level (no EPOLLET, no EV_CLEAR), and `attachsql_connect_poll` called when
/// one is ready. `*generation` differs from that of the time before if a descriptor has joined or left the
/// set; what each is watched for may differ without that. One that has left is not closed before the next poll.
///
/// Stores the first `size` of them in `out`, and in `*count` how many there are.
///
/// Returns: true if there was room for all of them.
///
/// NULL: `con` NULL gives false and stores nothing; `out` may be NULL with a `size` of 0; `count` and
/// `generation` may be NULL.
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a live connection; `out` has room for `size` elements; `count` and `generation` are NULL or
/// may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_connect_get_watches(
    con: *mut attachsql_connect_t,
    out: *mut attachsql_watch_st,
    size: usize,
    count: *mut usize,
    generation: *mut u64,
) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        guard::quiet(con, false, |handle| {
            let mut all = Vec::new();
            if !handle.connection.is_pooled() {
                handle.connection.watched(&mut all);
            }
            give(&all, handle.connection.generation(), out, size, count, generation)
        })
    }
}

/// Whether `attachsql_connect_poll` would get on without any event: bytes are here already, in one of the
/// buffers, or the last poll ended because it had done enough. Ask after every call on the connection; while it
/// says true, poll again, after whatever other work is due.
///
/// Returns: true if so; false if an event must come first, or if it is the program's turn: before the connect,
/// with a row held, at EOF, after an error, and always in a pool.
///
/// NULL: `con` NULL gives false.
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a live connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_connect_has_more(con: *mut attachsql_connect_t) -> bool {
    // SAFETY: as the caller says.
    unsafe {
        guard::quiet(con, false, |handle| {
            let connection = &handle.connection;
            !connection.is_pooled() && connection.has_more()
        })
    }
}

/// When `attachsql_connect_poll` is to be called at the latest although no event has come: for time limits, for the
/// next address to try, or at once because there is more to do. Ask after every call on the connection.
///
/// Returns: milliseconds from now; 0 for at once; -1 if only an event counts.
///
/// NULL: `con` NULL gives -1.
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a live connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_connect_get_timeout_ms(con: *mut attachsql_connect_t) -> c_int {
    // SAFETY: as the caller says.
    unsafe { guard::quiet(con, -1, |handle| milliseconds(handle.connection.due_in())) }
}

/// One descriptor for everything that `attachsql_connect_get_watches` lists, where the system can give it: epoll
/// on Linux, kqueue on the BSDs and macOS. It is to be watched for reading, stays the same, and is closed by
/// `attachsql_connect_destroy`. The first call makes it.
///
/// What it stands for is brought up to date by this call and by `attachsql_connect_get_timeout_ms`: make one of
/// them after every call on the connection.
///
/// Returns: the descriptor; -1 with an error; -1 without one where the system has no such thing (Windows).
///
/// NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
///
/// Errors: 2002/08000 the system gives no event queue, usually for want of descriptors; 2014/08002 the
/// connection is in a pool, which has a descriptor of its own.
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a live connection; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_connect_get_fd(
    con: *mut attachsql_connect_t,
    error: *mut *mut attachsql_error_t,
) -> attachsql_socket_t {
    // SAFETY: as the caller says.
    unsafe {
        guard::call(con, error, -1, |handle| Ok(handle.connection.descriptor()?.unwrap_or(-1)))
    }
}

/// What an event loop has to watch for a pool: the descriptor of `attachsql_pool_get_fd`, or where the system has no
/// such thing, all sockets of its connections. See `attachsql_connect_get_watches`; `attachsql_pool_run` is to be
/// called when one is ready.
///
/// Returns: true if there was room for all of them.
///
/// NULL: `pool` NULL gives false and stores nothing; `out` may be NULL with a `size` of 0; `count` and
/// `generation` may be NULL.
///
/// Since 2.1.
///
/// # Safety
///
/// `pool` is NULL or a live pool; `out` has room for `size` elements; `count` and `generation` are NULL or may
/// be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_pool_get_watches(
    pool: *mut attachsql_pool_t,
    out: *mut attachsql_watch_st,
    size: usize,
    count: *mut usize,
    generation: *mut u64,
) -> bool {
    let list = || {
        // SAFETY: NULL or live, as the caller says.
        let core = some(unsafe { pool.as_ref() }, "pool")?.core.borrow();
        let all = match core.descriptor() {
            Some(descriptor) => vec![Watch { descriptor, read: true, write: false }],
            None => core.handles().flat_map(watches_of).collect(),
        };
        // SAFETY: as the caller says.
        Ok(unsafe { give(&all, core.generation(), out, size, count, generation) })
    };
    // SAFETY: NULL may always be given.
    unsafe { guard::create(std::ptr::null_mut(), false, list) }
}

/// Whether `attachsql_pool_run` has something to do without any event. Ask after every call on the pool or on one
/// of its connections; while it says true, run the pool again, after whatever other work is due.
///
/// Returns: true if so; false if an event must come first, or the program.
///
/// NULL: `pool` NULL gives false.
///
/// Callback: gives true for a pool that is being run.
///
/// Since 2.1.
///
/// # Safety
///
/// `pool` is NULL or a live pool.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_pool_has_more(pool: *mut attachsql_pool_t) -> bool {
    let ask = || {
        // SAFETY: NULL or live, as the caller says.
        let pool = some(unsafe { pool.as_ref() }, "pool")?;
        Ok(pool.running.get() || pool.core.borrow_mut().has_more(is_held))
    };
    // SAFETY: NULL may always be given.
    unsafe { guard::create(std::ptr::null_mut(), false, ask) }
}

/// When `attachsql_pool_run` is to be called at the latest although no event has come. Ask after every call on the
/// pool or on one of its connections.
///
/// Returns: milliseconds from now; 0 for at once; -1 if only an event counts.
///
/// NULL: `pool` NULL gives -1.
///
/// Callback: gives 0 for a pool that is being run.
///
/// Since 2.1.
///
/// # Safety
///
/// `pool` is NULL or a live pool.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_pool_get_timeout_ms(pool: *mut attachsql_pool_t) -> c_int {
    let ask = || {
        // SAFETY: NULL or live, as the caller says.
        let pool = some(unsafe { pool.as_ref() }, "pool")?;
        if pool.running.get() {
            return Ok(0);
        }
        Ok(milliseconds(pool.core.borrow_mut().due_in(is_held)))
    };
    // SAFETY: NULL may always be given.
    unsafe { guard::create(std::ptr::null_mut(), -1, ask) }
}

/// One descriptor for all connections of a pool, where the system can give it: epoll on Linux, kqueue on the BSDs
/// and macOS. It is to be watched for reading, stays the same, and is closed by `attachsql_pool_destroy`.
///
/// Returns: the descriptor; -1 where the system has no such thing (Windows).
///
/// NULL: `pool` NULL gives -1.
///
/// Since 2.1.
///
/// # Safety
///
/// `pool` is NULL or a live pool.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_pool_get_fd(pool: *mut attachsql_pool_t) -> attachsql_socket_t {
    // SAFETY: NULL or live, as the caller says.
    let pool = unsafe { pool.as_ref() };
    pool.and_then(|pool| pool.core.borrow().descriptor()).unwrap_or(-1)
}

/// Stores what is to be watched. Whether there was room.
///
/// # Safety
/// `out` has room for `size` elements; `count` and `generation` are NULL or may be written.
unsafe fn give(
    all: &[Watch],
    changes: u64,
    out: *mut attachsql_watch_st,
    size: usize,
    count: *mut usize,
    generation: *mut u64,
) -> bool {
    let size = if out.is_null() { 0 } else { size };
    for (at, watch) in all.iter().take(size).enumerate() {
        let read = if watch.read { attachsql_watch_flags_t::READ.0 } else { 0 };
        let write = if watch.write { attachsql_watch_flags_t::WRITE.0 } else { 0 };
        let flags = attachsql_watch_flags_t(read | write);
        // SAFETY: `at` is below `size`, as the caller says there is room for.
        unsafe { out.add(at).write(attachsql_watch_st { fd: watch.descriptor, flags }) };
    }
    if !count.is_null() {
        // SAFETY: as the caller says.
        unsafe { count.write(all.len()) };
    }
    if !generation.is_null() {
        // SAFETY: as the caller says.
        unsafe { generation.write(changes) };
    }
    all.len() <= size
}

fn watches_of(con: *mut attachsql_connect_t) -> Vec<Watch> {
    let mut all = Vec::new();
    // SAFETY: in the pool, therefore live.
    if let Ok(mut handle) = unsafe { &*con }.cell().try_borrow_mut() {
        handle.connection.watched(&mut all);
    }
    all
}

/// A time for C, never too short; -1 for none.
fn milliseconds(time: Option<Duration>) -> c_int {
    let Some(time) = time else {
        return -1;
    };
    let rounded = time.as_nanos().div_ceil(1_000_000);
    c_int::try_from(rounded).unwrap_or(c_int::MAX)
}
