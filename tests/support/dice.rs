// SPDX-License-Identifier: Apache-2.0
//! Numbers that look random, the same for the same seed on every machine (SplitMix64).

#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^ (number >> 31)
    }

    /// One of 0, 1, ... `limit` - 1.
    pub fn below(&mut self, limit: usize) -> usize {
        (self.number() % limit.max(1) as u64) as usize
    }

    /// True `percent` times out of a hundred.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// True once in `limit` times.
    pub fn one_in(&mut self, limit: usize) -> bool {
        self.below(limit) == 0
    }

    /// One of them.
    pub fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    /// A size: mostly small, now and then up to `most`.
    pub fn size(&mut self, most: usize) -> usize {
        let limit = match self.below(10) {
            0..=5 => 20,
            6..=7 => 300,
            8 => 20_000,
            _ => most,
        };
        self.below(limit.min(most) + 1)
    }

    /// Letters that do not get fewer by compression.
    pub fn letters(&mut self, size: usize) -> String {
        let mut text = String::with_capacity(size);
        while text.len() < size {
            let mut number = self.number();
            for _ in 0..8.min(size - text.len()) {
                text.push(char::from(b'a' + (number % 26) as u8));
                number >>= 8;
            }
        }
        text
    }
}
