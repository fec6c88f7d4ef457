//! What customers may read: accounts, balances, statements. Only reads.

use crate::day::Day;
use crate::error::{CoreError, Direction, Reject};
use crate::ledger::Side;
use crate::model::{
    Account, AccountKind, AccountRef, AccountState, Balance, CardBill, DayState, Detail, Flow,
    Health, Line, LineId, LoanDue, Page, StatementQuery, StatementRange, Totals,
};
use crate::port::{LINES_MAX, RANGE_DAYS_MAX};
use crate::recon::core_date;
use crate::sandbox::cards;
use crate::sandbox::parties;
use crate::sandbox::words::{Word, from_word};
use base::{Error, Fen, Result, Time};
use db::{Column, FromRow, Row, Tx, params};
use sm3::{Digest, Sm3};

/// Characters in a search text, at most.
const SEARCH_CHARS_MAX: usize = 30;

pub(crate) type Said<T> = Result<std::result::Result<T, CoreError>>;

pub(crate) fn no<T>(reject: Reject) -> Said<T> {
    Ok(Err(reject.into()))
}
pub(crate) fn invalid<T>(field: &'static str) -> Said<T> {
    no(Reject::Validation { field })
}

pub(crate) fn day(number: i64) -> Result<Day> {
    Day::of_number(number).ok_or_else(|| Error::fault("a stored day is no day"))
}
pub(crate) fn maybe_day(number: Option<i64>) -> Result<Option<Day>> {
    number.map(day).transpose()
}

/// The word of an enum in a column.
pub(crate) struct Stored<W>(pub(crate) W);
impl<W: Word> Column for Stored<W> {
    fn column(value: db::Value<'_>) -> Option<Self> {
        String::column(value).and_then(|text| from_word(&text).ok()).map(Self)
    }
}

/// How the institution's day is; [`Reject::NotFound`] when the sandbox does not keep its books.
pub(crate) fn health(tx: &Tx<'_>) -> Said<Health> {
    let found: Option<(i64, Stored<DayState>, i64)> = tx.opt(
        "SELECT business_date, day_state, cut_minutes FROM core_tenant WHERE tenant_id = $1",
        params![tx.tenant()],
    )?;
    let Some((business_date, Stored(day_state), cut)) = found else {
        return no(Reject::NotFound);
    };
    // The stored date moves with postings; on a quiet morning the calendar is ahead of it.
    let core_date = day(business_date)?.max(core_date(tx.now(), cut));
    Ok(Ok(Health { core_date, day_state, as_of: tx.now() }))
}

/// Refuses while the day is closed.
pub(crate) fn open_day(tx: &Tx<'_>) -> Said<()> {
    let found: Option<(Stored<DayState>, Option<Time>)> = tx.opt(
        "SELECT day_state, opens_at_ms FROM core_tenant WHERE tenant_id = $1",
        params![tx.tenant()],
    )?;
    match found {
        None => no(Reject::NotFound),
        Some((Stored(DayState::Closed), opens_at)) => no(Reject::DayClosed { opens_at }),
        Some(_) => Ok(Ok(())),
    }
}

pub(crate) fn accounts(tx: &Tx<'_>, cust_no: i64) -> Said<Vec<Account>> {
    if !parties::is_known(tx, cust_no)? {
        return no(Reject::NotFound);
    }
    type Found = (i64, Stored<AccountKind>, Stored<AccountState>, String, Option<i64>, String, i64);
    let found: Vec<Found> = tx.all(
        "SELECT acct_id, kind, CASE WHEN state = 'lost' AND stop_ends_at_ms <= $3 THEN stop_before ELSE state END,
                product, class, tail, opened_on
           FROM core_account WHERE tenant_id = $1 AND cust_no = $2 AND kind <> 'medical'
          ORDER BY CASE WHEN state = 'closed' THEN 1 ELSE 0 END, acct_id",
        params![tx.tenant(), cust_no, tx.now()],
    )?;
    let account = |(id, Stored(kind), Stored(state), product, class, tail, opened_on): Found| {
        Ok(Account {
            id: AccountRef::new(id.to_string()),
            kind,
            product,
            label: kind.label().to_owned(),
            tail,
            class,
            state,
            currency: "CNY".to_owned(),
            opened_on: day(opened_on)?,
        })
    };
    Ok(Ok(found.into_iter().map(account).collect::<Result<_>>()?))
}

/// Everything a balance is made of: one row.
struct BalanceRow {
    kind: AccountKind,
    state: AccountState,
    debit: Fen,
    credit: Fen,
    held: Fen,
    limit: Fen,
    rate_bp: i64,
    due_on: Option<i64>,
    due: Option<Fen>,
    ends_on: Option<i64>,
    day_state: DayState,
    opens_at: Option<Time>,
}

impl FromRow for BalanceRow {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            kind: row.next::<Stored<_>>()?.0,
            state: row.next::<Stored<_>>()?.0,
            debit: row.next()?,
            credit: row.next()?,
            held: row.next()?,
            limit: row.next()?,
            rate_bp: row.next()?,
            due_on: row.next()?,
            due: row.next()?,
            ends_on: row.next()?,
            day_state: row.next::<Stored<_>>()?.0,
            opens_at: row.next()?,
        })
    }
}

pub(crate) fn balance(tx: &Tx<'_>, acct_id: i64) -> Said<Balance> {
    let found: Option<BalanceRow> = tx.opt(
        "SELECT a.kind, CASE WHEN a.state = 'lost' AND a.stop_ends_at_ms <= $3 THEN a.stop_before ELSE a.state END,
                a.posted_debit_fen, a.posted_credit_fen, a.held_fen, a.limit_fen,
                a.rate_bp, a.due_on, a.due_fen, a.ends_on,
                t.day_state, t.opens_at_ms
           FROM core_account a JOIN core_tenant t ON t.tenant_id = a.tenant_id
          WHERE a.tenant_id = $1 AND a.acct_id = $2",
        params![tx.tenant(), acct_id, tx.now()],
    )?;
    let Some(row) = found else {
        return no(Reject::NotFound);
    };
    if row.day_state == DayState::Closed {
        return no(Reject::DayClosed { opens_at: row.opens_at });
    }
    let overflow = || Error::fault("a balance is too large to count");
    let posted = row.credit.checked_sub(row.debit).ok_or_else(overflow)?;
    let free = posted.checked_sub(row.held).and_then(|f| f.checked_add(row.limit));
    let is_spendable = row.state.lets(Direction::Out)
        && !matches!(row.kind, AccountKind::Loan | AccountKind::Deposit);
    let bill = match row.kind {
        AccountKind::Credit => cards::last_bill(tx, acct_id)?,
        _ => None,
    };
    Ok(Ok(Balance {
        account: AccountRef::new(acct_id.to_string()),
        kind: row.kind,
        state: row.state,
        posted,
        held: row.held,
        available: if is_spendable { free.ok_or_else(overflow)?.max(Fen::ZERO) } else { Fen::ZERO },
        as_of: tx.now(),
        detail: detail(&row, posted, bill)?,
    }))
}

fn detail(row: &BalanceRow, posted: Fen, bill: Option<CardBill>) -> Result<Detail> {
    let owed = Fen::of(posted.fen().min(0).saturating_neg());
    Ok(match row.kind {
        AccountKind::Debit | AccountKind::Passbook | AccountKind::Medical => Detail::Demand,
        AccountKind::Credit => Detail::Credit { limit: row.limit, used: owed, bill },
        AccountKind::Loan => Detail::Loan {
            principal: row.limit,
            outstanding: owed,
            rate_bp: row.rate_bp,
            next: maybe_day(row.due_on)?.zip(row.due).map(|(on, amount)| LoanDue { on, amount }),
            ends_on: maybe_day(row.ends_on)?,
        },
        AccountKind::Deposit => Detail::Deposit {
            rate_bp: row.rate_bp,
            matures_on: maybe_day(row.ends_on)?,
            interest: row.due.unwrap_or(Fen::ZERO),
        },
    })
}

/// A range as statements want it.
struct Filter {
    acct_id: i64,
    from: Time,
    to: Time,
    /// `C`, `D`, or empty for both.
    side: &'static str,
    /// A LIKE pattern, or empty.
    like: String,
    /// An exact amount that was searched for, or −1.
    amount: i64,
}

fn filter(tx: &Tx<'_>, range: &StatementRange) -> Said<Filter> {
    let Ok(acct_id) = range.account.as_str().parse::<i64>() else {
        return no(Reject::NotFound);
    };
    let known: Option<i64> = tx.opt(
        "SELECT acct_id FROM core_account WHERE tenant_id = $1 AND acct_id = $2",
        params![tx.tenant(), acct_id],
    )?;
    if known.is_none() {
        return no(Reject::NotFound);
    }
    if !(0..RANGE_DAYS_MAX).contains(&range.to.days_since(range.from)) {
        return invalid("range");
    }
    let q = range.q.as_deref().unwrap_or("").trim();
    if q.chars().count() > SEARCH_CHARS_MAX {
        return invalid("q");
    }
    let side = match range.flow {
        Flow::All => "",
        Flow::In => Side::Credit.word(),
        Flow::Out => Side::Debit.word(),
    };
    let amount = Fen::parse_yuan(&q.replace(',', "")).map_or(-1, Fen::fen);
    Ok(Ok(Filter {
        acct_id,
        from: range.from.start(),
        to: range.to.end(),
        side,
        like: like(q),
        amount,
    }))
}

/// A LIKE pattern that finds `q` anywhere and takes its signs literally.
fn like(q: &str) -> String {
    if q.is_empty() {
        return String::new();
    }
    let mut pattern = String::from("%");
    for c in q.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

struct Keyed {
    at: Time,
    journal_no: i64,
    line_no: i64,
    line: Line,
}

impl FromRow for Keyed {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        let (journal_no, line_no) = (row.next::<i64>()?, row.next::<i64>()?);
        let Stored(side) = row.next::<Stored<Side>>()?;
        let amount = row.next()?;
        let balance_after = row.next()?;
        let at = row.next()?;
        let (label, counterparty) = (row.next()?, row.next()?);
        let core_date = day(row.next()?)?;
        let line = Line {
            id: LineId::new(format!("{journal_no}-{line_no}")),
            core_serial: serial(core_date, journal_no),
            core_date,
            at,
            is_in: side == Side::Credit,
            amount,
            balance_after,
            label,
            counterparty,
            summary: row.next()?,
            explain: row.next()?,
            channel_serial: row.next()?,
        };
        Ok(Self { at, journal_no, line_no, line })
    }
}

/// The core's serial of a journal: its date and its number.
pub(crate) fn serial(core_date: Day, journal_no: i64) -> String {
    format!("{}{journal_no:012}", core_date.number())
}

pub(crate) fn transactions(tx: &Tx<'_>, ask: &StatementQuery) -> Said<Page> {
    if !(1..=LINES_MAX).contains(&ask.limit) {
        return invalid("limit");
    }
    let f = match filter(tx, &ask.range)? {
        Ok(f) => f,
        Err(e) => return Ok(Err(e)),
    };
    let Some((at, journal_no, line_no)) = start(ask, &f) else {
        return invalid("cursor");
    };
    let one_more = i64::try_from(ask.limit)? + 1;
    let mut found: Vec<Keyed> = tx.all(
        "SELECT e.journal_no, e.line_no, e.side, e.amount_fen, e.balance_after_fen, e.posted_at_ms, e.label,
                e.counterparty, j.core_date, j.summary, j.explain, j.channel_serial
           FROM core_entry e
           JOIN core_journal j ON j.tenant_id = e.tenant_id AND j.journal_no = e.journal_no
          WHERE e.tenant_id = $1 AND e.account_kind = 'C' AND e.account = $2
            AND e.posted_at_ms >= $3 AND (e.posted_at_ms, e.journal_no, e.line_no) < ($4, $5, $6)
            AND ($7 = '' OR e.side = $7)
            AND ($8 = '' OR e.amount_fen = $9
                 OR LOWER(e.label) LIKE $8 ESCAPE '\\' OR LOWER(e.counterparty) LIKE $8 ESCAPE '\\'
                 OR LOWER(j.summary) LIKE $8 ESCAPE '\\' OR LOWER(j.explain) LIKE $8 ESCAPE '\\')
          ORDER BY e.posted_at_ms DESC, e.journal_no DESC, e.line_no DESC
          LIMIT $10",
        params![
            tx.tenant(), f.acct_id, f.from, at, journal_no, line_no, f.side, f.like, f.amount, one_more
        ],
    )?;
    let is_more = found.len() > ask.limit;
    found.truncate(ask.limit);
    let next = found.last().filter(|_| is_more).map(|last| cursor(&ask.range, last));
    let lines = found.into_iter().map(|k| k.line).collect();
    Ok(Ok(Page { lines, next, as_of: tx.now() }))
}

/// Before which line the page begins; `None` when the cursor is not of this range.
fn start(ask: &StatementQuery, f: &Filter) -> Option<(Time, i64, i64)> {
    let Some(text) = &ask.cursor else {
        return Some((f.to, 0, 0));
    };
    let mut parts = text.split('.');
    let (at, journal_no, line_no) = (hex(parts.next()?)?, hex(parts.next()?)?, hex(parts.next()?)?);
    let is_ours = parts.next()? == stamp(&ask.range) && parts.next().is_none();
    is_ours.then_some((Time::of_ms(at), journal_no, line_no))
}
fn hex(text: &str) -> Option<i64> {
    i64::from_str_radix(text, 16).ok()
}
fn cursor(range: &StatementRange, last: &Keyed) -> String {
    format!("{:x}.{:x}.{:x}.{}", last.at.ms(), last.journal_no, last.line_no, stamp(range))
}
/// Ties a cursor to its range, so that one of another range is refused and not misread.
fn stamp(range: &StatementRange) -> String {
    let text = format!("{:?}|{}", range, range.account.as_str());
    Sm3::digest(text.as_bytes()).iter().take(6).map(|b| format!("{b:02x}")).collect()
}

pub(crate) fn totals(tx: &Tx<'_>, range: &StatementRange) -> Said<Totals> {
    let f = match filter(tx, range)? {
        Ok(f) => f,
        Err(e) => return Ok(Err(e)),
    };
    let (inflow, outflow, in_count, out_count) = tx.one(
        "SELECT COALESCE(CAST(SUM(CASE WHEN e.side = 'C' THEN e.amount_fen ELSE 0 END) AS BIGINT), 0),
                COALESCE(CAST(SUM(CASE WHEN e.side = 'D' THEN e.amount_fen ELSE 0 END) AS BIGINT), 0),
                COUNT(CASE WHEN e.side = 'C' THEN 1 END), COUNT(CASE WHEN e.side = 'D' THEN 1 END)
           FROM core_entry e
           JOIN core_journal j ON j.tenant_id = e.tenant_id AND j.journal_no = e.journal_no
          WHERE e.tenant_id = $1 AND e.account_kind = 'C' AND e.account = $2
            AND e.posted_at_ms >= $3 AND e.posted_at_ms < $4
            AND ($5 = '' OR e.side = $5)
            AND ($6 = '' OR e.amount_fen = $7
                 OR LOWER(e.label) LIKE $6 ESCAPE '\\' OR LOWER(e.counterparty) LIKE $6 ESCAPE '\\'
                 OR LOWER(j.summary) LIKE $6 ESCAPE '\\' OR LOWER(j.explain) LIKE $6 ESCAPE '\\')",
        params![tx.tenant(), f.acct_id, f.from, f.to, f.side, f.like, f.amount],
    )?;
    Ok(Ok(Totals { inflow, outflow, in_count, out_count, as_of: tx.now() }))
}

pub(crate) fn line(tx: &Tx<'_>, acct_id: i64, id: &LineId) -> Said<Line> {
    let parts = id.as_str().split_once('-');
    let numbers = parts.and_then(|(j, l)| j.parse::<i64>().ok().zip(l.parse::<i64>().ok()));
    let Some((journal_no, line_no)) = numbers else {
        return no(Reject::NotFound);
    };
    let found: Option<Keyed> = tx.opt(
        "SELECT e.journal_no, e.line_no, e.side, e.amount_fen, e.balance_after_fen, e.posted_at_ms, e.label,
                e.counterparty, j.core_date, j.summary, j.explain, j.channel_serial
           FROM core_entry e
           JOIN core_journal j ON j.tenant_id = e.tenant_id AND j.journal_no = e.journal_no
          WHERE e.tenant_id = $1 AND e.journal_no = $2 AND e.line_no = $3
            AND e.account_kind = 'C' AND e.account = $4",
        params![tx.tenant(), journal_no, line_no, acct_id],
    )?;
    Ok(found.map(|k| k.line).ok_or_else(|| Reject::NotFound.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_takes_signs_literally() {
        assert_eq!(like("电费"), "%电费%");
        assert_eq!(like("50%_\\A"), "%50\\%\\_\\\\a%");
        assert_eq!(like(""), "");
    }
}
