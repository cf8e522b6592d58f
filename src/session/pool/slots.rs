// SPDX-License-Identifier: Apache-2.0
//! The connections of a pool by number. A place is used again when its connection has gone, under a new
//! key: what still comes for the old one, such as an event, finds nothing.

use crate::net::queue::Ready;

use super::member::Standing;
use super::timers::Deadline;

/// A connection of a pool. In order of adding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    id: u32,
    place: u32,
}

/// Bits of a token that are the place; the others are the low bits of the id.
const PLACE_BITS: u32 = if usize::BITS >= 64 { 32 } else { 18 };

/// Most connections of a pool.
const MOST: usize = if usize::BITS >= 64 { u32::MAX as usize } else { 1 << PLACE_BITS };

impl Key {
    /// The connection's number: 1, 2, 3 … in order of adding.
    pub fn id(self) -> u32 {
        self.id
    }

    /// The number under which the event queue knows it.
    pub(super) fn token(self) -> usize {
        (self.id as usize) << PLACE_BITS | self.place as usize
    }
}

/// What a pool knows of a connection.
#[derive(Debug)]
pub(super) struct Slot<T> {
    pub(super) key: Key,
    pub(super) handle: T,
    pub(super) standing: Standing,
    /// It is in the list of those to look at.
    pub(super) listed: bool,
    /// What events have said since the last look.
    pub(super) ready: Ready,
    /// A deadline has come since the last look.
    pub(super) timed: bool,
    pub(super) deadline: Deadline,
    /// What the event queue was told: the generation of the descriptors, and whether to wait for bytes, and
    /// for space.
    pub(super) watched: Option<(u64, bool, bool)>,
    /// The same number, when it was last seen.
    pub(super) generation: u64,
}

/// All of them.
#[derive(Debug)]
pub(super) struct Slots<T> {
    all: Vec<Option<Slot<T>>>,
    vacant: Vec<u32>,
    last_id: u32,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self { all: Vec::new(), vacant: Vec::new(), last_id: 0 }
    }
}

impl<T> Slots<T> {
    /// A place for `handle`. `None` if no number is left.
    pub(super) fn insert(&mut self, handle: T) -> Option<Key> {
        let id = self.last_id.checked_add(1)?;
        let place = match self.vacant.pop() {
            Some(place) => place,
            None if self.all.len() >= MOST => return None,
            None => {
                self.all.push(None);
                u32::try_from(self.all.len() - 1).ok()?
            }
        };
        let key = Key { id, place };
        *self.all.get_mut(place as usize)? = Some(Slot {
            key,
            handle,
            standing: Standing::Resting,
            listed: false,
            ready: Ready::default(),
            timed: false,
            deadline: Deadline::default(),
            watched: None,
            generation: 0,
        });
        self.last_id = id;
        Some(key)
    }

    /// The slot of a key that is still in use.
    pub(super) fn get(&mut self, key: Key) -> Option<&mut Slot<T>> {
        let slot = self.all.get_mut(key.place as usize)?.as_mut()?;
        (slot.key == key).then_some(slot)
    }

    /// The slot of an event.
    pub(super) fn by_token(&mut self, token: usize) -> Option<&mut Slot<T>> {
        let slot = self.all.get_mut(token & ((1 << PLACE_BITS) - 1))?.as_mut()?;
        (slot.key.token() == token).then_some(slot)
    }

    /// Gives the place of `key` back, with what was in it.
    pub(super) fn remove(&mut self, key: Key) -> Option<Slot<T>> {
        self.get(key)?;
        self.vacant.push(key.place);
        self.all.get_mut(key.place as usize)?.take()
    }

    /// Those in use, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Slot<T>> {
        self.all.iter().flatten()
    }

    /// How many are in use.
    pub(super) fn len(&self) -> usize {
        self.all.len() - self.vacant.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_used_again_and_its_key_is_not() {
        let mut slots = Slots::default();
        let first = slots.insert('a').unwrap();
        let second = slots.insert('b').unwrap();
        assert_eq!((first.id(), second.id(), slots.len()), (1, 2, 2));
        assert_eq!(slots.remove(first).map(|slot| slot.handle), Some('a'));
        assert!(slots.remove(first).is_none());
        let third = slots.insert('c').unwrap();
        assert_eq!((third.id(), third.place, slots.len()), (3, first.place, 2));
        assert!(slots.get(first).is_none());
        assert!(slots.by_token(first.token()).is_none());
        assert_eq!(slots.by_token(third.token()).map(|slot| slot.handle), Some('c'));
        assert!(first < second && second < third, "in order of adding");
        assert!(slots.by_token(usize::MAX).is_none());
    }

    #[test]
    fn numbers_end() {
        let mut slots = Slots { last_id: u32::MAX - 1, ..Slots::default() };
        assert_eq!(slots.insert(()).map(Key::id), Some(u32::MAX));
        assert!(slots.insert(()).is_none());
        assert_eq!(slots.len(), 1);
    }
}
