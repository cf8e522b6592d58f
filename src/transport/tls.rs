// SPDX-License-Identifier: Apache-2.0
//! One TLS connection over memory. OpenSSL sees a pipe, so a write never blocks and the only thing it
//! ever waits for is more ciphertext.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use openssl::hash::MessageDigest;
use openssl::ssl::{ErrorCode, Ssl, SslStream, SslVerifyMode};
use openssl::x509::{X509StoreContextRef, X509VerifyResult};

use crate::buf::SendBuf;
use crate::error::{Error, Result};
use crate::transport::pipe::Pipe;
use crate::transport::tls_config::{TlsConfig, TlsContext, Verify, reasons, subject};

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

/// A TLS connection.
#[derive(Debug)]
pub struct TlsSession {
    stream: SslStream<Pipe>,
    host: String,
    fingerprints: Vec<[u8; 32]>,
    /// Why a certificate was refused, and whose it is.
    refusal: Arc<Mutex<Option<String>>>,
    connected: bool,
}

impl TlsSession {
    /// A connection to `host` that has not begun its handshake.
    pub fn new(config: &TlsConfig, context: &TlsContext, host: &str) -> Result<Self> {
        let failed = |stack| Error::tls_setup("TLS", &reasons(&stack));
        let mut ssl = Ssl::new(&context.0).map_err(failed)?;
        let host = config.server_name.as_deref().unwrap_or(host);
        let address: Option<IpAddr> = host.parse().ok();
        if address.is_none() && !host.is_empty() {
            ssl.set_hostname(host).map_err(failed)?;
        }
        if config.verify() == Verify::Host {
            match address {
                Some(address) => ssl.param_mut().set_ip(address).map_err(failed)?,
                None => ssl.param_mut().set_host(host).map_err(failed)?,
            }
        }
        let refusal = Arc::new(Mutex::new(None));
        if config.verify() == Verify::Nothing {
            ssl.set_verify(SslVerifyMode::NONE);
        } else {
            let note = Arc::clone(&refusal);
            ssl.set_verify_callback(SslVerifyMode::PEER, move |good, store| {
                if !good {
                    *note.lock().unwrap_or_else(PoisonError::into_inner) = Some(words(store));
                }
                good
            });
        }
        let stream = SslStream::new(ssl, Pipe::default()).map_err(failed)?;
        let (host, fingerprints) = (host.to_owned(), config.fingerprints.clone());
        Ok(Self { stream, host, fingerprints, refusal, connected: false })
    }

    /// Goes on with the handshake as far as the ciphertext at hand allows. Whether it is done.
    pub fn handshake(&mut self) -> Result<bool> {
        if self.connected {
            return Ok(true);
        }
        match self.stream.connect() {
            Ok(()) => {
                self.check_fingerprint()?;
                self.connected = true;
                Ok(true)
            }
            Err(error) if error.code() == ErrorCode::WANT_READ => Ok(false),
            Err(error) => Err(self.failure("handshake", &error)),
        }
    }

    /// Whether the handshake is done.
    pub fn is_connected(&self) -> bool {
        self.connected
    }

    /// Decrypts what there is into `space`, at most one record.
    pub fn read(&mut self, space: &mut [u8]) -> Result<Fed> {
        match self.stream.ssl_read(space) {
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

    fn check_fingerprint(&self) -> Result<()> {
        if self.fingerprints.is_empty() {
            return Ok(());
        }
        let cert = self.stream.ssl().peer_certificate();
        let digest = cert.as_ref().and_then(|cert| cert.digest(MessageDigest::sha256()).ok());
        if self.fingerprints.iter().any(|known| digest.as_deref() == Some(known)) {
            return Ok(());
        }
        let whose = cert.as_ref().map(|cert| subject(cert)).unwrap_or_default();
        Err(Error::tls(&format!(
            "the certificate of '{}' ({whose}) has none of the fingerprints given",
            self.host
        )))
    }

    fn failure(&self, what: &str, error: &openssl::ssl::Error) -> Box<Error> {
        let refusal = self.refusal.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(words) = refusal {
            return Error::tls(&format!("the certificate of '{}' is refused: {words}", self.host));
        }
        let reason = match error.ssl_error() {
            Some(stack) => reasons(stack),
            None => error.to_string(),
        };
        Error::tls(&format!("{what}: {reason}"))
    }
}

/// Why OpenSSL refuses the certificate it is looking at.
fn words(store: &X509StoreContextRef) -> String {
    let why: X509VerifyResult = store.error();
    let whose = store.current_cert().map(subject);
    format!("{} ({})", why.error_string(), whose.unwrap_or_default())
}
