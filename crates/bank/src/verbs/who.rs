//! The facts the bank knows of a follower, in the dialogue's words.

use crate::app::App;
use crate::followers::{Bound, BoundAccount, Standing};
use crate::notices::Category;
use crate::tenants::{Account, UNION};
use dialogue::{Account as OwnAccount, OwnKind, Who};
use std::sync::Arc;

/// When people serve.
pub(super) const HOURS: &str = "每天8:30—17:30";

/// What `dialogue` is told of a follower who speaks through `account`.
pub fn who(app: &App, account: &Account, standing: &Standing) -> Who {
    let registry = app.registry();
    let home = registry.institution(standing.tenant);
    let institutions =
        if account.is_provincial { registry.choices.clone() } else { Arc::default() };
    let own = standing.bound.iter().flat_map(|b| &b.accounts).filter_map(own);
    let (accounts, others) = own.partition(|a| a.kind == OwnKind::Everyday);
    let who = Who {
        bound: standing.bound.is_some(),
        must_agree: standing.bound.as_ref().is_some_and(|b| !b.is_agreed),
        frozen: standing.bound.as_ref().is_some_and(|b| b.is_frozen),
        has_default: standing.bound.as_ref().is_some_and(|b| default_of(b).is_some()),
        accounts,
        others,
        institution: home.filter(|i| i.tenant != UNION).map(|i| i.shown()),
        institutions,
        account_name: account.name.clone(),
        elder: standing.bound.as_ref().is_some_and(|b| b.is_elder),
        tells_postings: registry.offer(account.id, Category::Account).is_some(),
        // People serve from the desk, which this release does not have: messages are taken instead.
        hours_open: false,
        hours: HOURS.into(),
        phone: home.map(|i| i.phone.clone()).unwrap_or_default(),
        can_link: account.can_log_in(),
        places: registry.places.get(&standing.tenant).map(|p| p.known.clone()).unwrap_or_default(),
        payees: standing.bound.as_ref().and_then(|b| b.payees.clone()).unwrap_or_default(),
        households: standing.bound.as_ref().and_then(|b| b.households.clone()).unwrap_or_default(),
        holds: standing.bound.iter().flat_map(|b| &b.accounts).map(|a| a.kind.clone()).collect(),
    };
    #[cfg(test)]
    let who = app.pretend.dress(standing.id, who);
    who
}

/// An account in the dialogue's words; `None` for a kind it never speaks of.
fn own(a: &BoundAccount) -> Option<OwnAccount> {
    let kind = match a.kind.as_str() {
        "debit" | "passbook" => OwnKind::Everyday,
        "credit" => OwnKind::Credit,
        "loan" => OwnKind::Loan,
        "deposit" => OwnKind::Deposit,
        _ => return None,
    };
    let word = if a.kind == "passbook" { "存折" } else { "卡" }.to_owned();
    Some(OwnAccount { id: a.id.clone(), label: a.label.clone(), tail: a.tail.clone(), word, kind })
}

/// The account the customer chose for questions, while it is bound.
fn default_of(bound: &Bound) -> Option<&BoundAccount> {
    let chosen = bound.default_account.as_deref()?;
    bound.accounts.iter().find(|a| a.id == chosen)
}
