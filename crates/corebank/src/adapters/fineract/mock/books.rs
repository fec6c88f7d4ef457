//! The books of one tenant: everything numbers from one.

use super::{NewClient, Terms};
use crate::day::Day;
use std::collections::BTreeMap;

/// Transaction types.
pub(super) const DEPOSIT: i64 = 1;
pub(super) const WITHDRAWAL: i64 = 2;
pub(super) const HOLD: i64 = 20;
pub(super) const RELEASE: i64 = 21;

pub(super) struct Client {
    pub(super) id: i64,
    pub(super) new: NewClient,
}

pub(super) struct Account {
    pub(super) id: i64,
    pub(super) client: i64,
    /// `externalId`
    pub(super) number: Option<String>,
    pub(super) opened: Day,
    pub(super) terms: Terms,
}

impl Account {
    pub(super) fn new(id: i64, client: i64, number: Option<&str>, opened: Day) -> Self {
        let number = number.map(str::to_owned);
        Self { id, client, number, opened, terms: Terms::default() }
    }
}

#[derive(Clone)]
pub(super) struct Tx {
    /// In the order they were made.
    pub(super) id: i64,
    pub(super) account: i64,
    pub(super) kind: i64,
    pub(super) date: Day,
    /// Fen, never negative.
    pub(super) amount: i64,
    pub(super) receipt: Option<String>,
    pub(super) note: String,
    /// Number of the transfer it is a leg of.
    pub(super) transfer: Option<i64>,
    /// Number of the transaction that released it.
    pub(super) release: Option<i64>,
}

impl Tx {
    /// A deposit, or a withdrawal when negative.
    pub(super) fn of(account: i64, date: Day, signed: i64) -> Self {
        let kind = if signed < 0 { WITHDRAWAL } else { DEPOSIT };
        let (note, amount) = (String::new(), signed.saturating_abs());
        Self {
            id: 0,
            account,
            kind,
            date,
            amount,
            receipt: None,
            note,
            transfer: None,
            release: None,
        }
    }
    /// What it does to the balance.
    pub(super) const fn moved(&self) -> i64 {
        match self.kind {
            DEPOSIT => self.amount,
            WITHDRAWAL => -self.amount,
            _ => 0,
        }
    }
}

pub(super) struct Transfer {
    /// Of the transaction; that of its details is another number.
    pub(super) id: i64,
    pub(super) details: i64,
    pub(super) from: i64,
    pub(super) to: i64,
    pub(super) amount: i64,
    pub(super) date: Day,
    pub(super) description: String,
}

/// A command under its key.
#[derive(Clone)]
pub(super) enum Command {
    UnderWay { request: String },
    Done { status: u16, body: String },
}

/// Action, entity and key: the payload is no part of it.
pub(super) type Key = (&'static str, &'static str, String);

/// A command that is under way for long.
pub(super) struct Pending {
    pub(super) key: Key,
    pub(super) order: super::commands::Order,
}

#[derive(Default)]
pub(super) struct Books {
    pub(super) clients: Vec<Client>,
    pub(super) accounts: Vec<Account>,
    pub(super) txs: Vec<Tx>,
    pub(super) transfers: Vec<Transfer>,
    pub(super) commands: BTreeMap<Key, Command>,
    pub(super) pending: Vec<Pending>,
}

fn following(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX).saturating_add(1)
}

/// Details of transfers are numbered apart from the transfers.
const DETAILS_FROM: i64 = 76;

impl Books {
    pub(super) fn next_client(&self) -> i64 {
        following(self.clients.len())
    }
    pub(super) fn next_account(&self) -> i64 {
        following(self.accounts.len())
    }
    pub(super) fn account(&self, id: i64) -> Option<&Account> {
        self.accounts.iter().find(|a| a.id == id)
    }
    pub(super) fn by_number(&self, number: &str) -> Option<&Account> {
        self.accounts.iter().find(|a| a.number.as_deref() == Some(number))
    }
    pub(super) fn client(&self, id: i64) -> Option<&Client> {
        self.clients.iter().find(|c| c.id == id)
    }

    /// Books it under the next number.
    pub(super) fn add(&mut self, tx: Tx) -> i64 {
        let id = following(self.txs.len());
        self.txs.push(Tx { id, ..tx });
        id
    }

    /// Both legs of a transfer; the number of its details.
    pub(super) fn transfer(&mut self, mut transfer: Transfer) -> i64 {
        transfer.id = following(self.transfers.len());
        transfer.details = transfer.id + DETAILS_FROM;
        let leg = |account, signed| Tx {
            transfer: Some(transfer.id),
            ..Tx::of(account, transfer.date, signed)
        };
        let legs = [leg(transfer.from, -transfer.amount), leg(transfer.to, transfer.amount)];
        for tx in legs {
            self.add(tx);
        }
        let details = transfer.details;
        self.transfers.push(transfer);
        details
    }

    fn of(&self, account: i64) -> impl Iterator<Item = &Tx> {
        self.txs.iter().filter(move |tx| tx.account == account)
    }
    pub(super) fn balance(&self, account: i64) -> i64 {
        self.of(account).map(Tx::moved).sum()
    }
    pub(super) fn held(&self, account: i64) -> i64 {
        let open = self.of(account).filter(|tx| tx.kind == HOLD && tx.release.is_none());
        open.map(|tx| tx.amount).sum()
    }
    pub(super) fn available(&self, account: i64) -> i64 {
        self.balance(account) - self.held(account)
    }
    /// The balance after a line, in the order of days: one that was booked late with an earlier day changes those after it.
    pub(super) fn running(&self, tx: &Tx) -> i64 {
        let until = self.of(tx.account).filter(|t| (t.date, t.id) <= (tx.date, tx.id));
        until.map(Tx::moved).sum()
    }
    pub(super) fn hold(&self, account: i64, code: &str) -> Option<&Tx> {
        self.of(account).find(|tx| tx.kind == HOLD && tx.receipt.as_deref() == Some(code))
    }
}
