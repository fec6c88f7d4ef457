//! [`Tx`]: the world as one unit of work sees it.

use crate::job::{self, NewJob};
use crate::many::Many;
use crate::options::Scope;
use crate::unit::World;
use crate::value::{FromRow, Row, Value};
use base::{Error, Id, Random, Result, TenantId, Time};
use std::cell::Cell;

/// Why a statement did not run.
pub(crate) enum Trouble {
    /// Two units of work collided; the engine asks for a re-run. Never leaves this crate.
    Collision,
    /// The connection is gone and with it the transaction.
    Lost(Error),
    Fault(Error),
}

impl Trouble {
    pub(crate) fn into_error(self) -> Error {
        match self {
            Self::Collision => Error::fault("units of work collided"),
            Self::Lost(e) | Self::Fault(e) => e,
        }
    }
}

/// One statement to run.
pub(crate) struct Call<'a> {
    pub(crate) sql: &'static str,
    pub(crate) params: &'a [Value<'a>],
    /// The statement's text must name `tenant_id`.
    pub(crate) names_tenant: bool,
}

/// A connection inside a transaction, of either engine.
pub(crate) trait Conn {
    fn exec(&self, call: &Call<'_>) -> Result<u64, Trouble>;
    /// The same when nobody needs the count; may be sent later, together with the next statement.
    fn exec_later(&self, call: &Call<'_>) -> Result<(), Trouble> {
        self.exec(call).map(|_| ())
    }
    fn rows(
        &self,
        call: &Call<'_>,
        each: &mut dyn FnMut(&mut Row<'_>) -> Result<()>,
    ) -> Result<(), Trouble>;
    /// A statement is a call, not a way to a server and back.
    fn is_in_process(&self) -> bool {
        true
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Health {
    Fine,
    Failed,
    Collided,
    Lost,
}

/// A unit of work in progress: the database, who for, what time it is, and new ids.
pub struct Tx<'c> {
    conn: &'c dyn Conn,
    world: &'c World,
    now: Time,
    scope: Scope,
    health: Cell<Health>,
    enqueued: Cell<bool>,
}

impl std::fmt::Debug for Tx<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tx").field("scope", &self.scope).finish_non_exhaustive()
    }
}

impl<'c> Tx<'c> {
    pub(crate) fn new(conn: &'c dyn Conn, world: &'c World, scope: Scope) -> Self {
        Self {
            conn,
            world,
            now: world.clock.now(),
            scope,
            health: Cell::new(Health::Fine),
            enqueued: Cell::new(false),
        }
    }
    pub(crate) fn world(&self) -> &World {
        self.world
    }
    pub(crate) fn health(&self) -> Health {
        self.health.get()
    }
    /// A job that is due was enqueued: wake the runner after the commit.
    pub(crate) fn enqueued(&self) -> bool {
        self.enqueued.get()
    }
}

impl Tx<'_> {
    /// The tenant of [`Scope::Tenant`]; id 0 for [`Scope::House`].
    pub fn tenant(&self) -> TenantId {
        self.scope.tenant()
    }
    pub fn scope(&self) -> Scope {
        self.scope
    }
    /// Time stands still inside a unit of work.
    pub fn now(&self) -> Time {
        self.now
    }
    pub fn new_id<T>(&self) -> Id<T> {
        Id::of(self.world.ids.next(self.now))
    }
    pub fn random(&self) -> &Random {
        &self.world.random
    }

    /// Runs a statement; the number of rows it changed.
    pub fn exec(&self, sql: &'static str, params: &[Value<'_>]) -> Result<u64> {
        let call = self.call(sql, params)?;
        self.note(sql, self.conn.exec(&call))
    }

    /// Runs a change whose count nobody needs. On PostgreSQL it travels with the next statement or the
    /// commit, which saves a round trip; should it fail, the unit of work fails there.
    pub fn exec_later(&self, sql: &'static str, params: &[Value<'_>]) -> Result<()> {
        let call = self.call(sql, params)?;
        self.note(sql, self.conn.exec_later(&call))
    }

    /// Runs `many` for all rows of `values`, which stand one after the other; the number of rows changed.
    pub fn exec_many(&self, many: &'static Many, values: &[Value<'_>]) -> Result<u64> {
        let mut changed = 0;
        let mut rest = values;
        while !rest.is_empty() {
            let (sql, rows) = many.text(rest.len() / many.width, self.conn.is_in_process());
            let (some, after) = rest.split_at((rows * many.width).min(rest.len()));
            changed += self.exec(sql, some)?;
            rest = after;
        }
        Ok(changed)
    }

    /// Runs a guarded change: true when exactly one row changed, false when none; more is a fault.
    pub fn exec_one(&self, sql: &'static str, params: &[Value<'_>]) -> Result<bool> {
        match self.exec(sql, params)? {
            0 => Ok(false),
            1 => Ok(true),
            n => {
                self.health.set(Health::Failed);
                Err(Error::fault(format!("one row was to change, {n} did: {sql}")))
            }
        }
    }

    /// All rows of a query, or of a change with `RETURNING`.
    pub fn all<T: FromRow>(&self, sql: &'static str, params: &[Value<'_>]) -> Result<Vec<T>> {
        let call = self.call(sql, params)?;
        let mut out = Vec::new();
        let ran = self.conn.rows(&call, &mut |row| {
            out.push(T::from_row(row)?);
            Ok(())
        });
        self.note(sql, ran)?;
        Ok(out)
    }

    /// The first row, if there is one.
    pub fn opt<T: FromRow>(&self, sql: &'static str, params: &[Value<'_>]) -> Result<Option<T>> {
        let call = self.call(sql, params)?;
        let mut out = None;
        let ran = self.conn.rows(&call, &mut |row| {
            if out.is_none() {
                out = Some(T::from_row(row)?);
            }
            Ok(())
        });
        self.note(sql, ran)?;
        Ok(out)
    }

    /// The first row; a fault when there is none. For a row a customer can ask for in vain, use [`Tx::opt`].
    pub fn one<T: FromRow>(&self, sql: &'static str, params: &[Value<'_>]) -> Result<T> {
        self.opt(sql, params)?.ok_or_else(|| Error::fault(format!("no row: {sql}")))
    }

    /// Writes a job in this same unit. False when the same `dedupe` key already waits.
    pub fn enqueue(&self, job: &NewJob<'_>) -> Result<bool> {
        if let Scope::Tenant(tenant) = self.scope
            && tenant != job.tenant
        {
            return Err(Error::fault("a job of another tenant was enqueued"));
        }
        let fresh = job::insert(self, job)?;
        if fresh && job.run_at <= self.now {
            self.enqueued.set(true);
        }
        Ok(fresh)
    }

    /// After one failed statement nothing more runs: PostgreSQL behaves so, and SQLite shall too.
    fn call<'a>(&self, sql: &'static str, params: &'a [Value<'a>]) -> Result<Call<'a>> {
        if self.health.get() != Health::Fine {
            return Err(Error::fault(format!(
                "this unit of work has already failed; not run: {sql}"
            )));
        }
        Ok(Call { sql, params, names_tenant: matches!(self.scope, Scope::Tenant(_)) })
    }

    fn note<T>(&self, sql: &str, ran: Result<T, Trouble>) -> Result<T> {
        let trouble = match ran {
            Ok(v) => return Ok(v),
            Err(trouble) => trouble,
        };
        self.health.set(match trouble {
            Trouble::Collision => Health::Collided,
            Trouble::Lost(_) => Health::Lost,
            Trouble::Fault(_) => Health::Failed,
        });
        Err(match trouble.into_error() {
            Error::Fault(f) => Error::Fault(f.context(format_args!("in «{sql}»"))),
            refused @ Error::Refused(_) => refused,
        })
    }
}

/// The net under tenants: a statement's text names `tenant_id`.
pub(crate) fn names_tenant(sql: &str) -> bool {
    sql.contains("tenant_id")
}

pub(crate) fn no_tenant() -> Trouble {
    Trouble::Fault(Error::fault("inside a tenant a statement must name tenant_id"))
}
