//! Drawing a loan under a credit line (自助用款): the core says what may be drawn and what it comes to, and the draft is exactly that.
//!
//! Not for: giving a line, or booking the loan; the core does it when it books the payment, or refuses when it would be something
//! else. Paying it back is `loan`.

use super::draft::{self, Drafted, NO_MONEY, Payer, Wish, money, of_core};
use super::intent::Target;
use crate::app::App;
use crate::followers::BoundAccount;
use crate::verbs::{core_ctx, day_words, handle, rate_words};
use base::{Error, Fen, Refusal, Result};
use corebank::loans::{CreditLine, LineStop, Method};
use corebank::money::{DrawAsk, DrawTrial, Payee};
use corebank::{AccountRef, CoreError, CustNo, Reject};
use std::sync::Arc;

pub const WHICH: Refusal = Refusal::invalid("ask.line", "没有借款。您有几笔授信。");
pub const AMOUNT: Refusal = Refusal::invalid("ask.amount", "没有借款。金额不对。");
pub const TERM: Refusal = Refusal::invalid("ask.term", "没有借款。这个期限用不了。");
pub const METHOD: Refusal = Refusal::invalid("ask.method", "");
pub const NONE: Refusal =
    Refusal::missing("line.none", "没有借款。您名下没有可以用款的授信。想申请，说「我要贷款」。");
pub const OVERDUE: Refusal = Refusal::conflict(
    "line.overdue",
    "没有借款。您有贷款逾期没还，还清以后才能用款。现在就还，说「还贷款」。",
);
pub const CUT: Refusal = Refusal::forbidden(
    "line.cut",
    "没有借款。这笔授信银行暂停了用款，请问客户经理，说「客户经理」就能找到。",
);
pub const ENDED: Refusal = Refusal::gone(
    "line.ended",
    "没有借款。这笔授信到期了，续贷请问客户经理，说「客户经理」就能找到。",
);
pub const FULL: Refusal =
    Refusal::conflict("line.full", "没有借款。授信已经用完了，还了以后才能再用。");
const LACKS: &str = "没有借款。这家银行还不能在微信里用款，请到网点办。";

/// What is to be drawn, as far as it was said.
#[derive(Debug, Clone, Copy)]
pub struct Drawing<'a> {
    /// How the line is called: its handle, its tail, its place in the list; empty for the only one.
    pub line: &'a str,
    /// Short name of the account at call that gets it.
    pub into: &'a str,
    pub amount: Option<Fen>,
    pub months: Option<i64>,
    pub method: Option<Method>,
}

/// A draft of a draw, and what it comes to.
#[derive(Debug)]
pub struct DrawDraft {
    pub drafted: Drafted,
    pub line: CreditLine,
    pub trial: DrawTrial,
    pub method: Method,
}

/// Freezes a draw as the core's trial told it.
///
/// # Errors
/// Refused with what happened: nothing was borrowed. `ask.NAME` names the question to be asked, with what can be answered.
pub async fn draw(app: &Arc<App>, by: &Payer, asked: &Drawing<'_>) -> Result<DrawDraft> {
    if !app.core.capabilities().credit_lines {
        return NO_MONEY.say(LACKS).into();
    }
    let into = by.account(asked.into)?.clone();
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let all = app.core.credit_lines(&ctx, &CustNo::new(&by.bound.customer)).await;
    let line = pick(&all.map_err(of_core)?, asked.line)?;
    let (amount, months, method) = complete(&line, asked)?;
    let ask = DrawAsk { line: line.account.clone(), amount, months, method };
    let trial = money(app)?.draw_trial(&ctx, &ask).await.map_err(|e| not_drawn(e, &line))?;
    let from = BoundAccount {
        id: handle(&line.account),
        number: line.account.as_str().to_owned(),
        kind: "line".to_owned(),
        label: format!("{}授信", line.product),
        tail: line.tail.clone(),
    };
    let to = Target::own(
        format!("自己的{}", into.label),
        into.tail.clone(),
        Payee::Draw {
            account: AccountRef::new(&into.number),
            months,
            rate_bp: trial.rate_bp,
            method,
            ends_on: trial.ends_on,
        },
    );
    let wish = Wish {
        from: from.id.clone(),
        to: format!("drawn:{}", into.id),
        amount,
        purpose: terms(&trial, method),
        when: None,
    };
    let drafted = draft::wish_out_of(app, by, from, &wish, to).await?;
    Ok(DrawDraft { drafted, line, trial, method })
}

/// 年利率4.50%，按月付息到期还本，2027年5月23日到期
fn terms(trial: &DrawTrial, method: Method) -> String {
    let (rate, end) = (rate_words(trial.rate_bp), day_words(trial.ends_on));
    format!("年利率{rate}，{}，{end}到期", method.label())
}

/// Which of the customer's lines is meant; where it is not clear, the list of them. One that is stopped says why.
fn pick(all: &[CreditLine], said: &str) -> Result<CreditLine> {
    let open: Vec<&CreditLine> = all.iter().filter(|l| l.stopped.is_none()).collect();
    let among: Vec<&CreditLine> = if open.is_empty() { all.iter().collect() } else { open };
    let digits: String = said.chars().filter(char::is_ascii_digit).collect();
    let by_handle = || among.iter().find(|l| handle(&l.account) == said);
    let by_tail = || among.iter().find(|l| l.tail == digits);
    let by_place = || among.get(super::saving::place(said, among.len())?);
    let found = match among[..] {
        [] => return NONE.into(),
        [only] => Some(only),
        _ => by_handle().or_else(by_tail).or_else(by_place).copied(),
    };
    let Some(found) = found else { return WHICH.say(listed(&among)).into() };
    match found.stopped {
        Some(LineStop::Overdue) => OVERDUE.into(),
        Some(LineStop::Cut) => CUT.into(),
        Some(LineStop::Ended) => ENDED.into(),
        None if found.room < found.least => FULL.into(),
        None => Ok(found.clone()),
    }
}

fn listed(all: &[&CreditLine]) -> String {
    let mut words = format!("没有借款。您有{}笔授信：", all.len());
    for (n, l) in (1..).zip(all) {
        words.push_str(&format!("\n{n}. {}尾号{}，还能用 {} 元", l.product, l.tail, l.room));
    }
    words
}

/// What was said, or the question for what was not, with what may be answered.
fn complete(line: &CreditLine, asked: &Drawing<'_>) -> Result<(Fen, i64, Method)> {
    let Some(amount) = asked.amount else { return AMOUNT.say(can(line)).into() };
    if amount < line.least {
        return AMOUNT.say(format!("没有借款。一次最少用 {} 元。", line.least)).into();
    }
    if amount > line.room {
        return AMOUNT.say(format!("没有借款。这笔授信还能用 {} 元。", line.room)).into();
    }
    let Some(months) = asked.months else { return TERM.say("").into() };
    let Some(method) = asked.method.filter(|m| line.methods.contains(m)) else {
        return METHOD.into();
    };
    Ok((amount, months, method))
}

/// 惠农贷授信3301还能用 50,000.00 元，年利率4.50%，2028年11月23日前有效。
fn can(line: &CreditLine) -> String {
    format!(
        "{}授信{}还能用 {} 元，年利率{}，{}前有效，最少用 {} 元。",
        line.product,
        line.tail,
        line.room,
        rate_words(line.rate_bp),
        day_words(line.ends_on),
        line.least
    )
}

fn not_drawn(e: CoreError, line: &CreditLine) -> Error {
    match e {
        CoreError::Rejected(Reject::Validation { field: "months" }) => {
            let end = day_words(line.ends_on);
            TERM.say(format!("没有借款。这笔授信{end}到期，要在这之前还完。")).into()
        }
        CoreError::Rejected(Reject::Validation { field: "method" }) => METHOD.into(),
        CoreError::Rejected(Reject::Validation { .. } | Reject::LimitExceeded) => {
            AMOUNT.say(can(line)).into()
        }
        CoreError::Rejected(Reject::NotEligible) => CUT.into(),
        CoreError::Rejected(Reject::NotFound) => NONE.into(),
        CoreError::Rejected(Reject::Unsupported) => NO_MONEY.say(LACKS).into(),
        e => of_core(e),
    }
}

/// 每天利息约 2.50 元；第一期 12月23日还 75.00 元，全部利息 450.00 元，可以提前还。
pub fn comes_to(trial: &DrawTrial) -> String {
    let first = trial.first.amount().unwrap_or(trial.first.interest);
    let on = trial.first.due_on;
    format!(
        "每天利息约 {} 元。第一期 {}月{}日还 {first} 元，按期还完利息一共 {} 元，随时可以提前还。输密码就是同意借这笔钱。",
        trial.day_interest,
        on.month(),
        on.day(),
        trial.interest
    )
}
