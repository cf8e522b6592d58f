// SPDX-License-Identifier: Apache-2.0
//! Gives the shared library its SONAME. Writes nothing into the source tree.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let family = std::env::var("CARGO_CFG_TARGET_FAMILY").unwrap_or_default();
    let os = std::env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    if family == "unix" && os != "macos" {
        println!("cargo:rustc-cdylib-link-arg=-Wl,-soname,libattachsql.so.2");
    }
}
