// SPDX-License-Identifier: Apache-2.0
//! The command that logs in again, as somebody else.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_change_user.html>

use crate::wire::caps::Caps;
use crate::wire::command::COM_CHANGE_USER;
use crate::wire::put;

/// The command with all that belongs to it.
#[derive(Debug, Clone, Copy)]
pub struct ChangeUser<'a> {
    /// Capabilities of the session, which stay.
    pub caps: Caps,
    /// User name.
    pub user: &'a [u8],
    /// What the login method says first.
    pub answer: &'a [u8],
    /// Default schema; empty for none.
    pub schema: &'a [u8],
    /// Collation id; 0 leaves the choice to the server.
    pub charset: u8,
    /// The login method of `answer`.
    pub method: &'a [u8],
    /// Connection attributes, names and values.
    pub attributes: &'a [(Vec<u8>, Vec<u8>)],
}

impl ChangeUser<'_> {
    /// Bytes that `put` appends, at most.
    pub fn size(&self) -> usize {
        let names = self.user.len() + self.schema.len() + self.method.len() + self.answer.len();
        16 + names + put::attributes_size(self.attributes)
    }

    /// Appends the payload, the command's byte included.
    pub fn put(&self, out: &mut Vec<u8>) {
        out.push(COM_CHANGE_USER);
        put::nul_bytes(out, self.user);
        if self.caps.has(Caps::SECURE_CONNECTION) {
            // One length byte, whatever the capabilities say. What does not fit is left out: the server
            // asks for it.
            let answer = if self.answer.len() > 250 { &[] } else { self.answer };
            put::lenenc_bytes(out, answer);
        } else {
            put::nul_bytes(out, self.answer);
        }
        put::nul_bytes(out, self.schema);
        out.extend_from_slice(&[self.charset, 0]);
        if self.caps.has(Caps::PLUGIN_AUTH) {
            put::nul_bytes(out, self.method);
        }
        if self.caps.has(Caps::CONNECT_ATTRS) {
            put::attributes(out, self.attributes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_in_their_order() {
        let attributes = [(b"a".to_vec(), b"xyz".to_vec())];
        let caps = Caps::PLUGIN_AUTH.with(Caps::SECURE_CONNECTION).with(Caps::CONNECT_ATTRS);
        let packet = ChangeUser {
            caps,
            user: b"me",
            answer: b"abc",
            schema: b"db",
            charset: 45,
            method: b"m",
            attributes: &attributes,
        };
        let mut out = Vec::new();
        packet.put(&mut out);
        assert_eq!(out, b"\x11me\0\x03abcdb\0\x2d\0m\0\x06\x01a\x03xyz");
        assert!(out.len() <= packet.size());
        let long = [b'x'; 300];
        for (caps, answer, want) in [
            (Caps::default(), &b"abc"[..], &b"\x11me\0abc\0db\0\x2d\0"[..]),
            (Caps::SECURE_CONNECTION, &long, b"\x11me\0\0db\0\x2d\0"),
        ] {
            out.clear();
            ChangeUser { caps, answer, ..packet }.put(&mut out);
            assert_eq!(out, want);
        }
    }
}
