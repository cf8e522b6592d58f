// SPDX-License-Identifier: Apache-2.0
//! How statements live beside each other, beside queries, and through everything that can happen to a
//! connection.

use attachsql::capi::types::attachsql_options_t as Options;
use attachsql::session::{Connection, Polled, convert};
use attachsql::wire::value::Param;

use crate::support::raw::CApi;
use crate::support::servers::{self, Kind, Server};
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
            assert!(con.option(Options::COMPRESS, 0));
        }
        con
    };
    let mut all = vec![CApi::to(&server.unix()), way(false, false), way(false, true)];
    if server.kind != Kind::MySql56 {
        all.extend([way(true, false), way(true, true)]);
    }
    all
}

fn rows(texts: &[&[&str]]) -> Vec<Vec<Option<Vec<u8>>>> {
    let value = |text: &&str| Some(text.as_bytes().to_vec());
    texts.iter().map(|row| row.iter().map(value).collect()).collect()
}

#[test]
fn a_life_by_every_way() {
    for server in servers::all() {
        for mut con in ways(&server) {
            // Nothing was connected before the first prepare.
            con.prepare(b"never sent").unwrap();
            con.prepare(b"SELECT ?, UPPER(?)").unwrap();
            assert_eq!(con.settle(), Ok(Polled::End));
            for n in 0..20 {
                let word = format!("word {n}");
                let got = con.run_statement(&[Set::Int(n), Set::Text(word.as_bytes())]).unwrap();
                assert_eq!(got, rows(&[&[&n.to_string(), &word.to_uppercase()]]));
            }
            con.long_data(1, b"long ").unwrap();
            con.long_data(1, b"data").unwrap();
            let got = con.run_statement(&[Set::Null]).unwrap();
            assert_eq!(got[0][0], None);
            assert!(got[0][1].as_ref().unwrap().eq_ignore_ascii_case(b"long data"));
            con.reset().unwrap();
            assert_eq!(con.settle(), Ok(Polled::End));
            // Many closes and prepares at once, none of which is waited for.
            for n in 0..10 {
                con.prepare(format!("SELECT {n}").as_bytes()).unwrap();
                if n % 3 == 0 {
                    con.close_statement();
                }
            }
            con.close_statement();
            con.close_statement();
            con.prepared("SELECT 'last'").unwrap();
            assert_eq!(con.run_statement(&[]).unwrap(), rows(&[&["last"]]));
            // Of these the server saw the first two and the last one, and of both of the former the close.
            let closed = servers::value(&mut con, "SHOW SESSION STATUS LIKE 'Com_stmt_close'");
            assert_eq!(closed, "2", "{}", server.name);
        }
    }
}

const NUMBERS: &str = "SELECT a.n + 10 * b.n + 100 * c.n + ?, REPEAT('x', 100) \
     FROM (SELECT 0 AS n UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 \
     UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9) a, \
     (SELECT 0 AS n UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 \
     UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9) b, \
     (SELECT 0 AS n UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 \
     UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9) c";

#[test]
fn undrained_results_and_queries_in_between() {
    for server in servers::all() {
        for mut con in ways(&server) {
            con.prepared(NUMBERS).unwrap();
            for taken in [0, 1, 2, 999, 1000] {
                con.set(0, Set::Int(0)).unwrap();
                con.execute().unwrap();
                for _ in 0..taken {
                    assert_eq!(con.settle(), Ok(Polled::RowReady));
                    con.statement_next();
                }
                match taken % 3 {
                    0 => assert_eq!(servers::value(&mut con, "SELECT 'between'"), "between"),
                    1 => {
                        con.reset().unwrap();
                        assert_eq!(con.settle(), Ok(Polled::End));
                    }
                    _ => con.close_query(),
                }
                let got = con.run_statement(&[Set::Int(5000)]).unwrap();
                let sum: u64 = got
                    .iter()
                    .map(|row| {
                        let text = String::from_utf8(row[0].clone().unwrap()).unwrap();
                        text.parse::<f64>().unwrap() as u64
                    })
                    .sum();
                assert_eq!((got.len(), sum), (1000, 999 * 500 + 5_000_000));
            }
            con.close_statement();
            assert_eq!(servers::value(&mut con, "SELECT 'after'"), "after");
        }
    }
}

fn first(con: &mut Connection, key: attachsql::proto::statements::StatementKey) -> i64 {
    assert_eq!(con.settle(), Ok(Polled::RowReady));
    assert!(con.take_statement_row(key));
    let field = con.field(0).unwrap();
    let value = convert::bigint(field.kind(), field.bits()).unwrap();
    con.next_row();
    value
}

#[test]
fn several_on_one_connection() {
    for server in servers::all() {
        let mut con = servers::admin(&server.unix());
        let texts =
            ["SELECT ? + 1 UNION ALL SELECT 0", "SELECT ? * 2", "SELECT -? UNION ALL SELECT 0"];
        let keys = texts.map(|text| con.prepare(text.as_bytes(), None).unwrap());
        assert_eq!(con.settle(), Ok(Polled::End), "only the last is waited for");
        for n in 1..30 {
            for (which, key) in keys.iter().enumerate() {
                con.execute(*key, [Param::BigInt(n)].into_iter()).unwrap();
                let want = [n + 1, n * 2, -n][which];
                assert_eq!(first(&mut con, *key), want);
                // A row of one is no row of another.
                assert!(!con.take_statement_row(keys[(which + 1) % 3]));
            }
        }
        con.close_statement(keys[1]);
        assert_eq!(con.execute(keys[1], [].into_iter()).unwrap_err().code(), 3000);
        con.execute(keys[2], [Param::BigInt(8)].into_iter()).unwrap();
        assert_eq!(first(&mut con, keys[2]), -8);
    }
}

/// The table changes under the statement: the columns are those of each answer.
#[test]
fn columns_that_change() {
    for server in servers::all() {
        let mut con = CApi::to(&server.unix());
        let name = format!("changing_{}", server.name);
        let run = |con: &mut CApi, text: &str| {
            let seen = con.ask(text.replace("TABLE_NAME", &name).as_bytes(), false);
            assert!(matches!(seen[..], [Seen::Done(_)]), "{text}: {seen:?}");
        };
        run(&mut con, "DROP TABLE IF EXISTS TABLE_NAME");
        run(&mut con, "CREATE TABLE TABLE_NAME (a INT)");
        run(&mut con, "INSERT INTO TABLE_NAME VALUES (5)");
        con.prepared(&format!("SELECT * FROM {name}")).unwrap();
        assert_eq!(con.run_statement(&[]).unwrap(), rows(&[&["5"]]));
        assert_eq!(con.column_type(0), 3);
        run(
            &mut con,
            "ALTER TABLE TABLE_NAME ADD COLUMN b VARCHAR(10) DEFAULT 'new', MODIFY a BIGINT",
        );
        assert_eq!(con.run_statement(&[]).unwrap(), rows(&[&["5", "new"]]));
        assert_eq!((con.column_count(), con.column_type(0)), (2, 8));
        run(&mut con, "ALTER TABLE TABLE_NAME DROP COLUMN a");
        assert_eq!(con.run_statement(&[]).unwrap(), rows(&[&["new"]]));
        assert_eq!((con.column_count(), con.column_type(0)), (1, 253));
        run(&mut con, "DROP TABLE TABLE_NAME");
        let failure = con.run_statement(&[]).unwrap_err();
        assert_eq!(failure.numbers(), (1146, "42S02"), "{}", server.name);
        run(&mut con, "CREATE TABLE TABLE_NAME (c DATE)");
        assert_eq!(con.run_statement(&[]).unwrap(), rows(&[]));
        assert_eq!((con.column_count(), con.column_type(0)), (1, 10));
        run(&mut con, "DROP TABLE TABLE_NAME");
    }
}

/// What is known of a statement after its connection was killed.
#[test]
fn a_statement_lost_with_its_connection() {
    for server in servers::all() {
        let mut admin = servers::admin(&server.unix());
        let mut con = CApi::to(&server.unix());
        con.prepared("SELECT ?").unwrap();
        con.set(0, Set::Int(1)).unwrap();
        admin.ask(format!("KILL {}", con.thread_id()).as_bytes(), false);
        let end = con.execute().and_then(|()| con.settle().map(drop));
        let failure = end.unwrap_err();
        assert!([2006, 2013, 1927, 4031].contains(&failure.code), "{}: {failure:?}", server.name);
        for failure in [con.execute().unwrap_err(), con.reset().unwrap_err()] {
            assert_eq!(failure.numbers(), (2006, "08006"), "{}: {failure:?}", server.name);
        }
        con.close_statement();
        con.close_statement();
        assert!(con.poll().is_err());
    }
}

/// Errors of executes: each is told, none hurts the statement or the connection.
#[test]
fn errors_of_executes() {
    for server in servers::all() {
        let mut con = CApi::to(&server.unix());
        con.ask(b"CREATE TEMPORARY TABLE one (id INT PRIMARY KEY)", false);
        con.prepared("INSERT INTO one VALUES (?)").unwrap();
        let numbers = |result: Result<_, Failure>| result.map_err(|f| (f.code, f.state));
        for _ in 0..3 {
            let _ = con.ask(b"DELETE FROM one", false);
            assert_eq!(con.run_statement(&[Set::Int(1)]), Ok(Vec::new()));
            let again = numbers(con.run_statement(&[Set::Int(1)]));
            assert_eq!(again, Err((1062, "23000".to_owned())), "{}", server.name);
            let null = numbers(con.run_statement(&[Set::Null]));
            assert_eq!(null, Err((1048, "23000".to_owned())));
            // Long data, which an execute that fails uses up as well.
            con.long_data(0, b"1").unwrap();
            assert_eq!(numbers(con.run_statement(&[])), Err((1062, "23000".to_owned())));
            assert_eq!(con.run_statement(&[Set::Int(2)]), Ok(Vec::new()));
        }
        assert_eq!(servers::value(&mut con, "SELECT COUNT(*) FROM one"), "2");
    }
}
