// SPDX-License-Identifier: Apache-2.0
//! A turn of I/O through TLS: the same as `turn`, with ciphertext between the machine's buffers and the
//! socket.

use std::io;

use crate::error::{ConnectPhase, Error, IoCause, Result};
use crate::limits::{ENCRYPT_STEP, FLUSH_BUDGET};
use crate::session::connection::{Connection, Link};
use crate::session::turn::Moved;
use crate::transport::{Fed, TlsSession};

impl Connection {
    /// The machine has asked for TLS: what is left of the clear text goes first, then the handshake.
    pub(super) fn start_tls(&mut self) -> Result<()> {
        if self.recv.has_unparsed() {
            // Someone may have put them there for the session to take as the server's.
            return Err(Error::tls("the server sent bytes before the handshake"));
        }
        let (Some(context), Some(config)) = (self.tls_context.take(), self.config.tls.take())
        else {
            return Err(Error::Internal("TLS without settings".to_owned()).into());
        };
        self.wire.append(self.out.pending());
        self.out.clear();
        // A unix socket's path is no name; the server at its end is this machine's.
        let host = self.config.host.as_deref().filter(|_| self.config.port > 0);
        let host = host.map_or("localhost".into(), String::from_utf8_lossy);
        self.tls = Some(Box::new(TlsSession::new(&config, &context, &host)?));
        self.clock.enter(ConnectPhase::Tls, 1);
        Ok(())
    }

    /// Nothing is awaited: gives memory back.
    #[cold]
    pub(super) fn shrink_tls(&mut self) {
        if let Some(tls) = &mut self.tls {
            tls.shrink();
        }
    }

    /// Encrypts and sends, as far as the socket takes it and the budget goes. Errors are only
    /// remembered.
    #[cold]
    pub(super) fn flush_tls(&mut self) {
        let mut budget = FLUSH_BUDGET;
        while self.write_error.is_none() && budget > 0 {
            let (Some(tls), Link::Open(stream)) = (&mut self.tls, &self.link) else {
                return;
            };
            if self.wire.is_empty()
                && tls.is_connected()
                && let Err(error) = tls.write(&mut self.out, ENCRYPT_STEP)
            {
                self.write_error = Some(IoCause::closed());
                self.tls_error = Some(error);
                return;
            }
            tls.take_outgoing(&mut self.wire);
            if self.wire.is_empty() {
                return;
            }
            let bytes = self.wire.pending();
            match stream.send(bytes.get(..budget).unwrap_or(bytes)) {
                Ok(n) => {
                    self.wire.advance(n);
                    self.clock.on_write();
                    self.writable = true;
                    budget = budget.saturating_sub(n);
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.writable = false;
                    return;
                }
                Err(error) => {
                    self.write_error = Some(error.into());
                    self.out.clear();
                    self.wire.clear();
                }
            }
        }
    }

    /// Decrypts what is here, and reads from the socket when that is too little.
    #[inline(never)]
    pub(super) fn exchange_tls(&mut self) -> Result<Moved> {
        if !self.wire.is_empty() {
            self.flush_tls();
        }
        loop {
            if let Some(moved) = self.step_tls()? {
                return Ok(moved);
            }
            let (Some(tls), Link::Open(stream)) = (&mut self.tls, &mut self.link) else {
                return Ok(Moved::Nothing);
            };
            let space = tls.space();
            let size = space.len();
            let result = stream.recv(space);
            let Moved::Received(n) = self.received(result, size)? else {
                return Ok(Moved::Nothing);
            };
            if let Some(tls) = &mut self.tls {
                tls.received(n);
            }
        }
    }

    /// What TLS can do with what is here. `None` if it needs more from the socket.
    fn step_tls(&mut self) -> Result<Option<Moved>> {
        let Some(tls) = &mut self.tls else {
            return Ok(None);
        };
        if !tls.is_connected() {
            let done = tls.handshake();
            // An alert goes out too, if it can.
            self.flush_tls();
            if !done? {
                return Ok(None);
            }
            self.clock.enter(ConnectPhase::Login, 1);
            self.machine.on_tls(&mut self.out)?;
            self.flush_tls();
            return Ok(Some(Moved::Received(0)));
        }
        let mut total = 0;
        loop {
            if let Some(full) = self.recv.make_room(self.machine.need())? {
                self.machine.store.keep(full);
            }
            match tls.read(self.recv.spare()) {
                Ok(Fed::Bytes(n)) => {
                    self.recv.commit(n);
                    total += n;
                    if self.recv.spare().is_empty() {
                        return Ok(Some(Moved::Received(total)));
                    }
                }
                // The end, and a failure too, comes again at the next read; what came before may be
                // the server's reason for it.
                _ if total > 0 => return Ok(Some(Moved::Received(total))),
                Ok(Fed::Starved) => return Ok(None),
                Ok(Fed::Closed) => return Err(self.lost(IoCause::closed())),
                Err(error) => return Err(error),
            }
        }
    }
}
