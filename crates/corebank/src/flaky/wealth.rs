//! Wealth products through the weather, like every question.

use super::Flaky;
use crate::error::{CoreError, Reject};
use crate::model::CustNo;
use crate::port::{Answer, CoreBank, Ctx};
use crate::wealth::{
    PurchaseAsk, PurchaseTrial, RedemptionAsk, RedemptionTrial, Wealth, WealthBook, WealthProduct,
};

impl<C: CoreBank> Flaky<C> {
    /// A question about wealth through the weather; [`Reject::Unsupported`] from a core that has none.
    fn wealth_through<'a, T: Send + 'a>(
        &'a self,
        ctx: &'a Ctx,
        ask: impl FnOnce(&'a dyn Wealth) -> Answer<'a, T> + Send + 'a,
    ) -> Answer<'a, T> {
        self.through(ctx, || match self.inner.wealth() {
            Some(wealth) => ask(wealth),
            None => Box::pin(async { Err(CoreError::from(Reject::Unsupported)) }),
        })
    }
}

impl<C: CoreBank> Wealth for Flaky<C> {
    fn wealth_products<'a>(&'a self, ctx: &'a Ctx) -> Answer<'a, Vec<WealthProduct>> {
        self.wealth_through(ctx, move |w| w.wealth_products(ctx))
    }
    fn wealth_book<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, WealthBook> {
        self.wealth_through(ctx, move |w| w.wealth_book(ctx, cust))
    }
    fn purchase_trial<'a>(
        &'a self,
        ctx: &'a Ctx,
        ask: &'a PurchaseAsk,
    ) -> Answer<'a, PurchaseTrial> {
        self.wealth_through(ctx, move |w| w.purchase_trial(ctx, ask))
    }
    fn redemption_trial<'a>(
        &'a self,
        ctx: &'a Ctx,
        ask: &'a RedemptionAsk,
    ) -> Answer<'a, RedemptionTrial> {
        self.wealth_through(ctx, move |w| w.redemption_trial(ctx, ask))
    }
}
