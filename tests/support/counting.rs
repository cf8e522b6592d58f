// SPDX-License-Identifier: Apache-2.0
//! An allocator that counts what the calling thread has: a test that installs it sees only what it does
//! itself, not what a scripted server on another thread does.
//!
//! ```text
//! #[global_allocator]
//! static ALLOCATOR: Counting = Counting;
//! ```

#![allow(unsafe_code, reason = "an allocator is unsafe by nature")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

/// See the head of this file.
#[derive(Debug)]
pub struct Counting;

/// What a thread has allocated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Count {
    /// How many times it asked for memory.
    pub allocations: u64,
    /// Bytes it holds; below 0 if it freed what others had allocated.
    pub live: i64,
    /// Most bytes it held since `reset_peak`.
    pub peak: i64,
}

thread_local! {
    static COUNT: Cell<Count> = const { Cell::new(Count { allocations: 0, live: 0, peak: 0 }) };
}

/// What this thread has.
pub fn count() -> Count {
    COUNT.get()
}

/// Begins to look for a new peak.
pub fn reset_peak() {
    COUNT.set(Count { peak: count().live, ..count() });
}

fn add(allocations: u64, bytes: i64) {
    // At the end of a thread there is nothing left to count with, and nobody to tell.
    let _ = COUNT.try_with(|cell| {
        let now = cell.get();
        let live = now.live + bytes;
        let allocations = now.allocations + allocations;
        cell.set(Count { allocations, live, peak: now.peak.max(live) });
    });
}

fn size(layout: Layout) -> i64 {
    i64::try_from(layout.size()).unwrap_or(i64::MAX)
}

// SAFETY: everything is left to the system's allocator; counting allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(1, size(layout));
        // SAFETY: as the caller says.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        add(1, size(layout));
        // SAFETY: as the caller says.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, ptr: *mut u8, layout: Layout, new: usize) -> *mut u8 {
        add(1, i64::try_from(new).unwrap_or(i64::MAX) - size(layout));
        // SAFETY: as the caller says.
        unsafe { System.realloc(ptr, layout, new) }
    }

    unsafe fn dealloc(&self, ptr: *mut u8, layout: Layout) {
        add(0, -size(layout));
        // SAFETY: as the caller says.
        unsafe { System.dealloc(ptr, layout) }
    }
}
