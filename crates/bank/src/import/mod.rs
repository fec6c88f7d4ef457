//! `weiyin import WHAT FILE --institution CODE`: what a county keeps in lists of its own (places, days, prices, notices, good causes), as CSV.
//!
//! Whoever runs the command reads the file; the running server gets a [`Plan`] that makes sense, keeps it in one unit and writes an
//! audit row. Not for: institutions and accounts (`weiyin setup`).

pub mod csv;

use crate::app::App;
use crate::audit::Actor;
use crate::charity;
use crate::places::{self, DayEntry, Entry, Kept};
use crate::rural::{self, Bulletin, Price};
use base::{Context, Error, Result};
use db::Scope;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::Arc;

const BY: Actor<'static> = Actor::House("import");

/// Which list a file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum What {
    /// Branches, machines, service points, towns and villages.
    Places,
    /// Days on which a place keeps other hours.
    Days,
    /// Village notices, subsidies, card offers, farming by month.
    Notices,
    /// What farm produce costs on the markets.
    Prices,
    /// Projects of good causes.
    Charity,
}

/// The rows of a file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rows {
    Places(Vec<Entry>),
    Days(Vec<DayEntry>),
    Notices(Vec<Bulletin>),
    Prices(Vec<Price>),
    Charity(Vec<charity::Entry>),
}

/// What is to be kept, and whose it is.
#[derive(Debug, Serialize, Deserialize)]
pub struct Plan {
    /// Code of the institution.
    pub institution: String,
    pub rows: Rows,
    /// What the list no longer names goes.
    pub replace: bool,
}

/// Reads and checks a file.
///
/// # Errors
/// Every mistake with file and line, before anything is kept.
pub fn read(what: What, file: &Path, institution: String, replace: bool) -> Result<Plan> {
    let bytes = std::fs::read(file).doing(format!("reading {}", file.display()))?;
    let name = file.display().to_string();
    let rows = match what {
        What::Places => places::file::places(&name, &bytes).map(Rows::Places),
        What::Days => places::file::days(&name, &bytes).map(Rows::Days),
        What::Notices => rural::file::notices(&name, &bytes, &choices("subsidy_policy", "type")?)
            .map(Rows::Notices),
        What::Prices => {
            rural::file::prices(&name, &bytes, &choices("agri_price", "product")?).map(Rows::Prices)
        }
        What::Charity => charity::file::projects(&name, &bytes).map(Rows::Charity),
    };
    Ok(Plan { institution, rows: rows.map_err(Error::fault)?, replace })
}

/// What customers can ask an item for: the choices of its question.
fn choices(item: &str, ask: &str) -> Result<Vec<String>> {
    let book = dialogue::Book::embedded().map_err(|errors| {
        let all: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Error::fault(all.join("; "))
    })?;
    Ok(book.item(item).map(|i| i.choices(ask)).unwrap_or_default())
}

/// Keeps the rows: all of them or none.
///
/// # Errors
/// An institution or a place that nobody knows; the database.
pub async fn apply(app: &Arc<App>, plan: Plan) -> Result<Kept> {
    let registry = app.registry();
    let found = registry.institutions.values().find(|i| i.code == plan.institution);
    let Some(institution) = found else {
        return Err(Error::fault(format!("there is no institution “{}”", plan.institution)));
    };
    let Plan { rows, replace, .. } = plan;
    if let Rows::Charity(all) = &rows {
        charity::open_at_core(app, institution.tenant, all).await?;
    }
    let unit = move |tx: &db::Tx<'_>| match &rows {
        Rows::Places(entries) => places::keep(tx, BY, entries, replace),
        Rows::Days(entries) => places::keep_days(tx, BY, entries),
        Rows::Notices(all) => rural::keep_bulletins(tx, BY, all, replace),
        Rows::Prices(all) => rural::keep_prices(tx, BY, all),
        Rows::Charity(all) => charity::keep(tx, BY, all),
    };
    let kept = app.db.write(Scope::Tenant(institution.tenant), unit).await?;
    app.reload().await?;
    Ok(kept)
}
