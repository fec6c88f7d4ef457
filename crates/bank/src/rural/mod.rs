//! What an institution tells its county: village notices (村务公示), subsidies, card offers, farming by month, and what produce costs.
//!
//! Rows with a source, who answers for them, and days: past its last day a row withdraws itself, and the customer hears whom to ask. The
//! union's rows stand beside every county's. Figures of prices are reckoned from rows, never written as prose. Kept by `weiyin import`.
//! Not for: questions with one answer for all (`knowledge/`), weather (nobody feeds it).

pub mod file;
mod store;
mod terms;
#[cfg(test)]
mod tests;

use crate::app::App;
use crate::audit::{self, Actor};
use crate::places::Kept;
use crate::tenants::UNION;
use base::{Fen, Result, TenantId};
use db::{Scope, Tx};
use dialogue::knowledge::since_words;
use nlu::dates;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Rows shown in one bubble.
const SHOWN: usize = 3;
/// A price older than this is not told.
const PRICE_DAYS_MAX: i64 = 14;
/// With how old a price another is compared.
const TREND_DAYS_MAX: i64 = 45;

/// Which list a row stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum List {
    Notice,
    Subsidy,
    Promo,
    Farming,
}

impl List {
    const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::Notice, "notice", "村务公示"),
        (Self::Subsidy, "subsidy", "补贴政策"),
        (Self::Promo, "promo", "信用卡优惠"),
        (Self::Farming, "farming", "农事"),
    ];
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, stored, said)| word == *stored || word == *said).map(|l| l.0)
    }
    fn stored(self) -> &'static str {
        Self::ALL.iter().find(|(l, ..)| *l == self).map_or("", |(_, stored, _)| stored)
    }
}

/// A row of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bulletin {
    pub list: List,
    /// The village, the kind, the month or solar term.
    pub topic: String,
    pub title: String,
    pub words: String,
    pub source: String,
    /// Who answers for it, and their telephone.
    pub owner: String,
    pub contact: String,
    /// Day numbers, both included.
    pub from: i64,
    pub to: Option<i64>,
}

impl Bulletin {
    fn holds(&self, day: i64) -> bool {
        self.from <= day && self.to.is_none_or(|to| day <= to)
    }
    fn is_over(&self, day: i64) -> bool {
        self.to.is_some_and(|to| to < day)
    }
    /// `来源：县农业农村局，2026年3月1日起，到2026年12月31日`
    fn basis(&self) -> String {
        let until = self.to.map(|to| format!("，到{}", day_words(to))).unwrap_or_default();
        format!("来源：{}，{}{until}", self.source, since_words(self.from))
    }
}

/// What a product cost on a market on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Price {
    pub product: String,
    pub market: String,
    pub day: i64,
    /// 斤, 公斤, 头
    pub unit: String,
    pub low: Fen,
    pub high: Fen,
    pub source: String,
    pub owner: String,
    pub contact: String,
}

/// `2026年5月20日`
fn day_words(day: i64) -> String {
    since_words(day).trim_end_matches('起').to_owned()
}

/// `5月20日`
fn md_words(day: i64) -> String {
    let (_, month, of_month) = dates::civil(day);
    format!("{month}月{of_month}日")
}

/// One row as it is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub title: String,
    pub words: String,
    pub basis: String,
}

/// What a list has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    Lines(Vec<Line>, String),
    /// All there was is past its date; the words say whom to ask.
    Over(String),
    None,
}

async fn both<T: Send + 'static>(
    app: &Arc<App>,
    tenant: TenantId,
    read: impl Fn(&Tx<'_>) -> Result<Vec<T>> + Clone + Send + Sync + 'static,
) -> Result<Vec<T>> {
    let mut all = app.db.read(Scope::Tenant(tenant), read.clone()).await?;
    if tenant != UNION {
        all.extend(app.db.read(Scope::Tenant(UNION), read).await?);
    }
    Ok(all)
}

/// The rows of a list whose topic is one of `topics` (all of them when there are none), the institution's before the union's.
///
/// # Errors
/// The database.
pub async fn bulletins(
    app: &Arc<App>,
    tenant: TenantId,
    list: List,
    topics: &[String],
) -> Result<Told> {
    let day = app.clock().now().china_day();
    let fits = |b: &Bulletin| topics.is_empty() || topics.contains(&b.topic);
    let all = both(app, tenant, move |tx| store::bulletins(tx, list)).await?;
    let all: Vec<Bulletin> = all.into_iter().filter(fits).collect();
    let live: Vec<&Bulletin> = all.iter().filter(|b| b.holds(day)).collect();
    if live.is_empty() {
        let over = all.iter().filter(|b| b.is_over(day)).max_by_key(|b| b.to);
        return Ok(over.map_or(Told::None, |b| Told::Over(over_words(b))));
    }
    let more = live.len().saturating_sub(SHOWN);
    let note = match live.first().filter(|_| more > 0) {
        Some(first) => format!("还有{more}条，可以问{}{}。", first.owner, first.contact),
        None => String::new(),
    };
    let line =
        |b: &&Bulletin| Line { title: b.title.clone(), words: b.words.clone(), basis: b.basis() };
    Ok(Told::Lines(live.iter().take(SHOWN).map(line).collect(), note))
}

fn over_words(b: &Bulletin) -> String {
    let to = b.to.map(day_words).unwrap_or_default();
    format!(
        "“{}”到{to}为止，已经撤下，旧的不敢告诉您。新的请问{}，电话 {}。",
        b.title, b.owner, b.contact
    )
}

/// What a product costs: a line for each market, with how it moved.
///
/// # Errors
/// The database.
pub async fn prices(app: &Arc<App>, tenant: TenantId, product: &str) -> Result<Told> {
    let day = app.clock().now().china_day();
    let wanted = product.to_owned();
    let since = day - PRICE_DAYS_MAX - TREND_DAYS_MAX;
    let all = both(app, tenant, move |tx| store::prices(tx, &wanted, since, day)).await?;
    Ok(price_lines(&all, day))
}

/// `all` is in the order of markets, the latest day of each first.
fn price_lines(all: &[Price], day: i64) -> Told {
    let mut lines = vec![];
    let mut stale: Option<&Price> = None;
    for of_market in all.chunk_by(|a, b| a.market == b.market) {
        let Some((latest, before)) = of_market.split_first() else { continue };
        if day - latest.day > PRICE_DAYS_MAX {
            stale = stale.filter(|s| s.day >= latest.day).or(Some(latest));
            continue;
        }
        let range = if latest.low == latest.high {
            latest.low.to_string()
        } else {
            format!("{}—{}", latest.low, latest.high)
        };
        lines.push(Line {
            title: latest.market.clone(),
            words: format!("{range} 元/{}{}", latest.unit, trend(latest, before)),
            basis: format!("{}，来源：{}", md_words(latest.day), latest.source),
        });
    }
    let more = lines.len().saturating_sub(SHOWN);
    lines.truncate(SHOWN);
    let note = if more > 0 { format!("另外{more}个市场也有价。") } else { String::new() };
    match (lines.is_empty(), stale) {
        (false, _) => Told::Lines(lines, note),
        (true, Some(s)) => Told::Over(format!(
            "{}的价最后一次登记是{}，太旧了不敢报。请问{}，电话 {}。",
            s.product,
            md_words(s.day),
            s.owner,
            s.contact
        )),
        (true, None) => Told::None,
    }
}

/// How the middle of a price moved since the one before it on the same market.
fn trend(latest: &Price, before: &[Price]) -> String {
    let same = |p: &&Price| p.unit == latest.unit && latest.day - p.day <= TREND_DAYS_MAX;
    let Some(earlier) = before.iter().find(same) else { return String::new() };
    let middle = |p: &Price| p.low.fen() + p.high.fen();
    let moved = (middle(latest) - middle(earlier)) / 2;
    let since = md_words(earlier.day);
    match moved {
        0 => format!("，和{since}持平"),
        1.. => format!("，比{since}涨{}元", Fen::of(moved)),
        _ => format!("，比{since}跌{}元", Fen::of(-moved)),
    }
}

/// The solar term of today or the one asked for, in words; and the topics of the farming list that go with it.
pub fn season(asked: &str, day: i64) -> (String, Vec<String>) {
    let month_of = |day: i64| format!("{}月", dates::civil(day).1);
    if let Some(term) = terms::next(asked, day) {
        let words = format!("{}在{}。", term.name, day_words(term.day));
        return (words, vec![term.name.to_owned(), month_of(term.day)]);
    }
    match terms::around(day) {
        Some((now, next)) => {
            let since = if now.day == day {
                "今天".to_owned()
            } else {
                format!("{}起", md_words(now.day))
            };
            let words =
                format!("现在是{}（{since}），{}在{}。", now.name, next.name, md_words(next.day));
            (words, vec![now.name.to_owned(), month_of(day)])
        }
        None => (String::new(), vec![month_of(day)]),
    }
}

/// Keeps rows of lists: one of the same list, topic and title is replaced. With `replace` what the file does not name goes, of the
/// lists it has.
///
/// # Errors
/// The database.
pub fn keep_bulletins(tx: &Tx<'_>, by: Actor<'_>, all: &[Bulletin], replace: bool) -> Result<Kept> {
    let mut removed = 0;
    if replace {
        for (list, ..) in List::ALL.iter().filter(|(l, ..)| all.iter().any(|b| b.list == *l)) {
            removed += store::clear(tx, *list, all)?;
        }
    }
    for one in all {
        store::put_bulletin(tx, one)?;
    }
    let counts = format!("kept {} removed {removed}", all.len());
    audit::note(tx, by, "bulletins.put", "list", "done", &counts)?;
    Ok(Kept { kept: all.len(), removed })
}

/// Keeps prices: one of the same product, market and day is replaced.
///
/// # Errors
/// The database.
pub fn keep_prices(tx: &Tx<'_>, by: Actor<'_>, all: &[Price]) -> Result<Kept> {
    for one in all {
        store::put_price(tx, one)?;
    }
    audit::note(tx, by, "prices.put", "list", "done", &format!("kept {}", all.len()))?;
    Ok(Kept { kept: all.len(), removed: 0 })
}
