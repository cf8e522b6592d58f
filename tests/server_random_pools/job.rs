// SPDX-License-Identifier: Apache-2.0
//! A command with a number that no other has, and what its answer must be, step by step.

use super::support::dice::Dice;
use super::support::packets::Value;
use super::support::subject::Failure;

/// One result of an answer.
#[derive(Debug, Clone)]
enum Expect {
    /// So many rows, each with so many letters.
    Rows(usize, usize),
    /// One row, after a while.
    Sleep,
    /// No rows.
    Done,
    /// So many rows at most, and this error.
    Error(usize, i32),
}

/// What may go wrong without being wrong.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Excuse {
    /// The connection may be lost.
    pub(crate) lost: bool,
    /// It was cancelled, or may have had its time.
    pub(crate) cancelled: bool,
    pub(crate) late: bool,
}

impl Excuse {
    /// Whether an error may be.
    pub(crate) fn covers(self, failure: &Failure) -> bool {
        match failure.code {
            1053 | 1317 | 1927 | 3169 | 4031 if self.lost => true,
            1105 | 1158..=1161 if self.lost => true,
            2000..=2100 if self.lost => true,
            1317 | 3024 => self.cancelled || self.late,
            3005 => self.cancelled,
            3004 => self.late,
            // The cancel took too long.
            2013 => self.late || self.cancelled,
            _ => false,
        }
    }
}

/// See the head of this file.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    pub(crate) tag: u64,
    pub(crate) text: String,
    results: Vec<Expect>,
    at: usize,
    row: usize,
    /// A trace is left by it.
    pub(crate) inserts: bool,
    pub(crate) excuse: Excuse,
}

/// What is known of the tables of a server.
#[derive(Debug, Clone)]
pub(crate) struct Tables {
    pub(crate) numbers: String,
    pub(crate) traces: String,
}

impl Job {
    pub(crate) fn draw(dice: &mut Dice, tag: u64, tables: &Tables, multi: bool) -> Self {
        let mut job = Self {
            tag,
            text: String::new(),
            results: Vec::new(),
            at: 0,
            row: 0,
            inserts: false,
            excuse: Excuse::default(),
        };
        let count = if multi && dice.chance(40) { 1 + dice.below(4) } else { 1 };
        while job.results.len() < count && !matches!(job.results.last(), Some(Expect::Error(..))) {
            if !job.results.is_empty() {
                job.text.push(';');
            }
            job.add(dice, tables);
        }
        job
    }

    fn add(&mut self, dice: &mut Dice, tables: &Tables) {
        let (tag, Tables { numbers, traces }) = (self.tag, tables);
        let (text, expect) = match dice.below(20) {
            0..=8 => self.rows(dice, numbers),
            9..=11 if !self.inserts => {
                self.inserts = true;
                (format!("INSERT INTO {traces} VALUES ({tag})"), Expect::Done)
            }
            9..=12 => (format!("DO {tag}"), Expect::Done),
            13..=14 => (format!("SELECT {tag} FROM nowhere_{tag}"), Expect::Error(0, 1146)),
            15 => (format!("SELEKT {tag}"), Expect::Error(0, 1064)),
            16 => {
                let (after, size) = (dice.below(300), dice.below(200));
                let text = format!(
                    "SELECT '{tag}', n, IF(n < {after}, REPEAT('{}', {size}), (SELECT n FROM {numbers} m LIMIT 2)) \
                     FROM {numbers} WHERE n < 400 ORDER BY n",
                    letter(tag)
                );
                (text, Expect::Error(after, 1242))
            }
            _ => {
                let ms = dice.below(60);
                (format!("SELECT '{tag}', 0, '', SLEEP({})", ms as f64 / 1000.0), Expect::Sleep)
            }
        };
        self.text.push_str(&text);
        self.results.push(expect);
    }

    fn rows(&self, dice: &mut Dice, numbers: &str) -> (String, Expect) {
        let (count, size) = match dice.below(10) {
            0..=5 => (dice.below(4), dice.below(30)),
            6..=7 => (dice.below(400), dice.below(300)),
            8 => (dice.below(1000), dice.below(2000)),
            _ => (1 + dice.below(2), dice.below(1_500_000)),
        };
        let (tag, letter) = (self.tag, letter(self.tag));
        let text = format!(
            "SELECT '{tag}', n, REPEAT('{letter}', {size}) FROM {numbers} WHERE n < {count} ORDER BY n"
        );
        (text, Expect::Rows(count, size))
    }

    /// It is no query, but a command without rows.
    pub(crate) fn become_command(&mut self) {
        (self.inserts, self.results) = (false, vec![Expect::Done]);
    }

    /// A row that has come.
    pub(crate) fn row(&mut self, values: &[Value]) {
        let number = self.row;
        self.row += 1;
        let text =
            |at: usize| std::str::from_utf8(values[at].as_deref().unwrap_or(b"NULL")).unwrap();
        assert_eq!(text(0), self.tag.to_string(), "row {number} is another command's");
        assert_eq!(text(1), number.to_string(), "the number of a row of {}", self.tag);
        let letter = letter(self.tag);
        let fill = values[2].as_deref().unwrap_or_default();
        match self.results.get(self.at) {
            Some(Expect::Rows(count, size)) => {
                assert!(number < *count, "row {number} of {count}");
                let good = fill.len() == *size && fill.iter().all(|&byte| byte == letter as u8);
                assert!(good, "row {number} of {count}: {} of {size} letters", fill.len());
            }
            Some(Expect::Sleep) => {
                assert_eq!(number, 0);
                let excused = self.excuse.cancelled || self.excuse.lost || self.excuse.late;
                assert!(text(3) == "0" || excused, "a sleep that was woken: {}", text(3));
            }
            Some(Expect::Error(after, _)) => assert!(number < *after, "row {number} of {after}"),
            other => panic!("a row for {other:?}"),
        }
    }

    /// A result has ended. Whether another one follows.
    pub(crate) fn end(&mut self) -> bool {
        match self.results.get(self.at) {
            Some(Expect::Rows(count, _)) => assert_eq!(self.row, *count, "rows of {}", self.tag),
            Some(Expect::Sleep) => assert_eq!(self.row, 1, "rows of {}", self.tag),
            Some(Expect::Done) => assert_eq!(self.row, 0),
            other => panic!("an end in place of {other:?}"),
        }
        (self.at, self.row) = (self.at + 1, 0);
        self.at < self.results.len()
    }

    /// It has failed.
    pub(crate) fn error(&self, failure: &Failure) {
        if self.excuse.covers(failure) {
            return;
        }
        match self.results.get(self.at) {
            Some(Expect::Error(_, code)) if *code == failure.code => {}
            other => panic!("{failure:?} in place of {other:?}, {:?}", self.excuse),
        }
    }
}

fn letter(tag: u64) -> char {
    char::from(b'a' + (tag % 26) as u8)
}
