//! Commands under their request ids: the same id does it once and gets the same answer for ever (I4).

use crate::day::Day;
use crate::error::{CoreError, Direction, Reject};
use crate::sandbox::books::{Books, Posted, Refused, Voucher};
use crate::sandbox::controls;
use crate::sandbox::movement::Movement;
use crate::sandbox::queries::Said;
use crate::sandbox::words::Word;
use base::{Error, Fen, Result, Time};
use db::{Tx, params};
use sm3::{Digest, Sm3};

/// What a command came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Done {
    pub posted: Posted,
    /// It was done before under the same id; nothing happened again.
    pub is_repeat: bool,
}

/// SM3 over everything that makes two commands the same.
fn payload(movement: &Movement) -> Vec<u8> {
    let mut text = movement.kind.to_owned();
    for leg in &movement.legs {
        let (kind, account) = leg.to.stored();
        text.push_str(&format!("|{kind}{account}{}{}", leg.side.word(), leg.amount.fen()));
    }
    Sm3::digest(text.as_bytes()).to_vec()
}

/// Posts `movement` once under `request_id`.
pub(crate) fn post(
    tx: &Tx<'_>,
    request_id: &str,
    movement: &Movement,
    channel: Option<(String, Day)>,
) -> Said<Done> {
    let hash = payload(movement);
    if let Some(answer) = before(tx, request_id, &hash)? {
        return Ok(answer);
    }
    let voucher = Voucher {
        request_id: request_id.to_owned(),
        at: None,
        movement: movement.clone(),
        channel,
    };
    let mut books = Books::open(tx)?;
    let answer = match controls::lets(tx, movement)? {
        Err(reject) => Err(reject),
        Ok(()) => match books.post(&voucher) {
            Ok(posted) => {
                books.close()?;
                Ok(posted)
            }
            // A closed day is no verdict on the command: it may come again.
            Err(Refused::DayClosed) => return Ok(Err(Reject::DayClosed { opens_at: None }.into())),
            Err(refused) => Err(refused.reject()?),
        },
    };
    let (state, code, journal_no) = match &answer {
        Ok(posted) => ("done", String::new(), Some(posted.journal_no)),
        Err(reject) => ("rejected", code(reject)?, None),
    };
    tx.exec(
        "INSERT INTO core_request (tenant_id, request_id, kind, payload_hash, state, result_code, journal_no,
                accepted_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![tx.tenant(), request_id, movement.kind, hash, state, code, journal_no, tx.now()],
    )?;
    Ok(answer.map(|posted| Done { posted, is_repeat: false }).map_err(CoreError::from))
}

/// The answer this id got before.
fn before(
    tx: &Tx<'_>,
    request_id: &str,
    hash: &[u8],
) -> Result<Option<std::result::Result<Done, CoreError>>> {
    type Found = (Vec<u8>, String, String, Option<i64>, Option<i64>, Option<Time>);
    let found: Option<Found> = tx.opt(
        "SELECT r.payload_hash, r.state, r.result_code, r.journal_no, j.core_date, j.posted_at_ms
           FROM core_request r
           LEFT JOIN core_journal j ON j.tenant_id = r.tenant_id AND j.journal_no = r.journal_no
          WHERE r.tenant_id = $1 AND r.request_id = $2",
        params![tx.tenant(), request_id],
    )?;
    let Some((known, state, code, journal_no, core_date, at)) = found else {
        return Ok(None);
    };
    if state == "fenced" {
        return Ok(Some(Err(Reject::Expired.into())));
    }
    if known != hash {
        return Ok(Some(Err(Reject::PayloadMismatch.into())));
    }
    Ok(Some(match (journal_no, core_date.and_then(Day::of_number), at) {
        (Some(journal_no), Some(core_date), Some(at)) => {
            Ok(Done { posted: Posted { journal_no, core_date, at }, is_repeat: true })
        }
        _ => Err(of_code(&code)?.into()),
    }))
}

/// Refusals that stick to a request id.
const CODES: &[(&str, Reject)] = &[
    ("balance.short", Reject::InsufficientFunds),
    ("account.blocked.in", Reject::AccountBlocked(Direction::In)),
    ("account.blocked.out", Reject::AccountBlocked(Direction::Out)),
    ("account.inactive", Reject::AccountNotActive),
    ("account.missing", Reject::NotFound),
    ("account.kind", Reject::Validation { field: "account" }),
    ("counter.only", Reject::CounterOnly),
    ("switched.off", Reject::SwitchedOff),
    ("amount.invalid", Reject::Validation { field: "amount" }),
    ("request.expired", Reject::Expired),
    ("limit.exceeded", Reject::LimitExceeded),
    ("rail.closed", Reject::Unsupported),
    ("payee.mismatch", Reject::PayeeMismatch),
    ("day.over", Reject::DayClosed { opens_at: None }),
    ("payment.settled", Reject::NotEligible),
    ("bill.paid", Reject::BillPaid),
    ("biller.offline", Reject::BillerOffline),
    ("offer.sold_out", Reject::SoldOut),
];

pub(crate) fn code(reject: &Reject) -> Result<String> {
    let found = CODES.iter().find(|(_, r)| r == reject);
    found
        .map(|(c, _)| (*c).to_owned())
        .ok_or_else(|| Error::fault(format!("no code for «{reject}»")))
}
pub(crate) fn of_code(code: &str) -> Result<Reject> {
    let found = CODES.iter().find(|(c, _)| *c == code);
    found.map(|(_, r)| r.clone()).ok_or_else(|| Error::fault(format!("unknown code «{code}»")))
}

/// Reserves an amount under a number of the caller's; the same number again changes nothing.
pub(crate) fn hold(tx: &Tx<'_>, hold_no: i64, acct_id: i64, amount: Fen, reason: &str) -> Said<()> {
    if amount <= Fen::ZERO {
        return Ok(Err(Reject::Validation { field: "amount" }.into()));
    }
    let known: Option<(i64, Fen)> = tx.opt(
        "SELECT acct_id, amount_fen FROM core_hold WHERE tenant_id = $1 AND hold_no = $2",
        params![tx.tenant(), hold_no],
    )?;
    if let Some(known) = known {
        let is_same = known == (acct_id, amount);
        return Ok(if is_same { Ok(()) } else { Err(Reject::PayloadMismatch.into()) });
    }
    let mut books = Books::open(tx)?;
    if let Err(refused) = books.hold(acct_id, amount) {
        return Ok(Err(refused.reject()?.into()));
    }
    books.event("hold", None, acct_id)?;
    books.close()?;
    tx.exec(
        "INSERT INTO core_hold (tenant_id, hold_no, acct_id, amount_fen, reason, state, held_at_ms)
         VALUES ($1, $2, $3, $4, $5, 'held', $6)",
        params![tx.tenant(), hold_no, acct_id, amount, reason, tx.now()],
    )?;
    Ok(Ok(()))
}

/// Gives a reservation back. A reservation ends at most once (I8).
pub(crate) fn void(tx: &Tx<'_>, hold_no: i64) -> Said<()> {
    let ended: Option<(i64, Fen)> = tx.opt(
        "UPDATE core_hold SET state = 'voided', ended_at_ms = $1
          WHERE tenant_id = $2 AND hold_no = $3 AND state = 'held'
         RETURNING acct_id, amount_fen",
        params![tx.now(), tx.tenant(), hold_no],
    )?;
    let Some((acct_id, amount)) = ended else {
        return Ok(Err(Reject::NotFound.into()));
    };
    let mut books = Books::open(tx)?;
    books.hold(acct_id, Fen::of(-amount.fen()))?;
    books.event("release", None, acct_id)?;
    books.close()?;
    Ok(Ok(()))
}
