// SPDX-License-Identifier: Apache-2.0
//! The old-style programs of `capi-tests/abi/old` against real servers.
//!
//! `scripts/servers.sh up` starts the servers, `eval "$(scripts/servers.sh env)"` tells where they
//! are.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::env;
use std::fs;
use std::path::Path;

#[path = "header/compiler.rs"]
#[allow(dead_code)] // old programs are C, so that its C++ half is idle here
mod compiler;
#[path = "header/old_programs.rs"]
mod old_programs;

fn expected(program: &str) -> &'static str {
    match program.split('.').next().unwrap() {
        "loop" => "row: [1] [two]\nrow: [3] []\ndone\n",
        "parameters" => {
            "row: [O'Hara\\] [%50%%] [-7] [9223372036854775807] [3.141592600000000]\ndone\n"
        }
        "buffered" => {
            "rows: 2\ncolumn: first\nrow: [1]\nrow: [2]\n\
             rows: 1\ncolumn: second\ncolumn: third\nrow: [x] [y]\ndone\n"
        }
        _ => panic!("what does {program} print? Add it here"),
    }
}

#[test]
fn old_programs_read_rows() {
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("old");
    fs::create_dir_all(&scratch).unwrap();
    let programs = old_programs::build(&scratch, compiler::all(compiler::Language::C));
    for server in ["MARIADB", "MARIADB118", "MYSQL", "MYSQL56"] {
        let name = format!("ATTACHSQL_TEST_{server}_PORT");
        let port = env::var(&name).unwrap_or_else(|_| {
            panic!("{name} is not set: scripts/servers.sh up, eval \"$(scripts/servers.sh env)\"")
        });
        for program in &programs {
            let (status, printed) = program.run(port.parse().unwrap());
            assert_eq!(printed, expected(&program.name), "{} with {server}", program.name);
            assert_eq!(status, Some(0), "{} with {server}", program.name);
        }
    }
}
