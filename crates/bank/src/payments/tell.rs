//! Telling the customer in chat how a payment went, once for each state it comes to.

use super::intent::{Intent, Product};
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
use corebank::bills::BillKind;
use db::Scope;
use dialogue::{Book, Heard, LineTo, Seat};
use std::sync::Arc;

/// Says where a payment has got to. What it has left since is not said any more: the later word follows.
pub async fn tell(app: &Arc<App>, tenant: TenantId, id: PaymentId, state: i64) -> Result<()> {
    let _one_by_one = app.payments.telling(id).await;
    let (row, intent, paid) = engine::truth(app, tenant, id).await?;
    let mut household = None;
    if row.state == State::Succeeded && intent.product == Product::Bill {
        household = bills::remember(app, tenant, id).await?;
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
    let card = match (row.state, intent.order) {
        (_, Some(_)) => Card::Stays,
        (State::Succeeded, None) => Card::Done(then(&intent, household)),
        (State::Failed, None) if row.reject == words::OWN_LIMIT => {
            let (slot, value) = ("account", String::new());
            Card::Done(vec![Line {
                item: "limit_adjust", slot, value, label: "提高限额".into()
            }])
        }
        _ => Card::Done(vec![]),
    };
    say(app, tenant, row.follower, told, card).await
}

/// What a payment that is done leads to: the same payee once more or each month; of a household that was paid for the first time
/// that it pays by itself, or is reminded of.
fn then(intent: &Intent, household: Option<BillKind>) -> Vec<Line> {
    let line =
        |item, slot, value: String, label: &str| Line { item, slot, value, label: label.into() };
    match (intent.product, intent.to.book, household) {
        (Product::Transfer, Some(book), _) if !intent.to.is_own => {
            let payee = format!("book:{book}");
            vec![
                line("transfer_inner", "payee", payee.clone(), "再转一笔"),
                line("transfer_scheduled", "payee", payee, "设为每月转"),
            ]
        }
        (_, _, Some(kind))
            if kind.insurance().is_none() && !matches!(kind, BillKind::Etc | BillKind::Fine) =>
        {
            let fee = kind.word().to_owned();
            vec![
                line("bill_autopay", "fee", fee.clone(), "以后自动扣"),
                line("bill_remind", "fee", fee, "每月提醒我"),
            ]
        }
        _ => vec![],
    }
}

/// What becomes of a card that the customer has before them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Card {
    /// It is what is told of; these lines go on from it.
    Done(Vec<Line>),
    /// It is about something else.
    Stays,
    /// The same, with lines that do something about what is told of.
    Lines(Vec<Line>),
}

/// A line under what is told of: an item that knows what it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) item: &'static str,
    pub(crate) slot: &'static str,
    /// As the slot has it; empty for none.
    pub(crate) value: String,
    /// Empty for the item's own words.
    pub(crate) label: String,
}

impl Line {
    fn to(&self) -> LineTo<'_> {
        LineTo { item: self.item, slot: self.slot, value: &self.value, label: &self.label }
    }

    /// What pays a household's bill.
    pub(crate) fn pays(item: &'static str, household: String, label: String) -> Self {
        Self { item, slot: "household", value: household, label }
    }
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
            Card::Done(all) => {
                let lines: Vec<_> = all.iter().map(Line::to).collect();
                dialogue::after_paying(book, seat, heard, &told, &lines)
            }
            Card::Stays => dialogue::after_order(book, seat, heard, &told),
            Card::Lines(all) => {
                let lines: Vec<_> = all.iter().map(Line::to).collect();
                dialogue::after_lines(book, seat, heard, &told, &lines)
            }
        };
        return go_on(app, tenant, follower, Box::new(after)).await;
    }
    say_or_keep(app, home, follower, account, &openid, &told).await
}

async fn is_bound(app: &App, tenant: TenantId, follower: FollowerId) -> Result<bool> {
    app.db.read(Scope::Tenant(tenant), move |tx| binding::is_bound(tx, follower)).await
}
