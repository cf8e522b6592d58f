// SPDX-License-Identifier: Apache-2.0
//! Memory: where received bytes come to rest, and where bytes to send wait. Knows no protocol.

mod recv;
mod room;
mod send;
mod span;

pub use recv::{Block, Cell, RecvBuf};
pub use room::RoomError;
pub use send::SendBuf;
pub use span::Span;
