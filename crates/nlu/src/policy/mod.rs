//! What may follow from a ranking: answer, ask, offer three, open a draft of a payment, look in the FAQ, call a person.
//!
//! *Invariant*: a payment is never more than a draft here, and a draft opens only for a plain statement that is sure, names
//! what is to be done, and leaves no sum open. Loss and fraud are the other way round: better shown once too often.

mod words;

use crate::clause;
use crate::model::{Example, Level, Scored, Thresholds, Understander};
use crate::sentence::Sentence;
use std::collections::{BTreeMap, BTreeSet};
use words::{
    ASKS, BILL, DENIALS, MEANS, NO_ACTIONS, QUESTIONS, TAKING, TALES, TELLS, TOPICS, is_action,
    is_asked, is_order, is_told, stated,
};

pub use words::is_question;

/// Talk that orders no payment, one sentence a line: open talk and questions to a bank. No draft may open for it.
pub const NEGATIVES: &str = include_str!("../negatives.txt");
/// Talk that has nothing to do with a bank, one sentence a line; none of it is taught.
pub const OPEN_TALK: &str = include_str!("../open_talk.txt");
/// What people ask a bank about payments without ordering one, one sentence a line; none of it is taught.
pub const BANK_QUESTIONS: &str = include_str!("../bank_questions.txt");

/// What a judge of orders calls one.
pub const ORDER: &str = "order";

/// What kind of thing an item is, as far as caution goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    #[default]
    Plain,
    /// It moves money.
    Money,
    /// It stops harm: loss, lock, fraud.
    Protective,
    /// It calls a person.
    Person,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Decision {
    Answer,
    Draft,
    Confirm,
    Menu,
    Faq,
    Person,
}

impl Decision {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Answer => "answer",
            Self::Draft => "draft",
            Self::Confirm => "confirm",
            Self::Menu => "menu",
            Self::Faq => "faq",
            Self::Person => "person",
        }
    }
}

/// A protective item is shown from here on.
const PROTECT: f32 = 0.2;
/// Another payment so near makes a draft a guess.
const APART: f32 = 0.15;
/// Payments whose scores are added up, and what the best of them must reach by itself.
const RIVALS: usize = 5;
const LIKELY: f32 = 0.6;
/// What says a transfer, what its items together must reach where sum and payee are said too (明天上午转三百给李芳), and what the
/// best of them must: which of them it is may be left open.
const TRANSFER: char = '转';
const MOVES: &[char] = &['转', '汇', '打'];
const SPELLED_SURE: f32 = 0.6;
const SPELLED_LIKELY: f32 = 0.4;
/// Texts no longer than this may be commands without a value: 交电费.
const COMMAND_CHARS: usize = 6;
/// And no longer than this where they begin as an order does: 把理财的钱取出来.
const ORDER_CHARS: usize = 14;
/// And no longer than this where one clause orders it.
const LONG_ORDER_CHARS: usize = 40;
/// And are taken for one from this sureness on.
const COMMAND_SURE: f32 = 0.95;
/// No longer than this where hardly anything else can be meant: 学校让在这交伙食费.
const PLAIN_CHARS: usize = 12;
const PLAIN_SURE: f32 = 0.98;
/// From this sureness on what is done may be said in any other word: 饭卡充两百.
const ANY_WORD_SURE: f32 = 0.9;
/// The words of an order are a tale's where the judge is less sure than this.
const NO_TALE: f32 = 0.3;
/// Of a few words it has less to go by.
const NO_SHORT_TALE: f32 = 0.1;
/// And an order has any words where it is this sure, and the payments together are so sure.
const ORDERED: f32 = 0.88;
const SOUNDS_SURE: f32 = 0.85;
/// Whatever else is said in it, from here on.
const PLAINLY_ORDERED: f32 = 0.97;
/// What sounds like an order is asked about, where its payment would be one of three.
const MEANT: f32 = 0.7;
const MEANT_LIKELY: f32 = 0.25;
/// One phrase in so many must hold an action for it to be the item's own.
const SHARE: usize = 15;
/// The words that may be an order, without the reason that stands before them; none where they ask, deny or tell.
fn order_of(sentence: &Sentence) -> Option<String> {
    let mut text = stated(sentence);
    if sentence.is_amended || sentence.sums.spans.len() > sentence.sums.exact.len() {
        // 不对是五千 denies nothing
        text = text.replace("不对", "").replace("不是", "").replace("说错", "");
    }
    if words::is_asking(&text) {
        return None;
    }
    text = clause::ordering(&text, is_action).map(str::to_owned).unwrap_or(text);
    let says = |words: &[&str]| words.iter().any(|w| text.contains(w));
    let is_none = says(TOPICS) || says(DENIALS) || says(TALES) || clause::is_tale(&text, is_action);
    (!is_none).then_some(text)
}

/// How sure a judge is that it hears an order.
fn heard(judge: &Understander, sentence: &Sentence) -> f32 {
    judge.rank(&sentence.key).iter().find(|s| s.item == ORDER).map_or(0.0, |s| s.score)
}

/// What each item is, and what is done in it.
#[derive(Debug, Clone, Default)]
pub struct Gate {
    kinds: BTreeMap<String, Kind>,
    actions: BTreeMap<String, BTreeSet<char>>,
    judge: Option<Understander>,
}

impl Gate {
    /// Learns each payment's actions from its own phrases.
    pub fn of(examples: &[Example], kinds: BTreeMap<String, Kind>) -> Self {
        let mut counts: BTreeMap<&str, (usize, BTreeMap<char, usize>)> = BTreeMap::new();
        for e in examples.iter().filter(|e| kinds.get(&e.item) == Some(&Kind::Money)) {
            let (all, chars) = counts.entry(&e.item).or_default();
            *all += 1;
            let said: BTreeSet<char> = e.text.chars().filter(|c| is_action(*c)).collect();
            said.into_iter().for_each(|c| *chars.entry(c).or_default() += 1);
        }
        let own = |(all, chars): (usize, BTreeMap<char, usize>)| {
            chars.into_iter().filter(|(_, n)| n * SHARE >= all).map(|(c, _)| c).collect()
        };
        let actions =
            counts.into_iter().map(|(item, found)| (item.to_owned(), own(found))).collect();
        Self { kinds, actions, judge: None }
    }

    /// With a judge of orders: trained on orders (as [`ORDER`]) and on what sounds like them and is none.
    #[must_use]
    pub fn judged_by(self, judge: Understander) -> Self {
        Self { judge: Some(judge), ..self }
    }

    /// How sure it is that the sentence orders a payment; none without a judge.
    pub fn ordered(&self, sentence: &Sentence) -> Option<f32> {
        self.judge.as_ref().map(|judge| heard(judge, sentence))
    }

    pub fn kind(&self, item: &str) -> Kind {
        self.kinds.get(item).copied().unwrap_or_default()
    }

    /// True when the sentence states that this payment is to be made.
    fn is_stated(&self, item: &str, score: f32, sentence: &Sentence) -> bool {
        let Some(mut text) = order_of(sentence) else { return false };
        let says = |words: &[&str]| words.iter().any(|w| text.contains(w));
        let is_sure = score >= ANY_WORD_SURE && !says(ASKS);
        // The name of a bill says what is to be done.
        let chars = sentence.key.chars().count();
        if chars <= COMMAND_CHARS && text.ends_with(BILL) && !says(TELLS) && !is_told(&text) {
            return true;
        }
        for word in NO_ACTIONS {
            text = text.replace(word, "");
        }
        for (said, means) in MEANS {
            text = text.replace(said, means);
        }
        let own = self.actions.get(item);
        let is_own = |c: char| own.is_some_and(|own| own.contains(&c));
        let is_any = |c: char| is_sure && is_action(c) && !TAKING.contains(c);
        text.contains(|c| is_own(c) || is_any(c))
    }

    /// A transfer with its one sum and whom it goes to.
    fn is_spelled(&self, ranked: &[Scored<'_>], sentence: &Sentence) -> bool {
        let moves = |s: &&Scored<'_>| {
            let own = self.actions.get(s.item);
            self.kind(s.item) == Kind::Money && own.is_some_and(|own| own.contains(&TRANSFER))
        };
        let together: f32 = ranked.iter().take(RIVALS).filter(moves).map(|s| s.score).sum();
        let is_best = ranked.first().filter(moves).is_some_and(|s| s.score >= SPELLED_LIKELY);
        let is_whole = sentence.sums.one().is_some() && !sentence.sums.is_open;
        let to = sentence.payee.is_some() || sentence.phone.is_some() || !sentence.names.is_empty();
        let says = sentence.normal.text().contains(MOVES);
        is_best && together >= SPELLED_SURE && is_whole && to && says
    }

    fn may_be_spelled(&self, ranked: &[Scored<'_>], sentence: &Sentence) -> bool {
        let stated = |best: &Scored<'_>| self.is_stated(best.item, best.score, sentence);
        self.is_spelled(ranked, sentence) && ranked.first().is_some_and(stated)
    }

    /// Whether a draft may open: by the words of an order that is not heard as a tale, or by how it sounds as a whole.
    fn may_draft(
        &self,
        ranked: &[Scored<'_>],
        thresholds: Thresholds,
        sentence: &Sentence,
    ) -> bool {
        let is_worded = self.has_words(ranked, thresholds, sentence);
        let Some(judge) = &self.judge else { return is_worded };
        let ordered = heard(judge, sentence);
        let is_short = sentence.key.chars().count() <= COMMAND_CHARS;
        is_worded && ordered >= if is_short { NO_SHORT_TALE } else { NO_TALE }
            || ordered >= ORDERED && self.is_whole(ranked, sentence, ordered)
    }

    /// Has the words of an order, of a transfer or of any other payment.
    fn has_words(
        &self,
        ranked: &[Scored<'_>],
        thresholds: Thresholds,
        sentence: &Sentence,
    ) -> bool {
        let stated = |best: &Scored<'_>| self.is_stated(best.item, best.score, sentence);
        self.may_be_spelled(ranked, sentence)
            || self.is_worded(ranked, thresholds, sentence) && ranked.first().is_some_and(stated)
    }

    /// What all payments among the likeliest come to: which way the money goes may be left open.
    fn paid(&self, ranked: &[Scored<'_>]) -> f32 {
        let money = |s: &&Scored<'_>| self.kind(s.item) == Kind::Money;
        ranked.iter().take(RIVALS).filter(money).map(|s| s.score).sum()
    }

    /// One payment stands out, and no sum is open.
    fn is_one(&self, ranked: &[Scored<'_>], sentence: &Sentence) -> bool {
        let Some(best) = ranked.first() else { return false };
        let rival =
            ranked.get(1).filter(|s| self.kind(s.item) == Kind::Money).map_or(0.0, |s| s.score);
        best.score >= LIKELY
            && best.score - rival >= APART
            && !sentence.sums.is_open
            && sentence.sums.exact.len() < 2
    }

    /// Nothing is left to ask of an order that is heard as one: it is sure which, it is no question, and what denies or tells in
    /// it is but the reason.
    fn is_whole(&self, ranked: &[Scored<'_>], sentence: &Sentence, ordered: f32) -> bool {
        let has_reason = ordered >= PLAINLY_ORDERED && !is_question(&sentence.normal.text());
        self.is_one(ranked, sentence)
            && self.paid(ranked) >= SOUNDS_SURE
            && (has_reason || order_of(sentence).is_some())
    }

    /// Has the words of an order of the best payment.
    fn is_worded(
        &self,
        ranked: &[Scored<'_>],
        thresholds: Thresholds,
        sentence: &Sentence,
    ) -> bool {
        // which way the money goes may be left open; that it is to go must be sure
        let paid = self.paid(ranked);
        let has_value = sentence.sums.one().is_some()
            || sentence.phone.is_some()
            || sentence.bill_no.is_some()
            || sentence.payee.is_some()
            || !sentence.names.is_empty();
        let chars = sentence.key.chars().count();
        let said = stated(sentence);
        let order = clause::ordering(&said, is_action).filter(|order| is_asked(order));
        let begins = chars <= ORDER_CHARS && is_order(sentence);
        let is_ordered = begins || order.is_some() && chars <= LONG_ORDER_CHARS;
        let is_plain =
            chars <= PLAIN_CHARS && paid >= PLAIN_SURE && !TELLS.iter().any(|t| said.contains(t));
        let is_command = is_ordered || (chars <= COMMAND_CHARS || is_plain) && !is_told(&said);
        // 转给老家的钱 is something, not something to be done
        let is_thing = said.ends_with("的钱") && said.contains(['给', '到']) && !begins;
        // a few words without a sum or a name may be anything
        let is_clear = has_value || order.is_some();
        let wanted = if is_clear { thresholds.draft } else { thresholds.draft.max(COMMAND_SURE) };
        paid >= wanted && self.is_one(ranked, sentence) && (has_value || is_command) && !is_thing
    }

    /// Sounds like an order, and there is a payment it may be.
    fn is_meant(&self, ranked: &[Scored<'_>], sentence: &Sentence) -> bool {
        ranked.first().is_some_and(|best| best.score >= MEANT_LIKELY)
            && self.ordered(sentence).is_some_and(|ordered| ordered >= MEANT)
    }

    /// What to do with a text that is word for word a phrase of this item: a bill's name (水费) is a command as 交水费 is.
    pub fn decide_phrase(
        &self,
        item: &str,
        thresholds: Thresholds,
        sentence: &Sentence,
    ) -> Decision {
        let said = stated(sentence);
        let says = |words: &[&str]| words.iter().any(|w| said.contains(w));
        let is_short = sentence.key.chars().count() <= COMMAND_CHARS;
        let is_more =
            says(QUESTIONS) || says(TOPICS) || says(DENIALS) || says(TELLS) || is_told(&said);
        let known = [Scored { item, score: 1.0 }];
        let is_money = self.kind(item) == Kind::Money;
        if is_money && (is_short && !is_more || self.has_words(&known, thresholds, sentence)) {
            return Decision::Draft;
        }
        self.decide(&known, Level::Answer, thresholds, sentence)
    }

    /// What to do with a ranking of that level.
    pub fn decide(
        &self,
        ranked: &[Scored<'_>],
        level: Level,
        thresholds: Thresholds,
        sentence: &Sentence,
    ) -> Decision {
        let protects =
            |s: &&Scored<'_>| self.kind(s.item) == Kind::Protective && s.score >= PROTECT;
        if ranked.iter().take(3).any(|s| protects(&s)) {
            return Decision::Answer;
        }
        let kind = ranked.first().map_or(Kind::Plain, |s| self.kind(s.item));
        match (level, kind) {
            (Level::Answer | Level::Confirm, Kind::Person) => Decision::Person,
            (Level::Answer | Level::Confirm, Kind::Money)
                if self.may_draft(ranked, thresholds, sentence) =>
            {
                Decision::Draft
            }
            (Level::Answer, Kind::Money) | (Level::Confirm, _) => Decision::Confirm,
            (Level::Answer, _) => Decision::Answer,
            // Which transfer it is may be open while it is sure that it is one.
            (Level::Menu, Kind::Money) if self.may_be_spelled(ranked, sentence) => Decision::Draft,
            (Level::Menu | Level::Fallback, Kind::Money) if self.is_meant(ranked, sentence) => {
                Decision::Confirm
            }
            (Level::Menu, _) => Decision::Menu,
            (Level::Fallback, _) => {
                let text = sentence.normal.text();
                if QUESTIONS.iter().chain(TOPICS).any(|q| text.contains(q)) {
                    Decision::Faq
                } else {
                    Decision::Menu
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sentence::{Scene, key_of};

    fn decide(text: &str, item: &str, score: f32) -> Decision {
        let phrase = |text: &str, item: &str| Example { text: key_of(text), item: item.into() };
        let examples = [
            phrase("交电费", "pay"),
            phrase("电费交一下", "pay"),
            phrase("转账", "send"),
            phrase("转钱", "send"),
        ];
        let kinds = [
            ("pay", Kind::Money),
            ("send", Kind::Money),
            ("lost", Kind::Protective),
            ("person", Kind::Person),
        ];
        let gate = Gate::of(&examples, kinds.map(|(i, k)| (i.to_owned(), k)).into());
        let ranked = [Scored { item, score }, Scored { item: "other", score: (1.0 - score) / 2.0 }];
        let thresholds = Thresholds { answer: 0.9, draft: 0.95, confirm: 0.5, menu: 0.45 };
        let level = if score >= 0.9 {
            Level::Answer
        } else if score >= 0.5 {
            Level::Confirm
        } else {
            Level::Menu
        };
        gate.decide(&ranked, level, thresholds, &Sentence::read(text, Scene::on(20_780)))
    }

    #[test]
    fn a_transfer_with_sum_and_payee_need_not_be_as_sure() {
        assert_eq!(decide("明天上午转三百给李芳", "send", 0.8), Decision::Draft);
        for text in ["明天上午转三百", "明天上午转给李芳", "转三百给李芳要几天", "转三百多给李芳"]
        {
            assert_eq!(decide(text, "send", 0.8), Decision::Confirm, "{text}");
        }
        assert_eq!(decide("明天上午转三百给李芳", "send", 0.55), Decision::Confirm);
    }

    #[test]
    fn a_draft_opens_only_for_a_plain_and_sure_statement() {
        for text in [
            "交电费",
            "给张丽转五百",
            "转五百不对是五千给张丽",
            "帮我把家里的电费交了",
            "学校门口让在这交电费",
            "老屋里的电费交一下",
            "老屋电费",
        ] {
            let item = if text.contains('电') { "pay" } else { "send" };
            assert_eq!(decide(text, item, 0.99), Decision::Draft, "{text}");
        }
        for text in [
            "怎么交电费",
            "电费交了吗",
            "我没说要转账",
            "转几百给张丽",
            "转五百",
            "转账失败",
            "给张丽转五百还是六百",
            "电费是多少",
            "20万转账手续费",
            "不转了",
            "查一下五百块的明细",
            "我想问问交电费的事情",
            "这个月家里的电费我交了",
            "交电费多久到账",
            "昨天交的电费",
            "电费交得冤枉",
            "转给老家的钱",
            "电费多少",
            "昨天电费",
        ] {
            let sure = if text == "转五百" { 0.92 } else { 0.99 };
            assert_eq!(decide(text, "send", sure), Decision::Confirm, "{text}");
        }
    }

    #[test]
    fn a_phrase_that_names_a_bill_is_a_command_and_one_that_asks_or_tells_is_none() {
        let kinds = BTreeMap::from([("pay".to_owned(), Kind::Money)]);
        let gate = Gate::of(&[Example { text: key_of("交电费"), item: "pay".into() }], kinds);
        let thresholds = Thresholds { answer: 0.9, draft: 0.95, confirm: 0.5, menu: 0.45 };
        let decide = |text: &str| {
            gate.decide_phrase("pay", thresholds, &Sentence::read(text, Scene::on(20_780)))
        };
        for text in ["电费", "交电费", "家里电费"] {
            assert_eq!(decide(text), Decision::Draft, "{text}");
        }
        for text in ["电费多少", "电费不对", "昨天的电费", "家里这个月的电费单"]
        {
            assert_eq!(decide(text), Decision::Confirm, "{text}");
        }
    }

    #[test]
    fn harm_is_stopped_early_and_persons_are_called() {
        assert_eq!(decide("卡好像找不到了", "lost", 0.3), Decision::Answer);
        assert_eq!(decide("叫个人来", "person", 0.6), Decision::Person);
        assert_eq!(decide("余额", "balance", 0.95), Decision::Answer);
        assert_eq!(decide("余额", "balance", 0.6), Decision::Confirm);
        assert_eq!(decide("余额", "balance", 0.3), Decision::Menu);
    }
}
