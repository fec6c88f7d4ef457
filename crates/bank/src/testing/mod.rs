//! A whole bank in a test: its own databases on every engine there is, a manual clock, the WeChat simulator, the sandbox core.
//!
//! Tests enter by the front door: they send as a follower through the simulator's control API and open pages over HTTP.
//! Not for anything but tests.

use crate::app::{App, MIGRATIONS, Outside};
use crate::config::Config;
use crate::followers::{self, Bound, FollowerId};
use crate::{jobs, outbox, serve};
pub(crate) mod browser;
pub(crate) mod cast;
pub(crate) mod pretend;

pub(crate) use browser::{Browser, elements};
use cast::Cast;

use base::{Clock, Fen, Random, Result, Secret, TenantId, Time};
use corebank::sandbox::{self, Sandbox, Settings, movement};
use corebank::{AccountKind as Kind, CustomerState, Flaky, IdType, PinKey, Weather};
use db::testing::{TestDb, databases_with};
use db::{Db, Engine, Migration, Options};
use serde_json::{Value, json};
use simulator::Simulator;
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use tokio::net::TcpListener;

/// 2026-11-23 10:00 in China.
pub(crate) const START: Time = Time::of_ms(1_795_363_200_000 + 10 * 3_600_000);
pub(crate) const APPID: &str = "wx00000000000000b1";
pub(crate) const PROVINCIAL: &str = "wx00000000000000a1";
pub(crate) const SUBSCRIPTION: &str = "wx00000000000000c1";
pub(crate) const AES_KEY: &str = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";
pub(crate) const TOKEN: &str = "testtoken";
/// The union's third-party platform.
const COMPONENT: &str = "wx00000000000000d1";
/// Since when people bank here.
const SINCE: &str = "2020-01-01";
/// The bank most tests are about, and a neighbour.
pub(crate) const LINGXI: TenantId = TenantId::of(11);
pub(crate) const YUNLU: TenantId = TenantId::of(12);

/// The core says nothing at all.
pub(crate) const OUTAGE: Weather = Weather { outage: true, ..Weather::FINE };

/// An invented person with everything binding asks for.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub name: &'static str,
    pub id_no: String,
    pub card_no: String,
    pub mobile: &'static str,
}

/// A bank under test.
#[derive(Debug)]
pub(crate) struct TestBank {
    pub app: Arc<App>,
    pub clock: Clock,
    pub core: Arc<Flaky<Sandbox>>,
    pub url: String,
    pub staff_url: String,
    pub simulator: String,
    pub http: reqwest::Client,
    running: Option<simulator::Running>,
    /// The cookie by which each customer's phone is known.
    phones: Mutex<BTreeMap<String, String>>,
    _places: (TestDb, TestDb, tempfile::TempDir),
}

/// An address that is still free when the bank starts there again: below those the system gives to whoever connects.
async fn listen() -> Result<TcpListener> {
    static NEXT: OnceLock<AtomicU16> = OnceLock::new();
    let first = || AtomicU16::new(u16::try_from(Random::system().below(20_000)).unwrap_or(0));
    let next = NEXT.get_or_init(first);
    loop {
        let port = 10_000 + next.fetch_add(1, Ordering::SeqCst) % 20_000;
        match TcpListener::bind(("127.0.0.1", port)).await {
            Err(e) if e.kind() == ErrorKind::AddrInUse => {}
            bound => return Ok(bound?),
        }
    }
}

impl TestBank {
    /// One bank for each engine: SQLite always, PostgreSQL when `TEST_POSTGRES_URL` is set.
    pub(crate) async fn each() -> Vec<Self> {
        Self::each_tuned(800, "").await
    }

    /// The same with lines of its own for the `[limits]` of the settings, and further sections behind them.
    pub(crate) async fn each_with(limits: &str) -> Vec<Self> {
        Self::each_tuned(800, limits).await
    }

    /// The same with another reply budget, in milliseconds.
    pub(crate) async fn each_within(budget_ms: u64) -> Vec<Self> {
        Self::each_tuned(budget_ms, "").await
    }

    /// The same under the 国密 profile.
    pub(crate) async fn each_national() -> Vec<Self> {
        let cast = Cast { is_national: true, ..Cast::usual() };
        Self::each_cast(800, "", &cast).await
    }

    async fn each_tuned(budget_ms: u64, limits: &str) -> Vec<Self> {
        Self::each_cast(budget_ms, limits, &Cast::usual()).await
    }

    /// The same with institutions, accounts and phones of the test's own, and an empty core.
    pub(crate) async fn each_cast(budget_ms: u64, limits: &str, cast: &Cast) -> Vec<Self> {
        // Each engine's bank and core share one clock of their own.
        let clocks = [Clock::manual(cast.start), Clock::manual(cast.start)];
        let open = async |migrations: Vec<Migration>| {
            let next = AtomicUsize::new(0);
            databases_with(|url| {
                let mut options =
                    Options::new(url, clocks[next.fetch_add(1, Ordering::SeqCst)].clone());
                options.migrations.clone_from(&migrations);
                options.random = Random::seeded(1);
                // Each connection costs the server some milliseconds; two of each kind still run beside one another.
                (options.pg_writers, options.pg_readers) = (2, 2);
                options
            })
            .await
        };
        let banks = open(MIGRATIONS.to_vec()).await;
        let cores = open(sandbox::migrations()).await;
        let mut all = vec![];
        for (bank, core) in banks.into_iter().zip(cores) {
            let bank = Self::start(bank, core, budget_ms, limits, cast).await;
            all.push(bank.expect("a test bank starts"));
        }
        all
    }

    async fn start(
        bank_db: TestDb,
        core_db: TestDb,
        budget_ms: u64,
        limits: &str,
        cast: &Cast,
    ) -> Result<Self> {
        let clock = bank_db.clock().clone();
        let folder = tempfile::tempdir()?;
        let random = Random::seeded(7);
        let pin_key = PinKey::new("test", [9; 16]);
        let sandbox =
            Sandbox::over(core_db.clone(), Settings::new(Secret::new([5; 32]), pin_key.clone()))
                .await?;
        if cast.has_people {
            fill_core(&sandbox).await?;
        }
        let core = Arc::new(Flaky::new(sandbox.clone(), clock.clone(), Random::seeded(3)));

        let (public, staff) = (listen().await?, listen().await?);
        let url = format!("http://{}", public.local_addr()?);
        let staff_url = format!("http://{}", staff.local_addr()?);
        let running = Simulator::start(cast.world(&clock, &url)).await?;
        let simulator = running.url();

        let profile = if cast.is_national || is_national() { "national" } else { "standard" };
        let text = format!(
            "[server]\npublic_url = \"{url}\"\nreply_budget_ms = {budget_ms}\nshutdown_ms = 2000\n\
             [core]\ndeadline_ms = 20000\n[h5]\nsecure_cookies = false\n\
             [keys]\nprofile = \"{profile}\"\nmaster_file = \"{0}/master.key\"\ncore_pin_file = \"{0}/pin.key\"\n\
             [wechat]\napi_url = \"{simulator}\"\nmp_url = \"{simulator}\"\nopen_url = \"{simulator}\"\n\
             component_appid = \"{COMPONENT}\"\ncomponent_secret = \"testcomponentsecret\"\n\
             component_token = \"{TOKEN}\"\ncomponent_aes_key = \"{AES_KEY}\"\n\
             [sms]\nurl = \"{simulator}/sms/send\"\n[limits]\nfollowers_cached = 1000\n{limits}",
            folder.path().display()
        );
        let text = format!("{text}{}", vendors(&text, &simulator));
        let config = Config::from_parts("test", &text, std::iter::empty())?;
        let outside = Outside { clock: clock.clone(), random, core: core.clone(), pin_key };
        let app = App::on(config, bank_db.clone(), outside).await?;
        cast.fill_bank(&app).await?;
        serve::start_on(&app, public, staff);
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self {
            app,
            clock,
            core,
            url,
            staff_url,
            simulator,
            http,
            running: Some(running),
            phones: Mutex::default(),
            _places: (bank_db, core_db, folder),
        })
    }

    /// A second process of the bank on the same database and keys; only where the engine allows two.
    pub(crate) async fn second_process(&self) -> Option<Arc<App>> {
        if self.app.db.engine() != Engine::Postgres {
            return None;
        }
        Some(self.process_on(self.database_url()).await)
    }

    async fn process_on(&self, url: &str) -> Arc<App> {
        let mut options = Options::new(url, self.clock.clone());
        options.migrations = MIGRATIONS.to_vec();
        let db = Db::open(options).await.expect("the database opens once more");
        let outside = Outside {
            clock: self.clock.clone(),
            random: Random::seeded(8),
            core: self.core.clone(),
            pin_key: self.app.pin_key.clone(),
        };
        App::on(self.app.config.clone(), db, outside).await.expect("a second process starts")
    }

    /// The bank as it starts on what a kill at this moment would leave.
    pub(crate) async fn after_a_kill(&self) -> Arc<App> {
        if let Some(second) = self.second_process().await {
            return second;
        }
        let file = self.database_url().trim_start_matches("sqlite:");
        let copy = self._places.2.path().join(format!("{}.db", Random::system().hex(4)));
        for end in ["", "-wal"] {
            std::fs::copy(format!("{file}{end}"), format!("{}{end}", copy.display()))
                .expect("the file is copied");
        }
        self.process_on(&format!("sqlite:{}", copy.display())).await
    }

    /// The bank stops and starts again at the same addresses, with other settings; with `pins` it and the core start with
    /// another PIN key and the one before.
    pub(crate) async fn restart(
        &mut self,
        change: impl FnOnce(&mut Config),
        pins: Option<(PinKey, Option<PinKey>)>,
    ) {
        self.app.shut_down().await;
        // No machine starts again within the same instant; ids rest on that.
        self.clock.advance_ms(1_000);
        let mut config = self.app.config.clone();
        change(&mut config);
        let pin_key = match pins {
            None => self.app.pin_key.clone(),
            Some((current, previous)) => {
                let mut settings = Settings::new(Secret::new([5; 32]), current.clone());
                settings.previous_pin_key = previous;
                let core = Sandbox::over(self._places.1.clone(), settings).await;
                let core = core.expect("the core starts again");
                self.core = Arc::new(Flaky::new(core, self.clock.clone(), Random::seeded(3)));
                current
            }
        };
        let mut options = Options::new(self.database_url(), self.clock.clone());
        options.migrations = MIGRATIONS.to_vec();
        let db = Db::open(options).await.expect("the database opens again");
        let (clock, random) = (self.clock.clone(), Random::system());
        let outside = Outside { clock, random, core: self.core.clone(), pin_key };
        self.app = App::on(config, db, outside).await.expect("the bank starts again");
        let at = |url: &str| url.trim_start_matches("http://").to_owned();
        let public = TcpListener::bind(at(&self.url)).await.expect("the address is free again");
        let staff = TcpListener::bind(at(&self.staff_url)).await.expect("this one, too");
        serve::start_on(&self.app, public, staff);
    }

    /// Where the bank's own database is.
    pub(crate) fn database_url(&self) -> &str {
        &self._places.0.url
    }

    /// Everything of the control API.
    pub(crate) async fn control(&self, path: &str, body: Value) -> Value {
        let url = format!("{}/control/{path}", self.simulator);
        let answer = self.http.post(url).json(&body).send().await.expect("the simulator answers");
        let status = answer.status();
        let text = answer.text().await.unwrap_or_default();
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    pub(crate) async fn look(&self, path: &str) -> Value {
        let url = format!("{}/control/{path}", self.simulator);
        self.http.get(url).send().await.expect("the simulator answers").json().await.expect("JSON")
    }

    pub(crate) async fn follow(&self, appid: &str, uid: &str) {
        self.control(&format!("users/{uid}/follow?wait=1"), json!({ "appid": appid })).await;
    }

    /// Says something and waits until WeChat has its answer; the account's words since, joined.
    pub(crate) async fn say(&self, appid: &str, uid: &str, text: &str) -> String {
        self.send(appid, uid, json!({ "type": "text", "content": text })).await
    }

    pub(crate) async fn send(&self, appid: &str, uid: &str, message: Value) -> String {
        let told = self.control(&format!("chats/{appid}/{uid}/send?wait=1"), message).await;
        words(&told["items"])
    }

    /// All words of a chat that the account said, oldest first.
    pub(crate) async fn chat(&self, appid: &str, uid: &str) -> Vec<String> {
        let chat = self.look(&format!("chats/{appid}/{uid}")).await;
        let items = chat["items"].as_array().cloned().unwrap_or_default();
        items.iter().filter(|i| i["side"] == "account").map(item_words).collect()
    }

    /// Someone at the desk writes until WeChat lets no message through any more (45047).
    pub(crate) async fn uses_up_its_messages(&self, appid: &str, uid: &str) {
        let registry = self.app.registry();
        let account = registry.account(appid).expect("a connected account");
        let openid = simulator::openid_of(appid, uid);
        while outbox::say(&self.app, account, &openid, "您好").await.expect("WeChat answers")
            == outbox::Sent::Accepted
        {}
        assert_eq!(self.custom_codes().await.last(), Some(&45047));
    }

    /// What WeChat said to our customer-service messages, oldest first: 0, or why it sent none.
    pub(crate) async fn custom_codes(&self) -> Vec<i64> {
        let told = self.look("exchanges?limit=5000").await;
        let items = told["items"].as_array().cloned().unwrap_or_default();
        let code = |item: &Value| {
            let answer: Value = serde_json::from_str(item["response_body"].as_str()?).ok()?;
            answer["errcode"].as_i64()
        };
        let is_custom =
            |i: &&Value| i["url"].as_str().is_some_and(|u| u.contains("/message/custom/send"));
        items.iter().filter(is_custom).filter_map(code).collect()
    }

    /// How many results wait to be read by whoever of the bank's followers comes next.
    pub(crate) async fn unread(&self) -> i64 {
        let unit = |tx: &db::Tx<'_>| {
            tx.one("SELECT COUNT(*) FROM unread WHERE tenant_id = $1", db::params![tx.tenant()])
        };
        self.app.db.read(db::Scope::Tenant(LINGXI), unit).await.expect("rows are counted")
    }

    /// The one customer who is bound at the bank of these tests.
    pub(crate) async fn only_bound(&self) -> (FollowerId, Arc<Bound>) {
        let keys = self.app.vault.tenant(&self.app.db, LINGXI).await.unwrap();
        let behind = self.app.behind.clone();
        let unit = move |tx: &db::Tx<'_>| {
            let (id,): (FollowerId,) = tx.one(
                "SELECT follower_id FROM binding WHERE tenant_id = $1 AND state = 'live'",
                db::params![tx.tenant()],
            )?;
            let found = followers::store::by_id(tx, id)?.map(|f| f.open(&keys, &behind));
            Ok((id, found.transpose()?.unwrap().bound.unwrap()))
        };
        self.app.db.read(db::Scope::Tenant(LINGXI), unit).await.unwrap()
    }

    /// Runs due jobs until none is left and none is running (the bank's own runner takes some, too).
    pub(crate) async fn settle(&self) {
        jobs::settle(&self.app).await.expect("jobs run");
    }

    pub(crate) async fn stop(mut self) {
        self.app.shut_down().await;
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
    }
}

/// The account's words in a list of items.
pub(crate) fn words(items: &Value) -> String {
    let items = items.as_array().cloned().unwrap_or_default();
    let said: Vec<String> = items.iter().filter(|i| i["side"] != "user").map(item_words).collect();
    said.join("\n")
}

fn item_words(item: &Value) -> String {
    match item["parts"].as_array() {
        Some(parts) => parts.iter().filter_map(|p| p["text"].as_str()).collect(),
        None => item["text"].as_str().unwrap_or_default().to_owned(),
    }
}

/// The link an item offers, if any.
pub(crate) fn link_in(items: &Value) -> Option<String> {
    let items = items.as_array()?;
    let parts = items.iter().filter_map(|i| i["parts"].as_array()).flatten();
    parts.filter_map(|p| p["href"].as_str()).next_back().map(str::to_owned)
}

/// `TEST_PROFILE=national` runs every test of a whole bank under the 国密 profile.
#[expect(clippy::disallowed_methods, reason = "which profile is tested is said outside")]
fn is_national() -> bool {
    std::env::var("TEST_PROFILE").is_ok_and(|p| p == "national")
}

/// Sections of the companies a bank buys from, unless a test brings its own.
fn vendors(text: &str, simulator: &str) -> String {
    let mut all = String::new();
    for (section, path) in [("[ocr]", "/ocr/read"), ("[face]", "/face")] {
        if !text.contains(section) {
            all += &format!("\n{section}\nurl = \"{simulator}{path}\"\ntimeout_ms = 2000\n");
        }
    }
    all
}

/// The number of 赵桂英's passbook.
pub(crate) const PASSBOOK: &str = "101101000000020037";

/// 李芳, adult, debit card 6688 with 1,280.50; 赵桂英, elder, card and passbook; 小莫, a child; 王强, adult;
/// 杨桂兰, elder, a passbook and no card.
pub(crate) fn people() -> [Person; 5] {
    [
        person(1, "李芳", "19900312004", "19000001234"),
        person(2, "赵桂英", "19510101006", "19000005678"),
        person(3, "小莫", "20150601008", "19000009999"),
        person(4, "王强", "19880520009", "19000004321"),
        Person {
            card_no: "101101000000050052".into(),
            ..person(5, "杨桂兰", "19460418002", "19000006152")
        },
    ]
}

pub(crate) fn person(
    n: i64,
    name: &'static str,
    born_and_serial: &str,
    mobile: &'static str,
) -> Person {
    let id17 = format!("990102{born_and_serial}");
    let check = corebank::numbers::id_check(&id17).expect("seventeen digits");
    let body = format!("62991011{n:02}0{}", 6688 * 10 + n);
    let card_no = (0..10).map(|d| format!("{body}{d}")).find(|c| corebank::numbers::is_card(c));
    Person {
        name,
        id_no: format!("{id17}{check}"),
        card_no: card_no.expect("one digit fits"),
        mobile,
    }
}

async fn fill_core(sandbox: &Sandbox) -> Result<()> {
    for (tenant, legal_no, name) in
        [(LINGXI, "1011", "陵溪农村商业银行"), (YUNLU, "1012", "云麓农村商业银行")]
    {
        sandbox
            .add_institution(&sandbox::Institution {
                tenant,
                legal_no: legal_no.into(),
                name: name.into(),
                kind: sandbox::InstitutionKind::CommercialBank,
                county: "陵溪县".into(),
                towns: vec!["城关镇".into()],
            })
            .await?;
    }
    for (n, p) in (1..).zip(people()) {
        move_in(sandbox, n, &p, Fen::of(128_050)).await?;
        let cust_no = 1_011_000_000 + n;
        if p.name == "赵桂英" {
            let passbook = account(cust_no, 2, Kind::Passbook, "活期存折", PASSBOOK.into())?;
            sandbox.add_account(LINGXI, passbook).await?;
            let opened = movement::opening(cust_no * 100 + 2, Fen::of(320_650));
            sandbox.post(LINGXI, format!("open-{cust_no}-2"), opened).await??;
        }
    }
    Ok(())
}

/// A customer of 陵溪农商行 with one debit card, or with one passbook when that is the number they have.
pub(crate) async fn move_in(sandbox: &Sandbox, n: i64, p: &Person, balance: Fen) -> Result<()> {
    let cust_no = 1_011_000_000 + n;
    let customer = sandbox::NewCustomer {
        cust_no,
        name: p.name.into(),
        id_type: IdType::ResidentId,
        id_no: p.id_no.clone(),
        mobile: Some(p.mobile.into()).filter(|m: &String| !m.is_empty()),
        state: CustomerState::Active,
        since: SINCE.parse()?,
    };
    sandbox.add_customer(LINGXI, customer).await?;
    let (kind, product) = if corebank::numbers::is_card(&p.card_no) {
        (Kind::Debit, "福农借记卡")
    } else {
        (Kind::Passbook, "活期存折")
    };
    sandbox.add_account(LINGXI, account(cust_no, 1, kind, product, p.card_no.clone())?).await?;
    let opened = movement::opening(cust_no * 100 + 1, balance);
    sandbox.post(LINGXI, format!("open-{cust_no}-1"), opened).await??;
    Ok(())
}

fn account(
    cust_no: i64,
    k: i64,
    kind: Kind,
    product: &str,
    number: String,
) -> Result<sandbox::NewAccount> {
    Ok(sandbox::NewAccount {
        acct_id: cust_no * 100 + k,
        cust_no,
        kind,
        product: product.into(),
        class: Some(1),
        number,
        opened_on: SINCE.parse()?,
        limit: Fen::ZERO,
        rate_bp: 0,
        ends_on: None,
    })
}
