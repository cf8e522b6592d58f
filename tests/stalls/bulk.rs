// SPDX-License-Identifier: Apache-2.0
//! Bulk executes whose server stalls in the middle of its answers, and of which all answers come at once.

use std::time::{Duration, Instant};

use attachsql::session::Polled;

use crate::support::handles::Handle;
use crate::support::listener::{Address, Listener};
use crate::support::packets::{Greeting, OkPacket, framed, prepared};
use crate::support::raw::CApi;
use crate::support::script::{Script, Step, Want, expect};
use crate::support::subject::Subject;
use crate::{Calls, STALL};

/// MARIADB_CLIENT_STMT_BULK_OPERATIONS, among the capabilities that only MariaDB has.
const STMT_BULK: u32 = 4;

const ROWS: usize = 100_000;

const TEXT: &str = "INSERT INTO t VALUES (?, ?)";

/// A client with a prepared statement that has all rows; each call counted.
fn client(address: &Address, calls: &mut Calls) -> (CApi, Handle) {
    let mut client = CApi::new(address, "secret");
    let handle = client.handle_of(TEXT);
    for row in (0..).take(ROWS) {
        handle.set_int(0, row).unwrap();
        handle.set_text(1, b"some value").unwrap();
        calls.measure(|| handle.bulk_add()).unwrap();
    }
    (client, handle)
}

/// The steps of the prepare, and then `rest`.
fn script(greeting: &Greeting, rest: impl IntoIterator<Item = Step>) -> Script {
    let prepare = [
        expect(&[b"\x16", TEXT.as_bytes()].concat()),
        Step::Send(prepared(greeting.caps, 1, 2, &[])),
    ];
    Script::logged_in(greeting, prepare.into_iter().chain(rest))
}

fn answer(affected: u64) -> Vec<u8> {
    framed(1, &[OkPacket { affected, ..OkPacket::default() }.payload()])
}

/// The server takes `count` rows, so many at a time before it answers them.
fn taken(count: usize, at_once: usize) -> impl Iterator<Item = Step> {
    (0..count.div_ceil(at_once)).flat_map(move |block| {
        let size = at_once.min(count - block * at_once);
        let commands = (0..size).map(|_| Step::Expect(Want::Any));
        commands.chain([Step::Raw(answer(1).repeat(size))])
    })
}

/// Runs all rows against a server that takes them in these steps; each call counted.
fn run(greeting: &Greeting, steps: impl IntoIterator<Item = Step>, where_it_stalls: &str) {
    let listener = Listener::unix();
    let address = listener.address();
    let server = listener.serve(script(greeting, steps));
    let mut calls = Calls::default();
    let (mut client, handle) = client(&address, &mut calls);
    let start = Instant::now();
    calls.measure(|| handle.bulk_execute()).unwrap();
    while calls.measure(|| client.poll()).unwrap() != Polled::End {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(start.elapsed() >= STALL, "it did not stall");
    assert_eq!(client.numbers().affected, ROWS as u64);
    handle.set_int(0, 1).unwrap();
    (0..ROWS).for_each(|_| handle.bulk_add().unwrap());
    calls.measure(|| handle.bulk_clear());
    calls.measure(|| drop((handle, client)));
    calls.report(where_it_stalls);
    assert!(server.finish().is_over());
}

/// With rows that are still to be sent, in the middle of an answer, and with all answers of a good while at once.
#[test]
fn between_the_answers_to_executes() {
    for at_once in [1, 100, 2000] {
        let steps = taken(8192, at_once)
            .chain([
                Step::Expect(Want::Any),
                Step::Raw(answer(1)[..5].to_vec()),
                Step::Stall(STALL),
                Step::Raw(answer(1)[5..].to_vec()),
            ])
            .chain(taken(ROWS - 8193, at_once));
        let what = format!("between the answers to {ROWS} executes of a bulk, {at_once} at once");
        run(&Greeting::mysql(), steps, &what);
    }
}

/// With arrays that are still to be sent, and in the middle of an answer.
#[test]
fn between_the_answers_to_arrays() {
    let greeting = Greeting { more_caps: STMT_BULK, ..Greeting::default() };
    // 512 KiB of rows of 17 bytes, behind 10 of the head: statement, flags, two types.
    let most = (512 * 1024 - 10) / 17;
    let sizes = [most, most, most, ROWS - 3 * most];
    let steps = sizes.into_iter().flat_map(|size| {
        let bytes = answer(size as u64);
        let (head, tail) = bytes.split_at(5);
        let stall = (size < most).then_some(Step::Stall(STALL));
        [Step::Expect(Want::Any), Step::Raw(head.to_vec())]
            .into_iter()
            .chain(stall)
            .chain([Step::Raw(tail.to_vec())])
    });
    run(&greeting, steps.collect::<Vec<_>>(), "between the answers to arrays of a bulk");
}
