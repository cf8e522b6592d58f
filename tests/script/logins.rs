// SPDX-License-Identifier: Apache-2.0
//! Login methods: each as its server checks it, switching between them, and what is refused before
//! anything of the password leaves.

use attachsql::auth::{Channel, Dialog, Methods, Reply};
use openssl::rsa::{Padding, Rsa};
use openssl::sha::{sha1, sha256};

use crate::support::in_memory::InMemory;
use crate::support::login_packet::LoginPacket;
use crate::support::packets::{self, CHALLENGE, Greeting, auth_switch, err, ok};
use crate::support::script::{Script, Step, Want, expect, greet, send};
use crate::support::subject::{Failure, Subject, login_config};

const PASSWORD: &str = "secret";
const NATIVE: &str = "mysql_native_password";
const SHA2: &str = "caching_sha2_password";
const OTHER_CHALLENGE: &[u8; 20] = b"ABCDEFGHIJKLMNOPQRST";

/// More data for the login method.
fn more(data: &[u8]) -> Step {
    send([b"\x01", data].concat())
}

fn log_in(channel: Channel, steps: Vec<Step>) -> (Result<(), Failure>, InMemory) {
    log_in_with(PASSWORD, channel, steps)
}

fn log_in_with(
    password: &str,
    channel: Channel,
    steps: Vec<Step>,
) -> (Result<(), Failure>, InMemory) {
    let mut client = InMemory::new(login_config(password, channel), Script::new(steps));
    let result = client.login();
    // What the machine still wanted to say.
    client.script.feed(client.out.pending());
    (result, client)
}

/// As a server that knows SHA1(SHA1(password)) checks an answer.
fn is_native_answer(answer: &[u8], challenge: &[u8], password: &str) -> bool {
    let stored = sha1(&sha1(password.as_bytes()));
    let mask = sha1(&[challenge, &stored].concat());
    let once: Vec<u8> = answer.iter().zip(mask).map(|(a, b)| a ^ b).collect();
    answer.len() == 20 && sha1(&once) == stored
}

/// As a server that knows SHA256(SHA256(password)) checks an answer.
fn is_sha2_answer(answer: &[u8], challenge: &[u8], password: &str) -> bool {
    let stored = sha256(&sha256(password.as_bytes()));
    let mask = sha256(&[&stored, challenge].concat());
    let once: Vec<u8> = answer.iter().zip(mask).map(|(a, b)| a ^ b).collect();
    answer.len() == 32 && sha256(&once) == stored
}

fn login_packet(client: &InMemory) -> LoginPacket {
    LoginPacket::parse(&client.script.payloads[0])
}

#[test]
fn native() {
    let steps = vec![greet(&Greeting::default()), Step::Expect(Want::Login), send(ok())];
    let (result, client) = log_in(Channel::Open, steps);
    result.unwrap();
    let login = login_packet(&client);
    assert!(is_native_answer(&login.answer, &CHALLENGE, PASSWORD));
    assert_eq!(login.plugin.as_deref(), Some(NATIVE.as_bytes()));
    assert!(client.script.left().is_empty());
}

#[test]
fn sha2_on_the_fast_path() {
    let steps =
        vec![greet(&Greeting::mysql()), Step::Expect(Want::Login), more(b"\x03"), send(ok())];
    let (result, client) = log_in(Channel::Open, steps);
    result.unwrap();
    let login = login_packet(&client);
    assert!(is_sha2_answer(&login.answer, &CHALLENGE, PASSWORD));
    assert_eq!(login.plugin.as_deref(), Some(SHA2.as_bytes()));
    assert_eq!(client.script.payloads.len(), 1);
}

#[test]
fn sha2_in_full_over_a_private_channel() {
    let steps = vec![
        greet(&Greeting::mysql()),
        Step::Expect(Want::Login),
        more(b"\x04"),
        expect(b"secret\0"),
        send(ok()),
    ];
    log_in(Channel::Socket, steps).0.unwrap();
}

#[test]
fn sha2_in_full_under_the_servers_key() {
    let key = Rsa::generate(2048).unwrap();
    for password in [PASSWORD, "one that is longer than the challenge of twenty bytes", "ä\u{20ac}"]
    {
        let steps = vec![
            greet(&Greeting::mysql()),
            Step::Expect(Want::Login),
            more(b"\x04"),
            expect(b"\x02"),
            more(&key.public_key_to_pem().unwrap()),
            Step::Expect(Want::Any),
            send(ok()),
        ];
        let (result, client) = log_in_with(password, Channel::KeyTrusted, steps);
        result.unwrap();
        let (cipher, mut clear) = (&client.script.payloads[2], vec![0; 256]);
        let size = key.private_decrypt(cipher, &mut clear, Padding::PKCS1_OAEP).unwrap();
        let clear: Vec<u8> =
            clear[..size].iter().zip(CHALLENGE.iter().cycle()).map(|(a, b)| a ^ b).collect();
        assert_eq!(clear, [password.as_bytes(), b"\0"].concat());
        assert!(!sent(&client, password.as_bytes()));
    }
}

#[test]
fn sha2_in_full_is_refused_where_others_could_listen() {
    let steps = vec![greet(&Greeting::mysql()), Step::Expect(Want::Login), more(b"\x04")];
    let (result, client) = log_in(Channel::Open, steps);
    let failure = result.unwrap_err();
    assert_eq!(failure.numbers(), (2061, "28000"));
    assert!(failure.text.contains("GET_SERVER_PUBLIC_KEY"), "{failure:?}");
    assert!(client.script.left().is_empty(), "nothing is sent after that");
    assert!(!sent(&client, PASSWORD.as_bytes()));
}

#[test]
fn keys_that_are_none() {
    for key in
        [&b""[..], b"garbage", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"]
    {
        let steps = vec![
            greet(&Greeting::mysql()),
            Step::Expect(Want::Login),
            more(b"\x04"),
            expect(b"\x02"),
            more(key),
        ];
        let (result, client) = log_in(Channel::KeyTrusted, steps);
        assert_eq!(result.unwrap_err().numbers(), (2061, "28000"));
        assert!(client.script.left().is_empty());
    }
    // A key that is too short for the password.
    let key = Rsa::generate(1024).unwrap().public_key_to_pem().unwrap();
    let steps = vec![
        greet(&Greeting::mysql()),
        Step::Expect(Want::Login),
        more(b"\x04"),
        expect(b"\x02"),
        more(&key),
    ];
    let (result, _) = log_in_with(&"x".repeat(200), Channel::KeyTrusted, steps);
    assert_eq!(result.unwrap_err().numbers(), (2061, "28000"));
}

#[test]
fn switched_from_one_method_to_the_other_and_back() {
    let steps = vec![
        greet(&Greeting::default()),
        Step::Expect(Want::Login),
        send(auth_switch(SHA2, OTHER_CHALLENGE)),
        Step::Expect(Want::Any),
        more(b"\x03"),
        send(auth_switch(NATIVE, b"klmnopqrstuvwxyz4321")),
        Step::Expect(Want::Any),
        send(ok()),
    ];
    let (result, client) = log_in(Channel::Open, steps);
    result.unwrap();
    assert!(is_sha2_answer(&client.script.payloads[1], OTHER_CHALLENGE, PASSWORD));
    assert!(is_native_answer(&client.script.payloads[2], b"klmnopqrstuvwxyz4321", PASSWORD));
}

/// A switch to the full path uses the challenge of the switch, not that of the greeting.
#[test]
fn the_challenge_of_the_switch_counts() {
    let key = Rsa::generate(2048).unwrap();
    let steps = vec![
        greet(&Greeting::default()),
        Step::Expect(Want::Login),
        send(auth_switch(SHA2, OTHER_CHALLENGE)),
        Step::Expect(Want::Any),
        more(b"\x04"),
        expect(b"\x02"),
        more(&key.public_key_to_pem().unwrap()),
        Step::Expect(Want::Any),
        send(ok()),
    ];
    let (result, client) = log_in(Channel::KeyTrusted, steps);
    result.unwrap();
    let mut clear = vec![0; 256];
    let cipher = &client.script.payloads[3];
    key.private_decrypt(cipher, &mut clear, Padding::PKCS1_OAEP).unwrap();
    assert_eq!(clear[0] ^ OTHER_CHALLENGE[0], b's');
}

#[test]
fn without_a_password_the_answers_are_empty() {
    for greeting in [Greeting::default(), Greeting::mysql()] {
        let steps = vec![
            greet(&greeting),
            Step::Expect(Want::Login),
            send(auth_switch(SHA2, OTHER_CHALLENGE)),
            expect(b""),
            send(auth_switch(NATIVE, OTHER_CHALLENGE)),
            expect(b""),
            send(ok()),
        ];
        let (result, client) = log_in_with("", Channel::Open, steps);
        result.unwrap();
        assert!(login_packet(&client).answer.is_empty());
    }
}

/// A greeting may name a method that nobody here has; the account may well have another one.
#[test]
fn an_unknown_method_in_the_greeting_is_not_the_end() {
    let greeting = Greeting { plugin: b"authentication_fido".to_vec(), ..Greeting::mysql() };
    let steps = vec![
        greet(&greeting),
        Step::Expect(Want::Login),
        send(auth_switch(NATIVE, OTHER_CHALLENGE)),
        Step::Expect(Want::Any),
        send(ok()),
    ];
    let (result, client) = log_in(Channel::Open, steps);
    result.unwrap();
    assert_eq!(login_packet(&client).plugin.as_deref(), Some(NATIVE.as_bytes()));
    assert!(is_native_answer(&client.script.payloads[1], OTHER_CHALLENGE, PASSWORD));
}

/// Methods that would give the password away, or that are not known, get nothing at all.
#[test]
fn methods_that_are_refused() {
    let long = "x".repeat(5000);
    // Known but not accepted, and unknown.
    let names = [
        ("mysql_clear_password", 2061),
        ("mysql_old_password", 2061),
        ("dialog", 2061),
        ("auth_gssapi_client", 2059),
        ("", 2059),
        ("\n\x1b[m", 2059),
        (&long, 2059),
    ];
    for (name, code) in names {
        for channel in [Channel::Open, Channel::KeyTrusted, Channel::Socket] {
            for greeting in [Greeting::default(), Greeting::mysql()] {
                let steps = vec![
                    greet(&greeting),
                    Step::Expect(Want::Login),
                    send(auth_switch(name, OTHER_CHALLENGE)),
                ];
                let (result, client) = log_in(channel, steps);
                let failure = result.unwrap_err();
                assert_eq!(failure.numbers(), (code, "28000"), "{name}");
                assert!(failure.text.len() < 400, "{failure:?}");
                if name.starts_with(|c: char| c.is_alphabetic()) {
                    assert!(failure.text.contains(&name[..5]), "{failure:?}");
                }
                assert!(client.script.left().is_empty(), "{name}: nothing is sent after that");
                assert!(!sent(&client, PASSWORD.as_bytes()));
            }
        }
    }
}

/// A switch without a name means the method of before 4.1.
#[test]
fn the_old_method_is_refused() {
    let steps = vec![greet(&Greeting::default()), Step::Expect(Want::Login), send(vec![0xfe])];
    let (result, client) = log_in(Channel::Socket, steps);
    let failure = result.unwrap_err();
    assert_eq!(failure.numbers(), (2061, "28000"));
    assert!(failure.text.contains("mysql_old_password"), "{failure:?}");
    assert!(client.script.left().is_empty());
}

#[test]
fn switching_for_ever_comes_to_an_end() {
    let mut steps = vec![greet(&Greeting::default())];
    for _ in 0..200 {
        steps.extend([Step::Expect(Want::Any), send(auth_switch(NATIVE, OTHER_CHALLENGE))]);
    }
    let (result, client) = log_in(Channel::Open, steps);
    assert_eq!(result.unwrap_err().numbers(), (2027, "08S01"));
    assert!(client.script.payloads.len() < 100);
}

#[test]
fn more_data_for_ever_comes_to_an_end() {
    let mut steps = vec![greet(&Greeting::mysql()), Step::Expect(Want::Login)];
    steps.extend((0..100).map(|_| more(b"\x03")));
    let (result, client) = log_in(Channel::Open, steps);
    assert_eq!(result.unwrap_err().numbers(), (2027, "08S01"));
    assert!(client.script.payloads.len() == 1);
}

/// A server that asks question after question, each of which is answered.
#[test]
fn questions_for_ever_come_to_an_end() {
    let mut config = login_config(PASSWORD, Channel::Socket);
    config.methods = Methods::parse(b"mysql_native_password,dialog").unwrap();
    config.dialog = Some(Dialog::new(|_| Reply::Text(b"blue".to_vec().into())));
    let ask = || [send(b"\x02Your colour? ".to_vec()), expect(b"blue\0")];
    let steps = [
        vec![greet(&Greeting::default()), Step::Expect(Want::Login)],
        vec![send(auth_switch("dialog", b"\x02Your colour? ")), expect(b"blue\0")],
        (0..100).flat_map(|_| ask()).collect(),
    ];
    let mut client = InMemory::new(config, Script::new(steps.concat()));
    let failure = client.login().unwrap_err();
    assert_eq!(failure.numbers(), (2027, "08S01"), "{failure:?}");
    assert!(client.script.payloads.len() < 40);
}

#[test]
fn answers_that_are_none() {
    let answers: [&[u8]; 8] = [
        b"",
        b"\x02",
        b"\x05abc",
        b"\x01",
        b"\x01\x09",
        b"\x03\x03def",
        b"\xfb/etc/passwd",
        b"\x00",
    ];
    for greeting in [Greeting::default(), Greeting::mysql()] {
        for answer in answers {
            let steps = vec![greet(&greeting), Step::Expect(Want::Login), send(answer.to_vec())];
            let (result, client) = log_in(Channel::Socket, steps);
            assert_eq!(result.unwrap_err().numbers(), (2027, "08S01"), "{answer:x?}");
            assert!(client.script.left().is_empty(), "{answer:x?}");
        }
    }
}

/// The full path may be asked for once; after it, nothing but the end of the login may come.
#[test]
fn the_password_goes_out_once() {
    let steps = vec![
        greet(&Greeting::mysql()),
        Step::Expect(Want::Login),
        more(b"\x04"),
        expect(b"secret\0"),
        more(b"\x04"),
    ];
    let (result, client) = log_in(Channel::Socket, steps);
    assert_eq!(result.unwrap_err().numbers(), (2027, "08S01"));
    assert!(client.script.left().is_empty());
}

#[test]
fn challenges_of_a_wrong_length() {
    for size in [0, 1, 8, 18, 21, 40] {
        let challenge = packets::pattern(size, 65);
        let steps = vec![
            greet(&Greeting::default()),
            Step::Expect(Want::Login),
            send(auth_switch(NATIVE, &challenge)),
        ];
        let (result, client) = log_in(Channel::Socket, steps);
        let failure = result.unwrap_err();
        assert_eq!(failure.numbers(), (2061, "28000"), "{size}");
        assert!(client.script.left().is_empty());
    }
    // One of 20 bytes without the NUL behind it is taken.
    let bare = [b"\xfe", NATIVE.as_bytes(), b"\0", OTHER_CHALLENGE].concat();
    let steps = vec![
        greet(&Greeting::default()),
        Step::Expect(Want::Login),
        send(bare),
        Step::Expect(Want::Any),
        send(ok()),
    ];
    log_in(Channel::Open, steps).0.unwrap();
}

#[test]
fn a_refusal_in_every_step_is_the_servers() {
    let denied = || err(1045, Some("28000"), b"Access denied for user 'tester'");
    let heads: [Vec<Step>; 4] = [
        vec![],
        vec![more(b"\x03")],
        vec![more(b"\x04"), expect(b"secret\0")],
        vec![send(auth_switch(NATIVE, OTHER_CHALLENGE)), Step::Expect(Want::Any)],
    ];
    for head in heads {
        let mut steps = vec![greet(&Greeting::mysql()), Step::Expect(Want::Login)];
        steps.extend(head);
        steps.extend([send(denied()), Step::Close]);
        let (result, mut client) = log_in(Channel::Socket, steps);
        let failure = result.unwrap_err();
        assert_eq!(failure.numbers(), (1045, "28000"));
        assert_eq!(failure.text, "Access denied for user 'tester'");
        assert_eq!(client.poll().unwrap_err(), failure, "it stays");
    }
}

#[test]
fn a_connection_closed_in_the_login() {
    for greeting in [Greeting::default(), Greeting::mysql()] {
        let steps = vec![greet(&greeting), Step::Expect(Want::Login), Step::Close];
        assert_eq!(log_in(Channel::Open, steps).0.unwrap_err().code, 2013);
    }
}

/// Whether these bytes left anywhere in the session.
fn sent(client: &InMemory, bytes: &[u8]) -> bool {
    client.script.received.windows(bytes.len()).any(|window| window == bytes)
}
