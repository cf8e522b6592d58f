// SPDX-License-Identifier: Apache-2.0
//! Bulk executes: what is sent, byte by byte, and what becomes of each row, with answers in pieces, errors and cuts
//! at any place.

use attachsql::capi::types::attachsql_options_t as Options;
use attachsql::session::Polled;

use crate::support::handles::Handle;
use crate::support::listener::{Listener, Running};
use crate::support::login_packet::LoginPacket;
use crate::support::packets::{self, AUTOCOMMIT, Greeting, OkPacket, err, framed, ok, prepared};
use crate::support::pools::{CPool, Told};
use crate::support::raw::CApi;
use crate::support::script::{Pieces, Script, Step, expect, query, send};
use crate::support::subject::Subject;

/// MARIADB_CLIENT_STMT_BULK_OPERATIONS and MARIADB_CLIENT_BULK_UNIT_RESULTS, among the capabilities that only
/// MariaDB has.
const BULK: u32 = 1 << 2;
const UNIT_RESULTS: u32 = 1 << 5;

const TEXT: &str = "INSERT INTO t VALUES (?, ?)";

/// What a server with arrays does.
fn with_arrays() -> Greeting {
    Greeting { more_caps: BULK, ..Greeting::default() }
}

/// Two rows with a number, one with a string in its place, and two with a number again.
fn add_rows(handle: &Handle) {
    for row in 0..5 {
        if row == 2 {
            handle.set_text(0, b"two").unwrap();
        } else {
            handle.set_int(0, row).unwrap();
        }
        handle.set_text(1, format!("b{row}").as_bytes()).unwrap();
        handle.bulk_add().unwrap();
    }
}

/// The commands that these rows are, with the number of their rows.
fn commands(arrays: bool) -> Vec<(u64, Vec<u8>)> {
    let value = |row: u8| match row {
        2 => b"\x03two".to_vec(),
        _ => vec![row, 0, 0, 0],
    };
    let kind = |row: u8| if row == 2 { b"\xfe\0\xfe\0" } else { b"\x03\0\xfe\0" };
    let text = |row: u8| [2, b'b', b'0' + row];
    if !arrays {
        let head = b"\x17\x07\0\0\0\0\x01\0\0\0\0\x01";
        let one = |row| [&head[..], kind(row), &value(row), &text(row)].concat();
        return (0..5).map(|row| (1, one(row))).collect();
    }
    let array = |rows: &[u8]| {
        let values =
            rows.iter().flat_map(|&row| [&[0][..], &value(row), &[0], &text(row)].concat());
        let head = [b"\xfa\x07\0\0\0\x80\0", &kind(rows[0])[..]].concat();
        (rows.len() as u64, head.into_iter().chain(values).collect())
    };
    vec![array(&[0, 1]), array(&[2]), array(&[3, 4])]
}

fn done(rows: u64) -> Vec<u8> {
    OkPacket { affected: rows, insert_id: 40 + rows, warnings: 1, ..OkPacket::default() }.payload()
}

fn refused() -> Vec<u8> {
    err(1062, Some("23000"), b"Duplicate entry")
}

fn prepare(greeting: &Greeting) -> [Step; 2] {
    let command = [b"\x16", TEXT.as_bytes()].concat();
    [expect(&command), Step::Send(prepared(greeting.caps, 7, 2, &[]))]
}

/// A server that takes the commands of the rows, and then answers each with one of `answers`.
fn steps(greeting: &Greeting, answers: &[Vec<u8>]) -> Vec<Step> {
    let commands = commands(greeting.more_caps & BULK != 0);
    assert_eq!(commands.len(), answers.len());
    let commands = commands.iter().map(|(_, payload)| expect(payload));
    let answers = answers.iter().map(|answer| Step::Raw(framed(1, std::slice::from_ref(answer))));
    prepare(greeting).into_iter().chain(commands).chain(answers).collect()
}

/// A client with the rows, and the server.
fn serve(script: Script) -> (CApi, Handle, Running) {
    let listener = Listener::unix();
    let mut client = CApi::new(&listener.address(), "secret");
    let server = listener.serve(script);
    let handle = client.handle_of(TEXT);
    add_rows(&handle);
    assert_eq!(handle.bulk_count(), 5);
    (client, handle, server)
}

/// Behind a bulk execute the connection takes a query, and the handle another execute.
fn goes_on(mut client: CApi, handle: Handle, server: Running) -> Script {
    assert_eq!(client.ask(b"next", false).len(), 1);
    handle.set_int(0, 0).unwrap();
    handle.set_text(1, b"b0").unwrap();
    handle.execute().unwrap();
    assert_eq!(client.settle(), Ok(Polled::End));
    drop((handle, client));
    let script = server.finish();
    assert!(script.is_over());
    script
}

fn next() -> Vec<Step> {
    let execute = commands(false).swap_remove(0).1;
    vec![query("next"), send(ok()), expect(&execute), send(ok()), expect(b"\x19\x07\0\0\0")]
}

fn styles() -> [Greeting; 4] {
    let eof = with_arrays().with_eof();
    [with_arrays(), eof, Greeting::mysql(), Greeting::default()]
}

#[test]
fn at_every_split_point() {
    for greeting in styles() {
        let arrays = greeting.more_caps & BULK != 0;
        let rows: Vec<u64> = commands(arrays).iter().map(|command| command.0).collect();
        let answers: Vec<Vec<u8>> = rows.iter().map(|&rows| done(rows)).collect();
        let run = |pieces| {
            let all = [steps(&greeting, &answers), next()].concat();
            let (mut client, handle, server) =
                serve(Script::logged_in(&greeting, all).in_pieces(pieces));
            handle.bulk_execute().unwrap();
            assert_eq!(client.settle(), Ok(Polled::End), "{pieces:?}");
            let numbers = client.numbers();
            assert_eq!((numbers.affected, numbers.insert_id), (5, 40 + rows[0]), "{pieces:?}");
            assert_eq!(numbers.warnings as usize, rows.len());
            assert_eq!(handle.bulk_failed(), None);
            goes_on(client, handle, server).sent()
        };
        let all = run(Pieces::Whole);
        run(Pieces::Every(1));
        for at in 1..all {
            run(Pieces::SplitAt(at));
        }
    }
}

/// The first error is told at the end, with its rows; those behind it count.
#[test]
fn errors_in_the_middle() {
    for greeting in styles() {
        let commands = commands(greeting.more_caps & BULK != 0);
        for bad in 1_u32..1 << commands.len() {
            let is_bad = |at: usize| bad >> at & 1 == 1;
            let answer = |(at, command): (usize, &(u64, _))| {
                if is_bad(at) { refused() } else { done(command.0) }
            };
            let answers: Vec<_> = commands.iter().enumerate().map(answer).collect();
            let all = [steps(&greeting, &answers), next()].concat();
            let (mut client, handle, server) = serve(Script::logged_in(&greeting, all));
            handle.bulk_execute().unwrap();
            for _ in 0..2 {
                assert_eq!(client.settle().unwrap_err().numbers(), (1062, "23000"));
            }
            let place = bad.trailing_zeros() as usize;
            let first: u64 = commands[..place].iter().map(|command| command.0).sum();
            let last = first + commands[place].0 - 1;
            assert_eq!(handle.bulk_failed(), Some((first, last)), "{bad:b}");
            let good = commands.iter().enumerate().filter(|(at, _)| !is_bad(*at));
            let affected: u64 = good.map(|(_, command)| command.0).sum();
            assert_eq!(client.numbers().affected, affected, "{bad:b}");
            goes_on(client, handle, server);
        }
    }
}

/// Cut anywhere: all rows without a whole answer are told.
#[test]
fn a_cut_at_every_byte() {
    for greeting in [with_arrays(), Greeting::mysql()] {
        let commands = commands(greeting.more_caps & BULK != 0);
        let answers: Vec<Vec<u8>> = (0..commands.len())
            .map(|at| if at == 1 { refused() } else { done(commands[at].0) })
            .collect();
        let before =
            [&[Step::Send(vec![greeting.payload()]), send(ok())], &prepare(&greeting)[1..]];
        let before: usize = before
            .concat()
            .iter()
            .map(|step| match step {
                Step::Send(payloads) => framed(0, payloads).len(),
                _ => 0,
            })
            .sum();
        let sizes: Vec<usize> = answers.iter().map(|answer| answer.len() + 4).collect();
        for cut in 0..sizes.iter().sum::<usize>() {
            for end in [Step::Close, Step::Reset] {
                let script = Script::logged_in(&greeting, steps(&greeting, &answers))
                    .cut_after(before + cut, end);
                let (mut client, handle, server) = serve(script);
                handle.bulk_execute().unwrap();
                let failure = client.settle().unwrap_err();
                assert!([2006, 2013].contains(&failure.code), "cut at {cut}: {failure:?}");
                assert_eq!(client.poll().unwrap_err(), failure);
                let mut left = cut;
                let whole = sizes.iter().take_while(|&&size| {
                    let is_whole = left >= size;
                    left = left.saturating_sub(size);
                    is_whole
                });
                let first: u64 = commands[..whole.count()].iter().map(|command| command.0).sum();
                assert_eq!(handle.bulk_failed(), Some((first, 4)), "cut at {cut}");
                for gone in [handle.bulk_execute(), client.query(b"next"), handle.bulk_add()] {
                    assert_eq!(gone.unwrap_err().code, 2006);
                }
                assert_eq!(client.poll().unwrap_err(), failure);
                drop((handle, client));
                server.finish();
            }
        }
    }
}

/// A server that has results for each row of an array is not asked for them. Rows that come all the same, such as
/// those of RETURNING, are dropped.
#[test]
fn results_of_each_row() {
    let greeting = Greeting { more_caps: BULK | UNIT_RESULTS, ..Greeting::default() };
    let caps = greeting.caps;
    let columns = ["Id", "Affected_rows"].map(|name| packets::typed_column(name, 8, 1));
    let row = |id: u64| vec![Some(id.to_le_bytes().to_vec()), Some(1_u64.to_le_bytes().to_vec())];
    let rows = packets::binary_result(caps, &columns, &[row(1), row(2)], AUTOCOMMIT);
    for with_rows in [false, true] {
        let commands = commands(true);
        let answers = commands.iter().map(|(count, _)| match with_rows {
            true => Step::Raw(framed(1, &rows)),
            false => Step::Raw(framed(1, &[done(*count)])),
        });
        let all = prepare(&greeting)
            .into_iter()
            .chain(commands.iter().map(|(_, payload)| expect(payload)))
            .chain(answers)
            .chain(next());
        let (mut client, handle, server) = serve(
            Script::logged_in(&greeting, all.collect::<Vec<_>>()).in_pieces(Pieces::Every(7)),
        );
        handle.bulk_execute().unwrap();
        assert_eq!(client.settle(), Ok(Polled::End));
        assert_eq!(client.numbers().affected, if with_rows { 0 } else { 5 });
        assert_eq!(handle.bulk_failed(), None);
        let script = goes_on(client, handle, server);
        let login = LoginPacket::parse(&script.payloads[0]);
        assert_eq!(login.more_caps & (BULK | UNIT_RESULTS), BULK, "what the client asks for");
    }
}

/// A row that is too long for a packet is never sent, and the others are.
#[test]
fn a_row_that_is_too_long() {
    let greeting = Greeting::mysql();
    let commands = commands(false);
    let all = prepare(&greeting)
        .into_iter()
        .chain(commands.iter().map(|(_, payload)| expect(payload)))
        .chain((0..5).map(|_| Step::Raw(framed(1, &[done(1)]))))
        .chain(next());
    let listener = Listener::unix();
    let mut client = CApi::new(&listener.address(), "secret");
    assert!(client.option(Options::MAX_PACKET, 4096));
    let server = listener.serve(Script::logged_in(&greeting, all.collect::<Vec<_>>()));
    let handle = client.handle_of(TEXT);
    handle.set_int(0, 1).unwrap();
    handle.set_text(1, &[b'x'; 5000]).unwrap();
    handle.bulk_add().unwrap();
    add_rows(&handle);
    handle.set_text(1, &[b'x'; 5000]).unwrap();
    handle.bulk_add().unwrap();
    handle.bulk_execute().unwrap();
    let failure = client.settle().unwrap_err();
    assert_eq!(failure.numbers(), (2020, "08S01"));
    assert!(failure.text.contains("over the limit of 4096 bytes"), "{}", failure.text);
    assert_eq!(handle.bulk_failed(), Some((0, 0)));
    assert_eq!(client.numbers().affected, 5);
    goes_on(client, handle, server);
}

/// With most rows not written yet, the statement is closed, and all rows go all the same; or the pipeline, in which
/// they go: what was written is answered, the rest is never sent. What comes next has its own answer.
#[test]
fn given_up_in_the_middle() {
    for closes_statement in [true, false] {
        const ROWS: usize = 20_000;
        let greeting = Greeting::mysql();
        let listener = Listener::unix();
        let address = listener.address();
        let server = std::thread::spawn(move || {
            let mut peer = listener.accept();
            peer.set_timeouts();
            assert!(peer.send(&framed(0, &[greeting.payload()])));
            assert!(peer.receive().is_some());
            assert!(peer.send(&framed(2, &[ok()])));
            assert!(peer.receive().is_some());
            assert!(peer.send(&framed(1, &prepared(greeting.caps, 7, 2, &[]))));
            let (mut inbox, mut executes, mut closes) = (Vec::new(), 0, Vec::new());
            while let Some(bytes) = peer.receive() {
                inbox.extend(bytes);
                while let Some(&[a, b, c, _]) = inbox.first_chunk() {
                    let size = usize::from(a) | usize::from(b) << 8 | usize::from(c) << 16;
                    if inbox.len() < 4 + size {
                        break;
                    }
                    let command = inbox[4];
                    inbox.drain(..4 + size);
                    executes += usize::from(command == 0x17);
                    if command == 0x19 {
                        closes.push(executes);
                    }
                    // Close and quit have no answer.
                    if command != 0x19 && command != 1 {
                        peer.send(&framed(1, &[done(1)]));
                    }
                }
            }
            (executes, closes)
        });
        let mut client = CApi::new(&address, "secret");
        let handle = client.handle_of(TEXT);
        handle.set_int(0, 1).unwrap();
        handle.set_text(1, b"b").unwrap();
        (0..ROWS).for_each(|_| handle.bulk_add().unwrap());
        handle.bulk_execute().unwrap();
        client.poll().unwrap();
        if closes_statement {
            drop(handle);
            assert_eq!(client.settle(), Ok(Polled::End));
            assert_eq!(client.numbers().affected, ROWS as u64);
        } else {
            client.pipeline_close();
            drop(handle);
            assert_eq!(client.settle(), Ok(Polled::End));
        }
        assert_eq!(client.ask(b"next", false).len(), 1);
        drop(client);
        let (executes, closes) = server.join().unwrap();
        assert_eq!(executes == ROWS, closes_statement, "{executes} were sent");
        assert_eq!(closes, [executes], "once, behind the last execute");
    }
}

/// Further rows are collected while others are executed, and each bulk execute has its own numbers.
#[test]
fn one_after_the_other() {
    let greeting = with_arrays();
    let first = steps(&greeting, &[done(2), refused(), done(2)]);
    let second = steps(&greeting, &[done(2), done(1), done(2)]).split_off(2);
    let all = [first, second, next()].concat();
    let (mut client, handle, server) = serve(Script::logged_in(&greeting, all));
    handle.bulk_execute().unwrap();
    add_rows(&handle);
    assert_eq!(handle.bulk_execute().unwrap_err().code, 2014);
    assert_eq!(handle.bulk_count(), 5, "they are kept");
    assert_eq!(client.settle().unwrap_err().code, 1062);
    assert_eq!(client.numbers().affected, 4);
    handle.bulk_execute().unwrap();
    assert_eq!(handle.bulk_failed(), None, "of this one");
    assert_eq!(client.settle(), Ok(Polled::End));
    assert_eq!(client.numbers().affected, 5);
    goes_on(client, handle, server);
}

/// An answer that is dropped before the rows have their turn is not one of theirs.
#[test]
fn behind_an_answer_that_is_dropped() {
    for greeting in styles() {
        let rows: Vec<u64> =
            commands(greeting.more_caps & BULK != 0).iter().map(|command| command.0).collect();
        let answers: Vec<Vec<u8>> = rows.iter().map(|&rows| done(rows)).collect();
        for other in [done(9), refused()] {
            let mut all = steps(&greeting, &answers);
            all.splice(2..2, [query("other"), Step::Send(vec![other])]);
            all.extend(next());
            let (mut client, handle, server) = serve(Script::logged_in(&greeting, all));
            client.query(b"other").unwrap();
            client.close_query();
            handle.bulk_execute().unwrap();
            assert_eq!(client.settle(), Ok(Polled::End));
            let numbers = client.numbers();
            assert_eq!((numbers.affected, numbers.insert_id), (5, 40 + rows[0]));
            assert_eq!(handle.bulk_failed(), None);
            goes_on(client, handle, server);
        }
    }
}

/// The types and the number of the parameters must be known.
#[test]
fn no_rows_before_the_statement_is_prepared() {
    let listener = Listener::unix();
    let client = CApi::new(&listener.address(), "secret");
    let handle = client.handle();
    handle.prepare(TEXT).unwrap();
    assert_eq!(handle.bulk_add().unwrap_err().code, 3000);
    assert_eq!(handle.bulk_execute().unwrap_err().code, 3000);
    assert_eq!(handle.bulk_failed(), None);
}

/// In a pool there is one event for all rows, however they end.
#[test]
fn one_event_in_a_pool() {
    for (end, want) in [("good", None), ("refused", Some(1062)), ("lost", Some(2013))] {
        let greeting = with_arrays();
        let mut all = steps(&greeting, &[done(2), done(1), done(2)]);
        match end {
            "refused" => drop(std::mem::replace(&mut all[6], Step::Raw(framed(1, &[refused()])))),
            "lost" => drop(std::mem::replace(&mut all[6], Step::Close)),
            _ => {}
        }
        let listener = Listener::unix();
        let pool = CPool::new(|_, _, _, _| {});
        let mut con = pool.connection(&listener.address());
        let server = listener.serve(Script::logged_in(&greeting, all));
        let handle = con.handle();
        handle.prepare(TEXT).unwrap();
        assert!(matches!(pool.run_until(2)[..], [(_, Told::Connected), (_, Told::End)]));
        add_rows(&handle);
        handle.bulk_execute().unwrap();
        let told = pool.run_out();
        match (&told[..], want) {
            ([(_, Told::End)], None) => assert_eq!(con.numbers().affected, 5),
            ([(_, Told::Failed(failure))], Some(code)) => assert_eq!(failure.code, code),
            other => panic!("{end}: {other:?}"),
        }
        let failed = match end {
            "good" => None,
            "refused" => Some((2, 2)),
            _ => Some((2, 4)),
        };
        assert_eq!(handle.bulk_failed(), failed, "{end}");
        drop((handle, con, pool));
        server.finish();
    }
}
