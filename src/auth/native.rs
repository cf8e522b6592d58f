// SPDX-License-Identifier: Apache-2.0
//! `mysql_native_password`: SHA1(password) XOR SHA1(challenge + SHA1(SHA1(password))).
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_authentication_methods_native_password_authentication.html>

use openssl::sha::{Sha1, sha1};
use zeroize::Zeroizing;

use super::{CHALLENGE, challenge, xor};
use crate::error::AuthError;

/// The answer to `challenge`; empty for an empty password.
pub(super) fn answer(bytes: &[u8], password: &[u8]) -> Result<Zeroizing<Vec<u8>>, AuthError> {
    if password.is_empty() {
        return Ok(Zeroizing::default());
    }
    let once = Zeroizing::new(sha1(password));
    let twice = sha1(&*once);
    let mut hash = Sha1::new();
    hash.update(challenge::<CHALLENGE>("mysql_native_password", bytes)?);
    hash.update(&twice);
    Ok(xor(&*once, &hash.finish()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The server knows SHA1(SHA1(password)) and undoes the XOR with it.
    #[test]
    fn a_server_would_accept_it() {
        let challenge = b"abcdefghijklmnopqrst";
        let answer = answer(challenge, b"secret").unwrap();
        let stored = sha1(&sha1(b"secret"));
        let mut hash = Sha1::new();
        hash.update(challenge);
        hash.update(&stored);
        assert_eq!(sha1(&xor(&answer, &hash.finish())), stored);
    }

    #[test]
    fn empty_password_and_short_challenge() {
        assert!(answer(b"", b"").unwrap().is_empty());
        assert_eq!(
            answer(b"short", b"x").unwrap_err(),
            AuthError::BadChallenge("mysql_native_password", 5, 20)
        );
    }
}
