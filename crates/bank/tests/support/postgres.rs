//! A PostgreSQL database of a test's own, where there is a server.

use base::Clock;
use db::Options;
use db::testing::{TestDb, databases_with, postgres_url};

pub(crate) const DID_NOT_RUN: &str = "DID NOT RUN: TEST_POSTGRES_URL names no PostgreSQL";

/// A new database on the server, dropped at the end.
pub(crate) async fn database() -> Option<TestDb> {
    postgres_url()?;
    let made = databases_with(|url| {
        let mut options = Options::new(url, Clock::System);
        options.migrations = bank::app::MIGRATIONS.to_vec();
        options
    });
    made.await.into_iter().find(|db| db.url.starts_with("postgres"))
}
