// SPDX-License-Identifier: Apache-2.0
//! Pools of many connections: ten thousand that idle, a thousand whose ends are a matter of chance, and more
//! than the process has descriptors for.
//!
//! The client is a process of its own, so that its limit of descriptors is its own too, and what it measures.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests end that way")]

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::env;
use std::process::Command;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use attachsql::capi::types::attachsql_options_t as Options;
use attachsql::session::Polled;

use support::crowd::Crowd;
use support::dice::Dice;
use support::listener::Address;
use support::pools::{CPool, Told};
use support::raw::{self, CApi};
use support::say;
use support::subject::Subject;

mod support;

/// Set in the client's process: the server's address.
const SERVER: &str = "ATTACHSQL_TEST_CROWD";

/// Runs `client` as the test called `test` in a process of its own, which may have so many descriptors, or as
/// many as the system allows. The server stays here.
fn with_crowd(test: &str, crowd: fn() -> Crowd, most: u64, client: impl FnOnce(&Address, u64)) {
    if let Ok(address) = env::var(SERVER) {
        let (host, port) = address.split_once(' ').unwrap();
        let address = Address { host: host.to_owned(), port: port.parse().unwrap() };
        return client(&address, raw::limit_descriptors(most));
    }
    raw::limit_descriptors(u64::MAX);
    let crowd = crowd();
    let address = format!("{} {}", crowd.address().host, crowd.address().port);
    let output = Command::new(env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env(SERVER, address)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{test}: {}\n{text}{errors}", output.status);
    assert!(text.contains("1 passed"), "there is no test {test:?}:\n{text}");
    text.lines().filter_map(|line| line.strip_prefix("of the crowd: ")).for_each(say);
    crowd.wait_for_open(0);
}

fn report(line: &str) {
    say(&format!("of the crowd: {line}"));
}

/// Idle connections cost a run nothing: it does not even look at them.
#[test]
fn ten_thousand_idle() {
    with_crowd("ten_thousand_idle", Crowd::unix, u64::MAX, |address, descriptors| {
        let count: u32 = 10_000.min(descriptors.saturating_sub(50)).try_into().unwrap();
        assert!(count >= 900, "{descriptors} descriptors are too few for this test: ulimit -Hn");
        let pool = CPool::simple();
        let empty = raw::resident();
        let start = Instant::now();
        let mut cons: Vec<_> = (0..count).map(|_| pool.connection(address)).collect();
        cons.iter_mut().for_each(|con| con.connect().unwrap());
        assert_eq!(pool.run_out().len(), cons.len());
        report(&format!("{count} connections logged in in {:?}", start.elapsed()));
        let stats = pool.raw.stats();
        assert_eq!((stats.connections, stats.idle), (count, count));
        let each = (raw::resident() - empty) / cons.len();
        report(&format!("{each} bytes resident for each idle connection"));
        assert!(each < 12 * 1024, "{each}");

        // Runs with nothing to do, and with one connection that has.
        let runs = 10_000;
        let before = (raw::thread_use().cpu, pool.raw.stats().looks);
        (0..runs).for_each(|_| pool.raw.run());
        let idle = (raw::thread_use().cpu - before.0) / runs;
        assert_eq!(pool.raw.stats().looks, before.1, "a connection was looked at for nothing");
        report(&format!("a run with nothing to do takes {idle:?}"));

        let con = &mut cons[500];
        let before = pool.raw.stats();
        for _ in 0..1000 {
            con.query(b"rows 1").unwrap();
            assert_eq!(pool.run_out().len(), 2);
        }
        let after = pool.raw.stats();
        let looks = after.looks - before.looks;
        assert!(looks < 1000 * 12, "{looks} looks for 1,000 queries on one connection");
        report(&format!("{looks} looks for 1,000 queries on one of them"));
        assert_eq!(pool.raw.stats().idle, count);
    });
}

/// Beyond the limit a connection fails, with a message that says why, and the others work.
#[test]
fn descriptors_run_out() {
    with_crowd("descriptors_run_out", Crowd::tcp, 64, |address, descriptors| {
        assert_eq!(descriptors, 64);
        let pool = CPool::simple();
        let mut cons: Vec<_> = (0..100).map(|_| pool.connection(address)).collect();
        for con in &mut cons {
            con.query(b"ok").unwrap();
        }
        let told = pool.run_out();
        let (mut good, mut failed) = (0, 0);
        for (_, told) in &told {
            match told {
                Told::Failed(failure) => {
                    assert_eq!(failure.numbers(), (2002, "08000"), "{failure:?}");
                    assert!(failure.text.contains("ulimit -n"), "{failure:?}");
                    failed += 1;
                }
                Told::End => good += 1,
                Told::Connected => {}
                Told::Row(_) => panic!("a row"),
            }
        }
        assert_eq!(good + failed, 100);
        assert!(good > 30 && failed > 30, "{good} good, {failed} failed");
        // What failed gives way to others.
        cons.iter_mut().take(60).for_each(|con| con.destroy());
        let mut late = pool.connection(address);
        late.query(b"ok").unwrap();
        assert_eq!(pool.run_out().len(), 2);
        // And a pool that cannot be made says so.
        let mut pools = Vec::new();
        let refusal = loop {
            match CPool::try_new() {
                Ok(pool) => pools.push(pool),
                Err(failure) => break failure,
            }
        };
        assert_eq!(refusal.numbers(), (2002, "08000"));
        assert!(refusal.text.contains("ulimit -n"), "{refusal:?}");
    });
}

/// What is known of a connection of the next test.
#[derive(Default)]
struct Life {
    /// A query is under way: which, and how many rows of it came.
    asked: Option<(&'static str, usize)>,
    asked_count: u64,
    ended_count: u64,
    connected: bool,
    over: bool,
}

/// A query that ends well, badly, or with the connection.
fn next_query(dice: &mut Dice) -> &'static str {
    const TEXTS: [&str; 16] = [
        "ok", "ok", "ok", "rows 1", "rows 1", "rows 3", "rows 300", "error", "break 2", "later 3",
        "later 30", "two", "half", "close", "reset", "words",
    ];
    dice.pick(&TEXTS)
}

/// A thousand connections ask at random until each has met its end: every query ends once, and nothing is told
/// after the end of a connection.
#[test]
fn random_ends() {
    with_crowd("random_ends", Crowd::tcp, u64::MAX, |address, _| {
        let lives: Rc<RefCell<BTreeMap<u32, Life>>> = Rc::default();
        let known = Rc::clone(&lives);
        let mut dice = Dice::new(1);
        let pool = CPool::new(move |_, con, id, told| {
            let mut lives = known.borrow_mut();
            let life = lives.entry(id).or_default();
            assert!(!life.over, "{id}: {told:?} after the end");
            match told {
                Told::Connected => assert!(!std::mem::replace(&mut life.connected, true)),
                Told::Row(row) => {
                    let (text, rows) = life.asked.as_mut().unwrap();
                    let number = if *text == "two" { 0 } else { *rows };
                    assert_eq!(row[0], Some(number.to_string().into_bytes()), "{text}");
                    *rows += 1;
                    return con.next_row();
                }
                Told::End => {
                    if con.next_result() {
                        return;
                    }
                    let (text, rows) = life.asked.take().unwrap();
                    let wanted = match text.split_once(' ') {
                        Some(("rows", number)) => number.parse().unwrap(),
                        _ if text == "two" => 2,
                        _ => 0,
                    };
                    assert_eq!(rows, wanted, "{text}");
                    life.ended_count += 1;
                }
                Told::Failed(failure) => {
                    let (text, _) = life.asked.take().unwrap();
                    life.ended_count += 1;
                    let gone = matches!(con.poll(), Err(other) if other.code == 2013);
                    match (text, failure.code) {
                        ("error", 1064) | ("break 2", 1317) | ("words", 1053) => assert!(!gone),
                        // Any query may find that the server has left behind its last words.
                        (_, code) => assert!(gone && code == 2013, "{text}: {failure:?}"),
                    }
                    life.over = gone;
                }
            }
            con.close_query();
            if !life.over {
                let text = next_query(&mut dice);
                life.asked = Some((text, 0));
                life.asked_count += 1;
                // If it fails at once, that is told as well.
                let _ = con.query(text.as_bytes());
            }
        });
        let mut cons: Vec<_> = (0..1000).map(|_| pool.connection(address)).collect();
        for con in &mut cons {
            assert!(con.option(Options::READ_TIMEOUT, 2000));
            con.connect().unwrap();
        }
        pool.run_out();
        let lives = lives.borrow();
        assert_eq!(lives.len(), 1000);
        let asked: u64 = lives.values().map(|life| life.asked_count).sum();
        let ended: u64 = lives.values().map(|life| life.ended_count).sum();
        assert!(lives.values().all(|life| life.over && life.asked.is_none()));
        assert_eq!(asked, ended);
        let stats = pool.raw.stats();
        assert_eq!((stats.failed, stats.connections), (1000, 1000));
        report(&format!("{asked} queries on 1,000 connections, each with one end"));
        for con in &mut cons {
            assert!(matches!(con.poll(), Err(failure) if failure.code == 2013));
            con.destroy();
        }
    });
}

/// Two pools in two threads know nothing of each other.
#[test]
fn two_threads() {
    let crowd = Crowd::unix();
    let address = crowd.address().clone();
    let threads: Vec<_> = (0..2)
        .map(|_| {
            let address = address.clone();
            std::thread::spawn(move || {
                let left = RefCell::new(2000);
                let pool = CPool::new(move |_, con, _, told| match told {
                    Told::Row(_) => con.next_row(),
                    Told::Failed(failure) => panic!("{failure:?}"),
                    _ => {
                        con.close_query();
                        let mut left = left.borrow_mut();
                        if *left > 0 {
                            *left -= 1;
                            con.query(b"rows 1").unwrap();
                        }
                    }
                });
                for _ in 0..50 {
                    pool.connection(&address).connect().unwrap();
                }
                assert_eq!(pool.run_out().len(), 50 + 2 * 2000);
            })
        })
        .collect();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert_eq!(crowd.counts().queries.load(Ordering::SeqCst), 4000);
}

/// A pool moves from thread to thread with its connections.
#[test]
fn a_pool_that_moves() {
    struct Moved(CPool, CApi);
    // SAFETY: what the C API promises: used by one thread at a time.
    #[allow(unsafe_code, reason = "C programs move them without asking")]
    unsafe impl Send for Moved {}
    let crowd = Crowd::unix();
    let pool = CPool::simple();
    pool.connection(crowd.address()).query(b"rows 2").unwrap();
    let moved = Moved(pool, CApi::new(crowd.address(), "secret"));
    let back = std::thread::spawn(move || {
        let Moved(pool, mut lone) = { moved };
        assert_eq!(pool.run_out().len(), 4);
        lone.login().unwrap();
        Moved(pool, lone)
    });
    let Moved(pool, mut lone) = back.join().unwrap();
    lone.query(b"ok").unwrap();
    assert_eq!(lone.settle(), Ok(Polled::End));
    pool.connection(crowd.address()).query(b"ok").unwrap();
    assert_eq!(pool.run_out().len(), 2);
}
