//! A gift told to the core: its row first, then the call, then what came of it, and a job for what is not known.
//!
//! The gift's id is the request id, the same for ever. After silence the core is *asked*, with a fence where it has one; the
//! command is not sent again. Taking a gift back is a command of its own, which is sent until it is answered.

use super::store::{self, Gift, GiftState};
use super::{CLOSED, GiftId, POINTS_DAY_MAX, POINTS_DAY_PIN_MAX, gifts, grouped, lamp_words};
use crate::app::App;
use crate::followers::{self, FollowerId};
use crate::inbound::say_or_keep;
use crate::jobs::Job;
use crate::payments::draft::Payer;
use crate::staff::Staff;
use crate::verbs::core_ctx;
use base::{DAY_MS, Error, Refusal, Result, TenantId};
use corebank::gifts::{GiftFate, GiftQuery, Given, PointGift, ProjectRef};
use corebank::{AccountRef, CoreError, Ctx, CustNo, Day, Reject};
use db::{Scope, Tx};
use std::sync::Arc;

/// An offer is good for as long as any question waits.
const OFFER_MS: i64 = dialogue::PATIENCE_MS;
/// How long a slow core is waited for before the customer hears that it is being confirmed; the chat shows meanwhile that an
/// answer is on its way. Less than [`VALID_MS`].
const PATIENCE_MS: i64 = 7_000;
/// The core must not begin a gift later than this after it was confirmed.
pub(super) const VALID_MS: i64 = 8_000;
/// If the answer does not come, or the process dies, the job asks after this time: later than [`VALID_MS`].
pub(super) const TAKE_UP_MS: i64 = 10_000;
/// Waits between questions of the job; the last one repeats until it is known, within a minute of the core's return.
const WAITS_MS: [i64; 3] = [15_000, 30_000, 45_000];
const REASON_CHARS: std::ops::RangeInclusive<usize> = 2..=60;

pub const NONE: Refusal = Refusal::missing("gift.none", "没有找到这一笔，分没有动。");
pub const EXPIRED: Refusal =
    Refusal::gone("gift.expired", "刚才的办理超过15分钟，我先收起来了，分没有动。");
pub const LEFT: Refusal = Refusal::conflict("gift.left", "好，先不捐，分没有动。");
pub const TRYING: Refusal =
    Refusal::conflict("gift.trying", "⏳ 正在确认，请不要重复捐。有结果马上告诉您。");
const LIMIT: Refusal = Refusal::too_many("gift.limit", "分没有动。今天捐得够多了，明天再捐。");
const PIN_FIRST: Refusal =
    Refusal::conflict("gift.limit", "分没有动。一天捐超过 2,000 分要输密码，再说一次捐多少。");
/// From here on every thousandth lamp is said to be one, before it every hundredth.
const THOUSANDS_FROM: i64 = 1_000;
const REFUSED: Refusal = Refusal::conflict("gift.refused", "没有捐成，分没有动。");
pub const NOT_NOW: Refusal =
    Refusal::conflict("gift.not_now", "这一笔不是已捐出的状态，或者有人办过了");
pub const TOO_LATE: Refusal = Refusal::conflict("gift.too_late", "超过一天，不能撤回了");
pub const WHY: Refusal = Refusal::invalid("gift.reason", "请写明原因（2 到 60 个字）");
/// Why an offer was not taken.
const LEFT_WORD: &str = "left";
const EXPIRED_WORD: &str = "expired";
const MANUAL_WORDS: &str = "⏳ 这一笔工作人员正在核对，请不要重复捐，有结果马上告诉您。";

/// What is known of a gift after it was asked for.
enum Known {
    Given(Given),
    /// For certain not, by its code.
    Refused(&'static str),
    /// The answer speaks of something else.
    Differs,
    Unknown,
}

/// The gift as the core is told.
fn order(gift: &Gift, target: &store::Target) -> Result<PointGift> {
    let until = gift.valid_until.ok_or_else(|| Error::fault("a gift was sent without a limit"))?;
    Ok(PointGift {
        cust: CustNo::new(&target.customer),
        cards: target.cards.iter().map(AccountRef::new).collect(),
        project: ProjectRef { owner: gift.owner, code: gift.project.clone() },
        points: gift.points,
        valid_until: until,
    })
}

fn ctx_of(app: &App, tenant: TenantId, gift: &Gift, patience_ms: i64) -> Ctx {
    let now = app.clock().now();
    let mut ctx = core_ctx(app, tenant, gift.follower.raw());
    ctx.deadline = ctx.deadline.min(now.plus_ms(patience_ms));
    ctx.channel = Some((gift.id.to_string(), Day::at(now)));
    ctx
}

fn code_of(reject: &Reject) -> &'static str {
    match reject {
        Reject::InsufficientFunds => "points.short",
        Reject::NotFound => "charity.closed",
        Reject::Expired => "core.fenced",
        _ => "core.refused",
    }
}

/// Why nothing was given.
fn why_words(code: &str) -> &'static str {
    match code {
        "points.short" => "积分不够了。",
        "charity.closed" => "这个项目已经不收了。",
        "core.fenced" => "银行系统没有接到，可以再捐一次。",
        _ => "银行系统没有接受，请到网点问。",
    }
}

fn judged(given: Given, wanted: &PointGift) -> Known {
    match given.differs(wanted) {
        Some(field) => {
            tracing::error!(field, "the core's answer speaks of another gift");
            Known::Differs
        }
        None => Known::Given(given),
    }
}

/// Tells the core, once.
async fn tell_core(app: &App, tenant: TenantId, gift: &Gift, wanted: &PointGift) -> Result<Known> {
    let mut ctx = ctx_of(app, tenant, gift, PATIENCE_MS);
    ctx.request_id = Some(gift.id.to_string());
    Ok(match gifts(app)?.give_points(&ctx, wanted).await {
        Ok(given) => judged(given, wanted),
        // No verdict, and it may come again.
        Err(CoreError::Rejected(Reject::DayClosed { .. })) => Known::Unknown,
        Err(CoreError::Rejected(Reject::PayloadMismatch)) => Known::Differs,
        Err(CoreError::Rejected(reject)) => Known::Refused(code_of(&reject)),
        Err(e) => {
            metrics::counter!("weiyin_core_busy_total").increment(1);
            tracing::warn!(error = %e, "the core did not say what became of a gift");
            Known::Unknown
        }
    })
}

/// Asks the core what became of it.
async fn ask_core(app: &App, tenant: TenantId, gift: &Gift, wanted: &PointGift) -> Result<Known> {
    let ctx = ctx_of(app, tenant, gift, app.config.core.deadline_ms);
    let fence = app.core.capabilities().fence;
    let ask = GiftQuery { request_id: gift.id.to_string(), fence };
    Ok(match gifts(app)?.gift(&ctx, &ask).await {
        Ok(GiftFate::Given(given)) => judged(given, wanted),
        Ok(GiftFate::Rejected(Reject::PayloadMismatch)) => Known::Differs,
        Ok(GiftFate::Rejected(reject)) => Known::Refused(code_of(&reject)),
        Ok(GiftFate::Fenced) => Known::Refused("core.fenced"),
        // It may still come, or the question was not answered.
        Ok(GiftFate::NotFound) | Err(_) => Known::Unknown,
    })
}

fn record(tx: &Tx<'_>, gift: &Gift, known: &Known) -> Result<bool> {
    match known {
        Known::Given(given) => store::given(tx, gift, given),
        Known::Refused(code) => store::ended(tx, gift, GiftState::Refused, code),
        Known::Differs => store::ended(tx, gift, GiftState::Manual, "differs"),
        Known::Unknown => Ok(false),
    }
}

/// How a gift is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Take {
    /// Confirmed in chat: so many points a day.
    Said,
    /// Proved with the PIN on a page.
    Proved,
    Leave,
}

impl Take {
    const fn day_max(self) -> i64 {
        match self {
            Self::Proved => POINTS_DAY_PIN_MAX,
            Self::Said | Self::Leave => POINTS_DAY_MAX,
        }
    }
}

/// What a gift that is offered would be, for the page that asks for the PIN: to whom, and how many points.
///
/// # Errors
/// Refused when it is not offered to this follower any more.
pub async fn look(app: &Arc<App>, by: &Payer, id: GiftId) -> Result<(String, i64)> {
    let follower = by.follower;
    let unit = move |tx: &Tx<'_>| {
        Ok(store::by_id(tx, id)?.filter(|g| g.follower == follower).ok_or(NONE)?)
    };
    let gift = app.db.read(Scope::Tenant(by.tenant), unit).await?;
    if gift.state != GiftState::Offered {
        told(app, by.tenant, &gift)?;
        return NOT_NOW.say("这一笔已经捐过了，分没有再动。").into();
    }
    Ok((title(app, by.tenant, &gift), gift.points))
}

/// Makes the gift that was offered. Again, it tells what became of it: a second tap lights no second lamp.
///
/// # Errors
/// Refused with what happened to the points.
pub async fn give(app: &Arc<App>, by: &Payer, id: GiftId, take: Take) -> Result<String> {
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let scope = Scope::Tenant(by.tenant);
    let projects = super::visible(app, by.tenant);
    let unit_by = by.clone();
    let unit = move |tx: &Tx<'_>| {
        let gift = store::by_id(tx, id)?.filter(|g| g.follower == unit_by.follower).ok_or(NONE)?;
        if gift.state != GiftState::Offered {
            return Ok((gift, false));
        }
        let is_over = tx.now().since(gift.offered_at) >= OFFER_MS;
        let is_left = take == Take::Leave;
        if is_left || is_over {
            let why = if is_left { LEFT_WORD } else { EXPIRED_WORD };
            store::leave(tx, gift.follower, why)?;
            return Ok((store::by_id(tx, id)?.ok_or(NONE)?, false));
        }
        let today = tx.now().china_day();
        let is_open = |p: &&super::Project| {
            p.owner == gift.owner && p.code == gift.project && p.is_open_on(today)
        };
        if !projects.iter().any(|p| is_open(&p)) {
            return CLOSED.into();
        }
        let used = store::used_on(tx, &keys, &unit_by.bound.customer, today)?;
        if used + gift.points > take.day_max() {
            return if take == Take::Proved { LIMIT.into() } else { PIN_FIRST.into() };
        }
        let (until, take_up) = (tx.now().plus_ms(VALID_MS), tx.now().plus_ms(TAKE_UP_MS));
        let ours = store::send(tx, &gift, until, take_up)?;
        let gift = store::by_id(tx, id)?.ok_or(NONE)?;
        Ok((gift, ours))
    };
    let (gift, is_ours) = app.db.write(scope, unit).await?;
    if !is_ours {
        return told(app, by.tenant, &gift);
    }
    send(app, by.tenant, gift).await
}

/// Tells the core of a gift that is on its way, once; what is said of it.
pub(super) async fn send(app: &Arc<App>, tenant: TenantId, gift: Gift) -> Result<String> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let wanted = order(&gift, &gift.target(&keys)?)?;
    let known = tell_core(app, tenant, &gift, &wanted).await?;
    let unit = move |tx: &Tx<'_>| {
        record(tx, &gift, &known)?;
        store::by_id(tx, gift.id)?.ok_or_else(|| NONE.into())
    };
    let gift = app.db.write(Scope::Tenant(tenant), unit).await?;
    told(app, tenant, &gift)
}

/// The project of a follower's gift, as chats name it.
///
/// # Errors
/// The database.
pub async fn cause(app: &Arc<App>, by: &Payer, id: GiftId) -> Result<String> {
    let gift = app.db.read(Scope::Tenant(by.tenant), move |tx| store::by_id(tx, id)).await?;
    let all = super::visible(app, by.tenant);
    let of = |g: Gift| all.iter().find(|p| p.owner == g.owner && p.code == g.project);
    Ok(gift.and_then(of).map(super::Project::id).unwrap_or_default())
}

fn title(app: &App, tenant: TenantId, gift: &Gift) -> String {
    let all = super::visible(app, tenant);
    let found = all.iter().find(|p| p.owner == gift.owner && p.code == gift.project);
    found.map_or_else(|| gift.project.clone(), |p| p.title.clone())
}

/// What is said of a gift where it was confirmed.
fn told(app: &App, tenant: TenantId, gift: &Gift) -> Result<String> {
    match gift.state {
        GiftState::Given | GiftState::Voiding => Ok(done_words(app, tenant, gift)),
        GiftState::Sent => TRYING.into(),
        GiftState::Offered => NONE.into(),
        GiftState::Left => match gift.why.as_str() {
            LEFT_WORD => LEFT.into(),
            EXPIRED_WORD => EXPIRED.into(),
            _ => NONE.say("您后来又说了新的，请看聊天里新的那一条，分没有动。").into(),
        },
        GiftState::Refused => {
            REFUSED.say(format!("没有捐成，分没有动：{}", why_words(&gift.why))).into()
        }
        GiftState::Manual => TRYING.say(MANUAL_WORDS).into(),
        GiftState::Voided => REFUSED.say("这一笔已经撤回，分退回来了。").into(),
    }
}

/// What is said of a lamp whose number is round.
fn milestone(lamp: i64) -> String {
    let step = if lamp < THOUSANDS_FROM { 100 } else { THOUSANDS_FROM };
    if lamp > 0 && lamp % step == 0 {
        format!("您正好点亮了整 {} 盏！", grouped(lamp))
    } else {
        String::new()
    }
}

/// Puts the giver's masked name on the wall of lamps, or takes it off.
///
/// # Errors
/// Refused when it is no gift of theirs that was made; a core that does not answer.
pub async fn sign(app: &Arc<App>, by: &Payer, id: GiftId, is_named: bool) -> Result<()> {
    let name = if is_named {
        let ctx = core_ctx(app, by.tenant, by.follower.raw());
        let customer = app.core.customer(&ctx, &CustNo::new(&by.bound.customer)).await;
        Some(customer.map_err(super::of_core)?.name.to_string())
    } else {
        None
    };
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let follower = by.follower;
    let unit = move |tx: &Tx<'_>| store::sign(tx, &keys, follower, id, name.as_deref());
    if app.db.write(Scope::Tenant(by.tenant), unit).await? { Ok(()) } else { NONE.into() }
}

fn done_words(app: &App, tenant: TenantId, gift: &Gift) -> String {
    let lamp = lamp_words(&title(app, tenant, gift), gift.lamp.unwrap_or_default());
    let left = gift.left.map(|n| format!("还有 {} 分。", grouped(n))).unwrap_or_default();
    let milestone = gift.lamp.map(milestone).unwrap_or_default();
    format!("✔ 谢谢您，捐出 {} 分，这是{lamp}。{milestone}{left}", grouped(gift.points))
}

/// The job: asks until it is known what became of a gift, or of taking it back, and tells the customer.
///
/// # Errors
/// The database; the job runs again.
pub async fn settle_later(
    app: &Arc<App>,
    tenant: TenantId,
    id: GiftId,
    tried: usize,
) -> Result<()> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let found = app.db.read(Scope::Tenant(tenant), move |tx| store::by_id(tx, id)).await?;
    let Some(gift) = found else { return Ok(()) };
    let is_known = match gift.state {
        GiftState::Sent => {
            let wanted = order(&gift, &gift.target(&keys)?)?;
            let known = ask_core(app, tenant, &gift, &wanted).await?;
            settle(app, tenant, &gift, known).await?
        }
        GiftState::Voiding => settle_void(app, tenant, &gift).await?,
        // Known by now: the customer was answered in the turn itself.
        _ => true,
    };
    if is_known {
        return Ok(());
    }
    let wait = WAITS_MS[tried.min(WAITS_MS.len() - 1)];
    let unit = move |tx: &Tx<'_>| {
        Job::SettleGift { gift: id, tried: tried + 1 }.enqueue(tx, tx.now().plus_ms(wait))
    };
    app.db.write(Scope::Tenant(tenant), unit).await
}

/// Records what the core said of a gift and tells the customer; false when it said nothing.
async fn settle(app: &Arc<App>, tenant: TenantId, gift: &Gift, known: Known) -> Result<bool> {
    if matches!(known, Known::Unknown) {
        return Ok(false);
    }
    let unit_gift = gift.clone();
    let unit = move |tx: &Tx<'_>| {
        let ours = record(tx, &unit_gift, &known)?;
        Ok((ours, store::by_id(tx, unit_gift.id)?.ok_or(NONE)?))
    };
    let (ours, now) = app.db.write(Scope::Tenant(tenant), unit).await?;
    if ours {
        let words = match told(app, tenant, &now) {
            Ok(words) => words,
            Err(Error::Refused(no)) => no.words.into_owned(),
            Err(fault) => return Err(fault),
        };
        tell(app, tenant, gift.follower, &words).await?;
    }
    Ok(true)
}

/// Takes a gift back for a customer who regrets it.
///
/// # Errors
/// Refused when it is no gift of this institution that was made within a day.
pub async fn void(app: &Arc<App>, by: &Staff, id: GiftId, reason: &str) -> Result<()> {
    let reason = reason.trim().to_owned();
    if !REASON_CHARS.contains(&reason.chars().count()) {
        return WHY.into();
    }
    let (staff, tenant) = (by.id.raw(), by.tenant);
    let unit = move |tx: &Tx<'_>| {
        let gift = store::by_id(tx, id)?.ok_or(NONE)?;
        if gift.known_at.is_some_and(|at| tx.now().since(at) > DAY_MS) {
            return TOO_LATE.into();
        }
        let take_up = tx.now().plus_ms(TAKE_UP_MS);
        if store::begin_void(tx, &gift, (staff, &reason), take_up)? {
            Ok(gift)
        } else {
            NOT_NOW.into()
        }
    };
    let gift = app.db.write(Scope::Tenant(tenant), unit).await?;
    settle_void(app, tenant, &gift).await.map(|_| ())
}

/// Tells the core to take a gift back, under the same id each time; false while it says nothing.
async fn settle_void(app: &Arc<App>, tenant: TenantId, gift: &Gift) -> Result<bool> {
    let mut ctx = ctx_of(app, tenant, gift, app.config.core.deadline_ms);
    ctx.request_id = Some(format!("{}-V", gift.id));
    let (is_void, why) = match gifts(app)?.void_gift(&ctx, &gift.id.to_string()).await {
        Ok(given) => (given.is_void, ""),
        Err(CoreError::Rejected(Reject::DayClosed { .. })) => return Ok(false),
        Err(CoreError::Rejected(Reject::Expired)) => (false, "too_late"),
        Err(CoreError::Rejected(_)) => (false, "refused"),
        Err(_) => return Ok(false),
    };
    let unit_gift = gift.clone();
    let unit = move |tx: &Tx<'_>| store::end_void(tx, &unit_gift, is_void, why);
    if app.db.write(Scope::Tenant(tenant), unit).await? && is_void {
        let lamp = lamp_words(&title(app, tenant, gift), gift.lamp.unwrap_or_default());
        let points = grouped(gift.points);
        let words = format!("捐的 {points} 分已经退回您的积分，{lamp}的号作废。");
        tell(app, tenant, gift.follower, &words).await?;
    }
    Ok(true)
}

pub(super) async fn tell(
    app: &Arc<App>,
    tenant: TenantId,
    follower: FollowerId,
    words: &str,
) -> Result<()> {
    let at = followers::whereabouts(app, tenant, follower).await?;
    let Some((home, account, openid)) = at else { return Ok(()) };
    say_or_keep(app, home, follower, account, &openid, words).await
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn a_round_lamp_is_told_of_and_no_other() {
        for lamp in [0, 1, 99, 101, 1_100, 18_342] {
            assert_eq!(milestone(lamp), "", "{lamp}");
        }
        assert_eq!(milestone(100), "您正好点亮了整 100 盏！");
        assert_eq!(milestone(19_000), "您正好点亮了整 19,000 盏！");
    }
}
