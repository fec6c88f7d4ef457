//! Points exchanged for wares: the lots they come from, the stock and the order, all in one unit.

use super::gifts::{self, Lot};
use super::id_of;
use super::store::{self, Came};
use crate::day::Day;
use crate::error::{CoreError, Reject};
use crate::port::{Answer, Ctx};
use crate::rewards::{Exchange, ExchangeFate, ExchangeQuery, Exchanged, Handover, Rewards, Ware};
use crate::sandbox::queries::{self, Said, day};
use crate::sandbox::seal::TenantKeys;
use crate::sandbox::{Sandbox, commands, number};
use base::{Error, Result, TenantId, Time};
use db::{FromRow, Row, Tx, params};
use std::slice;

const EXCHANGE: &str = "exchange";
/// How many of one ware at once, and what they may cost.
const COUNT_MAX: i64 = 99;
const POINTS_MAX: i64 = 10_000_000;
const CODE_CHARS_MAX: usize = 32;

impl Sandbox {
    /// Puts a ware on the shelf, as many of it as it says; false when it is there already.
    pub async fn add_ware(&self, tenant: TenantId, ware: Ware) -> Result<bool> {
        self.unit(tenant, move |tx, _| {
            let ways: Vec<_> = ware.handovers.iter().map(|h| h.word()).collect();
            let fresh = tx.exec(
                "INSERT INTO core_ware (tenant_id, code, name, points, stock, sold, handovers)
                 VALUES ($1, $2, $3, $4, $5, 0, $6) ON CONFLICT (tenant_id, code) DO NOTHING",
                params![
                    tx.tenant(),
                    &ware.code,
                    &ware.name,
                    ware.points,
                    ware.left,
                    ways.join(",")
                ],
            )?;
            Ok(fresh == 1)
        })
        .await
    }

    /// What a ware costs from now on.
    pub async fn price_ware(&self, tenant: TenantId, code: &str, points: i64) -> Result<()> {
        let code = code.to_owned();
        self.unit(tenant, move |tx, _| {
            tx.exec(
                "UPDATE core_ware SET points = $1 WHERE tenant_id = $2 AND code = $3",
                params![points, tx.tenant(), code.as_str()],
            )
            .map(|_| ())
        })
        .await
    }
}

impl Rewards for Sandbox {
    fn wares<'a>(&'a self, ctx: &'a Ctx) -> Answer<'a, Vec<Ware>> {
        Box::pin(self.ask(ctx, "wares", move |tx, _| {
            let all: Vec<WareRow> = tx.all(
                "SELECT code, name, points, stock - sold, handovers FROM core_ware WHERE tenant_id = $1
                  ORDER BY points, code",
                params![tx.tenant()],
            )?;
            Ok(Ok(all.into_iter().map(|row| row.0).collect()))
        }))
    }

    fn exchange<'a>(&'a self, ctx: &'a Ctx, wish: &'a Exchange) -> Answer<'a, Exchanged> {
        Box::pin(async move {
            let (id, wish) = (id_of(ctx)?, wish.clone());
            validate(&wish)?;
            self.tell(ctx, EXCHANGE, move |tx, keys| exchange(tx, keys, &id, &wish)).await
        })
    }

    fn exchanged<'a>(&'a self, ctx: &'a Ctx, ask: &'a ExchangeQuery) -> Answer<'a, ExchangeFate> {
        let ask = ask.clone();
        // A write: a reader that lags behind would say that nothing is known.
        Box::pin(self.tell(ctx, "exchanged", move |tx, _| fate(tx, &ask)))
    }
}

struct WareRow(Ware);
impl FromRow for WareRow {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        let (code, name, points, left) = (row.next()?, row.next()?, row.next()?, row.next()?);
        let handovers: String = row.next()?;
        let handovers = handovers.split(',').filter_map(Handover::of).collect();
        Ok(Self(Ware { code, name, points, left, handovers }))
    }
}

/// What is wrong with an exchange whatever the books say. It uses up no request id.
fn validate(wish: &Exchange) -> std::result::Result<(), CoreError> {
    let fits = [
        ("count", (1..=COUNT_MAX).contains(&wish.count)),
        ("points", (1..=POINTS_MAX).contains(&wish.points)),
        ("ware", (1..=CODE_CHARS_MAX).contains(&wish.ware.len())),
    ];
    match fits.into_iter().find(|(_, fits)| !fits) {
        Some((field, _)) => Err(Reject::Validation { field }.into()),
        None => Ok(()),
    }
}

fn hash(keys: &TenantKeys, wish: &Exchange) -> Result<Vec<u8>> {
    let Exchange { cust, card, ware, count, points, handover, valid_until } = wish;
    let text = format!(
        "{}|{}|{ware}|{count}|{points}|{}|{}",
        cust.as_str(),
        card.as_str(),
        handover.word(),
        valid_until.ms()
    );
    keys.index(EXCHANGE, &text)
}

struct OrderRow(Exchanged);
impl FromRow for OrderRow {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        let (ware, count, points) = (row.next()?, row.next()?, row.next()?);
        let handover: String = row.next()?;
        let handover = Handover::of(&handover)
            .ok_or_else(|| Error::fault(format!("wares handed over by {handover}")))?;
        let left = row.next()?;
        let (core_date, order_no, at): (i64, i64, Time) = (row.next()?, row.next()?, row.next()?);
        let core_serial = format!("E{core_date}{order_no:06}");
        let core_date = day(core_date)?;
        Ok(Self(Exchanged { core_serial, core_date, at, ware, count, points, handover, left }))
    }
}

fn made(tx: &Tx<'_>, request_id: &str) -> Result<Exchanged> {
    let found: Option<OrderRow> = tx.opt(
        "SELECT ware, amount, points, handover, left_points, core_date, order_no, made_at_ms FROM core_exchange
          WHERE tenant_id = $1 AND request_id = $2",
        params![tx.tenant(), request_id],
    )?;
    found.map(|row| row.0).ok_or_else(|| Error::fault("an exchange that went away"))
}

/// Exchanges once under its id; the answer is the same for ever.
fn exchange(tx: &Tx<'_>, keys: &TenantKeys, id: &str, wish: &Exchange) -> Said<Exchanged> {
    let hash = hash(keys, wish)?;
    match store::before(tx, id, &hash)? {
        Err(e) => return Ok(Err(e)),
        Ok(Some(_)) => return made(tx, id).map(Ok),
        Ok(None) => {}
    }
    // A closed day is no verdict on the command: it may come again.
    if let Err(closed) = queries::open_day(tx)? {
        return Ok(Err(closed));
    }
    match post(tx, id, wish)? {
        Ok(()) => {
            store::keep(tx, id, EXCHANGE, &hash, &Came::Set { code: "", journal_no: None })?;
            made(tx, id).map(Ok)
        }
        Err(reject) => {
            store::keep(tx, id, EXCHANGE, &hash, &Came::Rejected(&reject))?;
            Ok(Err(reject.into()))
        }
    }
}

/// The points, the stock and the order, or why not; then nothing is written.
fn post(tx: &Tx<'_>, id: &str, wish: &Exchange) -> Result<std::result::Result<(), Reject>> {
    if tx.now() > wish.valid_until {
        return Ok(Err(Reject::Expired));
    }
    let Some(lots) = gifts::lots(tx, &wish.cust, slice::from_ref(&wish.card))? else {
        return Ok(Err(Reject::NotFound));
    };
    let ware: Option<WareRow> = tx.opt(
        "SELECT code, name, points, stock - sold, handovers FROM core_ware WHERE tenant_id = $1 AND code = $2",
        params![tx.tenant(), wish.ware.as_str()],
    )?;
    let Some(WareRow(ware)) = ware else { return Ok(Err(Reject::NotFound)) };
    let is_as_said = ware.points.checked_mul(wish.count) == Some(wish.points);
    if !is_as_said || !ware.handovers.contains(&wish.handover) {
        return Ok(Err(Reject::NotEligible));
    }
    let total = gifts::sum(&lots)?;
    if total < wish.points {
        return Ok(Err(Reject::InsufficientFunds));
    }
    let is_there = tx.exec_one(
        "UPDATE core_ware SET sold = sold + $1 WHERE tenant_id = $2 AND code = $3 AND stock - sold >= $1",
        params![wish.count, tx.tenant(), wish.ware.as_str()],
    )?;
    if !is_there {
        return Ok(Err(Reject::SoldOut));
    }
    take(tx, id, lots, wish.points)?;
    let (order_no,): (i64,) = tx.one(
        "SELECT COALESCE(MAX(order_no), 0) + 1 FROM core_exchange WHERE tenant_id = $1",
        params![tx.tenant()],
    )?;
    tx.exec(
        "INSERT INTO core_exchange (tenant_id, request_id, cust_no, acct_id, ware, amount, points, handover, left_points,
                core_date, order_no, made_at_ms)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        params![
            tx.tenant(),
            id,
            number(wish.cust.as_str()),
            number(wish.card.as_str()),
            wish.ware.as_str(),
            wish.count,
            wish.points,
            wish.handover.word(),
            total - wish.points,
            Day::at(tx.now()).number(),
            order_no,
            tx.now()
        ],
    )?;
    Ok(Ok(()))
}

/// Both sides of the points.
fn take(tx: &Tx<'_>, id: &str, lots: Vec<Lot>, points: i64) -> Result<()> {
    let lines = gifts::take(tx, id, lots, points)?;
    tx.exec(
        "INSERT INTO core_point_entry (tenant_id, request_id, line_no, holder, points) VALUES ($1, $2, $3, 'shop', $4)",
        params![tx.tenant(), id, lines + 1, points],
    )
    .map(|_| ())
}

/// Works while the day is closed: nothing is posted.
fn fate(tx: &Tx<'_>, ask: &ExchangeQuery) -> Said<ExchangeFate> {
    let id = &ask.request_id;
    let mut known = store::known(tx, id)?;
    if known.is_none() && ask.fence && !store::fence(tx, id)? {
        known = store::known(tx, id)?;
    } else if known.is_none() {
        return Ok(Ok(if ask.fence { ExchangeFate::Fenced } else { ExchangeFate::NotFound }));
    }
    let known = known.ok_or_else(|| Error::fault("an exchange that went away"))?;
    Ok(Ok(match (known.kind.as_str(), known.state.as_str()) {
        (_, "fenced") => ExchangeFate::Fenced,
        (EXCHANGE, "rejected") => ExchangeFate::Rejected(commands::of_code(&known.code)?),
        (EXCHANGE, _) => ExchangeFate::Exchanged(made(tx, id)?),
        // An id that was used for something else.
        _ => ExchangeFate::Rejected(Reject::PayloadMismatch),
    }))
}

/// What must hold between exchanges, points and stock; one sentence per thing that does not.
pub(super) fn broken(tx: &Tx<'_>) -> Result<Vec<String>> {
    let unlike: Vec<String> = tx.all(
        "SELECT x.request_id FROM core_exchange x
           LEFT JOIN core_point_entry e ON e.tenant_id = x.tenant_id AND e.request_id = x.request_id
            AND e.holder = 'shop'
           LEFT JOIN core_request r ON r.tenant_id = x.tenant_id AND r.request_id = x.request_id
          WHERE x.tenant_id = $1 AND (e.points IS NULL OR e.points <> x.points OR r.request_id IS NULL
                OR r.kind <> 'exchange' OR r.state <> 'set')",
        params![tx.tenant()],
    )?;
    let short: Vec<String> = tx.all(
        "SELECT w.code FROM core_ware w WHERE w.tenant_id = $1 AND w.sold <>
            (SELECT COALESCE(CAST(SUM(x.amount) AS BIGINT), 0) FROM core_exchange x
              WHERE x.tenant_id = w.tenant_id AND x.ware = w.code)",
        params![tx.tenant()],
    )?;
    let unlike =
        unlike.into_iter().map(|id| format!("an exchange is not what its points were: {id}"));
    let short =
        short.into_iter().map(|code| format!("a ware's stock is not what was exchanged: {code}"));
    Ok(unlike.chain(short).collect())
}
