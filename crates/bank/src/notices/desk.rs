//! What one process knows of the ways out: which account's way rests and until when, how many calls are under way.
//!
//! In memory only: a process that starts anew learns it from WeChat's first answer, which costs one refused call. Not for: what is
//! known of a follower (`window`), what is left of an account's day (`store::sent_today`).

use super::Way;
use super::taps::Taps;
use crate::tenants::AccountId;
use base::Time;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// Calls under way for one account; more wait, so that one that is slow holds up no other.
const ACCOUNT_CALLS_MAX: usize = 64;
/// Calls under way together.
pub const CALLS_MAX: usize = 256;
/// First rest after a failure of the line; doubled for each that follows, up to the last.
const REST_FIRST_MS: i64 = 1_000;
const REST_LAST_MS: i64 = 60_000;

/// A row that found its account crowded is looked at again no sooner and no later than this.
const TURN_FIRST_MS: i64 = 200;
const TURN_LAST_MS: i64 = 5_000;
/// What a call takes until one has ended.
const CALL_US: u64 = 100_000;

#[derive(Debug, Default, Clone, Copy)]
struct Line {
    rests_until: Option<Time>,
    failures: u32,
}

#[derive(Debug, Default)]
struct State {
    lines: HashMap<(AccountId, Way), Line>,
    crowds: HashMap<AccountId, Crowd>,
}

/// Calls of one account under way, and the turns given to rows that found no room.
#[derive(Debug, Clone, Copy)]
struct Crowd {
    under_way: usize,
    /// What a call takes; later calls count more.
    call_us: u64,
    /// The last turn given.
    last_turn: Option<Time>,
}

impl Default for Crowd {
    fn default() -> Self {
        Self { under_way: 0, call_us: CALL_US, last_turn: None }
    }
}

impl Crowd {
    /// The `n`th turn from now on: one for each call that ends, so that a row is looked at when there is room, and not before.
    fn turn(self, now: Time, n: u32) -> Time {
        let many = u64::try_from(ACCOUNT_CALLS_MAX).unwrap_or(1);
        let from = self.last_turn.max(Some(now.plus_ms(TURN_FIRST_MS))).unwrap_or(now);
        let after_us = self.call_us / many * u64::from(n);
        let at = from.plus_ms(i64::try_from(after_us / 1_000).unwrap_or(TURN_LAST_MS));
        at.min(now.plus_ms(TURN_LAST_MS))
    }
}

#[derive(Debug, Default)]
pub struct Desk {
    state: Mutex<State>,
    wake: Notify,
    events: Notify,
    pub taps: Taps,
}

/// How an account's ways stand at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Ways {
    pub template_rests: Option<Time>,
    pub subscription_rests: Option<Time>,
    pub custom_rests: Option<Time>,
    /// Calls that may still be begun.
    pub room: usize,
    now: Time,
    crowd: Crowd,
}

impl Ways {
    /// When a row is looked at again that finds no room, `n` others of the unit having found none before it.
    pub(super) fn turn(self, n: u32) -> Time {
        self.crowd.turn(self.now, n)
    }
}

impl Desk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A core has told something: notices are to be made.
    pub fn tell_of_events(&self) {
        self.events.notify_one();
    }
    pub async fn events(&self) {
        self.events.notified().await;
    }
    /// Something is to be sent, or may be now: look at once.
    pub fn wake(&self) {
        self.wake.notify_one();
    }
    pub async fn woken(&self) {
        self.wake.notified().await;
    }

    pub fn ways(&self, account: AccountId, now: Time) -> Ways {
        let state = self.state();
        let rests = |way| {
            let until = state.lines.get(&(account, way)).and_then(|l| l.rests_until);
            until.filter(|t| *t > now)
        };
        let crowd = state.crowds.get(&account).copied().unwrap_or_default();
        Ways {
            template_rests: rests(Way::Template),
            subscription_rests: rests(Way::Subscription),
            custom_rests: rests(Way::Custom),
            room: ACCOUNT_CALLS_MAX.saturating_sub(crowd.under_way),
            now,
            crowd,
        }
    }

    pub fn calls(&self) -> usize {
        self.state().crowds.values().map(|c| c.under_way).sum()
    }

    pub fn begin(&self, account: AccountId) {
        self.state().crowds.entry(account).or_default().under_way += 1;
    }

    pub fn end(&self, account: AccountId, took: Duration) {
        let mut state = self.state();
        let crowd = state.crowds.entry(account).or_default();
        crowd.under_way = crowd.under_way.saturating_sub(1);
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        crowd.call_us = (crowd.call_us / 8 * 7).saturating_add(took / 8);
        drop(state);
        self.wake();
    }

    /// A row was given the next turn.
    pub fn give_turn(&self, account: AccountId, now: Time) {
        let mut state = self.state();
        let crowd = state.crowds.entry(account).or_default();
        crowd.last_turn = Some(crowd.turn(now, 1));
    }

    /// The way works: what failed before counts no more.
    pub fn works(&self, account: AccountId, way: Way) {
        self.state().lines.remove(&(account, way));
    }

    /// The way fails for everybody: it rests a while, longer each time.
    pub fn failed(&self, account: AccountId, way: Way, now: Time) -> Time {
        let mut state = self.state();
        let line = state.lines.entry((account, way)).or_default();
        // What was under way together when it failed is one failure.
        if line.rests_until.is_none_or(|t| t <= now) {
            let ms = REST_FIRST_MS.saturating_mul(1_i64 << line.failures.min(16)).min(REST_LAST_MS);
            line.failures += 1;
            line.rests_until = Some(now.plus_ms(ms));
        }
        line.rests_until.unwrap_or(now)
    }

    /// WeChat has said how long it rests.
    pub fn rest_until(&self, account: AccountId, way: Way, until: Time) {
        let mut state = self.state();
        let line = state.lines.entry((account, way)).or_default();
        line.rests_until = line.rests_until.max(Some(until));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_that_fails_rests_longer_each_time_and_holds_up_no_other_account() {
        let (desk, now) = (Desk::default(), Time::of_ms(1_000_000));
        let (one, other) = (AccountId::of(1), AccountId::of(2));
        assert_eq!(desk.failed(one, Way::Template, now), now.plus_ms(1_000));
        assert_eq!(desk.failed(one, Way::Template, now.plus_ms(10)), now.plus_ms(1_000));
        let later = now.plus_ms(1_000);
        assert_eq!(desk.failed(one, Way::Template, later), later.plus_ms(2_000));
        for _ in 0..20 {
            let at = desk.ways(one, now).template_rests.unwrap_or(now);
            let until = desk.failed(one, Way::Template, at);
            assert!(until.since(at) <= REST_LAST_MS, "{until:?}");
        }
        assert_eq!(desk.ways(other, now).template_rests, None);
        assert_eq!(desk.ways(one, now).custom_rests, None);
        desk.works(one, Way::Template);
        assert_eq!(desk.ways(one, now).template_rests, None);
    }

    #[test]
    fn rows_that_find_no_room_come_back_one_for_each_call_that_ends() {
        let (desk, now) = (Desk::default(), Time::of_ms(1_000_000));
        let account = AccountId::of(1);
        for _ in 0..64 {
            desk.begin(account);
            desk.end(account, Duration::from_millis(6_400));
        }
        for _ in 0..ACCOUNT_CALLS_MAX {
            desk.begin(account);
        }
        let ways = desk.ways(account, now);
        assert_eq!(ways.room, 0);
        let first = ways.turn(0);
        assert_eq!(first, now.plus_ms(TURN_FIRST_MS));
        let apart = ways.turn(10).since(first) / 10;
        assert!((95..=100).contains(&apart), "a call of 6.4 s, 64 at once: {apart} ms");
        // The next look goes on behind the turns that were given, and nobody waits long for an account that has recovered.
        for _ in 0..10 {
            desk.give_turn(account, now);
        }
        assert!(desk.ways(account, now).turn(0) >= ways.turn(9));
        assert_eq!(desk.ways(account, now).turn(1_000), now.plus_ms(TURN_LAST_MS));
        assert_eq!(desk.ways(AccountId::of(2), now).turn(0), now.plus_ms(TURN_FIRST_MS));
    }
}
