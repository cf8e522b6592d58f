// SPDX-License-Identifier: Apache-2.0
//! Bounds that the program sets for what a connection keeps, and what is said when something is over one.

/// A bound that the program has set, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// Of a row.
    Row(usize),
    /// Of a buffered result.
    Result(usize),
}

impl Bound {
    /// What is over it, and what helps.
    pub(super) fn exceeded(self, size: u64) -> String {
        let (what, limit, option) = match self {
            Self::Row(limit) => ("a row", limit, "ROW"),
            Self::Result(limit) => ("a buffered result, as far as it was read,", limit, "RESULT"),
        };
        format!(
            "{what} of {size} bytes is over the limit of {limit} bytes: ask for less, or raise \
             ATTACHSQL_OPTION_MAX_{option} (0 for no limit)"
        )
    }
}
