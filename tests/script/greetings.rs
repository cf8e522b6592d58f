// SPDX-License-Identifier: Apache-2.0
//! The server's first packet, in all its forms, and what may come in its place.

use crate::support::in_memory::InMemory;
use crate::support::login_packet::LoginPacket;
use crate::support::packets::{self, Greeting, err, ok};
use crate::support::script::{Script, Step, Want, greet, send};
use crate::support::subject::{Failure, Subject};

fn log_in(greeting: &Greeting) -> (Result<(), Failure>, InMemory) {
    let mut client = InMemory::private(Script::logged_in(greeting, []));
    (client.login(), client)
}

fn refused(steps: Vec<Step>) -> Failure {
    InMemory::private(Script::new(steps)).login().unwrap_err()
}

#[test]
fn version_texts_of_every_length() {
    for size in [0, 1, 5, 30, 31, 32, 33, 255, 256, 2000, 60_000] {
        let version: Vec<u8> = (b'a'..=b'z').cycle().take(size).collect();
        let greeting = Greeting { version: version.clone(), ..Greeting::default() };
        let (result, mut client) = log_in(&greeting);
        result.unwrap();
        assert_eq!(client.version().as_bytes(), version);
    }
}

#[test]
fn thread_ids_of_every_size() {
    for thread_id in [0, 1, 255, 65_536, u32::MAX] {
        let (result, mut client) = log_in(&Greeting { thread_id, ..Greeting::default() });
        result.unwrap();
        assert_eq!(client.thread_id(), thread_id);
    }
}

#[test]
fn nothing_is_known_before_the_greeting() {
    let mut client = InMemory::private(Script::new([]));
    assert_eq!((client.version().as_str(), client.thread_id()), ("", 0));
}

#[test]
fn a_plugin_name_without_a_nul() {
    log_in(&Greeting { final_nul: false, ..Greeting::default() }).0.unwrap();
}

#[test]
fn servers_with_fewer_capabilities() {
    // Each of these changes which fields the login packet has; the script's decoder checks it.
    let optional = [1 << 3, 1 << 15, 1 << 19, 1 << 20, 1 << 21, packets::DEPRECATE_EOF];
    for mask in 0..1u32 << optional.len() {
        let missing = (0..optional.len()).filter(|n| mask >> n & 1 == 1).map(|n| optional[n]);
        let caps = packets::MARIADB_CAPS & !missing.sum::<u32>();
        let greeting = Greeting { caps, ..Greeting::default() };
        let (result, client) = log_in(&greeting);
        // Without the first of these a challenge has 8 bytes. With the other the rest of it is taken for
        // the name of a method, which nobody has: the server is left to ask for the account's.
        let (long, named) = (caps & 1 << 15 != 0, caps & 1 << 19 != 0);
        if !long && !named {
            assert_eq!(result.unwrap_err().numbers(), (2061, "28000"));
            continue;
        }
        result.unwrap();
        assert_eq!(client.script.payloads.len(), 1, "{mask:b}");
        let answer = LoginPacket::parse(&client.script.payloads[0]).answer;
        assert_eq!(answer.len(), if long { 20 } else { 0 }, "{mask:b}");
    }
}

#[test]
fn refused_before_the_greeting() {
    let text = b"Too many connections";
    let failure = refused(vec![send(err(1040, None, text)), Step::Close]);
    assert_eq!(failure.numbers(), (1040, "08004"));
    assert_eq!(failure.text.as_bytes(), text);

    let text = b"Host 'example' is blocked because of many connection errors";
    let failure = refused(vec![send(err(1129, None, text)), Step::Close]);
    assert_eq!(failure.code, 1129);
    assert_eq!(failure.text.as_bytes(), text);

    let failure = refused(vec![send(err(1040, Some("08004"), b"Too many")), Step::Close]);
    assert_eq!(failure.numbers(), (1040, "08004"));
    assert_eq!(failure.text, "Too many");

    // A text that happens to begin with the marker, but is too short for a state.
    let failure = refused(vec![send(err(1130, None, b"#abc")), Step::Close]);
    assert_eq!((failure.code, failure.text.as_str()), (1130, "#abc"));
    let failure = refused(vec![send(err(1130, None, b"")), Step::Close]);
    assert_eq!((failure.code, failure.text.as_str()), (1130, ""));
}

#[test]
fn other_protocols() {
    for protocol in [0, 1, 8, 9, 11, 0xfe] {
        let failure = refused(vec![greet(&Greeting { protocol, ..Greeting::default() })]);
        assert_eq!(failure.numbers(), (2007, "08004"), "{protocol}");
        assert!(failure.text.contains(&protocol.to_string()), "{failure:?}");
    }
    let failure = refused(vec![send(b"\x09\x33.20\0\x01\0\0\0abcdefgh".to_vec())]);
    assert_eq!(failure.code, 2007);
}

#[test]
fn servers_older_than_4_1() {
    let failure = refused(vec![send(b"\x0a4.0.30\0\x01\0\0\0abcdefgh\0\x2c\x00".to_vec())]);
    assert_eq!(failure.numbers(), (2012, "08004"));
    let caps = packets::MARIADB_CAPS & !(1 << 9);
    let failure = refused(vec![greet(&Greeting { caps, ..Greeting::default() })]);
    assert_eq!(failure.numbers(), (2012, "08004"));
}

/// Every greeting that ends too early is an error or a login; never a wait, never a crash.
#[test]
fn cut_short_at_every_byte() {
    let whole = Greeting::default().payload();
    for size in 0..whole.len() {
        let steps = vec![send(whole[..size].to_vec()), Step::Expect(Want::Login), send(ok())];
        let mut client = InMemory::private(Script::new(steps));
        let Err(failure) = client.login() else {
            assert!(size > whole.len() - 24, "{size}: only the method's name may be cut");
            continue;
        };
        assert!([2012, 2027, 2061].contains(&failure.code), "{size}: {failure:?}");
        assert!(client.script.received.is_empty(), "{size}");
    }
}

#[test]
fn challenges_of_a_wrong_length() {
    for size in [21, 22, 100] {
        let challenge = vec![b'x'; size];
        let (result, client) = log_in(&Greeting { challenge, ..Greeting::default() });
        assert_eq!(result.unwrap_err().numbers(), (2061, "28000"), "{size}");
        assert!(client.script.received.is_empty(), "{size}");
    }
    // A shorter one takes in the beginning of the method's name: nobody has a method of that name, and
    // nothing is made of the password.
    for size in [8, 9, 19] {
        let challenge = vec![b'x'; size];
        let (result, client) = log_in(&Greeting { challenge, ..Greeting::default() });
        result.unwrap();
        assert!(LoginPacket::parse(&client.script.payloads[0]).answer.is_empty(), "{size}");
    }
}

#[test]
fn another_service_altogether() {
    let texts: [&[u8]; 4] = [
        b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
        b"220 mail.example ESMTP ready and waiting\r\n",
        b"\0\0\0\0\0\0\0\0",
    ];
    for text in texts {
        let failure = refused(vec![Step::Raw(text.to_vec()), Step::Close]);
        assert!([2013, 2020, 2027].contains(&failure.code), "{failure:?}");
    }
}

#[test]
fn numbered_wrongly() {
    for number in [1, 2, 255] {
        let bytes = packets::framed(number, &[Greeting::default().payload()]);
        let failure = refused(vec![Step::Raw(bytes)]);
        assert_eq!(failure.numbers(), (2027, "08S01"), "{number}");
    }
    for number in [0, 1, 3] {
        let steps = vec![
            greet(&Greeting::default()),
            Step::Expect(Want::Login),
            Step::Raw(packets::framed(number, &[ok()])),
        ];
        assert_eq!(refused(steps).numbers(), (2027, "08S01"), "{number}");
    }
}

#[test]
fn packets_too_long_for_a_login() {
    let failure = refused(vec![Step::Raw(b"\x01\x00\x01\x00".to_vec())]);
    assert_eq!(failure.numbers(), (2020, "08S01"));
    let steps = vec![
        greet(&Greeting::default()),
        Step::Expect(Want::Login),
        send([&[1], &vec![b'x'; 70_000][..]].concat()),
    ];
    assert_eq!(refused(steps).numbers(), (2020, "08S01"));
}

/// The status of the greeting counts before the first answer.
#[test]
fn the_escape_mode_of_the_greeting() {
    let status = packets::AUTOCOMMIT | packets::NO_BACKSLASH;
    let greeting = Greeting { status, ..Greeting::default() };
    let last = packets::OkPacket { status, ..packets::OkPacket::default() }.payload();
    let steps = vec![greet(&greeting), Step::Expect(Want::Login), send(last)];
    let mut client = InMemory::private(Script::new(steps));
    client.login().unwrap();
    assert!(client.machine.no_backslash_escapes());
}
