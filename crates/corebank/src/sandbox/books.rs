//! The books of one institution, open within one unit of work: accounts and new journals in memory,
//! all written at once by [`Books::close`].
//!
//! Not for: which movements there are (`movement`), nor reading for customers (`queries`).

use crate::day::Day;
use crate::error::{Direction, Reject};
use crate::ledger::{self, Currency, LedgerError, Leg, Side, Standing};
use crate::model::{AccountKind, AccountState, DayState};
use crate::recon::core_date;
use crate::sandbox::bulk::{EntryRow, JournalRow, Pending};
use crate::sandbox::movement::{Movement, To};
use crate::sandbox::words::{Word, from_word};
use base::{Error, Fen, Result, Time};
use db::{Tx, params};
use sm3::{Digest, Sm3};
use std::collections::BTreeMap;

/// Why a journal was not posted.
#[derive(Debug)]
pub(crate) enum Refused {
    Ledger(LedgerError),
    NoAccount,
    State(AccountState),
    DayClosed,
    Fault(Error),
}

impl From<Error> for Refused {
    fn from(e: Error) -> Self {
        Self::Fault(e)
    }
}
impl From<LedgerError> for Refused {
    fn from(e: LedgerError) -> Self {
        Self::Ledger(e)
    }
}
impl From<Refused> for Error {
    fn from(r: Refused) -> Self {
        match r {
            Refused::Fault(e) => e,
            Refused::Ledger(e) => Self::fault(format!("not posted: {e}")),
            Refused::State(s) => Self::fault(format!("not posted: the account is {s:?}")),
            Refused::NoAccount => Self::fault("not posted: no such account"),
            Refused::DayClosed => Self::fault("not posted: the day is closed"),
        }
    }
}
impl Refused {
    /// What the port says to it; a fault stays ours.
    pub(crate) fn reject(self) -> std::result::Result<Reject, Error> {
        Ok(match self {
            Self::Ledger(LedgerError::Short { .. }) => Reject::InsufficientFunds,
            Self::Ledger(LedgerError::Blocked { side, .. }) => Reject::AccountBlocked(match side {
                Side::Debit => Direction::Out,
                Side::Credit => Direction::In,
            }),
            Self::Ledger(
                LedgerError::NotPositive | LedgerError::Overflow | LedgerError::TooMuch { .. },
            ) => Reject::Validation { field: "amount" },
            Self::Ledger(e) => return Err(Error::fault(format!("a movement made bad legs: {e}"))),
            Self::NoAccount => Reject::NotFound,
            Self::State(_) => Reject::AccountNotActive,
            Self::DayClosed => Reject::DayClosed { opens_at: None },
            Self::Fault(e) => return Err(e),
        })
    }
}

/// A movement under its id: a journal to be.
#[derive(Debug, Clone)]
pub(crate) struct Voucher {
    /// One journal per request id, for ever (I4).
    pub(crate) request_id: String,
    /// `None`: now.
    pub(crate) at: Option<Time>,
    pub(crate) movement: Movement,
    pub(crate) channel: Option<(String, Day)>,
}

/// A journal that was posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Posted {
    pub journal_no: i64,
    pub core_date: Day,
    pub at: Time,
}

/// A customer's account while the books are open.
#[derive(Debug, Clone)]
struct Row {
    standing: Standing,
    state: AccountState,
    version: i64,
    changed: bool,
}

/// The institution's heads.
#[derive(Debug, Clone)]
struct Head {
    business_date: i64,
    day_state: DayState,
    cut_minutes: i64,
    journal: i64,
    /// The last journal when the books were opened.
    opened_after: i64,
    posted_at: Time,
    event: i64,
    hash: Vec<u8>,
}

impl Head {
    /// The core's date follows the calendar, from cut to cut, but never goes back (I36).
    fn date_at(&self, at: Time) -> i64 {
        core_date(at, self.cut_minutes).number().max(self.business_date)
    }
}

/// An institution's books within one unit.
pub(crate) struct Books<'t, 'c> {
    tx: &'t Tx<'c>,
    head: Head,
    rows: BTreeMap<i64, Row>,
    pending: Pending,
    has_events: bool,
}

impl<'t, 'c> Books<'t, 'c> {
    pub(crate) fn open(tx: &'t Tx<'c>) -> Result<Self> {
        let (business_date, day_state, cut_minutes, journal, posted_at, event, hash): (
            i64,
            String,
            i64,
            i64,
            Time,
            i64,
            Vec<u8>,
        ) = tx.one(
            // A write, so that whoever opens the same books meanwhile waits here and begins again, instead
            // of running into our keys later.
            "UPDATE core_tenant SET last_journal = last_journal WHERE tenant_id = $1
             RETURNING business_date, day_state, cut_minutes, last_journal, last_posted_at_ms, last_event, chain_hash",
            params![tx.tenant()],
        )?;
        let day_state = from_word(&day_state)?;
        let opened_after = journal;
        let head = Head {
            business_date,
            day_state,
            cut_minutes,
            journal,
            opened_after,
            posted_at,
            event,
            hash,
        };
        Ok(Self { tx, head, rows: BTreeMap::new(), pending: Pending::default(), has_events: true })
    }

    /// Generated history: no events are made for what is posted.
    pub(crate) fn without_events(mut self) -> Self {
        self.has_events = false;
        self
    }

    fn row(&mut self, acct_id: i64) -> std::result::Result<&mut Row, Refused> {
        if !self.rows.contains_key(&acct_id) {
            let row = load(self.tx, acct_id)?.ok_or(Refused::NoAccount)?;
            self.rows.insert(acct_id, row);
        }
        self.rows.get_mut(&acct_id).ok_or(Refused::NoAccount)
    }

    /// Posts one journal, or nothing at all.
    pub(crate) fn post(&mut self, voucher: &Voucher) -> std::result::Result<Posted, Refused> {
        if self.head.day_state == DayState::Closed {
            return Err(Refused::DayClosed);
        }
        let mut standings = Vec::with_capacity(voucher.movement.legs.len());
        for leg in &voucher.movement.legs {
            standings.push(match leg.to {
                To::Gl(gl_no) => gl_standing(gl_no),
                To::Account(id) => {
                    let row = self.row(id)?;
                    if row.state == AccountState::Closed {
                        return Err(Refused::State(row.state));
                    }
                    row.standing
                }
            });
        }
        let legs: Vec<Leg<'_>> = voucher
            .movement
            .legs
            .iter()
            .zip(&standings)
            .map(|(l, account)| Leg { account, side: l.side, amount: l.amount })
            .collect();
        let posting = ledger::post(&legs)?;
        for after in &posting.after {
            if let Some(row) = self.rows.get_mut(&after.account) {
                row.standing = *after;
                row.changed = true;
            }
        }
        Ok(self.note(voucher, &posting)?)
    }

    fn note(&mut self, voucher: &Voucher, posting: &ledger::Posting) -> Result<Posted> {
        let at = voucher.at.unwrap_or_else(|| self.tx.now()).max(self.head.posted_at);
        let core_date = self.head.date_at(at);
        self.head.business_date = core_date;
        self.head.posted_at = at;
        self.head.journal += 1;
        let journal_no = self.head.journal;
        let movement = &voucher.movement;
        let mut link = Link::new(&self.head.hash, self.tx.tenant().raw(), journal_no);
        link.text(&voucher.request_id).number(core_date).number(at.ms()).text(movement.kind);
        link.number(posting.total.fen()).text(&movement.summary).text(&movement.explain);
        link.reversal(movement.reversal_of);
        for (n, (leg, line)) in movement.legs.iter().zip(&posting.lines).enumerate() {
            let (account_kind, account) = leg.to.stored();
            let entry = EntryRow {
                journal_no,
                line_no: i64::try_from(n)? + 1,
                account_kind,
                account,
                side: line.side.word(),
                amount_fen: line.amount.fen(),
                balance_after_fen: matches!(leg.to, To::Account(_)).then_some(line.after.fen()),
                posted_at_ms: at.ms(),
                label: leg.label.clone(),
                counterparty: leg.counterparty.clone(),
            };
            link.entry(
                account_kind,
                account,
                entry.side,
                entry.amount_fen,
                entry.balance_after_fen,
            );
            link.text(&leg.label).text(&leg.counterparty);
            if let (true, To::Account(id)) = (self.has_events, leg.to) {
                self.event("entry", Some((journal_no, entry.line_no)), id)?;
            }
            self.pending.entries.push(entry);
        }
        self.head.hash = link.finish();
        let (channel_serial, channel_date) = voucher.channel.clone().unzip();
        self.pending.journals.push(JournalRow {
            journal_no,
            request_id: voucher.request_id.clone(),
            core_date,
            posted_at_ms: at.ms(),
            kind: movement.kind,
            channel_serial,
            channel_date: channel_date.map(Day::number),
            amount_fen: posting.total.fen(),
            summary: movement.summary.clone(),
            explain: movement.explain.clone(),
            reversal_of: movement.reversal_of,
            hash: self.head.hash.clone(),
        });
        let core_date =
            Day::of_number(core_date).ok_or_else(|| Error::fault("the business date is no day"))?;
        Ok(Posted { journal_no, core_date, at })
    }

    /// Tells the event feed of something about an account; its number in the feed.
    pub(crate) fn event(
        &mut self,
        kind: &'static str,
        line: Option<(i64, i64)>,
        acct_id: i64,
    ) -> Result<i64> {
        self.head.event += 1;
        let (journal_no, line_no) = line.unzip();
        self.tx.exec(
            "INSERT INTO core_event (tenant_id, event_seq, kind, journal_no, line_no, acct_id, created_at_ms)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            params![self.tx.tenant(), self.head.event, kind, journal_no, line_no, acct_id, self.head.posted_at],
        )?;
        Ok(self.head.event)
    }

    /// Reserves `amount` of an account (negative: gives back).
    pub(crate) fn hold(&mut self, acct_id: i64, amount: Fen) -> std::result::Result<(), Refused> {
        let row = self.row(acct_id)?;
        if amount > Fen::ZERO && !row.state.lets(Direction::Out) {
            return Err(Refused::State(row.state));
        }
        row.standing = row.standing.hold(amount)?;
        row.changed = true;
        Ok(())
    }

    /// What may be spent of an account as the books stand now.
    pub(crate) fn available(&mut self, acct_id: i64) -> std::result::Result<Fen, Refused> {
        let row = self.row(acct_id)?;
        let free = row.standing.spendable()?.max(Fen::ZERO);
        Ok(if row.state.lets(Direction::Out) { free } else { Fen::ZERO })
    }

    /// The date a journal would have now.
    pub(crate) fn core_date(&self) -> i64 {
        self.head.date_at(self.tx.now().max(self.head.posted_at))
    }

    /// Writes journals, balances and heads. Without it nothing of this unit may be committed.
    pub(crate) fn close(self) -> Result<()> {
        self.pending.write(self.tx)?;
        let tenant = self.tx.tenant();
        for (acct_id, row) in self.rows.iter().filter(|(_, r)| r.changed) {
            let s = &row.standing;
            let is_mine = self.tx.exec_one(
                "UPDATE core_account SET posted_debit_fen = $1, posted_credit_fen = $2, held_fen = $3,
                        version = version + 1
                  WHERE tenant_id = $4 AND acct_id = $5 AND version = $6",
                params![s.debit, s.credit, s.held, tenant, *acct_id, row.version],
            )?;
            if !is_mine {
                return Err(Error::fault("an account changed while the books were open"));
            }
        }
        let events_from = (!self.has_events).then_some(self.head.journal + 1);
        let is_mine = self.tx.exec_one(
            "UPDATE core_tenant SET business_date = $1, last_journal = $2, last_posted_at_ms = $3,
                    last_event = $4, chain_hash = $5, events_from = COALESCE($6, events_from)
              WHERE tenant_id = $7 AND last_journal = $8",
            params![
                self.head.business_date,
                self.head.journal,
                self.head.posted_at,
                self.head.event,
                self.head.hash,
                events_from,
                tenant,
                self.head.opened_after
            ],
        )?;
        if is_mine { Ok(()) } else { Err(Error::fault("the books changed while they were open")) }
    }
}

fn gl_standing(gl_no: i64) -> Standing {
    Standing {
        // Never the number of a customer's account: those are positive.
        account: -gl_no,
        currency: Currency::Cny,
        debit: Fen::ZERO,
        credit: Fen::ZERO,
        held: Fen::ZERO,
        floor: None,
        ceiling: None,
        may_debit: true,
        may_credit: true,
    }
}

fn load(tx: &Tx<'_>, acct_id: i64) -> Result<Option<Row>> {
    let row: Option<(String, String, Fen, Fen, Fen, i64, i64)> = tx.opt(
        "SELECT kind, CASE WHEN state = 'lost' AND stop_ends_at_ms <= $3 THEN stop_before ELSE state END,
                posted_debit_fen, posted_credit_fen, held_fen, limit_fen, version
           FROM core_account WHERE tenant_id = $1 AND acct_id = $2",
        params![tx.tenant(), acct_id, tx.now()],
    )?;
    let Some((kind, state, debit, credit, held, limit_fen, version)) = row else {
        return Ok(None);
    };
    let kind: AccountKind = from_word(&kind)?;
    let state: AccountState = from_word(&state)?;
    let standing = Standing {
        account: acct_id,
        currency: Currency::Cny,
        debit,
        credit,
        held,
        floor: Some(Fen::of(-limit_fen)),
        ceiling: (kind == AccountKind::Loan).then_some(Fen::ZERO),
        may_debit: state.lets(Direction::Out),
        may_credit: state.lets(Direction::In),
    };
    Ok(Some(Row { standing, state, version, changed: false }))
}

/// One link of the chain while it is being made (I12): SM3 over the previous hash, the tenant, the
/// sequence, and everything that must not change, each text with its length.
pub(crate) struct Link(Sm3);

impl Link {
    pub(crate) fn new(previous: &[u8], tenant: i64, seq: i64) -> Self {
        let mut link = Self(Sm3::new());
        link.0.update(previous);
        link.number(tenant).number(seq);
        link
    }
    pub(crate) fn number(&mut self, n: i64) -> &mut Self {
        self.0.update(n.to_be_bytes());
        self
    }
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        self.number(i64::try_from(text.len()).unwrap_or(i64::MAX));
        self.0.update(text.as_bytes());
        self
    }
    /// Which journal is undone; where none is, nothing is added, as in journals of before there were any.
    pub(crate) fn reversal(&mut self, of: Option<i64>) -> &mut Self {
        if let Some(journal_no) = of {
            self.text("reversal_of").number(journal_no);
        }
        self
    }
    pub(crate) fn entry(
        &mut self,
        kind: &str,
        account: i64,
        side: &str,
        amount_fen: i64,
        after_fen: Option<i64>,
    ) -> &mut Self {
        self.text(kind).number(account).text(side).number(amount_fen);
        self.number(i64::from(after_fen.is_some())).number(after_fen.unwrap_or(0))
    }
    pub(crate) fn finish(self) -> Vec<u8> {
        self.0.finalize().to_vec()
    }
}
