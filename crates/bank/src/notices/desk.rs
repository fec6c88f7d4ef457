//! What one process knows of the ways out: which account's way rests and until when, how many template messages are left of the
//! day, how many calls are under way.
//!
//! In memory only: a process that starts anew learns it from WeChat's first answer, which costs one refused call. Not for: what is
//! known of a follower (`window`).

use super::Way;
use crate::tenants::AccountId;
use base::Time;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Calls under way for one account; more wait, so that one that is slow holds up no other.
const ACCOUNT_CALLS_MAX: usize = 64;
/// Calls under way together.
pub const CALLS_MAX: usize = 256;
/// First rest after a failure of the line; doubled for each that follows, up to the last.
const REST_FIRST_MS: i64 = 1_000;
const REST_LAST_MS: i64 = 60_000;

#[derive(Debug, Default, Clone, Copy)]
struct Line {
    rests_until: Option<Time>,
    failures: u32,
}

#[derive(Debug, Default)]
struct State {
    lines: HashMap<(AccountId, Way), Line>,
    /// Template messages of the day, which is the second number.
    sent: HashMap<AccountId, (i64, i64)>,
    under_way: HashMap<AccountId, usize>,
}

#[derive(Debug, Default)]
pub struct Desk {
    state: Mutex<State>,
    wake: Notify,
}

/// How an account's ways stand at one moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ways {
    pub template_rests: Option<Time>,
    pub subscription_rests: Option<Time>,
    pub custom_rests: Option<Time>,
    /// Template messages sent on this day.
    pub sent_today: i64,
    /// Calls that may still be begun.
    pub room: usize,
}

impl Desk {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something has come: look at once.
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
        let (sent, day) = state.sent.get(&account).copied().unwrap_or_default();
        Ways {
            template_rests: rests(Way::Template),
            subscription_rests: rests(Way::Subscription),
            custom_rests: rests(Way::Custom),
            sent_today: if day == now.china_day() { sent } else { 0 },
            room: ACCOUNT_CALLS_MAX
                .saturating_sub(state.under_way.get(&account).copied().unwrap_or_default()),
        }
    }

    pub fn calls(&self) -> usize {
        self.state().under_way.values().sum()
    }

    pub fn begin(&self, account: AccountId, way: Way, now: Time) {
        let mut state = self.state();
        *state.under_way.entry(account).or_default() += 1;
        if way == Way::Template {
            let sent = state.sent.entry(account).or_default();
            let today = now.china_day();
            *sent = if sent.1 == today { (sent.0 + 1, today) } else { (1, today) };
        }
    }

    pub fn end(&self, account: AccountId) {
        let mut state = self.state();
        if let Some(n) = state.under_way.get_mut(&account) {
            *n = n.saturating_sub(1);
        }
        drop(state);
        self.wake();
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
    fn messages_of_a_day_are_counted_until_midnight_in_china() {
        let desk = Desk::default();
        let now = Time::of_china_date(2026, 11, 23).plus_ms(10 * 3_600_000);
        let account = AccountId::of(1);
        desk.begin(account, Way::Template, now);
        desk.begin(account, Way::Custom, now);
        let ways = desk.ways(account, now);
        assert_eq!((ways.sent_today, ways.room, desk.calls()), (1, ACCOUNT_CALLS_MAX - 2, 2));
        desk.end(account);
        desk.end(account);
        let tomorrow = now.plus_ms(base::DAY_MS);
        assert_eq!((desk.ways(account, tomorrow).sent_today, desk.calls()), (0, 0));
    }
}
