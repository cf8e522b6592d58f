// SPDX-License-Identifier: Apache-2.0
//! Bounds of rows and of buffered results: what is over one is read and dropped, wherever the bytes happen to
//! be cut, the command ends with an error, and the next one works.

use attachsql::limits::RECV_STREAM;
use attachsql::proto::bounds::Limits;
use attachsql::session::Polled;

use crate::answers::{goes_on, styles};
use crate::support::in_memory::InMemory;
use crate::support::packets::{self, AUTOCOMMIT, Greeting, MORE, Value, err, ok, result};
use crate::support::script::{Pieces, Script, Step, query, send};
use crate::support::subject::{Failure, Numbers, Seen, Subject};

const ROW: usize = 40;

fn row(size: usize) -> Vec<Value> {
    vec![Some(packets::pattern(size, 1))]
}

/// Logged in with bounds; the server answers `payloads` to "q" and OK to "next".
fn asked(
    greeting: &Greeting,
    payloads: &[Vec<u8>],
    limits: Limits,
    buffered: bool,
    pieces: Pieces,
) -> InMemory {
    let steps = [query("q"), Step::Send(payloads.to_vec()), query("next"), send(ok())];
    let script = Script::logged_in(greeting, steps).in_pieces(pieces);
    let mut client = InMemory::private(script);
    client.machine.set_bounds(limits);
    client.login().unwrap();
    client.buffer(buffered);
    client.query(b"q").unwrap();
    client
}

/// How many rows were seen, and how it ended.
fn run(client: &mut InMemory) -> (usize, Result<(), Failure>) {
    let mut rows = 0;
    loop {
        match client.settle() {
            Ok(Polled::RowReady) => {
                rows += 1;
                client.next_row();
            }
            Ok(Polled::End) => return (rows, Ok(())),
            Ok(other) => panic!("{other:?}"),
            Err(failure) => return (rows, Err(failure)),
        }
    }
}

fn refused(failure: &Failure, option: &str, limit: usize) {
    assert_eq!(failure.numbers(), (2020, "08S01"));
    let limit = format!("the limit of {limit} bytes");
    assert!(failure.text.contains(option) && failure.text.contains(&limit), "{}", failure.text);
}

fn of_rows(row: usize) -> Limits {
    Limits { row, result: 0 }
}

/// Cut after every byte, and in pieces of every small size.
#[test]
fn a_long_row_is_skipped_wherever_it_is_cut() {
    for greeting in styles() {
        let values = [row(5), row(ROW - 1), row(300), row(6), row(300), row(7)];
        let more = result(greeting.caps, &["a"], &values, AUTOCOMMIT | MORE);
        let payloads = [more, result(greeting.caps, &["a"], &[row(500)], AUTOCOMMIT)].concat();
        let length: usize = payloads.iter().map(|payload| payload.len() + 4).sum();
        let splits = (0..length + 600).map(Pieces::SplitAt);
        let pieces = (1..30).chain([300, 310, 1000]).map(Pieces::Every);
        for pieces in splits.chain(pieces) {
            for buffered in [false, true] {
                let mut client = asked(&greeting, &payloads, of_rows(ROW), buffered, pieces);
                let (rows, end) = run(&mut client);
                let failure = end.unwrap_err();
                refused(&failure, "ATTACHSQL_OPTION_MAX_ROW", ROW);
                assert!(failure.text.contains("a row of 303 bytes"), "{}", failure.text);
                assert_eq!(rows, if buffered { 0 } else { 2 }, "{pieces:?}");
                if buffered {
                    assert_eq!(client.buffered_rows(), values[..2], "they stay until the close");
                }
                client.close_query();
                goes_on(&mut client);
            }
        }
    }
}

/// The bound of all packets is one of rows too, wherever they are cut; other packets over it are the end.
#[test]
fn a_row_over_the_bound_of_packets() {
    const MOST: usize = 1024;
    for greeting in styles() {
        let values = [row(5), row(MOST - 3), row(MOST), row(6)];
        let payloads = result(greeting.caps, &["a"], &values, AUTOCOMMIT);
        let length: usize = payloads.iter().map(|payload| payload.len() + 4).sum();
        for pieces in (0..length + 600).map(Pieces::SplitAt).chain((1..30).map(Pieces::Every)) {
            for buffered in [false, true] {
                let limits = Limits::default();
                let mut client = asked(&greeting, &payloads, limits, buffered, pieces);
                client.machine.set_max_packet(MOST);
                let (rows, end) = run(&mut client);
                let failure = end.unwrap_err();
                refused(&failure, "raise ATTACHSQL_OPTION_MAX_PACKET", MOST);
                assert!(failure.text.contains("a row of 1027 bytes"), "{}", failure.text);
                assert_eq!(rows, if buffered { 0 } else { 2 }, "{pieces:?}");
                client.close_query();
                goes_on(&mut client);
            }
        }
        let name = "n".repeat(MOST);
        let payloads = result(greeting.caps, &[&name], &[row(5)], AUTOCOMMIT);
        let mut client = asked(&greeting, &payloads, Limits::default(), false, Pieces::Every(7));
        client.machine.set_max_packet(MOST);
        let failure = run(&mut client).1.unwrap_err();
        refused(&failure, "raise ATTACHSQL_OPTION_MAX_PACKET", MOST);
        assert!(failure.text.contains("a packet from the server of"), "{}", failure.text);
        assert_eq!(client.settle().unwrap_err(), failure, "the connection is gone");
    }
}

/// Exactly as long as the bound is not over it; errors and ends are no rows, however long.
#[test]
fn only_rows_and_only_longer_ones() {
    for greeting in styles() {
        let exact = result(greeting.caps, &["a"], &[row(ROW - 1)], AUTOCOMMIT);
        let mut client = asked(&greeting, &exact, of_rows(ROW), false, Pieces::Whole);
        assert_eq!(run(&mut client), (1, Ok(())));
        goes_on(&mut client);

        let mut broken = result(greeting.caps, &["a"], &[row(5)], AUTOCOMMIT);
        broken.pop();
        broken.push(err(1317, Some("70100"), &[b'x'; 200]));
        let mut client = asked(&greeting, &broken, of_rows(ROW), false, Pieces::Every(1));
        assert_eq!(run(&mut client).1.unwrap_err().numbers(), (1317, "70100"));
        goes_on(&mut client);

        // A row over the bound, and the server's own error behind it: the first one counts.
        let mut both = result(greeting.caps, &["a"], &[row(300)], AUTOCOMMIT);
        both.pop();
        both.push(err(1317, Some("70100"), b"x"));
        let mut client = asked(&greeting, &both, of_rows(ROW), false, Pieces::Every(7));
        refused(&run(&mut client).1.unwrap_err(), "MAX_ROW", ROW);
        goes_on(&mut client);
    }
}

/// Rows of several pieces, with and without a piece that is within the bound; nothing of them is kept.
#[test]
fn rows_of_several_pieces() {
    let greeting = Greeting::default();
    for size in [packets::MAX_FRAME - 4, packets::MAX_FRAME, 40_000_000] {
        for (limit, most) in [(ROW, RECV_STREAM), (packets::MAX_FRAME + 5, 40 << 20)] {
            let payloads = result(greeting.caps, &["a"], &[row(size), row(3)], AUTOCOMMIT);
            let mut client =
                asked(&greeting, &payloads, of_rows(limit), false, Pieces::Every(60_000));
            let (rows, end) = run(&mut client);
            // A value of this size has its length before it in four bytes.
            if size + 4 <= limit {
                assert_eq!((rows, end), (2, Ok(())));
            } else {
                let failure = end.unwrap_err();
                refused(&failure, "MAX_ROW", limit);
                assert!(client.recv.peak() <= most, "{}", client.recv.peak());
            }
            goes_on(&mut client);
        }
    }
}

/// Closed, or the bound changed, while a row is being skipped.
#[test]
fn in_the_midst_of_skipping() {
    for greeting in styles() {
        let payloads = result(greeting.caps, &["a"], &[row(5), row(3000), row(6)], AUTOCOMMIT);
        for moment in 0..400 {
            let mut client = asked(&greeting, &payloads, of_rows(ROW), false, Pieces::Every(10));
            for _ in 0..moment {
                client.step();
                client.next_row();
            }
            client.machine.set_bounds(Limits::default());
            client.machine.set_max_packet(1 << 20);
            client.close_query();
            goes_on(&mut client);
        }
    }
}

#[test]
fn a_buffered_result_over_its_bound() {
    for greeting in styles() {
        let limit = 20_000;
        let values = vec![row(100); 2000];
        let payloads = result(greeting.caps, &["a"], &values, AUTOCOMMIT);
        let limits = Limits { row: 0, result: limit };
        // As long as 39 rows, so that reads end with one of them now and then.
        for pieces in
            [Pieces::Whole, Pieces::Every(105), Pieces::Every(39 * 105), Pieces::Every(1000)]
        {
            let mut client = asked(&greeting, &payloads, limits, true, pieces);
            let failure = run(&mut client).1.unwrap_err();
            refused(&failure, "ATTACHSQL_OPTION_MAX_RESULT", limit);
            let kept = client.buffered_rows();
            assert!(kept.len() > 10 && kept.len() * 100 < limit + RECV_STREAM, "{}", kept.len());
            assert!(kept.iter().all(|kept| *kept == values[0]));
            assert!(client.recv.peak() < limit + 3 * RECV_STREAM, "{}", client.recv.peak());
            client.close_query();
            client.buffer(false);
            goes_on(&mut client);

            let mut client = asked(&greeting, &payloads, limits, false, pieces);
            assert_eq!(run(&mut client), (2000, Ok(())), "row by row there is no bound");
            goes_on(&mut client);
        }
        let small = result(greeting.caps, &["a"], &values[..50], AUTOCOMMIT);
        let mut client = asked(&greeting, &small, limits, true, Pieces::Every(100));
        assert_eq!(run(&mut client), (0, Ok(())));
        assert_eq!(client.buffered_rows().len(), 50);
        let seen = client.ask(b"next", false);
        assert_eq!(seen, [Seen::Done(Numbers::default())]);
    }
}
