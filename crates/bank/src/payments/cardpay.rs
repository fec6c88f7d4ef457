//! Autopay of credit cards (信用卡自动还款): an agreement whose sum is the card's limit. On the due day what is left of the bill, or of
//! its minimum, is paid from the account that was signed for.
//!
//! *Invariant.* What is paid is what the core says is left to pay that day, so that who has paid by hand pays nothing twice. Not for:
//! the life of an order (`orders`), or what is told of it (`agreements`).

use super::draft::{self, Drafted, NO_MONEY, Payer, Wish, of_core};
use super::due::{Came, LATER};
use super::intent::Intent;
use super::when::When;
use super::{agreements, words};
use crate::app::App;
use crate::verbs::core_ctx;
use base::{Error, Fen, Refusal, Result, TenantId};
use corebank::money::Payee;
use corebank::{AccountRef, Bill, CoreError, Reject};
use std::sync::Arc;

pub const MODE: Refusal = Refusal::invalid("ask.mode", "");
const LACKS: &str = "没有设，没有扣钱。这家银行还不能在微信里设自动还款，请到网点办。";
/// Nine o'clock.
const MINUTE: i64 = 9 * 60;

/// How much of a bill is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Full,
    Least,
}

impl Part {
    /// As flows name it.
    pub fn of(said: &str) -> Option<Self> {
        match said {
            "full" => Some(Self::Full),
            "least" => Some(Self::Least),
            _ => None,
        }
    }
    /// As an agreement keeps it, and customers read it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Full => "全额",
            Self::Least => "最低还款额",
        }
    }
    fn of_word(word: &str) -> Result<Self> {
        [Self::Full, Self::Least]
            .into_iter()
            .find(|p| p.word() == word)
            .ok_or_else(|| Error::fault("an autopay of no known part"))
    }
    /// What of a bill is left to pay.
    fn left(self, bill: &Bill) -> Fen {
        let asked = match self {
            Self::Full => bill.bill.amount,
            Self::Least => bill.bill.minimum,
        };
        asked.checked_sub(bill.paid).unwrap_or(Fen::ZERO).max(Fen::ZERO)
    }
}

/// Freezes an agreement to pay the bills of `card`, on its due day of each month.
///
/// # Errors
/// Refused with what happened to the money: nothing.
pub async fn sign(
    app: &Arc<App>,
    by: &Payer,
    (from, card): (&str, &str),
    part: Part,
) -> Result<Drafted> {
    let to = draft::own(by, card)?;
    let Payee::Here { account } = &to.payee else {
        return crate::accounts::http::NO_ACCOUNT.into();
    };
    if !app.core.capabilities().credit_cards {
        return NO_MONEY.say(LACKS).into();
    }
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let terms = app.core.card(&ctx, account).await.map_err(|e| match e {
        CoreError::Rejected(Reject::Unsupported) => NO_MONEY.say(LACKS).into(),
        e => of_core(e),
    })?;
    let wish = Wish {
        from: from.to_owned(),
        to: format!("autopay:{card}"),
        // No bill asks for more.
        amount: terms.limit,
        purpose: part.word().to_owned(),
        when: Some(When::monthly(terms.due_day, MINUTE)),
    };
    draft::wish_for(app, by, &wish, to, None).await
}

/// What is left to pay of the signed card's bill today; none while nobody can say.
pub(super) async fn owed(
    app: &App,
    (tenant, follower): (TenantId, i64),
    signed: &Intent,
) -> Result<Option<Fen>> {
    let Payee::Here { account } = &signed.to.payee else {
        return Err(Error::fault("an autopay of no card"));
    };
    let part = Part::of_word(&signed.purpose)?;
    let ctx = core_ctx(app, tenant, follower);
    match app.core.bills(&ctx, account, 1).await {
        Ok(bills) => Ok(Some(bills.first().map_or(Fen::ZERO, |bill| part.left(bill)))),
        Err(CoreError::Rejected(reject)) => {
            tracing::warn!(%reject, "a card of an autopay cannot be asked about");
            Ok(Some(Fen::ZERO))
        }
        Err(e) => {
            tracing::warn!(error = %e, "a core cannot be asked for an autopay");
            Ok(None)
        }
    }
}

/// What a due day comes to: what is left to pay, and whether it can be paid.
pub(super) async fn come_due(app: &Arc<App>, by: &Payer, signed: &Intent) -> Result<Came> {
    let Some(owed) = owed(app, (by.tenant, by.follower.raw()), signed).await? else {
        return Ok(Came::Later);
    };
    if owed <= Fen::ZERO {
        return Ok(Came::No(agreements::NOTHING));
    }
    if owed > signed.amount {
        return Ok(Came::Owes(agreements::OVER, owed));
    }
    let is_it = |number: &str| signed.to.payee == Payee::Here { account: AccountRef::new(number) };
    let Some(card) = by.bound.accounts.iter().find(|a| is_it(&a.number)) else {
        return Ok(Came::No(crate::accounts::http::NO_ACCOUNT.code));
    };
    let wish = Wish {
        from: signed.payer.id.clone(),
        to: format!("own:{}", card.id),
        amount: owed,
        purpose: String::new(),
        when: None,
    };
    match draft::settle(app, by, &wish, signed.to.clone()).await {
        Err(Error::Refused(no)) if LATER.contains(&no.code) => Ok(Came::Later),
        Err(Error::Refused(no)) => Ok(Came::Owes(no.code, owed)),
        Err(fault) => Err(fault),
        Ok(ready) if ready.quote.fee > signed.fee => Ok(Came::Owes("fee", owed)),
        Ok(ready) => Ok(Came::Ready(by.clone(), Box::new(ready))),
    }
}

/// 信用卡4410自动还款（全额）
pub(super) fn title(signed: &Intent) -> String {
    format!("信用卡{}自动还款（{}）", signed.to.tail, signed.purpose)
}

/// What the chat says of a due day on which nothing was paid. `owed`: 1,268.40 元.
pub(super) fn not_paid(signed: &Intent, unpaid: &agreements::Unpaid<'_>) -> String {
    let day = super::when::day_words(unpaid.day);
    let owed = unpaid.owed.map(|owed| format!(" {owed} 元")).unwrap_or_default();
    let why = match unpaid.code {
        agreements::OVER => format!("超过了 {} 元", signed.amount),
        "missed" => "那天银行系统没有回话".to_owned(),
        code => words::why(code).to_owned(),
    };
    let then = match unpaid.code {
        "unbound" => "这个自动还款停了。".to_owned(),
        "balance.short" if unpaid.is_again => {
            "明天再扣一次。今天没还上要算逾期，最好现在说「还信用卡」自己还。".to_owned()
        }
        "balance.short" => format!("不再试了，请说「还信用卡」自己还。{}", unpaid.then),
        _ => format!("请说「还信用卡」自己还。{}", unpaid.then),
    };
    let tail = &signed.to.tail;
    format!("✖ {day}自动还款没有扣钱：信用卡{tail}{owed}，{why}。{then}")
}
