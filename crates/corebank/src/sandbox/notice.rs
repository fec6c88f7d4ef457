//! 通知: what a customer said will be taken out of a notice deposit, and what that does to its interest.
//!
//! The rule (中国人民银行《通知存款管理办法》): taken on the day of its notice, what was told bears the deposit's own rate, that of
//! the day it is taken; taken without notice, before its day or after it, beyond what was told, less than the least, or held for
//! fewer days than the notice has, it bears the rate at call. What was told and not taken, or taken back, bears nothing for the
//! days of notice. Not for: the money itself (`money/saving`).

use crate::day::Day;
use crate::deposits::{DepositKind, Form, Notice, NoticeSet, NoticeWish};
use crate::error::Reject;
use crate::interest;
use crate::model::AccountState;
use crate::sandbox::books::Books;
use crate::sandbox::queries::{Said, Stored, day, maybe_day, no};
use crate::sandbox::terms::paper;
use base::{Error, Fen, Result, Time};
use db::{FromRow, Row, Tx, params};
use sm3::{Digest, Sm3};

/// 50,000 yuan: a notice deposit is opened with so much, told of so much, and ends when less would stay.
pub(crate) const LEAST: Fen = Fen::of(5_000_000);
/// Kind of this command in `core_request`.
const KIND: &str = "notice";

type Verdict<T> = Result<std::result::Result<T, Reject>>;

/// One notice as it stands.
struct Told {
    no: i64,
    notice: Notice,
    state: String,
    taken: Fen,
    back_on: Option<Day>,
    is_charged: bool,
}

impl FromRow for Told {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            no: row.next()?,
            notice: Notice {
                amount: row.next()?,
                given_on: day(row.next()?)?,
                due_on: day(row.next()?)?,
            },
            state: row.next()?,
            taken: row.next()?,
            back_on: maybe_day(row.next()?)?,
            is_charged: row.next::<Option<String>>()?.is_some(),
        })
    }
}

impl Told {
    /// Its day has not passed, and nothing was taken on it.
    fn is_good(&self, today: Day) -> bool {
        self.state == "open" && today <= self.notice.due_on
    }
    /// The sum and the days that bear nothing because of it.
    fn idle(&self, today: Day) -> Option<(Fen, i64)> {
        if self.is_charged || self.is_good(today) {
            return None;
        }
        let rest = self.notice.amount.checked_sub(self.taken)?;
        let end = self.back_on.map_or(self.notice.due_on, |back| back.min(self.notice.due_on));
        let days = end.days_since(self.notice.given_on);
        (rest > Fen::ZERO && days > 0).then_some((rest, days))
    }
}

fn all(tx: &Tx<'_>, acct_id: i64) -> Result<Vec<Told>> {
    tx.all(
        "SELECT notice_no, amount_fen, given_on, due_on, state, taken_fen, back_on, charged_by
           FROM core_notice WHERE tenant_id = $1 AND acct_id = $2 ORDER BY notice_no",
        params![tx.tenant(), acct_id],
    )
}

/// The notice that is good now.
pub(crate) fn good(tx: &Tx<'_>, acct_id: i64) -> Result<Option<Notice>> {
    let today = Day::at(tx.now());
    Ok(all(tx, acct_id)?.into_iter().find(|t| t.is_good(today)).map(|t| t.notice))
}

/// What a notice deposit is made of when something is taken out of it.
pub(crate) struct Held {
    pub(crate) acct_id: i64,
    pub(crate) kind: DepositKind,
    /// Its own rate of today, and the one for money at call.
    pub(crate) rates_bp: (i64, i64),
    pub(crate) opened_on: Day,
}

/// What some of it brings today.
pub(crate) struct Brings {
    pub(crate) at_own: Fen,
    pub(crate) interest: Fen,
    /// At its own rate all of it would bring so much.
    pub(crate) full: Fen,
    /// The day of its notice, or of one that is given today.
    pub(crate) due_on: Day,
}

/// Fen times days at its own rate, less the days that bear nothing.
fn products(amount: Fen, days: i64, told: &[Told], today: Day) -> i128 {
    let borne = i128::from(amount.fen()) * i128::from(days);
    let idle = told.iter().filter_map(|t| t.idle(today));
    let idle: i128 =
        idle.map(|(sum, days)| i128::from(sum.min(amount).fen()) * i128::from(days)).sum();
    (borne - idle).max(0)
}

/// What taking `amount` today brings.
pub(crate) fn brings(tx: &Tx<'_>, held: &Held, amount: Fen) -> Result<Brings> {
    let today = Day::at(tx.now());
    let told = all(tx, held.acct_id)?;
    let good = told.iter().find(|t| t.is_good(today)).map(|t| t.notice);
    let days = today.days_since(held.opened_on).max(0);
    let (own_bp, call_bp) = held.rates_bp;
    let is_due = good.is_some_and(|n| n.due_on == today)
        && days >= held.kind.notice_days()
        && amount >= LEAST;
    let told_of = good.filter(|_| is_due).map_or(Fen::ZERO, |n| n.amount);
    let at_own = amount.min(told_of);
    let at_call = amount.checked_sub(at_own);
    let own = interest::on_products(products(at_own, days, &told, today), own_bp);
    let call = at_call.and_then(|at_call| interest::for_days(at_call, call_bp, days));
    let full = interest::on_products(products(amount, days, &told, today), own_bp);
    let sum = own.zip(call).and_then(|(own, call)| own.checked_add(call));
    let (Some(interest), Some(full)) = (sum, full) else {
        return Err(Error::fault("a deposit is too large to count"));
    };
    let due_on = good.map_or_else(|| today.plus_days(held.kind.notice_days()), |n| n.due_on);
    Ok(Brings { at_own, interest, full, due_on })
}

/// In the unit that takes something out: the notice that was good is used, and the days that bear nothing are borne where the
/// own rate was paid.
pub(crate) fn note_taken(tx: &Tx<'_>, request_id: &str, acct_id: i64, at_own: Fen) -> Result<()> {
    let today = Day::at(tx.now());
    for told in all(tx, acct_id)? {
        if told.is_good(today) {
            // Taken before its day, or beside it, it is over without more.
            let taken = if at_own > Fen::ZERO { at_own } else { told.notice.amount };
            tx.exec(
                "UPDATE core_notice SET state = 'used', taken_fen = $1, closed_by = $2
                  WHERE tenant_id = $3 AND acct_id = $4 AND notice_no = $5",
                params![taken, request_id, tx.tenant(), acct_id, told.no],
            )?;
        } else if at_own > Fen::ZERO && told.idle(today).is_some() {
            tx.exec(
                "UPDATE core_notice SET charged_by = $1
                  WHERE tenant_id = $2 AND acct_id = $3 AND notice_no = $4",
                params![request_id, tx.tenant(), acct_id, told.no],
            )?;
        }
    }
    Ok(())
}

/// Whether a notice is good that was given after a payment used the one before.
pub(crate) fn has_followed(tx: &Tx<'_>, request_id: &str, acct_id: i64) -> Result<bool> {
    let used: i64 = tx.one(
        "SELECT COUNT(*) FROM core_notice WHERE tenant_id = $1 AND acct_id = $2 AND closed_by = $3",
        params![tx.tenant(), acct_id, request_id],
    )?;
    Ok(used > 0 && good(tx, acct_id)?.is_some())
}

/// The payment was undone: its notice is good again.
pub(crate) fn give_back(tx: &Tx<'_>, request_id: &str, acct_id: i64) -> Result<()> {
    for sql in [
        "UPDATE core_notice SET state = 'open', taken_fen = 0, closed_by = NULL
          WHERE tenant_id = $1 AND acct_id = $2 AND closed_by = $3",
        "UPDATE core_notice SET charged_by = NULL WHERE tenant_id = $1 AND acct_id = $2 AND charged_by = $3",
    ] {
        tx.exec(sql, params![tx.tenant(), acct_id, request_id])?;
    }
    Ok(())
}

fn payload(acct_id: i64, wish: NoticeWish) -> Vec<u8> {
    let word = match wish {
        NoticeWish::Give { amount } => format!("give|{}", amount.map_or(0, Fen::fen)),
        NoticeWish::TakeBack => "back".to_owned(),
    };
    Sm3::digest(format!("{KIND}|{acct_id}|{word}").as_bytes()).to_vec()
}

/// Gives notice or takes it back, once under `request_id`. A refusal is no verdict on the id: nothing was changed.
pub(crate) fn set(
    tx: &Tx<'_>,
    request_id: &str,
    acct_id: i64,
    wish: NoticeWish,
) -> Said<NoticeSet> {
    let hash = payload(acct_id, wish);
    let before: Option<(Vec<u8>, Time)> = tx.opt(
        "SELECT payload_hash, accepted_at_ms FROM core_request WHERE tenant_id = $1 AND request_id = $2",
        params![tx.tenant(), request_id],
    )?;
    if let Some((known, at)) = before {
        if known != hash {
            return no(Reject::PayloadMismatch);
        }
        let notice = of_request(tx, request_id)?;
        return Ok(Ok(NoticeSet { notice, at, is_repeat: true }));
    }
    let notice = match wish {
        NoticeWish::Give { amount } => give(tx, request_id, acct_id, amount)?,
        NoticeWish::TakeBack => take_back(tx, request_id, acct_id)?,
    };
    let notice = match notice {
        Ok(notice) => notice,
        Err(reject) => return no(reject),
    };
    let mut books = Books::open(tx)?;
    books.event(KIND, None, acct_id)?;
    books.close()?;
    tx.exec(
        "INSERT INTO core_request (tenant_id, request_id, kind, payload_hash, state, result_code, accepted_at_ms)
         VALUES ($1, $2, $3, $4, 'set', '', $5)",
        params![tx.tenant(), request_id, KIND, hash, tx.now()],
    )?;
    Ok(Ok(NoticeSet { notice, at: tx.now(), is_repeat: false }))
}

/// The notice a command gave, or took back.
fn of_request(tx: &Tx<'_>, request_id: &str) -> Result<Notice> {
    let told: Told = tx.one(
        "SELECT notice_no, amount_fen, given_on, due_on, state, taken_fen, back_on, charged_by
           FROM core_notice WHERE tenant_id = $1 AND (request_id = $2 OR back_request = $2)",
        params![tx.tenant(), request_id],
    )?;
    Ok(told.notice)
}

fn give(tx: &Tx<'_>, request_id: &str, acct_id: i64, amount: Option<Fen>) -> Verdict<Notice> {
    let (kind, worth) = match notice_deposit(tx, acct_id)? {
        Ok(found) => found,
        Err(reject) => return Ok(Err(reject)),
    };
    let told = all(tx, acct_id)?;
    let today = Day::at(tx.now());
    if told.iter().any(|t| t.is_good(today)) {
        return Ok(Err(Reject::NotEligible));
    }
    let amount = amount.unwrap_or(worth);
    if amount < LEAST || amount > worth {
        return Ok(Err(Reject::Validation { field: "amount" }));
    }
    let due_on = today.plus_days(kind.notice_days());
    let next = told.last().map_or(1, |t| t.no + 1);
    tx.exec(
        "INSERT INTO core_notice (tenant_id, acct_id, notice_no, request_id, amount_fen, given_on, due_on, state, taken_fen)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'open', 0)",
        params![tx.tenant(), acct_id, next, request_id, amount, today.number(), due_on.number()],
    )?;
    Ok(Ok(Notice { amount, given_on: today, due_on }))
}

fn take_back(tx: &Tx<'_>, request_id: &str, acct_id: i64) -> Verdict<Notice> {
    if let Err(reject) = notice_deposit(tx, acct_id)? {
        return Ok(Err(reject));
    }
    let today = Day::at(tx.now());
    let Some(told) = all(tx, acct_id)?.into_iter().find(|t| t.is_good(today)) else {
        return Ok(Err(Reject::NotFound));
    };
    tx.exec(
        "UPDATE core_notice SET state = 'back', back_on = $1, back_request = $2
          WHERE tenant_id = $3 AND acct_id = $4 AND notice_no = $5",
        params![today.number(), request_id, tx.tenant(), acct_id, told.no],
    )?;
    Ok(Ok(told.notice))
}

/// A notice deposit that is in order: its kind, and what is in it.
fn notice_deposit(tx: &Tx<'_>, acct_id: i64) -> Verdict<(DepositKind, Fen)> {
    type Found = (Stored<DepositKind>, Stored<Form>, Stored<AccountState>, Fen);
    let found: Option<Found> = tx.opt(
        "SELECT t.kind, t.form, a.state, a.posted_credit_fen - a.posted_debit_fen
           FROM core_term t JOIN core_account a ON a.tenant_id = t.tenant_id AND a.acct_id = t.acct_id
          WHERE t.tenant_id = $1 AND t.acct_id = $2",
        params![tx.tenant(), acct_id],
    )?;
    let Some((Stored(kind), Stored(form), Stored(state), worth)) = found else {
        return Ok(Err(Reject::NotFound));
    };
    Ok(match (form, state) {
        _ if !kind.is_notice() => Err(Reject::Unsupported),
        (Form::Paper, _) => Err(paper()),
        (_, AccountState::Active) => Ok((kind, worth)),
        _ => Err(Reject::AccountNotActive),
    })
}
