// SPDX-License-Identifier: Apache-2.0
//! A text row: one string with its length before it per column, or 0xfb for NULL. Walked once; the cells
//! point into the packet.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset_row.html>

use std::sync::atomic::AtomicU8;

use crate::buf::Cell;
use crate::error::ProtocolError;

/// The length byte that means NULL.
const NULL: u8 = 0xfb;

/// What the cell of a NULL points at: programs may read the byte there, and its address tells NULL from
/// an empty string. Atomic only because it must be a writable, shared static.
static NULL_CELL: AtomicU8 = AtomicU8::new(0);

/// The cell of a NULL.
#[inline]
pub fn null_cell() -> Cell {
    Cell { data: NULL_CELL.as_ptr(), length: 0 }
}

/// Whether `cell` is that of a NULL.
#[inline]
pub fn is_null(cell: &Cell) -> bool {
    std::ptr::eq(cell.data, NULL_CELL.as_ptr())
}

/// Fills `cells`, one per column, from the row packet `body`, which they point into.
#[inline(always)]
pub fn parse(body: &mut [u8], cells: &mut [Cell]) -> Result<(), ProtocolError> {
    parse_as::<false>(body, cells)
}

/// As `parse`, for usual rows: no value is longer than 250 bytes. Refuses others.
#[inline(always)]
pub fn parse_usual(body: &mut [u8], cells: &mut [Cell]) -> bool {
    parse_as::<true>(body, cells).is_ok()
}

#[inline(always)]
fn parse_as<const USUAL: bool>(body: &mut [u8], cells: &mut [Cell]) -> Result<(), ProtocolError> {
    let size = body.len();
    let mut rest = body;
    for cell in cells {
        let Some((&mut first, tail)) = rest.split_first_mut() else {
            return Err(truncated(size));
        };
        if first <= 250 {
            let length = usize::from(first);
            let Some((value, tail)) = tail.split_at_mut_checked(length) else {
                return Err(truncated(size));
            };
            *cell = Cell { data: value.as_mut_ptr(), length };
            rest = tail;
        } else if first == NULL {
            *cell = null_cell();
            rest = tail;
        } else if USUAL {
            return Err(truncated(size));
        } else {
            let Some((value, tail)) = long_value(first, tail) else {
                return Err(truncated(size));
            };
            *cell = Cell { data: value.as_mut_ptr(), length: value.len() };
            rest = tail;
        }
    }
    if rest.is_empty() {
        return Ok(());
    }
    Err(ProtocolError::Invalid { packet: "row", field: "length: bytes are left over" })
}

/// A value whose length does not fit one byte, and what follows it.
#[inline(never)]
pub(super) fn long_value(first: u8, rest: &mut [u8]) -> Option<(&mut [u8], &mut [u8])> {
    let width = match first {
        0xfc => 2,
        0xfd => 3,
        0xfe => 8,
        _ => return None,
    };
    let (bytes, tail) = rest.split_at_mut_checked(width)?;
    let length = bytes.iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte));
    tail.split_at_mut_checked(usize::try_from(length).ok()?)
}

#[cold]
pub(super) fn truncated(offset: usize) -> ProtocolError {
    ProtocolError::Truncated { packet: "row", offset }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each cell as offset and length; `None` for NULL.
    fn spans(body: &[u8], columns: usize) -> Result<Vec<Option<(usize, usize)>>, ProtocolError> {
        let (mut cells, mut body) = (vec![null_cell(); columns], body.to_vec());
        parse(&mut body, &mut cells)?;
        let offset = |cell: &Cell| cell.data.addr() - body.as_ptr().addr();
        Ok(cells.iter().map(|c| (!is_null(c)).then(|| (offset(c), c.length))).collect())
    }

    #[test]
    fn null_and_empty_are_told_apart() {
        assert_eq!(spans(b"\x00\xfb\x02ab", 3).unwrap(), [Some((1, 0)), None, Some((3, 2))]);
        assert_eq!(spans(b"", 0).unwrap(), []);
    }

    #[test]
    fn lengths_of_every_width() {
        for (head, len) in [
            (&b"\xfa"[..], 250usize),
            (b"\x80", 128),
            (b"\xfc\xfb\x00", 251),
            (b"\xfd\x00\x00\x01", 65536),
            (b"\xfe\x00\x00\x01\x00\x00\x00\x00\x00", 65536),
        ] {
            let mut body = head.to_vec();
            body.resize(head.len() + len, b'x');
            body.push(0);
            let want = [Some((head.len(), len)), Some((body.len(), 0))];
            assert_eq!(spans(&body, 2).unwrap(), want);
        }
    }

    #[test]
    fn every_malformed_row_is_refused() {
        for body in [
            &b""[..],
            b"\x01",
            b"\x05abcd",
            b"\xfc\x01",
            b"\xfc\xff\xff",
            b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff",
            b"\xff",
            b"\x01ab",
        ] {
            assert!(spans(body, 1).is_err(), "{body:x?}");
        }
    }
}
