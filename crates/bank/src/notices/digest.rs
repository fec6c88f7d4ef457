//! Small arrivals as one message (收款汇总), for whoever is paid all day: so many, so much, once an hour or each evening.
//!
//! The row of a span is a notice like any other, parked until the span is over; each arrival changes its words in the unit that moves
//! the cursor on. *Invariant.* Of money that goes out, of reversals, of wages and the like and of large sums nothing is ever gathered.

use super::Kind;
use super::content::{Content, Word};
use super::happening;
use super::store::FACTS;
use super::words::Facts;
use crate::followers::FollowerId;
use crate::vault::{Place, TenantKeys};
use base::{DAY_MS, Error, Fen, Result, Time};
use db::{Tx, params};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// From this sum on an arrival is told by itself: 1,000 yuan.
const LARGE: Fen = Fen::of(100_000);
const HOUR_MS: i64 = 3_600_000;
/// The hour of the evening at which a day is told.
const EVENING_MS: i64 = 20 * HOUR_MS;

/// How arrivals of an account are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = NoticeDigest)]
pub enum Digest {
    #[default]
    Each,
    Hour,
    Day,
}

impl Digest {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Each => "",
            Self::Hour => "hour",
            Self::Day => "day",
        }
    }
    pub(super) fn of_word(word: &str) -> Result<Self> {
        let found = [Self::Each, Self::Hour, Self::Day].into_iter().find(|d| d.word() == word);
        found.ok_or_else(|| Error::fault(format!("no digest of arrivals «{word}»")))
    }
    /// 收款一小时汇总一次; empty where each is told.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Each => "",
            Self::Hour => "零散收款一小时汇总一次",
            Self::Day => "零散收款每晚8点汇总一次",
        }
    }
    /// When the span is over that holds at `now`.
    fn ends(self, now: Time) -> Option<Time> {
        let today = Time::of_ms(now.china_day() * DAY_MS - base::CHINA_OFFSET_MS);
        match self {
            Self::Each => None,
            Self::Hour => Some(now.plus_ms(HOUR_MS - now.ms().rem_euclid(HOUR_MS))),
            Self::Day if today.plus_ms(EVENING_MS) > now => Some(today.plus_ms(EVENING_MS)),
            Self::Day => Some(today.plus_ms(DAY_MS + EVENING_MS)),
        }
    }
    pub(super) fn takes(self, facts: &Facts) -> bool {
        let is_ordinary = facts.is_in && facts.reverses.is_none() && facts.what() == "收入";
        self != Self::Each && is_ordinary && facts.amount < LARGE
    }
}

/// Gathers one arrival; true when it is the first of its span, which makes a notice.
pub(super) fn add(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    to: (FollowerId, i64),
    account_key: &str,
    (digest, facts): (Digest, &Facts),
) -> Result<bool> {
    let Some(ends) = digest.ends(tx.now()) else { return Ok(false) };
    let key = [account_key, &ends.ms().to_string()];
    let (_, notice_key) = happening::key(tx, to.1, Kind::Digest, &key);
    let found: Option<(super::NoticeId, Vec<u8>)> = tx.opt(
        "SELECT id, facts_sealed FROM notice WHERE tenant_id = $1 AND notice_key = $2 AND state = 'waiting'",
        params![tx.tenant(), notice_key],
    )?;
    let Some((id, sealed)) = found else {
        let word = word(facts, (1, facts.amount), ends);
        return happening::add(tx, keys, to, (Kind::Digest, &key), &word, ends);
    };
    let place = Place::new(FACTS, id.raw());
    let before = match keys.open_json(place, &sealed)? {
        Content::Word(word) => word,
        Content::Posting(_) => return Err(Error::fault("a digest that is a posting")),
    };
    let count = before.number.parse::<i64>().unwrap_or(0) + 1;
    let sum = before.amount.unwrap_or(Fen::ZERO).checked_add(facts.amount);
    let sum = sum.ok_or_else(|| Error::fault("a sum of arrivals"))?;
    let content = Content::Word(word(facts, (count, sum), ends));
    tx.exec(
        "UPDATE notice SET facts_sealed = $1 WHERE tenant_id = $2 AND id = $3 AND state = 'waiting'",
        params![keys.seal_json(place, &content)?, tx.tenant(), id],
    )?;
    Ok(false)
}

fn word(facts: &Facts, (count, sum): (i64, Fen), ends: Time) -> Word {
    let (_, month, day, hour, _) = ends.china();
    let until = format!("{month}月{day}日{hour}点");
    let subject = format!("{}{}", facts.account_label, facts.account_tail);
    Word {
        state: "收款汇总".to_owned(),
        amount: Some(sum),
        at: ends,
        is_day: false,
        number: count.to_string(),
        note: format!("到{until}收到{count}笔"),
        text: format!(
            "{subject} 收款汇总：到{until}收到 {count} 笔，一共 {sum} 元。一笔一笔看，说“查明细”。"
        ),
        elder: format!("您{subject}收到 {count} 笔，一共 {sum} 元。"),
        subject,
        of: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64, minute: i64) -> Time {
        Time::of_china_date(2026, 11, 23).plus_ms((hour * 60 + minute) * 60_000)
    }

    #[test]
    fn a_span_ends_with_the_hour_or_in_the_evening() {
        assert_eq!(Digest::Each.ends(at(10, 5)), None);
        assert_eq!(Digest::Hour.ends(at(10, 5)), Some(at(11, 0)));
        assert_eq!(Digest::Hour.ends(at(10, 0)), Some(at(11, 0)));
        assert_eq!(Digest::Day.ends(at(10, 5)), Some(at(20, 0)));
        assert_eq!(Digest::Day.ends(at(20, 0)), Some(at(44, 0)));
    }
}
