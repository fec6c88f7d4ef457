//! The real binary run to its end.

use base::Stopwatch;
use std::io::Write;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

/// Nothing that is expected to end takes longer.
const ENDS_IN: Duration = Duration::from_secs(60);

/// How it ended and what it said on both streams.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) said: String,
}

/// Runs `weiyin` with these arguments and environment until it ends; kills it when it does not.
pub(crate) fn run(args: &[&str], env: &[(&str, &str)]) -> Ended {
    run_with(args, env, "")
}

/// The same with something on its standard input.
pub(crate) fn run_with(args: &[&str], env: &[(&str, &str)], input: &str) -> Ended {
    let mut child = Command::new(env!("CARGO_BIN_EXE_weiyin"))
        .args(args)
        .envs(env.iter().copied())
        .env_remove("WEIYIN_CONFIG")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may have ended without reading.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let watch = Stopwatch::start();
    while child.try_wait().unwrap().is_none() {
        if watch.elapsed() > ENDS_IN {
            let _ = child.kill();
            break;
        }
        sleep(Duration::from_millis(5));
    }
    let out = child.wait_with_output().unwrap();
    let said = [out.stdout, out.stderr].concat();
    Ended { code: out.status.code(), said: String::from_utf8_lossy(&said).into_owned() }
}
