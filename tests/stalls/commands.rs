// SPDX-License-Identifier: Apache-2.0
//! Stalls in the answers to short commands, to LOAD DATA, and to a pipeline.

use crate::rows;
use crate::sessions::{Call, Plan, at_each_packet, login, query_plan};
use crate::support::commands::Do;
use crate::support::files;
use crate::support::packets::{Greeting, auth_switch, err, ok};
use crate::support::script::{Step, Want, query, send};
use crate::support::subject::Subject;

fn plan(calls: Vec<Call>, rows: usize) -> Plan {
    Plan { calls, rows, ..query_plan() }
}

/// A command, and the end of its answer.
fn answered(payload: Vec<u8>) -> Vec<Step> {
    vec![Step::Expect(Want::Any), send(payload)]
}

#[test]
fn short_commands() {
    let plan = plan(
        vec![
            |c| c.con.connect(),
            |c| c.con.command(Do::Ping),
            |c| c.con.command(Do::Schema("other")),
            |c| c.con.command(Do::Statistics),
            |c| c.con.command(Do::Kill(5, true)),
            |c| c.con.command(Do::Reset),
            |c| c.con.command(Do::User("other", Some("word"), "shop")),
        ],
        0,
    );
    let switch = auth_switch("mysql_native_password", b"another challenge 20");
    let user = [answered(switch), answered(ok())].concat();
    let parts = [
        login(&Greeting::default()),
        ("a ping", answered(ok())),
        ("a change of schema", answered(ok())),
        ("statistics", answered(b"Uptime: 1".to_vec())),
        ("a kill", answered(ok())),
        ("a reset", answered(ok())),
        ("a change of user", user),
    ];
    at_each_packet(&plan, &parts);
}

#[test]
fn a_file() {
    let mut plan = plan(
        vec![
            |c| c.con.connect(),
            |c| c.con.query(b"LOAD DATA LOCAL INFILE 'a' INTO TABLE t"),
            |c| {
                c.con.close_query();
                Ok(())
            },
        ],
        0,
    );
    plan.prepare = Box::new(|c| {
        let (_, give) = files::plain("a", vec![b'x'; 100_000], 30_000);
        c.files = Some(files::set(&c.con, give).unwrap());
    });
    let pieces = vec![Step::Expect(Want::Any); 5];
    let parts = [
        login(&Greeting::default()),
        ("the server's question for a file", answered(b"\xfba".to_vec())),
        ("the answer to a file", [pieces, vec![send(ok())]].concat()),
    ];
    at_each_packet(&plan, &parts);
}

#[test]
fn a_pipeline() {
    let mut plan = plan(
        vec![
            |c| c.con.connect(),
            |c| c.con.pipeline_add(b"q", 0),
            |c| c.con.pipeline_add(b"wrong", 1),
            |c| c.con.pipeline_add(b"r", 2),
            |c| c.con.pipeline_send(false),
            |c| {
                assert!(c.con.pipeline_next());
                Ok(())
            },
            |c| {
                assert!(c.con.pipeline_next());
                Ok(())
            },
            |c| {
                assert!(!c.con.pipeline_next());
                Ok(())
            },
        ],
        4,
    );
    plan.errors = vec![1064];
    let parts = [
        login(&Greeting::default()),
        ("the first answer of a pipeline", vec![query("q"), Step::Send(rows())]),
        (
            "an error in a pipeline",
            vec![query("wrong"), send(err(1064, Some("42000"), b"You have an error"))],
        ),
        ("the last answer of a pipeline", vec![query("r"), Step::Send(rows())]),
    ];
    at_each_packet(&plan, &parts);
}
