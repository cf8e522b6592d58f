// SPDX-License-Identifier: Apache-2.0
//! Everything that can be wrong before the login: no TLS, no TLS after all, bytes before their time, a
//! handshake that breaks off or stalls.

use std::time::Duration;

use attachsql::capi::types::attachsql_options_t as Options;
use attachsql::session::{Polled, TlsChoice};

use super::setting::{
    PASSWORD, REFUSED, client, holds, kept_to_itself, log_in, login_then, server, trusted,
};
use crate::support::listener::Listener;
use crate::support::packets::{self, Greeting, auth_switch, err, framed, ok};
use crate::support::raw::{self, CApi};
use crate::support::say;
use crate::support::script::{Step, query, send};
use crate::support::subject::{Seen, Subject};
use crate::support::tls_server::{Delivery, REQUEST, kinds};

const SSL: u32 = 1 << 11;
const BOTH: [(u32, u32); 2] = [(12, 12), (13, 13)];

#[test]
fn a_server_without_tls() {
    let ca = trusted();
    for greeting in [Greeting::default(), Greeting::mysql()] {
        let greeting = Greeting { caps: greeting.caps & !SSL, ..greeting };
        let mut server = server((12, 13), login_then([]));
        server.opening = framed(0, &[greeting.payload()]);
        let (result, outcome) = log_in(server, &[TlsChoice::Ca(ca.path().as_bytes())]);
        let failure = result.unwrap_err();
        assert_eq!(failure.numbers(), (2002, "08000"), "{failure:?}");
        assert!(failure.text.contains("TLS"), "{failure:?}");
        assert_eq!(outcome.clear, b"", "nothing is sent");
    }
}

/// The request is the head of the login packet, and nothing more.
#[test]
fn what_leaves_in_clear() {
    let ca = trusted();
    for versions in BOTH {
        let server = server(versions, login_then([]));
        let (result, outcome) = log_in(server, &[TlsChoice::Ca(ca.path().as_bytes())]);
        result.unwrap();
        assert_eq!(outcome.clear.len(), REQUEST);
        assert_eq!(outcome.clear[..4], [32, 0, 0, 1]);
        let caps = u32::from_le_bytes(outcome.clear[4..8].try_into().unwrap());
        assert_ne!(caps & SSL, 0);
        assert!(outcome.clear[13..].iter().all(|&byte| byte == 0), "filler");
        // The same capabilities again, and numbered on.
        assert_eq!(outcome.script.payloads[0][..9], outcome.clear[4..13]);
        assert_eq!(outcome.script.received[3], 2);
        // The client's first record is a handshake of TLS 1.0 to 1.2, by its outer number.
        assert_eq!(outcome.raw[..2], [22, 3]);
        for secret in ["tester", "testdb", PASSWORD, "_client_name"] {
            assert!(!holds(&outcome.raw, secret.as_bytes()), "{secret} can be read");
        }
        // An address is not asked for by name.
        assert!(!holds(&outcome.raw, b"127.0.0.1"));
        assert!(outcome.script.left().starts_with(b"\x01\0\0\0\x01"), "goodbye");
    }
}

#[test]
fn the_server_is_asked_for_by_name() {
    let ca = trusted();
    let ca = TlsChoice::Ca(ca.path().as_bytes());
    let server = server((12, 13), login_then([]));
    let (result, outcome) = log_in(server, &[ca, TlsChoice::ServerName(b"db.example.com")]);
    result.unwrap();
    assert!(holds(&outcome.raw, b"db.example.com"));
}

#[test]
fn a_server_that_goes_on_in_clear() {
    let ca = trusted();
    let replies: [Vec<u8>; 7] = [
        framed(2, &[ok()]),
        framed(2, &[auth_switch("mysql_clear_password", b"")]),
        framed(2, &[auth_switch("mysql_native_password", b"ABCDEFGHIJKLMNOPQRST")]),
        framed(2, &[err(1045, Some("28000"), b"Access denied")]),
        framed(0, &[Greeting::default().payload()]),
        vec![0; 4000],
        vec![0xff; 4000],
    ];
    for reply in replies {
        for no_verify in [false, true] {
            let mut server = server((12, 13), login_then([]));
            server.plain = Some(reply.clone());
            let mut choices = vec![TlsChoice::Ca(ca.path().as_bytes())];
            choices.extend(no_verify.then_some(TlsChoice::NoVerify));
            let (result, outcome) = log_in(server, &choices);
            let failure = result.unwrap_err();
            assert_eq!(failure.numbers(), REFUSED, "{failure:?}");
            kept_to_itself(&outcome);
        }
    }
}

/// Bytes between the greeting and the handshake would be taken for the server's if they were kept.
#[test]
fn bytes_before_their_time() {
    let ca = trusted();
    let greeting = framed(0, &[Greeting::default().payload()]);
    let injected = [
        b"\0".to_vec(),
        framed(1, &[ok()]),
        framed(2, &[ok()]),
        framed(2, &[ok(), ok()]),
        vec![22, 3, 3, 0, 1, 0],
    ];
    for bytes in injected {
        for versions in BOTH {
            let mut server = server(versions, login_then([]));
            server.opening = [&greeting[..], &bytes].concat();
            let (result, outcome) = log_in(server, &[TlsChoice::Ca(ca.path().as_bytes())]);
            let failure = result.unwrap_err();
            assert_eq!(failure.numbers(), REFUSED, "{bytes:x?}: {failure:?}");
            assert!(failure.text.contains("before the handshake"), "{failure:?}");
            kept_to_itself(&outcome);
        }
    }
}

/// By how many bytes handshakes may differ.
const MORE: usize = 64;

/// The connection ends after each byte of what the server sends, up to the OK.
#[test]
fn cut_at_every_byte() {
    let ca = trusted();
    let ca = TlsChoice::Ca(ca.path().as_bytes());
    for versions in BOTH {
        let whole = log_in(server(versions, login_then([])), &[ca]).1;
        assert!(whole.sent > 1000, "{} bytes", whole.sent);
        let mut logins = 0;
        // No two handshakes need be of the same length: numbers in a ticket may take fewer bytes.
        for end in 0..=whole.sent + MORE {
            let mut server = server(versions, login_then([]));
            server.delivery = Delivery::Cut(end);
            let (address, running) = server.serve(Listener::unix());
            let mut client = client(&address, &[ca]);
            let result = client.login();
            drop(client);
            let outcome = running.finish();
            if outcome.is_whole() {
                logins += 1;
                result.unwrap();
                continue;
            }
            let failure = result.unwrap_err();
            assert_eq!(failure.numbers(), (2013, "08006"), "{versions:?}, {end}: {failure:?}");
            for secret in ["tester", PASSWORD] {
                assert!(!holds(&outcome.raw, secret.as_bytes()));
            }
        }
        assert!(0 < logins && logins <= 2 * MORE, "{logins} logins of {versions:?}");
        let line = format!("handshakes {versions:?} cut at each of {} bytes", whole.sent);
        say(&line);
    }
}

/// Longest pause; issue and manual speak of servers that stall far longer, which is the same to us.
const STALL: Duration = Duration::from_millis(250);

/// The pause, which ATTACHSQL_TEST_STALL_MS makes longer: the result does not depend on it.
fn stall() -> Duration {
    std::env::var("ATTACHSQL_TEST_STALL_MS")
        .map_or(STALL, |ms| Duration::from_millis(ms.parse().expect("milliseconds")))
}

/// The server pauses before each record. On a busy machine any call may take long because its thread does not get
/// the processor; what is asked is that none that went to sleep took as long as a pause.
#[test]
fn stalled_at_every_record() {
    let ca = trusted();
    for versions in BOTH {
        let row = packets::result(packets::MARIADB_CAPS, &["a"], &[vec![Some(b"x".to_vec())]], 2);
        let steps = [query("q"), Step::Send(row), query("r"), send(ok())];
        let mut server = server(versions, login_then(steps));
        server.delivery = Delivery::Stall(stall());
        let (address, running) = server.serve(Listener::tcp());
        let (mut calls, mut longest, mut most) = (0, Duration::ZERO, Duration::ZERO);
        let mut longest_asleep = Duration::ZERO;
        let mut measure = |call: &mut dyn FnMut()| {
            let (start, before) = (std::time::Instant::now(), raw::thread_use());
            call();
            let (after, took) = (raw::thread_use(), start.elapsed());
            longest = longest.max(took);
            most = most.max(after.cpu - before.cpu);
            if after.sleeps > before.sleeps {
                longest_asleep = longest_asleep.max(took);
            }
            calls += 1;
        };
        let mut client = CApi::new(&address, PASSWORD);
        assert!(client.text_option(Options::TLS_CA, ca.path()));
        measure(&mut || client.connect().unwrap());
        for text in ["", "q", "r"] {
            if !text.is_empty() {
                measure(&mut || client.query(text.as_bytes()).unwrap());
            }
            let mut polled = Polled::Connecting;
            while polled != Polled::End {
                measure(&mut || polled = client.poll().unwrap());
                match polled {
                    Polled::RowReady => measure(&mut || client.next_row()),
                    _ => std::thread::sleep(Duration::from_millis(1)),
                }
            }
            measure(&mut || client.close_query());
        }
        let mut client = Some(client);
        measure(&mut || drop(client.take()));
        let outcome = running.finish();
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        let line = format!(
            "longest call: {:.3} ms, {:.3} ms of processor time, in {calls} calls: {} records of TLS \
             1.{}, each after a pause of {:?}",
            ms(longest),
            ms(most),
            outcome.records.len(),
            versions.0 - 10,
            stall(),
        );
        say(&line);
        assert!(outcome.records.len() >= 6, "{:?}", outcome.records);
        assert!(calls > 100, "{line}");
        assert!(longest_asleep < stall(), "a call waited: {longest_asleep:?}, {line}");
    }
}

/// The connect timeout covers the handshake and names it.
#[test]
fn a_timeout_in_the_handshake() {
    let ca = trusted();
    let mut server = server((13, 13), login_then([]));
    server.plain = Some(Vec::new());
    let (address, running) = server.serve(Listener::tcp());
    let mut client = client(&address, &[TlsChoice::Ca(ca.path().as_bytes())]);
    assert!(client.choose(attachsql::session::Choice::ConnectTimeout(200)));
    let failure = client.login().unwrap_err();
    assert_eq!(failure.numbers(), (2002, "08000"), "{failure:?}");
    assert!(failure.text.contains("agreeing on TLS"), "{failure:?}");
    drop(client);
    kept_to_itself(&running.finish());
}

/// A server that asks for another handshake in the middle of an answer gets none, and is heard all the
/// same.
#[test]
fn no_other_handshake() {
    let ca = trusted();
    let rows = [vec![Some(b"one".to_vec())], vec![Some(b"two".to_vec())]];
    let answer = framed(1, &packets::result(packets::MARIADB_CAPS, &["a"], &rows, 2));
    let (head, tail) = answer.split_at(answer.len() - 20);
    let steps = [
        query("q"),
        Step::Raw(head.to_vec()),
        Step::Stall(Duration::ZERO),
        Step::Raw(tail.to_vec()),
    ];
    let (address, running) = server((12, 12), login_then(steps)).serve(Listener::tcp());
    let mut client = client(&address, &[TlsChoice::Ca(ca.path().as_bytes())]);
    client.login().unwrap();
    let seen = client.ask(b"q", false);
    assert!(matches!(&seen[..], [Seen::Columns(_), Seen::Row(_), Seen::Row(_), Seen::Done(_)]));
    drop(client);
    let kinds = kinds(&running.finish().raw);
    let data = kinds.iter().position(|&kind| kind == 23).expect("data");
    assert!(kinds[data..].contains(&21), "a refusal: {kinds:?}");
    assert!(!kinds[data..].contains(&22), "another handshake: {kinds:?}");
}

/// Server and client have no version in common.
#[test]
fn no_version_in_common() {
    let ca = trusted();
    let ca = TlsChoice::Ca(ca.path().as_bytes());
    for (versions, choice) in
        [((12, 12), TlsChoice::MinVersion(13)), ((13, 13), TlsChoice::MaxVersion(12))]
    {
        let (result, outcome) = log_in(server(versions, login_then([])), &[ca, choice]);
        let failure = result.unwrap_err();
        assert_eq!(failure.numbers(), REFUSED, "{failure:?}");
        assert!(failure.text.contains("protocol version"), "{failure:?}");
        kept_to_itself(&outcome);
    }
}
