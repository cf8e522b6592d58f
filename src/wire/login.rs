// SPDX-License-Identifier: Apache-2.0
//! The client's answer to the greeting.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_handshake_response.html>

use crate::wire::caps::Caps;
use crate::wire::put;

/// The login packet.
#[derive(Debug, Clone, Copy)]
pub struct Login<'a> {
    /// Capabilities both sides use from now on.
    pub caps: Caps,
    /// The largest packet the client says it takes. Servers ignore it.
    pub max_packet: u32,
    /// Collation id; 0 leaves the choice to the server.
    pub charset: u8,
    /// User name.
    pub user: &'a [u8],
    /// Answer to the challenge.
    pub answer: &'a [u8],
    /// Default schema; empty for none.
    pub schema: &'a [u8],
    /// The login method of `answer`.
    pub method: &'a [u8],
    /// Connection attributes, names and values.
    pub attributes: &'a [(Vec<u8>, Vec<u8>)],
    /// The level at which the server is asked to compress, if `caps` say zstd.
    pub zstd_level: u8,
}

/// Appends the fixed part, which by itself is the request to go over to TLS.
/// <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_packets_protocol_ssl_request.html>
pub fn put_head(out: &mut Vec<u8>, caps: Caps, max_packet: u32, charset: u8) {
    let [a, b, c, d, more @ ..] = caps.0.to_le_bytes();
    out.extend_from_slice(&[a, b, c, d]);
    out.extend_from_slice(&max_packet.to_le_bytes());
    out.push(charset);
    out.extend_from_slice(&[0; 19]);
    // MariaDB's; MySQL has none of them.
    out.extend_from_slice(&more);
}

impl Login<'_> {
    /// Bytes that `put` appends, at most.
    pub fn size(&self) -> usize {
        let names = self.user.len() + self.schema.len() + self.method.len() + self.answer.len();
        32 + 33 + names + put::attributes_size(self.attributes)
    }

    /// Appends the payload.
    pub fn put(&self, out: &mut Vec<u8>) {
        put_head(out, self.caps, self.max_packet, self.charset);
        put::nul_bytes(out, self.user);
        self.put_answer(out);
        if self.caps.has(Caps::CONNECT_WITH_DB) {
            put::nul_bytes(out, self.schema);
        }
        if self.caps.has(Caps::PLUGIN_AUTH) {
            put::nul_bytes(out, self.method);
        }
        if self.caps.has(Caps::CONNECT_ATTRS) {
            put::attributes(out, self.attributes);
        }
        if self.caps.has(Caps::ZSTD) {
            out.push(self.zstd_level);
        }
    }

    fn put_answer(&self, out: &mut Vec<u8>) {
        if self.caps.has(Caps::PLUGIN_AUTH_LENENC) {
            put::lenenc_bytes(out, self.answer);
        } else if self.caps.has(Caps::SECURE_CONNECTION) {
            // One length byte. A longer answer is left out: servers without the wide form ask for none,
            // and refuse the login.
            let answer = if self.answer.len() > 250 { &[] } else { self.answer };
            put::lenenc_bytes(out, answer);
        } else {
            put::nul_bytes(out, self.answer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_in_their_order() {
        let attributes = [(b"_client_name".to_vec(), b"x".to_vec())];
        let login = Login {
            caps: Caps::PLUGIN_AUTH
                .with(Caps::SECURE_CONNECTION)
                .with(Caps::CONNECT_WITH_DB)
                .with(Caps::PLUGIN_AUTH_LENENC)
                .with(Caps::CONNECT_ATTRS)
                .with(Caps::ZSTD),
            max_packet: 1 << 20,
            charset: 45,
            user: b"me",
            answer: b"abc",
            schema: b"db",
            method: b"m",
            attributes: &attributes,
            zstd_level: 7,
        };
        let mut out = Vec::new();
        login.put(&mut out);
        assert_eq!(&out[4..9], b"\0\0\x10\0\x2d");
        assert_eq!(&out[32..], b"me\0\x03abcdb\0m\0\x0f\x0c_client_name\x01x\x07");
    }
}
