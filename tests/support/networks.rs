// SPDX-License-Identifier: Apache-2.0
//! Runs a test in a process with a network of its own: a network namespace whose only interface is its loopback,
//! with addresses that nothing answers at, that are unreachable, and that can be taken away. The same test runs a
//! second time on the loopback addresses that every Linux has; and only there if the system gives no namespace,
//! which is said.

use std::net::{SocketAddr, TcpListener};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::listener::deaf;
use super::names::{again, word};
use super::say;

/// The word for a process that has a network of its own, as for one that has not.
const OWN: &str = "namespace";
const SHARED: &str = "loopback";

/// Hosts of the network.
#[derive(Debug, Clone, Copy)]
pub struct Net {
    /// Whether it is this process's own.
    pub own: bool,
    /// Two that are there: what listens can be reached, anything else is refused.
    pub live: &'static str,
    pub other: &'static str,
    /// The same in IPv6, if the system has that.
    pub live_six: Option<&'static str>,
    /// Five where nothing answers, once `silence` is asked for.
    pub holes: [&'static str; 5],
    /// Some for which the system says so at once, and what it says.
    pub unreachable: [(&'static str, &'static str); 3],
}

/// Keeps addresses silent.
pub type Silence = Vec<Box<dyn std::any::Any>>;

impl Net {
    /// The five that do not answer, at `port`. On shared addresses it takes a listener whose queue is full.
    pub fn silence(&self, port: u16) -> Silence {
        if self.own {
            return Vec::new();
        }
        let holes = self.holes.iter();
        holes.map(|hole| Box::new(deaf(&format!("{hole}:{port}"))) as Box<_>).collect()
    }

    /// A listener at `host`, on a port that is free everywhere.
    pub fn listen(&self, host: &str) -> TcpListener {
        TcpListener::bind((host, 0)).unwrap()
    }

    /// The name of all of `hosts`, in their order.
    pub fn name(hosts: &[&str]) -> String {
        format!("{}.list.test", hosts.join("_"))
    }
}

/// Runs `inside` as the test called `test` of this program: in a network of its own, if there can be one, and on
/// the loopback addresses.
pub fn with_network(test: &str, inside: impl FnOnce(Net)) {
    match word().as_deref() {
        Some(OWN) => inside(own_network()),
        Some(SHARED) => inside(shared_network()),
        Some(other) => panic!("{other:?} is no network"),
        None => {
            if let Some(launcher) = launcher() {
                again(test, launcher, OWN);
            }
            again(test, &[], SHARED);
        }
    }
}

/// How to get a namespace: as root, or as root of a user namespace. Without one, says why.
fn launcher() -> Option<&'static [&'static str]> {
    static FOUND: OnceLock<Option<&'static [&'static str]>> = OnceLock::new();
    *FOUND.get_or_init(|| {
        let ways: [&[&str]; 2] =
            [&["unshare", "--net", "--"], &["unshare", "--user", "--map-root-user", "--net", "--"]];
        let mut problems = Vec::new();
        for way in ways {
            match tried(way) {
                Ok(()) => return Some(way),
                Err(problem) => problems.push(problem),
            }
        }
        say(&format!(
            "no network namespace, so connecting is tested on loopback addresses alone: {}",
            problems.join("; ")
        ));
        None
    })
}

/// Whether a namespace that is got so can be given addresses.
fn tried(way: &[&str]) -> Result<(), String> {
    let output = Command::new(way[0])
        .args(&way[1..])
        .args(["ip", "link", "set", "lo", "up"])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{}: {error}", way[0]))?;
    if output.status.success() {
        return Ok(());
    }
    let words = String::from_utf8_lossy(&output.stderr);
    Err(format!("{}: {}", way.join(" "), words.trim()))
}

/// Does something to the network of this process.
pub fn ip(arguments: &str) {
    let output = Command::new("ip").args(arguments.split(' ')).output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "ip {arguments}: {words}");
}

fn has_six() -> bool {
    TcpListener::bind(SocketAddr::from(([0_u16, 0, 0, 0, 0, 0, 0, 1], 0))).is_ok()
}

/// A packet for an address that is routed to the loopback, and is not its own, is dropped.
fn own_network() -> Net {
    ip("link set lo up");
    ip("addr add 10.1.0.1/32 dev lo");
    ip("addr add 10.1.0.2/32 dev lo");
    ip("route add 192.0.2.0/24 dev lo src 10.1.0.1");
    ip("route add unreachable 198.51.100.0/24");
    ip("route add prohibit 203.0.113.0/24");
    let six = has_six();
    if six {
        ip("-6 addr add 2001:db8::1/128 dev lo nodad");
    }
    Net {
        own: true,
        live: "10.1.0.1",
        other: "10.1.0.2",
        live_six: six.then_some("2001:db8::1"),
        holes: ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5"],
        unreachable: [
            ("198.51.100.1", "No route to host"),
            ("203.0.113.1", "Permission denied"),
            ("100.64.0.1", "Network is unreachable"),
        ],
    }
}

/// TCP cannot be spoken with many at once, which the system says without sending anything.
fn shared_network() -> Net {
    Net {
        own: false,
        live: "127.0.0.1",
        other: "127.0.0.7",
        live_six: has_six().then_some("::1"),
        holes: ["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5", "127.0.0.6"],
        unreachable: ["224.0.0.1", "224.0.0.2", "224.0.0.3"]
            .map(|ip| (ip, "Network is unreachable")),
    }
}
