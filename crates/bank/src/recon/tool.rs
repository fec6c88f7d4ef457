//! `weiyin recon …`: take a day's file, list the days, show one.
//!
//! Not for: deciding about differences; that takes two people, in the console.

use super::resolve::class_words;
use super::store::{DayRow, Diff};
use super::{Order, day, days, fetch, file, import};
use crate::app::App;
use base::{Context, Result, TenantId};
use clap::Subcommand;
use corebank::Day;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

const DAYS_SHOWN: i64 = 31;
const DIFFS_SHOWN: i64 = 1_000;

#[derive(Debug, Subcommand)]
pub enum Tool {
    /// Compare a day with the core's file: FILE, or what the core itself writes.
    Run {
        /// The core's date, as 2026-11-23.
        #[arg(long)]
        date: Day,
        #[arg(long)]
        file: Option<PathBuf>,
        /// The institution's code: lingxi. With a file it is the one the file names, else all.
        #[arg(long)]
        institution: Option<String>,
        /// Another file takes the place of the day's first.
        #[arg(long)]
        supersede: bool,
        #[arg(long, env = "WEIYIN_CONFIG")]
        config: Option<PathBuf>,
    },
    /// How the last days stand.
    List {
        #[arg(long)]
        institution: Option<String>,
        #[arg(long, env = "WEIYIN_CONFIG")]
        config: Option<PathBuf>,
    },
    /// A day with its differences. Fails while one is open.
    Report {
        #[arg(long)]
        date: Day,
        #[arg(long)]
        institution: Option<String>,
        #[arg(long, env = "WEIYIN_CONFIG")]
        config: Option<PathBuf>,
    },
}

/// The same for a running server.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Errand {
    Run { date: Day, file: Option<PathBuf>, institution: Option<String>, supersede: bool },
    List { institution: Option<String> },
    Report { date: Day, institution: Option<String> },
}

impl Tool {
    /// What the server is asked, and with which settings. A file is named so that the server finds it.
    ///
    /// # Errors
    /// A file that is not there.
    pub fn errand(self) -> Result<(Errand, Option<PathBuf>)> {
        Ok(match self {
            Self::Run { date, file, institution, supersede, config } => {
                let whole = |f: PathBuf| {
                    std::fs::canonicalize(&f).doing(format!("reading {}", f.display()))
                };
                let file = file.map(whole).transpose()?;
                (Errand::Run { date, file, institution, supersede }, config)
            }
            Self::List { institution, config } => (Errand::List { institution }, config),
            Self::Report { date, institution, config } => {
                (Errand::Report { date, institution }, config)
            }
        })
    }
}

/// What is printed, and how many differences are open or days missing in it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Told {
    pub text: String,
    pub open: usize,
}

/// Does an errand in this process.
///
/// # Errors
/// An institution nobody knows, a file that is refused, the database.
pub async fn run(app: &Arc<App>, errand: Errand) -> Result<Value> {
    let told = match errand {
        Errand::Run { date, file, institution, supersede } => {
            let cut_minutes = app.config.recon.cut_minutes;
            let order = Order { by: "operator", supersede, again: false, cut_minutes };
            for tenant in whose(app, institution.as_deref(), file.as_ref())? {
                match &file {
                    Some(path) => {
                        let file = File::open(path).doing(format!("reading {}", path.display()))?;
                        import(app, tenant, file, Some(date), order.clone()).await?
                    }
                    None => fetch(app, tenant, date, order.clone()).await?,
                };
            }
            report(app, date, &whose(app, institution.as_deref(), file.as_ref())?).await?
        }
        Errand::List { institution } => {
            list(app, &whose(app, institution.as_deref(), None)?).await?
        }
        Errand::Report { date, institution } => {
            report(app, date, &whose(app, institution.as_deref(), None)?).await?
        }
    };
    Ok(json!(told))
}

/// The institutions that are meant: the one named, the file's own, or all with customers.
fn whose(app: &App, code: Option<&str>, path: Option<&PathBuf>) -> Result<Vec<TenantId>> {
    let registry = app.registry();
    if let Some(code) = code {
        return Ok(vec![registry.named(code)?]);
    }
    if let Some(path) = path {
        let mut opened = File::open(path).doing(format!("reading {}", path.display()))?;
        let tenant = file::head(&mut opened)?.tenant;
        let is_known = registry.institutions.contains_key(&tenant);
        return if is_known { Ok(vec![tenant]) } else { file::OTHER_TENANT.into() };
    }
    Ok(super::banks(app))
}

fn code(app: &App, tenant: TenantId) -> String {
    app.registry().institution(tenant).map_or_else(String::new, |i| i.code.clone())
}

/// `M0 1995  M1 3`
fn counts(day: &DayRow) -> String {
    let each = day.counts.iter().enumerate().filter(|(_, n)| **n > 0);
    let words: Vec<String> = each.map(|(class, n)| format!("M{class} {n}")).collect();
    if words.is_empty() { "-".to_owned() } else { words.join("  ") }
}

async fn list(app: &Arc<App>, tenants: &[TenantId]) -> Result<Told> {
    let mut told = Told { text: String::new(), open: 0 };
    let _ = writeln!(told.text, "{:<12} {:<10} {:<12} classes", "institution", "date", "state");
    for tenant in tenants {
        for day in days(app, *tenant, DAYS_SHOWN).await? {
            told.open += usize::from(day.state != super::BALANCED);
            let (code, counts) = (code(app, *tenant), counts(&day));
            let _ = writeln!(told.text, "{code:<12} {} {:<12} {counts}", day.date, day.state);
        }
    }
    Ok(told)
}

async fn report(app: &Arc<App>, date: Day, tenants: &[TenantId]) -> Result<Told> {
    let mut told = Told { text: String::new(), open: 0 };
    for tenant in tenants {
        let (row, diffs) = day(app, *tenant, date, DIFFS_SHOWN).await?;
        told.open += table(&mut told.text, &code(app, *tenant), date, row.as_ref(), &diffs);
    }
    Ok(told)
}

/// Writes a day within 80 columns; how much of it is open.
fn table(out: &mut String, code: &str, date: Day, row: Option<&DayRow>, diffs: &[Diff]) -> usize {
    let Some(row) = row else {
        let _ = writeln!(out, "{code} {date}  not compared yet");
        return 1;
    };
    let digest = row.digest.as_deref().map(corebank::recon::hex).unwrap_or_default();
    let _ = writeln!(out, "{code} {date}  {}  {}", row.state, counts(row));
    let _ = writeln!(out, "  report {digest}");
    if row.overdue > 0 {
        let _ = writeln!(out, "  unknown past their budget: {}", row.overdue);
    }
    for d in diffs {
        let fen = |f: Option<base::Fen>| f.map_or_else(|| "-".to_owned(), |f| f.to_string());
        let _ = writeln!(
            out,
            "  {:<3} {:<13.13} {:<32.32} {:>12} {:>12}",
            d.class,
            d.why,
            d.item,
            fen(d.amount),
            fen(d.core)
        );
        let _ = writeln!(out, "      {} {}", d.state, class_words(&d.class));
    }
    let open = diffs.iter().filter(|d| matches!(d.state.as_str(), "open" | "proposed")).count();
    open + usize::from(row.state == super::FILE_MISSING) + usize::try_from(row.overdue).unwrap_or(0)
}
