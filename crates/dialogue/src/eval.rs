//! Measures understanding by lines of text: which item, which values, which days. For `weiyin nlu eval` and its like.
//!
//! Not for: reading files or the clock; both are handed in.
//!
//! Forms of a line: `item<TAB>text`, for values `item<TAB>text<TAB>{json}`, for days `text<TAB>from<TAB>to`.
//! Values: `amount` (fen; a text is yuan), `amounts`, `amount_open`, `date` or `from` and `to`, `phone`, `tail`, `payee`,
//! `term_months`, `ordinal`, `flow`, `yes`, `number`, `bill_no`.

use crate::book::Book;
use base::Fen;
use nlu::dates;
use nlu::policy::Decision;
pub use nlu::policy::{BANK_QUESTIONS, NEGATIVES, OPEN_TALK};
use nlu::sentence::Sentence;
use nlu::slots::{Ordinal, yes_no};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Flows that are parts of one item of the catalogue, which lines name as a whole: 开大字 and 关大字 are both the item 长辈模式,
/// 锁卡 and 解锁 the item 一键锁卡解锁, ETC充值 is one of what ETC办理 means.
const PARTS: &[(&str, &str)] = &[
    ("account_balance_all", "account_balance"),
    ("card_unlock", "card_lock"),
    ("wx_unfreeze", "freeze_wx_channel"),
    ("elder_on", "elder_mode"),
    ("elder_off", "elder_mode"),
    ("etc_topup", "etc_service"),
    ("charity_give", "charity_points"),
    ("charity_other", "charity_points"),
    ("thanks", "greeting"),
    ("goodbye", "greeting"),
];

/// The item of the catalogue that `item` is, or is a part of.
fn whole(item: &str) -> &str {
    PARTS.iter().find(|(part, _)| *part == item).map_or(item, |(_, whole)| whole)
}

/// The proposals by whole items; the parts' scores add up.
fn wholes(top: &[(String, f32)]) -> Vec<(&str, f32)> {
    let mut out: Vec<(&str, f32)> = vec![];
    for (item, score) in top {
        match out.iter_mut().find(|(i, _)| *i == whole(item)) {
            Some((_, sum)) => *sum += score,
            None => out.push((whole(item), *score)),
        }
    }
    out
}

/// The day number of `2026-11-23`.
pub fn day(text: &str) -> Option<i64> {
    dates::from_iso(text)
}

/// What the lines of a file say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Items,
    Slots,
    Dates,
}

/// What followed from lines of payments.
#[derive(Debug, Clone, Copy, Default)]
pub struct Opened {
    pub lines: usize,
    pub drafts: usize,
    pub drafts_or_asks: usize,
}

impl Opened {
    fn count(&mut self, decision: Decision, right: bool) {
        let asks = matches!(decision, Decision::Draft | Decision::Confirm);
        self.lines += 1;
        self.drafts += usize::from(decision == Decision::Draft && right);
        self.drafts_or_asks += usize::from(asks && right);
    }
    fn shares(self) -> Value {
        json!({
            "lines": self.lines,
            "draft": share(self.drafts, self.lines),
            "draft_or_confirm": share(self.drafts_or_asks, self.lines),
        })
    }
}

/// Counts over all lines.
#[derive(Debug, Clone, Default)]
pub struct Tally {
    pub lines: usize,
    pub first: usize,
    pub three: usize,
    /// Lines whose values (or days) were all as expected.
    pub values: usize,
    /// An amount that was shown though another, or none, was meant.
    pub wrong_amounts: usize,
    /// Drafts of a payment for lines of other items.
    pub false_drafts: usize,
    /// Lines of payments, those for which its draft opened, and those for which it opened or was asked about.
    pub payments: Opened,
    /// Of these, those that are not put as a question.
    pub orders: Opened,
    pub decisions: BTreeMap<&'static str, usize>,
    /// (meant, taken for) and how often.
    pub confusions: BTreeMap<(String, String), usize>,
    sureness: Vec<(f32, bool)>,
}

/// The values of a sentence as JSON.
pub fn slots(sentence: &Sentence) -> Map<String, Value> {
    let mut out = Map::new();
    let mut put = |name: &str, value: Value| {
        out.insert(name.to_owned(), value);
    };
    match &sentence.sums.exact[..] {
        [] => {}
        [(fen, _)] => put("amount", json!(fen.fen())),
        all => put("amounts", json!(all.iter().map(|(f, _)| f.fen()).collect::<Vec<_>>())),
    }
    if sentence.sums.is_open {
        put("amount_open", json!(true));
    }
    if let Some(range) = sentence.range() {
        put("date", json!(range.to_text()));
        put("from", json!(dates::iso(range.from)));
        put("to", json!(dates::iso(range.to)));
    }
    for (name, text) in
        [("phone", &sentence.phone), ("tail", &sentence.tail), ("payee", &sentence.payee)]
    {
        if let Some(text) = text {
            put(name, json!(text));
        }
    }
    if let Some(months) = sentence.term_months {
        put("term_months", json!(months));
    }
    match sentence.ordinal {
        Some(Ordinal::Nth(n)) => put("ordinal", json!(n)),
        Some(Ordinal::Last) => put("ordinal", json!("last")),
        None => {}
    }
    if let Some(flow) = sentence.flow {
        put("flow", json!(flow.as_str()));
    }
    if let Some(yes) = yes_no(&sentence.normal) {
        put("yes", json!(yes));
    }
    if let Some(n) = sentence.number {
        put("number", json!(n));
    }
    if let Some(n) = &sentence.bill_no {
        put("bill_no", json!(n));
    }
    out
}

/// A yuan text or a number of fen, as fen.
fn fen_of(value: &Value) -> Option<i64> {
    let text = |t: &str| Fen::parse_yuan(&t.replace(',', "")).ok().map(Fen::fen);
    value.as_i64().or_else(|| value.as_str().and_then(text))
}

/// True when the value named `name` is as expected; `null` expects none.
fn fits(name: &str, expected: &Value, got: &Map<String, Value>) -> bool {
    match (name, got.get(name)) {
        (_, None) => expected.is_null() || *expected == json!(false),
        ("amount", Some(value)) => fen_of(expected).is_some_and(|e| value.as_i64() == Some(e)),
        ("amounts", Some(value)) => {
            let all: Option<Vec<i64>> =
                expected.as_array().and_then(|a| a.iter().map(fen_of).collect());
            all.is_some_and(|all| *value == json!(all))
        }
        (_, Some(value)) => {
            let text = |v: &Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
            value == expected || text(value) == text(expected)
        }
    }
}

impl Tally {
    /// Hears one line; gives its line of JSON, or none when the line has another form.
    pub fn hear(&mut self, book: &Book, form: Form, line: &str, today: i64) -> Option<String> {
        let fields: Vec<&str> = line.split('\t').collect();
        let (item, text) = match (form, &fields[..]) {
            (Form::Dates, [text, ..]) => (None, *text),
            (_, [item, text, ..]) => (Some(*item), *text),
            _ => return None,
        };
        let insight = book.insight(text, today);
        let got = slots(&insight.sentence);
        let top = wholes(&insight.top);
        self.lines += 1;
        *self.decisions.entry(insight.decision.as_str()).or_default() += 1;
        let mut out = json!({
            "text": if nlu::secret::secrets(text).is_empty() { text.to_owned() } else { nlu::secret::masked(text) },
            "top": top.iter().take(3).map(|(i, s)| json!({ "item": i, "score": rounded(*s) })).collect::<Vec<_>>(),
            "decision": insight.decision.as_str(),
            "slots": got,
        });
        if let Some(item) = item {
            self.judge(book, (item, text), &top, insight.decision);
            out["expected"] = json!(item);
        }
        let expected = match (form, &fields[..]) {
            (Form::Dates, [_, from, to, ..]) => Some(json!({ "from": from, "to": to })),
            (Form::Slots, [_, _, json, ..]) => {
                Some(serde_json::from_str(json).unwrap_or(Value::Null))
            }
            _ => None,
        };
        if let Some(Value::Object(expected)) = expected {
            let wrong: Vec<&String> =
                expected.iter().filter(|(n, v)| !fits(n, v, &got)).map(|(n, _)| n).collect();
            self.values += usize::from(wrong.is_empty());
            let amount_is_wrong =
                wrong.iter().any(|n| *n == "amount" && got.contains_key("amount"));
            let invented = form == Form::Slots
                && !expected.contains_key("amount")
                && got.contains_key("amount");
            self.wrong_amounts += usize::from(amount_is_wrong || invented);
            out["wrong"] = json!(wrong);
        }
        Some(out.to_string())
    }

    fn judge(
        &mut self,
        book: &Book,
        (meant, text): (&str, &str),
        top: &[(&str, f32)],
        decision: Decision,
    ) {
        let best = top.first();
        let item = whole(meant);
        let right = best.is_some_and(|(i, _)| *i == item);
        self.first += usize::from(right);
        self.three += usize::from(top.iter().take(3).any(|(i, _)| *i == item));
        self.sureness.push((best.map_or(0.0, |b| b.1), right));
        if let Some((taken, _)) = best.filter(|_| !right) {
            *self.confusions.entry((item.to_owned(), (*taken).to_owned())).or_default() += 1;
        }
        let pays =
            |id: &str| book.item(id).is_some_and(|i| i.kind == crate::flow::ItemKind::Transaction);
        // Of an item that is several flows, one of which pays (高速卡充值), a draft is what was meant.
        let moves_money =
            pays(meant) || PARTS.iter().any(|(part, whole)| *whole == item && pays(part));
        let is_draft = decision == Decision::Draft;
        self.false_drafts += usize::from(is_draft && !moves_money);
        if moves_money {
            self.payments.count(decision, right);
            if !nlu::policy::is_question(text) {
                self.orders.count(decision, right);
            }
        }
    }

    /// The mean distance between how sure the top item was and how often it was right.
    pub fn calibration_error(&self) -> f32 {
        nlu::calibration_error(&self.sureness)
    }

    /// The confusions, most frequent first.
    pub fn worst(&self, most: usize) -> Vec<(&str, &str, usize)> {
        let mut all: Vec<_> =
            self.confusions.iter().map(|((a, b), n)| (a.as_str(), b.as_str(), *n)).collect();
        all.sort_by(|a, b| b.2.cmp(&a.2).then(a.cmp(b)));
        all.truncate(most);
        all
    }

    /// The whole as one line of JSON.
    pub fn summary(&self, form: Form) -> String {
        let mut out = json!({ "lines": self.lines, "decisions": self.decisions });
        if form != Form::Dates {
            out["top1"] = json!(share(self.first, self.lines));
            out["top3"] = json!(share(self.three, self.lines));
            out["false_drafts"] = json!(self.false_drafts);
            out["payments"] = self.payments.shares();
            out["orders"] = self.orders.shares();
            out["calibration_error"] = json!(rounded(self.calibration_error()));
        }
        if form != Form::Items {
            out["right"] = json!(self.values);
            out["share"] = json!(share(self.values, self.lines));
            out["wrong_amounts"] = json!(self.wrong_amounts);
        }
        json!({ "summary": out }).to_string()
    }
}

/// Four decimals are enough to read.
fn rounded(x: f32) -> f64 {
    (f64::from(x) * 10_000.0).round() / 10_000.0
}

fn share(part: usize, all: usize) -> f64 {
    let of = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    if all == 0 { 0.0 } else { (of(part) / of(all) * 10_000.0).round() / 10_000.0 }
}
