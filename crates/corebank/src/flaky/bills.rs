//! Billers through the weather, like every question.

use super::Flaky;
use crate::bills::{BillAsk, BillDue, BillKind, Biller, Bills};
use crate::error::{CoreError, Reject};
use crate::levy::{Levy, LevyAsk};
use crate::port::{Answer, CoreBank, Ctx};

impl<C: CoreBank> Bills for Flaky<C> {
    fn billers<'a>(&'a self, ctx: &'a Ctx, kind: BillKind) -> Answer<'a, Vec<Biller>> {
        self.through(ctx, move || match self.inner.bill_desk() {
            Some(desk) => desk.billers(ctx, kind),
            None => Box::pin(async { Err(CoreError::from(Reject::Unsupported)) }),
        })
    }
    fn bill<'a>(&'a self, ctx: &'a Ctx, ask: &'a BillAsk) -> Answer<'a, BillDue> {
        self.through(ctx, move || match self.inner.bill_desk() {
            Some(desk) => desk.bill(ctx, ask),
            None => Box::pin(async { Err(CoreError::from(Reject::Unsupported)) }),
        })
    }
    fn levy<'a>(&'a self, ctx: &'a Ctx, ask: &'a LevyAsk) -> Answer<'a, Levy> {
        self.through(ctx, move || match self.inner.bill_desk() {
            Some(desk) => desk.levy(ctx, ask),
            None => Box::pin(async { Err(CoreError::from(Reject::Unsupported)) }),
        })
    }
}
