// SPDX-License-Identifier: Apache-2.0
//! A password under the server's RSA key, as `caching_sha2_password` and `sha256_password` send it.

use openssl::error::ErrorStack;
use openssl::rsa::{Padding, Rsa};
use zeroize::Zeroizing;

use super::{CHALLENGE, with_nul};
use crate::error::AuthError;

/// The password and its NUL, XORed with the challenge over and over, under the key in `pem`.
pub(super) fn encrypt(
    pem: &[u8],
    challenge: &[u8; CHALLENGE],
    password: &[u8],
) -> Result<Zeroizing<Vec<u8>>, AuthError> {
    let bad = |stack: ErrorStack| {
        let reason = stack.errors().first().and_then(|error| error.reason());
        AuthError::BadKey(reason.unwrap_or("no reason given").to_owned())
    };
    let key = Rsa::public_key_from_pem(pem).map_err(bad)?;
    let mut mixed = with_nul(password);
    for (byte, mask) in mixed.iter_mut().zip(challenge.iter().cycle()) {
        *byte ^= mask;
    }
    let size = usize::try_from(key.size()).unwrap_or_default();
    let mut cipher = Zeroizing::new(vec![0; size]);
    let used = key.public_encrypt(&mixed, &mut cipher, Padding::PKCS1_OAEP).map_err(bad)?;
    cipher.truncate(used);
    Ok(cipher)
}

/// Whether `pem` is an RSA public key.
pub fn is_public_key(pem: &[u8]) -> bool {
    Rsa::public_key_from_pem(pem).is_ok()
}
