// SPDX-License-Identifier: Apache-2.0
//! {server} x {TCP, unix socket} x {plain, TLS 1.2, TLS 1.3} x {compression} x {account} x {good, bad
//! password}: each cell with what must come of it, which for some is an error.

use std::fmt::{self, Display, Formatter, Write as _};

use attachsql::auth::{Dialog, Question, Reply};
use attachsql::session::{Choice, Connection};

use super::settings::{Tls, ca, identity, secure, status};
use crate::support::say;
use crate::support::servers::{self, Kind, Server, value};
use crate::support::subject::Subject;

/// How the server is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Tcp,
    Unix,
}

const WAYS: [Way; 2] = [Way::Tcp, Way::Unix];

/// Who can read along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cover {
    Plain,
    Tls12,
    Tls13,
}

const COVERS: [Cover; 3] = [Cover::Plain, Cover::Tls12, Cover::Tls13];

/// How the bytes are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compression {
    None,
    Zlib,
    Zstd,
}

const COMPRESSIONS: [Compression; 3] = [Compression::None, Compression::Zlib, Compression::Zstd];

/// What the account takes besides the password, or instead of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    Nothing,
    Tls,
    Certificate,
    /// A channel that nobody else can read.
    Privacy,
    /// The same, and a wrong password makes the server ask again, which nobody answers.
    Answers,
    /// The user of the system who runs the tests, at the other end of a unix socket.
    SystemUser,
    /// Another one.
    OtherSystemUser,
    /// A login method that is not accepted.
    Acceptance,
}

/// Who logs in.
#[derive(Debug, Clone)]
struct Account {
    user: String,
    password: &'static str,
    needs: Needs,
    /// The login methods that are accepted, if they are told.
    methods: &'static str,
    /// Whether it shows the client's certificate.
    shows: bool,
}

type Numbers = (i32, &'static str);

const DENIED: Numbers = (1045, "28000");
/// Denied by a method that knows no passwords.
const DENIED_WITHOUT: Numbers = (1698, "28000");
const REFUSED_METHOD: Numbers = (2061, "28000");
const NO_TLS: Numbers = (3003, "08000");
const NO_COMPRESSION: Numbers = (2066, "08004");

fn accounts(server: &Server) -> Vec<Account> {
    let needing = |user: &str, password: &'static str, needs| {
        let user = user.to_owned();
        Account { user, password, needs, methods: "", shows: false }
    };
    let account = |name: &'static str, needs| needing(name, name, needs);
    let accepting = |account: Account, methods| Account { methods, ..account };
    let mut all = vec![
        account("test", Needs::Nothing),
        needing("nopass", "", Needs::Nothing),
        needing(&server.long_user, "long", Needs::Nothing),
        account("tls", Needs::Tls),
        account("x509", Needs::Certificate),
        Account { shows: true, ..account("x509", Needs::Certificate) },
    ];
    all.extend(server.methods().iter().map(|&(name, _)| account(name, Needs::Nothing)));
    if server.kind != Kind::MySql97 {
        all.push(account("old", Needs::Acceptance));
        all.push(accepting(account("old", Needs::Nothing), "mysql_old_password"));
    }
    match server.kind {
        Kind::MariaDb1011 | Kind::MariaDb118 => all.extend([
            account("clear", Needs::Acceptance),
            accepting(account("clear", Needs::Privacy), "mysql_clear_password"),
            account("questions", Needs::Acceptance),
            account("attempts", Needs::Acceptance),
            accepting(account("attempts", Needs::Answers), "dialog"),
            accepting(account("questions", Needs::Privacy), "mysql_native_password,dialog"),
            needing(&servers::os_user(), "", Needs::SystemUser),
            needing("daemon", "", Needs::OtherSystemUser),
        ]),
        Kind::MySql97 => all.extend([
            needing("socket", "", Needs::SystemUser),
            needing("socket_other", "", Needs::OtherSystemUser),
        ]),
        // It has no RSA key to give, and takes the password over TLS only.
        Kind::MySql56 => all.push(account("sha256", Needs::Tls)),
    }
    all
}

/// One login.
struct Cell<'a> {
    server: &'a Server,
    way: Way,
    cover: Cover,
    compression: Compression,
    account: &'a Account,
    good_password: bool,
}

impl Display for Cell<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { server, way, cover, compression, account, good_password } = self;
        let Account { user, methods, shows, .. } = account;
        write!(f, "{} {way:?} {cover:?}, compression {compression:?}, {user}", server.name)?;
        write!(f, " accepting [{methods}], certificate: {shows}, good password: {good_password}")
    }
}

impl Cell<'_> {
    fn is_private(&self) -> bool {
        self.way == Way::Unix || self.cover != Cover::Plain
    }

    /// What must come of it.
    fn outcome(&self) -> Result<(), Numbers> {
        let covered = self.cover != Cover::Plain;
        if self.compression == Compression::Zstd && !self.server.has_zstd() {
            return Err(NO_COMPRESSION);
        }
        if covered && self.server.kind == Kind::MySql56 {
            return Err(NO_TLS);
        }
        match self.account.needs {
            Needs::Acceptance => Err(REFUSED_METHOD),
            Needs::Privacy | Needs::Answers if !self.is_private() => Err(REFUSED_METHOD),
            Needs::Answers if !self.good_password => Err(REFUSED_METHOD),
            // Passwords are not looked at.
            Needs::SystemUser if self.way == Way::Unix => Ok(()),
            Needs::SystemUser | Needs::OtherSystemUser => Err(DENIED_WITHOUT),
            Needs::Tls if !covered => Err(DENIED),
            Needs::Certificate if !covered || !self.account.shows => Err(DENIED),
            _ if !self.good_password => Err(DENIED),
            _ => Ok(()),
        }
    }

    fn client(&self) -> Connection {
        let address = match self.way {
            Way::Tcp => self.server.tcp(),
            Way::Unix => self.server.unix(),
        };
        let mut tls = match self.cover {
            Cover::Plain => vec![],
            Cover::Tls12 => vec![ca(), Tls::Min(12), Tls::Max(12)],
            Cover::Tls13 => vec![ca(), Tls::Min(13), Tls::Max(13)],
        };
        if self.account.shows && self.cover != Cover::Plain {
            tls.extend(identity());
        }
        let password = if self.good_password { self.account.password } else { "wrong" };
        let mut client = secure(&address, &self.account.user, password, &tls);
        if !self.account.methods.is_empty() {
            assert!(client.choose(Choice::Methods(self.account.methods.as_bytes())));
        }
        if self.account.user == "questions" {
            // What it asks after the password.
            let answer = |_: &Question| Reply::Text(b"yes, of course".to_vec().into());
            client.set_dialog(Some(Dialog::new(answer))).unwrap();
        }
        let method = match self.compression {
            Compression::None => &b"uncompressed"[..],
            Compression::Zlib => b"zlib",
            Compression::Zstd => b"zstd",
        };
        let required = u32::from(self.compression != Compression::None);
        assert!(client.choose(Choice::Compression(method)));
        assert!(client.choose(Choice::CompressionRequired(required)));
        client
    }

    /// The session is what was asked for.
    fn check(&self, client: &mut Connection) {
        let version = match self.cover {
            Cover::Plain => "",
            Cover::Tls12 => "TLSv1.2",
            Cover::Tls13 => "TLSv1.3",
        };
        assert_eq!(status(client, "Ssl_version"), version, "{self}");
        let compression = match self.compression {
            Compression::None => "OFF",
            Compression::Zlib | Compression::Zstd => "ON",
        };
        assert_eq!(status(client, "Compression"), compression, "{self}");
        let user = format!("{}@%", self.account.user);
        assert_eq!(value(client, "SELECT CURRENT_USER()"), user, "{self}");
    }
}

#[derive(Debug, Default)]
struct Tally {
    passed: usize,
    expected_errors: usize,
    failed: Vec<String>,
}

impl Tally {
    fn log_in(&mut self, cell: &Cell<'_>) {
        let mut client = cell.client();
        let result = client.login();
        let got = result.as_ref().err().map_or(Ok(()), |failure| Err(failure.numbers()));
        let want = cell.outcome();
        match want {
            _ if got != want => {
                self.failed.push(format!("{cell}: expected {want:?}, got {result:?}"));
            }
            Err(_) => self.expected_errors += 1,
            Ok(()) => {
                cell.check(&mut client);
                self.passed += 1;
            }
        }
    }

    fn line(&self, name: &str) -> String {
        let Self { passed, expected_errors, failed } = self;
        let failed = failed.len();
        format!(
            "{name:<12} {passed:>6} passed {expected_errors:>6} expected errors {failed:>6} failed"
        )
    }

    fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.expected_errors += other.expected_errors;
        self.failed.extend(other.failed);
    }
}

fn every_cell_of(server: &Server) -> Tally {
    let (mut tally, accounts) = (Tally::default(), accounts(server));
    for way in WAYS {
        for cover in COVERS {
            for compression in COMPRESSIONS {
                // A cold cache makes MySQL ask for passwords in full.
                servers::admin(&server.unix()).ask(b"FLUSH PRIVILEGES", false);
                for account in &accounts {
                    for good_password in [true, false] {
                        let cell = Cell { server, way, cover, compression, account, good_password };
                        tally.log_in(&cell);
                    }
                }
            }
        }
    }
    let cells = WAYS.len() * COVERS.len() * COMPRESSIONS.len() * accounts.len() * 2;
    let counted = tally.passed + tally.expected_errors + tally.failed.len();
    assert_eq!(counted, cells, "cells are missing");
    tally
}

#[test]
fn every_cell() {
    let (mut table, mut all) = (String::from("logins\n"), Tally::default());
    for server in servers::all() {
        let tally = every_cell_of(&server);
        writeln!(table, "{}", tally.line(server.name)).unwrap();
        all.add(tally);
    }
    table.push_str(&all.line("all"));
    say(&table);
    assert!(all.failed.is_empty(), "{}", all.failed.join("\n"));
}
