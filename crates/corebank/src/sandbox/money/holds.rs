//! Holds under request ids: an amount that is kept for a payment until an instant, and ends at most once (I8).

use crate::error::Reject;
use crate::money::{Held, HoldAsk, HoldState, Payment};
use crate::sandbox::Sandbox;
use crate::sandbox::books::Books;
use crate::sandbox::money::payees;
use crate::sandbox::money::store::{self, Came};
use crate::sandbox::number;
use crate::sandbox::queries::{self, Said, Stored};
use crate::sandbox::seal::TenantKeys;
use base::{Error, Fen, Result, Time};
use db::{Scope, Tx, params};

/// How a hold stands in the books.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HoldStand {
    Held,
    Posted,
    Voided,
    Expired,
}

impl HoldStand {
    pub(super) const fn told(self) -> HoldState {
        match self {
            Self::Held => HoldState::Open,
            Self::Posted => HoldState::Used,
            Self::Voided | Self::Expired => HoldState::Ended,
        }
    }
}

/// A hold that a channel made.
pub(super) struct Hold {
    hold_no: i64,
    pub(super) acct_id: i64,
    amount: Fen,
    pub(super) stand: HoldStand,
}

/// The hold of a request id, after its time was looked at.
pub(super) fn find(tx: &Tx<'_>, request_id: &str) -> Result<Option<Hold>> {
    type Found = (i64, i64, Fen, Stored<HoldStand>, Option<Time>);
    let found: Option<Found> = tx.opt(
        "SELECT hold_no, acct_id, amount_fen, state, until_ms FROM core_hold
          WHERE tenant_id = $1 AND request_id = $2",
        params![tx.tenant(), request_id],
    )?;
    let Some((hold_no, acct_id, amount, Stored(mut stand), until)) = found else {
        return Ok(None);
    };
    if stand == HoldStand::Held && until.is_some_and(|until| until <= tx.now()) {
        end_expired(tx, acct_id)?;
        stand = HoldStand::Expired;
    }
    Ok(Some(Hold { hold_no, acct_id, amount, stand }))
}

/// Gives back what is held of an account beyond its time.
pub(super) fn end_expired(tx: &Tx<'_>, acct_id: i64) -> Result<usize> {
    let ended: Vec<Fen> = tx.all(
        "UPDATE core_hold SET state = 'expired', ended_at_ms = $1
          WHERE tenant_id = $2 AND acct_id = $3 AND state = 'held' AND until_ms <= $1
         RETURNING amount_fen",
        params![tx.now(), tx.tenant(), acct_id],
    )?;
    if ended.is_empty() {
        return Ok(0);
    }
    let mut books = Books::open(tx)?;
    for amount in &ended {
        books.hold(acct_id, Fen::of(-amount.fen()))?;
        books.event("release", None, acct_id)?;
    }
    books.close()?;
    Ok(ended.len())
}

/// What an open hold keeps, if this payment may be made out of it.
pub(super) fn covers(
    tx: &Tx<'_>,
    request_id: &str,
    payment: &Payment,
) -> Result<std::result::Result<Fen, Reject>> {
    let open = find(tx, request_id)?.filter(|h| h.stand == HoldStand::Held);
    let Some(hold) = open else { return Ok(Err(Reject::NotFound)) };
    if number(payment.payer.as_str()) != Some(hold.acct_id) {
        return Ok(Err(Reject::Validation { field: "account" }));
    }
    Ok(match payment.amount.checked_add(payment.fee) {
        Some(whole) if whole <= hold.amount => Ok(hold.amount),
        _ => Err(Reject::Validation { field: "amount" }),
    })
}

/// A payment was made out of a hold.
pub(super) fn used(tx: &Tx<'_>, request_id: &str, by: &str) -> Result<()> {
    let is_first = tx.exec_one(
        "UPDATE core_hold SET state = 'posted', ended_at_ms = $1, ended_by = $2
          WHERE tenant_id = $3 AND request_id = $4 AND state = 'held'",
        params![tx.now(), by, tx.tenant(), request_id],
    )?;
    if is_first { Ok(()) } else { Err(Error::fault("a hold was used twice")) }
}

fn held(tx: &Tx<'_>, hold: &Hold) -> Result<Held> {
    let available = Books::open(tx)?.available(hold.acct_id)?;
    Ok(Held { state: hold.stand.told(), available })
}

fn told(tx: &Tx<'_>, request_id: &str) -> Said<Held> {
    let hold = find(tx, request_id)?.ok_or_else(|| Error::fault("a hold that went away"))?;
    held(tx, &hold).map(Ok)
}

/// Reserves an amount once under its id. Asked again, it tells how the hold stands now.
pub(super) fn hold(tx: &Tx<'_>, keys: &TenantKeys, request_id: &str, ask: &HoldAsk) -> Said<Held> {
    if ask.amount <= Fen::ZERO {
        return queries::invalid("amount");
    }
    let (account, amount, until) = (ask.account.as_str(), ask.amount.fen(), ask.until.ms());
    let text = format!("{account}|{amount}|{until}|{}", ask.reason);
    let hash = keys.index("hold", &text)?;
    match store::before(tx, request_id, &hash)? {
        Err(e) => return Ok(Err(e)),
        Ok(Some(_)) => return told(tx, request_id),
        Ok(None) => {}
    }
    if let Err(closed) = queries::open_day(tx)? {
        return Ok(Err(closed));
    }
    let keep = |came: &Came<'_>| store::keep(tx, request_id, "hold", &hash, came);
    match reserve(tx, keys, request_id, ask)? {
        Ok(held) => {
            keep(&Came::Set { code: "", journal_no: None })?;
            Ok(Ok(held))
        }
        Err(reject) => {
            keep(&Came::Rejected(&reject))?;
            Ok(Err(reject.into()))
        }
    }
}

fn reserve(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    request_id: &str,
    ask: &HoldAsk,
) -> Result<std::result::Result<Held, Reject>> {
    if ask.until <= tx.now() {
        return Ok(Err(Reject::Expired));
    }
    let acct_id = number(ask.account.as_str()).unwrap_or(0);
    let Some(from) = payees::holder(tx, keys, acct_id)? else { return Ok(Err(Reject::NotFound)) };
    if let Err(reject) = payees::may_pay(&from) {
        return Ok(Err(reject));
    }
    end_expired(tx, acct_id)?;
    let mut books = Books::open(tx)?;
    if let Err(refused) = books.hold(acct_id, ask.amount) {
        return Ok(Err(refused.reject()?));
    }
    books.event("hold", None, acct_id)?;
    let available = books.available(acct_id)?;
    books.close()?;
    let hold_no = tx.new_id::<()>().raw();
    tx.exec(
        "INSERT INTO core_hold (tenant_id, hold_no, acct_id, amount_fen, reason, state, held_at_ms, request_id,
                until_ms)
         VALUES ($1, $2, $3, $4, $5, 'held', $6, $7, $8)",
        params![
            tx.tenant(), hold_no, acct_id, ask.amount, ask.reason, tx.now(), request_id, ask.until
        ],
    )?;
    Ok(Ok(Held { state: HoldState::Open, available }))
}

/// Gives a hold back once under an id of its own, also while the day is closed: nothing is posted.
pub(super) fn void(tx: &Tx<'_>, keys: &TenantKeys, request_id: &str, of: &str) -> Said<Held> {
    let hash = keys.index("void", of)?;
    match store::before(tx, request_id, &hash)? {
        Err(e) => return Ok(Err(e)),
        Ok(Some(_)) => return told(tx, of),
        Ok(None) => {}
    }
    let open = find(tx, of)?.filter(|h| h.stand == HoldStand::Held);
    let Some(hold) = open else {
        // One that is still on its way is not to come afterwards.
        store::fence(tx, of)?;
        store::keep(tx, request_id, "void", &hash, &Came::Rejected(&Reject::NotFound))?;
        return queries::no(Reject::NotFound);
    };
    tx.exec(
        "UPDATE core_hold SET state = 'voided', ended_at_ms = $1, ended_by = $2
          WHERE tenant_id = $3 AND hold_no = $4 AND state = 'held'",
        params![tx.now(), request_id, tx.tenant(), hold.hold_no],
    )?;
    let mut books = Books::open(tx)?;
    books.hold(hold.acct_id, Fen::of(-hold.amount.fen()))?;
    books.event("release", None, hold.acct_id)?;
    let available = books.available(hold.acct_id)?;
    books.close()?;
    store::keep(tx, request_id, "void", &hash, &Came::Set { code: "", journal_no: None })?;
    Ok(Ok(Held { state: HoldState::Ended, available }))
}

/// Which hold a command gave back.
pub(super) fn voided_by(tx: &Tx<'_>, request_id: &str) -> Result<Option<HoldStand>> {
    let found: Option<(Stored<HoldStand>,)> = tx.opt(
        "SELECT state FROM core_hold WHERE tenant_id = $1 AND ended_by = $2",
        params![tx.tenant(), request_id],
    )?;
    Ok(found.map(|(Stored(stand),)| stand))
}

impl Sandbox {
    /// Gives back every hold whose time is over; how many. Without it a hold ends when its account is next used.
    pub async fn end_holds(&self) -> Result<usize> {
        let mut ended = 0;
        for tenant in self.tenants().await? {
            let unit = |tx: &Tx<'_>| {
                let accounts: Vec<i64> = tx.all(
                    "SELECT DISTINCT acct_id FROM core_hold
                      WHERE tenant_id = $1 AND state = 'held' AND until_ms <= $2 ORDER BY acct_id",
                    params![tx.tenant(), tx.now()],
                )?;
                let each = accounts.into_iter().map(|acct_id| end_expired(tx, acct_id));
                each.sum::<Result<usize>>()
            };
            ended += self.0.db.write(Scope::Tenant(tenant), unit).await?;
        }
        Ok(ended)
    }
}
