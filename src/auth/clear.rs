// SPDX-License-Identifier: Apache-2.0
//! `mysql_clear_password`: the password as it is. Only over a private channel, and only if asked for.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase_authentication_methods_clear_text_password.html>

use zeroize::Zeroizing;

use super::{Context, with_nul};
use crate::error::AuthError;

/// The answer, whatever the challenge.
pub(super) fn answer(context: &Context<'_>) -> Result<Zeroizing<Vec<u8>>, AuthError> {
    if !context.channel.is_private() {
        return Err(AuthError::NotPrivate("mysql_clear_password"));
    }
    Ok(with_nul(context.password))
}
