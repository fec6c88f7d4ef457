//! Which day of every week, month or year: 每周五, 每月5号, 每年3月5号.
//!
//! Not for: single days, begins and ends.

use super::{Each, LAST, Rule, Said, ending, longest};
use crate::normal::is_number_char;
use crate::number;

const WEEKLY: &[&str] = &[
    "每周",
    "每个周",
    "每星期",
    "每个星期",
    "每礼拜",
    "每个礼拜",
    "每逢周",
    "每逢星期",
    "每逢礼拜",
    "每到周",
    "每到星期",
    "按周",
    "周周",
];
const MONTHLY: &[&str] = &["每月", "每个月", "月月", "按月", "每到月", "每逢月"];
const YEARLY: &[&str] = &["每年", "每一年", "年年", "按年", "每逢年", "每到年"];
const OFTEN: &[&str] =
    &["每天", "每日", "天天", "每季", "每个季", "按季", "每半", "隔周", "隔月", "隔年", "双周"];
/// What moves with the moon from year to year.
const LUNAR: &[&str] = &[
    "农历", "阴历", "旧历", "正月", "腊月", "冬月", "春节", "过年", "大年", "除夕", "元宵", "端午",
    "中秋", "重阳", "清明",
];
const FEASTS: &[(&str, i64, i64)] = &[
    ("元旦", 1, 1),
    ("妇女节", 3, 8),
    ("劳动节", 5, 1),
    ("儿童节", 6, 1),
    ("教师节", 9, 10),
    ("国庆", 10, 1),
    ("年底", 12, 31),
    ("年末", 12, 31),
];
const WEEK: [&str; 3] = ["星期", "礼拜", "周"];

/// What repeats; what repeats in a way we do not have is told.
pub(super) fn of(chars: &[char]) -> Result<Option<Each>, Said> {
    let words: String = chars.iter().collect();
    let says = |list: &[&str]| list.iter().any(|w| words.contains(w));
    if says(OFTEN) || is_every_other(chars) {
        return Err(Said::Often);
    }
    let all = [(WEEKLY, Each::Week), (MONTHLY, Each::Month), (YEARLY, Each::Year)];
    let mut said = all.into_iter().filter(|(list, _)| says(list)).map(|(_, each)| each);
    let each = match (said.next(), said.next()) {
        (None, _) => return Ok(None),
        (Some(each), None) => each,
        (Some(_), Some(_)) => return Err(Said::Often),
    };
    if each != Each::Week && (says(LUNAR) || is_lunar_day(chars)) {
        return Err(Said::Lunar);
    }
    Ok(Some(each))
}

/// 每两周, 每隔三个月
fn is_every_other(chars: &[char]) -> bool {
    let mut each = chars.iter().enumerate().filter(|(_, c)| **c == '每');
    each.any(|(at, _)| {
        let from = at + 1 + usize::from(chars.get(at + 1) == Some(&'隔'));
        let end = number::run_end(chars, from);
        let unit = end + usize::from(chars.get(end) == Some(&'个'));
        let is_unit =
            matches!(chars.get(unit), Some('周' | '月' | '年' | '天' | '星' | '礼' | '季'));
        let is_one = number::whole(&chars[from.min(end)..end]) == Some(1);
        end > from && is_unit && !is_one
    })
}

/// 初一 to 初十, but not 月初一百.
fn is_lunar_day(chars: &[char]) -> bool {
    let is_sum = |c: Option<&char>| c.is_some_and(|c| "百千万块元点".contains(*c));
    chars.windows(2).enumerate().any(|(at, two)| {
        two[0] == '初' && "一二三四五六七八九十".contains(two[1]) && !is_sum(chars.get(at + 2))
    })
}

type Found = Option<(Rule, Vec<char>)>;

/// The day, and what is left of the text beside it; none where none is said. `is_asked`: it may be said in fewer words.
pub(super) fn day(each: Each, chars: &[char], is_asked: bool) -> Result<Found, Said> {
    match each {
        Each::Week => of_week(chars, is_asked),
        Each::Month => {
            let bare = || number::whole(chars).filter(|d| is_asked && (1..=LAST).contains(d));
            let day = of_month(chars)?.or_else(bare);
            Ok(day.map(|day| (Rule::Monthly(day), chars.to_vec())))
        }
        Each::Year => {
            if is_asked && is_lunar_day(chars) {
                return Err(Said::Lunar);
            }
            Ok(of_year(chars)?.map(|(month, day)| (Rule::Yearly(month, day), chars.to_vec())))
        }
    }
}

/// 周五, 星期天: one day only.
fn of_week(chars: &[char], is_asked: bool) -> Result<Found, Said> {
    let mut found: Option<(i64, usize)> = None;
    let mut at = 0;
    while at < chars.len() {
        let Some(after) = WEEK.iter().find_map(|w| after(chars, at, w)) else {
            at += 1;
            continue;
        };
        at = after;
        let Some(day) = week_day(chars, after)? else { continue };
        if found.is_some_and(|(other, _)| other != day) {
            return Err(Said::Often);
        }
        found = Some((day, after));
    }
    let bare = || {
        let [one] = chars else { return None };
        week_number(*one).filter(|_| is_asked).map(|day| (day, 0))
    };
    Ok(found.or_else(bare).map(|(day, at)| {
        let mut rest = chars.to_vec();
        rest[at] = '，';
        (Rule::Weekly(day), rest)
    }))
}

fn after(chars: &[char], at: usize, word: &str) -> Option<usize> {
    let end = at + word.chars().count();
    chars.get(at..end).filter(|have| have.iter().copied().eq(word.chars())).map(|_| end)
}

fn week_number(c: char) -> Option<i64> {
    match c {
        '日' | '天' | '7' | '七' => Some(7),
        c => number::one(c).filter(|n| (1..=6).contains(n)),
    }
}

/// The day that stands at `at`, after 周. 每周五百 is a sum, 每周一次 is how often, 每周一三五 are several days.
fn week_day(chars: &[char], at: usize) -> Result<Option<i64>, Said> {
    let Some(day) = chars.get(at).copied().and_then(week_number) else { return Ok(None) };
    let is_day = |c: &char| "一二三四五六日天".contains(*c);
    let is_sum = |c: Option<&char>| c.is_some_and(|c| "十百千万块元毛".contains(*c));
    let next = chars.get(at + 1);
    if next.is_some_and(|c| "、和跟与及到至".contains(*c))
        && chars.get(at + 2).is_some_and(is_day)
        && !is_sum(chars.get(at + 3))
    {
        return Err(Said::Often);
    }
    if matches!(chars[at], '日' | '天') {
        return Ok(Some(day));
    }
    let end = (at..chars.len()).find(|i| !is_number_char(chars[*i])).unwrap_or(chars.len());
    let run = &chars[at..end];
    let is_followed = |list: &str| chars.get(end).is_some_and(|c| list.contains(*c));
    match run {
        // 周五, and not 周一次
        [_] if !is_followed("次回笔个块元毛") => Ok(Some(day)),
        // 周五九点
        [_, ..] if is_followed("点:") && run.len() > 1 => Ok(Some(day)),
        run if run.len() > 1 && run.iter().all(is_day) => Err(Said::Often),
        _ => Ok(None),
    }
}

/// 5号, 15日, 月初, 月底 as a day of the month.
fn of_month(chars: &[char]) -> Result<Option<i64>, Said> {
    let marks = chars.iter().enumerate().filter(|(_, c)| matches!(c, '号' | '日'));
    let numbered = |(at, _): (usize, &char)| ending(chars, at).filter(|n| (1..=LAST).contains(n));
    let all: Vec<i64> = marks.filter_map(numbered).collect();
    if all.windows(2).any(|two| two[0] != two[1]) && !is_amended(chars) {
        return Err(Said::Often);
    }
    let is_at = |word: [char; 2]| chars.windows(2).any(|w| w == word);
    let edge = || {
        let first = is_at(['月', '初']).then_some(1);
        first.or_else(|| (is_at(['月', '底']) || is_at(['月', '末'])).then_some(LAST))
    };
    Ok(all.last().copied().or_else(edge))
}

/// 不是5号是6号: what comes last is meant.
fn is_amended(chars: &[char]) -> bool {
    chars.windows(2).any(|w| matches!(w, ['不', '是' | '对'])) || chars.contains(&'改')
}

/// 3月5号, 6月底, 元旦.
fn of_year(chars: &[char]) -> Result<Option<(i64, i64)>, Said> {
    let words: String = chars.iter().collect();
    let months = chars.iter().enumerate().filter(|(_, c)| **c == '月');
    let mut all: Vec<(i64, i64)> = months.filter_map(|(at, _)| month_day(chars, at)).collect();
    if all.is_empty() {
        let feast = FEASTS.iter().find(|(word, ..)| words.contains(word));
        all.extend(feast.map(|(_, month, day)| (*month, *day)));
    }
    if all.windows(2).any(|two| two[0] != two[1]) && !is_amended(chars) {
        return Err(Said::Often);
    }
    Ok(all.last().copied())
}

/// The day around a 月 that stands at `at`.
fn month_day(chars: &[char], at: usize) -> Option<(i64, i64)> {
    let month = ending(chars, at).filter(|m| (1..=12).contains(m))?;
    let day = match chars.get(at + 1)? {
        '底' | '末' => longest(month),
        '初' => 1,
        _ => number::whole(&chars[at + 1..number::run_end(chars, at + 1)])?,
    };
    (1..=longest(month)).contains(&day).then_some((month, day))
}
