//! Wealth products through the contract. Buying and selling are payments.

use super::{HttpCore, of, of_cust, same};
use crate::ops;
use corebank::wealth::{
    PurchaseAsk, PurchaseTrial, RedemptionAsk, RedemptionTrial, Wealth, WealthBook, WealthProduct,
};
use corebank::{Answer, Ctx, CustNo};

impl Wealth for HttpCore {
    fn wealth_products<'a>(&'a self, ctx: &'a Ctx) -> Answer<'a, Vec<WealthProduct>> {
        Box::pin(self.link.ask(ctx, ops::WEALTH_PRODUCTS, crate::wire::Nothing {}))
    }
    fn wealth_book<'a>(&'a self, ctx: &'a Ctx, cust: &'a CustNo) -> Answer<'a, WealthBook> {
        Box::pin(self.link.ask(ctx, ops::WEALTH_BOOK, of_cust(cust)))
    }
    fn purchase_trial<'a>(
        &'a self,
        ctx: &'a Ctx,
        ask: &'a PurchaseAsk,
    ) -> Answer<'a, PurchaseTrial> {
        Box::pin(self.link.ask(ctx, ops::PURCHASE_TRIAL, of(ask)))
    }
    fn redemption_trial<'a>(
        &'a self,
        ctx: &'a Ctx,
        ask: &'a RedemptionAsk,
    ) -> Answer<'a, RedemptionTrial> {
        Box::pin(async move {
            let told = self.link.ask(ctx, ops::REDEMPTION_TRIAL, of(ask)).await?;
            same(told, "amount", |t: &RedemptionTrial| ask.amount.is_none_or(|a| a == t.amount))
        })
    }
}
