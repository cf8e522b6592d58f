// SPDX-License-Identifier: Apache-2.0
//! Queries of all kinds, each with the answer that it must have.

use super::answers::{Answer, By, Stop};
use super::session::{Open, Session};
use crate::support::files;
use crate::support::packets::Value;
use crate::support::subject::Subject;

/// A text, its answer, and the rows that it inserts.
pub(crate) struct Asked {
    pub(crate) text: String,
    pub(crate) answer: Answer,
    pub(crate) ids: Vec<u64>,
}

impl Asked {
    pub(crate) fn new(text: String, answer: Answer) -> Self {
        Self { text, answer, ids: Vec::new() }
    }
}

pub(crate) fn text(value: &str) -> Value {
    Some(value.as_bytes().to_vec())
}

/// What each row of `numbers` looks like.
pub(crate) fn numbered(tag: &str, pad: usize) -> impl Fn(usize) -> Vec<Value> + 'static {
    let tag = text(tag);
    move |row| vec![text(&row.to_string()), tag.clone(), Some(vec![b'x'; pad])]
}

/// Rows of the table of numbers.
pub(crate) const NUMBERS: usize = 2000;

impl Session {
    pub(crate) fn query_step(&mut self) {
        self.free_for_query();
        if self.dice.chance(20) {
            self.buffered = self.dice.chance(50);
            self.client.api.buffer(self.buffered);
        }
        let is_upload = self.dice.chance(12);
        let asked = if is_upload { self.upload() } else { self.any_query(true) };
        if self.traits.attributes && self.dice.chance(20) {
            // Only servers that take them.
            if self.takes_attributes() {
                self.client.api.set_attribute("name", b"value").unwrap();
            }
        }
        self.note(format!("query {}", asked.text));
        // The first string of the text may come as a value.
        let parts: Vec<&str> = asked.text.splitn(3, '\'').collect();
        match parts[..] {
            [begin, value, end] if !is_upload && self.dice.chance(25) => {
                let text = format!("{begin}?{end}");
                files::query_with(&mut self.client.api, text.as_bytes(), &[value.as_bytes()])
                    .unwrap();
            }
            _ => self.client.api.query(asked.text.as_bytes()).unwrap(),
        }
        let by = if self.buffered { By::Buffered } else { By::Query };
        let stop = self.consume(by, &asked.answer, &asked.ids, false);
        let ended = matches!(stop, Stop::End | Stop::Failed(_) | Stop::Between);
        self.open = Open::Query { ended, more: matches!(stop, Stop::Between) };
        if self.dice.chance(60) && !matches!(stop, Stop::Between) {
            self.close_open();
        }
    }

    fn takes_attributes(&self) -> bool {
        self.kind == crate::support::servers::Kind::MySql97 && self.client.heard
    }

    pub(crate) fn any_query(&mut self, may_be_several: bool) -> Asked {
        let tag = self.tag();
        let table = self.table.clone();
        match self.dice.below(if may_be_several { 17 } else { 14 }) {
            0..=2 => Asked::new(format!("SELECT '{tag}'"), Answer::row(&[&tag])),
            3 | 4 => {
                let (count, pad) = (self.dice.size(NUMBERS), self.dice.size(1500));
                let sql = format!(
                    "SELECT n, '{tag}', REPEAT('x', {pad}) FROM random_numbers WHERE n < {count} ORDER BY n"
                );
                Asked::new(sql, Answer::rows(count, numbered(&tag, pad)))
            }
            5 | 6 => {
                let size = self.dice.size(700_000);
                let long = self.dice.letters(size);
                let sql = format!("SELECT '{tag}', '{long}'");
                Asked::new(sql, Answer::row(&[&tag, &long]))
            }
            7 => Asked::new(format!("SELECT '{tag}' FROM"), Answer::fails(&[1064])),
            8 => Asked::new(format!("SELECT * FROM no_{tag}"), Answer::fails(&[1146])),
            9 => {
                let count = 1 + self.dice.below(NUMBERS - 2);
                let sql = format!(
                    "SELECT n, '{tag}', (SELECT m.n FROM random_numbers m WHERE m.n < 2 AND m.n <= IF(x.n < {count}, 0, 1)) \
                     FROM random_numbers x ORDER BY n"
                );
                let tag = text(&tag);
                let row = move |n: usize| vec![text(&n.to_string()), tag.clone(), text("0")];
                let mut answer = Answer::rows(count, row);
                answer.error = vec![1242];
                Asked::new(sql, answer)
            }
            10 | 11 => {
                let (id, size) = (self.fresh(), self.dice.size(100_000));
                let sql = format!(
                    "INSERT INTO {table} VALUES ({}, {id}, '{}')",
                    self.number,
                    self.dice.letters(size)
                );
                Asked { text: sql, answer: Answer::affected(1), ids: vec![id] }
            }
            12 => {
                let (id, number) = (self.fresh(), self.number);
                let sql = format!(
                    "INSERT INTO {table} VALUES ({number}, {id}, ''), ({number}, {id}, '')"
                );
                Asked::new(sql, Answer::fails(&[1062]))
            }
            13 => {
                let time = self.dice.below(15);
                let sql = format!("SELECT '{tag}', SLEEP(0.0{time:02}) * 0");
                Asked::new(sql, Answer::slept(&tag))
            }
            14 => {
                let count = self.dice.size(300);
                let sql = format!("CALL {table}_rows('{tag}', {count})");
                Asked::new(sql, called(&text(&tag), count))
            }
            _ => self.several(),
        }
    }

    fn several(&mut self) -> Asked {
        let count = 2 + self.dice.below(3);
        let mut all: Option<Asked> = None;
        for _ in 0..count {
            let next = self.any_query(false);
            all = Some(match all {
                None => next,
                Some(before) => Asked {
                    text: format!("{}; {}", before.text, next.text),
                    answer: before.answer.then(next.answer),
                    ids: [before.ids, next.ids].concat(),
                },
            });
            if all.as_ref().is_some_and(|all| all.answer.is_failure()) {
                break;
            }
        }
        let mut all = all.unwrap();
        let several = all.text.contains("; ");
        match self.multi {
            _ if !several => {}
            Some(true) => {
                // A text with a mistake is found out when its turn comes.
            }
            Some(false) => (all.answer, all.ids) = (Answer::fails(&[1064]), Vec::new()),
            None => return self.any_query(false),
        }
        all
    }

    /// A LOAD DATA LOCAL with some file.
    fn upload(&mut self) -> Asked {
        let (lines, pad) = (self.dice.size(400), self.dice.size(3000));
        let (mut bytes, mut ids) = (Vec::new(), Vec::new());
        for _ in 0..lines {
            let id = self.fresh();
            ids.push(id);
            let pad = self.dice.letters(pad);
            bytes.extend(format!("{id:012}\t{pad}\n").into_bytes());
        }
        let size = bytes.len();
        let fails_at = self.dice.chance(15).then(|| self.dice.below(size + 1));
        {
            let mut upload = self.client.upload.borrow_mut();
            upload.bytes = bytes;
            upload.most = self.dice.pick(&[size / 5 + 1, size / 30 + 1, 65536, 1 << 20]);
            upload.later = self.dice.pick(&[0, 0, 10]);
            upload.suspend = self.dice.pick(&[0, 0, 10, 50]);
            upload.fails_at = fails_at;
            upload.is_suspended = false;
        }
        // A file that ends early has half a line at its end, which becomes row 0.
        let sql = format!(
            "LOAD DATA LOCAL INFILE 'file' INTO TABLE {} (@id, v) \
             SET s = {}, id = IF(LENGTH(@id) = 12, @id, 0)",
            self.table, self.number
        );
        let answer = if !self.traits.files {
            ids.clear();
            Answer::fails(&[0])
        } else if fails_at.is_some() {
            Answer::fails(&[2069])
        } else {
            Answer::affected(lines as u64)
        };
        Asked { text: sql, answer, ids }
    }
}

/// What the procedure answers.
pub(crate) fn called(tag: &Value, count: usize) -> Answer {
    let (first, second) = (tag.clone(), tag.clone());
    Answer::rows(1, move |_| vec![first.clone(), text("called")])
        .then(Answer::rows(count, move |n| vec![text(&n.to_string()), second.clone()]))
        .then(Answer::done())
}
