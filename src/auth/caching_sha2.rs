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

use openssl::sha::{Sha256, sha256};
use zeroize::Zeroizing;

use super::{Answer, CHALLENGE, Channel, Context, challenge, rsa, with_nul, xor};
use crate::error::AuthError;

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
        context: &Context<'_>,
    ) -> Result<(Self, Zeroizing<Vec<u8>>), AuthError> {
        let password = context.password;
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
        context: &Context<'_>,
    ) -> Result<Option<Answer>, AuthError> {
        match (self.state, data) {
            (State::HashSent, [FAST_OK]) => {
                self.state = State::PasswordSent;
                Ok(Some(Answer::Wait))
            }
            (State::HashSent, [FULL_LOGIN]) => self.full_login(context).map(Some),
            (State::KeyAsked, key) => {
                self.state = State::PasswordSent;
                self.encrypted(key, context).map(Some)
            }
            _ => Ok(None),
        }
    }

    fn full_login(&mut self, context: &Context<'_>) -> Result<Answer, AuthError> {
        self.state = State::PasswordSent;
        match (context.channel, context.key) {
            (Channel::Tls | Channel::Socket, _) => Ok(Answer::Send(with_nul(context.password))),
            (_, Some(key)) => self.encrypted(key, context),
            (Channel::KeyTrusted, None) => {
                self.state = State::KeyAsked;
                Ok(Answer::Send(Zeroizing::new(vec![REQUEST_KEY])))
            }
            (Channel::Open, None) => Err(AuthError::UntrustedKey("caching_sha2_password")),
        }
    }

    fn encrypted(&self, key: &[u8], context: &Context<'_>) -> Result<Answer, AuthError> {
        rsa::encrypt(key, &self.challenge, context.password).map(Answer::Send)
    }
}

fn stage(twice: &[u8; 32], challenge: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(twice);
    hash.update(challenge);
    hash.finish()
}

#[cfg(test)]
mod tests {
    use openssl::rsa::{Padding, Rsa};

    use super::*;
    use crate::auth::Methods;

    const CHALLENGE_BYTES: &[u8; 20] = b"abcdefghijklmnopqrst";

    fn start(password: &[u8]) -> (CachingSha2, Zeroizing<Vec<u8>>) {
        let (methods, channel) = (&Methods::default(), Channel::Open);
        let context = Context { password, channel, key: None, methods };
        CachingSha2::start(CHALLENGE_BYTES, &context).unwrap()
    }

    fn on_data(
        exchange: &mut CachingSha2,
        data: &[u8],
        password: &[u8],
        channel: Channel,
    ) -> Result<Option<Answer>, AuthError> {
        let context = Context { password, channel, key: None, methods: &Methods::default() };
        exchange.on_data(data, &context)
    }

    #[test]
    fn a_warm_server_would_accept_it() {
        let (mut exchange, answer) = start(b"secret");
        let stored = sha256(&sha256(b"secret"));
        let once = xor(&answer, &stage(&stored, CHALLENGE_BYTES));
        assert_eq!(sha256(&once), stored);
        let next = on_data(&mut exchange, &[FAST_OK], b"secret", Channel::Open).unwrap();
        assert!(matches!(next, Some(Answer::Wait)));
    }

    #[test]
    fn the_password_goes_out_where_the_channel_allows_it() {
        let (mut exchange, _) = start(b"secret");
        let next = on_data(&mut exchange, &[FULL_LOGIN], b"secret", Channel::Socket).unwrap();
        assert!(matches!(next, Some(Answer::Send(bytes)) if *bytes == b"secret\0"));
        let (mut exchange, _) = start(b"secret");
        let refused = on_data(&mut exchange, &[FULL_LOGIN], b"secret", Channel::Open).unwrap_err();
        assert_eq!(refused, AuthError::UntrustedKey("caching_sha2_password"));
    }

    #[test]
    fn under_the_servers_key() {
        let key = Rsa::generate(2048).unwrap();
        let (mut exchange, _) = start(b"a password longer than twenty bytes");
        let password = b"a password longer than twenty bytes";
        let next = on_data(&mut exchange, &[FULL_LOGIN], password, Channel::KeyTrusted).unwrap();
        assert!(matches!(next, Some(Answer::Send(bytes)) if *bytes == [REQUEST_KEY]));
        let pem = key.public_key_to_pem().unwrap();
        let Some(Answer::Send(cipher)) =
            on_data(&mut exchange, &pem, password, Channel::KeyTrusted).unwrap()
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
        assert!(on_data(&mut exchange, &[9], b"x", Channel::Socket).unwrap().is_none());
        on_data(&mut exchange, &[FULL_LOGIN], b"x", Channel::KeyTrusted).unwrap();
        let bad = on_data(&mut exchange, b"no key", b"x", Channel::KeyTrusted).unwrap_err();
        assert!(matches!(bad, AuthError::BadKey(_)));
        assert!(on_data(&mut exchange, &[FULL_LOGIN], b"x", Channel::Socket).unwrap().is_none());
    }
}
