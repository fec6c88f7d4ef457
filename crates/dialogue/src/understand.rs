//! What a text says: its slots, and which item it asks for.
//!
//! Not for: what to do about it. Slots come from the grammar of `nlu`; items from exact phrases
//! first, then from the classifier, with recognised values replaced by one class character.

use crate::book::{Ask, Book, Choosable, Item, SlotKind};
use crate::flow::ItemKind;
use crate::heard::{Account, Institution, Who};
use crate::phrases::{self, CONTROL_MARK, MODEL_SEED};
use crate::seat::Control;
use crate::values;
use nlu::dates;
use nlu::policy::{Decision, Gate, Kind};
use nlu::sentence::{self, Sentence};
use nlu::slots::{self, Flow};
use nlu::{Example, Level, Understander, normalise};
use std::collections::{BTreeMap, HashMap};
use std::ops::Deref;

/// What begins gently begins unasked from this sureness on; three in four are right there. Below it one is asked.
const GENTLY: f32 = 0.75;
/// Any day will do to find where dates stand in a phrase.
const SOME_DAY: i64 = 20_000;
/// In an answer no longer than this a bare 都 means all of them; 我都同意过什么 is another matter.
const ALL_CHARS: usize = 5;
/// What people call an account before they say what they want of it, longest first.
const ACCOUNT_NAMES: [&str; 6] = ["借记卡", "储蓄卡", "银行卡", "存折", "折子", "卡"];
/// What training on the embedded flows found out, made when the crate was built.
const KEPT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/model.bin"));
/// The same of the judge of orders.
const KEPT_ORDERS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/orders.bin"));

/// What phrases are compared by.
pub(crate) fn key_of(phrase: &str) -> String {
    sentence::key_of(phrase)
}

/// The slot value a file's `default` means; days are kept in words and read on the day.
pub(crate) fn default_of(ask: &Ask) -> Option<String> {
    default_on(ask, SOME_DAY)
}

pub(crate) fn default_on(ask: &Ask, today: i64) -> Option<String> {
    let words = ask.default.as_deref()?;
    match ask.kind {
        SlotKind::DateRange => range_on(words, today),
        SlotKind::OwnAccount => (words == "first").then(|| words.to_owned()),
        SlotKind::Flow => Flow::parse(words).map(|f| f.as_str().to_owned()),
        SlotKind::Amount => values::amount_of(words),
        SlotKind::Term => values::term_of(words),
        SlotKind::Day => values::day_of(words, ask.look, today),
        SlotKind::Choice => {
            let named = |c: &&Choosable| c.text == words || c.value == words;
            ask.choices.iter().find(named).map(|c| c.value.clone())
        }
        _ => None,
    }
}

/// The days that these words mean.
pub(crate) fn range_on(words: &str, today: i64) -> Option<String> {
    dates::find(&normalise(words).chars, today).map(|(range, _)| range.to_text())
}

/// Every phrase of every item and control word, and what it asks for.
pub(crate) fn examples<'a>(
    items: &BTreeMap<String, Item>,
    controls: impl Iterator<Item = (&'a String, &'a Control)>,
) -> Vec<Example> {
    let of_items = items
        .values()
        .flat_map(|item| item.say.iter().map(|phrase| phrases::of_item(&item.id, phrase)));
    let of_controls = controls.map(|(key, c)| phrases::of_control(&control_name(*c), key.clone()));
    of_items.chain(of_controls).collect()
}

/// The classifier of every phrase of every item and control word: recalled when these are the embedded ones, trained
/// when a phrase was changed since.
pub(crate) fn train(
    items: &BTreeMap<String, Item>,
    controls: &[(String, Control)],
) -> (Understander, Gate) {
    let examples = examples(items, controls.iter().map(|(key, c)| (key, c)));
    let kinds = items.values().map(|i| (i.id.clone(), caution(i.kind)));
    let person = (format!("{CONTROL_MARK}{}", control_name(Control::Person)), Kind::Person);
    let gate = Gate::of(&examples, kinds.chain([person]).collect());
    let (model, judge) = both(&examples, &lessons(items), recalled);
    (model, gate.judged_by(judge))
}

/// The classifier and the judge of orders, made at the same time.
fn both(
    examples: &[Example],
    lessons: &[Example],
    make: fn(&[Example], &[u8]) -> Understander,
) -> (Understander, Understander) {
    std::thread::scope(|scope| {
        let judge = scope.spawn(|| make(lessons, KEPT_ORDERS));
        let model = make(examples, KEPT);
        (model, judge.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

fn recalled(examples: &[Example], kept: &[u8]) -> Understander {
    Understander::recall(examples, MODEL_SEED, kept)
        .unwrap_or_else(|| Understander::train(examples, MODEL_SEED))
}

/// Both trained from nothing, whatever was kept of them.
pub(crate) fn trained_anew(
    items: &BTreeMap<String, Item>,
    controls: &HashMap<String, Control>,
) -> (Understander, Understander) {
    let examples = examples(items, controls.iter());
    both(&examples, &lessons(items), |examples, _| Understander::train(examples, MODEL_SEED))
}

/// What the judge of orders learns from.
fn lessons(items: &BTreeMap<String, Item>) -> Vec<Example> {
    let orders = items.values().flat_map(|i| &i.say[i.say.len().saturating_sub(i.orders)..]);
    let others = items.values().filter(|i| i.kind != ItemKind::Transaction).flat_map(|i| &i.say);
    phrases::lessons(orders.map(String::as_str), others.map(String::as_str))
}

impl Book {
    /// A text as this book's institution means it.
    pub(crate) fn reading(&self, text: &str, scene: sentence::Scene<'_>) -> Reading {
        Reading::with(text, scene).reworded(self)
    }
}

/// Longest phrase that is read ahead.
const SHORT_CHARS: usize = 8;

/// The readings of short phrases and control words, as typed. None that names a day: what it means depends on today.
pub(crate) fn read_ahead<'a>(
    items: &'a BTreeMap<String, Item>,
    controls: impl Iterator<Item = &'a String>,
) -> HashMap<String, Reading> {
    let texts = items.values().flat_map(|item| &item.say).chain(controls);
    texts
        .filter(|text| text.chars().nth(SHORT_CHARS).is_none())
        .map(|text| (text.clone(), Reading::of(text, SOME_DAY)))
        .filter(|(_, reading)| reading.range().is_none())
        .collect()
}

/// How a control word is called in the files.
fn control_name(control: Control) -> String {
    format!("{control:?}").to_lowercase()
}

fn caution(kind: ItemKind) -> Kind {
    match kind {
        ItemKind::Transaction => Kind::Money,
        ItemKind::Protective => Kind::Protective,
        _ => Kind::Plain,
    }
}

/// Which account a text names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum AccountSaid {
    One(String),
    All,
    /// A tail that is none of the customer's.
    Stranger,
}

/// A text and everything the grammar finds in it. Of a long text the values are those of its beginning, the letters all:
/// an emergency is heard anywhere in it.
#[derive(Debug, Clone)]
pub(crate) struct Reading(Sentence);

impl Deref for Reading {
    type Target = Sentence;
    fn deref(&self) -> &Sentence {
        &self.0
    }
}

/// What a text asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wish {
    Item(String),
    /// This payment was spoken of, but it is not plainly ordered: nothing that was said is taken for it.
    Told(String),
    Control(Control),
    /// Probably this one.
    Perhaps(String),
    /// One of these, best first; empty when nothing fits.
    Unclear(Vec<String>),
}

impl Reading {
    pub(crate) fn of(text: &str, today: i64) -> Self {
        Self::with(text, sentence::Scene::on(today))
    }

    pub(crate) fn with(text: &str, scene: sentence::Scene<'_>) -> Self {
        let mut said = Sentence::read(text, scene);
        if text.chars().nth(said.normal.chars.len()).is_some() {
            said.normal = normalise(text);
        }
        Self(said)
    }

    /// The same with an institution's own words in the bank's language, where the wish is looked for.
    pub(crate) fn reworded(mut self, book: &Book) -> Self {
        book.reworded(&mut self.0.key);
        self
    }

    /// Which of `own` is named. `answering`: the text answers "which one?", so a bare 卡 counts too.
    pub(crate) fn account(&self, own: &[Account], answering: bool) -> Option<AccountSaid> {
        let text = self.normal.text();
        let says = |words: &[&str]| words.iter().any(|w| text.contains(w));
        if says(&[
            "都查",
            "全部",
            "都要",
            "都看",
            "所有",
            "全都",
            "每个",
            "每张",
            "两个都",
            "几个都",
        ]) || (answering && self.normal.chars.len() <= ALL_CHARS && says(&["都"]))
        {
            return Some(AccountSaid::All);
        }
        if let Some(tail) = &self.tail {
            let stands = |a: &Account| self.stands(&a.tail);
            return Some(
                match unique(own, |a| a.tail == *tail && stands(a)).or_else(|| unique(own, stands))
                {
                    Some(id) => AccountSaid::One(id),
                    None => AccountSaid::Stranger,
                },
            );
        }
        let named =
            unique(own, |a| self.stands(&a.label) || (a.word != "卡" && self.stands(&a.word)));
        let loose = || unique(own, |a| answering && self.stands(&a.word));
        let nth = || {
            let at = self.ordinal.filter(|_| answering)?.index(own.len())?;
            own.get(at).map(|a| a.id.clone())
        };
        named.or_else(loose).or_else(nth).map(AccountSaid::One)
    }

    /// True when the word is there and not denied: not for 存折 in 不是存折，是卡.
    fn stands(&self, word: &str) -> bool {
        let Some(span) = slots::find(&self.normal, word) else { return false };
        nlu::standing(&self.normal, &[span]).contains(&true)
    }

    /// The institution named.
    pub(crate) fn institution<'w>(&self, who: &'w Who) -> Option<&'w Institution> {
        let text = self.normal.text();
        let all = &who.institutions;
        let exact = all.iter().find(|i| text.contains(&i.name) || text.contains(&i.short));
        exact.or_else(|| {
            let begins = |i: &&Institution| {
                let place: String = i.short.chars().take(2).collect();
                !place.is_empty() && text.contains(&place)
            };
            let mut found = all.iter().filter(begins);
            let first = found.next();
            if found.next().is_some() { None } else { first }
        })
    }

    /// True when nothing but slot values and small words is left: 上个月的呢, 存折那个, 只看进账.
    pub(crate) fn is_only_slots(&self, who: &Who) -> bool {
        let mut spans = self.spans.clone();
        for account in who.accounts.iter().chain(&who.others) {
            for name in [&account.label, &account.word] {
                spans.extend(slots::find(&self.normal, name));
            }
        }
        let kept: String = self
            .normal
            .chars
            .iter()
            .enumerate()
            .filter(|(i, _)| !spans.iter().any(|s| (s.start..s.end).contains(i)))
            .map(|(_, c)| *c)
            .collect();
        !spans.is_empty()
            && kept.chars().all(|c| {
                "的呢那这个张换不是我说要看查只给笔条想是啥什么嘛吗，。？?！ ,".contains(c)
            })
    }

    /// What is asked of an account that is named first: 存折余额 asks what 余额 asks.
    pub(crate) fn nameless(&self, book: &Book) -> Option<String> {
        let rest = ACCOUNT_NAMES.iter().find_map(|name| self.key.strip_prefix(name))?;
        let rest = rest.strip_prefix(['的', '里', '上']).unwrap_or(rest);
        let item = book.item(book.phrase(rest)?)?;
        item.ask_of(SlotKind::OwnAccount).map(|_| item.id.clone())
    }

    /// True when what is asked for is known word for word, or as good as.
    pub(crate) fn is_sure(&self, book: &Book) -> bool {
        let is_phrase = book.phrase(&self.key).is_some() || self.nameless(book).is_some();
        is_phrase || book.level(&book.rank(&self.key)) == Level::Answer
    }

    /// The item or control word asked for.
    pub(crate) fn wish(&self, book: &Book) -> Wish {
        if let Some(item) = book.phrase(&self.key) {
            let decision = book.gate.decide_phrase(item, book.thresholds(), &self.0);
            return guarded(book, Wish::Item(item.clone()), decision);
        }
        if let Some(item) = self.nameless(book) {
            return Wish::Item(item);
        }
        let ranked = book.rank(&self.key);
        let Some(best) = ranked.first() else {
            return Wish::Unclear(vec![]);
        };
        let best_three = || {
            let items =
                ranked.iter().take(6).map(|s| s.item).filter(|i| book.items.contains_key(*i));
            items.take(3).map(str::to_owned).collect::<Vec<_>>()
        };
        let control = best
            .item
            .strip_prefix(CONTROL_MARK)
            .and_then(|name| book.controls.values().find(|c| control_name(**c) == name).copied());
        let level = book.level(&ranked);
        let decision = book.gate.decide(&ranked, level, book.thresholds(), &self.0);
        let is_payment = |id: &str| book.item(id).is_some_and(|i| i.kind == ItemKind::Transaction);
        let wish = match (level, control) {
            (Level::Answer, Some(control)) => Wish::Control(control),
            (Level::Answer, None) => Wish::Item(best.item.to_owned()),
            _ if decision == Decision::Draft => Wish::Item(best.item.to_owned()),
            _ if decision == Decision::Confirm && is_payment(best.item) => {
                Wish::Perhaps(best.item.to_owned())
            }
            (Level::Confirm, None)
                if best.score >= GENTLY
                    && book.items.get(best.item).is_some_and(Item::begins_gently) =>
            {
                Wish::Item(best.item.to_owned())
            }
            (Level::Confirm, None) => Wish::Perhaps(best.item.to_owned()),
            (Level::Confirm | Level::Menu, _) => Wish::Unclear(best_three()),
            (Level::Fallback, _) => Wish::Unclear(vec![]),
        };
        guarded(book, wish, decision)
    }
}

/// A payment is begun only when it is plainly ordered; else it is asked about, or told of while it does not exist.
fn guarded(book: &Book, wish: Wish, decision: Decision) -> Wish {
    let (Wish::Item(id) | Wish::Perhaps(id)) = &wish else { return wish };
    let Some(item) = book.items.get(id).filter(|i| i.kind == ItemKind::Transaction) else {
        return wish;
    };
    match wish {
        Wish::Item(id) if decision != Decision::Draft && item.is_soon => Wish::Told(id),
        Wish::Item(id) if decision != Decision::Draft => Wish::Perhaps(id),
        wish => wish,
    }
}

fn unique(own: &[Account], fits: impl Fn(&Account) -> bool) -> Option<String> {
    let mut found = own.iter().filter(|a| fits(a));
    let first = found.next()?;
    if found.next().is_some() { None } else { Some(first.id.clone()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_trained_when_built_is_what_training_gives_now() {
        let book = Book::embedded().unwrap();
        let examples = examples(&book.items, book.controls.iter());
        let trained = Understander::train(&examples, MODEL_SEED);
        assert!(trained.keep() == KEPT, "the same phrases and seed give the same model");
        assert!(book.model.keep() == KEPT, "the book recalls it and does not train");
    }

    #[test]
    fn a_phrase_read_ahead_is_read_as_it_would_be_on_any_day() {
        let book = Book::embedded().unwrap();
        assert!(book.readings.contains_key("余额"));
        for (text, ahead) in book.readings.iter() {
            for today in [SOME_DAY, SOME_DAY + 200, SOME_DAY + 411] {
                let now = Reading::of(text, today);
                assert_eq!(format!("{ahead:?}"), format!("{now:?}"), "{text} on day {today}");
            }
        }
    }
}
