// SPDX-License-Identifier: Apache-2.0
//! A second connection that stalls while it is to cancel a command of the first.

use std::time::{Duration, Instant};

use attachsql::capi::types::attachsql_options_t as Options;
use attachsql::session::Polled;

use crate::support::listener::Listener;
use crate::support::packets::{self, Greeting, ok};
use crate::support::raw::CApi;
use crate::support::script::{self, Script, Step, Want, query, send};
use crate::support::subject::Subject;
use crate::{Calls, STALL};

/// A cancel whose second connection stalls in its login and after KILL, with a command that takes its time to end.
#[test]
fn in_a_cancel() {
    let listener = Listener::tcp();
    let mut client = CApi::new(&listener.address(), "secret");
    assert!(client.option(Options::CANCEL, 1));
    let server = std::thread::spawn(move || {
        let stall = Step::Stall(STALL);
        let killed = packets::err(1317, Some("70100"), b"Query execution was interrupted");
        let greeting = Greeting::default();
        let steps =
            [query("q"), Step::Stall(STALL * 4), send(killed), query("DO 0"), stall.clone()];
        let first = Script::logged_in(&greeting, steps.into_iter().chain([send(ok())]));
        let kill = || [query("KILL QUERY 4711"), send(ok())];
        let login = script::login(&greeting);
        // As often as it comes again, and the goodbye.
        let again = vec![[Step::Expect(Want::Any), send(ok())]; 20].concat();
        let second = [vec![stall.clone()], login, vec![stall], kill().to_vec(), again].concat();
        let (first, second) =
            (listener.serve_next(first), listener.serve_next(Script::new(second)));
        (first.finish(), second.finish())
    });
    let (mut calls, start) = (Calls::default(), Instant::now());
    calls.measure(|| client.connect()).unwrap();
    while calls.measure(|| client.poll()).unwrap() != Polled::End {
        std::thread::sleep(Duration::from_millis(1));
    }
    calls.measure(|| client.query(b"q")).unwrap();
    calls.measure(|| client.cancel()).unwrap();
    let failure = loop {
        match calls.measure(|| client.poll()) {
            Ok(_) => std::thread::sleep(Duration::from_millis(1)),
            Err(failure) => break failure,
        }
    };
    assert_eq!(failure.code, 1317, "{failure:?}");
    assert!(start.elapsed() >= STALL * 5, "it did not stall");
    calls.measure(|| drop(client));
    calls.report("a cancel: login and KILL of the second connection, and the end of the command");
    server.join().unwrap();
}

/// The time of a command is over: the second connection stalls as above, and what it has to cancel as well.
#[test]
fn at_the_end_of_a_commands_time() {
    let listener = Listener::tcp();
    let mut client = CApi::new(&listener.address(), "secret");
    for (option, value) in [(Options::CANCEL, 1), (Options::COMMAND_TIMEOUT, 200)] {
        assert!(client.option(option, value));
    }
    let server = std::thread::spawn(move || {
        let stall = Step::Stall(STALL);
        let killed = packets::err(1317, Some("70100"), b"Query execution was interrupted");
        let steps =
            [query("q"), Step::Stall(STALL * 4), send(killed), query("DO 0"), stall.clone()];
        let first = Script::logged_in(&Greeting::default(), steps.into_iter().chain([send(ok())]));
        let login = script::login(&Greeting::default());
        let again = vec![[Step::Expect(Want::Any), send(ok())]; 20].concat();
        let second = [vec![stall.clone()], login, vec![stall], again].concat();
        let (first, second) =
            (listener.serve_next(first), listener.serve_next(Script::new(second)));
        (first.finish(), second.finish())
    });
    // The login may take what it likes.
    client.login().unwrap();
    let (mut calls, start) = (Calls::default(), Instant::now());
    calls.measure(|| client.query(b"q")).unwrap();
    let failure = loop {
        match calls.measure(|| client.poll()) {
            Ok(_) => std::thread::sleep(Duration::from_millis(1)),
            Err(failure) => break failure,
        }
    };
    assert_eq!(failure.numbers(), (3004, "HYT00"), "{failure:?}");
    assert!(start.elapsed() >= STALL * 5, "it did not stall");
    calls.measure(|| drop(client));
    calls.report("a command whose time is over: the cancel and the end of the command");
    server.join().unwrap();
}

/// The same without a cancel: the connection is given up.
#[test]
fn at_the_end_of_a_connections_time() {
    let listener = Listener::tcp();
    let mut client = CApi::new(&listener.address(), "secret");
    assert!(client.option(Options::COMMAND_TIMEOUT, 1000));
    let server = listener.serve(Script::logged_in(&Greeting::default(), [query("q")]));
    client.login().unwrap();
    let (mut calls, start) = (Calls::default(), Instant::now());
    calls.measure(|| client.query(b"q")).unwrap();
    let failure = loop {
        match calls.measure(|| client.poll()) {
            Ok(_) => std::thread::sleep(Duration::from_millis(1)),
            Err(failure) => break failure,
        }
    };
    assert_eq!(failure.code, 3004, "{failure:?}");
    assert!(start.elapsed() >= STALL, "it did not stall");
    calls.measure(|| drop(client));
    calls.report("a command whose time is over, and the connection with it");
    server.finish();
}
