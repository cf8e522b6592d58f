// SPDX-License-Identifier: Apache-2.0
//! LOAD DATA LOCAL with real servers: over every kind of connection, from functions that are slow, empty or fail,
//! with errors of the server in the middle, and what each server makes of an upload that ends early.
//!
//! `ATTACHSQL_TEST_UPLOAD` is the size of the large file in MiB, 64 by default.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests end that way")]

use std::env;
use std::ffi::CStr;
use std::time::{Duration, Instant};

use attachsql::capi::types::attachsql_options_t as Options;
use attachsql::session::Polled;

use support::counting::{self, Counting};
use support::files::{self, Files, Give};
use support::raw::CApi;
use support::say;
use support::servers::{self, Kind, Server, value};
use support::subject::{Failure, Seen, Subject};

mod support;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

const LOAD: &[u8] = b"LOAD DATA LOCAL INFILE 'a.csv' INTO TABLE loaded";

/// How a connection is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Way {
    unix: bool,
    tls: bool,
    compression: &'static str,
}

const PLAIN: Way = Way { unix: false, tls: false, compression: "" };

/// All that a server can do.
fn ways(server: &Server) -> Vec<Way> {
    let mut all = Vec::new();
    for unix in [false, true] {
        for tls in [false, true] {
            for compression in ["", "zlib", "zstd"] {
                let can = (!tls || server.kind != Kind::MySql56)
                    && (compression != "zstd" || server.has_zstd());
                all.extend(can.then_some(Way { unix, tls, compression }));
            }
        }
    }
    all
}

/// A logged-in connection with an empty table, whose files `function` gives.
fn connected(
    server: &Server,
    way: Way,
    function: impl FnMut(&CStr, u64, usize) -> Give + 'static,
) -> (CApi, Files) {
    let address = if way.unix { server.unix() } else { server.tcp() };
    let mut client = CApi::to(&address);
    if way.tls {
        assert!(client.option(Options::TLS, 1) && client.option(Options::TLS_VERIFY, 0));
    }
    if !way.compression.is_empty() {
        assert!(client.text_option(Options::COMPRESSION, way.compression));
        assert!(client.option(Options::COMPRESSION_REQUIRED, 1));
    }
    let files = files::set(&client, function).unwrap();
    client.login().unwrap();
    done(
        &mut client,
        b"CREATE TEMPORARY TABLE loaded (id INT PRIMARY KEY, line VARCHAR(2000)) ENGINE=InnoDB",
    );
    (client, files)
}

fn done(client: &mut CApi, text: &[u8]) {
    let seen = client.ask(text, false);
    assert!(matches!(seen[..], [Seen::Done(_)]), "{}: {seen:?}", String::from_utf8_lossy(text));
}

fn failed(client: &mut CApi, text: &[u8]) -> Failure {
    let seen = client.ask(text, false);
    let [Seen::Failed(failure)] = &seen[..] else { panic!("{seen:?}") };
    failure.clone()
}

/// Lines numbered from `first`.
fn lines(first: usize, count: usize) -> Vec<u8> {
    (first..first + count).flat_map(|n| format!("{n}\tline {n}\n").into_bytes()).collect()
}

fn count(client: &mut CApi) -> usize {
    value(client, "SELECT COUNT(*) FROM loaded").parse().unwrap()
}

#[test]
fn over_every_kind_of_connection() {
    for server in servers::all() {
        for way in ways(&server) {
            for (rows, most) in [(0, 1), (1, 3), (5, 7), (20_000, usize::MAX), (20_000, 1000)] {
                let what = format!("{rows} rows on {}, {way:?}", server.name);
                let (_, function) = files::plain("a.csv", lines(0, rows), most);
                let (mut client, _files) = connected(&server, way, function);
                let seen = client.ask(LOAD, false);
                let [Seen::Done(numbers)] = &seen[..] else { panic!("{what}: {seen:?}") };
                assert_eq!((numbers.affected, numbers.warnings), (rows as u64, 0), "{what}");
                assert!(
                    numbers.info.contains(&format!("Records: {rows}  Deleted: 0")),
                    "{what}: {numbers:?}"
                );
                let sums = "SELECT CONCAT(COUNT(*), ' ', COALESCE(SUM(id), 0), ' ', COALESCE(SUM(line = CONCAT('line ', id)), 0)) FROM loaded";
                let wanted = format!("{rows} {} {rows}", (0..rows).sum::<usize>());
                assert_eq!(value(&mut client, sums), wanted, "{what}");
            }
        }
    }
}

/// The name that the server asks for is the one that the text is found to name.
#[test]
fn names() {
    let cases: [(&str, &str, &str); 8] = [
        ("", "LOAD DATA LOCAL INFILE 'it''s \"one\"'", "it's \"one\""),
        ("", "load/**/data -- c\n low_priority LOCAL#c\nINFILE\"a.csv\"", "a.csv"),
        ("", "LOAD DATA LOCAL INFILE 'C:\\\\d\\_r\\\\f\\%\\x\\tz'", "C:\\d\\_r\\f\\%x\tz"),
        (
            "",
            "LOAD DATA CONCURRENT LOCAL INFILE 'caf\u{e9}/\u{65e5}\u{672c}'",
            "caf\u{e9}/\u{65e5}\u{672c}",
        ),
        ("", "LOAD DATA LOCAL INFILE '../../etc/passwd'", "../../etc/passwd"),
        ("", "LOAD DATA LOCAL INFILE ''", ""),
        ("NO_BACKSLASH_ESCAPES", "LOAD DATA LOCAL INFILE 'C:\\dir\\new'", "C:\\dir\\new"),
        ("ANSI_QUOTES,NO_BACKSLASH_ESCAPES", "LOAD DATA LOCAL INFILE 'a\\''b'", "a\\'b"),
    ];
    for server in servers::all() {
        for (mode, text, name) in cases {
            let name: &'static str = name;
            let what = format!("{text} on {} with '{mode}'", server.name);
            let (calls, function) = files::plain(name, lines(0, 2), 100);
            let (mut client, _files) = connected(&server, PLAIN, function);
            done(&mut client, b"SET NAMES utf8mb4");
            done(&mut client, format!("SET sql_mode = '{mode}'").as_bytes());
            let seen = client.ask(format!("{text} INTO TABLE loaded").as_bytes(), false);
            assert!(matches!(seen[..], [Seen::Done(_)]), "{what}: {seen:?}");
            assert_eq!((calls.get(), count(&mut client)), (2, 2), "{what}");
        }
    }
}

/// XML, whose servers ask in the same way.
#[test]
fn xml() {
    let text = b"<rows><row id='1' line='one'/><row id='2' line='two'/></rows>";
    for server in servers::all() {
        let (_, function) = files::plain("a.xml", text.to_vec(), 10);
        let (mut client, _files) = connected(&server, PLAIN, function);
        done(
            &mut client,
            b"LOAD XML LOCAL INFILE 'a.xml' INTO TABLE loaded ROWS IDENTIFIED BY '<row>'",
        );
        assert_eq!(
            value(&mut client, "SELECT GROUP_CONCAT(line ORDER BY id) FROM loaded"),
            "one,two"
        );
    }
}

/// Texts that servers take, and that name no file as far as is sure: nothing is sent.
#[test]
fn names_that_are_not_sure() {
    for server in servers::all() {
        let (mut client, _files) = connected(&server, PLAIN, |_, _, _| panic!("nobody may ask"));
        for text in [
            "LOAD DATA /*! LOCAL */ INFILE 'a.csv' INTO TABLE loaded",
            "/*!50000 LOAD DATA LOCAL INFILE 'a.csv' INTO TABLE loaded */",
        ] {
            let failure = failed(&mut client, text.as_bytes());
            assert_eq!(
                failure.numbers(),
                (2068, "HY000"),
                "{text} on {}: {failure:?}",
                server.name
            );
        }
        assert_eq!(count(&mut client), 0);
    }
}

/// The function fails: the query says so, the rows until then are there, and the connection goes on.
#[test]
fn a_function_that_fails() {
    for server in servers::all() {
        for way in ways(&server) {
            for before in [0, 1, 3] {
                let mut left = before;
                let (mut client, _files) = connected(&server, way, move |_, offset, _| {
                    if left == 0 {
                        return Give::Error("the disk is on fire");
                    }
                    left -= 1;
                    let first = if offset == 0 { 0 } else { 1000 * (before - left - 1) };
                    Give::Bytes(lines(first, 1000))
                });
                let failure = failed(&mut client, LOAD);
                assert_eq!(failure.numbers(), (2069, "HY000"), "{} {way:?}", server.name);
                assert_eq!(failure.text, "local file 'a.csv': the disk is on fire");
                assert_eq!(count(&mut client), 1000 * before, "{} {way:?}", server.name);
            }
        }
    }
}

/// A row that the server cannot take: two values where one is due. With REPLACE, because LOCAL alone means IGNORE.
const MISTAKE: &[u8] = b"LOAD DATA LOCAL INFILE 'a.csv' REPLACE INTO TABLE loaded (id, @line) \
    SET line = IF(id = 5, (SELECT 'a' UNION ALL SELECT 'b'), @line)";

/// The server finds a mistake in the first rows, long before the end of the file. It reads the rest all the same,
/// and then says so.
#[test]
fn an_error_of_the_server_in_the_middle() {
    for server in servers::all() {
        for way in ways(&server) {
            let what = format!("{} {way:?}", server.name);
            let (calls, function) = files::plain("a.csv", lines(0, 200_000), usize::MAX);
            let (mut client, _files) = connected(&server, way, function);
            let failure = failed(&mut client, b"LOAD DATA LOCAL INFILE 'a.csv' INTO TABLE gone");
            assert_eq!(failure.numbers(), (1146, "42S02"), "{what}: {failure:?}");
            let failure = failed(&mut client, MISTAKE);
            assert_eq!(failure.numbers(), (1242, "21000"), "{what}: {failure:?}");
            assert!(calls.get() > 1, "{what}");
            assert_eq!(count(&mut client), 0, "{what}: the rows before it are gone");
        }
    }
}

/// Killed in the middle: the query alone, which ends when the file does, and the whole connection.
#[test]
fn killed_in_the_middle() {
    for server in servers::all() {
        for connection in [false, true] {
            let mut left = if connection { usize::MAX } else { 3 };
            let (mut client, files) = connected(&server, PLAIN, move |_, offset, _| {
                if offset > 0 && left > 0 {
                    left -= 1;
                    return Give::Later;
                }
                // Each row is a moment at which servers look whether they were killed.
                let rows = lines(0, 30);
                let (from, to) = if offset == 0 { (0, 100) } else { (100, rows.len()) };
                let done = offset == rows.len() as u64;
                Give::Bytes(if done { vec![] } else { rows[from..to].to_vec() })
            });
            client.query(LOAD).unwrap();
            while !files.wait() {
                client.poll().unwrap();
            }
            let mut admin = servers::admin(&server.unix());
            let what = if connection { "CONNECTION" } else { "QUERY" };
            admin.ask(format!("KILL {what} {}", client.thread_id()).as_bytes(), false);
            let failure = client.settle().unwrap_err();
            client.close_query();
            // Some say why, some just go.
            let wanted: &[i32] = if connection { &[2013, 1927, 1317, 1053] } else { &[1317] };
            assert!(wanted.contains(&failure.code), "{} {what}: {failure:?}", server.name);
            if !connection {
                assert_eq!(count(&mut client), 0);
            }
        }
    }
}

/// The query is closed, or the connection destroyed, while the file is on its way. The first looks like the file's
/// end to the server; after the second nothing stays.
#[test]
fn given_up_in_the_middle() {
    for server in servers::all() {
        let mut admin = servers::admin(&server.unix());
        for way in ways(&server) {
            let what = format!("{} {way:?}", server.name);
            let some = |_: &CStr, offset: u64, _: usize| {
                if offset > 0 { Give::Suspend } else { Give::Bytes(lines(0, 1000)) }
            };
            let (mut client, files) = connected(&server, way, some);
            client.query(LOAD).unwrap();
            while !files.wait() {
                client.poll().unwrap();
            }
            client.close_query();
            assert_eq!(count(&mut client), 1000, "{what}");

            admin.ask(b"CREATE TABLE IF NOT EXISTS uploaded (id INT PRIMARY KEY, line TEXT) ENGINE=InnoDB", false);
            done(&mut client, b"DELETE FROM uploaded");
            client.query(b"LOAD DATA LOCAL INFILE 'a.csv' INTO TABLE uploaded").unwrap();
            while client.poll().unwrap() != Polled::Processing || !files.wait() {}
            let id = client.thread_id();
            drop(client);
            let alive =
                format!("SELECT COUNT(*) FROM information_schema.processlist WHERE id = {id}");
            while value(&mut admin, &alive) != "0" {
                std::thread::sleep(Duration::from_millis(5));
            }
            assert_eq!(value(&mut admin, "SELECT COUNT(*) FROM uploaded"), "0", "{what}");
        }
        admin.ask(b"DROP TABLE uploaded", false);
    }
}

/// A large file from a slow function: memory stays small, no call takes long, and all of it arrives.
#[test]
fn a_large_file() {
    let size =
        env::var("ATTACHSQL_TEST_UPLOAD").map_or(64, |mib| mib.parse::<usize>().unwrap()) << 20;
    for server in servers::all() {
        let row = [&b"1\t"[..], &[b'x'; 1021], b"\n"].concat();
        let block = row.repeat(64);
        let (mut calls, mut pause) = (0_u64, false);
        let (mut client, _files) = connected(&server, PLAIN, move |_, offset, room| {
            pause = !pause;
            if pause {
                calls += 1;
                // Every second time it has nothing yet.
                if calls.is_multiple_of(64) {
                    return Give::Later;
                }
            }
            let from = usize::try_from(offset % block.len() as u64).unwrap();
            let left = usize::try_from(size as u64 - offset).unwrap();
            Give::Bytes(block[from..][..left.min(room).min(block.len() - from)].to_vec())
        });
        done(
            &mut client,
            b"CREATE TEMPORARY TABLE many (id INT, line VARCHAR(1100)) ENGINE=MyISAM",
        );
        let before = counting::count().live;
        counting::reset_peak();
        let start = Instant::now();
        client.query(b"LOAD DATA LOCAL INFILE 'a.csv' INTO TABLE many").unwrap();
        let (mut longest, mut polls) = (Duration::ZERO, 0);
        loop {
            let call = Instant::now();
            let polled = client.poll().unwrap();
            longest = longest.max(call.elapsed());
            polls += 1;
            if polled == Polled::End {
                break;
            }
            client.idle();
        }
        let (took, peak) = (start.elapsed(), counting::count().peak - before);
        let rate = u32::try_from(size >> 20).map(f64::from).unwrap() / took.as_secs_f64();
        say(&format!(
            "{}: {} MiB in {took:.2?}, {rate:.0} MiB/s, {polls} polls, the longest {longest:.2?}, at most {peak} bytes",
            server.name,
            size >> 20,
        ));
        assert_eq!(client.numbers().affected, (size / 1024) as u64);
        client.close_query();
        let sum = format!("{} {}", size / 1024, size / 1024 * 1021);
        assert_eq!(
            value(&mut client, "SELECT CONCAT(COUNT(*), ' ', SUM(LENGTH(line))) FROM many"),
            sum
        );
        assert!(peak < 1 << 20, "{peak} bytes");
    }
}
