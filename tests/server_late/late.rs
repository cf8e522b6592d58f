// SPDX-License-Identifier: Apache-2.0
//! `send` and `recv` as this program has them: those of the system, but where one would block, and its thread
//! has asked for that, the answer is held back until it is out of date. All that is said stays true: a socket
//! may become ready between two calls at any time. Here it always does.

#![allow(unsafe_code, reason = "calls of the system")]

use std::cell::Cell;
use std::ffi::c_void;
use std::io::Error;

use nix::libc;

/// How long an answer is held back at most, for what never becomes ready: in milliseconds.
const LONGEST: i32 = 10;

thread_local! {
    static HELD: Cell<Held> = const { Cell::new(Held { send: false, receive: false }) };
    static COUNT: Cell<u32> = const { Cell::new(0) };
}

/// Which answers of this thread's are held back.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held {
    pub(crate) send: bool,
    pub(crate) receive: bool,
}

/// Runs `work` with these answers held back; how many were out of date.
pub(crate) fn hold(held: Held, work: impl FnOnce()) -> u32 {
    COUNT.set(0);
    HELD.set(held);
    work();
    HELD.set(Held { send: false, receive: false });
    COUNT.get()
}

/// The system's `result`, later.
fn held_back(result: libc::ssize_t, fd: i32, event: libc::c_short) -> libc::ssize_t {
    if result < 0 && Error::last_os_error().raw_os_error() == Some(libc::EAGAIN) {
        let mut one = libc::pollfd { fd, events: event, revents: 0 };
        // SAFETY: an array of one.
        let ready = unsafe { libc::poll(&raw mut one, 1, LONGEST) };
        COUNT.set(COUNT.get() + u32::from(ready > 0));
        // SAFETY: this thread's own.
        unsafe { *libc::__errno_location() = libc::EAGAIN };
    }
    result
}

/// What the linker takes for the system's `send`.
#[unsafe(no_mangle)]
unsafe extern "C" fn send(fd: i32, bytes: *const c_void, size: usize, flags: i32) -> libc::ssize_t {
    // SAFETY: the caller's promise.
    let sent = unsafe { libc::sendto(fd, bytes, size, flags, std::ptr::null(), 0) };
    if HELD.get().send { held_back(sent, fd, libc::POLLOUT) } else { sent }
}

/// What the linker takes for the system's `recv`.
#[unsafe(no_mangle)]
unsafe extern "C" fn recv(fd: i32, space: *mut c_void, size: usize, flags: i32) -> libc::ssize_t {
    let nobody = std::ptr::null_mut();
    // SAFETY: the caller's promise.
    let got = unsafe { libc::recvfrom(fd, space, size, flags, nobody, nobody.cast()) };
    if HELD.get().receive { held_back(got, fd, libc::POLLIN) } else { got }
}
