// SPDX-License-Identifier: Apache-2.0
//! The protocol machine against a scripted server, in memory: logins, answers, and what a broken or
//! hostile server may send.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests end that way")]

mod support;

#[path = "script/answers.rs"]
mod answers;
#[path = "script/attributes.rs"]
mod attributes;
#[path = "script/batches.rs"]
mod batches;
#[path = "script/bounds.rs"]
mod bounds;
#[path = "script/cached_columns.rs"]
mod cached_columns;
#[path = "script/change_user.rs"]
mod change_user;
#[path = "script/closed_early.rs"]
mod closed_early;
#[path = "script/commands.rs"]
mod commands;
#[path = "script/cursors.rs"]
mod cursors;
#[path = "script/discard.rs"]
mod discard;
#[path = "script/greetings.rs"]
mod greetings;
#[path = "script/hostile.rs"]
mod hostile;
#[path = "script/local_files.rs"]
mod local_files;
#[path = "script/logins.rs"]
mod logins;
#[path = "script/lost_statements.rs"]
mod lost_statements;
#[path = "script/methods.rs"]
mod methods;
#[path = "script/one_trip.rs"]
mod one_trip;
#[path = "script/sent.rs"]
mod sent;
#[path = "script/statement_cache.rs"]
mod statement_cache;
#[path = "script/statement_moments.rs"]
mod statement_moments;
#[path = "script/statements.rs"]
mod statements;
#[path = "script/tracks.rs"]
mod tracks;
