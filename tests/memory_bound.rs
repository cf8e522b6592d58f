// SPDX-License-Identifier: Apache-2.0
//! The bound of what a connection keeps, with an allocator that counts: it is never exceeded, what is over it ends in
//! the error that names it, and the connection goes on.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests end that way")]

mod support;

use attachsql::session::bulk::Bulk;
use attachsql::session::{Choice, Connection, Polled};
use attachsql::wire::execute::Slot;
use attachsql::wire::value::Param;

use support::counting::{self, Counting};
use support::crowd::Crowd;
use support::listener::{Address, Listener};
use support::packets::{Greeting, ok, prepared};
use support::script::{Script, Step, Want, send};
use support::subject::{self, Failure, Subject};

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const BOUND: u32 = 1 << 20;

/// What the system and the test itself take.
const OTHERS: i64 = 16 * 1024;

/// A connection that is not made yet, and what this thread had before it.
fn client(crowd: &Crowd) -> (Connection, i64) {
    client_of(crowd.address())
}

fn client_of(address: &Address) -> (Connection, i64) {
    let config = subject::config(address, "secret");
    let before = counting::count().live;
    counting::reset_peak();
    let mut client = Connection::new(config);
    assert!(client.choose(Choice::MaxMemory(BOUND)));
    (client, before)
}

/// The most bytes that there were since the last call are within the bound.
fn within(client: &Connection, before: i64, what: &str) {
    let most = counting::count().peak - before;
    assert!(most <= i64::from(BOUND) + OTHERS, "{what}: {most} bytes");
    assert!(client.memory().current <= BOUND as usize, "{what}: {:?}", client.memory());
    counting::reset_peak();
}

fn refused(failure: &Failure) {
    assert_eq!(failure.numbers(), (2020, "08S01"));
    let text = "bytes is over the limit of 1048576 bytes: keep, send or ask for less, or raise \
                ATTACHSQL_OPTION_MAX_MEMORY (0 for no limit)";
    assert!(failure.text.ends_with(text), "{}", failure.text);
    let size = failure.text.split(' ').find_map(|word| word.parse::<usize>().ok()).unwrap();
    assert!(size > BOUND as usize, "{}", failure.text);
}

/// The rows of a query, and how it ended.
fn run(client: &mut Connection, text: &str) -> (usize, Result<(), Failure>) {
    client.query(text.as_bytes(), Vec::new()).unwrap();
    let mut rows = 0;
    let end = loop {
        match client.settle() {
            Ok(Polled::RowReady) => {
                rows += 1;
                client.next_row();
            }
            Ok(Polled::End) => break Ok(()),
            Ok(other) => panic!("{other:?}"),
            Err(failure) => break Err(failure),
        }
    };
    (rows, end)
}

fn goes_on(client: &mut Connection) {
    Connection::close_query(client);
    assert_eq!(run(client, "rows 3"), (3, Ok(())));
    Connection::close_query(client);
}

#[test]
fn rows() {
    let crowd = Crowd::unix();
    let (mut client, before) = client(&crowd);
    client.login().unwrap();
    for (size, fits) in [(100_000, true), (400_000, true), (2_000_000, false), (30_000_000, false)]
    {
        let (rows, end) = run(&mut client, &format!("long {size}"));
        within(&client, before, "a row");
        if fits {
            assert_eq!((rows, end), (1, Ok(())), "{size}");
        } else {
            refused(&end.unwrap_err());
            assert_eq!(rows, 0);
        }
        goes_on(&mut client);
    }
    // One that nobody wants is skipped, too.
    client.query(b"long 3000000", Vec::new()).unwrap();
    Connection::close_query(&mut client);
    goes_on(&mut client);
    within(&client, before, "a dropped row");
    assert_eq!(run(&mut client, "rows 200000"), (200_000, Ok(())), "row by row there is no end");
    within(&client, before, "many rows");
}

#[test]
fn buffered_rows() {
    let crowd = Crowd::unix();
    let (mut client, before) = client(&crowd);
    client.login().unwrap();
    client.buffer(true);
    for (text, fits) in [
        ("rows 1000", true),
        ("rows 20000", true),
        ("rows 50000", false),
        ("rows 1000000", false),
        ("long 200000", true),
        ("long 2000000", false),
        ("rows 20000", true),
    ] {
        let (_, end) = run(&mut client, text);
        within(&client, before, text);
        match (fits, end) {
            (true, end) => assert_eq!(end, Ok(()), "{text}"),
            (false, end) => {
                refused(&end.unwrap_err());
                assert_eq!(client.row_count(), 0);
                let mut kept = 0;
                while let Some([cell]) = client.buffered_row(kept) {
                    assert_eq!(cell.length, kept.to_string().len());
                    kept += 1;
                }
                assert!(text.starts_with("long") || kept > 10_000, "{kept}");
            }
        }
        Connection::close_query(&mut client);
        assert_eq!(run(&mut client, "rows 3").1, Ok(()));
        assert_eq!(client.buffered_rows().len(), 3);
        Connection::close_query(&mut client);
        assert!(client.memory().current < 16_384, "{:?}", client.memory());
    }
}

#[test]
fn what_is_sent() {
    let crowd = Crowd::unix();
    let text = |size: usize| [b"ok ".to_vec(), vec![b'0'; size]].concat();
    let (small, large) = (text(900_000), text(1 << 20));
    let (mut client, before) = client(&crowd);
    // Before the connection is there.
    let error = client.query(&large, Vec::new()).unwrap_err();
    refused(&error.into());
    assert!(client.is_unused() && !client.in_query());
    within(&client, before, "remembered");
    client.login().unwrap();
    for _ in 0..2 {
        let error = client.query(&large, Vec::new()).unwrap_err();
        refused(&error.into());
        assert!(!client.in_query());
        within(&client, before, "refused");
        client.query(&small, Vec::new()).unwrap();
        within(&client, before, "sent");
        assert_eq!(client.settle(), Ok(Polled::End));
        goes_on(&mut client);
    }
    let error = client.prepare(&large, None).unwrap_err();
    refused(&error.into());
    within(&client, before, "a prepare");
    assert!(client.choose(Choice::MaxMemory(0)));
    client.query(&large, Vec::new()).unwrap();
    assert_eq!(client.settle(), Ok(Polled::End));
}

#[test]
fn pipelines() {
    let crowd = Crowd::unix();
    for size in [10, 1000, 100_000] {
        let text = [b"ok ".to_vec(), vec![b'0'; size]].concat();
        let (mut client, before) = client(&crowd);
        client.login().unwrap();
        for _ in 0..2 {
            let mut count = 0;
            let failure = loop {
                match client.pipeline_add(&text, Vec::new(), 0) {
                    Ok(()) => count += 1,
                    Err(error) => break Failure::from(error),
                }
            };
            refused(&failure);
            within(&client, before, "collected");
            assert!(count * (size + 100) > 300_000, "{count} commands of {size} bytes");
            client.pipeline_send(false).unwrap();
            let mut done = 0;
            loop {
                assert_eq!(client.settle(), Ok(Polled::End), "{done} of {count}");
                within(&client, before, "under way");
                done += 1;
                if client.pipeline_next() == Polled::End {
                    break;
                }
            }
            assert_eq!(done, count);
            goes_on(&mut client);
        }
    }
}

/// Rows of a bulk execute, as executes of a pipeline and as arrays.
#[test]
fn bulk_executes() {
    // MARIADB_CLIENT_STMT_BULK_OPERATIONS
    for more_caps in [0, 4] {
        for size in [10, 1000, 100_000] {
            let greeting = Greeting { more_caps, ..Greeting::default() };
            let answer = [Step::Expect(Want::Any), send(ok())];
            let prepare = [Step::Expect(Want::Any), Step::Send(prepared(greeting.caps, 1, 1, &[]))];
            let many = std::iter::repeat_n(answer, 50_000).flatten();
            let script = Script::logged_in(&greeting, prepare.into_iter().chain(many));
            let listener = Listener::unix();
            let (mut client, before) = client_of(&listener.address());
            let (value, server) = (vec![b'0'; size], listener.serve(script));
            client.login().unwrap();
            counting::reset_peak();
            let key = client.prepare(b"INSERT INTO t VALUES (?)", None).unwrap();
            assert_eq!(client.settle(), Ok(Polled::End));
            let (mut bulk, before) = (Bulk::new(key), before + i64::try_from(size).unwrap());
            for _ in 0..2 {
                let failure = loop {
                    let row = [Slot::Value(Param::Text(&value))];
                    if let Err(error) = client.bulk_add(&mut bulk, &row) {
                        break Failure::from(error);
                    }
                };
                refused(&failure);
                within(&client, before, "collected");
                let rows = usize::try_from(bulk.rows()).unwrap();
                assert!(rows * (size + 20) > 200_000, "{rows} rows of {size} bytes");
                client.bulk_execute(&mut bulk).unwrap();
                assert_eq!(client.settle(), Ok(Polled::End));
                within(&client, before, "executed");
            }
            drop(client);
            server.finish();
        }
    }
}
