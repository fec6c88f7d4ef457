//! Reconciliation (对账): each day's payments against the core's own file, the day after (core.md §8, T+1).
//!
//! A file is checked whole ([`file`]), compared with the payments ([`join`], [`matching`]), and what differs is recorded and
//! acted on ([`run`]): the certain is settled by evidence, the contradictory frozen until two people have decided ([`resolve`]).
//! Within the day what has ended is asked after once more ([`today`], T+0).
//! Verbs: [`import`], [`fetch`], [`round`], [`today::look`], [`resolve::propose`], [`resolve::decide`], [`resolve::by_hand`].
//!
//! *Invariants.* Every payment of the day and every line gets one class (I30); the same file gives the same report (I31); no
//! amount is ever changed. Not for: asking after payments that have not ended; the engine of `payments` does.

#[cfg(test)]
mod cut_tests;
pub mod file;
pub mod join;
pub mod made;
pub mod matching;
#[cfg(test)]
mod oracle;
pub mod resolve;
pub mod run;
#[cfg(test)]
mod stop_tests;
mod store;
#[cfg(test)]
pub(crate) mod tests;
pub mod today;
#[cfg(test)]
mod today_tests;
pub mod tool;
#[cfg(test)]
mod tool_tests;

pub use run::Order;
pub use store::{DayRow, Diff};

use crate::app::App;
use base::{Context, Error, Id, Named, Refusal, Result, TenantId};
use corebank::recon::SOURCE;
use corebank::{Ctx, Day, Operator, Reject};
use db::{Scope, Tx};
use run::Desk;
use serde::Deserialize;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Seek, SeekFrom};
use std::sync::Arc;

pub const OTHER_FILE: Refusal = Refusal::conflict(
    "recon.other_file",
    "这一天已经有另一份对账文件，确认要换的话请加 --supersede",
);
pub const NO_FILES: Refusal =
    Refusal::unavailable("recon.no_files", "核心系统不提供对账文件，请用 --file 指定");
pub const NOT_YET: Refusal =
    Refusal::unavailable("recon.not_yet", "这一天还没有结束，核心系统还没有对账文件");

/// How a day stands.
pub const RUNNING: &str = "RUNNING";
pub const BALANCED: &str = "BALANCED";
pub const OPEN_DIFF: &str = "OPEN_DIFF";
pub const FILE_MISSING: &str = "FILE_MISSING";

/// A core may take so long to write a large day.
const FETCH_MS: i64 = 10 * 60_000;
/// Days that are looked at for a file that did not come.
const DAYS_BACK: i64 = 3;

#[derive(Debug)]
pub enum DiffRow {}
impl Named for DiffRow {
    const PREFIX: &'static str = "rcd";
}
pub type DiffId = Id<DiffRow>;

/// `[recon]` of the settings.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Minutes after midnight in China at which the core's next date begins; 1440 is midnight.
    pub cut_minutes: i64,
    /// Files are fetched from so many minutes after midnight on.
    pub from_minutes: i64,
    /// A day whose file has not come by so many minutes after midnight is missing it.
    pub missing_after_minutes: i64,
}

async fn desk(app: &App, tenant: TenantId) -> Result<Desk> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    Ok(Desk { db: app.db.clone(), keys, tenant })
}

fn wanted(tenant: TenantId, date: Option<Day>) -> file::Wanted {
    file::Wanted { tenant, source: SOURCE.to_owned(), date }
}

/// Takes a file that somebody has.
///
/// # Errors
/// Refused for everything that is not exactly one whole file of this institution and date.
pub async fn import(
    app: &Arc<App>,
    tenant: TenantId,
    file: File,
    date: Option<Day>,
    order: Order,
) -> Result<DayRow> {
    let taken = run::take(desk(app, tenant).await?, file, wanted(tenant, date), order).await;
    if let Err(e) = &taken {
        let code = e.code();
        metrics::counter!("weiyin_recon_files_refused_total").increment(1);
        tracing::error!(%tenant, code, "a reconciliation file was not taken");
    }
    taken
}

/// Fetches a day's file from the core and takes it.
///
/// # Errors
/// Refused while the day is not over, and where the core has no files.
pub async fn fetch(app: &Arc<App>, tenant: TenantId, date: Day, order: Order) -> Result<DayRow> {
    let core = app.core.money().filter(|_| app.core.capabilities().recon_file).ok_or(NO_FILES)?;
    let mut ctx = Ctx::new(tenant, app.clock().now().plus_ms(FETCH_MS), "recon");
    ctx.operator = Operator::System;
    let mut out = BufWriter::new(spool(app)?);
    match core.recon_file(&ctx, date, &mut out).await {
        Ok(_) => {}
        Err(e) if e.rejected() == Some(&Reject::NotEligible) => return NOT_YET.into(),
        Err(e) if e.rejected() == Some(&Reject::Unsupported) => return NO_FILES.into(),
        Err(e) => return Err(Error::fault(format!("the core's file for {date}: {e}"))),
    }
    let mut file = out.into_inner().map_err(|e| Error::from(e.into_error()))?;
    file.seek(SeekFrom::Start(0))?;
    import(app, tenant, file, Some(date), order).await
}

/// A file that only this process can read, and that is gone with it: it holds account numbers.
fn spool(app: &App) -> Result<File> {
    let path = std::env::temp_dir().join(format!("weiyin-recon-{}", app.random().hex(16)));
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(&path).doing("making a file for the core's lines")?;
    std::fs::remove_file(&path).doing("hiding the core's lines")?;
    Ok(file)
}

/// How a whole day is taken without anybody: by the round.
fn by_round(app: &App) -> Order {
    let cut_minutes = app.config.recon.cut_minutes;
    Order { by: "round", supersede: false, again: false, cut_minutes }
}

/// The institutions with customers, in the order of their numbers.
fn banks(app: &App) -> Vec<TenantId> {
    let mut all: Vec<TenantId> = app.registry().institutions.keys().copied().collect();
    all.retain(|t| *t != crate::tenants::UNION);
    all.sort_unstable();
    all
}

/// Fetches the files of days that are over and were not compared, oldest first; says so of those that do not come.
pub async fn round(app: &Arc<App>) -> Result<()> {
    let now = app.clock().now();
    let today = Day::at(now);
    let minute = now.since(today.start()) / 60_000;
    let rules = app.config.recon;
    if !app.core.capabilities().recon_file || minute < rules.from_minutes {
        return Ok(());
    }
    for tenant in banks(app) {
        for back in (1..=DAYS_BACK).rev() {
            let date = today.plus_days(-back);
            if !is_wanted(app, tenant, date).await? {
                continue;
            }
            if let Err(e) = fetch(app, tenant, date, by_round(app)).await {
                tracing::warn!(%tenant, %date, error = %e, "a day could not be compared");
                if back > 1 || minute >= rules.missing_after_minutes {
                    missing(app, tenant, date).await?;
                }
            }
        }
    }
    Ok(())
}

/// A day that is not compared yet. Days before the institution's first payment are nothing to compare.
async fn is_wanted(app: &Arc<App>, tenant: TenantId, date: Day) -> Result<bool> {
    let unit = move |tx: &Tx<'_>| {
        let day = store::day(tx, SOURCE, date)?;
        let is_begun = store::has_payments_until(tx, date)?;
        Ok(is_begun && day.is_none_or(|d| d.digest.is_none()))
    };
    app.db.read(Scope::Tenant(tenant), unit).await
}

/// The file of a day has not come. Two days running are a matter for the province.
async fn missing(app: &Arc<App>, tenant: TenantId, date: Day) -> Result<()> {
    let unit = move |tx: &Tx<'_>| {
        let is_second =
            store::day(tx, SOURCE, date.plus_days(-1))?.is_some_and(|d| d.state == FILE_MISSING);
        let known = store::day(tx, SOURCE, date)?;
        let is_new = known.as_ref().is_none_or(|d| d.state != FILE_MISSING);
        if is_new && known.is_none_or(|d| d.digest.is_none() && d.version == 0) {
            store::put_day(tx, &store::missing_day(tx, date))?;
        }
        Ok(is_new.then_some(is_second))
    };
    if let Some(is_second) = app.db.write(Scope::Tenant(tenant), unit).await? {
        metrics::counter!("weiyin_recon_files_missing_total").increment(1);
        tracing::error!(%tenant, %date, for_the_province = is_second, "the core's file has not come");
    }
    Ok(())
}

/// How an institution's days stand, the latest first.
///
/// # Errors
/// The database.
pub async fn days(app: &Arc<App>, tenant: TenantId, most: i64) -> Result<Vec<DayRow>> {
    app.db.read(Scope::Tenant(tenant), move |tx| store::days(tx, most)).await
}

/// A day and its differences.
///
/// # Errors
/// The database.
pub async fn day(
    app: &Arc<App>,
    tenant: TenantId,
    date: Day,
    most: i64,
) -> Result<(Option<DayRow>, Vec<Diff>)> {
    let unit = move |tx: &Tx<'_>| {
        Ok((store::day(tx, SOURCE, date)?, store::of_day(tx, SOURCE, date, most)?))
    };
    app.db.read(Scope::Tenant(tenant), unit).await
}
