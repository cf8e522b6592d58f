// SPDX-License-Identifier: Apache-2.0
//! Wire types of columns and parameters, and the one column flag that changes what a value's bytes mean.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/field__types_8h.html>
//!
//! Servers never send 14 (NEWDATE), 17 to 20 (types of storage and of JSON functions), 243 and 244. Were
//! one to come, it is taken as what every newer type has been: a string with its length before it.

/// A decimal number as text, from servers before 5.0.
pub const DECIMAL: u8 = 0;
/// One byte.
pub const TINY: u8 = 1;
/// Two bytes.
pub const SHORT: u8 = 2;
/// Four bytes.
pub const LONG: u8 = 3;
/// Four bytes, IEEE 754.
pub const FLOAT: u8 = 4;
/// Eight bytes, IEEE 754.
pub const DOUBLE: u8 = 5;
/// Always NULL.
pub const NULL: u8 = 6;
/// As `DATETIME`.
pub const TIMESTAMP: u8 = 7;
/// Eight bytes.
pub const LONGLONG: u8 = 8;
/// Four bytes on the wire, sign-extended.
pub const INT24: u8 = 9;
/// A date; see `temporal`.
pub const DATE: u8 = 10;
/// A time span; see `temporal`.
pub const TIME: u8 = 11;
/// A date with a time of day; see `temporal`.
pub const DATETIME: u8 = 12;
/// Two bytes.
pub const YEAR: u8 = 13;
/// A string.
pub const VARCHAR: u8 = 15;
/// A big-endian number of one to eight bytes.
pub const BIT: u8 = 16;
/// Four-byte floats, one after the other (MySQL from 9.0).
pub const VECTOR: u8 = 242;
/// A JSON document as text (MySQL; MariaDB sends texts).
pub const JSON: u8 = 245;
/// A decimal number as text.
pub const NEWDECIMAL: u8 = 246;
/// The name of an ENUM's value.
pub const ENUM: u8 = 247;
/// The names of a SET's values with commas between.
pub const SET: u8 = 248;
/// A string.
pub const TINY_BLOB: u8 = 249;
/// A string.
pub const MEDIUM_BLOB: u8 = 250;
/// A string.
pub const LONG_BLOB: u8 = 251;
/// A string.
pub const BLOB: u8 = 252;
/// A string.
pub const VARSTRING: u8 = 253;
/// A string.
pub const STRING: u8 = 254;
/// Geometry: a reference system's id and well-known binary.
pub const GEOMETRY: u8 = 255;

/// Column flag: the number has no sign.
pub const UNSIGNED_FLAG: u16 = 1 << 5;

/// Added to a parameter's type when the number has no sign.
pub const UNSIGNED_PARAM: u16 = 0x8000;
