//! One PostgreSQL connection: its prepared statements, and what its errors mean.

use crate::cache::Cache;
use crate::options::Scope;
use crate::tx::{Call, Conn, Trouble, names_tenant, no_tenant};
use crate::value::{Row, RowRef, Value};
use base::{Error, Result};
use postgres::error::SqlState;
use postgres::types::{ToSql, Type};
use postgres::{Client, Statement};
use std::cell::{Cell, RefCell};

/// A connection with its prepared statements; lives on one thread.
pub(super) struct Session {
    client: RefCell<Client>,
    statements: RefCell<Cache<Prepared>>,
    /// The tenant row security was told in this transaction.
    told: Cell<Option<Scope>>,
    row_security: bool,
    /// Something was changed since the unit of work began.
    changed: Cell<bool>,
}

#[derive(Clone)]
struct Prepared {
    statement: Statement,
    names_tenant: bool,
    reads_only: bool,
}

impl Session {
    pub(super) fn new(client: Client, row_security: bool) -> Self {
        Self {
            client: RefCell::new(client),
            statements: RefCell::new(Cache::new()),
            told: Cell::new(None),
            row_security,
            changed: Cell::new(false),
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.client.borrow().is_closed()
    }

    /// Runs one of our own statements: `BEGIN …`, `COMMIT`, …
    pub(super) fn plain(&self, sql: &str) -> Result<(), Trouble> {
        self.told.set(None);
        self.client
            .borrow_mut()
            .batch_execute(sql)
            .map_err(|e| self.trouble(&e))
    }

    /// A unit of work begins: tells row security for whom.
    pub(super) fn begin_unit(&self, scope: Scope) -> Result<(), Trouble> {
        self.changed.set(false);
        if !self.row_security || self.told.get() == Some(scope) {
            return Ok(());
        }
        let text = match scope {
            Scope::Tenant(id) => id.raw().to_string(),
            Scope::House => "*".to_owned(),
        };
        let call = Call {
            sql: "SELECT set_config('app.tenant', $1, true)",
            params: &[Value::Text(&text)],
            names_tenant: false,
        };
        self.exec(&call)?;
        self.changed.set(false);
        self.told.set(Some(scope));
        Ok(())
    }

    /// The unit of work that began last has changed something.
    pub(super) fn has_changed(&self) -> bool {
        self.changed.get()
    }

    fn prepared(&self, call: &Call<'_>) -> Result<Prepared, Trouble> {
        let mut statements = self.statements.borrow_mut();
        let prepared = statements.get(call.sql, || {
            let made = self.client.borrow_mut().prepare(call.sql);
            made.map(|statement| Prepared {
                statement,
                names_tenant: names_tenant(call.sql),
                reads_only: reads_only(call.sql),
            })
        });
        let prepared = prepared.map_err(|e| self.trouble(&e))?.clone();
        if call.names_tenant && !prepared.names_tenant {
            return Err(no_tenant());
        }
        if !prepared.reads_only {
            self.changed.set(true);
        }
        Ok(prepared)
    }

    pub(super) fn trouble(&self, e: &postgres::Error) -> Trouble {
        let closed = self.client.try_borrow().is_ok_and(|c| c.is_closed());
        // Another process changed the schema under a prepared statement: prepare anew, run again.
        let stale = e.code() == Some(&SqlState::FEATURE_NOT_SUPPORTED)
            && e.as_db_error()
                .is_some_and(|db| db.message().starts_with("cached plan"));
        if stale && let Ok(mut statements) = self.statements.try_borrow_mut() {
            statements.clear();
            return Trouble::Collision;
        }
        trouble(e, closed)
    }
}

/// What an error means for the transaction it happened in.
pub(super) fn trouble(e: &postgres::Error, closed: bool) -> Trouble {
    let Some(db) = e.as_db_error() else {
        let fault = crate::pg::server::fault(e);
        return if closed || e.is_closed() || is_io(e) {
            Trouble::Lost(fault)
        } else {
            Trouble::Fault(fault)
        };
    };
    let code = db.code();
    let collided = [
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::T_R_STATEMENT_COMPLETION_UNKNOWN,
        SqlState::LOCK_NOT_AVAILABLE,
    ];
    if collided.contains(code) {
        return Trouble::Collision;
    }
    if *code == SqlState::QUERY_CANCELED {
        return Trouble::Fault(Error::fault(
            "the statement took longer than statement_timeout_ms",
        ));
    }
    let fault = crate::pg::server::fault(e);
    let ended = [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
    ];
    if closed || ended.contains(code) || code.code().starts_with("08") {
        Trouble::Lost(fault)
    } else {
        Trouble::Fault(fault)
    }
}

fn is_io(e: &postgres::Error) -> bool {
    use std::error::Error as _;
    e.source()
        .is_some_and(|s| s.downcast_ref::<std::io::Error>().is_some())
}

/// A cautious guess: what does not begin with `SELECT` may change something.
fn reads_only(sql: &str) -> bool {
    sql.trim_start()
        .get(..6)
        .is_some_and(|w| w.eq_ignore_ascii_case("SELECT"))
}

impl Conn for Session {
    fn exec(&self, call: &Call<'_>) -> Result<u64, Trouble> {
        let prepared = self.prepared(call)?;
        let params: Vec<&(dyn ToSql + Sync)> = call.params.iter().map(|v| v as _).collect();
        let ran = self
            .client
            .borrow_mut()
            .execute(&prepared.statement, &params);
        ran.map_err(|e| self.trouble(&e))
    }

    fn rows(
        &self,
        call: &Call<'_>,
        each: &mut dyn FnMut(&mut Row<'_>) -> Result<()>,
    ) -> Result<(), Trouble> {
        let prepared = self.prepared(call)?;
        let params: Vec<&(dyn ToSql + Sync)> = call.params.iter().map(|v| v as _).collect();
        let rows = self.client.borrow_mut().query(&prepared.statement, &params);
        for row in &rows.map_err(|e| self.trouble(&e))? {
            each(&mut Row::new(RowRef::Postgres(row))).map_err(Trouble::Fault)?;
        }
        Ok(())
    }
}

/// Column `at` of a row.
pub(crate) fn value(row: &postgres::Row, at: usize) -> Result<Value<'_>> {
    let column = row
        .columns()
        .get(at)
        .ok_or_else(|| Error::fault(format!("no column {}", at + 1)))?;
    let value = match *column.type_() {
        Type::INT8 => row.try_get::<_, Option<i64>>(at)?.map(Value::Int),
        Type::INT4 => row
            .try_get::<_, Option<i32>>(at)?
            .map(|v| Value::Int(v.into())),
        Type::BOOL => row.try_get::<_, Option<bool>>(at)?.map(Value::Bool),
        Type::TEXT | Type::VARCHAR | Type::NAME => {
            row.try_get::<_, Option<&str>>(at)?.map(Value::Text)
        }
        Type::BYTEA => row.try_get::<_, Option<&[u8]>>(at)?.map(Value::Bytes),
        ref other => {
            return Err(Error::fault(format!(
                "column {} is {other}; CAST it to BIGINT, TEXT, BOOLEAN or BYTEA",
                at + 1
            )));
        }
    };
    Ok(value.unwrap_or(Value::Null))
}
