// SPDX-License-Identifier: Apache-2.0
//! A server whose certificate nobody trusts, and that proves itself with the password when the login ends.
//! Says what may be sent to it until then, and that it is nobody if the proof is missing. See
//! `auth::proof` for what a proof is.
//!
//! What leaves before the proof: the user's name, the schema, connection attributes, and one answer to one
//! challenge. None of it can be used again, but somebody in between who passes the challenge on can log in
//! with the answer in place of the program, once; the program gets an error then.

use crate::auth::proof::{self, Claim};
use crate::auth::{Exchange, Method, Methods};
use crate::error::{Error, Result};

/// A certificate that nobody trusts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unproved {
    /// Its SHA-256 fingerprint.
    pub fingerprint: [u8; 32],
    /// Why it is not trusted.
    pub refusal: String,
}

impl Unproved {
    /// The error that the certificate deserves, and why nothing makes it good.
    pub(super) fn refused(&self, why: &str) -> Box<Error> {
        Error::tls(&format!("{}; {why}", self.refusal))
    }

    /// Whether the login may begin.
    pub(super) fn may_begin(
        &self,
        mariadb: bool,
        password: &[u8],
        methods: &Methods,
    ) -> Result<()> {
        if !mariadb {
            return Err(self.refused("only MariaDB can prove that it is its own"));
        }
        if password.is_empty() {
            return Err(
                self.refused("without a password the server cannot prove that it is its own")
            );
        }
        if !methods.any(proof::is_possible) {
            return Err(self.refused("no accepted login method proves that it is its own"));
        }
        Ok(())
    }

    /// Whether `method` may be used.
    pub(super) fn allows(&self, method: Method) -> Result<()> {
        if proof::is_possible(method) {
            return Ok(());
        }
        Err(self.refused(&format!("{} does not prove that it is its own", method.name())))
    }

    /// Whether the server has proved itself with the `text` of its OK packet.
    pub(super) fn check(
        &self,
        method: Method,
        exchange: &Exchange,
        password: &[u8],
        challenge: &[u8],
        text: &[u8],
    ) -> Result<()> {
        let claim = Claim { fingerprint: &self.fingerprint, challenge, text };
        if proof::holds(method, exchange, password, &claim) {
            return Ok(());
        }
        Err(self.refused("the server did not prove with the password that it is its own"))
    }
}
