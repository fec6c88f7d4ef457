//! The way to a core: one POST, signed, and its answer believed only when it is signed for this very request.
//!
//! How a failure is told follows from where it happened. No connection, or a deadline that had passed: not sent. From the
//! first byte on everything but an authentic, whole and readable answer is unknown. Nothing is sent twice from here: asking
//! again is the caller's, under the same request id.
//!
//! Not for: what the questions mean.

use crate::head::{Head, NONCE_BYTES, SIGNATURE};
use crate::ops::{Op, RECON_FILE};
use crate::sign::{Keys, answer_text, request_text, sm3_hex};
use crate::wire::Form;
use crate::wire::Nothing;
use crate::wire::money::ReconAsk;
use crate::wire::outcome::Outcome;
use base::{Clock, Random, Time};
use bytes::BytesMut;
use corebank::money::ReconWritten;
use corebank::recon::{self, LINE_BYTES_MAX};
use corebank::{Cause, CoreError, Ctx, Day, UnknownCause};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sm3::{Digest, Sm3};
use std::fmt;
use std::io::Write;
use std::time::Duration;

/// Bytes of a JSON answer, at most: a hundred lines of a statement are some fifty thousand.
pub const ANSWER_BYTES_MAX: usize = 4 << 20;
/// Bytes of a reconciliation file, at most: some ten million lines.
pub const FILE_BYTES_MAX: u64 = 4 << 30;
/// How long a connection may take to be made.
const CONNECT_MS: u64 = 2_000;
/// How long a connection that nobody uses is kept: less than gateways do, so that ours is rarely the end that finds out.
const IDLE_MS: u64 = 15_000;
/// What a reconciliation file is sent as.
pub(crate) const FILE_TYPE: &str = "text/plain; charset=utf-8";
pub(crate) const JSON_TYPE: &str = "application/json";

/// Where the core is, and the keys both sides know.
#[derive(Debug)]
pub struct Peer {
    /// Up to before `/v1`, without a slash at its end: `https://esb.example/weiyin`.
    pub url: String,
    pub keys: Keys,
}

/// Speaks the contract with one core.
pub(crate) struct Link {
    http: reqwest::Client,
    peer: Peer,
    clock: Clock,
    random: Random,
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link").field("url", &self.peer.url).finish_non_exhaustive()
    }
}

/// A request that was answered with some headers, and what its answer must be signed for.
struct Begun {
    response: Response,
    nonce: String,
    path: String,
}

impl Link {
    /// HTTP/1.1 over rustls with ring (installed here when the process has no provider yet), no proxy, no redirects, and no
    /// sending again.
    pub(crate) fn new(peer: Peer, clock: Clock, random: Random) -> base::Result<Self> {
        // An error only says that a provider is installed already, which is all we want.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let url = reqwest::Url::parse(&peer.url)?;
        if !matches!(url.scheme(), "http" | "https") || url.query().is_some() {
            return Err(base::Error::fault(
                "a core's address is http:// or https:// without a query",
            ));
        }
        let http = reqwest::Client::builder()
            .no_proxy()
            .http1_only()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(Duration::from_millis(CONNECT_MS))
            .pool_idle_timeout(Duration::from_millis(IDLE_MS))
            .build()?;
        let url = peer.url.trim_end_matches('/').to_owned();
        Ok(Self { http, peer: Peer { url, ..peer }, clock, random })
    }

    pub(crate) fn now(&self) -> Time {
        self.clock.now()
    }

    /// Asks, and reads what is told.
    pub(crate) async fn ask<A, T, P>(&self, ctx: &Ctx, op: Op<A, T>, ask: A) -> Result<P, CoreError>
    where
        A: Serialize,
        T: DeserializeOwned + Form<P>,
    {
        let begun = self.begin(ctx, op.path(), &ask).await?;
        let signature = signature_of(&begun.response);
        let (nonce, path) = (begun.nonce, begun.path);
        let body = whole(begun.response).await?;
        self.believe(&signature, &path, &nonce, &sm3_hex(&body))?;
        read::<T>(&body)?.port()
    }

    async fn begin<A: Serialize>(
        &self,
        ctx: &Ctx,
        path: String,
        ask: &A,
    ) -> Result<Begun, CoreError> {
        let now = self.clock.now();
        let left_ms = ctx.left_ms(now)?;
        // Our own shapes always become JSON; if one did not, nothing would be sent.
        let body =
            serde_json::to_vec(ask).map_err(|_| CoreError::NotSent(Cause::ConnectionRefused))?;
        let key = self.peer.keys.first();
        let nonce = self.random.hex(NONCE_BYTES);
        let head = Head::of(ctx, key.id(), now, nonce.clone());
        let signature = key.sign(&request_text(&path, &head.values(), &sm3_hex(&body)));
        let mut request = self
            .http
            .post(format!("{}{path}", self.peer.url))
            .timeout(Duration::from_millis(left_ms))
            .header(CONTENT_TYPE, JSON_TYPE)
            .header(SIGNATURE, signature);
        for (name, value) in head.headers() {
            request = request.header(name, value);
        }
        let response = request.body(body).send().await.map_err(|e| failed(&e))?;
        match response.status() {
            StatusCode::OK => Ok(Begun { response, nonce, path }),
            other => Err(CoreError::Unknown(UnknownCause::ServerError(other.as_u16()))),
        }
    }

    /// Whether the core signed this body for this request.
    fn believe(
        &self,
        signature: &str,
        path: &str,
        nonce: &str,
        sm3: &str,
    ) -> Result<(), CoreError> {
        let key = self.peer.keys.first();
        let text = answer_text(StatusCode::OK.as_u16(), path, key.id(), nonce, sm3);
        if key.is_signed(&text, signature) {
            return Ok(());
        }
        tracing::error!(path, key = key.id(), "a core's answer is not signed for its request");
        Err(mismatch("signature"))
    }

    /// Writes a day's reconciliation file, all but its end before it is known to be authentic.
    pub(crate) async fn recon_file(
        &self,
        ctx: &Ctx,
        core_date: Day,
        out: &mut (dyn Write + Send),
    ) -> Result<ReconWritten, CoreError> {
        let ask = ReconAsk { core_date: Form::of(&core_date) };
        let begun = self.begin(ctx, RECON_FILE.path(), &ask).await?;
        let signature = signature_of(&begun.response);
        let (nonce, path, mut response) = (begun.nonce, begun.path, begun.response);
        let kind = response.headers().get(CONTENT_TYPE).map(|v| v.as_bytes().to_owned());
        if kind.is_some_and(|k| k.starts_with(JSON_TYPE.as_bytes())) {
            let body = whole(response).await?;
            self.believe(&signature, &path, &nonce, &sm3_hex(&body))?;
            // A file that is told as JSON is none.
            let told: Result<(), CoreError> = read::<Nothing>(&body)?.port();
            return Err(told.err().unwrap_or(CoreError::Unknown(UnknownCause::Undecodable)));
        }
        let mut file = File::new(out);
        while let Some(chunk) = response.chunk().await.map_err(|e| failed(&e))? {
            file.take(&chunk)?;
        }
        self.believe(&signature, &path, &nonce, &crate::sign::hex(&file.digest()))?;
        file.end(ctx, core_date)
    }
}

/// A reconciliation file on its way: the end is kept back, so that what is not authentic has no last line.
struct File<'a> {
    out: &'a mut (dyn Write + Send),
    sm3: Sm3,
    /// The first line, until it is whole.
    first: Vec<u8>,
    kept: BytesMut,
    bytes: u64,
}

impl<'a> File<'a> {
    fn new(out: &'a mut (dyn Write + Send)) -> Self {
        Self { out, sm3: Sm3::new(), first: Vec::new(), kept: BytesMut::new(), bytes: 0 }
    }

    fn take(&mut self, chunk: &[u8]) -> Result<(), CoreError> {
        self.bytes = self.bytes.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        if self.bytes > FILE_BYTES_MAX {
            return Err(CoreError::Unknown(UnknownCause::Undecodable));
        }
        self.sm3.update(chunk);
        let room = LINE_BYTES_MAX.saturating_sub(self.first.len());
        if !self.first.contains(&b'\n') {
            self.first.extend_from_slice(&chunk[..chunk.len().min(room)]);
        }
        self.kept.extend_from_slice(chunk);
        let sure = self.kept.len().saturating_sub(LINE_BYTES_MAX);
        self.write(sure)
    }

    fn write(&mut self, bytes: usize) -> Result<(), CoreError> {
        let part = self.kept.split_to(bytes);
        // Our own disk, not the core: the caller asks for the file again.
        self.out.write_all(&part).map_err(|_| CoreError::Unknown(UnknownCause::Cancelled))
    }

    fn digest(&self) -> Vec<u8> {
        self.sm3.clone().finalize().to_vec()
    }

    fn end(mut self, ctx: &Ctx, core_date: Day) -> Result<ReconWritten, CoreError> {
        let unread = CoreError::Unknown(UnknownCause::Undecodable);
        let line = |bytes: &[u8]| std::str::from_utf8(bytes).ok().map(str::to_owned);
        let first = self.first.split(|b| *b == b'\n').next().and_then(line);
        let head = first.and_then(|l| recon::Head::parse(&l)).ok_or(unread.clone())?;
        let kept = self.kept.strip_suffix(b"\n").and_then(|all| all.rsplit(|b| *b == b'\n').next());
        let tail = kept.and_then(line).and_then(|l| recon::Tail::parse(&l)).ok_or(unread)?;
        if head.tenant != ctx.tenant {
            return Err(mismatch("tenant"));
        }
        if head.core_date != core_date {
            return Err(mismatch("core_date"));
        }
        if head.totals != tail.totals {
            return Err(mismatch("totals"));
        }
        self.write(self.kept.len())?;
        self.out.flush().map_err(|_| CoreError::Unknown(UnknownCause::Cancelled))?;
        Ok(ReconWritten { totals: tail.totals, sm3: tail.sm3 })
    }
}

pub(crate) fn mismatch(field: &'static str) -> CoreError {
    CoreError::Unknown(UnknownCause::IntegrityMismatch { field })
}

fn signature_of(response: &Response) -> String {
    let value = response.headers().get(SIGNATURE).and_then(|v| v.to_str().ok());
    value.unwrap_or_default().to_owned()
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<Outcome<T>, CoreError> {
    serde_json::from_slice(body).map_err(|_| CoreError::Unknown(UnknownCause::Undecodable))
}

/// The whole body, as long as it may be.
async fn whole(mut response: Response) -> Result<BytesMut, CoreError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(|e| failed(&e))? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(CoreError::Unknown(UnknownCause::Undecodable));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// What an error proves. Only a connection that was never made proves that nothing was sent; a time limit that ran out
/// proves nothing.
fn failed(e: &reqwest::Error) -> CoreError {
    if e.is_connect() || e.is_builder() {
        CoreError::NotSent(if is_tls(e) { Cause::Tls } else { Cause::ConnectionRefused })
    } else if e.is_timeout() {
        CoreError::Unknown(UnknownCause::Timeout)
    } else {
        CoreError::Unknown(UnknownCause::Reset)
    }
}

/// TLS errors come wrapped into `io::Error`s, whose `source` leaves out what they wrap.
fn is_tls(e: &reqwest::Error) -> bool {
    let mut next: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(e);
    while let Some(this) = next {
        let wrapped = this.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let is_wrapped = match wrapped {
            Some(inner) => inner.is::<rustls::Error>(),
            None => false,
        };
        if is_wrapped || this.is::<rustls::Error>() {
            return true;
        }
        next = this.source();
    }
    false
}
