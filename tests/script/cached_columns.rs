// SPDX-License-Identifier: Apache-2.0
//! Columns of statements that a MariaDB server leaves out, because they are as they were.

use attachsql::session::Polled;

use crate::statements::{
    LONG, as_texts, code, execute, goes_on, next, prepare, serve, two_columned, two_columns,
};
use crate::support::packets::{
    AUTOCOMMIT, Greeting, binary_result, ok, result, typed_column, with_columns,
};
use crate::support::raw::CApi;
use crate::support::script::{Step, query, send};
use crate::support::subject::Subject;

/// Servers that leave columns out, in both styles of ending things.
fn greetings() -> [Greeting; 2] {
    let new = Greeting { more_caps: 0x10, ..Greeting::default() };
    [new.clone().with_eof(), new]
}

fn rows(greeting: &Greeting, count: u32, follow: bool) -> Step {
    let whole = binary_result(greeting.caps, &two_columns(), &two_columned(count), AUTOCOMMIT);
    Step::Send(with_columns(whole, 2, follow))
}

fn one_column() -> Vec<Vec<u8>> {
    vec![typed_column("other", LONG, 0)]
}

/// Rows 5 and 6 of that column.
fn other_rows(greeting: &Greeting, follow: bool) -> Step {
    let values = [5_u32, 6].map(|n| vec![Some(n.to_le_bytes().to_vec())]);
    let whole = binary_result(greeting.caps, &one_column(), &values, AUTOCOMMIT);
    Step::Send(with_columns(whole, 1, follow))
}

fn run(client: &mut CApi) -> Vec<Vec<Option<Vec<u8>>>> {
    client.run_statement(&[]).unwrap()
}

#[test]
fn the_ones_before_are_used() {
    for greeting in greetings() {
        let mut steps = prepare(&greeting, "s", 7, 0, &two_columns()).to_vec();
        steps.extend([execute(7, b""), rows(&greeting, 3, false)]);
        steps.extend([execute(7, b""), rows(&greeting, 4, true)]);
        steps.extend([execute(7, b""), rows(&greeting, 0, false)]);
        steps.extend([execute(7, b""), other_rows(&greeting, true)]);
        steps.extend([execute(7, b""), other_rows(&greeting, false)]);
        steps.extend([execute(7, b""), rows(&greeting, 5, true)]);
        steps.extend(next());
        let (mut client, server) = serve(&greeting, steps);
        client.prepared("s").unwrap();
        assert_eq!(run(&mut client), as_texts(3));
        assert_eq!(client.column_count(), 2);
        assert_eq!(run(&mut client), as_texts(4));
        assert_eq!(run(&mut client), as_texts(0));
        for _ in 0..2 {
            assert_eq!(run(&mut client), [[Some(b"5".to_vec())], [Some(b"6".to_vec())]]);
            assert_eq!(client.column_count(), 1);
        }
        assert_eq!(run(&mut client), as_texts(5));
        goes_on(client, server);
    }
}

/// An answer that nobody reads may bring columns that do not come again.
#[test]
fn those_of_a_dropped_answer_are_used() {
    for greeting in greetings() {
        let mut steps = prepare(&greeting, "s", 7, 0, &two_columns()).to_vec();
        // Dropped before its columns come, with no row read, and after a row.
        steps.extend([execute(7, b""), other_rows(&greeting, true)]);
        steps.extend([execute(7, b""), other_rows(&greeting, false)]);
        steps.extend([execute(7, b""), rows(&greeting, 3, true)]);
        steps.extend([execute(7, b""), rows(&greeting, 4, false)]);
        steps.extend([execute(7, b""), other_rows(&greeting, true)]);
        steps.push(query("q"));
        let texts = vec![vec![None, None]; 3];
        let whole = result(greeting.caps, &["a", "b"], &texts, AUTOCOMMIT);
        steps.push(Step::Send(with_columns(whole, 2, true)));
        steps.extend([execute(7, b""), other_rows(&greeting, false)]);
        steps.extend(next());
        let (mut client, server) = serve(&greeting, steps);
        client.prepared("s").unwrap();
        client.execute().unwrap();
        client.execute().unwrap();
        assert_eq!(client.statement_rows().unwrap().len(), 2);
        client.execute().unwrap();
        assert_eq!(client.settle(), Ok(Polled::RowReady));
        assert_eq!(run(&mut client), as_texts(4));
        client.execute().unwrap();
        client.query(b"q").unwrap();
        assert_eq!(client.settle(), Ok(Polled::RowReady));
        client.close_query();
        assert_eq!(run(&mut client).len(), 2);
        assert_eq!(client.column_count(), 1);
        goes_on(client, server);
    }
}

#[test]
fn a_query_has_its_own() {
    for greeting in greetings() {
        let whole = result(greeting.caps, &["a"], &[vec![Some(b"x".to_vec())]], AUTOCOMMIT);
        let mut steps = prepare(&greeting, "s", 7, 0, &two_columns()).to_vec();
        steps.extend([execute(7, b""), rows(&greeting, 1, false)]);
        steps.extend([query("q"), Step::Send(with_columns(whole, 1, true))]);
        steps.extend([execute(7, b""), rows(&greeting, 2, false)]);
        steps.extend(next());
        let (mut client, server) = serve(&greeting, steps);
        client.prepared("s").unwrap();
        assert_eq!(run(&mut client), as_texts(1));
        client.ask(b"q", false);
        assert_eq!(run(&mut client), as_texts(2));
        goes_on(client, server);
    }
}

#[test]
fn a_server_that_leaves_out_what_is_not_known_is_not_understood() {
    for greeting in greetings() {
        let whole = binary_result(greeting.caps, &two_columns(), &[], AUTOCOMMIT);
        // Another number of columns than the prepare had.
        let mut steps = prepare(&greeting, "s", 7, 0, &one_column()).to_vec();
        steps.extend([execute(7, b""), Step::Send(with_columns(whole.clone(), 2, false))]);
        let (mut client, _server) = serve(&greeting, steps);
        client.prepared("s").unwrap();
        assert_eq!(code(client.run_statement(&[])), 2027);
        // A query.
        for step in [Step::Send(with_columns(whole, 2, false)), send(vec![1])] {
            let (mut client, _server) = serve(&greeting, vec![query("q"), step]);
            client.query(b"q").unwrap();
            assert_eq!(code(client.settle()), 2027);
        }
    }
}

/// A statement that was closed while its answer comes.
#[test]
fn nobody_knows_any_more() {
    for greeting in greetings() {
        let mut steps = prepare(&greeting, "s", 7, 0, &two_columns()).to_vec();
        steps.extend([execute(7, b""), rows(&greeting, 3, false)]);
        steps.push(crate::statements::close(7));
        steps.extend([query("q"), send(ok())]);
        steps.extend(next());
        let (mut client, server) = serve(&greeting, steps);
        client.prepared("s").unwrap();
        client.execute().unwrap();
        client.close_statement();
        client.ask(b"q", false);
        goes_on(client, server);
    }
}
