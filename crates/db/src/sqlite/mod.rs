//! SQLite: one file, one writer thread that commits many units of work with one fsync, and reader
//! threads. One process at a time owns the file: ids, job wake-ups and the group commit count on it.

mod conn;
mod glance;
mod reader;
mod writer;

use crate::ddl::for_sqlite;
use crate::migrate;
use crate::options::{Migration, Options};
use crate::unit::{Queue, World};
use base::{Clock, Context, Error, Result, Stopwatch};
use conn::Opened;
pub(crate) use conn::value;
pub(crate) use glance::Glances;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

/// The first version without the WAL-reset bug that could lose pages under concurrent checkpoints.
const VERSION_MIN: i32 = 3_051_003;
/// Connections for short reads; more callers at once than this are sent to a reader thread.
const GLANCES: usize = 4;
/// A process that just ended may take this long to let go of the file.
const LOCK_PATIENCE: Duration = Duration::from_secs(3);

/// An open database file that this process owns.
pub(crate) struct File {
    path: PathBuf,
    clock: Clock,
    timeout: Duration,
    opened: Opened,
    lock: fs::File,
}

impl File {
    pub(crate) fn open(options: &Options) -> Result<Self> {
        if rusqlite::version_number() < VERSION_MIN {
            return Err(Error::fault(format!(
                "SQLite {} is too old; 3.51.3 is needed",
                rusqlite::version()
            )));
        }
        let path = Path::new(options.url.trim_start_matches("sqlite:"));
        let lock = own(path)?;
        let timeout = Duration::from_millis(options.statement_timeout_ms);
        let opened = conn::open(path, false, timeout).doing(format_args!(
            "opening {}; check that it is a database of this program and that its folder can be written",
            path.display()
        ))?;
        Ok(Self { path: path.to_owned(), clock: options.clock.clone(), timeout, opened, lock })
    }

    /// Brings the schema up to date, each step in a transaction of its own.
    pub(crate) fn migrate(&self, list: &[Migration]) -> Result<()> {
        let c = &self.opened.connection;
        c.execute_batch(&for_sqlite(migrate::TABLE))?;
        let landed: BTreeMap<String, String> = {
            let mut all = c.prepare("SELECT name, checksum FROM migration")?;
            let rows = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<std::result::Result<_, _>>()?
        };
        for step in migrate::pending(list, &landed)? {
            let whole = c.unchecked_transaction()?;
            whole
                .execute_batch(&for_sqlite(step.sql))
                .doing(format_args!("migration {}", step.name))?;
            whole.execute(
                "INSERT INTO migration (name, checksum, landed_at_ms) VALUES (?1, ?2, ?3)",
                (step.name, migrate::checksum(step.sql), self.clock.now().ms()),
            )?;
            whole.commit().doing(format_args!("migration {}", step.name))?;
        }
        Ok(())
    }
}

/// Makes the folder if need be and takes the file's lock for this process.
fn own(path: &Path) -> Result<fs::File> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let advice = || {
        format!(
            "the database folder {} cannot be written; make it writable for this user, or set another path",
            folder.display()
        )
    };
    fs::create_dir_all(folder).doing(advice())?;
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let lock = fs::OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(PathBuf::from(name))
        .doing(advice())?;
    let patience = Stopwatch::start();
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(fs::TryLockError::WouldBlock) if patience.elapsed() < LOCK_PATIENCE => {
                std::thread::sleep(Duration::from_millis(20));
            }
            Err(fs::TryLockError::WouldBlock) => {
                return Err(Error::fault(format!(
                    "another process has {} open; end it first, or use PostgreSQL for several processes",
                    path.display()
                )));
            }
            // Some network disks have no locks; SQLite's own still keep the data whole.
            Err(fs::TryLockError::Error(e)) => {
                tracing::warn!(error = %e, "the database file cannot be locked: run one process only");
                return Ok(lock);
            }
        }
    }
}

/// Connections for short reads on their callers' threads.
pub(crate) fn glances(file: &File) -> Result<Glances> {
    let open = |_| conn::open(&file.path, true, file.timeout);
    Glances::new((0..GLANCES).map(open).collect::<Result<_>>()?)
}

/// Starts the writer and the readers.
pub(crate) fn start(
    file: File,
    options: &Options,
    world: &Arc<World>,
    write: &Queue,
    read: &Queue,
) -> Result<Vec<JoinHandle<()>>> {
    let mut threads = Vec::new();
    for _ in 0..options.sqlite_readers.max(1) {
        let opened = conn::open(&file.path, true, file.timeout)?;
        let (world, queue) = (world.clone(), read.clone());
        let named = std::thread::Builder::new().name("db-reader".into());
        threads.push(named.spawn(move || reader::serve(&opened, &world, &queue))?);
    }
    let limits = writer::Limits {
        group: options.group_max.max(1),
        open_for: Duration::from_millis(options.group_ms),
    };
    let (world, queue) = (world.clone(), write.clone());
    let named = std::thread::Builder::new().name("db-writer".into());
    threads.push(named.spawn(move || {
        let File { path, timeout, opened, lock, .. } = file;
        let reopen = || conn::open(&path, false, timeout);
        writer::serve(opened, &reopen, limits, &world, &queue);
        drop(lock);
    })?);
    Ok(threads)
}
