// SPDX-License-Identifier: Apache-2.0
//! Host names to addresses. Numeric addresses need no lookup; a name is looked up on a helper thread
//! that nobody ever joins, so a silent name server keeps neither a call nor the end of the program.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::limits::{LOOKUP_STACK, MAX_ADDRESSES};

/// What a lookup gave: addresses in the order to try, at least one; or the resolver's words.
pub type Found = Result<Vec<SocketAddr>, String>;

#[derive(Debug, Default)]
struct Shared {
    found: Mutex<Option<Found>>,
    done: Condvar,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Option<Found>> {
        // The lock is never held across code that can panic, so a poisoned one holds good data.
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A lookup under way. Dropping it abandons the lookup.
#[derive(Debug)]
pub struct Lookup {
    shared: Arc<Shared>,
}

impl Lookup {
    /// Begins to look `host` up.
    pub fn start(host: &str, port: u16) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let (host, result) = (host.to_owned(), Arc::clone(&shared));
        spawn(move || {
            let found = addresses(&host, port);
            *result.lock() = Some(found);
            result.done.notify_all();
        })?;
        Ok(Self { shared })
    }

    /// What was found, if the lookup is over. Gives it once.
    pub fn take(&self) -> Option<Found> {
        self.shared.lock().take()
    }

    /// Whether the lookup is over and its result was not taken.
    pub fn is_over(&self) -> bool {
        self.shared.lock().is_some()
    }

    /// Sleeps until the lookup is over, at most for `limit`. Whether it is over.
    pub fn wait(&self, limit: Option<Duration>) -> bool {
        let found = self.shared.lock();
        if found.is_some() {
            return true;
        }
        let found = match limit {
            None => self.shared.done.wait(found).unwrap_or_else(PoisonError::into_inner),
            Some(limit) => {
                let waited = self.shared.done.wait_timeout(found, limit);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        found.is_some()
    }
}

/// The address that `host` says itself, without a lookup. No host means this machine.
pub fn numeric(host: Option<&str>, port: u16) -> Option<SocketAddr> {
    let ip = match host {
        None => IpAddr::V4(Ipv4Addr::LOCALHOST),
        Some(text) => text.parse().ok()?,
    };
    Some(SocketAddr::new(ip, port))
}

fn addresses(host: &str, port: u16) -> Found {
    if host.is_empty() {
        // Windows would answer with this machine's addresses.
        return Err("the name is empty".to_owned());
    }
    let found = (host, port).to_socket_addrs().map_err(|error| error.to_string())?;
    let mut all: Vec<SocketAddr> = Vec::new();
    for address in found {
        if !all.contains(&address) && all.len() < MAX_ADDRESSES {
            all.push(address);
        }
    }
    // IPv4 first, as libAttachSQL connected; otherwise in the resolver's order.
    all.sort_by_key(SocketAddr::is_ipv6);
    if all.is_empty() { Err("the name has no address".to_owned()) } else { Ok(all) }
}

/// Starts a thread on which none of the host program's signal handlers can run. Threads inherit the
/// mask of the thread that makes them, so it is full for the moment of making it.
#[cfg(unix)]
fn spawn(work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    use nix::sys::signal::{SigSet, SigmaskHow};
    let before = SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK)?;
    let started = thread().spawn(work).map(drop);
    before.thread_set_mask()?;
    started
}

/// Starts a thread.
#[cfg(not(unix))]
fn spawn(work: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread().spawn(work).map(drop)
}

fn thread() -> std::thread::Builder {
    std::thread::Builder::new().name("attachsql-name".to_owned()).stack_size(LOOKUP_STACK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_need_no_lookup() {
        assert_eq!(numeric(Some("127.0.0.1"), 3306), "127.0.0.1:3306".parse().ok());
        assert_eq!(numeric(Some("::1"), 3306), "[::1]:3306".parse().ok());
        assert_eq!(numeric(None, 1), "127.0.0.1:1".parse().ok());
        assert_eq!(numeric(Some("localhost"), 1), None);
        assert_eq!(numeric(Some(""), 1), None);
    }

    #[test]
    fn localhost_is_found() {
        let lookup = Lookup::start("localhost", 3306).unwrap();
        assert!(lookup.wait(None));
        let found = lookup.take().unwrap().unwrap();
        assert!(found.iter().all(|address| address.ip().is_loopback() && address.port() == 3306));
        assert!(lookup.take().is_none(), "given once");
    }

    #[test]
    fn a_name_that_cannot_exist() {
        let lookup = Lookup::start("no such host.invalid", 1).unwrap();
        assert!(lookup.wait(Some(Duration::from_secs(60))));
        assert!(!lookup.take().unwrap().unwrap_err().is_empty());
    }
}
