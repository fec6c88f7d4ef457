//! The third-party platform (第三方平台) as WeChat keeps it: tickets, who has authorised what, and the pushes about it.
//!
//! Not for: the API calls ([`crate::api::component`]) and the page an administrator sees ([`page`]).

pub(crate) mod page;

use crate::config::ComponentConfig;
use crate::push::xml::Xml;
use crate::push::{Delivery, Target};
use crate::world::World;
use base::{Error, Refusal, Result, Time};
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use wechat::envelope::Callback;

/// What a bank platform asks for: messages, users, account service, web, customer service, notices, material, menu, unionid.
pub(crate) const SETS_USUAL: [u32; 9] = [1, 2, 3, 4, 6, 7, 11, 15, 24];
/// Authorisation codes work this long.
pub(crate) const CODE_LIFE_S: i64 = 600;
/// Tickets kept, the newest last.
const TICKETS_MAX: usize = 200;

const NO_COMPONENT: Refusal = Refusal::missing("component.missing", "没有配置第三方平台");

/// What an account allows the platform.
#[derive(Debug, Clone)]
pub(crate) struct Granted {
    pub(crate) refresh_token: String,
    pub(crate) sets: Vec<u32>,
    pub(crate) at: Time,
}

/// A code that says an account has agreed.
#[derive(Debug, Clone)]
pub(crate) struct AuthCode {
    pub(crate) appid: String,
    pub(crate) until: Time,
    pub(crate) is_used: bool,
}

#[derive(Debug)]
pub(crate) struct Component {
    pub(crate) config: ComponentConfig,
    pub(crate) callback: Callback,
    /// (ticket, issued at).
    pub(crate) tickets: Vec<(String, Time)>,
    /// When the next ticket is due; `None` until the first push was wanted.
    next_ticket: Time,
    /// Pre-authorisation code → its end.
    pub(crate) pre_auth: HashMap<String, Time>,
    pub(crate) codes: HashMap<String, AuthCode>,
    pub(crate) granted: BTreeMap<String, Granted>,
    /// (appid, option) → value.
    pub(crate) options: HashMap<(String, String), String>,
}

impl Component {
    pub(crate) fn is_authorized(&self, appid: &str) -> bool {
        self.granted.contains_key(appid)
    }
    /// Whether the account's messages go to the platform: set 1 is granted.
    pub(crate) fn hears(&self, appid: &str) -> bool {
        self.granted.get(appid).is_some_and(|g| g.sets.contains(&1))
    }
}

/// What is due by the clock: the verify ticket, every ten minutes.
pub(crate) fn tick(world: &mut World) {
    let now = world.now();
    let is_due = world
        .component
        .as_ref()
        .is_some_and(|c| !c.config.event_url.is_empty() && c.next_ticket <= now);
    if is_due && let Ok(delivery) = world.new_ticket() {
        world.outbox.push(delivery);
    }
}

impl World {
    /// Sets or replaces the platform. Authorisations stay.
    pub(crate) fn set_component(&mut self, config: ComponentConfig) -> Result<()> {
        let callback = config.callback()?;
        let before = self.component.take();
        let (granted, options) = before.map(|c| (c.granted, c.options)).unwrap_or_default();
        self.component = Some(Component {
            config,
            callback,
            tickets: vec![],
            next_ticket: Time::default(),
            pre_auth: HashMap::new(),
            codes: HashMap::new(),
            granted,
            options,
        });
        let authorized: Vec<String> = self
            .accounts
            .iter()
            .filter(|a| a.config.authorized)
            .map(|a| a.config.appid.clone())
            .collect();
        for appid in authorized {
            self.authorize_quietly(&appid);
        }
        Ok(())
    }

    pub(crate) fn component_mut(&mut self) -> Result<&mut Component> {
        self.component.as_mut().ok_or(Error::Refused(NO_COMPONENT))
    }

    /// Makes a ticket and the push that carries it.
    pub(crate) fn new_ticket(&mut self) -> Result<Delivery> {
        let ticket = format!("ticket@@@{}", self.random.hex(43));
        let (now, every) = (self.now(), self.limits.ticket_every_ms);
        let component = self.component_mut()?;
        component.next_ticket = now.plus_ms(every);
        component.tickets.push((ticket.clone(), now));
        if component.tickets.len() > TICKETS_MAX {
            component.tickets.remove(0);
        }
        self.push_of("component_verify_ticket", |xml| xml.text("ComponentVerifyTicket", &ticket))
    }

    /// A push to the 授权事件接收URL.
    fn push_of(&mut self, info: &str, fields: impl FnOnce(Xml) -> Xml) -> Result<Delivery> {
        let now = self.now();
        let appid = self.component_mut()?.config.appid.clone();
        let head = Xml::open().text("AppId", &appid).number("CreateTime", now.secs());
        let xml = fields(head.text("InfoType", info)).end();
        Ok(Delivery::new(Target::Component, &appid, xml))
    }

    /// Authorised before the world began: no push.
    pub(crate) fn authorize_quietly(&mut self, appid: &str) {
        let (refresh_token, at) = (self.new_refresh_token(), self.now());
        if let Some(component) = &mut self.component {
            let sets = SETS_USUAL.to_vec();
            let granted = Granted { refresh_token, sets, at };
            component.granted.entry(appid.to_owned()).or_insert(granted);
        }
    }

    fn new_refresh_token(&self) -> String {
        format!("refreshtoken@@@{}", self.random.hex(21))
    }

    /// An account authorises, or changes what it allows. The refresh token is always a new one; the push is left out when
    /// the sets did not change. Gives the authorisation code and the push.
    pub(crate) fn authorize(
        &mut self,
        appid: &str,
        sets: &[u32],
        pre_auth_code: &str,
    ) -> Result<(String, Option<Delivery>)> {
        self.account(appid)?;
        let (refresh_token, at) = (self.new_refresh_token(), self.now());
        let code = format!("queryauthcode@@@{}", self.random.hex(32));
        let until = at.plus_ms(CODE_LIFE_S * 1000);
        let component = self.component_mut()?;
        let granted = Granted { refresh_token, sets: sets.to_vec(), at };
        let before = component.granted.insert(appid.to_owned(), granted);
        let kept = AuthCode { appid: appid.to_owned(), until, is_used: false };
        component.codes.insert(code.clone(), kept);
        let info = match &before {
            None => Some("authorized"),
            Some(b) if b.sets != sets => Some("updateauthorized"),
            Some(_) => None,
        };
        self.news.push(json!({ "kind": "state" }));
        let Some(info) = info else {
            return Ok((code, None));
        };
        let push = self.push_of(info, |xml| {
            xml.text("AuthorizerAppid", appid)
                .text("AuthorizationCode", &code)
                .number("AuthorizationCodeExpiredTime", until.secs())
                .text("PreAuthCode", pre_auth_code)
        })?;
        Ok((code, Some(push)))
    }

    /// The account's administrator takes the authorisation back.
    pub(crate) fn unauthorize(&mut self, appid: &str) -> Result<Option<Delivery>> {
        if self.component_mut()?.granted.remove(appid).is_none() {
            return Ok(None);
        }
        self.news.push(json!({ "kind": "state" }));
        let push = self.push_of("unauthorized", |xml| xml.text("AuthorizerAppid", appid))?;
        Ok(Some(push))
    }

    /// The permission sets the platform has of an account.
    pub(crate) fn granted_sets(&self, appid: &str) -> Option<&[u32]> {
        Some(self.component.as_ref()?.granted.get(appid)?.sets.as_slice())
    }
}
