// SPDX-License-Identifier: Apache-2.0
//! What a program says about TLS, option by option, and the historical call that says it all at once.

use zeroize::Zeroizing;

use crate::error::{Error, Misuse, Result};
use crate::proto::unproved::Unproved;
use crate::session::config::Config;
use crate::session::connection::Connection;
use crate::transport::{TlsContext, TlsInfo, TlsVersion, Verify, fingerprint};

/// A TLS option with its value. All but the first three make TLS required.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TlsChoice<'a> {
    /// Whether TLS is required: 0 or 1.
    Require(u32),
    /// No check of the certificate, whatever else is said.
    NoVerify,
    /// Whether to go on with the session of an earlier connection: 0 or 1.
    Resume(u32),
    /// File with authorities.
    Ca(&'a [u8]),
    /// Folder with authorities.
    CaPath(&'a [u8]),
    /// File with the client's certificate.
    Cert(&'a [u8]),
    /// File with its key.
    Key(&'a [u8]),
    /// Passphrase of the key.
    Passphrase(&'a [u8]),
    /// Ciphers of TLS 1.2.
    Ciphers(&'a [u8]),
    /// Suites of TLS 1.3.
    Suites(&'a [u8]),
    /// Lowest version: 12 or 13.
    MinVersion(u32),
    /// Highest version: 12 or 13.
    MaxVersion(u32),
    /// Check of the certificate: 0 none, 1 chain, 2 chain and host name.
    Verify(u32),
    /// Name to ask for and to check.
    ServerName(&'a [u8]),
    /// File with revocation lists.
    Crl(&'a [u8]),
    /// Folder with revocation lists.
    CrlPath(&'a [u8]),
    /// A SHA-256 fingerprint the certificate may have.
    Fingerprint(&'a [u8]),
}

/// The files of `attachsql_connect_set_ssl`.
#[derive(Debug, Clone, Copy, Default)]
pub struct SslFiles<'a> {
    /// The client's key.
    pub key: Option<&'a [u8]>,
    /// The client's certificate.
    pub cert: Option<&'a [u8]>,
    /// File with authorities.
    pub ca: Option<&'a [u8]>,
    /// Folder with authorities.
    pub ca_path: Option<&'a [u8]>,
    /// Ciphers of TLS 1.2.
    pub ciphers: Option<&'a [u8]>,
}

impl Config {
    /// Takes a TLS option. Whether it was taken; if not, nothing has changed.
    pub(super) fn choose_tls(&mut self, choice: TlsChoice<'_>) -> bool {
        let tls = self.tls.get_or_insert_default();
        let taken = match choice {
            TlsChoice::Require(value @ 0..=1) => {
                self.tls_required = value == 1;
                return true;
            }
            TlsChoice::NoVerify => {
                tls.no_verify = true;
                return true;
            }
            TlsChoice::Resume(value @ 0..=1) => {
                tls.no_resume = value == 0;
                return true;
            }
            TlsChoice::Ca(file) => set(&mut tls.ca, file),
            TlsChoice::CaPath(folder) => set(&mut tls.ca_path, folder),
            TlsChoice::Cert(file) => set(&mut tls.cert, file),
            TlsChoice::Key(file) => set(&mut tls.key, file),
            TlsChoice::Crl(file) => set(&mut tls.crl, file),
            TlsChoice::CrlPath(folder) => set(&mut tls.crl_path, folder),
            TlsChoice::Passphrase(text) => {
                tls.passphrase = Some(Zeroizing::new(text.to_vec()));
                true
            }
            TlsChoice::Ciphers(text) => set_text(&mut tls.ciphers, text),
            TlsChoice::Suites(text) => set_text(&mut tls.suites, text),
            TlsChoice::ServerName(text) => set_text(&mut tls.server_name, text),
            TlsChoice::MinVersion(number) => set_version(&mut tls.min, number),
            TlsChoice::MaxVersion(number) => set_version(&mut tls.max, number),
            TlsChoice::Verify(level) => {
                let level = match level {
                    0 => Verify::Nothing,
                    1 => Verify::Chain,
                    2 => Verify::Host,
                    _ => return false,
                };
                tls.verify = Some(level);
                true
            }
            TlsChoice::Fingerprint(text) => fingerprint(text).is_some_and(|print| {
                tls.fingerprints.push(print);
                true
            }),
            TlsChoice::Require(_) | TlsChoice::Resume(_) => false,
        };
        self.tls_required |= taken;
        taken
    }
}

impl Connection {
    /// Requires TLS with these files, read now, beside what options have said. After an error,
    /// connecting fails with it: the connection is never made without.
    pub fn set_ssl(&mut self, files: &SslFiles<'_>, verify: bool) -> Result<()> {
        if !self.is_unused() {
            let problem = "has begun to connect; TLS must be asked for before".to_owned();
            return Err(Misuse::Argument { name: "con", problem }.into());
        }
        let checked = self.add_ssl(files, verify);
        self.tls_refusal = checked.as_ref().err().cloned();
        checked
    }

    /// What came of TLS; `None` before its handshake is done, and without it.
    pub fn tls_info(&self) -> Option<&TlsInfo> {
        self.tls_info.as_deref()
    }

    /// Whether the server has proved with the password that its certificate is its own.
    pub fn is_proved(&self) -> bool {
        let untrusted = self.tls_info().is_some_and(|info| info.untrusted.is_some());
        untrusted && self.machine.is_logged_in()
    }

    /// The handshake is done: notes what came of it. What the server has yet to prove.
    pub(super) fn note_tls(&mut self) -> Option<Unproved> {
        let info = self.layers.as_ref()?.tls_info()?;
        let unproved = info.untrusted.as_ref().map(|untrusted| Unproved {
            fingerprint: untrusted.fingerprint,
            refusal: untrusted.refusal.clone(),
        });
        self.tls_info = Some(Box::new(info));
        unproved
    }

    fn add_ssl(&mut self, files: &SslFiles<'_>, verify: bool) -> Result<()> {
        self.config.tls_required = true;
        if files.ca.is_none() && files.ca_path.is_none() {
            return Err(Error::tls_setup("ca and capath", "both are missing; one is needed"));
        }
        let mut tls = self.config.tls.clone().unwrap_or_default();
        for (place, value) in [
            (&mut tls.ca, files.ca),
            (&mut tls.ca_path, files.ca_path),
            (&mut tls.cert, files.cert),
            (&mut tls.key, files.key),
        ] {
            if let Some(value) = value {
                *place = Some(value.to_vec());
            }
        }
        if let Some(list) = files.ciphers {
            tls.ciphers = Some(String::from_utf8_lossy(list).into_owned());
        }
        // An option may have asked for more than the chain.
        let level = if verify {
            Verify::Chain.max(tls.verify.unwrap_or(Verify::Chain))
        } else {
            Verify::Nothing
        };
        tls.verify = Some(level);
        let context = TlsContext::new(&tls)?;
        (self.config.tls, self.tls_context) = (Some(tls), Some(context));
        Ok(())
    }
}

fn set(place: &mut Option<Vec<u8>>, value: &[u8]) -> bool {
    let usable = !value.is_empty();
    if usable {
        *place = Some(value.to_vec());
    }
    usable
}

fn set_text(place: &mut Option<String>, value: &[u8]) -> bool {
    match std::str::from_utf8(value) {
        Ok(text) if !text.is_empty() => {
            *place = Some(text.to_owned());
            true
        }
        _ => false,
    }
}

fn set_version(place: &mut Option<TlsVersion>, number: u32) -> bool {
    *place = Some(match number {
        12 => TlsVersion::V12,
        13 => TlsVersion::V13,
        _ => return false,
    });
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::TlsConfig;

    #[test]
    fn any_setting_requires_tls_but_a_refused_one_changes_nothing() {
        let mut config = Config::default();
        assert!(config.choose_tls(TlsChoice::NoVerify) && !config.tls_required);
        for bad in [
            TlsChoice::Require(2),
            TlsChoice::Ca(b""),
            TlsChoice::Verify(3),
            TlsChoice::MinVersion(11),
            TlsChoice::Fingerprint(b"abc"),
            TlsChoice::Ciphers(b"\xff"),
        ] {
            assert!(!config.choose_tls(bad) && !config.tls_required, "{bad:?}");
        }
        assert_eq!(config.tls.clone().unwrap_or_default().verify(), Verify::Nothing);
        assert!(config.choose_tls(TlsChoice::Ca(b"/some/file")) && config.tls_required);
        assert!(config.choose_tls(TlsChoice::Require(0)) && !config.tls_required);
    }

    #[test]
    fn the_host_name_is_checked_unless_told_otherwise() {
        assert_eq!(TlsConfig::default().verify(), Verify::Host);
        let mut config = Config::default();
        assert!(config.choose_tls(TlsChoice::Verify(1)));
        assert_eq!(config.tls.unwrap_or_default().verify(), Verify::Chain);
    }

    #[test]
    fn a_failed_set_ssl_ends_the_way_to_the_server() {
        let mut connection = Connection::new(Config::default());
        let error = connection.set_ssl(&SslFiles::default(), true).unwrap_err();
        assert_eq!((error.code(), &error.sqlstate()), (3003, b"22023"));
        assert_eq!(connection.connect().unwrap_err(), error);
        assert_eq!(connection.poll().unwrap_err(), error);
    }
}
