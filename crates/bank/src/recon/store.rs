//! Rows of reconciliation: files, differences, days. Not for: deciding anything.

use super::DiffId;
use super::matching::{Class, Earlier};
use crate::payments::PaymentId;
use crate::payments::state::State;
use base::{Error, Fen, Result, Time};
use corebank::Day;
use corebank::recon::Head;
use db::{FromRow, Row, Tx, params};
use std::collections::HashMap;

/// The sealed line of a difference.
pub(super) const LINE: &str = "recon_diff.line";
/// A payment that people decide about without a file.
pub(super) const HAND: &str = "HAND";

/// Which file of a day counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Live {
    pub(super) version: i64,
    pub(super) digest: Vec<u8>,
}

pub(super) fn live(tx: &Tx<'_>, source: &str, date: Day) -> Result<Option<Live>> {
    let row: Option<(i64, Vec<u8>)> = tx.opt(
        "SELECT version, digest FROM recon_file WHERE tenant_id = $1 AND source = $2 AND core_date = $3 \
         ORDER BY version DESC LIMIT 1",
        params![tx.tenant(), source, date.number()],
    )?;
    Ok(row.map(|(version, digest)| Live { version, digest }))
}

/// Keeps which file was taken; false when another process has just taken one.
pub(super) fn add_file(
    tx: &Tx<'_>,
    (head, digest): (&Head, &[u8]),
    version: i64,
    by: &str,
) -> Result<bool> {
    let totals = head.totals;
    let fresh = tx.exec(
        "INSERT INTO recon_file (tenant_id, source, core_date, version, digest, file_no, line_count, debit_fen, credit_fen, \
         taken_by, taken_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         ON CONFLICT (tenant_id, source, core_date, version) DO NOTHING",
        params![
            tx.tenant(),
            head.source.as_str(),
            head.core_date.number(),
            version,
            digest,
            head.file_no,
            totals.count,
            totals.debit,
            totals.credit,
            by,
            tx.now()
        ],
    )?;
    Ok(fresh == 1)
}

/// Differences of a day's earlier files are no one's work any more; their payments are judged anew.
pub(super) fn supersede(tx: &Tx<'_>, source: &str, date: Day, version: i64) -> Result<u64> {
    tx.exec(
        "UPDATE recon_diff SET state = 'superseded', decided_at_ms = $1 \
         WHERE tenant_id = $2 AND source = $3 AND core_date = $4 AND version < $5 AND class <> 'HAND' \
         AND (state IN ('waiting', 'open', 'proposed') OR class = 'M8')",
        params![tx.now(), tx.tenant(), source, date.number(), version],
    )
}

/// A difference to be kept.
#[derive(Debug)]
pub(super) struct New<'a> {
    pub(super) id: DiffId,
    pub(super) source: &'a str,
    pub(super) date: Day,
    pub(super) version: i64,
    pub(super) item: &'a str,
    pub(super) class: &'a str,
    pub(super) why: &'a str,
    pub(super) state: &'a str,
    pub(super) payment: Option<PaymentId>,
    pub(super) before: Option<State>,
    pub(super) amount: Option<Fen>,
    pub(super) core: Option<Fen>,
    pub(super) line_sealed: Option<Vec<u8>>,
    pub(super) evidence: &'a str,
}

/// Keeps a difference; false when it is kept already.
pub(super) fn add(tx: &Tx<'_>, d: &New<'_>) -> Result<bool> {
    let fresh = tx.exec(
        "INSERT INTO recon_diff (tenant_id, id, source, core_date, version, item, class, why, state, payment_id, before_state, \
         amount_fen, core_fen, line_sealed, evidence, verdict, reason, found_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, '', '', $16) \
         ON CONFLICT (tenant_id, source, core_date, version, item) DO NOTHING",
        params![
            tx.tenant(),
            d.id,
            d.source,
            d.date.number(),
            d.version,
            d.item,
            d.class,
            d.why,
            d.state,
            d.payment,
            d.before.map(State::code),
            d.amount,
            d.core,
            d.line_sealed,
            d.evidence,
            tx.now()
        ],
    )?;
    Ok(fresh == 1)
}

/// What was waited for since another day is known now.
pub(super) fn end_wait(tx: &Tx<'_>, payment: PaymentId, verdict: &str) -> Result<()> {
    tx.exec(
        "UPDATE recon_diff SET state = 'resolved', verdict = $1, decided_at_ms = $2 \
         WHERE tenant_id = $3 AND payment_id = $4 AND state = 'waiting'",
        params![verdict, tx.now(), tx.tenant(), payment],
    )?;
    Ok(())
}

/// An earlier difference about this payment that later evidence has settled.
pub(super) fn end_open(tx: &Tx<'_>, payment: PaymentId, verdict: &str) -> Result<()> {
    tx.exec(
        "UPDATE recon_diff SET state = 'resolved', verdict = $1, decided_at_ms = $2 \
         WHERE tenant_id = $3 AND payment_id = $4 AND state IN ('open', 'proposed')",
        params![verdict, tx.now(), tx.tenant(), payment],
    )?;
    Ok(())
}

/// What this file's earlier, unfinished run has found: item to class and code.
pub(super) fn found_before(
    tx: &Tx<'_>,
    source: &str,
    date: Day,
    version: i64,
) -> Result<HashMap<String, (Class, String)>> {
    let rows: Vec<(String, String, String)> = tx.all(
        "SELECT item, class, why FROM recon_diff WHERE tenant_id = $1 AND source = $2 AND core_date = $3 AND version = $4 \
         AND class <> 'HAND'",
        params![tx.tenant(), source, date.number(), version],
    )?;
    let known = |(item, class, why): (String, String, String)| {
        let class = Class::of(&class).ok_or_else(|| Error::fault("a difference of no class"))?;
        Ok((item, (class, why)))
    };
    rows.into_iter().map(known).collect()
}

/// What days around this one, and people's open work, say of payments.
pub(super) fn earlier(
    tx: &Tx<'_>,
    source: &str,
    date: Day,
    version: i64,
) -> Result<HashMap<PaymentId, Earlier>> {
    type Found = (PaymentId, i64, i64, String, String, Option<i64>);
    let rows: Vec<Found> = tx.all(
        "SELECT payment_id, core_date, version, class, state, before_state FROM recon_diff \
         WHERE tenant_id = $1 AND source = $2 AND payment_id IS NOT NULL \
         AND (state IN ('open', 'proposed') OR (core_date >= $3 AND core_date <= $4)) ORDER BY id",
        params![tx.tenant(), source, date.plus_days(-1).number(), date.plus_days(1).number()],
    )?;
    let mut all: HashMap<PaymentId, Earlier> = HashMap::new();
    for (payment, on, of_version, class, state, before) in rows {
        let known = all.entry(payment).or_default();
        if on == date.number() && of_version == version {
            // What this file has moved is this day's matter still, wherever it stands now.
            known.was_here = true;
            continue;
        }
        match (class.as_str(), state.as_str()) {
            ("M8", "waiting") if on < date.number() => known.is_due = true,
            ("M8", "resolved") => known.was_elsewhere = true,
            ("M8", _) => {}
            (_, "open" | "proposed") => known.before = before.and_then(State::of),
            (_, "superseded") if on == date.number() => {
                known.before = before.and_then(State::of);
                known.was_here = true;
            }
            _ => {}
        }
    }
    Ok(all)
}

/// How a day stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayRow {
    pub source: String,
    pub date: Day,
    pub version: i64,
    pub state: String,
    /// Of each class, M0 first.
    pub counts: Vec<i64>,
    pub overdue: i64,
    pub digest: Option<Vec<u8>>,
    pub ran_at: Time,
}

impl FromRow for DayRow {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            source: r.next()?,
            date: {
                let n: i64 = r.next()?;
                Day::of_number(n).ok_or_else(|| Error::fault("a stored day is no day"))?
            },
            version: r.next()?,
            state: r.next()?,
            counts: {
                let text: String = r.next()?;
                text.split(',').filter_map(|n| n.parse().ok()).collect()
            },
            overdue: r.next()?,
            digest: r.next()?,
            ran_at: r.next()?,
        })
    }
}

pub(super) fn day(tx: &Tx<'_>, source: &str, date: Day) -> Result<Option<DayRow>> {
    tx.opt(
        "SELECT source, core_date, version, state, counts, overdue, report_digest, ran_at_ms FROM recon_day \
         WHERE tenant_id = $1 AND source = $2 AND core_date = $3",
        params![tx.tenant(), source, date.number()],
    )
}

/// The latest days first.
pub(super) fn days(tx: &Tx<'_>, most: i64) -> Result<Vec<DayRow>> {
    tx.all(
        "SELECT source, core_date, version, state, counts, overdue, report_digest, ran_at_ms FROM recon_day \
         WHERE tenant_id = $1 ORDER BY core_date DESC LIMIT $2",
        params![tx.tenant(), most],
    )
}

pub(super) fn put_day(tx: &Tx<'_>, d: &DayRow) -> Result<()> {
    let counts: Vec<String> = d.counts.iter().map(ToString::to_string).collect();
    tx.exec(
        "INSERT INTO recon_day (tenant_id, source, core_date, version, state, counts, overdue, report_digest, ran_at_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (tenant_id, source, core_date) DO UPDATE \
         SET version = $4, state = $5, counts = $6, overdue = $7, report_digest = $8, ran_at_ms = $9",
        params![
            tx.tenant(),
            d.source.as_str(),
            d.date.number(),
            d.version,
            d.state.as_str(),
            counts.join(","),
            d.overdue,
            d.digest,
            d.ran_at
        ],
    )?;
    Ok(())
}

/// The state of every day follows from the work that is still open for it.
pub(super) fn settle_days(tx: &Tx<'_>) -> Result<()> {
    tx.exec(
        "UPDATE recon_day SET state = CASE WHEN EXISTS (SELECT 1 FROM recon_diff d WHERE d.tenant_id = recon_day.tenant_id \
         AND d.source = recon_day.source AND d.core_date = recon_day.core_date AND d.state IN ('open', 'proposed') \
         AND d.class <> 'HAND') THEN 'OPEN_DIFF' ELSE 'BALANCED' END \
         WHERE tenant_id = $1 AND state IN ('OPEN_DIFF', 'BALANCED')",
        params![tx.tenant()],
    )?;
    Ok(())
}

/// A difference as people see it.
#[derive(Clone)]
pub struct Diff {
    pub id: DiffId,
    pub date: Day,
    pub item: String,
    pub class: String,
    pub why: String,
    pub state: String,
    pub payment: Option<PaymentId>,
    pub before: Option<State>,
    pub amount: Option<Fen>,
    pub core: Option<Fen>,
    pub line_sealed: Option<Vec<u8>>,
    pub evidence: String,
    pub verdict: String,
    pub reason: String,
    pub maker: Option<i64>,
    pub found_at: Time,
}

impl std::fmt::Debug for Diff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Diff({} {} {})", self.id, self.class, self.state)
    }
}

impl FromRow for Diff {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            id: r.next()?,
            date: {
                let n: i64 = r.next()?;
                Day::of_number(n).ok_or_else(|| Error::fault("a stored day is no day"))?
            },
            item: r.next()?,
            class: r.next()?,
            why: r.next()?,
            state: r.next()?,
            payment: r.next()?,
            before: r.next::<Option<i64>>()?.and_then(State::of),
            amount: r.next()?,
            core: r.next()?,
            line_sealed: r.next()?,
            evidence: r.next()?,
            verdict: r.next()?,
            reason: r.next()?,
            maker: r.next()?,
            found_at: r.next()?,
        })
    }
}

/// A question for differences.
macro_rules! diffs {
    ($rest:literal) => {
        concat!(
            "SELECT id, core_date, item, class, why, state, payment_id, before_state, amount_fen, core_fen, line_sealed, \
             evidence, verdict, reason, maker, found_at_ms FROM recon_diff WHERE tenant_id = $1 AND ",
            $rest
        )
    };
}

/// What people have still to do, oldest day first.
pub(super) fn open(tx: &Tx<'_>, most: i64) -> Result<Vec<Diff>> {
    tx.all(
        diffs!("state IN ('open', 'proposed') ORDER BY core_date, id LIMIT $2"),
        params![tx.tenant(), most],
    )
}

pub(super) fn of_day(tx: &Tx<'_>, source: &str, date: Day, most: i64) -> Result<Vec<Diff>> {
    tx.all(
        diffs!(
            "source = $2 AND core_date = $3 AND class <> 'HAND' AND state <> 'superseded' ORDER BY class, id LIMIT $4"
        ),
        params![tx.tenant(), source, date.number(), most],
    )
}

pub(super) fn diff(tx: &Tx<'_>, id: DiffId) -> Result<Option<Diff>> {
    tx.opt(diffs!("id = $2"), params![tx.tenant(), id])
}

/// Whether people are at work on this payment.
pub(super) fn is_open_for(tx: &Tx<'_>, payment: PaymentId) -> Result<bool> {
    let (count,): (i64,) = tx.one(
        "SELECT COUNT(*) FROM recon_diff WHERE tenant_id = $1 AND payment_id = $2 AND state IN ('open', 'proposed')",
        params![tx.tenant(), payment],
    )?;
    Ok(count > 0)
}

/// A proposal; it takes the place of one that is not decided about yet. False when it is over.
pub(super) fn propose(
    tx: &Tx<'_>,
    id: DiffId,
    maker: i64,
    verdict: &str,
    reason: &str,
) -> Result<bool> {
    tx.exec_one(
        "UPDATE recon_diff SET state = 'proposed', maker = $1, verdict = $2, reason = $3, proposed_at_ms = $4 \
         WHERE tenant_id = $5 AND id = $6 AND state IN ('open', 'proposed')",
        params![maker, verdict, reason, tx.now(), tx.tenant(), id],
    )
}

/// A yes or no by somebody else than the maker (I34). False when it is over, or theirs. A no leaves a difference open.
pub(super) fn decide(tx: &Tx<'_>, id: DiffId, checker: i64, state: &str) -> Result<bool> {
    tx.exec_one(
        "UPDATE recon_diff SET state = $1, checker = $2, decided_at_ms = $3 \
         WHERE tenant_id = $4 AND id = $5 AND state = 'proposed' AND maker <> $2",
        params![state, checker, tx.now(), tx.tenant(), id],
    )
}

/// The day's row while its file has not come.
pub(super) fn missing_day(tx: &Tx<'_>, date: Day) -> DayRow {
    DayRow {
        source: corebank::recon::SOURCE.to_owned(),
        date,
        version: 0,
        state: super::FILE_MISSING.to_owned(),
        counts: vec![],
        overdue: 0,
        digest: None,
        ran_at: tx.now(),
    }
}

/// Whether anything was to be paid by the end of that day.
pub(super) fn has_payments_until(tx: &Tx<'_>, date: Day) -> Result<bool> {
    let found: Option<(i64,)> = tx.opt(
        "SELECT channel_date FROM payment WHERE tenant_id = $1 AND channel_date <= $2 AND state >= 40 LIMIT 1",
        params![tx.tenant(), date.number()],
    )?;
    Ok(found.is_some())
}
