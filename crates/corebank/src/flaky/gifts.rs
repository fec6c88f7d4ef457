//! Gifts of points through the weather.

use super::Flaky;
use crate::error::{CoreError, Reject};
use crate::gifts::{GiftFate, GiftQuery, GiftTally, Gifts, Given, PointGift, ProjectRef};
use crate::port::{Answer, CoreBank, Ctx};

impl<C: CoreBank> Flaky<C> {
    /// A question about gifts through the weather; [`Reject::Unsupported`] from a core that has none.
    fn gifts_through<'a, T: Send + 'a>(
        &'a self,
        ctx: &'a Ctx,
        ask: impl FnOnce(&'a dyn Gifts) -> Answer<'a, T> + Send + 'a,
    ) -> Answer<'a, T> {
        self.through(ctx, || match self.inner.gifts() {
            Some(gifts) => ask(gifts),
            None => Box::pin(async { Err(CoreError::from(Reject::Unsupported)) }),
        })
    }
}

impl<C: CoreBank> Gifts for Flaky<C> {
    fn give_points<'a>(&'a self, ctx: &'a Ctx, gift: &'a PointGift) -> Answer<'a, Given> {
        self.gifts_through(ctx, move |g| g.give_points(ctx, gift))
    }
    fn gift<'a>(&'a self, ctx: &'a Ctx, ask: &'a GiftQuery) -> Answer<'a, GiftFate> {
        self.gifts_through(ctx, move |g| g.gift(ctx, ask))
    }
    fn void_gift<'a>(&'a self, ctx: &'a Ctx, original: &'a str) -> Answer<'a, Given> {
        self.gifts_through(ctx, move |g| g.void_gift(ctx, original))
    }
    fn open_project<'a>(&'a self, ctx: &'a Ctx, code: &'a str) -> Answer<'a, ()> {
        self.gifts_through(ctx, move |g| g.open_project(ctx, code))
    }
    fn tally<'a>(&'a self, ctx: &'a Ctx, project: &'a ProjectRef) -> Answer<'a, GiftTally> {
        self.gifts_through(ctx, move |g| g.tally(ctx, project))
    }
}
