// SPDX-License-Identifier: Apache-2.0
//! The column definition packet.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset_column_definition.html>

use crate::buf::Span;
use crate::error::ProtocolError;
use crate::wire::cursor::Cursor;

/// One column of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Schema, table (alias), table, column (alias), column; each may be empty. Spans of the packet;
    /// a byte follows each.
    pub names: [Span; 5],
    /// Collation id.
    pub charset: u16,
    /// Display length.
    pub length: u32,
    /// Wire type.
    pub kind: u8,
    /// Column flags.
    pub flags: u16,
    /// Digits after the point.
    pub decimals: u8,
}

/// Bytes of the fixed part that are read; a longer one is for a future that adds fields at its end.
const FIXED: usize = 10;

impl Column {
    /// Reads the packet.
    pub fn parse(body: &[u8]) -> Result<Self, ProtocolError> {
        let mut rest = body;
        let mut names = [Span::default(); 6];
        for name in &mut names {
            let Some((text, tail)) = string(rest) else {
                return Err(truncated(body, rest));
            };
            let place = Span::new(body.len() - tail.len() - text.len(), text.len());
            let Some(place) = place else {
                return Err(truncated(body, rest));
            };
            *name = place;
            rest = tail;
        }
        let fixed = string(rest).and_then(|(fixed, _)| fixed.first_chunk::<FIXED>());
        let Some(&[a, b, c, d, e, f, kind, g, h, decimals]) = fixed else {
            return Err(truncated(body, rest));
        };
        let [_catalog, names @ ..] = names;
        Ok(Self {
            names,
            charset: u16::from_le_bytes([a, b]),
            length: u32::from_le_bytes([c, d, e, f]),
            kind,
            flags: u16::from_le_bytes([g, h]),
            decimals,
        })
    }
}

/// Whether `parse` can read the packet.
#[inline]
pub fn is_sound(body: &[u8]) -> bool {
    let mut rest = body;
    for _ in 0..6 {
        let Some((_, tail)) = string(rest) else {
            return false;
        };
        rest = tail;
    }
    string(rest).is_some_and(|(fixed, _)| fixed.len() >= FIXED)
}

/// The string in front, with its length before it, and what follows.
#[inline]
fn string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    match bytes.split_first() {
        Some((&len @ 0..=250, tail)) => tail.split_at_checked(usize::from(len)),
        _ => long_string(bytes),
    }
}

#[cold]
#[inline(never)]
fn long_string(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut cursor = Cursor::new("column definition", bytes);
    let text = cursor.lenenc_bytes().ok()?;
    Some((text, cursor.rest()))
}

#[cold]
#[inline(never)]
fn truncated(body: &[u8], rest: &[u8]) -> ProtocolError {
    ProtocolError::Truncated { packet: "column definition", offset: body.len() - rest.len() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_of_a_table() {
        let body =
            b"\x03def\x04test\x01a\x02t1\x02id\x03key\x0c\x3f\x00\x0b\0\0\0\x03\x03\x42\0\0\0";
        let column = Column::parse(body).unwrap();
        let names: [&[u8]; 5] = [b"test", b"a", b"t1", b"id", b"key"];
        assert_eq!(column.names.map(|name| name.of(body)), names);
        assert_eq!((column.charset, column.length, column.kind), (63, 11, 3));
        assert_eq!((column.flags, column.decimals), (0x4203, 0));
        for len in 0..body.len() - 2 {
            assert!(Column::parse(&body[..len]).is_err(), "{len}");
        }
    }
}
