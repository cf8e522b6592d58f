// SPDX-License-Identifier: Apache-2.0
//! Ping, reset, schema, statistics, several statements and kill, by every way to every server.

use attachsql::capi::types::attachsql_options_t as Options;
use attachsql::session::Polled;

use crate::support::commands::Do;
use crate::support::raw::CApi;
use crate::support::servers::{self, Kind, Server, value};
use crate::support::statements::Set;
use crate::support::subject::{Failure, Seen, Subject};

/// Over TCP, over a unix socket, compressed, and where the server can, in TLS, with and without.
fn ways(server: &Server) -> Vec<CApi> {
    let way = |tls: bool, compress: bool| {
        let con = CApi::to(&server.tcp());
        if tls {
            assert!(con.option(Options::TLS, 1) && con.option(Options::SSL_NO_VERIFY, 0));
        }
        if compress {
            let method = if server.has_zstd() { "zstd" } else { "zlib" };
            assert!(con.text_option(Options::COMPRESSION, method));
        }
        con
    };
    let mut all = vec![CApi::to(&server.unix()), way(false, false), way(false, true)];
    if server.kind != Kind::MySql56 {
        all.extend([way(true, false), way(true, true)]);
    }
    all
}

fn done(con: &mut CApi, what: Do<'_>) -> Result<(), Failure> {
    con.command(what)?;
    assert_eq!(con.settle()?, Polled::End);
    Ok(())
}

/// Whether several statements in a query are taken.
fn several(con: &mut CApi) -> bool {
    match con.ask(b"SELECT 1; SELECT 2", false)[..] {
        [_, Seen::Row(_), Seen::Done(_), _, Seen::Row(_), Seen::Done(_)] => true,
        [Seen::Failed(ref failure)] if failure.code == 1064 => false,
        ref seen => panic!("{seen:?}"),
    }
}

#[test]
fn every_command_by_every_way() {
    for server in servers::all() {
        for mut con in ways(&server) {
            // On a connection that was never used.
            done(&mut con, Do::Ping).unwrap();
            for _ in 0..100 {
                done(&mut con, Do::Ping).unwrap();
            }
            done(&mut con, Do::Statistics).unwrap();
            assert!(con.numbers().info.starts_with("Uptime: "), "{:?}", con.numbers());
            for schema in ["mysql", "information_schema", "testdb"] {
                done(&mut con, Do::Schema(schema)).unwrap();
                assert_eq!(value(&mut con, "SELECT DATABASE()"), schema);
            }
            for (schema, code) in [("nowhere", 1049), ("", 1046)] {
                let failure = done(&mut con, Do::Schema(schema)).unwrap_err();
                assert_eq!(failure.code, code, "{}: {failure:?}", server.name);
                assert_eq!(value(&mut con, "SELECT DATABASE()"), "testdb");
            }
            assert!(!several(&mut con));
            for on in [true, false, true, true, false] {
                done(&mut con, Do::Multi(on)).unwrap();
                assert_eq!(several(&mut con), on, "{}", server.name);
            }
        }
    }
}

/// A thousand at once: those in the queue are sent in order, and nothing is mixed up.
#[test]
fn many_without_waiting() {
    for server in servers::all() {
        for mut con in ways(&server) {
            con.login().unwrap();
            for round in 0..20 {
                for _ in 0..10 {
                    con.command(Do::Ping).unwrap();
                    con.command(Do::Statistics).unwrap();
                    con.command(Do::Schema("testdb")).unwrap();
                }
                assert_eq!(value(&mut con, &format!("SELECT {round}")), round.to_string());
            }
        }
    }
}

#[test]
fn reset() {
    for server in servers::all() {
        for mut con in ways(&server) {
            con.prepared("SELECT ?").unwrap();
            con.ask(b"SET @mine = 5", false);
            con.ask(b"CREATE TEMPORARY TABLE passing (a INT)", false);
            let id = value(&mut con, "SELECT CONNECTION_ID()");
            let outcome = done(&mut con, Do::Reset);
            if server.kind == Kind::MySql56 {
                assert_eq!(outcome.unwrap_err().numbers(), (1047, "08S01"));
                assert_eq!(value(&mut con, "SELECT @mine"), "5");
                assert_eq!(con.run_statement(&[Set::Int(1)]).unwrap().len(), 1);
                continue;
            }
            outcome.unwrap();
            assert_eq!(value(&mut con, "SELECT @mine"), "", "NULL");
            assert_eq!(value(&mut con, "SELECT CONNECTION_ID()"), id);
            assert_eq!(value(&mut con, "SELECT DATABASE()"), "testdb");
            let seen = con.ask(b"SELECT * FROM passing", false);
            assert!(
                matches!(&seen[..], [Seen::Failed(failure)] if failure.code == 1146),
                "{seen:?}"
            );
            let failure = con.set(0, Set::Int(1)).unwrap_err();
            assert_eq!(failure.numbers(), (3000, "22023"));
            con.prepared("SELECT ?").unwrap();
            assert_eq!(con.run_statement(&[Set::Int(1)]).unwrap().len(), 1);
        }
    }
}

/// A query that runs for as long as nobody ends it.
const LONG: &[u8] =
    b"SELECT COUNT(*) FROM information_schema.COLUMNS a, information_schema.COLUMNS b, \
    information_schema.COLUMNS c, information_schema.COLUMNS d";

#[test]
fn kill() {
    for server in servers::all() {
        for mut con in ways(&server) {
            con.login().unwrap();
            for query_only in [true, false] {
                let mut other = CApi::to(&server.unix());
                other.login().unwrap();
                other.query(LONG).unwrap();
                assert_eq!(other.poll(), Ok(Polled::Processing));
                let id = other.thread_id();
                let running = format!(
                    "SELECT COUNT(*) FROM information_schema.PROCESSLIST \
                     WHERE ID = {id} AND COMMAND = 'Query' AND INFO LIKE 'SELECT COUNT%'"
                );
                while value(&mut con, &running) != "1" {}
                done(&mut con, Do::Kill(id.into(), query_only)).unwrap();
                let failure = other.settle().unwrap_err();
                if query_only {
                    assert_eq!(failure.numbers(), (1317, "70100"), "{}", server.name);
                    other.close_query();
                    assert_eq!(value(&mut other, "SELECT 'alive'"), "alive");
                } else {
                    let last_words = [1317, 1927, 4031, 2013];
                    assert!(last_words.contains(&failure.code), "{}: {failure:?}", server.name);
                    other.close_query();
                    let end = other.query(b"DO 1").and_then(|()| other.settle().map(drop));
                    assert!(end.is_err());
                }
            }
            let failure = done(&mut con, Do::Kill(u64::from(u32::MAX) - 7, true)).unwrap_err();
            assert_eq!(failure.numbers(), (1094, "HY000"), "{}", server.name);
            assert_eq!(value(&mut con, "SELECT 'alive'"), "alive");
        }
    }
}
