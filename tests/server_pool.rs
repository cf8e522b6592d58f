// SPDX-License-Identifier: Apache-2.0
//! A pool of a thousand connections to a real server, of which many meet their end: killed by the server, cut
//! by the network, or silent from one moment to the next. Every query ends once, and none was run twice.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests end that way")]

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use attachsql::capi::types::attachsql_options_t as Options;

use support::desk::Desk;
use support::dice::Dice;
use support::pools::{CPool, Told};
use support::raw::{self, CApi};
use support::rough::{Blow, Rough};
use support::say;
use support::servers::{self, Server};
use support::subject::{Seen, Subject};

mod support;

/// Connections of the pool. The servers have room for 1,200, and others use them, too.
const CONNECTIONS: u32 = 1000;
/// Queries that are asked.
const QUERIES: usize = 15_000;
/// Queries from one blow to the next.
const PEACE: usize = 25;

/// What became of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// It was asked.
    Open,
    Done,
    /// It ended with an error of this number.
    Failed(i32),
}

/// What a query is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Leaves a trace.
    Insert,
    Rows,
    Sleep,
}

fn kind(number: usize) -> Kind {
    match number % 4 {
        0 | 1 => Kind::Insert,
        2 => Kind::Rows,
        _ => Kind::Sleep,
    }
}

fn text(number: usize, table: &str) -> String {
    match kind(number) {
        Kind::Insert => format!("INSERT INTO {table} VALUES ({number})"),
        Kind::Rows => format!("SELECT {number} UNION ALL SELECT {number}"),
        Kind::Sleep => format!("SELECT {number} + SLEEP(0.02)"),
    }
}

/// Sends a query whose answer does not matter, and reads it.
fn order(admin: &mut CApi, text: &str) {
    let told = admin.ask(text.as_bytes(), false);
    assert!(!told.is_empty());
}

#[test]
fn a_thousand_on_mariadb() {
    a_thousand(&servers::mariadb());
}

#[test]
fn a_thousand_on_mysql() {
    a_thousand(&servers::mysql());
}

fn a_thousand(server: &Server) {
    raw::limit_descriptors(u64::MAX);
    let network = Rough::new(&server.tcp());
    let mut admin = CApi::to(&server.tcp());
    admin.login().unwrap();
    let table = format!("pool_{}", servers::value(&mut admin, "SELECT CONNECTION_ID()"));
    order(&mut admin, &format!("CREATE TABLE {table} (n INT NOT NULL) ENGINE = MEMORY"));

    let template = CApi::to(network.address());
    // What finds out a silent line.
    assert!(template.option(Options::READ_TIMEOUT, 1500));
    assert!(template.option(Options::CONNECT_TIMEOUT, 10_000));
    let ids: Rc<RefCell<Vec<u32>>> = Rc::default();
    let born = Rc::clone(&ids);
    let pool = CPool::new(move |_, con, _, told| {
        if *told == Told::Connected {
            born.borrow_mut().push(con.thread_id());
        }
    });
    let fates: Rc<RefCell<Vec<Fate>>> = Rc::default();
    let (known, ours) = (Rc::clone(&fates), table.clone());
    let rows: Rc<RefCell<BTreeMap<usize, usize>>> = Rc::default();
    let seen = Rc::clone(&rows);
    let over = Rc::new(Cell::new(0));
    let count = Rc::clone(&over);
    let desk = Desk::with_pool(&template, pool, move |desk, con, number, told| {
        assert_eq!(known.borrow()[number], Fate::Open, "{number}: {told:?} after its end");
        let fate = match told {
            Told::Row(row) => {
                let value = String::from_utf8(row[0].clone().unwrap()).unwrap();
                // A SLEEP that was killed gives 1 in place of 0, on MySQL.
                let killed = kind(number) == Kind::Sleep && value == (number + 1).to_string();
                assert!(killed || value == number.to_string(), "{value} for {number}");
                *seen.borrow_mut().entry(number).or_default() += 1;
                return con.unwrap().next_row();
            }
            Told::End => Fate::Done,
            Told::Failed(failure) => Fate::Failed(failure.code),
            Told::Connected => panic!("CONNECTED for a query"),
        };
        known.borrow_mut()[number] = fate;
        count.set(count.get() + 1);
        let next = known.borrow().len();
        if next < QUERIES {
            known.borrow_mut().push(Fate::Open);
            assert_eq!(desk.ask(&text(next, &ours)), next);
        }
    });
    desk.option(Options::POOL_MIN, CONNECTIONS)
        .option(Options::POOL_MAX, CONNECTIONS)
        .option(Options::POOL_PING_INTERVAL, 1000)
        .option(Options::POOL_QUEUE, CONNECTIONS);
    let start = Instant::now();
    desk.run_until(|desk| desk.pool.raw.stats().idle == CONNECTIONS);
    let filled = start.elapsed();
    for number in 0..CONNECTIONS as usize {
        fates.borrow_mut().push(Fate::Open);
        assert_eq!(desk.ask(&text(number, &table)), number);
    }
    assert_eq!(desk.pool.raw.stats().queued, 0, "all at once");

    // Blows until all are over.
    let (mut dice, mut struck, mut killed) = (Dice::new(1), 0, 0);
    let end = Instant::now() + Duration::from_secs(240);
    while over.get() < QUERIES {
        assert!(Instant::now() < end, "{} of {QUERIES} are over", over.get());
        desk.pool.raw.wait(100).unwrap();
        desk.pool.raw.run();
        while struck < over.get() / PEACE {
            struck += 1;
            let number = dice.below(usize::MAX);
            match struck % 3 {
                0 => network.strike(Blow::Cut, number),
                1 => network.strike(Blow::Silence, number),
                _ => {
                    let ids = ids.borrow();
                    let id = ids[number % ids.len()];
                    // It may be gone already, of which the server complains.
                    order(&mut admin, &format!("KILL {id}"));
                    killed += 1;
                }
            }
        }
    }
    report(server, &fates.borrow(), filled, start.elapsed(), (network.struck(), killed));
    let stats = desk.pool.raw.stats();
    assert_eq!((stats.queries, stats.queued), (QUERIES as u64, 0));

    // The pool is whole again, and works.
    desk.run_until(|desk| {
        let stats = desk.pool.raw.stats();
        stats.idle == CONNECTIONS && stats.connections == CONNECTIONS
    });
    assert!(desk.destroy().is_empty());
    check(&mut admin, &table, &fates.borrow(), &rows.borrow());
    order(&mut admin, &format!("DROP TABLE {table}"));
}

/// What the server has, and what the queries were told, agree.
fn check(admin: &mut CApi, table: &str, fates: &[Fate], rows: &BTreeMap<usize, usize>) {
    let mut traces: BTreeMap<usize, usize> = BTreeMap::new();
    for seen in admin.ask(format!("SELECT n FROM {table}").as_bytes(), false) {
        if let Seen::Row(row) = seen {
            let number = std::str::from_utf8(row[0].as_ref().unwrap()).unwrap().parse().unwrap();
            *traces.entry(number).or_default() += 1;
        }
    }
    assert_eq!(fates.len(), QUERIES);
    for (number, fate) in fates.iter().enumerate() {
        let (count, rows) = (traces.get(&number).copied(), rows.get(&number).copied());
        let (count, rows) = (count.unwrap_or(0), rows.unwrap_or(0));
        match (kind(number), fate) {
            (_, Fate::Open) => panic!("{number} has no end"),
            (Kind::Insert, Fate::Done) => assert_eq!(count, 1, "{number} was done"),
            // Nobody knows; but not twice.
            (Kind::Insert, Fate::Failed(2013 | 1053 | 1317 | 1927 | 3169)) => assert!(count <= 1),
            (Kind::Rows, Fate::Done) => assert_eq!(rows, 2),
            (Kind::Sleep, Fate::Done) => assert_eq!(rows, 1),
            (_, Fate::Failed(2013 | 1053 | 1317 | 1927 | 3169)) => {}
            (_, Fate::Failed(code)) => panic!("{number} has ended with {code}"),
        }
    }
}

fn report(server: &Server, fates: &[Fate], filled: Duration, all: Duration, blows: (usize, usize)) {
    let mut counts: BTreeMap<i32, usize> = BTreeMap::new();
    for fate in fates {
        *counts.entry(if let Fate::Failed(code) = fate { *code } else { 0 }).or_default() += 1;
    }
    let (struck, killed) = blows;
    say(&format!(
        "{}: {CONNECTIONS} connections in {filled:?}, {QUERIES} queries in {all:?}; {struck} lines cut or \
         silent, {killed} connections killed; ends by error number: {counts:?}",
        server.name
    ));
}
