// SPDX-License-Identifier: Apache-2.0
//! More than the sockets hold, to a server that does not read; and a file whose function has nothing to give.

use std::time::{Duration, Instant};

use attachsql::session::Polled;

use crate::support::files::{self, Give};
use crate::support::listener::Listener;
use crate::support::packets::{self, Greeting, ok};
use crate::support::raw::CApi;
use crate::support::script::{self, Script, Step, Want, query, send};
use crate::support::subject::Subject;
use crate::{Calls, MOST, STALL, rows};

/// A query that is longer than the sockets hold, to a server that does not read for a while and then gives two rows.
pub(crate) fn long_query(mut client: CApi, label: &str) {
    let text = long_text();
    client.login().unwrap();
    let (mut calls, start) = (Calls::default(), Instant::now());
    // Taking the text is work in proportion to it, not a wait.
    let mut first = Calls::default();
    first.measure(|| client.query(&text)).unwrap();
    assert!(first.longest_asleep < MOST, "the query waited");
    loop {
        match calls.measure(|| client.poll()).unwrap() {
            Polled::End => break,
            Polled::RowReady => calls.measure(|| client.next_row()),
            _ => std::thread::sleep(Duration::from_millis(1)),
        }
    }
    assert!(start.elapsed() >= STALL / 2, "it did not stall");
    calls.report(label);
}

fn long_text() -> Vec<u8> {
    vec![b'x'; 16 << 20]
}

/// What its server does after the login.
pub(crate) fn long_steps() -> [Step; 3] {
    [Step::Stall(STALL), Step::Expect(Want::Query(long_text())), Step::Send(rows())]
}

#[test]
fn while_a_query_is_sent() {
    let listener = Listener::tcp();
    let client = CApi::new(&listener.address(), "secret");
    let server = listener.serve(Script::logged_in(&Greeting::default(), long_steps()));
    long_query(client, "while a query is sent");
    server.finish();
}

/// A file that the server does not read, and one whose function has nothing for a while.
#[test]
fn while_a_file_is_sent() {
    let text = "LOAD DATA LOCAL INFILE 'a' INTO TABLE t";
    let bytes = vec![b'x'; 64 * 1024];
    for stalls in ["the server", "the function", "the function, suspended"] {
        let pieces = if stalls == "the server" { 256 } else { 2 };
        let mut steps = vec![query(text), send(b"\xfba".to_vec())];
        steps.extend((stalls == "the server").then_some(Step::Stall(STALL)));
        steps.extend(vec![Step::Expect(Want::Payload(bytes.clone())); pieces]);
        steps.extend([script::expect(b""), send(ok())]);
        let listener = Listener::tcp();
        let mut client = CApi::new(&listener.address(), "secret");
        let (content, mut begun) = (bytes.clone(), None);
        let files = files::set(&client, move |_, offset, _| {
            let given = usize::try_from(offset).unwrap() / content.len();
            let since = begun.get_or_insert_with(Instant::now);
            match stalls {
                _ if given == pieces => Give::Bytes(vec![]),
                "the function" if given == 1 && since.elapsed() < STALL => Give::Later,
                "the function, suspended" if given == 1 && since.elapsed() < STALL => Give::Suspend,
                _ => Give::Bytes(content.clone()),
            }
        });
        let server = listener.serve(Script::logged_in(&Greeting::default(), steps));
        client.login().unwrap();
        let (mut calls, start) = (Calls::default(), Instant::now());
        calls.measure(|| client.query(text.as_bytes())).unwrap();
        while calls.measure(|| client.poll()).unwrap() != Polled::End {
            std::thread::sleep(Duration::from_millis(1));
            if start.elapsed() > STALL {
                calls.measure(|| files::ready(&client));
            }
        }
        assert!(start.elapsed() >= STALL / 2, "it did not stall");
        calls.report(&format!("while a file is sent, {stalls} stalls"));
        drop((client, files));
        server.finish();
    }
}

/// A pipeline that is longer than the sockets hold, whose server stalls in its midst: neither the calls that
/// collect and send it nor the polls wait.
#[test]
fn in_a_pipeline() {
    const COMMANDS: usize = 40;
    let text = packets::pattern(300_000, 5);
    let steps = (0..COMMANDS).flat_map(|at| {
        let stall = (at == 7).then_some(Step::Stall(STALL));
        let answer = Step::Send(rows());
        [Step::Expect(Want::Query(packets::pattern(300_000, 5)))]
            .into_iter()
            .chain(stall)
            .chain([answer])
    });
    let listener = Listener::tcp();
    let mut client = CApi::new(&listener.address(), "secret");
    let server = listener.serve(Script::logged_in(&Greeting::default(), steps));
    let (mut calls, start, mut rows, mut over) = (Calls::default(), Instant::now(), 0, 0);
    for at in 0..COMMANDS {
        calls.measure(|| client.pipeline_add(&text, at)).unwrap();
    }
    calls.measure(|| client.pipeline_send(false)).unwrap();
    while over < COMMANDS {
        match calls.measure(|| client.poll()).unwrap() {
            Polled::RowReady => {
                rows += 1;
                calls.measure(|| client.next_row());
            }
            Polled::End => {
                over += 1;
                assert_eq!(calls.measure(|| client.pipeline_next()), over < COMMANDS);
            }
            _ => std::thread::sleep(Duration::from_millis(1)),
        }
    }
    assert_eq!(rows, 2 * COMMANDS);
    assert!(start.elapsed() >= STALL, "it did not stall");
    calls.measure(|| drop(client));
    calls.report("in the midst of a pipeline of 12 MB");
    server.finish();
}
