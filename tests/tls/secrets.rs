// SPDX-License-Identifier: Apache-2.0
//! What leaves the client: never a password where it must not, nothing at all after a failed set_ssl.

use attachsql::capi::types::attachsql_options_t as Options;
use attachsql::session::{Choice, Connection, TlsChoice};
use openssl::rsa::Rsa;

use super::setting::{PASSWORD, client, holds, login_then, server, trusted};
use crate::support::listener::{Inline, Listener};
use crate::support::packets::{Greeting, auth_switch, ok};
use crate::support::raw::CApi;
use crate::support::script::{Script, Step, Want, greet, send};
use crate::support::subject::{self, Failure, Subject, WithServer};
use crate::support::tls_server::{Outcome, TlsServer};

const BOTH: [(u32, u32); 2] = [(12, 12), (13, 13)];
const CLEAR: &str = "mysql_clear_password";
const ALL: &str = "mysql_native_password,caching_sha2_password,sha256_password,client_ed25519,parsec,\
                   mysql_clear_password";

/// A login over TLS with these methods accepted.
fn log_in_with(methods: Option<&str>, server: TlsServer) -> (Result<(), Failure>, Outcome) {
    let ca = trusted();
    let (address, running) = server.serve(Listener::tcp());
    let mut client = client(&address, &[TlsChoice::Ca(ca.path().as_bytes())]);
    if let Some(methods) = methods {
        assert!(client.choose(Choice::Methods(methods.as_bytes())));
    }
    let result = client.login();
    drop(client);
    let outcome = running.finish();
    for bytes in [&outcome.clear, &outcome.raw] {
        assert!(!holds(bytes, PASSWORD.as_bytes()), "the password can be read");
        assert!(!holds(bytes, b"tester"), "the user can be read");
    }
    (result, outcome)
}

/// Asks for another method after the login packet.
fn switching(method: &str, then: Vec<Step>) -> Script {
    let steps = [Step::Expect(Want::Login), send(auth_switch(method, b"ABCDEFGHIJKLMNOPQRST"))];
    Script::new(steps.into_iter().chain(then))
}

/// Over TLS, and only if accepted, the password goes as it is.
#[test]
fn in_clear_within_tls() {
    let with_nul = [PASSWORD.as_bytes(), b"\0"].concat();
    for versions in BOTH {
        let taken = || vec![Step::Expect(Want::Payload(with_nul.clone())), send(ok())];
        let (result, outcome) = log_in_with(Some(ALL), server(versions, switching(CLEAR, taken())));
        result.unwrap();
        assert!(holds(&outcome.script.received, PASSWORD.as_bytes()));

        // Not asked for by the program: not even a server behind TLS gets it.
        for methods in [None, Some("mysql_native_password,caching_sha2_password")] {
            let (result, outcome) =
                log_in_with(methods, server(versions, switching(CLEAR, vec![])));
            let failure = result.unwrap_err();
            assert_eq!(failure.numbers(), (2061, "28000"), "{failure:?}");
            assert!(failure.text.contains(CLEAR), "{failure:?}");
            assert_eq!(outcome.script.payloads.len(), 1, "nothing is sent after the login packet");
            assert!(!holds(&outcome.script.received, PASSWORD.as_bytes()));
        }

        // The methods of MySQL take TLS for private, too.
        let (result, _) =
            log_in_with(None, server(versions, switching("sha256_password", taken())));
        result.unwrap();
        let full = [vec![Step::Expect(Want::Any), send(b"\x01\x04".to_vec())], taken()].concat();
        let (result, _) =
            log_in_with(None, server(versions, switching("caching_sha2_password", full)));
        result.unwrap();
    }
}

/// A greeting that names the method gets no password either before the handshake is done.
#[test]
fn in_clear_from_the_greeting() {
    for method in [CLEAR, "sha256_password"] {
        let steps = [Step::Expect(Want::Login), send(ok())];
        let mut server = server((12, 13), Script::new(steps));
        let greeting = Greeting { plugin: method.as_bytes().to_vec(), ..Greeting::mysql() };
        server.opening = crate::support::packets::framed(0, &[greeting.payload()]);
        let (result, outcome) = log_in_with(Some(ALL), server);
        result.unwrap();
        assert!(holds(&outcome.script.received, PASSWORD.as_bytes()));
        assert_eq!(outcome.clear.len(), 36);
    }
}

/// Without TLS: every switch to a method that would show the password is refused.
#[test]
fn without_tls() {
    let key = Rsa::generate(2048).unwrap().public_key_to_pem().unwrap();
    let cases: [(&str, Option<&str>, i32, Vec<Step>); 6] = [
        (CLEAR, None, 2061, vec![]),
        (CLEAR, Some(ALL), 2061, vec![]),
        ("mysql_old_password", None, 2061, vec![]),
        ("auth_gssapi_client", Some(ALL), 2059, vec![]),
        ("dialog", Some(ALL), 2061, vec![]),
        // The key of whoever listens: over loopback it is used, but the password stays hidden.
        (
            "sha256_password",
            None,
            0,
            vec![
                Step::Expect(Want::Payload(vec![1])),
                send([b"\x01", &key[..]].concat()),
                Step::Expect(Want::Any),
                send(ok()),
            ],
        ),
    ];
    for (method, methods, code, then) in cases {
        for greeting in [Greeting::default(), Greeting::mysql()] {
            let switch = send(auth_switch(method, b"ABCDEFGHIJKLMNOPQRST"));
            let steps = [vec![greet(&greeting), Step::Expect(Want::Login), switch], then.clone()];
            let server = Inline::new(Listener::tcp(), Script::new(steps.concat()));
            let mut client = Connection::new(subject::config(&server.address(), PASSWORD));
            if let Some(methods) = methods {
                assert!(client.choose(Choice::Methods(methods.as_bytes())));
            }
            let mut both = WithServer { client, server };
            let got = both.login().map_or_else(|failure| failure.code, |()| 0);
            assert_eq!(got, code, "{method}");
            drop(both.client);
            let script = both.server.finish();
            assert!(!holds(&script.received, PASSWORD.as_bytes()), "{method}");
            if code != 0 {
                assert_eq!(script.payloads.len(), 1, "{method}: nothing more is sent");
                assert!(script.left().is_empty(), "{method}");
            }
        }
    }
}

/// After a failed set_ssl there is no way to a connection, least of all to one in clear.
#[test]
fn after_a_failed_set_ssl() {
    let ca = trusted();
    for (file, ciphers) in
        [("/nowhere/ca.pem", ""), (ca.path(), "no such cipher"), ("", ""), ("/etc/hostname", "")]
    {
        let listener = Listener::tcp();
        let mut client = CApi::new(&listener.address(), PASSWORD);
        let refused = client.set_ssl(file, ciphers, true).unwrap_err();
        assert_eq!(refused.numbers(), (3003, "22023"), "{refused:?}");
        // Options do not bring it back.
        client.option(Options::TLS, 0);
        client.option(Options::SSL_NO_VERIFY, 0);
        client.option(Options::TLS_VERIFY, 0);
        client.option(Options::TLS, 0);
        for _ in 0..3 {
            assert_eq!(client.connect().unwrap_err(), refused);
            assert_eq!(client.poll().unwrap_err(), refused);
        }
        let failure = client.query(b"SELECT 1").unwrap_err();
        assert!([2006, 3003].contains(&failure.code), "{failure:?}");
        assert!(!listener.has_caller(), "{file}: somebody came");
        drop(client);
        assert!(!listener.has_caller(), "{file}: somebody came");
    }
}

/// A query connects by itself, too: not after a failed set_ssl.
#[test]
fn a_query_after_a_failed_set_ssl() {
    let listener = Listener::tcp();
    let mut client = CApi::new(&listener.address(), PASSWORD);
    client.set_ssl("/nowhere/ca.pem", "", true).unwrap_err();
    let asked = client.query(b"SELECT 1").and_then(|()| client.settle().map(drop));
    assert_eq!(asked.unwrap_err().numbers(), (3003, "22023"));
    assert!(!listener.has_caller(), "somebody came");
}

/// A set_ssl that works makes good for one that failed.
#[test]
fn set_ssl_again() {
    let ca = trusted();
    let (address, running) = server((12, 13), login_then([])).serve(Listener::tcp());
    let mut client = CApi::new(&address, PASSWORD);
    client.set_ssl("/nowhere/ca.pem", "", true).unwrap_err();
    client.set_ssl(ca.path(), "no such cipher", true).unwrap_err();
    client.set_ssl(ca.path(), "", true).unwrap();
    client.login().unwrap();
    drop(client);
    assert_eq!(running.finish().clear.len(), 36);
}
