// SPDX-License-Identifier: Apache-2.0
//! Pools that make their own connections and hand out queries to them.

use std::ffi::{c_char, c_void};

use crate::capi::guard;
use crate::capi::handle::{attachsql_connect_t, attachsql_error_t, attachsql_pool_t};
use crate::capi::keep::{self, Who};
use crate::capi::pool::some;
use crate::capi::query::params;
use crate::capi::strings;
use crate::capi::types::{
    attachsql_callback_fn, attachsql_options_t, attachsql_query_parameter_st,
};
use crate::error::{Misuse, Result};
use crate::session::pool::PoolChoice;

/// Gives a pool a template, from which it makes connections of its own for `attachsql_pool_query`: host, user,
/// password and schema, every option, TLS, whether rows are buffered, and the functions of
/// `attachsql_connect_set_local_file`, `attachsql_connect_set_trace` and the like are those that `con` has now. `con`
/// itself is not connected. It stays the program's, which may destroy it at once. Another template counts for
/// the connections that are made after it.
///
/// The pool makes a connection when a query finds none that is free, up to ATTACHSQL_OPTION_POOL_MAX, and
/// keeps ATTACHSQL_OPTION_POOL_MIN of them in any case: see `attachsql_pool_set_option`. It closes and frees
/// them as well. The pool's function is told when one is logged in (CONNECTED), and may begin a command on it
/// then, such as SET; the events of that go to the pool's function, and queries get the connection after it.
/// It is told, too, when one fails while no query has it (ERROR), for instance because it cannot connect; the
/// connection must not be used after that call.
///
/// Returns: true; false with an error.
///
/// NULL: `pool` and `con` NULL fail with 3000/22023; `error` may be NULL.
///
/// Lifetime: the functions that were set with `attachsql_connect_set_dialog`, `_set_keylog`, `_set_local_file` and
/// `_set_trace`, and what their contexts point at, must be usable until `attachsql_pool_destroy`. They are called for
/// all connections of the pool, with the same context. Everything else is copied.
///
/// Errors: 3000/22023 `con` has begun to connect, is in a pool, or has a socket of `attachsql_connect_set_fd`; that
/// of `attachsql_connect_set_ssl`, if it failed.
///
/// Since 2.1.
///
/// # Safety
///
/// `pool` and `con` are NULL or live; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_pool_set_template(
    pool: *mut attachsql_pool_t,
    con: *mut attachsql_connect_t,
    error: *mut *mut attachsql_error_t,
) -> bool {
    let set = || {
        // SAFETY: NULL or live, as the caller says.
        let (this, con) = unsafe { (some(pool.as_ref(), "pool")?, some(con.as_ref(), "con")?) };
        let handle = con.cell().try_borrow().map_err(|_| Misuse::Reentered)?;
        if handle.connection.is_pooled() {
            let problem = "is in a pool: a template is a connection outside".to_owned();
            return Err(Misuse::Argument { name: "con", problem }.into());
        }
        let template = handle.connection.like()?;
        this.keep.borrow_mut().get_or_insert_default();
        keep::keep(this, |keep| {
            keep.template = Some(Box::new(template));
            keep.keeper.open();
        });
        Ok(true)
    };
    // SAFETY: as the caller says.
    unsafe { guard::create(error, false, set) }
}

/// Sets an option of a pool: one of those from ATTACHSQL_OPTION_POOL_MIN to ATTACHSQL_OPTION_POOL_QUEUE_TIMEOUT. They
/// count for connections that the pool makes from its template, and for `attachsql_pool_query`. May be called at any
/// time; what the pool does next is according to it.
///
/// Returns: true if the option is set; false for an option that is not a pool's, and for a value out of range.
/// Nothing has changed then.
///
/// NULL: `pool` or `arg` NULL gives false.
///
/// Since 2.1.
///
/// # Safety
///
/// `pool` is NULL or a live pool; `arg` is NULL or points at what the option says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_pool_set_option(
    pool: *mut attachsql_pool_t,
    option: attachsql_options_t,
    arg: *const c_void,
) -> bool {
    if arg.is_null() {
        return false;
    }
    // SAFETY: as the caller says; it need not be aligned.
    let number = || unsafe { arg.cast::<u32>().read_unaligned() };
    let set = || {
        let choice = match option {
            attachsql_options_t::POOL_MIN => PoolChoice::Min(number()),
            attachsql_options_t::POOL_MAX => PoolChoice::Max(number()),
            attachsql_options_t::POOL_IDLE_TIMEOUT => PoolChoice::IdleTimeout(number()),
            attachsql_options_t::POOL_LIFETIME => PoolChoice::Lifetime(number()),
            attachsql_options_t::POOL_PING_INTERVAL => PoolChoice::PingInterval(number()),
            attachsql_options_t::POOL_RESET => PoolChoice::Reset(number()),
            attachsql_options_t::POOL_CONNECTS => PoolChoice::Connects(number()),
            attachsql_options_t::POOL_QUEUE => PoolChoice::Queue(number()),
            attachsql_options_t::POOL_QUEUE_TIMEOUT => PoolChoice::QueueTimeout(number()),
            _ => return Ok(false),
        };
        // SAFETY: NULL or live, as the caller says.
        let this = some(unsafe { pool.as_ref() }, "pool")?;
        this.keep.borrow_mut().get_or_insert_default();
        Ok(keep::keep(this, |keep| keep.keeper.choose(choice)).unwrap_or_default())
    };
    // SAFETY: NULL may always be given.
    unsafe { guard::create(std::ptr::null_mut(), false, set) }
}

/// Runs a query on a connection of the pool's own: at once if one is free, otherwise it waits for one, and the
/// pool makes another if it may. Queries are given out in their order. The pool needs a template:
/// `attachsql_pool_set_template`. `length` to `parameters` are those of `attachsql_query`.
///
/// What happens is told to `function`, as a pool's function is told it, by `attachsql_pool_run` and at the end by
/// `attachsql_pool_destroy`, never by this call: ROW_READY for each row, then EOF or ERROR. The connection is the
/// query's until the function has returned from that one, and must not be used afterwards. To keep it, begin something
/// on it in the function: go on to a further result with `attachsql_query_next_result`, or send another query, for a
/// transaction for instance, after `attachsql_query_close`. What that brings is told to the same `function`. When it
/// returns from EOF or ERROR without having begun anything, the query is over; it is told nothing more, and the pool
/// closes the query. A connection with an open transaction is not given to others, but closed, so that the server rolls
/// back.
///
/// Each query that was taken comes to its end once, whatever happens. If its connection is lost before the query
/// was sent, another one gets it. If it is lost afterwards, that is an ERROR (2013/08006), since nobody knows
/// whether the server ran it: it is never sent twice. A query that never had a connection ends with `con` NULL and
/// the number 0.
///
/// Returns: true if the query was taken; false with an error, and `function` is not called then.
///
/// NULL: `pool` and `function`, `statement` with a `length`, `parameters` with a `parameter_count`, and the `data` of
/// a parameter that needs it fail with 3000/22023; `error` may be NULL.
///
/// Lifetime: `statement`, `parameters` and all values are no longer needed when this returns. `context` must be
/// usable until the query is over.
///
/// Callback: `function` may call any function on any connection and pool, this one too, except that running and
/// waiting for its own pool does nothing. It must return: a C++ exception or longjmp must not leave it.
///
/// Errors: 2910/HY014 as many queries wait as ATTACHSQL_OPTION_POOL_QUEUE allows; 2020/08S01 the query is longer than
/// the largest packet; 3000/22023 the pool has no template, more `?` than parameters, or a parameter's type is none
/// of 0 to 6. Told to `function`: the server's; 2013/08006 the connection was lost after the query was sent, or
/// destroyed, or the pool was; 2911/HYT00 it has waited longer than ATTACHSQL_OPTION_POOL_QUEUE_TIMEOUT;
/// 2912/HY008 the pool was destroyed while it waited; those of connecting, if there is no other connection to
/// wait for.
///
/// Since 2.1.
///
/// # Safety
///
/// `pool` is NULL or a live pool; `statement` has `length` bytes, `parameters` `parameter_count` elements, or they
/// are NULL; `function` is NULL or a function of that type that does not unwind; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_pool_query(
    pool: *mut attachsql_pool_t,
    length: usize,
    statement: *const c_char,
    parameter_count: u16,
    parameters: *mut attachsql_query_parameter_st,
    function: attachsql_callback_fn,
    context: *mut c_void,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: NULL or live, as the caller says. While it is asked nobody frees it.
    let asked = unsafe { pool.as_ref() };
    let before = asked.is_some_and(|pool| pool.asked.replace(true));
    let query = || -> Result<bool> {
        let this = some(asked, "pool")?;
        if function.is_none() {
            return Err(Misuse::Null("function").into());
        }
        // SAFETY: as the caller says; copied or sent before this returns.
        let (text, params) = unsafe {
            let text = strings::counted(statement.cast(), length, "statement")?;
            (text, params(text, parameters, parameter_count)?)
        };
        keep::query(pool, this, text, params, Who { function, context }).map(|()| true)
    };
    // SAFETY: as the caller says.
    let taken = unsafe { guard::create(error, false, query) };
    if let Some(pool) = asked {
        pool.asked.set(before);
    }
    taken
}
