//! The real binary told to end (SIGTERM) under load, as an update does: it goes by itself and well, and whatever it had taken
//! up it has answered; what it did not take up is answered by the next one.

#![expect(clippy::unwrap_used, reason = "a test stops at the first surprise")]

#[path = "support/peer.rs"]
mod peer;
#[expect(dead_code, reason = "this one starts and ends its own")]
#[path = "support/process.rs"]
mod process;

use base::Stopwatch;
use peer::{Answer, Peer, figure};
use process::{free_ports, listens};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;

const PHONES: i64 = 16;
const LIMIT: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// It is told to end once so many were answered.
const ANSWERED: usize = 200;

fn start(folder: &Path, port: u16) -> Child {
    let data = folder.join("data");
    let (port_word, phones) = (port.to_string(), PHONES.to_string());
    let mut command = Command::new(env!("CARGO_BIN_EXE_weiyin"));
    command.args(["bench-serve", "--data", data.to_str().unwrap(), "--port", &port_word]);
    command.args(["--followers", &phones]).env_remove("WEIYIN_CONFIG");
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let child = quiet.spawn().unwrap();
    let watch = Stopwatch::start();
    while !(listens(port) && listens(port + 1)) {
        assert!(watch.elapsed() < LIMIT, "it does not listen");
        std::thread::sleep(LOOK_EVERY);
    }
    child
}

/// Asks it to end and waits; its exit code.
fn end(child: &mut Child) -> Option<i32> {
    let asked = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(asked.success());
    let watch = Stopwatch::start();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        if watch.elapsed() > LIMIT {
            let _ = child.kill();
            panic!("it did not end");
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_told_to_end_has_answered_what_it_took_up_and_ends_well() {
    let (folder, port) = (tempfile::tempdir().unwrap(), free_ports(2));
    let key = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
    let peer = Arc::new(Peer::new(port, "wxbench0000000001", "benchtoken", key, "gh_bench0000001"));
    let mut first = start(folder.path(), port);
    let (ids, answered) =
        (Arc::new(AtomicI64::new(6_000_000_000_000_000_000)), Arc::new(AtomicUsize::new(0)));
    let mut phones = JoinSet::new();
    for n in 0..PHONES {
        let (peer, ids, answered) = (peer.clone(), ids.clone(), answered.clone());
        phones.spawn(async move {
            loop {
                let id = ids.fetch_add(1, Ordering::SeqCst);
                let inner = peer.text(&format!("oBENCH{n:022}"), id, "余额");
                match peer.send(&inner).await {
                    Answer::Words { .. } | Answer::Acknowledged => {
                        answered.fetch_add(1, Ordering::SeqCst);
                    }
                    Answer::Lost => return inner,
                    refused @ Answer::Refused(_) => panic!("{refused:?}"),
                }
            }
        });
    }
    while answered.load(Ordering::SeqCst) < ANSWERED {
        tokio::time::sleep(LOOK_EVERY).await;
    }
    let code = tokio::task::spawn_blocking(move || end(&mut first)).await.unwrap();
    assert_eq!(code, Some(0), "it ended badly");
    let lost = phones.join_all().await;

    // WeChat asks again: none of these was taken up, recorded and left without its answer.
    let mut second = start(folder.path(), port);
    for inner in &lost {
        let again = peer.send(inner).await;
        assert!(matches!(again, Answer::Words { .. } | Answer::Acknowledged), "{again:?}");
    }
    let repeated = figure(&peer.http, port + 1, "weiyin_turns_repeated_total", "").await;
    assert_eq!((lost.len(), repeated), (usize::try_from(PHONES).unwrap(), 0));
    assert_eq!(tokio::task::spawn_blocking(move || end(&mut second)).await.unwrap(), Some(0));
}
