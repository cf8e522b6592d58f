// SPDX-License-Identifier: Apache-2.0
//! What is true in a round, so far as the test knows: its pools, connections and commands. Each event must be of
//! one that is still awaited.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use super::job::Job;
use super::support::desk::Counter;
use super::support::dice::Dice;
use super::support::pools::{Member, Raw};
use super::support::raw::CApi;
use super::traits::{Place, Traits, Weather};

/// Places, tags, and whether they must be there.
pub(crate) type Traces = Vec<(usize, u64, bool)>;

/// What is left to be done when nothing is borrowed any more.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Later {
    Run(usize),
    Destroy(usize),
}

/// A connection of the program's.
pub(crate) struct Crew {
    pub(crate) con: Member,
    /// `None` for one on its own.
    pub(crate) pool: Option<usize>,
    pub(crate) id: Option<u32>,
    pub(crate) traits: Traits,
    pub(crate) begun: bool,
    pub(crate) connected: bool,
    pub(crate) dead: bool,
    pub(crate) thread: u32,
    pub(crate) job: Option<Job>,
    /// It is in a pipeline, with these behind it.
    pub(crate) piped: bool,
    pub(crate) rest: VecDeque<Job>,
    /// A row that was read is not given back yet.
    pub(crate) held: bool,
    /// A query is over, but not closed.
    pub(crate) open: bool,
    pub(crate) buffered: bool,
    /// Commands that it may still begin.
    pub(crate) left: usize,
}

/// A query for a pool's own connections.
pub(crate) struct Ask {
    pub(crate) job: Option<Job>,
    pub(crate) over: bool,
    /// Its connection, once it had one.
    pub(crate) con: Option<Member>,
    pub(crate) held: bool,
    pub(crate) buffered: bool,
    pub(crate) closed: bool,
    /// Not all results were asked for.
    pub(crate) left: bool,
    /// Commands that are to follow on the same connection.
    pub(crate) follow: usize,
}

/// A connection that a pool has made.
pub(crate) struct Made {
    pub(crate) con: Member,
    pub(crate) job: Option<Job>,
}

/// A pool.
pub(crate) struct Ring {
    pub(crate) raw: Raw,
    pub(crate) counter: Counter,
    pub(crate) gone: bool,
    pub(crate) asks: Vec<Ask>,
    pub(crate) template: Traits,
    pub(crate) made: BTreeMap<usize, Made>,
    /// Numbers of connections that are not in it any more.
    pub(crate) left: Vec<u32>,
    pub(crate) events: u64,
    pub(crate) errors: u64,
    pub(crate) runs: u64,
    pub(crate) taken: u64,
    pub(crate) most: u32,
    pub(crate) queue: u32,
    pub(crate) patience: u32,
}

pub(crate) struct State {
    pub(crate) dice: Dice,
    pub(crate) weather: Weather,
    pub(crate) places: &'static [Place],
    pub(crate) crew: Vec<Crew>,
    pub(crate) rings: Vec<Ring>,
    pub(crate) tag: u64,
    /// Tags of rows that must be there at the end, or may be.
    pub(crate) traces: Traces,
    pub(crate) threads: Vec<(usize, u32)>,
    pub(crate) destroyers: Vec<Rc<dyn Fn()>>,
    pub(crate) later: Vec<Later>,
    /// Nothing new is begun any more.
    pub(crate) closing: bool,
    pub(crate) events: u64,
}

impl State {
    pub(crate) fn tag(&mut self) -> u64 {
        self.tag += 1;
        self.tag
    }

    /// Whose a connection of a pool is.
    pub(crate) fn crew_of(&self, con: &CApi) -> Option<usize> {
        self.crew.iter().position(|crew| crew.con.pointer() == con.pointer())
    }

    /// A command has ended well, so that its trace is there; or not, so that it may be.
    pub(crate) fn trace(&mut self, place: usize, job: &Job, certain: bool) {
        if job.inserts {
            self.traces.push((place, job.tag, certain));
        }
    }

    /// Something is under way that must come to an end by itself.
    pub(crate) fn under_way(&self) -> bool {
        let crew = self.crew.iter().any(|crew| crew.job.is_some() && !crew.dead);
        let asks = self.rings.iter().filter(|ring| !ring.gone);
        crew || asks.flat_map(|ring| &ring.asks).any(|ask| !ask.over)
            || self.rings.iter().any(|ring| ring.made.values().any(|made| made.job.is_some()))
    }
}
