//! The running product: everything a handler, job or round may use, built once.

use crate::cases;
use crate::charity;
use crate::chooser::Chooser;
use crate::config::Config;
use crate::core_inbox;
use crate::face::{Face, HttpFace};
use crate::followers::behind::Behind;
use crate::followers::cache::Cache;
use crate::inbound::{Late, Together};
use crate::local;
use crate::notices;
use crate::ocr::{HttpOcr, Ocr};
use crate::ops;
use crate::payments;
use crate::places;
use crate::sms::Sms;
use crate::stamped;
use crate::tenants::{self, Registry, UNION};
use crate::tokens::DbTokens;
use crate::vault::{self, Masters, Vault};
use crate::wechat_calls::WeChat;
use base::{Clock, Context, Error, Random, Result};
use corebank::{CoreBank, PinKey};
use db::{Db, Migration, Options, Scope, params};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub const MIGRATIONS: &[Migration] = &[
    Migration { name: "0001_tenants", sql: include_str!("../../../migrations/0001_tenants.sql") },
    Migration {
        name: "0002_followers",
        sql: include_str!("../../../migrations/0002_followers.sql"),
    },
    Migration { name: "0003_binding", sql: include_str!("../../../migrations/0003_binding.sql") },
    Migration { name: "0004_sessions", sql: include_str!("../../../migrations/0004_sessions.sql") },
    Migration { name: "0005_wechat", sql: include_str!("../../../migrations/0005_wechat.sql") },
    Migration { name: "0006_staff", sql: include_str!("../../../migrations/0006_staff.sql") },
    Migration {
        name: "0007_binding_branches",
        sql: include_str!("../../../migrations/0007_binding_branches.sql"),
    },
    Migration {
        name: "0008_keys_and_second_factor",
        sql: include_str!("../../../migrations/0008_keys_and_second_factor.sql"),
    },
    Migration { name: "0009_stamped", sql: include_str!("../../../migrations/0009_stamped.sql") },
    Migration { name: "0010_face", sql: include_str!("../../../migrations/0010_face.sql") },
    Migration {
        name: "0011_moves_commands_purposes",
        sql: include_str!("../../../migrations/0011_moves_commands_purposes.sql"),
    },
    Migration {
        name: "0013_seats_behind",
        sql: include_str!("../../../migrations/0013_seats_behind.sql"),
    },
    Migration {
        name: "0020_knowledge",
        sql: include_str!("../../../migrations/0020_knowledge.sql"),
    },
    Migration { name: "0021_rates", sql: include_str!("../../../migrations/0021_rates.sql") },
    Migration { name: "0022_cases", sql: include_str!("../../../migrations/0022_cases.sql") },
    Migration { name: "0024_stops", sql: include_str!("../../../migrations/0024_stops.sql") },
    Migration { name: "0025_privacy", sql: include_str!("../../../migrations/0025_privacy.sql") },
    Migration { name: "0026_proofs", sql: include_str!("../../../migrations/0026_proofs.sql") },
    Migration { name: "0027_settings", sql: include_str!("../../../migrations/0027_settings.sql") },
    Migration { name: "0028_places", sql: include_str!("../../../migrations/0028_places.sql") },
    Migration { name: "0029_rural", sql: include_str!("../../../migrations/0029_rural.sql") },
    Migration {
        name: "0032_local_phrases",
        sql: include_str!("../../../migrations/0032_local_phrases.sql"),
    },
    Migration {
        name: "0033_knowledge_changes",
        sql: include_str!("../../../migrations/0033_knowledge_changes.sql"),
    },
    Migration {
        name: "0034_seal_keys",
        sql: include_str!("../../../migrations/0034_seal_keys.sql"),
    },
    Migration {
        name: "0035_case_pictures",
        sql: include_str!("../../../migrations/0035_case_pictures.sql"),
    },
    Migration { name: "0036_payments", sql: include_str!("../../../migrations/0036_payments.sql") },
    Migration { name: "0037_recon", sql: include_str!("../../../migrations/0037_recon.sql") },
    Migration { name: "0038_bills", sql: include_str!("../../../migrations/0038_bills.sql") },
    Migration { name: "0039_charity", sql: include_str!("../../../migrations/0039_charity.sql") },
    Migration {
        name: "0040_audit_chain",
        sql: include_str!("../../../migrations/0040_audit_chain.sql"),
    },
    Migration { name: "0042_orders", sql: include_str!("../../../migrations/0042_orders.sql") },
    Migration {
        name: "0043_core_inbox",
        sql: include_str!("../../../migrations/0043_core_inbox.sql"),
    },
    Migration {
        name: "0044_bill_plans",
        sql: include_str!("../../../migrations/0044_bill_plans.sql"),
    },
    Migration { name: "0045_notices", sql: include_str!("../../../migrations/0045_notices.sql") },
    Migration { name: "0046_wealth", sql: include_str!("../../../migrations/0046_wealth.sql") },
    Migration {
        name: "0047_reminders_together",
        sql: include_str!("../../../migrations/0047_reminders_together.sql"),
    },
    Migration { name: "0048_tills", sql: include_str!("../../../migrations/0048_tills.sql") },
    Migration { name: "0049_lamps", sql: include_str!("../../../migrations/0049_lamps.sql") },
    Migration { name: "0050_core_iso", sql: include_str!("../../../migrations/0050_core_iso.sql") },
    Migration { name: "0051_paths", sql: include_str!("../../../migrations/0051_paths.sql") },
    Migration {
        name: "0052_notice_rows",
        sql: include_str!("../../../migrations/0052_notice_rows.sql"),
    },
    Migration { name: "0053_holds", sql: include_str!("../../../migrations/0053_holds.sql") },
    Migration {
        name: "0055_reminded_orders",
        sql: include_str!("../../../migrations/0055_reminded_orders.sql"),
    },
    Migration { name: "0056_points", sql: include_str!("../../../migrations/0056_points.sql") },
    Migration {
        name: "0057_notice_replies",
        sql: include_str!("../../../migrations/0057_notice_replies.sql"),
    },
    Migration {
        name: "0058_notice_dues",
        sql: include_str!("../../../migrations/0058_notice_dues.sql"),
    },
    Migration {
        name: "0059_notice_digests_and_grants",
        sql: include_str!("../../../migrations/0059_notice_digests_and_grants.sql"),
    },
    Migration {
        name: "0060_notice_pauses_and_counts",
        sql: include_str!("../../../migrations/0060_notice_pauses_and_counts.sql"),
    },
    Migration {
        name: "0061_payments_unknown",
        sql: include_str!("../../../migrations/0061_payments_unknown.sql"),
    },
    Migration {
        name: "0062_binding_disowned",
        sql: include_str!("../../../migrations/0062_binding_disowned.sql"),
    },
    Migration {
        name: "0063_binding_number",
        sql: include_str!("../../../migrations/0063_binding_number.sql"),
    },
    Migration {
        name: "0064_recon_look",
        sql: include_str!("../../../migrations/0064_recon_look.sql"),
    },
    Migration { name: "0065_phones", sql: include_str!("../../../migrations/0065_phones.sql") },
];

pub struct App {
    pub config: Config,
    pub db: Db,
    pub vault: Vault,
    /// Where operators' commands are taken.
    pub ops: ops::Counter,
    /// The flows of all; [`Self::book_of`] is an institution's.
    pub book: dialogue::Book,
    pub local: local::Books,
    pub core: Arc<dyn CoreBank>,
    /// Where the core tells by itself, if it may.
    pub door: Option<core_inbox::push::Door>,
    /// Where a core that speaks ISO 8583 tells, if one does.
    pub iso: Option<core_inbox::iso::Line>,
    /// Shared with the core: PINs travel in blocks under it.
    pub pin_key: PinKey,
    pub wechat: WeChat,
    pub sms: Sms,
    pub ocr: Arc<dyn Ocr>,
    pub face: Arc<dyn Face>,
    pub chooser: Chooser,
    pub followers: Arc<Cache>,
    pub behind: Arc<Behind>,
    pub late: Late,
    pub together: Together,
    pub payments: payments::Desk,
    pub notices: notices::Desk,
    /// How often papers were checked.
    pub checks: stamped::Checks,
    pub tasks: TaskTracker,
    pub stop: CancellationToken,
    /// Names this process in leases.
    pub worker: String,
    registry: RwLock<Arc<Registry>>,
    /// What a talk that is played says of verbs.
    #[cfg(test)]
    pub(crate) pretend: crate::testing::pretend::Pretend,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "App({})", self.worker)
    }
}

/// What differs between production, demo and tests.
#[derive(Debug)]
pub struct Outside {
    pub clock: Clock,
    pub random: Random,
    pub core: Arc<dyn CoreBank>,
    pub pin_key: PinKey,
}

impl App {
    /// Opens the database and everything that stands on it. Errors say what to do.
    pub async fn build(config: Config, outside: Outside) -> Result<Arc<Self>> {
        let db = open_db(&config, &outside).await?;
        Self::on(config, db, outside).await
    }

    /// The same on an open database.
    pub async fn on(config: Config, db: Db, outside: Outside) -> Result<Arc<Self>> {
        // A form with a mistake stops the start, not a customer.
        cases::kinds::all()?;
        let masters = Masters::read(&config.keys, &outside.random)?;
        let vault = Vault::new(&masters, config.keys.profile, outside.random.clone())?;
        let union_keys = vault.tenant(&db, UNION).await?;
        let store = Arc::new(DbTokens::new(db.clone(), union_keys));
        let wechat = WeChat::new(&config.wechat, store, &outside)?;
        let book = dialogue::Book::embedded().map_err(|errors| {
            let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
            Error::fault(format!("flow files: {}", lines.join("; ")))
        })?;
        let sms = Sms::new(&config.sms.url, config.sms.timeout_ms)?;
        let ocr = Arc::new(HttpOcr::new(&config.ocr.url, config.ocr.timeout_ms)?);
        let face = Arc::new(HttpFace::new(&config.face.url, config.face.timeout_ms)?);
        let chooser = Chooser::new(&config.chooser)?;
        let followers = Arc::new(Cache::new(config.limits.followers_cached));
        let door = core_inbox::push::Door::open(&config.core, db.clock().clone())?;
        let iso = core_inbox::iso::Line::open(&config.iso8583)?;
        let behind = Arc::new(Behind::open(&db, config.limits.seat_log_bytes).await?);
        let app = Arc::new(Self {
            db,
            vault,
            ops: ops::Counter::new(&masters.current)?,
            book,
            local: local::Books::default(),
            core: outside.core,
            door,
            iso,
            pin_key: outside.pin_key,
            wechat,
            sms,
            ocr,
            face,
            chooser,
            followers,
            behind,
            late: Late::default(),
            together: Together::default(),
            payments: payments::Desk::default(),
            notices: notices::Desk::default(),
            checks: stamped::Checks::default(),
            tasks: TaskTracker::new(),
            stop: CancellationToken::new(),
            worker: outside.random.hex(8),
            registry: RwLock::default(),
            #[cfg(test)]
            pretend: crate::testing::pretend::Pretend::default(),
            config,
        });
        app.reload().await?;
        Ok(app)
    }

    pub fn clock(&self) -> &Clock {
        self.db.clock()
    }
    pub fn random(&self) -> &Random {
        self.db.random()
    }

    /// Institutions and accounts as last read.
    pub fn registry(&self) -> Arc<Registry> {
        self.registry.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Reads keys, institutions and accounts again.
    pub async fn reload(&self) -> Result<()> {
        self.vault.refresh(&self.db).await?;
        let component = self.wechat.component_keys();
        let mut fresh = tenants::store::load(&self.db, &self.vault, component).await?;
        for tenant in fresh.institutions.keys() {
            self.vault.tenant(&self.db, *tenant).await?;
        }
        let shorts: Vec<_> =
            fresh.institutions.iter().map(|(tenant, i)| (*tenant, i.short.clone())).collect();
        fresh.projects = charity::load(&self.db).await?;
        fresh.offers = notices::templates::load(&self.db).await?;
        fresh.subscriptions = notices::grants::load(&self.db).await?;
        fresh.places = places::load(&self.db, &shorts, &self.registry().places).await?;
        *self.registry.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(fresh);
        local::refresh(self).await
    }

    /// Whether the database answers.
    pub async fn database_answers(&self) -> Result<()> {
        let one = self.db.read(Scope::House, |tx| tx.one::<(i64,)>("SELECT 1", params![])).await?;
        if one.0 == 1 { Ok(()) } else { Err(Error::fault("the database answers nonsense")) }
    }

    /// Waits for work under way, then lets the database go.
    pub async fn shut_down(&self) {
        self.stop.cancel();
        self.tasks.close();
        let patience = Duration::from_millis(self.config.server.shutdown_ms);
        if tokio::time::timeout(patience, self.tasks.wait()).await.is_err() {
            tracing::warn!("work was still under way when the time to stop was over");
        }
        if let Err(e) = self.behind.sweep(&self.db).await {
            tracing::warn!(error = ?e, "seats stay in the log until the next start");
        }
        self.db.clone().close().await;
    }
}

/// Opens the product's database by the settings.
pub async fn open_db(config: &Config, outside: &Outside) -> Result<Db> {
    if let Some(file) = config.database.url.strip_prefix("sqlite:") {
        vault::private_place(file.as_ref());
    }
    let mut options = Options::new(&config.database.url, outside.clock.clone());
    options.random = outside.random.clone();
    options.migrations = MIGRATIONS.to_vec();
    options.pg_writers = config.database.connections;
    options.row_security = config.database.row_security;
    options.replica_url =
        (!config.database.replica_url.is_empty()).then(|| config.database.replica_url.clone());
    Db::open(options).await.doing("opening the database")
}
