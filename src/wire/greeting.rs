// SPDX-License-Identifier: Apache-2.0
//! The server's first packet.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_v10.html>

use crate::error::{Error, ProtocolError, Result};
use crate::wire::caps::Caps;
use crate::wire::cursor::Cursor;
use crate::wire::status::Status;

/// The only version of the protocol spoken since MySQL 3.21.
const VERSION: u8 = 10;

/// A greeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Greeting<'a> {
    /// The server's version text, of any length.
    pub version: &'a [u8],
    /// The server's id for this connection.
    pub thread_id: u32,
    /// What the server can do.
    pub caps: Caps,
    /// The server's default collation; its low byte.
    pub charset: u8,
    /// Status flags.
    pub status: Status,
    /// The challenge for the login, without the NUL that ends it.
    pub challenge: Vec<u8>,
    /// The login method that the challenge is for; empty if the server names none.
    pub method: &'a [u8],
}

impl<'a> Greeting<'a> {
    /// Reads the packet.
    pub fn parse(body: &'a [u8]) -> Result<Self> {
        let mut cursor = Cursor::new("greeting", body);
        let version = cursor.u8()?;
        if version != VERSION {
            return Err(Error::Version(version).into());
        }
        let mut greeting = Self {
            version: cursor.nul_bytes()?,
            thread_id: cursor.u32()?,
            caps: Caps::default(),
            charset: 0,
            status: Status::default(),
            challenge: cursor.bytes(8)?.to_vec(),
            method: &[],
        };
        cursor.u8()?; // filler
        greeting.caps = Caps(cursor.u16()?.into());
        if !cursor.is_empty() {
            greeting.second_half(&mut cursor)?;
        }
        if greeting.caps.has(Caps::PROTOCOL_41) {
            return Ok(greeting);
        }
        Err(Error::Greeting("it lacks the 4.1 protocol: the server is older than 4.1".to_owned())
            .into())
    }

    fn second_half(&mut self, cursor: &mut Cursor<'a>) -> Result<(), ProtocolError> {
        self.charset = cursor.u8()?;
        self.status = Status(cursor.u16()?);
        self.caps = self.caps.with(Caps(u64::from(cursor.u16()?) << 16));
        let length = usize::from(cursor.u8()?);
        cursor.bytes(6)?; // reserved
        let more = cursor.u32()?;
        if !self.caps.has(Caps::LONG_PASSWORD) {
            // MariaDB says so, and has more capabilities than fit.
            self.caps = self.caps.with(Caps(u64::from(more) << 32));
        }
        if self.caps.has(Caps::SECURE_CONNECTION) {
            // "max(13, length - 8)" bytes, of which the last is a NUL.
            let size = length.saturating_sub(8).max(13).min(cursor.rest().len());
            let data = cursor.bytes(size)?;
            self.challenge.extend_from_slice(data.strip_suffix(b"\0").unwrap_or(data));
        }
        if self.caps.has(Caps::PLUGIN_AUTH) {
            self.method = cursor.nul_or_end();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A greeting in the layout of MariaDB 10.11's.
    fn sample(version: &[u8]) -> Vec<u8> {
        let mut body = vec![10];
        body.extend_from_slice(version);
        body.extend_from_slice(b"\0\x2a\0\0\0abcdefgh\0\xfe\xff\x2d\x02\x00\xff\x81\x15");
        body.extend_from_slice(b"\0\0\0\0\0\0\x1d\0\0\0ijklmnopqrst\0mysql_native_password\0");
        body
    }

    #[test]
    fn version_texts_of_any_length() {
        for version in [&b""[..], b"5.5.5-10.11.19-MariaDB-0+deb12u1-with-a-very-long-tail", b"9"] {
            let body = sample(version);
            let greeting = Greeting::parse(&body).unwrap();
            assert_eq!(greeting.version, version);
            assert_eq!((greeting.thread_id, greeting.caps), (42, Caps(0x1d_81ff_fffe)));
            assert_eq!(greeting.challenge, b"abcdefghijklmnopqrst");
            assert_eq!(greeting.method, b"mysql_native_password");
        }
    }

    #[test]
    fn cut_anywhere_is_an_error_or_a_shorter_greeting() {
        let body = sample(b"8.0.1");
        for len in 0..body.len() {
            if let Ok(greeting) = Greeting::parse(&body[..len]) {
                assert!(greeting.challenge.len() <= 20);
            }
        }
        assert_eq!(*Greeting::parse(b"\x09old\0").unwrap_err(), Error::Version(9));
        let old = Greeting::parse(b"\x0a4.0\0\x01\0\0\0abcdefgh\0\x01\0").unwrap_err();
        assert!(matches!(*old, Error::Greeting(_)));
    }
}
