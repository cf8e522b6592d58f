// SPDX-License-Identifier: Apache-2.0
//! The real servers, as `eval "$(scripts/servers.sh env)"` names them. A missing one is a failure.

use std::env;

use attachsql::session::{Config, Connection};

use super::listener::Address;
use super::subject::{Seen, Subject};

/// A running server.
#[derive(Debug)]
pub struct Server {
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

fn server(name: &'static str, prefix: &str) -> Server {
    let get = |what: &str| variable(&format!("ATTACHSQL_TEST_{prefix}_{what}"));
    Server {
        name,
        port: get("PORT").parse().unwrap(),
        socket: get("SOCKET"),
        version: get("VERSION"),
        long_user: get("LONG_USER"),
    }
}

pub fn mariadb() -> Server {
    server("mariadb", "MARIADB")
}

pub fn mysql() -> Server {
    server("mysql", "MYSQL")
}

pub fn both() -> [Server; 2] {
    [mariadb(), mysql()]
}

/// Whether the servers listen on ::1 too.
pub fn has_ipv6() -> bool {
    variable("ATTACHSQL_TEST_IPV6") == "1"
}

impl Server {
    pub fn tcp(&self) -> Address {
        Address { host: "127.0.0.1".to_owned(), port: self.port }
    }

    pub fn unix(&self) -> Address {
        Address { host: self.socket.clone(), port: 0 }
    }

    pub fn is_mysql(&self) -> bool {
        self.name == "mysql"
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
