// SPDX-License-Identifier: Apache-2.0
//! Stalls before there is a server: of the name lookup, and of the network.

use std::time::{Duration, Instant};

use attachsql::capi::types::attachsql_options_t as Options;
use attachsql::session::Polled;

use crate::sessions::{Server, Session, query_plan, side_by_side};
use crate::support::listener::{Address, Inline, Listener, deaf};
use crate::support::names::{lifetime_with_names, with_names};
use crate::support::packets::Greeting;
use crate::support::raw::CApi;
use crate::support::script::{Script, Step, query};
use crate::support::subject::{Failure, Subject};
use crate::{Calls, STALL, rows};

const LOOKUP: Duration = Duration::from_millis(1500);

/// Polls until there is an error.
fn until_it_fails(client: &mut CApi, calls: &mut Calls) -> Failure {
    loop {
        match calls.measure(|| client.poll()) {
            Ok(_) => std::thread::sleep(Duration::from_millis(1)),
            Err(failure) => return failure,
        }
    }
}

/// A name that takes a while to look up.
#[test]
fn at_a_slow_name_server() {
    with_names("connecting::at_a_slow_name_server", || {
        let listener = Listener::tcp();
        let port = listener.address().port;
        let steps = [query("q"), Step::Send(rows())];
        let script = Script::logged_in(&Greeting::default(), steps);
        let server = Server::Inline(Box::new(Inline::new(listener, script)));
        let host = format!("sleep{}_127.0.0.1.list.test", LOOKUP.as_millis());
        let plan = query_plan();
        let session = Session::new(&plan, &Address { host, port }, server, 0).stalling(LOOKUP);
        side_by_side(vec![session], &[format!("a name lookup of {LOOKUP:?}")]);
    });
}

/// A name server that never answers: the connect timeout ends it, and so does the program at any time.
#[test]
fn at_a_silent_name_server() {
    let lifetime = lifetime_with_names("connecting::at_a_silent_name_server", || {
        let mut calls = Calls::default();
        let address = Address { host: "sleep600000.list.test".to_owned(), port: 3306 };
        let mut client = CApi::new(&address, "secret");
        assert!(client.option(Options::CONNECT_TIMEOUT, 300));
        calls.measure(|| client.connect()).unwrap();
        let failure = until_it_fails(&mut client, &mut calls);
        assert_eq!(failure.numbers(), (2002, "08000"));
        assert!(failure.text.contains("looking up the host name"), "{failure:?}");
        calls.measure(|| drop(client));

        // Gone in the middle of a lookup, and before the first poll.
        for polls in [0, 5] {
            let mut client = calls.measure(|| CApi::new(&address, "secret"));
            calls.measure(|| client.connect()).unwrap();
            for _ in 0..polls {
                assert_eq!(calls.measure(|| client.poll()), Ok(Polled::Connecting));
            }
            calls.measure(|| drop(client));
        }
        calls.report("a silent name server, with a connect timeout and without");
    });
    // The lookups go on for ten minutes; the process does not.
    assert!(lifetime.is_none_or(|time| time < Duration::from_secs(60)), "{lifetime:?}");
}

/// An address that does not answer: the queue of its listener is full.
#[test]
fn at_a_silent_address() {
    let (address, _deaf) = deaf("127.0.0.1:0");
    for waits in [false, true] {
        let mut client = CApi::new(&address, "secret");
        assert!(client.option(Options::CONNECT_TIMEOUT, 1000));
        let (mut calls, start, mut count) = (Calls::default(), Instant::now(), 0);
        calls.measure(|| client.connect()).unwrap();
        let failure = loop {
            count += 1;
            match calls.measure(|| client.poll()) {
                Ok(_) if waits => assert!(client.wait(-1).unwrap()),
                Ok(_) => std::thread::sleep(Duration::from_millis(1)),
                Err(failure) => break failure,
            }
        };
        assert_eq!(failure.numbers(), (2002, "08000"));
        assert!(failure.text.contains("connecting took"), "{failure:?}");
        assert!(start.elapsed() >= STALL);
        assert!(!waits || count < 20, "{count} polls: the wait does not sleep");
        calls.report("an address that does not answer");
    }
}
