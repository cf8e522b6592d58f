// SPDX-License-Identifier: Apache-2.0
//! The getters that say what is wrong instead of giving some number: each answers with a value, or that
//! there is none, that it does not fit what was asked for without loss, or that the column holds
//! something else. Texts that are a number, a date or a time are read as such; nothing is trimmed or
//! cut.
//!
//! Here as in the parent module any bytes will do.

use std::io::Write;

use super::{Text, Typed, typed};
use crate::wire::kind;
use crate::wire::temporal::{DateTime, Time};

/// What a getter found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Checked<T> {
    /// The value.
    Value(T),
    /// NULL.
    Null,
    /// A value that cannot be given as it was asked for: too large, with a fraction where there is no
    /// place for one, no number, no day of any month.
    OutOfRange,
    /// Something else.
    WrongType,
}

use Checked::{OutOfRange, Value, WrongType};

impl<T> Checked<T> {
    /// Changes the value, if there is one.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Checked<U> {
        self.then(|value| Value(change(value)))
    }

    /// Goes on with the value, if there is one.
    fn then<U>(self, next: impl FnOnce(T) -> Checked<U>) -> Checked<U> {
        match self {
            Value(value) => next(value),
            Self::Null => Checked::Null,
            OutOfRange => Checked::OutOfRange,
            WrongType => Checked::WrongType,
        }
    }
}

/// What is in a cell, before it is known what it is to become.
enum Source<'a> {
    /// A whole number; BIT too.
    Whole(i128),
    /// FLOAT.
    Float(f32),
    /// DOUBLE.
    Double(f64),
    /// DATE, DATETIME, TIMESTAMP.
    DateTime(DateTime),
    /// TIME.
    Time(Time),
    /// Characters.
    Text(&'a [u8]),
}

fn source<'a>(kind: u8, unsigned: bool, raw: Option<&'a [u8]>) -> Checked<Source<'a>> {
    let Some(raw) = raw else {
        return Checked::Null;
    };
    Value(match typed(kind, unsigned, raw) {
        Typed::Signed(value) => Source::Whole(value.into()),
        Typed::Unsigned(value) => Source::Whole(value.into()),
        Typed::Float(value) => Source::Float(value),
        Typed::Double(value) => Source::Double(value),
        Typed::Date(value) => Source::DateTime(DateTime {
            year: value.year,
            month: value.month,
            day: value.day,
            ..DateTime::default()
        }),
        Typed::DateTime(value) => Source::DateTime(value),
        Typed::Time(value) => Source::Time(value),
        Typed::Bytes => match kind {
            kind::GEOMETRY | kind::VECTOR => return WrongType,
            kind::BIT if raw.len() > 8 => return OutOfRange,
            kind::BIT => {
                Source::Whole(raw.iter().fold(0, |sum, &byte| sum << 8 | i128::from(byte)))
            }
            _ => Source::Text(raw),
        },
    })
}

/// A whole number of whatever width is asked for.
pub fn integer<T: TryFrom<i128>>(kind: u8, unsigned: bool, raw: Option<&[u8]>) -> Checked<T> {
    let whole = source(kind, unsigned, raw).then(|source| match source {
        Source::Whole(value) => Value(value),
        Source::Float(value) => whole(value.into()),
        Source::Double(value) => whole(value),
        Source::Text(text) => whole_text(text),
        Source::DateTime(_) | Source::Time(_) => WrongType,
    });
    whole.then(|value| T::try_from(value).map_or(OutOfRange, Value))
}

/// The nearest double.
pub fn double(kind: u8, unsigned: bool, raw: Option<&[u8]>) -> Checked<f64> {
    source(kind, unsigned, raw).then(|source| match source {
        Source::Whole(value) => Value(value as f64),
        Source::Float(value) => Value(value.into()),
        Source::Double(value) => Value(value),
        Source::Text(text) => double_text(text),
        Source::DateTime(_) | Source::Time(_) => WrongType,
    })
}

/// The nearest float. A number beyond the largest one is out of range, infinity is not.
pub fn float(kind: u8, unsigned: bool, raw: Option<&[u8]>) -> Checked<f32> {
    let number = source(kind, unsigned, raw).then(|source| match source {
        Source::Whole(value) => Value((value as f32, true)),
        Source::Float(value) => Value((value, false)),
        #[expect(clippy::cast_possible_truncation, reason = "to the nearest one")]
        Source::Double(value) => Value((value as f32, value.is_finite())),
        Source::Text(text) => double_text(text).then(|_| Value((text_float(text), true))),
        Source::DateTime(_) | Source::Time(_) => WrongType,
    });
    number.then(
        |(value, finite)| {
            if finite && value.is_infinite() { OutOfRange } else { Value(value) }
        },
    )
}

/// The float that is nearest to a text that is a number: not by way of a double, which may be nearest to
/// another one.
fn text_float(text: &[u8]) -> f32 {
    std::str::from_utf8(text).ok().and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// Whether a number is other than zero; the words `true` and `false`, which are JSON's.
pub fn boolean(kind: u8, unsigned: bool, raw: Option<&[u8]>) -> Checked<bool> {
    source(kind, unsigned, raw).then(|source| match source {
        Source::Whole(value) => Value(value != 0),
        Source::Float(value) => Value(value != 0.0),
        Source::Double(value) => Value(value != 0.0),
        Source::Text(b"true") => Value(true),
        Source::Text(b"false") => Value(false),
        Source::Text(text) => double_text(text).then(|value| Value(value != 0.0)),
        Source::DateTime(_) | Source::Time(_) => WrongType,
    })
}

/// A number as text without an exponent, no digit lost. Where it is not in the row as such, it is written
/// into `scratch` with a NUL behind it.
pub fn decimal(
    kind: u8,
    unsigned: bool,
    raw: Option<&[u8]>,
    scratch: &mut Vec<u8>,
) -> Checked<Text> {
    scratch.clear();
    let found = source(kind, unsigned, raw).then(|source| {
        // Writing to a vector cannot fail.
        let _ = match source {
            Source::Whole(value) => write!(scratch, "{value}"),
            // The shortest text that stands for this very number.
            Source::Float(value) if value.is_finite() => write!(scratch, "{value}"),
            Source::Double(value) if value.is_finite() => write!(scratch, "{value}"),
            Source::Float(_) | Source::Double(_) => return OutOfRange,
            Source::Text(text) if digits(text).is_some() => return Value(Text::Raw),
            Source::Text(_) | Source::DateTime(_) | Source::Time(_) => return WrongType,
        };
        Value(Text::Formatted(scratch.len()))
    });
    scratch.push(0);
    found
}

/// A date with its time of day, which is midnight where there is none. Months and days may be zero, as
/// servers let them; the 31st of any month is let pass too.
pub fn date_time(kind: u8, unsigned: bool, raw: Option<&[u8]>) -> Checked<DateTime> {
    let found = source(kind, unsigned, raw).then(|source| match source {
        Source::DateTime(value) => Value(value),
        Source::Text(text) => date_time_text(text).map_or(WrongType, Value),
        _ => WrongType,
    });
    found.then(|value| if is_sound(&value) { Value(value) } else { OutOfRange })
}

/// Whether each part of a date is one that some date has.
#[inline]
pub fn is_sound(value: &DateTime) -> bool {
    let &DateTime { year, month, day, hour, minute, second, microsecond } = value;
    let date = year <= 9999 && month <= 12 && day <= 31;
    let time = hour <= 23 && minute <= 59 && second <= 59 && microsecond <= 999_999;
    date && time
}

/// A time span.
pub fn time(kind: u8, unsigned: bool, raw: Option<&[u8]>) -> Checked<Time> {
    source(kind, unsigned, raw).then(|source| match source {
        Source::Time(value) => in_range(value),
        Source::Text(text) => time_text(text).map_or(WrongType, in_range),
        _ => WrongType,
    })
}

/// A time whose parts are what a time has.
fn in_range(value: Time) -> Checked<Time> {
    let Time { hours, minutes, seconds, microseconds, .. } = value;
    let fits = hours <= 23 && minutes <= 59 && seconds <= 59 && microseconds <= 999_999;
    if fits { Value(value) } else { OutOfRange }
}

/// A number without a fraction.
fn whole(value: f64) -> Checked<i128> {
    /// Beyond it there is no 64-bit number, and the conversion is exact below.
    const LIMIT: f64 = 1e20;
    #[expect(clippy::cast_possible_truncation, reason = "it is in range and has no fraction")]
    if value.abs() < LIMIT && value.fract() == 0.0 { Value(value as i128) } else { OutOfRange }
}

/// A decimal number whose fraction is zero.
fn whole_text(text: &[u8]) -> Checked<i128> {
    let Some((negative, whole, fraction)) = digits(text) else {
        return WrongType;
    };
    if fraction.iter().any(|&digit| digit != b'0') {
        return OutOfRange;
    }
    let add = |sum: i128, &digit: &u8| sum.checked_mul(10)?.checked_add((digit - b'0').into());
    match whole.iter().try_fold(0, add) {
        Some(value) => Value(if negative { -value } else { value }),
        None => OutOfRange,
    }
}

/// Any number, an exponent may follow.
fn double_text(text: &[u8]) -> Checked<f64> {
    let is_mark = |byte: &u8| matches!(byte, b'e' | b'E');
    let mantissa = text.split(is_mark).next().unwrap_or_default();
    let parsed = std::str::from_utf8(text).ok().and_then(|text| text.parse::<f64>().ok());
    match (digits(mantissa), parsed) {
        (Some(_), Some(value)) if value.is_finite() => Value(value),
        (Some(_), Some(_)) => OutOfRange,
        // Rust reads "inf" and "nan" too.
        _ => WrongType,
    }
}

/// The parts of a decimal number: whether it is negative, the digits before and behind the point. There
/// is at least one digit.
fn digits(text: &[u8]) -> Option<(bool, &[u8], &[u8])> {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    };
    let point = text.iter().position(|&byte| byte == b'.').unwrap_or(text.len());
    let (whole, rest) = text.split_at_checked(point)?;
    let fraction = rest.get(1..).unwrap_or_default();
    let all_digits = whole.iter().chain(fraction).all(u8::is_ascii_digit);
    let any = !whole.is_empty() || !fraction.is_empty();
    (all_digits && any).then_some((negative, whole, fraction))
}

/// `YYYY-MM-DD`, and after a space or a T `HH:MM:SS` with up to six decimals.
fn date_time_text(text: &[u8]) -> Option<DateTime> {
    let (date, time) = text.split_at_checked(10)?;
    let &[a, b, c, d, b'-', e, f, b'-', g, h] = date else {
        return None;
    };
    let year = u16::try_from(number(&[a, b, c, d])?).ok()?;
    let value = DateTime { year, month: two([e, f])?, day: two([g, h])?, ..DateTime::default() };
    match time {
        [] => Some(value),
        &[b' ' | b'T', a, b, b':', c, d, b':', e, f, ref fraction @ ..] => Some(DateTime {
            hour: two([a, b])?,
            minute: two([c, d])?,
            second: two([e, f])?,
            microsecond: millionths(fraction)?,
            ..value
        }),
        _ => None,
    }
}

/// `HH:MM:SS` with any number of hours, up to six decimals, and a minus in front if need be.
fn time_text(text: &[u8]) -> Option<Time> {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let colon = text.iter().position(|&byte| byte == b':')?;
    let (hours, rest) = text.split_at_checked(colon)?;
    let hours = number(hours)?;
    let &[b':', a, b, b':', c, d, ref fraction @ ..] = rest else {
        return None;
    };
    Some(Time {
        negative,
        days: hours / 24,
        hours: u8::try_from(hours % 24).ok()?,
        minutes: two([a, b])?,
        seconds: two([c, d])?,
        microseconds: millionths(fraction)?,
    })
}

/// Nothing, or a point and up to six digits.
fn millionths(text: &[u8]) -> Option<u32> {
    let Some((b'.', digits)) = text.split_first() else {
        return text.is_empty().then_some(0);
    };
    let missing = u32::try_from(6_usize.checked_sub(digits.len())?).ok()?;
    Some(number(digits)? * 10_u32.pow(missing))
}

fn two(digits: [u8; 2]) -> Option<u8> {
    u8::try_from(number(&digits)?).ok()
}

/// A number of one digit or more.
fn number(digits: &[u8]) -> Option<u32> {
    let add = |sum: u32, &digit: &u8| {
        let digit = digit.is_ascii_digit().then(|| digit - b'0')?;
        sum.checked_mul(10)?.checked_add(digit.into())
    };
    if digits.is_empty() { None } else { digits.iter().try_fold(0, add) }
}

#[cfg(test)]
mod tests;
