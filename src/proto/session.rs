// SPDX-License-Identifier: Apache-2.0
//! What the machine knows of the session: what was agreed on at login, and what the server's last status said.
//! Reads only.

use crate::proto::machine::Machine;
use crate::wire::caps::Caps;
use crate::wire::zframe::Algorithm;

impl Machine {
    /// Whether every query and execute is sent in the form that has attributes.
    pub fn has_attributes(&self) -> bool {
        self.caps.has(Caps::QUERY_ATTRIBUTES)
    }

    /// Whether quotes are escaped by doubling them, by the last status the server gave.
    pub fn no_backslash_escapes(&self) -> bool {
        self.status.no_backslash_escapes()
    }

    /// Whether a transaction is open, by the same.
    pub fn in_transaction(&self) -> bool {
        self.status.in_transaction()
    }

    /// The compression that was agreed on.
    pub fn compression(&self) -> Option<Algorithm> {
        if !self.is_logged_in() {
            None
        } else if self.caps.has(Caps::ZSTD) {
            Some(Algorithm::Zstd)
        } else {
            self.caps.has(Caps::COMPRESS).then_some(Algorithm::Zlib)
        }
    }

    /// The server's version text and a NUL; empty before the greeting.
    pub fn version(&self) -> &[u8] {
        &self.version
    }

    /// The server's id for the connection; 0 before the greeting.
    pub fn thread_id(&self) -> u32 {
        self.thread_id
    }
}
