// SPDX-License-Identifier: Apache-2.0
//! {server} x {TCP, unix socket} x {plain, TLS 1.2, TLS 1.3} x {account} x {good, bad password}: each cell
//! with what must come of it.

use std::fmt::Write as _;

use super::settings::{Tls, ca, identity, secure, status};
use crate::support::listener::Address;
use crate::support::say;
use crate::support::servers::{self, Server, value};
use crate::support::subject::Subject;

/// How the bytes travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cover {
    Plain,
    Tls(u32),
}

/// Who logs in.
#[derive(Debug, Clone)]
struct Account {
    user: String,
    password: &'static str,
    needs: Needs,
    /// Whether it shows the client's certificate.
    shows: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    Nothing,
    Tls,
    Certificate,
}

const DENIED: (i32, &str) = (1045, "28000");

fn accounts(server: &Server) -> Vec<Account> {
    let account = |user: &str, password, needs, shows| {
        let user = user.to_owned();
        Account { user, password, needs, shows }
    };
    let mut all = vec![
        account("test", "test", Needs::Nothing, false),
        account("nopass", "", Needs::Nothing, false),
        account(&server.long_user, "long", Needs::Nothing, false),
        account("tls", "tls", Needs::Tls, false),
        account("x509", "x509", Needs::Certificate, true),
        account("x509", "x509", Needs::Certificate, false),
    ];
    let own = if server.is_mysql() { ["sha2", "sha256"] } else { ["native", "ed"] };
    all.extend(own.map(|name| account(name, name, Needs::Nothing, false)));
    all
}

impl Account {
    /// Whether the server lets it in, given the right password.
    fn is_let_in(&self, cover: Cover) -> bool {
        match self.needs {
            Needs::Nothing => true,
            Needs::Tls => cover != Cover::Plain,
            Needs::Certificate => cover != Cover::Plain && self.shows,
        }
    }

    fn tls(&self, cover: Cover) -> Vec<Tls> {
        let Cover::Tls(version) = cover else {
            return Vec::new();
        };
        let mut tls = vec![ca(), Tls::Min(version), Tls::Max(version)];
        if self.shows {
            tls.extend(identity());
        }
        tls
    }
}

#[derive(Debug, Default)]
struct Tally {
    passed: u32,
    expected_errors: u32,
    failed: Vec<String>,
}

impl Tally {
    fn cell(&mut self, server: &Server, address: &Address, cover: Cover, account: &Account) {
        for good in [true, false] {
            let password = if good { account.password } else { "wrong" };
            let want = if good && account.is_let_in(cover) { Ok(()) } else { Err(DENIED) };
            let tls = account.tls(cover);
            let mut client = secure(address, &account.user, password, &tls);
            let result = client.login();
            let got = result.as_ref().err().map_or(Ok(()), |failure| Err(failure.numbers()));
            let cell = format!(
                "{} {}, {cover:?}, {} with certificate: {}, good password: {good}",
                server.name, address.host, account.user, account.shows
            );
            if got != want {
                self.failed.push(format!("{cell}: expected {want:?}, got {result:?}"));
                continue;
            }
            if want.is_err() {
                self.expected_errors += 1;
                continue;
            }
            self.passed += 1;
            let version = match cover {
                Cover::Plain => "",
                Cover::Tls(12) => "TLSv1.2",
                Cover::Tls(_) => "TLSv1.3",
            };
            assert_eq!(status(&mut client, "Ssl_version"), version, "{cell}");
            let user = format!("{}@%", account.user);
            assert_eq!(value(&mut client, "SELECT CURRENT_USER()"), user, "{cell}");
        }
    }
}

#[test]
fn every_cell() {
    let (mut table, mut all) = (String::new(), Tally::default());
    for server in servers::both() {
        for (way, address) in [("tcp", server.tcp()), ("unix", server.unix())] {
            for cover in [Cover::Plain, Cover::Tls(12), Cover::Tls(13)] {
                let mut tally = Tally::default();
                // A cold cache makes MySQL ask for passwords in full.
                servers::admin(&server.unix()).ask(b"FLUSH PRIVILEGES", false);
                for account in accounts(&server) {
                    tally.cell(&server, &address, cover, &account);
                }
                let name = match cover {
                    Cover::Plain => "plain",
                    Cover::Tls(12) => "TLS 1.2",
                    Cover::Tls(_) => "TLS 1.3",
                };
                writeln!(
                    table,
                    "{:<8} {way:<5} {name:<8} {:>3} passed, {:>3} expected errors, {} failed",
                    server.name,
                    tally.passed,
                    tally.expected_errors,
                    tally.failed.len()
                )
                .unwrap();
                all.passed += tally.passed;
                all.expected_errors += tally.expected_errors;
                all.failed.extend(tally.failed);
            }
        }
    }
    write!(
        table,
        "logins: {} passed, {} expected errors, {} failed",
        all.passed,
        all.expected_errors,
        all.failed.len()
    )
    .unwrap();
    say(&table);
    assert!(all.failed.is_empty(), "{}", all.failed.join("\n"));
    assert_eq!(all.passed + all.expected_errors, 2 * 2 * 3 * 8 * 2, "cells are missing");
}
