//! WeChat's own customer-service desk (客服): agents, waiting customers, sessions, and what was said in them.
//!
//! A customer gets here by a `transfer_customer_service` reply or by `kfsession/create`. While a session is open the
//! customer's messages go to the agent and not to the platform, for half an hour at most; events always go to the platform.
//! Not for: the calls of platforms ([`crate::api::kf`], [`crate::api::session`]).

use crate::config::AccountConfig;
use crate::item::{Body, Side};
use crate::world::World;
use base::{Error, Refusal, Result, Time};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// After this WeChat sends a customer's messages to the platform again although nobody closed the session.
const FORWARD_MS: i64 = 30 * 60_000;
/// Lines of chat that `getmsglist` can give back.
const RECORDS_MAX: usize = 10_000;

const NO_AGENT: Refusal = Refusal::missing("agent.missing", "没有这个客服账号");
const NOT_BOUND: Refusal =
    Refusal::conflict("agent.not_bound", "这个客服账号还没有绑定微信号，不能上线");
const NO_SESSION: Refusal = Refusal::conflict("session.missing", "客服没有在接待这位客户");
const NO_INVITE: Refusal = Refusal::conflict("agent.no_invite", "没有等待确认的邀请");
const EMPTY: Refusal = Refusal::invalid("chat.empty", "不能发送空白消息");

/// One agent.
#[derive(Debug, Clone)]
pub(crate) struct Agent {
    /// `prefix@微信号`.
    pub(crate) account: String,
    pub(crate) nick: String,
    pub(crate) id: i64,
    pub(crate) head_url: String,
    /// 微信号 of the person; empty until an invitation was accepted.
    pub(crate) wx: String,
    pub(crate) invite: Option<Invite>,
    pub(crate) is_online: bool,
    /// Takes waiting customers without being asked (自动接入).
    pub(crate) takes_itself: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Invite {
    pub(crate) wx: String,
    pub(crate) until: Time,
    pub(crate) is_rejected: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) agent: String,
    pub(crate) since: Time,
}

/// One line for `getmsglist`.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) uid: String,
    /// 2002 the agent sends, 2003 the agent receives.
    pub(crate) code: i64,
    pub(crate) text: String,
    pub(crate) at: Time,
    pub(crate) agent: String,
}

#[derive(Debug, Default)]
pub(crate) struct Desk {
    pub(crate) agents: Vec<Agent>,
    /// Customers without an agent, by uid, with the time of their last message.
    pub(crate) waiting: BTreeMap<String, Time>,
    pub(crate) sessions: BTreeMap<String, Session>,
    pub(crate) records: Vec<Record>,
}

impl Desk {
    /// With the agents an account begins with.
    pub(crate) fn of(config: &AccountConfig) -> Self {
        let first = config.agents.iter().zip(1_001..).map(|(one, id)| Agent {
            account: format!("{}@{}", one.prefix, config.alias),
            nick: one.nickname.clone(),
            id,
            head_url: String::new(),
            wx: one.prefix.clone(),
            invite: None,
            is_online: false,
            takes_itself: false,
        });
        Self { agents: first.collect(), ..Self::default() }
    }
    pub(crate) fn agent(&self, account: &str) -> Option<&Agent> {
        self.agents.iter().find(|a| a.account == account)
    }
    pub(crate) fn agent_mut(&mut self, account: &str) -> Option<&mut Agent> {
        self.agents.iter_mut().find(|a| a.account == account)
    }
    /// The agent who talks with a customer now.
    pub(crate) fn talking(&self, uid: &str, now: Time) -> Option<&Session> {
        self.sessions.get(uid).filter(|s| now.since(s.since) < FORWARD_MS)
    }
    pub(crate) fn write(&mut self, record: Record) {
        self.records.push(record);
        if self.records.len() > RECORDS_MAX {
            self.records.remove(0);
        }
    }
}

/// What an agent, or the person invited to be one, does.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(crate) enum Deed {
    /// Comes or goes; `auto` is 自动接入.
    Status {
        online: bool,
        #[serde(default)]
        auto: bool,
    },
    AnswerInvite {
        accept: bool,
    },
    Take {
        uid: String,
    },
    Say {
        uid: String,
        text: String,
    },
    Close {
        uid: String,
    },
    Switch {
        uid: String,
        to: String,
    },
}

impl World {
    pub(crate) fn desk(&mut self, appid: &str) -> Result<&mut Desk> {
        Ok(&mut self.account_mut(appid)?.desk)
    }

    /// A `transfer_customer_service` reply: to the agent named, who need not be online; else to one who takes customers
    /// themselves and has the fewest; else the customer waits.
    pub(crate) fn transfer(&mut self, appid: &str, uid: &str, named: Option<&str>) {
        let now = self.now();
        let Ok(desk) = self.desk(appid) else { return };
        if desk.talking(uid, now).is_some() {
            return;
        }
        let busy = |account: &str| desk.sessions.values().filter(|s| s.agent == account).count();
        let free = desk.agents.iter().filter(|a| a.is_online && a.takes_itself);
        let chosen = match named.and_then(|name| desk.agent(name)) {
            Some(agent) => Some(agent),
            None => free.min_by_key(|a| busy(&a.account)),
        };
        match chosen.map(|a| a.account.clone()) {
            // the account exists, so opening cannot be refused
            Some(agent) => drop(self.open_session(appid, uid, &agent)),
            None => {
                desk.waiting.insert(uid.to_owned(), now);
                self.desk_changed(appid);
            }
        }
    }

    pub(crate) fn open_session(&mut self, appid: &str, uid: &str, agent: &str) -> Result<()> {
        let since = self.now();
        let desk = self.desk(appid)?;
        desk.waiting.remove(uid);
        desk.sessions.insert(uid.to_owned(), Session { agent: agent.to_owned(), since });
        self.desk_changed(appid);
        self.tell(appid, uid, "kf_create_session", |xml| xml.text("KfAccount", agent))
    }

    pub(crate) fn close_session(&mut self, appid: &str, uid: &str) -> Result<()> {
        let Some(session) = self.desk(appid)?.sessions.remove(uid) else {
            return NO_SESSION.into();
        };
        self.desk_changed(appid);
        self.tell(appid, uid, "kf_close_session", |xml| xml.text("KfAccount", &session.agent))
    }

    /// A customer's message goes to the agent they talk with; false when they talk with none.
    pub(crate) fn hears(&mut self, appid: &str, uid: &str, text: &str) -> bool {
        let at = self.now();
        let Ok(desk) = self.desk(appid) else { return false };
        let Some(agent) = desk.talking(uid, at).map(|s| s.agent.clone()) else { return false };
        let (uid, text) = (uid.to_owned(), text.to_owned());
        desk.write(Record { uid, code: 2003, text, at, agent });
        true
    }

    /// Does what an agent does on the desk's own page.
    pub(crate) fn do_at_desk(&mut self, appid: &str, account: &str, deed: Deed) -> Result<()> {
        let now = self.now();
        let agent = self.desk(appid)?.agent_mut(account).ok_or(Error::Refused(NO_AGENT))?;
        match deed {
            Deed::Status { online, auto } => {
                if online && agent.wx.is_empty() {
                    return NOT_BOUND.into();
                }
                (agent.is_online, agent.takes_itself) = (online, online && auto);
                self.desk_changed(appid);
            }
            Deed::AnswerInvite { accept } => {
                let invite = agent.invite.as_mut().filter(|i| i.until > now && !i.is_rejected);
                let invite = invite.ok_or(Error::Refused(NO_INVITE))?;
                if accept {
                    agent.wx = std::mem::take(&mut invite.wx);
                    agent.invite = None;
                } else {
                    invite.is_rejected = true;
                }
                self.desk_changed(appid);
            }
            Deed::Take { uid } => {
                self.user(&uid)?;
                self.open_session(appid, &uid, account)?;
            }
            Deed::Say { uid, text } => self.agent_says(appid, account, &uid, text)?,
            Deed::Close { uid } => {
                self.session_of(appid, account, &uid)?;
                self.close_session(appid, &uid)?;
            }
            Deed::Switch { uid, to } => {
                self.session_of(appid, account, &uid)?;
                self.desk(appid)?.agent(&to).ok_or(Error::Refused(NO_AGENT))?;
                let session = Session { agent: to.clone(), since: now };
                self.desk(appid)?.sessions.insert(uid.clone(), session);
                self.desk_changed(appid);
                self.tell(appid, &uid, "kf_switch_session", |xml| {
                    xml.text("FromKfAccount", account).text("ToKfAccount", &to)
                })?;
            }
        }
        Ok(())
    }

    fn session_of(&mut self, appid: &str, account: &str, uid: &str) -> Result<()> {
        let session = self.desk(appid)?.sessions.get(uid).filter(|s| s.agent == account);
        if session.is_some() { Ok(()) } else { NO_SESSION.into() }
    }

    fn agent_says(&mut self, appid: &str, account: &str, uid: &str, text: String) -> Result<()> {
        if text.trim().is_empty() {
            return EMPTY.into();
        }
        self.session_of(appid, account, uid)?;
        let (at, agent) = (self.now(), account.to_owned());
        let desk = self.desk(appid)?;
        let nick = desk.agent(account).map(|a| a.nick.clone());
        desk.write(Record { uid: uid.to_owned(), code: 2002, text: text.clone(), at, agent });
        self.show_as(appid, uid, Side::Account, Body::typed(text), nick);
        Ok(())
    }

    pub(crate) fn desk_changed(&mut self, appid: &str) {
        self.news.push(json!({ "kind": "desk", "appid": appid }));
    }

    /// The desk as the phone page shows it.
    pub(crate) fn desk_json(&mut self, appid: &str) -> Result<Value> {
        let now = self.now();
        let desk = self.desk(appid)?;
        let agents = desk.agents.iter().map(|a| {
            let invited = a.invite.as_ref().filter(|i| i.until > now && !i.is_rejected);
            json!({
                "kf_account": a.account, "nick": a.nick, "bound": !a.wx.is_empty(),
                "invited": invited.map(|i| &i.wx), "online": a.is_online, "auto": a.takes_itself,
            })
        });
        let waiting =
            desk.waiting.iter().map(|(uid, at)| json!({ "uid": uid, "since_ms": at.ms() }));
        let sessions = desk.sessions.iter().map(|(uid, s)| {
            let forwards = now.since(s.since) < FORWARD_MS;
            json!({ "uid": uid, "kf_account": s.agent, "since_ms": s.since.ms(), "forwards": forwards })
        });
        let (agents, waiting): (Vec<_>, Vec<_>) = (agents.collect(), waiting.collect());
        Ok(
            json!({ "agents": agents, "waiting": waiting, "sessions": sessions.collect::<Vec<_>>() }),
        )
    }
}
