//! PostgreSQL: threads with one connection each.

mod conn;
mod runner;
mod server;
mod tls;

pub(crate) use conn::value;
pub(crate) use server::Server;
pub use server::rls_sql;
