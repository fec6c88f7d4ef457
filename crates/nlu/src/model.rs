//! A small text classifier: character 1–3-grams, TF-IDF, one-vs-rest linear machines plus the nearest
//! example, calibrated by cross-validation. Same examples and seed give the same model, bit for bit.
//!
//! Not for: deciding about money. It proposes items; gates and confirmations are elsewhere.

use std::collections::{BTreeMap, HashMap};

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

/// Where the levels begin. `answer` is found by cross-validation (95 % right above it).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    pub answer: f32,
    pub confirm: f32,
    /// The best three together.
    pub menu: f32,
}

const FOLDS: usize = 5;
const EPOCHS: usize = 12;
const PRECISION_WANTED: f32 = 0.95;
/// Fewest judged examples a threshold may rest on.
const ENOUGH: usize = 12;
const ANSWER_MIN: f32 = 0.55;
const ANSWER_MAX: f32 = 0.95;

type Sparse = Vec<(u32, f32)>;

/// The trained classifier.
#[derive(Debug, Clone)]
pub struct Understander {
    engine: Engine,
    /// Of the logistic curve over (score, margin, 1).
    curve: [f32; 3],
    thresholds: Thresholds,
    /// Items whose own answers are right more often, or less, than all together.
    answer_of: BTreeMap<String, f32>,
}

#[derive(Debug, Clone, Default)]
struct Engine {
    items: Vec<String>,
    grams: HashMap<String, u32>,
    idf: Vec<f32>,
    /// `weights[class][gram]`, the last entry of a class is its bias.
    weights: Vec<Vec<f32>>,
    /// For each gram the examples that have it.
    postings: Vec<Vec<(u32, f32)>>,
    class_of: Vec<u32>,
}

fn real(n: usize) -> f32 {
    f32::from(u16::try_from(n).unwrap_or(u16::MAX))
}
fn index(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}
fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// Character 1–3-grams with marks at both ends.
fn grams(text: &str) -> BTreeMap<String, f32> {
    let chars: Vec<char> =
        std::iter::once('^').chain(text.chars().take(120)).chain(std::iter::once('$')).collect();
    let mut out = BTreeMap::new();
    for n in 1..=3 {
        for w in chars.windows(n) {
            if n == 1 && matches!(w[0], '^' | '$') {
                continue;
            }
            *out.entry(w.iter().collect()).or_insert(0.0) += 1.0;
        }
    }
    out
}

/// A repeatable stream for shuffles.
struct Stream(u64);
impl Stream {
    fn below(&mut self, n: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let high = usize::try_from(self.0 >> 33).unwrap_or(0);
        if n == 0 { 0 } else { high % n }
    }
    fn shuffle<T>(&mut self, list: &mut [T]) {
        for i in (1..list.len()).rev() {
            list.swap(i, self.below(i + 1));
        }
    }
}

impl Engine {
    fn train(examples: &[&Example], seed: u64) -> Self {
        let mut items: Vec<String> = examples.iter().map(|e| e.item.clone()).collect();
        items.sort();
        items.dedup();
        let counted: Vec<BTreeMap<String, f32>> = examples.iter().map(|e| grams(&e.text)).collect();
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for doc in &counted {
            for gram in doc.keys() {
                *seen.entry(gram).or_insert(0) += 1;
            }
        }
        let total = real(examples.len());
        let idf = seen.values().map(|df| ((1.0 + total) / (1.0 + real(*df))).ln() + 1.0).collect();
        let index_of =
            seen.keys().enumerate().map(|(i, gram)| ((*gram).to_owned(), number(i))).collect();
        let mut engine = Self { items, grams: index_of, idf, ..Self::default() };
        let vectors: Vec<Sparse> = counted.iter().map(|doc| engine.weigh(doc)).collect();
        engine.class_of = examples
            .iter()
            .map(|e| number(engine.items.binary_search(&e.item).unwrap_or(0)))
            .collect();
        engine.postings = vec![vec![]; engine.idf.len()];
        for (at, vector) in vectors.iter().enumerate() {
            for (gram, weight) in vector {
                engine.postings[index(*gram)].push((number(at), *weight));
            }
        }
        engine.weights = (0..engine.items.len())
            .map(|class| machine(&vectors, &engine.class_of, number(class), engine.idf.len(), seed))
            .collect();
        engine
    }

    fn weigh(&self, doc: &BTreeMap<String, f32>) -> Sparse {
        let mut out: Sparse = doc
            .iter()
            .filter_map(|(gram, n)| {
                let id = *self.grams.get(gram)?;
                Some((id, (1.0 + n.ln()) * self.idf[index(id)]))
            })
            .collect();
        let norm = out.iter().map(|(_, w)| w * w).sum::<f32>().sqrt();
        if norm > 0.0 {
            out.iter_mut().for_each(|(_, w)| *w /= norm);
        }
        out
    }

    /// Per class: the machine's score plus the cosine to its nearest example, best first.
    fn scores(&self, text: &str) -> Vec<(usize, f32)> {
        let doc = grams(text);
        let vector = self.weigh(&doc);
        let known = real(vector.len()) / real(doc.len().max(1));
        let mut near = vec![0.0_f32; self.class_of.len()];
        for (gram, weight) in &vector {
            for (example, w) in &self.postings[index(*gram)] {
                near[index(*example)] += weight * w;
            }
        }
        let mut nearest = vec![0.0_f32; self.items.len()];
        for (example, cosine) in near.iter().enumerate() {
            let class = index(self.class_of[example]);
            nearest[class] = nearest[class].max(*cosine);
        }
        let mut out: Vec<(usize, f32)> = self
            .weights
            .iter()
            .zip(&nearest)
            .map(|(w, near)| {
                let bias = w.last().copied().unwrap_or(0.0);
                let linear: f32 = vector.iter().map(|(g, x)| w[index(*g)] * x).sum();
                // what shares few grams with all examples is less sure than its direction says
                linear + bias + near * (0.5 + 0.5 * known)
            })
            .enumerate()
            .collect();
        out.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        out
    }
}

/// One L2-loss linear machine by dual coordinate descent (Hsieh et al., ICML 2008, algorithm 1), C = 1.
fn machine(vectors: &[Sparse], class_of: &[u32], class: u32, width: usize, seed: u64) -> Vec<f32> {
    const C: f32 = 1.0;
    let mut w = vec![0.0_f32; width + 1];
    let mut alpha = vec![0.0_f32; vectors.len()];
    let mut order: Vec<usize> = (0..vectors.len()).collect();
    let mut stream = Stream(seed ^ u64::from(class));
    for _ in 0..EPOCHS {
        stream.shuffle(&mut order);
        for &i in &order {
            let y = if class_of[i] == class { 1.0 } else { -1.0 };
            let dot: f32 = vectors[i].iter().map(|(g, x)| w[index(*g)] * x).sum::<f32>() + w[width];
            let gradient = y * dot - 1.0 + alpha[i] / (2.0 * C);
            // the vectors have length 1, and the bias adds 1
            let next = (alpha[i] - gradient / (2.0 + 1.0 / (2.0 * C))).max(0.0);
            let step = (next - alpha[i]) * y;
            alpha[i] = next;
            if step != 0.0 {
                vectors[i].iter().for_each(|(g, x)| w[index(*g)] += step * x);
                w[width] += step;
            }
        }
    }
    w
}

fn logistic(curve: [f32; 3], score: f32, margin: f32) -> f32 {
    1.0 / (1.0 + (-(curve[0] * score + curve[1] * margin + curve[2])).exp())
}

/// One example as judged by a model that had not seen it.
#[derive(Debug, Clone)]
struct Judged {
    score: f32,
    margin: f32,
    right: bool,
    /// The item it was taken for.
    taken_for: String,
}

/// Fits the curve by plain gradient descent.
fn fit(points: &[Judged]) -> [f32; 3] {
    let mut curve = [1.0_f32, 1.0, 0.0];
    let n = real(points.len().max(1));
    for _ in 0..800 {
        let mut slope = [0.0_f32; 3];
        for p in points {
            let error = logistic(curve, p.score, p.margin) - if p.right { 1.0 } else { 0.0 };
            slope[0] += error * p.score;
            slope[1] += error * p.margin;
            slope[2] += error;
        }
        for (c, s) in curve.iter_mut().zip(slope) {
            *c -= 4.0 * s / n;
        }
    }
    curve
}

/// The smallest probability above which the wanted share is right, when there is enough to tell.
fn answer_from(points: &[&Judged], curve: [f32; 3]) -> Option<f32> {
    let mut sure: Vec<(f32, bool)> =
        points.iter().map(|p| (logistic(curve, p.score, p.margin), p.right)).collect();
    sure.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut good, mut best) = (0, None);
    for (at, (p, right)) in sure.iter().enumerate() {
        good += usize::from(*right);
        if at + 1 >= ENOUGH && real(good) / real(at + 1) >= PRECISION_WANTED {
            best = Some(*p);
        }
    }
    best.map(|p| p.clamp(ANSWER_MIN, ANSWER_MAX))
}

impl Understander {
    /// Trains on the examples; texts should be of one shape (see [`crate::normalise`]).
    pub fn train(examples: &[Example], seed: u64) -> Self {
        let mut order: Vec<&Example> = examples.iter().collect();
        order.sort_by(|a, b| (&a.item, &a.text).cmp(&(&b.item, &b.text)));
        order.dedup();
        Stream(seed).shuffle(&mut order);
        let points = cross_validate(&order, seed);
        let curve = fit(&points);
        let all: Vec<&Judged> = points.iter().collect();
        let answer = answer_from(&all, curve).unwrap_or(ANSWER_MAX);
        let mut by_item: BTreeMap<String, Vec<&Judged>> = BTreeMap::new();
        for point in &points {
            by_item.entry(point.taken_for.clone()).or_default().push(point);
        }
        let answer_of = by_item
            .into_iter()
            .filter_map(|(item, points)| Some((item, answer_from(&points, curve)?)))
            .collect();
        let thresholds = Thresholds { answer, confirm: answer.min(0.5), menu: 0.45 };
        Self { engine: Engine::train(&order, seed), curve, thresholds, answer_of }
    }

    /// Items by descending probability. Never empty unless there were no examples.
    pub fn rank(&self, text: &str) -> Vec<Scored<'_>> {
        let scores = self.engine.scores(text);
        let Some(&(_, best)) = scores.first() else {
            return vec![];
        };
        let second = scores.get(1).map_or(best - 1.0, |s| s.1);
        let top = logistic(self.curve, best, best - second);
        let others: f32 = scores[1..].iter().map(|(_, s)| (4.0 * (s - best)).exp()).sum();
        scores
            .iter()
            .enumerate()
            .map(|(at, (class, score))| Scored {
                item: &self.engine.items[*class],
                score: match at {
                    0 => top,
                    _ => ((1.0 - top) * (4.0 * (score - best)).exp() / others.max(1.0)).min(top),
                },
            })
            .collect()
    }

    pub fn thresholds(&self) -> Thresholds {
        self.thresholds
    }

    /// How sure a ranking of [`Self::rank`] is. "None of ours" on top is a fallback.
    pub fn level(&self, ranked: &[Scored<'_>]) -> Level {
        let Some(best) = ranked.first() else {
            return Level::Fallback;
        };
        let three: f32 =
            ranked.iter().take(3).filter(|s| !s.item.is_empty()).map(|s| s.score).sum();
        let answer = self.answer_of.get(best.item).copied().unwrap_or(self.thresholds.answer);
        match best.score {
            _ if best.item.is_empty() => Level::Fallback,
            p if p >= answer => Level::Answer,
            p if p >= self.thresholds.confirm => Level::Confirm,
            _ if three >= self.thresholds.menu => Level::Menu,
            _ => Level::Fallback,
        }
    }
}

/// Each example judged by a model that has not seen its fold.
fn cross_validate(order: &[&Example], seed: u64) -> Vec<Judged> {
    let mut points = vec![];
    for fold in 0..FOLDS {
        let of_fold = |i: usize| i % FOLDS == fold;
        let pick = |want: bool| -> Vec<&Example> {
            order.iter().enumerate().filter(|(i, _)| of_fold(*i) == want).map(|(_, e)| *e).collect()
        };
        let engine = Engine::train(&pick(false), seed);
        for example in pick(true) {
            let scores = engine.scores(&example.text);
            let Some(&(class, best)) = scores.first() else {
                continue;
            };
            let margin = best - scores.get(1).map_or(best - 1.0, |s| s.1);
            let taken_for = engine.items[class].clone();
            let right = taken_for == example.item;
            points.push(Judged { score: best, margin, right, taken_for });
        }
    }
    points
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
