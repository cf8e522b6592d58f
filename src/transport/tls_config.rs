// SPDX-License-Identifier: Apache-2.0
//! What a program says about TLS, made into an OpenSSL context. Files are read when the program names
//! them, so that a mistake is told at once; connections with the same settings share what came of it.

use std::path::Path;
use std::sync::Arc;

use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::ssl::{
    SslContextBuilder, SslFiletype, SslMethod, SslOptions, SslVerifyMode, SslVersion,
};
use openssl::x509::X509Ref;
use openssl::x509::store::X509Lookup;
use openssl::x509::verify::X509VerifyFlags;
use zeroize::Zeroizing;

use crate::error::{Error, Result};
use crate::transport::contexts;
use crate::transport::keylog::{self, KeyLog};
use crate::transport::resume::Shared;
use crate::transport::system_store;

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

/// Settings made ready: files read, lists checked.
#[derive(Debug, Clone)]
pub struct TlsContext(pub(super) Arc<Shared>);

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

    /// An OpenSSL context that does as said, shared with other connections that say the same. Looks at
    /// the files, and reads them if they are new.
    pub fn context(&self) -> Result<TlsContext> {
        contexts::shared(self, || self.make_context())
    }

    fn make_context(&self) -> Result<Shared> {
        let mut builder = SslContextBuilder::new(SslMethod::tls_client()).map_err(bad("TLS"))?;
        builder
            .set_min_proto_version(Some(version(self.min.unwrap_or(TlsVersion::V12))))
            .map_err(bad("minimum version"))?;
        builder.set_max_proto_version(self.max.map(version)).map_err(bad("maximum version"))?;
        // Nothing checks a certificate twice, and no server asks.
        builder.set_options(SslOptions::NO_RENEGOTIATION);
        if let Some(list) = &self.ciphers {
            builder.set_cipher_list(list).map_err(bad("cipher list"))?;
        }
        if let Some(list) = &self.suites {
            builder.set_ciphersuites(list).map_err(bad("list of TLS 1.3 suites"))?;
        }
        self.add_trust(&mut builder)?;
        self.add_identity(&mut builder)?;
        builder.set_verify(SslVerifyMode::PEER);
        if self.keylog.is_some() {
            keylog::listen(&mut builder);
        }
        Ok(Shared::new(builder))
    }

    fn add_trust(&self, builder: &mut SslContextBuilder) -> Result<()> {
        if self.trusts_the_system() {
            system_store::trust(builder)?;
        }
        if let Some(file) = &self.ca {
            readable("ca", file)?;
            let loaded = builder.load_verify_locations(Some(&path(file)), None);
            loaded.map_err(bad_file("ca", file))?;
        }
        if let Some(folder) = &self.ca_path {
            is_folder("capath", folder)?;
            let loaded = builder.load_verify_locations(None, Some(&path(folder)));
            loaded.map_err(bad_file("capath", folder))?;
        }
        self.add_revocations(builder)
    }

    fn add_revocations(&self, builder: &mut SslContextBuilder) -> Result<()> {
        if self.crl.is_none() && self.crl_path.is_none() {
            return Ok(());
        }
        let store = builder.cert_store_mut();
        let lookup = store.add_lookup(X509Lookup::file()).map_err(bad("crl"))?;
        if let Some(file) = &self.crl {
            readable("crl", file)?;
            lookup.load_crl_file(path(file), SslFiletype::PEM).map_err(bad_file("crl", file))?;
        }
        if let Some(folder) = &self.crl_path {
            is_folder("crlpath", folder)?;
            // Not OpenSSL's own search in a folder: it would trust the certificates it finds there.
            let lists = contexts::hashed_files(&path(folder));
            let mut lists = lists.iter().filter(|file| is_list(file)).peekable();
            if lists.peek().is_none() {
                let folder = path(folder);
                let cause = format!("{}: no revocation lists named by hash", folder.display());
                return Err(Error::tls_setup("crlpath", &cause));
            }
            for file in lists {
                let cause = |stack: ErrorStack| {
                    let cause = format!("{}: {}", file.display(), reasons(&stack));
                    Error::tls_setup("crlpath", &cause)
                };
                lookup.load_crl_file(file, SslFiletype::PEM).map_err(cause)?;
            }
        }
        let flags = X509VerifyFlags::CRL_CHECK | X509VerifyFlags::CRL_CHECK_ALL;
        builder.cert_store_mut().set_flags(flags).map_err(bad("crl"))
    }

    fn add_identity(&self, builder: &mut SslContextBuilder) -> Result<()> {
        let Some(cert) = &self.cert else {
            return Ok(());
        };
        readable("cert", cert)?;
        builder.set_certificate_chain_file(path(cert)).map_err(bad_file("cert", cert))?;
        let file = self.key.as_ref().unwrap_or(cert);
        let unreadable = |error: std::io::Error| {
            Error::tls_setup("key", &format!("{}: {error}", path(file).display()))
        };
        let pem = Zeroizing::new(std::fs::read(path(file)).map_err(unreadable)?);
        let passphrase = self.passphrase.as_deref().map_or(&[][..], Vec::as_slice);
        let key = PKey::private_key_from_pem_passphrase(&pem, passphrase);
        let key = key.map_err(bad_file("key", file))?;
        builder.set_private_key(&key).map_err(bad_file("key", file))?;
        builder.check_private_key().map_err(bad_file("key", file))
    }
}

/// Refuses a file that cannot be opened, in plainer words than OpenSSL's.
fn readable(what: &str, file: &[u8]) -> Result<()> {
    let path = path(file);
    match std::fs::File::open(&path) {
        Ok(_) => Ok(()),
        Err(error) => Err(Error::tls_setup(what, &format!("{}: {error}", path.display()))),
    }
}

fn is_folder(what: &str, folder: &[u8]) -> Result<()> {
    let path = path(folder);
    if path.is_dir() {
        return Ok(());
    }
    Err(Error::tls_setup(what, &format!("{} is not a folder", path.display())))
}

/// Whether the name, which is a hashed one, is a revocation list's.
fn is_list(file: &Path) -> bool {
    file.extension().is_some_and(|number| number.as_encoded_bytes().starts_with(b"r"))
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

/// The name of a certificate's owner, for messages.
pub(super) fn subject(cert: &X509Ref) -> String {
    let entries = cert.subject_name().entries();
    let parts: Vec<String> = entries
        .filter_map(|entry| {
            Some(format!(
                "{}={}",
                entry.object().nid().short_name().ok()?,
                entry.data().to_string().ok()?
            ))
        })
        .collect();
    parts.join(", ")
}

fn version(version: TlsVersion) -> SslVersion {
    match version {
        TlsVersion::V12 => SslVersion::TLS1_2,
        TlsVersion::V13 => SslVersion::TLS1_3,
    }
}

pub(super) fn bad(what: &'static str) -> impl Fn(ErrorStack) -> Box<Error> {
    move |stack| Error::tls_setup(what, &reasons(&stack))
}

fn bad_file(what: &'static str, file: &[u8]) -> impl Fn(ErrorStack) -> Box<Error> {
    let path = path(file);
    move |stack| Error::tls_setup(what, &format!("{}: {}", path.display(), reasons(&stack)))
}

/// What OpenSSL says, without the numbers and places of its own code.
pub(super) fn reasons(stack: &ErrorStack) -> String {
    let words: Vec<String> = stack
        .errors()
        .iter()
        .map(|error| match (error.reason(), error.data()) {
            (Some(reason), Some(data)) => format!("{reason} ({data})"),
            (Some(reason), None) => reason.to_owned(),
            (None, _) => error.to_string(),
        })
        .collect();
    if words.is_empty() { "no reason given".to_owned() } else { words.join("; ") }
}

#[cfg(unix)]
pub(super) fn path(bytes: &[u8]) -> std::path::PathBuf {
    use std::os::unix::ffi::OsStrExt;
    Path::new(std::ffi::OsStr::from_bytes(bytes)).to_owned()
}

#[cfg(not(unix))]
pub(super) fn path(bytes: &[u8]) -> std::path::PathBuf {
    Path::new(&*String::from_utf8_lossy(bytes)).to_owned()
}
