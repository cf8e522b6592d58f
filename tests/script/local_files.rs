// SPDX-License-Identifier: Apache-2.0
//! LOAD DATA LOCAL against a scripted server, through the C API: what is sent of which file, what is not sent
//! whatever the server asks for, and how a function that has nothing yet goes on.

use std::cell::{Cell, RefCell};
use std::ffi::CStr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use attachsql::limits::UPLOAD_PIECE;
use attachsql::session::Polled;

use crate::answers::styles;
use crate::support::embed::{Loop, Source, Style};
use crate::support::files::{self, Files, Give};
use crate::support::listener::{Inline, Listener, Running};
use crate::support::login_packet::LoginPacket;
use crate::support::packets::{self, AUTOCOMMIT, Greeting, MORE, OkPacket, err, ok};
use crate::support::pools::{CPool, Told};
use crate::support::raw::{self, CApi};
use crate::support::script::{Pieces, Script, Step, Want, expect, query, send};
use crate::support::subject::{Failure, Numbers, Seen, Subject, WithServer};

const LOAD: &str = "LOAD DATA LOCAL INFILE 'a.csv' INTO TABLE t";

/// A logged-in client whose files `function` gives.
fn serve(
    steps: Vec<Step>,
    function: impl FnMut(&CStr, u64, usize) -> Give + 'static,
) -> (CApi, Files, Running) {
    let listener = Listener::unix();
    let mut client = CApi::new(&listener.address(), "secret");
    let files = files::set(&client, function).unwrap();
    let server = listener.serve(Script::logged_in(&Greeting::default(), steps));
    client.login().unwrap();
    (client, files, server)
}

fn request(name: &[u8]) -> Step {
    send([b"\xfb", name].concat())
}

/// The server takes these pieces, and the end.
fn pieces(bytes: &[u8], size: usize) -> Vec<Step> {
    bytes.chunks(size).map(expect).chain([expect(b"")]).collect()
}

/// Another query, and the end of the script.
fn next() -> [Step; 2] {
    [query("next"), send(ok())]
}

/// The connection does as it should, and nothing was sent that the script did not wait for.
fn goes_on(mut client: CApi, server: Running) {
    client.close_query();
    assert_eq!(client.ask(b"next", false), [Seen::Done(Numbers::default())]);
    drop(client);
    let script = server.finish();
    assert!(script.is_over());
    assert_eq!(script.left(), [1, 0, 0, 0, 1], "nothing but the goodbye");
}

fn never(_: &CStr, _: u64, _: usize) -> Give {
    panic!("nobody may ask for a file")
}

#[test]
fn files_of_every_size() {
    let loaded = OkPacket { affected: 3, info: b"Records: 3", ..OkPacket::default() };
    for greeting in styles() {
        for (size, most) in [
            (0, 9),
            (1, 9),
            (100, 7),
            (UPLOAD_PIECE, usize::MAX),
            (200_000, usize::MAX),
            (3 << 20, usize::MAX),
        ] {
            let bytes = packets::pattern(size, 5);
            let steps =
                [vec![query(LOAD), request(b"a.csv")], pieces(&bytes, most.min(UPLOAD_PIECE))];
            let end = [send(loaded.payload()), query("next"), send(ok())];
            let listener = Listener::tcp();
            let mut client = CApi::new(&listener.address(), "secret");
            let (calls, function) = files::plain("a.csv", bytes, most);
            let _files = files::set(&client, function).unwrap();
            let server =
                listener.serve(Script::logged_in(&greeting, steps.concat().into_iter().chain(end)));
            client.login().unwrap();
            let numbers =
                Numbers { affected: 3, info: "Records: 3".to_owned(), ..Numbers::default() };
            assert_eq!(client.ask(LOAD.as_bytes(), false), [Seen::Done(numbers)]);
            assert_eq!(calls.get(), size.div_ceil(most.min(UPLOAD_PIECE)) + 1);
            goes_on(client, server);
        }
    }
}

/// The server is told of files only if there is a function, whatever the old option says.
#[test]
fn the_capability() {
    const LOCAL_FILES: u32 = 1 << 7;
    for (sets, unsets) in [(false, false), (true, false), (true, true)] {
        let server = Inline::new(Listener::unix(), Script::logged_in(&Greeting::default(), []));
        let client = CApi::new(&server.address(), "secret");
        let files = sets.then(|| files::set(&client, never).unwrap());
        if unsets {
            files::unset(&client).unwrap();
        }
        let mut both = WithServer { client, server };
        both.login().unwrap();
        let login = LoginPacket::parse(&both.server.script.payloads[0]);
        assert_eq!(u64::from(login.caps) & u64::from(LOCAL_FILES) != 0, sets && !unsets);
        // Too late.
        let failure = files::unset(&both.client).unwrap_err();
        assert_eq!(failure.numbers(), (3000, "22023"));
        assert_eq!(files::set(&both.client, never).unwrap_err().numbers(), (3000, "22023"));
        drop(files);
    }
}

/// What a server may ask for after `text`, and must not get: not one byte leaves but the empty packet.
#[test]
fn requests_that_are_refused() {
    let cases: &[(&str, &[u8])] = &[
        (LOAD, b"/etc/passwd"),
        (LOAD, b"A.CSV"),
        (LOAD, b"a.cs"),
        (LOAD, b"a.csv "),
        (LOAD, b"./a.csv"),
        (LOAD, b"a.csv\0"),
        (LOAD, b"'a.csv'"),
        (LOAD, b""),
        ("SELECT 1", b"a.csv"),
        ("SELECT 'LOAD DATA LOCAL INFILE ''a.csv'''", b"a.csv"),
        ("SELECT 1; LOAD DATA LOCAL INFILE 'a.csv' INTO TABLE t", b"a.csv"),
        ("/*! LOAD DATA LOCAL INFILE 'a.csv' INTO TABLE t */", b"a.csv"),
        ("LOAD DATA INFILE 'a.csv' INTO TABLE t", b"a.csv"),
        ("LOAD DATA LOCAL INFILE 'a\0.csv' INTO TABLE t", b"a\0.csv"),
        ("LOAD DATA LOCAL INFILE 'it\\'s' INTO TABLE t", b"it\\"),
    ];
    for (text, asked) in cases {
        for fails in [false, true] {
            let end = if fails { err(1064, Some("42000"), b"no") } else { ok() };
            let steps = [
                query(text),
                request(asked),
                Step::Expect(Want::Bytes(b"\0\0\0\x02".to_vec())),
                send(end),
            ];
            let (mut client, _files, server) = serve([&steps[..], &next()].concat(), never);
            let seen = client.ask(text.as_bytes(), false);
            let [Seen::Failed(failure)] = &seen[..] else { panic!("{text}, {asked:?}: {seen:?}") };
            assert_eq!(failure.numbers(), (2068, "HY000"), "{text}, {asked:?}: {failure:?}");
            assert!(failure.text.ends_with("nothing was sent"), "{failure:?}");
            let asked = String::from_utf8_lossy(asked).replace('\0', "\u{fffd}");
            let begins = format!("the server asked for local file '{asked}', but ");
            assert!(failure.text.starts_with(&begins), "{failure:?}");
            goes_on(client, server);
        }
    }
}

/// The name is that of the running command alone, and for one request.
#[test]
fn a_name_is_used_once() {
    // The command before it named the file; and the same command has had it.
    for twice in [false, true] {
        let bytes = b"one\n".to_vec();
        let (calls, function) = files::plain("a.csv", bytes.clone(), 100);
        let more = OkPacket { status: AUTOCOMMIT | MORE, ..OkPacket::default() };
        let mut steps = [vec![query(LOAD), request(b"a.csv")], pieces(&bytes, 100)].concat();
        if twice {
            steps.push(send(more.payload()));
        } else {
            steps.extend([send(ok()), query("SELECT 1")]);
        }
        steps.extend([request(b"a.csv"), expect(b""), send(ok())]);
        steps.extend(next());
        let (mut client, _files, server) = serve(steps, function);
        client.query(LOAD.as_bytes()).unwrap();
        assert_eq!(client.settle(), Ok(Polled::End));
        if twice {
            assert!(client.next_result());
        } else {
            client.close_query();
            client.query(b"SELECT 1").unwrap();
        }
        assert_eq!(client.settle().unwrap_err().numbers(), (2068, "HY000"));
        assert_eq!(calls.get(), 2);
        goes_on(client, server);
    }
}

/// A second request in place of an answer is no answer.
#[test]
fn requests_without_end() {
    let (_, function) = files::plain("a.csv", b"one\n".to_vec(), 100);
    let mut steps = [vec![query(LOAD), request(b"a.csv")], pieces(b"one\n", 100)].concat();
    steps.push(request(b"a.csv"));
    let (mut client, _files, server) = serve(steps, function);
    client.query(LOAD.as_bytes()).unwrap();
    assert_eq!(client.settle().unwrap_err().numbers(), (2027, "08S01"));
    drop(client);
    assert_eq!(server.finish().left(), []);
}

/// Commands without a text name no file.
#[test]
fn other_commands() {
    for command in [&b"\x16?"[..], b"\x0e"] {
        let steps = vec![expect(command), request(b"a.csv")];
        let (mut client, _files, server) = serve(steps, never);
        if command == b"\x0e" {
            client.command(crate::support::commands::Do::Ping).unwrap();
        } else {
            client.prepare(b"?").unwrap();
        }
        assert_eq!(client.settle().unwrap_err().numbers(), (2027, "08S01"));
        drop(client);
        assert_eq!(server.finish().left(), []);
    }
}

/// Remembered until the login, and with parameters.
#[test]
fn the_text_that_is_sent_counts() {
    for (no_backslash, sent) in [(false, "it\\'s\\\\x"), (true, "it''s\\x")] {
        let listener = Listener::unix();
        let mut client = CApi::new(&listener.address(), "secret");
        let (calls, function) = files::plain("it's\\x", b"1".to_vec(), 9);
        let _files = files::set(&client, function).unwrap();
        let status = if no_backslash { packets::NO_BACKSLASH } else { 0 } | AUTOCOMMIT;
        let login = OkPacket { status, ..OkPacket::default() }.payload();
        let text = format!("LOAD DATA LOCAL INFILE '{sent}' INTO TABLE t");
        let again =
            [vec![query(&text), request(b"it's\\x")], pieces(b"1", 9), vec![send(login.clone())]]
                .concat();
        let mut steps = vec![
            Step::Send(vec![Greeting::default().payload()]),
            Step::Expect(Want::Login),
            send(login),
        ];
        steps.extend([again.clone(), again].concat());
        steps.extend(next());
        let server = listener.serve(Script::new(steps));
        for count in [2, 4] {
            let text = b"LOAD DATA LOCAL INFILE ? INTO TABLE t";
            files::query_with(&mut client, text, &[b"it's\\x"]).unwrap();
            assert_eq!(client.settle(), Ok(Polled::End));
            assert_eq!(calls.get(), count);
            client.close_query();
        }
        goes_on(client, server);
    }
}

/// What is given before the failure goes, and an empty packet; the function's words are the query's error,
/// whatever the server says.
#[test]
fn a_function_that_fails() {
    let too_much = isize::try_from(UPLOAD_PIECE + 1).unwrap();
    let cases = [
        (Give::Error("disk on fire"), "local file 'a.csv': disk on fire"),
        (Give::Error(""), "local file 'a.csv': its function has failed"),
        (Give::Fails, "local file 'a.csv': its function has failed"),
        (Give::Number(-7), "local file 'a.csv': its function returned -7, which means nothing"),
        (Give::Number(isize::MIN), "which means nothing"),
        (Give::Number(too_much), "says 65537 bytes where there is room for 65536"),
    ];
    for (give, text) in &cases {
        for (before, fails) in [(0, false), (2, false), (0, true), (2, true)] {
            let end = if fails { err(1062, Some("23000"), b"Duplicate") } else { ok() };
            let mut steps = vec![query(LOAD), request(b"a.csv")];
            steps.extend(pieces(&b"12345678"[..4 * before], 4));
            steps.push(send(end));
            steps.extend(next());
            let (give, mut left) = (give.clone(), before);
            let (mut client, _files, server) = serve(steps, move |_, _, _| {
                if left == 0 {
                    return give.clone();
                }
                left -= 1;
                Give::Bytes(if left + 1 == before { b"1234" } else { b"5678" }.to_vec())
            });
            client.query(LOAD.as_bytes()).unwrap();
            let failure = client.settle().unwrap_err();
            assert_eq!(failure.numbers(), (2069, "HY000"), "{failure:?}");
            assert!(failure.text.contains(text), "{failure:?}");
            assert_eq!(client.poll().unwrap_err(), failure, "it stays");
            goes_on(client, server);
        }
    }
}

/// A server that gives up before the end of the file: nothing more of it is sent, but its end.
#[test]
fn an_error_in_the_middle() {
    for (suspends, closes) in [(false, false), (true, false), (true, true)] {
        let mut steps = vec![query(LOAD), request(b"a.csv"), expect(b"1234")];
        steps.extend([send(err(1146, Some("42S02"), b"No table")), expect(b"")]);
        steps.extend(next());
        let mut given = false;
        let (mut client, files, server) = serve(steps, move |_, _, _| {
            if std::mem::replace(&mut given, true) {
                return if suspends { Give::Suspend } else { Give::Later };
            }
            Give::Bytes(b"1234".to_vec())
        });
        client.query(LOAD.as_bytes()).unwrap();
        if closes {
            // It may have come already.
            while !files.wait() && client.poll().is_ok() {}
            client.close_query();
        } else {
            assert_eq!(client.settle().unwrap_err().numbers(), (1146, "42S02"));
        }
        goes_on(client, server);
    }
}

/// Anything but an error while the file is awaited is no protocol.
#[test]
fn an_answer_in_the_middle() {
    for answer in [ok(), b"\x01".to_vec(), b"\xfbagain".to_vec(), vec![]] {
        let steps = vec![query(LOAD), request(b"a.csv"), send(answer)];
        let (mut client, _files, server) = serve(steps, |_, _, _| Give::Suspend);
        client.query(LOAD.as_bytes()).unwrap();
        assert_eq!(client.settle().unwrap_err().numbers(), (2027, "08S01"));
        drop(client);
        assert_eq!(server.finish().left(), []);
    }
}

/// The query is closed while its file is sent, at every step: its end is sent and the function not called again.
#[test]
fn closed_in_the_middle() {
    for gives in 0..3 {
        for pause in [Give::Later, Give::Suspend] {
            let mut steps = vec![query(LOAD), request(b"a.csv")];
            steps.extend(pieces(&b"abcdefgh"[..4 * gives], 4));
            steps.push(send(err(1062, Some("23000"), b"Duplicate")));
            steps.extend(next());
            let (calls, mut function) = files::plain("a.csv", b"abcdefgh".to_vec(), 4);
            let mut left = gives;
            let (mut client, files, server) = serve(steps, move |name, offset, room| {
                if left == 0 {
                    return pause.clone();
                }
                left -= 1;
                function(name, offset, room)
            });
            client.query(LOAD.as_bytes()).unwrap();
            while !files.wait() {
                client.poll().unwrap();
            }
            client.close_query();
            assert!(client.has_more(), "the end of the file is to be sent");
            assert_eq!(client.settle(), Ok(Polled::End), "nobody hears of the error");
            assert_eq!(calls.get(), gives);
            goes_on(client, server);
        }
    }
}

/// Destroyed in the middle: not one byte more, a goodbye least of all, which would be a part of the file.
#[test]
fn destroyed_in_the_middle() {
    let steps = vec![query(LOAD), request(b"a.csv"), expect(b"1234"), Step::Expect(Want::Any)];
    let mut given = false;
    let (mut client, files, server) = serve(steps, move |_, _, _| {
        if std::mem::replace(&mut given, true) {
            Give::Later
        } else {
            Give::Bytes(b"1234".to_vec())
        }
    });
    client.query(LOAD.as_bytes()).unwrap();
    while !files.wait() {
        client.poll().unwrap();
    }
    drop(client);
    let script = server.finish();
    assert!(!script.is_over());
    assert_eq!(script.left(), []);
}

/// In an event loop: "later" is asked again after a while, without spinning.
#[test]
fn later_in_a_loop() {
    for style in [Style::Watches, Style::Descriptor] {
        let bytes = b"abcdefgh".to_vec();
        let steps = [
            vec![query(LOAD), request(b"a.csv")],
            pieces(&bytes, 4),
            vec![send(ok())],
            next().to_vec(),
        ];
        let (calls, function) = files::plain("a.csv", bytes, 4);
        let pauses = Rc::new(Cell::new(0));
        let counted = Rc::clone(&pauses);
        let mut pausing = files::pausing(vec![Give::Later; 4], function);
        let (mut client, _files, server) = serve(steps.concat(), move |name, offset, room| {
            let give = pausing(name, offset, room);
            counted.set(counted.get() + u32::from(matches!(give, Give::Later)));
            give
        });
        client.query(LOAD.as_bytes()).unwrap();
        let (mut around, mut polls) = (Loop::default(), 0);
        while client.poll().unwrap() != Polled::End {
            polls += 1;
            assert!(around.sleep(&client, style, Duration::from_secs(20)), "nothing wakes it up");
        }
        assert_eq!((calls.get(), pauses.get()), (3, 12));
        assert_eq!(around.timeouts, 12, "each pause is slept through: {around:?}");
        assert!(polls < 30, "{polls} polls");
        goes_on(client, server);
    }
}

/// In an event loop: one that suspended itself is left alone until the program says so.
#[test]
fn suspended_in_a_loop() {
    for style in [Style::Watches, Style::Descriptor] {
        let bytes = b"abcdefgh".to_vec();
        let steps = [
            vec![query(LOAD), request(b"a.csv")],
            pieces(&bytes, 4),
            vec![send(ok())],
            next().to_vec(),
        ];
        let (calls, function) = files::plain("a.csv", bytes, 4);
        let (mut client, files, server) =
            serve(steps.concat(), files::pausing(vec![Give::Suspend], function));
        assert!(!files::ready(&client), "no file is sent");
        client.query(LOAD.as_bytes()).unwrap();
        let (mut around, mut readies) = (Loop::default(), 0);
        while client.poll().unwrap() != Polled::End {
            if files.wait() {
                // Polls in vain do not ask it.
                let before = calls.get();
                assert_eq!(client.poll(), Ok(Polled::Processing));
                assert_eq!((client.timeout(), calls.get()), (-1, before));
                assert!(
                    !around.sleep(&client, style, Duration::from_millis(30)),
                    "nothing wakes it up"
                );
                readies += 1;
                assert!(files::ready(&client));
                assert!(client.has_more());
                assert_eq!(client.timeout(), 0);
            }
            assert!(around.sleep(&client, style, Duration::from_secs(20)), "nothing wakes it up");
        }
        assert_eq!((calls.get(), readies), (3, 3));
        goes_on(client, server);
    }
}

/// A wait sleeps as long as a function says "later", and is short enough for it.
#[test]
fn a_wait_while_the_function_has_nothing() {
    let end = Instant::now() + Duration::from_millis(300);
    let steps =
        [vec![query(LOAD), request(b"a.csv")], pieces(b"", 1), vec![send(ok())], next().to_vec()];
    let calls = Rc::new(Cell::new(0));
    let counted = Rc::clone(&calls);
    let (mut client, _files, server) = serve(steps.concat(), move |_, _, _| {
        counted.set(counted.get() + 1);
        if Instant::now() < end { Give::Later } else { Give::Bytes(vec![]) }
    });
    client.query(LOAD.as_bytes()).unwrap();
    let before = raw::thread_use().cpu;
    assert_eq!(client.settle(), Ok(Polled::End));
    assert!(Instant::now() >= end);
    assert!(calls.get() < 60, "asked {} times in 300 ms", calls.get());
    assert!(raw::thread_use().cpu - before < Duration::from_millis(150));
    goes_on(client, server);
}

/// The function may call what it likes on its own connection: it is refused, and nothing happens.
#[test]
fn calls_from_inside() {
    let steps =
        [vec![query(LOAD), request(b"a.csv")], pieces(b"1", 1), vec![send(ok())], next().to_vec()];
    let own: Rc<RefCell<Option<CApi>>> = Rc::default();
    let inside = Rc::clone(&own);
    let mut given = false;
    let (client, _files, server) = serve(steps.concat(), move |_, _, _| {
        let con = inside.borrow().as_ref().map(CApi::pointer).unwrap();
        let mut again = std::mem::ManuallyDrop::new(CApi::from_pointer(con));
        assert_eq!(again.query(b"x").unwrap_err().numbers(), (2014, "08002"));
        assert_eq!(again.poll().unwrap_err().numbers(), (2014, "08002"));
        assert!(!files::ready(&again));
        // Without effect.
        drop(CApi::from_pointer(con));
        Give::Bytes(if std::mem::replace(&mut given, true) { vec![] } else { b"1".to_vec() })
    });
    let con = client.pointer();
    own.replace(Some(client));
    let mut client = std::mem::ManuallyDrop::new(CApi::from_pointer(con));
    assert_eq!(client.ask(LOAD.as_bytes(), false), [Seen::Done(Numbers::default())]);
    goes_on(own.take().unwrap(), server);
}

/// In a pool: each connection has its file, in its own time, and one that waits does not keep the pool awake.
#[test]
fn in_a_pool() {
    let pool = CPool::simple();
    let (mut servers, mut kept, mut readies) = (Vec::new(), Vec::new(), Vec::new());
    for pause in [None, Some(Give::Later), Some(Give::Suspend)] {
        let bytes = packets::pattern(100_000, 3);
        let steps =
            [vec![query(LOAD), request(b"a.csv")], pieces(&bytes, 30_000), vec![send(ok())]];
        let listener = Listener::unix();
        let client = CApi::new(&listener.address(), "secret");
        let (_, function) = files::plain("a.csv", bytes, 30_000);
        let suspends = matches!(pause, Some(Give::Suspend));
        kept.push(
            files::set(&client, files::pausing(pause.into_iter().collect(), function)).unwrap(),
        );
        let mut member = pool.raw.add(client);
        servers.push(listener.serve(Script::logged_in(&Greeting::default(), steps.concat())));
        member.query(LOAD.as_bytes()).unwrap();
        if suspends {
            readies.push(member);
        }
    }
    let told = pool.run_until(2 * 2 + 1);
    assert_eq!(
        told.iter().filter(|(id, told)| *id < 3 && *told == Told::End).count(),
        2,
        "{told:?}"
    );
    let mut count = 0;
    loop {
        // Nothing is due until the program says so; the server may need a moment for its answer.
        while pool.raw.wait(400).unwrap() {
            pool.raw.run();
        }
        if pool.taken() == [(3, Told::End)] {
            break;
        }
        assert!(!pool.raw.has_more());
        let before = pool.raw.stats().looks;
        pool.raw.run();
        assert_eq!(pool.raw.stats().looks, before, "a suspended connection is not looked at");
        assert!(files::ready(&readies[0]));
        assert!(pool.raw.has_more());
        count += 1;
    }
    assert_eq!(count, 5, "four pieces and the end");
    drop(pool);
    for server in servers {
        assert!(server.finish().is_over());
    }
}

/// A session with a file in the midst of others, cut anywhere, with the server's bytes in any pieces.
#[test]
fn at_every_split_point() {
    let session = |pieces_of: Pieces, most: usize| -> (Vec<Seen>, usize) {
        let bytes = b"one\ntwo\nthree\n".to_vec();
        let mut steps = vec![query(LOAD), request(b"a.csv")];
        steps.extend(pieces(&bytes, most));
        steps.extend([send(OkPacket { affected: 3, ..OkPacket::default() }.payload())]);
        steps.extend([query(LOAD), request(b"b.csv"), expect(b""), send(ok())]);
        steps.extend([query(LOAD), send(err(1146, Some("42S02"), b"No table"))]);
        steps.extend(next());
        let listener = Listener::unix();
        let client = CApi::new(&listener.address(), "secret");
        let (_, function) = files::plain("a.csv", bytes, most);
        let _files = files::set(&client, files::pausing(vec![Give::Later], function)).unwrap();
        let script = Script::logged_in(&Greeting::default(), steps).in_pieces(pieces_of);
        let server = Inline::new(listener, script);
        let mut both = WithServer { client, server };
        both.login().unwrap();
        let mut seen = Vec::new();
        for text in [LOAD, LOAD, LOAD, "next"] {
            seen.extend(both.ask(text.as_bytes(), false));
        }
        drop(both.client);
        let script = both.server.finish();
        assert_eq!(script.left(), [1, 0, 0, 0, 1]);
        (seen, script.sent())
    };
    let (whole, bytes) = session(Pieces::Whole, 100);
    assert_eq!(whole.len(), 4);
    assert!(matches!(&whole[1], Seen::Failed(Failure { code: 2068, .. })));
    for most in [1, 3, 100] {
        for size in [1, 2, 3] {
            assert_eq!(session(Pieces::Every(size), most).0, whole, "{most}, {size}");
        }
    }
    for at in 1..bytes {
        assert_eq!(session(Pieces::SplitAt(at), 5).0, whole, "split at {at}");
    }
}
