//! What the bank kept and what the core booked, read when all is quiet, and whether both say the same.

use crate::payer::{START, accounts};
use base::TenantId;
use db::{Db, FromRow, Row, Scope, Tx, params};
use std::collections::BTreeMap;

pub(crate) const TENANT: TenantId = TenantId::of(21);
pub(crate) const SUCCEEDED: i64 = 60;
const FAILED: i64 = 61;
/// A payment that was let go is over in one of these.
const OVER: [i64; 5] = [SUCCEEDED, FAILED, 71, 72, 80];
const UNKNOWN: i64 = 65;

/// A payment as the bank keeps it.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    serial: String,
    pub(crate) state: i64,
    amount: i64,
}

impl FromRow for Kept {
    fn from_row(r: &mut Row<'_>) -> base::Result<Self> {
        Ok(Self { serial: r.next()?, state: r.next()?, amount: r.next()? })
    }
}

impl Kept {
    pub(crate) fn is_over(&self) -> bool {
        OVER.contains(&self.state)
    }
}

/// Both sides, and every account's money at the core.
#[derive(Debug)]
pub(crate) struct Books {
    pub(crate) payments: Vec<Kept>,
    /// Request id and amount.
    booked: Vec<(String, i64)>,
    moved: BTreeMap<i64, i64>,
    /// Payments of which the bank did not know at some time what became of them.
    pub(crate) unknown: usize,
}

/// Every payment that was let go.
pub(crate) async fn payments(db: &Db) -> base::Result<Vec<Kept>> {
    let unit = |tx: &Tx<'_>| {
        tx.all(
            "SELECT serial_no, state, amount_fen FROM payment WHERE tenant_id = $1 AND state >= 30 AND state <> 62",
            params![tx.tenant()],
        )
    };
    db.read(Scope::Tenant(TENANT), unit).await
}

impl Books {
    pub(crate) async fn read(bank: &Db, core: &Db) -> Self {
        let unknown = |tx: &Tx<'_>| {
            tx.one::<(i64,)>(
                "SELECT COUNT(DISTINCT payment_id) FROM payment_event WHERE tenant_id = $1 AND to_state = $2",
                params![tx.tenant(), UNKNOWN],
            )
        };
        let booked = |tx: &Tx<'_>| {
            tx.all(
                "SELECT request_id, amount_fen FROM core_payment WHERE tenant_id = $1",
                params![tx.tenant()],
            )
        };
        let moved = |tx: &Tx<'_>| {
            tx.all::<(i64, i64)>(
                "SELECT acct_id, posted_credit_fen - posted_debit_fen FROM core_account WHERE tenant_id = $1",
                params![tx.tenant()],
            )
        };
        let ours = Scope::Tenant(TENANT);
        let (unknown,) = bank.read(ours, unknown).await.unwrap();
        Self {
            payments: payments(bank).await.unwrap(),
            booked: core.read(ours, booked).await.unwrap(),
            moved: core.read(ours, moved).await.unwrap().into_iter().collect(),
            unknown: usize::try_from(unknown).unwrap(),
        }
    }

    pub(crate) fn done(&self) -> usize {
        self.payments.iter().filter(|p| p.state == SUCCEEDED).count()
    }

    /// What does not hold, by the number of its sentence; `heard` is what customers were answered, and `payers` how many
    /// there are.
    pub(crate) fn broken(&self, heard: &[(String, String)], payers: u64) -> Vec<Broken> {
        let mut broken = vec![];
        let mut say = |id, what: String| broken.push((id, what));
        let mut at_core: BTreeMap<&str, i64> = BTreeMap::new();
        for (id, amount) in &self.booked {
            let serial = id.split('-').next().unwrap();
            if at_core.insert(serial, *amount).is_some() {
                say("I4", format!("{serial} was booked twice"));
            }
        }
        for p in &self.payments {
            let found = at_core.remove(p.serial.as_str());
            let wanted = (p.state == SUCCEEDED).then_some(p.amount);
            if found != wanted {
                let id = if wanted.is_none() { "I5" } else { "I6" };
                say(id, format!("{p:?} and the core differ: {found:?}"));
            }
        }
        for (serial, amount) in at_core {
            say("I5", format!("{amount} fen are booked for {serial}, and no payment of ours is"));
        }
        for (short, state) in heard {
            let is_it = |p: &&Kept| p.serial.get(23..31) == Some(short.as_str());
            let Some(kept) = self.payments.iter().find(is_it) else {
                say("I18", format!("{short} was acknowledged and is gone"));
                continue;
            };
            let is_true = match state.as_str() {
                "done" => kept.state == SUCCEEDED,
                "failed" => kept.state == FAILED,
                _ => true,
            };
            if !is_true {
                say("I17", format!("told {state}, and it is {kept:?}"));
            }
        }
        for n in 0..payers {
            let [from, to] = accounts(n).map(|a| self.moved.get(&a).copied().unwrap_or(0));
            if from + to != START {
                say("I2", format!("money of payer {n} came or went: {from} and {to}"));
            }
        }
        broken
    }
}

/// A sentence by its number, and how it does not hold.
pub(crate) type Broken = (&'static str, String);
