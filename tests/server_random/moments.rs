// SPDX-License-Identifier: Apache-2.0
//! Bulk executes, and what handles are put through while an answer is under way that is not theirs.

use std::rc::Rc;

use super::answers::{Answer, By};
use super::session::{Session, refused_with};
use super::statements::{State, Text, Tool};
use crate::support::commands::Do;

impl Session {
    /// Many rows of an INSERT, one of which may be there already.
    pub(crate) fn bulk(&mut self, one: usize) {
        let Tool::Handle(handle) = self.hands[one].tool.clone() else { return };
        let Some(_) = self.ready(one) else { return };
        if self.hands[one].text != Text::Insert {
            return;
        }
        self.free_for_query();
        let rows = 1 + self.dice.size(200);
        let doubled = self.dice.chance(20).then(|| self.dice.below(rows));
        let mut ids = Vec::new();
        self.note(format!("{one}: bulk of {rows}, {doubled:?} twice"));
        for row in 0..rows {
            let mut id = self.fresh();
            ids.push(id);
            if doubled == Some(row) {
                id = self.sure.first().copied().unwrap_or(ids[0]);
            }
            let pad = self.dice.size(2000);
            handle.set_int(0, i32::try_from(id).unwrap()).unwrap();
            handle.set_text(1, &vec![b'b'; pad]).unwrap();
            handle.bulk_add().unwrap();
        }
        self.hands[one].values = vec![Rc::default(), Rc::default()];
        let fails = doubled.is_some_and(|row| row > 0 || !self.sure.is_empty());
        assert_eq!(handle.bulk_count(), rows as u64);
        handle.bulk_execute().unwrap();
        if self.dice.chance(30) {
            refused_with(self.client.api.command(Do::Ping), 2014);
            refused_with(handle.execute(), 2014);
        }
        let answer = if fails { Answer::fails(&[1062]) } else { Answer::affected(rows as u64) };
        let gone = self.dice.chance(30);
        if gone {
            self.close(one);
        }
        // With one doubled as the first of none, nothing is doubled.
        self.consume(By::Query, &answer, &ids, true);
        if gone {
            return;
        }
        assert_eq!(handle.bulk_failed().is_some(), fails);
        handle.set_int(0, 0).unwrap();
    }

    /// An INSERT whose handle goes away at once, or has something else to do: it is carried out all the same.
    pub(crate) fn one_shot(&mut self) {
        self.free_for_command();
        let id = self.fresh();
        self.note(format!("one shot: {id}"));
        let handle = self.client.api.handle();
        let text = format!("INSERT INTO {} VALUES ({}, ?, ?)", self.table, self.number);
        handle.prepare(&text).unwrap();
        handle.set_int(0, i32::try_from(id).unwrap()).unwrap();
        handle.set_text(1, b"shot").unwrap();
        for _ in 0..self.dice.below(3) {
            let _ = self.client.turn();
        }
        handle.execute().unwrap();
        match self.dice.below(3) {
            0 => handle.close(),
            1 => handle.prepare("SELECT 'other'").unwrap(),
            _ => {}
        }
        self.sure.insert(id);
        (self.client.heard, self.client.ended) = (false, false);
    }

    /// Calls that do not touch the answer that is under way, which is perhaps one of `tool`.
    pub(crate) fn disturb(&mut self, tool: Option<&Tool>) {
        let one = self.dice.below(self.hands.len());
        let is_its = tool.is_some_and(|tool| self.hands[one].is(tool));
        match self.dice.below(8) {
            0 | 1 => {
                let _ = self.client.turn();
            }
            2 if !is_its => self.close(one),
            3 if !is_its => self.replace(one),
            4 => drop(self.client.api.handle()),
            5 if !is_its => {
                let row = match &self.hands[one].tool {
                    Tool::Handle(handle) => handle.row_get(),
                    Tool::Old => self.client.api.statement_row(),
                };
                refused_with(row, 2051);
            }
            6 if !is_its && self.hands[one].state == State::Ready => self.set_values(one),
            _ => {}
        }
    }
}
