// SPDX-License-Identifier: Apache-2.0
//! Statement handles of the C API, in the way of [`super::statements`].

#![allow(unsafe_code, reason = "the C API is called as C does")]

use std::ffi::{CString, c_char};
use std::ptr::null_mut;

use attachsql::capi::attribute::attachsql_query_set_attribute;
use attachsql::capi::handle::attachsql_error_t;
use attachsql::capi::stmt::*;
use attachsql::capi::stmt_bulk::*;
use attachsql::capi::stmt_cache::attachsql_stmt_cache_get_stats;
use attachsql::capi::stmt_cells::attachsql_stmt_rows_cells;
use attachsql::capi::stmt_cursor::*;
use attachsql::capi::stmt_row::*;
use attachsql::capi::stmt_set::*;
use attachsql::capi::types::{
    attachsql_cell_st, attachsql_cell_type_t, attachsql_stmt_cache_stats_st as CacheStats,
    attachsql_value_t,
};
use attachsql::session::Polled;

use super::packets::Value;
use super::raw::{CApi, take, told};
use super::subject::{Failure, Subject};

/// A statement handle, destroyed with its owner.
#[derive(Debug)]
pub struct Handle(*mut attachsql_stmt_t);

impl CApi {
    pub fn handle(&self) -> Handle {
        let mut error = null_mut();
        // SAFETY: a live connection; the error may be written.
        let stmt = unsafe { attachsql_stmt_create(self.con(), &raw mut error) };
        assert_eq!(take(error), None);
        Handle(stmt)
    }

    /// A handle with a text, polled until that is prepared.
    pub fn handle_of(&mut self, text: &str) -> Handle {
        let handle = self.handle();
        handle.prepare(text).unwrap();
        assert_eq!(self.settle(), Ok(Polled::End), "{text}");
        handle
    }

    /// Sets an attribute of the next query or execute.
    pub fn set_attribute(&self, name: &str, value: &[u8]) -> Result<(), Failure> {
        let (name, mut error) = (CString::new(name).unwrap(), null_mut());
        let (length, data) = (value.len(), value.as_ptr().cast());
        // SAFETY: a live connection; a name that ends with NUL; the value has its length.
        let set = unsafe {
            attachsql_query_set_attribute(self.con(), name.as_ptr(), length, data, &raw mut error)
        };
        told(set, error)
    }

    /// What the statement cache tells of itself.
    pub fn cache_stats(&self) -> CacheStats {
        let size = size_of::<CacheStats>();
        let mut stats = CacheStats { size, limit: 9, kept: 9, hits: 9, misses: 9, evicted: 9 };
        // SAFETY: a live connection; a struct of that size.
        assert!(unsafe { attachsql_stmt_cache_get_stats(self.con(), &raw mut stats) });
        stats
    }

    /// The rows of the current result, which is one of `handle`, as texts.
    pub fn rows_of(&mut self, handle: &Handle) -> Result<Vec<Vec<Value>>, Failure> {
        let mut rows = Vec::new();
        while self.settle()? == Polled::RowReady {
            handle.row_get()?;
            rows.push((0..handle.column_count()).map(|column| handle.text(column)).collect());
            handle.row_next();
        }
        Ok(rows)
    }
}

impl Handle {
    pub fn raw(&self) -> *mut attachsql_stmt_t {
        self.0
    }

    pub fn prepare(&self, text: &str) -> Result<(), Failure> {
        // SAFETY: a live handle, as in all that follows; the text has its length.
        self.told(|stmt, error| unsafe {
            attachsql_stmt_prepare(stmt, text.len(), text.as_ptr().cast(), error)
        })
    }

    pub fn execute(&self) -> Result<(), Failure> {
        // SAFETY: as above; nothing is bound to buffers.
        self.told(|stmt, error| unsafe { attachsql_stmt_execute(stmt, error) })
    }

    pub fn reset(&self) -> Result<(), Failure> {
        // SAFETY: as above.
        self.told(|stmt, error| unsafe { attachsql_stmt_reset(stmt, error) })
    }

    pub fn long_data(&self, param: u16, bytes: &[u8]) -> Result<(), Failure> {
        // SAFETY: as above; the bytes have their length.
        self.told(|stmt, error| unsafe {
            attachsql_stmt_send_long_data(stmt, param, bytes.len(), bytes.as_ptr().cast(), error)
        })
    }

    pub fn close(&self) {
        // SAFETY: as above.
        unsafe { attachsql_stmt_close(self.0) };
    }

    pub fn set_int(&self, param: u16, value: i32) -> Result<(), Failure> {
        // SAFETY: as above.
        self.told(|stmt, error| unsafe { attachsql_stmt_set_int(stmt, param, value, error) })
    }

    pub fn set_text(&self, param: u16, value: &[u8]) -> Result<(), Failure> {
        // SAFETY: as above; the text has its length.
        self.told(|stmt, error| unsafe {
            attachsql_stmt_set_string(stmt, param, value.len(), value.as_ptr().cast(), error)
        })
    }

    pub fn param_count(&self) -> u16 {
        // SAFETY: as above.
        unsafe { attachsql_stmt_get_param_count(self.0) }
    }

    pub fn column_count(&self) -> u16 {
        // SAFETY: as above.
        unsafe { attachsql_stmt_get_column_count(self.0) }
    }

    pub fn row_get(&self) -> Result<(), Failure> {
        // SAFETY: as above.
        self.told(|stmt, error| unsafe { attachsql_stmt_row_get(stmt, error) })
    }

    pub fn row_next(&self) {
        // SAFETY: as above.
        unsafe { attachsql_stmt_row_next(self.0) };
    }

    /// A value of the row that was got. Panics without one.
    pub fn text(&self, column: u16) -> Value {
        let (mut data, mut length): (*const c_char, usize) = (std::ptr::null(), 0);
        // SAFETY: as above; both may be written; the bytes are there until the row is given back.
        unsafe {
            match attachsql_stmt_get_string(self.0, column, &raw mut data, &raw mut length) {
                attachsql_value_t::OK => {
                    Some(std::slice::from_raw_parts(data.cast::<u8>(), length).to_vec())
                }
                attachsql_value_t::NULL => None,
                other => panic!("column {column}: {other:?}"),
            }
        }
    }

    /// The first two columns of up to `most` rows that have arrived: numbers, and texts or NULL.
    pub fn batch(&self, most: usize) -> Result<Vec<(i64, Value)>, Failure> {
        let mut cells: Vec<attachsql_cell_st> = Vec::with_capacity(2 * most);
        let (mut error, room) = (null_mut(), cells.as_mut_ptr());
        // SAFETY: as above; two cells for each row, of which so many are filled in. Their bytes are there until the
        // row is given back.
        unsafe {
            let taken = attachsql_stmt_rows_cells(self.0, most, 2, room, &raw mut error);
            told(taken > 0, error)?;
            cells.set_len(2 * taken);
            let text = |cell: &attachsql_cell_st| match cell.r#type {
                attachsql_cell_type_t::TEXT => {
                    Some(std::slice::from_raw_parts(cell.data.cast::<u8>(), cell.length).to_vec())
                }
                other => {
                    assert_eq!(other, attachsql_cell_type_t::NULL);
                    None
                }
            };
            Ok(cells.chunks(2).map(|row| (row[0].value.integer, text(&row[1]))).collect())
        }
    }

    /// Takes up to `most` rows that have arrived, if they are this handle's, and reads every byte of them.
    pub fn read_batch(&self, most: usize) {
        let width = self.column_count();
        let mut cells: Vec<attachsql_cell_st> = Vec::with_capacity(usize::from(width) * most);
        let (mut error, room) = (null_mut(), cells.as_mut_ptr());
        // SAFETY: as above; there is room for all cells, of which so many are filled in.
        unsafe {
            let taken = attachsql_stmt_rows_cells(self.0, most, width, room, &raw mut error);
            drop(take(error));
            cells.set_len(taken * usize::from(width));
            for cell in &cells {
                if !cell.data.is_null() {
                    let data = std::slice::from_raw_parts(cell.data.cast::<u8>(), cell.length);
                    std::hint::black_box(data.iter().fold(0, |sum: u8, &byte| sum ^ byte));
                }
            }
        }
    }

    /// Takes the row, if it is one of this handle, and reads all values in every way.
    pub fn read_row(&self) {
        if self.row_get().is_err() {
            return;
        }
        for column in 0..self.column_count() {
            let (mut double, mut time) = (0.0_f64, std::mem::MaybeUninit::uninit());
            let (mut float, mut signed, mut unsigned, mut small) = (0.0_f32, 0_i64, 0_u64, 0_i32);
            // SAFETY: as above; each place may be written.
            unsafe {
                attachsql_stmt_is_null(self.0, column);
                attachsql_stmt_get_int(self.0, column, &raw mut small);
                attachsql_stmt_get_bigint(self.0, column, &raw mut signed);
                attachsql_stmt_get_unsigned_bigint(self.0, column, &raw mut unsigned);
                attachsql_stmt_get_float(self.0, column, &raw mut float);
                attachsql_stmt_get_double(self.0, column, &raw mut double);
                attachsql_stmt_get_date(self.0, column, time.as_mut_ptr());
                attachsql_stmt_get_time(self.0, column, time.as_mut_ptr());
            }
            std::hint::black_box((double, float, signed, unsigned, small));
            self.text(column);
        }
    }

    pub fn set_fetch_size(&self, rows: u32) -> Result<(), Failure> {
        // SAFETY: as above.
        self.told(|stmt, error| unsafe { attachsql_stmt_set_fetch_size(stmt, rows, error) })
    }

    pub fn fetch(&self) -> Result<(), Failure> {
        // SAFETY: as above.
        self.told(|stmt, error| unsafe { attachsql_stmt_fetch(stmt, error) })
    }

    pub fn has_more(&self) -> bool {
        // SAFETY: as above.
        unsafe { attachsql_stmt_has_more(self.0) }
    }

    pub fn is_out_params(&self) -> bool {
        // SAFETY: as above.
        unsafe { attachsql_stmt_is_out_params(self.0) }
    }

    /// Adds the values that are set as a row.
    pub fn bulk_add(&self) -> Result<(), Failure> {
        // SAFETY: as above; nothing is bound to buffers.
        self.told(|stmt, error| unsafe { attachsql_stmt_bulk_add(stmt, std::ptr::null(), error) })
    }

    pub fn bulk_execute(&self) -> Result<(), Failure> {
        // SAFETY: as above.
        self.told(|stmt, error| unsafe { attachsql_stmt_bulk_execute(stmt, error) })
    }

    pub fn bulk_count(&self) -> u64 {
        // SAFETY: as above.
        unsafe { attachsql_stmt_bulk_get_count(self.0) }
    }

    pub fn bulk_clear(&self) {
        // SAFETY: as above.
        unsafe { attachsql_stmt_bulk_clear(self.0) };
    }

    /// The first and the last row that the error may be about.
    pub fn bulk_failed(&self) -> Option<(u64, u64)> {
        let (mut first, mut last) = (0, 0);
        // SAFETY: as above; both may be written.
        let failed =
            unsafe { attachsql_stmt_bulk_get_failed(self.0, &raw mut first, &raw mut last) };
        failed.then_some((first, last))
    }

    fn told(
        &self,
        call: impl FnOnce(*mut attachsql_stmt_t, *mut *mut attachsql_error_t) -> bool,
    ) -> Result<(), Failure> {
        let mut error = null_mut();
        told(call(self.0, &raw mut error), error)
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        // SAFETY: as above, and not used any more.
        unsafe { attachsql_stmt_destroy(self.0) };
    }
}
