//! Whom and what a customer may speak of by name: payees of their book, households whose bills they pay, branches and places
//! of the bank.
//!
//! Not for: looking anybody up. The bank hands the lists in, compiled once and shared.

use nlu::Normal;
use nlu::names::{Fit, Names};

/// Someone the customer has sent money to before.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Payee {
    /// What a verb wants as `payee`, after `book:`.
    pub id: String,
    pub name: String,
    /// What the customer calls them: 大儿子, 二姨.
    pub also: Vec<String>,
    /// Short name of their bank; empty for this one.
    pub bank: String,
    /// Last four digits of their account.
    pub tail: String,
}

/// A household at a biller whose bills the customer has paid before.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Household {
    /// What a verb wants as a `bill_no`, after `home:`.
    pub id: String,
    /// What is paid for there: `electric`.
    pub kind: String,
    /// What the customer calls it, else where it is: 老屋.
    pub name: String,
    /// Last four digits of its number.
    pub tail: String,
}

/// Households by what is paid for: 老屋 has one for electricity and one for water.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Households(Vec<(String, Known<Household>)>);

impl Households {
    /// In the order in which they are offered.
    pub fn of(all: Vec<Household>) -> Self {
        let mut kinds: Vec<(String, Vec<Household>)> = vec![];
        for one in all {
            match kinds.iter_mut().find(|(kind, _)| *kind == one.kind) {
                Some((_, some)) => some.push(one),
                None => kinds.push((one.kind.clone(), vec![one])),
            }
        }
        let known = |(kind, some): (String, Vec<Household>)| {
            let named: Vec<Vec<&str>> = some.iter().map(|h| vec![h.name.as_str()]).collect();
            let names = Names::of(named.iter().map(Vec::as_slice));
            (kind, Known { all: some, names })
        };
        Self(kinds.into_iter().map(known).collect())
    }
    pub(crate) fn kind(&self, kind: &str) -> Option<&Known<Household>> {
        self.0.iter().find(|(k, _)| k == kind).map(|(_, known)| known)
    }
    pub(crate) fn by_id(&self, id: &str) -> Option<&Household> {
        self.0.iter().flat_map(|(_, known)| &known.all).find(|h| h.id == id)
    }
}

/// A branch, a service point, a village: anything one may be at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    pub id: String,
    pub name: String,
    pub also: Vec<String>,
}

/// A list and its names, ready to be found in a text.
#[derive(Debug, Clone, Default)]
pub struct Known<T> {
    all: Vec<T>,
    names: Names,
}

impl<T: PartialEq> PartialEq for Known<T> {
    fn eq(&self, other: &Self) -> bool {
        self.all == other.all
    }
}
impl<T: Eq> Eq for Known<T> {}

impl Known<Payee> {
    pub fn payees(all: Vec<Payee>) -> Self {
        let names = Names::of(words(&all, |p| (&p.name, &p.also)).iter().map(Vec::as_slice));
        Self { all, names }
    }
    pub(crate) fn by_id(&self, id: &str) -> Option<&Payee> {
        self.all.iter().find(|p| p.id == id)
    }
}

impl Known<Place> {
    pub fn places(all: Vec<Place>) -> Self {
        let names = Names::places(words(&all, |p| (&p.name, &p.also)).iter().map(Vec::as_slice));
        Self { all, names }
    }
    pub(crate) fn by_id(&self, id: &str) -> Option<&Place> {
        self.all.iter().find(|p| p.id == id)
    }
}

fn words<T>(all: &[T], of: impl Fn(&T) -> (&String, &Vec<String>)) -> Vec<Vec<&str>> {
    let named = |entry| {
        let (name, also): (&String, &Vec<String>) = of(entry);
        std::iter::once(name).chain(also).map(String::as_str).collect()
    };
    all.iter().map(named).collect()
}

impl<T> Known<T> {
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
    pub(crate) fn first(&self, most: usize) -> &[T] {
        &self.all[..self.all.len().min(most)]
    }
    pub(crate) fn names(&self) -> Option<&Names> {
        (!self.all.is_empty()).then_some(&self.names)
    }

    /// Of all names in the text that the customer stands by, the last: whose it may be, and whether it is sure.
    pub(crate) fn meant(&self, text: &Normal) -> Option<(Vec<&T>, bool)> {
        let hits = self.names()?.find(text);
        let spans: Vec<_> = hits.iter().map(|h| h.span).collect();
        let kept = nlu::standing(text, &spans);
        let hit = hits.iter().zip(kept).rev().find(|(_, kept)| *kept).map(|(h, _)| h)?;
        let whose: Vec<&T> = hit.whose.iter().filter_map(|at| self.all.get(*at)).collect();
        let is_sure = whose.len() == 1 && hit.fit == Fit::Exact;
        (!whose.is_empty()).then_some((whose, is_sure))
    }
}
