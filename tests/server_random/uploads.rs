// SPDX-License-Identifier: Apache-2.0
//! The file that a LOAD DATA LOCAL is given, in random pieces, with pauses and failures.

use std::cell::RefCell;
use std::ffi::CStr;
use std::rc::Rc;

use super::support::dice::Dice;
use crate::support::files::Give;

#[derive(Debug)]
pub(crate) struct Upload {
    pub(crate) bytes: Vec<u8>,
    /// Longest piece.
    pub(crate) most: usize,
    /// Chances in a hundred of LATER and SUSPEND before a piece.
    pub(crate) later: usize,
    pub(crate) suspend: usize,
    /// Where it fails.
    pub(crate) fails_at: Option<usize>,
    pub(crate) is_suspended: bool,
    /// What was wrong with a call.
    pub(crate) wrong: Option<String>,
    given: usize,
    dice: Dice,
}

impl Upload {
    pub(crate) fn new(dice: Dice) -> Self {
        Self {
            bytes: Vec::new(),
            most: 1,
            later: 0,
            suspend: 0,
            fails_at: None,
            is_suspended: false,
            wrong: None,
            given: 0,
            dice,
        }
    }

    fn give(&mut self, name: &CStr, offset: u64, room: usize) -> Give {
        self.is_suspended = false;
        if offset == 0 {
            self.given = 0;
        }
        if name.to_bytes() != b"file" || offset != self.given as u64 {
            self.wrong = Some(format!("{name:?} at {offset}, {} were given", self.given));
        }
        if self.dice.chance(self.later) {
            return Give::Later;
        }
        if self.dice.chance(self.suspend) {
            self.is_suspended = true;
            return Give::Suspend;
        }
        if self.fails_at.is_some_and(|at| self.given >= at) {
            return Give::Error("as it was drawn");
        }
        let left = &self.bytes[self.given.min(self.bytes.len())..];
        let piece = left[..left.len().min(self.most).min(room)].to_vec();
        self.given += piece.len();
        Give::Bytes(piece)
    }
}

pub(crate) fn function(
    upload: Rc<RefCell<Upload>>,
) -> impl FnMut(&CStr, u64, usize) -> Give + 'static {
    move |name, offset, room| upload.borrow_mut().give(name, offset, room)
}
