// SPDX-License-Identifier: Apache-2.0
//! Where a network cuts the stream must not matter: whole sessions, recorded and made up, played at
//! every split point and byte by byte, in memory, through the session over sockets, and through the C
//! API. What the program sees is the same each time.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests end that way")]

use attachsql::session::{Connection, Polled};

use support::golden::{self, Recording};
use support::in_memory::InMemory;
use support::listener::{Inline, Listener};
use support::packets::{self, Greeting, Value};
use support::raw::CApi;
use support::script::{self, Pieces, Script, Step, Want};
use support::subject::{self, Ask, Seen, Subject, WithServer};

mod support;

fn replay(recording: &Recording, pieces: Pieces) -> Vec<Seen> {
    let script = recording.script().in_pieces(pieces);
    InMemory::new(golden::login_config(), script).run(&golden::asks())
}

#[test]
fn recorded_sessions_at_every_split_point() {
    for (name, recording) in golden::committed() {
        let whole = replay(&recording, Pieces::Whole);
        assert!(whole.len() > 40, "{name}: {whole:#?}");
        for at in 1..recording.server_bytes() {
            assert!(replay(&recording, Pieces::SplitAt(at)) == whole, "{name}, split at {at}");
        }
        for size in 1..=9 {
            assert!(replay(&recording, Pieces::Every(size)) == whole, "{name}, {size} at a time");
        }
    }
}

#[test]
fn recorded_sessions_over_sockets() {
    for (name, recording) in golden::committed() {
        let whole = replay(&recording, Pieces::Whole);
        let splits = (1..recording.server_bytes()).step_by(61).map(Pieces::SplitAt);
        for pieces in splits.chain([Pieces::Every(1), Pieces::Every(2), Pieces::Every(5)]) {
            let listener = if splits_evenly(pieces) { Listener::tcp() } else { Listener::unix() };
            let server = Inline::new(listener, recording.script().in_pieces(pieces));
            let client = golden::connection(&server.address());
            let mut both = WithServer { client, server };
            assert!(both.run(&golden::asks()) == whole, "{name}, {pieces:?}");
            finish(both);
        }
    }
}

/// Half of the splits over TCP, half over a unix socket.
fn splits_evenly(pieces: Pieces) -> bool {
    match pieces {
        Pieces::SplitAt(n) | Pieces::Every(n) => n % 2 == 0,
        Pieces::Whole => true,
    }
}

/// The client goes, and has sent nothing but a goodbye that the script did not wait for.
fn finish<S>(both: WithServer<S>) {
    drop(both.client);
    let script = both.server.finish();
    assert!(script.is_over());
    assert_eq!(script.left(), b"\x01\0\0\0\x01", "COM_QUIT");
}

/// Values around every length at which the encoding changes.
const SIZES: [usize; 20] = [
    0, 1, 2, 3, 124, 125, 126, 127, 128, 129, 249, 250, 251, 252, 253, 255, 256, 257, 4095, 70_000,
];

struct MadeUp {
    script: Script,
    asks: Vec<Ask>,
}

impl MadeUp {
    fn new(greeting: Greeting) -> Self {
        let asks = vec![
            Ask::Login,
            Ask::query("sizes"),
            Ask::buffered("sizes"),
            Ask::query("nulls"),
            Ask::query("error among rows"),
            Ask::Abandon(b"sizes".to_vec(), 3),
            Ask::buffered("two results"),
            Ask::query("numbers"),
        ];
        Self { script: Self::script(&greeting), asks }
    }

    fn script(greeting: &Greeting) -> Script {
        let caps = greeting.caps;
        let sizes: Vec<Vec<Value>> = SIZES
            .iter()
            .map(|&size| {
                vec![Some(packets::pattern(size, 1)), None, Some(packets::pattern(size / 2, 2))]
            })
            .collect();
        let names = ["first", "second", "third"];
        let sizes = packets::result(caps, &names, &sizes, packets::AUTOCOMMIT);
        let nulls: Vec<Vec<Value>> =
            (0..300).map(|n| vec![(n % 3 == 0).then(Vec::new); 2]).collect();
        let mut broken = packets::columns(caps, &["a"]);
        broken.push(packets::row(&[Some("one")]));
        broken.push(packets::err(1317, Some("70100"), b"Query execution was interrupted"));
        let one = vec![vec![Some(b"1".to_vec())]];
        let more = packets::AUTOCOMMIT | packets::MORE;
        let numbers = packets::OkPacket {
            affected: 200,
            insert_id: 1 << 40,
            warnings: 7,
            info: b"Records: 200",
            ..packets::OkPacket::default()
        };
        let steps = [
            answer("sizes", sizes.clone()),
            answer("sizes", sizes.clone()),
            answer("nulls", packets::result(caps, &["a", "b"], &nulls, packets::AUTOCOMMIT)),
            answer("error among rows", broken),
            answer("sizes", sizes),
            answer(
                "two results",
                [
                    packets::result(caps, &["a"], &one, more),
                    packets::result(caps, &["b", "c"], &[], packets::AUTOCOMMIT),
                ]
                .concat(),
            ),
            answer("numbers", vec![numbers.payload()]),
        ];
        Script::logged_in(greeting, steps.into_iter().flatten())
    }

    fn in_memory(&self, pieces: Pieces) -> (Vec<Seen>, usize) {
        let mut subject = InMemory::private(self.script.clone().in_pieces(pieces));
        let seen = subject.run(&self.asks);
        assert!(subject.script.is_over());
        (seen, subject.script.sent())
    }
}

fn answer(text: &str, payloads: Vec<Vec<u8>>) -> [Step; 2] {
    [script::query(text), Step::Send(payloads)]
}

fn styles() -> [MadeUp; 2] {
    [MadeUp::new(Greeting::default()), MadeUp::new(Greeting::default().with_eof())]
}

#[test]
fn rows_of_all_sizes_in_pieces_of_all_sizes() {
    for session in styles() {
        let (whole, bytes) = session.in_memory(Pieces::Whole);
        let rows = whole.iter().filter(|seen| matches!(seen, Seen::Row(_))).count();
        assert_eq!(rows, 2 * SIZES.len() + 300 + 1 + 3 + 1);
        let failed = whole.iter().filter(|seen| matches!(seen, Seen::Failed(_))).count();
        assert_eq!(failed, 1, "the error among rows");
        for size in [1, 3, 97, 1021, 4096, 8191, 65_536] {
            assert!(session.in_memory(Pieces::Every(size)).0 == whole, "{size} at a time");
        }
        // Everywhere in the first bytes, and then here and there.
        for at in (1..1500).chain((1500..bytes).step_by(4099)) {
            assert!(session.in_memory(Pieces::SplitAt(at)).0 == whole, "split at {at}");
        }
    }
}

#[test]
fn rows_of_all_sizes_over_sockets() {
    for session in styles() {
        let (whole, _) = session.in_memory(Pieces::Whole);
        for pieces in [Pieces::Every(61), Pieces::Every(1000), Pieces::Every(30_000), Pieces::Whole]
        {
            let script = || session.script.clone().in_pieces(pieces);
            let server = Inline::new(Listener::tcp(), script());
            let client = Connection::new(subject::config(&server.address(), "secret"));
            let mut both = WithServer { client, server };
            assert!(both.run(&session.asks) == whole, "session, {pieces:?}");
            finish(both);

            let server = Inline::new(Listener::unix(), script());
            let client = CApi::new(&server.address(), "secret");
            let mut both = WithServer { client, server };
            assert!(both.run(&session.asks) == whole, "C API, {pieces:?}");
            finish(both);
        }
    }
}

/// The wire types of statements' rows, and values around every length at which an encoding changes.
fn binary_columns() -> Vec<(u8, Vec<Vec<u8>>)> {
    let fixed = |size: usize| vec![packets::pattern(size, 1), vec![0xff; size]];
    let strings = SIZES.map(|size| packets::text(&packets::pattern(size, 2))).to_vec();
    let dates = [&b"\x00"[..], b"\x04\xd1\x07\x02\x03", b"\x07\xd1\x07\x02\x03\x04\x05\x06"];
    let times =
        [&b"\x00"[..], b"\x08\x01\x01\0\0\0\x02\x03\x04", b"\x0c\0\0\0\0\0\x01\x02\x03\x01\0\0\0"];
    vec![
        (1, fixed(1)),
        (13, fixed(2)),
        (9, fixed(4)),
        (8, fixed(8)),
        (4, fixed(4)),
        (5, fixed(8)),
        (12, dates.map(<[u8]>::to_vec).to_vec()),
        (11, times.map(<[u8]>::to_vec).to_vec()),
        (253, strings.clone()),
        (245, strings[..12].to_vec()),
    ]
}

/// A session with a statement: prepared, executed twice, in its midst once more, closed.
fn statement_script(greeting: &Greeting) -> Script {
    let types = binary_columns();
    let columns: Vec<_> =
        types.iter().map(|(kind, _)| packets::typed_column("c", *kind, 0)).collect();
    let rows = |count: usize| {
        let value = |row: usize, (at, (_, all)): (usize, &(u8, Vec<Vec<u8>>))| {
            ((row + at) % 4 != 3).then(|| all[row % all.len()].clone())
        };
        let row = |row| types.iter().enumerate().map(|column| value(row, column)).collect();
        let rows: Vec<Vec<Value>> = (0..count).map(row).collect();
        Step::Send(packets::binary_result(greeting.caps, &columns, &rows, packets::AUTOCOMMIT))
    };
    let prepared = packets::prepared(greeting.caps, 5, 2, &columns);
    let any = || Step::Expect(Want::Any);
    let steps = [any(), Step::Send(prepared), any(), rows(24), any(), rows(3), any(), rows(5)];
    Script::logged_in(greeting, steps)
}

/// What a program sees of it: every value as text, and then the types.
fn statement_session(both: &mut WithServer<CApi>) -> Vec<Vec<Value>> {
    let mut seen = Vec::new();
    both.login().unwrap();
    both.client.prepare(b"text").unwrap();
    assert_eq!(both.settle(), Ok(Polled::End));
    assert_eq!(both.client.param_count(), 2);
    for most in [usize::MAX, 1, usize::MAX] {
        both.client.execute().unwrap();
        let mut count = 0;
        while both.settle() == Ok(Polled::RowReady) {
            both.client.statement_row().unwrap();
            let columns = 0..both.client.column_count();
            seen.push(columns.map(|column| both.client.text(column).unwrap()).collect());
            count += 1;
            if count == most {
                break;
            }
            both.next_row();
        }
    }
    seen
}

#[test]
fn statements_at_every_split_point() {
    // The style without EOF packets everywhere, the other one here and there.
    for (greeting, step) in [(Greeting::default(), 1), (Greeting::default().with_eof(), 7)] {
        let run = |pieces, tcp| {
            let listener = if tcp { Listener::tcp() } else { Listener::unix() };
            let server = Inline::new(listener, statement_script(&greeting).in_pieces(pieces));
            let client = CApi::new(&server.address(), "secret");
            let mut both = WithServer { client, server };
            let seen = statement_session(&mut both);
            drop(both.client);
            (seen, both.server.finish().sent())
        };
        let (whole, bytes) = run(Pieces::Whole, true);
        assert_eq!(whole.len(), 24 + 1 + 5);
        assert_eq!(whole[0].len(), binary_columns().len());
        for size in [1, 2, 3, 7, 64, 1021, 4096] {
            assert!(run(Pieces::Every(size), size % 2 == 0).0 == whole, "{size} at a time");
        }
        // Every byte of the small values, and then here and there.
        for at in (1..2500).step_by(step).chain((2500..bytes).step_by(3671)) {
            assert!(run(Pieces::SplitAt(at), false).0 == whole, "split at {at}");
        }
    }
}

/// A payload over several packets, split in and around the headers between its pieces.
#[test]
fn long_rows_at_the_seams() {
    let frame = packets::MAX_FRAME;
    for size in [frame - 5, frame - 4, frame - 3, frame, 2 * frame + 7] {
        let value = packets::pattern(size, 3);
        let rows = [vec![Some(value)], vec![Some(b"small".to_vec())]];
        let greeting = Greeting::default();
        let payloads = packets::result(greeting.caps, &["a"], &rows, packets::AUTOCOMMIT);
        let script = Script::logged_in(&greeting, answer("long", payloads.clone()));
        let asks = [Ask::Login, Ask::query("long")];
        let run = |pieces| InMemory::private(script.clone().in_pieces(pieces)).run(&asks);
        let whole = run(Pieces::Whole);
        assert!(whole[2..4] == rows.map(Seen::Row), "{size}");
        // The row begins where login and columns end.
        let before = packets::framed(0, &payloads[..2]).len() + 4;
        let login: usize = [greeting.payload(), packets::ok()].iter().map(|p| p.len() + 4).sum();
        let seam = login + before + frame;
        for at in [seam - 1, seam, seam + 1, seam + 4] {
            assert!(run(Pieces::SplitAt(at)) == whole, "{size}, split at {at}");
        }
        assert!(run(Pieces::Every(1_000_003)) == whole, "{size}");
    }
}
