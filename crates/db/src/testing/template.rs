//! A schema made once and copied: a copy takes a sixth of the time of sixty steps.
//!
//! A template holds the schema and nothing else. Which one belongs to a list of steps its hash says, so a changed step
//! is never served from an old template. Opening a copy still looks at every step, as a later start of the bank does.

use super::url_of;
use crate::migrate::{all, checksum};
use crate::options::{Migration, Options};
use crate::pg::{self, Administrator};
use crate::sqlite;
use base::{Clock, Error, Random, Result};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Shorter lists are run each time: tests of the steps themselves have such.
const STEPS_MIN: usize = 10;
/// On a server templates outlive the process; one not used for so long is dropped when another is made.
const KEPT_MS: i64 = 7 * 24 * 3_600_000;
/// Processes make templates one after the other.
const LOCK: &str = "SELECT pg_advisory_lock(5794821)";

/// SQLite files of this process by hash.
static FILES: Mutex<BTreeMap<String, Arc<[u8]>>> = Mutex::new(BTreeMap::new());
/// Servers, and hashes whose template this process has seen ready there.
static ON_SERVER: Mutex<Vec<(String, String)>> = Mutex::new(Vec::new());

/// Where a test's schema comes from.
pub(super) struct Template {
    steps: Vec<Migration>,
    /// `None`: the schema is made in place, step by step.
    hash: Option<String>,
}

impl Template {
    pub(super) fn of(options: &Options) -> Result<Self> {
        let steps = all(options)?;
        // With these, opening changes more than the steps do.
        let is_plain = !options.row_security && options.migration_url.is_none();
        let listed = || steps.iter().map(|m| format!("{} {}\n", m.name, checksum(m.sql)));
        let is_long = options.migrations.len() >= STEPS_MIN;
        let hash = (is_plain && is_long).then(|| checksum(&listed().collect::<String>()));
        Ok(Self { steps, hash: hash.map(|h| h.chars().take(16).collect()) })
    }

    /// Puts the file where `options` will open it.
    pub(super) fn copy_to_file(&self, options: &Options) -> Result<()> {
        let Some(hash) = &self.hash else {
            return Ok(());
        };
        let bytes = {
            let mut files = FILES.lock().unwrap_or_else(PoisonError::into_inner);
            match files.get(hash) {
                Some(bytes) => bytes.clone(),
                None => {
                    let bytes: Arc<[u8]> = self.file(options)?.into();
                    files.insert(hash.clone(), bytes.clone());
                    bytes
                }
            }
        };
        std::fs::write(options.url.trim_start_matches("sqlite:"), bytes)?;
        Ok(())
    }

    /// A migrated file's bytes.
    fn file(&self, options: &Options) -> Result<Vec<u8>> {
        let folder =
            std::env::temp_dir().join(format!("weiyin-template-{}", Random::system().hex(8)));
        let made = self.file_in(&folder, options);
        let _ = std::fs::remove_dir_all(&folder);
        made
    }

    fn file_in(&self, folder: &Path, options: &Options) -> Result<Vec<u8>> {
        let path = folder.join("template.db");
        let options = Options { url: format!("sqlite:{}", path.display()), ..options.clone() };
        let file = sqlite::File::open(&options)?;
        file.migrate(&self.steps)?;
        drop(file);
        // The last connection takes the log along when it closes.
        if folder.join("template.db-wal").exists() {
            return Err(Error::fault("the template's log was not written into its file"));
        }
        Ok(std::fs::read(path)?)
    }

    /// Makes the database `name`.
    pub(super) fn copy_on_server(&self, options: &Options, admin: &str, name: &str) -> Result<()> {
        let mut server = Administrator::connect(admin)?;
        let Some(hash) = &self.hash else {
            return server.run(&format!("CREATE DATABASE {name}"));
        };
        let template = format!("weiyin_template_{hash}");
        let mut seen = ON_SERVER.lock().unwrap_or_else(PoisonError::into_inner);
        let here = (admin.to_owned(), hash.clone());
        if !seen.contains(&here) {
            self.make_on_server(&mut server, options, admin, &template)?;
            seen.push(here);
        }
        drop(seen);
        server.run(&format!("CREATE DATABASE {name} TEMPLATE {template}"))
    }

    /// A comment on the database says that it is whole, and when it was last looked for.
    fn make_on_server(
        &self,
        server: &mut Administrator,
        options: &Options,
        admin: &str,
        template: &str,
    ) -> Result<()> {
        server.run(LOCK)?;
        let now = Clock::System.now();
        let made = |which: &str| {
            format!(
                "SELECT CAST(datname AS TEXT) FROM pg_database WHERE datname LIKE 'weiyin_template_%' AND {which}"
            )
        };
        let is_whole = "shobj_description(oid, 'pg_database') IS NOT NULL";
        let ready = server.texts(&made(&format!("datname = '{template}' AND {is_whole}")))?;
        if ready.is_empty() {
            let before = now.plus_ms(-KEPT_MS).ms();
            let old = format!("shobj_description(oid, 'pg_database') < '{before:016}'");
            for name in server.texts(&made(&format!("(datname = '{template}' OR {old})")))? {
                server.run(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))?;
            }
            server.run(&format!("CREATE DATABASE {template}"))?;
            let options = Options { url: url_of(admin, template), ..options.clone() };
            pg::Server::new(&options)?.migrate(&self.steps)?;
            server.run(&format!("ALTER DATABASE {template} WITH ALLOW_CONNECTIONS false"))?;
        }
        server.run(&format!("COMMENT ON DATABASE {template} IS '{:016}'", now.ms()))?;
        server.run("SELECT pg_advisory_unlock_all()")
    }
}
