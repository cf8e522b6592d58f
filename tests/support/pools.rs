// SPDX-License-Identifier: Apache-2.0
//! A pool of the C API, whose callback is a closure, and a record of all it was told.

#![allow(unsafe_code, reason = "the C API is called as C does")]

use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::ptr::null_mut;
use std::time::Instant;

use attachsql::capi::handle::{attachsql_connect_t, attachsql_error_t, attachsql_pool_t};
use attachsql::capi::types::{attachsql_events_t as Events, attachsql_pool_stats_st as Stats};
use attachsql::capi::{pool as api, pool_more as more};

use super::listener::{Address, PATIENCE};
use super::packets::Value;
use super::raw::{CApi, take, told};
use super::subject::{Failure, Subject};

/// What a callback was told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    Connected,
    Row(Vec<Value>),
    End,
    Failed(Failure),
}

/// What a callback does. It gets the pool, the connection, its number, and what was told.
pub type Act = Box<dyn FnMut(Raw, &mut Member, u32, &Told)>;

/// A pool. Destroyed when dropped, unless that was done by a callback.
pub struct CPool {
    pub raw: Raw,
    inside: Box<Inside>,
}

struct Inside {
    raw: Cell<*mut attachsql_pool_t>,
    log: RefCell<Vec<(u32, Told)>>,
    act: RefCell<Act>,
    destroyed: Cell<bool>,
}

/// A pool as C has it.
#[derive(Debug, Clone, Copy)]
pub struct Raw(pub *mut attachsql_pool_t);

/// A pool without a function. Destroyed when dropped.
pub struct Empty(Raw);

impl Drop for Empty {
    fn drop(&mut self) {
        self.0.destroy();
    }
}

/// A connection of a pool: not destroyed when dropped.
pub struct Member(pub ManuallyDrop<CApi>);

impl CPool {
    pub fn new(act: impl FnMut(Raw, &mut Member, u32, &Told) + 'static) -> Self {
        let inside = Box::new(Inside {
            raw: Cell::new(null_mut()),
            log: RefCell::default(),
            act: RefCell::new(Box::new(act)),
            destroyed: Cell::new(false),
        });
        let context = std::ptr::from_ref(&*inside).cast_mut().cast::<c_void>();
        // SAFETY: the context lives as long as the pool; NULL is allowed for the error.
        let raw = unsafe { api::attachsql_pool_create(Some(callback), context, null_mut()) };
        assert!(!raw.is_null());
        inside.raw.set(raw);
        Self { raw: Raw(raw), inside }
    }

    /// One that only records, takes each row and closes each query.
    pub fn simple() -> Self {
        Self::new(|_, con, _, told| match told {
            Told::Row(_) => con.next_row(),
            Told::End | Told::Failed(_) => con.close_query(),
            Told::Connected => {}
        })
    }

    /// Whether the system has what a pool needs.
    pub fn try_new() -> Result<Empty, Failure> {
        let mut error = null_mut();
        // SAFETY: NULL is allowed for the function and the context; `error` may be written.
        let raw = unsafe { api::attachsql_pool_create(None, null_mut(), &raw mut error) };
        take(error).map_or(Ok(Empty(Raw(raw))), Err)
    }

    /// One that tells nothing.
    pub fn without_callback() -> Self {
        let mut pool = Self::simple();
        pool.raw.destroy();
        // SAFETY: NULL is allowed for all three.
        pool.raw = Raw(unsafe { api::attachsql_pool_create(None, null_mut(), null_mut()) });
        assert!(!pool.raw.0.is_null());
        pool
    }

    /// A new connection in the pool.
    pub fn connection(&self, address: &Address) -> Member {
        self.raw.add(CApi::new(address, "secret"))
    }

    /// Everything that was told since the last time.
    pub fn taken(&self) -> Vec<(u32, Told)> {
        self.inside.log.take()
    }

    /// Everything that was told.
    pub fn log(&self) -> Vec<(u32, Told)> {
        self.inside.log.borrow().clone()
    }

    /// Whether a callback has destroyed it.
    pub fn is_destroyed(&self) -> bool {
        self.inside.destroyed.get()
    }

    pub fn count(&self) -> usize {
        self.inside.log.borrow().len()
    }

    /// Runs until so much was told, and a little longer.
    pub fn run_until(&self, count: usize) -> Vec<(u32, Told)> {
        let end = Instant::now() + PATIENCE;
        while self.count() < count {
            assert!(Instant::now() < end, "only {:?}", self.log());
            self.raw.wait(100).unwrap();
            self.raw.run();
        }
        for _ in 0..5 {
            self.raw.wait(1).unwrap();
            self.raw.run();
        }
        self.taken()
    }

    /// Runs until nothing is awaited any more.
    pub fn run_out(&self) -> Vec<(u32, Told)> {
        let end = Instant::now() + PATIENCE;
        while self.raw.wait(-1).unwrap() {
            assert!(Instant::now() < end, "no end");
            self.raw.run();
        }
        self.taken()
    }
}

impl Drop for CPool {
    fn drop(&mut self) {
        if !self.inside.destroyed.get() {
            self.raw.destroy();
        }
    }
}

impl Raw {
    pub fn run(self) {
        // SAFETY: a live pool.
        unsafe { api::attachsql_pool_run(self.0) };
    }

    pub fn wait(self, timeout_ms: i32) -> Result<bool, Failure> {
        let mut error = null_mut();
        // SAFETY: a live pool; `error` may be written.
        let ready = unsafe { more::attachsql_pool_wait(self.0, timeout_ms, &raw mut error) };
        take(error).map_or(Ok(ready), Err)
    }

    /// Gives a connection to the pool.
    pub fn add(self, con: CApi) -> Member {
        self.try_add(&con).unwrap();
        Member(ManuallyDrop::new(con))
    }

    /// If this does well, the connection is the pool's, and must be forgotten.
    pub fn try_add(self, con: &CApi) -> Result<(), Failure> {
        let mut error = null_mut();
        // SAFETY: both are live; `error` may be written.
        unsafe { api::attachsql_pool_add_connection(self.0, con.pointer(), &raw mut error) };
        take(error).map_or(Ok(()), Err)
    }

    /// Takes a connection out; it is the caller's again.
    pub fn remove(self, con: &mut Member) -> Result<CApi, Failure> {
        let mut error = null_mut();
        // SAFETY: both are live; `error` may be written.
        let removed = unsafe {
            more::attachsql_pool_remove_connection(self.0, con.pointer(), &raw mut error)
        };
        told(removed, error)?;
        Ok(CApi::from_pointer(con.pointer()))
    }

    /// What it is at, and has done.
    pub fn stats(self) -> Stats {
        // SAFETY: plain numbers, for which zeros are fine; a live pool, and the struct's true size.
        unsafe {
            let mut stats: Stats = std::mem::zeroed();
            stats.size = size_of::<Stats>();
            assert!(more::attachsql_pool_get_stats(self.0, &raw mut stats));
            stats
        }
    }

    /// The pool must not be used after this, except by the callback that is under way.
    pub fn destroy(self) {
        // SAFETY: a live pool.
        unsafe { api::attachsql_pool_destroy(self.0) };
    }
}

impl Deref for Member {
    type Target = CApi;
    fn deref(&self) -> &CApi {
        &self.0
    }
}

impl DerefMut for Member {
    fn deref_mut(&mut self) -> &mut CApi {
        &mut self.0
    }
}

impl Member {
    /// Destroys the connection.
    pub fn destroy(&mut self) {
        drop(CApi::from_pointer(self.pointer()));
    }

    /// The same connection again.
    pub fn again(&self) -> Self {
        Self(ManuallyDrop::new(CApi::from_pointer(self.pointer())))
    }
}

/// A callback that destroys the pool says so, so that it is not done twice.
pub fn destroy_in_callback(pool: &CPool) -> impl Fn() + 'static {
    let inside: *const Inside = &raw const *pool.inside;
    move || {
        // SAFETY: called from the callback of a pool that the test still has.
        let inside = unsafe { &*inside };
        inside.destroyed.set(true);
        Raw(inside.raw.get()).destroy();
    }
}

unsafe extern "C" fn callback(
    con: *mut attachsql_connect_t,
    id: u32,
    event: Events,
    context: *mut c_void,
    error: *mut attachsql_error_t,
) {
    // SAFETY: what the pool was created with; all of it may be shared.
    let inside = unsafe { &*context.cast::<Inside>() };
    let mut member = Member(ManuallyDrop::new(CApi::from_pointer(con)));
    let told = match (event, take(error)) {
        (Events::CONNECTED, None) => Told::Connected,
        (Events::ROW_READY, None) => Told::Row(member.row()),
        (Events::EOF, None) => Told::End,
        (Events::ERROR, Some(failure)) => Told::Failed(failure),
        (event, error) => panic!("event {event:?} with error {error:?}"),
    };
    inside.log.borrow_mut().push((id, told.clone()));
    (inside.act.borrow_mut())(Raw(inside.raw.get()), &mut member, id, &told);
}
