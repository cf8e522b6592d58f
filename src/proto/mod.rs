// SPDX-License-Identifier: Apache-2.0
//! The protocol as a machine: bytes in, events and bytes out. No socket, no clock; a test can be the
//! server.

#![deny(clippy::indexing_slicing)]

mod answer;
mod arrays;
pub mod bounds;
pub mod columns;
pub mod commands;
pub mod counts;
pub mod escape;
mod held;
pub mod infile;
mod kept;
pub mod local_file;
pub mod login;
pub mod machine;
mod marks;
mod one_trip;
mod pipeline;
pub mod result;
pub mod rows;
mod session;
pub mod statements;
mod stmt;
mod tally;
pub mod unproved;
mod words;
