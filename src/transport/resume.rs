// SPDX-License-Identifier: Apache-2.0
//! Sessions that later connections of the process may go on with, instead of a full handshake. Each
//! context has its own, by place: host, port, the name asked for, and how the certificate was checked. A
//! session gets in only after the connection it comes from has passed its checks, because a resumed one
//! shows no certificate.
//!
//! An unsafe island, for one call: OpenSSL takes sessions of the same context only, and the crate cannot
//! know which that is. Here sessions never leave the context that made them.

#![allow(unsafe_code)]

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::error::ErrorStack;
use openssl::ex_data::Index;
use openssl::ssl::{
    Ssl, SslContext, SslContextBuilder, SslRef, SslSession, SslSessionCacheMode, SslVersion,
};

/// Sessions of one context.
const MOST: usize = 64;

/// Sessions of one place: servers give two tickets of TLS 1.3 for each connection, and each is used once.
const MOST_OF_A_PLACE: usize = 8;

/// Places whose server broke off when it was offered a session.
const MOST_REFUSALS: usize = 64;

/// Host, port, name and check, as a hash.
pub(super) type Place = [u8; 32];

/// A context and the sessions that were made with it.
pub(super) struct Shared {
    context: SslContext,
    sessions: Arc<Sessions>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Shared(..)")
    }
}

#[derive(Default)]
struct Sessions(Mutex<Store>);

#[derive(Default)]
struct Store {
    /// The newest last.
    held: Vec<Held>,
    /// Where sessions are not offered any more.
    refused: Vec<Place>,
}

struct Held {
    place: Place,
    session: SslSession,
    /// When the session, or the certificate behind it, is out of date: seconds since 1970.
    end: i64,
}

/// One connection's part: what it may go on with, and what it leaves for others.
pub(super) struct Resuming {
    sessions: Arc<Sessions>,
    place: Place,
    /// Sessions that came before the connection passed its checks; `None` from then on.
    early: Mutex<Option<Vec<Held>>>,
    /// Whether a session was offered.
    offered: bool,
}

impl std::fmt::Debug for Resuming {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Resuming(..)")
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where a connection keeps its part for the callback. `None` if OpenSSL has no room.
fn index() -> Option<Index<Ssl, Arc<Resuming>>> {
    static INDEX: OnceLock<Option<Index<Ssl, Arc<Resuming>>>> = OnceLock::new();
    *INDEX.get_or_init(|| Ssl::new_ex_index().ok())
}

impl Shared {
    /// The context that `builder` makes, without sessions.
    pub(super) fn new(mut builder: SslContextBuilder) -> Self {
        // OpenSSL's own table would keep sessions that nobody has checked.
        let mode = SslSessionCacheMode::CLIENT | SslSessionCacheMode::NO_INTERNAL;
        builder.set_session_cache_mode(mode);
        builder.set_new_session_callback(|ssl, session| {
            if let Some(part) = index().and_then(|index| ssl.ex_data(index)) {
                part.take(ssl, session);
            }
        });
        Self { context: builder.build(), sessions: Arc::default() }
    }

    /// A connection to be that takes no part.
    pub(super) fn connection(&self) -> Result<Ssl, ErrorStack> {
        Ssl::new(&self.context)
    }

    /// A connection to be that goes on with a session of `place`, if there is one.
    pub(super) fn resuming(
        &self,
        place: Place,
    ) -> Result<(Ssl, Option<Arc<Resuming>>), ErrorStack> {
        let mut ssl = Ssl::new(&self.context)?;
        let Some(index) = index() else {
            return Ok((ssl, None));
        };
        let session = self.sessions.offer(&place);
        if let Some(session) = &session {
            // SAFETY: `ssl` was made from `self.context` above. `session` comes from `self.sessions`,
            // where only `Resuming::take` puts any, for connections that this function gave that part:
            // connections of `self.context`, which they never leave.
            unsafe { ssl.set_session(session) }?;
        }
        let part = Arc::new(Resuming {
            sessions: Arc::clone(&self.sessions),
            place,
            early: Mutex::new(Some(Vec::new())),
            offered: session.is_some(),
        });
        ssl.set_ex_data(index, Arc::clone(&part));
        Ok((ssl, Some(part)))
    }
}

impl Sessions {
    /// The newest session of `place` that is not out of date. One of TLS 1.3 is given once.
    fn offer(&self, place: &Place) -> Option<SslSession> {
        let now = now()?;
        let mut store = locked(&self.0);
        if store.refused.contains(place) {
            return None;
        }
        store.held.retain(|held| held.end > now);
        let at = store.held.iter().rposition(|held| held.place == *place)?;
        let held = store.held.get(at)?;
        if held.session.protocol_version() == SslVersion::TLS1_3 {
            // Whoever listens could tell that two connections with one ticket are of one client.
            return Some(store.held.remove(at).session);
        }
        Some(held.session.clone())
    }

    fn keep(&self, new: Vec<Held>) {
        let mut store = locked(&self.0);
        for held in new {
            let same = |other: &&Held| other.place == held.place;
            let again = held.session.protocol_version() != SslVersion::TLS1_3;
            if again || store.held.iter().filter(same).count() >= MOST_OF_A_PLACE {
                let oldest = store.held.iter().position(|other| same(&other));
                oldest.map(|at| store.held.remove(at));
            }
            store.held.push(held);
        }
        let over = store.held.len().saturating_sub(MOST);
        store.held.drain(..over);
    }
}

impl Resuming {
    /// A session that OpenSSL has for later.
    fn take(&self, ssl: &SslRef, session: SslSession) {
        let Some(end) = end(ssl, &session) else {
            return;
        };
        let held = Held { place: self.place, session, end };
        match &mut *locked(&self.early) {
            Some(early) => early.push(held),
            None => self.sessions.keep(vec![held]),
        }
    }

    /// The connection has passed its checks: what it leaves may be used.
    pub(super) fn approve(&self) {
        if let Some(early) = locked(&self.early).take() {
            self.sessions.keep(early);
        }
    }

    /// The handshake did not come to its end: the sessions of this place may be why. After a `refusal`
    /// no other is offered there, or every second connection would fail.
    pub(super) fn failed(&self, refusal: bool) {
        if !self.offered {
            return;
        }
        let mut store = locked(&self.sessions.0);
        store.held.retain(|held| held.place != self.place);
        if refusal && !store.refused.contains(&self.place) {
            let over = (store.refused.len() + 1).saturating_sub(MOST_REFUSALS);
            store.refused.drain(..over);
            store.refused.push(self.place);
        }
    }
}

/// When a session must not be used any more: when it, or the certificate that was checked, is out of
/// date.
fn end(ssl: &SslRef, session: &SslSession) -> Option<i64> {
    let certificate = ssl.peer_certificate()?;
    let session = seconds(session.time()).saturating_add(session.timeout());
    Some(session.min(since_1970(certificate.not_after())?))
}

/// The time by OpenSSL's clock, which certificates are checked by too.
fn now() -> Option<i64> {
    since_1970(&*Asn1Time::days_from_now(0).ok()?)
}

fn since_1970(time: &Asn1TimeRef) -> Option<i64> {
    let difference = Asn1Time::from_unix(0).ok()?.diff(time).ok()?;
    Some(i64::from(difference.days) * 24 * 60 * 60 + i64::from(difference.secs))
}

/// A time of OpenSSL's, whose type is 32 bits wide on some systems.
fn seconds(time: impl Into<i64>) -> i64 {
    time.into()
}
