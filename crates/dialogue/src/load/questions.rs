//! The questions of a flow file: kinds, what goes with each kind, defaults.
//!
//! Not for: reading answers; that is `values`.

use super::{Names, Page, house_names};
use crate::book::{Ask, Choosable, SlotKind};
use crate::flow::{AskFile, OptionFile, RuleFile};
use crate::heard::OwnKind;
use crate::template::Kind;
use crate::{understand, values};
use nlu::dates::Look;
use nlu::ident::BillRule;
use std::collections::BTreeMap;
use toml::Spanned;

/// Longest number a biller may give a household; more digits are a card.
const BILL_DIGITS_MAX: usize = 12;

pub(crate) fn kind_of(slot: SlotKind) -> Kind {
    match slot {
        SlotKind::OwnAccount => Kind::Account,
        SlotKind::DateRange => Kind::Range,
        SlotKind::Flow => Kind::Flow,
        SlotKind::Institution => Kind::Institution,
        SlotKind::Amount | SlotKind::Threshold => Kind::Money,
        SlotKind::Term => Kind::Term,
        SlotKind::Choice => Kind::Choice,
        SlotKind::Day => Kind::Day,
        SlotKind::Payee => Kind::Payee,
        SlotKind::BillNo => Kind::BillNo,
        SlotKind::Place => Kind::Place,
        SlotKind::Phone => Kind::Phone,
        SlotKind::Plan => Kind::Plan,
        SlotKind::Row
        | SlotKind::Cursor
        | SlotKind::YesNo
        | SlotKind::Text
        | SlotKind::Points
        | SlotKind::Hours
        | SlotKind::Sought
        | SlotKind::People => Kind::Text,
    }
}

pub(super) fn questions(
    page: &mut Page<'_>,
    asks: &BTreeMap<String, Spanned<AskFile>>,
) -> Vec<Ask> {
    let mut in_order: Vec<_> = asks.iter().collect();
    in_order.sort_by_key(|(_, ask)| ask.span().start);
    let mut out: Vec<Ask> = vec![];
    for (name, spanned) in in_order {
        let ask = spanned.get_ref();
        let Some((_, kind)) = SlotKind::NAMES.iter().find(|(n, _)| n == ask.kind.get_ref()) else {
            page.wrong(ask.kind.span(), format!("unknown slot kind “{}”", ask.kind.get_ref()));
            continue;
        };
        // a question may speak of what was asked before it
        let mut names = house_names();
        names.extend(out.iter().map(|a| (a.name.clone(), kind_of(a.kind))));
        let one = question(page, (name, *kind), spanned, &names);
        out.push(one);
    }
    out
}

fn question(
    page: &mut Page<'_>,
    (name, kind): (&str, SlotKind),
    spanned: &Spanned<AskFile>,
    names: &Names,
) -> Ask {
    let ask = spanned.get_ref();
    let follows = matches!(kind, SlotKind::Row | SlotKind::Cursor) && ask.of.is_some();
    if ask.prompt.is_none() && ask.default.is_none() && !ask.optional && !follows {
        page.wrong(spanned.span(), format!("the question “{name}” has no prompt"));
    }
    let mut out = Ask {
        name: name.to_owned(),
        kind,
        prompt: page.maybe(ask.prompt.as_ref(), names).unwrap_or_default(),
        elder: page.maybe(ask.elder.as_ref(), names),
        again: page.maybe(ask.again.as_ref(), names),
        label: ask.label.clone().unwrap_or_default(),
        change: ask.change.clone(),
        instead: ask.instead.as_ref().map(|i| i.get_ref().clone()),
        is_optional: ask.optional,
        choices: choices(page, name, kind, spanned),
        look: match ask.look.as_ref().map(|l| l.get_ref().as_str()) {
            Some("future") => Look::Ahead,
            _ => Look::Back,
        },
        is_monthly: ask.monthly,
        rule: rule(page, name, kind, spanned),
        biller: ask.biller.as_ref().map(|b| b.get_ref().clone()),
        default: ask.default.as_ref().map(|d| d.get_ref().clone()),
        all: ask.all.as_ref().map(|i| page.mention(i)),
        all_label: ask.all_label.clone(),
        of: ask.of.as_ref().map(|i| page.mention(i)),
        also_of: ask.also_of.iter().map(|i| page.mention(i)).collect(),
        is_located: ask.located,
        of_kind: own_kind(page, kind, ask),
        none: page.maybe(ask.none.as_ref(), names),
    };
    check_look(page, name, kind, spanned);
    let may_short = matches!(kind, SlotKind::Amount | SlotKind::OwnAccount);
    if let Some(instead) = ask.instead.as_ref().filter(|_| !may_short) {
        page.wrong(
            instead.span(),
            "only an amount or an own_account has another instead".to_owned(),
        );
    }
    if let Some(biller) = ask.biller.as_ref().filter(|_| kind != SlotKind::BillNo) {
        page.wrong(biller.span(), "only a bill_no has a biller".to_owned());
    }
    if ask.monthly && kind != SlotKind::Plan {
        page.wrong(spanned.span(), "only a plan is monthly".to_owned());
    }
    if ask.located && kind != SlotKind::Place {
        page.wrong(spanned.span(), "only a place is located".to_owned());
    }
    if let Some(default) = &ask.default
        && understand::default_of(&out).is_none()
    {
        page.wrong(default.span(), format!("“{}” is no value of this kind", default.get_ref()));
        out.default = None;
    }
    out
}

/// Which accounts a question is about; only one of an own account may say so.
fn own_kind(page: &mut Page<'_>, kind: SlotKind, ask: &AskFile) -> OwnKind {
    for said in [&ask.of_kind, &ask.none].into_iter().flatten() {
        if kind != SlotKind::OwnAccount {
            page.wrong(said.span(), "only a question of kind own_account says this".to_owned());
        }
    }
    let Some(said) = &ask.of_kind else { return OwnKind::Everyday };
    match OwnKind::NAMES.iter().find(|(name, _)| name == said.get_ref()) {
        Some((_, kind)) => *kind,
        None => {
            page.wrong(said.span(), format!("unknown kind of account “{}”", said.get_ref()));
            OwnKind::Everyday
        }
    }
}

fn check_look(page: &mut Page<'_>, name: &str, kind: SlotKind, spanned: &Spanned<AskFile>) {
    match (&spanned.get_ref().look, kind) {
        (Some(look), SlotKind::Day) if !["past", "future"].contains(&look.get_ref().as_str()) => {
            page.wrong(look.span(), format!("“{}” is neither past nor future", look.get_ref()));
        }
        (Some(look), kind) if kind != SlotKind::Day => {
            page.wrong(look.span(), "only a day has a look".to_owned());
        }
        (None, SlotKind::Day) => {
            page.wrong(
                spanned.span(),
                format!("the day “{name}” wants look = \"past\" or \"future\""),
            );
        }
        _ => {}
    }
}

/// What may be tapped: the options of a choice, sums that many want.
fn choices(
    page: &mut Page<'_>,
    name: &str,
    kind: SlotKind,
    spanned: &Spanned<AskFile>,
) -> Vec<Choosable> {
    let ask = spanned.get_ref();
    if kind == SlotKind::Choice && ask.options.len() < 2 {
        page.wrong(spanned.span(), format!("the choice “{name}” wants two options at least"));
    }
    if matches!(kind, SlotKind::Threshold | SlotKind::Hours) && !ask.optional {
        page.wrong(spanned.span(), format!("“{name}” is only said, never asked"));
    }
    if kind != SlotKind::Choice && kind != SlotKind::Amount && !ask.options.is_empty() {
        page.wrong(spanned.span(), format!("“{name}” is no choice and no amount: no options"));
    }
    let mut out: Vec<Choosable> = vec![];
    for option in &ask.options {
        let (text, value, item, also) = match option.get_ref() {
            OptionFile::Text(text) => (text.clone(), None, None, vec![]),
            OptionFile::Full { text, value, item, also } => {
                (text.clone(), value.clone(), item.clone(), also.clone())
            }
        };
        if item.is_some() && (kind != SlotKind::Choice || !ask.optional) {
            page.wrong(option.span(), format!("“{text}” leads to an item: only said, never asked"));
        }
        if let Some(item) = &item {
            let line = page.line(option.span());
            page.mentions.push((line, item.clone()));
        }
        let value = match kind {
            SlotKind::Amount => values::amount_of(&text),
            _ => Some(value.unwrap_or_else(|| text.clone())),
        };
        let Some(value) = value else {
            page.wrong(option.span(), format!("“{text}” is no exact sum"));
            continue;
        };
        let mut one = Choosable::new(text, value, &also);
        one.instead = item;
        if let Some(word) = one.words().find(|w| out.iter().any(|o| o.words().any(|v| v == *w))) {
            page.wrong(option.span(), format!("two options are called “{word}”"));
        }
        out.push(one);
    }
    out
}

fn rule(page: &mut Page<'_>, name: &str, kind: SlotKind, spanned: &Spanned<AskFile>) -> BillRule {
    match (&spanned.get_ref().rule, kind) {
        (Some(rule), SlotKind::BillNo) => {
            let RuleFile { digits, prefix, check } = rule.get_ref();
            let (shortest, longest) = (digits.first().copied(), digits.last().copied());
            let (shortest, longest) = (shortest.unwrap_or(0), longest.unwrap_or(0));
            if shortest == 0 || longest < shortest || longest > BILL_DIGITS_MAX || digits.len() > 2
            {
                let want = format!("digits = [10] or [8, 10], at most {BILL_DIGITS_MAX}");
                page.wrong(rule.span(), format!("the rule of “{name}” wants {want}"));
            }
            BillRule { shortest, longest, prefix: prefix.clone(), has_check: *check }
        }
        (Some(rule), _) => {
            page.wrong(rule.span(), "only a bill_no has a rule".to_owned());
            BillRule::default()
        }
        (None, SlotKind::BillNo) => {
            page.wrong(spanned.span(), format!("the bill_no “{name}” has no rule"));
            BillRule::default()
        }
        (None, _) => BillRule::default(),
    }
}
