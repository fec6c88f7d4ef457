//! Databases for tests: made new, dropped at the end, on every engine there is.
//!
//! SQLite always; PostgreSQL when `TEST_POSTGRES_URL` names a server whose role may create databases
//! (`postgres://postgres@127.0.0.1:5432/postgres`). Not for anything but tests.

use crate::{Db, Migration, Options};
use base::{Clock, Random, Result};
use std::ops::Deref;
use std::path::PathBuf;

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
                let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                let _ = on_server(admin.clone(), drop);
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
    let mut made = vec![sqlite_place()];
    made.extend(postgres_url().map(|admin| postgres_place(&admin)));
    let mut out = Vec::new();
    for place in made {
        let opened = match place {
            Ok((url, place)) => match Db::open(options(&url)).await {
                Ok(db) => Ok(TestDb { db: Some(db), url, _place: place }),
                Err(e) => Err(e),
            },
            Err(e) => Err(e),
        };
        out.push(opened.unwrap_or_else(|e| panic!("a test database could not be made: {e}")));
    }
    out
}

fn sqlite_place() -> Result<(String, Place)> {
    let folder = std::env::temp_dir().join(format!("weiyin-test-{}", Random::system().hex(8)));
    std::fs::create_dir_all(&folder)?;
    Ok((format!("sqlite:{}", folder.join("test.db").display()), Place::Folder(folder)))
}

fn postgres_place(admin: &str) -> Result<(String, Place)> {
    let name = format!("weiyin_test_{}", Random::system().hex(8));
    on_server(admin.to_owned(), format!("CREATE DATABASE {name}"))?;
    let (server, query) = admin.split_once('?').unwrap_or((admin, ""));
    let server = server.rsplit_once('/').map_or(server, |(s, _)| s);
    let url = if query.is_empty() {
        format!("{server}/{name}")
    } else {
        format!("{server}/{name}?{query}")
    };
    Ok((url, Place::Server { admin: admin.to_owned(), name }))
}

/// Runs one statement as the server's administrator, off any runtime.
fn on_server(admin: String, sql: String) -> Result<()> {
    let thread = std::thread::spawn(move || crate::pg::administer(&admin, &sql));
    thread.join().unwrap_or_else(|_| Err(base::Error::fault("the administrator's thread panicked")))
}
