//! The contract's other side, for reference and tests: serves it by asking a core that is at hand.
//!
//! Who is believed is [`crate::gate`]'s. What is not believed is answered without a signature and nothing is done. What is
//! believed is answered with 200 and signed for its nonce, refusals too. Not for: being reached from outside without TLS
//! before it.

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
mod reading;

use crate::gate::{Believed, Disbelief, Gate, REQUEST_BYTES_MAX};
use crate::link::JSON_TYPE;
use crate::ops::{self, Op};
use crate::sign::Keys;
use crate::wire::Form;
use crate::wire::outcome::Outcome;
use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use base::Clock;
use corebank::{CoreBank, CoreError, Ctx, Reject};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::sync::Arc;
use tokio::net::TcpListener;

/// Serves the contract from a core.
pub struct Mock {
    core: Arc<dyn CoreBank>,
    gate: Gate,
}

impl fmt::Debug for Mock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mock").field("core", &self.core).finish_non_exhaustive()
    }
}

/// What is answered: its type and its bytes.
struct Told {
    kind: &'static str,
    body: Vec<u8>,
}

impl Mock {
    pub fn new(core: Arc<dyn CoreBank>, keys: Keys, clock: Clock) -> Self {
        Self { core, gate: Gate::new(keys, clock) }
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
        let path = request.uri().path().to_owned();
        self.gate.believe(request, path, REQUEST_BYTES_MAX).await
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

async fn answer(State(mock): State<Arc<Mock>>, request: Request) -> Response {
    let asked = match mock.believe(request).await {
        Ok(asked) => asked,
        Err(no) => {
            tracing::warn!(status = %no.status, problem = no.problem, "a request was not believed");
            return no.into_response();
        }
    };
    let told = mock.tell(&asked).await;
    asked.answer(told.kind, told.body)
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
