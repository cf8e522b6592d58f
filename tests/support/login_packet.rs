// SPDX-License-Identifier: Apache-2.0
//! Reads the login packet as a server does, field by field, independently of the library's encoder.

/// A login packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginPacket {
    pub caps: u32,
    /// MariaDB's.
    pub more_caps: u32,
    pub max_packet: u32,
    pub charset: u8,
    pub user: Vec<u8>,
    pub answer: Vec<u8>,
    pub schema: Option<Vec<u8>>,
    pub plugin: Option<Vec<u8>>,
    pub attributes: Vec<(String, String)>,
    /// Bytes before the attributes.
    pub head: usize,
}

const LONG_PASSWORD: u32 = 1;
const CONNECT_WITH_DB: u32 = 1 << 3;
const SECURE_CONNECTION: u32 = 1 << 15;
const PLUGIN_AUTH: u32 = 1 << 19;
const CONNECT_ATTRS: u32 = 1 << 20;
const LENENC_ANSWER: u32 = 1 << 21;

impl LoginPacket {
    /// Panics, naming the field, if the packet is not exactly one login packet.
    pub fn parse(payload: &[u8]) -> Self {
        let mut at = Reader { rest: payload };
        let caps = u32::from_le_bytes(at.take(4, "capabilities").try_into().unwrap());
        let max_packet = u32::from_le_bytes(at.take(4, "max packet").try_into().unwrap());
        let charset = at.take(1, "charset")[0];
        assert!(at.take(19, "filler").iter().all(|&byte| byte == 0), "filler is not zero");
        let more_caps =
            u32::from_le_bytes(at.take(4, "MariaDB's capabilities").try_into().unwrap());
        assert!(more_caps == 0 || caps & LONG_PASSWORD == 0, "MySQL has no more capabilities");
        let user = at.until_nul("user").to_vec();
        let answer = if caps & LENENC_ANSWER != 0 {
            at.counted("answer")
        } else if caps & SECURE_CONNECTION != 0 {
            let len = usize::from(at.take(1, "answer length")[0]);
            at.take(len, "answer")
        } else {
            at.until_nul("answer")
        };
        let answer = answer.to_vec();
        let schema = (caps & CONNECT_WITH_DB != 0).then(|| at.until_nul("schema").to_vec());
        let plugin = (caps & PLUGIN_AUTH != 0).then(|| at.until_nul("plugin").to_vec());
        let head = payload.len() - at.rest.len();
        let mut attributes = Vec::new();
        if caps & CONNECT_ATTRS != 0 {
            let mut pairs = Reader { rest: at.counted("attributes") };
            while !pairs.rest.is_empty() {
                let name = String::from_utf8(pairs.counted("attribute name").to_vec()).unwrap();
                let value = String::from_utf8(pairs.counted("attribute value").to_vec()).unwrap();
                attributes.push((name, value));
            }
        }
        assert!(at.rest.is_empty(), "{} bytes after the login packet", at.rest.len());
        Self {
            caps,
            more_caps,
            max_packet,
            charset,
            user,
            answer,
            schema,
            plugin,
            attributes,
            head,
        }
    }

    /// The value of an attribute.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, n: usize, field: &str) -> &'a [u8] {
        let (taken, rest) =
            self.rest.split_at_checked(n).unwrap_or_else(|| panic!("login packet ends in {field}"));
        self.rest = rest;
        taken
    }

    fn until_nul(&mut self, field: &str) -> &'a [u8] {
        let end = self.rest.iter().position(|&byte| byte == 0);
        let text = self.take(end.unwrap_or_else(|| panic!("no NUL after {field}")), field);
        self.take(1, field);
        text
    }

    fn counted(&mut self, field: &str) -> &'a [u8] {
        let first = self.take(1, field)[0];
        let len = match first {
            0..=250 => usize::from(first),
            0xfc => usize::from(u16::from_le_bytes(self.take(2, field).try_into().unwrap())),
            0xfd => {
                let bytes = self.take(3, field);
                usize::from(bytes[0]) | usize::from(bytes[1]) << 8 | usize::from(bytes[2]) << 16
            }
            other => panic!("impossible length {other:#x} of {field}"),
        };
        self.take(len, field)
    }
}
