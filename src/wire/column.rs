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
        let mut at = 0;
        let mut field = || {
            let span = string(body, at);
            at = span.map_or(at, |span| span.end());
            span.ok_or(ProtocolError::Truncated { packet: "column definition", offset: at })
        };
        field()?; // catalog, always "def"
        let names = [field()?, field()?, field()?, field()?, field()?];
        let fixed = field()?.of(body);
        let Some(&[a, b, c, d, e, f, kind, g, h, decimals]) = fixed.first_chunk::<FIXED>() else {
            return Err(ProtocolError::Truncated { packet: "column definition", offset: at });
        };
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

/// The string at `at`, whose length stands before it.
#[inline]
fn string(body: &[u8], at: usize) -> Option<Span> {
    let span = match body.get(at) {
        Some(&len @ 0..=250) => Span::new(at + 1, len.into())?,
        _ => long_string(body, at)?,
    };
    (span.end() <= body.len()).then_some(span)
}

#[cold]
fn long_string(body: &[u8], at: usize) -> Option<Span> {
    let mut cursor = Cursor::new("column definition", body.get(at..)?);
    let len = usize::try_from(cursor.lenenc().ok()?).ok()?;
    Span::new(body.len() - cursor.rest().len(), len)
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
