// SPDX-License-Identifier: Apache-2.0
//! The column definition packet.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_query_response_text_resultset_column_definition.html>

use crate::error::ProtocolError;
use crate::wire::cursor::Cursor;

/// One column of a result, its names still in the packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ColumnPacket<'a> {
    /// Schema, table (alias), table, column (alias), column; each may be empty.
    pub names: [&'a [u8]; 5],
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

impl<'a> ColumnPacket<'a> {
    /// Reads the packet.
    pub fn parse(body: &'a [u8]) -> Result<Self, ProtocolError> {
        let mut cursor = Cursor::new("column definition", body);
        cursor.lenenc_bytes()?; // catalog, always "def"
        let mut names = [[].as_slice(); 5];
        for name in &mut names {
            *name = cursor.lenenc_bytes()?;
        }
        // The fixed part is length-prefixed too. Its length is 12 today; a longer one is for a future
        // that adds fields at its end.
        let fixed = cursor.lenenc_bytes()?;
        let mut fixed = Cursor::new("column definition", fixed);
        Ok(Self {
            names,
            charset: fixed.u16()?,
            length: fixed.u32()?,
            kind: fixed.u8()?,
            flags: fixed.u16()?,
            decimals: fixed.u8()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_of_a_table() {
        let body =
            b"\x03def\x04test\x01a\x02t1\x02id\x03key\x0c\x3f\x00\x0b\0\0\0\x03\x03\x42\0\0\0";
        let column = ColumnPacket::parse(body).unwrap();
        let names: [&[u8]; 5] = [b"test", b"a", b"t1", b"id", b"key"];
        assert_eq!(column.names, names);
        assert_eq!((column.charset, column.length, column.kind), (63, 11, 3));
        assert_eq!((column.flags, column.decimals), (0x4203, 0));
        for len in 0..body.len() - 2 {
            assert!(ColumnPacket::parse(&body[..len]).is_err(), "{len}");
        }
    }
}
