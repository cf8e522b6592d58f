// SPDX-License-Identifier: Apache-2.0
//! Login methods of real servers, chosen and limited by options.

use attachsql::session::{Choice, Connection};

use super::settings::{ca, file, secure};
use crate::support::listener::Address;
use crate::support::servers::{self, Kind, Server, connection, value};
use crate::support::subject::{Failure, Subject};

fn accepting(server: &Server, tls: bool, user: &str, password: &str, list: &str) -> Connection {
    let tls = if tls { vec![ca()] } else { vec![] };
    let mut client = secure(&server.tcp(), user, password, &tls);
    assert!(client.choose(Choice::Methods(list.as_bytes())));
    client
}

fn who(mut client: Connection) -> Result<String, Failure> {
    client.login()?;
    Ok(value(&mut client, "SELECT CURRENT_USER()"))
}

/// Those that are accepted unless other ones are told.
const ALL: [&str; 5] = [
    "mysql_native_password",
    "caching_sha2_password",
    "sha256_password",
    "client_ed25519",
    "parsec",
];

/// The only method accepted is the account's: whatever the server greets with, they get together.
#[test]
fn one_method_is_enough() {
    for server in servers::all() {
        let accounts = server.methods();
        let covers: &[bool] = if server.kind == Kind::MySql56 { &[false] } else { &[false, true] };
        for &tls in covers {
            for (user, method) in accounts {
                let got = who(accepting(&server, tls, user, user, method));
                assert_eq!(got, Ok(format!("{user}@%")), "{method}, TLS: {tls}");
                let failure = who(accepting(&server, tls, user, "wrong", method)).unwrap_err();
                assert_eq!(failure.numbers(), (1045, "28000"), "{method}, TLS: {tls}");
                // Any other method alone is refused, with a word about it.
                for other in ALL.into_iter().filter(|other| other != method) {
                    let failure = who(accepting(&server, tls, user, user, other)).unwrap_err();
                    assert_eq!(failure.numbers(), (2061, "28000"), "{failure:?}");
                    assert!(failure.text.contains(method), "{failure:?}");
                }
            }
        }
    }
}

/// Challenges are random bytes, which may be anything: many logins, none of which may fail.
#[test]
fn many_challenges() {
    for server in servers::all() {
        let old = [("old", "mysql_old_password")];
        let old = if server.kind == Kind::MySql97 { &[][..] } else { &old };
        for (user, method) in server.methods().iter().chain(old) {
            for round in 0..300 {
                let mut client = connection(&server.unix(), user, user);
                assert!(client.choose(Choice::Methods(method.as_bytes())));
                client.login().unwrap_or_else(|f| panic!("{user}, login {round}: {f:?}"));
            }
        }
    }
}

/// A key from a file encrypts the password, and nobody is asked for one.
#[test]
fn a_key_file() {
    let server = servers::mysql();
    let mut admin = servers::admin(&server.unix());
    for user in ["sha2", "sha256"] {
        admin.ask(b"FLUSH PRIVILEGES", false);
        for (password, want) in [(user, Ok(format!("{user}@%"))), ("wrong", Err(1045))] {
            let mut client = connection(&server.tcp(), user, password);
            let key = file("rsa-public.pem");
            assert!(client.choose(Choice::ServerKeyFile(key.as_bytes())));
            assert_eq!(who(client).map_err(|failure| failure.code), want);
        }
    }
    let mut client = connection(&server.tcp(), "sha256", "sha256");
    for bad in ["ca.pem", "client-key.pem", "missing"] {
        let path = file("rsa-public.pem").replace("rsa-public.pem", bad);
        assert!(!client.choose(Choice::ServerKeyFile(path.as_bytes())), "{bad}");
    }
}

/// The method of MySQL 4.0: only for programs that ask for it.
#[test]
fn the_old_method() {
    for server in servers::mariadbs().into_iter().chain([servers::mysql56()]) {
        for list in ["mysql_old_password", "mysql_native_password,mysql_old_password"] {
            let got = who(accepting(&server, false, "old", "old", list));
            assert_eq!(got, Ok("old@%".to_owned()), "{list}");
            let failure = who(accepting(&server, false, "old", "new", list)).unwrap_err();
            assert_eq!(failure.numbers(), (1045, "28000"), "{failure:?}");
        }
        let failure = who(connection(&server.tcp(), "old", "old")).unwrap_err();
        assert_eq!(failure.numbers(), (2061, "28000"));
        assert!(failure.text.contains("mysql_old_password"), "{failure:?}");
    }
}

/// A second factor. The server's only method for one that needs nothing else asks for no password, but
/// the program must be able to prove several.
#[test]
fn two_factors() {
    let server = servers::mysql();
    let log_in = |address: &Address, password: &str, second: Option<&[u8]>| {
        let mut client = connection(address, "factors", password);
        if let Some(second) = second {
            assert!(client.choose(Choice::Password(1, second)));
        }
        who(client).map_err(|failure| failure.code)
    };
    assert_eq!(log_in(&server.unix(), "factors", Some(b"")), Ok("factors@%".to_owned()));
    assert_eq!(log_in(&server.unix(), "factors", Some(b"two")), Ok("factors@%".to_owned()));
    assert_eq!(log_in(&server.unix(), "factors", None), Err(1045), "one factor");
    assert_eq!(log_in(&server.unix(), "wrong", Some(b"factors")), Err(1045), "the first factor");
    assert_eq!(log_in(&server.tcp(), "factors", Some(b"")), Err(1698), "the second factor");
}
