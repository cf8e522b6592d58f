// SPDX-License-Identifier: Apache-2.0
//! The statement functions of the C API, in the way of the `Subject`: values in, values or failures out.

#![allow(unsafe_code, reason = "the C API is called as C does")]

use std::ffi::c_char;
use std::ptr::null_mut;

use attachsql::capi::handle::{attachsql_connect_t, attachsql_error_t};
use attachsql::capi::parameters::*;
use attachsql::capi::statement::*;
use attachsql::capi::statement_row::*;
use attachsql::session::Polled;

use super::packets::Value;
use super::raw::{CApi, take, told};
use super::subject::{Failure, Subject};

/// A value for a parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Set<'a> {
    Int(i32),
    UInt(u32),
    BigInt(i64),
    UBigInt(u64),
    Double(f64),
    Text(&'a [u8]),
    Blob(&'a [u8]),
    Null,
    /// Year, month, day, hour, minute, second, microsecond.
    DateTime(u16, u8, u8, u8, u8, u8, u32),
    /// Hour, minute, second, microsecond, negative.
    Time(u8, u8, u8, u32, bool),
}

/// What every getter gives for one value.
#[derive(Debug, Clone, PartialEq)]
pub struct Got {
    pub int: Result<i32, i32>,
    pub uint: Result<u32, i32>,
    pub bigint: Result<i64, i32>,
    pub ubigint: Result<u64, i32>,
    pub double: Result<f64, i32>,
    pub text: Value,
}

type Con = *mut attachsql_connect_t;
type Slot = *mut *mut attachsql_error_t;

impl CApi {
    pub fn prepare(&mut self, text: &[u8]) -> Result<(), Failure> {
        // SAFETY: a live connection; the text has its length; the error may be written.
        self.told(|con, error| unsafe {
            attachsql_statement_prepare(con, text.len(), text.as_ptr().cast(), error)
        })
    }

    pub fn execute(&mut self) -> Result<(), Failure> {
        // SAFETY: a live connection; the error may be written; strings that were set are alive, as the
        // lifetimes of the test's own values show.
        self.told(|con, error| unsafe { attachsql_statement_execute(con, error) })
    }

    pub fn reset(&mut self) -> Result<(), Failure> {
        // SAFETY: a live connection; the error may be written.
        self.told(|con, error| unsafe { attachsql_statement_reset(con, error) })
    }

    pub fn long_data(&mut self, param: u16, bytes: &[u8]) -> Result<(), Failure> {
        let data: *mut c_char = bytes.as_ptr().cast_mut().cast();
        // SAFETY: a live connection; the bytes are only read; the error may be written.
        self.told(|con, error| unsafe {
            attachsql_statement_send_long_data(con, param, bytes.len(), data, error)
        })
    }

    pub fn close_statement(&mut self) {
        // SAFETY: a live connection.
        unsafe { attachsql_statement_close(self.con()) };
    }

    pub fn param_count(&self) -> u16 {
        // SAFETY: a live connection.
        unsafe { attachsql_statement_get_param_count(self.con()) }
    }

    pub fn set(&mut self, param: u16, value: Set<'_>) -> Result<(), Failure> {
        // SAFETY: a live connection; strings have their length; the error may be written.
        self.told(|con, e| unsafe {
            match value {
                Set::Int(n) => attachsql_statement_set_int(con, param, n, e),
                Set::UInt(n) => attachsql_statement_set_unsigned_int(con, param, n, e),
                Set::BigInt(n) => attachsql_statement_set_bigint(con, param, n, e),
                Set::UBigInt(n) => attachsql_statement_set_unsigned_bigint(con, param, n, e),
                Set::Double(n) => attachsql_statement_set_double(con, param, n, e),
                Set::Text(s) => {
                    attachsql_statement_set_string(con, param, s.len(), s.as_ptr().cast(), e)
                }
                Set::Blob(s) => {
                    attachsql_statement_set_binary(con, param, s.len(), s.as_ptr().cast(), e)
                }
                Set::Null => attachsql_statement_set_null(con, param, e),
                Set::DateTime(y, mo, d, h, mi, s, us) => {
                    attachsql_statement_set_datetime(con, param, y, mo, d, h, mi, s, us, e)
                }
                Set::Time(h, mi, s, us, negative) => {
                    attachsql_statement_set_time(con, param, h, mi, s, us, negative, e)
                }
            }
        })
    }

    pub fn statement_row(&mut self) -> Result<(), Failure> {
        // SAFETY: a live connection; the error may be written.
        self.told(|con, error| unsafe { attachsql_statement_row_get(con, error) })
    }

    pub fn statement_next(&mut self) {
        // SAFETY: a live connection.
        unsafe { attachsql_statement_row_next(self.con()) };
    }

    pub fn column_count(&self) -> u16 {
        // SAFETY: a live connection.
        unsafe { attachsql_statement_get_column_count(self.con()) }
    }

    pub fn column_type(&self, column: u16) -> u32 {
        // SAFETY: a live connection.
        unsafe { attachsql_statement_get_column_type(self.con(), column) }.0
    }

    pub fn int(&self, column: u16) -> Result<i32, Failure> {
        // SAFETY: a live connection; the error may be written.
        self.got(|con, error| unsafe { attachsql_statement_get_int(con, column, error) })
    }

    pub fn uint(&self, column: u16) -> Result<u32, Failure> {
        // SAFETY: a live connection; the error may be written.
        self.got(|con, error| unsafe { attachsql_statement_get_int_unsigned(con, column, error) })
    }

    pub fn bigint(&self, column: u16) -> Result<i64, Failure> {
        // SAFETY: a live connection; the error may be written.
        self.got(|con, error| unsafe { attachsql_statement_get_bigint(con, column, error) })
    }

    pub fn ubigint(&self, column: u16) -> Result<u64, Failure> {
        // SAFETY: a live connection; the error may be written.
        self.got(|con, e| unsafe { attachsql_statement_get_bigint_unsigned(con, column, e) })
    }

    pub fn double(&self, column: u16) -> Result<f64, Failure> {
        // SAFETY: a live connection; the error may be written.
        self.got(|con, error| unsafe { attachsql_statement_get_double(con, column, error) })
    }

    /// The text of a value; `None` is NULL, for which the length is left alone.
    pub fn text(&self, column: u16) -> Result<Value, Failure> {
        let mut length = usize::MAX;
        // SAFETY: a live connection; length and error may be written.
        let data = self.got(|con, error| unsafe {
            attachsql_statement_get_char(con, column, &raw mut length, error)
        })?;
        if data.is_null() {
            assert_eq!(length, usize::MAX, "the length of NULL is left alone");
            return Ok(None);
        }
        // SAFETY: the value has its length, and nothing was called since that ends its loan.
        Ok(Some(unsafe { std::slice::from_raw_parts(data.cast::<u8>(), length) }.to_vec()))
    }

    /// A value through every getter; of failures, their codes.
    pub fn every_getter(&self, column: u16) -> Got {
        Got {
            int: self.int(column).map_err(|f| f.code),
            uint: self.uint(column).map_err(|f| f.code),
            bigint: self.bigint(column).map_err(|f| f.code),
            ubigint: self.ubigint(column).map_err(|f| f.code),
            double: self.double(column).map_err(|f| f.code),
            text: self.text(column).unwrap(),
        }
    }

    /// Prepares, and polls until that is done.
    pub fn prepared(&mut self, text: &str) -> Result<(), Failure> {
        self.prepare(text.as_bytes())?;
        assert_eq!(self.settle()?, Polled::End);
        Ok(())
    }

    /// Executes with these values, and takes every row as texts.
    pub fn run_statement(&mut self, values: &[Set<'_>]) -> Result<Vec<Vec<Value>>, Failure> {
        for (param, &value) in (0..).zip(values) {
            self.set(param, value)?;
        }
        self.execute()?;
        self.statement_rows()
    }

    /// The rows of the current result, as texts.
    pub fn statement_rows(&mut self) -> Result<Vec<Vec<Value>>, Failure> {
        let mut rows = Vec::new();
        while self.settle()? == Polled::RowReady {
            self.statement_row()?;
            let columns = 0..self.column_count();
            rows.push(columns.map(|column| self.text(column)).collect::<Result<_, _>>()?);
            self.statement_next();
        }
        Ok(rows)
    }

    fn told(&self, call: impl FnOnce(Con, Slot) -> bool) -> Result<(), Failure> {
        let mut error = null_mut();
        told(call(self.con(), &raw mut error), error)
    }

    fn got<T>(&self, call: impl FnOnce(Con, Slot) -> T) -> Result<T, Failure> {
        let mut error = null_mut();
        let value = call(self.con(), &raw mut error);
        take(error).map_or(Ok(value), Err)
    }
}
