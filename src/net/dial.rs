// SPDX-License-Identifier: Apache-2.0
//! Connecting: every address in turn until one answers, or the path of a unix socket. Remembers why each
//! one failed. Never waits; the caller says when an address has had its time.

use std::collections::VecDeque;
use std::fmt::Write;
use std::io;
use std::net::SocketAddr;

use crate::net::socket::Stream;

/// Failures that the message of a failed connect names; the rest are counted.
const NAMED_FAILURES: usize = 3;

#[derive(Debug)]
enum Target {
    Tcp(SocketAddr),
    #[cfg(unix)]
    Unix(std::ffi::OsString),
}

/// A connect under way.
#[derive(Debug)]
pub struct Dial {
    left: VecDeque<Target>,
    /// The address being tried, and its stream unless a full queue makes it wait to be tried again.
    current: Option<(Target, Option<Stream>)>,
    failures: Vec<String>,
    failed: usize,
}

/// How a connect stands.
#[derive(Debug)]
pub enum Dialed {
    /// Not over.
    Pending,
    /// Connected.
    Done(Stream),
    /// No address is left; why each one failed.
    Failed(String),
}

impl Dial {
    /// Will try `addresses` in their order.
    pub fn tcp(addresses: impl IntoIterator<Item = SocketAddr>) -> Self {
        Self::new(addresses.into_iter().map(Target::Tcp).collect())
    }

    /// Will try the unix socket at `path`.
    #[cfg(unix)]
    pub fn unix(path: std::ffi::OsString) -> Self {
        Self::new(VecDeque::from([Target::Unix(path)]))
    }

    fn new(left: VecDeque<Target>) -> Self {
        Self { left, current: None, failures: Vec::new(), failed: 0 }
    }

    /// Looks at the address being tried, and goes on to the next one if it failed.
    pub fn advance(&mut self) -> Dialed {
        loop {
            let Some((target, stream)) = self.current.take() else {
                match self.left.pop_front() {
                    Some(next) => self.current = Some((next, None)),
                    None => return Dialed::Failed(self.words()),
                }
                continue;
            };
            let opened = match stream {
                Some(stream) => Ok(stream),
                None => open(&target),
            };
            match opened.and_then(|stream| Ok((stream.is_connected()?, stream))) {
                Ok((true, stream)) => return Dialed::Done(stream),
                Ok((false, stream)) => {
                    self.current = Some((target, Some(stream)));
                    return Dialed::Pending;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    self.current = Some((target, None));
                    return Dialed::Pending;
                }
                Err(error) => self.note(&target, &error.to_string()),
            }
        }
    }

    /// Gives the address being tried up, for the reason `why`.
    pub fn skip(&mut self, why: &str) {
        if let Some((target, _)) = self.current.take() {
            self.note(&target, why);
        }
    }

    /// Addresses not tried yet.
    pub fn left(&self) -> usize {
        self.left.len()
    }

    /// The stream being connected.
    pub fn stream(&mut self) -> Option<&mut Stream> {
        self.current.as_mut()?.1.as_mut()
    }

    fn note(&mut self, target: &Target, why: &str) {
        self.failed += 1;
        if self.failures.len() < NAMED_FAILURES {
            self.failures.push(match target {
                Target::Tcp(address) => format!("{}: {why}", address.ip()),
                #[cfg(unix)]
                Target::Unix(_) => why.to_owned(),
            });
        }
    }

    fn words(&self) -> String {
        let mut words = self.failures.join("; ");
        let more = self.failed - self.failures.len();
        if more > 0 {
            // Writing to a string cannot fail.
            let _ = write!(words, "; and {more} more addresses");
        }
        words
    }
}

fn open(target: &Target) -> io::Result<Stream> {
    match target {
        Target::Tcp(address) => Stream::tcp(*address),
        #[cfg(unix)]
        Target::Unix(path) => Stream::unix(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::TcpListener;
    use std::time::{Duration, Instant};

    fn finish(mut dial: Dial) -> Dialed {
        let end = Instant::now() + Duration::from_secs(20);
        loop {
            match dial.advance() {
                Dialed::Pending if Instant::now() < end => {
                    std::thread::sleep(Duration::from_millis(1));
                }
                dialed => return dialed,
            }
        }
    }

    /// An address on which nobody listens.
    fn dead() -> SocketAddr {
        TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
    }

    #[test]
    fn the_next_address_is_tried() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let live = listener.local_addr().unwrap();
        let dialed = finish(Dial::tcp([dead(), dead(), live]));
        assert!(matches!(dialed, Dialed::Done(stream) if stream.is_loopback()));
    }

    #[test]
    fn every_failure_is_told() {
        let Dialed::Failed(words) = finish(Dial::tcp([dead(), dead(), dead(), dead()])) else {
            panic!("connected to nobody");
        };
        assert_eq!(words.matches("127.0.0.1: ").count(), 3, "{words}");
        assert!(words.ends_with("and 1 more addresses"), "{words}");
    }

    #[cfg(unix)]
    #[test]
    fn a_path_that_cannot_be() {
        for path in ["/nonexistent/socket", &"x".repeat(300)] {
            let dialed = finish(Dial::unix(path.into()));
            assert!(matches!(dialed, Dialed::Failed(words) if !words.is_empty()));
        }
    }
}
