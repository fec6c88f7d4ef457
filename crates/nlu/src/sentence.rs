//! A whole message: everything the grammar finds in it, and the key by which phrases are compared.
//!
//! Not for: which item is meant; see [`crate::Understander`].

use crate::amount::Sums;
use crate::dates::{self, DayRange, Look};
use crate::ident;
use crate::names::{self, Hit, Names};
use crate::normal::{Normal, Span, normalise_to};
use crate::slots::{self, Flow, Ordinal};

/// Who writes more than this tells a story; its beginning says what it is about.
const CHARS_MAX: usize = 240;

/// Each recognised value stands in the key as one character of its class.
const DATE: char = '\u{e000}';
const NTH: char = '\u{e001}';
const TAIL: char = '\u{e002}';
const SUM: char = '\u{e003}';
const PHONE: char = '\u{e004}';
const NAME: char = '\u{e005}';
const TERM: char = '\u{e006}';
const LONG: char = '\u{e007}';
/// What the customer took back; it is left out of the key.
const TAKEN_BACK: char = '\u{e008}';

/// A text and what is in it.
#[derive(Debug, Clone)]
pub struct Sentence {
    pub normal: Normal,
    /// As phrases are compared: values by their class, no punctuation, no fillers at the ends.
    pub key: String,
    /// The day or days that are meant, and all that were said.
    pub date: Option<dates::Said>,
    pub dates: Vec<dates::Said>,
    pub sums: Sums,
    pub ordinal: Option<Ordinal>,
    pub flow: Option<Flow>,
    /// The whole text is this number.
    pub number: Option<i64>,
    pub tail: Option<String>,
    pub phone: Option<String>,
    /// Digits too many for a sum, too few for a card: a household at a biller, perhaps.
    pub bill_no: Option<String>,
    /// How long something runs, in months: 三年死期.
    pub term_months: Option<i64>,
    /// Who is to get money, in the customer's words.
    pub payee: Option<String>,
    /// Names of the caller's list.
    pub names: Vec<Hit>,
    /// A value was taken back in the sentence: 转五百不对是五千.
    pub is_amended: bool,
    /// Where values stand, in order.
    pub spans: Vec<Span>,
}

/// What the caller knows when a sentence is read.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// Day number of today.
    pub today: i64,
    pub look: Look,
    /// Payees to look for.
    pub names: Option<&'a Names>,
    /// Branches and places: no sum is read inside one of their names.
    pub places: Option<&'a Names>,
}

impl Scene<'_> {
    /// Statements and requests: one looks back.
    pub fn on(today: i64) -> Self {
        Scene { today, look: Look::Back, names: None, places: None }
    }
}

/// Stretches that were found, none over another; the first to claim keeps.
#[derive(Debug, Default)]
struct Claimed(Vec<(Span, char)>);

impl Claimed {
    fn claim(&mut self, span: Span, class: char) -> bool {
        let free = self.0.iter().all(|(s, _)| s.end <= span.start || span.end <= s.start);
        if free && span.start < span.end {
            self.0.push((span, class));
            self.0.sort_unstable_by_key(|(s, _)| s.start);
        }
        free
    }
    fn spans(&self) -> Vec<Span> {
        self.0.iter().map(|(s, _)| *s).collect()
    }
}

impl Sentence {
    /// Reads the first [`CHARS_MAX`] characters. A sum in a longer text is open, since what follows may correct it.
    pub fn read(text: &str, scene: Scene<'_>) -> Self {
        let is_cut = text.chars().nth(CHARS_MAX).is_some();
        let mut sentence = Self::of(normalise_to(text, CHARS_MAX), scene);
        sentence.sums.is_open |= is_cut && !sentence.sums.exact.is_empty();
        sentence
    }

    fn of(normal: Normal, scene: Scene<'_>) -> Self {
        let mut claimed = Claimed::default();
        let long = long_runs(&normal);
        long.iter().for_each(|run| {
            claimed.claim(*run, LONG);
        });
        let household = |s: &&Span| (6..=13).contains(&(s.end - s.start));
        let bill_no = long.iter().find(household).map(|s| normal.slice(*s));
        let phone =
            slots::mobile(&normal).filter(|(_, s)| claimed.claim(*s, PHONE)).map(|(p, _)| p);
        let names = scene.names.map(|n| n.find(&normal)).unwrap_or_default();
        let names: Vec<Hit> = names.into_iter().filter(|h| claimed.claim(h.span, NAME)).collect();
        let numerals = names::with_numerals(&normal);
        numerals.iter().for_each(|s| {
            claimed.claim(*s, NAME);
        });
        let all_dates = dates::all(&normal.chars, scene.today, scene.look);
        let dates: Vec<dates::Said> =
            all_dates.into_iter().filter(|d| claimed.claim(d.span, DATE)).collect();
        let ordinal =
            slots::ordinal(&normal).filter(|(_, s)| claimed.claim(*s, NTH)).map(|(o, _)| o);
        let term = slots::term(&normal).filter(|(_, s)| claimed.claim(*s, TERM));
        let named_tail = slots::named_tail(&normal).filter(|(_, s)| claimed.claim(*s, TAIL));
        let mut taken = claimed.spans();
        if let Some(places) = scene.places {
            let exact = places.find(&normal).into_iter().filter(|h| h.fit == names::Fit::Exact);
            taken.extend(exact.map(|h| h.span));
            taken.sort_unstable();
        }
        let sums = Sums::of(&normal, &taken);
        sums.spans.iter().for_each(|s| {
            claimed.claim(*s, SUM);
        });
        let tail =
            named_tail.or_else(|| slots::tail(&normal).filter(|(_, s)| claimed.claim(*s, TAIL)));
        let flow = slots::flow(&normal);
        let payee = names::payee_said(&normal, &numerals);
        let back = taken_back(&normal, &sums, payee.as_ref().map(|p| p.1));
        let mut spans = claimed.spans();
        spans.extend(flow.map(|(_, s)| s));
        Self {
            key: key_without(&normal, &claimed, &back),
            is_amended: !back.is_empty(),
            date: dates::meant(&normal.chars, &dates),
            dates,
            sums,
            ordinal,
            flow: flow.map(|(f, _)| f),
            number: slots::bare_number(&normal),
            tail: tail.map(|(t, _)| t),
            phone,
            bill_no,
            term_months: term.map(|(m, _)| m),
            payee: payee.map(|(p, _)| p),
            names,
            spans,
            normal,
        }
    }

    /// The range that is meant.
    pub fn range(&self) -> Option<DayRange> {
        self.date.map(|d| d.range)
    }
}

/// The stretches that say nothing any more: 五百，不对是 before 五千, and 不对是李四 once 李四 is who is meant.
fn taken_back(normal: &Normal, sums: &Sums, payee: Option<Span>) -> Vec<Span> {
    const MARKS: [&str; 5] = ["哦不对", "噢不对", "不对", "说错", "不是"];
    let mut out = vec![];
    if sums.spans.len() > sums.exact.len() && !sums.is_open {
        let stands = |span: &Span| sums.exact.iter().any(|(_, s)| s == span);
        for (at, span) in sums.spans.iter().enumerate().filter(|(_, s)| !stands(s)) {
            if let Some(next) = sums.spans[at + 1..].iter().find(|s| stands(s)) {
                out.push(Span { start: span.start, end: next.start });
            }
        }
    }
    let corrects = |p: &Span| p.start > 0 && matches!(normal.chars[p.start - 1], '是' | '成');
    if let Some(payee) = payee.filter(corrects) {
        let marks = MARKS.iter().filter_map(|m| slots::find(normal, m)).map(|s| s.start);
        if let Some(start) = marks.filter(|start| (1..payee.start).contains(start)).min() {
            out.push(Span { start, end: payee.end });
        }
    }
    out
}

fn key_without(normal: &Normal, claimed: &Claimed, back: &[Span]) -> String {
    if back.is_empty() {
        return normal.replaced(&claimed.0).key();
    }
    let outside = |s: &Span| back.iter().all(|b| s.end <= b.start || b.end <= s.start);
    let mut marks: Vec<(Span, char)> =
        claimed.0.iter().filter(|(s, _)| outside(s)).copied().collect();
    marks.extend(back.iter().map(|b| (*b, TAKEN_BACK)));
    marks.sort_unstable_by_key(|(s, _)| s.start);
    normal.replaced(&marks).key().replace(TAKEN_BACK, "")
}

/// What phrases are compared by.
pub fn key_of(phrase: &str) -> String {
    /// Any day will do to find where dates stand in a phrase.
    const SOME_DAY: i64 = 20_000;
    Sentence::read(phrase, Scene::on(SOME_DAY)).key
}

/// A key as people can read it: the classes by name.
pub fn legible(key: &str) -> String {
    let name = |c: char| match c {
        DATE => "〈日期〉",
        NTH => "〈第几〉",
        TAIL => "〈尾号〉",
        SUM => "〈金额〉",
        PHONE => "〈手机〉",
        NAME => "〈人名〉",
        TERM => "〈期限〉",
        LONG => "〈号码〉",
        _ => "",
    };
    let of = |c: char| if name(c).is_empty() { c.to_string() } else { name(c).to_owned() };
    key.chars().map(of).collect()
}

/// Rows of digits too long for a sum or a telephone: cards, citizens, households.
fn long_runs(normal: &Normal) -> Vec<Span> {
    let found = [ident::card(normal), ident::citizen(normal)];
    let mut out: Vec<Span> = found.into_iter().flatten().map(|(_, s)| s).collect();
    let chars = &normal.chars;
    let mut at = 0;
    while at < chars.len() {
        let end = (at..chars.len()).find(|i| !chars[*i].is_ascii_digit()).unwrap_or(chars.len());
        if end - at > 11 || end - at == 9 || end - at == 10 {
            out.push(Span { start: at, end });
        }
        at = end + 1;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::Fen;

    /// 2026-11-23.
    const TODAY: i64 = 20_780;

    fn read(text: &str) -> Sentence {
        Sentence::read(text, Scene::on(TODAY))
    }

    #[test]
    fn values_stand_in_the_key_by_their_class() {
        for (a, b) in [
            ("查上个月的明细", "查3月份的明细"),
            ("给张三转五百", "给李四转2000元"),
            ("充50话费", "充一百话费"),
            ("尾号8821的余额", "8821的余额"),
            ("存五万三年死期", "存2000一年死期"),
            ("给张三转五百，不对是五千", "给李四转2000元"),
            ("转给张三五百…哦不对是李四", "转给张三五百"),
        ] {
            assert_eq!(read(a).key, read(b).key, "{a} / {b}");
        }
    }

    #[test]
    fn a_sentence_gives_all_its_values() {
        let s = read("从尾号8821给张三转五百，不对是五千");
        assert_eq!(
            (s.sums.one(), s.tail.as_deref(), s.payee.as_deref()),
            (Some(Fen::of(500_000)), Some("8821"), Some("张三"))
        );
        let s = read("转2000到13900001234");
        assert_eq!(
            (s.sums.one(), s.phone.as_deref(), s.tail),
            (Some(Fen::of(200_000)), Some("13900001234"), None)
        );
        let s = read("存五万三年死期 到期自己续");
        assert_eq!((s.sums.one(), s.term_months), (Some(Fen::of(5_000_000)), Some(36)));
        let s = read("上上个月电费交了几块");
        assert_eq!(s.range().map(DayRange::to_text).as_deref(), Some("2026-09-01..2026-09-30"));
        assert_eq!(s.sums.one(), None);
    }
}
