// SPDX-License-Identifier: Apache-2.0
//! What a connection tells of itself in C: events for a function of the program's, and the name of its state.

use std::ffi::{c_char, c_void};
use std::mem::size_of;
use std::time::Duration;

use crate::capi::guard;
use crate::capi::handle::{attachsql_connect_t, attachsql_error_t};
use crate::capi::own::Own;
use crate::capi::types::{
    ATTACHSQL_SQLSTATE_SIZE, attachsql_trace_event_t, attachsql_trace_fn, attachsql_trace_st,
};
use crate::error::ConnectPhase;
use crate::session::{State, TraceEvent, Traced, Tracer};

/// Has a function told what the connection does: that the login is done and how long each part of it took; each
/// command with its bytes, rows and times; errors. Off by default, and without cost then. Nothing that is told has the
/// text of a query, a value, a name or a password in it.
///
/// `function` is called from the functions that send commands, `attachsql_pool_query` among them, and from
/// `attachsql_connect_poll` and `attachsql_pool_run`. `trace` tells all it has to know; its `size` says which fields
/// there are.
///
/// Returns: true; false with an error.
///
/// NULL: `con` NULL fails with 3000/22023; `function` NULL takes an earlier one back; `error` may be NULL.
///
/// Lifetime: `context` must be usable until `attachsql_connect_destroy`; if the connection becomes a template, until
/// `attachsql_pool_destroy`: the pool's connections call the function too. `trace` only during the call.
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
pub unsafe extern "C" fn attachsql_connect_set_trace(
    con: *mut attachsql_connect_t,
    function: attachsql_trace_fn,
    context: *mut c_void,
    error: *mut *mut attachsql_error_t,
) -> bool {
    let own = Own(context);
    let tracer = function.map(|function| {
        Tracer::new(move |id, traced| {
            let trace = told(id, traced);
            // SAFETY: the function is the program's; the struct lives on.
            unsafe { function(own.pointer(), &raw const trace) };
        })
    });
    // SAFETY: as the caller says.
    unsafe {
        guard::call(con, error, false, |handle| handle.connection.set_tracer(tracer).map(|()| true))
    }
}

/// What the connection is at, in a word or two, for logs. Changes nothing.
///
/// Returns: a static text: "unused", "looking up", "connecting", "awaiting greeting", "starting TLS", "logging in",
/// "ready", "busy", "row held", "more results", "uploading", "dropping", "failed".
///
/// NULL: `con` NULL gives NULL.
///
/// Callback: in a function that the connection calls, gives "in use".
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a live connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_connect_state_name(
    con: *mut attachsql_connect_t,
) -> *const c_char {
    let none = if con.is_null() { std::ptr::null() } else { c"in use".as_ptr() };
    // SAFETY: as the caller says.
    unsafe { guard::quiet(con, none, |handle| name(handle.connection.state())) }
}

fn name(state: State) -> *const c_char {
    let name = match state {
        State::Unused => c"unused",
        State::Connecting(ConnectPhase::Lookup) => c"looking up",
        State::Connecting(ConnectPhase::Dial) => c"connecting",
        State::Connecting(ConnectPhase::Greeting) => c"awaiting greeting",
        State::Connecting(ConnectPhase::Tls) => c"starting TLS",
        State::Connecting(ConnectPhase::Login) => c"logging in",
        State::Ready => c"ready",
        State::Busy => c"busy",
        State::Row => c"row held",
        State::Between => c"more results",
        State::Uploading => c"uploading",
        State::Dropping => c"dropping",
        State::Failed => c"failed",
    };
    name.as_ptr()
}

/// The same for C.
fn told(id: u32, traced: &Traced) -> attachsql_trace_st {
    let event = match traced.event {
        TraceEvent::Connected => attachsql_trace_event_t::CONNECTED,
        TraceEvent::Command => attachsql_trace_event_t::COMMAND,
        TraceEvent::Done => attachsql_trace_event_t::DONE,
        TraceEvent::Failed => attachsql_trace_event_t::FAILED,
    };
    let (code, state) = traced.error.unwrap_or((0, *b"00000"));
    let mut sqlstate = [0; ATTACHSQL_SQLSTATE_SIZE];
    for (to, from) in sqlstate.iter_mut().zip(state) {
        *to = c_char::from_ne_bytes([from]);
    }
    let connect =
        |phase: ConnectPhase| traced.connect.get(phase as usize).copied().map_or(0, micros);
    attachsql_trace_st {
        size: size_of::<attachsql_trace_st>(),
        event,
        connection_id: id,
        state: name(traced.state),
        command: traced.command.into(),
        error_code: code,
        sqlstate,
        number: traced.number,
        bytes_out: traced.bytes.0,
        bytes_in: traced.bytes.1,
        rows: traced.rows,
        lookup_us: connect(ConnectPhase::Lookup),
        connect_us: connect(ConnectPhase::Dial),
        greeting_us: connect(ConnectPhase::Greeting),
        tls_us: connect(ConnectPhase::Tls),
        login_us: connect(ConnectPhase::Login),
        first_us: micros(traced.took.0),
        total_us: micros(traced.took.1),
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
