//! Where each kind of token comes from: one function per source. The row's lease is held meanwhile.

use super::Component;
use super::authority::{Authority, same};
use super::owner::Source;
use super::store::{Key, Kind, Row};
use crate::api::credential::Issued;
use crate::api::{CallError, CallResult, Cause};
use crate::codes::Class;
use crate::component::Tickets;
use base::Secret;
use std::pin::Pin;

/// What a fetch brought.
pub(super) struct Fetched {
    pub(super) issued: Issued,
    /// Present when the source also gives a refresh token.
    pub(super) refresh: Option<Secret<String>>,
}

pub(super) type Fetching<'a> = Pin<Box<dyn Future<Output = CallResult<Fetched>> + Send + 'a>>;

impl Authority {
    /// Boxed, because a ticket needs a token, and a token may need the platform's.
    pub(super) fn fetch<'a>(
        &'a self,
        source: Source<'a>,
        row: &'a Row,
        refused: Option<&'a Secret<String>>,
    ) -> Fetching<'a> {
        Box::pin(async move {
            match source {
                Source::Account(owner) => match (owner.secret(), owner.component()) {
                    (Some(secret), _) => self.fetch_direct(owner.appid(), secret, refused).await,
                    (None, Some(component)) => {
                        self.fetch_authorizer(owner.appid(), component, row).await
                    }
                    (None, None) => Err(CallError::NotSent(Cause::NotAuthorized)),
                },
                Source::Component(component) => self.fetch_component(component).await,
                Source::JsTicket(owner) => {
                    let client = self.client();
                    let call = |token| async move { client.jsapi_ticket(&token).await };
                    let issued = self.with(Source::Account(owner), call).await?;
                    Ok(Fetched { issued, refresh: None })
                }
            }
        })
    }

    async fn fetch_direct(
        &self,
        appid: &str,
        secret: &Secret<String>,
        refused: Option<&Secret<String>>,
    ) -> CallResult<Fetched> {
        let client = self.client();
        let issued = match client.stable_token(appid, secret, false).await {
            // The stable token itself was refused: only force replaces it.
            Ok(issued) if same(Some(&issued.token), refused) => {
                client.stable_token(appid, secret, true).await?
            }
            Err(e) if self.classic_fallback() && no_stable_token(&e) => {
                client.classic_token(appid, secret).await?
            }
            other => other?,
        };
        Ok(Fetched { issued, refresh: None })
    }

    /// Newest verify ticket first; an older one is tried when WeChat does not accept the newer (22.2 step 1).
    async fn fetch_component(&self, component: &Component) -> CallResult<Fetched> {
        let row = self.load(&Key::new(&component.appid, Kind::ComponentVerifyTicket)).await?;
        let tickets = Tickets::read(row.token.as_ref());
        let mut last = CallError::NotSent(Cause::NoTicket);
        for ticket in tickets.usable(self.now()) {
            let client = self.client();
            match client.component_token(&component.appid, &component.secret, ticket).await {
                Ok(issued) => {
                    return Ok(Fetched { issued, refresh: None });
                }
                Err(CallError::Api(e)) if e.class == Class::Ticket => last = CallError::Api(e),
                Err(e) => return Err(e),
            }
        }
        Err(last)
    }

    /// With the stored refresh token; with the one of the authorizer list when that is missing or was replaced (22.2, 22.8).
    async fn fetch_authorizer(
        &self,
        appid: &str,
        component: &Component,
        row: &Row,
    ) -> CallResult<Fetched> {
        if let Some(refresh) = &row.refresh {
            match self.authorizer_pair(appid, component, refresh).await {
                Err(CallError::Api(e)) if e.class == Class::RefreshToken => {}
                Err(CallError::Api(e)) if e.code == 61003 => {
                    return Err(CallError::NotSent(Cause::NotAuthorized));
                }
                outcome => return outcome,
            }
        }
        let found = crate::component::find_refresh_token(self, component, appid).await?;
        match found {
            Some(refresh) => self.authorizer_pair(appid, component, &refresh).await,
            None => Err(CallError::NotSent(Cause::NotAuthorized)),
        }
    }

    async fn authorizer_pair(
        &self,
        appid: &str,
        component: &Component,
        refresh: &Secret<String>,
    ) -> CallResult<Fetched> {
        let client = self.client();
        let pair = self
            .with(Source::Component(component), |token| async move {
                client.authorizer_token(&token, &component.appid, appid, refresh).await
            })
            .await?;
        Ok(Fetched { issued: pair.access, refresh: Some(pair.refresh) })
    }
}

/// `stable_token` is not there for this account, or not at this address.
fn no_stable_token(e: &CallError) -> bool {
    match e {
        CallError::Api(e) => {
            e.code == 40066 || matches!(e.class, Class::Permission | Class::Withdrawn)
        }
        CallError::Unknown(Cause::Status(status)) => *status == 404,
        _ => false,
    }
}
