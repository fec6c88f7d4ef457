//! What social security offices tell the bank of its customers: pension, contributions, the social card; and the medical
//! account, which is an account of the books.
//!
//! Not for: the pension's payments, which come in batches (`payouts`).

use crate::day::Day;
use crate::error::Reject;
use crate::model::{AccountKind, AccountRef, Flow, StatementQuery, StatementRange};
use crate::rural::{
    CardStage, Contribution, Insurance, MEDICAL_LINES_MAX, MedicalAccount, Pension, SocialCard,
};
use crate::sandbox::queries::{self, Said, Stored, day, maybe_day, no};
use crate::sandbox::words::Word;
use base::{Error, Fen, Result};
use db::{Tx, params};

/// A contribution as it becomes known. With a `request_id` it was paid here, by the journal of that id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewContribution {
    pub cust_no: i64,
    pub insurance: Insurance,
    pub year: i64,
    pub amount: Fen,
    pub paid_on: Day,
    pub place: String,
    pub request_id: Option<String>,
}

pub(crate) fn set_pension(tx: &Tx<'_>, cust_no: i64, p: &Pension) -> Result<()> {
    tx.exec(
        "INSERT INTO core_pension (tenant_id, cust_no, scheme, monthly_fen, pay_day, certified_on, certify_by, is_paused)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
         ON CONFLICT (tenant_id, cust_no) DO UPDATE SET scheme = $3, monthly_fen = $4, pay_day = $5,
                certified_on = $6, certify_by = $7, is_paused = $8",
        params![
            tx.tenant(), cust_no, p.system, p.monthly, p.pay_day, p.certified_on.map(Day::number),
            p.certify_by.map(Day::number), p.is_paused
        ],
    )?;
    Ok(())
}

pub(crate) fn pension(tx: &Tx<'_>, cust_no: i64) -> Said<Pension> {
    type Found = (String, Fen, i64, Option<i64>, Option<i64>, bool);
    let found: Option<Found> = tx.opt(
        "SELECT scheme, monthly_fen, pay_day, certified_on, certify_by, is_paused
           FROM core_pension WHERE tenant_id = $1 AND cust_no = $2",
        params![tx.tenant(), cust_no],
    )?;
    let Some((system, monthly, pay_day, certified_on, certify_by, is_paused)) = found else {
        return no(Reject::NotFound);
    };
    let (certified_on, certify_by) = (maybe_day(certified_on)?, maybe_day(certify_by)?);
    Ok(Ok(Pension { system, monthly, pay_day, certified_on, certify_by, is_paused }))
}

/// Keeps a contribution. The same year of the same insurance again changes nothing.
pub(crate) fn add_contribution(tx: &Tx<'_>, c: &NewContribution) -> Result<()> {
    let journal_no: Option<i64> = match &c.request_id {
        None => None,
        Some(id) => {
            let found = tx.opt(
                "SELECT journal_no FROM core_journal WHERE tenant_id = $1 AND request_id = $2",
                params![tx.tenant(), id],
            )?;
            Some(found.ok_or_else(|| Error::fault("a contribution without its journal"))?)
        }
    };
    tx.exec(
        "INSERT INTO core_contribution (tenant_id, cust_no, insurance, year, amount_fen, paid_on, place, journal_no)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (tenant_id, cust_no, insurance, year) DO NOTHING",
        params![
            tx.tenant(), c.cust_no, c.insurance.word(), c.year, c.amount, c.paid_on.number(), c.place,
            journal_no
        ],
    )?;
    Ok(())
}

/// Latest year first, pension before medical.
pub(crate) fn contributions(tx: &Tx<'_>, cust_no: i64) -> Said<Vec<Contribution>> {
    type Found = (Stored<Insurance>, i64, Fen, i64, String, Option<i64>);
    let found: Vec<Found> = tx.all(
        "SELECT insurance, year, amount_fen, paid_on, place, journal_no FROM core_contribution
          WHERE tenant_id = $1 AND cust_no = $2 ORDER BY year DESC, insurance DESC",
        params![tx.tenant(), cust_no],
    )?;
    let one = |(Stored(insurance), year, amount, paid_on, place, journal_no): Found| {
        let is_here = journal_no.is_some();
        Ok(Contribution { insurance, year, amount, paid_on: day(paid_on)?, place, is_here })
    };
    Ok(Ok(found.into_iter().map(one).collect::<Result<_>>()?))
}

pub(crate) fn set_social_card(tx: &Tx<'_>, cust_no: i64, c: &SocialCard) -> Result<()> {
    tx.exec(
        "INSERT INTO core_social_card (tenant_id, cust_no, stage, since, branch, is_active)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (tenant_id, cust_no) DO UPDATE SET stage = $3, since = $4, branch = $5, is_active = $6",
        params![tx.tenant(), cust_no, c.stage.word(), c.since.number(), c.branch, c.is_active],
    )?;
    Ok(())
}

pub(crate) fn social_card(tx: &Tx<'_>, cust_no: i64) -> Said<SocialCard> {
    let found: Option<(Stored<CardStage>, i64, String, bool)> = tx.opt(
        "SELECT stage, since, branch, is_active FROM core_social_card WHERE tenant_id = $1 AND cust_no = $2",
        params![tx.tenant(), cust_no],
    )?;
    let Some((Stored(stage), since, branch, is_active)) = found else {
        return no(Reject::NotFound);
    };
    Ok(Ok(SocialCard { stage, since: day(since)?, branch, is_active }))
}

pub(crate) fn medical_account(tx: &Tx<'_>, cust_no: i64) -> Said<MedicalAccount> {
    let found: Option<(i64, Fen, Fen)> = tx.opt(
        "SELECT acct_id, posted_debit_fen, posted_credit_fen FROM core_account
          WHERE tenant_id = $1 AND cust_no = $2 AND kind = $3 AND state <> 'closed' ORDER BY acct_id LIMIT 1",
        params![tx.tenant(), cust_no, AccountKind::Medical.word()],
    )?;
    let Some((acct_id, debit, credit)) = found else { return no(Reject::NotFound) };
    let balance = credit.checked_sub(debit).ok_or_else(|| Error::fault("too large to count"))?;
    let to = Day::at(tx.now());
    let new_year =
        Day::of(to.year(), 1, 1).ok_or_else(|| Error::fault("a year without a first day"))?;
    let account = AccountRef::new(acct_id.to_string());
    let range =
        |from| StatementRange { account: account.clone(), from, to, flow: Flow::All, q: None };
    let totals = match queries::totals(tx, &range(new_year))? {
        Ok(totals) => totals,
        Err(e) => return Ok(Err(e)),
    };
    let ask =
        StatementQuery { range: range(to.plus_months(-6)), cursor: None, limit: MEDICAL_LINES_MAX };
    Ok(queries::transactions(tx, &ask)?.map(|page| MedicalAccount {
        balance,
        year_in: totals.inflow,
        year_out: totals.outflow,
        lines: page.lines,
        as_of: tx.now(),
    }))
}
