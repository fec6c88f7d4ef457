//! The world of one seed: a clock, an agenda, a core, workers and customers over a real database, and who moves next.
//!
//! Nothing runs at the same time and nothing waits: the agenda's next event is taken, the clock set, one party moves one step,
//! what it changed is looked at. All choices come from the seed, so a seed is a whole story that can be told again.

use super::core::Core;
use super::customer::{Phone, Tap};
use super::faults::{self, COPY_MS, Faults, SLOW_MS};
use super::orders::Ordered;
use super::plans::Planner;
use super::wire::{Agenda, Back, Message, Party};
use super::worker::Worker;
use crate::payments::PaymentId;
use crate::payments::engine::request_id;
use crate::payments::orders::OrderId;
use crate::payments::rules::Rules;
use crate::payments::state::State;
use crate::vault::{TenantKeys, Vault};
use base::{Error, Random, Result, TenantId, Time};
use corebank::{Capabilities, Day};
use db::{Db, Scope, Tx};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// 2026-11-23 10:00 in China.
const MORNING: Time = crate::testing::START;
const MINUTE_MS: i64 = 60_000;
/// Everything has an end this long after all is well again.
pub(super) const LIVENESS_MS: i64 = 90 * MINUTE_MS;
/// What the core knows is known to us this long after it is back.
const BACK_MS: i64 = MINUTE_MS;

/// Why a story ends before its end.
#[derive(Debug)]
pub(super) enum Stop {
    /// A sentence that must hold does not.
    Broken { id: &'static str, what: String },
    /// A unit failed by itself: nothing of ours is so.
    Fault(Error),
}

impl From<Error> for Stop {
    fn from(e: Error) -> Self {
        Self::Fault(e)
    }
}

pub(super) type Go<T = ()> = std::result::Result<T, Stop>;

pub(super) fn broken<T>(id: &'static str, what: impl Into<String>) -> Go<T> {
    Err(Stop::Broken { id, what: what.into() })
}

/// What a caller learns of its unit.
#[derive(Debug)]
pub(super) enum Wrote<T> {
    Told(T),
    /// It failed, they are told; it may stand all the same.
    Untold,
}

#[derive(Debug, Clone)]
pub(super) enum Event {
    /// A worker moves; void when it has moved since.
    Worker(usize, u64),
    ToCore(Box<Message>),
    FromCore(Party, u64, Box<Back>),
    /// Somebody who looks after orders moves.
    Planner(usize, u64),
    /// A customer changes their mind about an order.
    Mind(OrderId),
    /// What the core has begun is done.
    Finish(String),
    /// The other bank answers.
    Rail(String),
    Wish(usize),
    Tap(usize),
    GiveUp(usize),
    /// What comes after a payment that was done fails for good.
    LegFails(PaymentId),
    /// People look at what is in doubt.
    People,
    Jump,
    Shut(bool),
    /// The core is away, and nobody knows for how long.
    Outage,
    /// What has ended is asked after once more.
    Look,
}

/// What the harness knows of a payment by itself.
#[derive(Debug, Clone)]
pub(super) struct Model {
    pub(super) n: usize,
    pub(super) phone: usize,
    pub(super) serial: String,
    pub(super) hash: Vec<u8>,
    pub(super) amount: base::Fen,
    pub(super) is_own: bool,
    /// To another bank: nothing leaves without a code.
    pub(super) is_elsewhere: bool,
    /// It is made out of a hold.
    pub(super) is_held: bool,
    /// What it was made of when that came due.
    pub(super) order: Option<OrderId>,
    pub(super) counted_on: Option<Day>,
    pub(super) state: State,
    pub(super) since: Time,
    /// Of the last event seen.
    pub(super) seq: i64,
    pub(super) epoch: i64,
    /// A customer was told that it is on its way.
    pub(super) is_acked: bool,
    /// It was let go by a unit that looked at everything.
    pub(super) is_proved: bool,
    pub(super) was_unknown: bool,
}

impl Model {
    /// What the core knows it by.
    pub(super) fn request_id(&self) -> String {
        request_id(&self.serial, if self.is_held { "C" } else { "P" })
    }
}

/// What many lives add up to.
#[derive(Debug, Default, Clone)]
pub(super) struct Tally {
    pub(super) seeds: u64,
    pub(super) steps: u64,
    pub(super) let_go: u64,
    pub(super) indefinite: u64,
    pub(super) ends: BTreeMap<&'static str, u64>,
    /// What the stories are about, and how often it came.
    pub(super) met: BTreeMap<&'static str, u64>,
    pub(super) ways: BTreeSet<(State, State)>,
}

impl Tally {
    pub(super) fn add(&mut self, other: Self) {
        self.seeds += other.seeds;
        self.steps += other.steps;
        self.let_go += other.let_go;
        self.indefinite += other.indefinite;
        for (end, n) in other.ends {
            *self.ends.entry(end).or_default() += n;
        }
        for (what, n) in other.met {
            *self.met.entry(what).or_default() += n;
        }
        self.ways.extend(other.ways);
    }
}

pub(super) struct World {
    pub(super) db: Db,
    pub(super) keys: Arc<TenantKeys>,
    pub(super) tenant: TenantId,
    pub(super) random: Random,
    pub(super) faults: Faults,
    pub(super) can: Capabilities,
    pub(super) rules: Rules,
    /// The true time, which is the core's.
    pub(super) now: Time,
    /// The latest the bank's own clock has shown.
    pub(super) latest: Time,
    pub(super) agenda: Agenda<Event>,
    pub(super) core: Core,
    pub(super) core_back_at: Time,
    pub(super) workers: Vec<Worker>,
    /// Nobody in stories without orders.
    pub(super) planners: Vec<Planner>,
    pub(super) orders: BTreeMap<OrderId, Ordered>,
    pub(super) phones: Vec<Phone>,
    pub(super) taps: Vec<Tap>,
    pub(super) payments: BTreeMap<PaymentId, Model>,
    pub(super) said: BTreeMap<String, super::wire::Said>,
    pub(super) calls: u64,
    /// What ended until then was asked after.
    pub(super) looked_until: Time,
    sum: i64,
    pub(super) trace: Vec<String>,
    pub(super) tally: Tally,
}

impl World {
    pub(super) async fn new(db: &Db, vault: &Vault, tenant: TenantId, seed: u64) -> Result<Self> {
        let random = Random::seeded(seed);
        // Some lives go over midnight, where limits begin anew and a reversal comes too late.
        let late = if random.below(4) == 0 { 13 * 60 + 30 } else { 0 };
        let now = MORNING.plus_ms(late * MINUTE_MS);
        db.clock().advance_ms(now.since(db.clock().now()));
        let mut world = Self {
            db: db.clone(),
            keys: vault.tenant(db, tenant).await?,
            tenant,
            faults: Faults::draw(&random),
            can: faults::can(&random),
            rules: faults::rules(&random),
            now,
            latest: now,
            agenda: Agenda::new(),
            core: Core::default(),
            core_back_at: now,
            workers: vec![],
            planners: vec![],
            orders: BTreeMap::new(),
            phones: vec![],
            taps: vec![],
            payments: BTreeMap::new(),
            said: BTreeMap::new(),
            calls: 0,
            looked_until: now,
            sum: 0,
            trace: vec![],
            tally: Tally { seeds: 1, ..Tally::default() },
            random,
        };
        world.populate().await?;
        world.sum = world.core.sum();
        let told = format!("{:?} {:?}", world.faults, world.rules);
        world.tell(&told);
        Ok(world)
    }

    async fn populate(&mut self) -> Result<()> {
        for _ in 0..2 + self.random.below(4) {
            self.workers.push(Worker::default());
            let first = self.workers.len() - 1;
            self.wake(first, 500);
        }
        if self.random.below(2) == 0 {
            for i in 0..1 + usize::try_from(self.random.below(3))? {
                self.planners.push(Planner::default());
                self.wake_planner(i, 500);
            }
        }
        self.add_phones().await?;
        for phone in 0..self.phones.len() {
            self.soon(20_000, Event::Wish(phone));
        }
        if self.random.below(4) == 0 {
            self.soon(900_000, Event::People);
        }
        for _ in 0..self.faults.jumps {
            self.soon(1_200_000, Event::Jump);
        }
        for _ in 0..self.faults.shuts {
            self.soon(900_000, Event::Shut(true));
        }
        for _ in 0..self.faults.outages {
            self.soon(900_000, Event::Outage);
        }
        self.look_later();
        Ok(())
    }

    /// The whole story; the first sentence that does not hold ends it.
    pub(super) async fn live(&mut self) -> Go {
        self.chapter().await?;
        for _ in 0..self.random.below(4) {
            if self.sleep_until_due() {
                self.chapter().await?;
            }
        }
        // Whatever still lies somewhere on the way comes now, long after everything has ended.
        self.agenda.keep(|e| matches!(e, Event::ToCore(_) | Event::Finish(_) | Event::Rail(_)));
        self.workers.iter_mut().for_each(Worker::go_home);
        self.planners.iter_mut().for_each(Planner::go_home);
        while self.step(Time::of_ms(i64::MAX)).await? {}
        self.check_all().await?;
        self.people_look().await?;
        (0..self.planners.len()).for_each(|i| self.nudge(i));
        self.settle().await?;
        self.check_all().await?;
        self.check_orders().await?;
        if self.core.sum() != self.sum {
            return broken("I2", "money has come from nowhere, or gone there");
        }
        self.count();
        Ok(())
    }

    /// Things go wrong for a while, then nothing does, until everything has an end.
    async fn chapter(&mut self) -> Go {
        let until = self.now.plus_ms(15 * MINUTE_MS + self.below(20 * 60_000));
        while self.step(until).await? {}
        self.heal();
        self.settle().await
    }

    /// Nothing fails any more, and everything comes to its end.
    async fn settle(&mut self) -> Go {
        let (healed, back_at) = (self.latest, self.db.clock().now());
        let mut known = self.unknown_to_us_alone();
        while !self.is_quiet() {
            self.step(Time::of_ms(i64::MAX)).await?;
            if self.db.clock().now().since(back_at) > BACK_MS {
                self.check_known(&std::mem::take(&mut known))?;
            }
            if self.db.clock().now().since(healed) > LIVENESS_MS {
                return broken("LIVE", format!("still open: {}", self.open().join(", ")));
            }
        }
        Ok(())
    }

    /// Nothing happens until shortly before the next order comes due; then all is as bad as ever. False when none does.
    fn sleep_until_due(&mut self) -> bool {
        let Some(due) = self.next_due() else { return false };
        let ms = due.since(self.db.clock().now()) - 1 - self.below(120_000);
        if ms > 0 {
            self.agenda.shift(ms);
            self.now = self.now.plus_ms(ms);
            self.db.clock().advance_ms(ms);
            self.latest = self.latest.max(self.db.clock().now());
        }
        self.tell("… later");
        self.faults = Faults::draw(&self.random);
        for phone in 0..self.phones.len() {
            self.soon(60_000, Event::Wish(phone));
        }
        let orders: Vec<_> = self.orders.keys().copied().collect();
        for id in orders {
            if self.random.below(4) == 0 {
                self.soon(300_000, Event::Mind(id));
            }
        }
        true
    }

    /// Takes the next event; false when there is none before `until`.
    async fn step(&mut self, until: Time) -> Go<bool> {
        let Some((at, event)) = self.agenda.take(until) else {
            return Ok(false);
        };
        let passed = at.since(self.now);
        self.now = at;
        self.db.clock().advance_ms(passed);
        self.latest = self.latest.max(self.db.clock().now());
        self.tally.steps += 1;
        match event {
            Event::Worker(i, turn) => self.worker(i, turn).await?,
            Event::ToCore(message) => self.at_core(*message).await?,
            Event::FromCore(to, call, back) => self.answered(to, call, *back).await?,
            Event::Planner(i, turn) => self.planner(i, turn).await?,
            Event::Mind(order) => self.change_mind(order).await?,
            Event::Finish(id) => {
                self.core.finish(&id, self.now);
                self.posted(&id).await?;
            }
            Event::Rail(id) => self.rail(&id),
            Event::Wish(phone) => self.wish(phone).await?,
            Event::Tap(tap) => self.tap(tap).await?,
            Event::GiveUp(phone) => self.give_up(phone).await?,
            Event::LegFails(id) => self.leg_fails(id).await?,
            Event::People => self.people_look().await?,
            Event::Jump => self.jump(),
            Event::Shut(is_shut) => self.shut(is_shut),
            Event::Look => self.look_back().await?,
            Event::Outage => {
                self.core_back_at = self.now.plus_ms(5 * MINUTE_MS + self.below(20 * 60_000));
                self.tell("the core is away");
                self.met("long outages");
            }
        }
        Ok(true)
    }

    fn rail(&mut self, id: &str) {
        let is_taken = self.random.below(5) != 0;
        if self.core.rail(id, is_taken) {
            self.tell(&format!(
                "the rail {} {}",
                if is_taken { "takes" } else { "returns" },
                self.short(id)
            ));
        }
    }

    fn jump(&mut self) {
        let ms = self.below(2 * 3_600_000) - 3_600_000;
        self.db.clock().advance_ms(ms);
        self.latest = self.latest.max(self.db.clock().now());
        self.met("clock jumps");
        self.tell(&format!("the bank's clock jumps by {} s", ms / 1000));
    }

    fn shut(&mut self, is_shut: bool) {
        self.core.is_shut = is_shut;
        self.tell(if is_shut { "the day is closed" } else { "the day is open" });
        if is_shut {
            self.soon(600_000, Event::Shut(false));
        }
    }

    /// From here on nothing fails any more. Clocks stay as they are.
    fn heal(&mut self) {
        self.tell("all is well again");
        self.faults = Faults::NONE;
        self.core.is_shut = false;
        self.core_back_at = self.now;
        let over = |e: &Event| {
            matches!(
                e,
                Event::Wish(_)
                    | Event::Mind(_)
                    | Event::Jump
                    | Event::Shut(_)
                    | Event::Outage
                    | Event::LegFails(_)
            )
        };
        self.agenda.keep(|e| !over(e));
        self.wake_all();
    }

    /// Nobody has anything to do any more.
    fn is_quiet(&self) -> bool {
        self.open().is_empty() && !self.agenda.any(|e| matches!(e, Event::Tap(_)))
    }
    fn open(&self) -> Vec<String> {
        let is_open = |m: &&Model| !m.state.is_over() && m.state != State::Manual;
        let payments = self.payments.values().filter(is_open);
        let now = self.db.clock().now();
        let orders = self.orders.values().filter(|o| o.is_due(now));
        payments
            .map(|m| format!("#{} {:?}", m.n, m.state))
            .chain(orders.map(Ordered::name))
            .collect()
    }

    fn count(&mut self) {
        for m in self.payments.values() {
            let end = match m.state {
                State::Succeeded => "succeeded",
                State::Failed => "failed",
                State::Ended => "ended",
                State::Reversed => "reversed",
                State::Returned => "returned",
                State::Manual => "manual",
                _ => "open",
            };
            *self.tally.ends.entry(end).or_default() += 1;
            self.tally.let_go += u64::from(m.is_proved);
            self.tally.indefinite += u64::from(m.was_unknown);
        }
    }

    /// Runs a unit as the product does; now and then its caller is told that it failed, and it has or has not.
    pub(super) async fn write<T: Send + 'static>(
        &mut self,
        unit: impl Fn(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<Wrote<T>> {
        let is_untold = self.chance(self.faults.commit_unknown);
        if is_untold {
            self.met("units nobody was told of");
        }
        if is_untold && self.random.below(3) == 0 {
            self.tell("… its unit is not committed");
            return Ok(Wrote::Untold);
        }
        let done = self.db.write(Scope::Tenant(self.tenant), unit).await?;
        if is_untold {
            self.tell("… its unit is committed, and nobody is told");
            return Ok(Wrote::Untold);
        }
        Ok(Wrote::Told(done))
    }

    /// As [`Self::write`] of a unit that finds nothing to do: the same is drawn, and the database is spared.
    pub(super) fn write_nothing(&mut self) {
        if self.chance(self.faults.commit_unknown) {
            self.met("units nobody was told of");
            let is_gone = self.random.below(3) == 0;
            self.tell(if is_gone {
                "… its unit is not committed"
            } else {
                "… its unit is committed, and nobody is told"
            });
        }
    }

    pub(super) async fn read<T: Send + 'static>(
        &self,
        unit: impl Fn(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.db.glance(Scope::Tenant(self.tenant), unit).await
    }

    pub(super) fn chance(&self, of_ten_thousand: u64) -> bool {
        of_ten_thousand > 0 && self.random.below(10_000) < of_ten_thousand
    }
    pub(super) fn below(&self, most: u64) -> i64 {
        i64::try_from(self.random.below(most)).unwrap_or(0)
    }
    /// At some moment within so many milliseconds.
    pub(super) fn soon(&mut self, within_ms: u64, event: Event) {
        let at = self.now.plus_ms(1 + self.below(within_ms));
        self.agenda.add(at, self.random.u64(), event);
    }
    /// How long a message is under way.
    pub(super) fn transit_ms(&self) -> u64 {
        if self.chance(self.faults.slow) { SLOW_MS } else { 200 }
    }
    pub(super) const fn copy_ms() -> u64 {
        COPY_MS
    }

    pub(super) fn met(&mut self, what: &'static str) {
        *self.tally.met.entry(what).or_default() += 1;
    }

    pub(super) fn tell(&mut self, what: &str) {
        let (true_ms, shown) = (self.now.since(MORNING), self.db.clock().now().since(self.now));
        self.trace.push(format!("{} s ({shown:+} ms) {what}", Seconds(true_ms)));
    }
    /// A request id as the trace has it: `#3P`.
    pub(super) fn short(&self, id: &str) -> String {
        let of = self.payments.values().find(|m| id.starts_with(&m.serial));
        of.map_or_else(
            || id.to_owned(),
            |m| format!("#{}{}", m.n, id.chars().next_back().unwrap_or('?')),
        )
    }
    pub(super) fn name(&self, id: PaymentId) -> String {
        self.payments.get(&id).map_or_else(|| "#?".to_owned(), |m| format!("#{}", m.n))
    }
}

/// Milliseconds, shown as seconds.
struct Seconds(i64);

impl std::fmt::Display for Seconds {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{:03}", self.0 / 1000, self.0 % 1000)
    }
}
