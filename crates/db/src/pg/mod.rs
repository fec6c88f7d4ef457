//! PostgreSQL: threads with one connection each.

mod conn;
mod link;
mod runner;
mod server;
mod tls;

pub(crate) use conn::value;
pub(crate) use server::Server;
pub use server::rls_sql;

/// Runs one statement on a server, for tests that make and drop databases.
pub(crate) fn administer(url: &str, sql: &str) -> base::Result<()> {
    let mut link = tls::Target::parse(url)?.connect(std::time::Duration::from_secs(60))?;
    link.run(sql).map_err(|e| server::fault(&e))
}
