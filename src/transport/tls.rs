// SPDX-License-Identifier: Apache-2.0
//! One TLS connection over memory. OpenSSL sees a pipe, so a write never blocks and the only thing it
//! ever waits for is more ciphertext.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use openssl::hash::MessageDigest;
use openssl::sha::Sha256;
use openssl::ssl::{ErrorCode, ShutdownState, SslStream, SslVerifyMode};
use openssl::x509::{X509StoreContextRef, X509VerifyResult};

use crate::buf::SendBuf;
use crate::error::{Error, Result};
use crate::transport::contexts::TlsContext;
use crate::transport::keylog::Keys;
use crate::transport::pipe::Pipe;
use crate::transport::resume::{Place, Resuming};
use crate::transport::tls_config::{TlsConfig, Verify};
use crate::transport::tls_error::{reasons, subject};

/// What a read gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fed {
    /// So many bytes.
    Bytes(usize),
    /// Nothing: more ciphertext is needed.
    Starved,
    /// The server has ended the TLS connection.
    Closed,
}

/// What a program can know of a TLS connection.
#[derive(Debug, Clone, Default)]
pub struct TlsInfo {
    /// The version, with a NUL behind it: `TLSv1.3`.
    pub version: Vec<u8>,
    /// OpenSSL's name of the cipher, with a NUL behind it.
    pub cipher: Vec<u8>,
    /// Whether it goes on with the session of an earlier connection.
    pub resumed: bool,
    /// What the certificate was checked for; `None` if it was not.
    pub checked: Option<Verify>,
    /// Whether it has one of the fingerprints given.
    pub fingerprint: bool,
    /// Nobody trusts the certificate: the server has to prove with the password that it is its own.
    pub untrusted: Option<Untrusted>,
}

/// A certificate that nobody trusts, and that the password may vouch for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untrusted {
    /// Its SHA-256 fingerprint.
    pub fingerprint: [u8; 32],
    /// Why it is not trusted, as the error would have said.
    pub refusal: String,
}

/// What the check of the certificate has found.
#[derive(Debug, Default)]
struct Finding {
    /// Why it was refused, and whose it is.
    refusal: Option<String>,
    /// Whether the handshake goes on all the same.
    forgiven: bool,
}

/// A TLS connection.
#[derive(Debug)]
pub struct TlsSession {
    stream: SslStream<Pipe>,
    host: String,
    fingerprints: Vec<[u8; 32]>,
    checked: Verify,
    finding: Arc<Mutex<Finding>>,
    resuming: Option<Arc<Resuming>>,
    keys: Option<Keys>,
    /// Kept for others to share, who find it for as long as somebody has it.
    _context: TlsContext,
    connected: bool,
}

impl TlsSession {
    /// Bytes of its buffers.
    pub fn bytes(&self) -> usize {
        let pipe = self.stream.get_ref();
        pipe.incoming.capacity() + pipe.outgoing.capacity()
    }

    /// A connection to `host` that has not begun its handshake. `address` is where it goes, for sessions
    /// to be used there alone.
    pub fn new(
        config: &TlsConfig,
        context: &TlsContext,
        host: &str,
        address: (&[u8], u16),
    ) -> Result<Self> {
        let failed = |stack| Error::tls_setup("TLS", &reasons(&stack));
        let host = config.server_name.as_deref().unwrap_or(host);
        let (mut ssl, resuming) = if config.no_resume {
            (context.0.connection().map_err(failed)?, None)
        } else {
            context.0.resuming(place(config, host, address)).map_err(failed)?
        };
        let ip: Option<IpAddr> = host.parse().ok();
        if ip.is_none() && !host.is_empty() {
            ssl.set_hostname(host).map_err(failed)?;
        }
        let checked = config.verify();
        if checked == Verify::Host {
            match ip {
                Some(ip) => ssl.param_mut().set_ip(ip).map_err(failed)?,
                None => ssl.param_mut().set_host(host).map_err(failed)?,
            }
        }
        let finding = Arc::new(Mutex::new(Finding::default()));
        if checked == Verify::Nothing {
            ssl.set_verify(SslVerifyMode::NONE);
        } else {
            let (note, takes_proof) = (Arc::clone(&finding), config.takes_proof());
            ssl.set_verify_callback(SslVerifyMode::PEER, move |good, store| {
                good || note_refusal(&note, store, takes_proof)
            });
        }
        let keys = match &config.keylog {
            Some(log) => Some(Keys::of(&mut ssl, log.clone()).map_err(failed)?),
            None => None,
        };
        let stream = SslStream::new(ssl, Pipe::default()).map_err(failed)?;
        let (host, fingerprints) = (host.to_owned(), config.fingerprints.clone());
        Ok(Self {
            stream,
            host,
            fingerprints,
            checked,
            finding,
            resuming,
            keys,
            _context: context.clone(),
            connected: false,
        })
    }

    /// Goes on with the handshake as far as the ciphertext at hand allows. Whether it is done.
    pub fn handshake(&mut self) -> Result<bool> {
        if self.connected {
            return Ok(true);
        }
        let result = self.stream.connect();
        self.deliver_keys();
        match result {
            Ok(()) => {
                self.check_fingerprint()?;
                self.connected = true;
                // A certificate that only the password vouches for leaves nothing to go on with.
                if let Some(resuming) = self.resuming.as_ref().filter(|_| !self.is_forgiven()) {
                    resuming.approve();
                }
                Ok(true)
            }
            Err(error) if error.code() == ErrorCode::WANT_READ => Ok(false),
            Err(error) => {
                if let Some(resuming) = &self.resuming {
                    resuming.failed(true);
                }
                Err(self.failure("handshake", &error))
            }
        }
    }

    /// What there is to know of it, once it is connected.
    pub fn info(&self) -> TlsInfo {
        let ssl = self.stream.ssl();
        let with_nul = |text: &str| [text.as_bytes(), b"\0"].concat();
        let finding = self.finding();
        let untrusted = finding.forgiven.then(|| Untrusted {
            fingerprint: self.fingerprint().unwrap_or_default(),
            refusal: self.refusal(finding.refusal.as_deref().unwrap_or_default()),
        });
        TlsInfo {
            version: with_nul(ssl.version_str()),
            cipher: with_nul(ssl.current_cipher().map_or("", |cipher| cipher.name())),
            resumed: ssl.session_reused(),
            checked: Some(self.checked)
                .filter(|&checked| checked > Verify::Nothing && !finding.forgiven),
            fingerprint: !self.fingerprints.is_empty(),
            untrusted,
        }
    }

    /// Whether the handshake is done.
    pub fn is_connected(&self) -> bool {
        self.connected
    }

    /// Decrypts what there is into `space`, at most one record.
    pub fn read(&mut self, space: &mut [u8]) -> Result<Fed> {
        let read = self.stream.ssl_read(space);
        self.deliver_keys();
        match read {
            Ok(n) => Ok(Fed::Bytes(n)),
            Err(error) => match error.code() {
                ErrorCode::WANT_READ => Ok(Fed::Starved),
                ErrorCode::ZERO_RETURN => Ok(Fed::Closed),
                _ => Err(self.failure("read", &error)),
            },
        }
    }

    /// Encrypts the first bytes of `out`, at most `most`.
    pub fn write(&mut self, out: &mut SendBuf, most: usize) -> Result<()> {
        let bytes = out.pending();
        let bytes = bytes.get(..most).unwrap_or(bytes);
        if bytes.is_empty() {
            return Ok(());
        }
        match self.stream.ssl_write(bytes) {
            Ok(n) => {
                out.advance(n);
                Ok(())
            }
            Err(error) => Err(self.failure("write", &error)),
        }
    }

    /// Space for ciphertext from the socket.
    pub fn space(&mut self) -> &mut [u8] {
        self.stream.get_mut().incoming.space()
    }

    /// Takes the first `n` bytes of `space` as received.
    pub fn received(&mut self, n: usize) {
        self.stream.get_mut().incoming.received(n);
    }

    /// Takes the ciphertext to send out, if there is any.
    pub fn take_outgoing(&mut self, wire: &mut SendBuf) {
        let outgoing = &mut self.stream.get_mut().outgoing;
        if !outgoing.is_empty() {
            wire.append(outgoing);
            *outgoing = Vec::new();
        }
    }

    /// Whether bytes are here that a read could give, or at least look at.
    pub fn has_pending(&self) -> bool {
        self.stream.ssl().pending() > 0 || !self.stream.get_ref().incoming.is_empty()
    }

    /// Gives memory back while the connection is idle.
    pub fn shrink(&mut self) {
        self.stream.get_mut().incoming.shrink();
    }

    /// A message of TLS 1.3 may change the keys at any time.
    #[inline]
    fn deliver_keys(&self) {
        if let Some(keys) = &self.keys {
            keys.deliver();
        }
    }

    fn finding(&self) -> MutexGuard<'_, Finding> {
        self.finding.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_forgiven(&self) -> bool {
        self.finding().forgiven
    }

    /// That of the server's certificate, also when the session was resumed.
    fn fingerprint(&self) -> Option<[u8; 32]> {
        let digest = self.stream.ssl().peer_certificate()?.digest(MessageDigest::sha256()).ok()?;
        (*digest).try_into().ok()
    }

    fn check_fingerprint(&self) -> Result<()> {
        if self.fingerprints.is_empty() {
            return Ok(());
        }
        if self.fingerprint().is_some_and(|print| self.fingerprints.contains(&print)) {
            return Ok(());
        }
        let cert = self.stream.ssl().peer_certificate();
        let whose = cert.as_ref().map(|cert| subject(cert)).unwrap_or_default();
        Err(Error::tls(&format!(
            "the certificate of '{}' ({whose}) has none of the fingerprints given",
            self.host
        )))
    }

    fn refusal(&self, words: &str) -> String {
        format!("the certificate of '{}' is refused: {words}", self.host)
    }

    fn failure(&self, what: &str, error: &openssl::ssl::Error) -> Box<Error> {
        if let Some(words) = self.finding().refusal.take() {
            return Error::tls(&self.refusal(&words));
        }
        let reason = match error.ssl_error() {
            Some(stack) => reasons(stack),
            None => error.to_string(),
        };
        Error::tls(&format!("{what}: {reason}"))
    }
}

impl Drop for TlsSession {
    fn drop(&mut self) {
        if self.connected {
            // Otherwise OpenSSL takes it for broken off and spoils the sessions that it leaves. What it
            // finds wrong itself spoils them all the same.
            self.stream.set_shutdown(ShutdownState::SENT);
        } else if let Some(resuming) = &self.resuming {
            resuming.failed(false);
        }
    }
}

/// What two connections must have in common for one to go on with the session of the other, beside the
/// context.
fn place(config: &TlsConfig, host: &str, (address, port): (&[u8], u16)) -> Place {
    let mut hash = Sha256::new();
    for part in [host.as_bytes(), address, &port.to_le_bytes()] {
        hash.update(&part.len().to_le_bytes());
        hash.update(part);
    }
    let checks = (config.verify(), config.takes_proof(), &config.fingerprints);
    hash.update(format!("{checks:?}").as_bytes());
    hash.finish()
}

/// Notes why OpenSSL refuses the certificate it is looking at. Whether the handshake may go on: if the
/// password may vouch for it, and nothing is wrong but that nobody trusts it and that it is for another
/// host. Those are what a proof makes good; a certificate that is out of its time stays refused.
fn note_refusal(finding: &Mutex<Finding>, store: &X509StoreContextRef, takes_proof: bool) -> bool {
    let forgiven = takes_proof && FORGIVABLE.contains(&store.error().as_raw());
    let mut finding = finding.lock().unwrap_or_else(PoisonError::into_inner);
    if !forgiven || finding.refusal.is_none() {
        finding.refusal = Some(words(store));
    }
    finding.forgiven = forgiven;
    forgiven
}

/// OpenSSL's numbers for: the issuer is unknown (2, 20, 21), the certificate has signed itself (18), or
/// one in the chain that is not trusted has (19); it is not trusted (27), or for another name (62) or
/// address (64).
/// <https://docs.openssl.org/3.0/man3/X509_STORE_CTX_get_error/>
const FORGIVABLE: [i32; 8] = [2, 18, 19, 20, 21, 27, 62, 64];

/// Why OpenSSL refuses the certificate it is looking at.
fn words(store: &X509StoreContextRef) -> String {
    let why: X509VerifyResult = store.error();
    let whose = store.current_cert().map(subject);
    format!("{} ({})", why.error_string(), whose.unwrap_or_default())
}
