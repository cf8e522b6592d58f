// SPDX-License-Identifier: Apache-2.0
//! zlib and zstd behind one face: a piece of bytes packed at once, and a stream unpacked step by step.
//! Knows no packets.

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};
use zstd_safe::{CCtx, DCtx, DParameter, InBuffer, OutBuffer, ResetDirective};

use crate::error::{Error, Result};
use crate::wire::zframe::Algorithm;

/// Largest window that a zstd stream may ask for, as a power of two: that of the longest packet.
const MAX_WINDOW_LOG: u32 = 24;

/// Bytes that one byte of a zlib stream can stand for, at most: 258 for two bits.
const MOST_ZLIB: usize = 1_032;

/// The same for zstd: a block of 128 KiB in four bytes.
const MOST_ZSTD: usize = 32 * 1_024;

/// Whether `len` packed bytes can stand for `size` bytes.
pub(super) fn can_be(algorithm: Algorithm, len: usize, size: usize) -> bool {
    let most = match algorithm {
        Algorithm::Zlib => MOST_ZLIB,
        Algorithm::Zstd => MOST_ZSTD,
    };
    size / most <= len
}

/// Packs pieces, each on its own.
pub(super) enum Packer {
    /// zlib.
    Zlib(Compress),
    /// zstd and its level.
    Zstd(CCtx<'static>, i32),
}

impl std::fmt::Debug for Packer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Packer")
    }
}

impl Packer {
    pub(super) fn new(algorithm: Algorithm, level: u8) -> Result<Self> {
        match algorithm {
            Algorithm::Zlib => {
                let level = Compression::new(u32::from(level));
                Ok(Self::Zlib(Compress::new(level, true)))
            }
            Algorithm::Zstd => match CCtx::try_create() {
                Some(context) => Ok(Self::Zstd(context, i32::from(level))),
                None => Err(Error::NoMemory("no memory to compress".to_owned()).into()),
            },
        }
    }

    /// Packs `bytes` into `space`. The length, if they fit.
    pub(super) fn pack(&mut self, bytes: &[u8], space: &mut [u8]) -> Option<usize> {
        match self {
            Self::Zlib(zlib) => {
                zlib.reset();
                let status = zlib.compress(bytes, space, FlushCompress::Finish).ok()?;
                let len = usize::try_from(zlib.total_out()).ok()?;
                (status == Status::StreamEnd).then_some(len)
            }
            Self::Zstd(context, level) => context.compress(space, bytes, *level).ok(),
        }
    }
}

/// What a step of an `Unpacker` came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unpacked {
    /// Bytes taken.
    pub(super) taken: usize,
    /// Bytes given.
    pub(super) given: usize,
    /// The stream has ended.
    pub(super) ended: bool,
}

/// Unpacks one stream after the other.
pub(super) enum Unpacker {
    /// zlib.
    Zlib(Decompress),
    /// zstd.
    Zstd(DCtx<'static>),
}

impl std::fmt::Debug for Unpacker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Unpacker")
    }
}

impl Unpacker {
    pub(super) fn new(algorithm: Algorithm) -> Result<Self> {
        if algorithm == Algorithm::Zlib {
            return Ok(Self::Zlib(Decompress::new(true)));
        }
        let context = DCtx::try_create().and_then(|mut context| {
            context.set_parameter(DParameter::WindowLogMax(MAX_WINDOW_LOG)).ok()?;
            Some(context)
        });
        match context {
            Some(context) => Ok(Self::Zstd(context)),
            None => Err(Error::NoMemory("no memory to decompress".to_owned()).into()),
        }
    }

    /// Begins a new stream.
    pub(super) fn reset(&mut self) {
        match self {
            Self::Zlib(zlib) => zlib.reset(true),
            // It cannot fail for a session.
            Self::Zstd(context) => drop(context.reset(ResetDirective::SessionOnly)),
        }
    }

    /// Unpacks as much of `bytes` as fits into `space`. `None` if they are no stream of this method.
    pub(super) fn step(&mut self, bytes: &[u8], space: &mut [u8]) -> Option<Unpacked> {
        match self {
            Self::Zlib(zlib) => {
                let (taken, given) = (zlib.total_in(), zlib.total_out());
                let status = zlib.decompress(bytes, space, FlushDecompress::None).ok()?;
                Some(Unpacked {
                    taken: usize::try_from(zlib.total_in() - taken).ok()?,
                    given: usize::try_from(zlib.total_out() - given).ok()?,
                    ended: status == Status::StreamEnd,
                })
            }
            Self::Zstd(context) => {
                let (mut from, mut to) = (InBuffer::around(bytes), OutBuffer::around(space));
                let hint = context.decompress_stream(&mut to, &mut from).ok()?;
                Some(Unpacked { taken: from.pos(), given: to.pos(), ended: hint == 0 })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_and_back_in_any_steps() {
        let text: Vec<u8> = (0..20_000u32).flat_map(|i| (i / 7).to_le_bytes()).collect();
        for algorithm in [Algorithm::Zlib, Algorithm::Zstd] {
            let mut space = vec![0; text.len()];
            let mut packer = Packer::new(algorithm, 3).unwrap();
            let mut unpacker = Unpacker::new(algorithm).unwrap();
            for step in [1usize, 7, 1000, text.len()] {
                let len = packer.pack(&text, &mut space).unwrap();
                assert!(len < text.len() / 2 && can_be(algorithm, len, text.len()));
                unpacker.reset();
                let (mut at, mut out, mut ended) = (0, Vec::new(), false);
                while !ended {
                    let mut room = vec![0; step];
                    let end = len.min(at + step);
                    let unpacked = unpacker.step(&space[at..end], &mut room).unwrap();
                    at += unpacked.taken;
                    out.extend_from_slice(&room[..unpacked.given]);
                    ended = unpacked.ended;
                }
                assert_eq!((at, out.len()), (len, text.len()));
                assert!(out == text);
            }
        }
    }

    #[test]
    fn what_does_not_get_shorter_does_not_fit() {
        for algorithm in [Algorithm::Zlib, Algorithm::Zstd] {
            let mut packer = Packer::new(algorithm, 9).unwrap();
            let noise: Vec<u8> = (0..255u8).map(|i| i.wrapping_mul(167) ^ 0x5a).collect();
            assert_eq!(packer.pack(&noise, &mut vec![0; noise.len() - 1]), None);
            assert!(packer.pack(&[7; 255], &mut [0; 254]).is_some());
        }
    }

    #[test]
    fn garbage_is_no_stream() {
        for algorithm in [Algorithm::Zlib, Algorithm::Zstd] {
            let mut unpacker = Unpacker::new(algorithm).unwrap();
            assert_eq!(unpacker.step(b"no stream of any method", &mut [0; 64]), None);
        }
    }

    #[test]
    fn a_bomb_is_as_tight_as_the_method_allows() {
        let zeros = vec![0; 1 << 20];
        for algorithm in [Algorithm::Zlib, Algorithm::Zstd] {
            let mut packer = Packer::new(algorithm, 9).unwrap();
            let len = packer.pack(&zeros, &mut vec![0; 1 << 20]).unwrap();
            assert!(can_be(algorithm, len, zeros.len()), "{algorithm:?}: {len}");
        }
        assert!(!can_be(Algorithm::Zlib, 10, 0xff_ffff) && !can_be(Algorithm::Zstd, 10, 0xff_ffff));
        assert!(!can_be(Algorithm::Zlib, 0, 2_000) && can_be(Algorithm::Zlib, 1, 1_000));
    }
}
