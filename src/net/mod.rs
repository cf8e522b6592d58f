// SPDX-License-Identifier: Apache-2.0
//! The only place with sockets, threads and the system's event queue. Knows bytes and addresses, no
//! protocol.

pub mod dial;
pub mod queue;
pub mod reactor;
pub mod resolve;
pub mod socket;
