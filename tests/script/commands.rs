// SPDX-License-Identifier: Apache-2.0
//! Short commands against a scripted server, through the C API: what is sent, byte by byte, what each answer
//! means, when one is remembered or refused, and what it does to statements.

use attachsql::limits::MAX_PENDING;
use attachsql::proto::commands::Short;
use attachsql::session::{Connection, Polled};

use crate::answers::styles;
use crate::statements::{code, execute, goes_on, next, prepare, serve};
use crate::support::commands::Do;
use crate::support::listener::Listener;
use crate::support::packets::{
    self, AUTOCOMMIT, Greeting, MORE, NO_BACKSLASH, OkPacket, Value, column, eof, err, lenenc, ok,
    result, text,
};
use crate::support::raw::CApi;
use crate::support::script::{Script, Step, expect, query, send};
use crate::support::statements::Set;
use crate::support::subject::{self, Numbers, Seen, Subject};

/// Each command with its payload, and whether its answer is a text.
const ALL: [(Do<'_>, &[u8]); 9] = [
    (Do::Ping, b"\x0e"),
    (Do::Reset, b"\x1f"),
    (Do::Schema("other"), b"\x02other"),
    (Do::Schema(""), b"\x02"),
    (Do::Statistics, b"\x09"),
    (Do::Multi(true), b"\x1b\0\0"),
    (Do::Multi(false), b"\x1b\x01\0"),
    (Do::Kill(4711, true), b"\x03KILL QUERY 4711"),
    (Do::Kill(u64::MAX, false), b"\x03KILL CONNECTION 18446744073709551615"),
];

/// What a server answers to it.
fn answer(what: Do<'_>, greeting: &Greeting) -> Step {
    let old_style = greeting.caps & packets::DEPRECATE_EOF == 0;
    send(match what {
        Do::Statistics => b"Uptime: 5  Threads: 1".to_vec(),
        Do::Multi(_) if old_style => eof(AUTOCOMMIT, 0),
        Do::Multi(_) => OkPacket { head: 0xfe, ..OkPacket::default() }.payload(),
        _ => ok(),
    })
}

fn rows(greeting: &Greeting, count: usize, status: u16) -> Step {
    let values: Vec<Vec<Value>> = vec![vec![Some(b"x".to_vec())]; count];
    Step::Send(result(greeting.caps, &["a"], &values, status))
}

#[test]
fn each_command_and_its_answer() {
    for greeting in styles() {
        let mut steps: Vec<Step> = ALL
            .iter()
            .flat_map(|&(what, payload)| [expect(payload), answer(what, &greeting)])
            .collect();
        steps.extend(next());
        let (mut client, server) = serve(&greeting, steps);
        for (what, _) in ALL {
            client.command(what).unwrap();
            assert_eq!(client.settle(), Ok(Polled::End), "{what:?}");
            let info = if what == Do::Statistics { "Uptime: 5  Threads: 1" } else { "" };
            let numbers = Numbers { info: info.to_owned(), ..Numbers::default() };
            assert_eq!(client.numbers(), numbers, "{what:?}");
            assert_eq!(client.poll(), Ok(Polled::End), "it stays");
        }
        goes_on(client, server);
    }
}

/// Each refused by the server: its error is told, and the connection is fine.
#[test]
fn each_command_refused() {
    for greeting in styles() {
        let refusal = || send(err(1047, Some("08S01"), b"Unknown command"));
        let mut steps: Vec<Step> =
            ALL.iter().flat_map(|&(_, payload)| [expect(payload), refusal()]).collect();
        steps.extend(next());
        let (mut client, server) = serve(&greeting, steps);
        for (what, _) in ALL {
            client.command(what).unwrap();
            for _ in 0..2 {
                let failure = client.settle().unwrap_err();
                assert_eq!(failure.numbers(), (1047, "08S01"), "{what:?}");
            }
        }
        goes_on(client, server);
    }
}

/// On a connection that was never used, and on one that is connecting.
#[test]
fn before_the_login() {
    for (what, payload) in ALL {
        for connects in [false, true] {
            let greeting = Greeting::default();
            let mut steps = vec![expect(payload), answer(what, &greeting)];
            steps.extend(next());
            let listener = Listener::unix();
            let mut client = CApi::new(&listener.address(), "secret");
            let server = listener.serve(Script::logged_in(&greeting, steps));
            if connects {
                client.connect().unwrap();
                client.poll().unwrap();
            }
            client.command(what).unwrap();
            assert_eq!(client.settle(), Ok(Polled::End), "{what:?}");
            goes_on(client, server);
        }
    }
}

/// While a query is open whose answer has not ended, and not afterwards.
#[test]
fn an_open_query() {
    for (what, payload) in ALL {
        let greeting = Greeting::default();
        let mut steps = vec![query("q"), rows(&greeting, 2, MORE), send(ok())];
        steps.extend([expect(payload), answer(what, &greeting)]);
        steps.extend(next());
        let (mut client, server) = serve(&greeting, steps);
        client.query(b"q").unwrap();
        let refused = |client: &mut CApi| {
            assert_eq!(client.command(what).unwrap_err().numbers(), (2014, "08002"), "{what:?}");
        };
        refused(&mut client);
        assert_eq!(client.settle(), Ok(Polled::RowReady));
        refused(&mut client);
        assert_eq!(client.row(), [Some(b"x".to_vec())], "the row is still there");
        client.next_row();
        refused(&mut client);
        assert_eq!(client.settle(), Ok(Polled::RowReady));
        client.next_row();
        assert_eq!(client.settle(), Ok(Polled::End));
        refused(&mut client);
        assert!(client.next_result());
        assert_eq!(client.settle(), Ok(Polled::End));
        client.command(what).unwrap();
        assert_eq!(client.settle(), Ok(Polled::End));
        client.close_query();
        goes_on(client, server);
    }
}

/// Closed with rows unread: the command waits until they are dropped.
#[test]
fn behind_what_is_dropped() {
    for (what, payload) in ALL {
        for greeting in styles() {
            let mut steps = vec![query("q"), rows(&greeting, 100, MORE), rows(&greeting, 1, 0)];
            steps.extend([expect(payload), answer(what, &greeting)]);
            steps.extend(next());
            let (mut client, server) = serve(&greeting, steps);
            client.query(b"q").unwrap();
            assert_eq!(client.settle(), Ok(Polled::RowReady));
            client.close_query();
            client.command(what).unwrap();
            assert_eq!(client.settle(), Ok(Polled::End), "{what:?}");
            goes_on(client, server);
        }
    }
}

/// All at once, none of them waited for: they are sent in order, and the last one's answer is told.
#[test]
fn one_behind_the_other() {
    for greeting in styles() {
        let mut steps: Vec<Step> = ALL
            .iter()
            .flat_map(|&(what, payload)| [expect(payload), answer(what, &greeting)])
            .collect();
        steps.extend([expect(b"\x0e"), send(err(1234, Some("HY000"), b"told"))]);
        steps.extend([expect(b"\x0e"), send(err(1234, Some("HY000"), b"not told"))]);
        steps.extend([query("q"), rows(&greeting, 1, AUTOCOMMIT)]);
        steps.extend(next());
        let (mut client, server) = serve(&greeting, steps);
        for (what, _) in ALL {
            client.command(what).unwrap();
        }
        client.command(Do::Ping).unwrap();
        assert_eq!(client.settle().unwrap_err().text, "told");
        client.command(Do::Ping).unwrap();
        client.query(b"q").unwrap();
        assert_eq!(client.settle(), Ok(Polled::RowReady));
        client.close_query();
        goes_on(client, server);
    }
}

#[test]
fn too_many_wait() {
    let greeting = Greeting::default();
    let mut steps: Vec<Step> =
        (0..MAX_PENDING).flat_map(|_| [expect(b"\x0e"), send(ok())]).collect();
    steps.extend(next());
    let listener = Listener::unix();
    let mut client = CApi::new(&listener.address(), "secret");
    let server = listener.serve(Script::logged_in(&greeting, steps));
    for _ in 0..MAX_PENDING {
        client.command(Do::Ping).unwrap();
    }
    assert_eq!(client.command(Do::Ping).unwrap_err().numbers(), (2014, "08002"));
    assert_eq!(client.settle(), Ok(Polled::End));
    goes_on(client, server);
}

/// The status that comes with the answer counts: here how quotes are escaped.
#[test]
fn the_status_of_an_answer() {
    let status = NO_BACKSLASH;
    let with_ok = OkPacket { status, ..OkPacket::default() }.payload();
    for (short, payload, answer) in [
        (Short::Ping, &b"\x0e"[..], with_ok.clone()),
        (Short::Reset, b"\x1f", with_ok),
        (Short::MultiStatements(true), b"\x1b\0\0", eof(status, 0)),
    ] {
        let steps = [expect(payload), send(answer)];
        let listener = Listener::unix();
        let mut client = Connection::new(subject::config(&listener.address(), "secret"));
        let server = listener.serve(Script::logged_in(&Greeting::default().with_eof(), steps));
        client.login().unwrap();
        client.command(short).unwrap();
        assert_eq!(client.settle(), Ok(Polled::End));
        assert!(client.machine().no_backslash_escapes());
        drop(client);
        server.finish();
    }
}

/// Answers that no command of these has.
#[test]
fn what_a_liar_says() {
    for (what, payload) in ALL.into_iter().filter(|(what, _)| *what != Do::Statistics) {
        let lies = [
            vec![],
            lenenc(1),
            b"\xfb/etc/passwd".to_vec(),
            b"\x00".to_vec(),
            b"\x00\xfe\xff".to_vec(),
            b"\xfe\0".to_vec(),
            b"\xff".to_vec(),
            text(b"Uptime"),
        ];
        for lie in lies {
            let greeting = Greeting::default();
            let steps = vec![expect(payload), Step::Send(vec![lie.clone(), column("a")])];
            let (mut client, server) = serve(&greeting, steps);
            client.command(what).unwrap();
            let failure = client.settle().unwrap_err();
            assert_eq!(failure.numbers(), (2027, "08S01"), "{what:?} {lie:x?}: {failure:?}");
            assert_eq!(code(client.command(what)), 2006);
            drop(client);
            let script = server.finish();
            assert!(script.left().is_empty(), "nothing is sent to a liar: {:x?}", script.left());
        }
    }
}

/// A flag that promises another result does not lead anywhere.
#[test]
fn no_further_result() {
    for (what, payload) in ALL.into_iter().filter(|(what, _)| *what != Do::Statistics) {
        let greeting = Greeting::default();
        let more = OkPacket { status: MORE, ..OkPacket::default() }.payload();
        let mut steps = vec![expect(payload), send(more)];
        steps.extend(next());
        let (mut client, server) = serve(&greeting, steps);
        client.command(what).unwrap();
        assert_eq!(client.settle(), Ok(Polled::End));
        assert!(!client.next_result());
        goes_on(client, server);
    }
}

/// A reset closes the statements of the session, whether or not anybody waits for its answer.
#[test]
fn reset_and_statements() {
    for waits in [true, false] {
        let greeting = Greeting::default();
        let mut steps = prepare(&greeting, "s ?", 7, 1, &[]).to_vec();
        steps.extend([expect(b"\x1f"), send(ok())]);
        if !waits {
            steps.extend([query("q"), send(ok())]);
        }
        steps.extend(prepare(&greeting, "s ?", 8, 1, &[]));
        steps.extend([execute(8, b"\0\x01\x03\0\x07\0\0\0"), send(ok())]);
        steps.extend(next());
        let (mut client, server) = serve(&greeting, steps);
        client.prepared("s ?").unwrap();
        client.set(0, Set::Int(1)).unwrap();
        client.command(Do::Reset).unwrap();
        if waits {
            assert_eq!(client.settle(), Ok(Polled::End));
        } else {
            assert!(matches!(client.ask(b"q", false)[..], [Seen::Done(_)]));
        }
        assert_eq!(client.param_count(), 0);
        for failure in
            [client.execute(), client.reset(), client.set(0, Set::Null), client.long_data(0, b"x")]
        {
            let failure = failure.unwrap_err();
            assert_eq!(failure.numbers(), (3000, "22023"));
            assert!(failure.text.contains("attachsql_connect_reset has closed it"), "{failure:?}");
        }
        // The old one's close is not sent: nobody knows the number any more.
        client.prepared("s ?").unwrap();
        assert_eq!(client.run_statement(&[Set::Int(7)]), Ok(Vec::new()));
        goes_on(client, server);
    }
}

/// What was remembered of a statement behind the reset that closes it is not sent, and fails.
#[test]
fn remembered_behind_a_reset() {
    let greeting = Greeting::default();
    for last in 0..4 {
        let mut steps = prepare(&greeting, "s ?", 7, 1, &[]).to_vec();
        steps.extend([expect(b"\x1f"), send(ok())]);
        steps.extend(next());
        let (mut client, server) = serve(&greeting, steps);
        client.prepared("s ?").unwrap();
        client.command(Do::Reset).unwrap();
        client.execute().unwrap();
        match last {
            0 => {}
            1 => client.reset().unwrap(),
            2 => client.long_data(0, b"x").unwrap(),
            _ => client.close_statement(),
        }
        if last == 3 {
            assert_eq!(client.settle(), Ok(Polled::End));
        } else {
            assert_eq!(client.settle().unwrap_err().numbers(), (3000, "22023"), "{last}");
        }
        client.close_statement();
        goes_on(client, server);
    }
}

/// A server without the command: the statement is still good.
#[test]
fn a_reset_that_is_refused() {
    let greeting = Greeting::default();
    let mut steps = prepare(&greeting, "s", 7, 0, &[]).to_vec();
    steps.extend([expect(b"\x1f"), send(err(1047, Some("08S01"), b"Unknown command"))]);
    steps.extend([execute(7, b""), send(ok())]);
    steps.extend(next());
    let (mut client, server) = serve(&greeting, steps);
    client.prepared("s").unwrap();
    client.command(Do::Reset).unwrap();
    assert_eq!(client.settle().unwrap_err().code, 1047);
    assert_eq!(client.run_statement(&[]), Ok(Vec::new()));
    goes_on(client, server);
}

/// A prepare behind a reset is not touched by it.
#[test]
fn a_prepare_behind_a_reset() {
    let greeting = Greeting::default();
    let mut steps = vec![expect(b"\x1f"), send(ok())];
    steps.extend(prepare(&greeting, "s", 7, 0, &[]));
    steps.extend([execute(7, b""), send(ok())]);
    steps.extend(next());
    let (mut client, server) = serve(&greeting, steps);
    client.command(Do::Reset).unwrap();
    client.prepare(b"s").unwrap();
    assert_eq!(client.settle(), Ok(Polled::End));
    assert_eq!(client.run_statement(&[]), Ok(Vec::new()));
    goes_on(client, server);
}

/// A command drops what was not read of a statement's answer.
#[test]
fn behind_a_statement_with_rows() {
    for (what, payload) in ALL {
        let greeting = Greeting::default();
        let definitions = crate::statements::two_columns();
        let mut steps = prepare(&greeting, "s", 7, 0, &definitions).to_vec();
        steps.extend([execute(7, b""), crate::statements::rows(&greeting, 9, MORE), send(ok())]);
        steps.extend([expect(payload), answer(what, &greeting)]);
        steps.extend(next());
        let (mut client, server) = serve(&greeting, steps);
        client.prepared("s").unwrap();
        client.execute().unwrap();
        assert_eq!(client.settle(), Ok(Polled::RowReady));
        client.command(what).unwrap();
        assert_eq!(client.settle(), Ok(Polled::End), "{what:?}");
        goes_on(client, server);
    }
}

/// Arguments that cannot be, and a connection that is gone.
#[test]
fn what_is_refused_at_once() {
    let (mut client, server) = serve(&Greeting::default(), next().to_vec());
    let long = "s".repeat(65);
    assert_eq!(client.command(Do::Schema(&long)).unwrap_err().numbers(), (3000, "22023"));
    for (user, schema) in [("u".repeat(256), ""), (String::new(), long.as_str())] {
        let failure = client.command(Do::User(&user, None, schema)).unwrap_err();
        assert_eq!(failure.numbers(), (3000, "22023"));
    }
    goes_on(client, server);
    let (mut client, server) = serve(&Greeting::default(), vec![Step::Close]);
    client.query(b"q").ok();
    while client.settle().is_ok() {
        client.close_query();
        if client.query(b"q").is_err() {
            break;
        }
    }
    client.close_query();
    for (what, _) in ALL {
        assert_eq!(client.command(what).unwrap_err().numbers(), (2006, "08006"), "{what:?}");
    }
    assert_eq!(code(client.command(Do::User("u", None, ""))), 2006);
    server.finish();
}
