//! What a deposit brings and what a loan costs, in whole fen.
//!
//! Rounding, everywhere: a sum of interest is computed exactly and rounded once to the fen, half up, as banks credit it. The even
//! instalment of a loan comes from a factor in fixed point of 17 decimals; every month's interest is then rounded on its own, and the last
//! instalment settles what is left, so that principal and interest add up to the fen. Not for: posting anything.

use base::Fen;
use dialogue::knowledge::Ratio;

const MILLION: i128 = 1_000_000;
/// One in fixed point.
const ONE: i128 = 100_000_000_000_000_000;
/// Longest loan, and so the longest loop.
pub const MONTHS_MAX: i64 = 360;

/// `dividend / divisor`, both positive, rounded half up.
fn rounded(dividend: i128, divisor: i128) -> Option<Fen> {
    i64::try_from(dividend.checked_add(divisor / 2)?.checked_div(divisor)?).ok().map(Fen::of)
}

/// Interest of a sum that lies for `months` at a yearly rate.
pub fn interest(sum: Fen, rate: Ratio, months: i64) -> Option<Fen> {
    let exact = i128::from(sum.fen()) * i128::from(rate.ppm()) * i128::from(months);
    rounded(exact, 12 * MILLION)
}

/// Interest of 零存整取: the same sum at the beginning of each of `months` months.
pub fn interest_monthly(sum: Fen, rate: Ratio, months: i64) -> Option<Fen> {
    let months = i128::from(months);
    let lain = months.checked_mul(months + 1)? / 2;
    rounded(i128::from(sum.fen()) * i128::from(rate.ppm()) * lain, 12 * MILLION)
}

/// How a loan is paid back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// 等额本息: the same instalment each month.
    EvenInstalment,
    /// 等额本金: the same part of the principal each month.
    EvenPrincipal,
    /// 按月付息，到期还本.
    InterestFirst,
}

/// A loan's instalments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Plan {
    pub first: Fen,
    pub last: Fen,
    /// All interest together.
    pub interest: Fen,
}

/// The instalments of a loan; none for a sum, rate or time beyond all reason.
pub fn plan(sum: Fen, rate: Ratio, months: i64, method: Method) -> Option<Plan> {
    if sum.fen() <= 0 || rate.ppm() < 0 || !(1..=MONTHS_MAX).contains(&months) {
        return None;
    }
    let instalment = match method {
        Method::EvenInstalment => even_instalment(sum, rate, months)?,
        _ => Fen::ZERO,
    };
    let (mut left, mut interest, mut first, mut last) = (sum, Fen::ZERO, Fen::ZERO, Fen::ZERO);
    for month in 1..=months {
        let of_month = self::interest(left, rate, 1)?;
        let principal = if month == months {
            left
        } else {
            match method {
                Method::EvenInstalment => instalment.checked_sub(of_month)?,
                Method::EvenPrincipal => Fen::of(sum.fen() / months),
                Method::InterestFirst => Fen::ZERO,
            }
        };
        last = principal.checked_add(of_month)?;
        if month == 1 {
            first = last;
        }
        left = left.checked_sub(principal)?;
        interest = interest.checked_add(of_month)?;
    }
    Some(Plan { first, last, interest })
}

/// P·r·(1+r)ⁿ / ((1+r)ⁿ − 1), rounded half up.
fn even_instalment(sum: Fen, rate: Ratio, months: i64) -> Option<Fen> {
    if rate.ppm() == 0 {
        return rounded(i128::from(sum.fen()), i128::from(months));
    }
    let step = ONE + ONE / 12 * i128::from(rate.ppm()) / MILLION;
    let mut grown = ONE;
    for _ in 0..months {
        grown = grown.checked_mul(step)? / ONE;
    }
    // sum · rate/12 · grown / (grown − 1), with the two divisions made one
    let dividend = i128::from(sum.fen()).checked_mul(i128::from(rate.ppm()))?;
    let share = grown.checked_mul(ONE)?.checked_div(grown - ONE)?;
    rounded(dividend.checked_mul(share / 1_000)?, 12 * MILLION * (ONE / 1_000))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(percent: &str) -> Ratio {
        Ratio::parse_percent(percent).unwrap()
    }
    fn yuan(text: &str) -> Fen {
        Fen::parse_yuan(text).unwrap()
    }

    /// Computed apart from this code, with decimals of 60 places.
    #[test]
    fn interest_of_deposits_is_as_computed_elsewhere() {
        for (sum, percent, months, expected) in [
            ("50000", "1.55", 36, "2325.00"),
            ("10000", "1.20", 12, "120.00"),
            ("3333.33", "0.80", 3, "6.67"),
            ("12345.67", "1.30", 24, "320.99"),
            ("0.01", "1.20", 12, "0.00"),
            ("99999999.99", "1.60", 60, "8000000.00"),
        ] {
            assert_eq!(interest(yuan(sum), rate(percent), months), Some(yuan(expected)), "{sum}");
        }
        for (sum, percent, months, expected) in [
            ("1000", "0.80", 12, "52.00"),
            ("500", "1.00", 36, "277.50"),
            ("100", "1.00", 60, "152.50"),
        ] {
            let got = interest_monthly(yuan(sum), rate(percent), months);
            assert_eq!(got, Some(yuan(expected)), "{sum} a month");
        }
    }

    #[test]
    fn half_a_fen_is_rounded_up() {
        // 1.25 yuan at 1.20 % for 4 months: 0.005 yuan exactly
        assert_eq!(interest(yuan("1.25"), rate("1.20"), 4), Some(yuan("0.01")));
        assert_eq!(interest(yuan("1.24"), rate("1.20"), 4), Some(yuan("0.00")));
    }

    #[test]
    fn instalments_are_as_computed_elsewhere() {
        use Method::{EvenInstalment, EvenPrincipal, InterestFirst};
        for (sum, percent, months, method, first, last, interest) in PLANS {
            let method = match *method {
                "even" => EvenInstalment,
                "principal" => EvenPrincipal,
                _ => InterestFirst,
            };
            let plan = plan(yuan(sum), rate(percent), *months, method);
            let expected = Plan { first: yuan(first), last: yuan(last), interest: yuan(interest) };
            assert_eq!(plan, Some(expected), "{sum} {percent} {months} {method:?}");
        }
    }

    #[test]
    fn instalments_pay_the_loan_and_nothing_else() {
        for months in [1, 2, 7, 36, 359, 360] {
            for sum in [1, 99, 5_000_000, 9_999_999_999] {
                for percent in ["0", "0.01", "4.35", "24"] {
                    let of = |m| plan(Fen::of(sum), rate(percent), months, m);
                    let (even, principal) = (of(Method::EvenInstalment), of(Method::EvenPrincipal));
                    let Some(principal) = principal else { panic!("{sum} {percent} {months}") };
                    // a sum of a few fen cannot be cut into as many instalments
                    let Some(even) = even else { continue };
                    if sum > 1_000 && percent != "24" {
                        assert!(even.interest >= principal.interest, "{sum} {percent} {months}");
                        let off = (even.first.fen() - even.last.fen()).abs();
                        assert!(off <= 4 * months, "the last settles roundings only: {even:?}");
                    }
                }
            }
        }
        assert_eq!(plan(Fen::ZERO, rate("1"), 12, Method::EvenInstalment), None);
        assert_eq!(plan(Fen::of(1), rate("1"), 361, Method::EvenInstalment), None);
    }

    type Case =
        (&'static str, &'static str, i64, &'static str, &'static str, &'static str, &'static str);
    const PLANS: &[Case] = &[
        ("50000", "6.90", 36, "even", "1541.57", "1541.58", "5496.53"),
        ("50000", "6.90", 36, "principal", "1676.38", "1397.19", "5318.78"),
        ("50000", "6.90", 36, "first", "287.50", "50287.50", "10350.00"),
        ("100000", "4.35", 12, "even", "8530.99", "8531.01", "2371.90"),
        ("100000", "4.35", 12, "principal", "8695.83", "8363.58", "2356.26"),
        ("100000", "4.35", 12, "first", "362.50", "100362.50", "4350.00"),
        ("200000", "3.60", 360, "even", "909.29", "909.89", "127345.00"),
        ("200000", "3.60", 360, "principal", "1155.55", "559.22", "108301.07"),
        ("200000", "3.60", 360, "first", "600.00", "200600.00", "216000.00"),
        ("123456.78", "5.85", 47, "even", "2945.52", "2945.40", "14982.54"),
        ("123456.78", "5.85", 47, "principal", "3228.59", "2639.55", "14444.46"),
        ("123456.78", "5.85", 47, "first", "601.85", "124058.63", "28286.95"),
        ("10000", "6.50", 1, "even", "10054.17", "10054.17", "54.17"),
        ("10000", "6.50", 1, "principal", "10054.17", "10054.17", "54.17"),
        ("10000", "6.50", 1, "first", "10054.17", "10054.17", "54.17"),
    ];
}
