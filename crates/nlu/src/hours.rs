//! Hours of every day: 晚上十点到早上七点, 22:30到6点, 夜里一点到五点半. From and to in minutes of the day; may go over midnight.
//!
//! Not for: days, nor when something is done once ([`crate::plan`]).

use crate::normal::Normal;
use crate::number;

const DAY: i64 = 24 * 60;
const NOON: i64 = 12 * 60;
/// What stands between the two.
const BETWEEN: &[char] = &['到', '至', '-', '~', '—'];
const MORNING: &[&str] = &["早", "上午", "凌晨", "清晨", "天亮"];
const AFTERNOON: &[&str] = &["下午", "傍晚"];
const NIGHT: &[&str] = &["晚", "夜"];

/// A time of day as it was said.
#[derive(Debug, Clone, Copy)]
struct Clock {
    minute: i64,
    /// Words say which half of the day it is in.
    is_sure: bool,
}

/// From when to when; none where two times are not said.
///
/// ```
/// let said = nlu::normalise("晚上十点半到早上七点别给我发");
/// assert_eq!(nlu::hours::range(&said), Some((22 * 60 + 30, 7 * 60)));
/// ```
pub fn range(said: &Normal) -> Option<(i64, i64)> {
    let chars = &said.chars;
    let cuts = chars.iter().enumerate().filter(|(_, c)| BETWEEN.contains(c)).map(|(at, _)| at);
    cuts.filter_map(|at| both(chars.get(..at)?, chars.get(at + 1..)?)).next()
}

fn both(before: &[char], after: &[char]) -> Option<(i64, i64)> {
    // The last time before, the first one after.
    let from = clocks(before).pop()?;
    let to = clocks(after).into_iter().next()?;
    let from = match (from.is_sure, to.minute < from.minute % NOON) {
        // 十点到七点 is a night, not a day.
        (false, true) if from.minute < NOON => from.minute + NOON,
        _ => from.minute,
    };
    let to = if to.is_sure || to.minute >= NOON {
        to.minute
    } else if from < NOON {
        if to.minute > from { to.minute } else { to.minute + NOON }
    } else if to.minute + NOON > from {
        to.minute + NOON
    } else {
        to.minute
    };
    let (from, to) = (from % DAY, to % DAY);
    (from != to).then_some((from, to))
}

/// Every time in a piece of text, in order.
fn clocks(chars: &[char]) -> Vec<Clock> {
    let marks = chars.iter().enumerate().filter(|(_, c)| matches!(c, '点' | ':' | '时'));
    marks.filter_map(|(at, _)| clock(chars, at)).collect()
}

fn clock(chars: &[char], at: usize) -> Option<Clock> {
    let (begins, hour) = (1..=3).rev().find_map(|long| {
        let begins = at.checked_sub(long)?;
        Some((begins, number::whole(chars.get(begins..at)?)?))
    })?;
    let hour = Some(hour).filter(|h| (0..=24).contains(h))?;
    let behind = chars.get(at + 1..).unwrap_or_default();
    let minutes = match behind {
        ['半', ..] => 30,
        ['一', '刻', ..] => 15,
        ['三', '刻', ..] => 45,
        [tens, ones, ..] if tens.is_ascii_digit() && ones.is_ascii_digit() => {
            number::whole(&[*tens, *ones])?
        }
        _ => 0,
    };
    if !(0..60).contains(&minutes) {
        return None;
    }
    let words: String = chars.get(..begins).unwrap_or_default().iter().collect();
    let has = |all: &[&str]| all.iter().any(|w| words.contains(w));
    let half = match hour {
        0 | 13..=24 => Some(hour),
        // 夜里一点 is past midnight, 夜里十二点 is midnight.
        1..=5 if has(NIGHT) || has(MORNING) => Some(hour),
        6..=11 if has(NIGHT) => Some(hour + 12),
        12 if has(NIGHT) => Some(24),
        1..=11 if has(AFTERNOON) => Some(hour + 12),
        1..=11 if words.contains("中午") => Some(if hour < 6 { hour + 12 } else { hour }),
        12 if words.contains("中午") => Some(12),
        _ if has(MORNING) => Some(hour),
        _ => None,
    };
    let minute = half.unwrap_or(hour) * 60 + minutes;
    (minute <= DAY).then_some(Clock { minute, is_sure: half.is_some() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normal::normalise;

    #[test]
    fn hours_of_a_day_are_heard_however_they_are_said() {
        for (text, from, to) in [
            ("晚上十点到早上七点别发", "22:00", "7:00"),
            ("晚上10点半到第二天6点安静", "22:30", "6:00"),
            ("22:30到7点", "22:30", "7:00"),
            ("十点到七点别吵我", "22:00", "7:00"),
            ("晚上九点到十一点不要发", "21:00", "23:00"),
            ("夜里一点到五点半", "1:00", "5:30"),
            ("中午12点到2点别发消息", "12:00", "14:00"),
            ("中午十二点半到两点", "12:30", "14:00"),
            ("早上8点到下午4点睡觉", "8:00", "16:00"),
            ("晚上十二点到早上六点", "0:00", "6:00"),
            ("从21点到8点免打扰", "21:00", "8:00"),
            ("上午九点到十一点", "9:00", "11:00"),
        ] {
            let minute = |clock: &str| {
                let (h, m) = clock.split_once(':').unwrap();
                h.parse::<i64>().unwrap() * 60 + m.parse::<i64>().unwrap()
            };
            let heard = range(&normalise(text));
            assert_eq!(heard, Some((minute(from), minute(to))), "{text}");
        }
    }

    #[test]
    fn what_is_no_span_of_hours_is_none() {
        for text in ["晚上别发", "十点以后别发", "3月1号到15号", "到早上七点", "查余额", ""]
        {
            assert_eq!(range(&normalise(text)), None, "{text}");
        }
    }
}
