// SPDX-License-Identifier: Apache-2.0
//! The opaque types behind the C API's pointers, and the one way in and out of each: boxed, owned by the
//! program, freed once.

#![allow(non_camel_case_types)]

use std::cell::{Cell, RefCell};
use std::ffi::{c_char, c_void};

use crate::capi::keep::Keep;
use crate::capi::stmt::{self, attachsql_stmt_t};
use crate::capi::types::{
    ATTACHSQL_MESSAGE_SIZE, ATTACHSQL_SQLSTATE_SIZE, attachsql_callback_fn,
    attachsql_query_column_st, attachsql_stmt_bind_st,
};
use crate::capi::{guard, stmt_bind, strings};
use crate::error::Error;
use crate::proto::statements::StatementKey;
use crate::session::Connection;
use crate::session::bulk::Bulk;
use crate::session::convert::Place;
use crate::session::pool::{Key, Pool};
use crate::wire::value::Param;

/// A connection to a server, from `attachsql_connect_create` to `attachsql_connect_destroy`. Used by one
/// thread at a time; different connections may be used by different threads at once. Since 2.0.
#[derive(Debug)]
pub struct attachsql_connect_t {
    cell: RefCell<Handle>,
    /// The pool it is part of.
    pub(super) place: Cell<Option<Membership>>,
    /// The program's; never followed.
    pub(super) user_data: Cell<*mut c_void>,
}

/// Several connections that are run together, from `attachsql_pool_create` to `attachsql_pool_destroy`. Used
/// by one thread at a time, together with its connections. Since 2.0.
#[derive(Debug)]
pub struct attachsql_pool_t {
    pub(super) core: RefCell<Pool<*mut attachsql_connect_t>>,
    pub(super) function: attachsql_callback_fn,
    pub(super) context: *mut c_void,
    /// A run is under way: nothing that it may still touch is freed before its end.
    pub(super) running: Cell<bool>,
    /// A query is being given to it: a function that traces may call the program then, and what is told in a run could
    /// end the pool in the midst of it.
    pub(super) asked: Cell<bool>,
    /// The program has destroyed the pool in a run.
    pub(super) ended: Cell<bool>,
    /// Connections that it has destroyed in a run.
    pub(super) gone: RefCell<Vec<*mut attachsql_connect_t>>,
    /// What it needs to make its own connections.
    pub(super) keep: RefCell<Option<Box<Keep>>>,
}

/// Where a connection is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Membership {
    pub(super) pool: *mut attachsql_pool_t,
    pub(super) key: Key,
}

/// What went wrong: a code, an SQLSTATE and a text. Belongs to the program, which frees it with
/// `attachsql_error_free`, also after the connection is gone. Since 2.0.
#[derive(Debug)]
pub struct attachsql_error_t {
    pub(super) code: i32,
    pub(super) message: [u8; ATTACHSQL_MESSAGE_SIZE],
    pub(super) sqlstate: [u8; ATTACHSQL_SQLSTATE_SIZE],
}

/// A connection and what C was given of it.
#[derive(Debug)]
pub(super) struct Handle {
    pub(super) connection: Connection,
    /// The columns as C sees them, made when C first asks, and the result they are of.
    pub(super) columns: Vec<attachsql_query_column_st>,
    pub(super) columns_of: u64,
    /// The one statement that the functions without a handle mean.
    pub(super) statement: Option<Box<Prepared>>,
    /// The first of its statement handles, which know each other.
    pub(super) stmts: *mut attachsql_stmt_t,
}

/// A prepared statement and what C has set and was given of it.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) key: StatementKey,
    /// What was set; parameters behind the last one that was are NULL.
    pub(super) params: Vec<Bound>,
    /// Texts of numbers and dates, one place for each column, so that those of a row stay side by side.
    pub(super) texts: Vec<Place>,
    /// Rows for a bulk execute.
    pub(super) bulk: Option<Box<Bulk>>,
}

/// What a parameter is set to.
#[derive(Debug, Clone)]
pub(super) enum Bound {
    /// A value.
    Value(Param<'static>),
    /// A string of the program's, which it keeps.
    Text { data: *const c_char, length: usize },
    /// Bytes of the program's, which it keeps.
    Blob { data: *const c_char, length: usize },
    /// A copy.
    Copied(Copied, Vec<u8>),
    /// A buffer of the program's, as it says.
    Buffer(attachsql_stmt_bind_st),
}

/// What copied bytes are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Copied {
    Text,
    Blob,
    Decimal,
    Json,
}

impl Prepared {
    pub(super) fn new(key: StatementKey) -> Self {
        Self { key, params: Vec::new(), texts: Vec::new(), bulk: None }
    }

    /// Sets parameter `param` of `count`.
    pub(super) fn set(&mut self, param: u16, count: u16, bound: Bound) {
        if self.params.len() < usize::from(count) {
            self.params.resize_with(count.into(), || Bound::Value(Param::Null));
        }
        // Before the number is known.
        if self.params.len() <= usize::from(param) {
            self.params.resize_with(usize::from(param) + 1, || Bound::Value(Param::Null));
        }
        if let Some(place) = self.params.get_mut(usize::from(param)) {
            *place = bound;
        }
    }
}

impl Bound {
    /// The value, as it is now.
    ///
    /// # Safety
    /// What the program has given is still there, and stays as it is for `'a`.
    #[inline]
    pub(super) unsafe fn value<'a>(&'a self) -> Param<'a> {
        // SAFETY: checked for NULL and length when it was set, and there as the caller says.
        let bytes = |data: *const c_char, length| unsafe {
            strings::counted(data.cast(), length, "value").unwrap_or_default()
        };
        match self {
            Self::Value(value) => *value,
            Self::Text { data, length } => Param::Text(bytes(*data, *length)),
            Self::Blob { data, length } => Param::Blob(bytes(*data, *length)),
            Self::Copied(Copied::Text, bytes) => Param::Text(bytes),
            Self::Copied(Copied::Blob, bytes) => Param::Blob(bytes),
            Self::Copied(Copied::Decimal, bytes) => Param::Decimal(bytes),
            Self::Copied(Copied::Json, bytes) => Param::Json(bytes),
            // SAFETY: as the caller says.
            Self::Buffer(bind) => unsafe { stmt_bind::read(bind) },
        }
    }
}

impl attachsql_connect_t {
    pub(super) fn into_raw(connection: Connection) -> *mut Self {
        let (columns, columns_of, statement) = (Vec::new(), 0, None);
        let stmts = std::ptr::null_mut();
        let handle = Handle { connection, columns, columns_of, statement, stmts };
        Box::into_raw(Box::new(Self {
            cell: RefCell::new(handle),
            place: Cell::new(None),
            user_data: Cell::new(std::ptr::null_mut()),
        }))
    }

    /// Frees the connection, unless a call on it is under way.
    ///
    /// # Safety
    /// `con` came from `into_raw` and was not freed.
    pub(super) unsafe fn free(con: *mut Self) {
        // SAFETY: `con` is valid, as the caller says; the reference ends here.
        let in_use = unsafe { (*con).cell.try_borrow_mut().is_err() };
        if !in_use {
            // SAFETY: made by `Box::into_raw`, freed once, as the caller says.
            unsafe {
                Self::leave_stmts(con);
                drop(Box::from_raw(con));
            }
        }
    }

    /// Tells its statement handles that the connection is gone.
    ///
    /// # Safety
    /// `con` is live.
    pub(super) unsafe fn leave_stmts(con: *mut Self) {
        // SAFETY: live, as the caller says; so are its handles, which take themselves off when they are
        // destroyed.
        unsafe {
            guard::quiet(con, (), |handle| {
                stmt::orphan(std::mem::replace(&mut handle.stmts, std::ptr::null_mut()));
            });
        }
    }

    pub(super) fn cell(&self) -> &RefCell<Handle> {
        &self.cell
    }
}

impl attachsql_error_t {
    pub(super) fn into_raw(error: &Error) -> *mut Self {
        let mut sqlstate = [0; ATTACHSQL_SQLSTATE_SIZE];
        for (to, from) in sqlstate.iter_mut().zip(error.sqlstate()) {
            *to = from;
        }
        let mut message = [0; ATTACHSQL_MESSAGE_SIZE];
        for (to, from) in message.iter_mut().zip(cut(&error.message())) {
            *to = *from;
        }
        Box::into_raw(Box::new(Self { code: error.code(), message, sqlstate }))
    }
}

/// As much of a text as fits with its NUL, never half a UTF-8 character.
fn cut(text: &[u8]) -> &[u8] {
    let most = ATTACHSQL_MESSAGE_SIZE - 1;
    let Some((head, _)) = text.split_at_checked(most + 1).map(|(head, _)| head.split_at(most))
    else {
        return text;
    };
    match std::str::from_utf8(head) {
        Err(error) if error.error_len().is_none() => {
            head.get(..error.valid_up_to()).unwrap_or(head)
        }
        _ => head,
    }
}

// A handle may move to another thread between calls; `RefCell` and raw cells keep it from being shared.
const _: () = {
    const fn may_move<T: Send>() {}
    may_move::<Connection>();
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ServerError;

    fn message(text: &[u8]) -> Vec<u8> {
        let error = ServerError { code: 1, state: *b"HY000", message: text.to_vec() };
        let raw = attachsql_error_t::into_raw(&Error::Server(Box::new(error)));
        // SAFETY: just made, freed once.
        let object = unsafe { Box::from_raw(raw) };
        let end = object.message.iter().position(|&byte| byte == 0).unwrap();
        object.message[..end].to_vec()
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(message(b"short"), b"short");
        assert_eq!(message(&[b'x'; 255]).len(), 255);
        assert_eq!(message(&[b'x'; 256]).len(), 255);
        // 254 ASCII bytes and a two-byte character: no half of it is left.
        let text = [&[b'x'; 254][..], "é".as_bytes(), b"tail"].concat();
        assert_eq!(message(&text).len(), 254);
        // Another character set: cut where it must be.
        assert_eq!(message(&[0xe9; 300]).len(), 255);
    }
}
