//! 「换到这个微信」: a customer who is bound in another WeChat moves the binding here.
//!
//! All of it is asked again: the elements, a code to the reserved number, the customer's face (`face.rs`), and the PIN that
//! was set with the old binding.
//! The old WeChat loses the binding and its pages in the unit that makes the new one, and is told. Not for: a PIN that
//! was forgotten; that needs the branch.

use super::finish::Finished;
use super::input::Aim;
use super::store::{self, Claim};
use super::{busy, is_bound};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::followers::behind::Behind;
use crate::followers::{self, FollowerId};
use crate::inbound;
use crate::jobs::Job;
use crate::sessions::Customer;
use crate::vault::TenantKeys;
use base::{Refusal, Result, TenantId};
use corebank::{CoreError, Reject};
use db::{Scope, Tx};
use std::sync::Arc;

const PIN_WRONG: Refusal = Refusal::invalid("pin.wrong", "密码不对");
const PIN_LOCKED: Refusal = Refusal::too_many(
    "pin.locked",
    "密码错的次数太多，今天不能再试了。急用回聊天说「密码解锁」，或带身份证到网点",
);
const PIN_NONE: Refusal =
    Refusal::conflict("pin.none", "您还没有设过微信银行密码，请带身份证到网点办理");

/// Why a PIN did not prove the customer, and the tries left. Tries are counted by the core.
pub fn why_not(e: CoreError) -> Result<(Refusal, Option<i64>)> {
    Ok(match e {
        CoreError::Rejected(Reject::WrongPin { left: 0 }) => (PIN_LOCKED, None),
        CoreError::Rejected(Reject::PinLocked { until }) => {
            let until = crate::wx_pin::until_words(until);
            let words =
                format!("密码错的次数太多，{until}。急用回聊天说「密码解锁」，或带身份证到网点");
            (PIN_LOCKED.say(words), None)
        }
        CoreError::Rejected(Reject::WrongPin { left }) => {
            (PIN_WRONG.say(format!("密码不对，还可试 {left} 次")), Some(i64::from(left)))
        }
        CoreError::Rejected(Reject::PinNotSet) => (PIN_NONE, None),
        e => return Err(busy(e)),
    })
}

/// The PIN did not prove the customer whose binding should move.
pub(super) async fn unproven(app: &App, by: &Customer, e: CoreError) -> Result<Finished> {
    let (refusal, left) = why_not(e)?;
    let (follower, code) = (by.follower, refusal.code);
    app.db
        .write(Scope::Tenant(by.tenant), move |tx| {
            audit::note(tx, Actor::Follower(follower.raw()), "bind.swap", "", "refused", code)
        })
        .await?;
    Ok(Finished::Refused(refusal, left))
}

/// Ends what another WeChat holds of the claim's customer, with its pages; it is told. Who that was.
pub(super) fn take_over(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    behind: &Behind,
    follower: FollowerId,
    claim: &Claim,
) -> Result<Option<FollowerId>> {
    let holder = store::holder(tx, keys, &claim.customer)?;
    let Some(old) = holder.filter(|h| claim.aim == Aim::Swap && *h != follower) else {
        return Ok(None);
    };
    let by = Actor::Follower(follower.raw());
    store::end(tx, old, "swapped", by)?;
    followers::store::touch(tx, behind, old)?;
    audit::note(tx, by, "bind.swap", &old.to_string(), "done", "")?;
    Job::TellSwapped { follower: old }.enqueue(tx, tx.now())?;
    Ok(Some(old))
}

/// Tells the old WeChat, unless it is bound again by now.
pub async fn tell(app: &Arc<App>, tenant: TenantId, follower: FollowerId) -> Result<()> {
    let unit = move |tx: &Tx<'_>| {
        let address = followers::store::address(tx, follower)?;
        Ok(if is_bound(tx, follower)? { None } else { address })
    };
    let Some((account, openid)) = app.db.read(Scope::Tenant(tenant), unit).await? else {
        return Ok(());
    };
    let registry = app.registry();
    let phone = registry.institution(tenant).map(|i| i.phone.clone()).unwrap_or_default();
    let words = format!(
        "您的银行账户刚换到另一个微信上，这里不能再查了。\n不是您本人换的，请马上打 {phone}。"
    );
    inbound::say_or_keep(app, tenant, follower, account, &openid, &words).await
}
