// SPDX-License-Identifier: Apache-2.0
//! Random sessions: each does some dozens of random things on a connection to a real server, through a random
//! channel, in any order that the contract allows, and knows what each answer must be. What is looked for: an
//! answer that is another command's, a sleep that nothing ends, a panic, a connection that is of no use
//! afterwards.
//!
//! `ATTACHSQL_TEST_RANDOM` is the number of sessions for each server, `ATTACHSQL_TEST_RANDOM_SEED` the first seed,
//! 1 by default. A session that fails tells its seed and what it did.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests end that way")]
#![allow(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "tests end that way")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use session::{Log, Session};
use support::say;
use support::servers::{self, Server};
use support::subject::{Seen, Subject};

#[path = "server_random/answers.rs"]
mod answers;
#[path = "server_random/client.rs"]
mod client;
#[path = "server_random/commands.rs"]
mod commands;
#[path = "server_late/late.rs"]
mod late;
#[path = "server_random/moments.rs"]
mod moments;
#[path = "server_random/pipelines.rs"]
mod pipelines;
#[path = "server_random/queries.rs"]
mod queries;
#[path = "server_random/session.rs"]
mod session;
#[path = "server_random/statements.rs"]
mod statements;
mod support;
#[path = "server_random/uploads.rs"]
mod uploads;

/// Sessions for each server, if nobody says how many, and how many of them go on at the same time: they mostly wait.
const SESSIONS: u64 = 30;
const AT_ONCE: usize = 4;

fn done(client: &mut impl Subject, text: &str) {
    let seen = client.ask(text.as_bytes(), false);
    assert!(seen.iter().all(|seen| matches!(seen, Seen::Done(_))), "{text}: {seen:?}");
}

/// The tables and the procedure; the name of the table that rows go to.
fn prepare(server: &Server) -> String {
    let mut admin = servers::admin(&server.unix());
    let table = format!("random_{}", std::process::id());
    done(
        &mut admin,
        &format!(
            "CREATE TABLE {table} (s BIGINT, id BIGINT, v LONGTEXT, PRIMARY KEY (s, id)) ENGINE=InnoDB"
        ),
    );
    done(&mut admin, "CREATE TABLE IF NOT EXISTS random_numbers (n INT PRIMARY KEY) ENGINE=InnoDB");
    let digits = "(SELECT 0 d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 \
                  UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)";
    done(
        &mut admin,
        &format!(
            "INSERT IGNORE INTO random_numbers SELECT a.d * 1000 + b.d * 100 + c.d * 10 + d.d \
             FROM {digits} a, {digits} b, {digits} c, {digits} d WHERE a.d < 2"
        ),
    );
    done(
        &mut admin,
        &format!(
            "CREATE PROCEDURE {table}_rows(tag VARCHAR(200), many INT) BEGIN SELECT tag, 'called'; \
             SELECT n, tag FROM random_numbers WHERE n < many ORDER BY n; END"
        ),
    );
    table
}

/// One session; what went wrong.
fn session(server: &Server, table: &str, seed: u64) -> bool {
    let begun = Instant::now();
    let log = Log::default();
    let seen = log.clone();
    let done = catch_unwind(AssertUnwindSafe(move || {
        let session = Session::new(server, table, seed, seen);
        late::hold(session.traits.held(), || session.run());
    }));
    late::hold(late::Held { send: false, receive: false }, || {});
    if done.is_err() {
        let log = log.borrow();
        let shown = log.iter().skip(1).cloned().collect::<Vec<_>>();
        say(&format!(
            "{}, ATTACHSQL_TEST_RANDOM_SEED={seed}: {}\n{}\n",
            server.name,
            log.first().cloned().unwrap_or_default(),
            shown.join("\n")
        ));
    }
    if begun.elapsed().as_secs() > 15 {
        say(&format!("{}, {seed}: {:?}", server.name, begun.elapsed()));
    }
    done.is_ok()
}

fn sessions(server: &Server) {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let count = number("ATTACHSQL_TEST_RANDOM").unwrap_or(SESSIONS);
    // The same ones each time: what a check finds is of the change that it checks.
    let first = number("ATTACHSQL_TEST_RANDOM_SEED").unwrap_or(1);
    let seeds: Vec<u64> = (first..).take(count as usize).collect();
    let table = prepare(server);
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        let work = || {
            while let Some(&seed) = seeds.get(next.fetch_add(1, Ordering::SeqCst)) {
                if !session(server, &table, seed) {
                    failed.lock().unwrap().push(seed);
                }
            }
        };
        (0..AT_ONCE).for_each(|_| drop(scope.spawn(work)));
    });
    let failed = failed.into_inner().unwrap();
    say(&format!("{}: {} sessions, the last one {:?}", server.name, seeds.len(), seeds.last()));
    let mut admin = servers::admin(&server.unix());
    // What a broken session has locked.
    done(&mut admin, "SET lock_wait_timeout = 5");
    done(&mut admin, &format!("DROP TABLE {table}"));
    done(&mut admin, &format!("DROP PROCEDURE {table}_rows"));
    assert!(failed.is_empty(), "{}: {failed:?}", server.name);
}

#[test]
fn mariadb_1011() {
    sessions(&servers::mariadb());
}

#[test]
fn mariadb_118() {
    sessions(&servers::mariadbs()[1]);
}

#[test]
fn mysql_97() {
    sessions(&servers::mysql());
}

#[test]
fn mysql_56() {
    sessions(&servers::mysql56());
}
