// SPDX-License-Identifier: Apache-2.0
//! How large a receive buffer becomes when it is too small for what arrives, and why it may not. Numbers only; the
//! memory is `recv`'s.

use crate::limits::{RECV_IDLE, RECV_STREAM};

/// Why room could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RoomError {
    /// The system gave no memory.
    #[error("no memory for a receive buffer of {0} bytes")]
    NoMemory(usize),
    /// A row is lent, so nothing may move.
    #[error("a row is still lent")]
    Lent,
    /// There would have to be another block, and the buffer is one that asks before.
    #[error("nobody was asked whether the receive buffer may grow")]
    Ask,
    /// There would be so many bytes in all blocks, which are more than were granted.
    #[error("a receive buffer of {0} bytes is more than was granted")]
    Over(usize),
}

/// What a buffer that is too small has, and what it needs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Need {
    /// Its capacity.
    pub(super) now: usize,
    /// Nothing is spare in it.
    pub(super) full: bool,
    /// Bytes that are here of the packet, fewer than `need`.
    pub(super) pending: usize,
    /// Bytes of the packet.
    pub(super) need: usize,
}

impl Need {
    /// The capacity to have: one idle page at first; four times as much whenever a whole buffer was filled, up to
    /// the streaming size; beyond it only what a long packet needs, doubling.
    pub(super) fn capacity(self) -> usize {
        let Self { now, full, pending, need } = self;
        let want = if now == 0 {
            RECV_IDLE
        } else if need <= RECV_STREAM {
            let grow = full || need > now;
            if grow { now.saturating_mul(4).min(RECV_STREAM) } else { now.min(RECV_STREAM) }
        } else if pending.saturating_mul(2) > now {
            pending.saturating_mul(2).max(RECV_STREAM).min(need)
        } else {
            now.min(need).max(RECV_STREAM)
        };
        want.max(pending + 1)
    }

    /// The least with which there is progress without many small steps.
    pub(super) fn least(self) -> usize {
        self.need.max(RECV_IDLE).max(self.pending + 1).min(self.capacity())
    }

    /// The capacity to have where there can be no more than `most`; `None` if that is too little.
    pub(super) fn within(self, most: usize) -> Option<usize> {
        [self.capacity(), self.least()].into_iter().find(|&capacity| capacity <= most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::buf::RecvBuf;

    #[test]
    fn less_room_is_taken_where_there_is_no_more() {
        let need = Need { now: 16_384, full: true, pending: 16_000, need: 20_000 };
        assert_eq!((need.capacity(), need.least()), (65_536, 20_000));
        assert_eq!(need.within(65_536), Some(65_536));
        assert_eq!(need.within(65_535), Some(20_000));
        assert_eq!(need.within(20_000), Some(20_000));
        assert_eq!(need.within(19_999), None);
        // A long packet grows as it arrives, whatever it says that it will have.
        let long = Need { now: RECV_STREAM, full: true, pending: RECV_STREAM, need: 1 << 30 };
        assert_eq!((long.capacity(), long.least()), (2 * RECV_STREAM, 2 * RECV_STREAM));
        let first = Need { now: 0, full: true, pending: 0, need: 4 };
        assert_eq!((first.capacity(), first.least()), (RECV_IDLE, RECV_IDLE));
    }

    #[test]
    fn one_that_asks_takes_what_it_is_granted() {
        let mut buf = RecvBuf::default();
        buf.ask_to_grow(true);
        assert!(matches!(buf.make_room(4), Err(RoomError::Ask)));
        assert!(matches!(buf.make_room_within(4, 4095), Err(RoomError::Over(4096))));
        assert!(buf.make_room_within(4, 4096).unwrap().is_none());
        let spare = buf.spare().len();
        buf.commit(spare);
        // Full, and what is here may go on where it is.
        assert!(matches!(buf.make_room(5000), Err(RoomError::Ask)));
        assert!(matches!(buf.make_room_within(5000, 9095), Err(RoomError::Over(9096))));
        buf.consume(10);
        assert!(buf.make_room_within(5000, 0).unwrap().is_none());
        assert_eq!((buf.capacity(), buf.unparsed().len(), buf.spare().len()), (4096, 4086, 10));
        buf.commit(10);
        buf.hold();
        buf.consume(96);
        assert!(matches!(buf.make_room_within(5000, 9095), Err(RoomError::Over(9096))));
        let frozen = buf.make_room_within(5000, 9096).unwrap().expect("frozen");
        assert_eq!((buf.capacity(), buf.frozen(), buf.peak()), (5000, 4096, 9096));
        drop(frozen);
        buf.ask_to_grow(false);
        buf.make_room(1 << 20).unwrap();
    }
}
