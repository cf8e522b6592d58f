// SPDX-License-Identifier: Apache-2.0
//! Connections and pools inside an event loop that knows nothing but the answers to the three questions:
//! what to watch, whether more is to be done, when at the latest. It sleeps whenever they allow it, so an answer
//! that is wrong shows as a loop that does not wake up, or that does not sleep.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests end that way")]

use std::time::{Duration, Instant};

use attachsql::capi::types::attachsql_options_t as Options;
use attachsql::session::Polled;

use support::certificates::{Identity, TempFile, Wanted};
use support::crowd::Crowd;
use support::embed::{Loop, Source, Style};
use support::listener::{Address, Listener, deaf};
use support::names::with_names;
use support::packets::{self, AUTOCOMMIT, Greeting, MARIADB_CAPS, framed};
use support::pools::{CPool, Told};
use support::raw::{self, CApi};
use support::script::{self, Pieces, Script, Step, Want, query, send};
use support::subject::Subject;
use support::tls_server::TlsServer;

mod support;

const STYLES: [Style; 2] = [Style::Watches, Style::Descriptor];
const STALL: Duration = Duration::from_millis(300);

/// Asks "q" and takes the rows; polls only when the loop says so. The number of rows.
fn session(client: &mut CApi, style: Style, around: &mut Loop) -> usize {
    client.query(b"q").unwrap();
    let mut rows = 0;
    loop {
        match client.poll().unwrap() {
            Polled::RowReady => {
                rows += 1;
                client.next_row();
            }
            Polled::End => return rows,
            _ => {
                let woken = around.sleep(&*client, style, Duration::from_secs(20));
                assert!(woken, "nothing wakes it up: {around:?}");
            }
        }
    }
}

fn rows(count: usize) -> Vec<Vec<u8>> {
    let rows = vec![vec![Some(vec![b'x'; 100])]; count];
    packets::result(MARIADB_CAPS, &["a"], &rows, AUTOCOMMIT)
}

/// A server that stalls somewhere.
fn stalling(at: usize) -> Script {
    let bytes = framed(1, &rows(2));
    let (head, tail) = bytes.split_at(at);
    let steps =
        [query("q"), Step::Raw(head.to_vec()), Step::Stall(STALL), Step::Raw(tail.to_vec())];
    let login = script::login(&Greeting::default());
    Script::new([vec![Step::Stall(STALL)], login, steps.to_vec()].concat())
}

#[test]
fn a_connection_sleeps_through_stalls() {
    for style in STYLES {
        for at in [0, 20, framed(1, &rows(2)[..3]).len()] {
            let listener = Listener::tcp();
            let mut client = CApi::new(&listener.address(), "secret");
            let server = listener.serve(stalling(at));
            let (mut around, start) = (Loop::default(), Instant::now());
            let before = raw::thread_use().cpu;
            assert_eq!(session(&mut client, style, &mut around), 2);
            assert!(start.elapsed() >= 2 * STALL);
            assert!(around.sleeps < 20, "{style:?}: {around:?}");
            assert_eq!(around.timeouts, 0, "{style:?}: only events count");
            assert!(raw::thread_use().cpu - before < STALL / 2);
            drop(client);
            server.finish();
        }
    }
}

/// In pieces of every size, so that each buffer is empty, full and half full when the loop asks.
#[test]
fn a_connection_in_pieces() {
    for style in STYLES {
        for size in [1, 3, 50, 4096] {
            let count = if size < 50 { 20 } else { 2000 };
            let steps = [query("q"), Step::Send(rows(count))];
            let script = Script::logged_in(&Greeting::default(), steps);
            let listener = Listener::unix();
            let mut client = CApi::new(&listener.address(), "secret");
            let server = listener.serve(script.in_pieces(Pieces::Every(size)));
            assert_eq!(session(&mut client, style, &mut Loop::default()), count);
            drop(client);
            server.finish();
        }
    }
}

/// While a large query does not go, both directions are watched.
#[test]
fn a_query_that_does_not_go_at_once() {
    for style in STYLES {
        let text = vec![b'x'; 16 << 20];
        let listener = Listener::tcp();
        let mut client = CApi::new(&listener.address(), "secret");
        let want = Want::Query(text.clone());
        let steps = [Step::Stall(STALL), Step::Expect(want), Step::Send(rows(1))];
        let server = listener.serve(Script::logged_in(&Greeting::default(), steps));
        client.login().unwrap();
        client.query(&text).unwrap();
        let (mut around, mut seen_write) = (Loop::default(), false);
        while client.poll().unwrap() != Polled::RowReady {
            seen_write |= client.watches().0.iter().any(|(_, flags)| *flags == 3);
            assert!(around.sleep(&client, style, Duration::from_secs(20)));
        }
        assert!(seen_write, "never watched for writing");
        drop(client);
        server.finish();
    }
}

/// Nothing is watched for, and nothing left to do, where it is the program's turn; not even when the server
/// goes away meanwhile.
#[test]
fn the_program_s_turn() {
    for style in STYLES {
        let crowd = Crowd::tcp();
        let mut client = CApi::new(crowd.address(), "secret");
        let idle = |client: &CApi, what: &str| {
            assert!(client.watches().0.iter().all(|(_, flags)| *flags == 0), "{what}");
            assert!(!client.has_more(), "{what}");
            assert_eq!(client.timeout(), -1, "{what}");
            let limit = Duration::from_millis(30);
            assert!(!Loop::default().sleep(client, style, limit), "{what}: woken");
        };
        idle(&client, "unused");
        client.login().unwrap();
        idle(&client, "ready");
        client.query(b"rows 3000").unwrap();
        assert_eq!(client.settle(), Ok(Polled::RowReady));
        idle(&client, "row held");
        client.close_query();
        client.settle().unwrap();
        idle(&client, "closed");
        let number = client.thread_id();
        crowd.cut(number);
        crowd.wait_for_open(0);
        idle(&client, "cut off");
        client.query(b"ok").map_err(|failure| assert_eq!(failure.code, 2006)).unwrap_or_default();
        let mut around = Loop::default();
        while client.poll().is_ok() {
            assert!(around.sleep(&client, style, Duration::from_secs(20)));
        }
        idle(&client, "failed");
    }
}

/// The longest silence is kept by asking, and by nothing else.
#[test]
fn limits_of_a_connection() {
    let crowd = Crowd::unix();
    for style in STYLES {
        let mut client = CApi::new(crowd.address(), "secret");
        assert!(client.option(Options::READ_TIMEOUT, 200));
        client.login().unwrap();
        client.query(b"half").unwrap();
        let (mut around, start) = (Loop::default(), Instant::now());
        let failure = loop {
            match client.poll() {
                Ok(_) => assert!(around.sleep(&client, style, Duration::from_secs(20))),
                Err(failure) => break failure,
            }
        };
        assert_eq!(failure.numbers(), (2013, "08006"));
        assert!(start.elapsed() >= Duration::from_millis(200));
        assert!(around.sleeps < 10, "{around:?}");
    }
    let (silent, _deaf) = deaf("127.0.0.1:0");
    let mut client = CApi::new(&silent, "secret");
    assert!(client.option(Options::CONNECT_TIMEOUT, 200));
    client.connect().unwrap();
    let mut around = Loop::default();
    while client.poll().is_ok() {
        assert!(around.sleep(&client, Style::Watches, Duration::from_secs(20)));
    }
    assert!(around.sleeps < 20, "{around:?}");
}

/// A lookup that takes its time, in a connection and in a pool.
#[test]
fn names() {
    with_names("names", || {
        for style in STYLES {
            let crowd = Crowd::tcp();
            let host = "sleep300_127.0.0.1.list.test".to_owned();
            let address = Address { host, port: crowd.address().port };
            let mut client = CApi::new(&address, "secret");
            let before = raw::thread_use().cpu;
            client.connect().unwrap();
            let mut around = Loop::default();
            while client.poll().unwrap() != Polled::End {
                assert!(around.sleep(&client, style, Duration::from_secs(20)));
            }
            let pool = CPool::simple();
            pool.connection(&address).query(b"rows 2").unwrap();
            let (mut around, raw) = (Loop::default(), pool.raw);
            around.run(&raw, style, || {
                raw.run();
                pool.count() >= 4
            });
            assert!(raw::thread_use().cpu - before < Duration::from_millis(200));
        }
    });
}

/// What TLS has decrypted, or has in its hands, is not waited for.
#[test]
fn tls() {
    for style in STYLES {
        for size in [1, 3, 1000, 100_000] {
            let steps = [query("q"), Step::Send(rows(300))];
            let login = [Step::Expect(Want::Login), send(packets::ok())];
            let script = Script::new(login.into_iter().chain(steps)).in_pieces(Pieces::Every(size));
            let authority = Identity::authority("authority");
            let identity = authority.issue(&Wanted::default());
            let ca = TempFile::certificates(&[&authority]);
            let server = TlsServer::new(identity.context(&[], (12, 13)), script);
            let (address, running) = server.serve(Listener::unix());
            let mut client = CApi::new(&address, "secret");
            client.set_ssl(ca.path(), "", true).unwrap();
            assert_eq!(session(&mut client, style, &mut Loop::default()), 300, "by {size}");
            drop(client);
            running.finish();
        }
    }
}

/// Many connections behind one descriptor: every answer comes, and the loop sleeps in between.
#[test]
fn a_pool() {
    for style in STYLES {
        let crowd = Crowd::tcp();
        let left = std::cell::Cell::new(200);
        let pool = CPool::new(move |_, con, _, told| match told {
            Told::Row(_) => con.next_row(),
            Told::Failed(failure) => panic!("{failure:?}"),
            Told::Connected | Told::End => {
                con.close_query();
                if left.get() > 0 {
                    left.set(left.get() - 1);
                    let text = ["ok", "rows 3", "later 20", "rows 2000"][left.get() % 4];
                    con.query(text.as_bytes()).unwrap();
                }
            }
        });
        for _ in 0..20 {
            pool.connection(crowd.address()).connect().unwrap();
        }
        let (mut around, raw) = (Loop::default(), pool.raw);
        let total = 20 + 200 + 50 * 3 + 50 * 2000;
        around.run(&raw, style, || {
            raw.run();
            pool.count() >= total
        });
        assert_eq!(pool.count(), total);
        assert_eq!(raw.watches().0, [(raw.descriptor(), 1)], "one for all");
        assert!(!raw.has_more());
        assert_eq!(raw.timeout(), -1);
        assert!(!around.sleep(&raw, style, Duration::from_millis(30)), "woken for nothing");
    }
}

/// Limits in a pool, and a program that goes on outside of callbacks.
#[test]
fn a_pool_and_time() {
    let crowd = Crowd::unix();
    let pool = CPool::new(|_, _, _, _| {});
    let mut con = pool.connection(crowd.address());
    assert!(con.option(Options::READ_TIMEOUT, 150));
    con.query(b"rows 2").unwrap();
    let (mut around, raw) = (Loop::default(), pool.raw);
    let mut until = |count| {
        around.run(&raw, Style::Descriptor, || {
            raw.run();
            pool.count() >= count
        });
    };
    until(2);
    assert!(!raw.has_more(), "the row is the program's");
    con.next_row();
    assert!(raw.has_more(), "the next row is here");
    until(3);
    con.next_row();
    until(4);
    con.close_query();
    assert_eq!(raw.timeout(), -1, "nothing is awaited");
    con.query(b"never").unwrap();
    let start = Instant::now();
    until(5);
    assert!(start.elapsed() >= Duration::from_millis(150));
    assert!(matches!(&pool.log()[4].1, Told::Failed(failure) if failure.code == 2013));
    // A connection of a pool has no answers of its own.
    let other = pool.connection(crowd.address());
    assert_eq!((other.watches().0.len(), other.has_more(), other.timeout()), (0, false, -1));
    assert_eq!(other.descriptor(), -1);
}
