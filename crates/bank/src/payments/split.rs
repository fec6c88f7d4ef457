//! Instalments of credit cards (账单与消费分期): the core says what one costs, and the draft is exactly that.
//!
//! Not for: the bills after it; the core makes them. Nothing leaves an account: what is owed is asked for later, and costs a fee.

use super::draft::{self, Drafted, NO_MONEY, Payer, Wish, of_core};
use super::intent::Target;
use crate::app::App;
use crate::followers::BoundAccount;
use crate::verbs::{core_ctx, rate_words};
use base::{Error, Fen, Refusal, Result};
use corebank::instalments::PLAN_MONTHS;
use corebank::money::{Payee, SplitAsk, SplitTrial};
use corebank::{
    AccountRef, Bill, Card, CoreError, Ctx, Day, Flow, Line, LineId, Reject, StatementQuery,
    StatementRange,
};
use std::sync::Arc;

pub const TERM: Refusal = Refusal::invalid("ask.term", "");
pub const AMOUNT: Refusal = Refusal::invalid("ask.amount", "没有办，没有扣钱。金额不对。");
pub const WHICH: Refusal = Refusal::invalid("ask.which", "没有办，没有扣钱。");
pub const NOTHING: Refusal = Refusal::conflict(
    "split.nothing",
    "没有办，没有扣钱。这期账单没有能分期的：还清了、过了还款日、已经分过，或者太少。",
);
pub const NO_PURCHASE: Refusal = Refusal::conflict(
    "split.no_purchase",
    "没有办，没有扣钱。没有能单独分期的消费：要还没出账、没分过、满 300 元的。",
);
pub const COUNTER: Refusal = Refusal::forbidden(
    "split.counter",
    "没有办，没有扣钱。这张卡现在办不了分期，请到网点或打客服电话。",
);
const LACKS: &str = "没有办，没有扣钱。这家银行还不能在微信里办分期，请到网点办。";
/// Purchases that are looked at, and told of.
const LINES_MAX: usize = 20;
const TOLD_MAX: usize = 5;

/// What is to be split, as far as it was said.
#[derive(Debug, Clone, Copy)]
pub struct Splitting<'a> {
    /// Short name of the credit card.
    pub card: &'a str,
    /// One purchase instead of the bill.
    pub is_purchase: bool,
    /// Which purchase: its place in the list, or its sum; empty for the only one.
    pub which: &'a str,
    /// Of the bill, how much; none: all that is left of it. Of a purchase, its sum.
    pub amount: Option<Fen>,
    pub months: Option<i64>,
}

/// A draft of a plan, and what it comes to.
#[derive(Debug)]
pub struct SplitDraft {
    pub drafted: Drafted,
    pub trial: SplitTrial,
    pub months: i64,
    /// 11月5日账单, or 电器城的消费
    pub what: String,
}

/// What is meant: the purchase, none for the bill; how much; and in words.
struct Meant {
    line: Option<LineId>,
    amount: Fen,
    what: String,
}

/// Freezes a plan as the core's trial told it.
///
/// # Errors
/// Refused with what happened: nothing. `ask.NAME` names the question to be asked, with what can be answered.
pub async fn split(app: &Arc<App>, by: &Payer, asked: &Splitting<'_>) -> Result<SplitDraft> {
    if !app.core.capabilities().card_plans {
        return NO_MONEY.say(LACKS).into();
    }
    let found = by.bound.accounts.iter().find(|a| a.id == asked.card && a.kind == "credit");
    let Some(own) = found.cloned() else { return crate::accounts::http::NO_ACCOUNT.into() };
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let account = AccountRef::new(&own.number);
    let card = app.core.card(&ctx, &account).await.map_err(not_split)?;
    let meant = if asked.is_purchase {
        purchase(app, &ctx, &card, asked).await?
    } else {
        bill(app, &ctx, &account, asked.amount).await?
    };
    let Some(months) = asked.months.filter(|m| PLAN_MONTHS.contains(m)) else {
        return TERM.say(costs(app, &ctx, &account, &meant).await?).into();
    };
    let trial = tried(app, &ctx, &account, &meant, months).await.map_err(not_split)?;
    let what = if asked.is_purchase { "单笔分期" } else { "账单分期" };
    let to = Target::own(
        format!("{what}{months}期"),
        String::new(),
        Payee::Split { line: meant.line.clone(), months },
    );
    let wish = Wish {
        from: own.id.clone(),
        to: format!("split:{}", own.id),
        amount: meant.amount,
        purpose: terms(&trial, months),
        when: None,
    };
    let from = BoundAccount { label: own.label.clone(), ..own };
    let drafted = draft::wish_out_of(app, by, from, &wish, to).await?;
    Ok(SplitDraft { drafted, trial, months, what: meant.what })
}

async fn tried(
    app: &App,
    ctx: &Ctx,
    card: &AccountRef,
    meant: &Meant,
    months: i64,
) -> std::result::Result<SplitTrial, CoreError> {
    let Some(money) = app.core.money() else { return Err(Reject::Unsupported.into()) };
    let (line, amount) = (meant.line.clone(), meant.amount);
    let ask = SplitAsk { card: card.clone(), line, amount, months };
    money.split_trial(ctx, &ask).await
}

/// What is left of the last bill, or the part of it that was said.
async fn bill(app: &App, ctx: &Ctx, card: &AccountRef, amount: Option<Fen>) -> Result<Meant> {
    let bills = app.core.bills(ctx, card, 1).await.map_err(not_split)?;
    let open = bills.first().filter(|b| b.left() > Fen::ZERO);
    let Some(open) = open else { return NOTHING.into() };
    let left = open.left();
    let amount = amount.unwrap_or(left);
    if amount > left {
        return AMOUNT.say(format!("没有办，没有扣钱。这期账单还剩 {left} 元。")).into();
    }
    Ok(Meant { line: None, amount, what: what_of(open) })
}

/// 11月5日账单
fn what_of(bill: &Bill) -> String {
    let on = bill.bill.billed_on;
    format!("{}月{}日账单", on.month(), on.day())
}

/// The purchase that is meant, of those that may be split.
async fn purchase(app: &App, ctx: &Ctx, card: &Card, asked: &Splitting<'_>) -> Result<Meant> {
    let range = StatementRange {
        account: card.account.clone(),
        from: card.billed_on,
        to: Day::at(app.clock().now()),
        flow: Flow::Out,
        q: None,
    };
    let ask = StatementQuery { range, cursor: None, limit: LINES_MAX };
    let page = app.core.transactions(ctx, &ask).await.map_err(not_split)?;
    let mut fit = vec![];
    for line in page.lines {
        let meant = of_line(&line);
        match tried(app, ctx, &card.account, &meant, PLAN_MONTHS[0]).await {
            Ok(_) => fit.push(meant),
            Err(CoreError::Rejected(_)) => {}
            Err(e) => return Err(of_core(e)),
        }
        if fit.len() == TOLD_MAX {
            break;
        }
    }
    let by_sum = || fit.iter().position(|m| asked.amount == Some(m.amount));
    let by_place = || super::saving::place(asked.which, fit.len()).filter(|n| *n < fit.len());
    let at = match fit.len() {
        0 => return NO_PURCHASE.into(),
        1 if asked.amount.is_none() => Some(0),
        _ => by_sum().or_else(by_place),
    };
    match at {
        Some(at) => Ok(fit.swap_remove(at)),
        None => WHICH.say(listed(&fit)).into(),
    }
}

fn of_line(line: &Line) -> Meant {
    let shop = if line.counterparty.is_empty() { &line.label } else { &line.counterparty };
    let on = Day::at(line.at);
    let what = format!("{}月{}日{shop}的消费", on.month(), on.day());
    Meant { line: Some(line.id.clone()), amount: line.amount, what }
}

fn listed(all: &[Meant]) -> String {
    let mut words = format!("能分期的消费有{}笔：", all.len());
    for (n, m) in (1..).zip(all) {
        words.push_str(&format!("\n{n}. {} {} 元", m.what, m.amount));
    }
    words
}

/// What each term costs: said with the question for how many.
async fn costs(app: &App, ctx: &Ctx, card: &AccountRef, meant: &Meant) -> Result<String> {
    let mut words = format!("{} {} 元：", meant.what, meant.amount);
    for months in PLAN_MONTHS {
        let told = tried(app, ctx, card, meant, months).await.map_err(not_split)?;
        let (each, fees, year) = (told.each, told.fees, rate_words(told.yearly_bp));
        words.push_str(&format!("\n{months}期：每期 {each} 元，手续费共 {fees} 元，年化约{year}"));
    }
    Ok(words)
}

fn not_split(e: CoreError) -> Error {
    match e {
        CoreError::Rejected(Reject::NotEligible) => NOTHING.into(),
        CoreError::Rejected(Reject::Validation { field: "months" }) => TERM.into(),
        CoreError::Rejected(Reject::Validation { .. } | Reject::LimitExceeded) => {
            AMOUNT.say("没有办，没有扣钱。分期最少 300 元，最多是这期没还的数。").into()
        }
        CoreError::Rejected(Reject::NotFound | Reject::AccountNotActive) => COUNTER.into(),
        CoreError::Rejected(Reject::Unsupported) => NO_MONEY.say(LACKS).into(),
        e => of_core(e),
    }
}

/// 12期，每期 269.50 元，手续费共 234.00 元，年化约14.10%，第一期12月5日账单
fn terms(trial: &SplitTrial, months: i64) -> String {
    let first = trial.first_bill;
    format!(
        "{months}期，每期 {} 元，手续费共 {} 元，年化约{}，第一期{}月{}日账单",
        trial.each,
        trial.fees,
        rate_words(trial.yearly_bp),
        first.month(),
        first.day()
    )
}

/// 每期还 269.50 元（本金 250.00，手续费 19.50），…
pub fn comes_to(made: &SplitDraft, amount: Fen) -> String {
    let SplitDraft { trial, months, .. } = made;
    let first = trial.first_bill;
    format!(
        "{amount} 元（{}）分{months}期还：每期 {} 元（其中手续费 {} 元），手续费一共 {} 元，折合年化利率约{}（单利）。\
         第一期在{}月{}日的账单里。分了不能撤，提前还清请到网点。",
        amount.in_words(),
        trial.each,
        trial.fee,
        trial.fees,
        rate_words(trial.yearly_bp),
        first.month(),
        first.day()
    )
}
