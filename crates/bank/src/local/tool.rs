//! `weiyin phrases …`: check an institution's file while one writes it, hand it in, and look at what is there.
//!
//! Not for: publishing; that takes a second person, in the console.

use super::{Version, calibrate, list, propose_as};
use crate::app::App;
use crate::audit::Actor;
use base::{Context, Error, Result};
use clap::Subcommand;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Whoever may run commands on the server.
const OPERATOR: Actor<'static> = Actor::House("operator");
const OPERATOR_ID: i64 = 0;

#[derive(Debug, Subcommand)]
pub enum Tool {
    /// Read a file, say what is wrong by line, and what publishing it would find out. Needs no server.
    Check { file: PathBuf },
    /// Hand a file in for an institution; a member of its staff publishes it in the console.
    Propose {
        /// The institution's code, as logins begin with it: lingxi
        institution: String,
        file: PathBuf,
        #[arg(long, env = "WEIYIN_CONFIG")]
        config: Option<PathBuf>,
    },
    /// The versions an institution has.
    List {
        institution: String,
        #[arg(long, env = "WEIYIN_CONFIG")]
        config: Option<PathBuf>,
    },
}

/// The same for a running server.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Errand {
    Propose { institution: String, text: String },
    List { institution: String },
}

impl std::fmt::Debug for Errand {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Propose { .. } => "Propose(…)",
            Self::List { .. } => "List(…)",
        })
    }
}

/// Does an errand in this process.
///
/// # Errors
/// An institution nobody knows, a file with mistakes, the database.
pub async fn run(app: &Arc<App>, errand: Errand) -> Result<Value> {
    match errand {
        Errand::Propose { institution, text } => {
            let tenant = app.registry().named(&institution)?;
            let version = propose_as(app, tenant, OPERATOR_ID, OPERATOR, text).await?;
            Ok(json!({ "version": version }))
        }
        Errand::List { institution } => {
            let (all, is_whole, _) = list(app, app.registry().named(&institution)?).await?;
            let line = |v: &Version| {
                let figures: Option<Value> =
                    v.figures.as_deref().and_then(|f| serde_json::from_str(f).ok());
                json!({ "version": v.version, "state": v.state, "figures": figures })
            };
            let lines: Vec<Value> = all.iter().map(line).collect();
            Ok(json!({ "versions": lines, "counts_in_full": is_whole }))
        }
    }
}

/// Reads a file as it is proposed.
///
/// # Errors
/// A file that cannot be read.
pub fn text(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).doing(format!("reading {}", file.display()))
}

/// Checks a file over the flows in the binary and says what publishing finds out.
///
/// # Errors
/// Mistakes, each with file and line; payments that would open falsely.
pub fn check(file: &Path, out: &mut impl Write) -> Result<()> {
    let book = crate::understanding::book()?;
    let text = text(file)?;
    if let Err(errors) = book.read_local(&file.display().to_string(), &text) {
        for e in &errors {
            let _ = writeln!(out, "{e}");
        }
        return Err(Error::fault(match errors.len() {
            1 => "1 mistake".to_owned(),
            n => format!("{n} mistakes"),
        }));
    }
    let (_, figures, took_ms) = calibrate(&book, &text)?;
    let mut row = |name: &str, value: String| {
        // a closed pipe (`| head`) is no error
        let _ = writeln!(out, "{name:<44} {value}");
    };
    row("phrases / words", format!("{} / {}", figures.phrases, figures.words));
    row("found when left out", format!("{} of {}", figures.found.1, figures.found.0));
    row("calibration error", format!("{:.4}", figures.calibration_error));
    row(
        "drafts opened where none is wanted",
        format!("{} of {}", figures.false_drafts, figures.negatives),
    );
    row("memory", format!("{} bytes", figures.bytes));
    row("publishing", format!("{took_ms} ms"));
    Ok(())
}
