// SPDX-License-Identifier: Apache-2.0
//! The command functions of the C API, in the way of the `Subject`.

#![allow(unsafe_code, reason = "the C API is called as C does")]

use std::ffi::{CStr, CString};
use std::ptr::{null, null_mut};

use attachsql::capi::cancel::{attachsql_query_cancel, attachsql_query_cancel_outcome};
use attachsql::capi::command::*;
use attachsql::capi::track::attachsql_connect_get_track;
use attachsql::capi::types::attachsql_track_t;

use super::raw::{CApi, told};
use super::subject::Failure;

/// A command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Do<'a> {
    Ping,
    Reset,
    /// User, password and schema.
    User(&'a str, Option<&'a str>, &'a str),
    Schema(&'a str),
    Statistics,
    Multi(bool),
    Kill(u64, bool),
}

impl CApi {
    /// Names and values of the changes of a kind.
    pub fn changes(&self, kind: u32) -> Vec<(String, Vec<u8>)> {
        let one = |number| {
            let (mut name, mut length) = (null(), usize::MAX);
            let kind = attachsql_track_t(kind);
            let (con, name_slot, slot) = (self.con(), &raw mut name, &raw mut length);
            // SAFETY: a live connection; both may be written; the texts are copied at once.
            unsafe {
                let value = attachsql_connect_get_track(con, kind, number, name_slot, slot);
                if value.is_null() {
                    assert!(name.is_null() && length == usize::MAX, "left alone");
                    return None;
                }
                assert_eq!(*value.add(length), 0, "a NUL behind it");
                let value = std::slice::from_raw_parts(value.cast(), length).to_vec();
                Some((CStr::from_ptr(name).to_str().unwrap().to_owned(), value))
            }
        };
        (0..).map_while(one).collect()
    }

    /// Cancels the command that is under way.
    pub fn cancel(&self) -> Result<(), Failure> {
        let mut error = null_mut();
        // SAFETY: a live connection; the error may be written.
        let done = unsafe { attachsql_query_cancel(self.con(), &raw mut error) };
        told(done, error)
    }

    /// The number of what became of it.
    pub fn cancel_outcome(&self) -> u32 {
        // SAFETY: a live connection.
        unsafe { attachsql_query_cancel_outcome(self.con()) }.0
    }

    /// Sends a command.
    pub fn command(&mut self, what: Do<'_>) -> Result<(), Failure> {
        let text = |text: &str| CString::new(text).unwrap();
        let (con, mut error) = (self.con(), null_mut());
        let slot = &raw mut error;
        // SAFETY: a live connection; texts end with NUL and outlive the call; the error may be written.
        let sent = unsafe {
            match what {
                Do::Ping => attachsql_connect_ping(con, slot),
                Do::Reset => attachsql_connect_reset(con, slot),
                Do::User(user, password, schema) => {
                    let (user, password, schema) = (text(user), password.map(text), text(schema));
                    let password = password.as_ref().map_or(null(), |password| password.as_ptr());
                    let (user, schema) = (user.as_ptr(), schema.as_ptr());
                    attachsql_connect_change_user(con, user, password, schema, slot)
                }
                Do::Schema(name) => attachsql_connect_change_schema(con, text(name).as_ptr(), slot),
                Do::Statistics => attachsql_connect_statistics(con, slot),
                Do::Multi(on) => attachsql_connect_set_multi_statements(con, on, slot),
                Do::Kill(id, query) => attachsql_connect_kill(con, id, query, slot),
            }
        };
        told(sent, error)
    }
}
