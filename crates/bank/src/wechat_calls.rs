//! WeChat as this product calls it: one client, one token authority, one caller per account.

use crate::app::Outside;
use crate::config;
use crate::tenants::store::ComponentKeys;
use crate::tenants::{Account, Connected};
use base::Result;
use std::sync::Arc;
use std::time::Duration;
use wechat::api::{self, Client, Hosts, Limits};
use wechat::token::{Authority, Component, Options, Owner, TokenStore};

#[derive(Debug)]
pub struct WeChat {
    pub authority: Authority,
    component: Option<(Arc<Component>, ComponentKeys)>,
}

impl WeChat {
    pub fn new(
        settings: &config::WeChat,
        store: Arc<dyn TokenStore>,
        outside: &Outside,
    ) -> Result<Self> {
        let hosts = Hosts {
            api: settings.api_url.clone(),
            mp: settings.mp_url.clone(),
            open: settings.open_url.clone(),
        };
        let limits =
            Limits { total: Duration::from_millis(settings.timeout_ms), ..Limits::default() };
        let client = Client::build(hosts, &limits)?;
        let authority = Authority::new(
            client,
            store,
            outside.clock.clone(),
            outside.random.clone(),
            Options::default(),
        );
        let component = (!settings.component_appid.is_empty()).then(|| {
            let appid = settings.component_appid.clone();
            let caller = Arc::new(Component {
                appid: appid.clone(),
                secret: settings.component_secret.0.clone(),
            });
            let keys = ComponentKeys {
                appid,
                token: settings.component_token.0.clone(),
                aes_key: settings.component_aes_key.0.clone(),
            };
            (caller, keys)
        });
        Ok(Self { authority, component })
    }

    pub fn component(&self) -> Option<&Arc<Component>> {
        self.component.as_ref().map(|c| &c.0)
    }
    pub fn component_keys(&self) -> Option<&ComponentKeys> {
        self.component.as_ref().map(|c| &c.1)
    }

    /// Whose token a call for this account carries.
    pub fn owner(&self, account: &Account) -> Owner {
        match (account.connected, &self.component) {
            (Connected::Component, Some((component, _))) => {
                Owner::authorized(&account.appid, component.clone())
            }
            _ => Owner::direct(&account.appid, account.secret.clone()),
        }
    }

    /// The caller for this account.
    pub fn account(&self, account: &Account) -> api::Account {
        api::Account::new(self.authority.clone(), self.owner(account))
    }
}
