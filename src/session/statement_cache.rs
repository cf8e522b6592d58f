// SPDX-License-Identifier: Apache-2.0
//! The statement cache of a connection: how many closed statements stay prepared, and what came of it.
//! Which they are, `proto::kept` knows. Off unless it was given a size.

use crate::error::Result;
use crate::proto::statements::StatementKey;
use crate::session::connection::Connection;
use crate::session::pending::Command;

/// Size and counters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StatementCache {
    /// The most statements that are kept; 0 for no cache.
    pub size: u32,
    /// How many are kept.
    pub kept: u32,
    /// Prepares that found their statement kept.
    pub hits: u64,
    /// Prepares that did not.
    pub misses: u64,
    /// Statements that were closed to make room for others.
    pub evicted: u64,
}

impl Connection {
    /// How things stand with the cache.
    pub fn statement_cache(&self) -> StatementCache {
        let cache = self.extras.as_ref().map_or_else(StatementCache::default, |all| all.cache);
        StatementCache { kept: u32::try_from(self.machine.kept()).unwrap_or(u32::MAX), ..cache }
    }

    /// Keeps at most `size` closed statements from now on.
    pub(super) fn size_cache(&mut self, size: u32) {
        if size == 0 && !self.has_cache() {
            return;
        }
        self.extras.get_or_insert_default().cache.size = size;
        if size == 0 {
            self.machine.forget_texts();
        }
        self.drop_kept_beyond(size);
        self.flush();
    }

    pub(super) fn has_cache(&self) -> bool {
        self.extras.as_ref().is_some_and(|all| all.cache.size > 0)
    }

    /// The kept statement with this text, as one that was just prepared; `None` if there is none. The
    /// statement `instead_of` is closed, if there is one, and may be that statement.
    pub(super) fn prepare_from_cache(
        &mut self,
        text: &[u8],
        instead_of: Option<StatementKey>,
    ) -> Result<Option<StatementKey>> {
        // Looked for first: the other one must not push it out.
        let mut found = self.machine.take_kept(text);
        if let Some(old) = instead_of {
            self.end_statement(old);
            found = found.or_else(|| self.machine.take_kept(text));
        }
        if let Some(extras) = &mut self.extras {
            let cache = &mut extras.cache;
            *(if found.is_some() { &mut cache.hits } else { &mut cache.misses }) += 1;
        }
        let Some(key) = found else {
            return Ok(None);
        };
        if self.can_send() {
            self.machine.begin_kept(key);
            self.note_ended_call();
        } else if let Err(error) = self.send_later(Command::Kept(key)) {
            self.end_statement(key);
            return Err(error);
        }
        Ok(Some(key))
    }

    /// Remembers the text of a statement that is being prepared, if there is a cache.
    pub(super) fn remember_text(&mut self, key: StatementKey, text: &[u8]) {
        if self.has_cache() {
            self.machine.remember_text(key, text);
        }
    }

    /// Keeps `key`, which the program has closed, and closes another one for it if need be. Whether it is
    /// kept.
    pub(super) fn keep_statement(&mut self, key: StatementKey) -> bool {
        let Some(size) = self.extras.as_ref().map(|all| all.cache.size) else {
            return false;
        };
        let kept = size > 0 && self.machine.keep_statement(key);
        if kept {
            let evicted = self.drop_kept_beyond(size);
            if let Some(extras) = &mut self.extras {
                extras.cache.evicted += evicted;
            }
        }
        kept
    }

    /// The session will be another one, in which no statement that there is means what it meant, if it is
    /// there at all.
    pub(super) fn empty_cache(&mut self) {
        if self.extras.is_some() {
            self.machine.forget_texts();
            self.drop_kept_beyond(0);
        }
    }

    /// Closes the ones that were kept first. How many.
    fn drop_kept_beyond(&mut self, size: u32) -> u64 {
        let mut count = 0;
        while self.machine.kept() > size as usize
            && let Some(key) = self.machine.drop_oldest_kept()
        {
            self.tell_server_of_close(key);
            count += 1;
        }
        count
    }
}
