// SPDX-License-Identifier: Apache-2.0
//! Which module may use which, and what only one of them may touch: read from the source, so that the
//! order cannot be lost by accident.
//!
//! Unit tests, at the end of a file or in a `tests.rs`, are left out: they may use what they like.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests end that way")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each module, and the modules it may use. Those named later are the higher ones.
const LAYERS: [(&str, &[&str]); 10] = [
    ("limits", &[]),
    ("buf", &["limits"]),
    ("error", &["limits", "buf"]),
    ("wire", &["limits", "buf", "error"]),
    ("auth", &["error"]),
    ("proto", &["limits", "buf", "error", "wire", "auth"]),
    ("transport", &["limits", "buf", "error", "wire"]),
    ("net", &["limits"]),
    ("session", &["limits", "buf", "error", "wire", "auth", "proto", "transport", "net"]),
    ("capi", &["limits", "buf", "error", "wire", "auth", "proto", "transport", "net", "session"]),
];

/// What only these modules, or files, may name.
const RESERVED: &[(&str, &[&str])] = &[
    ("mio::", &["net"]),
    ("socket2::", &["net"]),
    ("libc::", &[]),
    ("nix::", &["net/resolve.rs"]),
    ("openssl::", &["auth", "transport"]),
    ("flate2::", &["transport/codec.rs"]),
    ("zstd_safe::", &["transport/codec.rs"]),
    ("std::net", &["net", "transport/tls.rs"]),
    (
        "std::os",
        &[
            "net/queue.rs",
            "net/socket.rs",
            "session/connecting.rs",
            "transport/tls_files.rs",
            "capi/descriptor.rs",
        ],
    ),
    ("std::fs", &["session/config.rs", "transport/tls_files.rs"]),
    ("std::env", &["session/config.rs", "transport/system_store.rs"]),
    // A fork has none of the threads.
    ("std::process", &["net/resolve.rs", "session/config.rs", "session/pool.rs"]),
    // A connect that has no event to wait for sleeps a millisecond, in a wait only.
    ("std::thread", &["net/resolve.rs", "session/connecting.rs"]),
    (
        "Mutex",
        &[
            "auth/dialog.rs",
            "net/resolve.rs",
            "session/pool/member.rs",
            "transport/contexts.rs",
            "transport/keylog.rs",
            "transport/resume.rs",
            "transport/tls.rs",
        ],
    ),
    (
        "std::time",
        &[
            "limits.rs",
            "net",
            "session",
            "capi/connect.rs",
            "capi/embed.rs",
            "capi/pool_more.rs",
            "capi/trace.rs",
        ],
    ),
    (
        "Instant::now",
        &[
            "net/reactor.rs",
            "session/cancel.rs",
            "session/clock.rs",
            "session/connecting.rs",
            "session/connection.rs",
            "session/embed.rs",
            "session/oversight.rs",
            "session/pool.rs",
            "session/trace.rs",
            "session/watch.rs",
        ],
    ),
    ("SystemTime", &[]),
    ("CStr", &["capi/strings.rs"]),
];

/// Files with unsafe code: the buffer whose rows are lent to C, the sessions that must stay with their
/// context, and the C API.
const ISLANDS: [&str; 3] = ["buf/recv.rs", "transport/resume.rs", "capi/"];

/// Lines of one file, tests included; tables may be longer.
const LONGEST: usize = 550;
const TABLES: [&str; 2] = ["wire/charset.rs", "capi/types/mirror.rs"];

/// A source file: its path below `src`, its text without comments, strings and unit tests.
struct Source {
    path: String,
    code: String,
    lines: usize,
}

impl Source {
    /// The module it belongs to, named for the first part of its path.
    fn module(&self) -> &str {
        self.path.split(['/', '.']).next().unwrap()
    }

    fn is_in(&self, places: &[&str]) -> bool {
        places.iter().any(|place| self.path == *place || self.module() == *place)
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut files) = (vec![root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                files.push(path);
            }
        }
    }
    assert!(files.len() > 30, "the source is not where it was: {}", root.display());
    files.into_iter().map(|path| source(&root, path)).collect()
}

fn source(root: &Path, path: PathBuf) -> Source {
    let text = fs::read_to_string(&path).unwrap();
    let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
    let lines = text.lines().count();
    let tests = text.find("\n#[cfg(test)]\n").unwrap_or(text.len());
    let tests = if name.ends_with("/tests.rs") { 0 } else { tests };
    Source { path: name, code: code_only(&text[..tests]), lines }
}

/// `text` without line comments and without what stands between quotes.
fn code_only(text: &str) -> String {
    let mut code = String::new();
    for line in text.lines() {
        let (mut quoted, mut before) = (false, ' ');
        let mut letters = line.chars().peekable();
        while let Some(letter) = letters.next() {
            match letter {
                '\\' if quoted => drop(letters.next()),
                // Not the quote in '"'.
                '"' if before != '\'' => quoted = !quoted,
                '/' if !quoted && letters.peek() == Some(&'/') => break,
                _ if !quoted => code.push(letter),
                _ => {}
            }
            before = letter;
        }
        code.push('\n');
    }
    code
}

fn in_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// The words that follow `prefix` in `code`, wherever it does not end a longer word.
fn after<'a>(code: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    let begins_there = move |&(at, _): &(usize, &str)| !code[..at].ends_with(in_word);
    code.match_indices(prefix).filter(begins_there).map(move |(at, _)| {
        let rest = &code[at + prefix.len()..];
        &rest[..rest.find(|letter| !in_word(letter)).unwrap_or(rest.len())]
    })
}

/// Whether `code` names `word`, which is a path's beginning (`a::`) or a whole word.
fn names(code: &str, word: &str) -> bool {
    after(code, word).any(|rest| rest.is_empty() || word.ends_with(':'))
}

#[test]
fn modules_use_only_those_below_them() {
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for source in sources().iter().filter(|source| source.path != "lib.rs") {
        let module = source.module();
        let Some((_, allowed)) = LAYERS.iter().find(|layer| layer.0 == module) else {
            panic!("{}: module {module} has no place in the order", source.path);
        };
        seen.insert(module.to_owned());
        for used in after(&source.code, "crate::") {
            if used != module && !allowed.contains(&used) {
                wrong.push(format!("{} uses crate::{used}", source.path));
            }
        }
        // Ways around `crate::` that this test could not follow.
        for other in ["crate::{", "super::super::", "use crate;", "crate::*"] {
            if source.code.contains(other) {
                wrong.push(format!("{} writes {other}: name the module", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(seen.len(), LAYERS.len(), "a layer has no file: {seen:?}");
}

#[test]
fn the_order_of_the_layers_is_one() {
    for (at, (module, allowed)) in LAYERS.iter().enumerate() {
        for used in *allowed {
            let below = LAYERS[..at].iter().any(|layer| layer.0 == *used);
            assert!(below, "{module} may use {used}, which is not below it");
        }
    }
}

#[test]
fn what_one_module_alone_may_touch() {
    let mut wrong = Vec::new();
    for source in sources() {
        for &(word, places) in RESERVED {
            if !source.is_in(places) && names(&source.code, word) {
                wrong.push(format!("{} names {word}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A permission that nobody needs any more would hide the next one that somebody should not have.
#[test]
fn every_permission_is_used() {
    let sources = sources();
    for &(word, places) in RESERVED {
        for place in places {
            let mut there = sources.iter().filter(|source| source.is_in(&[place]));
            let used = there.any(|source| names(&source.code, word));
            assert!(used, "nothing in {place} names {word} any more");
        }
    }
}

#[test]
fn unsafe_code_is_on_its_islands() {
    let (mut wrong, mut count) = (Vec::new(), 0);
    for source in sources() {
        let has = names(&source.code, "unsafe") || names(&source.code, "unsafe_code");
        let lib = source.path == "lib.rs";
        if has && !lib && !ISLANDS.iter().any(|island| source.path.starts_with(island)) {
            wrong.push(source.path);
        } else {
            count += usize::from(has);
        }
    }
    assert!(wrong.is_empty(), "unsafe code outside of its islands: {wrong:?}");
    assert!(count > 2, "the word is not found where it must be");
}

#[test]
fn files_can_be_read_in_one_sitting() {
    let long: Vec<_> = sources()
        .into_iter()
        .filter(|source| source.lines > LONGEST && !TABLES.contains(&source.path.as_str()))
        .map(|source| format!("{}: {} lines", source.path, source.lines))
        .collect();
    assert!(long.is_empty(), "over {LONGEST} lines: {long:?}");
}

/// The words of the order in the crate's own description.
#[test]
fn every_module_is_described() {
    let text =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    for (module, _) in LAYERS {
        assert!(text.contains(&format!("pub mod {module};")), "src/lib.rs has no module {module}");
    }
}

#[test]
fn comments_and_strings_are_not_code() {
    let code = code_only("a(\"std::fs // \\\" x\"); // unsafe\nlet b = '\"'; c");
    assert_eq!(code, "a(); \nlet b = '\"'; c\n");
}
