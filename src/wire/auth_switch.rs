// SPDX-License-Identifier: Apache-2.0
//! The request to log in by another method.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_auth_switch_request.html>

use crate::error::ProtocolError;
use crate::wire::cursor::Cursor;

/// Name of the method that a request without a name means.
pub const OLD_PASSWORD: &[u8] = b"mysql_old_password";

/// An auth switch request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthSwitch<'a> {
    /// The method.
    pub method: &'a [u8],
    /// Its challenge. A NUL may follow it; the method knows how long its challenge is.
    pub challenge: &'a [u8],
}

impl<'a> AuthSwitch<'a> {
    /// Reads the packet.
    pub fn parse(body: &'a [u8]) -> Result<Self, ProtocolError> {
        let mut cursor = Cursor::new("auth switch", body);
        cursor.u8()?;
        if cursor.is_empty() {
            return Ok(Self { method: OLD_PASSWORD, challenge: &[] });
        }
        let method = cursor.nul_or_end();
        Ok(Self { method, challenge: cursor.rest() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_name_and_without() {
        let switch = AuthSwitch::parse(b"\xfeclient_ed25519\x00abc\x00").unwrap();
        assert_eq!((switch.method, switch.challenge), (&b"client_ed25519"[..], &b"abc\0"[..]));
        assert_eq!(AuthSwitch::parse(b"\xfe").unwrap().method, OLD_PASSWORD);
        assert_eq!(AuthSwitch::parse(b"\xfename").unwrap().method, b"name");
        assert!(AuthSwitch::parse(b"").is_err());
    }
}
