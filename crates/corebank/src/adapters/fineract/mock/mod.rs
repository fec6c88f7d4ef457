//! A Fineract on loopback that goes wrong the way the real one does (core.md §6), for tests.
//!
//! It keeps clients, savings accounts, transfers and holds in memory, in tenants that all number from one. Commands go
//! through three steps as there: taken down as under way, done, their result kept under (action, entity, key). Hence its traps: a
//! key answers its first result whatever comes with it; an error sticks; dying between the second step and the third leaves
//! money moved and a key that answers 425 for ever. Not for: interest, charges, roles, other resources.

mod books;
mod commands;
mod questions;
mod reply;
mod server;

use crate::day::Day;
use base::{Clock, Fen, Random, Secret};
use books::{Account, Books, Client, Tx};
use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// What happens to one request instead of the usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// It arrives and nobody looks at it; the connection ends.
    LostRequest,
    /// It is done; the connection ends without an answer.
    LostAnswer,
    /// It is done; the answer ends in the middle.
    HalfAnswer,
    /// It is done; what is answered with 200 is a page of something on the way.
    Garbled,
    /// It is done; nothing is answered, and the connection stays.
    Silent,
    /// Nothing is done; something on the way answers with this status.
    Page(u16),
    /// It is done, then the server dies: its key answers 425 for ever.
    Crash,
    /// It is under way for long: its key answers 425 until [`Mock::finish`].
    Slow,
    /// Rolled back by another's change of the same row: 409, kept under the key.
    Conflict,
    /// It waits for somebody's approval: 200, and nothing is done.
    Approval,
    /// One fen more is moved than was asked for.
    Skewed,
}

/// Which request meets trouble: the next question, or the next command, of a resource whose path begins so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    Asking(&'static str),
    Sending(&'static str),
}

impl On {
    fn is(self, is_command: bool, path: &str) -> bool {
        match self {
            Self::Asking(head) => !is_command && path.starts_with(head),
            Self::Sending(head) => is_command && path.starts_with(head),
        }
    }
}

/// Who is to be a client.
#[derive(Debug, Clone)]
pub struct NewClient {
    pub name: Secret<String>,
    pub mobile: Option<Secret<String>>,
    /// What the bank calls the document, and its number.
    pub document: (String, Secret<String>),
    pub since: Day,
}

struct World {
    clock: Clock,
    random: Random,
    authorization: Secret<String>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    tenants: BTreeMap<String, Books>,
    troubles: VecDeque<(On, Trouble)>,
    asked: Vec<String>,
}

impl World {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn trouble(&mut self, is_command: bool, path: &str) -> Option<Trouble> {
        let at = self.troubles.iter().position(|(on, _)| on.is(is_command, path))?;
        self.troubles.remove(at).map(|(_, trouble)| trouble)
    }
}

/// A Fineract that runs while this lives.
pub struct Mock {
    url: String,
    world: Arc<World>,
    _tasks: JoinSet<()>,
}

impl fmt::Debug for Mock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mock").field("url", &self.url).finish_non_exhaustive()
    }
}

impl Mock {
    /// Who may ask.
    pub const USER: &'static str = "mifos";
    pub const PASSWORD: &'static str = "password";

    /// Listens on a free port of this machine. `random` decides how long commands are under way.
    pub async fn start(clock: Clock, random: Random) -> base::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let authorization = Secret::new(reply::basic(Self::USER, Self::PASSWORD));
        let state = Mutex::default();
        let world = Arc::new(World { clock, random, authorization, state });
        let mut tasks = JoinSet::new();
        tasks.spawn(server::serve(listener, Arc::clone(&world)));
        Ok(Self { url, world, _tasks: tasks })
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    fn books<T>(&self, tenant: &str, work: impl FnOnce(&mut Books) -> T) -> T {
        work(self.world.state().tenants.entry(tenant.to_owned()).or_default())
    }

    /// A client of a tenant, which is there from its first client on; its number.
    pub fn client(&self, tenant: &str, new: NewClient) -> i64 {
        self.books(tenant, |books| {
            let id = books.next_client();
            books.clients.push(Client { id, new });
            id
        })
    }

    /// A savings account in yuan; its number.
    pub fn account(&self, tenant: &str, client: i64, number: Option<&str>, opened: Day) -> i64 {
        self.books(tenant, |books| {
            let id = books.next_account();
            books.accounts.push(Account::new(id, client, number, opened));
            id
        })
    }

    /// Money paid in or, when negative, taken out by others, on a day of theirs.
    pub fn post(&self, tenant: &str, account: i64, on: Day, amount: Fen, note: &str) {
        self.books(tenant, |books| {
            let tx = Tx { note: note.to_owned(), ..Tx::of(account, on, amount.fen()) };
            books.add(tx);
        });
    }

    /// Changes an account: its sub-status, its fee for transfers, whether it is closed.
    pub fn change(&self, tenant: &str, account: i64, change: impl FnOnce(&mut Terms)) {
        self.books(tenant, |books| {
            if let Some(account) = books.accounts.iter_mut().find(|a| a.id == account) {
                change(&mut account.terms);
            }
        });
    }

    /// The next such request meets it; further ones in the order they were added.
    pub fn trouble(&self, on: On, trouble: Trouble) {
        self.world.state().troubles.push_back((on, trouble));
    }

    /// Ends what is under way for long.
    pub fn finish(&self) {
        let now = self.world.clock.now();
        for books in self.world.state().tenants.values_mut() {
            commands::finish(books, now);
        }
    }

    /// Forgets all keys, as after years.
    pub fn forget_keys(&self) {
        for books in self.world.state().tenants.values_mut() {
            books.commands.clear();
        }
    }

    /// What an account holds, and how much of it is held.
    pub fn balance(&self, tenant: &str, account: i64) -> (Fen, Fen) {
        self.books(tenant, |books| (Fen::of(books.balance(account)), Fen::of(books.held(account))))
    }

    /// Every request so far as `POST /accounttransfers`, without its query.
    pub fn asked(&self) -> Vec<String> {
        self.world.state().asked.clone()
    }
}

/// What may be changed of an account.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terms {
    /// 0 none, 400 blocked, 500 no credits, 600 no debits.
    pub sub_status: i64,
    pub is_closed: bool,
    pub charges_transfers: bool,
}
