//! The job that makes a long statement, and how its customer hears that it is there.

use super::{FILE_MS, FileId, GIVE_UP_MS, Wanted, make, store, wanted};
use crate::app::App;
use crate::followers;
use crate::inbound::{PageLink, say_with_link};
use crate::sms::Way;
use crate::verbs::core_ctx;
use base::{Result, TenantId};
use corebank::CustNo;
use db::{Scope, Tx};
use std::sync::Arc;

/// The job: makes the file, and says so in chat.
pub async fn make_later(app: &Arc<App>, tenant: TenantId, id: FileId) -> Result<()> {
    let Some(asked) = wanted(app, tenant, id).await? else { return Ok(()) };
    match make(app, tenant, id).await {
        Ok(true) => {
            let name = asked.facts.paper.name();
            let words = format!("{name}好了（PDF，带电子章和验真码），48小时内打开有效。");
            say_with_link(app, tenant, asked.follower, &words, page("打开看看")).await?;
            text_who_left(app, tenant, &asked).await
        }
        Ok(false) => Ok(()),
        Err(e) if app.clock().now().since(asked.asked_at) >= GIVE_UP_MS => {
            tracing::error!(error = ?e, file = %id, "a stamped statement could not be made");
            let unit = move |tx: &Tx<'_>| store::end(tx, id, "failed");
            app.db.write(Scope::Tenant(tenant), unit).await?;
            let name = asked.facts.paper.name();
            let words = format!("您要的{name}没有做成。请重新生成，或带身份证到网点打印。");
            say_with_link(app, tenant, asked.follower, &words, page("重新生成")).await
        }
        Err(e) => Err(e),
    }
}

const fn page(label: &'static str) -> PageLink {
    PageLink { page: "statement", task: "statement_pdf", label, life_ms: FILE_MS }
}

/// Whoever no longer follows cannot be told in WeChat: the reserved number hears that something waits. No link goes
/// that way. A text message that does not go out is not tried again: the file waits all the same.
async fn text_who_left(app: &Arc<App>, tenant: TenantId, asked: &Wanted) -> Result<()> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let (follower, behind) = (asked.follower, app.behind.clone());
    let unit = move |tx: &Tx<'_>| {
        followers::store::by_id(tx, follower)?.map(|f| f.open(&keys, &behind)).transpose()
    };
    let Some(standing) = app.db.read(Scope::Tenant(tenant), unit).await? else { return Ok(()) };
    let Some(bound) = standing.bound.as_ref().filter(|_| !standing.is_following) else {
        return Ok(());
    };
    let ctx = core_ctx(app, tenant, follower.raw());
    let Ok(number) = app.core.otp_target(&ctx, &CustNo::new(&bound.customer)).await else {
        return Ok(());
    };
    let text =
        format!("【{}】流水已生成，请重新关注本行公众号领取，48小时内有效。", asked.facts.bank);
    if let Err(e) = app.sms.send(Way::Text, &number, &text).await {
        tracing::warn!(error = %e, "whoever unfollowed was not told of a statement");
    }
    Ok(())
}
