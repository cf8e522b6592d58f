// SPDX-License-Identifier: Apache-2.0
//! A server that answers as one does, and now and then with something broken: bytes changed, left out or added,
//! packets lost, doubled, or those of another command. The program in front of it does this and that through the C
//! API, reads every value in every way, and goes on whatever comes. Nothing may panic, wait for ever, keep memory, or
//! take much more than it was sent. Both follow numbers that look random but are the same each time; a failure names
//! its own, and `ATTACHSQL_TEST_MUTATION=N` runs that one alone.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests end that way")]

use std::panic::{AssertUnwindSafe, catch_unwind};

use attachsql::capi::types::attachsql_options_t as Options;
use attachsql::session::Polled;

use support::commands::Do;
use support::counting::{self, Counting};
use support::dice::Dice;
use support::listener::Listener;
use support::raw::CApi;
use support::subject::{Failure, Subject};

mod support;

#[path = "mutations/server.rs"]
mod server;

use server::Server;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The most that a session may have in memory at once: a buffer for streaming, and what the test itself has.
const MOST: i64 = 8 << 20;

/// A program and its server.
struct Session {
    client: CApi,
    server: Server,
    dice: Dice,
}

#[test]
fn whatever_the_server_says() {
    // What is made once for the process is not looked at.
    Session::run(0);
    let number = |name, default| {
        std::env::var(name).map_or(default, |text| text.parse::<u64>().expect("a number"))
    };
    let alone = number("ATTACHSQL_TEST_MUTATION", 0);
    if alone > 0 {
        return Session::run(alone);
    }
    for seed in 1..=number("ATTACHSQL_TEST_MUTATIONS", 6000) {
        let before = counting::count();
        counting::reset_peak();
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| Session::run(seed))) {
            support::say(&format!("it was ATTACHSQL_TEST_MUTATION={seed}"));
            std::panic::resume_unwind(panic);
        }
        let after = counting::count();
        assert_eq!(after.live, before.live, "{seed} keeps memory");
        let took = after.peak - before.live;
        assert!(took < MOST, "{seed} took {took} bytes");
    }
}

impl Session {
    fn run(seed: u64) {
        let mut dice = Dice::new(seed);
        let listener = Listener::unix();
        let mut client = CApi::new(&listener.address(), "secret");
        if dice.one_in(3) {
            assert!(client.option(Options::QUERY_ATTRIBUTES, 1));
        }
        if dice.one_in(3) {
            assert!(client.option(Options::STMT_CACHE, 2));
        }
        if dice.one_in(4) {
            assert!(client.option(Options::MAX_ROW, 200));
        }
        if dice.one_in(4) {
            assert!(client.option(Options::MAX_MEMORY, 1 << 20));
        }
        let _ = client.connect();
        // The socket is opened by the first poll.
        let _ = client.poll();
        let server = Server::new(&listener, seed);
        let mut this = Self { client, server, dice };
        this.settle(|_| {});
        for _ in 0..12 {
            this.act();
        }
    }

    /// Something that a program may do, to its end or not.
    fn act(&mut self) {
        match self.dice.below(9) {
            0 | 1 => self.query(),
            2 => self.statement(),
            3 | 4 => self.handle(),
            5 => self.command(),
            6 => self.cursor(),
            7 => self.bulk(),
            _ => self.pipeline(),
        }
        if !self.dice.one_in(4) {
            self.client.close_query();
        }
    }

    fn query(&mut self) {
        let (buffered, few) = (self.dice.one_in(2), self.dice.one_in(5));
        self.client.close_query();
        // Between two results it needs both.
        if self.client.next_result() {
            self.client.close_query();
        }
        self.client.buffer(buffered);
        if note(self.client.query(b"SELECT ?")).is_none() {
            return;
        }
        for _ in 0..3 {
            if few {
                let _ = note(self.client.poll());
                return;
            }
            self.settle(|client| {
                drop((client.columns(), client.row()));
            });
            if buffered {
                drop(self.client.buffered_rows());
            }
            drop((self.client.columns(), self.client.numbers()));
            self.tracked();
            if !self.client.next_result() {
                break;
            }
        }
    }

    /// The functions without a handle.
    fn statement(&mut self) {
        if note(self.client.prepare(b"SELECT ?")).is_none() {
            return;
        }
        self.settle(|_| {});
        for round in 0..2 {
            if round == 1 && self.dice.one_in(2) {
                let _ = note(self.client.long_data(0, b"long"));
            }
            let _ = note(self.client.execute());
            self.settle(|client| {
                if note(client.statement_row()).is_none() {
                    return;
                }
                for column in 0..client.column_count() {
                    let _ = (client.every_getter(column), client.column_type(column));
                }
                client.statement_next();
            });
        }
        if self.dice.one_in(2) {
            let _ = note(self.client.reset());
            self.settle(|_| {});
        }
        if self.dice.one_in(2) {
            self.client.close_statement();
        }
    }

    fn handle(&mut self) {
        let (at_once, batches) = (self.dice.one_in(2), self.dice.one_in(2));
        let handle = self.client.handle();
        let text = if self.dice.one_in(2) { "SELECT ?" } else { "SELECT 1" };
        let _ = note(handle.prepare(text));
        if !at_once {
            self.settle(|_| {});
        }
        for _ in 0..2 {
            let _ = handle.set_int(0, 5);
            let _ = note(handle.execute());
            self.settle(|_| {
                if batches {
                    handle.read_batch(5);
                } else {
                    handle.read_row();
                }
                handle.row_next();
            });
        }
    }

    fn cursor(&mut self) {
        let handle = self.client.handle();
        let _ = note(handle.prepare("SELECT ?"));
        self.settle(|_| {});
        let _ = note(handle.set_fetch_size(3));
        let _ = note(handle.execute());
        for _ in 0..4 {
            self.settle(|_| {
                handle.read_row();
                handle.row_next();
            });
            if !handle.has_more() {
                break;
            }
            let _ = note(handle.fetch());
        }
    }

    fn bulk(&mut self) {
        let handle = self.client.handle();
        let _ = note(handle.prepare("INSERT INTO t VALUES (?)"));
        self.settle(|_| {});
        for number in 0..5 {
            let _ = note(handle.set_int(0, number));
            let _ = note(handle.bulk_add());
        }
        let _ = note(handle.bulk_execute());
        if self.dice.one_in(4) {
            self.client.pipeline_close();
        } else {
            self.settle(|_| {});
        }
    }

    fn command(&mut self) {
        let what = match self.dice.below(7) {
            0 => Do::Ping,
            1 => Do::Reset,
            2 => Do::User("other", Some("password"), "schema"),
            3 => Do::Schema("schema"),
            4 => Do::Statistics,
            5 => Do::Multi(true),
            _ => Do::Kill(5, true),
        };
        let _ = note(self.client.command(what));
        self.settle(|_| {});
        drop((self.client.numbers(), self.client.version()));
        self.tracked();
    }

    fn pipeline(&mut self) {
        self.client.close_query();
        for text in ["one", "two", "three"] {
            let _ = note(self.client.pipeline_add(text.as_bytes(), 0));
        }
        let stops = self.dice.one_in(2);
        if note(self.client.pipeline_send(stops)).is_some() {
            for _ in 0..3 {
                self.settle(|client| {
                    drop((client.columns(), client.row()));
                });
                if self.dice.one_in(8) || !self.client.pipeline_next() {
                    break;
                }
            }
        }
        self.client.pipeline_close();
    }

    fn tracked(&mut self) {
        for kind in 0..6 {
            self.client.changes(kind);
        }
    }

    /// Polls until something has ended, and gives each row to `read`, which gives it back. A server that has
    /// nothing to say goes in the end.
    fn settle(&mut self, read: impl Fn(&mut CApi)) {
        let (mut turns, mut rows) = (0, 0);
        loop {
            match note(self.client.poll()) {
                Some(Polled::RowReady) => {
                    // It may be one of something that was not closed.
                    read(&mut self.client);
                    self.client.next_row();
                    rows += 1;
                    assert!(rows < 1000, "rows without end");
                }
                Some(Polled::Connecting | Polled::Processing) => {
                    if !self.server.turn() {
                        turns += 1;
                    }
                    if turns > 20 {
                        self.server.leave();
                    }
                    assert!(turns < 1000, "it waits for a server that has gone");
                }
                Some(Polled::End | Polled::NotConnected) | None => return,
            }
        }
    }
}

/// What did not fail. What did must have been the server's fault, or the program's.
fn note<T>(result: Result<T, Failure>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(failure) => {
            assert!(!failure.text.starts_with("internal error"), "{failure:?}");
            assert_eq!(failure.state.len(), 5, "{failure:?}");
            None
        }
    }
}
