// SPDX-License-Identifier: Apache-2.0
//! TLS where the host is not simply the one that the program has named: lists, and sockets that the
//! program has connected.

use std::net::TcpStream;
use std::os::fd::{AsFd, OwnedFd};

use attachsql::net::socket::{Stream, prepare};
use attachsql::session::{Choice, Connection, TlsChoice};

use super::setting::{PASSWORD, REFUSED, authority, good, kept_to_itself, login_then, trusted};
use crate::support::certificates::{Identity, Wanted};
use crate::support::listener::{Address, Listener};
use crate::support::packets::err;
use crate::support::script::{Script, send};
use crate::support::subject::{self, Failure, Subject};
use crate::support::tls_server::{Outcome, TlsServer};

/// A login with checks of host and authority at a server that shows `shown`, by a client that `change`
/// has been at.
fn log_in(
    shown: &Identity,
    host: &str,
    change: impl FnOnce(&mut Connection, u16),
) -> (Result<(), Failure>, Outcome) {
    let server = TlsServer::new(shown.context(&[], (12, 13)), login_then([]));
    let (Address { port, .. }, running) = server.serve(Listener::tcp());
    let address = Address { host: host.to_owned(), port };
    let mut client = Connection::new(subject::config(&address, PASSWORD));
    let ca = trusted();
    assert!(client.choose(Choice::Tls(TlsChoice::Ca(ca.path().as_bytes()))));
    change(&mut client, port);
    let result = client.login();
    drop(client);
    (result, running.finish())
}

fn elsewhere() -> Identity {
    authority().issue(&Wanted { hosts: &["else.example"], addresses: &[], ..Wanted::default() })
}

/// The certificate must be for the host that was connected, not for the one that the list replaces.
#[test]
fn the_host_of_a_list() {
    let full = Listener::tcp();
    let first = full.address().port;
    let refuses = full.serve(Script::new([send(err(1040, None, b"Too many connections"))]));
    let list = |client: &mut Connection, port| {
        let list = format!("127.0.0.1:{first},127.0.0.1:{port}");
        assert!(client.choose(Choice::Hosts(list.as_bytes())));
    };
    let (result, _) = log_in(good(), "else.example", list);
    result.unwrap();
    refuses.finish();

    let (result, outcome) = log_in(&elsewhere(), "else.example", list);
    let failure = result.unwrap_err();
    assert_eq!(failure.numbers(), REFUSED, "{failure:?}");
    assert!(failure.text.contains("127.0.0.1"), "{failure:?}");
    kept_to_itself(&outcome);
}

/// With a socket of the program's, the host is what the program says it is.
#[test]
fn a_socket_of_the_program() {
    let adopt = |client: &mut Connection, port| {
        let socket = OwnedFd::from(TcpStream::connect(("127.0.0.1", port)).unwrap());
        let family = prepare(socket.as_fd()).unwrap();
        client.adopt(Stream::adopt(socket, family)).unwrap();
    };
    let (result, _) = log_in(&elsewhere(), "else.example", adopt);
    result.unwrap();
    let (result, outcome) = log_in(&elsewhere(), "other.example", adopt);
    assert_eq!(result.unwrap_err().numbers(), REFUSED);
    kept_to_itself(&outcome);
}
