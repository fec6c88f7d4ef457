//! A demo that goes on in the background, and its end by process id.

use super::Args;
use base::{Context, Error, Result};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

const READY_TRIES: u32 = 600;
const LOOK_EVERY: Duration = Duration::from_millis(100);
const STOP_TRIES: u32 = 150;

/// Starts the same program without a terminal and returns when its demo.json says it is ready.
pub fn detach(args: &Args) -> Result<()> {
    super::Places::of(args.port)?.are_free()?;
    let ready = args.data.join("demo.json");
    let _ = std::fs::remove_file(&ready);
    std::fs::create_dir_all(&args.data).doing("making the demo folder")?;
    // The mark is written first, so that the child takes this new folder for its own.
    std::fs::write(args.data.join(".weiyin-demo"), "").doing("writing into the demo folder")?;
    let log = std::fs::File::create(args.data.join("demo.log")).doing("making demo.log")?;
    let port = args.port.to_string();
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["demo", "--port", &port, "--data"]).arg(&args.data);
    if args.keep {
        command.arg("--keep");
    }
    if args.verbose {
        command.arg("--verbose");
    }
    command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        command.process_group(0);
    }
    let mut child = command.spawn().doing("starting the demo")?;
    std::fs::write(args.data.join("demo.pid"), child.id().to_string())?;
    for _ in 0..READY_TRIES {
        if ready.exists() {
            let text = std::fs::read_to_string(&ready)?;
            let told: Value = serde_json::from_str(&text)?;
            return say(&format!(
                "the demo is ready: {}\nend it with: make demo-stop",
                told["phone"].as_str().unwrap_or_default()
            ));
        }
        if let Some(status) = child.try_wait()? {
            let log = std::fs::read_to_string(args.data.join("demo.log")).unwrap_or_default();
            return Err(Error::fault(format!("the demo ended ({status}):\n{}", log.trim_end())));
        }
        std::thread::sleep(LOOK_EVERY);
    }
    Err(Error::fault("the demo was not ready in a minute; see demo.log in its folder"))
}

/// Ends a detached demo by its pid and waits for it. Whoever else has that pid by now is left alone.
///
/// # Errors
/// None is known there, or it still runs.
pub fn stop_detached(data: &Path) -> Result<()> {
    let file = data.join("demo.pid");
    let Ok(pid) = std::fs::read_to_string(&file) else {
        return Err(Error::fault(format!("no detached demo in {}", data.display())));
    };
    let pid = pid.trim().to_owned();
    if !is_ours(&pid, data) {
        let _ = std::fs::remove_file(file);
        return say("the demo had ended before");
    }
    Command::new("kill").args(["-TERM", &pid]).status().doing("asking the demo to stop")?;
    for _ in 0..STOP_TRIES {
        // What only waits for its parent to notice has ended.
        if !is_ours(&pid, data) || is_zombie(&pid) {
            let _ = std::fs::remove_file(file);
            return say("the demo has stopped");
        }
        std::thread::sleep(LOOK_EVERY);
    }
    Err(Error::fault(format!("the demo still runs: process {pid} was asked to end and has not")))
}

/// Whether that process is the demo of this folder: its words are those [`detach`] starts it with.
fn is_ours(pid: &str, data: &Path) -> bool {
    let process = Path::new("/proc").join(pid);
    let Ok(line) = std::fs::read(process.join("cmdline")) else { return false };
    let words: Vec<_> = line.split(|b| *b == 0).map(String::from_utf8_lossy).collect();
    let Some(at) = words.iter().position(|w| w == "--data") else { return false };
    let Some(folder) = words.get(at + 1) else { return false };
    let from = std::fs::read_link(process.join("cwd")).unwrap_or_default();
    let is_here = match (from.join(folder.as_ref()).canonicalize(), data.canonicalize()) {
        (Ok(theirs), Ok(ours)) => theirs == ours,
        _ => false,
    };
    is_here && words.get(1).is_some_and(|w| w == "demo")
}

fn is_zombie(pid: &str) -> bool {
    let stat =
        std::fs::read_to_string(Path::new("/proc").join(pid).join("stat")).unwrap_or_default();
    stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'))
}

fn say(text: &str) -> Result<()> {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{text}");
    Ok(())
}
