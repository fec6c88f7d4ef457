//! Workers as little machines: idle, picked, sent, answered. The units they run are the engine's own.

use super::core::Quirk;
use super::wire::{Back, Line, Message, Party, Said};
use super::world::{Event, Go, World, Wrote, broken};
use crate::payments::back::{self, Ear};
use crate::payments::engine::{self, Call, Heard, Picked};
use crate::payments::state::{LEASE_MS, State};
use crate::payments::{PaymentId, store};
use base::Time;
use corebank::{Cause, CoreError, Ctx, Reject, UnknownCause};
use db::params;

/// What a worker waits for the core, as in the product.
pub(super) const CALL_MS: i64 = 8_000;

#[derive(Debug, Default)]
pub(super) enum Stage {
    #[default]
    Idle,
    /// The call is committed; no byte has left.
    Picked(Box<Picked>),
    Sent(Box<Picked>, u64),
    /// The answer is in its hands, nothing of it committed.
    Answered(Box<Picked>, Box<Heard>),
}

/// Where a worker dies, by name: every place between two commits, and between a commit and the network.
pub(super) const DEATHS: [&str; 4] = [
    "dead before a payment was picked",
    "dead after the call was committed, before its first byte",
    "dead after the call was sent, before its answer",
    "dead with the answer in hand, before it was recorded",
];

impl Stage {
    const fn death(&self) -> &'static str {
        match self {
            Self::Idle => DEATHS[0],
            Self::Picked(_) => DEATHS[1],
            Self::Sent(..) => DEATHS[2],
            Self::Answered(..) => DEATHS[3],
        }
    }
}

#[derive(Debug)]
pub(super) struct Worker {
    /// How often it was started.
    lives: u64,
    /// Counts its moves, so that what was planned before one is void after it.
    turn: u64,
    stage: Stage,
    /// What it last heard of the core: each is a process of its own.
    ear: Ear,
    /// When it last had one asked after that waits, by the bank's clock.
    probed_at: Time,
}

impl Default for Worker {
    fn default() -> Self {
        let (stage, ear, probed_at) = (Stage::Idle, Ear::default(), Time::of_ms(0));
        Self { lives: 0, turn: 0, stage, ear, probed_at }
    }
}

impl Worker {
    /// It hears nothing any more.
    pub(super) fn go_home(&mut self) {
        self.stage = Stage::Idle;
    }
}

impl World {
    /// Plans the next move of a worker; any other plan for it is void.
    pub(super) fn wake(&mut self, i: usize, within_ms: u64) {
        self.workers[i].turn += 1;
        let turn = self.workers[i].turn;
        self.soon(within_ms, Event::Worker(i, turn));
    }

    /// Its next move comes at once, or after it has stood still for far too long.
    fn go_on(&mut self, i: usize) {
        if self.chance(self.faults.pause) {
            self.tell(&format!("w{i} stands still"));
            self.wake(i, 300_000);
        } else {
            self.wake(i, 30);
        }
    }

    /// Whoever stands still goes on.
    pub(super) fn wake_all(&mut self) {
        for i in 0..self.workers.len() {
            if !matches!(self.workers[i].stage, Stage::Sent(..)) {
                self.wake(i, 500);
            }
        }
    }

    /// Something is due: somebody who is idle is called.
    pub(super) fn bell(&mut self) {
        let idle = |i: &usize| matches!(self.workers[*i].stage, Stage::Idle);
        let first = usize::try_from(self.random.below(self.workers.len() as u64)).unwrap_or(0);
        let order = (first..self.workers.len()).chain(0..first);
        if let Some(i) = order.into_iter().find(idle) {
            self.wake(i, 50);
        }
    }

    pub(super) async fn worker(&mut self, i: usize, turn: u64) -> Go {
        if self.workers[i].turn != turn {
            return Ok(());
        }
        if self.chance(self.faults.crash) {
            self.tell(&format!("w{i} dies"));
            self.met(self.workers[i].stage.death());
            let lives = self.workers[i].lives + 1;
            let turn = self.workers[i].turn;
            self.workers[i] = Worker { lives, turn, ..Worker::default() };
            self.wake(i, 30_000);
            return Ok(());
        }
        match std::mem::take(&mut self.workers[i].stage) {
            Stage::Idle => self.look_for_work(i).await,
            Stage::Picked(picked) => self.send(i, picked).await,
            Stage::Sent(picked, _) => {
                let silence = Back::None(CoreError::Unknown(UnknownCause::Timeout));
                self.heard(i, picked, silence).await
            }
            Stage::Answered(picked, heard) => self.record(i, &picked, *heard).await,
        }
    }

    async fn look_for_work(&mut self, i: usize) -> Go {
        let now = self.db.clock().now();
        if now.since(self.workers[i].probed_at).abs() >= back::PROBE_MS {
            self.workers[i].probed_at = now;
            if self.payments.values().any(|m| m.state == State::Unknown) {
                self.write(back::probe).await?;
            } else {
                self.write_nothing();
            }
        }
        let due = self.db.glance(db::Scope::House, |tx| store::due(tx, 64)).await?;
        let mine: Vec<PaymentId> =
            due.into_iter().filter(|(t, _)| *t == self.tenant).map(|(_, id)| id).collect();
        if mine.is_empty() {
            return self.rest(i).await;
        }
        let id = mine[usize::try_from(self.random.below(mine.len() as u64)).unwrap_or(0)];
        let (keys, can) = (self.keys.clone(), self.can.clone());
        let name = format!("w{i}.{}", self.workers[i].lives);
        let told = self.write(move |tx| engine::pick(tx, &keys, &can, &name, id)).await?;
        self.look(id).await?;
        if let Wrote::Told(Some(picked)) = told {
            let (what, epoch) = (call_word(&picked.call), picked.row.epoch);
            self.tell(&format!("w{i} picks {} to {what} (epoch {epoch})", self.name(id)));
            self.workers[i].stage = Stage::Picked(Box::new(picked));
            self.go_on(i);
        } else {
            self.wake(i, 100);
        }
        Ok(())
    }

    /// Nothing is due: it looks again when something is, or when it is time for a probe.
    async fn rest(&mut self, i: usize) -> Go {
        let next: Option<Time> = self
            .read(|tx| {
                tx.one(
                    "SELECT MIN(next_at_ms) FROM payment WHERE tenant_id = $1",
                    params![tx.tenant()],
                )
            })
            .await?;
        let now = self.db.clock().now();
        let wait = next.map_or(back::PROBE_MS, |at| at.since(now).clamp(0, back::PROBE_MS));
        self.workers[i].turn += 1;
        let turn = self.workers[i].turn;
        let at = self.now.plus_ms(1 + wait + self.below(500));
        self.agenda.add(at, self.random.u64(), Event::Worker(i, turn));
        Ok(())
    }

    /// What the engine would say, or makes of `back`.
    async fn speak(&self, picked: &Picked, back: Back) -> (Heard, Option<Said>) {
        let line = Line::with(back);
        let mut ctx = Ctx::new(self.tenant, self.now.plus_ms(CALL_MS), "sim");
        let heard = engine::speak(&line, &mut ctx, picked, &self.can).await;
        (heard, line.said())
    }

    async fn send(&mut self, i: usize, picked: Box<Picked>) -> Go {
        let (_, said) =
            self.speak(&picked, Back::None(CoreError::Unknown(UnknownCause::Cancelled))).await;
        let Some(said) = said else { return broken("SIM", "the engine said nothing") };
        self.may_say(&picked, &said).await?;
        let Some(call) = self.post(Party::Worker(i), said) else {
            let refused = Back::None(CoreError::NotSent(Cause::ConnectionRefused));
            return self.heard(i, picked, refused).await;
        };
        self.workers[i].stage = Stage::Sent(picked, call);
        self.workers[i].turn += 1;
        let turn = self.workers[i].turn;
        self.agenda.add(self.now.plus_ms(CALL_MS), self.random.u64(), Event::Worker(i, turn));
        Ok(())
    }

    /// Something is sent to the core, and is lost, repeated or slow. None when it could not be reached.
    pub(super) fn post(&mut self, from: Party, said: Said) -> Option<u64> {
        let is_down = self.core_back_at > self.now;
        if is_down || self.chance(self.faults.refused) {
            self.tell(&format!("{from} cannot reach the core"));
            return None;
        }
        self.calls += 1;
        let call = self.calls;
        self.tell(&format!("{from} says {} {}", said.word(), self.short(said.id())));
        let message = Box::new(Message { from, call, said });
        if self.chance(self.faults.loss) {
            self.tell("… lost on the way");
        } else {
            self.soon(self.transit_ms(), Event::ToCore(message.clone()));
        }
        if self.chance(self.faults.duplicates) {
            self.soon(Self::copy_ms(), Event::ToCore(message));
        }
        Some(call)
    }

    /// A message reaches the core, which may die before or after it does what it says.
    pub(super) async fn at_core(&mut self, message: Message) -> Go {
        let Message { from, call, said } = message;
        let id = said.id().to_owned();
        if self.core_back_at > self.now {
            self.tell(&format!("{} {} finds no core", said.word(), self.short(&id)));
            return Ok(());
        }
        if self.chance(self.faults.core_dies_before) {
            self.core_dies("before it does", &id);
            return Ok(());
        }
        let quirk = self.quirk();
        let before = self.core.posted.get(&id).copied();
        let back = match &said {
            Said::Pay(id, payment) => Back::Pay(self.core.pay(id, None, payment, self.now, quirk)),
            Said::Commit(id, hold, payment) => {
                Back::Pay(self.core.pay(id, Some(hold), payment, self.now, quirk))
            }
            Said::Hold(id, ask) => Back::Held(self.core.hold(id, ask, self.now)),
            Said::Void(id, of) => Back::Held(self.core.void(id, of, self.now)),
            Said::Query(ask) => Back::Query(Ok(self.core.query(ask, quirk))),
            Said::Reverse(id, ask) => Back::Reverse(self.core.reverse(id, ask, self.now)),
        };
        self.tell(&format!("core: {} {} → {}", said.word(), self.short(&id), word_of(&back)));
        if matches!(&back, Back::Pay(Err(CoreError::Rejected(Reject::Expired)))) {
            self.met("commands that came too late");
        }
        if before != self.core.posted.get(&id).copied() {
            self.posted(&id).await?;
        }
        if self.core.is_running(&id) {
            self.soon(20_000, Event::Finish(id.clone()));
        }
        if self.chance(self.faults.core_dies_after) {
            self.core_dies("after it did", &id);
            return Ok(());
        }
        if self.chance(self.faults.loss) {
            self.tell("… the answer is lost");
            return Ok(());
        }
        self.soon(self.transit_ms(), Event::FromCore(from, call, Box::new(back)));
        Ok(())
    }

    fn quirk(&self) -> Quirk {
        if self.chance(self.faults.other_amount) {
            return if self.random.below(2) == 0 { Quirk::SaysOther } else { Quirk::DoesOther };
        }
        if self.chance(self.faults.in_progress) { Quirk::Slow } else { Quirk::None }
    }

    fn core_dies(&mut self, when: &str, id: &str) {
        self.tell(&format!("the core dies {when} {}", self.short(id)));
        self.core_back_at = self.now.plus_ms(1_000 + self.below(60_000));
    }

    /// An answer arrives; whoever no longer waits for it does not hear it.
    pub(super) async fn answered(&mut self, from: Party, call: u64, back: Back) -> Go {
        let i = match from {
            Party::Worker(i) => i,
            Party::Planner(i) => return self.hold_answered(i, call, back).await,
        };
        match std::mem::take(&mut self.workers[i].stage) {
            Stage::Sent(picked, waits) if waits == call => self.heard(i, picked, back).await,
            other => {
                self.workers[i].stage = other;
                Ok(())
            }
        }
    }

    async fn heard(&mut self, i: usize, picked: Box<Picked>, back: Back) -> Go {
        let (heard, _) = self.speak(&picked, back).await;
        self.workers[i].stage = Stage::Answered(picked, Box::new(heard));
        self.go_on(i);
        Ok(())
    }

    async fn record(&mut self, i: usize, picked: &Picked, heard: Heard) -> Go {
        let (id, event) = (picked.row.id, heard.event);
        let newest = self.payments.get(&id).map_or(0, |m| m.epoch);
        let is_back = self.workers[i].ear.hears(&heard);
        let (keys, mine) = (self.keys.clone(), picked.clone());
        let told = self.write(move |tx| engine::apply(tx, &keys, &mine, &heard)).await?;
        let said = match &told {
            Wrote::Told(true) => "moves",
            Wrote::Told(false) => "is too late for",
            Wrote::Untold => "does not know whether it moves",
        };
        self.tell(&format!("w{i} {said} {}: {event:?}", self.name(id)));
        if matches!(told, Wrote::Told(false)) {
            self.met("stale workers");
        }
        if matches!(told, Wrote::Told(true)) && picked.row.epoch < newest {
            return broken(
                "I16",
                format!("{} moved by a worker whose time was over", self.name(id)),
            );
        }
        if is_back {
            self.tell(&format!("w{i} hears the core again"));
            self.write(back::bring_forward).await?;
        }
        self.look(id).await?;
        self.wake(i, 100);
        Ok(())
    }
}

const fn call_word(call: &Call) -> &'static str {
    match call {
        Call::Pay(_) => "pay",
        Call::Commit(..) => "commit",
        Call::Query(_) => "query",
        Call::Reverse(_) => "reverse",
    }
}

/// For the trace: what came back, without anything personal.
fn word_of(back: &Back) -> String {
    match back {
        Back::Pay(Ok(paid)) => format!("done {paid:?}"),
        Back::Query(Ok(fate)) => format!("{fate:?}"),
        Back::Reverse(Ok(undone)) => format!("{undone:?}"),
        Back::Held(Ok(held)) => format!("{held:?}"),
        Back::Pay(Err(e))
        | Back::Held(Err(e))
        | Back::Query(Err(e))
        | Back::Reverse(Err(e))
        | Back::None(e) => e.to_string(),
    }
}

// A call is over well before its lease is, or every slow answer would be a lost worker.
const _: () = assert!(CALL_MS < LEASE_MS);
