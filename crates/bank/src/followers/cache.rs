//! Followers kept in memory, bounded, and the rule that one follower's messages are worked on one at a time.
//!
//! What is kept of a follower is packed: the seat as the bytes it is stored as, one piece of memory instead of some thirty.
//! With many followers each turn meets one whose memory is cold, and every piece of it costs.

use super::{Bound, FollowerId, Person, Standing};
use base::{TenantId, Time};
use dialogue::Seat;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Mutex as Gate, OwnedMutexGuard};

const SHARDS: usize = 64;

/// A person carries their hash.
#[derive(Debug, Default)]
struct Carried(u64);

impl Hasher for Carried {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }
    fn write_u64(&mut self, n: u64) {
        self.0 = n;
    }
}

type ByPerson<T> = HashMap<Person, T, BuildHasherDefault<Carried>>;

/// A standing, packed.
#[derive(Debug)]
struct Packed {
    who: Person,
    id: FollowerId,
    tenant: TenantId,
    version: i64,
    facts: i64,
    last_key: i64,
    /// Nothing for a seat that remembers nothing.
    seat: Option<Box<[u8]>>,
    bound: Option<Arc<Bound>>,
    last_answer: Option<Arc<str>>,
    is_following: bool,
    /// A repeat of what another institution answered is looked for there.
    moved_at: Option<Time>,
    has_unread: bool,
    /// Asked for since the hand last passed.
    is_used: bool,
}

impl Packed {
    fn of(who: &Person, s: Standing, seat: Option<&[u8]>) -> Self {
        Self {
            who: who.clone(),
            id: s.id,
            tenant: s.tenant,
            version: s.version,
            facts: s.facts,
            last_key: s.last_key,
            seat: seat.map(Box::from),
            bound: s.bound,
            last_answer: s.last_answer,
            is_following: s.is_following,
            moved_at: s.moved_at,
            has_unread: s.has_unread,
            is_used: true,
        }
    }

    fn standing(&self) -> Option<Standing> {
        let seat = match &self.seat {
            Some(packed) => Seat::unpack(packed)?,
            None => Seat::default(),
        };
        Some(Standing {
            id: self.id,
            tenant: self.tenant,
            is_following: self.is_following,
            moved_at: self.moved_at,
            version: self.version,
            facts: self.facts,
            last_key: self.last_key,
            seat,
            bound: self.bound.clone(),
            last_answer: self.last_answer.clone(),
            has_unread: self.has_unread,
        })
    }
}

#[derive(Debug, Default)]
struct Shard {
    places: ByPerson<usize>,
    known: Vec<Packed>,
    /// Goes round the places of a full shard and takes the first that was not asked for since it last came by.
    hand: usize,
    gates: ByPerson<Arc<Gate<()>>>,
}

impl Shard {
    fn put(&mut self, fresh: Packed, room: usize) {
        if let Some(at) = self.places.get(&fresh.who) {
            self.known[*at] = fresh;
            return;
        }
        let at = if self.known.len() < room { self.known.len() } else { self.free() };
        self.places.insert(fresh.who.clone(), at);
        match self.known.get_mut(at) {
            Some(place) => *place = fresh,
            None => self.known.push(fresh),
        }
    }

    /// A place whose follower is forgotten, to be read again when they speak.
    fn free(&mut self) -> usize {
        loop {
            let at = self.hand % self.known.len();
            self.hand = at + 1;
            if !std::mem::take(&mut self.known[at].is_used) {
                self.places.remove(&self.known[at].who);
                return at;
            }
        }
    }

    fn forget(&mut self, who: &Person) {
        let Some(at) = self.places.remove(who) else { return };
        self.known.swap_remove(at);
        if let Some(moved) = self.known.get(at)
            && let Some(place) = self.places.get_mut(&moved.who)
        {
            *place = at;
        }
    }
}

/// Standings by person. Shape: 64 shards, each at most `capacity / 64` standings.
#[derive(Debug)]
pub struct Cache {
    shards: Vec<Mutex<Shard>>,
    per_shard: usize,
}

impl Cache {
    pub fn new(capacity: usize) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            per_shard: (capacity / SHARDS).max(1),
        }
    }

    fn shard(&self, who: &Person) -> MutexGuard<'_, Shard> {
        // Other bits than the map's own places and tags are made of.
        let at = usize::from(who.hash.to_be_bytes()[2]) % SHARDS;
        self.shards[at].lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn get(&self, who: &Person) -> Option<Standing> {
        let mut shard = self.shard(who);
        let at = *shard.places.get(who)?;
        let found = &mut shard.known[at];
        found.is_used = true;
        found.standing()
    }

    /// Keeps a standing; a full shard forgets some other follower, who will be read again.
    pub fn put(&self, who: &Person, standing: &Standing) {
        let seat = (standing.seat != Seat::default()).then(|| standing.seat.pack());
        self.put_packed(who, standing.without_seat(), seat.as_deref());
    }

    /// The same of one whose seat was packed already; `standing.seat` is not looked at.
    pub fn put_packed(&self, who: &Person, standing: Standing, seat: Option<&[u8]>) {
        let packed = Packed::of(who, standing, seat);
        self.shard(who).put(packed, self.per_shard);
    }

    pub fn forget(&self, who: &Person) {
        self.shard(who).forget(who);
    }

    pub fn len(&self) -> usize {
        self.shards
            .iter()
            .map(|s| s.lock().unwrap_or_else(PoisonError::into_inner).known.len())
            .sum()
    }
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Waits for one's turn with a follower. The pass is given back when dropped.
    pub async fn enter(self: &Arc<Self>, who: &Person) -> Pass {
        let gate = self.shard(who).gates.entry(who.clone()).or_default().clone();
        let held = gate.clone().lock_owned().await;
        Pass { held: Some(held), gate, who: who.clone(), cache: self.clone() }
    }
}

/// The right to work on a follower's message.
#[derive(Debug)]
pub struct Pass {
    held: Option<OwnedMutexGuard<()>>,
    gate: Arc<Gate<()>>,
    who: Person,
    cache: Arc<Cache>,
}

impl Drop for Pass {
    fn drop(&mut self) {
        self.held.take();
        let mut shard = self.cache.shard(&self.who);
        // Two owners are the map and this pass: nobody waits, so the gate itself can go.
        if Arc::strong_count(&self.gate) == 2 {
            shard.gates.remove(&self.who);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Id;

    fn person(n: i64) -> Person {
        Person::new(Id::of(n), "o".into())
    }

    fn standing(n: i64) -> Standing {
        Standing {
            id: Id::of(n),
            tenant: TenantId::of(1),
            is_following: true,
            moved_at: None,
            version: n,
            facts: 0,
            last_key: n,
            seat: Seat::default(),
            bound: None,
            last_answer: Some("好".into()),
            has_unread: false,
        }
    }

    #[tokio::test]
    async fn one_follower_at_a_time_and_nothing_is_left_behind() {
        let cache = Arc::new(Cache::new(64));
        let first = cache.enter(&person(1)).await;
        let other = cache.enter(&person(2)).await;
        let waiting = cache.clone();
        let tasks = tokio_util::task::TaskTracker::new();
        let second = tasks.spawn(async move { drop(waiting.enter(&person(1)).await) });
        tokio::task::yield_now().await;
        assert!(!second.is_finished());
        drop((first, other));
        second.await.unwrap();
        assert!(cache.shards.iter().all(|s| s.lock().unwrap().gates.is_empty()));
    }

    #[test]
    fn who_was_kept_is_found_or_forgotten_and_never_mistaken() {
        let cache = Cache::new(640);
        for n in 0..5_000 {
            cache.put(&person(n), &standing(n));
            if n % 3 == 0 {
                cache.forget(&person(n / 2));
            }
            // Who is asked for all the time stays.
            cache.put(&person(-1), &standing(-1));
            assert_eq!(cache.get(&person(-1)).map(|s| s.id), Some(Id::of(-1)));
        }
        assert!(cache.len() <= 640 && cache.len() > 300, "{}", cache.len());
        let found: Vec<i64> = (0..5_000)
            .filter(|n| {
                let found = cache.get(&person(*n));
                assert!(found.as_ref().is_none_or(|s| s.id == Id::of(*n)));
                found.is_some()
            })
            .collect();
        assert_eq!(found.len() + 1, cache.len());
    }
}
