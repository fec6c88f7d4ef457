//! By what somebody is paid who is not named by an account's number: the mobile number they let be found by (手机号转账), or an
//! account that they show (收款码).
//!
//! Not for: paying; what is found is a [`Payee`] like any other.

use crate::model::{AccountRef, CustNo};
use crate::money::{Bank, Payee};
use base::{Masked, TenantId};

/// What is known of who shall be paid. Personal data: kept sealed, never logged.
#[derive(Clone, PartialEq, Eq)]
pub enum Alias {
    /// A mobile number: of any institution of the province the account at call that its owner lets be found by their reserved
    /// number ([`crate::controls::ControlWish::ByMobile`]). Where several do, the one who said so last.
    Mobile {
        number: String,
        /// The owner's surname, or whole name, as the payer types it; without it nobody can be paid yet.
        name: Option<String>,
    },
    /// An account of an institution of the province; the caller vouches that its owner shows it.
    Shown { institution: TenantId, account: AccountRef },
}

/// Who asks for whom.
#[derive(Clone, PartialEq, Eq)]
pub struct AliasAsk {
    /// The customer of `ctx.tenant` who wants to pay: their look-ups by number are counted.
    pub payer: CustNo,
    pub alias: Alias,
}

/// Who would be paid.
#[derive(Clone, PartialEq, Eq)]
pub struct AliasFound {
    pub name: Masked,
    pub bank: Bank,
    /// Last digits of the account's number; empty until the name was given.
    pub tail: String,
    /// None until the name was given.
    pub payee: Option<Payee>,
}

// Numbers and names are never printed.
base::unprinted!(Alias, AliasAsk, AliasFound);
