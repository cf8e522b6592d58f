// SPDX-License-Identifier: Apache-2.0
//! Columns that change under a prepared statement, and columns that do not, which MariaDB leaves out.

use attachsql::session::Polled;

use crate::support::raw::CApi;
use crate::support::servers::{self, Kind, Server};
use crate::support::subject::{Seen, Subject};

/// The first value of the last column of a query's answer.
fn number(con: &mut CApi, text: &str) -> u64 {
    let seen = con.ask(text.as_bytes(), false);
    let value = seen.iter().find_map(|seen| match seen {
        Seen::Row(row) => row.last().cloned().flatten(),
        _ => None,
    });
    String::from_utf8(value.unwrap_or_else(|| panic!("{text}: {seen:?}"))).unwrap().parse().unwrap()
}

fn run(con: &mut CApi, text: &str) {
    let seen = con.ask(text.as_bytes(), false);
    assert!(matches!(seen[..], [Seen::Done(_)]), "{text}: {seen:?}");
}

/// Answers whose columns the server has left out; 0 for servers that always send them.
fn skipped(con: &mut CApi, server: &Server) -> u64 {
    match server.kind {
        Kind::MariaDb1011 | Kind::MariaDb118 => {
            number(con, "SHOW SESSION STATUS LIKE 'Resultset_metadata_skipped'")
        }
        _ => 0,
    }
}

/// The rows of the statement, and its columns as a query describes them.
fn compare(con: &mut CApi, text: &str) {
    con.execute().unwrap();
    let mut rows = con.statement_rows().unwrap();
    let columns = con.columns();
    let mut seen = con.ask(text.as_bytes(), false).into_iter();
    let Some(Seen::Columns(wanted)) = seen.next() else { panic!("{text}: no columns") };
    assert_eq!(columns, wanted, "{text}");
    let wanted = seen.filter_map(|seen| match seen {
        Seen::Row(row) => Some(row),
        _ => None,
    });
    let mut wanted: Vec<_> = wanted.collect();
    rows.sort();
    wanted.sort();
    assert_eq!(rows, wanted, "{text}");
}

#[test]
fn a_table_is_altered_under_a_statement() {
    for server in servers::all() {
        let mut con = CApi::to(&server.tcp());
        con.login().unwrap();
        run(&mut con, "CREATE TEMPORARY TABLE columns_test (a INT, b VARCHAR(20))");
        run(&mut con, "INSERT INTO columns_test VALUES (1, 'x'), (2, NULL)");
        let text = "SELECT * FROM columns_test";
        con.prepared(text).unwrap();
        for _ in 0..3 {
            compare(&mut con, text);
        }
        let changes = [
            "ADD c BIGINT UNSIGNED DEFAULT 18446744073709551615",
            "MODIFY a VARCHAR(10)",
            "DROP b",
            "MODIFY c INT UNSIGNED DEFAULT 5",
            "CHANGE c d INT",
            "ADD e DATETIME DEFAULT '2001-02-03 04:05:06', ADD f TIME, ADD g BLOB",
            "MODIFY a INT, DROP f",
            "DROP a, DROP d, DROP g",
        ];
        run(&mut con, "UPDATE columns_test SET b = '7'");
        for change in changes {
            if change.contains("MODIFY c") {
                run(&mut con, "UPDATE columns_test SET c = 5");
            }
            run(&mut con, &format!("ALTER TABLE columns_test {change}"));
            compare(&mut con, text);
            compare(&mut con, text);
            // Those of an answer that is dropped count too.
            con.execute().unwrap();
            compare(&mut con, text);
        }
    }
}

#[test]
fn a_server_may_leave_columns_out() {
    for server in servers::all() {
        let mut con = CApi::to(&server.tcp());
        con.login().unwrap();
        let text = "SELECT 1 AS one, 'x' AS word UNION ALL SELECT 2, 'y'";
        con.prepared(text).unwrap();
        let before = skipped(&mut con, &server);
        for _ in 0..10 {
            con.execute().unwrap();
            assert_eq!(con.statement_rows().unwrap().len(), 2);
            assert_eq!(con.columns().len(), 2);
            assert_eq!(con.columns()[1].names[3], "word");
        }
        let left_out = skipped(&mut con, &server) - before;
        // The first ones of a UNION are not quite those of its prepare.
        let wanted = if server.name.starts_with("mariadb") { 9..=10 } else { 0..=0 };
        assert!(wanted.contains(&left_out), "{}: {left_out}", server.name);
        // A row that is not read, an answer that is closed, one that is dropped unseen.
        con.execute().unwrap();
        assert_eq!(con.settle(), Ok(Polled::RowReady));
        con.execute().unwrap();
        con.execute().unwrap();
        assert_eq!(con.statement_rows().unwrap().len(), 2);
        compare(&mut con, text);
    }
}

/// The results of a procedure have columns of their own each.
#[test]
fn a_procedure_has_several_results() {
    for server in servers::all() {
        let mut con = CApi::to(&server.tcp());
        con.login().unwrap();
        let name = format!("columns_test_{}", std::process::id());
        run(&mut con, &format!("DROP PROCEDURE IF EXISTS {name}"));
        run(
            &mut con,
            &format!(
                "CREATE PROCEDURE {name}() BEGIN SELECT 1 AS a; SELECT 'x' AS b, 2 AS c; \
                 SELECT 3 AS d FROM DUAL WHERE 1 = 0; END"
            ),
        );
        con.prepared(&format!("CALL {name}()")).unwrap();
        for _ in 0..3 {
            con.execute().unwrap();
            assert_eq!(con.statement_rows().unwrap(), [[Some(b"1".to_vec())]]);
            assert!(con.next_result());
            let row = [Some(b"x".to_vec()), Some(b"2".to_vec())];
            assert_eq!(con.statement_rows().unwrap(), [row]);
            assert_eq!(con.columns()[0].names[3], "b");
            assert!(con.next_result());
            assert_eq!(con.settle(), Ok(Polled::End));
            assert_eq!(con.columns()[0].names[3], "d");
            assert!(con.next_result());
            assert_eq!(con.settle(), Ok(Polled::End));
            assert!(!con.next_result());
        }
        run(&mut con, &format!("DROP PROCEDURE {name}"));
    }
}
