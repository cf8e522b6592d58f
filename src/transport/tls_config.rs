// SPDX-License-Identifier: Apache-2.0
//! What a program says about TLS. Looks at no file and makes no context: see `tls_context`.

use zeroize::Zeroizing;

use crate::transport::keylog::KeyLog;

/// How the server's certificate is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verify {
    /// Not at all.
    Nothing,
    /// It must come from a trusted authority.
    Chain,
    /// And it must be for the host that was connected to.
    Host,
}

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TlsVersion {
    /// TLS 1.2.
    V12,
    /// TLS 1.3.
    V13,
}

/// Everything said about TLS so far.
#[derive(Debug, Clone, Default)]
pub struct TlsConfig {
    /// PEM file with authorities.
    pub ca: Option<Vec<u8>>,
    /// Folder with authorities, named by hash.
    pub ca_path: Option<Vec<u8>>,
    /// PEM file with the client's certificate.
    pub cert: Option<Vec<u8>>,
    /// PEM file with its key; the certificate's file if there is none.
    pub key: Option<Vec<u8>>,
    /// Passphrase of the key.
    pub passphrase: Option<Zeroizing<Vec<u8>>>,
    /// OpenSSL's list of ciphers for TLS 1.2.
    pub ciphers: Option<String>,
    /// OpenSSL's list of suites for TLS 1.3.
    pub suites: Option<String>,
    /// PEM file with revocation lists; every certificate of a chain must then have one.
    pub crl: Option<Vec<u8>>,
    /// Folder with revocation lists, named by hash.
    pub crl_path: Option<Vec<u8>>,
    /// Lowest version.
    pub min: Option<TlsVersion>,
    /// Highest version.
    pub max: Option<TlsVersion>,
    /// How to check the certificate.
    pub verify: Option<Verify>,
    /// Not to check it, whatever `verify` says.
    pub no_verify: bool,
    /// The name to ask for and to check, if it is not the host's.
    pub server_name: Option<String>,
    /// SHA-256 fingerprints of which the server's certificate must have one; none means any.
    pub fingerprints: Vec<[u8; 32]>,
    /// To make a full handshake each time, and leave no session for others.
    pub no_resume: bool,
    /// Who wants the keys.
    pub keylog: Option<KeyLog>,
}

impl TlsConfig {
    /// The check to make.
    pub fn verify(&self) -> Verify {
        match self.verify {
            _ if self.no_verify => Verify::Nothing,
            Some(verify) => verify,
            // A known fingerprint says more than any authority.
            None if !self.fingerprints.is_empty() => Verify::Nothing,
            None => Verify::Host,
        }
    }

    /// Whether the password may vouch for a certificate that nobody trusts: only if nothing was said of
    /// how to check it. See `auth::proof`.
    pub(super) fn takes_proof(&self) -> bool {
        self.verify() == Verify::Host
            && self.verify.is_none()
            && self.trusts_the_system()
            && self.crl.is_none()
            && self.crl_path.is_none()
            && self.server_name.is_none()
            && self.fingerprints.is_empty()
    }

    pub(super) fn trusts_the_system(&self) -> bool {
        self.ca.is_none() && self.ca_path.is_none()
    }

    pub(super) fn has_key(&self) -> bool {
        self.cert.is_some()
    }

    /// All that a context depends on, beside the files' content: each part on its own, in one order.
    pub(super) fn put_settings(&self, put: &mut dyn FnMut(&[u8])) {
        let text = |text: &Option<String>| text.clone().map(String::into_bytes);
        let passphrase = self.passphrase.as_deref().map(Vec::as_slice);
        let (ciphers, suites) = (text(&self.ciphers), text(&self.suites));
        for part in [
            self.ca.as_deref(),
            self.ca_path.as_deref(),
            self.cert.as_deref(),
            self.key.as_deref(),
            passphrase,
            ciphers.as_deref(),
            suites.as_deref(),
            self.crl.as_deref(),
            self.crl_path.as_deref(),
        ] {
            put(if part.is_some() { b"+" } else { b"-" });
            put(part.unwrap_or_default());
        }
        put(format!("{:?} {:?} {}", self.min, self.max, self.keylog.is_some()).as_bytes());
    }
}

/// The SHA-256 fingerprint in `text`: 64 hexadecimal digits, with or without colons.
pub fn fingerprint(text: &[u8]) -> Option<[u8; 32]> {
    let digits: Vec<u8> = text
        .iter()
        .filter(|&&byte| byte != b':')
        .map(|&byte| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits
        .chunks(2)
        .filter_map(|pair| match pair {
            [high, low] => Some(high << 4 | low),
            _ => None,
        })
        .collect();
    if digits.len() == 64 { bytes.try_into().ok() } else { None }
}
