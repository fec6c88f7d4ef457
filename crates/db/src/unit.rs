//! Units of work on their way from a caller to an engine's thread and back.

use crate::node::Ids;
use crate::options::{Options, Scope};
use crate::tx::{Health, Tx};
use base::{Clock, Error, Random, Result, Stopwatch};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{oneshot, watch};

/// What every unit of work of one database shares.
pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) ids: Arc<Ids>,
    pub(crate) slow: Duration,
    /// Counts commits that left a job to run.
    pub(crate) jobs: watch::Sender<u64>,
}

impl World {
    pub(crate) fn new(options: &Options, ids: Arc<Ids>) -> Self {
        Self {
            clock: options.clock.clone(),
            random: options.random.clone(),
            ids,
            slow: Duration::from_millis(options.slow_unit_ms),
            jobs: watch::Sender::new(0),
        }
    }
    /// Logs a unit of work that was slow, by the name of its closure.
    fn log_if_slow(&self, unit: &'static str, took: Duration) {
        if took > self.slow {
            let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            tracing::warn!(unit, ms, "slow unit of work");
        }
    }
    pub(crate) fn wake_jobs(&self) {
        self.jobs.send_modify(|n| *n = n.wrapping_add(1));
    }
}

/// How a unit of work ended, before its commit.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ran {
    /// It wants to be kept. `wakes`: a due job is in it.
    Kept { wakes: bool },
    /// It said no, or a statement or its own code failed: undo it, answer with its error.
    Undone { statement_failed: bool },
    /// The engine asked for a re-run.
    Collided,
    /// The connection is gone: nothing was committed.
    Lost,
}

/// A unit of work with its types erased, so that one queue carries all.
pub(crate) trait Unit: Send {
    fn scope(&self) -> Scope;
    /// Runs it once; may be called again as long as nothing was committed.
    fn run(&mut self, tx: &Tx<'_>) -> Ran;
    /// Answers the caller: with what the last run gave, or with `committed`'s error.
    fn finish(self: Box<Self>, committed: Result<()>);
}

pub(crate) enum Order {
    Run(Box<dyn Unit>),
    Stop,
}
pub(crate) type Queue = flume::Receiver<Order>;

struct Work<F, T> {
    f: F,
    scope: Scope,
    out: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
}

impl<F, T> Unit for Work<F, T>
where
    F: Fn(&Tx<'_>) -> Result<T> + Send,
    T: Send,
{
    fn scope(&self) -> Scope {
        self.scope
    }

    fn run(&mut self, tx: &Tx<'_>) -> Ran {
        let watch = Stopwatch::start();
        let result = catch_unwind(AssertUnwindSafe(|| (self.f)(tx))).unwrap_or_else(|panic| {
            Err(Error::fault(format!("a unit of work panicked: {}", words(&*panic))))
        });
        tx.world().log_if_slow(std::any::type_name::<F>(), watch.elapsed());
        let result = match tx.health() {
            Health::Collided => return Ran::Collided,
            Health::Lost => {
                self.out = Some(result);
                return Ran::Lost;
            }
            Health::Failed if result.is_ok() => {
                Err(Error::fault("a unit of work went on after a failed statement"))
            }
            Health::Failed | Health::Fine => result,
        };
        let ran = match &result {
            Ok(_) => Ran::Kept { wakes: tx.enqueued() },
            Err(_) => Ran::Undone { statement_failed: tx.health() == Health::Failed },
        };
        self.out = Some(result);
        ran
    }

    fn finish(self: Box<Self>, committed: Result<()>) {
        let answer = match (committed, self.out) {
            (Ok(()), Some(out)) => out,
            (Err(e), _) => Err(e),
            (Ok(()), None) => Err(Error::fault("the unit of work did not run")),
        };
        // A caller that went away does not want to know.
        let _ = self.reply.send(answer);
    }
}

fn words(panic: &(dyn std::any::Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no words")
}

/// Makes a unit of work and the place where its answer will arrive.
pub(crate) fn unit<T, F>(scope: Scope, f: F) -> (Box<dyn Unit>, oneshot::Receiver<Result<T>>)
where
    T: Send + 'static,
    F: Fn(&Tx<'_>) -> Result<T> + Send + 'static,
{
    let (reply, answer) = oneshot::channel();
    (Box::new(Work { f, scope, out: None, reply }), answer)
}
