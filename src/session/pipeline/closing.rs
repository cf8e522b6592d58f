// SPDX-License-Identifier: Apache-2.0
//! Statements that the program closes while a pipeline has executes of them: these are run all the same, and the
//! server is told of the close when the pipeline is over. Owns which statements wait for that.

use crate::proto::statements::StatementKey;
use crate::session::connection::Connection;
use crate::session::pipeline::commands::{Entry, Pipeline, State, Unsent};

impl Connection {
    /// Has the close of `key` wait for the end of the pipeline, if one is under way or an execute of it was added.
    /// Whether it does.
    pub(in crate::session) fn close_with_pipeline(&mut self, key: StatementKey) -> bool {
        let needs = |pipeline: &&mut Box<Pipeline>| pipeline.runs || pipeline.has_added(key);
        let Some(pipeline) = self.pipeline.as_mut().filter(needs) else {
            return false;
        };
        pipeline.closing.push(key);
        true
    }

    /// No pipeline is under way any more: closes what has waited for that, but for statements of executes that were
    /// added for the next one.
    pub(super) fn close_put_off(&mut self) {
        let Some(pipeline) = self.pipeline.as_mut().filter(|one| !one.closing.is_empty()) else {
            return;
        };
        let mut used: Vec<u32> =
            pipeline.added.iter().filter_map(Entry::key).map(StatementKey::serial).collect();
        used.sort_unstable();
        let all = std::mem::take(&mut pipeline.closing).into_iter();
        let (stay, closing): (Vec<_>, _) =
            all.partition(|key| used.binary_search(&key.serial()).is_ok());
        pipeline.closing = stay;
        for key in closing {
            self.close_after_pipeline(key);
        }
    }
}

impl Pipeline {
    /// Whether an execute of `key` waits for the next send. The last ones first: a program may have a statement for
    /// each of many executes.
    fn has_added(&self, key: StatementKey) -> bool {
        self.added.iter().rev().any(|entry| entry.key() == Some(key))
    }
}

impl Entry {
    /// The statement that a command that was not written executes.
    fn key(&self) -> Option<StatementKey> {
        match &self.state {
            State::Waiting(Unsent::Execute { key, .. }) => Some(*key),
            _ => None,
        }
    }
}
