//! The verbs flow files may name, with exactly what goes in and what comes out.
//!
//! Not for: doing anything. The bank has one function per name; a test there compares both lists.
//! One file for each theme, here as there.

mod accounts;
mod bills;
mod cases;
mod charity;
mod county;
mod credit;
mod guard;
mod knowledge;
mod lending;
mod notify;
mod payments;
mod places;
mod rewards;
mod rural;
mod service;
mod wealth;

use std::sync::LazyLock;

/// A verb as the loader knows it.
#[derive(Debug, Clone, Copy)]
pub struct VerbSpec {
    pub name: &'static str,
    pub args: &'static [ArgSpec],
    /// What its `Done` offers to the reply's placeholders.
    pub outputs: &'static [OutSpec],
    /// Codes it may refuse with; a flow may have its own words for each.
    pub refusals: &'static [&'static str],
}

/// One argument; every argument travels as text.
#[derive(Debug, Clone, Copy)]
pub struct ArgSpec {
    pub name: &'static str,
    pub required: bool,
}

/// One output and its kind.
#[derive(Debug, Clone, Copy)]
pub struct OutSpec {
    pub name: &'static str,
    pub kind: OutKind,
}

/// What kind of value an output is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutKind {
    Text,
    Money,
    Time,
    Count,
    /// The columns of each row, none of them rows.
    Rows(&'static [(&'static str, Plain)]),
}

/// The kinds a column may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plain {
    Text,
    Money,
    Time,
    Count,
}

pub(crate) const fn must(name: &'static str) -> ArgSpec {
    ArgSpec { name, required: true }
}
pub(crate) const fn may(name: &'static str) -> ArgSpec {
    ArgSpec { name, required: false }
}
pub(crate) const fn text(name: &'static str) -> OutSpec {
    OutSpec { name, kind: OutKind::Text }
}
pub(crate) const fn money(name: &'static str) -> OutSpec {
    OutSpec { name, kind: OutKind::Money }
}
pub(crate) const fn time(name: &'static str) -> OutSpec {
    OutSpec { name, kind: OutKind::Time }
}
pub(crate) const fn count(name: &'static str) -> OutSpec {
    OutSpec { name, kind: OutKind::Count }
}
pub(crate) const fn rows(columns: &'static [(&'static str, Plain)]) -> OutSpec {
    OutSpec { name: "rows", kind: OutKind::Rows(columns) }
}

/// Every verb of the product. Dates are `YYYY-MM-DD` in China, both ends included.
pub static VERBS: LazyLock<Vec<VerbSpec>> = LazyLock::new(|| {
    [
        accounts::VERBS,
        bills::VERBS,
        cases::VERBS,
        charity::VERBS,
        county::VERBS,
        credit::VERBS,
        guard::VERBS,
        knowledge::VERBS,
        lending::VERBS,
        notify::VERBS,
        payments::VERBS,
        places::VERBS,
        rewards::VERBS,
        rural::VERBS,
        service::VERBS,
        wealth::VERBS,
    ]
    .concat()
});
