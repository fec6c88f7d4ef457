//! A province from a seed: customers, accounts and a year of plausible entries, all through the ledger.
//!
//! Everyone and every number is invented: identity numbers have an area code that was never given out,
//! cards begin with digits of no issuer, mobile numbers are of no range in use. The same seed and day
//! give the same province. Broken off half-way, it goes on where it stopped. Not for: a real deployment.

mod life;
mod names;
mod people;
mod plan;

use super::parties::Institution;
use super::{Sandbox, commands, parties, set_state};
use crate::day::Day;
use crate::model::{AccountRef, CustNo};
use crate::sandbox::InstitutionKind;
use crate::sandbox::books::Books;
use base::{Error, Result, TenantId};
use db::{Tx, params};
use plan::Plan;
use serde::Serialize;
use std::sync::Arc;

/// Vouchers written in one unit of work.
const VOUCHERS_PER_UNIT: usize = 500;

/// What province to make.
#[derive(Debug, Clone)]
pub struct Province {
    pub seed: u64,
    /// The history ends the day before.
    pub today: Day,
    /// The first that is not the union gets the people of the demo. The union itself has no customers.
    pub institutions: Vec<Institution>,
    /// Customers in all, spread evenly.
    pub customers: usize,
}

/// What was made, or was there already.
#[derive(Debug, Clone)]
pub struct Seeded {
    pub people: Vec<DemoPerson>,
    pub customers: usize,
    pub accounts: usize,
    pub journals: usize,
}

/// Someone the demo knows by name, with what it takes to bind. Invented, like everyone here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DemoPerson {
    pub tenant: TenantId,
    pub institution: String,
    pub name: String,
    pub id_no: String,
    /// The card to type when binding.
    pub card_no: String,
    pub mobile: Option<String>,
    pub cust_no: CustNo,
    /// The card's account.
    pub account: AccountRef,
    /// What can be tried with this person.
    pub story: &'static str,
}

impl Sandbox {
    /// Makes the province. What is there already stays as it is.
    pub async fn seed(&self, province: &Province) -> Result<Seeded> {
        let mut made = Seeded { people: Vec::new(), customers: 0, accounts: 0, journals: 0 };
        let banks: Vec<&Institution> =
            province.institutions.iter().filter(|i| i.kind != InstitutionKind::Union).collect();
        for institution in &province.institutions {
            self.add_institution(institution).await?;
        }
        for (index, institution) in banks.iter().enumerate() {
            let share = (province.customers + banks.len() - 1 - index) / banks.len();
            let plan = self.seed_one(institution, index, province, share).await?;
            made.customers += plan.customers.len();
            made.accounts += plan.accounts.len();
            made.journals += plan.vouchers.len();
            made.people.extend(plan.people.iter().cloned());
        }
        Ok(made)
    }

    async fn seed_one(
        &self,
        institution: &Institution,
        index: usize,
        province: &Province,
        customers: usize,
    ) -> Result<Arc<Plan>> {
        let (tenant, seed, today) =
            (institution.tenant, i64::from_ne_bytes(province.seed.to_ne_bytes()), province.today);
        // A province that was begun on another day goes on as it was begun.
        let (seed, today) = self.unit(tenant, move |tx, _| begun(tx, seed, today)).await?;
        let seed = u64::from_ne_bytes(seed.to_ne_bytes());
        let plan = Arc::new(plan::plan(institution, index, seed, today, customers)?);
        loop {
            let plan = Arc::clone(&plan);
            if self.unit(tenant, move |tx, keys| step(tx, keys, &plan)).await? {
                break;
            }
        }
        Ok(plan)
    }
}

/// With which seed and day this institution's history was begun.
fn begun(tx: &Tx<'_>, seed: i64, today: Day) -> Result<(i64, Day)> {
    tx.exec(
        "INSERT INTO core_seed (tenant_id, seed, today, done, planned) VALUES ($1, $2, $3, -1, 0)
         ON CONFLICT (tenant_id) DO NOTHING",
        params![tx.tenant(), seed, today.number()],
    )?;
    let (seed, today) =
        tx.one("SELECT seed, today FROM core_seed WHERE tenant_id = $1", params![tx.tenant()])?;
    let today = Day::of_number(today).ok_or_else(|| Error::fault("the seed's day is no day"))?;
    Ok((seed, today))
}

/// Writes the next piece of a plan; true when nothing is left. `done` is −1 before the people are
/// in, then the number of vouchers posted, and one more than planned at the very end.
fn step(tx: &Tx<'_>, keys: &super::TenantKeys, plan: &Plan) -> Result<bool> {
    let planned = i64::try_from(plan.vouchers.len())?;
    let done: i64 =
        tx.one("SELECT done FROM core_seed WHERE tenant_id = $1", params![tx.tenant()])?;
    let reached = if done > planned {
        return Ok(true);
    } else if done < 0 {
        for customer in &plan.customers {
            parties::add_customer(tx, keys, customer)?;
        }
        for account in &plan.accounts {
            parties::add_account(tx, keys, account)?;
        }
        0
    } else if done < planned {
        post_some(tx, plan, usize::try_from(done)?)?
    } else {
        finish(tx, plan)?;
        planned + 1
    };
    let is_mine = tx.exec_one(
        "UPDATE core_seed SET done = $1, planned = $2 WHERE tenant_id = $3 AND done = $4",
        params![reached, planned, tx.tenant(), done],
    )?;
    if is_mine { Ok(reached > planned) } else { Err(Error::fault("someone else seeds this institution")) }
}

fn post_some(tx: &Tx<'_>, plan: &Plan, from: usize) -> Result<i64> {
    let mut books = Books::open(tx)?.without_events();
    let some = plan.vouchers.iter().skip(from).take(VOUCHERS_PER_UNIT);
    let mut reached = from;
    for voucher in some {
        books.post(voucher)?;
        reached += 1;
    }
    books.close()?;
    Ok(i64::try_from(reached)?)
}

/// Bills and instalments, states, reservations: what holds at the end of the history.
fn finish(tx: &Tx<'_>, plan: &Plan) -> Result<()> {
    for t in &plan.terms {
        tx.exec_one(
            "UPDATE core_account SET billed_on = $1, due_on = $2, due_fen = $3, minimum_fen = $4
              WHERE tenant_id = $5 AND acct_id = $6",
            params![
                t.billed_on.map(Day::number), t.due_on.map(Day::number), t.due, t.minimum, tx.tenant(),
                t.acct_id
            ],
        )?;
    }
    for (hold_no, (acct_id, amount, reason)) in (1..).zip(&plan.holds) {
        if let Err(e) = commands::hold(tx, hold_no, *acct_id, *amount, reason)? {
            return Err(Error::fault(format!("a reservation of the seed: {e}")));
        }
    }
    for (acct_id, state) in &plan.states {
        set_state(tx, *acct_id, *state)?;
    }
    Ok(())
}
