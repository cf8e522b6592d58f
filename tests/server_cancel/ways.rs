// SPDX-License-Identifier: Apache-2.0
//! A long command ends at once, by every way to a server, and with every kind of command.

use std::time::{Duration, Instant};

use attachsql::session::{CancelOutcome, Choice, Connection, Polled, TlsChoice};
use attachsql::wire::value::Param;

use crate::support::listener::Address;
use crate::support::servers::{self, Server, value};
use crate::support::subject::{Failure, Subject};

/// Takes long, and ends with an error and no row if it is killed: a SLEEP() that is killed gives 1, but there
/// are others after it.
const LONG: &[u8] =
    b"SELECT MAX(SLEEP(30)) FROM (SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3) t";

/// Much less than that.
const SOON: Duration = Duration::from_secs(15);

fn client(address: &Address, user: &str, choices: &[Choice<'_>]) -> Connection {
    let mut client = servers::connection(address, user, user);
    for choice in choices {
        assert!(client.choose(*choice), "{choice:?}");
    }
    client.login().unwrap();
    client
}

/// Waits until the server is at it, as far as can be told from outside.
fn a_while(client: &mut Connection) {
    let end = Instant::now() + Duration::from_millis(50);
    while Instant::now() < end {
        assert_eq!(Subject::poll(client), Ok(Polled::Processing));
        client.wait(Some(Duration::from_millis(10))).unwrap();
    }
}

fn is_interrupted(server: &Server, client: &mut Connection, start: Instant) {
    let failure = client.settle().unwrap_err();
    assert_eq!(failure.numbers(), (1317, "70100"), "{}: {failure:?}", server.name);
    assert!(start.elapsed() < SOON, "{}", server.name);
    assert_eq!(client.cancel_outcome(), CancelOutcome::Cancelled, "{}", server.name);
    client.close_query();
    assert_eq!(value(client, "SELECT 'after'"), "after");
}

fn cancelled(server: &Server, client: &mut Connection) {
    let start = Instant::now();
    Subject::query(client, LONG).unwrap();
    a_while(client);
    client.cancel().unwrap();
    is_interrupted(server, client, start);
}

#[test]
fn by_every_way() {
    for server in servers::all() {
        for address in [server.tcp(), server.unix()] {
            let mut client = client(&address, "test", &[Choice::Cancel(1)]);
            cancelled(&server, &mut client);
            cancelled(&server, &mut client);
        }
        for &(account, _) in server.methods() {
            let address = if server.is_mysql() { server.unix() } else { server.tcp() };
            cancelled(&server, &mut client(&address, account, &[Choice::Cancel(1)]));
        }
    }
}

#[test]
fn over_tls_and_compressed() {
    let folder = std::env::var("ATTACHSQL_TEST_TLS_DIR").unwrap();
    let [ca, cert, key] = ["ca.pem", "client-cert.pem", "client-key.pem"]
        .map(|name| format!("{folder}/{name}").into_bytes());
    for server in servers::with_tls() {
        for account in ["test", "tls", "x509"] {
            let choices = [
                Choice::Cancel(1),
                Choice::Compress,
                Choice::Tls(TlsChoice::Ca(&ca)),
                Choice::Tls(TlsChoice::Cert(&cert)),
                Choice::Tls(TlsChoice::Key(&key)),
            ];
            let mut client = client(&server.tcp(), account, &choices);
            cancelled(&server, &mut client);
            assert!(client.tls_info().is_some());
        }
    }
}

/// Where every statement has another form, KILL and DO have it too.
#[test]
fn with_query_attributes() {
    for server in servers::all() {
        let choices = [Choice::Cancel(1), Choice::QueryAttributes(1)];
        let mut client = client(&server.tcp(), "test", &choices);
        cancelled(&server, &mut client);
        cancelled(&server, &mut client);
    }
}

/// The lone SLEEP() that the manual mentions: however the server takes it, it is over, and the outcome fits.
#[test]
fn a_lone_sleep() {
    for server in servers::all() {
        let mut client = client(&server.tcp(), "test", &[Choice::Cancel(1)]);
        let start = Instant::now();
        Subject::query(&mut client, b"SELECT SLEEP(10)").unwrap();
        a_while(&mut client);
        client.cancel().unwrap();
        let seen = match client.settle() {
            Ok(Polled::RowReady) => {
                let row = client.row();
                client.next_row();
                assert_eq!(client.settle(), Ok(Polled::End));
                assert_eq!(client.cancel_outcome(), CancelOutcome::Finished);
                String::from_utf8(row[0].clone().unwrap()).unwrap()
            }
            other => {
                assert_eq!(other.unwrap_err().code, 1317);
                assert_eq!(client.cancel_outcome(), CancelOutcome::Cancelled);
                "1317".to_owned()
            }
        };
        assert!(start.elapsed() < Duration::from_secs(8));
        crate::support::say(&format!("{}: a killed SELECT SLEEP(10) gives {seen}", server.name));
        client.close_query();
        assert_eq!(value(&mut client, "SELECT 'after'"), "after");
    }
}

/// In the middle of rows, of a statement, and of a fetch from a cursor; the statement stays of use.
#[test]
fn rows_statements_and_cursors() {
    const ROWS: &str =
        "SELECT a.n, REPEAT('x', 200) FROM cancel_numbers a, cancel_numbers b, cancel_numbers c";
    for server in servers::all() {
        let mut client = client(&server.unix(), "test", &[Choice::Cancel(1)]);
        super::random::numbers(&mut client);
        Subject::query(&mut client, ROWS.as_bytes()).unwrap();
        assert_eq!(client.settle(), Ok(Polled::RowReady));
        client.cancel().unwrap();
        let failure = loop {
            match client.settle() {
                Ok(polled) => assert_eq!(polled, Polled::RowReady),
                Err(failure) => break failure,
            }
            Subject::next_row(&mut client);
        };
        assert_eq!(failure.code, 1317);
        assert_eq!(client.cancel_outcome(), CancelOutcome::Cancelled);
        client.close_query();
        assert_eq!(value(&mut client, "SELECT 'after'"), "after");

        for size in [0, 100] {
            let key = client.prepare(format!("{ROWS} WHERE a.n >= ?").as_bytes(), None).unwrap();
            assert_eq!(client.settle(), Ok(Polled::End));
            client.set_fetch_size(key, size).unwrap();
            for round in 0..2 {
                client.execute(key, [Param::Int(0)].into_iter()).unwrap();
                let mut failure = None;
                let mut rows = 0;
                // A cursor's rows lie at the server when the execute has ended.
                if size == 0 {
                    assert_eq!(client.settle(), Ok(Polled::RowReady));
                }
                client.cancel().unwrap();
                while failure.is_none() {
                    match client.settle() {
                        Ok(Polled::RowReady) => {
                            rows += 1;
                            Subject::next_row(&mut client);
                        }
                        Ok(_) => break,
                        Err(error) => failure = Some(error),
                    }
                }
                let ended = failure.as_ref().map(|failure| failure.code);
                let outcome = client.cancel_outcome();
                let told = (ended, outcome);
                let right = told == (Some(1317), CancelOutcome::Cancelled)
                    || told == (None, CancelOutcome::Finished);
                assert!(right, "{}: {told:?} in round {round}, {rows} rows", server.name);
                assert_eq!(value(&mut client, "SELECT 'after'"), "after");
            }
            client.close_statement(key);
        }
    }
}

/// An account that may connect only once cannot cancel: the connection is cut, and the message says why.
#[test]
fn one_connection_at_a_time() {
    for server in servers::all() {
        let mut client = client(&server.tcp(), "limited", &[Choice::Cancel(1)]);
        Subject::query(&mut client, LONG).unwrap();
        a_while(&mut client);
        client.cancel().unwrap();
        let failure = client.settle().unwrap_err();
        assert_eq!(failure.numbers(), (2013, "08006"), "{failure:?}");
        assert!(failure.text.contains("second connection failed"), "{failure:?}");
        assert!(failure.text.contains("max_user_connections"), "{failure:?}");
        assert_eq!(client.cancel_outcome(), CancelOutcome::Unknown);
        // The server sees to the end of it in its own time; kill it for those that follow.
        let id = client.thread_id();
        drop(client);
        let mut admin = servers::admin(&server.unix());
        let _ = admin.ask(format!("KILL {id}").as_bytes(), false);
        let end = Instant::now() + SOON;
        while value(
            &mut admin,
            "SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'limited'",
        ) != "0"
        {
            assert!(Instant::now() < end, "{}: it is still there", server.name);
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// A deadline: the error is the library's, the connection goes on.
#[test]
fn a_deadline() {
    for server in servers::all() {
        let choices = [Choice::Cancel(1), Choice::CommandTimeout(300)];
        let mut client = client(&server.tcp(), "test", &choices);
        for text in [LONG, b"SELECT SLEEP(10)"] {
            let start = Instant::now();
            Subject::query(&mut client, text).unwrap();
            let failure: Failure = loop {
                match client.settle() {
                    Ok(_) => Subject::next_row(&mut client),
                    Err(failure) => break failure,
                }
            };
            assert_eq!(failure.numbers(), (3004, "HYT00"), "{failure:?}");
            assert!(start.elapsed() >= Duration::from_millis(300) && start.elapsed() < SOON);
            client.close_query();
            assert_eq!(value(&mut client, "SELECT 'after'"), "after");
        }
    }
}
