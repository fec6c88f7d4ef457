//! An independent client does what WeChat does: PyPI `wechatpy` drives the running demo (tests/peers/drive.py).
//!
//! Needs a Python with `tests/peers/requirements.txt` installed: `.venv/bin/python`, or the one `WEIYIN_PYTHON` names.
//! Without one the test says so and passes, except where `CI=true`: there it fails.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "support/process.rs"]
mod process;

use process::{Weiyin, free_ports, listens};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// A demo makes a year of entries before it is ready; an unoptimised build on a busy machine takes its time.
const READY_IN: Duration = Duration::from_secs(120);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

#[expect(clippy::disallowed_methods, reason = "the environment says where Python is")]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|v| !v.is_empty())
}

/// A Python that has wechatpy.
fn python() -> Option<PathBuf> {
    let candidates = setting("WEIYIN_PYTHON")
        .map(PathBuf::from)
        .into_iter()
        .chain([root().join(".venv/bin/python")]);
    candidates.into_iter().find(|python| {
        let tried = Command::new(python)
            .args(["-c", "import requests, wechatpy.crypto, xmltodict"])
            .output();
        tried.is_ok_and(|t| t.status.success())
    })
}

#[test]
fn wechatpy_understands_every_answer_of_the_demo() {
    let Some(python) = python() else {
        let how = "python3 -m venv .venv && .venv/bin/pip install -r tests/peers/requirements.txt";
        assert!(setting("CI").as_deref() != Some("true"), "no Python with wechatpy: {how}");
        println!("DID NOT RUN: no Python with wechatpy ({how})");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (port, data) = (free_ports(3), folder.path().join("demo"));
    let told = data.join("demo.json");
    let args = ["demo", "--port", &port.to_string(), "--data", data.to_str().unwrap()];
    let mut demo = Weiyin::start(folder.path(), &args, READY_IN, || told.exists());
    assert!(listens(port + 1), "the bank of the demo does not listen");

    let drive = Command::new(python)
        .arg(root().join("tests/peers/drive.py"))
        .arg(&told)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("PYTHONIOENCODING", "utf-8")
        .output()
        .unwrap();
    demo.kill();
    let said = String::from_utf8_lossy(&drive.stdout);
    let failed: Vec<&str> = said.lines().filter(|l| l.starts_with("FAIL")).collect();
    println!("{}", said.lines().last().unwrap_or_default());
    assert!(
        drive.status.success(),
        "{}\n{}{}",
        failed.join("\n"),
        said.lines().last().unwrap_or_default(),
        String::from_utf8_lossy(&drive.stderr)
    );
}
