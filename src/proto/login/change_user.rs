// SPDX-License-Identifier: Apache-2.0
//! A change of user: a login on a connection that is logged in. Begins where the greeting of a login would
//! have been; from the first answer on, everything is as at login. Keeps what that needs of the login before.
//! <https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_com_change_user.html>

use zeroize::Zeroizing;

use super::{Login, LoginConfig, bytes};
use crate::auth::{Dialog, Exchange, Method};
use crate::buf::SendBuf;
use crate::error::{Misuse, Result};
use crate::proto::machine::{Machine, Phase};
use crate::wire::change_user::ChangeUser;

/// What another login needs of the last one.
#[derive(Debug)]
pub(in crate::proto) struct Kept {
    /// Who answers the questions of `dialog`.
    dialog: Option<Dialog>,
    /// The server's last challenge for `mysql_native_password` and `mysql_old_password`; empty if
    /// neither matters.
    challenge: Vec<u8>,
    /// Whether the user was proved by `mysql_native_password`.
    native: bool,
}

impl Login {
    /// What is kept of it now that it is over, if anything.
    pub(in crate::proto) fn keep(self) -> Option<Box<Kept>> {
        let native = self.used == Some(Method::Native);
        let matters = native || self.config.methods.has(Method::Old);
        let challenge = if matters { self.challenge } else { Vec::new() };
        let dialog = self.config.dialog;
        let any = dialog.is_some() || !challenge.is_empty();
        any.then(|| Kept { dialog, challenge, native }.into())
    }

    /// What it waits in.
    pub(super) fn phase(&self) -> Phase {
        if self.changing { Phase::ChangeUser } else { Phase::Login }
    }

    /// The method to begin a change of user with, and what it says. Servers choose a new challenge and
    /// switch; those in front of which a proxy stands may take an answer to the old one, as MySQL's own
    /// clients give it. Without that, the method says nothing, which no server takes for a password.
    fn begin_change(&self, native: bool) -> Result<(Method, Option<Exchange>, Zeroizing<Vec<u8>>)> {
        if !native {
            return self.begin_unasked();
        }
        let name = Method::Native.name().as_bytes();
        let (exchange, answer) = Exchange::start(name, &self.challenge, &self.context())?;
        Ok((Method::Native, Some(exchange), bytes(answer)))
    }
}

impl Machine {
    /// Puts the change of user that `config` tells into `out`. Only for a machine that `is_ready`. A refusal
    /// is the end of the connection. With `silent`, nobody is told.
    pub fn submit_change_user(
        &mut self,
        out: &mut SendBuf,
        config: LoginConfig,
        silent: bool,
    ) -> Result<()> {
        if !self.is_ready() {
            return Err(Misuse::QueryOpen.into());
        }
        let mut login = Box::new(Login::new(config));
        login.changing = true;
        let mut native = false;
        if let Some(kept) = self.kept.take() {
            (login.config.dialog, login.challenge, native) =
                (kept.dialog, kept.challenge, kept.native);
        }
        let (method, exchange, answer) = login.begin_change(native)?;
        let config = &login.config;
        let packet = ChangeUser {
            caps: self.caps,
            user: &config.user,
            answer: &answer,
            schema: &config.schema,
            charset: config.charset,
            method: method.name().as_bytes(),
            attributes: &config.attributes,
        };
        let next = out.secret_packet(0, packet.size(), |payload| packet.put(payload));
        self.begin_command(next, silent);
        login.used = exchange.is_some().then_some(method);
        login.exchange = exchange;
        self.login = Some(login);
        self.set_phase(Phase::ChangeUser);
        Ok(())
    }

    /// The server has taken the new user: the session is a new one.
    pub(super) fn on_user_changed(&mut self) {
        self.lose_statements("attachsql_connect_change_user");
    }
}
