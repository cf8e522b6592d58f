// SPDX-License-Identifier: Apache-2.0
//! Connecting to one of several addresses as RFC 8305 ("happy eyeballs") has it, or to the path of a
//! unix socket. An address that does not answer at once keeps its chance while the next ones are
//! tried beside it; the first that connects is taken. Remembers why each one failed. Never waits and
//! never looks at the clock: the caller says what time it is.
//!
//! ```text
//! left ─due, or the one before failed─► tries ─first to connect─► won ─► Done
//!                                         │ refused, or made room
//!                                         ▼
//!                                      failures ─none left─► Failed
//! ```

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::limits::{ATTEMPT_DELAY, MAX_ATTEMPTS};
use crate::net::socket::Stream;

/// Addresses that a message names of those that failed for the same reason; the rest are counted.
const NAMED: usize = 3;

/// Why an address counts as failed that never said anything.
const SILENT: &str = "no answer";

#[derive(Debug)]
enum Target {
    Tcp(SocketAddr),
    #[cfg(unix)]
    Unix(std::ffi::OsString),
}

/// An address being tried; without a stream while a full queue makes it wait to be tried again.
#[derive(Debug)]
struct Try {
    target: Target,
    stream: Option<Stream>,
}

/// What was said, and by which addresses.
type Failures = Vec<(String, Vec<String>)>;

/// A connect under way.
#[derive(Debug, Default)]
pub struct Dial {
    left: VecDeque<Target>,
    /// The oldest first.
    tries: Vec<Try>,
    /// When the next one is begun beside those that are under way.
    next_at: Option<Instant>,
    won: Option<Stream>,
    failures: Failures,
    changes: u64,
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
    /// Will try `addresses`, in their order, but the families by turns.
    pub fn tcp(addresses: impl IntoIterator<Item = SocketAddr>) -> Self {
        Self::new(by_turns(addresses).into_iter().map(Target::Tcp).collect())
    }

    /// Will try the unix socket at `path`.
    #[cfg(unix)]
    pub fn unix(path: std::ffi::OsString) -> Self {
        Self::new(VecDeque::from([Target::Unix(path)]))
    }

    fn new(left: VecDeque<Target>) -> Self {
        Self { left, ..Self::default() }
    }

    /// Begins with the first address, and looks at nothing yet.
    pub fn start(&mut self, now: Instant, end: Option<Instant>) {
        self.open_next(now, end);
    }

    /// Looks at the addresses that are being tried, and begins with those whose turn it is. The whole
    /// must be over at `end`. What is not needed any more is put into `lost`.
    pub fn advance(
        &mut self,
        now: Instant,
        end: Option<Instant>,
        lost: &mut Vec<Stream>,
    ) -> Dialed {
        loop {
            self.look(lost);
            if let Some(stream) = self.won.take() {
                self.changes += 1;
                lost.extend(self.tries.drain(..).filter_map(|one| one.stream));
                self.left.clear();
                return Dialed::Done(stream);
            }
            if self.left.is_empty() {
                if self.tries.is_empty() {
                    return Dialed::Failed(self.words());
                }
                return Dialed::Pending;
            }
            if self.next_at.is_some_and(|due| now < due) {
                return Dialed::Pending;
            }
            if self.tries.len() >= MAX_ATTEMPTS {
                let oldest = self.tries.remove(0);
                self.fail(oldest, SILENT, lost);
            }
            self.open_next(now, end);
        }
    }

    /// Takes the result of an `advance` back, for the next one to give.
    pub fn keep(&mut self, dialed: Dialed) {
        if let Dialed::Done(stream) = dialed {
            self.won = Some(stream);
        }
    }

    /// Whether `advance` would get on without any event.
    pub fn has_more(&self) -> bool {
        self.won.is_some() || self.tries.is_empty()
    }

    /// The streams that are connecting, or connected.
    pub fn streams(&mut self) -> impl Iterator<Item = &mut Stream> {
        self.tries.iter_mut().filter_map(|one| one.stream.as_mut()).chain(&mut self.won)
    }

    /// The streams, taken out.
    pub fn into_streams(self) -> impl Iterator<Item = Stream> {
        self.tries.into_iter().filter_map(|one| one.stream).chain(self.won)
    }

    /// Whether an address is to be tried again for which there is no event.
    pub fn retries(&self) -> bool {
        self.tries.iter().any(|one| one.stream.is_none())
    }

    /// When the next address will be begun, if there is one.
    pub fn next_at(&self) -> Option<Instant> {
        self.next_at.filter(|_| !self.left.is_empty() && self.won.is_none())
    }

    /// How many streams have come or gone.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// What every address tried so far has said, if only that it has not answered.
    pub fn words(&self) -> String {
        let mut failures = self.failures.clone();
        for one in &self.tries {
            note(&mut failures, SILENT, one.target.name());
        }
        let said = failures.into_iter().map(|(why, who)| {
            let mut names =
                who.iter().take(NAMED).map(|name| &name[..]).collect::<Vec<_>>().join(", ");
            if who.len() > NAMED {
                names = format!("{names} and {} more", who.len() - NAMED);
            }
            if names.is_empty() { why } else { format!("{names}: {why}") }
        });
        said.collect::<Vec<_>>().join("; ")
    }

    /// Takes what has ended out of `tries`.
    fn look(&mut self, lost: &mut Vec<Stream>) {
        let mut at = 0;
        while let Some(one) = self.tries.get_mut(at) {
            let connected = match &one.stream {
                Some(stream) => stream.is_connected(),
                None => one.target.open().and_then(|stream| {
                    let connected = stream.is_connected();
                    one.stream = Some(stream);
                    self.changes += 1;
                    connected
                }),
            };
            match connected {
                Ok(true) => {
                    self.won = self.tries.remove(at).stream;
                    return;
                }
                Ok(false) => at += 1,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => at += 1,
                Err(error) => {
                    let one = self.tries.remove(at);
                    self.fail(one, &error.to_string(), lost);
                    // One that has failed makes nobody wait.
                    self.next_at = None;
                }
            }
        }
    }

    /// Begins with the next address that does not fail at once.
    fn open_next(&mut self, now: Instant, end: Option<Instant>) {
        while let Some(target) = self.left.pop_front() {
            let stream = match target.open() {
                Ok(stream) => Some(stream),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => None,
                Err(error) => {
                    note(&mut self.failures, &words(&error), target.name());
                    continue;
                }
            };
            self.tries.push(Try { target, stream });
            self.changes += 1;
            break;
        }
        // All get their turn, however little time there is.
        let turns = u32::try_from(self.left.len()).unwrap_or(u32::MAX).saturating_add(1);
        let share = end.map(|end| end.saturating_duration_since(now) / turns);
        self.next_at = Some(now + share.unwrap_or(Duration::MAX).min(ATTEMPT_DELAY));
    }

    fn fail(&mut self, one: Try, why: &str, lost: &mut Vec<Stream>) {
        note(&mut self.failures, why, one.target.name());
        self.changes += 1;
        lost.extend(one.stream);
    }
}

/// Why no socket can be opened, and which limit that is.
fn words(error: &io::Error) -> String {
    // ENFILE and EMFILE on every unix, WSAEMFILE on Windows.
    let limits: &[i32] = if cfg!(windows) { &[10_024] } else { &[23, 24] };
    let limited = error.raw_os_error().is_some_and(|number| limits.contains(&number));
    let hint = if limited { "; the limit of open descriptors is reached (ulimit -n)" } else { "" };
    format!("{error}{hint}")
}

/// Adds `name` to those who said `why`.
fn note(failures: &mut Failures, why: &str, name: String) {
    match failures.iter_mut().find(|(other, _)| other == why) {
        Some((_, who)) => who.push(name),
        None => failures.push((why.to_owned(), vec![name])),
    }
}

impl Target {
    fn open(&self) -> io::Result<Stream> {
        match self {
            Self::Tcp(address) => Stream::tcp(*address),
            #[cfg(unix)]
            Self::Unix(path) => Stream::unix(path),
        }
    }

    /// For messages; a path is named elsewhere in them.
    fn name(&self) -> String {
        match self {
            Self::Tcp(address) => address.ip().to_string(),
            #[cfg(unix)]
            Self::Unix(_) => String::new(),
        }
    }
}

/// One address of each family by turns, IPv4 first. RFC 8305 would begin with IPv6; but libAttachSQL 2.0
/// knew IPv4 alone, and accounts are granted by the address that the server sees.
fn by_turns(addresses: impl IntoIterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let (sixth, fourth): (VecDeque<_>, VecDeque<_>) =
        addresses.into_iter().partition(SocketAddr::is_ipv6);
    let mut families = [fourth, sixth];
    let mut all = Vec::new();
    while families.iter().any(|family| !family.is_empty()) {
        all.extend(families.iter_mut().filter_map(VecDeque::pop_front));
    }
    all
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use socket2::{Domain, Socket, Type};
    use std::net::{TcpListener, TcpStream};
    use std::os::fd::OwnedFd;

    /// Advances until it is over; the longest time between two attempts is skipped, not waited for.
    fn finish(mut dial: Dial) -> (Dialed, usize) {
        let (end, mut lost, mut now) = (Instant::now() + Duration::from_secs(20), Vec::new(), None);
        dial.start(Instant::now(), None);
        loop {
            match dial.advance(now.unwrap_or_else(Instant::now), None, &mut lost) {
                Dialed::Pending if Instant::now() < end => {
                    now = dial.next_at();
                    std::thread::sleep(Duration::from_millis(1));
                }
                dialed => return (dialed, lost.len()),
            }
        }
    }

    /// An address on which nobody listens.
    fn dead() -> SocketAddr {
        TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
    }

    /// An address that does not answer while what comes with it lives: its queue is full.
    fn silent() -> (SocketAddr, Vec<OwnedFd>) {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
        socket.listen(0).unwrap();
        let address = socket.local_addr().unwrap().as_socket().unwrap();
        let mut all: Vec<OwnedFd> = vec![socket.into()];
        while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
            all.push(stream.into());
            assert!(all.len() < 100, "the queue does not fill");
        }
        (address, all)
    }

    #[test]
    fn families_take_turns() {
        let all = |text: &str| -> Vec<SocketAddr> {
            text.split(' ').map(|one| one.parse().unwrap()).collect()
        };
        let of = |text| by_turns(all(text));
        assert_eq!(
            of("[::1]:1 [::2]:1 [::3]:1 1.1.1.1:1 1.1.1.2:1"),
            all("1.1.1.1:1 [::1]:1 1.1.1.2:1 [::2]:1 [::3]:1")
        );
        assert_eq!(of("[::1]:1 [::2]:1"), all("[::1]:1 [::2]:1"));
        assert_eq!(of("1.1.1.2:1 1.1.1.1:1"), all("1.1.1.2:1 1.1.1.1:1"), "the resolver's order");
    }

    #[test]
    fn the_next_address_is_tried_at_once() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let live = listener.local_addr().unwrap();
        // TCP cannot be spoken with many at once, which the system says before it sends anything.
        let nowhere = SocketAddr::from(([224, 0, 0, 1], 3306));
        let mut dial = Dial::tcp([nowhere, dead(), nowhere, dead(), live]);
        let (now, mut lost) = (Instant::now(), Vec::new());
        dial.start(now, None);
        // Time stands still, so no delay can be over.
        let stream = loop {
            assert!(now.elapsed() < Duration::from_secs(20), "the next one waits");
            match dial.advance(now, None, &mut lost) {
                Dialed::Pending => std::thread::sleep(Duration::from_millis(1)),
                Dialed::Done(stream) => break stream,
                Dialed::Failed(words) => panic!("{words}"),
            }
        };
        assert!(stream.is_loopback());
    }

    #[test]
    fn every_failure_is_told() {
        let (Dialed::Failed(words), _) = finish(Dial::tcp([dead(), dead(), dead(), dead()])) else {
            panic!("connected to nobody");
        };
        assert!(words.starts_with("127.0.0.1, 127.0.0.1, 127.0.0.1 and 1 more: "), "{words}");
    }

    /// Each beside those before it; at the most so many, and then the oldest makes room.
    #[test]
    fn silent_addresses_are_tried_beside_each_other() {
        let (address, _silent) = silent();
        let mut dial = Dial::tcp([address; 12]);
        let (mut now, mut lost) = (Instant::now(), Vec::new());
        dial.start(now, None);
        for tried in 1..=12 {
            assert_eq!(dial.tries.len(), tried.min(MAX_ATTEMPTS), "after {tried}");
            assert_eq!(lost.len(), tried.saturating_sub(MAX_ATTEMPTS));
            assert!(matches!(dial.advance(now, None, &mut lost), Dialed::Pending));
            assert_eq!(dial.next_at(), (tried < 12).then_some(now + ATTEMPT_DELAY));
            now += ATTEMPT_DELAY;
            assert!(matches!(dial.advance(now, None, &mut lost), Dialed::Pending));
        }
        assert!(dial.words().ends_with(" and 9 more: no answer"), "{}", dial.words());
    }

    /// With little time left each address still gets its turn.
    #[test]
    fn the_delay_fits_into_the_time_left() {
        let mut dial = Dial::tcp([dead(); 3]);
        let now = Instant::now();
        let end = now + Duration::from_millis(300);
        dial.open_next(now, Some(end));
        assert_eq!(dial.next_at, Some(now + Duration::from_millis(100)));
        dial.open_next(now, None);
        assert_eq!(dial.next_at, Some(now + ATTEMPT_DELAY));
    }

    #[test]
    fn a_result_can_be_kept() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut dial = Dial::tcp([listener.local_addr().unwrap()]);
        let (now, mut lost) = (Instant::now(), Vec::new());
        dial.start(now, None);
        let dialed = loop {
            match dial.advance(now, None, &mut lost) {
                Dialed::Pending => assert!(!dial.has_more()),
                dialed => break dialed,
            }
        };
        dial.keep(dialed);
        assert!(dial.has_more() && dial.streams().count() == 1);
        assert!(matches!(dial.advance(now, None, &mut lost), Dialed::Done(_)));
    }

    #[test]
    fn a_path_that_cannot_be() {
        for path in ["/nonexistent/socket", &"x".repeat(300)] {
            let (dialed, _) = finish(Dial::unix(path.into()));
            assert!(matches!(dialed, Dialed::Failed(words) if !words.is_empty()));
        }
    }
}
