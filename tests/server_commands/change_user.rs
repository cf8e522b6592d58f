// SPDX-License-Identifier: Apache-2.0
//! Changes of user: from every login method to every other, over every kind of channel, and what becomes of
//! the session.

use attachsql::session::{Choice, Connection, Polled, TlsChoice};

use crate::support::servers::{self, Kind, Server, connection, os_user, value};
use crate::support::subject::{Failure, Seen, Subject};

/// How a connection gets to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Unix,
    Tcp,
    Tls,
}

fn ways(server: &Server) -> &'static [Way] {
    if server.kind == Kind::MySql56 {
        &[Way::Unix, Way::Tcp]
    } else {
        &[Way::Unix, Way::Tcp, Way::Tls]
    }
}

/// Every method that the servers have.
const EVERY: &[u8] =
    b"mysql_native_password,caching_sha2_password,sha256_password,client_ed25519,parsec,\
    mysql_clear_password,mysql_old_password,dialog";

fn prepared(server: &Server, way: Way, user: &str, choices: &[Choice<'_>]) -> Connection {
    let address = if way == Way::Unix { server.unix() } else { server.tcp() };
    let mut client = connection(&address, user, user);
    if way == Way::Tls {
        assert!(client.choose(Choice::Tls(TlsChoice::Require(1))));
        assert!(client.choose(Choice::Tls(TlsChoice::NoVerify)));
    }
    for &choice in choices {
        assert!(client.choose(choice), "{choice:?}");
    }
    client
}

fn change(client: &mut Connection, user: &str, password: &str) -> Result<(), Failure> {
    client.change_user(user.as_bytes(), password.as_bytes(), b"testdb")?;
    assert_eq!(client.settle()?, Polled::End);
    Ok(())
}

fn who(client: &mut Connection) -> String {
    value(client, "SELECT CURRENT_USER()")
}

/// Accounts and whether they may be used over TCP in clear.
fn accounts(server: &Server) -> Vec<(&'static str, bool)> {
    let mut all = vec![("test", true), ("nopass", true)];
    all.extend(server.methods().iter().map(|&(user, _)| (user, true)));
    match server.kind {
        Kind::MySql97 => {}
        Kind::MySql56 => all.push(("old", true)),
        Kind::MariaDb1011 | Kind::MariaDb118 => all.extend([("old", true), ("clear", false)]),
    }
    all
}

fn password(user: &str) -> &str {
    if user == "nopass" { "" } else { user }
}

#[test]
fn from_every_account_to_every_other() {
    let mut count = 0;
    for server in servers::all() {
        for &way in ways(&server) {
            let all = accounts(&server);
            let usable = || all.iter().filter(|account| account.1 || way != Way::Tcp);
            for &(first, _) in usable() {
                let mut client = prepared(&server, way, first, &[Choice::Methods(EVERY)]);
                if first == "nopass" {
                    client = prepared(&server, way, "test", &[Choice::Methods(EVERY)]);
                }
                client.login().unwrap();
                let id = value(&mut client, "SELECT CONNECTION_ID()");
                for &(next, _) in usable() {
                    let told = format!("{} {way:?}: {first}, now {next}", server.name);
                    change(&mut client, next, password(next))
                        .unwrap_or_else(|f| panic!("{told}: {f:?}"));
                    assert_eq!(who(&mut client), format!("{next}@%"), "{told}");
                    assert_eq!(value(&mut client, "SELECT CONNECTION_ID()"), id, "{told}");
                    count += 1;
                }
                assert_eq!(client.machine().thread_id().to_string(), id);
            }
        }
    }
    crate::support::say(&format!("{count} changes of user"));
}

/// As above with the wrong password: the server's refusal, which takes it a second, and the end.
#[test]
fn a_refused_change_ends_the_connection() {
    for server in servers::all() {
        for &way in ways(&server).iter().filter(|&&way| way != Way::Unix) {
            for (user, private) in
                accounts(&server).into_iter().filter(|account| account.0 != "nopass")
            {
                if way == Way::Tcp && !private {
                    continue;
                }
                let told = format!("{} {way:?}: {user}", server.name);
                let mut client = prepared(&server, way, "test", &[Choice::Methods(EVERY)]);
                client.login().unwrap();
                let failure = change(&mut client, user, "wrong").unwrap_err();
                assert_eq!(failure.numbers(), (1045, "28000"), "{told}");
                assert_eq!(client.settle().unwrap_err().numbers(), (1045, "28000"), "{told}");
                assert_eq!(Subject::query(&mut client, b"DO 1").unwrap_err().code, 2006, "{told}");
            }
        }
    }
}

/// Compressed, with and without TLS: the stream goes on.
#[test]
fn compressed() {
    for server in servers::all() {
        for &way in ways(&server) {
            for method in if server.has_zstd() { &["zlib", "zstd"][..] } else { &["zlib"] } {
                let list = Choice::Compression(method.as_bytes());
                let mut client = prepared(&server, way, "test", &[list]);
                client.login().unwrap();
                for _ in 0..3 {
                    for (user, _) in server.methods() {
                        change(&mut client, user, user).unwrap();
                        assert_eq!(who(&mut client), format!("{user}@%"));
                        let long = value(&mut client, "SELECT REPEAT('x', 100000)");
                        assert_eq!(long.len(), 100_000);
                    }
                }
                let failure = change(&mut client, "native", "wrong").unwrap_err();
                assert_eq!(failure.numbers(), (1045, "28000"));
            }
        }
    }
}

/// What is set at login holds after a change too; what the session had is gone.
#[test]
fn the_session_afterwards() {
    for server in servers::all() {
        let choices = [Choice::Charset(b"latin2"), Choice::MULTI_STATEMENTS];
        let mut client = prepared(&server, Way::Tcp, "test", &choices);
        client.login().unwrap();
        let charset = "SELECT @@character_set_client";
        assert_eq!(value(&mut client, charset), "latin2");
        Subject::ask(&mut client, b"SET @mine = 5, NAMES utf8mb4", false);
        let key = client.prepare(b"SELECT 1", None).unwrap();
        assert_eq!(client.settle(), Ok(Polled::End));
        let user = server.methods()[0].0;
        client.change_user(user.as_bytes(), user.as_bytes(), b"").unwrap();
        assert_eq!(client.settle(), Ok(Polled::End));
        assert_eq!(value(&mut client, charset), "latin2");
        assert_eq!(value(&mut client, "SELECT @mine"), "");
        assert_eq!(value(&mut client, "SELECT DATABASE()"), "");
        let error = client.execute(key, [].into_iter()).unwrap_err();
        assert_eq!(error.code(), 3000);
        client.close_statement(key);
        let seen = client.ask(b"SELECT 1; SELECT 2", false);
        assert_eq!(seen.iter().filter(|seen| matches!(seen, Seen::Done(_))).count(), 2);
        // Schemas that are not there are refused, and that is the end.
        client.change_user(b"test", b"test", b"nowhere").unwrap();
        assert_eq!(client.settle().unwrap_err().code, 1049, "{}", server.name);
        assert!(client.failure().is_some());
    }
}

/// The user of the system, and accounts with several factors.
#[test]
fn accounts_without_a_password_of_their_own() {
    let server = servers::mariadb();
    let mut client = prepared(&server, Way::Unix, "test", &[]);
    client.login().unwrap();
    change(&mut client, &os_user(), "").unwrap();
    assert_eq!(who(&mut client).split('@').next(), Some(&os_user()[..]));
    assert_eq!(change(&mut client, "daemon", "").unwrap_err().code, 1698);

    let server = servers::mysql();
    let mut client = prepared(&server, Way::Unix, "test", &[Choice::Password(1, b"")]);
    client.login().unwrap();
    for _ in 0..2 {
        change(&mut client, "factors", "factors").unwrap();
        assert_eq!(who(&mut client), "factors@%");
        change(&mut client, "socket", "").unwrap();
    }
    assert_eq!(change(&mut client, "factors", "wrong").unwrap_err().code, 1045);
}

/// What is not accepted at login is not accepted in a change.
#[test]
fn methods_that_are_not_accepted() {
    for server in servers::mariadbs() {
        for (user, way, code) in
            [("old", Way::Unix, 2061), ("clear", Way::Unix, 2061), ("clear", Way::Tcp, 2061)]
        {
            let choices = match way {
                Way::Tcp => &[Choice::Methods(EVERY)][..],
                _ => &[],
            };
            let mut client = prepared(&server, way, "test", choices);
            client.login().unwrap();
            let failure = change(&mut client, user, user).unwrap_err();
            assert_eq!(failure.numbers(), (code, "28000"), "{user} {way:?}: {failure:?}");
        }
    }
}
