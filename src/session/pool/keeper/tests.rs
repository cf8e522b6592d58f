// SPDX-License-Identifier: Apache-2.0
//! The policy without connections and without a clock.

use super::*;
use crate::session::pool::slots::Slots;

/// A keeper, the numbers its connections get, and the time.
struct World {
    keeper: Keeper<u32>,
    slots: Slots<()>,
    now: Instant,
}

fn failure() -> Error {
    Error::Gone("test".to_owned())
}

impl World {
    fn new(choices: &[PoolChoice]) -> Self {
        let mut keeper = Keeper::default();
        keeper.open();
        let quiet = [PoolChoice::IdleTimeout(0), PoolChoice::Lifetime(0)];
        let all = quiet.iter().chain(&[PoolChoice::PingInterval(0)]).chain(choices);
        all.for_each(|choice| assert!(keeper.choose(*choice)));
        Self { keeper, slots: Slots::default(), now: Instant::now() }
    }

    fn pass(&mut self, ms: u64) {
        self.now += Duration::from_millis(ms);
    }

    fn push(&mut self, who: u32) -> Result<()> {
        self.keeper.push(b"text", Vec::new(), who, self.now)
    }

    /// Makes what is to be made, and says what else is to be done.
    fn step(&mut self) -> Option<Task<u32>> {
        loop {
            let task = self.keeper.next_task(self.now)?;
            if !matches!(task, Task::Open) {
                return Some(task);
            }
            let key = self.slots.insert(()).unwrap();
            self.keeper.opened(key, self.now);
        }
    }

    /// Opens what is wanted, and lets it log in. All that have.
    fn open(&mut self) -> Vec<Key> {
        let mut all = Vec::new();
        loop {
            let task = self.step();
            assert!(task.is_none(), "{task:?}");
            let connecting = self.keys().into_iter().filter(|key| self.is(*key, Phase::Connecting));
            let new: Vec<Key> = connecting.collect();
            if new.is_empty() {
                return all;
            }
            for key in &new {
                self.keeper.logged_in(*key, self.now);
                assert!(self.keeper.released(*key, self.now));
            }
            all.extend(new);
            if !self.keeper.queue.is_empty() {
                return all;
            }
        }
    }

    fn is(&self, key: Key, phase: Phase<u32>) -> bool {
        self.keeper.phase(key) == Some(phase)
    }

    fn keys(&self) -> Vec<Key> {
        let mut keys: Vec<Key> = self.keeper.kept.keys().copied().collect();
        keys.sort();
        keys
    }

    /// The query that is to be sent, and where.
    fn sent(&mut self) -> (Key, Order<u32>) {
        match self.step() {
            Some(Task::Send(key, order, _)) => (key, order),
            other => panic!("{other:?}"),
        }
    }

    fn ended(&mut self) -> Vec<(u32, i32)> {
        let all = std::iter::from_fn(|| self.keeper.take_ended());
        all.map(|(who, error)| (who, error.code())).collect()
    }
}

#[test]
fn as_many_connections_as_wanted_and_allowed() {
    let mut world = World::new(&[PoolChoice::Max(5), PoolChoice::Connects(2), PoolChoice::Min(1)]);
    assert!(world.step().is_none());
    assert_eq!(world.keeper.counts().0, 1, "one in any case");
    (0..9).for_each(|who| world.push(who).unwrap());
    assert!(world.step().is_none());
    assert_eq!((world.keeper.counts().0, world.keeper.connecting), (2, 2));
    for count in 2..=5 {
        let key = world.keys().into_iter().find(|key| world.is(*key, Phase::Connecting)).unwrap();
        world.keeper.logged_in(key, world.now);
        assert!(world.keeper.released(key, world.now));
        let (sent, order) = world.sent();
        assert_eq!((sent, order.who, order.text.as_slice()), (key, count - 2, &b"text"[..]));
        world.keeper.lent(key, order.who);
        assert!(world.step().is_none());
        assert!(world.keeper.counts().0 <= 5 && world.keeper.connecting <= 2);
    }
    assert_eq!(world.keeper.counts(), (5, 5, 0));
}

#[test]
fn the_queue_is_bounded_and_in_order() {
    let mut world = World::new(&[PoolChoice::Max(1), PoolChoice::Queue(3)]);
    (0..3).for_each(|who| world.push(who).unwrap());
    let error = world.push(3).unwrap_err();
    assert_eq!((error.code(), &error.sqlstate()), (2910, b"HY014"));
    let key = world.open()[0];
    for who in 0..3 {
        let (sent, order) = world.sent();
        assert_eq!((sent, order.who), (key, who));
        world.keeper.lent(key, who);
        assert_eq!(world.keeper.take_idle(world.now), None);
        assert_eq!(world.keeper.take_who(key), Some(who));
        assert_eq!(world.keeper.take_who(key), None, "told once");
        assert!(world.keeper.released(key, world.now));
    }
    // Nobody waits, so the next one need not either.
    assert_eq!(world.keeper.take_idle(world.now).map(|(key, _)| key), Some(key));
    assert_eq!(world.keeper.take_idle(world.now), None);
}

#[test]
fn the_last_one_used_is_the_next() {
    let mut world = World::new(&[PoolChoice::Min(3), PoolChoice::PingInterval(10)]);
    let keys = world.open();
    while world.keeper.take_idle(world.now).is_some() {}
    for key in [keys[1], keys[2], keys[0]] {
        world.pass(1);
        assert!(world.keeper.released(key, world.now));
    }
    // A sign of life is no use: the order stays.
    world.pass(20);
    for key in &keys {
        assert!(matches!(world.step(), Some(Task::Ping(one)) if one == *key));
        assert!(world.keeper.released(*key, world.now));
    }
    let order: Vec<Key> = std::iter::from_fn(|| world.keeper.take_idle(world.now))
        .map(|(key, idle)| {
            assert_eq!(idle, Duration::ZERO, "heard of just now");
            key
        })
        .collect();
    assert_eq!(order, [keys[0], keys[2], keys[1]]);
}

#[test]
fn idle_ones_are_closed_down_to_the_least() {
    let mut world = World::new(&[PoolChoice::Min(1), PoolChoice::IdleTimeout(100)]);
    (0..3).for_each(|who| world.push(who).unwrap());
    let keys = world.open();
    assert_eq!(keys.len(), 3);
    for who in 0..3 {
        let (key, _) = world.sent();
        world.keeper.lent(key, who);
    }
    for key in &keys {
        world.pass(10);
        assert!(world.keeper.released(*key, world.now));
    }
    let end = world.now + Duration::from_millis(80);
    assert!(world.keeper.agenda().at.is_some_and(|at| at <= end), "it may be too early");
    assert!(!world.keeper.agenda().awaited && !world.keeper.agenda().now);
    world.pass(79);
    assert!(world.step().is_none());
    world.pass(1);
    assert!(matches!(world.step(), Some(Task::Close(key)) if key == keys[0]));
    assert!(world.step().is_none());
    world.pass(10);
    assert!(matches!(world.step(), Some(Task::Close(key)) if key == keys[1]));
    // The last one stays, and nothing spins.
    for _ in 0..5 {
        world.pass(1000);
        assert!(world.step().is_none());
        assert!(world.keeper.agenda().at.is_some_and(|at| at > world.now));
    }
    assert_eq!(world.keys(), [keys[2]]);
}

#[test]
fn old_ones_are_replaced_but_not_all_at_once() {
    let mut world = World::new(&[PoolChoice::Min(10), PoolChoice::Lifetime(10_000)]);
    let keys = world.open();
    assert_eq!(keys.len(), 10);
    let busy = world.keeper.take_idle(world.now).unwrap().0;
    world.keeper.lent(busy, 7);
    world.pass(8999);
    assert!(world.step().is_none());
    let mut moments = BTreeSet::new();
    for _ in 0..1001 {
        world.pass(1);
        let before = world.keys();
        while let Some(task) = world.step() {
            assert!(matches!(task, Task::Close(key) if keys.contains(&key) && key != busy));
            moments.insert(world.now);
        }
        if world.keys() != before {
            world.open();
        }
        assert_eq!(world.keeper.counts().0, 10, "each makes room for a new one");
    }
    assert!(moments.len() > 6, "only {} moments", moments.len());
    // The one that is busy is left alone until it is given back.
    assert!(world.is(busy, Phase::Lent(Some(7))));
    assert!(!world.keeper.released(busy, world.now));
    assert_eq!(world.keeper.phase(busy), None);
}

/// Or else nobody would ever get it.
#[test]
fn the_way_to_the_server_is_no_part_of_a_life() {
    let mut world = World::new(&[PoolChoice::Lifetime(100)]);
    world.push(1).unwrap();
    assert!(world.step().is_none());
    world.pass(1000);
    assert!(world.step().is_none());
    let key = world.open()[0];
    assert_eq!(world.sent().0, key);
    world.keeper.lent(key, 1);
    world.pass(100);
    assert!(!world.keeper.released(key, world.now));
}

#[test]
fn silence_is_found_out() {
    let mut world = World::new(&[PoolChoice::Min(1), PoolChoice::PingInterval(1000)]);
    let key = world.open()[0];
    world.pass(1000);
    assert!(matches!(world.step(), Some(Task::Ping(one)) if one == key));
    world.pass(3);
    assert!(world.keeper.released(key, world.now));
    world.pass(999);
    assert!(world.step().is_none());
    world.pass(1);
    assert!(matches!(world.step(), Some(Task::Ping(_))));
    // Nobody gets one that is being asked.
    assert_eq!(world.keeper.take_idle(world.now), None);
    world.pass(5000);
    assert!(matches!(world.step(), Some(Task::GiveUp(one)) if one == key));
    assert!(world.step().is_none(), "once");
    assert_eq!(world.keeper.gone(key, &failure(), world.now), None);
    assert!(world.step().is_none());
    assert_eq!(world.keeper.counts().0, 1, "another one in its place");
}

#[test]
fn a_session_that_is_not_made_new_in_time() {
    let mut world = World::new(&[PoolChoice::Reset(1)]);
    world.push(1).unwrap();
    let key = world.open()[0];
    let (_, order) = world.sent();
    world.keeper.lent(key, order.who);
    assert!(world.keeper.resets());
    assert_eq!(world.keeper.take_who(key), Some(1));
    world.keeper.clearing(key, world.now);
    assert_eq!(world.keeper.take_idle(world.now), None);
    assert_eq!(world.keeper.agenda().at, Some(world.now + POOL_ANSWER));
    world.pass(5000);
    assert!(matches!(world.step(), Some(Task::GiveUp(one)) if one == key));
}

#[test]
fn what_waits_too_long_ends() {
    let mut world = World::new(&[PoolChoice::Max(1), PoolChoice::QueueTimeout(50)]);
    world.push(0).unwrap();
    let key = world.open()[0];
    let (_, order) = world.sent();
    world.keeper.lent(key, order.who);
    world.push(1).unwrap();
    world.pass(20);
    world.push(2).unwrap();
    let end = world.now + Duration::from_millis(30);
    assert_eq!(world.keeper.agenda(), Agenda { now: false, at: Some(end), awaited: true });
    world.pass(30);
    assert!(world.step().is_none());
    assert!(world.keeper.agenda().now, "somebody is to be told");
    assert_eq!(world.ended(), [(1, 2911)]);
    world.pass(20);
    assert!(world.step().is_none());
    assert_eq!(world.ended(), [(2, 2911)]);
    assert_eq!(world.keeper.agenda(), Agenda::default());
    assert_eq!(world.keeper.take_who(key), Some(0), "what was sent waits on");
}

#[test]
fn an_unsent_query_goes_to_another_connection_but_not_for_ever() {
    let mut world = World::new(&[PoolChoice::Max(1)]);
    world.push(1).unwrap();
    world.pass(5);
    world.push(2).unwrap();
    for attempt in 1..=3 {
        let key = world.open()[0];
        let (sent, order) = world.sent();
        assert_eq!((sent, order.who), (key, 1), "who waits longest is first");
        world.keeper.unsent(order, failure().into());
        assert_eq!(world.keeper.gone(key, &failure(), world.now), None);
        assert_eq!(world.ended().is_empty(), attempt < 3);
    }
    assert_eq!(world.keeper.counts().2, 2);
    world.open();
    assert_eq!(world.sent().1.who, 2);
}

#[test]
fn nobody_waits_for_a_server_that_is_not_there() {
    let mut world = World::new(&[PoolChoice::Connects(2)]);
    (0..5).for_each(|who| world.push(who).unwrap());
    assert!(world.step().is_none());
    let keys = world.keys();
    assert_eq!(keys.len(), 2);
    world.keeper.gone(keys[0], &failure(), world.now);
    assert!(world.ended().is_empty(), "the other one may do better");
    assert!(world.step().is_none());
    world.keeper.gone(keys[1], &failure(), world.now);
    assert_eq!(world.ended(), (0..5).map(|who| (who, 2006)).collect::<Vec<_>>());
    // Pauses between further attempts, of which those who wait know.
    let mut pauses = Vec::new();
    for who in 10..20 {
        world.push(who).unwrap();
        assert!(world.step().is_none() && world.keys().is_empty());
        let agenda = world.keeper.agenda();
        assert!(agenda.awaited && !agenda.now);
        pauses.push((agenda.at.unwrap() - world.now).as_millis());
        world.now = agenda.at.unwrap();
        assert!(world.step().is_none());
        let key = world.keys()[0];
        world.keeper.gone(key, &failure(), world.now);
        assert_eq!(world.ended(), [(who, 2006)]);
    }
    assert_eq!(pauses, [100, 200, 400, 800, 1600, 3200, 6400, 6400, 6400, 6400]);
    world.pass(6400);
    world.push(1).unwrap();
    let key = world.open()[0];
    assert_eq!(world.sent().0, key);
    assert_eq!(world.keeper.failures, 0);
}

#[test]
fn the_least_is_not_filled_in_a_hurry() {
    let mut world = World::new(&[PoolChoice::Min(2)]);
    assert!(world.keeper.agenda().now);
    assert!(world.step().is_none());
    for key in world.keys() {
        world.keeper.gone(key, &failure(), world.now);
    }
    let agenda = world.keeper.agenda();
    assert_eq!(agenda.at, Some(world.now + Duration::from_millis(100)));
    assert!(!agenda.now && !agenda.awaited, "nobody waits for it");
}

#[test]
fn the_end_reaches_everybody_once() {
    let mut world = World::new(&[PoolChoice::Max(2), PoolChoice::QueueTimeout(10)]);
    (0..2).for_each(|who| world.push(who).unwrap());
    let keys = world.open();
    for who in 0..2 {
        let (key, _) = world.sent();
        world.keeper.lent(key, who);
    }
    world.push(2).unwrap();
    world.pass(10);
    assert!(world.step().is_none());
    (3..5).for_each(|who| world.push(who).unwrap());
    let all = world.keeper.end(&failure());
    let told: Vec<_> = all.iter().map(|(key, who, error)| (*key, *who, error.code())).collect();
    let lent = |at: usize| {
        // The idle one that was used last is the first to be used.
        (Some(keys[at]), u32::try_from(1 - at).unwrap(), 2006)
    };
    assert_eq!(told, [(None, 2, 2911), lent(0), lent(1), (None, 3, 2912), (None, 4, 2912)]);
    assert!(world.keeper.end(&failure()).is_empty());
    assert!(keys.iter().all(|key| world.is(*key, Phase::Lent(None))));
}

#[test]
fn a_lower_limit_is_reached_as_connections_come_back() {
    let mut world = World::new(&[PoolChoice::Max(3)]);
    (0..3).for_each(|who| world.push(who).unwrap());
    let keys = world.open();
    for who in 0..3 {
        let (key, _) = world.sent();
        world.keeper.lent(key, who);
    }
    assert!(!world.keeper.choose(PoolChoice::Max(0)));
    assert!(world.keeper.choose(PoolChoice::Max(1)));
    assert!(!world.keeper.released(keys[0], world.now));
    assert!(!world.keeper.released(keys[1], world.now));
    assert!(world.keeper.released(keys[2], world.now));
    assert_eq!(world.keys(), [keys[2]]);
}

/// Whatever happens, a query is in one place only, and ends once.
#[test]
fn a_long_random_life() {
    let mut world = World::new(&[
        PoolChoice::Max(8),
        PoolChoice::Min(2),
        PoolChoice::Queue(20),
        PoolChoice::QueueTimeout(200),
        PoolChoice::IdleTimeout(300),
        PoolChoice::Lifetime(5000),
        PoolChoice::PingInterval(100),
        PoolChoice::Connects(3),
    ]);
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let (mut next, mut taken, mut over) = (0, BTreeSet::new(), BTreeSet::new());
    for _ in 0..100_000 {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let keys = world.keys();
        let some = keys.get((random >> 8) as usize % keys.len().max(1)).copied();
        let phase = some.and_then(|key| world.keeper.phase(key));
        match (random % 8, some, phase) {
            (0 | 1, ..) => {
                if world.push(next).is_ok() {
                    assert!(taken.insert(next));
                }
                next += 1;
            }
            (2, Some(key), Some(Phase::Connecting)) => {
                world.keeper.logged_in(key, world.now);
                assert!(world.keeper.released(key, world.now));
            }
            (2..=4, Some(key), Some(Phase::Lent(_))) => {
                if let Some(who) = world.keeper.take_who(key) {
                    assert!(over.insert(who), "{who} has ended twice");
                }
                match random >> 60 {
                    0 => world.keeper.clearing(key, world.now),
                    _ => drop(world.keeper.released(key, world.now)),
                }
            }
            (2..=4, Some(key), Some(Phase::Pinging(_) | Phase::Clearing(_))) => {
                world.keeper.released(key, world.now);
            }
            (5, Some(key), _) if random >> 61 == 0 => {
                if let Some(who) = world.keeper.gone(key, &failure(), world.now) {
                    assert!(over.insert(who), "{who} has ended twice");
                }
            }
            _ => world.pass(random >> 59),
        }
        while let Some(task) = world.step() {
            match task {
                Task::Send(key, order, _) if random >> 56 == 0 => {
                    world.keeper.unsent(order, failure().into());
                    assert_eq!(world.keeper.gone(key, &failure(), world.now), None);
                }
                Task::Send(key, order, _) => world.keeper.lent(key, order.who),
                Task::GiveUp(key) => drop(world.keeper.gone(key, &failure(), world.now)),
                Task::Close(_) | Task::Ping(_) | Task::Open => {}
            }
        }
        for (who, _) in world.ended() {
            assert!(over.insert(who), "{who} has ended twice");
        }
        let keeper = &world.keeper;
        assert!(keeper.kept.len() <= 8 && keeper.connecting <= 3 && keeper.queue.len() <= 20);
        assert!(keeper.alarms.len() < 1000, "{} alarms", keeper.alarms.len());
        let idle = keeper.kept.values().filter(|kept| matches!(kept.phase, Phase::Idle)).count();
        assert_eq!(idle, keeper.idle.len());
        let lent = keeper.kept.values().filter(|k| matches!(k.phase, Phase::Lent(Some(_)))).count();
        assert_eq!(taken.len(), over.len() + lent + keeper.queue.len(), "none is lost");
        assert!(!keeper.agenda().now, "nothing is left undone");
    }
    for (_, who, _) in world.keeper.end(&failure()) {
        assert!(over.insert(who));
    }
    assert_eq!(taken, over);
    assert!(taken.len() > 10_000, "{}", taken.len());
}
