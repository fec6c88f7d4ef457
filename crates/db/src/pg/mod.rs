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

/// A session as the server's administrator, for tests that make, copy and drop databases.
pub(crate) struct Administrator(link::Link);

impl Administrator {
    pub(crate) fn connect(url: &str) -> Result<Self> {
        tls::Target::parse(url)?.connect(std::time::Duration::from_secs(60)).map(Self)
    }
    pub(crate) fn run(&mut self, sql: &str) -> Result<()> {
        self.0.run(sql).map_err(|e| server::fault(&e))
    }
    /// The first column of each row.
    pub(crate) fn texts(&mut self, sql: &str) -> Result<Vec<String>> {
        let rows = self.0.query(sql, &[]).map_err(|e| server::fault(&e))?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }
}
