// SPDX-License-Identifier: Apache-2.0
//! Answers to queries, in both ways to end rows: OK, ERR, rows, several results, files, buffered rows.

use attachsql::buf::Cell;
use attachsql::session::{Connection, Polled};

use crate::support::in_memory::InMemory;
use crate::support::listener::{Inline, Listener};
use crate::support::packets::{
    self, AUTOCOMMIT, Greeting, MORE, NO_BACKSLASH, OkPacket, Value, columns, err, ok, result, row,
    rows_end,
};
use crate::support::raw;
use crate::support::script::{Script, Step, Want, query, send};
use crate::support::subject::{self, Ask, Failure, Numbers, Seen, Subject, WithServer};

/// With and without DEPRECATE_EOF.
pub(crate) fn styles() -> [Greeting; 2] {
    [Greeting::default(), Greeting::default().with_eof()]
}

/// A client that is logged in; the server expects "q" and answers `payloads`, then "next" and says OK.
pub(crate) fn asked(greeting: &Greeting, payloads: Vec<Vec<u8>>) -> InMemory {
    let steps = [query("q"), Step::Send(payloads), query("next"), send(ok())];
    let mut client = InMemory::private(Script::logged_in(greeting, steps));
    client.login().unwrap();
    client.query(b"q").unwrap();
    client
}

/// The next query works, and the script is done: nothing of the answer was left in the stream.
pub(crate) fn goes_on(client: &mut InMemory) {
    assert_eq!(client.ask(b"next", false), [Seen::Done(Numbers::default())]);
    assert!(client.script.is_over());
    assert!(!client.recv.has_unparsed());
}

pub(crate) fn some(text: &str) -> Value {
    Some(text.as_bytes().to_vec())
}

fn failed(code: i32, state: &str, text: &str) -> Failure {
    Failure { code, state: state.to_owned(), text: text.to_owned() }
}

fn rows(seen: &[Seen]) -> Vec<Vec<Value>> {
    let row = |seen: &Seen| match seen {
        Seen::Row(values) => Some(values.clone()),
        _ => None,
    };
    seen.iter().filter_map(row).collect()
}

#[test]
fn numbers_of_an_ok() {
    for affected in [0, 1, 127, 128, 250, 251, 65_535, 65_536, 0xff_ffff, 1 << 24, u64::MAX] {
        let packet = OkPacket {
            affected,
            insert_id: affected / 2 + 1,
            warnings: 300,
            info: b"Rows matched: 1",
            ..OkPacket::default()
        };
        let mut client = asked(&Greeting::default(), vec![packet.payload()]);
        assert_eq!(client.settle(), Ok(Polled::End));
        let info = "Rows matched: 1".to_owned();
        let want = Numbers { affected, insert_id: affected / 2 + 1, warnings: 300, info };
        assert_eq!(client.numbers(), want);
        assert!(client.columns().is_empty());
        client.close_query();
        assert_eq!(client.numbers(), want, "they stay when the query is closed");
        goes_on(&mut client);
    }
}

#[test]
fn an_error() {
    for greeting in styles() {
        let packet = err(1064, Some("42000"), b"You have an error in your SQL syntax");
        let mut client = asked(&greeting, vec![packet]);
        let failure = failed(1064, "42000", "You have an error in your SQL syntax");
        for _ in 0..3 {
            assert_eq!(client.settle().unwrap_err(), failure);
        }
        assert_eq!(client.numbers(), Numbers::default());
        client.close_query();
        goes_on(&mut client);
    }
}

#[test]
fn rows_and_no_rows() {
    for greeting in styles() {
        let values = [
            vec![some("1"), None, some("")],
            vec![None, some(""), some("last")],
            vec![None, None, None],
        ];
        for count in 0..=values.len() {
            let payloads = result(greeting.caps, &["a", "b", "c"], &values[..count], AUTOCOMMIT);
            let mut client = asked(&greeting, payloads);
            let mut seen = Vec::new();
            client.answer(false, &mut seen).unwrap();
            assert_eq!(rows(&seen), values[..count]);
            let Seen::Columns(columns) = &seen[0] else {
                panic!("no columns: {seen:?}");
            };
            let names: Vec<_> = columns.iter().map(|column| column.names[3].as_str()).collect();
            assert_eq!(names, ["a", "b", "c"]);
            let first = &columns[0];
            assert_eq!(first.names, ["testdb", "alias", "origin", "a", "origin_column"]);
            assert_eq!((first.charset, first.length, first.kind), (45, 1020, 253));
            assert_eq!((first.flags, first.decimals), (1, 0));
            client.close_query();
            assert!(client.columns().is_empty());
            goes_on(&mut client);
        }
    }
}

#[test]
fn warnings_come_with_the_end_of_the_rows() {
    for greeting in styles() {
        let mut payloads = columns(greeting.caps, &["a"]);
        payloads.push(rows_end(greeting.caps, AUTOCOMMIT, 513));
        let mut client = asked(&greeting, payloads);
        assert_eq!(client.settle(), Ok(Polled::End));
        assert_eq!(client.numbers(), Numbers { warnings: 513, ..Numbers::default() });
    }
}

#[test]
fn many_columns() {
    for greeting in styles() {
        for count in [64, 65, 250, 251, 4096] {
            let names: Vec<String> = (0..count).map(|n| format!("column{n}")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let values: Vec<Value> = names.iter().map(|name| some(name)).collect();
            let mut client = asked(
                &greeting,
                result(greeting.caps, &names, std::slice::from_ref(&values), AUTOCOMMIT),
            );
            assert_eq!(client.settle(), Ok(Polled::RowReady));
            assert_eq!(client.row(), values);
            let columns = client.columns();
            assert!(columns.iter().map(|column| column.names[3].as_str()).eq(names));
            client.close_query();
            goes_on(&mut client);
        }
    }
}

/// A first value of 2^24 bytes and more begins with 0xfe, like the packet that ends rows.
#[test]
fn rows_that_begin_like_their_end() {
    for greeting in styles() {
        let values = [
            vec![Some(packets::pattern(1 << 24, 1)), some("x")],
            vec![Some(packets::pattern((1 << 24) + 5, 2)), None],
            vec![some("short"), some("y")],
        ];
        let mut client = asked(&greeting, result(greeting.caps, &["a", "b"], &values, AUTOCOMMIT));
        let mut seen = Vec::new();
        client.answer(false, &mut seen).unwrap();
        assert!(rows(&seen) == values);
        client.close_query();
        goes_on(&mut client);
    }
}

/// An OK packet that ends rows may be long; one of 2^24-1 bytes could not be told from a row.
#[test]
fn a_long_end_of_rows() {
    let info = packets::pattern(70_000, 3);
    let last = OkPacket { head: 0xfe, info: &info, ..OkPacket::default() }.payload();
    let mut payloads = columns(Greeting::default().caps, &["a"]);
    payloads.push(last);
    let mut client = asked(&Greeting::default(), payloads);
    assert_eq!(client.settle(), Ok(Polled::End));
    client.close_query();
    goes_on(&mut client);
}

#[test]
fn an_error_among_the_rows() {
    for greeting in styles() {
        for buffered in [false, true] {
            let mut payloads = columns(greeting.caps, &["a"]);
            payloads.push(row(&[Some("one")]));
            payloads.push(row(&[Some("two")]));
            payloads.push(err(1317, Some("70100"), b"Query execution was interrupted"));
            let steps = [query("q"), Step::Send(payloads), query("next"), send(ok())];
            let mut client = InMemory::private(Script::logged_in(&greeting, steps));
            client.login().unwrap();
            let seen = client.ask(b"q", buffered);
            let failure = failed(1317, "70100", "Query execution was interrupted");
            assert_eq!(seen.last(), Some(&Seen::Failed(failure)));
            assert_eq!(rows(&seen).len(), if buffered { 0 } else { 2 });
            goes_on(&mut client);
        }
    }
}

/// Servers may give up at any moment: while they describe columns too.
#[test]
fn an_error_among_the_columns() {
    for greeting in styles() {
        let whole = columns(greeting.caps, &["a", "b"]);
        for count in 1..whole.len() {
            let mut payloads = whole[..count].to_vec();
            payloads.push(err(1053, Some("08S01"), b"Server shutdown in progress"));
            let mut client = asked(&greeting, payloads);
            let failure = client.settle().unwrap_err();
            assert_eq!(failure, failed(1053, "08S01", "Server shutdown in progress"), "{count}");
            assert!(client.columns().is_empty());
            client.close_query();
            goes_on(&mut client);
        }
    }
}

/// More packets than the numbers of one byte.
#[test]
fn numbers_go_around() {
    for greeting in styles() {
        let values: Vec<Vec<Value>> = (0..1000).map(|n| vec![some(&n.to_string())]).collect();
        for count in [250, 251, 252, 253, 254, 255, 256, 257, 1000] {
            let payloads = result(greeting.caps, &["n"], &values[..count], AUTOCOMMIT);
            let mut client = asked(&greeting, payloads);
            let mut seen = Vec::new();
            client.answer(false, &mut seen).unwrap();
            assert_eq!(rows(&seen), values[..count]);
            client.close_query();
            goes_on(&mut client);
        }
    }
}

#[test]
fn several_results() {
    for greeting in styles() {
        for buffered in [false, true] {
            let more = AUTOCOMMIT | MORE;
            let counted = OkPacket { affected: 3, status: more, ..OkPacket::default() };
            let payloads = [
                result(greeting.caps, &["a"], &[vec![some("1")]], more),
                vec![counted.payload()],
                result(greeting.caps, &["b", "c"], &[], more),
                result(greeting.caps, &["d"], &[vec![None], vec![some("")]], more),
                vec![ok()],
            ];
            let steps = [query("q"), Step::Send(payloads.concat()), query("next"), send(ok())];
            let mut client = InMemory::private(Script::logged_in(&greeting, steps));
            client.login().unwrap();
            let seen = client.ask(b"q", buffered);
            let shape: String = seen
                .iter()
                .map(|seen| match seen {
                    Seen::Columns(columns) if columns.len() == 2 => '2',
                    Seen::Columns(_) => '1',
                    Seen::Row(_) => 'r',
                    Seen::Done(numbers) if numbers.affected == 3 => 'a',
                    Seen::Done(_) => '.',
                    other => panic!("{other:?}"),
                })
                .collect();
            assert_eq!(shape, "1r.a2.1rr..");
            goes_on(&mut client);
        }
    }
}

#[test]
fn an_error_in_a_later_result() {
    for greeting in styles() {
        let mut payloads = result(greeting.caps, &["a"], &[vec![some("1")]], AUTOCOMMIT | MORE);
        payloads.push(err(1146, Some("42S02"), b"Table 'testdb.t' doesn't exist"));
        let mut client = asked(&greeting, payloads);
        assert_eq!(client.settle(), Ok(Polled::RowReady));
        client.next_row();
        assert_eq!(client.settle(), Ok(Polled::End));
        assert!(client.next_result());
        assert_eq!(client.settle().unwrap_err().numbers(), (1146, "42S02"));
        assert!(client.columns().is_empty());
        assert!(!client.next_result(), "none follows an error");
        client.close_query();
        goes_on(&mut client);
    }
}

/// The file is refused with an empty packet, whose number follows that of the request.
#[test]
fn a_request_for_a_file() {
    for greeting in styles() {
        let steps = |end: Vec<u8>| {
            [
                query("q"),
                send(b"\xfb/etc/passwd".to_vec()),
                Step::Expect(Want::Bytes(b"\0\0\0\x02".to_vec())),
                send(end),
                query("next"),
                send(ok()),
            ]
        };
        let mut client = InMemory::private(Script::logged_in(&greeting, steps(ok())));
        client.login().unwrap();
        client.query(b"q").unwrap();
        let failure = client.settle().unwrap_err();
        assert_eq!(failure.numbers(), (2068, "HY000"));
        assert!(failure.text.contains("/etc/passwd"), "{failure:?}");
        client.close_query();
        goes_on(&mut client);

        let refused = err(1148, Some("42000"), b"The used command is not allowed");
        let mut client = InMemory::private(Script::logged_in(&greeting, steps(refused)));
        client.login().unwrap();
        client.query(b"q").unwrap();
        assert_eq!(client.settle().unwrap_err().numbers(), (1148, "42000"));
        client.close_query();
        goes_on(&mut client);

        // The name is forgotten with its command.
        assert!(client.columns().is_empty());
    }
}

/// The mode that decides how quotes are escaped is what the last status said; an error has none.
#[test]
fn the_escape_mode_is_remembered() {
    for greeting in styles() {
        let strict = AUTOCOMMIT | NO_BACKSLASH;
        let on = OkPacket { status: strict, ..OkPacket::default() }.payload();
        let steps = [
            query("on"),
            send(on),
            query("bad"),
            send(err(1064, Some("42000"), b"no")),
            query("rows"),
            Step::Send(result(greeting.caps, &["a"], &[vec![some("1")]], strict)),
            query("off"),
            Step::Send(result(greeting.caps, &["a"], &[], AUTOCOMMIT)),
        ];
        let mut client = InMemory::private(Script::logged_in(&greeting, steps));
        client.login().unwrap();
        assert!(!client.machine.no_backslash_escapes());
        for (text, mode) in [("on", true), ("bad", true), ("rows", true), ("off", false)] {
            client.ask(text.as_bytes(), false);
            assert_eq!(client.machine.no_backslash_escapes(), mode, "{text}");
        }
    }
}

/// The cells of every row, read at the end: over many blocks, and with rows longer than a block.
#[test]
fn buffered_rows_stay_where_they_are() {
    for greeting in styles() {
        let mut values: Vec<Vec<Value>> = (0..3000)
            .map(|n| {
                let long = (n % 7 == 0).then(|| packets::pattern(n % 5000, n));
                vec![some(&n.to_string()), long, Some(packets::pattern(n % 300, n))]
            })
            .collect();
        values.insert(1500, vec![None, Some(packets::pattern(3 << 20, 9)), some("")]);
        let payloads = result(greeting.caps, &["n", "long", "pattern"], &values, AUTOCOMMIT);
        let mut client = asked(&greeting, vec![]);
        client.close_query();
        let steps = [query("rows"), Step::Send(payloads), query("next"), send(ok())];
        client = InMemory::private(Script::logged_in(&greeting, steps));
        client.login().unwrap();
        client.buffer(true);
        client.query(b"rows").unwrap();
        let mut early: Vec<Vec<Cell>> = Vec::new();
        loop {
            let over = client.step();
            for number in early.len()..client.machine.store.len() {
                early.push(client.machine.store.row(number).unwrap().to_vec());
            }
            if over {
                break;
            }
        }
        assert_eq!(early.len(), values.len());
        for (cells, values) in early.iter().zip(&values) {
            assert!(raw::values(cells) == *values, "as it was given while rows still came");
        }
        assert!(client.buffered_rows() == values);
        client.close_query();
        goes_on(&mut client);
    }
}

#[test]
fn one_query_after_the_other() {
    for greeting in styles() {
        let mut steps = Vec::new();
        let mut asks = vec![Ask::Login];
        for n in 0..300 {
            let text = format!("query {n}");
            steps.push(query(&text));
            steps.push(match n % 3 {
                0 => Step::Send(result(greeting.caps, &["n"], &[vec![some(&text)]], AUTOCOMMIT)),
                1 => send(ok()),
                _ => send(err(1064, Some("42000"), text.as_bytes())),
            });
            asks.push(if n % 2 == 0 { Ask::query(&text) } else { Ask::buffered(&text) });
        }
        let mut client = InMemory::private(Script::logged_in(&greeting, steps));
        let seen = client.run(&asks);
        assert!(client.script.is_over());
        assert_eq!(rows(&seen).len(), 100);
        assert_eq!(seen.iter().filter(|seen| matches!(seen, Seen::Failed(_))).count(), 100);
    }
}

/// A refused file is the error of its own result; those behind it have theirs.
#[test]
fn a_request_for_a_file_among_results() {
    let greeting = Greeting::default();
    let more = OkPacket { status: AUTOCOMMIT | MORE, ..OkPacket::default() };
    let rest = result(greeting.caps, &["a"], &[vec![some("1")]], AUTOCOMMIT);
    let steps = [
        query("q"),
        send(b"\xfbfile".to_vec()),
        Step::Expect(Want::Payload(vec![])),
        Step::Send([vec![more.payload()], rest].concat()),
        query("next"),
        send(ok()),
    ];
    let server = Inline::new(Listener::tcp(), Script::logged_in(&greeting, steps));
    let client = Connection::new(subject::config(&server.address(), "secret"));
    let mut both = WithServer { client, server };
    both.login().unwrap();
    both.query(b"q").unwrap();
    assert_eq!(both.settle().unwrap_err().code, 2068);
    assert!(both.next_result());
    let mut seen = Vec::new();
    both.answer(false, &mut seen).unwrap();
    assert_eq!(rows(&seen), [[some("1")]]);
    both.close_query();
    assert_eq!(both.ask(b"next", false), [Seen::Done(Numbers::default())]);
}
