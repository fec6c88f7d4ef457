//! Answers that were not ready in time: finished in the background and sent by customer-service message.

use super::store::{Kept, PENDING, TURN, keep_unread};
use super::{Message, Raw, http, read_standing};
use crate::app::App;
use crate::followers::{self, FollowerId, Person};
use crate::notices::window;
use crate::outbox::{self, Sent};
use crate::sessions;
use crate::vault::Place;
use base::{Result, TenantId};
use db::{Scope, Tx, params};
use std::sync::Arc;
use wechat::inbound::{Event, What};

/// With more late messages than this WeChat is left alone: their answers need its calls.
const TYPING_MAX: usize = 200;

/// Shows 「对方正在输入」 while an answer is on its way. Nothing depends on it, and nobody waits for it.
pub(super) fn show_typing(app: &Arc<App>, message: &Message) {
    let what = &message.heard.what;
    let is_said =
        !matches!(what, What::Event(_)) || matches!(what, What::Event(Event::Click { .. }));
    if !is_said || app.late.len() > TYPING_MAX {
        return;
    }
    let (mine, account, who) = (app.clone(), message.account.clone(), message.who.clone());
    app.tasks.spawn(async move {
        if let Err(e) = mine.wechat.account(&account).typing(&who.openid, true).await {
            tracing::debug!(appid = %account.appid, error = %e, "typing was not shown");
        }
    });
}

/// Takes up a message that was acknowledged and then left without an answer (its process died).
/// Doing it twice is harmless: the turn's key stands once.
pub async fn finish_late(
    app: &Arc<App>,
    tenant: TenantId,
    follower: FollowerId,
    key: i64,
) -> Result<()> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let found = app
        .db
        .read(Scope::Tenant(tenant), move |tx| {
            tx.opt::<(Vec<u8>,)>(
                "SELECT heard_sealed FROM turn_pending \
                 WHERE tenant_id = $1 AND message_key = $2 AND follower_id = $3",
                params![tx.tenant(), key, follower],
            )
        })
        .await?;
    // No longer there: the answer was recorded.
    let Some((sealed,)) = found else {
        return Ok(());
    };
    // Whoever went to another institution meanwhile is answered by it.
    let at = followers::whereabouts(app, tenant, follower).await?;
    let Some((_, account, openid)) = at else { return Ok(()) };
    let registry = app.registry();
    let Some(account) = registry.account_by_id(account) else {
        return Ok(());
    };
    let raw: Raw = keys.open_json(Place::new(PENDING, key), &sealed)?;
    let message = Message {
        account: account.clone(),
        who: Person::new(account.id, openid.into()),
        key,
        heard: Arc::new(http::open_kept(account, &raw, app.clock().now())?),
        raw: Arc::new(raw),
    };
    super::work_late(app, &message).await?;
    app.late.remove(&message);
    // A turn recorded before the pending row was written leaves that row behind.
    app.db
        .write(Scope::Tenant(tenant), move |tx| {
            tx.exec(
                "DELETE FROM turn_pending WHERE tenant_id = $1 AND message_key = $2 AND follower_id = $3",
                params![tx.tenant(), key, follower],
            )
        })
        .await?;
    Ok(())
}

/// Sends a recorded answer; what WeChat's window does not let through waits for the follower's next message.
pub async fn send_answer(
    app: &Arc<App>,
    tenant: TenantId,
    follower: FollowerId,
    key: i64,
) -> Result<()> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let found = app
        .db
        .read(Scope::Tenant(tenant), move |tx| {
            tx.opt::<(Vec<u8>,)>(
                "SELECT body_sealed FROM turn WHERE tenant_id = $1 AND message_key = $2 AND follower_id = $3",
                params![tx.tenant(), key, follower],
            )
        })
        .await?;
    let at = followers::whereabouts(app, tenant, follower).await?;
    let Some(((sealed,), (home, account, openid))) = found.zip(at) else {
        return Ok(());
    };
    let kept: Kept = keys.open_json(Place::new(TURN, key), &sealed)?;
    let Some(words) = kept.reply else {
        return Ok(());
    };
    say_or_keep(app, home, follower, account, &openid, &words).await
}

/// Says something outside a reply: by customer-service message, else as an unread result.
pub async fn say_or_keep(
    app: &Arc<App>,
    tenant: TenantId,
    follower: FollowerId,
    account: crate::tenants::AccountId,
    openid: &str,
    words: &str,
) -> Result<()> {
    let registry = app.registry();
    let Some(account) = registry.account_by_id(account) else {
        return Ok(());
    };
    let who = Person::new(account.id, openid.into());
    match outbox::say(app, account, openid, words).await? {
        Sent::Accepted => {
            if app.notices.taps.spend(&who, app.clock().now()) {
                return Ok(());
            }
            let behind = app.behind.clone();
            let unit = move |tx: &Tx<'_>| window::spend(tx, &behind, follower);
            app.db.write(Scope::Tenant(tenant), unit).await
        }
        Sent::Closed => {
            app.notices.taps.shut(&who);
            let keys = app.vault.tenant(&app.db, tenant).await?;
            let (words, behind) = (words.to_owned(), app.behind.clone());
            let unit = move |tx: &Tx<'_>| {
                window::shut(tx, &behind, follower)?;
                keep_unread(tx, &keys, &behind, follower, &words)
            };
            app.db.write(Scope::Tenant(tenant), unit).await?;
            app.followers.forget(&who);
            Ok(())
        }
    }
}

/// A page that a message outside a reply leads to.
#[derive(Debug, Clone, Copy)]
pub struct PageLink {
    pub page: &'static str,
    pub task: &'static str,
    pub label: &'static str,
    pub life_ms: i64,
}

/// Says something outside a reply, with a link of the follower's own below it.
pub async fn say_with_link(
    app: &Arc<App>,
    tenant: TenantId,
    follower: FollowerId,
    words: &str,
    to: PageLink,
) -> Result<()> {
    let unit = move |tx: &Tx<'_>| {
        let Some((account, openid)) = followers::store::address(tx, follower)? else {
            return Ok(None);
        };
        let PageLink { page, task, life_ms, .. } = to;
        let link = sessions::store::add_link(tx, account, follower, page, task, "{}", life_ms)?;
        Ok(Some((account, openid, link)))
    };
    let Some((account, openid, link)) = app.db.write(Scope::Tenant(tenant), unit).await? else {
        return Ok(());
    };
    let public = &app.config.server.public_url;
    let words = format!("{words}\n<a href=\"{public}/h5/l/{link}\">{}</a>", to.label);
    say_or_keep(app, tenant, follower, account, &openid, &words).await
}

/// Says the next thing after a page was filled in: goes on with the request that waited (journey 1, step 7).
pub async fn go_on(
    app: &Arc<App>,
    tenant: TenantId,
    follower: FollowerId,
    after: super::After,
) -> Result<()> {
    let address = app
        .db
        .read(Scope::Tenant(tenant), move |tx| followers::store::address(tx, follower))
        .await?;
    let Some((account, openid)) = address else {
        return Ok(());
    };
    let registry = app.registry();
    let Some(account) = registry.account_by_id(account) else {
        return Ok(());
    };
    let who = Person::new(account.id, openid.as_str().into());
    let Some(standing) = read_standing(app, &who).await?.filter(|s| s.bound.is_some()) else {
        return Ok(());
    };
    let words = super::continue_bound(app, account, &who, standing, after).await?;
    match words {
        Some(words) => say_or_keep(app, tenant, follower, account.id, &openid, &words).await,
        None => Ok(()),
    }
}
