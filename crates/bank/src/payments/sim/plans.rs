//! Those who look after what is planned, as little machines beside the workers: one sees a row due, reads it, asks the core about its
//! hold, and runs it, with whatever happens in between. The units are those of `orders` and `holds`.

use super::wire::{Back, Line, Party, Said};
use super::worker::CALL_MS;
use super::world::{Event, Go, World, Wrote, broken};
use crate::payments::draft::{Payer, Ready};
use crate::payments::due::Came;
use crate::payments::holds::{self, Stand};
use crate::payments::intent::Intent;
use crate::payments::orders::{self, OrderId};
use corebank::money::{Arrival, Payee, Quote, Rail};
use corebank::{Cause, CoreError, Ctx, Day, UnknownCause};
use db::params;

#[derive(Debug, Default)]
pub(super) enum Stage {
    #[default]
    Idle,
    /// An order, or a hold, was seen due.
    SeenOrder(OrderId),
    SeenHold(OrderId),
    /// An order was read, and what it comes to is known.
    Read(Box<orders::Kept>, Box<Came>),
    /// The call of a hold is committed; no byte has left. Behind it the order that waits for it.
    Picked(Box<holds::Picked>, Waits),
    Sent(Box<holds::Picked>, Waits, u64),
    Answered(Box<holds::Picked>, Waits, holds::Heard),
}

/// An order that was read, and goes on when its hold has been asked after.
type Waits = Option<Box<orders::Kept>>;

/// Where one dies, by name.
pub(super) const DEATHS: [&str; 5] = [
    "dead after an order was seen due",
    "dead after an order was read, before it was run",
    "dead after a hold's call was committed, before its first byte",
    "dead after a hold was asked about, before the answer",
    "dead with the answer about a hold in hand",
];

impl Stage {
    const fn death(&self) -> Option<&'static str> {
        match self {
            Self::Idle => None,
            Self::SeenOrder(_) | Self::SeenHold(_) => Some(DEATHS[0]),
            Self::Read(..) => Some(DEATHS[1]),
            Self::Picked(..) => Some(DEATHS[2]),
            Self::Sent(..) => Some(DEATHS[3]),
            Self::Answered(..) => Some(DEATHS[4]),
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct Planner {
    /// Counts its moves, so that what was planned before one is void after it.
    turn: u64,
    stage: Stage,
}

impl Planner {
    /// It hears nothing any more.
    pub(super) fn go_home(&mut self) {
        self.stage = Stage::Idle;
    }
}

impl World {
    /// Something is new: whoever is idle looks soon.
    pub(super) fn nudge(&mut self, i: usize) {
        if matches!(self.planners[i].stage, Stage::Idle) {
            self.wake_planner(i, 500);
        }
    }

    pub(super) fn wake_planner(&mut self, i: usize, within_ms: u64) {
        self.planners[i].turn += 1;
        let turn = self.planners[i].turn;
        self.soon(within_ms, Event::Planner(i, turn));
    }

    /// Its next move comes at once, or after it has stood still for far too long.
    fn go_on_planning(&mut self, i: usize, stage: Stage) {
        self.planners[i].stage = stage;
        if self.chance(self.faults.pause * 4) {
            self.tell(&format!("o{i} stands still"));
            self.wake_planner(i, 300_000);
        } else {
            self.wake_planner(i, 30);
        }
    }

    pub(super) async fn planner(&mut self, i: usize, turn: u64) -> Go {
        if self.planners[i].turn != turn {
            return Ok(());
        }
        // They move seldom: each place is to be met all the same.
        if self.chance(self.faults.crash * 5)
            && let Some(death) = self.planners[i].stage.death()
        {
            self.tell(&format!("o{i} dies"));
            self.met(death);
            self.planners[i].stage = Stage::Idle;
            self.wake_planner(i, 30_000);
            return Ok(());
        }
        match std::mem::take(&mut self.planners[i].stage) {
            Stage::Idle => self.look_for_plans(i).await,
            Stage::SeenOrder(id) => self.read_order(i, id).await,
            Stage::SeenHold(id) => self.pick_hold(i, id, None).await,
            Stage::Read(row, came) => self.run_order(i, &row, &came).await,
            Stage::Picked(picked, waits) => self.send_hold(i, picked, waits).await,
            Stage::Sent(picked, waits, _) => {
                let silence = Back::None(CoreError::Unknown(UnknownCause::Timeout));
                self.hold_heard(i, picked, waits, silence).await
            }
            Stage::Answered(picked, waits, heard) => {
                self.record_hold(i, *picked, waits, heard).await
            }
        }
    }

    async fn look_for_plans(&mut self, i: usize) -> Go {
        let mine = self.tenant;
        let unit = move |tx: &db::Tx<'_>| {
            let due = |sql: &'static str| -> base::Result<Vec<OrderId>> {
                let all: Vec<(base::TenantId, OrderId)> = tx.all(sql, params![tx.now(), 64_i64])?;
                Ok(all.into_iter().filter(|(t, _)| *t == mine).map(|(_, id)| id).collect())
            };
            let orders = due(orders::PLANS.due)?.into_iter().map(Stage::SeenOrder);
            let holds = due(holds::PLANS.due)?.into_iter().map(Stage::SeenHold);
            Ok(orders.chain(holds).collect())
        };
        let mut seen: Vec<Stage> = self.db.glance(db::Scope::House, unit).await?;
        if seen.is_empty() {
            return self.rest_planning(i).await;
        }
        let nth = usize::try_from(self.random.below(seen.len() as u64)).unwrap_or(0);
        let stage = seen.swap_remove(nth);
        self.go_on_planning(i, stage);
        Ok(())
    }

    /// Nothing is due: it looks again when something is, or in a minute.
    async fn rest_planning(&mut self, i: usize) -> Go {
        let unit = |tx: &db::Tx<'_>| {
            let next: [Option<base::Time>; 2] = [
                tx.one(
                    "SELECT MIN(next_at_ms) FROM payment_order WHERE tenant_id = $1",
                    params![tx.tenant()],
                )?,
                tx.one(
                    "SELECT MIN(next_at_ms) FROM payment_hold WHERE tenant_id = $1",
                    params![tx.tenant()],
                )?,
            ];
            Ok(next.into_iter().flatten().min())
        };
        let next = self.read(unit).await?;
        let now = self.db.clock().now();
        let wait = next.map_or(60_000, |at| at.since(now).clamp(0, 60_000));
        self.wake_planner(i, u64::try_from(wait).unwrap_or(0) + 500);
        Ok(())
    }

    async fn read_order(&mut self, i: usize, id: OrderId) -> Go {
        let unit = move |tx: &db::Tx<'_>| Ok((orders::due(tx, id)?, holds::of_order(tx, id)?));
        let (Some(row), hold) = self.read(unit).await? else {
            self.met("orders that another had run");
            self.wake_planner(i, 100);
            return Ok(());
        };
        self.tell(&format!("o{i} reads {}", self.order_name(id)));
        match hold {
            Some(hold) if hold.stand.is_unsure() => {
                self.pick_hold(i, id, Some(Box::new(row))).await
            }
            _ => self.come_due(i, Box::new(row), false).await,
        }
    }

    /// What the order comes to, by its core today.
    async fn come_due(&mut self, i: usize, row: Box<orders::Kept>, is_unsure: bool) -> Go {
        let (intent, _) = row.open(&self.keys)?;
        let today = Day::at(self.db.clock().now());
        let came = match self.random.below(15) {
            _ if row.due()? < today => Came::No("missed"),
            _ if is_unsure => Came::Later,
            0 => Came::Later,
            1 => Came::No("balance.short"),
            _ => {
                let Some(payer) = self.payer_of(&row) else {
                    return broken("SIM", "an order of nobody");
                };
                let ready = Box::new(ready(&payer, &intent));
                Came::Ready(payer, ready)
            }
        };
        self.go_on_planning(i, Stage::Read(row, Box::new(came)));
        Ok(())
    }

    fn payer_of(&self, row: &orders::Kept) -> Option<Payer> {
        self.phones.iter().map(|p| &p.payer).find(|p| p.follower == row.follower).cloned()
    }

    async fn run_order(&mut self, i: usize, row: &orders::Kept, came: &Came) -> Go {
        let id = row.id;
        if matches!(came, Came::Later) {
            let unit = move |tx: &db::Tx<'_>| orders::PLANS.leave(tx, id, orders::RETRY_MS);
            self.write(unit).await?;
            self.tell(&format!("o{i} puts {} off", self.order_name(id)));
            self.look_at_order(id).await?;
            self.wake_planner(i, 100);
            return Ok(());
        }
        let (keys, rules, read, comes) = (self.keys.clone(), self.rules, row.clone(), came.clone());
        let (intent, when) = row.open(&keys)?;
        let unit =
            move |tx: &db::Tx<'_>| orders::run(tx, &keys, &rules, &read, (&intent, when), &comes);
        let told = self.write(unit).await?;
        let said = match &told {
            Wrote::Told(Some(_)) => "makes a payment of",
            Wrote::Told(None) => "makes nothing of",
            Wrote::Untold => "does not know what it made of",
        };
        self.tell(&format!("o{i} {said} {}", self.order_name(id)));
        self.look_at_order(id).await?;
        self.bell();
        self.wake_planner(i, 100);
        Ok(())
    }

    async fn pick_hold(&mut self, i: usize, id: OrderId, waits: Waits) -> Go {
        let (keys, can) = (self.keys.clone(), self.can.holds);
        let told = self.write(move |tx| holds::pick(tx, &keys, can, id)).await?;
        self.look_at_order(id).await?;
        if let Wrote::Told(Some(picked)) = told {
            self.tell(&format!("o{i} picks the hold of {}", self.order_name(id)));
            self.go_on_planning(i, Stage::Picked(Box::new(picked), waits));
            return Ok(());
        }
        match waits {
            Some(row) => self.after_hold(i, row).await,
            None => {
                self.wake_planner(i, 100);
                Ok(())
            }
        }
    }

    /// The order goes on by what is known of its hold now.
    async fn after_hold(&mut self, i: usize, row: Box<orders::Kept>) -> Go {
        let id = row.id;
        let hold = self.read(move |tx| holds::of_order(tx, id)).await?;
        let is_unsure = hold.is_some_and(|h| h.stand.is_unsure());
        self.come_due(i, row, is_unsure).await
    }

    /// What `holds` would say, or makes of `back`.
    async fn speak_of_hold(
        &self,
        picked: &holds::Picked,
        back: Back,
    ) -> (holds::Heard, Option<Said>) {
        let line = Line::with(back);
        let mut ctx = Ctx::new(self.tenant, self.now.plus_ms(CALL_MS), "sim");
        let heard = holds::speak(&line, &mut ctx, picked).await;
        (heard, line.said())
    }

    async fn send_hold(&mut self, i: usize, picked: Box<holds::Picked>, waits: Waits) -> Go {
        let nothing = Back::None(CoreError::Unknown(UnknownCause::Cancelled));
        let (_, said) = self.speak_of_hold(&picked, nothing).await;
        let Some(said) = said else { return broken("SIM", "nothing was said of a hold") };
        self.may_say_of_hold(&picked, &said).await?;
        let Some(call) = self.post(Party::Planner(i), said) else {
            let refused = Back::None(CoreError::NotSent(Cause::ConnectionRefused));
            return self.hold_heard(i, picked, waits, refused).await;
        };
        self.planners[i].stage = Stage::Sent(picked, waits, call);
        self.planners[i].turn += 1;
        let turn = self.planners[i].turn;
        self.agenda.add(self.now.plus_ms(CALL_MS), self.random.u64(), Event::Planner(i, turn));
        Ok(())
    }

    pub(super) async fn hold_answered(&mut self, i: usize, call: u64, back: Back) -> Go {
        match std::mem::take(&mut self.planners[i].stage) {
            Stage::Sent(picked, waits, mine) if mine == call => {
                self.hold_heard(i, picked, waits, back).await
            }
            other => {
                self.planners[i].stage = other;
                Ok(())
            }
        }
    }

    async fn hold_heard(
        &mut self,
        i: usize,
        picked: Box<holds::Picked>,
        waits: Waits,
        back: Back,
    ) -> Go {
        let (heard, _) = self.speak_of_hold(&picked, back).await;
        self.go_on_planning(i, Stage::Answered(picked, waits, heard));
        Ok(())
    }

    async fn record_hold(
        &mut self,
        i: usize,
        picked: holds::Picked,
        waits: Waits,
        heard: holds::Heard,
    ) -> Go {
        let id = picked.row.id;
        if heard.0 == holds::Event::Held {
            self.met("money set aside");
        }
        self.write(move |tx| holds::apply(tx, &picked, heard)).await?;
        self.tell(&format!("o{i} hears of the hold of {}: {heard:?}", self.order_name(id)));
        self.look_at_order(id).await?;
        match waits {
            Some(row) => self.after_hold(i, row).await,
            None => {
                self.wake_planner(i, 100);
                Ok(())
            }
        }
    }

    /// Before a byte of a hold leaves: its call is committed (I14), and the same as ever (I15).
    async fn may_say_of_hold(&mut self, picked: &holds::Picked, said: &Said) -> Go {
        let name = self.order_name(picked.row.id);
        let kind = if picked.row.stand == Stand::Asked { "H" } else { "V" };
        let (draft, epoch) = picked.call();
        let unit = move |tx: &db::Tx<'_>| {
            tx.opt::<(String, String)>(
                "SELECT request_id, kind FROM core_call WHERE tenant_id = $1 AND payment_id = $2 AND epoch = $3",
                params![tx.tenant(), draft, epoch],
            )
        };
        let kept = self.read(unit).await?;
        if kept != Some((said.id().to_owned(), kind.to_owned())) {
            let what = format!("the hold of {name} is asked for, and no call is kept: {kept:?}");
            return broken("I14", what);
        }
        let before = self.said.entry(said.id().to_owned()).or_insert_with(|| said.clone());
        if before != said {
            return broken("I15", format!("the hold of {name}: {before:?}, then {said:?}"));
        }
        Ok(())
    }
}

/// What the core would quote for an order today: the fee that was shown.
fn ready(by: &Payer, order: &Intent) -> Ready {
    let rail = match &order.to.payee {
        Payee::Elsewhere { .. } => Rail::Ibps,
        _ => Rail::Book,
    };
    let quote = Quote { fee: order.fee, rail, arrival: Arrival::AtOnce, available: order.amount };
    Ready {
        from: by.bound.accounts[0].clone(),
        to: order.to.clone(),
        amount: order.amount,
        purpose: String::new(),
        quote,
        product: order.product,
        home: None,
        when: None,
        is_careful: false,
    }
}
