//! Databases for tests: made new, dropped at the end, on every engine there is.
//!
//! SQLite always; PostgreSQL when `TEST_POSTGRES_URL` names a server whose role may create databases
//! (`postgres://postgres@127.0.0.1:5432/postgres`). A long schema is made once and copied from then on.
//! Not for anything but tests.

mod template;

use crate::pg::Administrator;
use crate::{Db, Migration, Options};
use base::{Clock, Error, Random, Result};
use std::ops::Deref;
use std::path::PathBuf;
use template::Template;

/// A database of a test's own. Use it as a [`Db`].
#[derive(Debug)]
pub struct TestDb {
    db: Option<Db>,
    /// To open it once more: `db::Options::new(&test.url, clock)`.
    pub url: String,
    _place: Place,
}

/// Where it lives; removed when dropped.
#[derive(Debug)]
enum Place {
    Folder(PathBuf),
    Server { admin: String, name: String },
}

impl Drop for Place {
    fn drop(&mut self) {
        match self {
            Self::Folder(path) => {
                let _ = std::fs::remove_dir_all(path);
            }
            Self::Server { admin, name } => {
                let (admin, name) = (admin.clone(), name.clone());
                let _ = off_the_runtime(move || {
                    let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                    Administrator::connect(&admin)?.run(&drop)
                });
            }
        }
    }
}

impl Deref for TestDb {
    type Target = Db;
    fn deref(&self) -> &Db {
        // Taken only by `Drop`, after which nobody derefs.
        match &self.db {
            Some(db) => db,
            None => unreachable!("a dropped test database"),
        }
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        // The threads end by themselves once the last handle is gone.
        self.db = None;
    }
}

/// The PostgreSQL server tests may use, if one is named.
#[expect(clippy::disallowed_methods, reason = "tests are told about a server by the environment")]
pub fn postgres_url() -> Option<String> {
    std::env::var("TEST_POSTGRES_URL").ok().filter(|url| !url.is_empty())
}

/// One new, migrated database per engine, with seeded randomness.
pub async fn databases(migrations: &[Migration], clock: &Clock) -> Vec<TestDb> {
    databases_with(|url| {
        let mut options = Options::new(url, clock.clone());
        options.migrations = migrations.to_vec();
        options.random = Random::seeded(1);
        options
    })
    .await
}

/// The same with options of the test's own, made from the new database's url.
///
/// Panics when a database cannot be made: a test must not pass without one.
#[expect(
    clippy::panic,
    reason = "only tests call this, and a test without its database has failed"
)]
pub async fn databases_with(options: impl Fn(&str) -> Options) -> Vec<TestDb> {
    let (url, folder) = sqlite_name();
    let mut chosen = vec![(options(&url), Place::Folder(folder))];
    if let Some(admin) = postgres_url() {
        let name = format!("weiyin_test_{}", Random::system().hex(8));
        chosen.push((options(&url_of(&admin, &name)), Place::Server { admin, name }));
    }
    let mut out = Vec::new();
    for (options, place) in chosen {
        let made = make(options, place).await;
        out.push(made.unwrap_or_else(|e| panic!("a test database could not be made: {e}")));
    }
    out
}

/// One new, migrated database on the server of this administrator's url.
///
/// Panics when it cannot be made.
#[expect(
    clippy::panic,
    reason = "only tests call this, and a test without its database has failed"
)]
pub async fn database_on(admin: &str, options: impl FnOnce(&str) -> Options) -> TestDb {
    let name = format!("weiyin_test_{}", Random::system().hex(8));
    let options = options(&url_of(admin, &name));
    let made = make(options, Place::Server { admin: admin.to_owned(), name }).await;
    made.unwrap_or_else(|e| panic!("a test database could not be made: {e}"))
}

async fn make(options: Options, place: Place) -> Result<TestDb> {
    let (plan, url) = (options.clone(), options.url.clone());
    // Owned by the thread until it is made, so that what a failure leaves is removed.
    let place = off_the_runtime(move || {
        let template = Template::of(&plan)?;
        match &place {
            Place::Folder(path) => {
                std::fs::create_dir_all(path)?;
                template.copy_to_file(&plan)?;
            }
            Place::Server { admin, name } => template.copy_on_server(&plan, admin, name)?,
        }
        Ok(place)
    })?;
    let db = Db::open(options).await?;
    Ok(TestDb { db: Some(db), url, _place: place })
}

fn sqlite_name() -> (String, PathBuf) {
    let folder = std::env::temp_dir().join(format!("weiyin-test-{}", Random::system().hex(8)));
    (format!("sqlite:{}", folder.join("test.db").display()), folder)
}

/// The administrator's url with another database.
fn url_of(admin: &str, name: &str) -> String {
    let (server, query) = admin.split_once('?').unwrap_or((admin, ""));
    let server = server.rsplit_once('/').map_or(server, |(s, _)| s);
    let sign = if query.is_empty() { "" } else { "?" };
    format!("{server}/{name}{sign}{query}")
}

/// The PostgreSQL client must not run inside a runtime.
fn off_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    let ended = std::thread::spawn(work).join();
    ended.unwrap_or_else(|_| Err(Error::fault("the thread that makes a test database panicked")))
}
