//! Exchanges of points through the contract.

use super::{HttpCore, of, same};
use crate::link::mismatch;
use crate::ops;
use crate::wire::Nothing;
use corebank::rewards::{Exchange, ExchangeFate, ExchangeQuery, Exchanged, Rewards, Ware};
use corebank::{Answer, Ctx};

impl Rewards for HttpCore {
    fn wares<'a>(&'a self, ctx: &'a Ctx) -> Answer<'a, Vec<Ware>> {
        Box::pin(async move {
            let told = self.link.ask(ctx, ops::WARES, Nothing {}).await?;
            let is_ware = |w: &Ware| w.points > 0 && w.left >= 0 && !w.handovers.is_empty();
            same(told, "wares", |all: &Vec<Ware>| all.iter().all(is_ware))
        })
    }
    fn exchange<'a>(&'a self, ctx: &'a Ctx, wish: &'a Exchange) -> Answer<'a, Exchanged> {
        Box::pin(async move {
            let made: Exchanged = self.link.ask(ctx, ops::EXCHANGE, of(wish)).await?;
            match made.differs(wish) {
                None => Ok(made),
                Some(field) => Err(mismatch(field)),
            }
        })
    }
    fn exchanged<'a>(&'a self, ctx: &'a Ctx, ask: &'a ExchangeQuery) -> Answer<'a, ExchangeFate> {
        Box::pin(self.link.ask(ctx, ops::EXCHANGED, of(ask)))
    }
}
