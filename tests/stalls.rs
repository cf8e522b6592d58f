// SPDX-License-Identifier: Apache-2.0
//! The promise that no call waits: a server that stalls for a second at each step of a session, a name
//! server that does not answer, an address that does not answer. The longest single call is printed
//! and stays under 20 ms; and `attachsql_connect_wait`, which is there to sleep, sleeps.
//!
//! On a busy machine any call may take long because its thread does not get the processor. A call that
//! took long therefore counts as one that waited if its thread went to sleep of its own will in it;
//! and its own processor time counts.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests end that way")]

use std::time::{Duration, Instant};

use attachsql::capi::types::attachsql_options_t as Options;
use attachsql::session::Polled;

use support::files::{self, Give};
use support::listener::{Address, Listener, deaf};
use support::names::{lifetime_with_names, with_names};
use support::packets::{self, Greeting, framed, ok};
use support::pools::CPool;
use support::raw::{self, CApi};
use support::say;
use support::script::{self, Script, Step, Want, query, send};
use support::subject::{Failure, Subject};

mod support;

const STALL: Duration = Duration::from_secs(1);

/// What a call may take.
const MOST: Duration = Duration::from_millis(20);

/// Measures calls.
#[derive(Default)]
struct Calls {
    count: u32,
    longest: Duration,
    most_cpu: Duration,
    /// The longest of those that went to sleep, be it for a moment inside the kernel.
    longest_asleep: Duration,
}

impl Calls {
    fn measure<T>(&mut self, call: impl FnOnce() -> T) -> T {
        let (start, before) = (Instant::now(), raw::thread_use());
        let result = call();
        let (after, took) = (raw::thread_use(), start.elapsed());
        self.count += 1;
        self.longest = self.longest.max(took);
        self.most_cpu = self.most_cpu.max(after.cpu - before.cpu);
        if after.sleeps > before.sleeps {
            self.longest_asleep = self.longest_asleep.max(took);
        }
        result
    }

    /// Prints the longest call, and fails if one waited.
    fn report(&self, where_it_stalls: &str) {
        let ms = |time: Duration| time.as_secs_f64() * 1e3;
        let line = format!(
            "longest call: {:.3} ms, {:.3} ms of processor time, in {} calls: {where_it_stalls}",
            ms(self.longest),
            ms(self.most_cpu),
            self.count
        );
        say(&line);
        assert!(self.longest_asleep < MOST, "a call waited: {:?}, {line}", self.longest_asleep);
        assert!(self.most_cpu < MOST, "a call worked for too long: {line}");
    }
}

/// Logs in, asks "q" and takes the rows, polling all the time; every call is measured.
fn session(client: &mut CApi, calls: &mut Calls, text: &[u8]) -> Result<usize, Failure> {
    calls.measure(|| client.connect())?;
    let mut rows = 0;
    for asked in [false, true] {
        if asked {
            calls.measure(|| client.query(text))?;
        }
        loop {
            match calls.measure(|| client.poll())? {
                Polled::End => break,
                Polled::RowReady => {
                    rows += 1;
                    calls.measure(|| client.next_row());
                }
                _ => std::thread::sleep(Duration::from_millis(1)),
            }
        }
    }
    calls.measure(|| client.close_query());
    Ok(rows)
}

/// A session with a server that stalls; it takes as long as the stall, and no call waits.
fn stalled(where_it_stalls: &str, script: Script) {
    let listener = Listener::tcp();
    let mut client = CApi::new(&listener.address(), "secret");
    let server = listener.serve(script);
    let (mut calls, start) = (Calls::default(), Instant::now());
    let rows = session(&mut client, &mut calls, b"q").unwrap();
    assert_eq!(rows, 2);
    assert!(start.elapsed() >= STALL, "it did not stall");
    assert!(calls.count > 20, "{} calls", calls.count);
    calls.measure(|| drop(client));
    calls.report(where_it_stalls);
    server.finish();
}

/// The answer to "q": two rows.
fn rows() -> Vec<Vec<u8>> {
    let row = |text: &str| vec![Some(text.as_bytes().to_vec())];
    packets::result(packets::MARIADB_CAPS, &["a"], &[row("one"), row("two")], packets::AUTOCOMMIT)
}

/// A script whose answer stalls after its first bytes.
fn answer_stalls_at(at: usize) -> Script {
    let bytes = framed(1, &rows());
    let (head, tail) = bytes.split_at(at);
    let steps =
        [query("q"), Step::Raw(head.to_vec()), Step::Stall(STALL), Step::Raw(tail.to_vec())];
    Script::logged_in(&Greeting::default(), steps)
}

#[test]
fn before_the_greeting() {
    let steps = [query("q"), Step::Send(rows())];
    let login = script::login(&Greeting::default());
    stalled(
        "before the greeting",
        Script::new([vec![Step::Stall(STALL)], login, steps.to_vec()].concat()),
    );
}

#[test]
fn in_the_greeting() {
    let bytes = framed(0, &[Greeting::default().payload()]);
    let steps = [
        Step::Raw(bytes[..30].to_vec()),
        Step::Stall(STALL),
        Step::Raw(bytes[30..].to_vec()),
        Step::Expect(Want::Login),
        send(ok()),
        query("q"),
        Step::Send(rows()),
    ];
    stalled("in the greeting", Script::new(steps));
}

#[test]
fn after_the_login_packet() {
    let steps = [
        script::greet(&Greeting::mysql()),
        Step::Expect(Want::Login),
        Step::Stall(STALL),
        send(b"\x01\x03".to_vec()),
        send(ok()),
        query("q"),
        Step::Send(rows()),
    ];
    stalled("after the login packet", Script::new(steps));
}

#[test]
fn in_the_middle_of_the_login() {
    let steps = [
        script::greet(&Greeting::mysql()),
        Step::Expect(Want::Login),
        send(b"\x01\x04".to_vec()),
        script::expect(b"\x02"),
        Step::Stall(STALL),
        send([&b"\x01"[..], &key()].concat()),
        Step::Expect(Want::Any),
        Step::Stall(STALL),
        send(ok()),
        query("q"),
        Step::Send(rows()),
    ];
    stalled("in the middle of the login", Script::new(steps));
}

fn key() -> Vec<u8> {
    openssl::rsa::Rsa::generate(2048).unwrap().public_key_to_pem().unwrap()
}

#[test]
fn before_the_first_byte() {
    stalled("before the first byte of an answer", answer_stalls_at(0));
}

#[test]
fn in_a_column() {
    stalled("in the middle of a column packet", answer_stalls_at(5 + 4 + 10));
}

#[test]
fn between_rows() {
    stalled("between rows", answer_stalls_at(framed(1, &rows()[..3]).len()));
}

#[test]
fn in_a_row() {
    stalled("in the middle of a row", answer_stalls_at(framed(1, &rows()[..3]).len() + 6));
}

#[test]
fn before_the_end_of_the_rows() {
    stalled("before the end of the rows", answer_stalls_at(framed(1, &rows()[..4]).len()));
}

/// A server that does not read: the query cannot be sent.
#[test]
fn while_a_query_is_sent() {
    let listener = Listener::tcp();
    let text = vec![b'x'; 16 << 20];
    let mut client = CApi::new(&listener.address(), "secret");
    let steps = [Step::Stall(STALL), Step::Expect(Want::Query(text.clone())), Step::Send(rows())];
    let server = listener.serve(Script::logged_in(&Greeting::default(), steps));
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
    calls.report("while a query is sent");
    drop(client);
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

/// A name that takes a second to look up.
#[test]
fn at_a_slow_name_server() {
    with_names("at_a_slow_name_server", || {
        let listener = Listener::tcp();
        let port = listener.address().port;
        let steps = [query("q"), Step::Send(rows())];
        let server = listener.serve(Script::logged_in(&Greeting::default(), steps));
        let host = "sleep1000_127.0.0.1.list.test".to_owned();
        let mut client = CApi::new(&Address { host, port }, "secret");
        let (mut calls, start) = (Calls::default(), Instant::now());
        assert_eq!(session(&mut client, &mut calls, b"q").unwrap(), 2);
        assert!(start.elapsed() >= STALL, "it did not stall");
        calls.report("at a slow name server");
        drop(client);
        server.finish();
    });
}

/// A name server that never answers: the connect timeout ends it, and so does the program at any time.
#[test]
fn at_a_silent_name_server() {
    let lifetime = lifetime_with_names("at_a_silent_name_server", || {
        let mut calls = Calls::default();
        let address = Address { host: "sleep600000.list.test".to_owned(), port: 3306 };
        let mut client = CApi::new(&address, "secret");
        assert!(client.option(Options::CONNECT_TIMEOUT, 300));
        let failure = session(&mut client, &mut calls, b"q").unwrap_err();
        assert_eq!(failure.numbers(), (2002, "08000"));
        assert!(failure.text.contains("looking up the host name"), "{failure:?}");
        calls.measure(|| drop(client));

        // Gone in the middle of a lookup, and before the first poll.
        for polls in [0, 5] {
            let mut client = calls.measure(|| CApi::new(&address, "secret"));
            calls.measure(|| client.connect()).unwrap();
            for _ in 0..polls {
                assert_eq!(calls.measure(|| client.poll()), Ok(Polled::Connecting));
            }
            calls.measure(|| drop(client));
        }
        calls.report("at a silent name server, with a connect timeout and without");
    });
    // The lookups go on for ten minutes; the process does not.
    assert!(lifetime.is_none_or(|time| time < Duration::from_secs(60)), "{lifetime:?}");
}

/// An address that does not answer: the queue of its listener is full.
#[test]
fn at_a_silent_address() {
    let (address, _deaf) = deaf("127.0.0.1:0");
    for waits in [false, true] {
        let mut client = CApi::new(&address, "secret");
        assert!(client.option(Options::CONNECT_TIMEOUT, 1000));
        let (mut calls, start, mut count) = (Calls::default(), Instant::now(), 0);
        calls.measure(|| client.connect()).unwrap();
        let failure = loop {
            count += 1;
            match calls.measure(|| client.poll()) {
                Ok(_) if waits => assert!(client.wait(-1).unwrap()),
                Ok(_) => std::thread::sleep(Duration::from_millis(1)),
                Err(failure) => break failure,
            }
        };
        assert_eq!(failure.numbers(), (2002, "08000"));
        assert!(failure.text.contains("connecting took"), "{failure:?}");
        assert!(start.elapsed() >= STALL);
        assert!(!waits || count < 20, "{count} polls: the wait does not sleep");
        calls.report("at an address that does not answer");
    }
}

/// `wait` sleeps where a poll would find nothing, and returns when there is something to do.
fn waited(script: Script, host: Option<&str>) {
    let listener = Listener::tcp();
    let mut address = listener.address();
    if let Some(host) = host {
        host.clone_into(&mut address.host);
    }
    let mut client = CApi::new(&address, "secret");
    let server = listener.serve(script);
    let (start, before, mut waits) = (Instant::now(), raw::thread_use(), 0);
    let mut rows = 0;
    client.query(b"q").unwrap();
    loop {
        match client.poll().unwrap() {
            Polled::End => break,
            Polled::RowReady => {
                rows += 1;
                client.next_row();
            }
            _ => {
                waits += 1;
                assert!(client.wait(-1).unwrap(), "without a limit it does not run out");
            }
        }
    }
    assert_eq!(rows, 2);
    assert!(start.elapsed() >= STALL, "it did not stall");
    assert!(waits <= 20, "{waits} waits for one stall: it does not sleep");
    let cpu = raw::thread_use().cpu - before.cpu;
    assert!(cpu < STALL / 5, "{cpu:?} of processor time: it does not sleep");
    drop(client);
    server.finish();
}

#[test]
fn a_wait_sleeps_through_a_stall() {
    let login = script::login(&Greeting::default());
    let steps = [vec![Step::Stall(STALL)], login, vec![query("q"), Step::Send(rows())]];
    waited(Script::new(steps.concat()), None);
    waited(answer_stalls_at(0), None);
    waited(answer_stalls_at(framed(1, &rows()[..3]).len() + 6), None);
}

#[test]
fn a_wait_sleeps_through_a_lookup() {
    with_names("a_wait_sleeps_through_a_lookup", || {
        let steps = [query("q"), Step::Send(rows())];
        let script = Script::logged_in(&Greeting::default(), steps);
        waited(script, Some("sleep1000_127.0.0.1.list.test"));
    });
}

/// How long a wait may last is said by its caller.
#[test]
fn a_wait_has_its_limit() {
    let listener = Listener::tcp();
    let mut client = CApi::new(&listener.address(), "secret");
    assert_eq!(client.wait(-1), Ok(true), "nothing was begun: a poll has something to say");
    client.connect().unwrap();
    assert_eq!(client.poll(), Ok(Polled::Connecting));
    let peer = listener.accept();
    while client.wait(0).unwrap() {
        assert_eq!(client.poll(), Ok(Polled::Connecting));
    }
    let before = raw::thread_use();
    assert_eq!(client.wait(0), Ok(false));
    assert_eq!(raw::thread_use().sleeps, before.sleeps, "0 is only a look");
    for timeout in [1u16, 50, 200] {
        let start = Instant::now();
        assert_eq!(client.wait(timeout.into()), Ok(false), "the server says nothing");
        assert!(start.elapsed() >= Duration::from_millis(timeout.into()), "{timeout}");
    }
    // The end of the stream is something to do.
    drop(peer);
    assert_eq!(client.wait(-1), Ok(true));
    assert_eq!(client.poll().unwrap_err().code, 2013);
    assert_eq!(client.wait(-1), Ok(true), "an error does not change any more");
}

/// In semi-blocking mode poll itself sleeps.
#[test]
fn a_semi_blocking_poll_sleeps() {
    let listener = Listener::tcp();
    let mut client = CApi::new(&listener.address(), "secret");
    assert!(client.option(Options::SEMI_BLOCKING, 0));
    let server = listener.serve(answer_stalls_at(20));
    let (start, before, mut polls) = (Instant::now(), raw::thread_use(), 0);
    client.query(b"q").unwrap();
    loop {
        polls += 1;
        match client.poll().unwrap() {
            Polled::End => break,
            Polled::RowReady => client.next_row(),
            _ => {}
        }
    }
    assert!(start.elapsed() >= STALL, "it did not stall");
    assert!(polls <= 30, "{polls} polls for one stall");
    assert!(raw::thread_use().cpu - before.cpu < STALL / 5);
    drop(client);
    server.finish();
}

/// A pool whose servers stall, each somewhere else: no run waits for any of them.
#[test]
fn in_a_pool() {
    let head = framed(1, &rows()[..3]).len();
    let login = script::login(&Greeting::default());
    let silent = [vec![Step::Stall(STALL)], login, vec![query("q"), Step::Send(rows())]].concat();
    let scripts = [
        Script::new(silent),
        answer_stalls_at(0),
        answer_stalls_at(15),
        answer_stalls_at(head + 6),
    ];
    let pool = CPool::simple();
    let mut servers = Vec::new();
    let (mut calls, start) = (Calls::default(), Instant::now());
    for script in scripts {
        let listener = Listener::tcp();
        let mut con = pool.connection(&listener.address());
        servers.push(listener.serve(script));
        calls.measure(|| con.query(b"q")).unwrap();
    }
    while pool.count() < 4 * 4 {
        calls.measure(|| pool.raw.run());
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(start.elapsed() >= STALL, "it did not stall");
    calls.measure(|| drop(pool));
    calls.report("in a pool, somewhere else on each connection");
    servers.into_iter().for_each(|server| drop(server.finish()));
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

/// A cancel whose second connection stalls in its login and after KILL, with a command that takes its time to end.
#[test]
fn in_a_cancel() {
    let listener = Listener::tcp();
    let mut client = CApi::new(&listener.address(), "secret");
    assert!(client.option(Options::CANCEL, 1));
    let server = std::thread::spawn(move || {
        let stall = Step::Stall(STALL);
        let killed = packets::err(1317, Some("70100"), b"Query execution was interrupted");
        let greeting = Greeting::default();
        let steps =
            [query("q"), Step::Stall(STALL * 4), send(killed), query("DO 0"), stall.clone()];
        let first = Script::logged_in(&greeting, steps.into_iter().chain([send(ok())]));
        let kill = || [query("KILL QUERY 4711"), send(ok())];
        let login = script::login(&greeting);
        // As often as it comes again, and the goodbye.
        let again = vec![[Step::Expect(Want::Any), send(ok())]; 20].concat();
        let second = [vec![stall.clone()], login, vec![stall], kill().to_vec(), again].concat();
        let (first, second) =
            (listener.serve_next(first), listener.serve_next(Script::new(second)));
        (first.finish(), second.finish())
    });
    let (mut calls, start) = (Calls::default(), Instant::now());
    calls.measure(|| client.connect()).unwrap();
    while calls.measure(|| client.poll()).unwrap() != Polled::End {
        std::thread::sleep(Duration::from_millis(1));
    }
    calls.measure(|| client.query(b"q")).unwrap();
    calls.measure(|| client.cancel()).unwrap();
    let failure = loop {
        match calls.measure(|| client.poll()) {
            Ok(_) => std::thread::sleep(Duration::from_millis(1)),
            Err(failure) => break failure,
        }
    };
    assert_eq!(failure.code, 1317, "{failure:?}");
    assert!(start.elapsed() >= STALL * 5, "it did not stall");
    calls.measure(|| drop(client));
    calls
        .report("in a cancel: login and KILL of the second connection, and the end of the command");
    server.join().unwrap();
}
