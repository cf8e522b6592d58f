// SPDX-License-Identifier: Apache-2.0
//! More bytes than sockets hold: short writes, both sides writing at once, a client that does not take
//! its rows.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use attachsql::limits::{FILL_BUDGET, RECV_STREAM};
use attachsql::session::{Connection, Polled};

use crate::support::listener::{Listener, Peer};
use crate::support::packets::{self, Greeting, framed, ok};
use crate::support::raw::CApi;
use crate::support::script::{Script, Step, Want};
use crate::support::subject::{self, Seen, Subject};

fn log_in(peer: &mut Peer) {
    peer.set_timeouts();
    assert!(peer.send(&framed(0, &[Greeting::default().payload()])));
    assert!(peer.receive().is_some());
    assert!(peer.send(&framed(2, &[ok()])));
}

/// Reads until the whole query has come; how it ends.
fn read_query(peer: &mut Peer, mut got: usize, size: usize, pause: Duration) {
    while got < size {
        got += peer.receive().expect("the rest of the query").len();
        std::thread::sleep(pause);
    }
    assert_eq!(got, size);
}

/// The server reads a little, waits, reads on: the query is sent in many short writes.
#[test]
fn a_long_query_in_short_writes() {
    for listener in [Listener::tcp(), Listener::unix()] {
        let address = listener.address();
        let text = packets::pattern(17 << 20, 1);
        let size = framed(0, &[[b"\x03", &text[..]].concat()]).len();
        let server = std::thread::spawn(move || {
            let mut peer = listener.accept();
            log_in(&mut peer);
            read_query(&mut peer, 0, size, Duration::from_micros(300));
            assert!(peer.send(&framed(2, &[ok()])));
            peer
        });
        let mut client = Connection::new(subject::config(&address, "secret"));
        client.login().unwrap();
        Subject::query(&mut client, &text).unwrap();
        assert_eq!(client.settle(), Ok(Polled::End));
        drop(server.join().unwrap());
    }
}

/// The server answers before it has read the query, with more than sockets hold, and reads on only when
/// its answer is written. A client that only wrote would wait for ever.
#[test]
fn both_sides_write() {
    let value = vec![vec![Some(packets::pattern(1 << 20, 2))]; 20];
    let caps = packets::MARIADB_CAPS;
    for abandoned in [false, true] {
        for listener in [Listener::tcp(), Listener::unix()] {
            let address = listener.address();
            let text = packets::pattern(12 << 20, 1);
            let size = text.len() + 5;
            let answer = framed(1, &packets::result(caps, &["a"], &value, packets::AUTOCOMMIT));
            let server = std::thread::spawn(move || {
                let mut peer = listener.accept();
                log_in(&mut peer);
                let first = peer.receive().unwrap().len();
                let (head, rest) = answer.split_at(answer.len() - 1000);
                assert!(peer.send(head), "the answer, while the query waits");
                read_query(&mut peer, first, size, Duration::ZERO);
                assert!(peer.send(rest));
                peer
            });
            let mut client = CApi::new(&address, "secret");
            client.login().unwrap();
            client.query(&text).unwrap();
            if abandoned {
                client.close_query();
                assert_eq!(client.settle(), Ok(Polled::End));
            } else {
                let mut seen = Vec::new();
                client.answer(false, &mut seen).unwrap();
                let row = Seen::Row(value[0].clone());
                assert_eq!(seen.iter().filter(|&seen| *seen == row).count(), 20);
            }
            drop(server.join().unwrap());
        }
    }
}

/// While a row is held nothing is read: the server is slowed down, and memory stays as it is.
#[test]
fn a_held_row_holds_the_server() {
    let listener = Listener::tcp();
    let address = listener.address();
    let written = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&written);
    let rows = vec![vec![Some(vec![b'x'; 10_000])]; 10_000];
    let answer = framed(1, &packets::result(packets::MARIADB_CAPS, &["a"], &rows, 2));
    let total = answer.len();
    let server = std::thread::spawn(move || {
        let mut peer = listener.accept();
        log_in(&mut peer);
        assert!(peer.receive().is_some());
        for piece in answer.chunks(100_000) {
            assert!(peer.send(piece));
            counter.fetch_add(piece.len(), Ordering::Relaxed);
        }
        peer
    });
    let mut client = Connection::new(subject::config(&address, "secret"));
    client.login().unwrap();
    Subject::query(&mut client, b"q").unwrap();
    assert_eq!(client.settle(), Ok(Polled::RowReady));
    // Until the sockets between them are full.
    let mut before = usize::MAX;
    while written.load(Ordering::Relaxed) != before {
        before = written.load(Ordering::Relaxed);
        for _ in 0..50 {
            assert_eq!(Subject::poll(&mut client), Ok(Polled::RowReady));
            std::thread::sleep(Duration::from_millis(4));
        }
    }
    assert!(before < total / 2, "the server wrote {before} bytes of {total}");
    let mut count = 0;
    while client.settle() == Ok(Polled::RowReady) {
        count += 1;
        Subject::next_row(&mut client);
    }
    assert_eq!(count, 10_000);
    drop(server.join().unwrap());
}

/// One poll reads at most about 1 MiB, so that a fast server cannot keep the caller; what is left in the
/// socket then is not forgotten, though no new byte comes to remind of it.
#[test]
fn a_poll_has_a_budget() {
    const ROW: usize = 1000;
    let caps = packets::MARIADB_CAPS;
    let rows = |count| packets::result(caps, &["a"], &vec![vec![Some(vec![b'x'; ROW])]; count], 2);
    // After much data the sockets take much at once.
    let (warm, burst) = (framed(1, &rows(60_000)), framed(1, &rows(4000)));
    let listener = Listener::tcp();
    let address = listener.address();
    let (done, told) = mpsc::channel();
    let server = std::thread::spawn(move || {
        let mut peer = listener.accept();
        log_in(&mut peer);
        for answer in [&warm, &burst] {
            assert!(peer.receive().is_some());
            assert!(peer.send(answer));
            done.send(()).unwrap();
        }
        peer
    });
    let mut client = Connection::new(subject::config(&address, "secret"));
    client.login().unwrap();
    assert_eq!(client.ask(b"warm", false).len(), 60_002);
    told.recv().unwrap();
    client.buffer(true);
    Subject::query(&mut client, b"burst").unwrap();
    // If the sockets do not take all of it, the rest comes while it is read.
    let _ = told.recv_timeout(Duration::from_secs(1));
    let (mut before, mut most) = (0, 0);
    loop {
        let polled = Subject::poll(&mut client).unwrap();
        let now = client.machine().store.len();
        most = most.max(now - before);
        before = now;
        if polled == Polled::End {
            break;
        }
        client.idle();
    }
    assert_eq!(before, 4000);
    assert!(most * ROW <= FILL_BUDGET + RECV_STREAM, "{most} rows in one poll");
    drop(server.join().unwrap());
}

/// Answers to one query end exactly where the receive buffer does, or not: every alignment.
#[test]
fn answers_that_fill_the_buffer() {
    let listener = Listener::tcp();
    let address = listener.address();
    let sizes: Vec<usize> = (RECV_STREAM - 30..RECV_STREAM + 30).chain(4060..4110).collect();
    let steps = sizes.iter().flat_map(|&size| {
        let rows = [vec![Some(packets::pattern(size, size))], vec![Some(b"end".to_vec())]];
        let answer = packets::result(packets::MARIADB_CAPS, &["a"], &rows, packets::AUTOCOMMIT);
        [Step::Expect(Want::Any), Step::Send(answer)]
    });
    let server = listener.serve(Script::logged_in(&Greeting::default(), steps.collect::<Vec<_>>()));
    let mut client = Connection::new(subject::config(&address, "secret"));
    client.login().unwrap();
    for &size in &sizes {
        let seen = client.ask(b"q", false);
        assert!(seen[1] == Seen::Row(vec![Some(packets::pattern(size, size))]), "{size}");
        assert_eq!(seen.len(), 4, "{size}");
    }
    drop(client);
    assert!(server.finish().is_over());
}
