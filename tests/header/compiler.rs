// SPDX-License-Identifier: Apache-2.0
//! The C and C++ compilers that the checks use. All of them must be there: a missing one is a
//! failure, not a reason to check less.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;

const WARNINGS: [&str; 4] = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"];

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Language {
    C,
    Cxx,
}

/// One compiler in one language standard.
pub(crate) struct Compiler {
    pub(crate) program: &'static str,
    pub(crate) language: Language,
    pub(crate) standard: &'static str,
}

impl Compiler {
    pub(crate) fn name(&self) -> String {
        format!("{} -std={}", self.program, self.standard)
    }

    fn command(&self, include: &Path) -> Command {
        let mut command = Command::new(self.program);
        command.arg(format!("-std={}", self.standard)).args(WARNINGS).arg("-I").arg(include);
        command
    }

    /// Compiles the text without producing anything; an error is what the compiler said.
    pub(crate) fn check(&self, include: &Path, source: &str) -> Result<(), String> {
        let mut command = self.command(include);
        let language = if self.language == Language::C { "c" } else { "c++" };
        command.args(["-fsyntax-only", "-x", language, "-"]);
        let output = feed(command, source);
        if output.status.success() {
            return Ok(());
        }
        Err(format!("{}:\n{}", self.name(), String::from_utf8_lossy(&output.stderr)))
    }

    /// Compiles the text, with these further arguments, into a program.
    pub(crate) fn build(&self, include: &Path, source: &str, program: &Path, arguments: &[&str]) {
        let mut command = self.command(include);
        let language = if self.language == Language::C { "c" } else { "c++" };
        command.args(["-O1", "-x", language, "-", "-o"]).arg(program).args(arguments);
        let output = feed(command, source);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{} for {}:\n{said}", self.name(), program.display());
    }
}

/// Every compiler in every standard of the language.
pub(crate) fn all(language: Language) -> &'static [Compiler] {
    static LISTS: [OnceLock<Vec<Compiler>>; 2] = [OnceLock::new(), OnceLock::new()];
    let [c, cxx] = &LISTS;
    (if language == Language::C { c } else { cxx }).get_or_init(|| find(language))
}

fn find(language: Language) -> Vec<Compiler> {
    // A standard that is new has another name in older compilers; the first that is known counts.
    let (programs, standards): (_, &[&[&str]]) = match language {
        Language::C => (["gcc", "clang"], &[&["c99"], &["c11"], &["c17"], &["c23", "c2x"]]),
        Language::Cxx => (
            ["g++", "clang++"],
            &[&["c++11"], &["c++14"], &["c++17"], &["c++20"], &["c++23", "c++2b"]],
        ),
    };
    let mut list = Vec::new();
    for program in programs {
        let found = Command::new(program).arg("--version").stdout(Stdio::null()).status();
        assert!(found.is_ok(), "{program} is missing; install it (scripts/deps.sh does)");
        for names in standards {
            let known = names.iter().map(|&standard| Compiler { program, language, standard });
            let mut known =
                known.filter(|compiler| compiler.check(Path::new("."), "int x;\n").is_ok());
            let compiler = known.next();
            list.push(compiler.unwrap_or_else(|| panic!("{program} knows none of {names:?}")));
        }
    }
    list
}

fn feed(mut command: Command, source: &str) -> Output {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    // A compiler that does not know the standard ends without reading.
    let _ = child.stdin.take().unwrap().write_all(source.as_bytes());
    child.wait_with_output().unwrap()
}
