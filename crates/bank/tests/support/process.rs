//! The real binary as a child of a test: started on free ports, waited for with a limit, ended by its own pid.

use base::{Random, Stopwatch};
use std::fs::File;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

const LOOK_EVERY: Duration = Duration::from_millis(5);
const PORT_TRIES: usize = 200;

/// A running `weiyin`; killed when dropped.
#[derive(Debug)]
pub(crate) struct Weiyin {
    child: Child,
    said: PathBuf,
}

impl Weiyin {
    /// Starts it with these arguments and waits until it is ready. What it says goes to a file in `folder`.
    pub(crate) fn start(
        folder: &Path,
        args: &[&str],
        limit: Duration,
        is_ready: impl Fn() -> bool,
    ) -> Self {
        let said = folder.join(format!("{}-{}.log", args[0], Random::system().hex(4)));
        let out = File::create(&said).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_weiyin"))
            .args(args)
            .env_remove("WEIYIN_CONFIG")
            .stdin(Stdio::null())
            .stdout(out.try_clone().unwrap())
            .stderr(out)
            .spawn()
            .unwrap();
        let mut started = Self { child, said };
        let watch = Stopwatch::start();
        while !is_ready() {
            let ended = started.child.try_wait().unwrap();
            assert!(ended.is_none(), "{args:?} ended: {ended:?}\n{}", started.said());
            assert!(watch.elapsed() < limit, "{args:?} not ready in {limit:?}\n{}", started.said());
            sleep(LOOK_EVERY);
        }
        started
    }

    /// SIGKILL: no goodbye, no flush, no last word.
    pub(crate) fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// All it said so far, on both streams.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(&self.said).unwrap_or_default()
    }
}

impl Drop for Weiyin {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The first of `n` neighbouring free ports below the range the system hands out by itself.
pub(crate) fn free_ports(n: u16) -> u16 {
    let random = Random::system();
    for _ in 0..PORT_TRIES {
        let first = 20_000 + u16::try_from(random.below(12_000)).unwrap();
        let all: Vec<_> =
            (first..first + n).map_while(|p| TcpListener::bind(("127.0.0.1", p)).ok()).collect();
        if all.len() == usize::from(n) {
            return first;
        }
    }
    panic!("no {n} free ports found");
}

/// Whether something listens there.
pub(crate) fn listens(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}
