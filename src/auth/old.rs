// SPDX-License-Identifier: Apache-2.0
//! `mysql_old_password` of MySQL before 4.1: eight bytes from a hash that is long broken. Only if asked
//! for.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_authentication_methods_old_password_authentication.html>

use zeroize::Zeroizing;

use crate::error::AuthError;

/// Bytes of the challenge that count, and of the answer.
const SIZE: usize = 8;

/// The answer and its NUL; empty for an empty password.
pub(super) fn answer(challenge: &[u8], password: &[u8]) -> Result<Zeroizing<Vec<u8>>, AuthError> {
    if password.is_empty() {
        return Ok(Zeroizing::default());
    }
    let challenge: &[u8; SIZE] = challenge.first_chunk().ok_or(AuthError::BadChallenge(
        "mysql_old_password",
        challenge.len(),
        SIZE,
    ))?;
    let (password, message) = (hash(password), hash(challenge));
    let mut random = Random::new(password.0 ^ message.0, password.1 ^ message.1);
    let mut answer = Zeroizing::new(Vec::with_capacity(SIZE + 1));
    for _ in 0..SIZE {
        answer.push(random.byte(31).wrapping_add(64));
    }
    let mask = random.byte(31);
    answer.iter_mut().for_each(|byte| *byte ^= mask);
    answer.push(0);
    Ok(answer)
}

/// The hash of a text, blanks and tabs left out: two numbers of 31 bits.
fn hash(text: &[u8]) -> (u32, u32) {
    let (mut a, mut b, mut add) = (1_345_345_333_u32, 0x1234_5671_u32, 7_u32);
    for byte in text.iter().filter(|&&byte| byte != b' ' && byte != b'\t') {
        let byte = u32::from(*byte);
        a ^= (a & 63).wrapping_add(add).wrapping_mul(byte).wrapping_add(a << 8);
        b = b.wrapping_add((b << 8) ^ a);
        add = add.wrapping_add(byte);
    }
    (a & 0x7fff_ffff, b & 0x7fff_ffff)
}

/// MySQL's old generator of pseudo-random numbers.
struct Random {
    first: u64,
    second: u64,
}

impl Random {
    const LIMIT: u64 = 0x3fff_ffff;

    fn new(first: u32, second: u32) -> Self {
        Self { first: u64::from(first) % Self::LIMIT, second: u64::from(second) % Self::LIMIT }
    }

    /// The next number, scaled to 0..`range`.
    fn byte(&mut self, range: u64) -> u8 {
        self.first = (self.first * 3 + self.second) % Self::LIMIT;
        self.second = (self.first + self.second + 33) % Self::LIMIT;
        // floor(first / LIMIT * range), as the servers compute it in floating point.
        u8::try_from(self.first * range / Self::LIMIT).unwrap_or(0)
    }
}
