// SPDX-License-Identifier: Apache-2.0
//! Statements at unusual moments: before the login, while answers are open or dropped, closed while they
//! are under way. What has to wait is sent in order, and each command gets its own answer.

use attachsql::limits::{LONG_DATA_PIECE, MAX_PENDING};
use attachsql::session::{Choice, Connection, Polled};

use crate::answers::styles;
use crate::statements::{
    as_texts, close, code, execute, goes_on, next, prepare, reset, rows, serve, two_columns,
};
use crate::support::listener::{Inline, Listener};
use crate::support::packets::{self, AUTOCOMMIT, Greeting, MORE, err, ok};
use crate::support::raw::CApi;
use crate::support::script::{Pieces, Script, Step, Want, expect, query, send};
use crate::support::statements::Set;
use crate::support::subject::{self, Seen, Subject, WithServer};

#[test]
fn prepared_before_the_login() {
    for connects in [false, true] {
        let greeting = Greeting::default();
        let mut steps = prepare(&greeting, "second", 1, 1, &[]).to_vec();
        steps.extend([execute(1, b"\0\x01\x03\0\x07\0\0\0"), send(ok())]);
        steps.extend(next());
        let listener = Listener::unix();
        let mut client = CApi::new(&listener.address(), "secret");
        let server = listener.serve(Script::logged_in(&greeting, steps));
        if connects {
            client.connect().unwrap();
        }
        client.prepare(b"first").unwrap();
        assert_eq!(client.poll(), Ok(Polled::Connecting));
        assert_eq!((client.param_count(), code(client.execute())), (0, 3000));
        assert_eq!(code(client.set(0, Set::Null)), 3000);
        // Only the last one is sent; a query may be closed without harm.
        client.prepare(b"second").unwrap();
        client.close_query();
        assert_eq!(client.settle(), Ok(Polled::End));
        assert_eq!(client.param_count(), 1);
        assert_eq!(client.run_statement(&[Set::Int(7)]), Ok(Vec::new()));
        goes_on(client, server);
    }
}

/// Closed before the login: nothing of it is sent.
#[test]
fn closed_before_the_login() {
    let listener = Listener::unix();
    let mut client = CApi::new(&listener.address(), "secret");
    let server = listener.serve(Script::logged_in(&Greeting::default(), next()));
    client.prepare(b"never").unwrap();
    client.close_statement();
    assert_eq!(client.settle(), Ok(Polled::End));
    goes_on(client, server);
}

/// A query comes while the prepare waits or is answered: the statement is prepared all the same.
#[test]
fn a_query_before_the_prepare_has_ended() {
    for greeting in styles() {
        for polls in 0..3 {
            let mut steps = prepare(&greeting, "s", 1, 1, &two_columns()).to_vec();
            steps.extend([query("q"), send(ok())]);
            steps.extend([execute(1, b"\x01\x01\x06\0"), rows(&greeting, 2, AUTOCOMMIT)]);
            steps.extend(next());
            let listener = Listener::unix();
            let mut client = CApi::new(&listener.address(), "secret");
            let server = listener.serve(Script::logged_in(&greeting, steps));
            if polls > 0 {
                client.login().unwrap();
            }
            client.prepare(b"s").unwrap();
            if polls > 1 {
                client.poll().unwrap();
            }
            assert!(matches!(client.ask(b"q", false)[..], [Seen::Done(_)]));
            assert_eq!(client.param_count(), 1);
            assert_eq!(client.run_statement(&[]).unwrap(), as_texts(2));
            goes_on(client, server);
        }
    }
}

/// Prepared again, closed, closed and prepared, in the middle of a prepare and after it.
#[test]
fn one_after_the_other_at_once() {
    for greeting in styles() {
        for (first_ends, closes) in [(false, false), (false, true), (true, false), (true, true)] {
            let mut steps = prepare(&greeting, "one", 1, 1, &two_columns()).to_vec();
            steps.push(close(1));
            steps.extend(prepare(&greeting, "two", 2, 0, &two_columns()));
            steps.extend([execute(2, b""), rows(&greeting, 1, AUTOCOMMIT), close(2)]);
            steps.extend(next());
            let (mut client, server) = serve(&greeting, steps);
            client.prepare(b"one").unwrap();
            if first_ends {
                assert_eq!(client.settle(), Ok(Polled::End));
            }
            if closes {
                client.close_statement();
            }
            client.prepare(b"two").unwrap();
            assert_eq!(client.settle(), Ok(Polled::End));
            assert_eq!(client.run_statement(&[]).unwrap(), as_texts(1));
            client.close_statement();
            goes_on(client, server);
        }
    }
}

/// Refused, while the program has gone on already.
#[test]
fn a_refusal_nobody_waits_for() {
    let greeting = Greeting::default();
    let mut steps = vec![expect(b"\x16one"), send(err(1064, Some("42000"), b"no"))];
    steps.extend([expect(b"\x16two"), send(err(1064, Some("42000"), b"no"))]);
    steps.extend([query("q"), send(ok())]);
    steps.extend(next());
    let (mut client, server) = serve(&greeting, steps);
    client.prepare(b"one").unwrap();
    client.close_statement();
    assert_eq!(client.settle(), Ok(Polled::End));
    client.prepare(b"two").unwrap();
    assert!(matches!(client.ask(b"q", false)[..], [Seen::Done(_)]));
    assert!(client.execute().unwrap_err().text.contains("refused"));
    goes_on(client, server);
}

/// What may come while rows of a statement are unread: each drops them and gets its own answer.
#[test]
fn undrained_results() {
    for greeting in styles() {
        for status in [AUTOCOMMIT, AUTOCOMMIT | MORE] {
            for taken in 0..3 {
                for what in
                    ["execute", "reset", "long data", "query", "prepare", "close", "query close"]
                {
                    undrained(&greeting, status, taken, what);
                }
            }
        }
    }
}

fn undrained(greeting: &Greeting, status: u16, taken: usize, what: &str) {
    let mut steps = prepare(greeting, "s", 1, 1, &two_columns()).to_vec();
    steps.extend([execute(1, b"\x01\x01\x06\0"), rows(greeting, 900, status)]);
    if status & MORE != 0 {
        steps.extend([rows(greeting, 900, AUTOCOMMIT)]);
    }
    let again = [execute(1, b"\0\x01\x03\0\x05\0\0\0"), rows(greeting, 2, AUTOCOMMIT)];
    match what {
        "reset" => steps.extend([reset(1), send(ok())]),
        "long data" => steps.extend([expect(b"\x18\x01\0\0\0\0\0ab")]),
        "query" => steps.extend([query("q"), send(ok())]),
        "prepare" => {
            steps.push(close(1));
            steps.extend(prepare(greeting, "new", 1, 1, &[]));
        }
        "close" => steps.push(close(1)),
        _ => {}
    }
    match what {
        "close" => {}
        "long data" => steps.extend([execute(1, b"\0\x01\xfc\0"), rows(greeting, 2, AUTOCOMMIT)]),
        _ => steps.extend(again),
    }
    steps.extend(next());
    let (mut client, server) = serve(greeting, steps);
    client.prepared("s").unwrap();
    client.execute().unwrap();
    for n in 0..taken {
        assert_eq!(client.settle(), Ok(Polled::RowReady));
        if n + 1 < taken {
            client.statement_next();
        }
    }
    if taken == 2 && what != "query close" {
        // To the end of the result, if another one is announced: between the two.
        while client.settle() == Ok(Polled::RowReady) {
            client.statement_next();
        }
    }
    match what {
        "reset" => {
            client.reset().unwrap();
            assert_eq!(client.settle(), Ok(Polled::End), "{what}");
        }
        "long data" => {
            client.long_data(0, b"ab").unwrap();
            if taken == 1 {
                assert_eq!(client.settle(), Ok(Polled::End), "{what}");
            }
        }
        "query" => assert!(matches!(client.ask(b"q", false)[..], [Seen::Done(_)])),
        "prepare" => client.prepared("new").unwrap(),
        "close" => client.close_statement(),
        "query close" => {
            client.close_query();
            if status & MORE == 0 || taken < 2 {
                assert_eq!(client.settle(), Ok(Polled::End), "{what}");
            }
        }
        _ => {}
    }
    if what != "close" {
        client.set(0, Set::Int(5)).unwrap();
        assert_eq!(client.run_statement(&[]).unwrap(), as_texts(2), "{what}, {taken}");
    }
    goes_on(client, server);
}

/// An execute opens no query, so that there is none to be closed between two of its results.
#[test]
fn a_close_between_results_of_an_execute() {
    for greeting in styles() {
        let mut steps = prepare(&greeting, "s", 1, 1, &two_columns()).to_vec();
        steps.extend([execute(1, b"\x01\x01\x06\0"), rows(&greeting, 2, AUTOCOMMIT | MORE)]);
        steps.extend([rows(&greeting, 2, AUTOCOMMIT), query("q"), send(ok())]);
        steps.extend(next());
        let (mut client, server) = serve(&greeting, steps);
        client.prepared("s").unwrap();
        assert_eq!(client.run_statement(&[]).unwrap(), as_texts(2));
        client.close_query();
        assert_eq!(client.settle(), Ok(Polled::End));
        assert!(matches!(client.ask(b"q", true)[..], [Seen::Done(_)]), "what is left is dropped");
        client.buffer(false);
        goes_on(client, server);
    }
}

/// A query is open: a statement is not prepared in the middle of its answer. Executing drops it.
#[test]
fn while_a_query_is_open() {
    for greeting in styles() {
        let result = |status| {
            let rows = vec![vec![Some(b"text".to_vec())]; 500];
            Step::Send(packets::result(greeting.caps, &["a"], &rows, status))
        };
        let mut steps = prepare(&greeting, "s", 1, 0, &[]).to_vec();
        steps.extend([query("q"), result(AUTOCOMMIT)]);
        steps.push(close(1));
        steps.extend(prepare(&greeting, "t", 2, 0, &[]));
        steps.extend([query("q"), result(AUTOCOMMIT | MORE), result(AUTOCOMMIT)]);
        steps.extend([execute(2, b""), rows(&greeting, 2, AUTOCOMMIT)]);
        steps.extend(next());
        let (mut client, server) = serve(&greeting, steps);
        client.prepared("s").unwrap();
        client.query(b"q").unwrap();
        assert_eq!(client.prepare(b"t").unwrap_err().numbers(), (2014, "08002"));
        for _ in 0..500 {
            assert_eq!(client.settle(), Ok(Polled::RowReady), "it goes on undisturbed");
            assert_eq!(code(client.prepare(b"t")), 2014);
            client.next_row();
        }
        assert_eq!(client.settle(), Ok(Polled::End));
        // Its answer has ended, so it does not matter that it was not closed.
        client.prepared("t").unwrap();
        client.close_query();
        client.query(b"q").unwrap();
        assert_eq!(client.settle(), Ok(Polled::RowReady));
        assert_eq!(client.run_statement(&[]).unwrap(), as_texts(2));
        client.close_query();
        goes_on(client, server);
    }
}

/// A query that was closed is still being read, byte by byte: what comes then waits, in order, and values
/// are those of the moment of the call.
#[test]
fn behind_an_answer_that_is_dropped() {
    let greeting = Greeting::default();
    let text = packets::result(greeting.caps, &["a"], &[vec![Some(vec![b'x'; 300])]], AUTOCOMMIT);
    let mut steps = prepare(&greeting, "s", 1, 1, &two_columns()).to_vec();
    steps.extend([query("q"), Step::Send(text)]);
    steps.extend([execute(1, b"\0\x01\xfe\0\x03one"), rows(&greeting, 20, AUTOCOMMIT)]);
    steps.extend([expect(b"\x18\x01\0\0\0\0\0longer")]);
    steps.extend([execute(1, b"\0\x01\xfc\0"), send(err(1364, Some("HY000"), b"dropped"))]);
    steps.extend([reset(1), send(ok())]);
    steps.extend([query("q2"), send(ok())]);
    steps.extend([execute(1, b"\0\x01\xfe\0\x03two"), rows(&greeting, 2, AUTOCOMMIT), close(1)]);
    steps.extend(next());
    let script = Script::logged_in(&greeting, steps).in_pieces(Pieces::Every(7));
    let server = Inline::new(Listener::unix(), script);
    let client = CApi::new(&server.address(), "secret");
    let mut both = WithServer { client, server };
    both.login().unwrap();
    both.client.prepare(b"s").unwrap();
    assert_eq!(both.settle(), Ok(Polled::End));
    both.query(b"q").unwrap();
    both.close_query();
    let mut word = *b"one";
    both.client.set(0, Set::Text(&word)).unwrap();
    both.client.execute().unwrap();
    word.copy_from_slice(std::hint::black_box(b"two"));
    both.client.long_data(0, b"lon").unwrap();
    both.client.long_data(0, b"ger").unwrap();
    both.client.execute().unwrap();
    both.client.reset().unwrap();
    both.query(b"q2").unwrap();
    both.client.execute().unwrap();
    for n in 0..2 {
        assert_eq!(both.settle(), Ok(Polled::RowReady));
        both.client.statement_row().unwrap();
        assert_eq!(both.client.int(0), Ok(n));
        both.next_row();
    }
    assert_eq!(both.settle(), Ok(Polled::End));
    both.client.close_statement();
    both.close_query();
    assert!(matches!(both.ask(b"next", false)[..], [Seen::Done(_)]));
    drop(both.client);
    assert!(both.server.finish().is_over());
}

/// Nothing is sent while an answer is being dropped, so what waits has an end.
#[test]
fn too_many_wait() {
    let greeting = Greeting::default();
    let mut steps = prepare(&greeting, "s", 1, 0, &[]).to_vec();
    steps.extend([query("q"), send(ok())]);
    steps.extend((0..MAX_PENDING).flat_map(|_| [execute(1, b""), send(ok())]));
    steps.push(close(1));
    steps.extend(next());
    let server = Inline::new(Listener::unix(), Script::logged_in(&greeting, steps));
    let client = CApi::new(&server.address(), "secret");
    let mut both = WithServer { client, server };
    both.login().unwrap();
    both.client.prepare(b"s").unwrap();
    assert_eq!(both.settle(), Ok(Polled::End));
    both.query(b"q").unwrap();
    both.close_query();
    for _ in 0..MAX_PENDING {
        both.client.execute().unwrap();
    }
    assert_eq!(both.client.execute().unwrap_err().numbers(), (2014, "08002"));
    assert_eq!(both.query(b"q").unwrap_err().numbers(), (2014, "08002"));
    both.client.close_statement();
    assert_eq!(both.settle(), Ok(Polled::End));
    assert!(matches!(both.ask(b"next", false)[..], [Seen::Done(_)]));
    drop(both.client);
    assert!(both.server.finish().is_over());
}

/// Buffered mode is a matter of queries.
#[test]
fn statements_have_no_buffered_mode() {
    let greeting = Greeting::default();
    let mut steps = prepare(&greeting, "s", 1, 0, &[]).to_vec();
    steps.extend([execute(1, b""), rows(&greeting, 3, AUTOCOMMIT)]);
    steps.extend(next());
    let (mut client, server) = serve(&greeting, steps);
    client.buffer(true);
    client.prepared("s").unwrap();
    assert_eq!(client.run_statement(&[]).unwrap(), as_texts(3));
    assert!(client.buffered_rows().is_empty());
    client.buffer(false);
    goes_on(client, server);
}

/// Bytes without an answer have not gone yet: poll says so, and wait sleeps meanwhile.
#[test]
fn long_data_that_is_not_taken() {
    let greeting = Greeting::default();
    let size = 16 << 20;
    let mut steps = prepare(&greeting, "s", 1, 1, &[]).to_vec();
    steps.extend((0..size / LONG_DATA_PIECE).map(|_| Step::Expect(Want::Any)));
    steps.extend([execute(1, b"\0\x01\xfc\0"), send(ok())]);
    steps.extend(next());
    let server = Inline::new(Listener::unix(), Script::logged_in(&greeting, steps));
    let client = CApi::new(&server.address(), "secret");
    let mut both = WithServer { client, server };
    both.login().unwrap();
    both.client.prepare(b"s").unwrap();
    assert_eq!(both.settle(), Ok(Polled::End));
    both.client.long_data(0, &vec![b'x'; size]).unwrap();
    for _ in 0..3 {
        assert_eq!(both.poll(), Ok(Polled::Processing), "nobody reads");
        assert_eq!(both.client.wait(1), Ok(false), "there is nothing to do");
    }
    assert_eq!(both.settle(), Ok(Polled::End));
    both.client.execute().unwrap();
    assert_eq!(both.settle(), Ok(Polled::End));
    assert!(matches!(both.ask(b"next", false)[..], [Seen::Done(_)]));
    drop(both.client);
    assert!(both.server.finish().is_over());
}

#[test]
fn over_the_limit() {
    let greeting = Greeting::default();
    let mut steps = prepare(&greeting, "s", 1, 1, &[]).to_vec();
    steps.extend([expect(b"\x18\x01\0\0\0\0\0x"), execute(1, b"\0\x01\xfc\0"), send(ok())]);
    let listener = Listener::unix();
    let mut client = Connection::new(subject::config(&listener.address(), "secret"));
    let server = listener.serve(Script::logged_in(&greeting, steps));
    assert!(client.choose(Choice::MaxPacket(1024)));
    client.login().unwrap();
    let failure = client.prepare(&[b'x'; 1024], None).unwrap_err();
    assert_eq!((failure.code(), &failure.sqlstate()), (2020, b"08S01"));
    let key = client.prepare(b"s", None).unwrap();
    assert_eq!(client.settle(), Ok(Polled::End));
    let long = attachsql::wire::value::Param::Text(&[b'x'; 1024]);
    assert_eq!(client.execute(key, [long].into_iter()).unwrap_err().code(), 2020);
    // Long data is not bound by it, and is not forgotten by an execute that was not sent.
    client.send_long_data(key, 0, b"x").unwrap();
    let null = attachsql::wire::value::Param::Null;
    client.execute(key, [null].into_iter()).unwrap();
    assert_eq!(client.settle(), Ok(Polled::End));
    drop(client);
    assert!(server.finish().is_over());
}
