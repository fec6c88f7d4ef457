//! `weiyin bench-serve`: the real bank with very many bound followers, for `bench/`. Hidden, bounded to loopback.
//!
//! Nothing is switched off: the same callbacks, envelope, units of work, fsync and sealing as `weiyin serve`.

pub mod notices;
mod payers;

use crate::app::{App, Outside};
use crate::binding::agreements;
use crate::config::{self, Config};
use crate::followers::store::{ACCOUNTS, CUSTOMER};
use crate::followers::{Bound, BoundAccount, FollowerId};
use crate::tenants::store::{put_account, put_institution};
use crate::tenants::{
    AccountId, AccountKind, Connected, Institution, InstitutionKind, NewAccount, UNION,
};
use crate::vault::{Place, TenantKeys};
use crate::{health, logs, production, serve};
use base::{Clock, Fen, Id, Random, Result, Secret, TenantId};
use corebank::sandbox::{self, Sandbox, movement};
use corebank::{AccountKind as Kind, CustomerState, Day, IdType};
use db::{Many, Param, Scope, Tx, Value};
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};
use wechat::envelope::Mode;

const TENANT: TenantId = TenantId::of(21);
const APPID: &str = "wxbench0000000001";
/// Accounts at the core; followers share them.
const CORE_ACCOUNTS: i64 = 1_000;
const FOLLOWERS_A_UNIT: i64 = 1_000;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long)]
    data: PathBuf,
    #[arg(long)]
    port: u16,
    /// Bound followers that exist; more are added when the folder has fewer.
    #[arg(long, default_value_t = 10_000)]
    followers: i64,
    /// A PostgreSQL to use instead of SQLite in the folder.
    #[arg(long)]
    database: Option<String>,
    /// A PostgreSQL for the core, instead of SQLite in the folder.
    #[arg(long)]
    core: Option<String>,
    /// Customers who can pay, as many as there were before.
    #[arg(long, default_value_t = 0)]
    payers: i64,
    /// Where WeChat is, for pages.
    #[arg(long, default_value = "http://127.0.0.1:9")]
    wechat: String,
}

/// Prepares, says `ready` on stdout, serves until told to stop.
pub async fn run(args: &Args) -> Result<()> {
    logs::start(&config::Log { format: "text".into(), filter: "error".into() })?;
    health::start_counting();
    std::fs::create_dir_all(&args.data)?;
    let config = settings(args)?;
    let (clock, random) = (Clock::System, Random::system());
    let sandbox = production::sandbox(&config, &clock, &random).await?;
    let pin_key = production::pin_key(&config, &random)?;
    if fill_core(&sandbox).await? {
        payers::fill_core(&sandbox, &pin_key, args.payers).await?;
    }
    let outside = Outside { clock, random, core: Arc::new(sandbox.clone()), pin_key };
    let app = App::build(config, outside).await?;
    fill_bank(&app, args).await?;
    serve::start(app.clone()).await?;
    production::keep_money(&app, sandbox);
    let mut out = std::io::stdout();
    writeln!(out, "ready")?;
    out.flush()?;
    serve::asked_to_stop().await;
    app.shut_down().await;
    Ok(())
}

fn settings(args: &Args) -> Result<Config> {
    let (data, wechat) = (args.data.display(), &args.wechat);
    let url = args.database.clone().unwrap_or_else(|| format!("sqlite:{data}/weiyin.db"));
    let core = args.core.clone().unwrap_or_else(|| format!("sqlite:{data}/core.db"));
    let text = format!(
        "[server]\npublic_listen = \"127.0.0.1:{}\"\nstaff_listen = \"127.0.0.1:{}\"\n\
         public_url = \"http://127.0.0.1:{}\"\n\
         [database]\nurl = \"{url}\"\n[core]\nurl = \"{core}\"\n\
         [keys]\nmaster_file = \"{data}/keys/master.key\"\ncore_pin_file = \"{data}/keys/core-pin.key\"\n\
         [wechat]\napi_url = \"{wechat}\"\nmp_url = \"{wechat}\"\nopen_url = \"{wechat}\"\n\
         [h5]\nsecure_cookies = false\n",
        args.port,
        args.port + 1,
        args.port
    );
    Config::from_parts("bench settings", &text, std::env::vars())
}

/// False when it had been filled before.
async fn fill_core(sandbox: &Sandbox) -> Result<bool> {
    let bank = sandbox::Institution {
        tenant: TENANT,
        legal_no: "1021".into(),
        name: "量测农商行".into(),
        kind: sandbox::InstitutionKind::CommercialBank,
        county: "量测县".into(),
        towns: vec!["城关镇".into()],
    };
    if !sandbox.add_institution(&bank).await? {
        return Ok(false);
    }
    let since: Day = "2024-01-01".parse()?;
    for n in 1..=CORE_ACCOUNTS {
        let cust_no = 1_021_000_000 + n;
        let customer = sandbox::NewCustomer {
            cust_no,
            name: "量测人".into(),
            id_type: IdType::Passport,
            id_no: format!("BENCH{n:06}"),
            mobile: None,
            state: CustomerState::Active,
            since,
        };
        sandbox.add_customer(TENANT, customer).await?;
        let account = sandbox::NewAccount {
            acct_id: cust_no * 100 + 1,
            cust_no,
            kind: Kind::Passbook,
            product: "活期存折".into(),
            class: None,
            number: format!("9900000{n:06}"),
            opened_on: since,
            limit: Fen::ZERO,
            rate_bp: 0,
            ends_on: None,
        };
        sandbox.add_account(TENANT, account).await?;
        let opening = movement::opening(cust_no * 100 + 1, Fen::of(100_000 + n));
        let _ = sandbox.post(TENANT, format!("bench-{n}"), opening).await?;
    }
    Ok(true)
}

/// The union and the one bank.
fn put_house(tx: &Tx<'_>) -> Result<()> {
    let institution = |tenant, code: &str, kind| Institution {
        tenant,
        code: code.into(),
        kind,
        name: "量测农商行".into(),
        short: "量测农商行".into(),
        english: String::new(),
        color: "#0B6B46".into(),
        phone: "0990-0000000".into(),
    };
    let union = institution(UNION, "union", InstitutionKind::Union);
    let bank = institution(TENANT, "bench", InstitutionKind::CommercialBank);
    put_institution(tx, &union)?;
    put_institution(tx, &bank)
}

async fn fill_bank(app: &Arc<App>, args: &Args) -> Result<()> {
    let keys = app.vault.tenant(&app.db, TENANT).await?;
    let account = NewAccount {
        tenant: TENANT,
        appid: APPID.into(),
        original_id: "gh_bench0000001".into(),
        name: "量测农商行".into(),
        kind: AccountKind::Service,
        is_verified: true,
        connected: Connected::Direct,
        mode: Mode::Secure,
        is_provincial: false,
        token: Secret::new("benchtoken".into()),
        aes_key: Secret::new("abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG".into()),
        secret: Secret::new("benchsecret".into()),
    };
    let unit_keys = keys.clone();
    let id = app
        .db
        .write(Scope::House, move |tx| {
            put_house(tx)?;
            put_account(tx, &unit_keys, &account)
        })
        .await?;
    app.reload().await?;
    let (mut first,): (i64,) = app
        .db
        .read(Scope::Tenant(TENANT), |tx| {
            tx.one("SELECT COUNT(*) FROM follower WHERE tenant_id = $1", db::params![TENANT])
        })
        .await?;
    if first == 0 {
        payers::fill_bank(app, id, args.payers).await?;
    } else {
        first -= args.payers;
    }
    while first < args.followers {
        let last = args.followers.min(first + FOLLOWERS_A_UNIT);
        let keys = keys.clone();
        let add = move |tx: &Tx<'_>| add_followers(tx, &keys, id, first..last);
        app.db.write(Scope::Tenant(TENANT), add).await?;
        first = last;
    }
    Ok(())
}

/// `oBENCH` and 22 digits, each bound to one of the core's accounts; few statements, as they are very many.
fn add_followers(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    account: AccountId,
    which: std::ops::Range<i64>,
) -> Result<()> {
    let rows = which.map(|n| {
        let number = (1_021_000_000 + n % CORE_ACCOUNTS + 1) * 100 + 1;
        let bound = BoundAccount {
            id: format!("a{n}"),
            number: number.to_string(),
            kind: "passbook".into(),
            label: "存折".into(),
            tail: format!("{:04}", n % 10_000),
        };
        (format!("oBENCH{n:022}"), format!("bench{n}"), vec![bound])
    });
    add_rows(tx, keys, account, rows).map(|_| ())
}

/// Adds followers: (openid, the core's customer, their accounts). Their ids and those of their bindings.
fn add_rows(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    account: AccountId,
    whom: impl Iterator<Item = (String, String, Vec<BoundAccount>)>,
) -> Result<Vec<(FollowerId, i64)>> {
    let mut rows = vec![];
    for (openid, customer, accounts) in whom {
        let (id, binding): (FollowerId, Id<Bound>) = (tx.new_id(), tx.new_id());
        rows.push(Row {
            id,
            openid,
            binding,
            index: keys.blind("customer", &customer).now().to_vec(),
            customer: keys.seal(Place::new(CUSTOMER, binding.raw()), customer.as_bytes())?,
            accounts: keys.seal_json(Place::new(ACCOUNTS, binding.raw()), &accounts)?,
        });
    }
    let now = tx.now().ms();
    let followers: Vec<Value<'_>> = rows.iter().flat_map(|r| r.follower(account, now)).collect();
    let seats: Vec<Value<'_>> = rows.iter().flat_map(Row::seat).collect();
    let bindings: Vec<Value<'_>> = rows.iter().flat_map(|r| r.binding(now)).collect();
    tx.exec_many(&FOLLOWERS, &followers)?;
    tx.exec_many(&SEATS, &seats)?;
    tx.exec_many(&BINDINGS, &bindings)?;
    Ok(rows.iter().map(|r| (r.id, r.binding.raw())).collect())
}

struct Row {
    id: FollowerId,
    openid: String,
    binding: Id<Bound>,
    index: Vec<u8>,
    customer: Vec<u8>,
    accounts: Vec<u8>,
}

impl Row {
    fn follower(&self, account: AccountId, now: i64) -> [Value<'_>; 6] {
        let is_following = Value::Bool(true);
        let [tenant, id] = [TENANT.value(), self.id.value()];
        let account = Value::Int(account.raw());
        [tenant, id, account, Value::Text(&self.openid), is_following, Value::Int(now)]
    }
    fn seat(&self) -> [Value<'_>; 4] {
        [TENANT.value(), self.id.value(), Value::Int(1), Value::Int(0)]
    }
    fn binding(&self, now: i64) -> [Value<'_>; 10] {
        [
            TENANT.value(),
            self.binding.value(),
            self.id.value(),
            Value::Text("live"),
            self.index.value(),
            self.customer.value(),
            self.accounts.value(),
            Value::Bool(false),
            Value::Int(now),
            Value::Bytes(agreements::stand()),
        ]
    }
}

static FOLLOWERS: LazyLock<Many> = LazyLock::new(|| {
    let one = "INSERT INTO follower (tenant_id, id, account_id, openid, is_following, first_seen_at_ms) \
        VALUES ($1, $2, $3, $4, $5, $6)";
    let before = "INSERT INTO follower (tenant_id, id, account_id, openid, is_following, first_seen_at_ms) VALUES ";
    Many::new(6, one, (before, ""), None)
});
static SEATS: LazyLock<Many> = LazyLock::new(|| {
    let one =
        "INSERT INTO seat (tenant_id, follower_id, version, last_key) VALUES ($1, $2, $3, $4)";
    let before = "INSERT INTO seat (tenant_id, follower_id, version, last_key) VALUES ";
    Many::new(4, one, (before, ""), None)
});
static BINDINGS: LazyLock<Many> = LazyLock::new(|| {
    let one = "INSERT INTO binding (tenant_id, id, follower_id, state, customer_index, customer_sealed, accounts_sealed, \
        is_elder, bound_at_ms, agreed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    let before = "INSERT INTO binding (tenant_id, id, follower_id, state, customer_index, customer_sealed, accounts_sealed, \
        is_elder, bound_at_ms, agreed) VALUES ";
    Many::new(10, one, (before, ""), None)
});
