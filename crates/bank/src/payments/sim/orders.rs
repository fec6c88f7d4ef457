//! Orders of customers (定时转账) in a story: what the harness knows of each by itself, what must hold of it, and customers who
//! change their minds while it comes due.

use super::world::{Event, Go, World, Wrote, broken};
use crate::payments::holds::{self, Stand};
use crate::payments::intent::Intent;
use crate::payments::orders::{self, OrderId};
use crate::payments::when::{End, Rule, When};
use crate::payments::{PaymentId, standing, store};
use base::{Error, Result, Time};
use corebank::Day;
use db::{Scope, Tx, params};

/// What the harness knows of an order by itself.
#[derive(Debug, Clone)]
pub(super) struct Ordered {
    n: usize,
    phone: usize,
    intent: Intent,
    when: When,
    pub(super) state: String,
    pub(super) next_at: Option<Time>,
    /// Due days that have come.
    runs: Vec<Day>,
    /// The day that comes next, as the rule has it; none where pauses left out days.
    expected: Option<Day>,
    hold: Option<(String, Stand)>,
}

impl Ordered {
    /// Somebody has to do something, now.
    pub(super) fn is_due(&self, now: Time) -> bool {
        let is_unsure = self.hold.as_ref().is_some_and(|(_, stand)| stand.is_unsure());
        // One that was put off is due all the same.
        let day = self.expected.map(|day| self.when.at(day));
        let has_come = self.next_at.into_iter().chain(day).any(|at| at <= now);
        is_unsure || self.state == "live" && has_come
    }
    pub(super) fn name(&self) -> String {
        format!("order {}", self.n)
    }
}

/// An order's row, its hold and its runs, as a unit sees them.
type Seen = (orders::Kept, Option<Time>, Option<holds::Kept>, Vec<(i64, Option<PaymentId>)>);

fn seen(tx: &Tx<'_>, id: OrderId) -> Result<Option<Seen>> {
    let Some(row) = orders::by_id(tx, id)? else { return Ok(None) };
    let next_at = tx.one(
        "SELECT next_at_ms FROM payment_order WHERE tenant_id = $1 AND id = $2",
        params![tx.tenant(), id],
    )?;
    let runs = tx.all(
        "SELECT due_day, payment_id FROM payment_order_run WHERE tenant_id = $1 AND order_id = $2 ORDER BY due_day",
        params![tx.tenant(), id],
    )?;
    Ok(Some((row, next_at, holds::of_order(tx, id)?, runs)))
}

impl World {
    pub(super) fn order_name(&self, id: OrderId) -> String {
        self.orders.get(&id).map_or_else(|| "order ?".to_owned(), Ordered::name)
    }

    /// In some minutes, tomorrow, or again and again.
    pub(super) fn wanted_when(&self) -> Option<When> {
        if self.planners.is_empty() || self.random.below(3) != 0 {
            return None;
        }
        let at = self.db.clock().now().plus_ms(60_000 + self.below(900_000));
        let (day, minute) = (Day::at(at), at.since(Day::at(at).start()) / 60_000);
        let rule = match self.random.below(6) {
            0 | 1 => Rule::On(day),
            2 => Rule::On(day.plus_days(1)),
            3 => Rule::Monthly(day.day()),
            _ => Rule::Weekly(day.weekday() + 1),
        };
        let times = 1 + self.below(3);
        let is_repeated = !matches!(rule, Rule::On(_));
        let end = (is_repeated && self.random.below(2) == 0).then_some(End::Times(times));
        Some(When { rule, minute, begins: None, end })
    }

    /// Whether a draft that has ended became an order; it is known from here on.
    pub(super) async fn meet_order(&mut self, phone: usize, draft: PaymentId) -> Go {
        let keys = self.keys.clone();
        let unit = move |tx: &Tx<'_>| {
            let id: Option<OrderId> = tx.opt(
                "SELECT id FROM payment_order WHERE tenant_id = $1 AND draft_id = $2",
                params![tx.tenant(), draft],
            )?;
            let Some(row) = id.map(|id| orders::by_id(tx, id)).transpose()?.flatten() else {
                return Ok(None);
            };
            let (intent, when) = row.open(&keys)?;
            Ok(Some((row.id, row.due()?, intent, when)))
        };
        let Some((id, first, intent, when)) = self.read(unit).await? else { return Ok(()) };
        if self.orders.contains_key(&id) {
            return Ok(());
        }
        let ordered = Ordered {
            n: self.orders.len() + 1,
            phone,
            intent,
            when,
            state: "live".to_owned(),
            next_at: Some(when.at(first)),
            runs: vec![],
            expected: Some(first),
            hold: None,
        };
        let name = ordered.name();
        self.orders.insert(id, ordered);
        self.met("orders");
        self.tell(&format!("{} is {name}, {}", self.name(draft), when.words()));
        self.look_at_order(id).await?;
        if self.random.below(3) == 0 {
            self.soon(1_200_000, Event::Mind(id));
        }
        for i in 0..self.planners.len() {
            self.nudge(i);
        }
        Ok(())
    }

    /// A customer changes their mind: the order is taken back, stopped for a while, or goes on.
    pub(super) async fn change_mind(&mut self, id: OrderId) -> Go {
        let Some(order) = self.orders.get(&id).cloned() else { return Ok(()) };
        let payer = self.phones[order.phone].payer.clone();
        let (keys, follower, customer) =
            (self.keys.clone(), payer.follower, payer.bound.customer.clone());
        let deed = match (order.state.as_str(), self.random.below(2)) {
            ("paused", 0) => "resumes",
            (_, 0) if order.when.is_repeated() => "pauses",
            _ => "takes back",
        };
        let unit = move |tx: &Tx<'_>| {
            let by = (follower, customer.as_str());
            match deed {
                "resumes" => standing::resume(tx, &keys, by, id).map(drop),
                "pauses" => standing::pause(tx, &keys, by, id).map(drop),
                _ => orders::cancel(tx, &keys, by, id).map(drop),
            }
        };
        let heard = match self.write(unit).await {
            Ok(Wrote::Told(())) => "",
            Ok(Wrote::Untold) => ", and is told nothing",
            Err(Error::Refused(no)) => no.code,
            Err(e) => return Err(e.into()),
        };
        self.tell(&format!("p{} {deed} {} {heard}", order.phone, order.name()));
        self.met("minds changed");
        self.look_at_order(id).await?;
        let is_undone = self.orders.get(&id).is_some_and(|o| o.state == "cancelled");
        if heard.is_empty() && deed == "takes back" && !is_undone {
            return broken("ORDER", format!("{} was taken back, and stands", order.name()));
        }
        if !is_undone && self.random.below(2) == 0 {
            self.soon(900_000, Event::Mind(id));
        }
        Ok(())
    }

    /// Looks at what has become of an order since it was last looked at, by one unit.
    pub(super) async fn look_at_order(&mut self, id: OrderId) -> Go {
        let Some(mut o) = self.orders.get(&id).cloned() else { return Ok(()) };
        let name = o.name();
        let Some((row, next_at, hold, runs)) = self.read(move |tx| seen(tx, id)).await? else {
            return broken("ORDER", format!("{name} is gone"));
        };
        let was_over = !matches!(o.state.as_str(), "live" | "paused");
        if was_over && row.state != o.state {
            return broken("ORDER", format!("{name} was {} and is {}", o.state, row.state));
        }
        let new = runs.get(o.runs.len()..).unwrap_or_default();
        if new.len() > 1 || !new.is_empty() && o.state != "live" {
            return broken("ORDER", format!("{name} was {} and came due: {new:?}", o.state));
        }
        if o.state == "paused" && row.state == "live" {
            o.expected = None;
        }
        let new = new.first().copied();
        (o.state, o.next_at) = (row.state.clone(), next_at);
        o.hold = hold.map(|h| (h.request_id, h.stand));
        if let Some((day, payment)) = new {
            self.came(&mut o, id, day, payment).await?;
        }
        self.orders.insert(id, o);
        Ok(())
    }

    /// A due day has come: the one that follows, not before its time, and one payment for it.
    async fn came(
        &mut self,
        o: &mut Ordered,
        id: OrderId,
        day: i64,
        payment: Option<PaymentId>,
    ) -> Go {
        let Some(day) = Day::of_number(day) else { return broken("ORDER", "no day") };
        let name = o.name();
        if o.when.at(day) > self.latest {
            return broken("DUE", format!("{name} came due on {day:?}, before its time"));
        }
        if o.expected.is_some_and(|expected| expected != day) {
            return broken("DUE", format!("{name} came due on {day:?}, not on {:?}", o.expected));
        }
        if o.runs.last().is_some_and(|last| *last >= day) {
            return broken("DUE", format!("{name} came due on {day:?} after {:?}", o.runs));
        }
        o.runs.push(day);
        let come = i64::try_from(o.runs.len()).unwrap_or(i64::MAX);
        o.expected = o.when.after(day, come);
        self.met("due days");
        let Some(payment) = payment else { return Ok(()) };
        self.met("payments by order");
        self.meet_ordered(o, id, payment).await
    }

    /// The payment that was made: for what was ordered, and proved by that.
    async fn meet_ordered(&mut self, o: &Ordered, id: OrderId, payment: PaymentId) -> Go {
        if self.payments.contains_key(&payment) {
            return broken("ORDER", format!("{} has {} twice", o.name(), self.name(payment)));
        }
        let keys = self.keys.clone();
        let unit = move |tx: &Tx<'_>| {
            let row = store::by_id(tx, payment)?.ok_or(crate::payments::NO_PAYMENT)?;
            Ok((row.intent(&keys)?, row.created_at))
        };
        let (intent, at) = self.read(unit).await?;
        let of = |i: &Intent| (i.amount, i.fee, i.payer.number.clone(), i.payee_key());
        if of(&intent) != of(&o.intent) || intent.order != Some(id.raw()) {
            return broken("I22", format!("{} pays what was not proved", o.name()));
        }
        self.meet(o.phone, payment, &intent, at);
        let today = Day::at(self.db.clock().now());
        if let Some(m) = self.payments.get_mut(&payment) {
            (m.is_proved, m.is_acked, m.order) = (true, true, Some(id));
            m.counted_on = (!m.is_own).then_some(today);
        }
        self.tell(&format!("{} is of {}", self.name(payment), o.name()));
        // The order is looked at by whoever called.
        self.look_at_payment(payment).await?;
        self.check_limits(self.phones[o.phone].customer, today).await
    }

    /// At the end: no day left out, nothing set aside that nobody will use.
    pub(super) async fn check_orders(&mut self) -> Go {
        let ids: Vec<OrderId> = self.orders.keys().copied().collect();
        for id in ids {
            self.look_at_order(id).await?;
            let Some(o) = self.orders.get(&id) else { continue };
            let now = self.db.clock().now();
            let has_come = |day: Day| o.when.at(day) <= now;
            if o.state == "live" && o.expected.is_some_and(has_come) {
                return broken("DUE", format!("{} did not come on {:?}", o.name(), o.expected));
            }
            let Some((request, stand)) = &o.hold else { continue };
            let is_held = self.core.is_held(request, self.now);
            let is_wanted = matches!(stand, Stand::Open | Stand::Carried);
            if is_held && !is_wanted {
                return broken("HELD", format!("{}: {stand:?}, and it is kept back", o.name()));
            }
            if *stand == Stand::Open && o.state != "live" {
                return broken("HELD", format!("{} is {}, its hold is open", o.name(), o.state));
            }
        }
        Ok(())
    }

    /// The story is over: what would come due some day does not stand in the way of the next story.
    pub(super) async fn forget_orders(&self) -> Result<()> {
        let unit = |tx: &Tx<'_>| {
            tx.exec(
                "UPDATE payment_order SET next_at_ms = NULL WHERE tenant_id = $1",
                params![tx.tenant()],
            )?;
            tx.exec(
                "UPDATE payment_hold SET next_at_ms = NULL WHERE tenant_id = $1",
                params![tx.tenant()],
            )
        };
        self.db.write(Scope::Tenant(self.tenant), unit).await.map(drop)
    }

    /// When the next order comes due, if that is later than now.
    pub(super) fn next_due(&self) -> Option<Time> {
        let live = self.orders.values().filter(|o| o.state == "live");
        live.filter_map(|o| o.next_at).min().filter(|at| *at > self.db.clock().now())
    }
}
