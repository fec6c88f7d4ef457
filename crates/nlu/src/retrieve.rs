//! Finds the answer whose question is nearest to what was asked: characters and pairs of them, weighed by how rare they are, the
//! word pieces of the classifier's table, so that 取大额现金 is near 拿十万块钱 though they share little, and how much of what was asked
//! the questions of one answer hold together.
//!
//! Not for: whether the answer is good enough to be said; the caller has thresholds for that.

use crate::math::{ln, real};
use crate::model::Pieces;
use crate::normalise;
use std::collections::{BTreeMap, HashMap};

/// A question's first characters say what it is about.
const CHARS_MAX: usize = 120;
/// Questions whose pieces are compared, the nearest by characters first.
const LOOKED_AT: usize = 48;
/// A single character beside a pair.
const SINGLE: f32 = 0.8;
/// A character of [`SMALL`], or a pair with one.
const OF_SMALL: f32 = 0.3;
/// What no question has, beside the rarest that one has.
const STRANGE: f32 = 0.3;
/// The parts of a score: the nearest question's characters, its pieces, and how much of what was asked all questions of the answer hold
/// together. Chosen on the paraphrases of `dialogue/tests/questions.tsv`.
const CHARACTERS: f32 = 0.3;
const PIECES: f32 = 0.35;
const COVERED: f32 = 0.35;

/// Characters that say little about the matter.
const SMALL: &str = "我你的了吗呢吧啊呀嘛不一个这那在去把给都还就到";
/// Said so or so; each is read as the second, in this order.
const SAME: &[(&str, &str)] = &[
    ("怎么办", "怎么"),
    ("咋办", "怎么"),
    ("咋整", "怎么"),
    ("咋弄", "怎么"),
    ("怎么弄", "怎么"),
    ("怎么整", "怎么"),
    ("如何", "怎么"),
    ("咋", "怎么"),
    ("为什么", "为何"),
    ("为啥", "为何"),
    ("凭什么", "为何"),
    ("什么", "啥"),
    ("能不能", "能"),
    ("可不可以", "能"),
    ("可以", "能"),
    ("行不行", "能"),
    ("成不成", "能"),
    ("要不要", "要"),
    ("用不用", "要"),
    ("需要", "要"),
    ("有没有", "有"),
    ("多长时间", "多久"),
    ("啥时候", "几时"),
    ("几号", "几时"),
    ("死期", "定期"),
    ("折子", "存折"),
    ("银行卡", "卡"),
    ("储蓄卡", "卡"),
    ("借记卡", "卡"),
    ("自动柜员机", "取款机"),
    ("atm", "取款机"),
    ("机器", "取款机"),
    ("孩子", "娃"),
    ("小孩", "娃"),
    ("闺女", "娃"),
    ("儿子", "娃"),
    ("去世", "过世"),
    ("信用社", "农商行"),
    ("准备", "带"),
    ("资料", "材料"),
    ("证件", "材料"),
    ("手续费", "费"),
    ("工本费", "费"),
    ("收费", "费"),
    ("费用", "费"),
    ("多少钱", "多少"),
    ("几块", "多少"),
    ("过年", "春节"),
    ("遗失", "丢"),
    ("弄丢", "丢"),
    ("找不着", "丢"),
    ("不见", "丢"),
    ("俺", "我"),
    ("咱", "我"),
    ("您", "你"),
    ("你们", "你"),
    ("我们", "我"),
    ("现金", "钱"),
    ("钞票", "钱"),
    ("取款", "取钱"),
    ("开通", "开"),
    ("办理", "办"),
    ("申请", "办"),
    ("注销", "销"),
    ("银行", "行"),
];

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
    grams: HashMap<u64, Gram>,
    questions: Vec<Question>,
    answers: usize,
}

/// A character or pair: how rare it is among questions and among answers, and the questions that have it with its weight there.
#[derive(Debug, Clone, Default)]
struct Gram {
    rarity: f32,
    of_answers: f32,
    questions: Vec<(usize, f32)>,
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
    let mut same = key.to_owned();
    for (said, read) in SAME {
        if same.contains(said) {
            same = same.replace(said, read);
        }
    }
    let chars: Vec<(u64, f32)> = same
        .chars()
        .map(|c| (u64::from(u32::from(c)), if SMALL.contains(c) { OF_SMALL } else { 1.0 }))
        .collect();
    let single = chars.iter().map(|(c, weight)| (*c, SINGLE * weight));
    let pairs = chars.windows(2).map(|p| ((p[0].0 << 32) | p[1].0, p[0].1 * p[1].1));
    single.chain(pairs).collect()
}

fn pieces(key: &str) -> Vec<f32> {
    let chars: Vec<char> = key.chars().collect();
    Pieces::shipped().map(|table| table.vector(&chars)).unwrap_or_default()
}

impl Finder {
    /// Learns the questions: (answer, text). Those of one answer stand together.
    pub fn of<'a>(questions: impl Iterator<Item = (usize, &'a str)>) -> Self {
        let mut finder = Self::default();
        let mut all = vec![];
        for (answer, text) in questions {
            let key = question_key(text);
            all.push(grams(&key));
            let pieces = pieces(&key);
            finder.questions.push(Question { answer, length: 0.0, pieces });
            finder.answers = finder.answers.max(answer + 1);
            finder.keys.insert(key, answer);
        }
        for (at, grams) in all.iter().enumerate() {
            for (gram, weight) in grams {
                finder.grams.entry(*gram).or_default().questions.push((at, *weight));
            }
        }
        let (count, answers) = (real(all.len()), real(finder.answers));
        let questions = &finder.questions;
        for gram in finder.grams.values_mut() {
            let mut having: Vec<usize> =
                gram.questions.iter().map(|(at, _)| questions[*at].answer).collect();
            having.dedup();
            gram.rarity = ln(1.0 + count / real(gram.questions.len()));
            gram.of_answers = ln(1.0 + answers / real(having.len()));
            let rarity = gram.rarity;
            gram.questions.iter_mut().for_each(|(_, weight)| *weight *= rarity);
        }
        for (at, grams) in all.iter().enumerate() {
            let square = |(gram, weight): (&u64, &f32)| {
                let x = finder.grams.get(gram).map_or(0.0, |g| g.rarity * weight);
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
        let (near, covered) = self.by_characters(&key);
        let own = pieces(&key);
        let known = self.keys.get(&key);
        let mut best: BTreeMap<usize, f32> = BTreeMap::new();
        for (at, characters) in near.into_iter().take(LOOKED_AT) {
            let question = &self.questions[at];
            let alike: f32 = own.iter().zip(&question.pieces).map(|(a, b)| a * b).sum();
            let covered = covered.get(&question.answer).copied().unwrap_or(0.0);
            let mut score = CHARACTERS * characters + PIECES * alike.max(0.0) + COVERED * covered;
            if known == Some(&question.answer) {
                score = 1.0;
            }
            let kept = best.entry(question.answer).or_insert(0.0);
            *kept = kept.max(score.min(1.0));
        }
        let mut out: Vec<Found> =
            best.into_iter().map(|(answer, score)| Found { answer, score }).collect();
        out.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.answer.cmp(&b.answer)));
        out.truncate(most);
        out
    }

    /// Questions by the cosine of their characters and pairs, nearest first; and for each answer the share of what was asked that its
    /// questions hold.
    fn by_characters(&self, key: &str) -> (Vec<(usize, f32)>, BTreeMap<usize, f32>) {
        let mut sums: BTreeMap<usize, f32> = BTreeMap::new();
        let mut covered: BTreeMap<usize, f32> = BTreeMap::new();
        let (mut own, mut asked) = (0.0_f32, 0.0_f32);
        let rarest = ln(1.0 + real(self.questions.len()));
        let rarest_of_answers = ln(1.0 + real(self.answers));
        for (key, weight) in grams(key) {
            let Some(gram) = self.grams.get(&key) else {
                own += (weight * rarest).powi(2) * STRANGE;
                asked += weight * rarest_of_answers * STRANGE;
                continue;
            };
            let x = weight * gram.rarity;
            own += x * x;
            asked += weight * gram.of_answers;
            let mut before = None;
            for (at, y) in &gram.questions {
                *sums.entry(*at).or_insert(0.0) += x * y;
                let answer = self.questions[*at].answer;
                if before.replace(answer) != Some(answer) {
                    *covered.entry(answer).or_insert(0.0) += weight * gram.of_answers;
                }
            }
        }
        let own = own.sqrt().max(f32::MIN_POSITIVE);
        let mut out: Vec<(usize, f32)> = sums
            .into_iter()
            .map(|(at, dot)| (at, dot / (own * self.questions[at].length.max(f32::MIN_POSITIVE))))
            .collect();
        out.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let asked = asked.max(f32::MIN_POSITIVE);
        covered.values_mut().for_each(|share| *share /= asked);
        (out, covered)
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
