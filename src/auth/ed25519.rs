// SPDX-License-Identifier: Apache-2.0
//! `client_ed25519` of MariaDB: the challenge signed with a key made from the password.
//!
//! The key is the SHA-512 of the password where Ed25519 has the SHA-512 of a 32-byte seed, so ordinary
//! libraries, which begin at the seed, cannot sign with it; ed25519-dalek's `hazmat` module can.
//! <https://mariadb.com/kb/en/authentication-plugin-ed25519/>

use ed25519_dalek::hazmat::{ExpandedSecretKey, raw_sign};
use ed25519_dalek::{Sha512, VerifyingKey};
use openssl::sha::sha512;
use zeroize::Zeroizing;

use super::challenge;
use crate::error::AuthError;

const CHALLENGE: usize = 32;

/// The signature of `challenge`; empty for an empty password.
pub(super) fn answer(bytes: &[u8], password: &[u8]) -> Result<Zeroizing<Vec<u8>>, AuthError> {
    let challenge = challenge::<CHALLENGE>("client_ed25519", bytes)?;
    if password.is_empty() {
        return Ok(Zeroizing::default());
    }
    let hash = Zeroizing::new(sha512(password));
    let key = ExpandedSecretKey::from_bytes(&hash);
    let signature = raw_sign::<Sha512>(&key, challenge, &VerifyingKey::from(&key));
    Ok(Zeroizing::new(signature.to_bytes().to_vec()))
}

/// The public half of the key, which is what the server has of the password.
pub(super) fn public_key(password: &[u8]) -> [u8; 32] {
    let hash = Zeroizing::new(sha512(password));
    VerifyingKey::from(&ExpandedSecretKey::from_bytes(&hash)).to_bytes()
}
