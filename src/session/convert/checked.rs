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
    let found = source(kind, unsigned, raw).then(|source| match source {
        Source::Time(value) => Value(value),
        Source::Text(text) => time_text(text).map_or(WrongType, Value),
        _ => WrongType,
    });
    found.then(|value| {
        let Time { hours, minutes, seconds, microseconds, .. } = value;
        let fits = hours <= 23 && minutes <= 59 && seconds <= 59 && microseconds <= 999_999;
        if fits { Value(value) } else { OutOfRange }
    })
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
mod tests {
    use super::*;

    const TEXTS: [u8; 5] =
        [kind::VARSTRING, kind::STRING, kind::BLOB, kind::JSON, kind::NEWDECIMAL];

    #[test]
    fn null_is_null_for_all() {
        for kind in 0..=255 {
            assert_eq!(integer::<i64>(kind, false, None), Checked::Null);
            assert_eq!(double(kind, false, None), Checked::Null);
            assert_eq!(boolean(kind, false, None), Checked::Null);
            assert_eq!(decimal(kind, false, None, &mut Vec::new()), Checked::Null);
            assert_eq!(date_time(kind, false, None), Checked::Null);
            assert_eq!(time(kind, false, None), Checked::Null);
        }
    }

    #[test]
    fn integers_know_their_limits() {
        let tiny = |unsigned, byte: u8| integer::<i8>(kind::TINY, unsigned, Some(&[byte]));
        assert_eq!(tiny(false, 200), Value(-56));
        assert_eq!(tiny(true, 200), OutOfRange);
        assert_eq!(tiny(true, 127), Value(127));
        let big = Some(&[0xff; 8][..]);
        assert_eq!(integer::<u64>(kind::LONGLONG, true, big), Value(u64::MAX));
        assert_eq!(integer::<i64>(kind::LONGLONG, true, big), OutOfRange);
        assert_eq!(integer::<i64>(kind::LONGLONG, false, big), Value(-1));
        assert_eq!(integer::<u64>(kind::LONGLONG, false, big), OutOfRange);
        assert_eq!(integer::<u32>(kind::INT24, false, Some(&[0xff; 4])), OutOfRange);
        assert_eq!(integer::<i32>(kind::INT24, false, Some(&[0xff; 4])), Value(-1));
        assert_eq!(integer::<u8>(kind::YEAR, false, Some(&[0xcf, 7])), OutOfRange);
        assert_eq!(integer::<u16>(kind::BIT, true, Some(b"\x01\x02")), Value(0x0102));
        assert_eq!(integer::<u64>(kind::BIT, true, big), Value(u64::MAX));
        assert_eq!(integer::<u64>(kind::BIT, true, Some(&[0; 9])), OutOfRange);
    }

    #[test]
    fn reals_as_integers_lose_nothing() {
        let from = |value: f64| integer::<i64>(kind::DOUBLE, false, Some(&value.to_le_bytes()));
        assert_eq!(from(-3.0), Value(-3));
        assert_eq!(from(-(2_f64.powi(63))), Value(i64::MIN));
        for value in [0.5, 2_f64.powi(63), 1e300, f64::INFINITY, f64::NAN] {
            assert_eq!(from(value), OutOfRange, "{value}");
        }
        assert_eq!(integer::<u8>(kind::FLOAT, false, Some(&255_f32.to_le_bytes())), Value(255));
    }

    #[test]
    fn texts_as_integers() {
        let cases: &[(&str, Checked<i64>)] = &[
            ("123", Value(123)),
            ("-9223372036854775808", Value(i64::MIN)),
            ("+7", Value(7)),
            ("12.000", Value(12)),
            ("-.0", Value(0)),
            ("9223372036854775808", OutOfRange),
            ("12.001", OutOfRange),
            (".5", OutOfRange),
            ("99999999999999999999999999999999999999999999999999999999999999999", OutOfRange),
            ("", WrongType),
            ("-", WrongType),
            (".", WrongType),
            (" 1", WrongType),
            ("1 ", WrongType),
            ("1e3", WrongType),
            ("1.2.3", WrongType),
            ("--1", WrongType),
            ("0x10", WrongType),
            ("2024-01-01", WrongType),
        ];
        for (text, want) in cases {
            for kind in TEXTS {
                assert_eq!(integer(kind, false, Some(text.as_bytes())), *want, "{text}");
            }
            assert_eq!(integer::<i64>(kind::GEOMETRY, false, Some(text.as_bytes())), WrongType);
        }
        assert_eq!(integer::<i64>(kind::BLOB, false, Some(b"1\xff")), WrongType);
    }

    #[test]
    fn doubles_and_truths() {
        let cases: &[(&str, Checked<f64>, Checked<bool>)] = &[
            ("1.5e3", Value(1500.0), Value(true)),
            ("-0", Value(-0.0), Value(false)),
            ("0.000", Value(0.0), Value(false)),
            ("1e999", OutOfRange, OutOfRange),
            ("1e", WrongType, WrongType),
            ("e5", WrongType, WrongType),
            ("inf", WrongType, WrongType),
            ("nan", WrongType, WrongType),
            ("true", WrongType, Value(true)),
            ("false", WrongType, Value(false)),
            ("yes", WrongType, WrongType),
        ];
        for (text, number, truth) in cases {
            let raw = Some(text.as_bytes());
            assert_eq!(double(kind::STRING, false, raw), *number, "{text}");
            assert_eq!(boolean(kind::STRING, false, raw), *truth, "{text}");
        }
        assert_eq!(double(kind::LONGLONG, true, Some(&[0xff; 8])), Value(18446744073709551615.0));
        for (text, number, _) in cases {
            let found = float(kind::STRING, false, Some(text.as_bytes()));
            assert_eq!(found.map(f64::from), *number, "{text}");
        }
        let of_double = |value: f64| float(kind::DOUBLE, false, Some(&value.to_le_bytes()));
        assert_eq!(of_double(0.1), Value(0.1));
        assert_eq!(of_double(-1e39), OutOfRange);
        assert_eq!(of_double(f64::INFINITY), Value(f32::INFINITY));
        assert_eq!(float(kind::STRING, false, Some(b"1e39")), OutOfRange);
        // Above the middle of two floats, by less than a double can tell.
        let text = b"1.000000059604644775390625000000001";
        assert_eq!(float(kind::NEWDECIMAL, false, Some(text)), Value(1.0 + f32::EPSILON));
        let float_max = f32::MAX.to_le_bytes();
        assert_eq!(float(kind::FLOAT, false, Some(&float_max)), Value(f32::MAX));
        assert_eq!(float(kind::LONGLONG, true, Some(&[0xff; 8])), Value(18446744073709551615.0));
        assert_eq!(float(kind::DATE, false, Some(b"")), WrongType);
        assert_eq!(float(kind::DOUBLE, false, None), Checked::Null);
        assert_eq!(boolean(kind::BIT, true, Some(b"\0\x80")), Value(true));
        assert_eq!(boolean(kind::DATE, false, Some(b"")), WrongType);
        assert_eq!(double(kind::VECTOR, false, Some(b"1")), WrongType);
    }

    #[test]
    fn decimals() {
        let text = |kind, unsigned, raw: &[u8]| {
            let mut scratch = b"old".to_vec();
            match decimal(kind, unsigned, Some(raw), &mut scratch) {
                Value(Text::Formatted(length)) => {
                    assert_eq!(scratch.pop(), Some(0));
                    assert_eq!(scratch.len(), length);
                    String::from_utf8(scratch).unwrap()
                }
                other => format!("{other:?}"),
            }
        };
        assert_eq!(text(kind::LONGLONG, true, &[0xff; 8]), "18446744073709551615");
        assert_eq!(text(kind::TINY, false, &[0xff]), "-1");
        assert_eq!(text(kind::FLOAT, false, &0.1_f32.to_le_bytes()), "0.1");
        assert_eq!(text(kind::DOUBLE, false, &1e22_f64.to_le_bytes()), "10000000000000000000000");
        assert_eq!(text(kind::DOUBLE, false, &f64::NAN.to_le_bytes()), "OutOfRange");
        assert_eq!(text(kind::NEWDECIMAL, false, b"-12.345"), "Value(Raw)");
        assert_eq!(text(kind::STRING, false, b"12,5"), "WrongType");
        assert_eq!(text(kind::DATE, false, b""), "WrongType");
        assert_eq!(text(kind::BIT, true, b"\x0a\xaa"), "2730");
    }

    #[test]
    fn dates() {
        let day = DateTime { year: 2024, month: 2, day: 31, ..DateTime::default() };
        let moment = DateTime { hour: 23, minute: 59, second: 58, microsecond: 500_000, ..day };
        let cases: &[(&str, Checked<DateTime>)] = &[
            ("2024-02-31", Value(day)),
            ("2024-02-31 23:59:58.5", Value(moment)),
            ("2024-02-31T23:59:58.500000", Value(moment)),
            ("0000-00-00 00:00:00", Value(DateTime::default())),
            ("2024-13-01", OutOfRange),
            ("2024-02-32", OutOfRange),
            ("2024-02-01 24:00:00", OutOfRange),
            ("2024-02-01 00:60:00", OutOfRange),
            ("2024-02-01 00:00:60", OutOfRange),
            ("2024-02-31 23:59:58.5000001", WrongType),
            ("2024-02-31 23:59:58.", WrongType),
            ("2024-02-31 23:59", WrongType),
            ("2024-2-31", WrongType),
            ("20240231", WrongType),
            ("2024-0x-01", WrongType),
            ("", WrongType),
        ];
        for (text, want) in cases {
            assert_eq!(date_time(kind::STRING, false, Some(text.as_bytes())), *want, "{text}");
        }
        let raw: Option<&[u8]> = Some(b"\xe8\x07\x02\x1f\x17\x3b\x3a\x20\xa1\x07\0");
        assert_eq!(date_time(kind::DATETIME, false, raw), Value(moment));
        assert_eq!(date_time(kind::TIMESTAMP, false, raw), Value(moment));
        assert_eq!(date_time(kind::DATE, false, raw), Value(day));
        assert_eq!(date_time(kind::DATE, false, Some(b"")), Value(DateTime::default()));
        assert_eq!(date_time(kind::DATE, false, Some(b"\xe8\x07\x0d\x01")), OutOfRange);
        assert_eq!(date_time(kind::TIME, false, Some(b"")), WrongType);
        assert_eq!(date_time(kind::LONG, false, Some(&[0; 4])), WrongType);
    }

    #[test]
    fn times() {
        let span = Time { negative: true, days: 34, hours: 22, minutes: 59, ..Time::default() };
        let cases: &[(&str, Checked<Time>)] = &[
            ("-838:59:00", Value(span)),
            ("-838:59:00.25", Value(Time { microseconds: 250_000, ..span })),
            ("0:00:00", Value(Time::default())),
            ("00:60:00", OutOfRange),
            ("00:00:99", OutOfRange),
            ("99999999999:00:00", WrongType),
            (":00:00", WrongType),
            ("1:2:3", WrongType),
            ("12:00", WrongType),
            ("12:00:00x", WrongType),
        ];
        for (text, want) in cases {
            assert_eq!(time(kind::VARSTRING, false, Some(text.as_bytes())), *want, "{text}");
        }
        assert_eq!(time(kind::TIME, false, Some(b"\x01\x22\0\0\0\x16\x3b\0")), Value(span));
        assert_eq!(time(kind::TIME, false, Some(b"\x01\x22\0\0\0\x18\x3b\0")), OutOfRange);
        assert_eq!(time(kind::DATETIME, false, Some(b"")), WrongType);
    }

    /// Nothing that a hostile server may put into a cell is more than a wrong value.
    #[test]
    fn any_bytes_in_any_column() {
        let mut scratch = Vec::new();
        for kind in 0..=255 {
            for length in 0..16 {
                for fill in [0, 1, b'0', b'-', b'.', 0x7f, 0xff] {
                    let bytes = vec![fill; length];
                    let raw = Some(&bytes[..]);
                    let _ = integer::<i64>(kind, true, raw);
                    let _ = double(kind, false, raw);
                    let _ = float(kind, false, raw);
                    let _ = boolean(kind, false, raw);
                    let _ = decimal(kind, true, raw, &mut scratch);
                    let _ = date_time(kind, false, raw);
                    let _ = time(kind, false, raw);
                }
            }
        }
    }
}
