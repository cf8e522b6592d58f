// SPDX-License-Identifier: Apache-2.0
//! Host names to addresses. Numeric addresses need no lookup; names are looked up on helper threads
//! that nobody ever joins, so a silent name server keeps neither a call nor the end of the program.
//! The whole process has a limited number of them: further lookups wait for a thread, but not for
//! ever, and those that ask for the same name at the same time share one.
//!
//! A lookup tells that it is over in three ways: when it is asked, by waking a thread that waits for
//! it, and by a byte on a socket, which only one who asks for the socket makes it have.

use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use crate::limits::{LOOKUP_PATIENCE, LOOKUP_SHARED, LOOKUP_STACK, MAX_ADDRESSES, MAX_LOOKUPS};
use crate::net::socket::Stream;

/// What a lookup gave: the resolver's addresses in its order, at least one; or its words.
pub type Found = Result<Vec<SocketAddr>, String>;

/// The lookups of the process.
static LOOKUPS: Lookups = Lookups::new(MAX_LOOKUPS, LOOKUP_PATIENCE);

/// Lookups, so many at a time.
#[derive(Debug)]
struct Lookups {
    most: usize,
    patience: Duration,
    queue: Mutex<Queue>,
}

#[derive(Debug)]
struct Queue {
    /// Threads at work.
    threads: usize,
    /// The process whose threads they are: a fork has none of them.
    process: u32,
    /// What no thread has taken yet, the oldest first.
    waiting: VecDeque<Weak<Job>>,
    /// What was begun lately, for others to share.
    begun: Vec<Weak<Job>>,
}

/// The lookup of one name, for one or more who have asked.
#[derive(Debug)]
struct Job {
    host: String,
    begun: Instant,
    state: Mutex<State>,
    done: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// A thread is at it.
    taken: bool,
    found: Option<Found>,
    bells: Vec<Weak<Stream>>,
}

/// A lookup under way. Dropping it abandons the lookup.
#[derive(Debug)]
pub struct Lookup {
    job: Arc<Job>,
    port: u16,
    lookups: &'static Lookups,
    /// The end that can be watched, and the one that the lookup writes to.
    bell: Option<(Stream, Arc<Stream>)>,
}

impl Lookup {
    /// Begins to look `host` up.
    pub fn start(host: &str, port: u16, now: Instant) -> io::Result<Self> {
        Self::start_in(&LOOKUPS, host, port, now)
    }

    fn start_in(
        lookups: &'static Lookups,
        host: &str,
        port: u16,
        now: Instant,
    ) -> io::Result<Self> {
        let job = lookups.ask(host, now)?;
        Ok(Self { job, port, lookups, bell: None })
    }

    /// What was found, if the lookup is over.
    pub fn take(&self, now: Instant) -> Option<Found> {
        if let Some(found) = &self.job.state().found {
            let mut found = found.clone();
            for address in found.iter_mut().flatten() {
                address.set_port(self.port);
            }
            return Some(found);
        }
        if self.deadline().is_none_or(|end| now < end) {
            return None;
        }
        let (most, time) = (self.lookups.most, self.lookups.patience);
        Some(Err(format!("{most} other lookups are under way, and none has ended in {time:?}")))
    }

    /// Whether there is an answer.
    pub fn is_over(&self) -> bool {
        self.job.is_over()
    }

    /// When the lookup is over at the latest, while it waits for its turn.
    pub fn deadline(&self) -> Option<Instant> {
        let waits = !self.job.state().taken;
        waits.then(|| self.job.begun + self.lookups.patience)
    }

    /// Sleeps until the lookup is over, at most for `limit`. Whether it is over.
    pub fn wait(&self, limit: Option<Duration>) -> bool {
        let state = self.job.state();
        if state.found.is_some() {
            return true;
        }
        let state = match limit {
            None => self.job.done.wait(state).unwrap_or_else(PoisonError::into_inner),
            Some(limit) => {
                let waited = self.job.done.wait_timeout(state, limit);
                waited.unwrap_or_else(PoisonError::into_inner).0
            }
        };
        state.found.is_some()
    }

    /// A socket that can be read when the lookup is over. `None` if the system gives none.
    pub fn bell(&mut self) -> Option<&mut Stream> {
        if self.bell.is_none() {
            let (ours, theirs) = Stream::pair().ok()?;
            let theirs = Arc::new(theirs);
            let mut state = self.job.state();
            if state.found.is_some() {
                ring(&theirs);
            } else {
                state.bells.retain(|bell| bell.strong_count() > 0);
                state.bells.push(Arc::downgrade(&theirs));
            }
            drop(state);
            self.bell = Some((ours, theirs));
        }
        self.existing_bell()
    }

    /// The same, if it was asked for.
    pub fn existing_bell(&mut self) -> Option<&mut Stream> {
        self.bell.as_mut().map(|(ours, _)| ours)
    }

    /// The same, taken out.
    pub fn take_bell(&mut self) -> Option<Stream> {
        self.bell.take().map(|(ours, _)| ours)
    }
}

impl Drop for Lookup {
    fn drop(&mut self) {
        // A lookup that nobody waits for any more gives its place up. If that cannot be done at once, a thread
        // will find that it is gone; a fork may have no thread that would ever unlock the queue.
        if Arc::strong_count(&self.job) == 1
            && let Ok(mut queue) = self.lookups.queue.try_lock()
        {
            queue.waiting.retain(|job| !std::ptr::eq(job.as_ptr(), &raw const *self.job));
        }
    }
}

impl Job {
    fn state(&self) -> MutexGuard<'_, State> {
        // No lock here is held across code that can panic, so a poisoned one holds good data.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_over(&self) -> bool {
        self.state().found.is_some()
    }

    fn finish(&self, found: Found) {
        let mut state = self.state();
        state.found = Some(found);
        state.bells.drain(..).filter_map(|bell| bell.upgrade()).for_each(|bell| ring(&bell));
        drop(state);
        self.done.notify_all();
    }
}

impl Queue {
    const fn new(process: u32) -> Self {
        Self { threads: 0, process, waiting: VecDeque::new(), begun: Vec::new() }
    }
}

impl Lookups {
    const fn new(most: usize, patience: Duration) -> Self {
        Self { most, patience, queue: Mutex::new(Queue::new(0)) }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A lookup of `host`: one that was begun just now, or a new one.
    fn ask(&'static self, host: &str, now: Instant) -> io::Result<Arc<Job>> {
        let mut queue = self.queue();
        let process = std::process::id();
        if queue.process != process {
            *queue = Queue::new(process);
        }
        queue.begun.retain(|job| {
            job.upgrade().is_some_and(|job| {
                now.saturating_duration_since(job.begun) < LOOKUP_SHARED && !job.is_over()
            })
        });
        if let Some(job) = queue.begun.iter().filter_map(Weak::upgrade).find(|job| job.host == host)
        {
            return Ok(job);
        }
        let job = Arc::new(Job {
            host: host.to_owned(),
            begun: now,
            state: Mutex::default(),
            done: Condvar::new(),
        });
        queue.waiting.push_back(Arc::downgrade(&job));
        queue.begun.push(Arc::downgrade(&job));
        if queue.threads < self.most {
            match spawn(|| self.work()) {
                Ok(()) => queue.threads += 1,
                // Those that there are will get to it.
                Err(_) if queue.threads > 0 => {}
                Err(error) => {
                    queue.waiting.pop_back();
                    return Err(error);
                }
            }
        }
        Ok(job)
    }

    /// What a thread does: all lookups that wait.
    fn work(&self) {
        while let Some(job) = self.next() {
            job.finish(addresses(&job.host));
        }
    }

    /// The next lookup; without one the thread ends.
    fn next(&self) -> Option<Arc<Job>> {
        let mut queue = self.queue();
        while let Some(job) = queue.waiting.pop_front() {
            if let Some(job) = job.upgrade() {
                job.state().taken = true;
                return Some(job);
            }
        }
        queue.threads -= 1;
        None
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

/// Makes the other end readable.
fn ring(bell: &Stream) {
    // The only byte ever; the buffer has room for it.
    let _ = bell.send(&[1]);
}

fn addresses(host: &str) -> Found {
    if host.is_empty() {
        // Windows would answer with this machine's addresses.
        return Err("the name is empty".to_owned());
    }
    let found = (host, 0).to_socket_addrs().map_err(|error| error.to_string())?;
    let mut all: Vec<SocketAddr> = Vec::new();
    for address in found {
        if !all.contains(&address) && all.len() < MAX_ADDRESSES {
            all.push(address);
        }
    }
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

    const LONG: Duration = Duration::from_secs(60);

    fn start(host: &str) -> Lookup {
        Lookup::start(host, 3306, Instant::now()).unwrap()
    }

    fn found(lookup: &Lookup) -> Found {
        assert!(lookup.wait(Some(LONG)));
        lookup.take(Instant::now()).unwrap()
    }

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
        let found = found(&start("localhost")).unwrap();
        assert!(found.iter().all(|address| address.ip().is_loopback() && address.port() == 3306));
    }

    #[test]
    fn a_name_that_cannot_exist() {
        assert!(!found(&start("no such host.invalid")).unwrap_err().is_empty());
    }

    /// Lookups without threads: all wait.
    fn stuck(patience: Duration) -> &'static Lookups {
        let lookups = Box::leak(Box::new(Lookups::new(2, patience)));
        *lookups.queue() = Queue { threads: 2, ..Queue::new(std::process::id()) };
        lookups
    }

    #[test]
    fn waiting_for_a_thread_ends() {
        let lookups = stuck(Duration::from_millis(50));
        let now = Instant::now();
        let lookup = Lookup::start_in(lookups, "localhost", 1, now).unwrap();
        assert_eq!(lookup.deadline(), Some(now + lookups.patience));
        assert_eq!(lookup.take(now), None);
        let words = lookup.take(now + lookups.patience).unwrap().unwrap_err();
        assert!(words.contains("2 other lookups") && words.contains("50ms"), "{words}");
    }

    #[test]
    fn what_nobody_waits_for_leaves_the_queue() {
        let lookups = stuck(LONG);
        let now = Instant::now();
        let [first, second, third] = ["a.invalid", "localhost", "c.invalid"]
            .map(|host| Lookup::start_in(lookups, host, 1, now).unwrap());
        assert_eq!(lookups.queue().waiting.len(), 3);
        drop((first, third));
        assert_eq!(lookups.queue().waiting.len(), 1);
        assert!(!second.is_over());
        // A thread comes free.
        lookups.work();
        assert!(found(&second).is_ok());
        assert_eq!(lookups.queue().threads, 1, "it ends when there is nothing to do");
    }

    #[test]
    fn one_name_is_looked_up_once_at_a_time() {
        let lookups = stuck(LONG);
        let now = Instant::now();
        let of = |host, port, now| Lookup::start_in(lookups, host, port, now).unwrap();
        let mut all: Vec<Lookup> = (1..=100).map(|port| of("localhost", port, now)).collect();
        let other = of("other.invalid", 1, now);
        let later = of("localhost", 1, now + LOOKUP_SHARED);
        assert_eq!(lookups.queue().waiting.len(), 3);
        // One that goes takes nothing from the others.
        drop(all.swap_remove(0));
        lookups.work();
        for lookup in &all {
            assert!(found(lookup).unwrap().iter().all(|address| address.port() == lookup.port));
        }
        assert!(other.is_over() && later.is_over());
        let again = of("localhost", 1, now);
        assert!(!again.is_over(), "a result is not kept for those who ask later");
    }

    #[test]
    fn a_fork_has_no_threads() {
        let lookups = stuck(LONG);
        lookups.queue().process = 0;
        let lookup = Lookup::start_in(lookups, "localhost", 1, Instant::now()).unwrap();
        assert!(found(&lookup).is_ok());
    }

    #[test]
    fn the_bell_rings() {
        let lookups = stuck(LONG);
        let mut heard = [0; 4];
        let lookups_of = || Lookup::start_in(lookups, "localhost", 1, Instant::now()).unwrap();
        let [mut early, mut other, mut late] = [(); 3].map(|()| lookups_of());
        let silent = early.bell().unwrap().recv(&mut heard).unwrap_err();
        assert_eq!(silent.kind(), io::ErrorKind::WouldBlock);
        assert!(other.bell().is_some());
        drop(other);
        lookups.work();
        assert_eq!(early.bell().unwrap().recv(&mut heard).unwrap(), 1);
        assert!(late.existing_bell().is_none());
        assert_eq!(late.bell().unwrap().recv(&mut heard).unwrap(), 1, "it was over before");
    }
}
