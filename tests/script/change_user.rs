// SPDX-License-Identifier: Apache-2.0
//! A change of user against a scripted server: what is sent, what is refused as at login, and how it ends.

use std::time::{Duration, Instant};

use attachsql::auth::{Dialog, Reply};
use attachsql::session::{Choice, Connection, Polled};
use attachsql::wire::caps::Caps;

use crate::answers::styles;
use crate::statements::{code, goes_on, next, prepare, serve};
use crate::support::commands::Do;
use crate::support::listener::{Listener, Running};
use crate::support::packets::{CHALLENGE, Greeting, OkPacket, auth_switch, err, ok, text};
use crate::support::script::{Script, Step, Want, expect, query, send};
use crate::support::statements::Set;
use crate::support::subject::{self, Seen, Subject};

/// What `mysql_native_password` says to a challenge.
fn native(password: &str, challenge: &[u8]) -> Vec<u8> {
    let once = openssl::sha::sha1(password.as_bytes());
    let mut hash = openssl::sha::Sha1::new();
    hash.update(challenge);
    hash.update(&openssl::sha::sha1(&once));
    once.iter().zip(hash.finish()).map(|(a, b)| a ^ b).collect()
}

/// The command, up to the attributes.
fn command(user: &str, answer: &[u8], schema: &str, charset: u8, method: &str) -> Vec<u8> {
    let parts: [&[u8]; 10] = [
        b"\x11",
        user.as_bytes(),
        b"\0",
        &text(answer),
        schema.as_bytes(),
        b"\0",
        &[charset, 0],
        method.as_bytes(),
        b"\0",
        b"",
    ];
    parts.concat()
}

/// A logged-in session, and the server that follows `steps` then.
fn session(greeting: &Greeting, choices: &[Choice<'_>], steps: Vec<Step>) -> (Connection, Running) {
    let listener = Listener::unix();
    let mut client = Connection::new(subject::config(&listener.address(), "secret"));
    for &choice in choices {
        assert!(client.choose(choice), "{choice:?}");
    }
    let server = listener.serve(Script::logged_in(greeting, steps));
    client.login().unwrap();
    (client, server)
}

/// The payload of the change of user, which the server has as its `n`-th packet.
fn sent(server: Running, n: usize) -> Vec<u8> {
    let script = server.finish();
    assert!(script.is_over());
    script.payloads[n].clone()
}

/// Every field, with the character set and the attributes of the login.
#[test]
fn what_is_sent() {
    for greeting in styles() {
        let (mut client, server) = session(
            &greeting,
            &[Choice::Charset(b"utf8mb4"), Choice::Attribute(b"colour=blue")],
            vec![Step::Expect(Want::Any), send(ok())],
        );
        client.change_user(b"other", b"word", b"shop").unwrap();
        assert_eq!(client.settle(), Ok(Polled::End));
        drop(client);
        let payload = sent(server, 1);
        let mysql = greeting.plugin == b"caching_sha2_password";
        // Logged in by mysql_native_password: the old challenge is answered.
        let answer = if mysql { Vec::new() } else { native("word", &CHALLENGE) };
        let want = command("other", &answer, "shop", 45, "mysql_native_password");
        assert!(payload.starts_with(&want), "{payload:x?}\n{want:x?}");
        let attributes = &payload[want.len()..];
        let has = |pair: &[u8]| attributes.windows(pair.len()).any(|bytes| bytes == pair);
        assert!(has(b"\x06colour\x04blue") && has(b"\x0c_client_name\x0clibattachsql"));
        assert!(has(&text(std::process::id().to_string().as_bytes())));
    }
}

/// The usual way: the server switches, to the same method or another, with a challenge of its own.
#[test]
fn a_switch_with_a_new_challenge() {
    for greeting in styles() {
        let challenge = *b"another challenge 20";
        let mut steps = vec![
            Step::Expect(Want::Any),
            send(auth_switch("mysql_native_password", &challenge)),
            expect(&native("word", &challenge)),
            send(OkPacket { info: b"welcome", ..OkPacket::default() }.payload()),
        ];
        steps.extend(next());
        let (mut client, server) = serve(&greeting, steps);
        client.command(Do::User("other", Some("word"), "")).unwrap();
        assert_ne!(client.poll(), Ok(Polled::Connecting), "that is over");
        assert_eq!(client.settle(), Ok(Polled::End));
        assert_eq!(client.numbers().info, "welcome");
        goes_on(client, server);
    }
}

/// Once more, from the challenge of the last switch.
#[test]
fn the_last_challenge_is_remembered() {
    let greeting = Greeting::default();
    let challenge = *b"another challenge 20";
    let steps = vec![
        Step::Expect(Want::Any),
        send(auth_switch("mysql_native_password", &challenge)),
        expect(&native("word", &challenge)),
        send(ok()),
        Step::Expect(Want::Any),
        send(ok()),
        Step::Expect(Want::Any),
        send(auth_switch("client_ed25519", &[7; 32])),
        Step::Expect(Want::Any),
        send(ok()),
        Step::Expect(Want::Any),
        send(ok()),
    ];
    let (mut client, server) = session(&greeting, &[], steps);
    for _ in 0..4 {
        client.change_user(b"other", b"word", b"").unwrap();
        assert_eq!(client.settle(), Ok(Polled::End));
    }
    drop(client);
    let payloads = server.finish().payloads;
    let begins = |n: usize, answer: &[u8]| {
        let want = command("other", answer, "", 0, "mysql_native_password");
        assert!(payloads[n].starts_with(&want), "{n}: {:x?}", payloads[n]);
    };
    begins(1, &native("word", &CHALLENGE));
    begins(3, &native("word", &challenge));
    begins(4, &native("word", &challenge));
    // Nothing is answered to a challenge that was another method's.
    begins(6, b"");
}

/// Methods and channels are refused as at login, and then nothing of the password has left.
#[test]
fn what_is_refused() {
    let cases: [(&str, &[u8], i32); 5] = [
        ("mysql_clear_password", b"", 2061),
        ("mysql_old_password", b"12345678", 2061),
        ("dialog", b"\x04Password:", 2061),
        ("unheard_of", b"x", 2059),
        ("client_ed25519", b"too short", 2061),
    ];
    for (method, challenge, want) in cases {
        let steps = vec![Step::Expect(Want::Any), send(auth_switch(method, challenge))];
        let (mut client, server) = serve(&Greeting::mysql(), steps);
        client.command(Do::User("other", Some("word"), "")).unwrap();
        let failure = client.settle().unwrap_err();
        assert_eq!(failure.numbers(), (want, "28000"), "{method}: {failure:?}");
        assert_eq!(client.settle().unwrap_err(), failure, "it stays");
        assert_eq!(client.query(b"q").unwrap_err().numbers(), (2006, "08006"));
        drop(client);
        assert!(server.finish().left().is_empty(), "{method}: something was sent");
    }
}

/// In clear over TCP the password does not go, whatever the login before was.
#[test]
fn a_password_in_clear() {
    for (unix, want) in [(true, None), (false, Some(2061))] {
        let listener = if unix { Listener::unix() } else { Listener::tcp() };
        let mut client = Connection::new(subject::config(&listener.address(), "secret"));
        assert!(client.choose(Choice::Methods(b"mysql_native_password,mysql_clear_password")));
        let mut steps =
            vec![Step::Expect(Want::Any), send(auth_switch("mysql_clear_password", b""))];
        if unix {
            steps.extend([expect(b"s3same\0"), send(ok())]);
        }
        let server = listener.serve(Script::logged_in(&Greeting::default(), steps));
        client.login().unwrap();
        client.change_user(b"other", b"s3same", b"").unwrap();
        let end = client.settle().map_err(|failure| failure.code);
        assert_eq!(end, want.map_or(Ok(Polled::End), Err));
        drop(client);
        let script = server.finish();
        assert_eq!(script.received.windows(6).any(|bytes| bytes == b"s3same"), unix);
    }
}

#[test]
fn the_server_refuses() {
    for switches in [false, true] {
        let mut steps = vec![Step::Expect(Want::Any)];
        if switches {
            let switch = auth_switch("mysql_native_password", &[b'x'; 20]);
            steps.extend([send(switch), Step::Expect(Want::Any)]);
        }
        steps.extend([send(err(1045, Some("28000"), b"Access denied")), Step::Close]);
        let (mut client, server) = serve(&Greeting::default(), steps);
        client.command(Do::User("other", Some("word"), "")).unwrap();
        assert_eq!(client.settle().unwrap_err().numbers(), (1045, "28000"));
        assert_eq!(client.settle().unwrap_err().numbers(), (1045, "28000"));
        assert_eq!(code(client.command(Do::Ping)), 2006);
        server.finish();
    }
}

/// A server that never ends, and answers that no login has.
#[test]
fn what_a_liar_says() {
    let endless = [
        vec![Step::Expect(Want::Any)],
        (0..40)
            .flat_map(|_| {
                let switch = auth_switch("mysql_native_password", &[b'x'; 20]);
                [send(switch), Step::Expect(Want::Any)]
            })
            .collect(),
    ];
    let (mut client, server) = serve(&Greeting::default(), endless.concat());
    client.command(Do::User("other", Some("word"), "")).unwrap();
    assert_eq!(client.settle().unwrap_err().numbers(), (2027, "08S01"));
    drop(client);
    server.finish();
    for lie in [
        vec![],
        b"\x00".to_vec(),
        b"\x03def".to_vec(),
        b"\xfb/etc/passwd".to_vec(),
        b"\x01".to_vec(),
    ] {
        let steps = vec![Step::Expect(Want::Any), send(lie.clone())];
        let (mut client, server) = serve(&Greeting::default(), steps);
        client.command(Do::User("other", Some("word"), "")).unwrap();
        let failure = client.settle().unwrap_err();
        assert_eq!(failure.numbers(), (2027, "08S01"), "{lie:x?}: {failure:?}");
        drop(client);
        server.finish();
    }
}

/// Before the login, and behind an answer that is dropped.
#[test]
fn remembered() {
    for connects in 0..3 {
        let greeting = Greeting::default();
        let mut steps = Vec::new();
        if connects == 2 {
            steps.extend([query("q"), send(ok())]);
        }
        steps.extend([Step::Expect(Want::Any), send(ok())]);
        steps.extend(next());
        let listener = Listener::unix();
        let mut client = crate::support::raw::CApi::new(&listener.address(), "secret");
        let server = listener.serve(Script::logged_in(&greeting, steps));
        match connects {
            0 => {}
            1 => client.connect().unwrap(),
            _ => {
                client.login().unwrap();
                client.query(b"q").unwrap();
                client.close_query();
            }
        }
        client.command(Do::User("other", None, "")).unwrap();
        assert_eq!(client.settle(), Ok(Polled::End));
        goes_on(client, server);
    }
}

/// Commands behind it, of which nobody waits for the change: it is done all the same, and a refusal is told.
#[test]
fn others_behind_it() {
    for refused in [false, true] {
        let greeting = Greeting::default();
        let switch = auth_switch("mysql_native_password", &[b'x'; 20]);
        let mut steps = prepare(&greeting, "s ?", 7, 1, &[]).to_vec();
        steps.extend([Step::Expect(Want::Any), send(switch), Step::Expect(Want::Any)]);
        if refused {
            steps.extend([send(err(1045, Some("28000"), b"Access denied")), Step::Close]);
        } else {
            steps.extend([send(ok()), query("q"), send(ok())]);
            steps.extend(next());
        }
        let (mut client, server) = serve(&greeting, steps);
        client.prepared("s ?").unwrap();
        client.command(Do::User("other", Some("word"), "")).unwrap();
        client.execute().unwrap();
        let seen = client.ask(b"q", false);
        if refused {
            assert!(
                matches!(&seen[..], [Seen::Failed(failure)] if failure.code == 1045),
                "{seen:?}"
            );
            server.finish();
            continue;
        }
        assert!(matches!(seen[..], [Seen::Done(_)]), "{seen:?}");
        let failure = client.set(0, Set::Null).unwrap_err();
        assert_eq!(failure.numbers(), (3000, "22023"));
        assert!(
            failure.text.contains("attachsql_connect_change_user has closed it"),
            "{failure:?}"
        );
        client.close_statement();
        goes_on(client, server);
    }
}

/// Closing a query, or asking for another result, in the midst of it disturbs nothing.
#[test]
fn calls_in_its_midst() {
    let switch = auth_switch("mysql_native_password", &[b'x'; 20]);
    let mut steps =
        vec![Step::Expect(Want::Any), send(switch), Step::Expect(Want::Any), send(ok())];
    steps.extend(next());
    let (mut client, server) = serve(&Greeting::default(), steps);
    client.command(Do::User("other", Some("word"), "")).unwrap();
    client.close_query();
    assert!(!client.next_result());
    client.next_row();
    assert_eq!(client.settle(), Ok(Polled::End));
    goes_on(client, server);
}

/// Nothing is said to a server that waits for an answer of the login: it would take a goodbye for one.
#[test]
fn destroyed_in_its_midst() {
    let steps = vec![Step::Expect(Want::Any), Step::Stall(Duration::from_millis(1))];
    let (mut client, server) = serve(&Greeting::default(), steps);
    client.command(Do::User("other", Some("word"), "")).unwrap();
    client.poll().unwrap();
    drop(client);
    let script = server.finish();
    assert!(script.left().is_empty(), "{:x?}", script.left());
}

/// The connect timeout is that of a change of user too. It is set after the login, which may take as long as
/// it likes.
#[test]
fn the_limit_of_its_time() {
    let steps = vec![Step::Expect(Want::Any)];
    let (mut client, server) = session(&Greeting::default(), &[], steps);
    assert!(client.choose(Choice::ConnectTimeout(50)));
    client.change_user(b"other", b"word", b"").unwrap();
    let failure = client.settle().unwrap_err();
    assert_eq!(failure.numbers(), (2002, "08000"));
    assert!(failure.text.contains("logging in"), "{failure:?}");
    assert!(failure.text.contains("limit 50 ms"), "{failure:?}");
    drop(client);
    server.finish();
}

/// The time that the login and other commands took before does not count.
#[test]
fn the_limit_counts_from_its_beginning() {
    const HOUR: u32 = 3_600_000;
    let steps = vec![query("q"), send(ok()), Step::Expect(Want::Any), send(ok())];
    let limit = Choice::ConnectTimeout(HOUR);
    let (mut client, server) = session(&Greeting::default(), &[limit], steps);
    assert!(matches!(client.ask(b"q", false)[..], [Seen::Done(_)]));
    assert_eq!(client.next_deadline(), None, "nothing is under way");
    let before = Instant::now();
    client.change_user(b"other", b"word", b"").unwrap();
    let after = Instant::now();
    let end = client.next_deadline().unwrap();
    let hour = Duration::from_millis(HOUR.into());
    assert!(end >= before + hour && end <= after + hour, "{:?}", end - before);
    assert_eq!(client.settle(), Ok(Polled::End));
    assert_eq!(client.next_deadline(), None);
    drop(client);
    assert!(server.finish().is_over());
}

/// The function for `dialog` is asked again, also when it needs time.
#[test]
fn questions() {
    let switch = auth_switch("dialog", b"\x02Name your favourite colour:");
    let steps = vec![
        Step::Expect(Want::Any),
        send(switch.clone()),
        expect(b"blue\0"),
        send(ok()),
        Step::Expect(Want::Any),
        send(switch),
        expect(b"blue\0"),
        send(ok()),
    ];
    let listener = Listener::unix();
    let mut client = Connection::new(subject::config(&listener.address(), "secret"));
    assert!(client.choose(Choice::Methods(b"mysql_native_password,dialog")));
    let mut asked = 0;
    let answer = move |_: &attachsql::auth::Question| {
        asked += 1;
        if asked % 3 == 0 { Reply::Text(b"blue".to_vec().into()) } else { Reply::Later }
    };
    client.set_dialog(Some(Dialog::new(answer))).unwrap();
    let server = listener.serve(Script::logged_in(&Greeting::default(), steps));
    client.login().unwrap();
    for _ in 0..2 {
        client.change_user(b"other", b"word", b"").unwrap();
        assert_eq!(client.settle(), Ok(Polled::End));
    }
    drop(client);
    assert!(server.finish().is_over());
}

/// Passwords of further factors are set anew for each change.
#[test]
fn several_factors() {
    let mut greeting = Greeting::mysql();
    greeting.caps |= u32::try_from(Caps::MULTI_FACTOR.0).unwrap();
    let factor = [b"\x02mysql_native_password\0", &[b'y'; 20][..], b"\0"].concat();
    let answer = |password: &str, byte: u8| expect(&native(password, &[byte; 20]));
    let switch = || send(auth_switch("mysql_native_password", &[b'x'; 20]));
    let steps = vec![
        Step::Expect(Want::Any),
        switch(),
        answer("word", b'x'),
        send(factor.clone()),
        answer("second", b'y'),
        send(ok()),
        Step::Expect(Want::Any),
        switch(),
        answer("word", b'x'),
        send(factor),
        // Forgotten since.
        expect(b""),
        send(ok()),
    ];
    let (mut client, server) = session(&greeting, &[Choice::Password(1, b"first one")], steps);
    assert!(client.choose(Choice::Password(1, b"second")));
    for _ in 0..2 {
        client.change_user(b"other", b"word", b"").unwrap();
        assert_eq!(client.settle(), Ok(Polled::End));
    }
    drop(client);
    assert!(server.finish().is_over());
}
