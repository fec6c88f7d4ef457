//! Points of a credit card exchanged for wares (积分兑换): what there is, the exchange that is offered, and the one that is made.
//!
//! The wares, their stock and the points are the core's ([`corebank::rewards`]). An exchange is offered in chat, confirmed there or
//! with the PIN on a page, and told to the core once under its own id; what the core has not answered is asked after until it is
//! known ([`take`]). *Invariants.* An order's number is said only after the core gave it; time alone never turns an unknown
//! exchange into a failure. Not for: points given away ([`crate::charity`]).

mod store;
pub mod take;
#[cfg(test)]
mod tests;

pub use take::settle_later;

use crate::app::App;
use crate::charity::grouped;
use crate::followers::BoundAccount;
use crate::payments::draft::Payer;
use crate::verbs::core_ctx;
use base::{DAY_MS, Error, Id, Named, Refusal, Result, TenantId, Time};
use corebank::rewards::{Handover, Rewards, Ware};
use corebank::{AccountRef, CoreError, Reject};
use db::{Scope, Tx};
use std::sync::Arc;
use store::{Order, Target};

#[derive(Debug)]
pub enum ExchangeRow {}
impl Named for ExchangeRow {
    const PREFIX: &'static str = "exc";
}
pub type ExchangeId = Id<ExchangeRow>;

const OFFER_WORD: &str = "offered";
/// Points of a customer's exchanges of one day that need no PIN, once they have been bound for so long.
const POINTS_DAY_MAX: i64 = 2_000;
const BOUND_MS: i64 = 30 * DAY_MS;
/// The same with the PIN.
const POINTS_DAY_PIN_MAX: i64 = 200_000;
/// Wares that one answer lists, and orders.
const WARES_SHOWN: usize = 8;
const ORDERS_SHOWN: i64 = 5;

pub const NO_REWARDS: Refusal = Refusal::unavailable(
    "core.lacks",
    "分没有动。这家银行还不能在微信里用积分换东西，请到网点问。",
);
pub const BUSY: Refusal =
    Refusal::unavailable("exchange.busy", "分没有动。银行系统没有回话，请过一会儿再换。");
pub const NO_WARE: Refusal =
    Refusal::missing("ware.missing", "分没有动。现在没有这一样，说「积分兑换」看看有什么。");
pub const SOLD_OUT: Refusal = Refusal::conflict("ware.sold_out", "分没有动。这一样换完了。");
pub const NOT_THAT_WAY: Refusal =
    Refusal::conflict("ware.handover", "分没有动。这一样不能这样拿。");
pub const SHORT: Refusal = Refusal::conflict("points.short", "分没有动。积分不够。");
pub const UNDER_WAY: Refusal =
    Refusal::conflict("exchange.under_way", "上一笔正在确认，请不要重复换。有结果马上告诉您。");
pub const LIMIT: Refusal =
    Refusal::too_many("exchange.limit", "分没有动。今天换得够多了，明天再换。");

pub(crate) fn rewards(app: &App) -> Result<&dyn Rewards> {
    app.core.rewards().ok_or_else(|| NO_REWARDS.into())
}

/// A core's no, before anything was exchanged.
fn of_core(e: CoreError) -> Error {
    match e {
        CoreError::Rejected(Reject::DayClosed { opens_at }) => {
            let no = Refusal::unavailable("core.maintenance", "银行正在结账");
            no.say(format!("分没有动。{}", crate::verbs::shut_words(opens_at))).into()
        }
        CoreError::Rejected(Reject::Unsupported) => NO_REWARDS.into(),
        e => {
            metrics::counter!("weiyin_core_busy_total").increment(1);
            tracing::warn!(error = %e, "the core did not answer before an exchange");
            BUSY.into()
        }
    }
}

/// 网点自提
pub fn handover_words(handover: Handover) -> &'static str {
    match handover {
        Handover::Branch => "网点自提",
        Handover::Post => "邮寄到账单地址",
        Handover::Mobile => "充到预留手机号",
    }
}

/// What a customer may be shown: what is left of what they named, and all there is where they named nothing that is here.
#[derive(Debug)]
pub struct Shelf {
    pub wares: Vec<Ware>,
    /// They named something, and it is not here.
    pub is_missing: bool,
}

/// What points buy now.
///
/// # Errors
/// Refused where the core has no wares or does not answer.
pub async fn shelf(app: &Arc<App>, tenant: TenantId, follower: i64, named: &str) -> Result<Shelf> {
    let all = rewards(app)?.wares(&core_ctx(app, tenant, follower)).await.map_err(of_core)?;
    let mut there: Vec<Ware> = all.into_iter().filter(|w| w.left > 0).collect();
    let is_it = |w: &Ware| named.split('|').any(|word| !word.is_empty() && w.name.contains(word));
    let is_missing = !named.is_empty() && !there.iter().any(is_it);
    if !named.is_empty() && !is_missing {
        there.retain(is_it);
    }
    there.truncate(WARES_SHOWN);
    Ok(Shelf { wares: there, is_missing })
}

/// What a customer asks for, in the chat's words.
#[derive(Debug, Clone, Copy)]
pub struct Wish<'w> {
    pub card: &'w str,
    pub ware: &'w str,
    pub count: i64,
    pub handover: Option<Handover>,
}

/// An exchange to be confirmed.
#[derive(Debug)]
pub struct Offered {
    pub id: ExchangeId,
    pub words: String,
    /// It wants the PIN, on a page.
    pub needs_pin: bool,
    /// The ware where it may be sent by post instead.
    pub by_post: Option<String>,
}

/// Offers an exchange.
///
/// # Errors
/// Refused where it cannot be made now; nothing was taken.
pub async fn offer(app: &Arc<App>, by: &Payer, wish: Wish<'_>) -> Result<Offered> {
    let card = own_card(by, wish.card)?;
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let all = rewards(app)?.wares(&ctx).await.map_err(of_core)?;
    let ware = all.into_iter().find(|w| w.code == wish.ware).ok_or(NO_WARE)?;
    let handover = chosen(&ware, wish.handover)?;
    if ware.left < wish.count {
        return match ware.left {
            0 => SOLD_OUT.into(),
            left => SOLD_OUT.say(format!("分没有动。{}只剩 {left} 份。", ware.name)).into(),
        };
    }
    let points = ware.points.checked_mul(wish.count).ok_or_else(|| Error::fault("points"))?;
    let held = app.core.points(&ctx, &AccountRef::new(&card.number)).await.map_err(of_core)?;
    if held.total < points {
        let (short, total) = (grouped(points - held.total), grouped(held.total));
        let words =
            format!("分没有动。差 {short} 分：要 {} 分，您有 {total} 分。", grouped(points));
        return SHORT.say(words).into();
    }
    let can_post = handover != Handover::Post && ware.handovers.contains(&Handover::Post);
    let by_post = can_post.then(|| ware.code.clone());
    let order = Order { ware: ware.code, name: ware.name, count: wish.count, points, handover };
    let target = Target { customer: by.bound.customer.clone(), card: card.number.clone() };
    let words = format!(
        "用{}{}的 {} 分换{}，{}。换了分不退。",
        card.label,
        card.tail,
        grouped(points),
        what(&order),
        handover_words(handover)
    );
    let keys = app.vault.tenant(&app.db, by.tenant).await?;
    let unit_by = by.clone();
    let unit = move |tx: &Tx<'_>| {
        if store::is_under_way(tx, unit_by.follower)? {
            return UNDER_WAY.into();
        }
        let customer = &unit_by.bound.customer;
        let used = store::used_on(tx, &keys, customer, tx.now().china_day())?;
        if used + order.points > POINTS_DAY_PIN_MAX {
            return LIMIT.into();
        }
        let needs_pin = needs_pin(&unit_by, used + order.points, tx.now());
        let whose = (unit_by.follower, unit_by.bound.binding.raw());
        Ok((store::offer(tx, &keys, whose, &order, &target)?, needs_pin))
    };
    let (id, needs_pin) = app.db.write(Scope::Tenant(by.tenant), unit).await?;
    let why = if needs_pin { "这一笔要输密码。" } else { "" };
    Ok(Offered { id, words: format!("{words}{why}"), needs_pin, by_post })
}

/// Small ones of who has been bound for a while need no PIN.
fn needs_pin(by: &Payer, points_of_day: i64, now: Time) -> bool {
    points_of_day > POINTS_DAY_MAX || now.since(by.bound.since) < BOUND_MS
}

fn own_card<'b>(by: &'b Payer, card: &str) -> Result<&'b BoundAccount> {
    let own = by.bound.accounts.iter().find(|a| a.kind == "credit" && a.id == card);
    own.ok_or_else(|| Refusal::missing("account.missing", "分没有动。没有找到这张信用卡。").into())
}

/// The usual way, or the one that was said.
fn chosen(ware: &Ware, said: Option<Handover>) -> Result<Handover> {
    match (said, &ware.handovers[..]) {
        (Some(said), all) if all.contains(&said) => Ok(said),
        (None, [first, ..]) => Ok(*first),
        (None, []) => NOT_THAT_WAY.into(),
        (Some(_), all) => {
            let ways: Vec<_> = all.iter().map(|h| handover_words(*h)).collect();
            let words = format!("分没有动。{}只能{}。", ware.name, ways.join("或"));
            NOT_THAT_WAY.say(words).into()
        }
    }
}

/// 洗衣液 2 份
fn what(order: &Order) -> String {
    format!("{} {} 份", order.name, order.count)
}

/// An order as the chat lists it.
#[derive(Debug)]
pub struct Listed {
    pub at: Time,
    pub what: String,
    pub note: String,
}

/// A customer's latest exchanges, the newest first.
///
/// # Errors
/// The database.
pub async fn orders(app: &Arc<App>, tenant: TenantId, customer: &str) -> Result<Vec<Listed>> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let customer = customer.to_owned();
    let unit = move |tx: &Tx<'_>| store::of_customer(tx, &keys, &customer, ORDERS_SHOWN);
    let one = |kept: store::Kept| {
        let how = handover_words(kept.order.handover);
        let note = match kept.state {
            store::State::Done => format!("订单号 {}，{how}", kept.serial),
            _ => "正在确认".to_owned(),
        };
        let what = format!("{}，{} 分", what(&kept.order), grouped(kept.order.points));
        Listed { at: kept.known_at.unwrap_or(kept.offered_at), what, note }
    };
    Ok(app.db.read(Scope::Tenant(tenant), unit).await?.into_iter().map(one).collect())
}
