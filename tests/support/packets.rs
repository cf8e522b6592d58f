// SPDX-License-Identifier: Apache-2.0
//! What a server sends, as payloads, and payloads as packets. Written from the protocol's
//! documentation and from captures, not with the library's codec.

/// Capabilities of MariaDB 10.11.
pub const MARIADB_CAPS: u32 = 0x81ff_fffe;
/// Capabilities of MySQL 9.7.
pub const MYSQL_CAPS: u32 = 0xdfff_ffff;
/// The capability that replaces EOF packets.
pub const DEPRECATE_EOF: u32 = 1 << 24;

/// Status: another result follows.
pub const MORE: u16 = 0x0008;
/// Status: a backslash is an ordinary character.
pub const NO_BACKSLASH: u16 = 0x0200;
/// Status: autocommit, what servers usually say.
pub const AUTOCOMMIT: u16 = 0x0002;
/// Status: a transaction is open.
pub const IN_TRANSACTION: u16 = 0x0001;

/// Most bytes in one physical packet.
pub const MAX_FRAME: usize = 0xff_ffff;

/// The challenge of scripted greetings.
pub const CHALLENGE: [u8; 20] = *b"0123456789abcdefghij";

/// A value of a row; `None` is NULL.
pub type Value = Option<Vec<u8>>;

/// The number of a packet that is the n-th of its exchange, from 0.
pub fn number(n: usize) -> u8 {
    n as u8
}

/// A length-encoded integer.
pub fn lenenc(n: u64) -> Vec<u8> {
    match n {
        0..=250 => vec![n as u8],
        251..=0xffff => [&[0xfc], &n.to_le_bytes()[..2]].concat(),
        0x1_0000..=0xff_ffff => [&[0xfd], &n.to_le_bytes()[..3]].concat(),
        _ => [&[0xfe], &n.to_le_bytes()[..]].concat(),
    }
}

/// A string with its length before it.
pub fn text(bytes: &[u8]) -> Vec<u8> {
    [&lenenc(bytes.len() as u64), bytes].concat()
}

/// Appends `payload` as packets, the first numbered `*seq`.
pub fn frame(out: &mut Vec<u8>, seq: &mut u8, payload: &[u8]) {
    let mut rest = payload;
    loop {
        let (piece, tail) = rest.split_at(rest.len().min(MAX_FRAME));
        out.extend_from_slice(&(piece.len() as u32).to_le_bytes()[..3]);
        out.push(*seq);
        out.extend_from_slice(piece);
        *seq = seq.wrapping_add(1);
        rest = tail;
        if piece.len() < MAX_FRAME {
            return;
        }
    }
}

/// `payloads` as packets numbered from `seq`.
pub fn framed(mut seq: u8, payloads: &[Vec<u8>]) -> Vec<u8> {
    let mut out = Vec::new();
    for payload in payloads {
        frame(&mut out, &mut seq, payload);
    }
    out
}

/// A greeting.
#[derive(Debug, Clone)]
pub struct Greeting {
    pub protocol: u8,
    pub version: Vec<u8>,
    pub thread_id: u32,
    pub caps: u32,
    /// MariaDB's.
    pub more_caps: u32,
    pub charset: u8,
    pub status: u16,
    pub challenge: Vec<u8>,
    pub plugin: Vec<u8>,
    /// The NUL after the plugin's name, which old servers leave out.
    pub final_nul: bool,
}

impl Default for Greeting {
    fn default() -> Self {
        Self {
            protocol: 10,
            version: b"5.5.5-10.11.19-MariaDB-scripted".to_vec(),
            thread_id: 4711,
            caps: MARIADB_CAPS,
            more_caps: 0,
            charset: 45,
            status: AUTOCOMMIT,
            challenge: CHALLENGE.to_vec(),
            plugin: b"mysql_native_password".to_vec(),
            final_nul: true,
        }
    }
}

impl Greeting {
    /// As MySQL 9 greets.
    pub fn mysql() -> Self {
        Self {
            version: b"9.7.0-scripted".to_vec(),
            caps: MYSQL_CAPS,
            charset: 255,
            plugin: b"caching_sha2_password".to_vec(),
            ..Self::default()
        }
    }

    /// A server that ends columns and rows with EOF packets.
    pub fn with_eof(self) -> Self {
        Self { caps: self.caps & !DEPRECATE_EOF, ..self }
    }

    pub fn payload(&self) -> Vec<u8> {
        let mut out = vec![self.protocol];
        out.extend_from_slice(&self.version);
        out.push(0);
        out.extend_from_slice(&self.thread_id.to_le_bytes());
        let (first, second) = self.challenge.split_at(self.challenge.len().min(8));
        out.extend_from_slice(first);
        out.push(0);
        out.extend_from_slice(&self.caps.to_le_bytes()[..2]);
        out.push(self.charset);
        out.extend_from_slice(&self.status.to_le_bytes());
        out.extend_from_slice(&self.caps.to_le_bytes()[2..]);
        out.push(self.challenge.len() as u8 + 1);
        out.extend_from_slice(&[0; 6]);
        out.extend_from_slice(&self.more_caps.to_le_bytes());
        out.extend_from_slice(second);
        out.push(0);
        out.extend_from_slice(&self.plugin);
        if self.final_nul {
            out.push(0);
        }
        out
    }
}

/// An OK packet, or, with `head` 0xfe, the one that ends rows.
#[derive(Debug, Clone, Copy)]
pub struct OkPacket<'a> {
    pub head: u8,
    pub affected: u64,
    pub insert_id: u64,
    pub status: u16,
    pub warnings: u16,
    pub info: &'a [u8],
}

impl Default for OkPacket<'_> {
    fn default() -> Self {
        Self { head: 0, affected: 0, insert_id: 0, status: AUTOCOMMIT, warnings: 0, info: b"" }
    }
}

impl OkPacket<'_> {
    pub fn payload(&self) -> Vec<u8> {
        let mut out = vec![self.head];
        out.extend(lenenc(self.affected));
        out.extend(lenenc(self.insert_id));
        out.extend_from_slice(&self.status.to_le_bytes());
        out.extend_from_slice(&self.warnings.to_le_bytes());
        if !self.info.is_empty() {
            out.extend(text(self.info));
        }
        out
    }
}

/// A plain OK.
pub fn ok() -> Vec<u8> {
    OkPacket::default().payload()
}

/// An ERR packet; before the greeting, servers leave the SQLSTATE out.
pub fn err(code: u16, state: Option<&str>, message: &[u8]) -> Vec<u8> {
    let mut out = vec![0xff];
    out.extend_from_slice(&code.to_le_bytes());
    if let Some(state) = state {
        out.push(b'#');
        out.extend_from_slice(state.as_bytes());
    }
    out.extend_from_slice(message);
    out
}

/// An EOF packet.
pub fn eof(status: u16, warnings: u16) -> Vec<u8> {
    let mut out = vec![0xfe];
    out.extend_from_slice(&warnings.to_le_bytes());
    out.extend_from_slice(&status.to_le_bytes());
    out
}

/// The definition of a VARCHAR column.
pub fn column(name: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for part in ["def", "testdb", "alias", "origin", name, "origin_column"] {
        out.extend(text(part.as_bytes()));
    }
    out.push(12);
    out.extend_from_slice(&45u16.to_le_bytes());
    out.extend_from_slice(&1020u32.to_le_bytes());
    out.extend_from_slice(&[253, 1, 0, 0, 0, 0]);
    out
}

/// The definition of a column of any type.
pub fn typed_column(name: &str, kind: u8, flags: u16) -> Vec<u8> {
    let mut out = column(name);
    let at = out.len() - 6;
    out[at] = kind;
    out[at + 1..at + 3].copy_from_slice(&flags.to_le_bytes());
    out
}

/// The answer to a prepare: PrepareOk, and the definitions of parameters and columns.
pub fn prepared(caps: u32, id: u32, params: u16, columns: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut ok = vec![0];
    ok.extend_from_slice(&id.to_le_bytes());
    ok.extend_from_slice(&(columns.len() as u16).to_le_bytes());
    ok.extend_from_slice(&params.to_le_bytes());
    ok.extend_from_slice(&[0, 0, 0]);
    let mut out = vec![ok];
    let old_style = caps & DEPRECATE_EOF == 0;
    let end = || if old_style { vec![eof(AUTOCOMMIT, 0)] } else { Vec::new() };
    if params > 0 {
        out.extend((0..params).map(|_| column("?")));
        out.extend(end());
    }
    if !columns.is_empty() {
        out.extend_from_slice(columns);
        out.extend(end());
    }
    out
}

/// A binary row; each value as it is on the wire, its length byte included.
pub fn binary_row(values: &[Value]) -> Vec<u8> {
    let mut bitmap = vec![0_u8; (values.len() + 2).div_ceil(8)];
    for (i, value) in values.iter().enumerate() {
        if value.is_none() {
            bitmap[(i + 2) / 8] |= 1 << ((i + 2) % 8);
        }
    }
    let values: Vec<u8> = values.iter().flatten().flatten().copied().collect();
    [&[0], &bitmap[..], &values].concat()
}

/// A whole binary result.
pub fn binary_result(
    caps: u32,
    columns: &[Vec<u8>],
    rows: &[Vec<Value>],
    status: u16,
) -> Vec<Vec<u8>> {
    let mut out = vec![lenenc(columns.len() as u64)];
    out.extend_from_slice(columns);
    if caps & DEPRECATE_EOF == 0 {
        out.push(eof(AUTOCOMMIT, 0));
    }
    out.extend(rows.iter().map(|values| binary_row(values)));
    out.push(rows_end(caps, status, 0));
    out
}

/// `result`, as a server sends it with MARIADB_CLIENT_CACHE_METADATA: with its columns or without.
pub fn with_columns(mut result: Vec<Vec<u8>>, columns: usize, follow: bool) -> Vec<Vec<u8>> {
    result[0].push(u8::from(follow));
    if !follow {
        result.drain(1..=columns);
    }
    result
}

/// A text row.
pub fn row<V: AsRef<[u8]>>(values: &[Option<V>]) -> Vec<u8> {
    let mut out = Vec::new();
    for value in values {
        match value {
            Some(bytes) => out.extend(text(bytes.as_ref())),
            None => out.push(0xfb),
        }
    }
    out
}

/// An auth switch request.
pub fn auth_switch(method: &str, challenge: &[u8]) -> Vec<u8> {
    [b"\xfe", method.as_bytes(), b"\0", challenge, b"\0"].concat()
}

/// The end of rows, in the style that `caps` ask for.
pub fn rows_end(caps: u32, status: u16, warnings: u16) -> Vec<u8> {
    if caps & DEPRECATE_EOF == 0 {
        return eof(status, warnings);
    }
    OkPacket { head: 0xfe, status, warnings, ..OkPacket::default() }.payload()
}

/// Header, columns and, in the old style, their EOF.
pub fn columns(caps: u32, names: &[&str]) -> Vec<Vec<u8>> {
    let mut out = vec![lenenc(names.len() as u64)];
    out.extend(names.iter().map(|name| column(name)));
    if caps & DEPRECATE_EOF == 0 {
        out.push(eof(AUTOCOMMIT, 0));
    }
    out
}

/// A whole result with string columns.
pub fn result(caps: u32, names: &[&str], rows: &[Vec<Value>], status: u16) -> Vec<Vec<u8>> {
    let mut out = columns(caps, names);
    out.extend(rows.iter().map(|values| row(values)));
    out.push(rows_end(caps, status, 0));
    out
}

/// Bytes that differ from place to place, and from `seed` to `seed`.
pub fn pattern(len: usize, seed: usize) -> Vec<u8> {
    (0..len).map(|i| (i.wrapping_mul(31) ^ (i >> 8) ^ seed) as u8).collect()
}
