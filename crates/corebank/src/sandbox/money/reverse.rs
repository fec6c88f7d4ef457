//! Undoing a payment on its own day by the mirror of its entries (冲正).
//!
//! Not for: what a rail gives back (`settle`), nor wishes of customers: a wrong payee is a matter between people.

use crate::day::Day;
use crate::error::Reject;
use crate::ledger::Side;
use crate::money::{Reversal, Undone};
use crate::sandbox::bills;
use crate::sandbox::books::{Books, Voucher};
use crate::sandbox::money::cash;
use crate::sandbox::money::saving;
use crate::sandbox::money::store::{self, Came, Known, PaymentRow, PaymentState};
use crate::sandbox::movement::{self, To};
use crate::sandbox::queries::{self, Said, Stored};
use crate::sandbox::seal::TenantKeys;
use crate::sandbox::wealth;
use crate::sandbox::words::Word;
use base::{Error, Fen, Result};
use db::{Tx, params};

/// What a reversal came to where it has no journal of its own.
pub(super) const NOTHING: &str = "nothing";
const UNDONE_BEFORE: &str = "undone_before";

/// A reversal as it came.
pub(super) struct Undo {
    pub(super) request_id: String,
    pub(super) ask: Reversal,
    pub(super) channel: Option<(String, Day)>,
}

/// Undoes a payment once under the reversal's own id. A refusal sticks to that id; another may try again.
pub(super) fn run(tx: &Tx<'_>, keys: &TenantKeys, undo: &Undo) -> Said<Undone> {
    let ask = &undo.ask;
    let text = format!("{}|{}|{}", ask.original, ask.channel_date.number(), ask.reason);
    let hash = keys.index("reverse", &text)?;
    if let Some(known) = store::known(tx, &undo.request_id)? {
        return Ok(match store::before(tx, &undo.request_id, &hash)? {
            Ok(_) => Ok(told(tx, &known)?),
            // A refused reversal is an answer, not a failure to get one.
            Err(e) => match (known.state.as_str(), e.rejected()) {
                ("rejected", Some(r)) if *r != Reject::PayloadMismatch => {
                    Ok(Undone::Refused(r.clone()))
                }
                _ => Err(e),
            },
        });
    }
    let keep = |came: &Came<'_>| store::keep(tx, &undo.request_id, "reverse", &hash, came);
    let nothing = || -> Said<Undone> {
        keep(&Came::Set { code: NOTHING, journal_no: None })?;
        Ok(Ok(Undone::Nothing))
    };
    match store::known(tx, &ask.original)? {
        None => {
            store::fence(tx, &ask.original)?;
            return nothing();
        }
        Some(k) if matches!(k.state.as_str(), "fenced" | "rejected") => return nothing(),
        Some(_) => {}
    }
    let Some(row) = store::payment(tx, &ask.original)? else {
        return queries::invalid("original");
    };
    if let (PaymentState::Reversed, Some(journal_no)) = (row.state, row.back_journal) {
        keep(&Came::Set { code: UNDONE_BEFORE, journal_no: Some(journal_no) })?;
        let (core_serial, core_date) = store::journal(tx, journal_no)?;
        return Ok(Ok(Undone::Reversed { core_serial, core_date }));
    }
    // A closed day is no verdict: before it was over, it may be asked again.
    if let Err(closed) = queries::open_day(tx)? {
        return Ok(Err(closed));
    }
    match mirror(tx, undo, &row)? {
        Ok(journal_no) => {
            keep(&Came::Done(journal_no))?;
            let (core_serial, core_date) = store::journal(tx, journal_no)?;
            Ok(Ok(Undone::Reversed { core_serial, core_date }))
        }
        Err(reject) => {
            keep(&Came::Rejected(&reject))?;
            Ok(Ok(Undone::Refused(reject)))
        }
    }
}

/// What a known reversal was answered.
fn told(tx: &Tx<'_>, known: &Known) -> Result<Undone> {
    Ok(match known.journal_no {
        Some(journal_no) => {
            let (core_serial, core_date) = store::journal(tx, journal_no)?;
            Undone::Reversed { core_serial, core_date }
        }
        None => Undone::Nothing,
    })
}

/// Posts the mirror of a payment's journal.
fn mirror(tx: &Tx<'_>, undo: &Undo, row: &PaymentRow) -> Result<std::result::Result<i64, Reject>> {
    if Books::open(tx)?.core_date() != row.core_date {
        return Ok(Err(Reject::DayClosed { opens_at: None }));
    }
    // What a rail has begun, or ended, is no longer ours to undo; nor is what rewrote a schedule.
    if !matches!(row.state, PaymentState::Done | PaymentState::Pending) {
        return Ok(Err(Reject::NotEligible));
    }
    let undoing = match saving::before_undo(tx, row)? {
        Ok(undoing) => undoing,
        Err(reject) => return Ok(Err(reject)),
    };
    let mut books = Books::open(tx)?;
    let voucher = Voucher {
        request_id: undo.request_id.clone(),
        at: None,
        movement: movement::reversal(row.journal_no, &entries(tx, row.journal_no)?),
        channel: undo.channel.clone(),
    };
    let posted = match books.post(&voucher) {
        Ok(posted) => posted,
        Err(refused) => {
            saving::after_undo(tx, &undoing, &row.request_id, false)?;
            return Ok(Err(refused.reject()?));
        }
    };
    books.close()?;
    saving::after_undo(tx, &undoing, &row.request_id, true)?;
    let is_first = tx.exec_one(
        "UPDATE core_payment SET state = 'reversed', back_journal = $1
          WHERE tenant_id = $2 AND request_id = $3 AND state = $4",
        params![posted.journal_no, tx.tenant(), row.request_id, row.state.word()],
    )?;
    bills::reopen(tx, &row.request_id)?;
    wealth::ended(tx, &row.request_id, "undone")?;
    cash::end(tx, &row.request_id, "called_off")?;
    if is_first {
        Ok(Ok(posted.journal_no))
    } else {
        Err(Error::fault("a payment changed while it was undone"))
    }
}

fn entries(tx: &Tx<'_>, journal_no: i64) -> Result<Vec<(To, Side, Fen, String)>> {
    let found: Vec<(String, i64, Stored<Side>, Fen, String)> = tx.all(
        "SELECT account_kind, account, side, amount_fen, counterparty FROM core_entry
          WHERE tenant_id = $1 AND journal_no = $2 ORDER BY line_no",
        params![tx.tenant(), journal_no],
    )?;
    let entry = |(kind, account, Stored(side), amount, other): (String, _, _, _, _)| {
        let to = if kind == "C" { To::Account(account) } else { To::Gl(account) };
        (to, side, amount, other)
    };
    Ok(found.into_iter().map(entry).collect())
}
