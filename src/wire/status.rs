// SPDX-License-Identifier: Apache-2.0
//! Status flags that end an answer.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/mysql__com_8h.html#a1d854e841086925be1883e4d7b4e8cad>

/// A set of server status flags.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Status(pub u16);

impl Status {
    const IN_TRANSACTION: u16 = 0x0001;
    const MORE_RESULTS: u16 = 0x0008;
    const CURSOR_EXISTS: u16 = 0x0040;
    const LAST_ROW_SENT: u16 = 0x0080;
    const NO_BACKSLASH_ESCAPES: u16 = 0x0200;
    const METADATA_CHANGED: u16 = 0x0400;
    const OUT_PARAMS: u16 = 0x1000;
    const SESSION_CHANGED: u16 = 0x4000;

    /// A transaction is open.
    pub fn in_transaction(self) -> bool {
        self.0 & Self::IN_TRANSACTION != 0
    }

    /// Another result of the same command follows.
    pub fn more_results(self) -> bool {
        self.0 & Self::MORE_RESULTS != 0
    }

    /// Rows are left in the statement's cursor.
    pub fn has_cursor(self) -> bool {
        self.0 & (Self::CURSOR_EXISTS | Self::LAST_ROW_SENT) == Self::CURSOR_EXISTS
    }

    /// The statement was prepared anew by the server, and has other columns than before.
    pub fn metadata_changed(self) -> bool {
        self.0 & Self::METADATA_CHANGED != 0
    }

    /// The result is the row of a procedure's OUT and INOUT parameters.
    pub fn out_params(self) -> bool {
        self.0 & Self::OUT_PARAMS != 0
    }

    /// The same, of the end of such a result.
    pub fn of_out_params(self) -> Self {
        Self(self.0 | Self::OUT_PARAMS | Self::MORE_RESULTS)
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
