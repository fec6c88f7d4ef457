//! One SQLite connection: its settings, its prepared statements, its time limit.

use crate::cache::Cache;
use crate::tx::{Call, Conn, Trouble, names_tenant, no_tenant};
use crate::value::{Row, RowRef, Value};
use base::{Error, Result, Stopwatch};
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, Statement};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// `synchronous=FULL`: an answered unit of work survives a power cut. A larger `wal_autocheckpoint`
/// or `synchronous=NORMAL` was measured and gains nothing. A small `cache_size`: after a commit that split a page,
/// SQLite walks its whole cache (`pcache1TruncateUnsafe`), and the pages a turn needs are few.
const SETTINGS: &str = "
    PRAGMA page_size = 4096;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA cache_size = -4096;
    PRAGMA wal_autocheckpoint = 1000;
    PRAGMA temp_store = MEMORY;
    PRAGMA busy_timeout = 5000;
    PRAGMA foreign_keys = ON;
    PRAGMA case_sensitive_like = ON;";

/// What readers miss they find in the system's own page cache.
const READER_CACHE: &str = "PRAGMA cache_size = -16384;";

/// The time limit is looked at every so many steps of SQLite's machine.
const STEPS: i32 = 4_000;

/// An open connection with its time limit.
pub(super) struct Opened {
    pub(super) connection: Connection,
    /// Counts statements: the time limit begins anew when it changes.
    statement: Arc<AtomicU64>,
}

pub(super) fn open(path: &Path, read_only: bool, timeout: Duration) -> Result<Opened> {
    let mode = if read_only {
        OpenFlags::SQLITE_OPEN_READ_ONLY
    } else {
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE
    };
    let flags = mode | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.execute_batch(SETTINGS)?;
    if read_only {
        connection.execute_batch(READER_CACHE)?;
    }
    let statement = Arc::new(AtomicU64::new(0));
    let (now, mut seen, mut since) = (statement.clone(), 0, Stopwatch::start());
    let too_long = move || {
        let current = now.load(Ordering::Relaxed);
        if current != seen {
            (seen, since) = (current, Stopwatch::start());
        }
        since.elapsed() > timeout
    };
    connection.progress_handler(STEPS, Some(too_long))?;
    Ok(Opened { connection, statement })
}

impl Opened {
    /// The time limit begins anew.
    pub(super) fn statement_begins(&self) {
        self.statement.fetch_add(1, Ordering::Relaxed);
    }
}

struct Prepared<'c> {
    statement: Statement<'c>,
    shape: Shape,
    reads_only: bool,
}

/// What is known of a statement beside SQLite's own handle.
pub(super) struct Shape {
    /// For each of SQLite's parameters, in its order, which of ours stands there.
    order: Box<[usize]>,
    pub(super) names_tenant: bool,
}

/// Whether the current unit of work can be undone without undoing its neighbours.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// No savepoint is wanted: this transaction is one unit's alone.
    Off,
    /// A savepoint will be set before the first change.
    Wanted,
    Set,
}

/// A connection with its prepared statements; lives on one thread.
pub(super) struct Session<'c> {
    opened: &'c Opened,
    statements: RefCell<Cache<Prepared<'c>>>,
    mark: Cell<Mark>,
}

impl<'c> Session<'c> {
    pub(super) fn new(opened: &'c Opened) -> Self {
        Self { opened, statements: RefCell::new(Cache::new()), mark: Cell::new(Mark::Off) }
    }

    /// Runs one of our own statements: `BEGIN`, `COMMIT`, …
    pub(super) fn plain(&self, sql: &'static str) -> Result<()> {
        self.with(&Call { sql, params: &[], names_tenant: false }, |p| {
            p.statement.raw_execute().map_err(|e| trouble(&e))
        })
        .map(|_| ())
        .map_err(Trouble::into_error)
    }

    /// Ends the transaction. When it cannot: whether it is certain that nothing was written, and why.
    pub(super) fn commit(&self) -> Result<(), (bool, Error)> {
        let call = Call { sql: "COMMIT", params: &[], names_tenant: false };
        let mut certain = false;
        let ran = self.with(&call, |p| {
            p.statement.raw_execute().map_err(|e| {
                certain = e.sqlite_error_code() == Some(ErrorCode::ConstraintViolation);
                trouble(&e)
            })
        });
        ran.map(|_| ()).map_err(|trouble| (certain, trouble.into_error()))
    }

    /// No transaction is open: SQLite ends one by itself after some errors.
    pub(super) fn is_idle(&self) -> bool {
        self.opened.connection.is_autocommit()
    }

    /// Undoes the whole transaction and begins it anew.
    pub(super) fn begin_again(&self) -> Result<()> {
        if !self.is_idle() {
            self.plain("ROLLBACK")?;
        }
        self.plain("BEGIN IMMEDIATE")
    }

    /// A unit of work begins: it will get a savepoint when it first changes something.
    pub(super) fn begin_unit(&self) {
        self.mark.set(Mark::Wanted);
    }
    pub(super) fn keep_unit(&self) -> Result<()> {
        match self.mark.replace(Mark::Off) {
            Mark::Set => self.plain("RELEASE unit"),
            Mark::Wanted | Mark::Off => Ok(()),
        }
    }
    pub(super) fn undo_unit(&self) -> Result<()> {
        match self.mark.replace(Mark::Off) {
            // After some errors SQLite has undone the whole transaction by itself.
            Mark::Set if self.is_idle() => Ok(()),
            Mark::Set => {
                self.plain("ROLLBACK TO unit")?;
                self.plain("RELEASE unit")
            }
            Mark::Wanted | Mark::Off => Ok(()),
        }
    }

    /// The prepared statement of `call`.
    fn find<'s>(
        &self,
        statements: &'s mut Cache<Prepared<'c>>,
        call: &Call<'_>,
    ) -> Result<&'s mut Prepared<'c>, Trouble> {
        let prepared = statements
            .get(call.sql, || prepare(&self.opened.connection, call.sql))
            .map_err(Trouble::Fault)?;
        if call.names_tenant && !prepared.shape.names_tenant {
            return Err(no_tenant());
        }
        Ok(prepared)
    }

    fn with<T>(
        &self,
        call: &Call<'_>,
        run: impl FnOnce(&mut Prepared<'c>) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let mut statements = self.statements.borrow_mut();
        let prepared = self.find(&mut statements, call)?;
        prepared.shape.bind(&mut prepared.statement, call.params).map_err(Trouble::Fault)?;
        self.opened.statement_begins();
        run(prepared)
    }

    /// Sets the unit's savepoint before its first change.
    fn before_change(&self, call: &Call<'_>) -> Result<(), Trouble> {
        if self.mark.get() == Mark::Wanted {
            let changes = !self.find(&mut self.statements.borrow_mut(), call)?.reads_only;
            if changes {
                self.plain("SAVEPOINT unit").map_err(Trouble::Fault)?;
                self.mark.set(Mark::Set);
            }
        }
        Ok(())
    }
}

pub(super) fn trouble(e: &rusqlite::Error) -> Trouble {
    Trouble::Fault(match e.sqlite_error_code() {
        Some(ErrorCode::OperationInterrupted) => {
            Error::fault("the statement took longer than statement_timeout_ms")
        }
        _ => Error::fault(e.to_string()),
    })
}

impl Conn for Session<'_> {
    fn exec(&self, call: &Call<'_>) -> Result<u64, Trouble> {
        self.before_change(call)?;
        self.with(call, |p| {
            let changed = p.statement.raw_execute().map_err(|e| trouble(&e))?;
            Ok(changed as u64)
        })
    }

    fn rows(
        &self,
        call: &Call<'_>,
        each: &mut dyn FnMut(&mut Row<'_>) -> Result<()>,
    ) -> Result<(), Trouble> {
        self.before_change(call)?;
        self.with(call, |p| {
            let mut rows = p.statement.raw_query();
            while let Some(row) = rows.next().map_err(|e| trouble(&e))? {
                each(&mut Row::new(RowRef::Sqlite(row))).map_err(Trouble::Fault)?;
            }
            Ok(())
        })
    }
}

fn prepare<'c>(c: &'c Connection, sql: &'static str) -> Result<Prepared<'c>> {
    let statement = c.prepare(&in_sqlite(sql))?;
    let reads_only = statement.readonly();
    Ok(Prepared { shape: Shape::of(&statement, sql)?, statement, reads_only })
}

/// The one word of PostgreSQL's that SQLite would take for another: a cast to bytes.
pub(super) fn in_sqlite(sql: &'static str) -> Cow<'static, str> {
    if sql.contains(" AS BYTEA)") {
        sql.replace(" AS BYTEA)", " AS BLOB)").into()
    } else {
        sql.into()
    }
}

impl Shape {
    pub(super) fn of(statement: &Statement<'_>, sql: &str) -> Result<Self> {
        // SQLite numbers `$2, $1` in order of appearance: bind by name, never by place.
        let order = (1..=statement.parameter_count()).map(|i| {
            let name = statement.parameter_name(i).and_then(|n| n.strip_prefix('$'));
            let number = name.and_then(|n| n.parse::<usize>().ok()).and_then(|n| n.checked_sub(1));
            number.ok_or_else(|| Error::fault("parameters are $1, $2, …"))
        });
        let order = order.collect::<Result<Box<[usize]>>>()?;
        Ok(Self { order, names_tenant: names_tenant(sql) })
    }

    pub(super) fn bind(&self, to: &mut Statement<'_>, params: &[Value<'_>]) -> Result<()> {
        if params.len() > self.order.len() {
            let (given, places) = (params.len(), self.order.len());
            return Err(Error::fault(format!("{given} values for {places} places")));
        }
        for (i, from) in self.order.iter().enumerate() {
            let value =
                params.get(*from).ok_or_else(|| Error::fault(format!("no ${}", from + 1)))?;
            let value = match *value {
                Value::Null => ValueRef::Null,
                Value::Int(v) => ValueRef::Integer(v),
                Value::Bool(v) => ValueRef::Integer(i64::from(v)),
                Value::Text(v) => ValueRef::Text(v.as_bytes()),
                Value::Bytes(v) => ValueRef::Blob(v),
            };
            to.raw_bind_parameter(i + 1, ToSqlOutput::Borrowed(value))?;
        }
        Ok(())
    }
}

/// Column `at` of a row.
pub(crate) fn value<'r>(row: &'r rusqlite::Row<'_>, at: usize) -> Result<Value<'r>> {
    Ok(match row.get_ref(at)? {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(v) => Value::Int(v),
        ValueRef::Text(v) => Value::Text(std::str::from_utf8(v)?),
        ValueRef::Blob(v) => Value::Bytes(v),
        ValueRef::Real(_) => return Err(Error::fault("a float came out of the database")),
    })
}
