//! Paying a loan back by a channel: what it comes to (试算), and what it does to the schedule.
//!
//! What is due is paid as it was agreed. What is paid ahead bears interest for the days since the last due day, and the rest of the
//! schedule is worked out anew over the same days; nothing is charged for it. Not for: the entries (`movement`).

use super::lending::{self, Repayment};
use crate::day::Day;
use crate::error::Reject;
use crate::interest;
use crate::loans::{Instalment, Late, Method, Plan};
use crate::money::{LoanPart, LoanTrial, LoanTrialAsk};
use crate::sandbox::queries::{Said, Stored};
use crate::sandbox::{number, queries};
use base::{Error, Fen, Result};
use db::{Tx, params};

/// A loan as it stands, for one repayment.
struct Standing {
    acct_id: i64,
    method: Method,
    rate_bp: i64,
    begun_on: Day,
    outstanding: Fen,
    all: Vec<Instalment>,
    today: Day,
}

type Verdict<T> = Result<std::result::Result<T, Reject>>;

fn large() -> Error {
    Error::fault("a loan is too large to count")
}

fn plus(a: Fen, b: Fen) -> Result<Fen> {
    a.checked_add(b).ok_or_else(large)
}

fn load(tx: &Tx<'_>, acct_id: i64) -> Result<Option<Standing>> {
    type Found = (Stored<Method>, i64, i64, Fen, Fen, i64);
    let found: Option<Found> = tx.opt(
        "SELECT l.method, a.rate_bp, a.opened_on, a.posted_debit_fen, a.posted_credit_fen,
                (SELECT COUNT(*) FROM core_instalment i
                  WHERE i.tenant_id = l.tenant_id AND i.acct_id = l.acct_id AND i.paid_on IS NULL
                    AND i.paid_principal_fen + i.paid_interest_fen > 0)
           FROM core_loan l JOIN core_account a ON a.tenant_id = l.tenant_id AND a.acct_id = l.acct_id
          WHERE l.tenant_id = $1 AND l.acct_id = $2",
        params![tx.tenant(), acct_id],
    )?;
    let Some((Stored(method), rate_bp, begun_on, debit, credit, halves)) = found else {
        return Ok(None);
    };
    // An instalment that is half paid is a matter for the counter.
    if halves > 0 {
        return Ok(None);
    }
    Ok(Some(Standing {
        acct_id,
        method,
        rate_bp,
        begun_on: queries::day(begun_on)?,
        outstanding: debit.checked_sub(credit).ok_or_else(large)?,
        all: lending::instalments(tx, acct_id)?,
        today: Day::at(tx.now()),
    }))
}

impl Standing {
    fn open(&self) -> impl Iterator<Item = &Instalment> {
        self.all.iter().filter(|i| i.paid_on.is_none())
    }
    /// What is late, and the instalment whose month has begun.
    fn due(&self) -> Vec<&Instalment> {
        self.open().filter(|i| i.due_on.plus_months(-1) <= self.today).collect()
    }
    fn late(&self) -> Vec<&Instalment> {
        self.open().filter(|i| i.is_late(self.today)).collect()
    }
    /// Since when interest runs that is in no instalment yet.
    fn since(&self) -> Day {
        let before = self.all.iter().filter(|i| i.due_on <= self.today).map(|i| i.due_on).max();
        before.unwrap_or(self.begun_on)
    }
    fn penalty(&self) -> Result<Fen> {
        let late = Late::of(&self.all, self.rate_bp, self.today).ok_or_else(large)?;
        Ok(late.map_or(Fen::ZERO, |l| l.penalty))
    }
    /// Interest until today on principal that is paid ahead.
    fn accrued(&self, principal: Fen) -> Result<Fen> {
        let days = self.today.days_since(self.since()).max(0);
        interest::for_days(principal, self.rate_bp, days).ok_or_else(large)
    }
    /// Rows that lie behind once something was paid ahead today: it is one more, or part of the last.
    fn behind(&self) -> i64 {
        let last = self.all.iter().rfind(|i| i.paid_on.is_some());
        last.map_or(1, |i| i.seq + i64::from(i.due_on < self.today))
    }
    /// Instalments that lie ahead, with what is owed after `ahead` was paid of their principal.
    fn rest(&self, ahead: Fen) -> Result<Vec<Instalment>> {
        let later: Vec<&Instalment> = self.open().filter(|i| !i.is_late(self.today)).collect();
        let owed = sum(later.iter().map(|i| i.principal))?;
        let principal = owed.checked_sub(ahead).ok_or_else(large)?;
        let Some(first) = later.first().filter(|_| principal > Fen::ZERO) else {
            return Ok(vec![]);
        };
        let plan = Plan {
            principal,
            rate_bp: self.rate_bp,
            months: i64::try_from(later.len())?,
            method: self.method,
            first_due: first.due_on,
        };
        plan.instalments().ok_or_else(large)
    }
}

fn sum(all: impl Iterator<Item = Fen>) -> Result<Fen> {
    all.into_iter().try_fold(Fen::ZERO, plus)
}

/// What a repayment of today comes to. Without effect.
pub(crate) fn trial(tx: &Tx<'_>, ask: &LoanTrialAsk) -> Said<LoanTrial> {
    let acct_id = number(ask.account.as_str()).unwrap_or(0);
    Ok(looked(tx, acct_id, ask.part, ask.ahead)?.map(|(_, trial)| trial).map_err(Into::into))
}

fn looked(tx: &Tx<'_>, acct_id: i64, part: LoanPart, ahead: Fen) -> Verdict<(Standing, LoanTrial)> {
    let Some(loan) = load(tx, acct_id)? else { return Ok(Err(Reject::NotFound)) };
    if loan.outstanding <= Fen::ZERO {
        return Ok(Err(Reject::NotEligible));
    }
    let agreed = sum(loan.open().map(|i| i.interest))?;
    let made = match part {
        LoanPart::Due => due(&loan)?,
        LoanPart::Part => ahead_of_time(&loan, ahead)?,
        LoanPart::Settle => settled(&loan)?,
    };
    let (principal, interest, penalty, next) = match made {
        Ok(made) => made,
        Err(reject) => return Ok(Err(reject)),
    };
    let left = loan.outstanding.checked_sub(principal).ok_or_else(large)?;
    let rest = match part {
        LoanPart::Due => agreed.checked_sub(interest).ok_or_else(large)?,
        LoanPart::Part => sum(loan.rest(ahead)?.iter().map(|i| i.interest))?,
        LoanPart::Settle => Fen::ZERO,
    };
    let saved = Fen::of((agreed.fen() - interest.fen() - rest.fen()).max(0));
    let trial = LoanTrial { principal, interest, penalty, saved, left, next, on: loan.today };
    Ok(Ok((loan, trial)))
}

/// Principal, interest, penalty, and the instalment that comes next.
type Made = (Fen, Fen, Fen, Option<Instalment>);

fn due(loan: &Standing) -> Verdict<Made> {
    let due = loan.due();
    let Some(last) = due.last() else { return Ok(Err(Reject::NotEligible)) };
    let next = loan.open().find(|i| i.seq > last.seq).copied();
    let principal = sum(due.iter().map(|i| i.principal))?;
    Ok(Ok((principal, sum(due.iter().map(|i| i.interest))?, loan.penalty()?, next)))
}

fn ahead_of_time(loan: &Standing, ahead: Fen) -> Verdict<Made> {
    let is_due = loan.open().any(|i| i.due_on <= loan.today);
    if ahead <= Fen::ZERO || ahead >= loan.outstanding {
        return Ok(Err(Reject::Validation { field: "ahead" }));
    }
    // What is late or due today is paid first.
    if is_due {
        return Ok(Err(Reject::NotEligible));
    }
    let next = loan.rest(ahead)?.first().map(|i| Instalment { seq: loan.behind() + 1, ..*i });
    Ok(Ok((ahead, loan.accrued(ahead)?, Fen::ZERO, next)))
}

fn settled(loan: &Standing) -> Verdict<Made> {
    let late = loan.late();
    let overdue = sum(late.iter().map(|i| i.principal))?;
    let rest = loan.outstanding.checked_sub(overdue).ok_or_else(large)?;
    let interest = plus(sum(late.iter().map(|i| i.interest))?, loan.accrued(rest)?)?;
    Ok(Ok((loan.outstanding, interest, loan.penalty()?, None)))
}

/// What a repayment is told with: its trial must come to exactly the amount that is paid.
pub(crate) fn fits(
    tx: &Tx<'_>,
    acct_id: i64,
    (part, ahead): (LoanPart, Fen),
    amount: Fen,
) -> Verdict<LoanTrial> {
    let trial = match looked(tx, acct_id, part, ahead)? {
        Ok((_, trial)) => trial,
        Err(Reject::Validation { .. }) => return Ok(Err(Reject::Validation { field: "amount" })),
        Err(reject) => return Ok(Err(reject)),
    };
    // Another day, or another repayment since: what was shown is not what it comes to.
    let is_it = trial.total() == Some(amount);
    Ok(if is_it { Ok(trial) } else { Err(Reject::Validation { field: "amount" }) })
}

/// Writes a repayment into the schedule, in the unit that posted it.
pub(crate) fn write(
    tx: &Tx<'_>,
    acct_id: i64,
    (part, ahead): (LoanPart, Fen),
    trial: &LoanTrial,
) -> Result<()> {
    let loan = load(tx, acct_id)?.ok_or_else(|| Error::fault("a loan that went away"))?;
    let late = loan.late();
    let (principal, interest) = match part {
        LoanPart::Due => (trial.principal, trial.interest),
        LoanPart::Part => (Fen::ZERO, Fen::ZERO),
        LoanPart::Settle => {
            (sum(late.iter().map(|i| i.principal))?, sum(late.iter().map(|i| i.interest))?)
        }
    };
    let of_instalments = Repayment {
        loan: acct_id,
        from: crate::sandbox::Face { acct_id: 0, shown: String::new() },
        principal,
        interest,
        penalty: Fen::ZERO,
    };
    lending::settle(tx, &of_instalments, loan.today)?;
    if part == LoanPart::Due {
        return Ok(());
    }
    let rest = if part == LoanPart::Part { loan.rest(ahead)? } else { vec![] };
    let paid = (
        trial.principal.checked_sub(principal).ok_or_else(large)?,
        trial.interest.checked_sub(interest).ok_or_else(large)?,
    );
    rewrite(tx, &loan, paid, &rest)
}

/// What was paid ahead takes the place of what lay ahead; behind it comes the rest as it is worked out anew.
fn rewrite(tx: &Tx<'_>, loan: &Standing, paid: (Fen, Fen), rest: &[Instalment]) -> Result<()> {
    tx.exec(
        "DELETE FROM core_instalment WHERE tenant_id = $1 AND acct_id = $2 AND paid_on IS NULL",
        params![tx.tenant(), loan.acct_id],
    )?;
    let kept = lending::instalments(tx, loan.acct_id)?;
    let mut seq = kept.last().map_or(0, |i| i.seq);
    let (principal, interest) = paid;
    if principal > Fen::ZERO || interest > Fen::ZERO {
        match kept.last().filter(|i| i.due_on >= loan.today) {
            // Paid on the very day of an instalment, or before it: it grows.
            Some(last) => {
                tx.exec(
                    "UPDATE core_instalment SET principal_fen = principal_fen + $1, interest_fen = interest_fen + $2,
                            paid_principal_fen = paid_principal_fen + $1, paid_interest_fen = paid_interest_fen + $2
                      WHERE tenant_id = $3 AND acct_id = $4 AND seq = $5",
                    params![principal, interest, tx.tenant(), loan.acct_id, last.seq],
                )?;
            }
            None => {
                seq += 1;
                let paid_on = Some(loan.today);
                let one = Instalment { seq, due_on: loan.today, principal, interest, paid_on };
                lending::add_instalment(tx, loan.acct_id, &one)?;
            }
        }
    }
    for i in rest {
        seq += 1;
        lending::add_instalment(tx, loan.acct_id, &Instalment { seq, ..*i })?;
    }
    tx.exec(
        "UPDATE core_loan SET months = $1 WHERE tenant_id = $2 AND acct_id = $3",
        params![seq, tx.tenant(), loan.acct_id],
    )?;
    Ok(())
}
