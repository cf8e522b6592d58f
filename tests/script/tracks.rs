// SPDX-License-Identifier: Apache-2.0
//! What OK packets say has changed in the session: when it is asked for, read, and refused.

use attachsql::capi::types::attachsql_options_t as Options;
use attachsql::limits::{MAX_CHANGE_BYTES, MAX_CHANGES};
use attachsql::session::Polled;
use attachsql::wire::caps::Caps;

use crate::answers::styles;
use crate::statements::{goes_on, next};
use crate::support::commands::Do;
use crate::support::listener::{Listener, Running};
use crate::support::login_packet::LoginPacket;
use crate::support::packets::{
    self, AUTOCOMMIT, DEPRECATE_EOF, Greeting, MORE, OkPacket, columns, err, lenenc, ok, row, text,
};
use crate::support::raw::CApi;
use crate::support::script::{Script, Step, expect, query, send};
use crate::support::subject::Subject;

const CHANGED: u16 = 0x4000;

/// A logged-in client that has asked for changes, and the server that follows `steps` then.
fn serve(greeting: &Greeting, steps: Vec<Step>) -> (CApi, Running) {
    let listener = Listener::unix();
    let mut client = CApi::new(&listener.address(), "secret");
    assert!(client.option(Options::SESSION_TRACK, 1));
    let server = listener.serve(Script::logged_in(greeting, steps));
    client.login().unwrap();
    (client, server)
}

/// An OK packet, with `head`, and with these changes.
fn changed(head: u8, status: u16, info: &[u8], changes: &[u8]) -> Vec<u8> {
    let mut out = OkPacket { head, status: status | CHANGED, ..OkPacket::default() }.payload();
    out.extend(text(info));
    out.extend(text(changes));
    out
}

fn schema(name: &str) -> Vec<u8> {
    [&[1][..], &text(&text(name.as_bytes()))].concat()
}

fn variable(name: &str, value: &[u8]) -> Vec<u8> {
    let pair = [text(name.as_bytes()), text(value)].concat();
    [&[0][..], &text(&pair)].concat()
}

fn named(name: &str, value: &[u8]) -> (String, Vec<u8>) {
    (name.to_owned(), value.to_vec())
}

/// Nothing is asked for unless the option says so, and then it is.
#[test]
fn asked_for_by_the_option() {
    for (values, want) in [(&[][..], false), (&[1], true), (&[1, 0], false), (&[0, 1], true)] {
        let listener = Listener::unix();
        let mut client = CApi::new(&listener.address(), "secret");
        for &value in values {
            assert!(client.option(Options::SESSION_TRACK, value));
        }
        assert!(!client.option(Options::SESSION_TRACK, 2));
        let server = listener.serve(Script::logged_in(&Greeting::default(), []));
        client.login().unwrap();
        assert!(!client.option(Options::SESSION_TRACK, 1), "too late");
        drop(client);
        let login = LoginPacket::parse(&server.finish().payloads[0]);
        assert_eq!(u64::from(login.caps) & Caps::SESSION_TRACK.0 != 0, want, "{values:?}");
    }
}

/// Queries, commands and, where packets can tell it, the ends of rows.
#[test]
fn told_by_every_answer() {
    for greeting in styles() {
        let rows_tell = greeting.caps & DEPRECATE_EOF != 0;
        let changes =
            [variable("a", b"x\0y"), variable("b", b""), schema("s"), b"\x63\x01x".to_vec()];
        let told = changed(0, AUTOCOMMIT, b"info", &changes.concat());
        let mut rows = columns(greeting.caps, &["a"]);
        rows.push(row(&[Some("1")]));
        rows.push(if rows_tell {
            changed(0xfe, MORE, b"", &schema("rows"))
        } else {
            packets::eof(MORE | CHANGED, 0)
        });
        let mut steps = vec![query("q"), send(told.clone()), expect(b"\x0e"), send(told.clone())];
        steps.extend([query("q"), Step::Send(rows), send(changed(0, 0, b"", &schema("second")))]);
        steps.extend([query("q"), send(told.clone()), query("q"), send(ok())]);
        steps.extend([
            query("q"),
            send(told.clone()),
            query("q"),
            send(err(1, Some("HY000"), b"x")),
        ]);
        steps.extend([query("q"), send(told), expect(b"\x0e"), send(schema("no OK packet"))]);
        let (mut client, server) = serve(&greeting, steps);
        let both = [named("a", b"x\0y"), named("b", b"")];
        for command in [false, true] {
            if command {
                client.command(Do::Ping).unwrap();
            } else {
                client.query(b"q").unwrap();
            }
            assert!(client.changes(0).is_empty(), "not before the answer");
            assert_eq!(client.settle(), Ok(Polled::End));
            for _ in 0..2 {
                assert_eq!(client.changes(0), both);
                assert_eq!(client.changes(1), [named("", b"s")]);
                assert_eq!(client.numbers().info, "info");
                for other in [2, 3, 4, 5, 6, 0x63, 256, u32::MAX] {
                    assert!(client.changes(other).is_empty());
                }
                client.close_query();
            }
        }
        client.query(b"q").unwrap();
        assert_eq!(client.settle(), Ok(Polled::RowReady));
        assert!(client.changes(1).is_empty());
        client.next_row();
        assert_eq!(client.settle(), Ok(Polled::End));
        let want = if rows_tell { vec![named("", b"rows")] } else { Vec::new() };
        assert_eq!(client.changes(1), want);
        assert!(client.next_result());
        assert_eq!(client.settle(), Ok(Polled::End));
        assert_eq!(client.changes(1), [named("", b"second")]);
        client.close_query();
        for fails in [false, true] {
            assert_eq!(client.ask(b"q", false).len(), 1);
            assert_eq!(client.changes(0), both);
            assert_eq!(client.ask(b"q", false).len(), 1);
            assert!(client.changes(0).is_empty(), "the next answer: {fails}");
        }
        assert_eq!(client.ask(b"q", false).len(), 1);
        client.command(Do::Ping).unwrap();
        assert_eq!(client.settle().unwrap_err().numbers(), (2027, "08S01"));
        server.finish();
    }
}

/// An answer that is dropped tells nothing.
#[test]
fn dropped() {
    let greeting = Greeting::default();
    let mut steps = vec![expect(b"\x0e"), send(changed(0, 0, b"", &schema("dropped")))];
    steps.extend(next());
    steps.extend(next());
    let (mut client, server) = serve(&greeting, steps);
    client.command(Do::Ping).unwrap();
    assert_eq!(client.ask(b"next", false).len(), 1);
    assert!(client.changes(1).is_empty());
    goes_on(client, server);
}

/// The login's own, and without the option the flag means nothing.
#[test]
fn at_login_and_unasked() {
    for asks in [true, false] {
        let greeting = Greeting::default();
        let listener = Listener::unix();
        let mut client = CApi::new(&listener.address(), "secret");
        if asks {
            assert!(client.option(Options::SESSION_TRACK, 1));
        }
        let mut steps = crate::support::script::login(&greeting);
        *steps.last_mut().unwrap() = send(changed(0, 0, b"proof", &schema("first")));
        steps.extend([query("q"), send(changed(0, 0, b"", &schema("second")))]);
        steps.extend(next());
        let server = listener.serve(Script::new(steps));
        client.login().unwrap();
        let want = |name: &str| if asks { vec![named("", name.as_bytes())] } else { Vec::new() };
        assert_eq!(client.changes(1), want("first"));
        assert_eq!(client.numbers().info, "");
        assert_eq!(client.ask(b"q", false).len(), 1);
        assert_eq!(client.changes(1), want("second"));
        goes_on(client, server);
    }
}

#[test]
fn what_a_liar_says() {
    let many = schema("s").repeat(MAX_CHANGES + 1);
    let long = variable("a", &vec![b'x'; MAX_CHANGE_BYTES]);
    let cases: [(Vec<u8>, i32); 7] = [
        (text(&many), 2020),
        (text(&long), 2020),
        (text(b"\x01\x00"), 2027),
        (text(b"\x01\x7f"), 2027),
        (text(b"\x00\x02\x01a"), 2027),
        (lenenc(u64::MAX), 2027),
        (b"\xff".to_vec(), 2027),
    ];
    for (lie, code) in cases {
        for head in [0, 0xfe] {
            let greeting = Greeting::default();
            let mut end =
                OkPacket { head, status: CHANGED, info: b"x", ..OkPacket::default() }.payload();
            end.extend_from_slice(&lie);
            let mut answer = Vec::new();
            if head == 0xfe {
                answer.extend(columns(greeting.caps, &["a"]));
            }
            answer.push(end);
            let (mut client, server) = serve(&greeting, vec![query("q"), Step::Send(answer)]);
            client.query(b"q").unwrap();
            let failure = client.settle().unwrap_err();
            assert_eq!(failure.numbers(), (code, "08S01"), "{:x?}", &lie[..lie.len().min(9)]);
            assert!(client.changes(0).is_empty() && client.changes(1).is_empty());
            server.finish();
        }
    }
}

/// As many as are allowed; a flag without anything behind it is none.
#[test]
fn the_most_and_the_least() {
    let most = schema("s").repeat(MAX_CHANGES);
    let bare = OkPacket { status: CHANGED, ..OkPacket::default() }.payload();
    let mut steps = vec![query("q"), send(changed(0, 0, b"", &most)), query("q"), send(bare)];
    steps.extend([query("q"), send(changed(0, 0, b"", b""))]);
    steps.extend(next());
    let (mut client, server) = serve(&Greeting::default(), steps);
    for want in [MAX_CHANGES, 0, 0] {
        assert_eq!(client.ask(b"q", false).len(), 1);
        assert_eq!(client.changes(1).len(), want);
    }
    goes_on(client, server);
}
