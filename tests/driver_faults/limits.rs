// SPDX-License-Identifier: Apache-2.0
//! Time limits: each ends in its own code, and the message names the phase and the time.

use std::time::{Duration, Instant};

use attachsql::session::{Choice, Connection, Polled};

use crate::support::listener::{Inline, Listener};
use crate::support::packets::{self, Greeting, ok};
use crate::support::script::{Pieces, Script, Step, Want, greet, query, send};
use crate::support::subject::{self, Failure, Subject, WithServer};

const LIMIT: u32 = 150;

type Both = WithServer<Connection>;

fn client_of(listener: Listener, script: Script, choice: Choice<'_>) -> Both {
    let server = Inline::new(listener, script);
    let mut client = Connection::new(subject::config(&server.address(), "secret"));
    assert!(client.choose(choice));
    WithServer { client, server }
}

/// Polls until it fails; how long that took.
fn fails(both: &mut Both) -> (Failure, Duration) {
    let start = Instant::now();
    (both.settle().unwrap_err(), start.elapsed())
}

/// The milliseconds that the message says it waited.
fn waited(failure: &Failure) -> u128 {
    let words: Vec<&str> = failure.text.split(' ').collect();
    let at = words.iter().position(|word| *word == "ms").unwrap_or_else(|| panic!("{failure:?}"));
    words[at - 1].parse().unwrap()
}

#[test]
fn of_the_connect() {
    let greeting = Greeting::default();
    let cases = [
        (vec![], "greeting"),
        (vec![Step::Raw(framed_half(&greeting)), Step::Expect(Want::Any)], "logging in"),
        (vec![greet(&greeting), Step::Expect(Want::Login), Step::Expect(Want::Any)], "logging in"),
    ];
    for (steps, words) in cases {
        for listener in [Listener::tcp(), Listener::unix()] {
            let script = Script::new(steps.clone());
            let mut both = client_of(listener, script, Choice::ConnectTimeout(LIMIT));
            let start = Instant::now();
            both.connect().unwrap();
            let (failure, _) = fails(&mut both);
            let took = start.elapsed();
            assert_eq!(failure.numbers(), (2002, "08000"), "{failure:?}");
            assert!(failure.text.contains("connect timeout"), "{failure:?}");
            assert!(failure.text.contains(words), "{failure:?}");
            assert!(failure.text.contains("limit 150 ms"), "{failure:?}");
            assert!(took >= Duration::from_millis(LIMIT.into()), "{took:?}");
            assert!(waited(&failure) <= took.as_millis());
            assert_eq!(both.settle().unwrap_err(), failure, "it stays");
        }
    }
}

fn framed_half(greeting: &Greeting) -> Vec<u8> {
    let whole = packets::framed(0, &[greeting.payload()]);
    whole[..whole.len() / 2].to_vec()
}

/// A connect in time leaves no limit behind.
#[test]
fn of_the_connect_ends_with_it() {
    let steps = [query("q"), Step::Stall(Duration::from_millis(500)), send(ok())];
    let script = Script::logged_in(&Greeting::default(), steps);
    let mut both = client_of(Listener::tcp(), script, Choice::ConnectTimeout(400));
    both.login().unwrap();
    both.query(b"q").unwrap();
    assert_eq!(both.settle(), Ok(Polled::End));
}

#[test]
fn of_reading() {
    let greeting = Greeting::default();
    let rows = packets::result(greeting.caps, &["a"], &[vec![None]], packets::AUTOCOMMIT);
    let bytes = packets::framed(1, &rows);
    for answered in [0, 3, 10, bytes.len() - 1] {
        for listener in [Listener::tcp(), Listener::unix()] {
            let head = Step::Raw(bytes[..answered].to_vec());
            let script = Script::logged_in(&greeting, [query("q"), head, query("never")]);
            let mut both = client_of(listener, script, Choice::ReadTimeout(LIMIT));
            both.login().unwrap();
            both.query(b"q").unwrap();
            let start = Instant::now();
            let failure = loop {
                match both.settle() {
                    Ok(Polled::RowReady) => both.next_row(),
                    other => break other.unwrap_err(),
                }
            };
            let took = start.elapsed();
            assert_eq!(failure.numbers(), (2013, "08006"), "{failure:?}");
            assert!(failure.text.contains("read timeout"), "{failure:?}");
            assert!(took >= Duration::from_millis(LIMIT.into()), "{took:?}");
            assert!(waited(&failure) >= LIMIT.into() && waited(&failure) <= took.as_millis());
            both.close_query();
            assert_eq!(both.query(b"q").unwrap_err().code, 2006);
        }
    }
}

/// It is silence that counts: an answer that comes slowly, byte by byte, is an answer.
#[test]
fn of_reading_begins_anew_with_every_byte() {
    let rows = packets::result(packets::MARIADB_CAPS, &["a"], &[vec![None]], packets::AUTOCOMMIT);
    let bytes = packets::framed(1, &rows);
    let mut steps = vec![query("q")];
    for piece in bytes.chunks(2) {
        steps.extend([Step::Stall(Duration::from_millis(40)), Step::Raw(piece.to_vec())]);
    }
    let script = Script::logged_in(&Greeting::default(), steps);
    let mut both = client_of(Listener::tcp(), script, Choice::ReadTimeout(1000));
    both.login().unwrap();
    let start = Instant::now();
    let seen = both.ask(b"q", false);
    assert_eq!(seen.len(), 3, "{seen:?}");
    assert!(start.elapsed() > Duration::from_millis(1000), "too fast to show anything");
}

/// A program that was away is not punished: what came meanwhile is read first.
#[test]
fn of_reading_spares_a_program_that_was_busy() {
    let steps = [query("q"), send(ok()), query("r"), send(ok())];
    let script = Script::logged_in(&Greeting::default(), steps);
    let mut both = client_of(Listener::tcp(), script, Choice::ReadTimeout(LIMIT));
    both.login().unwrap();
    for text in ["q", "r"] {
        both.query(text.as_bytes()).unwrap();
        std::thread::sleep(Duration::from_millis(u64::from(LIMIT) * 2));
        assert_eq!(both.settle(), Ok(Polled::End));
        both.close_query();
        // Nothing is awaited, so no time runs.
        std::thread::sleep(Duration::from_millis(u64::from(LIMIT) * 2));
        assert_eq!(both.settle(), Ok(Polled::End));
    }
}

#[test]
fn of_writing() {
    for listener in [Listener::tcp(), Listener::unix()] {
        let address = listener.address();
        let server = std::thread::spawn(move || {
            let mut peer = listener.accept();
            peer.set_timeouts();
            assert!(peer.send(&packets::framed(0, &[Greeting::default().payload()])));
            assert!(peer.receive().is_some());
            assert!(peer.send(&packets::framed(2, &[ok()])));
            peer
        });
        let mut client = Connection::new(subject::config(&address, "secret"));
        assert!(client.choose(Choice::WriteTimeout(LIMIT)));
        client.login().unwrap();
        let peer = server.join().unwrap();
        let start = Instant::now();
        Subject::query(&mut client, &vec![b'x'; 64 << 20]).unwrap();
        let failure = client.settle().unwrap_err();
        assert_eq!(failure.numbers(), (2013, "08006"), "{failure:?}");
        assert!(failure.text.contains("ATTACHSQL_OPTION_WRITE_TIMEOUT"), "{failure:?}");
        assert!(waited(&failure) >= LIMIT.into());
        assert!(start.elapsed() >= Duration::from_millis(LIMIT.into()));
        drop(peer);
    }
}

/// A limit may be set and taken back while it runs.
#[test]
fn may_change_at_any_time() {
    let steps = [query("q"), query("never")];
    let script = Script::logged_in(&Greeting::default(), steps);
    let mut both = client_of(Listener::tcp(), script, Choice::ReadTimeout(100));
    both.login().unwrap();
    both.query(b"q").unwrap();
    assert_eq!(both.poll(), Ok(Polled::Processing));
    assert!(both.client.choose(Choice::ReadTimeout(0)));
    let end = Instant::now() + Duration::from_millis(300);
    while Instant::now() < end {
        assert_eq!(both.poll(), Ok(Polled::Processing));
        both.idle();
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(both.client.choose(Choice::ReadTimeout(50)));
    assert_eq!(fails(&mut both).0.code, 2013);
}

/// `wait` returns for a limit too, and poll then reports it.
#[test]
fn end_a_wait() {
    let script = Script::logged_in(&Greeting::default(), [query("q"), query("never")]);
    let mut both = client_of(Listener::tcp(), script, Choice::ReadTimeout(LIMIT));
    both.login().unwrap();
    both.query(b"q").unwrap();
    assert_eq!(both.poll(), Ok(Polled::Processing));
    for _ in 0..20 {
        both.server.turn();
    }
    let start = Instant::now();
    let failure = loop {
        assert!(both.client.wait(None).unwrap(), "without a time of its own it does not run out");
        match both.poll() {
            Ok(_) => assert!(start.elapsed() < Duration::from_secs(20)),
            Err(failure) => break failure,
        }
    };
    assert_eq!(failure.code, 2013);
    assert!(start.elapsed() >= Duration::from_millis(u64::from(LIMIT) - 1));
}

/// Many slow pieces of a login, all in time.
#[test]
fn a_slow_login_in_time() {
    let script = Script::logged_in(&Greeting::default(), []).in_pieces(Pieces::Every(1));
    let mut both = client_of(Listener::tcp(), script, Choice::ConnectTimeout(30_000));
    both.login().unwrap();
}
