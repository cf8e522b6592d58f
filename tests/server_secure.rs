// SPDX-License-Identifier: Apache-2.0
//! Real servers over TLS and without, every account, every check of a certificate.
//!
//! `scripts/servers.sh up` starts the servers, `eval "$(scripts/servers.sh env)"` tells where they are and
//! where their certificates lie.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests end that way")]

mod support;

#[path = "server_secure/certificates.rs"]
mod certificates;
#[path = "server_secure/compression.rs"]
mod compression;
#[path = "server_secure/matrix.rs"]
mod matrix;
#[path = "server_secure/methods.rs"]
mod methods;
#[path = "server_secure/proof.rs"]
mod proof;
#[path = "server_secure/resume.rs"]
mod resume;
#[path = "server_secure/settings.rs"]
mod settings;
#[path = "server_secure/torn.rs"]
mod torn;
#[path = "server_secure/traffic.rs"]
mod traffic;
