// SPDX-License-Identifier: Apache-2.0
//! The unsafe calls that tests need: the C API as another `Subject`, the bytes behind cells, and what
//! the system knows of this thread's time.

#![allow(unsafe_code, reason = "the C API is called as C does")]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::os::fd::AsRawFd;
use std::ptr::{null, null_mut};
use std::time::Duration;

use attachsql::buf::Cell;
use attachsql::capi::connect as api;
use attachsql::capi::error::{
    attachsql_error_code, attachsql_error_free, attachsql_error_message, attachsql_error_sqlstate,
};
use attachsql::capi::handle::{attachsql_connect_t, attachsql_error_t};
use attachsql::capi::query::*;
use attachsql::capi::types::{
    attachsql_options_t, attachsql_query_row_st, attachsql_return_t as Return,
};
use attachsql::session::{Polled, Watch};
use attachsql::wire::text_row;
use nix::libc;
use openssl::ssl::SslRef;

use super::embed::{Loop, Style};
use super::listener::{Address, Peer};
use super::packets::Value;
use super::subject::{ColumnSeen, Failure, NAP, Numbers, Subject};

/// The bytes of a cell that is lent.
pub fn bytes(cell: &Cell) -> &[u8] {
    // SAFETY: the cell was lent and not taken back: the caller holds the borrow of its owner.
    unsafe { std::slice::from_raw_parts(cell.data, cell.length) }
}

/// Copies of the values of a row that is lent.
pub fn values(cells: &[Cell]) -> Vec<Value> {
    cells.iter().map(|cell| (!text_row::is_null(cell)).then(|| bytes(cell).to_vec())).collect()
}

/// A number as C's printf writes it.
pub fn printed(format: &CStr, number: f64) -> String {
    let mut text = [0_u8; 1000];
    let (to, size) = (text.as_mut_ptr().cast(), text.len());
    // SAFETY: the format has one place, for a double; `size` bytes may be written.
    let length = unsafe { libc::snprintf(to, size, format.as_ptr(), number) };
    let length = usize::try_from(length).unwrap();
    assert!(length < size, "{number} has a longer text");
    String::from_utf8(text[..length].to_vec()).unwrap()
}

/// What this thread has used and done so far.
#[derive(Debug, Clone, Copy)]
pub struct ThreadUse {
    /// Time on a processor.
    pub cpu: Duration,
    /// How often it went to sleep of its own will.
    pub sleeps: i64,
}

/// See [`ThreadUse`].
pub fn thread_use() -> ThreadUse {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `rusage` is plain numbers, for which zeros are fine; both calls fill what they are given.
    let (usage, done) = unsafe {
        let mut usage: libc::rusage = std::mem::zeroed();
        let done = libc::getrusage(libc::RUSAGE_THREAD, &raw mut usage)
            | libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time);
        (usage, done)
    };
    assert_eq!(done, 0, "the system does not know this thread's time");
    let cpu = Duration::new(time.tv_sec as u64, time.tv_nsec as u32);
    ThreadUse { cpu, sleeps: usage.ru_nvcsw }
}

/// Sets the limit of open descriptors of this process, as far as the system allows; what it is then.
pub fn limit_descriptors(most: u64) -> u64 {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: both calls read or fill the struct they are given.
    let done = unsafe {
        let got = libc::getrlimit(libc::RLIMIT_NOFILE, &raw mut limit);
        limit.rlim_cur = limit.rlim_max.min(most);
        got | libc::setrlimit(libc::RLIMIT_NOFILE, &raw const limit)
    };
    assert_eq!(done, 0, "the limit of descriptors cannot be set");
    limit.rlim_cur
}

/// Bytes of memory that this process has resident.
pub fn resident() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    let pages: usize = text.split(' ').nth(1).unwrap().parse().unwrap();
    // SAFETY: a question without arguments that matter.
    pages * usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).unwrap()
}

/// Bytes sent to the other end of a unix socket, in whatever unit, that it has not read yet.
pub fn unread(peer: &Peer) -> i32 {
    let (mut left, socket) = (0_i32, peer.socket().as_raw_fd());
    // SAFETY: an open socket; TIOCOUTQ, as sockets have it too, writes one int.
    let done = unsafe { libc::ioctl(socket, libc::TIOCOUTQ, &raw mut left) };
    assert_eq!(done, 0, "the system does not know what is unread");
    left
}

/// Sleeps in poll(2) until one of what is watched is ready, at most for `limit`. Whether one is.
pub fn poll(all: &[Watch], limit: Duration) -> bool {
    let one = |watch: &Watch| {
        let read = if watch.read { libc::POLLIN } else { 0 };
        let write = if watch.write { libc::POLLOUT } else { 0 };
        libc::pollfd { fd: watch.descriptor.try_into().unwrap(), events: read | write, revents: 0 }
    };
    let mut all: Vec<_> = all.iter().map(one).collect();
    let count = all.len().try_into().unwrap();
    // A part of a millisecond is slept as a whole one.
    let limit = limit.as_micros().div_ceil(1000).try_into().unwrap();
    // SAFETY: an array of that many.
    let ready = unsafe { libc::poll(all.as_mut_ptr(), count, limit) };
    assert!(ready >= 0, "poll: {}", std::io::Error::last_os_error());
    ready > 0
}

/// After how many seconds of silence a socket is probed; 0 if it is not.
pub fn keep_alive(descriptor: isize) -> i32 {
    let on = socket_option(descriptor, libc::SOL_SOCKET, libc::SO_KEEPALIVE, None);
    on * socket_option(descriptor, libc::IPPROTO_TCP, libc::TCP_KEEPIDLE, None)
}

/// One probe without an answer, for a second, is the end of this socket.
pub fn probe_once(descriptor: isize) {
    for option in [libc::TCP_KEEPINTVL, libc::TCP_KEEPCNT] {
        socket_option(descriptor, libc::IPPROTO_TCP, option, Some(1));
    }
}

/// Sets an option of a socket, and says what it is.
fn socket_option(descriptor: isize, level: i32, option: i32, value: Option<i32>) -> i32 {
    let (socket, mut now) = (descriptor.try_into().unwrap(), 0_i32);
    let mut size = libc::socklen_t::try_from(size_of::<i32>()).unwrap();
    // SAFETY: the option is an int, which is read or written.
    let done = unsafe {
        let set = value.map_or(0, |value| {
            libc::setsockopt(socket, level, option, (&raw const value).cast(), size)
        });
        set | libc::getsockopt(socket, level, option, (&raw mut now).cast(), &raw mut size)
    };
    assert_eq!(done, 0, "option {option}: {}", std::io::Error::last_os_error());
    now
}

unsafe extern "C" {
    fn SSL_renegotiate(ssl: *mut c_void) -> c_int;
    fn SSL_do_handshake(ssl: *mut c_void) -> c_int;
}

/// As a server of TLS 1.2: asks the client for another handshake, without waiting for it.
pub fn ask_to_renegotiate(ssl: &SslRef) {
    let ssl: *mut c_void = std::ptr::from_ref(ssl).cast_mut().cast();
    // SAFETY: the reference is the pointer that OpenSSL gave for a live session.
    let asked = unsafe { SSL_renegotiate(ssl) == 1 && SSL_do_handshake(ssl) == 1 };
    assert!(asked, "no other handshake can be asked for");
}

/// A connection of the C API.
#[derive(Debug)]
pub struct CApi(*mut attachsql_connect_t, Option<Box<(Loop, Style)>>);

impl CApi {
    /// The connection, alive as long as this is.
    pub fn con(&self) -> *mut attachsql_connect_t {
        self.0
    }

    /// A connection to a real server, as the account that may do everything.
    pub fn to(address: &Address) -> Self {
        Self::create(address, c"test", c"test")
    }

    pub fn new(address: &Address, password: &str) -> Self {
        Self::create(address, c"tester", &CString::new(password).unwrap())
    }

    fn create(address: &Address, user: &CStr, password: &CStr) -> Self {
        let host = CString::new(address.host.as_str()).unwrap();
        let (host, password) = (host.as_ptr(), password.as_ptr());
        let (user, schema) = (user.as_ptr(), c"testdb".as_ptr());
        // SAFETY: strings that end with NUL; NULL is allowed for the error.
        let con = unsafe {
            api::attachsql_connect_create(host, address.port, user, password, schema, null_mut())
        };
        assert!(!con.is_null());
        Self(con, None)
    }

    /// As C has it.
    pub fn pointer(&self) -> *mut attachsql_connect_t {
        self.0
    }

    /// The owner of a connection that C has.
    pub fn from_pointer(con: *mut attachsql_connect_t) -> Self {
        Self(con, None)
    }

    /// Sets an option whose value is a number.
    pub fn option(&self, option: attachsql_options_t, value: u32) -> bool {
        let value = (&raw const value).cast::<c_void>();
        // SAFETY: a live connection; the option reads a 32-bit number.
        unsafe { api::attachsql_connect_set_option(self.0, option, value) }
    }

    /// Sets an option whose value is a text.
    pub fn text_option(&self, option: attachsql_options_t, value: &str) -> bool {
        let value = CString::new(value).unwrap();
        // SAFETY: a live connection; the option reads a text that ends with NUL.
        unsafe { api::attachsql_connect_set_option(self.0, option, value.as_ptr().cast()) }
    }

    /// Requires TLS with these authorities and ciphers.
    pub fn set_ssl(&mut self, ca: &str, ciphers: &str, verify: bool) -> Result<(), Failure> {
        let (mut error, nothing) = (null_mut(), null());
        let (ca, ciphers) = (CString::new(ca).unwrap(), CString::new(ciphers).unwrap());
        // SAFETY: a live connection; texts that end with NUL, or NULL; `error` may be written.
        let set = unsafe {
            let (ca, ciphers, error) = (ca.as_ptr(), ciphers.as_ptr(), &raw mut error);
            api::attachsql_connect_set_ssl(
                self.0, nothing, nothing, ca, nothing, ciphers, verify, error,
            )
        };
        told(set, error)
    }

    /// Sleeps in an event loop of this style from now on, where it would call the library's own wait.
    pub fn sleep_in(&mut self, style: Style) {
        self.1 = Some(Box::new((Loop::default(), style)));
    }

    /// Sleeps until there is something to do; `false` if the time ran out.
    pub fn wait(&mut self, timeout_ms: i32) -> Result<bool, Failure> {
        let mut error = null_mut();
        // SAFETY: a live connection; `error` may be written.
        let ready = unsafe { api::attachsql_connect_wait(self.0, timeout_ms, &raw mut error) };
        match take(error) {
            Some(failure) => Err(failure),
            None => Ok(ready),
        }
    }
}

impl Drop for CApi {
    fn drop(&mut self) {
        // SAFETY: a live connection that nobody uses after this.
        unsafe { api::attachsql_connect_destroy(self.0) };
    }
}

impl Subject for CApi {
    fn connect(&mut self) -> Result<(), Failure> {
        let mut error = null_mut();
        // SAFETY: a live connection; `error` may be written.
        let begun = unsafe { api::attachsql_connect(self.0, &raw mut error) };
        told(begun, error)
    }

    fn query(&mut self, text: &[u8]) -> Result<(), Failure> {
        let mut error = null_mut();
        let (size, data) = (text.len(), text.as_ptr().cast());
        // SAFETY: a live connection; `data` has `size` bytes; `error` may be written.
        let sent = unsafe { attachsql_query(self.0, size, data, 0, null_mut(), &raw mut error) };
        told(sent, error)
    }

    fn poll(&mut self) -> Result<Polled, Failure> {
        let mut error = null_mut();
        // SAFETY: a live connection; `error` may be written.
        let polled = unsafe { api::attachsql_connect_poll(self.0, &raw mut error) };
        told(polled != Return::ERROR, error)?;
        Ok(match polled {
            Return::NOT_CONNECTED => Polled::NotConnected,
            Return::CONNECTING => Polled::Connecting,
            Return::PROCESSING => Polled::Processing,
            Return::ROW_READY => Polled::RowReady,
            Return::EOF => Polled::End,
            other => panic!("poll returned {other:?}"),
        })
    }

    fn idle(&mut self) {
        let woken = match self.1.take() {
            Some(mut around) => {
                let (known, style) = &mut *around;
                let woken = known.sleep(&*self, *style, NAP);
                self.1 = Some(around);
                woken
            }
            None => self.wait(NAP.as_millis().try_into().unwrap()).unwrap(),
        };
        assert!(woken, "nothing wakes it up");
    }

    fn buffer(&mut self, on: bool) {
        // SAFETY: a live connection.
        assert!(unsafe { attachsql_query_buffer_rows(self.0, on) }, "no query is open");
    }

    fn columns(&mut self) -> Vec<ColumnSeen> {
        // SAFETY: a live connection; the columns are read before any other call on it.
        let column = |number| unsafe {
            let column = attachsql_query_column_get(self.0, number).as_ref().expect("a column");
            let name = |name: *mut c_char| CStr::from_ptr(name).to_string_lossy().into_owned();
            let (schema, table, own_table) = (column.schema, column.table, column.origin_table);
            ColumnSeen {
                names: [schema, table, own_table, column.column, column.origin_column].map(name),
                charset: column.charset,
                length: column.length,
                kind: column.r#type.0,
                flags: column.flags.0,
                decimals: column.decimals,
            }
        };
        // SAFETY: a live connection.
        (1..=unsafe { attachsql_query_column_count(self.0) }).map(column).collect()
    }

    fn row(&mut self) -> Vec<Value> {
        // SAFETY: a live connection; NULL is allowed for the error.
        self.cells(unsafe { attachsql_query_row_get(self.0, null_mut()) })
    }

    fn next_row(&mut self) {
        // SAFETY: a live connection.
        unsafe { attachsql_query_row_next(self.0) };
    }

    fn buffered_rows(&mut self) -> Vec<Vec<Value>> {
        // SAFETY: a live connection.
        let count = unsafe { attachsql_query_row_count(self.0) };
        // SAFETY: a live connection.
        let row = |n| self.cells(unsafe { attachsql_query_row_get_offset(self.0, n) });
        (0..count).map(row).collect()
    }

    fn next_result(&mut self) -> bool {
        // SAFETY: a live connection.
        unsafe { attachsql_query_next_result(self.0) == Return::PROCESSING }
    }

    fn close_query(&mut self) {
        // SAFETY: a live connection.
        unsafe { attachsql_query_close(self.0) };
    }

    fn numbers(&mut self) -> Numbers {
        // SAFETY: a live connection; the text is copied at once.
        unsafe {
            Numbers {
                affected: attachsql_query_affected_rows(self.0),
                insert_id: attachsql_connection_last_insert_id(self.0),
                warnings: attachsql_query_warning_count(self.0),
                info: CStr::from_ptr(attachsql_query_info(self.0)).to_string_lossy().into_owned(),
            }
        }
    }

    fn version(&mut self) -> String {
        // SAFETY: a live connection; the text is copied at once.
        let version = unsafe { CStr::from_ptr(api::attachsql_connect_get_server_version(self.0)) };
        version.to_string_lossy().into_owned()
    }

    fn thread_id(&mut self) -> u32 {
        // SAFETY: a live connection.
        unsafe { api::attachsql_connect_get_connection_id(self.0) }
    }
}

impl CApi {
    fn cells(&self, row: *const attachsql_query_row_st) -> Vec<Value> {
        assert!(!std::ptr::eq(row, null()), "a row was expected");
        // SAFETY: a live connection.
        let count = usize::from(unsafe { attachsql_query_column_count(self.0) });
        // SAFETY: a row has a cell per column, and each cell's data its length; nothing was called on
        // the connection since the row was got that ends its loan.
        let cells = unsafe { std::slice::from_raw_parts(row, count) };
        let value = |cell: &attachsql_query_row_st| {
            // SAFETY: as above.
            unsafe {
                let data = std::slice::from_raw_parts(cell.data.cast::<u8>(), cell.length);
                (!attachsql_query_cell_is_null(cell)).then(|| data.to_vec())
            }
        };
        cells.iter().map(value).collect()
    }
}

pub fn told(done: bool, error: *mut attachsql_error_t) -> Result<(), Failure> {
    match take(error) {
        Some(failure) => {
            assert!(!done, "success, and yet an error: {failure:?}");
            Err(failure)
        }
        None => {
            assert!(done, "failure without an error");
            Ok(())
        }
    }
}

pub fn take(error: *mut attachsql_error_t) -> Option<Failure> {
    if error.is_null() {
        return None;
    }
    // SAFETY: a live error object, which is freed here, once.
    unsafe {
        let text = |text| CStr::from_ptr(text).to_string_lossy().into_owned();
        let code = attachsql_error_code(error);
        let state = text(attachsql_error_sqlstate(error));
        let failure = Failure { code, state, text: text(attachsql_error_message(error)) };
        attachsql_error_free(error);
        Some(failure)
    }
}
