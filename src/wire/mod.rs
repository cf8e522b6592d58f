// SPDX-License-Identifier: Apache-2.0
//! The protocol's packets as bytes: structs from bytes and bytes from structs, one packet per file. No
//! state, no I/O; every read is fallible, because every byte may come from an enemy.

#![deny(clippy::indexing_slicing)]

pub mod auth_switch;
pub mod bin_row;
pub mod caps;
pub mod change_user;
pub mod changes;
pub mod charset;
pub mod column;
pub mod command;
pub mod cursor;
pub mod execute;
pub mod frame;
pub mod greeting;
pub mod kind;
pub mod login;
pub mod natural;
pub mod prepare_ok;
pub mod put;
pub mod reply;
pub mod status;
pub mod temporal;
pub mod text_row;
pub mod value;
pub mod zframe;
