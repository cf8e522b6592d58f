// SPDX-License-Identifier: Apache-2.0
//! Attributes of queries against a scripted server: the form of queries and executes with and without them.

use attachsql::capi::types::attachsql_options_t as Options;
use attachsql::session::Polled;

use crate::statements::{
    as_texts, close, code, execute, goes_on, next, prepare, rows, two_columns,
};
use crate::support::commands::Do;
use crate::support::listener::{Listener, Running};
use crate::support::packets::{AUTOCOMMIT, Greeting, ok};
use crate::support::raw::CApi;
use crate::support::script::{Script, Step, Want, expect, query, send};
use crate::support::subject::Subject;

const QUERY_ATTRIBUTES: u32 = 1 << 27;

fn greetings() -> [Greeting; 2] {
    [Greeting::mysql().with_eof(), Greeting::mysql()]
}

fn client(greeting: &Greeting, steps: Vec<Step>) -> (CApi, Running) {
    let listener = Listener::unix();
    let client = CApi::new(&listener.address(), "secret");
    assert!(client.option(Options::QUERY_ATTRIBUTES, 1));
    (client, listener.serve(Script::logged_in(greeting, steps)))
}

fn set(client: &CApi, name: &str, value: &[u8]) {
    client.set_attribute(name, value).unwrap();
}

/// A query without attributes.
fn plain(text: &str) -> Step {
    expect(&[b"\x03\x00\x01", text.as_bytes()].concat())
}

/// A query with the attributes `a`, "1", and `bc`, empty.
fn with_two(text: &str) -> Step {
    let attributes = b"\x03\x02\x01\x00\x01\xfe\x00\x01a\xfe\x00\x02bc\x011\x00";
    expect(&[&attributes[..], text.as_bytes()].concat())
}

fn set_two(client: &CApi) {
    set(client, "a", b"1");
    set(client, "bc", b"");
}

#[test]
fn queries() {
    for greeting in greetings() {
        let mut steps = Vec::new();
        for want in [plain("q"), with_two("q"), plain("q"), with_two("w")] {
            steps.extend([want, send(ok())]);
        }
        // Commands do not take them.
        steps.extend([with_two("q"), send(ok()), expect(b"\x0e"), send(ok())]);
        steps.extend([plain("KILL QUERY 5"), send(ok()), with_two("q"), send(ok())]);
        steps.extend([plain("next"), send(ok())]);
        let (mut client, server) = client(&greeting, steps);
        client.login().unwrap();
        client.ask(b"q", false);
        set(&client, "bc", b"x");
        // In the order in which they were set last.
        set(&client, "a", b"1");
        set(&client, "bc", b"");
        client.ask(b"q", false);
        client.ask(b"q", false);
        set_two(&client);
        client.ask(b"w", true);
        set_two(&client);
        client.query(b"q").unwrap();
        // One that is refused uses none up, and takes none away.
        assert_eq!(code(client.query(b"refused")), 2014);
        client.settle().unwrap();
        client.close_query();
        set_two(&client);
        for what in [Do::Ping, Do::Kill(5, true)] {
            client.command(what).unwrap();
            assert_eq!(client.settle(), Ok(Polled::End));
        }
        client.ask(b"q", false);
        goes_on(client, server);
    }
}

/// Remembered queries and executes keep those that were set before them.
#[test]
fn remembered_ones() {
    for greeting in greetings() {
        let mut steps = vec![with_two("first"), send(ok()), plain("second"), send(ok())];
        steps.extend([plain("next"), send(ok())]);
        let (mut client, server) = client(&greeting, steps);
        set_two(&client);
        client.query(b"first").unwrap();
        assert_eq!(client.settle(), Ok(Polled::End));
        client.close_query();
        client.ask(b"second", false);
        goes_on(client, server);

        // A statement before the login, executed at once; one beside it that waits for the first one's answer.
        let values = |id: u8| {
            let head = [0x17, id, 0, 0, 0, 8, 1, 0, 0, 0];
            let rest = b"\x03\x00\x01\x03\x00\x00\xfe\x00\x01a\xfe\x00\x02bc\x05\0\0\0\x011\x00";
            expect(&[&head[..], rest].concat())
        };
        let bare = |id: u8| {
            let head = [0x17, id, 0, 0, 0, 8, 1, 0, 0, 0];
            expect(&[&head[..], b"\x01\x00\x01\x03\x00\x00\x05\0\0\0"].concat())
        };
        let mut steps = prepare(&greeting, "s ?", 7, 1, &two_columns()).to_vec();
        steps.extend([values(7), rows(&greeting, 3, AUTOCOMMIT)]);
        steps.extend([bare(7), rows(&greeting, 2, AUTOCOMMIT)]);
        steps.extend([values(7), rows(&greeting, 1, AUTOCOMMIT)]);
        steps.extend([bare(7), rows(&greeting, 4, AUTOCOMMIT)]);
        steps.extend(prepare(&greeting, "none", 8, 0, &[]));
        steps.extend([execute(8, b""), send(ok())]);
        steps.extend([close(8), close(7)]);
        steps.extend([plain("next"), send(ok())]);
        let (mut client, server) = self::client(&greeting, steps);
        let handle = client.handle();
        handle.prepare("s ?").unwrap();
        handle.set_int(0, 5).unwrap();
        set_two(&client);
        handle.execute().unwrap();
        assert_eq!(client.rows_of(&handle).unwrap(), as_texts(3));
        handle.execute().unwrap();
        // Dropped unread; the next one waits for the end of its answer.
        assert_eq!(client.settle(), Ok(Polled::RowReady));
        set_two(&client);
        handle.execute().unwrap();
        handle.execute().unwrap();
        assert_eq!(client.rows_of(&handle).unwrap(), as_texts(4));
        let none = client.handle_of("none");
        none.execute().unwrap();
        assert_eq!(client.settle(), Ok(Polled::End));
        drop(none);
        drop(handle);
        goes_on(client, server);
    }
}

/// Long data has a place among the parameters as ever.
#[test]
fn long_data() {
    for greeting in greetings() {
        let mut steps = prepare(&greeting, "? ?", 7, 2, &[]).to_vec();
        steps.push(expect(b"\x18\x07\0\0\0\x01\0long"));
        let want = b"\x17\x07\0\0\0\x08\x01\0\0\0\x03\x01\x01\x06\0\0\xfc\0\0\xfe\0\x01a\x011";
        steps.extend([expect(want), send(ok()), close(7)]);
        steps.extend([plain("next"), send(ok())]);
        let (mut client, server) = client(&greeting, steps);
        client.login().unwrap();
        let handle = client.handle_of("? ?");
        handle.long_data(1, b"long").unwrap();
        assert_eq!(client.settle(), Ok(Polled::End));
        set(&client, "a", b"1");
        handle.execute().unwrap();
        assert_eq!(client.settle(), Ok(Polled::End));
        drop(handle);
        goes_on(client, server);
    }
}

/// A server that does not take them, asked and not asked.
#[test]
fn servers_without() {
    let mysql = Greeting { caps: Greeting::mysql().caps & !QUERY_ATTRIBUTES, ..Greeting::mysql() };
    for greeting in [Greeting::default(), mysql] {
        let mut steps = prepare(&greeting, "s", 7, 0, &[]).to_vec();
        steps.extend([query("q"), send(ok())]);
        steps.extend(next());
        let (mut client, server) = client(&greeting, steps);
        set(&client, "a", b"1");
        client.query(b"unsent").unwrap();
        assert_eq!(client.settle().unwrap_err().numbers(), (2054, "0A000"));
        client.close_query();
        assert_eq!(client.set_attribute("a", b"1").unwrap_err().numbers(), (2054, "0A000"));
        let handle = client.handle_of("s");
        client.ask(b"q", false);
        goes_on(client, server);
        drop(handle);
    }
    // An execute that has gone nowhere.
    let greeting = Greeting::default();
    let mut steps = prepare(&greeting, "s", 7, 0, &[]).to_vec();
    steps.extend([execute(7, b""), send(ok())]);
    steps.extend(next());
    let (mut client, server) = client(&greeting, steps);
    let handle = client.handle();
    handle.prepare("s").unwrap();
    set(&client, "a", b"1");
    handle.execute().unwrap();
    assert_eq!(client.settle().unwrap_err().numbers(), (2054, "0A000"));
    handle.execute().unwrap();
    assert_eq!(client.settle(), Ok(Polled::End));
    goes_on(client, server);
    drop(handle);
}

#[test]
fn only_if_it_was_asked_for() {
    let greeting = Greeting::mysql();
    let listener = Listener::unix();
    let mut client = CApi::new(&listener.address(), "secret");
    assert!(!client.option(Options::QUERY_ATTRIBUTES, 2));
    assert_eq!(client.set_attribute("a", b"1").unwrap_err().numbers(), (3000, "22023"));
    assert!(client.option(Options::QUERY_ATTRIBUTES, 1));
    assert!(client.option(Options::QUERY_ATTRIBUTES, 0));
    assert_eq!(code(client.set_attribute("a", b"1")), 3000);
    let steps = [vec![query("q"), send(ok())], next().to_vec()].concat();
    let server = listener.serve(Script::logged_in(&greeting, steps));
    client.ask(b"q", false);
    assert!(!client.option(Options::QUERY_ATTRIBUTES, 1), "too late");
    goes_on(client, server);
    // What the login says.
    for on in [0, 1] {
        let listener = Listener::unix();
        let mut client = CApi::new(&listener.address(), "secret");
        assert!(client.option(Options::QUERY_ATTRIBUTES, on));
        let server = listener.serve(Script::logged_in(&greeting, [Step::Expect(Want::Any)]));
        client.login().unwrap();
        drop(client);
        let payload = server.finish().payloads[0].clone();
        let caps = u32::from_le_bytes(payload[..4].try_into().unwrap());
        assert_eq!(caps & QUERY_ATTRIBUTES != 0, on == 1);
    }
}
