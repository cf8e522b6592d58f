// SPDX-License-Identifier: Apache-2.0
//! Executes of prepared statements in pipelines, among queries.

use attachsql::proto::statements::StatementKey;
use attachsql::session::{Connection, Polled};
use attachsql::wire::value::Param;

use super::channels::channels;
use crate::support::servers::{self, value};
use crate::support::subject::Subject;

fn prepared(client: &mut Connection, text: &str) -> StatementKey {
    let key = client.prepare(text.as_bytes(), None).unwrap();
    assert_eq!(client.settle(), Ok(Polled::End), "{text}");
    key
}

/// What becomes of the current command, which may be an execute of `key`.
fn answer(client: &mut Connection, key: StatementKey) -> String {
    let (mut seen, mut texts) = (Vec::new(), Vec::new());
    loop {
        match client.settle() {
            Ok(Polled::RowReady) if client.take_statement_row(key) => {
                let cell = client.text(0, &mut texts).unwrap();
                let bytes = cell.map(|cell| crate::support::raw::bytes(&cell).to_vec());
                seen.push(crate::support::pipelines::short(&[bytes]));
                Subject::next_row(client);
            }
            Ok(Polled::RowReady) => {
                seen.push(format!("q{}", crate::support::pipelines::short(&client.row())));
                Subject::next_row(client);
            }
            Ok(Polled::End) => {
                seen.push(format!("E{}", client.numbers().affected));
                return seen.join(" ");
            }
            Ok(polled) => panic!("{polled:?}"),
            Err(failure) => return format!("!{}", failure.code),
        }
    }
}

#[test]
fn among_queries() {
    for server in servers::all() {
        for channel in channels(&server) {
            let what = format!("{} {channel:?}", server.name);
            let mut client = channel.open(&server);
            client.login().unwrap();
            client.ask(b"create temporary table t (a int primary key, b varchar(100))", false);
            let insert = prepared(&mut client, "insert into t values (?, ?)");
            let select = prepared(&mut client, "select b from t where a >= ? order by a");
            let mut wants = Vec::new();
            for n in 0..200_usize {
                let (number, text) = (i32::try_from(n).unwrap(), format!("value {n}"));
                let values = [Param::Int(number), Param::Text(text.as_bytes())];
                client.pipeline_add_execute(insert, values.into_iter(), 3 * n).unwrap();
                wants.push("E1".to_owned());
                let from = [Param::Int(number - 1)].into_iter();
                client.pipeline_add_execute(select, from, 3 * n + 1).unwrap();
                let before = n.checked_sub(1).map(|n| format!("value {n} ")).unwrap_or_default();
                wants.push(format!("{before}value {n} E0"));
                if n % 10 == 0 {
                    let twice = [Param::Int(number), Param::Null].into_iter();
                    client.pipeline_add_execute(insert, twice, 3 * n + 2).unwrap();
                    wants.push("!1062".to_owned());
                } else {
                    let query = b"select 7".to_vec();
                    client.pipeline_add(&query, Vec::new(), 3 * n + 2).unwrap();
                    wants.push("q7 E0".to_owned());
                }
            }
            client.pipeline_send(false).unwrap();
            for (at, want) in wants.iter().enumerate() {
                assert_eq!(client.pipeline_current(), Some((at as u64, at)), "{what}");
                assert_eq!(&answer(&mut client, select), want, "{what} {at}");
                let more = if at + 1 < wants.len() { Polled::Processing } else { Polled::End };
                assert_eq!(client.pipeline_next(), more);
            }
            assert_eq!(value(&mut client, "select count(*) from t"), "200", "{what}");
            // Given up in the midst: what is known of the columns stays right.
            for taken in [0, 1, 2] {
                for n in 0..6 {
                    client.pipeline_add_execute(select, [Param::Int(195)].into_iter(), n).unwrap();
                }
                client.pipeline_send(false).unwrap();
                for _ in 0..taken {
                    assert_eq!(client.settle(), Ok(Polled::RowReady));
                    assert_eq!(client.pipeline_next(), Polled::Processing);
                }
                client.pipeline_close();
                client.execute(select, [Param::Int(199)].into_iter()).unwrap();
                assert_eq!(answer(&mut client, select), "value 199 E0", "{what} {taken}");
            }
        }
    }
}

/// What cannot be part of one, and a statement that goes away.
#[test]
fn refused_and_closed() {
    for server in servers::all() {
        let mut client = servers::admin(&server.tcp());
        let one = prepared(&mut client, "select ?");
        let add = |client: &mut Connection, key| {
            client.pipeline_add_execute(key, [Param::Int(5)].into_iter(), 0)
        };
        client.send_long_data(one, 0, b"long").unwrap();
        assert_eq!(add(&mut client, one).unwrap_err().code(), 3000, "long data");
        client.reset_statement(one).unwrap();
        assert_eq!(client.settle(), Ok(Polled::End));
        let two = prepared(&mut client, "select ? + 1");
        client.set_fetch_size(two, 2).unwrap();
        assert_eq!(add(&mut client, two).unwrap_err().code(), 3000, "a cursor");
        // Closed while it runs, in either mode: all are run, and its rows are nobody's.
        for stop in [false, true] {
            let three = prepared(&mut client, "select ? + 2");
            for key in [one, three, three, one] {
                add(&mut client, key).unwrap();
            }
            client.pipeline_send(stop).unwrap();
            assert_eq!(client.execute(one, [Param::Null].into_iter()).unwrap_err().code(), 2014);
            assert_eq!(answer(&mut client, one), "5 E0");
            client.close_statement(three);
            for _ in 0..2 {
                assert_eq!(client.pipeline_next(), Polled::Processing);
                assert_eq!(client.settle(), Ok(Polled::End));
            }
            assert_eq!(client.pipeline_next(), Polled::Processing);
            assert_eq!(answer(&mut client, one), "5 E0");
            assert_eq!(client.pipeline_next(), Polled::End);
            assert_eq!(value(&mut client, "select 'on'"), "on", "{} {stop}", server.name);
        }
    }
}
