//! Questions about loans: what is owed, what comes next, what is late, who stands for whom, whom to speak to.
//!
//! Where a customer has several loans, all are told: nobody has to know which contract is which. Not for: paying them back.

use super::Doing::Read;
use super::{
    Reading, Row, Told, Verb, cannot, count, day_words, done, on, rate_words, refused, row, text,
};
use crate::stamped::owes_words;
use base::Fen;
use corebank::facts::Officer;
use corebank::loans::Loan;
use corebank::{AccountState, CoreError, Reject, UnknownCause};
use dialogue::{Call, Value};

/// Instalments told of each loan.
const NEXT_MAX: usize = 3;

pub(super) const VERBS: &[Verb] = &[
    ("core.loans", Read(|r, _| Box::pin(async { Ok(r.loans().await) }))),
    ("core.loan_schedule", Read(|r, _| Box::pin(async { Ok(r.schedule().await) }))),
    ("core.loans_late", Read(|r, _| Box::pin(async { Ok(r.late().await) }))),
    ("core.loan_settled", Read(|r, call| Box::pin(async { Ok(r.settled(call).await) }))),
    ("core.officer", Read(|r, _| Box::pin(async { Ok(r.my_officer().await) }))),
];

impl Reading<'_> {
    /// Loans of which something is owed; `None` when this core cannot tell.
    async fn open_loans(&self) -> Result<Option<Vec<Loan>>, CoreError> {
        if !self.app.core.capabilities().loans {
            return Ok(None);
        }
        let all = self.app.core.loans(&self.ctx(), &self.customer()).await?;
        let is_open = |l: &Loan| l.state != AccountState::Closed && l.outstanding > Fen::ZERO;
        Ok(Some(all.into_iter().filter(is_open).collect()))
    }

    async fn loans(&self) -> Told {
        let Some(loans) = self.open_loans().await? else { return Ok(cannot("贷款")) };
        let mut total = Fen::ZERO;
        for loan in &loans {
            total = total.checked_add(loan.outstanding).ok_or_else(|| too_large("outstanding"))?;
        }
        let each = |l: &Loan| {
            row([
                ("name", text(name(l))),
                ("principal", Value::Money(l.principal)),
                ("owed", Value::Money(l.outstanding)),
                ("rate", text(rate_words(l.rate_bp))),
                ("method", text(l.method.label())),
                ("ends", on(l.ends_on)),
                ("due", text(due_words(l))),
                ("late", text(late_words(l))),
            ])
        };
        Ok(done([
            ("rows", Value::Rows(loans.iter().map(each).collect())),
            ("count", count(loans.len())),
            ("total", Value::Money(total)),
            ("alarm", text(alarm(&loans))),
        ]))
    }

    async fn schedule(&self) -> Told {
        let Some(loans) = self.open_loans().await? else { return Ok(cannot("还款计划")) };
        let mut rows: Vec<Row> = vec![];
        let mut about = String::new();
        for loan in &loans {
            let all = self.app.core.schedule(&self.ctx(), &loan.account).await?;
            let left = all.iter().filter(|i| i.paid_on.is_none()).count();
            about += &format!(
                "{}：{}，共{}期，还剩{left}期，{}还完。",
                name(loan),
                loan.method.label(),
                loan.months,
                day_words(loan.ends_on)
            );
            let from = loan.next.map_or(i64::MAX, |n| n.seq);
            for i in all.iter().filter(|i| i.seq >= from).take(NEXT_MAX) {
                let amount = i.amount().ok_or_else(|| too_large("amount"))?;
                rows.push(row([
                    ("name", text(name(loan))),
                    ("seq", Value::Count(i.seq)),
                    ("at", on(i.due_on)),
                    ("amount", Value::Money(amount)),
                    ("principal", Value::Money(i.principal)),
                    ("interest", Value::Money(i.interest)),
                ]));
            }
        }
        let from: Vec<&str> = loans.iter().filter_map(|l| l.repay_from.as_deref()).collect();
        if let [tail] = from[..] {
            about += &format!("从尾号{tail}扣。");
        }
        Ok(done([
            ("rows", Value::Rows(rows)),
            ("about", text(about)),
            ("alarm", text(alarm(&loans))),
        ]))
    }

    async fn late(&self) -> Told {
        let Some(loans) = self.open_loans().await? else { return Ok(cannot("逾期情况")) };
        let each = |l: &Loan| {
            l.late.map(|late| {
                row([
                    ("name", text(name(l))),
                    ("since", on(late.since)),
                    ("days", Value::Count(late.days)),
                    ("count", Value::Count(late.count)),
                    ("amount", Value::Money(late.amount)),
                    ("penalty", Value::Money(late.penalty)),
                ])
            })
        };
        let officer = self.officer_if_any().await?.map_or_else(String::new, |o| {
            format!("您的客户经理{}（工号{}），电话{}。", o.name, o.staff_no, o.phone)
        });
        let next = loans.iter().map(due_words).find(|w| !w.is_empty()).unwrap_or_default();
        Ok(done([
            ("rows", Value::Rows(loans.iter().filter_map(each).collect())),
            ("officer", text(officer)),
            ("next", text(next)),
        ]))
    }

    /// Whether a loan is paid back, so that its proof can be made.
    async fn settled(&self, call: &Call) -> Told {
        if !self.app.core.capabilities().loans {
            return Ok(cannot("结清证明"));
        }
        let own = self.own(call)?;
        let loans = self.app.core.loans(&self.ctx(), &self.customer()).await?;
        let Some(loan) = loans.into_iter().find(|l| l.account.as_str() == own.number) else {
            return Ok(refused("account.missing", "没有查到这笔贷款。"));
        };
        let schedule = self.app.core.schedule(&self.ctx(), &loan.account).await?;
        let last: Option<Vec<_>> = schedule.iter().map(|i| i.paid_on).collect();
        match last.and_then(|all| all.into_iter().max()) {
            Some(ended) if loan.outstanding == Fen::ZERO => Ok(done([
                ("name", text(name(&loan))),
                ("principal", Value::Money(loan.principal)),
                ("ended", text(day_words(ended))),
            ])),
            _ => Ok(refused("loan.owes", &format!("{}{}", name(&loan), owes_words(&loan)))),
        }
    }

    async fn officer_if_any(&self) -> Result<Option<Officer>, CoreError> {
        if !self.app.core.capabilities().account_facts {
            return Ok(None);
        }
        match self.app.core.officer(&self.ctx(), &self.customer()).await {
            Err(CoreError::Rejected(Reject::NotFound)) => Ok(None),
            other => other.map(Some),
        }
    }

    async fn my_officer(&self) -> Told {
        if !self.app.core.capabilities().account_facts {
            return Ok(cannot("客户经理"));
        }
        let Some(o) = self.officer_if_any().await? else {
            return Ok(refused("officer.missing", "还没有给您安排客户经理。"));
        };
        let note = o.stands_in_until.map_or_else(String::new, |until| {
            format!("（您原来的客户经理请假到{}，这几天由这位代办。）", day_words(until))
        });
        Ok(done([
            ("name", text(o.name)),
            ("staff_no", text(o.staff_no)),
            ("contact", text(o.phone)),
            ("branch", text(o.branch)),
            ("note", text(note)),
        ]))
    }
}

fn name(loan: &Loan) -> String {
    format!("{}{}", loan.product, loan.tail)
}

fn due_words(loan: &Loan) -> String {
    let next = loan.next.and_then(|n| Some((n.due_on, n.amount()?)));
    next.map_or_else(String::new, |(on, amount)| {
        format!("{}月{}日要还{amount}元", on.month(), on.day())
    })
}

fn late_words(loan: &Loan) -> String {
    loan.late.map_or_else(String::new, |l| {
        format!("已逾期{}天，欠{}元，另有罚息约{}元", l.days, l.amount, l.penalty)
    })
}

/// What has to be said before anything else: something is late.
fn alarm(loans: &[Loan]) -> String {
    let late = loans.iter().find(|l| l.late.is_some());
    late.map_or_else(String::new, |l| format!("⚠ {}{}。", name(l), late_words(l)))
}

pub(super) fn too_large(field: &'static str) -> CoreError {
    CoreError::Unknown(UnknownCause::IntegrityMismatch { field })
}
