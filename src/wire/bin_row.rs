// SPDX-License-Identifier: Apache-2.0
//! A binary row: a zero byte, a bit for each column that is NULL (from bit 2 on), then the values of the
//! others. Walked once; the cells point into the packet. How a value is delimited follows from its
//! column's wire type.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_binary_resultset.html>

use crate::buf::Cell;
use crate::error::ProtocolError;
use crate::wire::kind;
use crate::wire::text_row::{long_value, null_cell, truncated};

/// The longest value of a fixed length. Shapes up to it are numbers of bytes.
const FIXED: u8 = 8;
/// A length in front, as in text rows.
const STRING: u8 = 16;
/// A length byte in front, of 0, 4, 7 or 11.
const DATETIME: u8 = 17;
/// A length byte in front, of 0, 8 or 12.
const TIME: u8 = 18;
/// NULL whatever its bit says: no bytes.
const NOTHING: u8 = 19;

/// The lengths of `DATETIME`, as bits.
const DATETIME_LENGTHS: u32 = 1 | 1 << 4 | 1 << 7 | 1 << 11;
/// The lengths of `TIME`, as bits.
const TIME_LENGTHS: u32 = 1 | 1 << 8 | 1 << 12;

/// How the value of a column of this wire type is delimited.
#[inline]
fn shape(kind: u8) -> u8 {
    match kind {
        kind::TINY => 1,
        kind::SHORT | kind::YEAR => 2,
        kind::LONG | kind::INT24 | kind::FLOAT => 4,
        kind::LONGLONG | kind::DOUBLE => 8,
        kind::DATE | kind::DATETIME | kind::TIMESTAMP => DATETIME,
        kind::TIME => TIME,
        kind::NULL => NOTHING,
        _ => STRING,
    }
}

/// Fills `cells` from the row packet `body`, which they point into: each has the bytes of its value, with
/// no length before them. `kinds` are the columns' wire types, one for each cell.
#[inline]
pub fn parse(body: &mut [u8], kinds: &[u8], cells: &mut [Cell]) -> Result<(), ProtocolError> {
    let (size, count) = (body.len(), cells.len());
    if kinds.len() != count {
        return Err(invalid("number of columns"));
    }
    // The bits of the first columns, and of what comes behind them, which nobody looks at.
    let nulls = null_bits(body.get(1..).unwrap_or_default()) >> 2;
    let Some((head, values)) = body.split_at_mut_checked(1 + (count + 9) / 8) else {
        return Err(truncated(size));
    };
    match head {
        [0, ..] => {}
        _ => return Err(invalid("first byte")),
    }
    let rest = if count <= 62 {
        walk(nulls, kinds, cells, values, size)?
    } else {
        walk_wide(head, kinds, cells, values, size)?
    };
    if rest.is_empty() {
        return Ok(());
    }
    Err(invalid("length: bytes are left over"))
}

/// More columns than one number has bits for.
#[inline(never)]
fn walk_wide<'a>(
    head: &[u8],
    kinds: &[u8],
    cells: &mut [Cell],
    values: &'a mut [u8],
    size: usize,
) -> Result<&'a mut [u8], ProtocolError> {
    let (mut bits, mut rest) = (head.get(1..).unwrap_or_default().chunks(7), values);
    // Chunks of seven bytes, so that the two bits in front do not count in a 64th.
    let mut skip = 2;
    let (mut kinds, mut cells) = (kinds, cells);
    while !cells.is_empty() {
        let here = cells.len().min(56 - skip);
        let nulls = null_bits(bits.next().unwrap_or_default()) >> skip;
        let (cells_here, cells_left) = cells.split_at_mut(here);
        let (kinds_here, kinds_left) = kinds.split_at(here);
        rest = walk(nulls, kinds_here, cells_here, rest, size)?;
        (kinds, cells, skip) = (kinds_left, cells_left, 0);
    }
    Ok(rest)
}

/// Fills `cells`; the lowest bit of `nulls` is for the first. What is behind the last value.
#[inline(always)]
fn walk<'a>(
    mut nulls: u64,
    kinds: &[u8],
    cells: &mut [Cell],
    mut rest: &'a mut [u8],
    size: usize,
) -> Result<&'a mut [u8], ProtocolError> {
    for (cell, &kind) in cells.iter_mut().zip(kinds) {
        let null = nulls & 1 != 0;
        nulls >>= 1;
        if null {
            *cell = null_cell();
            continue;
        }
        let shape = shape(kind);
        let length = if shape <= FIXED {
            usize::from(shape)
        } else if shape == NOTHING {
            *cell = null_cell();
            continue;
        } else {
            let Some((&mut first, tail)) = rest.split_first_mut() else {
                return Err(truncated(size));
            };
            rest = tail;
            if shape != STRING {
                let lengths = if shape == TIME { TIME_LENGTHS } else { DATETIME_LENGTHS };
                if lengths.checked_shr(u32::from(first)).is_none_or(|bits| bits & 1 == 0) {
                    return Err(invalid("length of a date or time"));
                }
            } else if first > 250 {
                let Some((value, tail)) = long_value(first, rest) else {
                    return Err(truncated(size));
                };
                *cell = Cell { data: value.as_mut_ptr(), length: value.len() };
                rest = tail;
                continue;
            }
            usize::from(first)
        };
        let Some((value, tail)) = rest.split_at_mut_checked(length) else {
            return Err(truncated(size));
        };
        *cell = Cell { data: value.as_mut_ptr(), length };
        rest = tail;
    }
    Ok(rest)
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
    use crate::wire::text_row::is_null;

    /// Each cell as offset and length; `None` for NULL.
    fn spans(body: &[u8], kinds: &[u8]) -> Result<Vec<Option<(usize, usize)>>, ProtocolError> {
        let (mut cells, mut body) = (vec![null_cell(); kinds.len()], body.to_vec());
        parse(&mut body, kinds, &mut cells)?;
        let offset = |cell: &Cell| cell.data.addr() - body.as_ptr().addr();
        Ok(cells.iter().map(|c| (!is_null(c)).then(|| (offset(c), c.length))).collect())
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
}
