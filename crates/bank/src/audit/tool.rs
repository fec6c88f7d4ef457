//! `weiyin audit …`: prove the chains, print where they end.

use super::keep::{self, Anchor};
use crate::app::App;
use base::{Context, Result, TenantId};
use clap::Subcommand;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;

#[derive(Debug, Subcommand)]
pub enum Tool {
    /// Recompute every row's hash from the beginning. Fails where a row was changed, deleted, inserted or moved.
    Verify {
        /// The institution's code: lingxi. Without it, all.
        #[arg(long)]
        institution: Option<String>,
        /// Where ends of chains were written down; a database older than that is found, too. Else the settings' file.
        #[arg(long)]
        anchors: Option<PathBuf>,
        #[arg(long, env = "WEIYIN_CONFIG")]
        config: Option<PathBuf>,
    },
    /// Where every chain ends now, one line each, as an anchor file has them.
    Heads {
        #[arg(long, env = "WEIYIN_CONFIG")]
        config: Option<PathBuf>,
    },
}

/// The same for a running server.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Errand {
    Verify { institution: Option<String>, anchors: Option<String> },
    Heads,
}

impl Tool {
    /// What the server is asked, and with which settings.
    ///
    /// # Errors
    /// A file of anchors that is not there.
    pub fn errand(self) -> Result<(Errand, Option<PathBuf>)> {
        Ok(match self {
            Self::Verify { institution, anchors, config } => {
                let read = |p: PathBuf| {
                    std::fs::read_to_string(&p).doing(format!("reading {}", p.display()))
                };
                (Errand::Verify { institution, anchors: anchors.map(read).transpose()? }, config)
            }
            Self::Heads { config } => (Errand::Heads, config),
        })
    }
}

/// What is printed, and how many chains are broken.
#[derive(Debug, Serialize, Deserialize)]
pub struct Told {
    pub text: String,
    pub broken: usize,
}

/// Does an errand in this process.
///
/// # Errors
/// An institution nobody knows, the database.
pub async fn run(app: &Arc<App>, errand: Errand) -> Result<Value> {
    keep::round(&app.db).await?;
    let told = match errand {
        Errand::Heads => {
            let at = keep::stamp(app.clock().now());
            let heads = keep::heads(&app.db).await?;
            let text = heads.iter().map(|(t, h)| keep::anchor_line(&at, *t, h)).collect();
            Told { text, broken: 0 }
        }
        Errand::Verify { institution, anchors } => {
            let anchors = match anchors {
                Some(text) => keep::anchors(&text)?,
                None => keep::anchors_of(&app.config.audit.anchor_file)?,
            };
            verify(app, institution.as_deref(), &anchors).await?
        }
    };
    Ok(json!(told))
}

async fn verify(app: &Arc<App>, code: Option<&str>, anchors: &[Anchor]) -> Result<Told> {
    let mut told = Told { text: String::new(), broken: 0 };
    let mut tenants: Vec<TenantId> = match code {
        Some(code) => vec![app.registry().named(code)?],
        None => keep::heads(&app.db).await?.into_iter().map(|(t, _)| t).collect(),
    };
    if code.is_none() {
        // A chain that is gone altogether still has its anchors.
        tenants.extend(anchors.iter().map(|a| a.tenant));
        tenants.sort_unstable();
        tenants.dedup();
    }
    for tenant in tenants {
        let proved = keep::prove(&app.db, tenant, anchors).await?;
        let whose = app
            .registry()
            .institution(tenant)
            .map_or_else(|| format!("house {}", tenant.raw()), |i| i.code.clone());
        let stands = match &proved.broken {
            None => "whole".to_owned(),
            Some(why) => format!("BROKEN  {why}"),
        };
        told.broken += usize::from(proved.broken.is_some());
        let (rows, hash) = (proved.head.seq, corebank::recon::hex(&proved.head.hash[..8]));
        let _ = writeln!(told.text, "{whose:<12} {rows:>9} rows  {hash}  {stands}");
    }
    Ok(told)
}
