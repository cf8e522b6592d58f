// SPDX-License-Identifier: Apache-2.0
//! Addresses that refuse, that are not there, and that do not answer.

use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use attachsql::session::{Choice, Connection, Polled};
use socket2::{Domain, SockAddr, Socket, Type};

use crate::support::listener::{Address, Inline, Listener, socket_path};
use crate::support::packets::Greeting;
use crate::support::script::Script;
use crate::support::subject::{self, Subject};

fn unreachable(host: &str, port: u16) -> subject::Failure {
    let address = Address { host: host.to_owned(), port };
    let mut client = Connection::new(subject::config(&address, "secret"));
    client.login().unwrap_err()
}

#[test]
fn nobody_listens() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for host in ["127.0.0.1", "localhost"] {
        let failure = unreachable(host, port);
        assert_eq!(failure.numbers(), (2002, "08000"), "{failure:?}");
        let port = port.to_string();
        assert!(failure.text.contains(host) && failure.text.contains(&port), "{failure:?}");
        assert!(failure.text.contains("refused"), "{failure:?}");
    }
}

#[test]
fn paths_that_are_no_socket() {
    let file = socket_path();
    std::fs::write(&file, "").unwrap();
    let left_over = socket_path();
    drop(UnixListener::bind(&left_over).unwrap());
    for path in
        ["/nonexistent/mysqld.sock", file.to_str().unwrap(), left_over.to_str().unwrap(), ""]
    {
        let failure = unreachable(path, 0);
        assert_eq!(failure.numbers(), (2002, "08000"), "{path}: {failure:?}");
        assert!(failure.text.contains(path), "{failure:?}");
    }
    let failure = unreachable(&"x".repeat(200), 0);
    assert_eq!(failure.numbers(), (2002, "08000"), "{failure:?}");
    std::fs::remove_file(file).unwrap();
    std::fs::remove_file(left_over).unwrap();
}

#[test]
fn names_that_are_none() {
    for name in ["no-such-host.invalid", "no such name", "127.0.0.1.", "256.1.1.1", "[::1]"] {
        let failure = unreachable(name, 3306);
        assert_eq!(failure.numbers(), (2005, "08000"), "{name}: {failure:?}");
        assert!(failure.text.contains(name), "{failure:?}");
    }
}

/// A TCP listener whose queue is full: what connects to it waits.
pub(crate) fn deaf(address: &str) -> (TcpListener, Vec<TcpStream>) {
    let address: std::net::SocketAddr = address.parse().unwrap();
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).unwrap();
    socket.bind(&SockAddr::from(address)).unwrap();
    socket.listen(0).unwrap();
    let listener = TcpListener::from(socket);
    let address = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    let patience = Duration::from_millis(300);
    while let Ok(stream) = TcpStream::connect_timeout(&address, patience) {
        waiting.push(stream);
        assert!(waiting.len() < 100, "the queue does not fill");
    }
    (listener, waiting)
}

#[test]
fn an_address_that_does_not_answer() {
    let (listener, waiting) = deaf("127.0.0.1:0");
    let address =
        Address { host: "127.0.0.1".to_owned(), port: listener.local_addr().unwrap().port() };
    let mut client = Connection::new(subject::config(&address, "secret"));
    assert!(client.choose(Choice::ConnectTimeout(200)));
    let start = Instant::now();
    let failure = client.login().unwrap_err();
    assert_eq!(failure.numbers(), (2002, "08000"), "{failure:?}");
    assert!(failure.text.contains("connecting") && failure.text.contains("200 ms"), "{failure:?}");
    assert!(start.elapsed() >= Duration::from_millis(200));
    drop(waiting);
}

/// A unix socket whose queue is full says so at once; the connect goes on when there is room.
#[test]
fn a_unix_socket_with_a_full_queue() {
    let path = socket_path();
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
    socket.bind(&SockAddr::unix(&path).unwrap()).unwrap();
    socket.listen(0).unwrap();
    let mut waiting = Vec::new();
    loop {
        let client = Socket::new(Domain::UNIX, Type::STREAM, None).unwrap();
        client.set_nonblocking(true).unwrap();
        match client.connect(&SockAddr::unix(&path).unwrap()) {
            Ok(()) => waiting.push(client),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => break,
            Err(error) => panic!("{error}"),
        }
    }
    let address = Address { host: path.to_str().unwrap().to_owned(), port: 0 };
    let mut limited = Connection::new(subject::config(&address, "secret"));
    assert!(limited.choose(Choice::ConnectTimeout(100)));
    let failure = limited.login().unwrap_err();
    assert_eq!(failure.numbers(), (2002, "08000"));
    assert!(failure.text.contains("connecting"), "{failure:?}");

    let mut client = Connection::new(subject::config(&address, "secret"));
    client.connect().unwrap();
    for _ in 0..20 {
        assert_eq!(Subject::poll(&mut client), Ok(Polled::Connecting));
        assert!(client.wait(Some(Duration::from_millis(5))).is_ok());
    }
    for _ in 0..waiting.len() {
        drop(socket.accept().unwrap());
    }
    let listener = Listener::Unix(UnixListener::from(std::os::fd::OwnedFd::from(socket)), path);
    let server = Inline::new(listener, Script::logged_in(&Greeting::default(), []));
    let mut both = subject::WithServer { client, server };
    assert_eq!(both.settle(), Ok(Polled::End));
}

/// Dropped while it connects, in every phase of it: nothing is left behind, and nobody waits.
#[test]
fn dropped_while_connecting() {
    let (listener, waiting) = deaf("127.0.0.1:0");
    let port = listener.local_addr().unwrap().port();
    let open = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let _ = open();
    for host in ["127.0.0.1", "localhost", "no-such-host.invalid"] {
        let start = Instant::now();
        let address = Address { host: host.to_owned(), port };
        let mut client = Connection::new(subject::config(&address, "secret"));
        client.connect().unwrap();
        for _ in 0..3 {
            let _ = Subject::poll(&mut client);
        }
        drop(client);
        assert!(start.elapsed() < Duration::from_secs(1), "{host}");
    }
    drop(waiting);
}
