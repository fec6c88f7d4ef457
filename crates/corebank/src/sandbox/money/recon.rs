//! The reconciliation file of a core date that is over: payments of a channel, what rails gave back, what was undone.
//!
//! Made from journals, which never change, so that the same day is always the same file, byte by byte; what a rail has not
//! said yet makes no difference. A page of journals is in memory at a time. Not for: journals of the core's own counters.

use crate::day::Day;
use crate::error::{CoreError, Reject, UnknownCause};
use crate::money::ReconWritten;
use crate::port::Ctx;
use crate::recon::{self, Head, Kind, Line, Totals, Writer};
use crate::sandbox::money::store::{here, sealed_payee};
use crate::sandbox::queries::{self, Said, no};
use crate::sandbox::seal::TenantKeys;
use crate::sandbox::{Sandbox, log_fault};
use base::{Error, Fen, Result, Time};
use db::{FromRow, Row, Tx, params};
use std::io::Write;

/// Journals read at once.
const PAGE: i64 = 500;

/// One line to be.
struct Written {
    journal_no: i64,
    request_id: String,
    original: String,
    serial: String,
    channel_date: Day,
    posted_at: Time,
    kind: Kind,
    payer: i64,
    payee: String,
    amount: Fen,
    fee: Fen,
}

struct Found {
    journal_no: i64,
    request_id: String,
    kind: String,
    posted_at: Time,
    original_no: i64,
    original: String,
    serial: String,
    channel_date: i64,
    payer: i64,
    payee: Option<i64>,
    payee_sealed: Option<Vec<u8>>,
    payee_kind: String,
    amount: Fen,
    fee: Fen,
}

impl FromRow for Found {
    fn from_row(r: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            journal_no: r.next()?,
            request_id: r.next()?,
            kind: r.next()?,
            posted_at: r.next()?,
            original_no: r.next()?,
            original: r.next()?,
            serial: r.next()?,
            channel_date: r.next()?,
            payer: r.next()?,
            payee: r.next()?,
            payee_sealed: r.next()?,
            payee_kind: r.next()?,
            amount: r.next()?,
            fee: r.next()?,
        })
    }
}

impl Found {
    fn line(self, keys: &TenantKeys) -> Result<Written> {
        let payee = match (self.payee, &self.payee_sealed) {
            (Some(acct_id), None) => here(acct_id, &self.payee_kind)?,
            (None, Some(sealed)) => sealed_payee(keys, self.original_no, sealed)?,
            _ => return Err(Error::fault("a payment without a payee")),
        };
        let kind = match (self.journal_no == self.original_no, self.kind.as_str()) {
            (true, _) => Kind::Pay,
            (false, "reversal") => Kind::Reversal,
            (false, _) => Kind::Return,
        };
        Ok(Written {
            journal_no: self.journal_no,
            request_id: self.request_id,
            original: self.original,
            serial: self.serial,
            channel_date: queries::day(self.channel_date)?,
            posted_at: self.posted_at,
            kind,
            payer: self.payer,
            payee: recon::payee_text(&payee),
            amount: self.amount,
            fee: self.fee,
        })
    }
}

/// Refuses while something may still be booked on `date`.
fn is_over(tx: &Tx<'_>, date: Day) -> Said<()> {
    let health = match queries::health(tx)? {
        Ok(health) => health,
        Err(e) => return Ok(Err(e)),
    };
    // A day that is closed may be opened again by hand; only the next date makes it final.
    if health.core_date > date { Ok(Ok(())) } else { no(Reject::NotEligible) }
}

fn totals(tx: &Tx<'_>, date: Day) -> Said<Totals> {
    if let Err(e) = is_over(tx, date)? {
        return Ok(Err(e));
    }
    let sum = |sums: (i64, Option<Fen>)| (sums.0, sums.1.unwrap_or(Fen::ZERO));
    let (paid, debit) = sum(tx.one(
        "SELECT COUNT(*), CAST(SUM(p.amount_fen + p.fee_fen) AS BIGINT)
           FROM core_journal j JOIN core_payment p ON p.tenant_id = j.tenant_id AND p.journal_no = j.journal_no
          WHERE j.tenant_id = $1 AND j.core_date = $2 AND j.channel_serial IS NOT NULL",
        params![tx.tenant(), date.number()],
    )?);
    let (back, credit) = sum(tx.one(
        "SELECT COUNT(*), CAST(SUM(p.amount_fen + p.fee_fen) AS BIGINT)
           FROM core_journal j JOIN core_payment p ON p.tenant_id = j.tenant_id AND p.back_journal = j.journal_no
           JOIN core_journal o ON o.tenant_id = p.tenant_id AND o.journal_no = p.journal_no
          WHERE j.tenant_id = $1 AND j.core_date = $2 AND o.channel_serial IS NOT NULL",
        params![tx.tenant(), date.number()],
    )?);
    Ok(Ok(Totals { count: paid + back, debit, credit }))
}

fn page(tx: &Tx<'_>, keys: &TenantKeys, date: Day, after: i64) -> Said<Vec<Written>> {
    let found: Vec<Found> = tx.all(
        "SELECT j.journal_no, j.request_id, j.kind, j.posted_at_ms, o.journal_no, o.request_id, o.channel_serial,
                o.channel_date, p.payer, p.payee, p.payee_sealed, p.payee_kind, p.amount_fen, p.fee_fen
           FROM core_journal j
           LEFT JOIN core_payment a ON a.tenant_id = j.tenant_id AND a.journal_no = j.journal_no
           LEFT JOIN core_payment b ON b.tenant_id = j.tenant_id AND b.back_journal = j.journal_no
           JOIN core_payment p ON p.tenant_id = j.tenant_id AND p.journal_no = COALESCE(a.journal_no, b.journal_no)
           JOIN core_journal o ON o.tenant_id = j.tenant_id AND o.journal_no = p.journal_no
          WHERE j.tenant_id = $1 AND j.core_date = $2 AND j.journal_no > $3 AND o.channel_serial IS NOT NULL
          ORDER BY j.journal_no LIMIT $4",
        params![tx.tenant(), date.number(), after, PAGE],
    )?;
    found.into_iter().map(|f| f.line(keys)).collect::<Result<Vec<_>>>().map(Ok)
}

impl Sandbox {
    pub(super) async fn write_recon_file(
        &self,
        ctx: &Ctx,
        date: Day,
        out: &mut (dyn Write + Send),
    ) -> Result<ReconWritten, CoreError> {
        let broken = |e: std::io::Error| {
            log_fault("recon_file", &ctx.trace, &Error::from(e));
            CoreError::Unknown(UnknownCause::ServerError(500))
        };
        let totals = self.ask(ctx, "recon_file", move |tx, _| totals(tx, date)).await?;
        let source = recon::SOURCE.to_owned();
        let head = Head { tenant: ctx.tenant, source, core_date: date, file_no: 1, totals };
        let mut writer = Writer::begin(out, &head).map_err(broken)?;
        let (mut after, mut seq) = (0, 0);
        loop {
            let lines =
                self.ask(ctx, "recon_file", move |tx, keys| page(tx, keys, date, after)).await?;
            let is_last = i64::try_from(lines.len()).is_ok_and(|n| n < PAGE);
            for l in lines {
                seq += 1;
                after = l.journal_no;
                let payer = l.payer.to_string();
                let core_serial = queries::serial(date, l.journal_no);
                let line = Line {
                    seq,
                    request_id: &l.request_id,
                    channel_serial: &l.serial,
                    channel_date: l.channel_date,
                    core_serial: &core_serial,
                    core_date: date,
                    posted_at: l.posted_at,
                    kind: l.kind,
                    payer: &payer,
                    payee: &l.payee,
                    amount: l.amount,
                    fee: l.fee,
                    reversal_of: if l.kind == Kind::Pay { "" } else { &l.original },
                };
                writer.line(&line).map_err(broken)?;
            }
            if is_last {
                break;
            }
        }
        let sm3 = writer.end().map_err(broken)?;
        Ok(ReconWritten { totals, sm3 })
    }
}
