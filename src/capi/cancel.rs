// SPDX-License-Identifier: Apache-2.0
//! Cancelling the command that is under way.

use crate::capi::guard;
use crate::capi::handle::{attachsql_connect_t, attachsql_error_t};
use crate::capi::types::attachsql_cancel_t;
use crate::session::CancelOutcome;

/// Cancels the command that is under way on a connection, be it a query, a statement or another command, and
/// returns at once. A second connection of the library's own, to the same address, with the same TLS settings and
/// as the same user, sends KILL QUERY; the polls of `con` do all that, and its watches have both sockets.
/// ATTACHSQL_OPTION_CANCEL must have been set to 1 before connecting, because user and password are kept for it.
///
/// Poll on until the command has ended: its rows still come, and then ERROR with the server's error 1317 (SQLSTATE
/// 70100), or EOF if it was quicker. Poll says so only when nothing of the cancel can hit a later command; a command
/// that follows may be given before that, and waits. `attachsql_query_cancel_outcome` then tells what became of it.
/// If the cancel itself fails, or a step of it takes longer than ATTACHSQL_OPTION_CANCEL_TIMEOUT, the connection is
/// cut: poll says ERROR with 2013/08006, and the message why.
///
/// A command that was remembered and not sent yet is taken back, which needs no second connection and no option:
/// poll says ERROR with 3005/70100. With nothing under way, and while a cancel is, nothing happens.
///
/// Pipelines and bulk executes cannot be cancelled, whether they were sent or not, because KILL might hit a command
/// behind the one that it is meant for: `attachsql_pipeline_close` ends a pipeline early.
///
/// Returns: true if there is nothing (more) to do; false with an error, and the command goes on.
///
/// NULL: `con` NULL fails with 3000/22023; `error` may be NULL.
///
/// Callback: may be called in that of a pool.
///
/// Errors: 3000/22023 a pipeline or a bulk execute is under way, or answers to a pipeline that was closed are still to
/// come; ATTACHSQL_OPTION_CANCEL was not set, the socket came from `attachsql_connect_set_fd`, or the command is a
/// change of user; 2006/08006 the connection is gone.
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a live connection; `error` is NULL or may be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_query_cancel(
    con: *mut attachsql_connect_t,
    error: *mut *mut attachsql_error_t,
) -> bool {
    // SAFETY: as the caller says.
    unsafe { guard::call(con, error, false, |handle| handle.connection.cancel().map(|()| true)) }
}

/// What became of the last cancel, by `attachsql_query_cancel` or by ATTACHSQL_OPTION_COMMAND_TIMEOUT.
///
/// Returns: one of `attachsql_cancel_t`; never ATTACHSQL_CANCEL_RUNNING once poll has said EOF or ERROR of the
/// command. Stays until the next cancel.
///
/// NULL: `con` NULL gives ATTACHSQL_CANCEL_NONE.
///
/// Since 2.1.
///
/// # Safety
///
/// `con` is NULL or a live connection.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn attachsql_query_cancel_outcome(
    con: *mut attachsql_connect_t,
) -> attachsql_cancel_t {
    let outcome = |outcome| match outcome {
        CancelOutcome::None => attachsql_cancel_t::NONE,
        CancelOutcome::Running => attachsql_cancel_t::RUNNING,
        CancelOutcome::Finished => attachsql_cancel_t::FINISHED,
        CancelOutcome::Cancelled => attachsql_cancel_t::CANCELLED,
        CancelOutcome::Unknown => attachsql_cancel_t::UNKNOWN,
    };
    // SAFETY: as the caller says.
    unsafe {
        guard::quiet(con, attachsql_cancel_t::NONE, |handle| {
            outcome(handle.connection.cancel_outcome())
        })
    }
}
