// SPDX-License-Identifier: Apache-2.0
//! The real servers, as `eval "$(scripts/servers.sh env)"` names them. A missing one is a failure.

use std::env;

use attachsql::session::{Config, Connection};

use super::listener::Address;
use super::subject::{Seen, Subject};

/// Which server it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    MySql56,
    MySql97,
    MariaDb1011,
    MariaDb118,
}

/// A running server.
#[derive(Debug)]
pub struct Server {
    pub kind: Kind,
    /// What recordings of it are called.
    pub name: &'static str,
    pub port: u16,
    pub socket: String,
    pub version: String,
    pub long_user: String,
}

fn variable(name: &str) -> String {
    env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: scripts/servers.sh up; eval \"$(scripts/servers.sh env)\"")
    })
}

fn server(kind: Kind) -> Server {
    let (name, prefix) = match kind {
        Kind::MySql56 => ("mysql56", "MYSQL56"),
        Kind::MySql97 => ("mysql", "MYSQL"),
        Kind::MariaDb1011 => ("mariadb", "MARIADB"),
        Kind::MariaDb118 => ("mariadb118", "MARIADB118"),
    };
    let get = |what: &str| variable(&format!("ATTACHSQL_TEST_{prefix}_{what}"));
    Server {
        kind,
        name,
        port: get("PORT").parse().unwrap(),
        socket: get("SOCKET"),
        version: get("VERSION"),
        long_user: get("LONG_USER"),
    }
}

/// MariaDB 10.11.
pub fn mariadb() -> Server {
    server(Kind::MariaDb1011)
}

/// MySQL 9.7.
pub fn mysql() -> Server {
    server(Kind::MySql97)
}

/// MySQL 5.6.
pub fn mysql56() -> Server {
    server(Kind::MySql56)
}

/// Those of MariaDB.
pub fn mariadbs() -> [Server; 2] {
    [mariadb(), server(Kind::MariaDb118)]
}

/// Those that speak a version of TLS that is accepted; MySQL 5.6 has TLS 1.0.
pub fn with_tls() -> [Server; 3] {
    let [first, second] = mariadbs();
    [first, second, mysql()]
}

/// All of them.
pub fn all() -> [Server; 4] {
    let [first, second, third] = with_tls();
    [first, second, third, mysql56()]
}

/// The user of the system whom accounts of unix sockets let in.
pub fn os_user() -> String {
    variable("ATTACHSQL_TEST_OS_USER")
}

impl Server {
    pub fn tcp(&self) -> Address {
        Address { host: "127.0.0.1".to_owned(), port: self.port }
    }

    pub fn unix(&self) -> Address {
        Address { host: self.socket.clone(), port: 0 }
    }

    pub fn is_mysql(&self) -> bool {
        matches!(self.kind, Kind::MySql56 | Kind::MySql97)
    }

    /// Whether it compresses with zstd, and not with zlib only.
    pub fn has_zstd(&self) -> bool {
        self.kind == Kind::MySql97
    }

    /// Whether it listens on `::1` too.
    pub fn has_ipv6(&self) -> bool {
        self.kind != Kind::MySql56 && variable("ATTACHSQL_TEST_IPV6") == "1"
    }

    /// Its accounts with the login methods that they have, which need nothing but the password; the
    /// password is the name.
    pub fn methods(&self) -> &'static [(&'static str, &'static str)] {
        match self.kind {
            Kind::MySql56 => &[("native", "mysql_native_password")],
            Kind::MySql97 => &[("sha2", "caching_sha2_password"), ("sha256", "sha256_password")],
            Kind::MariaDb1011 => &[("native", "mysql_native_password"), ("ed", "client_ed25519")],
            Kind::MariaDb118 => &[
                ("native", "mysql_native_password"),
                ("ed", "client_ed25519"),
                ("parsec", "parsec"),
            ],
        }
    }
}

/// A connection that has not begun to connect.
pub fn connection(address: &Address, user: &str, password: &str) -> Connection {
    let (host, port) = (Some(address.host.as_bytes()), address.port);
    let config = Config::new(host, port, user.as_bytes(), password.as_bytes(), b"testdb").unwrap();
    Connection::new(config)
}

/// A logged-in connection of the account that may do everything.
pub fn admin(address: &Address) -> Connection {
    let mut connection = connection(address, "test", "test");
    connection.login().unwrap();
    connection
}

/// The text of the only value of a query; panics if it fails.
pub fn value(subject: &mut impl Subject, text: &str) -> String {
    let seen = subject.ask(text.as_bytes(), false);
    let rows = seen.iter().filter_map(|seen| match seen {
        Seen::Row(values) => Some(values.clone()),
        _ => None,
    });
    match rows.collect::<Vec<_>>().as_slice() {
        [row] => String::from_utf8(row.last().unwrap().clone().unwrap_or_default()).unwrap(),
        _ => panic!("{text}: one row was expected, got {seen:?}"),
    }
}
