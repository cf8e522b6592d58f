// SPDX-License-Identifier: Apache-2.0
//! Bulk executes: the same rows and the same sums with every server, whether it takes arrays or not.

use attachsql::proto::statements::StatementKey;
use attachsql::session::bulk::Bulk;
use attachsql::session::{Connection, Polled};
use attachsql::wire::execute::Slot;
use attachsql::wire::value::Param;

use super::channels::channels;
use crate::support::servers::{self, value};
use crate::support::subject::Subject;

fn prepared(client: &mut Connection, text: &str) -> StatementKey {
    let key = client.prepare(text.as_bytes(), None).unwrap();
    assert_eq!(client.settle(), Ok(Polled::End), "{text}");
    key
}

fn run(client: &mut Connection, text: &str) {
    Subject::query(client, text.as_bytes()).unwrap();
    assert_eq!(client.settle(), Ok(Polled::End), "{text}");
    Subject::close_query(client);
}

#[test]
fn rows_of_every_number() {
    for server in servers::all() {
        for channel in channels(&server) {
            let what = format!("{} {channel:?}", server.name);
            let mut client = channel.open(&server);
            client.login().unwrap();
            run(
                &mut client,
                "create temporary table t (id int auto_increment primary key, a bigint, b text, c double) engine=innodb",
            );
            let insert = prepared(&mut client, "insert into t (a, b, c) values (?, ?, ?)");
            let mut bulk = Bulk::new(insert);
            assert_eq!(client.bulk_execute(&mut bulk).unwrap_err().code(), 3000, "no rows");
            for count in [1_usize, 2, 100, 3000] {
                run(&mut client, "begin");
                for n in 0..count {
                    let text = format!("row {n} {}", "x".repeat(n % 700));
                    let number = i64::try_from(n).unwrap();
                    // Types that differ from row to row, and NULL before the first value and behind it.
                    let a = match n % 5 {
                        0 | 4 => Param::Null,
                        1 => Param::BigInt(number),
                        2 => Param::Int(i32::try_from(n).unwrap()),
                        _ => Param::BigInt(-number),
                    };
                    let c = if n % 3 == 0 { Param::Null } else { Param::Double(0.5) };
                    let row = [a, Param::Text(text.as_bytes()), c].map(Slot::Value);
                    client.bulk_add(&mut bulk, &row).unwrap();
                }
                assert_eq!(bulk.rows(), count as u64);
                client.bulk_execute(&mut bulk).unwrap();
                assert_eq!(bulk.rows(), 0);
                assert_eq!(Subject::query(&mut client, b"do 1").unwrap_err().code, 2014);
                assert_eq!(client.settle(), Ok(Polled::End), "{what} {count}");
                let numbers = client.numbers();
                assert_eq!(numbers.affected, count as u64, "{what}");
                assert_eq!(client.poll().unwrap(), Polled::End);
                run(&mut client, "commit");
                let first = value(&mut client, "select min(id) from t");
                assert_eq!(numbers.insert_id.to_string(), first, "{what} {count}");
                let good = "select count(*) from t where b like 'row %'";
                assert_eq!(value(&mut client, good), count.to_string(), "{what}");
                let nulls = (0..count).filter(|n| n % 5 == 0 || n % 5 == 4).count();
                let null = value(&mut client, "select count(*) from t where a is null");
                assert_eq!(null, nulls.to_string(), "{what} {count}");
                let lengths: usize = (0..count).map(|n| n % 700).sum();
                let got = value(
                    &mut client,
                    "select sum(length(b) - length(replace(b, 'x', ''))) from t",
                );
                assert_eq!(got, lengths.to_string(), "{what} {count}");
                run(&mut client, "delete from t");
            }
        }
    }
}

#[test]
fn a_hundred_thousand_rows() {
    for server in servers::all() {
        let mut client = servers::admin(&server.tcp());
        run(&mut client, "create temporary table t (a int, b varchar(30)) engine=innodb");
        let insert = prepared(&mut client, "insert into t values (?, ?)");
        let mut bulk = Bulk::new(insert);
        for n in 0..100_000 {
            let text = format!("value {n}");
            let b = if n % 10 == 0 { Param::Null } else { Param::Text(text.as_bytes()) };
            client.bulk_add(&mut bulk, &[Param::Int(n), b].map(Slot::Value)).unwrap();
        }
        run(&mut client, "begin");
        client.bulk_execute(&mut bulk).unwrap();
        assert_eq!(client.settle(), Ok(Polled::End), "{}", server.name);
        assert_eq!(client.numbers().affected, 100_000, "{}", server.name);
        run(&mut client, "commit");
        let got = value(&mut client, "select concat(count(*), ' ', count(b), ' ', sum(a)) from t");
        assert_eq!(got, "100000 90000 4999950000", "{}", server.name);
    }
}

/// Updates and deletes add their rows up too.
#[test]
fn sums() {
    for server in servers::all() {
        let mut client = servers::admin(&server.tcp());
        run(&mut client, "create temporary table t (a int, b int) engine=innodb");
        run(&mut client, "insert into t values (1, 1), (1, 2), (2, 3), (3, 4)");
        let update = prepared(&mut client, "update t set b = b + 10 where a = ?");
        let mut bulk = Bulk::new(update);
        for n in [1, 2, 9] {
            client.bulk_add(&mut bulk, &[Slot::Value(Param::Int(n))]).unwrap();
        }
        client.bulk_execute(&mut bulk).unwrap();
        assert_eq!(client.settle(), Ok(Polled::End), "{}", server.name);
        assert_eq!(client.numbers().affected, 3, "{}", server.name);
        assert_eq!(client.numbers().insert_id, 0, "{}", server.name);
        assert_eq!(value(&mut client, "select sum(b) from t"), "40", "{}", server.name);
        // Without parameters, so many times.
        let once = prepared(&mut client, "insert into t values (7, 7)");
        let mut bulk = Bulk::new(once);
        for _ in 0..5 {
            client.bulk_add(&mut bulk, &[]).unwrap();
        }
        client.bulk_execute(&mut bulk).unwrap();
        assert_eq!(client.settle(), Ok(Polled::End), "{}", server.name);
        assert_eq!(client.numbers().affected, 5, "{}", server.name);
        let select = prepared(&mut client, "select ?");
        let refused = client.bulk_add(&mut Bulk::new(select), &[Slot::Value(Param::Null)]);
        assert_eq!(refused.unwrap_err().code(), 3000);
    }
}

/// The first error is told, with the row where the server tells it, and otherwise with its neighbours.
#[test]
fn an_error_in_the_middle() {
    for server in servers::all() {
        for channel in channels(&server) {
            let what = format!("{} {channel:?}", server.name);
            let mut client = channel.open(&server);
            client.login().unwrap();
            run(
                &mut client,
                "create temporary table t (a int primary key, b longtext) engine=innodb",
            );
            let insert = prepared(&mut client, "insert into t values (?, ?)");
            for bad in [0, 3, 19] {
                let mut bulk = Bulk::new(insert);
                let long = vec![b'y'; 100_000];
                for n in 0..20 {
                    let a = if n == bad { 100 } else { n };
                    let row = [Param::Int(a), Param::Text(&long)].map(Slot::Value);
                    client.bulk_add(&mut bulk, &row).unwrap();
                }
                run(&mut client, "replace into t values (100, '')");
                run(&mut client, "begin");
                client.bulk_execute(&mut bulk).unwrap();
                for _ in 0..2 {
                    assert_eq!(
                        client.settle().unwrap_err().numbers(),
                        (1062, "23000"),
                        "{what} {bad}"
                    );
                }
                let (first, last) = client.failed_rows().unwrap();
                let at = u64::try_from(bad).unwrap();
                assert!((first..=last).contains(&at), "{what} {bad}: {first} to {last}");
                // 512 KiB have five of these rows.
                let span = if server.is_mysql() { 1 } else { 5 };
                assert!(last - first < span, "{what} {bad}: {first} to {last}");
                run(&mut client, "rollback");
                let mut bulk = Bulk::new(insert);
                client.bulk_add(&mut bulk, &[Param::Int(7), Param::Null].map(Slot::Value)).unwrap();
                client.bulk_execute(&mut bulk).unwrap();
                assert_eq!(client.settle(), Ok(Polled::End), "{what}");
                assert_eq!(client.failed_rows(), None);
                run(&mut client, "delete from t");
            }
        }
    }
}

/// DEFAULT and IGNORE, where the server has them.
#[test]
fn indicators() {
    for server in servers::all() {
        let mut client = servers::admin(&server.tcp());
        run(&mut client, "create temporary table t (a int, b int default 42) engine=innodb");
        let insert = prepared(&mut client, "insert into t values (?, ?)");
        let mut bulk = Bulk::new(insert);
        let one = Slot::Value(Param::Int(1));
        client.bulk_add(&mut bulk, &[one, Slot::Value(Param::Null)]).unwrap();
        let added = client.bulk_add(&mut bulk, &[one, Slot::Default]);
        if server.is_mysql() {
            assert_eq!(added.unwrap_err().code(), 3000);
            assert_eq!(bulk.rows(), 1, "the rows before are still there");
            continue;
        }
        added.unwrap();
        client.bulk_add(&mut bulk, &[one, one]).unwrap();
        client.bulk_execute(&mut bulk).unwrap();
        assert_eq!(client.settle(), Ok(Polled::End), "{}", server.name);
        let all = "select group_concat(ifnull(b, 'NULL') order by b) from t";
        assert_eq!(value(&mut client, all), "NULL,1,42", "{}", server.name);
        let update = prepared(&mut client, "update t set b = ? where b = ?");
        let mut bulk = Bulk::new(update);
        client.bulk_add(&mut bulk, &[Slot::Ignore, one]).unwrap();
        client.bulk_add(&mut bulk, &[one, Slot::Value(Param::Int(42))]).unwrap();
        client.bulk_execute(&mut bulk).unwrap();
        assert_eq!(client.settle(), Ok(Polled::End), "{}", server.name);
        assert_eq!(value(&mut client, all), "NULL,1,1", "{}", server.name);
    }
}

/// A connection that is lost in the middle: which rows may not have been executed is known.
#[test]
fn lost() {
    for server in servers::all() {
        let mut client = servers::admin(&server.tcp());
        run(&mut client, "create temporary table t (a int) engine=innodb");
        let sleep = prepared(&mut client, "insert into t values (sleep(?))");
        let mut bulk = Bulk::new(sleep);
        for _ in 0..3 {
            client.bulk_add(&mut bulk, &[Slot::Value(Param::Double(30.0))]).unwrap();
        }
        client.bulk_execute(&mut bulk).unwrap();
        client.poll().unwrap();
        let mut other = servers::admin(&server.tcp());
        run(&mut other, &format!("kill {}", client.thread_id()));
        let code = client.settle().unwrap_err().code;
        assert!([1927, 2013, 3169].contains(&code), "{} {code}", server.name);
        assert_eq!(client.failed_rows(), Some((0, 2)), "{}", server.name);
    }
}

/// MariaDB refuses arrays for most statements, which are executed row by row then; elsewhere all are.
#[test]
fn every_kind_of_statement() {
    for server in servers::all() {
        let mut client = servers::admin(&server.tcp());
        run(&mut client, "create temporary table t (a int, b int) engine=innodb");
        run(&mut client, "create temporary table u (a int, b int) engine=innodb");
        run(&mut client, "drop procedure if exists bulk_call");
        run(&mut client, "create procedure bulk_call (n int) insert into t values (n, -1)");
        let cases = [
            ("do sleep(0 * ?)", 0, ""),
            ("do @n := ifnull(@n, 0) + ?", 0, "select @n = 1 + 2 + 3"),
            ("set @x = ?", 0, "select @x = 3"),
            ("call bulk_call(?)", 3, "select group_concat(a order by a) = '1,2,3' from t"),
            ("insert into t select ?, 7", 3, "select sum(a) = 6 and sum(b) = 21 from t"),
            ("-- c\n/* d */ # e\n insert/**/into t values (?, 7)", 3, "select sum(a) = 6 from t"),
            ("insert into `t` (`a`) (select ?)", 3, "select sum(a) = 6 from t"),
            ("replace into t select ?, 7", 3, "select sum(b) = 21 from t"),
            ("insert into t values (?, (select 5)), (8, 9)", 6, "select sum(a) = 30 from t"),
            ("insert into t set a = ?", 3, "select sum(a) = 6 and count(b) = 0 from t"),
            ("/*!40000 insert into */ t values (?, 1)", 3, "select sum(a) = 6 from t"),
            ("update t, u set t.b = ? where t.a = u.a", 3, "select b = 3 from t"),
            ("delete t from t join u on t.a = u.a where t.a < ?", 1, "select count(*) = 0 from t"),
            ("delete from t using t, u where t.a < ?", 1, "select count(*) = 0 from t"),
            ("delete from t where a < ?", 1, "select count(*) = 0 from t"),
            ("insert into t values (?, 1) union select 9, 9", 6, "select sum(a) = 33 from t"),
        ];
        for (text, affected, good) in cases {
            // MySQL has no such query.
            if server.is_mysql() && text.contains("values (?, 1) union") {
                continue;
            }
            let what = format!("{} {text}", server.name);
            run(&mut client, "delete from t");
            run(&mut client, "delete from u");
            run(&mut client, "insert into u values (0, 0)");
            if text.starts_with("update") || text.starts_with("delete") {
                run(&mut client, "insert into t values (0, 0)");
            }
            let statement = prepared(&mut client, text);
            let mut bulk = Bulk::new(statement);
            for n in 1..=3 {
                client.bulk_add(&mut bulk, &[Slot::Value(Param::Int(n))]).unwrap();
            }
            client.bulk_execute(&mut bulk).unwrap();
            assert_eq!(client.settle(), Ok(Polled::End), "{what}");
            assert_eq!(client.failed_rows(), None, "{what}");
            assert_eq!(client.numbers().affected, affected, "{what}");
            if !good.is_empty() {
                assert_eq!(value(&mut client, good), "1", "{what}");
            }
            client.close_statement(statement);
        }
        run(&mut client, "drop procedure bulk_call");
        // Where there is no array there is no DEFAULT.
        let statement = prepared(&mut client, "insert into t select ?, 1");
        let refused = client.bulk_add(&mut Bulk::new(statement), &[Slot::Default]).unwrap_err();
        assert_eq!((refused.code(), &refused.sqlstate()), (3000, b"22023"), "{}", server.name);
    }
}
