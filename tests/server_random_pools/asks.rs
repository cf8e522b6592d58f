// SPDX-License-Identifier: Apache-2.0
//! Connections that pools make, and the queries that are run on them.

use super::state::{Ask, Made, State};
use super::support::pools::{Member, Told};
use super::support::subject::{Failure, Subject};

impl State {
    /// A pool has told something of a connection of its own.
    pub(crate) fn told_made(&mut self, pool: usize, con: &mut Member, id: u32, told: &Told) {
        if !matches!(told, Told::Row(_)) {
            super::note(format!("pool {pool}: its own {id} is told {told:?}"));
        }
        let address = con.pointer().addr();
        match told {
            Told::Connected => {
                let (place, thread) = (self.rings[pool].template.place, con.thread_id());
                self.threads.push((place, thread));
                let mut made = Made { con: con.again(), job: None };
                if self.dice.chance(30) && !self.closing {
                    let tag = self.tag();
                    let template = self.rings[pool].template.clone();
                    let job = template.job(&mut self.dice, tag, self.places, self.weather);
                    con.buffer(false);
                    super::note(format!("pool {pool}: its own {id} begins {}", job.text));
                    match con.query(job.text.as_bytes()) {
                        Ok(()) => made.job = Some(job),
                        Err(failure) => assert!(job.excuse.covers(&failure), "{failure:?}"),
                    }
                }
                self.rings[pool].made.insert(address, made);
            }
            Told::Row(values) => {
                let made = self.rings[pool].made.get_mut(&address).expect("one of its own");
                made.job.as_mut().expect("a command").row(values);
                made.con.next_row();
            }
            Told::End => {
                let made = self.rings[pool].made.get_mut(&address).expect("one of its own");
                if made.job.as_mut().expect("a command").end() {
                    assert!(made.con.next_result());
                    return;
                }
                let job = made.job.take().unwrap();
                let place = self.rings[pool].template.place;
                self.trace(place, &job, true);
            }
            Told::Failed(failure) => {
                let made = self.rings[pool].made.get_mut(&address);
                let job = made.and_then(|made| made.job.take());
                let template = self.rings[pool].template.clone();
                match job {
                    Some(job) => {
                        self.trace(template.place, &job, false);
                        job.error(failure);
                    }
                    None => {
                        let excuse = template.excuse(self.weather);
                        let excused = excuse.covers(failure) || template.refuses(failure.code);
                        assert!(excused, "{failure:?} of no command");
                    }
                }
            }
        }
        self.inside(pool, None);
    }

    /// Asks a pool.
    pub(crate) fn ask(&mut self, pool: usize) {
        let ring = &self.rings[pool];
        if ring.gone {
            return;
        }
        let (counter, template) = (ring.counter, ring.template.clone());
        let (raw, queue) = (ring.raw, ring.queue);
        let tag = self.tag();
        let job = template.job(&mut self.dice, tag, self.places, self.weather);
        let before = raw.stats();
        super::note(format!("pool {pool}: ask {} is {}", self.rings[pool].asks.len(), job.text));
        let asked = counter.try_ask(&job.text);
        let over = asked.is_err();
        match &asked {
            Ok(number) => {
                assert_eq!(*number, self.rings[pool].asks.len());
                self.rings[pool].taken += 1;
            }
            Err(failure) if failure.code == 2910 => {
                assert!(before.queued >= queue, "{} of {queue} wait", before.queued);
            }
            Err(failure) => {
                assert!(job.excuse.covers(failure), "{failure:?}");
                self.trace(template.place, &job, false);
            }
        }
        let follow = if self.dice.chance(25) { self.dice.below(4) } else { 0 };
        let buffered = template.buffered;
        let (con, held, closed) = (None, false, false);
        let job = (!over).then_some(job);
        self.rings[pool].asks.push(Ask {
            job,
            over,
            con,
            held,
            buffered,
            closed,
            follow,
            left: false,
        });
    }

    /// A pool has told something of such a query.
    pub(crate) fn told_ask(
        &mut self,
        pool: usize,
        con: Option<&mut Member>,
        number: usize,
        told: &Told,
    ) {
        self.events += 1;
        if !matches!(told, Told::Row(_)) {
            super::note(format!("pool {pool}: ask {number} is told {told:?}"));
        }
        let ring = &mut self.rings[pool];
        ring.events += 1;
        ring.errors += u64::from(matches!(told, Told::Failed(_)));
        let place = ring.template.place;
        let ask = &mut ring.asks[number];
        assert!(!ask.over, "{told:?} after its end");
        let Some(con) = con else {
            let Told::Failed(failure) = told else { panic!("{told:?} without a connection") };
            ask.over = true;
            ask.held = false;
            let job = ask.job.take().unwrap();
            self.trace(place, &job, false);
            let ring = &self.rings[pool];
            let excused = ring.template.refuses(failure.code)
                || job.excuse.covers(failure)
                || (failure.code == 2911 && ring.patience > 0)
                || (failure.code == 2912 && ring.gone)
                || (failure.code == 2013 && ring.gone);
            assert!(excused, "{failure:?}");
            return;
        };
        ask.con = Some(con.again());
        match told {
            Told::Connected => panic!("CONNECTED of a query"),
            Told::Row(values) => {
                assert!(!ask.buffered, "a row of a query whose rows are kept");
                assert!(!ask.closed, "a row of a query that was closed");
                assert!(!ask.held, "a row of {number} while another one is held");
                ask.job.as_mut().unwrap().row(values);
                match self.dice.below(100) {
                    0..=2 => {
                        super::note(format!("pool {pool}: ask {number} holds a row"));
                        ask.held = true;
                    }
                    3 => {
                        con.close_query();
                        ask.closed = true;
                    }
                    _ => con.next_row(),
                }
            }
            Told::End => self.ask_ended(pool, con, number),
            Told::Failed(failure) => self.ask_failed(pool, con, number, failure),
        }
        if !self.rings[pool].gone {
            self.inside(pool, None);
        }
    }

    fn ask_ended(&mut self, pool: usize, con: &mut Member, number: usize) {
        let ask = &mut self.rings[pool].asks[number];
        assert!(!ask.held, "an end while a row is held");
        let mut whole = false;
        if !ask.closed {
            let job = ask.job.as_mut().unwrap();
            if ask.buffered {
                con.buffered_rows().iter().for_each(|values| job.row(values));
            }
            let more = job.end();
            if more && !self.dice.chance(10) {
                assert!(con.next_result(), "another result");
                return;
            }
            whole = !more;
            ask.left = more;
        }
        self.ask_over(pool, con, number, whole);
    }

    fn ask_failed(&mut self, pool: usize, con: &mut Member, number: usize, failure: &Failure) {
        let ring = &mut self.rings[pool];
        let gone = ring.gone;
        let ask = &mut ring.asks[number];
        ask.held = false;
        if !(gone && failure.code == 2013) {
            ask.job.as_ref().unwrap().error(failure);
        }
        self.ask_over(pool, con, number, false);
    }

    /// The query is over, or another one follows.
    fn ask_over(&mut self, pool: usize, con: &mut Member, number: usize, whole: bool) {
        let whole_or_failed = whole || !self.rings[pool].asks[number].left;
        let ring = &mut self.rings[pool];
        let (place, gone) = (ring.template.place, ring.gone);
        let template = ring.template.clone();
        let job = ring.asks[number].job.take().unwrap();
        self.trace(place, &job, whole);
        let ask = &mut self.rings[pool].asks[number];
        (ask.con, ask.closed) = (None, false);
        if whole_or_failed && ask.follow > 0 && !gone && !self.closing {
            ask.follow -= 1;
            con.close_query();
            if con.poll().is_ok() {
                let tag = self.tag();
                let job = template.job(&mut self.dice, tag, self.places, self.weather);
                let ask = &mut self.rings[pool].asks[number];
                ask.buffered = self.dice.chance(30);
                super::note(format!("pool {pool}: ask {number} goes on with {}", job.text));
                con.buffer(ask.buffered);
                match con.query(job.text.as_bytes()) {
                    Ok(()) => {
                        ask.job = Some(job);
                        return;
                    }
                    Err(failure) => assert!(job.excuse.covers(&failure), "{failure:?}"),
                }
            }
        }
        self.rings[pool].asks[number].over = true;
    }
}
