//! Time deposits: the core says what one brings, or what taking money out of one comes to, and the draft is exactly that.
//!
//! Not for: opening or closing them; the core does it when it books the payment, or refuses when it would be something else.

use super::draft::{self, Drafted, NO_MONEY, Payer, Wish, money, of_core};
use super::intent::Target;
use crate::app::App;
use crate::followers::BoundAccount;
use crate::verbs::{core_ctx, day_words, handle, rate_words};
use base::{Error, Fen, Refusal, Result};
use corebank::deposits::{Form, Renewal, TermDeposit};
use corebank::money::{DepositAsk, DepositQuote, Payee, WithdrawalAsk, WithdrawalTrial};
use corebank::{AccountRef, CoreError, CustNo, Day, Reject};
use dialogue::knowledge::months_words;
use std::sync::Arc;

pub const TERM: Refusal = Refusal::invalid("ask.term", "没有扣钱。没有这个存期。");
pub const AMOUNT: Refusal = Refusal::invalid("ask.amount", "没有扣钱。金额不对。");
pub const WHICH: Refusal = Refusal::invalid("ask.deposit", "没有扣钱。您有几笔定期。");
pub const NONE: Refusal =
    Refusal::missing("deposit.none", "没有扣钱。您名下没有能在微信里取的定期。");
pub const COUNTER: Refusal = Refusal::forbidden(
    "deposit.counter",
    "没有扣钱。纸质存单请带身份证和存单到网点取；通知存款说「取通知存款」。",
);
pub const NO_NOTICE: Refusal =
    Refusal::missing("deposit.none", "没有扣钱。您没有能在微信里取的通知存款。");
const LACKS: &str = "没有扣钱。这家银行的定期还不能在微信里办，请带身份证到网点办。";
/// Terms that are told of when another was asked for, in months.
const TERMS: [i64; 6] = [3, 6, 12, 24, 36, 60];

/// What is to be opened.
#[derive(Debug, Clone, Copy)]
pub struct Opening<'a> {
    /// Short name of the payer's account.
    pub from: &'a str,
    pub months: i64,
    pub amount: Fen,
    /// Opened again for the same term when it matures.
    pub renews: bool,
}

/// Freezes a deposit as the core's quote told it, or says what else there is.
///
/// # Errors
/// Refused with what happened to the money: nothing. `ask.NAME` names the question to be asked anew.
pub async fn open(
    app: &Arc<App>,
    by: &Payer,
    asked: &Opening<'_>,
) -> Result<(Drafted, DepositQuote)> {
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let ask = DepositAsk { amount: asked.amount, months: asked.months };
    let quote = match money(app)?.deposit_quote(&ctx, &ask).await {
        Ok(quote) => quote,
        Err(CoreError::Rejected(Reject::Validation { field: "months" })) => return no_term(),
        Err(CoreError::Rejected(Reject::Validation { .. })) => return AMOUNT.into(),
        Err(CoreError::Rejected(Reject::Unsupported)) => return NO_MONEY.say(LACKS).into(),
        Err(e) => return Err(of_core(e)),
    };
    if asked.amount < quote.least {
        return AMOUNT.say(format!("没有扣钱。定期最少存 {} 元。", quote.least)).into();
    }
    let renewal = if asked.renews { Renewal::SameTerm } else { Renewal::Off };
    let to = Target::own(
        format!("定期{}", months_words(asked.months)),
        String::new(),
        Payee::Deposit {
            months: asked.months,
            rate_bp: quote.rate_bp,
            matures_on: quote.matures_on,
            renewal,
        },
    );
    let wish = Wish {
        from: asked.from.to_owned(),
        to: format!("deposit:{}", asked.months),
        amount: asked.amount,
        purpose: terms(&quote, asked.renews),
        when: None,
    };
    let drafted = draft::wish_for(app, by, &wish, to, None).await?;
    Ok((drafted, quote))
}

fn no_term<T>() -> Result<T> {
    let all = TERMS.map(months_words).join("、");
    TERM.say(format!("没有扣钱。没有这个存期，定期有{all}。")).into()
}

/// 年利率1.20%，2027年11月23日到期，利息 120.00 元，到期自动转存
pub fn terms(quote: &DepositQuote, renews: bool) -> String {
    let then = if renews { "到期自动转存" } else { "到期转活期" };
    let (rate, end) = (rate_words(quote.rate_bp), day_words(quote.matures_on));
    format!("年利率{rate}，{end}到期，利息 {} 元，{then}", quote.interest)
}

/// What is to be taken out.
#[derive(Debug, Clone, Copy)]
pub struct Taking<'a> {
    /// How the deposit is called: its handle, its tail, its place in the list; empty for the only one.
    pub deposit: &'a str,
    /// It is one with notice.
    pub is_notice: bool,
    /// Short name of the account at call that gets it.
    pub into: &'a str,
    /// Principal; none: all of it.
    pub amount: Option<Fen>,
}

/// A draft of what is taken out, and what it is made of.
#[derive(Debug)]
pub struct TakingDraft {
    pub drafted: Drafted,
    pub trial: WithdrawalTrial,
    /// The deposit as chats know it.
    pub deposit: String,
    /// In the customer's words what it comes to.
    pub comes_to: String,
}

/// Freezes what is taken out as the core's trial told it.
///
/// # Errors
/// Refused with what happened to the money: nothing. `ask.NAME` names the question to be asked anew.
pub async fn take(app: &Arc<App>, by: &Payer, asked: &Taking<'_>) -> Result<TakingDraft> {
    if !app.core.capabilities().term_deposits {
        return NO_MONEY.say(LACKS).into();
    }
    let into = by.account(asked.into)?.clone();
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let all = app.core.term_deposits(&ctx, &CustNo::new(&by.bound.customer)).await;
    let deposit = pick(&all.map_err(of_core)?, asked.deposit, asked.is_notice)?;
    let ask = WithdrawalAsk { account: deposit.account.clone(), amount: asked.amount };
    let trial = money(app)?.withdrawal_trial(&ctx, &ask).await;
    let trial = trial.map_err(|e| not_taken(e, &deposit))?;
    let from = BoundAccount {
        id: handle(&deposit.account),
        number: deposit.account.as_str().to_owned(),
        kind: "deposit".to_owned(),
        label: deposit.kind.label().to_owned(),
        tail: deposit.tail.clone(),
    };
    let to = Target::own(
        format!("自己的{}", into.label),
        into.tail.clone(),
        Payee::Withdrawal { account: AccountRef::new(&into.number), interest: trial.interest },
    );
    let wish = Wish {
        from: from.id.clone(),
        to: format!("taken:{}", into.id),
        amount: trial.amount,
        purpose: format!("另付利息 {} 元", trial.interest),
        when: None,
    };
    let id = from.id.clone();
    let drafted = draft::wish_out_of(app, by, from, &wish, to).await?;
    let today = Day::at(app.clock().now());
    let comes_to = if deposit.kind.is_notice() {
        notice_comes_to(&trial, &deposit, asked.amount)
    } else {
        comes_to(&trial, today)
    };
    Ok(TakingDraft { drafted, trial, deposit: id, comes_to })
}

/// Which of the customer's deposits is meant; where it is not clear, the list of them.
fn pick(all: &[TermDeposit], said: &str, is_notice: bool) -> Result<TermDeposit> {
    let is_taken_here =
        |d: &&TermDeposit| d.kind.is_notice() == is_notice && d.form == Form::Electronic;
    let here: Vec<&TermDeposit> = all.iter().filter(is_taken_here).collect();
    let digits: String = said.chars().filter(char::is_ascii_digit).collect();
    let by_handle = || here.iter().find(|d| handle(&d.account) == said);
    let by_tail = || here.iter().find(|d| d.tail == digits);
    let by_place = || here.get(place(said, here.len())?);
    let found = match here[..] {
        [] if is_notice => return NO_NOTICE.into(),
        [] if all.is_empty() => return NONE.into(),
        [] => return COUNTER.into(),
        [only] if said.is_empty() => Some(only),
        _ => by_handle().or_else(by_tail).or_else(by_place).copied(),
    };
    let Some(found) = found else { return WHICH.say(listed(&here)).into() };
    Ok(found.clone())
}

/// 第二笔, 2: a place in a list of so many, from 0.
pub(super) fn place(said: &str, of: usize) -> Option<usize> {
    let said = nlu::normalise(said);
    let nth = nlu::slots::ordinal(&said).and_then(|(o, _)| o.index(of));
    nth.or_else(|| usize::try_from(nlu::slots::bare_number(&said)?).ok()?.checked_sub(1))
}

fn listed(all: &[&TermDeposit]) -> String {
    let kind = if all.iter().any(|d| d.kind.is_notice()) { "通知存款" } else { "定期" };
    let mut words = format!("没有扣钱。您有{}笔{kind}：", all.len());
    for (n, d) in (1..).zip(all) {
        let end = d.matures_on.map(|end| format!("，{}到期", day_words(end)));
        let end = end.unwrap_or_default();
        words.push_str(&format!("\n{n}. 尾号{} {} 元{end}", d.tail, d.principal));
    }
    words
}

fn not_taken(e: CoreError, deposit: &TermDeposit) -> Error {
    let amount = || {
        let (kind, has) = (deposit.kind.label(), deposit.principal);
        let words =
            format!("没有扣钱。这笔{kind}有 {has} 元，可以全取；取一部分的，剩下的要够起存金额。");
        AMOUNT.say(words).into()
    };
    match e {
        CoreError::Rejected(Reject::Validation { .. } | Reject::NotEligible) => amount(),
        CoreError::Rejected(Reject::CounterOnly) => COUNTER.into(),
        CoreError::Rejected(Reject::NotFound) => NONE.into(),
        CoreError::Rejected(Reject::Unsupported) => NO_MONEY.say(LACKS).into(),
        e => of_core(e),
    }
}

/// 没到期按活期0.05%算，利息 14.86 元，比存到2027年4月23日少 660.14 元。全部取出。
pub fn comes_to(trial: &WithdrawalTrial, today: Day) -> String {
    let interest = if trial.matures_on <= today {
        format!("已经到期，利息 {} 元", trial.interest)
    } else {
        format!(
            "没到期按活期{}算，利息 {} 元，比存到{}少 {} 元",
            rate_words(trial.rate_bp),
            trial.interest,
            day_words(trial.matures_on),
            trial.lost
        )
    };
    let rest = if trial.left == Fen::ZERO {
        "全部取出".to_owned()
    } else {
        format!("剩下 {} 元，利率和到期日不变", trial.left)
    };
    format!("{interest}。{rest}。")
}

/// The same of a notice deposit, of which `asked` was to be taken.
fn notice_comes_to(trial: &WithdrawalTrial, deposit: &TermDeposit, asked: Option<Fen>) -> String {
    let (own, call) = (rate_words(deposit.rate_bp), rate_words(deposit.today_rate_bp));
    let due = day_words(trial.matures_on);
    let interest = match trial.at_own {
        own_part if own_part == trial.amount => {
            format!("到了通知的日子，按{own}算，利息 {} 元", trial.interest)
        }
        Fen::ZERO => {
            let told = if deposit.notice.is_some() { "等到" } else { "今天通知、" };
            let (interest, lost) = (trial.interest, trial.lost);
            format!(
                "没到通知的日子，按活期{call}算，利息 {interest} 元，比{told}{due}取少 {lost} 元以上"
            )
        }
        part => format!(
            "{part} 元到了通知的日子，按{own}算；多取的按活期{call}算。利息共 {} 元",
            trial.interest
        ),
    };
    let rest = match (trial.left, asked) {
        (Fen::ZERO, Some(asked)) if asked < trial.amount => {
            "剩下的不够5万元，一起取出，这笔就结清了".to_owned()
        }
        (Fen::ZERO, _) => "全部取出".to_owned(),
        (left, _) => format!("剩下 {left} 元接着存，从原来那天算起"),
    };
    format!("{interest}。{rest}。")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_list_is_read_as_people_say_it() {
        for (said, want) in [
            ("第二笔", Some(1)),
            ("1", Some(0)),
            ("最后一笔", Some(2)),
            ("第五笔", None),
            ("都行", None),
        ] {
            assert_eq!(place(said, 3), want, "{said}");
        }
    }
}
