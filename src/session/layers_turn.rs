// SPDX-License-Identifier: Apache-2.0
//! A turn of I/O through layers: the same as `turn`, with TLS or compression between the machine's
//! buffers and the socket. When a layer is put in is decided here.

use std::io;

use crate::error::{ConnectPhase, Error, IoCause, Result};
use crate::limits::{COMPRESS_STEPS, FLUSH_BUDGET};
use crate::session::connection::{Connection, Link};
use crate::session::turn::Moved;
use crate::transport::{Fed, Layers, TlsSession};

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
        // A unix socket's path is no name; the server at its end is this machine's.
        let host = self.config.host.as_deref().filter(|_| self.config.port > 0);
        let host = host.map_or("localhost".into(), String::from_utf8_lossy);
        let address = self.config.host.as_deref().unwrap_or_default();
        let tls = TlsSession::new(&config, &context, &host, (address, self.config.port))?;
        self.layers = Some(Box::new(Layers::with_tls(tls, self.out.pending())));
        self.out.clear();
        self.clock.enter(ConnectPhase::Tls);
        Ok(())
    }

    /// The login, or a change of user, is done: compression begins if it was agreed on.
    #[cold]
    #[inline(never)]
    pub(super) fn on_logged_in(&mut self) {
        self.clock.end_connect();
        self.time_waiting_command();
        self.config.hosts = None;
        if let Some(algorithm) = self.machine.compression() {
            let level = self.config.compression.level(algorithm);
            let layers = self.layers.get_or_insert_default();
            if layers.is_zipped() {
                return;
            }
            // A server that gives up at once has said so in a compressed packet.
            let early = self.recv.unparsed();
            layers.start_zip(algorithm, level, early);
            let early = early.len();
            self.recv.consume(early);
        }
    }

    /// Sends the command that `out` consists of.
    #[cold]
    #[inline(never)]
    pub(super) fn flush_command_through(&mut self) {
        self.end_command();
        self.flush_layers();
    }

    /// What is in `out` is a whole command, which need not go at once.
    pub(super) fn end_command(&mut self) {
        if let Some(layers) = &mut self.layers {
            layers.begin_command(&mut self.out);
        }
    }

    /// Nothing is awaited: gives memory back.
    #[cold]
    pub(super) fn shrink_layers(&mut self) {
        if let Some(layers) = &mut self.layers
            && !self.pipeline.as_ref().is_some_and(|pipeline| pipeline.runs())
        {
            layers.shrink();
        }
    }

    /// Sends through the layers, as far as the socket takes it and the budget goes. Errors are only
    /// remembered.
    #[cold]
    pub(super) fn flush_layers(&mut self) {
        let (mut budget, mut steps) = (FLUSH_BUDGET, COMPRESS_STEPS);
        while self.write_error.is_none() && budget > 0 {
            let (Some(layers), Link::Open(stream)) = (&mut self.layers, &self.link) else {
                return;
            };
            if layers.wire.is_empty() {
                if layers.is_zipped() && steps == 0 {
                    return;
                }
                steps = steps.saturating_sub(1);
                if let Err(error) = layers.send(&mut self.out) {
                    self.write_error = Some(IoCause::closed());
                    layers.error = Some(error);
                    self.note_unsent();
                    return;
                }
            }
            if layers.wire.is_empty() {
                return;
            }
            let bytes = layers.wire.pending();
            match stream.send(bytes.get(..budget).unwrap_or(bytes)) {
                Ok(n) => {
                    layers.wire.advance(n);
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
                    self.note_unsent();
                    let Some(layers) = &mut self.layers else {
                        return;
                    };
                    layers.forget_output();
                    self.out.clear();
                }
            }
        }
    }

    /// Takes what the layers make of the bytes that are here, and reads from the socket when that is too
    /// little.
    #[inline(never)]
    pub(super) fn exchange_layers(&mut self) -> Result<Moved> {
        if self.layers.as_ref().is_some_and(|layers| layers.has_output()) {
            self.flush_layers();
            self.refill();
        }
        loop {
            if let Some(moved) = self.step_layers()? {
                return Ok(moved);
            }
            let (Some(layers), Link::Open(stream)) = (&mut self.layers, &mut self.link) else {
                return Ok(Moved::Nothing);
            };
            let space = layers.space();
            let size = space.len();
            let result = stream.recv(space);
            let Moved::Received(n) = self.received(result, size)? else {
                return Ok(Moved::Nothing);
            };
            if let Some(layers) = &mut self.layers {
                layers.received(n);
            }
        }
    }

    /// What the layers can do with what is here. `None` if it needs more from the socket.
    fn step_layers(&mut self) -> Result<Option<Moved>> {
        let Some(layers) = &mut self.layers else {
            return Ok(None);
        };
        if !layers.is_connected() {
            let done = layers.handshake();
            // An alert goes out too, if it can.
            self.flush_layers();
            if !done? {
                return Ok(None);
            }
            self.clock.enter(ConnectPhase::Login);
            let unproved = self.note_tls();
            self.machine.on_tls(unproved, &mut self.out)?;
            self.flush_layers();
            return Ok(Some(Moved::Received(0)));
        }
        let mut total = 0;
        loop {
            match self.recv.make_room(self.machine.need()) {
                Ok(None) => {}
                made => self.find_room(made)?,
            }
            let Some(layers) = &mut self.layers else {
                return Ok(None);
            };
            match layers.read(self.recv.spare()) {
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
