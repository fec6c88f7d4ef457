//! Sentences about credit cards and about all a customer has. A core without cards refuses every question about them.

use super::{Room, Sentence, Verdict, answered, ensure};
use crate::credit::{BILLS_MAX, Bill};
use crate::error::{CoreError, Reject};
use crate::model::{AccountKind, AccountRef, Detail, Flow, StatementRange};
use base::Fen;

pub(super) const SENTENCES: &[Sentence] = &[
    ("what may be spent with a card is its limit less what is used and held", |r| {
        Box::pin(available(r))
    }),
    ("bills follow from one another, month by month", |r| Box::pin(bills_follow(r))),
    ("a bill is what the lines of its month add up to", |r| Box::pin(bill_of_lines(r))),
    ("a bill is the same bill when it is asked for again, however many are asked for", |r| {
        Box::pin(same_bill(r))
    }),
    ("a card's balance tells of its last bill", |r| Box::pin(balance_bill(r))),
    ("a minimum is a part of its bill, due after it was made", |r| Box::pin(minimum(r))),
    ("points are what their lots add up to, the nearest end first", |r| Box::pin(points(r))),
    ("a card's fees are those of its product", |r| Box::pin(fees(r))),
    ("no bill and too many bills are refused", |r| Box::pin(bill_count(r))),
    ("what is no credit card, or another institution's, has no card, bills or points", |r| {
        Box::pin(no_card(r))
    }),
    ("all a customer has is what the balances add up to", |r| Box::pin(assets(r))),
];

impl Room<'_> {
    fn has_cards(&self) -> bool {
        self.core.capabilities().credit_cards
    }
    async fn bills(&self, count: usize) -> Result<Vec<Bill>, String> {
        answered(self.core.bills(&self.ctx(), &self.f.card, count).await)
    }
    /// Without the ability every question is [`Reject::Unsupported`].
    async fn refuses_cards(&self) -> Verdict {
        let (ctx, card, no) = (self.ctx(), &self.f.card, CoreError::from(Reject::Unsupported));
        let got = [
            self.core.card(&ctx, card).await.err(),
            self.core.bills(&ctx, card, 1).await.err(),
            self.core.points(&ctx, card).await.err(),
            self.core.card_products(&ctx).await.err(),
        ];
        ensure(got.iter().all(|e| e.as_ref() == Some(&no)), || format!("{got:?}"))
    }
}

async fn available(r: &Room<'_>) -> Verdict {
    if !r.has_cards() {
        return r.refuses_cards().await;
    }
    let card = answered(r.core.card(&r.ctx(), &r.f.card).await)?;
    let balance = answered(r.core.balance(&r.ctx(), &r.f.card).await)?;
    let free = card.limit.checked_sub(card.used).and_then(|f| f.checked_sub(card.held));
    let free = free.and_then(|f| f.checked_add(card.surplus)).map(|f| f.max(Fen::ZERO));
    let fits = free == Some(card.available) && card.available == balance.available;
    ensure(fits, || format!("{card:?} and {balance:?}"))?;
    ensure(card.used == Fen::ZERO || card.surplus == Fen::ZERO, || "owed and overpaid".into())?;
    ensure(card.billed_on < card.next_bill && card.cash_limit <= card.limit, || format!("{card:?}"))
}

async fn bills_follow(r: &Room<'_>) -> Verdict {
    if !r.has_cards() {
        return r.refuses_cards().await;
    }
    let bills = r.bills(BILLS_MAX).await?;
    ensure(bills.len() >= 3, || format!("the fixture's card has only {} bills", bills.len()))?;
    ensure(bills.iter().any(|b| b.spent > Fen::ZERO), || "nothing was ever spent".into())?;
    let end = |b: &Bill| b.carried.fen() + b.spent.fen() - b.repaid.fen();
    for b in &bills {
        let due = end(b) - b.deferred.fen();
        ensure(b.bill.amount.fen() == due.max(0), || format!("{b:?}"))?;
        ensure(b.paid >= Fen::ZERO && b.paid <= b.bill.amount, || format!("{b:?}"))?;
    }
    for pair in bills.windows(2) {
        let (late, early) = (&pair[0], &pair[1]);
        let follows = late.from == early.bill.billed_on && late.carried.fen() == end(early);
        ensure(follows, || format!("{late:?} after {early:?}"))?;
    }
    Ok(())
}

async fn bill_of_lines(r: &Room<'_>) -> Verdict {
    if !r.has_cards() {
        return r.refuses_cards().await;
    }
    for b in r.bills(3).await? {
        let (account, to) = (r.f.card.clone(), b.bill.billed_on.plus_days(-1));
        let range = StatementRange { account, from: b.from, to, flow: Flow::All, q: None };
        let t = answered(r.core.totals(&r.ctx(), &range).await)?;
        ensure((t.outflow, t.inflow) == (b.spent, b.repaid), || format!("{t:?} and {b:?}"))?;
    }
    Ok(())
}

async fn same_bill(r: &Room<'_>) -> Verdict {
    if !r.has_cards() {
        return r.refuses_cards().await;
    }
    let all = r.bills(BILLS_MAX).await?;
    for count in 1..=3 {
        let some = r.bills(count).await?;
        ensure(some[..] == all[..count.min(all.len())], || format!("{count} are others"))?;
    }
    Ok(())
}

async fn balance_bill(r: &Room<'_>) -> Verdict {
    if !r.has_cards() {
        return r.refuses_cards().await;
    }
    let last = r.bills(1).await?.first().map(|b| b.bill);
    match answered(r.core.balance(&r.ctx(), &r.f.card).await)?.detail {
        Detail::Credit { bill, .. } => ensure(bill == last, || format!("{bill:?} and {last:?}")),
        other => Err(format!("{other:?}")),
    }
}

async fn minimum(r: &Room<'_>) -> Verdict {
    if !r.has_cards() {
        return r.refuses_cards().await;
    }
    for b in r.bills(BILLS_MAX).await? {
        let bill = b.bill;
        let is_part = bill.minimum >= Fen::ZERO && bill.minimum <= bill.amount;
        let is_asked = (bill.minimum > Fen::ZERO) == (bill.amount > Fen::ZERO);
        ensure(is_part && is_asked && bill.due_on > bill.billed_on, || format!("{bill:?}"))?;
    }
    Ok(())
}

async fn points(r: &Room<'_>) -> Verdict {
    if !r.has_cards() {
        return r.refuses_cards().await;
    }
    let points = answered(r.core.points(&r.ctx(), &r.f.card).await)?;
    let today = crate::Day::at(r.f.clock.now());
    let sum: i64 = points.lots.iter().map(|l| l.points).sum();
    ensure(sum == points.total && sum > 0, || format!("{sum} of {points:?}"))?;
    ensure(points.lots.windows(2).all(|p| p[0].ends_on <= p[1].ends_on), || format!("{points:?}"))?;
    let good = points.lots.iter().all(|l| l.points > 0 && l.ends_on >= today);
    ensure(good && points.to_come >= 0, || format!("{points:?}"))
}

async fn fees(r: &Room<'_>) -> Verdict {
    if !r.has_cards() {
        return r.refuses_cards().await;
    }
    let products = answered(r.core.card_products(&r.ctx()).await)?;
    let card = answered(r.core.card(&r.ctx(), &r.f.card).await)?;
    ensure(products.contains(&card.fees), || format!("{:?} of {products:?}", card.fees))
}

async fn bill_count(r: &Room<'_>) -> Verdict {
    if !r.has_cards() {
        return r.refuses_cards().await;
    }
    for count in [0, BILLS_MAX + 1] {
        let got = r.core.bills(&r.ctx(), &r.f.card, count).await;
        let want = CoreError::from(Reject::Validation { field: "count" });
        ensure(got.as_ref().err() == Some(&want), || format!("{count}: {got:?}"))?;
    }
    Ok(())
}

async fn no_card(r: &Room<'_>) -> Verdict {
    if !r.has_cards() {
        return r.refuses_cards().await;
    }
    let no = CoreError::from(Reject::NotFound);
    let (debit, none) = (r.f.account.clone(), AccountRef::new("0"));
    for (tenant, account) in
        [(r.f.tenant, debit), (r.f.tenant, none), (r.f.other_tenant, r.f.card.clone())]
    {
        let ctx = r.ctx_of(tenant);
        let got = [
            r.core.card(&ctx, &account).await.err(),
            r.core.bills(&ctx, &account, 1).await.err(),
            r.core.points(&ctx, &account).await.err(),
        ];
        ensure(got.iter().all(|e| e.as_ref() == Some(&no)), || format!("{account:?}: {got:?}"))?;
    }
    Ok(())
}

async fn assets(r: &Room<'_>) -> Verdict {
    let cust = &r.f.card_cust;
    let all = answered(r.core.assets(&r.ctx(), cust).await)?;
    let (mut demand, mut time, mut cards, mut loans, mut surplus) = (0, 0, 0, 0, 0);
    for account in answered(r.core.accounts(&r.ctx(), cust).await)? {
        let posted = answered(r.core.balance(&r.ctx(), &account.id).await)?.posted.fen();
        match account.kind {
            AccountKind::Debit | AccountKind::Passbook => demand += posted,
            AccountKind::Deposit => time += posted,
            AccountKind::Credit => {
                cards += -posted.min(0);
                surplus += posted.max(0);
            }
            AccountKind::Loan => loans += -posted,
            AccountKind::Medical => return Err("a medical account is listed".into()),
        }
    }
    let sums = (all.demand, all.time, all.card_debt, all.loan_debt, all.surplus);
    let want = (demand, time, cards, loans, surplus);
    let told = (sums.0.fen(), sums.1.fen(), sums.2.fen(), sums.3.fen(), sums.4.fen());
    ensure(told == want, || format!("{all:?}, not {want:?}"))?;
    let net = demand + time + surplus - cards - loans;
    ensure(all.net() == Some(Fen::of(net)), || format!("net {:?}, not {net}", all.net()))?;
    let mine: i64 = all.deposits.iter().map(|d| d.amount.fen()).sum();
    ensure(mine <= time && all.deposits.windows(2).all(|p| p[0].on <= p[1].on), || {
        format!("{:?}", all.deposits)
    })?;
    let foreign = r.core.assets(&r.ctx_of(r.f.other_tenant), cust).await;
    ensure(foreign == Err(Reject::NotFound.into()), || format!("elsewhere {foreign:?}"))
}
