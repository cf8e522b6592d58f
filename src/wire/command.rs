// SPDX-License-Identifier: Apache-2.0
//! Commands, as they begin a packet.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_command_phase.html>

/// Ends the session; the server closes without an answer.
pub const COM_QUIT: u8 = 0x01;
/// Runs the text that follows.
pub const COM_QUERY: u8 = 0x03;
