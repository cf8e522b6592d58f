// SPDX-License-Identifier: Apache-2.0
//! Which comes first: the end of the command, the login of the second connection, or the answer to KILL.

use attachsql::proto::commands::Short;
use attachsql::session::{CancelOutcome, Polled};

use crate::support::packets::{self, AUTOCOMMIT, Greeting, MARIADB_CAPS, MORE, OkPacket, ok};
use crate::support::subject::Subject;
use crate::{Play, interrupted, listeners};

const DONE: CancelOutcome = CancelOutcome::Cancelled;

/// An OK that says something.
fn inserted() -> Vec<u8> {
    OkPacket { affected: 3, insert_id: 77, ..OkPacket::default() }.payload()
}

fn rows(count: usize, status: u16) -> Vec<Vec<u8>> {
    let row = || vec![Some(b"value".to_vec())];
    packets::result(MARIADB_CAPS, &["a"], &vec![row(); count], status)
}

#[test]
fn the_command_is_ended() {
    for listener in listeners() {
        let mut play = Play::new(listener);
        play.ask("q");
        play.client.cancel().unwrap();
        assert_eq!(play.client.cancel_outcome(), CancelOutcome::Running);
        let second = play.killing();
        play.nothing_happens();
        play.acknowledge(second);
        play.nothing_happens();
        play.first.send(&[interrupted()]);
        play.absorbs(ok());
        assert!(play.second.as_mut().unwrap().is_closed());
        assert_eq!(play.end().unwrap_err().numbers(), (1317, "70100"));
        assert_eq!(play.client.cancel_outcome(), DONE);
        assert_eq!(play.end().unwrap_err().code, 1317, "it stays");
        play.works();
        assert_eq!(play.client.cancel_outcome(), DONE, "it stays");
    }
}

/// A KILL that came before the command had begun does nothing: it is sent again.
#[test]
fn kill_is_sent_again() {
    let mut play = Play::new(listeners().into_iter().next().unwrap());
    play.ask("q");
    play.client.cancel().unwrap();
    let second = play.killing();
    play.acknowledge(second);
    play.until(|play| (play.kills == 3).then_some(()));
    assert!(play.seen.is_empty(), "{:?}", play.seen);
    play.first.send(&[interrupted()]);
    play.absorbs(ok());
    assert_eq!(play.end().unwrap_err().code, 1317);
    assert_eq!(play.client.cancel_outcome(), DONE);
    play.works();
}

/// The error comes before the answer to KILL.
#[test]
fn the_command_is_ended_first() {
    let mut play = Play::new(listeners().into_iter().next().unwrap());
    play.ask("q");
    play.client.cancel().unwrap();
    let second = play.killing();
    play.first.send(&[interrupted()]);
    play.nothing_happens();
    play.acknowledge(second);
    play.absorbs(ok());
    assert_eq!(play.end().unwrap_err().code, 1317);
    assert_eq!(play.client.cancel_outcome(), DONE);
    play.works();
}

/// The command ends by itself after KILL was sent: the flag hits DO, and only that. What is known of the
/// command's answer is not touched by it.
#[test]
fn the_command_ends_before_it_is_hit() {
    for kill_first in [false, true] {
        for absorbed in [interrupted(), ok()] {
            let mut play = Play::new(listeners().into_iter().next().unwrap());
            play.ask("q");
            play.client.cancel().unwrap();
            let mut second = Some(play.killing());
            if kill_first {
                play.acknowledge(second.take().unwrap());
                play.nothing_happens();
            }
            play.first.send(&[inserted()]);
            if let Some(second) = second {
                play.nothing_happens();
                play.acknowledge(second);
            }
            play.absorbs(absorbed);
            assert_eq!(play.end(), Ok(Polled::End));
            assert_eq!(play.client.cancel_outcome(), CancelOutcome::Finished);
            let numbers = play.client.numbers();
            assert_eq!((numbers.affected, numbers.insert_id), (3, 77));
            play.works();
        }
    }
}

/// The command ends before the second connection could say anything: nothing is sent, nothing to wait for.
#[test]
fn the_command_ends_before_the_kill() {
    for greeted in [false, true] {
        let mut play = Play::new(listeners().into_iter().next().unwrap());
        play.ask("q");
        play.client.cancel().unwrap();
        let mut second = play.second();
        if greeted {
            play.until(|_| second.packet());
        }
        play.first.send(&[inserted()]);
        assert_eq!(play.end(), Ok(Polled::End));
        assert_eq!(play.client.cancel_outcome(), CancelOutcome::Finished);
        assert_eq!(play.client.numbers().affected, 3);
        play.until(|_| {
            let packet = second.packet();
            assert!(packet.is_none_or(|payload| payload[0] != 3), "a query");
            second.closed.then_some(())
        });
        play.works();
    }
}

/// Rows go on coming while it is cancelled, and one that the program holds stays.
#[test]
fn rows_still_come() {
    let mut play = Play::new(listeners().into_iter().next().unwrap());
    play.ask("q");
    let whole = rows(3, AUTOCOMMIT);
    play.first.send(&whole[..whole.len() - 2]);
    assert_eq!(play.end(), Ok(Polled::RowReady));
    play.client.cancel().unwrap();
    let second = play.killing();
    assert_eq!(play.client.row(), [Some(b"value".to_vec())]);
    play.acknowledge(second);
    play.seen.clear();
    play.client.next_row();
    assert_eq!(play.end(), Ok(Polled::RowReady));
    play.client.next_row();
    play.seen.clear();
    play.first.send(&[interrupted()]);
    play.absorbs(ok());
    assert_eq!(play.end().unwrap_err().code, 1317);
    assert_eq!(play.client.cancel_outcome(), DONE);
    play.works();
}

/// Between two results, which the program asks for in its own time.
#[test]
fn between_results() {
    let mut play = Play::new(listeners().into_iter().next().unwrap());
    play.ask("q");
    play.first.send(&rows(0, AUTOCOMMIT | MORE));
    assert_eq!(play.end(), Ok(Polled::End));
    play.client.cancel().unwrap();
    let second = play.killing();
    play.acknowledge(second);
    for _ in 0..20 {
        play.poll();
    }
    assert!(play.seen.drain(..).all(|polled| polled == Ok(Polled::End)));
    assert!(Subject::next_result(&mut play.client));
    play.first.send(&[interrupted()]);
    play.absorbs(ok());
    assert_eq!(play.end().unwrap_err().code, 1317);
    play.works();
}

/// Buffered rows stay where they are while DO is answered.
#[test]
fn buffered_rows_stay() {
    let mut play = Play::new(listeners().into_iter().next().unwrap());
    Subject::buffer(&mut play.client, true);
    play.ask("q");
    play.client.cancel().unwrap();
    let second = play.killing();
    let answer = rows(500, AUTOCOMMIT);
    play.first.send(&answer);
    play.nothing_happens();
    play.acknowledge(second);
    play.absorbs(interrupted());
    assert_eq!(play.end(), Ok(Polled::End));
    let got = play.client.buffered_rows();
    assert_eq!(got.len(), 500);
    assert!(got.iter().all(|row| row == &[Some(b"value".to_vec())]));
    assert_eq!(play.client.columns().len(), 1);
    Subject::close_query(&mut play.client);
    Subject::buffer(&mut play.client, false);
    play.works();
}

/// What is given meanwhile waits until nothing can hit it, in its order.
#[test]
fn later_commands_wait() {
    for ended in [interrupted(), ok()] {
        let mut play = Play::new(listeners().into_iter().next().unwrap());
        play.ask("q");
        play.client.cancel().unwrap();
        Subject::close_query(&mut play.client);
        Subject::query(&mut play.client, b"next").unwrap();
        assert_eq!(Subject::query(&mut play.client, b"more").unwrap_err().code, 2014);
        let second = play.killing();
        play.nothing_happens();
        play.first.send(std::slice::from_ref(&ended));
        play.nothing_happens();
        play.acknowledge(second);
        play.absorbs(interrupted());
        assert_eq!(play.packet(true), b"\x03next");
        let outcome = play.client.cancel_outcome();
        assert_eq!(outcome == DONE, ended == interrupted(), "{outcome:?}");
        play.first.send(&rows(1, AUTOCOMMIT));
        assert_eq!(play.end(), Ok(Polled::RowReady));
        play.client.next_row();
        assert_eq!(play.end(), Ok(Polled::End));
        play.works();
    }
}

/// Other commands, and with the query still open.
#[test]
fn a_ping_meanwhile() {
    let mut play = Play::new(listeners().into_iter().next().unwrap());
    play.client.command(Short::Statistics).unwrap();
    assert_eq!(play.packet(true), [9]);
    play.client.cancel().unwrap();
    let second = play.killing();
    play.client.command(Short::Ping).unwrap();
    play.acknowledge(second);
    play.first.send(&[b"Uptime: 1".to_vec()]);
    play.absorbs(ok());
    assert_eq!(play.packet(true), [14]);
    play.first.send(&[ok()]);
    assert_eq!(play.end(), Ok(Polled::End));

    play.ask("q");
    play.client.cancel().unwrap();
    let second = play.killing();
    play.first.send(&[ok()]);
    play.nothing_happens();
    let refused = play.client.command(Short::Ping).unwrap_err();
    assert_eq!(refused.code(), 2014, "the end of the query was not told");
    play.acknowledge(second);
    play.absorbs(ok());
    assert_eq!(play.end(), Ok(Polled::End));
    play.works();
}

/// Again while it is under way; with nothing under way; and after one another.
#[test]
fn more_than_one() {
    let mut play = Play::new(listeners().into_iter().next().unwrap());
    play.client.cancel().unwrap();
    assert_eq!(play.client.cancel_outcome(), CancelOutcome::None);
    for _ in 0..3 {
        play.ask("q");
        play.client.cancel().unwrap();
        play.client.cancel().unwrap();
        let second = play.killing();
        play.client.cancel().unwrap();
        play.acknowledge(second);
        play.first.send(&[interrupted()]);
        play.absorbs(ok());
        assert_eq!(play.end().unwrap_err().code, 1317);
        assert_eq!(play.client.cancel_outcome(), DONE);
        play.client.cancel().unwrap();
        assert_eq!(play.client.cancel_outcome(), CancelOutcome::None, "nothing is under way");
        play.works();
    }
    assert!(!play.listener.has_caller(), "one connection for each");
}

/// Nothing but the user's name and password goes over: another user after a change of user.
#[test]
fn after_a_change_of_user() {
    let mut play = Play::new(listeners().into_iter().next().unwrap());
    play.client.change_user(b"other", b"word", b"").unwrap();
    assert_eq!(play.packet(true)[0], 17);
    let refused = play.client.cancel().unwrap_err();
    assert!(refused.to_string().contains("change of user"), "{refused}");
    play.first.send(&[ok()]);
    assert_eq!(play.end(), Ok(Polled::End));
    play.ask("q");
    play.client.cancel().unwrap();
    let mut second = crate::Line::greeted(&play.listener, &Greeting::default());
    let login = play.until(|_| second.packet());
    assert_eq!(crate::LoginPacket::parse(&login).user, b"other");
}

/// A command that was not sent is taken back: nothing is needed for that.
#[test]
fn what_was_not_sent() {
    let mut play = Play::with(listeners().into_iter().next().unwrap(), &[]);
    play.ask("q");
    Subject::close_query(&mut play.client);
    Subject::query(&mut play.client, b"never").unwrap();
    play.client.cancel().unwrap();
    assert_eq!(play.client.cancel_outcome(), DONE);
    play.nothing_happens();
    play.first.send(&[ok()]);
    assert_eq!(play.end().unwrap_err().numbers(), (3005, "70100"));
    play.works();
    assert!(!play.listener.has_caller());
}
