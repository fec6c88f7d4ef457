//! Sentences about accounts, balances and statements.

use super::{Room, Sentence, Verdict, answered, ensure};
use crate::error::{Cause, CoreError, Reject};
use crate::model::{
    AccountKind, AccountRef, Flow, Line, LineId, StatementQuery, StatementRange, Totals,
};
use crate::port::{LINES_MAX, RANGE_DAYS_MAX};
use base::Fen;
use std::collections::BTreeSet;

pub(super) const SENTENCES: &[Sentence] = &[
    ("a healthy core says its business date", |r| Box::pin(healthy(r))),
    ("every account of a customer has a balance of its own kind", |r| Box::pin(own_balances(r))),
    ("available is posted minus held for money at call", |r| Box::pin(available(r))),
    ("pages of a statement do not overlap and are complete", |r| Box::pin(pages(r))),
    ("lines come latest first and their balances follow from one another", |r| Box::pin(chain(r))),
    ("the balance equals the balance after the last line", |r| Box::pin(last_line(r))),
    ("totals equal the sum of the lines, whichever way they flow", |r| Box::pin(totals(r))),
    ("a search finds exactly the lines that say the word", |r| Box::pin(search(r))),
    ("days outside the range are not answered", |r| Box::pin(range(r))),
    ("a line is found again under its id, and only in its account", |r| Box::pin(one_line(r))),
    ("a page has at least one and at most a hundred lines", |r| Box::pin(limits(r))),
    ("a range backwards or too long is refused", |r| Box::pin(bad_range(r))),
    ("a cursor of another range is refused", |r| Box::pin(foreign_cursor(r))),
    ("an unknown account is refused", |r| Box::pin(unknown_account(r))),
    ("another institution's account is never visible", |r| Box::pin(foreign_account(r))),
    ("after the deadline nothing is sent", |r| Box::pin(deadline(r))),
];

impl Room<'_> {
    fn range(&self, flow: Flow) -> StatementRange {
        let account = self.f.account.clone();
        StatementRange { account, from: self.f.from, to: self.f.to, flow, q: None }
    }

    /// Every line of a range, page by page; refuses to go round in circles.
    async fn read(&self, range: &StatementRange, limit: usize) -> Result<Vec<Line>, String> {
        const PAGES_MAX: usize = 10_000;
        let mut lines = Vec::new();
        let mut cursor = None;
        for _ in 0..PAGES_MAX {
            let ask = StatementQuery { range: range.clone(), cursor, limit };
            let page = answered(self.core.transactions(&self.ctx(), &ask).await)?;
            ensure(page.lines.len() <= limit, || "a page longer than asked for".into())?;
            lines.extend(page.lines);
            cursor = page.next;
            if cursor.is_none() {
                return Ok(lines);
            }
        }
        Err("the pages never end".into())
    }
}

fn ids(lines: &[Line]) -> Vec<&str> {
    lines.iter().map(|l| l.id.as_str()).collect()
}

fn signed(line: &Line) -> i64 {
    if line.is_in { line.amount.fen() } else { -line.amount.fen() }
}

async fn healthy(r: &Room<'_>) -> Verdict {
    let health = answered(r.core.health(&r.ctx()).await)?;
    let today = crate::Day::at(r.f.clock.now());
    ensure(health.core_date >= today, || format!("{} on {today}", health.core_date))
}

async fn own_balances(r: &Room<'_>) -> Verdict {
    let accounts = answered(r.core.accounts(&r.ctx(), &r.f.cust_no).await)?;
    ensure(accounts.iter().any(|a| a.id == r.f.account), || "the account is not listed".into())?;
    for account in accounts {
        let balance = answered(r.core.balance(&r.ctx(), &account.id).await)?;
        let is_own = balance.account == account.id && balance.kind == account.kind;
        ensure(is_own, || format!("{:?} answered with {:?}", account.id, balance.account))?;
        let is_masked = account.tail.chars().count() <= 4 && !account.label.contains(&account.tail);
        ensure(is_masked, || "more than four digits are shown".into())?;
    }
    Ok(())
}

async fn available(r: &Room<'_>) -> Verdict {
    let b = answered(r.core.balance(&r.ctx(), &r.f.account).await)?;
    let is_at_call = matches!(b.kind, AccountKind::Debit | AccountKind::Passbook);
    ensure(is_at_call, || "the fixture's account is not at call".into())?;
    ensure(b.posted.checked_sub(b.held) == Some(b.available), || format!("{b:?}"))
}

async fn pages(r: &Room<'_>) -> Verdict {
    let whole = r.read(&r.range(Flow::All), LINES_MAX).await?;
    ensure(whole.len() >= 7, || format!("the fixture has only {} lines", whole.len()))?;
    for limit in [1, 2, 5, whole.len().min(LINES_MAX)] {
        let parts = r.read(&r.range(Flow::All), limit).await?;
        let distinct: BTreeSet<&str> = ids(&parts).into_iter().collect();
        ensure(distinct.len() == parts.len(), || format!("a line repeats with pages of {limit}"))?;
        ensure(parts == whole, || format!("pages of {limit} are not the whole"))?;
    }
    Ok(())
}

async fn chain(r: &Room<'_>) -> Verdict {
    let lines = r.read(&r.range(Flow::All), LINES_MAX).await?;
    for pair in lines.windows(2) {
        let (late, early) = (&pair[0], &pair[1]);
        ensure(late.at >= early.at, || format!("{:?} before {:?}", late.id, early.id))?;
        let after = early.balance_after.fen().checked_add(signed(late));
        ensure(after == Some(late.balance_after.fen()), || format!("{:?}: {after:?}", late.id))?;
    }
    let is_fine =
        |l: &Line| l.amount > Fen::ZERO && !l.label.is_empty() && !l.core_serial.is_empty();
    ensure(lines.iter().all(is_fine), || "a line without amount, label or serial".into())
}

async fn last_line(r: &Room<'_>) -> Verdict {
    let lines = r.read(&r.range(Flow::All), LINES_MAX).await?;
    let balance = answered(r.core.balance(&r.ctx(), &r.f.account).await)?;
    let last = lines.first().map(|l| l.balance_after);
    ensure(last == Some(balance.posted), || format!("{last:?} and {:?}", balance.posted))
}

fn sum(lines: &[Line]) -> (i64, i64, i64, i64) {
    let of = |way: bool| lines.iter().filter(move |l| l.is_in == way);
    let fen = |way| of(way).map(|l| l.amount.fen()).sum::<i64>();
    let count = |way| i64::try_from(of(way).count()).unwrap_or(i64::MAX);
    (fen(true), fen(false), count(true), count(false))
}
fn told(t: &Totals) -> (i64, i64, i64, i64) {
    (t.inflow.fen(), t.outflow.fen(), t.in_count, t.out_count)
}

async fn totals(r: &Room<'_>) -> Verdict {
    let whole = r.read(&r.range(Flow::All), LINES_MAX).await?;
    for flow in [Flow::All, Flow::In, Flow::Out] {
        let lines = r.read(&r.range(flow), 3).await?;
        let total = answered(r.core.totals(&r.ctx(), &r.range(flow)).await)?;
        ensure(told(&total) == sum(&lines), || format!("{flow:?}: {total:?}"))?;
        let fits = |l: &&Line| flow == Flow::All || l.is_in == (flow == Flow::In);
        let want: Vec<&str> = whole.iter().filter(fits).map(|l| l.id.as_str()).collect();
        ensure(!want.is_empty(), || format!("the fixture has no line that flows {flow:?}"))?;
        ensure(ids(&lines) == want, || format!("{flow:?} answers other lines"))?;
    }
    Ok(())
}

async fn search(r: &Room<'_>) -> Verdict {
    let whole = r.read(&r.range(Flow::All), LINES_MAX).await?;
    let Some(word) = whole.last().map(|l| l.label.clone()) else {
        return Err("the fixture has no lines".into());
    };
    let says = |l: &&Line| {
        [&l.label, &l.counterparty, &l.summary, &l.explain]
            .iter()
            .any(|t| t.contains(word.as_str()))
    };
    let want: Vec<&str> = whole.iter().filter(says).map(|l| l.id.as_str()).collect();
    let range = StatementRange { q: Some(word.clone()), ..r.range(Flow::All) };
    let found = r.read(&range, 2).await?;
    ensure(ids(&found) == want, || format!("«{word}» finds {} of {}", found.len(), want.len()))?;
    let total = answered(r.core.totals(&r.ctx(), &range).await)?;
    ensure(told(&total) == sum(&found), || format!("totals of «{word}» are {total:?}"))?;
    for nothing in ["100%", "_", "没有这样的字"] {
        let range = StatementRange { q: Some(nothing.into()), ..r.range(Flow::All) };
        let found = r.read(&range, 10).await?;
        ensure(found.is_empty(), || format!("«{nothing}» finds {}", found.len()))?;
    }
    Ok(())
}

async fn range(r: &Room<'_>) -> Verdict {
    let whole = r.read(&r.range(Flow::All), LINES_MAX).await?;
    let Some(middle) = whole.get(whole.len() / 2) else {
        return Err("the fixture has no lines".into());
    };
    let day = crate::Day::at(middle.at);
    let range = StatementRange { from: day, to: day, ..r.range(Flow::All) };
    let lines = r.read(&range, LINES_MAX).await?;
    let want: Vec<&str> =
        whole.iter().filter(|l| crate::Day::at(l.at) == day).map(|l| l.id.as_str()).collect();
    ensure(ids(&lines) == want, || {
        format!("{day} answers {} lines, not {}", lines.len(), want.len())
    })
}

async fn one_line(r: &Room<'_>) -> Verdict {
    let lines = r.read(&r.range(Flow::All), LINES_MAX).await?;
    for line in lines.iter().take(3) {
        let again = answered(r.core.line(&r.ctx(), &r.f.account, &line.id).await)?;
        ensure(again == *line, || format!("{:?} is another", line.id))?;
        let foreign = r.ctx_of(r.f.other_tenant);
        let elsewhere = r.core.line(&foreign, &r.f.other_account, &line.id).await;
        let is_other =
            elsewhere.as_ref().is_ok_and(|l| l.core_serial != line.core_serial || l.at != line.at);
        let is_refused = elsewhere == Err(Reject::NotFound.into());
        ensure(is_refused || is_other, || format!("{:?} in another account", line.id))?;
    }
    for bad in ["", "x", "1", "0-0", "-1--1", "999999999999999999999-1"] {
        let got = r.core.line(&r.ctx(), &r.f.account, &LineId::new(bad)).await;
        ensure(got == Err(Reject::NotFound.into()), || format!("«{bad}» is {got:?}"))?;
    }
    Ok(())
}

async fn limits(r: &Room<'_>) -> Verdict {
    for limit in [0, LINES_MAX + 1] {
        let ask = StatementQuery { range: r.range(Flow::All), cursor: None, limit };
        let got = r.core.transactions(&r.ctx(), &ask).await;
        let want = CoreError::from(Reject::Validation { field: "limit" });
        ensure(got.as_ref().err() == Some(&want), || format!("{limit}: {got:?}"))?;
    }
    Ok(())
}

async fn bad_range(r: &Room<'_>) -> Verdict {
    let want = CoreError::from(Reject::Validation { field: "range" });
    let too_long = r.f.to.plus_days(-RANGE_DAYS_MAX);
    for (from, to) in [(r.f.to, r.f.to.plus_days(-1)), (too_long, r.f.to)] {
        let range = StatementRange { from, to, ..r.range(Flow::All) };
        let got = r.core.totals(&r.ctx(), &range).await;
        ensure(got.as_ref().err() == Some(&want), || format!("totals {from} to {to}: {got:?}"))?;
        let ask = StatementQuery { range, cursor: None, limit: 5 };
        let got = r.core.transactions(&r.ctx(), &ask).await;
        ensure(got.as_ref().err() == Some(&want), || format!("lines {from} to {to}: {got:?}"))?;
    }
    Ok(())
}

async fn foreign_cursor(r: &Room<'_>) -> Verdict {
    let ask = StatementQuery { range: r.range(Flow::All), cursor: None, limit: 1 };
    let page = answered(r.core.transactions(&r.ctx(), &ask).await)?;
    let want = CoreError::from(Reject::Validation { field: "cursor" });
    for (flow, cursor) in [(Flow::In, page.next), (Flow::All, Some("1.2.3".into()))] {
        let ask = StatementQuery { range: r.range(flow), cursor, limit: 1 };
        let got = r.core.transactions(&r.ctx(), &ask).await;
        ensure(got.as_ref().err() == Some(&want), || format!("{flow:?}: {got:?}"))?;
    }
    Ok(())
}

/// Nothing of `account` is answered to `r`'s institution.
async fn hidden(r: &Room<'_>, account: &AccountRef) -> Verdict {
    let ctx = r.ctx();
    let no = CoreError::from(Reject::NotFound);
    let range = StatementRange { account: account.clone(), ..r.range(Flow::All) };
    let ask = StatementQuery { range: range.clone(), cursor: None, limit: 5 };
    let got = [
        r.core.balance(&ctx, account).await.err(),
        r.core.totals(&ctx, &range).await.err(),
        r.core.transactions(&ctx, &ask).await.err(),
        r.core.line(&ctx, account, &LineId::new("1-1")).await.err(),
    ];
    ensure(got.iter().all(|e| e.as_ref() == Some(&no)), || format!("{account:?}: {got:?}"))
}

async fn unknown_account(r: &Room<'_>) -> Verdict {
    for unknown in ["", "0", "1", "-1", "x", "00000000000000000001", "' OR 1=1 --"] {
        hidden(r, &AccountRef::new(unknown)).await?;
    }
    Ok(())
}

async fn foreign_account(r: &Room<'_>) -> Verdict {
    answered(r.core.balance(&r.ctx_of(r.f.other_tenant), &r.f.other_account).await)?;
    hidden(r, &r.f.other_account).await
}

async fn deadline(r: &Room<'_>) -> Verdict {
    let mut ctx = r.ctx();
    ctx.deadline = r.f.clock.now();
    let want = CoreError::NotSent(Cause::DeadlinePassed);
    let ask = StatementQuery { range: r.range(Flow::All), cursor: None, limit: 5 };
    let got = [
        r.core.health(&ctx).await.err(),
        r.core.accounts(&ctx, &r.f.cust_no).await.err(),
        r.core.balance(&ctx, &r.f.account).await.err(),
        r.core.transactions(&ctx, &ask).await.err(),
        r.core.verify_party(&ctx, &r.f.claim).await.err(),
        r.core.otp_target(&ctx, &r.f.cust_no).await.err(),
    ];
    ensure(got.iter().all(|e| e.as_ref() == Some(&want)), || format!("{got:?}"))
}
