//! Interest credited, limits and their use, opening branches, officers: read from the books.

use crate::day::Day;
use crate::error::Reject;
use crate::facts::{
    AccountInterest, InterestPaid, Limit, LimitOn, LimitWhy, Officer, OpeningBranch,
};
use crate::interest;
use crate::model::AccountKind;
use crate::sandbox::Sandbox;
use crate::sandbox::movement;
use crate::sandbox::queries::{Said, Stored, day, maybe_day, no};
use crate::sandbox::seal::{Column, TenantKeys};
use crate::sandbox::words::Word;
use base::{Error, Fen, Result, TenantId, Time};
use db::{Tx, params};

/// Interest is credited on this day of the last month of a quarter, for the days before.
const CREDITED_ON_DAY: i64 = 21;
/// Credits of interest in one answer: three years of quarters.
const PAID_MAX: i64 = 12;

/// A branch (网点) as forms name it.
#[derive(Debug, Clone)]
pub struct NewBranch {
    pub branch_no: i64,
    pub name: String,
    pub bank_no: String,
    pub address: String,
    pub phone: String,
}

/// A customer manager (客户经理).
#[derive(Debug, Clone)]
pub struct NewOfficer {
    pub officer_no: i64,
    pub name: String,
    pub phone: String,
    pub branch_no: i64,
    /// Away until this day, and who stands in meanwhile.
    pub away: Option<(Day, i64)>,
}

/// A limit of an account's own, by its owner's choice.
#[derive(Debug, Clone)]
pub struct OwnLimit {
    pub acct_id: i64,
    pub on: LimitOn,
    pub single: Option<Fen>,
    pub day: Option<Fen>,
}

pub(crate) fn add_branch(tx: &Tx<'_>, b: &NewBranch) -> Result<()> {
    tx.exec(
        "INSERT INTO core_branch (tenant_id, branch_no, name, bank_no, address, phone)
         VALUES ($1, $2, $3, $4, $5, $6)",
        params![tx.tenant(), b.branch_no, b.name, b.bank_no, b.address, b.phone],
    )?;
    Ok(())
}

pub(crate) fn add_officer(tx: &Tx<'_>, keys: &TenantKeys, o: &NewOfficer) -> Result<()> {
    let name = keys.seal(tx.random(), Column::OfficerName, o.officer_no, &o.name)?;
    let (away_until, substitute) = o.away.map(|(until, who)| (until.number(), who)).unzip();
    tx.exec(
        "INSERT INTO core_officer (tenant_id, officer_no, name_sealed, phone, branch_no, away_until, substitute_no)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        params![tx.tenant(), o.officer_no, name, o.phone, o.branch_no, away_until, substitute],
    )?;
    Ok(())
}

/// Says where an account was opened; false when there is no such account.
pub(crate) fn set_branch(tx: &Tx<'_>, acct_id: i64, branch_no: i64) -> Result<bool> {
    tx.exec_one(
        "UPDATE core_account SET branch_no = $1 WHERE tenant_id = $2 AND acct_id = $3",
        params![branch_no, tx.tenant(), acct_id],
    )
}

/// Says who looks after a customer; false when there is no such customer.
pub(crate) fn set_officer(tx: &Tx<'_>, cust_no: i64, officer_no: i64) -> Result<bool> {
    tx.exec_one(
        "UPDATE core_customer SET officer_no = $1 WHERE tenant_id = $2 AND cust_no = $3",
        params![officer_no, tx.tenant(), cust_no],
    )
}

pub(crate) fn set_limit(tx: &Tx<'_>, l: &OwnLimit) -> Result<()> {
    tx.exec(
        "INSERT INTO core_limit (tenant_id, acct_id, limit_on, single_fen, day_fen)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (tenant_id, acct_id, limit_on) DO UPDATE SET single_fen = $4, day_fen = $5",
        params![tx.tenant(), l.acct_id, l.on.word(), l.single, l.day],
    )?;
    Ok(())
}

/// Sets a limit by its owner's wish: what is `None` stays; [`Reject::LimitExceeded`] above the bank's own.
pub(crate) fn choose_limit(tx: &Tx<'_>, wish: &OwnLimit) -> Said<()> {
    let class: Option<Option<i64>> = tx.opt(
        "SELECT class FROM core_account WHERE tenant_id = $1 AND acct_id = $2",
        params![tx.tenant(), wish.acct_id],
    )?;
    let ((single, a_day, _), _) = standard(class.flatten(), wish.on);
    let above =
        |most: Option<Fen>, own: Option<Fen>| matches!((most, own), (Some(m), Some(o)) if o > m);
    let below = |own: Option<Fen>| own.is_some_and(|o| o < Fen::ZERO);
    if below(wish.single) || below(wish.day) {
        return no(Reject::Validation { field: "limit" });
    }
    if above(single, wish.single) || above(a_day, wish.day) {
        return no(Reject::LimitExceeded);
    }
    let mine: Option<(Option<Fen>, Option<Fen>)> = tx.opt(
        "SELECT single_fen, day_fen FROM core_limit WHERE tenant_id = $1 AND acct_id = $2 AND limit_on = $3",
        params![tx.tenant(), wish.acct_id, wish.on.word()],
    )?;
    let (single, a_day) = mine.unwrap_or_default();
    let whole =
        OwnLimit { single: wish.single.or(single), day: wish.day.or(a_day), ..wish.clone() };
    set_limit(tx, &whole)?;
    Ok(Ok(()))
}

/// The credit day of the quarter `today` is in or after: the last before or on it, and the next after it.
fn credit_days(today: Day) -> (Day, Day) {
    let quarter = today.first_of_month().plus_months(-((today.month() - 1) % 3) + 2);
    let this = quarter.plus_days(CREDITED_ON_DAY - 1);
    if this <= today {
        (this, this.first_of_month().plus_months(3).plus_days(CREDITED_ON_DAY - 1))
    } else {
        (this.first_of_month().plus_months(-3).plus_days(CREDITED_ON_DAY - 1), this)
    }
}

/// 结息 of an account at call; [`Reject::Unsupported`] for other kinds.
pub(crate) fn interest(tx: &Tx<'_>, acct_id: i64) -> Said<AccountInterest> {
    let found: Option<(Stored<AccountKind>, i64, i64)> = tx.opt(
        "SELECT kind, rate_bp, opened_on FROM core_account WHERE tenant_id = $1 AND acct_id = $2",
        params![tx.tenant(), acct_id],
    )?;
    let Some((Stored(kind), rate_bp, opened_on)) = found else {
        return no(Reject::NotFound);
    };
    if !matches!(kind, AccountKind::Debit | AccountKind::Passbook) {
        return no(Reject::Unsupported);
    }
    let paid: Vec<(Time, Fen)> = tx.all(
        "SELECT e.posted_at_ms, e.amount_fen
           FROM core_entry e
           JOIN core_journal j ON j.tenant_id = e.tenant_id AND j.journal_no = e.journal_no
          WHERE e.tenant_id = $1 AND e.account_kind = 'C' AND e.account = $2 AND j.kind = 'interest'
          ORDER BY e.posted_at_ms DESC, e.journal_no DESC LIMIT $3",
        params![tx.tenant(), acct_id, PAID_MAX],
    )?;
    let today = Day::at(tx.now());
    let (from, next_on) = credit_days(today);
    let products = products(tx, acct_id, from.max(day(opened_on)?), today)?;
    let accrued = interest::on_products(products, rate_bp);
    Ok(Ok(AccountInterest {
        rate_bp,
        paid: paid
            .into_iter()
            .map(|(at, amount)| InterestPaid { on: Day::at(at), amount })
            .collect(),
        accrued: accrued.ok_or_else(|| Error::fault("interest is too large to count"))?,
        accrued_to: today.plus_days(-1),
        next_on,
    }))
}

/// 积数: what was there at the end of each day of `from..today`, added up.
fn products(tx: &Tx<'_>, acct_id: i64, from: Day, today: Day) -> Result<i128> {
    if from >= today {
        return Ok(0);
    }
    let before: Option<Fen> = tx.opt(
        "SELECT balance_after_fen FROM core_entry
          WHERE tenant_id = $1 AND account_kind = 'C' AND account = $2 AND posted_at_ms < $3
          ORDER BY posted_at_ms DESC, journal_no DESC, line_no DESC LIMIT 1",
        params![tx.tenant(), acct_id, from.start()],
    )?;
    let since: Vec<(Time, Fen)> = tx.all(
        "SELECT posted_at_ms, balance_after_fen FROM core_entry
          WHERE tenant_id = $1 AND account_kind = 'C' AND account = $2
            AND posted_at_ms >= $3 AND posted_at_ms < $4
          ORDER BY posted_at_ms, journal_no, line_no",
        params![tx.tenant(), acct_id, from.start(), today.start()],
    )?;
    let (mut there, mut on, mut sum) = (before.unwrap_or(Fen::ZERO), from, 0_i128);
    for (at, after) in since {
        let moved = Day::at(at);
        sum += i128::from(there.fen().max(0)) * i128::from(moved.days_since(on));
        (there, on) = (after, moved);
    }
    Ok(sum + i128::from(there.fen().max(0)) * i128::from(today.days_since(on)))
}

/// The bank's own limits for everyone: single, a day, a year.
type Standard = (Option<Fen>, Option<Fen>, Option<Fen>);

const fn yuan(n: i64) -> Option<Fen> {
    Some(Fen::of(n * 100))
}

/// Limits by the class of an account (银发〔2016〕302号 for classes Ⅱ and Ⅲ).
const fn standard(class: Option<i64>, on: LimitOn) -> (Standard, LimitWhy) {
    match (class, on) {
        (Some(2), _) => ((yuan(10_000), yuan(10_000), yuan(200_000)), LimitWhy::Class2),
        (Some(3), LimitOn::Cash) => ((yuan(0), yuan(0), yuan(0)), LimitWhy::Class3),
        (Some(3), _) => ((yuan(2_000), yuan(2_000), yuan(50_000)), LimitWhy::Class3),
        (_, LimitOn::Transfer) => ((yuan(50_000), yuan(200_000), None), LimitWhy::Standard),
        (_, LimitOn::Cash) => ((None, yuan(20_000), None), LimitWhy::Standard),
        (_, LimitOn::Payment) => ((yuan(50_000), yuan(100_000), None), LimitWhy::Standard),
    }
}

/// Which kinds of journals use up a limit.
const fn kinds(on: LimitOn) -> [&'static str; 4] {
    match on {
        LimitOn::Transfer => ["transfer", "transfer_out", "", ""],
        LimitOn::Cash => ["cash_out", "village_cash", "cash_booked", ""],
        LimitOn::Payment => ["purchase", "bill", "purchase_online", "purchase_abroad"],
    }
}

/// Limits of an account at call and what is used of them; [`Reject::Unsupported`] for other kinds.
pub(crate) fn limits(tx: &Tx<'_>, acct_id: i64) -> Said<Vec<Limit>> {
    let found: Option<(Stored<AccountKind>, Option<i64>)> = tx.opt(
        "SELECT kind, class FROM core_account WHERE tenant_id = $1 AND acct_id = $2",
        params![tx.tenant(), acct_id],
    )?;
    let Some((Stored(kind), class)) = found else {
        return no(Reject::NotFound);
    };
    if !matches!(kind, AccountKind::Debit | AccountKind::Passbook) {
        return no(Reject::Unsupported);
    }
    let own = own(tx, acct_id)?;
    let each = LimitOn::ALL.into_iter().map(|on| limit(tx, acct_id, class, &own, on));
    Ok(Ok(each.collect::<Result<_>>()?))
}

/// Limits of its owner's choice: single, a day.
type Own = (Stored<LimitOn>, Option<Fen>, Option<Fen>);

fn own(tx: &Tx<'_>, acct_id: i64) -> Result<Vec<Own>> {
    tx.all(
        "SELECT limit_on, single_fen, day_fen FROM core_limit WHERE tenant_id = $1 AND acct_id = $2",
        params![tx.tenant(), acct_id],
    )
}

fn limit(tx: &Tx<'_>, acct_id: i64, class: Option<i64>, own: &[Own], on: LimitOn) -> Result<Limit> {
    let today = Day::at(tx.now());
    let first =
        Day::of(today.year(), 1, 1).ok_or_else(|| Error::fault("a year begins on no day"))?;
    let ((most_single, most_day, year), why) = standard(class, on);
    let mine = own.iter().find(|(Stored(o), ..)| *o == on);
    let (single, day, why) = match mine {
        Some((_, s, d)) => (lower(most_single, *s), lower(most_day, *d), LimitWhy::Own),
        None => (most_single, most_day, why),
    };
    Ok(Limit {
        on,
        single,
        day,
        year,
        day_used: used(tx, acct_id, on, today)?,
        year_used: used(tx, acct_id, on, first)?,
        why,
        most_single,
        most_day,
    })
}

/// Whether a payment stays below the ceilings of its payer's class and below what its owner chose (TA-04). What the bank
/// lets everyone do is for its channels and its counter to keep.
pub(crate) fn lets_transfer(
    tx: &Tx<'_>,
    acct_id: i64,
    amount: Fen,
) -> Result<std::result::Result<(), Reject>> {
    lets(tx, acct_id, amount, LimitOn::Transfer)
}

/// The same of cash, which is bounded for everybody.
pub(crate) fn lets_cash(
    tx: &Tx<'_>,
    acct_id: i64,
    amount: Fen,
) -> Result<std::result::Result<(), Reject>> {
    lets(tx, acct_id, amount, LimitOn::Cash)
}

fn lets(
    tx: &Tx<'_>,
    acct_id: i64,
    amount: Fen,
    on: LimitOn,
) -> Result<std::result::Result<(), Reject>> {
    let class: Option<Option<i64>> = tx.opt(
        "SELECT class FROM core_account WHERE tenant_id = $1 AND acct_id = $2",
        params![tx.tenant(), acct_id],
    )?;
    let (class, own) = (class.flatten(), own(tx, acct_id)?);
    let is_bound = on == LimitOn::Cash
        || matches!(class, Some(2 | 3))
        || own.iter().any(|(Stored(own), ..)| *own == on);
    if !is_bound {
        return Ok(Ok(()));
    }
    let l = limit(tx, acct_id, class, &own, on)?;
    let over = |most: Option<Fen>, used: Fen| {
        most.is_some_and(|most| used.checked_add(amount).is_none_or(|sum| sum > most))
    };
    let is_over = over(l.single, Fen::ZERO) || over(l.day, l.day_used) || over(l.year, l.year_used);
    Ok(if is_over { Err(Reject::LimitExceeded) } else { Ok(()) })
}

/// A choice of one's own may be lower than the standard, never higher.
fn lower(standard: Option<Fen>, own: Option<Fen>) -> Option<Fen> {
    match (standard, own) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// What has left, without the bank's fees and without what came back.
fn used(tx: &Tx<'_>, acct_id: i64, on: LimitOn, since: Day) -> Result<Fen> {
    let [a, b, c, d] = kinds(on);
    tx.one(
        "SELECT COALESCE(CAST(SUM(e.amount_fen) AS BIGINT), 0)
           FROM core_entry e
           JOIN core_journal j ON j.tenant_id = e.tenant_id AND j.journal_no = e.journal_no
          WHERE e.tenant_id = $1 AND e.account_kind = 'C' AND e.account = $2 AND e.side = 'D'
            AND e.posted_at_ms >= $3 AND j.kind IN ($4, $5, $6, $7) AND e.label <> $8
            AND NOT EXISTS (SELECT 1 FROM core_payment p
                             WHERE p.tenant_id = j.tenant_id AND p.journal_no = j.journal_no
                               AND p.state IN ('reversed', 'returned'))",
        params![tx.tenant(), acct_id, since.start(), a, b, c, d, movement::TRANSFER_FEE],
    )
}

pub(crate) fn opening_branch(tx: &Tx<'_>, acct_id: i64) -> Said<OpeningBranch> {
    let found: Option<(String, String, String, String)> = tx.opt(
        "SELECT b.name, b.bank_no, b.address, b.phone
           FROM core_account a JOIN core_branch b ON b.tenant_id = a.tenant_id AND b.branch_no = a.branch_no
          WHERE a.tenant_id = $1 AND a.acct_id = $2",
        params![tx.tenant(), acct_id],
    )?;
    let Some((name, bank_no, address, phone)) = found else {
        return no(Reject::NotFound);
    };
    Ok(Ok(OpeningBranch { name, bank_no, address, phone }))
}

/// Who looks after a customer today; [`Reject::NotFound`] when nobody does.
pub(crate) fn officer(tx: &Tx<'_>, keys: &TenantKeys, cust_no: i64) -> Said<Officer> {
    let mine: Option<Option<i64>> = tx.opt(
        "SELECT officer_no FROM core_customer WHERE tenant_id = $1 AND cust_no = $2",
        params![tx.tenant(), cust_no],
    )?;
    let Some(mine) = mine.flatten() else {
        return no(Reject::NotFound);
    };
    let Some((officer, away)) = officer_row(tx, keys, mine)? else {
        return no(Reject::NotFound);
    };
    let today = Day::at(tx.now());
    if let Some((until, who)) = away.filter(|(until, _)| *until >= today)
        && let Some((substitute, _)) = officer_row(tx, keys, who)?
    {
        return Ok(Ok(Officer { stands_in_until: Some(until), ..substitute }));
    }
    Ok(Ok(officer))
}

/// An officer, and until when they are away and who stands in.
type OfficerRow = (Officer, Option<(Day, i64)>);

fn officer_row(tx: &Tx<'_>, keys: &TenantKeys, officer_no: i64) -> Result<Option<OfficerRow>> {
    type Found = (Vec<u8>, String, Option<String>, Option<i64>, Option<i64>);
    let found: Option<Found> = tx.opt(
        "SELECT o.name_sealed, o.phone, b.name, o.away_until, o.substitute_no
           FROM core_officer o
           LEFT JOIN core_branch b ON b.tenant_id = o.tenant_id AND b.branch_no = o.branch_no
          WHERE o.tenant_id = $1 AND o.officer_no = $2",
        params![tx.tenant(), officer_no],
    )?;
    let Some((name, phone, branch, away_until, substitute)) = found else {
        return Ok(None);
    };
    let name = keys.open(Column::OfficerName, officer_no, &name)?.reveal().clone();
    let officer = Officer {
        name,
        staff_no: format!("{officer_no:04}"),
        phone,
        branch: branch.unwrap_or_default(),
        stands_in_until: None,
    };
    Ok(Some((officer, maybe_day(away_until)?.zip(substitute))))
}

impl Sandbox {
    pub async fn add_branch(&self, tenant: TenantId, branch: NewBranch) -> Result<()> {
        self.unit(tenant, move |tx, _| add_branch(tx, &branch)).await
    }
    pub async fn add_officer(&self, tenant: TenantId, officer: NewOfficer) -> Result<()> {
        self.unit(tenant, move |tx, keys| add_officer(tx, keys, &officer)).await
    }
    /// Says where an account was opened; false when there is no such account.
    pub async fn set_branch(&self, tenant: TenantId, acct_id: i64, branch_no: i64) -> Result<bool> {
        self.unit(tenant, move |tx, _| set_branch(tx, acct_id, branch_no)).await
    }
    /// Says who looks after a customer; false when there is no such customer.
    pub async fn set_officer(
        &self,
        tenant: TenantId,
        cust_no: i64,
        officer_no: i64,
    ) -> Result<bool> {
        self.unit(tenant, move |tx, _| set_officer(tx, cust_no, officer_no)).await
    }
    pub async fn set_limit(&self, tenant: TenantId, limit: OwnLimit) -> Result<()> {
        self.unit(tenant, move |tx, _| set_limit(tx, &limit)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interest_is_credited_four_times_a_year_on_the_twenty_first() {
        for (today, last, next) in [
            ("2026-11-23", "2026-09-21", "2026-12-21"),
            ("2026-12-20", "2026-09-21", "2026-12-21"),
            ("2026-12-21", "2026-12-21", "2027-03-21"),
            ("2027-01-01", "2026-12-21", "2027-03-21"),
            ("2026-03-20", "2025-12-21", "2026-03-21"),
        ] {
            let (last, next) = (last.parse().unwrap(), next.parse().unwrap());
            assert_eq!(credit_days(today.parse().unwrap()), (last, next), "{today}");
        }
    }

    #[test]
    fn a_limit_of_ones_own_is_never_higher_than_the_banks() {
        assert_eq!(lower(yuan(50), yuan(20)), yuan(20));
        assert_eq!(lower(yuan(50), yuan(80)), yuan(50));
        assert_eq!(lower(None, yuan(80)), yuan(80));
        assert_eq!(lower(yuan(50), None), yuan(50));
    }
}
