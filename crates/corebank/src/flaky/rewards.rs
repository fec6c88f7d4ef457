//! Exchanges of points through the weather.

use super::Flaky;
use crate::error::{CoreError, Reject};
use crate::port::{Answer, CoreBank, Ctx};
use crate::rewards::{Exchange, ExchangeFate, ExchangeQuery, Exchanged, Rewards, Ware};

impl<C: CoreBank> Flaky<C> {
    /// A question about rewards through the weather; [`Reject::Unsupported`] from a core that has none.
    fn rewards_through<'a, T: Send + 'a>(
        &'a self,
        ctx: &'a Ctx,
        ask: impl FnOnce(&'a dyn Rewards) -> Answer<'a, T> + Send + 'a,
    ) -> Answer<'a, T> {
        self.through(ctx, || match self.inner.rewards() {
            Some(rewards) => ask(rewards),
            None => Box::pin(async { Err(CoreError::from(Reject::Unsupported)) }),
        })
    }
}

impl<C: CoreBank> Rewards for Flaky<C> {
    fn wares<'a>(&'a self, ctx: &'a Ctx) -> Answer<'a, Vec<Ware>> {
        self.rewards_through(ctx, move |r| r.wares(ctx))
    }
    fn exchange<'a>(&'a self, ctx: &'a Ctx, wish: &'a Exchange) -> Answer<'a, Exchanged> {
        self.rewards_through(ctx, move |r| r.exchange(ctx, wish))
    }
    fn exchanged<'a>(&'a self, ctx: &'a Ctx, ask: &'a ExchangeQuery) -> Answer<'a, ExchangeFate> {
        self.rewards_through(ctx, move |r| r.exchanged(ctx, ask))
    }
}
