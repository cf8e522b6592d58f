// SPDX-License-Identifier: Apache-2.0
//! Queries that a pool hands out to connections of its own: which one they get, who waits, and that each ends
//! once, whatever becomes of the server.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use attachsql::capi::types::attachsql_options_t as Options;

use crate::events::short;
use crate::support::crowd::Crowd;
use crate::support::desk::{Desk, set_option, set_template, story};
use crate::support::listener::Address;
use crate::support::pools::{CPool, Told, destroy_in_callback};
use crate::support::raw::CApi;
use crate::support::subject::Subject;

/// Destroys the pool of a test.
type Destroyer = Rc<RefCell<Option<Box<dyn Fn()>>>>;

fn load(count: &std::sync::atomic::AtomicUsize) -> usize {
    count.load(Ordering::SeqCst)
}

/// The codes of the errors that the pool's own function was told.
fn errors(pool: &CPool) -> Vec<i32> {
    let told = pool.taken();
    let codes = told.iter().filter_map(|(_, told)| match told {
        Told::Failed(failure) => Some(failure.code),
        _ => None,
    });
    codes.collect()
}

#[test]
fn queries_of_every_kind() {
    let crowd = Crowd::unix();
    let desk = Desk::simple(crowd.address());
    desk.option(Options::POOL_MAX, 1);
    let texts = ["ok", "rows 3", "rows 0", "error", "break 2", "two", "long 500000", "ok"];
    let wanted = ["E", "0 1 2 E", "E", "1064", "0 1 1317", "0 E", "", "E"];
    for text in texts {
        desk.ask(text);
    }
    assert_eq!(desk.pool.raw.stats().queued, 8);
    let log = desk.run_out();
    for (number, wanted) in wanted.iter().enumerate().filter(|(_, wanted)| !wanted.is_empty()) {
        assert_eq!(story(&log, number), *wanted, "{}", texts[number]);
    }
    assert_eq!(story(&log, 6).len(), 500_002);
    let stats = desk.pool.raw.stats();
    assert_eq!((stats.made, stats.idle, stats.queued, stats.queries), (1, 1, 0, 8));
    assert_eq!(load(&crowd.counts().logins), 1);
    assert_eq!(short(&desk.pool.taken()), "C", "the pool's function hears of the connection only");
    // One that is idle is used at once.
    desk.ask("rows 1");
    assert_eq!(desk.pool.raw.stats().queued, 0);
    assert_eq!(story(&desk.run_out(), 8), "0 E");
    assert!(desk.destroy().is_empty());
    crowd.wait_for_open(0);
}

#[test]
fn as_many_connections_as_queries_up_to_the_limit() {
    let crowd = Crowd::tcp();
    let desk = Desk::simple(crowd.address());
    desk.option(Options::POOL_MAX, 40).option(Options::POOL_CONNECTS, 5);
    desk.ask_many(200, "later 5");
    let log = desk.run_out();
    assert!((0..200).all(|number| story(&log, number) == "E"), "{log:?}");
    assert_eq!(load(&crowd.counts().logins), 40);
    assert!(load(&crowd.counts().crush) <= 5, "{:?}", crowd.counts());
    assert_eq!(load(&crowd.counts().queries), 200);
    // Queries that come one after the other need one connection.
    for number in 200..220 {
        desk.ask("number");
        let told = story(&desk.run_out(), number);
        assert!(told.ends_with(" E"), "{told}");
    }
    assert_eq!(desk.pool.raw.stats().idle, 40);
}

#[test]
fn the_least_is_there_and_idle_ones_go() {
    let crowd = Crowd::unix();
    let desk = Desk::simple(crowd.address());
    desk.option(Options::POOL_MIN, 3).option(Options::POOL_IDLE_TIMEOUT, 30);
    assert!(desk.pool.raw.wait(0).unwrap(), "they are to be made");
    desk.run_until(|desk| desk.pool.raw.stats().idle == 3);
    desk.ask_many(10, "later 5");
    desk.run_out();
    assert!(desk.pool.raw.stats().made > 3);
    desk.run_until(|desk| desk.pool.raw.stats().connections == 3);
    crowd.wait_for_open(3);
    // A lone wait without limit does not count the seconds of idle connections.
    assert!(!desk.pool.raw.wait(-1).unwrap());
    assert!(errors(&desk.pool).is_empty(), "that is no error");
}

#[test]
fn old_connections_go() {
    let crowd = Crowd::unix();
    let desk = Desk::simple(crowd.address());
    desk.option(Options::POOL_LIFETIME, 40);
    desk.ask("number");
    let first = story(&desk.run_out(), 0);
    desk.run_until(|desk| desk.pool.raw.stats().connections == 0);
    desk.ask("number");
    assert_ne!(story(&desk.run_out(), 1), first);
    // Also one that is always busy.
    let until = Instant::now() + std::time::Duration::from_millis(100);
    while Instant::now() < until {
        desk.ask("later 1");
        desk.run_out();
    }
    assert!(load(&crowd.counts().logins) > 2);
}

/// A query that asks in its function, again and again.
#[test]
fn functions_ask() {
    let crowd = Crowd::unix();
    let desk = Desk::new(crowd.address(), |desk, con, number, told| {
        if let (Told::Row(_), Some(con)) = (told, con) {
            return con.next_row();
        }
        if number < 500 {
            desk.ask("rows 1");
        }
    });
    desk.option(Options::POOL_MAX, 2);
    desk.ask_many(5, "rows 1");
    let log = desk.run_out();
    let all: Vec<String> = (0..=504).map(|number| story(&log, number)).collect();
    assert!(all.iter().all(|told| told == "0 E"), "{all:?}");
    assert_eq!(desk.pool.raw.stats().idle, 2);
}

#[test]
fn a_connection_is_kept_by_going_on() {
    let crowd = Crowd::unix();
    let seen: Rc<RefCell<Vec<String>>> = Rc::default();
    let numbers = Rc::clone(&seen);
    let desk = Desk::new(crowd.address(), move |_, con, number, told| {
        let con = con.unwrap();
        match told {
            Told::Row(row) if number == 0 => {
                numbers.borrow_mut().push(String::from_utf8(row[0].clone().unwrap()).unwrap());
                con.next_row();
            }
            Told::Row(_) => con.next_row(),
            // A transaction of four queries on one connection, then two results.
            Told::End if number == 0 => {
                let count = numbers.borrow().len();
                con.close_query();
                match count {
                    0 | 1 => con.query(b"number").unwrap(),
                    2 => con.query(b"two").unwrap(),
                    3 => assert!(con.next_result()),
                    _ => {}
                }
            }
            _ => {}
        }
    });
    desk.option(Options::POOL_MAX, 2);
    desk.ask("begin");
    desk.ask_many(10, "ok");
    let log = desk.run_out();
    let ends = story(&log, 0);
    assert_eq!(ends.matches('E').count(), 5, "{ends}");
    let seen = seen.borrow();
    assert_eq!((seen.len(), &seen[0], &seen[2]), (4, &seen[1], &"0".to_owned()));
    assert!((1..=10).all(|number| story(&log, number) == "E"));
    assert_eq!(desk.pool.raw.stats().idle, 2);
}

/// What a function leaves on a connection, nobody else finds.
#[test]
fn nothing_is_left_for_the_next_one() {
    let crowd = Crowd::unix();
    let desk = Desk::new(crowd.address(), |_, con, number, told| match (told, con, number) {
        // Taken one row of five, and closed.
        (Told::Row(_), Some(con), 0) => con.close_query(),
        (Told::Row(_), Some(con), _) => con.next_row(),
        // A query of which nobody wants the answer.
        (Told::End, Some(con), 1) => {
            con.close_query();
            con.query(b"rows 5000").unwrap();
            con.close_query();
        }
        (Told::End, Some(con), 2) => {
            con.close_query();
            con.buffer(true);
        }
        _ => {}
    });
    desk.option(Options::POOL_MAX, 1);
    for text in ["rows 5", "rows 2", "ok", "rows 2", "two", "rows 1"] {
        desk.ask(text);
    }
    let log = desk.run_out();
    let all: Vec<String> = (0..6).map(|number| story(&log, number)).collect();
    assert_eq!(all, ["0 E", "0 1 E", "E", "0 1 E", "0 E", "0 E"]);
    assert_eq!((load(&crowd.counts().logins), load(&crowd.counts().queries)), (1, 7));
    // An open transaction: the server rolls back when the connection is closed.
    desk.ask("begin");
    desk.ask("number");
    let log = desk.run_out();
    assert_eq!(story(&log, 6), "E");
    assert_eq!(story(&log, 7), "2 E");
    crowd.wait_for_open(1);
}

#[test]
fn sessions_are_made_new() {
    let crowd = Crowd::unix();
    let desk = Desk::simple(crowd.address());
    desk.option(Options::POOL_MAX, 1).option(Options::POOL_RESET, 1);
    for text in ["begin", "rows 3", "error", "ok"] {
        desk.ask(text);
    }
    desk.run_out();
    assert_eq!((load(&crowd.counts().logins), load(&crowd.counts().resets)), (1, 4));
    assert_eq!(desk.pool.raw.stats().idle, 1);
    // A server that cannot: a new connection does the same.
    crowd.be_old();
    desk.ask_many(3, "rows 1");
    let log = desk.run_out();
    assert!((4..7).all(|number| story(&log, number) == "0 E"), "{log:?}");
    assert_eq!(load(&crowd.counts().logins), 3);
    assert!(errors(&desk.pool).is_empty());
}

#[test]
fn the_queue_is_full() {
    let crowd = Crowd::unix();
    let desk = Desk::simple(crowd.address());
    desk.option(Options::POOL_MAX, 2).option(Options::POOL_QUEUE, 5);
    desk.ask_many(5, "later 10");
    let failure = desk.try_ask("ok").unwrap_err();
    assert_eq!(failure.numbers(), (2910, "HY014"));
    assert!(failure.text.contains("5 queries wait"), "{failure:?}");
    desk.run_until(|desk| desk.pool.raw.stats().queued < 5);
    desk.ask("ok");
    let log = desk.run_out();
    assert_eq!(log.len(), 6, "what was refused is not told: {log:?}");
    assert_eq!(desk.pool.raw.stats().queries, 6);
}

#[test]
fn waiting_has_a_limit() {
    let crowd = Crowd::unix();
    let desk = Desk::simple(crowd.address());
    desk.option(Options::POOL_MAX, 1).option(Options::POOL_QUEUE_TIMEOUT, 30);
    desk.ask("never");
    desk.run_until(|desk| desk.pool.raw.stats().busy == 1);
    desk.ask_many(3, "ok");
    desk.run_until(|desk| desk.log().len() == 3);
    for (number, told) in desk.taken() {
        let Told::Failed(failure) = told else { panic!("{told:?}") };
        assert_eq!((failure.numbers(), number > 0), ((2911, "HYT00"), true));
        assert!(
            failure.text.contains("limit 30 ms, ATTACHSQL_OPTION_POOL_QUEUE_TIMEOUT"),
            "{failure:?}"
        );
    }
    // The one that was sent is told when the pool ends.
    let log = desk.destroy();
    assert_eq!((log.len(), story(&log, 0)), (1, "2013".to_owned()));
    assert_eq!(load(&crowd.counts().queries), 1, "the others were never sent");
}

#[test]
fn connections_that_idle_are_asked() {
    let crowd = Crowd::unix();
    let desk = Desk::simple(crowd.address());
    desk.option(Options::POOL_MIN, 2).option(Options::POOL_PING_INTERVAL, 10);
    desk.run_until(|_| load(&crowd.counts().pings) >= 10);
    assert_eq!(load(&crowd.counts().logins), 2);
    desk.ask("rows 2");
    assert_eq!(story(&desk.run_out(), 0), "0 1 E");
    assert!(errors(&desk.pool).is_empty());
}

/// Idle connections that the server closes are seen to be gone, with and without its last words.
#[test]
fn idle_ones_that_are_cut() {
    for words in [false, true] {
        let crowd = Crowd::tcp();
        let desk = Desk::simple(crowd.address());
        desk.option(Options::POOL_MAX, 4);
        desk.ask_many(4, "later 5");
        desk.run_out();
        assert_eq!(short(&desk.pool.taken()), "C C C C");
        for number in 1..=4 {
            if words { crowd.kill(number) } else { crowd.cut(number) }
        }
        desk.run_until(|desk| desk.pool.raw.stats().connections == 0);
        assert_eq!(errors(&desk.pool), vec![if words { 1927 } else { 2013 }; 4]);
        desk.ask("number");
        assert_eq!(story(&desk.run_out(), 4), "5 E");
    }
}

/// The pool has not been run for long, and does not know that its connections are gone: no query is lost.
#[test]
fn cut_while_nobody_looked() {
    let crowd = Crowd::tcp();
    let desk = Desk::simple(crowd.address());
    desk.option(Options::POOL_MAX, 4);
    desk.ask_many(4, "later 5");
    desk.run_out();
    (1..=4).for_each(|number| crowd.cut(number));
    crowd.wait_for_open(0);
    std::thread::sleep(std::time::Duration::from_millis(120));
    desk.ask_many(6, "ok");
    let log = desk.run_out();
    assert!((4..10).all(|number| story(&log, number) == "E"), "{log:?}");
    assert_eq!(load(&crowd.counts().queries), 10);
}

/// Lost after it was sent: reported, and not sent again.
#[test]
fn lost_after_it_was_sent() {
    let crowd = Crowd::tcp();
    let desk = Desk::simple(crowd.address());
    desk.option(Options::POOL_MAX, 1);
    for text in ["close", "ok", "reset", "half", "words", "leave", "rows 1"] {
        desk.ask(text);
    }
    desk.run_until(|desk| desk.log().len() == 3);
    desk.run_until(|desk| desk.pool.raw.stats().busy == 1);
    crowd.cut(3);
    let log = desk.run_out();
    let all: Vec<String> = (0..7).map(|number| story(&log, number)).collect();
    // The last one may be sent before the end of its connection is seen; it is told then.
    assert_eq!(all[..6], ["2013", "E", "2013", "2013", "1053", "E"], "{log:?}");
    assert!(["0 E", "2013"].contains(&all[6].as_str()), "{all:?}");
}

#[test]
fn no_server() {
    let nowhere = Address { host: "/nowhere/at/all".to_owned(), port: 0 };
    let desk = Desk::simple(&nowhere);
    desk.option(Options::POOL_MAX, 3);
    desk.ask_many(5, "ok");
    let log = desk.run_out();
    assert!((0..5).all(|number| story(&log, number) == "2002"), "{log:?}");
    assert!(errors(&desk.pool).iter().all(|code| *code == 2002));
    // The next one waits for a pause, and ends like this too.
    desk.ask("ok");
    assert_eq!(story(&desk.run_out(), 5), "2002");
    assert_eq!(desk.pool.raw.stats().connections, 0);
    // A bad answer at login, of which the pool's function hears too.
    let crowd = Crowd::tcp();
    let desk = Desk::simple(crowd.address());
    crowd.refuse(true);
    desk.ask("ok");
    let log = desk.run_out();
    assert_eq!(story(&log, 0), "1040", "{log:?}");
    assert_eq!(errors(&desk.pool), [1040]);
    crowd.refuse(false);
    desk.ask("ok");
    assert_eq!(story(&desk.run_out(), 1), "E");
}

/// Those that have a connection go on; those that wait get it later.
#[test]
fn no_more_connections_for_now() {
    let crowd = Crowd::tcp();
    let desk = Desk::simple(crowd.address());
    desk.option(Options::POOL_MAX, 5);
    desk.ask("ok");
    desk.run_out();
    crowd.refuse(true);
    desk.ask_many(10, "later 3");
    let log = desk.run_out();
    assert!((1..11).all(|number| story(&log, number) == "E"), "{log:?}");
    assert!(errors(&desk.pool).iter().all(|code| *code == 1040));
}

/// The pool's function prepares each connection before queries get it.
#[test]
fn the_first_command_on_a_connection() {
    let crowd = Crowd::unix();
    let pool = CPool::new(|_, con, _, told| match told {
        Told::Connected => con.query(b"rows 2").unwrap(),
        Told::Row(_) => con.next_row(),
        _ => {}
    });
    let template = CApi::new(crowd.address(), "secret");
    let desk = Desk::with_pool(&template, pool, |_, con, _, told| {
        if let (Told::Row(_), Some(con)) = (told, con) {
            con.next_row();
        }
    });
    drop(template);
    desk.ask_many(3, "rows 1");
    let log = desk.run_out();
    assert!((0..3).all(|number| story(&log, number) == "0 E"), "{log:?}");
    let told = desk.pool.taken();
    for id in 1..=3 {
        assert_eq!(crate::events::short_of(&told, id), "C 0 1 E");
    }
}

#[test]
fn rows_are_buffered_if_the_template_says_so() {
    let crowd = Crowd::unix();
    let mut template = CApi::new(crowd.address(), "secret");
    template.buffer(true);
    let counts: Rc<RefCell<Vec<usize>>> = Rc::default();
    let seen = Rc::clone(&counts);
    let desk = Desk::with_pool(&template, CPool::simple(), move |_, con, _, _| {
        seen.borrow_mut().push(con.unwrap().buffered_rows().len());
    });
    desk.option(Options::POOL_MAX, 1);
    desk.ask("rows 3");
    desk.ask("rows 700");
    assert_eq!(desk.run_out().len(), 2);
    assert_eq!(*counts.borrow(), [3, 700]);
}

/// The end of the pool reaches each query once: those that wait, those that run, and one whose function it is.
#[test]
fn the_end_of_the_pool() {
    let crowd = Crowd::unix();
    let desk = Desk::new(crowd.address(), |desk, _, number, told| {
        if matches!(told, Told::Failed(_)) {
            let failure = desk.try_ask("ok").unwrap_err();
            assert_eq!(failure.numbers(), (3000, "22023"), "{number}");
        }
    });
    desk.option(Options::POOL_MAX, 2);
    for text in ["never", "rows 3", "ok", "ok", "ok"] {
        desk.ask(text);
    }
    // The second one has a row that it leaves alone.
    desk.run_until(|desk| desk.log().len() == 1);
    assert!(!desk.pool.raw.wait(0).unwrap());
    let log = desk.destroy();
    let all: Vec<String> = (0..5).map(|number| story(&log, number)).collect();
    assert_eq!(all, ["2013", "2013", "2912", "2912", "2912"]);
    crowd.wait_for_open(0);
    // Before anything has begun.
    let desk = Desk::simple(crowd.address());
    desk.ask("ok");
    assert_eq!(story(&desk.destroy(), 0), "2912");
}

#[test]
fn a_function_destroys_the_pool() {
    for moment in ["row", "end", "error", "connected"] {
        let crowd = Crowd::unix();
        let destroyer: Destroyer = Rc::default();
        let (first, second) = (Rc::clone(&destroyer), Rc::clone(&destroyer));
        let destroy = |by: &Destroyer| {
            if let Some(destroy) = by.borrow().as_ref() {
                destroy();
            }
        };
        let pool = CPool::new(move |_, _, _, _| {
            if moment == "connected" {
                destroy(&first);
            }
        });
        *destroyer.borrow_mut() = Some(Box::new(destroy_in_callback(&pool)));
        let template = CApi::new(crowd.address(), "secret");
        let done = std::cell::Cell::new(false);
        let desk = Desk::with_pool(&template, pool, move |_, _, number, told| {
            let now = match told {
                Told::Row(_) => moment == "row",
                Told::End => moment == "end",
                Told::Failed(_) => moment == "error",
                Told::Connected => unreachable!(),
            };
            if now && number == 0 && !done.replace(true) {
                destroy(&second);
            }
        });
        desk.option(Options::POOL_MAX, 1);
        let text = match moment {
            "row" => "rows 3",
            "error" => "error",
            _ => "ok",
        };
        desk.ask(text);
        desk.ask_many(3, "ok");
        while !desk.pool.is_destroyed() {
            desk.pool.raw.wait(1000).unwrap();
            desk.pool.raw.run();
        }
        let log = desk.taken();
        let first = match moment {
            "row" => "0 2013",
            "end" => "E",
            "error" => "1064",
            _ => "2912",
        };
        assert_eq!(story(&log, 0), first, "{moment}");
        assert!((1..4).all(|number| story(&log, number) == "2912"), "{moment} {log:?}");
        crowd.wait_for_open(0);
    }
}

#[test]
fn a_function_destroys_its_connection() {
    let crowd = Crowd::unix();
    let desk = Desk::new(crowd.address(), |_, con, _, told| match told {
        Told::Row(_) | Told::End => con.unwrap().destroy(),
        _ => assert!(con.is_none()),
    });
    desk.option(Options::POOL_MAX, 1);
    for text in ["rows 2", "ok", "rows 2", "ok"] {
        desk.ask(text);
    }
    let log = desk.run_out();
    let all: Vec<String> = (0..4).map(|number| story(&log, number)).collect();
    // After the end it has ended; in its midst it has not.
    assert_eq!(all, ["0 2013", "E", "0 2013", "E"]);
    crowd.wait_for_open(0);
    assert_eq!(load(&crowd.counts().logins), 4);
}

#[test]
fn what_is_refused() {
    let crowd = Crowd::unix();
    let pool = CPool::simple();
    let template = CApi::new(crowd.address(), "secret");
    let desk = Desk::with_pool(&template, pool, |_, _, _, _| {});
    let raw = desk.pool.raw;
    for (option, value) in [
        (Options::POOL_MAX, 0),
        (Options::POOL_CONNECTS, 0),
        (Options::POOL_QUEUE, 0),
        (Options::POOL_RESET, 2),
        (Options::READ_TIMEOUT, 1),
    ] {
        assert!(!set_option(raw, option, value), "{option:?}");
    }
    assert!(!template.option(Options::POOL_MAX, 1), "not of a connection");
    let mut used = CApi::new(crowd.address(), "secret");
    used.login().unwrap();
    assert_eq!(set_template(raw, &used).unwrap_err().numbers(), (3000, "22023"));
    let member = raw.add(CApi::new(crowd.address(), "secret"));
    assert_eq!(set_template(raw, &member).unwrap_err().numbers(), (3000, "22023"));
    let mut broken = CApi::new(crowd.address(), "secret");
    assert!(broken.set_ssl("/nowhere.pem", "", true).is_err());
    assert_eq!(set_template(raw, &broken).unwrap_err().numbers(), (3003, "22023"));
    desk.ask("ok");
    assert_eq!(desk.run_out().len(), 1, "the first template still counts");
}
