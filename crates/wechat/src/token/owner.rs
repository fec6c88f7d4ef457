//! Whose token: an account with its own secret, an account that authorised a platform, or the platform.

use super::store::{Key, Kind};
use base::Secret;
use std::sync::Arc;

/// The credentials of a third-party platform (section 22.1).
#[derive(Debug, Clone)]
pub struct Component {
    pub appid: String,
    pub secret: Secret<String>,
}

/// An official account as the caller of WeChat's API.
#[derive(Debug, Clone)]
pub struct Owner {
    appid: Arc<str>,
    by: By,
}

#[derive(Debug, Clone)]
pub(crate) enum By {
    Secret(Arc<Secret<String>>),
    Component(Arc<Component>),
}

impl Owner {
    /// An account connected with its own AppID and secret.
    pub fn direct(appid: &str, secret: Secret<String>) -> Self {
        Self { appid: appid.into(), by: By::Secret(Arc::new(secret)) }
    }
    /// An account that authorised the platform.
    pub fn authorized(appid: &str, component: Arc<Component>) -> Self {
        Self { appid: appid.into(), by: By::Component(component) }
    }
    pub fn appid(&self) -> &str {
        &self.appid
    }
    /// The platform, for an account that is called by authorisation.
    pub fn component(&self) -> Option<&Arc<Component>> {
        match &self.by {
            By::Component(c) => Some(c),
            By::Secret(_) => None,
        }
    }
    pub(crate) fn secret(&self) -> Option<&Secret<String>> {
        match &self.by {
            By::Secret(s) => Some(s),
            By::Component(_) => None,
        }
    }
}

/// What a row of the store is filled from.
#[derive(Clone, Copy)]
pub(crate) enum Source<'a> {
    /// The token that an account's calls carry.
    Account(&'a Owner),
    /// The platform's own token.
    Component(&'a Component),
    /// The account's JS-SDK ticket.
    JsTicket(&'a Owner),
}

impl Source<'_> {
    pub(crate) fn key(self) -> Key {
        match self {
            Self::Account(owner) => {
                let kind = match owner.by {
                    By::Secret(_) => Kind::AccessToken,
                    By::Component(_) => Kind::AuthorizerAccessToken,
                };
                Key::new(&owner.appid, kind)
            }
            Self::Component(c) => Key::new(&c.appid, Kind::ComponentAccessToken),
            Self::JsTicket(owner) => Key::new(&owner.appid, Kind::JsapiTicket),
        }
    }
}
