//! A PostgreSQL database of a test's own, where there is a server.

use base::Clock;
use db::testing::{TestDb, databases_with, postgres_url};
use db::{Migration, Options, Scope};

pub(crate) const DID_NOT_RUN: &str = "DID NOT RUN: TEST_POSTGRES_URL names no PostgreSQL";

/// A new database on the server, dropped at the end.
pub(crate) async fn database() -> Option<TestDb> {
    database_of(bank::app::MIGRATIONS.to_vec()).await
}

/// The same for whoever has these migrations.
pub(crate) async fn database_of(migrations: Vec<Migration>) -> Option<TestDb> {
    postgres_url()?;
    let made = databases_with(|url| {
        let mut options = Options::new(url, Clock::System);
        options.migrations.clone_from(&migrations);
        options
    });
    made.await.into_iter().find(|db| db.url.starts_with("postgres"))
}

/// Every connection to this database but the asking one ends as if the server had been restarted; how many.
pub(crate) async fn cut_all(db: &TestDb) -> i64 {
    let cut = |tx: &db::Tx<'_>| {
        tx.one::<(i64,)>(
            "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
            &[],
        )
    };
    // Our own other connections are cut as well and made anew.
    db.write(Scope::House, cut).await.map_or(0, |(n,)| n)
}
