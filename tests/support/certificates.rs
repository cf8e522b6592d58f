// SPDX-License-Identifier: Apache-2.0
//! Authorities and certificates made for a test, good ones and every kind of bad one, with OpenSSL
//! itself.

use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use openssl::asn1::Asn1Time;
use openssl::bn::{BigNum, MsbOption};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::rsa::Rsa;
use openssl::ssl::{SslContext, SslMethod, SslVersion};
use openssl::x509::extension::{
    BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAlternativeName,
};
use openssl::x509::{X509, X509Builder, X509Extension, X509NameBuilder};

const DAY: i64 = 24 * 60 * 60;

/// What a certificate says.
#[derive(Debug, Clone)]
pub struct Wanted<'a> {
    pub name: &'a str,
    pub hosts: &'a [&'a str],
    pub addresses: &'a [&'a str],
    /// Days from now.
    pub begins: i64,
    pub ends: i64,
    pub authority: bool,
    /// For servers, or else for clients.
    pub for_servers: bool,
    /// The only host names that an authority may sign for.
    pub permitted: Option<&'a str>,
}

impl Default for Wanted<'_> {
    fn default() -> Self {
        Self {
            name: "scripted server",
            hosts: &["localhost", "db.example.com"],
            addresses: &["127.0.0.1"],
            begins: -1,
            ends: 30,
            authority: false,
            for_servers: true,
            permitted: None,
        }
    }
}

/// A certificate and its key.
#[derive(Debug, Clone)]
pub struct Identity {
    pub cert: X509,
    pub key: PKey<Private>,
}

/// Whether the key is one of its own: making one takes a while.
fn key(authority: bool) -> PKey<Private> {
    static KEYS: OnceLock<[PKey<Private>; 2]> = OnceLock::new();
    let make = || PKey::from_rsa(Rsa::generate(2048).unwrap()).unwrap();
    KEYS.get_or_init(|| [make(), make()])[usize::from(authority)].clone()
}

impl Identity {
    /// An authority that nobody signed.
    pub fn authority(name: &str) -> Self {
        Self::make(&Wanted { name, authority: true, ..Wanted::default() }, None)
    }

    /// A certificate that signed itself.
    pub fn self_signed(wanted: &Wanted<'_>) -> Self {
        Self::make(wanted, None)
    }

    /// A certificate signed by this one.
    pub fn issue(&self, wanted: &Wanted<'_>) -> Self {
        Self::make(wanted, Some(self))
    }

    #[allow(deprecated, reason = "there is no builder for name constraints")]
    fn make(wanted: &Wanted<'_>, issuer: Option<&Self>) -> Self {
        let key = key(wanted.authority);
        let mut name = X509NameBuilder::new().unwrap();
        name.append_entry_by_text("O", "attachsql tests").unwrap();
        name.append_entry_by_text("CN", wanted.name).unwrap();
        let name = name.build();
        let mut serial = BigNum::new().unwrap();
        serial.rand(120, MsbOption::ONE, false).unwrap();
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().cast_signed();
        let day = |days: i64| Asn1Time::from_unix(now + days * DAY).unwrap();
        let mut builder = X509Builder::new().unwrap();
        builder.set_version(2).unwrap();
        builder.set_serial_number(&serial.to_asn1_integer().unwrap()).unwrap();
        builder.set_subject_name(&name).unwrap();
        builder.set_issuer_name(issuer.map_or(&*name, |by| by.cert.subject_name())).unwrap();
        builder.set_not_before(&day(wanted.begins)).unwrap();
        builder.set_not_after(&day(wanted.ends)).unwrap();
        builder.set_pubkey(&key).unwrap();
        let mut basic = BasicConstraints::new();
        basic.critical();
        if wanted.authority {
            basic.ca();
            let usage = KeyUsage::new().critical().key_cert_sign().crl_sign().build().unwrap();
            builder.append_extension(usage).unwrap();
        } else {
            let mut usage = ExtendedKeyUsage::new();
            if wanted.for_servers {
                usage.server_auth()
            } else {
                usage.client_auth()
            };
            builder.append_extension(usage.build().unwrap()).unwrap();
            let mut names = SubjectAlternativeName::new();
            for host in wanted.hosts {
                names.dns(host);
            }
            for address in wanted.addresses {
                names.ip(address);
            }
            if !(wanted.hosts.is_empty() && wanted.addresses.is_empty()) {
                let names = names.build(&builder.x509v3_context(None, None)).unwrap();
                builder.append_extension(names).unwrap();
            }
        }
        builder.append_extension(basic.build().unwrap()).unwrap();
        if let Some(permitted) = wanted.permitted {
            let value = format!("critical,permitted;DNS:{permitted}");
            let context = builder.x509v3_context(None, None);
            let rule = X509Extension::new_nid(None, Some(&context), Nid::NAME_CONSTRAINTS, &value);
            builder.append_extension(rule.unwrap()).unwrap();
        }
        builder.sign(issuer.map_or(&key, |by| &by.key), MessageDigest::sha256()).unwrap();
        Self { cert: builder.build(), key }
    }

    /// A server that shows this certificate, and `between` beside it; versions 12 and 13 or one of them.
    pub fn context(&self, between: &[&Self], versions: (u32, u32)) -> SslContext {
        let version = |number| if number == 12 { SslVersion::TLS1_2 } else { SslVersion::TLS1_3 };
        let mut builder = SslContext::builder(SslMethod::tls_server()).unwrap();
        builder.set_min_proto_version(Some(version(versions.0))).unwrap();
        builder.set_max_proto_version(Some(version(versions.1))).unwrap();
        builder.set_certificate(&self.cert).unwrap();
        builder.set_private_key(&self.key).unwrap();
        for other in between {
            builder.add_extra_chain_cert(other.cert.clone()).unwrap();
        }
        builder.build()
    }

    /// The certificate's fingerprint.
    pub fn fingerprint(&self) -> String {
        let digest = self.cert.digest(MessageDigest::sha256()).unwrap();
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// A file that is gone at the end of the test.
#[derive(Debug)]
pub struct TempFile(PathBuf);

impl TempFile {
    pub fn new(content: &[u8]) -> Self {
        // Nobody else has the name: sockets are named the same way.
        let path = super::listener::socket_path();
        std::fs::write(&path, content).unwrap();
        Self(path)
    }

    /// The certificates, in PEM.
    pub fn certificates(all: &[&Identity]) -> Self {
        let pem: Vec<Vec<u8>> = all.iter().map(|one| one.cert.to_pem().unwrap()).collect();
        Self::new(&pem.concat())
    }

    pub fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
