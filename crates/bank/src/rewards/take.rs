//! An exchange told to the core: its row first, then the call, then what came of it, and a job for what is not known.
//!
//! The exchange's id is the request id, the same for ever. After silence the core is *asked*, with a fence where it has one; the
//! command is not sent again.

use super::store::{self, Kept, State};
use super::{ExchangeId, LIMIT, POINTS_DAY_PIN_MAX, handover_words, needs_pin, rewards, what};
use crate::app::App;
use crate::charity::grouped;
use crate::followers;
use crate::inbound::say_or_keep;
use crate::jobs::Job;
use crate::payments::draft::Payer;
use crate::vault::TenantKeys;
use crate::verbs::core_ctx;
use base::{Error, Refusal, Result, TenantId};
use corebank::rewards::{Exchange, ExchangeFate, ExchangeQuery, Exchanged, Handover};
use corebank::{AccountRef, CoreError, Ctx, CustNo, Day, Reject};
use db::{Scope, Tx};
use std::sync::Arc;

/// An offer is good for as long as any question waits.
const OFFER_MS: i64 = dialogue::PATIENCE_MS;
/// How long a slow core is waited for before the customer hears that it is being confirmed; the chat shows meanwhile that an
/// answer is on its way. Less than [`VALID_MS`].
const PATIENCE_MS: i64 = 7_000;
/// The core must not begin an exchange later than this after it was confirmed.
const VALID_MS: i64 = 8_000;
/// If the answer does not come, or the process dies, the job asks after this time: later than [`VALID_MS`].
const TAKE_UP_MS: i64 = 10_000;
/// Waits between questions of the job; the last one repeats until it is known, within a minute of the core's return.
const WAITS_MS: [i64; 3] = [15_000, 30_000, 45_000];

pub const NONE: Refusal = Refusal::missing("exchange.none", "没有找到这一笔，分没有动。");
pub const EXPIRED: Refusal =
    Refusal::gone("exchange.expired", "刚才的办理超过15分钟，我先收起来了，分没有动。");
pub const LEFT: Refusal = Refusal::conflict("exchange.left", "好，先不换，分没有动。");
pub const TRYING: Refusal =
    Refusal::conflict("exchange.trying", "⏳ 正在确认，请不要重复换。有结果马上告诉您。");
const PIN_FIRST: Refusal =
    Refusal::conflict("exchange.pin", "分没有动。这一笔要输密码，再说一次换什么。");
const REFUSED: Refusal = Refusal::conflict("exchange.refused", "没有换成，分没有动。");
/// What was taken once is not taken again.
pub const NOT_NOW: Refusal =
    Refusal::conflict("exchange.not_now", "这一笔已经换过了，分没有再动。");
const LEFT_WORD: &str = "left";
const EXPIRED_WORD: &str = "expired";
const MANUAL_WORDS: &str = "⏳ 这一笔工作人员正在核对，请不要重复换，有结果马上告诉您。";

/// What is known of an exchange after it was asked for.
enum Known {
    Done(Exchanged),
    /// For certain not, by its code.
    Refused(&'static str),
    /// The answer speaks of something else.
    Differs,
    Unknown,
}

/// The exchange as the core is told.
fn wanted(kept: &Kept, keys: &TenantKeys) -> Result<Exchange> {
    let target = kept.target(keys)?;
    let until = kept.valid_until.ok_or_else(|| Error::fault("exchanged without a limit"))?;
    let order = kept.order.clone();
    Ok(Exchange {
        cust: CustNo::new(&target.customer),
        card: AccountRef::new(&target.card),
        ware: order.ware,
        count: order.count,
        points: order.points,
        handover: order.handover,
        valid_until: until,
    })
}

fn ctx_of(app: &App, tenant: TenantId, kept: &Kept, patience_ms: i64) -> Ctx {
    let now = app.clock().now();
    let mut ctx = core_ctx(app, tenant, kept.follower.raw());
    ctx.deadline = ctx.deadline.min(now.plus_ms(patience_ms));
    ctx.channel = Some((kept.id.to_string(), Day::at(now)));
    ctx
}

fn code_of(reject: &Reject) -> &'static str {
    match reject {
        Reject::InsufficientFunds => "points.short",
        Reject::SoldOut => "ware.sold_out",
        Reject::NotEligible => "ware.changed",
        Reject::NotFound => "ware.missing",
        Reject::Expired => "core.fenced",
        _ => "core.refused",
    }
}

/// Why nothing was exchanged.
fn why_words(code: &str) -> &'static str {
    match code {
        "points.short" => "积分不够了。",
        "ware.sold_out" => "刚刚被换完了。",
        "ware.changed" => "要的分数和刚才说的不一样了，请重新说一遍。",
        "ware.missing" => "现在没有这一样了。",
        "core.fenced" => "银行系统没有接到，可以再换一次。",
        _ => "银行系统没有接受，请到网点问。",
    }
}

fn judged(made: Exchanged, wanted: &Exchange) -> Known {
    match made.differs(wanted) {
        Some(field) => {
            tracing::error!(field, "the core's answer speaks of another exchange");
            Known::Differs
        }
        None => Known::Done(made),
    }
}

/// Tells the core, once.
async fn tell_core(app: &App, tenant: TenantId, kept: &Kept, wanted: &Exchange) -> Result<Known> {
    let mut ctx = ctx_of(app, tenant, kept, PATIENCE_MS);
    ctx.request_id = Some(kept.id.to_string());
    Ok(match rewards(app)?.exchange(&ctx, wanted).await {
        Ok(made) => judged(made, wanted),
        // No verdict, and it may come again.
        Err(CoreError::Rejected(Reject::DayClosed { .. })) => Known::Unknown,
        Err(CoreError::Rejected(Reject::PayloadMismatch)) => Known::Differs,
        Err(CoreError::Rejected(reject)) => Known::Refused(code_of(&reject)),
        Err(e) => {
            metrics::counter!("weiyin_core_busy_total").increment(1);
            tracing::warn!(error = %e, "the core did not say what became of an exchange");
            Known::Unknown
        }
    })
}

/// Asks the core what became of it.
async fn ask_core(app: &App, tenant: TenantId, kept: &Kept, wanted: &Exchange) -> Result<Known> {
    let ctx = ctx_of(app, tenant, kept, app.config.core.deadline_ms);
    let fence = app.core.capabilities().fence;
    let ask = ExchangeQuery { request_id: kept.id.to_string(), fence };
    Ok(match rewards(app)?.exchanged(&ctx, &ask).await {
        Ok(ExchangeFate::Exchanged(made)) => judged(made, wanted),
        Ok(ExchangeFate::Rejected(Reject::PayloadMismatch)) => Known::Differs,
        Ok(ExchangeFate::Rejected(reject)) => Known::Refused(code_of(&reject)),
        Ok(ExchangeFate::Fenced) => Known::Refused("core.fenced"),
        // It may still come, or the question was not answered.
        Ok(ExchangeFate::NotFound) | Err(_) => Known::Unknown,
    })
}

fn record(tx: &Tx<'_>, kept: &Kept, known: &Known) -> Result<bool> {
    match known {
        Known::Done(made) => store::done(tx, kept, made),
        Known::Refused(code) => store::ended(tx, kept, State::Refused, code),
        Known::Differs => store::ended(tx, kept, State::Manual, "differs"),
        Known::Unknown => Ok(false),
    }
}

/// How an exchange is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Take {
    /// Confirmed in chat.
    Said,
    /// Proved with the PIN on a page.
    Proved,
    Leave,
}

/// What an exchange that is offered would be, for the page that asks for the PIN: what it is, and how many points.
///
/// # Errors
/// Refused when it is not offered to this follower any more.
pub async fn look(app: &Arc<App>, by: &Payer, id: ExchangeId) -> Result<(String, i64)> {
    let follower = by.follower;
    let unit = move |tx: &Tx<'_>| {
        Ok(store::by_id(tx, id)?.filter(|x| x.follower == follower).ok_or(NONE)?)
    };
    let kept = app.db.read(Scope::Tenant(by.tenant), unit).await?;
    if kept.state != State::Offered {
        told(&kept)?;
        return NOT_NOW.into();
    }
    let order = &kept.order;
    Ok((format!("{}，{}", what(order), handover_words(order.handover)), order.points))
}

/// Makes the exchange that was offered. Again, it tells what became of it: a second tap takes nothing more.
///
/// # Errors
/// Refused with what happened to the points.
pub async fn take(app: &Arc<App>, by: &Payer, id: ExchangeId, how: Take) -> Result<String> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let scope = Scope::Tenant(by.tenant);
    let (unit_keys, unit_by) = (keys.clone(), by.clone());
    let unit = move |tx: &Tx<'_>| {
        let kept = store::by_id(tx, id)?.filter(|x| x.follower == unit_by.follower).ok_or(NONE)?;
        if kept.state != State::Offered {
            return Ok((kept, false));
        }
        let is_over = tx.now().since(kept.offered_at) >= OFFER_MS;
        let is_left = how == Take::Leave;
        if is_left || is_over {
            store::leave(tx, kept.follower, if is_left { LEFT_WORD } else { EXPIRED_WORD })?;
            return Ok((store::by_id(tx, id)?.ok_or(NONE)?, false));
        }
        let customer = &unit_by.bound.customer;
        let used = store::used_on(tx, &unit_keys, customer, tx.now().china_day())?;
        let of_day = used + kept.order.points;
        if of_day > POINTS_DAY_PIN_MAX {
            return LIMIT.into();
        }
        if how == Take::Said && needs_pin(&unit_by, of_day, tx.now()) {
            return PIN_FIRST.into();
        }
        let (until, take_up) = (tx.now().plus_ms(VALID_MS), tx.now().plus_ms(TAKE_UP_MS));
        let ours = store::send(tx, &kept, until, take_up)?;
        Ok((store::by_id(tx, id)?.ok_or(NONE)?, ours))
    };
    let (kept, is_ours) = app.db.write(scope, unit).await?;
    if !is_ours {
        return told(&kept);
    }
    let wish = wanted(&kept, &keys)?;
    let known = tell_core(app, by.tenant, &kept, &wish).await?;
    let unit = move |tx: &Tx<'_>| {
        record(tx, &kept, &known)?;
        store::by_id(tx, id)?.ok_or_else(|| NONE.into())
    };
    told(&app.db.write(scope, unit).await?)
}

/// What is said of an exchange where it was confirmed.
fn told(kept: &Kept) -> Result<String> {
    match kept.state {
        State::Done => Ok(done_words(kept)),
        State::Sent => TRYING.into(),
        State::Offered => NONE.into(),
        State::Left => match kept.why.as_str() {
            LEFT_WORD => LEFT.into(),
            EXPIRED_WORD => EXPIRED.into(),
            _ => NONE.say("您后来又说了新的，请看聊天里新的那一条，分没有动。").into(),
        },
        State::Refused => {
            REFUSED.say(format!("没有换成，分没有动：{}", why_words(&kept.why))).into()
        }
        State::Manual => TRYING.say(MANUAL_WORDS).into(),
    }
}

fn done_words(kept: &Kept) -> String {
    let order = &kept.order;
    let how = match order.handover {
        Handover::Branch => "带身份证到网点领。",
        Handover::Post => "寄到信用卡的账单地址。",
        Handover::Mobile => "充到您的预留手机号。",
    };
    let left = kept.left.map(|n| format!("还有 {} 分。", grouped(n))).unwrap_or_default();
    let (what, points, serial) = (what(order), grouped(order.points), &kept.serial);
    format!("✔ 换好了：{what}，用了 {points} 分，{left}订单号 {serial}，{how}")
}

/// The job: asks until it is known what became of an exchange, and tells the customer.
///
/// # Errors
/// The database; the job runs again.
pub async fn settle_later(
    app: &Arc<App>,
    tenant: TenantId,
    id: ExchangeId,
    tried: usize,
) -> Result<()> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let found = app.db.read(Scope::Tenant(tenant), move |tx| store::by_id(tx, id)).await?;
    // Known by now: the customer was answered in the turn itself.
    let Some(kept) = found.filter(|x| x.state == State::Sent) else { return Ok(()) };
    let known = ask_core(app, tenant, &kept, &wanted(&kept, &keys)?).await?;
    if matches!(known, Known::Unknown) {
        let wait = WAITS_MS[tried.min(WAITS_MS.len() - 1)];
        let unit = move |tx: &Tx<'_>| {
            Job::SettleExchange { exchange: id, tried: tried + 1 }
                .enqueue(tx, tx.now().plus_ms(wait))
        };
        return app.db.write(Scope::Tenant(tenant), unit).await;
    }
    let follower = kept.follower;
    let unit = move |tx: &Tx<'_>| {
        let ours = record(tx, &kept, &known)?;
        Ok((ours, store::by_id(tx, id)?.ok_or(NONE)?))
    };
    let (ours, now) = app.db.write(Scope::Tenant(tenant), unit).await?;
    if !ours {
        return Ok(());
    }
    let words = match told(&now) {
        Ok(words) => words,
        Err(Error::Refused(no)) => no.words.into_owned(),
        Err(fault) => return Err(fault),
    };
    let at = followers::whereabouts(app, tenant, follower).await?;
    let Some((home, account, openid)) = at else { return Ok(()) };
    say_or_keep(app, home, follower, account, &openid, &words).await
}
