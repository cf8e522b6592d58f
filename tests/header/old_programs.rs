// SPDX-License-Identifier: Apache-2.0
//! Builds the old-style programs of `capi-tests/abi/old` as their users did, and runs them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::compiler::Compiler;

#[path = "library.rs"]
mod library;

pub(crate) struct Program {
    /// The source and the compiler, such as "loop.c by gcc".
    pub(crate) name: String,
    file: PathBuf,
    libraries: PathBuf,
}

/// Every program, by the oldest standard of every compiler.
pub(crate) fn build(scratch: &Path, compilers: &[Compiler]) -> Vec<Program> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let libraries = folder_with_library(scratch);
    let search = format!("-L{}", libraries.display());
    let mut programs = Vec::new();
    for compiler in compilers.iter().filter(|compiler| compiler.standard == "c99") {
        for entry in fs::read_dir(root.join("capi-tests/abi/old")).unwrap() {
            let path = entry.unwrap().path();
            let source = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let file = scratch.join(format!("{source}-{}", compiler.program));
            let text = fs::read_to_string(&path).unwrap();
            compiler.build(&root.join("include"), &text, &file, &[&search, "-lattachsql"]);
            let name = format!("{source}.c by {}", compiler.program);
            programs.push(Program { name, file, libraries: libraries.clone() });
        }
    }
    assert!(programs.len() >= 6, "only {} programs", programs.len());
    programs
}

/// A folder in which the library has the names under which programs link and load it.
fn folder_with_library(scratch: &Path) -> PathBuf {
    let library = fs::canonicalize(library::shared()).unwrap();
    let folder = scratch.join("lib");
    fs::create_dir_all(&folder).unwrap();
    for name in ["libattachsql.so", "libattachsql.so.2"] {
        let link = folder.join(name);
        if link.symlink_metadata().is_ok() {
            fs::remove_file(&link).unwrap();
        }
        std::os::unix::fs::symlink(&library, &link).unwrap();
    }
    folder
}

impl Program {
    /// Runs it against a port of this machine; its exit status and what it printed.
    pub(crate) fn run(&self, port: u16) -> (Option<i32>, String) {
        let output = Command::new(&self.file)
            .args(["127.0.0.1", &port.to_string()])
            .env("LD_LIBRARY_PATH", &self.libraries)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(said.is_empty(), "{} said on its error output: {said}", self.name);
        (output.status.code(), String::from_utf8_lossy(&output.stdout).into_owned())
    }
}
