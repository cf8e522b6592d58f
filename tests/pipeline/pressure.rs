// SPDX-License-Identifier: Apache-2.0
//! More bytes both ways than sockets hold: nobody waits for the other.

use attachsql::session::Polled;

use crate::support::listener::{Listener, Peer};
use crate::support::packets::{self, Greeting, framed, ok, pattern};
use crate::support::pipelines::short;
use crate::support::pools::{CPool, Told};
use crate::support::raw::CApi;
use crate::support::subject::Subject;

const COMMANDS: usize = 12;
const COMMAND: usize = 1 << 20;
const ANSWER: usize = 3 << 20;

/// A server as they are: it reads a command, answers it, and reads the next one when the answer is written.
fn serve(listener: &Listener) -> Peer {
    let mut peer = listener.accept();
    peer.set_timeouts();
    assert!(peer.send(&framed(0, &[Greeting::default().payload()])));
    assert!(peer.receive().is_some());
    assert!(peer.send(&framed(2, &[ok()])));
    let mut inbox: Vec<u8> = Vec::new();
    for number in 0..COMMANDS {
        while inbox.len() < 5 + COMMAND {
            inbox.extend(peer.receive().expect("a command"));
        }
        assert!(inbox[5..5 + COMMAND] == pattern(COMMAND, number), "command {number}");
        inbox.drain(..5 + COMMAND);
        let row = vec![Some(pattern(ANSWER + number, number))];
        let answer = packets::result(packets::MARIADB_CAPS, &["a"], &[row], packets::AUTOCOMMIT);
        assert!(peer.send(&framed(1, &answer)), "answer {number}");
    }
    assert!(inbox.is_empty());
    peer
}

fn texts() -> Vec<Vec<u8>> {
    (0..COMMANDS).map(|number| pattern(COMMAND, number)).collect()
}

/// With a program that takes its time between the commands, too: at rest, both sockets are full.
#[test]
fn large_commands_and_large_answers() {
    for listener in [Listener::unix(), Listener::tcp()] {
        for buffered in [false, true] {
            let address = listener.address();
            std::thread::scope(|scope| {
                let server = scope.spawn(|| serve(&listener));
                let mut client = CApi::new(&address, "secret");
                client.login().unwrap();
                client.buffer(buffered);
                client.pipeline(&texts(), false);
                for number in 0..COMMANDS {
                    if buffered {
                        assert_eq!(client.settle(), Ok(Polled::End));
                        assert!(
                            client.buffered_rows()[0][0] == Some(pattern(ANSWER + number, number))
                        );
                    } else {
                        assert_eq!(client.settle(), Ok(Polled::RowReady));
                        assert!(client.row()[0] == Some(pattern(ANSWER + number, number)));
                        client.next_row();
                        assert_eq!(client.settle(), Ok(Polled::End));
                    }
                    for _ in 0..3 {
                        assert_eq!(
                            client.poll(),
                            Ok(Polled::End),
                            "it stays, whatever is to be sent"
                        );
                    }
                    assert_eq!(client.pipeline_next(), number + 1 < COMMANDS);
                }
                drop(server.join().unwrap());
            });
        }
    }
}

/// The same in a pool, which must come to rest whenever the program has to act.
#[test]
fn in_a_pool() {
    let listener = Listener::tcp();
    let address = listener.address();
    std::thread::scope(|scope| {
        let server = scope.spawn(|| serve(&listener));
        let pool = CPool::new(move |_, con, _, told| match told {
            Told::Connected => {}
            Told::Row(_) => con.next_row(),
            Told::End | Told::Failed(_) => drop(con.pipeline_next()),
        });
        let mut con = pool.connection(&address);
        con.pipeline(&texts(), false);
        let told = pool.run_out();
        assert_eq!(told.len(), 1 + 2 * COMMANDS, "{:?}", told.last());
        for (number, told) in told[1..].chunks(2).enumerate() {
            let (Told::Row(row), Told::End) = (&told[0].1, &told[1].1) else { panic!("{number}") };
            assert_eq!(short(row), format!("<{}>", ANSWER + number));
        }
        drop(server.join().unwrap());
    });
}

/// A pool comes to rest between the commands though most of the output has not gone.
#[test]
fn a_pool_at_rest() {
    let listener = Listener::unix();
    let address = listener.address();
    std::thread::scope(|scope| {
        let server = scope.spawn(|| serve(&listener));
        let pool = CPool::new(|_, con, _, told| {
            if matches!(told, Told::Row(_)) {
                con.next_row();
            }
        });
        let mut con = pool.connection(&address);
        con.pipeline(&texts(), false);
        for number in 0..COMMANDS {
            let told = pool.run_until(if number == 0 { 3 } else { 2 });
            assert_eq!(told.last().unwrap().1, Told::End);
            // The server has taken what the sockets hold: from now on nothing moves.
            while pool.raw.wait(30).unwrap() && pool.raw.stats().runs < 100_000 {
                pool.raw.run();
            }
            let before = pool.raw.stats().runs;
            assert!(before < 100_000, "it does not come to rest");
            assert!(pool.taken().is_empty());
            assert_eq!(con.pipeline_next(), number + 1 < COMMANDS);
        }
        drop(server.join().unwrap());
    });
}

/// What was not written when the program closes the pipeline is never sent.
#[test]
fn closed_before_all_is_written() {
    let listener = Listener::unix();
    let address = listener.address();
    std::thread::scope(|scope| {
        let server = scope.spawn(|| {
            let mut peer = listener.accept();
            peer.set_timeouts();
            assert!(peer.send(&framed(0, &[Greeting::default().payload()])));
            assert!(peer.receive().is_some());
            assert!(peer.send(&framed(2, &[ok()])));
            let mut got = peer.receive().unwrap().len();
            assert!(peer.send(&framed(1, &[ok()])));
            while let Some(bytes) = peer.receive() {
                got += bytes.len();
            }
            got
        });
        let mut client = CApi::new(&address, "secret");
        client.login().unwrap();
        client.pipeline(&texts(), false);
        assert_eq!(client.settle(), Ok(Polled::End));
        client.pipeline_close();
        for _ in 0..20 {
            client.poll().unwrap();
            client.wait(5).unwrap();
        }
        drop(client);
        let got = server.join().unwrap();
        assert!(got >= COMMAND, "what was begun goes on: {got}");
        assert!(got < COMMANDS * COMMAND / 2, "{got} bytes of {}", COMMANDS * COMMAND);
    });
}
