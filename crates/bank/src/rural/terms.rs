//! The twenty-four solar terms (二十四节气) of 2020 to 2040 in China.
//!
//! The days are those on which the sun's apparent longitude reaches 285°, 300°, …, 270° by China's clock, reckoned with full planetary
//! theory and compared with a published almanac, day by day. The test below reckons them once more with a short theory of the sun.

use base::Time;
use nlu::dates;

pub(super) const NAMES: [&str; 24] = [
    "小寒", "大寒", "立春", "雨水", "惊蛰", "春分", "清明", "谷雨", "立夏", "小满", "芒种", "夏至",
    "小暑", "大暑", "立秋", "处暑", "白露", "秋分", "寒露", "霜降", "立冬", "小雪", "大雪", "冬至",
];
const FIRST_YEAR: i64 = 2020;
/// Days of the month, two terms a month from January on; a line for each year.
const DAYS: [[u8; 24]; 21] = [
    [6, 20, 4, 19, 5, 20, 4, 19, 5, 20, 5, 21, 6, 22, 7, 22, 7, 22, 8, 23, 7, 22, 7, 21],
    [5, 20, 3, 18, 5, 20, 4, 20, 5, 21, 5, 21, 7, 22, 7, 23, 7, 23, 8, 23, 7, 22, 7, 21],
    [5, 20, 4, 19, 5, 20, 5, 20, 5, 21, 6, 21, 7, 23, 7, 23, 7, 23, 8, 23, 7, 22, 7, 22],
    [5, 20, 4, 19, 6, 21, 5, 20, 6, 21, 6, 21, 7, 23, 8, 23, 8, 23, 8, 24, 8, 22, 7, 22],
    [6, 20, 4, 19, 5, 20, 4, 19, 5, 20, 5, 21, 6, 22, 7, 22, 7, 22, 8, 23, 7, 22, 6, 21],
    [5, 20, 3, 18, 5, 20, 4, 20, 5, 21, 5, 21, 7, 22, 7, 23, 7, 23, 8, 23, 7, 22, 7, 21],
    [5, 20, 4, 18, 5, 20, 5, 20, 5, 21, 5, 21, 7, 23, 7, 23, 7, 23, 8, 23, 7, 22, 7, 22],
    [5, 20, 4, 19, 6, 21, 5, 20, 6, 21, 6, 21, 7, 23, 8, 23, 8, 23, 8, 23, 7, 22, 7, 22],
    [6, 20, 4, 19, 5, 20, 4, 19, 5, 20, 5, 21, 6, 22, 7, 22, 7, 22, 8, 23, 7, 22, 6, 21],
    [5, 20, 3, 18, 5, 20, 4, 20, 5, 21, 5, 21, 7, 22, 7, 23, 7, 23, 8, 23, 7, 22, 7, 21],
    [5, 20, 4, 18, 5, 20, 5, 20, 5, 21, 5, 21, 7, 23, 7, 23, 7, 23, 8, 23, 7, 22, 7, 22],
    [5, 20, 4, 19, 6, 21, 5, 20, 6, 21, 6, 21, 7, 23, 8, 23, 8, 23, 8, 23, 7, 22, 7, 22],
    [6, 20, 4, 19, 5, 20, 4, 19, 5, 20, 5, 21, 6, 22, 7, 22, 7, 22, 8, 23, 7, 22, 6, 21],
    [5, 20, 3, 18, 5, 20, 4, 20, 5, 21, 5, 21, 7, 22, 7, 23, 7, 23, 8, 23, 7, 22, 7, 21],
    [5, 20, 4, 18, 5, 20, 5, 20, 5, 21, 5, 21, 7, 23, 7, 23, 7, 23, 8, 23, 7, 22, 7, 22],
    [5, 20, 4, 19, 6, 21, 5, 20, 5, 21, 6, 21, 7, 23, 7, 23, 8, 23, 8, 23, 7, 22, 7, 22],
    [6, 20, 4, 19, 5, 20, 4, 19, 5, 20, 5, 21, 6, 22, 7, 22, 7, 22, 8, 23, 7, 22, 6, 21],
    [5, 20, 3, 18, 5, 20, 4, 20, 5, 21, 5, 21, 7, 22, 7, 23, 7, 23, 8, 23, 7, 22, 7, 21],
    [5, 20, 4, 18, 5, 20, 5, 20, 5, 21, 5, 21, 7, 23, 7, 23, 7, 23, 8, 23, 7, 22, 7, 22],
    [5, 20, 4, 19, 6, 21, 5, 20, 5, 21, 6, 21, 7, 23, 7, 23, 8, 23, 8, 23, 7, 22, 7, 22],
    [6, 20, 4, 19, 5, 20, 4, 19, 5, 20, 5, 21, 6, 22, 7, 22, 7, 22, 8, 23, 7, 22, 6, 21],
];

/// A term and the day it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Term {
    pub(super) name: &'static str,
    pub(super) day: i64,
}

/// The terms of a year; none outside the table.
fn of_year(year: i64) -> Vec<Term> {
    let row = usize::try_from(year - FIRST_YEAR).ok().and_then(|at| DAYS.get(at));
    let day = |(at, of_month): (usize, &u8)| {
        let month = i64::try_from(at / 2 + 1).ok()?;
        Some(Term { name: NAMES[at], day: dates::day_of(year, month, i64::from(*of_month)) })
    };
    row.into_iter().flatten().enumerate().filter_map(day).collect()
}

/// The term a day lies in, and the one that comes next.
pub(super) fn around(day: i64) -> Option<(Term, Term)> {
    let year = Time::of_ms(day * base::DAY_MS - base::CHINA_OFFSET_MS).china().0;
    let all: Vec<Term> = (year - 1..=year + 1).flat_map(of_year).collect();
    let next = all.iter().position(|t| t.day > day)?;
    let now = all.get(next.checked_sub(1)?)?;
    // The last before the first year of the table is not known.
    (day - now.day <= 17).then_some((*now, all[next]))
}

/// When a term begins next, or today.
pub(super) fn next(name: &str, day: i64) -> Option<Term> {
    let year = Time::of_ms(day * base::DAY_MS - base::CHINA_OFFSET_MS).china().0;
    (year..=year + 1).flat_map(of_year).find(|t| t.name == name && t.day >= day)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sun's apparent longitude in degrees (Meeus, Astronomical Algorithms, ch. 25): right to 0.01°.
    #[expect(clippy::cast_precision_loss, reason = "astronomy, no money")]
    fn sun(at: Time) -> f64 {
        // 69 to 80 s between the earth's clock and the even one in these years
        let t = (at.ms() as f64 / 86_400_000.0 + 2_440_587.5 + 74.0 / 86_400.0 - 2_451_545.0)
            / 36_525.0;
        let m = (357.529_11 + 35_999.050_29 * t - 0.000_153_7 * t * t).to_radians();
        let centre = (1.914_602 - 0.004_817 * t) * m.sin()
            + (0.019_993 - 0.000_101 * t) * (2.0 * m).sin()
            + 0.000_289 * (3.0 * m).sin();
        let node = (125.04 - 1_934.136 * t).to_radians();
        let long = 280.466_46 + 36_000.769_83 * t + 0.000_303_2 * t * t + centre;
        (long - 0.005_69 - 0.004_78 * node.sin()).rem_euclid(360.0)
    }

    #[test]
    fn the_sun_reaches_every_term_on_its_day() {
        for year in 2020..=2040 {
            let all = of_year(year);
            assert_eq!(all.len(), 24);
            for (at, term) in (0_u16..).zip(all) {
                let wanted = f64::from((285 + 15 * at) % 360);
                // Where the sun stands 20 minutes outside the day; the short theory is right to a quarter of an hour.
                let start = Time::of_ms(term.day * base::DAY_MS - base::CHINA_OFFSET_MS);
                let past = |t: Time| (sun(t) - wanted + 180.0).rem_euclid(360.0) - 180.0;
                assert!(past(start.plus_ms(-1_200_000)) < 0.0, "{year} {} begins later", term.name);
                assert!(
                    past(start.plus_ms(base::DAY_MS + 1_200_000)) > 0.0,
                    "{year} {}",
                    term.name
                );
            }
        }
    }

    #[test]
    fn a_day_lies_in_a_term_until_the_next_begins() {
        let on = |y, m, d| around(dates::day_of(y, m, d)).map(|(a, b)| (a.name, b.name));
        assert_eq!(on(2026, 11, 23), Some(("小雪", "大雪")));
        assert_eq!(on(2026, 12, 31), Some(("冬至", "小寒")));
        assert_eq!(on(2020, 1, 5), None, "before the table");
        assert_eq!(on(2040, 12, 31), None, "past the table");
        let rain = next("谷雨", dates::day_of(2026, 11, 23)).unwrap();
        assert_eq!(dates::iso(rain.day), "2027-04-20");
    }
}
