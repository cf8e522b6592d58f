// SPDX-License-Identifier: Apache-2.0
//! Commands, as they begin a packet, and the payloads of the short ones. That of an execute is in
//! `execute`.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_command_phase.html>

/// Ends the session; the server closes without an answer.
pub const COM_QUIT: u8 = 0x01;
/// Chooses the default schema, whose name follows.
pub const COM_INIT_DB: u8 = 0x02;
/// Runs the text that follows.
pub const COM_QUERY: u8 = 0x03;
/// Asks for a line about the server; the answer is that line and nothing else.
pub const COM_STATISTICS: u8 = 0x09;
/// Asks for a sign of life.
pub const COM_PING: u8 = 0x0e;
/// Logs in again, as somebody else.
pub const COM_CHANGE_USER: u8 = 0x11;
/// Prepares the text that follows.
pub const COM_STMT_PREPARE: u8 = 0x16;
/// Runs a prepared statement.
pub const COM_STMT_EXECUTE: u8 = 0x17;
/// Gives more bytes of a parameter; no answer.
pub const COM_STMT_SEND_LONG_DATA: u8 = 0x18;
/// Forgets a prepared statement; no answer.
pub const COM_STMT_CLOSE: u8 = 0x19;
/// Forgets long data and the cursor of a prepared statement.
pub const COM_STMT_RESET: u8 = 0x1a;
/// Allows several statements in a query, or forbids them.
pub const COM_SET_OPTION: u8 = 0x1b;
/// Asks for rows of a cursor.
pub const COM_STMT_FETCH: u8 = 0x1c;
/// Makes the session new, without another login (MariaDB from 10.2, MySQL from 5.7).
pub const COM_RESET_CONNECTION: u8 = 0x1f;
/// Runs a prepared statement for many rows of parameters (MariaDB).
pub const COM_STMT_BULK_EXECUTE: u8 = 0xfa;

/// Cursor flag of an execute: rows come with the answer.
pub const CURSOR_NONE: u8 = 0;
/// Cursor flag of an execute: rows stay at the server until they are fetched.
pub const CURSOR_READ_ONLY: u8 = 1;

/// The statement that was prepared last on this connection, in an execute that is sent before the answer
/// to its prepare has come (MariaDB from 10.2).
pub const LAST_PREPARED: u32 = u32::MAX;

/// The payload of a close and of a reset.
pub fn put_statement(out: &mut Vec<u8>, statement_id: u32) {
    out.extend_from_slice(&statement_id.to_le_bytes());
}

/// The payload of a fetch of up to `rows` rows.
pub fn put_fetch(out: &mut Vec<u8>, statement_id: u32, rows: u32) {
    put_statement(out, statement_id);
    out.extend_from_slice(&rows.to_le_bytes());
}

/// The payload of long data: more `bytes` of parameter `param`, from 0.
pub fn put_long_data(out: &mut Vec<u8>, statement_id: u32, param: u16, bytes: &[u8]) {
    put_statement(out, statement_id);
    out.extend_from_slice(&param.to_le_bytes());
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads() {
        let mut out = Vec::new();
        put_statement(&mut out, 0x0403_0201);
        assert_eq!(out, b"\x01\x02\x03\x04");
        put_fetch(&mut out, 5, 0x1_0002);
        assert_eq!(out[4..], *b"\x05\0\0\0\x02\0\x01\0");
        out.clear();
        put_long_data(&mut out, 7, 0x0102, b"abc");
        assert_eq!(out, b"\x07\0\0\0\x02\x01abc");
    }
}
