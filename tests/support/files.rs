// SPDX-License-Identifier: Apache-2.0
//! A closure as the function that gives the files of LOAD DATA LOCAL, and ready-made ones.

#![allow(unsafe_code, reason = "the C API is called as C does")]

use std::cell::{Cell, RefCell};
use std::ffi::{CStr, CString, c_char, c_void};
use std::ptr::null_mut;
use std::rc::Rc;

use attachsql::capi::local_file as api;
use attachsql::capi::query::attachsql_query;
use attachsql::capi::types::{
    attachsql_local_file_t as LocalFile, attachsql_query_parameter_st as Parameter,
    attachsql_query_parameter_type_t as ParameterType, c_bool,
};

use super::raw::{CApi, told};
use super::subject::Failure;

/// What the function says.
#[derive(Debug, Clone)]
pub enum Give {
    Bytes(Vec<u8>),
    Later,
    Suspend,
    Error(&'static str),
    /// Without a message.
    Fails,
    /// This number, and nothing in the buffer.
    Number(isize),
}

/// The function: name, offset, and room.
type Function = dyn FnMut(&CStr, u64, usize) -> Give;

struct Inside {
    function: RefCell<Box<Function>>,
    message: RefCell<CString>,
    waits: Cell<bool>,
}

/// What the connection has for a context; must live as long as it does.
pub struct Files {
    inside: Box<Inside>,
}

impl Files {
    /// Whether the function has last said that it has nothing yet.
    pub fn wait(&self) -> bool {
        self.inside.waits.get()
    }
}

/// Sets `function` on a connection that was not used yet.
pub fn set(
    con: &CApi,
    function: impl FnMut(&CStr, u64, usize) -> Give + 'static,
) -> Result<Files, Failure> {
    let (function, message) =
        (RefCell::new(Box::new(function) as Box<Function>), RefCell::default());
    let inside = Box::new(Inside { function, message, waits: Cell::new(false) });
    let context = std::ptr::from_ref(&*inside).cast_mut().cast::<c_void>();
    let mut error = null_mut();
    // SAFETY: a live connection; the context lives on in what is returned; `error` may be written.
    let set = unsafe {
        api::attachsql_connect_set_local_file(con.pointer(), Some(give), context, &raw mut error)
    };
    told(set, error)?;
    Ok(Files { inside })
}

/// Takes the function back.
pub fn unset(con: &CApi) -> Result<(), Failure> {
    let mut error = null_mut();
    // SAFETY: a live connection; NULL is allowed for the rest; `error` may be written.
    let set = unsafe {
        api::attachsql_connect_set_local_file(con.pointer(), None, null_mut(), &raw mut error)
    };
    told(set, error)
}

/// Says that a suspended function is to be called.
pub fn ready(con: &CApi) -> bool {
    // SAFETY: a live connection.
    unsafe { api::attachsql_connect_local_file_ready(con.pointer()) }
}

/// A query with strings for parameters.
pub fn query_with(con: &mut CApi, text: &[u8], params: &[&[u8]]) -> Result<(), Failure> {
    let param = |value: &&[u8]| Parameter {
        r#type: ParameterType::CHAR,
        data: value.as_ptr().cast_mut().cast(),
        length: value.len(),
        is_unsigned: c_bool(0),
    };
    let mut params: Vec<_> = params.iter().map(param).collect();
    let (count, params) = (params.len().try_into().unwrap(), params.as_mut_ptr());
    let mut error = null_mut();
    // SAFETY: a live connection; everything has the length that is said; `error` may be written.
    let sent = unsafe {
        let text_data = text.as_ptr().cast();
        attachsql_query(con.pointer(), text.len(), text_data, count, params, &raw mut error)
    };
    told(sent, error)
}

/// Gives `bytes`, at most `most` at a time, and counts its calls. Checks what it is asked.
pub fn plain(
    name: &'static str,
    bytes: Vec<u8>,
    most: usize,
) -> (Rc<Cell<usize>>, impl FnMut(&CStr, u64, usize) -> Give + 'static) {
    let calls = Rc::new(Cell::new(0));
    let counted = Rc::clone(&calls);
    let mut given = 0;
    let function = move |asked: &CStr, offset: u64, room: usize| {
        counted.set(counted.get() + 1);
        assert_eq!(asked.to_str(), Ok(name));
        if offset == 0 {
            given = 0;
        }
        assert_eq!(offset, given as u64, "it goes on where it was");
        let rest = &bytes[given..];
        let piece = &rest[..rest.len().min(most).min(room)];
        given += piece.len();
        Give::Bytes(piece.to_vec())
    };
    (calls, function)
}

/// As `inner`, but says what is in `pauses` before each piece, one after the other.
pub fn pausing(
    pauses: Vec<Give>,
    mut inner: impl FnMut(&CStr, u64, usize) -> Give,
) -> impl FnMut(&CStr, u64, usize) -> Give {
    let mut left = pauses.clone();
    move |name, offset, room| {
        if let Some(pause) = left.pop() {
            return pause;
        }
        left.clone_from(&pauses);
        inner(name, offset, room)
    }
}

unsafe extern "C" fn give(
    context: *mut c_void,
    name: *const c_char,
    offset: u64,
    buffer: *mut c_char,
    size: usize,
    message: *mut *const c_char,
) -> isize {
    // SAFETY: what `set` has given, which lives on; a name that ends with NUL.
    let (inside, name) = unsafe { (&*context.cast::<Inside>(), CStr::from_ptr(name)) };
    let said = (inside.function.borrow_mut())(name, offset, size);
    inside.waits.set(matches!(said, Give::Later | Give::Suspend));
    match said {
        Give::Bytes(bytes) => {
            assert!(bytes.len() <= size, "the test gives too much");
            // SAFETY: the buffer has room for `size` bytes.
            unsafe { buffer.cast::<u8>().copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
            isize::try_from(bytes.len()).unwrap()
        }
        Give::Later => isize::try_from(LocalFile::LATER.0).unwrap(),
        Give::Suspend => isize::try_from(LocalFile::SUSPEND.0).unwrap(),
        Give::Fails => isize::try_from(LocalFile::ERROR.0).unwrap(),
        Give::Number(number) => number,
        Give::Error(text) => {
            inside.message.replace(CString::new(text).unwrap());
            // SAFETY: the message may be written; what it points at stays until the next one.
            unsafe { *message = inside.message.borrow().as_ptr() };
            isize::try_from(LocalFile::ERROR.0).unwrap()
        }
    }
}

impl std::fmt::Debug for Files {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Files(..)")
    }
}
