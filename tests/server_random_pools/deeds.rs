// SPDX-License-Identifier: Apache-2.0
//! What a program does of its own accord, from outside or from inside of a callback.

use std::collections::VecDeque;
use std::mem::ManuallyDrop;

use attachsql::capi::types::attachsql_options_t as Options;

use super::state::{Crew, State};
use super::support::desk::set_option;
use super::support::subject::Subject;
use super::traits::Traits;

/// Most connections of the program's at a time.
const CREW: usize = 12;

impl State {
    /// Something random.
    pub(crate) fn outside(&mut self) {
        let pool = self.dice.below(self.rings.len());
        let any = (!self.crew.is_empty()).then(|| self.dice.below(self.crew.len()));
        match (self.dice.below(40), any) {
            (0..=3, _) if !self.closing => self.hire(pool),
            (4..=12, _) if !self.closing => self.ask(pool),
            (13..=22, Some(at)) => self.begin(at),
            (23..=25, Some(at)) => self.release(at),
            (26..=27, _) => self.release_ask(pool),
            (28, Some(at)) => self.close(at),
            (29..=30, Some(at)) => self.cancel(at),
            (31, Some(at)) if self.dice.chance(30) => self.remove(at),
            (32, Some(at)) if self.dice.chance(30) => {
                super::note(format!("crew {at} is destroyed"));
                self.drop_crew(at);
            }
            (33..=34, _) if !self.rings[pool].gone => self.choose(pool),
            (35, Some(at)) => self.connect(at),
            _ => {}
        }
    }

    /// A new connection.
    pub(crate) fn hire(&mut self, pool: usize) {
        if self.crew.len() >= CREW || self.rings[pool].gone {
            return;
        }
        let traits = Traits::draw(&mut self.dice, self.places, self.weather);
        super::note(format!("pool {pool}: crew {} is {traits:?}", self.crew.len()));
        let con = self.rings[pool].raw.add(traits.connection(self.places));
        self.crew.push(Crew {
            con,
            pool: Some(pool),
            id: None,
            traits,
            begun: false,
            connected: false,
            dead: false,
            thread: 0,
            job: None,
            piped: false,
            rest: VecDeque::new(),
            held: false,
            open: false,
            buffered: false,
            left: 1 + self.dice.below(12),
        });
    }

    /// Begins to connect without a command.
    fn connect(&mut self, at: usize) {
        let crew = &mut self.crew[at];
        if crew.begun || self.closing {
            return;
        }
        crew.begun = true;
        super::note(format!("crew {at} connects"));
        if let Err(failure) = crew.con.connect() {
            let excuse = crew.traits.excuse(self.weather);
            assert!(excuse.covers(&failure) || crew.traits.refuses(failure.code), "{failure:?}");
        }
    }

    /// Takes a connection out of its pool; one that is of no use there goes to another one.
    pub(crate) fn remove(&mut self, at: usize) {
        let crew = &mut self.crew[at];
        let Some(pool) = crew.pool else { return };
        super::note(format!("crew {at} leaves pool {pool}"));
        let id = crew.id.take();
        let raw = self.rings[pool].raw;
        let _same = ManuallyDrop::new(raw.remove(&mut self.crew[at].con).unwrap());
        self.rings[pool].left.extend(id);
        let crew = &mut self.crew[at];
        crew.pool = None;
        let other = self.dice.below(self.rings.len());
        if !crew.begun && !self.rings[other].gone {
            super::note(format!("crew {at} comes to pool {other}"));
            self.rings[other].raw.try_add(&crew.con).unwrap();
            crew.pool = Some(other);
        }
    }

    fn cancel(&mut self, at: usize) {
        let crew = &mut self.crew[at];
        if let Some(job) = &mut crew.job
            && crew.traits.cancel
            && !crew.dead
        {
            let said = crew.con.cancel();
            super::note(format!("crew {at} is cancelled: {said:?}"));
            job.excuse.cancelled |= said.is_ok();
        }
    }

    /// Goes on with a row that is held.
    pub(crate) fn release_ask(&mut self, pool: usize) {
        let ring = &mut self.rings[pool];
        if ring.gone {
            return;
        }
        for ask in &mut ring.asks {
            if std::mem::take(&mut ask.held)
                && let Some(con) = &mut ask.con
            {
                super::note(format!("pool {pool}: a row of a query is given back"));
                con.next_row();
            }
        }
    }

    /// An option of a pool.
    pub(crate) fn choose(&mut self, pool: usize) {
        let time = self.dice.pick(&[0, 1, 5, 30, 200, 60_000]);
        let few = 1 + self.dice.below(6) as u32;
        let ring = &mut self.rings[pool];
        let (option, value) = match self.dice.below(9) {
            0 => (Options::POOL_MIN, few - 1),
            1 => {
                ring.most = ring.most.max(few);
                (Options::POOL_MAX, few)
            }
            2 => (Options::POOL_IDLE_TIMEOUT, time),
            3 => (Options::POOL_LIFETIME, time),
            4 => (Options::POOL_PING_INTERVAL, time),
            5 => (Options::POOL_RESET, few % 2),
            6 => (Options::POOL_CONNECTS, few),
            7 => {
                ring.queue = few * 3;
                (Options::POOL_QUEUE, few * 3)
            }
            _ => {
                ring.patience = ring.patience.max(time);
                (Options::POOL_QUEUE_TIMEOUT, time)
            }
        };
        super::note(format!("pool {pool}: {option:?} is {value}"));
        assert!(set_option(ring.raw, option, value));
    }
}
