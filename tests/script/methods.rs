// SPDX-License-Identifier: Apache-2.0
//! The further login methods, each against its server's own check written anew here, and which of them
//! may be used where. The usual two are in `logins`.

use attachsql::auth::{Answer, Channel, Context, Exchange, Methods};
use attachsql::error::{AuthError, Error};
use ed25519_dalek::{Signature, SigningKey, VerifyingKey};
use openssl::hash::MessageDigest;
use openssl::pkcs5::pbkdf2_hmac;
use openssl::rsa::{Padding, Rsa};

use crate::support::in_memory::InMemory;
use crate::support::login_packet::LoginPacket;
use crate::support::packets::{CHALLENGE, Greeting, auth_switch, ok, pattern};
use crate::support::script::{Script, Step, Want, expect, greet, send};
use crate::support::subject::{Failure, Subject, login_config};

const ALL: &str = "mysql_native_password, caching_sha2_password,sha256_password,client_ed25519,\
                   parsec,mysql_clear_password,mysql_old_password";
const CHANNELS: [Channel; 4] = [Channel::Tls, Channel::Socket, Channel::KeyTrusted, Channel::Open];

fn all() -> Methods {
    Methods::parse(ALL.as_bytes()).unwrap()
}

/// Begins a method.
fn start(
    name: &str,
    challenge: &[u8],
    password: &[u8],
    channel: Channel,
    key: Option<&[u8]>,
) -> Result<(Exchange, Vec<u8>), AuthError> {
    let methods = all();
    let context = Context { password, channel, key, methods: &methods };
    let (exchange, answer) = Exchange::start(name.as_bytes(), challenge, &context)?;
    Ok((exchange, sent(answer)))
}

/// Goes on with it: what is sent, if the method knows what to do.
fn go_on(
    exchange: &mut Exchange,
    data: &[u8],
    password: &[u8],
    channel: Channel,
) -> Result<Option<Vec<u8>>, AuthError> {
    let methods = all();
    let context = Context { password, channel, key: None, methods: &methods };
    Ok(exchange.on_data(data, &context)?.map(sent))
}

fn sent(answer: Answer) -> Vec<u8> {
    match answer {
        Answer::Send(bytes) => bytes.to_vec(),
        Answer::Wait => Vec::new(),
        Answer::Ask(question) => panic!("{question:?}"),
    }
}

mod ed25519 {
    use super::*;

    const NAME: &str = "client_ed25519";

    /// What MariaDB keeps of the password 'secret':
    /// ed25519_password('secret') = ZIgUREUg5PVgQ6LskhXmO+eZLS0nC8be6HPjYWR4YJY.
    fn stored() -> VerifyingKey {
        let text = "ZIgUREUg5PVgQ6LskhXmO+eZLS0nC8be6HPjYWR4YJY=";
        let bytes = openssl::base64::decode_block(text).unwrap();
        VerifyingKey::from_bytes(&bytes.try_into().unwrap()).unwrap()
    }

    fn is_taken(challenge: &[u8], answer: &[u8]) -> bool {
        let signature = Signature::from_slice(answer).unwrap();
        stored().verify_strict(challenge, &signature).is_ok()
    }

    #[test]
    fn as_the_server_checks_it() {
        // Random bytes end in any byte, and a NUL may follow them.
        for last in [0, 1, 127, 255] {
            let mut challenge = pattern(32, usize::from(last) + 1);
            challenge[31] = last;
            for channel in CHANNELS {
                let (mut exchange, answer) =
                    start(NAME, &challenge, b"secret", channel, None).unwrap();
                assert_eq!(answer.len(), 64);
                assert!(is_taken(&challenge, &answer), "{last}");
                let more = go_on(&mut exchange, b"more", b"secret", channel).unwrap();
                assert_eq!(more, None);
            }
            let with_nul = [&challenge[..], b"\0"].concat();
            let (_, answer) = start(NAME, &with_nul, b"secret", Channel::Open, None).unwrap();
            assert!(is_taken(&challenge, &answer), "{last} and a NUL");
        }
        let (_, answer) = start(NAME, &[7; 32], b"Secret", Channel::Open, None).unwrap();
        assert!(!is_taken(&[7; 32], &answer), "another password");
        let (_, answer) = start(NAME, &[7; 32], b"secret", Channel::Open, None).unwrap();
        assert!(!is_taken(&[8; 32], &answer), "another challenge");
    }

    #[test]
    fn nothing_and_too_little() {
        let (_, answer) = start(NAME, &[7; 32], b"", Channel::Open, None).unwrap();
        assert!(answer.is_empty(), "no password, no answer");
        for size in [0, 20, 31, 34, 64] {
            let error = start(NAME, &vec![7; size], b"secret", Channel::Open, None).unwrap_err();
            assert_eq!(error, AuthError::BadChallenge(NAME, size, 32));
        }
    }
}

mod parsec {
    use super::*;

    const SALT: &[u8; 18] = b"eighteen bytes !!!";

    /// As the server does it: the key of password and salt, and both challenges.
    fn is_taken(password: &[u8], factor: u8, challenge: &[u8], answer: &[u8]) -> bool {
        let mut seed = [0; 32];
        let rounds = 1024 << factor;
        pbkdf2_hmac(password, SALT, rounds, MessageDigest::sha512(), &mut seed).unwrap();
        let (own, signature) = answer.split_at(32);
        let signature = Signature::from_slice(signature).unwrap();
        let both = [challenge, own].concat();
        SigningKey::from_bytes(&seed).verifying_key().verify_strict(&both, &signature).is_ok()
    }

    fn salted(factor: u8) -> Vec<u8> {
        [&[b'P', factor], &SALT[..]].concat()
    }

    #[test]
    fn as_the_server_checks_it() {
        let mut seen = Vec::new();
        for (factor, last) in [(0, 0), (1, 1), (2, 255), (3, 0)] {
            let mut challenge = pattern(32, usize::from(factor));
            challenge[31] = last;
            for password in [&b"secret"[..], b"", &[b'x'; 300]] {
                let (mut exchange, first) =
                    start("parsec", &challenge, password, Channel::Open, None).unwrap();
                assert!(first.is_empty(), "the salt is awaited");
                let answer =
                    go_on(&mut exchange, &salted(factor), password, Channel::Open).unwrap();
                let answer = answer.unwrap();
                assert_eq!(answer.len(), 32 + 64);
                assert!(is_taken(password, factor, &challenge, &answer));
                assert!(!is_taken(b"other", factor, &challenge, &answer));
                assert!(!is_taken(password, factor, &[9; 32], &answer));
                seen.push(answer[..32].to_vec());
                // Once only.
                let again = go_on(&mut exchange, &salted(factor), password, Channel::Open);
                assert_eq!(again, Ok(None));
            }
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 12, "the client's challenges are random");
    }

    /// More work than any server asks for, and salts that are none.
    #[test]
    fn what_is_refused() {
        for size in [0, 20, 31, 34] {
            let error = start("parsec", &vec![7; size], b"x", Channel::Tls, None).unwrap_err();
            assert_eq!(error, AuthError::BadChallenge("parsec", size, 32));
        }
        let salt = |head: &[u8], size: usize| [head, &vec![1; size]].concat();
        for data in [
            salted(4),
            salted(63),
            salted(255),
            salt(b"P\0", 17),
            salt(b"P\0", 19),
            salt(b"Q\0", 18),
            b"P".to_vec(),
            Vec::new(),
        ] {
            let (mut exchange, _) = start("parsec", &[7; 32], b"x", Channel::Tls, None).unwrap();
            let answer = go_on(&mut exchange, &data, b"x", Channel::Tls);
            assert_eq!(answer, Ok(None), "{data:x?}");
        }
    }

    /// The whole login, as MariaDB sends its packets: the salt bears no mark.
    #[test]
    fn a_whole_login() {
        let challenge = pattern(32, 3);
        let switch = [b"\xfeparsec\0", &challenge[..]].concat();
        let steps = vec![
            greet(&Greeting::default()),
            Step::Expect(Want::Login),
            send(switch),
            expect(b""),
            send(salted(0)),
            Step::Expect(Want::Any),
            send(ok()),
        ];
        let (result, client) = log_in("secret", Channel::Open, None, steps);
        result.unwrap();
        assert!(is_taken(b"secret", 0, &challenge, &client.script.payloads[2]));
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "as the servers do")]
mod old {
    use super::*;

    const NAME: &str = "mysql_old_password";

    /// OLD_PASSWORD('old').
    const STORED: (u32, u32) = (0x7810_f079, 0x27c2_a460);

    /// The servers' generator, in floating point as they have it.
    struct Random(u32, u32);

    impl Random {
        const MOST: u32 = 0x3fff_ffff;

        fn new(a: u32, b: u32) -> Self {
            Self(a % Self::MOST, b % Self::MOST)
        }

        fn next(&mut self) -> f64 {
            let sum = |a: u64, b: u64, c: u64| ((a + b + c) % u64::from(Self::MOST)) as u32;
            self.0 = sum(u64::from(self.0) * 3, u64::from(self.1), 0);
            self.1 = sum(self.0.into(), self.1.into(), 33);
            f64::from(self.0) / f64::from(Self::MOST)
        }
    }

    /// The servers' hash of a text without blanks.
    fn hash(text: &[u8]) -> (u32, u32) {
        let (mut nr, mut nr2, mut add) = (1_345_345_333_u64, 0x1234_5671_u64, 7_u64);
        for &byte in text {
            let byte = u64::from(byte);
            nr ^= ((nr & 63) + add) * byte + (nr << 8);
            nr2 = nr2.wrapping_add((nr2 << 8) ^ nr);
            add += byte;
            (nr, nr2) = (nr & 0xffff_ffff, nr2 & 0xffff_ffff);
        }
        ((nr & 0x7fff_ffff) as u32, (nr2 & 0x7fff_ffff) as u32)
    }

    /// check_scramble_323 of the servers.
    fn is_taken(stored: (u32, u32), challenge: &[u8], answer: &[u8]) -> bool {
        let message = hash(&challenge[..8]);
        let mut random = Random::new(stored.0 ^ message.0, stored.1 ^ message.1);
        let mut expected: Vec<u8> = (0..8).map(|_| (random.next() * 31.0) as u8 + 64).collect();
        let extra = (random.next() * 31.0) as u8;
        expected.iter_mut().for_each(|byte| *byte ^= extra);
        answer == [&expected[..], b"\0"].concat()
    }

    #[test]
    fn as_the_server_checks_it() {
        assert_eq!(hash(b"old"), STORED, "the known hash");
        for seed in 0..500 {
            let challenge: Vec<u8> =
                pattern(20, seed).iter().map(|byte| b'!' + byte % 90).collect();
            let (_, answer) = start(NAME, &challenge, b"old", Channel::Open, None).unwrap();
            assert!(is_taken(STORED, &challenge, &answer), "{seed}");
            // Blanks do not count; other passwords do.
            let (_, same) = start(NAME, &challenge, b" o\tl d ", Channel::Open, None).unwrap();
            assert_eq!(same, answer);
            let (_, other) = start(NAME, &challenge, b"new", Channel::Open, None).unwrap();
            assert!(!is_taken(STORED, &challenge, &other), "{seed}");
            assert!(is_taken(hash(b"new"), &challenge, &other), "{seed}");
            // Only eight bytes count.
            let (_, short) = start(NAME, &challenge[..8], b"old", Channel::Open, None).unwrap();
            assert_eq!(short, answer);
        }
        assert!(start(NAME, b"", b"", Channel::Open, None).unwrap().1.is_empty());
        for size in [0, 7] {
            let error = start(NAME, &vec![b'x'; size], b"old", Channel::Open, None).unwrap_err();
            assert_eq!(error, AuthError::BadChallenge(NAME, size, 8));
        }
    }

    /// The switch of one byte means this method and the greeting's challenge.
    #[test]
    fn by_the_short_switch() {
        for switch in [vec![0xfe], auth_switch(NAME, &CHALLENGE)] {
            let steps = vec![
                greet(&Greeting::default()),
                Step::Expect(Want::Login),
                send(switch),
                Step::Expect(Want::Any),
                send(ok()),
            ];
            let (result, client) = log_in("old", Channel::Open, Some(ALL), steps);
            result.unwrap();
            assert!(is_taken(STORED, &CHALLENGE, &client.script.payloads[1]));
        }
    }
}

mod sha256 {
    use super::*;

    const NAME: &str = "sha256_password";

    fn decrypted(key: &Rsa<openssl::pkey::Private>, cipher: &[u8], challenge: &[u8]) -> Vec<u8> {
        let mut clear = vec![0; 256];
        let size = key.private_decrypt(cipher, &mut clear, Padding::PKCS1_OAEP).unwrap();
        clear[..size].iter().zip(challenge.iter().cycle()).map(|(a, b)| a ^ b).collect()
    }

    #[test]
    fn under_the_servers_key() {
        let key = Rsa::generate(2048).unwrap();
        let pem = key.public_key_to_pem().unwrap();
        for password in [&b"secret"[..], b"one that is longer than the challenge"] {
            let with_nul = [password, b"\0"].concat();
            // Asked for, where a fetched key is trusted.
            for channel in [Channel::KeyTrusted, Channel::Socket] {
                let (mut exchange, first) =
                    start(NAME, &CHALLENGE, password, channel, None).unwrap();
                assert_eq!(first, [1], "the key is asked for");
                let cipher = go_on(&mut exchange, &pem, password, channel).unwrap().unwrap();
                assert_eq!(decrypted(&key, &cipher, &CHALLENGE), with_nul);
                assert_eq!(go_on(&mut exchange, &pem, password, channel), Ok(None), "once only");
            }
            // From a file: anywhere, and at once.
            for channel in [Channel::KeyTrusted, Channel::Socket, Channel::Open] {
                let (mut exchange, cipher) =
                    start(NAME, &CHALLENGE, password, channel, Some(&pem)).unwrap();
                assert_eq!(decrypted(&key, &cipher, &CHALLENGE), with_nul);
                assert_eq!(go_on(&mut exchange, &pem, password, channel), Ok(None));
            }
        }
    }

    #[test]
    fn over_tls_and_over_nothing() {
        let (_, answer) = start(NAME, &CHALLENGE, b"secret", Channel::Tls, None).unwrap();
        assert_eq!(answer, b"secret\0");
        let error = start(NAME, &CHALLENGE, b"secret", Channel::Open, None).unwrap_err();
        assert_eq!(error, AuthError::UntrustedKey(NAME));
        for channel in CHANNELS {
            let (_, answer) = start(NAME, &CHALLENGE, b"", channel, None).unwrap();
            assert_eq!(answer, [0], "no password");
        }
    }

    #[test]
    fn keys_that_are_none() {
        let short = Rsa::generate(512).unwrap().public_key_to_pem().unwrap();
        let password = b"too long for the shortest key";
        for key in [&b""[..], b"garbage", &short] {
            let (mut exchange, _) =
                start(NAME, &CHALLENGE, password, Channel::KeyTrusted, None).unwrap();
            let error = go_on(&mut exchange, key, password, Channel::KeyTrusted).unwrap_err();
            assert!(
                matches!(&error, AuthError::BadKey(why) if !why.contains("error:")),
                "{error:?}"
            );
        }
    }

    /// Over an untrusted channel the switch to it is the end; nothing of the password leaves.
    #[test]
    fn over_an_untrusted_channel() {
        let steps = vec![
            greet(&Greeting::default()),
            Step::Expect(Want::Login),
            send(auth_switch(NAME, &CHALLENGE)),
        ];
        let (result, client) = log_in("secret", Channel::Open, None, steps);
        assert_eq!(result.unwrap_err().numbers(), (2061, "28000"));
        assert!(client.script.left().is_empty());
        assert!(!client.script.received.windows(6).any(|bytes| bytes == b"secret"));
    }
}

#[test]
fn the_clear_password_goes_over_private_channels_alone() {
    let name = "mysql_clear_password";
    for channel in [Channel::Tls, Channel::Socket] {
        let (_, answer) = start(name, b"", b"secret", channel, None).unwrap();
        assert_eq!(answer, b"secret\0");
    }
    for channel in [Channel::KeyTrusted, Channel::Open] {
        let error = start(name, b"", b"secret", channel, None).unwrap_err();
        assert_eq!(error, AuthError::NotPrivate(name));
        assert_eq!(Error::from(error).code(), 2061);
    }
}

/// Every method but the usual ones must be asked for, and every one can be left out.
#[test]
fn lists_of_methods() {
    for (list, good) in [
        ("mysql_native_password", true),
        (ALL, true),
        ("", false),
        (",", false),
        ("mysql_native_password,", false),
        ("dialog", true),
        ("auth_gssapi_client", false),
        ("MYSQL_NATIVE_PASSWORD", false),
    ] {
        assert_eq!(Methods::parse(list.as_bytes()).is_some(), good, "{list:?}");
    }
    let names: Vec<&str> = ALL.split(',').map(str::trim).collect();
    for accepted in &names {
        let methods = Methods::parse(accepted.as_bytes()).unwrap();
        for name in &names {
            let channel = Channel::Tls;
            let context = Context { password: b"x", channel, key: None, methods: &methods };
            let challenge = if ["client_ed25519", "parsec"].contains(name) { 32 } else { 20 };
            let got = Exchange::start(name.as_bytes(), &vec![b'c'; challenge], &context);
            assert_eq!(got.is_ok(), name == accepted, "{name} where {accepted} is accepted");
            if let Err(error) = got {
                let words = error.to_string();
                assert!(words.contains(*name) && words.contains(*accepted), "{words}");
                assert_eq!(Error::from(error).code(), 2061);
            }
        }
    }
}

/// A challenge of one method says nothing to another: the login begins empty, and the server asks.
#[test]
fn a_list_without_the_greetings_method() {
    for (list, plugin) in [
        ("client_ed25519", "client_ed25519"),
        ("parsec", "parsec"),
        ("sha256_password", "sha256_password"),
        ("mysql_clear_password,client_ed25519", "client_ed25519"),
        ("mysql_old_password,caching_sha2_password", "caching_sha2_password"),
    ] {
        for channel in CHANNELS {
            let steps = vec![greet(&Greeting::default()), Step::Expect(Want::Login), send(ok())];
            let (result, client) = log_in("secret", channel, Some(list), steps);
            result.unwrap();
            let login = LoginPacket::parse(&client.script.payloads[0]);
            assert_eq!(login.plugin.as_deref(), Some(plugin.as_bytes()));
            assert!(login.answer.is_empty(), "{list}");
        }
    }
}

/// A server that only listens for a password in clear finds it in the login, and asks for nothing.
#[test]
fn the_clear_password_alone() {
    let list = Some("mysql_clear_password");
    for channel in [Channel::Tls, Channel::Socket] {
        let steps = vec![greet(&Greeting::default()), Step::Expect(Want::Login), send(ok())];
        let (result, client) = log_in("secret", channel, list, steps);
        result.unwrap();
        let login = LoginPacket::parse(&client.script.payloads[0]);
        assert_eq!(login.plugin.as_deref(), Some(&b"mysql_clear_password"[..]));
        assert_eq!(login.answer, b"secret\0");
    }
    for channel in [Channel::KeyTrusted, Channel::Open] {
        let (result, client) = log_in("secret", channel, list, vec![greet(&Greeting::default())]);
        assert_eq!(result.unwrap_err().numbers(), (2061, "28000"));
        assert!(client.script.payloads.is_empty(), "nothing is sent");
    }
}

/// Up to three passwords, each for its factor, whatever their methods.
#[test]
fn factors() {
    let next = |method: &str, challenge: &[u8]| {
        [b"\x02", method.as_bytes(), b"\0", challenge, b"\0"].concat()
    };
    let steps = vec![
        greet(&Greeting::mysql()),
        Step::Expect(Want::Login),
        send(b"\x01\x04".to_vec()),
        expect(b"first\0"),
        send(next("mysql_clear_password", b"")),
        expect(b"second\0"),
        send(next("sha256_password", &CHALLENGE)),
        expect(b"third\0"),
        send(ok()),
    ];
    let mut config = login_config("first", Channel::Tls);
    config.methods = all();
    for password in ["second", "third"] {
        config.passwords.push(attachsql::auth::Password::new(password.as_bytes()));
    }
    let mut client = InMemory::new(config, Script::new(steps.clone()));
    client.login().unwrap();
    let login = LoginPacket::parse(&client.script.payloads[0]);
    assert_ne!(login.caps & (1 << 28), 0, "the capability");

    // A program with one password does not offer further ones, and a server that asks is wrong.
    let (result, client) = log_in("first", Channel::Tls, Some(ALL), steps);
    assert_eq!(result.unwrap_err().numbers(), (2027, "08S01"));
    assert!(client.script.left().is_empty());
    let login = LoginPacket::parse(&client.script.payloads[0]);
    assert_eq!(login.caps & (1 << 28), 0, "the capability");
}

/// A fourth factor has no password.
#[test]
fn more_factors_than_passwords() {
    let ask = |_| [send(b"\x02mysql_clear_password\0".to_vec()), Step::Expect(Want::Any)];
    let mut steps = vec![greet(&Greeting::mysql()), Step::Expect(Want::Login)];
    steps.extend((0..3).flat_map(ask));
    steps.push(send(ok()));
    let mut config = login_config("first", Channel::Tls);
    config.methods = all();
    config.passwords.push(attachsql::auth::Password::new(b"second"));
    let mut client = InMemory::new(config, Script::new(steps));
    client.login().unwrap();
    assert_eq!(client.script.payloads[1..], [b"second\0".to_vec(), b"\0".to_vec(), b"\0".to_vec()]);
}

/// A login in memory; without `list`, with the usual methods.
fn log_in(
    password: &str,
    channel: Channel,
    list: Option<&str>,
    steps: Vec<Step>,
) -> (Result<(), Failure>, InMemory) {
    let mut config = login_config(password, channel);
    if let Some(list) = list {
        config.methods = Methods::parse(list.as_bytes()).unwrap();
    }
    let mut client = InMemory::new(config, Script::new(steps));
    let result = client.login();
    client.script.feed(client.out.pending());
    (result, client)
}
