// SPDX-License-Identifier: Apache-2.0
//! What a connection keeps in memory, counted by an allocator: nothing per row, little when idle,
//! nothing of a long row once it is done with.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests end that way")]

use attachsql::session::{Connection, Polled};
use attachsql::wire::value::Param;

use support::counting::{self, Count, Counting};
use support::listener::{Listener, Running};
use support::packets::{self, AUTOCOMMIT, Greeting, MARIADB_CAPS, err, frame, framed, ok};
use support::raw::CApi;
use support::say;
use support::script::{Script, Step, Want};
use support::statements::Set;
use support::subject::{self, Subject};

mod support;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Most bytes of an idle connection.
const IDLE: i64 = 8 * 1024;
/// More allocations than come late when the server was quick at first and slow later: an event queue, at the first
/// sleep, and a longer buffer.
const ONCE: u64 = 20;

fn serve(steps: Vec<Step>) -> (Connection, Running) {
    let listener = Listener::unix();
    let client = Connection::new(subject::config(&listener.address(), "secret"));
    (client, listener.serve(Script::logged_in(&Greeting::default(), steps)))
}

/// An answer of `blocks` times 16,384 rows of two columns.
fn many_rows(blocks: usize) -> Vec<Step> {
    let columns = packets::columns(MARIADB_CAPS, &["number", "text"]);
    let head = framed(1, &columns);
    let row = packets::row(&[Some("1234567"), Some("some text")]);
    let (mut block, mut seq) = (Vec::new(), packets::number(columns.len() + 1));
    (0..BLOCK).for_each(|_| frame(&mut block, &mut seq, &row));
    let end = packets::rows_end(MARIADB_CAPS, AUTOCOMMIT, 0);
    vec![
        Step::Expect(Want::Any),
        Step::Raw(head),
        Step::Repeat(block, blocks),
        Step::Raw(framed(seq, &[end])),
    ]
}

const BLOCK: usize = 16_384;

/// Takes every row; what was counted after the first so many of them.
fn stream(client: &mut Connection, warm: usize) -> (usize, Count) {
    let (mut rows, mut count) = (0, counting::count());
    loop {
        match client.poll().unwrap() {
            Polled::RowReady => {
                rows += 1;
                if rows == warm {
                    count = counting::count();
                }
                client.next_row();
            }
            Polled::End => return (rows, count),
            _ => drop(client.wait(None).unwrap()),
        }
    }
}

#[test]
fn no_allocation_per_row() {
    let (mut client, server) = serve(many_rows(7));
    client.login().unwrap();
    client.query(b"q", Vec::new()).unwrap();
    let (rows, warm) = stream(&mut client, 20_000);
    let after = counting::count();
    assert_eq!(rows, 7 * BLOCK);
    say(&format!("allocations for 94,688 rows: {}", after.allocations - warm.allocations));
    assert!(after.allocations - warm.allocations < ONCE);
    drop(client);
    server.finish();
}

/// Ten million rows of a server that sends as fast as it can.
#[test]
fn a_long_stream() {
    let blocks = 611;
    let (mut client, server) = serve(many_rows(blocks));
    let before = counting::count();
    counting::reset_peak();
    client.login().unwrap();
    client.query(b"q", Vec::new()).unwrap();
    let (rows, _) = stream(&mut client, 1);
    let peak = counting::count().peak - before.live;
    assert!(rows == blocks * BLOCK && rows > 10_000_000);
    say(&format!("peak memory of a stream of {rows} rows: {peak} bytes"));
    assert!(peak < 2 << 20, "{peak} bytes");
    drop(client);
    server.finish();
}

/// What the connection still has after each of many kinds of query.
#[test]
fn an_idle_connection() {
    let wide: Vec<String> = (0..100).map(|n| format!("a_column_with_a_name_{n}")).collect();
    let wide: Vec<&str> = wide.iter().map(String::as_str).collect();
    let row = |len: usize| vec![Some(packets::pattern(len, 1))];
    let result = |names: &[&str], rows: &[Vec<packets::Value>]| {
        packets::result(MARIADB_CAPS, names, rows, AUTOCOMMIT)
    };
    let answers: [(&str, usize, Vec<Vec<u8>>); 9] = [
        ("nothing", 10, vec![ok()]),
        ("one row", 8, result(&["1"], &[row(1)])),
        ("an error", 8, vec![err(1064, Some("42000"), &[b'x'; 400])]),
        ("a long row", 8, result(&["a"], &[row(100_000)])),
        ("many rows", 8, result(&["a"], &vec![row(50); 10_000])),
        ("a hundred columns", 8, result(&wide, &[vec![None; 100]])),
        ("a query of 3,000 bytes", 3000, vec![ok()]),
        ("a query of 5,000 bytes", 5000, vec![ok()]),
        ("a query of 1 MiB", 1 << 20, vec![ok()]),
    ];
    let steps: Vec<Step> = answers
        .iter()
        .flat_map(|(_, _, payloads)| {
            let answer = [Step::Expect(Want::Any), Step::Send(payloads.clone())];
            // Streamed, buffered, and closed at once.
            [answer.clone(), answer.clone(), answer].concat()
        })
        .collect();
    let listener = Listener::tcp();
    let address = listener.address();
    let server = listener.serve(Script::logged_in(&Greeting::default(), steps));
    let queries: Vec<Vec<u8>> = answers.iter().map(|answer| vec![b'q'; answer.1]).collect();

    let before = counting::count();
    let mut client = CApi::new(&address, "secret");
    let live = || counting::count().live - before.live;
    say(&format!("bytes of a connection that was never used: {}", live()));
    client.login().unwrap();
    say(&format!("bytes of an idle connection after the login: {}", live()));
    assert!(live() < IDLE);
    let mut most = 0;
    for ((name, _, _), text) in answers.iter().zip(&queries) {
        for way in ["streamed", "buffered", "abandoned"] {
            if way == "abandoned" {
                client.query(text).unwrap();
                client.close_query();
                client.settle().unwrap();
            } else {
                drop(client.ask(text, way == "buffered"));
            }
            assert!(live() < IDLE, "after {name}, {way}: {} bytes", live());
            most = most.max(live());
        }
    }
    say(&format!("bytes of an idle connection after each of {} queries: at most {most}", 27));
    drop(client);
    assert_eq!(live(), 0, "a connection that is gone has nothing");
    server.finish();
}

/// A statement with six columns, whose results have two rows.
fn statement_steps(executes: usize) -> Vec<Step> {
    let kinds = [3, 8, 253, 5, 12, 253];
    let columns: Vec<_> =
        kinds.iter().map(|&kind| packets::typed_column("column", kind, 0)).collect();
    let row = vec![
        Some(vec![1, 2, 3, 4]),
        Some(vec![9; 8]),
        Some(packets::text(b"some text")),
        Some(vec![0; 8]),
        Some(b"\x07\xd1\x07\x02\x03\x04\x05\x06".to_vec()),
        None,
    ];
    let rows = vec![row; 2];
    let result = packets::binary_result(MARIADB_CAPS, &columns, &rows, AUTOCOMMIT);
    let mut steps =
        vec![Step::Expect(Want::Any), Step::Send(packets::prepared(MARIADB_CAPS, 1, 3, &columns))];
    let one = [Step::Expect(Want::Any), Step::Send(result)];
    steps.extend((0..executes).flat_map(|_| one.clone()));
    steps
}

/// Nothing grows with the number of executes, and a statement that is closed leaves nothing.
#[test]
fn statements_leave_nothing() {
    let executes = 4000;
    let mut steps = statement_steps(executes);
    // Its close, and another one.
    steps.push(Step::Expect(Want::Any));
    steps.extend(statement_steps(1));
    steps.push(Step::Expect(Want::Any));
    let listener = Listener::unix();
    let address = listener.address();
    let server = listener.serve(Script::logged_in(&Greeting::default(), steps));
    let before = counting::count();
    let mut client = CApi::new(&address, "secret");
    let live = || counting::count().live - before.live;
    client.login().unwrap();
    let values = [Set::Int(1), Set::Text(b"some text"), Set::DateTime(2001, 2, 3, 4, 5, 6, 7)];
    client.prepared("statement").unwrap();
    let mut warm = 0;
    for n in 0..executes {
        let rows = client.run_statement(&values).unwrap();
        assert_eq!((rows.len(), rows[0].len()), (2, 6));
        drop(rows);
        match n {
            10 => warm = live(),
            _ if n > 10 => assert_eq!(live(), warm, "after {n} executes"),
            _ => {}
        }
    }
    say(&format!("bytes of a connection with a statement: {warm}"));
    client.close_statement();
    assert_eq!(client.settle(), Ok(Polled::End));
    say(&format!("bytes of a connection whose statement was closed: {}", live()));
    assert!(live() < IDLE);
    client.prepared("another").unwrap();
    assert_eq!(client.run_statement(&values).unwrap().len(), 2);
    // In the middle of its life.
    client.long_data(1, b"x").unwrap();
    drop(client);
    assert_eq!(live(), 0, "a connection that is gone has nothing");
    server.finish();
}

/// A hundred thousand executes of a handle, with a statement that is prepared again from the cache each hundred of them.
#[test]
fn a_hundred_thousand_executes() {
    const EXECUTES: usize = 100_000;
    let columns = [packets::typed_column("n", 3, 0)];
    let rows = [vec![Some(vec![1, 2, 3, 4])]];
    let result = packets::binary_result(MARIADB_CAPS, &columns, &rows, AUTOCOMMIT);
    let answer = framed(1, &result);
    let mut steps =
        vec![Step::Expect(Want::Any), Step::Send(packets::prepared(MARIADB_CAPS, 1, 1, &columns))];
    let one = [Step::Expect(Want::Any), Step::Raw(answer)];
    steps.extend((0..EXECUTES).flat_map(|_| one.clone()));
    let listener = Listener::unix();
    let address = listener.address();
    let server = listener.serve(Script::logged_in(&Greeting::default(), steps));
    let before = counting::count();
    let mut client = CApi::new(&address, "secret");
    let live = || counting::count().live - before.live;
    client.login().unwrap();
    assert!(client.option(attachsql::capi::types::attachsql_options_t::STMT_CACHE, 3));
    let mut warm = 0;
    for hundred in 0..EXECUTES / 100 {
        let handle = client.handle_of("SELECT ?");
        handle.set_int(0, 5).unwrap();
        for _ in 0..100 {
            handle.execute().unwrap();
            assert_eq!(client.rows_of(&handle).unwrap().len(), 1);
        }
        drop(handle);
        match hundred {
            2 => warm = live(),
            _ if hundred > 2 => assert_eq!(live(), warm, "after {hundred}00 executes"),
            _ => {}
        }
    }
    say(&format!("bytes of a connection with one statement in its cache: {warm}"));
    assert_eq!(client.cache_stats().hits, 999);
    assert!(client.option(attachsql::capi::types::attachsql_options_t::STMT_CACHE, 0));
    assert!(live() < IDLE, "{} bytes", live());
    drop(client);
    assert_eq!(live(), 0, "a connection that is gone has nothing");
    server.finish();
}

/// Executes and their rows need no memory of their own.
#[test]
fn no_allocation_per_execute() {
    let (mut client, server) = serve(statement_steps(300));
    client.login().unwrap();
    let key = client.prepare(b"statement", None).unwrap();
    assert_eq!(client.settle().unwrap(), Polled::End);
    let mut warm = counting::count();
    for n in 0..300 {
        if n == 10 {
            warm = counting::count();
        }
        let values = [Param::Int(7), Param::Text(b"some text"), Param::Null];
        client.execute(key, values.into_iter()).unwrap();
        let mut rows = 0;
        loop {
            match client.poll().unwrap() {
                Polled::RowReady => {
                    assert!(client.take_statement_row(key));
                    assert_eq!(client.field(0).unwrap().bits(), 0x0403_0201);
                    client.next_row();
                    rows += 1;
                }
                Polled::End => break,
                _ => drop(client.wait(None).unwrap()),
            }
        }
        assert_eq!(rows, 2);
    }
    assert!(counting::count().allocations - warm.allocations < ONCE);
    drop(client);
    server.finish();
}

/// The buffer that held a long row is given back with it.
#[test]
fn a_row_of_64_mib() {
    let size = 64 << 20;
    let rows = [vec![Some(vec![b'x'; size])], vec![Some(b"short".to_vec())]];
    let answer = packets::result(MARIADB_CAPS, &["a"], &rows, AUTOCOMMIT);
    let (mut client, server) = serve(vec![Step::Expect(Want::Any), Step::Send(answer)]);
    let before = counting::count();
    client.login().unwrap();
    let idle = counting::count().live - before.live;
    counting::reset_peak();
    client.query(b"q", Vec::new()).unwrap();
    assert_eq!(client.settle().unwrap(), Polled::RowReady);
    assert_eq!(client.machine_mut().row().unwrap()[0].length, size);
    Subject::next_row(&mut client);
    assert_eq!(client.settle().unwrap(), Polled::RowReady);
    Subject::next_row(&mut client);
    assert_eq!(client.settle().unwrap(), Polled::End);
    let (after, peak) =
        (counting::count().live - before.live, counting::count().peak - before.live);
    say(&format!("a row of 64 MiB: peak {peak} bytes, {idle} before it, {after} after it"));
    assert!(after < IDLE, "{after} bytes are kept");
    assert!(peak < 2 * (64 << 20) + (1 << 20), "{peak} bytes at the most");
    drop(client);
    server.finish();
}

/// An announced length is not memory yet: what is reserved follows what has come.
#[test]
fn a_length_is_only_a_claim() {
    let head = framed(1, &packets::columns(MARIADB_CAPS, &["a"]));
    let mut steps = vec![Step::Expect(Want::Any), Step::Raw(head)];
    steps.push(Step::Raw(vec![0xff, 0xff, 0xff, 3, b'x']));
    steps.push(Step::Expect(Want::Any));
    let (mut client, server) = serve(steps);
    client.login().unwrap();
    let before = counting::count();
    client.query(b"q", Vec::new()).unwrap();
    counting::reset_peak();
    for _ in 0..20 {
        assert_eq!(client.poll().unwrap(), Polled::Processing);
        client.wait(Some(std::time::Duration::from_millis(10))).unwrap();
    }
    let peak = counting::count().peak - before.live;
    assert!(peak < 600 << 10, "{peak} bytes for one byte of a row");
    drop(client);
    server.finish();
}

/// Nothing is left of connections that end in the middle of something.
#[test]
fn nothing_is_left_behind() {
    let values = vec![vec![Some(vec![b'x'; 500])]; 2000];
    let rows = packets::result(MARIADB_CAPS, &["a"], &values, AUTOCOMMIT);
    let script =
        Script::logged_in(&Greeting::default(), [Step::Expect(Want::Any), Step::Send(rows)]);
    for moment in 0..7 {
        let listener = Listener::unix();
        let address = listener.address();
        // In the first moments nobody answers.
        let server = if moment < 3 { Err(listener) } else { Ok(listener.serve(script.clone())) };
        let before = counting::count().live;
        let mut client = CApi::new(&address, "secret");
        match moment {
            0 => {}
            1 => client.connect().unwrap(),
            2 => {
                client.query(b"remembered").unwrap();
                assert_eq!(client.poll(), Ok(Polled::Connecting));
            }
            3 => client.login().unwrap(),
            4 => {
                client.query(b"q").unwrap();
                while !matches!(client.poll(), Ok(Polled::Processing | Polled::RowReady)) {
                    client.idle();
                }
            }
            5 => {
                client.query(b"q").unwrap();
                assert_eq!(client.settle(), Ok(Polled::RowReady));
                assert_eq!(client.columns().len(), 1);
            }
            _ => {
                client.buffer(true);
                client.query(b"q").unwrap();
                assert_eq!(client.settle(), Ok(Polled::End));
                assert_eq!(client.buffered_rows().len(), 2000);
            }
        }
        drop(client);
        assert_eq!(counting::count().live - before, 0, "in moment {moment}");
        drop(server.map(Running::finish));
    }
}
