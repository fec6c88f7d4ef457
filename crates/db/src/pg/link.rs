//! One connection on one thread, without a runtime: the client's futures are driven here, over a
//! plain socket that is only read when an answer is owed.
//!
//! Why not the ready-made blocking client: it wakes itself through the kernel several times for each
//! answer, and it cannot send several requests in one go. Here a request costs one write and one read.

use super::server::fault;
use crate::value::Owned;
use base::{Error, Result};
use std::future::Future;
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Config, Row, Statement};

/// A blocking socket.
pub(super) enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

/// The socket as the client wants it. A read blocks, but only when the gate is open, and once.
pub(super) struct Stream {
    socket: Socket,
    gate: Arc<AtomicBool>,
}

impl AsyncRead for Stream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        out: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.gate.swap(false, Ordering::Relaxed) {
            // `Wire::drive` polls again with the gate open when nothing else can go on.
            return Poll::Pending;
        }
        let buffer = out.initialize_unfilled();
        let read = match &mut self.socket {
            Socket::Tcp(s) => s.read(buffer),
            Socket::Unix(s) => s.read(buffer),
        };
        Poll::Ready(read.map(|n| out.advance(n)))
    }
}

impl AsyncWrite for Stream {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(match &mut self.socket {
            Socket::Tcp(s) => s.write(bytes),
            Socket::Unix(s) => s.write(bytes),
        })
    }
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(match &self.socket {
            Socket::Tcp(s) => s.shutdown(std::net::Shutdown::Both),
            Socket::Unix(s) => s.shutdown(std::net::Shutdown::Both),
        })
    }
}

/// Remembers that something can go on.
#[derive(Default)]
struct Woken(AtomicBool);
impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
    fn wake_by_ref(self: &Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

type Traffic = Pin<Box<dyn Future<Output = Result<(), tokio_postgres::Error>> + Send>>;

/// The connection's side that moves bytes.
struct Wire {
    /// Moves requests out and answers in; `None` once the connection has ended.
    traffic: Option<Traffic>,
    gate: Arc<AtomicBool>,
    woken: Arc<Woken>,
    waker: Waker,
}

impl Wire {
    fn new(gate: Arc<AtomicBool>) -> Self {
        let woken = Arc::new(Woken::default());
        Self { traffic: None, gate, waker: Waker::from(woken.clone()), woken }
    }

    /// Runs `work` to its end, blocking for answers.
    fn drive<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        loop {
            self.woken.0.store(false, Ordering::Relaxed);
            if let Poll::Ready(out) = work.as_mut().poll(&mut Context::from_waker(&self.waker)) {
                return out;
            }
            self.move_bytes();
            if !self.woken.0.load(Ordering::Relaxed) {
                self.gate.store(true, Ordering::Relaxed);
                self.move_bytes();
            }
        }
    }

    fn move_bytes(&mut self) {
        let Some(traffic) = &mut self.traffic else {
            return;
        };
        if let Poll::Ready(ended) = traffic.as_mut().poll(&mut Context::from_waker(&self.waker)) {
            if let Err(e) = ended {
                tracing::debug!(error = %e, "a database connection ended");
            }
            // Dropping it tells every waiting request.
            self.traffic = None;
        }
    }
}

/// An open connection.
pub(super) struct Link {
    client: Client,
    wire: Wire,
}

impl Link {
    /// Speaks the opening of the protocol, TLS included, over `socket`.
    pub(super) fn open<T>(config: &Config, socket: Socket, tls: T) -> Result<Self>
    where
        T: tokio_postgres::tls::TlsConnect<Stream>,
        T::Stream: Send + 'static,
    {
        let gate = Arc::new(AtomicBool::new(false));
        let mut wire = Wire::new(gate.clone());
        let stream = Stream { socket, gate };
        let opened = wire.drive(config.connect_raw(stream, tls));
        let (client, connection) = opened.map_err(|e| fault(&e))?;
        wire.traffic = Some(Box::pin(connection));
        Ok(Self { client, wire })
    }

    pub(super) fn is_closed(&self) -> bool {
        self.wire.traffic.is_none() || self.client.is_closed()
    }

    /// Runs statements without values.
    pub(super) fn run(&mut self, sql: &str) -> Result<(), tokio_postgres::Error> {
        self.wire.drive(self.client.batch_execute(sql))
    }
    pub(super) fn prepare(&mut self, sql: &str) -> Result<Statement, tokio_postgres::Error> {
        self.wire.drive(self.client.prepare(sql))
    }
    pub(super) fn query(
        &mut self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<Vec<Row>, tokio_postgres::Error> {
        self.wire.drive(self.client.query(sql, params))
    }
    /// The first row; a fault when there is none.
    pub(super) fn row(&mut self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Row> {
        let rows = self.query(sql, params).map_err(|e| fault(&e))?;
        rows.into_iter().next().ok_or_else(|| Error::fault(format!("no row: {sql}")))
    }
    pub(super) fn execute(
        &mut self,
        sql: &str,
        params: &[&(dyn ToSql + Sync)],
    ) -> Result<u64, tokio_postgres::Error> {
        self.wire.drive(self.client.execute(sql, params))
    }

    /// Sends what is `ahead` and then `last` in one go, and waits for all answers.
    pub(super) fn flight<T>(
        &mut self,
        ahead: &[Ahead],
        last: impl AsyncFnOnce(&Client) -> Result<T, tokio_postgres::Error>,
    ) -> Flown<T> {
        let client = &self.client;
        if ahead.is_empty() {
            return Flown { failed_ahead: None, last: self.wire.drive(last(client)) };
        }
        self.wire.drive(async {
            let mut sent: Vec<_> = ahead.iter().map(|a| Some(Box::pin(a.send(client)))).collect();
            let mut failed_ahead = None;
            // Polling once sends: first what is ahead, then the last. Answers come in the same order.
            let mut poll_ahead = |cx: &mut Context<'_>| {
                for (at, one) in sent.iter_mut().enumerate() {
                    let Some(request) = one else { continue };
                    let Poll::Ready(ended) = request.as_mut().poll(cx) else {
                        continue;
                    };
                    *one = None;
                    if failed_ahead.is_none() {
                        failed_ahead = ended.err().map(|e| (at, e));
                    }
                }
                sent.iter().all(Option::is_none)
            };
            let mut request = pin!(last(client));
            let last = std::future::poll_fn(|cx| {
                poll_ahead(cx);
                request.as_mut().poll(cx)
            })
            .await;
            let rest = |cx: &mut Context<'_>| match poll_ahead(cx) {
                true => Poll::Ready(()),
                false => Poll::Pending,
            };
            std::future::poll_fn(rest).await;
            Flown { failed_ahead, last }
        })
    }
}

/// How a flight ended.
pub(super) struct Flown<T> {
    /// The first of those ahead that failed, and where it stood.
    pub(super) failed_ahead: Option<(usize, tokio_postgres::Error)>,
    pub(super) last: Result<T, tokio_postgres::Error>,
}

/// A request that travels with the next one.
pub(super) enum Ahead {
    Plain(&'static str),
    Statement(Statement, Vec<Owned>),
}

impl Ahead {
    async fn send(&self, client: &Client) -> Result<(), tokio_postgres::Error> {
        match self {
            Self::Plain(sql) => client.batch_execute(sql).await,
            Self::Statement(statement, values) => {
                let values: Vec<_> = values.iter().map(Owned::value).collect();
                let params: Vec<&(dyn ToSql + Sync)> = values.iter().map(|v| v as _).collect();
                client.execute(statement, &params).await.map(|_| ())
            }
        }
    }
}

/// Connects a socket to the first host that answers.
pub(super) fn socket(config: &Config, silence: std::time::Duration) -> Result<(Socket, String)> {
    use tokio_postgres::config::Host;
    let mut last = Error::fault("the PostgreSQL url names no host");
    for (n, host) in config.get_hosts().iter().enumerate() {
        let ports = config.get_ports();
        let port = ports.get(n).or(ports.first()).copied().unwrap_or(5432);
        let made = match host {
            Host::Tcp(name) => {
                tcp(name, port, config, silence).map(|s| (Socket::Tcp(s), name.clone()))
            }
            Host::Unix(folder) => UnixStream::connect(folder.join(format!(".s.PGSQL.{port}")))
                .and_then(|s| s.set_read_timeout(Some(silence)).map(|()| s))
                .map(|s| (Socket::Unix(s), String::new())),
        };
        match made {
            Ok(made) => return Ok(made),
            Err(e) => last = Error::fault(format!("no PostgreSQL answers at port {port}: {e}")),
        }
    }
    Err(last)
}

fn tcp(
    name: &str,
    port: u16,
    config: &Config,
    silence: std::time::Duration,
) -> io::Result<TcpStream> {
    use std::net::ToSocketAddrs as _;
    let patience = config.get_connect_timeout().copied().unwrap_or(silence);
    let mut last = io::Error::other("the host name has no address");
    for address in (name, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, patience) {
            Ok(socket) => {
                socket.set_nodelay(true)?;
                socket.set_read_timeout(Some(silence))?;
                socket.set_write_timeout(Some(silence))?;
                return Ok(socket);
            }
            Err(e) => last = e,
        }
    }
    Err(last)
}
