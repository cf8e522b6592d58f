// SPDX-License-Identifier: Apache-2.0
//! Runs a test in a process of its own whose resolver is `names.c`.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::say;

/// Set in the process with the other resolver.
const INSIDE: &str = "ATTACHSQL_TEST_NAMES";

/// Runs `inside` in another process, as the test called `test` of this program. The time it took from
/// its end to the end of that process.
pub fn with_names(test: &str, inside: impl FnOnce()) {
    if env::var_os(INSIDE).is_some() {
        inside();
        return;
    }
    let output = Command::new(env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture", "--test-threads=1"])
        .env("LD_PRELOAD", library())
        .env(INSIDE, "1")
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
    let outside = env::var_os(INSIDE).is_none();
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
