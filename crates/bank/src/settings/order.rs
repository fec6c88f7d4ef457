//! A change as a command to the core: its intent first, then the call, then what came of it, and a job for what is not known.
//!
//! The request id is the order's own, the same on every try; the core does it once for ever. *Invariant*: time alone never
//! turns an unknown outcome into a failure.

use super::store::{self, Order, Target};
use super::wish::{Asking, Use, Wish, hours_words};
use super::{NOT_HERE, OrderId};
use crate::app::App;
use crate::followers::{self, BoundAccount, FollowerId};
use crate::inbound::say_or_keep;
use crate::jobs::Job;
use crate::verbs::core_ctx;
use base::{Result, TenantId, Time};
use corebank::controls::{ControlWish, Hours};
use corebank::{AccountRef, CoreError, CustNo, Reject};
use db::{Scope, Tx};
use std::sync::Arc;

/// How long a customer waits before hearing that it is being tried.
const PATIENCE_MS: i64 = 2_500;
/// Waits between tries of the job; the last one repeats until it is known, within a minute of the core's return.
const WAITS_MS: [i64; 4] = [10_000, 20_000, 30_000, 45_000];

/// What came of an order so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Came {
    Done,
    /// A definite no, by its code.
    Refused(&'static str),
    /// The core is silent: it may have happened.
    Unknown,
    /// It is told to the core then.
    Later(Time),
}

/// Whose change it is.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) tenant: TenantId,
    pub(super) follower: FollowerId,
    pub(super) target: Target,
    pub(super) after_ms: i64,
}

/// Puts a change in and, when it is due at once, waits a short while for it.
pub(super) async fn place(app: &Arc<App>, place: Place) -> Result<Came> {
    let keys = app.vault.tenant(&app.db, place.tenant).await?;
    let Place { tenant, follower, target, after_ms } = place;
    let unit = move |tx: &Tx<'_>| store::intend(tx, &keys, follower, &target, after_ms);
    let order = app.db.write(Scope::Tenant(tenant), unit).await?;
    if after_ms > 0 {
        return Ok(Came::Later(order.due_at));
    }
    let came = ask(app, tenant, &order, PATIENCE_MS).await?;
    record(app, tenant, &order, came).await?;
    Ok(came)
}

/// What a lock in chat came to, in words.
#[derive(Debug)]
pub enum Locked {
    Done(String),
    Refused(String),
    Trying,
}

/// Locks one use of an account at once; no proof is asked for what stops harm.
pub async fn lock_now(
    app: &Arc<App>,
    tenant: TenantId,
    follower: FollowerId,
    customer: &str,
    account: &BoundAccount,
    on: &str,
) -> Result<Locked> {
    let Some(on) = Use::word(on) else {
        return Ok(Locked::Refused("没有这一种锁。".into()));
    };
    let hours = if on == Use::Night { NIGHT } else { Hours::ALL_DAY };
    let wish = Wish::Lock { on, from: hours.from.into(), to: hours.to.into() };
    let target = Target { customer: customer.to_owned(), account: account.clone(), wish };
    Ok(match place(app, Place { tenant, follower, target, after_ms: 0 }).await? {
        Came::Done => Locked::Done(hours_words(hours)),
        Came::Refused(code) => Locked::Refused(refused_words(code).to_owned()),
        Came::Unknown | Came::Later(_) => Locked::Trying,
    })
}

/// Hours of a night that nobody named.
const NIGHT: Hours = Hours { from: 22, to: 7 };

async fn ask(app: &App, tenant: TenantId, order: &Order, patience_ms: i64) -> Result<Came> {
    let mut ctx = core_ctx(app, tenant, order.follower.raw());
    ctx.deadline = ctx.deadline.min(app.clock().now().plus_ms(patience_ms));
    ctx.request_id = Some(order.id.to_string());
    let target = &order.target;
    let asking = Asking { account: target.account.id.clone(), wish: target.wish.clone() };
    let Some(wish) = asking.core()? else { return Ok(Came::Refused(NOT_HERE.code)) };
    let (customer, account) =
        (CustNo::new(&target.customer), AccountRef::new(&target.account.number));
    Ok(of_answer(app.core.set_control(&ctx, &customer, &account, wish).await.map(|_| ()), wish))
}

fn of_answer(answer: std::result::Result<(), CoreError>, wish: ControlWish) -> Came {
    match answer {
        Ok(()) => Came::Done,
        Err(CoreError::Rejected(reject)) => match reject {
            // It may come again when the books are open.
            Reject::DayClosed { .. } => Came::Unknown,
            Reject::LimitExceeded => Came::Refused("setting.cap"),
            // Ended under another id meanwhile: so it stands as it was wished.
            Reject::NotFound if matches!(wish, ControlWish::EndAgreement { .. }) => Came::Done,
            Reject::NotFound | Reject::AccountNotActive => Came::Refused("account.missing"),
            Reject::NotEligible if matches!(wish, ControlWish::ByMobile { .. }) => {
                Came::Refused("setting.mobile")
            }
            Reject::Unsupported => Came::Refused("setting.none"),
            other => {
                tracing::error!(reject = %other, "the core refused a setting");
                Came::Refused("setting.refused")
            }
        },
        Err(e) => {
            metrics::counter!("weiyin_core_busy_total").increment(1);
            tracing::warn!(error = %e, "the core did not say what became of a setting");
            Came::Unknown
        }
    }
}

/// Keeps what is known; false when it was known already, or is not yet.
async fn record(app: &Arc<App>, tenant: TenantId, order: &Order, came: Came) -> Result<bool> {
    let refused = match came {
        Came::Done => None,
        Came::Refused(code) => Some(code),
        Came::Unknown | Came::Later(_) => return Ok(false),
    };
    let order = order.clone();
    let unit = move |tx: &Tx<'_>| store::settle(tx, &order, refused);
    app.db.write(Scope::Tenant(tenant), unit).await
}

/// Why a change was refused, in the customer's words.
pub(super) fn refused_words(code: &str) -> &'static str {
    match code {
        "setting.cap" => "超过本行的上限了，再高要到网点办。",
        "account.missing" => "这个账户已经销户或查不到。",
        "setting.mobile" => "您在本行没有预留手机号，请带身份证到网点登记。",
        "setting.none" => "本行还不能在微信里改这一项，请到网点办。",
        _ => "银行系统没有接受。",
    }
}

const DROPPED: &str =
    "等着的调高没有办：这段时间微信银行停用了，或者解了绑。还要调高，请再办一次。";

/// Whether who asked is still bound as the same customer, and the channel not frozen.
async fn is_still_meant(app: &Arc<App>, tenant: TenantId, order: &Order) -> Result<bool> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let (follower, behind) = (order.follower, app.behind.clone());
    let unit = move |tx: &Tx<'_>| {
        followers::store::by_id(tx, follower)?.map(|f| f.open(&keys, &behind)).transpose()
    };
    let standing = app.db.read(Scope::Tenant(tenant), unit).await?;
    let bound = standing.and_then(|s| s.bound);
    Ok(bound.is_some_and(|b| !b.is_frozen && b.customer == order.target.customer))
}

/// The job: tells the core under the same id until it is known, and the customer how it went.
pub async fn settle_later(
    app: &Arc<App>,
    tenant: TenantId,
    id: OrderId,
    tried: usize,
) -> Result<()> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let open = app.db.read(Scope::Tenant(tenant), move |tx| store::open(tx, &keys, id)).await?;
    // Known by now: the customer was answered on the page or in the turn itself.
    let Some(order) = open else { return Ok(()) };
    // Told to the core never yet, so that it can still be left: whoever froze the channel meanwhile did not mean it.
    if order.has_waited && tried == 0 && !is_still_meant(app, tenant, &order).await? {
        if record(app, tenant, &order, Came::Refused("setting.dropped")).await? {
            return tell(app, tenant, order.follower, DROPPED).await;
        }
        return Ok(());
    }
    let came = ask(app, tenant, &order, app.config.core.deadline_ms).await?;
    if record(app, tenant, &order, came).await? {
        let account = &order.target.account;
        let which = format!("{}{}", account.label, account.tail);
        let words = match came {
            Came::Refused(code) => format!("{which}的设置没有改成：{}", refused_words(code)),
            _ => format!("改好了：{which}，{}。", done_words(&order.target.wish)),
        };
        return tell(app, tenant, order.follower, &words).await;
    }
    if came == Came::Unknown {
        let wait = WAITS_MS[tried.min(WAITS_MS.len() - 1)];
        let unit = move |tx: &Tx<'_>| {
            Job::SettleSetting { order: id, tried: tried + 1 }.enqueue(tx, tx.now().plus_ms(wait))
        };
        app.db.write(Scope::Tenant(tenant), unit).await?;
    }
    Ok(())
}

/// 「网上付款锁住了」
pub(super) fn done_words(wish: &Wish) -> String {
    match wish {
        Wish::Lock { on, from, to } => {
            let hours = Hours::of(*from, *to).map(hours_words).unwrap_or_default();
            format!("{}锁住了（{hours}）", on.core().label())
        }
        Wish::Unlock { on } => format!("{}又能用了", on.core().label()),
        Wish::NoPass { is_on: true, cap_fen } => {
            format!("小额免密开着，每笔最多 {} 元", base::Fen::of(*cap_fen))
        }
        Wish::NoPass { .. } => "小额免密关了，刷卡都要密码".to_owned(),
        Wish::EndAgreement { .. } => "这个平台不能再扣款了".to_owned(),
        Wish::Limit { .. } => "限额改好了".to_owned(),
        Wish::ByMobile { is_on: true } => "手机号收款开通了".to_owned(),
        Wish::ByMobile { .. } => "手机号收款关了".to_owned(),
        Wish::Renew { .. }
        | Wish::Gift { .. }
        | Wish::Exchange { .. }
        | Wish::Notice { .. }
        | Wish::SeeAssets {}
        | Wish::SeeGuarantees {} => String::new(),
    }
}

async fn tell(app: &Arc<App>, tenant: TenantId, follower: FollowerId, words: &str) -> Result<()> {
    let at = followers::whereabouts(app, tenant, follower).await?;
    let Some((home, account, openid)) = at else { return Ok(()) };
    say_or_keep(app, home, follower, account, &openid, words).await
}
