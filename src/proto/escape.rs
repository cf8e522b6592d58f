// SPDX-License-Identifier: Apache-2.0
//! Client-side parameters: every `?` of a query text is replaced by the next parameter's text. Knows
//! nothing of quotes or character sets, by contract (see docs/contract.md, PAR and ESC).

use std::borrow::Cow;
use std::io::Write;

/// One parameter.
#[derive(Debug, Clone, PartialEq)]
pub enum Param<'a> {
    /// Bytes as they are.
    Raw(Cow<'a, [u8]>),
    /// Escaped, between quotes.
    Quoted(Cow<'a, [u8]>),
    /// Escaped, without quotes.
    Like(Cow<'a, [u8]>),
    /// A signed integer.
    Signed(i64),
    /// An unsigned integer.
    Unsigned(u64),
    /// Seven decimals.
    Float(f32),
    /// Fifteen decimals.
    Double(f64),
}

impl Param<'_> {
    /// Bytes of a value that is text.
    pub fn bytes(&self) -> usize {
        match self {
            Self::Raw(bytes) | Self::Quoted(bytes) | Self::Like(bytes) => bytes.len(),
            _ => 0,
        }
    }

    /// The most bytes that it has more in a statement's text: it may be escaped, or be a number.
    pub fn escaped(&self) -> usize {
        self.bytes() + 48
    }

    /// A copy that needs nothing of the program's.
    pub fn into_owned(self) -> Param<'static> {
        match self {
            Self::Raw(bytes) => Param::Raw(Cow::Owned(bytes.into_owned())),
            Self::Quoted(bytes) => Param::Quoted(Cow::Owned(bytes.into_owned())),
            Self::Like(bytes) => Param::Like(Cow::Owned(bytes.into_owned())),
            Self::Signed(value) => Param::Signed(value),
            Self::Unsigned(value) => Param::Unsigned(value),
            Self::Float(value) => Param::Float(value),
            Self::Double(value) => Param::Double(value),
        }
    }

    /// Bytes of a text or blob that it holds.
    pub fn size(&self) -> usize {
        match self {
            Self::Raw(bytes) | Self::Quoted(bytes) | Self::Like(bytes) => bytes.len(),
            Self::Signed(_) | Self::Unsigned(_) | Self::Float(_) | Self::Double(_) => 0,
        }
    }

    fn put(&self, out: &mut Vec<u8>, no_backslash: bool) {
        // Writing to a vector cannot fail.
        let _ = match self {
            Self::Raw(bytes) => out.write_all(bytes),
            Self::Like(bytes) => {
                escape(out, bytes, no_backslash);
                Ok(())
            }
            Self::Quoted(bytes) => {
                out.push(b'\'');
                escape(out, bytes, no_backslash);
                out.write_all(b"'")
            }
            Self::Signed(value) => write!(out, "{value}"),
            Self::Unsigned(value) => write!(out, "{value}"),
            // As C's "%.7f" of the float as a double.
            Self::Float(value) => write!(out, "{:.7}", f64::from(*value)),
            Self::Double(value) => write!(out, "{value:.15}"),
        };
    }
}

/// Number of `?` in `text`.
pub fn placeholders(text: &[u8]) -> usize {
    text.iter().filter(|&&byte| byte == b'?').count()
}

/// Appends `text` with its `?` replaced. Parameters without a `?` are left out; a `?` without a
/// parameter stays.
pub fn fill(out: &mut Vec<u8>, text: &[u8], params: &[Param<'_>], no_backslash: bool) {
    let mut params = params.iter();
    for (i, piece) in text.split(|&byte| byte == b'?').enumerate() {
        if i > 0 {
            match params.next() {
                Some(param) => param.put(out, no_backslash),
                None => out.push(b'?'),
            }
        }
        out.extend_from_slice(piece);
    }
}

/// Appends `bytes` escaped for a string literal: with backslashes, or, in the SQL mode
/// NO_BACKSLASH_ESCAPES, with the quote doubled.
fn escape(out: &mut Vec<u8>, bytes: &[u8], no_backslash: bool) {
    out.reserve(bytes.len());
    for &byte in bytes {
        let second = match byte {
            b'\'' if no_backslash => {
                out.extend_from_slice(b"''");
                continue;
            }
            _ if no_backslash => 0,
            0 => b'0',
            b'\n' => b'n',
            b'\r' => b'r',
            0x1a => b'Z',
            b'"' | b'\'' | b'\\' => byte,
            _ => 0,
        };
        if second == 0 {
            out.push(byte);
        } else {
            out.extend_from_slice(&[b'\\', second]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str, params: &[Param<'_>], no_backslash: bool) -> String {
        let mut out = Vec::new();
        fill(&mut out, text.as_bytes(), params, no_backslash);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_kind_of_parameter() {
        let params = [
            Param::Raw(Cow::Borrowed(b"NULL")),
            Param::Quoted(Cow::Borrowed(b"it's")),
            Param::Like(Cow::Borrowed(b"50%\\")),
            Param::Signed(-1),
            Param::Unsigned(u64::MAX),
            Param::Float(0.1),
            Param::Double(-0.5),
        ];
        assert_eq!(
            filled("?, ?, '?', ?, ?, ?, ?.", &params, false),
            "NULL, 'it\\'s', '50%\\\\', -1, 18446744073709551615, 0.1000000, -0.500000000000000."
        );
    }

    #[test]
    fn too_few_and_too_many() {
        assert_eq!(filled("a?b?", &[Param::Signed(1)], false), "a1b?");
        assert_eq!(filled("ab", &[Param::Signed(1)], false), "ab");
        assert_eq!(placeholders(b"a?'?'"), 2);
    }

    #[test]
    fn both_ways_to_escape() {
        let all: Vec<u8> = (0..=255).collect();
        let mut out = Vec::new();
        escape(&mut out, &all, true);
        assert_eq!(out.len(), 257);
        assert_eq!(out[0x27..0x29], *b"''");
        out.clear();
        escape(&mut out, &all, false);
        assert_eq!(out.len(), 256 + 7);
        assert!(out.starts_with(b"\\0\x01"));
        for pair in [&b"\\n"[..], b"\\r", b"\\Z", b"\\\"", b"\\'", b"\\\\"] {
            assert!(out.windows(2).any(|w| w == pair), "{pair:?}");
        }
    }
}
