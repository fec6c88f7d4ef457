//! The lunar calendar (农历) of the years that a bank's customers speak of.
//!
//! Not for: other years; a day that is not in the table is not known, and so it is asked for.

/// The first year of [`YEARS`].
const FIRST: i64 = 2014;

/// For each lunar year: day number of 正月初一, the month after which a leap month stands (0 for none), and for
/// each month in order (leap month included) a bit that says whether it has 30 days, else 29.
const YEARS: &[(i64, u8, u16)] = &[
    (16101, 9, 0x15aa),
    (16485, 0, 0x5d2),
    (16839, 0, 0xda5),
    (17194, 6, 0x1d4a),
    (17578, 0, 0xd4a),
    (17932, 0, 0xc95),
    (18286, 4, 0x152e),
    (18670, 0, 0x556),
    (19024, 0, 0xab5),
    (19379, 2, 0x15b2),
    (19763, 0, 0x6d2),
    (20117, 6, 0xea5),
    (20501, 0, 0x725),
    (20855, 0, 0x64b),
    (21209, 5, 0xc97),
    (21593, 0, 0xcab),
    (21948, 0, 0x55a),
    (22302, 3, 0xad6),
    (22686, 0, 0xb69),
    (23041, 11, 0x1752),
    (23425, 0, 0xb52),
    (23779, 0, 0xb25),
    (24133, 6, 0x1a4b),
    (24517, 0, 0xa4b),
    (24871, 0, 0x4ab),
    (25225, 5, 0x55b),
    (25609, 0, 0x5ad),
    (25964, 0, 0xb6a),
    (26319, 2, 0x1b52),
    (26703, 0, 0xd92),
    (27057, 7, 0x1d25),
    (27441, 0, 0xd25),
    (27795, 0, 0xa55),
    (28149, 5, 0x14ad),
    (28533, 0, 0x4b6),
    (28887, 0, 0x5b5),
    (29242, 3, 0xdaa),
];

/// A month of a lunar year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LunarMonth {
    pub(crate) start: i64,
    pub(crate) len: i64,
}

/// The month `month` (1 to 12) of the lunar year that begins in the solar year `year`.
pub(crate) fn month(year: i64, month: i64, is_leap: bool) -> Option<LunarMonth> {
    let (start, leap, long) = *YEARS.get(usize::try_from(year - FIRST).ok()?)?;
    let leap = i64::from(leap);
    if !(1..=12).contains(&month) || is_leap && leap != month {
        return None;
    }
    let index = month - 1 + i64::from(leap > 0 && month > leap || is_leap);
    let len_of = |i: i64| if long >> i & 1 == 1 { 30 } else { 29 };
    Some(LunarMonth { start: start + (0..index).map(len_of).sum::<i64>(), len: len_of(index) })
}

/// The day number of a lunar date.
pub(crate) fn day(year: i64, m: i64, d: i64, is_leap: bool) -> Option<i64> {
    let month = month(year, m, is_leap)?;
    (1..=month.len).contains(&d).then(|| month.start + d - 1)
}

/// The last day of a lunar year: 除夕.
pub(crate) fn eve(year: i64) -> Option<i64> {
    let december = month(year, 12, false)?;
    Some(december.start + december.len - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dates::iso;

    #[test]
    fn days_fall_where_the_almanac_has_them() {
        for (y, m, d, leap, solar) in [
            (2026, 1, 1, false, "2026-02-17"),
            (2026, 8, 15, false, "2026-09-25"),
            (2026, 5, 5, false, "2026-06-19"),
            (2025, 12, 23, false, "2026-02-10"),
            (2025, 6, 1, true, "2025-07-25"),
            (2025, 8, 15, false, "2025-10-06"),
            (2023, 2, 1, true, "2023-03-22"),
            (2033, 11, 1, true, "2033-12-22"),
            // new moons within minutes of midnight in Beijing
            (2018, 10, 1, false, "2018-11-08"),
            (2027, 1, 1, false, "2027-02-06"),
            (2030, 1, 1, false, "2030-02-03"),
        ] {
            assert_eq!(day(y, m, d, leap).map(iso).as_deref(), Some(solar), "{y} {m} {d}");
        }
        assert_eq!(eve(2025).map(iso).as_deref(), Some("2026-02-16"));
        assert_eq!(day(2026, 6, 1, true), None);
        assert_eq!(day(1990, 1, 1, false), None);
    }

    #[test]
    fn each_year_ends_where_the_next_begins() {
        for year in FIRST..FIRST + i64::try_from(YEARS.len()).unwrap() - 1 {
            assert_eq!(eve(year).unwrap() + 1, day(year + 1, 1, 1, false).unwrap(), "{year}");
        }
    }
}
