//! Paying a loan back: the core says what it comes to (试算), and the draft is exactly that.
//!
//! Not for: the schedule; the core rewrites it when it books the repayment.

use super::draft::{self, Drafted, Payer, Wish, money, of_core};
use super::intent::Target;
use crate::app::App;
use crate::verbs::core_ctx;
use base::{Error, Fen, Refusal, Result};
use corebank::money::{LoanPart, LoanTrial, LoanTrialAsk, Payee};
use corebank::{AccountRef, CoreError, Reject};
use std::sync::Arc;

pub const AMOUNT: Refusal =
    Refusal::invalid("loan.amount", "没有扣钱。提前还一部分，请说还多少本金，比如「还一万」。");
pub const NOTHING: Refusal =
    Refusal::conflict("loan.nothing", "没有扣钱。这笔贷款现在没有要还的。");
pub const DUE_FIRST: Refusal =
    Refusal::conflict("loan.due_first", "没有扣钱。这笔贷款有到期没还的，要先还本期，再提前还。");
pub const TOO_MUCH: Refusal =
    Refusal::invalid("loan.too_much", "没有扣钱。比欠的本金多了。要一次还完，请说「全部结清」。");
pub const COUNTER: Refusal =
    Refusal::forbidden("loan.counter", "没有扣钱。这笔贷款要到网点还，请带身份证去。");

/// Which loan, and how much of it.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// Short name of the payer's account.
    pub from: &'a str,
    /// Short name of the loan.
    pub loan: &'a str,
    pub part: LoanPart,
    /// Principal ahead of time.
    pub ahead: Option<Fen>,
}

/// A draft of a repayment, and what it is made of.
#[derive(Debug)]
pub struct LoanDraft {
    pub drafted: Drafted,
    pub trial: LoanTrial,
}

/// Freezes a repayment as the core's trial told it.
///
/// # Errors
/// Refused with what happened to the money: nothing.
pub async fn draft(app: &Arc<App>, by: &Payer, asked: &Asked<'_>) -> Result<LoanDraft> {
    let is_it = |a: &&crate::followers::BoundAccount| a.id == asked.loan && a.kind == "loan";
    let Some(loan) = by.bound.accounts.iter().find(is_it) else {
        return crate::accounts::http::NO_ACCOUNT.into();
    };
    let ahead = match (asked.part, asked.ahead) {
        (LoanPart::Part, Some(ahead)) => ahead,
        (LoanPart::Part, None) => return AMOUNT.into(),
        _ => Fen::ZERO,
    };
    let account = AccountRef::new(&loan.number);
    let ask = LoanTrialAsk { account: account.clone(), part: asked.part, ahead };
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let trial = money(app)?.loan_trial(&ctx, &ask).await.map_err(|e| refused(e, asked.part))?;
    let total = trial.total().ok_or_else(|| Error::fault("a repayment is too large to count"))?;
    let to = Target::own(
        loan.label.clone(),
        loan.tail.clone(),
        Payee::Loan { account, part: asked.part, ahead },
    );
    let wish = Wish {
        from: asked.from.to_owned(),
        to: format!("loan:{}", asked.loan),
        amount: total,
        purpose: parts(&trial),
        when: None,
    };
    let drafted = draft::wish_for(app, by, &wish, to, None).await?;
    Ok(LoanDraft { drafted, trial })
}

fn refused(e: CoreError, part: LoanPart) -> Error {
    match e {
        CoreError::Rejected(Reject::NotEligible) if part == LoanPart::Part => DUE_FIRST.into(),
        CoreError::Rejected(Reject::NotEligible) => NOTHING.into(),
        CoreError::Rejected(Reject::Validation { .. }) => TOO_MUCH.into(),
        CoreError::Rejected(Reject::NotFound | Reject::Unsupported) => COUNTER.into(),
        e => of_core(e),
    }
}

/// 本金 1,000.00，利息 12.00，罚息 3.00
pub fn parts(trial: &LoanTrial) -> String {
    let some = |name: &str, sum: Fen| (sum > Fen::ZERO).then(|| format!("{name} {sum}"));
    let all =
        [some("本金", trial.principal), some("利息", trial.interest), some("罚息", trial.penalty)];
    all.into_iter().flatten().collect::<Vec<_>>().join("，")
}
