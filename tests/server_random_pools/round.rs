// SPDX-License-Identifier: Apache-2.0
//! A round: pools, what is done with them, and what must hold until they are gone.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::time::{Duration, Instant};

use attachsql::capi::types::attachsql_options_t as Options;
use attachsql::session::Polled;

use super::late::Held;
use super::state::{Later, Ring, State, Traces};
use super::support::desk::Desk;
use super::support::dice::Dice;
use super::support::embed::{Loop, Source, Style};
use super::support::pools::{CPool, destroy_in_callback};
use super::support::raw::CApi;
use super::support::rough::Blow;
use super::support::subject::{NAP, Subject};
use super::traits::{Place, Traits, Weather};

type Shared = Rc<RefCell<State>>;

/// Turns in a row without an event, of which none was slept in.
const BUSY: u32 = 20_000;

/// Nothing happens for so long: then a run is tried that nobody has asked for.
const STALL: Duration = Duration::from_millis(800);

pub(crate) struct Round {
    state: Shared,
    desks: Vec<Desk>,
    around: Vec<Option<(Loop, Style)>>,
    admins: BTreeMap<usize, CApi>,
    turns: usize,
    pub(crate) held: Held,
    progress: (u64, Instant),
    unslept: u32,
    /// Runs that nothing had asked for, and that found something.
    missed: u32,
}

/// What a callback found wrong is told when nothing of the library is on the stack.
fn guarded(failed: &Rc<RefCell<Option<Box<dyn std::any::Any + Send>>>>, work: impl FnOnce()) {
    if failed.borrow().is_some() {
        return;
    }
    if let Err(panic) = catch_unwind(AssertUnwindSafe(work)) {
        *failed.borrow_mut() = Some(panic);
    }
}

thread_local! {
    static FAILED: Rc<RefCell<Option<Box<dyn std::any::Any + Send>>>> = Rc::default();
}

fn check_failed() {
    if let Some(panic) = FAILED.with(Rc::clone).borrow_mut().take() {
        resume_unwind(panic);
    }
}

impl Round {
    pub(crate) fn new(seed: u64, places: &'static [Place], tag: u64) -> Self {
        FAILED.with(Rc::clone).borrow_mut().take();
        let mut dice = Dice::new(seed);
        let weather = dice.pick(&[
            Weather::Fair,
            Weather::Fair,
            Weather::Fair,
            Weather::Kill,
            Weather::Rough,
        ]);
        let count = dice.pick(&[1, 1, 1, 2]);
        let held = dice.pick(&[(false, false), (true, false), (true, true), (true, true)]);
        let turns = dice.pick(&[20, 60, 150, 400]);
        let state = State {
            dice,
            weather,
            places,
            crew: Vec::new(),
            rings: Vec::new(),
            tag,
            traces: Vec::new(),
            threads: Vec::new(),
            destroyers: Vec::new(),
            later: Vec::new(),
            closing: false,
            events: 0,
        };
        super::note(format!("{weather:?}, {count} pools, {turns} turns, {held:?} held back"));
        let mut round = Self {
            state: Rc::new(RefCell::new(state)),
            desks: Vec::new(),
            around: Vec::new(),
            admins: BTreeMap::new(),
            turns,
            held: Held { send: held.0, receive: held.1 },
            progress: (0, Instant::now()),
            unslept: 0,
            missed: 0,
        };
        for number in 0..count {
            round.add_pool(number);
        }
        round
    }

    fn add_pool(&mut self, number: usize) {
        let failed = FAILED.with(Rc::clone);
        let (state, wrong) = (Rc::clone(&self.state), Rc::clone(&failed));
        let pool = CPool::new(move |_, con, id, told| {
            guarded(&wrong, || state.borrow_mut().told(number, con, id, told));
            later(&state, &wrong);
        });
        let mut state = self.state.borrow_mut();
        let (places, weather) = (state.places, state.weather);
        let template = Traits::draw(&mut state.dice, places, weather);
        super::note(format!("pool {number}: template {template:?}"));
        let mut like = template.connection(places);
        // Whether that is allowed before a connect is the library's to say.
        like.buffer(template.buffered);
        let style = state.dice.pick(&[None, Some(Style::Watches), Some(Style::Descriptor)]);
        super::note(format!("pool {number} sleeps in {style:?}"));
        self.around.push(style.map(|style| (Loop::default(), style)));
        state.destroyers.push(Rc::new(destroy_in_callback(&pool)));
        let (ours, wrong) = (Rc::clone(&self.state), failed);
        let desk = Desk::with_pool(&like, pool, move |_, con, query, told| {
            guarded(&wrong, || ours.borrow_mut().told_ask(number, con, query, told));
            later(&ours, &wrong);
        });
        state.rings.push(Ring {
            raw: desk.pool.raw,
            counter: desk.counter(),
            gone: false,
            asks: Vec::new(),
            template,
            made: BTreeMap::new(),
            left: Vec::new(),
            events: 0,
            errors: 0,
            runs: 0,
            taken: 0,
            most: 10,
            queue: 1000,
            patience: 0,
        });
        if state.dice.chance(60) {
            let most = 1 + state.dice.below(5) as u32;
            state.rings[number].most = most;
            desk.option(Options::POOL_MAX, most);
        }
        for _ in 0..state.dice.below(5) {
            state.choose(number);
        }
        self.desks.push(desk);
    }

    pub(crate) fn run(mut self) -> Traces {
        for _ in 0..self.turns {
            let deeds = {
                let mut state = self.state.borrow_mut();
                if state.dice.chance(60) { state.dice.below(4) } else { 0 }
            };
            for _ in 0..deeds {
                self.state.borrow_mut().outside();
            }
            self.blow();
            let nap = self.state.borrow_mut().dice.pick(&[0, 0, 1, 5, 20]);
            self.turn(Duration::from_millis(nap));
        }
        self.state.borrow_mut().closing = true;
        super::note("closing".to_owned());
        while self.state.borrow().under_way() {
            self.release_all();
            self.turn(Duration::from_millis(100));
        }
        self.settle();
        self.end()
    }

    /// A turn of everything, after a nap.
    fn turn(&mut self, nap: Duration) {
        let begun = Instant::now();
        // While one sleeps, the others wait.
        let others = {
            let state = self.state.borrow();
            state.rings.len() > 1 || state.crew.iter().any(|crew| crew.pool.is_none())
        };
        let nap = if others { nap.min(Duration::from_millis(2)) } else { nap };
        for pool in 0..self.desks.len() {
            let ring = self.raw(pool);
            let Some(raw) = ring else { continue };
            let woken = match &mut self.around[pool] {
                Some((known, style)) => known.sleep(&raw, *style, nap),
                None => raw.wait(nap.as_millis() as i32).unwrap(),
            };
            // A run that nothing has asked for finds nothing to tell, if it is not the very moment.
            let stalled = !woken && self.progress.1.elapsed() > STALL;
            let before = self.state.borrow().events;
            if woken || stalled {
                run(&self.state, pool);
                check_failed();
                let found = stalled && self.state.borrow().events > before;
                self.missed = if found { self.missed + 1 } else { self.missed };
                assert!(self.missed < 3, "nothing has woken it up for what there was");
            }
            self.desks[pool].taken();
            self.desks[pool].pool.taken();
            self.check(pool);
        }
        self.lone(nap);
        let state = self.state.borrow();
        if state.events > self.progress.0 || !state.under_way() {
            self.progress = (state.events, Instant::now());
            self.unslept = 0;
        }
        assert!(self.progress.1.elapsed() < NAP, "nothing happens any more: {}", tale(&state));
        if begun.elapsed() < Duration::from_micros(500) && nap > Duration::ZERO {
            self.unslept += 1;
            assert!(self.unslept < BUSY, "busy with nothing: {}", tale(&state));
        }
    }

    fn raw(&self, pool: usize) -> Option<super::support::pools::Raw> {
        let state = self.state.borrow();
        let ring = &state.rings[pool];
        (!ring.gone).then_some(ring.raw)
    }

    /// Those that are in no pool.
    fn lone(&mut self, nap: Duration) {
        let mut state = self.state.borrow_mut();
        for at in (0..state.crew.len()).rev() {
            if state.crew[at].pool.is_some() {
                continue;
            }
            let crew = &mut state.crew[at];
            if crew.held {
                state.release(at);
            }
            let crew = &mut state.crew[at];
            let waits = crew.job.is_some();
            if waits && !crew.dead {
                crew.con.wait(nap.as_millis().min(5) as i32).unwrap();
            }
            let polled = crew.con.poll();
            // One poll may bring the login and the answer.
            crew.connected |= crew.con.thread_id() != 0;
            match polled {
                Ok(Polled::RowReady) if waits => {
                    let values = crew.con.row();
                    state.events += 1;
                    state.row(at, &values);
                }
                Ok(Polled::End) if waits => {
                    state.events += 1;
                    state.end(at);
                }
                Err(failure) if !crew.dead && (waits || failure.state.starts_with("08")) => {
                    state.events += 1;
                    state.failed(at, &failure);
                }
                _ => {}
            }
            let chance = if state.closing { 10 } else { 2 };
            if state.crew[at].job.is_none() && state.dice.chance(chance) {
                state.drop_crew(at);
            }
        }
    }

    fn blow(&mut self) {
        let mut state = self.state.borrow_mut();
        if state.weather == Weather::Fair || !state.dice.chance(8) || state.threads.is_empty() {
            return;
        }
        let count = state.threads.len();
        let which = state.dice.below(count);
        let (place, thread) = state.threads[which];
        let places = state.places;
        if state.weather == Weather::Kill {
            let server = &places[place].server;
            let admin = self.admins.entry(place).or_insert_with(|| {
                let mut admin = CApi::to(&server.tcp());
                admin.login().unwrap();
                admin
            });
            super::note(format!("kill {thread} of {}", server.name));
            admin.ask(format!("KILL {thread}").as_bytes(), false);
            return;
        }
        let blow = state.dice.pick(&[Blow::Cut, Blow::Cut, Blow::Silence]);
        let line = state.dice.below(100);
        super::note(format!("{blow:?} of {line}"));
        places[place].rough.strike(blow, line);
    }

    fn release_all(&mut self) {
        let mut state = self.state.borrow_mut();
        for at in 0..state.crew.len() {
            state.release(at);
        }
        for pool in 0..state.rings.len() {
            state.release_ask(pool);
        }
    }

    /// What must hold at any time between two runs.
    fn check(&self, pool: usize) {
        let state = self.state.borrow();
        let ring = &state.rings[pool];
        if ring.gone {
            return;
        }
        let stats = ring.raw.stats();
        let crew = state.crew.iter().filter(|crew| crew.pool == Some(pool)).count();
        assert_eq!(stats.connections, crew as u32 + stats.made, "connections");
        let sorts =
            [stats.unused, stats.connecting, stats.idle, stats.busy, stats.held, stats.failed];
        assert_eq!(stats.connections, sorts.iter().sum(), "{stats:?}");
        assert!(stats.made <= ring.most, "{stats:?} of {}", ring.most);
        assert_eq!(stats.queries, ring.taken, "queries");
        assert_eq!((stats.events, stats.errors), (ring.events, ring.errors), "events");
        assert_eq!(stats.runs, ring.runs, "runs");
        let open = ring.asks.iter().filter(|ask| !ask.over).count();
        assert!(stats.queued as usize <= open, "{} wait of {open}", stats.queued);
    }

    /// When all has ended, the numbers say so.
    fn settle(&mut self) {
        let mut state = self.state.borrow_mut();
        for at in 0..state.crew.len() {
            state.close(at);
        }
        drop(state);
        for pool in 0..self.desks.len() {
            let Some(raw) = self.raw(pool) else { continue };
            super::support::desk::set_option(raw, Options::POOL_MIN, 0);
            super::support::desk::set_option(raw, Options::POOL_LIFETIME, 0);
            super::support::desk::set_option(raw, Options::POOL_IDLE_TIMEOUT, 0);
            super::support::desk::set_option(raw, Options::POOL_PING_INTERVAL, 0);
            // What has happened already is told.
            (0..3).for_each(|_| self.turn(Duration::ZERO));
            let end = Instant::now() + NAP;
            while let Some(raw) = self.raw(pool) {
                let stats = raw.stats();
                if stats.connecting + stats.busy == 0 {
                    break;
                }
                assert!(Instant::now() < end, "no rest: {stats:?}, {}", tale(&self.state.borrow()));
                self.turn(Duration::from_millis(50));
            }
            let Some(raw) = self.raw(pool) else { continue };
            let state = self.state.borrow();
            let stats = raw.stats();
            let crew = state.crew.iter().filter(|crew| crew.pool == Some(pool));
            let dead = crew.clone().filter(|crew| crew.dead).count() as u32;
            let unused = crew.clone().filter(|crew| !crew.begun).count() as u32;
            assert_eq!((stats.held, stats.queued, stats.unused), (0, 0, unused), "{stats:?}");
            assert_eq!(stats.failed, dead, "{stats:?}");
        }
    }

    fn end(self) -> Traces {
        let state = Rc::clone(&self.state);
        let destroyers = state.borrow().destroyers.clone();
        for (pool, destroy) in destroyers.iter().enumerate() {
            if !state.borrow().rings[pool].gone {
                let stats = state.borrow().rings[pool].raw.stats();
                super::note(format!("the end of pool {pool}: {stats:?}"));
                leave(&state, pool);
                destroy();
                check_failed();
            }
        }
        let mut state = state.borrow_mut();
        for ring in &state.rings {
            assert!(ring.asks.iter().all(|ask| ask.over), "a query has no end");
        }
        while !state.crew.is_empty() {
            state.drop_crew(0);
        }
        let traces = std::mem::take(&mut state.traces);
        drop(state);
        drop(self);
        traces
    }
}

impl Drop for Round {
    fn drop(&mut self) {
        // Something is wrong already; the queries that still end are of no interest.
        let mut state = self.state.borrow_mut();
        state.rings.iter_mut().for_each(|ring| ring.gone = true);
    }
}

/// The pool goes, with all that is in it.
fn leave(state: &Shared, pool: usize) {
    let mut state = state.borrow_mut();
    state.rings[pool].gone = true;
    for at in (0..state.crew.len()).rev() {
        if state.crew[at].pool == Some(pool) {
            let crew = state.crew.swap_remove(at);
            state.depart(&crew);
        }
    }
    let made = std::mem::take(&mut state.rings[pool].made);
    let place = state.rings[pool].template.place;
    for job in made.into_values().filter_map(|made| made.job) {
        state.trace(place, &job, false);
    }
}

fn run(state: &Shared, pool: usize) {
    let raw = {
        let mut state = state.borrow_mut();
        let ring = &mut state.rings[pool];
        ring.runs += 1;
        ring.raw
    };
    raw.run();
}

/// Does what a callback wants to be done while nothing is borrowed.
fn later(state: &Shared, wrong: &Rc<RefCell<Option<Box<dyn std::any::Any + Send>>>>) {
    loop {
        let Ok(mut borrowed) = state.try_borrow_mut() else { return };
        let Some(next) = borrowed.later.pop() else { return };
        if wrong.borrow().is_some() {
            return;
        }
        let (Later::Run(pool) | Later::Destroy(pool)) = next;
        if borrowed.rings[pool].gone {
            continue;
        }
        let raw = borrowed.rings[pool].raw;
        let destroy = Rc::clone(&borrowed.destroyers[pool]);
        drop(borrowed);
        match next {
            Later::Run(_) => {
                super::note(format!("pool {pool} is run in a callback"));
                let before = raw.stats().runs;
                // Its own has no effect.
                raw.run();
                let mut state = state.borrow_mut();
                if !state.rings[pool].gone {
                    state.rings[pool].runs += raw.stats().runs - before;
                }
            }
            Later::Destroy(_) => {
                super::note(format!("pool {pool} is destroyed in a callback"));
                leave(state, pool);
                destroy();
            }
        }
    }
}

/// What is still open.
fn tale(state: &State) -> String {
    let crew = state.crew.iter().enumerate().filter(|(_, crew)| crew.job.is_some());
    let crew: Vec<_> = crew.map(|(at, crew)| (at, crew.held, crew.pool, &crew.job)).collect();
    let rings: Vec<_> = state
        .rings
        .iter()
        .filter(|ring| !ring.gone)
        .map(|ring| {
            let open = ring.asks.iter().enumerate().filter(|(_, ask)| !ask.over);
            let open: Vec<_> = open.map(|(at, ask)| (at, ask.held, ask.con.is_some())).collect();
            (ring.raw.stats(), open, ring.raw.has_more(), ring.raw.timeout())
        })
        .collect();
    format!("{crew:?} {rings:?}")
}
