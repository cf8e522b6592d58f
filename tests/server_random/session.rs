// SPDX-License-Identifier: Apache-2.0
//! One session: what is known of it, and the frame of each step: to get the connection free for a command, and to
//! read the answer, or a part of it, or nothing.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use super::answers::{Answer, By, Place, Stop};
use super::client::{Client, Traits};
use super::statements::Hand;
use super::support::dice::Dice;
use crate::support::servers::{Kind, Server};
use crate::support::subject::{Failure, Subject};

/// What was done so far, for whoever looks into a failure.
pub(crate) type Log = Rc<RefCell<Vec<String>>>;

/// What stands in the way of the next command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Open {
    Nothing,
    /// A query that was not closed.
    Query {
        ended: bool,
        more: bool,
    },
}

pub(crate) struct Session {
    pub(crate) client: Client,
    pub(crate) kind: Kind,
    pub(crate) traits: Traits,
    pub(crate) dice: Dice,
    pub(crate) log: Log,
    pub(crate) table: String,
    pub(crate) number: u64,
    pub(crate) last: u64,
    /// Rows that are there, and those that may be.
    pub(crate) sure: BTreeSet<u64>,
    pub(crate) maybe: BTreeSet<u64>,
    pub(crate) open: Open,
    pub(crate) buffered: bool,
    pub(crate) multi: Option<bool>,
    pub(crate) hands: Vec<Hand>,
    pub(crate) is_lost: bool,
}

impl Session {
    pub(crate) fn new(server: &Server, table: &str, seed: u64, log: Log) -> Self {
        let mut dice = Dice::new(seed);
        let traits = Traits::draw(&mut dice, server);
        log.borrow_mut().push(format!("{traits:?}"));
        let client = Client::new(server, &traits, Dice::new(dice.number()));
        let hands = Hand::some(&client.api, &mut dice);
        let multi = Some(traits.multi);
        Self {
            client,
            kind: server.kind,
            traits,
            dice,
            log,
            table: table.to_owned(),
            number: seed & 0x7fff_ffff_ffff,
            last: 0,
            sure: BTreeSet::new(),
            maybe: BTreeSet::new(),
            open: Open::Nothing,
            buffered: false,
            multi,
            hands,
            is_lost: false,
        }
    }

    pub(crate) fn note(&self, line: impl Into<String>) {
        let mut line: String = line.into();
        if line.len() > 200 {
            line = format!("{}... ({})", &line[..200], line.len());
        }
        self.log.borrow_mut().push(line);
    }

    /// A number, or a name, that no other command has.
    pub(crate) fn fresh(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    pub(crate) fn tag(&mut self) -> String {
        format!("tag{}", self.fresh())
    }

    /// All that this session does.
    pub(crate) fn run(mut self) {
        let steps = 20 + self.dice.below(60);
        if self.dice.chance(50) {
            self.client.api.connect().unwrap();
            if self.dice.chance(50) {
                self.read_all(By::Query, &Answer::login());
            }
        }
        for step in 0..steps {
            if self.is_lost {
                break;
            }
            self.note(format!("-- step {step}, {:?}", self.open));
            self.step();
            let wrong = self.client.upload.borrow().wrong.clone();
            assert_eq!(wrong, None, "what the file was asked for");
        }
        if !self.is_lost && self.dice.chance(70) {
            self.check_table();
        }
        self.note("the end");
        if self.dice.chance(50) {
            self.hands.clear();
        }
    }

    fn step(&mut self) {
        match self.dice.below(100) {
            0..=34 => self.query_step(),
            35..=64 => self.statement_step(),
            65..=79 => self.pipeline_step(),
            80..=91 => self.command_step(),
            92..=95 => self.check_table(),
            _ => self.idle_step(),
        }
    }

    /// What nothing comes of.
    fn idle_step(&mut self) {
        self.note("idle");
        for _ in 0..self.dice.below(4) {
            let _ = self.client.turn();
        }
        if self.open == Open::Nothing {
            // A close without a query; what is under way that is no query's is dropped.
            if self.hands.iter().all(|hand| !hand.is_under_way()) && self.client.heard {
                self.client.api.close_query();
            }
        }
    }

    /// The connection takes a query after this.
    pub(crate) fn free_for_query(&mut self) {
        if self.open == Open::Nothing {
            return;
        }
        if self.dice.chance(30) {
            self.note("a query too early");
            let refused = self.client.api.query(b"SELECT 'too early'");
            refused_with(refused, 2014);
        }
        self.close_open();
    }

    /// The connection takes a command other than a query. True if a query is still open, whose end nobody has
    /// closed.
    pub(crate) fn free_for_command(&mut self) -> bool {
        match self.open {
            Open::Nothing => false,
            Open::Query { ended: true, more: false } if self.dice.chance(20) => true,
            Open::Query { ended: true, more: false } => {
                self.close_open();
                false
            }
            Open::Query { .. } => {
                if self.dice.chance(30) && (!self.client.ended || self.is_between()) {
                    self.note("a ping too early");
                    refused_with(self.client.api.command(crate::support::commands::Do::Ping), 2014);
                }
                self.close_open();
                false
            }
        }
    }

    /// Poll has said the end of a result with another one announced.
    fn is_between(&self) -> bool {
        matches!(self.open, Open::Query { more: true, .. })
    }

    pub(crate) fn close_open(&mut self) {
        if self.open == Open::Nothing {
            return;
        }
        self.note(format!("close, {:?}", self.open));
        if self.is_between() && self.dice.chance(50) {
            self.client.api.close_query();
            refused_with(self.client.api.query(b"SELECT 'too early'"), 2014);
        }
        // It stays open between two results.
        loop {
            self.client.api.close_query();
            if !self.client.api.next_result() {
                break;
            }
            if self.dice.chance(30) {
                let _ = self.client.turn();
            }
        }
        self.open = Open::Nothing;
    }

    /// Reads the answer whole.
    pub(crate) fn read_all(&mut self, by: By<'_>, answer: &Answer) -> Stop {
        let stop = self.client.read(by, answer, &mut Place::default(), usize::MAX);
        self.heard_all();
        stop
    }

    /// Something was heard of the last command: all before it are over.
    pub(crate) fn heard_all(&mut self) {
        if self.client.heard {
            self.hands.iter_mut().for_each(Hand::answered);
        }
    }

    /// Reads the answer to the last command, whole, or in part, or not at all; maybe cancels it in between. `ids`
    /// are the rows that it inserts.
    pub(crate) fn consume(
        &mut self,
        by: By<'_>,
        answer: &Answer,
        ids: &[u64],
        whole: bool,
    ) -> Stop {
        (self.client.heard, self.client.ended) = (false, false);
        self.client.cancelled = None;
        if !whole && self.dice.chance(7) {
            self.client.cancel_in = Some(self.dice.below(4));
        }
        let mut at = Place::default();
        let some = [usize::MAX, usize::MAX, usize::MAX, 0, 0, 1, 2, 5, 40];
        let mut most = self.dice.pick(&some);
        if whole {
            most = usize::MAX;
        }
        let mut stop = Stop::Midway;
        if most == 0 && self.dice.chance(50) {
            let turns = self.dice.below(3);
            self.note(format!("{turns} turns"));
            for _ in 0..turns {
                let _ = self.client.turn();
            }
        } else {
            stop = self.client.read(by, answer, &mut at, most);
            if matches!(stop, Stop::Midway) && most > 0 {
                let tool = match by {
                    By::Tool(tool) | By::Batch(tool) => Some(tool),
                    By::Query | By::Buffered => None,
                };
                self.disturb(tool);
                if self.dice.chance(40) {
                    stop = self.client.read(by, answer, &mut at, usize::MAX);
                }
            }
        }
        self.heard_all();
        self.client.cancel_in = None;
        self.note(format!("  {answer:?}: {stop:?}, {:?}", self.client.cancelled));
        self.check_cancel(&stop);
        match &stop {
            Stop::End => self.sure.extend(ids),
            _ => self.maybe.extend(ids),
        }
        stop
    }

    fn check_cancel(&self, stop: &Stop) {
        use attachsql::capi::types::attachsql_cancel_t as Outcome;
        let Some(said) = &self.client.cancelled else { return };
        if let Err(failure) = said {
            let never = ["pipeline", "bulk execute", "change of user"];
            let never = never.iter().any(|what| failure.text.contains(what));
            let right = failure.code == 3000 && (never || !self.traits.cancel);
            assert!(right, "cancel: {failure:?}");
            return;
        }
        let outcome = self.client.api.cancel_outcome();
        let code = match stop {
            Stop::End => 0,
            Stop::Failed(failure) => failure.code,
            Stop::Between | Stop::Midway => return,
        };
        let right = match code {
            1317 | 3005 => outcome == Outcome::CANCELLED.0,
            // An execute is taken back, and the refusal of its prepare is told.
            1064 if outcome == Outcome::CANCELLED.0 => true,
            // The program's own error is told, whatever the server has said.
            2069 => true,
            _ => outcome == Outcome::FINISHED.0 || outcome == Outcome::NONE.0,
        };
        assert!(right, "outcome {outcome} with {stop:?}");
    }

    /// What is in the table is what was put into it.
    fn check_table(&mut self) {
        self.free_for_query();
        self.note("the table");
        self.unbuffered();
        let text = format!(
            "SELECT id FROM {} WHERE s = {} AND id > 0 ORDER BY id",
            self.table, self.number
        );
        self.client.api.query(text.as_bytes()).unwrap();
        let mut seen = BTreeSet::new();
        while self.client.settle().unwrap() == attachsql::session::Polled::RowReady {
            let row = self.client.api.row();
            let text = String::from_utf8(row[0].clone().unwrap()).unwrap();
            seen.insert(text.parse().unwrap());
            self.client.api.next_row();
        }
        self.heard_all();
        self.client.api.close_query();
        let missing: Vec<u64> = self.sure.difference(&seen).copied().collect();
        assert!(missing.is_empty(), "not in the table: {missing:?}");
        let known: BTreeSet<u64> = self.sure.union(&self.maybe).copied().collect();
        let strange: Vec<_> = seen.difference(&known).collect();
        assert!(strange.is_empty(), "should not be in the table: {strange:?}");
        (self.sure, self.maybe) = (seen, BTreeSet::new());
    }

    pub(crate) fn unbuffered(&mut self) {
        self.client.api.buffer(false);
        self.buffered = false;
    }

    pub(crate) fn is_old(&self) -> bool {
        self.kind == Kind::MySql56
    }
}

pub(crate) fn refused_with(said: Result<(), Failure>, code: i32) {
    match said {
        Ok(()) => panic!("it was taken, where {code} was expected"),
        Err(failure) => assert_eq!(failure.code, code, "{failure:?}"),
    }
}
