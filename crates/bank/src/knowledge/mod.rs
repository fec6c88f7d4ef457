//! What an institution says to known questions, and its rates: the union's files, the union's own rows over them, the
//! institution's own over both.
//!
//! An institution's words and rows count from their first day; when they have run out nothing stands in for them, and the customer is
//! told so. Not for: finding the question ([`dialogue::Knowledge`]) or sums of interest ([`sums`]).

pub mod changes;
mod store;
pub mod sums;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_changes;

use crate::app::App;
use crate::audit::{self, Actor};
use crate::tenants::UNION;
use base::{Refusal, Result, TenantId};
use db::{Scope, Tx};
use dialogue::Knowledge;
use dialogue::knowledge::{Answer, Entry, Mistake, OwnRow, Rows, Told};
use std::collections::BTreeMap;
use std::sync::Arc;

pub const NO_ENTRY: Refusal = Refusal::missing("knowledge.unknown", "没有这一条问答");
pub const NO_ROW: Refusal = Refusal::missing("rates.unknown", "没有这一项费率");
pub const UNFIT: Refusal = Refusal::invalid("knowledge.unfit", "这段话不能用");

/// What counts for one institution.
#[derive(Debug, Clone)]
pub struct Known {
    book: &'static Knowledge,
    /// Own words by entry: the union's, then the institution's, nearest last.
    words: BTreeMap<String, Vec<Answer>>,
    pub rows: Rows,
}

/// What is kept for one tenant.
type Kept = (Vec<(String, Answer)>, Vec<OwnRow>);

/// Reads what counts for `tenant`.
///
/// # Errors
/// The database.
pub async fn of(app: &Arc<App>, tenant: TenantId) -> Result<Known> {
    let book = app.book.knowledge();
    let mut known = Known { book, words: BTreeMap::new(), rows: book.rows().clone() };
    known.take(kept(app, UNION).await?);
    if tenant != UNION {
        known.take(kept(app, tenant).await?);
    }
    Ok(known)
}

async fn kept(app: &Arc<App>, tenant: TenantId) -> Result<Kept> {
    app.db.read(Scope::Tenant(tenant), |tx| Ok((store::answers(tx)?, store::rows(tx)?))).await
}

impl Known {
    fn take(&mut self, (answers, rows): Kept) {
        for (entry, words) in answers {
            self.words.entry(entry).or_default().push(words);
        }
        self.rows = std::mem::take(&mut self.rows).with(rows);
    }

    /// The words that count on that day: the nearest that have begun.
    fn words<'k>(&'k self, entry: &'k Entry, day: i64) -> &'k Answer {
        let own = self.words.get(&entry.id);
        let begun = own.and_then(|all| all.iter().rev().find(|w| w.from <= day));
        begun.unwrap_or(&entry.words)
    }

    /// An entry's answer on that day, or none when it is withdrawn.
    pub fn tell(&self, entry: &Entry, day: i64, house: impl Fn(&str) -> String) -> Option<Told> {
        self.words(entry, day).tell(&self.rows, day, house)
    }

    /// Ids of the entries nearest to a question, without `but`, that hold on that day.
    pub fn near(&self, question: &str, but: &str, day: i64, most: usize) -> Vec<String> {
        let hits = self.book.find(question, most + 4).into_iter();
        hits.filter(|h| h.score >= dialogue::knowledge::OFFERS && h.entry.id != but)
            .filter(|h| self.tell(h.entry, day, |_| String::new()).is_some())
            .map(|h| h.entry.id.clone())
            .take(most)
            .collect()
    }
}

/// Keeps an institution's own words to a question, under the rules of the files: numbers come from rows, and every row is known.
///
/// # Errors
/// Refused for an entry nobody knows and for words that break a rule.
pub fn keep_answer(tx: &Tx<'_>, by: i64, entry: &str, words: &Answer) -> Result<()> {
    fit(entry, words)?;
    store::keep_answer(tx, by, entry, words)?;
    audit::note(tx, Actor::Staff(by), "knowledge.keep", entry, "done", "")
}

/// Whether words may stand for an entry.
///
/// # Errors
/// Refused for an entry nobody knows and for words that break a rule, each named with what to do.
fn fit(entry: &str, words: &Answer) -> Result<()> {
    let book = book()?;
    if book.entry(entry).is_none() {
        return NO_ENTRY.into();
    }
    let mistakes: Vec<String> = book.mistakes(words).iter().map(Mistake::words).collect();
    if mistakes.is_empty() {
        return Ok(());
    }
    UNFIT.say(format!("这段话还不能用：{}", mistakes.join("；"))).into()
}

/// Keeps a row of an institution's own; the row of the same first day is replaced.
///
/// # Errors
/// Refused for a row nobody knows, a value that is none of its kind, days in the wrong order.
pub fn keep_row(tx: &Tx<'_>, by: i64, row: &OwnRow) -> Result<()> {
    let rows = book()?.rows();
    if rows.known(&row.key).is_none() {
        return NO_ROW.into();
    }
    if row.to.is_some_and(|to| to < row.from) || rows.own(row.clone()).is_none() {
        return UNFIT.into();
    }
    store::keep_row(tx, by, row)?;
    audit::note(tx, Actor::Staff(by), "rates.keep", &row.key, "done", "")
}

fn book() -> Result<&'static Knowledge> {
    Knowledge::embedded().map_err(|errors| {
        let all: Vec<String> = errors.iter().map(ToString::to_string).collect();
        base::Error::fault(all.join("\n"))
    })
}
