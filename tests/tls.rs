// SPDX-License-Identifier: Apache-2.0
//! A session over TLS with a scripted server that shows every kind of certificate, breaks the handshake
//! in every place, and delivers its bytes in every way; and what leaves the client in each case.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests end that way")]

mod support;

#[path = "tls/certificates.rs"]
mod certificates;
#[path = "tls/delivery.rs"]
mod delivery;
#[path = "tls/handshake.rs"]
mod handshake;
#[path = "tls/hosts.rs"]
mod hosts;
#[path = "tls/proof.rs"]
mod proof;
#[path = "tls/resume.rs"]
mod resume;
#[path = "tls/secrets.rs"]
mod secrets;
#[path = "tls/setting.rs"]
mod setting;
