//! Stretches counted from today: 三天前, 最近半年, 近三个月零五天, 未来两周.

use super::find::{Found, Reader, found};
use super::{Grain, civil, day_of, month, month_len, month_start};

impl Reader<'_> {
    /// 三天前, 两个月前, 三天后.
    pub(super) fn ago(&self, at: usize) -> Option<Found> {
        let (n, end) = match self.word(at, "半") {
            Some(end) => (0, end),
            None => self.number(at)?,
        };
        let (y, m, _) = civil(self.today);
        let unit = [
            ("天", 1),
            ("日", 1),
            ("周", 7),
            ("个星期", 7),
            ("星期", 7),
            ("个礼拜", 7),
            ("礼拜", 7),
            ("个月", 0),
            ("年", -1),
        ]
        .iter()
        .find_map(|(w, len)| Some((*len, self.word(end, w)?)))
        .or_else(|| Some((0, self.word(end, "月").filter(|_| self.counts(at))?)));
        let (len, end) = unit?;
        let (sign, end) = match self.any(end, &["以前", "之前", "前"]) {
            Some(end) => (-1, end),
            None => (1, self.any(end, &["以后", "之后", "后"])?),
        };
        if !(0..=3_660).contains(&n) {
            return None;
        }
        match len {
            0 if n == 0 => {
                Some(found(self.today + sign * 15, self.today + sign * 15, Grain::Day, end))
            }
            0 => {
                let (y, m, _) = civil(month_start(y, m + sign * n));
                Some(found(month_start(y, m), month(y, m).to, Grain::Month, end))
            }
            -1 if n == 0 => {
                let (y, m, _) = civil(month_start(y, m + sign * 6));
                Some(found(month_start(y, m), month(y, m).to, Grain::Month, end))
            }
            -1 if n > 100 => None,
            -1 => Some(found(
                day_of(y + sign * n, 1, 1),
                day_of(y + sign * n, 12, 31),
                Grain::Year,
                end,
            )),
            _ if n == 0 => None,
            days => {
                let day = self.today + sign * n * days;
                Some(found(day, day, Grain::Day, end))
            }
        }
    }

    /// So many whole months before today, until today.
    fn months_back(&self, n: i64, end: usize) -> Found {
        let (y, m, d) = civil(self.today);
        let first = month_start(y, m - n) + d.min(month_len(y, m - n)) - 1;
        found(first, self.today, Grain::Stretch, end)
    }

    /// 最近三天, 近半年, 过去两周, 半个月, 三个月内.
    pub(super) fn recent(&self, at: usize) -> Option<Found> {
        let intro =
            self.any(at, &["最近这", "最近的", "最近", "近", "过去的", "过去", "前", "这", "上"]);
        let from_here = intro.unwrap_or(at);
        // 分期12个月, 存半年: how long it runs
        if intro.is_none() && at > 0 && "期存贷分".contains(self.chars[at - 1]) {
            return None;
        }
        let back =
            |days: i64, end: usize| found(self.today - days + 1, self.today, Grain::Stretch, end);
        let runs = |end: usize| self.any(end, &["定期", "死期", "期", "整存", "存"]).is_some();
        for word in ["半个多月", "半个月", "半月"] {
            if let Some(end) = self.word(from_here, word) {
                return (!runs(end)).then(|| back(15, self.within(end)));
            }
        }
        // 上半年 is a half of the year
        let is_half = intro.is_some() && self.chars[from_here - 1] == '上';
        if let Some(end) = self.any(from_here, &["大半年", "半年"]).filter(|_| !is_half) {
            return (!runs(end)).then(|| self.months_back(6, self.within(end)));
        }
        let Some((n, mut end)) = self.number(from_here) else {
            // 最近 alone is a week, as the catalogue's default
            return intro.filter(|_| self.word(at, "最近").is_some()).map(|e| back(7, e));
        };
        if let Some(e) = self.word(end, "个") {
            end = e;
        }
        let units: &[(&str, i64)] =
            &[("天", 1), ("日", 1), ("星期", 7), ("礼拜", 7), ("周", 7), ("季度", -3), ("年", -12)];
        for (unit, len) in units {
            let Some(stop) = self.word(end, unit) else { continue };
            let half = self.word(stop, "半").filter(|_| *len == -12);
            let months = -len * n + if half.is_some() { 6 } else { 0 };
            let stop = self.within(half.unwrap_or(stop));
            let said_recent =
                intro.is_some() || self.chars.get(stop.saturating_sub(1)) == Some(&'内');
            if !said_recent || !(1..=3_660 / len.abs().max(1)).contains(&n) || runs(stop) {
                return None;
            }
            return Some(if *len < 0 {
                self.months_back(months, stop)
            } else {
                back(n * len, stop)
            });
        }
        let said_months = self.chars.get(end.saturating_sub(1)) == Some(&'个') || intro.is_some();
        let stop = self.word(end, "月")?;
        let (days, stop) = self.odd_days(stop).unwrap_or((0, stop));
        let stop = self.within(stop);
        let fits = said_months && (1..=120).contains(&n) && !runs(stop);
        fits.then(|| self.months_back(n, stop).earlier_by(days))
    }

    /// 零五天 after months.
    fn odd_days(&self, at: usize) -> Option<(i64, usize)> {
        let (days, end) = self.number(self.any(at, &["零", "又", "加"])?)?;
        Some((days, self.any(end, &["天", "日"]).filter(|_| (1..=31).contains(&days))?))
    }

    /// 未来三天, 接下来两周: from tomorrow on.
    pub(super) fn coming(&self, at: usize) -> Option<Found> {
        let from = self.any(at, &["未来的", "未来", "接下来的", "接下来", "今后", "往后"])?;
        let (n, end) = self.number(from)?;
        let end = self.word(end, "个").unwrap_or(end);
        let (y, m, d) = civil(self.today);
        let units = [
            ("天", 1, 0),
            ("星期", 7, 0),
            ("礼拜", 7, 0),
            ("周", 7, 0),
            ("月", 0, 1),
            ("年", 0, 12),
        ];
        let (days, months, end) =
            units.iter().find_map(|(w, d, m)| Some((*d, *m, self.word(end, w)?)))?;
        let last = if days > 0 {
            self.today + days * n
        } else {
            month_start(y, m + months * n) + d.min(month_len(y, m + months * n)) - 1
        };
        (1..=120).contains(&n).then(|| found(self.today + 1, last, Grain::Stretch, end))
    }

    fn within(&self, end: usize) -> usize {
        self.any(end, &["以内", "之内", "内"]).unwrap_or(end)
    }
}
