//! What billers make of payments: whether one may be, the bill that it pays, and what becomes of it.

use crate::bills::BillKind;
use crate::error::Reject;
use crate::sandbox::bills::desk::{contracted, household};
use crate::sandbox::bills::{
    GIVE_BACK_MS, Known, LATE, LATE_MS, OFFLINE, REFUSES, SILENT, USUAL_MS, levy,
};
use crate::sandbox::books::{Books, Refused, Voucher};
use crate::sandbox::movement;
use crate::sandbox::seal::TenantKeys;
use base::{Error, Fen, Result, Time};
use db::{Tx, params};

type Verdict<T> = Result<std::result::Result<T, Reject>>;

/// A payment that its biller would take.
pub(crate) struct Look {
    pub(crate) kind: BillKind,
    /// The biller's name.
    pub(crate) name: String,
    house_no: Option<i64>,
    /// Whose year, where it is insurance.
    years: Option<levy::Chosen>,
}

/// Which bill is to be paid.
#[derive(Clone, Copy)]
pub(crate) struct Wanted<'a> {
    pub(crate) biller: &'a str,
    pub(crate) number: &'a str,
    pub(crate) bill: &'a str,
}

/// Looks whether a biller takes this payment.
pub(crate) fn look(tx: &Tx<'_>, keys: &TenantKeys, w: Wanted<'_>, amount: Fen) -> Verdict<Look> {
    let Some((known, name)) = contracted(tx, w.biller)? else {
        return Ok(Err(Reject::Unsupported));
    };
    if w.number.ends_with(OFFLINE) {
        return Ok(Err(Reject::BillerOffline));
    }
    if !known.rule().fits(w.number) {
        return Ok(Err(Reject::NotFound));
    }
    if !Known::takes(amount) {
        return Ok(Err(Reject::Validation { field: "amount" }));
    }
    let kind = known.kind;
    let look = Look { kind, name, house_no: None, years: None };
    if let Some(insurance) = kind.insurance() {
        let years = levy::look(tx, keys, insurance, (w.biller, w.number, w.bill), amount)?;
        return Ok(years.map(|years| Look { years: Some(years), ..look }));
    }
    if known.usual.is_none() {
        return Ok(Ok(look));
    }
    let Some((house_no, _)) = household(tx, keys, w.biller, w.number)? else {
        return Ok(Err(Reject::NotFound));
    };
    let look = Look { house_no: Some(house_no), ..look };
    if w.bill.is_empty() {
        // More than is owed is taken by those who keep it for later.
        return Ok(if known.is_prepaid() { Ok(look) } else { Err(Reject::BillPaid) });
    }
    let found: Option<(Fen, String)> = tx.opt(
        "SELECT amount_fen, state FROM core_bill WHERE tenant_id = $1 AND bill_no = $2 AND house_no = $3",
        params![tx.tenant(), w.bill, house_no],
    )?;
    Ok(match found {
        None => Err(Reject::NotFound),
        Some((_, state)) if state != "open" => Err(Reject::BillPaid),
        Some((owed, _)) if amount < owed || (amount > owed && !known.is_prepaid()) => {
            Err(Reject::Validation { field: "amount" })
        }
        Some(_) => Ok(look),
    })
}

/// A payment was posted: its bill is being paid, by it and no other.
pub(crate) fn mark(tx: &Tx<'_>, request_id: &str, look: &Look, w: Wanted<'_>) -> Result<()> {
    let bill = Some(w.bill).filter(|b| !b.is_empty());
    if let Some(years) = &look.years {
        levy::mark(tx, request_id, years)?;
    } else if let Some(bill) = bill {
        let is_mine = tx.exec_one(
            "UPDATE core_bill SET state = 'paying', paid_by = $1
              WHERE tenant_id = $2 AND bill_no = $3 AND state = 'open'",
            params![request_id, tx.tenant(), bill],
        )?;
        if !is_mine {
            return Err(Error::fault("a bill changed while it was being paid"));
        }
    }
    tx.exec(
        "INSERT INTO core_bill_payment (tenant_id, request_id, biller, house_no, bill_no) VALUES ($1, $2, $3, $4, $5)",
        params![tx.tenant(), request_id, w.biller, look.house_no, bill],
    )?;
    Ok(())
}

/// When a biller will say what became of what it was paid now.
pub(crate) fn due_at(number: &str, now: Time) -> Time {
    now.plus_ms(match () {
        () if number.ends_with(SILENT) => GIVE_BACK_MS,
        () if number.ends_with(LATE) => LATE_MS,
        () => USUAL_MS,
    })
}

/// What it says then.
pub(crate) fn verdict(number: &str) -> std::result::Result<(), Reject> {
    let is_refused = number.ends_with(REFUSES) || number.ends_with(SILENT);
    if is_refused { Err(Reject::AccountNotActive) } else { Ok(()) }
}

/// What came of handing a biller its money.
pub(crate) enum Settled {
    Yes,
    /// The day is closed: later.
    Later,
}

/// The biller has confirmed: it gets what was pending, and the bill is paid.
pub(crate) fn settle(tx: &Tx<'_>, request_id: &str, amount: Fen) -> Result<Settled> {
    let voucher = Voucher {
        request_id: format!("bill:{request_id}"),
        at: None,
        movement: movement::bill_settled(amount),
        channel: None,
    };
    let mut books = Books::open(tx)?;
    let posted = match books.post(&voucher) {
        Ok(posted) => posted,
        Err(Refused::DayClosed) => return Ok(Settled::Later),
        Err(Refused::Fault(e)) => return Err(e),
        Err(_) => return Err(Error::fault("what was pending for a biller is not there")),
    };
    books.close()?;
    tx.exec(
        "UPDATE core_bill_payment SET settled_no = $1 WHERE tenant_id = $2 AND request_id = $3",
        params![posted.journal_no, tx.tenant(), request_id],
    )?;
    tx.exec(
        "UPDATE core_bill SET state = 'paid' WHERE tenant_id = $1 AND paid_by = $2 AND state = 'paying'",
        params![tx.tenant(), request_id],
    )?;
    levy::settle(tx, request_id)?;
    Ok(Settled::Yes)
}

/// A payment came back or was undone: its bill is owed again.
pub(crate) fn reopen(tx: &Tx<'_>, request_id: &str) -> Result<()> {
    tx.exec(
        "UPDATE core_bill SET state = 'open', paid_by = NULL
          WHERE tenant_id = $1 AND paid_by = $2 AND state = 'paying'",
        params![tx.tenant(), request_id],
    )?;
    levy::reopen(tx, request_id)
}

/// A household as a payer's entry explains it.
pub(crate) fn label(number: &str) -> String {
    format!("户号尾号{}", base::mask_card(number))
}
