// SPDX-License-Identifier: Apache-2.0
//! Compression against the real servers: what is agreed on, and every way to use a connection through
//! it, with TLS below and without.

use attachsql::session::{Choice, Connection};
use attachsql::wire::zframe::Algorithm;

use super::settings::{Tls, ca, secure, status};
use crate::support::listener::Address;
use crate::support::packets;
use crate::support::servers::{self, Server, value};
use crate::support::subject::{Ask, Failure, Seen, Subject};

const LONG: usize = 20 << 20;

fn compressed(address: &Address, tls: &[Tls], choices: &[Choice<'_>]) -> Connection {
    let mut connection = secure(address, "test", "test", tls);
    for &choice in choices {
        assert!(connection.choose(choice), "{choice:?} is not taken");
    }
    connection
}

fn login(address: &Address, tls: &[Tls], choices: &[Choice<'_>]) -> Result<Connection, Failure> {
    let mut connection = compressed(address, tls, choices);
    connection.login()?;
    Ok(connection)
}

/// The lists under which each of the server's methods comes to be used.
fn methods(server: &Server) -> Vec<&'static str> {
    if server.has_zstd() { vec!["zlib", "zstd"] } else { vec!["zlib"] }
}

#[test]
fn the_best_method_that_the_server_has_too() {
    use Algorithm::{Zlib, Zstd};
    for server in servers::all() {
        let zstd = server.has_zstd();
        for (list, want) in [
            ("zlib", Some(Zlib)),
            ("zlib,zstd", Some(Zlib)),
            ("zstd", zstd.then_some(Zstd)),
            ("zstd,zlib", Some(if zstd { Zstd } else { Zlib })),
            ("uncompressed", None),
        ] {
            let choice = Choice::Compression(list.as_bytes());
            let mut client = login(&server.tcp(), &[], &[choice]).unwrap();
            assert_eq!(client.machine().compression(), want, "{} {list}", server.name);
            let on = if want.is_some() { "ON" } else { "OFF" };
            assert_eq!(status(&mut client, "Compression"), on, "{} {list}", server.name);
            if zstd {
                let name = match want {
                    Some(Zlib) => "zlib",
                    Some(Zstd) => "zstd",
                    None => "",
                };
                assert_eq!(status(&mut client, "Compression_algorithm"), name, "{list}");
            }
        }
        let client = login(&server.tcp(), &[], &[Choice::Compress]).unwrap();
        assert_eq!(client.machine().compression(), Some(Zlib));
    }
}

#[test]
fn what_is_required_and_not_offered_is_refused() {
    let required = [Choice::Compression(b"zstd"), Choice::CompressionRequired(1)];
    let failure = login(&servers::mariadb().tcp(), &[], &required).map(|_| ()).unwrap_err();
    assert_eq!(failure.numbers(), (2066, "08004"), "{failure:?}");
    let client = login(&servers::mysql().tcp(), &[], &required).unwrap();
    assert_eq!(client.machine().compression(), Some(Algorithm::Zstd));
    let both = [Choice::Compression(b"zstd,zlib"), Choice::CompressionRequired(1)];
    assert!(login(&servers::mariadb().tcp(), &[], &both).is_ok());
}

/// The level travels with the login.
#[test]
fn the_servers_level_is_the_one_asked_for() {
    let choices = [Choice::Compression(b"zstd"), Choice::ZstdLevel(19)];
    let mut client = login(&servers::mysql().tcp(), &[], &choices).unwrap();
    assert_eq!(status(&mut client, "Compression_level"), "19");
}

#[test]
fn queries_of_every_size_both_ways() {
    let letters: Vec<u8> =
        (0..LONG).map(|i| b'a' + packets::number((i * 7 + i / 977) % 26)).collect();
    for server in servers::with_tls() {
        for method in methods(&server) {
            for tls in [vec![], vec![ca()]] {
                for address in [server.tcp(), server.unix()] {
                    let choice = Choice::Compression(method.as_bytes());
                    let mut client = login(&address, &tls, &[choice]).unwrap();
                    for len in [0, 1, 40, 41, 42, 100, 65_000, 65_600, 300_000, LONG] {
                        let text = [b"SELECT '", &letters[..len], b"'"].concat();
                        let seen = client.ask(&text, len % 2 == 1);
                        let [Seen::Columns(_), Seen::Row(row), Seen::Done(_)] = &seen[..] else {
                            panic!("{} {method} {len}: {} things seen", server.name, seen.len());
                        };
                        assert!(row[0].as_deref() == Some(&letters[..len]), "{method} {len}");
                    }
                }
            }
        }
    }
}

/// Answers of one packet and of many, errors, several results, abandoned answers: the same as without.
#[test]
fn the_same_is_seen_as_without() {
    let many = b"SELECT a.n, REPEAT('xyz', a.n), NULL, b.n FROM (SELECT 1 n UNION SELECT 20 UNION \
                 SELECT 3000) a, (SELECT 1 n UNION SELECT 2 UNION SELECT 3) b ORDER BY a.n, b.n";
    let asks = [
        Ask::Login,
        Ask::Query(b"SELECT 1".to_vec()),
        Ask::Query(b"SELECT no_such_column".to_vec()),
        Ask::Query(many.to_vec()),
        Ask::Buffered(many.to_vec()),
        Ask::Abandon(many.to_vec(), 2),
        Ask::Query(b"DO 1".to_vec()),
        Ask::Query(b"SELECT 1; SELECT 2, 'two'; DO 3; SELECT nothing".to_vec()),
        Ask::Query(b"SELECT 'the end'".to_vec()),
    ];
    let without_id = |seen: Vec<Seen>| -> Vec<Seen> {
        seen.into_iter().filter(|seen| !matches!(seen, Seen::LoggedIn { .. })).collect()
    };
    for server in servers::with_tls() {
        let several = Choice::MULTI_STATEMENTS;
        let mut plain = compressed(&server.unix(), &[], &[several]);
        let want = without_id(plain.run(&asks));
        for method in methods(&server) {
            for tls in [vec![], vec![ca()]] {
                let choices = [several, Choice::Compression(method.as_bytes())];
                let mut client = compressed(&server.unix(), &tls, &choices);
                assert_eq!(without_id(client.run(&asks)), want, "{} {method}", server.name);
            }
        }
    }
}

#[test]
fn a_server_that_gives_up_is_heard() {
    for server in servers::all() {
        for method in methods(&server) {
            let choice = Choice::Compression(method.as_bytes());
            let mut client = login(&server.tcp(), &[], &[choice]).unwrap();
            let id = client.machine().thread_id();
            let mut killer = servers::admin(&server.tcp());
            killer.ask(format!("KILL {id}").as_bytes(), false);
            let seen = client.ask(b"SELECT 1", false);
            let [Seen::Failed(failure)] = &seen[..] else { panic!("{seen:?}") };
            let known = [(1927, "70100"), (2006, "08006"), (2013, "08006"), (4031, "HY000")];
            assert!(known.contains(&failure.numbers()), "{} {method}: {failure:?}", server.name);
            assert_eq!(value(&mut killer, "SELECT 1"), "1");
        }
    }
}
