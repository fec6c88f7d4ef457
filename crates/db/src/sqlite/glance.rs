//! Short reads on the caller's own thread: no way to a reader thread and back, which costs more than the read itself.
//!
//! Not for: anything that may take long. A caller's thread serves other customers too.

use super::conn::{Opened, Shape, in_sqlite, trouble};
use crate::cache::Cache;
use crate::tx::{Call, Conn, Trouble, Tx, no_tenant};
use crate::unit::{Unit, World};
use crate::value::{Row, RowRef};
use base::{Error, Result};
use rusqlite::Statement;
use rusqlite::config::DbConfig;
use std::borrow::Cow;
use std::cell::RefCell;
use std::sync::{Mutex, PoisonError, TryLockError};

/// Statements each connection keeps prepared.
const STATEMENTS_KEPT: usize = 64;

/// Connections for glances; a caller takes whichever is free.
pub(crate) struct Glances {
    free: Vec<Mutex<Option<Glance>>>,
}

impl Glances {
    pub(super) fn new(opened: Vec<Opened>) -> Result<Self> {
        let made = opened.into_iter().map(|o| Ok(Mutex::new(Some(Glance::new(o)?))));
        Ok(Self { free: made.collect::<Result<_>>()? })
    }

    /// Runs `unit` at once; gives it back when every connection is busy.
    pub(crate) fn run(&self, world: &World, mut unit: Box<dyn Unit>) -> Option<Box<dyn Unit>> {
        for place in &self.free {
            let held = match place.try_lock() {
                Ok(held) => held,
                Err(TryLockError::Poisoned(held)) => held.into_inner(),
                Err(TryLockError::WouldBlock) => continue,
            };
            let Some(glance) = held.as_ref() else { continue };
            let ran = glance.run(world, unit.as_mut());
            unit.finish(ran);
            return None;
        }
        Some(unit)
    }

    /// Lets the file go.
    pub(crate) fn close(&self) {
        for place in &self.free {
            place.lock().unwrap_or_else(PoisonError::into_inner).take();
        }
    }
}

struct Glance {
    opened: Opened,
    /// Texts as SQLite wants them, and what is known of them.
    shapes: RefCell<Cache<(Cow<'static, str>, Shape)>>,
}

impl Glance {
    fn new(opened: Opened) -> Result<Self> {
        opened.connection.set_prepared_statement_cache_capacity(STATEMENTS_KEPT);
        // Else a statement whose plan uses a partial index is prepared anew each time its values are cleared.
        opened.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        Ok(Self { opened, shapes: RefCell::new(Cache::new()) })
    }

    /// One unchanging picture for the whole unit.
    fn run(&self, world: &World, unit: &mut dyn Unit) -> Result<()> {
        self.plain("BEGIN")?;
        unit.run(&Tx::new(self, world, unit.scope()));
        // After an error the transaction may be over already; one that only read has nothing to lose.
        if !self.opened.connection.is_autocommit() {
            self.plain("ROLLBACK")?;
        }
        Ok(())
    }

    fn plain(&self, sql: &'static str) -> Result<()> {
        let call = Call { sql, params: &[], names_tenant: false };
        self.with(&call, |s| s.raw_execute().map_err(|e| trouble(&e)))
            .map(|_| ())
            .map_err(Trouble::into_error)
    }

    fn with<T>(
        &self,
        call: &Call<'_>,
        run: impl FnOnce(&mut Statement<'_>) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let fault = |e: rusqlite::Error| Trouble::Fault(Error::from(e));
        let connection = &self.opened.connection;
        let mut shapes = self.shapes.borrow_mut();
        let (text, shape) = shapes
            .get(call.sql, || {
                let text = in_sqlite(call.sql);
                let shape = Shape::of(&*connection.prepare_cached(&text)?, call.sql)?;
                Ok((text, shape))
            })
            .map_err(Trouble::Fault)?;
        let mut statement = connection.prepare_cached(text).map_err(fault)?;
        if call.names_tenant && !shape.names_tenant {
            return Err(no_tenant());
        }
        shape.bind(&mut statement, call.params).map_err(Trouble::Fault)?;
        self.opened.statement_begins();
        run(&mut statement)
    }
}

impl Conn for Glance {
    /// The connection is read-only: SQLite itself refuses a change.
    fn exec(&self, call: &Call<'_>) -> Result<u64, Trouble> {
        self.with(call, |s| Ok(s.raw_execute().map_err(|e| trouble(&e))? as u64))
    }

    fn rows(
        &self,
        call: &Call<'_>,
        each: &mut dyn FnMut(&mut Row<'_>) -> Result<()>,
    ) -> Result<(), Trouble> {
        self.with(call, |s| {
            let mut rows = s.raw_query();
            while let Some(row) = rows.next().map_err(|e| trouble(&e))? {
                each(&mut Row::new(RowRef::Sqlite(row))).map_err(Trouble::Fault)?;
            }
            Ok(())
        })
    }
}
