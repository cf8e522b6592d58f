// SPDX-License-Identifier: Apache-2.0
//! Buffered rows: every row of a result, with addresses that stay until the result is closed.
//!
//! The bytes stay in the receive buffer's blocks, which are frozen and kept here when they are full.
//! The cells lie in slabs that never move, because programs keep rows.

use crate::buf::{Block, Cell};
use crate::wire::text_row::null_cell;

/// Cells of one slab; a slab has at least one row.
const SLAB_CELLS: usize = 1024;

/// The rows of a buffered result.
#[derive(Debug, Default)]
pub struct RowStore {
    blocks: Vec<Block>,
    slabs: Vec<Vec<Cell>>,
    columns: usize,
    rows: usize,
    cursor: usize,
    /// Bytes that cells may take; 0 for any.
    most: usize,
}

impl RowStore {
    /// Empties the store for a result of `columns` columns.
    pub fn start(&mut self, columns: usize) {
        *self = Self { columns, most: self.most, ..Self::default() };
    }

    /// Bounds the bytes that cells may take from now on; 0 for no bound. What there is stays.
    pub fn bound(&mut self, most: usize) {
        self.most = most;
    }

    /// The bound, and the bytes that there would be with what `next_row` did not get.
    pub fn missed(&self) -> (usize, usize) {
        (self.most, self.cell_bytes() + self.slab_bytes())
    }

    /// Keeps a block in which rows lie.
    pub fn keep(&mut self, block: Block) {
        self.blocks.push(block);
    }

    /// Space for one more row's cells, if the bound allows it. `accept` makes it a row.
    pub fn next_row(&mut self) -> Option<&mut [Cell]> {
        let (slab, at) = self.place(self.rows);
        if slab == self.slabs.len() {
            self.add_slab();
        }
        let range = at..at + self.columns;
        self.slabs.get_mut(slab).and_then(|cells| cells.get_mut(range))
    }

    fn add_slab(&mut self) {
        let bytes = self.cell_bytes() + self.slab_bytes();
        if self.most == 0 || bytes <= self.most {
            self.slabs.push(vec![null_cell(); self.rows_per_slab() * self.columns]);
        }
    }

    /// Takes what `next_row` filled as a row.
    pub fn accept(&mut self) {
        self.rows += 1;
    }

    /// Whether a result was started.
    pub fn in_use(&self) -> bool {
        self.columns > 0
    }

    /// Bytes allocated for cells; those of the rows are the receive buffer's to count.
    pub fn cell_bytes(&self) -> usize {
        self.slabs.len() * self.slab_bytes()
    }

    fn slab_bytes(&self) -> usize {
        self.rows_per_slab() * self.columns * size_of::<Cell>()
    }

    /// Bytes of the cells that rows have.
    pub fn used_bytes(&self) -> usize {
        self.rows * self.columns * size_of::<Cell>()
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Row `number`, from 0.
    pub fn row(&mut self, number: usize) -> Option<&mut [Cell]> {
        if number >= self.rows {
            return None;
        }
        let (slab, at) = self.place(number);
        self.slabs.get_mut(slab)?.get_mut(at..at + self.columns)
    }

    /// The next row of the cursor that starts before row 0.
    pub fn step(&mut self) -> Option<&mut [Cell]> {
        let number = self.cursor;
        if number < self.rows {
            self.cursor += 1;
        }
        self.row(number)
    }

    fn rows_per_slab(&self) -> usize {
        (SLAB_CELLS / self.columns.max(1)).max(1)
    }

    fn place(&self, row: usize) -> (usize, usize) {
        let per_slab = self.rows_per_slab();
        (row / per_slab, row % per_slab * self.columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_keep_their_place() {
        for columns in [1, 3, 1023, 1025] {
            let mut store = RowStore::default();
            store.start(columns);
            let mut first = std::ptr::null();
            for i in 0..5000 {
                let cells = store.next_row().unwrap();
                assert_eq!(cells.len(), columns);
                cells[0].length = i;
                if i == 0 {
                    first = cells.as_ptr();
                }
                store.accept();
            }
            assert_eq!(store.len(), 5000);
            assert_eq!(store.row(0).unwrap().as_ptr(), first);
            assert_eq!(store.row(4321).unwrap()[0].length, 4321);
            assert!(store.row(5000).is_none());
            assert_eq!(store.step().unwrap()[0].length, 0);
            assert_eq!(store.step().unwrap()[0].length, 1);
            assert_eq!(store.row(0).unwrap()[0].length, 0);
        }
    }

    #[test]
    fn cells_are_bounded() {
        let mut store = RowStore::default();
        let slab = SLAB_CELLS * size_of::<Cell>();
        store.bound(2 * slab - 1);
        store.start(1);
        for _ in 0..SLAB_CELLS {
            store.next_row().unwrap();
            store.accept();
        }
        assert!(store.next_row().is_none());
        assert_eq!((store.len(), store.missed()), (SLAB_CELLS, (2 * slab - 1, 2 * slab)));
        store.bound(2 * slab);
        assert!(store.next_row().is_some());
    }

    #[test]
    fn the_cursor_waits_for_rows_to_come() {
        let mut store = RowStore::default();
        store.start(1);
        assert!(store.step().is_none());
        store.next_row().unwrap();
        store.accept();
        assert!(store.step().is_some());
        assert!(store.step().is_none());
    }
}
