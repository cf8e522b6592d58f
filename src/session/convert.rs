// SPDX-License-Identifier: Apache-2.0
//! What the getters of a statement's rows give for each column type, from the value's bytes. NULL is the
//! caller's affair. The old getters' rule: the getter decides whether a number has a sign, and only
//! numbers are numbers; nothing is ever parsed (see docs/contract.md). `checked` has other rules.
//!
//! Every function takes any bytes: `bin_row` has checked their length, but where bytes are missing they
//! count as zero, and where there are too many, the first ones count.

pub mod checked;
mod format;
pub mod quick;
mod text;

pub use self::text::{Place, Text, date_time, text};
use crate::wire::kind;
use crate::wire::temporal::{DateTime, Time, padded};

/// The column's type has no such reading: 3000/22023.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotANumber;

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

/// Where the bytes of a number are.
pub trait Raw: Copy {
    /// The first of them, zeros behind them.
    fn bytes<const N: usize>(self) -> [u8; N];
}

impl<const M: usize> Raw for &[u8; M] {
    #[inline]
    fn bytes<const N: usize>(self) -> [u8; N] {
        padded(self)
    }
}

impl Raw for &[u8] {
    #[inline]
    fn bytes<const N: usize>(self) -> [u8; N] {
        padded(self)
    }
}

/// Already read, lowest first.
impl Raw for u64 {
    #[inline(always)]
    fn bytes<const N: usize>(self) -> [u8; N] {
        padded(&self.to_le_bytes())
    }
}

impl Number {
    // Always: the callers' matches melt into this one.
    #[inline(always)]
    fn read(kind: u8, raw: impl Raw) -> Result<Self, NotANumber> {
        Ok(match kind {
            kind::TINY => Self::Tiny(u8::from_le_bytes(raw.bytes())),
            kind::SHORT | kind::YEAR => Self::Short(u16::from_le_bytes(raw.bytes())),
            kind::INT24 => Self::Medium(u32::from_le_bytes(raw.bytes())),
            kind::LONG => Self::Long(u32::from_le_bytes(raw.bytes())),
            kind::LONGLONG => Self::LongLong(u64::from_le_bytes(raw.bytes())),
            kind::FLOAT => Self::Real(f64::from(f32::from_le_bytes(raw.bytes()))),
            kind::DOUBLE => Self::Real(f64::from_le_bytes(raw.bytes())),
            _ => return Err(NotANumber),
        })
    }
}

/// `attachsql_statement_get_bigint`: the bytes as a signed number; a real number without its fraction,
/// or the nearest limit.
#[inline]
pub fn bigint(kind: u8, raw: impl Raw) -> Result<i64, NotANumber> {
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
pub fn int(kind: u8, raw: impl Raw) -> Result<i32, NotANumber> {
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
pub fn bigint_unsigned(kind: u8, raw: impl Raw) -> Result<u64, NotANumber> {
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
pub fn int_unsigned(kind: u8, raw: impl Raw) -> Result<u32, NotANumber> {
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
pub fn double(kind: u8, unsigned: bool, raw: impl Raw) -> Result<f64, NotANumber> {
    Ok(match typed_number(kind, unsigned, raw) {
        Typed::Signed(value) => rounded(value),
        Typed::Unsigned(value) => rounded_unsigned(value),
        Typed::Float(value) => value.into(),
        Typed::Double(value) => value,
        _ => return Err(NotANumber),
    })
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
#[inline(always)]
pub fn typed(kind: u8, unsigned: bool, raw: &[u8]) -> Typed {
    match kind {
        kind::DATE => Typed::Date(DateTime::read(raw)),
        kind::DATETIME | kind::TIMESTAMP => Typed::DateTime(DateTime::read(raw)),
        kind::TIME => Typed::Time(Time::read(raw)),
        _ => typed_number(kind, unsigned, raw),
    }
}

/// As `typed`, for numbers; `Bytes` for everything else.
#[inline(always)]
pub fn typed_number(kind: u8, unsigned: bool, raw: impl Raw) -> Typed {
    match kind {
        kind::FLOAT => Typed::Float(f32::from_le_bytes(raw.bytes())),
        kind::DOUBLE => Typed::Double(f64::from_le_bytes(raw.bytes())),
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

/// The low 32 bits.
#[inline]
pub fn low_half(value: u64) -> u32 {
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

    const U: bool = true;
    const S: bool = false;

    /// Cells of rows from a MySQL 9.7 and a MariaDB 10.11, which agree: type, whether without sign, bytes,
    /// and the text that is due: what the servers say of the same cell in a row of text, but for FLOAT and
    /// DOUBLE (C's printf) and for the six digits of a fraction.
    const CELLS: [(u8, bool, &[u8], &str); 23] = [
        (kind::TINY, S, b"\xfb", "-5"),
        (kind::TINY, U, b"\xc8", "200"),
        (kind::SHORT, S, b"\xd4\xfe", "-300"),
        (kind::SHORT, U, b"`\xea", "60000"),
        (kind::INT24, S, b"\xff\xff\xff\xff", "-1"),
        (kind::INT24, U, b"\xff\xff\xff\0", "16777215"),
        (kind::LONG, S, b"\x90\xee\xfe\xff", "-70000"),
        (kind::LONG, U, b"\0(k\xee", "4000000000"),
        (kind::LONGLONG, S, b"\0\0|\x1d\xaf\x93\x19\x83", "-9000000000000000000"),
        (kind::LONGLONG, U, b"\xff\xff\xff\xff\xff\xff\xff\xff", "18446744073709551615"),
        (kind::FLOAT, S, b"\0\0\xc0?", "1.500000"),
        (kind::DOUBLE, S, b"\0\0\0\x04k\xf4\x14\xc2", "-22500000000.000000"),
        (kind::YEAR, U, b"\xcf\x07", "1999"),
        (kind::DATE, S, b"\xe8\x07\x02\x1d", "2024-02-29"),
        (kind::TIME, S, b"\x01\"\0\0\0\x16;:?B\x0f\0", "-838:59:58.999999"),
        (
            kind::DATETIME,
            S,
            b"\xda\x07\x0a\x11\x13\x1b\x1e \xa1\x07\0",
            "2010-10-17 19:27:30.500000",
        ),
        (kind::TIMESTAMP, S, b"\xd1\x07\x02\x03\x04\x05\x06", "2001-02-03 04:05:06"),
        (kind::FLOAT, S, b"\0\0\0\0", "0.000000"),
        (kind::YEAR, U, b"\0\0", "0"),
        (kind::DATE, S, b"", "0000-00-00"),
        (kind::TIME, S, b"", "00:00:00"),
        (kind::DATETIME, S, b"", "0000-00-00 00:00:00"),
        (kind::TIMESTAMP, S, b"\xd1\x07\x02\x03", "2001-02-03 00:00:00"),
    ];

    /// Types whose values are text or bytes.
    const RAW: [u8; 18] = [
        kind::DECIMAL,
        kind::VARCHAR,
        kind::BIT,
        kind::VECTOR,
        kind::JSON,
        kind::NEWDECIMAL,
        kind::ENUM,
        kind::SET,
        kind::TINY_BLOB,
        kind::MEDIUM_BLOB,
        kind::LONG_BLOB,
        kind::BLOB,
        kind::VARSTRING,
        kind::STRING,
        kind::GEOMETRY,
        // Types that servers keep to themselves, and one that is not there yet.
        14,
        20,
        200,
    ];

    fn chars(kind: u8, unsigned: bool, raw: &[u8]) -> String {
        // One that has another text, of either length.
        let [mut short, mut long] = text::used_places();
        let [one, two] =
            [&mut short, &mut long].map(|place| match text(kind, unsigned, raw, place) {
                Text::Raw => "raw".to_owned(),
                Text::Formatted(length) => {
                    assert_eq!(place.bytes()[length], 0);
                    String::from_utf8(place.bytes()[..length].to_vec()).unwrap()
                }
            });
        assert_eq!(one, two);
        one
    }

    #[test]
    fn texts_are_those_of_the_servers() {
        for (kind, unsigned, raw, want) in CELLS {
            assert_eq!(chars(kind, unsigned, raw), want, "{kind} {raw:x?}");
        }
        // The flag counts for numbers only: MariaDB sets it on timestamps.
        assert_eq!(chars(kind::TIMESTAMP, U, b"\xd1\x07\x02\x03"), "2001-02-03 00:00:00");
        assert_eq!(chars(kind::YEAR, S, b"\xff\xff"), "65535");
    }

    #[test]
    fn what_is_text_stays_where_it_is() {
        for kind in RAW {
            for raw in [&b"abc"[..], b"", b"\0\xff"] {
                assert_eq!(chars(kind, U, raw), "raw", "{kind}");
                assert_eq!(typed(kind, S, raw), Typed::Bytes, "{kind}");
            }
        }
    }

    #[test]
    fn only_numbers_are_numbers() {
        let temporal = [kind::DATE, kind::TIME, kind::DATETIME, kind::TIMESTAMP];
        for kind in RAW.into_iter().chain(temporal).chain([kind::NULL]) {
            for raw in [&b"1"[..], b"", b"12345678"] {
                assert_eq!(int(kind, raw), Err(NotANumber), "{kind}");
                assert_eq!(int_unsigned(kind, raw), Err(NotANumber), "{kind}");
                assert_eq!(bigint(kind, raw), Err(NotANumber), "{kind}");
                assert_eq!(bigint_unsigned(kind, raw), Err(NotANumber), "{kind}");
                assert_eq!(double(kind, S, raw), Err(NotANumber), "{kind}");
            }
        }
    }

    /// Type, bytes as a number, then what the four integer getters give, and the double with a sign and
    /// without.
    type Numbers = (u8, u64, i32, u32, i64, u64, f64, f64);

    /// 2 to the 63rd.
    const TOP: f64 = 9_223_372_036_854_775_808.0;

    const INTEGERS: [Numbers; 14] = [
        (kind::TINY, 0x7f, 127, 127, 127, 127, 127.0, 127.0),
        (kind::TINY, 0x80, -128, 128, -128, 128, -128.0, 128.0),
        (kind::TINY, 200, -56, 200, -56, 200, -56.0, 200.0),
        (kind::SHORT, 0x7fff, 32767, 32767, 32767, 32767, 32767.0, 32767.0),
        (kind::SHORT, 0x8000, -32768, 32768, -32768, 32768, -32768.0, 32768.0),
        (kind::YEAR, 2155, 2155, 2155, 2155, 2155, 2155.0, 2155.0),
        (kind::INT24, 0x7f_ffff, 8388607, 8388607, 8388607, 8388607, 8388607.0, 8388607.0),
        // -1: the getters without sign give 24 bits, as ever.
        (kind::INT24, 0xffff_ffff, -1, 0xff_ffff, -1, 0xff_ffff, -1.0, 4294967295.0),
        // An unsigned one has a zero byte on top.
        (kind::INT24, 0xff_ffff, 16777215, 16777215, 16777215, 16777215, 16777215.0, 16777215.0),
        (kind::LONG, 1 << 31, i32::MIN, 1 << 31, -(1 << 31), 1 << 31, -2147483648.0, 2147483648.0),
        (kind::LONG, 0xffff_ffff, -1, u32::MAX, -1, 0xffff_ffff, -1.0, 4294967295.0),
        (kind::LONGLONG, 1 << 63, 0, 0, i64::MIN, 1 << 63, -TOP, TOP),
        (kind::LONGLONG, u64::MAX, -1, u32::MAX, -1, u64::MAX, -1.0, 18446744073709551615.0),
        (
            kind::LONGLONG,
            0x1_8000_0001,
            -2147483647,
            0x8000_0001,
            0x1_8000_0001,
            0x1_8000_0001,
            6442450945.0,
            6442450945.0,
        ),
    ];

    #[test]
    fn the_getter_decides_the_sign_of_integers_and_the_column_that_of_doubles() {
        for (kind, bytes, signed, unsigned, long, unsigned_long, with_sign, without) in INTEGERS {
            let width = match kind {
                kind::TINY => 1,
                kind::SHORT | kind::YEAR => 2,
                kind::LONGLONG => 8,
                _ => 4,
            };
            let raw = &bytes.to_le_bytes()[..width];
            assert_eq!(int(kind, raw), Ok(signed), "{kind} {bytes:x}");
            assert_eq!(int_unsigned(kind, raw), Ok(unsigned), "{kind} {bytes:x}");
            assert_eq!(bigint(kind, raw), Ok(long), "{kind} {bytes:x}");
            assert_eq!(bigint_unsigned(kind, raw), Ok(unsigned_long), "{kind} {bytes:x}");
            assert_eq!(double(kind, S, raw), Ok(with_sign), "{kind} {bytes:x}");
            assert_eq!(double(kind, U, raw), Ok(without), "{kind} {bytes:x}");
        }
        assert_eq!(double(kind::YEAR, S, b"\xff\xff"), Ok(65535.0));
    }

    #[test]
    fn reals_lose_their_fraction_and_stop_at_the_limits() {
        let cases: [(f64, i32, u32, i64, u64); 9] = [
            (1.9, 1, 1, 1, 1),
            (-1.9, -1, 0, -1, 0),
            (3e9, i32::MAX, 3_000_000_000, 3_000_000_000, 3_000_000_000),
            (-3e9, i32::MIN, 0, -3_000_000_000, 0),
            (1e19, i32::MAX, u32::MAX, i64::MAX, 10_000_000_000_000_000_000),
            (1e300, i32::MAX, u32::MAX, i64::MAX, u64::MAX),
            (f64::NEG_INFINITY, i32::MIN, 0, i64::MIN, 0),
            (f64::NAN, 0, 0, 0, 0),
            (-0.0, 0, 0, 0, 0),
        ];
        for (value, signed, unsigned, long, unsigned_long) in cases {
            let raw = value.to_le_bytes();
            assert_eq!(int(kind::DOUBLE, &raw), Ok(signed), "{value}");
            assert_eq!(int_unsigned(kind::DOUBLE, &raw), Ok(unsigned), "{value}");
            assert_eq!(bigint(kind::DOUBLE, &raw), Ok(long), "{value}");
            assert_eq!(bigint_unsigned(kind::DOUBLE, &raw), Ok(unsigned_long), "{value}");
            let given = double(kind::DOUBLE, U, &raw).unwrap();
            assert_eq!(given.to_bits(), value.to_bits(), "{value}");
        }
        let raw = 0.1_f32.to_le_bytes();
        assert_eq!(double(kind::FLOAT, S, &raw), Ok(f64::from(0.1_f32)));
        assert_eq!(chars(kind::FLOAT, S, &raw), "0.100000");
        assert_eq!(chars(kind::DOUBLE, S, &1e32_f64.to_le_bytes()).len(), 33 + 7);
        assert_eq!(bigint(kind::FLOAT, &(-2.5_f32).to_le_bytes()), Ok(-2));
    }

    #[test]
    fn natural_forms() {
        assert_eq!(typed(kind::TINY, U, b"\xff"), Typed::Unsigned(255));
        assert_eq!(typed(kind::TINY, S, b"\xff"), Typed::Signed(-1));
        assert_eq!(typed(kind::YEAR, S, b"\xcf\x07"), Typed::Unsigned(1999));
        assert_eq!(typed(kind::FLOAT, S, &1.5_f32.to_le_bytes()), Typed::Float(1.5));
        assert_eq!(typed(kind::DOUBLE, S, &1.5_f64.to_le_bytes()), Typed::Double(1.5));
        let day = DateTime { year: 2024, month: 2, day: 29, ..DateTime::default() };
        assert_eq!(typed(kind::DATE, S, b"\xe8\x07\x02\x1d"), Typed::Date(day));
        assert_eq!(typed(kind::TIMESTAMP, S, b"\xe8\x07\x02\x1d"), Typed::DateTime(day));
        assert_eq!(typed(kind::TIME, S, b""), Typed::Time(Time::default()));
    }

    /// The row's walk lets no such thing through; but nothing here relies on it.
    #[test]
    fn any_bytes_in_any_column() {
        let mut scratch = Place::default();
        for kind in 0..=255 {
            for length in 0..16 {
                for fill in [0, 1, 0x7f, 0x80, 0xff] {
                    let raw = vec![fill; length];
                    let _ =
                        (int(kind, &raw[..]), int_unsigned(kind, &raw[..]), bigint(kind, &raw[..]));
                    let _ = (bigint_unsigned(kind, &raw[..]), double(kind, U, &raw[..]));
                    text(kind, S, &raw, &mut scratch);
                    text(kind, U, &raw, &mut scratch);
                }
            }
        }
        assert_eq!(int(kind::LONG, b"\x01\x02"), Ok(0x0201));
        assert_eq!(bigint(kind::LONGLONG, b""), Ok(0));
        assert_eq!(chars(kind::DATETIME, S, b"\xe8\x07\x02"), "2024-02-00 00:00:00");
        assert_eq!(chars(kind::TIME, S, b"\0\x01\0\0\0"), "24:00:00");
    }
}
