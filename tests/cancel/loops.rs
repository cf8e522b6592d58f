// SPDX-License-Identifier: Apache-2.0
//! Cancels as sleeps, event loops and pools have them: the second connection is one more descriptor, and nothing
//! spins or sleeps for too long.

use std::time::{Duration, Instant};

use attachsql::capi::types::{attachsql_cancel_t as Outcome, attachsql_options_t as Options};
use attachsql::session::Polled;

use crate::support::desk::{Desk, story};
use crate::support::embed::{Loop, Style};
use crate::support::listener::{Address, Listener};
use crate::support::packets::{self, AUTOCOMMIT, Greeting, MARIADB_CAPS, ok};
use crate::support::pools::{CPool, Told};
use crate::support::raw::{self, CApi};
use crate::support::subject::Subject;
use crate::{DO, KILL, Line, interrupted};

/// How long the server takes for each step of the cancel.
const STALL: Duration = Duration::from_millis(60);

/// What of an answer of one row comes before the cancel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    Nothing,
    Row,
}

/// A server whose query is cancelled `rounds` times, and answers another one behind each.
fn serve(listener: Listener, rounds: usize, before: Before) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        let row = vec![Some(b"value".to_vec())];
        let answer = packets::result(MARIADB_CAPS, &["a"], &[row], AUTOCOMMIT);
        let mut first = Line::greeted(&listener, &Greeting::default());
        first.wait();
        first.send(&[ok()]);
        for _ in 0..rounds {
            assert_eq!(first.wait(), b"\x03q");
            if before == Before::Row {
                first.send(&answer[..answer.len() - 1]);
            }
            let peer = listener.accept();
            std::thread::sleep(STALL);
            let mut second = Line::on(peer, &Greeting::default());
            second.wait();
            std::thread::sleep(STALL);
            second.send(&[ok()]);
            assert_eq!(second.wait(), KILL);
            std::thread::sleep(STALL);
            second.send(&[ok()]);
            // KILL is sent again while the command goes on, but not while the program holds a row.
            let (mut kills, end) = (0, Instant::now() + STALL * 2);
            while Instant::now() < end {
                kills += second.answer_kill();
            }
            assert!(kills > 0 || before == Before::Row, "only one KILL");
            first.send(&[interrupted()]);
            let last = loop {
                if let Some(packet) = first.packet() {
                    break packet;
                }
                second.answer_kill();
            };
            assert_eq!(last, DO);
            std::thread::sleep(STALL);
            first.send(&[ok()]);
            assert_eq!(first.wait(), b"\x03r");
            first.send(&[ok()]);
        }
        assert_eq!(first.wait(), [1], "goodbye");
    })
}

/// All that is slept in a round.
const SLEPT: Duration = STALL.saturating_mul(6);

fn client(address: &Address) -> CApi {
    let client = CApi::new(address, "secret");
    assert!(client.option(Options::CANCEL, 1));
    client
}

#[test]
fn a_wait_sleeps_through_it() {
    for semi_blocking in [false, true] {
        for listener in crate::listeners() {
            let mut client = client(&listener.address());
            let server = serve(listener, 2, Before::Nothing);
            client.login().unwrap();
            if semi_blocking {
                assert!(client.option(Options::SEMI_BLOCKING, 0));
            }
            for _ in 0..2 {
                client.query(b"q").unwrap();
                let (before, mut polls) = (raw::thread_use(), 0);
                client.cancel().unwrap();
                let failure = loop {
                    polls += 1;
                    match client.poll() {
                        Ok(_) if semi_blocking => {}
                        Ok(_) => assert!(client.wait(-1).unwrap()),
                        Err(failure) => break failure,
                    }
                };
                assert_eq!(failure.code, 1317);
                assert_eq!(client.cancel_outcome(), Outcome::CANCELLED.0);
                assert!(polls < 40, "{polls} polls for five stalls");
                assert!(raw::thread_use().cpu - before.cpu < SLEPT / 4);
                client.close_query();
                client.query(b"r").unwrap();
                assert_eq!(client.settle(), Ok(Polled::End));
                client.close_query();
            }
            drop(client);
            server.join().unwrap();
        }
    }
}

#[test]
fn an_event_loop_drives_it() {
    for style in [Style::Watches, Style::Descriptor] {
        for before in [Before::Nothing, Before::Row] {
            let listener = Listener::tcp();
            let mut client = client(&listener.address());
            let server = serve(listener, 2, before);
            let mut events = Loop::default();
            client.connect().unwrap();
            for text in [&b""[..], b"q", b"r", b"q", b"r"] {
                if !text.is_empty() {
                    client.query(text).unwrap();
                }
                let (sleeps, mut cancelled, mut most) = (events.sleeps, before == Before::Row, 0);
                loop {
                    // Before the first poll, or with the row in hand.
                    if text == b"q" && !cancelled {
                        cancelled = true;
                        client.cancel().unwrap();
                    }
                    match client.poll() {
                        Ok(Polled::End) => break,
                        Ok(Polled::RowReady) => {
                            client.cancel().unwrap();
                            // Some loops look at the descriptors while a row is held.
                            events.sleep(&client, style, Duration::from_millis(1));
                            client.next_row();
                        }
                        Ok(_) => {
                            assert!(events.sleep(&client, style, Duration::from_secs(20)));
                            most =
                                most.max(crate::support::embed::Source::watches(&client).0.len());
                        }
                        Err(failure) => {
                            assert_eq!((text, failure.code), (&b"q"[..], 1317));
                            break;
                        }
                    }
                }
                client.close_query();
                if text == b"q" {
                    assert_eq!(most, 2, "both sockets");
                    assert_eq!(client.cancel_outcome(), Outcome::CANCELLED.0);
                    let slept = events.sleeps - sleeps;
                    assert!(slept < 40, "{slept} sleeps for five stalls: {style:?}, {before:?}");
                }
            }
            drop(client);
            server.join().unwrap();
        }
    }
}

/// Several at once; each end is told once, and the run goes on with what the callback gives. The pool sleeps.
#[test]
fn in_a_pool() {
    for before in [Before::Nothing, Before::Row] {
        let pool = CPool::new(move |_, con, _, told| match told {
            Told::Connected => {
                con.query(b"q").unwrap();
                if before == Before::Nothing {
                    con.cancel().unwrap();
                }
            }
            Told::Row(_) => {
                con.cancel().unwrap();
                con.next_row();
            }
            Told::Failed(failure) => {
                assert_eq!(failure.code, 1317, "{failure:?}");
                assert_eq!(con.cancel_outcome(), Outcome::CANCELLED.0);
                con.close_query();
                con.query(b"r").unwrap();
            }
            Told::End => con.close_query(),
        });
        let servers: Vec<_> = crate::listeners()
            .into_iter()
            .map(|listener| {
                let mut con = pool.raw.add(client(&listener.address()));
                con.connect().unwrap();
                serve(listener, 1, before)
            })
            .collect();
        let use_before = raw::thread_use();
        let told = pool.run_out();
        assert!(raw::thread_use().cpu - use_before.cpu < SLEPT / 4, "it spins");
        for id in 1..=2 {
            let own: Vec<_> =
                told.iter().filter(|(of, _)| *of == id).map(|(_, told)| told).collect();
            let rows = usize::from(before == Before::Row);
            assert_eq!(own.len(), 3 + rows, "{own:?}");
            assert!(matches!(own[1 + rows], Told::Failed(_)), "{own:?}");
        }
        drop(pool);
        servers.into_iter().for_each(|server| server.join().unwrap());
    }
}

/// A row that the program keeps while the cancel is done elsewhere: the pool sleeps, gets on with it, and
/// does not tell the row again.
fn hold_a_row_in_a_pool(by_deadline: bool) {
    let listener = Listener::tcp();
    let pool = CPool::new(move |_, con, _, told| match told {
        Told::Connected => {
            assert!(con.option(Options::COMMAND_TIMEOUT, u32::from(by_deadline) * 30));
            con.query(b"q").unwrap();
        }
        Told::Row(_) if by_deadline => {}
        Told::Row(_) => con.cancel().unwrap(),
        Told::Failed(_) => {
            assert!(con.option(Options::COMMAND_TIMEOUT, 0));
            con.close_query();
            con.query(b"r").unwrap();
        }
        Told::End => con.close_query(),
    });
    let mut con = pool.raw.add(client(&listener.address()));
    con.connect().unwrap();
    let server = serve(listener, 1, Before::Row);
    assert_eq!(pool.run_until(2).len(), 2);
    let (mut runs, use_before) = (0, raw::thread_use());
    let end = Instant::now() + SLEPT * 2;
    while Instant::now() < end {
        pool.raw.wait(20).unwrap();
        pool.raw.run();
        runs += 1;
    }
    assert!(runs < 100, "{runs} runs: it does not sleep");
    assert!(raw::thread_use().cpu - use_before.cpu < SLEPT / 4, "it spins");
    assert_eq!(pool.count(), 0, "nothing is told while the row is held");
    con.next_row();
    let told = pool.run_out();
    let code = if by_deadline { 3004 } else { 1317 };
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(matches!(&told[0].1, Told::Failed(failure) if failure.code == code));
    drop(pool);
    server.join().unwrap();
}

#[test]
fn a_row_is_held_in_a_pool() {
    [false, true].into_iter().for_each(hold_a_row_in_a_pool);
}

/// An answer that ends before KILL is answered, on a connection of the pool's own: it is not free before all that is
/// settled, and its query does not end before.
#[test]
fn the_answer_comes_before_that_to_kill() {
    let listener = Listener::tcp();
    let template = client(&listener.address());
    assert!(template.option(Options::COMMAND_TIMEOUT, 30));
    let desk = Desk::with_pool(&template, CPool::simple(), |_, _, _, _| {});
    desk.option(Options::POOL_MAX, 1);
    desk.ask("q");
    let server = std::thread::spawn(move || {
        let mut first = Line::greeted(&listener, &Greeting::default());
        first.wait();
        first.send(&[ok()]);
        assert_eq!(first.wait(), b"\x03q");
        let mut second = Line::greeted(&listener, &Greeting::default());
        second.wait();
        second.send(&[ok()]);
        assert_eq!(second.wait(), KILL);
        first.send(&[ok()]);
        std::thread::sleep(STALL);
        second.send(&[ok()]);
        assert_eq!(first.wait(), DO);
        first.send(&[ok()]);
        assert_eq!(first.wait(), [1], "goodbye");
    });
    assert_eq!(story(&desk.run_out(), 0), "3004");
    drop(desk);
    server.join().unwrap();
}

/// A connection that leaves its pool in the middle of a cancel takes it along.
#[test]
fn out_of_a_pool() {
    let listener = Listener::tcp();
    let pool = CPool::new(|_, _, _, _| {});
    let mut con = pool.raw.add(client(&listener.address()));
    con.connect().unwrap();
    let server = serve(listener, 1, Before::Nothing);
    assert_eq!(pool.run_until(1).len(), 1);
    con.query(b"q").unwrap();
    con.cancel().unwrap();
    pool.raw.run();
    let mut con = pool.raw.remove(&mut con).unwrap();
    assert_eq!(con.settle().unwrap_err().code, 1317);
    con.close_query();
    con.query(b"r").unwrap();
    assert_eq!(con.settle(), Ok(Polled::End));
    drop(con);
    server.join().unwrap();
}
