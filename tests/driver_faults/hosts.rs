// SPDX-License-Identifier: Apache-2.0
//! Lists of hosts: which failure leads to the next one, which does not, and what is said in the end.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use attachsql::session::{Choice, Connection, Polled};

use crate::support::listener::{Address, Inline, Listener, Running, deaf, socket_path};
use crate::support::packets::{self, Greeting, err, ok};
use crate::support::script::{self, Pieces, Script, Step, Want, greet, query, send};
use crate::support::subject::{self, Failure, Subject, WithServer};

/// A client of a list, whose own host would never do.
fn client(list: &str) -> Connection {
    let address = Address { host: "no-such-host.invalid".to_owned(), port: 1 };
    let mut client = Connection::new(subject::config(&address, "secret"));
    assert!(client.choose(Choice::Hosts(list.as_bytes())), "{list}");
    client
}

fn entry(listener: &Listener) -> String {
    match listener.address() {
        Address { host, port: 0 } => host,
        Address { host, port } => format!("{host}:{port}"),
    }
}

/// An entry on which nobody listens.
fn dead() -> String {
    entry(&Listener::tcp())
}

/// A listener with a script, and its entry.
fn serve(script: Script) -> (String, Running) {
    let listener = Listener::tcp();
    (entry(&listener), listener.serve(script))
}

fn good() -> Script {
    Script::logged_in(&Greeting::default(), [query("q"), send(ok())])
}

/// Logs in and asks something.
fn works(client: &mut Connection) {
    client.login().unwrap_or_else(|failure| panic!("{failure:?}"));
    assert_eq!(client.ask(b"q", false).len(), 1);
}

#[test]
fn the_next_host_takes_the_place() {
    let too_many = || err(1040, None, b"Too many connections");
    let first: [Script; 6] = [
        // An error in place of the greeting, whole and in pieces; the end; a reset; half a greeting.
        Script::new([send(too_many())]),
        Script::new([send(too_many())]).in_pieces(Pieces::Every(1)),
        Script::new([Step::Close]),
        Script::new([Step::Reset]),
        Script::new([
            Step::Raw(packets::framed(0, &[Greeting::default().payload()])[..20].to_vec()),
            Step::Close,
        ]),
        Script::new([send(err(1129, Some("HY000"), b"Host is blocked"))]),
    ];
    for script in first {
        let (first, running) = serve(script);
        let (second, server) = serve(good());
        let mut client = client(&format!("{first},{second}"));
        works(&mut client);
        drop(client);
        running.finish();
        // The password is as good for the second host as it would have been for the first.
        server.finish();
    }
}

#[test]
fn hosts_that_are_not_there() {
    let path = socket_path();
    let (live, server) = serve(good());
    let list = format!("{},no-such-host.invalid:1,{}, {live}", dead(), path.display());
    let mut client = client(&list);
    works(&mut client);
    drop(client);
    server.finish();
}

#[test]
fn a_path_is_a_unix_socket() {
    let listener = Listener::unix();
    let list = format!("{},{}", dead(), entry(&listener));
    let server = listener.serve(good());
    let mut client = client(&list);
    works(&mut client);
    drop(client);
    server.finish();
}

/// A query that is remembered survives the change of hosts.
#[test]
fn a_passive_query() {
    let (first, running) = serve(Script::new([send(err(1040, None, b"Too many connections"))]));
    let (second, server) = serve(good());
    let mut client = client(&format!("{first},{second}"));
    Subject::query(&mut client, b"q").unwrap();
    assert_eq!(client.settle(), Ok(Polled::End));
    drop(client);
    running.finish();
    server.finish();
}

/// Once a server has greeted, it is the one: what it says of the login is final.
#[test]
fn never_after_the_greeting() {
    let refused = || send(err(1045, Some("28000"), b"Access denied"));
    let old = Greeting { protocol: 9, ..Greeting::default() };
    let cases: [(Vec<Step>, i32); 4] = [
        (vec![greet(&Greeting::default()), Step::Expect(Want::Login), refused()], 1045),
        (vec![greet(&Greeting::default()), Step::Expect(Want::Login), Step::Close], 2013),
        (vec![greet(&Greeting::default()), Step::Close], 2013),
        (vec![greet(&old)], 2007),
    ];
    for (steps, code) in cases {
        let (first, running) = serve(Script::new(steps));
        let second = Listener::tcp();
        let mut client = client(&format!("{first},{}", entry(&second)));
        let failure = client.login().unwrap_err();
        assert_eq!(failure.code, code, "{failure:?}");
        drop(client);
        running.finish();
        assert!(!second.has_caller(), "{code}: the second host was tried");
    }
}

#[test]
fn when_all_fail() {
    let (full, running) = serve(Script::new([send(err(1040, None, b"Too many connections"))]));
    let (deaf, _deaf) = deaf("127.0.0.1:0");
    let list = format!("{},no-such-host.invalid,{full},127.0.0.1:{}", dead(), deaf.port);
    let mut client = client(&list);
    assert!(client.choose(Choice::ConnectTimeout(2_000)));
    let failure = client.login().unwrap_err();
    running.finish();
    assert_eq!(failure.numbers(), (2002, "08000"), "{failure:?}");
    for words in [
        "any of 4 hosts",
        "refused",
        "cannot find host 'no-such-host.invalid'",
        &full.replace(':', " port "),
        "Too many connections",
        "connect timeout",
        "no answer",
    ] {
        assert!(failure.text.contains(words), "{words:?} is missing: {failure:?}");
    }
    assert_eq!(client.settle().unwrap_err(), failure, "it stays");
}

/// A list of one behaves as the host itself.
#[test]
fn one_host() {
    let (full, running) = serve(Script::new([send(err(1040, None, b"Too many connections"))]));
    let numbers = |list: &str| {
        let Failure { code, state, .. } = client(list).login().unwrap_err();
        (code, state)
    };
    assert_eq!(numbers(&full), (1040, "08004".to_owned()));
    running.finish();
    assert_eq!(numbers("no-such-host.invalid"), (2005, "08000".to_owned()));
    assert_eq!(numbers(&dead()), (2002, "08000".to_owned()));
}

/// A host that does not answer has its share of the connect timeout, whatever it does not answer to.
#[test]
fn hosts_share_the_time() {
    let (silent, _silent) = deaf("127.0.0.1:0");
    let mute = Listener::tcp();
    for first in [format!("127.0.0.1:{}", silent.port), entry(&mute)] {
        let (live, server) = serve(good());
        let mut client = client(&format!("{first},{live}"));
        assert!(client.choose(Choice::ConnectTimeout(4_000)));
        let start = Instant::now();
        client.login().unwrap_or_else(|failure| panic!("{failure:?}"));
        let took = start.elapsed();
        assert!(took >= Duration::from_millis(1_950), "{took:?}: the first was not tried");
        assert_eq!(client.ask(b"q", false).len(), 1);
        drop(client);
        server.finish();
    }
}

/// One that has greeted may use all the time that is left.
#[test]
fn the_share_ends_with_the_greeting() {
    let slow = [
        greet(&Greeting::default()),
        Step::Expect(Want::Login),
        Step::Stall(Duration::from_millis(1_600)),
        send(ok()),
        query("q"),
        send(ok()),
    ];
    let (slow, server) = serve(Script::new(slow));
    let other = Listener::tcp();
    let mut client = client(&format!("{slow},{}", entry(&other)));
    assert!(client.choose(Choice::ConnectTimeout(3_000)));
    let start = Instant::now();
    works(&mut client);
    assert!(start.elapsed() >= Duration::from_millis(1_600));
    assert!(!other.has_caller());
    drop(client);
    server.finish();
}

/// In random order every host is the first now and then.
#[test]
fn in_random_order() {
    let listeners = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let ports = listeners.each_ref().map(|one| one.local_addr().unwrap().port());
    listeners.iter().for_each(|one| one.set_nonblocking(true).unwrap());
    let list = ports.map(|port| format!("127.0.0.1:{port}")).join(",");
    let mut counts = [0; 3];
    for _ in 0..200 {
        let mut client = client(&list);
        assert!(client.choose(Choice::HostsRandom(1)));
        Subject::connect(&mut client).unwrap();
        let end = Instant::now() + Duration::from_secs(20);
        let first = loop {
            assert!(Instant::now() < end, "nobody is called");
            let _ = Subject::poll(&mut client);
            if let Some(at) = listeners.iter().position(|one| one.accept().is_ok()) {
                break at;
            }
        };
        counts[first] += 1;
    }
    // Less than ten of 200 at a third each: once in 10^24 runs.
    assert!(counts.iter().all(|&count| count >= 10), "{counts:?}");

    // Not asked for, or taken back: the order of the list.
    for choice in [None, Some([1, 0])] {
        for _ in 0..20 {
            let mut client = client(&list);
            for value in choice.into_iter().flatten() {
                assert!(client.choose(Choice::HostsRandom(value)));
            }
            Subject::connect(&mut client).unwrap();
            while listeners[0].accept().is_err() {
                let _ = Subject::poll(&mut client);
                assert!(listeners[1].accept().is_err() && listeners[2].accept().is_err());
            }
        }
    }
}

/// Server and client in one thread, so that every poll in between is seen: CONNECTING, whatever host.
#[test]
fn what_poll_says_meanwhile() {
    let listener = Listener::tcp();
    let list = format!("{},{},{}", dead(), dead(), entry(&listener));
    let server = Inline::new(listener, Script::new(script::login(&Greeting::default())));
    let mut both = WithServer { client: client(&list), server };
    both.connect().unwrap();
    loop {
        match both.poll().unwrap() {
            Polled::Connecting => both.idle(),
            Polled::End => break,
            other => panic!("{other:?}"),
        }
    }
}
