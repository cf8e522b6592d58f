// SPDX-License-Identifier: Apache-2.0
//! A binary row: a zero byte, a bit for each column that is NULL (from bit 2 on), then the values of the
//! others. Walked once. Numbers are read where they are met; everything else is pointed at. How a value is
//! delimited follows from its column's wire type.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_binary_resultset.html>

use crate::buf::Cell;
use crate::error::ProtocolError;
use crate::wire::kind;
use crate::wire::natural::Natural;
use crate::wire::text_row::{long_value, truncated};

/// How a value is delimited. Whole numbers come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Shape {
    One,
    Two,
    Four,
    Eight,
    /// FLOAT.
    Single,
    /// DOUBLE.
    Double,
    /// A length in front, as in text rows.
    String,
    /// A length byte in front, one of those that its type has: DATE and TIME.
    Short,
    /// The same, with a date and a time of day.
    DateTime,
    /// NULL whatever its bit says: no bytes.
    Nothing,
}

/// One value of a row, and what its column is.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Where the value is; a null pointer for NULL. The length is not kept of a number.
    cell: Cell,
    /// The bytes of a number, lowest first, and more with the last one's highest bit; zeros for NULL. The
    /// length, which is 7, and the bytes of a `DateTime` that has so many. Not kept of anything else.
    bytes: [u8; 8],
    /// The lengths that a date or time may have, as bits.
    lengths: u16,
    kind: u8,
    shape: Shape,
    flags: u16,
    natural: Natural,
}

/// The lengths of DATE, DATETIME and TIMESTAMP, as bits.
const DATE_LENGTHS: u16 = 1 | 1 << 4 | 1 << 7 | 1 << 11;
/// The lengths of TIME, as bits.
const TIME_LENGTHS: u16 = 1 | 1 << 8 | 1 << 12;

impl Field {
    /// The field of a column with this wire type, flags and collation id; NULL at first.
    pub fn new(kind: u8, flags: u16, charset: u16) -> Self {
        let shape = match kind {
            kind::TINY => Shape::One,
            kind::SHORT | kind::YEAR => Shape::Two,
            kind::LONG | kind::INT24 => Shape::Four,
            kind::LONGLONG => Shape::Eight,
            kind::FLOAT => Shape::Single,
            kind::DOUBLE => Shape::Double,
            kind::DATE | kind::TIME => Shape::Short,
            kind::DATETIME | kind::TIMESTAMP => Shape::DateTime,
            kind::NULL => Shape::Nothing,
            _ => Shape::String,
        };
        let lengths = if kind == kind::TIME { TIME_LENGTHS } else { DATE_LENGTHS };
        let natural = Natural::of(kind, flags & kind::UNSIGNED_FLAG != 0, charset);
        Self { cell: NULL, bytes: [0; 8], lengths, kind, shape, flags, natural }
    }

    /// Wire type of the column.
    #[inline]
    pub fn kind(&self) -> u8 {
        self.kind
    }

    /// Flags of the column.
    #[inline]
    pub fn flags(&self) -> u16 {
        self.flags
    }

    /// The form that is natural for the column's values.
    #[inline]
    pub fn natural(&self) -> Natural {
        self.natural
    }

    /// Where the value is; a null pointer for NULL. The length is not that of a number.
    #[inline]
    pub fn place(&self) -> Cell {
        self.cell
    }

    /// Whether the column's numbers have no sign.
    #[inline]
    pub fn is_unsigned(&self) -> bool {
        self.flags & kind::UNSIGNED_FLAG != 0
    }

    /// Whether the value is NULL.
    #[inline]
    pub fn is_null(&self) -> bool {
        self.cell.data.is_null()
    }

    /// The bytes of a number, lowest first, and more with the last one's highest bit; 0 for NULL.
    #[inline]
    pub fn bits(&self) -> u64 {
        u64::from_le_bytes(self.bytes)
    }

    /// A whole number of a column without sign; 0 for NULL.
    #[inline]
    pub fn unsigned(&self) -> u64 {
        let [one, two, three, four, ..] = self.bytes;
        match self.shape {
            Shape::One => one.into(),
            Shape::Two => u16::from_le_bytes([one, two]).into(),
            Shape::Four => u32::from_le_bytes([one, two, three, four]).into(),
            _ => self.bits(),
        }
    }

    /// A whole number, whose sign is the highest bit; 0 for NULL.
    #[inline]
    pub fn whole(&self) -> Option<i64> {
        if self.shape <= Shape::Eight { Some(i64::from_le_bytes(self.bytes)) } else { None }
    }

    /// The value of a column of type DOUBLE; 0 for NULL.
    #[inline]
    pub fn double(&self) -> Option<f64> {
        if self.shape == Shape::Double { Some(f64::from_le_bytes(self.bytes)) } else { None }
    }

    /// The length, which is 7, and the bytes of a date with a time of day and without a fraction. Only for a
    /// value that is not NULL.
    #[inline]
    pub fn date_time(&self) -> Option<&[u8; 8]> {
        match &self.bytes {
            bytes @ [7, ..] if self.shape == Shape::DateTime => Some(bytes),
            _ => None,
        }
    }

    /// Where the value is, if it is neither NULL nor a number.
    #[inline]
    pub fn cell(&self) -> Option<Cell> {
        match self.shape {
            Shape::String | Shape::Short | Shape::DateTime if !self.is_null() => Some(self.cell),
            _ => None,
        }
    }

    /// The value of a column of strings of any sort, which are given as they are; of it, or of any other
    /// column, `Some(None)` for NULL.
    #[inline]
    pub fn string(&self) -> Option<Option<Cell>> {
        if self.is_null() {
            return Some(None);
        }
        if self.shape == Shape::String { Some(Some(self.cell)) } else { None }
    }
}

const NULL: Cell = Cell { data: std::ptr::null_mut(), length: 0 };

/// Fills `fields`, one per column, from the row packet `body`, which they point into.
#[inline(never)]
pub fn parse(body: &mut [u8], fields: &mut [Field]) -> Result<(), ProtocolError> {
    parse_as::<false>(body, fields)
}

/// As `parse`, for usual rows: up to 62 columns, and no string is longer than 250 bytes. Refuses others.
#[inline(always)]
pub fn parse_usual(body: &mut [u8], fields: &mut [Field]) -> bool {
    parse_as::<true>(body, fields).is_ok()
}

#[inline(always)]
fn parse_as<const USUAL: bool>(body: &mut [u8], fields: &mut [Field]) -> Result<(), ProtocolError> {
    let (size, count) = (body.len(), fields.len());
    let Some((&mut first, body)) = body.split_first_mut() else {
        return Err(truncated(size));
    };
    if first != 0 {
        return Err(invalid("first byte"));
    }
    // Two bits of no column, those of the first columns, and what lies behind, which nobody looks at.
    let bits = null_bits(body);
    let Some((bitmap, values)) = body.split_at_mut_checked((count + 9) / 8) else {
        return Err(truncated(size));
    };
    let rest = match 62_usize.checked_sub(count) {
        Some(behind) if bits << behind == 0 => walk::<USUAL, false>(0, fields, values, size)?,
        Some(_) => walk::<USUAL, true>(bits >> 2, fields, values, size)?,
        None if USUAL => return Err(invalid("number of columns")),
        None => walk_wide(bitmap, fields, values, size)?,
    };
    if rest.is_empty() {
        return Ok(());
    }
    Err(invalid("length: bytes are left over"))
}

/// More columns than one number has bits for.
#[inline(never)]
fn walk_wide<'a>(
    bitmap: &[u8],
    mut fields: &mut [Field],
    values: &'a mut [u8],
    size: usize,
) -> Result<&'a mut [u8], ProtocolError> {
    let mut rest = values;
    // The first two bits are no column's.
    let mut skip = 2;
    for bytes in bitmap.chunks(8) {
        let here = fields.len().min(64 - skip);
        let (fields_here, fields_left) = fields.split_at_mut(here);
        rest = walk::<false, true>(null_bits(bytes) >> skip, fields_here, rest, size)?;
        (fields, skip) = (fields_left, 0);
    }
    Ok(rest)
}

/// Fills `fields`; the lowest bit of `nulls` is for the first. What is behind the last value. Without `NULLS`,
/// no value is NULL.
#[inline(always)]
fn walk<'a, const USUAL: bool, const NULLS: bool>(
    mut nulls: u64,
    fields: &mut [Field],
    mut rest: &'a mut [u8],
    size: usize,
) -> Result<&'a mut [u8], ProtocolError> {
    for field in fields {
        let null = NULLS && nulls & 1 != 0;
        nulls >>= 1;
        if null {
            (field.cell, field.bytes) = (NULL, [0; 8]);
            continue;
        }
        let tail = match field.shape {
            Shape::One => number(field, rest, |byte: [u8; 1]| i8::from_le_bytes(byte).into()),
            Shape::Two => number(field, rest, |bytes| i16::from_le_bytes(bytes).into()),
            Shape::Four | Shape::Single => {
                number(field, rest, |bytes| i32::from_le_bytes(bytes).into())
            }
            Shape::Eight | Shape::Double => number(field, rest, i64::from_le_bytes),
            Shape::String => string::<USUAL>(field, rest),
            Shape::Short => short(field, rest),
            Shape::DateTime => date_time(field, rest),
            Shape::Nothing => {
                field.cell = NULL;
                Some(rest)
            }
        };
        let Some(tail) = tail else {
            return Err(truncated(size));
        };
        rest = tail;
    }
    Ok(rest)
}

#[inline(always)]
fn number<'a, const N: usize>(
    field: &mut Field,
    rest: &'a mut [u8],
    read: impl FnOnce([u8; N]) -> i64,
) -> Option<&'a mut [u8]> {
    let (bytes, tail) = rest.split_first_chunk_mut()?;
    field.bytes = read(*bytes).to_le_bytes();
    field.cell.data = bytes.as_mut_ptr();
    Some(tail)
}

#[inline(always)]
fn string<'a, const USUAL: bool>(field: &mut Field, rest: &'a mut [u8]) -> Option<&'a mut [u8]> {
    let (&mut first, rest) = rest.split_first_mut()?;
    let (value, tail) = if first <= 250 {
        rest.split_at_mut_checked(first.into())?
    } else if USUAL {
        return None;
    } else {
        long_value(first, rest)?
    };
    field.cell = Cell { data: value.as_mut_ptr(), length: value.len() };
    Some(tail)
}

#[inline(always)]
fn date_time<'a>(field: &mut Field, rest: &'a mut [u8]) -> Option<&'a mut [u8]> {
    // One number, because a byte costs as much.
    let usual = rest.first_chunk().map_or(0, |chunk| u64::from_le_bytes(*chunk));
    if usual & 0xff != 7 {
        field.bytes = [0; 8];
        return short(field, rest);
    }
    field.bytes = usual.to_le_bytes();
    let (value, tail) = rest.split_at_mut_checked(field.bytes.len())?;
    let (_, value) = value.split_first_mut()?;
    field.cell = Cell { data: value.as_mut_ptr(), length: value.len() };
    Some(tail)
}

/// A date or time of any length that it may have.
#[inline(always)]
fn short<'a>(field: &mut Field, rest: &'a mut [u8]) -> Option<&'a mut [u8]> {
    let (&mut first, rest) = rest.split_first_mut()?;
    if field.lengths.checked_shr(first.into())? & 1 == 0 {
        return None;
    }
    let (value, tail) = rest.split_at_mut_checked(first.into())?;
    field.cell = Cell { data: value.as_mut_ptr(), length: value.len() };
    Some(tail)
}

/// The first eight bytes as a number, lowest first.
#[inline]
fn null_bits(bytes: &[u8]) -> u64 {
    match bytes.first_chunk() {
        Some(&chunk) => u64::from_le_bytes(chunk),
        None => bytes.iter().rev().fold(0, |bits, &byte| bits << 8 | u64::from(byte)),
    }
}

#[cold]
fn invalid(field: &'static str) -> ProtocolError {
    ProtocolError::Invalid { packet: "row", field }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each value as offset and length; `None` for NULL. Numbers are read as their bytes are.
    fn spans(body: &[u8], kinds: &[u8]) -> Result<Vec<Option<(usize, usize)>>, ProtocolError> {
        let mut body = body.to_vec();
        let mut fields: Vec<_> = kinds.iter().map(|&kind| Field::new(kind, 0, 0)).collect();
        parse(&mut body, &mut fields)?;
        let span = |field: &Field| {
            let offset = field.cell.data.addr().checked_sub(body.as_ptr().addr())?;
            let length = match field.shape {
                Shape::One => 1,
                Shape::Two => 2,
                Shape::Four | Shape::Single => 4,
                Shape::Eight | Shape::Double => 8,
                _ => return Some((offset, field.cell()?.length)),
            };
            let number = field.bits().to_le_bytes();
            assert_eq!(body[offset..offset + length], number[..length]);
            let sign = if number[length - 1] < 0x80 { 0 } else { 0xff };
            assert_eq!(number[length..], [sign; 8][length..]);
            Some((offset, length))
        };
        Ok(fields.iter().map(|field| if field.is_null() { None } else { span(field) }).collect())
    }

    #[test]
    fn one_column_of_each_type() {
        for kind in 0..=255u8 {
            let (value, want): (&[u8], _) = match kind {
                1 => (b"\x07", (2, 1)),
                2 | 13 => (b"\x07\0", (2, 2)),
                3 | 4 | 9 => (b"\x07\0\0\0", (2, 4)),
                5 | 8 => (b"\x07\0\0\0\0\0\0\0", (2, 8)),
                7 | 10 | 12 => (b"\x04\xda\x07\x0a\x11", (3, 4)),
                11 => (b"\x08\0\0\0\0\0\x05\0\0", (3, 8)),
                6 => continue,
                _ => (b"\x03abc", (3, 3)),
            };
            let body = [b"\0\0", value].concat();
            assert_eq!(spans(&body, &[kind]).unwrap(), [Some(want)], "{kind}");
            for len in 0..body.len() {
                assert!(spans(&body[..len], &[kind]).is_err(), "{kind} {len}");
            }
            assert!(spans(&[&body[..], b"x"].concat(), &[kind]).is_err(), "{kind}");
            assert_eq!(spans(b"\0\x04", &[kind]).unwrap(), [None], "{kind}");
        }
        assert_eq!(spans(b"\0\0", &[6]).unwrap(), [None]);
    }

    /// Four columns of a MariaDB 10.11 and of a MySQL 9.7: TINYINT -5, TIME '-838:59:58.999999',
    /// VARBINARY 'vb', BIGINT 1; then the same with NULL in all but the last.
    #[test]
    fn rows_of_servers() {
        let kinds = [1, 11, 253, 8];
        let row = b"\0\0\xfb\x0c\x01\"\0\0\0\x16;:?B\x0f\0\x02vb\x01\0\0\0\0\0\0\0";
        let want = [Some((2, 1)), Some((4, 12)), Some((17, 2)), Some((19, 8))];
        assert_eq!(spans(row, &kinds).unwrap(), want);
        let row = b"\0\x1c\x01\0\0\0\0\0\0\0";
        assert_eq!(spans(row, &kinds).unwrap(), [None, None, None, Some((2, 8))]);
    }

    /// The bits of any number of columns: alone, each one NULL among values, each one a value among NULLs,
    /// every third.
    #[test]
    fn null_bits_of_rows_of_every_width() {
        let counts = (0..20).chain(54..70).chain(108..124).chain([511, 512, 513, 4096]);
        for count in counts {
            let kinds = vec![kind::TINY; count];
            let check = |is_null: &dyn Fn(usize) -> bool| {
                let mut body = vec![0; 1 + (count + 9) / 8];
                let mut want = Vec::new();
                for i in 0..count {
                    if is_null(i) {
                        body[1 + (i + 2) / 8] |= 1 << ((i + 2) % 8);
                        want.push(None);
                    } else {
                        want.push(Some((body.len(), 1)));
                        body.push(b'x');
                    }
                }
                assert_eq!(spans(&body, &kinds).unwrap(), want, "{count}");
                // Bits that belong to no column mean nothing.
                body[1] |= 3;
                if (count + 2) % 8 != 0 {
                    body[(count + 9) / 8] |= 0x80;
                }
                assert_eq!(spans(&body, &kinds).unwrap(), want, "{count}");
            };
            check(&|_| false);
            check(&|_| true);
            check(&|i| i % 3 == 0);
            for at in (0..count).step_by(1 + count / 100) {
                check(&|i| i == at);
                check(&|i| i != at);
            }
        }
    }

    #[test]
    fn lengths_of_every_width() {
        for (head, len) in [
            (&b"\xfa"[..], 250usize),
            (b"\xfc\xfb\x00", 251),
            (b"\xfd\x00\x00\x01", 65536),
            (b"\xfe\x00\x00\x01\x00\x00\x00\x00\x00", 65536),
        ] {
            let mut body = [b"\0\0", head].concat();
            body.resize(2 + head.len() + len, b'x');
            body.push(7);
            let want = [Some((2 + head.len(), len)), Some((2 + head.len() + len, 1))];
            assert_eq!(spans(&body, &[kind::BLOB, kind::TINY]).unwrap(), want);
        }
    }

    #[test]
    fn lengths_of_dates_and_times() {
        let value = |length: u8| [&[0, 0, length][..], &vec![1; length.into()]].concat();
        for length in 0..=255 {
            let want = Some((3, usize::from(length)));
            for kind in [kind::DATE, kind::DATETIME, kind::TIMESTAMP] {
                let row = spans(&value(length), &[kind]);
                assert_eq!(row.is_ok(), [0, 4, 7, 11].contains(&length), "{length}");
                assert!(row.is_err() || row == Ok(vec![want]));
            }
            let row = spans(&value(length), &[kind::TIME]);
            assert_eq!(row.is_ok(), [0, 8, 12].contains(&length), "{length}");
            assert!(row.is_err() || row == Ok(vec![want]));
        }
    }

    #[test]
    fn every_malformed_row_is_refused() {
        for body in [
            &b""[..],
            b"\0",
            b"\x01\0\x01a",
            b"\xfe\0\x01a",
            b"\0\0",
            b"\0\0\x05abcd",
            b"\0\0\xfb",
            b"\0\0\xfc\x01",
            b"\0\0\xfc\xff\xff",
            b"\0\0\xfe\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\0\0\xff",
            b"\0\0\x01ab",
            b"\0\x04a",
        ] {
            assert!(spans(body, &[kind::VARSTRING]).is_err(), "{body:x?}");
        }
    }

    /// Whatever comes, a cell lies in the packet.
    #[test]
    fn no_bytes_lead_out_of_the_packet() {
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = || {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random.to_le_bytes()[3]
        };
        let mut taken = 0;
        for _ in 0..50_000 {
            let kinds: Vec<u8> = (0..next() % 6).map(|_| next() % 17).collect();
            let mut body: Vec<u8> = (0..next() % 40).map(|_| next() % 14).collect();
            if let Some(first) = body.first_mut() {
                *first = 0;
            }
            if let Ok(row) = spans(&body, &kinds) {
                taken += 1;
                let fits = |&(at, length): &(usize, usize)| at + length <= body.len();
                assert!(row.iter().flatten().all(fits));
            }
        }
        assert!(taken > 100, "{taken}");
    }
}
