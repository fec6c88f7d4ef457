//! Followers kept in memory, bounded, and the rule that one follower's messages are worked on one at a time.

use super::{Person, Standing};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Mutex as Gate, OwnedMutexGuard};

const SHARDS: usize = 64;

#[derive(Debug, Default)]
struct Shard {
    known: HashMap<Person, Arc<Standing>>,
    gates: HashMap<Person, Arc<Gate<()>>>,
}

/// Standings by person. Shape: 64 shards, each at most `capacity / 64` standings.
#[derive(Debug)]
pub struct Cache {
    shards: Vec<Mutex<Shard>>,
    hasher: RandomState,
    per_shard: usize,
}

impl Cache {
    pub fn new(capacity: usize) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| Mutex::default()).collect(),
            hasher: RandomState::new(),
            per_shard: (capacity / SHARDS).max(1),
        }
    }

    fn shard(&self, who: &Person) -> MutexGuard<'_, Shard> {
        let at = usize::try_from(self.hasher.hash_one(who) % 64).unwrap_or(0);
        self.shards[at].lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn get(&self, who: &Person) -> Option<Arc<Standing>> {
        self.shard(who).known.get(who).cloned()
    }

    /// Keeps a standing; a full shard forgets some other follower, who will be read again.
    pub fn put(&self, who: &Person, standing: Arc<Standing>) {
        let mut shard = self.shard(who);
        if shard.known.len() >= self.per_shard && !shard.known.contains_key(who) {
            let victim = shard.known.keys().next().cloned();
            if let Some(victim) = victim {
                shard.known.remove(&victim);
            }
        }
        shard.known.insert(who.clone(), standing);
    }

    pub fn forget(&self, who: &Person) {
        self.shard(who).known.remove(who);
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
        Person { account: Id::of(n), openid: "o".into() }
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
}
