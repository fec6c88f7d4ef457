//! An institution's own phrases and words (本行说法): proposed as a file, published by a second person, used at once, taken back with
//! one step. The flows and their model are shared; see [`dialogue::local`] for what a file holds and how it is checked.
//!
//! *Invariant*: what is live was checked and calibrated over the flows of this binary; after an upgrade that changed the flows its
//! phrases count word for word only, until it is published anew. Not for: answers to questions (`knowledge`).

mod store;
#[cfg(test)]
mod tests;
pub mod tool;

use crate::app::App;
use crate::audit::{self, Actor};
use crate::staff::duty::{Checker, Maker};
use base::{Context, Error, Refusal, Result, Stopwatch, TenantId, Time};
use db::{Scope, Tx};
use dialogue::local::Figures;
use dialogue::{Book, LocalFile};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
pub use store::Version;

pub const NO_VERSION: Refusal = Refusal::missing("local.unknown", "没有这一版说法");
pub const MOVED: Refusal = Refusal::conflict("local.moved", "这一版已经处理过了，请刷新");
pub const UNFIT: Refusal = Refusal::invalid("local.unfit", "这份说法还不能用");
pub const FALSE_DRAFTS: Refusal =
    Refusal::invalid("local.false_drafts", "发布不了：有不是要付款的话会被当成付款");
/// Mistakes shown at once.
const SHOWN_MAX: usize = 20;
/// Versions shown.
const VERSIONS_MAX: i64 = 20;
/// What a file is called in what is said about it.
const FILE: &str = "本行说法";

/// What staff read of one publication.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Told {
    pub version: i64,
    pub phrases: usize,
    pub words: usize,
    /// Own phrases that the others find when each is left out.
    pub found: usize,
    pub judged: usize,
    /// Parts per ten thousand.
    pub calibration_error_bp: i64,
    pub negatives: usize,
    pub false_drafts: usize,
    pub bytes: usize,
    pub took_ms: i64,
}

impl Told {
    fn of(version: i64, figures: &Figures, took_ms: i64) -> Self {
        let parts = format!("{:.0}", figures.calibration_error * 10_000.0);
        Self {
            version,
            phrases: figures.phrases,
            words: figures.words,
            found: figures.found.1,
            judged: figures.found.0,
            calibration_error_bp: parts.parse().unwrap_or(10_000),
            negatives: figures.negatives,
            false_drafts: figures.false_drafts,
            bytes: figures.bytes,
            took_ms,
        }
    }
}

/// The books of institutions that have phrases of their own, by what is live.
#[derive(Debug, Default)]
pub struct Books(RwLock<HashMap<TenantId, Own>>);

#[derive(Debug, Clone)]
struct Own {
    version: i64,
    book: Book,
    is_whole: bool,
}

impl App {
    /// The flows as this institution's customers speak of them.
    pub fn book_of(&self, tenant: TenantId) -> Book {
        let own = self.local.0.read().unwrap_or_else(PoisonError::into_inner);
        own.get(&tenant).map_or_else(|| self.book.clone(), |o| o.book.clone())
    }
}

/// Reads a file; all mistakes in one refusal, a line each.
///
/// # Errors
/// Refused with every line that has to be changed.
pub fn read(book: &Book, text: &str) -> Result<LocalFile> {
    book.read_local(FILE, text).map_err(|errors| {
        let line = |e: &dialogue::BookError| match e.line {
            0 => e.message.clone(),
            n => format!("第 {n} 行：{}", e.message),
        };
        let more = errors.len().saturating_sub(SHOWN_MAX);
        let mut lines: Vec<String> = errors.iter().take(SHOWN_MAX).map(line).collect();
        if more > 0 {
            lines.push(format!("还有 {more} 处"));
        }
        Error::from(UNFIT.say(format!("这份说法还不能用：\n{}", lines.join("\n"))))
    })
}

/// Keeps a file that has no mistake as the next version; it waits for a second person.
///
/// # Errors
/// Refused for mistakes.
pub async fn propose(app: &Arc<App>, by: Maker, text: String) -> Result<i64> {
    propose_as(app, by.tenant, by.id, Actor::Staff(by.id), text).await
}

async fn propose_as(
    app: &Arc<App>,
    tenant: TenantId,
    maker: i64,
    actor: Actor<'static>,
    text: String,
) -> Result<i64> {
    read(&app.book, &text)?;
    let unit = move |tx: &Tx<'_>| {
        let version = store::add(tx, maker, &text)?;
        audit::note(tx, actor, "local.propose", &version.to_string(), "done", "")?;
        Ok(version)
    };
    app.db.write(Scope::Tenant(tenant), unit).await
}

/// Publishes a proposed version: checked anew, calibrated, tried on everything that orders no payment, then live at once.
///
/// # Errors
/// Refused to its maker, for mistakes, and when payments would open falsely.
pub async fn publish(app: &Arc<App>, by: Checker, version: i64) -> Result<Told> {
    let unit = move |tx: &Tx<'_>| store::one(tx, version);
    let found = app.db.read(Scope::Tenant(by.tenant), unit).await?.ok_or(NO_VERSION)?;
    if found.state != "proposed" {
        return MOVED.into();
    }
    by.is_not(found.maker)?;
    let (book, text) = (app.book.clone(), found.text);
    let worked = tokio::task::spawn_blocking(move || calibrate(&book, &text)).await?;
    let (kept, figures, took_ms) = match worked {
        Ok(done) => done,
        Err(e) => {
            let unit = move |tx: &Tx<'_>| {
                let actor = Actor::Staff(by.id);
                audit::note(tx, actor, "local.publish", &version.to_string(), "refused", "")
            };
            app.db.write(Scope::Tenant(by.tenant), unit).await?;
            return Err(e);
        }
    };
    let told = Told::of(version, &figures, took_ms);
    let shown = serde_json::to_string(&told)?;
    let unit = move |tx: &Tx<'_>| {
        store::retire(tx)?;
        if !store::publish(tx, version, by.id, &kept, &shown)? {
            return MOVED.into();
        }
        audit::note(tx, Actor::Staff(by.id), "local.publish", &version.to_string(), "done", "")
    };
    app.db.write(Scope::Tenant(by.tenant), unit).await?;
    refresh(app).await?;
    Ok(told)
}

/// What publishing works out, and how long it took.
fn calibrate(book: &Book, text: &str) -> Result<(Vec<u8>, Figures, i64)> {
    let watch = Stopwatch::start();
    let file = read(book, text)?;
    let published = book.publish_local(&file).map_err(|drafts| {
        let said: Vec<String> = drafts.iter().take(SHOWN_MAX).map(|t| format!("“{t}”")).collect();
        let words = format!("发布不了：这些话不是要付款，却会被当成付款：{}", said.join("、"));
        Error::from(FALSE_DRAFTS.say(words))
    })?;
    let took = i64::try_from(watch.elapsed().as_millis()).unwrap_or(i64::MAX);
    Ok((published.kept, published.figures, took))
}

/// Turns a proposed version down.
///
/// # Errors
/// Refused when it was decided about before.
pub async fn decline(app: &Arc<App>, by: Checker, version: i64) -> Result<()> {
    let unit = move |tx: &Tx<'_>| {
        if !store::decline(tx, version, by.id)? {
            return MOVED.into();
        }
        audit::note(tx, Actor::Staff(by.id), "local.decline", &version.to_string(), "done", "")
    };
    app.db.write(Scope::Tenant(by.tenant), unit).await
}

/// Takes what is live back: an earlier version that was live is again, or none at all. It was published by two people then, so one may do it now.
///
/// # Errors
/// Refused for a version that never was live.
pub async fn roll_back(app: &Arc<App>, by: Checker, to: Option<i64>) -> Result<()> {
    let unit = move |tx: &Tx<'_>| {
        store::retire(tx)?;
        if let Some(version) = to
            && !store::revive(tx, version, by.id)?
        {
            return NO_VERSION.into();
        }
        let subject = to.map_or_else(|| "none".to_owned(), |v| v.to_string());
        audit::note(tx, Actor::Staff(by.id), "local.roll_back", &subject, "done", "")
    };
    app.db.write(Scope::Tenant(by.tenant), unit).await?;
    refresh(app).await
}

/// What an institution has: its versions, newest first; whether the live one counts in full; the bank's clock.
pub async fn list(app: &Arc<App>, tenant: TenantId) -> Result<(Vec<Version>, bool, Time)> {
    let unit = |tx: &Tx<'_>| Ok((store::all(tx, VERSIONS_MAX)?, tx.now()));
    let (all, now) = app.db.read(Scope::Tenant(tenant), unit).await?;
    let own = app.local.0.read().unwrap_or_else(PoisonError::into_inner);
    Ok((all, own.get(&tenant).is_none_or(|o| o.is_whole), now))
}

/// Reads again what is live where that has changed, also by another process.
///
/// # Errors
/// The database.
pub async fn refresh(app: &App) -> Result<()> {
    let live = app.db.read(Scope::House, store::live).await.doing("looking for local phrases")?;
    let known: HashMap<TenantId, i64> = {
        let own = app.local.0.read().unwrap_or_else(PoisonError::into_inner);
        own.iter().map(|(t, o)| (*t, o.version)).collect()
    };
    let mut fresh = vec![];
    for (tenant, version) in &live {
        if known.get(tenant) != Some(version) {
            let version = *version;
            let unit = move |tx: &Tx<'_>| store::text(tx, version);
            let Some((text, kept)) = app.db.read(Scope::Tenant(*tenant), unit).await? else {
                continue;
            };
            fresh.push((*tenant, made(&app.book, *tenant, version, &text, &kept)));
        }
    }
    let mut own = app.local.0.write().unwrap_or_else(PoisonError::into_inner);
    own.retain(|tenant, _| live.iter().any(|(t, _)| t == tenant));
    own.extend(fresh);
    let bytes: usize = own.values().map(|o| o.book.local_bytes()).sum();
    metrics::gauge!("weiyin_local_phrases_bytes")
        .set(f64::from(u32::try_from(bytes).unwrap_or(u32::MAX)));
    Ok(())
}

fn made(book: &Book, tenant: TenantId, version: i64, text: &str, kept: &[u8]) -> Own {
    // what newer flows claim by now is a mistake of no importance here: that phrase is theirs
    let file = book.reread_local(text);
    let (book, is_whole) = book.with_local(&file, kept);
    if !is_whole {
        tracing::warn!(%tenant, version, "local phrases are of other flows: they count word for word until published anew");
    }
    Own { version, book, is_whole }
}
