//! [`Db`]: where callers leave units of work and wait for their answers.

use crate::node::{Ids, Renewal};
use crate::options::{Engine, Options, Scope};
use crate::tx::Tx;
use crate::unit::{Order, Queue, Unit, World, unit};
use crate::{migrate, pg, sqlite};
use base::{Clock, Error, Random, Result, Time};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use tokio::sync::watch;

/// A queue of units of work and how many threads serve it.
struct Lane {
    send: flume::Sender<Order>,
    rest: Queue,
    threads: usize,
}

impl Lane {
    fn new(queue_max: usize, threads: usize) -> Self {
        let (send, rest) = flume::bounded(queue_max.max(1));
        Self { send, rest, threads: threads.max(1) }
    }
    /// Answers what no thread will run any more.
    fn drain(&self) {
        for order in self.rest.try_iter() {
            if let Order::Run(unit) = order {
                unit.finish(Err(closed()));
            }
        }
    }
}

fn closed() -> Error {
    Error::fault("the database is closed")
}

struct Inner {
    engine: Engine,
    world: Arc<World>,
    /// An institution's units always go by the same one: in one process they never collide with one another, which
    /// serializable transactions of one institution else do most of the time, over index pages they share.
    write: Vec<Lane>,
    read: Lane,
    /// SQLite only: short reads need no thread of ours.
    glances: Option<sqlite::Glances>,
    /// No thread will take another order.
    ended: AtomicBool,
    threads: Mutex<Vec<JoinHandle<()>>>,
    renewal: Mutex<Option<Renewal>>,
    warnings: Vec<String>,
}

/// The database. Cheap to clone; all clones share the same threads.
#[derive(Clone)]
pub struct Db(Arc<Inner>);

impl std::fmt::Debug for Db {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Db").field("engine", &self.0.engine).finish_non_exhaustive()
    }
}

impl Db {
    /// Opens the database and brings its schema up to date.
    ///
    /// Faults, with a sentence that says what to do, when the folder cannot be written, the server
    /// cannot be reached, a landed migration has changed, or another process holds the same SQLite file.
    pub async fn open(options: Options) -> Result<Self> {
        off_the_runtime(move || Self::open_blocking(&options)).await
    }

    fn open_blocking(options: &Options) -> Result<Self> {
        let migrations = migrate::all(options)?;
        match options.engine()? {
            Engine::Sqlite => {
                let file = sqlite::File::open(options)?;
                file.migrate(&migrations)?;
                let ids = Arc::new(Ids::fixed(options.node.unwrap_or(0)));
                let glances = Some(sqlite::glances(&file)?);
                let db = Self::new(options, ids, (1, options.sqlite_readers), Vec::new(), glances);
                let (write, read) = (&db.0.write[0].rest, &db.0.read.rest);
                db.keep(sqlite::start(file, options, db.world(), write, read)?);
                Ok(db)
            }
            Engine::Postgres => {
                let server = pg::Server::new(options)?;
                server.migrate(&migrations)?;
                let warnings = server.self_check()?;
                let (ids, renewal) = server.ids(options)?;
                let lanes = (options.pg_writers, options.pg_readers);
                let db = Self::new(options, ids, lanes, warnings, None);
                *db.0.renewal.lock().unwrap_or_else(PoisonError::into_inner) = renewal;
                let write: Vec<Queue> = db.0.write.iter().map(|lane| lane.rest.clone()).collect();
                db.keep(server.start(options, db.world(), &write, &db.0.read.rest)?);
                Ok(db)
            }
        }
    }

    fn new(
        options: &Options,
        ids: Arc<Ids>,
        (writers, readers): (usize, usize),
        warnings: Vec<String>,
        glances: Option<sqlite::Glances>,
    ) -> Self {
        Self(Arc::new(Inner {
            engine: if options.url.starts_with("sqlite:") {
                Engine::Sqlite
            } else {
                Engine::Postgres
            },
            world: Arc::new(World::new(options, ids)),
            write: (0..writers.max(1)).map(|_| Lane::new(options.queue_max, 1)).collect(),
            read: Lane::new(options.queue_max, readers),
            glances,
            ended: AtomicBool::new(false),
            threads: Mutex::default(),
            renewal: Mutex::default(),
            warnings,
        }))
    }
    fn world(&self) -> &Arc<World> {
        &self.0.world
    }
    fn keep(&self, threads: Vec<JoinHandle<()>>) {
        *self.0.threads.lock().unwrap_or_else(PoisonError::into_inner) = threads;
    }

    /// Runs `f` as one unit of work and answers after its commit.
    ///
    /// `f` may be run again when it collides with another unit, so it changes nothing outside `tx`.
    /// A refusal or fault from `f` undoes it. A fault whose words are «outcome unknown: re-read by
    /// key» says that the connection was lost while committing: it may or may not have happened.
    pub async fn write<T: Send + 'static>(
        &self,
        scope: Scope,
        f: impl Fn(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.submit(self.lane_of(scope), scope, f).await
    }

    /// Runs `f` over one unchanging picture of the data. It cannot write. On PostgreSQL it may go to
    /// a replica and see a slightly older picture.
    pub async fn read<T: Send + 'static>(
        &self,
        scope: Scope,
        f: impl Fn(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.submit(&self.0.read, scope, f).await
    }

    /// Like [`Db::read`] for a handful of rows found by key, on the hot path: where the engine is in this process, `f`
    /// runs on the caller's own thread and the answer is there at once. A scan belongs into `read`.
    pub async fn glance<T: Send + 'static>(
        &self,
        scope: Scope,
        f: impl Fn(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (unit, answer) = unit(scope, f);
        let busy = match &self.0.glances {
            Some(glances) => glances.run(self.world(), unit),
            None => Some(unit),
        };
        if let Some(unit) = busy {
            self.queue(&self.0.read, unit).await?;
        }
        answer.await.map_err(|_| closed())?
    }

    fn lane_of(&self, scope: Scope) -> &Lane {
        let lanes = &self.0.write;
        let at = match scope {
            Scope::House => 0,
            Scope::Tenant(id) => id.raw().unsigned_abs() % lanes.len() as u64,
        };
        &lanes[usize::try_from(at).unwrap_or(0)]
    }

    async fn submit<T: Send + 'static>(
        &self,
        lane: &Lane,
        scope: Scope,
        f: impl Fn(&Tx<'_>) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (unit, answer) = unit(scope, f);
        self.queue(lane, unit).await?;
        answer.await.map_err(|_| closed())?
    }

    async fn queue(&self, lane: &Lane, unit: Box<dyn Unit>) -> Result<()> {
        lane.send.send_async(Order::Run(unit)).await.map_err(|_| closed())?;
        // Seen after the send: either `close` finds the order in the queue, or we do.
        if self.0.ended.load(Ordering::SeqCst) {
            lane.drain();
        }
        Ok(())
    }

    pub fn clock(&self) -> &Clock {
        &self.0.world.clock
    }
    pub fn random(&self) -> &Random {
        &self.0.world.random
    }
    pub fn engine(&self) -> Engine {
        self.0.engine
    }
    /// What PostgreSQL (where one writes, not a replica) says the time is; SQLite has no clock of its own.
    pub async fn server_time(&self) -> Result<Option<Time>> {
        match self.0.engine {
            Engine::Sqlite => Ok(None),
            Engine::Postgres => self.write(Scope::House, pg::server_time).await.map(Some),
        }
    }
    /// The node number inside new ids.
    pub fn node(&self) -> u8 {
        self.0.world.ids.node()
    }

    /// Changes each time a commit of this process leaves a job that is due. Jobs of other processes
    /// and jobs that become due later are found by polling.
    pub fn jobs_ready(&self) -> watch::Receiver<u64> {
        self.0.world.jobs.subscribe()
    }

    /// What the operator should put right, as sentences; empty when all is well.
    pub fn self_check(&self) -> &[String] {
        &self.0.warnings
    }

    /// Runs what is queued, ends every thread and waits for it. Later units get a fault.
    pub async fn close(self) {
        let inner = self.0;
        if inner.ended.load(Ordering::SeqCst) {
            return;
        }
        for lane in inner.write.iter().chain([&inner.read]) {
            for _ in 0..lane.threads {
                // Fails only when every thread is gone, which is what we want.
                let _ = lane.send.send_async(Order::Stop).await;
            }
        }
        let threads =
            std::mem::take(&mut *inner.threads.lock().unwrap_or_else(PoisonError::into_inner));
        let renewal = inner.renewal.lock().unwrap_or_else(PoisonError::into_inner).take();
        let joined = off_the_runtime(move || {
            drop(renewal);
            for thread in threads {
                let _ = thread.join();
            }
            Ok(())
        });
        if let Err(e) = joined.await {
            tracing::error!(error = %e, "closing the database");
        }
        inner.ended.store(true, Ordering::SeqCst);
        if let Some(glances) = &inner.glances {
            glances.close();
        }
        inner.write.iter().for_each(Lane::drain);
        inner.read.drain();
    }
}

/// Runs blocking work on a thread of its own: the PostgreSQL client must not run inside a runtime.
async fn off_the_runtime<T: Send + 'static>(
    f: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let (reply, answer) = tokio::sync::oneshot::channel();
    std::thread::Builder::new().name("db-open".into()).spawn(move || {
        let _ = reply.send(f());
    })?;
    answer.await.map_err(|_| Error::fault("the database thread panicked"))?
}
