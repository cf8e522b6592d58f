// SPDX-License-Identifier: Apache-2.0
//! Parts of errors that have a list of their own: where a connect stood, why a login cannot be done, how a
//! command ended whose time was over, what the system said.

use std::io;

/// An I/O error in a form that can be kept and repeated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IoCause {
    kind: io::ErrorKind,
    text: String,
}

impl IoCause {
    /// The end of the stream, for which the system has no error.
    pub fn closed() -> Self {
        Self { kind: io::ErrorKind::UnexpectedEof, text: "closed by the server".to_owned() }
    }

    /// What kind it was.
    pub fn kind(&self) -> io::ErrorKind {
        self.kind
    }
}

impl From<io::Error> for IoCause {
    fn from(error: io::Error) -> Self {
        Self { kind: error.kind(), text: error.to_string() }
    }
}

impl std::fmt::Display for IoCause {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

/// Part of the way to a connection, for messages about time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ConnectPhase {
    /// Host name lookup.
    #[error("looking up the host name")]
    Lookup,
    /// TCP or socket connect.
    #[error("connecting")]
    Dial,
    /// TLS handshake.
    #[error("agreeing on TLS")]
    Tls,
    /// Until the greeting.
    #[error("waiting for the server's greeting")]
    Greeting,
    /// Login.
    #[error("logging in")]
    Login,
}

/// Login that cannot be done as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// A method nobody here knows.
    #[error("the server asks for login method '{0}', which this library does not have")]
    UnknownMethod(String),
    /// A method that the program does not accept.
    #[error("the server asks for login method '{0}', which is not accepted; accepted are: {1}")]
    RefusedMethod(String, String),
    /// The password would go out under a key that anybody may have sent.
    #[error(
        "{0} needs a secure channel: the server's public key is only trusted on a loopback address; \
         use TLS, a unix socket, the key's file, or set ATTACHSQL_OPTION_GET_SERVER_PUBLIC_KEY to 1"
    )]
    UntrustedKey(&'static str),
    /// The password would go out in clear.
    #[error("{0} sends the password as it is: use TLS or a unix socket")]
    NotPrivate(&'static str),
    /// The key does not work.
    #[error("the server's public key cannot be used: {0}")]
    BadKey(String),
    /// A challenge is too short.
    #[error("the server's {0} challenge has {1} bytes, not {2}")]
    BadChallenge(&'static str, usize, usize),
    /// The server asks, and nobody answers.
    #[error(
        "the server asks '{0}', and nothing answers: give a password, or a function with \
         attachsql_connect_set_dialog"
    )]
    NoDialog(String),
    /// The program does not answer.
    #[error("the program's dialog function refused to answer '{0}'")]
    NoAnswer(String),
    /// Not a question.
    #[error("the server's dialog question has the unknown kind {0}")]
    BadQuestion(u8),
    /// The cryptographic library failed.
    #[error("cryptographic library: {0}")]
    Crypto(String),
}

/// What was done to a command whose time was over.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandEnd {
    /// The connection ended with it.
    #[error("the connection was cut")]
    Cut,
    /// The same, because cancelling the command went wrong.
    #[error("the connection was cut, because cancelling failed: {0}")]
    NotCancelled(String),
    /// The server has cancelled it.
    #[error("the server has cancelled it")]
    Cancelled,
    /// The server has ended it as if nothing was.
    #[error("the server was told to cancel it, but had come to its end")]
    Finished,
    /// It was remembered, and taken back.
    #[error("it was not sent yet, and never will be")]
    NotSent,
}

impl CommandEnd {
    /// Whether the connection is of no more use.
    pub(super) fn is_cut(&self) -> bool {
        matches!(self, Self::Cut | Self::NotCancelled(_))
    }
}
