// SPDX-License-Identifier: Apache-2.0
//! Cursors, and several handles beside each other, against a scripted server.

use attachsql::session::Polled;

use crate::answers::styles;
use crate::statements::{
    as_texts, close, code, execute, goes_on, next, prepare, reset, rows, serve, two_columned,
    two_columns,
};
use crate::support::packets::{
    AUTOCOMMIT, DEPRECATE_EOF, Greeting, binary_row, eof, err, lenenc, ok, rows_end,
};
use crate::support::script::{Step, expect, query, send};
use crate::support::subject::Subject;

const CURSOR: u16 = 0x40;
const LAST_ROW: u16 = 0x80;
const OUT_PARAMS: u16 = 0x1000;
const MORE: u16 = 8;

/// The execute of a statement without parameters, with a cursor.
fn open(id: u32) -> Step {
    expect(&[&[0x17][..], &id.to_le_bytes(), &[1, 1, 0, 0, 0]].concat())
}

fn fetch(id: u32, rows: u32) -> Step {
    expect(&[&[0x1c][..], &id.to_le_bytes(), &rows.to_le_bytes()].concat())
}

/// The columns, and that a cursor is open: in the one style that is all, in the other a packet of its own.
fn opened(greeting: &Greeting) -> Step {
    let mut out = vec![lenenc(2)];
    out.extend(two_columns());
    out.push(if greeting.caps & DEPRECATE_EOF == 0 {
        eof(AUTOCOMMIT | CURSOR, 3)
    } else {
        rows_end(greeting.caps, AUTOCOMMIT | CURSOR, 3)
    });
    Step::Send(out)
}

fn portion(greeting: &Greeting, count: u32, status: u16) -> Step {
    let mut out: Vec<_> = two_columned(count).iter().map(|row| binary_row(row)).collect();
    out.push(rows_end(greeting.caps, AUTOCOMMIT | status, 0));
    Step::Send(out)
}

#[test]
fn rows_come_in_portions() {
    for greeting in styles() {
        let mut steps = prepare(&greeting, "s", 7, 0, &two_columns()).to_vec();
        steps.extend([open(7), opened(&greeting)]);
        for (count, status) in [(4, CURSOR), (4, CURSOR), (0, CURSOR | LAST_ROW)] {
            steps.extend([fetch(7, 4), portion(&greeting, count, status)]);
        }
        steps.extend(next());
        let (mut client, server) = serve(&greeting, steps);
        let handle = client.handle_of("s");
        assert_eq!(code(handle.fetch()), 2051);
        handle.set_fetch_size(4).unwrap();
        handle.execute().unwrap();
        assert!(!handle.has_more());
        assert_eq!(code(handle.fetch()), 2051, "not answered yet");
        assert_eq!(client.settle(), Ok(Polled::End));
        assert_eq!(client.numbers().warnings, 3);
        for count in [4, 4, 0] {
            assert!(handle.has_more());
            handle.fetch().unwrap();
            assert_eq!(client.rows_of(&handle).unwrap(), as_texts(count));
            assert_eq!(client.columns().len(), 2);
        }
        assert!(!handle.has_more());
        assert_eq!(code(handle.fetch()), 2051);
        assert_eq!(code(handle.set_fetch_size(0)), 3000);
        goes_on(client, server);
    }
}

/// A server is free to send the rows at once. Other cursors' flags do not matter.
#[test]
fn a_statement_without_a_cursor() {
    for greeting in styles() {
        let mut steps = prepare(&greeting, "s", 7, 0, &two_columns()).to_vec();
        steps.extend([open(7), rows(&greeting, 3, AUTOCOMMIT)]);
        steps.extend([open(7), send(ok())]);
        steps.extend([open(7), send(err(1317, None, b"no"))]);
        steps.extend(prepare(&greeting, "s", 8, 0, &two_columns()));
        steps.extend([close(7), execute(8, b""), rows(&greeting, 2, AUTOCOMMIT | CURSOR)]);
        steps.extend([query("q"), send(ok())]);
        steps.extend(next());
        let (mut client, server) = serve(&greeting, steps);
        let handle = client.handle_of("s");
        handle.set_fetch_size(1).unwrap();
        handle.execute().unwrap();
        assert_eq!(client.rows_of(&handle).unwrap(), as_texts(3));
        assert!(!handle.has_more());
        handle.execute().unwrap();
        assert_eq!(client.settle(), Ok(Polled::End));
        assert!(!handle.has_more());
        handle.execute().unwrap();
        assert_eq!(code(client.settle()), 1317);
        assert!(!handle.has_more());
        let handle = {
            let all_at_once = client.handle_of("s");
            drop(handle);
            all_at_once
        };
        handle.execute().unwrap();
        assert_eq!(client.rows_of(&handle).unwrap(), as_texts(2));
        assert!(!handle.has_more());
        client.ask(b"q", false);
        goes_on(client, server);
    }
}

#[test]
fn cursors_beside_each_other_and_dropped_portions() {
    for greeting in styles() {
        let mut steps = prepare(&greeting, "a", 7, 0, &two_columns()).to_vec();
        steps.extend(prepare(&greeting, "b", 8, 0, &two_columns()));
        steps.extend([open(7), opened(&greeting), open(8), opened(&greeting)]);
        steps.extend([fetch(7, 3), portion(&greeting, 3, CURSOR)]);
        steps.extend([query("q"), send(ok())]);
        steps.extend([fetch(8, 5), portion(&greeting, 5, CURSOR)]);
        // Dropped after a row; while it is dropped, the next one waits.
        steps.extend([fetch(7, 3), portion(&greeting, 3, CURSOR)]);
        steps.extend([fetch(7, 3), portion(&greeting, 2, CURSOR)]);
        // Dropped unseen, and it was the last one.
        steps.extend([fetch(8, 5), portion(&greeting, 1, LAST_ROW | CURSOR)]);
        steps.extend([reset(7), send(ok())]);
        // An error ends it.
        steps.extend([open(7), opened(&greeting), fetch(7, 3), send(err(1421, None, b"gone"))]);
        steps.extend([close(7), close(8)]);
        steps.extend(next());
        let (mut client, server) = serve(&greeting, steps);
        let (a, b) = (client.handle_of("a"), client.handle_of("b"));
        a.set_fetch_size(3).unwrap();
        b.set_fetch_size(5).unwrap();
        for handle in [&a, &b] {
            handle.execute().unwrap();
            assert_eq!(client.settle(), Ok(Polled::End));
        }
        a.fetch().unwrap();
        assert_eq!(client.rows_of(&a).unwrap(), as_texts(3));
        client.ask(b"q", false);
        assert!(a.has_more() && b.has_more());
        b.fetch().unwrap();
        assert_eq!(client.rows_of(&b).unwrap(), as_texts(5));
        a.fetch().unwrap();
        assert_eq!(client.settle(), Ok(Polled::RowReady));
        a.row_next();
        assert_eq!(client.settle(), Ok(Polled::RowReady));
        assert!(a.has_more());
        a.fetch().unwrap();
        assert_eq!(client.settle(), Ok(Polled::RowReady));
        b.fetch().unwrap();
        a.reset().unwrap();
        assert_eq!(client.settle(), Ok(Polled::End));
        assert!(!a.has_more() && !b.has_more());
        assert_eq!(code(b.fetch()), 2051);
        a.execute().unwrap();
        assert_eq!(client.settle(), Ok(Polled::End));
        a.fetch().unwrap();
        assert_eq!(code(client.settle()), 1421);
        assert!(!a.has_more());
        drop((a, b));
        goes_on(client, server);
    }
}

#[test]
fn the_row_of_out_parameters() {
    for greeting in styles() {
        let mut steps = prepare(&greeting, "CALL p(?)", 7, 0, &[]).to_vec();
        steps.push(execute(7, b""));
        let results = [(2, AUTOCOMMIT | MORE), (1, AUTOCOMMIT | MORE | OUT_PARAMS)];
        for (count, status) in results {
            steps.push(rows(&greeting, count, status));
        }
        steps.push(send(ok()));
        steps.extend(next());
        let (mut client, server) = serve(&greeting, steps);
        let handle = client.handle_of("CALL p(?)");
        handle.execute().unwrap();
        for (count, status) in results {
            assert_eq!(client.rows_of(&handle).unwrap(), as_texts(count));
            assert_eq!(handle.is_out_params(), status & OUT_PARAMS != 0);
            assert!(client.next_result());
        }
        assert_eq!(client.settle(), Ok(Polled::End));
        assert!(!handle.is_out_params());
        goes_on(client, server);
    }
}
