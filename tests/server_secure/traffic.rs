// SPDX-License-Identifier: Apache-2.0
//! Versions and ciphers, and every way to use a connection over TLS: long values, buffered rows,
//! semi-blocking, queries before the login.

use attachsql::session::{Choice, Connection, Polled};

use super::settings::{Tls, ca, refused, secure, status, try_login};
use crate::support::golden::{self, Side};
use crate::support::packets;
use crate::support::servers::{self, value};
use crate::support::subject::{Ask, Seen, Subject};

const LONG: usize = 40 << 20;

#[test]
fn versions() {
    for server in servers::with_tls() {
        for (tls, version) in [
            (vec![], "TLSv1.3"),
            (vec![Tls::Max(12)], "TLSv1.2"),
            (vec![Tls::Min(12), Tls::Max(13)], "TLSv1.3"),
            (vec![Tls::Min(13)], "TLSv1.3"),
        ] {
            let tls = [vec![ca()], tls].concat();
            let mut client = try_login(&server.tcp(), &tls).unwrap();
            assert_eq!(status(&mut client, "Ssl_version"), version, "{tls:?}");
        }
        let failure = refused(&server, &[ca(), Tls::Min(13), Tls::Max(12)]);
        assert_eq!(failure.code, 3003, "{failure:?}");
    }
}

/// MySQL 5.6 speaks TLS 1.0 only: the reason is told, and nothing of the login is sent in clear instead.
#[test]
fn a_server_of_tls_1_0() {
    let server = servers::mysql56();
    for tls in [vec![ca()], vec![ca(), Tls::Max(12)], vec![Tls::Require, Tls::Verify(0)]] {
        let failure = refused(&server, &tls);
        assert_eq!(failure.numbers(), (3003, "08000"), "{failure:?}");
        assert!(failure.text.contains("unsupported protocol"), "{failure:?}");
    }
    let recording = golden::watch(&server, false, |address| {
        secure(address, "test", "test", &[ca()]).login().unwrap_err();
    });
    let sent: Vec<&[u8]> = recording
        .turns
        .iter()
        .filter(|turn| turn.0 == Side::Client)
        .map(|turn| &turn.1[..])
        .collect();
    assert!(sent[0].len() > 36 && sent[0][36] == 0x16, "32 bytes, and a handshake");
    assert!(sent.iter().all(|sent| !sent.windows(5).any(|part| part == b"test\0")), "{sent:?}");
}

#[test]
fn ciphers() {
    for server in servers::with_tls() {
        for (tls, cipher) in [
            (
                vec![Tls::Max(12), Tls::Ciphers("ECDHE-RSA-AES256-GCM-SHA384")],
                "ECDHE-RSA-AES256-GCM-SHA384",
            ),
            (
                vec![Tls::Max(12), Tls::Ciphers("ECDHE-RSA-AES128-GCM-SHA256")],
                "ECDHE-RSA-AES128-GCM-SHA256",
            ),
            (vec![Tls::Suites("TLS_AES_128_GCM_SHA256")], "TLS_AES_128_GCM_SHA256"),
            (vec![Tls::Suites("TLS_AES_256_GCM_SHA384")], "TLS_AES_256_GCM_SHA384"),
        ] {
            let tls = [vec![ca()], tls].concat();
            let mut client = try_login(&server.tcp(), &tls).unwrap();
            assert_eq!(status(&mut client, "Ssl_cipher"), cipher, "{}", server.name);
        }
        // The server has no certificate for it.
        let tls = [ca(), Tls::Max(12), Tls::Ciphers("ECDHE-ECDSA-AES128-GCM-SHA256")];
        let failure = refused(&server, &tls);
        assert_eq!(failure.numbers(), (3003, "08000"), "{failure:?}");
        assert!(failure.text.contains("handshake failure"), "{failure:?}");
        for bad in [Tls::Ciphers("no such cipher"), Tls::Suites("TLS_NO_SUCH_SUITE")] {
            let failure = refused(&server, &[ca(), bad]);
            assert_eq!(failure.numbers(), (3003, "22023"), "{failure:?}");
        }
    }
}

/// A value of 40 MiB to the server and back, split into three packets and 2,560 records each way.
#[test]
fn a_long_value_both_ways() {
    let letters: Vec<u8> =
        (0..LONG).map(|i| b'a' + packets::number((i * 7 + i / 977) % 26)).collect();
    let query = [b"SELECT '", &letters[..], b"'"].concat();
    for server in servers::with_tls() {
        for (address, version, buffered) in [
            (server.tcp(), 12, false),
            (server.tcp(), 13, true),
            (server.unix(), 12, true),
            (server.unix(), 13, false),
        ] {
            let tls = [ca(), Tls::Min(version), Tls::Max(version)];
            let mut client = try_login(&address, &tls).unwrap();
            let seen = client.ask(&query, buffered);
            let [Seen::Columns(_), Seen::Row(row), Seen::Done(_)] = &seen[..] else {
                panic!("{} things seen", seen.len());
            };
            assert!(row[0].as_deref() == Some(&letters[..]), "the value has changed");
            assert_eq!(value(&mut client, "SELECT 1"), "1");
        }
    }
}

/// Rows, results, errors, an abandoned answer.
fn asks() -> Vec<Ask> {
    let many = "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 900) \
                SELECT i, REPEAT(CHAR(97 + i % 26), i) FROM n";
    vec![
        Ask::query("SELECT NULL, '', 'x'"),
        Ask::query(many),
        Ask::buffered(many),
        Ask::query("SELECT nonsense"),
        Ask::Abandon(many.as_bytes().to_vec(), 3),
        Ask::query("SELECT 1; SELECT 'two', 2; DO 0"),
        Ask::buffered("SELECT 1; SELECT 'two', 2"),
        Ask::query("SELECT REPEAT('r', 16384), REPEAT('s', 16385), REPEAT('t', 40000)"),
    ]
}

fn with_statements(mut client: Connection) -> Connection {
    assert!(client.choose(Choice::MULTI_STATEMENTS));
    client.login().unwrap();
    client
}

/// What is seen does not depend on how the bytes travel.
#[test]
fn the_same_as_without() {
    for server in servers::with_tls() {
        let plain =
            with_statements(servers::connection(&server.tcp(), "test", "test")).run(&asks());
        assert_eq!(plain.iter().filter(|seen| matches!(seen, Seen::Failed(_))).count(), 1);
        for address in [server.tcp(), server.unix()] {
            for version in [12, 13] {
                for semi_blocking in [false, true] {
                    let tls = [ca(), Tls::Min(version), Tls::Max(version)];
                    let mut client = secure(&address, "test", "test", &tls);
                    if semi_blocking {
                        assert!(client.choose(Choice::SemiBlocking));
                    }
                    let seen = with_statements(client).run(&asks());
                    assert_eq!(seen.len(), plain.len());
                    for (seen, plain) in seen.iter().zip(&plain) {
                        assert!(seen == plain, "{}: {seen:?}, not {plain:?}", server.name);
                    }
                }
            }
        }
    }
}

/// A semi-blocking poll sleeps until something happens, and never for good.
#[test]
fn semi_blocking_polls_are_few() {
    for server in servers::with_tls() {
        let mut client = secure(&server.tcp(), "test", "test", &[ca()]);
        assert!(client.choose(Choice::SemiBlocking));
        Subject::query(&mut client, b"SELECT SLEEP(0.3), 'awake'").unwrap();
        let mut polls = 0;
        loop {
            polls += 1;
            match Subject::poll(&mut client).unwrap() {
                Polled::RowReady => break,
                Polled::Connecting | Polled::Processing => {}
                other => panic!("{other:?}"),
            }
        }
        assert!(polls < 40, "{polls} polls for a login and a row");
        assert_eq!(client.row()[1].as_deref(), Some(&b"awake"[..]));
    }
}

/// A query that is given before the handshake goes out after the login, encrypted.
#[test]
fn a_query_before_the_login() {
    for server in servers::with_tls() {
        for address in [server.tcp(), server.unix()] {
            let mut client = secure(&address, "tls", "tls", &[ca()]);
            assert_eq!(value(&mut client, "SELECT 'early'"), "early");
            assert_eq!(status(&mut client, "Ssl_version"), "TLSv1.3");
        }
    }
}

/// Thirty connections, one thread: handshakes and answers interleave.
#[test]
fn many_at_once() {
    for server in servers::with_tls() {
        let mut clients: Vec<Connection> = (0..30)
            .map(|n| {
                let version = 12 + n % 2;
                let tls = [ca(), Tls::Min(version), Tls::Max(version)];
                secure(&server.tcp(), "test", "test", &tls)
            })
            .collect();
        for (n, client) in clients.iter_mut().enumerate() {
            Subject::query(client, format!("SELECT {n}, REPEAT('x', 100000)").as_bytes()).unwrap();
        }
        let mut left: Vec<usize> = (0..clients.len()).collect();
        while !left.is_empty() {
            left.retain(|&n| match Subject::poll(&mut clients[n]).unwrap() {
                Polled::RowReady => {
                    let row = clients[n].row();
                    assert_eq!(row[0].as_deref(), Some(n.to_string().as_bytes()));
                    assert_eq!(row[1].as_ref().unwrap().len(), 100_000);
                    false
                }
                _ => true,
            });
            std::thread::yield_now();
        }
    }
}
