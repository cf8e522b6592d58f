// SPDX-License-Identifier: Apache-2.0
//! Attributes of queries and executes: set for the next one, and sent with it. A connection that has asked for them
//! sends all its queries and executes in another form, if the server has agreed.

use crate::error::{Error, Misuse, Result};
use crate::proto::escape::Param;
use crate::proto::statements::StatementKey;
use crate::session::connection::Connection;
use crate::session::pending::Command;
use crate::wire::caps::Caps;
use crate::wire::command::COM_STMT_EXECUTE;
use crate::wire::execute::{Attribute, put_execute_named, put_query_attributes};
use crate::wire::value;

impl Connection {
    /// Sets the attribute `name` of the next query or execute.
    pub fn set_attribute(&mut self, name: &[u8], value: &[u8]) -> Result<()> {
        self.check_alive()?;
        if !self.config.wanted.has(Caps::QUERY_ATTRIBUTES) {
            let problem =
                "is not possible: set ATTACHSQL_OPTION_QUERY_ATTRIBUTES before connecting";
            return Err(Misuse::Argument { name: "an attribute", problem: problem.into() }.into());
        }
        if self.machine.is_logged_in() && !self.machine.has_attributes() {
            return Err(Error::NoServerAttributes.into());
        }
        let all = &mut self.extras.get_or_insert_default().attributes;
        all.retain(|(other, _)| other != name);
        all.push((name.to_vec(), value.to_vec()));
        Ok(())
    }

    /// Whether a query or an execute is to be sent in the form that has attributes, has some that cannot be sent, or
    /// must have room within a bound.
    #[cold]
    #[inline(never)]
    pub(super) fn needs_care(&self) -> bool {
        let some = self.extras.as_ref().is_some_and(|extras| !extras.attributes.is_empty());
        some || self.machine.has_attributes() || self.is_memory_bounded()
    }

    /// Gives out the attributes that were set. An error if there are some and the server has turned out not to
    /// take them.
    pub(super) fn take_attributes(&mut self) -> Result<Vec<Attribute>> {
        let taken = match &mut self.extras {
            Some(extras) => std::mem::take(&mut extras.attributes),
            None => Vec::new(),
        };
        self.check_attributes(&taken)?;
        Ok(taken)
    }

    pub(super) fn check_attributes(&self, attributes: &[Attribute]) -> Result<()> {
        let refused = self.machine.is_logged_in() && !self.machine.has_attributes();
        if refused && !attributes.is_empty() {
            return Err(Error::NoServerAttributes.into());
        }
        Ok(())
    }

    /// Sends a query of a connection that may have attributes, or a bound of its memory.
    #[cold]
    #[inline(never)]
    pub(super) fn submit_with_attributes(
        &mut self,
        text: &[u8],
        params: &[Param<'_>],
    ) -> Result<()> {
        self.check_query_room(text, params)?;
        let attributes = self.take_attributes()?;
        let takes = self.machine.has_attributes();
        self.submit_query(text, params, |out| {
            if takes {
                put_query_attributes(out, &attributes);
            }
        })
    }

    /// As `submit`, with the attributes that were set when the query was remembered. Those that were set since
    /// are for the next one.
    pub(super) fn submit_remembered_query(
        &mut self,
        text: &[u8],
        params: &[Param<'_>],
        attributes: Vec<Attribute>,
    ) -> Result<()> {
        let Some(extras) = &mut self.extras else {
            return self.submit_any(text, params);
        };
        let later = std::mem::replace(&mut extras.attributes, attributes);
        let sent = self.submit_any(text, params);
        if let Some(extras) = &mut self.extras {
            extras.attributes = later;
        }
        sent
    }

    /// As `execute`, of a connection that may have attributes, or a bound of its memory.
    #[cold]
    #[inline(never)]
    pub(super) fn execute_with_attributes<'a>(
        &mut self,
        key: StatementKey,
        params: impl ExactSizeIterator<Item = value::Param<'a>>,
    ) -> Result<()> {
        self.check_prepared(key)?;
        let (mut plain, count) = (Vec::new(), params.len());
        self.machine.put_execute(&mut plain, key, params);
        self.check_sent_room(plain.len())?;
        let attributes = self.take_attributes()?;
        self.begin_command();
        let payload = self.with_names(plain, count, &attributes);
        if self.can_send() {
            self.send_statement(COM_STMT_EXECUTE, key, |_, out| out.extend_from_slice(&payload))?;
        } else {
            self.send_later(Command::Statement { code: COM_STMT_EXECUTE, key, payload })?;
        }
        self.machine.end_long_data(key);
        Ok(())
    }

    /// The payload of an execute in the form that the server takes.
    pub(super) fn with_names(
        &self,
        plain: Vec<u8>,
        params: usize,
        attributes: &[Attribute],
    ) -> Vec<u8> {
        if !self.machine.has_attributes() {
            return plain;
        }
        let mut payload = Vec::new();
        put_execute_named(&mut payload, &plain, params, attributes);
        payload
    }
}
