//! Telling the customer in chat how a payment went, once for each state it comes to.

use super::intent::Product;
use super::state::State;
use super::{PaymentId, engine, holds, words};
use crate::app::App;
use crate::bills;
use crate::binding;
use crate::followers::{self, BoundAccount, FollowerId};
use crate::inbound::{go_on, say_or_keep};
use crate::verbs::handle;
use base::{Result, TenantId};
use corebank::AccountKind;
use db::Scope;
use dialogue::{Book, Heard, Seat};
use std::sync::Arc;

/// Says where a payment has got to. What it has left since is not said any more: the later word follows.
pub async fn tell(app: &Arc<App>, tenant: TenantId, id: PaymentId, state: i64) -> Result<()> {
    let _one_by_one = app.payments.telling(id).await;
    let (row, intent, paid) = engine::truth(app, tenant, id).await?;
    if row.state == State::Succeeded && intent.product == Product::Bill {
        bills::remember(app, tenant, id).await?;
    }
    let opened = paid.as_ref().and_then(|p| p.opened.as_ref());
    if let (State::Succeeded, Product::LoanDraw, Some(opened)) = (row.state, intent.product, opened)
    {
        let loan = BoundAccount {
            id: handle(&opened.account),
            number: opened.account.as_str().to_owned(),
            kind: "loan".to_owned(),
            label: AccountKind::Loan.label().to_owned(),
            tail: opened.tail.clone(),
        };
        binding::take_in(app, tenant, row.follower, loan).await?;
    }
    if row.state.code() != state {
        return Ok(());
    }
    let told = match row.why.as_str() {
        words::ORDERED => {
            let set_aside = holds::told(app, tenant, &row, &intent).await?;
            words::ordered(&intent, &set_aside)
        }
        _ => words::told(&intent, paid.as_ref(), row.state, &row.reject),
    };
    let card = if intent.order.is_some() { Card::Stays } else { Card::Done };
    say(app, tenant, row.follower, told, card).await
}

/// What becomes of a card that the customer has before them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Card {
    /// It is what is told of.
    Done,
    /// It is about something else.
    Stays,
    /// The same, and what is told of is bills of households, each with a line that pays it.
    Bills(Vec<Pays>),
}

/// What pays a household's bill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pays {
    pub(crate) item: &'static str,
    /// As a slot has it.
    pub(crate) household: String,
    /// Empty for the item's own words.
    pub(crate) label: String,
}

/// Says it to whoever paid, wherever they are by now.
pub(crate) async fn say(
    app: &Arc<App>,
    tenant: TenantId,
    follower: FollowerId,
    told: String,
    card: Card,
) -> Result<()> {
    let at = followers::whereabouts(app, tenant, follower).await?;
    let Some((home, account, openid)) = at else { return Ok(()) };
    if home == tenant && is_bound(app, tenant, follower).await? {
        let after = move |book: &Book, seat: &Seat, heard: &Heard<'_>| match &card {
            Card::Done => dialogue::after_paying(book, seat, heard, &told),
            Card::Stays => dialogue::after_order(book, seat, heard, &told),
            Card::Bills(all) => {
                let lines: Vec<_> =
                    all.iter().map(|p| (p.item, p.household.as_str(), p.label.as_str())).collect();
                dialogue::after_bills(book, seat, heard, &told, &lines)
            }
        };
        return go_on(app, tenant, follower, Box::new(after)).await;
    }
    say_or_keep(app, home, follower, account, &openid, &told).await
}

async fn is_bound(app: &App, tenant: TenantId, follower: FollowerId) -> Result<bool> {
    app.db.read(Scope::Tenant(tenant), move |tx| binding::is_bound(tx, follower)).await
}
