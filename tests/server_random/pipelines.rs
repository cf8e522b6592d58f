// SPDX-License-Identifier: Apache-2.0
//! Pipelines of queries and executes, with errors at random places, more added while they run, answers left before
//! their end, and pipelines closed before theirs.

use super::answers::{Answer, By, Place, Stop};
use super::session::{Session, refused_with};
use super::statements::Tool;
use crate::support::commands::Do;
use crate::support::subject::Subject;

/// A command of a pipeline.
struct Item {
    answer: Answer,
    tool: Option<Tool>,
    ids: Vec<u64>,
}

impl Session {
    pub(crate) fn pipeline_step(&mut self) {
        self.free_for_query();
        let stops = self.dice.chance(40);
        self.note(format!("pipeline, stops {stops}"));
        if self.dice.chance(10) {
            refused_with(self.client.api.pipeline_send(stops), 3000);
        }
        let mut items = Vec::new();
        self.add(&mut items);
        if self.dice.chance(5) {
            self.client.api.pipeline_close();
            return;
        }
        self.client.api.pipeline_send(stops).unwrap();
        self.client.heard = false;
        self.client.cancelled = None;
        // Numbers of the commands one of which is the current one: what was not heard of may have had to wait for
        // its turn, so that it is not known whether it was gone on from.
        let (mut first, mut last) = (0, 0);
        loop {
            if self.dice.chance(4) {
                self.note(format!("pipeline closed at {first}"));
                self.maybe.extend(items[first..].iter().flat_map(|item| &item.ids));
                return self.close_pipeline();
            }
            self.refusals();
            self.add_more(&mut items, stops);
            let most = self.dice.pick(&[usize::MAX, usize::MAX, usize::MAX, usize::MAX, 0, 1, 5]);
            self.client.heard = false;
            if most > 0 {
                let _ = self.client.settle();
                let (at, context) = self.client.api.pipeline_at();
                let at = at as usize;
                assert!(first <= at && at <= last, "{at} is not in {first} to {last}");
                assert_eq!(context, at + 7, "the context of {at}");
                self.maybe.extend(items[first..at].iter().flat_map(|item| &item.ids));
                let skips = stops && items[..at].iter().any(|item| item.answer.is_failure());
                (first, last) = (at, at);
                self.answer_of(&items[at], skips, most);
            }
            let heard = self.client.heard;
            self.add_more(&mut items, stops);
            let is_over = !self.client.api.pipeline_next();
            self.note(format!("  next behind {first} to {last}, {is_over}"));
            if heard {
                assert_eq!(is_over, first + 1 == items.len());
                (first, last) = (first + 1, first + 1);
            } else {
                assert!(!is_over || last + 1 == items.len());
                last = (last + 1).min(items.len() - 1);
            }
            if is_over {
                self.maybe.extend(items[first..].iter().flat_map(|item| &item.ids));
                break;
            }
        }
        assert_eq!(self.client.api.pipeline_at(), (0, 0));
    }

    fn add_more(&mut self, items: &mut Vec<Item>, stops: bool) {
        if self.dice.chance(5) && items.len() < 40 {
            self.add(items);
            self.client.api.pipeline_send(stops).unwrap();
        }
    }

    fn close_pipeline(&mut self) {
        self.client.api.pipeline_close();
        assert_eq!(self.client.api.pipeline_at(), (0, 0));
    }

    /// What cannot be while it is under way.
    fn refusals(&mut self) {
        match self.dice.below(20) {
            0 => refused_with(self.client.api.query(b"SELECT 'no'"), 2014),
            1 => refused_with(self.client.api.command(Do::Ping), 2014),
            // While another cancel is under way, it is not refused.
            2 => drop(self.client.api.cancel().map_err(|no| assert_eq!(no.code, 3000, "{no:?}"))),
            3 => {
                let _ = self.client.turn();
            }
            _ => {}
        }
    }

    fn answer_of(&mut self, item: &Item, skips: bool, most: usize) {
        let skipped = Answer::fails(&[3010]);
        let answer = if skips { &skipped } else { &item.answer };
        let tool = item.tool.clone();
        let by = match &tool {
            Some(tool) => By::Tool(tool),
            None if self.buffered => By::Buffered,
            None => By::Query,
        };
        let stop = self.client.read(by, answer, &mut Place::default(), most);
        self.note(format!("  {answer:?}: {stop:?}"));
        self.heard_all();
        match stop {
            _ if skips => {}
            Stop::End => self.sure.extend(&item.ids),
            Stop::Failed(_) | Stop::Between | Stop::Midway => self.maybe.extend(&item.ids),
        }
    }

    /// Adds some commands.
    fn add(&mut self, items: &mut Vec<Item>) {
        for _ in 0..1 + self.dice.size(12) {
            let context = items.len() + 7;
            let one = self.dice.below(self.hands.len());
            let handle = match &self.hands[one].tool {
                Tool::Handle(handle) if self.dice.chance(40) => Some(handle.clone()),
                _ => None,
            };
            let item = match handle {
                Some(handle) if self.hands[one].may_be_piped() => {
                    let (answer, ids) = self.set_for_pipeline(one);
                    self.note(format!("  add {one}: {answer:?}"));
                    handle.pipeline_add(context).unwrap();
                    Item { answer, tool: Some(Tool::Handle(handle)), ids }
                }
                _ => {
                    let asked = self.any_query(true);
                    self.note(format!("  add {}", asked.text));
                    self.client.api.pipeline_add(asked.text.as_bytes(), context).unwrap();
                    Item { answer: asked.answer, tool: None, ids: asked.ids }
                }
            };
            items.push(item);
        }
    }
}
