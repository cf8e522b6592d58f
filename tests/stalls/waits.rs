// SPDX-License-Identifier: Apache-2.0
//! What is there to sleep, sleeps: `attachsql_connect_wait`, and a poll in semi-blocking mode.

use std::time::{Duration, Instant};

use attachsql::capi::types::attachsql_options_t as Options;
use attachsql::session::Polled;

use crate::support::listener::Listener;
use crate::support::names::with_names;
use crate::support::packets::{Greeting, framed};
use crate::support::raw::{self, CApi};
use crate::support::script::{self, Script, Step, query};
use crate::support::subject::Subject;
use crate::{STALL, rows};

/// A script whose answer stalls after its first bytes.
fn answer_stalls_at(at: usize) -> Script {
    let bytes = framed(1, &rows());
    let (head, tail) = bytes.split_at(at);
    let steps =
        [query("q"), Step::Raw(head.to_vec()), Step::Stall(STALL), Step::Raw(tail.to_vec())];
    Script::logged_in(&Greeting::default(), steps)
}

/// `wait` sleeps where a poll would find nothing, and returns when there is something to do.
fn waited(script: Script, host: Option<&str>) {
    let listener = Listener::tcp();
    let mut address = listener.address();
    if let Some(host) = host {
        host.clone_into(&mut address.host);
    }
    let mut client = CApi::new(&address, "secret");
    let server = listener.serve(script);
    let (start, before, mut waits) = (Instant::now(), raw::thread_use(), 0);
    let mut rows = 0;
    client.query(b"q").unwrap();
    loop {
        match client.poll().unwrap() {
            Polled::End => break,
            Polled::RowReady => {
                rows += 1;
                client.next_row();
            }
            _ => {
                waits += 1;
                assert!(client.wait(-1).unwrap(), "without a limit it does not run out");
            }
        }
    }
    assert_eq!(rows, 2);
    assert!(start.elapsed() >= STALL, "it did not stall");
    assert!(waits <= 20, "{waits} waits for one stall: it does not sleep");
    let cpu = raw::thread_use().cpu - before.cpu;
    assert!(cpu < STALL / 5, "{cpu:?} of processor time: it does not sleep");
    drop(client);
    server.finish();
}

#[test]
fn a_wait_sleeps_through_a_stall() {
    let login = script::login(&Greeting::default());
    let steps = [vec![Step::Stall(STALL)], login, vec![query("q"), Step::Send(rows())]];
    let scripts = [
        Script::new(steps.concat()),
        answer_stalls_at(0),
        answer_stalls_at(framed(1, &rows()[..3]).len() + 6),
    ];
    std::thread::scope(|scope| {
        scripts.into_iter().for_each(|script| drop(scope.spawn(|| waited(script, None))));
    });
}

#[test]
fn a_wait_sleeps_through_a_lookup() {
    with_names("waits::a_wait_sleeps_through_a_lookup", || {
        let steps = [query("q"), Step::Send(rows())];
        let script = Script::logged_in(&Greeting::default(), steps);
        waited(script, Some("sleep1000_127.0.0.1.list.test"));
    });
}

/// How long a wait may last is said by its caller.
#[test]
fn a_wait_has_its_limit() {
    let listener = Listener::tcp();
    let mut client = CApi::new(&listener.address(), "secret");
    assert_eq!(client.wait(-1), Ok(true), "nothing was begun: a poll has something to say");
    client.connect().unwrap();
    assert_eq!(client.poll(), Ok(Polled::Connecting));
    let peer = listener.accept();
    while client.wait(0).unwrap() {
        assert_eq!(client.poll(), Ok(Polled::Connecting));
    }
    let before = raw::thread_use();
    assert_eq!(client.wait(0), Ok(false));
    assert_eq!(raw::thread_use().sleeps, before.sleeps, "0 is only a look");
    for timeout in [1u16, 50, 200] {
        let start = Instant::now();
        assert_eq!(client.wait(timeout.into()), Ok(false), "the server says nothing");
        assert!(start.elapsed() >= Duration::from_millis(timeout.into()), "{timeout}");
    }
    // The end of the stream is something to do.
    drop(peer);
    assert_eq!(client.wait(-1), Ok(true));
    assert_eq!(client.poll().unwrap_err().code, 2013);
    assert_eq!(client.wait(-1), Ok(true), "an error does not change any more");
}

/// In semi-blocking mode poll itself sleeps.
#[test]
fn a_semi_blocking_poll_sleeps() {
    let listener = Listener::tcp();
    let mut client = CApi::new(&listener.address(), "secret");
    assert!(client.option(Options::SEMI_BLOCKING, 0));
    let server = listener.serve(answer_stalls_at(20));
    let (start, before, mut polls) = (Instant::now(), raw::thread_use(), 0);
    client.query(b"q").unwrap();
    loop {
        polls += 1;
        match client.poll().unwrap() {
            Polled::End => break,
            Polled::RowReady => client.next_row(),
            _ => {}
        }
    }
    assert!(start.elapsed() >= STALL, "it did not stall");
    assert!(polls <= 30, "{polls} polls for one stall");
    assert!(raw::thread_use().cpu - before.cpu < STALL / 5);
    drop(client);
    server.finish();
}
