// SPDX-License-Identifier: Apache-2.0
//! Executes before the prepare has been answered: sent behind it to a MariaDB, remembered for others.

use attachsql::session::Polled;

use crate::answers::styles;
use crate::statements::{
    as_texts, close, code, execute, goes_on, next, prepare, rows, two_columns,
};
use crate::support::commands::Do;
use crate::support::listener::{Listener, Running};
use crate::support::packets::{
    AUTOCOMMIT, Greeting, OkPacket, binary_result, err, framed, ok, prepared,
};
use crate::support::raw::CApi;
use crate::support::script::{Pieces, Script, Step, Want, expect, query, send};
use crate::support::subject::Subject;

use crate::statements::two_columned;

/// A server that knows the statement that was prepared last.
fn mariadb() -> [Greeting; 2] {
    let new = Greeting { more_caps: 4, ..Greeting::default() };
    [new.clone().with_eof(), new]
}

fn serve(greeting: &Greeting, steps: Vec<Step>, pieces: Pieces) -> (CApi, Running) {
    let listener = Listener::unix();
    let mut client = CApi::new(&listener.address(), "secret");
    let server = listener.serve(Script::logged_in(greeting, steps).in_pieces(pieces));
    client.login().unwrap();
    (client, server)
}

/// The execute of the statement that was prepared last, with one INT.
fn last(value: u32) -> Step {
    let head = b"\x17\xff\xff\xff\xff\x00\x01\0\0\0\x00\x01\x03\x00";
    expect(&[&head[..], &value.to_le_bytes()].concat())
}

fn one(id: u32, value: u32) -> Step {
    execute(id, &[&b"\x00\x01\x03\x00"[..], &value.to_le_bytes()].concat())
}

/// Both commands come before any answer.
fn both(greeting: &Greeting, id: u32, value: u32, count: u32) -> Vec<Step> {
    let [command, _] = prepare(greeting, "SELECT ?", id, 1, &two_columns());
    let definitions = prepared(greeting.caps, id, 1, &two_columns());
    let result = binary_result(greeting.caps, &two_columns(), &two_columned(count), AUTOCOMMIT);
    let answers = [framed(1, &definitions), framed(1, &result)].concat();
    vec![command, last(value), Step::Raw(answers)]
}

/// The same, one after the other.
fn remembered(greeting: &Greeting, id: u32, value: u32, count: u32) -> Vec<Step> {
    let [command, answer] = prepare(greeting, "SELECT ?", id, 1, &two_columns());
    vec![command, answer, one(id, value), rows(greeting, count, AUTOCOMMIT)]
}

fn run(client: &mut CApi, value: i32, count: u32) -> crate::support::handles::Handle {
    let handle = client.handle();
    handle.prepare("SELECT ?").unwrap();
    handle.set_int(0, value).unwrap();
    handle.execute().unwrap();
    assert_eq!(client.rows_of(&handle).unwrap(), as_texts(count));
    assert_eq!((handle.param_count(), client.columns().len()), (1, 2));
    handle
}

#[test]
fn one_answer_for_both() {
    let cases = mariadb().map(|greeting| (greeting, true)).into_iter();
    for (greeting, at_once) in cases.chain(styles().map(|greeting| (greeting, false))) {
        let pair = if at_once { both } else { remembered };
        let mut steps = pair(&greeting, 7, 5, 3);
        steps.extend([one(7, 6), rows(&greeting, 4, AUTOCOMMIT)]);
        steps.extend(pair(&greeting, 8, 9, 0));
        steps.extend([close(8), close(7)]);
        steps.extend(next());
        let (mut client, server) = serve(&greeting, steps, Pieces::Whole);
        let handle = run(&mut client, 5, 3);
        handle.set_int(0, 6).unwrap();
        handle.execute().unwrap();
        assert_eq!(client.rows_of(&handle).unwrap(), as_texts(4));
        drop(run(&mut client, 9, 0));
        drop(handle);
        goes_on(client, server);
    }
}

/// Before the login: both are remembered, and go as after it.
#[test]
fn before_the_login() {
    let cases = mariadb().map(|greeting| (greeting, true)).into_iter();
    for (greeting, at_once) in cases.chain(styles().map(|greeting| (greeting, false))) {
        let pair = if at_once { both } else { remembered };
        let mut steps = pair(&greeting, 7, 5, 3);
        steps.extend(next());
        let listener = Listener::unix();
        let mut client = CApi::new(&listener.address(), "secret");
        let server = listener.serve(Script::logged_in(&greeting, steps));
        let handle = run(&mut client, 5, 3);
        goes_on(client, server);
        drop(handle);
    }
}

#[test]
fn answers_in_pieces() {
    for greeting in mariadb() {
        let script = || {
            let mut steps = both(&greeting, 7, 5, 3);
            steps.extend(next());
            steps
        };
        let bytes = {
            let (mut client, server) = serve(&greeting, script(), Pieces::Whole);
            let handle = run(&mut client, 5, 3);
            assert!(matches!(client.ask(b"next", false)[..], [_]));
            drop(client);
            drop(handle);
            server.finish().sent()
        };
        let splits = (1..bytes).map(Pieces::SplitAt);
        for pieces in splits.chain([Pieces::Every(1), Pieces::Every(2), Pieces::Every(7)]) {
            let (mut client, server) = serve(&greeting, script(), pieces);
            let handle = run(&mut client, 5, 3);
            goes_on(client, server);
            drop(handle);
        }
    }
}

/// The error of the prepare is told, once both answers are here; that of the execute is not.
#[test]
fn a_text_that_is_refused() {
    let refusal = [err(1064, Some("42000"), b"no such thing")];
    let unknown = [err(1243, None, b"Unknown prepared statement handler")];
    let bad = || expect(b"\x16SELECT ?");
    let mut cases = Vec::new();
    for greeting in mariadb() {
        for answers in [
            vec![Step::Raw(framed(1, &refusal)), Step::Raw(framed(1, &unknown))],
            vec![Step::Raw([framed(1, &refusal), framed(1, &unknown)].concat())],
            // Whatever the answer is.
            vec![Step::Raw([framed(1, &refusal), framed(1, &[ok()])].concat())],
        ] {
            let mut steps = vec![bad(), last(5)];
            steps.extend(answers);
            cases.push((greeting.clone(), steps));
        }
    }
    for greeting in styles() {
        cases.push((greeting, vec![bad(), Step::Send(refusal.to_vec())]));
    }
    for (greeting, mut steps) in cases {
        steps.extend(next());
        let (mut client, server) = serve(&greeting, steps, Pieces::Every(3));
        let handle = client.handle();
        handle.prepare("SELECT ?").unwrap();
        handle.set_int(0, 5).unwrap();
        handle.execute().unwrap();
        for _ in 0..2 {
            assert_eq!(client.settle().unwrap_err().numbers(), (1064, "42000"));
        }
        assert_eq!(code(handle.execute()), 3000, "it was refused");
        drop(handle);
        goes_on(client, server);
    }
}

/// An execute that fails after a prepare that did well.
#[test]
fn an_execute_that_is_refused() {
    let wrong = [err(1062, Some("23000"), b"twice")];
    for greeting in mariadb() {
        let definitions = prepared(greeting.caps, 7, 1, &two_columns());
        let answers = [framed(1, &definitions), framed(1, &wrong)].concat();
        let mut steps = vec![expect(b"\x16SELECT ?"), last(5), Step::Raw(answers)];
        steps.extend([one(7, 5), rows(&greeting, 2, AUTOCOMMIT), close(7)]);
        steps.extend(next());
        let (mut client, server) = serve(&greeting, steps, Pieces::Whole);
        let handle = client.handle();
        handle.prepare("SELECT ?").unwrap();
        handle.set_int(0, 5).unwrap();
        handle.execute().unwrap();
        assert_eq!(code(client.settle()), 1062);
        handle.execute().unwrap();
        assert_eq!(client.rows_of(&handle).unwrap(), as_texts(2));
        drop(handle);
        goes_on(client, server);
    }
}

/// The number of parameters: unset ones are NULL; where it is not plain, the execute waits; where it is wrong,
/// the program is told.
#[test]
fn numbers_of_parameters() {
    for greeting in mariadb().into_iter().chain(styles()) {
        let mut steps = Vec::new();
        let mut pair = |text: &str, id: u32, params: u16, payload: &[u8]| {
            let [command, answer] = prepare(&greeting, text, id, params, &[]);
            let done = |out: &mut Vec<Step>| out.push(send(ok()));
            if greeting.more_caps == 4 && !text.contains('\\') {
                let answer = framed(1, &prepared(greeting.caps, id, params, &[]));
                let first = [&b"\x17\xff\xff\xff\xff\x00\x01\0\0\0"[..], payload].concat();
                steps.extend([command, expect(&first)]);
                steps.push(Step::Raw([answer, framed(1, &[ok()])].concat()));
            } else {
                steps.extend([command, answer]);
                steps.push(execute(id, payload));
                done(&mut steps);
            }
        };
        pair("none", 1, 0, b"");
        pair("? ?", 2, 2, b"\x02\x01\x03\x00\x06\x00\x09\0\0\0");
        pair("?, '\\' ? \\''", 3, 1, b"\x00\x01\x03\x00\x09\0\0\0");
        // The guess is that a backslash hides a quote or not; the server knows better.
        steps.extend(prepare(&greeting, "? '\\'", 4, 0, &[]));
        steps.extend([close(4), close(3), close(2), close(1)]);
        steps.extend(next());
        let (mut client, server) = serve(&greeting, steps, Pieces::Whole);
        let mut handles = Vec::new();
        for text in ["none", "? ?", "?, '\\' ? \\''"] {
            let handle = client.handle();
            handle.prepare(text).unwrap();
            if text != "none" {
                handle.set_int(0, 9).unwrap();
            }
            if text.contains('\\') {
                // What the number seems to be is not what counts.
                assert_eq!(handle.param_count(), 0);
            }
            handle.execute().unwrap();
            assert_eq!(client.settle(), Ok(Polled::End), "{text}");
            handles.push(handle);
        }
        let handle = client.handle();
        handle.prepare("? '\\'").unwrap();
        handle.execute().unwrap();
        assert_eq!(code(client.settle()), 3000);
        handles.push(handle);
        while let Some(handle) = handles.pop() {
            drop(handle);
        }
        goes_on(client, server);
    }
}

/// Another command comes before the answers: they are dropped.
#[test]
fn something_else_in_between() {
    for greeting in mariadb() {
        let mut steps = both(&greeting, 7, 5, 3);
        steps.extend([query("q"), send(ok())]);
        steps.extend(both(&greeting, 8, 5, 3));
        // A second execute while both are on their way.
        steps.extend([one(8, 6), rows(&greeting, 2, AUTOCOMMIT)]);
        // The prepare is refused, and nobody hears of it.
        steps.extend([expect(b"\x16SELECT ?"), last(5)]);
        let refusal = framed(1, &[err(1064, Some("42000"), b"no")]);
        let unknown = framed(1, &[err(1243, None, b"unknown")]);
        steps.push(Step::Raw([refusal, unknown].concat()));
        steps.extend([query("q"), send(ok())]);
        // Closed at once.
        steps.extend(both(&greeting, 9, 5, 1));
        steps.push(close(9));
        steps.extend([expect(b"\x0e"), send(OkPacket::default().payload())]);
        steps.extend([close(8), close(7)]);
        steps.extend(next());
        let (mut client, server) = serve(&greeting, steps, Pieces::Whole);
        let begin = |client: &CApi| {
            let handle = client.handle();
            handle.prepare("SELECT ?").unwrap();
            handle.set_int(0, 5).unwrap();
            handle.execute().unwrap();
            handle
        };
        let a = begin(&client);
        client.ask(b"q", false);
        assert_eq!(a.param_count(), 1);
        let b = begin(&client);
        b.set_int(0, 6).unwrap();
        b.execute().unwrap();
        assert_eq!(client.rows_of(&b).unwrap(), as_texts(2));
        let c = begin(&client);
        client.ask(b"q", false);
        assert_eq!(code(c.execute()), 3000);
        drop(c);
        begin(&client).close();
        client.command(Do::Ping).unwrap();
        assert_eq!(client.settle(), Ok(Polled::End));
        drop(b);
        drop(a);
        goes_on(client, server);
    }
}

/// Only the one that was prepared last can be executed so.
#[test]
fn two_prepares() {
    for greeting in mariadb() {
        let mut steps = Vec::new();
        for (text, id) in [("a ?", 1), ("b ?", 2)] {
            steps.extend(prepare(&greeting, text, id, 1, &two_columns()));
        }
        steps.extend([one(1, 5), rows(&greeting, 3, AUTOCOMMIT)]);
        steps.extend([close(2), close(1)]);
        steps.extend(next());
        let (mut client, server) = serve(&greeting, steps, Pieces::Whole);
        let (a, b) = (client.handle(), client.handle());
        a.prepare("a ?").unwrap();
        b.prepare("b ?").unwrap();
        a.set_int(0, 5).unwrap();
        a.execute().unwrap();
        assert_eq!(client.rows_of(&a).unwrap(), as_texts(3));
        drop(b);
        drop(a);
        goes_on(client, server);
    }
}

/// The connection ends between both answers.
#[test]
fn half_an_answer() {
    for greeting in mariadb() {
        for refused in [false, true] {
            let answer = if refused {
                framed(1, &[err(1064, Some("42000"), b"no")])
            } else {
                framed(1, &prepared(greeting.caps, 7, 1, &two_columns()))
            };
            let steps = vec![Step::Expect(Want::Any), last(5), Step::Raw(answer), Step::Close];
            let (mut client, _server) = serve(&greeting, steps, Pieces::Whole);
            let handle = client.handle();
            handle.prepare("SELECT ?").unwrap();
            handle.set_int(0, 5).unwrap();
            handle.execute().unwrap();
            assert_eq!(code(client.settle()), 2013);
        }
    }
}
