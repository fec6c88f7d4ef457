//! Events through the contract. A list that leaves a number out is no list.

use super::{HttpCore, same};
use crate::ops;
use crate::wire::feed::EventsAsk;
use corebank::feed::{Event, Feed};
use corebank::{Answer, Ctx};

impl Feed for HttpCore {
    fn events<'a>(&'a self, ctx: &'a Ctx, after: i64, limit: usize) -> Answer<'a, Vec<Event>> {
        Box::pin(async move {
            let ask = EventsAsk { after, limit: u32::try_from(limit).unwrap_or(u32::MAX) };
            let told = self.link.ask(ctx, ops::EVENTS, ask).await?;
            let numbers = |all: &Vec<Event>| {
                all.len() <= limit && all.iter().zip(after + 1..).all(|(e, seq)| e.seq == seq)
            };
            same(told, "seq", numbers)
        })
    }
}
