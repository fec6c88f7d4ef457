//! What a database is opened with.

use base::{Clock, Error, Random, Result, TenantId};
use std::fmt;

/// One step of the schema: runs once, whole, and never changes after it has landed.
///
/// `sql` is one or more statements in PostgreSQL's words, types `BIGINT`, `TEXT`, `BOOLEAN`, `BYTEA`.
/// A comment `-- sqlite: without rowid` inside a `CREATE TABLE` makes SQLite keep the rows in the
/// primary key's own tree (one page dirtied per insert instead of two; for narrow rows only).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Migration {
    /// Sorts by number: `0001_tenants`.
    pub name: &'static str,
    pub sql: &'static str,
}

/// For whom a unit of work runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// One institution: every statement must name `tenant_id`.
    Tenant(TenantId),
    /// The whole house: the job runner, the province's console, start-up.
    House,
}

impl Scope {
    /// The tenant's id; 0 for the house.
    pub fn tenant(self) -> TenantId {
        match self {
            Self::Tenant(id) => id,
            Self::House => TenantId::of(0),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// How to open a database. Start from [`Options::new`] and change what differs.
#[derive(Clone)]
pub struct Options {
    /// `sqlite:PATH`, or `postgres://user:password@host/database`. For PostgreSQL `sslmode` may be
    /// `disable`, `prefer`, `require`, `verify-ca` or `verify-full`, with `sslrootcert=FILE` (PEM; otherwise
    /// the system's roots). Without `sslmode`, loopback and sockets go plain and other hosts `require`.
    pub url: String,
    pub clock: Clock,
    pub random: Random,
    /// Node number inside new ids. `None`: 0 on SQLite, a leased row on PostgreSQL.
    pub node: Option<u8>,
    pub migrations: Vec<Migration>,
    /// PostgreSQL: where `read` goes instead of `url`. A replica lags: a unit of work that must see
    /// its own earlier write belongs into `write`.
    pub replica_url: Option<String>,
    /// PostgreSQL: the owner of the schema, when the role in `url` shall own nothing.
    pub migration_url: Option<String>,
    /// PostgreSQL: threads, and so connections, for writing. A tenant is always written by the same one.
    pub pg_writers: usize,
    /// PostgreSQL: threads, and so connections, for reading.
    pub pg_readers: usize,
    /// SQLite: threads for reading (there is always exactly one writer).
    pub sqlite_readers: usize,
    /// Units of work in one commit, at most.
    pub group_max: usize,
    /// A commit is not held open for more units after this many milliseconds.
    pub group_ms: u64,
    /// Units of work waiting, at most; past it `write` and `read` wait for room.
    pub queue_max: usize,
    /// One statement, at most.
    pub statement_timeout_ms: u64,
    /// A unit of work slower than this is logged with its name.
    pub slow_unit_ms: u64,
    /// PostgreSQL: row-level security as the second net under tenants.
    pub row_security: bool,
}

impl Options {
    /// Defaults for `url`; migrations are empty.
    pub fn new(url: impl Into<String>, clock: Clock) -> Self {
        Self {
            url: url.into(),
            clock,
            random: Random::system(),
            node: None,
            migrations: Vec::new(),
            replica_url: None,
            migration_url: None,
            pg_writers: 4,
            pg_readers: 4,
            sqlite_readers: 2,
            group_max: 256,
            group_ms: 20,
            queue_max: 1024,
            statement_timeout_ms: 5_000,
            slow_unit_ms: 50,
            row_security: false,
        }
    }

    /// Which engine `url` names.
    pub fn engine(&self) -> Result<Engine> {
        if self.url.starts_with("sqlite:") {
            Ok(Engine::Sqlite)
        } else if self.url.starts_with("postgres://") || self.url.starts_with("postgresql://") {
            Ok(Engine::Postgres)
        } else {
            Err(Error::fault("the database url must begin with sqlite: or postgres://"))
        }
    }
}

impl fmt::Debug for Options {
    /// Leaves the urls out: they may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("engine", &self.engine().ok())
            .field("node", &self.node)
            .field("migrations", &self.migrations.len())
            .finish_non_exhaustive()
    }
}
