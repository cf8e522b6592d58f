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
    /// What MariaDB says beyond the wire type, for `Extended`; a span of the packet.
    pub extended: Span,
}

/// Bytes of the fixed part that are read; a longer one is for a future that adds fields at its end.
const FIXED: usize = 10;

impl Column {
    /// Reads the packet.
    pub fn parse(body: &[u8]) -> Result<Self, ProtocolError> {
        Self::read(body, false)
    }

    /// Reads the packet of a connection with MARIADB_CLIENT_EXTENDED_METADATA, which has one more field.
    /// <https://mariadb.com/kb/en/result-set-packets/#column-definition-packet>
    pub fn parse_extended(body: &[u8]) -> Result<Self, ProtocolError> {
        Self::read(body, true)
    }

    fn read(body: &[u8], is_extended: bool) -> Result<Self, ProtocolError> {
        let mut rest = body;
        let mut next = || {
            let (text, tail) = string(rest).ok_or_else(|| truncated(body, rest))?;
            let place = Span::new(body.len() - tail.len() - text.len(), text.len());
            let place = place.ok_or_else(|| truncated(body, rest))?;
            rest = tail;
            Ok(place)
        };
        next()?; // the catalog
        let names = [next()?, next()?, next()?, next()?, next()?];
        let extended = if is_extended { next()? } else { Span::default() };
        let fixed = string(rest).and_then(|(fixed, _)| fixed.first_chunk::<FIXED>());
        let Some(&[a, b, c, d, e, f, kind, g, h, decimals]) = fixed else {
            return Err(truncated(body, rest));
        };
        Ok(Self {
            names,
            charset: u16::from_le_bytes([a, b]),
            length: u32::from_le_bytes([c, d, e, f]),
            kind,
            flags: u16::from_le_bytes([g, h]),
            decimals,
            extended,
        })
    }
}

/// What MariaDB says of a column beyond its wire type. Both are empty for the old types.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Extended<'a> {
    /// A type's name: `uuid`, `inet4`, `inet6`, `point` and the other kinds of geometry.
    pub type_name: &'a [u8],
    /// What the text is: `json`.
    pub format: &'a [u8],
}

impl<'a> Extended<'a> {
    /// Reads the bytes of `Column::extended`: for each thing said, its number and a string. Things that
    /// are not known here are passed over; where the bytes make no sense, reading ends.
    pub fn read(block: &'a [u8]) -> Self {
        let (mut found, mut rest) = (Self::default(), block);
        while let Some((&what, tail)) = rest.split_first()
            && let Some((text, tail)) = string(tail)
        {
            match what {
                0 => found.type_name = text,
                1 => found.format = text,
                _ => {}
            }
            rest = tail;
        }
        found
    }
}

/// Whether `parse` can read the packet.
#[inline]
pub fn is_sound(body: &[u8]) -> bool {
    fixed(body, 6).is_some()
}

/// Whether `parse_extended` can read the packet.
#[inline(never)]
pub fn is_sound_extended(body: &[u8]) -> bool {
    fixed(body, 7).is_some()
}

/// The collation id of bytes that are no characters.
pub const BINARY_CHARSET: u16 = 63;

/// Wire type, flags and collation id of the column, of a packet that is sound.
#[inline(never)]
pub fn kind(body: &[u8]) -> (u8, u16, u16) {
    match fixed(body, 6) {
        Some(&[a, b, _, _, _, _, kind, c, d, _]) => {
            (kind, u16::from_le_bytes([c, d]), u16::from_le_bytes([a, b]))
        }
        None => (0, 0, 0),
    }
}

/// What is wrong with a packet that is not sound.
#[cold]
#[inline(never)]
pub fn unsound(body: &[u8]) -> ProtocolError {
    let why = Column::parse(body).err();
    why.unwrap_or(ProtocolError::Invalid { packet: "column definition", field: "length" })
}

/// The part behind so many strings.
#[inline(always)]
fn fixed(body: &[u8], strings: usize) -> Option<&[u8; FIXED]> {
    let mut rest = body;
    for _ in 0..strings {
        (_, rest) = string(rest)?;
    }
    string(rest)?.0.first_chunk()
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

    /// From a MariaDB 10.11, of temporary tables.
    #[test]
    fn what_mariadb_says_of_its_own_types() {
        let said = |type_name, format| Extended { type_name, format };
        let cases: [(&[u8], u8, Extended<'_>); 4] = [
            (
                b"\x03def\x06testdb\x02tt\x02tt\x01u\x01u\x06\x00\x04uuid\
                  \x0c-\0\x90\0\0\0\xfe\xa0\0\0\0\0",
                0xfe,
                said(b"uuid", b""),
            ),
            (
                b"\x03def\x06testdb\x02tt\x02tt\x01j\x01j\x06\x01\x04json\
                  \x0c-\0\xff\xff\xff\xff\xfc\x90\0\0\0\0",
                0xfc,
                said(b"", b"json"),
            ),
            (
                b"\x03def\x06testdb\x02tt\x02tt\x01p\x01p\x07\x00\x05point\
                  \x0c?\0\xff\xff\xff\xff\xff\x90\0\0\0\0",
                0xff,
                said(b"point", b""),
            ),
            (
                b"\x03def\x06testdb\x02tt\x02tt\x01v\x01v\x00\
                  \x0c-\0\x0c\0\0\0\xfd\0\0\0\0\0",
                0xfd,
                said(b"", b""),
            ),
        ];
        for (body, kind, extended) in cases {
            let column = Column::parse_extended(body).unwrap();
            assert_eq!((column.kind, column.names[3].len), (kind, 1));
            assert_eq!(Extended::read(column.extended.of(body)), extended);
            assert!(is_sound_extended(body));
            for len in 0..body.len() - 2 {
                assert!(Column::parse_extended(&body[..len]).is_err(), "{len}");
                assert!(!is_sound_extended(&body[..len]), "{len}");
            }
        }
    }

    #[test]
    fn what_is_not_known_is_passed_over() {
        let both = Extended { type_name: b"ab", format: b"c" };
        assert_eq!(Extended::read(b"\x07\x01x\x00\x02ab\xff\x00\x01\x01c"), both);
        assert_eq!(Extended::read(b""), Extended::default());
        assert_eq!(Extended::read(b"\x00\x05ab"), Extended::default());
        assert_eq!(Extended::read(b"\x00\x02ab\x01").type_name, b"ab");
        assert_eq!(Extended::read(b"\x00\xfe\xff\xff\xff\xff\xff\xff\xff\xff").type_name, b"");
    }
}
