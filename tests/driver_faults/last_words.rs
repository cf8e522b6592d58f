// SPDX-License-Identifier: Apache-2.0
//! A server that says why it goes, and goes: its reason is what the program gets, even if writing to
//! it failed before it was read.

use std::time::Duration;

use attachsql::limits::RECV_IDLE;
use attachsql::session::{Connection, Polled};

use crate::support::listener::{Inline, Listener, Peer};
use crate::support::packets::{self, Greeting, err, framed, ok};
use crate::support::script::{Script, Step, Want, greet, send};
use crate::support::subject::{self, Failure, Subject, WithServer};

fn listeners() -> [Listener; 2] {
    [Listener::tcp(), Listener::unix()]
}

fn denied(number: u8) -> Vec<u8> {
    framed(number, &[err(1045, Some("28000"), b"Access denied")])
}

/// Refused at once: the login packet meets a closed socket, or is not even written.
#[test]
fn in_the_login() {
    // The longer greeting fills the first read, so that the refusal is read after the login is sent.
    for size in [0, RECV_IDLE - Greeting::default().payload().len() - 4] {
        for listener in listeners() {
            let mut greeting = Greeting::default();
            greeting.version.extend(vec![b'x'; size]);
            let steps = [greet(&greeting), Step::Raw(denied(2)), Step::Close];
            let server = Inline::new(listener, Script::new(steps));
            let client = Connection::new(subject::config(&server.address(), "secret"));
            let mut both = WithServer { client, server };
            both.connect().unwrap();
            assert_eq!(both.poll(), Ok(Polled::Connecting));
            both.server.run_ahead();
            let failure = both.settle().unwrap_err();
            assert_eq!(failure.numbers(), (1045, "28000"), "{failure:?}");
            assert_eq!(failure.text, "Access denied");
        }
    }
}

#[test]
fn in_place_of_the_greeting() {
    for listener in listeners() {
        let script = Script::new([send(err(1040, None, b"Too many connections")), Step::Close]);
        let server = Inline::new(listener, script);
        let client = Connection::new(subject::config(&server.address(), "secret"));
        let failure = WithServer { client, server }.login().unwrap_err();
        assert_eq!(failure.numbers(), (1040, "08004"));
    }
}

/// An idle session is ended with an error numbered 0. The query meets a closed socket.
#[test]
fn while_idle() {
    for listener in listeners() {
        let words = framed(0, &[err(4031, Some("HY000"), b"inactivity")]);
        let script = Script::logged_in(&Greeting::default(), [Step::Raw(words), Step::Close]);
        let server = Inline::new(listener, script);
        let client = Connection::new(subject::config(&server.address(), "secret"));
        let mut both = WithServer { client, server };
        both.login().unwrap();
        both.server.run_ahead();
        let failure = both.query(b"SELECT 1").and_then(|()| both.settle().map(drop)).unwrap_err();
        assert_eq!(failure.numbers(), (4031, "HY000"), "{failure:?}");
        both.close_query();
        let failure = both.query(b"q").and_then(|()| both.settle().map(drop)).unwrap_err();
        assert!([2006, 2013].contains(&failure.code), "{failure:?}");
    }
}

/// A query that is refused while it is still being sent, by a server that does not read on.
fn refused_in_mid_query(listener: Listener, rest: Rest) -> Failure {
    let address = listener.address();
    let server = std::thread::spawn(move || {
        let mut peer = listener.accept();
        peer.set_timeouts();
        log_in(&mut peer);
        let head = peer.receive().unwrap();
        assert_eq!(head[4], 3, "a query");
        assert!(peer.send(&framed(1, &[err(1153, Some("08S01"), b"Got a packet bigger")])));
        match rest {
            Rest::Close => {}
            Rest::Reset => peer.reset(),
            // The client reads the words, is told of the end, and only then of the close.
            Rest::Linger => {
                peer.shutdown_write();
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    });
    let mut client = Connection::new(subject::config(&address, "secret"));
    client.login().unwrap();
    let query = vec![b'x'; 32 << 20];
    let failure =
        Subject::query(&mut client, &query).and_then(|()| client.settle().map(drop)).unwrap_err();
    server.join().unwrap();
    client.close_query();
    let next = Subject::query(&mut client, b"q").and_then(|()| client.settle().map(drop));
    assert!([2006, 2013].contains(&next.unwrap_err().code));
    failure
}

#[derive(Clone, Copy)]
enum Rest {
    Close,
    Reset,
    Linger,
}

fn log_in(peer: &mut Peer) {
    assert!(peer.send(&framed(0, &[Greeting::default().payload()])));
    assert!(peer.receive().is_some());
    assert!(peer.send(&framed(2, &[ok()])));
}

#[test]
fn in_the_middle_of_a_query() {
    for rest in [Rest::Close, Rest::Linger] {
        for listener in listeners() {
            let failure = refused_in_mid_query(listener, rest);
            assert_eq!(failure.numbers(), (1153, "08S01"), "{failure:?}");
        }
    }
    let failure = refused_in_mid_query(Listener::tcp(), Rest::Reset);
    assert_eq!(failure.numbers(), (1153, "08S01"), "{failure:?}");
}

/// Rows, then an error, then the end: everything in its order.
#[test]
fn after_rows() {
    for listener in listeners() {
        let greeting = Greeting::default();
        let mut payloads = packets::columns(greeting.caps, &["a"]);
        (0..50).for_each(|_| payloads.push(packets::row(&[Some("x")])));
        payloads.push(err(1317, Some("70100"), b"interrupted"));
        let steps = [Step::Expect(Want::Any), Step::Send(payloads), Step::Close];
        let server = Inline::new(listener, Script::logged_in(&greeting, steps));
        let client = Connection::new(subject::config(&server.address(), "secret"));
        let mut both = WithServer { client, server };
        both.login().unwrap();
        let seen = both.ask(b"q", false);
        assert_eq!(seen.len(), 52, "columns, rows, an error");
        let failure = format!("{:?}", seen[51]);
        assert!(failure.contains("1317/70100"), "{failure}");
    }
}
