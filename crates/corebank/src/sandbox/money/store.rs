//! What is kept of commands about money: the answer of each id, and each payment with what became of it.

use crate::day::Day;
use crate::error::Reject;
use crate::model::{AccountRef, LineId};
use crate::money::{Echo, LoanPart, Opened, Paid, Payee, Rail};
use crate::sandbox::commands;
use crate::sandbox::queries::{Said, Stored, day, maybe_day, no, serial};
use crate::sandbox::seal::{Column, TenantKeys};
use crate::sandbox::terms;
use crate::sandbox::words::{Word, from_word};
use crate::wealth::RiskGrade;
use base::{Error, Fen, Result, Time};
use db::{FromRow, Row, Tx, params};

/// What an id came to before.
pub(super) struct Known {
    pub(super) kind: String,
    pub(super) state: String,
    pub(super) code: String,
    pub(super) journal_no: Option<i64>,
    hash: Vec<u8>,
}

pub(super) fn known(tx: &Tx<'_>, request_id: &str) -> Result<Option<Known>> {
    type Found = (String, String, String, Option<i64>, Vec<u8>);
    let found: Option<Found> = tx.opt(
        "SELECT kind, state, result_code, journal_no, payload_hash
           FROM core_request WHERE tenant_id = $1 AND request_id = $2",
        params![tx.tenant(), request_id],
    )?;
    Ok(found.map(|(kind, state, code, journal_no, hash)| Known {
        kind,
        state,
        code,
        journal_no,
        hash,
    }))
}

/// What this command came to before; a refusal that stuck is the answer again.
pub(super) fn before(tx: &Tx<'_>, request_id: &str, hash: &[u8]) -> Said<Option<Known>> {
    let Some(known) = known(tx, request_id)? else { return Ok(Ok(None)) };
    match known.state.as_str() {
        "fenced" => no(Reject::Expired),
        _ if known.hash != hash => no(Reject::PayloadMismatch),
        "rejected" => no(commands::of_code(&known.code)?),
        _ => Ok(Ok(Some(known))),
    }
}

/// What a command came to.
pub(super) enum Came<'a> {
    /// With a journal under the same id.
    Done(i64),
    /// Without one. The code says what it was, `journal_no` which journal the answer speaks of.
    Set {
        code: &'static str,
        journal_no: Option<i64>,
    },
    Rejected(&'a Reject),
}

pub(super) fn keep(
    tx: &Tx<'_>,
    request_id: &str,
    kind: &'static str,
    hash: &[u8],
    came: &Came<'_>,
) -> Result<()> {
    let (state, code, journal_no) = match came {
        Came::Done(journal_no) => ("done", String::new(), Some(*journal_no)),
        Came::Set { code, journal_no } => ("set", (*code).to_owned(), *journal_no),
        Came::Rejected(reject) => ("rejected", commands::code(reject)?, None),
    };
    tx.exec(
        "INSERT INTO core_request (tenant_id, request_id, kind, payload_hash, state, result_code, journal_no,
                accepted_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        params![tx.tenant(), request_id, kind, hash, state, code, journal_no, tx.now()],
    )?;
    Ok(())
}

/// A tombstone: the id is refused if it comes now. False when it has come already.
pub(super) fn fence(tx: &Tx<'_>, request_id: &str) -> Result<bool> {
    let fresh = tx.exec(
        "INSERT INTO core_request (tenant_id, request_id, kind, payload_hash, state, result_code, accepted_at_ms)
         VALUES ($1, $2, 'fence', $3, 'fenced', '', $4) ON CONFLICT (tenant_id, request_id) DO NOTHING",
        params![tx.tenant(), request_id, &[][..], tx.now()],
    )?;
    Ok(fresh == 1)
}

/// Where a payment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PaymentState {
    /// 行内: booked at once.
    Done,
    /// Booked out; the rail has not begun.
    Pending,
    /// The rail has it, and will say what became of it.
    Settling,
    Confirmed,
    Returned,
    Reversed,
}

/// A payment that was posted.
pub(super) struct PaymentRow {
    pub(super) request_id: String,
    pub(super) journal_no: i64,
    pub(super) payer: i64,
    pub(super) payee: Option<i64>,
    pub(super) payee_sealed: Option<Vec<u8>>,
    /// What kind of payee an account of ours is; empty for one that is simply paid.
    pub(super) payee_kind: String,
    pub(super) amount: Fen,
    pub(super) fee: Fen,
    pub(super) rail: Rail,
    pub(super) available: Fen,
    pub(super) hold_id: Option<String>,
    pub(super) state: PaymentState,
    pub(super) due_at: Option<Time>,
    pub(super) back_journal: Option<i64>,
    pub(super) core_date: i64,
    pub(super) posted_at: Time,
    /// The account that it opened, where that is not its payee.
    pub(super) opened: Option<i64>,
    /// Of what it opened, else of the payee's account, where it is one of ours.
    pub(super) tail: Option<String>,
}

impl FromRow for PaymentRow {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            request_id: row.next()?,
            journal_no: row.next()?,
            payer: row.next()?,
            payee: row.next()?,
            payee_sealed: row.next()?,
            payee_kind: row.next()?,
            amount: row.next()?,
            fee: row.next()?,
            rail: row.next::<Stored<_>>()?.0,
            available: row.next()?,
            hold_id: row.next()?,
            state: row.next::<Stored<_>>()?.0,
            due_at: row.next()?,
            back_journal: row.next()?,
            core_date: row.next()?,
            posted_at: row.next()?,
            opened: row.next()?,
            tail: row.next()?,
        })
    }
}

/// In front of a biller's words: no number of an account begins so, nor so as those below.
const BILLER: &str = "biller";
/// In front of what is said of a wealth product that is bought, and of one that is sold.
const BOUGHT: &str = "bought";
const SOLD: &str = "sold";
/// In front of a till's words.
const TILL: &str = "till";

/// A payee that is no account here, out of the sealed words of [`seal_payee`].
pub(super) fn sealed_payee(keys: &TenantKeys, journal_no: i64, sealed: &[u8]) -> Result<Payee> {
    let plain = keys.open(Column::Payee, journal_no, sealed)?;
    match plain.reveal().split('\n').collect::<Vec<_>>()[..] {
        [BILLER, biller, number, bill] => {
            let (biller, number, bill) = (biller.to_owned(), number.to_owned(), bill.to_owned());
            return Ok(Payee::Biller { biller, number, bill });
        }
        [BOUGHT, product, grade, on] => {
            let grade = RiskGrade::of_number(grade.parse()?);
            let grade = grade.ok_or_else(|| Error::fault("a product of no known risk"))?;
            let (product, begins_on) = (product.to_owned(), day(on.parse()?)?);
            return Ok(Payee::Subscription { product, grade, begins_on });
        }
        [SOLD, account, units, on] => {
            let (account, units) = (AccountRef::new(account), units.parse()?);
            return Ok(Payee::Redemption { account, units, arrives_on: day(on.parse()?)? });
        }
        [TILL, salt, verifier, minutes] => {
            let (salt, verifier) = (salt.to_owned(), verifier.to_owned());
            return Ok(Payee::Cash { salt, verifier, minutes: minutes.parse()? });
        }
        _ => {}
    }
    let mut parts = plain.reveal().splitn(3, '\n').map(str::to_owned);
    match (parts.next(), parts.next(), parts.next()) {
        (Some(number), Some(bank_no), Some(name)) => Ok(Payee::Elsewhere { number, name, bank_no }),
        _ => Err(Error::fault("a payee that cannot be read")),
    }
}

/// The kind under which a payee of ours is stored: `loan|part|100000`, `deposit|12|120|20271123|off|0`,
/// `offer|notice-7|65|0`, `taken|1486`, `draw|12|450|interest_first|20271123`, `split|12|`, `split|6|4711-1`; and
/// `redeemed|9788|20261130`, whose account is sealed besides.
pub(super) fn kind_of(payee: &Payee) -> String {
    match payee {
        Payee::Loan { part, ahead, .. } => format!("loan|{}|{}", part.word(), ahead.fen()),
        Payee::Deposit { months, rate_bp, matures_on, renewal } => {
            let (word, again) = terms::stored(*renewal);
            let (day, again) = (matures_on.number(), again.unwrap_or(0));
            format!("deposit|{months}|{rate_bp}|{day}|{word}|{again}")
        }
        Payee::Offered { code, rate_bp, matures_on } => {
            format!("offer|{code}|{rate_bp}|{}", matures_on.map_or(0, Day::number))
        }
        Payee::Withdrawal { interest, .. } => format!("taken|{}", interest.fen()),
        Payee::Draw { months, rate_bp, method, ends_on, .. } => {
            format!("draw|{months}|{rate_bp}|{}|{}", method.word(), ends_on.number())
        }
        Payee::Split { line, months } => {
            format!("split|{months}|{}", line.as_ref().map_or("", LineId::as_str))
        }
        Payee::Redemption { units, arrives_on, .. } => {
            format!("redeemed|{units}|{}", arrives_on.number())
        }
        Payee::Here { .. }
        | Payee::Elsewhere { .. }
        | Payee::Biller { .. }
        | Payee::Cash { .. }
        | Payee::Subscription { .. } => String::new(),
    }
}

/// A payee of ours by its account and its kind.
pub(super) fn here(acct_id: i64, kind: &str) -> Result<Payee> {
    let account = AccountRef::new(acct_id.to_string());
    match kind.split('|').collect::<Vec<_>>()[..] {
        [""] => Ok(Payee::Here { account }),
        ["loan", part, ahead] => {
            let part = LoanPart::of_word(part);
            let part = part.ok_or_else(|| Error::fault("a repayment of no known part"))?;
            Ok(Payee::Loan { account, part, ahead: Fen::of(ahead.parse()?) })
        }
        ["deposit", months, rate_bp, matures_on, word, again] => {
            let again = Some(again.parse()?).filter(|m| *m > 0);
            Ok(Payee::Deposit {
                months: months.parse()?,
                rate_bp: rate_bp.parse()?,
                matures_on: day(matures_on.parse()?)?,
                renewal: terms::read(word, again)?,
            })
        }
        ["offer", code, rate_bp, matures_on] => {
            let matures_on = Some(matures_on.parse()?).filter(|day: &i64| *day > 0);
            Ok(Payee::Offered {
                code: code.to_owned(),
                rate_bp: rate_bp.parse()?,
                matures_on: maybe_day(matures_on)?,
            })
        }
        ["taken", interest] => {
            Ok(Payee::Withdrawal { account, interest: Fen::of(interest.parse()?) })
        }
        ["draw", months, rate_bp, method, ends_on] => Ok(Payee::Draw {
            account,
            months: months.parse()?,
            rate_bp: rate_bp.parse()?,
            method: from_word(method)?,
            ends_on: day(ends_on.parse()?)?,
        }),
        ["split", months, line] => {
            let line = (!line.is_empty()).then(|| LineId::new(line));
            Ok(Payee::Split { line, months: months.parse()? })
        }
        _ => Err(Error::fault("a payee of no known kind")),
    }
}

impl PaymentRow {
    pub(super) fn payee(&self, keys: &TenantKeys) -> Result<Payee> {
        match (self.payee, &self.payee_sealed) {
            (Some(acct_id), None) => here(acct_id, &self.payee_kind),
            (None, Some(sealed)) => sealed_payee(keys, self.journal_no, sealed),
            _ => Err(Error::fault("a payment without a payee")),
        }
    }

    /// What the command was answered, or what is told of it now.
    pub(super) fn paid(&self, keys: &TenantKeys, is_final: bool) -> Result<Paid> {
        let core_date = day(self.core_date)?;
        let payee = self.payee(keys)?;
        let opened = match (&payee, self.opened.or(self.payee), &self.tail) {
            (
                Payee::Deposit { .. } | Payee::Offered { .. } | Payee::Draw { .. },
                Some(acct_id),
                Some(tail),
            ) => Some(Opened { account: AccountRef::new(acct_id.to_string()), tail: tail.clone() }),
            _ => None,
        };
        Ok(Paid {
            core_serial: serial(core_date, self.journal_no),
            core_date,
            posted_at: self.posted_at,
            is_final,
            available: Some(self.available),
            opened,
            echo: Echo {
                request_id: self.request_id.clone(),
                payer: AccountRef::new(self.payer.to_string()),
                payee,
                amount: self.amount,
                fee: self.fee,
            },
        })
    }
}

pub(super) fn payment(tx: &Tx<'_>, request_id: &str) -> Result<Option<PaymentRow>> {
    tx.opt(
        "SELECT p.request_id, p.journal_no, p.payer, p.payee, p.payee_sealed, p.payee_kind, p.amount_fen, p.fee_fen, p.rail,
                p.available_fen, p.hold_id, p.state, p.due_at_ms, p.back_journal, j.core_date, j.posted_at_ms,
                p.opened, a.tail
           FROM core_payment p
           JOIN core_journal j ON j.tenant_id = p.tenant_id AND j.journal_no = p.journal_no
           LEFT JOIN core_account a ON a.tenant_id = p.tenant_id AND a.acct_id = COALESCE(p.opened, p.payee)
          WHERE p.tenant_id = $1 AND p.request_id = $2",
        params![tx.tenant(), request_id],
    )
}

/// The payment of a command that was done.
pub(super) fn paid_row(tx: &Tx<'_>, request_id: &str) -> Result<PaymentRow> {
    payment(tx, request_id)?.ok_or_else(|| Error::fault("a payment that went away"))
}

/// The payment that a journal undid.
pub(super) fn undone_by(tx: &Tx<'_>, journal_no: i64) -> Result<PaymentRow> {
    let request_id: String = tx.one(
        "SELECT p.request_id FROM core_journal j
           JOIN core_payment p ON p.tenant_id = j.tenant_id AND p.journal_no = j.reversal_of
          WHERE j.tenant_id = $1 AND j.journal_no = $2",
        params![tx.tenant(), journal_no],
    )?;
    paid_row(tx, &request_id)
}

pub(super) fn add_payment(tx: &Tx<'_>, p: &PaymentRow) -> Result<()> {
    tx.exec(
        "INSERT INTO core_payment (tenant_id, request_id, journal_no, payer, payee, payee_sealed, amount_fen,
                fee_fen, rail, available_fen, hold_id, state, due_at_ms, reason, payee_kind, opened)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, '', $14, $15)",
        params![
            tx.tenant(), p.request_id, p.journal_no, p.payer, p.payee, p.payee_sealed, p.amount, p.fee,
            p.rail.word(), p.available, p.hold_id, p.state.word(), p.due_at, p.payee_kind,
            p.opened
        ],
    )?;
    Ok(())
}

/// The sealed words of a payee that is no account here. Its parts were looked at: none has a line's end in it.
pub(super) fn seal_payee(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    journal_no: i64,
    payee: &Payee,
) -> Result<Option<Vec<u8>>> {
    let plain = match payee {
        Payee::Here { .. }
        | Payee::Loan { .. }
        | Payee::Deposit { .. }
        | Payee::Offered { .. }
        | Payee::Withdrawal { .. }
        | Payee::Draw { .. }
        | Payee::Split { .. } => return Ok(None),
        Payee::Elsewhere { number, name, bank_no } => format!("{number}\n{bank_no}\n{name}"),
        Payee::Biller { biller, number, bill } => format!("{BILLER}\n{biller}\n{number}\n{bill}"),
        Payee::Subscription { product, grade, begins_on } => {
            let (grade, day) = (grade.number(), begins_on.number());
            format!("{BOUGHT}\n{product}\n{grade}\n{day}")
        }
        Payee::Redemption { account, units, arrives_on } => {
            let day = arrives_on.number();
            format!("{SOLD}\n{}\n{units}\n{day}", account.as_str())
        }
        Payee::Cash { salt, verifier, minutes } => format!("{TILL}\n{salt}\n{verifier}\n{minutes}"),
    };
    keys.seal(tx.random(), Column::Payee, journal_no, &plain).map(Some)
}

/// When and under which serial a journal was posted.
pub(super) fn journal(tx: &Tx<'_>, journal_no: i64) -> Result<(String, Day)> {
    let core_date: i64 = tx.one(
        "SELECT core_date FROM core_journal WHERE tenant_id = $1 AND journal_no = $2",
        params![tx.tenant(), journal_no],
    )?;
    let core_date = day(core_date)?;
    Ok((serial(core_date, journal_no), core_date))
}
