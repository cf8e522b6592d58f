// SPDX-License-Identifier: Apache-2.0
//! What a connection says to calls that a pipeline, or a bulk execute, is in the way of: what it is, and how it ends.

use crate::error::{Error, Misuse, PipelineError};
use crate::session::connection::Connection;

impl Connection {
    /// Why a command is refused: a query is open, or a pipeline, or a bulk execute.
    #[cold]
    pub(in crate::session) fn what_is_open(&self) -> Box<Error> {
        if !self.pipeline_runs() {
            return Misuse::QueryOpen.into();
        }
        if self.bulk_runs() { PipelineError::BulkUnderWay } else { PipelineError::UnderWay }.into()
    }

    /// Why what is under way can never be cancelled, if so: a KILL may hit what was sent behind the command that
    /// it is meant for.
    pub(in crate::session) fn uncancellable(&self) -> Option<&'static str> {
        if self.bulk_runs() {
            Some(
                "cannot cancel a bulk execute, whose rows may have been sent: poll until EOF or ERROR",
            )
        } else if self.pipeline_runs() {
            Some(
                "cannot cancel a pipeline: call attachsql_pipeline_close, which forgets what was not sent; the \
                 server runs the rest, and its answers are dropped",
            )
        } else if self.is_piped() {
            Some(
                "cannot cancel what is left of a pipeline that was closed: the server runs what was sent; poll until \
                 that is over",
            )
        } else {
            None
        }
    }

    fn bulk_runs(&self) -> bool {
        self.pipeline.as_ref().is_some_and(|pipeline| pipeline.bulk.is_some())
    }
}
