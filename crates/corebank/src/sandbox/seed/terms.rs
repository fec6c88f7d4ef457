//! Loans with their schedules, time deposits, branches and officers of a generated institution.

use super::names;
use super::plan::{LOAN_DUE_DAY, Like, Planner, Wish};
use crate::day::Day;
use crate::deposits::{DepositKind, Form, Renewal};
use crate::facts::LimitOn;
use crate::interest;
use crate::loans::{Instalment, Method, Plan};
use crate::model::AccountKind;
use crate::sandbox::facts::{NewBranch, NewOfficer, OwnLimit};
use crate::sandbox::lending::NewLoan;
use crate::sandbox::money::NewLine;
use crate::sandbox::movement::{self, Face, Movement};
use crate::sandbox::terms::NewTerm;
use base::{Error, Fen, Result};

/// What a deposit taken early bears.
const CALL_RATE_BP: i64 = 5;
/// Loans are paid back in three years.
const LOAN_MONTHS: i64 = 36;

/// A loan that was given.
pub(super) struct Lent<'a> {
    pub(super) principal: Fen,
    pub(super) rate_bp: i64,
    pub(super) begun: Day,
    pub(super) tail: Option<&'a str>,
    /// After this day nothing is paid any more.
    pub(super) paid_until: Day,
}

/// A loan paid back from `main` by the month, begun before the history.
pub(super) fn lend(p: &mut Planner<'_>, main: &Face, lent: &Lent<'_>) -> Result<Face> {
    let methods = [Method::EqualPayment, Method::EqualPrincipal, Method::InterestFirst];
    let method = methods[p.plan.loans.len() % methods.len()];
    let first_due = lent.begun.first_of_month().plus_months(1).plus_days(LOAN_DUE_DAY - 1);
    let (principal, rate_bp, months) = (lent.principal, lent.rate_bp, LOAN_MONTHS);
    let plan = Plan { principal, rate_bp, months, method, first_due };
    let instalments = plan.instalments().ok_or_else(|| Error::fault("a loan without a plan"))?;
    let instalments: Vec<Instalment> = instalments
        .into_iter()
        .map(|i| Instalment { paid_on: (i.due_on < p.begin).then_some(i.due_on), ..i })
        .collect();
    let like = Like {
        limit: principal,
        rate_bp,
        tail: lent.tail,
        opened_on: Some(lent.begun),
        ends_on: instalments.last().map(|i| i.due_on),
        ..Like::plain("惠农贷")
    };
    let loan = p.add_account(AccountKind::Loan, &like)?;
    let open = instalments.iter().filter(|i| i.paid_on.is_none());
    let owed = Fen::of(open.map(|i| i.principal.fen()).sum());
    p.carry(movement::carried_debt(loan.acct_id, owed));
    for month in p.months() {
        let due_on = month.plus_days(LOAN_DUE_DAY - 1);
        if due_on <= lent.paid_until {
            let words = format!("惠农贷 {}年{}月 应还本息", month.year(), month.month());
            p.wish(due_on, 8, Wish::RepayLoan { from: main.clone(), loan: loan.acct_id, words });
        }
    }
    p.plan.loans.push(NewLoan {
        acct_id: loan.acct_id,
        method,
        instalments,
        repay_acct_id: Some(main.acct_id),
        guarantors: Vec::new(),
    });
    Ok(loan)
}

/// A credit line of the customer added last, good for two years from today.
pub(super) fn grant(p: &mut Planner<'_>, limit: Fen, rate_bp: i64, tail: &str) -> Result<()> {
    let owner = p.plan.customers.last().ok_or_else(|| Error::fault("nobody to own it"))?;
    let cust_no = owner.cust_no;
    let before = p.plan.lines.iter().filter(|l| l.cust_no == cust_no).count();
    p.plan.lines.push(NewLine {
        cust_no,
        nth: i64::try_from(before)? + 1,
        product: "惠农贷".to_owned(),
        tail: tail.to_owned(),
        limit,
        rate_bp,
        ends_on: p.today.plus_months(24),
    });
    Ok(())
}

/// What is paid on `day` of a loan's instalments: the first `n` of those that are due, with 罚息 for what is late.
pub(super) fn repayment(
    from: &Face,
    loan: i64,
    rate_bp: i64,
    due: &[Instalment],
    day: Day,
) -> Result<Movement> {
    let (mut principal, mut bank) = (0, 0);
    for i in due {
        let amount = Fen::of(i.principal.fen() + i.interest.fen());
        let penalty = interest::penalty(amount, rate_bp, day.days_since(i.due_on));
        let penalty = penalty.ok_or_else(|| Error::fault("a penalty is too large to count"))?;
        principal += i.principal.fen();
        bank += i.interest.fen() + penalty.fen();
    }
    Ok(movement::loan_repayment(from, loan, Fen::of(principal), Fen::of(bank)))
}

/// A time deposit that was made.
pub(super) struct Saved<'a> {
    pub(super) kind: DepositKind,
    pub(super) amount: Fen,
    /// `None` for a notice deposit.
    pub(super) months: Option<i64>,
    pub(super) rate_bp: i64,
    pub(super) opened: Day,
    pub(super) tail: Option<&'a str>,
    pub(super) form: Form,
    pub(super) renewal: Renewal,
}

/// A time deposit of the customer added last; made within the history it was paid in from `main`.
pub(super) fn save(p: &mut Planner<'_>, main: Option<&Face>, s: &Saved<'_>) -> Result<Face> {
    let product = if s.kind == DepositKind::Fixed { "整存整取" } else { s.kind.label() };
    let like = Like {
        rate_bp: s.rate_bp,
        tail: s.tail,
        opened_on: Some(s.opened),
        ends_on: s.months.map(|m| s.opened.plus_months(m)),
        ..Like::plain(product)
    };
    let deposit = p.add_account(AccountKind::Deposit, &like)?;
    match main.filter(|_| s.opened >= p.begin) {
        Some(main) => {
            let words = format!("存{product}");
            let open = movement::deposit_open(main, &deposit, s.amount).words("转存定期", words);
            p.wish(s.opened, 10, Wish::Must(open));
        }
        None => p.carry(movement::carried(deposit.acct_id, s.amount)),
    }
    p.plan.deposits.push(NewTerm {
        acct_id: deposit.acct_id,
        kind: s.kind,
        form: s.form,
        months: s.months,
        call_rate_bp: CALL_RATE_BP,
        renewal: s.renewal,
    });
    Ok(deposit)
}

/// `cust_no` stands for the loan, all of it.
pub(super) fn stand_for(p: &mut Planner<'_>, loan: &Face, cust_no: i64) {
    let accounts = &p.plan.accounts;
    let lent = accounts.iter().find(|a| a.acct_id == loan.acct_id).map(|a| a.limit);
    let found = p.plan.loans.iter_mut().find(|l| l.acct_id == loan.acct_id);
    if let (Some(lent), Some(found)) = (lent, found) {
        found.guarantors.push((cust_no, lent));
    }
}

/// A limit of an account's own on transfers.
pub(super) fn limit_transfers(p: &mut Planner<'_>, acct_id: i64, single: i64, day: i64) {
    let yuan = |n: i64| Some(Fen::of(n * 100));
    let (single, day) = (yuan(single), yuan(day));
    p.plan.limits.push(OwnLimit { acct_id, on: LimitOn::Transfer, single, day });
}

/// Branches, where each account was opened, and who looks after whom.
pub(super) fn places(p: &mut Planner<'_>) -> Result<()> {
    let legal: i64 = p.at.legal_no.parse()?;
    let towns = p.at.towns.iter().map(|t| (format!("{}{t}支行", p.at.name), format!("{t}集市街")));
    let head = (format!("{}营业部", p.at.name), format!("{}人民路1号", p.at.county));
    for (branch_no, (name, address)) in (1..).zip(std::iter::once(head).chain(towns)) {
        p.plan.branches.push(NewBranch {
            branch_no,
            name,
            // Of no area there is.
            bank_no: format!("314{legal:04}{branch_no:04}0"),
            address,
            phone: format!("0990-8{legal:04}{branch_no:02}"),
        });
    }
    let count = i64::try_from(p.plan.branches.len())?;
    for branch_no in 1..=count {
        let name = names::person(&p.dice, 1988, p.dice.chance(50));
        // Whoever is at the second branch is on leave, and the head office stands in.
        let away = (branch_no == 2).then(|| (p.today.plus_days(6), 2_001));
        p.plan.officers.push(NewOfficer {
            officer_no: 2_000 + branch_no,
            name,
            phone: format!("0990-7{legal:04}{branch_no:02}"),
            branch_no,
            away,
        });
    }
    p.plan.opened_at = p.plan.accounts.iter().map(|a| (a.acct_id, a.cust_no % count + 1)).collect();
    p.plan.looked_after =
        p.plan.customers.iter().map(|c| (c.cust_no, 2_001 + c.cust_no % count)).collect();
    Ok(())
}
