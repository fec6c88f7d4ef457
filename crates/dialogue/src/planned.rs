//! Reads when something is to be done later, for a question of kind `plan`.
//!
//! Not for: the grammar, which is `nlu::plan`; saying it back, which is `template`.

use crate::book::Ask;
use crate::lines;
use crate::understand::Reading;
use crate::values::Answer;
use base::Time;
use nlu::plan::{self, Each, Open, Plan, Rule, Said};

/// Kept aside: in a way that we do not have; by the moon; until nobody knows when; when nothing is done; only each month.
const OFTEN: &str = "often";
const LUNAR: &str = "lunar";
const VAGUE_END: &str = "end";
const ASLEEP: &str = "asleep";
const NOT_MONTHLY: &str = "only";

/// What a text says. `kept` is what was kept aside of the question that it answers.
pub(crate) fn said(ask: &Ask, reading: &Reading, now: Time, kept: Option<&str>) -> Answer {
    let today = now.china_day();
    let said = match kept.and_then(Open::parse) {
        Some(open) => plan::said_of(&reading.normal, open, today),
        None => plan::said(&reading.normal, today),
    };
    answer(ask, said, now)
}

/// The same of a plan that stands, with a begin or an end that comes later: 转十次.
pub(crate) fn after(ask: &Ask, reading: &Reading, now: Time, plan: &str) -> Answer {
    match Plan::parse(plan) {
        Some(plan) => answer(ask, plan::said_after(&reading.normal, plan, now.china_day()), now),
        None => Answer::Nothing,
    }
}

fn answer(ask: &Ask, said: Said, now: Time) -> Answer {
    let unsure = |word: &str| Answer::Unsure(word.to_owned());
    match said {
        Said::Plan(plan) if ask.is_monthly && !is_monthly(plan) => unsure(NOT_MONTHLY),
        Said::Open(open) if ask.is_monthly && open.each != Each::Month => unsure(NOT_MONTHLY),
        Said::Plan(plan) => {
            let (_, _, _, hour, minute) = now.china();
            let is_gone =
                plan.rule == Rule::On(now.china_day()) && plan.minute <= hour * 60 + minute;
            if is_gone { Answer::Not(lines::DAY_GONE) } else { Answer::Value(plan.to_text()) }
        }
        Said::Open(open) => Answer::Unsure(open.to_text()),
        Said::Often => unsure(OFTEN),
        Said::Lunar => unsure(LUNAR),
        Said::VagueEnd => unsure(VAGUE_END),
        Said::Asleep => unsure(ASLEEP),
        Said::Nothing => Answer::Nothing,
    }
}

/// A single day stands for that day of each month, where nothing else is done.
fn is_monthly(plan: Plan) -> bool {
    let is_plain = plan.begins.is_none() && plan.end.is_none();
    is_plain && matches!(plan.rule, Rule::On(_) | Rule::Monthly(_))
}

/// Why the question is asked again.
pub(crate) fn why(kept: &str) -> &'static str {
    match (kept, Open::parse(kept).map(|open| open.each)) {
        (_, Some(Each::Week)) => lines::WHICH_OF_WEEK,
        (_, Some(Each::Month)) => lines::WHICH_OF_MONTH,
        (_, Some(Each::Year)) => lines::WHICH_OF_YEAR,
        (LUNAR, _) => lines::BY_THE_MOON,
        (VAGUE_END, _) => lines::VAGUE_END,
        (ASLEEP, _) => lines::BANK_ASLEEP,
        (NOT_MONTHLY, _) => lines::ONLY_MONTHLY,
        _ => lines::ONCE_OR_EACH,
    }
}
