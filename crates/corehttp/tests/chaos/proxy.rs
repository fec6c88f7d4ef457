//! A proxy on loopback between a caller and a core that does to an exchange what it is told. It works by bytes and by being
//! told, never by the clock, so that the same test is the same network.
//!
//! Not for: TLS, or more than one exchange at a time.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// How a line ends for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// FIN: as of a peer that went in peace.
    Close,
    /// RST: as of a peer that crashed, or a firewall.
    Reset,
}

/// What happens to the next exchange.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Fault {
    #[default]
    None,
    /// So many bytes of the request reach the core, then the line ends.
    CutRequest(usize, End),
    /// The core gets the request, and so many bytes of its answer reach the caller, then the line ends.
    CutAnswer(usize, End),
    /// The request waits on its way until [`Proxy::release`], whether or not the caller still does.
    HoldRequest,
    /// The answer does.
    HoldAnswer,
    /// A copy of the request comes to the core before it, and the copy's answer is lost.
    Twice,
}

/// How long the last exchange was, in bytes; of what was cut off nothing is known.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Lengths {
    pub(crate) request: usize,
    pub(crate) answer: usize,
}

#[derive(Debug)]
struct Line {
    core: SocketAddr,
    plan: Mutex<(Fault, Lengths)>,
    /// Something is held; it may go on; it has come through.
    held: Semaphore,
    released: Semaphore,
    through: Semaphore,
}

/// Serves while it lives.
#[derive(Debug)]
pub(crate) struct Proxy {
    pub(crate) url: String,
    line: Arc<Line>,
    _tasks: JoinSet<()>,
}

impl Proxy {
    pub(crate) async fn before(core: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let none = || Semaphore::new(0);
        let (held, released, through) = (none(), none(), none());
        let line = Arc::new(Line { core, plan: Mutex::default(), held, released, through });
        let (mut tasks, shared) = (JoinSet::new(), line.clone());
        tasks.spawn(async move {
            let mut carried = JoinSet::new();
            while let Ok((caller, _)) = listener.accept().await {
                let line = shared.clone();
                carried.spawn(async move { line.carry(caller).await });
                while carried.try_join_next().is_some() {}
            }
        });
        Self { url, line, _tasks: tasks }
    }

    /// Says what happens to the next exchange; those after it go through.
    pub(crate) fn next(&self, fault: Fault) {
        self.line.plan.lock().unwrap().0 = fault;
    }
    pub(crate) fn lengths(&self) -> Lengths {
        self.line.plan.lock().unwrap().1
    }
    /// Until something is held.
    pub(crate) async fn holds(&self) {
        self.line.held.acquire().await.unwrap().forget();
    }
    /// Lets it go on, and waits until it came through.
    pub(crate) async fn release(&self) {
        self.line.released.add_permits(1);
        self.line.through.acquire().await.unwrap().forget();
    }
}

impl Line {
    /// One connection: exchange after exchange, until one is cut.
    async fn carry(&self, mut caller: TcpStream) {
        let Ok(mut core) = TcpStream::connect(self.core).await else { return };
        while let Some(request) = whole(&mut caller).await {
            let fault = std::mem::take(&mut self.plan().0);
            self.plan().1 = Lengths { request: request.len(), answer: 0 };
            if self.exchange(fault, &request, &mut caller, &mut core).await.is_none() {
                if let Fault::CutRequest(_, End::Reset) | Fault::CutAnswer(_, End::Reset) = fault {
                    caller.set_zero_linger().unwrap();
                }
                return;
            }
        }
    }

    fn plan(&self) -> std::sync::MutexGuard<'_, (Fault, Lengths)> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `None` when the line ends with it.
    async fn exchange(
        &self,
        fault: Fault,
        request: &[u8],
        caller: &mut TcpStream,
        core: &mut TcpStream,
    ) -> Option<()> {
        match fault {
            Fault::CutRequest(bytes, _) => {
                core.write_all(&request[..bytes.min(request.len())]).await.ok()?;
                return None;
            }
            Fault::HoldRequest => self.hold().await,
            Fault::Twice => {
                let mut other = TcpStream::connect(self.core).await.ok()?;
                other.write_all(request).await.ok()?;
                whole(&mut other).await?;
            }
            Fault::None | Fault::CutAnswer(..) | Fault::HoldAnswer => {}
        }
        core.write_all(request).await.ok()?;
        let answer = whole(core).await?;
        self.plan().1.answer = answer.len();
        if fault == Fault::HoldAnswer {
            self.hold().await;
        }
        if let Fault::CutAnswer(bytes, _) = fault {
            caller.write_all(&answer[..bytes.min(answer.len())]).await.ok()?;
            return None;
        }
        // Who is gone does not hear it.
        let heard = caller.write_all(&answer).await.ok();
        if matches!(fault, Fault::HoldRequest | Fault::HoldAnswer) {
            self.through.add_permits(1);
        }
        heard
    }

    async fn hold(&self) {
        self.held.add_permits(1);
        if let Ok(go) = self.released.acquire().await {
            go.forget();
        }
    }
}

/// One request or answer of HTTP/1.1, from its first byte to the last that its head promises; `None` when the other side
/// goes before.
async fn whole(from: &mut TcpStream) -> Option<Vec<u8>> {
    let (mut bytes, mut part) = (Vec::new(), [0; 4096]);
    while !is_whole(&bytes) {
        match from.read(&mut part).await {
            Ok(n @ 1..) => bytes.extend_from_slice(&part[..n]),
            _ => return None,
        }
    }
    Some(bytes)
}

fn is_whole(bytes: &[u8]) -> bool {
    let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    let length = head.lines().find_map(|l| l.strip_prefix("content-length:"));
    let length: usize = length.and_then(|l| l.trim().parse().ok()).unwrap();
    bytes.len() >= end + 4 + length
}
