// SPDX-License-Identifier: Apache-2.0
//! The C API: `extern "C"` functions over [`crate::session`]. One of the unsafe islands; no logic and no
//! state of its own. The header `libattachsql2/attachsql.h` is printed from these files.
//!
//! Rules that hold for every function, in `guard`: NULL where a handle is due is an error or nothing; a
//! handle in use by another call is refused; a panic is caught, and the connection is dead after it.
//! Every pointer from C is read in `strings` or field by field, and no Rust enum is ever made from a
//! number of C's.

#![allow(unsafe_code)]

pub mod attribute;
pub mod cancel;
mod choice;
pub mod command;
pub mod connect;
mod descriptor;
pub mod embed;
pub mod error;
mod guard;
pub mod handle;
mod keep;
pub mod local_file;
pub mod memory;
mod own;
pub mod parameters;
pub mod pipeline;
pub mod pool;
pub mod pool_more;
pub mod pool_query;
pub mod query;
pub mod secure;
pub mod statement;
pub mod statement_row;
pub mod stmt;
pub mod stmt_bind;
pub mod stmt_bulk;
pub mod stmt_cache;
pub mod stmt_cells;
pub mod stmt_cursor;
pub mod stmt_row;
pub mod stmt_set;
mod strings;
pub mod trace;
pub mod track;
pub mod types;
pub mod utility;
