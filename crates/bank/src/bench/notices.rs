//! `weiyin bench-notices` and `weiyin bench-wechat`: the real bank telling very many customers of what their core booked, and a
//! simulated WeChat in a process of its own to tell them through. Hidden, bounded to loopback, for `bench/` and for tests that kill it.

use super::{TENANT, add_rows, put_house};
use crate::app::{App, Outside};
use crate::config::{self, Config};
use crate::core_inbox::{self, Via};
use crate::followers::{BoundAccount, FollowerId};
use crate::notices::{self, templates};
use crate::tenants::store::put_account;
use crate::tenants::{AccountId, AccountKind, Connected, NewAccount};
use crate::vault::TenantKeys;
use crate::{health, logs, production, serve};
use base::{Clock, Error, Fen, Random, Result, Secret, Time};
use corebank::feed::{Entry, Event, Happened};
use corebank::{AccountRef, Day, LineId};
use db::{Many, Param, Scope, Tx, Value, params};
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use wechat::envelope::Mode;

const AES_KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
const TOKEN: &str = "benchtoken";
const SECRET: &str = "benchsecret";
/// Rows of one unit while tables are filled.
const ROWS_A_UNIT: i64 = 1_000;
/// Events told together.
const PAGE: i64 = 200;
const SAMPLE_EVERY: Duration = Duration::from_secs(10);

fn appid(n: i64) -> String {
    format!("wxnotice{n:010}")
}
fn uid(n: i64) -> String {
    format!("b{n}")
}
fn openid(n: i64, accounts: i64) -> String {
    simulator::openid_of(&appid(n % accounts), &uid(n))
}
/// The core's account of follower `n`.
fn number(n: i64) -> String {
    format!("77{n:012}")
}

#[derive(Debug, clap::Args)]
pub struct WechatArgs {
    #[arg(long)]
    port: u16,
    /// The bank's public port.
    #[arg(long)]
    back: u16,
    #[arg(long, default_value_t = 8)]
    accounts: i64,
    #[arg(long, default_value_t = 8_000)]
    followers: i64,
}

/// The simulated WeChat with the accounts and followers of [`run`]; says `ready`, serves until told to stop.
///
/// # Errors
/// A port that is taken.
pub async fn run_wechat(args: &WechatArgs) -> Result<()> {
    let mut config = simulator::Config::new(Clock::System, Random::system());
    config.listen = ([127, 0, 0, 1], args.port).into();
    config.accounts = (0..args.accounts)
        .map(|n| simulator::AccountConfig {
            appid: appid(n),
            secret: SECRET.into(),
            name: format!("量测{n}"),
            original_id: format!("gh_notice{n:06}"),
            token: TOKEN.into(),
            encoding_aes_key: AES_KEY.into(),
            callback_url: format!("http://127.0.0.1:{}/wx/{}", args.back, appid(n)),
            ..simulator::AccountConfig::default()
        })
        .collect();
    config.users = (0..args.followers)
        .map(|n| simulator::UserConfig {
            id: uid(n),
            follows: vec![simulator::FollowConfig {
                appid: appid(n % args.accounts),
                openid: None,
            }],
            ..simulator::UserConfig::default()
        })
        .collect();
    // The day's quotas are not what is measured.
    config.limits.daily.insert("/cgi-bin/message/template/send".into(), i64::MAX);
    config.limits.exchanges = 100;
    let running = simulator::Simulator::start(config).await?;
    ready()?;
    serve::asked_to_stop().await;
    running.stop().await;
    Ok(())
}

fn ready() -> Result<()> {
    let mut out = std::io::stdout();
    writeln!(out, "ready")?;
    out.flush()?;
    Ok(())
}

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long)]
    data: PathBuf,
    #[arg(long)]
    port: u16,
    /// Where WeChat is: `bench-wechat` with as many accounts and followers.
    #[arg(long)]
    wechat: String,
    #[arg(long, default_value_t = 8)]
    accounts: i64,
    #[arg(long, default_value_t = 8_000)]
    followers: i64,
    /// Entries that the core tells of; a folder that was used goes on behind them.
    #[arg(long, default_value_t = 20_000)]
    notices: i64,
    /// Entries told a second; 0 for all at once.
    #[arg(long, default_value_t = 0)]
    rate: i64,
    /// Serves until told to stop instead of ending when every notice has.
    #[arg(long)]
    stay: bool,
    /// A PostgreSQL to use instead of SQLite in the folder.
    #[arg(long)]
    database: Option<String>,
}

/// Prepares, says `ready`, tells, and prints one line of JSON with what came of it.
///
/// # Errors
/// Those of the parts.
pub async fn run(args: &Args) -> Result<()> {
    logs::start(&config::Log { format: "text".into(), filter: "error".into() })?;
    health::start_counting();
    std::fs::create_dir_all(&args.data)?;
    let config = settings(args)?;
    let (clock, random) = (Clock::System, Random::system());
    let sandbox = production::sandbox(&config, &clock, &random).await?;
    let pin_key = production::pin_key(&config, &random)?;
    let outside = Outside { clock, random, core: Arc::new(sandbox), pin_key };
    let app = App::build(config, outside).await?;
    fill(&app, args).await?;
    serve::start(app.clone()).await?;
    offer(&app).await?;
    // From here on events are told of.
    notices::round(&app).await?;
    ready()?;
    let from = last_seq(&app).await? + 1;
    let (sampling, samples) = (CancellationToken::new(), Arc::new(Mutex::new(vec![])));
    app.tasks.spawn(sample(sampling.clone(), samples.clone()));
    let watch = base::Stopwatch::start();
    let ends = async {
        tell(&app, args, from).await?;
        while open(&app).await? > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok::<_, Error>(())
    };
    tokio::select! {
        ended = ends => ended?,
        () = serve::asked_to_stop() => {}
    }
    let took = watch.elapsed();
    sampling.cancel();
    let mut line = count(&app, args.accounts, args.followers, from).await?;
    let told = line["accepted"].as_u64().unwrap_or_default();
    let ms = u64::try_from(took.as_millis())?.max(1);
    line["took_ms"] = json!(ms);
    line["last_seq"] = json!(last_seq(&app).await?);
    line["notices_per_s"] = json!(told * 1_000 / ms);
    line["rss_kib"] = json!(*samples.lock().unwrap_or_else(PoisonError::into_inner));
    writeln!(std::io::stdout(), "{line}")?;
    if args.stay {
        serve::asked_to_stop().await;
    }
    app.shut_down().await;
    Ok(())
}

fn settings(args: &Args) -> Result<Config> {
    let (data, wechat, port) = (args.data.display(), &args.wechat, args.port);
    let url = args.database.clone().unwrap_or_else(|| format!("sqlite:{data}/weiyin.db"));
    let text = format!(
        "[server]\npublic_listen = \"127.0.0.1:{port}\"\nstaff_listen = \"127.0.0.1:{}\"\n\
         public_url = \"http://127.0.0.1:{port}\"\n\
         [database]\nurl = \"{url}\"\n[core]\nurl = \"sqlite:{data}/core.db\"\n\
         [keys]\nmaster_file = \"{data}/keys/master.key\"\ncore_pin_file = \"{data}/keys/core-pin.key\"\n\
         [wechat]\napi_url = \"{wechat}\"\nmp_url = \"{wechat}\"\nopen_url = \"{wechat}\"\n\
         [notices]\ntemplates_a_day = 1000000000\n[h5]\nsecure_cookies = false\n",
        port + 1,
    );
    Config::from_parts("bench settings", &text, std::env::vars())
}

/// The bank, its accounts and their followers, once.
async fn fill(app: &Arc<App>, args: &Args) -> Result<()> {
    let keys = app.vault.tenant(&app.db, TENANT).await?;
    let unit_keys = keys.clone();
    let accounts = args.accounts;
    let unit = move |tx: &Tx<'_>| {
        put_house(tx)?;
        (0..accounts).map(|n| put_account(tx, &unit_keys, &account(n))).collect::<Result<Vec<_>>>()
    };
    let ids: Vec<AccountId> = app.db.write(Scope::House, unit).await?;
    app.reload().await?;
    let count = |tx: &Tx<'_>| {
        tx.one::<i64>("SELECT COUNT(*) FROM follower WHERE tenant_id = $1", params![TENANT])
    };
    let mut first = app.db.read(Scope::Tenant(TENANT), count).await?;
    while first < args.followers {
        let last = args.followers.min(first + ROWS_A_UNIT);
        let (keys, ids) = (keys.clone(), ids.clone());
        let unit = move |tx: &Tx<'_>| add_followers(tx, &keys, &ids, first..last);
        app.db.write(Scope::Tenant(TENANT), unit).await?;
        first = last;
    }
    Ok(())
}

fn account(n: i64) -> NewAccount {
    NewAccount {
        tenant: TENANT,
        appid: appid(n),
        original_id: format!("gh_notice{n:06}"),
        name: format!("量测{n}"),
        kind: AccountKind::Service,
        is_verified: true,
        connected: Connected::Direct,
        mode: Mode::Secure,
        is_provincial: false,
        token: Secret::new(TOKEN.into()),
        aes_key: Secret::new(AES_KEY.into()),
        secret: Secret::new(SECRET.into()),
    }
}

/// Each follower is bound to one account of the core and signed up for it.
fn add_followers(
    tx: &Tx<'_>,
    keys: &TenantKeys,
    ids: &[AccountId],
    which: std::ops::Range<i64>,
) -> Result<()> {
    let many = i64::try_from(ids.len())?;
    for (at, id) in (0_i64..).zip(ids) {
        let mine = which.clone().filter(|n| n % many == at);
        let rows = mine.clone().map(|n| {
            let bound = BoundAccount {
                id: format!("a{n}"),
                number: number(n),
                kind: "passbook".into(),
                label: "存折".into(),
                tail: format!("{:04}", n % 10_000),
            };
            (openid(n, many), format!("bench{n}"), vec![bound])
        });
        let made = add_rows(tx, keys, *id, rows)?;
        let indexes: Vec<Vec<u8>> =
            mine.clone().map(|n| keys.blind("notice_account", &number(n)).now().to_vec()).collect();
        let names: Vec<String> = mine.map(|n| format!("a{n}")).collect();
        let now = tx.now().ms();
        let values: Vec<Value<'_>> = made
            .iter()
            .zip(&indexes)
            .zip(&names)
            .flat_map(|(((follower, binding), index), name)| {
                sign_up(index, *binding, *follower, name, now)
            })
            .collect();
        tx.exec_many(&SIGN_UPS, &values)?;
    }
    Ok(())
}

fn sign_up<'a>(
    index: &'a [u8],
    binding: i64,
    follower: FollowerId,
    key: &'a str,
    now: i64,
) -> [Value<'a>; 11] {
    [
        TENANT.value(),
        Value::Bytes(index),
        Value::Int(binding),
        Value::Int(follower.raw()),
        Value::Text(key),
        Value::Bool(true),
        Value::Text("both"),
        Value::Int(0),
        Value::Bool(false),
        Value::Int(now),
        Value::Int(now),
    ]
}

static SIGN_UPS: LazyLock<Many> = LazyLock::new(|| {
    let one = "INSERT INTO notice_account (tenant_id, account_index, binding_id, follower_id, account_key, is_on, sides, least_fen, \
        has_balance, since_ms, changed_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let before = "INSERT INTO notice_account (tenant_id, account_index, binding_id, follower_id, account_key, is_on, sides, least_fen, \
        has_balance, since_ms, changed_at_ms) VALUES ";
    Many::new(11, one, (before, ""), None)
});

/// Every account offers notices by its template.
async fn offer(app: &Arc<App>) -> Result<()> {
    let registry = app.registry();
    for account in registry.accounts() {
        if !registry.offers_notices(account.id) {
            templates::offer(app, account).await?;
        }
    }
    Ok(())
}

async fn last_seq(app: &Arc<App>) -> Result<i64> {
    let unit = |tx: &Tx<'_>| {
        tx.opt::<i64>("SELECT last_seq FROM core_stream WHERE tenant_id = $1", params![TENANT])
    };
    Ok(app.db.read(Scope::Tenant(TENANT), unit).await?.unwrap_or_default())
}

/// The core tells, evenly where a rate is wished for.
async fn tell(app: &Arc<App>, args: &Args, from: i64) -> Result<()> {
    let end = from + args.notices;
    let watch = base::Stopwatch::start();
    let mut seq = from;
    while seq < end {
        let page = if args.rate == 0 { PAGE } else { (args.rate / 20).max(1) };
        let last = end.min(seq + page);
        let now = app.clock().now();
        let events = (seq..last).map(|seq| event(seq, (seq - 1) % args.followers, now)).collect();
        core_inbox::take(app, TENANT, Via::Push, events).await?;
        seq = last;
        if args.rate > 0 {
            let due = Duration::from_millis(u64::try_from((seq - from) * 1_000 / args.rate)?);
            tokio::time::sleep(due.saturating_sub(watch.elapsed())).await;
        }
    }
    Ok(())
}

fn event(seq: i64, n: i64, at: Time) -> Event {
    let entry = Entry {
        line: LineId::new(format!("{seq}-1")),
        core_serial: format!("B{seq:014}"),
        core_date: Day::at(at),
        is_in: seq % 2 == 0,
        amount: Fen::of(100 + seq % 90_000),
        balance_after: None,
        label: "消费".into(),
        counterparty: "陵溪农资店".into(),
        channel_serial: None,
        reverses: None,
    };
    Event { seq, account: AccountRef::new(number(n)), at, what: Happened::Entry(entry) }
}

/// Events that are no notices yet, and notices that have not ended.
async fn open(app: &Arc<App>) -> Result<i64> {
    let unit = |tx: &Tx<'_>| {
        let waiting: i64 = tx.one(
            "SELECT COALESCE((SELECT last_seq FROM core_stream WHERE tenant_id = $1), 0) \
             - COALESCE((SELECT last_seq FROM notice_cursor WHERE tenant_id = $1), 0)",
            params![TENANT],
        )?;
        let live: i64 = tx.one(
            "SELECT COUNT(*) FROM (SELECT 1 FROM notice WHERE tenant_id = $1 AND next_at_ms IS NOT NULL LIMIT 1) AS any_live",
            params![TENANT],
        )?;
        Ok(waiting + live)
    };
    app.db.read(Scope::Tenant(TENANT), unit).await
}

/// How many ended how, and how long it took from the event to WeChat's yes, in milliseconds: of all, and of the accounts but
/// the first.
async fn count(
    app: &Arc<App>,
    accounts: i64,
    followers: i64,
    from: i64,
) -> Result<serde_json::Value> {
    let unit = move |tx: &Tx<'_>| {
        tx.all::<(i64, i64, String)>(
            "SELECT order_no / 2, COALESCE(ended_at_ms, 0) - posted_at_ms, state FROM notice \
             WHERE tenant_id = $1 AND order_no >= $2",
            params![TENANT, from * 2],
        )
    };
    let rows = app.db.read(Scope::Tenant(TENANT), unit).await?;
    let is_accepted = |state: &str| matches!(state, "accepted" | "delivered");
    let times = |of: &dyn Fn(i64) -> bool| {
        let mut all: Vec<i64> = rows
            .iter()
            .filter(|(seq, _, state)| is_accepted(state) && of((seq - 1) % followers % accounts))
            .map(|(_, ms, _)| *ms)
            .collect();
        all.sort_unstable();
        all
    };
    let at =
        |all: &[i64], percent: usize| all.get(all.len().saturating_sub(1) * percent / 100).copied();
    let (all, others) = (times(&|_| true), times(&|account| account != 0));
    Ok(json!({
        "made": rows.len(),
        "accepted": all.len(),
        "delivered": rows.iter().filter(|r| r.2 == "delivered").count(),
        "p50_ms": at(&all, 50),
        "p95_ms": at(&all, 95),
        "p99_ms": at(&all, 99),
        "others_p99_ms": at(&others, 99),
    }))
}

/// The process's memory at the beginning and every ten seconds from then on.
async fn sample(over: CancellationToken, samples: Arc<Mutex<Vec<Option<i64>>>>) {
    while !over.is_cancelled() {
        samples.lock().unwrap_or_else(PoisonError::into_inner).push(rss_kib());
        tokio::select! {
            () = over.cancelled() => {}
            () = tokio::time::sleep(SAMPLE_EVERY) => {}
        }
    }
    samples.lock().unwrap_or_else(PoisonError::into_inner).push(rss_kib());
}

fn rss_kib() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
