// SPDX-License-Identifier: Apache-2.0
//! What an OK packet says has changed in the session, if the login has asked for it.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_ok_packet.html#sect_protocol_basic_ok_packet_sessinfo>

use crate::buf::Span;
use crate::error::ProtocolError;
use crate::wire::cursor::Cursor;

/// Name and value of a system variable; one entry may have several.
pub const VARIABLE: u8 = 0;
/// The default schema.
pub const SCHEMA: u8 = 1;
/// That something has changed: "1" or "0".
pub const STATE: u8 = 2;
/// GTIDs of what was committed, behind a byte that says how they are written.
pub const GTIDS: u8 = 3;
/// The statements that would begin the transaction anew.
pub const CHARACTERISTICS: u8 = 4;
/// Eight letters about the transaction.
pub const TRANSACTION: u8 = 5;

/// One change. Both texts are parts of a buffer, and have a NUL behind them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change {
    /// What has changed.
    pub kind: u8,
    /// Name of a variable; otherwise empty.
    pub name: Span,
    /// Its value now.
    pub value: Span,
}

/// Reads the changes in `bytes`, and puts them into `all`, their texts into `texts`. Those of unknown kinds
/// are left out. `false` if there are more than `most`.
pub fn read(
    bytes: &[u8],
    all: &mut Vec<Change>,
    texts: &mut Vec<u8>,
    most: usize,
) -> Result<bool, ProtocolError> {
    let mut cursor = Cursor::new("session state", bytes);
    while !cursor.is_empty() {
        let kind = cursor.u8()?;
        let mut data = Cursor::new("session state", cursor.lenenc_bytes()?);
        if kind > TRANSACTION {
            continue;
        }
        loop {
            let name = if kind == VARIABLE { data.lenenc_bytes()? } else { &[] };
            if kind == GTIDS {
                data.u8()?;
            }
            // A length of its own is before every value but this one.
            let value = if kind == STATE { data.rest() } else { data.lenenc_bytes()? };
            if all.len() == most {
                return Ok(false);
            }
            let (name, value) = (keep(texts, name)?, keep(texts, value)?);
            all.push(Change { kind, name, value });
            // MariaDB puts all variables into one entry.
            if kind != VARIABLE || data.is_empty() {
                break;
            }
        }
    }
    Ok(true)
}

fn keep(texts: &mut Vec<u8>, text: &[u8]) -> Result<Span, ProtocolError> {
    let invalid = ProtocolError::Invalid { packet: "session state", field: "length" };
    let span = Span::new(texts.len(), text.len()).ok_or(invalid)?;
    texts.extend_from_slice(text);
    texts.push(0);
    Ok(span)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(bytes: &[u8]) -> Result<Vec<(u8, String, String)>, ProtocolError> {
        let (mut all, mut texts) = (Vec::new(), Vec::new());
        assert!(read(bytes, &mut all, &mut texts, 9)?);
        let text = |span: Span| String::from_utf8(span.of(&texts).to_vec()).unwrap();
        Ok(all.iter().map(|c| (c.kind, text(c.name), text(c.value))).collect())
    }

    const SAMPLE: &[u8] =
        b"\x00\x0b\x01a\x02bc\x03def\x01g\x01\x03\x02db\x02\x011\x03\x05\x00\x03a-1\x63\x01x\
        \x04\x01\x00\x05\x09\x08T_______";

    #[test]
    fn every_kind() {
        let seen = read_all(SAMPLE).unwrap();
        let seen: Vec<_> = seen.iter().map(|(k, n, v)| (*k, n.as_str(), v.as_str())).collect();
        assert_eq!(
            seen,
            [
                (VARIABLE, "a", "bc"),
                (VARIABLE, "def", "g"),
                (SCHEMA, "", "db"),
                (STATE, "", "1"),
                (GTIDS, "", "a-1"),
                (CHARACTERISTICS, "", ""),
                (TRANSACTION, "", "T_______"),
            ]
        );
    }

    #[test]
    fn cut_anywhere_is_an_error_or_fewer_changes() {
        for size in 0..SAMPLE.len() {
            if let Ok(all) = read_all(&SAMPLE[..size]) {
                assert!(all.len() < 7, "{size}");
            }
        }
        for lie in [
            &b"\x00\x00"[..],
            b"\x01\x00",
            b"\x03\x01\x00",
            b"\x00\x02\x01a",
            b"\x01\x02\x02d",
            b"\x01\xff",
        ] {
            assert!(read_all(lie).is_err(), "{lie:x?}");
        }
        let (mut all, mut texts) = (Vec::new(), Vec::new());
        assert_eq!(read(SAMPLE, &mut all, &mut texts, 6), Ok(false));
    }
}
