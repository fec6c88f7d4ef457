//! A province from a seed: customers, accounts and a year of plausible entries, all through the ledger.
//!
//! Everyone and every number is invented: identity numbers have an area code that was never given out,
//! cards begin with digits of no issuer, mobile numbers are of no range in use. The same seed and day
//! give the same province. Broken off half-way, it goes on where it stopped. Not for: a real deployment.

mod billers;
mod families;
mod life;
mod names;
mod people;
mod plan;
mod switched;
mod terms;
mod told;

pub(super) use billers::{add_bill, add_billers};

use super::bills::County;
use super::parties::Institution;
use super::{Sandbox, commands, facts, lending, money, parties, set_state};
use crate::bills::BillKind;
use crate::day::Day;
use crate::model::{AccountRef, CustNo};
use crate::sandbox::InstitutionKind;
use crate::sandbox::books::Books;
use crate::sandbox::wealth::stock;
use base::{Error, Result, TenantId};
use db::{Tx, params};
use plan::Plan;
use serde::Serialize;
use std::sync::Arc;

/// Who has what of wealth products since how many months: code, yuan.
const HELD: &[(&str, &str, i64, i64)] = &[
    ("李芳", "YL2001", 10_000, 4),
    ("陈国富", "YL1001", 30_000, 6),
    ("陈国富", "YL2182", 50_000, 2),
    ("周海燕", "YL2001", 5_000, 3),
];

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
            self.add_billers(institution.tenant, county_of(institution, index, province)).await?;
            self.seed_wealth(institution.tenant, &plan.people).await?;
            self.seed_offers(institution.tenant).await?;
            made.customers += plan.customers.len();
            made.accounts += plan.accounts.len();
            made.journals += plan.vouchers.len();
            made.people.extend(plan.people.iter().cloned());
        }
        Ok(made)
    }

    /// What the province's wealth company sells, and what known customers bought of it at a branch.
    async fn seed_wealth(&self, tenant: TenantId, people: &[DemoPerson]) -> Result<()> {
        let mut held = vec![];
        for (name, code, yuan, months) in HELD {
            let Some(who) = people.iter().find(|p| p.name == *name) else { continue };
            let cust_no: i64 = who.cust_no.as_str().parse()?;
            held.push((cust_no, who.account.as_str().parse()?, *code, *yuan, *months));
        }
        self.unit(tenant, move |tx, _| stock::seed(tx, begun_on(tx)?, &held)).await
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

/// Every other county has no heating.
fn county_of(at: &Institution, index: usize, province: &Province) -> County {
    County {
        legal_no: at.legal_no.clone(),
        name: at.county.clone(),
        town: at.towns.first().cloned().unwrap_or_default(),
        seed: province.seed,
        without: if index % 2 == 1 { vec![BillKind::Heating] } else { vec![] },
    }
}

/// With which seed and day this institution's history was begun.
fn begun(tx: &Tx<'_>, seed: i64, today: Day) -> Result<(i64, Day)> {
    tx.exec(
        "INSERT INTO core_seed (tenant_id, seed, today, done, planned) VALUES ($1, $2, $3, -1, 0)
         ON CONFLICT (tenant_id) DO NOTHING",
        params![tx.tenant(), seed, today.number()],
    )?;
    let seed = tx.one("SELECT seed FROM core_seed WHERE tenant_id = $1", params![tx.tenant()])?;
    Ok((seed, begun_on(tx)?))
}

fn begun_on(tx: &Tx<'_>) -> Result<Day> {
    let today: i64 =
        tx.one("SELECT today FROM core_seed WHERE tenant_id = $1", params![tx.tenant()])?;
    Day::of_number(today).ok_or_else(|| Error::fault("the seed's day is no day"))
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
        told::begin(tx, keys, plan)?;
        0
    } else if done < planned {
        post_some(tx, plan, usize::try_from(done)?)?
    } else {
        finish(tx, plan)?;
        finish_terms(tx, keys, plan)?;
        switched::finish(tx, keys, plan, begun_on(tx)?)?;
        planned + 1
    };
    let is_mine = tx.exec_one(
        "UPDATE core_seed SET done = $1, planned = $2 WHERE tenant_id = $3 AND done = $4",
        params![reached, planned, tx.tenant(), done],
    )?;
    if is_mine {
        Ok(reached > planned)
    } else {
        Err(Error::fault("someone else seeds this institution"))
    }
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

/// Instalments, states, reservations, batches: what holds at the end of the history.
fn finish(tx: &Tx<'_>, plan: &Plan) -> Result<()> {
    for t in &plan.terms {
        tx.exec_one(
            "UPDATE core_account SET due_on = $1, due_fen = $2 WHERE tenant_id = $3 AND acct_id = $4",
            params![t.due_on.number(), t.due, tx.tenant(), t.acct_id],
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
    told::finish(tx, plan)
}

/// Schedules, deposits, limits, places and officers.
fn finish_terms(tx: &Tx<'_>, keys: &super::TenantKeys, plan: &Plan) -> Result<()> {
    plan.loans.iter().try_for_each(|l| lending::add(tx, l))?;
    plan.lines.iter().try_for_each(|l| money::add_line(tx, l))?;
    plan.deposits.iter().try_for_each(|d| super::terms::add(tx, d))?;
    plan.limits.iter().try_for_each(|l| facts::set_limit(tx, l))?;
    plan.branches.iter().try_for_each(|b| facts::add_branch(tx, b))?;
    plan.officers.iter().try_for_each(|o| facts::add_officer(tx, keys, o))?;
    for (acct_id, branch) in &plan.opened_at {
        facts::set_branch(tx, *acct_id, *branch)?;
    }
    for (cust_no, officer) in &plan.looked_after {
        facts::set_officer(tx, *cust_no, *officer)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{AccountKind, IdType};
    use crate::numbers;
    use crate::sandbox::movement::To;
    use std::collections::BTreeSet;

    fn bank(index: i64) -> Institution {
        Institution {
            tenant: TenantId::of(index + 2),
            legal_no: format!("{}", 1001 + index),
            name: format!("第{index}农商行"),
            kind: InstitutionKind::CommercialBank,
            county: "陵溪县".into(),
            towns: vec!["东关镇".into()],
        }
    }

    fn plans(seed: u64, today: &str) -> Vec<Plan> {
        let today = today.parse().unwrap();
        (0..6)
            .map(|n| {
                let institution = bank(i64::try_from(n).unwrap());
                plan::plan(&institution, n, seed, today, 40).unwrap()
            })
            .collect()
    }

    #[test]
    fn a_province_has_everyone_and_every_kind_of_account() {
        let plans = plans(7, "2026-11-23");
        let customers: Vec<_> = plans.iter().flat_map(|p| &p.customers).collect();
        assert_eq!(customers.len(), 240);
        let kinds = [
            (AccountKind::Debit, 150),
            (AccountKind::Passbook, 60),
            (AccountKind::Credit, 20),
            (AccountKind::Loan, 20),
            (AccountKind::Deposit, 40),
        ];
        let accounts: Vec<_> = plans.iter().flat_map(|p| &p.accounts).collect();
        for (kind, least) in kinds {
            let count = accounts.iter().filter(|a| a.kind == kind).count();
            assert!(count >= least, "{kind:?}: {count}");
        }
        let vouchers: usize = plans.iter().map(|p| p.vouchers.len()).sum();
        assert!((15_000..60_000).contains(&vouchers), "{vouchers}");
        assert_eq!(plans.iter().map(|p| p.people.len()).sum::<usize>(), 8 + 5);
    }

    #[test]
    fn every_number_is_well_formed_invented_and_its_own() {
        let plans = plans(7, "2026-11-23");
        let mut seen = BTreeSet::new();
        for c in plans.iter().flat_map(|p| &p.customers) {
            assert!(
                c.id_type == IdType::ResidentId && numbers::is_resident_id(&c.id_no),
                "{}",
                c.id_no
            );
            assert!(c.id_no.starts_with("99"), "an area code that was never given out");
            assert!(seen.insert(c.id_no.clone()));
            if let Some(mobile) = &c.mobile {
                assert!(mobile.len() == 11 && mobile.starts_with("1940000"), "{mobile}");
                assert!(seen.insert(mobile.clone()), "{mobile}");
            }
        }
        for a in plans.iter().flat_map(|p| &p.accounts) {
            let is_card = matches!(a.kind, AccountKind::Debit | AccountKind::Credit);
            let is_well_formed = numbers::is_card(&a.number) && a.number.starts_with("629");
            assert!(is_well_formed || !is_card, "{}", a.number);
            assert!(seen.insert(a.number.clone()), "{}", a.number);
        }
    }

    #[test]
    fn the_same_seed_and_day_give_the_same_province_and_another_seed_another() {
        let words = |seed| -> Vec<String> {
            let vouchers = plans(seed, "2026-11-23").into_iter().flat_map(|p| p.vouchers);
            vouchers.map(|v| format!("{v:?}")).collect()
        };
        assert_eq!(words(7), words(7));
        assert_ne!(words(7), words(8));
    }

    #[test]
    fn the_stories_can_be_told_on_any_day_of_the_year() {
        let mut today: Day = "2027-01-01".parse().unwrap();
        for _ in 0..400 {
            let plan = plan::plan(&bank(0), 0, 7, today, 8);
            let plan = plan.unwrap_or_else(|e| panic!("{today}: {e}"));
            assert_eq!(plan.customers.len(), 8, "{today}");
            let last = plan.vouchers.last().unwrap().at.unwrap();
            assert!(last < today.start(), "nothing lies in the future of {today}");
            today = today.plus_days(1);
        }
    }

    #[test]
    fn every_line_of_a_customer_is_explained() {
        for plan in plans(7, "2026-11-23") {
            for v in &plan.vouchers {
                let m = &v.movement;
                let is_carried = m.kind == "carried";
                assert!(is_carried || m.kind == "loan_out" || !m.explain.is_empty(), "{m:?}");
                let labels = m.legs.iter().filter(|l| matches!(l.to, To::Account(_)));
                labels.for_each(|l| assert!(!l.label.is_empty(), "{m:?}"));
            }
        }
    }
}
