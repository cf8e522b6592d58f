// SPDX-License-Identifier: Apache-2.0
//! Where the library under test is.

use std::env;
use std::path::PathBuf;

/// The shared library: in `ATTACHSQL_LIB_DIR` if that is set, which is then the library as it is
/// shipped, otherwise the one that cargo builds beside the test executables.
pub(crate) fn shared() -> PathBuf {
    let folder = shipped_dir().unwrap_or_else(|| {
        let test = env::current_exe().unwrap();
        test.parent().unwrap().to_path_buf()
    });
    let file = folder.join("libattachsql.so");
    assert!(file.exists(), "{} does not exist: build the library first", file.display());
    file
}

pub(crate) fn shipped_dir() -> Option<PathBuf> {
    env::var_os("ATTACHSQL_LIB_DIR").map(PathBuf::from)
}
