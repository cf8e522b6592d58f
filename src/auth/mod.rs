// SPDX-License-Identifier: Apache-2.0
//! Login methods: each answers a challenge, and some go on talking. Owns what a method remembers between
//! packets; never frames a packet, never sends. One method per file.
//!
//! A method that is not in the list of accepted ones is refused before a byte derived from the password
//! leaves.

#![deny(clippy::indexing_slicing)]

mod caching_sha2;
mod clear;
mod dialog;
mod ed25519;
mod native;
mod old;
mod parsec;
pub mod proof;
mod rsa;
mod sha256;

pub use dialog::{Dialog, Question, Reply, shown};
pub use rsa::is_public_key;
use zeroize::Zeroizing;

use crate::error::AuthError;

/// Bytes of a challenge, in MySQL's methods.
const CHALLENGE: usize = 20;

/// A password: overwritten when it is dropped, and not shown by `Debug`.
#[derive(Clone, Default)]
pub struct Password(Zeroizing<Vec<u8>>);

impl Password {
    /// A copy of `bytes`.
    pub fn new(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }

    /// The password; empty for none.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(..)")
    }
}

/// How far the channel to the server can be trusted with a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// Nobody else can read it: TLS.
    Tls,
    /// Nobody else can read it: a unix socket.
    Socket,
    /// Others could read it, but a key fetched over it may be used: a loopback address, or the
    /// program said so.
    KeyTrusted,
    /// Others could read or change it.
    Open,
}

impl Channel {
    /// Whether nobody else can read it.
    pub fn is_private(self) -> bool {
        matches!(self, Self::Tls | Self::Socket)
    }
}

/// A login method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// `mysql_native_password`.
    Native,
    /// `caching_sha2_password`.
    CachingSha2,
    /// `sha256_password`.
    Sha256,
    /// `client_ed25519`.
    Ed25519,
    /// `parsec`.
    Parsec,
    /// `mysql_clear_password`.
    Clear,
    /// `mysql_old_password`.
    Old,
    /// `dialog`.
    Dialog,
}

impl Method {
    /// Every method, with its name on the wire.
    const ALL: [(Self, &'static str); 8] = [
        (Self::Native, "mysql_native_password"),
        (Self::CachingSha2, "caching_sha2_password"),
        (Self::Sha256, "sha256_password"),
        (Self::Ed25519, "client_ed25519"),
        (Self::Parsec, "parsec"),
        (Self::Clear, "mysql_clear_password"),
        (Self::Old, "mysql_old_password"),
        (Self::Dialog, "dialog"),
    ];

    /// The method called `name`.
    pub fn by_name(name: &[u8]) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| known.as_bytes() == name).map(|&(method, _)| method)
    }

    /// Its name on the wire.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|&&(method, _)| method == self).map_or("", |&(_, name)| name)
    }
}

/// The methods that may be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Methods(Vec<Method>);

impl Default for Methods {
    /// All that never show the password to who listens. The password in clear, answers in clear and the
    /// broken method of MySQL 4.0 must be asked for.
    fn default() -> Self {
        use Method::{CachingSha2, Ed25519, Native, Parsec, Sha256};
        Self(vec![Native, CachingSha2, Sha256, Ed25519, Parsec])
    }
}

impl Methods {
    /// The list in `text`: names separated by commas. `None` if one is unknown, or there is none.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let names = text.split(|&byte| byte == b',').map(<[u8]>::trim_ascii);
        names.map(Method::by_name).collect::<Option<Vec<_>>>().map(Self)
    }

    /// Whether `method` is in the list.
    pub fn has(&self, method: Method) -> bool {
        self.0.contains(&method)
    }

    /// Whether one of them is as `wanted`.
    pub fn any(&self, wanted: impl Fn(Method) -> bool) -> bool {
        self.0.iter().any(|&method| wanted(method))
    }

    /// The method to begin with, when the server names none or one that cannot be used: the server
    /// then asks for the account's own. The password in clear only if there is nothing else.
    pub fn first(&self) -> Method {
        let preferred =
            [Method::Native, Method::CachingSha2].into_iter().chain(self.0.iter().copied());
        let first =
            preferred.into_iter().find(|&method| self.has(method) && method != Method::Clear);
        first.or_else(|| self.0.first().copied()).unwrap_or(Method::Native)
    }
}

impl std::fmt::Display for Methods {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self.0.iter().map(|method| method.name()).collect();
        f.write_str(&names.join(", "))
    }
}

/// What a method may use.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The password; empty for none.
    pub password: &'a [u8],
    /// How far the channel can be trusted.
    pub channel: Channel,
    /// The server's RSA key, if the program has it: PEM.
    pub key: Option<&'a [u8]>,
    /// The methods that may be used.
    pub methods: &'a Methods,
}

/// What the client sends next.
#[derive(Debug)]
pub enum Answer {
    /// This payload.
    Send(Zeroizing<Vec<u8>>),
    /// Nothing: the server speaks next.
    Wait,
    /// What the program says to this.
    Ask(Question),
}

/// A login under way.
#[derive(Debug)]
pub enum Exchange {
    /// A method that has said all.
    Done,
    /// `caching_sha2_password`.
    CachingSha2(caching_sha2::CachingSha2),
    /// `sha256_password`.
    Sha256(sha256::Sha256Password),
    /// `parsec`.
    Parsec(parsec::Parsec),
    /// `dialog`.
    Dialog(dialog::Questions),
}

impl Exchange {
    /// Begins the method called `name` with the server's `challenge`: the exchange and the first
    /// answer.
    pub fn start(
        name: &[u8],
        challenge: &[u8],
        context: &Context<'_>,
    ) -> Result<(Self, Answer), AuthError> {
        let shown = || String::from_utf8_lossy(name).chars().take(64).collect();
        let Some(method) = Method::by_name(name) else {
            return Err(AuthError::UnknownMethod(shown()));
        };
        if !context.methods.has(method) {
            return Err(AuthError::RefusedMethod(shown(), context.methods.to_string()));
        }
        let done = |answer| (Self::Done, Answer::Send(answer));
        match method {
            Method::Native => native::answer(challenge, context.password).map(done),
            Method::Clear => clear::answer(context).map(done),
            Method::Old => old::answer(challenge, context.password).map(done),
            Method::Ed25519 => ed25519::answer(challenge, context.password).map(done),
            Method::CachingSha2 => caching_sha2::CachingSha2::start(challenge, context)
                .map(|(exchange, answer)| (Self::CachingSha2(exchange), Answer::Send(answer))),
            Method::Sha256 => sha256::Sha256Password::start(challenge, context)
                .map(|(exchange, answer)| (Self::Sha256(exchange), Answer::Send(answer))),
            Method::Parsec => parsec::Parsec::start(challenge)
                .map(|exchange| (Self::Parsec(exchange), Answer::Send(Zeroizing::default()))),
            Method::Dialog => dialog::Questions::start(challenge, context)
                .map(|(exchange, answer)| (Self::Dialog(exchange), answer)),
        }
    }

    /// `dialog`, when the client names it: its first question is yet to come.
    pub fn questions() -> Self {
        Self::Dialog(dialog::Questions::default())
    }

    /// Goes on with `data` from the server (without the byte that marks it). `None` if the method has
    /// no further data.
    pub fn on_data(
        &mut self,
        data: &[u8],
        context: &Context<'_>,
    ) -> Result<Option<Answer>, AuthError> {
        match self {
            Self::Done => Ok(None),
            Self::CachingSha2(exchange) => exchange.on_data(data, context),
            Self::Sha256(exchange) => exchange.on_data(data, context),
            Self::Parsec(exchange) => exchange.on_data(data, context),
            Self::Dialog(exchange) => exchange.on_data(data, context),
        }
    }
}

/// The password and the NUL that ends it on the wire.
fn with_nul(password: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut clear = Zeroizing::new(Vec::with_capacity(password.len() + 1));
    clear.extend_from_slice(password);
    clear.push(0);
    clear
}

/// A challenge of `N` bytes; servers may send a NUL behind it.
fn challenge<'a, const N: usize>(
    method: &'static str,
    bytes: &'a [u8],
) -> Result<&'a [u8; N], AuthError> {
    match bytes.split_first_chunk::<N>() {
        Some((challenge, [] | [0])) => Ok(challenge),
        _ => Err(AuthError::BadChallenge(method, bytes.len(), N)),
    }
}

/// `a XOR b`, as long as the shorter.
fn xor(a: &[u8], b: &[u8]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(a.iter().zip(b).map(|(a, b)| a ^ b).collect())
}
