// SPDX-License-Identifier: Apache-2.0
//! The way to the server: from the first call to an open socket, host after host, and the sleep on it.
//! Nothing of the protocol but this: until a server has greeted, another host may take its place.
//!
//! Sockets that are given up are closed at once, unless somebody watches descriptors. Then they stay
//! open until the next poll: their numbers must not come back as others while an event loop still has
//! them.

use std::time::{Duration, Instant};

use crate::auth::Channel;
use crate::error::{ConnectPhase, Error, Misuse, Result};
use crate::net::dial::{Dial, Dialed};
use crate::net::reactor::Woken;
use crate::net::resolve::{self, Lookup};
use crate::net::socket::{SocketAddr, Stream};
use crate::session::cancel::Means;
use crate::session::connection::{Connection, Link, Polled, no_events};
use crate::transport::TlsContext;

/// How long to sleep before trying a unix socket again whose queue is full: there is no event for it.
const RETRY_PAUSE: Duration = Duration::from_millis(1);

impl Connection {
    /// Refuses a socket once the connect has begun.
    pub fn may_adopt(&self) -> Result<()> {
        if self.is_unused() {
            return Ok(());
        }
        let problem = "cannot be set: the connect has begun".to_owned();
        Err(Misuse::Argument { name: "fd", problem }.into())
    }

    /// Uses `stream`, which is connected, in place of an address. Before the connect only.
    pub fn adopt(&mut self, stream: Stream) -> Result<()> {
        self.may_adopt()?;
        self.link = Link::Given(stream);
        Ok(())
    }

    /// Begins: the lookup is asked for, or the first socket opened, in this call. How that went is for
    /// a poll to say.
    #[cold]
    pub(super) fn start(&mut self) -> Result<()> {
        if let Some(error) = self.tls_refusal.take() {
            return Err(self.fail(error));
        }
        if self.config.tls_required {
            // Options may have come after `set_ssl`, and files may have changed.
            match TlsContext::new(self.config.tls.get_or_insert_default()) {
                Ok(context) => self.tls_context = Some(context),
                Err(error) => return Err(self.fail(error)),
            }
        }
        if let Link::Given(_) = self.link {
            let Link::Given(stream) = std::mem::replace(&mut self.link, Link::Unused) else {
                return Ok(());
            };
            self.config.hosts = None;
            self.clock.start_connect();
            self.generation += 1;
            self.open(stream);
            if let Some(oversight) = &mut self.oversight {
                // Where it leads to is not known.
                oversight.means = None;
            }
            return Ok(());
        }
        if let Some(hosts) = &mut self.config.hosts {
            hosts.begin(self.config.port);
        }
        if !self.take_next_host() && self.config.port == 0 && self.config.host.is_none() {
            let problem = "is NULL and port is 0: give a host and a port, or the path of a socket";
            let problem = problem.to_owned();
            return Err(Misuse::Argument { name: "host", problem }.into());
        }
        self.clock.start_connect();
        match self.start_host() {
            Ok(()) => Ok(()),
            Err(error) => self.give_up(error).map(drop),
        }
    }

    /// Begins as the second connection to where another one is: to that address, whatever its host leads to by
    /// now, or to the path of the configuration.
    #[cold]
    pub(super) fn start_at(&mut self, peer: Option<SocketAddr>) -> Result<()> {
        self.clock.start_connect();
        match peer {
            Some(address) => {
                self.start_dial(Dial::tcp([address]));
                Ok(())
            }
            None => match self.start_host() {
                Ok(()) => Ok(()),
                Err(error) => Err(self.fail(error)),
            },
        }
    }

    /// Gets on with the way to the server. `None` when it is open.
    #[cold]
    pub(super) fn advance_link(&mut self) -> Result<Option<Polled>> {
        self.retired.clear();
        if let Link::Lookup(lookup) = &self.link {
            match lookup.take(Instant::now()) {
                Some(Ok(addresses)) => self.start_dial(Dial::tcp(addresses)),
                Some(Err(cause)) => {
                    let host = self.host_name();
                    return self.give_up(Error::Resolve { host, cause }.into()).map(Some);
                }
                None => return self.still(Polled::Connecting).map(Some),
            }
        }
        match &mut self.link {
            Link::Dial(_) => self.advance_dial(),
            Link::Failed(error) => {
                let error = error.clone();
                Err(self.lost_command(&error))
            }
            _ => Ok(Some(Polled::NotConnected)),
        }
    }

    fn advance_dial(&mut self) -> Result<Option<Polled>> {
        let end = self.clock.end_of_host();
        let Link::Dial(dial) = &mut self.link else {
            return Ok(Some(Polled::NotConnected));
        };
        let (before, mut lost) = (dial.changes(), Vec::new());
        let dialed = dial.advance(Instant::now(), end, &mut lost);
        self.generation += dial.changes() - before;
        if self.watching {
            self.retired.append(&mut lost);
        }
        if !self.retired.is_empty() && !matches!(dialed, Dialed::Pending) {
            // The next poll closes what is out of use, and hears then how this ended: an open connection
            // has nothing to close.
            dial.keep(dialed);
            return Ok(Some(Polled::Connecting));
        }
        match dialed {
            Dialed::Done(stream) => {
                self.open(stream);
                Ok(None)
            }
            Dialed::Failed(cause) => {
                let target = self.target();
                self.give_up(Error::Connect { target, cause }.into()).map(Some)
            }
            Dialed::Pending => self.still(Polled::Connecting).map(Some),
        }
    }

    /// What was tried has failed. Goes on to the next host, if there is one and no server has greeted;
    /// otherwise this is the end.
    #[cold]
    #[inline(never)]
    pub(super) fn give_up(&mut self, mut error: Box<Error>) -> Result<Polled> {
        if let (Link::Dial(dial), Error::ConnectTimeout { tried, .. }) = (&self.link, &mut *error) {
            *tried = format!(": {}", dial.words());
        }
        if self.config.hosts.is_none() || !self.may_go_on(&error) {
            return Err(self.fail(error));
        }
        loop {
            let words = match &*error {
                Error::Connect { target, cause } => format!("{target}: {cause}"),
                error => format!("{}: {error}", self.target()),
            };
            if let Some(hosts) = &mut self.config.hosts {
                hosts.note(words);
            }
            if self.clock.is_connect_over() || !self.take_next_host() {
                let failures = self.config.hosts.as_ref().and_then(|hosts| hosts.failures());
                if let Some((count, cause)) = failures {
                    let target = format!("any of {count} hosts");
                    error = Error::Connect { target, cause }.into();
                }
                return Err(self.fail(error));
            }
            self.leave();
            match self.start_host() {
                Ok(()) => return Ok(Polled::Connecting),
                Err(next) => error = next,
            }
        }
    }

    /// Whether another host may do better than one that failed with `error`: one that was not reached,
    /// or said no in place of a greeting. What else there is to say against a server is said after its
    /// greeting, and final.
    fn may_go_on(&self, error: &Error) -> bool {
        let before = match &self.link {
            Link::Unused | Link::Lookup(_) | Link::Dial(_) => true,
            Link::Open(_) => self.machine.awaits_greeting(),
            Link::Given(_) | Link::Failed(_) => false,
        };
        let kind = matches!(
            error,
            Error::Connect { .. }
                | Error::Resolve { .. }
                | Error::ConnectTimeout { .. }
                | Error::Lost { .. }
                | Error::Server(_)
        );
        before && kind
    }

    /// Makes the next host of the list, if there is one, the host of the connection.
    fn take_next_host(&mut self) -> bool {
        let Some((host, port)) = self.config.hosts.as_mut().and_then(|hosts| hosts.next()) else {
            return false;
        };
        (self.config.host, self.config.port) = (Some(host), port);
        true
    }

    /// Leaves the host that failed: the machine and the buffers are as new.
    fn leave(&mut self) {
        self.retire();
        if let (Some(login), Some(hosts)) = (self.machine.restart(), &mut self.config.hosts) {
            hosts.login = Some(login);
        }
        self.recv = crate::buf::RecvBuf::default();
        self.out.clear();
        self.write_error = None;
        (self.readable, self.writable, self.peer_closed) = (false, false, false);
        self.clock.on_read();
        self.clock.on_write();
    }

    /// Takes the sockets that there are out of use.
    pub(super) fn retire(&mut self) {
        if let (Link::Open(stream), Some(reactor)) = (&mut self.link, &mut self.reactor) {
            reactor.forget(stream);
        }
        let before = self.retired.len();
        match std::mem::replace(&mut self.link, Link::Unused) {
            Link::Unused | Link::Failed(_) => {}
            Link::Given(stream) | Link::Open(stream) => self.retired.push(stream),
            Link::Dial(dial) => self.retired.extend(dial.into_streams()),
            Link::Lookup(mut lookup) => self.retired.extend(lookup.take_bell()),
        }
        if !self.watching {
            self.retired.clear();
            return;
        }
        for stream in self.retired.iter().skip(before) {
            stream.shut_down();
        }
        self.generation += 1;
    }

    /// Begins with the host of the configuration.
    fn start_host(&mut self) -> Result<()> {
        let left = self.config.hosts.as_ref().map_or(0, |hosts| hosts.left());
        self.clock.start_host(left + 1);
        if self.config.port == 0 {
            return self.start_unix();
        }
        let host = self.config.host.as_deref().map(String::from_utf8_lossy);
        if let Some(address) = resolve::numeric(host.as_deref(), self.config.port) {
            self.start_dial(Dial::tcp([address]));
            return Ok(());
        }
        let host = self.host_name();
        match Lookup::start(&host, self.config.port, Instant::now()) {
            Ok(lookup) => {
                self.link = Link::Lookup(Box::new(lookup));
                self.clock.enter(ConnectPhase::Lookup);
                Ok(())
            }
            Err(error) => {
                let cause = format!("no thread for it: {error}");
                Err(Error::Resolve { host, cause }.into())
            }
        }
    }

    #[cfg(unix)]
    fn start_unix(&mut self) -> Result<()> {
        use std::os::unix::ffi::OsStringExt;
        let path = self.config.host.clone().unwrap_or_default();
        self.start_dial(Dial::unix(std::ffi::OsString::from_vec(path)));
        Ok(())
    }

    #[cfg(not(unix))]
    fn start_unix(&mut self) -> Result<()> {
        let cause = "port is 0, which means a unix socket, and this system has none".to_owned();
        let target = self.target();
        Err(Error::Connect { target, cause }.into())
    }

    fn start_dial(&mut self, mut dial: Dial) {
        if let Link::Lookup(_) = self.link {
            self.retire();
        }
        self.clock.enter(ConnectPhase::Dial);
        dial.start(Instant::now(), self.clock.end_of_host());
        self.generation += dial.changes();
        self.link = Link::Dial(Box::new(dial));
    }

    /// How far `stream`, with what is between it and the machine, can be trusted with a password.
    pub(super) fn channel(&self, stream: &Stream) -> Channel {
        let trusted = self.config.trust_fetched_key || stream.is_loopback();
        match stream {
            _ if self.tls_info.is_some() => Channel::Tls,
            #[cfg(unix)]
            Stream::Unix(_) => Channel::Socket,
            Stream::Tcp(_) if trusted => Channel::KeyTrusted,
            Stream::Tcp(_) => Channel::Open,
        }
    }

    fn open(&mut self, stream: Stream) {
        let channel = self.channel(&stream);
        stream.tune(self.config.keep_alive);
        self.keep_means(&stream);
        let before = self.config.hosts.as_mut().and_then(|hosts| hosts.login.take());
        let mut login = before.unwrap_or_else(|| self.config.login(channel));
        login.channel = channel;
        self.machine.start_login(login);
        self.clock.enter(ConnectPhase::Greeting);
        self.link = Link::Open(stream);
        self.readable = true;
    }

    /// Keeps what cancelling a command will need, if the program wants to: after the login it is gone.
    fn keep_means(&mut self, stream: &Stream) {
        let Some(oversight) = self.oversight.as_mut().filter(|oversight| oversight.enabled) else {
            return;
        };
        let peer = stream.peer();
        match &mut oversight.means {
            // Another host before this one has taken the login.
            Some(means) => {
                (means.config.host, means.config.port) =
                    (self.config.host.clone(), self.config.port);
                means.peer = peer;
            }
            None => {
                let (config, tls_context) = (self.config.twin(), self.tls_context.clone());
                oversight.means = Some(Box::new(Means { config, peer, tls_context }));
            }
        }
    }

    /// When the way to the server has something to do without an event.
    pub(super) fn way_deadline(&self) -> Option<Instant> {
        match &self.link {
            Link::Lookup(lookup) => lookup.deadline(),
            Link::Dial(dial) if dial.retries() => Some(Instant::now() + RETRY_PAUSE),
            Link::Dial(dial) => dial.next_at(),
            _ => None,
        }
    }

    /// Sleeps until the lookup or the connect has got on.
    #[cold]
    pub(super) fn sleep_connecting(&mut self, limit: Option<Duration>) -> Result<bool> {
        match (&mut self.link, &mut self.reactor) {
            (Link::Lookup(lookup), _) => Ok(lookup.wait(limit)),
            (Link::Dial(dial), Some(reactor)) => {
                let mut streams: Vec<_> = dial.streams().collect();
                if streams.is_empty() {
                    std::thread::sleep(limit.map_or(RETRY_PAUSE, |limit| limit.min(RETRY_PAUSE)));
                    return Ok(true);
                }
                let woken = reactor.wait_connecting(&mut streams, limit);
                Ok(woken.map_err(no_events)? != Woken::TimedOut)
            }
            _ => Ok(true),
        }
    }

    /// Where the connection goes, for messages.
    fn target(&self) -> String {
        match self.config.port {
            0 => self.host_name(),
            port => format!("{} port {port}", self.host_name()),
        }
    }

    fn host_name(&self) -> String {
        let host = self.config.host.as_deref().unwrap_or(b"localhost");
        String::from_utf8_lossy(host).into_owned()
    }
}
