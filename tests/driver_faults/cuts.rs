// SPDX-License-Identifier: Apache-2.0
//! The connection ends at every byte of a session: what was complete is seen, then one error, and no
//! call waits for what cannot come.

use attachsql::session::Connection;

use crate::support::golden::{self, Recording};
use crate::support::in_memory::InMemory;
use crate::support::listener::{Inline, Listener};
use crate::support::packets::{self, Greeting, ok};
use crate::support::raw::CApi;
use crate::support::script::{Script, Step, query, send};
use crate::support::subject::{self, Ask, Seen, Subject, WithServer};

fn recording() -> (Recording, Vec<Seen>) {
    let (_, recording) = golden::committed().swap_remove(0);
    let script = recording.script();
    let whole = InMemory::new(golden::login_config(), script).run(&golden::asks());
    (recording, whole)
}

/// What was seen is the beginning of the whole, and then only errors.
fn check(seen: &[Seen], whole: &[Seen], what: &str) {
    let same = seen.iter().zip(whole).take_while(|(a, b)| a == b).count();
    let Some((Seen::Failed(first), rest)) = seen[same..].split_first() else {
        panic!("{what}: no error in {:?}", &seen[same..]);
    };
    assert!([2006, 2013].contains(&first.code) && first.state == "08006", "{what}: {first:?}");
    for seen in rest {
        assert!(
            matches!(seen, Seen::Failed(f) if f.numbers() == (2006, "08006")),
            "{what}: {seen:?}"
        );
    }
}

#[test]
fn closed_at_every_byte() {
    let (recording, whole) = recording();
    for at in 0..recording.server_bytes() {
        for tcp in [true, false] {
            let listener = if tcp { Listener::tcp() } else { Listener::unix() };
            let server = Inline::new(listener, recording.script().cut_after(at, Step::Close));
            let client = golden::connection(&server.address());
            let seen = WithServer { client, server }.run(&golden::asks());
            check(&seen, &whole, &format!("closed after {at} bytes"));
        }
    }
}

#[test]
fn reset_at_every_byte() {
    let (recording, whole) = recording();
    for at in 0..recording.server_bytes() {
        let script = recording.script().cut_after(at, Step::Reset);
        let server = Inline::new(Listener::tcp(), script);
        let client = golden::connection(&server.address());
        let seen = WithServer { client, server }.run(&golden::asks());
        check(&seen, &whole, &format!("reset after {at} bytes"));
    }
}

/// The same through the C API, which reports each error as an object of its own.
#[test]
fn cut_under_the_c_api() {
    let greeting = Greeting::default().with_eof();
    let values = [vec![Some(b"one".to_vec())], vec![None]];
    let rows = packets::result(greeting.caps, &["a"], &values, packets::AUTOCOMMIT);
    let steps = || [query("rows"), Step::Send(rows.clone()), query("more"), send(ok())];
    let asks = [Ask::Login, Ask::query("rows"), Ask::buffered("more")];
    let run = |script, listener| {
        let server = Inline::new(listener, script);
        let client = CApi::new(&server.address(), "secret");
        let mut both = WithServer { client, server };
        let seen = both.run(&asks);
        (seen, both.server.script.sent())
    };
    let (whole, bytes) = run(Script::logged_in(&greeting, steps()), Listener::tcp());
    assert!(!whole.iter().any(|seen| matches!(seen, Seen::Failed(_))), "{whole:?}");
    for at in 0..bytes {
        for (listener, how) in [
            (Listener::tcp(), Step::Close),
            (Listener::tcp(), Step::Reset),
            (Listener::unix(), Step::Close),
        ] {
            let what = format!("{how:?} after {at} bytes");
            let script = Script::logged_in(&greeting, steps()).cut_after(at, how);
            check(&run(script, listener).0, &whole, &what);
        }
    }
}

/// Where it was when it broke is told.
#[test]
fn the_message_says_when() {
    let greeting = Greeting::default();
    let cases = [(0, "greeting"), (10, "greeting"), (greeting.payload().len() + 4, "logging in")];
    for (at, words) in cases {
        let script = Script::logged_in(&greeting, []).cut_after(at, Step::Close);
        let server = Inline::new(Listener::tcp(), script);
        let client = Connection::new(subject::config(&server.address(), "secret"));
        let failure = WithServer { client, server }.login().unwrap_err();
        assert_eq!(failure.numbers(), (2013, "08006"));
        assert!(failure.text.contains(words) && failure.text.contains("closed"), "{failure:?}");
    }
    let script = Script::logged_in(&greeting, [query("q"), Step::Close]);
    let server = Inline::new(Listener::tcp(), script);
    let client = Connection::new(subject::config(&server.address(), "secret"));
    let mut both = WithServer { client, server };
    both.login().unwrap();
    both.query(b"q").unwrap();
    let failure = both.settle().unwrap_err();
    assert_eq!(failure.numbers(), (2013, "08006"));
    assert!(failure.text.contains("answer"), "{failure:?}");
    // A broken connection stays broken, and says the same again.
    assert_eq!(both.settle().unwrap_err(), failure);
    both.close_query();
    assert_eq!(both.query(b"q").unwrap_err().numbers(), (2006, "08006"));
    assert_eq!(both.connect().unwrap_err(), failure);
}

/// An idle connection does not look at its socket; the next query finds out.
#[test]
fn closed_while_idle() {
    for how in [Step::Close, Step::Reset] {
        let script = Script::logged_in(&Greeting::default(), [how]);
        let server = Inline::new(Listener::tcp(), script);
        let client = Connection::new(subject::config(&server.address(), "secret"));
        let mut both = WithServer { client, server };
        both.login().unwrap();
        both.server.run_ahead();
        let failure = both.query(b"q").and_then(|()| both.settle().map(drop)).unwrap_err();
        assert!([2006, 2013].contains(&failure.code), "{failure:?}");
        both.close_query();
        assert_eq!(both.query(b"q").unwrap_err().numbers(), (2006, "08006"));
    }
}
