//! Notices before money goes by itself: some days before an agreement takes it (自动代扣、自动还款) it is asked what is owed, and the
//! day before a transfer that was ordered (定时转账); who is to have the money there hears of it.
//!
//! *Invariant.* At most one word for a due day: the row forgets the notice in the unit that enqueues the word. Nothing is owed:
//! nothing is said. Not for: paying; that is the due day's ([`super::orders`]).

use super::intent::Intent;
use super::orders::{self, OrderId};
use super::tell::{self, Card, Line};
use super::when::{When, day_words};
use super::{agreements, cardpay, standing, words};
use crate::app::App;
use crate::followers;
use crate::jobs::Job;
use crate::plans::Plans;
use base::{DAY_MS, Fen, Result, TenantId, Time};
use corebank::Day;
use db::{Scope, Tx, params};
use std::sync::Arc;

/// T−3: so long before its due day an agreement is told of.
const AHEAD_DAYS: i64 = 3;
/// A biller or core that is silent is asked again after this time.
const RETRY_MS: i64 = 30 * 60_000;

/// When the notice of a due day is given; none when it is too near.
pub(super) fn at(order: &Intent, when: When, due: Day, now: Time) -> Option<Time> {
    if !order.is_agreement() {
        return standing::told_at(when, due, now);
    }
    let at = when.at(due).plus_ms(-AHEAD_DAYS * DAY_MS);
    (at > now).then_some(at)
}

/// Has the notice of an order's next due day given at that time; never of a day that was told of.
pub(super) fn set(tx: &Tx<'_>, id: OrderId, at: Option<Time>) -> Result<()> {
    tx.exec(
        "UPDATE payment_order SET notice_at_ms = $1 WHERE tenant_id = $2 AND id = $3 AND notice_day <> due_day",
        params![at, tx.tenant(), id],
    )?;
    Ok(())
}

const PLANS: Plans = Plans {
    what: "notice",
    due: "SELECT tenant_id, id FROM payment_order WHERE notice_at_ms <= $1 ORDER BY notice_at_ms LIMIT $2",
    is_due: "SELECT COUNT(*) FROM payment_order WHERE tenant_id = $1 AND id = $2 AND notice_at_ms <= $3",
    put_off: "UPDATE payment_order SET notice_at_ms = $1 WHERE tenant_id = $2 AND id = $3 AND notice_at_ms <= $4",
};

/// Looks once at every notice that is due; how many could be looked at.
pub async fn run_due(app: &Arc<App>) -> Result<usize> {
    PLANS.run_due(app, |app, tenant, id| async move { come_due(&app, tenant, id).await }).await
}

pub(crate) async fn come_due(app: &Arc<App>, tenant: TenantId, id: OrderId) -> Result<()> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let behind = app.behind.clone();
    let unit = move |tx: &Tx<'_>| {
        if !PLANS.is_due(tx, id)? {
            return Ok(None);
        }
        let Some(seen) = orders::seen(tx, &keys, id)? else { return Ok(Some(None)) };
        let found = followers::store::by_id(tx, seen.follower)?;
        let bound = found.map(|f| f.open(&keys, &behind)).transpose()?.and_then(|s| s.bound);
        Ok(Some(Some((seen, bound))))
    };
    let Some(found) = app.db.read(Scope::Tenant(tenant), unit).await? else { return Ok(()) };
    let is_theirs = |b: &followers::Bound, seen: &orders::Seen| {
        let is_bound = b.binding.raw() == seen.binding || !seen.intent.is_agreement();
        b.customer == seen.intent.customer && is_bound && !b.is_frozen
    };
    let owed = match &found {
        Some((seen, Some(bound))) if is_theirs(bound, seen) => {
            let who = (tenant, seen.follower.raw());
            let owed = match &seen.home {
                Some(home) => agreements::owed(app, who, home).await,
                None if seen.intent.is_autopay() => cardpay::owed(app, who, &seen.intent).await?,
                None if !seen.intent.is_agreement() && seen.is_reminded => Some(seen.intent.amount),
                None => Some(Fen::ZERO),
            };
            let is_early = Day::at(app.clock().now()) < seen.due;
            match owed {
                None if is_early => return PLANS.put_off(app, tenant, id, RETRY_MS).await,
                owed => owed.unwrap_or(Fen::ZERO),
            }
        }
        _ => Fen::ZERO,
    };
    let due = found.map_or(0, |(seen, _)| seen.due.number());
    let unit = move |tx: &Tx<'_>| {
        let is_first = tx.exec_one(
            "UPDATE payment_order SET notice_at_ms = NULL, notice_fen = $1, notice_day = $2 \
             WHERE tenant_id = $3 AND id = $4 AND notice_at_ms <= $5",
            params![owed, due, tx.tenant(), id, tx.now()],
        )?;
        if is_first && owed > Fen::ZERO {
            Job::TellAhead { order: id, due }.enqueue(tx, tx.now())?;
        }
        Ok(())
    };
    app.db.write(Scope::Tenant(tenant), unit).await
}

/// Says in chat what will be taken, and when.
pub async fn tell(app: &Arc<App>, tenant: TenantId, id: OrderId, due: i64) -> Result<()> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let unit = move |tx: &Tx<'_>| {
        let owed: Option<Fen> = tx.opt(
            "SELECT notice_fen FROM payment_order WHERE tenant_id = $1 AND id = $2 AND state = 'live' AND notice_day = $3 \
             AND due_day = $3",
            params![tx.tenant(), id, due],
        )?;
        Ok(owed.zip(orders::seen(tx, &keys, id)?))
    };
    let Some((owed, seen)) = app.db.read(Scope::Tenant(tenant), unit).await? else {
        return Ok(());
    };
    if !seen.intent.is_agreement() {
        let told = transfer_words(&seen.intent, seen.due, seen.is_held);
        return tell::say(app, tenant, seen.follower, told, lines(&seen.intent, id)).await;
    }
    let told = words_of(&seen.intent, seen.due, owed);
    tell::say(app, tenant, seen.follower, told, Card::Stays).await
}

/// `12月15日 09:00`
fn at_words(order: &Intent, due: Day) -> String {
    let clock = order.when.map(|w| format!(" {:02}:{:02}", w.minute / 60, w.minute % 60));
    format!("{}{}", day_words(due), clock.unwrap_or_default())
}

/// 提醒：12月5日 09:00 转给李国强（建设银行 尾号0098） 500.00 元，从借记卡8821出，请留够钱。不想转了，说「撤销延时转账」。
/// The day by its date: the words may be read later.
fn transfer_words(order: &Intent, due: Day, is_held: bool) -> String {
    let (at, to, deed) = (at_words(order, due), order.product.to(), order.product.deed());
    let from = format!("{}{}", order.payer.label, order.payer.tail);
    format!(
        "提醒：{at} {to}{} {} 元，从{from}出，{}。不想{deed}了，说「撤销延时转账」。",
        words::whom(order),
        order.amount,
        if is_held { "钱已经留出来了" } else { "请留够钱" }
    )
}

/// What can be done about it: call it off, or, of one that repeats, pause it, and hear no more of it beforehand.
fn lines(order: &Intent, id: OrderId) -> Card {
    let line =
        |item, label: String| Line { item, slot: "order", value: id.raw().to_string(), label };
    let mut all = vec![line("transfer_cancel_one", format!("不{}了", order.product.deed()))];
    if order.when.is_some_and(When::is_repeated) {
        all.push(line("transfer_pause_one", "先停着".to_owned()));
        all.push(line("transfer_remind_off_one", "以后别提醒".to_owned()));
    }
    Card::Lines(all)
}

/// 提醒：12月15日 09:00 自动代扣老屋的电费，现在欠 86.00 元，从借记卡8821出，请留够钱。不想扣了，说「停掉代扣」。
fn words_of(signed: &Intent, due: Day, owed: Fen) -> String {
    let at = at_words(signed, due);
    let from = format!("{}{}", signed.payer.label, signed.payer.tail);
    if signed.is_autopay() {
        let what = cardpay::title(signed);
        return format!(
            "提醒：{at} {what} {owed} 元，从{from}出，请留够钱。不想扣了，说「取消自动还款」。"
        );
    }
    let what = agreements::title(signed);
    if owed > signed.amount {
        let most = signed.amount;
        return format!(
            "提醒：{what}现在欠 {owed} 元，超过您定的每次最多 {most} 元，{at} 不会自动扣，请您自己交。"
        );
    }
    format!(
        "提醒：{at} 自动代扣{what}，现在欠 {owed} 元，从{from}出，请留够钱。不想扣了，说「停掉代扣」。"
    )
}
