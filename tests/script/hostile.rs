// SPDX-License-Identifier: Apache-2.0
//! Servers that break the protocol, by mistake or on purpose: every lie ends in an error, none in a
//! crash, an endless wait or memory taken on the server's word.

use attachsql::limits::RECV_STREAM;
use attachsql::session::Polled;

use crate::answers::{asked, goes_on, some, styles};
use crate::support::golden::{self, Recording, Side};
use crate::support::in_memory::InMemory;
use crate::support::packets::{
    self, AUTOCOMMIT, Greeting, OkPacket, column, columns, err, lenenc, ok, result, row, text,
};
use crate::support::script::{Script, Step, Want, query, send};
use crate::support::subject::{Failure, Subject};

/// How an answer fails for good.
fn fails(greeting: &Greeting, payloads: Vec<Vec<u8>>) -> Failure {
    let mut client = asked(greeting, payloads);
    let failure = loop {
        match client.settle() {
            Ok(Polled::RowReady) => client.next_row(),
            Ok(polled) => panic!("a lie was believed: {polled:?}"),
            Err(failure) => break failure,
        }
    };
    client.close_query();
    assert_eq!(client.poll().unwrap_err(), failure, "it stays");
    assert_eq!(client.query(b"next").unwrap_err().code, 2006);
    failure
}

fn malformed(greeting: &Greeting, payloads: Vec<Vec<u8>>, what: &str) {
    let failure = fails(greeting, payloads);
    assert_eq!(failure.numbers(), (2027, "08S01"), "{what}: {failure:?}");
}

#[test]
fn impossible_numbers_of_columns() {
    for greeting in styles() {
        for count in [65_536, 70_000, 1 << 24, 1 << 32, u64::MAX] {
            malformed(&greeting, vec![lenenc(count)], &format!("{count} columns"));
        }
        // In more bytes than it needs, a 0 is no OK packet.
        malformed(&greeting, vec![b"\xfc\0\0".to_vec()], "no column");
        for cut in [&b"\xfc"[..], b"\xfc\x01", b"\xfd\x01\x01", b"\xfe", b"\xfe\x01\0\0\0\0\0\0"] {
            malformed(&greeting, vec![cut.to_vec()], &format!("{cut:x?}"));
        }
    }
}

#[test]
fn columns_cut_short_at_every_byte() {
    for greeting in styles() {
        let whole = column("a");
        // The last two bytes are a filler that nobody needs, but the length says they are there.
        for size in 0..whole.len() {
            malformed(&greeting, vec![lenenc(1), whole[..size].to_vec()], &format!("{size}"));
        }
    }
}

#[test]
fn columns_with_lengths_beyond_the_packet() {
    for greeting in styles() {
        for length in [1000, 70_000, 1 << 24, u64::MAX, u64::MAX - 5] {
            for field in 0..7 {
                let mut body = Vec::new();
                (0..field).for_each(|_| body.extend(text(b"x")));
                body.extend(lenenc(length));
                body.extend_from_slice(&[b'x'; 20]);
                malformed(&greeting, vec![lenenc(1), body], &format!("{length} in {field}"));
            }
        }
    }
}

#[test]
fn more_columns_than_announced() {
    for greeting in styles() {
        let mut payloads = vec![lenenc(1), column("a"), column("b")];
        payloads.extend(columns(greeting.caps, &["c"])[2..].to_vec());
        payloads.extend([row(&[Some("x"), Some("y")]), ok()]);
        malformed(&greeting, payloads, "one more");
    }
}

#[test]
fn fewer_columns_than_announced() {
    for greeting in styles() {
        let whole = result(greeting.caps, &["a", "b"], &[vec![some("1"), some("2")]], AUTOCOMMIT);
        let mut payloads = vec![lenenc(3)];
        payloads.extend_from_slice(&whole[1..]);
        malformed(&greeting, payloads, "one less");
    }
}

#[test]
fn columns_that_take_too_much_memory() {
    let name = vec![b'x'; 1 << 20];
    let mut body = text(b"def");
    (0..5).for_each(|_| body.extend(text(&name)));
    body.push(12);
    body.extend_from_slice(&[0; 12]);
    for greeting in styles() {
        let payloads = [vec![lenenc(100)], vec![body.clone(); 100]].concat();
        assert_eq!(fails(&greeting, payloads).numbers(), (2020, "08S01"));
    }
}

#[test]
fn rows_that_do_not_fit_their_packet() {
    let rows: [&[u8]; 14] = [
        b"",
        b"\x01",
        b"\x01a",
        b"\x01a\x01b\x01c",
        b"\xfb",
        b"\xfb\xfb\xfb",
        b"\x01a\x05bc",
        b"\xfc",
        b"\xfc\x05",
        b"\xfc\x05\x00ab",
        b"\xfd\xff\xff",
        b"\xfd\xff\xff\xffab",
        b"\x01a\xfe\xff\xff\xff\xff\xff\xff\xff\xff",
        b"\x01a\xff",
    ];
    for greeting in styles() {
        for bytes in rows {
            let mut payloads = columns(greeting.caps, &["a", "b"]);
            payloads.push(row(&[Some("fine"), None]));
            payloads.push(bytes.to_vec());
            malformed(&greeting, payloads, &format!("{bytes:x?}"));
        }
    }
}

#[test]
fn packets_without_a_byte() {
    for greeting in styles() {
        malformed(&greeting, vec![vec![]], "in place of an answer");
        let whole = result(greeting.caps, &["a"], &[], AUTOCOMMIT);
        for at in 1..whole.len() {
            let mut payloads = whole.clone();
            payloads.insert(at, vec![]);
            malformed(&greeting, payloads, &format!("before packet {at}"));
        }
    }
}

#[test]
fn ends_that_are_cut_short() {
    for greeting in styles() {
        for size in 1..7 {
            let last = OkPacket::default().payload()[..size].to_vec();
            malformed(&greeting, vec![last], &format!("OK of {size} bytes"));
        }
        let whole = result(greeting.caps, &["a"], &[], AUTOCOMMIT);
        let (last, head) = whole.split_last().unwrap();
        for size in 1..last.len().min(7) {
            let payloads = [head, &[last[..size].to_vec()]].concat();
            malformed(&greeting, payloads, &format!("end of {size} bytes"));
        }
        for size in 1..3 {
            let short = err(1064, None, b"")[..size].to_vec();
            malformed(&greeting, vec![short], &format!("ERR of {size} bytes"));
        }
    }
}

#[test]
fn an_info_text_with_a_wrong_length() {
    let mut packet = ok();
    packet.extend_from_slice(b"\xfe\xff\xff\xff\xff\xff\xff\xff\xffRows");
    let mut client = asked(&Greeting::default(), vec![packet]);
    assert_eq!(client.settle(), Ok(Polled::End), "the text is worth no connection");
    client.close_query();
    goes_on(&mut client);
}

#[test]
fn numbers_out_of_order() {
    for greeting in styles() {
        let payloads =
            result(greeting.caps, &["a"], &[vec![some("1")], vec![some("2")]], AUTOCOMMIT);
        for wrong in 0..payloads.len() {
            for by in [1u8, 2, 128, 255] {
                let mut bytes = Vec::new();
                for (at, payload) in payloads.iter().enumerate() {
                    let mut number = packets::number(at + 1);
                    if at == wrong {
                        number = number.wrapping_add(by);
                    }
                    packets::frame(&mut bytes, &mut number, payload);
                }
                let steps = [query("q"), Step::Raw(bytes)];
                let mut client = InMemory::private(Script::logged_in(&greeting, steps));
                client.login().unwrap();
                client.query(b"q").unwrap();
                let failure = loop {
                    match client.settle() {
                        Ok(Polled::RowReady) => client.next_row(),
                        other => break other.unwrap_err(),
                    }
                };
                assert_eq!(failure.numbers(), (2027, "08S01"), "packet {wrong} by {by}");
            }
        }
    }
}

/// What a server says when it ends a session is numbered 0, whatever was due.
#[test]
fn last_words_are_numbered_zero() {
    for greeting in styles() {
        let words = err(4031, Some("HY000"), b"The client was disconnected because of inactivity");
        let whole = result(greeting.caps, &["a"], &[vec![some("1")]], AUTOCOMMIT);
        for before in 0..whole.len() {
            let mut bytes = packets::framed(1, &whole[..before]);
            bytes.extend(packets::framed(0, std::slice::from_ref(&words)));
            let steps = [query("q"), Step::Raw(bytes), Step::Close];
            let mut client = InMemory::private(Script::logged_in(&greeting, steps));
            client.login().unwrap();
            client.query(b"q").unwrap();
            let failure = loop {
                match client.settle() {
                    Ok(Polled::RowReady) => client.next_row(),
                    other => break other.unwrap_err(),
                }
            };
            assert_eq!(failure.numbers(), (4031, "HY000"), "after {before} packets");
        }
    }
}

#[test]
fn packets_over_the_limit() {
    for greeting in styles() {
        for (size, fits) in [(4090, true), (4096 - 3, true), (4096 - 2, false), (1 << 20, false)] {
            let value = vec![vec![Some(packets::pattern(size, 1))]];
            let payloads = result(greeting.caps, &["a"], &value, AUTOCOMMIT);
            let steps = [query("q"), Step::Send(payloads)];
            let mut client = InMemory::private(Script::logged_in(&greeting, steps));
            client.machine.set_max_packet(4096);
            client.login().unwrap();
            client.query(b"q").unwrap();
            if fits {
                assert_eq!(client.settle(), Ok(Polled::RowReady), "{size}");
                continue;
            }
            let failure = client.settle().unwrap_err();
            assert_eq!(failure.numbers(), (2020, "08S01"), "{size}");
            let text = format!("a row of {} bytes is over the limit of 4096 bytes", size + 3);
            assert!(failure.text.starts_with(&text) || size == 1 << 20, "{failure:?}");
            assert!(failure.text.contains("ATTACHSQL_OPTION_MAX_PACKET"), "{failure:?}");
        }
    }
}

/// The header alone decides: nothing is reserved on its word, and a payload in pieces is added up. One over the
/// limit is skipped, and not kept.
#[test]
fn a_length_is_only_a_claim() {
    let greeting = Greeting::default();
    let head = packets::framed(1, &columns(greeting.caps, &["a"]));
    let mut bytes = head.clone();
    bytes.extend_from_slice(&[0xff, 0xff, 0xff, 3]);
    bytes.extend_from_slice(&[b'x'; 5000]);
    let steps = [query("q"), Step::Raw(bytes)];
    let mut client = InMemory::private(Script::logged_in(&greeting, steps));
    client.ends_with_script = true;
    client.login().unwrap();
    client.query(b"q").unwrap();
    assert_eq!(client.settle().unwrap_err().code, 2013);
    assert!(client.recv.capacity() <= RECV_STREAM, "{}", client.recv.capacity());

    let mut bytes = head;
    for number in 3..7 {
        bytes.extend_from_slice(&[0xff, 0xff, 0xff, number]);
        bytes.extend_from_slice(&vec![b'x'; packets::MAX_FRAME]);
    }
    let steps = [query("q"), Step::Raw(bytes)];
    let mut client = InMemory::private(Script::logged_in(&greeting, steps));
    client.machine.set_max_packet(40 << 20);
    client.ends_with_script = true;
    client.login().unwrap();
    client.query(b"q").unwrap();
    assert_eq!(client.settle().unwrap_err().code, 2013);
    assert!(client.recv.capacity() <= 80 << 20, "{}", client.recv.capacity());
}

/// One request for a file is answered; a server that goes on asking is not.
#[test]
fn requests_for_files_without_end() {
    let mut steps = vec![query("q"), send(b"\xfbone".to_vec())];
    for _ in 0..100 {
        steps.extend([Step::Expect(Want::Any), send(b"\xfbagain".to_vec())]);
    }
    let mut client = InMemory::private(Script::logged_in(&Greeting::default(), steps));
    client.login().unwrap();
    client.query(b"q").unwrap();
    assert_eq!(client.settle().unwrap_err().numbers(), (2027, "08S01"));
    assert!(client.script.payloads.len() <= 3);
}

/// A server that greets again, or sends bytes that nobody asked for.
#[test]
fn packets_out_of_turn() {
    let extra = packets::framed(3, &[ok()]);
    let steps = [Step::Raw(extra), query("q"), send(ok())];
    let mut client = InMemory::private(Script::logged_in(&Greeting::default(), steps));
    client.ends_with_script = true;
    client.login().unwrap();
    client.query(b"q").unwrap();
    assert_eq!(client.settle().unwrap_err().numbers(), (2027, "08S01"));
}

/// Recorded sessions with one byte changed, each byte in its turn: whatever comes of it, it ends.
#[test]
fn any_byte_may_be_wrong() {
    for (name, recording) in golden::committed() {
        if name == "mariadb-eof" || name == "mysql" {
            continue;
        }
        for (turn, at) in places(&recording) {
            for change in [0x01, 0x80, 0xff] {
                let mut changed = recording.clone();
                changed.turns[turn].1[at] ^= change;
                play_loosely(&changed);
            }
        }
    }
}

fn places(recording: &Recording) -> Vec<(usize, usize)> {
    let servers = recording.turns.iter().enumerate().filter(|(_, turn)| turn.0 == Side::Server);
    servers.flat_map(|(n, turn)| (0..turn.1.len()).map(move |at| (n, at))).collect()
}

/// Plays a session whose client may send something else than it did, or wait in vain.
fn play_loosely(recording: &Recording) {
    let steps = recording.turns.iter().map(|(side, bytes)| match side {
        Side::Server => Step::Raw(bytes.clone()),
        Side::Client => Step::Expect(Want::Any),
    });
    let mut client = InMemory::new(golden::login_config(), Script::new(steps));
    client.ends_with_script = true;
    let seen = client.run_loosely(&golden::asks());
    assert!(seen < 1000, "a short session became a long one");
}
