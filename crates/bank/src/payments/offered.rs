//! Deposits on offer: the core says what there is of notice deposits and large certificates, and the draft is exactly that.
//!
//! Not for: counting a quota; the core does it when it books the payment, or says that it is sold out.

use super::draft::{self, Drafted, NO_MONEY, Payer, Wish, money, of_core};
use super::intent::Target;
use super::saving::{AMOUNT, TERM};
use crate::app::App;
use crate::verbs::{core_ctx, day_words, rate_words};
use base::{Error, Fen, Refusal, Result};
use corebank::deposits::{DepositKind, DepositOffer, at_maturity};
use corebank::money::Payee;
use corebank::{CoreError, Ctx, Day, Reject};
use dialogue::knowledge::months_words;
use std::sync::Arc;

pub const SOLD_OUT: Refusal = Refusal::conflict("offer.sold_out", "没有扣钱。卖完了。");
pub const NONE: Refusal = Refusal::missing("offer.none", "没有扣钱。现在没有大额存单可买。");
const LACKS: &str = "没有扣钱。这种存款还不能在微信里办，请带身份证到网点办。";

/// What is to be opened.
#[derive(Debug, Clone, Copy)]
pub struct Opening<'a> {
    /// Short name of the payer's account.
    pub from: &'a str,
    pub kind: DepositKind,
    /// Of a certificate; none for the only one there is.
    pub months: Option<i64>,
    pub amount: Fen,
}

/// What is on offer of one kind, or of all notice deposits.
///
/// # Errors
/// Refused where the core has none, or does not answer.
pub async fn offers(app: &App, ctx: &Ctx) -> Result<Vec<DepositOffer>> {
    match money(app)?.deposit_offers(ctx).await {
        Ok(all) => Ok(all),
        Err(CoreError::Rejected(Reject::Unsupported)) => NO_MONEY.say(LACKS).into(),
        Err(e) => Err(of_core(e)),
    }
}

/// Freezes a deposit as it is on offer, or says what else there is.
///
/// # Errors
/// Refused with what happened to the money: nothing. `ask.NAME` names the question to be asked anew.
pub async fn open(
    app: &Arc<App>,
    by: &Payer,
    asked: &Opening<'_>,
) -> Result<(Drafted, DepositOffer)> {
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let all = offers(app, &ctx).await?;
    let offer = pick(all, asked)?;
    let name = called(&offer);
    if asked.amount < offer.least {
        return AMOUNT.say(format!("没有扣钱。{name}最少存 {} 元。", offer.least)).into();
    }
    if let Some(left) = offer.left.filter(|left| *left < asked.amount) {
        return sold_out(&name, &offer, left).into();
    }
    let today = Day::at(app.clock().now());
    let matures_on = offer.months.map(|m| today.plus_months(m));
    let to = Target::own(
        name,
        String::new(),
        Payee::Offered { code: offer.code.clone(), rate_bp: offer.rate_bp, matures_on },
    );
    let wish = Wish {
        from: asked.from.to_owned(),
        to: format!("offer:{}", offer.code),
        amount: asked.amount,
        purpose: terms(&offer, asked.amount, today)?,
        when: None,
    };
    let drafted = draft::wish_for(app, by, &wish, to, None).await?;
    Ok((drafted, offer))
}

/// 七天通知存款, 大额存单3年
pub fn called(offer: &DepositOffer) -> String {
    let term = offer.months.map(months_words).unwrap_or_default();
    format!("{}{term}", offer.kind.label())
}

fn sold_out(name: &str, offer: &DepositOffer, left: Fen) -> Refusal {
    if left < offer.least {
        SOLD_OUT.say(format!("没有扣钱。{name}卖完了。换个期限，或说「存定期」。"))
    } else {
        AMOUNT.say(format!("没有扣钱。{name}只剩 {left} 元，少存一点还能买。"))
    }
}

/// The one that is meant: the kind's only one, or that of so many months, of several the one with the most left.
fn pick(all: Vec<DepositOffer>, asked: &Opening<'_>) -> Result<DepositOffer> {
    let of_kind: Vec<DepositOffer> = all.into_iter().filter(|o| o.kind == asked.kind).collect();
    let terms: Vec<String> = of_kind.iter().filter_map(|o| o.months).map(months_words).collect();
    if of_kind.is_empty() {
        return NONE.into();
    }
    let fits = |o: &DepositOffer| asked.months.is_none() || o.months == asked.months;
    let mut found: Vec<DepositOffer> = of_kind.into_iter().filter(fits).collect();
    found.sort_by_key(|o| std::cmp::Reverse(o.left.map_or(i64::MAX, Fen::fen)));
    let is_clear = found.iter().all(|o| o.months == found[0].months);
    match found.into_iter().next() {
        Some(offer) if is_clear => Ok(offer),
        _ => TERM.say(format!("没有扣钱。现在的大额存单有{}。", terms.join("、"))).into(),
    }
}

/// 年利率1.65%，2029年11月27日到期，利息 9,900.00 元，到期转活期
///
/// # Errors
/// A fault for a sum that is too large to count.
pub fn terms(offer: &DepositOffer, amount: Fen, today: Day) -> Result<String> {
    let rate = rate_words(offer.rate_bp);
    let Some(months) = offer.months else {
        let days = offer.kind.notice_days();
        return Ok(format!("年利率{rate}（按取那天的算），要取提前{days}天通知"));
    };
    let interest = at_maturity(amount, offer.rate_bp, months);
    let interest = interest.ok_or_else(|| Error::fault("a deposit is too large to count"))?;
    let end = day_words(today.plus_months(months));
    Ok(format!("年利率{rate}，{end}到期，利息 {interest} 元，到期转活期"))
}
