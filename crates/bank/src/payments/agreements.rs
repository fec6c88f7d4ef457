//! Agreements (自动代扣): an order whose sum is a limit. On its day the biller is asked what the household owes, and that much
//! is paid; more than the limit never is.
//!
//! *Invariants.* What is paid is what the biller says is owed, under its reference, so that the core takes a bill once; and one
//! payment for a due day, as of every order. A household that is being paid for by hand is left alone. Not for: the life of an
//! order (`orders`), reminders ([`crate::bills::remind`]).

use super::cardpay;
use super::draft::{self, Payer, Ready, Wish};
use super::due::{Came, LATER};
use super::intent::{Intent, Target};
use super::tell::{self, Card, Line};
use super::when::day_words;
use super::words;
use crate::app::App;
use crate::bills::{self, Home, pay_item};
use crate::vault::TenantKeys;
use base::{DAY_MS, Error, Fen, Result, TenantId};
use corebank::bills::BillAsk;
use corebank::money::Payee;
use corebank::{CoreError, Day, Reject};
use db::{Scope, Tx};
use std::sync::Arc;

/// So many days in a row too little money is looked for again; then it is the customer's turn.
pub(super) const AGAIN_MAX: i64 = 2;
pub(super) const OVER: &str = "bill.over";
pub(super) const NOTHING: &str = "bill.nothing";
/// Somebody pays it just now.
pub(super) const PAYING: &str = "bill.paying";
pub(super) const GONE: &str = "bill.gone";

/// Nobody needs to hear of it.
pub(super) fn is_quiet(outcome: &str) -> bool {
    matches!(outcome, NOTHING | PAYING)
}

/// What a household owes today; none while its biller is silent.
pub(super) async fn owed(
    app: &App,
    (tenant, follower): (TenantId, i64),
    home: &Home,
) -> Option<Fen> {
    let desk = app.core.bill_desk()?;
    let ctx = crate::verbs::core_ctx(app, tenant, follower);
    let ask = BillAsk { biller: home.biller.clone(), number: home.number.clone() };
    match desk.bill(&ctx, &ask).await {
        Ok(due) => Some(due.owed),
        // What is to be said of it is said on the day.
        Err(CoreError::Rejected(_)) => Some(Fen::ZERO),
        Err(_) => None,
    }
}

/// What a due day comes to: what is owed, and whether it can be paid.
pub(super) async fn come_due(
    app: &Arc<App>,
    by: &Payer,
    signed: &Intent,
    home: &Home,
) -> Result<Came> {
    let Some(desk) = app.core.bill_desk() else { return Ok(Came::No(GONE)) };
    let ctx = crate::verbs::core_ctx(app, by.tenant, by.follower.raw());
    let ask = BillAsk { biller: home.biller.clone(), number: home.number.clone() };
    let due = match desk.bill(&ctx, &ask).await {
        Ok(due) => due,
        Err(CoreError::Rejected(
            Reject::NotFound | Reject::Unsupported | Reject::Validation { .. },
        )) => return Ok(Came::No(GONE)),
        Err(e) => {
            tracing::warn!(error = %e, "a biller cannot be asked for an agreement");
            return Ok(Came::Later);
        }
    };
    let owed = if signed.is_top_up() { signed.amount } else { due.owed };
    if owed <= Fen::ZERO {
        return Ok(Came::No(NOTHING));
    }
    if owed > signed.amount {
        return Ok(Came::Owes(OVER, owed));
    }
    let payee =
        Payee::Biller { biller: home.biller.clone(), number: home.number.clone(), bill: due.bill };
    let wish = Wish {
        from: signed.payer.id.clone(),
        to: String::new(),
        amount: owed,
        purpose: signed.purpose.clone(),
        when: None,
    };
    let to = Target { payee, ..signed.to.clone() };
    match draft::settle(app, by, &wish, to).await {
        Err(Error::Refused(no)) if LATER.contains(&no.code) => Ok(Came::Later),
        Err(Error::Refused(no)) => Ok(Came::Owes(no.code, owed)),
        Err(fault) => Err(fault),
        Ok(ready) if ready.quote.fee > signed.fee => Ok(Came::Owes("fee", owed)),
        Ok(ready) => {
            let ready = Ready { home: Some(home.clone()), ..ready };
            Ok(Came::Ready(by.clone(), Box::new(ready)))
        }
    }
}

/// Whether the household is being paid for in this very moment, by hand or by another order: then why nothing is paid.
pub(super) fn in_the_way(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    customer: &str,
    home: &Home,
) -> Result<Option<&'static str>> {
    let since = tx.now().plus_ms(-DAY_MS);
    let last = bills::latest(tx, keys, customer, (&home.biller, &home.number), since)?;
    Ok(last.filter(|p| p.state.is_under_way()).map(|_| PAYING))
}

/// When an agreement's bills are paid: 每月15日 09:00 扣，第一次 12月15日
pub(super) fn when_words(intent: &Intent, when: super::When, first: Day) -> String {
    let how = if intent.is_top_up() { "充话费" } else { "查账单，欠多少扣多少" };
    format!("{} {how}，第一次 {}", when.words(), day_words(first))
}

/// 老屋 *芳（尾号0231）的电费
pub(super) fn title(signed: &Intent) -> String {
    format!("{}（尾号{}）的{}", signed.to.name, signed.to.tail, signed.purpose)
}

/// What is said to be stopped: 老屋 *芳（尾号0231）的电费自动代扣
pub(super) fn called(signed: &Intent) -> String {
    if signed.is_autopay() {
        cardpay::title(signed)
    } else {
        format!("{}自动代扣", title(signed))
    }
}

/// As the list has it: 老屋 *芳（尾号0231）的电费自动代扣，每次最多 200.00 元
fn listed(signed: &Intent) -> String {
    if signed.is_autopay() {
        return cardpay::title(signed);
    }
    format!("{}自动代扣，{} {} 元", title(signed), signed.each_time(), signed.amount)
}

/// A due day of an agreement on which nothing was paid.
pub(super) struct Unpaid<'a> {
    pub(super) day: Day,
    pub(super) code: &'a str,
    pub(super) owed: Option<Fen>,
    /// It is tried again the day after.
    pub(super) is_again: bool,
    /// What comes next, as a sentence.
    pub(super) then: &'a str,
}

/// What the chat says of it.
pub(super) fn not_paid(signed: &Intent, unpaid: &Unpaid<'_>) -> String {
    if signed.is_autopay() {
        return cardpay::not_paid(signed, unpaid);
    }
    let Unpaid { day, code, owed, is_again, then } = unpaid;
    let what = title(signed);
    let owed = owed.map(|owed| format!(" {owed} 元")).unwrap_or_default();
    let why = match *code {
        OVER => format!("超过您定的每次最多 {} 元", signed.amount),
        "missed" => "那天银行或收费单位的系统没有回话".to_owned(),
        GONE => format!("{}查不到这一户了", signed.to.bank),
        code => words::why(code).to_owned(),
    };
    let then = match *code {
        "balance.short" if *is_again => "明天再扣一次。".to_owned(),
        "unbound" => (*then).to_owned(),
        "balance.short" => format!("不再试了，请您自己交。{then}"),
        _ => format!("请您自己交。{then}"),
    };
    format!("✖ {}自动代扣没有扣钱：{what}{owed}，{why}。{then}", day_words(*day))
}

/// Says it, with the line that pays.
pub(super) async fn tell(
    app: &Arc<App>,
    tenant: TenantId,
    (follower, draft): (crate::followers::FollowerId, super::PaymentId),
    signed: &Intent,
    told: String,
) -> Result<()> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let customer = signed.customer.clone();
    let unit = move |tx: &Tx<'_>| {
        let Some(home) = bills::of_payment(tx, &keys, draft)? else { return Ok(None) };
        let all = bills::homes(tx, &keys, &customer)?;
        let same = |r: &&bills::Remembered| {
            (&r.home.biller, &r.home.number) == (&home.biller, &home.number)
        };
        let known = all.iter().find(same).map(|r| format!("home:{}", r.id.raw()));
        Ok(Some((home.kind, known.unwrap_or_default())))
    };
    let found = app.db.read(Scope::Tenant(tenant), unit).await?;
    let pays = |(kind, household)| Line::pays(pay_item(kind), household, String::new());
    let card = found.map_or(Card::Stays, |found| Card::Lines(vec![pays(found)]));
    tell::say(app, tenant, follower, told, card).await
}

/// An agreement as the chat lists it.
#[derive(Debug)]
pub struct Signed {
    pub id: super::orders::OrderId,
    /// As the list has it.
    pub what: String,
    pub limit: Fen,
    pub when: String,
    pub next: String,
    /// The biller and number of its household; of a card, its account.
    pub of: (String, String),
}

impl Signed {
    /// Of an order that is an agreement, and when it comes due next.
    pub(super) fn of(
        id: super::orders::OrderId,
        signed: &Intent,
        (when, next): (super::When, Day),
    ) -> Result<Self> {
        let of = match &signed.to.payee {
            Payee::Biller { biller, number, .. } => (biller.clone(), number.clone()),
            Payee::Here { account } => ("card".to_owned(), account.as_str().to_owned()),
            _ => return Err(Error::fault("an agreement without a biller")),
        };
        let (what, limit) = (listed(signed), signed.amount);
        Ok(Self { id, what, limit, when: when.words(), next: day_words(next), of })
    }
}
