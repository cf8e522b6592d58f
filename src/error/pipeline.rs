// SPDX-License-Identifier: Apache-2.0
//! What can go wrong with a pipeline, besides what can with each of its commands.

use crate::error::{Error, SqlState};

/// Why a command of a pipeline has no answer, or was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PipelineError {
    /// More than a pipeline may have.
    #[error(
        "a pipeline of {size} bytes, each command counted with 128 more, is over the limit of {limit} bytes: \
         send it and take its answers first, or set ATTACHSQL_OPTION_PIPELINE_MAX_BYTES"
    )]
    Full {
        /// What it would have.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// A command behind one that has failed.
    #[error("skipped, not sent: command {0} of the pipeline, counted from 0, failed before it")]
    Skipped(u64),
    /// The connection was lost, and the server may have got the command.
    #[error("no answer, whether the server ran this command of the pipeline is not known: {0}")]
    Unanswered(Box<Error>),
    /// The connection was lost before the server can have got the command.
    #[error("not sent, the server has not run this command of the pipeline: {0}")]
    Unsent(Box<Error>),
    /// The server wanted a local file, with other commands behind the one that it is for.
    #[error(
        "the server asked for local file '{0}' in a pipeline, where nothing can be answered: send \
         LOAD DATA LOCAL with attachsql_query"
    )]
    LocalFile(String),
    /// A pipeline without commands.
    #[error("nothing was added to the pipeline: call attachsql_pipeline_add first")]
    Empty,
    /// A command while a pipeline is under way.
    #[error(
        "a pipeline is under way on this connection: take its answers until attachsql_pipeline_next returns EOF, \
         or call attachsql_pipeline_close"
    )]
    UnderWay,
    /// A command while a bulk execute is under way.
    #[error("a bulk execute is under way on this connection: poll until EOF or ERROR first")]
    BulkUnderWay,
    /// Another mode for a pipeline that is under way.
    #[error("stop_on_error differs from that of the pipeline under way: end it first")]
    OtherMode,
    /// A statement whose rows come in several commands.
    #[error(
        "a statement with a fetch size cannot be part of a pipeline: prepare another one without"
    )]
    Cursor,
    /// A statement with a value at the server.
    #[error(
        "a statement with long data that was sent for its next execute cannot be part of a pipeline: \
         execute it by itself, or reset it"
    )]
    LongData,
    /// Nothing to execute.
    #[error("there are no rows to execute: call attachsql_stmt_bulk_add first")]
    NoRows,
    /// A statement with rows.
    #[error("a statement that has rows cannot be executed in bulk: use a pipeline of executes")]
    BulkRows,
    /// More than the rows of a bulk execute may have.
    #[error(
        "{size} bytes of rows for a bulk execute are over the limit of {limit} bytes: execute the rows that were \
         added before, or set ATTACHSQL_OPTION_PIPELINE_MAX_BYTES"
    )]
    BulkFull {
        /// What they would have.
        size: u64,
        /// The limit.
        limit: u64,
    },
    /// Indicators where there are no arrays.
    #[error(
        "DEFAULT and IGNORE in place of values are only for plain INSERT, REPLACE, UPDATE and DELETE, with MariaDB \
         from 10.2 on"
    )]
    NoIndicators,
    /// What cannot be in a pipeline.
    #[error("LOAD DATA LOCAL cannot be part of a pipeline: send it with attachsql_query")]
    LoadLocal,
}

impl PipelineError {
    /// As `Error::code`.
    pub(super) fn code(&self) -> i32 {
        match self {
            Self::Full { .. } | Self::BulkFull { .. } => 2020,
            Self::Skipped(_) => 3010,
            Self::Unanswered(cause) => cause.code(),
            Self::Unsent(_) => 2006,
            Self::LocalFile(_) => 2068,
            Self::Empty
            | Self::LoadLocal
            | Self::Cursor
            | Self::LongData
            | Self::NoRows
            | Self::BulkRows
            | Self::NoIndicators => 3000,
            Self::UnderWay | Self::BulkUnderWay | Self::OtherMode => 2014,
        }
    }

    /// As `Error::sqlstate`.
    pub(super) fn sqlstate(&self) -> SqlState {
        match self {
            Self::Full { .. } | Self::BulkFull { .. } => *b"08S01",
            Self::Skipped(_) => *b"HY008",
            Self::Unanswered(cause) => cause.sqlstate(),
            Self::Unsent(_) => *b"08006",
            Self::LocalFile(_) => *b"HY000",
            Self::Empty
            | Self::LoadLocal
            | Self::Cursor
            | Self::LongData
            | Self::NoRows
            | Self::BulkRows
            | Self::NoIndicators => *b"22023",
            Self::UnderWay | Self::BulkUnderWay | Self::OtherMode => *b"08002",
        }
    }
}

impl From<PipelineError> for Box<Error> {
    fn from(error: PipelineError) -> Self {
        Self::new(Error::Pipeline(error))
    }
}
