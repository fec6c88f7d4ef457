//! The entry that a payment became in the books of the core: what its receipt (电子回单) is of.
//!
//! Not for: making the paper (`stamped`). What a core has not booked for good has no receipt.

use super::confirm::{self, Told};
use super::state::State;
use crate::accounts::http::of_core;
use crate::app::App;
use crate::sessions::Customer;
use crate::verbs::core_ctx;
use base::{Refusal, Result};
use corebank::money::Paid;
use corebank::{AccountRef, Flow, LINES_MAX, Line, StatementQuery, StatementRange};
use std::sync::Arc;

pub const NO_RECEIPT: Refusal =
    Refusal::conflict("pay.no_receipt", "这一笔还没有回单，成功入账以后才有");
const NOT_YET: Refusal =
    Refusal::unavailable("pay.receipt_later", "账上还没查到这一笔，请过一会儿再要回单");
/// Of one account on one day; who pays more often finds the rest in the statement.
const PAGES_MAX: usize = 20;

/// Whether a payment that stands so has one.
pub(super) fn is_there(state: State, paid: Option<&Paid>) -> bool {
    state == State::Succeeded && paid.is_some()
}

/// The payer's account as the page names it, and the entry.
pub(super) async fn find(app: &Arc<App>, by: &Customer) -> Result<(String, String)> {
    let Told { row, intent, paid, .. } = confirm::its_payment(app, by).await?;
    let Some(paid) = paid.filter(|p| is_there(row.state, Some(p))) else {
        return NO_RECEIPT.into();
    };
    let bound = confirm::payer(app, by).await?.bound;
    let own = bound.accounts.iter().find(|a| a.number == intent.payer.number);
    let own = own.ok_or(NO_RECEIPT)?.id.clone();
    let is_it = |line: &Line| {
        !line.is_in && line.amount == intent.amount && line.core_serial == paid.core_serial
    };
    let range = StatementRange {
        account: AccountRef::new(&intent.payer.number),
        from: paid.core_date,
        to: paid.core_date,
        flow: Flow::Out,
        q: None,
    };
    let mut ask = StatementQuery { range, cursor: None, limit: LINES_MAX };
    let ctx = core_ctx(app, by.tenant, by.follower.raw());
    for _ in 0..PAGES_MAX {
        let page = app.core.transactions(&ctx, &ask).await.map_err(of_core)?;
        if let Some(line) = page.lines.iter().find(|l| is_it(l)) {
            return Ok((own, line.id.as_str().to_owned()));
        }
        if page.next.is_none() {
            break;
        }
        ask.cursor = page.next;
    }
    NOT_YET.into()
}
