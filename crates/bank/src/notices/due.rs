//! What a customer has to pay or decide by a day (贷款还款日, 信用卡账单和还款日, 定期到期): asked of the core each morning, and told
//! from nine on.
//!
//! The words come from what the core says on that morning, never from a plan of ours: what was paid is not owed. *Invariants.* One
//! word for a customer, a kind, a thing and its day, and one more where the customer said 「明天再提醒我」, whatever is swept twice;
//! a customer whose core is silent is asked again, and holds up the others only so long. Not for: bills of households
//! (`bills::remind`), agreements (`payments::notices`).

use super::content::Word;
use super::happening::{self, Happening, add};
use super::{Kind, prefs, told};
use crate::app::App;
use crate::audit::{self, Actor};
use crate::bills::again::{NONE, TWICE, tomorrow};
use crate::followers::behind::Behind;
use crate::followers::{self, Bound, FollowerId};
use crate::tenants::Registry;
use crate::vault::TenantKeys;
use crate::verbs::core_ctx;
use base::{Fen, Result, TenantId, Time};
use corebank::deposits::{Renewal, TermDeposit};
use corebank::loans::Loan;
use corebank::{AccountRef, Bill, CoreError, CustNo, Day};
use db::{Scope, Tx, params};
use futures_util::StreamExt as _;
use std::sync::Arc;

/// Customers looked at in one go, and asked about at once.
const PAGE: i64 = 64;
const AT_ONCE: usize = 8;
/// The core is asked from this hour of the day on, and words go out from the other; after the last nobody is told any more today.
const ASK_HOUR: i64 = 7;
const TELL_HOUR: i64 = 9;
const LAST_HOUR: i64 = 20;
/// So long before its day, and on the day: an instalment, a card's bill.
const PAY_AHEAD_DAYS: i64 = 3;
/// So long before its day: a time deposit.
const DEPOSIT_AHEAD_DAYS: i64 = 7;
/// A bill that is older is no news.
const BILL_DAYS: i64 = 5;
/// A page with customers of whom the core says nothing is looked at so often.
const TRIES_MAX: i64 = 5;
/// A reminder of yesterday may still be put off.
const PUT_OFF_MS: i64 = 36 * 3_600_000;

/// Something that is due, as the core tells it today.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Owed {
    kind: Kind,
    /// Short name of the account; with kind and day it is the thing itself.
    account: String,
    due_on: Day,
    /// From this day on it is told, once.
    ahead_days: i64,
    /// It is told on the day, too.
    on_the_day: bool,
    /// For a bill that is new: the day it was made.
    since: Day,
    subject: String,
    state: &'static str,
    amount: Fen,
    text: String,
    elder: String,
    note: String,
}

impl Owed {
    /// `loan_due:ab12:20456`: what 「明天再提醒我」 names.
    fn key(&self) -> String {
        format!("{}:{}:{}", self.kind.word(), self.account, self.due_on.number())
    }

    /// At which of its stages it is told today.
    fn stage(&self, today: Day) -> Option<&'static str> {
        let left = self.due_on.days_since(today);
        match self.kind {
            Kind::CardBill => {
                (0..=BILL_DAYS).contains(&today.days_since(self.since)).then_some("new")
            }
            _ if left == 0 && self.on_the_day => Some("day"),
            _ => (left > 0 && left <= self.ahead_days).then_some("ahead"),
        }
    }

    fn word(&self, stage: &str) -> Word {
        let lead = match stage {
            "day" => "今天到期。",
            "again" => "再提醒一次：",
            _ => "",
        };
        Word {
            subject: self.subject.clone(),
            state: self.state.to_owned(),
            amount: Some(self.amount),
            at: self.due_on.start(),
            is_day: true,
            number: String::new(),
            note: self.note.clone(),
            text: format!("{lead}{}", self.text),
            elder: format!("{lead}{}", self.elder),
            of: self.key(),
        }
    }
}

/// 11月26日
fn md(day: Day) -> String {
    format!("{}月{}日", day.month(), day.day())
}

fn of_loan(loan: &Loan) -> Option<Owed> {
    let next = loan.next?;
    let amount = next.amount()?;
    let (due, subject) = (md(next.due_on), format!("{}{}", loan.product, loan.tail));
    let from = loan.repay_from.as_ref().map(|tail| format!("从尾号{tail}扣，请把钱存够，"));
    let from = from.unwrap_or_default();
    Some(Owed {
        kind: Kind::LoanDue,
        account: crate::verbs::handle(&loan.account),
        due_on: next.due_on,
        ahead_days: PAY_AHEAD_DAYS,
        on_the_day: true,
        since: next.due_on,
        text: format!(
            "还款提醒：{subject}，{due}要还 {amount} 元，{from}已经还了不用理。想自己还，说“还贷款”。"
        ),
        elder: format!("{due}要还贷款 {amount} 元，请把钱存够。"),
        note: format!("{due}要还，请把钱存够"),
        subject,
        state: "待还款",
        amount,
    })
}

/// Of a card's last bill: that it is there, and that it is due.
fn of_bill((id, tail): (&str, &str), bill: &Bill) -> Vec<Owed> {
    let left = bill.left();
    if left <= Fen::ZERO {
        return vec![];
    }
    let (due, made) = (md(bill.bill.due_on), md(bill.bill.billed_on));
    let (subject, minimum) = (format!("信用卡{tail}"), bill.bill.minimum);
    let due_one = Owed {
        kind: Kind::CardDue,
        account: id.to_owned(),
        due_on: bill.bill.due_on,
        ahead_days: PAY_AHEAD_DAYS,
        on_the_day: true,
        since: bill.bill.billed_on,
        text: format!(
            "信用卡还款提醒：{subject}，{due}是最后一天，还有 {left} 元没还，最低还 {minimum} 元。说“还信用卡”就能还，已经还了不用理。"
        ),
        elder: format!("{due}前要还信用卡 {left} 元。"),
        note: format!("{due}前还，还没还完"),
        subject: subject.clone(),
        state: "待还款",
        amount: left,
    };
    let new = Owed {
        kind: Kind::CardBill,
        on_the_day: false,
        text: format!(
            "信用卡账单出来了：{subject}，{made}账单应还 {left} 元，最低还 {minimum} 元，{due}前还。说“信用卡账单”看明细，说“分期”分开还。"
        ),
        elder: format!("信用卡要还 {left} 元，{due}前还。"),
        note: format!("{due}前还，最低{minimum}元"),
        state: "账单已出",
        ..due_one.clone()
    };
    vec![new, due_one]
}

fn of_deposit(deposit: &TermDeposit) -> Option<Owed> {
    let due_on = deposit.matures_on.filter(|_| !deposit.kind.is_notice())?;
    let (due, subject) = (md(due_on), format!("{}{}", deposit.product, deposit.tail));
    let (principal, interest) = (deposit.principal, deposit.interest);
    let then = match deposit.renewal {
        Renewal::Off => "到期不转存，过了这天按活期算。",
        _ => "到期自动转存，不想转存，到期前说“到期怎么办”改。",
    };
    Some(Owed {
        kind: Kind::DepositDue,
        account: crate::verbs::handle(&deposit.account),
        due_on,
        ahead_days: DEPOSIT_AHEAD_DAYS,
        on_the_day: false,
        since: due_on,
        text: format!(
            "存款快到期了：{subject}，{due}到期，本金 {principal} 元，利息 {interest} 元。{then}"
        ),
        elder: format!("您的{subject}，{due}到期，本金 {principal} 元。"),
        note: format!("{due}到期"),
        subject,
        state: "快到期",
        amount: principal,
    })
}

/// Everything that a customer owes or has to decide; `None` where the core did not say.
async fn ask(
    app: &App,
    tenant: TenantId,
    follower: FollowerId,
    bound: &Bound,
) -> Option<Vec<Owed>> {
    let ctx = core_ctx(app, tenant, follower.raw());
    let customer = CustNo::new(&bound.customer);
    let mut all = vec![];
    all.extend(said(app.core.loans(&ctx, &customer).await)?.iter().filter_map(of_loan));
    all.extend(said(app.core.term_deposits(&ctx, &customer).await)?.iter().filter_map(of_deposit));
    for own in bound.accounts.iter().filter(|a| a.kind == "credit") {
        let account = AccountRef::new(&own.number);
        let bills = said(app.core.bills(&ctx, &account, 1).await)?;
        all.extend(bills.first().map(|b| of_bill((&own.id, &own.tail), b)).unwrap_or_default());
    }
    Some(all)
}

/// A core that has no such thing says no; one that is silent or shut is asked again.
fn said<T>(answer: std::result::Result<Vec<T>, CoreError>) -> Option<Vec<T>> {
    match answer {
        Ok(all) => Some(all),
        Err(e) if e.is_busy() => None,
        Err(CoreError::Rejected(corebank::Reject::DayClosed { .. })) => None,
        Err(_) => Some(vec![]),
    }
}

/// Looks at the next customers of every institution whose accounts offer notices; how many words were made.
///
/// # Errors
/// The database.
pub async fn round(app: &Arc<App>) -> Result<usize> {
    let now = app.clock().now();
    let (.., hour, _) = now.china();
    if !(ASK_HOUR..LAST_HOUR).contains(&hour) {
        return Ok(0);
    }
    let registry = app.registry();
    let mut made = 0;
    for tenant in super::take::offering(&registry) {
        made += sweep(app, tenant, Day::at(now)).await?;
    }
    Ok(made)
}

/// How far the sweep of a day is: tries of the page behind it.
type At = (i64, i64, i64);

async fn sweep(app: &Arc<App>, tenant: TenantId, today: Day) -> Result<usize> {
    let keys = app.vault.tenant(&app.db, tenant).await?;
    let (behind, unit_keys, registry) = (app.behind.clone(), keys.clone(), app.registry());
    let unit = move |tx: &Tx<'_>| {
        let at: Option<At> = tx.opt(
            "SELECT day_no, after_binding, tries FROM notice_sweep WHERE tenant_id = $1",
            params![tx.tenant()],
        )?;
        let at = at.filter(|at| at.0 == today.number()).unwrap_or((today.number(), 0, 0));
        Ok((at, page(tx, &unit_keys, (&behind, &registry), at.1)?))
    };
    let (at, (people, last)) = app.db.read(Scope::Tenant(tenant), unit).await?;
    let Some(last) = last else { return Ok(0) };
    let asked =
        futures_util::stream::iter(people.into_iter().map(|(follower, bound)| async move {
            let owed = ask(app, tenant, follower, &bound).await;
            (follower, bound, owed)
        }));
    let told: Vec<_> = asked.buffer_unordered(AT_ONCE).collect().await;
    let silent = told.iter().filter(|(.., owed)| owed.is_none()).count();
    let is_again = silent > 0 && at.2 + 1 < TRIES_MAX;
    if silent > 0 && !is_again {
        metrics::counter!("weiyin_notice_sweeps_unsaid_total").increment(u64::try_from(silent)?);
        tracing::warn!(%tenant, silent, "of some customers the core did not say what is due");
    }
    let next = if is_again { (at.0, at.1, at.2 + 1) } else { (at.0, last, 0) };
    let unit = move |tx: &Tx<'_>| {
        if !move_on(tx, at, next)? {
            return Ok(0);
        }
        let mut made = 0;
        for (follower, bound, owed) in &told {
            if prefs::note_offered(tx, &keys, *follower, bound)? {
                let binding = bound.binding.raw();
                let what = Happening::Offered { binding };
                made += usize::from(happening::tell(tx, &keys, (*follower, binding), &what)?);
            }
            for one in owed.iter().flatten() {
                made += usize::from(tell(tx, &keys, (*follower, bound), one, today)?);
            }
        }
        Ok(made)
    };
    app.db.write(Scope::Tenant(tenant), unit).await
}

type Page = (Vec<(FollowerId, Arc<Bound>)>, Option<i64>);

/// The next bindings behind one whose followers' accounts offer notices, and the last that was looked at.
fn page(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    (behind, registry): (&Behind, &Registry),
    after: i64,
) -> Result<Page> {
    let rows: Vec<(i64, FollowerId)> = tx.all(
        "SELECT id, follower_id FROM binding WHERE tenant_id = $1 AND state = 'live' AND id > $2 ORDER BY id LIMIT $3",
        params![tx.tenant(), after, PAGE],
    )?;
    let last = rows.last().map(|r| r.0);
    let mut people = vec![];
    for (binding, follower) in rows {
        let address = followers::store::address(tx, follower)?;
        let offers = address.is_some_and(|(account, _)| registry.offers_notices(account));
        if !offers {
            continue;
        }
        let found = followers::store::by_id(tx, follower)?;
        let bound = found.map(|f| f.open(keys, behind)).transpose()?.and_then(|s| s.bound);
        let fit = bound.filter(|b| b.binding.raw() == binding && b.is_agreed && !b.is_frozen);
        people.extend(fit.map(|b| (follower, b)));
    }
    Ok((people, last))
}

/// False when another process was faster.
fn move_on(tx: &Tx<'_>, at: At, next: At) -> Result<bool> {
    let fresh = tx.exec_one(
        "INSERT INTO notice_sweep (tenant_id, day_no, after_binding, tries) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        params![tx.tenant(), next.0, next.1, next.2],
    )?;
    if fresh {
        return Ok(true);
    }
    tx.exec_one(
        "UPDATE notice_sweep SET day_no = $1, after_binding = $2, tries = $3 WHERE tenant_id = $4 \
         AND (day_no < $1 OR (day_no = $5 AND after_binding = $6 AND tries = $7))",
        params![next.0, next.1, next.2, tx.tenant(), at.0, at.1, at.2],
    )
}

fn tell(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    (follower, bound): (FollowerId, &Bound),
    owed: &Owed,
    today: Day,
) -> Result<bool> {
    let binding = bound.binding.raw();
    let is_wished = tx.exec_one(
        "UPDATE notice_again SET state = 'told' WHERE tenant_id = $1 AND binding_id = $2 AND owed_key = $3 AND day_no = $4 \
         AND state = 'wished'",
        params![tx.tenant(), binding, owed.key(), today.number()],
    )?;
    let stage = if is_wished { Some("again") } else { owed.stage(today) };
    let Some(stage) = stage else { return Ok(false) };
    let at = today.start().plus_ms(TELL_HOUR * 3_600_000).max(tx.now());
    add(tx, keys, (follower, binding), (owed.kind, &[&owed.key(), stage]), &owed.word(stage), at)
}

/// Asks for the last word about something due to be told once more tomorrow; of what. None where there was none of late.
///
/// # Errors
/// Refused where it was asked before.
pub(crate) fn put_off(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    (follower, bound): (FollowerId, &Bound),
) -> Result<Option<String>> {
    let since = tx.now().plus_ms(-PUT_OFF_MS);
    let Some(told) = told::last(tx, (follower, bound), since, Kind::is_due)? else {
        return Ok(None);
    };
    let Some(word) = told.word(keys)? else { return Ok(None) };
    let day = Day::at(tomorrow(tx.now())).number();
    let fresh = tx.exec_one(
        "INSERT INTO notice_again (tenant_id, binding_id, owed_key, follower_id, day_no, state, made_at_ms) \
         VALUES ($1, $2, $3, $4, $5, 'wished', $6) ON CONFLICT DO NOTHING",
        params![tx.tenant(), bound.binding.raw(), word.of.as_str(), follower, day, tx.now()],
    )?;
    if !fresh {
        return TWICE.into();
    }
    let by = Actor::Follower(follower.raw());
    audit::note(tx, by, "notice.again", &told.id.to_string(), "done", told.kind.word())?;
    Ok(Some(word.subject))
}

/// What a customer is reminded of once more: the newest of what was told, bills of households or anything else that is due.
///
/// # Errors
/// Refused where there was nothing of late, or it was asked before.
pub fn tomorrow_again(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    who: (FollowerId, &Bound),
) -> Result<(String, Time)> {
    let what = match put_off(tx, keys, who)? {
        Some(what) => Some(what),
        None => crate::bills::again::wish(tx, keys, who)?,
    };
    what.map(|what| (what, tomorrow(tx.now()))).ok_or_else(|| NONE.into())
}

/// Wishes whose day is over. House scope.
///
/// # Errors
/// The database.
pub fn forget(tx: &Tx<'_>, before: Time) -> Result<()> {
    tx.exec("DELETE FROM notice_again WHERE made_at_ms < $1", params![before])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn loan() -> Owed {
        Owed {
            kind: Kind::LoanDue,
            account: "ab12".into(),
            due_on: day("2026-12-07"),
            ahead_days: PAY_AHEAD_DAYS,
            on_the_day: true,
            since: day("2026-12-07"),
            subject: "惠农贷2091".into(),
            state: "待还款",
            amount: Fen::of(10_480),
            text: "还款提醒：惠农贷2091".into(),
            elder: "还贷款".into(),
            note: "12月7日要还".into(),
        }
    }

    #[test]
    fn what_is_due_is_told_ahead_and_on_its_day_and_at_no_other_time() {
        let loan = loan();
        for (on, stage) in [
            ("2026-12-03", None),
            ("2026-12-04", Some("ahead")),
            // After days in which nobody could be asked.
            ("2026-12-06", Some("ahead")),
            ("2026-12-07", Some("day")),
            ("2026-12-08", None),
        ] {
            assert_eq!(loan.stage(day(on)), stage, "{on}");
        }
        let ends = Owed {
            on_the_day: false,
            ahead_days: DEPOSIT_AHEAD_DAYS,
            kind: Kind::DepositDue,
            ..loan
        };
        assert_eq!(ends.stage(day("2026-11-30")), Some("ahead"));
        assert_eq!(ends.stage(day("2026-12-07")), None);
    }

    #[test]
    fn a_new_bill_is_told_while_it_is_news() {
        let bill = Owed {
            kind: Kind::CardBill,
            since: day("2026-12-05"),
            due_on: day("2026-12-25"),
            ..loan()
        };
        for (on, stage) in
            [("2026-12-05", Some("new")), ("2026-12-10", Some("new")), ("2026-12-11", None)]
        {
            assert_eq!(bill.stage(day(on)), stage, "{on}");
        }
    }
}
