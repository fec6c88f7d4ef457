//! Rates, fees, limits, hours, telephones: rows with a value, a kind and the days they hold.
//!
//! A row is a union's default or an institution's own, which stands over the default of the same key. A row whose last day has
//! passed shows nothing: whoever needs it withdraws. Not for: where rows come from.

use base::Fen;
use nlu::dates;
use std::collections::BTreeMap;
use std::fmt;

/// Parts in a million that make one per cent.
const PPM_OF_PERCENT: i64 = 10_000;
const MONTHS_MAX: i64 = 600;

/// A share, exact: parts per million. As a rate it is for one year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ratio {
    ppm: i64,
}

impl Ratio {
    pub const fn of_ppm(ppm: i64) -> Self {
        Self { ppm }
    }
    pub const fn ppm(self) -> i64 {
        self.ppm
    }

    /// Reads per cent with at most four decimals: `1.25`.
    pub fn parse_percent(text: &str) -> Option<Self> {
        let (whole, part) = text.split_once('.').unwrap_or((text, ""));
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || whole.len() > 2 || part.len() > 4 || !(part.is_empty() || digits(part))
        {
            return None;
        }
        let part: i64 = format!("{part:0<4}").parse().ok()?;
        Some(Self { ppm: whole.parse::<i64>().ok()? * PPM_OF_PERCENT + part })
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = format!("{:04}", self.ppm % PPM_OF_PERCENT);
        // two decimals, as rates are published, and more only where there are more
        let more = part[2..].trim_end_matches('0');
        write!(f, "{}.{}{more}%", self.ppm / PPM_OF_PERCENT, &part[..2])
    }
}

/// What a row's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowKind {
    /// Per cent, of a year where it is a rate.
    Percent,
    /// Yuan.
    Money,
    Months,
    /// Fees in steps of the amount; see [`Tiers`].
    Tiers,
    /// Words.
    Text,
}

impl RowKind {
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "percent" => Self::Percent,
            "money" => Self::Money,
            "months" => Self::Months,
            "tiers" => Self::Tiers,
            "text" => Self::Text,
            _ => return None,
        })
    }
}

/// A value, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowValue {
    Percent(Ratio),
    Money(Fen),
    Months(i64),
    Tiers(Tiers),
    Text(String),
}

impl RowValue {
    /// Reads `text` as a value of that kind.
    pub fn parse(kind: RowKind, text: &str) -> Option<Self> {
        let text = text.trim();
        Some(match kind {
            RowKind::Percent => Self::Percent(Ratio::parse_percent(text)?),
            RowKind::Money => {
                Self::Money(Fen::parse_yuan(text).ok().filter(|fen| !fen.is_negative())?)
            }
            RowKind::Months => {
                Self::Months(text.parse().ok().filter(|n| (1..=MONTHS_MAX).contains(n))?)
            }
            RowKind::Tiers => Self::Tiers(Tiers::parse(text)?),
            RowKind::Text => Self::Text((!text.is_empty()).then(|| text.to_owned())?),
        })
    }

    pub fn percent(&self) -> Option<Ratio> {
        if let Self::Percent(ratio) = self { Some(*ratio) } else { None }
    }
}

impl fmt::Display for RowValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Percent(ratio) => ratio.fmt(f),
            Self::Money(fen) => f.write_str(&yuan_words(*fen)),
            Self::Months(n) => f.write_str(&months_words(*n)),
            Self::Tiers(tiers) => tiers.fmt(f),
            Self::Text(text) => f.write_str(text),
        }
    }
}

/// `20万元`, `1.5万元`, `50元`, `0.50元`.
pub fn yuan_words(fen: Fen) -> String {
    const WAN_FEN: i64 = 1_000_000;
    let fen = fen.fen();
    if fen >= WAN_FEN && fen % (WAN_FEN / 10) == 0 {
        let tenth = fen % WAN_FEN / (WAN_FEN / 10);
        let tenth = if tenth == 0 { String::new() } else { format!(".{tenth}") };
        return format!("{}{tenth}万元", fen / WAN_FEN);
    }
    let cents = if fen % 100 == 0 { String::new() } else { format!(".{:02}", fen % 100) };
    format!("{}{cents}元", fen / 100)
}

/// `3年`, `18个月`.
pub fn months_words(months: i64) -> String {
    if months >= 12 && months % 12 == 0 {
        format!("{}年", months / 12)
    } else {
        format!("{months}个月")
    }
}

/// What an amount costs: `2000:2 5000:5 *:0.03% <=50`: up to 2,000 yuan 2 yuan, up to 5,000 yuan 5 yuan, above that a share
/// that is never more than 50 yuan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tiers {
    /// Up to this sum, that fee.
    steps: Vec<(Fen, Fen)>,
    above: Above,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Above {
    Fee(Fen),
    Share { of: Ratio, most: Fen },
}

impl Tiers {
    fn parse(text: &str) -> Option<Self> {
        let yuan = |t: &str| Fen::parse_yuan(t).ok().filter(|f| !f.is_negative());
        let mut words = text.split_whitespace();
        let mut steps: Vec<(Fen, Fen)> = vec![];
        for word in words.by_ref() {
            let (to, fee) = word.split_once(':')?;
            if to == "*" {
                let above = match fee.strip_suffix('%') {
                    Some(share) => {
                        let most = yuan(words.next()?.strip_prefix("<=")?)?;
                        Above::Share { of: Ratio::parse_percent(share)?, most }
                    }
                    None => Above::Fee(yuan(fee)?),
                };
                return words.next().is_none().then_some(Self { steps, above });
            }
            let to = yuan(to)?;
            if steps.last().is_some_and(|(before, _)| *before >= to) {
                return None;
            }
            steps.push((to, yuan(fee)?));
        }
        None
    }

    /// The fee for `amount`; a share is rounded to the fen, half up.
    pub fn fee(&self, amount: Fen) -> Fen {
        if let Some((_, fee)) = self.steps.iter().find(|(to, _)| amount.fen() <= to.fen()) {
            return *fee;
        }
        match self.above {
            Above::Fee(fee) => fee,
            Above::Share { of, most } => {
                let exact = i128::from(amount.fen()) * i128::from(of.ppm());
                let rounded = (exact + 500_000) / 1_000_000;
                Fen::of(i64::try_from(rounded).unwrap_or(i64::MAX).min(most.fen()))
            }
        }
    }
}

fn fee_words(fee: Fen) -> String {
    if fee == Fen::ZERO { "不收".to_owned() } else { format!("每笔{}", yuan_words(fee)) }
}

impl fmt::Display for Tiers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (to, fee) in &self.steps {
            write!(f, "{}以内{}，", yuan_words(*to), fee_words(*fee).trim_start_matches("每笔"))?;
        }
        let over = if self.steps.is_empty() { "" } else { "再多的" };
        match self.above {
            Above::Fee(fee) => write!(f, "{over}{}", fee_words(fee)),
            Above::Share { of, most } => write!(f, "{over}收{of}，最多{}", yuan_words(most)),
        }
    }
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub key: String,
    /// What the customer calls it.
    pub name: String,
    pub kind: RowKind,
    pub value: RowValue,
    /// Day numbers, both included; `to` is absent for what has no end.
    pub from: i64,
    pub to: Option<i64>,
    pub source: String,
    pub owner: String,
}

/// A row as an institution keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnRow {
    pub key: String,
    pub value: String,
    pub from: i64,
    pub to: Option<i64>,
    pub source: String,
    pub owner: String,
}

impl Row {
    fn holds(&self, day: i64) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }
    /// Where a value comes from and since when, for the customer.
    pub fn since_words(&self) -> String {
        since_words(self.from)
    }
}

/// `2026年5月20日起`.
pub fn since_words(day: i64) -> String {
    let iso = dates::iso(day);
    let mut parts = iso.split('-').map(|p| p.trim_start_matches('0'));
    let mut next = || parts.next().unwrap_or_default();
    format!("{}年{}月{}日起", next(), next(), next())
}

/// All rows by key, in the order of their files.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rows {
    /// For each key the layers of its rows: the nearest (the institution's own) first, the default last.
    by_key: BTreeMap<String, Vec<Vec<Row>>>,
    order: Vec<String>,
}

impl Rows {
    /// Adds a default row.
    pub(super) fn add(&mut self, row: Row) {
        if !self.by_key.contains_key(&row.key) {
            self.order.push(row.key.clone());
        }
        let layers = self.by_key.entry(row.key.clone()).or_insert_with(|| vec![vec![]]);
        if let Some(defaults) = layers.last_mut() {
            defaults.push(row);
        }
    }

    /// Puts rows of one's own over what is there. Of a row only key, value, days, source and owner are looked at: its name
    /// and kind are the default's; one that no default knows, or whose value is none of its kind, is left out.
    #[must_use]
    pub fn with(mut self, own: impl IntoIterator<Item = OwnRow>) -> Self {
        let mut layer: BTreeMap<String, Vec<Row>> = BTreeMap::new();
        for own in own {
            if let Some(row) = self.own(own) {
                layer.entry(row.key.clone()).or_default().push(row);
            }
        }
        for (key, rows) in layer {
            self.by_key.entry(key).or_default().insert(0, rows);
        }
        self
    }

    /// A row of one's own, with the name and kind of the default.
    pub fn own(&self, own: OwnRow) -> Option<Row> {
        let default = self.known(&own.key)?;
        Some(Row {
            name: default.name.clone(),
            kind: default.kind,
            value: RowValue::parse(default.kind, &own.value)?,
            key: own.key,
            from: own.from,
            to: own.to,
            source: own.source,
            owner: own.owner,
        })
    }

    /// The row of that key that counts on that day. Who has rows of their own from that day or before has none of another's:
    /// when theirs have run out, there is none, and never a default that they had replaced.
    pub fn at(&self, key: &str, day: i64) -> Option<&Row> {
        let layers = self.by_key.get(key)?;
        let begun = layers.iter().find(|rows| rows.iter().any(|r| r.from <= day))?;
        begun.iter().filter(|r| r.holds(day)).max_by_key(|r| r.from)
    }

    /// The default of a key, whatever its days.
    pub fn known(&self, key: &str) -> Option<&Row> {
        self.by_key.get(key)?.last()?.last()
    }

    /// The rows that hold on that day, of the keys that begin with one of `groups` (words with blanks between), in their order.
    /// None when one of them has run out: half a table misleads.
    pub fn group(&self, groups: &str, day: i64) -> Option<Vec<&Row>> {
        let mut out = vec![];
        for group in groups.split_whitespace() {
            let mine = |k: &&String| {
                k.as_str() == group || k.strip_prefix(group).is_some_and(|r| r.starts_with('.'))
            };
            for key in self.order.iter().filter(mine) {
                out.push(self.at(key, day)?);
            }
        }
        (!out.is_empty()).then_some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tiers(text: &str) -> Option<Tiers> {
        Tiers::parse(text)
    }

    #[test]
    fn rates_are_read_exactly_and_shown_as_they_are_published() {
        for (text, ppm, shown) in [
            ("1.20", 12_000, "1.20%"),
            ("0.05", 500, "0.05%"),
            ("3", 30_000, "3.00%"),
            ("4.345", 43_450, "4.345%"),
            ("0.0001", 1, "0.0001%"),
        ] {
            let ratio = Ratio::parse_percent(text).unwrap();
            assert_eq!((ratio.ppm(), ratio.to_string().as_str()), (ppm, shown));
        }
        for wrong in ["", ".5", "-1", "1.23456", "1e2", "100", "１"] {
            assert_eq!(Ratio::parse_percent(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_fee_goes_by_its_step_and_never_over_the_cap() {
        let t = tiers("2000:2 5000:5 10000:10 50000:15 *:0.03% <=50").unwrap();
        for (yuan, fee) in [
            (1, 200),
            (2_000, 200),
            (2_001, 500),
            (5_000, 500),
            (10_000, 1_000),
            (50_000, 1_500),
            (60_000, 1_800),
            (200_000, 5_000),
        ] {
            assert_eq!(t.fee(Fen::of(yuan * 100)), Fen::of(fee), "{yuan}");
        }
        assert_eq!(t.fee(Fen::of(5_000_050)), Fen::of(1_500));
        assert_eq!(
            t.to_string(),
            "2000元以内2元，5000元以内5元，1万元以内10元，5万元以内15元，再多的收0.03%，最多50元"
        );
        assert_eq!(tiers("*:0").unwrap().to_string(), "不收");
        for wrong in ["", "2000:2", "5000:5 2000:2 *:1", "*:0.03%", "*:1 2:3", "a:1 *:1", "*:-1"] {
            assert_eq!(tiers(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn sums_and_times_are_said_in_words() {
        for (fen, words) in [
            (20_000_000, "20万元"),
            (1_500_000, "1.5万元"),
            (5_000, "50元"),
            (50, "0.50元"),
            (1_234_500, "12345元"),
        ] {
            assert_eq!(yuan_words(Fen::of(fen)), words);
        }
        assert_eq!((months_words(36).as_str(), months_words(18).as_str()), ("3年", "18个月"));
    }

    fn row(key: &str, value: &str, from: i64, to: Option<i64>) -> Row {
        Row {
            key: key.into(),
            name: key.into(),
            kind: RowKind::Percent,
            value: RowValue::parse(RowKind::Percent, value).unwrap(),
            from,
            to,
            source: "s".into(),
            owner: "o".into(),
        }
    }

    fn own(key: &str, value: &str, from: i64, to: Option<i64>) -> OwnRow {
        let (key, value) = (key.to_owned(), value.to_owned());
        OwnRow { key, value, from, to, source: "s".into(), owner: "o".into() }
    }

    #[test]
    fn own_rows_count_from_their_first_day_and_give_nothing_when_they_have_run_out() {
        let mut rows = Rows::default();
        rows.add(row("a.1", "1", 100, Some(200)));
        rows.add(row("a.2", "2", 100, None));
        rows.add(row("a.2", "2.5", 170, None));
        let rows = rows.with([
            own("a.1", "3", 120, Some(130)),
            own("a.1", "4", 131, Some(140)),
            own("b", "9", 0, None),
            own("a.2", "many", 0, None),
        ]);
        let shown = |key: &str, day| rows.at(key, day).map(|r| r.value.to_string());
        assert_eq!(shown("a.1", 110).as_deref(), Some("1.00%"), "before the own row the default");
        assert_eq!(shown("a.1", 125).as_deref(), Some("3.00%"));
        assert_eq!(shown("a.1", 135).as_deref(), Some("4.00%"));
        assert_eq!(shown("a.1", 150), None, "never the default again");
        assert_eq!(shown("a.2", 150).as_deref(), Some("2.00%"));
        assert_eq!(shown("a.2", 170).as_deref(), Some("2.50%"), "the newer row");
        assert_eq!(shown("b", 1), None);
        assert_eq!(rows.group("a", 125).unwrap().len(), 2);
        assert!(rows.group("a", 150).is_none() && rows.group("a.2", 150).is_some());
        assert!(rows.group("a.", 125).is_none() && rows.group("", 125).is_none());
    }
}
