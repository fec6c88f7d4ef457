//! Consents to subscription notices (订阅通知), counted by follower and template as WeChat's events tell them; and which of an
//! account's templates of that library tells which category.
//!
//! One-time templates only are asked for: a bank cannot count on getting long-term ones; where an account has one, its consent is kept
//! as such. WeChat's own count decides: 43101 takes ours back. Not for: asking for consent, which articles and pages do.

use super::Category;
use super::templates::{Offered, Offers};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::followers::{FollowerId, Person};
use crate::tenants::{Account, AccountId};
use base::{Error, Result, TenantId};
use db::{Db, Scope, Tx, params};
use std::sync::Arc;
use wechat::api::subscription::SubscriptionTemplate;
use wechat::inbound::Consent;

/// Consents kept of one template; nobody agrees more often without being told.
const LEFT_MAX: i64 = 20;

/// A template of the public library that tells a category: its number, title and fields in order.
struct Wanted {
    category: Category,
    tid: i64,
    title: &'static str,
    fields: &'static [&'static str],
    /// Fifteen characters at most.
    scene: &'static str,
}

const WANTED: [Wanted; 2] = [
    Wanted {
        category: Category::Due,
        tid: 20_102,
        title: "到期提醒",
        fields: &["产品名称", "到期日期", "金额", "温馨提示"],
        scene: "还款和存款到期提醒",
    },
    Wanted {
        category: Category::Progress,
        tid: 20_101,
        title: "业务办理进度通知",
        fields: &["业务名称", "办理进度", "受理编号", "更新时间"],
        scene: "申请办理进度",
    },
];

/// Every account's templates of this library, by category.
///
/// # Errors
/// The database.
pub async fn load(db: &Db) -> Result<Offers> {
    let unit = |tx: &Tx<'_>| {
        tx.all::<(AccountId, String, String, String, bool)>(
            "SELECT account_id, category, template_id, form, is_live FROM notice_subscription ORDER BY tenant_id, account_id",
            params![],
        )
    };
    let mut offers = Offers::new();
    for (account, category, template_id, form, is_live) in db.read(Scope::House, unit).await? {
        let category = Category::of_word(&category)?;
        let offered = Offered::of(&form, category, template_id, is_live)?;
        offers.insert((account, category), offered);
    }
    Ok(offers)
}

/// Takes what is wanted of the other library, where the account may have it. Whoever gets none goes the other ways.
pub(super) async fn offer(app: &Arc<App>, account: &Account) {
    for wanted in &WANTED {
        if let Err(e) = offer_one(app, account, wanted).await {
            tracing::info!(appid = %account.appid, title = wanted.title, error = %e, "no subscription notice");
        }
    }
}

async fn offer_one(app: &Arc<App>, account: &Account, wanted: &'static Wanted) -> Result<()> {
    let caller = app.wechat.account(account);
    let of_call = |e: wechat::api::CallError| Error::fault(format!("subscription templates: {e}"));
    let find = |all: Vec<SubscriptionTemplate>| all.into_iter().find(|t| t.title == wanted.title);
    let mut found = find(caller.subscription_templates().await.map_err(of_call)?);
    if found.is_none() {
        let known = caller.subscription_keywords(wanted.tid).await.map_err(of_call)?;
        let kid = |name: &&str| known.iter().find(|k| k.name == **name).map(|k| k.kid);
        let kids: Option<Vec<i64>> = wanted.fields.iter().map(kid).collect();
        let kids = kids.ok_or_else(|| Error::fault("the library's template has other fields"))?;
        caller.add_subscription(wanted.tid, &kids, wanted.scene).await.map_err(of_call)?;
        found = find(caller.subscription_templates().await.map_err(of_call)?);
    }
    let template = found.ok_or_else(|| Error::fault("the added template is not listed"))?;
    Offered::of(&template.content, wanted.category, template.template_id.clone(), true)?;
    let (id, category) = (account.id, wanted.category);
    let unit = move |tx: &Tx<'_>| {
        tx.exec(
            "INSERT INTO notice_subscription (tenant_id, account_id, category, template_id, form, is_long, is_live, checked_at_ms) \
             VALUES ($1, $2, $3, $4, $5, $6, TRUE, $7) ON CONFLICT (tenant_id, account_id, category) DO UPDATE SET \
             template_id = excluded.template_id, form = excluded.form, is_long = excluded.is_long, is_live = TRUE, \
             checked_at_ms = excluded.checked_at_ms",
            params![
                tx.tenant(),
                id,
                category.word(),
                template.template_id.as_str(),
                template.content.as_str(),
                template.is_long_term(),
                tx.now()
            ],
        )?;
        let by = Actor::House("notices");
        audit::note(tx, by, "notice.subscription", &id.to_string(), "done", category.word())
    };
    app.db.write(Scope::Tenant(account.tenant), unit).await
}

/// Looks whether the templates are still there. The registry is as it was.
pub(super) async fn check(app: &Arc<App>, account: &Account) -> Result<()> {
    let registry = app.registry();
    let ours: Vec<Offered> = Category::ALL
        .into_iter()
        .filter_map(|c| registry.subscription(account.id, c).cloned())
        .collect();
    if ours.is_empty() {
        return Ok(());
    }
    let known = match app.wechat.account(account).subscription_templates().await {
        Ok(known) => known,
        Err(e) => {
            tracing::warn!(appid = %account.appid, error = %e, "subscription templates could not be looked at");
            return Ok(());
        }
    };
    for offered in ours {
        let is_there = known.iter().any(|t| t.template_id == offered.template_id);
        if is_there != offered.is_live {
            set_live(app, account.tenant, account.id, &offered.template_id, is_there).await?;
        }
    }
    Ok(())
}

/// A template is there, or is not any more.
pub(super) async fn set_live(
    app: &Arc<App>,
    tenant: TenantId,
    account: AccountId,
    template_id: &str,
    is_live: bool,
) -> Result<()> {
    if !is_live {
        metrics::counter!("weiyin_notice_templates_withdrawn_total").increment(1);
        tracing::error!(%tenant, %account, "WeChat has withdrawn a subscription notice: notices go the next way");
    }
    let template_id = template_id.to_owned();
    let unit = move |tx: &Tx<'_>| {
        tx.exec(
            "UPDATE notice_subscription SET is_live = $1, checked_at_ms = $2 \
             WHERE tenant_id = $3 AND account_id = $4 AND template_id = $5",
            params![is_live, tx.now(), tx.tenant(), account, template_id.as_str()],
        )?;
        let (by, subject) = (Actor::House("notices"), account.to_string());
        let detail = if is_live { "live" } else { "withdrawn" };
        audit::note(tx, by, "notice.subscription", &subject, "done", detail)
    };
    app.db.write(Scope::Tenant(tenant), unit).await?;
    app.reload().await
}

/// The follower answered a request for notices, or turned them off in WeChat's settings (`subscribe_msg_popup_event`,
/// `subscribe_msg_change_event`). `key` is the event's: told again it counts once. Somebody we do not know is nobody's consent.
///
/// # Errors
/// The database: WeChat shall say it again.
pub async fn heard(app: &Arc<App>, who: &Person, key: i64, consents: &[Consent]) -> Result<()> {
    let (account, openid) = (who.account, who.openid.clone());
    let unit = move |tx: &Tx<'_>| {
        tx.opt::<(TenantId, FollowerId)>(
            "SELECT tenant_id, id FROM follower WHERE account_id = $1 AND openid = $2",
            params![account, &*openid],
        )
    };
    let found = app.db.read(Scope::House, unit).await?;
    let Some((tenant, follower)) = found else { return Ok(()) };
    let long = app.db.read(Scope::House, move |tx| long_terms(tx, account)).await?;
    let consents = consents.to_vec();
    let unit = move |tx: &Tx<'_>| {
        consents.iter().try_for_each(|c| keep(tx, follower, key, c, long.contains(&c.template_id)))
    };
    app.db.write(Scope::Tenant(tenant), unit).await
}

fn long_terms(tx: &Tx<'_>, account: AccountId) -> Result<Vec<String>> {
    tx.all(
        "SELECT template_id FROM notice_subscription WHERE account_id = $1 AND is_long = TRUE ORDER BY tenant_id, category",
        params![account],
    )
}

fn keep(tx: &Tx<'_>, follower: FollowerId, key: i64, said: &Consent, is_long: bool) -> Result<()> {
    let template = said.template_id.as_str();
    tx.exec(
        "INSERT INTO notice_grant (tenant_id, follower_id, template_id, left_count, is_always, last_key, changed_at_ms) \
         VALUES ($1, $2, $3, 0, FALSE, 0, $4) ON CONFLICT DO NOTHING",
        params![tx.tenant(), follower, template, tx.now()],
    )?;
    let (more, is_always) = match (said.accepted, is_long) {
        (true, true) => (0, true),
        (true, false) => (1, false),
        (false, _) => (-LEFT_MAX, false),
    };
    // No ends what was agreed to before; the same event told again changes nothing.
    let changed = tx.exec_one(
        "UPDATE notice_grant SET left_count = CASE WHEN left_count + $1 < 0 THEN 0 WHEN left_count + $1 > $2 THEN $2 \
         ELSE left_count + $1 END, is_always = $3, last_key = $4, changed_at_ms = $5 \
         WHERE tenant_id = $6 AND follower_id = $7 AND template_id = $8 AND last_key <> $4",
        params![more, LEFT_MAX, is_always, key, tx.now(), tx.tenant(), follower, template],
    )?;
    if !changed {
        return Ok(());
    }
    let word = if said.accepted { "accept" } else { "reject" };
    audit::note(tx, Actor::Follower(follower.raw()), "notice.consent", template, "done", word)
}

/// Notices that may still be sent by a template; many for a long-term consent.
pub(super) fn left(tx: &Tx<'_>, follower: FollowerId, template_id: &str) -> Result<i64> {
    let found: Option<(i64, bool)> = tx.opt(
        "SELECT left_count, is_always FROM notice_grant WHERE tenant_id = $1 AND follower_id = $2 AND template_id = $3",
        params![tx.tenant(), follower, template_id],
    )?;
    Ok(found.map_or(0, |(left, is_always)| if is_always { LEFT_MAX } else { left }))
}

/// One was spent.
pub(super) fn spend(tx: &Tx<'_>, follower: FollowerId, template_id: &str) -> Result<()> {
    tx.exec(
        "UPDATE notice_grant SET left_count = left_count - 1, changed_at_ms = $1 \
         WHERE tenant_id = $2 AND follower_id = $3 AND template_id = $4 AND is_always = FALSE AND left_count > 0",
        params![tx.now(), tx.tenant(), follower, template_id],
    )?;
    Ok(())
}

/// WeChat says that there is no consent (43101).
pub(super) fn none_left(tx: &Tx<'_>, follower: FollowerId, template_id: &str) -> Result<()> {
    tx.exec(
        "UPDATE notice_grant SET left_count = 0, is_always = FALSE, changed_at_ms = $1 \
         WHERE tenant_id = $2 AND follower_id = $3 AND template_id = $4",
        params![tx.now(), tx.tenant(), follower, template_id],
    )?;
    Ok(())
}
