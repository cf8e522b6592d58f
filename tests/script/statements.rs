// SPDX-License-Identifier: Apache-2.0
//! Prepared statements against a scripted server, through the C API: what is sent, byte by byte, and what
//! each answer means.

use attachsql::session::Polled;

use crate::answers::styles;
use crate::support::listener::{Listener, Running};
use crate::support::packets::{
    self, AUTOCOMMIT, Greeting, MORE, OkPacket, Value, binary_result, binary_row, err, ok,
    prepared, typed_column,
};
use crate::support::raw::CApi;
use crate::support::script::{Script, Step, expect, query, send};
use crate::support::statements::Set;
use crate::support::subject::{Failure, Seen, Subject};

pub(crate) const LONG: u8 = 3;
pub(crate) const VARCHAR: u8 = 253;

/// A logged-in client, and the server that follows `steps` then.
pub(crate) fn serve(greeting: &Greeting, steps: Vec<Step>) -> (CApi, Running) {
    let listener = Listener::unix();
    let mut client = CApi::new(&listener.address(), "secret");
    let server = listener.serve(Script::logged_in(greeting, steps));
    client.login().unwrap();
    (client, server)
}

/// The server waits for the prepare of `text`, and answers with number, parameters and columns.
pub(crate) fn prepare(
    greeting: &Greeting,
    text: &str,
    id: u32,
    params: u16,
    columns: &[Vec<u8>],
) -> [Step; 2] {
    let command = [b"\x16", text.as_bytes()].concat();
    [expect(&command), Step::Send(prepared(greeting.caps, id, params, columns))]
}

/// The payload of an execute of statement `id`; `rest` is what follows the fixed part.
pub(crate) fn execute(id: u32, rest: &[u8]) -> Step {
    expect(&[&[0x17][..], &id.to_le_bytes(), &[0, 1, 0, 0, 0], rest].concat())
}

/// A command that has only the number.
pub(crate) fn short(command: u8, id: u32) -> Step {
    expect(&[&[command][..], &id.to_le_bytes()].concat())
}

pub(crate) fn close(id: u32) -> Step {
    short(0x19, id)
}

pub(crate) fn reset(id: u32) -> Step {
    short(0x1a, id)
}

/// Columns `n`, INT, and `t`, VARCHAR.
pub(crate) fn two_columns() -> Vec<Vec<u8>> {
    vec![typed_column("n", LONG, 1), typed_column("t", VARCHAR, 0)]
}

/// Rows of those columns: numbers from 0, and texts.
pub(crate) fn two_columned(count: u32) -> Vec<Vec<Value>> {
    let row = |n: u32| {
        let text = packets::text(format!("row {n}").as_bytes());
        vec![Some(n.to_le_bytes().to_vec()), (n % 3 != 2).then_some(text)]
    };
    (0..count).map(row).collect()
}

/// The same as texts.
pub(crate) fn as_texts(count: u32) -> Vec<Vec<Value>> {
    let row = |n: u32| {
        let text = (n % 3 != 2).then(|| format!("row {n}").into_bytes());
        vec![Some(n.to_string().into_bytes()), text]
    };
    (0..count).map(row).collect()
}

pub(crate) fn rows(greeting: &Greeting, count: u32, status: u16) -> Step {
    Step::Send(binary_result(greeting.caps, &two_columns(), &two_columned(count), status))
}

pub(crate) fn code(result: Result<impl std::fmt::Debug, Failure>) -> i32 {
    result.unwrap_err().code
}

/// Another query works, and the script is done.
pub(crate) fn goes_on(mut client: CApi, server: Running) {
    assert!(matches!(client.ask(b"next", false)[..], [Seen::Done(_)]));
    drop(client);
    assert!(server.finish().is_over());
}

pub(crate) fn next() -> [Step; 2] {
    [query("next"), send(ok())]
}

#[test]
fn a_statement_from_its_prepare_to_its_close() {
    for greeting in styles() {
        for (params, columns) in [(0, 0), (1, 0), (0, 2), (3, 2)] {
            let definitions = two_columns();
            let mut steps =
                prepare(&greeting, "text ?", 7, params, &definitions[..columns]).to_vec();
            steps.extend((0..2).flat_map(|_| {
                let nulls: &[u8] = match params {
                    0 => b"",
                    1 => b"\x01\x01\x06\x00",
                    _ => b"\x07\x01\x06\x00\x06\x00\x06\x00",
                };
                [execute(7, nulls), rows(&greeting, 5, AUTOCOMMIT)]
            }));
            steps.extend([close(7)]);
            steps.extend(next());
            let (mut client, server) = serve(&greeting, steps);
            client.prepare(b"text ?").unwrap();
            assert_eq!(client.param_count(), 0, "not answered yet");
            assert_eq!(client.settle(), Ok(Polled::End));
            assert_eq!(client.param_count(), params);
            assert_eq!(client.column_count(), 0, "the result's columns come with it");
            for _ in 0..2 {
                assert_eq!(client.run_statement(&[]).unwrap(), as_texts(5));
                assert_eq!(client.column_count(), 2);
            }
            client.close_statement();
            assert_eq!(client.param_count(), 0);
            assert_eq!(client.poll(), Ok(Polled::End));
            goes_on(client, server);
        }
    }
}

#[test]
fn every_kind_of_value() {
    let greeting = Greeting::default();
    let mut steps = prepare(&greeting, "?", 1, 14, &[]).to_vec();
    let types =
        b"\x03\0\x03\x80\x08\0\x08\x80\x05\0\xfe\0\xfc\0\x06\0\x0c\0\x0c\0\x0c\0\x0c\0\x0b\0\x0b\0";
    let values = [
        &b"\xff\xff\xff\xff\xff\xff\xff\xff"[..],
        b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\0\0\0\0\0\0\xe0\x3f\x03abc\x00",
        b"\x04\xd1\x07\x02\x03\x07\xd1\x07\x02\x03\x04\x05\x06\x0b\xd1\x07\x02\x03\0\0\0\x01\0\0\0\x00",
        b"\x08\0\0\0\0\0\x05\0\0\x0c\x01\0\0\0\0\xff\x3b\x3b\x3f\x42\x0f\0",
    ]
    .concat();
    steps.push(execute(1, &[b"\x80\0\x01", &types[..], &values].concat()));
    steps.extend([send(ok())]);
    // Rebinding: other types at every place, and no flag or value of the ones before.
    let types = [b"\xfe\0".repeat(6), b"\x03\0".repeat(8)].concat();
    let values = [b"\0".repeat(6), b"\x05\0\0\0".repeat(8)].concat();
    steps.push(execute(1, &[&b"\0\0\x01"[..], &types, &values].concat()));
    steps.extend([send(ok())]);
    // Only one changes.
    let types = [&b"\x06\0"[..], &types[2..]].concat();
    steps.push(execute(1, &[&b"\x01\0\x01"[..], &types, &values[1..]].concat()));
    steps.extend([send(ok())]);
    steps.extend(next());
    let (mut client, server) = serve(&greeting, steps);
    client.prepared("?").unwrap();
    let all = [
        Set::Int(-1),
        Set::UInt(u32::MAX),
        Set::BigInt(-2),
        Set::UBigInt(u64::MAX),
        Set::Double(0.5),
        Set::Text(b"abc"),
        Set::Blob(b""),
        Set::Null,
        Set::DateTime(2001, 2, 3, 0, 0, 0, 0),
        Set::DateTime(2001, 2, 3, 4, 5, 6, 0),
        Set::DateTime(2001, 2, 3, 0, 0, 0, 1),
        Set::DateTime(0, 0, 0, 0, 0, 0, 0),
        Set::Time(5, 0, 0, 0, false),
        Set::Time(255, 59, 59, 999_999, true),
    ];
    assert_eq!(client.run_statement(&all), Ok(Vec::new()));
    let others = [vec![Set::Text(b""); 6], vec![Set::Int(5); 8]].concat();
    assert_eq!(client.run_statement(&others), Ok(Vec::new()));
    assert_eq!(client.run_statement(&[Set::Null]), Ok(Vec::new()));
    for value in all {
        assert_eq!(client.set(14, value).unwrap_err().numbers(), (3000, "22023"), "{value:?}");
        assert_eq!(code(client.set(u16::MAX, value)), 3000);
    }
    goes_on(client, server);
}

/// A string is read when the statement is executed, not when it is set.
#[test]
fn strings_are_kept_by_their_address() {
    let greeting = Greeting::default();
    let mut steps = prepare(&greeting, "?", 1, 2, &[]).to_vec();
    for word in ["one", "two"] {
        let value = packets::text(word.as_bytes());
        steps.push(execute(1, &[b"\0\x01\xfe\0\xfc\0", &value[..], &value].concat()));
        steps.push(send(ok()));
    }
    steps.extend(next());
    let (mut client, server) = serve(&greeting, steps);
    client.prepared("?").unwrap();
    let mut word = *b"...";
    client.set(0, Set::Text(&word)).unwrap();
    client.set(1, Set::Blob(&word)).unwrap();
    for now in [b"one", b"two"] {
        word.copy_from_slice(std::hint::black_box(now));
        client.execute().unwrap();
        word.fill(b'!');
        assert_eq!(client.settle(), Ok(Polled::End));
    }
    goes_on(client, server);
}

#[test]
fn a_statement_that_is_refused() {
    for greeting in styles() {
        let mut steps = vec![expect(b"\x16bad"), send(err(1064, Some("42000"), b"no good"))];
        steps.extend(prepare(&greeting, "good", 3, 0, &[]));
        steps.extend([execute(3, b""), send(err(1146, Some("42S02"), b"no table"))]);
        steps.extend([execute(3, b""), send(ok())]);
        steps.extend(next());
        let (mut client, server) = serve(&greeting, steps);
        client.prepare(b"bad").unwrap();
        for _ in 0..2 {
            assert_eq!(client.settle().unwrap_err().numbers(), (1064, "42000"), "it stays");
        }
        assert_eq!(client.param_count(), 0);
        let failure = client.execute().unwrap_err();
        assert_eq!(failure.numbers(), (3000, "22023"));
        assert!(failure.text.contains("no good"), "{failure:?}");
        assert_eq!(code(client.reset()), 3000);
        assert_eq!(code(client.long_data(0, b"x")), 3000);
        assert_eq!(code(client.set(0, Set::Null)), 3000);
        client.close_statement();
        assert_eq!(client.poll(), Ok(Polled::End), "the error is over");
        client.close_statement();
        client.prepared("good").unwrap();
        assert_eq!(code(client.run_statement(&[])), 1146);
        assert_eq!(client.column_count(), 0);
        assert_eq!(client.run_statement(&[]), Ok(Vec::new()), "an error hurts nothing");
        goes_on(client, server);
    }
}

#[test]
fn numbers_of_an_execute() {
    let greeting = Greeting::default();
    let mut steps = prepare(&greeting, "insert", 1, 0, &[]).to_vec();
    let packet = OkPacket {
        affected: 200,
        insert_id: 128,
        warnings: 3,
        info: b"Records",
        ..OkPacket::default()
    };
    steps.extend([execute(1, b""), send(packet.payload()), reset(1), send(ok())]);
    steps.extend(next());
    let (mut client, server) = serve(&greeting, steps);
    client.prepared("insert").unwrap();
    assert_eq!(client.run_statement(&[]), Ok(Vec::new()));
    let numbers = client.numbers();
    assert_eq!((numbers.affected, numbers.insert_id, numbers.warnings), (200, 128, 3));
    assert_eq!(numbers.info, "Records");
    client.close_query();
    assert_eq!(client.numbers(), numbers);
    client.reset().unwrap();
    assert_eq!(client.settle(), Ok(Polled::End));
    assert_eq!(client.numbers().affected, 0);
    goes_on(client, server);
}

#[test]
fn when_values_can_be_read() {
    for greeting in styles() {
        let mut steps = prepare(&greeting, "s", 1, 0, &two_columns()).to_vec();
        steps.extend([execute(1, b""), rows(&greeting, 3, AUTOCOMMIT)]);
        let text =
            packets::result(greeting.caps, &["a"], &[vec![Some(b"text".to_vec())]], AUTOCOMMIT);
        steps.extend([query("q"), Step::Send(text)]);
        steps.extend(next());
        let (mut client, server) = serve(&greeting, steps);
        assert_eq!(client.statement_row().unwrap_err().numbers(), (2051, "02000"));
        assert_eq!(code(client.int(0)), 3000);
        client.prepared("s").unwrap();
        assert_eq!(code(client.statement_row()), 2051, "a prepare has no rows");
        client.execute().unwrap();
        assert_eq!(client.settle(), Ok(Polled::RowReady));
        assert_eq!(code(client.int(0)), 3000, "the row was not got");
        for _ in 0..2 {
            client.statement_row().unwrap();
            assert_eq!((client.int(0), client.text(1)), (Ok(0), Ok(Some(b"row 0".to_vec()))));
            assert_eq!(client.poll(), Ok(Polled::RowReady), "it stays");
        }
        assert_eq!(code(client.int(1)), 3000, "no number");
        assert_eq!((code(client.int(2)), code(client.text(u16::MAX))), (3000, 3000));
        assert_eq!((client.column_type(0), client.column_type(1)), (LONG.into(), VARCHAR.into()));
        assert_eq!(client.column_type(2), 0xffff);
        assert_eq!(client.columns()[1].names[3], "t");
        client.statement_next();
        assert_eq!(code(client.int(0)), 3000, "the row is gone");
        assert_eq!(client.settle(), Ok(Polled::RowReady));
        assert_eq!(code(client.int(0)), 3000, "the next one was not got");
        client.next_row();
        assert_eq!(client.settle(), Ok(Polled::RowReady));
        client.statement_row().unwrap();
        assert_eq!(client.text(0), Ok(Some(b"2".to_vec())));
        assert_eq!(client.text(1), Ok(None));
        client.statement_next();
        assert_eq!(client.settle(), Ok(Polled::End));
        assert_eq!(code(client.statement_row()), 2051);
        assert_eq!((client.column_count(), client.column_type(0)), (2, LONG.into()));
        client.close_query();
        assert_eq!((client.column_count(), client.column_type(0)), (0, 0xffff));
        // The row of a query is none of the statement's.
        client.query(b"q").unwrap();
        assert_eq!(client.settle(), Ok(Polled::RowReady));
        assert_eq!(code(client.statement_row()), 2051);
        assert_eq!(code(client.text(0)), 3000);
        assert_eq!(client.column_type(0), VARCHAR.into(), "types are told of queries too");
        client.statement_next();
        assert_eq!(client.settle(), Ok(Polled::End));
        client.close_query();
        goes_on(client, server);
    }
}

#[test]
fn long_data() {
    let greeting = Greeting::default();
    let piece =
        |param: u8, bytes: &[u8]| expect(&[&b"\x18\x09\0\0\0"[..], &[param, 0], bytes].concat());
    let mut steps = prepare(&greeting, "?", 9, 2, &[]).to_vec();
    let big = packets::pattern(1_200_000, 1);
    steps.extend([piece(1, b"ab"), piece(1, b"c"), piece(0, b"")]);
    steps.extend(big.chunks(512 * 1024).map(|bytes| piece(1, bytes)));
    steps.extend([execute(9, b"\0\x01\xfc\0\xfc\0"), send(ok())]);
    // The values that were set count again.
    steps.extend([execute(9, b"\x02\x01\x03\0\x06\0\x05\0\0\0"), send(ok())]);
    steps.extend([piece(1, b"x"), reset(9), send(ok())]);
    steps.extend([execute(9, b"\x02\x01\x03\0\x06\0\x05\0\0\0"), send(ok())]);
    steps.extend(next());
    let (mut client, server) = serve(&greeting, steps);
    client.prepared("?").unwrap();
    client.set(0, Set::Int(5)).unwrap();
    client.long_data(1, b"ab").unwrap();
    assert_eq!(client.settle(), Ok(Polled::End), "there is no answer");
    client.long_data(1, b"c").unwrap();
    client.long_data(0, b"").unwrap();
    client.long_data(1, &big).unwrap();
    assert_eq!(client.long_data(2, b"x").unwrap_err().numbers(), (3000, "22023"));
    assert_eq!(client.run_statement(&[]), Ok(Vec::new()));
    assert_eq!(client.run_statement(&[]), Ok(Vec::new()));
    client.long_data(1, b"x").unwrap();
    client.reset().unwrap();
    assert_eq!(client.settle(), Ok(Polled::End));
    assert_eq!(client.run_statement(&[]), Ok(Vec::new()));
    goes_on(client, server);
}

/// What servers must not send: the connection ends, with words.
#[test]
fn malformed_answers() {
    let greeting = Greeting::default();
    let old = Greeting::default().with_eof();
    let good = prepared(greeting.caps, 1, 1, &two_columns());
    let mut cases: Vec<(&str, &Greeting, Vec<Vec<u8>>)> = vec![
        ("short", &greeting, vec![good[0][..11].to_vec()]),
        ("another packet", &greeting, vec![vec![1, 2, 3]]),
        ("no definition", &greeting, vec![good[0].clone(), vec![1]]),
        ("no EOF", &old, vec![good[0].clone(), good[1].clone(), good[2].clone()]),
    ];
    let result = binary_result(greeting.caps, &two_columns(), &two_columned(1), AUTOCOMMIT);
    let with_row = |row: Vec<u8>| {
        [prepared(greeting.caps, 1, 0, &[]), result[..3].to_vec(), vec![row]].concat()
    };
    let row = binary_row(&two_columned(1)[0]);
    cases.push(("a row that is cut", &greeting, with_row(row[..row.len() - 1].to_vec())));
    cases.push(("a row with more", &greeting, with_row([&row[..], b"x"].concat())));
    cases.push(("a text row", &greeting, with_row(b"\x011\x01x".to_vec())));
    cases.push(("an empty row", &greeting, with_row(Vec::new())));
    for (name, greeting, payloads) in cases {
        let steps = vec![Step::Expect(crate::support::script::Want::Any), Step::Send(payloads)];
        let (mut client, server) = serve(greeting, steps);
        client.prepare(b"s").unwrap();
        let mut seen = client.settle();
        if seen == Ok(Polled::End) {
            client.execute().unwrap();
            seen = client.settle();
        }
        assert_eq!(seen.unwrap_err().numbers(), (2027, "08S01"), "{name}");
        assert_eq!(client.execute().unwrap_err().numbers(), (2006, "08006"), "{name}");
        assert_eq!(code(client.prepare(b"s")), 2006);
        client.close_statement();
        client.close_statement();
        drop(client);
        server.finish();
    }
}

#[test]
fn an_error_among_rows_and_several_results() {
    for greeting in styles() {
        let mut steps = prepare(&greeting, "s", 1, 0, &[]).to_vec();
        let mut broken = binary_result(greeting.caps, &two_columns(), &two_columned(4), AUTOCOMMIT);
        broken.pop();
        broken.push(err(1317, Some("70100"), b"interrupted"));
        steps.extend([execute(1, b""), Step::Send(broken)]);
        steps.extend([execute(1, b""), rows(&greeting, 3, AUTOCOMMIT | MORE)]);
        steps.extend([rows(&greeting, 0, AUTOCOMMIT | MORE), send(ok())]);
        steps.extend(next());
        let (mut client, server) = serve(&greeting, steps);
        client.prepared("s").unwrap();
        client.execute().unwrap();
        for _ in 0..4 {
            assert_eq!(client.settle(), Ok(Polled::RowReady));
            client.statement_next();
        }
        assert_eq!(client.settle().unwrap_err().numbers(), (1317, "70100"));
        assert_eq!(client.column_count(), 0);
        assert_eq!(client.run_statement(&[]).unwrap(), as_texts(3));
        assert!(client.next_result());
        assert_eq!(client.statement_rows().unwrap(), as_texts(0));
        assert_eq!(client.column_count(), 2);
        assert!(client.next_result());
        assert_eq!(client.settle(), Ok(Polled::End));
        assert_eq!(client.column_count(), 0);
        assert!(!client.next_result());
        goes_on(client, server);
    }
}

/// Rows that are not read at the first look stand between usual ones, in statements and in queries.
#[test]
fn unusual_rows_among_usual_ones() {
    let sizes = [1, 250, 251, 0, 65_535, 65_536, 2, 200_000, 251, 3];
    for greeting in styles() {
        for width in [2, 62, 63, 200] {
            let names: Vec<String> = (0..width).map(|i| format!("t{i}")).collect();
            let columns: Vec<_> = names.iter().map(|name| typed_column(name, VARCHAR, 0)).collect();
            let texts = rows_of_sizes(&sizes, width);
            let mut steps = prepare(&greeting, "s", 1, 0, &[]).to_vec();
            for _ in 0..2 {
                let result =
                    binary_result(greeting.caps, &columns, &with_lengths(&texts), AUTOCOMMIT);
                steps.extend([execute(1, b""), Step::Send(result)]);
            }
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let result = packets::result(greeting.caps, &names, &texts, AUTOCOMMIT);
            steps.extend([query("q"), Step::Send(result)]);
            steps.extend(next());
            let (mut client, server) = serve(&greeting, steps);
            client.prepared("s").unwrap();
            for _ in 0..2 {
                assert!(client.run_statement(&[]).unwrap() == texts, "{width}");
            }
            let mut seen = client.ask(b"q", false);
            seen.retain(|seen| matches!(seen, Seen::Row(_)));
            assert!(seen == texts.into_iter().map(Seen::Row).collect::<Vec<_>>(), "{width}");
            goes_on(client, server);
        }
    }
}

/// The buffered rows of a query that was not closed stay where they are while rows of a statement come.
#[test]
fn rows_while_others_are_kept() {
    let greeting = Greeting::default();
    let kept = rows_of_sizes(&[1, 300, 2], 2);
    let texts = rows_of_sizes(&[3, 251, 4, 70_000, 5], 2);
    let columns = ["a", "b"].map(|name| typed_column(name, VARCHAR, 0));
    let mut steps = prepare(&greeting, "s", 1, 0, &[]).to_vec();
    let result = packets::result(greeting.caps, &["a", "b"], &kept, AUTOCOMMIT);
    steps.extend([query("q"), Step::Send(result)]);
    let result = binary_result(greeting.caps, &columns, &with_lengths(&texts), AUTOCOMMIT);
    steps.extend([execute(1, b""), Step::Send(result)]);
    steps.extend(next());
    let (mut client, server) = serve(&greeting, steps);
    client.prepared("s").unwrap();
    client.buffer(true);
    client.query(b"q").unwrap();
    assert_eq!(client.settle(), Ok(Polled::End));
    assert!(client.run_statement(&[]).unwrap() == texts);
    assert!(client.buffered_rows() == kept);
    client.close_query();
    client.buffer(false);
    goes_on(client, server);
}

/// A row for each size, with two values of so many bytes and NULL in the other columns.
fn rows_of_sizes(sizes: &[usize], width: usize) -> Vec<Vec<Value>> {
    let row = |&size: &usize| {
        let mut row = vec![Some(packets::pattern(size, width)); 2];
        row.resize(width, None);
        row.rotate_right(size % width);
        row
    };
    sizes.iter().map(row).collect()
}

/// The same values as binary rows have them.
fn with_lengths(rows: &[Vec<Value>]) -> Vec<Vec<Value>> {
    let whole = |value: &Value| value.as_ref().map(|value| packets::text(value));
    rows.iter().map(|row| row.iter().map(whole).collect()).collect()
}
