// SPDX-License-Identifier: Apache-2.0
//! Name servers that are slow or silent: the process has a limited number of threads for them, what waits
//! for one can be given up, and nothing that is stuck keeps anybody.

use std::time::{Duration, Instant};

use attachsql::session::{Choice, Connection, Polled};

use crate::support::listener::{Address, Listener, PATIENCE};
use crate::support::names::{lifetime_with_names, with_names};
use crate::support::packets::Greeting;
use crate::support::script::Script;
use crate::support::subject::{self, Subject};

/// Threads for lookups, as the library's limit has it.
const MOST: usize = 16;

fn client(host: &str, port: u16) -> Connection {
    Connection::new(subject::config(&Address { host: host.to_owned(), port }, "secret"))
}

/// The threads of this process that look names up.
fn threads() -> usize {
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let name = |task: std::io::Result<std::fs::DirEntry>| {
        // One that ends meanwhile has no name any more.
        std::fs::read_to_string(task.unwrap().path().join("comm")).unwrap_or_default()
    };
    tasks.map(name).filter(|name| name.trim() == "attachsql-name").count()
}

fn until(what: &str, done: impl Fn() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_silent_resolver_holds_so_many_threads() {
    let lifetime = lifetime_with_names("lookups::a_silent_resolver_holds_so_many_threads", || {
        let start = Instant::now();
        let mut all: Vec<Connection> =
            (0..100).map(|n| client(&format!("sleep600000_{n}.list.test"), 1)).collect();
        for client in &mut all {
            client.connect().unwrap();
            assert_eq!(Subject::poll(client), Ok(Polled::Connecting));
        }
        until("the threads do not start", || threads() == MOST);
        // One that waits behind them has its connect timeout, and can be destroyed.
        let mut late = client("localhost", 1);
        assert!(late.choose(Choice::ConnectTimeout(200)));
        let failure = late.login().unwrap_err();
        assert_eq!(failure.numbers(), (2002, "08000"), "{failure:?}");
        assert!(failure.text.contains("looking up the host name"), "{failure:?}");
        drop((all, late));
        assert_eq!(threads(), MOST);
        assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    });
    // The lookups go on for ten minutes; the process does not.
    assert!(lifetime.is_none_or(|time| time < Duration::from_secs(60)), "{lifetime:?}");
}

#[test]
fn those_that_wait_get_their_turn() {
    with_names("lookups::those_that_wait_get_their_turn", || {
        // Nobody listens: each is over when it has been refused.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut all: Vec<Connection> =
            (0..50).map(|n| client(&format!("sleep50_127.0.1.{n}.list.test"), port)).collect();
        for client in &mut all {
            client.connect().unwrap();
        }
        assert!(threads() <= MOST);
        for client in &mut all {
            let failure = client.settle().unwrap_err();
            assert!(failure.text.contains("refused"), "{failure:?}");
        }
        until("the threads do not end", || threads() == 0);
    });
}

/// As a pool does it: many connections to one host, all at once.
#[test]
fn one_name_for_many() {
    with_names("lookups::one_name_for_many", || {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let start = Instant::now();
        let mut all: Vec<Connection> =
            (0..50).map(|_| client("sleep300_127.0.0.1.list.test", port)).collect();
        for client in &mut all {
            client.connect().unwrap();
            assert!(threads() <= 1);
        }
        for _ in &all {
            let script = Script::logged_in(&Greeting::default(), []);
            let _ = Listener::Tcp(listener.try_clone().unwrap()).serve(script);
        }
        for client in &mut all {
            assert_eq!(client.settle(), Ok(Polled::End));
        }
        // Two lookups one after the other would take as long as this.
        assert!(start.elapsed() >= Duration::from_millis(300), "{:?}", start.elapsed());
    });
}
