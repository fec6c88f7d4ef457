//! WeChat's own word on what it had taken.
//!
//! Not for: what a call answered at once (`verdict`).

use super::store;
use crate::app::App;
use crate::followers::Person;
use base::{Result, TenantId};
use db::{Scope, Tx, params};
use std::sync::Arc;
use wechat::inbound::SendStatus;

/// WeChat's last word on a template message (TEMPLATESENDJOBFINISH).
///
/// # Errors
/// The database: WeChat shall say it again.
pub async fn delivered(
    app: &Arc<App>,
    who: &Person,
    message_id: &str,
    status: &SendStatus,
) -> Result<()> {
    let (account, openid) = (who.account, who.openid.clone());
    let unit = move |tx: &Tx<'_>| {
        tx.opt::<TenantId>(
            "SELECT tenant_id FROM follower WHERE account_id = $1 AND openid = $2",
            params![account, &*openid],
        )
    };
    let Some(tenant) = app.db.read(Scope::House, unit).await? else { return Ok(()) };
    let status = match status {
        SendStatus::Success => store::SUCCESS,
        SendStatus::UserBlocked => store::BLOCKED,
        SendStatus::SystemFailed | SendStatus::Other(_) => "failed",
    };
    metrics::counter!("weiyin_notices_finished_total", "status" => status).increment(1);
    let message_id = message_id.to_owned();
    let unit = move |tx: &Tx<'_>| store::result(tx, &message_id, status);
    app.db.write(Scope::Tenant(tenant), unit).await?;
    app.notices.wake();
    Ok(())
}
