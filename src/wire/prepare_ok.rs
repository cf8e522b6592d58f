// SPDX-License-Identifier: Apache-2.0
//! The answer to a prepare: the statement's id, and how many parameter and column definitions follow.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_stmt_prepare.html#sect_protocol_com_stmt_prepare_response_ok>

use crate::error::ProtocolError;
use crate::wire::cursor::Cursor;
use crate::wire::reply::OK;

/// The packet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrepareOk {
    /// The server's number for the statement.
    pub statement_id: u32,
    /// Columns of its result; 0 if it has none, or if that depends on the parameters.
    pub columns: u16,
    /// Its `?`.
    pub params: u16,
    /// Warnings.
    pub warnings: u16,
    /// Whether the definitions follow.
    pub metadata_follows: bool,
}

impl PrepareOk {
    /// Reads the packet.
    pub fn parse(body: &[u8]) -> Result<Self, ProtocolError> {
        let mut cursor = Cursor::new("prepare", body);
        let first = cursor.u8()?;
        if first != OK {
            return Err(ProtocolError::Unexpected { expected: "a prepare packet", got: first });
        }
        let (statement_id, columns, params) = (cursor.u32()?, cursor.u16()?, cursor.u16()?);
        cursor.u8()?;
        // The manual makes the warnings depend on "packet_length > 12", counting a byte that is not in
        // the packet: servers since 5.0 send them in 12. The last byte is there only for clients with
        // CLIENT_OPTIONAL_RESULTSET_METADATA.
        let warnings = if cursor.is_empty() { 0 } else { cursor.u16()? };
        let metadata_follows = cursor.is_empty() || cursor.u8()? != 0;
        Ok(Self { statement_id, columns, params, warnings, metadata_follows })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_there_is() {
        let body = b"\x00\x01\x02\x03\x04\x05\x00\xff\xff\x00\x07\x00\x00";
        let whole = PrepareOk {
            statement_id: 0x0403_0201,
            columns: 5,
            params: 0xffff,
            warnings: 7,
            metadata_follows: false,
        };
        let with_metadata = PrepareOk { metadata_follows: true, ..whole };
        assert_eq!(PrepareOk::parse(body), Ok(whole));
        assert_eq!(PrepareOk::parse(&body[..12]), Ok(with_metadata));
        assert_eq!(PrepareOk::parse(&body[..10]), Ok(PrepareOk { warnings: 0, ..with_metadata }));
        for len in (0..10).chain([11]) {
            assert!(PrepareOk::parse(&body[..len]).is_err(), "{len}");
        }
    }

    #[test]
    fn another_packet_is_refused() {
        assert!(PrepareOk::parse(b"\xfe\0\0\0\0\0\0\0\0\0\0\0").is_err());
    }
}
