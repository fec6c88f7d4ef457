//! Whether a place is open now, and when it opens next.

use super::hours::{Hours, Span, clock};
use super::{Day, Place, Places};
use crate::cases::days;
use base::{DAY_MS, Time};

/// Days looked ahead for the next opening.
const AHEAD_DAYS: i64 = 10;

/// What is known of one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Opening {
    /// Open in these spans; none of them: closed.
    Known(Vec<Span>, String),
    /// A holiday nobody has written down yet, or hours in other words than ours.
    Unknown,
}

/// 周一 and so on from the number of a day.
pub(super) fn weekday(day: i64) -> usize {
    // Day 0 was a Thursday.
    usize::try_from((day + 3).rem_euclid(7)).unwrap_or(0)
}

pub(super) fn weekday_words(day: i64) -> String {
    format!("周{}", ["一", "二", "三", "四", "五", "六", "日"][weekday(day)])
}

/// 11月28日（周六）
pub(super) fn day_words(day: i64) -> String {
    let (_, month, of_month, ..) = Time::of_ms(day * DAY_MS - base::CHINA_OFFSET_MS).china();
    format!("{month}月{of_month}日（{}）", weekday_words(day))
}

impl Places {
    /// When `place` is open on that day: by a day of its own, by a day of all branches, by holiday or weekday.
    pub(super) fn on(&self, place: &Place, day: i64) -> Opening {
        if let Some(Day { hours, reason }) = self.day_of(place, day) {
            let spans = hours.as_ref().map(|h| h.week[weekday(day)].clone()).unwrap_or_default();
            return Opening::Known(spans, reason.clone());
        }
        let Ok(hours) = Hours::parse(&place.hours) else { return Opening::Unknown };
        let known = |spans: &[Span]| Opening::Known(spans.to_vec(), String::new());
        if days::is_off(day) || nlu::dates::is_statutory(day) {
            return hours.holiday.as_deref().map_or(Opening::Unknown, known);
        }
        // 调休: a weekend that is worked is worked like a Monday
        let at = if days::is_on(day) { 0 } else { weekday(day) };
        known(&hours.week[at])
    }

    /// 现在开着，17:00关门; 今天休息，周一8:30开门
    pub(super) fn now_words(&self, place: &Place, now: Time) -> String {
        let today = now.china_day();
        let (.., hour, minute) = now.china();
        let at = u16::try_from(hour * 60 + minute).unwrap_or(0);
        let Opening::Known(spans, reason) = self.on(place, today) else {
            return "今天开不开没登记，先打电话问".to_owned();
        };
        if let Some(span) = spans.iter().find(|s| (s.from..s.to).contains(&at)) {
            return if span.is_all_day() {
                "24小时开着".to_owned()
            } else {
                format!("现在开着，{}关门", clock(span.to))
            };
        }
        if let Some(next) = spans.iter().find(|s| s.from > at) {
            let resting = if spans.iter().any(|s| s.to <= at) { "午休" } else { "现在没开" };
            return format!("{resting}，{}开门", clock(next.from));
        }
        let why = if reason.is_empty() { String::new() } else { format!("（{reason}）") };
        let shut = if spans.is_empty() { "今天休息" } else { "现在关门了" };
        let next = (today + 1..=today + AHEAD_DAYS).find_map(|day| match self.on(place, day) {
            Opening::Known(spans, _) => spans.first().map(|s| Some((day, s.from))),
            Opening::Unknown => Some(None),
        });
        match next {
            Some(Some((day, from))) => {
                let when = if day == today + 1 { "明天".to_owned() } else { weekday_words(day) };
                let when = if day > today + 6 { day_words(day) } else { when };
                format!("{shut}{why}，{when}{}开门", clock(from))
            }
            _ => format!("{shut}{why}，哪天开门先打电话问"),
        }
    }

    /// What is known of another day: 11月28日（周六）9:00—16:00
    pub(super) fn day_words(&self, place: &Place, day: i64) -> String {
        let name = day_words(day);
        match self.on(place, day) {
            Opening::Unknown => format!("{name}是节假日，开不开还没登记，去之前打电话问"),
            Opening::Known(spans, reason) if spans.is_empty() => {
                let why = if reason.is_empty() { reason } else { format!("（{reason}）") };
                format!("{name}休息{why}")
            }
            Opening::Known(spans, _) => {
                let spans: Vec<String> = spans.iter().map(ToString::to_string).collect();
                format!("{name}{}", spans.join("、"))
            }
        }
    }
}
