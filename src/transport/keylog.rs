// SPDX-License-Identifier: Apache-2.0
//! The keys of a connection for who looks into its traffic, line by line in the format of SSLKEYLOGFILE.
//! Lines are collected while OpenSSL works and handed over after it, so that the program's function may
//! do what it likes; their memory is overwritten.
//! <https://datatracker.ietf.org/doc/draft-ietf-tls-keylogfile/>

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use openssl::error::ErrorStack;
use openssl::ex_data::Index;
use openssl::ssl::{Ssl, SslContextBuilder, SslRef};
use zeroize::Zeroizing;

/// Who wants the keys: called with each line, without its end.
#[derive(Clone)]
pub struct KeyLog(Arc<Mutex<Taker>>);

type Taker = dyn FnMut(&str) + Send;

impl KeyLog {
    /// Hands lines to `taker`.
    pub fn new(taker: impl FnMut(&str) + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(taker)))
    }
}

impl std::fmt::Debug for KeyLog {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("KeyLog(..)")
    }
}

/// Lines that OpenSSL has told and nobody has taken.
type Lines = Mutex<Vec<Zeroizing<String>>>;

/// One connection's lines, and who takes them.
#[derive(Debug)]
pub(super) struct Keys {
    lines: Arc<Lines>,
    log: KeyLog,
}

fn index() -> Option<Index<Ssl, Arc<Lines>>> {
    static INDEX: OnceLock<Option<Index<Ssl, Arc<Lines>>>> = OnceLock::new();
    *INDEX.get_or_init(|| Ssl::new_ex_index().ok())
}

/// Has the context collect the lines of its connections.
pub(super) fn listen(builder: &mut SslContextBuilder) {
    builder.set_keylog_callback(|ssl: &SslRef, line| {
        if let Some(lines) = index().and_then(|index| ssl.ex_data(index)) {
            let line = Zeroizing::new(line.to_owned());
            lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
        }
    });
}

impl Keys {
    /// Collects the lines of `ssl` for `log`.
    pub(super) fn of(ssl: &mut Ssl, log: KeyLog) -> Result<Self, ErrorStack> {
        let index = index().ok_or_else(ErrorStack::get)?;
        let lines = Arc::new(Lines::default());
        ssl.set_ex_data(index, Arc::clone(&lines));
        Ok(Self { lines, log })
    }

    /// Hands over what has come.
    pub(super) fn deliver(&self) {
        let lines = std::mem::take(&mut *self.lines.lock().unwrap_or_else(PoisonError::into_inner));
        if lines.is_empty() {
            return;
        }
        let mut taker = self.log.0.lock().unwrap_or_else(PoisonError::into_inner);
        for line in lines {
            taker(&line);
        }
    }
}
