//! The contract's other side, for reference and tests: serves it by asking a core that is at hand.
//!
//! A request is believed when it is signed by a known key, its time is within [`WINDOW_MS`] of ours and its nonce is new. What
//! is not believed is answered without a signature and nothing is done. What is believed is answered with 200 and signed for
//! its nonce, refusals too. Not for: being reached from outside without TLS before it.

/// Which operation is asked, and what the core behind is asked for it: `None` when it is none of these.
macro_rules! serve {
    ($name:expr, $call:expr, { $( $op:ident |$ask:pat_param| $told:expr; )* }) => {
        match $name {
            $( name if name == $crate::ops::$op.name => {
                let told = async {
                    let $ask = $call.read(&$crate::ops::$op)?;
                    $told.await
                };
                Some($crate::mock::written(&$crate::ops::$op, &told.await))
            } )*
            _ => None,
        }
    };
}

mod money;
mod nonces;
mod reading;

use crate::head::{Head, NONCE_BYTES, SIGNATURE};
use crate::link::JSON_TYPE;
use crate::ops::{self, Op};
use crate::sign::{Key, Keys, answer_text, request_text, sm3_hex, unhex};
use crate::wire::Form;
use crate::wire::outcome::Outcome;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use base::{Clock, Time};
use corebank::{CoreBank, CoreError, Ctx, Reject};
pub use nonces::NONCES_MAX;
use nonces::Nonces;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::sync::Arc;
use tokio::net::TcpListener;

/// How far a request's time may be from ours, either way.
pub const WINDOW_MS: i64 = 300_000;
/// Bytes of a request's body, at most.
pub const REQUEST_BYTES_MAX: usize = 1 << 20;

/// Serves the contract from a core.
pub struct Mock {
    core: Arc<dyn CoreBank>,
    keys: Keys,
    clock: Clock,
    nonces: Nonces,
}

impl fmt::Debug for Mock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mock").field("core", &self.core).finish_non_exhaustive()
    }
}

/// Why a request is not believed: the status, and a word for the engineer on the other side.
type Disbelief = (StatusCode, &'static str);

/// A request that is believed.
struct Believed<'a> {
    key: &'a Key,
    head: Head,
    path: String,
    body: Vec<u8>,
}

/// What is answered: its type and its bytes.
struct Told {
    kind: &'static str,
    body: Vec<u8>,
}

impl Mock {
    pub fn new(core: Arc<dyn CoreBank>, keys: Keys, clock: Clock) -> Self {
        Self { core, keys, clock, nonces: Nonces::default() }
    }

    /// Everything under `/v1`.
    pub fn router(self) -> Router {
        Router::new().fallback(answer).with_state(Arc::new(self))
    }

    /// Serves until the process ends.
    pub async fn serve(self, listener: TcpListener) -> std::io::Result<()> {
        axum::serve(listener, self.router()).await
    }

    async fn believe(&self, request: Request) -> Result<Believed<'_>, Disbelief> {
        let (parts, body) = request.into_parts();
        if parts.method != Method::POST {
            return Err((StatusCode::METHOD_NOT_ALLOWED, "method"));
        }
        let body = to_bytes(body, REQUEST_BYTES_MAX).await;
        let body = body.map_err(|_| (StatusCode::PAYLOAD_TOO_LARGE, "size"))?.to_vec();
        let find = |name: &str| once(&parts.headers, name);
        let head = Head::read(find).map_err(|_| (StatusCode::BAD_REQUEST, "headers"))?;
        let key = self.keys.named(head.key()).ok_or((StatusCode::UNAUTHORIZED, "key"))?;
        let path = parts.uri.path().to_owned();
        let signature = find(SIGNATURE).unwrap_or_default();
        if !key.is_signed(&request_text(&path, &head.values(), &sm3_hex(&body)), &signature) {
            return Err((StatusCode::UNAUTHORIZED, "signature"));
        }
        self.is_fresh(&head)?;
        Ok(Believed { key, head, path, body })
    }

    /// Only what is signed comes here, so that nobody else fills the memory of nonces.
    fn is_fresh(&self, head: &Head) -> Result<(), Disbelief> {
        let unread = |_| (StatusCode::BAD_REQUEST, "headers");
        let now: Time = self.clock.now();
        let sent = head.timestamp().map_err(unread)?;
        if sent.ms().abs_diff(now.ms()) > WINDOW_MS.unsigned_abs() {
            return Err((StatusCode::UNAUTHORIZED, "timestamp"));
        }
        if unhex(head.nonce()).is_none_or(|bytes| bytes.len() != NONCE_BYTES) {
            return Err((StatusCode::BAD_REQUEST, "headers"));
        }
        match self.nonces.take(head.key(), head.nonce(), now) {
            nonces::Taken::Fresh => Ok(()),
            nonces::Taken::Known => Err((StatusCode::UNAUTHORIZED, "nonce")),
            nonces::Taken::Full => Err((StatusCode::SERVICE_UNAVAILABLE, "nonce")),
        }
    }

    async fn tell(&self, asked: &Believed<'_>) -> Told {
        let Ok(ctx) = asked.head.ctx() else { return refused("headers") };
        let Some(name) = asked.path.strip_prefix("/v1/") else { return unsupported() };
        let call = Call { core: &*self.core, ctx: &ctx, body: &asked.body };
        if name == ops::RECON_FILE.name {
            return money::recon_file(&call).await;
        }
        let body = match reading::answer(name, &call).await {
            Some(body) => Some(body),
            None => match reading::answer_of_cards(name, &call).await {
                Some(body) => Some(body),
                None => money::answer(name, &call).await,
            },
        };
        body.map_or_else(unsupported, |body| Told { kind: JSON_TYPE, body })
    }
}

/// A header that is there exactly once.
fn once(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut all = headers.get_all(name).iter();
    match (all.next(), all.next()) {
        (Some(value), None) => value.to_str().ok().map(str::to_owned),
        _ => None,
    }
}

async fn answer(State(mock): State<Arc<Mock>>, request: Request) -> Response {
    let asked = match mock.believe(request).await {
        Ok(asked) => asked,
        Err((status, problem)) => {
            tracing::warn!(%status, problem, "a request was not believed");
            let body = serde_json::json!({ "problem": problem }).to_string();
            return (status, [(CONTENT_TYPE, JSON_TYPE)], body).into_response();
        }
    };
    let told = mock.tell(&asked).await;
    let status = StatusCode::OK;
    let text = answer_text(
        status.as_u16(),
        &asked.path,
        asked.key.id(),
        asked.head.nonce(),
        &sm3_hex(&told.body),
    );
    let headers =
        [(CONTENT_TYPE.as_str(), told.kind.to_owned()), (SIGNATURE, asked.key.sign(&text))];
    (status, headers, Body::from(told.body)).into_response()
}

/// One question to the core behind.
struct Call<'a> {
    core: &'a dyn CoreBank,
    ctx: &'a Ctx,
    body: &'a [u8],
}

impl Call<'_> {
    fn read<A: DeserializeOwned, T>(&self, _: &Op<A, T>) -> Result<A, CoreError> {
        serde_json::from_slice(self.body).map_err(|_| invalid("body"))
    }
}

fn invalid(field: &'static str) -> CoreError {
    Reject::Validation { field }.into()
}

/// What a request's body means to the port.
fn arg<P, F: Form<P>>(form: F) -> Result<P, CoreError> {
    form.port().map_err(|_| invalid("body"))
}

fn written<A, T: Serialize + Form<P>, P>(_: &Op<A, T>, told: &Result<P, CoreError>) -> Vec<u8> {
    // Our own shapes always become JSON; a body of nothing is read by nobody.
    serde_json::to_vec(&Outcome::<T>::of(told)).unwrap_or_default()
}

fn refused(field: &'static str) -> Told {
    let told: Result<(), CoreError> = Err(invalid(field));
    Told { kind: JSON_TYPE, body: written(&ops::OPEN_PROJECT, &told) }
}

fn unsupported() -> Told {
    let told: Result<(), CoreError> = Err(Reject::Unsupported.into());
    Told { kind: JSON_TYPE, body: written(&ops::OPEN_PROJECT, &told) }
}
