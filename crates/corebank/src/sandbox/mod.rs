//! A whole core bank of our own: double-entry books, customers and accounts in a database of its own.
//!
//! The default for demo, tests and small institutions, and the reference for what adapters must do.
//! Its database is never the product's: `bank` speaks to it only through [`CoreBank`], and personal
//! data is sealed with a key of its own. Posting is one function per kind in [`movement`]; what may be
//! posted is decided in [`crate::ledger`]; [`Sandbox::check_invariants`] walks all books.
//!
//! Money moves through [`crate::money::Money`] (`sandbox/money`). Whoever runs a sandbox calls [`Sandbox::settle_rails`] and
//! [`Sandbox::end_holds`] every few seconds: rails and holds end by time, and nothing else wakes them but being asked after.
//!
//! Not for: speaking to a real core (that is an adapter), nor for channel limits and factors.

pub mod bills;
mod books;
mod bulk;
mod cards;
mod cardset;
mod check;
mod commands;
mod controls;
mod counter;
mod facts;
mod feed;
mod keys;
mod lending;
mod money;
pub mod movement;
mod notice;
mod parties;
mod payouts;
mod pins;
mod port;
mod queries;
mod repay;
mod seal;
pub mod seed;
mod social;
mod stops;
mod tally;
mod terms;
mod told;
mod wealth;
mod words;

pub use bills::{County, Help, NewFamily, NewMember};
pub use books::Posted;
pub use cards::NewCard;
pub use cardset::NewPrint;
pub use commands::Done;
pub use controls::NewAgreement;
pub use facts::{NewBranch, NewOfficer, OwnLimit};
pub use lending::{NewLoan, Repayment};
pub use money::{Dispensed, NewLine, NewOffer, NewProject, NoCash, TillAsk};
pub use movement::{Face, Movement};
pub use parties::{Institution, InstitutionKind, NewAccount, NewCustomer};
pub use payouts::{NewBatch, NewShare};
pub use social::NewContribution;
pub use tally::Tally;
pub use terms::NewTerm;
pub use wealth::{NewWealth, NewWealthHolding};

use crate::day::Day;
use crate::error::CoreError;
use crate::model::{AccountRef, AccountState, DayState, Issuer};
use crate::pin::PinKey;
use base::{Error, Fen, Result, Secret, TenantId, Time};
use db::{Db, Migration, Scope, Tx, params};
use keys::Keys;
use queries::Said;
use seal::TenantKeys;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use words::{Word, from_word};

/// The sandbox's own schema. Not to be mixed with the product's: one database, one owner.
pub fn migrations() -> Vec<Migration> {
    vec![
        Migration { name: "0001_books", sql: include_str!("../../migrations/0001_books.sql") },
        Migration {
            name: "0002_requests",
            sql: include_str!("../../migrations/0002_requests.sql"),
        },
        Migration {
            name: "0003_passbooks",
            sql: include_str!("../../migrations/0003_passbooks.sql"),
        },
        Migration {
            name: "0004_cards_and_payouts",
            sql: include_str!("../../migrations/0004_cards_and_payouts.sql"),
        },
        Migration { name: "0005_lending", sql: include_str!("../../migrations/0005_lending.sql") },
        Migration { name: "0006_stops", sql: include_str!("../../migrations/0006_stops.sql") },
        Migration {
            name: "0007_controls",
            sql: include_str!("../../migrations/0007_controls.sql"),
        },
        Migration {
            name: "0009_card_settings",
            sql: include_str!("../../migrations/0009_card_settings.sql"),
        },
        Migration { name: "0011_keys", sql: include_str!("../../migrations/0011_keys.sql") },
        Migration { name: "0012_money", sql: include_str!("../../migrations/0012_money.sql") },
        Migration { name: "0013_recon", sql: include_str!("../../migrations/0013_recon.sql") },
        Migration { name: "0014_billers", sql: include_str!("../../migrations/0014_billers.sql") },
        Migration { name: "0015_gifts", sql: include_str!("../../migrations/0015_gifts.sql") },
        Migration {
            name: "0016_deposit_rates",
            sql: include_str!("../../migrations/0016_deposit_rates.sql"),
        },
        Migration { name: "0017_credit", sql: include_str!("../../migrations/0017_credit.sql") },
        Migration { name: "0018_wealth", sql: include_str!("../../migrations/0018_wealth.sql") },
        Migration {
            name: "0019_families",
            sql: include_str!("../../migrations/0019_families.sql"),
        },
        Migration { name: "0020_aliases", sql: include_str!("../../migrations/0020_aliases.sql") },
        Migration {
            name: "0021_notice_and_offers",
            sql: include_str!("../../migrations/0021_notice_and_offers.sql"),
        },
        Migration { name: "0022_cut", sql: include_str!("../../migrations/0022_cut.sql") },
        Migration { name: "0024_rewards", sql: include_str!("../../migrations/0024_rewards.sql") },
    ]
}

/// Minutes of a day.
const MIDNIGHT: i64 = 1_440;

/// What the sandbox is run with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Wraps what seals personal data at rest; without it nothing sealed opens.
    pub master: Secret<[u8; 32]>,
    /// The one before, while it changes: what only that one opens is wrapped anew at the start.
    pub previous_master: Option<Secret<[u8; 32]>>,
    /// Shared with the channel, for PIN blocks.
    pub pin_key: PinKey,
    /// The one before, while channels change theirs: a block says by its key id which it is under.
    pub previous_pin_key: Option<PinKey>,
    /// Tries of [`crate::CoreBank::verify_party`] per claimed account and day.
    pub party_tries_per_day: i64,
}

impl Settings {
    /// Defaults: five tries a day.
    pub fn new(master: Secret<[u8; 32]>, pin_key: PinKey) -> Self {
        Self {
            master,
            previous_master: None,
            pin_key,
            previous_pin_key: None,
            party_tries_per_day: 5,
        }
    }
}

struct Inner {
    db: Db,
    keys: Arc<Keys>,
    /// The current one, then the one before.
    pin_keys: Vec<PinKey>,
    party_tries_per_day: i64,
    /// When the date of an institution changes that is added.
    cut_minutes: AtomicI64,
    /// Leading digits of cards and passbooks of every institution; read at start and when an institution is added.
    bins: RwLock<Vec<(String, Issuer)>>,
}

/// The sandbox core. Clones share everything.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

impl std::fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sandbox").field("db", &self.0.db).finish_non_exhaustive()
    }
}

impl Sandbox {
    /// Opens the sandbox's database with its own migrations (those in `options` are replaced).
    pub async fn open(mut options: db::Options, settings: Settings) -> Result<Self> {
        options.migrations = migrations();
        Self::over(Db::open(options).await?, settings).await
    }

    /// The sandbox over a database that was opened with [`migrations`].
    pub async fn over(db: Db, settings: Settings) -> Result<Self> {
        let Settings { master, previous_master, pin_key, previous_pin_key, party_tries_per_day } =
            settings;
        let keys = Arc::new(Keys::new(master, previous_master));
        keys.take_over(&db).await?;
        let sandbox = Self(Arc::new(Inner {
            db,
            keys,
            pin_keys: [Some(pin_key), previous_pin_key].into_iter().flatten().collect(),
            party_tries_per_day,
            cut_minutes: AtomicI64::new(MIDNIGHT),
            bins: RwLock::default(),
        }));
        sandbox.read_bins().await?;
        Ok(sandbox)
    }

    /// Every institution's next date begins so many minutes after midnight in China (日切), those that are added later too; at
    /// midnight where nothing was said. What is booked keeps its date, and no date ever goes back.
    pub async fn set_cut(&self, minutes: i64) -> Result<()> {
        self.0.cut_minutes.store(minutes, Ordering::Relaxed);
        let unit = move |tx: &Tx<'_>| {
            let sql = "UPDATE core_tenant SET cut_minutes = $1 WHERE cut_minutes <> $1";
            tx.exec(sql, params![minutes])
        };
        self.0.db.write(Scope::House, unit).await.map(|_| ())
    }

    /// Its database, for health checks and for closing.
    pub fn db(&self) -> &Db {
        &self.0.db
    }

    /// Registers an institution; false when it is there already.
    pub async fn add_institution(&self, institution: &Institution) -> Result<bool> {
        let (i, keys) = (institution.clone(), Arc::clone(&self.0.keys));
        let cut = self.0.cut_minutes.load(Ordering::Relaxed);
        let scope = Scope::Tenant(i.tenant);
        let unit = move |tx: &Tx<'_>| {
            keys.draw(tx)?;
            parties::add_institution(tx, &i, Day::at(tx.now()), cut)
        };
        let fresh = self.0.db.write(scope, unit).await?;
        self.read_bins().await?;
        Ok(fresh)
    }

    pub async fn add_customer(&self, tenant: TenantId, customer: NewCustomer) -> Result<()> {
        self.unit(tenant, move |tx, keys| parties::add_customer(tx, keys, &customer)).await
    }

    /// Says how long a customer's document is good; false when there is no such customer.
    pub async fn set_id_end(
        &self,
        tenant: TenantId,
        cust_no: i64,
        ends_on: Option<Day>,
    ) -> Result<bool> {
        self.unit(tenant, move |tx, _| parties::set_id_end(tx, cust_no, ends_on)).await
    }

    /// Another reserved number, as after a visit to a branch; false when there is no such customer.
    pub async fn set_mobile(
        &self,
        tenant: TenantId,
        cust_no: i64,
        mobile: Option<String>,
    ) -> Result<bool> {
        self.unit(tenant, move |tx, keys| parties::set_mobile(tx, keys, cust_no, mobile.as_deref()))
            .await
    }

    pub async fn add_account(&self, tenant: TenantId, account: NewAccount) -> Result<()> {
        self.unit(tenant, move |tx, keys| parties::add_account(tx, keys, &account)).await
    }

    /// Posts a movement once under `request_id`: again with the same movement answers the first outcome,
    /// with another is [`crate::Reject::PayloadMismatch`].
    pub async fn post(
        &self,
        tenant: TenantId,
        request_id: impl Into<String>,
        movement: Movement,
    ) -> Result<std::result::Result<Done, CoreError>> {
        let id = request_id.into();
        self.unit(tenant, move |tx, _| commands::post(tx, &id, &movement, None)).await
    }

    /// Reserves an amount under `hold_no`; the same again changes nothing.
    pub async fn hold(
        &self,
        tenant: TenantId,
        hold_no: i64,
        acct_id: i64,
        amount: Fen,
        reason: impl Into<String>,
    ) -> Result<std::result::Result<(), CoreError>> {
        let reason = reason.into();
        self.unit(tenant, move |tx, _| commands::hold(tx, hold_no, acct_id, amount, &reason)).await
    }

    /// Gives a reservation back; [`crate::Reject::NotFound`] when it is not open.
    pub async fn void(
        &self,
        tenant: TenantId,
        hold_no: i64,
    ) -> Result<std::result::Result<(), CoreError>> {
        self.unit(tenant, move |tx, _| commands::void(tx, hold_no)).await
    }

    /// Changes an account's state. False when there is no such account.
    pub async fn set_state(
        &self,
        tenant: TenantId,
        account: &AccountRef,
        state: AccountState,
    ) -> Result<bool> {
        let Ok(acct_id) = account.as_str().parse::<i64>() else {
            return Ok(false);
        };
        self.unit(tenant, move |tx, _| set_state(tx, acct_id, state)).await
    }

    /// Opens or closes an institution's day (日切): closed, it refuses until `opens_at`.
    pub async fn set_day(
        &self,
        tenant: TenantId,
        state: DayState,
        opens_at: Option<Time>,
    ) -> Result<bool> {
        self.unit(tenant, move |tx, _| {
            tx.exec_one(
                "UPDATE core_tenant SET day_state = $1, opens_at_ms = $2 WHERE tenant_id = $3",
                params![state.word(), opens_at, tx.tenant()],
            )
        })
        .await
    }

    /// Walks every institution's books; one sentence per thing that does not hold.
    pub async fn check_invariants(&self) -> Result<Vec<String>> {
        let mut broken = Vec::new();
        for tenant in self.tenants().await? {
            let keys = self.0.keys.of(&self.0.db, tenant).await?;
            let walked =
                self.0.db.read(Scope::Tenant(tenant), move |tx| check::walk(tx, &keys)).await?;
            broken.extend(walked.into_iter().map(|sentence| format!("{tenant}: {sentence}")));
        }
        Ok(broken)
    }

    /// Every institution whose books are kept here.
    async fn tenants(&self) -> Result<Vec<TenantId>> {
        let unit =
            |tx: &Tx<'_>| tx.all("SELECT tenant_id FROM core_tenant ORDER BY tenant_id", params![]);
        self.0.db.read(Scope::House, unit).await
    }

    /// One writing unit for a tenant, with its keys.
    async fn unit<T: Send + 'static>(
        &self,
        tenant: TenantId,
        f: impl Fn(&Tx<'_>, &TenantKeys) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let keys = self.0.keys.of(&self.0.db, tenant).await?;
        self.0.db.write(Scope::Tenant(tenant), move |tx| f(tx, &keys)).await
    }

    async fn read_bins(&self) -> Result<()> {
        let rows: Vec<(String, TenantId, String, String, String)> = self
            .0
            .db
            .read(Scope::House, |tx| {
                tx.all(
                    "SELECT b.bin, t.tenant_id, t.legal_no, t.name, b.card
                       FROM core_bin b JOIN core_tenant t ON t.tenant_id = b.tenant_id",
                    params![],
                )
            })
            .await?;
        let bins = rows.into_iter().map(|(bin, tenant, legal_no, name, kind)| {
            Ok((bin, Issuer { tenant, legal_no, name, kind: from_word(&kind)? }))
        });
        let bins = bins.collect::<Result<Vec<_>>>()?;
        *self.0.bins.write().unwrap_or_else(PoisonError::into_inner) = bins;
        Ok(())
    }

    /// The institution whose leading digits `number` has; the longest match counts.
    fn issuer_of(&self, number: &str) -> Option<Issuer> {
        let bins = self.0.bins.read().unwrap_or_else(PoisonError::into_inner);
        let fits = bins.iter().filter(|(bin, _)| number.starts_with(bin.as_str()));
        fits.max_by_key(|(bin, _)| bin.len()).map(|(_, owner)| owner.clone())
    }
}

fn set_state(tx: &Tx<'_>, acct_id: i64, state: AccountState) -> Result<bool> {
    let changed = tx.exec_one(
        "UPDATE core_account SET state = $1, version = version + 1 WHERE tenant_id = $2 AND acct_id = $3",
        params![state.word(), tx.tenant(), acct_id],
    )?;
    if changed {
        let mut books = books::Books::open(tx)?;
        books.event("state", None, acct_id)?;
        books.close()?;
    }
    Ok(changed)
}

/// What happens when a stored number is not one of ours: it is simply not found.
fn number(handle: &str) -> Option<i64> {
    handle.parse().ok().filter(|n: &i64| *n > 0 && n.to_string() == handle)
}

/// A fault of ours is the core's «server error».
fn log_fault(op: &'static str, trace: &str, error: &Error) {
    tracing::error!(op, trace, error = %error, "the sandbox core broke");
}

/// What a unit of the port came to.
type Ran<T> = std::result::Result<Said<T>, tokio::time::error::Elapsed>;
