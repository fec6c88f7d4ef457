//! What a payment and the core's lines about it come to: the classes of core.md §8, as one pure function.
//!
//! *Invariant.* Every payment that is expected and every group of lines gets exactly one class (I30); the same both sides get
//! the same one (I31). Not for: doing anything about it; `run` does.

use super::file::Seen;
use crate::payments::evidence::{Facts, Parties};
use crate::payments::state::{Evidence, State};
use base::{CHINA_OFFSET_MS, DAY_MS, Time};
use corebank::Day;
use corebank::recon::{Kind, core_date};

/// Who differs from whom, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Both say the same.
    M0,
    /// The core has booked what we did not know the outcome of.
    M1,
    /// The core has nothing of it, and never will.
    M2,
    /// 长款: booked there, not here.
    M3,
    /// 短款: booked here, not there.
    M4,
    /// Another sum, another account, another kind.
    M5,
    /// Undone on one side only.
    M6,
    /// Booked twice.
    M7,
    /// 跨日: booked on the other side of the cut, or to be.
    M8,
}

impl Class {
    pub const ALL: [Self; 9] =
        [Self::M0, Self::M1, Self::M2, Self::M3, Self::M4, Self::M5, Self::M6, Self::M7, Self::M8];

    pub const fn word(self) -> &'static str {
        match self {
            Self::M0 => "M0",
            Self::M1 => "M1",
            Self::M2 => "M2",
            Self::M3 => "M3",
            Self::M4 => "M4",
            Self::M5 => "M5",
            Self::M6 => "M6",
            Self::M7 => "M7",
            Self::M8 => "M8",
        }
    }
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.word() == word)
    }
    /// People are called.
    pub const fn is_alarm(self) -> bool {
        matches!(self, Self::M3 | Self::M4 | Self::M5 | Self::M6 | Self::M7)
    }
}

/// What is done at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    Nothing,
    /// The core's line, or its absence, decides.
    Prove(Evidence),
    /// Nothing more happens to it until two people have decided.
    Freeze,
    /// The next day's file is waited for.
    Wait,
}

/// A class, why (a code), and what is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    pub class: Class,
    pub why: &'static str,
    pub act: Act,
}

const fn verdict(class: Class, why: &'static str, act: Act) -> Verdict {
    Verdict { class, why, act }
}
const MATCHED: Verdict = verdict(Class::M0, "", Act::Nothing);

/// What stands in the books of days before or after about this payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Earlier {
    /// It was waited for since the day before: now is the time.
    pub is_due: bool,
    /// A file of the day before or after has it.
    pub was_elsewhere: bool,
    /// People have not decided yet about an earlier difference; the state it had then.
    pub before: Option<State>,
    /// This very day has a difference of it: by this file, or by one whose place it has taken.
    pub was_here: bool,
}

/// The day that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct When {
    pub date: Day,
    /// Minutes after midnight at which the core's next date begins; 1440 is midnight.
    pub cut_minutes: i64,
    /// The next day was looked at already: there is nothing to wait for.
    pub next_is_done: bool,
}

/// So near the cut a payment may be booked on either side of it.
const NEAR_MS: i64 = 5 * 60_000;

impl When {
    /// The core date of something sent at this moment.
    pub fn day_of(&self, at: Time) -> Day {
        core_date(at, self.cut_minutes)
    }
    /// From when on nothing is sent any more that could be booked on this date.
    pub fn is_over_at(&self) -> Time {
        self.date.start().plus_ms(self.cut_minutes * 60_000 + NEAR_MS)
    }
    /// Whether a cut is so near that it may fall on the other side.
    pub fn is_near_cut(&self, at: Time) -> bool {
        let since_cut = (at.ms() + CHINA_OFFSET_MS - self.cut_minutes * 60_000).rem_euclid(DAY_MS);
        since_cut <= NEAR_MS || since_cut >= DAY_MS - NEAR_MS
    }
    /// The core date whose file should have this payment; none when nothing was ever sent, or it had no effect.
    pub fn expected(&self, f: &Facts, earlier: &Earlier) -> Option<Day> {
        match state_of(f, earlier) {
            State::Draft | State::Challenged | State::Authorised | State::Ended | State::Failed => {
                None
            }
            State::Submitting
            | State::Accepted
            | State::Succeeded
            | State::Unknown
            | State::Reversing
            | State::Reversed
            | State::Returned
            | State::Manual => f.core_date.or_else(|| f.sent_at.map(|at| self.day_of(at))),
        }
    }
    /// Whether the payment belongs to this day's comparison though the file has no line of it.
    pub fn concerns(&self, f: &Facts, earlier: &Earlier) -> bool {
        earlier.is_due || earlier.was_here || self.expected(f, earlier) == Some(self.date)
    }
}

/// A payment that people have not decided about is judged as it was before.
fn state_of(f: &Facts, earlier: &Earlier) -> State {
    match earlier.before {
        Some(before) if f.state == State::Manual => before,
        _ => f.state,
    }
}

/// Judges one payment and the lines about it. `parties` is asked only where there is a line.
///
/// # Errors
/// What `parties` comes to.
pub fn judge(
    facts: Option<&Facts>,
    lines: &[Seen],
    when: &When,
    earlier: &Earlier,
    parties: impl FnOnce(&Facts) -> base::Result<Parties>,
) -> base::Result<Verdict> {
    let of = |kind: Kind| lines.iter().filter(move |l| l.kind == kind);
    let back = of(Kind::Return).chain(of(Kind::Reversal)).count();
    if of(Kind::Pay).count() > 1 || back > 1 {
        return Ok(verdict(Class::M7, "twice", Act::Freeze));
    }
    let Some(f) = facts else { return Ok(verdict(Class::M3, "unknown_here", Act::Freeze)) };
    if !lines.is_empty() {
        let parties = parties(f)?;
        if let Some(field) = lines.iter().find_map(|l| differs(f, &parties, l)) {
            return Ok(verdict(Class::M5, field, Act::Freeze));
        }
    }
    let state = state_of(f, earlier);
    let pay = of(Kind::Pay).next();
    let undone = of(Kind::Return).chain(of(Kind::Reversal)).next().map(|l| l.kind);
    let judged = match (pay, undone) {
        (None, None) => absent(f, state, when, earlier),
        (Some(line), None) => posted(f, state, line, when, earlier),
        (Some(_), Some(kind)) => undone_too(state, kind),
        (None, Some(Kind::Return)) => undone_too(state, Kind::Return),
        (None, Some(_)) => verdict(Class::M6, "reversal_only", Act::Freeze),
    };
    Ok(freed(judged, f, earlier, (pay.is_some(), undone.is_some())))
}

/// What both sides say the same of after all is given its state back, by the evidence there is now.
fn freed(judged: Verdict, f: &Facts, earlier: &Earlier, (pay, undone): (bool, bool)) -> Verdict {
    if judged.class != Class::M0 || f.state != State::Manual {
        return judged;
    }
    match (earlier.before, pay, undone) {
        (None, ..) => judged,
        (Some(_), _, true) | (Some(State::Reversed), ..) => {
            verdict(Class::M1, "undone", Act::Prove(Evidence::Reversed))
        }
        (Some(_), true, false) => verdict(Class::M1, "posted", Act::Prove(Evidence::Posted)),
        (Some(_), false, false) if earlier.was_elsewhere => judged,
        (Some(_), false, false) => verdict(Class::M2, "absent", Act::Prove(Evidence::Absent)),
    }
}

/// The first of a line's facts that is not the payment's.
fn differs(f: &Facts, parties: &Parties, l: &Seen) -> Option<&'static str> {
    let is_pay = l.kind == Kind::Pay;
    let same_core_serial = f.core_serial.as_ref().is_none_or(|s| *s == l.core_serial);
    [
        ("amount", l.amount == f.amount),
        ("fee", l.fee == f.fee),
        ("payer", l.payer == parties.payer),
        ("payee", l.payee == parties.payee),
        ("channel_serial", l.serial == f.serial),
        ("channel_date", l.channel_date == f.channel_date),
        ("core_serial", !is_pay || same_core_serial),
    ]
    .into_iter()
    .find_map(|(field, same)| (!same).then_some(field))
}

/// The core has it.
fn posted(f: &Facts, state: State, line: &Seen, when: &When, earlier: &Earlier) -> Verdict {
    match state {
        State::Succeeded | State::Accepted => {
            let other_day = f.core_date.filter(|d| *d != line.core_date);
            let is_beside = other_day.is_some_and(|d| d.days_since(line.core_date).abs() == 1);
            let is_near = f.sent_at.is_some_and(|at| when.is_near_cut(at));
            match other_day {
                None => MATCHED,
                // It was missed on its day; here it is.
                Some(_) if earlier.before.is_some() || earlier.is_due => MATCHED,
                Some(_) if is_beside && is_near => verdict(Class::M8, "other_day", Act::Nothing),
                Some(_) => verdict(Class::M5, "core_date", Act::Freeze),
            }
        }
        State::Submitting | State::Unknown | State::Manual => {
            verdict(Class::M1, "posted", Act::Prove(Evidence::Posted))
        }
        State::Draft | State::Challenged | State::Authorised | State::Failed | State::Ended => {
            verdict(Class::M3, "posted", Act::Freeze)
        }
        State::Reversing | State::Reversed => verdict(Class::M6, "original_only", Act::Freeze),
        State::Returned if earlier.was_elsewhere => MATCHED,
        // A rail may give back on a later day than it was paid.
        State::Returned if !when.next_is_done && Day::at(f.since) > when.date => {
            verdict(Class::M8, "return_later", Act::Wait)
        }
        State::Returned => verdict(Class::M6, "original_only", Act::Freeze),
    }
}

/// The core has it, and what undid it; of a return perhaps only that, when it was paid on an earlier day.
fn undone_too(state: State, how: Kind) -> Verdict {
    let prove = |evidence| verdict(Class::M1, "undone", Act::Prove(evidence));
    match (state, how) {
        (State::Reversed, _) | (State::Returned, Kind::Return) => MATCHED,
        (State::Submitting | State::Unknown | State::Manual | State::Accepted, Kind::Return) => {
            prove(Evidence::Returned)
        }
        (State::Submitting | State::Unknown | State::Manual | State::Reversing, Kind::Reversal) => {
            prove(Evidence::Reversed)
        }
        (
            State::Draft | State::Challenged | State::Authorised | State::Failed | State::Ended,
            _,
        ) => verdict(Class::M3, "undone", Act::Freeze),
        _ => verdict(Class::M5, "kind", Act::Freeze),
    }
}

/// The core has nothing of it.
fn absent(f: &Facts, state: State, when: &When, earlier: &Earlier) -> Verdict {
    if earlier.was_elsewhere {
        return MATCHED;
    }
    let is_near = f.sent_at.is_some_and(|at| when.is_near_cut(at));
    let may_wait = is_near && !earlier.is_due && !when.next_is_done;
    match state {
        // There was nothing to undo.
        State::Reversed if f.core_serial.is_none() => MATCHED,
        State::Draft | State::Challenged | State::Authorised | State::Ended | State::Failed => {
            MATCHED
        }
        // Its payment was seen on its own day; only what gave it back is still missing.
        State::Returned if earlier.is_due => verdict(Class::M6, "original_only", Act::Freeze),
        _ if may_wait => verdict(Class::M8, "near_cut", Act::Wait),
        State::Submitting | State::Unknown | State::Manual => {
            verdict(Class::M2, "absent", Act::Prove(Evidence::Absent))
        }
        State::Succeeded | State::Accepted => verdict(Class::M4, "absent", Act::Freeze),
        State::Reversing | State::Reversed | State::Returned => {
            verdict(Class::M6, "absent", Act::Freeze)
        }
    }
}
