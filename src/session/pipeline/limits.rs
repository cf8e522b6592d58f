// SPDX-License-Identifier: Apache-2.0
//! How much a connection's pipelines may be: their own limit, and their part of what the connection may keep.

use crate::error::Result;
use crate::limits::{MIN_PIPELINE, PIPELINE_COMMAND, PIPELINE_MAX, PIPELINE_SHORT_STEP};
use crate::session::connection::Connection;
use crate::session::pipeline::Pipeline;

impl Connection {
    /// The bytes that a pipeline may have. Whether that is possible.
    pub(in crate::session) fn limit_pipeline(&mut self, bytes: u32) -> bool {
        let Some(bytes) = usize::try_from(bytes).ok().filter(|&bytes| bytes >= MIN_PIPELINE) else {
            return false;
        };
        self.pipeline.get_or_insert_default().limit = bytes;
        self.free_pipeline();
        true
    }

    /// The bytes that the commands of a pipeline, or the rows of a bulk execute, may have.
    pub(in crate::session) fn pipeline_limit(&self) -> usize {
        self.pipeline.as_ref().map_or(PIPELINE_MAX, |pipeline| pipeline.limit)
    }

    /// Takes the limit that `other` has.
    pub(in crate::session) fn copy_pipeline_limit(&mut self, other: &Self) {
        if let Some(pipeline) = &other.pipeline {
            self.pipeline.get_or_insert_default().limit = pipeline.limit;
        }
    }

    /// Refuses a command of `bytes`, and so many more when it is written, for which there is no room.
    pub(super) fn check_piped(&mut self, bytes: usize, more: usize) -> Result<()> {
        if !self.is_memory_bounded() {
            return Ok(());
        }
        let (longest, entries) = match &self.pipeline {
            Some(pipeline) => (pipeline.longest, pipeline.next_entries()),
            None => (0, Pipeline::default().next_entries() + size_of::<Pipeline>()),
        };
        let longest = longest.max(bytes.saturating_add(more));
        let copied = longest + PIPELINE_SHORT_STEP + PIPELINE_COMMAND;
        self.check_piped_room(bytes.saturating_add(entries), copied)
    }
}
