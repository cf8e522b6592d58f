// SPDX-License-Identifier: Apache-2.0
//! Texts of numbers, dates and times, and where they are put.

use std::cell::Cell;

use crate::session::convert::format::{self, BLOCK};
use crate::session::convert::{Typed, typed, typed_number};
use crate::wire::kind;
use crate::wire::temporal::{DateTime, Time};

/// Where the text of a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    /// In the row: the value's own bytes.
    Raw,
    /// In the place for it, with a NUL behind it; so many bytes without the NUL.
    Formatted(usize),
}

/// `attachsql_statement_get_char`: numbers, dates and times are written into `place`; everything else is
/// text already.
#[inline]
pub fn text(kind: u8, unsigned: bool, raw: &[u8], place: &mut Place) -> Text {
    match kind {
        kind::TINY..=kind::DOUBLE | kind::TIMESTAMP..=kind::YEAR => {
            Text::Formatted(formatted(kind, unsigned, raw, place))
        }
        _ => Text::Raw,
    }
}

/// Where the text of a value is put together, with a NUL behind it.
#[derive(Debug, Clone, Default)]
pub struct Place {
    /// A text of the usual length. May be written while the connection is only looked at.
    short: Cell<[u8; BLOCK]>,
    /// A longer one; empty otherwise.
    long: Vec<u8>,
}

impl Place {
    /// The text that was put there last, and what is behind it.
    #[inline]
    pub fn bytes(&mut self) -> &mut [u8] {
        if self.long.is_empty() { self.short.get_mut() } else { &mut self.long }
    }
}

/// Writes a number, a date or a time. How long the text is without the NUL.
#[inline(always)]
fn formatted(kind: u8, unsigned: bool, raw: &[u8], place: &mut Place) -> usize {
    let block = place.short.get_mut();
    let length = match kind {
        kind::DATE => format::date_block(&DateTime::read(raw), block),
        kind::DATETIME | kind::TIMESTAMP => format::date_time_block(&DateTime::read(raw), block),
        kind::TIME => format::time_block(&Time::read(raw), block),
        _ => match typed_number(kind, unsigned, raw) {
            Typed::Signed(value) => format::signed_block(value, block),
            Typed::Unsigned(value) => format::unsigned_block(value, block),
            Typed::Float(value) => format::double_block(value.into(), block),
            Typed::Double(value) => format::double_block(value, block),
            _ => None,
        },
    };
    match length {
        Some(length) => {
            if !place.long.is_empty() {
                place.long = Vec::new();
            }
            length
        }
        None => formatted_long(&typed(kind, unsigned, raw), &mut place.long),
    }
}

/// As `text`, for a date with a time of day of seven bytes, which stand behind their number in `value`. Where
/// the text is, and its length.
#[inline(always)]
pub fn date_time(value: &[u8; 8], place: &Place) -> Option<(*mut u8, usize)> {
    if !place.long.is_empty() {
        return None;
    }
    let length = format::seven_bytes(value, &place.short)?;
    Some((place.short.as_ptr().cast(), length))
}

#[cold]
#[inline(never)]
fn formatted_long(value: &Typed, out: &mut Vec<u8>) -> usize {
    out.clear();
    match value {
        Typed::Bytes => {}
        Typed::Signed(value) => format::signed(out, *value),
        Typed::Unsigned(value) => format::unsigned(out, *value),
        Typed::Float(value) => format::double(out, (*value).into()),
        Typed::Double(value) => format::double(out, *value),
        Typed::Date(value) => format::date(out, value),
        Typed::DateTime(value) => format::date_time(out, value),
        Typed::Time(value) => format::time(out, value),
    }
    let length = out.len();
    out.push(0);
    length
}

/// Places that have a text, a usual one and a long one.
#[cfg(test)]
pub(super) fn used_places() -> [Place; 2] {
    [&b"old"[..], b""].map(|old| Place { short: Cell::new([b'x'; BLOCK]), long: old.to_vec() })
}
