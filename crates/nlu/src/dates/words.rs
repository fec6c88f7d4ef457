//! Words that stand for days, and the feasts of the year.

use super::lunar;

/// A word that stands for a range.
#[derive(Debug, Clone, Copy)]
pub(super) enum Word {
    /// From and to, in days from today.
    Days(i64, i64),
    /// The days around today, to the side one looks at.
    Around(i64),
    /// Months from this one.
    Month(i64),
    /// Weeks from this one, Monday to Sunday; a day of the week may follow.
    Week(i64),
    /// Years from this one; a month, a half, a quarter or a feast may follow.
    Year(i64),
    /// Quarters from this one.
    Quarter(i64),
    /// From the beginning of this month or year until today.
    SinceMonth,
    SinceYear,
    /// The first or last month of a year, by its number.
    Edge(i64),
}

/// Longer words before the shorter ones they begin with.
pub(super) const WORDS: &[(&str, Word)] = &[
    ("大大前天", Word::Days(-4, -4)),
    ("大前天", Word::Days(-3, -3)),
    ("大前儿", Word::Days(-3, -3)),
    ("大前日", Word::Days(-3, -3)),
    ("前天", Word::Days(-2, -2)),
    ("前日", Word::Days(-2, -2)),
    ("前儿", Word::Days(-2, -2)),
    ("前晚", Word::Days(-2, -2)),
    ("昨天", Word::Days(-1, -1)),
    ("昨日", Word::Days(-1, -1)),
    ("昨儿", Word::Days(-1, -1)),
    ("昨个", Word::Days(-1, -1)),
    ("昨晚", Word::Days(-1, -1)),
    ("昨夜", Word::Days(-1, -1)),
    ("今天", Word::Days(0, 0)),
    ("今日", Word::Days(0, 0)),
    ("今儿", Word::Days(0, 0)),
    ("今早", Word::Days(0, 0)),
    ("今晚", Word::Days(0, 0)),
    ("当天", Word::Days(0, 0)),
    ("当日", Word::Days(0, 0)),
    ("明天", Word::Days(1, 1)),
    ("明日", Word::Days(1, 1)),
    ("明儿", Word::Days(1, 1)),
    ("明早", Word::Days(1, 1)),
    ("明晚", Word::Days(1, 1)),
    ("明个", Word::Days(1, 1)),
    ("大后天", Word::Days(3, 3)),
    ("后天", Word::Days(2, 2)),
    ("后日", Word::Days(2, 2)),
    ("后儿", Word::Days(2, 2)),
    ("这几天", Word::Around(6)),
    ("最近几天", Word::Around(6)),
    ("近几天", Word::Around(6)),
    ("这两天", Word::Around(6)),
    ("前几天", Word::Days(-6, 0)),
    ("过几天", Word::Days(1, 7)),
    ("上上上个月", Word::Month(-3)),
    ("上上上月", Word::Month(-3)),
    ("上上个月", Word::Month(-2)),
    ("上上月", Word::Month(-2)),
    ("前个月", Word::Month(-2)),
    ("上个月", Word::Month(-1)),
    ("上月", Word::Month(-1)),
    ("月初到现在", Word::SinceMonth),
    ("月初到今天", Word::SinceMonth),
    ("这个月", Word::Month(0)),
    ("本月", Word::Month(0)),
    ("这月", Word::Month(0)),
    ("当月", Word::Month(0)),
    ("下下个月", Word::Month(2)),
    ("下下月", Word::Month(2)),
    ("下个月", Word::Month(1)),
    ("下月", Word::Month(1)),
    ("上上个星期", Word::Week(-2)),
    ("上上星期", Word::Week(-2)),
    ("上上个礼拜", Word::Week(-2)),
    ("上上礼拜", Word::Week(-2)),
    ("上上周", Word::Week(-2)),
    ("上个星期", Word::Week(-1)),
    ("上个礼拜", Word::Week(-1)),
    ("上个周", Word::Week(-1)),
    ("上星期", Word::Week(-1)),
    ("上礼拜", Word::Week(-1)),
    ("上一周", Word::Week(-1)),
    ("上周", Word::Week(-1)),
    ("这个星期", Word::Week(0)),
    ("这个礼拜", Word::Week(0)),
    ("这星期", Word::Week(0)),
    ("这礼拜", Word::Week(0)),
    ("本星期", Word::Week(0)),
    ("本周", Word::Week(0)),
    ("这周", Word::Week(0)),
    ("下下个星期", Word::Week(2)),
    ("下下星期", Word::Week(2)),
    ("下下周", Word::Week(2)),
    ("下个星期", Word::Week(1)),
    ("下个礼拜", Word::Week(1)),
    ("下星期", Word::Week(1)),
    ("下礼拜", Word::Week(1)),
    ("下周", Word::Week(1)),
    ("大前年", Word::Year(-3)),
    ("前年", Word::Year(-2)),
    ("去年", Word::Year(-1)),
    ("头年", Word::Year(-1)),
    ("上年", Word::Year(-1)),
    ("上一年", Word::Year(-1)),
    ("开年到现在", Word::SinceYear),
    ("年初到现在", Word::SinceYear),
    ("年初到今天", Word::SinceYear),
    ("开年以来", Word::SinceYear),
    ("年底", Word::Edge(12)),
    ("年末", Word::Edge(12)),
    ("年初", Word::Edge(1)),
    ("今年", Word::Year(0)),
    ("本年", Word::Year(0)),
    ("明年", Word::Year(1)),
    ("后年", Word::Year(2)),
    ("上个季度", Word::Quarter(-1)),
    ("上季度", Word::Quarter(-1)),
    ("上一季度", Word::Quarter(-1)),
    ("这个季度", Word::Quarter(0)),
    ("本季度", Word::Quarter(0)),
    ("这季度", Word::Quarter(0)),
    ("下个季度", Word::Quarter(1)),
    ("下季度", Word::Quarter(1)),
];

/// A day or days that come once a year.
#[derive(Debug, Clone, Copy)]
pub(super) enum Feast {
    /// Month, day, how many days.
    Solar(i64, i64, i64),
    /// The same in the lunar calendar.
    Lunar(i64, i64, i64),
    /// The last day of the lunar year, and how many days from it.
    Eve(i64),
    /// 清明, which follows the sun.
    Brightness,
}

/// Longer names first. Holidays of several days as they are given off.
pub(super) const FEASTS: &[(&str, Feast)] = &[
    ("元旦", Feast::Solar(1, 1, 1)),
    ("清明", Feast::Brightness),
    ("五一", Feast::Solar(5, 1, 5)),
    ("劳动节", Feast::Solar(5, 1, 5)),
    ("六一", Feast::Solar(6, 1, 1)),
    ("儿童节", Feast::Solar(6, 1, 1)),
    ("国庆", Feast::Solar(10, 1, 7)),
    ("十一长假", Feast::Solar(10, 1, 7)),
    ("十一假期", Feast::Solar(10, 1, 7)),
    ("十一黄金周", Feast::Solar(10, 1, 7)),
    ("十一期间", Feast::Solar(10, 1, 7)),
    ("双十一", Feast::Solar(11, 11, 1)),
    ("双11", Feast::Solar(11, 11, 1)),
    ("双十二", Feast::Solar(12, 12, 1)),
    ("圣诞", Feast::Solar(12, 25, 1)),
    ("大年三十", Feast::Eve(1)),
    ("年三十", Feast::Eve(1)),
    ("除夕", Feast::Eve(1)),
    ("春节", Feast::Lunar(1, 1, 7)),
    ("过年", Feast::Lunar(1, 1, 7)),
    ("元宵", Feast::Lunar(1, 15, 1)),
    ("端午", Feast::Lunar(5, 5, 1)),
    ("七夕", Feast::Lunar(7, 7, 1)),
    ("中秋", Feast::Lunar(8, 15, 1)),
    ("重阳", Feast::Lunar(9, 9, 1)),
    ("腊八", Feast::Lunar(12, 8, 1)),
];

/// After a feast's name, without changing it.
pub(super) const AFTER_FEAST: &[&str] = &[
    "节假期",
    "节期间",
    "节那几天",
    "节那天",
    "节",
    "假期",
    "长假",
    "期间",
    "那几天",
    "那天",
    "当天",
];

impl Feast {
    /// First and last day in the (solar or lunar) year `year`.
    pub(super) fn of(self, year: i64) -> Option<(i64, i64)> {
        let (first, len) = match self {
            Self::Solar(m, d, len) => (super::day_of(year, m, d), len),
            Self::Lunar(m, d, len) => (lunar::day(year, m, d, false)?, len),
            // 除夕 is called by the solar year that it nearly ends: 今年除夕 is before this spring
            Self::Eve(len) => (lunar::eve(year - 1)?, len),
            Self::Brightness => (super::day_of(year, 4, brightness(year)), 1),
        };
        Some((first, first + len - 1))
    }
}

/// Whether a day is a statutory holiday (法定节假日) for all by 全国年节及纪念日放假办法 as in force since 2025. Which days around
/// it are moved is announced for each year and is not known here.
pub fn is_statutory(day: i64) -> bool {
    const ALL: [Feast; 8] = [
        Feast::Solar(1, 1, 1),
        Feast::Eve(1),
        Feast::Lunar(1, 1, 3),
        Feast::Brightness,
        Feast::Solar(5, 1, 2),
        Feast::Lunar(5, 5, 1),
        Feast::Lunar(8, 15, 1),
        Feast::Solar(10, 1, 3),
    ];
    let year = super::civil(day).0;
    ALL.iter().any(|f| f.of(year).is_some_and(|(first, last)| (first..=last).contains(&day)))
}

/// The day of April on which 清明 falls, 2001 to 2099: floor(y · 0.2422 + 4.81) − leap days, in whole numbers.
fn brightness(year: i64) -> i64 {
    let y = year.rem_euclid(100);
    (y * 2_422 + 48_100) / 10_000 - y / 4
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_of_brightness_follows_the_sun() {
        for (year, day) in
            [(2020, 4), (2022, 5), (2023, 5), (2024, 4), (2025, 4), (2026, 5), (2027, 5), (2028, 4)]
        {
            assert_eq!(brightness(year), day, "{year}");
        }
    }

    #[test]
    fn thirteen_days_of_a_year_are_statutory_holidays() {
        let of = |year| {
            let all = super::super::day_of(year, 1, 1)..super::super::day_of(year + 1, 1, 1);
            all.filter(|d| is_statutory(*d)).map(super::super::iso).collect::<Vec<_>>()
        };
        assert_eq!(of(2026).len(), 13, "{:?}", of(2026));
        let spring = ["2027-02-05", "2027-02-06", "2027-02-07", "2027-02-08"];
        assert_eq!(of(2027)[1..5], spring, "除夕 to 初三");
    }
}
