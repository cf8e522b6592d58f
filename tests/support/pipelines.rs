// SPDX-License-Identifier: Apache-2.0
//! The pipeline functions of the C API, in the way of the `Subject`, and what becomes of each command in short.

#![allow(unsafe_code, reason = "the C API is called as C does")]

use std::ffi::c_void;
use std::ptr::null_mut;

use attachsql::capi::pipeline::*;
use attachsql::capi::types::{
    attachsql_query_parameter_st, attachsql_query_parameter_type_t, attachsql_return_t,
};
use attachsql::session::Polled;

use super::handles::Handle;
use super::packets::Value;
use super::raw::{CApi, told};
use super::subject::{Failure, Subject};

/// A row in short: the beginning of its first value, and its length if it is long.
pub fn short(row: &[Value]) -> String {
    match row.first().and_then(Option::as_deref) {
        None => "NULL".to_owned(),
        Some(value) if value.len() > 20 => format!("<{}>", value.len()),
        Some(value) => String::from_utf8_lossy(value).into_owned(),
    }
}

impl CApi {
    /// Adds a query with a context.
    pub fn pipeline_add(&mut self, text: &[u8], context: usize) -> Result<(), Failure> {
        self.pipeline_fill(text, &[], context)
    }

    /// The same with strings for its question marks.
    pub fn pipeline_fill(
        &mut self,
        text: &[u8],
        values: &[&str],
        context: usize,
    ) -> Result<(), Failure> {
        let context = std::ptr::without_provenance_mut::<c_void>(context);
        // SAFETY: plain numbers and pointers, for which zeros are fine.
        let nothing = || unsafe { std::mem::zeroed::<attachsql_query_parameter_st>() };
        let mut parameters: Vec<_> = values
            .iter()
            .map(|value| attachsql_query_parameter_st {
                r#type: attachsql_query_parameter_type_t::CHAR,
                data: value.as_ptr().cast_mut().cast(),
                length: value.len(),
                ..nothing()
            })
            .collect();
        let (count, parameters) = (parameters.len() as u16, parameters.as_mut_ptr());
        let (con, mut error) = (self.con(), null_mut());
        let (length, text) = (text.len(), text.as_ptr().cast());
        // SAFETY: a live connection; text and parameters outlive the call; the error may be written.
        let added = unsafe {
            attachsql_pipeline_add(con, length, text, count, parameters, context, &raw mut error)
        };
        told(added, error)
    }

    /// Sends what was added.
    pub fn pipeline_send(&mut self, stop: bool) -> Result<(), Failure> {
        let (con, mut error) = (self.con(), null_mut());
        // SAFETY: a live connection; the error may be written.
        let sent = unsafe { attachsql_pipeline_send(con, stop, &raw mut error) };
        told(sent, error)
    }

    /// Adds and sends, each with its place as context.
    pub fn pipeline<T: AsRef<[u8]>>(&mut self, texts: &[T], stop: bool) {
        for (context, text) in texts.iter().enumerate() {
            self.pipeline_add(text.as_ref(), context).unwrap();
        }
        self.pipeline_send(stop).unwrap();
    }

    /// Whether there is another command.
    pub fn pipeline_next(&mut self) -> bool {
        // SAFETY: a live connection.
        match unsafe { attachsql_pipeline_next(self.con()) } {
            attachsql_return_t::PROCESSING => true,
            attachsql_return_t::EOF => false,
            other => panic!("{other:?}"),
        }
    }

    /// Number and context of the current command.
    pub fn pipeline_at(&self) -> (u64, usize) {
        let con = self.con();
        // SAFETY: a live connection.
        unsafe { (attachsql_pipeline_index(con), attachsql_pipeline_context(con).addr()) }
    }

    pub fn pipeline_close(&mut self) {
        // SAFETY: a live connection.
        unsafe { attachsql_pipeline_close(self.con()) };
    }

    /// The current command to its end: rows, `E` for each result, `!` and the code for an error.
    pub fn pipeline_answer(&mut self) -> String {
        let mut seen = Vec::new();
        loop {
            match self.settle() {
                Ok(Polled::RowReady) => {
                    seen.push(short(&self.row()));
                    self.next_row();
                }
                Ok(Polled::End) => {
                    seen.extend(self.buffered_rows().iter().map(|row| short(row)));
                    seen.push("E".to_owned());
                    if !self.next_result() {
                        return seen.join(" ");
                    }
                }
                Ok(polled) => panic!("{polled:?}"),
                Err(failure) => {
                    assert_eq!(self.poll().unwrap_err(), failure, "it stays");
                    seen.push(format!("!{}", failure.code));
                    return seen.join(" ");
                }
            }
        }
    }

    /// All commands to their end. Each must have its place as context.
    pub fn pipeline_answers(&mut self) -> Vec<String> {
        let mut all = Vec::new();
        loop {
            assert_eq!(self.pipeline_at(), (all.len() as u64, all.len()));
            all.push(self.pipeline_answer());
            if !self.pipeline_next() {
                assert_eq!(self.pipeline_at(), (0, 0));
                return all;
            }
        }
    }
}

impl Handle {
    /// Adds an execute with a context.
    pub fn pipeline_add(&self, context: usize) -> Result<(), Failure> {
        let context = std::ptr::without_provenance_mut::<c_void>(context);
        let mut error = null_mut();
        // SAFETY: a live handle, without values that are bound; the error may be written.
        let added = unsafe { attachsql_pipeline_add_execute(self.raw(), context, &raw mut error) };
        told(added, error)
    }
}
