// SPDX-License-Identifier: Apache-2.0
//! Statements that are closed while commands of theirs were taken and not sent: these go to the server all the
//! same, the close behind them, and their answers are dropped.

use attachsql::capi::types::attachsql_options_t as Options;
use attachsql::limits::MAX_PENDING;
use attachsql::session::Polled;

use crate::answers::styles;
use crate::statements::{close, code, execute, goes_on, next, prepare, reset, rows};
use crate::statements::{serve, two_columns};
use crate::support::handles::Handle;
use crate::support::listener::{Listener, Running};
use crate::support::packets::{AUTOCOMMIT, Greeting, err, ok};
use crate::support::pools::{CPool, Told};
use crate::support::raw::CApi;
use crate::support::script::{Script, Step, expect, query, send};
use crate::support::statements::Set;
use crate::support::subject::Subject;

/// How the program is done with a handle.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    Destroys,
    Closes,
    PreparesAnew,
}

const WAYS: [Way; 3] = [Way::Destroys, Way::Closes, Way::PreparesAnew];

/// The execute of statement `id` with one INT.
fn one(id: u32, value: u32) -> Step {
    execute(id, &[&b"\x00\x01\x03\x00"[..], &value.to_le_bytes()].concat())
}

fn end(way: Way, handle: Handle) -> Option<Handle> {
    match way {
        Way::Destroys => return None,
        Way::Closes => handle.close(),
        Way::PreparesAnew => handle.prepare("other").unwrap(),
    }
    Some(handle)
}

/// What the server sees behind the close.
fn behind(greeting: &Greeting, way: Way) -> Vec<Step> {
    match way {
        Way::PreparesAnew => prepare(greeting, "other", 8, 0, &[]).to_vec(),
        _ => Vec::new(),
    }
}

fn started(steps: Vec<Step>, greeting: &Greeting, connected: bool) -> (CApi, Running) {
    if connected {
        return serve(greeting, steps);
    }
    let listener = Listener::unix();
    let client = CApi::new(&listener.address(), "secret");
    (client, listener.serve(Script::logged_in(greeting, steps)))
}

fn begun(client: &CApi) -> Handle {
    let handle = client.handle();
    handle.prepare("text ?").unwrap();
    handle.set_int(0, 5).unwrap();
    handle.execute().unwrap();
    handle
}

/// The execute waits for the login, or for the answer to the prepare.
#[test]
fn before_the_execute_is_sent() {
    // A server that knows the statement prepared last is not made to: the answers are nobody's.
    let mariadb = Greeting { more_caps: 4, ..Greeting::default() };
    let cases = styles().into_iter().map(|greeting| (greeting, true));
    let cases =
        cases.chain(styles().into_iter().chain([mariadb]).map(|greeting| (greeting, false)));
    for (greeting, connected) in cases {
        for way in WAYS {
            for outcome in ["rows", "done", "refused", "not prepared"] {
                let [command, answer] = prepare(&greeting, "text ?", 7, 1, &two_columns());
                let mut steps = vec![command];
                if outcome == "not prepared" {
                    steps.push(send(err(1146, Some("42S02"), b"no such table")));
                } else {
                    steps.extend([answer, one(7, 5)]);
                    steps.push(match outcome {
                        "rows" => rows(&greeting, 3, AUTOCOMMIT),
                        "done" => send(ok()),
                        _ => send(err(1062, Some("23000"), b"twice")),
                    });
                    steps.push(close(7));
                }
                steps.extend(behind(&greeting, way));
                steps.extend(next());
                let (mut client, server) = started(steps, &greeting, connected);
                let left = end(way, begun(&client));
                assert_eq!(client.settle(), Ok(Polled::End), "{way:?} {outcome} {connected}");
                goes_on(client, server);
                drop(left);
            }
        }
    }
}

/// The values are those of the call, whatever becomes of the program's memory.
#[test]
fn values_are_kept() {
    let greeting = Greeting::mysql();
    let mut steps = prepare(&greeting, "text ?", 7, 1, &[]).to_vec();
    steps.extend([execute(7, b"\x00\x01\xfe\x00\x05first"), send(ok()), close(7)]);
    steps.extend(next());
    let (client, server) = serve(&greeting, steps);
    let handle = client.handle();
    handle.prepare("text ?").unwrap();
    let mut value = b"first".to_vec();
    handle.set_text(0, &value).unwrap();
    handle.execute().unwrap();
    value.fill(b'x');
    handle.set_text(0, &value).unwrap();
    drop((handle, value));
    goes_on(client, server);
}

/// A prepare that nothing was to be done with is taken back, as ever.
#[test]
fn only_prepared() {
    let greeting = Greeting::default();
    for way in WAYS {
        let mut steps = behind(&greeting, way);
        steps.extend(next());
        let (mut client, server) = started(steps, &greeting, false);
        let handle = client.handle();
        handle.prepare("text ?").unwrap();
        let left = end(way, handle);
        assert_eq!(client.settle(), Ok(Polled::End));
        goes_on(client, server);
        drop(left);
    }
}

/// The statement is prepared; what it is to do waits for the rest of another answer.
#[test]
fn behind_an_answer_that_is_dropped() {
    for greeting in styles() {
        for old in [false, true] {
            for cached in [false, true] {
                let mut steps = prepare(&greeting, "s", 1, 1, &two_columns()).to_vec();
                steps.extend([query("q"), rows(&greeting, 900, AUTOCOMMIT)]);
                steps.extend([expect(b"\x18\x01\0\0\0\0\0long"), reset(1), send(ok())]);
                steps.extend([one(1, 5), rows(&greeting, 2, AUTOCOMMIT)]);
                if !cached {
                    steps.push(close(1));
                }
                steps.extend(next());
                let (mut client, server) = serve(&greeting, steps);
                assert!(client.option(Options::STMT_CACHE, u32::from(cached)));
                let handle = (!old).then(|| client.handle_of("s"));
                match &handle {
                    None => {
                        client.prepared("s").unwrap();
                        client.set(0, Set::Int(5)).unwrap();
                    }
                    Some(handle) => handle.set_int(0, 5).unwrap(),
                }
                client.query(b"q").unwrap();
                client.close_query();
                match handle {
                    None => {
                        client.long_data(0, b"long").unwrap();
                        client.reset().unwrap();
                        client.execute().unwrap();
                        client.close_statement();
                    }
                    Some(handle) => {
                        handle.long_data(0, b"long").unwrap();
                        handle.reset().unwrap();
                        handle.execute().unwrap();
                        drop(handle);
                    }
                }
                assert_eq!(client.settle(), Ok(Polled::End), "no row of it is told");
                goes_on(client, server);
            }
        }
    }
}

/// What waits is bounded as before: a command that finds no room is refused, and those before it are carried out.
#[test]
fn too_many() {
    let greeting = Greeting::mysql();
    let mut steps = Vec::new();
    for id in (1..).take(MAX_PENDING / 2) {
        steps.extend(prepare(&greeting, "text ?", id, 1, &[]));
        steps.extend([one(id, 5), send(ok()), close(id)]);
    }
    steps.extend(next());
    let (mut client, server) = started(steps, &greeting, false);
    for _ in 0..MAX_PENDING / 2 {
        drop(begun(&client));
    }
    let handle = client.handle();
    assert_eq!(handle.prepare("text ?").unwrap_err().numbers(), (2014, "08002"));
    assert_eq!(code(handle.execute()), 3000);
    drop(handle);
    assert_eq!(client.settle(), Ok(Polled::End));
    goes_on(client, server);
}

/// A cancel takes back what the program waits for, and that is nothing of a statement that it has closed.
#[test]
fn cancelled_behind() {
    let greeting = Greeting::mysql();
    let mut steps = prepare(&greeting, "text ?", 7, 1, &[]).to_vec();
    steps.extend([one(7, 5), send(ok()), close(7)]);
    steps.extend(next());
    let (mut client, server) = started(steps, &greeting, false);
    drop(begun(&client));
    let other = client.handle();
    other.prepare("other").unwrap();
    client.cancel().unwrap();
    assert_eq!(client.settle().unwrap_err().numbers(), (3005, "70100"));
    drop(other);
    goes_on(client, server);
}

/// A pool says nothing of them, and a command behind them has its one end.
#[test]
fn in_a_pool() {
    let greeting = Greeting::mysql();
    for way in WAYS {
        let mut steps = prepare(&greeting, "text ?", 7, 1, &two_columns()).to_vec();
        steps.extend([one(7, 5), rows(&greeting, 3, AUTOCOMMIT), close(7)]);
        steps.extend(behind(&greeting, way));
        steps.extend(next());
        let listener = Listener::unix();
        let pool = CPool::new(|_, _, _, _| {});
        let mut client = pool.connection(&listener.address());
        let server = listener.serve(Script::logged_in(&greeting, steps));
        let left = end(way, begun(&client));
        let told: Vec<Told> = pool.run_out().into_iter().map(|(_, told)| told).collect();
        let want = match way {
            Way::PreparesAnew => vec![Told::Connected, Told::End],
            _ => vec![Told::Connected],
        };
        assert_eq!(told, want, "{way:?}");
        client.query(b"next").unwrap();
        pool.run_out();
        drop((left, client, pool));
        assert!(server.finish().is_over());
    }
}
