//! Leaves a chooser alone that fails: after some failures in a row nobody asks for a while, then one question tries again.

use base::Time;
use std::sync::{Mutex, MutexGuard, PoisonError};

const FAILURES_MAX: u32 = 3;
const REST_MS: i64 = 60_000;

#[derive(Debug, Default)]
struct State {
    failures: u32,
    /// Nobody asks before.
    until: Option<Time>,
}

#[derive(Debug, Default)]
pub(super) struct Breaker(Mutex<State>);

impl Breaker {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn lets_through(&self, now: Time) -> bool {
        self.state().until.is_none_or(|until| now >= until)
    }

    /// Whether this question may go out. After a rest one may; the others wait until it is answered.
    pub(super) fn take(&self, now: Time) -> bool {
        let mut state = self.state();
        if state.until.is_some_and(|until| now < until) {
            return false;
        }
        if state.until.is_some() {
            state.until = Some(now.plus_ms(REST_MS));
        }
        true
    }

    /// Counts how it ended; true when the rest begins with this.
    pub(super) fn note(&self, is_of_use: bool, now: Time) -> bool {
        let mut state = self.state();
        if is_of_use {
            *state = State::default();
            return false;
        }
        state.failures = state.failures.saturating_add(1);
        let begins = state.failures >= FAILURES_MAX;
        if begins {
            state.until = Some(now.plus_ms(REST_MS));
        }
        begins
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_failures_bring_a_rest_and_then_one_tries_for_all() {
        let (breaker, start) = (Breaker::default(), Time::of_secs(1_795_000_000));
        for failed in 1..=3 {
            assert!(breaker.take(start));
            assert_eq!(breaker.note(false, start), failed == 3);
        }
        let soon = start.plus_ms(REST_MS - 1);
        assert!(!breaker.take(soon) && !breaker.lets_through(soon));
        let later = start.plus_ms(REST_MS);
        assert!(breaker.take(later), "one tries");
        assert!(!breaker.take(later), "the others wait for it");
        assert!(breaker.note(false, later), "it failed: another rest");
        let again = later.plus_ms(REST_MS);
        assert!(breaker.take(again));
        assert!(!breaker.note(true, again), "it answered: all may ask");
        assert!(breaker.take(again) && breaker.take(again));
    }

    #[test]
    fn an_answer_in_between_forgets_failures() {
        let (breaker, now) = (Breaker::default(), Time::of_secs(1_795_000_000));
        for _ in 0..2 {
            breaker.note(false, now);
        }
        breaker.note(true, now);
        assert!(!breaker.note(false, now) && breaker.take(now));
    }
}
