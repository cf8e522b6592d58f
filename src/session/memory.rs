// SPDX-License-Identifier: Apache-2.0
//! What a connection has in memory, added up when somebody asks. Allocates and frees nothing, and costs nothing
//! before: the parts know their sizes, and those that come and go the largest that they had.

use crate::session::connection::Connection;

/// Bytes of a connection's buffers and tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// All of the parts below, and the connection itself.
    pub current: usize,
    /// The most of each part that comes and goes (received, rows, send), and of the others what they have now.
    pub peak: usize,
    /// The receive buffer.
    pub receive: usize,
    /// What is to be sent, and commands that wait.
    pub send: usize,
    /// Rows of a buffered result.
    pub rows: usize,
    /// Columns of the result.
    pub columns: usize,
    /// Prepared statements.
    pub statements: usize,
    /// Buffers between those above and the socket: TLS and compression.
    pub layers: usize,
}

impl Connection {
    /// What it has in memory.
    pub fn memory(&self) -> Memory {
        let waiting = self.pending.iter().flat_map(|queue| queue.iter());
        let waiting: usize = waiting.map(|pending| size_of_val(pending) + pending.bytes()).sum();
        let kept = self.machine.memory();
        let receive = self.recv.capacity();
        let rows = self.recv.frozen() + kept.cells;
        let send = self.out.capacity() + waiting;
        let layers = self.layers.as_ref().map_or(0, |all| size_of_val(&**all) + all.bytes());
        let others = size_of::<Self>() + waiting + kept.columns + kept.statements + layers;
        let current = others + receive + rows + self.out.capacity();
        let peak = others + self.recv.peak() + kept.cells_peak + self.out.peak();
        Memory {
            current,
            peak: peak.max(current),
            receive,
            send,
            rows,
            columns: kept.columns,
            statements: kept.statements,
            layers,
        }
    }
}
