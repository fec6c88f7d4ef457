//! Instalments of credit cards (账单与消费分期): what a plan is, what it costs, and what that comes to in a year.
//!
//! Not for: which bill or purchase may be split; a core says that.

use crate::day::Day;
use crate::interest::half_up;
use base::Fen;
use serde::Serialize;

/// For how many bills a plan may run.
pub const PLAN_MONTHS: [i64; 4] = [3, 6, 12, 24];

/// One plan of a credit card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct CardPlan {
    pub made_on: Day,
    /// The bill that was split; `None`: a single purchase.
    pub billed_on: Option<Day>,
    /// What was split.
    pub amount: Fen,
    pub months: i64,
    /// Instalments that stand in bills already.
    pub billed: i64,
    /// Of each instalment.
    pub fee: Fen,
    /// Principal that stands in no bill yet.
    pub left: Fen,
    /// The bill that has the next instalment, and what that comes to with its fee; `None` once all are billed.
    pub next_bill: Option<Day>,
    pub next: Fen,
}

/// What a plan asks of its bills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Split {
    pub amount: Fen,
    pub months: i64,
    /// Of each instalment.
    pub fee: Fen,
}

impl Split {
    /// Principal and fee of the instalment `seq`, from 1; the last takes what the division left.
    pub fn instalment(&self, seq: i64) -> Option<Fen> {
        self.principal(seq)?.checked_add(self.fee)
    }

    /// Principal of the instalment `seq`.
    pub fn principal(&self, seq: i64) -> Option<Fen> {
        let even = self.amount.fen().checked_div(self.months)?;
        let is_last = seq == self.months;
        let own = if is_last { self.amount.fen() - even * (self.months - 1) } else { even };
        (1..=self.months).contains(&seq).then_some(Fen::of(own))
    }

    /// All fees together.
    pub fn fees(&self) -> Option<Fen> {
        self.fee.fen().checked_mul(self.months).map(Fen::of)
    }

    /// Principal and fees of the instalments after the first `billed`.
    pub fn deferred(&self, billed: i64) -> Option<Fen> {
        let first = billed.clamp(0, self.months) + 1;
        (first..=self.months).try_fold(Fen::ZERO, |sum, seq| sum.checked_add(self.instalment(seq)?))
    }

    /// What the fees come to in a year (年化利率, 单利), in hundredths of a per cent: twelve times the monthly rate at which the
    /// instalments are worth what was split. None when it is no plan.
    pub fn yearly_bp(&self) -> Option<i64> {
        let (mut low, mut high) = (0, SCALE / 5);
        while low + 1 < high {
            let rate = i128::midpoint(low, high);
            if self.worth(rate)? > i128::from(self.amount.fen()) * SCALE {
                low = rate;
            } else {
                high = rate;
            }
        }
        half_up(low * 12 * 10_000, SCALE).map(Fen::fen)
    }

    /// What the instalments are worth at a monthly rate, both in parts of [`SCALE`].
    fn worth(&self, rate: i128) -> Option<i128> {
        (1..=self.months).rev().try_fold(0_i128, |later, seq| {
            let due = i128::from(self.instalment(seq)?.fen()).checked_mul(SCALE)?;
            later.checked_add(due)?.checked_mul(SCALE)?.checked_div(SCALE + rate)
        })
    }
}

/// Twelve decimals of a monthly rate.
const SCALE: i128 = 1_000_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn split(yuan: i64, months: i64, fee: i64) -> Split {
        Split { amount: Fen::of(yuan * 100), months, fee: Fen::of(fee) }
    }

    #[test]
    fn the_instalments_of_a_plan_add_up_to_the_fen() {
        for (amount, months) in [(300_001, 3), (999_999, 12), (30_000, 24), (123_457, 6)] {
            let plan = Split { amount: Fen::of(amount), months, fee: Fen::of(77) };
            let all: i64 = (1..=months).map(|n| plan.instalment(n).unwrap().fen()).sum();
            assert_eq!(all, amount + 77 * months);
            assert_eq!(plan.deferred(0), Some(Fen::of(all)));
            assert_eq!(plan.deferred(1).unwrap().fen(), all - plan.instalment(1).unwrap().fen());
            assert_eq!(plan.deferred(months), Some(Fen::ZERO));
            assert_eq!(plan.principal(months + 1), None);
        }
    }

    #[test]
    fn what_fees_come_to_in_a_year_is_what_a_banker_works_out() {
        // 12,000.00 in twelve, 72.00 each: 1,072.00 a month is 1.0862 % a month by bisection in floating point, too; 13.03 % a year.
        assert_eq!(split(12_000, 12, 7_200).yearly_bp(), Some(1_303));
        // One bill later with 1 %: 1 % a month.
        assert_eq!(split(1_000, 1, 1_000).yearly_bp(), Some(1_200));
        assert_eq!(split(12_000, 12, 0).yearly_bp(), Some(0));
        // About twice the fee that is named: what customers are not told by «0.6 % a month».
        for months in PLAN_MONTHS {
            let told = split(24_000, months, 14_400).yearly_bp().unwrap();
            assert!((1_050..1_400).contains(&told), "{months}: {told}");
        }
    }
}
