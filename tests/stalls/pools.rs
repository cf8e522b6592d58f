// SPDX-License-Identifier: Apache-2.0
//! Pools whose servers stall, each somewhere else: no run waits for any of them, and none waits for another.

use std::time::{Duration, Instant};

use attachsql::capi::types::attachsql_options_t as Options;

use crate::sessions::moments;
use crate::support::desk::{Desk, story};
use crate::support::listener::{Address, Inline, Listener, PATIENCE};
use crate::support::names::with_names;
use crate::support::packets::Greeting;
use crate::support::pools::{CPool, Told};
use crate::support::raw::CApi;
use crate::support::script::{self, Script, Step, Want, query};
use crate::support::subject::Subject;
use crate::support::tls_server::Delivery;
use crate::tls::{LONG, serve, trusted};
use crate::{Calls, STALL, rows};

/// A server that can be asked "q" so many times.
fn steps(times: usize) -> Vec<Step> {
    let mut steps = script::login(&Greeting::default());
    (0..times).for_each(|_| steps.extend([query("q"), Step::Send(rows())]));
    steps
}

/// Every place of a session, the records of a TLS handshake, and a name lookup, each on another connection.
#[test]
fn connections_of_a_pool() {
    with_names("pools::connections_of_a_pool", || {
        let (pool, ca) = (CPool::simple(), trusted());
        let (mut calls, mut quick, mut slow) = (Calls::default(), Vec::new(), Vec::new());
        let start = Instant::now();
        let add = |con: CApi, calls: &mut Calls| {
            let mut con = pool.raw.add(con);
            calls.measure(|| con.query(b"q")).unwrap();
        };
        let mut host = "127.0.0.1";
        for moment in moments(&steps(1), &mut 0).into_iter().chain([usize::MAX]) {
            let listener = Listener::tcp();
            let port = listener.address().port;
            if moment == usize::MAX {
                host = "sleep1500_127.0.0.1.list.test";
            }
            add(CApi::new(&Address { host: host.to_owned(), port }, "secret"), &mut calls);
            quick.push(Inline::new(listener, Script::new(steps(1)).stall_after(moment, STALL)));
        }
        for record in 0..7 {
            let steps = [Step::Expect(Want::Any), Step::Send(rows())];
            let delivery = Delivery::StallAt(record, record % 2 == 1, LONG);
            let (address, server) = serve(13, steps, delivery);
            let con = CApi::new(&address, "secret");
            assert!(con.text_option(Options::TLS_CA, ca.path()));
            add(con, &mut calls);
            slow.push(server);
        }
        let all = quick.len() + slow.len();
        assert!(all >= 20, "{all} connections");
        while pool.count() < 4 * all {
            calls.measure(|| pool.raw.run());
            quick.iter_mut().for_each(|server| (0..4).for_each(|_| server.turn()));
            std::thread::sleep(Duration::from_millis(1));
            assert!(start.elapsed() < PATIENCE, "{:?}", pool.log());
        }
        assert!(start.elapsed() >= LONG, "it did not stall");
        let log = pool.taken();
        let failed = log.iter().find(|(_, told)| matches!(told, Told::Failed(_)));
        assert!(failed.is_none(), "{failed:?}");
        calls.measure(|| drop(pool));
        calls.report(&format!("a pool of {all} connections, each somewhere else"));
        quick.into_iter().for_each(|server| assert!(server.finish().is_over()));
        slow.into_iter().for_each(|server| assert!(server.finish().script.is_over()));
    });
}

/// Queries that wait in a pool's queue, while the name lookup and each of its connections stall.
#[test]
fn the_queue_of_a_pool() {
    const QUERIES: u32 = 40;
    with_names("pools::the_queue_of_a_pool", || {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let places = moments(&steps(2), &mut 0);
        let connections = u32::try_from(places.len()).unwrap();
        // Each takes the next caller, whoever that is.
        let mut servers: Vec<_> = places
            .into_iter()
            .map(|place| {
                let listener = Listener::Tcp(listener.try_clone().unwrap());
                Inline::new(
                    listener,
                    Script::new(steps(QUERIES as usize)).stall_after(place, STALL),
                )
            })
            .collect();
        let host = "sleep1500_127.0.0.1.list.test".to_owned();
        let desk = Desk::simple(&Address { host, port });
        desk.option(Options::POOL_MAX, connections).option(Options::POOL_CONNECTS, 3);
        desk.option(Options::POOL_QUEUE, QUERIES);
        let (mut calls, start) = (Calls::default(), Instant::now());
        for _ in 0..QUERIES {
            calls.measure(|| desk.ask("q"));
        }
        let full = calls.measure(|| desk.try_ask("q")).unwrap_err();
        assert_eq!(full.code, 2910, "{full:?}");
        let over = |desk: &Desk| {
            desk.log().iter().filter(|(_, told)| matches!(told, Told::End)).count()
                >= QUERIES as usize
        };
        while !over(&desk) {
            calls.measure(|| desk.pool.raw.run());
            servers.iter_mut().for_each(|server| (0..4).for_each(|_| server.turn()));
            std::thread::sleep(Duration::from_millis(1));
            assert!(start.elapsed() < PATIENCE, "{:?}", desk.log());
        }
        assert!(start.elapsed() >= Duration::from_millis(1500) + STALL, "it did not stall");
        let log = desk.taken();
        for number in 0..QUERIES as usize {
            assert_eq!(story(&log, number), "one two E");
        }
        calls.measure(|| drop(desk));
        calls.report(&format!("a pool's queue of {QUERIES} queries for {connections} connections"));
    });
}
