// SPDX-License-Identifier: Apache-2.0
//! A list of hosts, of which the first that greets is taken: what the option says, the order, and what
//! became of those that were tried. Connects to nobody.

use std::collections::VecDeque;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use crate::limits::MAX_HOSTS;
use crate::proto::login::LoginConfig;

/// The port of an entry that has none, if the connection has none either.
const PORT: u16 = 3306;

/// One entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Host {
    /// A name, an address, or the path of a unix socket.
    pub(super) name: Vec<u8>,
    /// As the entry says. `None` where it says nothing.
    port: Option<u16>,
}

/// Hosts to try, those tried, and what they said.
#[derive(Debug, Clone, Default)]
pub(super) struct Hosts {
    list: VecDeque<Host>,
    random: bool,
    /// The port for entries without one.
    port: u16,
    tried: Vec<String>,
    /// What the login needs, from one host to the next.
    pub(super) login: Option<LoginConfig>,
}

impl Hosts {
    /// Takes a list: `host`, `host:port`, `[address]:port` or `/path`, separated by commas. Whether it
    /// was taken.
    pub(super) fn set_list(&mut self, text: &[u8]) -> bool {
        let entries: Option<VecDeque<Host>> =
            text.split(|&byte| byte == b',').map(|entry| parse(entry.trim_ascii())).collect();
        match entries {
            Some(list) if list.len() <= MAX_HOSTS => {
                self.list = list;
                true
            }
            _ => false,
        }
    }

    /// Chooses whether the order is random.
    pub(super) fn set_random(&mut self, random: bool) {
        self.random = random;
    }

    /// The connect begins. `port` is for entries without one, unless it is 0.
    pub(super) fn begin(&mut self, port: u16) {
        self.port = if port == 0 { PORT } else { port };
        if self.random {
            // Seeded by the system, and another one each time.
            shuffle(self.list.make_contiguous(), RandomState::new().hash_one(0));
        }
    }

    /// Hosts not tried yet.
    pub(super) fn left(&self) -> usize {
        self.list.len()
    }

    /// The next host and its port, which is 0 for a path.
    pub(super) fn next(&mut self) -> Option<(Vec<u8>, u16)> {
        let Host { name, port } = self.list.pop_front()?;
        Some((name, port.unwrap_or(self.port)))
    }

    /// Notes why the host before the next one failed.
    pub(super) fn note(&mut self, why: String) {
        self.tried.push(why);
    }

    /// Why each one failed, if it was more than one: their number and the reasons.
    pub(super) fn failures(&self) -> Option<(usize, String)> {
        (self.tried.len() > 1).then(|| (self.tried.len(), self.tried.join("; ")))
    }
}

fn parse(entry: &[u8]) -> Option<Host> {
    if entry.first() == Some(&b'/') {
        return Some(Host { name: entry.to_vec(), port: Some(0) });
    }
    let text = std::str::from_utf8(entry).ok()?;
    let (name, port) = if let Some(rest) = text.strip_prefix('[') {
        let (address, rest) = rest.split_once(']')?;
        (address, if rest.is_empty() { None } else { Some(rest.strip_prefix(':')?) })
    } else {
        match text.split_once(':') {
            // An IPv6 address without brackets has no port.
            Some((_, rest)) if rest.contains(':') => (text, None),
            Some((name, port)) => (name, Some(port)),
            None => (text, None),
        }
    };
    let port = match port {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some(digits.parse().ok().filter(|&port: &u16| port > 0)?)
        }
        Some(_) => return None,
        None => None,
    };
    (!name.is_empty()).then(|| Host { name: name.as_bytes().to_vec(), port })
}

/// Puts `list` into an order that `seed` chooses, each with the same chance: Fisher and Yates, with the
/// numbers of SplitMix64.
fn shuffle<T>(list: &mut [T], mut seed: u64) {
    for last in (1..list.len()).rev() {
        seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = seed;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^= number >> 31;
        // So few of so many: the lower ones are not likelier by anything that shows.
        let choice = number % (last as u64 + 1);
        list.swap(last, usize::try_from(choice).unwrap_or(0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn all(text: &str) -> Option<Vec<(String, u16)>> {
        let mut hosts = Hosts::default();
        if !hosts.set_list(text.as_bytes()) {
            return None;
        }
        hosts.begin(7);
        let next = || hosts.next().map(|(name, port)| (String::from_utf8(name).unwrap(), port));
        Some(std::iter::from_fn(next).collect())
    }

    #[test]
    fn entries() {
        let cases: [(&str, &[(&str, u16)]); 6] = [
            ("db", &[("db", 7)]),
            ("a:1,b , c:65535", &[("a", 1), ("b", 7), ("c", 65535)]),
            ("[::1]:3307,[fe80::1%eth0],::1", &[("::1", 3307), ("fe80::1%eth0", 7), ("::1", 7)]),
            ("10.0.0.1:80", &[("10.0.0.1", 80)]),
            ("/run/a:b.sock,x", &[("/run/a:b.sock", 0), ("x", 7)]),
            ("a,a", &[("a", 7), ("a", 7)]),
        ];
        for (text, expected) in cases {
            let found = all(text).unwrap();
            let found: Vec<(&str, u16)> = found.iter().map(|one| (&one.0[..], one.1)).collect();
            assert_eq!(found, expected, "{text}");
        }
        let mut hosts = Hosts::default();
        assert!(hosts.set_list(b"db"));
        hosts.begin(0);
        assert_eq!(hosts.next(), Some((b"db".to_vec(), 3306)));
    }

    #[test]
    fn what_is_no_list() {
        let most = vec!["a"; MAX_HOSTS].join(",");
        assert_eq!(all(&most).map(|all| all.len()), Some(MAX_HOSTS));
        let more = format!("{most},a");
        for text in [
            "", ",", "a,", ",a", "a, ,b", ":1", "a:", "a:0", "a:65536", "a:x", "a:+1", "a:-1",
            "[::1", "[::1]1", "[]:1", "[::1]:", &more,
        ] {
            assert_eq!(all(text), None, "{text:?}");
        }
        let mut hosts = Hosts::default();
        assert!(!hosts.set_list(b"caf\xe9"));
        assert!(hosts.set_list(b"a") && !hosts.set_list(b"b,"));
        assert_eq!(hosts.next().unwrap().0, b"a", "a refused list changes nothing");
    }

    #[test]
    fn every_order_has_the_same_chance() {
        let mut seen = BTreeMap::new();
        for seed in 0..6_000 {
            let mut list = [1, 2, 3];
            shuffle(&mut list, seed);
            *seen.entry(list).or_insert(0) += 1;
        }
        assert_eq!(seen.len(), 6);
        assert!(seen.values().all(|count| (850..1150).contains(count)), "{seen:?}");
    }

    #[test]
    fn a_seed_is_an_order() {
        let of = |seed| {
            let mut list: Vec<u32> = (0..20).collect();
            shuffle(&mut list, seed);
            list
        };
        assert_eq!(of(5), of(5));
        assert_ne!(of(5), of(6));
        let mut sorted = of(5);
        sorted.sort_unstable();
        assert_eq!(sorted, (0..20).collect::<Vec<_>>());
    }
}
