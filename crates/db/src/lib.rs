//! The one door to the database, the same for SQLite and PostgreSQL.
//!
//! A *unit of work* is a plain synchronous closure over [`Tx`], run by [`Db::write`] or [`Db::read`].
//! It runs whole, on one thread, on one connection, at one instant of the clock, as if no one else
//! were there. It cannot await, so it cannot call WeChat or a core bank while a transaction is open.
//!
//! SQL is written once, in PostgreSQL's words, inside the subset both engines take
//! ([`words_check`] lists what is outside it).
//!
//! ```no_run
//! # async fn f() -> base::Result<()> {
//! use db::{Db, Migration, Options, Scope, params};
//!
//! let mut options = Options::new("sqlite:data/bank.db", base::Clock::System);
//! options.migrations = vec![Migration { name: "0001_note", sql: "CREATE TABLE note (…)" }];
//! let db = Db::open(options).await?;
//! let tenant = base::TenantId::of(7);
//! let id: i64 = db
//!     .write(Scope::Tenant(tenant), |tx| {
//!         let id = tx.new_id::<base::Tenant>();
//!         tx.exec(
//!             "INSERT INTO note (tenant_id, id, body) VALUES ($1, $2, $3)",
//!             params![tx.tenant(), id, "hello"],
//!         )?;
//!         Ok(id.raw())
//!     })
//!     .await?;
//! # let _ = id; Ok(()) }
//! ```
//!
//! Not for: the meaning of any table but its own two (`job`, `node_lease`), queries that are built
//! at run time (a statement is `&'static str`), or anything that waits for the network.

mod cache;
mod ddl;
mod door;
pub mod job;
mod many;
mod migrate;
mod node;
mod options;
mod pg;
mod sqlite;
pub mod testing;
mod tx;
mod unit;
mod value;
mod words;

pub use door::Db;
pub use job::NewJob;
pub use many::Many;
pub use options::{Engine, Migration, Options, Scope};
pub use pg::rls_sql;
pub use tx::Tx;
pub use value::{Column, FromRow, Param, Row, Value};
pub use words::words_check;
