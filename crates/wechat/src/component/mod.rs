//! The third-party platform (第三方平台, "component"), section 22: one deployment that receives and answers for many accounts.
//!
//! [`Platform`] takes the pushed verify tickets, authorises accounts by link, keeps their refresh tokens, recovers lost ones
//! from WeChat's list and forgets accounts that withdraw. Calls on behalf of an account go through
//! [`Platform::account`]. [`launch_check`] says what the review before publication wants to see.
//!
//! Not for: decrypting pushes (see [`crate::envelope`]) or knowing which bank an account belongs to.

mod authorizer;
mod launch_check;
#[cfg(test)]
mod tests;
mod ticket;

pub use authorizer::{
    Accepted, Authorization, AuthorizerInfo, Grant, Link, Listed, Page, PreAuthCode, Recovered,
    SwitchName,
};
pub use launch_check::{Probe, Required, TEST_ACCOUNTS, is_test_account, launch_check};
pub use ticket::{Health, TICKET_LATE_MS, TICKETS_MAX};

pub(crate) use authorizer::find_refresh_token;
pub(crate) use ticket::Tickets;

use crate::api::{Account, CallError, CallResult, Client, Done};
use crate::token::{Authority, Component, Key, Kind, Owner, Trouble};
use base::{Secret, Time};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::sync::Arc;

/// The platform as a caller. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Platform {
    authority: Authority,
    component: Arc<Component>,
}

impl Platform {
    pub fn new(authority: Authority, component: Arc<Component>) -> Self {
        Self { authority, component }
    }
    pub fn component(&self) -> &Arc<Component> {
        &self.component
    }
    pub fn authority(&self) -> &Authority {
        &self.authority
    }
    fn client(&self) -> &Client {
        self.authority.client()
    }
    fn appid(&self) -> &str {
        &self.component.appid
    }

    /// The caller's handle for an account that authorised this platform.
    pub fn account(&self, authorizer_appid: &str) -> Account {
        let owner = Owner::authorized(authorizer_appid, Arc::clone(&self.component));
        Account::new(self.authority.clone(), owner)
    }

    fn ticket_key(&self) -> Key {
        Key::new(self.appid(), Kind::ComponentVerifyTicket)
    }

    /// Keeps a pushed `component_verify_ticket` beside the last few; the newest `CreateTime` is used first, whatever order they
    /// arrive in. `of` is the push's `AppId`: a ticket of another platform on the same address is refused, since it would
    /// spoil ours. A platform token that failed for want of a ticket is free to be fetched again.
    ///
    /// # Errors
    /// `NotSent(Invalid)` for another platform's ticket; `NotSent(Store)`.
    pub async fn take_ticket(
        &self,
        of: &str,
        ticket: &Secret<String>,
        created: Time,
    ) -> CallResult<()> {
        if of != self.appid() {
            return Err(CallError::invalid("the ticket is another platform's"));
        }
        self.authority
            .change(&self.ticket_key(), |row| {
                let mut tickets = Tickets::read(row.token.as_ref());
                let changed = tickets.add(ticket, created);
                if changed {
                    row.token = Some(tickets.write());
                }
                changed
            })
            .await?;
        self.forgive().await
    }

    fn token_key(&self) -> Key {
        Key::new(self.appid(), Kind::ComponentAccessToken)
    }

    /// Forgets failures and pauses of the platform's token: an operator says that the cause is mended.
    ///
    /// # Errors
    /// `NotSent(Store)`.
    pub async fn forgive(&self) -> CallResult<()> {
        self.authority.forgive_key(&self.token_key()).await
    }

    /// Why the platform's token cannot be fetched now, if so.
    ///
    /// # Errors
    /// `NotSent(Store)`.
    pub async fn trouble(&self) -> CallResult<Option<Trouble>> {
        self.authority.trouble_of(&self.token_key()).await
    }

    /// Whether tickets arrive: they should every 10 minutes (22.2). For readiness and alarms.
    ///
    /// # Errors
    /// `NotSent(Store)`.
    pub async fn ticket_health(&self) -> CallResult<Health> {
        let row = self.authority.load(&self.ticket_key()).await?;
        Ok(Tickets::read(row.token.as_ref()).health(self.authority.now()))
    }

    /// `POST /cgi-bin/component/api_start_push_ticket`: asks WeChat to push tickets (again). Needs no token.
    ///
    /// # Errors
    /// As every call.
    pub async fn start_push_ticket(&self) -> CallResult<()> {
        let body = json!({
            "component_appid": self.appid(),
            "component_secret": self.component.secret.reveal(),
        });
        let path = "/cgi-bin/component/api_start_push_ticket";
        self.client().post::<Done>(path, &[], &body).await.map(|_| ())
    }

    /// `POST /cgi-bin/component/clear_quota/v2` (20): resets the counters of `appid` with the platform's secret.
    ///
    /// # Errors
    /// 48006 used up for this month, and as every call.
    pub async fn clear_quota(&self, appid: &str) -> CallResult<()> {
        let body = json!({
            "appid": appid,
            "component_appid": self.appid(),
            "appsecret": self.component.secret.reveal(),
        });
        self.client()
            .post::<Done>("/cgi-bin/component/clear_quota/v2", &[], &body)
            .await
            .map(|_| ())
    }

    async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &(impl Serialize + Sync),
    ) -> CallResult<T> {
        component_post(&self.authority, &self.component, path, body).await
    }
}

/// A platform call: the platform's token, renewed once when refused. The query name is the newer `access_token` (22.2).
async fn component_post<T: DeserializeOwned>(
    authority: &Authority,
    component: &Component,
    path: &str,
    body: &(impl Serialize + Sync),
) -> CallResult<T> {
    authority
        .with_component_token(component, |token| async move {
            let query = [("access_token", token.reveal().as_str())];
            authority.client().post(path, &query, body).await
        })
        .await
}
