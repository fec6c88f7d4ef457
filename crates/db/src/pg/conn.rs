//! One PostgreSQL connection: its prepared statements, and what its errors mean.

use super::link::{Ahead, Link};
use crate::cache::Cache;
use crate::options::Scope;
use crate::tx::{Call, Conn, Trouble, names_tenant, no_tenant};
use crate::value::{Row, RowRef, Value};
use base::{Error, Result};
use std::cell::{Cell, RefCell};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Statement};

/// So many requests may wait for the next statement to travel with.
const AHEAD_MAX: usize = 64;
/// The server keeps the plan it made of a statement, also the one it made while the table was empty and every index looked the
/// same, and then walks through an institution where it could find a row. So plans are made anew: soon at first, then each
/// time after so many transactions.
const PLANS_FIRST: u32 = 64;
const PLANS_MAX: u32 = 8_192;

/// A connection with its prepared statements; lives on one thread.
///
/// `BEGIN`, the word to row security and changes whose count nobody needs are not sent by themselves:
/// they travel with the next statement.
pub(super) struct Session {
    link: RefCell<Link>,
    statements: RefCell<Cache<Prepared>>,
    ahead: RefCell<Vec<Ahead>>,
    /// How many of `ahead` are not the current unit's own.
    carried: Cell<usize>,
    /// The server has heard of this transaction.
    begun: Cell<bool>,
    /// The tenant row security was told in this transaction.
    told: Cell<Option<Scope>>,
    row_security: bool,
    /// Something was changed since the unit of work began.
    changed: Cell<bool>,
    /// A unique rule said no in this transaction.
    taken: Cell<bool>,
    /// How many of `ahead` open the transaction.
    opening: Cell<usize>,
    /// Transactions since the server's plans were made, and how many there may be.
    plans: Cell<(u32, u32)>,
}

#[derive(Clone)]
struct Prepared {
    statement: Statement,
    names_tenant: bool,
    reads_only: bool,
}

impl Session {
    pub(super) fn new(link: Link, row_security: bool) -> Self {
        Self {
            link: RefCell::new(link),
            statements: RefCell::new(Cache::new()),
            ahead: RefCell::default(),
            carried: Cell::new(0),
            begun: Cell::new(false),
            told: Cell::new(None),
            row_security,
            changed: Cell::new(false),
            taken: Cell::new(false),
            opening: Cell::new(0),
            plans: Cell::new((0, PLANS_FIRST)),
        }
    }

    pub(super) fn is_closed(&self) -> bool {
        self.link.borrow().is_closed()
    }

    /// A transaction begins with the next statement.
    pub(super) fn begin(&self, sql: &'static str) {
        self.told.set(None);
        self.begun.set(false);
        self.taken.set(false);
        let mut ahead = self.ahead.borrow_mut();
        ahead.clear();
        let (begun, most) = self.plans.get();
        if begun < most {
            self.plans.set((begun + 1, most));
        } else {
            self.plans.set((0, (most * 2).min(PLANS_MAX)));
            ahead.push(Ahead::Plain("DISCARD PLANS"));
        }
        ahead.push(Ahead::Plain(sql));
        self.opening.set(ahead.len());
    }

    pub(super) fn commit(&self) -> Result<(), Trouble> {
        if !self.begun.get() && self.ahead.borrow().len() <= self.opening.get() {
            // No unit asked the database anything.
            return Ok(());
        }
        self.carried.set(0);
        let committed = self.fly(async |client: &Client| client.batch_execute("COMMIT").await);
        // Whatever it said, the transaction is over: there is nothing to roll back.
        self.begun.set(false);
        committed
    }

    pub(super) fn roll_back(&self) -> Result<(), Trouble> {
        self.ahead.borrow_mut().clear();
        if !self.begun.get() {
            return Ok(());
        }
        self.link.borrow_mut().run("ROLLBACK").map_err(|e| self.trouble(&e))
    }

    /// A unit of work begins: tells row security for whom.
    pub(super) fn begin_unit(&self, scope: Scope) -> Result<(), Trouble> {
        if self.row_security && self.told.get() != Some(scope) {
            let text = match scope {
                Scope::Tenant(id) => id.raw().to_string(),
                Scope::House => "*".to_owned(),
            };
            self.exec_later(&Call {
                sql: "SELECT set_config('app.tenant', $1, true)",
                params: &[Value::Text(&text)],
                names_tenant: false,
            })?;
            self.told.set(Some(scope));
        }
        self.changed.set(false);
        self.carried.set(self.ahead.borrow().len());
        Ok(())
    }

    /// The unit of work that began last has changed something.
    pub(super) fn has_changed(&self) -> bool {
        self.changed.get()
    }

    /// A unique rule said no in this transaction.
    pub(super) fn met_taken(&self) -> bool {
        self.taken.get()
    }

    /// Sends what waits, and `last`.
    fn fly<T>(
        &self,
        last: impl AsyncFnOnce(&Client) -> Result<T, tokio_postgres::Error>,
    ) -> Result<T, Trouble> {
        let ahead = self.ahead.take();
        let carried = self.carried.replace(0);
        if !ahead.is_empty() {
            self.begun.set(true);
        }
        let flown = self.link.borrow_mut().flight(&ahead, last);
        if let Some((at, e)) = flown.failed_ahead {
            return Err(match self.trouble(&e) {
                // A neighbour's statement failed: run them again, then alone, to learn whose.
                Trouble::Fault(_) if at < carried => Trouble::Collision,
                Trouble::Fault(e) => {
                    Trouble::Fault(Error::fault(format!("a statement before this one failed: {e}")))
                }
                other => other,
            });
        }
        flown.last.map_err(|e| self.trouble(&e))
    }

    fn prepared(&self, call: &Call<'_>) -> Result<Prepared, Trouble> {
        let mut statements = self.statements.borrow_mut();
        let prepared = statements.get(call.sql, || {
            let made = self.link.borrow_mut().prepare(call.sql);
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
        check(&prepared.statement, call.params)?;
        if !prepared.reads_only {
            self.changed.set(true);
        }
        Ok(prepared)
    }

    fn trouble(&self, e: &tokio_postgres::Error) -> Trouble {
        let closed = self.link.try_borrow().is_ok_and(|link| link.is_closed());
        // Another process changed the schema under a prepared statement: prepare anew, run again.
        let stale = e.code() == Some(&SqlState::FEATURE_NOT_SUPPORTED)
            && e.as_db_error().is_some_and(|db| db.message().starts_with("cached plan"));
        if stale && let Ok(mut statements) = self.statements.try_borrow_mut() {
            statements.clear();
            return Trouble::Collision;
        }
        if e.code() == Some(&SqlState::UNIQUE_VIOLATION) {
            self.taken.set(true);
        }
        trouble(e, closed)
    }
}

/// What an error means for the transaction it happened in.
pub(super) fn trouble(e: &tokio_postgres::Error, closed: bool) -> Trouble {
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
        SqlState::LOCK_NOT_AVAILABLE,
    ];
    if collided.contains(code) {
        return Trouble::Collision;
    }
    if *code == SqlState::QUERY_CANCELED {
        return Trouble::Fault(Error::fault("the statement took longer than statement_timeout_ms"));
    }
    let fault = crate::pg::server::fault(e);
    let ended = [SqlState::ADMIN_SHUTDOWN, SqlState::CRASH_SHUTDOWN, SqlState::CANNOT_CONNECT_NOW];
    if closed || ended.contains(code) || code.code().starts_with("08") {
        Trouble::Lost(fault)
    } else {
        Trouble::Fault(fault)
    }
}

fn is_io(e: &tokio_postgres::Error) -> bool {
    use std::error::Error as _;
    e.source().is_some_and(|s| s.downcast_ref::<std::io::Error>().is_some())
}

/// A cautious guess: what does not begin with `SELECT` may change something.
fn reads_only(sql: &str) -> bool {
    sql.trim_start().get(..6).is_some_and(|w| w.eq_ignore_ascii_case("SELECT"))
}

impl Conn for Session {
    fn is_in_process(&self) -> bool {
        false
    }

    fn exec(&self, call: &Call<'_>) -> Result<u64, Trouble> {
        let prepared = self.prepared(call)?;
        let params: Vec<&(dyn ToSql + Sync)> = call.params.iter().map(|v| v as _).collect();
        self.fly(async |client: &Client| client.execute(&prepared.statement, &params).await)
    }

    fn exec_later(&self, call: &Call<'_>) -> Result<(), Trouble> {
        let prepared = self.prepared(call)?;
        let values = call.params.iter().map(|v| v.kept()).collect();
        let waiting = {
            let mut ahead = self.ahead.borrow_mut();
            ahead.push(Ahead::Statement(prepared.statement, values));
            ahead.len()
        };
        if waiting < AHEAD_MAX { Ok(()) } else { self.fly(async |_: &Client| Ok(())) }
    }

    fn rows(
        &self,
        call: &Call<'_>,
        each: &mut dyn FnMut(&mut Row<'_>) -> Result<()>,
    ) -> Result<(), Trouble> {
        let prepared = self.prepared(call)?;
        let params: Vec<&(dyn ToSql + Sync)> = call.params.iter().map(|v| v as _).collect();
        let rows =
            self.fly(async |client: &Client| client.query(&prepared.statement, &params).await);
        for row in &rows? {
            each(&mut Row::new(RowRef::Postgres(row))).map_err(Trouble::Fault)?;
        }
        Ok(())
    }
}

/// The client panics on a wrong number of values.
fn check(statement: &Statement, params: &[Value<'_>]) -> Result<(), Trouble> {
    let (wanted, given) = (statement.params().len(), params.len());
    if wanted == given {
        return Ok(());
    }
    Err(Trouble::Fault(Error::fault(format!("{given} values for {wanted} places"))))
}

/// Column `at` of a row.
pub(crate) fn value(row: &tokio_postgres::Row, at: usize) -> Result<Value<'_>> {
    let column =
        row.columns().get(at).ok_or_else(|| Error::fault(format!("no column {}", at + 1)))?;
    let value = match *column.type_() {
        Type::INT8 => row.try_get::<_, Option<i64>>(at)?.map(Value::Int),
        Type::INT4 => row.try_get::<_, Option<i32>>(at)?.map(|v| Value::Int(v.into())),
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
