// SPDX-License-Identifier: Apache-2.0
//! Sessions side by side in one thread, as a program has them: each with a server of its own, which stalls once,
//! each somewhere else. And the rows for connecting, logging in and queries.

use std::time::{Duration, Instant};

use attachsql::session::Polled;

use crate::support::files::Files;
use crate::support::handles::Handle;
use crate::support::listener::{Address, Inline, Listener, PATIENCE};
use crate::support::packets::{self, Greeting, framed, ok};
use crate::support::raw::CApi;
use crate::support::script::{self, Script, Step, Want, query, send};
use crate::support::subject::{Failure, Subject};
use crate::support::tls_server::RunningTls;
use crate::{Calls, STALL, rows};

/// The client of a session, and what it has open.
pub(crate) struct Client {
    /// Gone before the connection.
    pub(crate) handles: Vec<Handle>,
    pub(crate) con: CApi,
    pub(crate) files: Option<Files>,
}

/// One call of the C API.
pub(crate) type Call = fn(&mut Client) -> Result<(), Failure>;

/// What a session does: its calls one after the other, each polled to the end of what it began.
pub(crate) struct Plan {
    /// Before everything, not measured: options.
    pub(crate) prepare: Box<dyn Fn(&mut Client)>,
    pub(crate) calls: Vec<Call>,
    /// What is called for each row.
    pub(crate) row: Vec<Call>,
    /// How many rows there are.
    pub(crate) rows: usize,
    /// The codes of the errors that there are.
    pub(crate) errors: Vec<i32>,
}

/// Whoever is at the other end.
pub(crate) enum Server {
    Inline(Box<Inline>),
    Thread(RunningTls),
}

/// A session under way.
pub(crate) struct Session<'a> {
    plan: &'a Plan,
    client: Option<Client>,
    server: Option<Server>,
    row_of_table: usize,
    at: usize,
    rows: usize,
    errors: Vec<i32>,
    start: Instant,
    stall: Duration,
    calls: Calls,
}

/// The calls of a query.
pub(crate) fn query_plan() -> Plan {
    Plan {
        prepare: Box::new(|_| {}),
        calls: vec![|c| c.con.connect(), |c| c.con.query(b"q"), |c| {
            c.con.close_query();
            Ok(())
        }],
        row: vec![
            |c| {
                c.con.row();
                Ok(())
            },
            |c| {
                c.con.next_row();
                Ok(())
            },
        ],
        rows: 2,
        errors: Vec::new(),
    }
}

impl<'a> Session<'a> {
    /// One with `server`, for a row of the table.
    pub(crate) fn new(plan: &'a Plan, address: &Address, server: Server, row: usize) -> Self {
        let con = CApi::new(address, "secret");
        let mut client = Client { handles: Vec::new(), con, files: None };
        (plan.prepare)(&mut client);
        Self {
            plan,
            client: Some(client),
            server: Some(server),
            row_of_table: row,
            at: 0,
            rows: 0,
            errors: Vec::new(),
            start: Instant::now(),
            stall: STALL,
            calls: Calls::default(),
        }
    }

    /// One whose server follows `script`.
    pub(crate) fn scripted(plan: &'a Plan, script: Script, row: usize) -> Self {
        let listener = Listener::tcp();
        let address = listener.address();
        let server = Server::Inline(Box::new(Inline::new(listener, script)));
        Self::new(plan, &address, server, row)
    }

    /// The same with another stall.
    pub(crate) fn stalling(mut self, stall: Duration) -> Self {
        self.stall = stall;
        self
    }

    /// A poll or a call, and the server's turn. Whether it is over.
    fn turn(&mut self) -> bool {
        let Some(client) = &mut self.client else {
            return true;
        };
        let polled =
            if self.at == 0 { Ok(Polled::End) } else { self.calls.measure(|| client.con.poll()) };
        let polled = polled.unwrap_or_else(|failure| {
            self.errors.push(failure.code);
            Polled::End
        });
        match polled {
            Polled::RowReady => {
                self.rows += 1;
                for call in &self.plan.row {
                    self.calls.measure(|| call(client)).unwrap();
                }
            }
            Polled::End => match self.plan.calls.get(self.at) {
                Some(call) => {
                    self.at += 1;
                    self.calls.measure(|| call(client)).unwrap();
                }
                None => self.end(),
            },
            _ => {}
        }
        if let Some(Server::Inline(server)) = &mut self.server {
            (0..4).for_each(|_| server.turn());
        }
        false
    }

    /// Ends it; it must have taken as long as its server stalls.
    fn end(&mut self) {
        assert!(self.start.elapsed() >= self.stall, "it did not stall");
        assert!(self.calls.count > 20, "{} calls", self.calls.count);
        assert_eq!((self.rows, &self.errors), (self.plan.rows, &self.plan.errors));
        let mut client = self.client.take().unwrap();
        self.calls.measure(|| client.handles.clear());
        self.calls.measure(|| drop(client.con));
        match self.server.take().unwrap() {
            Server::Inline(server) => {
                let script = server.finish();
                assert!(script.is_over(), "the session ended early");
            }
            Server::Thread(server) => assert!(server.finish().script.is_over()),
        }
    }
}

/// Runs sessions side by side, and reports them by the rows of the table that they are for.
pub(crate) fn side_by_side(mut sessions: Vec<Session<'_>>, table: &[String]) {
    let end = Instant::now() + PATIENCE;
    while sessions.iter_mut().fold(false, |busy, session| !session.turn() | busy) {
        assert!(Instant::now() < end, "nothing happens");
        std::thread::sleep(Duration::from_millis(1));
    }
    for (number, label) in table.iter().enumerate() {
        let mut all = Calls::default();
        let of = sessions.iter().filter(|session| session.row_of_table == number);
        of.for_each(|session| all.add(&session.calls));
        assert!(all.count > 0, "nothing stalls {label}");
        all.report(label);
    }
}

/// Where to stall: before and in the midst of each packet of `steps`, which are sent after `before` bytes.
pub(crate) fn moments(steps: &[Step], before: &mut usize) -> Vec<usize> {
    let mut all = Vec::new();
    for step in steps {
        if let Step::Send(payloads) = step {
            for payload in payloads {
                all.extend([*before, *before + 4 + payload.len() / 2]);
                *before += 4 + payload.len();
            }
        }
    }
    all
}

/// A session for each place where a server can stall that follows the steps of `parts`, one after the other: before
/// and in the midst of each of its packets. A row of the table for each part.
pub(crate) fn at_each_packet(plan: &Plan, parts: &[(&str, Vec<Step>)]) {
    let steps: Vec<Step> = parts.iter().flat_map(|(_, steps)| steps.clone()).collect();
    let (mut sessions, mut labels, mut before) = (Vec::new(), Vec::new(), 0);
    for (label, steps_of_part) in parts {
        let moments = moments(steps_of_part, &mut before);
        if moments.is_empty() || label.is_empty() {
            continue;
        }
        for &moment in &moments {
            let script = Script::new(steps.clone()).stall_after(moment, STALL);
            sessions.push(Session::scripted(plan, script, labels.len()));
        }
        labels.push(format!("{label}, at {} places", moments.len()));
    }
    side_by_side(sessions, &labels);
}

/// The steps of a login, which are no part of the table.
pub(crate) fn login(greeting: &Greeting) -> (&'static str, Vec<Step>) {
    ("", script::login(greeting))
}

#[test]
fn a_query() {
    let greeting = Greeting::default();
    let [greet, take, said] = script::login(&greeting).try_into().unwrap();
    let parts = [
        ("the greeting", vec![greet]),
        ("the end of the login", vec![take, said]),
        ("the answer to a query", vec![query("q"), Step::Send(rows())]),
    ];
    at_each_packet(&query_plan(), &parts);
}

/// The way of a login with the server's key, which is longest.
#[test]
fn a_long_login() {
    let key = openssl::rsa::Rsa::generate(2048).unwrap().public_key_to_pem().unwrap();
    let parts = [
        ("", vec![script::greet(&Greeting::mysql()), Step::Expect(Want::Login)]),
        ("a login that wants the password", vec![send(b"\x01\x04".to_vec())]),
        (
            "a login that sends its key",
            vec![script::expect(b"\x02"), send([&b"\x01"[..], &key].concat())],
        ),
        ("a login that took the password", vec![Step::Expect(Want::Any), send(ok())]),
        ("", vec![query("q"), Step::Send(rows())]),
    ];
    at_each_packet(&query_plan(), &parts);
}

/// Several results, and rows that are kept.
#[test]
fn results_in_a_row() {
    let result = |status| {
        let row = vec![Some(b"x".to_vec())];
        packets::result(packets::MARIADB_CAPS, &["a"], &[row.clone(), row], status)
    };
    let mut answer = result(packets::AUTOCOMMIT | packets::MORE);
    answer.extend(result(packets::AUTOCOMMIT));
    let mut plan = query_plan();
    plan.rows = 4;
    plan.calls.insert(2, |c| {
        assert!(c.con.next_result());
        Ok(())
    });
    let parts = |label| {
        let answer = Step::Send(answer.clone());
        [login(&Greeting::default()), (label, vec![query("q"), answer])]
    };
    at_each_packet(&plan, &parts("two results"));
    plan.rows = 0;
    plan.prepare = Box::new(|c| c.con.buffer(true));
    at_each_packet(&plan, &parts("two results that are buffered"));
}

/// The rest of an answer that nobody wants is read while the next command waits for it.
#[test]
fn an_answer_that_was_given_up() {
    let mut plan = query_plan();
    plan.calls = vec![|c| c.con.connect(), |c| c.con.query(b"q"), |c| {
        c.con.close_query();
        Ok(())
    }];
    plan.row = vec![
        |c| {
            c.con.close_query();
            Ok(())
        },
        |c| c.con.query(b"r"),
    ];
    plan.rows = 1;
    let bytes = framed(1, &rows());
    assert!(bytes.len() > 20);
    let parts = [
        login(&Greeting::default()),
        ("an answer that was given up", vec![query("q"), Step::Send(rows())]),
        ("the answer behind it", vec![query("r"), send(ok())]),
    ];
    at_each_packet(&plan, &parts);
}
