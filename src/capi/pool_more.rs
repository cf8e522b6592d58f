// SPDX-License-Identifier: Apache-2.0
//! What pools and their connections have beyond libAttachSQL 2.0: waiting, taking a connection out, numbers, and
//! a pointer of the program's.

use std::ffi::{c_int, c_void};
use std::mem::{offset_of, size_of};
use std::time::Duration;

use crate::capi::guard;
use crate::capi::handle::{attachsql_connect_t, attachsql_error_t, attachsql_pool_t};
use crate::capi::keep;
use crate::capi::pool::{is_held, some};
use crate::capi::types::attachsql_pool_stats_st;
use crate::error::Misuse;
use crate::session::pool::{Occupation, Waited};

/// Takes a connection out of a pool. It goes on alone, in whatever state it is, and belongs to the program
/// again: poll it, and destroy it. Nothing is told of it any more.
///
/// Returns: true; false with an error.
///
/// NULL: `pool` and `con` NULL fail with 3000/22023; `error` may be NULL.
///
/// Lifetime: ends no loan.
///
/// Errors: 3000/22023 the connection is not in this pool, or was made by it; 2014/08002 it is in use by another call.
///
/// Since 2.1.
///
/// # Safety
///
/// `pool` and `con` are NULL or live; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_pool_remove_connection(
    pool: *mut attachsql_pool_t,
    con: *mut attachsql_connect_t,
    error: *mut *mut attachsql_error_t,
) -> bool {
    let remove = || {
        // SAFETY: NULL or live, as the caller says.
        let (this, con) = unsafe { (some(pool.as_ref(), "pool")?, some(con.as_ref(), "con")?) };
        let Some(place) = con.place.get().filter(|place| place.pool == pool) else {
            let problem = "is not in this pool".to_owned();
            return Err(Misuse::Argument { name: "con", problem }.into());
        };
        let mut handle = con.cell().try_borrow_mut().map_err(|_| Misuse::Reentered)?;
        if handle.connection.is_kept() {
            let problem = "was made by the pool, and stays with it".to_owned();
            return Err(Misuse::Argument { name: "con", problem }.into());
        }
        this.core.borrow_mut().remove(place.key, &mut handle.connection);
        con.place.set(None);
        Ok(true)
    };
    // SAFETY: as the caller says.
    unsafe { guard::create(error, false, remove) }
}

/// Sleeps until `attachsql_pool_run` would have something to do. May return early, for instance when a signal
/// comes; a run then does nothing.
///
/// `timeout_ms` is the longest time to sleep in milliseconds: negative for no limit, 0 only to look. A connect,
/// read or write timeout of a connection ends the sleep too.
///
/// Returns: true when it is time to run the pool; false when `timeout_ms` ran out, or when there is no limit and
/// nothing is awaited on any connection, so that the sleep would never end (`*error` is left alone in both cases);
/// false with an error. So a loop that runs the pool while this is true goes on until all is done.
///
/// NULL: `pool` NULL fails with 3000/22023; `error` may be NULL.
///
/// Callback: fails with 2014/08002 for a pool that is being run, and in a function that is called from inside of
/// `attachsql_pool_query`.
///
/// Errors: 2002/08000 the system's event queue failed; 2014/08002 this process is a fork of the one that has made the
/// pool.
///
/// Since 2.1.
///
/// # Safety
///
/// `pool` is NULL or a live pool; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_pool_wait(
    pool: *mut attachsql_pool_t,
    timeout_ms: c_int,
    error: *mut *mut attachsql_error_t,
) -> bool {
    let limit = u64::try_from(timeout_ms).ok().map(Duration::from_millis);
    let wait = || {
        // SAFETY: NULL or live, as the caller says.
        let this = some(unsafe { pool.as_ref() }, "pool")?;
        if this.running.get() || this.asked.get() {
            return Err(Misuse::PoolRunning.into());
        }
        Ok(this.core.borrow_mut().wait(limit, is_held)? == Waited::Run)
    };
    // SAFETY: as the caller says.
    unsafe { guard::create(error, false, wait) }
}

/// What a pool is at, and what it has done. Looks at every connection, so it is not for each run.
///
/// The program sets `stats->size` to sizeof(attachsql_pool_stats_st). The library fills what fits, and sets fields
/// that it does not know to 0, so that program and library may be of different versions.
///
/// Returns: true; false if `size` has no room for the first field after it.
///
/// NULL: `pool` or `stats` NULL gives false.
///
/// Since 2.1.
///
/// # Safety
///
/// `pool` is NULL or a live pool; `stats` is NULL or has as many bytes as its `size` says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_pool_get_stats(
    pool: *mut attachsql_pool_t,
    stats: *mut attachsql_pool_stats_st,
) -> bool {
    if stats.is_null() {
        return false;
    }
    // SAFETY: not NULL, and has at least the size, as the caller says.
    let size = unsafe { (&raw const (*stats).size).read() };
    let least = offset_of!(attachsql_pool_stats_st, unused);
    let count = || {
        // SAFETY: NULL or live, as the caller says.
        let pool = some(unsafe { pool.as_ref() }, "pool")?;
        Ok(Some(statistics(pool, size)))
    };
    // SAFETY: NULL may always be given.
    let counted = unsafe { guard::create(std::ptr::null_mut(), None, count) };
    let Some(counted) = counted.filter(|_| size >= least) else {
        return false;
    };
    let ours = size_of::<attachsql_pool_stats_st>();
    // SAFETY: `stats` has `size` bytes, as the caller says; no more than the struct's own are copied.
    unsafe {
        stats.cast::<u8>().write_bytes(0, size);
        let from = (&raw const counted).cast::<u8>();
        from.copy_to_nonoverlapping(stats.cast(), size.min(ours));
    }
    true
}

/// Remembers a pointer of the program's with a connection, in a pool or alone. The library does not follow it.
///
/// NULL: `con` NULL: no effect.
///
/// Lifetime: `user_data` is the program's, also when the connection is destroyed.
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a live connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_connect_set_user_data(
    con: *mut attachsql_connect_t,
    user_data: *mut c_void,
) {
    // SAFETY: NULL or live, as the caller says.
    if let Some(con) = unsafe { con.as_ref() } {
        con.user_data.set(user_data);
    }
}

/// The pointer that `attachsql_connect_set_user_data` has set.
///
/// Returns: the pointer; NULL before any was set.
///
/// NULL: `con` NULL gives NULL.
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a live connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_connect_get_user_data(
    con: *mut attachsql_connect_t,
) -> *mut c_void {
    // SAFETY: NULL or live, as the caller says.
    unsafe { con.as_ref() }.map_or(std::ptr::null_mut(), |con| con.user_data.get())
}

fn statistics(pool: &attachsql_pool_t, size: usize) -> attachsql_pool_stats_st {
    let own = keep::keep(pool, |keep| (keep.keeper.counts(), keep.queries));
    let ((made, queued, retries), queries) = own.unwrap_or_default();
    let core = pool.core.borrow();
    let done = core.done();
    let mut stats = attachsql_pool_stats_st {
        size,
        connections: 0,
        unused: 0,
        connecting: 0,
        idle: 0,
        busy: 0,
        held: 0,
        failed: 0,
        runs: done.runs,
        looks: done.looks,
        events: done.events,
        errors: done.errors,
        made: u32::try_from(made).unwrap_or(u32::MAX),
        queued: u32::try_from(queued).unwrap_or(u32::MAX),
        queries,
        retries,
    };
    for con in core.handles() {
        // SAFETY: in the pool, therefore live.
        let con = unsafe { &*con };
        // One in the middle of a call is on its way: only a login calls the program.
        let occupation = con.cell().try_borrow().map(|handle| handle.connection.occupation());
        stats.connections += 1;
        *match occupation.unwrap_or(Occupation::Connecting) {
            Occupation::Unused => &mut stats.unused,
            Occupation::Connecting => &mut stats.connecting,
            Occupation::Idle => &mut stats.idle,
            Occupation::Busy => &mut stats.busy,
            Occupation::Held => &mut stats.held,
            Occupation::Failed => &mut stats.failed,
        } += 1;
    }
    stats
}
