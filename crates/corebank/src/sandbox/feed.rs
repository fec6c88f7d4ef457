//! [`Feed`] for the sandbox: its list of events, joined with the lines they are of.

use crate::day::Day;
use crate::feed::{EVENTS_MAX, Entry, Event, Feed, Happened};
use crate::ledger::Side;
use crate::model::{AccountRef, LineId};
use crate::port::{Answer, Ctx};
use crate::sandbox::Sandbox;
use crate::sandbox::queries::{Said, Stored, day, invalid, serial};
use base::{Error, Fen, Result, Time};
use db::{FromRow, Row, Tx, params};

impl Feed for Sandbox {
    fn events<'a>(&'a self, ctx: &'a Ctx, after: i64, limit: usize) -> Answer<'a, Vec<Event>> {
        Box::pin(self.ask(ctx, "events", move |tx, _| events(tx, after, limit)))
    }
}

fn events(tx: &Tx<'_>, after: i64, limit: usize) -> Said<Vec<Event>> {
    if !(1..=EVENTS_MAX).contains(&limit) {
        return invalid("limit");
    }
    let last: Option<i64> =
        tx.opt("SELECT last_event FROM core_tenant WHERE tenant_id = $1", params![tx.tenant()])?;
    if !(0..=last.unwrap_or(0)).contains(&after) {
        return invalid("after");
    }
    let found: Vec<Event> = tx.all(
        "SELECT ev.event_seq, ev.kind, ev.acct_id, ev.created_at_ms, ev.journal_no, ev.line_no,
                e.side, e.amount_fen, e.balance_after_fen, e.label, e.counterparty,
                j.core_date, j.channel_serial, j.reversal_of, o.core_date
           FROM core_event ev
           LEFT JOIN core_entry e ON e.tenant_id = ev.tenant_id AND e.journal_no = ev.journal_no AND e.line_no = ev.line_no
           LEFT JOIN core_journal j ON j.tenant_id = ev.tenant_id AND j.journal_no = ev.journal_no
           LEFT JOIN core_journal o ON o.tenant_id = j.tenant_id AND o.journal_no = j.reversal_of
          WHERE ev.tenant_id = $1 AND ev.event_seq > $2 ORDER BY ev.event_seq LIMIT $3",
        params![tx.tenant(), after, i64::try_from(limit)?],
    )?;
    Ok(Ok(found))
}

impl FromRow for Event {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        let seq = row.next()?;
        let kind: String = row.next()?;
        let (acct_id, at): (i64, Time) = (row.next()?, row.next()?);
        let entry = entry(row)?;
        let what = match (kind.as_str(), entry) {
            ("entry", Some(entry)) => Happened::Entry(entry),
            ("entry", None) => return Err(Error::fault("an event of an entry that is not there")),
            ("hold", _) => Happened::Hold,
            ("release", _) => Happened::Release,
            ("state", _) => Happened::State,
            ("control", _) => Happened::Control,
            _ => Happened::Other { word: kind },
        };
        Ok(Self { seq, account: AccountRef::new(acct_id.to_string()), at, what })
    }
}

fn entry(row: &mut Row<'_>) -> Result<Option<Entry>> {
    let (journal_no, line_no): (Option<i64>, Option<i64>) = (row.next()?, row.next()?);
    let side: Option<Stored<Side>> = row.next()?;
    let (amount, balance_after): (Option<Fen>, Option<Fen>) = (row.next()?, row.next()?);
    let (label, counterparty): (Option<String>, Option<String>) = (row.next()?, row.next()?);
    let core_date: Option<i64> = row.next()?;
    let channel_serial = row.next()?;
    let (original, its_date): (Option<i64>, Option<i64>) = (row.next()?, row.next()?);
    let (Some(journal_no), Some(line_no), Some(Stored(side)), Some(amount), Some(core_date)) =
        (journal_no, line_no, side, amount, core_date)
    else {
        return Ok(None);
    };
    let core_date: Day = day(core_date)?;
    let reverses = match (original, its_date) {
        (Some(journal_no), Some(date)) => Some(serial(day(date)?, journal_no)),
        _ => None,
    };
    Ok(Some(Entry {
        line: LineId::new(format!("{journal_no}-{line_no}")),
        core_serial: serial(core_date, journal_no),
        core_date,
        is_in: side == Side::Credit,
        amount,
        balance_after,
        label: label.unwrap_or_default(),
        counterparty: counterparty.unwrap_or_default(),
        channel_serial,
        reverses,
    }))
}
