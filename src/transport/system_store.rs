// SPDX-License-Identifier: Apache-2.0
//! The authorities that the system trusts: OpenSSL's own places; on Windows, where it has none, the user's
//! store of root certificates, which has the machine's in it. Never OpenSSL's own places there: their
//! path is that of the machine it was built on, and any user could make such a folder.

use std::path::PathBuf;

use openssl::ssl::SslContextBuilder;

use crate::error::Result;

/// Trusts them.
#[cfg(not(windows))]
pub(super) fn trust(builder: &mut SslContextBuilder) -> Result<()> {
    let bad = crate::transport::tls_error::bad("the system's certificates");
    builder.set_default_verify_paths().map_err(bad)
}

/// Files and folders that they come from; the environment may name others.
#[cfg(not(windows))]
pub(super) fn places() -> Vec<PathBuf> {
    use std::env;
    let folder = openssl::version::dir().split('"').nth(1).unwrap_or_default();
    let place = |variable, name| {
        env::var_os(variable).map_or_else(|| PathBuf::from(folder).join(name), PathBuf::from)
    };
    let mut places = vec![place("SSL_CERT_FILE", "cert.pem")];
    // A list of folders, like PATH.
    places.extend(env::split_paths(&place("SSL_CERT_DIR", "certs")));
    places
}

/// What they are, where they are in no file.
#[cfg(not(windows))]
pub(super) fn content() -> [u8; 32] {
    [0; 32]
}

/// Trusts them.
#[cfg(windows)]
pub(super) fn trust(builder: &mut SslContextBuilder) -> Result<()> {
    let unusable = |error: std::io::Error| {
        crate::error::Error::tls_setup("the system's certificates", &error.to_string())
    };
    for certificate in roots().map_err(unusable)? {
        // One that OpenSSL cannot read, or has already, is no reason to trust none of the others.
        if let Ok(certificate) = openssl::x509::X509::from_der(&certificate) {
            let _ = builder.cert_store_mut().add_cert(certificate);
        }
    }
    Ok(())
}

/// Files and folders that they come from: none.
#[cfg(windows)]
pub(super) fn places() -> Vec<PathBuf> {
    Vec::new()
}

/// What they are.
#[cfg(windows)]
pub(super) fn content() -> [u8; 32] {
    let mut hash = openssl::sha::Sha256::new();
    for certificate in roots().unwrap_or_default() {
        hash.update(&certificate);
    }
    hash.finish()
}

/// The certificates in the store that are good for servers.
#[cfg(windows)]
fn roots() -> std::io::Result<Vec<Vec<u8>>> {
    use schannel::cert_context::ValidUses;
    /// "Server authentication" of RFC 5280, 4.2.1.12.
    const FOR_SERVERS: &str = "1.3.6.1.5.5.7.3.1";
    let store = schannel::cert_store::CertStore::open_current_user("ROOT")?;
    let good = |certificate: &schannel::cert_context::CertContext| match certificate.valid_uses() {
        Ok(ValidUses::All) => true,
        Ok(ValidUses::Oids(uses)) => uses.iter().any(|one| one == FOR_SERVERS),
        Err(_) => false,
    };
    Ok(store.certs().filter(good).map(|certificate| certificate.to_der().to_vec()).collect())
}
