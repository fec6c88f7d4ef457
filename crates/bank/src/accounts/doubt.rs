//! 「这笔不是我办的」 of an entry that a chat listed or a page shows: what it was, and the case it became.

use crate::app::App;
use crate::audit::{self, Actor};
use crate::cases::doubts::{self, About};
use crate::followers::{BoundAccount, FollowerId};
use crate::verbs::{core_ctx, moment_words};
use base::{Result, TenantId};
use corebank::{AccountRef, CoreError, Line, LineId, Reject};
use db::{Scope, Tx};
use std::sync::Arc;

/// An entry its customer does not know.
pub(crate) struct Doubted {
    /// 存折0037 支出 20.00 元，超市，11月21日 08:00
    pub(crate) what: String,
    /// What was written down of it, and by when it is answered.
    pub(crate) case: String,
}

base::unprinted!(Doubted);

/// Reads the entry and opens its case; said twice it is one case. The core's "no" where the entry is not this account's.
///
/// # Errors
/// The database.
pub(crate) async fn doubt(
    app: &Arc<App>,
    (tenant, follower): (TenantId, FollowerId),
    own: &BoundAccount,
    id: &LineId,
) -> Result<std::result::Result<Doubted, CoreError>> {
    let ctx = core_ctx(app, tenant, follower.raw());
    let line = match app.core.line(&ctx, &AccountRef::new(&own.number), id).await {
        Ok(line) => line,
        Err(e) => return Ok(Err(e)),
    };
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let what = words(own, &line);
    let unit = move |tx: &Tx<'_>| {
        let (kind, serial) = (doubts::NOT_MINE, line.core_serial.as_str());
        let about = About { kind, line: &what, serial, problem: "" };
        let case = doubts::file(tx, &keys, follower, &about)?;
        let (outcome, subject) = match case {
            Some(case) => ("done", case.to_string()),
            None => ("refused", String::new()),
        };
        audit::note(tx, Actor::Follower(follower.raw()), "entry.doubt", &subject, outcome, "")?;
        Ok(Doubted { case: doubts::words(tx, &keys, case)?, what: what.clone() })
    };
    app.db.write(Scope::Tenant(tenant), unit).await.map(Ok)
}

/// Whether the core knows no such entry of this account.
pub(crate) fn is_missing(e: &CoreError) -> bool {
    matches!(e, CoreError::Rejected(Reject::NotFound))
}

fn words(own: &BoundAccount, line: &Line) -> String {
    let moved = if line.is_in { "收入" } else { "支出" };
    let mut parts = vec![format!("{}{} {moved} {} 元", own.label, own.tail, line.amount)];
    let told = [&line.label, &line.counterparty];
    parts.extend(told.into_iter().filter(|t| !t.is_empty()).cloned());
    parts.push(moment_words(line.at));
    parts.join("，")
}
