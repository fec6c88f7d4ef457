//! A cash machine (取款机) without a card slot: what somebody types at it goes to the bank's core, which says whether it gives
//! notes out. The simulator has no core: whoever runs both hands one in as [`Config::machine`](crate::Config::machine).

use crate::control::{Reply, read};
use crate::running::Shared;
use axum::body::Bytes;
use axum::extract::State;
use base::{Error, Refusal};
use serde::Deserialize;
use serde_json::json;
use std::pin::Pin;
use std::sync::Arc;

const NONE: Refusal = Refusal::missing("machine.none", "这里没有接着核心的取款机");

/// What is typed at a machine.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypedAtMachine {
    /// The institution whose machine it is, by its number at the bank.
    pub institution: i64,
    pub mobile: String,
    pub code: String,
    pub word: String,
    pub amount_fen: i64,
}

base::unprinted!(TypedAtMachine);

/// What the machine says: `cash`, `wrong`, `locked`, `closed`.
type Said = Pin<Box<dyn Future<Output = base::Result<&'static str>> + Send>>;

/// Who gives cash out.
#[derive(Clone)]
pub struct MachineHook(Arc<dyn Fn(TypedAtMachine) -> Said + Send + Sync>);

impl MachineHook {
    pub fn new<F>(hook: impl Fn(TypedAtMachine) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = base::Result<&'static str>> + Send + 'static,
    {
        Self(Arc::new(move |typed| Box::pin(hook(typed))))
    }
}

impl std::fmt::Debug for MachineHook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MachineHook(…)")
    }
}

/// `POST /control/machine`
pub(crate) async fn take_cash(State(shared): State<Arc<Shared>>, body: Bytes) -> Reply {
    let typed: TypedAtMachine = read(&body)?;
    let hook = shared.machine.clone().ok_or(Error::Refused(NONE))?;
    let said = (hook.0)(typed).await?;
    Ok(axum::Json(json!({ "said": said })))
}
