// SPDX-License-Identifier: Apache-2.0
//! Pipelines through the C API, against scripted servers: whose answer is whose, errors at any place, both
//! sides writing, connections that break in their midst, and pools.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests end that way")]

mod support;

#[path = "pipeline/answers.rs"]
mod answers;
#[path = "pipeline/broken.rs"]
mod broken;
#[path = "pipeline/bulk.rs"]
mod bulk;
#[path = "pipeline/closing.rs"]
mod closing;
#[path = "pipeline/pooled.rs"]
mod pooled;
#[path = "pipeline/pressure.rs"]
mod pressure;
#[path = "pipeline/states.rs"]
mod states;
#[path = "pipeline/trace.rs"]
mod trace;
