//! The writer thread: units of work one after the other, committed together.
//!
//! It takes whatever waits, without delay: the group grows by itself while the last commit is being
//! written. Nobody is answered before the commit, not even a unit that was refused: what it saw may
//! have been written by a neighbour.

use super::conn::{Opened, Session};
use crate::tx::Tx;
use crate::unit::{Order, Queue, Ran, Unit, World};
use base::{Error, Result, Stopwatch};
use std::collections::VecDeque;
use std::time::Duration;

#[derive(Clone, Copy)]
pub(super) struct Limits {
    /// Units in one commit, at most.
    pub(super) group: usize,
    /// A group takes no more units after this long.
    pub(super) open_for: Duration,
}

/// After so many groups lost in a row, the units in them are not tried again.
const LOSSES_MAX: u32 = 3;

enum Next {
    /// Go on with this connection.
    Go,
    /// The connection cannot be trusted any more.
    Reopen,
    Stop,
}

/// Serves the queue until told to stop, opening the file again when its connection breaks.
pub(super) fn serve(
    first: Opened,
    reopen: &dyn Fn() -> Result<Opened>,
    limits: Limits,
    world: &World,
    queue: &Queue,
) {
    let mut opened: Result<Opened> = Ok(first);
    loop {
        match &opened {
            Ok(opened) => {
                let mut writer = Writer {
                    session: Session::new(opened),
                    limits,
                    world,
                    queue,
                    again: VecDeque::new(),
                    losses: 0,
                    stopping: false,
                };
                if let Next::Stop = writer.serve() {
                    return;
                }
            }
            Err(e) => {
                tracing::error!(error = %e, "the database file cannot be opened again");
                match queue.recv() {
                    Ok(Order::Run(unit)) => unit.finish(Err(Error::fault(e.to_string()))),
                    Ok(Order::Stop) | Err(_) => return,
                }
            }
        }
        opened = reopen();
    }
}

struct Writer<'c> {
    session: Session<'c>,
    limits: Limits,
    world: &'c World,
    queue: &'c Queue,
    /// Units whose group was lost through no fault of their own; nothing of them was committed.
    again: VecDeque<Box<dyn Unit>>,
    losses: u32,
    stopping: bool,
}

impl Writer<'_> {
    fn serve(&mut self) -> Next {
        loop {
            let first = match self.again.pop_front() {
                Some(unit) => unit,
                None if self.stopping => return Next::Stop,
                None => match self.queue.recv() {
                    Ok(Order::Run(unit)) => unit,
                    Ok(Order::Stop) | Err(_) => return Next::Stop,
                },
            };
            if let Next::Reopen = self.group(first) {
                for unit in self.again.drain(..) {
                    unit.finish(Err(Error::fault("the database connection broke")));
                }
                return if self.stopping { Next::Stop } else { Next::Reopen };
            }
        }
    }

    /// The next unit that already waits.
    fn waiting(&mut self) -> Option<Box<dyn Unit>> {
        if let Some(unit) = self.again.pop_front() {
            return Some(unit);
        }
        match self.queue.try_recv() {
            Ok(Order::Run(unit)) => Some(unit),
            Ok(Order::Stop) => {
                self.stopping = true;
                None
            }
            Err(_) => None,
        }
    }

    fn group(&mut self, first: Box<dyn Unit>) -> Next {
        if let Err(e) = self.session.plain("BEGIN IMMEDIATE") {
            first.finish(Err(e));
            return if self.session.is_idle() { Next::Go } else { Next::Reopen };
        }
        let watch = Stopwatch::start();
        let mut done: Vec<Box<dyn Unit>> = Vec::with_capacity(32);
        let mut wakes = false;
        let mut next = Some(first);
        while let Some(mut unit) = next {
            // The first may be undone with the whole transaction; a savepoint would copy every page it changes.
            let is_first = done.is_empty();
            if !is_first {
                self.session.begin_unit();
            }
            let ran = unit.run(&Tx::new(&self.session, self.world, unit.scope()));
            let settled = match ran {
                Ran::Kept { .. } => self.session.keep_unit(),
                Ran::Undone { .. } | Ran::Collided | Ran::Lost if is_first => {
                    self.session.begin_again()
                }
                Ran::Undone { .. } | Ran::Collided | Ran::Lost => self.session.undo_unit(),
            };
            if settled.is_err() || self.session.is_idle() {
                return self.lost(unit, ran, done, settled.err());
            }
            wakes |= matches!(ran, Ran::Kept { wakes: true });
            done.push(unit);
            let room = done.len() < self.limits.group
                && watch.elapsed() < self.limits.open_for
                && !self.stopping;
            next = if room { self.waiting() } else { None };
        }
        self.commit(done, wakes)
    }

    fn commit(&mut self, done: Vec<Box<dyn Unit>>, wakes: bool) -> Next {
        let Err((certain, e)) = self.session.commit() else {
            self.losses = 0;
            done.into_iter().for_each(|unit| unit.finish(Ok(())));
            if wakes {
                self.world.wake_jobs();
            }
            return Next::Go;
        };
        // Unless a rule refused it: the last page may have reached the disk although the flush failed.
        let what = if certain { "nothing was written" } else { "outcome unknown: re-read by key" };
        tracing::error!(units = done.len(), error = %e, "a commit failed, {what}");
        let words = format!("the commit failed, {what}: {e}");
        done.into_iter().for_each(|unit| unit.finish(Err(Error::fault(words.as_str()))));
        Next::Reopen
    }

    /// The whole transaction is gone. `culprit` is answered; its neighbours are tried again in a new one.
    fn lost(
        &mut self,
        culprit: Box<dyn Unit>,
        ran: Ran,
        done: Vec<Box<dyn Unit>>,
        broken: Option<Error>,
    ) -> Next {
        self.losses += 1;
        culprit.finish(match (broken, ran) {
            (Some(e), _) => Err(e),
            (None, Ran::Kept { .. }) => Err(Error::fault("the transaction was lost")),
            (None, _) => Ok(()),
        });
        if self.losses >= LOSSES_MAX {
            self.losses = 0;
            for unit in done {
                unit.finish(Err(Error::fault("the transaction was lost and nothing was written")));
            }
        } else {
            self.again.extend(done);
        }
        if self.session.is_idle() { Next::Go } else { Next::Reopen }
    }
}
