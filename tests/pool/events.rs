// SPDX-License-Identifier: Apache-2.0
//! Every event once, and in order.

use std::time::{Duration, Instant};

use attachsql::capi::types::attachsql_options_t as Options;
use attachsql::session::Polled;

use crate::support::crowd::Crowd;
use crate::support::listener::{Address, Listener, deaf};
use crate::support::packets::{AUTOCOMMIT, Greeting, MORE, OkPacket, prepared};
use crate::support::pools::{CPool, Told};
use crate::support::raw::{self, CApi};
use crate::support::script::{Script, Step, expect, query};
use crate::support::subject::Subject;

/// What happens on one connection, in short: `C`onnected, `E`nd, a `!` with the code of an error, or
/// the first cell of a row.
pub(crate) fn short(told: &[(u32, Told)]) -> String {
    let one = |told: &Told| match told {
        Told::Connected => "C".to_owned(),
        Told::Row(row) => {
            String::from_utf8_lossy(row[0].as_deref().unwrap_or(b"NULL")).into_owned()
        }
        Told::End => "E".to_owned(),
        Told::Failed(failure) => format!("!{}", failure.code),
    };
    told.iter().map(|(_, told)| one(told)).collect::<Vec<_>>().join(" ")
}

/// The same, of one connection.
pub(crate) fn short_of(told: &[(u32, Told)], id: u32) -> String {
    let own: Vec<_> = told.iter().filter(|(other, _)| *other == id).cloned().collect();
    short(&own)
}

/// A pool that sends one query after the other, each when the one before has ended.
fn session(address: &Address, queries: &'static [&'static str], passive: bool) -> String {
    let mut left = queries.iter().copied();
    let first = if passive { left.next() } else { None };
    let pool = CPool::new(move |_, con, _, told| match told {
        Told::Row(_) => con.next_row(),
        _ => {
            if *told == Told::End && con.next_result() {
                return;
            }
            // A remembered query is on its way already.
            if *told == Told::Connected && passive {
                return;
            }
            con.close_query();
            if let Some(text) = left.next() {
                // On a connection that is gone this fails, and nothing follows.
                let _ = con.query(text.as_bytes());
            }
        }
    });
    let mut con = pool.connection(address);
    match first {
        Some(text) => con.query(text.as_bytes()).unwrap(),
        None => con.connect().unwrap(),
    }
    short(&pool.run_out())
}

#[test]
fn every_kind_of_answer() {
    let cases: [(&'static [&'static str], &str); 17] = [
        (&["ok"], "C E"),
        (&["ok", "ok", "ok"], "C E E E"),
        (&["rows 2"], "C 0 1 E"),
        (&["rows 0", "rows 0"], "C E E"),
        (&["rows 1", "ok", "rows 1"], "C 0 E E 0 E"),
        (&["error"], "C !1064"),
        (&["error", "error", "error"], "C !1064 !1064 !1064"),
        (&["error", "ok", "error"], "C !1064 E !1064"),
        (&["two"], "C 0 E 0 E"),
        (&["two", "two"], "C 0 E 0 E 0 E 0 E"),
        (&["break 2", "ok"], "C 0 1 !1317 E"),
        (&["close"], "C !2013"),
        (&["close", "ok"], "C !2013"),
        (&["reset"], "C !2013"),
        (&["words"], "C !1053"),
        (&["words", "ok"], "C !1053 !2013"),
        (&["later 5", "ok"], "C E E"),
    ];
    for crowd in [Crowd::unix(), Crowd::tcp()] {
        for (queries, expected) in cases {
            for passive in [false, true] {
                let got = session(crowd.address(), queries, passive);
                assert_eq!(got, expected, "{queries:?}, passive: {passive}");
            }
        }
        assert_eq!(session(crowd.address(), &[], false), "C", "no EOF for a mere connect");
        let many = session(crowd.address(), &["rows 5000", "long 3000000"], false);
        assert!(many.starts_with("C 0 1 2 3 ") && many.ends_with(" E"));
        assert_eq!(many.split(' ').count(), 1 + 5000 + 1 + 1 + 1);
    }
}

/// On a connection that the callback leaves alone nothing happens twice.
#[test]
fn nothing_is_told_twice() {
    let crowd = Crowd::unix();
    let pool = CPool::new(|_, _, _, _| {});
    let mut con = pool.connection(crowd.address());
    con.query(b"rows 2").unwrap();
    for (told, expected) in [(2, "C 0"), (1, "1"), (1, "E")] {
        assert_eq!(short(&pool.run_until(told)), expected);
        assert_eq!(short(&pool.run_out()), "", "after {expected}");
        con.next_row();
    }
    con.close_query();
    con.query(b"error").unwrap();
    assert_eq!(short(&pool.run_until(1)), "!1064");
    con.close_query();
    assert_eq!(short(&pool.run_out()), "");
    con.query(b"close").unwrap();
    assert_eq!(short(&pool.run_until(1)), "!2013");
    assert_eq!(con.query(b"ok").unwrap_err().code, 2014, "the query is open");
    con.close_query();
    assert_eq!(con.query(b"ok").unwrap_err().code, 2006);
    assert_eq!(con.connect().unwrap_err().code, 2013);
    assert_eq!(short(&pool.run_out()), "", "the end of a connection is one thing");
}

/// Rows that the program takes by polling need no event, and the others come.
#[test]
fn a_poll_may_take_rows() {
    let crowd = Crowd::unix();
    let pool = CPool::new(|_, con, _, told| {
        if let Told::Row(row) = told
            && row[0].as_deref().is_some_and(|text| text.ends_with(b"0"))
        {
            // Up to nine more, if they are here.
            for _ in 0..9 {
                con.next_row();
                if con.poll() != Ok(Polled::RowReady) {
                    return;
                }
            }
        }
        con.next_row();
    });
    let mut con = pool.connection(crowd.address());
    con.query(b"rows 100").unwrap();
    let told = pool.run_out();
    let text = short(&told);
    assert!(text.starts_with("C 0") && text.ends_with(" E"), "{text}");
    assert!(told.len() < 102 && told.len() >= 12, "{text}");
    // A row that a poll has shown, and that was left alone, is told all the same.
    let pool = CPool::new(|_, con, _, told| {
        con.next_row();
        if matches!(told, Told::Row(_)) {
            assert!(matches!(con.poll(), Ok(Polled::RowReady | Polled::Processing)));
        }
    });
    let mut con = pool.connection(crowd.address());
    con.query(b"rows 10").unwrap();
    assert_eq!(short(&pool.run_out()), "C 0 1 2 3 4 5 6 7 8 9 E");
}

#[test]
fn buffered_rows_have_no_event() {
    let crowd = Crowd::unix();
    let pool = CPool::new(|_, _, _, _| {});
    let mut con = pool.connection(crowd.address());
    con.buffer(true);
    con.query(b"rows 1000").unwrap();
    assert_eq!(short(&pool.run_out()), "C E");
    assert_eq!(con.buffered_rows().len(), 1000);
}

/// A query that is closed before its end has none; the one after it has its own.
#[test]
fn what_is_closed_ends_in_silence() {
    let crowd = Crowd::unix();
    let pool = CPool::new(|_, con, _, told| {
        if let Told::Row(_) = told {
            con.next_row();
        }
    });
    let mut con = pool.connection(crowd.address());
    for (text, after) in [("rows 3", ""), ("error", ""), ("later 20", ""), ("two", "")] {
        con.query(text.as_bytes()).unwrap();
        con.close_query();
        let expected = if con.poll() == Ok(Polled::Connecting) { "C" } else { after };
        assert_eq!(short(&pool.run_out()), expected, "{text}, closed at once");
        con.query(text.as_bytes()).unwrap();
        con.close_query();
        con.query(b"rows 1").unwrap();
        assert_eq!(short(&pool.run_out()), "0 E", "{text}, closed, and another query");
        con.close_query();
    }
    // Closed with a row in hand, by the program, outside of any callback.
    let pool = CPool::new(|_, _, _, _| {});
    let mut con = pool.connection(crowd.address());
    con.query(b"rows 5000").unwrap();
    assert_eq!(short(&pool.run_until(2)), "C 0");
    con.close_query();
    con.query(b"rows 1").unwrap();
    assert_eq!(short(&pool.run_until(1)), "0");
    con.next_row();
    assert_eq!(short(&pool.run_out()), "E");
}

/// What the program does between runs counts, although the pool does not hear of all of it.
#[test]
fn the_program_goes_on_outside_of_callbacks() {
    let crowd = Crowd::unix();
    let pool = CPool::new(|_, _, _, _| {});
    let mut con = pool.connection(crowd.address());
    con.query(b"two").unwrap();
    assert_eq!(short(&pool.run_until(2)), "C 0");
    assert_eq!(pool.raw.wait(10), Ok(false), "the row is the program's");
    con.next_row();
    assert_eq!(pool.raw.wait(-1), Ok(true), "the next row, or the end");
    assert_eq!(short(&pool.run_out()), "E");
    assert!(con.next_result());
    assert_eq!(pool.raw.wait(-1), Ok(true), "another result");
    assert_eq!(short(&pool.run_until(1)), "0");
    con.next_row();
    assert_eq!(short(&pool.run_out()), "E");
}

/// In order of adding, and at most one event for each connection in a run.
#[test]
fn the_order_of_adding() {
    let crowd = Crowd::unix();
    let pool = CPool::new(|_, con, _, told| {
        if let Told::Row(_) = told {
            con.next_row();
        }
    });
    let mut cons: Vec<_> = (0..20).map(|_| pool.connection(crowd.address())).collect();
    cons.iter_mut().rev().for_each(|con| con.connect().unwrap());
    assert_eq!(pool.run_until(20).len(), 20);
    cons.iter_mut().rev().for_each(|con| con.query(b"rows 3").unwrap());
    while pool.raw.wait(-1).unwrap() {
        pool.raw.run();
        let ids: Vec<u32> = pool.taken().iter().map(|(id, _)| *id).collect();
        assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?} in one run");
    }
    assert_eq!(crowd.counts().queries.load(std::sync::atomic::Ordering::SeqCst), 20);
}

/// Refused, silent, and unknown.
#[test]
fn connects_that_fail() {
    let nobody = Address { host: "/nonexistent/socket".to_owned(), port: 0 };
    let (closed, port) = {
        let listener = crate::support::listener::Listener::tcp();
        (listener.address(), listener.address().port)
    };
    let name = Address { host: "no such host.invalid".to_owned(), port };
    let (silent, _deaf) = deaf("127.0.0.1:0");
    for (address, code) in [(nobody, 2002), (closed, 2002), (name, 2005), (silent, 2002)] {
        for passive in [false, true] {
            let pool = CPool::simple();
            let mut con = pool.connection(&address);
            assert!(con.option(Options::CONNECT_TIMEOUT, 300));
            // It may fail at once: then both the call and the callback have an error of their own.
            let _ = if passive { con.query(b"ok") } else { con.connect() };
            assert_eq!(short(&pool.run_out()), format!("!{code}"), "{address:?}");
            assert_eq!(con.poll().unwrap_err().code, code);
        }
    }
}

/// Each limit is kept, for a query that comes from outside of a callback too, and ends a wait.
#[test]
fn time_limits() {
    let crowd = Crowd::unix();
    let pool = CPool::simple();
    let mut cons: Vec<_> = (0..3).map(|_| pool.connection(crowd.address())).collect();
    cons.iter_mut().for_each(|con| con.connect().unwrap());
    pool.run_until(3);
    assert!(cons[1].option(Options::READ_TIMEOUT, 100));
    cons[0].query(b"never").unwrap();
    cons[1].query(b"half").unwrap();
    let start = Instant::now();
    let told = pool.run_until(1);
    assert_eq!((short_of(&told, 2).as_str(), told.len()), ("!2013", 1));
    assert!(start.elapsed() >= Duration::from_millis(100));
    // Set while the answer is awaited already.
    assert!(cons[0].option(Options::READ_TIMEOUT, 50));
    assert_eq!(short(&pool.run_until(1)), "!2013");
    // A server that says nothing at all.
    crowd.be_silent(true);
    let mut late = pool.connection(crowd.address());
    assert!(late.option(Options::CONNECT_TIMEOUT, 100));
    late.connect().unwrap();
    assert_eq!(short(&pool.run_until(1)), "!2002");
}

/// A pool without a callback: the connections say how they stand.
#[test]
fn polls_only_tell() {
    let crowd = Crowd::tcp();
    let pool = CPool::without_callback();
    let mut con = pool.connection(crowd.address());
    assert!(con.option(Options::SEMI_BLOCKING, 0), "without effect");
    assert_eq!(con.poll(), Ok(Polled::NotConnected));
    con.query(b"rows 2").unwrap();
    for _ in 0..1000 {
        assert_eq!(con.poll(), Ok(Polled::Connecting), "a poll does nothing");
    }
    let run_until = |con: &mut crate::support::pools::Member, wanted| {
        while con.poll() != Ok(wanted) {
            assert!(pool.raw.wait(20_000).unwrap());
            let before = raw::thread_use().sleeps;
            pool.raw.run();
            assert_eq!(raw::thread_use().sleeps, before, "a run does not wait");
        }
    };
    run_until(&mut con, Polled::RowReady);
    assert_eq!(con.row(), [Some(b"0".to_vec())]);
    con.next_row();
    run_until(&mut con, Polled::RowReady);
    assert_eq!(con.row(), [Some(b"1".to_vec())]);
    con.next_row();
    run_until(&mut con, Polled::End);
    con.close_query();
    con.query(b"error").unwrap();
    assert_eq!(con.poll(), Ok(Polled::Processing));
    while con.poll().is_ok() {
        assert!(pool.raw.wait(20_000).unwrap());
        pool.raw.run();
    }
    let failure = con.poll().unwrap_err();
    assert_eq!(failure.numbers(), (1064, "42000"));
    con.close_query();
    con.query(b"later 50").unwrap();
    assert_eq!(con.wait(-1).unwrap_err().numbers(), (2014, "08002"), "a wait of its own");
    run_until(&mut con, Polled::End);
}

/// A statement that is closed between two results waits for the program to go on, and not the program for it.
#[test]
fn a_close_between_two_results() {
    let more = OkPacket { status: AUTOCOMMIT | MORE, ..OkPacket::default() }.payload();
    let ok = OkPacket::default().payload();
    let greeting = Greeting::default();
    let steps = vec![
        expect(b"\x16DO 1"),
        Step::Send(prepared(greeting.caps, 7, 0, &[])),
        query("two"),
        Step::Send(vec![more, ok]),
        expect(b"\x19\x07\0\0\0"),
    ];
    let (listener, pool) = (Listener::unix(), CPool::simple());
    let mut con = pool.connection(&listener.address());
    let handle = con.handle();
    handle.prepare("DO 1").unwrap();
    let server = listener.serve(Script::logged_in(&greeting, steps));
    assert_eq!(short(&pool.run_out()), "C E");
    con.query(b"two").unwrap();
    assert_eq!(short(&pool.run_until(1)), "E");
    handle.close();
    assert_eq!(con.poll(), Ok(Polled::End), "the first result has ended");
    assert!(con.next_result());
    assert_eq!(short(&pool.run_until(1)), "E");
    assert_eq!(con.poll(), Ok(Polled::End));
    drop((handle, pool));
    assert!(server.finish().is_over());
}

/// Who may be added, and what the others are told.
#[test]
fn adding_and_taking_out() {
    let crowd = Crowd::unix();
    let (pool, other) = (CPool::simple(), CPool::simple());
    let mut con = pool.connection(crowd.address());
    let refusal = other.raw.try_add(&con).unwrap_err();
    assert_eq!(refusal.numbers(), (3000, "22023"));
    let mut lone = CApi::new(crowd.address(), "secret");
    lone.login().unwrap();
    let refusal = other.raw.try_add(&lone).unwrap_err();
    assert_eq!(refusal.numbers(), (3000, "22023"));
    assert!(refusal.text.contains("has begun to connect"), "{refusal:?}");
    assert_eq!(lone.ask(b"ok", false).len(), 1, "nothing has happened to it");
    assert_eq!(other.raw.remove(&mut con).map(drop).unwrap_err().code, 3000);

    // Never used: it may go and come, with a new number.
    let con = pool.raw.remove(&mut con).unwrap();
    let mut con = other.raw.add(con);
    con.query(b"rows 3").unwrap();
    let told = other.run_until(5);
    assert_eq!((short(&told).as_str(), told[0].0), ("C 0 1 2 E", 1));
    // In use: it goes on alone, in the middle of an answer.
    con.query(b"rows 5000").unwrap();
    other.run_until(100);
    let mut con = other.raw.remove(&mut con).unwrap();
    let mut rows = 0;
    while con.settle().unwrap() == Polled::RowReady {
        rows += 1;
        con.next_row();
    }
    assert!(rows > 4000 && rows < 4990, "{rows}");
    con.close_query();
    assert_eq!(con.ask(b"rows 2", false).len(), 4);
    assert_eq!(other.raw.try_add(&con).unwrap_err().code, 3000, "used before");
}

/// With nothing to come there is no wait without a limit, and one with a limit lasts.
#[test]
fn waits() {
    let crowd = Crowd::unix();
    let pool = CPool::simple();
    assert_eq!(pool.raw.wait(-1), Ok(false));
    let mut con = pool.connection(crowd.address());
    assert_eq!(pool.raw.wait(-1), Ok(false));
    con.connect().unwrap();
    assert_eq!(short(&pool.run_out()), "C");
    let before = raw::thread_use();
    assert_eq!(pool.raw.wait(0), Ok(false));
    assert_eq!(raw::thread_use().sleeps, before.sleeps, "0 is only a look");
    let start = Instant::now();
    assert_eq!(pool.raw.wait(50), Ok(false));
    assert!(start.elapsed() >= Duration::from_millis(50));
    // A wait as long as it takes costs nothing.
    con.query(b"later 300").unwrap();
    pool.raw.run();
    let (before, mut waits) = (raw::thread_use(), 0);
    while pool.count() < 1 {
        assert!(pool.raw.wait(-1).unwrap());
        pool.raw.run();
        waits += 1;
    }
    assert!(waits < 5, "{waits} waits for one answer");
    assert!(raw::thread_use().cpu - before.cpu < Duration::from_millis(150));
}
