//! The look within the day (T+0): what has ended is asked after once more, and nothing may stand otherwise at the core.
//!
//! The question, what is made of its answer and what contradicts are the product's own. Nothing is drawn here, so that a story is the
//! same with it and without.

use super::core::Quirk;
use super::world::{Event, Go, World, broken};
use crate::payments::{PaymentId, engine, look, store};
use crate::recon::today;
use corebank::Day;
use corebank::money::Query;
use db::Tx;

const EVERY_MS: i64 = 5 * 60_000;
/// More than a story has payments.
const MOST: i64 = 1_000;

impl World {
    pub(super) fn look_later(&mut self) {
        self.agenda.add(self.now.plus_ms(EVERY_MS), 0, Event::Look);
    }

    /// A round over what has ended since the last one. Cores that cannot be asked are not.
    pub(super) async fn look_back(&mut self) -> Go {
        self.look_later();
        let until = self.db.clock().now().plus_ms(-today::AFTER_MS);
        let is_heard = self.can.query_by_request_id && self.core_back_at <= self.now;
        if !is_heard || until <= self.looked_until {
            return Ok(());
        }
        let span = (self.looked_until, until);
        for (id, _) in self.read(move |tx| look::ended(tx, span, MOST)).await? {
            self.look_back_at(id).await?;
        }
        self.looked_until = until;
        Ok(())
    }

    async fn look_back_at(&mut self, id: PaymentId) -> Go {
        let keys = self.keys.clone();
        let unit = move |tx: &Tx<'_>| {
            let row = store::by_id(tx, id)?.ok_or(crate::payments::NO_PAYMENT)?;
            let (intent, paid) = (row.intent(&keys)?, row.result(&keys)?);
            Ok((row, intent, paid))
        };
        let (row, intent, paid) = self.read(unit).await?;
        let Some(channel_date) = Day::of_number(row.channel_date) else { return Ok(()) };
        let ask = Query { request_id: row.request_id(), channel_date, fence: false };
        let payment = intent.payment(row.valid_until.unwrap_or(row.since));
        let fate = self.core.query(&ask, Quirk::None);
        let heard = engine::of_query(Ok(fate), &ask.request_id, &payment);
        let word = look::word_of(&heard, paid.as_ref());
        self.met("looks at what has ended");
        match today::judge(row.state, word) {
            None => Ok(()),
            Some(_) => {
                let what =
                    format!("{} is {:?}, and the core says {word:?}", self.name(id), row.state);
                broken("T0", what)
            }
        }
    }
}
