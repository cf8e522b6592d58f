// SPDX-License-Identifier: Apache-2.0
//! Pipelines on connections of a pool: each command's end is told once.

use std::cell::RefCell;
use std::rc::Rc;

use crate::answers::{commands, expected};
use crate::support::crowd::Crowd;
use crate::support::pipelines::short;
use crate::support::pools::{CPool, Told};
use crate::support::raw::CApi;
use crate::support::subject::Subject;

type Log = Rc<RefCell<Vec<Vec<String>>>>;

/// A pool that notes what becomes of each command of each connection.
fn noting() -> (CPool, Log) {
    let log: Log = Rc::default();
    let noted = Rc::clone(&log);
    let pool = CPool::new(move |_, con, id, told| {
        let mut log = noted.borrow_mut();
        let id = id as usize - 1;
        let count = log.len().max(id + 1);
        log.resize_with(count, Vec::new);
        if *told == Told::Connected {
            return;
        }
        let (index, context) = con.pipeline_at();
        assert_eq!(index, context as u64);
        let count = log[id].len().max(context + 1);
        log[id].resize_with(count, String::new);
        let note = &mut log[id][context];
        if !note.is_empty() {
            note.push(' ');
        }
        match told {
            Told::Connected => {}
            Told::Row(row) => {
                note.push_str(&short(row));
                con.next_row();
            }
            Told::End => {
                note.push('E');
                if !con.next_result() {
                    con.pipeline_next();
                }
            }
            Told::Failed(failure) => {
                note.push_str(&format!("!{}", failure.code));
                con.pipeline_next();
            }
        }
    });
    (pool, log)
}

#[test]
fn many_connections() {
    for crowd in [Crowd::unix(), Crowd::tcp()] {
        let (pool, log) = noting();
        let mut wants = Vec::new();
        for seed in 0..20 {
            let texts = commands(100, seed);
            wants.push(texts.iter().map(|text| expected(text)).collect::<Vec<_>>());
            pool.connection(crowd.address()).pipeline(&texts, false);
        }
        pool.run_out();
        assert_eq!(*log.borrow(), wants);
    }
}

#[test]
fn stopped_and_lost() {
    let crowd = Crowd::unix();
    let cases: [(&[&str], bool, &[&str]); 6] = [
        (&["ok", "error", "ok", "ok"], true, &["E", "!1064", "!3010", "!3010"]),
        (&["break 2", "ok"], true, &["0 1 !1317", "!3010"]),
        (&["ok", "close", "ok", "rows 1"], false, &["E", "!2013", "!2013", "!2013"]),
        (&["ok", "close", "ok", "rows 1"], true, &["E", "!2013", "!2006", "!2006"]),
        (&["words", "ok"], false, &["!1053", "!2013"]),
        (&["leave"], false, &["E"]),
    ];
    for (texts, stop, wants) in cases {
        let (pool, log) = noting();
        pool.connection(crowd.address()).pipeline(texts, stop);
        pool.run_out();
        assert_eq!(log.borrow()[0], wants, "{texts:?}");
    }
}

/// What is refused here, before anything is sent, is told as what the server refuses.
#[test]
fn a_command_that_is_too_long() {
    let crowd = Crowd::unix();
    let texts = ["ok".to_owned(), "x".repeat(3000), "ok".to_owned()];
    for (stop, wants) in [(false, ["E", "!2020", "E"]), (true, ["E", "!2020", "!3010"])] {
        let (pool, log) = noting();
        let con = CApi::new(crowd.address(), "secret");
        assert!(con.option(attachsql::capi::types::attachsql_options_t::MAX_PACKET, 2000));
        pool.raw.add(con).pipeline(&texts, stop);
        pool.run_out();
        assert_eq!(log.borrow()[0], wants);
        let mut con = CApi::new(crowd.address(), "secret");
        assert!(con.option(attachsql::capi::types::attachsql_options_t::MAX_PACKET, 2000));
        con.pipeline(&texts, stop);
        assert_eq!(con.pipeline_answers(), wants, "alone");
    }
    for first in [true, false] {
        let (pool, log) = noting();
        let con = CApi::new(crowd.address(), "secret");
        assert!(con.option(attachsql::capi::types::attachsql_options_t::MAX_PACKET, 2000));
        let mut con = pool.raw.add(con);
        if !first {
            con.connect().unwrap();
            pool.run_until(1);
        }
        con.pipeline(&["x".repeat(3000)], false);
        pool.run_out();
        assert_eq!(log.borrow()[0], ["!2020"], "before the login: {first}");
    }
}

/// A connection leaves the pool within a pipeline, and goes on alone.
#[test]
fn out_of_the_pool() {
    let crowd = Crowd::unix();
    let pool = CPool::new(|_, _, _, _| {});
    let mut member = pool.connection(crowd.address());
    member.pipeline(&["ok", "rows 2", "error", "two"], false);
    assert_eq!(pool.run_until(2).last().unwrap().1, Told::End);
    let mut con = pool.raw.remove(&mut member).unwrap();
    for want in ["0 1 E", "!1064", "0 E 0 E"] {
        assert!(con.pipeline_next());
        assert_eq!(con.pipeline_answer(), want);
    }
    assert!(!con.pipeline_next());
}
