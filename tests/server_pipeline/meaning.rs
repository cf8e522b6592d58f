// SPDX-License-Identifier: Apache-2.0
//! What pipelines do on real servers: transactions, errors, several results, values, lost connections.

use std::borrow::Cow;

use attachsql::proto::escape::Param;
use attachsql::session::{Choice, Polled};
use attachsql::wire::value::Param as Value;

use super::channels::{answer, answers, channels, run};
use crate::support::servers::{self, value};
use crate::support::subject::Subject;

#[test]
fn a_transaction() {
    for server in servers::all() {
        let mut client = servers::admin(&server.tcp());
        let table = "create temporary table t (id int auto_increment primary key, v varchar(20)) engine=innodb";
        assert_eq!(run(&mut client, &[table], false), ["E"]);
        let texts = [
            "begin",
            "insert into t (v) values ('a'), ('b')",
            "insert into t (id, v) values (1, 'twice')",
            "insert into t (v) values ('c')",
            "select v from t order by id",
            "rollback",
            "select count(*) from t",
        ];
        for text in texts {
            client.pipeline_add(text.as_bytes(), Vec::new(), 0).unwrap();
        }
        client.pipeline_send(false).unwrap();
        let mut numbers = Vec::new();
        let mut seen = Vec::new();
        loop {
            seen.push(answer(&mut client));
            numbers.push((client.numbers().affected, client.numbers().insert_id));
            if client.pipeline_next() == Polled::End {
                break;
            }
        }
        assert_eq!(seen, ["E", "E", "!1062", "E", "a b c E", "E", "0 E"], "{}", server.name);
        assert_eq!(numbers[..4], [(0, 0), (2, 1), (0, 0), (1, 3)], "{}", server.name);
    }
}

/// With the first error nothing more is run.
#[test]
fn stopped() {
    for server in servers::all() {
        for channel in channels(&server) {
            let mut client = channel.open(&server);
            let texts = ["set @n = 1", "set @n = 2", "select nonsense", "set @n = 3", "select @n"];
            let wants = ["E", "E", "!1054", "!3010", "!3010"];
            assert_eq!(run(&mut client, &texts, true), wants, "{} {channel:?}", server.name);
            assert_eq!(value(&mut client, "select @n"), "2");
            assert_eq!(run(&mut client, &["set @n = 4", "select @n"], true), ["E", "4 E"]);
        }
    }
}

#[test]
fn several_results_and_values() {
    for server in servers::all() {
        let mut client = servers::connection(&server.tcp(), "test", "test");
        assert!(client.choose(Choice::MULTI_STATEMENTS));
        let quote = || vec![Param::Quoted(Cow::Borrowed(b"it's \\ a\0b"))];
        client.pipeline_add(b"select 1; select nonsense; select 3", Vec::new(), 0).unwrap();
        client.pipeline_add(b"do 1; select 2", Vec::new(), 1).unwrap();
        client.pipeline_add(b"select hex(?)", quote(), 2).unwrap();
        client.pipeline_add(b"select ? + 1", vec![Param::Signed(-5)], 3).unwrap();
        client.pipeline_send(false).unwrap();
        let wants = ["1 E !1054", "E 2 E", "69742773205C20610062 E", "-4 E"];
        assert_eq!(answers(&mut client), wants, "{}", server.name);
    }
}

/// A command that ends the connection: those before it are over, of those behind it nobody knows.
#[test]
fn killed() {
    for server in servers::all() {
        for channel in channels(&server) {
            let mut client = channel.open(&server);
            client.login().unwrap();
            let kill = format!("kill {}", client.thread_id());
            let texts = ["select 1", &kill, "select 3", "select 4"];
            let got = run(&mut client, &texts, false);
            let what = format!("{} {channel:?}: {got:?}", server.name);
            assert_eq!(got[0], "1 E", "{what}");
            // MySQL answers KILL of the own connection with 1317, MariaDB with 1927 or nothing at all.
            assert!(["!1317", "!1927", "!2013", "E"].contains(&&*got[1]), "{what}");
            // What is compressed goes in several steps: the last ones may not have begun.
            let lost = ["!2013", "!1927", "!2006"];
            assert!(got[2..].iter().all(|one| lost.contains(&&**one)), "{what}");
        }
    }
}

/// The file of LOAD DATA LOCAL cannot be asked for within a pipeline: refused here, as it is usually written, and
/// by servers otherwise, because no client that cannot give a file says that it could.
#[test]
fn no_local_files() {
    for server in servers::all() {
        let mut client = servers::admin(&server.tcp());
        let text = "load data local infile '/etc/hostname' into table nowhere";
        let refused = client.pipeline_add(text.as_bytes(), Vec::new(), 0).unwrap_err();
        assert_eq!(refused.code(), 3000);
        let hidden = format!("/* x */ {text}");
        let got = run(&mut client, &["select 1", &hidden, "select 2"], false);
        assert_eq!((&*got[0], &*got[2]), ("1 E", "2 E"), "{}: {got:?}", server.name);
        assert!(got[1].starts_with('!'), "{}: {got:?}", server.name);
    }
}

/// Attributes belong to the command that is added next. On a connection that has asked for them every command is
/// sent in another form.
#[test]
fn attributes() {
    let server = servers::mysql();
    let mut client = servers::connection(&server.tcp(), "test", "test");
    assert!(client.choose(Choice::QueryAttributes(1)));
    client.login().unwrap();
    // It is there already if another test was faster.
    client.ask(b"install component 'file://component_query_attributes'", false);
    let text = b"select mysql_query_attribute_string('n')";
    let key = client.prepare(b"select ? + 1", None).unwrap();
    assert_eq!(client.settle(), Ok(Polled::End));
    for at in 0..4 {
        if at % 2 == 1 {
            client.set_attribute(b"n", format!("value {at}").as_bytes()).unwrap();
        }
        client.pipeline_add(text, Vec::new(), 2 * at).unwrap();
        client.pipeline_add_execute(key, [Value::Int(7)].into_iter(), 2 * at + 1).unwrap();
    }
    client.pipeline_send(false).unwrap();
    for want in ["NULL E", "value 1 E", "NULL E", "value 3 E"] {
        assert_eq!(answer(&mut client), want);
        assert_eq!(client.pipeline_next(), Polled::Processing);
        assert_eq!(client.settle(), Ok(Polled::RowReady), "the execute's");
        client.pipeline_next();
    }
    assert_eq!(value(&mut client, "select 'on'"), "on");
}
