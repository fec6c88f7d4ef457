//! What became of a command.

use crate::error::Reject;
use crate::money::{Fate, Query};
use crate::sandbox::commands;
use crate::sandbox::money::holds;
use crate::sandbox::money::reverse;
use crate::sandbox::money::store::{self, Known, PaymentState};
use crate::sandbox::queries::Said;
use crate::sandbox::seal::TenantKeys;
use base::{Error, Result};
use db::Tx;

/// Works while the day is closed: nothing is posted, and whoever asks is in doubt about money.
pub(super) fn run(tx: &Tx<'_>, keys: &TenantKeys, ask: &Query) -> Said<Fate> {
    let mut known = store::known(tx, &ask.request_id)?;
    if known.is_none() && ask.fence && !store::fence(tx, &ask.request_id)? {
        known = store::known(tx, &ask.request_id)?;
    } else if known.is_none() {
        return Ok(Ok(if ask.fence { Fate::Fenced } else { Fate::NotFound }));
    }
    let known = known.ok_or_else(|| Error::fault("a command that went away"))?;
    fate(tx, keys, &ask.request_id, &known).map(Ok)
}

fn fate(tx: &Tx<'_>, keys: &TenantKeys, request_id: &str, known: &Known) -> Result<Fate> {
    match known.state.as_str() {
        "fenced" => return Ok(Fate::Fenced),
        "rejected" => return Ok(Fate::Rejected(commands::of_code(&known.code)?)),
        _ => {}
    }
    match known.kind.as_str() {
        "pay" | "commit" => payment(tx, keys, request_id),
        "hold" => {
            let hold = holds::find(tx, request_id)?;
            let hold = hold.ok_or_else(|| Error::fault("a hold that went away"))?;
            Ok(Fate::Hold(hold.stand.told()))
        }
        "void" => {
            let stand = holds::voided_by(tx, request_id)?;
            let stand = stand.ok_or_else(|| Error::fault("a hold that went away"))?;
            Ok(Fate::Hold(stand.told()))
        }
        "reverse" => reversal(tx, keys, request_id, known),
        // An id that was used for something that is no business of a payer's.
        _ => Ok(Fate::Rejected(Reject::PayloadMismatch)),
    }
}

pub(super) fn payment(tx: &Tx<'_>, keys: &TenantKeys, request_id: &str) -> Result<Fate> {
    let row = store::paid_row(tx, request_id)?;
    let is_under_way = matches!(row.state, PaymentState::Pending | PaymentState::Settling);
    let paid = row.paid(keys, !is_under_way)?;
    Ok(match (row.state, row.back_journal) {
        (PaymentState::Returned, Some(journal_no)) => {
            Fate::Returned(paid, store::journal(tx, journal_no)?.1)
        }
        (PaymentState::Reversed, _) => Fate::Reversed(paid),
        _ => Fate::Posted(paid),
    })
}

/// A reversal that was done is told as posted: its own serial, and what it undid under its own id.
fn reversal(tx: &Tx<'_>, keys: &TenantKeys, request_id: &str, known: &Known) -> Result<Fate> {
    if known.code == reverse::NOTHING {
        return Ok(Fate::Rejected(Reject::NotFound));
    }
    let journal_no = known.journal_no.ok_or_else(|| Error::fault("a reversal of nothing"))?;
    let row = store::undone_by(tx, journal_no)?;
    let mut paid = row.paid(keys, true)?;
    (paid.core_serial, paid.core_date) = store::journal(tx, journal_no)?;
    paid.available = None;
    request_id.clone_into(&mut paid.echo.request_id);
    Ok(Fate::Posted(paid))
}
