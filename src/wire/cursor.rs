// SPDX-License-Identifier: Apache-2.0
//! Reads a packet from front to back. Every read says where the packet ended too early.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_basic_data_types.html>

use crate::error::ProtocolError;

/// A position in a packet.
#[derive(Debug, Clone, Copy)]
pub struct Cursor<'a> {
    packet: &'static str,
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Cursor<'a> {
    /// At the start of `body`; `packet` names it in errors.
    pub fn new(packet: &'static str, body: &'a [u8]) -> Self {
        Self { packet, rest: body, offset: 0 }
    }

    /// What was not read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next `n` bytes.
    pub fn bytes(&mut self, n: usize) -> Result<&'a [u8], ProtocolError> {
        let Some((taken, rest)) = self.rest.split_at_checked(n) else {
            return Err(ProtocolError::Truncated { packet: self.packet, offset: self.offset });
        };
        self.rest = rest;
        self.offset += n;
        Ok(taken)
    }

    /// The next `N` bytes as an array.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], ProtocolError> {
        let mut array = [0; N];
        array.copy_from_slice(self.bytes(N)?);
        Ok(array)
    }

    /// One byte.
    pub fn u8(&mut self) -> Result<u8, ProtocolError> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// Two bytes, least significant first, as all integers here.
    pub fn u16(&mut self) -> Result<u16, ProtocolError> {
        self.array().map(u16::from_le_bytes)
    }

    /// Four bytes.
    pub fn u32(&mut self) -> Result<u32, ProtocolError> {
        self.array().map(u32::from_le_bytes)
    }

    /// A length-encoded integer: one byte up to 250, else a mark and 2, 3 or 8 bytes.
    pub fn lenenc(&mut self) -> Result<u64, ProtocolError> {
        match self.u8()? {
            byte @ 0..=250 => Ok(u64::from(byte)),
            0xfc => self.u16().map(u64::from),
            0xfd => self.array::<3>().map(|[a, b, c]| u64::from(u32::from_le_bytes([a, b, c, 0]))),
            0xfe => self.array().map(u64::from_le_bytes),
            _ => Err(self.invalid("length")),
        }
    }

    /// A string with its length before it.
    pub fn lenenc_bytes(&mut self) -> Result<&'a [u8], ProtocolError> {
        let len = self.lenenc()?;
        match usize::try_from(len) {
            Ok(len) => self.bytes(len),
            Err(_) => Err(self.invalid("length")),
        }
    }

    /// A string up to its NUL, which is read too.
    pub fn nul_bytes(&mut self) -> Result<&'a [u8], ProtocolError> {
        let Some(len) = self.rest.iter().position(|&byte| byte == 0) else {
            let offset = self.offset + self.rest.len();
            return Err(ProtocolError::Truncated { packet: self.packet, offset });
        };
        let text = self.bytes(len)?;
        self.bytes(1)?;
        Ok(text)
    }

    /// As `nul_bytes`, but the end of the packet ends the string too. Some servers leave the last NUL
    /// out (MySQL before 5.5.10 in the greeting's plugin name, bug 59453).
    pub fn nul_or_end(&mut self) -> &'a [u8] {
        match self.nul_bytes() {
            Ok(text) => text,
            Err(_) => std::mem::take(&mut self.rest),
        }
    }

    /// An error for this packet.
    pub fn invalid(&self, field: &'static str) -> ProtocolError {
        ProtocolError::Invalid { packet: self.packet, field }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_every_width() {
        let cases: &[(&[u8], Option<u64>)] = &[
            (b"\x00", Some(0)),
            (b"\x80", Some(128)),
            (b"\xfa", Some(250)),
            (b"\xfb", None),
            (b"\xfc\xfb\x00", Some(251)),
            (b"\xfc\xfb", None),
            (b"\xfd\xff\xff\xff", Some(0xff_ffff)),
            (b"\xfd\xff\xff", None),
            (b"\xfe\x00\x00\x00\x01\x00\x00\x00\x00", Some(1 << 24)),
            (b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff", Some(u64::MAX)),
            (b"\xfe\x00\x00\x00\x01\x00\x00\x00", None),
            (b"\xff", None),
            (b"", None),
        ];
        for (bytes, want) in cases {
            assert_eq!(Cursor::new("test", bytes).lenenc().ok(), *want, "{bytes:x?}");
        }
    }

    #[test]
    fn a_length_beyond_the_packet_is_an_error_with_its_place() {
        let mut cursor = Cursor::new("test", b"ab\x05xyz");
        assert_eq!(cursor.bytes(2).unwrap(), b"ab");
        assert_eq!(
            cursor.lenenc_bytes(),
            Err(ProtocolError::Truncated { packet: "test", offset: 3 })
        );
        let mut cursor = Cursor::new("test", b"\xfe\xff\xff\xff\xff\xff\xff\xff\xff");
        assert!(cursor.lenenc_bytes().is_err());
    }

    #[test]
    fn strings_that_end_with_nul() {
        let mut cursor = Cursor::new("test", b"one\0two");
        assert_eq!(cursor.nul_bytes().unwrap(), b"one");
        assert!(cursor.nul_bytes().is_err());
        assert_eq!(cursor.nul_or_end(), b"two");
        assert!(cursor.is_empty());
    }
}
