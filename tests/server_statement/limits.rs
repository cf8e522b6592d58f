// SPDX-License-Identifier: Apache-2.0
//! How many, how long: parameters, values, pieces, executes, statements.

use attachsql::session::{Connection, Polled, convert};
use attachsql::wire::value::Param;

use crate::support::packets;
use crate::support::raw::CApi;
use crate::support::servers;
use crate::support::statements::Set;
use crate::support::subject::{Failure, Subject};

fn text(value: &Option<Vec<u8>>) -> String {
    String::from_utf8(value.clone().unwrap()).unwrap()
}

#[test]
fn numbers_of_parameters() {
    for server in servers::all() {
        let mut con = CApi::to(&server.unix());
        for count in [1, 2, 8, 9, 1000, 65_535] {
            let marks = vec!["?"; count].join(",");
            con.prepared(&format!("SELECT COUNT(*) FROM (SELECT 7 AS a) t WHERE a IN ({marks})"))
                .unwrap();
            assert_eq!(usize::from(con.param_count()), count);
            for (param, value) in (0..count as u16).zip(100..) {
                con.set(param, Set::Int(value)).unwrap();
            }
            assert_eq!(text(&con.run_statement(&[]).unwrap()[0][0]), "0");
            // The last one is the one.
            con.set((count - 1) as u16, Set::Int(7)).unwrap();
            assert_eq!(text(&con.run_statement(&[]).unwrap()[0][0]), "1");
            assert_eq!(con.set(count as u16, Set::Null).is_err(), count < 65_536);
        }
        let marks = vec!["?"; 65_536].join(",");
        let refused = con.prepared(&format!("SELECT 1 IN ({marks})")).unwrap_err();
        assert_eq!(refused.numbers(), (1390, "HY000"), "{}: {refused:?}", server.name);
        con.prepared("SELECT 5").unwrap();
        assert_eq!(con.param_count(), 0);
        assert_eq!(text(&con.run_statement(&[]).unwrap()[0][0]), "5");
    }
}

/// Around every length at which an encoding changes, and beyond what fits one packet.
#[test]
fn values_of_every_length() {
    let frame = packets::MAX_FRAME;
    let sizes =
        [0, 1, 250, 251, 252, 65_535, 65_536, 1 << 20, frame - 30, frame, frame + 1, 40 << 20];
    for server in servers::all() {
        for compressed in [false, true] {
            let mut con = CApi::to(&server.unix());
            if compressed {
                assert!(con.option(attachsql::capi::types::attachsql_options_t::COMPRESS, 0));
            }
            con.prepared("SELECT LENGTH(?), ?, ?").unwrap();
            for (seed, size) in sizes.into_iter().enumerate() {
                if compressed && size > frame + 1 {
                    continue;
                }
                let value = packets::pattern(size, seed);
                let sets = [Set::Blob(&value), Set::Blob(&value), Set::Blob(b"end")];
                let rows = con.run_statement(&sets).unwrap();
                assert_eq!(text(&rows[0][0]), size.to_string(), "{}", server.name);
                assert!(rows[0][1].as_ref() == Some(&value), "{}: {size} bytes", server.name);
                assert_eq!(text(&rows[0][2]), "end");
            }
        }
    }
}

#[test]
fn long_data_in_pieces() {
    for server in servers::all() {
        let mut con = CApi::to(&server.tcp());
        con.prepared("SELECT ?, ?, LENGTH(?)").unwrap();
        // One byte at a time, in turns for two parameters.
        let (first, second) = (packets::pattern(3000, 1), packets::pattern(3000, 2));
        for n in 0..first.len() {
            con.long_data(0, &first[n..=n]).unwrap();
            con.long_data(1, &second[n..=n]).unwrap();
        }
        con.set(2, Set::Text(b"12345")).unwrap();
        let rows = con.run_statement(&[]).unwrap();
        assert!(rows[0][..2] == [Some(first), Some(second)], "{}", server.name);
        assert_eq!(text(&rows[0][2]), "5");
        // Beyond 16 MiB, in one piece and in several, polled and not.
        let value = packets::pattern(20 << 20, 3);
        con.long_data(0, &value).unwrap();
        for piece in value.chunks(3 << 20) {
            con.long_data(2, piece).unwrap();
            assert_eq!(con.settle(), Ok(Polled::End));
        }
        con.set(1, Set::Null).unwrap();
        let rows = con.run_statement(&[]).unwrap();
        assert!(rows[0][0].as_ref() == Some(&value), "{}", server.name);
        assert_eq!((&rows[0][1], text(&rows[0][2])), (&None, value.len().to_string()));
        // Empty is not NULL, and what was sent is gone after an execute.
        con.long_data(0, b"").unwrap();
        assert_eq!(con.run_statement(&[]).unwrap()[0][0], Some(Vec::new()));
        assert_eq!(con.run_statement(&[]).unwrap()[0][0], None);
        con.long_data(0, b"forgotten").unwrap();
        con.reset().unwrap();
        assert_eq!(con.settle(), Ok(Polled::End));
        assert_eq!(con.run_statement(&[]).unwrap()[0][0], None);
    }
}

#[test]
fn thousands_of_executes() {
    for server in servers::all() {
        let mut con = CApi::to(&server.unix());
        for text in
            ["CREATE TEMPORARY TABLE many (id INT PRIMARY KEY, a BIGINT, b VARCHAR(30))", "BEGIN"]
        {
            con.ask(text.as_bytes(), false);
        }
        con.prepared("INSERT INTO many VALUES (?, ?, ?)").unwrap();
        for n in 0..3000 {
            let text = format!("row {n}");
            let sets = [Set::Int(n), Set::BigInt(i64::from(n) << 30), Set::Text(text.as_bytes())];
            con.run_statement(&sets).unwrap();
            assert_eq!(con.numbers().affected, 1);
        }
        con.prepared("SELECT a, b FROM many WHERE id = ?").unwrap();
        for n in (0..3000).rev() {
            let rows = con.run_statement(&[Set::Int(n)]).unwrap();
            let want = [(i64::from(n) << 30).to_string(), format!("row {n}")];
            assert_eq!(rows, [want.map(|text| Some(text.into_bytes())).to_vec()]);
        }
    }
}

fn value(con: &mut Connection, text: &str) -> u64 {
    servers::value(con, text).parse().unwrap()
}

fn one(con: &mut Connection, key: attachsql::proto::statements::StatementKey, n: i64) -> i64 {
    con.execute(key, [Param::BigInt(n)].into_iter()).unwrap();
    assert_eq!(con.settle(), Ok(Polled::RowReady));
    assert!(con.take_statement_row(key));
    let field = con.field(0).unwrap();
    let got = convert::bigint(field.kind(), field.bits()).unwrap();
    con.next_row();
    assert_eq!(con.settle(), Ok(Polled::End));
    got
}

/// As many statements as the server has room for, on one connection; the error says so, and hurts nothing.
#[test]
fn statements_until_there_is_no_room() {
    for server in servers::all() {
        let mut con = servers::admin(&server.unix());
        let most = value(&mut con, "SELECT @@GLOBAL.max_prepared_stmt_count");
        let mut keys = Vec::new();
        let refused: Failure = loop {
            assert!(keys.len() as u64 <= most, "{}: there is no end", server.name);
            let text = format!("SELECT ? + {}", keys.len());
            let key = con.prepare(text.as_bytes(), None).unwrap();
            keys.push(key);
            if let Err(failure) = con.settle() {
                break failure;
            }
        };
        assert_eq!(refused.numbers(), (1461, "42000"), "{}: {refused:?}", server.name);
        assert!(keys.len() > 1000, "{}: only {} statements", server.name, keys.len());
        let last = keys.pop().unwrap();
        assert_eq!(con.execute(last, [].into_iter()).unwrap_err().code(), 3000);
        con.close_statement(last);
        for (n, &key) in keys.iter().enumerate().step_by(777) {
            assert_eq!(one(&mut con, key, 5), n as i64 + 5, "{}", server.name);
        }
        // Every second one goes, in an order of its own; the others stay what they are.
        for &key in keys.iter().rev().step_by(2) {
            con.close_statement(key);
        }
        for (n, &key) in keys.iter().enumerate().rev().skip(1).step_by(2).take(100) {
            assert_eq!(one(&mut con, key, 1), n as i64 + 1);
        }
        let again = con.prepare(b"SELECT ?", None).unwrap();
        assert_eq!(con.settle(), Ok(Polled::End), "there is room again");
        assert_eq!(one(&mut con, again, 7), 7);
    }
}

/// Handles: no parameter, one and all that there can be, before the end of the prepare and after it; long data in
/// pieces of one byte, for two parameters in turns.
#[test]
fn handles_at_their_limits() {
    for server in servers::all() {
        let mut con = CApi::to(&server.unix());
        con.login().unwrap();
        for count in [0_u16, 1, u16::MAX] {
            let marks = vec!["?"; count.into()].join(",");
            let handle = con.handle();
            if count == 0 {
                handle.prepare("SELECT 0").unwrap();
            } else {
                let text = format!("SELECT COUNT(*) FROM (SELECT 7 AS a) t WHERE a IN ({marks})");
                handle.prepare(&text).unwrap();
            }
            for param in 0..count {
                handle.set_int(param, i32::from(param) + 100).unwrap();
            }
            // Together with the prepare, and by itself; then the last one is the one.
            for _ in 0..2 {
                handle.execute().unwrap();
                let rows = con.rows_of(&handle).unwrap();
                assert_eq!(text(&rows[0][0]), "0", "{}: {count}", server.name);
            }
            assert_eq!(handle.param_count(), count);
            if let Some(last) = count.checked_sub(1) {
                handle.set_int(last, 7).unwrap();
                handle.execute().unwrap();
                assert_eq!(text(&con.rows_of(&handle).unwrap()[0][0]), "1");
            }
            assert_eq!(handle.set_int(count, 0).unwrap_err().numbers(), (3000, "22023"));
        }
        let handle = con.handle_of("SELECT ?, ?");
        let (first, second) = (packets::pattern(2000, 4), packets::pattern(2000, 5));
        for n in 0..first.len() {
            handle.long_data(0, &first[n..=n]).unwrap();
            handle.long_data(1, &second[n..=n]).unwrap();
        }
        handle.execute().unwrap();
        assert!(con.rows_of(&handle).unwrap() == [[Some(first), Some(second)]], "{}", server.name);
        handle.execute().unwrap();
        assert_eq!(con.rows_of(&handle).unwrap(), [[None, None]]);
    }
}
