//! Opening hours as people write them: `周一至周五 8:30-12:00 14:00-17:30；周六 9:00-16:00；节假日 9:00-15:00`.
//!
//! A day that is not named is a day of rest. Not for: which days are holidays ([`crate::cases::days`]).

use std::fmt;

const DAY_MINUTES: u16 = 24 * 60;
const WEEK: [&str; 7] = ["一", "二", "三", "四", "五", "六", "日"];

/// From and to, in minutes of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    pub(super) from: u16,
    pub(super) to: u16,
}

impl Span {
    pub(super) fn is_all_day(self) -> bool {
        self == Self { from: 0, to: DAY_MINUTES }
    }
}

/// `8:30`
pub(super) fn clock(minutes: u16) -> String {
    format!("{}:{:02}", minutes / 60, minutes % 60)
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_all_day() {
            return f.write_str("24小时");
        }
        write!(f, "{}—{}", clock(self.from), clock(self.to))
    }
}

/// Spans of each weekday from Monday on, and of statutory holidays where they are written down.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Hours {
    pub(super) week: [Vec<Span>; 7],
    pub(super) holiday: Option<Vec<Span>>,
}

impl Hours {
    /// # Errors
    /// The part that cannot be read, in words.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut out = Self::default();
        let parts = text.split(['；', ';']).map(str::trim).filter(|p| !p.is_empty());
        let mut is_empty = true;
        for part in parts {
            is_empty = false;
            let (days, rest) = split_days(part);
            let spans = spans(rest).ok_or_else(|| {
                format!("“{part}”看不懂，写成 周一至周五 8:30-17:00 这样，几段之间用分号")
            })?;
            match days {
                "" | "每天" => {
                    out.week = std::array::from_fn(|_| spans.clone());
                    out.holiday = Some(spans);
                }
                "节假日" => out.holiday = Some(spans),
                named => {
                    let named = weekdays(named).ok_or_else(|| format!("“{named}”不是哪几天"))?;
                    for at in named {
                        out.week[at].clone_from(&spans);
                    }
                }
            }
        }
        if is_empty { Err("没有写时间".to_owned()) } else { Ok(out) }
    }
}

/// The words for days in front, and what follows them.
fn split_days(part: &str) -> (&str, &str) {
    let is_time = |c: char| c.is_ascii_digit() || c == '全' || c == '休';
    let at = part.find(is_time).unwrap_or(part.len());
    (part[..at].trim(), &part[at..])
}

fn spans(text: &str) -> Option<Vec<Span>> {
    let text = text.trim();
    if text == "休息" {
        return Some(vec![]);
    }
    if text == "24小时" || text == "全天" {
        return Some(vec![Span { from: 0, to: DAY_MINUTES }]);
    }
    let mut out: Vec<Span> = vec![];
    for one in text.split([' ', '、', ',', '，']).filter(|s| !s.is_empty()) {
        let (from, to) = one.split_once(['-', '—', '－', '~', '至'])?;
        let span = Span { from: minutes(from)?, to: minutes(to)? };
        let follows = out.last().is_none_or(|before| before.to <= span.from);
        if span.from >= span.to || !follows {
            return None;
        }
        out.push(span);
    }
    (!out.is_empty()).then_some(out)
}

fn minutes(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once([':', '：'])?;
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    if hour > 24 || minute > 59 {
        return None;
    }
    let all = hour * 60 + minute;
    (all <= DAY_MINUTES).then_some(all)
}

/// Places of weekdays in the week: 工作日, 周末, 周一至周五, 周六、周日.
fn weekdays(text: &str) -> Option<Vec<usize>> {
    let place = |word: &str| {
        let word = word.trim().trim_start_matches("周").trim_start_matches("星期");
        let word = if word == "天" { "日" } else { word };
        WEEK.iter().position(|d| *d == word)
    };
    match text {
        "工作日" => return Some((0..5).collect()),
        "周末" => return Some(vec![5, 6]),
        _ => {}
    }
    if let Some((from, to)) = text.split_once(['至', '到']) {
        let (from, to) = (place(from)?, place(to)?);
        return (from < to).then(|| (from..=to).collect());
    }
    text.split(['、', '，', ',', ' ']).filter(|w| !w.is_empty()).map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(spans: &[Span]) -> String {
        spans.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn hours_are_read_as_people_write_them() {
        let hours =
            Hours::parse("周一至周五 8:30-12:00 14:00-17:30；周六、周日 9:00—16:00").unwrap();
        assert_eq!(shown(&hours.week[0]), "8:30—12:00 14:00—17:30");
        assert_eq!(shown(&hours.week[6]), "9:00—16:00");
        assert_eq!(hours.holiday, None, "nobody wrote what happens on holidays");
        let hours = Hours::parse("工作日 8:30-17:00；周末 休息；节假日 9:00-15:00").unwrap();
        assert_eq!(shown(&hours.week[5]), "");
        assert_eq!(shown(&hours.holiday.unwrap()), "9:00—15:00");
        for all_day in ["24小时", "每天 24小时", "每天全天"] {
            let hours = Hours::parse(all_day).unwrap();
            assert_eq!(shown(&hours.week[3]), "24小时");
            assert_eq!(shown(&hours.holiday.unwrap()), "24小时", "every day is every day");
        }
    }

    #[test]
    fn what_is_not_clear_is_not_guessed_at() {
        for bad in [
            "",
            "8点到5点",
            "周一 17:00-8:30",
            "周五至周一 8:00-9:00",
            "周八 8:00-9:00",
            "8:30-12:00 11:00-17:00",
            "25:00-26:00",
            "2000:00-2001:00",
        ] {
            assert!(Hours::parse(bad).is_err(), "{bad}");
        }
    }
}
