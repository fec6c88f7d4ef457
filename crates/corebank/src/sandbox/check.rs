//! Walks every book and says what does not hold. The numbers are those of the reference's invariants.
//!
//! Not for: repair. A broken sentence is a defect to be found.

use crate::day::Day;
use crate::sandbox::bills;
use crate::sandbox::books::Link;
use crate::sandbox::lending;
use crate::sandbox::money;
use crate::sandbox::payouts;
use crate::sandbox::seal::{Column, TenantKeys};
use crate::sandbox::wealth;
use base::{Error, Fen, Result};
use db::{FromRow, Row, Tx, params};
use std::collections::BTreeMap;

/// Journals read at a time.
const STRIDE: i64 = 2_000;

/// Broken sentences of one institution; empty when all holds.
pub(crate) fn walk(tx: &Tx<'_>, keys: &TenantKeys) -> Result<Vec<String>> {
    let mut walk = Walk::new(tx)?;
    let mut from = 1;
    while from <= walk.head.journals {
        walk.stride(tx, from, from + STRIDE)?;
        from += STRIDE;
    }
    walk.accounts(tx, keys)?;
    walk.broken.extend(lending::broken(tx)?);
    walk.requests(tx)?;
    walk.events(tx)?;
    walk.ends(tx)?;
    walk.broken.extend(payouts::broken(tx)?);
    walk.broken.extend(money::broken(tx)?);
    walk.broken.extend(bills::broken(tx)?);
    walk.broken.extend(wealth::broken(tx)?);
    Ok(walk.broken)
}

struct Head {
    journals: i64,
    events: i64,
    events_from: i64,
    business_date: i64,
    hash: Vec<u8>,
}

struct Journal {
    no: i64,
    request_id: String,
    core_date: i64,
    posted_at_ms: i64,
    kind: String,
    amount_fen: i64,
    summary: String,
    explain: String,
    reversal_of: Option<i64>,
    chain: Option<Vec<u8>>,
}

impl FromRow for Journal {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            no: row.next()?,
            request_id: row.next()?,
            core_date: row.next()?,
            posted_at_ms: row.next()?,
            kind: row.next()?,
            amount_fen: row.next()?,
            summary: row.next()?,
            explain: row.next()?,
            reversal_of: row.next()?,
            chain: row.next()?,
        })
    }
}

struct Entry {
    journal_no: i64,
    line_no: i64,
    kind: String,
    account: i64,
    side: String,
    amount_fen: i64,
    after_fen: Option<i64>,
    posted_at_ms: i64,
    label: String,
    counterparty: String,
}

impl FromRow for Entry {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            journal_no: row.next()?,
            line_no: row.next()?,
            kind: row.next()?,
            account: row.next()?,
            side: row.next()?,
            amount_fen: row.next()?,
            after_fen: row.next()?,
            posted_at_ms: row.next()?,
            label: row.next()?,
            counterparty: row.next()?,
        })
    }
}

struct Walk {
    head: Head,
    broken: Vec<String>,
    /// Debits and credits of each customer's account, from its entries.
    sums: BTreeMap<i64, (i64, i64)>,
    hash: Vec<u8>,
    last: (i64, i64, i64),
    customer_lines_with_events: i64,
}

impl Walk {
    fn new(tx: &Tx<'_>) -> Result<Self> {
        let (journals, events, events_from, business_date, hash) = tx.one(
            "SELECT last_journal, last_event, events_from, business_date, chain_hash
               FROM core_tenant WHERE tenant_id = $1",
            params![tx.tenant()],
        )?;
        let head = Head { journals, events, events_from, business_date, hash };
        Ok(Self {
            head,
            broken: Vec::new(),
            sums: BTreeMap::new(),
            hash: vec![0; 32],
            last: (0, 0, 0),
            customer_lines_with_events: 0,
        })
    }

    fn say(&mut self, is_fine: bool, sentence: impl FnOnce() -> String) {
        if !is_fine {
            self.broken.push(sentence());
        }
    }

    fn stride(&mut self, tx: &Tx<'_>, from: i64, to: i64) -> Result<()> {
        let journals: Vec<Journal> = tx.all(
            "SELECT j.journal_no, j.request_id, j.core_date, j.posted_at_ms, j.kind, j.amount_fen, j.summary,
                    j.explain, j.reversal_of, c.hash
               FROM core_journal j
               LEFT JOIN core_chain c ON c.tenant_id = j.tenant_id AND c.seq = j.journal_no
              WHERE j.tenant_id = $1 AND j.journal_no >= $2 AND j.journal_no < $3 ORDER BY j.journal_no",
            params![tx.tenant(), from, to],
        )?;
        let entries: Vec<Entry> = tx.all(
            "SELECT journal_no, line_no, account_kind, account, side, amount_fen, balance_after_fen,
                    posted_at_ms, label, counterparty
               FROM core_entry WHERE tenant_id = $1 AND journal_no >= $2 AND journal_no < $3
              ORDER BY journal_no, line_no",
            params![tx.tenant(), from, to],
        )?;
        let mut rest = entries.as_slice();
        for journal in &journals {
            let orphans = rest.iter().take_while(|e| e.journal_no < journal.no).count();
            let mine = rest[orphans..].iter().take_while(|e| e.journal_no == journal.no).count();
            self.say(orphans == 0, || {
                format!("entries before journal {} have no journal", journal.no)
            });
            self.journal(tx, journal, &rest[orphans..orphans + mine])?;
            rest = &rest[orphans + mine..];
        }
        self.say(rest.is_empty(), || format!("entries from {from} on have no journal"));
        Ok(())
    }

    fn journal(&mut self, tx: &Tx<'_>, j: &Journal, entries: &[Entry]) -> Result<()> {
        let (seq, date, at) = self.last;
        // I12: the sequence has no gap. I36: dates and instants never go back.
        self.say(j.no == seq + 1, || format!("I12: journal {} follows {seq}", j.no));
        self.say(j.core_date >= date, || format!("I36: journal {} goes back in date", j.no));
        self.say(j.posted_at_ms >= at, || format!("I36: journal {} goes back in time", j.no));
        self.say(Day::of_number(j.core_date).is_some(), || format!("journal {} on no day", j.no));
        self.last = (j.no, j.core_date, j.posted_at_ms);

        let mut link = Link::new(&self.hash, tx.tenant().raw(), j.no);
        link.text(&j.request_id).number(j.core_date).number(j.posted_at_ms).text(&j.kind);
        link.number(j.amount_fen).text(&j.summary).text(&j.explain);
        link.reversal(j.reversal_of);
        let (mut debits, mut credits) = (0_i64, 0_i64);
        for (n, e) in entries.iter().enumerate() {
            link.entry(&e.kind, e.account, &e.side, e.amount_fen, e.after_fen);
            link.text(&e.label).text(&e.counterparty);
            let sum = if e.side == "D" { &mut debits } else { &mut credits };
            *sum = sum.checked_add(e.amount_fen).ok_or_else(|| Error::fault("sums overflow"))?;
            let is_in_place =
                i64::try_from(n)? + 1 == e.line_no && e.posted_at_ms == j.posted_at_ms;
            self.say(is_in_place, || {
                format!("journal {}: line {} is out of place", j.no, e.line_no)
            });
            self.entry(j, e);
        }
        // I1: every journal is balanced; I2 follows for the whole institution, whose books are its journals.
        let is_balanced = debits == credits && debits == j.amount_fen && debits > 0;
        self.say(is_balanced, || {
            format!("I1: journal {}: debits {debits}, credits {credits}", j.no)
        });
        self.hash = link.finish();
        // I11, I12: nothing was changed after it was posted.
        let is_linked = j.chain.as_deref() == Some(&self.hash);
        self.say(is_linked, || format!("I12: journal {} does not fit its link of the chain", j.no));
        if let (false, Some(chain)) = (is_linked, &j.chain) {
            self.hash.clone_from(chain);
        }
        Ok(())
    }

    fn entry(&mut self, j: &Journal, e: &Entry) {
        if e.kind != "C" {
            return;
        }
        let (debit, credit) = self.sums.entry(e.account).or_default();
        if e.side == "D" {
            *debit = debit.saturating_add(e.amount_fen);
        } else {
            *credit = credit.saturating_add(e.amount_fen);
        }
        let worth = *credit - *debit;
        // I9: each balance is the one before plus or minus the line.
        let is_next = e.after_fen == Some(worth);
        self.say(is_next, || format!("I9: journal {}: balance after is not {worth}", j.no));
        self.customer_lines_with_events += i64::from(j.no >= self.head.events_from);
    }

    fn accounts(&mut self, tx: &Tx<'_>, keys: &TenantKeys) -> Result<()> {
        type Found = (i64, i64, i64, i64, i64, Vec<u8>, Vec<u8>, String, Option<Fen>);
        let found: Vec<Found> = tx.all(
            "SELECT a.acct_id, a.posted_debit_fen, a.posted_credit_fen, a.held_fen, a.limit_fen,
                    a.number_index, a.number_sealed, a.kind,
                    (SELECT CAST(SUM(h.amount_fen) AS BIGINT) FROM core_hold h
                      WHERE h.tenant_id = a.tenant_id AND h.acct_id = a.acct_id AND h.state = 'held')
               FROM core_account a WHERE a.tenant_id = $1 ORDER BY a.acct_id",
            params![tx.tenant()],
        )?;
        for (id, debit, credit, held, limit, index, sealed, kind, holds) in found {
            let entries = self.sums.remove(&id).unwrap_or_default();
            // I2: stored totals are the sums of the entries.
            self.say(entries == (debit, credit), || format!("I2: account {id} is not its entries"));
            // I3: nothing is spent that is not there; a loan is not paid back beyond itself.
            let worth = credit - debit;
            self.say(worth - held >= -limit, || format!("I3: account {id} is below its floor"));
            self.say(kind != "loan" || worth <= 0, || format!("I3: loan {id} is overpaid"));
            // I8: what is held is the sum of open holds.
            self.say(holds.unwrap_or_default().fen() == held, || {
                format!("I8: account {id}: holds")
            });
            let number = keys.open(Column::AccountNo, id, &sealed);
            let fits =
                number.is_ok_and(|n| keys.index("account", n.reveal()).is_ok_and(|i| i == index));
            self.say(fits, || {
                format!("account {id}: its number does not open or is not its index")
            });
        }
        let strays: Vec<i64> = self.sums.keys().copied().collect();
        self.say(strays.is_empty(), || {
            format!("entries of accounts that do not exist: {strays:?}")
        });
        Ok(())
    }

    /// I4: a done request has exactly its journal or its change of state, a refused one has neither.
    fn requests(&mut self, tx: &Tx<'_>) -> Result<()> {
        let wrong: Vec<(String, String)> = tx.all(
            "SELECT r.request_id, r.state FROM core_request r
               LEFT JOIN core_journal j ON j.tenant_id = r.tenant_id AND j.request_id = r.request_id
               LEFT JOIN core_state_change c ON c.tenant_id = r.tenant_id AND c.request_id = r.request_id
              WHERE r.tenant_id = $1
                AND ((r.state = 'done' AND c.request_id IS NULL
                      AND (j.journal_no IS NULL OR j.journal_no <> r.journal_no))
                     OR (c.request_id IS NOT NULL AND (r.state <> 'done' OR j.journal_no IS NOT NULL))
                     OR (r.state <> 'done' AND j.journal_no IS NOT NULL))",
            params![tx.tenant()],
        )?;
        for (id, state) in wrong {
            self.broken.push(format!(
                "I4: request {id} is {state} but its journal or change of state says otherwise"
            ));
        }
        Ok(())
    }

    /// Events have no gap, and every line since they began has exactly one.
    fn events(&mut self, tx: &Tx<'_>) -> Result<()> {
        let (count, highest, lines): (i64, i64, i64) = tx.one(
            "SELECT COUNT(event_seq), COALESCE(MAX(event_seq), 0), COUNT(journal_no)
               FROM core_event WHERE tenant_id = $1",
            params![tx.tenant()],
        )?;
        let head = self.head.events;
        self.say(count == highest && highest == head, || "I25: events have a gap".into());
        let distinct: i64 = tx.one(
            "SELECT COUNT(*) FROM (SELECT DISTINCT ev.journal_no, ev.line_no FROM core_event ev
                JOIN core_entry e ON e.tenant_id = ev.tenant_id AND e.journal_no = ev.journal_no
                 AND e.line_no = ev.line_no AND e.account = ev.acct_id AND e.account_kind = 'C'
               WHERE ev.tenant_id = $1) told",
            params![tx.tenant()],
        )?;
        let want = self.customer_lines_with_events;
        self.say(lines == want && distinct == want, || "I25: not one event per line".into());
        Ok(())
    }

    fn ends(&mut self, tx: &Tx<'_>) -> Result<()> {
        let (journals, links, entries): (i64, i64, i64) = tx.one(
            "SELECT (SELECT COUNT(*) FROM core_journal WHERE tenant_id = $1),
                    (SELECT COUNT(*) FROM core_chain WHERE tenant_id = $1),
                    (SELECT COUNT(*) FROM core_entry WHERE tenant_id = $1 AND journal_no > $2)",
            params![tx.tenant(), self.head.journals],
        )?;
        let head = self.head.journals;
        self.say(journals == head && links == head && entries == 0, || {
            "I12: not one link per journal".into()
        });
        let is_head = self.hash == self.head.hash && self.last.1 <= self.head.business_date;
        self.say(is_head, || "I12: the head of the chain is another".into());
        Ok(())
    }
}
