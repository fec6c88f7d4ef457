//! A day's comparison from the file's first byte to the report: pages are read in units of their own, compared outside any, and
//! what differs is recorded and acted on in units that look once more.
//!
//! *Invariants.* A difference, what it does to its payment, the event and the audit rows are one unit; broken off anywhere, the
//! same file goes on where it was and comes to the same report (I31). Not for: fetching files.

use super::file::{self, Seen, Wanted};
use super::join::{Item, Join, PAGE, Tally, evidence};
use super::matching::{Act, Class, Verdict, When, judge};
use super::store::{self, DayRow, Live, New};
use super::{BALANCED, NOT_YET, OTHER_FILE, RUNNING};
use crate::audit::{self, Actor};
use crate::payments::evidence::{self as payments, Booked, Facts};
use crate::payments::state::{BUDGET_MS, Evidence, State};
use crate::vault::{Place, TenantKeys};
use base::{Error, Fen, Result, TenantId};
use corebank::recon::{Head, Kind};
use db::{Db, Scope, Tx};
use serde_json::json;
use std::collections::HashMap;
use std::fs::File;
use std::sync::Arc;

/// Differences recorded in one unit.
const UNIT: usize = 64;
/// Longer than the engine's last wait: what is unknown past it stands still (I19).
const OVERDUE_MS: i64 = BUDGET_MS + 30 * 60_000;

/// Who takes a file, and how.
#[derive(Debug, Clone)]
pub struct Order {
    /// `operator`, `round`: for the rows.
    pub by: &'static str,
    /// Another file of a day takes the place of the first.
    pub supersede: bool,
    /// Compared again though nothing is new.
    pub again: bool,
    pub cut_minutes: i64,
}

/// Where a comparison is made.
#[derive(Debug, Clone)]
pub struct Desk {
    pub db: Db,
    pub keys: Arc<TenantKeys>,
    pub tenant: TenantId,
}

/// What the units of a run know.
struct Run {
    desk: Desk,
    version: i64,
    digest: Vec<u8>,
    source: String,
    when: When,
    /// What an earlier run of the same file has found and acted on.
    known: HashMap<String, (Class, String)>,
}

async fn blocking<T: Send + 'static>(f: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(f).await?
}

/// Takes a file and compares its day. The same file again answers the same and does nothing.
///
/// # Errors
/// Refused for a file that is not as wanted, and for another file of a day without `supersede`.
pub async fn take(desk: Desk, file: File, wanted: Wanted, order: Order) -> Result<DayRow> {
    let checked = blocking(move || file::check(file, &wanted)).await?;
    let (source, date) = (checked.head.source.clone(), checked.head.core_date);
    let digest = checked.digest.clone();
    let (head, sm3, kept) = (checked.head.clone(), digest.clone(), order.clone());
    let unit = move |tx: &Tx<'_>| begin(tx, &head, &sm3, &kept);
    let (version, known, earlier, next_is_done) =
        match desk.db.write(Scope::Tenant(desk.tenant), unit).await? {
            Begun::Go { version, known, earlier, next_is_done } => {
                (version, known, earlier, next_is_done)
            }
            Begun::Done(day) => return Ok(day),
            Begun::Other => return OTHER_FILE.into(),
            Begun::Early => return NOT_YET.into(),
        };
    let when = When { date, cut_minutes: order.cut_minutes, next_is_done };
    let join = Join::new(checked, when, earlier, Some(desk.keys.clone()))?;
    let tally = Tally::begin(&digest);
    let run = Arc::new(Run { desk, version, digest, source, when, known });
    let tally = run.compare(join, tally).await?;
    run.finish(tally).await
}

enum Begun {
    Done(DayRow),
    Other,
    /// What is sent after this file was written could still be booked on its date.
    Early,
    Go {
        version: i64,
        known: HashMap<String, (Class, String)>,
        earlier: HashMap<crate::payments::PaymentId, super::matching::Earlier>,
        next_is_done: bool,
    },
}

/// Which file of the day this is, and what is known before it.
fn begin(tx: &Tx<'_>, head: &Head, sm3: &[u8], order: &Order) -> Result<Begun> {
    let (source, date) = (head.source.as_str(), head.core_date);
    let when = When { date, cut_minutes: order.cut_minutes, next_is_done: false };
    if tx.now() < when.is_over_at() {
        return Ok(Begun::Early);
    }
    let day = store::day(tx, source, date)?;
    let version = match store::live(tx, source, date)? {
        Some(Live { version, digest }) if digest == sm3 => {
            match day.filter(|d| d.digest.is_some() && d.version == version && !order.again) {
                Some(day) => return Ok(Begun::Done(day)),
                None => version,
            }
        }
        Some(_) if !order.supersede => return Ok(Begun::Other),
        live => {
            let version = live.map_or(1, |l| l.version + 1);
            store::supersede(tx, source, date, version)?;
            if !store::add_file(tx, (head, sm3), version, order.by)? {
                return Err(Error::fault("the day's file is being taken by somebody else"));
            }
            let subject = format!("{source}:{}", date.number());
            let named = evidence(sm3, &[]);
            audit::note(tx, Actor::House(order.by), "recon.file", &subject, "done", &named)?;
            version
        }
    };
    store::put_day(
        tx,
        &DayRow {
            source: source.to_owned(),
            date,
            version,
            state: RUNNING.to_owned(),
            counts: vec![],
            overdue: 0,
            digest: None,
            ran_at: tx.now(),
        },
    )?;
    let next = store::day(tx, source, date.plus_days(1))?;
    Ok(Begun::Go {
        version,
        known: store::found_before(tx, source, date, version)?,
        earlier: store::earlier(tx, source, date, version)?,
        next_is_done: next.is_some_and(|d| d.digest.is_some()),
    })
}

impl Run {
    fn scope(&self) -> Scope {
        Scope::Tenant(self.desk.tenant)
    }

    async fn compare(self: &Arc<Self>, mut join: Join, mut tally: Tally) -> Result<Tally> {
        let (mut after, before) = join.range();
        let most = i64::try_from(PAGE)?;
        loop {
            let (from, until) = (after.clone(), before.clone());
            let unit = move |tx: &Tx<'_>| payments::page(tx, &from, &until, most);
            let page = self.desk.db.read(self.scope(), unit).await?;
            let is_last = page.len() < PAGE;
            after = page.last().map_or(after, |f| f.serial.clone());
            let (merged, items) = blocking(move || {
                let items = join.merge(page, is_last)?;
                Ok((join, items))
            })
            .await?;
            join = merged;
            self.settle(items, &mut tally).await?;
            if is_last {
                break;
            }
        }
        loop {
            let (read, groups) = blocking(move || {
                let groups = join.strangers()?;
                Ok((join, groups))
            })
            .await?;
            join = read;
            if groups.is_empty() {
                return Ok(tally);
            }
            let serials: Vec<_> = groups.iter().map(|g| file::serial_of(g.key)).collect();
            let unit = move |tx: &Tx<'_>| {
                let find = |s: &Option<String>| {
                    s.as_ref().map_or(Ok(None), |s| payments::by_serial(tx, s))
                };
                serials.iter().map(find).collect::<Result<Vec<_>>>()
            };
            let facts = self.desk.db.read(self.scope(), unit).await?;
            let mut items = vec![];
            for (facts, group) in facts.into_iter().zip(groups) {
                items.extend(join.item(facts, group)?);
            }
            self.settle(items, &mut tally).await?;
        }
    }

    /// Acts on what differs, and counts everything.
    async fn settle(self: &Arc<Self>, items: Vec<Item>, tally: &mut Tally) -> Result<()> {
        let items = Arc::new(items);
        let is_work = |i: &Item| {
            let is_new = !self.known.contains_key(&i.name);
            is_new && (i.verdict.class != Class::M0 || i.earlier.is_due)
        };
        let work: Vec<usize> = (0..items.len()).filter(|n| is_work(&items[*n])).collect();
        let mut fresh: HashMap<usize, Verdict> = HashMap::new();
        for some in work.chunks(UNIT) {
            let (run, all, some) = (self.clone(), items.clone(), some.to_vec());
            let unit = move |tx: &Tx<'_>| {
                let each = some.iter().map(|n| Ok((*n, run.record(tx, &all[*n])?)));
                each.collect::<Result<Vec<_>>>()
            };
            fresh.extend(self.desk.db.write(self.scope(), unit).await?);
        }
        for (n, item) in items.iter().enumerate() {
            match (self.known.get(&item.name), fresh.get(&n)) {
                (Some((class, why)), _) => tally.note(item, *class, why),
                (None, Some(verdict)) => {
                    alarm(self.desk.tenant, item, *verdict);
                    tally.note(item, verdict.class, verdict.why);
                }
                (None, None) => tally.note(item, item.verdict.class, item.verdict.why),
            }
        }
        Ok(())
    }

    /// Looks once more, then keeps the difference and does what is to be done at once.
    fn record(&self, tx: &Tx<'_>, item: &Item) -> Result<Verdict> {
        let keys = &*self.desk.keys;
        let facts = match &item.facts {
            Some(f) => payments::by_id(tx, f.id)?,
            None => None,
        };
        let open = |f: &Facts| f.parties(Some(keys));
        let mut verdict = judge(facts.as_ref(), &item.lines, &self.when, &item.earlier, open)?;
        let evidence = evidence(&self.digest, &item.lines);
        let by = Actor::House("recon");
        if let Some(f) = &facts {
            let done = match verdict.act {
                Act::Prove(proof) => {
                    let booked = booked(&item.lines);
                    payments::prove(tx, keys, f.id, proof, booked.as_ref(), (by, &evidence))?
                }
                Act::Freeze if f.state != State::Manual => {
                    payments::prove(tx, keys, f.id, Evidence::Odd, None, (by, &evidence))?
                }
                Act::Freeze | Act::Nothing | Act::Wait => true,
            };
            if !done && matches!(verdict.act, Act::Prove(_)) {
                // Somebody has it in hand at this moment.
                verdict = Verdict { class: Class::M8, why: "in_hand", act: Act::Wait };
            }
            if item.earlier.is_due && verdict.act != Act::Wait {
                store::end_wait(tx, f.id, verdict.class.word())?;
            }
            if item.earlier.before.is_some() && matches!(verdict.act, Act::Prove(_)) {
                store::end_open(tx, f.id, verdict.class.word())?;
            }
        }
        if verdict.class != Class::M0 {
            self.keep(tx, item, facts.as_ref(), verdict, &evidence)?;
        }
        Ok(verdict)
    }

    fn keep(
        &self,
        tx: &Tx<'_>,
        item: &Item,
        facts: Option<&Facts>,
        verdict: Verdict,
        evidence: &str,
    ) -> Result<()> {
        let id = tx.new_id();
        let line = item.lines.first();
        let seal = |l: &Seen| self.desk.keys.seal_json(Place::new(store::LINE, row(id)), &told(l));
        let core = item.lines.iter().filter(|l| l.kind == Kind::Pay).map(|l| l.amount.fen());
        let state = match verdict.act {
            Act::Nothing | Act::Prove(_) => "resolved",
            Act::Freeze => "open",
            Act::Wait => "waiting",
        };
        let new = New {
            id,
            source: &self.source,
            date: self.when.date,
            version: self.version,
            item: &item.name,
            class: verdict.class.word(),
            why: verdict.why,
            state,
            payment: facts.map(|f| f.id),
            before: facts.map(|f| item.earlier.before.unwrap_or(f.state)),
            amount: facts.map(|f| f.amount),
            core: line.map(|_| Fen::of(core.sum())),
            line_sealed: line.map(seal).transpose()?,
            evidence,
        };
        store::add(tx, &new).map(|_| ())
    }

    async fn finish(self: &Arc<Self>, tally: Tally) -> Result<DayRow> {
        let run = self.clone();
        let unit = move |tx: &Tx<'_>| {
            let day = DayRow {
                source: run.source.clone(),
                date: run.when.date,
                version: run.version,
                state: BALANCED.to_owned(),
                counts: tally.counts.to_vec(),
                overdue: payments::overdue(tx, tx.now().plus_ms(-OVERDUE_MS))?,
                digest: Some(tally.digest()),
                ran_at: tx.now(),
            };
            store::put_day(tx, &day)?;
            store::settle_days(tx)?;
            let day = store::day(tx, &run.source, run.when.date)?;
            let day = day.ok_or_else(|| Error::fault("a day is gone"))?;
            let subject = format!("{}:{}", run.source, run.when.date.number());
            audit::note(tx, Actor::House("recon"), "recon.day", &subject, &day.state, "")?;
            Ok(day)
        };
        let day = self.desk.db.write(self.scope(), unit).await?;
        if day.overdue > 0 {
            tracing::error!(tenant = %self.desk.tenant, overdue = day.overdue, "payments are unknown past their budget");
        }
        Ok(day)
    }
}

fn row(id: super::DiffId) -> i64 {
    id.raw()
}

/// What a core booked, by the line of the payment itself.
fn booked(lines: &[Seen]) -> Option<Booked> {
    lines.iter().find(|l| l.kind == Kind::Pay).map(|l| Booked {
        core_serial: l.core_serial.clone(),
        core_date: l.core_date,
        posted_at: l.posted_at,
    })
}

/// A line as it is kept, sealed.
fn told(l: &Seen) -> serde_json::Value {
    json!({
        "request_id": l.request_id, "serial": l.serial, "core_serial": l.core_serial, "kind": l.kind.word(),
        "payer": l.payer, "payee": l.payee, "amount_fen": l.amount.fen(), "fee_fen": l.fee.fen(),
        "posted_at_ms": l.posted_at.ms(),
    })
}

/// Counts a difference and calls people where it is one for them.
fn alarm(tenant: TenantId, item: &Item, verdict: Verdict) {
    let class = verdict.class.word();
    metrics::counter!("weiyin_recon_differences_total", "class" => class).increment(1);
    if verdict.class.is_alarm() {
        let why = verdict.why;
        tracing::error!(%tenant, class, why, item = item.name, "the core's books differ from ours");
    }
}
