// SPDX-License-Identifier: Apache-2.0
//! `caching_sha2_password`: a hashed answer that a warm server checks against its cache; a cold one asks
//! for the password itself, which goes over a private channel as it is, else under the server's RSA key.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_caching_sha2_authentication_exchanges.html>
//!
//! ```text
//! HashSent ──0x03──► HashSent (OK follows)
//!    │ 0x04, private channel: password ──► PasswordSent
//!    │ 0x04, key trusted: key request  ──► KeyAsked ── key: password under it ──► PasswordSent
//! ```

use openssl::rsa::{Padding, Rsa};
use openssl::sha::{Sha256, sha256};
use zeroize::Zeroizing;

use super::{Answer, CHALLENGE, Channel, challenge, xor};
use crate::error::AuthError;

/// The method's name on the wire.
pub(super) const NAME: &[u8] = b"caching_sha2_password";

const REQUEST_KEY: u8 = 2;
const FAST_OK: u8 = 3;
const FULL_LOGIN: u8 = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    HashSent,
    KeyAsked,
    PasswordSent,
}

/// The exchange.
#[derive(Debug)]
pub struct CachingSha2 {
    state: State,
    challenge: [u8; CHALLENGE],
}

impl CachingSha2 {
    pub(super) fn start(
        bytes: &[u8],
        password: &[u8],
    ) -> Result<(Self, Zeroizing<Vec<u8>>), AuthError> {
        if password.is_empty() {
            // Answered with OK or ERR at once; the challenge is never used.
            let exchange = Self { state: State::PasswordSent, challenge: [0; CHALLENGE] };
            return Ok((exchange, Zeroizing::default()));
        }
        let challenge = *challenge("caching_sha2_password", bytes)?;
        let once = Zeroizing::new(sha256(password));
        let twice = sha256(&*once);
        // XOR(SHA256(password), SHA256(SHA256(SHA256(password)) + challenge))
        let answer = xor(&*once, &stage(&twice, &challenge));
        Ok((Self { state: State::HashSent, challenge }, answer))
    }

    pub(super) fn on_data(
        &mut self,
        data: &[u8],
        password: &[u8],
        channel: Channel,
    ) -> Result<Option<Answer>, AuthError> {
        match (self.state, data) {
            (State::HashSent, [FAST_OK]) => {
                self.state = State::PasswordSent;
                Ok(Some(Answer::Wait))
            }
            (State::HashSent, [FULL_LOGIN]) => self.full_login(password, channel).map(Some),
            (State::KeyAsked, key) => {
                self.state = State::PasswordSent;
                let clear = Zeroizing::new([password, b"\0"].concat());
                encrypt(key, &self.challenge, &clear).map(|cipher| Some(Answer::Send(cipher)))
            }
            _ => Ok(None),
        }
    }

    fn full_login(&mut self, password: &[u8], channel: Channel) -> Result<Answer, AuthError> {
        match channel {
            Channel::Private => {
                self.state = State::PasswordSent;
                Ok(Answer::Send(Zeroizing::new([password, b"\0"].concat())))
            }
            Channel::KeyTrusted => {
                self.state = State::KeyAsked;
                Ok(Answer::Send(Zeroizing::new(vec![REQUEST_KEY])))
            }
            Channel::Open => Err(AuthError::UntrustedKey),
        }
    }
}

fn stage(twice: &[u8; 32], challenge: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(twice);
    hash.update(challenge);
    hash.finish()
}

/// The NUL-terminated password, XORed with the challenge over and over, under the server's PEM key.
fn encrypt(
    pem: &[u8],
    challenge: &[u8; CHALLENGE],
    clear: &[u8],
) -> Result<Zeroizing<Vec<u8>>, AuthError> {
    let bad = |error: openssl::error::ErrorStack| AuthError::BadKey(error.to_string());
    let key = Rsa::public_key_from_pem(pem).map_err(bad)?;
    let mixed: Vec<u8> = clear.iter().zip(challenge.iter().cycle()).map(|(a, b)| a ^ b).collect();
    let mixed = Zeroizing::new(mixed);
    let size = usize::try_from(key.size()).unwrap_or_default();
    let mut cipher = Zeroizing::new(vec![0; size]);
    let used = key.public_encrypt(&mixed, &mut cipher, Padding::PKCS1_OAEP).map_err(bad)?;
    cipher.truncate(used);
    Ok(cipher)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHALLENGE_BYTES: &[u8; 20] = b"abcdefghijklmnopqrst";

    fn start(password: &[u8]) -> (CachingSha2, Zeroizing<Vec<u8>>) {
        CachingSha2::start(CHALLENGE_BYTES, password).unwrap()
    }

    #[test]
    fn a_warm_server_would_accept_it() {
        let (mut exchange, answer) = start(b"secret");
        let stored = sha256(&sha256(b"secret"));
        let once = xor(&answer, &stage(&stored, CHALLENGE_BYTES));
        assert_eq!(sha256(&once), stored);
        let next = exchange.on_data(&[FAST_OK], b"secret", Channel::Open).unwrap();
        assert!(matches!(next, Some(Answer::Wait)));
    }

    #[test]
    fn the_password_goes_out_where_the_channel_allows_it() {
        let (mut exchange, _) = start(b"secret");
        let next = exchange.on_data(&[FULL_LOGIN], b"secret", Channel::Private).unwrap();
        assert!(matches!(next, Some(Answer::Send(bytes)) if *bytes == b"secret\0"));
        let (mut exchange, _) = start(b"secret");
        let refused = exchange.on_data(&[FULL_LOGIN], b"secret", Channel::Open).unwrap_err();
        assert_eq!(refused, AuthError::UntrustedKey);
    }

    #[test]
    fn under_the_servers_key() {
        let key = Rsa::generate(2048).unwrap();
        let (mut exchange, _) = start(b"a password longer than twenty bytes");
        let password = b"a password longer than twenty bytes";
        let next = exchange.on_data(&[FULL_LOGIN], password, Channel::KeyTrusted).unwrap();
        assert!(matches!(next, Some(Answer::Send(bytes)) if *bytes == [REQUEST_KEY]));
        let pem = key.public_key_to_pem().unwrap();
        let Some(Answer::Send(cipher)) =
            exchange.on_data(&pem, password, Channel::KeyTrusted).unwrap()
        else {
            panic!("nothing sent");
        };
        let mut clear = vec![0; 256];
        let n = key.private_decrypt(&cipher, &mut clear, Padding::PKCS1_OAEP).unwrap();
        let clear: Vec<u8> =
            clear[..n].iter().zip(CHALLENGE_BYTES.iter().cycle()).map(|(a, b)| a ^ b).collect();
        assert_eq!(clear, [&password[..], b"\0"].concat());
    }

    #[test]
    fn garbage_is_refused() {
        let (mut exchange, _) = start(b"x");
        assert!(exchange.on_data(&[9], b"x", Channel::Private).unwrap().is_none());
        exchange.on_data(&[FULL_LOGIN], b"x", Channel::KeyTrusted).unwrap();
        let bad = exchange.on_data(b"no key", b"x", Channel::KeyTrusted).unwrap_err();
        assert!(matches!(bad, AuthError::BadKey(_)));
        assert!(exchange.on_data(&[FULL_LOGIN], b"x", Channel::Private).unwrap().is_none());
    }
}
