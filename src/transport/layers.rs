// SPDX-License-Identifier: Apache-2.0
//! The layers of one connection between the machine's buffers and the socket, and the bytes that lie
//! between them. Knows their order, compression inside TLS; knows neither packets nor sockets.

use crate::buf::SendBuf;
use crate::error::{Error, Result};
use crate::limits::{COMPRESS_STEP, ENCRYPT_STEP};
use crate::transport::staging::STAGING;
use crate::transport::tls::{Fed, TlsInfo, TlsSession};
use crate::transport::zip::Zip;
use crate::wire::zframe::Algorithm;

/// What is between the machine's buffers and the socket.
#[derive(Debug, Default)]
pub struct Layers {
    tls: Option<TlsSession>,
    zip: Option<Zip>,
    /// Packed bytes that are still to be encrypted.
    packed: SendBuf,
    /// Bytes for the socket.
    pub wire: SendBuf,
    /// Why nothing can be sent any more.
    pub error: Option<Box<Error>>,
}

impl Layers {
    /// TLS, whose handshake begins once `clear` is sent.
    pub fn with_tls(tls: TlsSession, clear: &[u8]) -> Self {
        let mut layers = Self { tls: Some(tls), ..Self::default() };
        layers.wire.append(clear);
        layers
    }

    /// Compresses from here on. `received` is what has come of the compressed stream already.
    pub fn start_zip(&mut self, algorithm: Algorithm, level: u8, received: &[u8]) {
        let mut zip = Zip::new(algorithm, level);
        zip.received_before(received);
        self.zip = Some(zip);
    }

    /// Goes on with the handshake as far as the bytes at hand allow. Whether it is done.
    pub fn handshake(&mut self) -> Result<bool> {
        self.tls.as_mut().map_or(Ok(true), TlsSession::handshake)
    }

    /// Whether the machine's bytes can pass.
    pub fn is_connected(&self) -> bool {
        self.tls.as_ref().is_none_or(TlsSession::is_connected)
    }

    /// Whether bytes are compressed, which takes time.
    pub fn is_zipped(&self) -> bool {
        self.zip.is_some()
    }

    /// Bytes of its buffers; what the libraries for TLS and compression have is theirs.
    pub fn bytes(&self) -> usize {
        let own = self.packed.capacity() + self.wire.capacity();
        own + self.zip.as_ref().map_or(0, Zip::bytes)
            + self.tls.as_ref().map_or(0, TlsSession::bytes)
    }

    /// Bytes that its buffers of a fixed size come to while they work, besides those that `bytes` counts now. What
    /// is to be packed is not among them.
    pub fn working(&self) -> usize {
        // A step, what it becomes, and what a buffer has beyond that because it doubles.
        let tls = self.tls.as_ref().map_or(0, |_| STAGING + 2 * ENCRYPT_STEP);
        let zip = self.zip.as_ref().map_or(0, |_| STAGING + 3 * COMPRESS_STEP);
        let waiting = self.zip.as_ref().map_or(0, Zip::waiting);
        (tls + zip).saturating_sub(self.bytes() - waiting)
    }

    /// Takes all of `out`, which is a command: compressed packets count anew where one begins. Without
    /// compression nothing is taken.
    pub fn begin_command(&mut self, out: &mut SendBuf) {
        if let Some(zip) = &mut self.zip {
            zip.queue(out, true);
        }
    }

    /// As `begin_command`, for one whose answer comes behind those to commands before it.
    pub fn begin_piped_command(&mut self, out: &mut SendBuf) {
        if let Some(zip) = &mut self.zip {
            zip.queue_piped(out);
        }
    }

    /// Bytes of commands that were taken and of which surely nothing was sent.
    pub fn untaken(&self) -> usize {
        self.zip.as_ref().map_or(0, Zip::queued)
    }

    /// What there is to know of TLS, once the handshake is done.
    pub fn tls_info(&self) -> Option<TlsInfo> {
        self.tls.as_ref().map(TlsSession::info)
    }

    /// Takes some of `out`, and puts what becomes of it into `wire`.
    pub fn send(&mut self, out: &mut SendBuf) -> Result<()> {
        let Some(zip) = &mut self.zip else {
            return send_tls(self.tls.as_mut(), out, &mut self.wire);
        };
        zip.queue(out, false);
        let packed = if self.tls.is_some() { &mut self.packed } else { &mut self.wire };
        let mut taken = 0;
        // Several short commands at once; of a long one, a piece.
        while (packed.is_empty() || taken > 0) && zip.has_queued() && taken < COMPRESS_STEP / 2 {
            let before = zip.queued();
            zip.pack(packed)?;
            taken += before - zip.queued();
        }
        send_tls(self.tls.as_mut(), &mut self.packed, &mut self.wire)
    }

    /// Whether something that was taken is still to be sent.
    pub fn has_output(&self) -> bool {
        !self.wire.is_empty()
            || !self.packed.is_empty()
            || self.zip.as_ref().is_some_and(Zip::has_queued)
    }

    /// Forgets what was not sent.
    pub fn forget_output(&mut self) {
        self.wire.clear();
        self.packed.clear();
        if let Some(zip) = &mut self.zip {
            zip.forget_queued();
        }
    }

    /// Puts the machine's next bytes into `space`.
    pub fn read(&mut self, space: &mut [u8]) -> Result<Fed> {
        let Some(zip) = &mut self.zip else {
            return self.tls.as_mut().map_or(Ok(Fed::Starved), |tls| tls.read(space));
        };
        loop {
            match (zip.read(space)?, &mut self.tls) {
                (Fed::Starved, Some(tls)) => match tls.read(zip.incoming.space())? {
                    Fed::Bytes(n) => zip.received(n),
                    nothing => return Ok(nothing),
                },
                (fed, _) => return Ok(fed),
            }
        }
    }

    /// Space for bytes from the socket.
    pub fn space(&mut self) -> &mut [u8] {
        match (&mut self.tls, &mut self.zip) {
            (Some(tls), _) => tls.space(),
            (None, Some(zip)) => zip.incoming.space(),
            (None, None) => &mut [],
        }
    }

    /// Takes the first `n` bytes of `space` as received.
    pub fn received(&mut self, n: usize) {
        match (&mut self.tls, &mut self.zip) {
            (Some(tls), _) => tls.received(n),
            (None, Some(zip)) => zip.received(n),
            (None, None) => {}
        }
    }

    /// Whether bytes are here that a read could give, or at least look at.
    pub fn has_pending(&self) -> bool {
        self.tls.as_ref().is_some_and(TlsSession::has_pending)
            || self.zip.as_ref().is_some_and(Zip::has_more)
    }

    /// Gives memory back while the connection is idle.
    pub fn shrink(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.shrink();
        }
        if let Some(zip) = &mut self.zip {
            zip.shrink();
        }
    }
}

/// Encrypts some of `out` into `wire`, once that is possible.
fn send_tls(tls: Option<&mut TlsSession>, out: &mut SendBuf, wire: &mut SendBuf) -> Result<()> {
    let Some(tls) = tls else {
        return Ok(());
    };
    let sent = if tls.is_connected() { tls.write(out, ENCRYPT_STEP) } else { Ok(()) };
    tls.take_outgoing(wire);
    sent
}
