// SPDX-License-Identifier: Apache-2.0
//! The statement cache against a scripted server: what is not sent, what is closed and when.

use attachsql::capi::types::attachsql_options_t as Options;
use attachsql::session::Polled;

use crate::answers::styles;
use crate::statements::{
    as_texts, close, code, execute, goes_on, next, prepare, rows, serve, two_columns,
};
use crate::support::commands::Do;
use crate::support::packets::{AUTOCOMMIT, Greeting, OkPacket, err, ok};
use crate::support::raw::CApi;
use crate::support::script::{Step, Want, expect, query, send};
use crate::support::subject::Subject;

const METADATA_CHANGED: u16 = 0x400;

fn cache(client: &CApi, size: u32) {
    assert!(client.option(Options::STMT_CACHE, size));
}

/// Hits, misses, evicted, kept.
fn counts(client: &CApi) -> [u64; 4] {
    let stats = client.cache_stats();
    [stats.hits, stats.misses, stats.evicted, stats.kept.into()]
}

/// A prepare of `text`, which becomes statement `id` and has one parameter and two columns.
fn prepared(greeting: &Greeting, text: &str, id: u32) -> [Step; 2] {
    prepare(greeting, text, id, 1, &two_columns())
}

/// An execute with NULL, answered by rows.
fn run(greeting: &Greeting, id: u32, count: u32) -> [Step; 2] {
    [execute(id, b"\x01\x01\x06\x00"), rows(greeting, count, AUTOCOMMIT)]
}

#[test]
fn a_text_is_prepared_once() {
    for greeting in styles() {
        let mut steps = prepared(&greeting, "s", 7).to_vec();
        steps.extend([1, 2, 3].into_iter().flat_map(|count| run(&greeting, 7, count)));
        steps.extend(next());
        let (mut client, server) = serve(&greeting, steps);
        cache(&client, 5);
        for count in 1..=3 {
            let handle = client.handle_of("s");
            assert_eq!((handle.param_count(), handle.column_count()), (1, 2));
            handle.execute().unwrap();
            assert_eq!(client.rows_of(&handle).unwrap(), as_texts(count));
        }
        assert_eq!(counts(&client), [2, 1, 0, 1]);
        goes_on(client, server);
    }
}

/// The functions without a handle share it; values are forgotten.
#[test]
fn both_kinds_of_statement_share_it() {
    for greeting in styles() {
        let mut steps = prepared(&greeting, "s", 7).to_vec();
        steps.extend([execute(7, b"\x00\x01\x03\x00\x05\0\0\0"), rows(&greeting, 1, AUTOCOMMIT)]);
        steps.extend(run(&greeting, 7, 2));
        steps.extend(prepared(&greeting, "t", 8));
        steps.extend(run(&greeting, 7, 3));
        steps.extend(next());
        let (mut client, server) = serve(&greeting, steps);
        cache(&client, 5);
        let handle = client.handle_of("s");
        handle.set_int(0, 5).unwrap();
        handle.execute().unwrap();
        assert_eq!(client.rows_of(&handle).unwrap(), as_texts(1));
        // In place of another one, and of itself.
        handle.prepare("s").unwrap();
        assert_eq!(client.settle(), Ok(Polled::End));
        drop(handle);
        client.prepared("s").unwrap();
        assert_eq!(client.param_count(), 1);
        assert_eq!(client.run_statement(&[]).unwrap(), as_texts(2));
        client.prepared("t").unwrap();
        client.close_statement();
        assert_eq!(counts(&client), [2, 2, 0, 2]);
        let handle = client.handle_of("s");
        handle.execute().unwrap();
        assert_eq!(client.rows_of(&handle).unwrap(), as_texts(3));
        drop(handle);
        goes_on(client, server);
    }
}

#[test]
fn the_oldest_one_makes_room() {
    for greeting in styles() {
        let mut steps = Vec::new();
        for (text, id) in [("a", 1), ("b", 2), ("c", 3)] {
            steps.extend(prepared(&greeting, text, id));
        }
        // "a" was used again since "b".
        steps.extend([close(2)]);
        steps.extend(prepared(&greeting, "b", 4));
        steps.extend([close(1)]);
        // The size becomes 1, then 0.
        steps.extend([close(3), close(4)]);
        steps.extend(prepared(&greeting, "a", 5));
        steps.push(close(5));
        steps.extend(next());
        let (mut client, server) = serve(&greeting, steps);
        cache(&client, 2);
        for text in ["a", "b", "a", "c"] {
            drop(client.handle_of(text));
        }
        assert_eq!(counts(&client), [1, 3, 1, 2]);
        drop(client.handle_of("b"));
        assert_eq!(counts(&client), [1, 4, 2, 2]);
        cache(&client, 1);
        assert_eq!(counts(&client), [1, 4, 2, 1]);
        cache(&client, 0);
        assert_eq!(counts(&client), [1, 4, 2, 0]);
        drop(client.handle_of("a"));
        assert_eq!(counts(&client), [1, 4, 2, 0], "there is no cache");
        goes_on(client, server);
    }
}

/// Two at once with one text are two statements, and both are kept.
#[test]
fn a_text_twice() {
    for greeting in styles() {
        let mut steps = prepared(&greeting, "s", 7).to_vec();
        steps.extend(prepared(&greeting, "s", 8));
        steps.extend(run(&greeting, 8, 1));
        steps.extend(run(&greeting, 7, 2));
        steps.extend(next());
        let (mut client, server) = serve(&greeting, steps);
        cache(&client, 2);
        let (a, b) = (client.handle_of("s"), client.handle_of("s"));
        drop(a);
        drop(b);
        let (b, a) = (client.handle_of("s"), client.handle_of("s"));
        b.execute().unwrap();
        assert_eq!(client.rows_of(&b).unwrap(), as_texts(1));
        a.execute().unwrap();
        assert_eq!(client.rows_of(&a).unwrap(), as_texts(2));
        assert_eq!(counts(&client), [2, 2, 0, 0]);
        drop((a, b));
        goes_on(client, server);
    }
}

/// Closed and prepared again while its answer comes: what is left of that is dropped.
#[test]
fn in_the_midst_of_an_answer() {
    for greeting in styles() {
        let mut steps = prepared(&greeting, "s", 7).to_vec();
        for count in [5, 3, 4, 2] {
            steps.extend(run(&greeting, 7, count));
        }
        steps.extend([query("q"), send(ok())]);
        steps.extend(run(&greeting, 7, 1));
        steps.extend(next());
        let (mut client, server) = serve(&greeting, steps);
        cache(&client, 2);
        let mut handle = client.handle_of("s");
        // After a row; before anything; with an execute before the poll.
        for poll in [true, false, false] {
            handle.execute().unwrap();
            if poll {
                assert_eq!(client.settle(), Ok(Polled::RowReady));
            }
            handle.close();
            handle = client.handle();
            handle.prepare("s").unwrap();
            assert_eq!(handle.param_count(), 1, "known at once");
            if poll {
                assert_eq!(client.settle(), Ok(Polled::End));
            }
        }
        handle.execute().unwrap();
        assert_eq!(client.rows_of(&handle).unwrap(), as_texts(2));
        handle.close();
        client.query(b"q").unwrap();
        client.settle().unwrap();
        client.close_query();
        handle.prepare("s").unwrap();
        assert_eq!(client.settle(), Ok(Polled::End));
        assert_eq!((client.numbers().affected, client.column_count()), (0, 0));
        handle.execute().unwrap();
        assert_eq!(client.rows_of(&handle).unwrap(), as_texts(1));
        drop(handle);
        goes_on(client, server);
    }
}

/// What cannot be used as a new one is closed.
#[test]
fn some_are_not_kept() {
    for greeting in styles() {
        let nulls = b"\x01\x01\x06\x00";
        let mut steps = Vec::new();
        steps.extend([expect(b"\x16bad"), send(err(1064, Some("42000"), b"no"))]);
        steps.extend(prepared(&greeting, "s", 1));
        steps.extend([execute(1, nulls), send(err(1615, None, b"again")), close(1)]);
        steps.extend(prepared(&greeting, "s", 2));
        steps.extend([execute(2, nulls), rows(&greeting, 1, AUTOCOMMIT | METADATA_CHANGED)]);
        steps.extend([close(2)]);
        steps.extend(prepared(&greeting, "s", 3));
        steps.extend([expect(b"\x18\x03\0\0\0\0\0long"), close(3)]);
        steps.extend(prepared(&greeting, "s", 4));
        steps.push(close(4));
        // An error of another kind does not matter.
        steps.extend(prepared(&greeting, "s", 5));
        steps.extend([execute(5, nulls), send(err(1062, Some("23000"), b"twice"))]);
        // One that is told of after the close.
        steps.extend([execute(5, nulls), send(err(1615, None, b"again"))]);
        steps.extend(prepared(&greeting, "s", 6));
        steps.push(close(5));
        steps.extend(next());
        let (mut client, server) = serve(&greeting, steps);
        cache(&client, 1);
        let handle = client.handle();
        handle.prepare("bad").unwrap();
        assert_eq!(code(client.settle()), 1064);
        drop(handle);
        let handle = client.handle_of("s");
        handle.execute().unwrap();
        assert_eq!(code(client.settle()), 1615);
        handle.prepare("s").unwrap();
        assert_eq!(client.settle(), Ok(Polled::End));
        handle.execute().unwrap();
        assert_eq!(client.rows_of(&handle).unwrap(), as_texts(1));
        drop(handle);
        let handle = client.handle_of("s");
        handle.long_data(0, b"long").unwrap();
        assert_eq!(client.settle(), Ok(Polled::End));
        drop(handle);
        let handle = client.handle_of("s");
        handle.set_fetch_size(1).unwrap();
        drop(handle);
        let handle = client.handle_of("s");
        handle.execute().unwrap();
        assert_eq!(code(client.settle()), 1062);
        drop(handle);
        let handle = client.handle_of("s");
        handle.execute().unwrap();
        drop(handle);
        assert_eq!(client.settle(), Ok(Polled::End));
        drop(client.handle_of("s"));
        assert_eq!(counts(&client), [1, 7, 1, 1]);
        goes_on(client, server);
    }
}

/// Reset, change of user, change of schema: nothing of before is found any more, also what was open meanwhile.
#[test]
fn another_session_empties_it() {
    let schema = [&b"\x02"[..], b"other"].concat();
    for greeting in styles() {
        for (what, want) in [
            (Do::Reset, Want::Payload(vec![0x1f])),
            (Do::User("other", None, "x"), Want::Any),
            (Do::Schema("other"), Want::Payload(schema.clone())),
        ] {
            let lost = !matches!(what, Do::Schema(_));
            let mut steps = prepared(&greeting, "a", 1).to_vec();
            steps.extend(prepared(&greeting, "b", 2));
            steps.extend([close(1), Step::Expect(want), send(OkPacket::default().payload())]);
            if !lost {
                steps.push(close(2));
            }
            steps.extend(prepared(&greeting, "b", 3));
            steps.extend(run(&greeting, 3, 1));
            steps.extend(prepared(&greeting, "a", 4));
            steps.extend(next());
            let (mut client, server) = serve(&greeting, steps);
            cache(&client, 5);
            let (a, b) = (client.handle_of("a"), client.handle_of("b"));
            drop(a);
            client.command(what).unwrap();
            assert_eq!(counts(&client)[3], 0, "{what:?}");
            // Its statement will be gone, but that is not known yet.
            b.close();
            assert_eq!(client.settle(), Ok(Polled::End), "{what:?}");
            assert_eq!(counts(&client)[3], 0, "{what:?}");
            for count in [1, 0] {
                b.prepare("b").unwrap();
                assert_eq!(client.settle(), Ok(Polled::End));
                if count > 0 {
                    b.execute().unwrap();
                    assert_eq!(client.rows_of(&b).unwrap(), as_texts(count));
                }
                b.close();
            }
            drop(client.handle_of("a"));
            assert_eq!(counts(&client), [1, 4, 0, 2]);
            drop(b);
            goes_on(client, server);
        }
    }
}

#[test]
fn a_connection_that_is_lost_has_none() {
    let greeting = Greeting::default();
    let mut steps = prepared(&greeting, "s", 7).to_vec();
    steps.extend([query("q"), Step::Close]);
    let (mut client, _server) = serve(&greeting, steps);
    cache(&client, 5);
    drop(client.handle_of("s"));
    let handle = client.handle();
    client.query(b"q").unwrap();
    assert_eq!(code(client.settle()), 2013);
    assert_eq!(code(handle.prepare("s")), 2006);
    assert_eq!(counts(&client), [0, 1, 0, 0]);
    cache(&client, 1);
}

/// Before the login, when nothing is kept yet, and NULL.
#[test]
fn at_every_time() {
    let greeting = Greeting::default();
    let mut steps = prepared(&greeting, "s", 7).to_vec();
    steps.extend(next());
    let listener = crate::support::listener::Listener::unix();
    let mut client = CApi::new(&listener.address(), "secret");
    cache(&client, 3);
    cache(&client, 0);
    cache(&client, 3);
    assert_eq!(counts(&client), [0; 4]);
    assert_eq!(client.cache_stats().limit, 3);
    let script = crate::support::script::Script::logged_in(&greeting, steps);
    let server = listener.serve(script);
    // Remembered until the login; a second one has to wait for the close of the first.
    let handle = client.handle();
    handle.prepare("s").unwrap();
    assert_eq!(client.settle(), Ok(Polled::End));
    drop(handle);
    drop(client.handle_of("s"));
    assert_eq!(counts(&client), [1, 1, 0, 1]);
    goes_on(client, server);
}
