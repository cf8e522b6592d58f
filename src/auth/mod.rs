// SPDX-License-Identifier: Apache-2.0
//! Login methods: each answers a challenge, and some go on talking. Owns what a method remembers between
//! packets; never frames a packet, never sends. One method per file.
//!
//! A method not listed in `Exchange::start` is refused before a byte derived from the password leaves.

#![deny(clippy::indexing_slicing)]

mod caching_sha2;
mod native;

use zeroize::Zeroizing;

use crate::error::AuthError;

/// Bytes of a challenge, in every method here.
const CHALLENGE: usize = 20;

/// A password: overwritten when it is dropped, and not shown by `Debug`.
#[derive(Clone, Default)]
pub struct Password(Zeroizing<Vec<u8>>);

impl Password {
    /// A copy of `bytes`.
    pub fn new(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }

    /// The password; empty for none.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(..)")
    }
}

/// How far the channel to the server can be trusted with a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// Nobody else can read it: a unix socket.
    Private,
    /// Others could read it, but a key fetched over it may be used: a loopback address, or the
    /// program said so.
    KeyTrusted,
    /// Others could read or change it.
    Open,
}

/// What the client sends next.
#[derive(Debug)]
pub enum Answer {
    /// This payload.
    Send(Zeroizing<Vec<u8>>),
    /// Nothing: the server speaks next.
    Wait,
}

/// A login under way, named for its method.
#[derive(Debug)]
pub enum Exchange {
    /// `mysql_native_password`.
    Native,
    /// `caching_sha2_password`.
    CachingSha2(caching_sha2::CachingSha2),
}

impl Exchange {
    /// The method for accounts of servers that name none, or one that is not known here: the server
    /// then asks for the account's own method.
    pub const DEFAULT: &'static [u8] = native::NAME;

    /// Whether `method` is known.
    pub fn knows(method: &[u8]) -> bool {
        matches!(method, native::NAME | caching_sha2::NAME)
    }

    /// Begins `method` with the server's `challenge`: the exchange and the first answer.
    pub fn start(
        method: &[u8],
        challenge: &[u8],
        password: &[u8],
    ) -> Result<(Self, Zeroizing<Vec<u8>>), AuthError> {
        match method {
            native::NAME => Ok((Self::Native, native::answer(challenge, password)?)),
            caching_sha2::NAME => {
                let (exchange, answer) = caching_sha2::CachingSha2::start(challenge, password)?;
                Ok((Self::CachingSha2(exchange), answer))
            }
            other => {
                let name: String = String::from_utf8_lossy(other).chars().take(64).collect();
                Err(AuthError::UnknownMethod(name))
            }
        }
    }

    /// Goes on with `data` from the server (without the byte that marks it). `None` if the method has
    /// no further data.
    pub fn on_data(
        &mut self,
        data: &[u8],
        password: &[u8],
        channel: Channel,
    ) -> Result<Option<Answer>, AuthError> {
        match self {
            Self::Native => Ok(None),
            Self::CachingSha2(exchange) => exchange.on_data(data, password, channel),
        }
    }
}

/// The challenge as exactly 20 bytes.
fn challenge<'a>(method: &'static str, bytes: &'a [u8]) -> Result<&'a [u8; CHALLENGE], AuthError> {
    bytes.try_into().map_err(|_| AuthError::BadChallenge(method, bytes.len()))
}

/// `a XOR b`, as long as the shorter.
fn xor(a: &[u8], b: &[u8]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(a.iter().zip(b).map(|(a, b)| a ^ b).collect())
}
