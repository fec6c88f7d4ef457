//! Billers and gifts of points through the contract.

use super::{HttpCore, of, same};
use crate::link::mismatch;
use crate::ops;
use crate::wire::gifts::{CodeAsk, KindAsk, OriginalAsk};
use corebank::bills::{BillAsk, BillDue, BillKind, Biller, Bills};
use corebank::gifts::{GiftFate, GiftQuery, GiftTally, Gifts, Given, PointGift, ProjectRef};
use corebank::levy::{Levy, LevyAsk, LevyOf};
use corebank::{Answer, Ctx};

impl Bills for HttpCore {
    fn billers<'a>(&'a self, ctx: &'a Ctx, kind: BillKind) -> Answer<'a, Vec<Biller>> {
        Box::pin(async move {
            let told = self.link.ask(ctx, ops::BILLERS, KindAsk { kind: of(&kind) }).await?;
            same(told, "kind", |all: &Vec<Biller>| all.iter().all(|b| b.kind == kind))
        })
    }
    fn bill<'a>(&'a self, ctx: &'a Ctx, ask: &'a BillAsk) -> Answer<'a, BillDue> {
        Box::pin(self.link.ask(ctx, ops::BILL, of(ask)))
    }
    fn levy<'a>(&'a self, ctx: &'a Ctx, ask: &'a LevyAsk) -> Answer<'a, Levy> {
        Box::pin(async move {
            let told: Levy = self.link.ask(ctx, ops::LEVY, of(ask)).await?;
            same(told, "number", |l: &Levy| match &ask.of {
                LevyOf::Number(number) => l.number == *number,
                LevyOf::Customer(_) => !l.number.is_empty(),
            })
        })
    }
}

impl Gifts for HttpCore {
    fn give_points<'a>(&'a self, ctx: &'a Ctx, gift: &'a PointGift) -> Answer<'a, Given> {
        Box::pin(async move {
            let given: Given = self.link.ask(ctx, ops::GIVE_POINTS, of(gift)).await?;
            match given.differs(gift) {
                None => Ok(given),
                Some(field) => Err(mismatch(field)),
            }
        })
    }
    fn gift<'a>(&'a self, ctx: &'a Ctx, ask: &'a GiftQuery) -> Answer<'a, GiftFate> {
        Box::pin(self.link.ask(ctx, ops::GIFT, of(ask)))
    }
    fn void_gift<'a>(&'a self, ctx: &'a Ctx, original: &'a str) -> Answer<'a, Given> {
        let ask = OriginalAsk { original: original.to_owned() };
        Box::pin(self.link.ask(ctx, ops::VOID_GIFT, ask))
    }
    fn open_project<'a>(&'a self, ctx: &'a Ctx, code: &'a str) -> Answer<'a, ()> {
        Box::pin(self.link.ask(ctx, ops::OPEN_PROJECT, CodeAsk { code: code.to_owned() }))
    }
    fn tally<'a>(&'a self, ctx: &'a Ctx, project: &'a ProjectRef) -> Answer<'a, GiftTally> {
        Box::pin(self.link.ask(ctx, ops::TALLY, of(project)))
    }
}
