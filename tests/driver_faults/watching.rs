// SPDX-License-Identifier: Apache-2.0
//! A connection driven as an event loop does it: by what it says of descriptors and deadlines, and by
//! nothing else. What it says must be enough to get on, and true.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use attachsql::session::{Choice, Connection, Polled, Watch};

use crate::support::listener::{Address, Listener, PATIENCE, Running, deaf};
use crate::support::names::with_names;
use crate::support::packets::{self, Greeting, ok};
use crate::support::raw;
use crate::support::script::{Pieces, Script, Step, Want, query, send};
use crate::support::subject::{self, Failure, Subject};

type Set = BTreeSet<(isize, PathBuf)>;

/// The socket behind a descriptor: numbers come back, these names do not.
fn socket(descriptor: isize) -> PathBuf {
    std::fs::read_link(format!("/proc/self/fd/{descriptor}")).unwrap_or_default()
}

/// An event loop around one connection, which checks what it is told.
struct Loop {
    client: Connection,
    /// Descriptors, and what they are of.
    set: Set,
    generation: u64,
    /// Those that have left the set since the last poll.
    left: Set,
    polls: u32,
    /// The largest set so far.
    most: usize,
}

impl Loop {
    fn new(client: Connection) -> Self {
        let (set, left) = (Set::new(), Set::new());
        Self { client, set, generation: 0, left, polls: 0, most: 0 }
    }

    /// Asks what to watch, and checks it against what was said before.
    fn watched(&mut self) -> Vec<Watch> {
        let mut all = Vec::new();
        self.client.watched(&mut all);
        let named = |watch: &Watch| (watch.descriptor, socket(watch.descriptor));
        let set: Set = all.iter().map(named).collect();
        assert_eq!(set.len(), all.len(), "{all:?}");
        let generation = self.client.generation();
        assert!(generation >= self.generation);
        if set != self.set {
            assert_ne!(generation, self.generation, "{:?} became {set:?}", self.set);
        }
        for (descriptor, before) in &self.set {
            assert_eq!(&socket(*descriptor), before, "it was closed too early");
        }
        self.left.extend(self.set.difference(&set).cloned());
        self.most = self.most.max(set.len());
        (self.set, self.generation) = (set, generation);
        all
    }

    fn poll(&mut self) -> Result<Polled, Failure> {
        self.polls += 1;
        let left = std::mem::take(&mut self.left);
        let polled = Subject::poll(&mut self.client);
        for (descriptor, before) in left {
            assert_ne!(socket(descriptor), before, "it is still open");
        }
        self.watched();
        polled
    }

    /// Polls and sleeps until there is something to tell.
    fn settle(&mut self) -> Result<Polled, Failure> {
        let end = Instant::now() + PATIENCE;
        loop {
            let polled = self.poll()?;
            if !matches!(polled, Polled::Connecting | Polled::Processing) {
                return Ok(polled);
            }
            assert!(Instant::now() < end, "nothing happens");
            if self.client.has_more() {
                continue;
            }
            let all = self.watched();
            let deadline = self.client.next_deadline();
            assert!(!all.is_empty() || deadline.is_some(), "nothing to wait for");
            let limit = deadline.map(|end| end.saturating_duration_since(Instant::now()));
            if !raw::poll(&all, limit.unwrap_or(PATIENCE)) {
                assert!(limit.is_some(), "{all:?}: nothing wakes it up");
            }
        }
    }
}

fn client(host: &str, port: u16) -> Connection {
    Connection::new(subject::config(&Address { host: host.to_owned(), port }, "secret"))
}

fn serve(script: Script) -> (u16, Running) {
    let listener = Listener::tcp();
    (listener.address().port, listener.serve(script))
}

#[test]
fn a_session() {
    let rows = packets::result(packets::MARIADB_CAPS, &["a"], &vec![vec![None]; 3], 2);
    for pieces in [Pieces::Whole, Pieces::Every(7)] {
        let steps = [query("q"), Step::Stall(Duration::from_millis(50)), Step::Send(rows.clone())];
        let script = Script::logged_in(&Greeting::default(), steps).in_pieces(pieces);
        let (port, server) = serve(script);
        let mut events = Loop::new(client("127.0.0.1", port));
        assert_eq!(events.watched(), [], "before the connect");
        assert!(!events.client.has_more() && events.client.next_deadline().is_none());
        events.client.connect().unwrap();
        let all = events.watched();
        assert!(matches!(all[..], [Watch { read: false, write: true, .. }]), "{all:?}");
        assert_eq!(events.settle(), Ok(Polled::End));
        let all = events.watched();
        assert!(matches!(all[..], [Watch { read: false, write: false, .. }]), "at rest: {all:?}");
        assert!(!events.client.has_more() && events.client.next_deadline().is_none());
        let generation = events.client.generation();
        events.client.query(b"q", Vec::new()).unwrap();
        let all = events.watched();
        assert!(matches!(all[..], [Watch { read: true, write: false, .. }]), "{all:?}");
        let before = events.polls;
        for _ in 0..3 {
            assert_eq!(events.settle(), Ok(Polled::RowReady));
            assert!(!events.client.has_more(), "it is the program's turn");
            events.client.next_row();
        }
        assert_eq!(events.settle(), Ok(Polled::End));
        assert_eq!(events.client.generation(), generation);
        if matches!(pieces, Pieces::Whole) {
            assert!(events.polls - before < 12, "{} polls", events.polls - before);
        }
        drop(events);
        server.finish();
    }
}

/// A query that the server does not take: it is watched for writing, and for reading too.
#[test]
fn output_that_is_stuck() {
    let text = vec![b'x'; 16 << 20];
    let steps = [
        Step::Stall(Duration::from_millis(300)),
        Step::Expect(Want::Query(text.clone())),
        send(ok()),
    ];
    let (port, server) = serve(Script::logged_in(&Greeting::default(), steps));
    let mut events = Loop::new(client("127.0.0.1", port));
    events.client.connect().unwrap();
    assert_eq!(events.settle(), Ok(Polled::End));
    events.client.query(&text, Vec::new()).unwrap();
    let mut stuck = false;
    while events.poll() == Ok(Polled::Processing) {
        if !events.client.has_more() {
            let all = events.watched();
            stuck |= matches!(all[..], [Watch { read: true, write: true, .. }]);
            assert!(raw::poll(&all, PATIENCE), "nothing wakes it up");
        }
    }
    assert!(stuck, "all of it went at once");
    assert_eq!(events.settle(), Ok(Polled::End));
    drop(events);
    server.finish();
}

/// Deadlines alone wake the loop when nothing comes.
#[test]
fn limits() {
    let (Address { port, .. }, _deaf) = deaf("127.0.0.1:0");
    let mut events = Loop::new(client("127.0.0.1", port));
    assert!(events.client.choose(Choice::ConnectTimeout(150)));
    events.client.connect().unwrap();
    let failure = events.settle().unwrap_err();
    assert!(failure.text.contains("connect timeout"), "{failure:?}");
    assert!(events.polls < 10, "{} polls", events.polls);
    assert_eq!(events.watched(), [], "after the end");
    assert_eq!(events.poll().unwrap_err(), failure);
    assert!(!events.client.has_more() && events.client.next_deadline().is_none());

    let (port, server) = serve(Script::logged_in(&Greeting::default(), [query("q"), query("r")]));
    let mut events = Loop::new(client("127.0.0.1", port));
    assert!(events.client.choose(Choice::ReadTimeout(150)));
    events.client.connect().unwrap();
    assert_eq!(events.settle(), Ok(Polled::End));
    events.client.query(b"q", Vec::new()).unwrap();
    let before = events.polls;
    let failure = events.settle().unwrap_err();
    assert!(failure.text.contains("read timeout"), "{failure:?}");
    assert!(events.polls - before < 10, "{} polls", events.polls);
    // The server sees the end at once, although the descriptor stays until the next poll.
    server.finish();
    assert_eq!(events.poll().unwrap_err().code, 2013);
}

/// Addresses beside each other, after a lookup with a descriptor of its own.
#[test]
fn a_race() {
    with_names("watching::a_race", || {
        let live = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = live.local_addr().unwrap().port();
        let silent = ["127.0.0.2", "127.0.0.3"].map(|ip| deaf(&format!("{ip}:{port}")));
        let script = Script::logged_in(&Greeting::default(), []);
        let server = Listener::Tcp(live).serve(script);
        let name = "sleep200_127.0.0.2_127.0.0.3_127.0.0.1.list.test";
        let mut events = Loop::new(client(name, port));
        events.client.connect().unwrap();
        let all = events.watched();
        assert!(matches!(all[..], [Watch { read: true, write: false, .. }]), "lookup: {all:?}");
        assert!(!events.client.has_more());
        let start = Instant::now();
        assert_eq!(events.settle(), Ok(Polled::End));
        assert!(start.elapsed() >= Duration::from_millis(200 + 2 * 250));
        assert_eq!(events.most, 2, "beside each other");
        assert_eq!(events.watched().len(), 1);
        assert!(events.polls < 25, "{} polls", events.polls);
        drop((events, silent));
        server.finish();
    });
}

/// Refused one after the other, without a descriptor closed too early.
#[test]
fn all_refused() {
    with_names("watching::all_refused", || {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut events = Loop::new(client("127.0.0.2_127.0.0.3_127.0.0.1.list.test", port));
        events.client.connect().unwrap();
        let failure = events.settle().unwrap_err();
        assert!(failure.text.contains(": 127.0.0.2, 127.0.0.3, 127.0.0.1: "), "{failure:?}");
        assert_eq!(events.watched(), []);
        assert!(events.poll().is_err());
    });
}

/// From host to host, one of them with a socket that was open.
#[test]
fn hosts() {
    with_names("watching::hosts", || {
        let closes = || serve(Script::new([Step::Close]));
        let ((first, one), (second, two)) = (closes(), closes());
        let (third, server) = serve(Script::logged_in(&Greeting::default(), []));
        let mut client = client("no-such-host.invalid", 1);
        let list = format!("127.0.0.1:{first},127.0.0.1.list.test:{second},127.0.0.1:{third}");
        assert!(client.choose(Choice::Hosts(list.as_bytes())));
        let mut events = Loop::new(client);
        events.client.connect().unwrap();
        assert_eq!(events.settle(), Ok(Polled::End));
        assert!(events.polls < 25, "{} polls", events.polls);
        drop(events);
        for server in [one, two, server] {
            server.finish();
        }
    });
}

/// Nobody who does not ask for descriptors pays for it: what failed is closed at once.
#[test]
fn without_a_watcher_nothing_stays_open() {
    with_names("watching::without_a_watcher_nothing_stays_open", || {
        let open = || std::fs::read_dir("/proc/self/fd").unwrap().count();
        let (port, server) = serve(Script::new([Step::Close]));
        let before = open();
        let mut client = client("127.0.0.1", port);
        client.login().unwrap_err();
        // One for the event queue that `login` sleeps with, and those of the queue itself.
        let after = open();
        server.finish();
        drop(client);
        assert!(after <= before + 2, "{before} descriptors before, {after} after");
    });
}
