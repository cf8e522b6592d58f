// SPDX-License-Identifier: Apache-2.0
//! The deadline of a command, in every state that a command can be in: without a way to cancel it, the
//! connection is cut.

use std::time::{Duration, Instant};

use attachsql::capi::types::attachsql_options_t as Options;
use attachsql::proto::commands::Short;
use attachsql::session::{Choice, Connection, Polled};

use crate::support::listener::{Inline, Listener};
use crate::support::packets::{self, AUTOCOMMIT, Greeting, MARIADB_CAPS, MORE, ok};
use crate::support::pools::{CPool, Told};
use crate::support::raw::CApi;
use crate::support::script::{self, Script, Step, Want, query, send};
use crate::support::subject::{self, Failure, Subject, WithServer};

const LIMIT: u32 = 150;
const TIME: Duration = Duration::from_millis(LIMIT as u64);

type Both = WithServer<Connection>;

fn client_of(listener: Listener, steps: Vec<Step>) -> Both {
    let server = Inline::new(listener, Script::logged_in(&Greeting::default(), steps));
    let mut client = Connection::new(subject::config(&server.address(), "secret"));
    assert!(client.choose(Choice::CommandTimeout(LIMIT)));
    WithServer { client, server }
}

/// An answer of two rows whose end announces another result, or not.
fn rows(more: bool) -> Vec<u8> {
    let status = if more { AUTOCOMMIT | MORE } else { AUTOCOMMIT };
    let row = |text: &str| vec![Some(text.as_bytes().to_vec())];
    packets::framed(1, &packets::result(MARIADB_CAPS, &["a"], &[row("one"), row("two")], status))
}

/// Polls until it fails, taking rows and results on the way.
fn fails(both: &mut Both, start: Instant) -> Failure {
    let failure = loop {
        match both.settle() {
            Ok(Polled::RowReady) => both.next_row(),
            Ok(_) => assert!(both.next_result(), "it has ended"),
            Err(failure) => break failure,
        }
    };
    let took = start.elapsed();
    assert!(took >= TIME, "{took:?}");
    is_timeout(&failure);
    assert_eq!(both.settle().unwrap_err(), failure, "it stays");
    both.close_query();
    assert_eq!(both.query(b"q").unwrap_err().code, 2006);
    failure
}

fn is_timeout(failure: &Failure) {
    assert_eq!(failure.numbers(), (3004, "08006"), "{failure:?}");
    assert!(failure.text.contains("(limit 150 ms"), "{failure:?}");
    assert!(failure.text.contains("ATTACHSQL_OPTION_COMMAND_TIMEOUT"), "{failure:?}");
}

#[test]
fn anywhere_in_an_answer() {
    let (last, more) = (rows(false), rows(true));
    let parts = [&last[..0], &last[..3], &last[..20], &last[..last.len() - 1], &more[..]];
    for part in parts {
        for listener in [Listener::tcp(), Listener::unix()] {
            let steps = vec![query("q"), Step::Raw(part.to_vec()), query("never")];
            let mut both = client_of(listener, steps);
            both.login().unwrap();
            both.query(b"q").unwrap();
            fails(&mut both, Instant::now());
        }
    }
}

/// Neither bytes nor rows that come all the time put it off.
#[test]
fn while_rows_stream() {
    let columns = packets::columns(MARIADB_CAPS, &["a"]);
    let mut steps = vec![query("q"), Step::Raw(packets::framed(1, &columns))];
    let mut seq = packets::number(columns.len() + 1);
    for _ in 0..250 {
        let mut bytes = Vec::new();
        packets::frame(&mut bytes, &mut seq, &packets::row(&[Some("one")]));
        steps.extend([Step::Stall(Duration::from_millis(20)), Step::Raw(bytes)]);
    }
    let mut both = client_of(Listener::tcp(), steps);
    both.login().unwrap();
    both.query(b"q").unwrap();
    let (start, mut count) = (Instant::now(), 0);
    let failure = loop {
        match both.settle() {
            Ok(Polled::RowReady) => count += 1,
            other => break other.unwrap_err(),
        }
        both.next_row();
    };
    is_timeout(&failure);
    assert!(count > 0 && start.elapsed() >= TIME);
    assert!(count < 250, "it was not told in time");
}

/// While the program holds a row, or has a result to ask for: told by the next poll.
#[test]
fn while_it_is_the_programs_turn() {
    for more in [false, true] {
        let steps = vec![query("q"), Step::Raw(rows(more)), query("never")];
        let mut both = client_of(Listener::tcp(), steps);
        both.login().unwrap();
        both.query(b"q").unwrap();
        assert_eq!(both.settle(), Ok(Polled::RowReady));
        if more {
            both.next_row();
            assert_eq!(both.settle(), Ok(Polled::RowReady));
            both.next_row();
            assert_eq!(both.settle(), Ok(Polled::End));
        }
        let due = both.client.due_in().expect("a deadline");
        assert!(due <= TIME, "{due:?}");
        std::thread::sleep(TIME);
        assert_eq!(both.client.due_in(), Some(Duration::ZERO));
        is_timeout(&both.poll().unwrap_err());
    }
}

/// What has come is taken first: a command whose end is here is not late.
#[test]
fn a_program_that_was_away_finds_its_answer() {
    let steps = vec![query("q"), Step::Raw(rows(false)), query("r"), send(ok())];
    let mut both = client_of(Listener::tcp(), steps);
    both.login().unwrap();
    both.query(b"q").unwrap();
    for _ in 0..3 {
        both.idle();
    }
    std::thread::sleep(TIME * 2);
    for _ in 0..2 {
        assert_eq!(both.poll(), Ok(Polled::RowReady));
        both.next_row();
    }
    assert_eq!(both.poll(), Ok(Polled::End));
    both.close_query();
    // At rest no time runs.
    std::thread::sleep(TIME * 2);
    assert_eq!(both.client.due_in(), None);
    assert_eq!(both.poll(), Ok(Polled::End));
    both.query(b"r").unwrap();
    assert_eq!(both.settle(), Ok(Polled::End));
}

/// A command that waits for another answer to be dropped has its time from its call on.
#[test]
fn while_it_waits_to_be_sent() {
    let mut both = client_of(Listener::tcp(), vec![query("q"), query("never")]);
    both.login().unwrap();
    assert!(both.client.choose(Choice::CommandTimeout(0)));
    both.query(b"q").unwrap();
    assert_eq!(both.poll(), Ok(Polled::Processing));
    both.close_query();
    std::thread::sleep(TIME);
    assert!(both.client.choose(Choice::CommandTimeout(LIMIT)));
    let start = Instant::now();
    both.client.command(Short::Ping).unwrap();
    fails(&mut both, start);
}

/// The connect has a limit of its own; the time of a command that waits for it begins behind it.
#[test]
fn a_connect_is_not_part_of_it() {
    let pause = Step::Stall(TIME * 2);
    let mut steps = vec![pause];
    steps.extend(script::login(&Greeting::default()));
    steps.extend([query("q"), query("never")]);
    let server = Inline::new(Listener::tcp(), Script::new(steps));
    let mut client = Connection::new(subject::config(&server.address(), "secret"));
    assert!(client.choose(Choice::CommandTimeout(LIMIT)));
    let mut both = WithServer { client, server };
    let start = Instant::now();
    both.query(b"q").unwrap();
    assert_eq!(both.client.due_in(), None);
    fails(&mut both, start);
    assert!(start.elapsed() >= TIME * 3);
}

/// A change counts for the commands that follow.
#[test]
fn counts_from_the_next_command_on() {
    let steps = vec![query("q"), Step::Stall(TIME * 2), send(ok()), query("r"), query("never")];
    let mut both = client_of(Listener::tcp(), steps);
    assert!(both.client.choose(Choice::CommandTimeout(0)));
    both.login().unwrap();
    both.query(b"q").unwrap();
    assert!(both.client.choose(Choice::CommandTimeout(LIMIT)));
    assert_eq!(both.client.due_in(), None);
    assert_eq!(both.settle(), Ok(Polled::End));
    both.close_query();
    both.query(b"r").unwrap();
    assert!(both.client.choose(Choice::CommandTimeout(0)));
    fails(&mut both, Instant::now());
}

/// The rest of a query that was closed has no time beyond that of the query.
#[test]
fn after_a_close() {
    let mut both = client_of(Listener::tcp(), vec![query("q"), query("never")]);
    both.login().unwrap();
    let start = Instant::now();
    both.query(b"q").unwrap();
    assert_eq!(both.poll(), Ok(Polled::Processing));
    both.close_query();
    fails(&mut both, start);
}

/// Of everything that is sent and polled.
#[test]
fn of_commands_and_statements() {
    let steps = || vec![Step::Expect(Want::Any), query("never")];
    type Begin = fn(&mut Connection);
    let all: [Begin; 4] = [
        |client| client.command(Short::Ping).unwrap(),
        |client| client.command(Short::Statistics).unwrap(),
        |client| client.change_user(b"u", b"p", b"").unwrap(),
        |client| client.prepare(b"SELECT ?", None).map(|_| ()).unwrap(),
    ];
    for begin in all {
        let mut both = client_of(Listener::tcp(), steps());
        both.login().unwrap();
        let start = Instant::now();
        begin(&mut both.client);
        fails(&mut both, start);
    }
}

/// Each command of a pipeline has its time from its turn on.
#[test]
fn of_a_pipeline() {
    let pause = || Step::Stall(Duration::from_millis(600));
    let steps = vec![
        query("a"),
        pause(),
        send(ok()),
        query("b"),
        pause(),
        send(ok()),
        query("c"),
        query("never"),
    ];
    let mut both = client_of(Listener::tcp(), steps);
    assert!(both.client.choose(Choice::CommandTimeout(1000)));
    both.login().unwrap();
    for text in [b"a", b"b", b"c"] {
        both.client.pipeline_add(text, Vec::new(), 0).unwrap();
    }
    both.client.pipeline_send(false).unwrap();
    for _ in 0..2 {
        assert_eq!(both.settle(), Ok(Polled::End));
        assert_eq!(both.client.pipeline_next(), Polled::Processing);
    }
    let failure = both.settle().unwrap_err();
    assert_eq!(failure.numbers(), (3004, "08006"), "{failure:?}");
}

/// A sleep ends in time, with and without one of its own, and so does a poll that sleeps.
#[test]
fn ends_a_sleep() {
    for semi_blocking in [false, true] {
        let listener = Listener::tcp();
        let mut client = CApi::new(&listener.address(), "secret");
        let steps = [query("q"), query("never")];
        let server = listener.serve(Script::logged_in(&Greeting::default(), steps));
        assert!(client.option(Options::COMMAND_TIMEOUT, LIMIT));
        client.login().unwrap();
        if semi_blocking {
            assert!(client.option(Options::SEMI_BLOCKING, 0));
        }
        let start = Instant::now();
        client.query(b"q").unwrap();
        let mut polls = 0;
        let failure = loop {
            polls += 1;
            match client.poll() {
                Ok(_) if semi_blocking => {}
                Ok(_) => assert!(client.wait(-1).unwrap()),
                Err(failure) => break failure,
            }
        };
        is_timeout(&failure);
        assert!(start.elapsed() >= TIME && polls < 20, "{polls} polls");
        drop(client);
        server.finish();
    }
}

/// In a pool, of a connection that waits and of one whose row the program holds.
#[test]
fn in_a_pool() {
    for answered in [false, true] {
        let pool = CPool::new(|_, _, _, _| {});
        let listener = Listener::tcp();
        let mut con = pool.connection(&listener.address());
        let answer = if answered { rows(false) } else { Vec::new() };
        let steps = [query("q"), Step::Raw(answer), query("never")];
        let server = listener.serve(Script::logged_in(&Greeting::default(), steps));
        assert!(con.option(Options::COMMAND_TIMEOUT, LIMIT));
        let start = Instant::now();
        con.query(b"q").unwrap();
        let told = pool.run_until(if answered { 3 } else { 2 });
        assert!(start.elapsed() >= TIME);
        match &told.last().unwrap().1 {
            Told::Failed(failure) => is_timeout(failure),
            other => panic!("{other:?}"),
        }
        assert!(pool.run_out().is_empty(), "once");
        drop(pool);
        server.finish();
    }
}
