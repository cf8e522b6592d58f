// SPDX-License-Identifier: Apache-2.0
//! Connecting in networks where something is wrong with some of a host's addresses: no answer, a refusal, no route,
//! an answer that comes late; one address family or the other is missing; and a network that goes away.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests end that way")]

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

use attachsql::session::{Choice, Connection, Polled};

use support::listener::{Address, Inline, Listener, PATIENCE, deaf};
use support::login_packet::LoginPacket;
use support::networks::{Net, ip, with_network};
use support::packets::{self, Greeting, framed};
use support::raw;
use support::say;
use support::script::{Script, Step, query};
use support::subject::{self, Failure, Subject, WithServer};

mod support;

/// The library's pause between two attempts.
const ATTEMPT: Duration = Duration::from_millis(250);

fn client(hosts: &[&str], port: u16) -> Connection {
    let host = Net::name(hosts);
    Connection::new(subject::config(&Address { host, port }, "secret"))
}

/// Logs in at the server that `listener` is, which is one of `hosts`; how long it took.
fn reaches(listener: TcpListener, hosts: &[&str], choices: &[Choice<'_>]) -> Duration {
    let port = listener.local_addr().unwrap().port();
    let script = Script::logged_in(&Greeting::default(), []);
    let server = Inline::new(Listener::Tcp(listener), script);
    let mut client = client(hosts, port);
    choices.iter().for_each(|&choice| assert!(client.choose(choice)));
    let mut both = WithServer { client, server };
    let start = Instant::now();
    both.login().unwrap_or_else(|failure| panic!("{hosts:?}: {failure:?}"));
    assert!(both.server.script.is_over());
    start.elapsed()
}

/// What is said of hosts that are all dead.
fn fails(hosts: &[&str], port: u16, limit: u32) -> Failure {
    let mut client = client(hosts, port);
    assert!(client.choose(Choice::ConnectTimeout(limit)));
    let failure = client.login().unwrap_err();
    assert_eq!(failure.numbers(), (2002, "08000"), "{failure:?}");
    failure
}

#[test]
fn a_black_hole_and_a_refusal_before_a_live_one() {
    with_network("a_black_hole_and_a_refusal_before_a_live_one", |net| {
        for limit in [0, 20_000] {
            let listener = net.listen(net.live);
            let _silence = net.silence(listener.local_addr().unwrap().port());
            let hosts = [net.holes[0], net.other, net.live];
            let took = reaches(listener, &hosts, &[Choice::ConnectTimeout(limit)]);
            assert!(took >= ATTEMPT, "{took:?}: the black hole was not waited for");
        }
        // The other way round the refusal makes nobody wait, and the hole has its time.
        let listener = net.listen(net.live);
        let _silence = net.silence(listener.local_addr().unwrap().port());
        let hosts = [net.other, net.holes[0], net.holes[1], net.live];
        let took = reaches(listener, &hosts, &[]);
        assert!(took >= ATTEMPT * 2, "{took:?}");
    });
}

#[test]
fn no_route() {
    with_network("no_route", |net| {
        let dead: Vec<&str> = net.unreachable.iter().map(|(host, _)| *host).collect();
        let all: Vec<&str> = dead.iter().copied().chain([net.live]).collect();
        reaches(net.listen(net.live), &all, &[]);
        // A whole failure comes at once: it is no matter of time.
        let failure = fails(&dead, 3306, 0);
        for (host, words) in net.unreachable {
            let at = failure.text.find(host).unwrap_or_else(|| panic!("{host}: {failure:?}"));
            assert!(failure.text[at..].contains(words), "{host}: {failure:?}");
        }
    });
}

/// Each is told of, those that have answered and those that have not; and what is over before the limit is not
/// called a timeout.
#[test]
fn all_are_dead() {
    with_network("all_are_dead", |net| {
        let port = net.listen(net.live).local_addr().unwrap().port();
        let _silence = net.silence(port);
        let (nowhere, words) = net.unreachable[0];
        let start = Instant::now();
        let failure = fails(&[net.holes[0], nowhere, net.other], port, 700);
        assert!(start.elapsed() >= Duration::from_millis(700));
        assert!(failure.text.contains("connecting took"), "{failure:?}");
        let refused = "Connection refused";
        for (host, words) in [(net.holes[0], "no answer"), (nowhere, words), (net.other, refused)] {
            assert!(failure.text.contains(&format!("{host}: {words}")), "{failure:?}");
        }
        let failure = fails(&[nowhere, net.other], port, 3_600_000);
        assert!(!failure.text.contains("took"), "{failure:?}");
        assert!(failure.text.contains(&format!("{}: {refused}", net.other)), "{failure:?}");
    });
}

/// The limit counts from the connect over all addresses, not anew for each.
#[test]
fn one_limit_for_all() {
    with_network("one_limit_for_all", |net| {
        const LIMIT: u32 = 1500;
        let port = net.listen(net.live).local_addr().unwrap().port();
        let _silence = net.silence(port);
        let start = Instant::now();
        let mut client = client(&net.holes, port);
        assert!(client.choose(Choice::ConnectTimeout(LIMIT)));
        client.connect().unwrap();
        let limit = Duration::from_millis(LIMIT.into());
        let begun = Instant::now();
        let failure = loop {
            if let Err(failure) = Subject::poll(&mut client) {
                break failure;
            }
            if let Some(deadline) = client.next_deadline() {
                // What is overdue is due now.
                assert!(deadline <= (begun + limit).max(Instant::now()), "a later end");
            }
            client.idle();
        };
        let took = start.elapsed();
        assert!(
            failure
                .text
                .contains("limit 1500 ms for the whole connect, ATTACHSQL_OPTION_CONNECT_TIMEOUT"),
            "{failure:?}"
        );
        assert!(failure.text.contains("and 2 more: no answer"), "{failure:?}");
        assert!(took >= limit && took < limit * 4, "{took:?}");
    });
}

/// One family or the other does not lead anywhere, or is not there at all. IPv4 is first, whatever the resolver's
/// order.
#[test]
fn both_families() {
    with_network("both_families", |net| {
        let live = [net.live];
        reaches(net.listen(net.live), &live, &[]);
        let Some(six) = net.live_six else {
            return say("no IPv6 on this machine: the families were not tried beside each other");
        };
        reaches(net.listen(six), &[six], &[]);
        let nowhere = net.unreachable[2].0;
        // No route for one of them. Many in IPv6 are never reached by TCP, nor is an address without a route.
        let nowhere_six = if net.own { "2001:db8:2::1" } else { "ff02::1" };
        for hosts in [[nowhere, six], [six, nowhere], [net.other, six], [six, net.other]] {
            reaches(net.listen(six), &hosts, &[]);
        }
        for hosts in [[nowhere_six, net.live], [net.live, nowhere_six]] {
            reaches(net.listen(net.live), &hosts, &[]);
        }
        // Silence of one of them.
        for hosts in [[net.holes[0], six], [six, net.holes[0]]] {
            let listener = net.listen(six);
            let _silence = net.silence(listener.local_addr().unwrap().port());
            let took = reaches(listener, &hosts, &[]);
            assert!(took >= ATTEMPT, "{took:?}: IPv4 was not first");
        }
        let (Address { port, .. }, _deaf) = deaf(&format!("[{six}]:0"));
        reaches(TcpListener::bind((net.live, port)).unwrap(), &[six, net.live], &[]);
        // Both are there: the one is asked, the other never hears of it.
        let fourth = net.listen(net.live);
        let sixth = TcpListener::bind((six, fourth.local_addr().unwrap().port())).unwrap();
        sixth.set_nonblocking(true).unwrap();
        reaches(fourth, &[six, net.live], &[]);
        assert_eq!(sixth.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    });
}

/// A listener whose queue is full, and what fills it.
struct Late {
    socket: socket2::Socket,
    waiting: Vec<TcpStream>,
}

impl Late {
    fn at(host: &str) -> (Self, u16) {
        Self::at_port(host, 0)
    }

    fn at_port(host: &str, port: u16) -> (Self, u16) {
        let (address, (socket, waiting)) = deaf(&format!("{host}:{port}"));
        (Self { socket, waiting }, address.port)
    }

    /// Makes room, so that the next attempt of the system's to reach it does well.
    fn opens(self) -> TcpListener {
        self.waiting.iter().for_each(|_| drop(self.socket.accept().unwrap()));
        drop(self.waiting);
        TcpListener::from(OwnedFd::from(self.socket))
    }
}

/// Polls until no address is left that is not being tried: then there is no moment to look again at.
fn until_all_are_tried(client: &mut Connection) {
    let end = Instant::now() + PATIENCE;
    while client.next_deadline().is_some() {
        assert!(Instant::now() < end, "not all addresses are tried");
        assert_eq!(Subject::poll(client), Ok(Polled::Connecting));
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The client's connection, once the system has made it.
fn accepted(listener: &TcpListener) -> TcpStream {
    listener.set_nonblocking(true).unwrap();
    let end = Instant::now() + PATIENCE;
    loop {
        match listener.accept() {
            Ok((stream, _)) => return stream,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => panic!("accept: {error}"),
        }
        assert!(Instant::now() < end, "nobody comes");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A slow address keeps its chance while others fail.
#[test]
fn a_slow_answer() {
    with_network("a_slow_answer", |net| {
        let (late, port) = Late::at(net.live);
        let mut client = client(&[net.live, net.other, net.unreachable[0].0], port);
        client.connect().unwrap();
        let start = Instant::now();
        while start.elapsed() < ATTEMPT * 3 {
            assert_eq!(Subject::poll(&mut client), Ok(Polled::Connecting));
            std::thread::sleep(Duration::from_millis(5));
        }
        let script = Script::logged_in(&Greeting::default(), []);
        let server = Inline::new(Listener::Tcp(late.opens()), script);
        let mut both = WithServer { client, server };
        assert_eq!(both.settle(), Ok(Polled::End));
    });
}

/// Everything that a client sends until it goes.
fn heard(mut stream: TcpStream) -> Vec<u8> {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Ok(_) => bytes,
        Err(error) if error.kind() == ErrorKind::ConnectionReset => bytes,
        Err(error) => panic!("the client does not go: {error}"),
    }
}

/// Both addresses answer, and only then the client looks: one of them gets the login, the other hears nothing but
/// the end.
#[test]
fn two_answer_at_once() {
    with_network("two_answer_at_once", |net| {
        for watched in [false, true] {
            let (first, port) = Late::at(net.live);
            let (second, _) = Late::at_port(net.other, port);
            let mut client = client(&[net.live, net.other], port);
            client.connect().unwrap();
            until_all_are_tried(&mut client);
            if watched {
                let mut all = Vec::new();
                client.watched(&mut all);
                assert_eq!(all.len(), 2);
            }
            let (first, second) = (first.opens(), second.opens());
            let both = [accepted(&first), accepted(&second)];
            serve_one_of(client, both);
        }
    });
}

/// Greets on both, and plays the server to the one that says something; the other must have heard nothing.
fn serve_one_of(mut client: Connection, mut both: [TcpStream; 2]) {
    let greeting = framed(0, &[Greeting::default().payload()]);
    for stream in &mut both {
        // One of them may be gone by now.
        let _ = stream.write_all(&greeting);
        stream.set_nonblocking(true).unwrap();
    }
    let (end, mut logins) = (Instant::now() + PATIENCE, 0);
    while Subject::poll(&mut client) != Ok(Polled::End) {
        assert!(Instant::now() < end, "no login");
        for stream in &mut both {
            let mut space = [0; 4096];
            if let Ok(n @ 1..) = stream.read(&mut space) {
                LoginPacket::parse(&space[4..n]);
                logins += 1;
                stream.write_all(&framed(2, &[packets::ok()])).unwrap();
            }
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(logins, 1);
    // The loser is closed although the client lives on.
    let end_of = |number: usize| {
        let stream = both[number].try_clone().unwrap();
        stream.set_nonblocking(false).unwrap();
        heard(stream)
    };
    assert_eq!(end_of(1), b"", "the loser");
    drop(client);
    assert_eq!(end_of(0), b"\x01\0\0\0\x01", "the goodbye to the winner");
}

/// The first address answers when the client has long logged in at the second: nobody is there any more.
#[test]
fn an_answer_that_comes_too_late() {
    with_network("an_answer_that_comes_too_late", |net| {
        let (late, port) = Late::at(net.live);
        let second = TcpListener::bind((net.other, port)).unwrap();
        let steps = [query("q"), Step::Send(vec![packets::ok()])];
        let script = Script::logged_in(&Greeting::default(), steps);
        let server = Inline::new(Listener::Tcp(second), script);
        let mut both = WithServer { client: client(&[net.live, net.other], port), server };
        both.login().unwrap();
        let first = late.opens();
        // The client's socket would have asked again after a second.
        std::thread::sleep(Duration::from_millis(1500));
        assert_eq!(both.ask(b"q", false).len(), 1);
        first.set_nonblocking(true).unwrap();
        match first.accept() {
            Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
            Ok((stream, _)) => assert_eq!(heard(stream), b"", "something was sent to the loser"),
        }
        assert!(both.server.script.is_over());
        drop(both.client);
        let script = both.server.finish();
        assert_eq!((script.payloads.len(), script.left()), (2, &b"\x01\0\0\0\x01"[..]));
    });
}

/// A client in the midst of an answer, whose server says nothing any more.
fn half_answered(net: Net, choice: Choice<'_>) -> (Connection, Inline) {
    let row = [Some(b"value".to_vec())];
    let answer = framed(1, &packets::result(packets::MARIADB_CAPS, &["a"], &[row.to_vec()], 2));
    let steps = [query("q"), Step::Raw(answer[..answer.len() - 15].to_vec())];
    let script = Script::logged_in(&Greeting::default(), steps);
    let listener = net.listen(net.live);
    let port = listener.local_addr().unwrap().port();
    let server = Inline::new(Listener::Tcp(listener), script);
    let mut both = WithServer { client: client(&[net.live], port), server };
    assert!(both.client.choose(choice));
    both.login().unwrap();
    both.query(b"q").unwrap();
    while !both.server.script.is_over() {
        assert_eq!(both.poll(), Ok(Polled::Processing));
        both.server.turn();
    }
    (both.client, both.server)
}

/// On shared addresses the server is silent, and that is all.
#[test]
fn the_network_goes_and_a_read_timeout_tells() {
    with_network("the_network_goes_and_a_read_timeout_tells", |net| {
        let (mut client, _server) = half_answered(net, Choice::ReadTimeout(400));
        if net.own {
            ip("link set lo down");
        }
        let failure = client.settle().unwrap_err();
        assert_eq!(failure.numbers(), (2013, "08006"), "{failure:?}");
        assert!(failure.text.contains("read timeout"), "{failure:?}");
        assert!(
            failure.text.contains("limit 400 ms, ATTACHSQL_OPTION_READ_TIMEOUT"),
            "{failure:?}"
        );
        assert_eq!(client.settle().unwrap_err(), failure, "it stays");
    });
}

/// Probes find that nobody is there. The bytes before must have been acknowledged, as they are by the first bytes
/// of an answer: as long as the system sends something again and again it does not probe.
#[test]
fn the_network_goes_and_probes_find_it() {
    with_network("the_network_goes_and_probes_find_it", |net| {
        let (mut client, _server) = half_answered(net, Choice::KeepAlive(1));
        let mut all = Vec::new();
        client.watched(&mut all);
        assert_eq!(raw::keep_alive(all[0].descriptor), 1, "the seconds that were chosen");
        if !net.own {
            // The line cannot be cut here, only found to be watched.
            return;
        }
        ip("link set lo down");
        raw::probe_once(all[0].descriptor);
        let failure = client.settle().unwrap_err();
        assert_eq!(failure.numbers(), (2013, "08006"), "{failure:?}");
        assert!(failure.text.contains("timed out"), "{failure:?}");
    });
}
