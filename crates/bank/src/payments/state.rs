//! The life of one payment as a pure function: where it stands and what happened give where it goes (core.md §2).
//!
//! *Invariants.* Time alone never makes a failure of what may have happened: from [`State::Unknown`] only the core's own
//! word, or evidence, leads to [`State::Failed`]. A payment that may have been sent is never sent under another id.
//! Not for: rows, calls, words; `store`, `engine` and `words` do those.

use base::Time;
use std::fmt;

/// Where a payment stands. The numbers are kept for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// Everything is frozen, nothing is proved.
    Draft,
    /// Proof was asked for.
    Challenged,
    /// Proved; limits are reserved, the serial is given.
    Authorised,
    /// The call is recorded; bytes may be on the wire.
    Submitting,
    /// The core has booked it, a rail has still to confirm it.
    Accepted,
    Succeeded,
    /// Definitely no effect.
    Failed,
    /// Given up or run out before anything was sent.
    Ended,
    /// It may have happened (可疑).
    Unknown,
    /// 冲正中
    Reversing,
    /// 已冲正: no effect left.
    Reversed,
    /// 退汇: the rail gave it back.
    Returned,
    /// 挂账待处理: people decide, two of them.
    Manual,
}

use State::{
    Accepted, Authorised, Challenged, Draft, Ended, Failed, Manual, Returned, Reversed, Reversing,
    Submitting, Succeeded, Unknown,
};

/// Every state and its number.
const CODES: [(State, i64); 13] = [
    (Draft, 10),
    (Challenged, 20),
    (Authorised, 30),
    (Submitting, 40),
    (Accepted, 50),
    (Succeeded, 60),
    (Failed, 61),
    (Ended, 62),
    (Unknown, 65),
    (Reversing, 70),
    (Reversed, 71),
    (Returned, 72),
    (Manual, 80),
];

/// Every way from a state to another; all else is refused (I13).
pub const WAYS: &[(State, State)] = &[
    (Draft, Challenged),
    (Draft, Ended),
    (Challenged, Authorised),
    (Challenged, Ended),
    (Authorised, Submitting),
    (Authorised, Ended),
    (Submitting, Submitting),
    (Submitting, Succeeded),
    (Submitting, Accepted),
    (Submitting, Failed),
    (Submitting, Unknown),
    (Unknown, Unknown),
    (Unknown, Succeeded),
    (Unknown, Accepted),
    (Unknown, Failed),
    (Unknown, Returned),
    (Unknown, Reversed),
    (Unknown, Reversing),
    (Unknown, Manual),
    (Accepted, Accepted),
    (Accepted, Succeeded),
    (Accepted, Returned),
    (Accepted, Reversing),
    (Accepted, Manual),
    (Succeeded, Reversing),
    (Succeeded, Manual),
    (Failed, Manual),
    // Only by evidence that the core has something else (core.md §8, M3 and M6).
    (Ended, Manual),
    (Reversed, Manual),
    (Returned, Manual),
    (Reversing, Reversing),
    (Reversing, Reversed),
    (Reversing, Manual),
    (Manual, Succeeded),
    (Manual, Failed),
    (Manual, Reversed),
];

impl State {
    pub const ALL: [Self; 13] = [
        Draft, Challenged, Authorised, Submitting, Accepted, Succeeded, Failed, Ended, Unknown,
        Reversing, Reversed, Returned, Manual,
    ];

    pub fn code(self) -> i64 {
        CODES.iter().find(|(s, _)| *s == self).map_or(0, |(_, code)| *code)
    }
    pub fn of(code: i64) -> Option<Self> {
        CODES.iter().find(|(_, c)| *c == code).map(|(s, _)| *s)
    }
    /// Nothing happens to it by itself any more.
    pub const fn is_over(self) -> bool {
        matches!(self, Succeeded | Failed | Ended | Reversed | Returned)
    }
    /// Its sum counts against the limits: from the proof until it is certain that nothing has left (I20).
    pub const fn counts(self) -> bool {
        !matches!(self, Draft | Challenged | Failed | Ended | Reversed)
    }
    /// An equal one would perhaps be paid twice.
    pub const fn is_under_way(self) -> bool {
        matches!(self, Authorised | Submitting | Accepted | Unknown | Reversing | Manual)
    }
}

/// What decides about the next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub state: State,
    pub created_at: Time,
    /// Since when it is authorised, unknown, accepted, reversing: the clock of the state.
    pub since: Time,
    /// The core must not begin it later; set when it is first picked.
    pub valid_until: Option<Time>,
    /// Bytes of some try may have left.
    pub may_have_left: bool,
    /// Questions asked, or reversals tried, in this state.
    pub tries: i64,
    /// The core has answered something that does not fit: people look, no answer is believed any more.
    pub is_broken: bool,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Factors were asked for.
    Asked,
    /// Everything asked for is proved.
    Proved,
    /// The customer gave it up.
    GivenUp,
    /// Its time has run out, where that ends it.
    RunOut,
    /// A worker takes it to the core.
    Picked,
    /// Proof that no byte left.
    NotSent,
    /// Done, and the echo fits; `is_final` is false while a rail has to confirm.
    Done { is_final: bool },
    /// The core did, or says it did, something else.
    Differs,
    /// A definite no.
    Refused,
    /// No answer, or none that can be read.
    Silent,
    /// The worker that had it is gone.
    Lost,
    /// The core has never seen it; `is_fenced`: and refuses it from now on.
    NotFound { is_fenced: bool },
    /// The rail gave it back.
    GivenBack,
    /// The core says that it is undone, or that there was nothing to undo and never will be.
    Undone,
    /// The core will not undo it.
    NotUndone,
    /// A later leg failed for good: what was done is to be undone.
    LegFailed,
    /// Evidence: a line of the core's file, or two people.
    Proof(Evidence),
}

/// What evidence shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    Posted,
    Absent,
    Reversed,
    /// The rail gave it back.
    Returned,
    /// It contradicts what is kept: people decide.
    Odd,
}

/// Where it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    pub to: State,
    /// When it is looked at again by itself.
    pub next_at: Option<Time>,
    /// Why, as a code.
    pub why: &'static str,
}

/// An event that cannot happen here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Illegal {
    pub state: State,
    pub event: Event,
}

impl fmt::Display for Illegal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} cannot happen to a payment that is {:?}", self.event, self.state)
    }
}
impl std::error::Error for Illegal {}

/// A draft is good for a quarter of an hour.
pub const DRAFT_MS: i64 = 15 * 60_000;
/// What nobody picks in this time is not sent at all.
pub const PICK_MS: i64 = 60_000;
/// How long after it was first picked the core may begin it.
pub const VALID_MS: i64 = 20_000;
/// A worker's lease while it speaks to the core.
pub const LEASE_MS: i64 = 15_000;
/// Questions end and people begin after an hour.
pub const BUDGET_MS: i64 = 60 * 60_000;
/// A reversal is tried this often (a habit of ISO 8583 hosts).
pub const REVERSALS_MAX: i64 = 6;
const RESEND_MS: i64 = 1_000;

/// Waits between questions about an unknown outcome.
const UNKNOWN_WAITS_MS: [i64; 11] =
    [2_000, 5_000, 10_000, 20_000, 30_000, 60_000, 120_000, 300_000, 600_000, 900_000, 900_000];
/// Waits between questions about what a rail has to confirm: most have by the second, and whoever paid looks at the page.
const RAIL_WAITS_MS: [i64; 8] = [5_000, 3_000, 7_000, 15_000, 30_000, 60_000, 300_000, 600_000];

fn wait(waits: &[i64], tries: i64) -> i64 {
    let at = usize::try_from(tries).unwrap_or(0).min(waits.len() - 1);
    waits.get(at).copied().unwrap_or(RESEND_MS)
}

/// When a payment in `state` is first looked at again.
pub fn first_look(state: State, now: Time) -> Option<Time> {
    match state {
        Draft | Challenged => Some(now.plus_ms(DRAFT_MS)),
        Authorised => Some(now),
        Submitting => Some(now.plus_ms(LEASE_MS)),
        Unknown => Some(now.plus_ms(wait(&UNKNOWN_WAITS_MS, 0))),
        Accepted => Some(now.plus_ms(wait(&RAIL_WAITS_MS, 0))),
        Reversing => Some(now),
        Succeeded | Failed | Ended | Reversed | Returned | Manual => None,
    }
}

/// What `event` makes of a payment.
pub fn step(s: &Standing, event: Event, now: Time) -> Result<Step, Illegal> {
    let go = |to, why| Ok(Step { to, next_at: first_look(to, now), why });
    let stay =
        |next_ms: i64, why| Ok(Step { to: s.state, next_at: Some(now.plus_ms(next_ms)), why });
    match (s.state, event) {
        (Draft, Event::Asked) => {
            Ok(Step { to: Challenged, next_at: Some(s.created_at.plus_ms(DRAFT_MS)), why: "asked" })
        }
        (Draft | Challenged, Event::GivenUp) => go(Ended, "given_up"),
        (Draft | Challenged, Event::RunOut) if now.since(s.created_at) >= DRAFT_MS => {
            go(Ended, "too_late")
        }
        (Challenged, Event::Proved) if now.since(s.created_at) < DRAFT_MS => {
            go(Authorised, "proved")
        }
        (Authorised, Event::Picked) if now.since(s.since) < PICK_MS => go(Submitting, "picked"),
        (Authorised, Event::RunOut) if now.since(s.since) >= PICK_MS => go(Ended, "not_picked"),
        (Submitting, Event::Picked) if !s.may_have_left => go(Submitting, "picked"),
        (Submitting, Event::NotSent) if !s.may_have_left => {
            let is_late = s.valid_until.is_some_and(|until| now.plus_ms(RESEND_MS) >= until);
            if is_late { go(Failed, "not_sent") } else { stay(RESEND_MS, "not_sent") }
        }
        #[cfg(all(test, feature = "planted"))]
        (Submitting, Event::Silent) if super::sim::is_planted("timeout_is_failed") => {
            go(Failed, "silent")
        }
        // An earlier try may have arrived though this one did not.
        (Submitting, Event::NotSent | Event::Silent) => go(Unknown, "silent"),
        (Submitting, Event::Lost) => go(Unknown, "lost"),
        (Submitting, Event::Differs) => go(Unknown, "differs"),
        (Submitting, Event::Refused) => go(Failed, "refused"),
        (Submitting, Event::Done { is_final }) => go(done(is_final), "done"),
        (Unknown, event) => unknown(s, event, now),
        (Accepted, Event::Done { is_final: true }) => go(Succeeded, "confirmed"),
        (Accepted, Event::GivenBack) => go(Returned, "given_back"),
        (Accepted, Event::Done { .. } | Event::Silent | Event::NotSent) => {
            stay(wait(&RAIL_WAITS_MS, s.tries + 1), "waiting")
        }
        // It was booked, and is not any more, or something else is: nobody may guess.
        (Accepted, Event::Differs | Event::Refused | Event::NotFound { .. } | Event::Undone) => {
            go(Manual, "odd")
        }
        (Accepted | Succeeded, Event::LegFailed) => go(Reversing, "leg_failed"),
        (Reversing, Event::Undone) => go(Reversed, "undone"),
        (Reversing, Event::NotUndone | Event::Differs) => go(Manual, "not_undone"),
        (Reversing, Event::Silent | Event::NotSent | Event::Lost) => {
            if s.tries + 1 >= REVERSALS_MAX {
                go(Manual, "reversal_silent")
            } else {
                stay(wait(&UNKNOWN_WAITS_MS, s.tries), "reversal_silent")
            }
        }
        (Manual, Event::Proof(Evidence::Posted)) => go(Succeeded, "evidence"),
        (Manual, Event::Proof(Evidence::Absent)) => go(Failed, "evidence"),
        // Whoever gave it back, nothing has left.
        (Manual, Event::Proof(Evidence::Reversed | Evidence::Returned)) => go(Reversed, "evidence"),
        (Accepted, Event::Proof(Evidence::Returned)) => go(Returned, "evidence"),
        (Reversing, Event::Proof(Evidence::Reversed)) => go(Reversed, "evidence"),
        (
            Succeeded | Failed | Accepted | Ended | Reversing | Reversed | Returned,
            Event::Proof(Evidence::Odd),
        ) => go(Manual, "odd"),
        (state, event) => Err(Illegal { state, event }),
    }
}

const fn done(is_final: bool) -> State {
    if is_final { Succeeded } else { Accepted }
}

/// What is heard of a payment that may have happened.
fn unknown(s: &Standing, event: Event, now: Time) -> Result<Step, Illegal> {
    let go = |to, why| Ok(Step { to, next_at: first_look(to, now), why });
    let is_heard = matches!(
        event,
        Event::Done { .. }
            | Event::GivenBack
            | Event::Refused
            | Event::NotFound { .. }
            | Event::Differs
            | Event::Undone
            | Event::Silent
            | Event::NotSent
    );
    match event {
        Event::Proof(Evidence::Posted) => go(Succeeded, "evidence"),
        Event::Proof(Evidence::Absent) => go(Failed, "evidence"),
        Event::Proof(Evidence::Reversed) => go(Reversed, "evidence"),
        Event::Proof(Evidence::Returned) => go(Returned, "evidence"),
        Event::Proof(Evidence::Odd) => go(Manual, "odd"),
        // What has once said something else is not believed by itself again.
        _ if s.is_broken && is_heard => go(Manual, "differs"),
        Event::Done { is_final } => go(done(is_final), "found"),
        Event::GivenBack => go(Returned, "given_back"),
        Event::Refused => go(Failed, "refused"),
        Event::NotFound { is_fenced: true } => go(Failed, "fenced"),
        // Nobody asked the core to undo it.
        Event::Differs | Event::Undone => go(Manual, "odd"),
        Event::NotFound { is_fenced: false } | Event::Silent | Event::NotSent => {
            if now.since(s.since) >= BUDGET_MS {
                return go(Manual, "silent");
            }
            let next = now.plus_ms(wait(&UNKNOWN_WAITS_MS, s.tries + 1));
            Ok(Step { to: Unknown, next_at: Some(next), why: "silent" })
        }
        event => Err(Illegal { state: Unknown, event }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Random;

    const T0: Time = Time::of_ms(1_795_363_200_000);

    fn at(state: State) -> Standing {
        Standing {
            state,
            created_at: T0,
            since: T0,
            valid_until: Some(T0.plus_ms(VALID_MS)),
            may_have_left: false,
            tries: 0,
            is_broken: false,
        }
    }

    const EVENTS: &[Event] = &[
        Event::Asked,
        Event::Proved,
        Event::GivenUp,
        Event::RunOut,
        Event::Picked,
        Event::NotSent,
        Event::Done { is_final: true },
        Event::Done { is_final: false },
        Event::Differs,
        Event::Refused,
        Event::Silent,
        Event::Lost,
        Event::NotFound { is_fenced: true },
        Event::NotFound { is_fenced: false },
        Event::GivenBack,
        Event::Undone,
        Event::NotUndone,
        Event::LegFailed,
        Event::Proof(Evidence::Posted),
        Event::Proof(Evidence::Absent),
        Event::Proof(Evidence::Reversed),
        Event::Proof(Evidence::Returned),
        Event::Proof(Evidence::Odd),
    ];

    /// Every state, event, age and kind of history there can be.
    fn everything(mut seen: impl FnMut(Standing, Event, Time, Result<Step, Illegal>)) {
        for state in State::ALL {
            for &event in EVENTS {
                for late_ms in [0, 30_000, PICK_MS, DRAFT_MS, BUDGET_MS] {
                    for (may_have_left, is_broken, tries) in
                        [(false, false, 0), (true, false, 0), (true, true, 0), (true, false, 9)]
                    {
                        let s = Standing { may_have_left, is_broken, tries, ..at(state) };
                        let now = T0.plus_ms(late_ms);
                        seen(s, event, now, step(&s, event, now));
                    }
                }
            }
        }
    }

    #[test]
    fn what_a_rail_confirms_a_moment_after_it_was_asked_is_known_seconds_later() {
        let mut s = at(Accepted);
        let mut now = first_look(Accepted, T0).unwrap();
        let mut waits = vec![now.since(T0) / 1_000];
        for _ in 0..4 {
            let next = step(&s, Event::Done { is_final: false }, now).unwrap().next_at.unwrap();
            waits.push(next.since(now) / 1_000);
            (s.tries, now) = (s.tries + 1, next);
        }
        assert_eq!(waits, [5, 3, 7, 15, 30]);
    }

    #[test]
    fn every_step_is_a_way_of_the_table_and_every_way_is_gone_i13() {
        let mut gone = std::collections::HashSet::new();
        everything(|s, event, _, came| {
            if let Ok(step) = came {
                assert!(WAYS.contains(&(s.state, step.to)), "{s:?} {event:?} {step:?}");
                gone.insert((s.state, step.to));
            }
        });
        // Undoing an unknown outcome is a product's choice; no product of ours makes it.
        let missing: Vec<_> =
            WAYS.iter().filter(|w| !gone.contains(w) && **w != (Unknown, Reversing)).collect();
        assert!(missing.is_empty(), "never gone: {missing:?}");
    }

    #[test]
    fn what_may_have_left_fails_only_by_the_cores_word_or_by_evidence() {
        everything(|s, event, _, came| {
            let definite = matches!(
                event,
                Event::Refused
                    | Event::NotFound { is_fenced: true }
                    | Event::Proof(Evidence::Absent)
            );
            if let Ok(Step { to: Failed, .. }) = came {
                assert!(definite || !s.may_have_left, "{s:?} {event:?}");
            }
        });
    }

    #[test]
    fn what_was_sent_is_never_picked_again_and_never_simply_ends() {
        everything(|s, event, _, came| {
            let Ok(step) = came else { return };
            if s.may_have_left {
                assert!(event != Event::Picked || s.state == Authorised, "{s:?}");
            }
            if step.to == Ended {
                assert!(matches!(s.state, Draft | Challenged | Authorised), "{s:?} {event:?}");
            }
        });
    }

    #[test]
    fn what_is_over_is_moved_by_evidence_or_a_failed_leg_only() {
        everything(|s, event, _, came| {
            if s.state.is_over() && came.is_ok() {
                assert!(matches!(event, Event::Proof(_) | Event::LegFailed), "{s:?} {event:?}");
            }
        });
    }

    #[test]
    fn every_open_payment_is_looked_at_again_and_manual_waits_for_people() {
        everything(|s, event, now, came| {
            let Ok(step) = came else { return };
            let rests = step.to.is_over() || step.to == Manual;
            assert_eq!(step.next_at.is_none(), rests, "{s:?} {event:?} {step:?}");
            // Within the longest wait: nothing sleeps for days.
            let wait = step.next_at.map_or(0, |at| at.since(now));
            assert!(wait <= 30 * 60_000, "{s:?} {event:?} {step:?}");
        });
    }

    #[test]
    fn a_core_that_once_said_something_else_is_never_believed_again_ta_12() {
        let s = Standing { is_broken: true, may_have_left: true, ..at(Unknown) };
        for event in [Event::Done { is_final: true }, Event::Refused, Event::Silent] {
            assert_eq!(step(&s, event, T0).map(|s| s.to), Ok(Manual));
        }
    }

    #[test]
    fn ten_thousand_random_lives_end_well_under_a_core_that_answers_in_the_end() {
        let random = Random::seeded(5);
        for _ in 0..10_000 {
            let mut s = Standing { may_have_left: true, ..at(Unknown) };
            let mut now = T0;
            let mut asked = 0;
            while !s.state.is_over() && s.state != Manual {
                let silent = random.below(100) < 80;
                let event =
                    if silent { Event::Silent } else { Event::NotFound { is_fenced: true } };
                let step = step(&s, event, now).unwrap();
                now = step.next_at.unwrap_or(now);
                s.tries += 1;
                s.state = step.to;
                asked += 1;
                assert!(asked < 40, "questions end");
            }
            assert!(now.since(T0) <= BUDGET_MS + 15 * 60_000);
        }
    }
}
