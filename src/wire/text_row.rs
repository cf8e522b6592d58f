// SPDX-License-Identifier: Apache-2.0
//! A text row: one string with its length before it per column, or 0xfb for NULL. Walked once; the cells
//! point into the packet.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset_row.html>

use std::sync::atomic::AtomicU8;

use crate::buf::Cell;
use crate::error::ProtocolError;

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

/// Fills `cells`, one per column, from the row packet `body`, whose first byte is at `base`.
#[inline]
pub fn parse(body: &[u8], base: *mut u8, cells: &mut [Cell]) -> Result<(), ProtocolError> {
    let mut at = 0;
    for cell in cells {
        let Some(&first) = body.get(at) else {
            return Err(truncated(at));
        };
        at += 1;
        let mut length = usize::from(first);
        if first > 250 {
            match long_length(body.get(at..).unwrap_or_default(), first) {
                Some(Field::Null) => {
                    *cell = null_cell();
                    continue;
                }
                Some(Field::Long { length: len, width }) => {
                    length = len;
                    at += width;
                }
                None => return Err(truncated(at)),
            }
        }
        // Never wraps: `at` is at most body.len() here.
        if length > body.len() - at {
            return Err(truncated(at));
        }
        *cell = Cell { data: base.wrapping_add(at), length };
        at += length;
    }
    if at == body.len() {
        return Ok(());
    }
    Err(ProtocolError::Invalid { packet: "row", field: "length: bytes are left over" })
}

enum Field {
    Null,
    Long { length: usize, width: usize },
}

/// A field whose length does not fit one byte.
#[cold]
fn long_length(rest: &[u8], first: u8) -> Option<Field> {
    let (length, width) = match (first, rest) {
        (0xfb, _) => return Some(Field::Null),
        (0xfc, [a, b, ..]) => (u64::from(u16::from_le_bytes([*a, *b])), 2),
        (0xfd, [a, b, c, ..]) => (u64::from(u32::from_le_bytes([*a, *b, *c, 0])), 3),
        (0xfe, _) => (u64::from_le_bytes(*rest.first_chunk()?), 8),
        _ => return None,
    };
    Some(Field::Long { length: usize::try_from(length).ok()?, width })
}

#[cold]
fn truncated(offset: usize) -> ProtocolError {
    ProtocolError::Truncated { packet: "row", offset }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each cell as offset and length; `None` for NULL.
    fn spans(body: &[u8], columns: usize) -> Result<Vec<Option<(usize, usize)>>, ProtocolError> {
        let mut cells = vec![null_cell(); columns];
        let base = body.as_ptr().cast_mut();
        parse(body, base, &mut cells)?;
        let offset = |cell: &Cell| cell.data.addr() - base.addr();
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
