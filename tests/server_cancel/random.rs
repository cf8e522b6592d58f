// SPDX-License-Identifier: Apache-2.0
//! Random moments: several clients on each server send what takes about as long as a cancel, and cancel it at
//! some time before, while or after it ends. After each one, other commands must do what they do, and what the
//! cancelled one has done must be what its outcome says.

use std::time::{Duration, Instant};

use attachsql::session::{CancelOutcome, Choice, Connection, Polled};
use attachsql::wire::value::Param;

use crate::support::dice::Dice;
use crate::support::listener::PATIENCE;
use crate::support::say;
use crate::support::servers::{self, Server, value};
use crate::support::subject::{Failure, Subject};

/// Clients of each server.
const CLIENTS: u64 = 3;

/// Rows of `cancel_numbers`.
const NUMBERS: usize = 100;

/// A table of numbers, made by whoever comes first.
pub(crate) fn numbers(client: &mut Connection) {
    let run = |client: &mut Connection, text: &str| {
        let seen = client.ask(text.as_bytes(), false);
        assert!(format!("{seen:?}").contains("Done"), "{text}: {seen:?}");
    };
    run(client, "CREATE TABLE IF NOT EXISTS cancel_numbers (n INT PRIMARY KEY) ENGINE=InnoDB");
    let digits = "(SELECT 0 d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 \
                  UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)";
    run(
        client,
        &format!(
            "INSERT IGNORE INTO cancel_numbers SELECT a.d * 10 + b.d FROM {digits} a, {digits} b"
        ),
    );
}

#[derive(Debug, Default, Clone, Copy)]
struct Count {
    cancelled: u64,
    finished: u64,
    none: u64,
    later: u64,
}

/// What was seen of a command: its rows, and its error.
type Ended = (usize, Option<Failure>);

/// Goes on with the command to its end, and cancels it when the time has come.
fn to_the_end(client: &mut Connection, cancel_at: Instant) -> Ended {
    let (end, mut rows, mut asked) = (Instant::now() + PATIENCE, 0, false);
    loop {
        if !asked && Instant::now() >= cancel_at {
            asked = true;
            client.cancel().unwrap();
        }
        match Subject::poll(client) {
            Ok(Polled::RowReady) => {
                rows += 1;
                Subject::next_row(client);
            }
            Ok(Polled::End) => break (rows, None),
            Ok(_) => {
                assert!(Instant::now() < end, "nothing happens");
                let left = cancel_at.saturating_duration_since(Instant::now());
                let nap = if asked { Duration::from_secs(20) } else { left };
                // Sleeps have a coarse clock.
                if nap > Duration::from_micros(200) {
                    client.wait(Some(nap)).unwrap();
                }
            }
            Err(failure) => break (rows, Some(failure)),
        }
    }
}

struct Client {
    client: Connection,
    dice: Dice,
    count: Count,
    table: String,
    serial: u64,
    name: &'static str,
}

impl Client {
    fn new(server: &Server, number: u64) -> Self {
        let address = if number.is_multiple_of(2) { server.unix() } else { server.tcp() };
        let mut client = servers::connection(&address, "test", "test");
        assert!(client.choose(Choice::Cancel(1)));
        client.login().unwrap();
        let table = format!("cancel_{}_{number}", std::process::id());
        let create = format!("CREATE TABLE {table} (id BIGINT PRIMARY KEY, v INT) ENGINE=InnoDB");
        client.ask(create.as_bytes(), false);
        let dice = Dice::new(u64::from(server.port) * 1000 + number);
        Self { client, dice, count: Count::default(), table, serial: 0, name: server.name }
    }

    /// One command, cancelled at some moment, and others behind it.
    fn round(&mut self) {
        self.serial += 1;
        let (id, table) = (self.serial, self.table.clone());
        // Most take some milliseconds, as the cancel does.
        let time = self.dice.below(16);
        let delay = Duration::from_micros(self.dice.number() % 12_000);
        let kind = self.dice.below(6);
        // One that never ends by itself is cancelled as early as can be, before the server has begun with it.
        let delay = if kind == 5 { delay / 20 } else { delay };
        let client = &mut self.client;
        let sleep = format!("SLEEP(0.0{time:02})");
        let whole = match kind {
            0 => {
                let text = format!(
                    "INSERT INTO {table} SELECT {id}, {sleep} FROM cancel_numbers WHERE n < 1"
                );
                Subject::query(client, text.as_bytes()).unwrap();
                0
            }
            1 => {
                let text = format!(
                    "SELECT a.n FROM cancel_numbers a, cancel_numbers b WHERE b.n < {}",
                    time * 6
                );
                Subject::query(client, text.as_bytes()).unwrap();
                NUMBERS * time * 6
            }
            2 => {
                Subject::query(client, format!("SELECT {sleep}").as_bytes()).unwrap();
                1
            }
            3 => {
                let text = format!("UPDATE {table} SET v = {sleep} + {id} WHERE id < 3");
                Subject::query(client, text.as_bytes()).unwrap();
                0
            }
            5 => {
                let text = b"SELECT MAX(SLEEP(30)) FROM cancel_numbers";
                Subject::query(client, text).unwrap();
                usize::MAX
            }
            _ => {
                let text = b"SELECT n, SLEEP(0.0005) FROM cancel_numbers WHERE n < ?";
                let key = client.prepare(text, None).unwrap();
                assert_eq!(client.settle(), Ok(Polled::End));
                let limit = i64::try_from(time * 4).unwrap();
                client.execute(key, [Param::BigInt(limit)].into_iter()).unwrap();
                time * 4
            }
        };
        let (rows, failure) = to_the_end(client, Instant::now() + delay);
        if kind != 4 {
            client.close_query();
        }
        let outcome = client.cancel_outcome();
        let what = format!(
            "{} round {id}, kind {kind}: {outcome:?}, {rows} of {whole} rows, {failure:?}",
            self.name
        );
        match (&outcome, &failure) {
            (CancelOutcome::Cancelled, Some(failure)) if failure.code == 1317 => {
                self.count.cancelled += 1
            }
            // Nothing was under way any more when it was asked for, or it never was.
            (CancelOutcome::None, None) => self.count.none += 1,
            (CancelOutcome::Finished, None) => self.count.finished += 1,
            _ => panic!("{what}"),
        }
        if failure.is_none() {
            assert_eq!(rows, whole, "{what}");
        }
        // Later commands, the very next of which a stray KILL would hit: it reads tables, because a statement
        // without any does not look whether it is to end.
        for later in 0..2 {
            let token = format!("token {id} {later}");
            let text = format!(
                "SELECT CONCAT('{token} ', COUNT(*)) FROM cancel_numbers a, cancel_numbers b"
            );
            let expected = format!("{token} {}", NUMBERS * NUMBERS);
            assert_eq!(value(client, &text), expected, "{what}");
            self.count.later += 1;
        }
        if kind == 0 {
            let there = value(client, &format!("SELECT COUNT(*) FROM {table} WHERE id = {id}"));
            let expected = if failure.is_some() { "0" } else { "1" };
            assert_eq!(there, expected, "{what}");
        }
        let forget = |client: &mut Connection| client.cancel().map(|()| client.cancel_outcome());
        assert_eq!(forget(client).unwrap(), CancelOutcome::None, "nothing is under way");
    }
}

#[test]
fn no_later_command_is_hit() {
    let total: u64 =
        std::env::var("ATTACHSQL_TEST_CANCELS").map_or(10_000, |text| text.parse().unwrap());
    let servers = servers::all();
    let each = total.div_ceil(servers.len() as u64 * CLIENTS);
    for server in &servers {
        let mut client = servers::admin(&server.unix());
        numbers(&mut client);
        assert_eq!(value(&mut client, "SELECT COUNT(*) FROM cancel_numbers"), NUMBERS.to_string());
    }
    std::thread::scope(|scope| {
        for server in &servers {
            let threads: Vec<_> = (0..CLIENTS)
                .map(|number| {
                    scope.spawn(move || {
                        let mut client = Client::new(server, number);
                        (0..each).for_each(|_| client.round());
                        let drop = format!("DROP TABLE {}", client.table);
                        client.client.ask(drop.as_bytes(), false);
                        client.count
                    })
                })
                .collect();
            scope.spawn(move || {
                let mut all = Count::default();
                for thread in threads {
                    let count = thread.join().unwrap();
                    all.cancelled += count.cancelled;
                    all.finished += count.finished;
                    all.none += count.none;
                    all.later += count.later;
                }
                say(&format!("{}: {all:?}", server.name));
                assert!(all.cancelled > 0 && all.finished > 0, "nothing was tried: {all:?}");
            });
        }
    });
}
