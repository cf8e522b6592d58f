// SPDX-License-Identifier: Apache-2.0
//! What every exported function does before and after its work: checks the handle, borrows it, catches
//! a panic, stores the error.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::capi::handle::{Handle, attachsql_connect_t, attachsql_error_t};
use crate::error::{Error, Misuse, Result};

/// Runs `body` on the connection. Whatever fails is stored in `*error`, if that is not NULL, and
/// `fallback` is returned.
///
/// # Safety
/// `con` is NULL or a live handle that no other thread uses; `error` is NULL or may be written.
#[inline]
pub(super) unsafe fn call<T>(
    con: *mut attachsql_connect_t,
    error: *mut *mut attachsql_error_t,
    fallback: T,
    body: impl FnOnce(&mut Handle) -> Result<T>,
) -> T {
    // SAFETY: as the caller says.
    match unsafe { enter(con, body) } {
        Ok(value) => value,
        Err(cause) => {
            // SAFETY: as the caller says.
            unsafe { give(error, cause) };
            fallback
        }
    }
}

/// As `call`, for functions that report no error.
///
/// # Safety
/// `con` is NULL or a live handle that no other thread uses.
#[inline]
pub(super) unsafe fn quiet<T>(
    con: *mut attachsql_connect_t,
    fallback: T,
    body: impl FnOnce(&mut Handle) -> T,
) -> T {
    // SAFETY: as the caller says.
    unsafe { enter(con, |handle| Ok(body(handle))) }.unwrap_or(fallback)
}

/// Looks at the connection, without what only matters to a body that changes something: `look` must not be
/// able to panic. `None` also if `con` is NULL or in use; `call` then tells.
///
/// # Safety
/// `con` is NULL or a live handle that no other thread uses.
#[inline(always)]
pub(super) unsafe fn peek<T>(
    con: *mut attachsql_connect_t,
    look: impl FnOnce(&Handle) -> Option<T>,
) -> Option<T> {
    // SAFETY: NULL or a live handle, as the caller says; nobody changes it until this returns, because it
    // is borrowed by nobody and `look` has no other way to it.
    let handle = unsafe { con.as_ref()?.cell().try_borrow_unguarded().ok()? };
    look(handle)
}

/// As `peek`, for what changes something.
///
/// # Safety
/// `con` is NULL or a live handle that no other thread uses.
#[inline(always)]
pub(super) unsafe fn poke<T>(
    con: *mut attachsql_connect_t,
    change: impl FnOnce(&mut Handle) -> Option<T>,
) -> Option<T> {
    // SAFETY: NULL or a live handle, as the caller says; shared, so a second one does no harm.
    let mut handle = unsafe { con.as_ref()?.cell().try_borrow_mut().ok()? };
    change(&mut handle)
}

/// Runs `body`, which needs no handle; see `call`.
///
/// # Safety
/// `error` is NULL or may be written.
pub(super) unsafe fn create<T>(
    error: *mut *mut attachsql_error_t,
    fallback: T,
    body: impl FnOnce() -> Result<T>,
) -> T {
    let result = catch_unwind(AssertUnwindSafe(body));
    match result.unwrap_or_else(|panic| Err(Error::Internal(words(&*panic)).into())) {
        Ok(value) => value,
        Err(cause) => {
            // SAFETY: as the caller says.
            unsafe { store(error, &cause) };
            fallback
        }
    }
}

#[inline]
unsafe fn enter<T>(
    con: *mut attachsql_connect_t,
    body: impl FnOnce(&mut Handle) -> Result<T>,
) -> Result<T> {
    // SAFETY: NULL or a live handle, as the caller says; shared, so a second one does no harm.
    let Some(con) = (unsafe { con.as_ref() }) else {
        return Err(no_handle());
    };
    let Ok(mut handle) = con.cell().try_borrow_mut() else {
        return Err(reentered());
    };
    // After a panic the handle is only told that it is dead, so no broken state is relied on.
    match catch_unwind(AssertUnwindSafe(|| body(&mut handle))) {
        Ok(result) => result,
        Err(panic) => Err(panicked(&mut handle, panic)),
    }
}

/// Out of line, as all that follows: what every call carries of it is one branch.
#[cold]
#[inline(never)]
fn no_handle() -> Box<Error> {
    Misuse::Null("con").into()
}

#[cold]
#[inline(never)]
fn reentered() -> Box<Error> {
    Misuse::Reentered.into()
}

#[cold]
#[inline(never)]
pub(super) fn panicked(handle: &mut Handle, panic: Box<dyn std::any::Any + Send>) -> Box<Error> {
    handle.connection.poison(&words(&*panic))
}

/// # Safety
/// `error` is NULL or may be written.
#[cold]
#[inline(never)]
unsafe fn give(error: *mut *mut attachsql_error_t, cause: Box<Error>) {
    // SAFETY: as the caller says.
    unsafe { store(error, &cause) };
}

/// # Safety
/// `error` is NULL or may be written.
#[cold]
unsafe fn store(error: *mut *mut attachsql_error_t, cause: &Error) {
    if !error.is_null() {
        // SAFETY: not NULL, and may be written, as the caller says. What was there is not read.
        unsafe { error.write(attachsql_error_t::into_raw(cause)) };
    }
}

#[cold]
fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "panic".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{Config, Connection};

    fn handle() -> *mut attachsql_connect_t {
        attachsql_connect_t::into_raw(Connection::new(Config::default()))
    }

    fn code(error: *mut attachsql_error_t) -> i32 {
        // SAFETY: made by `store`, freed once here.
        unsafe { Box::from_raw(error) }.code
    }

    #[test]
    fn a_panic_becomes_an_error_and_the_end_of_the_connection() {
        let (con, mut error) = (handle(), std::ptr::null_mut());
        // SAFETY: a live handle of this thread; `error` may be written.
        unsafe {
            assert_eq!(call(con, &raw mut error, 7, |_| panic!("on purpose")), 7);
            assert_eq!(code(error), 2000);
            let text = quiet(con, String::new(), |h| h.connection.failure().unwrap().to_string());
            assert!(text.contains("on purpose"), "{text}");
            attachsql_connect_t::free(con);
        }
    }

    #[test]
    fn a_second_call_from_inside_is_refused() {
        let (con, mut error) = (handle(), std::ptr::null_mut());
        // SAFETY: a live handle of this thread; `error` may be written.
        unsafe {
            let inner = quiet(con, 0, |_| {
                attachsql_connect_t::free(con);
                call(con, &raw mut error, 1, |_| Ok(2))
            });
            assert_eq!((inner, code(error)), (1, 2014));
            assert_eq!(quiet(con, 0, |_| 3), 3, "still alive");
            attachsql_connect_t::free(con);
        }
    }

    #[test]
    fn no_handle_and_no_error_pointer() {
        let (null, mut error) = (std::ptr::null_mut(), std::ptr::null_mut());
        // SAFETY: NULL is allowed for both.
        unsafe {
            assert_eq!(call(null, &raw mut error, 1, |_| Ok(2)), 1);
            assert_eq!(code(error), 3000);
            assert_eq!(call(null, std::ptr::null_mut(), 1, |_| Ok(2)), 1);
        }
    }
}
