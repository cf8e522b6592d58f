// SPDX-License-Identifier: Apache-2.0
//! Statements that are closed while a pipeline has executes of them: all are run, how each ends is told, its rows are
//! nobody's, and the close goes to the server when the pipeline is over.

use std::cell::RefCell;
use std::rc::Rc;

use attachsql::capi::types::attachsql_options_t as Options;
use attachsql::session::Polled;

use crate::support::commands::Do;
use crate::support::handles::Handle;
use crate::support::listener::{Listener, Running};
use crate::support::packets::{
    self, AUTOCOMMIT, Greeting, MORE, binary_result, err, framed, ok, prepared, typed_column,
};
use crate::support::pools::{CPool, Told};
use crate::support::raw::CApi;
use crate::support::script::{Pieces, Script, Step, expect, query, send};
use crate::support::subject::Subject;

const TEXT: &str = "CALL p(?)";

fn prepare(greeting: &Greeting) -> [Step; 2] {
    let command = [b"\x16", TEXT.as_bytes()].concat();
    [expect(&command), Step::Send(prepared(greeting.caps, 7, 1, &[]))]
}

fn execute(value: u8) -> Step {
    expect(&[&b"\x17\x07\0\0\0\0\x01\0\0\0\0\x01\x03\0"[..], &[value, 0, 0, 0]].concat())
}

fn close() -> Step {
    expect(b"\x19\x07\0\0\0")
}

fn raw(payloads: &[Vec<u8>]) -> Step {
    Step::Raw(framed(1, payloads))
}

fn rows(greeting: &Greeting, count: u32, status: u16) -> Vec<Vec<u8>> {
    let rows: Vec<Vec<packets::Value>> =
        (0..count).map(|n| vec![Some(n.to_le_bytes().to_vec())]).collect();
    binary_result(greeting.caps, &[typed_column("n", 3, 1)], &rows, status)
}

/// Rows, an error, rows that break off, two results, nothing: what is told of each when nobody reads rows.
const TOLD: [&str; 5] = ["E", "!1062", "!1317", "E", "E"];

fn answers(greeting: &Greeting) -> Vec<Step> {
    let mut broken = rows(greeting, 3, AUTOCOMMIT);
    *broken.last_mut().unwrap() = err(1317, Some("70100"), b"interrupted");
    let first = rows(greeting, 2, AUTOCOMMIT | MORE);
    let two = [first, rows(greeting, 2, AUTOCOMMIT)].concat();
    vec![
        raw(&rows(greeting, 500, AUTOCOMMIT)),
        raw(&[err(1062, Some("23000"), b"twice")]),
        raw(&broken),
        raw(&two),
        raw(&[ok()]),
    ]
}

/// With `stops` the server has to answer each before it gets the next.
fn steps(greeting: &Greeting, stops: bool) -> Vec<Step> {
    let mut steps = prepare(greeting).to_vec();
    let answers = answers(greeting);
    if stops {
        steps.extend([execute(0), answers[0].clone(), execute(1), answers[1].clone()]);
    } else {
        steps.extend((0..5).map(execute));
        steps.extend(answers);
    }
    steps.extend([close(), query("next"), send(ok())]);
    steps
}

fn styles() -> [Greeting; 3] {
    [Greeting::default(), Greeting::mysql(), Greeting::default().with_eof()]
}

fn add(handle: &Handle) {
    for (context, value) in (0..5).enumerate() {
        handle.set_int(0, value).unwrap();
        handle.pipeline_add(context).unwrap();
    }
}

fn goes_on(mut client: CApi, server: Running) {
    assert_eq!(client.ask(b"next", false).len(), 1);
    drop(client);
    assert!(server.finish().is_over());
}

/// Before it is sent, right behind, and after each of the first polls.
#[test]
fn closed_at_any_moment() {
    for greeting in styles() {
        for stops in [false, true] {
            for moment in 0..5 {
                let listener = Listener::unix();
                let mut client = CApi::new(&listener.address(), "secret");
                let script = Script::logged_in(&greeting, steps(&greeting, stops));
                let server = listener.serve(script);
                let handle = client.handle_of(TEXT);
                add(&handle);
                if moment > 0 {
                    client.pipeline_send(stops).unwrap();
                }
                if moment > 1 {
                    assert_eq!(client.settle(), Ok(Polled::RowReady));
                }
                if moment > 2 {
                    handle.row_get().unwrap();
                    handle.row_next();
                }
                if moment > 3 {
                    client.poll().unwrap();
                }
                drop(handle);
                if moment == 0 {
                    client.pipeline_send(stops).unwrap();
                }
                let want = match stops {
                    true => vec!["E", "!1062", "!3010", "!3010", "!3010"],
                    false => TOLD.to_vec(),
                };
                assert_eq!(client.pipeline_answers(), want, "{stops} {moment}");
                goes_on(client, server);
            }
        }
    }
}

/// Rows that break off when their statement was closed while one of them was held; and what comes behind is dropped
/// again as ever.
#[test]
fn rows_that_break_off() {
    for goes_on_at_once in [false, true] {
        let greeting = Greeting::default();
        let mut broken = rows(&greeting, 3, AUTOCOMMIT);
        *broken.last_mut().unwrap() = err(1317, Some("70100"), b"interrupted");
        let mut steps = prepare(&greeting).to_vec();
        steps.extend([execute(0), raw(&broken), close()]);
        steps.extend([
            expect(b"\x0e"),
            send(err(1047, Some("08S01"), b"no")),
            query("next"),
            send(ok()),
        ]);
        let listener = Listener::unix();
        let mut client = CApi::new(&listener.address(), "secret");
        let server = listener.serve(Script::logged_in(&greeting, steps));
        let handle = client.handle_of(TEXT);
        handle.set_int(0, 0).unwrap();
        handle.pipeline_add(0).unwrap();
        client.pipeline_send(true).unwrap();
        assert_eq!(client.settle(), Ok(Polled::RowReady));
        drop(handle);
        if goes_on_at_once {
            assert!(!client.pipeline_next());
        } else {
            assert_eq!(client.pipeline_answers(), ["!1317"]);
        }
        // Nobody hears how the ping went.
        client.command(Do::Ping).unwrap();
        goes_on(client, server);
    }
}

/// An error that was told of the current command stays when its statement goes away.
#[test]
fn at_an_error() {
    let greeting = Greeting::default();
    let listener = Listener::unix();
    let mut client = CApi::new(&listener.address(), "secret");
    let server = listener.serve(Script::logged_in(&greeting, steps(&greeting, false)));
    let handle = client.handle_of(TEXT);
    add(&handle);
    client.pipeline_send(false).unwrap();
    assert!(client.pipeline_next());
    assert_eq!(client.settle().unwrap_err().code, 1062);
    drop(handle);
    assert_eq!(client.poll().unwrap_err().code, 1062);
    let mut told = vec!["E".to_owned(), "!1062".to_owned()];
    while client.pipeline_next() {
        told.push(client.pipeline_answer());
    }
    assert_eq!(told, TOLD);
    goes_on(client, server);
}

/// Executes that are added and never sent: the close waits for the end of the pipeline that is forgotten, or of the
/// next one.
#[test]
fn never_sent() {
    let greeting = Greeting::default();
    let mut steps = prepare(&greeting).to_vec();
    steps.extend([query("q"), send(ok()), close()]);
    steps.extend([query("next"), send(ok())]);
    let listener = Listener::unix();
    let mut client = CApi::new(&listener.address(), "secret");
    let server = listener.serve(Script::logged_in(&greeting, steps));
    let handle = client.handle_of(TEXT);
    add(&handle);
    drop(handle);
    assert_eq!(client.ask(b"q", false).len(), 1);
    client.pipeline_close();
    goes_on(client, server);
}

/// Executes that were added to a pipeline under way, and are sent when it is over.
#[test]
fn of_the_next_pipeline() {
    let greeting = Greeting::default();
    let mut steps = prepare(&greeting).to_vec();
    steps.extend([query("one"), send(ok())]);
    steps.extend((0..5).map(execute));
    steps.extend(answers(&greeting));
    steps.extend([close(), query("next"), send(ok())]);
    let listener = Listener::unix();
    let mut client = CApi::new(&listener.address(), "secret");
    let server = listener.serve(Script::logged_in(&greeting, steps));
    let handle = client.handle_of(TEXT);
    client.pipeline(&["one"], false);
    add(&handle);
    drop(handle);
    assert_eq!(client.pipeline_answers(), ["E"]);
    client.pipeline_send(false).unwrap();
    assert_eq!(client.pipeline_answers(), TOLD);
    goes_on(client, server);
}

/// A cache keeps the statement when the pipeline is over.
#[test]
fn with_a_cache() {
    for moment in 0..2 {
        let greeting = Greeting::default();
        let mut steps = prepare(&greeting).to_vec();
        steps.extend((0..5).map(execute));
        steps.extend(answers(&greeting));
        steps.extend([query("next"), send(ok())]);
        let listener = Listener::unix();
        let mut client = CApi::new(&listener.address(), "secret");
        assert!(client.option(Options::STMT_CACHE, 3));
        let server = listener.serve(Script::logged_in(&greeting, steps));
        let handle = client.handle_of(TEXT);
        add(&handle);
        client.pipeline_send(false).unwrap();
        if moment > 0 {
            assert_eq!(client.settle(), Ok(Polled::RowReady));
        }
        drop(handle);
        assert_eq!(client.pipeline_answers(), TOLD);
        assert_eq!(client.cache_stats().kept, 1);
        let again = client.handle_of(TEXT);
        assert_eq!(client.cache_stats().hits, 1);
        goes_on(client, server);
        drop(again);
    }
}

/// In a pool the end of each command is told, once, however long its rows take to be dropped.
#[test]
fn in_a_pool() {
    for pieces in [Pieces::Whole, Pieces::Every(50)] {
        for stops in [false, true] {
            let greeting = Greeting::default();
            let listener = Listener::unix();
            let log: Rc<RefCell<Vec<String>>> = Rc::default();
            let held: Rc<RefCell<Option<Handle>>> = Rc::default();
            let (noted, kept) = (Rc::clone(&log), Rc::clone(&held));
            let pool = CPool::new(move |_, con, _, told| {
                let end = match told {
                    Told::Connected => return,
                    Told::Row(_) => panic!("a row that is nobody's"),
                    Told::End => "E".to_owned(),
                    Told::Failed(failure) => format!("!{}", failure.code),
                };
                match kept.borrow_mut().take() {
                    // The prepare.
                    Some(handle) => {
                        add(&handle);
                        con.pipeline_send(stops).unwrap();
                    }
                    None => {
                        noted.borrow_mut().push(end);
                        con.pipeline_next();
                    }
                }
            });
            let mut client = pool.connection(&listener.address());
            let script = Script::logged_in(&greeting, steps(&greeting, stops));
            let server = listener.serve(script.in_pieces(pieces));
            let handle = client.handle();
            handle.prepare(TEXT).unwrap();
            held.replace(Some(handle));
            pool.run_out();
            let want = match stops {
                true => vec!["E", "!1062", "!3010", "!3010", "!3010"],
                false => TOLD.to_vec(),
            };
            assert_eq!(*log.borrow(), want, "{stops}");
            client.query(b"next").unwrap();
            pool.run_out();
            drop((client, pool));
            assert!(server.finish().is_over());
        }
    }
}
