// SPDX-License-Identifier: Apache-2.0
//! The machine's part in pipelines: a command is put into the output now, and its answer begins later, when
//! those before it are over. Servers read one command after the other, and number the packets of each answer
//! anew, so that the answers tell themselves apart. Which command's turn it is is the session's business.

use crate::buf::{RecvBuf, SendBuf};
use crate::error::Result;
use crate::proto::machine::{Machine, Phase, Sink};
use crate::proto::statements::StatementKey;
use crate::wire::command::COM_QUERY;

impl Machine {
    /// Puts a query, whose statement `text` writes, into `out`. The number of the first packet that answers.
    #[inline(always)]
    pub fn put_query(&self, out: &mut SendBuf, text: impl FnOnce(&mut Vec<u8>)) -> Result<u8> {
        let (mark, mut size) = (out.mark(), 0);
        let next = out.command(COM_QUERY, |payload| {
            let start = payload.len();
            text(payload);
            size = 1 + payload.len() - start;
        });
        if size > self.max_packet {
            out.truncate(mark);
            return Err(self.too_long("a query", size));
        }
        Ok(next)
    }

    /// Puts an execute, `code`, of which `payload` is what follows the command's byte, into `out`. The number of
    /// the first packet that answers.
    pub fn put_piped_execute(&self, out: &mut SendBuf, code: u8, payload: &[u8]) -> Result<u8> {
        let (size, limit) = (1 + payload.len(), self.max_packet);
        if size > limit {
            return Err(self.too_large(size));
        }
        Ok(out.command(code, |out| out.extend_from_slice(payload)))
    }

    /// Awaits the answer to a command that was put into the output before; with others behind it, perhaps. It
    /// is an execute of `key`, or else a query. Only for a machine that `is_ready`.
    pub fn begin_piped(&mut self, next: u8, key: Option<StatementKey>, buffered: bool) {
        self.begin_command(next, false);
        self.sink = match key {
            Some(_) => Sink::Binary,
            None if buffered => Sink::Buffer,
            None => Sink::Lend,
        };
        if let (Some(all), Some(key)) = (&mut self.statements, key) {
            all.begin_execute(key);
        }
        (self.piped, self.failed_unseen) = (true, false);
        self.set_phase(Phase::Header);
    }

    /// As `begin_piped`, for an answer that nobody wants to hear.
    pub fn begin_dropped(&mut self, next: u8, key: Option<StatementKey>) {
        self.begin_piped(next, key, false);
        self.drop_answer();
    }

    /// Drops the rows of the current answer, whose statement the program has closed. How the command ends is told.
    pub fn drop_only_rows(&mut self, recv: &mut RecvBuf) {
        self.abandon(recv);
        if self.is_busy() {
            self.tell_end_of_dropped();
        }
    }

    /// Rows begin: drops them if the program has closed their statement, because nobody could read them.
    #[inline(never)]
    pub(super) fn drop_rows_of_closed(&mut self) {
        let current = self.statements.as_ref().and_then(|all| all.current);
        if self.sink == Sink::Binary && current.is_some_and(|key| self.is_closing(key)) {
            self.result.forget_columns();
            self.drop_answer();
            self.tell_end_of_dropped();
        }
    }

    fn tell_end_of_dropped(&mut self) {
        if let Some(all) = &mut self.statements {
            all.only_rows = true;
        }
    }

    /// Whether of the answer that is dropped only rows are, and its end is awaited.
    pub(super) fn drops_only_rows(&self) -> bool {
        self.statements.as_ref().is_some_and(|all| all.only_rows)
    }

    /// The same, at that end.
    pub(super) fn take_only_rows(&mut self) -> bool {
        self.statements.as_mut().is_some_and(|all| std::mem::take(&mut all.only_rows))
    }

    /// Forgets the result before, for a command that was never sent.
    pub fn begin_nothing(&mut self) {
        self.result.reset();
        self.failed_unseen = false;
    }

    /// Nothing is in the output behind the command whose answer is awaited, or will be.
    pub fn end_pipe(&mut self) {
        self.piped = false;
    }

    /// Whether what was dropped of the last answer was an error.
    pub fn has_failed_unseen(&self) -> bool {
        self.failed_unseen
    }
}
