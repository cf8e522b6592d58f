// SPDX-License-Identifier: Apache-2.0
//! Statement handles whose statement the server has not any more, or cannot use as it is: what is told, and that
//! the handle goes on. And sessions of handles in pieces of every size.

use attachsql::session::Polled;

use crate::answers::styles;
use crate::statements::{
    as_texts, close, code, execute, goes_on, next, prepare, rows, two_columned, two_columns,
};
use crate::support::commands::Do;
use crate::support::handles::Handle;
use crate::support::listener::{Listener, Running};
use crate::support::packets::{
    AUTOCOMMIT, DEPRECATE_EOF, Greeting, binary_result, binary_row, eof, err, lenenc, ok, rows_end,
    typed_column, with_columns,
};
use crate::support::raw::CApi;
use crate::support::script::{Pieces, Script, Step, Want, expect, send};
use crate::support::subject::{Failure, Subject};

fn serve(greeting: &Greeting, steps: Vec<Step>, pieces: Pieces) -> (CApi, Running) {
    let listener = Listener::unix();
    let mut client = CApi::new(&listener.address(), "secret");
    let server = listener.serve(Script::logged_in(greeting, steps).in_pieces(pieces));
    client.login().unwrap();
    (client, server)
}

/// What every command of the handle says.
fn failures(handle: &Handle) -> Vec<Failure> {
    let all = [handle.execute(), handle.reset(), handle.long_data(0, b"x"), handle.fetch()];
    all.into_iter().map(Result::unwrap_err).collect()
}

/// Error 1615 is told as it is. The statement is there all the same, and the handle can prepare again.
#[test]
fn one_that_must_be_prepared_again() {
    let other = [typed_column("other", 3, 0)];
    for greeting in styles() {
        let mut steps = prepare(&greeting, "s", 7, 0, &two_columns()).to_vec();
        steps.extend([execute(7, b""), rows(&greeting, 3, AUTOCOMMIT)]);
        let again =
            || send(err(1615, Some("HY000"), b"Prepared statement needs to be re-prepared"));
        steps.extend([execute(7, b""), again(), execute(7, b""), again()]);
        // It is not prepared again behind the program's back, and closed when that prepares.
        steps.push(close(7));
        steps.extend(prepare(&greeting, "s", 8, 1, &other));
        let values = [vec![Some(5_u32.to_le_bytes().to_vec())]];
        let result = binary_result(greeting.caps, &other, &values, AUTOCOMMIT);
        steps.extend([execute(8, b"\x01\x01\x06\x00"), Step::Send(result), close(8)]);
        steps.extend(next());
        let (mut client, server) = serve(&greeting, steps, Pieces::Whole);
        let handle = client.handle_of("s");
        handle.execute().unwrap();
        assert_eq!(client.rows_of(&handle).unwrap(), as_texts(3));
        for _ in 0..2 {
            handle.execute().unwrap();
            let failure = client.settle().unwrap_err();
            assert_eq!(failure.numbers(), (1615, "HY000"));
            assert!(failure.text.contains("re-prepared"), "{failure:?}");
        }
        handle.prepare("s").unwrap();
        assert_eq!(client.settle(), Ok(Polled::End));
        assert_eq!((handle.param_count(), handle.column_count()), (1, 1));
        handle.execute().unwrap();
        assert_eq!(client.rows_of(&handle).unwrap(), [[Some(b"5".to_vec())]]);
        drop(handle);
        goes_on(client, server);
    }
}

/// A reset and a change of user: each function says which it was, and the handle can prepare again.
#[test]
fn after_a_new_session() {
    for greeting in styles() {
        for (what, name) in [
            (Do::Reset, "attachsql_connect_reset"),
            (Do::User("other", None, "x"), "attachsql_connect_change_user"),
        ] {
            let mut steps = prepare(&greeting, "a", 7, 1, &two_columns()).to_vec();
            steps.extend(prepare(&greeting, "b", 8, 0, &two_columns()));
            steps.extend([Step::Expect(Want::Any), send(ok())]);
            steps.extend(prepare(&greeting, "a", 9, 1, &two_columns()));
            steps.extend([execute(9, b"\x01\x01\x06\x00"), rows(&greeting, 2, AUTOCOMMIT)]);
            steps.push(close(9));
            steps.extend(next());
            let (mut client, server) = serve(&greeting, steps, Pieces::Whole);
            let (a, b) = (client.handle_of("a"), client.handle_of("b"));
            client.command(what).unwrap();
            assert_eq!(client.settle(), Ok(Polled::End));
            for handle in [&a, &b] {
                for failure in failures(handle) {
                    assert_eq!(failure.numbers(), (3000, "22023"), "{what:?}");
                    let words = format!("{name} has closed it at the server: prepare it again");
                    assert!(failure.text.contains(&words), "{failure:?}");
                }
                assert_eq!((handle.param_count(), handle.has_more()), (0, false));
            }
            assert_eq!(code(a.set_int(0, 5)), 3000);
            a.prepare("a").unwrap();
            assert_eq!(client.settle(), Ok(Polled::End));
            a.execute().unwrap();
            assert_eq!(client.rows_of(&a).unwrap(), as_texts(2));
            drop((a, b));
            goes_on(client, server);
        }
    }
}

/// With the connection: its cause is in every answer.
#[test]
fn with_the_connection() {
    for greeting in styles() {
        let mut steps = prepare(&greeting, "s", 7, 1, &two_columns()).to_vec();
        steps.extend([execute(7, b"\x01\x01\x06\x00"), Step::Close]);
        let (mut client, _server) = serve(&greeting, steps, Pieces::Whole);
        let handle = client.handle_of("s");
        handle.execute().unwrap();
        let cause = client.settle().unwrap_err();
        assert_eq!(cause.numbers(), (2013, "08006"));
        let mut all = failures(&handle);
        all.push(handle.prepare("s").unwrap_err());
        for failure in all {
            assert_eq!(failure.numbers(), (2006, "08006"));
            assert!(failure.text.contains("closed by the server"), "{failure:?}");
        }
        handle.close();
        drop(client);
        assert_eq!(handle.prepare("s").unwrap_err().numbers(), (2006, "08006"));
    }
}

/// The columns, and that a cursor is open.
fn opened(greeting: &Greeting) -> Step {
    let mut out = vec![lenenc(2)];
    out.extend(two_columns());
    let end = if greeting.caps & DEPRECATE_EOF == 0 {
        eof(AUTOCOMMIT | 0x40, 0)
    } else {
        rows_end(greeting.caps, AUTOCOMMIT | 0x40, 0)
    };
    out.push(end);
    Step::Send(out)
}

fn portion(greeting: &Greeting, count: u32, status: u16) -> Step {
    let mut out: Vec<_> = two_columned(count).iter().map(|row| binary_row(row)).collect();
    out.push(rows_end(greeting.caps, AUTOCOMMIT | status, 0));
    Step::Send(out)
}

/// A cursor read in two portions; then an execute whose columns are sent, and one whose columns are left out.
fn session(greeting: &Greeting, pieces: Pieces) -> usize {
    let cached = greeting.more_caps != 0;
    let whole = |step: Step| match step {
        Step::Send(packets) if cached => Step::Send(with_columns(packets, 2, true)),
        other => other,
    };
    let mut steps = prepare(greeting, "c", 7, 0, &two_columns()).to_vec();
    steps.extend([expect(b"\x17\x07\0\0\0\x01\x01\0\0\0"), whole(opened(greeting))]);
    for (count, status) in [(3, 0x40), (1, 0xc0)] {
        steps.extend([expect(b"\x1c\x07\0\0\0\x03\0\0\0"), portion(greeting, count, status)]);
    }
    steps.extend(prepare(greeting, "s", 8, 0, &two_columns()));
    for (count, follow) in [(2, true), (4, !cached)] {
        let rows = binary_result(greeting.caps, &two_columns(), &two_columned(count), AUTOCOMMIT);
        let rows = if cached { with_columns(rows, 2, follow) } else { rows };
        steps.extend([execute(8, b""), Step::Send(rows)]);
    }
    steps.extend([close(8), close(7)]);
    steps.extend(next());
    let (mut client, server) = serve(greeting, steps, pieces);
    let cursor = client.handle_of("c");
    cursor.set_fetch_size(3).unwrap();
    cursor.execute().unwrap();
    assert_eq!(client.settle(), Ok(Polled::End), "{pieces:?}");
    for count in [3, 1] {
        assert!(cursor.has_more());
        cursor.fetch().unwrap();
        assert_eq!(client.rows_of(&cursor).unwrap(), as_texts(count), "{pieces:?}");
    }
    assert!(!cursor.has_more());
    let handle = client.handle_of("s");
    for count in [2, 4] {
        handle.execute().unwrap();
        assert_eq!(client.rows_of(&handle).unwrap(), as_texts(count), "{pieces:?}");
        assert_eq!(client.columns().len(), 2);
    }
    drop(handle);
    drop(cursor);
    client.ask(b"next", false);
    drop(client);
    let script = server.finish();
    assert!(script.is_over());
    script.sent()
}

#[test]
fn cursors_and_known_columns_in_pieces() {
    let cached = Greeting { more_caps: 0x10, ..Greeting::default() };
    let greetings = [cached.clone().with_eof(), cached].into_iter().chain(styles());
    for greeting in greetings {
        let bytes = session(&greeting, Pieces::Whole);
        let splits = (1..bytes).map(Pieces::SplitAt);
        for pieces in splits.chain([Pieces::Every(1), Pieces::Every(2), Pieces::Every(5)]) {
            session(&greeting, pieces);
        }
    }
}
