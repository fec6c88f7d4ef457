//! Which of the customer's own accounts a question is about.
//!
//! Not for: asking it; that is `task`.

use crate::book::{Ask, Item};
use crate::flow::ItemKind;
use crate::heard::{Account, OwnKind};
use crate::lines;
use crate::scene::{Draft, Scene};
use crate::seat::{Slots, Task};
use crate::turn::Turn;
use std::borrow::Cow;
use std::collections::BTreeMap;

impl Scene<'_> {
    /// The accounts a question is about.
    pub(crate) fn own(&self, ask: &Ask) -> Cow<'_, [Account]> {
        self.who.own(ask.of_kind)
    }

    /// Which of them may answer it: money goes from one account to another.
    pub(crate) fn own_beside(&self, item: &Item, ask: &Ask, slots: &Slots) -> Vec<Account> {
        let others = || item.asks.iter().filter(|a| a.kind == ask.kind && a.name != ask.name);
        let is_used = |id: &String| others().any(|a| slots.get(&a.name) == Some(id));
        self.own(ask).iter().filter(|a| !is_used(&a.id)).cloned().collect()
    }

    /// Nothing of the kind a question is about.
    pub(crate) fn without_account(self, item: &Item, ask: &Ask, task: &Task) -> Turn {
        let none = BTreeMap::new();
        let words =
            ask.none.as_ref().map(|t| t.fill(&self.values(&task.slots, &item.kinds, &none)));
        self.say(Draft::plain(words.unwrap_or_else(|| lines::NO_ACCOUNT.to_owned())))
    }

    /// What `first` means for a question.
    pub(crate) fn usual_of(&self, ask: &Ask) -> Option<String> {
        match ask.of_kind {
            OwnKind::Everyday => self.usual_account(),
            _ => self.own(ask).first().map(|a| a.id.clone()),
        }
    }

    /// What is being asked leads to a payment.
    pub(crate) fn asks_whom_to_pay(&self) -> bool {
        let task = self.seat.task.as_ref();
        let item = task.and_then(|t| self.book.items.get(&t.item));
        item.is_some_and(|i| i.kind == ItemKind::Transaction)
    }

    /// The customer chose a default account, and this only asks about one: nothing is done to it.
    pub(crate) fn asks_the_default(&self, item: &Item, ask: &Ask) -> bool {
        self.who.has_default
            && ask.of_kind == OwnKind::Everyday
            && matches!(item.kind, ItemKind::Info | ItemKind::Query)
    }

    /// The account spoken of last, else the default one.
    pub(crate) fn usual_account(&self) -> Option<String> {
        let spoken = self.seat.last.as_ref().and_then(|l| l.slots.get("account"));
        let own = |id: &&String| self.who.accounts.iter().any(|a| a.id == **id);
        spoken.filter(own).or(self.who.accounts.first().map(|a| &a.id)).cloned()
    }
}
