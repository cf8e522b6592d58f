// SPDX-License-Identifier: Apache-2.0
//! What few connections have, in one place, so that the others pay one pointer for all of it.

use crate::session::bulk::FailedRows;
use crate::session::statement_cache::StatementCache;
use crate::wire::execute::Attribute;

/// Settings and state of features that are off by default.
#[derive(Debug, Default)]
pub(super) struct Extras {
    pub(super) cache: StatementCache,
    /// Rows of the last bulk execute that its error is about.
    pub(super) failed_rows: Option<FailedRows>,
    /// Attributes of the next query or execute.
    pub(super) attributes: Vec<Attribute>,
}

impl Extras {
    /// Bytes of the attributes.
    pub(super) fn memory(&self) -> usize {
        self.attributes.iter().map(|(name, value)| name.len() + value.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use crate::session::{Choice, Config, Connection};
    use crate::wire::caps::Caps;

    /// A pool's connections are copies of its template.
    #[test]
    fn a_copy_has_the_settings() {
        let mut template = Connection::new(Config::default());
        template.config.wanted = template.config.wanted.with(Caps::LOCAL_FILES);
        for choice in [
            Choice::QueryAttributes(1),
            Choice::StatementCache(7),
            Choice::MaxMemory(2 << 20),
            Choice::PipelineBytes(4096),
            Choice::CommandTimeout(60),
            Choice::CancelTimeout(61),
            Choice::Cancel(1),
        ] {
            assert!(template.choose(choice));
        }
        let mut copy = template.like().unwrap();
        assert!(copy.config.wanted.has(Caps::QUERY_ATTRIBUTES));
        assert!(!copy.config.wanted.has(Caps::LOCAL_FILES), "its function is not copied");
        assert_eq!(copy.extras.as_ref().unwrap().cache.size, 7);
        copy.pipeline_add(&[b'x'; 3000], Vec::new(), 0).unwrap();
        let error = copy.pipeline_add(&[b'x'; 3000], Vec::new(), 0).unwrap_err();
        assert_eq!(error.code(), 2020);
        assert_eq!(copy.watched_over(), Some((60, 61, true)));
        assert_eq!(copy.machine.memory_bound(), 2 << 20);
        assert!(!copy.choose(Choice::MaxMemory(1000)), "that is too little");
        assert!(copy.choose(Choice::MaxMemory(0)));
        assert_eq!(copy.machine.memory_bound(), 0);
    }
}
