// SPDX-License-Identifier: Apache-2.0
//! When a pipeline is taken and when it is refused, and what else may be done meanwhile.

use attachsql::capi::types::attachsql_options_t as Options;
use attachsql::session::Polled;

use crate::support::commands::Do;
use crate::support::crowd::Crowd;
use crate::support::listener::Listener;
use crate::support::packets::{Greeting, NO_BACKSLASH, OkPacket, ok};
use crate::support::raw::CApi;
use crate::support::script::{Script, query, send};
use crate::support::subject::Subject;

#[test]
fn nothing_else_meanwhile() {
    let crowd = Crowd::unix();
    let mut client = CApi::new(crowd.address(), "secret");
    client.login().unwrap();
    client.query(b"ok").unwrap();
    client.pipeline_add(b"rows 1", 0).unwrap();
    assert_eq!(client.pipeline_send(false).unwrap_err().code, 2014, "a query is open");
    client.settle().unwrap();
    client.close_query();
    assert_eq!(client.ask(b"ok", false).len(), 1, "until it is sent, all goes on");
    client.pipeline_add(b"ok", 1).unwrap();
    client.pipeline_send(false).unwrap();
    for _ in 0..2 {
        assert_eq!(client.query(b"ok").unwrap_err().code, 2014);
        assert_eq!(client.command(Do::Ping).unwrap_err().code, 2014);
        assert_eq!(client.command(Do::Reset).unwrap_err().code, 2014);
        assert_eq!(client.prepare(b"select 1").unwrap_err().code, 2014);
        client.pipeline_add(b"ok", 2).unwrap();
        assert_eq!(client.pipeline_send(true).unwrap_err().code, 2014, "another mode");
        client.pipeline_answer();
        client.close_query();
        client.pipeline_next();
    }
    assert_eq!(client.ask(b"ok", false).len(), 1, "what was added waits");
    client.pipeline_send(true).unwrap();
    assert_eq!(client.pipeline_at(), (0, 2));
    assert_eq!(client.pipeline_answer(), "E");
    assert!(client.pipeline_next());
    assert_eq!(client.pipeline_answer(), "E");
    assert!(!client.pipeline_next());
    assert_eq!(client.pipeline_send(false).unwrap_err().code, 3000, "nothing was added");
}

#[test]
fn without_one() {
    let crowd = Crowd::unix();
    let mut client = CApi::new(crowd.address(), "secret");
    assert!(!client.pipeline_next());
    client.pipeline_close();
    assert_eq!(client.poll(), Ok(Polled::NotConnected));
    assert_eq!(client.pipeline_at(), (0, 0));
    client.query(b"rows 1").unwrap();
    assert_eq!(client.settle(), Ok(Polled::RowReady));
    assert!(!client.pipeline_next());
    client.pipeline_close();
    assert_eq!(client.poll(), Ok(Polled::RowReady), "a query is not touched");
    for text in ["LOAD DATA LOCAL INFILE 'x' INTO TABLE t", " \n load data local infile 'x' into t"]
    {
        assert_eq!(client.pipeline_add(text.as_bytes(), 0).unwrap_err().code, 3000, "{text}");
    }
    client.pipeline_add(b"LOAD DATA INFILE 'x' INTO TABLE t", 0).unwrap();
    assert_eq!(client.pipeline_fill(b"? ?", &["x"], 0).unwrap_err().code, 3000);
}

#[test]
fn bounded_by_bytes() {
    let crowd = Crowd::unix();
    let mut client = CApi::new(crowd.address(), "secret");
    assert!(!client.option(Options::PIPELINE_MAX_BYTES, 1023));
    assert!(client.option(Options::PIPELINE_MAX_BYTES, 1024));
    let text = "x".repeat(512 - 128);
    for _ in 0..2 {
        client.pipeline_add(text.as_bytes(), 0).unwrap();
        client.pipeline_add(text.as_bytes(), 1).unwrap();
        let failure = client.pipeline_add(b"", 0).unwrap_err();
        assert_eq!(failure.numbers(), (2020, "08S01"));
        assert!(failure.text.contains("ATTACHSQL_OPTION_PIPELINE_MAX_BYTES"), "{}", failure.text);
        client.pipeline_close();
    }
    // Each is counted until its answer is over.
    let rows = format!("rows 1{}", "");
    client.pipeline_add(rows.as_bytes(), 0).unwrap();
    client.pipeline_add(&[b"rows 2".to_vec(), vec![]].concat(), 1).unwrap();
    client.pipeline_send(false).unwrap();
    let most = "ok".to_owned();
    let mut added = 2;
    while client.pipeline_add(most.as_bytes(), added).is_ok() {
        added += 1;
    }
    assert_eq!(added, 7, "134 and 130 bytes each");
    assert_eq!(client.pipeline_answer(), "0 E");
    assert!(client.pipeline_next());
    client.pipeline_add(most.as_bytes(), added).unwrap();
    client.pipeline_send(false).unwrap();
    for at in 1..8 {
        assert_eq!(client.pipeline_at(), (at as u64, at));
        client.pipeline_answer();
        assert_eq!(client.pipeline_next(), at < 7);
    }
    client.pipeline_add("x".repeat(1024 - 128).as_bytes(), 0).unwrap();
    client.pipeline_close();
    assert!(client.option(Options::PIPELINE_MAX_BYTES, u32::MAX), "at any time");
}

/// Values are escaped by the mode that the session has when the command goes.
#[test]
fn values() {
    let listener = Listener::unix();
    let mut client = CApi::new(&listener.address(), "secret");
    let mode = OkPacket { status: 2 | NO_BACKSLASH, ..OkPacket::default() }.payload();
    let steps = [
        query("set 'a\\'b'"),
        send(mode),
        query("get 'a''b'"),
        send(ok()),
        query("get 'a\\'b'"),
        send(ok()),
    ];
    let server = listener.serve(Script::logged_in(&Greeting::default(), steps));
    client.pipeline_fill(b"set ?", &["a'b"], 0).unwrap();
    client.pipeline_fill(b"get ?", &["a'b"], 1).unwrap();
    client.pipeline_fill(b"get ?", &["a'b", "more"], 2).unwrap();
    client.pipeline_send(true).unwrap();
    assert_eq!(client.pipeline_answers(), ["E", "E", "E"]);
    drop(client);
    server.finish();
}

/// Remembered behind what is still being read, and while the connection is made.
#[test]
fn remembered() {
    let crowd = Crowd::tcp();
    let mut client = CApi::new(crowd.address(), "secret");
    client.connect().unwrap();
    // Without a poll: one may be all that the login takes.
    client.pipeline(&["rows 3", "ok"], false);
    assert!(client.pipeline_next(), "it has not begun");
    assert_eq!(client.pipeline_at(), (0, 0));
    assert_eq!(client.pipeline_answers(), ["0 1 2 E", "E"]);
    client.query(b"long 9000000").unwrap();
    assert_eq!(client.settle(), Ok(Polled::RowReady));
    client.close_query();
    client.pipeline(&["rows 1", "error"], false);
    assert_eq!(client.pipeline_answers(), ["0 E", "!1064"]);
    // Closed before it began.
    client.query(b"long 9000000").unwrap();
    client.settle().unwrap();
    client.close_query();
    client.pipeline(&["rows 1", "error"], false);
    client.pipeline_close();
    assert_eq!(client.ask(b"rows 1", false).len(), 3);
}

/// What waits behind the answers of a closed pipeline was not sent: it can be taken back, as behind any other.
#[test]
fn cancelled_behind_one_that_was_closed() {
    let crowd = Crowd::unix();
    let mut client = CApi::new(crowd.address(), "secret");
    client.login().unwrap();
    client.pipeline(&["long 9000000", "rows 2", "rows 3"], false);
    assert_eq!(client.cancel().unwrap_err().code, 3000, "a pipeline is not cancelled");
    assert_eq!(client.settle(), Ok(Polled::RowReady));
    client.pipeline_close();
    assert_eq!(client.cancel().unwrap_err().code, 3000, "nor are answers that are dropped");
    client.query(b"rows 1").unwrap();
    client.cancel().unwrap();
    assert_eq!(client.settle().unwrap_err().numbers(), (3005, "70100"));
    client.close_query();
    assert_eq!(client.ask(b"rows 1", false).len(), 3);
}
