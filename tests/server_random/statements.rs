// SPDX-License-Identifier: Apache-2.0
//! Prepared statements, of handles and the one without a handle: prepared, given values, executed, reset, given
//! long data, fetched from, closed and destroyed, one in between of the other.

use std::rc::Rc;

use super::answers::{Answer, By, Stop};
use super::queries::{NUMBERS, called, text};
use super::session::{Session, refused_with};
use super::support::dice::Dice;
use crate::support::handles::Handle;
use crate::support::packets::Value;
use crate::support::raw::CApi;
use crate::support::statements::Set;
use crate::support::subject::Failure;

/// Through what a statement is used.
#[derive(Debug, Clone)]
pub(crate) enum Tool {
    Handle(Rc<Handle>),
    /// The connection's own.
    Old,
}

impl Tool {
    pub(crate) fn prepare(&self, con: &mut CApi, text: &str) -> Result<(), Failure> {
        match self {
            Self::Handle(handle) => handle.prepare(text),
            Self::Old => con.prepare(text.as_bytes()),
        }
    }

    fn execute(&self, con: &mut CApi) -> Result<(), Failure> {
        match self {
            Self::Handle(handle) => handle.execute(),
            Self::Old => con.execute(),
        }
    }

    fn reset(&self, con: &mut CApi) -> Result<(), Failure> {
        match self {
            Self::Handle(handle) => handle.reset(),
            Self::Old => con.reset(),
        }
    }

    pub(crate) fn close(&self, con: &mut CApi) {
        match self {
            Self::Handle(handle) => handle.close(),
            Self::Old => con.close_statement(),
        }
    }

    fn long_data(&self, con: &mut CApi, param: u16, bytes: &[u8]) -> Result<(), Failure> {
        match self {
            Self::Handle(handle) => handle.long_data(param, bytes),
            Self::Old => con.long_data(param, bytes),
        }
    }

    fn set_int(&self, con: &mut CApi, param: u16, value: i32) -> Result<(), Failure> {
        match self {
            Self::Handle(handle) => handle.set_int(param, value),
            Self::Old => con.set(param, Set::Int(value)),
        }
    }

    /// The text must live until the statement is executed for the last time.
    fn set_text(&self, con: &mut CApi, param: u16, value: &[u8]) -> Result<(), Failure> {
        match self {
            Self::Handle(handle) => handle.set_text(param, value),
            Self::Old => con.set(param, Set::Text(value)),
        }
    }

    pub(crate) fn next(&self, con: &mut CApi) {
        match self {
            Self::Handle(handle) => handle.row_next(),
            Self::Old => con.statement_next(),
        }
    }

    pub(crate) fn row(&self, con: &mut CApi) -> Vec<Value> {
        match self {
            Self::Handle(handle) => {
                handle.row_get().unwrap();
                (0..handle.column_count()).map(|column| handle.text(column)).collect()
            }
            Self::Old => {
                con.statement_row().unwrap();
                (0..con.column_count()).map(|column| con.text(column).unwrap()).collect()
            }
        }
    }
}

/// What its text does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Text {
    Echo,
    Rows,
    Insert,
    Call,
    Bad,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Without a statement.
    Bare,
    /// Its prepare has perhaps not been answered.
    Preparing,
    Ready,
}

/// A statement, and what is known of it.
#[derive(Debug)]
pub(crate) struct Hand {
    pub(crate) tool: Tool,
    pub(crate) state: State,
    pub(crate) text: Text,
    tag: String,
    /// What the parameters were set to; values of the old functions are only pointed at.
    pub(crate) values: Vec<Rc<Value>>,
    kept: Vec<Rc<Value>>,
    long: Option<Vec<u8>>,
    fetch: u32,
    cursor: Option<Cursor>,
    /// Its bulk execute, prepare or fetch may be under way.
    busy: bool,
}

/// A result that is fetched from.
#[derive(Debug, Clone)]
struct Cursor {
    at: usize,
    count: usize,
    value: Rc<Value>,
}

impl Hand {
    pub(crate) fn some(con: &CApi, dice: &mut Dice) -> Vec<Self> {
        let handles = (0..1 + dice.below(3)).map(|_| Tool::Handle(Rc::new(con.handle())));
        std::iter::once(Tool::Old).chain(handles).map(Self::new).collect()
    }

    fn new(tool: Tool) -> Self {
        Self {
            tool,
            state: State::Bare,
            text: Text::Bad,
            tag: String::new(),
            values: Vec::new(),
            kept: Vec::new(),
            long: None,
            fetch: 0,
            cursor: None,
            busy: false,
        }
    }

    pub(crate) fn is_old(&self) -> bool {
        matches!(self.tool, Tool::Old)
    }

    pub(crate) fn is(&self, tool: &Tool) -> bool {
        match (&self.tool, tool) {
            (Tool::Handle(one), Tool::Handle(other)) => Rc::ptr_eq(one, other),
            (Tool::Old, Tool::Old) => true,
            _ => false,
        }
    }

    pub(crate) fn is_under_way(&self) -> bool {
        self.busy || self.state == State::Preparing
    }

    /// Everything sent so far has been answered.
    pub(crate) fn answered(&mut self) {
        self.busy = false;
        if self.state == State::Preparing {
            self.state = if self.text == Text::Bad { State::Bare } else { State::Ready };
        }
    }

    /// The session is another one, and the server's statement is gone.
    pub(crate) fn forget(&mut self) {
        *self = Self { kept: std::mem::take(&mut self.kept), ..Self::new(self.tool.clone()) };
    }

    fn params(&self) -> usize {
        match self.text {
            Text::Echo | Text::Rows | Text::Insert | Text::Call => 2,
            Text::Bad => 0,
        }
    }
}

impl Session {
    pub(crate) fn statement_step(&mut self) {
        let one = self.dice.below(self.hands.len());
        match (self.hands[one].state, self.dice.below(20)) {
            (State::Bare, 0..=14) | (_, 0) => self.prepare(one),
            (_, 1) if self.dice.chance(50) => self.one_shot(),
            (_, 1) => self.close(one),
            (_, 2) => self.replace(one),
            (_, 3) => self.reset(one),
            (_, 4 | 5) => self.long_data(one),
            (_, 6 | 7) if self.hands[one].cursor.is_some() => self.fetch(one),
            (_, 8..=10) if self.hands[one].text == Text::Insert => self.bulk(one),
            _ => self.execute(one),
        }
    }

    pub(crate) fn prepare(&mut self, one: usize) {
        let whole = self.free_for_command();
        let tag = self.tag();
        let kind = self.dice.pick(&[
            Text::Echo,
            Text::Echo,
            Text::Rows,
            Text::Rows,
            Text::Insert,
            Text::Insert,
            Text::Call,
            Text::Bad,
        ]);
        // Some texts come again, for the statement cache.
        let mark = if self.dice.chance(50) { "again".to_owned() } else { tag };
        let sql = match kind {
            Text::Echo => format!("SELECT ?, '{mark}', ?"),
            Text::Rows => {
                format!("SELECT n, '{mark}', ? FROM random_numbers WHERE n < ? ORDER BY n")
            }
            Text::Insert => format!("INSERT INTO {} VALUES ({}, ?, ?)", self.table, self.number),
            Text::Call => format!("CALL {}_rows(?, ?)", self.table),
            Text::Bad => format!("SELECT '{mark}' FROM"),
        };
        self.note(format!("{one}: prepare {sql}"));
        let hand = &mut self.hands[one];
        hand.forget();
        hand.tool.prepare(&mut self.client.api, &sql).unwrap();
        (hand.state, hand.text, hand.tag) = (State::Preparing, kind, mark);
        hand.values = (0..hand.params()).map(|_| Rc::default()).collect();
        if !hand.is_old() && self.dice.chance(40) {
            // The execute that follows goes along with it.
            return self.execute(one);
        }
        let answer = if kind == Text::Bad { Answer::fails(&[1064]) } else { Answer::done() };
        let whole = whole || self.hands[one].is_old() && self.dice.chance(80);
        let stop = self.consume(By::Query, &answer, &[], whole);
        self.after_prepare(one, &stop);
    }

    /// A prepare that was taken back, before it was sent, is none.
    fn after_prepare(&mut self, one: usize, stop: &Stop) {
        match stop {
            Stop::Failed(failure) if failure.code == 3005 => self.hands[one].forget(),
            Stop::Midway if self.client.cancelled.is_some() => self.close(one),
            _ => {}
        }
    }

    /// Everything before is over.
    pub(crate) fn settle_all(&mut self) {
        self.free_for_command();
        self.note("settle");
        self.client.api.command(crate::support::commands::Do::Ping).unwrap();
        self.consume(By::Query, &Answer::done(), &[], true);
    }

    pub(crate) fn close(&mut self, one: usize) {
        self.note(format!("{one}: close"));
        let hand = &mut self.hands[one];
        hand.tool.close(&mut self.client.api);
        hand.forget();
    }

    pub(crate) fn replace(&mut self, one: usize) {
        if self.hands[one].is_old() {
            return;
        }
        self.note(format!("{one}: destroy, and another one"));
        let handle = Rc::new(self.client.api.handle());
        self.hands[one] = Hand::new(Tool::Handle(handle));
    }

    fn reset(&mut self, one: usize) {
        let Some(whole) = self.ready(one) else { return };
        self.note(format!("{one}: reset"));
        let hand = &mut self.hands[one];
        hand.tool.reset(&mut self.client.api).unwrap();
        (hand.long, hand.cursor) = (None, None);
        self.consume(By::Query, &Answer::done(), &[], whole);
    }

    /// The connection takes a command of this statement, if it is prepared. None, if it is not, which was tried.
    pub(crate) fn ready(&mut self, one: usize) -> Option<bool> {
        if self.hands[one].state == State::Preparing {
            self.settle_all();
        }
        if self.hands[one].state == State::Bare && !self.client.heard {
            // What has made it so may still be to come.
            self.settle_all();
        }
        let whole = self.free_for_command();
        if self.hands[one].state == State::Bare {
            self.note(format!("{one}: is bare"));
            let tool = self.hands[one].tool.clone();
            let con = &mut self.client.api;
            refused_with(
                match self.dice.below(4) {
                    0 => tool.execute(con),
                    1 => tool.reset(con),
                    2 => tool.long_data(con, 0, b"long"),
                    _ => tool.set_int(con, 0, 1),
                },
                3000,
            );
            return None;
        }
        Some(whole)
    }

    fn long_data(&mut self, one: usize) {
        if !matches!(self.hands[one].text, Text::Echo | Text::Rows) {
            return;
        }
        let Some(whole) = self.ready(one) else { return };
        // Servers take it for the rows of a cursor that are still to come.
        self.hands[one].cursor = None;
        for _ in 0..1 + self.dice.below(3) {
            let is_short = self.hands[one].text == Text::Rows;
            let size = self.dice.size(if is_short { 1000 } else { 400_000 });
            let piece = self.dice.letters(size);
            self.note(format!("{one}: long data, {size}"));
            let hand = &mut self.hands[one];
            hand.tool.long_data(&mut self.client.api, 0, piece.as_bytes()).unwrap();
            hand.long.get_or_insert_default().extend_from_slice(piece.as_bytes());
            if self.dice.chance(50) {
                self.consume(By::Query, &Answer::done(), &[], whole);
            }
        }
    }

    /// Sets some parameters.
    pub(crate) fn set_values(&mut self, one: usize) {
        let kind = self.hands[one].text;
        for param in 0..self.hands[one].params() {
            let is_number = param == 1 && matches!(kind, Text::Rows | Text::Call)
                || param == 0 && kind == Text::Insert;
            if !is_number && self.dice.chance(30) {
                continue;
            }
            let most = match kind {
                Text::Call => 100,
                Text::Rows => 3000,
                _ => 200_000,
            };
            let size = self.dice.size(most);
            let value = match is_number {
                true if kind == Text::Insert => self.fresh().to_string(),
                true => self.dice.size(NUMBERS).to_string(),
                // MySQL 9.7 makes of a string the number that another value was, so that a parameter is of one type.
                false if kind == Text::Echo && param == 1 => self.dice.below(1 << 30).to_string(),
                false => self.dice.letters(size),
            };
            let value = Rc::new(text(&value));
            let hand = &mut self.hands[one];
            let bytes = value.as_ref().as_ref().unwrap();
            let con = &mut self.client.api;
            let place = u16::try_from(param).unwrap();
            match std::str::from_utf8(bytes).unwrap().parse::<i32>() {
                Ok(number) => hand.tool.set_int(con, place, number).unwrap(),
                Err(_) => hand.tool.set_text(con, place, bytes).unwrap(),
            }
            hand.kept.push(value.clone());
            hand.values[param] = value;
        }
    }

    fn execute(&mut self, one: usize) {
        let whole = if self.hands[one].state == State::Preparing && !self.hands[one].is_old() {
            self.free_for_command()
        } else {
            match self.ready(one) {
                Some(whole) => whole,
                None => return,
            }
        };
        self.set_values(one);
        if self.dice.chance(25) && self.hands[one].text == Text::Rows {
            self.fetch_size(one);
        }
        let hand = &mut self.hands[one];
        let (answer, ids) = hand.answer();
        self.log.borrow_mut().push(format!("{one}: execute {:?}", hand.text));
        let refused = hand.tool.execute(&mut self.client.api);
        if refused.is_err() && hand.text == Text::Bad {
            // The refusal of the prepare came before.
            refused_with(refused, 3000);
            hand.state = State::Bare;
            return;
        }
        refused.unwrap();
        let value = hand.first();
        hand.long = None;
        hand.cursor = (hand.fetch > 0 && hand.text == Text::Rows).then(|| Cursor {
            at: 0,
            count: hand.count(),
            value,
        });
        let tool = hand.tool.clone();
        let first = self.hands[one].state == State::Preparing;
        let batch = self.hands[one].text == Text::Rows && !self.hands[one].is_old();
        let by = if batch && self.dice.chance(30) { By::Batch(&tool) } else { By::Tool(&tool) };
        let stop = self.consume(by, &answer, &ids, whole);
        if first && self.client.cancelled.is_some() && stop != Stop::End {
            // Perhaps the prepare was not sent either.
            return self.close(one);
        }
        if matches!(stop, Stop::Failed(_)) || self.client.cancelled.is_some() {
            self.hands[one].cursor = None;
        }
    }

    fn fetch_size(&mut self, one: usize) {
        let Tool::Handle(handle) = self.hands[one].tool.clone() else { return };
        let size = 1 + self.dice.below(50) as u32;
        handle.set_fetch_size(size).unwrap();
        self.hands[one].fetch = size;
        self.note(format!("{one}: fetch size {size}"));
    }

    /// The next rows of a cursor.
    fn fetch(&mut self, one: usize) {
        if self.hands[one].busy || !self.client.heard {
            self.settle_all();
        }
        let whole = self.free_for_command();
        let hand = &mut self.hands[one];
        let Tool::Handle(handle) = hand.tool.clone() else { return };
        let cursor = hand.cursor.clone().unwrap();
        let left = cursor.count - cursor.at;
        self.log
            .borrow_mut()
            .push(format!("{one}: fetch {} of {} at {}", hand.fetch, cursor.count, cursor.at));
        if !handle.has_more() {
            assert_eq!(left, 0, "there are more rows");
            refused_with(handle.fetch(), 2051);
            hand.cursor = None;
            return;
        }
        handle.fetch().unwrap();
        let count = left.min(hand.fetch as usize);
        let (first, tag, value) = (cursor.at, text(&hand.tag), cursor.value.clone());
        let answer = Answer::rows(count, move |n| {
            vec![text(&(first + n).to_string()), tag.clone(), (*value).clone()]
        });
        hand.cursor.as_mut().unwrap().at += count;
        let tool = hand.tool.clone();
        let by = if self.dice.chance(30) { By::Batch(&tool) } else { By::Tool(&tool) };
        self.consume(by, &answer, &[], whole);
        if self.client.cancelled.is_some() {
            self.hands[one].cursor = None;
        }
    }
}

impl Hand {
    /// The first parameter's value.
    fn first(&self) -> Rc<Value> {
        match &self.long {
            Some(bytes) => Rc::new(Some(bytes.clone())),
            None => self.values.first().cloned().unwrap_or_default(),
        }
    }

    /// How many rows the second parameter asks for.
    fn count(&self) -> usize {
        let value = self.values[1].as_ref().as_ref();
        value.map_or(0, |bytes| std::str::from_utf8(bytes).unwrap().parse().unwrap())
    }

    /// What an execute with the values of now is answered, and the row that it inserts.
    pub(crate) fn answer(&self) -> (Answer, Vec<u64>) {
        let first = self.first();
        let tag = text(&self.tag);
        match self.text {
            Text::Echo => {
                let second = self.values[1].clone();
                let row = move |_| vec![(*first).clone(), tag.clone(), (*second).clone()];
                (Answer::rows(1, row), Vec::new())
            }
            Text::Rows if self.fetch > 0 => (Answer::rows(0, |_| Vec::new()), Vec::new()),
            Text::Rows => {
                let row = move |n: usize| vec![text(&n.to_string()), tag.clone(), (*first).clone()];
                (Answer::rows(self.count(), row), Vec::new())
            }
            Text::Insert => {
                let id = std::str::from_utf8(first.as_ref().as_ref().unwrap()).unwrap();
                (Answer::affected(1), vec![id.parse().unwrap()])
            }
            Text::Call => (called(&first, self.count()), Vec::new()),
            Text::Bad => (Answer::fails(&[1064]), Vec::new()),
        }
    }

    /// It can be executed in a pipeline.
    pub(crate) fn may_be_piped(&self) -> bool {
        self.state == State::Ready && self.fetch == 0 && self.long.is_none()
    }
}

impl Session {
    /// Sets values for an execute that goes into a pipeline.
    pub(crate) fn set_for_pipeline(&mut self, one: usize) -> (Answer, Vec<u64>) {
        self.set_values(one);
        self.hands[one].answer()
    }
}
