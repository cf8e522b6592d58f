// SPDX-License-Identifier: Apache-2.0
//! Connections of the program's: what they are told, and what is done with them then.

use std::collections::VecDeque;

use attachsql::session::Polled;

use super::job::Job;
use super::state::{Crew, Later, State};
use super::support::commands::Do;
use super::support::pools::{Member, Told};
use super::support::subject::Subject;

const COMMANDS: [Do<'_>; 3] =
    [Do::Ping, Do::User("test", Some("test"), "testdb"), Do::Schema("testdb")];

impl State {
    /// A pool has told something of one of its connections.
    pub(crate) fn told(&mut self, pool: usize, con: &mut Member, id: u32, told: &Told) {
        self.events += 1;
        let ring = &mut self.rings[pool];
        ring.events += 1;
        ring.errors += u64::from(matches!(told, Told::Failed(_)));
        assert!(!ring.left.contains(&id), "{told:?} of {id}, which is gone");
        let Some(at) = self.crew_of(con) else {
            return self.told_made(pool, con, id, told);
        };
        if !matches!(told, Told::Row(_)) {
            super::note(format!("pool {pool}: crew {at} is told {told:?}"));
        }
        let crew = &mut self.crew[at];
        assert_eq!(crew.pool, Some(pool), "told by another pool");
        assert_eq!(*crew.id.get_or_insert(id), id);
        match told {
            Told::Connected => self.connected(at),
            Told::Row(values) => self.row(at, values),
            Told::End => self.end(at),
            Told::Failed(failure) => self.failed(at, failure),
        }
        self.inside(pool, Some(at));
    }

    pub(crate) fn connected(&mut self, at: usize) {
        let crew = &mut self.crew[at];
        assert!(crew.begun && !crew.connected && !crew.dead, "connected again");
        crew.connected = true;
        crew.thread = crew.con.thread_id();
        let thread = (crew.traits.place, crew.thread);
        self.threads.push(thread);
        let crew = &self.crew[at];
        if crew.job.is_none() && self.dice.chance(70) {
            self.begin(at);
        }
    }

    pub(crate) fn row(&mut self, at: usize, values: &[super::support::packets::Value]) {
        let crew = &mut self.crew[at];
        assert!(!crew.buffered, "a row of a query whose rows are kept");
        assert!(!crew.dead, "a row of a connection that is gone");
        assert!(!crew.held, "a row while another one is held");
        crew.job.as_mut().expect("a row of no command").row(values);
        crew.held = true;
        match self.dice.below(100) {
            0..=2 => super::note(format!("crew {at} holds a row")),
            3 => {
                super::note(format!("crew {at} closes at a row"));
                self.close(at);
            }
            4..=12 => {
                self.release(at);
                self.take_more(at);
            }
            _ => self.release(at),
        }
    }

    /// More rows by polling, as far as they are here.
    fn take_more(&mut self, at: usize) {
        let crew = &mut self.crew[at];
        while self.dice.chance(95) && crew.con.poll() == Ok(Polled::RowReady) {
            let values = crew.con.row();
            crew.job.as_mut().unwrap().row(&values);
            crew.con.next_row();
        }
    }

    /// Gives back the row that is held.
    pub(crate) fn release(&mut self, at: usize) {
        let crew = &mut self.crew[at];
        if std::mem::take(&mut crew.held) {
            crew.con.next_row();
        }
    }

    pub(crate) fn end(&mut self, at: usize) {
        let crew = &mut self.crew[at];
        assert!(!crew.dead && !crew.held, "an end that cannot be");
        let job = crew.job.as_mut().expect("an end of no command");
        if crew.buffered {
            crew.con.buffered_rows().iter().for_each(|values| job.row(values));
        }
        let more = job.end();
        if more && !self.dice.chance(5) {
            assert!(crew.con.next_result(), "another result");
            return;
        }
        let (job, place) = (crew.job.take().unwrap(), crew.traits.place);
        // What is left can be dropped only from the next result on.
        assert_eq!(crew.con.next_result(), more, "another result");
        self.trace(place, &job, !more);
        if self.next_in_pipeline(at) {
            return;
        }
        self.crew[at].open = true;
        if more || self.dice.chance(80) {
            self.close(at);
        }
        if self.dice.chance(70) {
            self.begin(at);
        }
    }

    pub(crate) fn failed(&mut self, at: usize, failure: &super::support::subject::Failure) {
        let crew = &mut self.crew[at];
        crew.held = false;
        let job = crew.job.take();
        if let Some(job) = &job {
            let place = crew.traits.place;
            self.trace(place, job, false);
        }
        let crew = &mut self.crew[at];
        if !crew.piped {
            crew.con.close_query();
        }
        crew.open = false;
        crew.dead = !crew.connected
            || failure.state == "28000"
            || job.is_none()
            || failure.state.starts_with("08");
        if crew.dead {
            assert!(
                crew.traits.refuses(failure.code)
                    || crew.traits.excuse(self.weather).covers(failure)
                    || job.as_ref().is_some_and(|job| job.excuse.covers(failure)),
                "{failure:?} is its end: {:?}",
                crew.traits
            );
            self.forget_pipeline(at);
            return;
        }
        job.expect("an error of no command").error(failure);
        if self.next_in_pipeline(at) {
            return;
        }
        if self.dice.chance(70) {
            self.begin(at);
        }
    }

    /// Closes a pipeline, if there is one.
    fn forget_pipeline(&mut self, at: usize) {
        let crew = &mut self.crew[at];
        let (place, rest) = (crew.traits.place, std::mem::take(&mut crew.rest));
        if std::mem::take(&mut crew.piped) {
            crew.con.pipeline_close();
        }
        rest.iter().for_each(|job| self.trace(place, job, false));
    }

    /// Closes whatever query there is.
    pub(crate) fn close(&mut self, at: usize) {
        let crew = &mut self.crew[at];
        (crew.held, crew.open) = (false, false);
        if !crew.piped {
            crew.con.close_query();
        }
        self.forget_pipeline(at);
        let crew = &mut self.crew[at];
        if let Some(job) = crew.job.take() {
            let place = crew.traits.place;
            self.trace(place, &job, false);
        }
    }

    /// A command, if there may be one.
    pub(crate) fn begin(&mut self, at: usize) {
        let crew = &self.crew[at];
        if self.closing || crew.dead || crew.job.is_some() || crew.left == 0 {
            return;
        }
        self.close(at);
        let tag = self.tag();
        let crew = &mut self.crew[at];
        let job = crew.traits.job(&mut self.dice, tag, self.places, self.weather);
        crew.left -= 1;
        if crew.begun && self.dice.chance(25) {
            return self.begin_other(at, job);
        }
        crew.buffered = self.dice.chance(25);
        if crew.begun {
            super::note(format!("crew {at} sets {}", crew.buffered));
            crew.con.buffer(crew.buffered);
        } else {
            crew.buffered = false;
        }
        let text = job.text.clone();
        super::note(format!("crew {at} ({}) begins {text}", crew.buffered));
        crew.begun = true;
        match crew.con.query(text.as_bytes()) {
            Ok(()) => crew.job = Some(job),
            Err(failure) => {
                super::note(format!("crew {at} cannot: {failure:?}"));
                let excused = job.excuse.covers(&failure) || crew.traits.refuses(failure.code);
                assert!(excused, "{failure:?}");
                // If it has failed in the call, the pool tells that, too; with the command or without.
                let place = crew.traits.place;
                self.trace(place, &job, false);
            }
        }
    }

    /// A command that is no query, or a pipeline.
    fn begin_other(&mut self, at: usize, mut job: Job) {
        let count = self.dice.below(6);
        let mut all = VecDeque::new();
        for _ in 0..count {
            let tag = self.tag();
            all.push_back(self.crew[at].traits.single(
                &mut self.dice,
                tag,
                self.places,
                self.weather,
            ));
        }
        let crew = &mut self.crew[at];
        super::note(format!("crew {at} begins {count} commands"));
        crew.con.buffer(false);
        crew.buffered = false;
        let begun = if let Some(first) = all.pop_front() {
            job = first;
            crew.piped = true;
            let texts = std::iter::once(&job).chain(&all);
            let mut added =
                texts.map(|job| crew.con.pipeline_add(job.text.as_bytes(), job.tag as usize));
            added.try_for_each(|added| added).and_then(|()| crew.con.pipeline_send(false))
        } else {
            job.become_command();
            crew.con.command(self.dice.pick(&COMMANDS))
        };
        match begun {
            Ok(()) => (crew.job, crew.rest) = (Some(job), all),
            Err(failure) => {
                let excused = job.excuse.covers(&failure) || crew.traits.refuses(failure.code);
                assert!(excused, "{failure:?}");
                crew.piped = false;
                crew.con.pipeline_close();
                let place = crew.traits.place;
                all.iter().chain([&job]).for_each(|job| self.trace(place, job, false));
            }
        }
    }

    /// The next command of a pipeline, if there is one.
    fn next_in_pipeline(&mut self, at: usize) -> bool {
        let crew = &mut self.crew[at];
        if !crew.piped {
            return false;
        }
        crew.job = crew.rest.pop_front();
        let next = crew.con.pipeline_next();
        assert_eq!(next, crew.job.is_some(), "another command");
        crew.piped = next;
        if let Some(job) = &crew.job {
            assert_eq!(crew.con.pipeline_at().1 as u64, job.tag, "the context of a command");
        }
        next
    }

    /// Destroys one.
    pub(crate) fn drop_crew(&mut self, at: usize) {
        let mut crew = self.crew.swap_remove(at);
        self.depart(&crew);
        crew.con.destroy();
    }

    /// What a connection leaves behind that goes.
    pub(crate) fn depart(&mut self, crew: &Crew) {
        if let (Some(pool), Some(id)) = (crew.pool, crew.id) {
            self.rings[pool].left.push(id);
        }
        crew.job.iter().chain(&crew.rest).for_each(|job| self.trace(crew.traits.place, job, false));
    }

    /// Something random from inside a callback.
    pub(crate) fn inside(&mut self, pool: usize, at: Option<usize>) {
        if self.closing && !self.dice.chance(10) {
            return;
        }
        match self.dice.below(300) {
            0 => {
                if let Some(at) = at {
                    super::note(format!("crew {at} is destroyed in its callback"));
                    self.drop_crew(at);
                }
            }
            1 if !self.crew.is_empty() => {
                let other = self.dice.below(self.crew.len());
                super::note(format!("crew {other} is destroyed in a callback"));
                self.drop_crew(other);
            }
            2 => {
                if let Some(at) = at {
                    self.remove(at);
                }
            }
            3 if !self.crew.is_empty() => {
                let other = self.dice.below(self.crew.len());
                self.remove(other);
            }
            4 if self.dice.chance(20) => self.later.push(Later::Destroy(pool)),
            5 => {
                let other = self.dice.below(self.rings.len());
                self.later.push(Later::Run(other));
            }
            6 if self.dice.chance(20) => {
                let other = self.dice.below(self.rings.len());
                self.later.push(Later::Destroy(other));
            }
            7..=15 => self.outside(),
            _ => {}
        }
    }
}
