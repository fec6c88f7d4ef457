//! Who used the processors: the servers under test, this generator, and everybody else on the machine.
//!
//! Linux only (`/proc`). Kernel workers are charged to nobody's process, so they show up as foreign.

use std::fs;

/// Microseconds in a tick of `/proc`: USER_HZ is 100 on every common Linux.
const TICK_US: u64 = 10_000;

/// The processes of the servers, found once: those given and all their descendants.
pub(crate) struct Watched(Vec<u32>);

/// Processor time since boot, in microseconds.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Sample {
    pub(crate) servers: u64,
    pub(crate) own: u64,
    pub(crate) machine: u64,
}

impl Watched {
    pub(crate) fn find(roots: &[u32]) -> Self {
        let parents: Vec<(u32, u32)> = fs::read_dir("/proc")
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .filter_map(|pid: u32| Some((pid, u32::try_from(stat(&pid.to_string())?.parent).ok()?)))
            .collect();
        let mut all = roots.to_vec();
        let mut at = 0;
        while let Some(&parent) = all.get(at) {
            let children = parents.iter().filter(|(_, p)| *p == parent).map(|(pid, _)| *pid);
            let fresh: Vec<u32> = children.filter(|pid| !all.contains(pid)).collect();
            all.extend(fresh);
            at += 1;
        }
        Self(all)
    }

    pub(crate) fn sample(&self) -> Sample {
        let used = |pid: &str| stat(pid).map_or(0, |s| s.ticks * TICK_US);
        Sample {
            servers: self.0.iter().map(|pid| used(&pid.to_string())).sum(),
            own: used("self"),
            machine: machine_ticks().unwrap_or(0) * TICK_US,
        }
    }
}

struct Stat {
    parent: u64,
    /// User and system time, with that of children that have ended.
    ticks: u64,
}

fn stat(pid: &str) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before the last bracket may hold anything.
    let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
    let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
    Some(Stat { parent: number(1)?, ticks: number(11)? + number(12)? + number(13)? + number(14)? })
}

/// All time that was not idle: user, nice, system, irq, softirq, steal.
fn machine_ticks() -> Option<u64> {
    let text = fs::read_to_string("/proc/stat").ok()?;
    let fields: Vec<u64> =
        text.lines().next()?.split_whitespace().skip(1).filter_map(|f| f.parse().ok()).collect();
    [0, 1, 2, 5, 6, 7].iter().map(|at| fields.get(*at).copied()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_finds_itself_and_its_time_grows() {
        let watched = Watched::find(&[std::process::id()]);
        let before = watched.sample();
        let mut spin = 0_u64;
        while watched.sample().own < before.own + 3 * TICK_US {
            spin = spin.wrapping_add(1);
        }
        let after = watched.sample();
        assert!(after.servers >= before.servers + 3 * TICK_US, "{before:?} {after:?} {spin}");
        assert!(after.machine > before.machine);
    }

    #[test]
    fn children_are_watched_with_their_parent() {
        let mut child = std::process::Command::new("sleep").arg("30").spawn().unwrap();
        let watched = Watched::find(&[std::process::id()]);
        assert!(watched.0.contains(&child.id()));
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
