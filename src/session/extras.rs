// SPDX-License-Identifier: Apache-2.0
//! What few connections have, in one place, so that the others pay one pointer for all of it.

use crate::session::statement_cache::StatementCache;
use crate::wire::execute::Attribute;

/// Settings and state of features that are off by default.
#[derive(Debug, Default)]
pub(super) struct Extras {
    pub(super) cache: StatementCache,
    /// Attributes of the next query or execute.
    pub(super) attributes: Vec<Attribute>,
}
