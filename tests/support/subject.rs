// SPDX-License-Identifier: Apache-2.0
//! The client under test, in three shapes with one set of calls: the machine in memory, a session over
//! a socket, the C API. And the usual way to use it: a list of things to ask, a list of things seen.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use attachsql::auth::{Channel, Methods, Password};
use attachsql::error::Error;
use attachsql::proto::login::{LoginConfig, Offer};
use attachsql::proto::machine::Machine;
use attachsql::session::{Config, Connection, Polled};
use attachsql::wire::caps::Caps;
use attachsql::wire::column::Column;

use super::listener::{Address, Inline, PATIENCE};
use super::packets::Value;
use super::raw;

/// Longest time to wait for a server that has something to send.
pub const NAP: Duration = Duration::from_secs(20);

/// An error as a C program sees it.
#[derive(Clone, PartialEq, Eq)]
pub struct Failure {
    pub code: i32,
    pub state: String,
    pub text: String,
}

/// A column as far as tests look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnSeen {
    /// Schema, table, own table, column, own column.
    pub names: [String; 5],
    pub charset: u16,
    pub length: u32,
    pub kind: u32,
    pub flags: u32,
    pub decimals: u8,
}

/// The numbers that an answer ends with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Numbers {
    pub affected: u64,
    pub insert_id: u64,
    pub warnings: u32,
    pub info: String,
}

/// Something to ask.
#[derive(Debug, Clone)]
pub enum Ask {
    /// To log in and wait for it.
    Login,
    /// A query, all of its results row by row.
    Query(Vec<u8>),
    /// A query, all of its results buffered.
    Buffered(Vec<u8>),
    /// A query that is closed after this many rows; the answer is not waited for.
    Abandon(Vec<u8>, usize),
}

/// Something seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    LoggedIn { version: String, thread_id: u32 },
    Columns(Vec<ColumnSeen>),
    Row(Vec<Value>),
    Done(Numbers),
    Failed(Failure),
}

pub trait Subject {
    fn connect(&mut self) -> Result<(), Failure>;
    fn query(&mut self, text: &[u8]) -> Result<(), Failure>;
    fn poll(&mut self) -> Result<Polled, Failure>;
    /// Called when a poll found nothing: waits, or lets the other side work.
    fn idle(&mut self);
    fn buffer(&mut self, on: bool);
    fn columns(&mut self) -> Vec<ColumnSeen>;
    fn row(&mut self) -> Vec<Value>;
    fn next_row(&mut self);
    fn buffered_rows(&mut self) -> Vec<Vec<Value>>;
    /// Whether there is one.
    fn next_result(&mut self) -> bool;
    fn close_query(&mut self);
    fn numbers(&mut self) -> Numbers;
    fn version(&mut self) -> String;
    fn thread_id(&mut self) -> u32;

    /// Polls until it is not `Connecting` or `Processing` any more.
    fn settle(&mut self) -> Result<Polled, Failure> {
        let end = Instant::now() + PATIENCE;
        loop {
            match self.poll()? {
                Polled::Connecting | Polled::Processing => {
                    assert!(Instant::now() < end, "nothing happens");
                    self.idle();
                }
                polled => return Ok(polled),
            }
        }
    }

    /// Connects and waits until it is done.
    fn login(&mut self) -> Result<(), Failure> {
        self.connect()?;
        assert_eq!(self.settle()?, Polled::End, "a login ends with EOF");
        Ok(())
    }

    /// A query and its whole answer, which is closed at the end.
    fn ask(&mut self, text: &[u8], buffered: bool) -> Vec<Seen> {
        let mut seen = Vec::new();
        self.buffer(buffered);
        if let Err(failure) = self.query(text).and_then(|()| self.answer(buffered, &mut seen)) {
            seen.push(Seen::Failed(failure));
        }
        self.close_query();
        seen
    }

    /// The rest of an answer with all of its results.
    fn answer(&mut self, buffered: bool, seen: &mut Vec<Seen>) -> Result<(), Failure> {
        loop {
            let mut columns = false;
            while self.settle()? == Polled::RowReady {
                assert!(!buffered, "a row is shown in buffered mode");
                if !columns {
                    columns = true;
                    seen.push(Seen::Columns(self.columns()));
                }
                seen.push(Seen::Row(self.row()));
                self.next_row();
            }
            let described = self.columns();
            if !columns && !described.is_empty() {
                seen.push(Seen::Columns(described));
            }
            if buffered {
                seen.extend(self.buffered_rows().into_iter().map(Seen::Row));
            }
            seen.push(Seen::Done(self.numbers()));
            if !self.next_result() {
                return Ok(());
            }
        }
    }

    /// Asks one thing after the other; stops at an error of the connection.
    fn run(&mut self, asks: &[Ask]) -> Vec<Seen> {
        let mut seen = Vec::new();
        for ask in asks {
            match ask {
                Ask::Login => match self.login() {
                    Ok(()) => {
                        let (version, thread_id) = (self.version(), self.thread_id());
                        seen.push(Seen::LoggedIn { version, thread_id });
                    }
                    Err(failure) => seen.push(Seen::Failed(failure)),
                },
                Ask::Query(text) => seen.extend(self.ask(text, false)),
                Ask::Buffered(text) => seen.extend(self.ask(text, true)),
                Ask::Abandon(text, rows) => {
                    self.buffer(false);
                    match self.query(text).and_then(|()| self.some_rows(*rows)) {
                        Ok(rows) => seen.extend(rows.into_iter().map(Seen::Row)),
                        Err(failure) => seen.push(Seen::Failed(failure)),
                    }
                    self.close_query();
                }
            }
        }
        seen
    }

    /// As `run`, with a server that may say anything: counts what is seen, expects nothing.
    fn run_loosely(&mut self, asks: &[Ask]) -> usize {
        let mut seen = 0;
        for ask in asks {
            let (text, buffered) = match ask {
                Ask::Login => (&b""[..], false),
                Ask::Query(text) | Ask::Abandon(text, _) => (&text[..], false),
                Ask::Buffered(text) => (&text[..], true),
            };
            if !text.is_empty() {
                self.buffer(buffered);
                if self.query(text).is_err() {
                    break;
                }
            }
            loop {
                seen += 1;
                match self.settle() {
                    Ok(Polled::RowReady) => {
                        seen += self.row().len() + self.columns().len();
                        self.next_row();
                    }
                    Ok(_) if self.next_result() => seen += self.buffered_rows().len(),
                    Ok(_) | Err(_) => break,
                }
            }
            self.close_query();
        }
        seen
    }

    /// The next rows, without going on after the last of them.
    fn some_rows(&mut self, count: usize) -> Result<Vec<Vec<Value>>, Failure> {
        let mut rows = Vec::new();
        while rows.len() < count {
            assert_eq!(self.settle()?, Polled::RowReady);
            rows.push(self.row());
            if rows.len() < count {
                self.next_row();
            }
        }
        Ok(rows)
    }
}

impl Ask {
    pub fn query(text: &str) -> Self {
        Self::Query(text.as_bytes().to_vec())
    }

    pub fn buffered(text: &str) -> Self {
        Self::Buffered(text.as_bytes().to_vec())
    }
}

impl From<Box<Error>> for Failure {
    fn from(error: Box<Error>) -> Self {
        Self {
            code: error.code(),
            state: String::from_utf8_lossy(&error.sqlstate()).into_owned(),
            text: String::from_utf8_lossy(&error.message()).into_owned(),
        }
    }
}

impl Debug for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{} {:?}", self.code, self.state, self.text)
    }
}

impl Failure {
    pub fn numbers(&self) -> (i32, &str) {
        (self.code, &self.state)
    }
}

/// Who logs in, in tests.
pub fn login_config(password: &str, channel: Channel) -> LoginConfig {
    LoginConfig {
        user: b"tester".to_vec(),
        passwords: vec![Password::new(password.as_bytes())],
        server_key: None,
        methods: Methods::default(),
        schema: b"testdb".to_vec(),
        wanted: Caps::default(),
        charset: 0,
        attributes: vec![(b"_client_name".to_vec(), b"libattachsql".to_vec())],
        channel,
        tls: false,
        compression: Offer::default(),
        dialog: None,
    }
}

/// A session configuration for `address`.
pub fn config(address: &Address, password: &str) -> Config {
    let host = Some(address.host.as_bytes());
    Config::new(host, address.port, b"tester", password.as_bytes(), b"testdb").unwrap()
}

impl Subject for Connection {
    fn connect(&mut self) -> Result<(), Failure> {
        Ok(Connection::connect(self).map(drop)?)
    }

    fn query(&mut self, text: &[u8]) -> Result<(), Failure> {
        Ok(Connection::query(self, text, Vec::new())?)
    }

    fn poll(&mut self) -> Result<Polled, Failure> {
        Ok(Connection::poll(self)?)
    }

    fn idle(&mut self) {
        assert!(self.wait(Some(NAP)).unwrap(), "nothing wakes it up");
    }

    fn buffer(&mut self, on: bool) {
        assert!(self.buffer_rows(on), "no query is open");
    }

    fn columns(&mut self) -> Vec<ColumnSeen> {
        machine_columns(self.machine_mut())
    }

    fn row(&mut self) -> Vec<Value> {
        raw::values(self.machine_mut().row().expect("a row"))
    }

    fn next_row(&mut self) {
        Connection::next_row(self);
    }

    fn buffered_rows(&mut self) -> Vec<Vec<Value>> {
        (0..self.row_count()).map(|n| raw::values(self.buffered_row(n).unwrap())).collect()
    }

    fn next_result(&mut self) -> bool {
        Connection::next_result(self) == Polled::Processing
    }

    fn close_query(&mut self) {
        Connection::close_query(self);
    }

    fn numbers(&mut self) -> Numbers {
        machine_numbers(self.machine())
    }

    fn version(&mut self) -> String {
        machine_version(self.machine())
    }

    fn thread_id(&mut self) -> u32 {
        self.machine().thread_id()
    }
}

/// A client whose server runs in the same thread.
#[derive(Debug)]
pub struct WithServer<S> {
    pub client: S,
    pub server: Inline,
}

impl<S: Subject> Subject for WithServer<S> {
    fn connect(&mut self) -> Result<(), Failure> {
        self.client.connect()
    }
    fn query(&mut self, text: &[u8]) -> Result<(), Failure> {
        self.client.query(text)
    }
    fn poll(&mut self) -> Result<Polled, Failure> {
        self.client.poll()
    }
    fn idle(&mut self) {
        self.server.turn();
    }
    fn buffer(&mut self, on: bool) {
        self.client.buffer(on);
    }
    fn columns(&mut self) -> Vec<ColumnSeen> {
        self.client.columns()
    }
    fn row(&mut self) -> Vec<Value> {
        self.client.row()
    }
    fn next_row(&mut self) {
        self.client.next_row();
    }
    fn buffered_rows(&mut self) -> Vec<Vec<Value>> {
        self.client.buffered_rows()
    }
    fn next_result(&mut self) -> bool {
        self.client.next_result()
    }
    fn close_query(&mut self) {
        self.client.close_query();
    }
    fn numbers(&mut self) -> Numbers {
        self.client.numbers()
    }
    fn version(&mut self) -> String {
        self.client.version()
    }
    fn thread_id(&mut self) -> u32 {
        self.client.thread_id()
    }
}

pub fn machine_columns(machine: &mut Machine) -> Vec<ColumnSeen> {
    if machine.result.column_count == 0 {
        return Vec::new();
    }
    let (all, names) = machine.columns().describe();
    let column = |column: &Column| ColumnSeen {
        names: column.names.map(|span| String::from_utf8_lossy(span.of(names)).into_owned()),
        charset: column.charset,
        length: column.length,
        kind: column.kind.into(),
        flags: column.flags.into(),
        decimals: column.decimals,
    };
    all.iter().map(column).collect()
}

pub fn machine_numbers(machine: &Machine) -> Numbers {
    let result = &machine.result;
    let info = result.info().strip_suffix(b"\0").unwrap_or_default();
    Numbers {
        affected: result.affected_rows,
        insert_id: result.last_insert_id,
        warnings: result.warnings.into(),
        info: String::from_utf8_lossy(info).into_owned(),
    }
}

pub fn machine_version(machine: &Machine) -> String {
    String::from_utf8_lossy(machine.version().strip_suffix(b"\0").unwrap_or_default()).into_owned()
}
