// SPDX-License-Identifier: Apache-2.0
//! Sockets that C hands in as numbers, turned into what owns them. The only place where a number becomes
//! a socket.

#[cfg(unix)]
use std::os::fd::FromRawFd;
#[cfg(windows)]
use std::os::windows::io::FromRawSocket;

use crate::error::{Misuse, Result};
use crate::net::socket::{BorrowedSocket, OwnedSocket, Stream, prepare};

#[cfg(unix)]
type Number = std::os::fd::RawFd;
#[cfg(windows)]
type Number = std::os::windows::io::RawSocket;

/// A stream of the connected socket `fd`, which belongs to it from then on. With an error the socket stays
/// the caller's, and at most its flags have changed.
///
/// # Safety
/// No other thread closes `fd` meanwhile, and after success nobody but the stream uses it.
pub(super) unsafe fn stream(fd: isize) -> Result<Stream> {
    let refused = |problem: String| Misuse::Argument { name: "fd", problem };
    let Some(number) = number(fd) else {
        return Err(refused("is no descriptor".to_owned()).into());
    };
    // SAFETY: not the number that stands for none. The caller keeps others from closing it; should it
    // not be open, the system says so.
    let borrowed = unsafe { BorrowedSocket::borrow_raw(number) };
    let family = prepare(borrowed).map_err(refused)?;
    // SAFETY: an open socket, as was just seen, that the caller gives up.
    #[cfg(unix)]
    let owned = unsafe { OwnedSocket::from_raw_fd(number) };
    // SAFETY: the same.
    #[cfg(windows)]
    let owned = unsafe { OwnedSocket::from_raw_socket(number) };
    Ok(Stream::adopt(owned, family))
}

/// What the system calls it; `None` for what stands for no descriptor.
#[cfg(unix)]
fn number(fd: isize) -> Option<Number> {
    Number::try_from(fd).ok().filter(|&number| number >= 0)
}

/// What the system calls it; `None` for `INVALID_SOCKET`.
#[cfg(windows)]
fn number(fd: isize) -> Option<Number> {
    (fd != -1).then(|| fd.cast_unsigned() as Number)
}
