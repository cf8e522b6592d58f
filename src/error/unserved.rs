// SPDX-License-Identifier: Apache-2.0
//! Why a pool did not send a query.

use crate::error::SqlState;

/// Why a pool did not send a query.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unserved {
    /// Too many wait.
    #[error(
        "the pool's queue is full, {0} queries wait: ask again when some have ended, or raise \
         ATTACHSQL_OPTION_POOL_QUEUE"
    )]
    Full(usize),
    /// It has waited too long.
    #[error(
        "no connection of the pool was free for {waited} ms (limit {limit} ms, \
         ATTACHSQL_OPTION_POOL_QUEUE_TIMEOUT){last}"
    )]
    Late {
        /// Milliseconds.
        waited: u64,
        /// Milliseconds allowed.
        limit: u64,
        /// Why the last connect failed, behind a colon; or nothing.
        last: String,
    },
    /// There is no pool any more.
    #[error("the pool was destroyed before the query was sent")]
    Destroyed,
}

impl Unserved {
    pub(super) fn code(&self) -> i32 {
        match self {
            Self::Full(_) => 2910,
            Self::Late { .. } => 2911,
            Self::Destroyed => 2912,
        }
    }

    /// As in CLI and ODBC: a limit on handles, a timeout, a command that was taken back.
    pub(super) fn sqlstate(&self) -> SqlState {
        match self {
            Self::Full(_) => *b"HY014",
            Self::Late { .. } => *b"HYT00",
            Self::Destroyed => *b"HY008",
        }
    }
}
