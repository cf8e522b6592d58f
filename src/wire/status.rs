// SPDX-License-Identifier: Apache-2.0
//! Status flags that end an answer.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/mysql__com_8h.html#a1d854e841086925be1883e4d7b4e8cad>

/// A set of server status flags.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Status(pub u16);

impl Status {
    const MORE_RESULTS: u16 = 0x0008;
    const NO_BACKSLASH_ESCAPES: u16 = 0x0200;
    const SESSION_CHANGED: u16 = 0x4000;

    /// Another result of the same command follows.
    pub fn more_results(self) -> bool {
        self.0 & Self::MORE_RESULTS != 0
    }

    /// The OK packet tells what has changed in the session.
    pub fn session_changed(self) -> bool {
        self.0 & Self::SESSION_CHANGED != 0
    }

    /// Neither of both: nothing follows.
    #[inline]
    pub fn is_plain_end(self) -> bool {
        self.0 & (Self::MORE_RESULTS | Self::SESSION_CHANGED) == 0
    }

    /// The session's SQL mode takes a backslash as an ordinary character.
    pub fn no_backslash_escapes(self) -> bool {
        self.0 & Self::NO_BACKSLASH_ESCAPES != 0
    }
}
