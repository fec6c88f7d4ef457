//! What a simulated world begins with: accounts, customers, the third-party platform, and every limit with its number.
//!
//! The same shapes come over the control API (`POST /control/accounts`, `POST /control/component`), as JSON. Not for: what
//! happens later; that is [`crate::world`].

use crate::faults::CoreHook;
use crate::machine::MachineHook;
use base::{Clock, Error, Random, Refusal, Result};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use wechat::crypto::AesKey;
use wechat::envelope::{Callback, Mode};

/// Everything [`crate::Simulator::start`] needs.
#[derive(Debug)]
pub struct Config {
    /// One listener for all roles; port 0 chooses a free one.
    pub listen: SocketAddr,
    /// All protocol time comes from here; share a movable one with the platform under test.
    pub clock: Clock,
    /// Seeded for a world that repeats itself.
    pub random: Random,
    /// How links in messages name this simulator; `http://{address}` when absent.
    pub public_url: Option<String>,
    pub accounts: Vec<AccountConfig>,
    pub users: Vec<UserConfig>,
    pub component: Option<ComponentConfig>,
    pub limits: Limits,
    /// Told when the weather of the bank's core is changed here.
    pub core_weather: Option<CoreHook>,
    /// The cash machine of the bank's core, where there is one.
    pub machine: Option<MachineHook>,
}

impl Config {
    /// A world without accounts on a free loopback port.
    pub fn new(clock: Clock, random: Random) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            clock,
            random,
            public_url: None,
            accounts: vec![],
            users: vec![],
            component: None,
            limits: Limits::default(),
            core_weather: None,
            machine: None,
        }
    }
}

/// 服务号 or 订阅号.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountKind {
    Service,
    Subscription,
}

/// Whether an account is run with its own secret or through a third-party platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    Direct,
    Component,
}

/// One Official Account as set up in WeChat's console.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AccountConfig {
    /// `wx` and 16 characters.
    pub appid: String,
    pub secret: String,
    pub name: String,
    /// 原始ID, `gh_…`.
    pub original_id: String,
    /// 微信号; may be empty.
    pub alias: String,
    pub kind: AccountKind,
    /// 微信认证.
    pub verified: bool,
    pub mode: Mode,
    pub by: By,
    /// With `by = component`: already authorised when the world begins, so that the platform can recover the refresh token
    /// from the list API. Otherwise someone authorises later.
    pub authorized: bool,
    pub token: String,
    /// 43 characters; not needed in plain mode.
    pub encoding_aes_key: String,
    /// Where pushes go; not used while a platform is authorised.
    pub callback_url: String,
    pub color: String,
    pub avatar: String,
    pub intro: String,
    /// 主体名称.
    pub principal: String,
    /// Addresses that may fetch tokens; empty lets everyone.
    pub ip_whitelist: Vec<String>,
    /// 网页授权域名; empty lets every host.
    pub oauth_domains: Vec<String>,
    /// Private templates that already exist.
    pub templates: Vec<TemplateConfig>,
    /// Templates of subscription notices already taken from the public library.
    pub notices: Vec<NoticeConfig>,
    /// 语音识别: whether `Recognition` is in voice messages.
    pub voice_recognition: bool,
    /// 客服 agents that already exist and have a person behind them; they need `alias`.
    pub agents: Vec<AgentConfig>,
}

impl Default for AccountConfig {
    fn default() -> Self {
        Self {
            appid: String::new(),
            secret: String::new(),
            name: String::new(),
            original_id: String::new(),
            alias: String::new(),
            kind: AccountKind::Service,
            verified: true,
            mode: Mode::Secure,
            by: By::Direct,
            authorized: false,
            token: String::new(),
            encoding_aes_key: String::new(),
            callback_url: String::new(),
            color: String::from("#1a6b4f"),
            avatar: String::new(),
            intro: String::new(),
            principal: String::new(),
            ip_whitelist: vec![],
            oauth_domains: vec![],
            templates: vec![],
            notices: vec![],
            voice_recognition: true,
            agents: vec![],
        }
    }
}

const BAD_ACCOUNT: Refusal = Refusal::invalid("account.invalid", "账号资料不完整");

impl AccountConfig {
    /// The account's side of the envelope.
    ///
    /// # Errors
    /// `account.invalid`, with words that say what is wrong.
    pub(crate) fn callback(&self) -> Result<Callback> {
        if self.appid.is_empty() || self.original_id.is_empty() {
            return Err(Error::Refused(BAD_ACCOUNT.say("appid 和 original_id 不能为空")));
        }
        callback(&self.appid, &self.token, &self.encoding_aes_key, self.mode)
    }

    pub(crate) fn is_full_service(&self) -> bool {
        self.kind == AccountKind::Service && self.verified
    }
}

fn callback(appid: &str, token: &str, key: &str, mode: Mode) -> Result<Callback> {
    let mut callback = Callback::new(appid, token, mode);
    if mode != Mode::Plain {
        callback = callback.with_key(
            AesKey::parse(key).map_err(|e| Error::Refused(BAD_ACCOUNT.say(e.to_string())))?,
        );
    }
    match callback.complaint() {
        Some(words) => Err(Error::Refused(BAD_ACCOUNT.say(words))),
        None => Ok(callback),
    }
}

/// A template message's form. Keywords look like `{{thing1.DATA}}`, one a line as 「名称：{{thing1.DATA}}」.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateConfig {
    pub template_id: String,
    pub title: String,
    pub content: String,
}

/// A template of the public library (`GET /wxaapi/newtmpl/getpubtemplatetitles` lists their numbers), with its first five
/// keywords.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeConfig {
    pub template_id: String,
    pub tid: i64,
}

/// An agent of WeChat's own customer-service desk, called `prefix@微信号`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentConfig {
    /// At most ten letters, digits and underscores.
    pub prefix: String,
    pub nickname: String,
}

/// A customer with a phone.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct UserConfig {
    pub id: String,
    pub name: String,
    pub avatar: String,
    pub color: String,
    pub note: String,
    /// Card and document in this customer's pocket, for pictures of them.
    pub papers: Option<PapersConfig>,
    /// Accounts followed since before the world began (no event is pushed for these).
    pub follows: Vec<FollowConfig>,
}

/// What stands on a customer's bank card and identity card. Invented, like the customer.
#[derive(Debug, Clone, Default, Deserialize, serde::Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct PapersConfig {
    pub bank: String,
    pub card_no: String,
    pub name: String,
    pub id_no: String,
}

/// One followed account. Without `openid` it is [`crate::openid_of`] the two.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FollowConfig {
    pub appid: String,
    pub openid: Option<String>,
}

/// The third-party platform (第三方平台) as registered at the open platform. Always XML and 安全 mode.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ComponentConfig {
    pub appid: String,
    pub secret: String,
    pub token: String,
    pub encoding_aes_key: String,
    /// 授权事件接收URL.
    pub event_url: String,
    /// 消息与事件接收URL, with the literal `$APPID$`.
    pub message_url: String,
    /// Addresses that may call; empty lets everyone (61004 otherwise).
    pub ip_whitelist: Vec<String>,
    /// 网页授权域名 for the accounts; empty lets every host.
    pub oauth_domains: Vec<String>,
}

impl ComponentConfig {
    pub(crate) fn callback(&self) -> Result<Callback> {
        callback(&self.appid, &self.token, &self.encoding_aes_key, Mode::Secure)
    }
}

/// Every number WeChat has changed once or may change again. Milliseconds are real for network waits (`push_*`) and
/// simulated for everything else.
#[derive(Debug, Clone)]
pub struct Limits {
    /// WeChat gives up an attempt after this (real time).
    pub push_timeout_ms: u64,
    /// Attempts begin at least this far apart (real time).
    pub push_gap_ms: u64,
    /// The two above, and the weather's delays, by the simulated clock instead: they pass when the clock is moved.
    pub push_by_clock: bool,
    /// Attempts in total.
    pub push_tries: u32,
    /// Failed deliveries in a row before pushes stop (MarkFail); 0 never stops.
    pub mark_fail_after: u32,
    /// For how long they stop.
    pub mark_fail_ms: i64,
    /// 客服 messages granted by a customer's message, and for how long.
    pub message_grant: (u32, i64),
    /// 客服 messages granted by following, scanning, or a menu click, and for how long.
    pub event_grant: (u32, i64),
    /// How long an access token works, in seconds.
    pub token_life_s: i64,
    /// How long the previous token still works after a new one was fetched.
    pub token_overlap_ms: i64,
    /// `component_verify_ticket` is pushed this often.
    pub ticket_every_ms: i64,
    /// And is good for this long.
    pub ticket_life_ms: i64,
    /// Daily limits that differ from WeChat's defaults, by path.
    pub daily: BTreeMap<String, i64>,
    /// Per-minute limits by path.
    pub per_minute: BTreeMap<String, i64>,
    /// Temporary media live this long.
    pub media_life_ms: i64,
    /// A mass send ends so long after it was accepted.
    pub mass_ms: i64,
    /// A publication ends so long after it was handed in.
    pub publish_ms: i64,
    /// Exchanges kept.
    pub exchanges: usize,
}

impl Default for Limits {
    fn default() -> Self {
        const MINUTE_MS: i64 = 60_000;
        Self {
            push_timeout_ms: 5_000,
            push_gap_ms: 5_000,
            push_by_clock: false,
            push_tries: 3,
            mark_fail_after: 5,
            mark_fail_ms: MINUTE_MS,
            message_grant: (5, 48 * 60 * MINUTE_MS),
            event_grant: (3, MINUTE_MS),
            token_life_s: 7_200,
            token_overlap_ms: 5 * MINUTE_MS,
            ticket_every_ms: 10 * MINUTE_MS,
            ticket_life_ms: 12 * 60 * MINUTE_MS,
            daily: BTreeMap::new(),
            per_minute: BTreeMap::from([
                (String::from("/cgi-bin/stable_token"), 10_000),
                (String::from("/cgi-bin/message/mass/sendall"), 60),
                (String::from("/cgi-bin/message/mass/send"), 60),
            ]),
            media_life_ms: 3 * base::DAY_MS,
            mass_ms: 2_000,
            publish_ms: 2_000,
            exchanges: 5_000,
        }
    }
}
