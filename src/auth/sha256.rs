// SPDX-License-Identifier: Apache-2.0
//! `sha256_password`: the password itself, over a private channel as it is, else under the server's RSA
//! key, which the server sends when asked unless the program has it.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_authentication_methods_sha256_password_authentication.html>

use zeroize::Zeroizing;

use super::{Answer, CHALLENGE, Channel, Context, challenge, rsa, with_nul};
use crate::error::AuthError;

const REQUEST_KEY: u8 = 1;

/// The exchange.
#[derive(Debug)]
pub struct Sha256Password {
    /// The challenge, while the server's key is awaited.
    key_for: Option<[u8; CHALLENGE]>,
}

impl Sha256Password {
    pub(super) fn start(
        bytes: &[u8],
        context: &Context<'_>,
    ) -> Result<(Self, Zeroizing<Vec<u8>>), AuthError> {
        let done = |answer| (Self { key_for: None }, answer);
        if context.password.is_empty() || context.channel == Channel::Tls {
            return Ok(done(with_nul(context.password)));
        }
        let challenge = *challenge("sha256_password", bytes)?;
        match (context.key, context.channel) {
            (Some(key), _) => rsa::encrypt(key, &challenge, context.password).map(done),
            // Servers take the password as it is over TLS alone, not over a unix socket.
            (None, Channel::KeyTrusted | Channel::Socket) => {
                Ok((Self { key_for: Some(challenge) }, Zeroizing::new(vec![REQUEST_KEY])))
            }
            _ => Err(AuthError::UntrustedKey("sha256_password")),
        }
    }

    pub(super) fn on_data(
        &mut self,
        data: &[u8],
        context: &Context<'_>,
    ) -> Result<Option<Answer>, AuthError> {
        match self.key_for.take() {
            Some(challenge) => {
                rsa::encrypt(data, &challenge, context.password).map(|c| Some(Answer::Send(c)))
            }
            None => Ok(None),
        }
    }
}
