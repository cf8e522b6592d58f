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

/// How the value of a column of each wire type is delimited.
static SHAPES: [u8; 256] = {
    let mut shapes = [STRING; 256];
    let mut kind = 0;
    while kind < shapes.len() {
        #[expect(
            clippy::indexing_slicing,
            clippy::cast_possible_truncation,
            reason = "the compiler runs it"
        )]
        {
            shapes[kind] = shape(kind as u8);
        }
        kind += 1;
    }
    shapes
};

const fn shape(kind: u8) -> u8 {
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
    let Some((&mut first, body)) = body.split_first_mut() else {
        return Err(truncated(size));
    };
    if first != 0 {
        return Err(invalid("first byte"));
    }
    // The bits of the first columns, and of what lies behind, which nobody looks at.
    let nulls = null_bits(body) >> 2;
    let Some((bitmap, values)) = body.split_at_mut_checked((count + 9) / 8) else {
        return Err(truncated(size));
    };
    let rest = if count <= 62 {
        walk(nulls, kinds, cells, values, size)?
    } else {
        walk_wide(bitmap, kinds, cells, values, size)?
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
    mut kinds: &[u8],
    mut cells: &mut [Cell],
    values: &'a mut [u8],
    size: usize,
) -> Result<&'a mut [u8], ProtocolError> {
    let mut rest = values;
    // The first two bits are no column's.
    let mut skip = 2;
    for bytes in bitmap.chunks(8) {
        let here = cells.len().min(64 - skip);
        let (cells_here, cells_left) = cells.split_at_mut(here);
        let (kinds_here, kinds_left) = kinds.split_at(here);
        rest = walk(null_bits(bytes) >> skip, kinds_here, cells_here, rest, size)?;
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
        let shape = SHAPES.get(usize::from(kind)).copied().unwrap_or(STRING);
        let length = if shape <= FIXED {
            usize::from(shape)
        } else if shape == STRING {
            let Some((&mut first, tail)) = rest.split_first_mut() else {
                return Err(truncated(size));
            };
            rest = tail;
            if first > 250 {
                let Some((value, tail)) = long_value(first, rest) else {
                    return Err(truncated(size));
                };
                *cell = Cell { data: value.as_mut_ptr(), length: value.len() };
                rest = tail;
                continue;
            }
            usize::from(first)
        } else if shape == NOTHING {
            *cell = null_cell();
            continue;
        } else {
            let Some((&mut first, tail)) = rest.split_first_mut() else {
                return Err(truncated(size));
            };
            rest = tail;
            if !is_length(shape, first) {
                return Err(invalid("length of a date or time"));
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

/// Whether a date or time may have this length.
#[inline]
fn is_length(shape: u8, length: u8) -> bool {
    let lengths = if shape == TIME { TIME_LENGTHS } else { DATETIME_LENGTHS };
    lengths.checked_shr(length.into()).is_some_and(|bits| bits & 1 != 0)
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
        // The number of types is the caller's word, and must be that of the cells.
        let mut cells = [null_cell(); 2];
        assert!(parse(&mut b"\0\0\x01".to_vec(), &[kind::TINY], &mut cells).is_err());
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
