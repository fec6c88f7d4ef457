//! The product as it runs outside the demo: system clock and randomness, keys from files, the configured core.

use crate::app::{App, Outside};
use crate::config::Config;
use crate::{health, vault};
use base::{Clock, Context, Error, Random, Result, TenantId};
use corebank::sandbox::{Sandbox, Settings};
use corebank::{CoreBank, Ctx, Day, Operator, PinKey};
use corehttp::{HttpCore, Key, Keys, Peer};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Builds the app of `weiyin serve` and `weiyin doctor`.
pub async fn app(config: Config) -> Result<Arc<App>> {
    health::start_counting();
    let (clock, random) = (Clock::System, Random::system());
    let pin_key = pin_key(&config, &random)?;
    if config.core.is_http() {
        let core: Arc<dyn CoreBank> = Arc::new(http_core(&config, &clock, &random).await?);
        return App::build(config, Outside { clock, random, core, pin_key }).await;
    }
    let sandbox = sandbox(&config, &clock, &random).await?;
    let core: Arc<dyn CoreBank> = Arc::new(sandbox.clone());
    let app = App::build(config, Outside { clock, random, core, pin_key }).await?;
    keep_money(&app, sandbox.clone());
    keep_days(&app, sandbox, DAY_LOOK);
    Ok(app)
}

/// The core on another server. It is asked what it can do; while it does not answer the bank does not start.
async fn http_core(config: &Config, clock: &Clock, random: &Random) -> Result<HttpCore> {
    let set = &config.core;
    let key = core_key(&set.key_id, &set.key_file)?;
    let peer = Peer { url: set.url.clone(), keys: Keys::new(vec![key])? };
    let deadline = clock.now().plus_ms(MEETING_MS);
    let mut ctx = Ctx::new(crate::tenants::UNION, deadline, "start");
    ctx.operator = Operator::System;
    let met = HttpCore::meet(peer, clock.clone(), random.clone(), &ctx).await;
    met.doing("asking the core at core.url what it can do")
}

/// A key that we and the core name alike.
pub(crate) fn core_key(id: &str, file: &Path) -> Result<Key> {
    let text = vault::read_private(file)?;
    Key::read(id, &text).doing(format!("the core's key in {}", file.display()))
}

/// How long a core may take to say what it can do.
const MEETING_MS: i64 = 10_000;

/// How often it is looked whether a day of the sandbox core has begun; never at the start, so that `doctor` changes nothing.
const DAY_LOOK: Duration = Duration::from_secs(60);

/// What ends with a day at the sandbox core ends by the clock: cards being closed, limits raised for a time.
pub fn keep_days(app: &Arc<App>, sandbox: Sandbox, look_every: Duration) {
    let mine = app.clone();
    app.tasks.spawn(async move {
        let mut kept = None;
        loop {
            tokio::select! {
                () = mine.stop.cancelled() => return,
                () = tokio::time::sleep(look_every) => {}
            }
            let today = Day::at(mine.clock().now());
            if kept != Some(today) && end_day(&mine, &sandbox).await {
                kept = Some(today);
            }
        }
    });
}

/// How often what other banks owe an answer to is looked at.
const MONEY_LOOK: Duration = Duration::from_secs(2);

/// What ends by itself at the sandbox core: payments on their way to other banks, holds past their time.
pub fn keep_money(app: &Arc<App>, sandbox: Sandbox) {
    let mine = app.clone();
    app.tasks.spawn(async move {
        loop {
            tokio::select! {
                () = mine.stop.cancelled() => return,
                () = tokio::time::sleep(MONEY_LOOK) => {}
            }
            let settled = sandbox.settle_rails().await.map(|_| ());
            let ended = sandbox.end_holds().await.map(|_| ());
            if let Err(e) = settled.and(ended) {
                tracing::warn!(error = ?e, "payments of the sandbox core could not be settled");
            }
        }
    });
}

/// True when every institution's day was kept.
async fn end_day(app: &App, sandbox: &Sandbox) -> bool {
    let tenants: Vec<TenantId> = app.registry().institutions.keys().copied().collect();
    let mut all = true;
    for tenant in tenants {
        if let Err(e) = sandbox.end_card_days(tenant).await {
            tracing::warn!(error = ?e, "a day of the sandbox core could not be kept");
            all = false;
        }
    }
    all
}

/// The key PIN blocks travel under.
pub fn pin_key(config: &Config, random: &Random) -> Result<PinKey> {
    let key = vault::key_file::<16>(&config.keys.core_pin_file, random)?;
    Ok(PinKey::new(&config.keys.core_pin_id, *key.reveal()))
}

/// The one they travelled under before, while the core still takes both.
fn previous_pin_key(config: &Config, random: &Random) -> Result<Option<PinKey>> {
    let keys = &config.keys;
    let file = &keys.previous_core_pin_file;
    if keys.previous_core_pin_id.is_empty() {
        return Ok(None);
    }
    if !file.exists() {
        let what = format!("keys.previous_core_pin_file: {} is not there", file.display());
        return Err(Error::fault(what));
    }
    let key = vault::key_file::<16>(file, random)?;
    Ok(Some(PinKey::new(&keys.previous_core_pin_id, *key.reveal())))
}

/// The sandbox core in its own database; it never shares a transaction with the bank.
pub async fn sandbox(config: &Config, clock: &Clock, random: &Random) -> Result<Sandbox> {
    let keys = &config.keys;
    let previous_master = match keys.previous_core_master_file.as_os_str() {
        none if none.is_empty() => None,
        _ => Some(vault::key_file::<32>(&keys.previous_core_master_file, random)?),
    };
    let master = vault::key_file::<32>(&keys.core_master_file(), random)?;
    let mut options = db::Options::new(&config.core.url, clock.clone());
    options.random = random.clone();
    let mut settings = Settings::new(master, pin_key(config, random)?);
    settings.previous_master = previous_master;
    settings.previous_pin_key = previous_pin_key(config, random)?;
    let sandbox = Sandbox::open(options, settings).await.doing("opening the sandbox core")?;
    sandbox.set_cut(config.recon.cut_minutes).await?;
    Ok(sandbox)
}

#[cfg(test)]
mod tests {
    use super::{Clock, Config, Random, Result, Sandbox, sandbox};
    use crate::testing::LINGXI;
    use corebank::sandbox::{Institution, InstitutionKind, NewCustomer};
    use corebank::{CoreBank as _, Ctx, CustNo, CustomerState, IdType};
    use std::path::Path;

    /// The sandbox core with the settings of `keys`, in which HOME is the folder.
    async fn start(at: &Path, keys: &str) -> Result<Sandbox> {
        let text = "[h5]\nsecure_cookies = false\n[core]\nurl = \"sqlite:HOME/core.db\"\n[keys]\nmaster_file = \"HOME/master.key\"\n\
                    core_pin_file = \"HOME/pin.key\"\n";
        let text = format!("{text}{keys}").replace("HOME", &at.display().to_string());
        let config = Config::from_parts("test", &text, std::iter::empty())?;
        sandbox(&config, &Clock::System, &Random::system()).await
    }

    /// Whether the customer's sealed facts open; then the core is stopped.
    async fn opens(core: Sandbox) -> bool {
        let ctx = Ctx::new(LINGXI, Clock::System.now().plus_ms(30_000), "test");
        let opens = core.customer(&ctx, &CustNo::new("1011000001")).await.is_ok();
        core.db().clone().close().await;
        opens
    }

    async fn filled(core: Sandbox) -> Sandbox {
        let institution = Institution {
            tenant: LINGXI,
            legal_no: "1011".into(),
            name: "陵溪农村商业银行".into(),
            kind: InstitutionKind::CommercialBank,
            county: "陵溪县".into(),
            towns: vec!["城关镇".into()],
        };
        core.add_institution(&institution).await.unwrap();
        let customer = NewCustomer {
            cust_no: 1_011_000_001,
            name: "钱多多".into(),
            id_type: IdType::Passport,
            id_no: "E12345678".into(),
            mobile: None,
            state: CustomerState::Active,
            since: "2026-01-05".parse().unwrap(),
        };
        core.add_customer(LINGXI, customer).await.unwrap();
        core
    }

    #[tokio::test]
    async fn settings_give_the_sandbox_core_a_new_master_key_and_the_old_file_can_go_dp_06() {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        assert!(opens(filled(start(at, "").await.unwrap()).await).await);
        let new = "core_master_file = \"HOME/core-master-2.key\"\n";
        assert!(!opens(start(at, new).await.unwrap()).await, "the old one is not named");
        let both = format!("{new}previous_core_master_file = \"HOME/core-master.key\"\n");
        assert!(opens(start(at, &both).await.unwrap()).await);
        std::fs::remove_file(at.join("core-master.key")).unwrap();
        assert!(opens(start(at, new).await.unwrap()).await);
        let gone = start(at, &both).await.map(|_| ()).unwrap_err();
        assert!(gone.to_string().contains("core-master.key is not there"), "{gone}");
    }
}
