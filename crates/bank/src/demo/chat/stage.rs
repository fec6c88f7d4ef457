//! The bank a chat is had with: the demo's county bank with its named customers, WeChat's simulator and the sandbox core, all
//! in this process, on free loopback ports, in a folder that goes away with it.
//!
//! Lines go the whole way: phone, encrypted callback, `inbound`, dialogue, verbs, core, and back. Not for: showing anything.

use super::line::Line;
use crate::app::{App, Outside};
use crate::binding;
use crate::demo::province::{self, DemoAccount};
use crate::demo::{Places, SEED, settings_in, stock};
use crate::followers::{self, Person, Standing};
use crate::inbound::read_standing;
use crate::inbound::store::{Kept, TURN};
use crate::jobs::{self, Job};
use crate::sessions;
use crate::tenants::{Connected, UNION};
use crate::terminal::Bar;
use crate::vault::Place;
use crate::{production, serve};
use base::{Clock, Context, Error, Random, Refusal, Result, TenantId, Time};
use corebank::sandbox::seed::DemoPerson;
use corebank::sandbox::{Sandbox, Tally};
use corebank::{Flaky, Weather};
use db::{Scope, params};
use serde_json::{Value, json};
use simulator::{FollowConfig, Running, Simulator, UserConfig, openid_of};
use std::collections::HashSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::net::TcpListener;

/// Seeded customers who are not bound yet, in the order in which `first-unbound` finds them.
const UNBOUND: &[&str] = &["杨桂兰", "吴秀英", "孙乐乐"];
pub(super) const FIRST_UNBOUND: &str = "first-unbound";
/// Everyone of the county bank has a name; more are not needed to talk.
const CUSTOMERS: usize = 7;
/// A person needs so long to write the next line.
const TYPING_MS: i64 = 5_000;
const STEPS: usize = 4;

const NO_CUSTOMER: Refusal = Refusal::missing("chat.customer", "");
const NO_LINE: Refusal = Refusal::invalid("chat.tap", "");
const NOT_TAKEN: Refusal = Refusal::conflict("chat.not_taken", "");

/// How the stage is set.
#[derive(Debug, Clone)]
pub(super) struct Setting {
    pub(super) customer: String,
    pub(super) elder: bool,
    /// Through the province's account instead of the county bank's own.
    pub(super) province: bool,
    /// When it is; the clock then moves only with the lines.
    pub(super) starts_at: Option<Time>,
}

/// A tappable line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Offer {
    id: String,
    pub(super) text: String,
    /// The bank shows it with its number.
    pub(super) is_numbered: bool,
}

/// A link by the name of its page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) label: String,
    pub(super) page: String,
}

/// One message of the account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Reply {
    pub(super) text: String,
    pub(super) lines: Vec<Offer>,
    pub(super) link: Option<Link>,
}

/// What came of a line.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) replies: Vec<Reply>,
    /// The items that handled it.
    pub(super) items: Vec<String>,
    /// How the sentence by itself is understood; nothing where it answered a question or was no sentence.
    pub(super) decision: Option<&'static str>,
    pub(super) before: Tally,
    pub(super) after: Tally,
}

/// Who talks.
#[derive(Debug, Clone)]
struct Talker {
    known: DemoPerson,
    uid: String,
    who: Person,
    /// Number of the last bubble seen.
    seen: u64,
}

/// A folder of our own that goes away.
#[derive(Debug)]
struct Folder(PathBuf);
impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The running bank.
#[derive(Debug)]
pub(super) struct Stage {
    app: Arc<App>,
    core: Arc<Flaky<Sandbox>>,
    simulator: Running,
    clock: Clock,
    http: reqwest::Client,
    account: DemoAccount,
    people: Vec<DemoPerson>,
    talker: Talker,
    offers: Vec<Offer>,
    turns_seen: HashSet<i64>,
    _folder: Folder,
}

/// Opens the core and posts the county bank's books.
async fn books(
    places: &Places,
    folder: &std::path::Path,
    clock: &Clock,
) -> Result<(Sandbox, Vec<DemoPerson>)> {
    let config = settings_in(folder, places, &province::aes_key(&Random::seeded(SEED)))?;
    let sandbox = production::sandbox(&config, clock, &Random::system()).await?;
    let (county, others) = stock::core_institutions()
        .into_iter()
        .partition::<Vec<_>, _>(|i| i.tenant == stock::FIRST_BANK);
    for other in others {
        sandbox.add_institution(&other).await?;
    }
    let seeded = sandbox.seed(&stock::province(clock, SEED, county, CUSTOMERS)).await;
    Ok((sandbox, seeded.doing("seeding the county bank")?.people))
}

impl Stage {
    pub(super) async fn open(setting: &Setting) -> Result<Self> {
        let mut bar = Bar::new("读说法", STEPS);
        // Reading the flows takes a second or two; the books are posted meanwhile.
        let book = tokio::task::spawn_blocking(dialogue::Book::embedded);
        let clock = clock_of(setting.starts_at);
        let folder =
            Folder(std::env::temp_dir().join(format!("weiyin-chat-{}", Random::system().hex(8))));
        std::fs::create_dir_all(&folder.0).doing("making a folder for the chat's bank")?;
        let (public, staff) = (loopback().await?, loopback().await?);
        let account = account_of(setting.province)?;
        let mut places = Places {
            simulator: SocketAddr::from(([127, 0, 0, 1], 0)),
            public: public.local_addr()?,
            staff: staff.local_addr()?,
        };
        bar.on("记账本", 1);
        let (sandbox, people) = books(&places, &folder.0, &clock).await?;
        bar.on("开微信", 2);
        let simulator = Simulator::start(world(&clock, &places, &account, &people)).await?;
        places.simulator = simulator.addr;
        // Whether the flows can be read is said when the bank opens.
        let _ = book.await;
        bar.on("开银行", 3);
        let config = settings_in(&folder.0, &places, &province::aes_key(&Random::seeded(SEED)))?;
        let pin_key = production::pin_key(&config, &Random::system())?;
        let core = Arc::new(Flaky::new(sandbox, clock.clone(), Random::seeded(SEED)));
        let outside =
            Outside { clock: clock.clone(), random: Random::system(), core: core.clone(), pin_key };
        let app = App::build(config, outside).await?;
        stock::bank(&app, std::slice::from_ref(&account)).await?;
        serve::start_on(&app, public, staff);
        let http = reqwest::Client::builder().no_proxy().build()?;
        let talker = talker(&app, &account, &people, &setting.customer)?;
        let mut stage = Self {
            app,
            core,
            simulator,
            clock,
            http,
            account,
            people,
            talker,
            offers: vec![],
            turns_seen: HashSet::new(),
            _folder: folder,
        };
        stage.seat().await?;
        if setting.elder {
            stage.turn_elder().await?;
        }
        Ok(stage)
    }

    /// Names of the seeded customers, the one who talks marked, and their stories.
    pub(super) fn people(&self) -> impl Iterator<Item = (&str, &str, bool)> {
        let now = &self.talker.known.name;
        self.people.iter().map(move |p| (p.name.as_str(), p.story, p.name == *now))
    }
    pub(super) fn customer(&self) -> &str {
        &self.talker.known.name
    }
    pub(super) fn bank(&self) -> &str {
        &self.account.name
    }
    pub(super) fn offers(&self) -> &[Offer] {
        &self.offers
    }
    pub(super) async fn is_bound(&self) -> Result<bool> {
        Ok(self.standing().await?.is_some_and(|s| s.bound.is_some()))
    }

    /// Another customer takes the phone.
    pub(super) async fn switch(&mut self, name: &str) -> Result<()> {
        self.talker = talker(&self.app, &self.account, &self.people, name)?;
        self.offers.clear();
        self.seat().await
    }

    /// What the customer's accounts hold by the ledger.
    pub(super) async fn tally(&self) -> Result<Tally> {
        let known = &self.talker.known;
        self.core.inner().tally(known.tenant, &known.cust_no).await
    }

    /// Plays a line and collects what came of it.
    pub(super) async fn hear(&mut self, line: &Line) -> Result<Heard> {
        if matches!(self.clock, Clock::Manual(_)) && !matches!(line, Line::Pass(_)) {
            self.clock.advance_ms(TYPING_MS);
        }
        let before = self.tally().await?;
        let decision = self.decision(line).await?;
        self.play(line).await?;
        jobs::settle(&self.app).await?;
        let replies = self.collect().await?;
        if let Some(last) = replies.last() {
            self.offers.clone_from(&last.lines);
        }
        let items = self.items().await?;
        let after = self.tally().await?;
        // Another customer's ledger is not what the last one's became.
        let before = if matches!(line, Line::Who(_)) { after } else { before };
        Ok(Heard { replies, items, decision, before, after })
    }

    async fn play(&mut self, line: &Line) -> Result<()> {
        let (appid, uid) = (self.account.appid.clone(), self.talker.uid.clone());
        let send = format!("chats/{appid}/{uid}/send?wait=1");
        let user = |act: &str| format!("users/{uid}/{act}?wait=1");
        let (path, body) = match line {
            Line::Say(text) => (send, json!({ "type": "text", "content": text })),
            Line::Voice(text) => {
                let recognition = (!text.is_empty()).then_some(text);
                (send, json!({ "type": "voice", "recognition": recognition }))
            }
            Line::Picture => (send, json!({ "type": "image" })),
            Line::Video => (send, json!({ "type": "video" })),
            // The middle of the invented county.
            Line::Location(label) => {
                (send, json!({ "type": "location", "x": 33.0, "y": 111.0, "label": label }))
            }
            Line::Tap(what) => {
                let offer = self.offered(what)?;
                (send, json!({ "type": "text", "content": offer.text, "bizmsgmenuid": offer.id }))
            }
            Line::Press(key) => (send, json!({ "type": "click", "key": key })),
            Line::Scan(scene) => (user("scan"), json!({ "appid": appid, "scene": scene })),
            Line::Follow => (user("follow"), json!({ "appid": appid })),
            Line::Unfollow => (user("unfollow"), json!({ "appid": appid })),
            Line::Pass(ms) => ("clock".to_owned(), json!({ "advance_ms": ms })),
            Line::Bind => return self.bind(true).await,
            Line::Unbind => return self.unbind().await,
            Line::Core(is_busy) => {
                self.core.set_weather(Weather { outage: *is_busy, ..Weather::default() });
                return Ok(());
            }
            Line::Who(name) => return self.switch(name).await,
            Line::Help | Line::Quit => return Ok(()),
        };
        self.control(&path, &body).await
    }

    /// The line of the last message that is meant, by number or words.
    fn offered(&self, what: &str) -> Result<&Offer> {
        let at = what.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
        let found = at.and_then(|at| self.offers.get(at)).or_else(|| {
            self.offers.iter().find(|o| o.text == what || o.text.ends_with(&format!(" {what}")))
        });
        let texts = || self.offers.iter().map(|o| o.text.as_str()).collect::<Vec<_>>().join(" / ");
        found.ok_or_else(|| {
            NO_LINE.say(format!("no line “{what}” was offered; there are: {}", texts())).into()
        })
    }

    async fn control(&self, path: &str, body: &Value) -> Result<()> {
        let url = format!("{}/control/{path}", self.simulator.url());
        let answer = self.http.post(url).json(body).send().await?;
        if answer.status().is_success() {
            return Ok(());
        }
        let told: Value = answer.json().await.unwrap_or_default();
        Err(NOT_TAKEN
            .say(told["words"].as_str().unwrap_or("WeChat did not take it").to_owned())
            .into())
    }

    /// New bubbles of the account.
    async fn collect(&mut self) -> Result<Vec<Reply>> {
        let url = format!(
            "{}/control/chats/{}/{}",
            self.simulator.url(),
            self.account.appid,
            self.talker.uid
        );
        let chat: Value = self.http.get(url).send().await?.json().await?;
        let mut replies = vec![];
        for item in chat["items"].as_array().map(Vec::as_slice).unwrap_or_default() {
            let id = item["id"].as_str().and_then(|id| id.parse::<u64>().ok()).unwrap_or(0);
            if id <= self.talker.seen {
                continue;
            }
            self.talker.seen = id;
            if item["side"] != "user" {
                replies.push(self.reply(item).await?);
            }
        }
        Ok(replies)
    }

    async fn reply(&self, item: &Value) -> Result<Reply> {
        let mut reply = Reply::default();
        let Some(parts) = item["parts"].as_array() else {
            let text = item["text"].as_str().map_or_else(
                || format!("[{}]", item["kind"].as_str().unwrap_or("?")),
                str::to_owned,
            );
            return Ok(Reply { text, ..reply });
        };
        for part in parts {
            let text = part["text"].as_str().unwrap_or_default();
            if let Some(href) = part["href"].as_str() {
                reply.link = Some(Link { label: text.to_owned(), page: self.page_of(href).await? });
                reply.text.push_str(text);
            } else if let Some(id) = part["id"].as_str() {
                let number = format!("{} ", reply.lines.len() + 1);
                let is_numbered = text.starts_with(&number);
                reply.lines.push(Offer { id: id.to_owned(), text: text.to_owned(), is_numbered });
            } else {
                reply.text.push_str(text);
            }
        }
        reply.text = reply.text.trim().to_owned();
        Ok(reply)
    }

    /// The page a link leads to, by its name; a link to elsewhere as it is.
    async fn page_of(&self, href: &str) -> Result<String> {
        if let Some(rest) = href.split("/h5/go/").nth(1) {
            return Ok(rest.split('/').nth(1).unwrap_or(rest).to_owned());
        }
        let Some(token) = href.split("/h5/l/").nth(1) else { return Ok(href.to_owned()) };
        let Some(tenant) = sessions::tenant_of(token) else { return Ok(href.to_owned()) };
        let hash = sessions::hash(token);
        let unit = move |tx: &db::Tx<'_>| sessions::store::link(tx, &hash);
        let link = self.app.db.read(Scope::Tenant(tenant), unit).await?;
        Ok(link.map_or_else(|| href.to_owned(), |l| l.page))
    }

    /// The items of turns recorded since the last look.
    async fn items(&mut self) -> Result<Vec<String>> {
        type Row = (TenantId, i64, Vec<u8>);
        let unit = |tx: &db::Tx<'_>| {
            tx.all::<Row>(
                "SELECT tenant_id, message_key, body_sealed FROM turn ORDER BY at_ms, message_key",
                params![],
            )
        };
        let mut items = vec![];
        for (tenant, key, body) in self.app.db.read(Scope::House, unit).await? {
            if self.turns_seen.insert(key) {
                let keys = self.app.vault.tenant(&self.app.db, tenant).await?;
                let kept: Kept = keys.open_json(Place::new(TURN, key), &body)?;
                items.extend(kept.item);
            }
        }
        Ok(items)
    }

    /// How the words are understood by themselves, when nothing was being asked.
    async fn decision(&self, line: &Line) -> Result<Option<&'static str>> {
        let (Line::Say(text) | Line::Voice(text)) = line else { return Ok(None) };
        let is_idle = self.standing().await?.is_none_or(|s| s.seat.is_idle());
        if !is_idle || text.is_empty() || text.chars().all(|c| c.is_ascii_digit()) {
            return Ok(None);
        }
        Ok(Some(self.app.book.insight(text, self.clock.now().china_day()).decision.as_str()))
    }

    async fn standing(&self) -> Result<Option<Standing>> {
        read_standing(&self.app, &self.talker.who).await
    }

    /// The talker sits down: known to the bank, bound unless their story begins before that.
    async fn seat(&mut self) -> Result<()> {
        let known = self.talker.known.clone();
        let (account, openid) = (self.talker.who.account, self.talker.who.openid.clone());
        let is_bound = !UNBOUND.contains(&known.name.as_str());
        let tenant = if self.account.is_provincial && !is_bound { UNION } else { known.tenant };
        if self.standing().await?.is_none() {
            self.app.vault.tenant(&self.app.db, tenant).await?;
            let unit =
                move |tx: &db::Tx<'_>| followers::store::add(tx, tenant, account, &openid, None);
            self.app.db.write(Scope::House, unit).await?;
            if is_bound {
                self.bind(false).await?;
            }
        }
        self.collect().await.map(|_| ())
    }

    /// Binds as the page would have, and goes on with what waited when `tells`.
    async fn bind(&self, tells: bool) -> Result<()> {
        let known = &self.talker.known;
        let standing =
            self.standing().await?.ok_or_else(|| Error::fault("the talker is no follower"))?;
        binding::move_home(&self.app, standing.tenant, standing.id, known.tenant).await?;
        stock::bind(&self.app, &self.talker.who, known.tenant, known.cust_no.as_str(), false)
            .await?;
        if tells {
            let job = Job::AfterBinding { follower: standing.id };
            let unit = move |tx: &db::Tx<'_>| job.enqueue(tx, tx.now());
            self.app.db.write(Scope::Tenant(known.tenant), unit).await?;
        }
        Ok(())
    }

    async fn unbind(&self) -> Result<()> {
        let standing =
            self.standing().await?.ok_or_else(|| Error::fault("the talker is no follower"))?;
        let (id, behind) = (standing.id, self.app.behind.clone());
        let unit = move |tx: &db::Tx<'_>| {
            binding::end(tx, id, "customer", crate::audit::Actor::Follower(id.raw()))?;
            followers::store::touch(tx, &behind, id)
        };
        self.app.db.write(Scope::Tenant(standing.tenant), unit).await?;
        self.app.followers.forget(&self.talker.who);
        Ok(())
    }

    /// Asks for slow words and large type the way a customer does.
    async fn turn_elder(&mut self) -> Result<()> {
        let words = self.app.book.item("elder_on").and_then(|i| i.say.first()).cloned();
        let words = words.ok_or_else(|| Error::fault("no item elder_on"))?;
        self.hear(&Line::Say(words)).await?;
        self.offers.clear();
        Ok(())
    }
}

async fn loopback() -> Result<TcpListener> {
    TcpListener::bind("127.0.0.1:0").await.doing("listening on loopback")
}

/// A clock of its own for a fixed beginning, else the system's, which the chat may put forward.
fn clock_of(starts_at: Option<Time>) -> Clock {
    starts_at.map_or_else(Clock::shifted, Clock::manual)
}

/// The account to talk through, connected with its own secret.
fn account_of(province: bool) -> Result<DemoAccount> {
    let accounts = province::accounts(&Random::seeded(SEED));
    let wanted =
        |a: &DemoAccount| if province { a.is_provincial } else { a.tenant == stock::FIRST_BANK };
    let found = accounts
        .into_iter()
        .find(wanted)
        .ok_or_else(|| Error::fault("a demo account is missing"))?;
    Ok(DemoAccount { connected: Connected::Direct, ..found })
}

fn world(
    clock: &Clock,
    places: &Places,
    account: &DemoAccount,
    people: &[DemoPerson],
) -> simulator::Config {
    let mut config = simulator::Config::new(clock.clone(), Random::seeded(SEED + 1));
    config.accounts = vec![stock::account(account, &format!("http://{}", places.public))];
    let follows = || vec![FollowConfig { appid: account.appid.clone(), openid: None }];
    let phone = |(n, p): (usize, &DemoPerson)| UserConfig {
        id: uid_of(n),
        name: p.name.clone(),
        follows: follows(),
        ..UserConfig::default()
    };
    config.users = people.iter().enumerate().map(phone).collect();
    config
}

fn uid_of(n: usize) -> String {
    format!("u{}", n + 1)
}

fn talker(app: &App, account: &DemoAccount, people: &[DemoPerson], name: &str) -> Result<Talker> {
    let wanted = if name == FIRST_UNBOUND { UNBOUND[0] } else { name };
    let at = people.iter().position(|p| p.name == wanted);
    let registry = app.registry();
    let Some((at, account)) = at.zip(registry.account(&account.appid)) else {
        let names = people.iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(", ");
        return Err(NO_CUSTOMER
            .say(format!("no customer “{name}”; there are {names}, and {FIRST_UNBOUND}"))
            .into());
    };
    let uid = uid_of(at);
    let openid = openid_of(&account.appid, &uid);
    let who = Person::new(account.id, openid.as_str().into());
    Ok(Talker { known: people[at].clone(), uid, who, seen: 0 })
}

#[cfg(test)]
impl Stage {
    /// Money leaves the talker's first account by another way than this chat.
    pub(super) async fn pay_out_beside(&self, amount: base::Fen) -> Result<()> {
        let known = &self.talker.known;
        let movement =
            corebank::sandbox::movement::cash_out(known.account.as_str().parse()?, amount);
        let id = Random::system().hex(8);
        self.core
            .inner()
            .post(known.tenant, id, movement)
            .await?
            .map_err(|e| Error::fault(e.to_string()))?;
        Ok(())
    }
}
