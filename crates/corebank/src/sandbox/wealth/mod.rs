//! Wealth products of a wealth company in the books (代销理财): products and their dealing days, units of customers, and orders
//! from the day they were given until the wealth company has confirmed them.
//!
//! Orders are dealt on the first dealing day from theirs on (T), and confirmed at nine on the next one (T+1). Units are bought
//! at the net value of T, and sold at the one that was published last when they were ordered. A product whose code ends in
//! [`FAILS`] is not confirmed: the money comes back. Not for: the money of an order (`money`), nor who may buy what.

mod book;
mod check;
mod days;
mod deal;
mod products;
pub(super) mod stock;

pub(crate) use book::book;
pub(crate) use check::broken;
pub(crate) use days::clock_of;
pub(crate) use deal::{
    Look, Sold, confirm, ended, freeze, look, mark, mature, may_call_off, name_of, sold, verdict,
};
pub use stock::{NewWealth, NewWealthHolding};

use crate::error::Reject;
use crate::model::CustNo;
use crate::port::{Answer, Ctx};
use crate::sandbox::queries::{self, Said};
use crate::sandbox::{Sandbox, number};
use crate::wealth::{
    PurchaseAsk, PurchaseTrial, RedemptionAsk, RedemptionTrial, Wealth, WealthBook, WealthProduct,
};
use base::{Error, Result};

/// Products whose codes end so do not come about (募集不成立): the money comes back.
pub(super) const FAILS: &str = "X";

type Verdict<T> = Result<std::result::Result<T, Reject>>;

fn large() -> Error {
    Error::fault("units are too many to count")
}

impl Wealth for Sandbox {
    fn wealth_products<'a>(&'a self, ctx: &'a Ctx) -> Answer<'a, Vec<WealthProduct>> {
        Box::pin(self.ask(ctx, "wealth_products", move |tx, _| products::all(tx).map(Ok)))
    }

    fn wealth_book<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, WealthBook> {
        let cust_no = number(cust.as_str()).unwrap_or(0);
        Box::pin(self.ask(ctx, "wealth_book", move |tx, _| book(tx, cust_no)))
    }

    fn purchase_trial<'a>(
        &'a self,
        ctx: &'a Ctx,
        ask: &'a PurchaseAsk,
    ) -> Answer<'a, PurchaseTrial> {
        let ask = ask.clone();
        Box::pin(self.ask(ctx, "purchase_trial", move |tx, _| -> Said<PurchaseTrial> {
            if let Err(closed) = queries::open_day(tx)? {
                return Ok(Err(closed));
            }
            let look = look(tx, &ask.product, ask.amount)?;
            Ok(look.map(|l| l.trial()).map_err(Into::into))
        }))
    }

    fn redemption_trial<'a>(
        &'a self,
        ctx: &'a Ctx,
        ask: &'a RedemptionAsk,
    ) -> Answer<'a, RedemptionTrial> {
        let (holding, amount) = (number(ask.holding.as_str()).unwrap_or(0), ask.amount);
        Box::pin(self.ask(ctx, "redemption_trial", move |tx, _| -> Said<RedemptionTrial> {
            if let Err(closed) = queries::open_day(tx)? {
                return Ok(Err(closed));
            }
            Ok(sold(tx, holding, amount)?.map(|s| s.trial).map_err(Into::into))
        }))
    }
}
