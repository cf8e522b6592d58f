// SPDX-License-Identifier: Apache-2.0
//! The layers of one connection between the machine's buffers and the socket, and the bytes that lie
//! between them. Knows their order; knows neither packets nor sockets.

use crate::buf::SendBuf;
use crate::error::{Error, Result};
use crate::limits::ENCRYPT_STEP;
use crate::transport::tls::{Fed, TlsSession};

/// What is between the machine's buffers and the socket.
#[derive(Debug)]
pub struct Layers {
    tls: TlsSession,
    /// Bytes for the socket.
    pub wire: SendBuf,
    /// Why nothing can be sent any more.
    pub error: Option<Box<Error>>,
}

impl Layers {
    /// TLS, whose handshake begins once `clear` is sent.
    pub fn with_tls(tls: TlsSession, clear: &[u8]) -> Self {
        let mut wire = SendBuf::default();
        wire.append(clear);
        Self { tls, wire, error: None }
    }

    /// Goes on with the handshake as far as the bytes at hand allow. Whether it is done.
    pub fn handshake(&mut self) -> Result<bool> {
        self.tls.handshake()
    }

    /// Whether the machine's bytes can pass.
    pub fn is_connected(&self) -> bool {
        self.tls.is_connected()
    }

    /// Takes some of `out`, and puts what becomes of it into `wire`.
    pub fn send(&mut self, out: &mut SendBuf) -> Result<()> {
        let sent = if self.tls.is_connected() { self.tls.write(out, ENCRYPT_STEP) } else { Ok(()) };
        self.tls.take_outgoing(&mut self.wire);
        sent
    }

    /// Puts the machine's next bytes into `space`.
    pub fn read(&mut self, space: &mut [u8]) -> Result<Fed> {
        self.tls.read(space)
    }

    /// Space for bytes from the socket.
    pub fn space(&mut self) -> &mut [u8] {
        self.tls.space()
    }

    /// Takes the first `n` bytes of `space` as received.
    pub fn received(&mut self, n: usize) {
        self.tls.received(n);
    }

    /// Whether bytes are here that a read could give, or at least look at.
    pub fn has_pending(&self) -> bool {
        self.tls.has_pending()
    }

    /// Gives memory back while the connection is idle.
    pub fn shrink(&mut self) {
        self.tls.shrink();
    }
}
