//! Credit cards: their terms, and bills, points and fees as they follow from the entries.
//!
//! A bill is what the books said when its statement day began. Entries are never changed and never added behind that
//! moment, so a bill worked out later is the same bill, and none has to be kept. Not for: posting (`movement`).

use crate::credit::{Assets, BILLS_MAX, Bill, Card, CardFees, PointLot, Points};
use crate::day::Day;
use crate::error::{Direction, Reject};
use crate::ledger::Side;
use crate::model::{AccountKind, AccountRef, AccountState, CardBill};
use crate::sandbox::queries::{Said, day, invalid, maybe_day, no};
use crate::sandbox::words::{Word, from_word};
use crate::sandbox::{cardset, money};
use base::{Error, Fen, Result, Time};
use db::{FromRow, Row, Tx, params};

/// Days of a month a statement or due day may have.
const DAYS: std::ops::RangeInclusive<i64> = 1..=28;
/// Of a bill, what must be paid at least: a tenth.
const MINIMUM_PARTS: i64 = 10;
/// What brings one point.
const FEN_A_POINT: i64 = 100;
/// Months for which points are good.
const POINT_MONTHS: i64 = 24;

/// A credit card to be: the account is there, these are its terms.
#[derive(Debug, Clone, Copy)]
pub struct NewCard {
    pub acct_id: i64,
    /// 账单日 and 还款日, days of the month from 1 to 28.
    pub statement_day: i64,
    pub due_day: i64,
}

/// Registers a kind of credit card with its fees, or changes them.
pub(crate) fn set_product(tx: &Tx<'_>, p: &CardFees) -> Result<()> {
    tx.exec(
        "INSERT INTO core_card_product (tenant_id, product, annual_fen, free_after, cash_percent, cash_fee_bp,
                cash_fee_least_fen, day_rate_bp, late_fee_bp)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (tenant_id, product) DO UPDATE SET annual_fen = $3, free_after = $4, cash_percent = $5,
                cash_fee_bp = $6, cash_fee_least_fen = $7, day_rate_bp = $8, late_fee_bp = $9",
        params![
            tx.tenant(), p.product, p.annual, p.free_after, p.cash_percent, p.cash_fee_bp,
            p.cash_fee_least, p.day_rate_bp, p.late_fee_bp
        ],
    )?;
    Ok(())
}

/// Gives a credit card its days, or other ones.
pub(crate) fn set_terms(tx: &Tx<'_>, card: NewCard) -> Result<()> {
    if !DAYS.contains(&card.statement_day) || !DAYS.contains(&card.due_day) {
        return Err(Error::fault("a card's days are from 1 to 28"));
    }
    tx.exec(
        "INSERT INTO core_card (tenant_id, acct_id, statement_day, due_day) VALUES ($1, $2, $3, $4)
         ON CONFLICT (tenant_id, acct_id) DO UPDATE SET statement_day = $3, due_day = $4",
        params![tx.tenant(), card.acct_id, card.statement_day, card.due_day],
    )?;
    Ok(())
}

impl FromRow for CardFees {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            product: row.next()?,
            annual: row.next()?,
            free_after: row.next()?,
            cash_percent: row.next()?,
            cash_fee_bp: row.next()?,
            cash_fee_least: row.next()?,
            day_rate_bp: row.next()?,
            late_fee_bp: row.next()?,
        })
    }
}

/// Every kind of credit card of the institution.
pub(crate) fn products(tx: &Tx<'_>) -> Said<Vec<CardFees>> {
    let found = tx.all(
        "SELECT product, annual_fen, free_after, cash_percent, cash_fee_bp, cash_fee_least_fen, day_rate_bp,
                late_fee_bp
           FROM core_card_product WHERE tenant_id = $1 ORDER BY annual_fen, product",
        params![tx.tenant()],
    )?;
    Ok(Ok(found))
}

/// A card with its terms as the books have them.
struct Terms {
    acct_id: i64,
    state: AccountState,
    worth: Fen,
    held: Fen,
    limit: Fen,
    opened_on: Day,
    days: Cycle,
    fees: CardFees,
}

impl FromRow for Terms {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        let acct_id = row.next()?;
        let state = from_word(&row.next::<String>()?)?;
        let (debit, credit): (Fen, Fen) = (row.next()?, row.next()?);
        Ok(Self {
            acct_id,
            state,
            worth: credit.checked_sub(debit).ok_or_else(overflow)?,
            held: row.next()?,
            limit: row.next()?,
            opened_on: day(row.next()?)?,
            days: Cycle { statement: row.next()?, due: row.next()? },
            fees: CardFees::from_row(row)?,
        })
    }
}

fn overflow() -> Error {
    Error::fault("a card's sums are too large to count")
}

fn terms(tx: &Tx<'_>, acct_id: i64) -> Said<Terms> {
    let found: Option<Terms> = tx.opt(
        "SELECT a.acct_id, a.state, a.posted_debit_fen, a.posted_credit_fen, a.held_fen, a.limit_fen, a.opened_on,
                c.statement_day, c.due_day, p.product, p.annual_fen, p.free_after, p.cash_percent, p.cash_fee_bp,
                p.cash_fee_least_fen, p.day_rate_bp, p.late_fee_bp
           FROM core_account a
           JOIN core_card c ON c.tenant_id = a.tenant_id AND c.acct_id = a.acct_id
           JOIN core_card_product p ON p.tenant_id = a.tenant_id AND p.product = a.product
          WHERE a.tenant_id = $1 AND a.acct_id = $2 AND a.kind = $3",
        params![tx.tenant(), acct_id, AccountKind::Credit.word()],
    )?;
    Ok(found.ok_or_else(|| Reject::NotFound.into()))
}

/// Which days of the month matter to a card.
#[derive(Clone, Copy)]
struct Cycle {
    statement: i64,
    due: i64,
}

impl Cycle {
    /// The last statement day, `today` included.
    fn last(self, today: Day) -> Day {
        let this = today.first_of_month().plus_days(self.statement - 1);
        if this <= today { this } else { this.plus_months(-1) }
    }
    /// By when the bill of `billed_on` is to be paid.
    fn due(self, billed_on: Day) -> Day {
        let this = billed_on.first_of_month().plus_days(self.due - 1);
        if this > billed_on { this } else { this.plus_months(1) }
    }
}

/// What an account was worth when `at` began.
fn worth_at(tx: &Tx<'_>, acct_id: i64, at: Time) -> Result<Fen> {
    let found: Option<Fen> = tx.opt(
        "SELECT balance_after_fen FROM core_entry
          WHERE tenant_id = $1 AND account_kind = 'C' AND account = $2 AND posted_at_ms < $3
          ORDER BY posted_at_ms DESC, journal_no DESC, line_no DESC LIMIT 1",
        params![tx.tenant(), acct_id, at],
    )?;
    Ok(found.unwrap_or_default())
}

/// Debits and credits of an account from one moment to before another.
fn sums(tx: &Tx<'_>, acct_id: i64, from: Time, to: Time) -> Result<(Fen, Fen)> {
    tx.one(
        "SELECT COALESCE(CAST(SUM(CASE WHEN side = 'D' THEN amount_fen ELSE 0 END) AS BIGINT), 0),
                COALESCE(CAST(SUM(CASE WHEN side = 'C' THEN amount_fen ELSE 0 END) AS BIGINT), 0)
           FROM core_entry
          WHERE tenant_id = $1 AND account_kind = 'C' AND account = $2 AND posted_at_ms >= $3 AND posted_at_ms < $4",
        params![tx.tenant(), acct_id, from, to],
    )
}

/// When the first entry of an account was posted.
fn first_entry(tx: &Tx<'_>, acct_id: i64) -> Result<Option<Time>> {
    tx.opt(
        "SELECT posted_at_ms FROM core_entry WHERE tenant_id = $1 AND account_kind = 'C' AND account = $2
          ORDER BY posted_at_ms, journal_no, line_no LIMIT 1",
        params![tx.tenant(), acct_id],
    )
}

/// The time after everything posted so far, whatever the clock says.
fn later(tx: &Tx<'_>) -> Time {
    Day::at(tx.now()).plus_months(12).start()
}

fn bill(tx: &Tx<'_>, acct_id: i64, cycle: Cycle, billed_on: Day) -> Result<Bill> {
    let from = billed_on.plus_months(-1);
    let carried = worth_at(tx, acct_id, from.start())?;
    let owed = worth_at(tx, acct_id, billed_on.start())?;
    let (spent, repaid) = sums(tx, acct_id, from.start(), billed_on.start())?;
    let (_, since) = sums(tx, acct_id, billed_on.start(), later(tx))?;
    // A purchase that was split is no money that came.
    let split = money::purchases_split(tx, acct_id, billed_on.start())?;
    let since = since.checked_sub(split).ok_or_else(overflow)?;
    let deferred = money::deferred(tx, acct_id, billed_on)?;
    let amount = due_of(owed, deferred)?;
    Ok(Bill {
        bill: CardBill {
            billed_on,
            amount,
            minimum: minimum_of(amount),
            due_on: cycle.due(billed_on),
        },
        from,
        carried: Fen::of(carried.fen().checked_neg().ok_or_else(overflow)?),
        spent,
        repaid,
        deferred,
        paid: since.min(amount),
    })
}

/// What a bill asks for: what is owed, but for what later bills ask for.
fn due_of(worth: Fen, deferred: Fen) -> Result<Fen> {
    owed_of(worth)?.checked_sub(deferred).map(|due| due.max(Fen::ZERO)).ok_or_else(overflow)
}

/// What a worth below zero means in money owed.
fn owed_of(worth: Fen) -> Result<Fen> {
    worth.fen().min(0).checked_neg().map(Fen::of).ok_or_else(overflow)
}

/// A tenth, rounded up to the fen.
fn minimum_of(amount: Fen) -> Fen {
    let rest = i64::from(amount.fen() % MINIMUM_PARTS != 0);
    Fen::of(amount.fen() / MINIMUM_PARTS + rest)
}

/// The last bill of a card, for its balance; `None` for an account without a card's terms or before its first bill.
pub(crate) fn last_bill(tx: &Tx<'_>, acct_id: i64) -> Result<Option<CardBill>> {
    let days: Option<(i64, i64)> = tx.opt(
        "SELECT statement_day, due_day FROM core_card WHERE tenant_id = $1 AND acct_id = $2",
        params![tx.tenant(), acct_id],
    )?;
    let Some((statement, due)) = days else { return Ok(None) };
    let cycle = Cycle { statement, due };
    let billed_on = cycle.last(Day::at(tx.now()));
    match first_entry(tx, acct_id)? {
        Some(first) if first < billed_on.start() => {
            let deferred = money::deferred(tx, acct_id, billed_on)?;
            let amount = due_of(worth_at(tx, acct_id, billed_on.start())?, deferred)?;
            let minimum = minimum_of(amount);
            Ok(Some(CardBill { billed_on, amount, minimum, due_on: cycle.due(billed_on) }))
        }
        _ => Ok(None),
    }
}

/// The last `count` bills, latest first; none of before the card's first entry.
pub(crate) fn bills(tx: &Tx<'_>, acct_id: i64, count: usize) -> Said<Vec<Bill>> {
    if !(1..=BILLS_MAX).contains(&count) {
        return invalid("count");
    }
    let card = match terms(tx, acct_id)? {
        Ok(card) => card,
        Err(e) => return Ok(Err(e)),
    };
    let mut all = Vec::new();
    let Some(first) = first_entry(tx, acct_id)? else { return Ok(Ok(all)) };
    let mut billed_on = card.days.last(Day::at(tx.now()));
    while all.len() < count && first < billed_on.start() {
        all.push(bill(tx, acct_id, card.days, billed_on)?);
        billed_on = billed_on.plus_months(-1);
    }
    Ok(Ok(all))
}

/// A purchase with a card, and when.
type Purchase = (Time, Fen);

fn purchases(tx: &Tx<'_>, acct_id: i64, from: Time) -> Result<Vec<Purchase>> {
    tx.all(
        "SELECT e.posted_at_ms, e.amount_fen
           FROM core_entry e
           JOIN core_journal j ON j.tenant_id = e.tenant_id AND j.journal_no = e.journal_no
          WHERE e.tenant_id = $1 AND e.account_kind = 'C' AND e.account = $2 AND e.side = $3
            AND e.posted_at_ms >= $4 AND j.kind = 'purchase'
          ORDER BY e.posted_at_ms",
        params![tx.tenant(), acct_id, Side::Debit.word(), from],
    )
}

pub(crate) fn card(tx: &Tx<'_>, acct_id: i64) -> Said<Card> {
    let t = match terms(tx, acct_id)? {
        Ok(t) => t,
        Err(e) => return Ok(Err(e)),
    };
    let today = Day::at(tx.now());
    let billed_on = t.days.last(today);
    let next_bill = billed_on.plus_months(1);
    let free = t.worth.checked_sub(t.held).and_then(|f| f.checked_add(t.limit));
    let free = free.ok_or_else(overflow)?.max(Fen::ZERO);
    // Fee years begin on the day of the year on which the card was opened.
    let mut began = t.opened_on.plus_months(12 * (today.year() - t.opened_on.year()));
    if began > today {
        began = began.plus_months(-12);
    }
    let settings = cardset::settings(tx, t.acct_id)?;
    let is_gone = settings.as_ref().and_then(|s| s.closes_on).is_some_and(|on| on <= today);
    let may_spend = t.state.lets(Direction::Out) && !is_gone;
    let counted = purchases(tx, t.acct_id, began.start())?.len();
    Ok(Ok(Card {
        account: AccountRef::new(t.acct_id.to_string()),
        limit: t.limit,
        cash_limit: Fen::of(t.limit.fen() / 100 * t.fees.cash_percent),
        used: owed_of(t.worth)?,
        available: if may_spend { free } else { Fen::ZERO },
        held: t.held,
        surplus: t.worth.max(Fen::ZERO),
        statement_day: t.days.statement,
        due_day: t.days.due,
        billed_on,
        next_bill,
        purchases: i64::try_from(counted)?,
        fee_year_ends: began.plus_months(12).plus_days(-1),
        fees: t.fees,
        settings,
        as_of: tx.now(),
    }))
}

/// Each bill brings a point for every full yuan spent in its month; gifts take some away.
pub(crate) fn points(tx: &Tx<'_>, acct_id: i64) -> Said<Points> {
    let t = match terms(tx, acct_id)? {
        Ok(t) => t,
        Err(e) => return Ok(Err(e)),
    };
    let today = Day::at(tx.now());
    let last = t.days.last(today);
    let oldest = last.plus_months(-POINT_MONTHS);
    let spent = purchases(tx, acct_id, oldest.plus_months(-1).start())?;
    let between = |from: Day, to: Day| -> Result<i64> {
        let mine = spent.iter().filter(|(at, _)| *at >= from.start() && *at < to.start());
        let sum = mine.map(|(_, f)| f.fen()).try_fold(0, i64::checked_add);
        Ok(sum.ok_or_else(overflow)? / FEN_A_POINT)
    };
    let taken = money::taken(tx, t.acct_id)?;
    let left = |points: i64, earned_on: Day| {
        let of_lot = taken.iter().filter(|(on, _)| *on == earned_on).map(|(_, sum)| sum);
        points + of_lot.sum::<i64>()
    };
    let mut lots = Vec::new();
    let mut earned_on = oldest;
    while earned_on <= last {
        let ends_on = earned_on.plus_months(POINT_MONTHS);
        let points = left(between(earned_on.plus_months(-1), earned_on)?, earned_on);
        if points > 0 && ends_on >= today {
            lots.push(PointLot { points, earned_on, ends_on });
        }
        earned_on = earned_on.plus_months(1);
    }
    let to_come = between(last, last.plus_months(1))?;
    let total = lots.iter().map(|l| l.points).sum();
    Ok(Ok(Points { total, lots, to_come, as_of: tx.now() }))
}

/// Everything of a customer's in one look.
pub(crate) fn assets(tx: &Tx<'_>, cust_no: i64) -> Said<Assets> {
    let known: Option<i64> = tx.opt(
        "SELECT cust_no FROM core_customer WHERE tenant_id = $1 AND cust_no = $2",
        params![tx.tenant(), cust_no],
    )?;
    if known.is_none() {
        return no(Reject::NotFound);
    }
    let found: Vec<(String, String, Fen, Fen, Option<i64>)> = tx.all(
        "SELECT kind, tail, posted_debit_fen, posted_credit_fen, ends_on FROM core_account
          WHERE tenant_id = $1 AND cust_no = $2 ORDER BY acct_id",
        params![tx.tenant(), cust_no],
    )?;
    let mut all = Assets::none(tx.now());
    for (kind, tail, debit, credit, ends_on) in found {
        let posted = credit.checked_sub(debit).ok_or_else(overflow)?;
        all.add(from_word(&kind)?, &tail, posted, maybe_day(ends_on)?).ok_or_else(overflow)?;
    }
    Ok(Ok(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn a_bill_closes_on_its_day_and_is_due_on_the_next_due_day() {
        for (statement, due, today, billed_on, due_on) in [
            (5, 25, "2026-11-23", "2026-11-05", "2026-11-25"),
            (5, 25, "2026-11-05", "2026-11-05", "2026-11-25"),
            (5, 25, "2026-11-04", "2026-10-05", "2026-10-25"),
            (20, 10, "2026-01-19", "2025-12-20", "2026-01-10"),
            (20, 10, "2025-12-31", "2025-12-20", "2026-01-10"),
            (28, 28, "2026-02-28", "2026-02-28", "2026-03-28"),
        ] {
            let cycle = Cycle { statement, due };
            let last = cycle.last(day(today));
            assert_eq!((last, cycle.due(last)), (day(billed_on), day(due_on)), "on {today}");
        }
    }

    #[test]
    fn the_minimum_is_a_tenth_and_never_less_than_that() {
        for (amount, least) in [(0, 0), (1, 1), (10, 1), (11, 2), (123_456, 12_346)] {
            assert_eq!(minimum_of(Fen::of(amount)), Fen::of(least));
        }
    }
}
