// SPDX-License-Identifier: Apache-2.0
//! A pool that makes its own connections, queries whose functions are one closure, and a record of all that
//! they were told. Each query has a number, in order of asking.

#![allow(unsafe_code, reason = "the C API is called as C does")]

use std::cell::RefCell;
use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::ptr::null_mut;
use std::rc::Rc;
use std::time::Instant;

use attachsql::capi::handle::{attachsql_connect_t, attachsql_error_t};
use attachsql::capi::pool_query as api;
use attachsql::capi::types::{attachsql_events_t as Events, attachsql_options_t as Options};

use super::listener::{Address, PATIENCE};
use super::pools::{CPool, Member, Raw, Told};
use super::raw::{CApi, take, told};
use super::subject::{Failure, Subject};

/// What a query's function does. It gets the desk, the connection if there is one, the query's number, and what
/// it was told.
pub type Act = Box<dyn FnMut(Counter, Option<&mut Member>, usize, &Told)>;

/// A pool with a template. The pool's own function records, too: see `pool`.
pub struct Desk {
    /// Before the rest, so that what it tells at its end still has where to go.
    pub pool: CPool,
    inside: Box<Inside>,
}

struct Inside {
    raw: Raw,
    tickets: RefCell<Vec<Rc<Ticket>>>,
    log: RefCell<Vec<(usize, Told)>>,
    act: RefCell<Act>,
}

struct Ticket {
    inside: *const Inside,
    number: usize,
}

/// The desk, as a function sees it.
#[derive(Clone, Copy)]
pub struct Counter(*const Inside);

impl Desk {
    /// One whose queries take each row and do nothing else.
    pub fn simple(address: &Address) -> Self {
        Self::new(address, |_, con, _, told| {
            if let (Told::Row(_), Some(con)) = (told, con) {
                con.next_row();
            }
        })
    }

    pub fn new(
        address: &Address,
        act: impl FnMut(Counter, Option<&mut Member>, usize, &Told) + 'static,
    ) -> Self {
        Self::with_pool(&CApi::new(address, "secret"), CPool::simple(), act)
    }

    pub fn with_pool(
        template: &CApi,
        pool: CPool,
        act: impl FnMut(Counter, Option<&mut Member>, usize, &Told) + 'static,
    ) -> Self {
        let inside = Box::new(Inside {
            raw: pool.raw,
            tickets: RefCell::default(),
            log: RefCell::default(),
            act: RefCell::new(Box::new(act)),
        });
        set_template(pool.raw, template).unwrap();
        Self { pool, inside }
    }

    pub fn counter(&self) -> Counter {
        Counter(&raw const *self.inside)
    }

    pub fn option(&self, option: Options, value: u32) -> &Self {
        assert!(set_option(self.pool.raw, option, value), "{option:?} {value}");
        self
    }

    /// Asks, and says which number the query has.
    pub fn ask(&self, text: &str) -> usize {
        self.counter().try_ask(text).unwrap()
    }

    pub fn ask_many(&self, count: usize, text: &str) {
        for _ in 0..count {
            self.ask(text);
        }
    }

    pub fn try_ask(&self, text: &str) -> Result<usize, Failure> {
        self.counter().try_ask(text)
    }

    /// Runs until nothing is awaited any more. What was told to the queries.
    pub fn run_out(&self) -> Vec<(usize, Told)> {
        let end = Instant::now() + PATIENCE;
        while self.pool.raw.wait(-1).unwrap() {
            assert!(Instant::now() < end, "no end");
            self.pool.raw.run();
        }
        self.taken()
    }

    /// Runs until `done`.
    pub fn run_until(&self, mut done: impl FnMut(&Self) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !done(self) {
            assert!(Instant::now() < end, "{:?} {:?}", self.pool.raw.stats(), self.log());
            self.pool.raw.wait(50).unwrap();
            self.pool.raw.run();
        }
    }

    pub fn taken(&self) -> Vec<(usize, Told)> {
        self.inside.log.take()
    }

    pub fn log(&self) -> Vec<(usize, Told)> {
        self.inside.log.borrow().clone()
    }

    /// Destroys the pool. What was told then.
    pub fn destroy(self) -> Vec<(usize, Told)> {
        self.taken();
        let Self { pool, inside } = self;
        drop(pool);
        inside.log.take()
    }
}

impl Counter {
    fn inside<'a>(self) -> &'a Inside {
        // SAFETY: the test still has the desk.
        unsafe { &*self.0 }
    }

    pub fn try_ask(self, text: &str) -> Result<usize, Failure> {
        self.ask_of(self.inside().raw, text)
    }

    pub fn ask(self, text: &str) -> usize {
        self.try_ask(text).unwrap()
    }

    fn ask_of(self, raw: Raw, text: &str) -> Result<usize, Failure> {
        let inside = self.inside();
        let number = inside.tickets.borrow().len();
        let ticket = Rc::new(Ticket { inside: self.0, number });
        let context = (&raw const *ticket).cast_mut().cast::<c_void>();
        inside.tickets.borrow_mut().push(ticket);
        let mut error = null_mut();
        // SAFETY: a live pool; the text has its length; the ticket lives as long as the desk.
        let taken = unsafe {
            let (length, text) = (text.len(), text.as_ptr().cast());
            let function = Some(callback as unsafe extern "C" fn(_, _, _, _, _));
            let error = &raw mut error;
            api::attachsql_pool_query(raw.0, length, text, 0, null_mut(), function, context, error)
        };
        told(taken, error).map(|()| number)
    }
}

pub fn set_option(pool: Raw, option: Options, value: u32) -> bool {
    // SAFETY: a live pool; the option reads a 32-bit number.
    unsafe { api::attachsql_pool_set_option(pool.0, option, (&raw const value).cast()) }
}

pub fn set_template(pool: Raw, template: &CApi) -> Result<(), Failure> {
    let mut error = null_mut();
    // SAFETY: both are live; `error` may be written.
    let set =
        unsafe { api::attachsql_pool_set_template(pool.0, template.pointer(), &raw mut error) };
    told(set, error)
}

/// What one query was told: "0 1 E" for rows and their end, "1064" for an error.
pub fn story(log: &[(usize, Told)], number: usize) -> String {
    let words = log.iter().filter(|(of, _)| *of == number).map(|(_, told)| match told {
        Told::Connected => "C".to_owned(),
        Told::Row(row) => String::from_utf8(row[0].clone().unwrap()).unwrap(),
        Told::End => "E".to_owned(),
        Told::Failed(failure) => failure.code.to_string(),
    });
    words.collect::<Vec<_>>().join(" ")
}

unsafe extern "C" fn callback(
    con: *mut attachsql_connect_t,
    id: u32,
    event: Events,
    context: *mut c_void,
    error: *mut attachsql_error_t,
) {
    // SAFETY: what the query was asked with; all of it may be shared.
    let ticket = unsafe { &*context.cast::<Ticket>() };
    let counter = Counter(ticket.inside);
    let inside = counter.inside();
    assert_eq!(con.is_null(), id == 0);
    let mut member = (!con.is_null()).then(|| Member(ManuallyDrop::new(CApi::from_pointer(con))));
    let told = match (event, take(error)) {
        (Events::ROW_READY, None) => Told::Row(member.as_mut().unwrap().row()),
        (Events::EOF, None) => Told::End,
        (Events::ERROR, Some(failure)) => Told::Failed(failure),
        (event, error) => panic!("event {event:?} with error {error:?}"),
    };
    inside.log.borrow_mut().push((ticket.number, told.clone()));
    (inside.act.borrow_mut())(counter, member.as_mut(), ticket.number, &told);
}
