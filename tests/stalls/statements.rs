// SPDX-License-Identifier: Apache-2.0
//! Stalls in the life of a prepared statement: one of the connection's, handles, cursors, and the cache.

use attachsql::capi::types::attachsql_options_t as Options;

use crate::sessions::{Call, Client, Plan, at_each_packet, login};
use crate::support::packets::{
    self, AUTOCOMMIT, Greeting, MARIADB_CAPS, Value, binary_result, binary_row, lenenc, ok,
    rows_end, typed_column,
};
use crate::support::script::{Step, Want, send};
use crate::support::statements::Set;
use crate::support::subject::Subject;

const CURSOR: u16 = 0x40;
const LAST_ROW: u16 = 0x80;

/// A number and a text.
fn columns() -> Vec<Vec<u8>> {
    vec![typed_column("n", 3, 1), typed_column("t", 253, 0)]
}

fn values(count: u32) -> Vec<Vec<Value>> {
    let row = |n: u32| vec![Some(n.to_le_bytes().to_vec()), Some(packets::text(b"some text"))];
    (0..count).map(row).collect()
}

/// The steps of a prepare.
pub(crate) fn prepared(id: u32, params: u16) -> Vec<Step> {
    let answer = packets::prepared(MARIADB_CAPS, id, params, &columns());
    vec![Step::Expect(Want::Any), Step::Send(answer)]
}

/// The steps of an execute that gives so many rows.
pub(crate) fn binary_rows(count: u32) -> Vec<Step> {
    let answer = binary_result(MARIADB_CAPS, &columns(), &values(count), AUTOCOMMIT);
    vec![Step::Expect(Want::Any), Step::Send(answer)]
}

/// A fetch from a cursor.
fn portion(count: u32, status: u16) -> Vec<Step> {
    let mut answer: Vec<_> = values(count).iter().map(|row| binary_row(row)).collect();
    answer.push(rows_end(MARIADB_CAPS, AUTOCOMMIT | status, 0));
    vec![Step::Expect(Want::Any), Step::Send(answer)]
}

#[test]
fn of_a_connection() {
    let plan = Plan {
        prepare: Box::new(|_| {}),
        calls: vec![
            |c| c.con.connect(),
            |c| c.con.prepare(b"s"),
            |c| c.con.set(0, Set::Int(5)),
            |c| c.con.execute(),
            |c| c.con.long_data(0, &[b'x'; 300_000]),
            |c| c.con.execute(),
            |c| c.con.reset(),
            |c| {
                c.con.close_statement();
                Ok(())
            },
        ],
        row: vec![
            |c| c.con.statement_row(),
            |c| c.con.int(0).map(drop),
            |c| c.con.text(1).map(drop),
            |c| {
                c.con.statement_next();
                Ok(())
            },
        ],
        rows: 3,
        errors: Vec::new(),
    };
    let long = [vec![Step::Expect(Want::Any)], binary_rows(1)].concat();
    let parts = [
        login(&Greeting::default()),
        ("a prepare", prepared(7, 1)),
        ("the rows of an execute", binary_rows(2)),
        ("an execute after long data", long),
        ("the reset of a statement", vec![Step::Expect(Want::Any), send(ok())]),
    ];
    at_each_packet(&plan, &parts);
}

/// A row of the last handle.
fn row_of_handle() -> Vec<Call> {
    fn last(c: &Client) -> &crate::support::handles::Handle {
        c.handles.last().expect("a handle")
    }
    vec![
        |c| last(c).row_get(),
        |c| {
            last(c).text(1);
            Ok(())
        },
        |c| {
            last(c).row_next();
            Ok(())
        },
    ]
}

/// The last handle is another one, of this text.
fn prepare(c: &mut Client, text: &str) -> Result<(), crate::support::subject::Failure> {
    c.handles.clear();
    let handle = c.con.handle();
    let done = handle.prepare(text);
    c.handles.push(handle);
    done
}

#[test]
fn with_a_cursor() {
    let plan = Plan {
        prepare: Box::new(|_| {}),
        calls: vec![
            |c| c.con.connect(),
            |c| prepare(c, "s"),
            |c| {
                c.handles[0].set_fetch_size(2)?;
                c.handles[0].execute()
            },
            |c| c.handles[0].fetch(),
            |c| c.handles[0].fetch(),
            |c| {
                c.handles[0].close();
                Ok(())
            },
        ],
        row: row_of_handle(),
        rows: 3,
        errors: Vec::new(),
    };
    let mut opened = vec![lenenc(2)];
    opened.extend(columns());
    opened.push(rows_end(MARIADB_CAPS, AUTOCOMMIT | CURSOR, 0));
    let parts = [
        login(&Greeting::default()),
        ("the prepare of a handle", prepared(7, 0)),
        ("the execute that opens a cursor", vec![Step::Expect(Want::Any), Step::Send(opened)]),
        ("a fetch from a cursor", portion(2, CURSOR)),
        ("the last fetch from a cursor", portion(1, CURSOR | LAST_ROW)),
    ];
    at_each_packet(&plan, &parts);
}

/// Room for one: what was prepared is found again, and then put out.
#[test]
fn with_a_cache() {
    let plan = Plan {
        prepare: Box::new(|c| assert!(c.con.option(Options::STMT_CACHE, 1))),
        calls: vec![
            |c| c.con.connect(),
            |c| prepare(c, "a"),
            |c| c.handles[0].execute(),
            |c| prepare(c, "a"),
            |c| c.handles[0].execute(),
            |c| prepare(c, "b"),
            |c| c.handles[0].execute(),
            |c| {
                c.handles.clear();
                let stats = c.con.cache_stats();
                assert_eq!((stats.hits, stats.misses, stats.evicted), (1, 2, 1));
                Ok(())
            },
        ],
        row: row_of_handle(),
        rows: 4,
        errors: Vec::new(),
    };
    let mut parts = vec![
        login(&Greeting::default()),
        ("a prepare for the cache", prepared(7, 0)),
        ("the rows of a cached statement", binary_rows(1)),
        ("the rows of a statement found in the cache", binary_rows(2)),
        ("a prepare that puts another out of the cache", prepared(8, 0)),
        ("the rows of the newer statement", binary_rows(1)),
    ];
    // The close of the first one, wherever it comes.
    parts.push(("", vec![Step::Expect(Want::Any)]));
    at_each_packet(&plan, &parts);
}
