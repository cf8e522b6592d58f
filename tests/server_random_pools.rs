// SPDX-License-Identifier: Apache-2.0
//! Random pools: each round makes one or two, with connections of the program's and of the pool's own, through
//! random channels to random servers, and does random things with them, from outside and from inside callbacks,
//! some of it violent. A quarter of the rounds is done once more in two threads at a time. It knows what each
//! command must bring, and what the pool must say of itself. What is looked for: an event that is another
//! command's, one too many, one that never comes, numbers that do not add up, a descriptor or memory that stays
//! behind.
//!
//! `ATTACHSQL_TEST_RANDOM_POOLS` is the number of rounds, `ATTACHSQL_TEST_RANDOM_SEED` the first seed, 1 unless told.
//! A round that fails tells its seed and what it did last.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests end that way")]
#![allow(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "tests end that way")]

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use job::Tables;
use round::Round;
use support::counting::{self, Counting};
use support::raw::CApi;
use support::rough::Rough;
use support::say;
use support::servers;
use support::subject::{Seen, Subject};
use traits::Place;

#[path = "server_random_pools/asks.rs"]
mod asks;
#[path = "server_random_pools/crew.rs"]
mod crew;
#[path = "server_random_pools/deeds.rs"]
mod deeds;
#[path = "server_random_pools/job.rs"]
mod job;
#[path = "server_late/late.rs"]
mod late;
#[path = "server_random_pools/round.rs"]
mod round;
#[path = "server_random_pools/state.rs"]
mod state;
mod support;
#[path = "server_random_pools/traits.rs"]
mod traits;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Rounds, if nobody says how many.
const ROUNDS: u64 = 48;
/// Lines of what was done that are shown.
const SHOWN: usize = 400;
/// Bytes that a round may leave: sessions of TLS, and what is made at the first use.
const LEFT: i64 = 4096;
/// Numbers of commands for each round.
const TAGS: u64 = 1_000_000;

static TAG: AtomicU64 = AtomicU64::new(1);

thread_local! {
    static SEED: Cell<u64> = const { Cell::new(0) };
    static NOTES: RefCell<VecDeque<String>> = const { RefCell::new(VecDeque::new()) };
}

/// Remembers what was done.
fn note(text: String) {
    NOTES.with_borrow_mut(|notes| {
        if notes.len() == SHOWN {
            notes.pop_front();
        }
        let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() % 100_000;
        let mut text = format!("{at:05} {text}");
        text.truncate(text.floor_char_boundary(400));
        notes.push_back(text);
    });
}

/// Says which seed it was, even if the panic is in a callback, which ends the program.
fn tell_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let _ = NOTES.try_with(|notes| {
            if let Ok(notes) = notes.try_borrow() {
                let notes: Vec<_> = notes.iter().cloned().collect();
                say(&format!("{}\nATTACHSQL_TEST_RANDOM_SEED={}", notes.join("\n"), SEED.get()));
            }
        });
        usual(info);
    }));
}

fn done(admin: &mut CApi, text: &str) {
    let seen = admin.ask(text.as_bytes(), false);
    assert!(seen.iter().all(|seen| matches!(seen, Seen::Done(_))), "{text}: {seen:?}");
}

fn admin(place: &Place) -> CApi {
    let mut admin = CApi::to(&place.server.tcp());
    admin.login().unwrap();
    admin
}

/// The servers with their tables. They stay until the end of the program.
fn places() -> &'static [Place] {
    let numbers = format!("crew_numbers_{}", std::process::id());
    let traces = format!("crew_traces_{}", std::process::id());
    let all = servers::all().into_iter().map(|server| {
        let tables = Tables { numbers: numbers.clone(), traces: traces.clone() };
        let rough = Rough::new(&server.tcp());
        Place { server, tables, rough }
    });
    let all: Vec<Place> = all.collect();
    for place in &all {
        let mut admin = admin(place);
        done(&mut admin, &format!("CREATE TABLE {numbers} (n INT PRIMARY KEY) ENGINE=InnoDB"));
        let values: Vec<String> = (0..1000).map(|number| format!("({number})")).collect();
        done(&mut admin, &format!("INSERT INTO {numbers} VALUES {}", values.join(",")));
        done(&mut admin, &format!("CREATE TABLE {traces} (n BIGINT PRIMARY KEY) ENGINE=InnoDB"));
    }
    all.leak()
}

/// One round, and what is left of it.
fn round(seed: u64, places: &'static [Place], admins: &mut [CApi]) {
    let begun = Instant::now();
    SEED.set(seed);
    NOTES.with_borrow_mut(|notes| *notes = VecDeque::new());
    let before = counting::count().live;
    let traces = {
        let round = Round::new(seed, places, TAG.fetch_add(TAGS, Ordering::SeqCst));
        let mut traces = Vec::new();
        late::hold(round.held, || traces = round.run());
        traces
    };
    for (at, admin) in admins.iter_mut().enumerate() {
        let certain: Vec<String> = traces
            .iter()
            .filter(|(place, _, certain)| *place == at && *certain)
            .map(|(_, tag, _)| tag.to_string())
            .collect();
        if !certain.is_empty() {
            let table = &places[at].tables.traces;
            let text = format!("SELECT COUNT(*) FROM {table} WHERE n IN ({})", certain.join(","));
            assert_eq!(servers::value(admin, &text), certain.len().to_string(), "{certain:?}");
        }
    }
    drop(traces);
    if begun.elapsed() > Duration::from_secs(4) {
        say(&format!("{seed}: {:?}", begun.elapsed()));
    }
    NOTES.with_borrow_mut(|notes| *notes = VecDeque::new());
    let left = counting::count().live - before;
    assert!(left < LEFT, "{left} bytes are left");
}

/// What is open.
fn open() -> Vec<String> {
    let all = std::fs::read_dir("/proc/self/fd").unwrap();
    let name = |path| std::fs::read_link(path).map(|to| to.display().to_string());
    all.filter_map(|one| name(one.unwrap().path()).ok()).collect()
}

/// So many descriptors are open.
fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// The same rounds again, in two threads at a time.
fn in_two_threads(seeds: &[u64], places: &'static [Place]) {
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut admins: Vec<CApi> = places.iter().map(admin).collect();
                seeds.iter().for_each(|&seed| round(seed, places, &mut admins));
            });
        }
    });
}

#[test]
fn pools() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let count = number("ATTACHSQL_TEST_RANDOM_POOLS").unwrap_or(ROUNDS);
    // The same ones each time: what a check finds is of the change that it checks.
    let first = number("ATTACHSQL_TEST_RANDOM_SEED").unwrap_or(1);
    let seeds: Vec<u64> = (first..).take(count as usize).collect();
    tell_panics();
    let places = places();
    let mut admins: Vec<CApi> = places.iter().map(admin).collect();
    let mut failed = Vec::new();
    // What is made once.
    round(1, places, &mut admins);
    admins.iter_mut().for_each(|admin| drop(servers::value(admin, "SELECT SLEEP(0.01)")));
    for &seed in &seeds {
        let before = descriptors();
        if catch_unwind(AssertUnwindSafe(|| round(seed, places, &mut admins))).is_err() {
            failed.push(seed);
            if failed.len() > 4 {
                break;
            }
            continue;
        }
        let end = Instant::now() + Duration::from_secs(5);
        while descriptors() > before {
            assert!(Instant::now() < end, "{seed}: {:?}, not {before}", open());
            std::thread::sleep(Duration::from_millis(1));
        }
    }
    let (_, last) = seeds.split_at(seeds.len() - seeds.len() / 4);
    if failed.is_empty() {
        in_two_threads(last, places);
    }
    for (place, admin) in places.iter().zip(&mut admins) {
        done(admin, "SET lock_wait_timeout = 5");
        done(admin, &format!("DROP TABLE {}, {}", place.tables.numbers, place.tables.traces));
    }
    say(&format!("{} rounds, the last one {:?}", seeds.len(), seeds.last()));
    assert!(failed.is_empty(), "{failed:?}");
}
