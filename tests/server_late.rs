// SPDX-License-Identifier: Apache-2.0
//! Sockets that become ready in the worst moment: right after a call that found them not to be. Whoever takes
//! the answer for what is still so goes to sleep for ever. Everything that sends or receives much, through every
//! channel of every server, woken up by the library's own wait and by an event loop of either style, and in a
//! pool.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests end that way")]

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;

use attachsql::capi::types::attachsql_options_t as Options;
use attachsql::session::Polled;

use late::{Held, hold};
use support::embed::{Loop, Style};
use support::files::{self, Files, Give};
use support::pools::{CPool, Told};
use support::raw::CApi;
use support::say;
use support::servers::{self, Kind, Server, value};
use support::subject::{NAP, Seen, Subject};

#[path = "server_late/late.rs"]
mod late;
mod support;

const SENDS: Held = Held { send: true, receive: false };
const BOTH: Held = Held { send: true, receive: true };
/// What is held back, and what sleeps: the library's own wait, or one of two kinds of event loops.
const WAYS: [(Held, Option<Style>); 4] =
    [(SENDS, None), (BOTH, None), (BOTH, Some(Style::Watches)), (SENDS, Some(Style::Descriptor))];
const FILE: usize = 3 << 20;
const LOAD: &str = "LOAD DATA LOCAL INFILE 'a.csv' INTO TABLE loaded";

/// A connection that may send files, not yet logged in, through TLS or not, compressed or not.
fn connection(server: &Server, tls: bool, compression: &str) -> (CApi, Files) {
    let address = if tls { server.tcp() } else { server.unix() };
    let client = CApi::to(&address);
    if tls {
        assert!(client.option(Options::TLS, 1) && client.option(Options::TLS_VERIFY, 0));
    }
    if !compression.is_empty() {
        assert!(client.text_option(Options::COMPRESSION, compression));
        assert!(client.option(Options::COMPRESSION_REQUIRED, 1));
    }
    let line = [&b"1\t"[..], &[b'x'; 1021], b"\n"].concat();
    let files = files::set(&client, move |_, offset, room| {
        let offset = usize::try_from(offset).unwrap();
        let (at, left) = (offset % line.len(), FILE - offset);
        let piece = line.iter().copied().cycle().skip(at).take(left.min(room));
        Give::Bytes(piece.collect())
    });
    (client, files.unwrap())
}

fn channels(server: &Server) -> Vec<(bool, &'static str)> {
    let mut all = vec![(false, ""), (false, "zlib")];
    if server.kind != Kind::MySql56 {
        all.extend([(true, ""), (true, "zlib")]);
    }
    if server.has_zstd() {
        all.push((false, "zstd"));
    }
    all
}

fn done(client: &mut CApi, text: &str) {
    let seen = client.ask(text.as_bytes(), false);
    assert!(matches!(seen[..], [Seen::Done(_)]), "{}: {seen:?}", &text[..text.len().min(100)]);
}

/// Bytes that do not get fewer by compression.
fn noise(size: usize) -> String {
    let mut seed = 1_u64;
    let mut next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        char::from(b'a' + ((seed >> 40) % 26) as u8)
    };
    (0..size).map(|_| next()).collect()
}

/// A file, long queries, long rows, many rows, a pipeline, statements with long values, and many rows at once.
fn everything(client: &mut CApi, most: usize) {
    client.login().unwrap();
    done(client, "CREATE TEMPORARY TABLE loaded (id INT, line VARCHAR(1100)) ENGINE=MyISAM");
    done(client, LOAD);
    let lines = value(client, "SELECT COUNT(*) FROM loaded");
    assert_eq!(lines, (FILE / 1024).to_string());
    assert_eq!(client.ask(b"SELECT * FROM loaded", false).len(), FILE / 1024 + 2);

    let long = noise(most);
    assert_eq!(value(client, &format!("SELECT '{long}'")), long);

    let texts = vec![format!("SELECT '{}'", &long[..most / 4]); 8];
    client.pipeline(&texts, false);
    let answers = client.pipeline_answers();
    assert_eq!(answers, vec![format!("<{}> E", most / 4); 8]);

    let handle = client.handle();
    handle.prepare("SELECT ?").unwrap();
    client.settle().unwrap();
    for piece in long.as_bytes().chunks(100_000) {
        handle.long_data(0, piece).unwrap();
    }
    handle.execute().unwrap();
    assert_eq!(client.rows_of(&handle).unwrap(), [[Some(long.as_bytes().to_vec())]]);
    handle.close();

    handle.prepare("INSERT INTO loaded VALUES (?, ?)").unwrap();
    client.settle().unwrap();
    for n in 0..3000 {
        handle.set_int(0, n).unwrap();
        handle.set_text(1, &long.as_bytes()[..1000]).unwrap();
        handle.bulk_add().unwrap();
    }
    handle.bulk_execute().unwrap();
    assert_eq!(client.settle(), Ok(Polled::End));
    assert_eq!(client.numbers().affected, 3000);
    handle.close();
}

fn on_every_channel(server: &Server) {
    let mut admin = servers::admin(&server.tcp());
    let most: usize = value(&mut admin, "SELECT @@max_allowed_packet").parse().unwrap();
    let most = (2 << 20).min(most / 2);
    for (tls, compression) in channels(server) {
        let mut late = 0;
        for (held, style) in WAYS {
            let (mut client, _files) = connection(server, tls, compression);
            if let Some(style) = style {
                client.sleep_in(style);
            }
            late += hold(held, || everything(&mut client, most));
        }
        let compressed = if compression.is_empty() { "plain" } else { compression };
        let through = if tls { "TLS" } else { "unix socket" };
        say(&format!("{}, {through}, {compressed}: {late} answers too late", server.name));
        assert!(late > 0, "none was out of date");
    }
}

#[test]
fn on_every_channel_of_mariadb() {
    servers::mariadbs().iter().for_each(on_every_channel);
}

#[test]
fn on_every_channel_of_mysql() {
    [servers::mysql(), servers::mysql56()].iter().for_each(on_every_channel);
}

/// A pool with a connection for each channel: how many rows came when all of them have done everything.
fn in_pool(server: &Server, held: Held, style: Option<Style>) -> usize {
    let texts = [
        "CREATE TEMPORARY TABLE loaded (id INT, line VARCHAR(1100)) ENGINE=MyISAM".to_owned(),
        LOAD.to_owned(),
        format!("SELECT LENGTH('{}')", noise(300_000)),
        "SELECT * FROM loaded".to_owned(),
    ];
    let (rows, ended) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(0)));
    let (seen, over, mut next) = (Rc::clone(&rows), Rc::clone(&ended), BTreeMap::new());
    let pool = CPool::new(move |_, con, id, told| match told {
        Told::Row(_) => {
            seen.set(seen.get() + 1);
            con.next_row();
        }
        Told::Connected | Told::End => {
            con.close_query();
            let next: &mut usize = next.entry(id).or_default();
            match texts.get(*next) {
                Some(text) => con.query(text.as_bytes()).unwrap(),
                None => over.set(over.get() + 1),
            }
            *next += 1;
        }
        Told::Failed(failure) => panic!("{failure:?}"),
    });
    let mut files = Vec::new();
    for (tls, compression) in channels(server) {
        let (client, file) = connection(server, tls, compression);
        files.push(file);
        pool.raw.add(client).connect().unwrap();
    }
    let mut around = Loop::default();
    hold(held, || {
        while ended.get() < files.len() {
            let woken = match style {
                Some(style) => around.sleep(&pool.raw, style, NAP),
                None => pool.raw.wait(NAP.as_millis().try_into().unwrap()).unwrap(),
            };
            assert!(woken, "nothing wakes it up: {ended:?} are done");
            pool.raw.run();
        }
    });
    rows.get()
}

#[test]
fn in_pools() {
    for server in servers::all() {
        for (held, style) in WAYS {
            let rows = in_pool(&server, held, style);
            assert_eq!(rows, channels(&server).len() * (FILE / 1024 + 1));
        }
    }
}
