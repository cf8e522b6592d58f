// SPDX-License-Identifier: Apache-2.0
//! Deadlines of a pool's connections: which have come, and when the next one will. Moving one later, as
//! every received byte does with a read timeout, costs nothing: the heap keeps the earlier entry, and
//! when that comes up, the connection is put back.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

use super::slots::{Key, Slots};

/// A deadline and its entry in the heap.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Deadline {
    wanted: Option<Instant>,
    /// Time of the entry that counts; others of the same key are forgotten ones.
    entered: Option<Instant>,
}

/// All deadlines; each is kept in its slot.
#[derive(Debug, Default)]
pub(super) struct Timers {
    heap: BinaryHeap<Reverse<(Instant, Key)>>,
}

impl Timers {
    /// Sets, moves or takes back a deadline.
    pub(super) fn set(&mut self, key: Key, deadline: &mut Deadline, wanted: Option<Instant>) {
        deadline.wanted = wanted;
        if let Some(end) = wanted
            && deadline.entered.is_none_or(|entered| end < entered)
        {
            deadline.entered = Some(end);
            self.heap.push(Reverse((end, key)));
        }
    }

    /// Whether there is nothing to ask the clock for.
    pub(super) fn is_empty(&self) -> bool {
        self.heap.is_empty()
    }

    /// When the next deadline comes.
    pub(super) fn next<T>(&mut self, slots: &mut Slots<T>) -> Option<Instant> {
        loop {
            let &Reverse((time, key)) = self.heap.peek()?;
            let slot = slots.get(key).filter(|slot| slot.deadline.entered == Some(time));
            let Some(slot) = slot else {
                self.heap.pop();
                continue;
            };
            if slot.deadline.wanted == Some(time) {
                return Some(time);
            }
            self.heap.pop();
            slot.deadline.entered = None;
            let wanted = slot.deadline.wanted;
            self.set(key, &mut slot.deadline, wanted);
        }
    }

    /// A connection whose deadline has come by `now`; it has none then.
    pub(super) fn take_due<T>(&mut self, now: Instant, slots: &mut Slots<T>) -> Option<Key> {
        self.next(slots).filter(|&time| time <= now)?;
        let Reverse((_, key)) = self.heap.pop()?;
        if let Some(slot) = slots.get(key) {
            slot.deadline = Deadline::default();
        }
        Some(key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn set(timers: &mut Timers, slots: &mut Slots<u32>, key: Key, wanted: Option<Instant>) {
        timers.set(key, &mut slots.get(key).unwrap().deadline, wanted);
    }

    #[test]
    fn deadlines_move_and_end() {
        let (mut timers, mut slots) = (Timers::default(), Slots::default());
        let keys: Vec<Key> = (0..4).map(|n| slots.insert(n).unwrap()).collect();
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        for (key, seconds) in keys.iter().zip([5, 3, 9, 7]) {
            set(&mut timers, &mut slots, *key, Some(at(seconds)));
        }
        assert_eq!(timers.next(&mut slots), Some(at(3)));
        // Later a hundred times, which leaves one entry; then sooner.
        for n in 0..100 {
            set(&mut timers, &mut slots, keys[1], Some(at(10 + n)));
        }
        assert_eq!(timers.heap.len(), 4);
        assert_eq!(timers.next(&mut slots), Some(at(5)));
        set(&mut timers, &mut slots, keys[2], Some(at(1)));
        assert_eq!(timers.take_due(at(0), &mut slots), None);
        assert_eq!(timers.take_due(at(6), &mut slots), Some(keys[2]));
        // Gone, and its place taken by another.
        slots.remove(keys[0]);
        let new = slots.insert(8).unwrap();
        assert_eq!(timers.take_due(at(6), &mut slots), None);
        set(&mut timers, &mut slots, keys[3], None);
        set(&mut timers, &mut slots, new, Some(at(200)));
        assert_eq!(timers.take_due(at(300), &mut slots), Some(keys[1]));
        assert_eq!(timers.take_due(at(300), &mut slots), Some(new));
        assert_eq!(timers.take_due(at(300), &mut slots), None);
        assert!(timers.is_empty());
    }
}
