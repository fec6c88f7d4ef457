//! Events through the weather, like every question.

use super::Flaky;
use crate::error::{CoreError, Reject};
use crate::feed::{Event, Feed};
use crate::port::{Answer, CoreBank, Ctx};

impl<C: CoreBank> Feed for Flaky<C> {
    fn events<'a>(&'a self, ctx: &'a Ctx, after: i64, limit: usize) -> Answer<'a, Vec<Event>> {
        self.through(ctx, move || match self.inner.feed() {
            Some(feed) => feed.events(ctx, after, limit),
            None => Box::pin(async { Err(CoreError::from(Reject::Unsupported)) }),
        })
    }
}
