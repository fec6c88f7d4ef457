//! Whether the bank still has the number on file that a binding was made with (CA-15).
//!
//! A number that is given up is given to somebody else some months later, who then gets the codes. Where the core has another
//! one than at binding, questions are answered as before and money waits until the customer has bound anew. Numbers are
//! compared as they are masked: nothing more of them is kept.

use crate::accounts::http::of_core;
use crate::app::App;
use crate::audit::{self, Actor};
use crate::followers::Bound;
use crate::sessions::Customer;
use crate::verbs::core_ctx;
use base::{Refusal, Result};
use corebank::CustNo;
use db::{Scope, Tx, params};
use std::sync::Arc;

pub const CHANGED: Refusal = Refusal::forbidden(
    "bind.number",
    "您在银行登记的手机号换过了。为了安全，请回聊天先解绑，再绑一次",
);

/// The number on file, masked; empty where there is none.
///
/// # Errors
/// [`CHANGED`], with `untouched` before its words; what the core did not say.
pub async fn look_up(
    app: &Arc<App>,
    by: &Customer,
    bound: &Bound,
    untouched: &str,
) -> Result<String> {
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    let told = app.core.customer(&ctx, &CustNo::new(&bound.customer)).await.map_err(of_core)?;
    let now = told.mobile.map(|m| m.to_string()).unwrap_or_default();
    let (binding, follower, asked) = (bound.binding, by.follower, now.clone());
    let unit = move |tx: &Tx<'_>| {
        let then: Option<Option<String>> = tx.opt(
            "SELECT mobile_masked FROM binding WHERE tenant_id = $1 AND id = $2",
            params![tx.tenant(), binding],
        )?;
        Ok(then.flatten().is_some_and(|then| then != asked))
    };
    if !app.db.read(Scope::Tenant(by.tenant), unit).await? {
        return Ok(now);
    }
    let (actor, subject) = (Actor::Follower(follower.raw()), binding.to_string());
    let unit =
        move |tx: &Tx<'_>| audit::note(tx, actor, "bind.number", &subject, "refused", CHANGED.code);
    app.db.write(Scope::Tenant(by.tenant), unit).await?;
    CHANGED.say(format!("{untouched}{}", CHANGED.words)).into()
}
