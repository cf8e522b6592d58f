// SPDX-License-Identifier: Apache-2.0
//! Login methods of real servers, chosen and limited by options.

use attachsql::session::{Choice, Connection};

use super::settings::{ca, file, secure};
use crate::support::servers::{self, Server, connection, value};
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

/// The only method accepted is the account's: whatever the server greets with, they get together.
#[test]
fn one_method_is_enough() {
    for server in servers::both() {
        let accounts: &[(&str, &str)] = if server.is_mysql() {
            &[("sha2", "caching_sha2_password"), ("sha256", "sha256_password")]
        } else {
            &[("native", "mysql_native_password"), ("ed", "client_ed25519")]
        };
        for tls in [false, true] {
            for (user, method) in accounts {
                let got = who(accepting(&server, tls, user, user, method));
                assert_eq!(got, Ok(format!("{user}@%")), "{method}, TLS: {tls}");
                let failure = who(accepting(&server, tls, user, "wrong", method)).unwrap_err();
                assert_eq!(failure.numbers(), (1045, "28000"), "{method}, TLS: {tls}");
                // Any other method alone is refused, with a word about it.
                for (_, other) in accounts.iter().filter(|other| other.1 != *method) {
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
    for server in servers::both() {
        let user = if server.is_mysql() { "sha2" } else { "ed" };
        for round in 0..600 {
            let mut client = connection(&server.unix(), user, user);
            client.login().unwrap_or_else(|f| panic!("{}, login {round}: {f:?}", server.name));
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

/// An account and a setting that are put back at the end of the test.
struct OldAccount<'a>(&'a mut Connection);

impl Drop for OldAccount<'_> {
    fn drop(&mut self) {
        self.0.ask(b"DROP USER old_method", false);
        self.0.ask(b"SET GLOBAL secure_auth = 1", false);
    }
}

/// The method of MySQL 4.0, which MariaDB still has: only for programs that ask for it.
#[test]
fn the_old_method() {
    let server = servers::mariadb();
    let mut admin = servers::admin(&server.unix());
    // OLD_PASSWORD('old')
    let create = b"CREATE OR REPLACE USER old_method IDENTIFIED VIA mysql_old_password USING \
                   '7810f07927c2a460'";
    let seen = admin.ask(create, false);
    assert!(format!("{seen:?}").starts_with("[Done"), "{seen:?}");
    admin.ask(b"SET GLOBAL secure_auth = 0", false);
    admin.ask(b"GRANT SELECT ON testdb.* TO old_method", false);
    let old = OldAccount(&mut admin);
    for list in ["mysql_old_password", "mysql_native_password,mysql_old_password"] {
        for tls in [false, true] {
            let got = who(accepting(&server, tls, "old_method", "old", list));
            assert_eq!(got, Ok("old_method@%".to_owned()), "{list}");
            let failure = who(accepting(&server, tls, "old_method", "new", list)).unwrap_err();
            assert_eq!(failure.numbers(), (1045, "28000"), "{failure:?}");
        }
    }
    let failure = who(connection(&server.tcp(), "old_method", "old")).unwrap_err();
    assert_eq!(failure.numbers(), (2061, "28000"));
    assert!(failure.text.contains("mysql_old_password"), "{failure:?}");
    drop(old);
}
