// SPDX-License-Identifier: Apache-2.0
//! The packets that end something: OK, ERR and EOF, and how to tell what a packet is by its first byte
//! and its length.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_response_packets.html>

use crate::error::{ProtocolError, ServerError, SqlState};
use crate::limits::MAX_FRAME;
use crate::wire::cursor::Cursor;
use crate::wire::status::Status;

/// First byte of an ERR packet.
pub const ERR: u8 = 0xff;
/// First byte of an EOF packet, of an OK packet that replaces one, and of an auth switch.
pub const EOF: u8 = 0xfe;
/// First byte of a request for a local file.
pub const LOCAL_FILE: u8 = 0xfb;
/// First byte of an OK packet.
pub const OK: u8 = 0x00;

/// Error of an execute: the server could not prepare the statement again after a table was altered.
pub const NEED_REPREPARE: u16 = 1615;
/// Error of a command for a statement that the server does not have.
pub const UNKNOWN_STATEMENT: u16 = 1243;

/// An OK packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OkPacket<'a> {
    /// Rows changed, or matched.
    pub affected_rows: u64,
    /// Value of an AUTO_INCREMENT column, or 0.
    pub last_insert_id: u64,
    /// Status flags.
    pub status: Status,
    /// Number of warnings.
    pub warnings: u16,
    /// A line of text, or nothing.
    pub info: &'a [u8],
    /// What follows it: with SESSION_TRACK, what has changed in the session, if the status says so.
    pub rest: &'a [u8],
}

impl<'a> OkPacket<'a> {
    /// Reads the packet, whose first byte may be 0x00 or 0xfe.
    #[inline]
    pub fn parse(body: &'a [u8]) -> Result<Self, ProtocolError> {
        let mut cursor = Cursor::new("OK", body);
        cursor.u8()?;
        let affected_rows = cursor.lenenc()?;
        let last_insert_id = cursor.lenenc()?;
        let status = Status(cursor.u16()?);
        let warnings = cursor.u16()?;
        // The manual says that the text goes to the end of the packet; servers put its length before
        // it all the same (net_send_ok uses net_store_data). Take both.
        let whole = cursor.rest();
        let (info, rest) = match cursor.lenenc_bytes() {
            Ok(info) => (info, cursor.rest()),
            Err(_) => (whole, &[][..]),
        };
        Ok(Self { affected_rows, last_insert_id, status, warnings, info, rest })
    }
}

/// Status and warnings of the OK packet that ends rows.
#[inline]
pub fn end_of_rows(body: &[u8]) -> Result<(Status, u16), ProtocolError> {
    // In the usual case both numbers before them have one byte.
    if let &[_, 0..=250, 0..=250, a, b, c, d, ..] = body {
        return Ok((Status(u16::from_le_bytes([a, b])), u16::from_le_bytes([c, d])));
    }
    let ok = OkPacket::parse(body)?;
    Ok((ok.status, ok.warnings))
}

/// The EOF packet of servers without DEPRECATE_EOF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EofPacket {
    /// Number of warnings.
    pub warnings: u16,
    /// Status flags.
    pub status: Status,
}

impl EofPacket {
    /// Reads the packet.
    pub fn parse(body: &[u8]) -> Result<Self, ProtocolError> {
        let mut cursor = Cursor::new("EOF", body);
        cursor.u8()?;
        Ok(Self { warnings: cursor.u16()?, status: Status(cursor.u16()?) })
    }
}

/// Reads an ERR packet. Before the greeting there is no SQLSTATE in it.
pub fn parse_err(body: &[u8]) -> Result<ServerError, ProtocolError> {
    let mut cursor = Cursor::new("ERR", body);
    cursor.u8()?;
    let code = cursor.u16()?;
    let (state, message) = match cursor.rest() {
        [b'#', a, b, c, d, e, message @ ..] => {
            let state = [*a, *b, *c, *d, *e];
            // Programs show it, and take it for a word.
            let is_one = state.iter().all(u8::is_ascii_alphanumeric);
            (if is_one { state } else { usual_state(code) }, message)
        }
        message => (usual_state(code), message),
    };
    Ok(ServerError { code, state, message: message.to_vec() })
}

/// The SQLSTATE where there is none: servers that refuse a connection before they know its protocol leave it out.
fn usual_state(code: u16) -> SqlState {
    match code {
        1040 => *b"08004", // too many connections
        1042 | 1043 | 1047 => *b"08S01",
        1044 | 1045 => *b"28000",
        _ => *b"HY000",
    }
}

/// Whether a packet among rows ends them: an EOF packet has up to 5 bytes; an OK packet in its place
/// any length below a full frame. A row may begin with 0xfe too, but then its first field, and so the
/// packet, has 2^24 bytes or more.
#[inline]
pub fn ends_rows(body: &[u8], deprecate_eof: bool) -> bool {
    body.first() == Some(&EOF) && (body.len() <= 5 || (deprecate_eof && body.len() < MAX_FRAME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ok_packet_with_and_without_text() {
        let ok = OkPacket::parse(b"\x00\xfc\x80\x00\xfa\x02\x02\x01\x00\x03abc").unwrap();
        assert_eq!((ok.affected_rows, ok.last_insert_id, ok.warnings), (128, 250, 1));
        assert!(ok.status.no_backslash_escapes());
        assert_eq!(ok.info, b"abc");
        assert_eq!(OkPacket::parse(b"\x00\x80\x00\x02\x00\x00\x00").unwrap().affected_rows, 128);
        assert_eq!(OkPacket::parse(b"\x00\0\0\x02\0\0\0Rows").unwrap().info, b"Rows");
        assert!(OkPacket::parse(b"\x00\x01\x01\x02").is_err());
    }

    #[test]
    fn errors_with_and_without_state() {
        let error = parse_err(b"\xff\x15\x04#28000Access denied").unwrap();
        assert_eq!((error.code, &error.state), (1045, b"28000"));
        assert_eq!(error.message, b"Access denied");
        let error = parse_err(b"\xff\x10\x04Too many connections").unwrap();
        assert_eq!((error.code, &error.state), (1040, b"08004"));
        assert_eq!(error.message, b"Too many connections");
        let error = parse_err(b"\xff\x10\x04#08\0\xff4Too many").unwrap();
        assert_eq!((error.state, &error.message[..]), (*b"08004", &b"Too many"[..]));
        assert!(parse_err(b"\xff\x10").is_err());
    }

    #[test]
    fn rows_and_their_end() {
        assert!(ends_rows(b"\xfe\0\0\x02\0", false));
        assert!(ends_rows(b"\xfe\0\0\x02\0\0\0", true));
        assert!(!ends_rows(b"\xfe\0\0\x02\0\0\0", false));
        assert!(!ends_rows(b"\x03abc", true));
        assert!(!ends_rows(b"", true));
        let mut long = vec![0; MAX_FRAME];
        long[0] = 0xfe;
        assert!(!ends_rows(&long, true));
    }
}
