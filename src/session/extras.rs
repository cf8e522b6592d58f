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
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;
    use std::sync::atomic::Ordering::Relaxed;

    use crate::proto::local_file::{FileSource, Given};
    use crate::session::{Choice, Config, Connection, Tracer};
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
        assert!(!copy.config.wanted.has(Caps::LOCAL_FILES), "there is no function for them");
        assert!(copy.tracer().is_none() && copy.machine.file_source().is_none());
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

    #[test]
    fn a_copy_has_the_functions() {
        let mut template = Connection::new(Config::default());
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let source = FileSource::new(move |_, _, _| Given::Bytes(counted.fetch_add(1, Relaxed)));
        template.set_file_source(Some(source)).unwrap();
        template.set_tracer(Some(Tracer::new(|_, _| ()))).unwrap();
        let copy = template.like().unwrap().like().unwrap();
        assert!(copy.config.wanted.has(Caps::LOCAL_FILES));
        assert!(copy.gate.has_files() && copy.gate.looks_at_queries());
        assert!(copy.tracer().is_some() && copy.machine.file_source().is_some());
        assert_eq!(Arc::strong_count(&calls), 2, "it is one and the same");
        template.set_file_source(None).unwrap();
        template.set_tracer(None).unwrap();
        let copy = template.like().unwrap();
        assert!(!copy.config.wanted.has(Caps::LOCAL_FILES) && !copy.gate.looks_at_queries());
    }
}
