// SPDX-License-Identifier: Apache-2.0
//! Settings of TLS made into an OpenSSL context: files read, lists checked.

use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::ssl::{
    SslContextBuilder, SslFiletype, SslMethod, SslOptions, SslVerifyMode, SslVersion,
};
use openssl::x509::store::X509Lookup;
use openssl::x509::verify::X509VerifyFlags;

use crate::error::{Error, Result};
use crate::transport::resume::Shared;
use crate::transport::tls_config::{TlsConfig, TlsVersion};
use crate::transport::tls_error::{bad, bad_file, reasons};
use crate::transport::tls_files::{content, is_folder, path, readable, revocation_lists};
use crate::transport::{keylog, system_store};

/// An OpenSSL context that does as `config` says. Reads the files that it names.
pub(super) fn make(config: &TlsConfig) -> Result<Shared> {
    if config.max.is_some_and(|max| config.min.is_some_and(|min| min > max)) {
        return Err(Error::tls_setup("minimum version", "it is above the maximum version"));
    }
    let mut builder = SslContextBuilder::new(SslMethod::tls_client()).map_err(bad("TLS"))?;
    builder
        .set_min_proto_version(Some(version(config.min.unwrap_or(TlsVersion::V12))))
        .map_err(bad("minimum version"))?;
    builder.set_max_proto_version(config.max.map(version)).map_err(bad("maximum version"))?;
    // Nothing checks a certificate twice, and no server asks.
    builder.set_options(SslOptions::NO_RENEGOTIATION);
    if let Some(list) = &config.ciphers {
        builder.set_cipher_list(list).map_err(bad("cipher list"))?;
    }
    if let Some(list) = &config.suites {
        builder.set_ciphersuites(list).map_err(bad("list of TLS 1.3 suites"))?;
    }
    add_trust(config, &mut builder)?;
    add_identity(config, &mut builder)?;
    builder.set_verify(SslVerifyMode::PEER);
    if config.keylog.is_some() {
        keylog::listen(&mut builder);
    }
    Ok(Shared::new(builder))
}

fn add_trust(config: &TlsConfig, builder: &mut SslContextBuilder) -> Result<()> {
    if config.trusts_the_system() {
        system_store::trust(builder)?;
    }
    if let Some(file) = &config.ca {
        readable("ca", file)?;
        let loaded = builder.load_verify_locations(Some(&path(file)), None);
        loaded.map_err(bad_file("ca", file))?;
    }
    if let Some(folder) = &config.ca_path {
        is_folder("capath", folder)?;
        let loaded = builder.load_verify_locations(None, Some(&path(folder)));
        loaded.map_err(bad_file("capath", folder))?;
    }
    add_revocations(config, builder)
}

fn add_revocations(config: &TlsConfig, builder: &mut SslContextBuilder) -> Result<()> {
    if config.crl.is_none() && config.crl_path.is_none() {
        return Ok(());
    }
    let store = builder.cert_store_mut();
    let lookup = store.add_lookup(X509Lookup::file()).map_err(bad("crl"))?;
    if let Some(file) = &config.crl {
        readable("crl", file)?;
        lookup.load_crl_file(path(file), SslFiletype::PEM).map_err(bad_file("crl", file))?;
    }
    if let Some(folder) = &config.crl_path {
        is_folder("crlpath", folder)?;
        // Not OpenSSL's own search in a folder: it would trust the certificates it finds there.
        for file in revocation_lists("crlpath", folder)? {
            let cause = |stack: ErrorStack| {
                let cause = format!("{}: {}", file.display(), reasons(&stack));
                Error::tls_setup("crlpath", &cause)
            };
            lookup.load_crl_file(&file, SslFiletype::PEM).map_err(cause)?;
        }
    }
    let flags = X509VerifyFlags::CRL_CHECK | X509VerifyFlags::CRL_CHECK_ALL;
    builder.cert_store_mut().set_flags(flags).map_err(bad("crl"))
}

fn add_identity(config: &TlsConfig, builder: &mut SslContextBuilder) -> Result<()> {
    let Some(cert) = &config.cert else {
        return Ok(());
    };
    readable("cert", cert)?;
    builder.set_certificate_chain_file(path(cert)).map_err(bad_file("cert", cert))?;
    let file = config.key.as_ref().unwrap_or(cert);
    let pem = content("key", file)?;
    let passphrase = config.passphrase.as_deref().map_or(&[][..], Vec::as_slice);
    let key = PKey::private_key_from_pem_passphrase(&pem, passphrase);
    let key = key.map_err(bad_file("key", file))?;
    builder.set_private_key(&key).map_err(bad_file("key", file))?;
    builder.check_private_key().map_err(bad_file("key", file))
}

fn version(version: TlsVersion) -> SslVersion {
    match version {
        TlsVersion::V12 => SslVersion::TLS1_2,
        TlsVersion::V13 => SslVersion::TLS1_3,
    }
}
