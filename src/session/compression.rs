// SPDX-License-Identifier: Apache-2.0
//! What a program says about compression before it connects. What becomes of it is decided at login.

use crate::proto::login::Offer;
use crate::session::config::Choice;
use crate::wire::zframe::Algorithm;

/// Compression methods, the best one first, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Compression {
    methods: [Option<Algorithm>; 2],
    zlib_level: u8,
    zstd_level: u8,
    required: bool,
}

impl Default for Compression {
    /// None; the levels are the ones the methods themselves take for usual.
    fn default() -> Self {
        Self { methods: [None; 2], zlib_level: 6, zstd_level: 3, required: false }
    }
}

impl Compression {
    /// Takes an option. Whether it was taken; if not, nothing has changed.
    pub(super) fn choose(&mut self, choice: Choice<'_>) -> bool {
        match choice {
            Choice::Compression(list) => match parse(list) {
                Some(methods) => self.methods = methods,
                None => return false,
            },
            Choice::CompressionRequired(value @ 0..=1) => self.required = value == 1,
            Choice::ZlibLevel(level @ 1..=9) => self.zlib_level = low_byte(level),
            Choice::ZstdLevel(level @ 1..=22) => self.zstd_level = low_byte(level),
            _ => return false,
        }
        true
    }

    /// Asks for a method, unless others are asked for.
    pub(super) fn add(&mut self, method: Algorithm) {
        if self.methods == [None; 2] {
            self.methods = [Some(method), None];
        }
    }

    /// The level for a method.
    pub(super) fn level(&self, method: Algorithm) -> u8 {
        match method {
            Algorithm::Zlib => self.zlib_level,
            Algorithm::Zstd => self.zstd_level,
        }
    }

    /// What the login needs of it.
    pub(super) fn offer(&self) -> Offer {
        let Self { methods, zstd_level, required, .. } = *self;
        Offer { methods, zstd_level, required }
    }
}

fn low_byte(level: u32) -> u8 {
    let [low, ..] = level.to_le_bytes();
    low
}

/// The methods that a list names. `uncompressed` may end it, as in the servers' own lists.
fn parse(list: &[u8]) -> Option<[Option<Algorithm>; 2]> {
    let (mut methods, mut ended) = ([None; 2], false);
    for name in list.split(|&byte| byte == b',') {
        let method = match name.trim_ascii() {
            b"zlib" => Algorithm::Zlib,
            b"zstd" => Algorithm::Zstd,
            b"uncompressed" if !ended => {
                ended = true;
                continue;
            }
            _ => return None,
        };
        if ended || methods.contains(&Some(method)) {
            return None;
        }
        *methods.iter_mut().find(|place| place.is_none())? = Some(method);
    }
    Some(methods)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_their_order() {
        use Algorithm::{Zlib, Zstd};
        for (list, methods) in [
            (&b"zlib"[..], Some([Some(Zlib), None])),
            (b"zstd, zlib", Some([Some(Zstd), Some(Zlib)])),
            (b"zlib,zstd,uncompressed", Some([Some(Zlib), Some(Zstd)])),
            (b"uncompressed", Some([None, None])),
            (b"", None),
            (b"zlib,", None),
            (b"zlib,zlib", None),
            (b"uncompressed,zlib", None),
            (b"ZLIB", None),
            (b"lz4", None),
        ] {
            assert_eq!(parse(list), methods, "{}", String::from_utf8_lossy(list));
        }
    }

    #[test]
    fn refused_values_change_nothing() {
        let mut compression = Compression::default();
        for choice in [
            Choice::Compression(b"gzip"),
            Choice::CompressionRequired(2),
            Choice::ZlibLevel(0),
            Choice::ZlibLevel(10),
            Choice::ZstdLevel(0),
            Choice::ZstdLevel(23),
        ] {
            assert!(!compression.choose(choice));
            assert_eq!(compression, Compression::default());
        }
        assert!(
            compression.choose(Choice::ZstdLevel(22)) && compression.choose(Choice::ZlibLevel(9))
        );
        assert_eq!(
            (compression.level(Algorithm::Zstd), compression.level(Algorithm::Zlib)),
            (22, 9)
        );
    }

    #[test]
    fn the_old_option_asks_for_zlib_unless_a_list_was_given() {
        let mut compression = Compression::default();
        compression.add(Algorithm::Zlib);
        assert_eq!(compression.offer().methods, [Some(Algorithm::Zlib), None]);
        assert!(compression.choose(Choice::Compression(b"zstd")));
        compression.add(Algorithm::Zlib);
        assert_eq!(compression.offer().methods, [Some(Algorithm::Zstd), None]);
    }
}
