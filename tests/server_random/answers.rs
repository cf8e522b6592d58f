// SPDX-License-Identifier: Apache-2.0
//! What the answer to a command must be, and the reading of it: whole, or up to a random place.

use std::fmt::{Debug, Formatter};
use std::rc::Rc;

use attachsql::session::Polled;

use super::client::Client;
use super::statements::Tool;
use crate::support::packets::Value;
use crate::support::subject::{Failure, Subject};

/// One result of an answer.
#[derive(Clone)]
pub(crate) enum Part {
    /// So many rows, and what each of them is.
    Rows(usize, Rc<dyn Fn(usize) -> Vec<Value>>),
    /// No rows; how many rows were affected, if that is known.
    Done(Option<u64>),
    /// Any single row.
    Anything,
}

/// All results of a command, and the errors one of which it ends with, if it does.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) parts: Vec<Part>,
    /// Behind the parts, or within the last one. With 0 any code will do.
    pub(crate) error: Vec<i32>,
}

impl Debug for Part {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Rows(count, _) => write!(f, "{count} rows"),
            Self::Done(affected) => write!(f, "done {affected:?}"),
            Self::Anything => f.write_str("anything"),
        }
    }
}

impl Answer {
    pub(crate) fn done() -> Self {
        Self { parts: vec![Part::Done(None)], error: Vec::new() }
    }

    pub(crate) fn affected(rows: u64) -> Self {
        Self { parts: vec![Part::Done(Some(rows))], error: Vec::new() }
    }

    pub(crate) fn fails(codes: &[i32]) -> Self {
        Self { parts: Vec::new(), error: codes.to_vec() }
    }

    pub(crate) fn row(values: &[&str]) -> Self {
        let row: Vec<Value> = values.iter().map(|text| Some(text.as_bytes().to_vec())).collect();
        Self::rows(1, move |_| row.clone())
    }

    pub(crate) fn rows(count: usize, row: impl Fn(usize) -> Vec<Value> + 'static) -> Self {
        Self { parts: vec![Part::Rows(count, Rc::new(row))], error: Vec::new() }
    }

    /// The row of a `SLEEP`, which may be cut short.
    pub(crate) fn slept(tag: &str) -> Self {
        Self::row(&[tag, "0"])
    }

    /// What a connect alone ends with.
    pub(crate) fn login() -> Self {
        Self { parts: vec![Part::Anything], error: Vec::new() }
    }

    pub(crate) fn then(mut self, other: Self) -> Self {
        self.parts.extend(other.parts);
        self.error = other.error;
        self
    }

    pub(crate) fn is_failure(&self) -> bool {
        !self.error.is_empty()
    }
}

/// How rows are read.
#[derive(Clone, Copy)]
pub(crate) enum By<'a> {
    Query,
    Buffered,
    Tool(&'a Tool),
    /// As many rows of a handle at once as have come; the first two columns are a number and a text.
    Batch(&'a Tool),
}

/// Where the reading of an answer has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stop {
    /// At its end.
    End,
    /// At an error.
    Failed(Failure),
    /// At the end of a result, with another one announced.
    Between,
    /// Somewhere, and perhaps with a row held.
    Midway,
}

/// How far an answer was read.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Place {
    part: usize,
    row: usize,
}

impl Client {
    /// Reads up to `most` rows and ends of results, from `at` on.
    pub(crate) fn read(
        &mut self,
        by: By<'_>,
        answer: &Answer,
        at: &mut Place,
        most: usize,
    ) -> Stop {
        let mut taken = 0;
        while taken < most {
            taken += 1;
            match self.settle() {
                Err(failure) => {
                    self.check_failure(answer, at, &failure);
                    return Stop::Failed(failure);
                }
                Ok(Polled::RowReady) => {
                    let rows = match by {
                        By::Batch(tool) => self.check_batch(tool, answer, at),
                        _ => self.check_row(by, answer, at),
                    };
                    // Rows that were taken together cannot be taken again.
                    let is_batch = matches!(by, By::Batch(_));
                    if taken == most && !is_batch && self.dice.chance(50) {
                        return Stop::Midway;
                    }
                    at.row += rows;
                    match by {
                        By::Batch(tool) => tool.next(&mut self.api),
                        By::Tool(tool) if self.dice.chance(70) => tool.next(&mut self.api),
                        _ => self.api.next_row(),
                    }
                }
                Ok(Polled::End) => {
                    self.check_end(by, answer, at);
                    let more = at.part + 1 < answer.parts.len() || answer.is_failure();
                    if more && taken == most {
                        return Stop::Between;
                    }
                    *at = Place { part: at.part + 1, row: 0 };
                    let next = self.api.next_result();
                    assert_eq!(next, more, "another result at {at:?} of {answer:?}");
                    if !more {
                        return Stop::End;
                    }
                }
                Ok(other) => panic!("{other:?}"),
            }
        }
        Stop::Midway
    }

    fn check_batch(&mut self, tool: &Tool, answer: &Answer, at: &Place) -> usize {
        let Tool::Handle(handle) = tool else { return self.check_row(By::Tool(tool), answer, at) };
        let Some(Part::Rows(count, make)) = answer.parts.get(at.part) else {
            panic!("rows, not {answer:?}");
        };
        let seen = handle.batch(1 + self.dice.below(200)).unwrap();
        assert!(at.row + seen.len() <= *count, "{} rows at {at:?} of {answer:?}", seen.len());
        for (n, (number, text)) in seen.iter().enumerate() {
            let (wanted, row) = (make(at.row + n), at.row + n);
            let same = wanted[0].as_deref() == Some(number.to_string().as_bytes());
            assert!(same && wanted[1] == *text, "row {row}: {number}, not {}", shown(&wanted));
        }
        seen.len()
    }

    fn check_row(&mut self, by: By<'_>, answer: &Answer, at: &Place) -> usize {
        let seen = match by {
            By::Query => self.api.row(),
            By::Buffered => panic!("a row is shown in buffered mode"),
            By::Tool(tool) | By::Batch(tool) => tool.row(&mut self.api),
        };
        match answer.parts.get(at.part) {
            Some(Part::Rows(count, make)) => {
                assert!(at.row < *count, "more rows than {count}: {}", shown(&seen));
                let wanted = make(at.row);
                let (text, other) = (shown(&seen), shown(&wanted));
                assert!(seen == wanted, "{at:?}: {text}, not {other}");
            }
            Some(Part::Anything) => {}
            Some(Part::Done(_)) | None => panic!("a row, not {answer:?}: {}", shown(&seen)),
        }
        1
    }

    fn check_failure(&mut self, answer: &Answer, at: &Place, failure: &Failure) {
        let again = self.api.poll();
        assert_eq!(again.unwrap_err(), *failure, "it stays");
        if matches!(self.cancelled, Some(Ok(()))) && [1317, 3005].contains(&failure.code) {
            return;
        }
        let known = answer.error.contains(&failure.code) || answer.error.contains(&0);
        // An error may cut the last result short.
        let last = at.part + 1 == answer.parts.len();
        let cut = last && matches!(answer.parts[at.part], Part::Rows(..));
        let here = at.part >= answer.parts.len() || cut;
        assert!(known && here, "{failure:?} at {at:?} of {answer:?}");
    }

    fn check_end(&mut self, by: By<'_>, answer: &Answer, at: &Place) {
        match answer.parts.get(at.part) {
            Some(Part::Rows(count, make)) if matches!(by, By::Buffered) => {
                let seen = self.api.buffered_rows();
                assert_eq!(seen.len(), *count, "buffered rows");
                for (number, row) in seen.iter().enumerate() {
                    assert!(*row == make(number), "row {number} is {}", shown(row));
                }
            }
            Some(Part::Rows(count, _)) => assert_eq!(at.row, *count, "rows at {at:?}: {answer:?}"),
            Some(Part::Done(affected)) => {
                assert_eq!(at.row, 0);
                let seen = self.api.numbers().affected;
                assert!(affected.is_none_or(|rows| rows == seen), "{seen} rows, not {answer:?}");
            }
            Some(Part::Anything) => {}
            None => panic!("an end, where {answer:?} was expected"),
        }
    }
}

/// A row, short.
pub(crate) fn shown(row: &[Value]) -> String {
    let value = |value: &Value| match value {
        None => "NULL".to_owned(),
        Some(bytes) if bytes.len() > 60 => {
            format!("<{}: {}>", bytes.len(), String::from_utf8_lossy(&bytes[..30]))
        }
        Some(bytes) => format!("{:?}", String::from_utf8_lossy(bytes)),
    };
    row.iter().map(value).collect::<Vec<_>>().join(", ")
}
