// SPDX-License-Identifier: Apache-2.0
//! What the getters of a statement's rows give for each column type, from the value's bytes. NULL is the
//! caller's affair. The old getters' rule: the getter decides whether a number has a sign, and only
//! numbers are numbers; nothing is ever parsed (see docs/contract.md). `checked` has other rules.
//!
//! Every function takes any bytes: `bin_row` has checked their length, but where bytes are missing they
//! count as zero, and where there are too many, the first ones count.

pub mod checked;
mod format;

use crate::wire::kind;
use crate::wire::temporal::{DateTime, Time};

/// The column's type has no such reading: 3000/22023.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotANumber;

/// Where the text of a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Text {
    /// In the row: the value's own bytes.
    Raw,
    /// In the scratch vector, with a NUL behind it; so many bytes without the NUL.
    Formatted(usize),
}

/// A number as it is on the wire.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Number {
    /// One byte.
    Tiny(u8),
    /// Two bytes.
    Short(u16),
    /// Four bytes of a three-byte type.
    Medium(u32),
    /// Four bytes.
    Long(u32),
    /// Eight bytes.
    LongLong(u64),
    /// FLOAT or DOUBLE.
    Real(f64),
}

impl Number {
    #[inline]
    fn read(kind: u8, raw: &[u8]) -> Result<Self, NotANumber> {
        Ok(match kind {
            kind::TINY => Self::Tiny(u8::from_le_bytes(first(raw))),
            kind::SHORT | kind::YEAR => Self::Short(u16::from_le_bytes(first(raw))),
            kind::INT24 => Self::Medium(u32::from_le_bytes(first(raw))),
            kind::LONG => Self::Long(u32::from_le_bytes(first(raw))),
            kind::LONGLONG => Self::LongLong(u64::from_le_bytes(first(raw))),
            kind::FLOAT => Self::Real(f64::from(f32::from_le_bytes(first(raw)))),
            kind::DOUBLE => Self::Real(f64::from_le_bytes(first(raw))),
            _ => return Err(NotANumber),
        })
    }
}

/// `attachsql_statement_get_bigint`: the bytes as a signed number; a real number without its fraction,
/// or the nearest limit.
#[inline]
pub fn bigint(kind: u8, raw: &[u8]) -> Result<i64, NotANumber> {
    Ok(match Number::read(kind, raw)? {
        Number::Tiny(value) => value.cast_signed().into(),
        Number::Short(value) => value.cast_signed().into(),
        // The wire has four bytes and the sign in the last.
        Number::Medium(value) | Number::Long(value) => value.cast_signed().into(),
        Number::LongLong(value) => value.cast_signed(),
        Number::Real(value) => saturate(value),
    })
}

/// `attachsql_statement_get_int`: as `bigint`, of which the low 32 bits; a real number goes to the nearest
/// limit of those.
#[inline]
pub fn int(kind: u8, raw: &[u8]) -> Result<i32, NotANumber> {
    Ok(match Number::read(kind, raw)? {
        Number::Tiny(value) => value.cast_signed().into(),
        Number::Short(value) => value.cast_signed().into(),
        Number::Medium(value) | Number::Long(value) => value.cast_signed(),
        Number::LongLong(value) => low_half(value).cast_signed(),
        Number::Real(value) => saturate_32(value),
    })
}

/// `attachsql_statement_get_bigint_unsigned`: the bytes as a number without sign, of the column's own
/// width: -1 in a TINYINT gives 255. A real number without its fraction, or the nearest limit.
#[inline]
pub fn bigint_unsigned(kind: u8, raw: &[u8]) -> Result<u64, NotANumber> {
    Ok(match Number::read(kind, raw)? {
        Number::Tiny(value) => value.into(),
        Number::Short(value) => value.into(),
        Number::Medium(value) => (value & MEDIUM).into(),
        Number::Long(value) => value.into(),
        Number::LongLong(value) => value,
        Number::Real(value) => saturate_unsigned(value),
    })
}

/// `attachsql_statement_get_int_unsigned`: as `bigint_unsigned`, of which the low 32 bits; a real number
/// goes to the nearest limit of those.
#[inline]
pub fn int_unsigned(kind: u8, raw: &[u8]) -> Result<u32, NotANumber> {
    Ok(match Number::read(kind, raw)? {
        Number::Tiny(value) => value.into(),
        Number::Short(value) => value.into(),
        Number::Medium(value) => value & MEDIUM,
        Number::Long(value) => value,
        Number::LongLong(value) => low_half(value),
        Number::Real(value) => saturate_unsigned_32(value),
    })
}

/// `attachsql_statement_get_double`: the number, whose sign is the column's affair here.
#[inline]
pub fn double(kind: u8, unsigned: bool, raw: &[u8]) -> Result<f64, NotANumber> {
    Ok(match typed(kind, unsigned, raw) {
        Typed::Signed(value) => rounded(value),
        Typed::Unsigned(value) => rounded_unsigned(value),
        Typed::Float(value) => value.into(),
        Typed::Double(value) => value,
        _ => return Err(NotANumber),
    })
}

/// `attachsql_statement_get_char`: numbers, dates and times are written into `scratch`, whose former
/// content goes; everything else is text already.
#[inline]
pub fn text(kind: u8, unsigned: bool, raw: &[u8], scratch: &mut Vec<u8>) -> Text {
    scratch.clear();
    match typed(kind, unsigned, raw) {
        Typed::Bytes => return Text::Raw,
        Typed::Signed(value) => format::signed(scratch, value),
        Typed::Unsigned(value) => format::unsigned(scratch, value),
        Typed::Float(value) => format::double(scratch, value.into()),
        Typed::Double(value) => format::double(scratch, value),
        Typed::Date(value) => format::date(scratch, &value),
        Typed::DateTime(value) => format::date_time(scratch, &value),
        Typed::Time(value) => format::time(scratch, &value),
    }
    let length = scratch.len();
    scratch.push(0);
    Text::Formatted(length)
}

/// A value in the form that is natural for its column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Typed {
    /// A whole number.
    Signed(i64),
    /// A whole number of a column without sign, or a year.
    Unsigned(u64),
    /// FLOAT.
    Float(f32),
    /// DOUBLE.
    Double(f64),
    /// DATE; only the date counts.
    Date(DateTime),
    /// DATETIME and TIMESTAMP.
    DateTime(DateTime),
    /// TIME.
    Time(Time),
    /// Text, decimal numbers, and everything else: the value's own bytes.
    Bytes,
}

/// Reads a value in its natural form.
#[inline]
pub fn typed(kind: u8, unsigned: bool, raw: &[u8]) -> Typed {
    match kind {
        kind::FLOAT => Typed::Float(f32::from_le_bytes(first(raw))),
        kind::DOUBLE => Typed::Double(f64::from_le_bytes(first(raw))),
        kind::DATE => Typed::Date(DateTime::read(raw)),
        kind::DATETIME | kind::TIMESTAMP => Typed::DateTime(DateTime::read(raw)),
        kind::TIME => Typed::Time(Time::read(raw)),
        _ => match Number::read(kind, raw) {
            Err(NotANumber) | Ok(Number::Real(_)) => Typed::Bytes,
            Ok(Number::Tiny(value)) => whole(unsigned, value, value.cast_signed()),
            Ok(Number::Short(value)) => {
                whole(unsigned || kind == kind::YEAR, value, value.cast_signed())
            }
            Ok(Number::Medium(value) | Number::Long(value)) => {
                whole(unsigned, value, value.cast_signed())
            }
            Ok(Number::LongLong(value)) => whole(unsigned, value, value.cast_signed()),
        },
    }
}

/// The bits of a three-byte number.
const MEDIUM: u32 = 0xff_ffff;

#[inline]
fn whole(is_unsigned: bool, unsigned: impl Into<u64>, signed: impl Into<i64>) -> Typed {
    if is_unsigned { Typed::Unsigned(unsigned.into()) } else { Typed::Signed(signed.into()) }
}

/// The first bytes of `raw`, zeros where it has fewer.
#[inline]
fn first<const N: usize>(raw: &[u8]) -> [u8; N] {
    raw.first_chunk().copied().unwrap_or_else(|| {
        let mut whole = [0; N];
        for (to, from) in whole.iter_mut().zip(raw) {
            *to = *from;
        }
        whole
    })
}

#[inline]
fn low_half(value: u64) -> u32 {
    let [a, b, c, d, ..] = value.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

// C leaves it undefined what becomes of a number that the type does not hold. Here it is the nearest
// limit, and 0 for what is not a number: what `as` does.

#[expect(clippy::cast_possible_truncation, reason = "the nearest limit is wanted")]
fn saturate(value: f64) -> i64 {
    value as i64
}

#[expect(clippy::cast_possible_truncation, reason = "the nearest limit is wanted")]
fn saturate_32(value: f64) -> i32 {
    value as i32
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the nearest limit is wanted"
)]
fn saturate_unsigned(value: f64) -> u64 {
    value as u64
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the nearest limit is wanted"
)]
fn saturate_unsigned_32(value: f64) -> u32 {
    value as u32
}

/// The nearest double.
fn rounded(value: i64) -> f64 {
    value as f64
}

/// The nearest double.
fn rounded_unsigned(value: u64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chars(kind: u8, unsigned: bool, raw: &[u8]) -> String {
        let mut scratch = b"old".to_vec();
        match text(kind, unsigned, raw, &mut scratch) {
            Text::Raw => format!("raw {}", String::from_utf8_lossy(raw)),
            Text::Formatted(length) => {
                assert_eq!(scratch.pop(), Some(0));
                assert_eq!(scratch.len(), length);
                String::from_utf8(scratch).unwrap()
            }
        }
    }

    #[test]
    fn the_getter_decides_the_sign() {
        assert_eq!(int(kind::TINY, &[200]), Ok(-56));
        assert_eq!(int_unsigned(kind::TINY, &[200]), Ok(200));
        assert_eq!(int(kind::SHORT, &[0xff, 0xff]), Ok(-1));
        assert_eq!(bigint_unsigned(kind::SHORT, &[0xff, 0xff]), Ok(65535));
        assert_eq!(bigint(kind::INT24, &[0xff; 4]), Ok(-1));
        assert_eq!(bigint_unsigned(kind::INT24, &[0xff; 4]), Ok(0xff_ffff));
        assert_eq!(bigint_unsigned(kind::LONG, &[0xff; 4]), Ok(0xffff_ffff));
        assert_eq!(int(kind::LONGLONG, &[1, 0, 0, 0x80, 5, 5, 5, 5]), Ok(i32::MIN + 1));
    }

    #[test]
    fn texts() {
        assert_eq!(chars(kind::TINY, true, &[200]), "200");
        assert_eq!(chars(kind::TINY, false, &[200]), "-56");
        assert_eq!(chars(kind::SHORT, false, &[0xff, 0xff]), "-1");
        assert_eq!(chars(kind::INT24, false, &[0xfe, 0xff, 0xff, 0xff]), "-2");
        assert_eq!(chars(kind::LONGLONG, true, &[0xff; 8]), "18446744073709551615");
        assert_eq!(
            chars(kind::LONGLONG, false, &[0, 0, 0, 0, 0, 0, 0, 0x80]),
            "-9223372036854775808"
        );
        assert_eq!(chars(kind::DATE, false, b""), "0000-00-00");
        assert_eq!(chars(kind::DATETIME, false, b""), "0000-00-00 00:00:00");
        assert_eq!(chars(kind::DATETIME, false, b"\xda\x07\x0a\x11"), "2010-10-17 00:00:00");
        assert_eq!(chars(kind::TIME, false, b"\x01\x01\0\0\0\x02\x03\x04"), "-26:03:04");
        assert_eq!(chars(kind::DOUBLE, false, &10.2f64.to_le_bytes()), "10.200000");
        assert_eq!(chars(kind::VARSTRING, false, b"abc"), "raw abc");
    }
}
