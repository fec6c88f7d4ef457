//! What customers switch for their accounts, and what the books refuse because of it.
//!
//! A change is a command, done once under its request id; a refusal is no verdict on the id. Locks are looked at when a
//! movement is posted: they stop what leaves by the customer's own channels, not the bank's fees nor the counter's cash.

use crate::controls::{
    Agreement, AgreementKind, ControlSet, ControlWish, Controls, Hours, Lock, LockOn, NoPass,
};
use crate::day::Day;
use crate::error::{CoreError, Reject};
use crate::ledger::Side;
use crate::model::{AccountKind, AccountState};
use crate::sandbox::Sandbox;
use crate::sandbox::books::Books;
use crate::sandbox::facts::{self, OwnLimit};
use crate::sandbox::movement::{Movement, MovementLeg, To};
use crate::sandbox::parties;
use crate::sandbox::queries::{Said, Stored, day, no};
use crate::sandbox::seal::TenantKeys;
use crate::sandbox::words::Word;
use base::{Error, Fen, Result, TenantId, Time};
use db::{Tx, params};
use sm3::{Digest, Sm3};

/// The cap small payments without a PIN begin with, and the highest one.
pub(crate) const CAP: Fen = Fen::of(30_000);
const CAP_MOST: Fen = Fen::of(100_000);
/// Kind of these commands in `core_request`.
const KIND: &str = "control";

/// A platform's agreement to be.
#[derive(Debug, Clone)]
pub struct NewAgreement {
    pub acct_id: i64,
    pub no: i64,
    pub platform: String,
    pub kind: AgreementKind,
    pub signed_on: Day,
}

/// Whether the account is the customer's and one at call.
fn own(tx: &Tx<'_>, cust_no: i64, acct_id: i64) -> Result<std::result::Result<(), Reject>> {
    let found: Option<(Stored<AccountKind>, Stored<AccountState>)> = tx.opt(
        "SELECT kind, state FROM core_account WHERE tenant_id = $1 AND acct_id = $2 AND cust_no = $3",
        params![tx.tenant(), acct_id, cust_no],
    )?;
    Ok(match found {
        None => Err(Reject::NotFound),
        Some((_, Stored(AccountState::Closed))) => Err(Reject::AccountNotActive),
        Some((Stored(AccountKind::Debit | AccountKind::Passbook), _)) => Ok(()),
        Some(_) => Err(Reject::Unsupported),
    })
}

pub(crate) fn controls(tx: &Tx<'_>, cust_no: i64, acct_id: i64) -> Said<Controls> {
    if let Err(reject) = own(tx, cust_no, acct_id)? {
        return no(reject);
    }
    let mut locks = locks(tx, acct_id)?;
    locks.sort_by_key(|l| l.on);
    let agreements: Vec<(i64, String, Stored<AgreementKind>, i64)> = tx.all(
        "SELECT agreement_no, platform, kind, signed_on FROM core_agreement
          WHERE tenant_id = $1 AND acct_id = $2 AND ended_at_ms IS NULL ORDER BY signed_on DESC, agreement_no DESC",
        params![tx.tenant(), acct_id],
    )?;
    let agreements = agreements.into_iter().map(|(no, platform, Stored(kind), signed_on)| {
        Ok(Agreement { no, platform, kind, signed_on: day(signed_on)? })
    });
    let (is_on, cap) = no_pass(tx, acct_id)?;
    Ok(Ok(Controls {
        locks,
        no_pass: NoPass { is_on, cap, most: CAP_MOST },
        agreements: agreements.collect::<Result<_>>()?,
        by_mobile: is_found(tx, cust_no, acct_id)?,
    }))
}

fn locks(tx: &Tx<'_>, acct_id: i64) -> Result<Vec<Lock>> {
    let rows: Vec<(Stored<LockOn>, i64, i64, Time)> = tx.all(
        "SELECT lock_on, from_hour, to_hour, since_ms FROM core_lock WHERE tenant_id = $1 AND acct_id = $2",
        params![tx.tenant(), acct_id],
    )?;
    let lock = |(Stored(on), from, to, since)| {
        let hours = Hours::of(from, to).ok_or_else(|| Error::fault("a lock at no hour"))?;
        Ok(Lock { on, hours, since })
    };
    rows.into_iter().map(lock).collect()
}

fn no_pass(tx: &Tx<'_>, acct_id: i64) -> Result<(bool, Fen)> {
    let found: Option<(bool, Fen)> = tx.opt(
        "SELECT is_on, cap_fen FROM core_no_pass WHERE tenant_id = $1 AND acct_id = $2",
        params![tx.tenant(), acct_id],
    )?;
    Ok(found.unwrap_or((false, CAP)))
}

/// Does what a command wishes, once under its id.
pub(crate) fn set(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    request_id: &str,
    (cust_no, acct_id): (i64, i64),
    wish: &ControlWish,
) -> Said<ControlSet> {
    let text = format!("{KIND}|{cust_no}|{acct_id}|{wish:?}");
    let hash = Sm3::digest(text.as_bytes()).to_vec();
    let before: Option<(Vec<u8>, Time)> = tx.opt(
        "SELECT payload_hash, accepted_at_ms FROM core_request WHERE tenant_id = $1 AND request_id = $2",
        params![tx.tenant(), request_id],
    )?;
    if let Some((known, at)) = before {
        return Ok(if known == hash {
            Ok(ControlSet { at, is_repeat: true })
        } else {
            Err(Reject::PayloadMismatch.into())
        });
    }
    if let Err(reject) = own(tx, cust_no, acct_id)? {
        return no(reject);
    }
    if let Err(e) = apply(tx, keys, (cust_no, acct_id), wish)? {
        return Ok(Err(e));
    }
    let mut books = Books::open(tx)?;
    books.event(KIND, None, acct_id)?;
    books.close()?;
    // «set», not «done»: it has no journal.
    tx.exec(
        "INSERT INTO core_request (tenant_id, request_id, kind, payload_hash, state, result_code, accepted_at_ms)
         VALUES ($1, $2, $3, $4, 'set', '', $5)",
        params![tx.tenant(), request_id, KIND, hash, tx.now()],
    )?;
    Ok(Ok(ControlSet { at: tx.now(), is_repeat: false }))
}

fn apply(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    (cust_no, acct_id): (i64, i64),
    wish: &ControlWish,
) -> Said<()> {
    match *wish {
        ControlWish::ByMobile { is_on: true } => {
            if !be_found(tx, keys, cust_no, acct_id)? {
                return no(Reject::NotEligible);
            }
        }
        ControlWish::ByMobile { is_on: false } => {
            tx.exec(
                "DELETE FROM core_alias WHERE tenant_id = $1 AND cust_no = $2 AND acct_id = $3",
                params![tx.tenant(), cust_no, acct_id],
            )?;
        }
        ControlWish::Lock { on, hours } => {
            // A night without an end would be a lock on everything for ever.
            if on == LockOn::Night && hours.is_all_day() {
                return no(Reject::Validation { field: "hours" });
            }
            tx.exec(
                "INSERT INTO core_lock (tenant_id, acct_id, lock_on, from_hour, to_hour, since_ms)
                 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, acct_id, lock_on)
                 DO UPDATE SET from_hour = $4, to_hour = $5",
                params![
                    tx.tenant(),
                    acct_id,
                    on.word(),
                    i64::from(hours.from),
                    i64::from(hours.to),
                    tx.now()
                ],
            )?;
        }
        ControlWish::Unlock { on } => {
            tx.exec(
                "DELETE FROM core_lock WHERE tenant_id = $1 AND acct_id = $2 AND lock_on = $3",
                params![tx.tenant(), acct_id, on.word()],
            )?;
        }
        ControlWish::NoPass { is_on, cap } => {
            if cap <= Fen::ZERO || cap > CAP_MOST {
                return no(Reject::LimitExceeded);
            }
            keep_no_pass(tx, acct_id, is_on, cap)?;
        }
        ControlWish::EndAgreement { no: which } => {
            let ended = tx.exec_one(
                "UPDATE core_agreement SET ended_at_ms = $1
                  WHERE tenant_id = $2 AND acct_id = $3 AND agreement_no = $4 AND ended_at_ms IS NULL",
                params![tx.now(), tx.tenant(), acct_id, which],
            )?;
            if !ended {
                return no(Reject::NotFound);
            }
        }
        ControlWish::Limit { on, single, day } => {
            return facts::choose_limit(tx, &OwnLimit { acct_id, on, single, day });
        }
    }
    Ok(Ok(()))
}

/// Lets an account be found by its owner's reserved number; false when none is reserved.
pub(crate) fn be_found(tx: &Tx<'_>, keys: &TenantKeys, cust_no: i64, acct_id: i64) -> Result<bool> {
    let Some(mobile) = parties::mobile(tx, keys, cust_no)? else { return Ok(false) };
    tx.exec(
        "INSERT INTO core_alias (tenant_id, cust_no, acct_id, mobile_index, since_ms)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (tenant_id, cust_no)
         DO UPDATE SET acct_id = $3, mobile_index = $4, since_ms = $5",
        params![tx.tenant(), cust_no, acct_id, keys.index("mobile", mobile.reveal())?, tx.now()],
    )?;
    Ok(true)
}

fn is_found(tx: &Tx<'_>, cust_no: i64, acct_id: i64) -> Result<bool> {
    let found: Option<i64> = tx.opt(
        "SELECT acct_id FROM core_alias WHERE tenant_id = $1 AND cust_no = $2",
        params![tx.tenant(), cust_no],
    )?;
    Ok(found == Some(acct_id))
}

pub(crate) fn keep_no_pass(tx: &Tx<'_>, acct_id: i64, is_on: bool, cap: Fen) -> Result<()> {
    tx.exec(
        "INSERT INTO core_no_pass (tenant_id, acct_id, is_on, cap_fen) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id, acct_id) DO UPDATE SET is_on = $3, cap_fen = $4",
        params![tx.tenant(), acct_id, is_on, cap],
    )?;
    Ok(())
}

/// Kinds of movements that leave by a customer's own channels.
const TRANSFERS: [&str; 2] = ["transfer", "transfer_out"];
const ONLINE: [&str; 2] = ["purchase_online", "purchase_abroad"];
const BY_ITSELF: [&str; 7] = [
    "transfer",
    "transfer_out",
    "purchase",
    "purchase_online",
    "purchase_abroad",
    "bill",
    "cash_booked",
];

/// Refuses what its payer has locked.
pub(crate) fn lets(tx: &Tx<'_>, movement: &Movement) -> Result<std::result::Result<(), Reject>> {
    if !BY_ITSELF.contains(&movement.kind) {
        return Ok(Ok(()));
    }
    let hour = tx.now().china().3;
    let hour = u8::try_from(hour).map_err(|_| Error::fault("no hour of the day"))?;
    for leg in movement.legs.iter().filter(|l| l.side == Side::Debit) {
        let To::Account(payer) = leg.to else { continue };
        for lock in locks(tx, payer)?.iter().filter(|l| l.hours.has(hour)) {
            if is_stopped(tx, movement, leg, payer, lock.on)? {
                return Ok(Err(Reject::SwitchedOff));
            }
        }
    }
    Ok(Ok(()))
}

fn is_stopped(
    tx: &Tx<'_>,
    movement: &Movement,
    leg: &MovementLeg,
    payer: i64,
    on: LockOn,
) -> Result<bool> {
    Ok(match on {
        LockOn::Night => true,
        LockOn::Abroad => movement.kind == "purchase_abroad",
        LockOn::Online => ONLINE.contains(&movement.kind),
        // A fee has no other side: it goes to the bank.
        LockOn::Stranger if !TRANSFERS.contains(&movement.kind) || leg.counterparty.is_empty() => {
            false
        }
        LockOn::Stranger => !has_paid(tx, payer, &leg.counterparty)?,
    })
}

/// Whether an account has paid this other side before, as its own entries name it.
fn has_paid(tx: &Tx<'_>, payer: i64, other: &str) -> Result<bool> {
    let (n,): (i64,) = tx.one(
        "SELECT COUNT(*) FROM core_entry e
           JOIN core_journal j ON j.tenant_id = e.tenant_id AND j.journal_no = e.journal_no
          WHERE e.tenant_id = $1 AND e.account_kind = 'C' AND e.account = $2 AND e.side = 'D'
            AND e.counterparty = $3 AND (j.kind = 'transfer' OR j.kind = 'transfer_out')",
        params![tx.tenant(), payer, other],
    )?;
    Ok(n > 0)
}

pub(crate) fn add_agreement(tx: &Tx<'_>, a: &NewAgreement) -> Result<()> {
    tx.exec(
        "INSERT INTO core_agreement (tenant_id, acct_id, agreement_no, platform, kind, signed_on)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, acct_id, agreement_no) DO NOTHING",
        params![
            tx.tenant(),
            a.acct_id,
            a.no,
            a.platform.as_str(),
            a.kind.word(),
            a.signed_on.number()
        ],
    )?;
    Ok(())
}

/// What a command without an id is answered.
pub(crate) fn without_id<T>() -> std::result::Result<T, CoreError> {
    Err(Reject::Validation { field: "request_id" }.into())
}

impl Sandbox {
    /// A platform may take money from an account from now on.
    pub async fn add_agreement(&self, tenant: TenantId, agreement: NewAgreement) -> Result<()> {
        self.unit(tenant, move |tx, _| add_agreement(tx, &agreement)).await
    }
}
