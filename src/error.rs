// SPDX-License-Identifier: Apache-2.0
//! What can go wrong, as one type, and the numbers C programs see for it.
//!
//! Code and SQLSTATE are functions of the error, in `Error::code` and `Error::sqlstate` alone; a number
//! is never given another meaning. Texts are lower case and name what was wrong and what would be right.

mod bound;
mod kinds;
mod pipeline;
mod unserved;

use crate::buf::RoomError;

pub use bound::Bound;
pub use kinds::{AuthError, CommandEnd, ConnectPhase, IoCause};
pub use pipeline::PipelineError;
pub use unserved::Unserved;

/// What calls give that can fail in many ways. The error is boxed, because it is long and rare: a result
/// then travels in registers, which counts where a row is handed over.
pub type Result<T, E = Box<Error>> = std::result::Result<T, E>;

/// Five characters, as in the SQL standard.
pub type SqlState = [u8; 5];

/// Connection could not be made.
const STATE_CONNECT: SqlState = *b"08000";
/// Session-time loss of the connection.
const STATE_LOST: SqlState = *b"08006";
/// The server rejected, or cannot do, the connection.
const STATE_REJECTED: SqlState = *b"08004";
/// Used out of sequence.
const STATE_SEQUENCE: SqlState = *b"08002";
/// An argument has a wrong value.
const STATE_ARGUMENT: SqlState = *b"22023";
/// No better state exists.
const STATE_GENERAL: SqlState = *b"HY000";

/// An error the server sent: its own code, SQLSTATE and text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerError {
    /// The server's number.
    pub code: u16,
    /// The server's SQLSTATE, or one chosen for it where the packet has none.
    pub state: SqlState,
    /// The server's text in the connection's character set.
    pub message: Vec<u8>,
}

/// Bytes from the server that are not what the protocol says.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProtocolError {
    /// A packet ends inside a field.
    #[error("{packet} packet ends at byte {offset}, inside a field")]
    Truncated {
        /// Which packet.
        packet: &'static str,
        /// Where.
        offset: usize,
    },
    /// A field has a value it cannot have.
    #[error("{packet} packet has an impossible {field}")]
    Invalid {
        /// Which packet.
        packet: &'static str,
        /// Which field.
        field: &'static str,
    },
    /// Another packet was due.
    #[error("expected {expected}, got a packet that begins with {got:#04x}")]
    Unexpected {
        /// What was due.
        expected: &'static str,
        /// First byte of what came.
        got: u8,
    },
    /// Sequence ids count up by one.
    #[error("packet number {got} came where {expected} was due")]
    Sequence {
        /// Due.
        expected: u8,
        /// Came.
        got: u8,
    },
    /// The server goes on and on before login.
    #[error("login took more than {0} packets")]
    EndlessLogin(u32),
}

/// A call that does not fit, made by the program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Misuse {
    /// A pointer that must not be NULL.
    #[error("{0} is NULL")]
    Null(&'static str),
    /// An argument outside its range.
    #[error("{name} {problem}")]
    Argument {
        /// Which.
        name: &'static str,
        /// What is wrong, and what would be right.
        problem: String,
    },
    /// A query while one is open.
    #[error("a query is open on this connection: finish it and call attachsql_query_close first")]
    QueryOpen,
    /// More commands than are remembered.
    #[error("{0} commands wait to be sent already: poll until they have gone")]
    TooManyWaiting(usize),
    /// Called from inside another call on the same handle.
    #[error("the connection is in use by another call")]
    Reentered,
    /// Called from inside a run of the same pool, or while it is asked.
    #[error("the pool is being run, or takes a query: return from the callback first")]
    PoolRunning,
    /// A pool that a fork has inherited.
    #[error(
        "the pool belongs to the process that has made it, of which this one is a fork: destroy it here, \
         which leaves the other process alone, and make another one"
    )]
    ForeignPool,
    /// A wait of its own for a connection of a pool.
    #[error("the connection is in a pool: wait with attachsql_pool_wait")]
    Pooled,
    /// No row is held.
    #[error("no row is ready: attachsql_connect_poll has not returned ROW_READY")]
    NoRow,
    /// A statement that cannot be used.
    #[error("there is no prepared statement: {0}")]
    NotPrepared(String),
    /// A value of a statement's row before the row was taken.
    #[error("no row was got: call attachsql_statement_row_get for each row, after ROW_READY")]
    NotTaken,
    /// A fetch without a cursor.
    #[error("no rows are left in a cursor of the statement")]
    NoCursor,
    /// Row-by-row access in buffered mode.
    #[error("rows are buffered: read them with attachsql_query_buffer_row_get")]
    Buffered,
}

/// Everything that can go wrong with a connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// No address could be connected.
    #[error("cannot connect to {target}: {cause}")]
    Connect {
        /// Host and port, or path.
        target: String,
        /// The system's words, for each address.
        cause: String,
    },
    /// The system has no descriptor or event queue left.
    #[error(
        "cannot wait for events: {0} (the limit of open descriptors may be reached: ulimit -n)"
    )]
    Reactor(IoCause),
    /// The name has no address.
    #[error("cannot find host '{host}': {cause}")]
    Resolve {
        /// The name.
        host: String,
        /// The resolver's words.
        cause: String,
    },
    /// The connection broke.
    #[error("lost connection to the server while {during}: {cause}")]
    Lost {
        /// What was going on.
        during: &'static str,
        /// The system's words.
        cause: IoCause,
    },
    /// A command for a connection that is gone, or that could not be written.
    #[error("the server is gone: {0}")]
    Gone(String),
    /// The connect timeout.
    #[error(
        "connect timeout: {phase} took {waited} ms (limit {limit} ms for the whole connect, \
         ATTACHSQL_OPTION_CONNECT_TIMEOUT){tried}"
    )]
    ConnectTimeout {
        /// Where it stood.
        phase: ConnectPhase,
        /// Milliseconds in that phase.
        waited: u64,
        /// Milliseconds allowed.
        limit: u32,
        /// What was tried, behind a colon; or nothing.
        tried: String,
    },
    /// The read timeout.
    #[error(
        "read timeout: no byte from the server for {waited} ms (limit {limit} ms, \
         ATTACHSQL_OPTION_READ_TIMEOUT)"
    )]
    ReadTimeout {
        /// Milliseconds.
        waited: u64,
        /// Milliseconds allowed.
        limit: u32,
    },
    /// The write timeout.
    #[error(
        "write timeout: the socket took no byte for {waited} ms (limit {limit} ms, \
         ATTACHSQL_OPTION_WRITE_TIMEOUT)"
    )]
    WriteTimeout {
        /// Milliseconds.
        waited: u64,
        /// Milliseconds allowed.
        limit: u32,
    },
    /// The time of a command is over.
    #[error(
        "command timeout: no end of the answer after {waited} ms (limit {limit} ms, \
         ATTACHSQL_OPTION_COMMAND_TIMEOUT); {end}"
    )]
    CommandTimeout {
        /// Milliseconds.
        waited: u64,
        /// Milliseconds allowed.
        limit: u32,
        /// What was done.
        end: CommandEnd,
    },
    /// A cancel that could not be done.
    #[error("the command could not be cancelled, and the connection was cut: {0}")]
    Cancel(String),
    /// A command that was cancelled in time.
    #[error("the command was cancelled before it was sent")]
    NotSent,
    /// A greeting this library cannot answer.
    #[error("cannot use the server's greeting: {0}")]
    Greeting(String),
    /// Another protocol.
    #[error("the server speaks protocol version {0}; this library speaks version 10")]
    Version(u8),
    /// Malformed bytes.
    #[error("malformed packet: {0}")]
    Protocol(#[from] ProtocolError),
    /// What the server sends is over a limit that is fixed.
    #[error("{what} of {size} bytes is over the limit of {limit} bytes")]
    TooLarge {
        /// What.
        what: &'static str,
        /// Its size.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// Over a bound that the program has set.
    #[error("{}", .over.exceeded(*.size))]
    OverBound {
        /// Which.
        over: Bound,
        /// The size.
        size: u64,
    },
    /// The server refused.
    #[error("{}", String::from_utf8_lossy(&.0.message))]
    Server(Box<ServerError>),
    /// Login methods.
    #[error("{0}")]
    Auth(#[from] AuthError),
    /// The server wanted a local file.
    #[error("the server asked for local file '{0}': LOAD DATA LOCAL is not allowed")]
    LocalFile(String),
    /// The server wanted a file that it has no right to.
    #[error("the server asked for local file '{asked}', but {}: nothing was sent", names(.named.as_deref()))]
    OtherFile {
        /// What the server asked for.
        asked: String,
        /// What the command names.
        named: Option<String>,
    },
    /// The program's function has failed to give a local file.
    #[error("local file '{name}': {cause}")]
    Upload {
        /// The file.
        name: String,
        /// The function's words.
        cause: String,
    },
    /// Pipelines.
    #[error("{0}")]
    Pipeline(PipelineError),
    /// Wrong call.
    #[error("{0}")]
    Misuse(#[from] Misuse),
    /// A pool did not send a query.
    #[error("{0}")]
    Unserved(#[from] Unserved),
    /// No memory.
    #[error("{0}")]
    NoMemory(String),
    /// TLS cannot be set up as the program says.
    #[error("{what}: {cause}")]
    TlsSetup {
        /// Which argument or option.
        what: String,
        /// What is wrong with it.
        cause: String,
    },
    /// The server does not do TLS.
    #[error("TLS was asked for, but the server does not offer it")]
    NoServerTls,
    /// The server does not compress as the program insists on.
    #[error(
        "compression was required, but the server offers none of the methods that were asked for"
    )]
    NoServerCompression,
    /// The server does not take attributes of queries.
    #[error("the query has attributes, which the server does not take; MySQL does from 8.0.23 on")]
    NoServerAttributes,
    /// TLS failed.
    #[error("TLS: {0}")]
    Tls(String),
    /// A defect of the library, caught at the C boundary.
    #[error("internal error: {0}")]
    Internal(String),
}

impl Error {
    /// TLS cannot be set up: what is wrong with `what`.
    pub fn tls_setup(what: &str, cause: &str) -> Box<Self> {
        Box::new(Self::TlsSetup { what: what.to_owned(), cause: cause.to_owned() })
    }

    /// TLS failed.
    pub fn tls(what: &str) -> Box<Self> {
        Box::new(Self::Tls(what.to_owned()))
    }

    /// The number `attachsql_error_code` gives.
    pub fn code(&self) -> i32 {
        match self {
            Self::Internal(_) => 2000,
            Self::Connect { .. }
            | Self::Reactor(_)
            | Self::ConnectTimeout { .. }
            | Self::NoServerTls => 2002,
            Self::Resolve { .. } => 2005,
            Self::Gone(_) => 2006,
            Self::Version(_) => 2007,
            Self::NoMemory(_) => 2008,
            Self::Greeting(_) => 2012,
            Self::Lost { .. }
            | Self::ReadTimeout { .. }
            | Self::WriteTimeout { .. }
            | Self::Cancel(_) => 2013,
            Self::Misuse(
                Misuse::QueryOpen
                | Misuse::TooManyWaiting(_)
                | Misuse::Reentered
                | Misuse::PoolRunning
                | Misuse::ForeignPool
                | Misuse::Pooled,
            ) => 2014,
            Self::TooLarge { .. } | Self::OverBound { .. } => 2020,
            Self::Protocol(_) => 2027,
            Self::Misuse(Misuse::NoRow | Misuse::NoCursor) => 2051,
            Self::NoServerAttributes => 2054,
            Self::Auth(AuthError::UnknownMethod(_)) => 2059,
            Self::Auth(_) => 2061,
            Self::NoServerCompression => 2066,
            Self::LocalFile(_) | Self::OtherFile { .. } => 2068,
            Self::Upload { .. } => 2069,
            Self::Misuse(
                Misuse::Null(_)
                | Misuse::Argument { .. }
                | Misuse::NotPrepared(_)
                | Misuse::NotTaken,
            ) => 3000,
            Self::Misuse(Misuse::Buffered) => 3001,
            Self::TlsSetup { .. } | Self::Tls(_) => 3003,
            Self::Unserved(error) => error.code(),
            Self::Pipeline(error) => error.code(),
            Self::CommandTimeout { .. } => 3004,
            Self::NotSent => 3005,
            Self::Server(error) => i32::from(error.code),
        }
    }

    /// The SQLSTATE `attachsql_error_sqlstate` gives.
    pub fn sqlstate(&self) -> SqlState {
        match self {
            Self::Connect { .. }
            | Self::Reactor(_)
            | Self::ConnectTimeout { .. }
            | Self::Resolve { .. }
            | Self::NoServerTls
            | Self::Tls(_) => STATE_CONNECT,
            Self::Gone(_)
            | Self::Lost { .. }
            | Self::ReadTimeout { .. }
            | Self::WriteTimeout { .. }
            | Self::Cancel(_) => STATE_LOST,
            Self::CommandTimeout { end, .. } if end.is_cut() => STATE_LOST,
            // As in ODBC.
            Self::CommandTimeout { .. } => *b"HYT00",
            // As servers say of what they were told to end.
            Self::NotSent => *b"70100",
            Self::Version(_) | Self::Greeting(_) | Self::NoServerCompression => STATE_REJECTED,
            Self::NoServerAttributes => *b"0A000",
            Self::NoMemory(_) => *b"82100",
            Self::Misuse(
                Misuse::QueryOpen
                | Misuse::TooManyWaiting(_)
                | Misuse::Reentered
                | Misuse::PoolRunning
                | Misuse::ForeignPool
                | Misuse::Pooled,
            ) => STATE_SEQUENCE,
            Self::Misuse(Misuse::NoRow | Misuse::NoCursor) => *b"02000",
            Self::Misuse(Misuse::Buffered) => *b"42000",
            Self::Misuse(
                Misuse::Null(_)
                | Misuse::Argument { .. }
                | Misuse::NotPrepared(_)
                | Misuse::NotTaken,
            )
            | Self::TlsSetup { .. } => STATE_ARGUMENT,
            Self::Auth(_) => *b"28000",
            Self::TooLarge { .. } | Self::OverBound { .. } | Self::Protocol(_) => *b"08S01",
            Self::LocalFile(_)
            | Self::OtherFile { .. }
            | Self::Upload { .. }
            | Self::Internal(_) => STATE_GENERAL,
            Self::Unserved(error) => error.sqlstate(),
            Self::Server(error) => error.state,
            Self::Pipeline(error) => error.sqlstate(),
        }
    }

    /// The text, in the server's own bytes where it is the server's.
    pub fn message(&self) -> Vec<u8> {
        match self {
            Self::Server(error) => error.message.clone(),
            other => other.to_string().into_bytes(),
        }
    }
}

/// What is wrong with the request for a file.
fn names(named: Option<&str>) -> String {
    match named {
        Some(name) => format!("the command names '{name}'"),
        None => "the command does not begin as LOAD DATA LOCAL INFILE 'file' does".to_owned(),
    }
}

macro_rules! boxed {
    ($($part:ty),*) => {$(
        impl From<$part> for Box<Error> {
            fn from(part: $part) -> Self {
                Self::new(part.into())
            }
        }
    )*};
}

boxed!(ProtocolError, AuthError, Misuse, Unserved, RoomError);

impl From<RoomError> for Error {
    fn from(error: RoomError) -> Self {
        match error {
            RoomError::NoMemory(_) => Self::NoMemory(error.to_string()),
            RoomError::Lent | RoomError::Ask | RoomError::Over(_) => {
                Self::Internal(error.to_string())
            }
        }
    }
}

#[cfg(test)]
mod tests;
