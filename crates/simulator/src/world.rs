//! Everything the simulated WeChat remembers, in memory, behind one lock.
//!
//! What it is for: accounts, customers, chats, counters; small questions and changes that several roles share. Each role's
//! own rules are in its module. Not for: waiting or networking; a change that must reach the outside puts a [`Delivery`] in
//! `outbox` and news in `news`, and [`crate::running::Shared::with`] hands them on after the lock is released.

use crate::api::notice::{Consent, NoticeTemplate};
use crate::component::Component;
use crate::config::{AccountConfig, Config, Limits, UserConfig};
use crate::desk::Desk;
use crate::exchange::{Exchange, Ring};
use crate::faults::Weather;
use crate::item::{Body, Item, Side};
use crate::media::Media;
use crate::press::{Errand, Page, Press};
use crate::push::Delivery;
use base::{Clock, Error, Random, Refusal, Result, Time};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use wechat::envelope::Callback;

/// Items kept of one chat.
const ITEMS_MAX: usize = 1_000;
/// Short messages kept.
const SMS_MAX: usize = 1_000;

pub(crate) const NO_ACCOUNT: Refusal = Refusal::missing("account.missing", "没有这个公众号");
pub(crate) const NO_USER: Refusal = Refusal::missing("user.missing", "没有这个用户");

/// One Official Account and what was done to it.
#[derive(Debug)]
pub(crate) struct Account {
    pub(crate) config: AccountConfig,
    pub(crate) callback: Callback,
    pub(crate) menu: Option<Value>,
    pub(crate) conditional: Vec<Conditional>,
    pub(crate) templates: Vec<Template>,
    pub(crate) tags: BTreeMap<i64, String>,
    /// Templates of subscription notices.
    pub(crate) notices: Vec<NoticeTemplate>,
    pub(crate) press: Press,
    pub(crate) desk: Desk,
    pub(crate) failures: u32,
    pub(crate) mark_fail_until: Option<Time>,
    /// Plays a part in the release check and is not shown on phones.
    pub(crate) hidden: bool,
}

/// A conditional menu (个性化菜单), newest last.
#[derive(Debug)]
pub(crate) struct Conditional {
    pub(crate) id: i64,
    pub(crate) menu: Value,
    pub(crate) rule: Value,
}

/// A private template: `fields` are (label, keyword) in order.
#[derive(Debug, Clone)]
pub(crate) struct Template {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) content: String,
    pub(crate) fields: Vec<(String, String)>,
}

/// A customer.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct User {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) avatar: String,
    pub(crate) color: String,
    pub(crate) note: String,
    pub(crate) papers: Option<crate::config::PapersConfig>,
    /// What happens at this customer's next web login.
    #[serde(skip)]
    pub(crate) next_login: Option<crate::oauth::Decision>,
}

/// Right to send 客服 messages, from one trigger.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Grant {
    pub(crate) until: Time,
    pub(crate) left: u32,
}

/// One customer's relation with one account.
#[derive(Debug)]
pub(crate) struct Chat {
    pub(crate) openid: String,
    pub(crate) followed: bool,
    pub(crate) followed_at: Time,
    pub(crate) follow_scene: &'static str,
    pub(crate) qr_scene: String,
    pub(crate) remark: String,
    /// In the order put on; the last one counts for conditional menus.
    pub(crate) tags: Vec<i64>,
    pub(crate) blocked: bool,
    pub(crate) items: Vec<Item>,
    pub(crate) grants: Vec<Grant>,
    pub(crate) last_message_at: Option<Time>,
    pub(crate) typing_until: Option<Time>,
    /// client_msg_id → (sent at, msgid).
    pub(crate) client_ids: HashMap<String, (Time, i64)>,
    /// `Status` of the next template result event, when not `success`.
    pub(crate) next_template_status: Option<String>,
    /// Consents to subscription notices, by template.
    pub(crate) consents: BTreeMap<String, Consent>,
    /// Scenes the customer agreed to one message for.
    pub(crate) once: BTreeSet<i64>,
    /// (month, mass messages received in it).
    pub(crate) mass_month: (i64, u32),
    /// The last message or event as it was pushed, to be pushed again on demand.
    pub(crate) last_inner: Option<Vec<u8>>,
}

/// (appid, uid).
pub(crate) type ChatKey = (String, String);

/// How words reach a number.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Way {
    #[default]
    Text,
    /// A call that reads the words out.
    Voice,
}

/// A short message, or a call, that a platform handed to the gateway.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Sms {
    pub(crate) id: String,
    pub(crate) at_ms: i64,
    pub(crate) way: Way,
    pub(crate) to: String,
    pub(crate) text: String,
}

/// A scene QR code.
#[derive(Debug, Clone)]
pub(crate) struct SceneCode {
    pub(crate) appid: String,
    pub(crate) scene: String,
    pub(crate) until: Option<Time>,
    pub(crate) url: String,
}

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) random: Random,
    pub(crate) limits: Limits,
    pub(crate) public_url: String,
    pub(crate) accounts: Vec<Account>,
    pub(crate) users: Vec<User>,
    pub(crate) chats: BTreeMap<ChatKey, Chat>,
    /// (appid, openid) → uid. Two accounts may know two people by the same openid.
    openids: HashMap<ChatKey, String>,
    pub(crate) component: Option<Component>,
    pub(crate) tokens: crate::api::token::Tokens,
    pub(crate) quotas: crate::api::quota::Quotas,
    pub(crate) logins: crate::oauth::Logins,
    pub(crate) media: HashMap<String, Media>,
    pub(crate) codes: BTreeMap<String, SceneCode>,
    pub(crate) short_keys: crate::api::shorten::ShortKeys,
    pub(crate) diary: crate::diary::Diary,
    /// Articles that can be read, by slug.
    pub(crate) pages: HashMap<String, Page>,
    /// What ends later.
    pub(crate) agenda: Vec<(Time, Errand)>,
    pub(crate) weather: Weather,
    pub(crate) exchanges: Ring,
    pub(crate) sms: Vec<Sms>,
    /// What the company that reads photos was shown.
    pub(crate) pictures: Vec<crate::reader::Known>,
    /// Face checks a bank began.
    pub(crate) checks: crate::faces::Checks,
    pub(crate) outbox: Vec<Delivery>,
    pub(crate) news: Vec<Value>,
    sequence: u64,
    last_msg_id: u64,
}

impl World {
    pub(crate) fn new(config: Config, public_url: String) -> Result<Self> {
        let mut world = Self {
            exchanges: Ring::new(config.limits.exchanges),
            clock: config.clock,
            random: config.random,
            limits: config.limits,
            public_url,
            accounts: vec![],
            users: vec![],
            chats: BTreeMap::new(),
            openids: HashMap::new(),
            component: None,
            tokens: Default::default(),
            quotas: Default::default(),
            logins: Default::default(),
            media: HashMap::new(),
            codes: BTreeMap::new(),
            short_keys: Default::default(),
            diary: Default::default(),
            pages: HashMap::new(),
            agenda: vec![],
            weather: Weather::default(),
            sms: vec![],
            pictures: vec![],
            checks: Default::default(),
            outbox: vec![],
            news: vec![],
            sequence: 0,
            last_msg_id: 0,
        };
        if let Some(component) = config.component {
            world.set_component(component)?;
        }
        for account in config.accounts {
            world.register(account, false)?;
        }
        for user in config.users {
            world.add_user(user)?;
        }
        Ok(world)
    }

    pub(crate) fn now(&self) -> Time {
        self.clock.now()
    }

    /// A new id, unique in this world: later ids are larger as numbers.
    pub(crate) fn next_id(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    /// A new `MsgId`: grows, and does not begin again when a new world does, because platforms remember them.
    pub(crate) fn next_msg_id(&mut self) -> u64 {
        let floor = u64::try_from(self.now().ms()).unwrap_or(0) << 20;
        self.last_msg_id = (self.last_msg_id + 1).max(floor);
        self.last_msg_id
    }

    /// `percent` of a hundred throws are true.
    pub(crate) fn throw(&self, percent: u8) -> bool {
        percent > 0 && self.random.below(100) < u64::from(percent)
    }

    pub(crate) fn account(&self, appid: &str) -> Result<&Account> {
        self.accounts.iter().find(|a| a.config.appid == appid).ok_or(Error::Refused(NO_ACCOUNT))
    }
    pub(crate) fn account_mut(&mut self, appid: &str) -> Result<&mut Account> {
        self.accounts.iter_mut().find(|a| a.config.appid == appid).ok_or(Error::Refused(NO_ACCOUNT))
    }
    pub(crate) fn user(&self, uid: &str) -> Result<&User> {
        self.users.iter().find(|u| u.id == uid).ok_or(Error::Refused(NO_USER))
    }
    pub(crate) fn user_mut(&mut self, uid: &str) -> Result<&mut User> {
        self.users.iter_mut().find(|u| u.id == uid).ok_or(Error::Refused(NO_USER))
    }

    /// Registers an account, or replaces the configuration of a known one.
    pub(crate) fn register(&mut self, config: AccountConfig, hidden: bool) -> Result<()> {
        let callback = config.callback()?;
        let templates = config.templates.iter().map(Template::of).collect();
        let desk = Desk::of(&config);
        let notices = config.notices.iter().map(NoticeTemplate::of).collect::<Result<_>>()?;
        let (appid, authorized) = (config.appid.clone(), config.authorized);
        if let Ok(known) = self.account_mut(&appid) {
            known.config = config;
            known.callback = callback;
            known.templates = templates;
            known.failures = 0;
            known.mark_fail_until = None;
        } else {
            self.accounts.push(Account {
                config,
                callback,
                menu: None,
                conditional: vec![],
                templates,
                tags: BTreeMap::from([(2, String::from("星标组"))]),
                notices,
                press: Press::default(),
                desk,
                failures: 0,
                mark_fail_until: None,
                hidden,
            });
        }
        if authorized {
            self.authorize_quietly(&appid);
        }
        self.news.push(json!({ "kind": "state" }));
        Ok(())
    }

    /// Adds a customer, or changes a known one's looks.
    pub(crate) fn add_user(&mut self, config: UserConfig) -> Result<User> {
        const COLORS: [&str; 6] =
            ["#5b8ff9", "#e8684a", "#5ad8a6", "#9270ca", "#f6903d", "#269a99"];
        let id = if config.id.is_empty() { format!("u{}", self.next_id()) } else { config.id };
        let color = if config.color.is_empty() {
            COLORS[self.users.len() % COLORS.len()].to_owned()
        } else {
            config.color
        };
        let user = User {
            id: id.clone(),
            name: config.name,
            avatar: config.avatar,
            color,
            note: config.note,
            papers: config.papers,
            next_login: None,
        };
        match self.users.iter_mut().find(|u| u.id == id) {
            Some(known) => *known = user.clone(),
            None => self.users.push(user.clone()),
        }
        let now = self.now();
        for follow in config.follows {
            self.account(&follow.appid)?;
            if let Some(openid) = &follow.openid {
                self.name_openid(&follow.appid, &id, openid);
            }
            let chat = self.chat(&follow.appid, &id);
            chat.followed = true;
            chat.followed_at = now;
        }
        self.news.push(json!({ "kind": "state" }));
        Ok(user)
    }

    fn name_openid(&mut self, appid: &str, uid: &str, openid: &str) {
        let chat = self.chat(appid, uid);
        let before = std::mem::replace(&mut chat.openid, openid.to_owned());
        self.openids.remove(&(appid.to_owned(), before));
        self.openids.insert((appid.to_owned(), openid.to_owned()), uid.to_owned());
    }

    /// The chat of a customer with an account; begins empty and not followed.
    pub(crate) fn chat(&mut self, appid: &str, uid: &str) -> &mut Chat {
        let key = (appid.to_owned(), uid.to_owned());
        let openids = &mut self.openids;
        self.chats.entry(key).or_insert_with(|| {
            let openid = openid_of(appid, uid);
            openids.insert((appid.to_owned(), openid.clone()), uid.to_owned());
            Chat::new(openid)
        })
    }

    /// Whose openid this is for the account.
    pub(crate) fn by_openid(&self, appid: &str, openid: &str) -> Option<&str> {
        self.openids.get(&(appid.to_owned(), openid.to_owned())).map(String::as_str)
    }
    /// The chat an openid stands for.
    pub(crate) fn chat_of(&mut self, appid: &str, openid: &str) -> Option<&mut Chat> {
        let uid = self.by_openid(appid, openid)?.to_owned();
        self.chats.get_mut(&(appid.to_owned(), uid))
    }

    /// Shows a bubble and tells the phones.
    pub(crate) fn show(&mut self, appid: &str, uid: &str, side: Side, body: Body) -> String {
        self.show_as(appid, uid, side, body, None)
    }

    /// A bubble under an agent's name.
    pub(crate) fn show_as(
        &mut self,
        appid: &str,
        uid: &str,
        side: Side,
        body: Body,
        agent: Option<String>,
    ) -> String {
        let item = Item {
            id: self.next_id().to_string(),
            at_ms: self.now().ms(),
            side,
            body,
            agent,
            state: "sent",
        };
        let id = item.id.clone();
        self.news.push(json!({ "kind": "item", "appid": appid, "uid": uid, "item": item }));
        if side == Side::Account {
            self.end_typing(appid, uid);
        }
        let chat = self.chat(appid, uid);
        chat.items.push(item);
        if chat.items.len() > ITEMS_MAX {
            chat.items.remove(0);
        }
        id
    }

    pub(crate) fn end_typing(&mut self, appid: &str, uid: &str) {
        if self.chat(appid, uid).typing_until.take().is_some() {
            self.news.push(json!({ "kind": "typing", "appid": appid, "uid": uid, "on": false }));
        }
    }

    /// Writes down an exchange, numbers it, and tells the phones.
    pub(crate) fn log(&mut self, mut exchange: Exchange) {
        exchange.id = self.next_id().to_string();
        self.news.push(json!({ "kind": "exchange", "exchange": &exchange }));
        self.exchanges.push(exchange);
    }

    pub(crate) fn receive_sms(&mut self, way: Way, to: String, text: String) -> Sms {
        let sms = Sms { id: self.next_id().to_string(), at_ms: self.now().ms(), way, to, text };
        self.news.push(json!({ "kind": "sms", "sms": &sms }));
        self.sms.push(sms.clone());
        if self.sms.len() > SMS_MAX {
            self.sms.remove(0);
        }
        sms
    }

    /// The openids that follow an account, in their own order.
    pub(crate) fn followers(&self, appid: &str) -> BTreeSet<&str> {
        self.chats_of(appid).filter(|(_, c)| c.followed).map(|(_, c)| c.openid.as_str()).collect()
    }
    pub(crate) fn chats_of(&self, appid: &str) -> impl Iterator<Item = (&str, &Chat)> {
        self.chats
            .range((appid.to_owned(), String::new())..)
            .take_while(move |((of, _), _)| of == appid)
            .map(|((_, uid), chat)| (uid.as_str(), chat))
    }
}

impl Chat {
    fn new(openid: String) -> Self {
        Self {
            openid,
            followed: false,
            followed_at: Time::default(),
            follow_scene: "ADD_SCENE_SEARCH",
            qr_scene: String::new(),
            remark: String::new(),
            tags: vec![],
            blocked: false,
            items: vec![],
            grants: vec![],
            last_message_at: None,
            typing_until: None,
            client_ids: HashMap::new(),
            next_template_status: None,
            consents: BTreeMap::new(),
            once: BTreeSet::new(),
            mass_month: (0, 0),
            last_inner: None,
        }
    }

    pub(crate) fn grant(&mut self, now: Time, (left, life_ms): (u32, i64)) {
        self.grants.retain(|g| g.until > now && g.left > 0);
        self.grants.push(Grant { until: now.plus_ms(life_ms), left });
    }

    /// Uses one right to send, the earliest to end first. `Err(false)`: the window is closed; `Err(true)`: used up.
    pub(crate) fn use_grant(&mut self, now: Time) -> Result<(), bool> {
        let mut open: Vec<&mut Grant> = self.grants.iter_mut().filter(|g| g.until > now).collect();
        if open.is_empty() {
            return Err(false);
        }
        open.sort_by_key(|g| g.until);
        let grant = open.into_iter().find(|g| g.left > 0).ok_or(true)?;
        grant.left -= 1;
        Ok(())
    }

    /// (until when, how many) messages may still be sent.
    pub(crate) fn window(&self, now: Time) -> (Option<i64>, u32) {
        let open = self.grants.iter().filter(|g| g.until > now);
        let left = open.clone().map(|g| g.left).sum();
        (open.map(|g| g.until.ms()).max(), left)
    }

    pub(crate) fn is_typing(&self, now: Time) -> bool {
        self.typing_until.is_some_and(|until| until > now)
    }
}

/// The openid a customer has with an account when none is given: `o` and 27 characters, always the same for the same two.
pub fn openid_of(appid: &str, uid: &str) -> String {
    use base64::Engine;
    let hex = wechat::crypto::signature(&["simulated openid", appid, uid]);
    let bytes: Vec<u8> = (0..hex.len() / 2)
        .filter_map(|i| u8::from_str_radix(hex.get(i * 2..i * 2 + 2)?, 16).ok())
        .collect();
    format!("o{}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_openid_looks_like_one_and_differs_by_account() {
        let a = openid_of("wx1", "li");
        assert_eq!(a.len(), 28, "{a}");
        assert_eq!(a, openid_of("wx1", "li"));
        assert_ne!(a, openid_of("wx2", "li"));
    }

    #[test]
    fn the_right_that_ends_first_is_used_first() {
        let now = Time::of_ms(0);
        let mut chat = Chat::new("o1".into());
        assert_eq!(chat.use_grant(now), Err(false));
        chat.grant(now, (1, 1_000));
        chat.grant(now, (1, 100));
        assert_eq!(chat.use_grant(now), Ok(()));
        assert_eq!(chat.window(now.plus_ms(100)), (Some(1_000), 1));
        assert_eq!(chat.use_grant(now), Ok(()));
        assert_eq!(chat.use_grant(now), Err(true));
        assert_eq!(chat.use_grant(now.plus_ms(1_000)), Err(false));
    }
}
