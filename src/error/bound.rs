// SPDX-License-Identifier: Apache-2.0
//! Bounds that the program can set for what a connection sends, takes and keeps, and what is said when something is
//! over one: how much it is, what the bound is, and which option raises it.

use crate::limits::MAX_PACKET;

/// A bound that the program can set, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// Of a packet, of this kind, that the server sends.
    Packet(&'static str, usize),
    /// Of a command, of this kind, that is to be sent.
    Command(&'static str, usize),
    /// Of a row.
    Row(usize),
    /// Of a buffered result.
    Result(usize),
    /// Of all that a connection keeps.
    Memory(usize),
}

impl Bound {
    /// What is over it, and what helps.
    pub(super) fn exceeded(self, size: u64) -> String {
        let (what, limit, less, option) = match self {
            Self::Packet(what, limit) => (what, limit, "ask for less", "PACKET"),
            Self::Command(what, limit) => (what, limit, "send less", "PACKET"),
            Self::Row(limit) => ("a row", limit, "ask for less", "ROW"),
            Self::Result(limit) => {
                ("a buffered result, as far as it was read,", limit, "ask for less", "RESULT")
            }
            Self::Memory(limit) => {
                let what = "what the connection would keep in memory,";
                (what, limit, "keep, send or ask for less", "MEMORY")
            }
        };
        let more = match self {
            Self::Packet(..) | Self::Command(..) if limit >= MAX_PACKET => {
                return format!(
                    "{what} of {size} bytes is over the limit of {limit} bytes, the most that \
                     ATTACHSQL_OPTION_MAX_PACKET can be: {less}"
                );
            }
            Self::Packet(..) | Self::Command(..) => format!("up to {MAX_PACKET}"),
            Self::Row(_) | Self::Result(_) | Self::Memory(_) => "0 for no limit".to_owned(),
        };
        let of = if matches!(self, Self::Memory(_)) { "" } else { "of " };
        format!(
            "{what} {of}{size} bytes is over the limit of {limit} bytes: {less}, or raise \
             ATTACHSQL_OPTION_MAX_{option} ({more})"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_names_its_value_and_its_option() {
        for (bound, option) in [
            (Bound::Packet("a row", 4096), "ATTACHSQL_OPTION_MAX_PACKET (up to 1073741824)"),
            (Bound::Command("a query", 4096), "ATTACHSQL_OPTION_MAX_PACKET (up to 1073741824)"),
            (Bound::Row(4096), "ATTACHSQL_OPTION_MAX_ROW (0 for no limit)"),
            (Bound::Result(4096), "ATTACHSQL_OPTION_MAX_RESULT (0 for no limit)"),
            (Bound::Memory(4096), "ATTACHSQL_OPTION_MAX_MEMORY (0 for no limit)"),
        ] {
            let text = bound.exceeded(5001);
            assert!(text.contains("5001 bytes is over the limit of 4096 bytes: "), "{text}");
            assert!(text.ends_with(&format!(" less, or raise {option}")), "{text}");
        }
        let text = Bound::Packet("a row", MAX_PACKET).exceeded(1 << 31);
        assert!(text.contains("the most that ATTACHSQL_OPTION_MAX_PACKET can be"), "{text}");
        assert!(!text.contains("raise"), "{text}");
        assert!(Bound::Memory(1 << 30).exceeded(1 << 31).len() < 255, "fits into an error of C");
    }
}
