//! Every `[[talk]]` of every flow through the real product: phone, encrypted callback, pipeline, storage and sandbox core.
//!
//! The crate `dialogue` runs the same talks against a bank a page long; here they show that the product says the same. What a
//! talk says of verbs ([`dialogue::Talk::answers`]), and what the product has no source for yet, is all that is pretended
//! ([`crate::testing::pretend::Pretend`]).

use crate::audit::Actor;
use crate::binding;
use crate::followers::{self, Person};
use crate::guard::freeze;
use crate::inbound::read_standing;
use crate::jobs::Job;
use crate::tenants::{AccountKind, InstitutionKind, UNION};
use crate::testing::cast::{Cast, CastAccount, MESSAGE_GRANT, institution};
use crate::testing::pretend::Part;
use crate::testing::{OUTAGE, TestBank};
use crate::verbs::{bound_account, core_ctx};
use base::{Fen, TenantId, Time};
use corebank::sandbox::{self, movement};
use corebank::{AccountKind as Kind, AccountState, CoreBank, CustNo, Weather};
use db::{Scope, params};
use dialogue::talk::{self, HANDED_OVER, Line, TalkError, World};
use dialogue::{Book, Households, Known, Talk};
use futures_util::StreamExt as _;
use serde_json::{Value, json};
use simulator::{FollowConfig, Mode, UserConfig, openid_of};
use std::collections::BTreeMap;
use std::sync::Arc;

const HOME: TenantId = TenantId::of(21);
const LEGAL_NO: i64 = 1021;
/// The account that can log in, and the one that cannot.
const SERVICE: &str = "wx000000000000t001";
const PLAIN: &str = "wx000000000000t002";
const MINUTE_MS: i64 = 60_000;
/// Long enough for a busy machine; WeChat's own patience is five seconds.
const BUDGET_MS: u64 = 4_500;
const AT_ONCE: usize = 8;
/// 2025-11-15 in China, when all accounts were opened: more than a year ago, the longest that is asked about at once.
const OPENED: Time = Time::of_ms(1_763_136_000_000);
/// A core that was silent is asked again within this time.
const ASKED_AGAIN_MS: i64 = 61_000;
const REASONS: &[&str] =
    &["asked", "not_understood", "fraud", "card_loss", "bereavement", "crisis"];

/// One talk with what it begins from.
struct Play<'b> {
    n: usize,
    file: &'b str,
    talk: &'b Talk,
    world: World,
    lines: Vec<(usize, Line)>,
}

fn plays(book: &Book) -> Vec<Play<'_>> {
    let all = book.items().flat_map(|item| item.talks.iter().map(move |t| (item.file.as_str(), t)));
    all.enumerate()
        .map(|(n, (file, talk))| {
            let world = World::parse(&talk.world).expect("dialogue's own test reads it");
            let lines = talk::script(&talk.lines).expect("dialogue's own test reads them");
            Play { n, file, talk, world, lines }
        })
        .collect()
}

impl Play<'_> {
    fn uid(&self) -> String {
        format!("t{}", self.n)
    }
    fn appid(&self) -> &'static str {
        if self.world.can_link { SERVICE } else { PLAIN }
    }
    fn follows_first(&self) -> bool {
        matches!(self.lines.first(), Some((_, Line::Follows)))
    }
    /// Moves what everybody shares: the clock or the core's weather.
    fn needs_the_stage(&self) -> bool {
        let alone =
            |l: &Line| matches!(l, Line::MinutesPass(_) | Line::CoreGetsSlow | Line::CoreRecovers);
        self.world.slow
            || self.world.now != World::default().now
            || self.lines.iter().any(|(_, l)| alone(l))
    }
    /// Is a customer of the bank, or becomes one.
    fn banks_here(&self) -> bool {
        self.world.bound || self.lines.iter().any(|(_, l)| *l == Line::BindsOnPage)
    }
    fn cust_no(&self) -> i64 {
        LEGAL_NO * 1_000_000 + i64::try_from(self.n).unwrap() + 1
    }
    fn acct_id(&self, k: usize) -> i64 {
        self.cust_no() * 100 + i64::try_from(k).unwrap() + 1
    }
}

/// The institutions, accounts and phones that [`World::who`] tells of.
fn cast(plays: &[Play<'_>]) -> Cast {
    let phone = "0534-12345";
    let union = ("省农村信用社联合社", "省农信");
    let institutions = vec![
        institution(UNION, "union", InstitutionKind::Union, union, phone),
        institution(
            HOME,
            "lingxian",
            InstitutionKind::CommercialBank,
            ("陵县农村商业银行", "陵县农商行"),
            phone,
        ),
        institution(
            TenantId::of(22),
            "hekou",
            InstitutionKind::CreditCooperative,
            ("河口县农村信用合作联社", "河口农信社"),
            phone,
        ),
        institution(
            TenantId::of(23),
            "dongshan",
            InstitutionKind::VillageBank,
            ("东山村镇银行", "东山村镇银行"),
            phone,
        ),
    ];
    let account = |tenant, appid, original_id, kind, is_provincial| CastAccount {
        tenant,
        appid,
        original_id,
        name: "省农信",
        called: "省农信",
        kind,
        is_verified: is_provincial,
        is_provincial,
        mode: Mode::Secure,
    };
    let accounts = vec![
        account(UNION, SERVICE, "gh_0000000000f1", AccountKind::Service, true),
        account(HOME, PLAIN, "gh_0000000000f2", AccountKind::Subscription, false),
    ];
    let users = plays.iter().map(|p| UserConfig {
        id: p.uid(),
        name: p.world.name.clone(),
        follows: (!p.follows_first())
            .then(|| FollowConfig { appid: p.appid().into(), openid: None })
            .into_iter()
            .collect(),
        ..UserConfig::default()
    });
    Cast {
        start: OPENED,
        institutions,
        accounts,
        users: users.collect(),
        has_people: false,
        is_national: false,
        message_grant: MESSAGE_GRANT,
    }
}

/// Opens everybody's accounts and posts their entries in the order of their days.
async fn fill_books(bank: &TestBank, plays: &[Play<'_>]) {
    let core = bank.core.inner();
    let home = sandbox::Institution {
        tenant: HOME,
        legal_no: LEGAL_NO.to_string(),
        name: "陵县农村商业银行".into(),
        kind: sandbox::InstitutionKind::CommercialBank,
        county: "陵县".into(),
        towns: vec!["城关镇".into()],
    };
    core.add_institution(&home).await.unwrap();
    let mut entries = vec![];
    for p in plays.iter().filter(|p| p.banks_here()) {
        open_accounts(core, p).await;
        for (k, account) in p.world.accounts.iter().enumerate() {
            // As written, the latest stands first; of one day, the one written first is the later.
            entries.extend(account.entries.iter().rev().map(|e| (e.at, p.acct_id(k), e)));
        }
    }
    entries.sort_by_key(|(at, ..)| *at);
    for (n, (at, acct, entry)) in entries.into_iter().enumerate() {
        bank.clock.advance_ms(at.since(bank.clock.now()).max(0));
        let amount = Fen::of(entry.amount.fen().abs());
        let movement = if entry.amount.is_negative() {
            movement::cash_out(acct, amount)
        } else {
            movement::cash_in(acct, amount)
        };
        let movement = movement.called(&entry.label).words(&entry.label, &entry.explain);
        core.post(HOME, format!("entry-{n}"), movement).await.unwrap().unwrap();
    }
}

async fn open_accounts(core: &sandbox::Sandbox, p: &Play<'_>) {
    let customer = sandbox::NewCustomer {
        cust_no: p.cust_no(),
        name: p.world.name.clone(),
        id_type: corebank::IdType::ResidentId,
        id_no: format!("9901021990{:08}", p.n),
        mobile: Some("13900001234".into()),
        state: corebank::CustomerState::Active,
        since: "2020-01-01".parse().unwrap(),
    };
    core.add_customer(HOME, customer).await.unwrap();
    for (k, account) in p.world.accounts.iter().enumerate() {
        let acct_id = p.acct_id(k);
        let kind = kind_of(&account.label);
        let new = sandbox::NewAccount {
            acct_id,
            cust_no: p.cust_no(),
            kind,
            product: account.label.clone(),
            class: matches!(kind, Kind::Debit | Kind::Passbook).then_some(1),
            number: format!("6299{LEGAL_NO}{:05}{k}{}", p.n, account.tail),
            opened_on: "2020-01-01".parse().unwrap(),
            limit: Fen::ZERO,
            rate_bp: 0,
            ends_on: None,
        };
        core.add_account(HOME, new).await.unwrap();
        let opening = opening(account);
        if opening > 0 {
            let m = movement::opening(acct_id, Fen::of(opening));
            core.post(HOME, format!("open-{acct_id}"), m).await.unwrap().unwrap();
        }
        if account.held != Fen::ZERO {
            core.hold(HOME, acct_id, acct_id, account.held, "预授权").await.unwrap().unwrap();
        }
        if account.only_in {
            let reference = corebank::AccountRef::new(acct_id.to_string());
            assert!(core.set_state(HOME, &reference, AccountState::NoOut).await.unwrap());
        }
    }
}

/// The core's kind of what a world calls an account ([`talk::WorldAccount::label`]).
fn kind_of(label: &str) -> Kind {
    let kinds = [
        ("折", Kind::Passbook),
        ("信用卡", Kind::Credit),
        ("贷", Kind::Loan),
        ("定期", Kind::Deposit),
    ];
    kinds.iter().find(|(sign, _)| label.contains(sign)).map_or(Kind::Debit, |(_, kind)| *kind)
}

/// What must have been there first, so that the entries lead to the balance: at least what they take out.
fn opening(account: &talk::WorldAccount) -> i64 {
    let sum: i64 = account.entries.iter().map(|e| e.amount.fen()).sum();
    let mut lowest = 0;
    let mut now = 0;
    for e in account.entries.iter().rev() {
        now += e.amount.fen();
        lowest = lowest.min(now);
    }
    (account.posted.fen() - sum).max(-lowest).max(0)
}

/// A talk on its way.
struct Playing<'p, 'b> {
    bank: &'p TestBank,
    play: &'p Play<'b>,
    who: Person,
    /// Tappable lines so far, words and id: those of earlier messages can still be tapped.
    offers: Vec<(String, String)>,
    handed_over: i64,
}

impl<'p, 'b> Playing<'p, 'b> {
    async fn begin(bank: &'p TestBank, play: &'p Play<'b>) -> Self {
        let appid = play.appid();
        let account = bank.app.registry().account(appid).unwrap().id;
        let openid = openid_of(appid, &play.uid());
        let who = Person::new(account, openid.as_str().into());
        let tenant = if play.world.has_institution { HOME } else { UNION };
        bank.app
            .db
            .write(Scope::House, move |tx| {
                followers::store::add(tx, tenant, account, &openid, None)
            })
            .await
            .unwrap();
        let mut playing = Self { bank, play, who, offers: vec![], handed_over: 0 };
        let follower = read_standing(&bank.app, &playing.who).await.unwrap().unwrap().id;
        if play.world.bound {
            playing.bind(false).await;
        } else if play.world.elder && !play.follows_first() {
            let words = bank.app.book.item("elder_on").unwrap().say[0].clone();
            playing.send(json!({ "type": "text", "content": words })).await;
        }
        let part = Part {
            answers: play.talk.answers.clone(),
            refuses: play.world.refuses.clone(),
            hours_open: play.world.hours_open,
            tells_postings: play.world.tells_postings,
            payees: Arc::new(Known::payees(play.world.payees.clone())),
            households: Arc::new(Households::of(play.world.households.clone())),
            places: Arc::new(Known::places(play.world.places.clone())),
            holds: play.world.holds.clone(),
        };
        bank.app.pretend.play(follower, part);
        if play.world.slow {
            bank.core.set_weather(OUTAGE);
        }
        playing
    }

    async fn bind(&self, tells: bool) {
        let (app, world) = (&self.bank.app, &self.play.world);
        let standing = read_standing(app, &self.who).await.unwrap().unwrap();
        let customer = CustNo::new(self.play.cust_no().to_string());
        let ctx = core_ctx(app, HOME, standing.id.raw());
        let accounts = app.core.accounts(&ctx, &customer).await.unwrap();
        let accounts: Vec<_> = accounts.iter().map(|a| bound_account(a).unwrap()).collect();
        let (keys, behind) = (app.vault.tenant(&app.db, HOME).await.unwrap(), app.behind.clone());
        let (elder, older, frozen) = (world.elder, world.must_agree, world.frozen);
        let chosen = accounts.first().map(|a| a.id.clone()).filter(|_| world.has_default);
        app.db
            .write(Scope::Tenant(HOME), move |tx| {
                binding::seed_row(tx, &keys, &behind, standing.id, customer.as_str(), &accounts)?;
                binding::seed_elder(tx, standing.id, elder)?;
                // Whoever is bound when a talk begins was here the day before.
                if !tells {
                    tx.exec(
                        "UPDATE binding SET bound_at_ms = bound_at_ms - 86400000 WHERE tenant_id = $1 AND follower_id = $2",
                        params![tx.tenant(), standing.id],
                    )?;
                }
                if let Some(chosen) = &chosen {
                    binding::set_default(tx, standing.id, chosen)?;
                }
                if older {
                    binding::seed_older_texts(tx, &behind, standing.id)?;
                }
                if frozen {
                    freeze::freeze(tx, standing.id, Actor::House("talks"))?;
                }
                if tells { Job::AfterBinding { follower: standing.id }.enqueue(tx, tx.now()) } else { Ok(()) }
            })
            .await
            .unwrap();
        app.followers.forget(&self.who);
    }

    async fn agree(&self) {
        let app = &self.bank.app;
        let standing = read_standing(app, &self.who).await.unwrap().unwrap();
        let behind = app.behind.clone();
        app.db
            .write(Scope::Tenant(HOME), move |tx| {
                binding::seed_agreed(tx, &behind, standing.id)?;
                Job::AfterAgreeing { follower: standing.id }.enqueue(tx, tx.now())
            })
            .await
            .unwrap();
        app.followers.forget(&self.who);
    }

    /// Sends and gives the account's words back, as a talk writes them.
    async fn send(&mut self, message: Value) -> String {
        let path = format!("chats/{}/{}/send?wait=1", self.play.appid(), self.play.uid());
        let told = self.bank.control(&path, message).await;
        self.said(&told["items"])
    }

    async fn act(&mut self, act: &str, body: Value) -> String {
        let told =
            self.bank.control(&format!("users/{}/{act}?wait=1", self.play.uid()), body).await;
        self.said(&told["items"])
    }

    fn said(&mut self, items: &Value) -> String {
        let mut said = vec![];
        for item in items.as_array().unwrap().iter().filter(|i| i["side"] == "account") {
            let mut words = String::new();
            let parts = item["parts"].as_array();
            for part in parts.unwrap_or_else(|| panic!("a bubble without words: {item}")) {
                let text = part["text"].as_str().unwrap();
                match part["t"].as_str().unwrap() {
                    "link" => words.push_str(&format!("{text}▣")),
                    "menu" => {
                        words.push_str(&format!("〔{text}〕"));
                        let id = part["id"].as_str().unwrap().to_owned();
                        self.offers.push((text.to_owned(), id));
                    }
                    _ => words.push_str(text),
                }
            }
            said.push(words);
        }
        said.join("\n")
    }

    /// What the account said by itself since `before`.
    async fn pushed(&mut self, before: usize) -> String {
        self.bank.settle().await;
        let chat = self.chat().await;
        self.said(&Value::Array(chat.into_iter().skip(before).collect()))
    }

    async fn chat(&self) -> Vec<Value> {
        let path = format!("chats/{}/{}", self.play.appid(), self.play.uid());
        self.bank.look(&path).await["items"].as_array().unwrap().clone()
    }

    async fn play(&mut self, line: &Line) -> Result<String, String> {
        let appid = self.play.appid();
        let before = self.chat().await.len();
        let said = match line {
            Line::Says(text) => self.send(json!({ "type": "text", "content": text })).await,
            Line::Taps(text) => {
                let is_it = |(words, _): &&(String, String)| {
                    words == text || words.split_once(' ').is_some_and(|(_, w)| w == text)
                };
                let (words, id) =
                    self.offers.iter().rev().find(is_it).cloned().ok_or_else(|| {
                        format!("no line 〔{text}〕 was offered: {:?}", self.offers)
                    })?;
                self.send(json!({ "type": "text", "content": words, "bizmsgmenuid": id })).await
            }
            Line::Presses(key) => self.send(json!({ "type": "click", "key": key })).await,
            Line::Speaks(text) => self.send(json!({ "type": "voice", "recognition": text })).await,
            Line::SendsPicture => self.send(json!({ "type": "image" })).await,
            Line::SendsLocation => {
                self.send(json!({ "type": "location", "x": 33.0, "y": 111.0, "label": "" })).await
            }
            Line::SendsVideo => self.send(json!({ "type": "video" })).await,
            Line::Follows => self.act("follow", json!({ "appid": appid })).await,
            Line::Unfollows => self.act("unfollow", json!({ "appid": appid })).await,
            Line::Scans => self.act("scan", json!({ "appid": appid, "scene": "counter" })).await,
            Line::MinutesPass(n) => {
                self.bank.clock.advance_ms(n * MINUTE_MS);
                String::new()
            }
            Line::BindsOnPage => {
                self.bind(true).await;
                self.pushed(before).await
            }
            Line::AgreesOnPage => {
                self.agree().await;
                self.pushed(before).await
            }
            Line::CoreGetsSlow => {
                self.bank.core.set_weather(OUTAGE);
                String::new()
            }
            Line::CoreRecovers => {
                self.bank.core.set_weather(Weather::default());
                self.bank.clock.advance_ms(ASKED_AGAIN_MS);
                self.pushed(before).await
            }
            Line::BankSays(_) | Line::BankHandsOver(_) | Line::BankIsQuiet => {
                return Err("an expectation cannot be played".to_owned());
            }
        };
        self.bank.settle().await;
        Ok(if self.went_to_a_person().await { format!("{HANDED_OVER}{said}") } else { said })
    }

    /// Whether the last line left a note for a person to take over.
    async fn went_to_a_person(&mut self) -> bool {
        let id = read_standing(&self.bank.app, &self.who).await.unwrap().unwrap().id;
        let kinds: Vec<(String,)> = self
            .bank
            .app
            .db
            .read(Scope::House, move |tx| {
                tx.all(
                    "SELECT kind FROM leave_message WHERE tenant_id > 0 AND follower_id = $1",
                    params![id],
                )
            })
            .await
            .unwrap();
        let now = kinds.iter().filter(|(k,)| REASONS.contains(&k.as_str())).count();
        let now = i64::try_from(now).unwrap();
        std::mem::replace(&mut self.handed_over, now) < now
    }
}

async fn run(bank: &TestBank, play: &Play<'_>) -> Result<(), TalkError> {
    let fail = |at: usize, wanted: &str, said: String| TalkError {
        file: play.file.to_owned(),
        line: play.talk.line + at,
        wanted: wanted.to_owned(),
        said,
    };
    let mut playing = Playing::begin(bank, play).await;
    let mut said = String::new();
    for (at, line) in &play.lines {
        match line.is_met(&said) {
            Some(true) => said.clear(),
            Some(false) => return Err(fail(*at, &line.wanted(), said)),
            None if !said.is_empty() => {
                return Err(fail(*at, "the bank's words before the next line", said));
            }
            None => {
                said = playing
                    .play(line)
                    .await
                    .map_err(|why| fail(*at, "a line that can be played", why))?;
            }
        }
    }
    if said.is_empty() { Ok(()) } else { Err(fail(0, "the bank's last words", said)) }
}

/// Plays all talks at one bank: most at once, those that move clock or core alone and last.
async fn all_at(bank: &TestBank, plays: &[Play<'_>]) -> Vec<TalkError> {
    fill_books(bank, plays).await;
    let start = World::default().now;
    bank.clock.advance_ms(start.since(bank.clock.now()));
    let (alone, together): (Vec<_>, Vec<_>) = plays.iter().partition(|p| p.needs_the_stage());
    let played = futures_util::stream::iter(together.into_iter().map(|p| run(bank, p)));
    let mut told: Vec<_> = played.buffer_unordered(AT_ONCE).collect().await;
    for p in alone {
        bank.clock.advance_ms(p.world.now.since(bank.clock.now()));
        told.push(run(bank, p).await);
        bank.core.set_weather(Weather::default());
        bank.clock.advance_ms(start.since(bank.clock.now()));
    }
    let mut wrong: Vec<TalkError> = told.into_iter().filter_map(Result::err).collect();
    wrong.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    wrong
}

#[tokio::test(flavor = "multi_thread")]
async fn every_talk_of_every_flow_goes_as_written_through_the_whole_product() {
    let book = Book::embedded().unwrap();
    let plays = plays(&book);
    assert!(plays.len() > 400, "only {} talks", plays.len());
    let banks = TestBank::each_cast(BUDGET_MS, "", &cast(&plays)).await;
    let told = futures_util::future::join_all(banks.iter().map(|bank| all_at(bank, &plays))).await;
    let mut wrong: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (bank, errors) in banks.iter().zip(&told) {
        for e in errors {
            let engine = format!("{:?}", bank.app.db.engine());
            wrong.entry(e.to_string()).or_default().push(engine);
        }
    }
    let lines: Vec<String> = wrong.iter().map(|(e, on)| format!("{e}\n  on {on:?}")).collect();
    assert!(
        wrong.is_empty(),
        "{} of {} talks differ\n{}",
        wrong.len(),
        plays.len(),
        lines.join("\n")
    );
    for bank in banks {
        bank.stop().await;
    }
}
