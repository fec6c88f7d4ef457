//! What the machine itself must offer: room on the disk, files that only we read, the right time.

use super::{Finding, ill, well};
use crate::config::Config;
use base::{CHINA_OFFSET_MS, Time};
use std::path::{Path, PathBuf};

/// Under this the write-ahead log, a backup or a day's talk may not fit any more.
const FREE_MIB_MIN: u64 = 1_024;

pub(super) fn examine(config: &Config) -> Vec<Finding> {
    let keys = &config.keys;
    let mut folders = vec![folder_of(&keys.master_file)];
    for file in [keys.core_master_file(), keys.core_pin_file.clone()] {
        let folder = folder_of(&file);
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    let mut found: Vec<Finding> = folders.iter().map(|folder| key_folder(folder)).collect();
    let mut disks = vec![folder_of(&keys.master_file)];
    if let Some(file) = config.database.url.strip_prefix("sqlite:").map(PathBuf::from) {
        found.push(database_file(&file));
        disks.insert(0, folder_of(&file));
    }
    disks.dedup();
    found.extend(disks.iter().map(|at| disk(at, free_mib(at))));
    found
}

fn folder_of(file: &Path) -> PathBuf {
    let folder = file.parent().filter(|p| !p.as_os_str().is_empty());
    folder.unwrap_or(Path::new(".")).to_owned()
}

/// Permission bits of a file; none where there are no such bits or no such file.
fn mode(path: &Path) -> Option<u32> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::metadata(path).ok().map(|m| m.permissions().mode())
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

pub(super) fn database_file(file: &Path) -> Finding {
    match mode(file) {
        Some(mode) if mode & 0o007 != 0 => ill(
            "files",
            format!(
                "{0} is open to every user of this machine: chmod 640 {0}*, or 600 if no group backs it up",
                file.display()
            ),
        ),
        _ => well("files", format!("{} is closed to others", file.display())),
    }
}

/// Whoever may write in the folder of keys may put another key in their place.
pub(super) fn key_folder(folder: &Path) -> Finding {
    match mode(folder) {
        Some(mode) if mode & 0o022 != 0 => {
            ill("key files", format!("others may write in {0}: chmod 700 {0}", folder.display()))
        }
        _ => well("key files", format!("only we write in {}", folder.display())),
    }
}

fn free_mib(at: &Path) -> Option<u64> {
    #[cfg(unix)]
    {
        let told = rustix::fs::statvfs(at).ok()?;
        Some(told.f_bavail.saturating_mul(told.f_frsize) / (1 << 20))
    }
    #[cfg(not(unix))]
    {
        let _ = at;
        None
    }
}

pub(super) fn disk(at: &Path, free_mib: Option<u64>) -> Finding {
    let at = at.display();
    match free_mib {
        None => well("disk", format!("{at}: how much room is left cannot be told here")),
        Some(free) if free < FREE_MIB_MIN => {
            ill("disk", format!("{at}: {free} MiB left; make room, {FREE_MIB_MIN} MiB at least"))
        }
        Some(free) => well("disk", format!("{at}: {} GiB left", free / 1_024)),
    }
}

/// The `Date` of an HTTP answer: `Mon, 23 Nov 2026 02:00:00 GMT` (RFC 9110 §5.6.7, the one form servers send).
pub(super) fn http_date(text: &str) -> Option<Time> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (_, rest) = text.split_once(", ")?;
    let mut words = rest.strip_suffix(" GMT")?.split(' ');
    let day = words.next()?.parse().ok()?;
    let name = words.next()?;
    let month = i64::try_from(MONTHS.iter().position(|m| *m == name)?).ok()? + 1;
    let year = words.next()?.parse().ok()?;
    let mut clock = words.next()?.split(':').map(str::parse::<i64>);
    let mut part = || clock.next()?.ok();
    let seconds = part()? * 3_600 + part()? * 60 + part()?;
    let midnight = Time::of_china_date(year, month, day).plus_ms(CHINA_OFFSET_MS);
    Some(midnight.plus_ms(seconds * 1_000))
}
