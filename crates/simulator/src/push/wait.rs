//! Waiting on the network's side: real milliseconds, or those of the world's clock when
//! [`crate::Limits::push_by_clock`] says so, so that a test can walk through WeChat's five seconds without spending them.

use crate::running::{LOOK_MS, Shared};
use base::{Stopwatch, Time};
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

/// The beginning of something that has a time limit.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Begun {
    Real(Stopwatch),
    Clock(Time),
}

impl Begun {
    pub(crate) fn now(shared: &Shared) -> Self {
        shared.with(|w| {
            if w.limits.push_by_clock {
                Self::Clock(w.now())
            } else {
                Self::Real(Stopwatch::start())
            }
        })
    }

    /// Milliseconds since.
    pub(crate) fn spent_ms(self, shared: &Shared) -> u64 {
        match self {
            Self::Real(watch) => super::millis(watch),
            Self::Clock(at) => u64::try_from(shared.with(|w| w.now().since(at))).unwrap_or(0),
        }
    }

    /// Returns when `ms` have passed since the beginning.
    pub(crate) async fn wait(self, shared: &Shared, ms: u64) {
        let look = Duration::from_millis(LOOK_MS);
        loop {
            let mut moved = pin!(shared.clock_moved.notified());
            // listens before it looks, so that no turn of the knob falls in between
            moved.as_mut().enable();
            let left = ms.saturating_sub(self.spent_ms(shared));
            match self {
                _ if left == 0 => return,
                Self::Real(_) => return tokio::time::sleep(Duration::from_millis(left)).await,
                // the look is for clocks that are moved from outside, without the knob
                Self::Clock(_) => tokio::select! {
                    () = moved => {}
                    () = tokio::time::sleep(look) => {}
                },
            }
        }
    }

    /// The outcome of `work`, unless `ms` since the beginning pass first.
    pub(crate) async fn limit<T>(
        self,
        shared: &Shared,
        ms: u64,
        work: impl Future<Output = T>,
    ) -> Option<T> {
        tokio::select! {
            done = work => Some(done),
            () = self.wait(shared, ms) => None,
        }
    }
}
