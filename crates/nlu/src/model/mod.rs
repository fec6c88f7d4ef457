//! A small text classifier: characters, sounds and pieces, one-vs-rest linear machines plus the nearest example, calibrated
//! on a quarter of the examples that is held out. Same examples and seed give the same model, bit for bit.
//!
//! Not for: deciding about money. It proposes items; gates and confirmations are elsewhere.

mod calibrate;
mod concepts;
mod engine;
mod features;
mod folds;
mod index;
mod kept;
mod local;
mod machine;
mod pieces;
mod stack;

pub use calibrate::error as calibration_error;
use calibrate::{Calibration, Judged};
use engine::Engine;
use features::Counted;
use folds::held_out;
pub use local::Local;
use machine::{Stream, Support};
pub use pieces::Pieces;
use std::collections::{BTreeMap, HashMap};

use crate::math::{exp, real};

/// One phrase and the item it asks for; an empty item means "none of ours".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Example {
    pub text: String,
    pub item: String,
}

/// A proposal. `score` is the estimated probability that `item` is right; those of one text sum to ≤ 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored<'a> {
    pub item: &'a str,
    pub score: f32,
}

/// How sure a ranking is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    /// Do it.
    Answer,
    /// Ask whether that is meant.
    Confirm,
    /// Offer the best three.
    Menu,
    /// Nothing fits.
    Fallback,
}

/// Where the levels begin. `answer` and `draft` are found on examples held out (95 % right above them).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    pub answer: f32,
    /// A payment's draft may open.
    pub draft: f32,
    pub confirm: f32,
    /// The best three together.
    pub menu: f32,
}

/// What examples held out said of the model.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Judgement {
    pub examples: usize,
    /// Shares of unseen examples whose item came first, or among the first three.
    pub first: f32,
    pub three: f32,
    /// Mean distance between sureness and truth, before and after calibration of the best.
    pub error: f32,
    pub temperature: f32,
}

/// An example that, unseen, is taken for another item.
#[derive(Debug, Clone, PartialEq)]
pub struct Misplaced {
    pub text: String,
    pub item: String,
    pub taken_for: String,
    /// How sure the model was of that.
    pub sure: f32,
}

const FOLDS: usize = 4;
/// At the start of a process one fold is judged: calibration wants a few thousand examples, not all. [`Understander::judge`]
/// judges them all.
const FOLDS_AT_START: usize = 1;
const PRECISION_WANTED: f32 = 0.95;
const DRAFT_PRECISION: f32 = 0.95;
/// Fewest judged examples a threshold may rest on.
const ENOUGH: usize = 12;
const ANSWER_MIN: f32 = 0.55;
const ANSWER_MAX: f32 = 0.95;
/// How much of a text the classifier looks at; what comes after says little about what is wanted. A Latin letter is a third
/// of what a Chinese character is.
const SEEN_MAX: usize = 360;

/// How many items a ranking names.
const RANKED: usize = 10;

/// What is looked at.
fn seen(text: &str) -> Vec<char> {
    let mut left = SEEN_MAX;
    let fits = |c: &char| {
        let size = if c.is_ascii() { 1 } else { 3 };
        let fits = left >= size;
        left = left.saturating_sub(size);
        fits
    };
    text.chars().take_while(fits).collect()
}

type Sparse = Vec<(u32, f32)>;

/// The trained classifier.
#[derive(Debug, Clone)]
pub struct Understander {
    engine: Engine,
    learned: Learned,
    /// Phrases that belong to one item alone: they need no judgement.
    exact: HashMap<String, u32>,
}

/// What training found out; the rest is read from the examples.
#[derive(Debug, Clone, PartialEq)]
struct Learned {
    /// Names the examples and the seed.
    mark: u64,
    supports: Vec<Support>,
    /// The same of the model that had not seen the first fold, which an institution's phrases are judged by.
    fold: Vec<Support>,
    calibration: Calibration,
    thresholds: Thresholds,
    /// Items whose own answers are right more often, or less, than all together.
    answer_of: BTreeMap<String, f32>,
    judgement: Judgement,
}

fn index(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}
fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// The smallest probability above which the wanted share is right, when there is enough to tell.
fn answer_from(points: &[(f32, bool)], wanted: f32) -> Option<f32> {
    let mut sure = points.to_vec();
    sure.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut good, mut best) = (0, None);
    for (at, (p, right)) in sure.iter().enumerate() {
        good += usize::from(*right);
        if at + 1 >= ENOUGH && real(good) / real(at + 1) >= wanted {
            best = Some(*p);
        }
    }
    best.map(|p| p.clamp(ANSWER_MIN, ANSWER_MAX))
}

impl Understander {
    /// Trains on the examples; texts should be of one shape (see [`crate::normalise`]).
    pub fn train(examples: &[Example], seed: u64) -> Self {
        Self::train_with(examples, seed, Pieces::shipped())
    }

    /// The same with another table of pieces, or none.
    pub fn train_with(examples: &[Example], seed: u64, pieces: Option<&'static Pieces>) -> Self {
        let order = shuffled(examples, seed);
        let counted = counted(&order, pieces);
        let rows: Vec<(&Example, &Counted)> = order.iter().copied().zip(&counted).collect();
        let ((points, fold), (engine, supports)) = machine::both(
            || held_out(&rows, FOLDS_AT_START, pieces, seed, (&[], &[])),
            || Engine::train(&rows, pieces, seed),
        );
        let mark = kept::mark(&order, seed, pieces.is_some());
        let learned = Learned { supports, fold, ..Learned::from(&points, mark) };
        let exact = exact(&order, &engine.items);
        Self { engine, learned, exact }
    }

    /// What training found out, for [`Self::recall`].
    pub fn keep(&self) -> Vec<u8> {
        self.learned.bytes()
    }

    /// The very model that [`Self::train`] gives for these examples and this seed, without training: from what
    /// [`Self::keep`] gave. None when that is not whole, or of other examples.
    pub fn recall(examples: &[Example], seed: u64, kept: &[u8]) -> Option<Self> {
        let pieces = Pieces::shipped();
        let order = shuffled(examples, seed);
        let learned = Learned::of(kept, kept::mark(&order, seed, pieces.is_some()))?;
        let counted = counted(&order, pieces);
        let rows: Vec<(&Example, &Counted)> = order.iter().copied().zip(&counted).collect();
        let engine = Engine::recall(&rows, pieces, &learned.supports)?;
        let exact = exact(&order, &engine.items);
        Some(Self { engine, learned, exact })
    }

    /// The likeliest items, at most ten, by descending probability. Never empty unless there were no examples.
    pub fn rank(&self, text: &str) -> Vec<Scored<'_>> {
        self.rank_with(text, None)
    }

    /// The same where an institution has phrases of its own.
    pub fn rank_with(&self, text: &str, local: Option<&Local>) -> Vec<Scored<'_>> {
        let counted = self.engine.count(text);
        let near = local.map_or_else(Vec::new, |l| l.near(&self.engine, &counted));
        let scores = self.engine.scores_near(&counted, &near);
        let Some((best, ..)) = scores.best() else {
            return vec![];
        };
        let calibration = self.learned_of(local).calibration;
        let exact = self.exact.get(text).copied().or_else(|| local?.exact(text)).map(index);
        let top = if exact.is_some() { 1.0 } else { calibration.sure(&scores) };
        let best = exact.unwrap_or(best);
        let mut rest: Vec<(usize, f32)> =
            scores.all.iter().copied().enumerate().filter(|(c, _)| *c != best).collect();
        let by_score = |a: &(usize, f32), b: &(usize, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if rest.len() > RANKED {
            rest.select_nth_unstable_by(RANKED - 1, by_score);
            rest.truncate(RANKED - 1);
        }
        rest.sort_unstable_by(by_score);
        // What the best leaves is shared by odds against the next, however far behind that is.
        let next = rest.first().map_or(0.0, |(_, s)| *s);
        let odds = |s: f32| exp((s - next) / calibration.temperature);
        let others = calibrate::mass(&scores, best, next, calibration.temperature).max(1.0);
        let share = |s: f32| ((1.0 - top) * odds(s) / others).min(top);
        let rest = rest.into_iter().map(|(class, s)| (class, share(s)));
        let all = std::iter::once((best, top)).chain(rest);
        all.map(|(class, score)| Scored { item: &self.engine.items[class], score }).collect()
    }

    pub fn thresholds(&self) -> Thresholds {
        self.thresholds_with(None)
    }
    pub fn thresholds_with(&self, local: Option<&Local>) -> Thresholds {
        self.learned_of(local).thresholds
    }
    fn learned_of<'a>(&'a self, local: Option<&'a Local>) -> &'a Learned {
        local.map_or(&self.learned, Local::learned)
    }

    /// Full cross-validation: every example judged by a model that had not seen it. Takes several trainings; for reports.
    pub fn judge(examples: &[Example], seed: u64) -> Judgement {
        let pieces = Pieces::shipped();
        let order = shuffled(examples, seed);
        let counted = counted(&order, pieces);
        let rows: Vec<(&Example, &Counted)> = order.iter().copied().zip(&counted).collect();
        let (points, _) = held_out(&rows, FOLDS, pieces, seed, (&[], &[]));
        let calibration = Calibration::fit(&points);
        judge(&points, &sureness(&calibration, &points), calibration.temperature)
    }

    /// The examples that a model which has not seen them gives to another item with a sureness of at least `from`. Takes
    /// several trainings; for checks.
    pub fn misplaced(examples: &[Example], seed: u64, from: f32) -> Vec<Misplaced> {
        let pieces = Pieces::shipped();
        let order = shuffled(examples, seed);
        let counted = counted(&order, pieces);
        let rows: Vec<(&Example, &Counted)> = order.iter().copied().zip(&counted).collect();
        let (points, _) = held_out(&rows, FOLDS, pieces, seed, (&[], &[]));
        let calibration = Calibration::fit(&points);
        let wrong = points.iter().filter(|p| p.is_known && !p.is_right()).map(|p| Misplaced {
            text: rows[p.row].0.text.clone(),
            item: rows[p.row].0.item.clone(),
            taken_for: p.taken_for.clone(),
            sure: calibration.sure(&p.scores),
        });
        let mut all: Vec<Misplaced> = wrong.filter(|m| m.sure >= from).collect();
        all.sort_by(|a, b| b.sure.total_cmp(&a.sure).then_with(|| a.text.cmp(&b.text)));
        all
    }

    /// How the model did on the examples held out when it was trained.
    pub fn judgement(&self) -> Judgement {
        self.learned.judgement
    }

    /// Phrases that the classifier by itself gives to another item: (phrase, its item, taken for). They work, being known
    /// word for word, but what sounds like them does not.
    pub fn strays(&self) -> Vec<(&str, &str, &str)> {
        let name = |class: usize| self.engine.items[class].as_str();
        let taken = |text: &str| self.engine.scores(&self.engine.count(text)).best().map(|b| b.0);
        let mut all: Vec<_> = self
            .exact
            .iter()
            .filter_map(|(text, class)| {
                Some((text.as_str(), name(index(*class)), name(taken(text)?)))
            })
            .filter(|(_, own, taken)| own != taken)
            .collect();
        all.sort_unstable();
        all
    }

    /// How sure a ranking of [`Self::rank`] is. "None of ours" on top is a fallback.
    pub fn level(&self, ranked: &[Scored<'_>]) -> Level {
        self.level_with(ranked, None)
    }

    /// The same for a ranking of [`Self::rank_with`].
    pub fn level_with(&self, ranked: &[Scored<'_>], local: Option<&Local>) -> Level {
        let learned = self.learned_of(local);
        let Some(best) = ranked.first() else {
            return Level::Fallback;
        };
        let three: f32 =
            ranked.iter().take(3).filter(|s| !s.item.is_empty()).map(|s| s.score).sum();
        let answer = learned.answer_of.get(best.item).copied().unwrap_or(learned.thresholds.answer);
        match best.score {
            _ if best.item.is_empty() => Level::Fallback,
            p if p >= answer => Level::Answer,
            p if p >= learned.thresholds.confirm => Level::Confirm,
            _ if three >= learned.thresholds.menu => Level::Menu,
            _ => Level::Fallback,
        }
    }
}

impl Learned {
    /// What held-out examples say of the model: how sure it may be, and from where on it answers.
    fn from(points: &[Judged], mark: u64) -> Self {
        let calibration = Calibration::fit(points);
        let sure = sureness(&calibration, points);
        let answer = answer_from(&sure, PRECISION_WANTED).unwrap_or(ANSWER_MAX);
        let draft = answer_from(&sure, DRAFT_PRECISION).unwrap_or(ANSWER_MAX).max(answer);
        let mut by_item: BTreeMap<&str, Vec<(f32, bool)>> = BTreeMap::new();
        for (point, sure) in points.iter().zip(&sure) {
            by_item.entry(&point.taken_for).or_default().push(*sure);
        }
        let answer_of = by_item
            .into_iter()
            .filter_map(|(item, sure)| {
                Some((item.to_owned(), answer_from(&sure, PRECISION_WANTED)?))
            })
            .collect();
        Self {
            mark,
            supports: vec![],
            fold: vec![],
            calibration,
            thresholds: Thresholds { answer, draft, confirm: answer.min(0.5), menu: 0.45 },
            answer_of,
            judgement: judge(points, &sure, calibration.temperature),
        }
    }
}

/// Phrases and their class, where only one item claims them.
fn exact(examples: &[&Example], items: &[String]) -> HashMap<String, u32> {
    let mut claims: BTreeMap<&str, Option<&str>> = BTreeMap::new();
    for e in examples {
        let claim = claims.entry(&e.text).or_insert(Some(&e.item));
        if *claim != Some(&e.item) {
            *claim = None;
        }
    }
    let class = |item: &str| items.binary_search_by(|i| i.as_str().cmp(item)).ok().map(number);
    claims.into_iter().filter_map(|(text, item)| Some((text.to_owned(), class(item?)?))).collect()
}

fn judge(points: &[Judged], sure: &[(f32, bool)], temperature: f32) -> Judgement {
    let rank_of = |p: &Judged| {
        let own = p.scores.all.get(p.class?)?;
        Some(p.scores.all.iter().filter(|s| *s > own).count())
    };
    let known: Vec<&Judged> = points.iter().filter(|p| p.is_known).collect();
    let within = |n: usize| known.iter().filter(|p| rank_of(p).is_some_and(|r| r < n)).count();
    let all = real(known.len().max(1));
    Judgement {
        examples: known.len(),
        first: real(within(1)) / all,
        three: real(within(3)) / all,
        error: calibrate::error(sure),
        temperature,
    }
}

/// The examples in an order that depends on nothing but themselves and the seed.
fn shuffled(examples: &[Example], seed: u64) -> Vec<&Example> {
    let mut order: Vec<&Example> = examples.iter().collect();
    order.sort_by(|a, b| (&a.item, &a.text).cmp(&(&b.item, &b.text)));
    order.dedup();
    Stream(seed).shuffle(&mut order);
    order
}

fn counted(examples: &[&Example], pieces: Option<&Pieces>) -> Vec<Counted> {
    machine::each(examples, |e| features::count(&e.text, pieces))
}

fn sureness(calibration: &Calibration, points: &[Judged]) -> Vec<(f32, bool)> {
    points.iter().map(|p| (calibration.sure(&p.scores), p.is_right())).collect()
}

/// A number drawn for some words. It depends on nothing else, so that a new phrase leaves all others in their folds.
fn lot(words: &[&str]) -> usize {
    let bytes = words.iter().flat_map(|w| w.bytes().chain([0]));
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    usize::try_from(hash >> 40).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn examples() -> Vec<Example> {
        let of = |item: &str, texts: &[&str]| {
            texts
                .iter()
                .map(|t| Example { text: (*t).to_owned(), item: item.to_owned() })
                .collect::<Vec<_>>()
        };
        [
            of(
                "balance",
                &[
                    "查余额",
                    "卡里还有多少钱",
                    "还剩多少钱",
                    "看下余额",
                    "账上有多少钱",
                    "余额多少",
                    "我有多少钱",
                ],
            ),
            of(
                "statement",
                &[
                    "查明细",
                    "最近的流水",
                    "花了哪些钱",
                    "看看进出账",
                    "交易明细",
                    "流水记录",
                    "上月明细",
                ],
            ),
            of(
                "unbind",
                &["解绑", "解除绑定", "不想绑了", "取消绑定", "把绑定解开", "解开绑定", "我要解绑"],
            ),
            of(
                "",
                &[
                    "今天天气怎么样",
                    "讲个笑话",
                    "你吃饭了没",
                    "附近有什么好吃的",
                    "明天下雨吗",
                    "放首歌",
                ],
            ),
        ]
        .concat()
    }

    #[test]
    fn unseen_wordings_find_their_item() {
        let model = Understander::train(&examples(), 7);
        for (text, item) in [
            ("帮我看下卡里余额", "balance"),
            ("流水明细", "statement"),
            ("绑定解除一下", "unbind"),
            ("天气", ""),
        ] {
            assert_eq!(model.rank(text)[0].item, item, "{text}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_model() {
        let (a, b) = (Understander::train(&examples(), 7), Understander::train(&examples(), 7));
        assert_eq!(a.rank("查余额明细"), b.rank("查余额明细"));
        assert_eq!(a.thresholds(), b.thresholds());
    }

    #[test]
    fn what_is_kept_gives_the_same_model_without_training() {
        let trained = Understander::train(&examples(), 7);
        let kept = trained.keep();
        let recalled = Understander::recall(&examples(), 7, &kept).unwrap();
        for text in ["查余额明细", "解绑", "卡上还有钱没有", "天气"] {
            assert_eq!(trained.rank(text), recalled.rank(text), "{text}");
        }
        assert_eq!(recalled.keep(), kept);
        assert_eq!(trained.judgement(), recalled.judgement());
    }

    #[test]
    fn what_is_kept_is_refused_for_other_examples_or_when_it_is_not_whole() {
        let kept = Understander::train(&examples(), 7).keep();
        assert!(Understander::recall(&examples(), 8, &kept).is_none());
        assert!(Understander::recall(&examples()[1..], 7, &kept).is_none());
        for end in [0, 3, 11, 40, kept.len() - 1] {
            assert!(Understander::recall(&examples(), 7, &kept[..end]).is_none(), "{end}");
        }
    }

    #[test]
    fn probabilities_fall_and_never_sum_above_one() {
        let model = Understander::train(&examples(), 7);
        for text in ["查余额", "", "asdf", "🙏", "解绑明细"] {
            let ranked = model.rank(text);
            assert!(ranked.windows(2).all(|w| w[0].score >= w[1].score), "{text}");
            assert!(ranked.iter().map(|s| s.score).sum::<f32>() <= 1.001, "{text}");
        }
    }

    #[test]
    fn a_known_phrase_is_surer_than_an_odd_one() {
        let model = Understander::train(&examples(), 7);
        assert!(model.rank("查余额")[0].score > model.rank("紫色的余晖")[0].score);
        assert_eq!(model.level(&model.rank("讲个笑话")), Level::Fallback);
    }

    #[test]
    fn no_examples_give_no_proposals() {
        let model = Understander::train(&[], 1);
        assert!(model.rank("查余额").is_empty());
        assert_eq!(model.level(&[]), Level::Fallback);
    }
}
