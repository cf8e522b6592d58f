// SPDX-License-Identifier: Apache-2.0
//! Commands that are neither queries nor statements: when one is sent, remembered or refused, and what it
//! needs of the connection's settings.

use crate::auth::Password;
use crate::error::{ConnectPhase, Error, Misuse, Result};
use crate::limits;
use crate::proto::commands::Short;
use crate::session::config;
use crate::session::connection::{Connection, Link};
use crate::session::pending::Command;
use crate::wire::command::COM_CHANGE_USER;

/// Whom to change to.
#[derive(Debug, Clone)]
pub(super) struct NewUser {
    user: Vec<u8>,
    password: Password,
    schema: Vec<u8>,
}

impl Connection {
    /// Sends a command, or remembers it until the connection is ready; begins to connect if need be. What
    /// is left of an answer before it is dropped, unless it is that of an open query.
    pub fn command(&mut self, short: Short) -> Result<()> {
        if let Short::Schema(name) = &short {
            config::check_length("schema", name, limits::MAX_SCHEMA)?;
        }
        self.make_way()?;
        if matches!(short, Short::Reset | Short::Schema(_)) {
            self.empty_cache();
        }
        if !self.can_send() {
            return self.send_later(Command::Short(short));
        }
        self.submit_short(&short, false)?;
        self.check_sent()
    }

    /// Logs in again as `user`, with what was set of options; as `command`.
    pub fn change_user(&mut self, user: &[u8], password: &[u8], schema: &[u8]) -> Result<()> {
        config::check_names(user, schema)?;
        self.make_way()?;
        self.empty_cache();
        let (user, schema) = (user.to_vec(), schema.to_vec());
        let new = NewUser { user, password: Password::new(password), schema };
        if !self.can_send() {
            return self.send_later(Command::ChangeUser(new));
        }
        self.submit_change_user(new, false)?;
        self.check_sent()
    }

    /// A command is about to be sent or remembered.
    fn make_way(&mut self) -> Result<()> {
        self.tell_pool();
        self.check_alive()?;
        if self.gate.has_query() && !self.can_send() {
            return Err(Misuse::QueryOpen.into());
        }
        if self.is_unused() {
            self.connect()?;
        }
        self.begin_command();
        Ok(())
    }

    pub(super) fn submit_short(&mut self, short: &Short, silent: bool) -> Result<()> {
        let before = self.out.mark();
        self.machine.submit_short(&mut self.out, short, silent)?;
        if self.trace.is_some() {
            self.trace_command(short.code(), self.out.mark() - before);
        }
        self.clock.on_read();
        self.flush_command();
        Ok(())
    }

    pub(super) fn submit_change_user(&mut self, new: NewUser, silent: bool) -> Result<()> {
        let channel = match &self.link {
            Link::Open(stream) => self.channel(stream),
            _ => return Err(Error::Internal("a change of user without a connection".into()).into()),
        };
        if let Some(means) = self.oversight.as_mut().and_then(|of| of.means.as_mut()) {
            means.config.renew(&new.user, &new.password, &self.config);
        }
        let login = self.config.login_again(new.user, new.password, new.schema, channel);
        let before = self.out.mark();
        self.machine.submit_change_user(&mut self.out, login, silent)?;
        if self.trace.is_some() {
            self.trace_command(COM_CHANGE_USER, self.out.mark() - before);
        }
        // It is a login: its limit is that of the connect.
        self.clock.start_connect();
        self.clock.enter(ConnectPhase::Login);
        self.clock.on_read();
        self.flush_command();
        Ok(())
    }
}
