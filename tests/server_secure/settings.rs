// SPDX-License-Identifier: Apache-2.0
//! A secure connection in one expression: who, where, and TLS options that own their texts.

use std::path::PathBuf;

use attachsql::session::{Choice, Connection, TlsChoice};

use crate::support::listener::Address;
use crate::support::servers::{self, Server};
use crate::support::subject::{Failure, Seen, Subject};

/// A TLS option; texts that name a file of the servers' certificates are made into paths.
#[derive(Debug, Clone)]
pub(crate) enum Tls {
    Require,
    Ca(String),
    CaPath(String),
    Cert(String),
    Key(String),
    Passphrase(&'static str),
    Ciphers(&'static str),
    Suites(&'static str),
    Min(u32),
    Max(u32),
    Verify(u32),
    Name(&'static str),
    Crl(String),
    CrlPath(String),
    Fingerprint(String),
}

/// A file among the servers' certificates.
pub(crate) fn file(name: &str) -> String {
    let folder = std::env::var("ATTACHSQL_TEST_TLS_DIR").expect("ATTACHSQL_TEST_TLS_DIR");
    let path = PathBuf::from(folder).join(name);
    assert!(path.exists(), "{} is missing", path.display());
    path.into_os_string().into_string().unwrap()
}

/// The authority that signed the servers' certificates.
pub(crate) fn ca() -> Tls {
    Tls::Ca(file("ca.pem"))
}

/// The client's certificate and key.
pub(crate) fn identity() -> [Tls; 2] {
    [Tls::Cert(file("client-cert.pem")), Tls::Key(file("client-key.pem"))]
}

impl Tls {
    pub(crate) fn put(&self, connection: &mut Connection) -> bool {
        let choice = match self {
            Self::Require => TlsChoice::Require(1),
            Self::Ca(path) => TlsChoice::Ca(path.as_bytes()),
            Self::CaPath(path) => TlsChoice::CaPath(path.as_bytes()),
            Self::Cert(path) => TlsChoice::Cert(path.as_bytes()),
            Self::Key(path) => TlsChoice::Key(path.as_bytes()),
            Self::Passphrase(text) => TlsChoice::Passphrase(text.as_bytes()),
            Self::Ciphers(text) => TlsChoice::Ciphers(text.as_bytes()),
            Self::Suites(text) => TlsChoice::Suites(text.as_bytes()),
            Self::Min(number) => TlsChoice::MinVersion(*number),
            Self::Max(number) => TlsChoice::MaxVersion(*number),
            Self::Verify(level) => TlsChoice::Verify(*level),
            Self::Name(text) => TlsChoice::ServerName(text.as_bytes()),
            Self::Crl(path) => TlsChoice::Crl(path.as_bytes()),
            Self::CrlPath(path) => TlsChoice::CrlPath(path.as_bytes()),
            Self::Fingerprint(text) => TlsChoice::Fingerprint(text.as_bytes()),
        };
        connection.choose(Choice::Tls(choice))
    }
}

/// A connection that has not begun to connect.
pub(crate) fn secure(address: &Address, user: &str, password: &str, tls: &[Tls]) -> Connection {
    let mut connection = servers::connection(address, user, password);
    for option in tls {
        assert!(option.put(&mut connection), "{option:?} is not taken");
    }
    connection
}

/// Logs in as the account that may do everything.
pub(crate) fn try_login(address: &Address, tls: &[Tls]) -> Result<Connection, Failure> {
    let mut connection = secure(address, "test", "test", tls);
    connection.login()?;
    Ok(connection)
}

/// As `try_login`, over TCP, where it must not work: the error.
pub(crate) fn refused(server: &Server, tls: &[Tls]) -> Failure {
    match try_login(&server.tcp(), tls) {
        Ok(_) => panic!("{} is taken with {tls:?}", server.name),
        Err(failure) => failure,
    }
}

/// What the server says of the session: `Ssl_version`, `Ssl_cipher`.
pub(crate) fn status(client: &mut impl Subject, name: &str) -> String {
    let seen = client.ask(format!("SHOW SESSION STATUS LIKE '{name}'").as_bytes(), false);
    match &seen[..] {
        [Seen::Columns(_), Seen::Row(row), Seen::Done(_)] => {
            String::from_utf8(row[1].clone().unwrap()).unwrap()
        }
        other => panic!("{name}: {other:?}"),
    }
}
