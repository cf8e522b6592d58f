// SPDX-License-Identifier: Apache-2.0
//! What the shared library gives to programs and takes from the system.
//!
//! With `ATTACHSQL_LIB_DIR` set, the library there is checked as it is shipped: names, version
//! nodes and soname. Without it, cargo's own shared library is checked, which cannot have version
//! nodes.
//! `packaging/libattachsql.map` is the list of names; the header has to agree with it.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

#[path = "header/library.rs"]
mod library;
#[path = "header/render.rs"]
mod render;

const NODES: [&str; 2] = ["LIBATTACHSQL_2.0", "LIBATTACHSQL_2.1"];
const SONAME: &str = "libattachsql.so.2";

/// What must never be called: a library that ends its process takes the program with it.
const ENDS_THE_PROCESS: [&str; 5] = ["exit", "_exit", "_Exit", "quick_exit", "pthread_exit"];

/// Each name of the version script with its node.
fn listed() -> BTreeMap<String, String> {
    let path = render::root().join("packaging/libattachsql.map");
    let text = fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let mut names = BTreeMap::new();
    let mut node = String::new();
    let mut global = false;
    for line in without_comments(&text).lines().map(str::trim).filter(|line| !line.is_empty()) {
        if let Some(name) = line.strip_suffix('{') {
            node = name.trim().to_owned();
            assert!(NODES.contains(&node.as_str()), "unknown version node {node:?}");
        } else if line.starts_with('}') {
            global = false;
        } else if line == "global:" || line == "local:" {
            global = line == "global:";
        } else if global {
            let name = line.strip_suffix(';').unwrap_or_else(|| panic!("what is {line:?}?"));
            let plain =
                name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
            assert!(plain, "{name:?} is not a plain name: the list must tell each one");
            let before = names.insert(name.to_owned(), node.clone());
            assert_eq!(before, None, "{name} is listed twice");
        } else {
            assert!(line == "*;" || line == "local: *;", "what is {line:?}?");
        }
    }
    names
}

fn without_comments(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("/*") {
        out += before;
        rest = after.split_once("*/").expect("a comment without an end").1;
    }
    out += rest;
    out.lines().map(|line| line.split('#').next().unwrap_or_default().to_owned() + "\n").collect()
}

fn tool(program: &str, arguments: &[&str]) -> String {
    let library = library::shared();
    let mut command = Command::new(program);
    let output = command.args(arguments).arg(&library).output();
    let output = output.unwrap_or_else(|e| panic!("{program} (package binutils): {e}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {}: {said}", library.display());
    String::from_utf8(output.stdout).unwrap()
}

/// The library's own names, with the version node after `@@` if it has one.
fn defined() -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    for line in tool("nm", &["-D", "--defined-only"]).lines() {
        let mut fields = line.split_whitespace().rev();
        let (symbol, kind) = (fields.next().unwrap(), fields.next().unwrap());
        let (name, node) = symbol.split_once("@@").unwrap_or((symbol, ""));
        // A version node has a symbol of its own: absolute, and named like itself.
        if kind == "A" && NODES.contains(&name) {
            continue;
        }
        assert_eq!(kind, "T", "{symbol} is exported and not a function");
        names.insert(name.to_owned(), node.to_owned());
    }
    names
}

fn names<V>(map: &BTreeMap<String, V>) -> Vec<&str> {
    map.keys().map(String::as_str).collect()
}

#[test]
fn exactly_the_listed_names_are_exported() {
    let (defined, listed) = (defined(), listed());
    assert_eq!(names(&defined), names(&listed), "exported, and in packaging/libattachsql.map");
    if library::shipped_dir().is_some() {
        assert_eq!(defined, listed, "version nodes");
    }
}

/// The frozen header's names keep the first node; what came later has the node of its version.
#[test]
fn header_and_list_agree() {
    let header = fs::read_to_string(render::root().join("include/libattachsql2/attachsql.h"));
    let functions = render::functions(&header.unwrap());
    let declared: BTreeMap<_, _> = functions
        .iter()
        .map(|function| (function.name.clone(), format!("LIBATTACHSQL_{}", function.since())))
        .collect();
    assert_eq!(declared, listed(), "declared in the header, and in packaging/libattachsql.map");
}

#[test]
fn soname_is_that_of_the_2_0_interface() {
    let dynamic = tool("readelf", &["-d", "-W"]);
    let soname = dynamic.lines().find(|line| line.contains("(SONAME)")).expect("no SONAME");
    assert!(soname.ends_with(&format!("[{SONAME}]")), "{soname}");
}

#[test]
fn nothing_ends_the_process() {
    let undefined = tool("nm", &["-D", "--undefined-only"]);
    let mut count = 0;
    for line in undefined.lines() {
        let symbol = line.split_whitespace().last().unwrap();
        let name = symbol.split('@').next().unwrap();
        assert!(!ENDS_THE_PROCESS.contains(&name), "the library calls {name}");
        count += 1;
    }
    assert!(count > 10, "only {count} undefined symbols: was the list read?");
}
