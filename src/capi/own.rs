// SPDX-License-Identifier: Apache-2.0
//! The pointer that a program gives with a function of its own, to be handed back with each call.

use std::ffi::c_void;

/// What the program wants its function to be called with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Own(pub(super) *mut c_void);

// SAFETY: the pointer is never followed here. It goes to the program's function, on the thread that polls;
// that the two fit is the program's business, as with the connection itself.
unsafe impl Send for Own {}

// SAFETY: as above. The connections that pools have made from one template share it; those that other threads poll
// call the function there, as if the program had given it to each of them.
unsafe impl Sync for Own {}

impl Own {
    /// A method, so that closures take the whole of it and not the pointer alone.
    pub(super) fn pointer(self) -> *mut c_void {
        self.0
    }
}
