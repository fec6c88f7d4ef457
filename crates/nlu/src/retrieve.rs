//! Finds the answer whose question is nearest to what was asked: characters and pairs of them, weighed by how rare they are,
//! and the word pieces of the classifier's table, so that 取大额现金 is near 拿十万块钱 though they share little.
//!
//! Not for: whether the answer is good enough to be said; the caller has thresholds for that.

use crate::math::ln;
use crate::model::Pieces;
use crate::normalise;
use std::collections::{BTreeMap, HashMap};

/// A question's first characters say what it is about.
const CHARS_MAX: usize = 120;
/// Questions whose pieces are compared, the nearest by characters first.
const LOOKED_AT: usize = 96;
/// A single character says less than a pair.
const SINGLE: f32 = 0.45;
/// How much the characters count beside the pieces.
const CHARACTERS: f32 = 0.62;

/// An answer that was found.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Found {
    /// As handed in.
    pub answer: usize,
    /// 0 to 1; 1 for a known question.
    pub score: f32,
}

/// Every known question, ready to be compared with.
#[derive(Debug, Clone, Default)]
pub struct Finder {
    keys: HashMap<String, usize>,
    grams: HashMap<u64, (f32, Vec<(usize, f32)>)>,
    questions: Vec<Question>,
}

#[derive(Debug, Clone)]
struct Question {
    answer: usize,
    length: f32,
    pieces: Vec<f32>,
}

/// What questions are compared by: one shape of text, without fillers and marks.
pub fn question_key(text: &str) -> String {
    normalise(text).key().chars().take(CHARS_MAX).collect()
}

/// Each character and each pair, with its weight before rarity counts.
fn grams(key: &str) -> BTreeMap<u64, f32> {
    let chars: Vec<u64> = key.chars().map(|c| u64::from(u32::from(c))).collect();
    let mut out = BTreeMap::new();
    for c in &chars {
        out.entry(*c).or_insert(SINGLE);
    }
    for pair in chars.windows(2) {
        out.entry((pair[0] << 32) | pair[1]).or_insert(1.0);
    }
    out
}

/// Counts are small.
fn real(n: usize) -> f32 {
    f32::from(u16::try_from(n).unwrap_or(u16::MAX))
}

fn pieces(key: &str) -> Vec<f32> {
    let chars: Vec<char> = key.chars().collect();
    Pieces::shipped().map(|table| table.vector(&chars)).unwrap_or_default()
}

impl Finder {
    /// Learns the questions: (answer, text).
    pub fn of<'a>(questions: impl Iterator<Item = (usize, &'a str)>) -> Self {
        let mut finder = Self::default();
        let mut all = vec![];
        for (answer, text) in questions {
            let key = question_key(text);
            all.push(grams(&key));
            let pieces = pieces(&key);
            finder.questions.push(Question { answer, length: 0.0, pieces });
            finder.keys.insert(key, answer);
        }
        for (at, grams) in all.iter().enumerate() {
            for (gram, weight) in grams {
                finder.grams.entry(*gram).or_default().1.push((at, *weight));
            }
        }
        let count = real(all.len());
        for (rarity, list) in finder.grams.values_mut() {
            *rarity = ln(1.0 + count / real(list.len()));
            list.iter_mut().for_each(|(_, weight)| *weight *= *rarity);
        }
        for (at, grams) in all.iter().enumerate() {
            let square = |(gram, weight): (&u64, &f32)| {
                let x = finder.grams.get(gram).map_or(0.0, |(rarity, _)| rarity * weight);
                x * x
            };
            finder.questions[at].length = grams.iter().map(square).sum::<f32>().sqrt();
        }
        finder
    }

    /// The answer to exactly this question.
    pub fn known(&self, text: &str) -> Option<usize> {
        self.keys.get(&question_key(text)).copied()
    }

    /// The nearest answers, best first, each once; at most `most`.
    pub fn find(&self, text: &str, most: usize) -> Vec<Found> {
        let key = question_key(text);
        let mut near = self.by_characters(&key);
        near.truncate(LOOKED_AT);
        let own = pieces(&key);
        let known = self.keys.get(&key);
        let mut best: BTreeMap<usize, f32> = BTreeMap::new();
        for (at, characters) in near {
            let question = &self.questions[at];
            let alike: f32 = own.iter().zip(&question.pieces).map(|(a, b)| a * b).sum();
            let mut score = CHARACTERS * characters + (1.0 - CHARACTERS) * alike.max(0.0);
            if known == Some(&question.answer) {
                score = 1.0;
            }
            let kept = best.entry(question.answer).or_insert(0.0);
            *kept = kept.max(score);
        }
        let mut out: Vec<Found> =
            best.into_iter().map(|(answer, score)| Found { answer, score }).collect();
        out.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.answer.cmp(&b.answer)));
        out.truncate(most);
        out
    }

    /// Questions by the cosine of their characters and pairs, nearest first.
    fn by_characters(&self, key: &str) -> Vec<(usize, f32)> {
        let mut sums: BTreeMap<usize, f32> = BTreeMap::new();
        let mut own = 0.0_f32;
        // what no question has counts as the rarest there is
        let rarest = ln(1.0 + real(self.questions.len()));
        for (gram, weight) in grams(key) {
            let Some((rarity, list)) = self.grams.get(&gram) else {
                own += (weight * rarest).powi(2) * 0.5;
                continue;
            };
            let x = weight * rarity;
            own += x * x;
            for (at, y) in list {
                *sums.entry(*at).or_insert(0.0) += x * y;
            }
        }
        let own = own.sqrt().max(f32::MIN_POSITIVE);
        let mut out: Vec<(usize, f32)> = sums
            .into_iter()
            .map(|(at, dot)| (at, dot / (own * self.questions[at].length.max(f32::MIN_POSITIVE))))
            .collect();
        out.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ASKED: [(usize, &str); 5] = [
        (0, "存款保险保多少"),
        (0, "钱存银行有没有保险"),
        (1, "残币怎么兑换"),
        (1, "钱破了能换吗"),
        (2, "取五万以上要预约吗"),
    ];

    #[test]
    fn a_known_question_is_certain_and_a_near_one_is_found() {
        let finder = Finder::of(ASKED.into_iter());
        assert_eq!(finder.known("请问存款保险保多少？"), Some(0));
        assert_eq!(finder.find("存款保险保多少", 3)[0], Found { answer: 0, score: 1.0 });
        for (text, answer) in
            [("破了的钱去哪换", 1), ("取六万现金用不用预约", 2), ("银行的存款保险", 0)]
        {
            let found = finder.find(text, 3);
            assert_eq!(found[0].answer, answer, "{text}: {found:?}");
            assert!(found[0].score < 1.0 && found.windows(2).all(|w| w[0].score >= w[1].score));
        }
    }

    #[test]
    fn what_is_strange_scores_little_and_nothing_finds_nothing() {
        let finder = Finder::of(ASKED.into_iter());
        assert!(finder.find("今天天气怎么样", 1).first().is_none_or(|f| f.score < 0.4));
        assert_eq!(finder.find("", 3), vec![]);
        assert_eq!(Finder::default().find("存款保险", 3), vec![]);
    }
}
