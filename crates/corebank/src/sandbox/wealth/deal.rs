//! Orders: whether one may be, what is kept of it, and what becomes of it when its day has come.

use super::days::{Days, clock_of};
use super::products::{self, Product};
use super::{FAILS, Verdict, large};
use crate::day::Day;
use crate::error::Reject;
use crate::sandbox::books::{Books, Refused, Voucher};
use crate::sandbox::movement::{self, Movement};
use crate::sandbox::queries::{day, maybe_day};
use crate::wealth::{self, Nav, PurchaseTrial, RedemptionTrial, RiskGrade, bought, worth};
use base::{Error, Fen, Result};
use db::{FromRow, Row, Tx, params};

/// Holdings of one customer, at most: their handles have three digits after the customer's, accounts two.
const HOLDINGS_MAX: i64 = 999;

/// A purchase that the product would take.
pub(crate) struct Look {
    pub(crate) code: String,
    pub(crate) name: String,
    grade: RiskGrade,
    pub(crate) begins_on: Day,
    matures_on: Option<Day>,
}

impl Look {
    pub(crate) fn trial(&self) -> PurchaseTrial {
        let Self { grade, begins_on, matures_on, .. } = *self;
        PurchaseTrial { grade, begins_on, matures_on }
    }
    /// Whether it is what was told.
    pub(crate) fn is(&self, grade: RiskGrade, begins_on: Day) -> bool {
        (self.grade, self.begins_on) == (grade, begins_on)
    }
}

/// Looks whether a product is bought for this amount now.
pub(crate) fn look(tx: &Tx<'_>, code: &str, amount: Fen) -> Verdict<Look> {
    let today = Day::at(tx.now());
    let Some(product) = products::one(tx, code)? else { return Ok(Err(Reject::NotFound)) };
    if !product.is_on_sale(today) {
        return Ok(Err(Reject::NotEligible));
    }
    let more = amount.checked_sub(product.least).unwrap_or(Fen::of(-1));
    if more.is_negative() || more.fen() % product.step.fen() != 0 {
        return Ok(Err(Reject::Validation { field: "amount" }));
    }
    if product.left().is_some_and(|left| amount > left) {
        return Ok(Err(Reject::LimitExceeded));
    }
    let days = Days::of(tx, code, today)?;
    let begins_on = days.after(days.from(today), 1);
    let matures_on = product.days.map(|n| days.from(begins_on.plus_days(n)));
    let Product { code, name, grade, .. } = product;
    Ok(Ok(Look { code, name, grade, begins_on, matures_on }))
}

pub(crate) fn name_of(tx: &Tx<'_>, code: &str) -> Result<String> {
    let product = products::one(tx, code)?;
    Ok(product.map_or_else(|| "理财".to_owned(), |p| p.name))
}

/// A purchase was posted: it is under way.
pub(crate) fn mark(
    tx: &Tx<'_>,
    request_id: &str,
    look: &Look,
    (cust_no, acct_id): (i64, i64),
    amount: Fen,
) -> Result<()> {
    let is_within = tx.exec_one(
        "UPDATE core_wealth_product SET sold_fen = sold_fen + $1
          WHERE tenant_id = $2 AND code = $3 AND (quota_fen IS NULL OR sold_fen + $1 <= quota_fen)",
        params![amount, tx.tenant(), look.code.as_str()],
    )?;
    if !is_within {
        return Err(Error::fault("a quota changed while it was bought"));
    }
    let order = Order {
        kind: "buy".into(),
        cust_no,
        acct_id,
        code: look.code.clone(),
        holding_id: None,
        amount,
        units: None,
        cost: amount,
        on: Day::at(tx.now()),
        state: "pending".into(),
    };
    order.add(tx, request_id, look.begins_on)
}

/// What is sold of a holding.
pub(crate) struct Sold {
    pub(crate) trial: RedemptionTrial,
    pub(crate) cust_no: i64,
    pub(crate) name: String,
    code: String,
    cost: Fen,
}

/// What selling this amount comes to now; without one, all there is.
pub(crate) fn sold(tx: &Tx<'_>, holding_id: i64, amount: Option<Fen>) -> Verdict<Sold> {
    type Found = (i64, String, i64, i64, Fen, Option<i64>);
    let found: Option<Found> = tx.opt(
        "SELECT cust_no, code, units, frozen, cost_fen, matures_on
           FROM core_wealth_holding WHERE tenant_id = $1 AND holding_id = $2",
        params![tx.tenant(), holding_id],
    )?;
    let Some((cust_no, code, units, frozen, cost, matures_on)) = found else {
        return Ok(Err(Reject::NotFound));
    };
    let Some(product) = products::one(tx, &code)? else { return Ok(Err(Reject::NotFound)) };
    // What has a last day is closed until then, and then its money comes by itself.
    if maybe_day(matures_on)?.is_some() {
        return Ok(Err(Reject::NotEligible));
    }
    let (free, nav) = (units - frozen, product.latest(tx)?);
    let value = worth(free, nav.micro).ok_or_else(large)?;
    let amount = amount.unwrap_or(value);
    if amount <= Fen::ZERO || amount > value {
        return Ok(Err(Reject::Validation { field: "amount" }));
    }
    let taken =
        if amount == value { free } else { wealth::needed(amount, nav.micro).ok_or_else(large)? };
    let left = worth(free - taken, nav.micro).ok_or_else(large)?;
    if left > Fen::ZERO && left < product.least {
        return Ok(Err(Reject::Validation { field: "amount" }));
    }
    let is_large = product.large.is_some_and(|from| amount >= from);
    let today = Day::at(tx.now());
    let days = Days::of(tx, &code, today)?;
    let arrives_on = days.after(days.from(today), product.redeems_in + i64::from(is_large));
    let trial = RedemptionTrial { amount, units: taken, nav, arrives_on, left, is_large };
    let cost = share(cost, taken, units)?;
    Ok(Ok(Sold { trial, cust_no, name: product.name, code, cost }))
}

/// The part of a cost that so many of all units have.
fn share(cost: Fen, part: i64, all: i64) -> Result<Fen> {
    let fen = (i128::from(cost.fen()) * i128::from(part)).checked_div(i128::from(all));
    fen.and_then(|fen| i64::try_from(fen).ok()).map(Fen::of).ok_or_else(large)
}

/// A redemption was posted: its units are being sold.
pub(crate) fn freeze(
    tx: &Tx<'_>,
    request_id: &str,
    holding_id: i64,
    acct_id: i64,
    sold: &Sold,
) -> Result<()> {
    let RedemptionTrial { amount, units, arrives_on, .. } = sold.trial;
    let is_there = tx.exec_one(
        "UPDATE core_wealth_holding SET frozen = frozen + $1
          WHERE tenant_id = $2 AND holding_id = $3 AND units - frozen >= $1",
        params![units, tx.tenant(), holding_id],
    )?;
    if !is_there {
        return Err(Error::fault("a holding changed while it was sold"));
    }
    let order = Order {
        kind: "sell".into(),
        cust_no: sold.cust_no,
        acct_id,
        code: sold.code.clone(),
        holding_id: Some(holding_id),
        amount,
        units: Some(units),
        cost: sold.cost,
        on: Day::at(tx.now()),
        state: "pending".into(),
    };
    order.add(tx, request_id, arrives_on)
}

/// An order as it is stored.
pub(super) struct Order {
    pub(super) kind: String,
    pub(super) cust_no: i64,
    pub(super) acct_id: i64,
    pub(super) code: String,
    pub(super) holding_id: Option<i64>,
    pub(super) amount: Fen,
    pub(super) units: Option<i64>,
    pub(super) cost: Fen,
    pub(super) on: Day,
    pub(super) state: String,
}

impl FromRow for Order {
    fn from_row(row: &mut Row<'_>) -> Result<Self> {
        Ok(Self {
            kind: row.next()?,
            cust_no: row.next()?,
            acct_id: row.next()?,
            code: row.next()?,
            holding_id: row.next()?,
            amount: row.next()?,
            units: row.next()?,
            cost: row.next()?,
            on: day(row.next()?)?,
            state: row.next()?,
        })
    }
}

impl Order {
    pub(super) fn add(&self, tx: &Tx<'_>, request_id: &str, due_on: Day) -> Result<()> {
        tx.exec(
            "INSERT INTO core_wealth_order (tenant_id, request_id, kind, cust_no, acct_id, code, holding_id, amount_fen,
                    units, cost_fen, on_day, due_on, state)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            params![
                tx.tenant(),
                request_id,
                self.kind.as_str(),
                self.cust_no,
                self.acct_id,
                self.code.as_str(),
                self.holding_id,
                self.amount,
                self.units,
                self.cost,
                self.on.number(),
                due_on.number(),
                self.state.as_str()
            ],
        )?;
        Ok(())
    }
}

fn order(tx: &Tx<'_>, request_id: &str) -> Result<Option<Order>> {
    tx.opt(
        "SELECT kind, cust_no, acct_id, code, holding_id, amount_fen, units, cost_fen, on_day, state
           FROM core_wealth_order WHERE tenant_id = $1 AND request_id = $2",
        params![tx.tenant(), request_id],
    )
}

/// Whether a purchase may be taken back: until the end of its dealing day. None for what is no purchase.
pub(crate) fn may_call_off(tx: &Tx<'_>, request_id: &str) -> Result<Option<bool>> {
    let Some(order) = order(tx, request_id)?.filter(|o| o.kind == "buy") else { return Ok(None) };
    let dealt_on = Days::of(tx, &order.code, order.on)?.from(order.on);
    Ok(Some(order.state == "pending" && Day::at(tx.now()) <= dealt_on))
}

/// What the wealth company says of a purchase on its day.
pub(crate) fn verdict(code: &str) -> std::result::Result<(), Reject> {
    if code.ends_with(FAILS) { Err(Reject::NotEligible) } else { Ok(()) }
}

/// The wealth company has confirmed an order: units are the customer's, or money is. False while its account takes none.
pub(crate) fn confirm(tx: &Tx<'_>, request_id: &str) -> Result<bool> {
    let found = order(tx, request_id)?.filter(|o| o.state == "pending");
    let Some(order) = found else { return Ok(false) };
    let name = name_of(tx, &order.code)?;
    let movement = if order.kind == "buy" {
        movement::wealth_bought(order.amount)
    } else {
        movement::wealth_sold(order.acct_id, order.amount, &name)
    };
    let Some(journal_no) = post(tx, format!("wealth:{request_id}"), movement)? else {
        return Ok(false);
    };
    let (holding_id, units) = match (order.holding_id, order.units) {
        (Some(id), Some(units)) => {
            take_off(tx, id, units, order.cost)?;
            (id, units)
        }
        _ => put_in(tx, &order)?,
    };
    tx.exec(
        "UPDATE core_wealth_order SET state = 'done', settle_no = $1, holding_id = $2, units = $3
          WHERE tenant_id = $4 AND request_id = $5",
        params![journal_no, holding_id, units, tx.tenant(), request_id],
    )?;
    Ok(true)
}

/// Posts what became of an order; none while the day is closed or the account takes nothing.
fn post(tx: &Tx<'_>, request_id: String, movement: Movement) -> Result<Option<i64>> {
    let voucher = Voucher { request_id, at: None, movement, channel: None };
    let mut books = Books::open(tx)?;
    let posted = match books.post(&voucher) {
        Ok(posted) => posted,
        Err(Refused::Fault(e)) => return Err(e),
        Err(_) => return Ok(None),
    };
    books.close()?;
    Ok(Some(posted.journal_no))
}

/// Units that were sold leave their holding.
fn take_off(tx: &Tx<'_>, holding_id: i64, units: i64, cost: Fen) -> Result<()> {
    let is_there = tx.exec_one(
        "UPDATE core_wealth_holding SET units = units - $1, frozen = frozen - $1, cost_fen = cost_fen - $2
          WHERE tenant_id = $3 AND holding_id = $4 AND frozen >= $1",
        params![units, cost, tx.tenant(), holding_id],
    )?;
    if is_there { Ok(()) } else { Err(Error::fault("units that are not there were sold")) }
}

/// Units that were bought: with others of the product where it has no end, else as a holding of their own. Which, and how many.
fn put_in(tx: &Tx<'_>, order: &Order) -> Result<(i64, i64)> {
    let product = products::one(tx, &order.code)?;
    let product = product.ok_or_else(|| Error::fault("an order of no known product"))?;
    let days = Days::of(tx, &order.code, order.on)?;
    let dealt_on = days.from(order.on);
    let Nav { micro, .. } = product.nav(tx, dealt_on)?;
    let units = bought(order.amount, micro).ok_or_else(large)?;
    let begun_on = days.after(dealt_on, 1);
    let matures_on = product.days.map(|n| days.from(begun_on.plus_days(n)));
    let holding_id = hold(tx, order, (units, order.cost), (begun_on, matures_on))?;
    Ok((holding_id, units))
}

/// Keeps units; the holding they are in.
pub(super) fn hold(
    tx: &Tx<'_>,
    order: &Order,
    (units, cost): (i64, Fen),
    (begun_on, matures_on): (Day, Option<Day>),
) -> Result<i64> {
    let same: Option<i64> = tx.opt(
        "SELECT holding_id FROM core_wealth_holding
          WHERE tenant_id = $1 AND cust_no = $2 AND code = $3 AND matures_on IS NULL",
        params![tx.tenant(), order.cust_no, order.code.as_str()],
    )?;
    if let (Some(id), None) = (same, matures_on) {
        tx.exec(
            "UPDATE core_wealth_holding SET units = units + $1, cost_fen = cost_fen + $2
              WHERE tenant_id = $3 AND holding_id = $4",
            params![units, cost, tx.tenant(), id],
        )?;
        return Ok(id);
    }
    let first = order.cust_no * (HOLDINGS_MAX + 1);
    let last: i64 = tx.one(
        "SELECT COALESCE(MAX(holding_id), $2) FROM core_wealth_holding
          WHERE tenant_id = $1 AND holding_id > $2 AND holding_id <= $3",
        params![tx.tenant(), first, first + HOLDINGS_MAX],
    )?;
    let id = last + 1;
    if id > first + HOLDINGS_MAX {
        return Err(Error::fault("a customer has too many holdings"));
    }
    tx.exec(
        "INSERT INTO core_wealth_holding (tenant_id, holding_id, cust_no, acct_id, code, units, frozen, cost_fen, begun_on,
                matures_on) VALUES ($1, $2, $3, $4, $5, $6, 0, $7, $8, $9)",
        params![
            tx.tenant(),
            id,
            order.cust_no,
            order.acct_id,
            order.code.as_str(),
            units,
            cost,
            begun_on.number(),
            matures_on.map(Day::number)
        ],
    )?;
    Ok(id)
}

/// An order ended without effect (`back`, `undone`): its quota, or its units, are free again. Nothing for other payments.
pub(crate) fn ended(tx: &Tx<'_>, request_id: &str, state: &'static str) -> Result<()> {
    let Some(order) = order(tx, request_id)?.filter(|o| o.state == "pending") else {
        return Ok(());
    };
    match (order.holding_id, order.units) {
        (Some(id), Some(units)) => tx.exec(
            "UPDATE core_wealth_holding SET frozen = frozen - $1 WHERE tenant_id = $2 AND holding_id = $3",
            params![units, tx.tenant(), id],
        )?,
        _ => tx.exec(
            "UPDATE core_wealth_product SET sold_fen = sold_fen - $1 WHERE tenant_id = $2 AND code = $3",
            params![order.amount, tx.tenant(), order.code.as_str()],
        )?,
    };
    tx.exec(
        "UPDATE core_wealth_order SET state = $1 WHERE tenant_id = $2 AND request_id = $3",
        params![state, tx.tenant(), request_id],
    )?;
    Ok(())
}

/// Pays out every holding whose last day has come; how many.
pub(crate) fn mature(tx: &Tx<'_>) -> Result<usize> {
    let today = Day::at(tx.now());
    let due: Vec<(i64, i64, i64, String, i64, Fen, i64)> = tx.all(
        "SELECT holding_id, cust_no, acct_id, code, units, cost_fen, matures_on FROM core_wealth_holding
          WHERE tenant_id = $1 AND matures_on <= $2 AND units > 0 ORDER BY holding_id",
        params![tx.tenant(), today.number()],
    )?;
    let mut paid = 0;
    for (id, cust_no, acct_id, code, units, cost, matures_on) in due {
        let matures_on = day(matures_on)?;
        if tx.now() < clock_of(matures_on) {
            continue;
        }
        let product = products::one(tx, &code)?;
        let product = product.ok_or_else(|| Error::fault("a holding of no known product"))?;
        let nav = product.nav(tx, matures_on.plus_days(-1))?;
        let amount = worth(units, nav.micro).ok_or_else(large)?;
        let request_id = format!("wealth:end:{id}");
        let movement = movement::wealth_matured(acct_id, amount, &product.name);
        let Some(journal_no) = post(tx, request_id.clone(), movement)? else { continue };
        let order = Order {
            kind: "matured".into(),
            cust_no,
            acct_id,
            code,
            holding_id: Some(id),
            amount,
            units: Some(units),
            cost,
            on: today,
            state: "done".into(),
        };
        order.add(tx, &request_id, matures_on)?;
        tx.exec(
            "UPDATE core_wealth_order SET settle_no = $1 WHERE tenant_id = $2 AND request_id = $3",
            params![journal_no, tx.tenant(), request_id],
        )?;
        tx.exec(
            "UPDATE core_wealth_holding SET units = 0, cost_fen = 0 WHERE tenant_id = $1 AND holding_id = $2",
            params![tx.tenant(), id],
        )?;
        paid += 1;
    }
    Ok(paid)
}
