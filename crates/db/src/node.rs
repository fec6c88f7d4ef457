//! The node number inside new ids: fixed on SQLite, a leased row on PostgreSQL.
//!
//! *Invariant*: no two processes make ids with the same node number at the same time. A process that
//! could not renew its lease in time stops writing until it has a number again.

use base::{Error, IdGen, Result, Stopwatch, Time};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Mutex, PoisonError, RwLock, mpsc};
use std::time::Duration;

/// A lease lasts this long on the server's clock.
pub(crate) const LEASE_MS: i64 = 60_000;
/// It is renewed this often.
pub(crate) const RENEW_EVERY: Duration = Duration::from_secs(15);
/// Without renewal for this long the number is no longer used: well before the lease ends.
const TRUST: Duration = Duration::from_secs(45);
/// Numbers there are.
pub(crate) const NODES: i64 = 256;

/// Makes ids as long as the node number is ours.
pub(crate) struct Ids {
    made: RwLock<IdGen>,
    node: AtomicU8,
    /// Since the lease was last known to be ours; `None` when it needs no lease.
    leased: Option<Mutex<Stopwatch>>,
}

impl Ids {
    pub(crate) fn fixed(node: u8) -> Self {
        Self { made: RwLock::new(IdGen::new(node)), node: AtomicU8::new(node), leased: None }
    }
    /// `asked` was started before the lease was asked for.
    pub(crate) fn leased(node: u8, asked: Stopwatch) -> Self {
        Self { leased: Some(Mutex::new(asked)), ..Self::fixed(node) }
    }

    pub(crate) fn next(&self, now: Time) -> i64 {
        self.made.read().unwrap_or_else(PoisonError::into_inner).next(now)
    }
    pub(crate) fn node(&self) -> u8 {
        self.node.load(Ordering::SeqCst)
    }
    /// The lease on `node` is good again from `asked` on.
    pub(crate) fn renewed(&self, node: u8, asked: Stopwatch) {
        if let Some(leased) = &self.leased {
            if node != self.node() {
                *self.made.write().unwrap_or_else(PoisonError::into_inner) = IdGen::new(node);
                self.node.store(node, Ordering::SeqCst);
            }
            *leased.lock().unwrap_or_else(PoisonError::into_inner) = asked;
        }
    }
    /// Faults while the node number may belong to another process.
    pub(crate) fn check(&self) -> Result<()> {
        let Some(leased) = &self.leased else {
            return Ok(());
        };
        let since = *leased.lock().unwrap_or_else(PoisonError::into_inner);
        if since.elapsed() < TRUST {
            return Ok(());
        }
        Err(Error::fault("the lease on this process's node number could not be renewed in time"))
    }
}

/// Keeps a lease alive from a thread of its own; dropping it ends the thread.
pub(crate) struct Renewal(
    #[expect(dead_code, reason = "dropped to end the thread")] mpsc::Sender<()>,
);

impl Renewal {
    /// Calls `renew` every [`RENEW_EVERY`], and `release` when dropped.
    pub(crate) fn start(
        mut renew: impl FnMut() + Send + 'static,
        release: impl FnOnce() + Send + 'static,
    ) -> Result<Self> {
        let (stop, stopped) = mpsc::channel();
        std::thread::Builder::new().name("db-node".into()).spawn(move || {
            while stopped.recv_timeout(RENEW_EVERY) == Err(mpsc::RecvTimeoutError::Timeout) {
                renew();
            }
            release();
        })?;
        Ok(Self(stop))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_number_makes_new_ids() {
        let ids = Ids::leased(3, Stopwatch::start());
        let node_of = |id: i64| (id >> 13) & 0xff;
        assert_eq!(node_of(ids.next(Time::of_ms(1_785_000_000_000))), 3);
        ids.renewed(9, Stopwatch::start());
        assert_eq!((ids.node(), node_of(ids.next(Time::of_ms(1_785_000_000_000)))), (9, 9));
        assert!(ids.check().is_ok());
    }
}
