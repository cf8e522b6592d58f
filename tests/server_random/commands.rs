// SPDX-License-Identifier: Apache-2.0
//! The commands that are no queries, and what they do to what is known of a session.

use attachsql::capi::types::attachsql_options_t as Options;

use super::answers::{Answer, By, Part, Stop};
use super::session::{Open, Session};
use super::statements::Hand;
use crate::support::commands::Do;
use crate::support::subject::Subject;

impl Session {
    pub(crate) fn command_step(&mut self) {
        if self.dice.chance(12) {
            return self.deadline();
        }
        let whole = self.free_for_command();
        let on = self.dice.chance(60);
        let (what, answer) = match self.dice.below(18) {
            0..=6 => (Do::Ping, Answer::done()),
            7 | 8 => (Do::Statistics, anything()),
            9 | 10 => (Do::Schema("testdb"), Answer::done()),
            11 => (Do::Schema("no_such_schema"), Answer::fails(&[1049])),
            12 => (Do::Kill(4_000_000_000, true), Answer::fails(&[1094])),
            13 if self.is_old() => (Do::Reset, Answer::fails(&[1047])),
            13 => (Do::Reset, Answer::done()),
            14 => (Do::User("test", Some("test"), "testdb"), Answer::done()),
            _ => (Do::Multi(on), Answer::done()),
        };
        self.note(format!("{what:?}"));
        self.client.api.command(what).unwrap();
        match what {
            Do::Reset if self.is_old() => {}
            Do::Reset | Do::User(..) => {
                self.hands.iter_mut().for_each(Hand::forget);
                self.multi = None;
            }
            Do::Multi(on) => self.multi = Some(on),
            _ => {}
        }
        let may_be_cancelled = !matches!(what, Do::User(..) | Do::Reset | Do::Multi(_));
        let whole = whole || !may_be_cancelled && self.dice.chance(70);
        let stop = self.consume(By::Query, &answer, &[], whole);
        if self.client.cancelled.is_some() && matches!(what, Do::Multi(_)) && stop != Stop::End {
            self.multi = None;
        }
    }

    /// A query that takes longer than it may.
    fn deadline(&mut self) {
        // While answers to a pipeline that was closed are dropped, nothing can be cancelled.
        self.settle_all();
        self.free_for_query();
        let milliseconds = 5 + self.dice.below(40) as u32;
        self.note(format!("deadline of {milliseconds} ms"));
        self.unbuffered();
        let con = &mut self.client.api;
        assert!(con.option(Options::COMMAND_TIMEOUT, milliseconds));
        // Not for long: a server does not notice at once that its client has gone.
        con.query(b"SELECT MAX(SLEEP(2)) FROM random_numbers WHERE n < 5").unwrap();
        self.client.heard = false;
        self.client.cancelled = None;
        let stop = self.read_all(By::Query, &Answer::fails(&[3004]));
        let Stop::Failed(failure) = stop else { panic!("{stop:?}") };
        assert!(self.client.api.option(Options::COMMAND_TIMEOUT, 0));
        if self.traits.cancel {
            assert_eq!(failure.state, "HYT00", "{failure:?}");
            self.open = Open::Query { ended: true, more: false };
        } else {
            assert_eq!(failure.state, "08006", "{failure:?}");
            self.lost();
        }
    }

    /// It is lost, and stays so.
    fn lost(&mut self) {
        self.is_lost = true;
        self.client.api.close_query();
        let first = self.client.api.poll().unwrap_err();
        super::session::refused_with(self.client.api.command(Do::Ping), 2006);
        super::session::refused_with(self.client.api.query(b"SELECT 'lost'"), 2006);
        assert_eq!(self.client.api.poll().unwrap_err(), first, "it stays");
    }
}

/// An end, of whatever.
fn anything() -> Answer {
    Answer { parts: vec![Part::Anything], error: Vec::new() }
}
