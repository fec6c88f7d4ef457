//! A circuit breaker (熔断) for each institution's core: while most of what was lately asked of it got no answer in time, no
//! payment is begun, so that nobody types a PIN for a payment that would only be «not known» (core.md §5).
//!
//! *Invariants.* What was let go goes on: questions about it are never held back. A refusal of the core is an answer. It is
//! each process's own and forgotten with it. Not for: deciding what became of a payment.

use base::Time;
use std::collections::VecDeque;
use std::time::Duration;

/// So many calls are looked at, the latest; with fewer nothing is decided.
const CALLS: usize = 20;
/// Half of them without an answer …
const BAD: usize = CALLS / 2;
/// … or more than one in twenty slower than this.
const SLOW: Duration = Duration::from_secs(5);
const MAY_BE_SLOW: usize = CALLS / 20;
/// So long nothing is begun, then one is tried, and another each time so long has passed.
pub(super) const REST_MS: i64 = 30_000;

#[derive(Debug, Default)]
pub(super) struct Breaker {
    lately: VecDeque<(bool, Duration)>,
    /// It is open, and nothing is tried before then.
    rests_until: Option<Time>,
}

/// What a call changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turned {
    Open,
    Closed,
    Nothing,
}

impl Breaker {
    /// Whether something new may be begun; of those who ask while it is open, one in a while may.
    pub(super) fn may_begin(&mut self, now: Time) -> bool {
        match self.rests_until {
            None => true,
            Some(until) if now < until => false,
            Some(_) => {
                self.rests_until = Some(now.plus_ms(REST_MS));
                true
            }
        }
    }

    /// A call was answered, or not, and took so long.
    pub(super) fn note(&mut self, now: Time, is_answered: bool, took: Duration) -> Turned {
        if self.rests_until.is_some() {
            if !is_answered || took > SLOW {
                self.rests_until = Some(now.plus_ms(REST_MS));
                return Turned::Nothing;
            }
            *self = Self::default();
            return Turned::Closed;
        }
        self.lately.push_back((is_answered, took));
        if self.lately.len() > CALLS {
            self.lately.pop_front();
        }
        let bad = self.lately.iter().filter(|(ok, _)| !ok).count();
        let slow = self.lately.iter().filter(|(_, took)| *took > SLOW).count();
        if self.lately.len() < CALLS || (bad < BAD && slow <= MAY_BE_SLOW) {
            return Turned::Nothing;
        }
        self.rests_until = Some(now.plus_ms(REST_MS));
        Turned::Open
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUICK: Duration = Duration::from_millis(40);
    const NOW: Time = Time::of_ms(1_795_000_000_000);

    fn after(good: usize, bad: usize) -> Breaker {
        let mut breaker = Breaker::default();
        for _ in 0..good {
            breaker.note(NOW, true, QUICK);
        }
        for _ in 0..bad {
            breaker.note(NOW, false, QUICK);
        }
        breaker
    }

    #[test]
    fn half_of_twenty_calls_without_an_answer_open_it() {
        assert!(after(11, 9).may_begin(NOW));
        assert!(!after(10, 10).may_begin(NOW));
        assert!(after(0, 19).may_begin(NOW), "nineteen say nothing yet");
        // Only the latest twenty count.
        assert!(!after(500, 10).may_begin(NOW));
    }

    #[test]
    fn answers_that_come_late_open_it_too() {
        let mut breaker = after(18, 0);
        assert_eq!(breaker.note(NOW, true, Duration::from_secs(6)), Turned::Nothing);
        assert_eq!(breaker.note(NOW, true, Duration::from_secs(6)), Turned::Open);
    }

    #[test]
    fn after_a_rest_one_is_tried_and_its_answer_closes_it() {
        let mut breaker = after(0, 20);
        let later = NOW.plus_ms(REST_MS);
        assert!(!breaker.may_begin(later.plus_ms(-1)));
        assert!(breaker.may_begin(later), "one is tried");
        assert!(!breaker.may_begin(later), "and only one");
        assert_eq!(breaker.note(later, false, QUICK), Turned::Nothing);
        assert!(!breaker.may_begin(later.plus_ms(REST_MS - 1)));
        assert!(breaker.may_begin(later.plus_ms(REST_MS)));
        assert_eq!(breaker.note(later, true, QUICK), Turned::Closed);
        assert!(breaker.may_begin(later));
    }

    #[test]
    fn one_who_was_let_through_and_never_came_back_does_not_shut_out_the_others() {
        let mut breaker = after(0, 20);
        let later = NOW.plus_ms(REST_MS);
        assert!(breaker.may_begin(later));
        assert!(breaker.may_begin(later.plus_ms(REST_MS)));
    }
}
