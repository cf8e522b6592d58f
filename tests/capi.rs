// SPDX-License-Identifier: Apache-2.0
//! The C programs of `capi-tests/contract`, which prove docs/contract.md clause by clause against real
//! servers: each is compiled, linked with the library and run, and is a test of its own here, so that
//! `cargo test --test capi rows` runs one of them.
//!
//! `scripts/servers.sh up` starts the servers, `eval "$(scripts/servers.sh env)"` tells where they are.
//!
//! Environment:
//! * `CC`, `CFLAGS`: the compiler (`cc`) and more arguments for it
//! * `ATTACHSQL_LIB_DIR`: where `libattachsql.so` and `libattachsql.a` are; without it, cargo's own
//! * `VALGRIND`: a command to run the programs under, such as
//!   `valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite,indirect`
//! * `ATTACHSQL_TEST_SERVERS`: the servers that they are run with, as `scripts/servers.sh` calls them; all of
//!   them if it is not set
//! * `ATTACHSQL_TEST_PATIENCE`: multiplies their time limits; 10 with `VALGRIND`

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// A test for each program, and the list of them.
macro_rules! programs {
    ($($name:ident)*) => {
        const PROGRAMS: &[&str] = &[$(stringify!($name)),*];
        $(
            #[test]
            fn $name() {
                let program = build(stringify!($name), "shared", &shared_library());
                run(&program);
            }
        )*
    };
}

programs! {
    addresses attributes buffered callbacks cancel cancel_pipeline columns commands commands_pool commands_states compress connect
    conv destroy embedding error escape forget hosts huge info large limits local_file login memory methods monkey
    next options params pipeline poll pool pool_query pool_template pool_threads query rows secrets set_fd signals
    statement statement_bind statement_get statement_long statement_states states stmt stmt_bulk stmt_cache stmt_close
    stmt_cursor stmt_first stmt_pool stmt_rows stmt_values threads timeouts tls trace tracks unix utility wait
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn scratch() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("capi");
    fs::create_dir_all(&folder).unwrap();
    folder
}

/// The words of an environment variable.
fn words(name: &str, default: &str) -> Vec<String> {
    let text = env::var(name).unwrap_or_else(|_| default.to_owned());
    text.split_whitespace().map(str::to_owned).collect()
}

/// The folder of the library under test: the one that is shipped, or cargo's own.
fn library_dir() -> PathBuf {
    if let Some(folder) = env::var_os("ATTACHSQL_LIB_DIR") {
        return fs::canonicalize(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    }
    env::current_exe().unwrap().parent().unwrap().to_path_buf()
}

/// A file of the library.
fn library(name: &str) -> PathBuf {
    let file = library_dir().join(name);
    assert!(file.exists(), "{} does not exist: build the library first", file.display());
    file
}

/// Arguments that link the shared library, and find it again at run time, under the name that is in
/// it. Cargo's own file does not have that name.
fn shared_library() -> Vec<String> {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let folder = scratch().join("lib");
        fs::create_dir_all(&folder).unwrap();
        for name in ["libattachsql.so", "libattachsql.so.2"] {
            let link = folder.join(name);
            if link.symlink_metadata().is_ok() {
                fs::remove_file(&link).unwrap();
            }
            std::os::unix::fs::symlink(library("libattachsql.so"), &link).unwrap();
        }
        folder
    });
    let folder = folder.display();
    vec![format!("-L{folder}"), format!("-Wl,-rpath,{folder}"), "-lattachsql".to_owned()]
}

/// Arguments that link the static library, with what it needs besides.
fn static_library() -> Vec<String> {
    let needs = fs::read_to_string(library_dir().join("libs-private"));
    let needs = needs.unwrap_or_else(|_| {
        "-lssl -lcrypto -lz -lzstd -lgcc_s -lutil -lrt -lpthread -lm -ldl".to_owned()
    });
    let mut arguments = vec![library("libattachsql.a").display().to_string()];
    arguments.extend(needs.split_whitespace().map(str::to_owned));
    arguments
}

/// Compiles and links a program; a warning is an error.
fn build(name: &str, kind: &str, library: &[String]) -> PathBuf {
    let program = scratch().join(format!("{name}-{kind}"));
    let source = root().join(format!("capi-tests/contract/{name}.c"));
    let mut compiler = words("CC", "cc").into_iter();
    let mut command = Command::new(compiler.next().expect("CC is empty"));
    command.args(compiler).args([
        "-std=c99",
        "-g",
        "-O1",
        "-Wall",
        "-Wextra",
        "-Wpedantic",
        "-Werror",
        "-pthread",
    ]);
    command.args(words("CFLAGS", "")).arg("-I").arg(root().join("include"));
    command.arg("-o").arg(&program).arg(&source).args(library);
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{name}.c does not compile:\n{said}");
    program
}

/// Runs a program, under `VALGRIND` if that is set.
fn run(program: &Path) {
    let mut arguments = words("VALGRIND", "");
    let checked = !arguments.is_empty();
    arguments.push(program.display().to_string());
    let mut command = Command::new(&arguments[0]);
    // Cargo's search path would come before the one that the program carries.
    command.args(&arguments[1..]).env_remove("LD_LIBRARY_PATH");
    if checked && env::var_os("ATTACHSQL_TEST_PATIENCE").is_none() {
        command.env("ATTACHSQL_TEST_PATIENCE", "10");
    }
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let printed = String::from_utf8_lossy(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    println!("{printed}{said}");
    assert!(output.status.success(), "{}: {}", program.display(), output.status);
}

#[test]
fn every_program_is_run() {
    let folder = fs::read_dir(root().join("capi-tests/contract")).unwrap();
    let files = folder.map(|entry| entry.unwrap().path());
    let sources = files.filter(|path| path.extension().is_some_and(|extension| extension == "c"));
    let names: BTreeSet<String> =
        sources.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    let listed: BTreeSet<String> = PROGRAMS.iter().map(|&name| name.to_owned()).collect();
    assert_eq!(names, listed, "capi-tests/contract (left) and the list in tests/capi.rs (right)");
}

/// Programs may take the static library instead.
#[test]
fn static_library_works() {
    for name in ["utility", "rows", "unix", "tls"] {
        let program = build(name, "static", &static_library());
        run(&program);
    }
}

/// The clauses of docs/contract.md in the order of the page.
fn clauses() -> Vec<String> {
    let page = fs::read_to_string(root().join("docs/contract.md")).unwrap();
    let numbers = page.lines().filter_map(|line| line.strip_prefix("**")?.split_once("**"));
    let numbers = numbers.map(|(number, _)| number).filter(|number| is_clause(number));
    numbers.map(str::to_owned).collect()
}

/// Whether a word looks like ROW-3.
fn is_clause(word: &str) -> bool {
    word.split_once('-').is_some_and(|(group, number)| {
        (3..=4).contains(&group.len())
            && group.bytes().all(|byte| byte.is_ascii_uppercase())
            && !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// The clauses that tests cite, with a place for each: those in the `TEST("...")` of C programs, and
/// `docs/contract.md ROW-3` in the comments of Rust tests.
fn citations() -> BTreeMap<String, String> {
    let mut cited = BTreeMap::new();
    for name in PROGRAMS {
        let text =
            fs::read_to_string(root().join(format!("capi-tests/contract/{name}.c"))).unwrap();
        let tests: Vec<&str> =
            text.split("TEST(\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(!tests.is_empty(), "{name}.c has no TEST(\"clauses\", ...)");
        for test in tests {
            assert!(!test.is_empty(), "{name}.c has a TEST without a clause");
            for word in test.split(' ') {
                assert!(
                    is_clause(word),
                    "{name}.c: TEST(\"{test}\"): '{word}' is no clause number"
                );
                cited.insert(word.to_owned(), format!("{name}.c"));
            }
        }
    }
    for entry in fs::read_dir(root().join("tests")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("capi.rs")
        {
            let text = fs::read_to_string(&path).unwrap();
            for rest in text.split("docs/contract.md ").skip(1) {
                for word in rest.split([' ', ',']).take_while(|word| is_clause(word.trim_end())) {
                    cited.insert(word.trim_end().to_owned(), path.display().to_string());
                }
            }
        }
    }
    cited
}

/// Every clause is proved by a test, and every test proves something that is promised.
#[test]
fn clauses_and_tests_agree() {
    let clauses = clauses();
    let mut groups: BTreeMap<&str, u32> = BTreeMap::new();
    for clause in &clauses {
        let (group, number) = clause.split_once('-').unwrap();
        let last = groups.entry(group).or_default();
        *last += 1;
        assert_eq!(number.parse(), Ok(*last), "docs/contract.md: {clause} is out of order");
    }
    assert!(
        clauses.len() > 100,
        "only {} clauses in docs/contract.md: has its form changed?",
        clauses.len()
    );
    let cited = citations();
    let missing: Vec<&String> =
        clauses.iter().filter(|clause| !cited.contains_key(*clause)).collect();
    assert!(missing.is_empty(), "clauses that no test cites: {missing:?}");
    let unknown: Vec<_> = cited.iter().filter(|(clause, _)| !clauses.contains(clause)).collect();
    assert!(
        unknown.is_empty(),
        "tests cite clauses that docs/contract.md does not have: {unknown:?}"
    );
    println!("{} clauses, all cited", clauses.len());
}
