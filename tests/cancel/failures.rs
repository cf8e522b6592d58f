// SPDX-License-Identifier: Apache-2.0
//! Cancels that cannot be done: the connection is cut, unless nothing can happen to it; and those that are refused.

use std::time::{Duration, Instant};

use attachsql::session::{CancelOutcome, Choice, Connection, Polled};

use crate::support::listener::Listener;
use crate::support::packets::{Greeting, err, ok};
use crate::support::subject::{self, Failure, Subject};
use crate::{Line, Play, interrupted, listeners};

const LIMIT: u32 = 500;

/// The connection was cut before its command ended, and the message says why.
fn is_cut(play: &mut Play, words: &str, outcome: CancelOutcome) -> Failure {
    let failure = play.end().unwrap_err();
    assert_eq!(failure.numbers(), (2013, "08006"), "{failure:?}");
    assert!(failure.text.contains(words), "{failure:?}");
    assert!(failure.text.contains("cut"), "{failure:?}");
    assert_eq!(play.client.cancel_outcome(), outcome);
    assert_eq!(play.end().unwrap_err(), failure, "it stays");
    Subject::close_query(&mut play.client);
    assert_eq!(Subject::query(&mut play.client, b"q").unwrap_err().code, 2006);
    assert_eq!(play.client.cancel().unwrap_err().code(), 2006);
    play.until(|play| play.first.is_closed().then_some(()));
    failure
}

fn asked() -> Play {
    let mut play = Play::with(Listener::tcp(), &[Choice::Cancel(1), Choice::CancelTimeout(LIMIT)]);
    play.ask("q");
    play
}

#[test]
fn nobody_listens_any_more() {
    for listener in listeners() {
        let mut play = Play::new(listener);
        play.ask("q");
        play.listener = Listener::tcp();
        play.client.cancel().unwrap();
        is_cut(&mut play, "a second connection failed: cannot connect", CancelOutcome::Unknown);
    }
}

#[test]
fn the_login_is_refused() {
    let mut play = asked();
    play.client.cancel().unwrap();
    let mut second = play.second();
    play.until(|_| second.packet());
    let words = b"User 'limited' has exceeded the 'max_user_connections' resource";
    second.send(&[err(1226, Some("42000"), words)]);
    is_cut(&mut play, "max_user_connections", CancelOutcome::Unknown);
}

#[test]
fn the_kill_is_refused() {
    let mut play = asked();
    play.client.cancel().unwrap();
    let mut second = play.killing();
    second.send(&[err(1095, Some("HY000"), b"You are not owner of thread 4711")]);
    is_cut(&mut play, "KILL QUERY failed: You are not owner", CancelOutcome::Unknown);
}

/// Where the first connection leads to there is another server now: its threads are not ours.
#[test]
fn another_server() {
    let mut play = asked();
    play.client.cancel().unwrap();
    let greeting = Greeting { version: b"8.0.99-other".to_vec(), ..Greeting::default() };
    let mut second = Line::greeted(&play.listener, &greeting);
    play.until(|_| second.packet());
    second.send(&[ok()]);
    is_cut(&mut play, "another server", CancelOutcome::Unknown);
    assert!(second.is_closed());
}

/// The second connection breaks before KILL, and after it when nobody knows whether it was done: also
/// if the command has ended meanwhile.
#[test]
fn the_second_connection_breaks() {
    for (sent, ended) in [(false, false), (true, false), (true, true)] {
        let mut play = asked();
        play.client.cancel().unwrap();
        let second = if sent { play.killing() } else { play.second() };
        if ended {
            play.first.send(&[ok()]);
            play.nothing_happens();
        }
        drop(second);
        let outcome = if ended { CancelOutcome::Finished } else { CancelOutcome::Unknown };
        is_cut(&mut play, "lost connection", outcome);
    }
}

/// A second connection that stalls: before its greeting, in its login, after KILL; a command that does not end
/// in spite of KILL, a server that does not answer what comes after.
#[test]
fn something_stalls() {
    for stage in 0..5 {
        let mut play = asked();
        let start = Instant::now();
        play.client.cancel().unwrap();
        let (second, words, outcome) = match stage {
            0 => (None, "greeting", CancelOutcome::Unknown),
            1 => {
                let mut second = play.second();
                play.until(|_| second.packet());
                (Some(second), "logging in", CancelOutcome::Unknown)
            }
            2 => (Some(play.killing()), "the answer to KILL QUERY", CancelOutcome::Unknown),
            _ => {
                let second = play.killing();
                play.acknowledge(second);
                if stage == 4 {
                    play.first.send(&[interrupted()]);
                    assert_eq!(play.packet(true), crate::DO);
                }
                let words = "the end of the answer";
                let ended = [CancelOutcome::Unknown, CancelOutcome::Finished];
                (None, words, ended[usize::from(stage == 4)])
            }
        };
        let failure = is_cut(&mut play, words, outcome);
        assert!(failure.text.contains("500 ms"), "{failure:?}");
        assert!(start.elapsed() >= Duration::from_millis(LIMIT.into()));
        drop(second);
    }
}

/// The first connection breaks by itself.
#[test]
fn the_first_connection_breaks() {
    let mut play = asked();
    play.client.cancel().unwrap();
    let mut second = play.killing();
    play.first = play_dead(&play.listener);
    let failure = play.end().unwrap_err();
    assert_eq!(failure.numbers(), (2013, "08006"), "{failure:?}");
    assert!(!failure.text.contains("cut"), "{failure:?}");
    assert_eq!(play.client.cancel_outcome(), CancelOutcome::Unknown);
    play.until(|_| second.is_closed().then_some(()));
}

/// Another line in place of the first one, which is closed by that.
fn play_dead(listener: &Listener) -> Line {
    let caller = Listener::address(listener);
    let _caller = std::net::TcpStream::connect((caller.host.as_str(), caller.port)).unwrap();
    Line::greeted(listener, &Greeting::default())
}

/// While the program holds a row its time is its own.
#[test]
fn a_row_is_held_for_long() {
    let mut play = asked();
    let row = |text: &str| vec![Some(text.as_bytes().to_vec())];
    let caps = crate::packets::MARIADB_CAPS;
    let rows = crate::packets::result(caps, &["a"], &[row("one")], crate::packets::AUTOCOMMIT);
    play.first.send(&rows[..3]);
    assert_eq!(play.end(), Ok(Polled::RowReady));
    play.client.cancel().unwrap();
    let second = play.killing();
    play.acknowledge(second);
    let end = Instant::now() + Duration::from_millis(u64::from(LIMIT) * 3);
    while Instant::now() < end {
        play.poll();
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(play.seen.drain(..).all(|polled| polled == Ok(Polled::RowReady)));
    play.client.next_row();
    play.first.send(&[interrupted()]);
    play.absorbs(ok());
    assert_eq!(play.end().unwrap_err().code, 1317);
    play.works();
}

#[test]
fn refused_without_the_option() {
    let mut play = Play::with(Listener::tcp(), &[Choice::Cancel(0)]);
    assert!(!play.client.choose(Choice::Cancel(1)), "too late");
    play.ask("q");
    let refused = play.client.cancel().unwrap_err();
    assert_eq!((refused.code(), &refused.sqlstate()), (3000, b"22023"));
    assert!(refused.to_string().contains("ATTACHSQL_OPTION_CANCEL"), "{refused}");
    assert_eq!(play.client.cancel_outcome(), CancelOutcome::None);
    play.first.send(&[ok()]);
    assert_eq!(play.end(), Ok(Polled::End));
    play.works();
    let mut client = Connection::new(subject::config(&play.listener.address(), "secret"));
    assert!(!client.choose(Choice::Cancel(2)));
}

/// What is behind a command of a pipeline may have been sent already: a KILL could hit it. Nor while the answers
/// to a pipeline that was closed are on their way.
#[test]
fn refused_in_a_pipeline() {
    let mut play = Play::new(Listener::tcp());
    for text in [b"one", b"two"] {
        play.client.pipeline_add(text, Vec::new(), 0).unwrap();
    }
    play.client.pipeline_send(false).unwrap();
    assert_eq!(play.packet(true), b"\x03one");
    let refused = play.client.cancel().unwrap_err();
    assert_eq!(refused.code(), 3000);
    assert!(refused.to_string().contains("pipeline"), "{refused}");
    assert_eq!(play.packet(true), b"\x03two");
    play.client.pipeline_close();
    assert_eq!(play.client.cancel().unwrap_err().code(), 3000);
    // What waits behind them is taken back without a KILL.
    Subject::query(&mut play.client, b"three").unwrap();
    play.client.cancel().unwrap();
    play.nothing_happens();
    for _ in 0..2 {
        play.first.seq = 1;
        play.first.send(&[ok()]);
    }
    assert_eq!(play.end().unwrap_err().code, 3005);
    Subject::close_query(&mut play.client);
    play.works();
}
