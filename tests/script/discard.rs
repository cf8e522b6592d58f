// SPDX-License-Identifier: Apache-2.0
//! Queries closed before their answer has ended: the rest is read and dropped, whatever it is, and the
//! next query gets its own answer.

use attachsql::session::Polled;

use crate::answers::{some, styles};
use crate::support::in_memory::InMemory;
use crate::support::packets::{
    self, AUTOCOMMIT, Greeting, MORE, NO_BACKSLASH, OkPacket, columns, err, ok, result,
};
use crate::support::script::{Pieces, Script, Step, Want, query, send};
use crate::support::subject::{Numbers, Seen, Subject};

/// Everything an answer can be made of.
fn answers(greeting: &Greeting) -> Vec<(&'static str, Vec<Vec<u8>>)> {
    let (caps, more) = (greeting.caps, AUTOCOMMIT | MORE);
    let many: Vec<_> = (0..20).map(|n| vec![some(&n.to_string()), None]).collect();
    let rows = |status| result(caps, &["a", "b"], &many, status);
    let counted = |status| {
        let packet =
            OkPacket { affected: 7, insert_id: 8, warnings: 9, status, info: b"seven", head: 0 };
        vec![packet.payload()]
    };
    let broken = [rows(more)[..5].to_vec(), vec![err(1317, Some("70100"), b"stop")]].concat();
    vec![
        ("ok", counted(AUTOCOMMIT)),
        ("error", vec![err(1064, Some("42000"), b"no")]),
        ("rows", rows(AUTOCOMMIT)),
        ("empty", result(caps, &["a"], &[], AUTOCOMMIT)),
        ("broken", broken.clone()),
        (
            "columns, error",
            [columns(caps, &["a", "b"])[..2].to_vec(), vec![err(1053, None, b"x")]].concat(),
        ),
        ("rows, rows", [rows(more), rows(AUTOCOMMIT)].concat()),
        ("ok, rows, ok", [counted(more), rows(more), counted(AUTOCOMMIT)].concat()),
        ("rows, broken", [rows(more), broken].concat()),
        ("rows, error", [rows(more), vec![err(1146, Some("42S02"), b"no")]].concat()),
    ]
}

/// Closed after every number of steps that the answer can be read in, with the answer arriving in
/// small pieces; then the next query, at once.
#[test]
fn closed_at_every_moment() {
    for greeting in styles() {
        for (name, payloads) in answers(&greeting) {
            for buffered in [false, true] {
                let mut moment = 0;
                while closed_at(&greeting, name, &payloads, buffered, moment) {
                    moment += 1;
                }
                assert!(moment > 0, "{name}: the answer came at once");
            }
        }
    }
}

/// Closes the query at a moment; `false` if the first result of the answer was over before it.
fn closed_at(
    greeting: &Greeting,
    name: &str,
    payloads: &[Vec<u8>],
    buffered: bool,
    moment: usize,
) -> bool {
    let values = vec![vec![some("its own")]];
    let own = result(greeting.caps, &["own"], &values, AUTOCOMMIT);
    let steps = [query("q"), Step::Send(payloads.to_vec()), query("next"), Step::Send(own)];
    let script = Script::logged_in(greeting, steps).in_pieces(Pieces::Every(13));
    let mut client = InMemory::private(script);
    client.login().unwrap();
    client.buffer(buffered);
    client.query(b"q").unwrap();
    for _ in 0..moment {
        if client.step() {
            return false;
        }
        client.next_row();
    }
    client.close_query();
    assert!(client.columns().is_empty(), "{name}");
    let seen = client.ask(b"next", buffered);
    let what = format!("{name}, {buffered}, {moment}: {seen:?}");
    assert!(
        matches!(&seen[0], Seen::Columns(c) if c.len() == 1 && c[0].names[3] == "own"),
        "{what}"
    );
    assert_eq!(
        seen[1..],
        [Seen::Row(vec![some("its own")]), Seen::Done(Numbers::default())],
        "{what}"
    );
    assert!(client.script.is_over(), "{what}");
    true
}

/// What a program was told stays until its next command, whatever the dropped answer says.
#[test]
fn a_dropped_answer_changes_nothing() {
    for greeting in styles() {
        for (name, payloads) in answers(&greeting) {
            let steps = [query("q"), Step::Send(payloads)];
            let mut client = InMemory::private(Script::logged_in(&greeting, steps));
            client.login().unwrap();
            client.query(b"q").unwrap();
            client.close_query();
            assert_eq!(client.settle(), Ok(Polled::End), "{name}: not even an error");
            assert_eq!(client.numbers(), Numbers::default(), "{name}");
            assert!(client.columns().is_empty(), "{name}");
            assert!(!client.next_result(), "{name}");
            assert!(client.script.is_over(), "{name}");
        }
    }
}

/// Between results a close drops the rows; what follows is still to be asked for.
#[test]
fn closed_between_results() {
    for greeting in styles() {
        for buffered in [false, true] {
            let payloads = [
                result(greeting.caps, &["a"], &[vec![some("1")]], AUTOCOMMIT | MORE),
                result(greeting.caps, &["b"], &[vec![some("2")]], AUTOCOMMIT),
            ];
            let steps = [query("q"), Step::Send(payloads.concat())];
            let mut client = InMemory::private(Script::logged_in(&greeting, steps));
            client.login().unwrap();
            client.buffer(buffered);
            client.query(b"q").unwrap();
            while client.settle() == Ok(Polled::RowReady) {
                client.next_row();
            }
            client.close_query();
            assert!(client.columns().is_empty());
            assert!(client.machine.has_next_result());
            assert!(client.next_result());
            let mut seen = Vec::new();
            client.answer(buffered, &mut seen).unwrap();
            assert!(seen.contains(&Seen::Row(vec![some("2")])), "{seen:?}");
        }
    }
}

/// A dropped answer still counts for the mode in which the next query is escaped.
#[test]
fn the_escape_mode_of_a_dropped_answer() {
    let packet = OkPacket { status: AUTOCOMMIT | NO_BACKSLASH, ..OkPacket::default() };
    let steps = [query("q"), send(packet.payload())];
    let mut client = InMemory::private(Script::logged_in(&Greeting::default(), steps));
    client.login().unwrap();
    client.query(b"q").unwrap();
    client.close_query();
    client.settle().unwrap();
    assert!(client.machine.no_backslash_escapes());
}

/// A server that wants a file for a query that is closed gets its empty packet all the same.
#[test]
fn a_request_for_a_file_is_answered() {
    let steps = [
        query("q"),
        send(b"\xfbfile".to_vec()),
        Step::Expect(Want::Bytes(b"\0\0\0\x02".to_vec())),
        send(ok()),
        query("next"),
        send(ok()),
    ];
    let mut client = InMemory::private(Script::logged_in(&Greeting::default(), steps));
    client.login().unwrap();
    client.query(b"q").unwrap();
    client.close_query();
    assert_eq!(client.ask(b"next", false), [Seen::Done(Numbers::default())]);
}

/// Nothing is kept of what is dropped: the columns of this answer would be over the limit.
#[test]
fn a_dropped_answer_of_many_results() {
    let greeting = Greeting::default();
    let name = "a_column_with_a_long_name".repeat(8);
    let one = result(greeting.caps, &[&name], &[vec![some("1")]], AUTOCOMMIT | MORE);
    let mut bytes = Vec::new();
    let (mut seq, count) = (1, 100_000);
    for _ in 0..64 {
        // 64 results of 4 packets: the numbers come round.
        one.iter().for_each(|payload| packets::frame(&mut bytes, &mut seq, payload));
    }
    let times = count / 64;
    let last = packets::framed(seq, &[ok()]);
    let steps =
        [query("q"), Step::Repeat(bytes, times), Step::Raw(last), query("next"), send(ok())];
    let mut client = InMemory::private(Script::logged_in(&greeting, steps));
    client.login().unwrap();
    client.query(b"q").unwrap();
    client.close_query();
    assert_eq!(client.ask(b"next", false), [Seen::Done(Numbers::default())]);
}
