// SPDX-License-Identifier: Apache-2.0
//! Records of every size and shape: what is read does not depend on them, what is broken is found, and
//! what was said before the end is heard.

use std::time::Duration;

use attachsql::session::{Connection, Polled, TlsChoice};

use super::setting::{client, login_then, server, trusted};
use crate::support::listener::Listener;
use crate::support::packets::{self, MARIADB_CAPS, err, framed, ok};
use crate::support::script::{Pieces, Script, Step, Want, query, send};
use crate::support::subject::{Failure, Seen, Subject};
use crate::support::tls_server::{Delivery, Outcome, TlsServer};

const BOTH: [(u32, u32); 2] = [(12, 12), (13, 13)];

/// Payload of the longest record.
const RECORD: usize = 16 * 1024;

/// Serves one session over a unix socket to a client that is logged in.
fn session<T>(server: TlsServer, talk: impl FnOnce(&mut Connection) -> T) -> (T, Outcome) {
    let ca = trusted();
    let (address, running) = server.serve(Listener::unix());
    let mut client = client(&address, &[TlsChoice::Ca(ca.path().as_bytes())]);
    client.login().unwrap();
    let result = talk(&mut client);
    drop(client);
    (result, running.finish())
}

fn answer(sizes: &[usize]) -> Vec<Vec<u8>> {
    let rows: Vec<_> = sizes.iter().map(|&size| vec![Some(packets::pattern(size, size))]).collect();
    packets::result(MARIADB_CAPS, &["a"], &rows, packets::AUTOCOMMIT)
}

#[track_caller]
fn check(seen: &[Seen], sizes: &[usize]) {
    let rows: Vec<&Vec<packets::Value>> = seen
        .iter()
        .filter_map(|seen| match seen {
            Seen::Row(values) => Some(values),
            _ => None,
        })
        .collect();
    assert_eq!(rows.len(), sizes.len());
    for (row, &size) in rows.iter().zip(sizes) {
        assert!(row[0] == Some(packets::pattern(size, size)), "the row of {size} bytes");
    }
}

/// Values, and writes of the server, around the longest record.
#[test]
fn records_of_all_sizes() {
    let sizes: Vec<usize> = [RECORD, 2 * RECORD, 256 * 1024]
        .iter()
        .flat_map(|&size| size - 12..size + 4)
        .chain([0, 1, 255, 1 << 20])
        .collect();
    for versions in BOTH {
        for pieces in [
            Pieces::Whole,
            Pieces::Every(RECORD),
            Pieces::Every(RECORD + 1),
            Pieces::Every(RECORD - 1),
            Pieces::Every(1000),
        ] {
            let steps = [
                query("streamed"),
                Step::Send(answer(&sizes)),
                query("buffered"),
                Step::Send(answer(&sizes)),
            ];
            let server = server(versions, login_then(steps).in_pieces(pieces));
            let (seen, _) = session(server, |client| {
                [client.ask(b"streamed", false), client.ask(b"buffered", true)]
            });
            check(&seen[0], &sizes);
            check(&seen[1], &sizes);
        }
    }
}

/// Records of one byte each.
#[test]
fn the_shortest_records() {
    let sizes = [3, 0, 500];
    for versions in BOTH {
        let steps = [query("q"), Step::Send(answer(&sizes))];
        let server = server(versions, login_then(steps).in_pieces(Pieces::Every(1)));
        let (seen, outcome) = session(server, |client| client.ask(b"q", false));
        check(&seen, &sizes);
        assert!(outcome.records.len() > 600, "{} records", outcome.records.len());
    }
}

/// Every byte of handshake, login and answer is read by itself.
#[test]
fn a_byte_at_a_time() {
    let sizes = [3, 300];
    for versions in BOTH {
        for buffered in [false, true] {
            let steps = [query("q"), Step::Send(answer(&sizes))];
            let mut server = server(versions, login_then(steps));
            server.delivery = Delivery::Bytes;
            let (seen, _) = session(server, |client| client.ask(b"q", buffered));
            check(&seen, &sizes);
        }
    }
}

/// Everything has come, in one record, and the buffer is full in the middle of a row: the rest lies in
/// the TLS layer, where no event tells of it. A program that waits before it polls must not sleep.
#[test]
fn what_is_here_is_not_waited_for() {
    for versions in BOTH {
        for first in (3000..4200).step_by(60) {
            let sizes = [first, 3000, 1];
            let server = server(versions, login_then([query("q"), Step::Send(answer(&sizes))]));
            session(server, |client| {
                Subject::query(client, b"q").unwrap();
                let mut rows = 0;
                loop {
                    match Subject::poll(client).unwrap() {
                        Polled::End => break,
                        Polled::RowReady => {
                            rows += 1;
                            client.next_row();
                        }
                        _ => assert_eq!(
                            rows, 0,
                            "{first}: a poll found nothing, though all has come"
                        ),
                    }
                    // Nothing more comes from the server.
                    let woken = client.wait(Some(Duration::from_secs(20))).unwrap();
                    assert!(woken, "{first}: it slept on what had come");
                }
                assert_eq!(rows, sizes.len());
            });
        }
    }
}

/// A record that claims more than any record may have, and other things that are none.
#[test]
fn what_is_no_record() {
    let oversized = |over: usize| {
        let size = RECORD + over;
        [&[23, 3, 3, packets::number(size >> 8), packets::number(size & 255)][..], &vec![0; size]]
            .concat()
    };
    for versions in BOTH {
        for epilogue in [
            oversized(257),
            oversized(2049),
            oversized(RECORD),
            vec![
                23, 3, 3, 0, 40, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19,
                20,
            ]
            .into_iter()
            .chain([0; 20])
            .collect(),
            vec![99; 100],
            framed(1, &[ok()]),
        ] {
            let steps = [query("q"), Step::Close];
            let mut server = server(versions, login_then(steps));
            server.epilogue.clone_from(&epilogue);
            let (failure, _) = session(server, |client| {
                Subject::query(client, b"q").unwrap();
                client.settle().unwrap_err()
            });
            let head = &epilogue[..5];
            assert_eq!(failure.numbers(), (3003, "08000"), "{versions:?}, {head:x?}: {failure:?}");
        }
    }
}

/// What a client makes of the end of a session, in form or not, after `payloads` and `raw`.
fn ended(versions: (u32, u32), notify: bool, before: Vec<Step>) -> (Vec<Seen>, Failure) {
    let steps = [vec![query("q")], before, vec![Step::Close]].concat();
    let mut server = server(versions, login_then(steps));
    server.notify = notify;
    let ((seen, failure), _) = session(server, |client| {
        let seen = client.ask(b"q", false);
        let next = Subject::query(client, b"r").and_then(|()| client.settle().map(drop));
        (seen, next.unwrap_err())
    });
    (seen, failure)
}

#[test]
fn the_end_in_the_middle_of_a_row() {
    let bytes = framed(1, &answer(&[10, 200]));
    let middle = bytes.len() - 60;
    for versions in BOTH {
        for notify in [false, true] {
            let before = vec![Step::Raw(bytes[..middle].to_vec())];
            let (seen, next) = ended(versions, notify, before);
            assert_eq!(seen.len(), 3, "columns, a row, the failure: {seen:?}");
            let Seen::Failed(failure) = &seen[2] else { panic!("{seen:?}") };
            assert_eq!(failure.numbers(), (2013, "08006"), "{notify}: {failure:?}");
            assert_eq!(next.numbers(), (2006, "08006"), "{next:?}");
        }
    }
}

/// The server's last words come with the end of the session, in one read.
#[test]
fn last_words() {
    let words = || err(1927, Some("70100"), b"Connection was killed");
    let rows = || packets::columns(MARIADB_CAPS, &["a"]);
    for versions in BOTH {
        for notify in [false, true] {
            let alone = vec![send(words())];
            let after_rows = vec![Step::Send(
                [rows(), vec![packets::row(&[Some("x")]), words()]].concat().to_vec(),
            )];
            for (before, count) in [(alone, 1), (after_rows, 3)] {
                let (seen, _) = ended(versions, notify, before);
                assert_eq!(seen.len(), count, "{seen:?}");
                let Seen::Failed(failure) = seen.last().unwrap() else { panic!("{seen:?}") };
                assert_eq!(
                    failure.numbers(),
                    (1927, "70100"),
                    "{versions:?}, {notify}: {failure:?}"
                );
            }
        }
    }
}

/// A whole answer and the end of the session in one read: the answer counts.
#[test]
fn an_answer_and_the_end() {
    let sizes = [10, 40_000, 7];
    for versions in BOTH {
        for notify in [false, true] {
            let (seen, next) = ended(versions, notify, vec![Step::Send(answer(&sizes))]);
            check(&seen, &sizes);
            assert!([2006, 2013].contains(&next.code), "{next:?}");
        }
    }
}

/// A refusal of the login with the end behind it.
#[test]
fn a_login_that_is_refused() {
    let ca = trusted();
    for versions in BOTH {
        for notify in [false, true] {
            let denied = err(1045, Some("28000"), b"Access denied");
            let script = Script::new([Step::Expect(Want::Login), send(denied), Step::Close]);
            let mut server = server(versions, script);
            server.notify = notify;
            let (address, running) = server.serve(Listener::tcp());
            let mut client = client(&address, &[TlsChoice::Ca(ca.path().as_bytes())]);
            let failure = client.login().unwrap_err();
            assert_eq!(failure.numbers(), (1045, "28000"), "{failure:?}");
            drop(client);
            running.finish();
        }
    }
}

/// A query of several packets, which the server reads as it pleases, and its echo.
#[test]
fn long_queries() {
    for versions in BOTH {
        for size in [RECORD - 5, RECORD - 4, RECORD, 1 << 20, (1 << 24) - 2, (1 << 24) + 70_000] {
            let text = packets::pattern(size, 9);
            let pieces = (size + 1) / packets::MAX_FRAME + 1;
            let steps = [
                Step::Expect(Want::Query(text.clone())),
                Step::Raw(framed(packets::number(pieces), &[ok()])),
                query("next"),
                send(ok()),
            ];
            let (_, outcome) = session(server(versions, login_then(steps)), |client| {
                let seen = [client.ask(&text, false), client.ask(b"next", false)].concat();
                assert!(matches!(&seen[..], [Seen::Done(_), Seen::Done(_)]), "{seen:?}");
            });
            assert!(outcome.script.is_over());
        }
    }
}
