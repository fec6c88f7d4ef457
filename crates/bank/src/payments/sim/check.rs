//! What must always hold, as sentences with their numbers (core.md §9); looked at after each step that could break them.

use super::core::Leg;
use super::customer::customer_no;
use super::wire::Said;
use super::world::{Event, Go, Model, World, broken};
use crate::payments::engine::{Picked, request_id};
use crate::payments::state::{BUDGET_MS, State, WAYS};
use crate::payments::{PaymentId, draft, store};
use corebank::Day;
use db::{Tx, params};

/// (number, from, to, epoch) of a step.
type Row = (i64, i64, i64, i64);

impl World {
    /// Looks at what has become of a payment since it was last looked at, and of the order it was made of.
    pub(super) async fn look(&mut self, id: PaymentId) -> Go {
        self.look_at_payment(id).await?;
        match self.payments.get(&id).and_then(|m| m.order) {
            Some(order) => self.look_at_order(order).await,
            None => Ok(()),
        }
    }

    pub(super) async fn look_at_payment(&mut self, id: PaymentId) -> Go {
        let Some(known) = self.payments.get(&id).cloned() else { return Ok(()) };
        let unit = move |tx: &Tx<'_>| {
            let events: Vec<Row> = tx.all(
                "SELECT seq, from_state, to_state, epoch FROM payment_event \
                 WHERE tenant_id = $1 AND payment_id = $2 AND seq > $3 ORDER BY seq",
                params![tx.tenant(), id, known.seq],
            )?;
            Ok((store::by_id(tx, id)?, events))
        };
        let (row, events) = self.read(unit).await?;
        let name = self.name(id);
        let Some(row) = row else { return broken("I18", format!("{name} is gone")) };
        let mut m = known;
        for (seq, from, to, epoch) in events {
            let way = State::of(from).zip(State::of(to));
            let Some(way) = way.filter(|w| w.0 == m.state && WAYS.contains(w)) else {
                return broken("I13", format!("{name} went from {from} to {to} at {seq}"));
            };
            if epoch < m.epoch {
                return broken("I16", format!("{name} was moved at {seq} by an epoch before"));
            }
            m.was_unknown |= way.1 == State::Unknown;
            (m.seq, m.epoch, m.state) = (seq, epoch, way.1);
            self.tally.ways.insert(way);
            let is_done = matches!(way.1, State::Succeeded | State::Accepted);
            if is_done && self.chance(self.faults.leg_fails) {
                self.soon(120_000, Event::LegFails(id));
            }
        }
        if row.state != m.state {
            return broken("I13", format!("{name} is {:?} by no step", row.state));
        }
        if row.hash != m.hash {
            return broken("I17", format!("{name} is not what was shown"));
        }
        m.epoch = row.epoch;
        m.since = row.since;
        m.is_held = !row.hold.is_empty();
        self.payments.insert(id, m.clone());
        self.check_end(&name, &m)
    }

    /// What a payment is called and what the core has done fit.
    fn check_end(&self, name: &str, m: &Model) -> Go {
        let id = m.request_id();
        let posting = self.core.posting(&id);
        let leg = posting.map(|p| p.leg);
        match m.state {
            State::Failed | State::Ended if posting.is_some_and(|p| p.leg != Leg::Reversed) => {
                broken("I5", format!("{name} is {:?}, and the core has booked it", m.state))
            }
            State::Succeeded | State::Accepted => {
                let Some(p) = posting else {
                    return broken("I6", format!("{name} is {:?} and not booked", m.state));
                };
                let is_back = m.state == State::Succeeded
                    && !matches!(p.leg, Leg::Done | Leg::Confirmed)
                    || p.leg == Leg::Reversed;
                if is_back || p.moved != m.amount || p.payment.amount != m.amount {
                    return broken("I6", format!("{name} is {:?}, booked as {p:?}", m.state));
                }
                Ok(())
            }
            State::Reversed if leg != Some(Leg::Reversed) && !self.core.is_dead(&id) => {
                broken("I7", format!("{name} is reversed, and the core has {leg:?}"))
            }
            State::Returned if leg != Some(Leg::Returned) => {
                broken("I7", format!("{name} is returned, and the core has {leg:?}"))
            }
            _ => Ok(()),
        }
    }

    /// The core has just booked something.
    pub(super) async fn posted(&mut self, id: &str) -> Go {
        let Some(posting) = self.core.posting(id) else { return Ok(()) };
        if posting.leg == Leg::Pending {
            // Some banks answer before ours is heard again: what nobody knows yet is back already.
            let is_quick = self.payments.len() % 3 == 1;
            self.soon(if is_quick { 2_000 } else { 1_500_000 }, Event::Rail(id.to_owned()));
        }
        if self.core.posted.get(id).is_some_and(|times| *times > 1) {
            return broken("I4", format!("{} was booked twice", self.short(id)));
        }
        let of = self.payments.iter().find(|(_, m)| m.request_id() == id);
        let Some((payment, _)) = of.map(|(p, m)| (*p, m.n)) else {
            return broken("I15", format!("{id} was booked for nothing we know"));
        };
        self.look(payment).await
    }

    /// Before a byte leaves: the call is committed (I14), proved (I22), and the same as ever (I15).
    pub(super) async fn may_say(&mut self, picked: &Picked, said: &Said) -> Go {
        let id = picked.row.id;
        let name = self.name(id);
        let kind = match said {
            Said::Query(_) | Said::Hold(..) | Said::Void(..) => return Ok(()),
            Said::Pay(..) => "P",
            Said::Commit(..) => "C",
            Said::Reverse(..) => "R",
        };
        let epoch = picked.row.epoch;
        let unit = move |tx: &Tx<'_>| {
            tx.opt::<(String, String)>(
                "SELECT request_id, kind FROM core_call WHERE tenant_id = $1 AND payment_id = $2 AND epoch = $3",
                params![tx.tenant(), id, epoch],
            )
        };
        let kept = self.read(unit).await?;
        if kept != Some((said.id().to_owned(), kind.to_owned())) {
            return broken("I14", format!("{name} is sent, and no call of it is kept: {kept:?}"));
        }
        let Some(m) = self.payments.get(&id).filter(|m| m.is_proved) else {
            return broken("I22", format!("{name} is sent, and was never let go"));
        };
        if said.id() != request_id(&m.serial, kind) {
            return broken("I15", format!("{name} is sent under another id"));
        }
        let before = self.said.entry(said.id().to_owned()).or_insert_with(|| said.clone());
        if before != said {
            let what = format!("{name} is sent again as something else: {before:?}, {said:?}");
            return broken("I15", what);
        }
        Ok(())
    }

    /// The limit's account is what stands in the rows (I20), and never above the limit (I21).
    pub(super) async fn check_limits(&mut self, customer: usize, day: Day) -> Go {
        let (keys, no) = (self.keys.clone(), customer_no(customer));
        let (used, _) = self.read(move |tx| store::used_on(tx, &keys, &no, day)).await?;
        let ours = self.used(customer, day);
        if used.fen() != ours {
            return broken("I20", format!("customer {customer} has used {used}, and it is {ours}"));
        }
        if used.fen() > self.rules.day_max_fen {
            return broken("I21", format!("customer {customer} has used {used}, above the limit"));
        }
        Ok(())
    }

    /// No equal one was on its way when this one was let go, in the minutes before.
    pub(super) async fn check_equal(&mut self, id: PaymentId) -> Go {
        if !self.payments.contains_key(&id) {
            return Ok(());
        }
        let keys = self.keys.clone();
        let unit = move |tx: &Tx<'_>| {
            let Some(row) = store::by_id(tx, id)? else { return Ok(None) };
            let intent = row.intent(&keys)?;
            let since = tx.now().plus_ms(-draft::AGAIN_MS);
            store::equal(tx, &keys, &intent, since, Some(id))
        };
        match self.read(unit).await? {
            Some((serial, state)) if state.is_under_way() => {
                let other = self.short(&serial);
                broken("AGAIN", format!("{} was let go beside {other}", self.name(id)))
            }
            _ => Ok(()),
        }
    }

    /// Payments whose outcome we do not know, and a core that is asked would tell.
    pub(super) fn unknown_to_us_alone(&self) -> Vec<PaymentId> {
        let is_told = |m: &Model| self.core.posting(&m.request_id()).is_some();
        let mine = self.payments.iter().filter(|(_, m)| m.state == State::Unknown && is_told(m));
        if self.can.query_by_request_id { mine.map(|(id, _)| *id).collect() } else { vec![] }
    }

    /// A minute after the core is back it has been asked about each of them.
    pub(super) fn check_known(&self, of: &[PaymentId]) -> Go {
        match of.iter().find(|id| self.payments.get(*id).is_some_and(|m| m.state == State::Unknown))
        {
            Some(id) => {
                broken("BACK", format!("{} is still unknown, a minute after", self.name(*id)))
            }
            None => Ok(()),
        }
    }

    /// Everything at once, when nothing is under way any more.
    pub(super) async fn check_all(&mut self) -> Go {
        let ids: Vec<PaymentId> = self.payments.keys().copied().collect();
        for id in ids {
            self.look(id).await?;
            let name = self.name(id);
            let Some(m) = self.payments.get(&id) else { continue };
            if m.is_acked && matches!(m.state, State::Draft | State::Challenged) {
                return broken("I18", format!("{name} was paid, and is {:?}", m.state));
            }
            let age = self.db.clock().now().since(m.since);
            if m.state == State::Unknown && age > BUDGET_MS + 20 * 60_000 {
                return broken("I19", format!("{name} is unknown for {age} ms"));
            }
        }
        let days: std::collections::BTreeSet<(usize, Day)> = self
            .payments
            .values()
            .filter_map(|m| Some((self.phones[m.phone].customer, m.counted_on?)))
            .collect();
        for (customer, day) in days {
            self.check_limits(customer, day).await?;
        }
        Ok(())
    }
}
