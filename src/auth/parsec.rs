// SPDX-License-Identifier: Apache-2.0
//! `parsec` of MariaDB 11.6 and later: both challenges signed with an Ed25519 key that PBKDF2 makes from
//! the password and the account's salt.
//! <https://mariadb.com/kb/en/authentication-plugin-parsec/>
//!
//! ```text
//! server: challenge 32     client: (nothing)
//! server: 'P', factor, salt 18    client: its challenge 32, signature 64 of both challenges
//! ```

use openssl::hash::MessageDigest;
use openssl::pkcs5::pbkdf2_hmac;
use openssl::pkey::{Id, PKey};
use openssl::rand::rand_bytes;
use openssl::sign::Signer;
use zeroize::Zeroizing;

use super::{Answer, Context, challenge};
use crate::error::AuthError;

const CHALLENGE: usize = 32;
const SALT: usize = 18;

/// Rounds of PBKDF2 are 1,024 times a power of two; a server could name any. 2^10 rounds more than the
/// most that MariaDB has (factor 3) would be seconds of work.
const MOST_FACTOR: u8 = 3;

/// The exchange.
#[derive(Debug)]
pub struct Parsec {
    /// The server's challenge, until it is answered.
    challenge: Option<[u8; CHALLENGE]>,
    /// What the server has of the password: what it told of it, and the public key.
    stored: Vec<u8>,
}

impl Parsec {
    pub(super) fn start(bytes: &[u8]) -> Result<Self, AuthError> {
        Ok(Self { challenge: Some(*challenge("parsec", bytes)?), stored: Vec::new() })
    }

    pub(super) fn on_data(
        &mut self,
        data: &[u8],
        context: &Context<'_>,
    ) -> Result<Option<Answer>, AuthError> {
        let (Some(challenge), [b'P', factor, salt @ ..]) = (self.challenge.take(), data) else {
            return Ok(None);
        };
        if *factor > MOST_FACTOR || salt.len() != SALT {
            return Ok(None);
        }
        let failed = |error: openssl::error::ErrorStack| AuthError::Crypto(error.to_string());
        let mut seed = Zeroizing::new([0; 32]);
        let rounds = 1024_usize << factor;
        pbkdf2_hmac(context.password, salt, rounds, MessageDigest::sha512(), &mut *seed)
            .map_err(failed)?;
        let key = PKey::private_key_from_raw_bytes(&*seed, Id::ED25519).map_err(failed)?;
        self.stored = [data, &key.raw_public_key().map_err(failed)?].concat();
        let mut own = [0; CHALLENGE];
        rand_bytes(&mut own).map_err(failed)?;
        let both = [challenge, own].concat();
        let mut signer = Signer::new_without_digest(&key).map_err(failed)?;
        let signature = signer.sign_oneshot_to_vec(&both).map_err(failed)?;
        Ok(Some(Answer::Send(Zeroizing::new([&own[..], &signature].concat()))))
    }

    /// What the server has of the password, once it was used.
    pub(super) fn stored(&self) -> Option<Vec<u8>> {
        (!self.stored.is_empty()).then(|| self.stored.clone())
    }
}
