//! A PostgreSQL server of a test's own, that may be killed and begun anew over the same files.

use base::{Clock, Stopwatch};
use db::testing::{TestDb, database_on};
use db::{Migration, Options};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;
use tempfile::TempDir;

pub(crate) const DID_NOT_RUN: &str = "DID NOT RUN: no PostgreSQL can be started here";
const READY_IN: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(20);
const SETTINGS: [&str; 5] = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=100",
    "shared_buffers=64MB",
    "log_min_messages=fatal",
];

/// Ended, and its files removed, when dropped.
pub(crate) struct Server {
    bin: PathBuf,
    /// Whom it runs as: PostgreSQL refuses to run as root.
    as_whom: Option<(u32, u32)>,
    port: u16,
    child: Child,
    home: TempDir,
}

impl Server {
    /// `None` where there are no programs of PostgreSQL's, or nobody to run them as.
    pub(crate) fn start(port: u16) -> Option<Self> {
        let bin = programs()?;
        let is_root = std::fs::metadata("/proc/self").ok()?.uid() == 0;
        let as_whom = if is_root { Some(postgres_user()?) } else { None };
        let home = tempfile::tempdir().unwrap();
        if let Some((user, group)) = as_whom {
            chown(home.path(), Some(user), Some(group)).unwrap();
        }
        let mut initdb = command(&bin, "initdb", as_whom, home.path());
        initdb.args(["-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]);
        assert!(initdb.arg("--locale=C.UTF-8").status().unwrap().success(), "initdb failed");
        let child = postmaster(&bin, as_whom, home.path(), port);
        let mut server = Self { bin, as_whom, port, child, home };
        server.ready();
        Some(server)
    }

    /// SIGKILL to the process that all others of the server belong to; they end when they notice.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub(crate) fn again(&mut self) {
        self.child = postmaster(&self.bin, self.as_whom, self.home.path(), self.port);
        self.ready();
    }

    /// Until it has played back what it had written down, and answers.
    fn ready(&mut self) {
        let watch = Stopwatch::start();
        let port = self.port.to_string();
        while !command(&self.bin, "pg_isready", self.as_whom, self.home.path())
            .args(["-q", "-h", "127.0.0.1", "-p", &port])
            .status()
            .unwrap()
            .success()
        {
            assert!(watch.elapsed() < READY_IN, "PostgreSQL is not ready after {READY_IN:?}");
            // It does not begin while processes of the killed one have not noticed yet.
            if self.child.try_wait().unwrap().is_some() {
                self.child = postmaster(&self.bin, self.as_whom, self.home.path(), self.port);
            }
            sleep(LOOK_EVERY);
        }
    }

    /// A new database on it.
    pub(crate) async fn database(&self, migrations: Vec<Migration>) -> TestDb {
        let admin = format!("postgres://postgres@127.0.0.1:{}/postgres", self.port);
        let with = |url: &str| {
            let mut options = Options::new(url, Clock::System);
            options.migrations = migrations;
            options
        };
        database_on(&admin, with).await
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut stop = command(&self.bin, "pg_ctl", self.as_whom, self.home.path());
        let _ = stop.args(["-D", "data", "-s", "-w", "-m", "immediate", "stop"]).status();
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(bin: &Path, name: &str, as_whom: Option<(u32, u32)>, home: &Path) -> Command {
    let mut command = Command::new(bin.join(name));
    command.current_dir(home).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if let Some((user, group)) = as_whom {
        command.uid(user).gid(group);
    }
    command
}

fn postmaster(bin: &Path, as_whom: Option<(u32, u32)>, home: &Path, port: u16) -> Child {
    let mut server = command(bin, "postgres", as_whom, home);
    server.args(["-D", "data", "-p", &port.to_string()]);
    for setting in SETTINGS {
        server.args(["-c", setting]);
    }
    server.spawn().unwrap()
}

/// The newest there are.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<PathBuf> = versions
        .filter_map(|v| Some(v.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    found.sort();
    found.pop()
}

fn postgres_user() -> Option<(u32, u32)> {
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    let line = users.lines().find(|l| l.starts_with("postgres:"))?;
    let fields: Vec<&str> = line.split(':').collect();
    Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?))
}
