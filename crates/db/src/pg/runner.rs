//! The threads: units of work in batches, each batch one transaction.
//!
//! A writer takes what waits in its own queue and runs it in one SERIALIZABLE transaction. When that
//! collides, with another process or another tenant's neighbouring rows, or a unit must be undone,
//! nothing has been committed: the batch is run again, and what cannot be kept together runs alone. A
//! batch is closed before its transaction begins, so each unit sees everything that was answered
//! before it was asked.

use super::conn::Session;
use super::server::Server;
use crate::options::Options;
use crate::tx::{Trouble, Tx};
use crate::unit::{Order, Queue, Ran, Unit, World};
use base::{Context, Error, Random, Result};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// A unit that collides so often gives up.
const RERUNS_MAX: u64 = 60;
/// A batch that collides is run again whole this often before its units run alone.
const BATCH_RERUNS_MAX: u64 = 2;
/// A unit is run again so often when a unique rule says no. Whoever was faster has committed by then, so a unit that
/// looks first takes another way, as it would have one after the other; one that does not hears no again.
const TAKEN_RERUNS_MAX: u64 = 3;
/// A lost connection is made anew this often for one unit.
const RECONNECTS_MAX: u64 = 3;

/// Units that wait for a row lock inside a batch hold up their neighbours and may wait in a circle.
const BEGIN_BATCH: &str = "BEGIN ISOLATION LEVEL SERIALIZABLE; SET LOCAL lock_timeout = '50ms'";
const BEGIN_ALONE: &str = "BEGIN ISOLATION LEVEL SERIALIZABLE";
const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

pub(super) fn start(
    server: &Arc<Server>,
    options: &Options,
    world: &Arc<World>,
    write: &[Queue],
    read: &Queue,
) -> Result<Vec<JoinHandle<()>>> {
    let mut threads = Vec::new();
    let lanes = write.iter().map(|queue| (queue, 1, true));
    for (queue, count, writes) in lanes.chain([(read, options.pg_readers.max(1), false)]) {
        for _ in 0..count {
            let mut thread = Thread {
                server: server.clone(),
                world: world.clone(),
                queue: queue.clone(),
                batch_max: options.group_max.max(1),
                share: count,
                writes,
                session: None,
                stopping: false,
            };
            let named = std::thread::Builder::new().name("db-pg".into());
            threads.push(named.spawn(move || thread.serve())?);
        }
    }
    Ok(threads)
}

struct Thread {
    server: Arc<Server>,
    world: Arc<World>,
    queue: Queue,
    batch_max: usize,
    share: usize,
    writes: bool,
    session: Option<Session>,
    stopping: bool,
}

type Batch = Vec<Box<dyn Unit>>;

/// How one transaction ended.
enum Ended {
    /// Committed, or undone because its only unit said no: the units' own answers stand.
    Answered {
        wakes: bool,
    },
    /// Nothing was committed; the unit at this place must not run with the others.
    Without(usize),
    Collided,
    /// A unique rule said no: the unit is wrong, or another was faster, which a unit that runs as if alone never
    /// hears. Inside is how it ended, should it stay so.
    Taken(Box<Ended>),
    /// The connection went away before the commit: nothing was committed.
    Lost(Error),
    /// Nobody knows whether it was committed.
    Unknown,
    Fault(Error),
}

impl Thread {
    fn serve(&mut self) {
        while !self.stopping {
            match self.queue.recv() {
                Ok(Order::Run(first)) => {
                    let batch = self.batch(first);
                    self.run(batch);
                }
                Ok(Order::Stop) | Err(_) => return,
            }
        }
    }

    /// What waits now, up to this thread's share of it.
    fn batch(&mut self, first: Box<dyn Unit>) -> Batch {
        let room = (self.queue.len() / self.share + 1).min(self.batch_max);
        let mut batch = Vec::with_capacity(room);
        batch.push(first);
        while batch.len() < room {
            match self.queue.try_recv() {
                Ok(Order::Run(unit)) => batch.push(unit),
                Ok(Order::Stop) => {
                    self.stopping = true;
                    break;
                }
                Err(_) => break,
            }
        }
        batch
    }

    fn run(&mut self, mut batch: Batch) {
        let mut alone: Batch = Vec::new();
        let mut tries = 0;
        while batch.len() > 1 {
            match self.transaction(&mut batch) {
                Ended::Without(at) => alone.push(batch.swap_remove(at)),
                Ended::Collided | Ended::Lost(_) if tries < BATCH_RERUNS_MAX => {
                    tries += 1;
                    back_off(tries);
                }
                Ended::Collided | Ended::Lost(_) => break,
                ended => {
                    finish(std::mem::take(&mut batch), ended, &self.world);
                    break;
                }
            }
        }
        for unit in batch.into_iter().chain(alone) {
            self.run_alone(unit);
        }
    }

    fn run_alone(&mut self, unit: Box<dyn Unit>) {
        let mut batch = vec![unit];
        let (mut reruns, mut taken, mut reconnects) = (0, 0, 0);
        loop {
            match self.transaction(&mut batch) {
                Ended::Collided if reruns < RERUNS_MAX => {
                    reruns += 1;
                    back_off(reruns);
                }
                Ended::Taken(_) if taken < TAKEN_RERUNS_MAX => {
                    taken += 1;
                    back_off(taken);
                }
                Ended::Taken(stands) => return finish(batch, *stands, &self.world),
                Ended::Lost(_) if reconnects < RECONNECTS_MAX => {
                    reconnects += 1;
                    back_off(reconnects * 10);
                }
                ended => return finish(batch, ended, &self.world),
            }
        }
    }

    fn session(&mut self) -> Result<&Session> {
        if self.session.as_ref().is_none_or(Session::is_closed) {
            self.session = None;
            let client = if self.writes {
                self.server.connect_to_write().doing("connecting to PostgreSQL")?
            } else {
                self.server.connect_to_read().doing("connecting to PostgreSQL")?
            };
            self.session = Some(Session::new(client, self.server.row_security));
        }
        self.session.as_ref().ok_or_else(|| Error::fault("no connection"))
    }

    fn transaction(&mut self, batch: &mut Batch) -> Ended {
        let (writes, world) = (self.writes, self.world.clone());
        if writes && let Err(e) = world.ids.check() {
            return Ended::Fault(e);
        }
        let session = match self.session() {
            Ok(session) => session,
            Err(e) => return Ended::Fault(e),
        };
        let ended = run_in(session, &world, batch, writes);
        if matches!(ended, Ended::Lost(_) | Ended::Unknown) {
            self.session = None;
        }
        ended
    }
}

/// Runs the batch in one transaction.
fn run_in(session: &Session, world: &World, batch: &mut Batch, writes: bool) -> Ended {
    let begin = match (writes, batch.len()) {
        (false, _) => BEGIN_READ,
        (true, 1) => BEGIN_ALONE,
        (true, _) => BEGIN_BATCH,
    };
    session.begin(begin);
    let (mut wakes, mut changed) = (false, false);
    let together = batch.len() > 1;
    for (at, unit) in batch.iter_mut().enumerate() {
        if let Err(trouble) = session.begin_unit(unit.scope()) {
            return undo(session, trouble.into());
        }
        match unit.run(&Tx::new(session, world, unit.scope())) {
            Ran::Kept { wakes: w } => wakes |= w,
            // It said no before it changed anything: there is nothing to undo.
            Ran::Undone { statement_failed: false } if !session.has_changed() => {}
            Ran::Undone { .. } if together => return undo(session, Ended::Without(at)),
            Ran::Undone { .. } => {
                return undo(session, taken(session, Ended::Answered { wakes: false }));
            }
            Ran::Collided => return undo(session, Ended::Collided),
            Ran::Lost => return Ended::Lost(Error::fault("the connection was lost")),
        }
        changed |= session.has_changed();
    }
    if !writes {
        // What was read stands already.
        batch.drain(..).for_each(|unit| unit.finish(Ok(())));
    }
    match session.commit() {
        Ok(()) => Ended::Answered { wakes },
        Err(Trouble::Lost(_)) if changed => Ended::Unknown,
        // A rule that is looked at last said no to one of them; alone we learn to which.
        Err(Trouble::Fault(_)) if together => undo(session, Ended::Collided),
        Err(trouble) => undo(session, taken(session, trouble.into())),
    }
}

/// Marks the end of a unit that met a unique rule.
fn taken(session: &Session, ended: Ended) -> Ended {
    match ended {
        Ended::Answered { .. } | Ended::Fault(_) if session.met_taken() => {
            Ended::Taken(Box::new(ended))
        }
        ended => ended,
    }
}

impl From<Trouble> for Ended {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Collision => Self::Collided,
            Trouble::Lost(e) => Self::Lost(e),
            Trouble::Fault(e) => Self::Fault(e),
        }
    }
}

fn undo(session: &Session, ended: Ended) -> Ended {
    match (session.roll_back(), ended) {
        (Ok(()), ended) => ended,
        // The server undoes what it was not told to commit, so the unit's own answer stands.
        (Err(_), ended @ Ended::Answered { .. }) => ended,
        (Err(_), Ended::Taken(stands)) if matches!(*stands, Ended::Answered { .. }) => *stands,
        (Err(trouble), _) => Ended::Lost(trouble.into_error()),
    }
}

fn finish(batch: Batch, ended: Ended, world: &World) {
    let error = match ended {
        Ended::Answered { wakes } => {
            batch.into_iter().for_each(|unit| unit.finish(Ok(())));
            if wakes {
                world.wake_jobs();
            }
            return;
        }
        Ended::Unknown => {
            "the connection was lost while committing, outcome unknown: re-read by key".to_owned()
        }
        Ended::Collided => "the database is too busy: units of work kept colliding".to_owned(),
        Ended::Lost(e) => format!("the connection was lost and nothing was written: {e}"),
        Ended::Fault(e) => e.to_string(),
        Ended::Without(_) | Ended::Taken(_) => "the unit of work was not run".to_owned(),
    };
    batch.into_iter().for_each(|unit| unit.finish(Err(Error::fault(error.as_str()))));
}

/// Waits a little, and not in step with the others.
fn back_off(tries: u64) {
    let most_us = 400 * tries.min(25);
    std::thread::sleep(Duration::from_micros(most_us / 4 + Random::system().below(most_us)));
}
