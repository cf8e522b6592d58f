// SPDX-License-Identifier: Apache-2.0
//! The deadline of a command on a connection that can cancel: the command ends, the connection does not.

use std::time::{Duration, Instant};

use attachsql::session::{CancelOutcome, Choice, Polled};

use crate::support::listener::Listener;
use crate::support::packets::{self, AUTOCOMMIT, MARIADB_CAPS, err, ok};
use crate::support::subject::{Failure, Subject};
use crate::{Play, interrupted};

const LIMIT: u32 = 150;

fn asked() -> Play {
    let choices = [Choice::Cancel(1), Choice::CommandTimeout(LIMIT), Choice::CancelTimeout(20_000)];
    let mut play = Play::with(Listener::tcp(), &choices);
    play.ask("q");
    play
}

fn is_timeout(failure: &Failure, state: &str, words: &str) {
    assert_eq!(failure.numbers(), (3004, state), "{failure:?}");
    for words in ["limit 150 ms, ATTACHSQL_OPTION_COMMAND_TIMEOUT", words] {
        assert!(failure.text.contains(words), "{failure:?}");
    }
}

/// Polls until the deadline has brought a caller; then KILL.
fn killing(play: &mut Play) -> crate::Line {
    let start = Instant::now();
    while play.client.cancel_outcome() != CancelOutcome::Running {
        play.poll();
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(start.elapsed() < Duration::from_secs(20));
    play.killing()
}

#[test]
fn the_command_is_cancelled() {
    let mut play = asked();
    let start = Instant::now();
    let second = killing(&mut play);
    assert!(start.elapsed() >= Duration::from_millis(u64::from(LIMIT) - 20));
    play.acknowledge(second);
    play.first.send(&[interrupted()]);
    play.absorbs(ok());
    let failure = play.end().unwrap_err();
    is_timeout(&failure, "HYT00", "has cancelled it");
    assert_eq!(play.client.cancel_outcome(), CancelOutcome::Cancelled);
    assert_eq!(play.end().unwrap_err(), failure, "it stays");
    play.works();
}

/// Too late for KILL, but KILL was sent: the error is the same, and says so.
#[test]
fn the_command_ends_before_it_is_hit() {
    for rows in [false, true] {
        let mut play = asked();
        let second = killing(&mut play);
        let row = vec![Some(b"value".to_vec())];
        let answer = if rows {
            packets::result(MARIADB_CAPS, &["a"], &[row], AUTOCOMMIT)
        } else {
            vec![ok()]
        };
        play.first.send(&answer);
        if rows {
            assert_eq!(play.end(), Ok(Polled::RowReady));
            play.client.next_row();
            play.seen.clear();
        }
        play.nothing_happens();
        play.acknowledge(second);
        play.absorbs(interrupted());
        is_timeout(&play.end().unwrap_err(), "HYT00", "had come to its end");
        assert_eq!(play.client.cancel_outcome(), CancelOutcome::Finished);
        play.works();
    }
}

/// In time for the second connection not to send anything.
#[test]
fn the_command_ends_before_the_kill() {
    let mut play = asked();
    while play.client.cancel_outcome() != CancelOutcome::Running {
        play.poll();
        std::thread::sleep(Duration::from_millis(1));
    }
    play.first.send(&[ok()]);
    assert_eq!(play.end(), Ok(Polled::End));
    assert_eq!(play.client.cancel_outcome(), CancelOutcome::Finished);
    play.works();
}

#[test]
fn the_cancel_fails() {
    let mut play = asked();
    let mut second = killing(&mut play);
    second.send(&[err(1095, Some("HY000"), b"You are not owner of thread 4711")]);
    is_timeout(&play.end().unwrap_err(), "08006", "cancelling failed: KILL QUERY failed: You are");
    assert_eq!(play.client.cancel_outcome(), CancelOutcome::Unknown);
}

/// What waits behind an older answer is never sent, and what it waited for goes.
#[test]
fn what_was_not_sent() {
    let mut play = asked();
    assert!(play.client.choose(Choice::CommandTimeout(0)));
    Subject::close_query(&mut play.client);
    assert!(play.client.choose(Choice::CommandTimeout(LIMIT)));
    Subject::query(&mut play.client, b"never").unwrap();
    let second = killing(&mut play);
    play.acknowledge(second);
    play.first.send(&[interrupted()]);
    play.absorbs(ok());
    is_timeout(&play.end().unwrap_err(), "HYT00", "not sent");
    assert_eq!(play.client.cancel_outcome(), CancelOutcome::Cancelled);
    play.works();
}

/// Of a query that was closed nothing is told; the next command is another one.
#[test]
fn a_closed_query_ends_in_silence() {
    let mut play = asked();
    Subject::close_query(&mut play.client);
    let second = killing(&mut play);
    play.client.command(attachsql::proto::commands::Short::Ping).unwrap();
    play.acknowledge(second);
    play.first.send(&[interrupted()]);
    play.absorbs(ok());
    assert_eq!(play.packet(true), [14]);
    play.first.send(&[ok()]);
    assert_eq!(play.end(), Ok(Polled::End));
    assert_eq!(play.client.cancel_outcome(), CancelOutcome::Cancelled);
    play.works();

    let mut play = asked();
    Subject::close_query(&mut play.client);
    let second = killing(&mut play);
    play.acknowledge(second);
    play.first.send(&[interrupted()]);
    play.absorbs(ok());
    assert_eq!(play.end(), Ok(Polled::End));
    play.works();
}

/// A cancel of the program's is under way already: its error, and no second KILL.
#[test]
fn during_a_cancel() {
    let mut play = asked();
    play.client.cancel().unwrap();
    let second = play.killing();
    std::thread::sleep(Duration::from_millis(u64::from(LIMIT) * 2));
    play.nothing_happens();
    play.acknowledge(second);
    play.first.send(&[interrupted()]);
    play.absorbs(ok());
    assert_eq!(play.end().unwrap_err().code, 1317);
    assert!(!play.listener.has_caller());
    play.works();
}
