// SPDX-License-Identifier: Apache-2.0
//! Callbacks that do everything, at every event. What goes wrong here shows best under valgrind.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use attachsql::session::Polled;

use crate::events::{short, short_of};
use crate::support::commands::Do;
use crate::support::crowd::Crowd;
use crate::support::desk::{Desk, story};
use crate::support::listener::Listener;
use crate::support::packets::{Greeting, ok};
use crate::support::pools::{CPool, Member, Raw, Told, destroy_in_callback};
use crate::support::raw::CApi;
use crate::support::script::{Script, expect, query, send};
use crate::support::subject::Subject;

/// What the callback does, once, at the chosen event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Nothing,
    Query,
    QueryOfAnother,
    Close,
    NextResult,
    Poll,
    Run,
    Wait,
    Add,
    RemoveItself,
    RemoveItselfAndDestroy,
    RemoveAnother,
    DestroyItself,
    DestroyAnother,
    DestroyAll,
    DestroyPool,
}

const DEEDS: [Deed; 16] = [
    Deed::Nothing,
    Deed::Query,
    Deed::QueryOfAnother,
    Deed::Close,
    Deed::NextResult,
    Deed::Poll,
    Deed::Run,
    Deed::Wait,
    Deed::Add,
    Deed::RemoveItself,
    Deed::RemoveItselfAndDestroy,
    Deed::RemoveAnother,
    Deed::DestroyItself,
    Deed::DestroyAnother,
    Deed::DestroyAll,
    Deed::DestroyPool,
];

/// What the connections of a test are.
type Cast = Rc<RefCell<Vec<Option<Member>>>>;

/// Destroys the pool.
type Destroy = Box<dyn Fn()>;

/// The event at which it happens: the n-th of connection 2, whose query says what events there are.
const MOMENTS: [(&str, usize, &str); 9] = [
    ("ok", 0, "connected"),
    ("rows 3", 1, "first row"),
    ("rows 3", 3, "last row"),
    ("rows 3", 4, "end"),
    ("ok", 1, "end without rows"),
    ("two", 2, "end with more to come"),
    ("error", 1, "error"),
    ("break 1", 2, "error after a row"),
    ("close", 1, "end of the connection"),
];

/// Three connections; the second one's callback does the deed at the moment. The others are seen to go on,
/// as far as they are still there.
fn act(crowd: &Crowd, deed: Deed, (text, moment, name): (&'static str, usize, &str)) {
    let cast: Cast = Rc::default();
    let (their, count) = (Rc::clone(&cast), Cell::new(0));
    let destroy: Rc<RefCell<Option<Destroy>>> = Rc::default();
    let destroyer = Rc::clone(&destroy);
    let lone: Rc<RefCell<Option<CApi>>> = Rc::default();
    let free = Rc::clone(&lone);
    let address = crowd.address().clone();
    let pool = CPool::new(move |raw, con, id, told| {
        if matches!(told, Told::Row(_)) {
            con.next_row();
        }
        if id != 2 {
            return;
        }
        let number = count.replace(count.get() + 1);
        if number != moment {
            return;
        }
        let mut cast = their.borrow_mut();
        match deed {
            Deed::Nothing => {}
            Deed::Query => {
                con.close_query();
                let _ = con.query(b"ok");
            }
            Deed::QueryOfAnother => {
                let other = cast[2].as_mut().unwrap();
                other.close_query();
                let _ = other.query(b"rows 1");
            }
            Deed::Close => con.close_query(),
            Deed::NextResult => {
                con.close_query();
                con.next_result();
            }
            Deed::Poll => drop(con.poll()),
            Deed::Run => raw.run(),
            Deed::Wait => {
                assert_eq!(raw.wait(-1).unwrap_err().numbers(), (2014, "08002"));
            }
            Deed::Add => {
                let mut new = raw.add(CApi::new(&address, "secret"));
                new.query(b"rows 2").unwrap();
                cast.push(Some(new));
            }
            Deed::RemoveItself => {
                *free.borrow_mut() = Some(raw.remove(con).unwrap());
                cast[1] = None;
            }
            Deed::RemoveItselfAndDestroy => {
                drop(raw.remove(con).unwrap());
                cast[1] = None;
            }
            Deed::RemoveAnother => {
                *free.borrow_mut() = Some(raw.remove(cast[2].as_mut().unwrap()).unwrap());
                cast[2] = None;
            }
            Deed::DestroyItself => {
                con.destroy();
                cast[1] = None;
            }
            Deed::DestroyAnother => cast[2].take().unwrap().destroy(),
            Deed::DestroyAll => {
                cast.iter_mut().for_each(|con| con.take().unwrap().destroy());
            }
            Deed::DestroyPool => {
                cast.clear();
                destroyer.borrow().as_ref().unwrap()();
            }
        }
    });
    *destroy.borrow_mut() = Some(Box::new(destroy_in_callback(&pool)));
    for (con, text) in ["rows 3", text, "later 5"].iter().enumerate() {
        let mut new = pool.connection(crowd.address());
        // Told first of all, so that the others are alive and in their first query at each moment.
        if con != 1 {
            new.query(text.as_bytes()).unwrap();
        }
        cast.borrow_mut().push(Some(new));
    }
    let what = format!("{deed:?} at {name}");
    cast.borrow_mut()[1].as_mut().unwrap().query(text.as_bytes()).unwrap();
    if deed == Deed::DestroyPool {
        while !pool.is_destroyed() {
            pool.raw.wait(20_000).unwrap();
            pool.raw.run();
        }
        let log = pool.log();
        assert_eq!(log.iter().filter(|(id, _)| *id == 2).count(), moment + 1, "{what}");
        assert_eq!(log.last().unwrap().0, 2, "{what}: nothing is told after it");
        return;
    }
    let log = pool.run_out();
    let second = short_of(&log, 2);
    let told = second.split(' ').count();
    match deed {
        Deed::DestroyAll => assert_eq!(log.last().unwrap().0, 2, "{what}"),
        Deed::DestroyItself | Deed::RemoveItself | Deed::RemoveItselfAndDestroy => {
            assert_eq!(told, moment + 1, "{what}: {second}");
        }
        // The query of the callback ends too, unless the connection has.
        Deed::Query if !(text == "two" && moment == 2) && name != "end of the connection" => {
            assert!(second.ends_with('E'), "{what}: {second}");
            assert_eq!(told, moment + 2, "{what}: {second}");
        }
        Deed::Close if !second.ends_with('E') => {
            assert!(told == moment + 1, "{what}: {second}");
        }
        Deed::NextResult if text == "two" => assert_eq!(second, "C 0 E 0 E", "{what}"),
        _ => {}
    }
    if deed != Deed::DestroyAll {
        assert_eq!(short_of(&log, 1), "C 0 1 2 E", "{what}");
    }
    match deed {
        Deed::DestroyAll => {}
        Deed::RemoveAnother | Deed::DestroyAnother => {
            assert!("C E".starts_with(&short_of(&log, 3)), "{what}");
        }
        Deed::QueryOfAnother => assert!(short_of(&log, 3).ends_with("0 E"), "{what}"),
        _ => assert_eq!(short_of(&log, 3), "C E", "{what}"),
    }
    if deed == Deed::Add {
        assert_eq!(short_of(&log, 4), "C 0 1 E", "{what}");
    }
    // A connection that was let go goes on alone, if it lives.
    if let Some(mut con) = lone.take() {
        con.close_query();
        while con.next_result() {
            assert!(con.settle().is_ok_and(|polled| polled != Polled::Connecting));
            con.close_query();
        }
        if name != "end of the connection" || deed == Deed::RemoveAnother {
            let settled = con.settle().map_err(|failure| failure.code);
            let refused = name.starts_with("error") && deed != Deed::RemoveAnother;
            assert!(refused == settled.is_err(), "{what}: {settled:?}");
            assert_eq!(con.ask(b"rows 2", false).len(), 4, "{what}");
        }
    }
}

#[test]
fn everything_at_every_event() {
    let crowd = Crowd::unix();
    for moment in MOMENTS {
        for deed in DEEDS {
            act(&crowd, deed, moment);
        }
    }
    crowd.wait_for_open(0);
}

/// Every callback starts the next query, as load generators do: an answer for each.
#[test]
fn a_query_in_every_callback() {
    let (crowd, each) = (Crowd::tcp(), 50);
    let left = RefCell::new([each; 10]);
    let pool = CPool::new(move |_, con, id, told| match told {
        Told::Row(_) => con.next_row(),
        Told::Failed(failure) => panic!("{failure:?}"),
        Told::Connected | Told::End => {
            con.close_query();
            let left = &mut left.borrow_mut()[id as usize - 1];
            if *left > 0 {
                *left -= 1;
                con.query(if *left % 2 == 0 { b"ok" } else { b"rows 1" }).unwrap();
            }
        }
    });
    for _ in 0..10 {
        pool.connection(crowd.address()).connect().unwrap();
    }
    let log = pool.run_out();
    assert_eq!(log.iter().filter(|(_, told)| *told == Told::End).count(), 10 * each);
    assert_eq!(log.len(), 10 + 10 * each + 10 * each / 2);
}

/// A remembered query is sent once, after CONNECTED; the callback may replace it.
#[test]
fn the_login_comes_before_the_query() {
    let crowd = Crowd::unix();
    for replace in [false, true] {
        let pool = CPool::new(move |_, con, _, told| match told {
            Told::Connected => {
                assert_eq!(con.query(b"ok").unwrap_err().code, 2014, "one is remembered");
                if replace {
                    con.close_query();
                    con.query(b"rows 2").unwrap();
                }
            }
            Told::Row(_) => con.next_row(),
            _ => {}
        });
        let before = crowd.counts().queries.load(std::sync::atomic::Ordering::SeqCst);
        pool.connection(crowd.address()).query(b"rows 1").unwrap();
        let expected = if replace { "C 0 1 E" } else { "C 0 E" };
        assert_eq!(short(&pool.run_out()), expected);
        let after = crowd.counts().queries.load(std::sync::atomic::Ordering::SeqCst);
        assert_eq!(after, before + 1);
    }
}

/// A remembered command goes before one of the callback's, and its answer is not told any more.
#[test]
fn the_remembered_command_comes_before_the_callback_s() {
    for is_query in [false, true] {
        let second = if is_query { query("q") } else { expect(b"\x09") };
        let steps = vec![expect(b"\x0e"), send(ok()), second, send(ok())];
        let listener = Listener::unix();
        let pool = CPool::new(move |_, con, _, told| match told {
            Told::Connected if is_query => con.query(b"q").unwrap(),
            Told::Connected => con.command(Do::Statistics).unwrap(),
            _ => {}
        });
        pool.connection(&listener.address()).command(Do::Ping).unwrap();
        let server = listener.serve(Script::logged_in(&Greeting::default(), steps));
        assert_eq!(short(&pool.run_out()), "C E");
        drop(pool);
        assert!(server.finish().is_over());
    }
}

/// A remembered command that is taken back before the login ends after it, once, if the callback leaves it alone.
#[test]
fn the_login_comes_before_the_end_of_what_was_taken_back() {
    let crowd = Crowd::unix();
    for leaves_it in [true, false] {
        let pool = CPool::new(move |_, con, _, told| {
            if *told == Told::Connected && !leaves_it {
                con.close_query();
                con.query(b"rows 1").unwrap();
            }
            if matches!(told, Told::Row(_)) {
                con.next_row();
            }
        });
        let mut con = pool.connection(crowd.address());
        con.query(b"ok").unwrap();
        con.cancel().unwrap();
        assert_eq!(short(&pool.run_out()), if leaves_it { "C !3005" } else { "C 0 E" });
    }
}

/// A function that has sent another query is told its end, though it destroys the pool before it returns.
#[test]
fn a_function_goes_on_and_destroys_the_pool() {
    let crowd = Crowd::unix();
    let destroyer: Rc<RefCell<Option<Destroy>>> = Rc::default();
    let destroy = Rc::clone(&destroyer);
    let pool = CPool::simple();
    *destroyer.borrow_mut() = Some(Box::new(destroy_in_callback(&pool)));
    let template = CApi::new(crowd.address(), "secret");
    let desk = Desk::with_pool(&template, pool, move |_, con, _, told| {
        if *told == Told::End {
            let con = con.unwrap();
            con.close_query();
            con.query(b"never").unwrap();
            destroy.borrow().as_ref().unwrap()();
        }
    });
    desk.ask("ok");
    while !desk.pool.is_destroyed() {
        desk.pool.raw.wait(-1).unwrap();
        desk.pool.raw.run();
    }
    assert_eq!(story(&desk.taken(), 0), "E 2013");
    crowd.wait_for_open(0);
}

/// A pool run, and destroyed, from the callback of another.
#[test]
fn one_pool_inside_of_another() {
    let crowd = Crowd::unix();
    let inner = Rc::new(RefCell::new(Some(CPool::simple())));
    let held = Rc::clone(&inner);
    inner.borrow().as_ref().unwrap().connection(crowd.address()).query(b"rows 2").unwrap();
    let seen = Rc::new(RefCell::new(String::new()));
    let result = Rc::clone(&seen);
    let outer = CPool::new(move |_: Raw, _, _, told| {
        if *told == Told::Connected {
            *result.borrow_mut() = short(&held.borrow().as_ref().unwrap().run_out());
            drop(held.borrow_mut().take());
        }
    });
    outer.connection(crowd.address()).query(b"ok").unwrap();
    assert_eq!(short(&outer.run_out()), "C E");
    assert_eq!(*seen.borrow(), "C 0 1 E");
    drop(outer);
    crowd.wait_for_open(0);
}

/// An ended connection is destroyed by its pool, in any state, and nothing is told of it.
#[test]
fn destroyed_in_every_state() {
    let crowd = Crowd::unix();
    for text in ["", "ok", "rows 3", "rows 5000", "two", "error", "never", "half", "close"] {
        for events in 0..3 {
            let pool = CPool::new(|_, _, _, _| {});
            let mut con = pool.connection(crowd.address());
            if !text.is_empty() {
                con.query(text.as_bytes()).unwrap();
                while pool.count() < events && pool.raw.wait(50).unwrap() {
                    pool.raw.run();
                }
            }
            let told = pool.count();
            if events == 1 {
                con.destroy();
                pool.raw.run();
                assert_eq!(pool.count(), told, "{text}");
            }
        }
    }
    crowd.wait_for_open(0);
}
