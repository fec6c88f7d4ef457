//! What anyone may know of a paper: what its code stands for, and whether a file is that very paper. Not for: who may ask
//! how often (`checks`).

use super::{Facts, signed, store};
use crate::app::App;
use crate::sessions;
use base::{Result, TenantId};
use db::{Scope, Tx};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// What a file is, held against the paper a code stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// That paper, to the letter, and signed by us.
    Same,
    /// Signed by us, and another paper.
    Another,
    /// Signed by somebody else.
    NotOurs,
    Broken(signed::Broken),
}

/// Holds a file against the paper of a code; `None` when no paper of ours has it.
pub async fn hold(app: &Arc<App>, code: &str, file: &[u8]) -> Result<Option<(Issued, Held)>> {
    let Some(paper) = check(app, code).await? else { return Ok(None) };
    let is_same = Sha256::digest(file).as_slice() == paper.hash;
    let held = match (signed::look(file), &paper.facts.signed_by) {
        // From before papers were signed.
        (Err(signed::Broken::NotSigned), None) if is_same => Held::Same,
        (Err(why), _) => Held::Broken(why),
        (Ok(seen), _) => match signed::keys::is_ours(app, paper.tenant, &seen.fingerprint).await? {
            true if is_same => Held::Same,
            true => Held::Another,
            false => Held::NotOurs,
        },
    };
    let word = match held {
        Held::Same => "same",
        Held::Another => "another",
        Held::NotOurs | Held::Broken(_) => "not_ours",
    };
    metrics::counter!("weiyin_files_checked_total", "outcome" => word).increment(1);
    Ok(Some((paper, held)))
}

/// What anyone who holds a paper may know of it.
#[derive(Debug)]
pub struct Issued {
    tenant: TenantId,
    pub facts: Facts,
    /// Of the file.
    pub hash: Vec<u8>,
}

/// What a code on a paper stands for; `None` when no paper of ours has it.
pub async fn check(app: &Arc<App>, code: &str) -> Result<Option<Issued>> {
    let Some(tenant) = sessions::tenant_of(code) else { return Ok(None) };
    if app.registry().institution(tenant).is_none() {
        return Ok(None);
    }
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let hash = sessions::hash(code);
    let unit = move |tx: &Tx<'_>| store::by_code(tx, &keys, &hash);
    let found = app.db.read(Scope::Tenant(tenant), unit).await?;
    Ok(found.map(|(facts, hash)| Issued { tenant, facts, hash }))
}
