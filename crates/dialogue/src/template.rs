//! Texts with holes: `{available}`, `{account.tail}`; which holes exist and how each is shown.
//!
//! Not for: conditions or loops. A hole shows one value in one of a few fixed ways (its facet).

use crate::Slots;
use crate::book::Ask;
use crate::heard::{Account, Who};
use crate::lines;
use crate::load::questions::kind_of;
use crate::turn::Value;
use crate::values::{HOME, is_spot};
use crate::verbs::{OutKind, Plain};
use base::{Fen, Time};
use nlu::dates::DayRange;
use nlu::plan::{Plan, Rule};
use nlu::slots::Flow;
use std::collections::BTreeMap;

/// What kind of value stands behind a name, and so which facets it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Money,
    Time,
    Count,
    Account,
    Range,
    Flow,
    Institution,
    Term,
    Choice,
    Day,
    Payee,
    BillNo,
    Place,
    Phone,
    Plan,
}

impl Kind {
    pub(crate) fn facets(self) -> &'static [&'static str] {
        match self {
            Self::Text | Self::Count | Self::Phone | Self::Plan => &[],
            // spoken words, the same with 进 or 出, in capital numerals, with its sign, without it, and the held part as a clause
            Self::Money => &["words", "moved", "capital", "signed", "abs", "held"],
            Self::Time => &["day", "clock"],
            Self::Account => &["label", "tail", "word", "id"],
            Self::Range => &["from", "to", "month", "earlier"],
            Self::Flow => &["id"],
            Self::Institution => &["name"],
            Self::Term => &["months"],
            Self::Choice => &["id"],
            Self::Day => &["iso"],
            Self::Payee => &["name", "bank", "tail", "id"],
            Self::BillNo => &["tail"],
            Self::Place => &["id"],
        }
    }
    pub(crate) fn of_plain(plain: Plain) -> Self {
        match plain {
            Plain::Text => Self::Text,
            Plain::Money => Self::Money,
            Plain::Time => Self::Time,
            Plain::Count => Self::Count,
        }
    }
    pub(crate) fn of_output(kind: OutKind) -> Option<Self> {
        match kind {
            OutKind::Text => Some(Self::Text),
            OutKind::Money => Some(Self::Money),
            OutKind::Time => Some(Self::Time),
            OutKind::Count => Some(Self::Count),
            OutKind::Rows(_) => None,
        }
    }
}

/// Stands for everything collected that has a label: `转给：李四，金额：500.00 元（伍佰元整）`.
const DRAFT: &str = "draft";

/// Names every text may use.
pub(crate) const HOUSE_NAMES: &[(&str, Kind)] =
    &[("institution", Kind::Institution), ("hours", Kind::Text), ("phone", Kind::Text)];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hole {
    pub(crate) name: String,
    pub(crate) facet: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Words(String),
    Hole(Hole),
}

/// A text with holes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Template(Vec<Part>);

impl Template {
    /// Reads a text; the error says what is wrong with its braces.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = vec![];
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let Some((hole, next)) = after.split_once('}') else {
                return Err(format!("a brace is not closed in “{text}”"));
            };
            if !before.is_empty() {
                parts.push(Part::Words(before.to_owned()));
            }
            let (name, facet) = hole.split_once('.').unwrap_or((hole, ""));
            parts.push(Part::Hole(Hole { name: name.to_owned(), facet: facet.to_owned() }));
            rest = next;
        }
        if rest.contains('}') {
            return Err(format!("a closing brace without its opening one in “{text}”"));
        }
        if !rest.is_empty() {
            parts.push(Part::Words(rest.to_owned()));
        }
        Ok(Self(parts))
    }

    pub(crate) fn holes(&self) -> impl Iterator<Item = &Hole> {
        self.0.iter().filter_map(|p| match p {
            Part::Hole(h) => Some(h),
            Part::Words(_) => None,
        })
    }

    /// Fills the holes; a name without a value shows nothing.
    pub(crate) fn fill(&self, values: &Values<'_>) -> String {
        let mut out = String::new();
        for part in &self.0 {
            match part {
                Part::Words(words) => out.push_str(words),
                Part::Hole(hole) => out.push_str(&values.show(hole)),
            }
        }
        out
    }

    /// Fills the holes with what verbs want: account ids, `in`, plain digits.
    pub(crate) fn fill_raw(&self, values: &Values<'_>) -> String {
        let mut out = String::new();
        for part in &self.0 {
            match part {
                Part::Words(words) => out.push_str(words),
                Part::Hole(hole) => out.push_str(&values.raw(hole)),
            }
        }
        out
    }
}

/// The kinds of an item's slots, and the words of those whose value is not what is shown.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct SlotKinds {
    kinds: BTreeMap<String, Kind>,
    /// (slot, value, its words)
    words: Vec<(String, String, String)>,
    /// (slot, what its value is called), in the order of the questions.
    labels: Vec<(String, String)>,
}

impl SlotKinds {
    pub(crate) const fn new() -> Self {
        Self { kinds: BTreeMap::new(), words: vec![], labels: vec![] }
    }
    pub(crate) fn of<'a>(asks: impl IntoIterator<Item = &'a Ask>) -> Self {
        let mut out = Self::new();
        for ask in asks {
            out.kinds.insert(ask.name.clone(), kind_of(ask.kind));
            if !ask.label.is_empty() {
                out.labels.push((ask.name.clone(), ask.label.clone()));
            }
            if kind_of(ask.kind) == Kind::Choice {
                let words = ask.choices.iter();
                out.words
                    .extend(words.map(|c| (ask.name.clone(), c.value.clone(), c.text.clone())));
            }
        }
        out
    }
    pub(crate) fn of_one(ask: &Ask) -> Self {
        Self::of([ask])
    }
    pub(crate) fn names(&self) -> impl Iterator<Item = (String, Kind)> {
        let draft = (!self.labels.is_empty()).then(|| (DRAFT.to_owned(), Kind::Text));
        self.kinds.iter().map(|(n, k)| (n.clone(), *k)).chain(draft)
    }
    fn get(&self, name: &str) -> Option<Kind> {
        self.kinds.get(name).copied()
    }
    fn words_of<'s>(&'s self, name: &str, value: &'s str) -> &'s str {
        let known = self.words.iter().find(|(n, v, _)| n == name && v == value);
        known.map_or(value, |(_, _, words)| words)
    }
}

/// Where the values of holes come from, nearest first.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Values<'a> {
    pub(crate) who: &'a Who,
    pub(crate) now: Time,
    pub(crate) slots: &'a Slots,
    pub(crate) kinds: &'a SlotKinds,
    pub(crate) outputs: &'a BTreeMap<String, Value>,
    pub(crate) row: Option<(usize, &'a BTreeMap<String, Value>)>,
}

impl Values<'_> {
    fn show(&self, hole: &Hole) -> String {
        if let Some((at, row)) = self.row {
            match hole.name.as_str() {
                "mark" => return mark(at),
                "n" => return (at + 1).to_string(),
                _ => {}
            }
            if let Some(value) = row.get(&hole.name) {
                return self.show_value(value, &hole.facet);
            }
        }
        if let Some(value) = self.outputs.get(&hole.name) {
            return self.show_value(value, &hole.facet);
        }
        if let Some(slot) = self.slots.get(&hole.name) {
            return self.show_slot(&hole.name, slot, &hole.facet);
        }
        if hole.name == DRAFT {
            return self.collected();
        }
        self.house(hole)
    }

    /// What was understood, each value under its label.
    pub(crate) fn collected(&self) -> String {
        let shown = |(name, label): &(String, String)| {
            let value = Some(self.slot(name)).filter(|v| !v.is_empty())?;
            Some(match self.kinds.get(name) {
                Some(Kind::Money) => {
                    let capital = self.show_slot(name, self.slots.get(name)?, "capital");
                    format!("{label}：{value} 元（{capital}）")
                }
                _ => format!("{label}：{value}"),
            })
        };
        self.kinds.labels.iter().filter_map(shown).collect::<Vec<_>>().join("，")
    }

    fn raw(&self, hole: &Hole) -> String {
        let Some(slot) = self.slots.get(&hole.name) else {
            return self.show(hole);
        };
        if hole.facet.is_empty() {
            slot.clone()
        } else {
            self.show_slot(&hole.name, slot, &hole.facet)
        }
    }

    fn house(&self, hole: &Hole) -> String {
        let who = self.who;
        match (hole.name.as_str(), &who.institution) {
            ("institution", Some(home)) if hole.facet == "name" => home.name.clone(),
            ("institution", Some(home)) => home.short.clone(),
            ("institution", None) => who.account_name.clone(),
            ("hours", _) => who.hours.clone(),
            ("phone", _) => who.phone.clone(),
            _ => String::new(),
        }
    }

    fn show_value(&self, value: &Value, facet: &str) -> String {
        match value {
            Value::Text(t) => t.clone(),
            Value::Count(n) => n.to_string(),
            Value::Money(fen) => show_money(*fen, facet),
            Value::Time(t) => show_time(*t, self.now, facet),
            Value::Rows(rows) => rows.len().to_string(),
        }
    }

    /// A slot in the way it is usually shown.
    pub(crate) fn slot(&self, name: &str) -> String {
        self.slots.get(name).map(|slot| self.show_slot(name, slot, "")).unwrap_or_default()
    }

    pub(crate) fn slot_facet(&self, name: &str, facet: &str) -> String {
        self.slots.get(name).map(|slot| self.show_slot(name, slot, facet)).unwrap_or_default()
    }

    fn show_slot(&self, name: &str, slot: &str, facet: &str) -> String {
        match self.kinds.get(name).unwrap_or(Kind::Text) {
            Kind::Money => {
                slot.parse().map(|fen| show_money(Fen::of(fen), facet)).unwrap_or_default()
            }
            Kind::Term => slot.parse().map(|n| show_term(n, facet)).unwrap_or_default(),
            Kind::Choice if facet == "id" => slot.to_owned(),
            Kind::Choice => self.kinds.words_of(name, slot).to_owned(),
            Kind::Day if facet == "iso" => slot.to_owned(),
            Kind::Day => nlu::dates::from_iso(slot)
                .map(|day| show_day(day, self.now.china_day()))
                .unwrap_or_default(),
            Kind::Phone if slot == "registered" => "登记的号".to_owned(),
            Kind::Phone => base::mask_mobile(slot),
            Kind::Plan => Plan::parse(slot)
                .map(|plan| show_plan(plan, self.now.china_day()))
                .unwrap_or_default(),
            Kind::Payee => self.show_payee(slot, facet),
            Kind::BillNo if slot == "registered" => "登记的号".to_owned(),
            Kind::BillNo if slot.starts_with(HOME) => {
                let known = slot.strip_prefix(HOME).and_then(|id| self.who.households.by_id(id));
                match (known, facet) {
                    (None, _) => String::new(),
                    (Some(h), "tail") => h.tail.clone(),
                    (Some(h), _) => format!("{}（尾号{}）", h.name, h.tail),
                }
            }
            Kind::BillNo => {
                let tail: String =
                    slot.chars().skip(slot.chars().count().saturating_sub(4)).collect();
                if facet == "tail" { tail } else { format!("尾号{tail}") }
            }
            Kind::Place if facet == "id" => slot.to_owned(),
            Kind::Place if is_spot(slot) => lines::SENT_SPOT.to_owned(),
            Kind::Place => {
                let first = slot.split(',').next().unwrap_or(slot);
                let known = self.who.places.by_id(first);
                known.map_or_else(|| slot.to_owned(), |p| p.name.clone())
            }
            Kind::Account => match self.who.own_account(slot) {
                Some(account) => show_account(account, facet),
                None => String::new(),
            },
            Kind::Range => DayRange::parse(slot)
                .map(|r| show_range(r, self.now.china_day(), facet))
                .unwrap_or_default(),
            Kind::Flow if facet == "id" => slot.to_owned(),
            Kind::Flow => match Flow::parse(slot) {
                Some(Flow::In) => "进账".to_owned(),
                Some(Flow::Out) => "出账".to_owned(),
                _ => "进出账".to_owned(),
            },
            Kind::Institution => {
                let found = self.who.institutions.iter().find(|i| i.id == slot);
                found
                    .map(|i| if facet == "name" { &i.name } else { &i.short }.clone())
                    .unwrap_or_default()
            }
            Kind::Text | Kind::Time | Kind::Count => slot.to_owned(),
        }
    }

    /// Somebody of the book by name, bank and tail; anybody else as the customer said.
    fn show_payee(&self, slot: &str, facet: &str) -> String {
        let (way, rest) = slot.split_once(':').unwrap_or(("name", slot));
        match (way, self.who.payees.by_id(rest).filter(|_| way == "book"), facet) {
            (_, _, "id") => slot.to_owned(),
            (_, Some(payee), "name") => payee.name.clone(),
            (_, Some(payee), "bank") => payee.bank.clone(),
            (_, Some(payee), "tail") => payee.tail.clone(),
            (_, Some(payee), _) if payee.tail.is_empty() => payee.name.clone(),
            (_, Some(payee), _) if payee.bank.is_empty() => {
                format!("{}（尾号{}）", payee.name, payee.tail)
            }
            (_, Some(payee), _) => format!("{}（{} 尾号{}）", payee.name, payee.bank, payee.tail),
            (_, None, "bank" | "tail") | ("book", None, _) => String::new(),
            ("phone", None, _) => {
                let tail: String = rest.chars().skip(7).collect();
                format!("手机尾号{tail}")
            }
            (_, None, _) => rest.to_owned(),
        }
    }
}

fn show_account(account: &Account, facet: &str) -> String {
    match facet {
        "label" => account.label.clone(),
        "tail" => account.tail.clone(),
        "word" => account.word.clone(),
        "id" => account.id.clone(),
        _ => account.name(),
    }
}

fn show_range(range: DayRange, today: i64, facet: &str) -> String {
    match facet {
        "from" => nlu::dates::iso(range.from),
        "to" => nlu::dates::iso(range.to),
        "month" => nlu::dates::iso(range.to).chars().take(7).collect(),
        "earlier" => range.earlier().to_text(),
        _ => range.words(today),
    }
}

/// 三年 as `3年`, 一年半 as `18个月`.
fn show_term(months: i64, facet: &str) -> String {
    match (facet, months % 12) {
        ("months", _) => months.to_string(),
        (_, 0) => format!("{}年", months / 12),
        _ => format!("{months}个月"),
    }
}

/// A day to come is said with its date, so that 后天 can be checked: `11月25日（后天）`.
fn show_day(day: i64, today: i64) -> String {
    let near = match day - today {
        0 => "（今天）",
        1 => "（明天）",
        2 => "（后天）",
        -1 => "（昨天）",
        _ => "",
    };
    let ((y, m, d), (year, ..)) = (nlu::dates::civil(day), nlu::dates::civil(today));
    let date = if y == year { format!("{m}月{d}日") } else { format!("{y}年{m}月{d}日") };
    format!("{date}{near}")
}

/// `11月25日（后天）09:00`, `每月5日 09:00`.
fn show_plan(plan: Plan, today: i64) -> String {
    match plan.rule {
        Rule::On(day) => format!("{} {}", show_day(day, today), plan.clock()),
        _ => plan.words(),
    }
}

fn show_money(fen: Fen, facet: &str) -> String {
    let size = if fen.is_negative() { Fen::ZERO.checked_sub(fen).unwrap_or(fen) } else { fen };
    match facet {
        "words" => fen.spoken(),
        "moved" if fen.is_negative() => format!("出{}", size.spoken()),
        "moved" => format!("进{}", fen.spoken()),
        "capital" => fen.in_words(),
        "abs" => size.to_string(),
        "signed" if fen.is_negative() => fen.to_string(),
        "signed" => format!("+{fen}"),
        "held" if fen == Fen::ZERO => "没有冻结".to_owned(),
        "held" => format!("冻结 {fen} 元"),
        _ => fen.to_string(),
    }
}

fn show_time(at: Time, now: Time, facet: &str) -> String {
    let (y, m, d, hour, minute) = at.china();
    let (year, ..) = now.china();
    let clock = format!("{hour:02}:{minute:02}");
    let date = if y == year { format!("{m}月{d}日") } else { format!("{y}年{m}月{d}日") };
    match (facet, now.china_day() - at.china_day()) {
        ("clock", _) => clock,
        ("day", 0) => "今天".to_owned(),
        ("day", 1) => "昨天".to_owned(),
        // always with its month: a list that crosses into last month must not mix two ways
        ("day", _) => date,
        (_, 0) => format!("今天{clock}"),
        (_, 1) => format!("昨天{clock}"),
        _ => format!("{date}{clock}"),
    }
}

/// ①, ② … ⑳ for the first twenty.
fn mark(at: usize) -> String {
    "①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳".chars().nth(at).map_or_else(|| format!("{}.", at + 1), String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_braces_are_named() {
        assert!(Template::parse("尾号{a").unwrap_err().contains("not closed"));
        assert!(Template::parse("尾号a}").unwrap_err().contains("opening"));
    }

    #[test]
    fn money_and_time_have_their_ways() {
        assert_eq!(show_money(Fen::of(-8_600), "moved"), "出八十六块");
        assert_eq!(show_money(Fen::of(31_240), "moved"), "进三百一十二块四");
        assert_eq!(show_money(Fen::of(-8_600), "signed"), "−86.00");
        assert_eq!(show_money(Fen::of(31_240), "signed"), "+312.40");
        assert_eq!(show_money(Fen::of(-8_600), "abs"), "86.00");
        assert_eq!(show_money(Fen::ZERO, "held"), "没有冻结");
        let now = Time::of_china_date(2026, 11, 23).plus_ms(9 * 3_600_000 + 12 * 60_000);
        assert_eq!(show_time(now, now, ""), "今天09:12");
        assert_eq!(show_time(now.plus_ms(-base::DAY_MS), now, ""), "昨天09:12");
        assert_eq!(show_time(Time::of_china_date(2026, 10, 28), now, "day"), "10月28日");
        assert_eq!(show_time(Time::of_china_date(2026, 3, 2), now, "day"), "3月2日");
        assert_eq!(show_time(Time::of_china_date(2025, 3, 2), now, "day"), "2025年3月2日");
    }
}
