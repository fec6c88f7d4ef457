//! 「不是我绑的」: a customer finds themselves bound in a WeChat that is not theirs.
//!
//! The four elements and a code to the reserved number show who they are. In the unit of the right code what the other WeChat
//! holds is frozen, and a case asks a person to find out; until that is decided nobody ends the freeze from there. Decided for
//! the customer the binding ends, else it goes on. Not for: moving a binding here (`swap.rs`).

use super::store::{self, Claim, Row, Step};
use super::{forget, is_bound};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::cases::words::promise;
use crate::cases::{self, CaseId, Event, State, days};
use crate::followers::behind::Behind;
use crate::followers::{self, FollowerId};
use crate::guard::freeze;
use crate::inbound;
use crate::jobs::Job;
use crate::vault::TenantKeys;
use base::{Id, Result, TenantId, Time};
use db::{Scope, Tx, params};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The form of the case.
const CASE: &str = "bind_doubt";

/// Words for one of the two WeChats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// To the one that was stopped.
    Stopped,
    /// To the one that said so.
    Reported,
    /// To the one whose binding ended.
    Ended,
    /// To the one that may bind now.
    Cleared,
    /// To the one that goes on.
    Restored,
    /// To the one that was wrong.
    Kept,
}

/// A binding that is live: since when, and the case that doubts it.
struct Held {
    since: Time,
    case: Option<CaseId>,
}

fn held(tx: &Tx<'_>, follower: FollowerId) -> Result<Option<Held>> {
    let row: Option<(Time, Option<i64>)> = tx.opt(
        "SELECT bound_at_ms, disowned_case FROM binding WHERE tenant_id = $1 AND follower_id = $2 AND state = 'live'",
        params![tx.tenant(), follower],
    )?;
    Ok(row.map(|(since, case)| Held { since, case: case.map(Id::of) }))
}

/// Freezes what another WeChat holds of the claim's customer and opens the case, once. False when none holds it any more.
pub(super) fn stop(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    behind: &Behind,
    follower: FollowerId,
    claim: &Claim,
) -> Result<bool> {
    let holder = store::holder(tx, keys, &claim.customer)?;
    let Some(old) = holder.filter(|h| *h != follower) else { return Ok(false) };
    let Some(held) = held(tx, old)? else { return Ok(false) };
    let by = Actor::Follower(follower.raw());
    freeze::freeze(tx, old, by)?;
    followers::store::touch(tx, behind, old)?;
    let case = match held.case {
        Some(case) => case,
        None => open_case(tx, keys, (follower, old), claim, held.since)?,
    };
    audit::note(tx, by, "bind.disown", &old.to_string(), "done", &case.to_string())?;
    let row = Row {
        step: Step::Stopped,
        answer: serde_json::to_string(&case.raw())?,
        ..Row::begun(&[], tx.now())
    };
    store::put(tx, follower, &row)?;
    Job::TellDisowned { follower, news: News::Reported, case }.enqueue(tx, tx.now())?;
    Ok(true)
}

fn open_case(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    (follower, old): (FollowerId, FollowerId),
    claim: &Claim,
    since: Time,
) -> Result<CaseId> {
    let given = [
        ("name", claim.name.clone()),
        ("mobile", claim.mobile.clone()),
        ("account", format!("尾号{}", base::mask_card(&claim.card_no))),
        ("bound", days::day_words(since)),
    ];
    let given = given.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let case = cases::say(tx, keys, follower, CASE, &given)?.id;
    tx.exec(
        "UPDATE binding SET disowned_case = $1 WHERE tenant_id = $2 AND follower_id = $3 AND state = 'live'",
        params![case, tx.tenant(), old],
    )?;
    Job::TellDisowned { follower: old, news: News::Stopped, case }.enqueue(tx, tx.now())?;
    Ok(case)
}

/// What a follower's attempt came to its end with; `None` where it is elsewhere.
pub(super) fn ended_with(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    follower: FollowerId,
) -> Result<Option<String>> {
    let Some(row) = store::row(tx, follower)?.filter(|r| r.step == Step::Stopped) else {
        return Ok(None);
    };
    let case = cases::by_id(tx, keys, Id::of(serde_json::from_str(&row.answer)?))?;
    case.as_ref().map(promise).transpose()
}

/// How a case of this kind ended: what hangs on it follows at once, by a job.
pub(crate) fn decided(tx: &Tx<'_>, case: CaseId, event: Event) -> Result<()> {
    let ends = match event {
        Event::Approve => true,
        Event::Decline | Event::Withdraw => false,
        Event::Submit | Event::Accept | Event::AskMore | Event::Advance => return Ok(()),
    };
    Job::SettleDisowned { case, ends }.enqueue(tx, tx.now())
}

/// Ends the doubted binding, or lets it go on; both are told.
pub async fn settle(app: &Arc<App>, tenant: TenantId, case: CaseId, ends: bool) -> Result<()> {
    let (keys, behind) = (app.vault.tenant(&app.db, tenant).await?, app.behind.clone());
    let unit = move |tx: &Tx<'_>| {
        let Some(found) = cases::by_id(tx, &keys, case)? else { return Ok(None) };
        let row: Option<(FollowerId,)> = tx.opt(
            "SELECT follower_id FROM binding WHERE tenant_id = $1 AND disowned_case = $2 AND state = 'live'",
            params![tx.tenant(), case],
        )?;
        let by = Actor::House("cases");
        let old = row.map(|r| r.0);
        let mut changed = false;
        if let Some(old) = old {
            changed = if ends {
                store::end(tx, old, "disowned", by).map(|()| true)?
            } else {
                let doubted_at = found.submitted_at.unwrap_or_else(|| tx.now());
                freeze::let_go(tx, old, doubted_at, by)?
            };
            followers::store::touch(tx, &behind, old)?;
        }
        let (to_old, to_reporter) =
            if ends { (News::Ended, News::Cleared) } else { (News::Restored, News::Kept) };
        // Who took it back themselves need not be told.
        let asked = found.state != State::Withdrawn;
        let reporter = asked.then_some((found.follower, to_reporter));
        let held = old.filter(|_| changed).map(|old| (old, to_old));
        for (follower, news) in [held, reporter].into_iter().flatten() {
            Job::TellDisowned { follower, news, case }.enqueue(tx, tx.now())?;
        }
        Ok(old)
    };
    match app.db.write(Scope::Tenant(tenant), unit).await? {
        Some(old) => forget(app, tenant, old).await,
        None => Ok(()),
    }
}

/// Says in chat what came of it.
pub async fn tell(
    app: &Arc<App>,
    tenant: TenantId,
    follower: FollowerId,
    news: News,
    case: CaseId,
) -> Result<()> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let unit = move |tx: &Tx<'_>| {
        let address = followers::store::address(tx, follower)?;
        let case = cases::by_id(tx, &keys, case)?;
        Ok((address, case, is_bound(tx, follower)?))
    };
    let (address, case, is_bound) = app.db.read(Scope::Tenant(tenant), unit).await?;
    let (Some((account, openid)), Some(case)) = (address, case) else { return Ok(()) };
    // Bound anew by now: what ended is of no more use to them.
    if news == News::Ended && is_bound {
        return Ok(());
    }
    let phone = app.registry().institution(tenant).map(|i| i.phone.clone()).unwrap_or_default();
    let said = said(news, &promise(&case)?, &phone);
    inbound::say_or_keep(app, tenant, follower, account, &openid, &said).await
}

fn said(news: News, promise: &str, phone: &str) -> String {
    match news {
        News::Stopped => format!(
            "有人收了预留手机的验证码，说这里的微信银行不是本人绑的，先停用了，钱和卡不受影响。\n\
             是您本人，请带身份证到网点，或打 {phone}。"
        ),
        News::Reported => format!(
            "另一个微信已经停用，谁也不能在那里查账、转钱。{promise}\n\
             钱少了请马上打 110，再打 {phone}。验证码谁也别给。"
        ),
        News::Ended => format!("银行查过了，这里的绑定已经解除。有疑问请打 {phone}。"),
        News::Cleared => {
            "查清楚了：那个微信的绑定已经解除。说“绑卡”，就能绑到您自己的微信。".to_owned()
        }
        News::Restored => "您的微信银行恢复了，可以接着用。".to_owned(),
        News::Kept => {
            format!("关于另一个微信的事有答复了，说“办到哪了”就能看。有疑问请打 {phone}。")
        }
    }
}
