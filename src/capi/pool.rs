// SPDX-License-Identifier: Apache-2.0
//! Pools: creating, adding, running, destroying, as libAttachSQL 2.0 had them. What came later is in
//! `pool_more`.
//!
//! A callback may do anything with any connection and any pool, so nothing is borrowed while it runs, and
//! every pointer is looked up again after it. What it destroys of the pool that is being run is taken out
//! of the pool at once, and freed at the end of the run.

use std::ffi::c_void;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::capi::guard;
use crate::capi::handle::{Membership, attachsql_connect_t, attachsql_error_t, attachsql_pool_t};
use crate::capi::keep;
use crate::capi::types::attachsql_callback_fn;
use crate::error::{Misuse, Result};
use crate::session::pool::{Happening, Key, Next, Pool, Standing};

/// Creates a pool: connections that one call runs all together. What happens on them is told to
/// `function`. A pool does not hand out work: each connection gets its own queries.
///
/// `function` is called from inside `attachsql_pool_run` and never from another call. Its arguments are the
/// connection; its number in the pool, from 1, in order of adding; what has happened; `context`; and an error
/// for ATTACHSQL_EVENT_ERROR, which it has to free, otherwise NULL. Each thing that happens is told once:
///
/// - CONNECTED: the login is done; a query that was remembered goes out after it.
/// - ROW_READY: a row is held. Not told again while it is; not in buffered mode.
/// - EOF: a result has ended, or a prepare. Not for a mere connect, and not for what was closed before.
/// - ERROR: a command has failed, or the connection, also if it did so within a call that gave an error
///   object of its own.
///
/// Returns: the pool, to be freed with `attachsql_pool_destroy`; or NULL and an error.
///
/// NULL: `function` NULL for no events: poll the connections, which then only says how they stand; `error`
/// may be NULL.
///
/// Lifetime: `context` must be usable until `attachsql_pool_destroy`.
///
/// Callback: `function` may call any function on any connection and pool, except that running and waiting for
/// its own pool does nothing. It must return: a C++ exception or longjmp must not leave it.
///
/// Errors: 2002/08000 the system gives no event queue, usually for want of descriptors.
///
/// Since 2.0.
///
/// # Safety
///
/// `function` is NULL or a function of that type that does not unwind; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_pool_create(
    function: attachsql_callback_fn,
    context: *mut c_void,
    error: *mut *mut attachsql_error_t,
) -> *mut attachsql_pool_t {
    let create = || Ok(attachsql_pool_t::into_raw(Pool::new()?, function, context));
    // SAFETY: as the caller says.
    unsafe { guard::create(error, std::ptr::null_mut(), create) }
}

/// Adds a connection to a pool, which owns it from then on: `attachsql_pool_destroy` destroys it. From then
/// on `attachsql_pool_run` does its work, and `attachsql_connect_poll` only says how it stands.
///
/// It must not have begun to connect, and be in no pool. It gets the next number, beginning with 1; numbers
/// are not used again.
///
/// NULL: `pool` and `con` NULL fail with 3000/22023; `error` may be NULL.
///
/// Errors: 2014/08002 this process is a fork of the one that has made the pool; 3000/22023 the connection has begun
/// to connect or is in a pool. It is not added then.
///
/// Since 2.0.
///
/// # Safety
///
/// `pool` and `con` are NULL or live; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_pool_add_connection(
    pool: *mut attachsql_pool_t,
    con: *mut attachsql_connect_t,
    error: *mut *mut attachsql_error_t,
) {
    let add = || {
        // SAFETY: NULL or live, as the caller says.
        let (this, con_ref) = unsafe { (some(pool.as_ref(), "pool")?, some(con.as_ref(), "con")?) };
        let mut handle = con_ref.cell().try_borrow_mut().map_err(|_| Misuse::Reentered)?;
        if this.ended.get() {
            let problem = "was destroyed by its callback".to_owned();
            return Err(Misuse::Argument { name: "pool", problem }.into());
        }
        let key = this.core.borrow_mut().add(&mut handle.connection, con)?;
        con_ref.place.set(Some(Membership { pool, key }));
        Ok(())
    };
    // SAFETY: as the caller says.
    unsafe { guard::create(error, (), add) }
}

/// Does what can be done on all connections without waiting, and calls the pool's function for what has
/// happened, in order of adding, at most once for each connection. Never waits, whatever options the connections
/// have. One call reads and sends at most about 1 MiB for each connection, so that none holds up the others.
///
/// Call it in a loop; with `attachsql_pool_wait` before it, or inside an event loop, it costs nothing while
/// nothing happens. It costs in proportion to the connections with something to do.
///
/// In a fork it touches no socket: at most it tells what had come before.
///
/// NULL: no effect.
///
/// Callback: no effect on a pool that is being run, nor in a function that is called from inside of
/// `attachsql_pool_query`. A fork that is made in the callback must not return from it.
///
/// Since 2.0.
///
/// # Safety
///
/// `pool` is NULL or a live pool.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_pool_run(pool: *mut attachsql_pool_t) {
    // SAFETY: NULL or live, as the caller says; it stays so until `free_pool` below, as `running` says.
    let Some(this) = (unsafe { pool.as_ref() }) else {
        return;
    };
    if this.asked.get() || this.running.replace(true) {
        return;
    }
    // Panics in a connection are caught where they can be told; this is for the pool's own code.
    let _ = catch_unwind(AssertUnwindSafe(|| run(pool, this)));
    if this.ended.get() {
        let _ = catch_unwind(AssertUnwindSafe(|| keep::end(this)));
    }
    this.running.set(false);
    for con in this.gone.take() {
        // SAFETY: destroyed by the program in this run and taken out of the pool: nobody has it any more.
        unsafe { attachsql_connect_t::free(con) };
    }
    if this.ended.get() {
        // SAFETY: destroyed by the program in this run, and `this` is not used any more.
        unsafe { free_pool(pool) };
    }
}

/// Destroys a pool with all of its connections, in any state. Its function is not called any more; those of
/// queries that `attachsql_pool_query` has taken, and that are not over, are called with an ERROR first. They cannot
/// begin anything new on the pool. In a fork the connections are forgotten: see `attachsql_connect_forget`.
///
/// NULL: no effect.
///
/// Lifetime: ends that of the pool's connections and of all they lent; error objects stay valid. In a
/// callback of the pool all that ends when `attachsql_pool_run` returns.
///
/// Callback: no effect in a function that a connection of the pool calls, unless `attachsql_pool_run` is what it is
/// called from.
///
/// Since 2.0.
///
/// # Safety
///
/// `pool` is NULL or a pool that was not destroyed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_pool_destroy(pool: *mut attachsql_pool_t) {
    // SAFETY: NULL or live, as the caller says.
    let Some(this) = (unsafe { pool.as_ref() }) else {
        return;
    };
    // A run frees what is destroyed in it; another call on a connection would go on with what is gone.
    if !this.running.get() && this.core.borrow().handles().any(is_in_use) {
        return;
    }
    let again = this.ended.replace(true);
    if again || this.running.replace(true) {
        return;
    }
    let free = || {
        let _ = catch_unwind(AssertUnwindSafe(|| keep::end(this)));
        for con in this.gone.take() {
            // SAFETY: destroyed by the program just now and taken out of the pool: nobody has it any more.
            unsafe { attachsql_connect_t::free(con) };
        }
        // SAFETY: live, not destroyed before, and not being run.
        unsafe { free_pool(pool) };
        Ok(())
    };
    // SAFETY: NULL may always be given.
    unsafe { guard::create(std::ptr::null_mut(), (), free) };
}

impl attachsql_pool_t {
    fn into_raw(
        core: Pool<*mut attachsql_connect_t>,
        function: attachsql_callback_fn,
        context: *mut c_void,
    ) -> *mut Self {
        Box::into_raw(Box::new(Self {
            core: core.into(),
            function,
            context,
            running: false.into(),
            asked: false.into(),
            ended: false.into(),
            gone: Vec::new().into(),
            keep: None.into(),
        }))
    }
}

/// A connection of the program's is to be freed: now, or at the end of the run of its pool. No effect from inside
/// of a call on it, in a pool or alone: that goes on with it.
///
/// # Safety
/// `con` is live, and the program does not use it any more.
pub(super) unsafe fn free_connection(con: *mut attachsql_connect_t) {
    if is_in_use(con) {
        return;
    }
    // SAFETY: live, as the caller says; the reference ends here.
    let place = unsafe { (*con).place.take() };
    if let Some(Membership { pool, key }) = place {
        // SAFETY: a pool outlives its connections.
        let pool = unsafe { &*pool };
        pool.core.borrow_mut().drop_key(key);
        keep::destroyed(pool, key);
        if !is_ours(pool) {
            // SAFETY: live, as the caller says.
            unsafe { forget(con) };
        }
        if pool.running.get() {
            // SAFETY: live, as the caller says.
            unsafe { attachsql_connect_t::leave_stmts(con) };
            pool.gone.borrow_mut().push(con);
            return;
        }
    }
    // SAFETY: as the caller says; no pool has it any more.
    unsafe { attachsql_connect_t::free(con) };
}

/// Whether this process has made the pool, and is no fork of that one.
fn is_ours(pool: &attachsql_pool_t) -> bool {
    pool.core.borrow_mut().check_process().is_ok()
}

/// Has a connection let go of its server without a word, unless a call on it is under way.
///
/// # Safety
/// `con` is live.
pub(super) unsafe fn forget(con: *mut attachsql_connect_t) {
    // SAFETY: live, as the caller says; the reference ends here.
    if let Ok(mut handle) = unsafe { (*con).cell().try_borrow_mut() } {
        handle.connection.let_go();
    }
}

/// # Safety
/// `pool` is live, is not being run, and is not used any more.
unsafe fn free_pool(pool: *mut attachsql_pool_t) {
    // SAFETY: made by `Box::into_raw`, freed once, as the caller says.
    let pool = unsafe { Box::from_raw(pool) };
    let ours = is_ours(&pool);
    let core = pool.core.into_inner();
    for con in core.handles() {
        // SAFETY: the pool owns them; the program has given them up with it.
        unsafe {
            if !ours {
                forget(con);
            }
            attachsql_connect_t::free(con);
        }
    }
}

fn run(raw: *mut attachsql_pool_t, pool: &attachsql_pool_t) {
    if pool.keep.borrow().is_some() && !is_ours(pool) {
        return;
    }
    keep::tend(raw, pool);
    keep::tell_ended(pool);
    if !pool.core.borrow_mut().begin() {
        return;
    }
    while !pool.ended.get() {
        let Some(next) = pool.core.borrow_mut().take_next() else {
            // What was given back goes to those who wait.
            keep::tend(raw, pool);
            return;
        };
        let Some(mut happening) = look(pool, &next) else {
            return;
        };
        // A function that the connection has called may have destroyed the pool: nothing is told of it any more.
        if !pool.ended.get()
            && has(pool, next.key)
            && !keep::looked(pool, &next, &mut happening)
            && let Some(happening) = happening
        {
            tell(pool, next.key, next.handle, happening);
        }
        if !pool.ended.get() && has(pool, next.key) {
            settle(pool, &next);
        }
    }
}

/// Whether the connection is still in the pool; otherwise its pointer may be dead.
pub(super) fn has(pool: &attachsql_pool_t, key: Key) -> bool {
    pool.core.borrow_mut().has(key)
}

/// Takes a connection that the program does not have any more out of the pool, and frees it: now, or at the end
/// of the run.
pub(super) fn discard(pool: &attachsql_pool_t, key: Key) {
    let Some(con) = pool.core.borrow_mut().handle(key) else {
        return;
    };
    pool.core.borrow_mut().drop_key(key);
    // SAFETY: was in the pool until now, therefore live.
    unsafe { (*con).place.set(None) };
    if pool.running.get() {
        pool.gone.borrow_mut().push(con);
        return;
    }
    // SAFETY: no pool and nobody else has it any more.
    unsafe { attachsql_connect_t::free(con) };
}

/// Lets the connection do what it can. It may call functions of the program, about questions, keys and files.
/// `None` if the process may not, being a fork.
fn look(
    pool: &attachsql_pool_t,
    next: &Next<*mut attachsql_connect_t>,
) -> Option<Option<Happening>> {
    // SAFETY: in the pool, therefore live; if it is destroyed meanwhile, it is freed at the end of the run.
    let con = unsafe { &*next.handle };
    let Ok(mut handle) = con.cell().try_borrow_mut() else {
        return Some(None);
    };
    let connection = &mut handle.connection;
    if connection.needs_socket() && !pool.core.borrow_mut().is_ours() {
        return None;
    }
    next.tell(connection);
    let look = catch_unwind(AssertUnwindSafe(|| connection.look(next.timed)));
    Some(look.unwrap_or_else(|panic| {
        guard::panicked(&mut handle, panic);
        handle.connection.look(false)
    }))
}

/// Tells the pool's function. Nothing is borrowed, and nothing that was known of the connection holds after it.
pub(super) fn tell(
    pool: &attachsql_pool_t,
    key: Key,
    con: *mut attachsql_connect_t,
    happening: Happening,
) {
    pool.core.borrow_mut().count(&happening);
    keep::call(pool.function, con, key.id(), pool.context, happening);
}

fn settle(pool: &attachsql_pool_t, next: &Next<*mut attachsql_connect_t>) {
    // SAFETY: in the pool, therefore live.
    let con = unsafe { &*next.handle };
    if let Ok(mut handle) = con.cell().try_borrow_mut() {
        pool.core.borrow_mut().settle(next.key, &mut handle.connection);
    }
}

/// Whether a call on the connection is under way, which has called the program.
fn is_in_use(con: *mut attachsql_connect_t) -> bool {
    // SAFETY: live, as everywhere where this is asked.
    unsafe { &*con }.cell().try_borrow_mut().is_err()
}

/// Whether the program still has what the connection lent.
pub(super) fn is_held(con: *mut attachsql_connect_t) -> bool {
    // SAFETY: in the pool, therefore live.
    let con = unsafe { &*con };
    con.cell().try_borrow().is_ok_and(|handle| handle.connection.standing() == Standing::Held)
}

pub(super) fn some<'a, T>(pointer: Option<&'a T>, name: &'static str) -> Result<&'a T> {
    pointer.ok_or_else(|| Misuse::Null(name).into())
}
