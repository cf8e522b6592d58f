// SPDX-License-Identifier: Apache-2.0
//! Sessions with real servers: every way to reach them, every account, and how sessions end.
//!
//! `scripts/servers.sh up` starts the servers, `eval "$(scripts/servers.sh env)"` tells where they are.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests end that way")]

use std::sync::{PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use attachsql::session::{Choice, Connection, Polled};

use support::golden::{self, Recording, Side};
use support::listener::Address;
use support::servers::{self, Kind, Server, admin, connection, value};
use support::subject::{Failure, Seen, Subject};

mod support;

/// Held for writing by the test that counts what the others do.
static QUIET: RwLock<()> = RwLock::new(());

fn among_others() -> RwLockReadGuard<'static, ()> {
    QUIET.read().unwrap_or_else(PoisonError::into_inner)
}

/// Every way to a server.
fn addresses(server: &Server) -> Vec<Address> {
    let tcp = |host: &str| Address { host: host.to_owned(), port: server.port };
    let mut all = vec![server.unix(), tcp("127.0.0.1"), tcp("localhost")];
    if server.has_ipv6() {
        all.push(tcp("::1"));
    }
    all
}

fn accounts(server: &Server) -> Vec<(&str, &str)> {
    let own = server.methods().iter().map(|&(name, _)| (name, name));
    [("test", "test"), ("nopass", ""), (&server.long_user, "long")].into_iter().chain(own).collect()
}

#[test]
fn every_account_by_every_way() {
    let _shared = among_others();
    for server in servers::all() {
        for address in addresses(&server) {
            for (user, password) in accounts(&server) {
                let mut client = connection(&address, user, password);
                client.login().unwrap_or_else(|f| panic!("{user} by {address:?}: {f:?}"));
                assert_eq!(client.version(), server.version);
                assert_eq!(value(&mut client, "SELECT CURRENT_USER()"), format!("{user}@%"));
                assert_eq!(value(&mut client, "SELECT DATABASE()"), "testdb");
                let id = client.thread_id().to_string();
                assert_eq!(value(&mut client, "SELECT CONNECTION_ID()"), id);
            }
        }
    }
}

/// It listens on one address only, and that is no IPv6 one.
#[test]
fn an_address_without_a_server() {
    let _shared = among_others();
    let address = Address { host: "::1".to_owned(), port: servers::mysql56().port };
    let failure = connection(&address, "test", "test").login().unwrap_err();
    assert_eq!(failure.numbers(), (2002, "08000"), "{failure:?}");
}

#[test]
fn accounts_that_are_refused() {
    let _shared = among_others();
    for server in servers::all() {
        let (own, _) = server.methods().last().unwrap();
        let cases = [
            ("test", "wrong", (1045, "28000")),
            ("test", "", (1045, "28000")),
            ("nopass", "one", (1045, "28000")),
            ("tls", "tls", (1045, "28000")),
            ("x509", "x509", (1045, "28000")),
            (own, "wrong", (1045, "28000")),
        ];
        for address in addresses(&server) {
            for (user, password, want) in cases {
                let failure = connection(&address, user, password).login().unwrap_err();
                let what = format!("{user} by {address:?} on {}: {failure:?}", server.name);
                assert_eq!(failure.numbers(), want, "{what}");
            }
        }
        for user in ["nobody", ""] {
            let failure = connection(&server.tcp(), user, "").login().unwrap_err();
            // MariaDB asks with the method of any other account, which may be one that is not accepted.
            let wanted: &[i32] = if server.is_mysql() { &[1045] } else { &[1045, 1698, 2061] };
            let right = wanted.contains(&failure.code) && failure.state == "28000";
            assert!(right, "{user} on {}: {failure:?}", server.name);
        }
        let host = Some(server.socket.as_bytes());
        let config = attachsql::session::Config::new(host, 0, b"test", b"test", b"no_such_schema");
        let failure = Connection::new(config.unwrap()).login().unwrap_err();
        assert_eq!(failure.numbers(), (1049, "42000"));
    }
}

#[test]
fn one_connection_at_a_time() {
    let _shared = among_others();
    for server in servers::all() {
        let mut first = connection(&server.tcp(), "limited", "limited");
        first.login().unwrap();
        let failure = connection(&server.unix(), "limited", "limited").login().unwrap_err();
        assert_eq!(failure.numbers(), (1226, "42000"), "{failure:?}");
        drop(first);
        let end = Instant::now() + Duration::from_secs(10);
        while let Err(failure) = connection(&server.unix(), "limited", "limited").login() {
            assert!(Instant::now() < end, "the goodbye was not heard: {failure:?}");
        }
    }
}

/// A server that has not seen a password since its start asks for it in full.
#[test]
fn a_cold_cache_and_a_warm_one() {
    let _shared = among_others();
    let server = servers::mysql();
    let mut admin = admin(&server.tcp());
    let log_in = |address: &Address| connection(address, "sha2", "sha2").login().unwrap();
    let key_asked = |recording: &Recording| {
        recording.turns.contains(&(Side::Client, b"\x01\0\0\x03\x02".to_vec()))
    };
    admin.ask(b"FLUSH PRIVILEGES", false);
    assert!(key_asked(&golden::watch(&server, false, log_in)), "cold");
    assert!(!key_asked(&golden::watch(&server, false, log_in)), "warm");
    admin.ask(b"FLUSH PRIVILEGES", false);
    log_in(&server.unix());
    assert!(!key_asked(&golden::watch(&server, false, log_in)), "warmed over the unix socket");
    // A wrong password is found out either way.
    for _ in 0..2 {
        let failure = connection(&server.tcp(), "sha2", "wrong").login().unwrap_err();
        assert_eq!(failure.numbers(), (1045, "28000"));
        admin.ask(b"FLUSH PRIVILEGES", false);
    }
}

#[test]
fn character_sets() {
    let _shared = among_others();
    for server in servers::all() {
        let ask = |name: Option<&str>| {
            let mut client = connection(&server.tcp(), "test", "test");
            if let Some(name) = name {
                assert!(client.choose(Choice::Charset(name.as_bytes())));
            }
            client.login().unwrap();
            let set = value(&mut client, "SELECT @@character_set_client");
            (set, value(&mut client, "SELECT @@collation_connection"))
        };
        // MariaDB has its own idea of the default collation since 11.5, and takes the number of the
        // old default for it.
        let default = if server.kind == Kind::MariaDb118 {
            "utf8mb4_uca1400_ai_ci"
        } else {
            "utf8mb4_general_ci"
        };
        for (name, set, collation) in [
            ("latin1", "latin1", "latin1_swedish_ci"),
            ("latin1_german1_ci", "latin1", "latin1_german1_ci"),
            ("utf8mb4", "utf8mb4", default),
            ("utf8mb4_unicode_ci", "utf8mb4", "utf8mb4_unicode_ci"),
            ("gbk", "gbk", "gbk_chinese_ci"),
            ("binary", "binary", "binary"),
        ] {
            assert_eq!(ask(Some(name)), (set.to_owned(), collation.to_owned()), "{}", server.name);
        }
        let mut admin = admin(&server.tcp());
        let set = value(&mut admin, "SELECT @@global.character_set_server");
        assert_eq!(ask(None).0, set, "the server's own");
    }
}

/// A query that only ends when somebody ends it.
const ENDLESS: &[u8] = b"SELECT 1 FROM (SELECT 1 UNION ALL SELECT 2) t WHERE SLEEP(1000)";

/// Waits until the server works on a query of this connection.
fn await_busy(admin: &mut Connection, client: &mut Connection) {
    let (end, id) = (Instant::now() + Duration::from_secs(20), client.thread_id());
    let busy = format!(
        "SELECT COUNT(*) FROM information_schema.processlist WHERE id = {id} AND command = 'Query'"
    );
    while value(admin, &busy) != "1" {
        assert!(Instant::now() < end, "the query does not begin");
        assert_eq!(Subject::poll(client), Ok(Polled::Processing));
    }
}

fn outcome(client: &mut Connection) -> Failure {
    let mut query = || {
        Subject::query(client, b"SELECT 1")?;
        client.settle().map(drop)
    };
    query().unwrap_err()
}

#[test]
fn a_killed_query() {
    let _shared = among_others();
    for server in servers::all() {
        let (mut admin, mut client) = (admin(&server.unix()), admin(&server.tcp()));
        Subject::query(&mut client, ENDLESS).unwrap();
        await_busy(&mut admin, &mut client);
        let seen = admin.ask(format!("KILL QUERY {}", client.thread_id()).as_bytes(), false);
        assert!(matches!(&seen[..], [Seen::Done(_)]), "{seen:?}");
        let failure = client.settle().unwrap_err();
        assert_eq!(failure.numbers(), (1317, "70100"), "{}: {failure:?}", server.name);
        client.close_query();
        assert_eq!(value(&mut client, "SELECT 2"), "2");
    }
}

#[test]
fn a_killed_connection() {
    let _shared = among_others();
    for server in servers::all() {
        for busy in [false, true] {
            let (mut admin, mut client) = (admin(&server.unix()), admin(&server.tcp()));
            let id = client.thread_id();
            if busy {
                Subject::query(&mut client, ENDLESS).unwrap();
                await_busy(&mut admin, &mut client);
            }
            admin.ask(format!("KILL CONNECTION {id}").as_bytes(), false);
            let failure = if busy { client.settle().unwrap_err() } else { outcome(&mut client) };
            // The server's words if it has any, or the broken connection.
            let codes = [1317, 1927, 2006, 2013, 3169];
            assert!(codes.contains(&failure.code), "{}, {busy}: {failure:?}", server.name);
            client.close_query();
            let end = Instant::now() + Duration::from_secs(20);
            while ![2006, 2013].contains(&outcome(&mut client).code) {
                client.close_query();
                assert!(Instant::now() < end, "the connection goes on");
            }
        }
    }
}

/// Newer MySQL says why before it closes an idle connection; the others only close it.
#[test]
fn idle_for_too_long() {
    let _shared = among_others();
    for server in servers::all() {
        for address in [server.tcp(), server.unix()] {
            let mut client = admin(&address);
            client.ask(b"SET SESSION wait_timeout = 1", false);
            let mut watcher = admin(&server.unix());
            let gone = format!(
                "SELECT COUNT(*) FROM information_schema.processlist WHERE id = {}",
                client.thread_id()
            );
            let end = Instant::now() + Duration::from_secs(30);
            while value(&mut watcher, &gone) != "0" {
                assert!(Instant::now() < end, "the server keeps the connection");
                std::thread::sleep(Duration::from_millis(50));
            }
            let failure = outcome(&mut client);
            if server.kind == Kind::MySql97 {
                assert_eq!(failure.numbers(), (4031, "HY000"), "{address:?}: {failure:?}");
            } else {
                assert!([2006, 2013].contains(&failure.code), "{address:?}: {failure:?}");
            }
        }
    }
}

/// A goodbye is said, so that the server does not count the connection as aborted.
#[test]
fn goodbyes_are_heard() {
    let _alone = QUIET.write().unwrap_or_else(PoisonError::into_inner);
    for server in servers::all() {
        let mut admin = admin(&server.unix());
        let mut aborted = || {
            let seen = admin.ask(b"SHOW GLOBAL STATUS LIKE 'Aborted_clients'", false);
            let Seen::Row(row) = &seen[1] else { panic!("{seen:?}") };
            String::from_utf8(row[1].clone().unwrap()).unwrap()
        };
        let before = aborted();
        for round in 0..100 {
            let address = if round % 2 == 0 { server.tcp() } else { server.unix() };
            let mut client = connection(&address, &server.long_user, "long");
            client.login().unwrap();
            match round % 4 {
                0 => {}
                1 => assert_eq!(value(&mut client, "SELECT 1"), "1"),
                2 => drop(client.ask(b"SELECT nonsense", false)),
                _ => {
                    client.ask(b"DO 0", true);
                }
            }
        }
        let mut watcher = servers::admin(&server.tcp());
        let left = format!(
            "SELECT COUNT(*) FROM information_schema.processlist WHERE user = '{}'",
            server.long_user
        );
        let end = Instant::now() + Duration::from_secs(30);
        while value(&mut watcher, &left) != "0" {
            assert!(Instant::now() < end, "connections are left");
        }
        assert_eq!(aborted(), before, "{}", server.name);
    }
}

/// Many rows that nobody reads do not keep the next query.
#[test]
fn an_abandoned_result() {
    let _shared = among_others();
    for server in servers::all() {
        for address in [server.tcp(), server.unix()] {
            let mut client = admin(&address);
            // 100,000 rows.
            let digits = "(SELECT 0 d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 \
                          UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL \
                          SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)";
            let many = format!(
                "SELECT a.d, REPEAT('x', 50) FROM {digits} a, {digits} b, {digits} c, {digits} d, \
                 {digits} e"
            );
            for rows in [0, 1, 500] {
                Subject::query(&mut client, many.as_bytes()).unwrap();
                assert_eq!(client.some_rows(rows).unwrap().len(), rows);
                client.close_query();
                assert_eq!(value(&mut client, "SELECT 3"), "3");
            }
        }
    }
}

/// Fifty connections, one thread, all of them busy.
#[test]
fn many_at_once() {
    let _shared = among_others();
    for server in servers::all() {
        let addresses = addresses(&server);
        let connect = |n: usize| connection(&addresses[n % addresses.len()], "test", "test");
        let mut clients: Vec<Connection> = (0..50).map(connect).collect();
        for (n, client) in clients.iter_mut().enumerate() {
            Subject::query(client, format!("SELECT {n}, SLEEP(0.2)").as_bytes()).unwrap();
        }
        let end = Instant::now() + Duration::from_secs(60);
        let mut left: Vec<usize> = (0..clients.len()).collect();
        while !left.is_empty() {
            assert!(Instant::now() < end, "{} are not done", left.len());
            left.retain(|&n| match Subject::poll(&mut clients[n]).unwrap() {
                Polled::RowReady => {
                    let text = Some(n.to_string().into_bytes());
                    assert_eq!(clients[n].row()[0], text);
                    false
                }
                polled => {
                    assert!(matches!(polled, Polled::Connecting | Polled::Processing));
                    true
                }
            });
            let first = left.first().map(|&n| &mut clients[n]);
            first.map(|client| client.wait(Some(Duration::from_millis(20))));
        }
    }
}

/// A file is neither offered nor sent.
#[test]
fn a_local_file() {
    let _shared = among_others();
    for server in servers::all() {
        let mut client = connection(&server.tcp(), "test", "test");
        assert!(client.choose(Choice::LocalFiles));
        client.login().unwrap();
        client.ask(b"CREATE TEMPORARY TABLE loaded (line TEXT)", false);
        let seen = client.ask(b"LOAD DATA LOCAL INFILE '/etc/hostname' INTO TABLE loaded", false);
        let Seen::Failed(failure) = &seen[0] else { panic!("{seen:?}") };
        assert!([1148, 3948, 4166].contains(&failure.code), "{failure:?}");
        assert_eq!(value(&mut client, "SELECT COUNT(*) FROM loaded"), "0");
    }
}

/// Puts a server's limit back, whatever happens.
struct Limit<'a>(&'a Server, String);

impl Drop for Limit<'_> {
    fn drop(&mut self) {
        let text = format!("SET GLOBAL max_allowed_packet = {}", self.1);
        admin(&self.0.unix()).ask(text.as_bytes(), false);
    }
}

/// A query that the server finds too long, while it is being sent: the server's words come through.
#[test]
fn a_query_over_the_servers_limit() {
    let _alone = QUIET.write().unwrap_or_else(PoisonError::into_inner);
    for server in servers::all() {
        let mut admin = admin(&server.unix());
        let before = value(&mut admin, "SELECT @@global.max_allowed_packet");
        for (limit, size) in [(1 << 20, 2 << 20), (1 << 20, 40 << 20), (20 << 20, 60 << 20)] {
            let restore = Limit(&server, before.clone());
            admin.ask(format!("SET GLOBAL max_allowed_packet = {limit}").as_bytes(), false);
            let mut clients = [servers::admin(&server.tcp()), servers::admin(&server.unix())];
            drop(restore);
            for client in &mut clients {
                let query = Subject::query(client, &vec![b' '; size]);
                let failure = query.and_then(|()| client.settle().map(drop)).unwrap_err();
                let what = format!("{} of {limit} on {}: {failure:?}", size, server.name);
                assert_eq!(failure.numbers(), (1153, "08S01"), "{what}");
            }
        }
    }
}
