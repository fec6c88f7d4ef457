//! Interest in whole fen: exact integers all the way, rounded once, at the end, half a fen upwards.
//!
//! Whole months count as twelfths of a year, single days as 1/360 (the year of banks here). Rates are in hundredths of a
//! per cent (435 is 4.35 %). Not for: which rate applies.

use base::Fen;

/// Days of a year when interest is counted by the day.
pub const YEAR_DAYS: i64 = 360;
const YEAR_MONTHS: i64 = 12;
/// What a rate in hundredths of a per cent is a part of.
const WHOLE_BP: i64 = 10_000;

/// Interest for whole months. `None` for something negative, or too large to count.
pub fn for_months(principal: Fen, rate_bp: i64, months: i64) -> Option<Fen> {
    part(i128::from(principal.fen()), rate_bp, months, YEAR_MONTHS)
}

/// Interest for single days.
pub fn for_days(principal: Fen, rate_bp: i64, days: i64) -> Option<Fen> {
    part(i128::from(principal.fen()), rate_bp, days, YEAR_DAYS)
}

/// Interest on products (积数): the sum over days of what was there at the end of each, in fen.
pub fn on_products(products: i128, rate_bp: i64) -> Option<Fen> {
    part(products, rate_bp, 1, YEAR_DAYS)
}

/// 罚息: what is overdue bears one and a half times the rate, by the day.
pub fn penalty(overdue: Fen, rate_bp: i64, days: i64) -> Option<Fen> {
    part(i128::from(overdue.fen()), rate_bp.checked_mul(3)?, days, 2 * YEAR_DAYS)
}

fn part(amount: i128, rate_bp: i64, times: i64, of: i64) -> Option<Fen> {
    if amount < 0 || rate_bp < 0 || times < 0 {
        return None;
    }
    let all = amount.checked_mul(i128::from(rate_bp))?.checked_mul(i128::from(times))?;
    half_up(all, i128::from(WHOLE_BP) * i128::from(of))
}

/// `n / of`, half upwards; both not negative.
pub(crate) fn half_up(n: i128, of: i128) -> Option<Fen> {
    let rounded = n.checked_mul(2)?.checked_add(of)?.checked_div(of.checked_mul(2)?)?;
    i64::try_from(rounded).ok().map(Fen::of)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fen(n: i64) -> Option<Fen> {
        Some(Fen::of(n))
    }

    #[test]
    fn a_year_of_months_and_a_year_of_days_are_what_a_banker_works_out() {
        // 50,000.00 for a year at 1.35 %: 675.00. For 210 days at 0.05 %: 14.58333…
        assert_eq!(for_months(Fen::of(5_000_000), 135, 12), fen(67_500));
        assert_eq!(for_days(Fen::of(5_000_000), 5, 210), fen(1_458));
        // Half a fen goes up: 1.00 for 180 days at 1 % is half a fen.
        assert_eq!(for_days(Fen::of(100), 100, 180), fen(1));
        assert_eq!(for_days(Fen::of(100), 100, 179), fen(0));
        // 1,000.00 for 90 days as products, at 0.05 %: 12.5 fen.
        assert_eq!(on_products(100_000 * 90, 5), fen(13));
        // 1,000.00 overdue for 10 days at 4.8 %: at 7.2 % a day of 360, 2.00.
        assert_eq!(penalty(Fen::of(100_000), 480, 10), fen(200));
    }

    #[test]
    fn what_cannot_be_counted_is_nothing_and_never_wraps() {
        assert_eq!(for_months(Fen::of(-1), 135, 12), None);
        assert_eq!(for_days(Fen::of(1), -1, 1), None);
        assert_eq!(for_days(Fen::of(i64::MAX), i64::MAX, i64::MAX), None);
        assert_eq!(penalty(Fen::of(1), i64::MAX, 1), None);
    }
}
