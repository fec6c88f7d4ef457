//! The small question before yet another code (CA-05): ours, in plain Chinese and as a picture, answered with a number.
//!
//! It slows a machine that asks for codes one after another; the counters in `otp.rs` are what stops it. One live question
//! a follower, one try each. Not for: telling people from machines for sure.

use super::input::digits;
use super::limits::{self, Window};
use crate::followers::FollowerId;
use crate::vault::{Blind, TenantKeys};
use base::{Id, Named, Random, Refusal, Result};
use db::{Tx, params};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use utoipa::ToSchema;

pub const ASKED: Refusal = Refusal::conflict("otp.question", "今天发过几次验证码了，请先答一道题");

/// A question may be looked at this long.
const LIFE_MS: i64 = 300_000;
/// Answers one follower may try in an hour; there are some twenty different ones.
const TRIES: Window = Window { kind: "question.hour", ms: 3_600_000, max: 10 };

#[derive(Debug)]
pub enum QuestionRow {}
impl Named for QuestionRow {
    const PREFIX: &'static str = "qst";
}

/// What the page shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Question {
    #[schema(value_type = String)]
    pub id: Id<QuestionRow>,
    pub words: String,
    /// The same as a picture, in a `data:` address.
    pub picture: String,
}

/// What the customer answered.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = OtpReply)]
pub struct Reply {
    #[schema(value_type = String)]
    pub id: Id<QuestionRow>,
    pub value: String,
}

const NUMERALS: [&str; 10] = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"];

/// A question in words, what its picture shows, and the answer.
fn draw(random: &Random) -> (String, Vec<String>, i64) {
    let one = |from: u64, till: u64| from + random.below(till - from + 1);
    let word = |n: u64| NUMERALS[usize::try_from(n).unwrap_or(0) % 10];
    let figures = |parts: [String; 3]| parts.to_vec();
    match random.below(3) {
        0 => {
            let (a, b) = (one(2, 9), one(2, 9));
            let words = format!("{}加{}等于几？", word(a), word(b));
            (words, figures([a.to_string(), "+".into(), b.to_string()]), number(a + b))
        }
        1 => {
            let (a, b) = (one(5, 9), one(1, 4));
            let words = format!("{}减{}等于几？", word(a), word(b));
            (words, figures([a.to_string(), "−".into(), b.to_string()]), number(a - b))
        }
        _ => {
            let first = one(1, 40);
            let second = first + one(1, 20);
            let three = [first, second, second + one(1, 20)];
            let turn = usize::try_from(random.below(3)).unwrap_or(0);
            let shown = [three[turn], three[(turn + 1) % 3], three[(turn + 2) % 3]];
            let (which, answer) =
                if random.below(2) == 0 { ("最大", three[2]) } else { ("最小", three[0]) };
            let words = format!("{}、{}、{} 里哪个{which}？", shown[0], shown[1], shown[2]);
            (words, figures(shown.map(|n| n.to_string())), number(answer))
        }
    }
}

fn number(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(0)
}

/// Three large figures, each a little turned, as a `data:` address.
fn picture(random: &Random, figures: &[String]) -> String {
    let mut svg = String::from(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 320 96' font-family='sans-serif' font-size='52' \
         font-weight='700' text-anchor='middle'><rect width='320' height='96' fill='#E7F3EC'/>",
    );
    for (at, figure) in (0_u64..).zip(figures) {
        let (x, y) = (60 + at * 100, 62 + random.below(9));
        let turn = number(random.below(17)) - 8;
        let _ = write!(
            svg,
            "<text x='{x}' y='{y}' transform='rotate({turn} {x} {y})' fill='#0B6B46'>{figure}</text>"
        );
    }
    svg.push_str("</svg>");
    let mut address = String::from("data:image/svg+xml,");
    for b in svg.bytes() {
        if b.is_ascii_alphanumeric() {
            address.push(char::from(b));
        } else {
            let _ = write!(address, "%{b:02X}");
        }
    }
    address
}

fn answer_hash(keys: &TenantKeys, id: Id<QuestionRow>, answer: &str) -> Blind {
    keys.blind("question", &format!("{}:{answer}", id.raw()))
}

/// Asks a follower something new; `None` when they have tried too often.
pub fn pose(tx: &Tx<'_>, keys: &TenantKeys, follower: FollowerId) -> Result<Option<Question>> {
    if limits::left(tx, &subject(keys, follower), TRIES)?.0 == 0 {
        return Ok(None);
    }
    let (words, figures, answer) = draw(tx.random());
    let id: Id<QuestionRow> = tx.new_id();
    tx.exec(
        "INSERT INTO question (tenant_id, follower_id, id, answer_hash, expires_at_ms) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (tenant_id, follower_id) DO UPDATE SET id = excluded.id, answer_hash = excluded.answer_hash, \
         expires_at_ms = excluded.expires_at_ms",
        params![
            tx.tenant(),
            follower,
            id,
            answer_hash(keys, id, &answer.to_string()).now(),
            tx.now().plus_ms(LIFE_MS)
        ],
    )?;
    Ok(Some(Question { id, words, picture: picture(tx.random(), &figures) }))
}

/// Whether the live question was answered rightly. It is spent either way.
pub fn solve(tx: &Tx<'_>, keys: &TenantKeys, follower: FollowerId, reply: &Reply) -> Result<bool> {
    let row: Option<(Vec<u8>, i64)> = tx.opt(
        "SELECT answer_hash, expires_at_ms FROM question WHERE tenant_id = $1 AND follower_id = $2 AND id = $3",
        params![tx.tenant(), follower, reply.id],
    )?;
    let Some((stored, expires_at)) = row else { return Ok(false) };
    tx.exec(
        "DELETE FROM question WHERE tenant_id = $1 AND follower_id = $2",
        params![tx.tenant(), follower],
    )?;
    let same = answer_hash(keys, reply.id, &digits(&reply.value)).is(&stored);
    let counted = limits::count(tx, &subject(keys, follower), TRIES)?;
    Ok(same && counted && tx.now().ms() < expires_at)
}

fn subject(keys: &TenantKeys, follower: FollowerId) -> Blind {
    keys.blind("follower", &follower.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a person makes of the words.
    fn solved(words: &str) -> i64 {
        let figure = |c: char| NUMERALS.iter().position(|n| n.starts_with(c)).map(|n| n as i64);
        let read: Vec<i64> = words.chars().filter_map(figure).collect();
        if words.contains('加') {
            return read[0] + read[1];
        }
        if words.contains('减') {
            return read[0] - read[1];
        }
        let three = words.split(['、', ' ']).filter_map(|w| w.parse().ok());
        if words.contains("最大") { three.max().unwrap() } else { three.min().unwrap() }
    }

    #[test]
    fn every_question_has_the_answer_a_person_finds_and_a_picture_of_the_same_figures() {
        let random = Random::seeded(4);
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..500 {
            let (words, figures, answer) = draw(&random);
            assert_eq!(solved(&words), answer, "{words}");
            assert_eq!(figures.len(), 3);
            seen.insert(answer);
            let picture = picture(&random, &figures);
            assert!(picture.starts_with("data:image/svg+xml,%3Csvg"), "{picture}");
        }
        assert!(seen.len() > 20, "{} different answers", seen.len());
    }
}
