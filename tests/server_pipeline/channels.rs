// SPDX-License-Identifier: Apache-2.0
//! The same pipelines through every channel of every server.

use attachsql::session::{Choice, Connection, Polled, TlsChoice};

use crate::support::listener::Address;
use crate::support::pipelines::short;
use crate::support::servers::{self, Server};
use crate::support::subject::Subject;

/// Through what a connection goes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Channel {
    tls: bool,
    compression: Option<&'static str>,
    unix: bool,
}

pub(crate) fn channels(server: &Server) -> Vec<Channel> {
    let has_tls = servers::with_tls().iter().any(|other| other.kind == server.kind);
    let mut all = Vec::new();
    for compression in [None, Some("zlib"), Some("zstd")] {
        for (tls, unix) in [(false, false), (false, true), (true, false)] {
            if (compression != Some("zstd") || server.has_zstd()) && (has_tls || !tls) {
                all.push(Channel { tls, compression, unix });
            }
        }
    }
    all
}

impl Channel {
    pub(crate) fn open(self, server: &Server) -> Connection {
        let address: Address = if self.unix { server.unix() } else { server.tcp() };
        let mut client = servers::connection(&address, "test", "test");
        // Where the server has them, every command has another form.
        assert!(client.choose(Choice::QueryAttributes(self.unix.into())));
        if self.tls {
            let ca = format!("{}/ca.pem", std::env::var("ATTACHSQL_TEST_TLS_DIR").unwrap());
            assert!(client.choose(Choice::Tls(TlsChoice::Ca(ca.as_bytes()))));
            assert!(client.choose(Choice::Tls(TlsChoice::Require(1))));
        }
        if let Some(list) = self.compression {
            assert!(client.choose(Choice::Compression(list.as_bytes())));
            assert!(client.choose(Choice::CompressionRequired(1)));
        }
        client
    }
}

/// Sends the commands together, and what becomes of each.
pub(crate) fn run<T: AsRef<[u8]>>(client: &mut Connection, texts: &[T], stop: bool) -> Vec<String> {
    for (at, text) in texts.iter().enumerate() {
        client.pipeline_add(text.as_ref(), Vec::new(), at).unwrap();
    }
    client.pipeline_send(stop).unwrap();
    answers(client)
}

pub(crate) fn answers(client: &mut Connection) -> Vec<String> {
    let mut all = Vec::new();
    loop {
        assert_eq!(client.pipeline_current(), Some((all.len() as u64, all.len())));
        all.push(answer(client));
        if client.pipeline_next() == Polled::End {
            return all;
        }
    }
}

/// The current command's end.
pub(crate) fn answer(client: &mut Connection) -> String {
    let mut seen = Vec::new();
    loop {
        match client.settle() {
            Ok(Polled::RowReady) => {
                seen.push(short(&client.row()));
                Subject::next_row(client);
            }
            Ok(Polled::End) => {
                seen.extend(client.buffered_rows().iter().map(|row| short(row)));
                seen.push("E".to_owned());
                if !Subject::next_result(client) {
                    return seen.join(" ");
                }
            }
            Ok(polled) => panic!("{polled:?}"),
            Err(failure) => {
                seen.push(format!("!{}", failure.code));
                return seen.join(" ");
            }
        }
    }
}

fn mixed(count: usize) -> (Vec<String>, Vec<String>) {
    let one = |n: usize| match (n * 7 + n / 10) % 6 {
        0 => ("select nonsense".to_owned(), "!1054".to_owned()),
        1 => (format!("select {n} union all select 'x'"), format!("{n} x E")),
        2 => (format!("set @a = {n}"), "E".to_owned()),
        3 => ("select @a is not null or 1".to_owned(), "1 E".to_owned()),
        4 => (format!("select repeat('y', {})", 30 + n * 11), format!("<{}> E", 30 + n * 11)),
        _ => ("do 1".to_owned(), "E".to_owned()),
    };
    (0..count).map(one).unzip()
}

#[test]
fn a_thousand_commands() {
    let (texts, wants) = mixed(1000);
    for server in servers::all() {
        for channel in channels(&server) {
            for buffered in [false, true] {
                let mut client = channel.open(&server);
                client.buffer(buffered);
                let what = format!("{} {channel:?} {buffered}", server.name);
                assert_eq!(run(&mut client, &texts, false), wants, "{what}");
                assert_eq!(run(&mut client, &texts[1..30], false), wants[1..30], "{what}");
                assert_eq!(servers::value(&mut client, "select 'on'"), "on", "{what}");
            }
        }
    }
}

/// Commands of several compressed packets, of several TLS records, and answers that are longer still, while the
/// next commands are on their way: what the sockets hold does not suffice for either side.
#[test]
fn large_both_ways() {
    for server in servers::all() {
        for channel in channels(&server) {
            let mut client = channel.open(&server);
            let most: usize =
                servers::value(&mut client, "select @@max_allowed_packet").parse().unwrap();
            let size = 700_000.min(most / 4);
            let mut seed = 1_u64;
            let mut noise = || {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                char::from(b'a' + ((seed >> 40) % 26) as u8)
            };
            let value: String = (0..size).map(|_| noise()).collect();
            let text = format!("select '{value}' as a union all select '{value}'");
            let texts = vec![text; 6];
            let wants = vec![format!("<{size}> <{size}> E"); 6];
            assert_eq!(run(&mut client, &texts, false), wants, "{} {channel:?}", server.name);
            let ping = run(&mut client, &["do 1", "select 5"], false);
            assert_eq!(ping, ["E", "5 E"], "{} {channel:?}", server.name);
        }
    }
}

/// Closed in their midst: the next query gets its own answer.
#[test]
fn closed_and_cut_short() {
    let (texts, wants) = mixed(60);
    for server in servers::all() {
        for channel in channels(&server) {
            let mut client = channel.open(&server);
            client.login().unwrap();
            for taken in [0, 1, 17] {
                for (at, text) in texts.iter().enumerate() {
                    client.pipeline_add(text.as_bytes(), Vec::new(), at).unwrap();
                }
                client.pipeline_send(false).unwrap();
                for want in &wants[..taken] {
                    assert_eq!(&answer(&mut client), want);
                    assert_eq!(client.pipeline_next(), Polled::Processing);
                }
                client.pipeline_close();
                let what = format!("{} {channel:?} {taken}", server.name);
                assert_eq!(servers::value(&mut client, "select 'on'"), "on", "{what}");
                // Each answer is given up at its first row.
                for (at, text) in texts.iter().enumerate() {
                    client.pipeline_add(text.as_bytes(), Vec::new(), at).unwrap();
                }
                client.pipeline_send(false).unwrap();
                loop {
                    let _ = client.settle();
                    if client.pipeline_next() == Polled::End {
                        break;
                    }
                }
                assert_eq!(servers::value(&mut client, "select 'on'"), "on", "{what}");
            }
        }
    }
}
