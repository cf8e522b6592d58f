// SPDX-License-Identifier: Apache-2.0
//! Values of parameters: their wire types, and their bytes as in a binary row.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_binary_resultset.html#sect_protocol_binary_resultset_row_value>

use crate::wire::kind::{self, UNSIGNED_PARAM};
use crate::wire::put::lenenc_bytes;
use crate::wire::temporal::{DateTime, Time};

/// One parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Param<'a> {
    /// NULL: has no bytes, only a bit.
    Null,
    /// One byte, 0 or 1.
    Bool(bool),
    /// One byte.
    Tiny(i8),
    /// One byte without sign.
    UTiny(u8),
    /// Two bytes.
    Small(i16),
    /// Two bytes without sign.
    USmall(u16),
    /// Four bytes.
    Int(i32),
    /// Four bytes without sign.
    UInt(u32),
    /// Eight bytes.
    BigInt(i64),
    /// Eight bytes without sign.
    UBigInt(u64),
    /// Four bytes, IEEE 754.
    Float(f32),
    /// Eight bytes, IEEE 754.
    Double(f64),
    /// Characters in the connection's character set.
    Text(&'a [u8]),
    /// Bytes.
    Blob(&'a [u8]),
    /// A decimal number as text.
    Decimal(&'a [u8]),
    /// A JSON document as text.
    Json(&'a [u8]),
    /// The date alone.
    Date(DateTime),
    /// A date with a time of day.
    DateTime(DateTime),
    /// A time span.
    Time(Time),
    /// Bytes that were sent as long data.
    LongData,
}

impl Param<'_> {
    /// The wire type, with the mark of numbers without sign.
    #[inline]
    pub fn wire_type(&self) -> u16 {
        let (kind, unsigned) = match self {
            Self::Null => (kind::NULL, 0),
            Self::Bool(_) | Self::Tiny(_) => (kind::TINY, 0),
            Self::UTiny(_) => (kind::TINY, UNSIGNED_PARAM),
            Self::Small(_) => (kind::SHORT, 0),
            Self::USmall(_) => (kind::SHORT, UNSIGNED_PARAM),
            Self::Int(_) => (kind::LONG, 0),
            Self::UInt(_) => (kind::LONG, UNSIGNED_PARAM),
            Self::BigInt(_) => (kind::LONGLONG, 0),
            Self::UBigInt(_) => (kind::LONGLONG, UNSIGNED_PARAM),
            Self::Float(_) => (kind::FLOAT, 0),
            Self::Double(_) => (kind::DOUBLE, 0),
            // A JSON document travels as characters: MariaDB refuses the type JSON (error 1210), and
            // for MySQL it makes no difference.
            Self::Text(_) | Self::Json(_) => (kind::STRING, 0),
            Self::Blob(_) | Self::LongData => (kind::BLOB, 0),
            Self::Decimal(_) => (kind::NEWDECIMAL, 0),
            Self::Date(_) => (kind::DATE, 0),
            Self::DateTime(_) => (kind::DATETIME, 0),
            Self::Time(_) => (kind::TIME, 0),
        };
        u16::from(kind) | unsigned
    }

    /// Whether it has no value because it is NULL.
    #[inline]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Writes the value; nothing for NULL and for long data.
    #[inline]
    pub fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Null | Self::LongData => {}
            Self::Bool(value) => out.push(u8::from(*value)),
            Self::Tiny(value) => out.extend_from_slice(&value.to_le_bytes()),
            Self::UTiny(value) => out.push(*value),
            Self::Small(value) => out.extend_from_slice(&value.to_le_bytes()),
            Self::USmall(value) => out.extend_from_slice(&value.to_le_bytes()),
            Self::Int(value) => out.extend_from_slice(&value.to_le_bytes()),
            Self::UInt(value) => out.extend_from_slice(&value.to_le_bytes()),
            Self::BigInt(value) => out.extend_from_slice(&value.to_le_bytes()),
            Self::UBigInt(value) => out.extend_from_slice(&value.to_le_bytes()),
            Self::Float(value) => out.extend_from_slice(&value.to_le_bytes()),
            Self::Double(value) => out.extend_from_slice(&value.to_le_bytes()),
            Self::Text(bytes) | Self::Blob(bytes) | Self::Decimal(bytes) | Self::Json(bytes) => {
                lenenc_bytes(out, bytes);
            }
            Self::Date(value) => value.put_date(out),
            Self::DateTime(value) => value.put(out),
            Self::Time(value) => value.put(out),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_and_bytes() {
        let date = DateTime { year: 2010, month: 10, day: 17, hour: 1, ..DateTime::default() };
        let time = Time { hours: 1, ..Time::default() };
        let cases: &[(Param<'_>, u16, &[u8])] = &[
            (Param::Null, 0x06, b""),
            (Param::Bool(true), 0x01, b"\x01"),
            (Param::Tiny(-2), 0x01, b"\xfe"),
            (Param::UTiny(254), 0x8001, b"\xfe"),
            (Param::Small(-2), 0x02, b"\xfe\xff"),
            (Param::USmall(0x0201), 0x8002, b"\x01\x02"),
            (Param::Int(i32::MIN), 0x03, b"\0\0\0\x80"),
            (Param::UInt(u32::MAX), 0x8003, b"\xff\xff\xff\xff"),
            (Param::BigInt(-2), 0x08, b"\xfe\xff\xff\xff\xff\xff\xff\xff"),
            (Param::UBigInt(1 << 63), 0x8008, b"\0\0\0\0\0\0\0\x80"),
            (Param::Float(10.2), 0x04, b"\x33\x33\x23\x41"),
            (Param::Double(10.2), 0x05, b"\x66\x66\x66\x66\x66\x66\x24\x40"),
            (Param::Text(b"abc"), 0xfe, b"\x03abc"),
            (Param::Blob(b""), 0xfc, b"\x00"),
            (Param::Decimal(b"-1.5"), 0xf6, b"\x04-1.5"),
            (Param::Json(b"{}"), 0xfe, b"\x02{}"),
            (Param::Date(date), 0x0a, b"\x04\xda\x07\x0a\x11"),
            (Param::DateTime(date), 0x0c, b"\x07\xda\x07\x0a\x11\x01\0\0"),
            (Param::Time(time), 0x0b, b"\x08\0\0\0\0\0\x01\0\0"),
            (Param::LongData, 0xfc, b""),
        ];
        for (param, kind, bytes) in cases {
            let mut out = Vec::new();
            param.put(&mut out);
            assert_eq!((param.wire_type(), &out[..]), (*kind, *bytes), "{param:?}");
        }
    }

    #[test]
    fn long_values() {
        for (length, head) in
            [(250, &b"\xfa"[..]), (251, b"\xfc\xfb\x00"), (1 << 24, b"\xfe\0\0\0\x01\0\0\0\0")]
        {
            let mut out = Vec::new();
            Param::Blob(&vec![7; length]).put(&mut out);
            assert!(out.starts_with(head));
            assert_eq!(out.len(), head.len() + length);
        }
    }
}
