//! What a text says for the slot a question wants, kind by kind.
//!
//! Two ways of reading: *said* (anywhere in a sentence; only what can mean nothing else) and *answered* (the question was
//! asked, so a bare word or number counts). Not for: when to ask; that is `task`.
//!
//! *Invariant*: a sum that is vague, or one of several, never fills a slot; it is kept aside and asked for.

use crate::book::{Ask, Choosable, SlotKind};
use crate::heard::Who;
use crate::known::Household;
use crate::lines;
use crate::people;
use crate::planned;
use crate::points;
use crate::scene::{CHOICES_MAX, Scene};
use crate::seat::{Offered, Pick, Slots};
use crate::sought;
use crate::template;
use crate::understand::{AccountSaid, Reading, Wish};
use base::Fen;
use nlu::dates::{self, DayRange, Look};
use nlu::ident;
use nlu::slots::{self, Ordinal};
use std::collections::BTreeMap;

const TEXT_CHARS_MAX: usize = 300;
/// A name nobody knows yet is as long as this at most.
const NAME_CHARS_MAX: usize = 6;
/// A place in the customer's words, where the bank has no list.
const PLACE_CHARS_MAX: usize = 30;

/// In front of a household that was paid before where its number is wanted.
pub(crate) const HOME: &str = "home:";
/// A telephone of one's own, as its `bill_no`.
const MOBILE: &str = "mobile";

/// In front of a spot on the map where a place is wanted: `at:33123400,111234500`.
const SPOT: &str = "at:";
/// A spot is kept to some ten metres, which is near enough to look around from.
const SPOT_GRAIN_E6: i64 = 100;

/// A spot on the map as a slot keeps it.
pub(crate) fn spot((lat_e6, lon_e6): (i64, i64)) -> String {
    let coarse = |e6: i64| e6.div_euclid(SPOT_GRAIN_E6) * SPOT_GRAIN_E6;
    format!("{SPOT}{},{}", coarse(lat_e6), coarse(lon_e6))
}

pub(crate) fn is_spot(value: &str) -> bool {
    value.starts_with(SPOT)
}

/// Kept under a slot's name with [`ASIDE`] while the slot is empty: something was said that has to be asked for.
pub(crate) const VAGUE: &str = "~";
const ASIDE: char = '?';

/// The name under which is kept what was said unclearly for a slot.
pub(crate) fn aside(name: &str) -> String {
    format!("{name}{ASIDE}")
}
/// What was said unclearly for the slot `name`.
pub(crate) fn unclear<'s>(slots: &'s Slots, name: &str) -> Option<&'s String> {
    let mut all = slots.iter();
    all.find(|(n, _)| n.strip_suffix(ASIDE) == Some(name)).map(|(_, kept)| kept)
}

pub(crate) fn is_aside(name: &str) -> bool {
    name.ends_with(ASIDE)
}

/// What an answer to a question came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Value(String),
    /// Several are possible, or one that is not sure; [`VAGUE`] when none can be offered.
    Unsure(String),
    /// Another item takes over (都查).
    Instead(String),
    /// Understood, but not possible; the words say why.
    Not(&'static str),
    Nothing,
}

fn found(value: Option<String>) -> Answer {
    value.map_or(Answer::Nothing, Answer::Value)
}

/// How a name that is in no book is written into a slot.
fn named(name: &str) -> String {
    format!("name:{name}")
}

/// Exact sums of a sentence, each once.
fn sums(reading: &Reading) -> Vec<Fen> {
    let mut all: Vec<Fen> = vec![];
    for (fen, _) in &reading.sums.exact {
        if !all.contains(fen) {
            all.push(*fen);
        }
    }
    all
}

fn amount_said(reading: &Reading) -> Answer {
    let all = sums(reading);
    match all[..] {
        [] if reading.sums.is_open => Answer::Unsure(VAGUE.to_owned()),
        [] => Answer::Nothing,
        [fen] if !reading.sums.is_open => amount(fen),
        // one was exact and another was not: neither is offered
        _ if reading.sums.is_open => Answer::Unsure(VAGUE.to_owned()),
        _ => Answer::Unsure(all.iter().map(|f| f.fen().to_string()).collect::<Vec<_>>().join(",")),
    }
}

/// Words before and after the sum that a threshold is; beside a sum that is to be paid they make it vague.
const FROM: &[&str] = &["不超过", "超过", "大于", "高于", "低于", "小于", "至少", "满"];
const AND_ABOVE: &[&str] = &["以上", "以下", "往上", "以内", "不到"];

/// The one sum of 超过五百, 100块以上, 五百以下的不用发; none when there are several.
fn threshold_said(reading: &Reading) -> Option<String> {
    let mut text = reading.normal.text();
    for word in FROM {
        text = text.replace(word, "花");
    }
    for word in AND_ABOVE {
        for unit in ["块钱", "块", "元"] {
            text = text.replace(&format!("{unit}{word}"), unit);
        }
        text = text.replace(word, "元");
    }
    let (fen, _) = nlu::amount::one(&nlu::normalise(&text))?;
    Some(fen.fen().to_string())
}

/// `1350-420`: minutes of the day.
fn hours_said(reading: &Reading) -> Option<String> {
    nlu::hours::range(&reading.normal).map(|(from, to)| format!("{from}-{to}"))
}

fn amount(fen: Fen) -> Answer {
    if fen <= Fen::ZERO {
        Answer::Not(lines::NO_AMOUNT)
    } else {
        Answer::Value(fen.fen().to_string())
    }
}

/// The sum of a file's `default` or `options`, as a slot keeps it.
pub(crate) fn amount_of(words: &str) -> Option<String> {
    let fen = nlu::amount::answer(&nlu::normalise(words))?;
    (fen > Fen::ZERO).then(|| fen.fen().to_string())
}

/// How long: 三年, 六个月, 一年半; as an answer without any word of deposits beside it.
fn term_answered(reading: &Reading) -> Answer {
    let mut text = reading.normal.clone();
    let end = text.from.last().copied().unwrap_or_default();
    text.chars.push('期');
    text.from.push(end);
    match slots::term(&text) {
        Some((months, _)) => Answer::Value(months.to_string()),
        None => match reading.number {
            Some(n @ 1..=50) => Answer::Unsure(format!("{},{n}", n * 12)),
            _ => Answer::Nothing,
        },
    }
}

pub(crate) fn term_of(words: &str) -> Option<String> {
    match term_answered(&Reading::of(words, 0)) {
        Answer::Value(months) => Some(months),
        _ => None,
    }
}

/// The day meant, looking that way.
fn day(reading: &Reading, look: Look, today: i64) -> Answer {
    let range = match look {
        Look::Back => reading.range(),
        Look::Ahead => {
            let chars = &reading.normal.chars;
            dates::meant(chars, &dates::all(chars, today, Look::Ahead)).map(|said| said.range)
        }
    };
    match (range, look) {
        (None, _) => Answer::Nothing,
        (Some(r), _) if r.from != r.to => Answer::Unsure(VAGUE.to_owned()),
        (Some(r), Look::Ahead) if r.from < today => Answer::Not(lines::DAY_GONE),
        (Some(r), Look::Back) if r.from > today => Answer::Not(lines::DAY_TO_COME),
        (Some(r), _) => Answer::Value(dates::iso(r.from)),
    }
}

pub(crate) fn day_of(words: &str, look: Look, today: i64) -> Option<String> {
    match day(&Reading::of(words, today), look, today) {
        Answer::Value(day) => Some(day),
        _ => None,
    }
}

/// The choice that a text names: the longest word in it that belongs to one option only.
fn choice_said<'c>(choices: &'c [Choosable], reading: &Reading) -> Option<&'c Choosable> {
    let text = reading.normal.text();
    let denied =
        |word: &str| ["不要", "不是", "别"].iter().any(|no| text.contains(&format!("{no}{word}")));
    let mut best: Option<(usize, usize)> = None;
    let mut is_tied = false;
    for (at, choice) in choices.iter().enumerate() {
        for word in choice.words() {
            let length = word.chars().count();
            if length < 2 || !text.contains(word) || denied(word) {
                continue;
            }
            match best {
                Some((longest, other)) if length < longest || other == at => {}
                Some((longest, _)) => {
                    is_tied = length == longest;
                    best = Some((length, at));
                }
                None => best = Some((length, at)),
            }
        }
    }
    best.filter(|_| !is_tied).and_then(|(_, at)| choices.get(at))
}

/// The same as an answer: also by its place, or by how it begins.
fn choice_answered(choices: &[Choosable], reading: &Reading) -> Option<String> {
    let key = reading.normal.key();
    let exact = choices.iter().position(|c| c.words().any(|w| w == key));
    let nth = || match reading.ordinal? {
        Ordinal::Last => choices.len().checked_sub(1),
        nth => nth.index(choices.len()),
    };
    let numbered = || usize::try_from(reading.number?).ok()?.checked_sub(1);
    let begins = || {
        let mut all = choices
            .iter()
            .enumerate()
            .filter(|(_, c)| !key.is_empty() && c.words().any(|w| w.starts_with(&*key)));
        let first = all.next()?.0;
        all.next().is_none().then_some(first)
    };
    let at = exact.or_else(nth).or_else(numbered).or_else(begins);
    let by_place = at.and_then(|at| choices.get(at)).map(|c| c.value.clone());
    by_place.or_else(|| choice_said(choices, reading).map(|c| c.value.clone()))
}

/// Who is named: of the book when there, else in the customer's words, else by telephone.
fn payee_said(who: &Who, reading: &Reading) -> Answer {
    match who.payees.meant(&reading.normal) {
        Some((one, true)) => found(one.first().map(|p| format!("book:{}", p.id))),
        Some((some, false)) => {
            let ids: Vec<String> = some.iter().map(|p| format!("book:{}", p.id)).collect();
            Answer::Unsure(ids.join(","))
        }
        None => match (&reading.payee, &reading.phone) {
            (Some(name), _) => Answer::Value(named(name)),
            (None, Some(phone)) => Answer::Value(format!("phone:{phone}")),
            (None, None) => Answer::Nothing,
        },
    }
}

/// 张三, 转给村头老李, 是李四: a name and nothing else.
fn bare_name(reading: &Reading) -> Option<String> {
    const OPENERS: &[&str] =
        &["转给", "打给", "汇给", "付给", "换成", "改成", "换", "给", "是", "我的", "我"];
    const NO_NAME: &str = "吗么呢啊不没怎几多少哪什谁查转账卡余额钱元块手续费要想能可以帮我你您的了号网点银行退取存交";
    let key = reading.normal.key();
    let name = OPENERS.iter().fold(key.as_str(), |left, o| left.strip_prefix(o).unwrap_or(left));
    let is_han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    let long = name.chars().count();
    ((2..=NAME_CHARS_MAX).contains(&long)
        && name.chars().all(|c| is_han(c) && !NO_NAME.contains(c)))
    .then(|| name.to_owned())
}

/// Which household: by its number, else by what the customer calls one they paid for before.
fn bill_said(who: &Who, ask: &Ask, reading: &Reading) -> Answer {
    if let Some((number, _)) = ident::bill_no(&reading.normal, &ask.rule) {
        return Answer::Value(number);
    }
    let known = ask.biller.as_deref().and_then(|kind| who.households.kind(kind));
    match known.and_then(|k| k.meant(&reading.normal)) {
        Some((one, true)) => found(one.first().map(|h| home(&h.id))),
        // 我把 sounds like 我爸: what is not said exactly is not meant
        Some((some, false)) if some.len() > 1 => {
            Answer::Unsure(some.iter().map(|h| home(&h.id)).collect::<Vec<_>>().join(","))
        }
        Some(_) | None => Answer::Nothing,
    }
}

/// How a household that was paid before is written into a slot.
fn home(id: &str) -> String {
    format!("{HOME}{id}")
}

fn place_said(who: &Who, ask: &Ask, reading: &Reading) -> Answer {
    match who.places.meant(&reading.normal) {
        Some((one, true)) => found(one.first().map(|p| p.id.clone())),
        Some((some, false)) => {
            let some = some.iter().take(CHOICES_MAX);
            let ids = some.map(|p| p.id.clone()).collect::<Vec<_>>().join(",");
            // looking around the one or the other comes to the same
            if ask.is_located { Answer::Value(ids) } else { Answer::Unsure(ids) }
        }
        None => Answer::Nothing,
    }
}

impl Scene<'_> {
    /// What a sentence says for a slot, without having been asked.
    pub(crate) fn said(&self, ask: &Ask, reading: &Reading) -> Answer {
        match ask.kind {
            SlotKind::OwnAccount => match reading.account(&self.own(ask), false) {
                Some(AccountSaid::One(id)) => Answer::Value(id),
                Some(AccountSaid::All) if self.own(ask).len() > 1 => {
                    ask.all.clone().map_or(Answer::Nothing, Answer::Instead)
                }
                _ => Answer::Nothing,
            },
            SlotKind::DateRange => found(reading.range().map(DayRange::to_text)),
            SlotKind::Flow => found(reading.flow.map(|f| f.as_str().to_owned())),
            SlotKind::Row => found(self.row(reading)),
            SlotKind::Institution => found(reading.institution(self.who).map(|i| i.id.clone())),
            SlotKind::Phone => found(reading.phone.clone()),
            SlotKind::Amount => amount_said(reading),
            SlotKind::Threshold => found(threshold_said(reading)),
            SlotKind::Hours => found(hours_said(reading)),
            SlotKind::Term => found(reading.term_months.map(|m| m.to_string())),
            SlotKind::Choice => match choice_said(&ask.choices, reading) {
                Some(Choosable { instead: Some(other), .. }) => Answer::Instead(other.clone()),
                chosen => found(chosen.map(|c| c.value.clone())),
            },
            SlotKind::Plan => planned::said(ask, reading, self.now, None),
            SlotKind::Day => match day(reading, ask.look, self.today()) {
                Answer::Not(_) => Answer::Nothing,
                said => said,
            },
            SlotKind::Payee => payee_said(self.who, reading),
            SlotKind::BillNo => bill_said(self.who, ask, reading),
            SlotKind::Place => place_said(self.who, ask, reading),
            SlotKind::Points => found(points::said(&reading.normal)),
            SlotKind::Sought => found(sought::of(&reading.normal.text(), self.today())),
            SlotKind::People => found(people::said(&reading.normal.text())),
            SlotKind::Cursor | SlotKind::YesNo | SlotKind::Text => Answer::Nothing,
        }
    }

    /// Reads an answer to the question of `ask`.
    pub(crate) fn read_answer(&self, ask: &Ask, text: &str, reading: &Reading) -> Answer {
        match ask.kind {
            SlotKind::OwnAccount => match (reading.account(&self.own(ask), true), &ask.all) {
                (Some(AccountSaid::One(id)), _) => Answer::Value(id),
                (Some(AccountSaid::All), Some(all)) => Answer::Instead(all.clone()),
                (Some(AccountSaid::Stranger), _) => Answer::Not(lines::NO_SUCH_ACCOUNT),
                _ => Answer::Nothing,
            },
            SlotKind::YesNo => found(
                slots::yes_no(&reading.normal).map(|y| if y { "yes" } else { "no" }.to_owned()),
            ),
            SlotKind::Phone
                if self.who.bound && lines::OWN_PHONE.iter().any(|w| text.contains(w)) =>
            {
                Answer::Value("registered".into())
            }
            SlotKind::Phone => match &reading.phone {
                Some(phone) => Answer::Value(phone.clone()),
                None if digits_in(reading) >= 5 => Answer::Not(lines::NO_PHONE),
                None => Answer::Nothing,
            },
            SlotKind::Text if text.chars().count() > TEXT_CHARS_MAX => Answer::Not(lines::TOO_LONG),
            SlotKind::Text => found(Some(text.trim().to_owned()).filter(|t| !t.is_empty())),
            SlotKind::Sought => found(sought::answer(text, self.today())),
            SlotKind::People => self.people(reading),
            SlotKind::Amount => match amount_said(reading) {
                Answer::Nothing => {
                    nlu::amount::answer(&reading.normal).map_or(Answer::Nothing, amount)
                }
                said => said,
            },
            SlotKind::Term => match reading.term_months {
                Some(months) => Answer::Value(months.to_string()),
                None => term_answered(reading),
            },
            SlotKind::Points => found(points::answered(&reading.normal)),
            SlotKind::Choice => found(choice_answered(&ask.choices, reading)),
            SlotKind::Day => day(reading, ask.look, self.today()),
            SlotKind::Plan => {
                let task = self.seat.task.as_ref();
                let kept = task.and_then(|t| unclear(&t.slots, &ask.name));
                planned::said(ask, reading, self.now, kept.map(String::as_str))
            }
            SlotKind::Payee => match payee_said(self.who, reading) {
                Answer::Nothing
                    if !matches!(reading.wish(self.book), Wish::Item(_) | Wish::Control(_)) =>
                {
                    found(bare_name(reading).map(|n| named(&n)))
                }
                said => said,
            },
            SlotKind::BillNo
                if ask.biller.as_deref() == Some(MOBILE)
                    && lines::OWN_PHONE.iter().any(|w| text.contains(w)) =>
            {
                Answer::Value("registered".into())
            }
            SlotKind::BillNo => match self.said(ask, reading) {
                Answer::Nothing if digits_in(reading) >= 4 => Answer::Not(lines::WRONG_BILL_NO),
                said => said,
            },
            SlotKind::Place => match place_said(self.who, ask, reading) {
                Answer::Nothing if self.who.places.is_empty() && is_placelike(text) => {
                    Answer::Value(text.trim().to_owned())
                }
                said => said,
            },
            _ => self.said(ask, reading),
        }
    }

    /// Who of a family; a bare name only where nothing else is meant by it.
    fn people(&self, reading: &Reading) -> Answer {
        found(people::answered(&reading.normal).or_else(|| {
            let is_other = matches!(reading.wish(self.book), Wish::Item(_) | Wish::Control(_));
            people::bare(&reading.normal).filter(|_| !is_other)
        }))
    }

    fn row(&self, reading: &Reading) -> Option<String> {
        let rows = &self.seat.last.as_ref()?.rows;
        let nth = reading.ordinal.and_then(|o| o.index(rows.len()));
        let bare = || usize::try_from(reading.number?).ok()?.checked_sub(1);
        rows.get(nth.or_else(bare)?).cloned()
    }

    /// Lines for the households that were paid before for what `ask` is about.
    pub(crate) fn households(&self, ask: &Ask, most: usize) -> Vec<Offered> {
        let known = ask.biller.as_deref().and_then(|kind| self.who.households.kind(kind));
        let known = known.map(|k| k.first(most)).unwrap_or_default();
        let line = |h: &Household| Offered {
            text: format!("{}（尾号{}）", h.name, h.tail),
            pick: Pick::Value(home(&h.id)),
        };
        known.iter().map(line).collect()
    }

    /// The lines that offer what was said unclearly.
    pub(crate) fn candidates(&self, ask: &Ask, slots: &Slots) -> Vec<Offered> {
        let kept = unclear(slots, &ask.name).filter(|_| ask.kind != SlotKind::Plan);
        let Some(kept) = kept.filter(|k| *k != VAGUE) else {
            return vec![];
        };
        let none = BTreeMap::new();
        let kinds = template::SlotKinds::of_one(ask);
        let values = kept.split(',').take(CHOICES_MAX);
        values
            .map(|value| {
                let one = Slots::from([(ask.name.clone(), value.to_owned())]);
                let text = self.values(&one, &kinds, &none).slot(&ask.name);
                Offered { text, pick: Pick::Value(value.to_owned()) }
            })
            .collect()
    }
}

fn digits_in(reading: &Reading) -> usize {
    reading.normal.chars.iter().filter(|c| c.is_ascii_digit()).count()
}

fn is_placelike(text: &str) -> bool {
    let long = text.trim().chars().count();
    (2..=PLACE_CHARS_MAX).contains(&long) && !text.contains(['?', '？', '吗', '呢'])
}

/// Why a question is asked again when what was said for it could not be taken.
pub(crate) fn why_unsure(kind: SlotKind, kept: &str) -> &'static str {
    match kind {
        SlotKind::Amount if kept == VAGUE => lines::VAGUE_AMOUNT,
        SlotKind::Amount => lines::SEVERAL_AMOUNTS,
        SlotKind::Day => lines::VAGUE_DAY,
        SlotKind::Plan => planned::why(kept),
        SlotKind::Payee | SlotKind::BillNo => lines::SEVERAL_PAYEES,
        SlotKind::Place => lines::SEVERAL_PLACES,
        SlotKind::Term => lines::VAGUE_TERM,
        _ => "",
    }
}

/// Why an answer was of the wrong kind, when the file has no words of its own for it.
pub(crate) fn why_not(kind: SlotKind) -> &'static str {
    match kind {
        SlotKind::Amount | SlotKind::Threshold => lines::ASK_AMOUNT,
        SlotKind::Term => lines::ASK_TERM,
        SlotKind::Day => lines::ASK_DAY,
        SlotKind::Plan => lines::ASK_PLAN,
        SlotKind::Payee => lines::ASK_PAYEE,
        SlotKind::BillNo => lines::ASK_BILL_NO,
        SlotKind::Place => lines::ASK_PLACE,
        SlotKind::Points => lines::ASK_POINTS,
        SlotKind::People => lines::ASK_PEOPLE,
        _ => lines::ASK_AGAIN,
    }
}
