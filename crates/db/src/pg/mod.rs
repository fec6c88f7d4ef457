//! PostgreSQL: threads with one connection each.

mod conn;
mod link;
mod runner;
mod server;
mod tls;

use crate::tx::Tx;
use base::{Result, Time};

pub(crate) use conn::value;
pub(crate) use server::Server;
pub use server::rls_sql;

/// The server's clock.
pub(crate) fn server_time(tx: &Tx<'_>) -> Result<Time> {
    tx.one("SELECT CAST(FLOOR(EXTRACT(EPOCH FROM clock_timestamp()) * 1000) AS BIGINT)", &[])
}

/// Runs one statement on a server, for tests that make and drop databases.
pub(crate) fn administer(url: &str, sql: &str) -> base::Result<()> {
    let mut link = tls::Target::parse(url)?.connect(std::time::Duration::from_secs(60))?;
    link.run(sql).map_err(|e| server::fault(&e))
}
