// SPDX-License-Identifier: Apache-2.0
//! Connections that a pool makes from its template, and the queries it hands out to them: does what the keeper
//! says, and calls the function of each query. The policy is the keeper's; nothing of it is here.
//!
//! As everywhere in pools, nothing is borrowed while a function of the program runs, and everything is looked
//! up again after it.

use std::ffi::c_void;

use crate::capi::handle::{Membership, attachsql_connect_t, attachsql_error_t, attachsql_pool_t};
use crate::capi::pool::{discard, has, tell};
use crate::capi::query::close;
use crate::capi::types::{attachsql_callback_fn, attachsql_events_t};
use crate::error::{Error, IoCause, Misuse, Result};
use crate::limits::{POOL_ANSWER, POOL_UNSEEN};
use crate::proto::commands::Short;
use crate::proto::escape::Param;
use crate::session::Connection;
use crate::session::pool::{Happening, Keeper, Key, Next, Order, Phase, Pool, Task};

/// Whom to tell what becomes of a query.
#[derive(Debug, Clone, Copy)]
pub(super) struct Who {
    /// Never NULL.
    pub(super) function: attachsql_callback_fn,
    pub(super) context: *mut c_void,
}

/// What a pool has that makes its own connections.
#[derive(Debug, Default)]
pub(super) struct Keep {
    pub(super) keeper: Keeper<Who>,
    /// Settings of the connections. It never connects itself.
    pub(super) template: Option<Box<Connection>>,
    /// Queries that were taken.
    pub(super) queries: u64,
}

/// What became of an attempt to send.
enum Sent {
    Yes,
    /// The connection was lost before.
    Lost(Box<Error>),
    /// No connection can do it.
    Refused(Box<Error>),
}

/// Has `with` look at what the pool has of this; then the pool knows when to go on. `None` if it has none.
pub(super) fn keep<R>(pool: &attachsql_pool_t, with: impl FnOnce(&mut Keep) -> R) -> Option<R> {
    let mut keep = pool.keep.borrow_mut();
    let keep = keep.as_deref_mut()?;
    let result = with(keep);
    pool.core.borrow_mut().plan(keep.keeper.agenda());
    Some(result)
}

/// Makes, uses, asks and closes connections, as far as something is due. Calls nobody.
pub(super) fn tend(pool: *mut attachsql_pool_t, this: &attachsql_pool_t) {
    let Some(now) = this.keep.borrow().as_ref().map(|_| Pool::<()>::now()) else {
        return;
    };
    // A function that traces may end the pool.
    while !this.ended.get()
        && let Some(Some(task)) = keep(this, |keep| keep.keeper.next_task(now))
    {
        match task {
            Task::Open => open(pool, this),
            Task::Close(key) => discard(this, key),
            Task::Ping(key) => {
                // If it cannot be sent, the next run tells.
                on(this, key, |connection| connection.command(Short::Ping).is_ok());
            }
            Task::GiveUp(key) => {
                on(this, key, |connection| connection.give_up_on(POOL_ANSWER));
            }
            Task::Send(key, order, idle) => {
                let certain = idle >= POOL_UNSEEN;
                let Order { text, params, who, .. } = &order;
                let sent = send(this, key, certain, text, params.clone());
                let who = *who;
                keep(this, |keep| match sent {
                    Sent::Yes => keep.keeper.lent(key, who),
                    Sent::Lost(error) => keep.keeper.unsent(order, error),
                    Sent::Refused(error) => keep.keeper.refused(who, error),
                });
            }
        }
    }
}

/// Sends a query at once if a connection is idle, otherwise puts it into the queue.
pub(super) fn query(
    pool: *mut attachsql_pool_t,
    this: &attachsql_pool_t,
    text: &[u8],
    params: Vec<Param<'_>>,
    who: Who,
) -> Result<()> {
    if this.ended.get() || !keep(this, |keep| keep.keeper.is_open()).unwrap_or_default() {
        let gone = "was destroyed";
        let none = "has no template: call attachsql_pool_set_template first";
        let problem = if this.ended.get() { gone } else { none }.to_owned();
        return Err(Misuse::Argument { name: "pool", problem }.into());
    }
    this.core.borrow_mut().check_process()?;
    Connection::check_query(text, params.len())?;
    let now = Pool::<()>::now();
    while let Some(Some((key, idle))) = keep(this, |keep| keep.keeper.take_idle(now)) {
        match send(this, key, idle >= POOL_UNSEEN, text, params.clone()) {
            Sent::Yes => {
                keep(this, |keep| {
                    keep.keeper.lent(key, who);
                    keep.queries += 1;
                });
                return Ok(());
            }
            Sent::Lost(_) => {}
            Sent::Refused(error) => return Err(error),
        }
    }
    let pushed =
        keep(this, |keep| keep.keeper.push(text, params, who, now).inspect(|()| keep.queries += 1));
    pushed.unwrap_or(Ok(()))?;
    tend(pool, this);
    Ok(())
}

/// Tells the queries that have ended without a connection. Those that end meanwhile have to wait.
pub(super) fn tell_ended(this: &attachsql_pool_t) {
    let mut ended = Vec::new();
    keep(this, |keep| ended.extend(std::iter::from_fn(|| keep.keeper.take_ended())));
    let mut ended = ended.into_iter();
    for (who, error) in ended.by_ref() {
        tell_who(this, who, std::ptr::null_mut(), 0, Happening::Failed(error));
        if this.ended.get() {
            break;
        }
    }
    // The pool has ended: they are told with the others.
    keep(this, |keep| ended.for_each(|(who, error)| keep.keeper.refused(who, error)));
}

/// The pool ends: tells all queries that have not ended yet.
pub(super) fn end(this: &attachsql_pool_t) {
    let cause = IoCause::from(std::io::Error::other("the pool was destroyed"));
    let sent = Error::Lost { during: "waiting for an answer", cause };
    // A function has no way to begin another one: the pool is ended.
    for (key, who, error) in keep(this, |keep| keep.keeper.end(&sent)).unwrap_or_default() {
        let con = key.and_then(|key| this.core.borrow_mut().handle(key));
        let id = key.map_or(0, Key::id);
        tell_who(this, who, con.unwrap_or_default(), id, Happening::Failed(error));
    }
}

/// The program has destroyed the connection. A query that had it ends.
pub(super) fn destroyed(this: &attachsql_pool_t, key: Key) {
    keep(this, |keep| {
        let cause = IoCause::from(std::io::Error::other("the connection was destroyed"));
        let error = Error::Lost { during: "waiting for an answer", cause };
        if let Some(who) = keep.keeper.gone(key, &error, Pool::<()>::now()) {
            keep.keeper.refused(who, error.into());
        }
    });
}

/// After a look at a connection. `false` if it is not one of these, and `happening` is the pool's function's.
pub(super) fn looked(
    this: &attachsql_pool_t,
    next: &Next<*mut attachsql_connect_t>,
    happening: &mut Option<Happening>,
) -> bool {
    let (key, con) = (next.key, next.handle);
    let Some(Some(phase)) = keep(this, |keep| keep.keeper.phase(key)) else {
        return false;
    };
    let (dead, free) =
        on(this, key, |connection| Some((connection.failure().is_some(), connection.is_free())))
            .unwrap_or_default();
    match (phase, happening.take()) {
        (_, Some(Happening::Failed(error))) if dead => lost(this, key, con, error),
        (Phase::Connecting, Some(Happening::Connected)) => {
            keep(this, |keep| keep.keeper.logged_in(key, Pool::<()>::now()));
            tell(this, key, con, Happening::Connected);
            hand_back(this, key, con, None);
        }
        // A server that does not know the command.
        (Phase::Clearing(_) | Phase::Pinging(_), Some(Happening::Failed(_))) => {
            close_one(this, key)
        }
        (Phase::Clearing(_) | Phase::Pinging(_), _) if free => release(this, key),
        (Phase::Lent(None), Some(row @ Happening::RowReady)) => tell(this, key, con, row),
        (Phase::Lent(Some(who)), Some(row @ Happening::RowReady)) => {
            tell_who(this, who, con, key.id(), row);
        }
        (Phase::Lent(_), Some(end)) => finish(this, key, con, Some(end)),
        // The program has closed the query, and the rest of it has been read.
        (Phase::Lent(_), None) if free => finish(this, key, con, None),
        _ => {}
    }
    true
}

/// A query, or a result of it, has ended: tells who had it, and takes the connection back unless it goes on.
fn finish(
    this: &attachsql_pool_t,
    key: Key,
    con: *mut attachsql_connect_t,
    end: Option<Happening>,
) {
    let who = keep(this, |keep| keep.keeper.take_who(key)).flatten();
    match (who, end) {
        (Some(who), end) => {
            tell_who(this, who, con, key.id(), end.unwrap_or(Happening::End));
        }
        (None, Some(end)) => tell(this, key, con, end),
        (None, None) => {}
    }
    hand_back(this, key, con, who);
}

/// A function has returned: `who` keeps the connection if something was begun on it.
fn hand_back(this: &attachsql_pool_t, key: Key, con: *mut attachsql_connect_t, who: Option<Who>) {
    if !has(this, key) {
        return;
    }
    // SAFETY: in the pool, therefore live.
    let con = unsafe { &*con };
    let Ok(mut handle) = con.cell().try_borrow_mut() else {
        return;
    };
    if handle.connection.is_occupied() {
        // If the function has ended the pool, too, it is told the end of what it has begun.
        if let Some(who) = who {
            keep(this, |keep| keep.keeper.lent(key, who));
        }
        return;
    }
    if this.ended.get() {
        return;
    }
    if handle.connection.failure().is_some() {
        // A call of the function has found out; the next run tells.
        return;
    }
    let settings = keep(this, |keep| {
        let buffered = keep.template.as_ref().is_some_and(|template| template.is_buffered());
        (keep.keeper.resets(), buffered)
    });
    let (resets, buffered) = settings.unwrap_or_default();
    let spoilt = handle.connection.is_spoilt(resets);
    if spoilt {
        drop(handle);
        return close_one(this, key);
    }
    close(&mut handle);
    handle.connection.tidy(buffered);
    let resetting = resets && who.is_some() && handle.connection.command(Short::Reset).is_ok();
    let free = !resetting && handle.connection.is_there(false);
    drop(handle);
    if free {
        release(this, key);
    } else {
        let now = Pool::<()>::now();
        keep(this, |keep| keep.keeper.clearing(key, now));
    }
}

/// The connection is free.
fn release(this: &attachsql_pool_t, key: Key) {
    let now = Pool::<()>::now();
    if keep(this, |keep| keep.keeper.released(key, now)) == Some(false) {
        discard(this, key);
    }
}

/// The connection has failed: tells whoever had it, and frees it.
fn lost(this: &attachsql_pool_t, key: Key, con: *mut attachsql_connect_t, error: Box<Error>) {
    let now = Pool::<()>::now();
    let who = keep(this, |keep| keep.keeper.gone(key, &error, now)).flatten();
    match who {
        Some(who) => tell_who(this, who, con, key.id(), Happening::Failed(error)),
        None => tell(this, key, con, Happening::Failed(error)),
    }
    if has(this, key) && !this.ended.get() {
        discard(this, key);
    }
}

/// A connection of no more use is closed; nobody has it.
fn close_one(this: &attachsql_pool_t, key: Key) {
    let (now, error) = (Pool::<()>::now(), Error::Internal("closed".to_owned()));
    keep(this, |keep| keep.keeper.gone(key, &error, now));
    discard(this, key);
}

/// Tells whoever asked. Nothing is borrowed, and nothing that was known of the connection holds after it.
fn tell_who(
    this: &attachsql_pool_t,
    who: Who,
    con: *mut attachsql_connect_t,
    id: u32,
    happening: Happening,
) {
    this.core.borrow_mut().count(&happening);
    call(who.function, con, id, who.context, happening);
}

/// Calls a function of the program, if there is one. The error is given to it.
pub(super) fn call(
    function: attachsql_callback_fn,
    con: *mut attachsql_connect_t,
    id: u32,
    context: *mut c_void,
    happening: Happening,
) {
    let Some(function) = function else {
        return;
    };
    let (event, error) = match happening {
        Happening::Connected => (attachsql_events_t::CONNECTED, std::ptr::null_mut()),
        Happening::RowReady => (attachsql_events_t::ROW_READY, std::ptr::null_mut()),
        Happening::End => (attachsql_events_t::EOF, std::ptr::null_mut()),
        Happening::Failed(error) => {
            (attachsql_events_t::ERROR, attachsql_error_t::into_raw(&error))
        }
    };
    // SAFETY: the function is the program's, and does not unwind; the connection is live or NULL, and the
    // error is given away.
    unsafe { function(con, id, event, context, error) };
}

/// Makes a connection like the template, which begins to connect.
fn open(pool: *mut attachsql_pool_t, this: &attachsql_pool_t) {
    let now = Pool::<()>::now();
    let made = keep(this, |keep| keep.template.as_ref().map(|template| template.like())).flatten();
    let added = made.unwrap_or_else(|| Err(Error::Internal("no template".to_owned()).into()));
    let added = added.and_then(|connection| {
        let con = attachsql_connect_t::into_raw(connection);
        // SAFETY: just made.
        let con_ref = unsafe { &*con };
        let key = this.core.borrow_mut().add(&mut con_ref.cell().borrow_mut().connection, con);
        match key {
            Ok(key) => con_ref.place.set(Some(Membership { pool, key })),
            // SAFETY: just made, and nobody has it.
            Err(_) => unsafe { attachsql_connect_t::free(con) },
        }
        key
    });
    match added {
        Ok(key) => {
            keep(this, |keep| keep.keeper.opened(key, now));
            on(this, key, |connection| {
                connection.set_kept();
                // A failure is told by the next run.
                connection.connect().is_ok()
            });
        }
        Err(error) => {
            keep(this, |keep| keep.keeper.connect_failed(&error, now));
        }
    }
}

fn send(
    this: &attachsql_pool_t,
    key: Key,
    certain: bool,
    text: &[u8],
    params: Vec<Param<'_>>,
) -> Sent {
    let sent = on(this, key, |connection| {
        if !connection.is_there(certain) {
            let cause = connection.failure().map_or(String::new(), Error::to_string);
            return Some(Err(Error::Gone(cause).into()));
        }
        Some(connection.query(text, params))
    });
    match sent {
        Some(Ok(())) => Sent::Yes,
        Some(Err(error)) if matches!(*error, Error::Gone(_)) => Sent::Lost(error),
        Some(Err(error)) => {
            // The socket did not take all of it, and the server had something to say: it may be about this.
            match *error {
                Error::Server(_) => close_one(this, key),
                _ => release(this, key),
            }
            Sent::Refused(error)
        }
        None => Sent::Lost(Error::Gone("it is in use by another call".to_owned()).into()),
    }
}

/// Does something with a connection of the pool, unless it is in use. What `with` gives for none of it is its
/// default.
fn on<R: Default>(this: &attachsql_pool_t, key: Key, with: impl FnOnce(&mut Connection) -> R) -> R {
    let con = this.core.borrow_mut().handle(key);
    // SAFETY: in the pool, therefore live.
    let con = con.map(|con| unsafe { &*con });
    let handle = con.and_then(|con| con.cell().try_borrow_mut().ok());
    handle.map(|mut handle| with(&mut handle.connection)).unwrap_or_default()
}
