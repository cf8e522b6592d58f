// SPDX-License-Identifier: Apache-2.0
//! Runs a test in a process of its own whose resolver is `names.c`.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::say;

/// Set in the process with the other resolver, to a word for it.
const INSIDE: &str = "ATTACHSQL_TEST_NAMES";

/// Runs `inside` in another process, as the test called `test` of this program.
pub fn with_names(test: &str, inside: impl FnOnce()) {
    match word() {
        Some(_) => inside(),
        None => again(test, &[], "names"),
    }
}

/// The word that this process was started with, if it is one with the other resolver.
pub fn word() -> Option<String> {
    env::var(INSIDE).ok()
}

/// Runs the test called `test` of this program in another process, which `launcher` starts and which has a word.
pub fn again(test: &str, launcher: &[&str], word: &str) {
    let program = env::current_exe().unwrap();
    let mut command = match launcher.split_first() {
        None => Command::new(program),
        Some((launcher, arguments)) => {
            let mut command = Command::new(launcher);
            command.args(arguments).arg(program);
            command
        }
    };
    let output = command
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env("LD_PRELOAD", library())
        .env(INSIDE, word)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{test} with names.c: {}\n{text}{errors}", output.status);
    assert!(text.contains("1 passed"), "there is no test {test:?}:\n{text}");
    for (_, line) in text.lines().filter_map(|line| line.split_once("longest call: ")) {
        say(&format!("longest call: {line}"));
    }
}

/// How long a process lives that does `inside` and ends.
pub fn lifetime_with_names(test: &str, inside: impl FnOnce()) -> Option<Duration> {
    let start = Instant::now();
    let outside = word().is_none();
    with_names(test, inside);
    outside.then(|| start.elapsed())
}

/// The compiled resolver.
fn library() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/names.c");
    let library =
        folder.join(format!("names-{}-{:?}.so", std::process::id(), std::thread::current().id()));
    let compiler = env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let status = Command::new(&compiler)
        .args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"])
        .args([&library, &source])
        .arg("-ldl")
        .status()
        .unwrap_or_else(|error| panic!("the C compiler {compiler} cannot be run: {error}"));
    assert!(status.success(), "{} does not compile", source.display());
    library
}
