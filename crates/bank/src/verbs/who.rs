//! The facts the bank knows of a follower, in the dialogue's words.

use crate::app::App;
use crate::followers::{Bound, BoundAccount, Standing};
use crate::tenants::{Account, UNION};
use dialogue::{Account as OwnAccount, Who};
use std::sync::Arc;

/// What `dialogue` is told of a follower who speaks through `account`.
pub fn who(app: &App, account: &Account, standing: &Standing) -> Who {
    let registry = app.registry();
    let home = registry.institution(standing.tenant);
    let institutions =
        if account.is_provincial { registry.choices.clone() } else { Arc::default() };
    Who {
        bound: standing.bound.is_some(),
        must_agree: standing.bound.as_ref().is_some_and(|b| !b.is_agreed),
        frozen: standing.bound.as_ref().is_some_and(|b| b.is_frozen),
        has_default: standing.bound.as_ref().is_some_and(|b| default_of(b).is_some()),
        accounts: standing.bound.as_ref().map_or_else(Vec::new, |b| everyday(b)),
        institution: home.filter(|i| i.tenant != UNION).map(|i| i.shown()),
        institutions,
        account_name: account.name.clone(),
        elder: standing.bound.as_ref().is_some_and(|b| b.is_elder),
        // People serve from the desk, which this release does not have: messages are taken instead.
        hours_open: false,
        hours: "每天8:30—17:30".into(),
        phone: home.map(|i| i.phone.clone()).unwrap_or_default(),
        can_link: account.can_log_in(),
    }
}

/// Accounts one asks a balance or statement of; loans and time deposits are in the list of all accounts.
fn everyday(bound: &Bound) -> Vec<OwnAccount> {
    let is_everyday = |a: &&BoundAccount| matches!(a.kind.as_str(), "debit" | "passbook");
    let mut all: Vec<&BoundAccount> = bound.accounts.iter().filter(is_everyday).collect();
    let chosen = default_of(bound).map(|a| a.id.as_str());
    all.sort_by_key(|a| Some(a.id.as_str()) != chosen);
    all.into_iter().map(own).collect()
}

/// The account the customer chose for questions, while it is bound.
fn default_of(bound: &Bound) -> Option<&BoundAccount> {
    let chosen = bound.default_account.as_deref()?;
    bound.accounts.iter().find(|a| a.id == chosen)
}

fn own(a: &BoundAccount) -> OwnAccount {
    let word = if a.kind == "passbook" { "存折" } else { "卡" };
    OwnAccount { id: a.id.clone(), label: a.label.clone(), tail: a.tail.clone(), word: word.into() }
}
