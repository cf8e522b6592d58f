// SPDX-License-Identifier: Apache-2.0
//! Addresses that refuse, that are not there, and that do not answer.

use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::time::{Duration, Instant};

use attachsql::session::{Choice, Connection, Polled};
use socket2::{Domain, SockAddr, Socket, Type};

use crate::support::listener::{Address, Inline, Listener, deaf, socket_path};
use crate::support::names::with_names;
use crate::support::packets::Greeting;
use crate::support::say;
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

#[test]
fn an_address_that_does_not_answer() {
    let (address, _deaf) = deaf("127.0.0.1:0");
    let mut client = Connection::new(subject::config(&address, "secret"));
    assert!(client.choose(Choice::ConnectTimeout(200)));
    let start = Instant::now();
    let failure = client.login().unwrap_err();
    assert_eq!(failure.numbers(), (2002, "08000"), "{failure:?}");
    assert!(failure.text.contains("connecting") && failure.text.contains("200 ms"), "{failure:?}");
    assert!(start.elapsed() >= Duration::from_millis(200));
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

fn with_host(host: &str, port: u16) -> Connection {
    Connection::new(subject::config(&Address { host: host.to_owned(), port }, "secret"))
}

/// Logs in at the server that listens at one of the addresses of `host`.
fn reaches(listener: TcpListener, host: &str, choice: Option<Choice<'_>>) -> Duration {
    let port = listener.local_addr().unwrap().port();
    let script = Script::logged_in(&Greeting::default(), []);
    let server = Inline::new(Listener::Tcp(listener), script);
    let mut client = with_host(host, port);
    assert!(choice.is_none_or(|choice| client.choose(choice)));
    let mut both = subject::WithServer { client, server };
    let start = Instant::now();
    both.login().unwrap_or_else(|failure| panic!("{host}: {failure:?}"));
    start.elapsed()
}

#[test]
fn the_addresses_of_a_name() {
    with_names("addresses::the_addresses_of_a_name", || {
        let live = || TcpListener::bind("127.0.0.1:0").unwrap();
        reaches(live(), "127.0.0.1.list.test", None);
        reaches(live(), "127.0.0.2_127.0.0.3_127.0.0.1.list.test", None);
        // IPv4 comes first; a repeated address is tried once.
        let both = live();
        let port = both.local_addr().unwrap().port();
        let sixth = TcpListener::bind(("::1", port));
        reaches(both, "::1_127.0.0.1.list.test", None);
        if let Ok(sixth) = sixth {
            sixth.set_nonblocking(true).unwrap();
            assert!(sixth.accept().is_err(), "IPv6 was tried first");
            reaches(sixth, "127.0.0.2_::1.list.test", None);
        }
        let port = live().local_addr().unwrap().port();
        let failure =
            with_host("127.0.0.2_127.0.0.2_127.0.0.3.list.test", port).login().unwrap_err();
        assert_eq!(failure.numbers(), (2002, "08000"));
        assert!(failure.text.contains(": 127.0.0.2, 127.0.0.3: "), "{failure:?}");
        let many: Vec<String> = (2..60).map(|n| format!("127.0.0.{n}")).collect();
        let name = format!("{}.list.test", many.join("_"));
        let failure = with_host(&name, port).login().unwrap_err();
        assert!(failure.text.contains("and 29 more: "), "32 are tried: {failure:?}");
        let failure = with_host("sleep1.list.test", port).login().unwrap_err();
        assert_eq!(failure.numbers(), (2005, "08000"), "{failure:?}");
    });
}

/// One that does not answer keeps the next waiting for a quarter of a second, and is in nobody's way then.
#[test]
fn a_dead_address_before_a_live_one() {
    with_names("addresses::a_dead_address_before_a_live_one", || {
        for limit in [None, Some(Choice::ConnectTimeout(20_000))] {
            let live = TcpListener::bind("127.0.0.1:0").unwrap();
            let port = live.local_addr().unwrap().port();
            let (_, _deaf) = deaf(&format!("127.0.0.2:{port}"));
            let took = reaches(live, "127.0.0.2_127.0.0.1.list.test", limit);
            assert!(took >= Duration::from_millis(250), "{took:?}: it was not tried");
            assert!(took < Duration::from_secs(10), "{took:?}");
        }
    });
}

/// IPv4 addresses that do not answer, and an IPv6 one that does.
#[test]
fn both_families() {
    with_names("addresses::both_families", || {
        let Ok(live) = TcpListener::bind("[::1]:0") else {
            return say("no IPv6 on this machine: the race between the families was not run");
        };
        let port = live.local_addr().unwrap().port();
        let _deaf = ["127.0.0.2", "127.0.0.3", "127.0.0.4"].map(|ip| deaf(&format!("{ip}:{port}")));
        let took = reaches(live, "127.0.0.2_127.0.0.3_127.0.0.4_::1.list.test", None);
        assert!(took >= Duration::from_millis(250), "{took:?}: IPv4 was not tried");
    });
}

/// What every address has said is in the message. With so little time the second has its turn earlier.
#[test]
fn silent_and_refused() {
    with_names("addresses::silent_and_refused", || {
        let (Address { port, .. }, _deaf) = deaf("127.0.0.2:0");
        let start = Instant::now();
        let mut client = with_host("127.0.0.2_127.0.0.3.list.test", port);
        assert!(client.choose(Choice::ConnectTimeout(200)));
        let failure = client.login().unwrap_err();
        assert_eq!(failure.numbers(), (2002, "08000"), "{failure:?}");
        assert!(failure.text.contains("connecting took"), "{failure:?}");
        assert!(failure.text.contains("127.0.0.3: Connection refused"), "{failure:?}");
        assert!(failure.text.contains("127.0.0.2: no answer"), "{failure:?}");
        assert!(start.elapsed() >= Duration::from_millis(200));
    });
}

/// The lookup, the addresses and the login share one limit.
#[test]
fn one_limit_for_everything() {
    with_names("addresses::one_limit_for_everything", || {
        let live = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = live.local_addr().unwrap().port();
        let (_, _deaf) = deaf(&format!("127.0.0.2:{port}"));
        let mut client = with_host("sleep300_127.0.0.2_127.0.0.1.list.test", port);
        assert!(client.choose(Choice::ConnectTimeout(1500)));
        let start = Instant::now();
        let failure = client.login().unwrap_err();
        assert!(failure.text.contains("waiting for the server's greeting"), "{failure:?}");
        let took = start.elapsed();
        assert!(took >= Duration::from_millis(1500) && took < Duration::from_secs(15), "{took:?}");
    });
}

/// Dropped while it connects, in every phase of it: nothing is left behind, and nobody waits.
#[test]
fn dropped_while_connecting() {
    let (Address { port, .. }, _deaf) = deaf("127.0.0.1:0");
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
}
