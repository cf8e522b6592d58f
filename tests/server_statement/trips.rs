// SPDX-License-Identifier: Apache-2.0
//! How many packets an execute takes, with columns that the server leaves out and without, counted on the way
//! between the library and the server. What goes in one trip, `tests/script/one_trip.rs` proves.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use attachsql::capi::types::attachsql_options_t as Options;
use attachsql::session::Polled;

use crate::support::listener::Address;
use crate::support::raw::CApi;
use crate::support::say;
use crate::support::servers::{self, Kind, Server};
use crate::support::subject::{Seen, Subject};

/// Packets to the server and from it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Count {
    sent: usize,
    received: usize,
}

/// What counts packets in a stream that comes in pieces.
#[derive(Default)]
struct Meter {
    header: Vec<u8>,
    left: usize,
}

impl Meter {
    fn feed(&mut self, bytes: &[u8]) -> usize {
        let mut count = 0;
        for &byte in bytes {
            if self.left > 0 {
                self.left -= 1;
                continue;
            }
            self.header.push(byte);
            if let [a, b, c, _] = self.header[..] {
                self.left = u32::from_le_bytes([a, b, c, 0]).try_into().unwrap();
                self.header.clear();
                count += 1;
            }
        }
        count
    }
}

/// Where a client connects to, and what has passed there.
struct Relay {
    address: Address,
    count: Arc<Mutex<Count>>,
}

impl Relay {
    /// One connection to `server`; `strip` takes MariaDB's own capabilities out of its greeting.
    fn new(server: &Server, strip: bool) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (count, target) = (Arc::new(Mutex::new(Count::default())), server.port);
        let (ours, theirs) = (Arc::clone(&count), Arc::clone(&count));
        thread::spawn(move || {
            let (client, _) = listener.accept().unwrap();
            let mut server = TcpStream::connect((Ipv4Addr::LOCALHOST, target)).unwrap();
            client.set_nodelay(true).unwrap();
            server.set_nodelay(true).unwrap();
            greet(&mut server, &client, strip);
            let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
            thread::spawn(move || copy(from, to, |n| ours.lock().unwrap().sent += n));
            copy(server, client, |n| theirs.lock().unwrap().received += n);
        });
        Self { address: Address { host: "127.0.0.1".to_owned(), port }, count }
    }

    /// What has passed since the last time.
    fn taken(&self) -> Count {
        std::mem::take(&mut self.count.lock().unwrap())
    }
}

/// Hands the greeting on.
fn greet(server: &mut TcpStream, mut client: &TcpStream, strip: bool) {
    let mut header = [0; 4];
    server.read_exact(&mut header).unwrap();
    let length = u32::from_le_bytes([header[0], header[1], header[2], 0]);
    let mut payload = vec![0; length.try_into().unwrap()];
    server.read_exact(&mut payload).unwrap();
    if strip {
        let version = payload.iter().skip(1).position(|&byte| byte == 0).unwrap();
        // Number, challenge, flags, character set, status, more flags, length, six bytes of nothing.
        let at = 1 + version + 1 + 4 + 9 + 2 + 1 + 2 + 2 + 1 + 6;
        payload[at..at + 4].fill(0);
    }
    client.write_all(&header).unwrap();
    client.write_all(&payload).unwrap();
}

fn copy(mut from: TcpStream, mut to: TcpStream, note: impl Fn(usize)) {
    let (mut meter, mut buffer) = (Meter::default(), [0; 16_384]);
    while let Ok(size @ 1..) = from.read(&mut buffer) {
        note(meter.feed(&buffer[..size]));
        if to.write_all(&buffer[..size]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}

const SELECT: &str = "SELECT a, b, c, d, e, f FROM trips_test WHERE a = ?";

fn ready(relay: &Relay) -> CApi {
    let mut con = CApi::to(&relay.address);
    con.login().unwrap();
    for text in [
        "CREATE TEMPORARY TABLE trips_test (a INT PRIMARY KEY, b BIGINT, c VARCHAR(20), d DOUBLE, \
         e DATETIME, f VARCHAR(20))",
        "INSERT INTO trips_test VALUES (5, 6, 'text', 7.5, '2001-02-03', NULL)",
    ] {
        let seen = con.ask(text.as_bytes(), false);
        assert!(matches!(seen[..], [Seen::Done(_)]), "{seen:?}");
    }
    con
}

/// A point select with six columns.
#[test]
fn packets_of_an_execute() {
    for server in servers::all() {
        let mariadb = matches!(server.kind, Kind::MariaDb1011 | Kind::MariaDb118);
        for strip in [false, true] {
            if strip && !mariadb {
                continue;
            }
            let relay = Relay::new(&server, strip);
            let mut con = ready(&relay);
            let handle = con.handle_of(SELECT);
            handle.set_int(0, 5).unwrap();
            let mut counts = Vec::new();
            for _ in 0..4 {
                relay.taken();
                handle.execute().unwrap();
                let rows = con.rows_of(&handle).unwrap();
                assert_eq!((rows.len(), rows[0].len()), (1, 6));
                assert_eq!(con.columns()[2].names[3], "c");
                counts.push(relay.taken());
            }
            // Header, columns, row, end; and the end of the columns in the old style.
            let received = match server.kind {
                Kind::MySql56 => 10,
                _ if mariadb && !strip => 3,
                _ => 9,
            };
            let want = Count { sent: 1, received };
            assert!(counts[1..].iter().all(|&count| count == want), "{}: {counts:?}", server.name);
            let how = if received == 3 { "known columns" } else { "columns sent" };
            say(&format!(
                "{}: an execute of a point select, {how}: 1 packet sent, {received} received, 1 trip",
                server.name
            ));
        }
    }
}

/// What a statement takes that is prepared, executed once and closed, without a cache and with one.
#[test]
fn packets_of_a_statement_that_is_used_once() {
    for server in servers::all() {
        let relay = Relay::new(&server, false);
        let mut con = ready(&relay);
        for cache in [0, 10] {
            assert!(con.option(Options::STMT_CACHE, cache));
            let mut count = Count::default();
            for _ in 0..3 {
                relay.taken();
                let handle = con.handle();
                handle.prepare(SELECT).unwrap();
                handle.set_int(0, 5).unwrap();
                handle.execute().unwrap();
                assert_eq!(con.rows_of(&handle).unwrap().len(), 1);
                count = relay.taken();
                drop(handle);
                // The close is behind it.
                con.ask(b"SELECT 1", false);
            }
            let sent = if cache == 0 { 2 } else { 1 };
            assert_eq!(count.sent, sent, "{}: {count:?}", server.name);
            say(&format!(
                "{}: a text prepared and executed once, {}: {sent} packets sent, {} received",
                server.name,
                if cache == 0 { "no cache" } else { "from the cache" },
                count.received
            ));
        }
        assert_eq!(con.settle(), Ok(Polled::End));
    }
}
