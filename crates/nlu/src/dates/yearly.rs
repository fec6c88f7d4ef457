//! What comes once a year: feasts, days of the lunar calendar, quarters and halves.

use super::find::{Found, Reader, found};
use super::words::{AFTER_FEAST, FEASTS, Feast};
use super::{Grain, Look, civil, lunar, month_start};

impl Reader<'_> {
    pub(super) fn feast(&self, at: usize, year: Option<i64>) -> Option<Found> {
        let (feast, end) = FEASTS.iter().find_map(|(w, f)| Some((*f, self.word(at, w)?)))?;
        let end = self.any(end, AFTER_FEAST).unwrap_or(end);
        let (from, to) = self.yearly(year, |y| feast.of(y))?;
        // 大年三十 and feasts of one day are days
        let grain = if from == to { Grain::Day } else { Grain::Stretch };
        let is_eve = matches!(feast, Feast::Eve(_));
        Some(found(from, if is_eve { from } else { to }, grain, end))
    }

    /// What comes once a year: of the year that was said, else the last or next one.
    fn yearly(
        &self,
        year: Option<i64>,
        of: impl Fn(i64) -> Option<(i64, i64)>,
    ) -> Option<(i64, i64)> {
        if let Some(year) = year {
            return of(year);
        }
        let (y, ..) = civil(self.today);
        match self.look {
            Look::Back => [y + 1, y, y - 1]
                .iter()
                .filter_map(|y| of(*y))
                .find(|(from, _)| *from <= self.today),
            Look::Ahead => {
                [y - 1, y, y + 1].iter().filter_map(|y| of(*y)).find(|(_, to)| *to >= self.today)
            }
        }
    }

    /// 腊月二十三, 农历八月十五, 三月初八, 大年初一: lunar where that is sure.
    pub(super) fn lunar(&self, at: usize, year: Option<i64>) -> Option<Found> {
        let new_year = self.any(at, &["大年", "新年", "年"]);
        if let Some((d, end)) =
            new_year.and_then(|n| self.word(n, "初")).and_then(|n| self.number(n))
        {
            let day = self.yearly(year, |y| lunar::day(y, 1, d, false).map(|d| (d, d)))?.0;
            return Some(found(day, day, Grain::Day, end));
        }
        let said = self.any(at, &["农历", "阴历", "旧历", "老历"]);
        let from = said.unwrap_or(at);
        let leap = self.word(from, "闰");
        let from = leap.unwrap_or(from);
        let named = [("正月", 1), ("冬月", 11), ("腊月", 12)]
            .iter()
            .find_map(|(w, m)| Some((*m, self.word(from, w)?)));
        let (m, mut end) = match named {
            Some(named) => named,
            None => {
                let (m, end) = self.number(from)?;
                (m, self.word(end, "月")?)
            }
        };
        let first = self.word(end, "初");
        if said.is_none() && named.is_none() && (first.is_none() || self.number(first?).is_none()) {
            return None;
        }
        end = first.unwrap_or(end);
        let whole = || {
            let (from, to) = self.yearly(year, |y| {
                lunar::month(y, m, leap.is_some()).map(|l| (l.start, l.start + l.len - 1))
            })?;
            Some(found(from, to, Grain::Month, end))
        };
        let Some((d, stop)) = self.number(end) else { return whole() };
        let day = self.yearly(year, |y| lunar::day(y, m, d, leap.is_some()).map(|d| (d, d)))?.0;
        Some(found(day, day, Grain::Day, self.any(stop, &["号", "日"]).unwrap_or(stop)))
    }

    /// 第三季度, 一季度, of the last or next such one unless a year is given.
    pub(super) fn quarter(&self, at: usize, year: Option<i64>) -> Option<Found> {
        let (n, end) = self.number(self.word(at, "第").unwrap_or(at))?;
        let end = self.any(end, &["个季度", "季度"]).filter(|_| (1..=4).contains(&n))?;
        let of = |y: i64| Some((month_start(y, n * 3 - 2), month_start(y, n * 3 + 1) - 1));
        let (from, to) = self.yearly(year, of)?;
        Some(found(from, to, Grain::Quarter, end))
    }

    pub(super) fn half(&self, at: usize, year: Option<i64>) -> Option<Found> {
        let (first, end) = match self.word(at, "上半年") {
            Some(end) => (1, end),
            None => (7, self.word(at, "下半年")?),
        };
        let of = |y: i64| Some((month_start(y, first), month_start(y, first + 6) - 1));
        let (from, to) = self.yearly(year, of)?;
        Some(found(from, to, Grain::Stretch, end))
    }
}
